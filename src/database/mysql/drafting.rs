//! What MySQL and MariaDB can have in a schema.

use super::{MySql, SYNTAX, inspect, is_mariadb, render, values};
#[cfg(feature = "cli")]
use crate::database::drafting::RustType;
use crate::{
    change::Change,
    database::{
        ChangeSet, Dialect, Drafting, Failure, RenderedChanges, Row, Scope,
        drafting::{
            ChangeForm, Dependent, DraftingCapabilities, Effect, Fold, Folding, OnlineContext,
            OnlineForm, OnlineSteps, RenamedColumn, RenamedTable,
        },
    },
    error::Result,
    schema::{Column, Schema, Table},
    sql::{Item, Statement, split},
};

const FACTS: DraftingCapabilities = DraftingCapabilities {
    enum_types: false,
    schemas: false,
    sequences: false,
    adds_foreign_keys: true,
    names_primary_keys: false,
    name_limit: 64,
    lifted_by_type: &[Dependent::ForeignKey],
    // One of the servers renames columns in them by itself, the other refuses.
    lifted_by_rename: &[Dependent::Check],
    foreign_keys_need_indexes: true,
    foreign_keys_hold_identity: false,
    extension_tables: &[],
};

/// The same for MySQL alone.
const FACTS_OF_MYSQL: DraftingCapabilities =
    DraftingCapabilities { foreign_keys_hold_identity: true, ..FACTS };

/// What the names of scratch databases begin with, as whoever makes them up does.
const SCRATCH: &str = "ambix_scratch_";

/// The settings with which a schema becomes another one.
const OF_SCHEMAS: [&str; 5] =
    ["sql_mode", "foreign_key_checks", "unique_checks", "time_zone", "default_storage_engine"];

fn pairs(pair: impl Fn(&str) -> String) -> String {
    OF_SCHEMAS.map(pair).join(", ")
}

impl Drafting for MySql {
    fn facts(&self) -> &'static DraftingCapabilities {
        &FACTS
    }

    fn facts_of(&self, schema: &Schema) -> &'static DraftingCapabilities {
        let is_mysql = schema.server.get("version").is_some_and(|version| !is_mariadb(version));
        if is_mysql { &FACTS_OF_MYSQL } else { &FACTS }
    }

    fn folding(&self, schema: &Schema) -> Folding {
        let folds = schema.server.get("lower_case_table_names").is_some_and(|value| value != "0");
        Folding { tables: if folds { Fold::Any } else { Fold::No }, parts: Fold::Any }
    }

    fn inspect(&self, scope: &Scope, _existing: &[Row]) -> String {
        inspect::queries(self, scope)
    }

    /// Bytes as digits; everything else as the server writes it.
    #[cfg(any(feature = "cli", feature = "testkit"))]
    fn as_text(&self, column: &Column) -> String {
        let (name, ty) = (self.quote(&column.name), column.ty.text().to_ascii_lowercase());
        let is_bytes = ["binary", "blob", "bit", "geometry", "point", "linestring", "polygon"]
            .iter()
            .any(|word| ty.contains(word));
        if is_bytes { format!("HEX({name})") } else { format!("CAST({name} AS CHAR)") }
    }

    fn left_open(&self, rows: &[Row], scope: &Scope) -> Option<String> {
        inspect::left_open(self, rows, scope)
    }

    fn around_inspect(&self, _scope: &Scope) -> (String, String) {
        // The catalogue is in no transaction.
        (String::new(), String::new())
    }

    fn read(&self, rows: &[Row], scope: &Scope) -> Result<Schema> {
        inspect::read(rows, scope)
    }

    #[cfg(feature = "cli")]
    fn rust_type(&self, ty: &str) -> Option<RustType> {
        super::types::rust_type(ty)
    }

    fn alters(&self, from: &Column, to: &Column) -> bool {
        match (&from.generated, &to.generated) {
            // What is stored stays where nothing computes it any more.
            (Some(from), None) => from.stored,
            // Otherwise a computed column becomes another only by being recomputed.
            (a, b) => a == b && (a.is_none() || from.ty == to.ty),
        }
    }

    fn loses(&self, change: &Change, sides: (&Schema, &Schema)) -> Option<&'static str> {
        values::loses(change, sides)
    }

    /// Views are looked at when they are used, and triggers when they fire.
    fn effect(&self, change: &Change) -> Effect {
        if matches!(change, Change::AlterColumn { .. }) { Effect::Nothing } else { Effect::Breaks }
    }

    fn placeholder(&self, column: &Column, _schema: &Schema) -> Option<String> {
        render::placeholder(column.ty.text())
    }

    fn online(&self, change: &Change, at: &OnlineContext<'_>) -> ChangeForm {
        render::online::form(change, at)
    }

    fn rename_online(&self, rename: &RenamedColumn<'_>) -> Result<OnlineSteps, String> {
        render::rename::rename(rename)
    }

    fn rename_table_online(&self, rename: &RenamedTable<'_>) -> Result<OnlineSteps, String> {
        render::rename_table::rename(rename)
    }

    fn numbers_key(&self, change: &Change) -> bool {
        match change {
            Change::AddColumn { column, .. } => column.identity.is_some(),
            Change::AlterColumn { from, to, .. } => {
                from.identity.is_none() && to.identity.is_some()
            }
            _ => false,
        }
    }

    /// The server is asked about each statement.
    fn online_note(&self) -> Option<&'static str> {
        None
    }

    fn altered_table(&self, statement: &Statement<'_>) -> Option<String> {
        let mut cursor = statement.cursor(&SYNTAX);
        cursor.keywords(&["ALTER", "TABLE"]).then(|| cursor.qualified_name().pop())?
    }

    fn online_forms(&self, statement: &Statement<'_>) -> Vec<OnlineForm> {
        let mut cursor = statement.cursor(&SYNTAX);
        let comma = match cursor.any_keyword(&["ALTER", "CREATE", "DROP"]) {
            Some("ALTER") => {
                cursor.any_keyword(&["ONLINE", "IGNORE"]);
                if cursor.keyword("TABLE") { "," } else { return Vec::new() }
            }
            Some(_) => {
                cursor.any_keyword(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
                if cursor.keyword("INDEX") { "" } else { return Vec::new() }
            }
            None => return Vec::new(),
        };
        let is_said = |word: String| ["ALGORITHM", "LOCK"].contains(&word.as_str());
        if statement.words(&SYNTAX).any(is_said) {
            return Vec::new();
        }
        // Building an index takes time. For one that goes and comes back, the server may say INSTANT on a copy, and refuse it for the
        // table: the copy does not know whether a foreign key has brought the index, and to the server that is another one.
        let words: Vec<String> = statement.words(&SYNTAX).collect();
        let builds_index = words.windows(2).any(|pair| {
            let adds = ["INDEX", "KEY", "UNIQUE", "FULLTEXT", "SPATIAL"];
            pair[0] == "ADD" && adds.contains(&pair[1].as_str())
        });
        // Only MariaDB has NOCOPY.
        let forms = [
            ("ALGORITHM=INSTANT", "", (false, false, false), false),
            ("ALGORITHM=NOCOPY", "LOCK=NONE", (false, true, false), true),
            ("ALGORITHM=NOCOPY", "LOCK=SHARED", (true, true, false), true),
            ("ALGORITHM=INPLACE", "LOCK=NONE", (false, true, true), false),
            ("ALGORITHM=INPLACE", "LOCK=SHARED", (true, true, true), false),
        ];
        forms
            .into_iter()
            .skip(usize::from(builds_index))
            .map(|(algorithm, lock, (blocks_writes, scans, rewrites), forbids_rewrite)| {
                let lock_clause =
                    if lock.is_empty() { String::new() } else { format!("{comma} {lock}") };
                OnlineForm {
                    sql: format!("{}{comma} {algorithm}{lock_clause}", statement.text),
                    asks: if lock.is_empty() {
                        algorithm.to_owned()
                    } else {
                        format!("{algorithm}, {lock}")
                    },
                    blocks_writes,
                    scans,
                    rewrites,
                    forbids_rewrite,
                }
            })
            .collect()
    }

    /// `ER_ALTER_OPERATION_NOT_SUPPORTED`, with and without a reason.
    fn is_refusal(&self, failure: &Failure) -> bool {
        let number = failure.code.as_deref().and_then(|code| code.split(',').next());
        matches!(number, Some("1845" | "1846"))
    }

    fn render(&self, work: &ChangeSet<'_>) -> Result<RenderedChanges> {
        render::render(self, work)
    }

    fn keep_settings(&self, scripts: &[&str], schema: &mut Schema) {
        for script in scripts {
            let items = split(script, &SYNTAX).unwrap_or_default();
            for (table, counter) in items.iter().filter_map(said_counter) {
                let is_table = schema.tables.iter().any(|known| known.name.name == table);
                if is_table {
                    schema.server.insert(inspect::counter_said_of(&table), counter);
                }
            }
        }
    }

    fn not_drafted(&self, current: &Schema, desired: &Schema) -> Vec<(&'static str, String)> {
        let number = |schema: &Schema, key: String| schema.server.get(&key)?.parse::<u64>().ok();
        let is_behind = |table: &&Table| {
            let name = &table.name.name;
            let said = number(desired, inspect::counter_said_of(name));
            said > Some(number(current, inspect::counter_of(name)).unwrap_or(1))
        };
        let behind = current.tables.iter().filter(is_behind);
        behind.map(|table| ("AUTO_INCREMENT", format!("of {}", table.name))).collect()
    }

    fn enter_scratch(&self, name: &str, _schemas: &[(String, String)]) -> Vec<String> {
        let (lock, place) = (self.literal(name), self.quote(name));
        // Locked before it exists: one that exists without a lock was left behind.
        vec![
            format!("DO GET_LOCK({lock}, 0)"),
            format!(
                "SET @ambix_scratch = CONCAT('CREATE DATABASE {place} COLLATE ', @@collation_database); \
                 PREPARE ambix_scratch FROM @ambix_scratch; EXECUTE ambix_scratch; DEALLOCATE PREPARE ambix_scratch"
            ),
            format!("USE {place}"),
            format!("SET {}", pairs(|name| format!("@ambix_{name} = @@SESSION.{name}"))),
        ]
    }

    fn refresh_scratch(&self, name: &str) -> Option<String> {
        let back = pairs(|name| format!("SESSION {name} = @ambix_{name}"));
        Some(format!("SET {back}; USE {}", self.quote(name)))
    }

    fn leave_scratch(&self, name: &str) -> Vec<String> {
        vec![
            // A migration may have locked tables, and then no database can be dropped.
            "UNLOCK TABLES".to_owned(),
            format!("DROP DATABASE IF EXISTS {}", self.quote(name)),
            format!("DO RELEASE_LOCK({})", self.literal(name)),
        ]
    }

    fn default_schema(&self) -> Option<&'static str> {
        Some("SELECT 'default' AS ambix, DATABASE() AS name")
    }

    /// Dropping the database that a session is in leaves it in none.
    fn go_home(&self, home: &str) -> Option<String> {
        Some(format!("USE {}", self.quote(home)))
    }

    fn refuses(&self, script: &str) -> Option<String> {
        let database = elsewhere(script)?;
        Some(format!(
            "the SQL says that it is about the database {database}, and run in a scratch place, which is a database of another \
             name, it would change {database} itself: leave the database's name out"
        ))
    }

    /// Accounts and what they may do, global settings, and the server itself.
    fn server_wide(&self, statement: &Statement<'_>) -> Option<String> {
        const ALWAYS: [&str; 9] = [
            "GRANT",
            "REVOKE",
            "INSTALL",
            "UNINSTALL",
            "FLUSH",
            "RESET",
            "PURGE",
            "CHANGE",
            "SHUTDOWN",
        ];
        const WIDE: [&str; 5] = ["USER", "ROLE", "SERVER", "TABLESPACE", "INSTANCE"];
        const SETTINGS: [&str; 5] = ["GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD", "DEFAULT"];
        let mut words = statement.words(&SYNTAX).filter(|word| word != "OR" && word != "REPLACE");
        let verb = words.next()?;
        let what = words.next().unwrap_or_default();
        let what = what.trim_start_matches('@').split('.').next().unwrap_or_default();
        match verb.as_str() {
            always if ALWAYS.contains(&always) => Some(verb),
            "SET" if SETTINGS.contains(&what) => Some(format!("{verb} {what}")),
            "CREATE" | "ALTER" | "DROP" | "RENAME" if WIDE.contains(&what) => {
                Some(format!("{verb} {what}"))
            }
            _ => None,
        }
    }

    fn stale_scratches(&self) -> Option<String> {
        let length = SCRATCH.len();
        Some(format!(
            "SELECT 'scratch' AS ambix, schema_name AS name, '0' AS is_database FROM information_schema.schemata \
             WHERE LEFT(schema_name, {length}) = '{SCRATCH}' AND IS_FREE_LOCK(schema_name) = 1"
        ))
    }
}

/// The database that a script names as the place of a table, or goes to. What the servers themselves have is only read.
fn elsewhere(script: &str) -> Option<String> {
    let own = ["information_schema", "mysql", "performance_schema", "sys"];
    let items = split(script, &SYNTAX).ok()?;
    let statements = items.iter().filter_map(|item| match item {
        Item::Statement(statement) => Some(statement),
        _ => None,
    });
    statements
        .filter_map(|statement| named_in(statement))
        .find(|name| !own.contains(&name.to_ascii_lowercase().as_str()))
}

fn named_in(statement: &Statement<'_>) -> Option<String> {
    // Behind these stands the name of a table.
    const BEFORE: [&str; 10] = [
        "TABLE",
        "TABLES",
        "INTO",
        "UPDATE",
        "FROM",
        "JOIN",
        "REFERENCES",
        "EXISTS",
        "VIEW",
        "TRIGGER",
    ];
    let mut cursor = statement.cursor(&SYNTAX);
    if cursor.any_keyword(&["USE"]).is_some()
        || cursor.keywords(&["CREATE", "DATABASE"])
        || cursor.keywords(&["CREATE", "SCHEMA"])
        || cursor.keywords(&["DROP", "DATABASE"])
        || cursor.keywords(&["DROP", "SCHEMA"])
    {
        cursor.keywords(&["IF", "NOT", "EXISTS"]);
        cursor.keywords(&["IF", "EXISTS"]);
        return cursor.name();
    }
    let mut words = statement.words(&SYNTAX);
    let first = (words.next(), words.next());
    let is_index = |word: &Option<String>| {
        word.as_deref().is_some_and(|w| ["INDEX", "UNIQUE", "FULLTEXT", "SPATIAL"].contains(&w))
    };
    let is_indexed = is_index(&first.1);
    // Whether each open parenthesis is one of a function with a FROM of its own.
    let (mut open, mut last) = (Vec::new(), String::new());
    while let Some(token) = cursor.next() {
        match token.text {
            "(" => open.push(["EXTRACT", "TRIM", "SUBSTRING", "SUBSTR"].contains(&last.as_str())),
            ")" => drop(open.pop()),
            _ => {}
        }
        last = token.text.to_ascii_uppercase();
        let is_before = token.is_any_word(&BEFORE) || is_indexed && token.is_word("ON");
        if !is_before || open.last() == Some(&true) {
            continue;
        }
        let parts = cursor.clone().qualified_name();
        if parts.len() > 1 {
            return parts.into_iter().next();
        }
    }
    None
}

/// The table that a statement creates or alters, and from which number it is to count.
fn said_counter(item: &Item<'_>) -> Option<(String, String)> {
    let Item::Statement(statement) = item else { return None };
    let mut cursor = statement.cursor(&SYNTAX);
    cursor.any_keyword(&["CREATE", "ALTER"])?;
    cursor.keywords(&["OR", "REPLACE"]);
    if !cursor.keyword("TABLE") {
        return None;
    }
    cursor.keywords(&["IF", "NOT", "EXISTS"]);
    cursor.keywords(&["IF", "EXISTS"]);
    let table = cursor.qualified_name().pop()?;
    let (mut depth, mut is_said, mut counter) = (0_usize, false, None);
    for token in cursor {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "=" if is_said => continue,
            number if is_said && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                counter = Some(number.to_owned());
            }
            _ => {}
        }
        is_said = depth == 0 && token.is_word("AUTO_INCREMENT");
    }
    Some((table, counter?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_leads_out_is_found() {
        for (script, found) in [
            ("CREATE TABLE t (id int REFERENCES other (id))", None),
            ("SELECT u.id FROM users u JOIN posts p ON p.id = u.id", None),
            ("SELECT table_name FROM information_schema.tables", None),
            ("UPDATE users SET users.a = 1", None),
            ("CREATE TABLE a (id int); USE shop; CREATE TABLE b (id int)", Some("shop")),
            ("CREATE TABLE IF NOT EXISTS `Shop`.users (id int)", Some("Shop")),
            ("CREATE UNIQUE INDEX i ON shop.users (id)", Some("shop")),
            ("ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES shop.b (id)", Some("shop")),
            ("INSERT INTO shop.users VALUES (1)", Some("shop")),
            ("DROP DATABASE IF EXISTS shop", Some("shop")),
            ("INSERT INTO t VALUES ('FROM shop.x')", None),
            ("SELECT EXTRACT(YEAR FROM u.born) FROM users u", None),
        ] {
            assert_eq!(elsewhere(script).as_deref(), found, "{script}");
        }
    }
}
