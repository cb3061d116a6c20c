//! What a statement may leave in the session: settings, and what is none.

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

/// Whether a statement may change a setting. After one that may, the settings are put back, for which the server plans a query of more
/// than a millisecond. Whatever computes something may, since any function can call `set_config`: so the answer is
/// no only for what creates a table or an index of columns, drops one, or comments. (An event trigger sets what it sets at each of them.)
pub(super) fn may_set(statement: &Statement<'_>) -> bool {
    let words: Vec<String> = statement.words(&SYNTAX).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // AS also comes before a generated column's expression; VALUES before the bounds of a partition, which are computed.
        ["CREATE", "TABLE", rest @ ..] | ["CREATE", "UNLOGGED", "TABLE", rest @ ..] => {
            ["AS", "VALUES", "SELECT", "EXECUTE"].iter().any(|word| rest.contains(word))
        }
        // An expression or a condition is computed for each row.
        ["CREATE", "INDEX", rest @ ..] | ["CREATE", "UNIQUE", "INDEX", rest @ ..] => {
            rest.contains(&"WHERE") || statement.text.matches('(').count() > 1
        }
        ["DROP", "TABLE" | "INDEX", ..] | ["COMMENT", "ON", ..] => false,
        _ => true,
    }
}

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

#[cfg(test)]
mod tests {
    use super::{SYNTAX, may_set};
    use crate::sql::{Item, split};

    #[test]
    fn what_computes_something_may_change_a_setting() {
        for (text, expected) in [
            ("CREATE TABLE a (id bigint PRIMARY KEY, b text DEFAULT f(), CHECK (g(b)))", false),
            ("CREATE UNLOGGED TABLE a (id bigint)", false),
            ("create index a_b on a (b, c desc)", false),
            ("CREATE UNIQUE INDEX CONCURRENTLY a_b ON a USING btree (b)", false),
            ("DROP TABLE a, b CASCADE", false),
            ("DROP INDEX a_b", false),
            ("COMMENT ON TABLE a IS 'SELECT f()'", false),
            ("CREATE TABLE a AS SELECT f()", true),
            ("CREATE TABLE a (b) AS VALUES (f())", true),
            ("CREATE TABLE a AS EXECUTE b", true),
            ("CREATE TABLE a PARTITION OF b FOR VALUES FROM (f()) TO (g())", true),
            ("CREATE TABLE a (b int GENERATED ALWAYS AS (f()) STORED)", true),
            ("CREATE INDEX a_b ON a (f(b))", true),
            ("CREATE INDEX a_b ON a ((b || c))", true),
            ("CREATE INDEX a_b ON a (b) WHERE f(b)", true),
            ("ALTER TABLE a ADD COLUMN b int DEFAULT f()", true),
            ("CREATE SCHEMA a CREATE TABLE b (c int)", true),
            ("DROP SCHEMA a CASCADE", true),
            ("SET search_path = a", true),
            ("SELECT 1", true),
            ("UPDATE a SET b = 1", true),
            ("DO $$ BEGIN END $$", true),
        ] {
            let items = split(text, &SYNTAX).unwrap();
            let [Item::Statement(statement)] = &items[..] else { panic!("{text}") };
            assert_eq!(may_set(statement), expected, "{text}");
        }
    }
}
