//! REWRITE-001: volatile default.

use crate::{
    lint::prelude::*,
    sql::{TokenKind, name_value, tokens},
};

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-001",
    name: "volatile-default",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "A default that differs from row to row, such as random(), gen_random_uuid() or uuid(), makes the server write the \
        whole table again under a lock. \
        On PostgreSQL, constants, now() and current_timestamp do not; on MySQL every default in parentheses does.",
    instead: "Add the column without a default, set the default for new rows, and fill existing rows in batches.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD COLUMN luck double precision DEFAULT (1 + random());")
            .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();")
            .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN luck double precision DEFAULT random();")
            .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN stars integer DEFAULT 0;")
            .version("10.4")
            .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN stars integer DEFAULT (1 + 1);")
            .on(&[LintDatabase::MySql]),
        Example::up("ALTER TABLE users ADD COLUMN token varchar(36) DEFAULT uuid();")
            .on(&[LintDatabase::MariaDb]),
        Example::up("ALTER TABLE users ADD COLUMN nick varchar(50) DEFAULT (concat(name, '!'));")
            .after("CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));")
            .on(&[LintDatabase::MariaDb]),
    ],
    passes: &[
        Example::up(
            "ALTER TABLE users ADD COLUMN price numeric(10,2) DEFAULT ('0'::numeric(10,2));",
        )
        .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN stars integer DEFAULT 0;"),
        Example::up("ALTER TABLE users ADD COLUMN joined timestamptz DEFAULT now();").on(POSTGRES),
        Example::up(
            "ALTER TABLE users ADD COLUMN joined timestamp NULL DEFAULT CURRENT_TIMESTAMP;",
        )
        .on(MYSQL),
        Example::up("ALTER TABLE users ADD COLUMN stars integer DEFAULT (1 + 1);")
            .on(&[LintDatabase::MariaDb]),
    ],
};

/// Functions that give one value to all rows of a statement, and words that are none.
const STABLE: [&str; 44] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_timestamp",
    "current_time",
    "localtimestamp",
    "localtime",
    "current_setting",
    "lower",
    "upper",
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "to_timestamp",
    "make_date",
    "make_interval",
    "date_trunc",
    "extract",
    "age",
    "jsonb_build_object",
    "json_build_object",
    "jsonb_build_array",
    "json_build_array",
    "to_jsonb",
    "to_json",
    "timezone",
    "array",
    "cast",
    "row",
    "interval",
    "numeric",
    "varchar",
    "char",
    "timestamp",
    "timestamptz",
    "concat",
    "md5",
    "decode",
    "encode",
    "floor",
    "round",
    "replace",
    "length",
];

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::AddColumn(column) = action else { return None };
        let default = column.default.as_deref()?;
        let why = match context.database {
            LintDatabase::Postgres => postgres(context, table, default),
            LintDatabase::MySql => mysql(table, default),
            _ => mariadb(context, table, default),
        }?;
        let (name, ty) = (&column.name, &column.ty.text);
        Some(found(
            why,
            format!(
                "ALTER TABLE {table} ADD COLUMN {name} {ty};\nALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {default};\nand fill \
                 existing rows in batches, in a later migration:\nUPDATE {table} SET {name} = {default} WHERE {name} IS NULL AND ...;"
            ),
        ))
    })
}

fn postgres(context: &LintContext<'_>, table: &SqlName, default: &str) -> Option<String> {
    let why = match volatile_call(default) {
        Some(function) => {
            format!("{function}() is called for each row, so that this writes all of {table} again")
        }
        None if context.is_before(11, 0) && !default.eq_ignore_ascii_case("null") => {
            format!("before version 11, a default writes all of {table} again")
        }
        None => return None,
    };
    Some(format!("{why}, under a lock against reads and writes"))
}

fn mysql(table: &SqlName, default: &str) -> Option<String> {
    let is_expression = default.starts_with('(');
    is_expression.then(|| {
        format!("the default {default} is computed for each row, so that this copies {table} and blocks writes while it does")
    })
}

/// Functions whose result differs from row to row, or may.
const DIFFERS: [&str; 7] =
    ["uuid", "uuid_v4", "uuid_v7", "sys_guid", "uuid_short", "nextval", "lastval"];

fn mariadb(context: &LintContext<'_>, table: &SqlName, default: &str) -> Option<String> {
    let is_column = |word: &str| context.known.column(table, word).is_some();
    let names = tokens(default, context.dialect.syntax());
    let mut names =
        names.filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName));
    let differs = names.any(|token| token.is_any_word(&DIFFERS) || is_column(&name_value(&token)));
    differs.then(|| {
        format!("the default {default} is computed for each row, so that this copies {table} and blocks writes while it does")
    })
}

/// The first function in an expression that is not known to give the same to all rows.
fn volatile_call(default: &str) -> Option<&str> {
    let mut in_text = false;
    for (at, sign) in default.char_indices() {
        in_text ^= sign == '\'';
        if in_text || sign != '(' {
            continue;
        }
        let before = default[..at].trim_end();
        let is_name = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '.';
        let start = before.trim_end_matches(is_name).len();
        // The arguments of a type are no call: '0'::numeric(10,2)
        if before[..start].ends_with("::") {
            continue;
        }
        let name = before[start..].rsplit('.').next().unwrap_or_default();
        if !name.is_empty() && !STABLE.iter().any(|stable| stable.eq_ignore_ascii_case(name)) {
            return Some(name);
        }
    }
    None
}
