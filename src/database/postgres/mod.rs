//! PostgreSQL: what it can do and how its SQL is written.

#[cfg(feature = "draft")]
mod drafting;
#[cfg(feature = "draft")]
mod inspect;
mod leftovers;
mod lock;
mod lock_report;
#[cfg(all(feature = "lint", feature = "draft"))]
mod measure;
#[cfg(feature = "draft")]
mod objects;
#[cfg(feature = "lint")]
mod preflight;
mod probe;
mod reading;
#[cfg(feature = "draft")]
mod render;
mod server;
mod session;
#[cfg(feature = "testkit")]
mod testkit;
#[cfg(feature = "draft")]
mod types;
#[cfg(feature = "draft")]
mod values;

use std::time::Duration;

use super::{
    AdoptQueries, Capabilities, Dialect, DigestOf, Driver, Expected, Failure, HistoryStatements,
    HistoryTable, Limits, LockInspector, MigrationLock, Probe, SessionInfo, SqlFile,
    TransactionSupport, fill, section,
};
use crate::{
    hash_functions::lookup3,
    migration::Checksum,
    sql::{Bodies, Statement, Syntax},
};

pub(super) const DRIVER: Option<&Driver> = Some(&session::DRIVER);

/// The SQL of the history table.
const HISTORY: SqlFile = SqlFile::of(include_str!("history.sql"));

static STATEMENTS: HistoryStatements = HistoryStatements::of(HISTORY);

/// How the history tables of other tools are read.
static ADOPT: AdoptQueries = AdoptQueries::of(SqlFile::of(include_str!("adopt.sql")));

/// Where the opening query has the lock's key: a hash of schema and table. Advisory locks are per database already.
const SESSION_KEY: &str = "o.key";

/// The dialect.
#[derive(Debug)]
pub(crate) struct Postgres;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: true,
    remote: true,
    message_bytes: 1 << 20,
    fence_starts_clock: false,
    foreign_keys_switch: false,
};

static SYNTAX: Syntax = Syntax {
    dollar_quotes: true,
    escape_strings: true,
    backslash_escapes: false,
    nested_comments: true,
    hash_comments: false,
    dash_comment_needs_space: false,
    executable_comments: false,
    backtick_names: false,
    bracket_names: false,
    delimiter_command: false,
    bodies: Bodies::Atomic,
};

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["postgres", "postgresql"]
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn syntax(&self) -> &'static Syntax {
        &SYNTAX
    }

    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn literal(&self, text: &str) -> String {
        let quoted = text.replace('\'', "''");
        // An escape string means the same whatever standard_conforming_strings says.
        if quoted.contains('\\') {
            format!("E'{}'", quoted.replace('\\', "\\\\"))
        } else {
            format!("'{quoted}'")
        }
    }

    fn history(&self) -> &'static HistoryStatements {
        &STATEMENTS
    }

    fn digest(&self) -> Option<DigestOf> {
        Some(digest)
    }

    fn adopt_queries(&self) -> &'static AdoptQueries {
        &ADOPT
    }

    fn begin(&self) -> &'static str {
        // Read committed whatever the role's default is: the re-read under the lock must see what was committed while
        // the lock was waited for.
        "BEGIN ISOLATION LEVEL READ COMMITTED"
    }

    fn around_opening(&self) -> Option<(&'static str, &'static str)> {
        Some((self.begin(), "COMMIT"))
    }

    fn opening(&self, table: &HistoryTable, lock: &str) -> String {
        let schema = table.schema.as_deref().map_or("NULL::text".to_owned(), |s| self.literal(s));
        let regclass = match &table.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(&table.name)),
            None => self.quote(&table.name),
        };
        let hidden = self.hidden(table).unwrap_or_default();
        let values = [
            ("try", lock),
            ("hidden", &hidden),
            ("schema", &schema),
            ("table", &self.literal(&table.name)),
            ("regclass", &self.literal(&regclass)),
            (
                "namespace",
                &table
                    .schema
                    .as_deref()
                    .map_or("'pg_catalog'".to_owned(), |s| self.literal(&self.quote(s))),
            ),
        ];
        fill(section!(HISTORY, "opening"), &values)
    }

    fn unless_pooled(&self, lock: &str, expected: Expected<'_>) -> String {
        let age = match expected {
            Expected::Age(age) => age,
            Expected::Backend(first) => {
                let backend = backend(first).unwrap_or("pg_catalog.pg_backend_pid()");
                let values = [("backend", backend), ("try", lock)];
                return fill(section!(HISTORY, "unless_same"), &values);
            }
        };
        // The clocks of two machines differ a little, and a message takes its time: less than connecting, which is several messages.
        let young = (age.since_end.as_secs_f64() * 0.99 - 0.05).max(0.0);
        let connecting = age.since_begin.saturating_sub(age.since_end).as_secs_f64();
        let old = age.since_begin.as_secs_f64() * 1.01 + connecting + 0.02;
        let (young, old) = (format!("{young:.6}"), format!("{old:.6}"));
        let values = [("young", young.as_str()), ("old", &old), ("try", lock)];
        fill(section!(HISTORY, "unless_as_old"), &values)
    }

    fn backend(&self) -> Option<&'static str> {
        Some(section!(HISTORY, "backend"))
    }

    fn same_backend(&self, opening: &SessionInfo) -> Option<String> {
        let check = section!(HISTORY, "same_backend");
        backend(opening).map(|backend| fill(check, &[("backend", backend)]))
    }

    fn end_backend(&self, opening: &SessionInfo) -> Option<String> {
        let end = section!(HISTORY, "end_backend");
        backend(opening).map(|backend| fill(end, &[("backend", backend)]))
    }

    fn unfit_name(&self, name: &str) -> Option<String> {
        // The server cuts a longer one.
        (name.len() > 63)
            .then(|| format!("{name:?} has {} bytes, and a name has at most 63", name.len()))
    }

    fn hidden(&self, table: &HistoryTable) -> Option<String> {
        let schema = table.schema.as_deref().map_or("NULL::text".to_owned(), |s| self.literal(s));
        let values = [("schema", schema.as_str()), ("table", &self.literal(&table.name))];
        Some(fill(section!(HISTORY, "hidden"), &values))
    }

    fn farewell(&self) -> Option<&'static str> {
        Some("RESET ALL")
    }

    fn prepare(&self, table: &HistoryTable, limits: Limits) -> Vec<String> {
        let (statement, lock) = (milliseconds(limits.statement), milliseconds(limits.lock));
        let local = section!(HISTORY, "local");
        let values = [("statement", statement.as_str()), ("lock", &lock), ("local", local)];
        let settings = fill(section!(HISTORY, "prepare"), &values);
        let mut statements = vec![settings, own_settings(local)];
        if let Some(schema) = &table.schema {
            let schema = self.literal(&self.quote(schema));
            statements.push(format!(
                "SELECT pg_catalog.set_config('search_path', \
                 pg_catalog.concat_ws(', ', {schema}, nullif(pg_catalog.current_setting('search_path'), '')), {local})"
            ));
        }
        statements
    }

    fn restore_role(&self, opening: &SessionInfo) -> Vec<String> {
        // The session authorization first: setting it resets the role.
        vec![self.set(&[
            ("session_authorization", opening.setting("session_authorization")),
            ("role", opening.setting("role")),
        ])]
    }

    fn restore(
        &self,
        table: &HistoryTable,
        opening: &SessionInfo,
        limits: Limits,
        own: bool,
    ) -> Vec<String> {
        let path = opening.setting("search_path");
        let path = match &table.schema {
            Some(schema) if opening.schema_asked && path.is_empty() => self.quote(schema),
            Some(schema) if opening.schema_asked => format!("{}, {path}", self.quote(schema)),
            _ => path.to_owned(),
        };
        let (statement, lock) = (milliseconds(limits.statement), milliseconds(limits.lock));
        let mut settings = vec![
            ("search_path", path.as_str()),
            ("statement_timeout", &statement),
            ("lock_timeout", &lock),
            ("idle_in_transaction_session_timeout", "0"),
        ];
        if own {
            settings.extend([
                ("tcp_keepalives_idle", "30"),
                ("tcp_keepalives_interval", "10"),
                ("tcp_keepalives_count", "3"),
            ]);
            if opening.settings.find("client_connection_check_interval").is_some() {
                settings.push(("client_connection_check_interval", "500"));
            }
        }
        // Only our own connection may forget everything that was set on it.
        let mut statements = if own { vec!["RESET ALL".to_owned()] } else { Vec::new() };
        for (name, value) in &opening.own_settings {
            settings.push((name, value));
        }
        statements.push(self.set(&settings));
        if opening.own_settings.is_empty() {
            statements.push(own_settings("false"));
        }
        statements
    }

    fn restore_settings(&self, opening: &SessionInfo) -> Vec<String> {
        let names = [
            "session_authorization",
            "role",
            "search_path",
            "statement_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "client_connection_check_interval",
            "tcp_keepalives_idle",
            "tcp_keepalives_interval",
            "tcp_keepalives_count",
            "TimeZone",
            "DateStyle",
            "extra_float_digits",
        ];
        let known = names.iter().filter_map(|name| Some((name, opening.settings.find(name)?)));
        // One that had its value of the session's begin has that again, and not a value of its own that is the same.
        let restore = |(name, value): (&&str, &str)| {
            let value = self.literal(value);
            format!(
                "RESET {name};\nSELECT pg_catalog.set_config('{name}', {value}, false) \
                 WHERE pg_catalog.current_setting('{name}') OPERATOR(pg_catalog.<>) {value}::text"
            )
        };
        vec![known.map(restore).collect::<Vec<_>>().join(";\n")]
    }

    fn foreign_keys(&self, _on: bool) -> &'static str {
        ""
    }

    fn foreign_key_check(&self) -> &'static str {
        ""
    }

    fn work(&self, statement: &Statement<'_>) -> TransactionSupport {
        let words: Vec<String> = statement.words(&SYNTAX).take(12).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let concurrently = words.contains(&"CONCURRENTLY");
        match words.as_slice() {
            ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX", ..] if concurrently => {
                TransactionSupport::Alone("CREATE INDEX CONCURRENTLY cannot run in a transaction")
            }
            ["DROP", "INDEX", ..] if concurrently => {
                TransactionSupport::Alone("DROP INDEX CONCURRENTLY cannot run in a transaction")
            }
            ["REINDEX", ..]
                if concurrently
                    || ["DATABASE", "SYSTEM", "SCHEMA"].iter().any(|kind| words.contains(kind)) =>
            {
                TransactionSupport::Alone("this REINDEX cannot run in a transaction")
            }
            ["ALTER", "TABLE", ..]
                if words.contains(&"DETACH") && (concurrently || words.contains(&"FINALIZE")) =>
            {
                TransactionSupport::Alone(
                    "DETACH PARTITION CONCURRENTLY cannot run in a transaction",
                )
            }
            ["VACUUM", ..] => TransactionSupport::Alone("VACUUM cannot run in a transaction"),
            ["CLUSTER"] => {
                TransactionSupport::Alone("CLUSTER of all tables cannot run in a transaction")
            }
            ["ALTER", "SYSTEM", ..] => {
                TransactionSupport::Alone("ALTER SYSTEM cannot run in a transaction")
            }
            ["CREATE" | "DROP", "DATABASE" | "TABLESPACE" | "SUBSCRIPTION", ..] => {
                TransactionSupport::Alone(
                    "databases, tablespaces and subscriptions cannot be made or dropped in a transaction",
                )
            }
            ["CALL" | "DO", ..] => TransactionSupport::Either,
            _ => TransactionSupport::Transactional,
        }
    }

    fn may_set(&self, statement: &Statement<'_>) -> bool {
        leftovers::may_set(statement)
    }

    fn leaves(&self, statement: &Statement<'_>) -> bool {
        leftovers::leaves(statement)
    }

    fn remember(&self) -> Option<String> {
        Some(leftovers::remember())
    }

    fn asks_session(&self, statement: &Statement<'_>) -> bool {
        leftovers::asks_session(statement)
    }

    fn forget(&self, statements: &[Statement<'_>]) -> Vec<String> {
        leftovers::forget(statements)
    }

    fn probe(&self, statement: &Statement<'_>) -> Option<Probe> {
        probe::probe(self, statement)
    }

    fn cannot_make(&self, failure: &Failure) -> bool {
        matches!(failure.code.as_deref(), Some("42501" | "3F000"))
    }

    fn forbidden(&self, statement: &Statement<'_>, script: &str) -> Option<&'static str> {
        reading::forbidden(statement, script)
    }

    fn shell(&self, statement: &str) -> String {
        format!("{};\n", reading::without_variables(statement))
    }

    fn script_head(&self) -> &'static str {
        "\\set ON_ERROR_STOP on\n"
    }

    fn script_restore(&self) -> &'static str {
        "RESET SESSION AUTHORIZATION;\nRESET ALL;"
    }

    fn script_forget(&self, _statements: &[Statement<'_>]) -> Vec<String> {
        vec!["DISCARD TEMP; DEALLOCATE ALL; CLOSE ALL; UNLISTEN *;".to_owned()]
    }

    /// A role may be allowed to use a schema that exists, and to create none.
    fn script_home(&self, schema: &str) -> Option<[String; 2]> {
        let name = self.quote(schema);
        let literal = self.literal(&name);
        Some([
            format!(
                "DO $ambix$ BEGIN IF pg_catalog.to_regnamespace({literal}::text) IS NULL THEN CREATE SCHEMA {name}; END IF; END $ambix$;"
            ),
            format!(
                "DO $ambix$ BEGIN PERFORM pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', {literal}, \
                 nullif(pg_catalog.current_setting('search_path'), '')), false); END $ambix$;"
            ),
        ])
    }

    fn script_transaction(&self) -> (&'static str, &'static str) {
        ("BEGIN ISOLATION LEVEL READ COMMITTED;", "COMMIT;")
    }

    fn session_lock(
        &self,
        table: &HistoryTable,
        _who: &str,
        exclude_sqlx: bool,
    ) -> Box<dyn MigrationLock> {
        Box::new(lock::AdvisoryLock { mark: lock::mark(table), exclude_sqlx, sqlx_key: None })
    }

    #[cfg(feature = "draft")]
    fn drafting(&self) -> Option<&'static dyn super::Drafting> {
        Some(&Postgres)
    }

    #[cfg(feature = "lint")]
    fn preflight(&self) -> Option<&'static dyn super::PreflightQueries> {
        Some(&Postgres)
    }

    #[cfg(all(feature = "lint", feature = "draft"))]
    fn measuring(&self) -> Option<&'static dyn super::Measuring> {
        Some(&Postgres)
    }

    fn lock_inspector(&self, table: &HistoryTable) -> Box<dyn LockInspector> {
        Box::new(lock_report::Activity { mark: self.literal(&lock::mark(table)) })
    }
}

impl Postgres {
    fn set(&self, settings: &[(&str, &str)]) -> String {
        let calls: Vec<String> = settings
            .iter()
            .map(|(name, value)| {
                format!("pg_catalog.set_config('{name}', {}, false)", self.literal(value))
            })
            .collect();
        format!("SELECT {}", calls.join(", "))
    }
}

/// The sum of the rows' hashes, so that their order does not matter. The hash of a value is the seed of the next one's, so
/// that it matters which values are in one row. On a server that hashes otherwise (it is not little-endian, or its
/// encoding is not UTF-8 and a revision is not ASCII) the sums differ, and the rows are read as they would be without.
fn digest(rows: &mut dyn Iterator<Item = (&str, Checksum)>) -> String {
    let applied = lookup3(b"applied", 1 << 32);
    let row = |(revision, checksum): (&str, Checksum)| {
        let seed = lookup3(&checksum.written(), applied);
        i128::from(lookup3(revision.as_bytes(), seed).cast_signed())
    };
    rows.map(row).sum::<i128>().to_string()
}

/// The process of the server that answered the opening query.
fn backend(opening: &SessionInfo) -> Option<&str> {
    let backend = opening.setting("backend");
    // Digits, so that there is nothing to quote.
    (!backend.is_empty() && backend.bytes().all(|byte| byte.is_ascii_digit())).then_some(backend)
}

/// The statement that puts the settings of the database and role in the place of those that the driver sends with a connection.
fn own_settings(local: &str) -> String {
    fill(section!(HISTORY, "own"), &[("local", local)])
}

fn milliseconds(limit: Option<Duration>) -> String {
    // 0 switches a limit off, so that a limit below a millisecond must not become 0.
    limit.map_or("0".to_owned(), |limit| limit.as_millis().max(1).to_string())
}
