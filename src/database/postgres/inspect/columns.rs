//! Tables, columns and the sequences that number them.

use super::{
    Cells, Postgres, Reader,
    expression::{bare, settled},
};
use crate::{
    database::{Dialect, postgres::types},
    schema::{
        Column, DefaultValue, EnumType, Generated, Identity, IdentityKind, Sequence,
        SequenceOptions, Table, Type,
    },
};

impl Reader {
    pub(super) fn enum_type(&mut self, row: &Cells<'_>) {
        let mut value = EnumType::new(row.name("schema", "name"), row.list("labels"));
        value.comment = row.get("comment").map(str::to_owned);
        self.schema.enums.push(value);
    }

    pub(super) fn table(&mut self, row: &Cells<'_>) {
        let mut table = Table::new(row.name("schema", "name"));
        table.comment = row.get("comment").map(str::to_owned);
        table.options = row.options("options");
        if row.get("persistence") == Some("u") {
            table.options.insert("unlogged".to_owned(), "true".to_owned());
        }
        for name in [
            "tablespace",
            "access_method",
            "cluster_on",
            "replica_identity",
            "replica_identity_index",
        ] {
            if let Some(value) = row.get(name) {
                table.options.insert(name.to_owned(), value.to_owned());
            }
        }
        table.partition_by = row.get("partition_key").map(str::to_owned);
        table.bound = row.get("bound").map(str::to_owned);
        self.tables.insert(row.text("oid"), self.schema.tables.len());
        self.schema.tables.push(table);
    }

    pub(super) fn inherits(&mut self, row: &Cells<'_>) {
        let parent = row.name("schema", "name");
        if let Some(table) = self.table_mut(&row.text("table_oid")) {
            table.inherits.push(parent);
        }
    }

    /// A child's column that takes its numbers from its parent's sequence is the parent's.
    pub(super) fn number_children(&mut self) {
        let serial = std::mem::take(&mut self.serial);
        for table in self.schema.tables.iter_mut().filter(|table| !table.inherits.is_empty()) {
            for column in &mut table.columns {
                let Some(DefaultValue::Sql(default)) = &column.default else { continue };
                if let Some(identity) = serial.get(default) {
                    column.identity = Some(Identity { comment: None, ..identity.clone() });
                    column.default = None;
                }
            }
        }
    }

    pub(super) fn column(&mut self, row: &Cells<'_>) {
        let number = row.number("number").unwrap_or_default();
        self.columns.insert((row.text("table_oid"), number), row.text("name"));
        let mut column = Column::new(row.text("name"), Type::sql(row.text("type")));
        column.nullable = !row.is("not_null");
        let expression = row.get("expression");
        match row.get("generated").unwrap_or_default() {
            "" => {
                let default = |text| {
                    let number = types::number(text, column.ty.text());
                    number.map_or_else(|| settled(text), str::to_owned)
                };
                column.default = expression.map(|text| DefaultValue::Sql(default(text)));
            }
            kind => {
                let stored = kind == "s";
                column.generated =
                    expression.map(|expression| Generated::new(bare(expression), stored));
            }
        }
        column.identity = match row.get("identity").unwrap_or_default() {
            // Newer servers say it of a partition's, too, whose numbers are the parent's.
            _ if row.is("is_inherited") && self.is_partition(&row.text("table_oid")) => None,
            "a" => Some(Identity::new(IdentityKind::Always)),
            "d" => Some(Identity::new(IdentityKind::ByDefault)),
            _ => None,
        };
        column.collation = row.get("collation").map(str::to_owned);
        column.comment = row.get("comment").map(str::to_owned);
        let storage = match row.get("storage") {
            Some("p") => Some("plain"),
            Some("e") => Some("external"),
            Some("m") => Some("main"),
            Some("x") => Some("extended"),
            _ => None,
        };
        let compression = match row.get("compression") {
            Some("p") => Some("pglz"),
            Some("l") => Some("lz4"),
            _ => None,
        };
        column.options = row.options("options");
        for (name, value) in [
            ("storage", storage),
            ("compression", compression),
            ("statistics", row.get("statistics")),
        ] {
            if let Some(value) = value {
                column.options.insert(name.to_owned(), value.to_owned());
            }
        }
        if row.is("is_local") {
            column.mark_local();
        }
        if let Some(table) = self.table_mut(&row.text("table_oid")) {
            table.columns.push(column);
        }
    }

    fn is_partition(&self, number: &str) -> bool {
        let table = self.tables.get(number).and_then(|at| self.schema.tables.get(*at));
        table.is_some_and(|table| table.bound.is_some())
    }

    /// A sequence: that of an identity column, that of a serial one, or one that stands alone.
    pub(super) fn sequence(&mut self, row: &Cells<'_>) {
        let name = row.name("schema", "name");
        let kind = row.text("type");
        let owner = (row.text("owner_oid"), row.number("owner_column").unwrap_or_default());
        let column_name = self.columns.get(&owner).cloned();
        // With a table that is not covered, its sequences are not: they are not ours to drop.
        if !owner.0.is_empty() && !self.tables.contains_key(&owner.0) {
            return;
        }
        let is_default = format!("nextval({}::regclass)", Postgres.literal(&row.text("regclass")));
        let mut owned_by = None;
        if let (Some(column_name), Some(table)) = (column_name, self.table_mut(&owner.0)) {
            owned_by = Some((table.name.clone(), column_name.clone()));
            let column = table.columns.iter_mut().find(|column| column.name == column_name);
            let is_serial = |column: &Column| {
                column.default == Some(DefaultValue::Sql(is_default.clone()))
                    && row.get("dependency") == Some("a")
            };
            if let Some(column) = column.filter(|c| c.identity.is_some() || is_serial(c)) {
                let of_type = column.ty.text().to_owned();
                let sequence = options(row, &kind, &of_type);
                let mut identity = match column.identity.take() {
                    Some(identity) => identity,
                    None => {
                        column.default = None;
                        Identity::new(IdentityKind::Serial)
                    }
                };
                identity.sequence = sequence;
                identity.sequence_name = Some(name);
                identity.comment = row.get("comment").map(str::to_owned);
                column.identity = Some(identity.clone());
                if identity.kind == IdentityKind::Serial {
                    self.serial.insert(is_default, identity);
                }
                return;
            }
        }
        let mut sequence = Sequence::new(name).options(options(row, &kind, "bigint"));
        sequence.comment = row.get("comment").map(str::to_owned);
        sequence.owned_by = owned_by;
        self.schema.sequences.push(sequence);
    }
}

/// What is not as the database would choose it.
fn options(row: &Cells<'_>, kind: &str, usual_kind: &str) -> SequenceOptions {
    let (least, largest) = match kind {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let increment = row.number("increment").unwrap_or(1);
    let (low, high) = if increment > 0 { (1, largest) } else { (least, -1) };
    let minimum = row.number("minimum").filter(|value| *value != low);
    let maximum = row.number("maximum").filter(|value| *value != high);
    let begin = if increment > 0 { minimum.unwrap_or(low) } else { maximum.unwrap_or(high) };
    SequenceOptions {
        data_type: (kind != usual_kind).then(|| kind.to_owned()),
        start: row.number("start").filter(|value| *value != begin),
        increment: Some(increment).filter(|value| *value != 1),
        minimum,
        maximum,
        cache: row.number("cache").filter(|value| *value != 1),
        cycle: row.is("cycle"),
    }
}
