//! The statements in the body of a block or procedure, which the rules and preflight look at as at any other.

use crate::sql::{Statement, Syntax, Token, TokenKind, line_column, tokens};

/// With what a statement begins that changes rows or the schema.
const VERBS: [&str; 16] = [
    "ALTER", "CREATE", "DROP", "TRUNCATE", "UPDATE", "DELETE", "INSERT", "LOCK", "REFRESH",
    "REINDEX", "CLUSTER", "WITH", "RENAME", "REPLACE", "OPTIMIZE", "CALL",
];

/// Behind which words of a procedural language a statement may begin.
const OPENERS: [&str; 6] = ["BEGIN", "THEN", "ELSE", "LOOP", "DO", "REPEAT"];

/// What opens a part that runs only under a condition, or more than once.
const CONDITIONS: [&str; 5] = ["IF", "CASE", "LOOP", "WHILE", "REPEAT"];

/// What is said of a statement that a block may leave out.
const DECIDES: &str = "the block decides whether this statement runs";
/// What is said of one whose failure the block may handle.
const CATCHES: &str = "the block may catch the error";

/// A statement in a body.
#[derive(Debug)]
pub(super) struct InnerStatement<'t> {
    pub(super) statement: Statement<'t>,
    /// Why it may not run, or its failure may not count.
    pub(super) doubt: Option<&'static str>,
}

/// A text of a script and where it begins there, in bytes.
#[derive(Debug, Clone, Copy)]
struct Piece<'t> {
    text: &'t str,
    start: usize,
}

/// The statements of a block or procedure; none if a change may not be among them: that of an EXECUTE whose text is put together.
pub(super) fn statements<'t>(
    block: &Statement<'t>,
    script: &str,
    syntax: &Syntax,
) -> Option<Vec<InnerStatement<'t>>> {
    let body = body(block, syntax)?;
    let tokens = significant(body.text, syntax);
    let mut found = Vec::new();
    let mut flow = Flow::default();
    for part in parts(&tokens) {
        let (control, statement) = part.split_at(begin(part).unwrap_or(part.len()));
        if control.iter().any(is_change) {
            return None;
        }
        flow.follow(control);
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
        let statement =
            Statement { text: piece.text, start: piece.start, line, column, data: None };
        found.push(InnerStatement { statement, doubt: flow.is_conditional().then_some(DECIDES) });
    }
    for inner in found.iter_mut().filter(|_| flow.catches) {
        inner.doubt.get_or_insert(CATCHES);
    }
    Some(found)
}

/// The name of the procedure that a statement creates, in lower case and without its schema.
pub(super) fn created_procedure(statement: &Statement<'_>, syntax: &Syntax) -> Option<String> {
    let tokens = significant(statement.text, syntax);
    let is_create = tokens.first()?.is_word("CREATE");
    let at = tokens.iter().take(12).position(|token| token.is_word("PROCEDURE"))?;
    let behind = tokens.get(at + 1..)?;
    let is_if = behind.first()?.is_word("IF");
    is_create.then(|| routine_name(behind.get(if is_if { 3 } else { 0 }..).unwrap_or_default()))?
}

/// The same for the procedure that a statement calls.
pub(super) fn called_procedure(statement: &Statement<'_>, syntax: &Syntax) -> Option<String> {
    let tokens = significant(statement.text, syntax);
    tokens.first()?.is_word("CALL").then(|| routine_name(&tokens[1..]))?
}

fn routine_name(tokens: &[Token<'_>]) -> Option<String> {
    let end = tokens.iter().position(|token| token.is_symbol("(")).unwrap_or(tokens.len());
    let last = tokens[..end].last()?;
    Some(last.text.trim_matches(['"', '`']).to_ascii_lowercase())
}

/// Where in the flow of a body its reader is.
#[derive(Debug, Default)]
struct Flow {
    /// What is open: `BEGIN`, or the word of a condition or loop.
    open: Vec<&'static str>,
    /// An earlier statement may have ended the block.
    may_be_over: bool,
    /// It is among the statements that handle an error.
    handles: bool,
    /// The body handles errors.
    catches: bool,
}

impl Flow {
    fn follow(&mut self, control: &[Token<'_>]) {
        let is_end = |at: Option<usize>| {
            at.and_then(|at| control.get(at)).is_some_and(|token| token.is_word("END"))
        };
        for (at, token) in control.iter().enumerate() {
            let word = CONDITIONS.into_iter().find(|word| token.is_word(word));
            let before = at.checked_sub(1);
            if token.is_word("END") {
                let closes = |of: &Token<'_>| CONDITIONS.iter().any(|word| of.is_word(word));
                if control.get(at + 1).is_some_and(closes) {
                    let last = self.open.iter().rposition(|open| *open != "BEGIN");
                    self.open.truncate(last.unwrap_or_default());
                } else {
                    self.open.pop();
                }
            } else if let Some(word) = word.filter(|_| !is_end(before)) {
                // The LOOP of a WHILE or a FOR is the same.
                let is_same = word == "LOOP" && self.open.last() == Some(&"WHILE");
                self.open.extend((!is_same).then_some(word));
            } else if token.is_word("BEGIN") {
                self.open.push("BEGIN");
            } else if token.is_any_word(&["RETURN", "EXIT", "LEAVE", "ITERATE", "CONTINUE"]) {
                // A handler is said to CONTINUE or to EXIT.
                let is_handler = control.get(at + 1).is_some_and(|next| next.is_word("HANDLER"));
                self.catches |= is_handler;
                // What leaves a loop leaves only what is conditional anyway.
                let is_loop = |open: &&str| matches!(*open, "LOOP" | "WHILE" | "REPEAT");
                let is_left = token.is_word("RETURN") || !self.open.iter().any(is_loop);
                self.may_be_over |= !is_handler && is_left;
            } else if token.is_word("EXCEPTION")
                && !before.is_some_and(|before| control[before].is_word("RAISE"))
            {
                (self.catches, self.handles) = (true, true);
            }
        }
    }

    fn is_conditional(&self) -> bool {
        self.may_be_over || self.handles || self.open.iter().any(|open| *open != "BEGIN")
    }
}

fn significant<'t>(text: &'t str, syntax: &Syntax) -> Vec<Token<'t>> {
    tokens(text, syntax).filter(|token| token.kind != TokenKind::Comment).collect()
}

/// What is in the quotes of a block or procedure in a language whose statements are those of a script; where there are no quotes, what
/// begins with BEGIN.
fn body<'t>(block: &Statement<'t>, syntax: &Syntax) -> Option<Piece<'t>> {
    let tokens = significant(block.text, syntax);
    let language = tokens.iter().position(|token| token.is_word("LANGUAGE"));
    let name = language.and_then(|at| tokens.get(at + 1));
    let is_known = name.is_none_or(|name| name.is_any_word(&["plpgsql", "sql"]));
    let begin = tokens.iter().position(|token| token.is_word("BEGIN"));
    let is_text = |token: &&Token<'_>| token.kind == TokenKind::Text;
    let text = match tokens.first().is_some_and(|token| token.is_word("DO")) {
        true => tokens.iter().find(is_text),
        false => {
            let mut pairs = tokens[..begin.unwrap_or(tokens.len())].windows(2);
            pairs.find(|pair| pair[0].is_word("AS")).map(|pair| &pair[1]).filter(is_text)
        }
    };
    match (text, begin) {
        _ if !is_known => None,
        (Some(text), _) => plain(text, block.start),
        (None, Some(begin)) if name.is_none_or(|name| name.is_word("sql")) => {
            let words = ["NOT", "ATOMIC"];
            let is_head = |token: &&Token<'_>| token.is_any_word(&words);
            let head = tokens[begin + 1..].iter().take_while(is_head).count();
            let first = tokens.get(begin + 1 + head)?;
            // The word itself tells where the body's own blocks begin and end.
            Some(Piece { text: block.text.get(first.start..)?, start: block.start + first.start })
        }
        _ => None,
    }
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
    token.is_any_word(&["UPDATE", "DELETE", "INSERT", "EXECUTE", "PREPARE"])
}

#[cfg(test)]
mod tests {
    use super::{called_procedure, created_procedure, statements};
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
        let inner: Vec<_> = statements(&block.unwrap(), script, syntax)?;
        let inner: Vec<_> = inner.iter().map(|inner| inner.statement).collect();
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

    #[test]
    fn what_a_block_may_leave_out_is_known() {
        let cases: [(&str, &str, &[&str]); 10] = [
            ("postgres", "DO $$ BEGIN DROP TABLE a; END $$", &["a"]),
            (
                "postgres",
                "DO $$ BEGIN IF x THEN DROP TABLE a; ELSIF y THEN DROP TABLE b; END IF; DROP TABLE c; END $$",
                &["a?", "b?", "c"],
            ),
            (
                "postgres",
                "DO $$ BEGIN FOR r IN SELECT 1 LOOP DROP TABLE a; END LOOP; WHILE x LOOP DROP TABLE b; END LOOP; DROP TABLE c; END $$",
                &["a?", "b?", "c"],
            ),
            (
                "postgres",
                "DO $$ BEGIN n := CASE WHEN a THEN 1 END; DROP TABLE a; IF x THEN RETURN; END IF; DROP TABLE b; END $$",
                &["a", "b?"],
            ),
            (
                "postgres",
                "DO $$ BEGIN DROP TABLE a; EXCEPTION WHEN others THEN DROP TABLE b; END $$",
                &["a!", "b?"],
            ),
            (
                "postgres",
                "DO $$ BEGIN BEGIN DROP TABLE a; END; RAISE EXCEPTION 'x'; END $$",
                &["a"],
            ),
            (
                "postgres",
                "CREATE PROCEDURE p(x text DEFAULT 'BEGIN') LANGUAGE plpgsql AS $$ BEGIN DROP TABLE a; END $$",
                &["a"],
            ),
            (
                "postgres",
                "CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC DELETE FROM a; END",
                &["a"],
            ),
            (
                "mysql",
                "CREATE PROCEDURE p() BEGIN IF x THEN DROP TABLE a; END IF; DROP TABLE b; END",
                &["a?", "b"],
            ),
            (
                "mysql",
                "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR 1060 BEGIN END; WHILE x DO DROP TABLE a; END WHILE; \
                 DROP TABLE b; END",
                &["a?", "b!"],
            ),
        ];
        for (database, script, expected) in cases {
            let Ok(driver) = driver(database) else { continue };
            let syntax = driver.dialect.syntax();
            let start =
                crate::sql::Statement { text: script, start: 0, line: 1, column: 1, data: None };
            let found = statements(&start, script, syntax);
            let found = found.unwrap_or_else(|| panic!("{script}"));
            let sign = |doubt: Option<&str>| match doubt {
                Some(super::DECIDES) => "?",
                Some(_) => "!",
                None => "",
            };
            let found: Vec<String> = found
                .iter()
                .map(|inner| {
                    let name = inner.statement.text.split_whitespace().nth(2).unwrap_or_default();
                    format!("{name}{}", sign(inner.doubt))
                })
                .collect();
            assert_eq!(found, expected, "{script}");
        }
    }

    #[test]
    fn a_procedure_is_known_by_its_name() {
        let syntax = driver("postgres").unwrap().dialect.syntax();
        let of = |text: &'static str| crate::sql::Statement {
            text,
            start: 0,
            line: 1,
            column: 1,
            data: None,
        };
        let created = |text| created_procedure(&of(text), syntax);
        assert_eq!(created("CREATE OR REPLACE PROCEDURE s.P(a int) AS $$ $$").unwrap(), "p");
        assert_eq!(created("CREATE PROCEDURE IF NOT EXISTS \"P\"() BEGIN END").unwrap(), "p");
        assert_eq!(created("CREATE FUNCTION p() RETURNS int"), None);
        assert_eq!(called_procedure(&of("CALL s.p(1)"), syntax).unwrap(), "p");
        assert_eq!(called_procedure(&of("CALL p"), syntax).unwrap(), "p");
        assert_eq!(called_procedure(&of("SELECT p()"), syntax), None);
    }
}
