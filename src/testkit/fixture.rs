//! SQL that a test wants to find in its database.

use crate::{
    database::{
        driver,
        testkit::{ask, load},
    },
    error::{Error, Place, Result},
    sql::{self, Item, Statement, split},
};

/// An SQL file.
#[derive(Debug, Clone)]
pub(super) struct Fixture {
    name: String,
    sql: String,
}

impl Fixture {
    pub(super) fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { name: name.into(), sql: sql.into() }
    }

    /// Runs it as one message, or statement by statement where it has the rows of a COPY.
    pub(super) async fn run(&self, url: &str) -> Result<()> {
        let items = split(&self.sql, driver(url)?.dialect.syntax()).unwrap_or_default();
        let statements = items.iter().filter_map(|item| match item {
            Item::Statement(statement) => Some(*statement),
            Item::Run { .. } => None,
        });
        let statements: Vec<Statement<'_>> = statements.collect();
        if statements.iter().any(|statement| statement.data.is_some()) {
            return load(url, &statements).await?.map_err(|(at, failure)| {
                let statement = &statements[at];
                let place = match (statement.data, failure.data_line) {
                    (Some(rows), Some(line)) => Place::new(&self.name, rows.line + line - 1, 0),
                    _ => Place::new(&self.name, statement.line, statement.column),
                };
                let statement = statement.text.to_owned();
                Error::Fixture { place, statement, source: failure.error }
            });
        }
        ask(url, &self.sql).await?.map(drop).map_err(|failure| {
            let (place, statement) = self.place(url, failure.position, failure.completed);
            Error::Fixture { place, statement, source: failure.error }
        })
    }

    /// Where it failed: where the server says, or else the statement after those that are done.
    fn place(&self, url: &str, position: Option<usize>, completed: usize) -> (Place, String) {
        let nowhere = (Place::new(&self.name, 1, 1), self.sql.clone());
        let Ok(driver) = driver(url) else { return nowhere };
        let Ok(items) = split(&self.sql, driver.dialect.syntax()) else { return nowhere };
        let statements = items.iter().filter_map(|item| match item {
            Item::Statement(statement) => Some(statement),
            Item::Run { .. } => None,
        });
        let mut statements: Vec<_> = statements.collect();
        let byte = position.map(|position| sql::byte_of_char(&self.sql, position));
        let found = match byte {
            Some(byte) => statements.iter().rposition(|statement| statement.start <= byte),
            None => Some(completed),
        };
        let Some(found) = found.filter(|at| *at < statements.len()) else { return nowhere };
        let statement = statements.swap_remove(found);
        (Place::new(&self.name, statement.line, statement.column), statement.text.to_owned())
    }
}
