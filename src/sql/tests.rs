//! Tests of the splitter, the tokens, the directives and the places; the bodies have a file of their own.

use super::*;

/// Dollar quotes, nested comments, atomic bodies.
pub(super) const DOLLAR: Syntax = Syntax {
    dollar_quotes: true,
    escape_strings: true,
    backslash_escapes: false,
    nested_comments: true,
    hash_comments: false,
    dash_comment_needs_space: false,
    executable_comments: false,
    backtick_names: false,
    bracket_names: false,
    delimiter_command: false,
    bodies: Bodies::Atomic,
};

/// Backslashes, executable comments, the DELIMITER command, stored programs.
pub(super) const BACKSLASH: Syntax = Syntax {
    dollar_quotes: false,
    escape_strings: false,
    backslash_escapes: true,
    nested_comments: false,
    hash_comments: true,
    dash_comment_needs_space: true,
    executable_comments: true,
    backtick_names: true,
    bracket_names: false,
    delimiter_command: true,
    bodies: Bodies::Routines,
};

/// Names in brackets, triggers.
pub(super) const BRACKET: Syntax = Syntax {
    dollar_quotes: false,
    escape_strings: false,
    backslash_escapes: false,
    nested_comments: false,
    hash_comments: false,
    dash_comment_needs_space: false,
    executable_comments: false,
    backtick_names: true,
    bracket_names: true,
    delimiter_command: false,
    bodies: Bodies::Triggers,
};

const ALL: [Syntax; 3] = [DOLLAR, BACKSLASH, BRACKET];

/// The texts of the statements; a run point is `run NAME`.
#[track_caller]
pub(super) fn texts(script: &str, syntax: &Syntax) -> Vec<String> {
    let items = split(script, syntax).unwrap_or_else(|error| panic!("{error} in {script}"));
    items
        .iter()
        .map(|item| match item {
            Item::Statement(statement) => statement.text.to_owned(),
            Item::Run { name, .. } => format!("run {name}"),
        })
        .collect()
}

#[track_caller]
pub(super) fn check(syntax: &Syntax, cases: &[(&str, &[&str])]) {
    for (script, expected) in cases {
        assert_eq!(texts(script, syntax), *expected, "in {script}");
    }
}

#[track_caller]
fn problem(script: &str, syntax: &Syntax) -> String {
    split(script, syntax).expect_err(script).to_string()
}

fn kinds<'t>(script: &'t str, syntax: &Syntax) -> Vec<(TokenKind, &'t str)> {
    tokens(script, syntax).map(|token| (token.kind, token.text)).collect()
}

#[test]
fn what_all_have_in_common() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("\u{feff}", &[]),
        (" \r\n\t\x0b\x0c ", &[]),
        (";; ; ;", &[]),
        ("-- only", &[]),
        ("-- only\n/* comments */ -- at the end", &[]),
        ("--", &[]),
        ("/**/;", &[]),
        ("select 1", &["select 1"]),
        ("\u{feff}select 1;", &["select 1"]),
        ("select 1;select 2;", &["select 1", "select 2"]),
        ("select 1\r\n;\r\nselect\r\n2", &["select 1", "select\r\n2"]),
        ("/* a */ select /* b; */ 1 /* c */ ; -- d", &["select /* b; */ 1"]),
        ("select 1 -- ;\n, 2 -- ;\n;", &["select 1 -- ;\n, 2"]),
        ("select ';', 'it''s;';select 2", &["select ';', 'it''s;'", "select 2"]),
        ("select '-- no', '/* no';select 2", &["select '-- no', '/* no'", "select 2"]),
        ("-- it's\nselect 1; /* \" */ select 2", &["select 1", "select 2"]),
        ("select 'größe; ∑', größe; sélect 2", &["select 'größe; ∑', größe", "sélect 2"]),
        ("select 1 /;/ 2", &["select 1 /", "/ 2"]),
        ("select '';select ''''", &["select ''", "select ''''"]),
        ("select 1; --", &["select 1"]),
        ("select 1 -", &["select 1 -"]),
        ("select 1 /", &["select 1 /"]),
        ("select 5.e+1;select .5;select 1..2", &["select 5.e+1", "select .5", "select 1..2"]),
        ("BEGIN; COMMIT; BEGIN WORK; END;", &["BEGIN", "COMMIT", "BEGIN WORK", "END"]),
    ];
    for syntax in &ALL {
        check(syntax, cases);
    }
}

#[test]
fn dollar_quotes() {
    check(
        &DOLLAR,
        &[
            ("select $$;$$; select 2", &["select $$;$$", "select 2"]),
            ("select $a$ $b$;$b$ $$;$$ $a $a$;b", &["select $a$ $b$;$b$ $$;$$ $a $a$", "b"]),
            ("select $ä_1$;$ä_1$;b", &["select $ä_1$;$ä_1$", "b"]),
            ("select $A$;$a$;$A$;b", &["select $A$;$a$;$A$", "b"]),
            ("select $a$;$b$a$;b", &["select $a$;$b$a$", "b"]),
            ("select $1;select $2$$;$$", &["select $1", "select $2$$;$$"]),
            ("select a$b$c;select $b$;$b$", &["select a$b$c", "select $b$;$b$"]),
            ("select 1$$;$$;b", &["select 1$$;$$", "b"]),
            ("select $1a$;b", &["select $1a$", "b"]),
            ("select ü$$;b", &["select ü$$", "b"]),
            ("select $ $;b", &["select $ $", "b"]),
            ("select \"$$\";select '$$';b", &["select \"$$\"", "select '$$'", "b"]),
            ("do $$ begin; end; -- '\n$$;b", &["do $$ begin; end; -- '\n$$", "b"]),
        ],
    );
    check(&BRACKET, &[("select $$;$$", &["select $$", "$$"])]);
}

#[test]
fn strings_and_names() {
    check(
        &DOLLAR,
        &[
            (r"select E'\';';b", &[r"select E'\';'", "b"]),
            (r"select e'\\';b", &[r"select e'\\'", "b"]),
            (r"select E'\\\';''';b", &[r"select E'\\\';'''", "b"]),
            (r"select '\';b", &[r"select '\'", "b"]),
            (r"select ee'\';b", &[r"select ee'\'", "b"]),
            (r"select U&'\';b", &[r"select U&'\'", "b"]),
            (r#"select U&"\;";b"#, &[r#"select U&"\;""#, "b"]),
            (r"select N'\', B'0', X'1';b", &[r"select N'\', B'0', X'1'", "b"]),
            ("select E'a' -- '\n \n'\\';';b", &["select E'a' -- '\n \n'\\';'", "b"]),
            ("select E'a'\r'\\';';b", &["select E'a'\r'\\';'", "b"]),
            ("select E'a' '\\';b", &["select E'a' '\\'", "b"]),
            ("select E'a'\n , '\\';b", &["select E'a'\n , '\\'", "b"]),
            ("select \"a\"\";\";b", &["select \"a\"\";\"", "b"]),
            ("select a[1];select `;", &["select a[1]", "select `"]),
            ("select 1 # 2;b", &["select 1 # 2", "b"]),
        ],
    );
    check(
        &BACKSLASH,
        &[
            (r"select '\';';b", &[r"select '\';'", "b"]),
            (r#"select "\";", "a"";";b"#, &[r#"select "\";", "a"";""#, "b"]),
            (r"select '\\';b", &[r"select '\\'", "b"]),
            (r"select `\`;b", &[r"select `\`", "b"]),
            (r"select `a``;`;b", &[r"select `a``;`", "b"]),
            (r"select _utf8'\';', N'\';';b", &[r"select _utf8'\';', N'\';'", "b"]),
            ("select [a;b", &["select [a", "b"]),
            ("select 1 # ;'\n;b", &["select 1", "b"]),
            ("select 5--3;b", &["select 5--3", "b"]),
            ("select 5-- 3;\n;select 6--\t;\n;b", &["select 5", "select 6", "b"]),
        ],
    );
    check(
        &BRACKET,
        &[
            ("select [a;'], `;`, \";\";b", &["select [a;'], `;`, \";\"", "b"]),
            (r"select '\';b", &[r"select '\'", "b"]),
            ("select 1--;\n;b", &["select 1", "b"]),
            ("select 1 # ;b", &["select 1 #", "b"]),
        ],
    );
}

#[test]
fn comments() {
    check(
        &DOLLAR,
        &[("/* /* */ ; */ a; b /*/ */ /*/**/*/ */ c", &["a", "b /*/ */ /*/**/*/ */ c"])],
    );
    check(&BRACKET, &[("/* /* */ a; b /*/ ; */ c", &["a", "b /*/ ; */ c"])]);
    check(
        &BACKSLASH,
        &[
            ("/*!40101 SET a = ';' */; b", &["/*!40101 SET a = ';' */", "b"]),
            ("/*! a '*/;' /* b's */ ; */; c", &["/*! a '*/;' /* b's */ ; */", "c"]),
            (
                "/*M!999999\\- it is */ a; /*! it's */ b; c",
                &["/*M!999999\\- it is */ a", "/*! it's */ b", "c"],
            ),
            ("a /*+ hint; */ c; b", &["a /*+ hint; */ c", "b"]),
        ],
    );
    // A lone carriage return ends a line comment for some servers.
    check(&DOLLAR, &[("a -- x\r;b", &["a", "b"])]);
    assert!(problem("a -- x\r;b", &BRACKET).starts_with("1:3: a carriage return alone"));
    // A long run of comments nests and unnests without recursion.
    let deep = 100_000;
    let script = format!("{}{} a", "/*".repeat(deep), "*/".repeat(deep));
    check(&DOLLAR, &[(&script, &["a"])]);
}

#[test]
fn delimiters() {
    check(
        &BACKSLASH,
        &[
            ("DELIMITER //\na; b//\nc//\ndelimiter ;\nd; e", &["a; b", "c", "d", "e"]),
            (
                "DELIMITER $$\nCREATE x BEGIN a; END$$\nDELIMITER ;\nb;",
                &["CREATE x BEGIN a; END", "b"],
            ),
            ("DELIMITER ;;\r\na; b;;\r\nDELIMITER ;\r\nc;", &["a; b", "c"]),
            (
                "DELIMITER //\na '//' /* // */ -- //\n \"//\" `//` //b",
                &["a '//' /* // */ -- //\n \"//\" `//`", "b"],
            ),
            ("a; -- x\n  DELIMITER |\nb;c|d|", &["a", "b;c", "d"]),
            ("DELIMITER '//'\na; b//\nDELIMITER \"$$\" x\nc; d$$ e", &["a; b", "c; d", "e"]),
            ("DELIMITER `;`\na; b", &["a", "b"]),
            ("DELIMITER GO\na; bGO\nc GO", &["a; b", "c"]),
            ("DELIMITER //\na +//b", &["a +", "b"]),
            (
                "CREATE TABLE t (\n  delimiter char(1)\n, b int);c",
                &["CREATE TABLE t (\n  delimiter char(1)\n, b int)", "c"],
            ),
            ("-- DELIMITER //\na;b", &["a", "b"]),
            ("DELIMITER //\n-- ambix: run f\na;b//\n-- ambix: run g", &["run f", "a;b", "run g"]),
        ],
    );
    check(&BRACKET, &[("DELIMITER //\na;", &["DELIMITER //\na"])]);
    assert_eq!(problem("a;\n DELIMITER \n", &BACKSLASH), "2:2: DELIMITER names no delimiter");
    assert_eq!(problem("DELIMITER ''", &BACKSLASH), "1:1: DELIMITER names no delimiter");
    assert_eq!(problem("DELIMITER \\", &BACKSLASH), "1:1: a delimiter cannot contain a backslash");
    assert_eq!(
        problem("DELIMITER //\nCREATE x END\nDELIMITER ;\na;", &BACKSLASH),
        "3:1: this DELIMITER is inside a statement: is there a terminator before it?"
    );
}

#[test]
fn what_has_no_end() {
    let cases = [
        (&DOLLAR, "a;\nb 'c;\n", "2:3: unterminated string"),
        (&DOLLAR, "ü \"c;\n", "1:3: unterminated quoted name"),
        (&DOLLAR, "/* /* */", "1:1: unterminated comment"),
        (&DOLLAR, "\n select $a$ $$ $b$", "2:9: unterminated dollar-quoted string"),
        (&DOLLAR, r"select E'\'", "1:8: unterminated string"),
        (
            &DOLLAR,
            "create table t (a (int);\ndrop table u;",
            "1:16: this parenthesis is never closed",
        ),
        (&BACKSLASH, "a `b``", "1:3: unterminated quoted name"),
        (&BACKSLASH, r#"a "\"#, "1:3: unterminated string"),
        (&BACKSLASH, "a /*! b", "1:3: unterminated comment"),
        (&BRACKET, "a [b", "1:3: unterminated quoted name"),
        (&BRACKET, "a x'0", "1:3: unterminated string"),
        (&BRACKET, "/*", "1:1: unterminated comment"),
    ];
    for (syntax, script, expected) in cases {
        assert_eq!(problem(script, syntax), expected, "in {script}");
        // The tokens never fail, and cover everything but white space.
        let last = tokens(script, syntax).last().unwrap();
        assert!(last.start + last.text.len() >= script.trim_end().len(), "in {script}");
    }
}

#[test]
fn what_a_server_does_not_understand() {
    let command = "is a command of the database's client, not SQL: a server cannot run it";
    for (text, place, advice) in [
        (
            "a;\n\\connect db\nb;",
            "2:1: \\connect",
            "take the line out (pg_dump without --create writes none)",
        ),
        (
            "\\copy t from 'x'",
            "1:1: \\copy",
            "write `COPY ... FROM stdin;` and the rows behind it, as pg_dump does",
        ),
        (
            "a;\n\\.",
            "2:1: \\.",
            "it ends the rows of a `COPY ... FROM stdin;`, and there is none before it",
        ),
        ("\\ir x.sql", "1:1: \\ir", "put the text of that file here"),
        ("\\restricted abc", "1:1: \\restricted", "take it out"),
        ("a \\restrict abc", "1:3: \\restrict", "take it out"),
        ("select 1 \\gexec", "1:10: \\gexec", "take it out"),
    ] {
        assert_eq!(problem(text, &DOLLAR), format!("{place} {command}; {advice}"));
    }
    check(
        &DOLLAR,
        &[("--\n\\restrict aB1\n\nx;\r\n\\unrestrict aB1\r\n\\restrict c\ny;", &["x", "y"])],
    );
    check(
        &DOLLAR,
        &[
            ("copy t from 'stdin';b", &["copy t from 'stdin'", "b"]),
            ("copy t to stdout;b", &["copy t to stdout", "b"]),
            ("select a from stdin;b", &["select a from stdin", "b"]),
            ("copy (select stdin from t) to '/x';b", &["copy (select stdin from t) to '/x'", "b"]),
            ("copy (select 1 from stdin) to '/x';b", &["copy (select 1 from stdin) to '/x'", "b"]),
            ("select 1; copy t (a, b) to '/x';b", &["select 1", "copy t (a, b) to '/x'", "b"]),
        ],
    );
    for (text, place, advice) in [
        ("a;\n\\. x.sql\n", "2:1: \\.", "put the text of that file here"),
        ("SOURCE x.sql;", "1:1: SOURCE", "put the text of that file here"),
        ("a\\G\nb", "1:2: \\G", "write a semicolon in its place"),
        ("a;\nsystem ls", "2:1: system", "take it out"),
        ("a; \\! ls", "1:4: \\!", "take it out"),
        ("a \\Nb;", "1:3: \\Nb", "take it out"),
    ] {
        assert_eq!(problem(text, &BACKSLASH), format!("{place} {command}; {advice}"));
    }
    for (text, place, advice) in [
        (".mode csv\na;", "1:1: .mode", "take it out"),
        ("a;\n.read x.sql;", "2:1: .read", "put the text of that file here"),
    ] {
        assert_eq!(problem(text, &BRACKET), format!("{place} {command}; {advice}"));
    }
    check(&BACKSLASH, &[("select \\N, '\\G';a source;b", &["select \\N, '\\G'", "a source", "b"])]);
    check(
        &BRACKET,
        &[("select .5; a .b", &["select .5", "a .b"]), ("\\connect db", &["\\connect db"])],
    );
    for comment in ["-- a\rb;", "# a\rb", "a -- b\r-- c\r\n"] {
        assert!(
            problem(comment, &BACKSLASH).ends_with("save the file with line feeds"),
            "{comment:?}"
        );
    }
    check(&BACKSLASH, &[("-- a\r\nb;/* c\rd */'e\rf'", &["b", "'e\rf'"])]);
    check(&DOLLAR, &[("-- a\rb;", &["b"])]);
}

/// The rows of a COPY are data, whatever is in them.
#[test]
#[allow(clippy::too_many_lines)] // a table
fn rows_that_follow_a_copy() {
    fn rows(script: &str) -> Vec<(&str, Option<(&str, u32)>)> {
        let items = split(script, &DOLLAR).unwrap_or_else(|error| panic!("{error}\n{script}"));
        let each = items.into_iter().map(|item| match item {
            Item::Statement(it) => (it.text, it.data.map(|data| (data.text, data.line))),
            Item::Run { name, .. } => (name, None),
        });
        each.collect()
    }
    for (script, expected) in [
        ("copy t from stdin;\n\\.\n", vec![("copy t from stdin", Some(("", 2)))]),
        (
            "a;\nCOPY s.\"t\" (a, \"from\") FROM /* ; */ STDIN WITH (FORMAT csv) ;  \n1,'\n2;\n\\.\nb;",
            vec![
                ("a", None),
                (
                    "COPY s.\"t\" (a, \"from\") FROM /* ; */ STDIN WITH (FORMAT csv)",
                    Some(("1,'\n2;\n", 3)),
                ),
                ("b", None),
            ],
        ),
        (
            "copy t from stdin where a > 1;\r\n-- ambix: run f\r\n\\restrict\r\n$a$\r\n\\.\r\nb",
            vec![
                (
                    "copy t from stdin where a > 1",
                    Some(("-- ambix: run f\r\n\\restrict\r\n$a$\r\n", 2)),
                ),
                ("b", None),
            ],
        ),
        // Only a line of its own ends them.
        (
            "copy t from stdin;\n\\. \n x\\.\n\\\\.\n\\.\ncopy t from stdin;\n\n\\.",
            vec![
                ("copy t from stdin", Some(("\\. \n x\\.\n\\\\.\n", 2))),
                ("copy t from stdin", Some(("\n", 7))),
            ],
        ),
    ] {
        assert_eq!(rows(script), expected, "{script}");
        let joined: String = split(script, &DOLLAR)
            .unwrap()
            .iter()
            .map(|item| match item {
                Item::Statement(it) => it.for_client() + "\n",
                Item::Run { name, .. } => format!("-- ambix: run {name}\n"),
            })
            .collect();
        let texts = |all: Vec<(&str, Option<(&str, u32)>)>| -> Vec<(String, Option<String>)> {
            let each = all.into_iter();
            each.map(|(sql, data)| (sql.to_owned(), data.map(|data| data.0.to_owned()))).collect()
        };
        assert_eq!(texts(rows(&joined)), texts(rows(script)), "{joined}");
    }
    for (script, expected) in [
        ("a;\n copy t from stdin", "2:2: this COPY reads rows from the client, and none follow: "),
        ("a; copy t from stdin;  \n", "1:4: this COPY reads rows from the client"),
        (
            "copy t from stdin;\n1",
            "2:1: unterminated data of a COPY: a line with only \\. must end them",
        ),
        ("copy t from stdin;\n1\n\\ .\n", "2:1: unterminated data of a COPY: "),
        (
            "copy t from stdin; -- rows\n1\n\\.\n",
            "1:20: the data of a COPY begin on the line after it",
        ),
        ("copy t from stdin; b;\n1\n\\.\n", "1:20: the data of a COPY begin on the line after it"),
    ] {
        let problem = problem(script, &DOLLAR);
        assert!(problem.starts_with(expected), "{problem}\n{script}");
    }
    // An edit of white space in rows is no edit of white space.
    let of = |script: &'static str| -> Vec<&str> {
        let code = tokens(script, &DOLLAR).filter(|token| token.kind != TokenKind::Comment);
        code.map(|token| token.text).collect()
    };
    assert_eq!(of("copy t\nfrom stdin;\na b\n\\.\n"), of("copy t from stdin;\na b\n\\.\n--"));
    assert_ne!(of("copy t from stdin;\na b\n\\.\n"), of("copy t from stdin;\na\tb\n\\.\n"));
    assert_eq!(
        split("copy t from stdin;\n1", &BACKSLASH).unwrap().len(),
        2,
        "elsewhere it is nothing"
    );
}

#[test]
fn places() {
    let script = "\u{feff}/* ü */ ä;\r\n\r\n  b\nx; c;\n-- ambix: run f\n";
    let items = split(script, &DOLLAR).unwrap();
    let mut places = Vec::new();
    for item in &items {
        match *item {
            Item::Statement(Statement { text, start, line, column, .. }) => {
                assert_eq!(&script[start..start + text.len()], text);
                assert_eq!(line_column(script, start), (line, column));
                places.push((line, column));
            }
            Item::Run { line, start, .. } => places.push((line, line_column(script, start).1)),
        }
    }
    assert_eq!(places, [(1, 9), (3, 3), (4, 4), (5, 1)]);

    assert_eq!(line_column("", 0), (1, 1));
    assert_eq!(line_column("aü\nb", 3), (1, 3));
    assert_eq!(line_column("aü\nb", 2), (1, 2), "inside a character");
    assert_eq!(line_column("aü\nb", 4), (2, 1));
    assert_eq!(line_column("aü\nb", 99), (2, 2));
    assert_eq!(line_column("a\rb\r\nc", 3), (1, 4));
    assert_eq!(byte_of_char("aüb", 2), 3);
    assert_eq!(byte_of_char("aüb", 3), 4);
    assert_eq!(byte_of_char("aüb", 9), 4);
}

#[test]
fn run_points() {
    for syntax in &ALL {
        let script = "-- ambix: run first\n--ambix:run second\na;  -- ambix:  RUN  third \r\nb;\n-- ambix: run fourth";
        check(
            syntax,
            &[(script, &["run first", "run second", "a", "run third", "b", "run fourth"])],
        );
        check(
            syntax,
            &[("a '\n-- ambix: run f\n'; /*\n-- ambix: run g\n*/", &["a '\n-- ambix: run f\n'"])],
        );
        check(syntax, &[("-- ambix: runs f\n-- not ambix: run f\n-- ambix run f\na", &["a"])]);
    }
    assert_eq!(
        problem("a;\nb\n-- ambix: run f\n", &BRACKET),
        "3:1: this run point is inside a statement: is there a terminator before it?"
    );
    assert_eq!(problem("-- ambix: run", &BRACKET), "1:1: this run point names no function");
    assert_eq!(
        problem("-- ambix: run f g", &BRACKET),
        "1:1: this run point names more than one function"
    );
}

fn plain<'t>(directives: &[Directive<'t>]) -> Vec<(&'t str, &'t str, u32)> {
    directives
        .iter()
        .map(|directive| (directive.keyword, directive.value, directive.line))
        .collect()
}

#[test]
fn directives() {
    let script = "\u{feff}-- a licence\r\n/* -- ambix: labels no\n*/ -- ambix: revision a1\r\n\r\n\
        --ambix:parents 1, 2  \n# other\n--Ambix:\tirreversible because  of x\n-- ambix: run f\n-- ambix:\n\
        -- no-transaction, please\nselect '\n-- ambix: labels no';\n-- ambix: labels late\n\
        -- ambix: run g\n-- no-transaction\n-- ambix: transaction none\n";
    let head = [
        ("revision", "a1", 3),
        ("parents", "1, 2", 5),
        ("irreversible", "because  of x", 7),
        ("", "", 9),
        ("transaction", "none", 10),
    ];
    assert_eq!(plain(&header(script)), head);
    for syntax in [&DOLLAR, &BRACKET, &BACKSLASH] {
        let late = late_directives(&script.replace("# other", ""), syntax).len();
        assert_eq!(late, 2);
    }
    let late = [("labels", "late", 13), ("transaction", "none", 16)];
    assert_eq!(plain(&late_directives(script, &BACKSLASH)), late);

    assert_eq!(plain(&header("")), []);
    assert_eq!(plain(&header("/* open")), []);
    assert_eq!(plain(&header("-- ambix")), []);
    assert_eq!(plain(&header("/*! code */\n-- ambix: labels x")), []);
    // Nested and other comments are both passed over.
    assert_eq!(plain(&header("/* /* */ */\n-- ambix: labels x")), [("labels", "x", 2)]);
    assert_eq!(plain(&header("/* /* */\n-- ambix: labels x")), [("labels", "x", 2)]);
    // A directive that the head lost is late, wherever it stands.
    assert_eq!(
        plain(&late_directives("/*! */\n-- ambix: labels x", &DOLLAR)),
        [("labels", "x", 2)]
    );
    assert_eq!(
        plain(&late_directives("-- ambix: labels x\na; -- ambix: labels y", &DOLLAR)),
        [("labels", "y", 2)]
    );
}

#[test]
fn token_kinds() {
    use TokenKind::{Comment, Number, QuotedName, Symbol, Text, Word};
    assert_eq!(
        kinds("a1$ \"b\" E'c' $$d$$ 1.5e-3 0x1F $1 <->/* e */- 'f'--g", &DOLLAR),
        [
            (Word, "a1$"),
            (QuotedName, "\"b\""),
            (Text, "E'c'"),
            (Text, "$$d$$"),
            (Number, "1.5e-3"),
            (Number, "0x1F"),
            (Symbol, "$1"),
            (Symbol, "<->"),
            (Comment, "/* e */"),
            (Symbol, "-"),
            (Text, "'f'"),
            (Comment, "--g"),
        ]
    );
    assert_eq!(
        kinds("(a,b);x::y[1]", &DOLLAR).iter().map(|token| token.1).collect::<Vec<_>>(),
        ["(", "a", ",", "b", ")", ";", "x", "::", "y", "[", "1", "]"]
    );
    assert_eq!(
        kinds("`a` \"b\" @c:=d /*! e */ #f", &BACKSLASH),
        [
            (QuotedName, "`a`"),
            (Text, "\"b\""),
            (Symbol, "@"),
            (Word, "c"),
            (Symbol, ":="),
            (Word, "d"),
            (Symbol, "/*! e */"),
            (Comment, "#f"),
        ]
    );
    assert_eq!(kinds("[a b].c", &BRACKET), [(QuotedName, "[a b]"), (Symbol, "."), (Word, "c")]);
}
