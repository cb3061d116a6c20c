//! Tables whose engine has no transactions: what a rollback leaves there.
//!
//! A step that changes such a table is not one transaction, whatever is around it. So it is run statement by statement, each
//! announced before it runs; and where that was not to be seen before (a registered function wrote it), the server's word at the
//! rollback makes the step one that is unfinished, with a statement in doubt.

use std::collections::HashSet;

use super::{
    batch::FailedStatement,
    execute::{Interruption, Runner},
    prepare::{Mode, Prepared, Unit},
    recovery::{IN_DOUBT, StepProgress},
};
use crate::{
    database::{Failure, FailureKind, Row},
    error::{Error, Result},
    sql::{Statement, Syntax},
};

/// A name before a dot, which may be a schema.
fn qualifiers<'t>(
    statements: impl Iterator<Item = &'t Statement<'t>>,
    syntax: &Syntax,
) -> Vec<String> {
    let mut all = HashSet::new();
    for statement in statements {
        let mut cursor = statement.cursor(syntax);
        while cursor.peek().is_some() {
            match cursor.name() {
                Some(name) if cursor.symbol(".") => drop(all.insert(name)),
                Some(_) => {}
                None => drop(cursor.next()),
            }
        }
    }
    all.into_iter().collect()
}

/// Whether a statement says this name.
fn says(statement: &Statement<'_>, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    if name.chars().all(is_word) {
        let mut words = statement.text.split(|c| !is_word(c));
        return words.any(|word| word.to_lowercase() == name);
    }
    statement.text.to_lowercase().contains(name)
}

impl Runner<'_, '_> {
    /// The names by which a statement could change a table without transactions; asked once, and again after DDL.
    async fn untransacted<'t>(
        &mut self,
        statements: impl Iterator<Item = &'t Statement<'t>>,
    ) -> Result<&[String], Interruption> {
        // Elsewhere every table has them, and nothing has to be read for that.
        if self.dialect.rolled_back().is_none() {
            return Ok(&[]);
        }
        let schemas = qualifiers(statements, self.dialect.syntax());
        let known = self
            .untransacted
            .as_ref()
            .is_some_and(|(of, _)| schemas.iter().all(|schema| of.contains(schema)));
        if !known {
            let names = match self.dialect.untransacted(&schemas) {
                Some(query) => {
                    let rows = self.session.run(&query).await;
                    let rows = rows.map_err(|failure| {
                        Interruption::of(failure, "looking for tables without transactions")
                    })?;
                    names(&rows)
                }
                None => Vec::new(),
            };
            self.untransacted = Some((schemas, names));
        }
        Ok(self.untransacted.as_ref().map_or(&[], |(_, names)| names.as_slice()))
    }

    /// What was known of tables is so no more.
    pub(super) fn tables_changed(&mut self) {
        self.untransacted = None;
    }

    /// Whether a unit may change a table without transactions.
    pub(super) async fn writes_untransacted(
        &mut self,
        unit: &Unit<'_>,
    ) -> Result<bool, Interruption> {
        let statements = unit.all();
        let names = self.untransacted(statements.iter()).await?;
        Ok(statements.iter().any(|statement| names.iter().any(|name| says(statement, name))))
    }

    /// How a step is run: as it was prepared, unless it may change a table without transactions.
    pub(super) async fn mode(&mut self, of: &Prepared<'_>) -> Result<Mode, Interruption> {
        if of.mode == Mode::Stepwise || of.script.is_none() {
            return Ok(of.mode);
        }
        let names = self.untransacted(of.sql()).await?;
        let writes = of.sql().any(|statement| names.iter().any(|name| says(statement, name)));
        Ok(if writes { Mode::Stepwise } else { Mode::OneTransaction })
    }

    /// A step was to be one transaction, and the rollback has left something of it. The row says so, before anything else.
    pub(super) async fn left_behind(
        &mut self,
        prepared: &[Prepared<'_>],
        at: usize,
        failure: Failure,
        found: Option<FailedStatement<'_>>,
    ) -> Interruption {
        let step = found.as_ref().map_or(at, |found| found.step);
        let step_progress = StepProgress::of(&prepared[step], self.dialect);
        let doubt = step_progress.hashes.each.first().cloned().unwrap_or_default();
        if let Err(stop) = self.create_outside().await {
            return stop;
        }
        let written = self
            .write(|runner, message| {
                message.own(runner.dialect, &runner.mark(&step_progress, 0, &doubt))
            })
            .await;
        let state = match written {
            Ok(_) => {
                format!("tables whose engine has no transactions were not rolled back: {IN_DOUBT}")
            }
            Err(lost) => format!(
                "tables whose engine has no transactions were not rolled back, and that could not be recorded ({}): look at the \
                 database, and remove by hand what the step has done, before you run again",
                lost.error
            ),
        };
        self.failed(prepared, at, failure, found, (state, Vec::new()))
    }

    /// Rolls back, and returns whether that undid everything.
    pub(crate) async fn roll_back(&mut self) -> Result<bool, Interruption> {
        // A transaction that the driver has begun is rolled back by the driver, before the next message. MySQL says what that has left
        // only until the rollback after it.
        let mut asked = match self.dialect.rolled_back() {
            Some(query) => match self.session.run(query).await {
                Err(failure) if failure.kind == FailureKind::Lost => {
                    return Err(Interruption::Lost(failure));
                }
                rows => rows.unwrap_or_default(),
            },
            None => Vec::new(),
        };
        self.session.rollback().await.map_err(Interruption::Lost)?;
        let asked = match self.dialect.rolled_back() {
            Some(query) => self.session.run(query).await.map(|rows| {
                asked.extend(rows);
                asked
            }),
            None => Ok(asked),
        };
        if let Some(guard) = &self.guard {
            let left = self.session.run(&guard.leave).await;
            left.map_err(|failure| Interruption::of(failure, "leaving a transaction"))?;
        }
        match asked {
            Ok(rows) => {
                Ok(rows.iter().all(|row| row.tag() != "kept" || row.column("kept") == Some("0")))
            }
            Err(failure) => Err(Interruption::of(failure, "asking what the rollback has left")),
        }
    }

    /// Whether all of these can be one transaction.
    pub(super) async fn check_one_transaction(
        &mut self,
        prepared: &[Prepared<'_>],
    ) -> Result<(), Interruption> {
        for of in prepared {
            if self.mode(of).await? == Mode::Stepwise || of.foreign_keys_off {
                return Err(Error::NotRunnable {
                    revision: of.step.migration.revision.clone(),
                    place: of.place(0, 0),
                    problem: "it cannot be part of one transaction for the whole run; use `TransactionMode::PerMigration`".to_owned(),
                }
                .into());
            }
        }
        Ok(())
    }
}

/// Tables without transactions, and, only where there are such, what may write them unsaid: views, triggers, functions.
fn names(rows: &[Row]) -> Vec<String> {
    let of = |kind: &str| -> Vec<String> {
        let rows = rows.iter().filter(|row| row.tag() == kind);
        rows.filter_map(|row| Some(row.column("name")?.to_lowercase())).collect()
    };
    let mut names = of("untransacted");
    if !names.is_empty() {
        names.extend(of("indirect"));
    }
    names
}
