//! The same steps as an offline script, with its history rows, for the database's own shell.

use std::{fmt::Write, time::Duration};

use super::{
    history::{HistoryRow, HistorySql, State, StepRecord},
    plan::{Action, Direction},
    prepare::{Mode, Piece, Prepared},
};
use crate::{
    database::Dialect,
    error::{Error, Result},
    graph::Graph,
    migration::Migration,
    sql::Statement,
};

/// The script that makes the tables of the history, and nothing else.
pub(crate) fn tables(dialect: &dyn Dialect, history: &HistorySql) -> String {
    format!("{}{}\n", dialect.script_head(), history.create())
}

/// How a script is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScriptOptions<'a> {
    /// Whether the tables of the history are made first.
    pub(crate) create: bool,
    pub(crate) applied_by: &'a str,
    /// What gives the session the settings of a run: those that the URL asks for, and the search path.
    pub(crate) settings: &'a str,
    /// What makes the schema of the history if it is missing.
    pub(crate) schema: &'a str,
}

/// Writes the script.
pub(crate) fn script(
    dialect: &dyn Dialect,
    history: &HistorySql,
    graph: &Graph,
    prepared: &[Prepared<'_>],
    options: ScriptOptions<'_>,
) -> Result<String> {
    let mut text = String::new();
    text.push_str(dialect.script_head());
    if !options.settings.is_empty() {
        let _ = writeln!(text, "{}", options.settings);
    }
    if options.create {
        if !options.schema.is_empty() {
            let _ = writeln!(text, "{}", options.schema);
        }
        text.push_str(&history.create());
        text.push_str("\n\n");
    }
    // A runner that is at work while the script is run must notice.
    text.push_str(&history.raise_offline());
    text.push('\n');
    let (begin, commit) = dialect.script_transaction();
    // Rows alone are one transaction, as they are where the program writes them.
    let records = prepared.iter().all(|of| of.step.action == Action::Record);
    if records {
        let _ = writeln!(text, "{begin}");
    }
    for of in prepared {
        let migration = of.step.migration;
        let parents: Vec<&str> =
            graph.parents(&migration.revision).into_iter().map(|p| p.revision()).collect();
        let parents = parents.join(", ");
        let (from, to) = match of.step.direction {
            Direction::Up => (parents.as_str(), migration.revision()),
            Direction::Down => (migration.revision(), parents.as_str()),
        };
        let verb = if records { "stamp" } else { of.step.direction.verb() };
        let _ = write!(
            text,
            "\n-- Running {verb} {from} -> {to}, {}\n",
            migration.name().replace('\n', " ")
        );
        let row = row(history, graph, of, options.applied_by);
        if records {
            let _ = writeln!(text, "{row}");
        } else {
            step(dialect, of, [row.as_str(), options.settings], &mut text)?;
        }
    }
    if records {
        let _ = writeln!(text, "\n{commit}");
    }
    Ok(text)
}

fn step(
    dialect: &dyn Dialect,
    of: &Prepared<'_>,
    [row, settings]: [&str; 2],
    text: &mut String,
) -> Result<()> {
    let (begin, commit) = dialect.script_transaction();
    let whole = of.mode == Mode::OneTransaction;
    // A file with other ends of statements is not understood by every shell verbatim.
    let as_written = whole && dialect.capabilities().transactional_ddl;
    let mut line = |line: &str| {
        if !line.is_empty() {
            text.push_str(line);
            text.push('\n');
        }
    };
    if of.foreign_keys_off {
        line(&format!("{};", dialect.foreign_keys(false)));
    }
    if whole {
        line(begin);
    }
    for piece in &of.pieces {
        match piece {
            Piece::Sql(statements) if as_written => match &statements[..] {
                [statement] if statement.data.is_some() => line(&statement.for_client()),
                _ => line(dialect.shell(of.text(statements)).trim_end()),
            },
            Piece::Sql(statements) => {
                for statement in statements {
                    match statement.data {
                        Some(_) => line(&statement.for_client()),
                        None => line(dialect.shell(statement.text).trim_end()),
                    }
                }
            }
            Piece::Function { name, line } => {
                return Err(Error::NotRunnable {
                    revision: of.step.migration.revision.clone(),
                    place: of.place(*line, 0),
                    problem: format!(
                        "the Rust function {name} cannot be part of an offline script; run this migration with the program"
                    ),
                });
            }
        }
    }
    if of.foreign_keys_off {
        line(dialect.script_foreign_key_check());
    }
    let mut forget = Vec::new();
    if of.leaves(dialect) {
        let statements: Vec<Statement<'_>> = of.sql().copied().collect();
        forget = dialect.script_forget(&statements);
    }
    if !whole {
        // A lock on tables would keep the history from being written.
        forget.drain(..).for_each(|statement| line(&statement));
        line(begin);
    }
    line(dialect.script_restore());
    line(row);
    line(commit);
    forget.iter().for_each(|statement| line(statement));
    line(settings);
    if of.foreign_keys_off {
        line(&format!("{};", dialect.foreign_keys(true)));
    }
    Ok(())
}

fn row(history: &HistorySql, graph: &Graph, of: &Prepared<'_>, applied_by: &str) -> String {
    let migration = of.step.migration;
    match of.step.direction {
        Direction::Down => history.erase(migration, Some(Duration::ZERO)),
        Direction::Up => {
            let revisions = |list: Vec<&'_ Migration>| -> Vec<String> {
                list.into_iter().map(|m| m.revision().to_owned()).collect()
            };
            let (parents, depends_on) = (
                revisions(graph.parents(migration.revision())),
                revisions(graph.dependencies(migration.revision())),
            );
            let entry = HistoryRow {
                migration,
                parents: parents.iter().map(String::as_str).collect(),
                depends_on: depends_on.iter().map(String::as_str).collect(),
                applied_by,
            };
            let progress = StepRecord {
                state: State::Applied,
                done: of.statements(),
                done_hash: "",
                doubt_hash: "",
            };
            history.insert(&entry, &progress, Some(Duration::ZERO))
        }
    }
}
