//! What a statement leaves in the session that is no setting which is put back anyway.

use super::{SETTINGS, SYNTAX, Sqlite};
use crate::{database::Dialect, sql::Statement};

/// What the database file keeps, and what only asks or does something at once.
const NO_SETTING: [&str; 17] = [
    "user_version",
    "application_id",
    "encoding",
    "auto_vacuum",
    "page_size",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "optimize",
    "wal_checkpoint",
];

pub(super) fn leaves(statement: &Statement<'_>) -> bool {
    let mut cursor = statement.cursor(&SYNTAX);
    if cursor.keyword("PRAGMA") {
        let name = cursor.qualified_name().pop().unwrap_or_default().to_ascii_lowercase();
        return !SETTINGS.contains(&name.as_str()) && !NO_SETTING.contains(&name.as_str());
    }
    if cursor.keyword("ATTACH") || cursor.keyword("DETACH") {
        return true;
    }
    temporary(statement).is_some()
}

/// Whether what it says depends on the rows that the connection has written.
pub(super) fn asks_session(statement: &Statement<'_>) -> bool {
    const NAMES: [&str; 3] = ["last_insert_rowid", "changes", "total_changes"];
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = statement.text.split(|c| !is_word(c));
    words.any(|word| NAMES.iter().any(|name| name.eq_ignore_ascii_case(word)))
}

/// The kind and the name of the temporary object that it makes.
fn temporary(statement: &Statement<'_>) -> Option<(&'static str, String)> {
    let mut cursor = statement.cursor(&SYNTAX);
    cursor.keyword("CREATE").then_some(())?;
    let mut is_temporary = cursor.any_keyword(&["TEMP", "TEMPORARY"]).is_some();
    cursor.any_keyword(&["UNIQUE", "VIRTUAL"]);
    let kind = cursor.any_keyword(&["TABLE", "VIEW", "TRIGGER", "INDEX"])?;
    cursor.keywords(&["IF", "NOT", "EXISTS"]);
    let mut parts = cursor.qualified_name();
    let name = parts.pop()?;
    is_temporary |= parts.pop().is_some_and(|schema| schema.eq_ignore_ascii_case("temp"));
    is_temporary.then_some((kind, name))
}

/// For a connection that lives on: what can be named is removed.
pub(super) fn forget(statements: &[Statement<'_>]) -> Vec<String> {
    let made = statements.iter().filter_map(temporary);
    let drop = |(kind, name): (&str, String)| {
        format!("DROP {kind} IF EXISTS temp.{}", Sqlite.quote(&name))
    };
    let mut sql: Vec<String> = made.map(drop).collect();
    let mut attached: Vec<String> = Vec::new();
    for statement in statements {
        let mut cursor = statement.cursor(&SYNTAX);
        let (attach, detach) = (cursor.keyword("ATTACH"), cursor.keyword("DETACH"));
        cursor.keyword("DATABASE");
        if attach {
            while cursor.next().is_some_and(|token| !token.is_word("AS")) {}
            attached.extend(cursor.name());
        } else if detach && let Some(name) = cursor.name() {
            attached.retain(|other| !other.eq_ignore_ascii_case(&name));
        }
    }
    sql.extend(attached.iter().map(|name| format!("DETACH {}", Sqlite.quote(name))));
    sql
}
