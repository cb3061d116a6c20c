//! SQLite: what it can do and how its SQL is written.

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

use super::{
    AdoptQueries, Capabilities, Dialect, Driver, HistoryStatements, HistoryTable, Limits,
    LockInspector, MigrationLock, Probe, SessionInfo, SqlFile, TransactionSupport, fill, section,
};
use crate::sql::{Bodies, Statement, Syntax, name_value};

pub(super) const DRIVER: Option<&Driver> = Some(&session::DRIVER);

/// The SQL of the history table.
const HISTORY: SqlFile = SqlFile::of(include_str!("history.sql"));

static STATEMENTS: HistoryStatements = HistoryStatements::of(HISTORY);

/// How the history tables of other tools are read.
static ADOPT: AdoptQueries = AdoptQueries::of(SqlFile::of(include_str!("adopt.sql")));

/// The dialect.
#[derive(Debug)]
pub(crate) struct Sqlite;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: true,
    remote: false,
    // SQLite copies all that is left of a message to prepare its next statement, and the driver keeps the statements of a
    // message until its end, through all of which SQLite goes where a setting changes.
    message_bytes: 1 << 14,
    fence_starts_clock: true,
    foreign_keys_switch: true,
};

static SYNTAX: Syntax = Syntax {
    dollar_quotes: false,
    escape_strings: false,
    backslash_escapes: false,
    nested_comments: false,
    hash_comments: false,
    dash_comment_needs_space: false,
    executable_comments: false,
    backtick_names: true,
    bracket_names: true,
    delimiter_command: false,
    bodies: Bodies::Triggers,
};

/// The write lock at once: a transaction that begins with a read cannot always be made a writing one.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// The settings that the opening query brings.
const SETTINGS: [&str; 5] = [
    "foreign_keys",
    "recursive_triggers",
    "busy_timeout",
    "legacy_alter_table",
    "ignore_check_constraints",
];

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["sqlite"]
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
        if text.contains('\0') {
            // The end of a text for the C interface; in a blob it is a byte like others.
            let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
            return format!("CAST(x'{hex}' AS TEXT)");
        }
        format!("'{}'", text.replace('\'', "''"))
    }

    fn history(&self) -> &'static HistoryStatements {
        &STATEMENTS
    }

    fn adopt_queries(&self) -> &'static AdoptQueries {
        &ADOPT
    }

    fn begin(&self) -> &'static str {
        BEGIN
    }

    fn opening(&self, table: &HistoryTable, lock: &str) -> String {
        let schema = table.schema.as_deref().unwrap_or("main");
        let values = [
            ("try", lock),
            ("schema", &self.literal(schema)),
            ("quoted", &self.quote(schema)),
            ("table", &self.literal(&table.name)),
        ];
        fill(section!(HISTORY, "opening"), &values)
    }

    fn prepare(&self, _table: &HistoryTable, limits: Limits) -> Vec<String> {
        // There is one limit here, and it is for waiting on the database's own lock.
        limits
            .lock
            .map(|limit| format!("PRAGMA busy_timeout = {}", limit.as_millis()))
            .into_iter()
            .collect()
    }

    fn restore_role(&self, _opening: &SessionInfo) -> Vec<String> {
        Vec::new()
    }

    fn restore(
        &self,
        table: &HistoryTable,
        opening: &SessionInfo,
        limits: Limits,
        _own: bool,
    ) -> Vec<String> {
        let mut statements = self.restore_settings(opening);
        statements.extend(self.prepare(table, limits));
        statements
    }

    fn restore_settings(&self, opening: &SessionInfo) -> Vec<String> {
        SETTINGS.iter().map(|name| format!("PRAGMA {name} = {}", opening.setting(name))).collect()
    }

    fn foreign_keys(&self, on: bool) -> &'static str {
        if on { "PRAGMA foreign_keys = ON" } else { "PRAGMA foreign_keys = OFF" }
    }

    fn foreign_key_check(&self) -> &'static str {
        "SELECT 'violation' AS ambix, \"table\" || ' row ' || coalesce(rowid, '?') || ' references ' || parent AS violation \
         FROM pragma_foreign_key_check LIMIT 5"
    }

    fn may_set(&self, statement: &Statement<'_>) -> bool {
        // Nothing but a PRAGMA changes a setting. It need not be the first word: EXPLAIN carries some out.
        let text = statement.text.as_bytes();
        text.windows(6).any(|word| word.eq_ignore_ascii_case(b"PRAGMA"))
    }

    fn work(&self, statement: &Statement<'_>) -> TransactionSupport {
        if let Some((name, value)) = pragma(statement) {
            return pragma_support(&name, value.as_deref());
        }
        let words: Vec<String> = statement.words(&SYNTAX).take(3).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["VACUUM", ..] => TransactionSupport::Alone("VACUUM cannot run in a transaction"),
            ["ATTACH" | "DETACH", ..] => {
                TransactionSupport::Alone("ATTACH and DETACH cannot run in a transaction")
            }
            _ => TransactionSupport::Transactional,
        }
    }

    fn forbidden(&self, statement: &Statement<'_>, _script: &str) -> Option<&'static str> {
        let (name, value) = pragma(statement)?;
        let is_limit = matches!(&*name, "soft_heap_limit" | "hard_heap_limit") && value.is_some();
        is_limit.then_some(
            "this PRAGMA limits the memory of the whole program, also after the migration, and cannot be put back; take it out",
        )
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

    fn probe(&self, statement: &Statement<'_>) -> Option<Probe> {
        probe::probe(statement)
    }

    fn shell(&self, statement: &str) -> String {
        reading::shell(statement)
    }

    fn script_head(&self) -> &'static str {
        // The shell does not enforce foreign keys by itself, as the driver does.
        ".bail on\nPRAGMA foreign_keys = ON;\n"
    }

    fn script_transaction(&self) -> (&'static str, &'static str) {
        ("BEGIN IMMEDIATE;", "COMMIT;")
    }

    fn script_foreign_key_check(&self) -> &'static str {
        section!(HISTORY, "script_check")
    }

    // sqlx's migrator takes no lock here, so that there is none to hold.
    fn session_lock(
        &self,
        table: &HistoryTable,
        who: &str,
        _exclude_sqlx: bool,
    ) -> Box<dyn MigrationLock> {
        Box::new(lock::DatabaseFileLock {
            table: table.clone(),
            who: who.to_owned(),
            path: None,
            held: None,
        })
    }

    #[cfg(feature = "draft")]
    fn drafting(&self) -> Option<&'static dyn super::Drafting> {
        Some(&Sqlite)
    }

    #[cfg(feature = "lint")]
    fn preflight(&self) -> Option<&'static dyn super::PreflightQueries> {
        Some(&Sqlite)
    }

    #[cfg(all(feature = "lint", feature = "draft"))]
    fn measuring(&self) -> Option<&'static dyn super::Measuring> {
        Some(&Sqlite)
    }

    fn lock_inspector(&self, table: &HistoryTable) -> Box<dyn LockInspector> {
        Box::new(lock_report::File { table: table.clone() })
    }
}

/// The name of a PRAGMA in lower case, and the value that it is given.
fn pragma(statement: &Statement<'_>) -> Option<(String, Option<String>)> {
    let mut cursor = statement.cursor(&SYNTAX);
    if !cursor.keyword("PRAGMA") {
        return None;
    }
    // The name may have a schema before it.
    let name = cursor.qualified_name().pop().unwrap_or_default().to_ascii_lowercase();
    let has_value = cursor.symbol("=") || cursor.symbol("(");
    Some((name, has_value.then(|| cursor.next()).flatten().map(|token| name_value(&token))))
}

fn pragma_support(name: &str, value: Option<&str>) -> TransactionSupport {
    const FOREIGN_KEYS: &str = "this PRAGMA does nothing in a transaction; write `-- ambix: foreign-keys off` at the head of the \
                                file instead";
    let value = value.map(str::to_ascii_lowercase);
    match name {
        "foreign_keys" => match value.as_deref() {
            Some("off" | "0" | "false" | "no") => {
                TransactionSupport::ForeignKeys(false, FOREIGN_KEYS)
            }
            Some("on" | "1" | "true" | "yes") => {
                TransactionSupport::ForeignKeys(true, FOREIGN_KEYS)
            }
            _ => TransactionSupport::Futile(FOREIGN_KEYS),
        },
        "journal_mode" | "synchronous" | "locking_mode" | "wal_checkpoint" => {
            TransactionSupport::Alone("this PRAGMA cannot be used in a transaction")
        }
        _ => TransactionSupport::Transactional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Item, split};

    #[test]
    fn whatever_has_a_pragma_may_change_a_setting() {
        for (text, may_set) in [
            ("CREATE TABLE a (id integer)", false),
            ("INSERT INTO a VALUES ('x')", false),
            ("SELECT 1", false),
            ("PRAGMA foreign_keys = OFF", true),
            ("pragma main.user_version = 1", true),
            ("EXPLAIN Pragma recursive_triggers = ON", true),
            ("/* first */ PRAGMA busy_timeout = 1", true),
        ] {
            let items = split(text, &SYNTAX).unwrap();
            let [Item::Statement(statement)] = &items[..] else { panic!("{text}") };
            assert_eq!(Sqlite.may_set(statement), may_set, "{text}");
        }
    }
}
