//! A row in each table, since a statement shows what it reads and writes only if there is something to read and to write.

use std::collections::BTreeMap;

use crate::{
    database::{Dialect, Failure, Measuring, Row, Session, measure::ValueType},
    error::Result,
    sql::{TokenKind, tokens},
};

/// How many values of each column are tried.
const TRIES: usize = 6;

/// A column that may get a value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FillColumn {
    name: String,
    nullable: bool,
    has_default: bool,
    /// A check says something of its values.
    is_checked: bool,
    values: Vec<String>,
}

/// A table that may get a row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FillTable {
    name: String,
    columns: Vec<FillColumn>,
}

/// Inserts rows, and remembers what worked.
pub(super) struct RowMaker {
    dialect: &'static dyn Dialect,
    measuring: &'static dyn Measuring,
    /// Tables as they were, with the statement that worked, in an order in which they can be filled.
    remembered: Vec<(FillTable, String)>,
    /// The tables that got no row before one of the migrations, and why.
    pub(super) unfilled: BTreeMap<String, String>,
}

impl RowMaker {
    pub(super) fn new(dialect: &'static dyn Dialect, measuring: &'static dyn Measuring) -> Self {
        Self { dialect, measuring, remembered: Vec::new(), unfilled: BTreeMap::new() }
    }

    /// Inserts a row into each table that has none. Returned are those that it was inserted into.
    pub(super) async fn fill(&mut self, session: &mut (dyn Session + '_)) -> Result<Vec<String>> {
        let mut waiting = self.empty_tables(session).await?;
        let mut filled = Vec::new();
        self.remembered.retain(|(known, _)| waiting.contains(known));
        let known: Vec<&str> = self.remembered.iter().map(|(_, sql)| sql.as_str()).collect();
        if !known.is_empty() && self.insert(session, &known.join(";\n")).await.is_ok() {
            waiting.retain(|table| !self.remembered.iter().any(|(known, _)| known == table));
            filled.extend(self.remembered.iter().map(|(table, _)| table.name.clone()));
        } else {
            self.remembered.clear();
        }
        // A table that refers to another one waits for it.
        let mut reasons = Vec::new();
        loop {
            let before = waiting.len();
            reasons.clear();
            let mut still = Vec::new();
            for table in waiting {
                match self.fill_one(session, &table).await {
                    Ok(sql) => {
                        filled.push(table.name.clone());
                        self.remembered.push((table, sql));
                    }
                    Err(why) => {
                        reasons.push((table.name.clone(), why));
                        still.push(table);
                    }
                }
            }
            waiting = still;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        self.note_empty(session, reasons).await?;
        if let Some(settle) = self.measuring.settle().filter(|_| !filled.is_empty()) {
            let settled = session.run(settle).await;
            settled.map_err(|failure| failure.doing("checking the generated rows"))?;
        }
        Ok(filled)
    }

    /// Notes the tables that are still empty. A trigger of another table may have filled one.
    async fn note_empty(
        &mut self,
        session: &mut (dyn Session + '_),
        reasons: Vec<(String, String)>,
    ) -> Result<()> {
        if reasons.is_empty() {
            return Ok(());
        }
        let empty = self.empty_tables(session).await?;
        for (table, why) in reasons {
            if empty.iter().any(|empty| empty.name == table) {
                self.unfilled.entry(table).or_insert(why);
            }
        }
        Ok(())
    }

    /// The tables without a row.
    async fn empty_tables(&self, session: &mut (dyn Session + '_)) -> Result<Vec<FillTable>> {
        let sections = self.measuring.sections();
        let rows = session.run(sections.columns).await;
        let rows = rows.map_err(|failure| failure.doing("reading the scratch database"))?;
        // Where there is no catalog of checks there are no checks.
        let checks = session.run(sections.checks).await.unwrap_or_default();
        let mut tables = self.read(&rows, &checks);
        let queries: Vec<String> = tables
            .iter()
            .enumerate()
            .map(|(at, table)| {
                format!("SELECT 'has' AS ambix, '{at}' AS at FROM {} LIMIT 1", table.name)
            })
            .collect();
        if queries.is_empty() {
            return Ok(tables);
        }
        let found = session.run(&queries.join(";\n")).await;
        let found =
            found.map_err(|failure| failure.doing("looking for rows in the scratch database"))?;
        let has_rows: Vec<usize> =
            found.iter().filter_map(|row| row.column("at")?.parse().ok()).collect();
        let mut at = 0;
        tables.retain(|_| {
            at += 1;
            !has_rows.contains(&(at - 1))
        });
        Ok(tables)
    }

    fn read(&self, rows: &[Row], checks: &[Row]) -> Vec<FillTable> {
        let mut tables: Vec<(&str, FillTable)> = Vec::new();
        for row in rows {
            let text = |column: &str| row.column(column);
            let [Some(id), Some(table), Some(name), Some(base), Some(ty)] =
                ["id", "table_name", "name", "base", "type"].map(text)
            else {
                continue;
            };
            let literals = self.literals(id, name, checks);
            let is_checked = literals.is_some();
            let values = match (text("other_table"), text("other_column")) {
                (Some(table), Some(column)) => {
                    vec![format!("(SELECT {column} FROM {table} LIMIT 1)")]
                }
                _ => self.measuring.values(&ValueType {
                    base: base.to_owned(),
                    text: ty.to_owned(),
                    listed: text("listed").map(str::to_owned),
                    literals: literals.unwrap_or_default(),
                }),
            };
            let column = FillColumn {
                name: name.to_owned(),
                nullable: text("nullable") == Some("1"),
                has_default: text("has_default") == Some("1"),
                is_checked,
                values,
            };
            match tables.last_mut().filter(|(last, _)| *last == id) {
                Some((_, table)) => table.columns.push(column),
                None => {
                    tables.push((id, FillTable { name: table.to_owned(), columns: vec![column] }));
                }
            }
        }
        tables.into_iter().map(|(_, table)| table).collect()
    }

    /// The literals of the checks of a table that mention a column; none if no check does.
    fn literals(&self, table: &str, column: &str, checks: &[Row]) -> Option<Vec<String>> {
        let syntax = self.dialect.syntax();
        let bare = |text: &str| text.trim_matches(['"', '`']).to_owned();
        let mut literals = None;
        for row in checks.iter().filter(|row| row.column("id") == Some(table)) {
            let text = row.column("definition").unwrap_or_default();
            let found: Vec<_> = tokens(text, syntax).collect();
            if !found.iter().any(|token| bare(token.text).eq_ignore_ascii_case(&bare(column))) {
                continue;
            }
            let literals: &mut Vec<String> = literals.get_or_insert_default();
            for token in found {
                match (token.kind, token.text.parse::<i64>()) {
                    (TokenKind::Text, _) => literals.push(token.text.to_owned()),
                    // The number itself may be the first that is out.
                    (TokenKind::Number, Ok(number)) => {
                        literals.push(number.to_string());
                        literals.push(number.saturating_add(1).to_string());
                    }
                    _ => {}
                }
            }
        }
        literals
    }

    /// Inserts a row into one table, with the values that it takes. Returned is the statement, or why there is none.
    async fn fill_one(
        &self,
        session: &mut (dyn Session + '_),
        table: &FillTable,
    ) -> Result<String, String> {
        if let Some(column) =
            table.columns.iter().find(|column| column.is_required() && column.values.is_empty())
        {
            return Err(format!("no value is known for {}", column.name));
        }
        let mut why = None;
        for (is_whole, is_any) in [(true, false), (true, true), (false, false), (false, true)] {
            for at in 0..table.tries() {
                let sql = self.measuring.insert(&table.name, &table.row(at, is_whole, is_any));
                match self.insert(session, &sql).await {
                    Ok(()) => return Ok(sql),
                    Err(failure) => why = why.or(Some(failure.error.to_string())),
                }
            }
        }
        Err(why.unwrap_or_default())
    }

    /// Runs it in a savepoint where a failure would end the transaction.
    async fn insert(&self, session: &mut (dyn Session + '_), sql: &str) -> Result<(), Failure> {
        if !self.dialect.capabilities().transactional_ddl {
            return session.run(sql).await.map(drop);
        }
        session.run("SAVEPOINT ambix_row").await?;
        let inserted = session.run(sql).await.map(drop);
        if inserted.is_err() {
            session.run("ROLLBACK TO SAVEPOINT ambix_row").await?;
        }
        session.run("RELEASE SAVEPOINT ambix_row").await?;
        inserted
    }
}

impl FillColumn {
    fn is_required(&self) -> bool {
        !self.nullable && !self.has_default
    }
}

impl FillTable {
    fn tries(&self) -> usize {
        let most = self.columns.iter().map(|column| column.values.len()).max().unwrap_or_default();
        most.clamp(1, TRIES)
    }

    /// The values of one try: of all columns, or of those that need one. Values that no check is about are the same in each table,
    /// so that a later foreign key finds them; with `is_any` they are others as well.
    fn row(&self, at: usize, is_whole: bool, is_any: bool) -> Vec<(&str, &str)> {
        let is_wanted =
            |column: &&FillColumn| column.is_required() || is_whole && !column.has_default;
        self.columns
            .iter()
            .filter(is_wanted)
            .filter_map(|column| {
                let at = if column.is_checked || is_any { at } else { 0 };
                let value = column.values.get(at).or(column.values.last())?;
                Some((column.name.as_str(), value.as_str()))
            })
            .collect()
    }
}
