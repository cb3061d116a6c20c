//! Partitions, and tables that inherit.

use super::{
    Writer,
    column::without_serial,
    name::name,
    table::{constraint_lines, storage, unlogged},
    table_name,
};
use crate::{
    change::Change,
    schema::{Column, ForeignKey, Name, Schema, Table},
};

impl Writer<'_> {
    pub(super) fn lineage(&mut self, change: &Change) {
        match change {
            Change::Attach { table, parent, bound } => {
                if bound.is_some() && self.work.with_rows {
                    self.note(
                        "reads all rows of the table, and fails if one does not belong there",
                    );
                }
                if bound.is_none() {
                    self.note(
                        "its columns stay its own: it keeps them if the parent's are dropped",
                    );
                }
                self.attach(table, parent, bound.as_deref());
            }
            Change::Detach { table, parent, bound: Some(_) } => {
                self.alter(parent, &format!("DETACH PARTITION {}", table_name(table)));
            }
            Change::Detach { table, parent, bound: None } => {
                self.alter(table, &format!("NO INHERIT {}", table_name(parent)));
            }
            Change::Join { own, index: Some(index) } => {
                if let Change::DropIndex { table, index: own } = own.as_ref() {
                    let own = Name {
                        schema: table.schema.clone(),
                        name: own.name.clone().unwrap_or_default(),
                    };
                    let (index, own) = (table_name(index), table_name(&own));
                    self.push(format!("ALTER INDEX {index} ATTACH PARTITION {own}"));
                }
            }
            _ => {}
        }
    }

    /// A partition goes from a parent that a foreign key refers to only when it is none any more.
    pub(super) fn drop_table(&mut self, table: &Table) {
        let refers = |key: &ForeignKey| self.state.descends(&table.name, &key.references);
        let mut keys = self.state.tables.iter().flat_map(|table| &table.foreign_keys);
        if table.bound.is_some() && keys.any(refers) {
            for parent in &table.inherits {
                self.alter(parent, &format!("DETACH PARTITION {}", table_name(&table.name)));
            }
        }
        self.push(format!("DROP TABLE {}", table_name(&table.name)));
    }

    pub(super) fn attach(&mut self, table: &Name, parent: &Name, bound: Option<&str>) {
        match bound {
            Some(bound) => {
                self.alter(parent, &format!("ATTACH PARTITION {} {bound}", table_name(table)));
            }
            None => self.alter(table, &format!("INHERIT {}", table_name(parent))),
        }
    }

    /// The parent of which a table can be created as a partition at once: what it has from there is called as the server calls it.
    pub(super) fn parent_of(&self, table: &Table) -> Option<Table> {
        let parent = table.bound.as_ref().and(table.inherits.first())?;
        let parent = self.state.find_table(parent)?;
        let columns = |table: &Table| {
            let mut names: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
            names.sort();
            names
        };
        // One with columns that are still to go or to come cannot be attached.
        let usual = table.has_usual_names() || columns(table) != columns(parent);
        usual.then(|| parent.clone())
    }

    /// The columns that a new table gets from its parents, as they are by then.
    pub(super) fn inherited_columns(&self, table: &Table) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for parent in table.inherits.iter().filter_map(|name| self.state.find_table(name)) {
            for column in &parent.columns {
                if !columns.iter().any(|known| known.name == column.name) {
                    columns.push(column.as_given());
                }
            }
        }
        columns
    }

    /// Whether parents have a column with other defaults: the server asks for one in the definition.
    pub(super) fn is_ambiguous(&self, table: &Table, column: &str) -> bool {
        let parents = table.inherits.iter().filter_map(|name| self.state.find_table(name));
        let mut found = parents.filter_map(|parent| parent.find_column(column));
        let Some(first) = found.next().map(Column::as_given) else { return false };
        found.map(Column::as_given).any(|other| other.default != first.default)
    }

    /// A column that takes its numbers from a parent's sequence as one with a default: the sequence is not the child's to make or drop,
    /// whether it is a child before or after.
    pub(super) fn plain(&self, table: &Name, column: &Column) -> Column {
        let sequence = |column: &Column| {
            column.identity.as_ref().and_then(|identity| identity.sequence_name.clone())
        };
        let Some(own) = sequence(column) else { return column.clone() };
        let is_given = |schema: &Schema| {
            let numbers = |other: &&Table| {
                other.name != *table
                    && other.columns.iter().any(|c| sequence(c).as_ref() == Some(&own))
            };
            let mut others = schema.tables.iter().filter(numbers);
            others.any(|other| schema.descends(table, &other.name))
        };
        let is_given =
            [self.work.from, self.work.to].into_iter().filter(|s| s.has_lineage()).any(is_given);
        let plain = is_given.then(|| without_serial(table, column)).flatten();
        plain.map_or_else(|| column.clone(), |(plain, _)| plain)
    }

    pub(super) fn create_partition(&mut self, table: &Table, parent: &Table) {
        let mut inherited = self.inherited_columns(table);
        let mut lines = Vec::new();
        for given in &mut inherited {
            let Some(own) = table.find_column(&given.name) else { continue };
            let mut line = String::new();
            if let (Some(default), true) = (&own.default, own.default != given.default)
                && own.generated.is_none()
                && given.generated.is_none()
            {
                line.push_str(&format!(" DEFAULT {}", self.default(default)));
                given.default.clone_from(&own.default);
                given.identity.clone_from(&own.identity);
            }
            if given.nullable && !own.nullable {
                line.push_str(" NOT NULL");
                given.nullable = false;
            }
            if !line.is_empty() {
                lines.push(format!("{}{line}", name(&own.name)));
            }
        }
        lines.extend(constraint_lines(table, true));
        let lines = match lines.is_empty() {
            true => String::new(),
            false => format!(" (\n    {}\n)", lines.join(",\n    ")),
        };
        self.push(format!(
            "CREATE {}TABLE {} PARTITION OF {}{lines} {}{}",
            unlogged(table),
            table_name(&table.name),
            table_name(&parent.name),
            table.bound.as_deref().unwrap_or_default(),
            storage(table)
        ));
        self.differ(table, &inherited);
        self.after_table(table, &inherited);
    }

    /// What a new table has otherwise than its parents.
    pub(super) fn differ(&mut self, table: &Table, inherited: &[Column]) {
        for given in inherited {
            let own = table
                .find_column(&given.name)
                .filter(|own| !own.is_local() && !self.is_ambiguous(table, &own.name));
            if let Some(own) = own {
                let (given, own) = (self.plain(&table.name, given), self.plain(&table.name, own));
                self.alter_column(&table.name, &given, &own, None);
            }
        }
    }
}
