//! How the text of a migration is read: by the server, which reads a message as a whole before it runs the first statement in it, and by
//! psql, which puts its variables into a text.

use super::SYNTAX;
use crate::sql::{Cursor, Statement, Token, TokenKind, tokens};

const STRINGS: &str = "standard_conforming_strings";
const ENCODING: &str = "client_encoding";

/// Why no migration may have a statement.
pub(super) fn forbidden(statement: &Statement<'_>, script: &str) -> Option<&'static str> {
    if copies_to_client(statement) {
        return Some(
            "this COPY sends rows to the client, and nobody would read them; take it out, or write them to a file of the server",
        );
    }
    gives_up_lock(statement).or_else(|| misread(statement, script))
}

/// The migration lock is an advisory lock of the session, and ends with all of them. What a function does is not seen here: the run
/// notices it when it gives the lock back.
fn gives_up_lock(statement: &Statement<'_>) -> Option<&'static str> {
    let mut cursor = statement.cursor(&SYNTAX);
    if cursor.keywords(&["DISCARD", "ALL"]) {
        return Some(
            "DISCARD ALL would give up the migration lock; take it out: what a migration leaves in its session is discarded when it ends",
        );
    }
    statement.calls("pg_advisory_unlock_all", &SYNTAX).then_some(
            "pg_advisory_unlock_all would give up the migration lock; give up the locks of this migration one by one, with \
             pg_advisory_unlock",
    )
}

/// What is wrong with a statement that changes how the texts after it are read, if there is anything in the script for which that matters.
fn misread(statement: &Statement<'_>, script: &str) -> Option<&'static str> {
    let (name, value) = setting(statement)?;
    let value: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let value = value.to_ascii_lowercase();
    let is_off =
        matches!(value.as_str(), "0" | "f" | "fa" | "fal" | "fals" | "false" | "of" | "off")
            || matches!(value.as_str(), "n" | "no");
    if name.eq_ignore_ascii_case(STRINGS) && is_off && script.contains('\\') {
        return Some(
            "with standard_conforming_strings off, a backslash in a string means something else, depending on how much of the file the \
             server has read by then; take this statement out, and write strings with such backslashes as E'...'",
        );
    }
    let is_known = matches!(value.as_str(), "utf8" | "unicode" | "sqlascii" | "default");
    (name.eq_ignore_ascii_case(ENCODING) && !is_known && !script.is_ascii()).then_some(
        "the file is UTF-8, and with another client_encoding the server would take its letters outside ASCII for others; take this \
         statement out",
    )
}

/// The setting that a statement changes, and its new value.
fn setting<'t>(statement: &Statement<'t>) -> Option<(String, &'t str)> {
    let mut cursor = statement.cursor(&SYNTAX);
    if cursor.keyword("SELECT") {
        return called(cursor);
    }
    if !cursor.keyword("SET") {
        return None;
    }
    cursor.any_keyword(&["SESSION", "LOCAL"]);
    if cursor.keyword("NAMES") {
        return Some((ENCODING.to_owned(), cursor.next()?.text));
    }
    let name = cursor.name()?;
    if !cursor.keyword("TO") {
        cursor.symbol("=");
    }
    Some((name, cursor.next()?.text))
}

/// The same of a call of `set_config`.
fn called<'t>(mut cursor: Cursor<'t>) -> Option<(String, &'t str)> {
    let is_one =
        |token: &Token<'_>| token.text.trim_matches('"').eq_ignore_ascii_case("set_config");
    let settings = [STRINGS, ENCODING];
    while cursor.find(is_one).is_some() {
        let mut arguments = cursor.clone();
        if !arguments.symbol("(") {
            continue;
        }
        let name = arguments.next()?.text.trim_matches('\'');
        if settings.iter().any(|known| name.eq_ignore_ascii_case(known)) && arguments.symbol(",") {
            return Some((name.to_owned(), arguments.next()?.text));
        }
    }
    None
}

/// Whether a statement sends rows to its client, which in a migration nobody reads.
fn copies_to_client(statement: &Statement<'_>) -> bool {
    let mut cursor = statement.cursor(&SYNTAX);
    if !cursor.keyword("COPY") {
        return false;
    }
    let mut depth = 0_usize;
    while let Some(token) = cursor.next() {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 && token.is_word("TO") => return cursor.keyword("STDOUT"),
            _ => {}
        }
    }
    false
}

/// The text with a blank behind each colon that psql would take for the beginning of one of its variables: of `a[1:port]` it would
/// make `a[1:5432]` if it had a variable of this name.
pub(super) fn without_variables(text: &str) -> String {
    let mut all = String::with_capacity(text.len() + 1);
    let mut copied = 0;
    let mut colons = 0;
    let mut end = 0;
    for token in tokens(text, &SYNTAX) {
        if token.start != end {
            colons = 0;
        }
        end = token.start + token.text.len();
        if token.is_symbol(":") {
            colons += 1;
            continue;
        }
        let begins = token.text.starts_with(|c: char| {
            c.is_alphabetic() || c == '_' || matches!(c, '\'' | '"' | '{') || !c.is_ascii()
        });
        // `::` is a cast.
        if colons % 2 == 1 && begins && token.kind != TokenKind::Comment {
            all.push_str(&text[copied..token.start]);
            all.push(' ');
            copied = token.start;
        }
        colons = 0;
    }
    all.push_str(&text[copied..]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_are_kept_apart() {
        for (text, expected) in [
            (
                "SELECT a[1:port], b::text, ':x', $$ :y $$",
                "SELECT a[1: port], b::text, ':x', $$ :y $$",
            ),
            ("a[b::int:c] -- :d", "a[b::int: c] -- :d"),
            ("a[:\"n\":]", "a[: \"n\":]"),
            ("a[1:2], x := y, :'v'", "a[1:2], x := y, : 'v'"),
            ("a /* :b */ :c", "a /* :b */ : c"),
        ] {
            assert_eq!(without_variables(text), expected);
        }
    }
}
