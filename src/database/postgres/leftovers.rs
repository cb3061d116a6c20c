//! What a statement leaves in the session that is no setting.

use super::{HISTORY, Postgres, SYNTAX};
use crate::{
    database::{Dialect, fill, section},
    sql::{Statement, TokenKind},
};

/// Words of statements that leave something: temporary objects, prepared statements, cursors, channels.
const WORDS: [&str; 6] = ["TEMP", "TEMPORARY", "PG_TEMP", "PREPARE", "LISTEN", "HOLD"];
/// What in a block of code calls something of which nothing is to be seen.
const CALLS: [&str; 2] = ["CALL", "PERFORM"];
/// What a SELECT may call or say before a parenthesis, and nothing is left of it.
const HARMLESS: [&str; 23] = [
    "SETVAL",
    "NEXTVAL",
    "SET_CONFIG",
    "CURRENT_SETTING",
    "COUNT",
    "SUM",
    "MIN",
    "MAX",
    "COALESCE",
    "GREATEST",
    "LEAST",
    "NULLIF",
    "NOW",
    "IN",
    "EXISTS",
    "VALUES",
    "AS",
    "FROM",
    "SELECT",
    "AND",
    "ANY",
    "PG_GET_SERIAL_SEQUENCE",
    "PG_SLEEP",
];

pub(super) fn leaves(statement: &Statement<'_>) -> bool {
    let text = statement.text;
    let words: Vec<String> = statement.words(&SYNTAX).take(5).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["INSERT" | "UPDATE" | "DELETE" | "COPY" | "MERGE" | "COMMENT" | "GRANT" | "ALTER", ..] => {
            says_lock(text)
        }
        ["CREATE", "FUNCTION" | "PROCEDURE", ..]
        | ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE", ..] => {
            says(head(text), &["PG_TEMP"])
        }
        ["CREATE", rest @ ..] => {
            rest.iter().any(|word| WORDS.contains(word))
                || says(head(text), &WORDS)
                || says_lock(text)
        }
        ["SET", ..] if sets_own(text) => true,
        ["CALL" | "PREPARE" | "LISTEN" | "LOAD", ..] => true,
        ["DECLARE", ..] => says(text, &["HOLD"]),
        ["DO", ..] => {
            says(text, &WORDS) || says(text, &CALLS) || says_lock(text) || configures_own(text)
        }
        ["SELECT" | "WITH" | "VALUES" | "TABLE", ..] => {
            says(text, &WORDS) || says_lock(text) || calls(text) || configures_own(text)
        }
        _ => says_lock(text),
    }
}

/// Whether a SET is about a variable of the application's (`app.user`): once set, it can be emptied, but is never again unknown.
fn sets_own(text: &str) -> bool {
    let name = text.split(['=', '\'']).next().unwrap_or_default();
    name.split_whitespace()
        .take_while(|word| !word.eq_ignore_ascii_case("TO"))
        .any(|word| word.contains('.'))
}

/// Whether it sets such a variable by the function.
fn configures_own(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split("set_config").skip(1).any(|rest| {
        let name = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        // What is no literal may be any name.
        name.strip_prefix('\'')
            .is_none_or(|name| name.split('\'').next().is_some_and(|name| name.contains('.')))
    })
}

/// Whether what it says depends on the sequences that the session has used.
pub(super) fn asks_session(statement: &Statement<'_>) -> bool {
    says(statement.text, &["LASTVAL", "CURRVAL"])
}

/// Up to the parenthesis with which the rest of a definition begins.
fn head(text: &str) -> &str {
    text.split('(').next().unwrap_or_default()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn says(text: &str, words: &[&str]) -> bool {
    text.split(|c| !is_word(c)).any(|word| words.iter().any(|w| w.eq_ignore_ascii_case(word)))
}

/// Whether it calls something that may take a lock of the session.
fn says_lock(text: &str) -> bool {
    let is_it = |part: &[u8]| part.eq_ignore_ascii_case(b"advisory_lock");
    text.as_bytes().windows("advisory_lock".len()).any(is_it)
}

/// Whether there is a name before a parenthesis of which nothing is known.
fn calls(text: &str) -> bool {
    text.match_indices('(').any(|(at, _)| {
        let before = text[..at].trim_end();
        let begin = before.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
        let name = &before[begin..];
        !name.is_empty() && !HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(name))
    })
}

pub(super) fn remember() -> String {
    section!(HISTORY, "remember").to_owned()
}

pub(super) fn forget(statements: &[Statement<'_>]) -> Vec<String> {
    let mut sql = vec![section!(HISTORY, "forget").to_owned()];
    // A channel is listened to from the COMMIT on, so that it is not to be seen before.
    for statement in statements {
        let mut cursor = statement.cursor(&SYNTAX);
        if !cursor.keyword("LISTEN") {
            continue;
        }
        let is_quoted = cursor.peek().is_some_and(|token| token.kind == TokenKind::QuotedName);
        if let Some(name) = cursor.name() {
            let name = if is_quoted { name } else { name.to_lowercase() };
            let known = Postgres.literal(&format!("channel {name}"));
            let values = [("known", known.as_str()), ("channel", &Postgres.quote(&name))];
            sql.push(fill(section!(HISTORY, "unlisten"), &values));
        }
    }
    sql
}
