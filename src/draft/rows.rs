//! The rows of tables: how they are asked for, and what two lists of them do not have in common. It is pure.

use std::collections::HashMap;

use crate::{
    database::{Dialect, Drafting, Row},
    schema::{Column, Name, Table},
};

/// The values of a row, as texts.
pub(crate) type Values = Vec<Option<String>>;

/// So many rows of a table are shown.
const SHOWN: usize = 3;

/// Queries for all rows of these tables, to be sent as one message. `home` is the schema of a table whose schema is not said.
pub(crate) fn queries(
    tables: &[Table],
    (dialect, drafting): (&dyn Dialect, &dyn Drafting),
    home: Option<&str>,
) -> String {
    let query = |(at, table): (usize, &Table)| {
        let columns: Vec<String> =
            table.columns.iter().map(|column| format!(", {}", drafting.as_text(column))).collect();
        let from = quoted(&table.name, dialect, home);
        format!("SELECT '{at}' AS ambix{} FROM {from}", columns.concat())
    };
    tables.iter().enumerate().map(query).collect::<Vec<_>>().join(";\n")
}

/// A table's name, with its schema where that is said.
pub(crate) fn quoted(name: &Name, dialect: &dyn Dialect, home: Option<&str>) -> String {
    let table = dialect.quote(&name.name);
    match name.schema.as_deref().or(home) {
        Some(schema) => format!("{}.{table}", dialect.quote(schema)),
        None => table,
    }
}

/// The answers to [`queries`], table by table.
pub(crate) fn by_table(count: usize, answers: Vec<Row>) -> Vec<Vec<Values>> {
    let mut rows: Vec<Vec<Values>> = vec![Vec::new(); count];
    for answer in answers {
        let at = answer.tag().parse::<usize>().ok();
        if let Some(table) = at.and_then(|at| rows.get_mut(at)) {
            table.push(answer.values_in_order().to_vec());
        }
    }
    rows
}

/// The rows that are here and not there, as many times as they are.
pub(crate) fn missing<'r>(here: &'r [Values], there: &[Values]) -> Vec<&'r Values> {
    let mut counts: HashMap<&Values, usize> = HashMap::new();
    for row in there {
        *counts.entry(row).or_default() += 1;
    }
    let is_missing = |row: &&Values| match counts.get_mut(*row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    here.iter().filter(is_missing).collect()
}

/// The first few lines about a table, and how many there are besides.
pub(crate) fn some(mut lines: Vec<String>, table: &Name) -> Vec<String> {
    lines.sort();
    if lines.len() > SHOWN + 1 {
        let more = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(format!("{table}: and {more} rows more"));
    }
    lines
}

/// A row for people.
pub(crate) fn show(columns: &[&Column], row: &[Option<String>]) -> String {
    let pairs =
        columns.iter().zip(row).map(|(column, v)| format!("{} = {}", column.name, value(v)));
    format!("({})", pairs.collect::<Vec<_>>().join(", "))
}

/// A value for people.
pub(crate) fn value(value: &Option<String>) -> String {
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
