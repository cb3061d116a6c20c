//! REWRITE-007: column redefined.

use crate::{
    database::values::widest,
    lint::{prelude::*, value_range::is_same},
};

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-007",
    name: "column-redefined",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "MODIFY and CHANGE with another type copy the table, and writes are blocked while it is copied. A longer VARCHAR does not, \
        as long as its length in bytes stays below 256 or was 256 or more before; nor do values at the end of an ENUM or SET.",
    instead: "Say which algorithm you expect: ALGORITHM=INSTANT or ALGORITHM=INPLACE, LOCK=NONE makes the server refuse \
        instead of copying.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users MODIFY COLUMN age bigint;"),
        Example::up("ALTER TABLE users MODIFY COLUMN name varchar(300);")
            .after("CREATE TABLE users (id bigint, name varchar(60)) DEFAULT CHARSET=utf8mb4;"),
    ],
    passes: &[
        Example::up(
            "ALTER TABLE users MODIFY COLUMN name varchar(30), ALGORITHM=INPLACE, LOCK=NONE;",
        ),
        Example::up("ALTER TABLE users MODIFY COLUMN name varchar(60);")
            .after("CREATE TABLE users (id bigint, name varchar(50));"),
        Example::up("ALTER TABLE users MODIFY COLUMN age INT(11) NOT NULL;")
            .after("CREATE TABLE users (id bigint, age integer);"),
        Example::up("ALTER TABLE users MODIFY COLUMN mood ENUM('sad', 'ok', 'new');")
            .after("CREATE TABLE users (id bigint, mood ENUM('sad', 'ok'));"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Some(alter) = context.alter() else { return Vec::new() };
    let is_asked = |action: &TableAction| match action {
        TableAction::Algorithm(word) => matches!(word.as_str(), "INSTANT" | "INPLACE" | "NOCOPY"),
        _ => false,
    };
    if alter.actions.iter().any(is_asked) {
        return Vec::new();
    }
    let charset = context.known.table(&alter.name).and_then(|known| known.charset.as_deref());
    context.actions(|table, action| {
        let TableAction::Modify { from, column } = action else { return None };
        let message = match context.known.column(table, from.last()) {
            None => format!(
                "if the type of {from} changes, this copies {table} and blocks writes while it does"
            ),
            Some(known) if is_same(&known.ty, &column.ty) => {
                // What it was is known from its own declaration alone.
                let is_other = column.charset.is_some()
                    && column.charset != known.charset
                    && column.charset.as_deref() != charset;
                let is_sorted_anew =
                    column.collation.is_some() && column.collation != known.collation;
                let what = match (is_other, is_sorted_anew, context.database) {
                    (true, ..) => "character set",
                    // MariaDB only builds the indexes of the column again.
                    (_, true, LintDatabase::MySql) => "collation",
                    _ => return None,
                };
                format!(
                    "if the {what} of {from} changes, this copies {table} and blocks writes while it does"
                )
            }
            Some(known) => match grows_in_place(known, column, charset) {
                Some(true) => return None,
                Some(false) => format!(
                    "the change of {from} from {} to {} copies {table} and blocks writes while it does",
                    known.ty.text, column.ty.text
                ),
                None => format!(
                    "if {from} needed at most 255 bytes as {} and needs more as {}, this copies {table} and blocks writes while it does",
                    known.ty.text, column.ty.text
                ),
            },
        };
        Some(found(
            message,
            "add ALGORITHM=INPLACE, LOCK=NONE: if the server cannot do that, it refuses at once",
        ))
    })
}

/// Whether the server only notes that a column has room for more: a longer VARCHAR whose length needs as many bytes as before, and more
/// values at the end of a list. None, if that depends on a character set that is not known.
fn grows_in_place(old: &ColumnText, new: &ColumnText, charset: Option<&str>) -> Option<bool> {
    let number = |ty: &TypeName| ty.arguments.first().and_then(|text| text.parse::<u64>().ok());
    if old.ty.base != new.ty.base {
        return Some(false);
    }
    match old.ty.base.as_str() {
        "VARCHAR" | "VARBINARY" => {
            let is_converted = new.charset.is_some() && new.charset != old.charset;
            let lengths = number(&old.ty).zip(number(&new.ty));
            let lengths = lengths.filter(|(before, after)| before <= after && !is_converted);
            let Some((before, after)) = lengths else { return Some(false) };
            let is_long = |length: u64, bytes: u64| length * bytes > 255;
            let charset = old.charset.as_deref().or(charset);
            let is_alike = |bytes: &u64| is_long(before, *bytes) == is_long(after, *bytes);
            let bytes = character_bytes(&old.ty, charset);
            match bytes.iter().filter(|bytes| is_alike(bytes)).count() {
                0 => Some(false),
                alike if alike == bytes.len() => Some(true),
                _ => None,
            }
        }
        "ENUM" | "SET" => {
            let bytes = |ty: &TypeName| list_bytes(&ty.base, ty.arguments.len());
            let is_longer = new.ty.arguments.starts_with(&old.ty.arguments);
            Some(is_longer && bytes(&old.ty) == bytes(&new.ty))
        }
        _ => Some(false),
    }
}

/// How many bytes a character may need; each possible number, if the character set is not known.
fn character_bytes(ty: &TypeName, charset: Option<&str>) -> Vec<u64> {
    match charset {
        _ if ty.base == "VARBINARY" => vec![1],
        Some(charset) => vec![widest(charset)],
        None => vec![1, 2, 3, 4],
    }
}

/// How many bytes a value of a list needs.
fn list_bytes(base: &str, values: usize) -> usize {
    match base {
        "ENUM" if values < 256 => 1,
        "ENUM" => 2,
        _ if values > 32 => 8,
        _ => values.div_ceil(8),
    }
}
