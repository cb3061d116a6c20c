//! The SQL of the model: words that [`model`](super::model) interprets.

use crate::{
    database::{
        AdoptQueries, Capabilities, Dialect, HistoryStatements, HistoryTable, Limits,
        MigrationLock, Probe, SessionInfo, SqlFile, TransactionSupport,
    },
    sql::{Bodies, Statement, Syntax},
};

/// The commands of the history, in the sections that every dialect has.
const HISTORY: &str = "
--: create
AMBIX MAKELOCK;
AMBIX INITLOCK {layout};
AMBIX MAKEHISTORY;
--: create_schema
AMBIX SCHEMA;
--: fast
AMBIX META;
AMBIX ROWS;
--: list
AMBIX META;
AMBIX ROWS;
--: down
AMBIX DOWN {revisions};
--: raise
AMBIX RAISE {epoch} {holder};
--: fence
AMBIX FENCE {epoch};
--: clock
AMBIX CLOCK;
--: insert
AMBIX INSERT {revision} {checksum} {state} {name} {parents} {depends_on} {flags} {token_checksum} {statements_done}
    {done_hash} {doubt_hash} 'now' {duration} {applied_by} {down};
--: duration
7
--: delete
AMBIX DELETE {revision} {duration};
--: progress
AMBIX PROGRESS {revision} {state} {statements_done} {done_hash} {doubt_hash};
--: finish
AMBIX FINISH {revision} {checksum} {token_checksum} {down} {statements_done} {duration};
--: backdate
AMBIX BACKDATE {revision} {time};
";

static STATEMENTS: HistoryStatements = HistoryStatements::of(SqlFile::of(HISTORY));

pub(super) static SYNTAX: Syntax = Syntax {
    dollar_quotes: false,
    escape_strings: false,
    backslash_escapes: false,
    nested_comments: false,
    hash_comments: false,
    dash_comment_needs_space: false,
    executable_comments: false,
    backtick_names: false,
    bracket_names: false,
    delimiter_command: false,
    bodies: Bodies::Atomic,
};

/// The dialect of a [`ModelDatabase`](super::Model).
#[derive(Debug)]
pub(super) struct ModelDialect {
    name: &'static str,
    pub(super) capabilities: Capabilities,
}

/// DDL can be rolled back, and the server is far away.
pub(super) static TRANSACTIONAL: ModelDialect = ModelDialect {
    name: "transactional model",
    capabilities: Capabilities {
        transactional_ddl: true,
        remote: true,
        message_bytes: 1 << 20,
        fence_starts_clock: false,
        foreign_keys_switch: false,
    },
};

/// DDL commits by itself.
pub(super) static COMMITTING: ModelDialect = ModelDialect {
    name: "committing model",
    capabilities: Capabilities {
        transactional_ddl: false,
        remote: true,
        message_bytes: 1 << 20,
        fence_starts_clock: false,
        foreign_keys_switch: false,
    },
};

impl ModelDialect {
    /// Whether a statement commits by itself, and so cannot be in a transaction.
    pub(super) fn commits(&self, verb: &str) -> bool {
        match verb {
            "MAKE" | "DROP" | "MAKELOCK" | "MAKEHISTORY" => !self.capabilities.transactional_ddl,
            "ALONE" | "DROPALONE" | "LONE" | "AGAIN" => true,
            _ => false,
        }
    }
}

impl Dialect for ModelDialect {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schemes(&self) -> &'static [&'static str] {
        &[]
    }

    fn capabilities(&self) -> &'static Capabilities {
        if self.capabilities.transactional_ddl {
            &TRANSACTIONAL.capabilities
        } else {
            &COMMITTING.capabilities
        }
    }

    fn syntax(&self) -> &'static Syntax {
        &SYNTAX
    }

    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn history(&self) -> &'static HistoryStatements {
        &STATEMENTS
    }

    fn adopt_queries(&self) -> &'static AdoptQueries {
        static QUERIES: AdoptQueries = AdoptQueries::none("AMBIX TABLES;");
        &QUERIES
    }

    fn begin(&self) -> &'static str {
        "BEGIN"
    }

    fn around_opening(&self) -> Option<(&'static str, &'static str)> {
        self.capabilities.transactional_ddl.then_some(("BEGIN", "COMMIT"))
    }

    fn opening(&self, _table: &HistoryTable, lock: &str) -> String {
        format!("AMBIX OPENING {lock}")
    }

    fn prepare(&self, _table: &HistoryTable, _limits: Limits) -> Vec<String> {
        vec!["AMBIX PREPARE".to_owned()]
    }

    fn restore_role(&self, _opening: &SessionInfo) -> Vec<String> {
        vec!["AMBIX ROLE".to_owned()]
    }

    fn restore(
        &self,
        _table: &HistoryTable,
        _opening: &SessionInfo,
        _limits: Limits,
        _own: bool,
    ) -> Vec<String> {
        vec!["AMBIX RESTORE".to_owned()]
    }

    fn restore_settings(&self, _opening: &SessionInfo) -> Vec<String> {
        vec!["AMBIX LEAVE".to_owned()]
    }

    fn foreign_keys(&self, _on: bool) -> &'static str {
        ""
    }

    fn foreign_key_check(&self) -> &'static str {
        ""
    }

    fn work(&self, statement: &Statement<'_>) -> TransactionSupport {
        let verb = statement.words(&SYNTAX).next().unwrap_or_default();
        if self.commits(&verb) {
            TransactionSupport::Alone("it commits by itself")
        } else {
            TransactionSupport::Transactional
        }
    }

    fn probe(&self, statement: &Statement<'_>) -> Option<Probe> {
        let mut cursor = statement.cursor(&SYNTAX);
        let verb = cursor.any_keyword(&["MAKE", "ALONE", "DROP", "DROPALONE", "AGAIN"])?;
        let name = cursor.name()?;
        let probe = |kind: &str, clean| Probe {
            query: format!("AMBIX PROBE {kind} {name}"),
            clean,
            verify: true,
            parts: false,
        };
        Some(match verb {
            "AGAIN" => Probe::again(),
            "MAKE" => probe("MADE", None),
            "ALONE" => probe("MADE", Some(format!("AMBIX CLEAN {name}"))),
            _ => probe("GONE", None),
        })
    }

    fn shell(&self, statement: &str) -> String {
        format!("{statement};\n")
    }

    fn script_transaction(&self) -> (&'static str, &'static str) {
        ("BEGIN;", "COMMIT;")
    }

    fn session_lock(
        &self,
        _table: &HistoryTable,
        _who: &str,
        _exclude_sqlx: bool,
    ) -> Box<dyn MigrationLock> {
        Box::new(ModelLock)
    }
}

struct ModelLock;

impl MigrationLock for ModelLock {
    fn expression(&self) -> String {
        "TRYLOCK".to_owned()
    }

    fn release_statement(&self, _opening: &SessionInfo) -> Option<String> {
        Some("AMBIX UNLOCK".to_owned())
    }
}
