//! The statements in the body of a `DO` block of PL/pgSQL, which the rules look at as at any other.

use crate::sql::{Statement, Syntax, Token, TokenKind, line_column, tokens};

/// With what a statement begins that changes rows or the schema.
const VERBS: [&str; 12] = [
    "ALTER", "CREATE", "DROP", "TRUNCATE", "UPDATE", "DELETE", "INSERT", "LOCK", "REFRESH",
    "REINDEX", "CLUSTER", "WITH",
];

/// Behind which words of PL/pgSQL a statement may begin.
const OPENERS: [&str; 4] = ["BEGIN", "THEN", "ELSE", "LOOP"];

/// A text of a script and where it begins there, in bytes.
#[derive(Debug, Clone, Copy)]
struct Piece<'t> {
    text: &'t str,
    start: usize,
}

/// The statements of a block; none if a change may not be among them: that of an EXECUTE whose text is put together.
pub(super) fn statements<'t>(
    block: &Statement<'t>,
    script: &str,
    syntax: &Syntax,
) -> Option<Vec<Statement<'t>>> {
    let body = body(block, syntax)?;
    let tokens = significant(body.text, syntax);
    let mut found = Vec::new();
    for part in parts(&tokens) {
        let (control, statement) = part.split_at(begin(part).unwrap_or(part.len()));
        if control.iter().any(is_change) {
            return None;
        }
        let (Some(first), Some(last)) = (statement.first(), statement.last()) else { continue };
        let piece = match statement {
            [execute, text] if execute.is_word("EXECUTE") => plain(text, body.start)?,
            [execute, ..] if execute.is_word("EXECUTE") => return None,
            _ => Piece {
                text: body.text.get(first.start..last.start + last.text.len())?,
                start: body.start + first.start,
            },
        };
        let (line, column) = line_column(script, piece.start);
        found.push(Statement { text: piece.text, start: piece.start, line, column, data: None });
    }
    Some(found)
}

fn significant<'t>(text: &'t str, syntax: &Syntax) -> Vec<Token<'t>> {
    tokens(text, syntax).filter(|token| token.kind != TokenKind::Comment).collect()
}

/// What is in the quotes of a block in PL/pgSQL.
fn body<'t>(block: &Statement<'t>, syntax: &Syntax) -> Option<Piece<'t>> {
    let tokens = significant(block.text, syntax);
    let language = tokens.iter().position(|token| token.is_word("LANGUAGE"));
    let is_plpgsql =
        language.is_none_or(|at| tokens.get(at + 1).is_some_and(|name| name.is_word("plpgsql")));
    let text = tokens.iter().find(|token| token.kind == TokenKind::Text).filter(|_| is_plpgsql)?;
    plain(text, block.start)
}

/// A text without its quotes, if it is written as it is: in dollar quotes, or without a quote in it.
fn plain<'t>(token: &Token<'t>, start: usize) -> Option<Piece<'t>> {
    let quote = match token.text.strip_prefix('\'') {
        Some(_) => 1,
        None => token.text.strip_prefix('$')?.find('$')? + 2,
    };
    let text = token.text.get(quote..token.text.len().checked_sub(quote)?)?;
    let is_plain = token.kind == TokenKind::Text && (quote > 1 || !text.contains('\''));
    is_plain.then_some(Piece { text, start: start + token.start + quote })
}

/// The parts between the semicolons that are in no parentheses.
fn parts<'r, 't>(tokens: &'r [Token<'t>]) -> impl Iterator<Item = &'r [Token<'t>]> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is_symbol(";")
    })
}

/// Where the statement begins, behind what steers the block: `IF ... THEN`, `LOOP`.
fn begin(part: &[Token<'_>]) -> Option<usize> {
    let is_verb = |at: &usize| {
        part.get(*at).is_some_and(|token| token.is_any_word(&VERBS) || token.is_word("EXECUTE"))
    };
    let behind = part
        .iter()
        .enumerate()
        .filter(|(_, token)| token.is_any_word(&OPENERS))
        .map(|(at, _)| at + 1);
    std::iter::once(0).chain(behind).find(is_verb)
}

/// Whether a word outside of a statement that was found may change something: in a query of a loop, or in a declaration.
fn is_change(token: &Token<'_>) -> bool {
    token.is_any_word(&["UPDATE", "DELETE", "INSERT", "EXECUTE"])
}

#[cfg(test)]
mod tests {
    use super::statements;
    use crate::{
        database::driver,
        sql::{Item, split},
    };

    /// The statements that are found in the first block of a script, with their places.
    fn found(script: &str) -> Option<Vec<String>> {
        let syntax = driver("postgres").unwrap().dialect.syntax();
        let items = split(script, syntax).unwrap();
        let block = items.iter().find_map(|item| match item {
            Item::Statement(statement) if statement.text.starts_with("DO") => Some(*statement),
            _ => None,
        });
        let inner = statements(&block.unwrap(), script, syntax)?;
        for statement in &inner {
            assert!(script[statement.start..].starts_with(statement.text), "{statement:?}");
        }
        let place =
            |of: &crate::sql::Statement<'_>| format!("{}:{} {}", of.line, of.column, of.text);
        Some(inner.iter().map(place).collect())
    }

    #[test]
    fn statements_of_a_block_are_found() {
        let cases: [(&str, &[&str]); 9] = [
            ("SELECT 1;\nDO $$ BEGIN\n  DROP TABLE a;\nEND $$;", &["3:3 DROP TABLE a"]),
            (
                "DO $x$ DECLARE n int := 1; BEGIN IF NOT EXISTS (SELECT 1; ) THEN ALTER TABLE a ADD b int; END IF; END $x$",
                &["1:66 ALTER TABLE a ADD b int"],
            ),
            (
                "DO $$ BEGIN CREATE TYPE a AS ENUM ('b;'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                &["1:13 CREATE TYPE a AS ENUM ('b;')"],
            ),
            (
                "DO $$ BEGIN IF a THEN UPDATE t SET a = CASE WHEN b THEN 1 ELSE 2 END; ELSE DELETE FROM t; END IF; END $$",
                &["1:23 UPDATE t SET a = CASE WHEN b THEN 1 ELSE 2 END", "1:76 DELETE FROM t"],
            ),
            ("DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$", &["1:22 DROP TABLE a"]),
            ("DO $$ BEGIN EXECUTE $q$DROP TABLE 'a'$q$; END $$", &["1:24 DROP TABLE 'a'"]),
            ("DO 'BEGIN DROP TABLE a; END'", &["1:11 DROP TABLE a"]),
            (
                "DO $$ BEGIN FOR r IN SELECT 1 LOOP -- DROP\n INSERT INTO t VALUES (1); END LOOP; END $$ LANGUAGE plpgsql",
                &["2:2 INSERT INTO t VALUES (1)"],
            ),
            ("DO $$ BEGIN RAISE NOTICE 'x'; END $$", &[]),
        ];
        for (script, expected) in cases {
            assert_eq!(
                found(script).as_deref(),
                Some(expected.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
                "{script}"
            );
        }
    }

    #[test]
    fn a_block_that_may_hide_a_change_is_not_read() {
        for script in [
            "DO $$ BEGIN EXECUTE format('DROP TABLE %I', a); END $$",
            "DO $$ BEGIN EXECUTE 'DROP TABLE ' || a; END $$",
            "DO $$ BEGIN FOR r IN DELETE FROM t RETURNING * LOOP NULL; END LOOP; END $$",
            "DO 'BEGIN EXECUTE ''DROP TABLE a''; END'",
            "DO LANGUAGE plpython3u $$ x $$",
        ] {
            assert_eq!(found(script), None, "{script}");
        }
    }
}
