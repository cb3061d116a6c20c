//! The options that every command has.

use std::{path::PathBuf, time::Duration};

use clap::ValueEnum;

use super::{problem::Problem, url::Url};
use crate::{
    migrator::{Lock, Migrator, Timeouts},
    run::{
        execute::TransactionMode,
        plan::{OutOfOrder, UnknownApplied},
    },
};

/// When there are colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, where NO_COLOR does not forbid them.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The options that every command has, before or after its name.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Settings {
    /// The database's URL; its scheme selects the database [default: DATABASE_URL from the environment or .env]
    #[arg(
        long,
        global = true,
        help_heading = "Global options",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(super) database_url: Option<Url>,
    /// The URL of the server itself, if --database-url leads to a pooler; it takes precedence [default: DIRECT_URL]
    #[arg(
        long,
        global = true,
        help_heading = "Settings",
        value_name = "URL",
        hide_short_help = true
    )]
    pub(super) direct_url: Option<Url>,
    /// Read migration files from this folder instead of the ones compiled in
    #[arg(long, global = true, help_heading = "Global options", value_name = "FOLDER")]
    pub(super) dir: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = "Global options")]
    pub(super) json: bool,
    /// Print only the result: no progress, notes or warnings
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(super) quiet: bool,
    /// When to use colours
    #[arg(
        long,
        global = true,
        help_heading = "Global options",
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(super) color: Color,
    /// A value for Rust functions and hooks; may be repeated, but only on one side of the command
    #[arg(short = 'x', global = true, help_heading = "Global options", value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) argument: Vec<(String, String)>,
    /// The name of the history table
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Settings",
        hide_short_help = true
    )]
    history_table: Option<String>,
    /// The schema of the history table, put first in the search path while migrations run
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Settings",
        hide_short_help = true
    )]
    history_schema: Option<String>,
    /// How long to wait for a connection
    #[arg(long, global = true, value_name = "TIME", help_heading = "Settings", hide_short_help = true, value_parser = duration)]
    connect_timeout: Option<Duration>,
    /// How long to wait for another runner, such as 30s or 5m
    #[arg(long, global = true, value_name = "TIME", help_heading = "Settings", hide_short_help = true, value_parser = duration)]
    pub(super) lock_wait: Option<Duration>,
    /// Promise that all runners use this one node, in a cluster whose nodes do not share locks
    #[arg(long, global = true, help_heading = "Settings", hide_short_help = true)]
    this_node_only: bool,
    /// How long a statement may wait for a table lock before its step is rolled back and retried
    #[arg(long, global = true, value_name = "TIME", help_heading = "Settings", hide_short_help = true, value_parser = duration)]
    lock_timeout: Option<Duration>,
    /// How long one statement may run
    #[arg(long, global = true, value_name = "TIME", help_heading = "Settings", hide_short_help = true, value_parser = duration)]
    statement_timeout: Option<Duration>,
    /// Run all steps in one transaction
    #[arg(long, global = true, help_heading = "Settings", hide_short_help = true)]
    one_transaction: bool,
    /// Run pending migrations that come before applied ones
    #[arg(long, global = true, help_heading = "Settings", hide_short_help = true)]
    out_of_order: bool,
    /// Fail if ambix.sum does not match the files, instead of updating it
    #[arg(long, global = true, help_heading = "Settings", hide_short_help = true)]
    pub(super) locked: bool,
    /// Accept a database that is newer than these files
    #[arg(long, global = true, help_heading = "Settings", hide_short_help = true)]
    allow_newer: bool,
    /// Run from the first migration even if the database already has tables or another tool's history
    #[arg(long, global = true, help_heading = "Settings", hide_short_help = true)]
    allow_existing: bool,
}

impl Settings {
    /// The migrator with what the command line says of it.
    pub(super) fn apply(&self, mut migrator: Migrator) -> Migrator {
        if let Some(table) = &self.history_table {
            migrator = migrator.history_table(table);
        }
        if let Some(schema) = &self.history_schema {
            migrator = migrator.schema(schema);
        }
        if let Some(wait) = self.lock_wait {
            let lock: Lock = migrator.lock_options();
            migrator = migrator.lock(lock.wait(wait));
        }
        if self.this_node_only {
            let lock: Lock = migrator.lock_options();
            migrator = migrator.lock(lock.this_node_only());
        }
        let mut timeouts: Timeouts = migrator.timeout_options();
        if let Some(limit) = self.connect_timeout {
            timeouts = timeouts.connect(limit);
        }
        if let Some(limit) = self.lock_timeout {
            timeouts = timeouts.lock(limit);
        }
        if let Some(limit) = self.statement_timeout {
            timeouts = timeouts.statement(limit);
        }
        migrator = migrator.timeouts(timeouts);
        for (key, value) in &self.argument {
            migrator = migrator.argument(key, value);
        }
        if self.one_transaction {
            migrator = migrator.transaction(TransactionMode::All);
        }
        if self.out_of_order {
            migrator = migrator.out_of_order(OutOfOrder::Allow);
        }
        if self.allow_existing {
            migrator = migrator.allow_existing(true);
        }
        if self.allow_newer {
            migrator = migrator.unknown_applied(UnknownApplied::AllowNewer);
        }
        migrator
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// `500ms`, `30s`, `5m`, `1h 30m`; a bare number is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let unreadable = |_| "expected a time such as 500ms, 30s or 5m".to_owned();
    let read: jiff::SignedDuration = text.parse().map_err(unreadable)?;
    Duration::try_from(read).map_err(|_| "a time cannot be negative".to_owned())
}

/// `--yes` and the like where a question cannot be asked.
pub(super) fn needs_yes(what: &str) -> Problem {
    Problem::Usage(format!(
        "{what}; nothing was done; there is no terminal to ask on, so pass --yes to confirm"
    ))
}
