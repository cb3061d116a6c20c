//! What a statement leaves in the session that is no setting which is put back anyway.

use super::{MySql, SETTINGS, SYNTAX};
use crate::{
    database::Dialect,
    sql::{Statement, TokenKind},
};

/// Names that SET gives a meaning of their own, and what they set is put back.
const PUT_BACK: [&str; 4] = ["NAMES", "CHARACTER", "CHARSET", "PASSWORD"];

pub(super) fn leaves(statement: &Statement<'_>) -> bool {
    let words: Vec<String> = statement.words(&SYNTAX).take(6).collect();
    let first = words.first().map(String::as_str);
    let named = |word: &str| words.iter().any(|other| other == word);
    match first {
        // What a procedure or a prepared statement does is not to be seen in it.
        Some("CALL" | "EXECUTE" | "BEGIN" | "PREPARE" | "HANDLER" | "LOCK" | "XA") => true,
        Some("CREATE" | "DROP") if named("TEMPORARY") => true,
        Some("CREATE" | "ALTER" | "DROP") => false,
        Some("SET") if sets_more(statement) => true,
        _ => !variables(statement).is_empty() || mentions(statement.text, "GET_LOCK"),
    }
}

/// Whether a SET is about something of the session that is not put back.
fn sets_more(statement: &Statement<'_>) -> bool {
    let mut cursor = statement.cursor(&SYNTAX);
    cursor.next();
    let (mut depth, mut begins) = (0, true);
    let mut global = false;
    for token in cursor {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => (begins, global) = (true, false),
            _ if begins && token.kind == TokenKind::Symbol => {}
            text if begins
                && ["GLOBAL", "PERSIST"].iter().any(|w| text.eq_ignore_ascii_case(w)) =>
            {
                global = true;
            }
            text if begins && ["SESSION", "LOCAL"].iter().any(|w| text.eq_ignore_ascii_case(w)) => {
            }
            text if begins => {
                begins = false;
                let known =
                    SETTINGS.iter().chain(&PUT_BACK).any(|name| name.eq_ignore_ascii_case(text));
                if !known && !global {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether what it says depends on the rows that the session has written or read.
pub(super) fn asks_session(statement: &Statement<'_>) -> bool {
    ["LAST_INSERT_ID", "ROW_COUNT", "FOUND_ROWS", "@@identity"]
        .iter()
        .any(|name| mentions(statement.text, name))
}

fn mentions(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// The user variables that it names. (In `user@host` there is no blank before the sign, and `@@` is a setting.)
fn variables<'t>(statement: &Statement<'t>) -> Vec<&'t str> {
    let text = statement.text;
    let mut all = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let after = &text[at + 1..];
        let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
        let end = after.find(|c| !in_word(c)).unwrap_or(after.len());
        if end > 0 && !in_word(before) && !matches!(before, '@' | '`' | '\'' | '"') {
            all.push(&after[..end]);
        }
    }
    all
}

/// For a connection that lives on: what can be named is removed.
pub(super) fn forget(statements: &[Statement<'_>]) -> Vec<String> {
    let mut sql = Vec::new();
    for statement in statements.iter().filter(|statement| leaves(statement)) {
        sql.extend(variables(statement).into_iter().map(|name| format!("SET @{name} = NULL")));
        let mut cursor = statement.cursor(&SYNTAX);
        if cursor.keyword("PREPARE") {
            // It may be gone already, and then it is an error to remove it.
            sql.extend(cursor.name().map(|name| {
                let name = MySql.quote(&name);
                format!("PREPARE {name} FROM 'DO 0'; DEALLOCATE PREPARE {name}")
            }));
        } else if cursor.keyword("LOCK") {
            sql.push("UNLOCK TABLES".to_owned());
        } else if let Some(name) = temporary(statement) {
            sql.push(format!("DROP TEMPORARY TABLE IF EXISTS {name}"));
        } else if mentions(statement.text, "READ ONLY") {
            sql.push("SET SESSION TRANSACTION READ WRITE".to_owned());
        } else if mentions(statement.text, "ISOLATION") {
            let name = "/*M! tx_isolation */ /*!50720 transaction_isolation */";
            sql.push(format!("SET SESSION {name} = DEFAULT"));
        }
    }
    sql
}

/// The temporary table that it makes.
fn temporary(statement: &Statement<'_>) -> Option<String> {
    let mut cursor = statement.cursor(&SYNTAX);
    cursor.keyword("CREATE").then_some(())?;
    cursor.keywords(&["OR", "REPLACE"]);
    cursor.keywords(&["TEMPORARY", "TABLE"]).then_some(())?;
    cursor.keywords(&["IF", "NOT", "EXISTS"]);
    let parts: Vec<String> = cursor.qualified_name().iter().map(|part| MySql.quote(part)).collect();
    (!parts.is_empty()).then(|| parts.join("."))
}

pub(super) fn makes_temporary(statement: &Statement<'_>) -> bool {
    let mut words = statement.words(&SYNTAX).take(4);
    words.next().is_some_and(|word| word == "CREATE") && words.any(|word| word == "TEMPORARY")
}
