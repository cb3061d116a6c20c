//! What MySQL's catalogue does not tell exactly.
//!
//! `information_schema` shows the body of a trigger, a routine or an event without its doubled quotes and its escapes, and a default of
//! bytes up to the first zero; of a view it shows neither the algorithm nor whether it lists its columns. SHOW CREATE shows all of it.

use std::borrow::Cow;

use crate::{
    database::{
        Row, Scope,
        mysql::{SYNTAX, render::name},
    },
    sql::{Token, TokenKind, name_value, tokens},
};

/// The tag of the row before each answer of SHOW CREATE, which has none.
const TAG: &str = "exact";

/// What SHOW CREATE is asked about: the tag and the type of the rows, the kind in SQL, and the column of the answer.
const BODIES: [(&str, Option<&str>, &str, &str); 4] = [
    ("trigger object", None, "TRIGGER", "SQL Original Statement"),
    ("routine object", Some("PROCEDURE"), "PROCEDURE", "Create Procedure"),
    ("routine object", Some("FUNCTION"), "FUNCTION", "Create Function"),
    ("event object", None, "EVENT", "Create Event"),
];

const VIEW: (&str, &str) = ("VIEW", "Create View");
const TABLE: (&str, &str) = ("TABLE", "Create Table");

/// Queries for what these rows do not tell.
pub(super) fn queries(rows: &[Row], scope: &Scope) -> Option<String> {
    let bodies = BODIES.iter().flat_map(|(tag, ty, kind, _)| {
        let own = rows.iter().filter(|row| is_of(row, tag, *ty) && has_quotes(row.text("body")));
        own.map(|row| (*kind, row.text("name")))
    });
    let mut tables: Vec<&str> =
        rows.iter().filter(|row| is_cut(row)).map(|row| row.text("table_name")).collect();
    tables.dedup();
    let views = rows.iter().filter(|row| is_view(row)).map(|row| (VIEW.0, row.text("name")));
    let all = bodies.chain(views).chain(tables.into_iter().map(|table| (TABLE.0, table)));
    let database =
        scope.default_schema.as_deref().map(|name| format!("{}.", name::backticks(name)));
    let queries: Vec<String> = all
        .map(|(kind, own)| {
            format!(
                "SELECT '{TAG}' AS ambix, '{kind}' AS kind, {} AS name;\nSHOW CREATE {kind} {}{}",
                name::literal(own),
                database.as_deref().unwrap_or_default(),
                name::backticks(own)
            )
        })
        .collect();
    (!queries.is_empty()).then(|| queries.join(";\n"))
}

/// The rows of the inspection, with what the answers to [`queries`] behind them tell.
pub(super) fn complete(rows: &[Row]) -> Cow<'_, [Row]> {
    let Some(first) = rows.iter().position(|row| row.tag() == TAG) else {
        return Cow::Borrowed(rows);
    };
    let (inspected, answers) = rows.split_at(first);
    let mut completed = inspected.to_vec();
    for pair in answers.chunks(2) {
        let [mark, answer] = pair else { continue };
        let (kind, own) = (mark.text("kind"), mark.text("name"));
        if let Some((tag, ty, _, column)) = BODIES.iter().find(|(_, _, of, _)| *of == kind) {
            let is_it = |row: &&mut Row| is_of(row, tag, *ty) && row.text("name") == own;
            for row in completed.iter_mut().filter(is_it) {
                // Without the right to read it there is no text, as without it in the catalogue.
                let exact = answer.find(column).and_then(|text| body(text, row.text("body")));
                let exact = exact.map(str::to_owned);
                row.set("body", exact);
            }
        } else if kind == VIEW.0 {
            let create = answer.find(VIEW.1).unwrap_or_default();
            let is_it = |row: &&mut Row| is_view(row) && row.text("name") == own;
            for row in completed.iter_mut().filter(is_it) {
                let (algorithm, lists_columns) = head_of(create);
                row.set("algorithm", algorithm);
                row.set("lists_columns", lists_columns.then(|| "1".to_owned()));
            }
        } else {
            let create = answer.find(TABLE.1).unwrap_or_default();
            let is_it = |row: &&mut Row| is_cut(row) && row.text("table_name") == own;
            for row in completed.iter_mut().filter(is_it) {
                if let Some(bytes) = default_of(create, row.text("name")) {
                    row.set("default_value", Some(bytes));
                }
            }
        }
    }
    Cow::Owned(completed)
}

fn is_of(row: &Row, tag: &str, ty: Option<&str>) -> bool {
    row.tag() == tag && ty.is_none_or(|ty| row.text("type") == ty)
}

fn is_quote(sign: char) -> bool {
    matches!(sign, '\'' | '"' | '`' | '\\')
}

fn has_quotes(body: &str) -> bool {
    body.contains(is_quote)
}

/// Whether this is a column whose default may have bytes behind a zero that the catalogue leaves out. Other columns can be asked for
/// theirs.
fn is_cut(row: &Row) -> bool {
    row.tag() == "column"
        && row.text("is_nullable") == "NO"
        && row.text("default_value").starts_with("0x")
        && !row.text("extra").contains("DEFAULT_GENERATED")
}

/// Whether this is a view that may be read.
fn is_view(row: &Row) -> bool {
    row.tag() == "view object" && !row.text("definition").is_empty()
}

/// The algorithm of a view, and whether its columns are listed behind its name.
fn head_of(create: &str) -> (Option<String>, bool) {
    let all: Vec<Token<'_>> = tokens(create, &SYNTAX).take(30).collect();
    let of = |word: &str| all.iter().position(|token| token.is_word(word));
    let algorithm =
        of("ALGORITHM").and_then(|at| all.get(at + 2)).map(|token| token.text.to_owned());
    let named = of("VIEW").map_or(&[][..], |at| &all[at + 1..]);
    let is_name = |token: &&Token<'_>| token.kind == TokenKind::QuotedName || token.is_symbol(".");
    let behind = named.iter().find(|token| !is_name(token));
    (algorithm, behind.is_some_and(|token| token.is_symbol("(")))
}

/// The body in a statement: it begins as the catalogue's does, up to the first quote of that.
fn body<'t>(create: &'t str, shown: &str) -> Option<&'t str> {
    let end = shown.find(is_quote)?;
    let end = end + shown[end..].chars().next().map_or(0, char::len_utf8);
    let begin = &shown[..end];
    let at = |token: &Token<'_>| create[token.start..].starts_with(begin);
    let start = tokens(create, &SYNTAX).find(at).map(|token| token.start);
    start.or_else(|| create.find(begin)).map(|start| &create[start..])
}

/// The default of a column of bytes, as digits.
fn default_of(create: &str, column: &str) -> Option<String> {
    let all: Vec<Token<'_>> = tokens(create, &SYNTAX).collect();
    let begins = |pair: &[Token<'_>]| {
        (pair[0].is_symbol("(") || pair[0].is_symbol(","))
            && pair[1].kind == TokenKind::QuotedName
            && name_value(&pair[1]) == column
    };
    // The columns come before the keys, which say their names again.
    let own = &all[all.windows(2).position(begins)? + 2..];
    let default = own.iter().position(|token| token.is_word("DEFAULT"))?;
    let literal = own.get(default + 1)?.text;
    if let Some(digits) = literal.strip_prefix("0x") {
        return Some(format!("0x{digits}"));
    }
    let text = literal.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    let bytes = super::unescape(&text).into_bytes();
    Some(bytes.iter().fold("0x".to_owned(), |digits, byte| format!("{digits}{byte:02X}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_found_behind_what_comes_before_it() {
        for (create, shown, expected) in [
            (
                "CREATE DEFINER=`a`@`b` TRIGGER `t` BEFORE INSERT ON `tt` FOR EACH ROW SET @a = 'it''s'",
                "SET @a = 'it's'",
                Some("SET @a = 'it''s'"),
            ),
            (
                "CREATE FUNCTION `f`() RETURNS varchar(9) COMMENT 'RETURN''' RETURN'a''b'",
                "RETURN'a'b'",
                Some("RETURN'a''b'"),
            ),
            (
                "CREATE PROCEDURE `p`()\n/* it's */ SELECT ''''",
                "/* it's */ SELECT '''",
                Some("/* it's */ SELECT ''''"),
            ),
            ("CREATE PROCEDURE `p`() SELECT 1", "SELECT 'a'", None),
        ] {
            assert_eq!(body(create, shown), expected, "{create}");
        }
    }

    #[test]
    fn the_head_of_a_view_is_read() {
        let head = "CREATE ALGORITHM=MERGE DEFINER=`a`@`b` SQL SECURITY INVOKER VIEW `db`.`v`";
        assert_eq!(head_of(&format!("{head} AS select 1")), (Some("MERGE".into()), false));
        assert_eq!(head_of(&format!("{head} (`a`) AS select 1")), (Some("MERGE".into()), true));
    }

    #[test]
    fn a_default_of_bytes_is_read_whole() {
        let create = "CREATE TABLE `t` (\n  `a` varbinary(9) NOT NULL DEFAULT 0xFF00AB,\n  \
                      `b``c` binary(4) NOT NULL DEFAULT 'a\\0''\\\\',\n  KEY `a` (`a`)\n)";
        assert_eq!(default_of(create, "a").as_deref(), Some("0xFF00AB"));
        assert_eq!(default_of(create, "b`c").as_deref(), Some("0x6100275C"));
        assert_eq!(default_of(create, "c"), None);
    }
}
