//! What PostgreSQL can have in a schema, and where it can be asked.

use super::{Postgres, inspect, objects, render, types, values};
#[cfg(feature = "cli")]
use crate::database::drafting::RustType;
use crate::{
    change::Change,
    database::{
        ChangeSet, Dialect, Drafting, RenderedChanges, Row, Scope,
        drafting::{
            ChangeForm, Dependent, DraftingCapabilities, Fold, Folding, OnlineContext, OnlineSteps,
            RenamedColumn, RenamedTable,
        },
    },
    error::Result,
    schema::{Column, EnumType, Name, Schema, SchemaObject, Sequence},
    sql::{Statement, Syntax, TokenKind, name_value, tokens},
};

static FACTS: DraftingCapabilities = DraftingCapabilities {
    enum_types: true,
    schemas: true,
    sequences: true,
    adds_foreign_keys: true,
    names_primary_keys: true,
    name_limit: 63,
    lifted_by_type: &[
        Dependent::ForeignKey,
        Dependent::Check,
        Dependent::Generated,
        Dependent::ExpressionIndex,
        Dependent::Exclusion,
    ],
    lifted_by_rename: &[],
    foreign_keys_need_indexes: false,
    foreign_keys_hold_identity: false,
    extension_tables: &["spatial_ref_sys"],
};

/// What a script may create that is no part of any schema: the database may have one of that name.
const LEADING_OUT: [&str; 13] = [
    "schema",
    "publication",
    "subscription",
    "event",
    "foreign",
    "server",
    "user",
    "language",
    "trusted",
    "procedural",
    "transform",
    "cast",
    "access",
];

/// What belongs to the server as a whole.
const WIDE: [&str; 7] = ["ROLE", "USER", "GROUP", "DATABASE", "TABLESPACE", "SYSTEM", "PARAMETER"];

/// The words in a text, or in the body that a text in quotes is, that change something of the whole server.
fn wide_words(text: &str) -> Option<String> {
    let inner = text.trim_start_matches('\'');
    let inner = inner
        .strip_prefix('$')
        .and_then(|rest| rest.split_once('$'))
        .map_or(inner, |(_, body)| body);
    let mut last = String::new();
    for token in tokens(inner, &super::SYNTAX).filter(|token| token.kind != TokenKind::Comment) {
        let word = match token.kind {
            TokenKind::Word => token.text.to_ascii_uppercase(),
            _ => String::new(),
        };
        if ["CREATE", "ALTER", "DROP"].contains(&last.as_str()) && WIDE.contains(&word.as_str()) {
            return Some(format!("{last} {word}"));
        }
        last = word;
    }
    None
}

/// How long something in a scratch place waits for others, and how long it may take.
const PATIENCE: &str =
    "SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = 0";

impl Postgres {
    /// Puts a scratch place before the rest of the search path.
    fn look_first_in(&self, name: &str) -> String {
        let path = self.literal(&format!("{name}, "));
        format!(
            "SELECT pg_catalog.set_config('search_path', {path} || pg_catalog.current_setting('search_path'), true)"
        )
    }
}

/// Whether a script tells the server to take the bodies of functions as they are.
fn takes_bodies(script: &str, syntax: &Syntax) -> bool {
    let all = tokens(script, syntax).filter(|token| token.kind != TokenKind::Comment);
    let words: Vec<String> =
        all.map(|token| token.text.trim_matches(['\'', '"']).to_ascii_lowercase()).collect();
    words.windows(3).any(|words| {
        words[0] == "check_function_bodies"
            && ["=", "to"].contains(&words[1].as_str())
            && ["off", "false", "no", "0"].contains(&words[2].as_str())
    })
}

impl Drafting for Postgres {
    fn facts(&self) -> &'static DraftingCapabilities {
        &FACTS
    }

    fn folding(&self, _schema: &Schema) -> Folding {
        Folding { tables: Fold::No, parts: Fold::No }
    }

    fn existence(&self, scope: &Scope) -> Option<String> {
        Some(inspect::existence(self, scope))
    }

    fn inspect(&self, scope: &Scope, existing: &[Row]) -> String {
        inspect::queries(self, scope, existing)
    }

    fn around_inspect(&self, scope: &Scope) -> (String, String) {
        let mut before = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned();
        if let Some(schema) = &scope.default_schema {
            let schema = self.literal(&self.quote(schema));
            before.push_str(&format!(
                "; SELECT pg_catalog.set_config('search_path', {schema} || ', ' || pg_catalog.current_setting('search_path'), true)"
            ));
        }
        (before, "COMMIT".to_owned())
    }

    fn read(&self, rows: &[Row], scope: &Scope) -> Result<Schema> {
        inspect::read(rows, scope)
    }

    #[cfg(feature = "cli")]
    fn rust_type(&self, ty: &str) -> Option<RustType> {
        super::types::rust_type(ty)
    }

    fn alters(&self, from: &Column, to: &Column) -> bool {
        render::alters(from, to)
    }

    fn is_same_default(&self, column: &Column, one: &str, other: &str) -> bool {
        types::is_same_number(one, other, column.ty.text())
    }

    #[cfg(any(feature = "cli", feature = "testkit"))]
    fn as_text(&self, column: &Column) -> String {
        format!("{}::text", self.quote(&column.name))
    }

    fn loses(&self, change: &Change, sides: (&Schema, &Schema)) -> Option<&'static str> {
        values::loses(change, sides)
    }

    fn without_serial(&self, table: &Name, column: &Column) -> Option<(Column, Sequence)> {
        render::without_serial(table, column)
    }

    fn keep_settings(&self, scripts: &[&str], schema: &mut Schema) {
        if scripts.iter().any(|script| takes_bodies(script, self.syntax())) {
            schema.server.insert(render::TAKES_BODIES.to_owned(), "true".to_owned());
        }
    }

    fn render(&self, work: &ChangeSet<'_>) -> Result<RenderedChanges> {
        render::render(self, work)
    }

    fn rename_online(&self, rename: &RenamedColumn<'_>) -> Result<OnlineSteps, String> {
        render::rename::rename(rename)
    }

    fn rename_table_online(&self, rename: &RenamedTable<'_>) -> Result<OnlineSteps, String> {
        render::rename_table::rename(rename)
    }

    fn online(&self, change: &Change, at: &OnlineContext<'_>) -> ChangeForm {
        render::form(change, at)
    }

    fn placeholder(&self, column: &Column, schema: &Schema) -> Option<String> {
        let named = |value: &&EnumType| render::table_name(&value.name) == column.ty.text();
        let values = schema.enums.iter().find(named);
        types::placeholder(&column.ty, values.map(|value| value.values.as_slice()))
    }

    fn online_note(&self) -> Option<&'static str> {
        None
    }

    /// A transaction that is rolled back, so that nothing can be left, whatever happens to this process. What extensions have
    /// made is found behind the place in the search path.
    fn enter_scratch(&self, name: &str, schemas: &[(String, String)]) -> Vec<String> {
        let mut enter = vec!["BEGIN".to_owned(), PATIENCE.to_owned()];
        let places = std::iter::once(name).chain(schemas.iter().map(|(_, place)| place.as_str()));
        enter.extend(places.map(|place| format!("CREATE SCHEMA {}", self.quote(place))));
        enter.push(self.look_first_in(name));
        enter.push(objects::NO_DEFAULT_PRIVILEGES.to_owned());
        enter
    }

    fn with_bodies_unchecked(&self, side: &str) -> Option<String> {
        let creates = ["FUNCTION ", "PROCEDURE "].iter().any(|word| {
            side.contains(&format!("CREATE {word}")) || side.contains(&format!("REPLACE {word}"))
        });
        // What is told so for one function would be told otherwise for the rest.
        if !creates || side.contains("check_function_bodies") {
            return None;
        }
        let is_directive = |line: &&str| line.starts_with("-- ambix: ");
        let head: usize = side.split_inclusive('\n').take_while(is_directive).map(str::len).sum();
        let (head, rest) = side.split_at(head);
        let why = "a body that comes back names what is not there, as it did before: the server takes it unchecked";
        Some(format!(
            "{head}-- {why}\nSET check_function_bodies = off;\n\n{rest}\nRESET check_function_bodies;\n"
        ))
    }

    fn implied_access(&self, change: &Change, in_force: &[SchemaObject]) -> Vec<SchemaObject> {
        objects::implied_access(change, in_force)
    }

    /// What a commit would do between two migrations is done as well: what is to be checked at the end is checked.
    fn refresh_scratch(&self, name: &str) -> Option<String> {
        let path = self.look_first_in(name);
        Some(format!(
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; RESET SESSION AUTHORIZATION; RESET ALL; {PATIENCE}; {path}"
        ))
    }

    fn default_schema(&self) -> Option<&'static str> {
        Some("SELECT 'default' AS ambix, pg_catalog.current_schema()::text AS name")
    }

    fn leave_scratch(&self, _name: &str) -> Vec<String> {
        vec!["ROLLBACK".to_owned()]
    }

    fn make_home(&self, home: &str) -> Vec<String> {
        let (name, path) =
            (self.quote(home), self.literal(&format!("{}, public", self.quote(home))));
        vec![
            format!("CREATE SCHEMA IF NOT EXISTS {name}"),
            format!("SELECT pg_catalog.set_config('search_path', {path}, false)"),
        ]
    }

    /// A name with a schema's, another search path, or something that it makes outside of all schemas.
    fn leads_out(&self, script: &str, schemas: &[String]) -> bool {
        let (mut schema, mut creates, mut default, mut of_schemas) = (false, false, false, false);
        let (mut drops, mut operator) = (false, false);
        tokens(script, &super::SYNTAX).filter(|token| token.kind != TokenKind::Comment).any(
            |token| {
                if schema && token.is_symbol(".") || creates && token.is_any_word(&LEADING_OUT) {
                    return true;
                }
                // They are of a schema, and have to say which.
                let is_default = token.is_word("privileges") && default;
                default = token.is_word("default");
                // One of the same name in the schema itself would be taken for what an operator is paired with.
                operator =
                    operator && !token.is_symbol(";") || creates && token.is_word("operator");
                let is_paired = operator && token.is_any_word(&["commutator", "negator"]);
                // The schema itself uses it.
                if is_paired || drops && token.is_word("extension") {
                    return true;
                }
                creates = token.is_word("create");
                drops = token.is_word("drop");
                let name = match token.kind {
                    TokenKind::Word => token.text.to_lowercase(),
                    TokenKind::QuotedName => name_value(&token),
                    _ => String::new(),
                };
                schema = name == "public" || schemas.contains(&name);
                // What is said of a schema, or who may use it, is of one that exists.
                let is_said_of = of_schemas && schema;
                of_schemas = token.is_word("schema")
                    || of_schemas && (token.is_symbol(",") || !name.is_empty());
                is_said_of
                    || is_default
                    || token.is_word("search_path")
                    || token.text == "'search_path'"
            },
        )
    }

    /// A subscription would fetch rows into the scratch place, and keep that from being dropped.
    fn refuses(&self, script: &str) -> Option<String> {
        let mut creates = false;
        let is_subscription = |token: crate::sql::Token<'_>| {
            let found = creates && token.is_word("subscription");
            creates = token.is_word("create");
            found
        };
        let is_code = |token: &crate::sql::Token<'_>| token.kind != TokenKind::Comment;
        tokens(script, &super::SYNTAX).filter(is_code).any(is_subscription).then(|| {
            "the SQL creates a subscription, which would fetch rows into the scratch place as well: leave it out, and create it \
             by hand"
                .to_owned()
        })
    }

    /// Also who is a member of a role: that has no ON.
    fn server_wide(&self, statement: &Statement<'_>) -> Option<String> {
        let words: Vec<String> = statement.words(&super::SYNTAX).collect();
        let [verb, what] = [words.first()?.as_str(), words.get(1).map_or("", String::as_str)];
        match verb {
            "GRANT" | "REVOKE" | "COMMENT" | "SECURITY" => {
                let mut cursor = statement.cursor(&super::SYNTAX);
                let is_on = cursor.any(|token| token.is_word("ON"));
                let is_wide = is_on && cursor.any_keyword(&WIDE).is_some();
                // A table may have such a name.
                let is_table = cursor.peek().is_none_or(|next| {
                    next.is_any_word(&["TO", "FROM"]) || next.kind == TokenKind::Symbol
                });
                let is_member = !is_on && verb != "COMMENT" && verb != "SECURITY";
                (is_wide && !is_table || is_member).then(|| verb.to_owned())
            }
            "CREATE" | "ALTER" | "DROP" if WIDE.contains(&what) => {
                let is_mapping = words.get(2).is_some_and(|word| word == "MAPPING");
                (!is_mapping).then(|| format!("{verb} {what}"))
            }
            _ => None,
        }
    }

    /// What a role owns may be databases.
    fn server_wide_beside(&self, statement: &Statement<'_>) -> Option<String> {
        let words: Vec<String> = statement.words(&super::SYNTAX).take(2).collect();
        if words.get(1).is_some_and(|word| word == "OWNED") {
            return Some(words.join(" "));
        }
        let mut bodies =
            tokens(statement.text, &super::SYNTAX).filter(|token| token.kind == TokenKind::Text);
        bodies.find_map(|token| wide_words(token.text))
    }

    fn if_not_there(&self, statement: &Statement<'_>) -> Option<String> {
        let mut cursor = statement.cursor(&super::SYNTAX);
        let is_wide =
            cursor.keyword("CREATE") && cursor.any_keyword(&["EXTENSION", "SCHEMA"]).is_some();
        if !is_wide || cursor.keyword("IF") || cursor.keyword("AUTHORIZATION") {
            return None;
        }
        let at = cursor.peek()?.start;
        let (before, name) = statement.text.split_at_checked(at)?;
        Some(format!("{before}IF NOT EXISTS {name}"))
    }

    fn all_schemas(&self) -> Option<&'static str> {
        Some(
            "SELECT 'schema' AS ambix, nspname::text AS name FROM pg_namespace n \
             WHERE nspname::text !~ '^pg_' AND nspname NOT IN ('information_schema', pg_catalog.current_schema()) AND NOT EXISTS (SELECT \
             FROM pg_depend d WHERE d.classid = n.tableoid AND d.objid = n.oid AND d.deptype = 'e') ORDER BY 2",
        )
    }

    fn scratch_database(&self, name: &str) -> Option<(String, String)> {
        let name = self.quote(name);
        Some((
            format!("CREATE DATABASE {name} TEMPLATE template0"),
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        ))
    }

    /// Nobody is connected to those that were left, and nobody's last words were about them.
    fn stale_scratches(&self) -> Option<String> {
        Some(
            "SELECT 'stale' AS ambix, datname::text AS name, '1' AS is_database FROM pg_database \
             WHERE datname::text LIKE 'ambix\\_scratch\\_%' \
             AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = pg_database.datname \
             OR pg_catalog.strpos(a.query, pg_database.datname) > 0 AND a.pid <> pg_catalog.pg_backend_pid()) \
             AND pg_catalog.pg_has_role(datdba, 'member')"
                .to_owned(),
        )
    }
}
