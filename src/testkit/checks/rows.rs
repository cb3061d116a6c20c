//! The rows of a database, to be compared before and after a step.

use std::collections::HashMap;

use super::MigrationTests;
use crate::{
    database::{
        Dialect, Row, driver,
        testkit::{ask, testkit},
    },
    error::Result,
    schema::{Column, Name, Schema, Table},
    testkit::snapshot::Snapshot,
};

/// What a database holds at one time.
pub(super) struct DatabaseContents {
    pub(super) snapshot: Snapshot,
    /// For each table of the schema, in its order, the rows; a value for each column.
    rows: Vec<Vec<Row>>,
}

/// So many rows of a table are shown.
const SHOWN: usize = 3;

impl MigrationTests {
    /// Reads everything.
    pub(super) async fn state(&self, url: &str) -> Result<DatabaseContents> {
        let snapshot = self.snapshot(url).await?;
        let dialect = driver(url)?.dialect;
        let kit = testkit(url)?;
        let query = |(at, table): (usize, &Table)| {
            let columns: Vec<String> =
                table.columns.iter().map(|column| format!(", {}", kit.as_text(column))).collect();
            format!(
                "SELECT '{at}' AS ambix{} FROM {}",
                columns.concat(),
                self.quoted(&table.name, dialect)
            )
        };
        let tables = &snapshot.schema().tables;
        let mut rows: Vec<Vec<Row>> = tables.iter().map(|_| Vec::new()).collect();
        let queries: Vec<String> = tables.iter().enumerate().map(query).collect();
        if !queries.is_empty() {
            let read = ask(url, &queries.join(";\n")).await?;
            for row in read.map_err(|failure| failure.doing("reading the rows"))? {
                let at = row.tag().parse::<usize>().ok();
                if let Some(table) = at.and_then(|at| rows.get_mut(at)) {
                    table.push(row);
                }
            }
        }
        Ok(DatabaseContents { snapshot, rows })
    }

    /// A table's name, with its schema where it is said: by the name, or else by the migrator.
    pub(super) fn quoted(&self, name: &Name, dialect: &dyn Dialect) -> String {
        let table = dialect.quote(&name.name);
        match name.schema.as_deref().or(self.migrator.schema_option()) {
            Some(schema) => format!("{}.{table}", dialect.quote(schema)),
            None => table,
        }
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
fn project(table: &Table, columns: &[&Column], rows: &[Row]) -> Vec<Vec<Option<String>>> {
    let place = |column: &&Column| table.columns.iter().position(|known| known.name == column.name);
    let places: Vec<usize> = columns.iter().filter_map(place).collect();
    let row = |row: &Row| {
        places.iter().map(|at| row.values_in_order().get(*at).cloned().flatten()).collect()
    };
    rows.iter().map(row).collect()
}

/// The rows that are here and not there, as many times as they are.
fn missing<'r>(
    here: &'r [Vec<Option<String>>],
    there: &[Vec<Option<String>>],
) -> Vec<&'r Vec<Option<String>>> {
    let mut counts: HashMap<&Vec<Option<String>>, usize> = HashMap::new();
    for row in there {
        *counts.entry(row).or_default() += 1;
    }
    let is_missing = |row: &&Vec<Option<String>>| match counts.get_mut(*row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    here.iter().filter(is_missing).collect()
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

/// The first few lines, and how many there are besides.
fn some(mut lines: Vec<String>, table: &Name) -> Vec<String> {
    lines.sort();
    if lines.len() > SHOWN + 1 {
        let more = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(format!("{table}: and {more} rows more"));
    }
    lines
}

fn show(columns: &[&Column], row: &[Option<String>]) -> String {
    let pairs =
        columns.iter().zip(row).map(|(column, v)| format!("{} = {}", column.name, value(v)));
    format!("({})", pairs.collect::<Vec<_>>().join(", "))
}

fn value(value: &Option<String>) -> String {
    const LONGEST: usize = 60;
    match value {
        None => "NULL".to_owned(),
        Some(text) if text.is_empty() => "''".to_owned(),
        Some(text) if text.chars().count() > LONGEST => {
            format!("{}...", text.chars().take(LONGEST).collect::<String>())
        }
        Some(text) => text.clone(),
    }
}
