//! The rows of a database, to be compared before and after a step.

use super::MigrationTests;
use crate::{
    database::{Dialect, driver, testkit::ask},
    draft::rows::{self, Values, missing, show, some, value},
    error::Result,
    schema::{Column, Name, Schema, Table},
    testkit::snapshot::{Snapshot, drafting},
};

/// What a database holds at one time.
pub(super) struct DatabaseContents {
    pub(super) snapshot: Snapshot,
    /// For each table of the schema, in its order, the rows; a value for each column.
    rows: Vec<Vec<Values>>,
}

impl MigrationTests {
    /// Reads everything.
    pub(super) async fn state(&self, url: &str) -> Result<DatabaseContents> {
        let snapshot = self.snapshot(url).await?;
        let dialect = driver(url)?.dialect;
        let drafting = drafting(dialect)?;
        let tables = &snapshot.schema().tables;
        let home = self.migrator.schema_option();
        let queries = rows::queries(tables, (dialect, drafting), home);
        let answers = match queries.is_empty() {
            true => Vec::new(),
            false => {
                let read = ask(url, &queries).await?;
                read.map_err(|failure| failure.doing("reading the rows"))?
            }
        };
        let rows = rows::by_table(tables.len(), answers);
        Ok(DatabaseContents { snapshot, rows })
    }

    /// A table's name, with its schema where it is said: by the name, or else by the migrator.
    pub(super) fn quoted(&self, name: &Name, dialect: &dyn Dialect) -> String {
        rows::quoted(name, dialect, self.migrator.schema_option())
    }
}

impl DatabaseContents {
    fn schema(&self) -> &Schema {
        self.snapshot.schema()
    }

    /// The rows of `self` that are not in `other` as they were: a line each, as far as they are worth one. Compared are the
    /// columns that both have with one type, and everything `between` them, too: what went and came again was lost in the middle.
    pub(super) fn lost(&self, other: &Self, between: &[&Self]) -> Vec<String> {
        self.each_table(other, between, |table, shared, here, there| {
            report(table, shared, here, there)
        })
    }

    /// The rows of `other` that were not there before.
    pub(super) fn left_behind(&self, other: &Self, between: &[&Self]) -> Vec<String> {
        self.each_table(other, between, |table, shared, here, there| {
            let found = missing(there, here);
            let line = |row: &&Vec<Option<String>>| {
                format!("{}: a row that was not there before: {}", table.name, show(shared, row))
            };
            some(found.iter().map(line).collect(), &table.name)
        })
    }

    fn each_table(
        &self,
        other: &Self,
        between: &[&Self],
        compare: impl Fn(
            &Table,
            &[&Column],
            &[Vec<Option<String>>],
            &[Vec<Option<String>>],
        ) -> Vec<String>,
    ) -> Vec<String> {
        let mut found = Vec::new();
        for (at, table) in self.schema().tables.iter().enumerate() {
            let schemas = between.iter().map(|state| state.schema()).chain([other.schema()]);
            let tables: Option<Vec<&Table>> =
                schemas.map(|schema| schema.find_table(&table.name)).collect();
            let Some(tables) = tables else { continue };
            let is_shared = |column: &&Column| {
                column.generated.is_none()
                    && tables.iter().all(|table| {
                        let other = table.find_column(&column.name);
                        other
                            .is_some_and(|other| other.ty == column.ty && other.generated.is_none())
                    })
            };
            let shared: Vec<&Column> = table.columns.iter().filter(is_shared).collect();
            let there = other.schema().tables.iter().position(|t| t.name == table.name);
            let here = project(table, &shared, &self.rows[at]);
            let there =
                there.map(|at| project(&other.schema().tables[at], &shared, &other.rows[at]));
            found.extend(compare(table, &shared, &here, &there.unwrap_or_default()));
        }
        found
    }
}

/// The values of some columns.
fn project(table: &Table, columns: &[&Column], rows: &[Values]) -> Vec<Values> {
    let place = |column: &&Column| table.columns.iter().position(|known| known.name == column.name);
    let places: Vec<usize> = columns.iter().filter_map(place).collect();
    let row = |row: &Values| places.iter().map(|at| row.get(*at).cloned().flatten()).collect();
    rows.iter().map(row).collect()
}

/// What has become of rows, by their primary key where that is compared.
fn report(
    table: &Table,
    shared: &[&Column],
    here: &[Vec<Option<String>>],
    there: &[Vec<Option<String>>],
) -> Vec<String> {
    let key: Option<Vec<usize>> = table.primary_key.as_ref().and_then(|key| {
        let place = |name: &String| shared.iter().position(|column| column.name == *name);
        key.columns.iter().map(place).collect()
    });
    let of = |row: &[Option<String>], key: &[usize]| -> Vec<Option<String>> {
        key.iter().map(|at| row[*at].clone()).collect()
    };
    let line = |row: &&Vec<Option<String>>| {
        let Some(key) = &key else {
            return format!(
                "{}: a row is gone, or is another one: {}",
                table.name,
                show(shared, row)
            );
        };
        let names: Vec<&Column> = key.iter().map(|at| shared[*at]).collect();
        let who = format!("{} {}", table.name, show(&names, &of(row, key)));
        match there.iter().find(|other| of(other, key) == of(row, key)) {
            None => format!("{who}: the row is gone"),
            Some(other) => {
                let pairs = row.iter().zip(other).enumerate().filter(|(_, (a, b))| a != b);
                let changed: Vec<String> = pairs
                    .map(|(at, (a, b))| format!("{} {} -> {}", shared[at].name, value(a), value(b)))
                    .collect();
                format!("{who}: {}", changed.join(", "))
            }
        }
    };
    some(missing(here, there).iter().map(line).collect(), &table.name)
}
