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
        let mut value = EnumType::new(row.name(1), row.list(3));
        value.comment = row.get(4).map(str::to_owned);
        self.schema.enums.push(value);
    }

    pub(super) fn table(&mut self, row: &Cells<'_>) {
        let mut table = Table::new(row.name(2));
        table.comment = row.get(4).map(str::to_owned);
        table.options = row.options(6);
        if row.get(5) == Some("u") {
            table.options.insert("unlogged".to_owned(), "true".to_owned());
        }
        for (at, name) in [
            (7, "tablespace"),
            (8, "access_method"),
            (9, "cluster_on"),
            (10, "replica_identity"),
            (11, "replica_identity_index"),
        ] {
            if let Some(value) = row.get(at) {
                table.options.insert(name.to_owned(), value.to_owned());
            }
        }
        table.partition_by = row.get(12).map(str::to_owned);
        table.bound = row.get(13).map(str::to_owned);
        self.tables.insert(row.text(1), self.schema.tables.len());
        self.schema.tables.push(table);
    }

    pub(super) fn inherits(&mut self, row: &Cells<'_>) {
        let parent = row.name(2);
        if let Some(table) = self.table_mut(&row.text(1)) {
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
        let number = row.number(2).unwrap_or_default();
        self.columns.insert((row.text(1), number), row.text(3));
        let mut column = Column::new(row.text(3), Type::sql(row.text(4)));
        column.nullable = !row.is(5);
        let expression = row.get(6);
        match row.get(8).unwrap_or_default() {
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
        column.identity = match row.get(7).unwrap_or_default() {
            // Newer servers say it of a partition's, too, whose numbers are the parent's.
            _ if row.is(15) && self.is_partition(&row.text(1)) => None,
            "a" => Some(Identity::new(IdentityKind::Always)),
            "d" => Some(Identity::new(IdentityKind::ByDefault)),
            _ => None,
        };
        column.collation = row.get(9).map(str::to_owned);
        column.comment = row.get(10).map(str::to_owned);
        let storage = match row.get(11) {
            Some("p") => Some("plain"),
            Some("e") => Some("external"),
            Some("m") => Some("main"),
            Some("x") => Some("extended"),
            _ => None,
        };
        let compression = match row.get(12) {
            Some("p") => Some("pglz"),
            Some("l") => Some("lz4"),
            _ => None,
        };
        column.options = row.options(14);
        for (name, value) in
            [("storage", storage), ("compression", compression), ("statistics", row.get(13))]
        {
            if let Some(value) = value {
                column.options.insert(name.to_owned(), value.to_owned());
            }
        }
        if row.is(16) {
            column.mark_local();
        }
        if let Some(table) = self.table_mut(&row.text(1)) {
            table.columns.push(column);
        }
    }

    fn is_partition(&self, number: &str) -> bool {
        let table = self.tables.get(number).and_then(|at| self.schema.tables.get(*at));
        table.is_some_and(|table| table.bound.is_some())
    }

    /// A sequence: that of an identity column, that of a serial one, or one that stands alone.
    pub(super) fn sequence(&mut self, row: &Cells<'_>) {
        let name = row.name(1);
        let kind = row.text(7);
        let owner = (row.text(3), row.number(4).unwrap_or_default());
        let column_name = self.columns.get(&owner).cloned();
        // With a table that is not covered, its sequences are not: they are not ours to drop.
        if !owner.0.is_empty() && !self.tables.contains_key(&owner.0) {
            return;
        }
        let is_default = format!("nextval({}::regclass)", Postgres.literal(&row.text(6)));
        let mut owned_by = None;
        if let (Some(column_name), Some(table)) = (column_name, self.table_mut(&owner.0)) {
            owned_by = Some((table.name.clone(), column_name.clone()));
            let column = table.columns.iter_mut().find(|column| column.name == column_name);
            let is_serial = |column: &Column| {
                column.default == Some(DefaultValue::Sql(is_default.clone()))
                    && row.get(5) == Some("a")
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
                identity.comment = row.get(14).map(str::to_owned);
                column.identity = Some(identity.clone());
                if identity.kind == IdentityKind::Serial {
                    self.serial.insert(is_default, identity);
                }
                return;
            }
        }
        let mut sequence = Sequence::new(name).options(options(row, &kind, "bigint"));
        sequence.comment = row.get(14).map(str::to_owned);
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
    let increment = row.number(9).unwrap_or(1);
    let (low, high) = if increment > 0 { (1, largest) } else { (least, -1) };
    let minimum = row.number(10).filter(|value| *value != low);
    let maximum = row.number(11).filter(|value| *value != high);
    let begin = if increment > 0 { minimum.unwrap_or(low) } else { maximum.unwrap_or(high) };
    SequenceOptions {
        data_type: (kind != usual_kind).then(|| kind.to_owned()),
        start: row.number(8).filter(|value| *value != begin),
        increment: Some(increment).filter(|value| *value != 1),
        minimum,
        maximum,
        cache: row.number(12).filter(|value| *value != 1),
        cycle: row.is(13),
    }
}
