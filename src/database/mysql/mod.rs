//! MySQL and MariaDB: what they can do and how their SQL is written.

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
    AdoptQueries, Capabilities, Dialect, Driver, HistoryStatements, HistoryTable, Limits,
    LockInspector, MigrationLock, Probe, SessionInfo, SqlFile, TransactionGuard,
    TransactionSupport, fill, section,
};
use crate::sql::{Bodies, Statement, Syntax};

pub(super) const DRIVER: Option<&Driver> = Some(&session::DRIVER);

/// The SQL of the history table.
const HISTORY: SqlFile = SqlFile::of(include_str!("history.sql"));

static STATEMENTS: HistoryStatements = HistoryStatements::of(HISTORY);

/// How the history tables of other tools are read.
static ADOPT: AdoptQueries = AdoptQueries::of(SqlFile::of(include_str!("adopt.sql")));

/// The dialect.
#[derive(Debug)]
pub(crate) struct MySql;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: false,
    remote: true,
    message_bytes: 1 << 20,
    fence_starts_clock: false,
    foreign_keys_switch: false,
};

static SYNTAX: Syntax = Syntax {
    dollar_quotes: false,
    escape_strings: false,
    backslash_escapes: true,
    nested_comments: false,
    hash_comments: true,
    dash_comment_needs_space: true,
    executable_comments: true,
    backtick_names: true,
    bracket_names: false,
    delimiter_command: true,
    bodies: Bodies::Routines,
};

/// The name of the savepoint that is in each transaction of ours.
macro_rules! guard_name {
    () => {
        "ambix_transaction"
    };
}
use guard_name;

/// The settings that the opening query brings, as they are written in SET, but for the one that would commit in a transaction.
const SETTINGS: [&str; 10] = [
    "sql_mode",
    "foreign_key_checks",
    "unique_checks",
    "lock_wait_timeout",
    "innodb_lock_wait_timeout",
    "time_zone",
    "character_set_client",
    "character_set_results",
    "collation_connection",
    "sql_safe_updates",
];

/// Whether the version of a server is one of MariaDB's.
#[cfg(feature = "draft")]
fn is_mariadb(version: &str) -> bool {
    version.to_ascii_lowercase().contains("mariadb")
}

impl Dialect for MySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["mysql", "mariadb"]
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn syntax(&self) -> &'static Syntax {
        &SYNTAX
    }

    fn quote(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn literal(&self, text: &str) -> String {
        if text.contains(['\'', '\\', '\0']) {
            // Whether a backslash escapes depends on the session's sql_mode; hex digits mean the same in all of them.
            let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
            return format!("CONVERT(x'{hex}' USING utf8mb4)");
        }
        format!("'{text}'")
    }

    fn history(&self) -> &'static HistoryStatements {
        &STATEMENTS
    }

    fn adopt_queries(&self) -> &'static AdoptQueries {
        &ADOPT
    }

    fn begin(&self) -> &'static str {
        // Also where a migration has made the transactions of the session read-only.
        "START TRANSACTION READ WRITE"
    }

    fn guard(&self, opening: &SessionInfo) -> Option<TransactionGuard> {
        let autocommit = if opening.setting("autocommit") == "0" { 0 } else { 1 };
        Some(TransactionGuard {
            enter: "SET SESSION autocommit = 0",
            enter_and_begin: "SET SESSION autocommit = 0; START TRANSACTION READ WRITE",
            mark: concat!("SAVEPOINT ", guard_name!()),
            check: concat!("RELEASE SAVEPOINT ", guard_name!()),
            leave: format!("SET SESSION autocommit = {autocommit}"),
        })
    }

    fn opening(&self, table: &HistoryTable, lock: &str) -> String {
        let schema = table.schema.as_deref().map_or("NULL".to_owned(), |s| self.literal(s));
        let values =
            [("try", lock), ("schema", schema.as_str()), ("table", &self.literal(&table.name))];
        fill(section!(HISTORY, "opening"), &values)
    }

    fn prepare(&self, table: &HistoryTable, limits: Limits) -> Vec<String> {
        let mut statements = vec![set_limits(limits)];
        // A schema is a database here, and the default one is all the search path that there is.
        statements
            .extend(table.schema.as_ref().map(|schema| format!("USE {}", self.quote(schema))));
        statements
    }

    fn lent(&self) -> Vec<String> {
        let mode = without(&["PIPES_AS_CONCAT", "NO_ENGINE_SUBSTITUTION", "IGNORE_SPACE"]);
        vec![format!(
            "SET SESSION sql_mode = {mode}, SESSION time_zone = IF(@@SESSION.time_zone = '+00:00', @@GLOBAL.time_zone, \
             @@SESSION.time_zone)"
        )]
    }

    fn around_function(&self) -> Option<(&'static str, &'static str)> {
        // sqlx takes a TIMESTAMP for one of UTC, whatever the session's zone is.
        Some((
            "SET @ambix_time_zone = @@SESSION.time_zone, @ambix_sql_mode = @@SESSION.sql_mode, SESSION time_zone = '+00:00', \
             SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION')",
            "SET SESSION time_zone = @ambix_time_zone, SESSION sql_mode = @ambix_sql_mode",
        ))
    }

    fn cluster(&self) -> Option<&'static str> {
        Some(section!(HISTORY, "cluster"))
    }

    fn unfit_name(&self, name: &str) -> Option<String> {
        let signs = name.chars().count();
        if signs > 64 {
            return Some(format!("{name:?} has {signs} characters, and a name has at most 64"));
        }
        if name.ends_with(char::is_whitespace) {
            return Some("a name cannot end with a blank".to_owned());
        }
        // Names are stored in utf8mb3.
        let unfit = name.chars().find(|sign| u32::from(*sign) > 0xffff)?;
        Some(format!("a name cannot contain {unfit}"))
    }

    fn home<'o>(&self, opening: &'o SessionInfo) -> Option<&'o str> {
        opening.settings.find("default_database")
    }

    fn leads_to(&self, statement: &Statement<'_>) -> Option<String> {
        reading::leads_to(statement)
    }

    fn forbidden(&self, statement: &Statement<'_>, _script: &str) -> Option<&'static str> {
        reading::forbidden(statement)
    }

    fn longest_statement(&self, opening: &SessionInfo) -> Option<usize> {
        opening.setting("max_allowed_packet").parse().ok()
    }

    fn restore_role(&self, _opening: &SessionInfo) -> Vec<String> {
        Vec::new()
    }

    fn restore(
        &self,
        table: &HistoryTable,
        opening: &SessionInfo,
        limits: Limits,
        own: bool,
    ) -> Vec<String> {
        let mut statements = restore(opening, &SETTINGS);
        statements.push(set_limits(limits));
        if !own {
            statements.extend(self.lent());
        }
        let asked = table.schema.as_ref().filter(|_| opening.schema_asked);
        statements.extend(asked.map(|schema| format!("USE {}", self.quote(schema))));
        statements
    }

    fn restore_settings(&self, opening: &SessionInfo) -> Vec<String> {
        restore(opening, &SETTINGS)
    }

    fn foreign_keys(&self, _on: bool) -> &'static str {
        ""
    }

    fn foreign_key_check(&self) -> &'static str {
        ""
    }

    fn work(&self, statement: &Statement<'_>) -> TransactionSupport {
        let words: Vec<String> = statement.words(&SYNTAX).take(3).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["SET", "PASSWORD" | "AUTOCOMMIT", ..]
            | ["SET", "SESSION" | "LOCAL" | "GLOBAL", "AUTOCOMMIT"] => {
                TransactionSupport::Alone("this SET commits")
            }
            [
                "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "SELECT" | "SET" | "WITH" | "VALUES"
                | "DO" | "TABLE" | "SHOW" | "EXPLAIN" | "LOAD" | "SAVEPOINT" | "RELEASE"
                | "ROLLBACK" | "USE",
                ..,
            ] => TransactionSupport::Transactional,
            // So is a block of code that is no procedure, which one of the two servers has.
            ["CALL" | "EXECUTE" | "IF" | "CASE" | "LOOP" | "WHILE" | "REPEAT" | "FOR", ..]
            | ["BEGIN", "NOT", "ATOMIC"] => TransactionSupport::Either,
            // A statement in parentheses is a SELECT, one in an executable comment may be anything.
            _ => TransactionSupport::Alone("this statement commits by itself"),
        }
    }

    fn leaves(&self, statement: &Statement<'_>) -> bool {
        leftovers::leaves(statement)
    }

    fn asks_session(&self, statement: &Statement<'_>) -> bool {
        leftovers::asks_session(statement)
    }

    fn forget(&self, statements: &[Statement<'_>]) -> Vec<String> {
        leftovers::forget(statements)
    }

    fn makes_temporary(&self, statement: &Statement<'_>) -> bool {
        leftovers::makes_temporary(statement)
    }

    fn untransacted(&self, schemas: &[String]) -> Option<String> {
        let schemas: Vec<String> = schemas.iter().map(|schema| self.literal(schema)).collect();
        let schemas = std::iter::once("DATABASE()".to_owned()).chain(schemas).collect::<Vec<_>>();
        Some(fill(section!(HISTORY, "untransacted"), &[("schemas", &schemas.join(", "))]))
    }

    fn rolled_back(&self) -> Option<&'static str> {
        Some(section!(HISTORY, "rolled_back"))
    }

    fn probe(&self, statement: &Statement<'_>) -> Option<Probe> {
        probe::probe(statement)
    }

    fn shell(&self, statement: &str) -> String {
        reading::shell(statement)
    }

    fn script_restore(&self) -> &'static str {
        // Of the two checks DEFAULT is 0 on MySQL, whatever the server has.
        "SET SESSION sql_mode = DEFAULT, SESSION foreign_key_checks = @@GLOBAL.foreign_key_checks, \
         SESSION unique_checks = @@GLOBAL.unique_checks, SESSION time_zone = DEFAULT, SESSION default_storage_engine = DEFAULT;"
    }

    fn script_transaction(&self) -> (&'static str, &'static str) {
        ("START TRANSACTION;", "COMMIT;")
    }

    fn session_lock(
        &self,
        _table: &HistoryTable,
        _who: &str,
        exclude_sqlx: bool,
    ) -> Box<dyn MigrationLock> {
        Box::new(lock::NamedLock { exclude_sqlx, ..Default::default() })
    }

    #[cfg(feature = "draft")]
    fn drafting(&self) -> Option<&'static dyn super::Drafting> {
        Some(&MySql)
    }

    #[cfg(feature = "lint")]
    fn preflight(&self) -> Option<&'static dyn super::PreflightQueries> {
        Some(&MySql)
    }

    #[cfg(all(feature = "lint", feature = "draft"))]
    fn measuring(&self) -> Option<&'static dyn super::Measuring> {
        Some(&MySql)
    }

    fn lock_inspector(&self, _table: &HistoryTable) -> Box<dyn LockInspector> {
        Box::new(lock_report::Connections)
    }
}

/// Statements that give the first of the settings the values of the opening.
fn restore(opening: &SessionInfo, names: &[&str]) -> Vec<String> {
    let settings: Vec<String> = names
        .iter()
        .filter_map(|name| Some((name, opening.settings.find(name)?)))
        .map(|(name, value)| {
            let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let value = if number { value.to_owned() } else { format!("'{value}'") };
            format!("SESSION {name} = {value}")
        })
        .collect();
    let mut statements = vec![format!("SET {}", settings.join(", "))];
    if let Some(limit) = opening.settings.find("max_statement_time") {
        statements.push(format!("SET SESSION max_statement_time = {limit}"));
    }
    if let Some(database) = opening.settings.find("default_database") {
        statements.push(format!("USE {}", MySql.quote(database)));
    }
    statements
}

/// The session's sql_mode without what a driver has added to it. What the server has itself stays.
fn without(modes: &[&str]) -> String {
    let left =
        modes.iter().fold("CONCAT(',', @@SESSION.sql_mode, ',')".to_owned(), |list, mode| {
            format!(
                "REPLACE({list}, IF(FIND_IN_SET('{mode}', @@GLOBAL.sql_mode), '', ',{mode},'), ',')"
            )
        });
    format!("TRIM(BOTH ',' FROM {left})")
}

/// Both lock limits, in whole seconds, which is what there is; and the statement limit where the server is MariaDB.
fn set_limits(limits: Limits) -> String {
    let seconds = |limit: Duration| limit.as_secs_f64().ceil().max(1.0);
    let statement = limits.statement.map_or(0.0, |limit| limit.as_secs_f64());
    // Without a limit the server's default of a year is near enough.
    let lock = limits.lock.map_or(31_536_000.0, seconds);
    format!(
        "SET SESSION lock_wait_timeout = {lock}, SESSION innodb_lock_wait_timeout = {lock} \
         /*M!, SESSION max_statement_time = {statement} */"
    )
}
