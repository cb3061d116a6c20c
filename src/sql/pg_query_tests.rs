//! The splitter against the parser of a real server, which the crate pg_query carries: on scripts by hand, and on
//! generated ones.
//!
//! Building that parser takes a minute and a half and needs libclang, so only the package `tests/splitter` builds these
//! tests. `AMBIX_TEST_SEEDS` is how many scripts are generated.

use pg_query::{ParserOptions, parse, split_with_scanner};

use super::property_tests::Random;
use super::tests::{DOLLAR, texts};
use super::{Item, split};

/// The statements as the server's grammar finds them.
fn parsed(script: &str) -> Vec<String> {
    let result = parse(script, ParserOptions::default())
        .unwrap_or_else(|error| panic!("{error} in {script}"));
    let span = |start: i32, length: i32| {
        let start = usize::try_from(start).unwrap();
        let end = if length == 0 { script.len() } else { start + usize::try_from(length).unwrap() };
        &script[start..end]
    };
    result.protobuf.stmts.iter().map(|stmt| tidy(span(stmt.stmt_location, stmt.stmt_len))).collect()
}

/// The text without what stands around the statement: the grammar counts leading blanks, trailing blanks, and
/// comments to it.
fn tidy(text: &str) -> String {
    let mut own = texts(text, &DOLLAR);
    assert_eq!(own.len(), 1, "one statement as the server has it: {text}");
    own.pop().unwrap()
}

#[track_caller]
fn compare(script: &str) {
    let own = texts(script, &DOLLAR);
    assert_eq!(own, parsed(script), "the grammar finds others in {script}");
}

#[test]
fn scripts_by_hand() {
    for script in [
        "select 1",
        ";;select 1;;",
        "-- only a comment",
        "select 1; -- c\nselect 2 /* ; */; /* d */",
        "select $$;$$, $a$ $$;$$ $a$; select a$b$c from a$b$c;",
        "select E'\\';', e'a'\n'\\';', '\\';select 1",
        "select E'a' -- x;'\n\n  '\\';';select 2",
        "select U&'d\\0061t', U&\"d\\0061t\", N'a', B'01', X'1F';select 2",
        "select 'a;b', \"c;d\", 'e''f;', \"g\"\"h;\" from t;select 2",
        "select /* /* ; */ ; */ 1; select /* a */* 2 from t",
        "select 1 -- a\r; select 2",
        "select 5.e1, .5, 0x1F, 1_000, 1e-5; select a[1:2], a->>'b', a#>>'{c}', @-5 from t",
        "prepare p as select $1; select 1",
        "create table größe (a int, \"ü;\" text default ';'); select größe from größe",
        "create function f(a int) returns int begin atomic select case when a > 1 then 2 else 3 end; select 4; end; select 1",
        "create or replace procedure p() begin atomic insert into t values (1); delete from t; end;\nselect 1;",
        "create function f() returns int begin atomic end; select 2",
        "create function f() returns int begin atomic select 1 as end; select t.end from t; select 1 end; end; select 2",
        "create function f() returns int begin atomic select case when true then case 1 when 1 then 2 end end end; end; select 2",
        "create function f() returns int return case when true then 1 end; select 2",
        "create function f() returns trigger language plpgsql as $f$ begin new.a := 1; return new; end; $f$; select 1",
        "create rule r as on insert to t do also (insert into a values (1); delete from b;); select 1",
        "create rule r as on insert to t do instead (select 1; ;select 2); select 1",
        "do $do$ begin if true then perform 1; end if; end $do$ language plpgsql; do 'begin; end'; select 1",
        "create schema s create table t (a int) create view v as select 1; select 2",
        "create table t (a int generated always as identity, b text collate \"C\", check (a > 0)); comment on table t is 'it''s; a';",
        "create unique index concurrently if not exists i on t using btree (lower(a), (b->>'c')) where a <> ';'; analyze t",
        "alter table t add constraint c foreign key (a) references u (b) on delete cascade not valid; alter table t validate constraint c",
        "begin; insert into t values (1, ';'), (2, $$;$$); commit; end; rollback to a; begin isolation level serializable",
        "create operator === (leftarg = box, rightarg = box, function = f, commutator = ===); select a <-> b, a |/ 2, a !~~* b",
        "copy t from '/tmp/x;' with (format csv, delimiter ';', quote '\"'); copy t to stdout",
        "select 1::text, a[1], (b).c, :=  from t",
        "grant select on all tables in schema public to a; revoke all on t from b; set search_path to a, b;",
        "create trigger t after insert or update of a on u for each row when (new.a <> ';') execute function f(); select 1",
        "merge into t using s on t.a = s.a when matched then update set b = 1 when not matched then insert values (1); select 1",
        "with a as (insert into t values (1) returning *), b as (select ';') select * from a, b; table t; values (1), (2)",
        "select 1; \u{a0} select 2",
    ] {
        if parse(script, ParserOptions::default()).is_ok() {
            compare(script);
        } else {
            // What the grammar does not take, its lexer may.
            let own: Vec<_> = texts(script, &DOLLAR);
            let theirs =
                split_with_scanner(script).unwrap_or_else(|error| panic!("{error} in {script}"));
            let theirs: Vec<_> = theirs.into_iter().map(tidy).collect();
            assert_eq!(own, theirs, "the lexer finds others in {script}");
        }
    }
}

#[test]
fn generated_scripts() {
    let count = std::env::var("AMBIX_TEST_SEEDS").map_or(3_000, |text| text.parse().unwrap());
    for seed in 1..=count {
        let script = Generator::new(seed).script();
        let result = std::panic::catch_unwind(|| compare(&script));
        assert!(result.is_ok(), "seed {seed}: {script}");
    }
}

/// Arbitrary characters: where the server's lexer takes them, we do so and find the same statements; and where it
/// finds something unterminated, so do we.
#[test]
fn generated_garbage() {
    let mut compared = 0;
    for seed in 1..=30_000 {
        let script = Generator::new(seed).garbage();
        match (split_with_scanner(&script), split(&script, &DOLLAR)) {
            (Ok(theirs), Ok(own)) => {
                let theirs: Vec<_> = theirs
                    .into_iter()
                    .map(|text| texts(text, &DOLLAR))
                    .filter(|own| !own.is_empty())
                    .collect();
                assert!(
                    theirs.iter().all(|own| own.len() == 1),
                    "seed {seed}: {theirs:?} in {script}"
                );
                let own: Vec<_> = own.iter().map(text).collect();
                assert_eq!(own, theirs.concat(), "seed {seed}: {script}");
                compared += 1;
            }
            (Ok(_), Err(error)) => {
                let known = ["parenthesis", "client, not SQL", "BEGIN"];
                let known = known.iter().any(|problem| error.problem.contains(problem));
                assert!(known, "seed {seed}: only we say {error} in {script}");
            }
            (Err(error), Ok(_)) => {
                let unterminated = error.to_string().contains("unterminated");
                assert!(!unterminated, "seed {seed}: only they say {error} in {script}");
            }
            (Err(_), Err(_)) => {}
        }
    }
    assert!(compared > 3_000, "only {compared} scripts were compared");
}

fn text(item: &Item<'_>) -> String {
    match item {
        Item::Statement(statement) => statement.text.to_owned(),
        Item::Run { name, .. } => (*name).to_owned(),
    }
}

/// A seeded generator of scripts.
struct Generator(Random);

impl Generator {
    fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    fn pick(&mut self, from: &[&str]) -> String {
        self.0.pick(from).to_owned()
    }

    fn garbage(&mut self) -> String {
        const PIECES: [&str; 40] = [
            "'",
            "'",
            "\"",
            "$$",
            "$a$",
            "$",
            "$1",
            "E'",
            "U&'",
            "U&\"",
            "e",
            "\\",
            "\\'",
            "; select ",
            "; select ",
            "; select ",
            " ",
            "\n",
            "\r",
            "--",
            "/*",
            "*/",
            "-",
            "/",
            "*",
            "(",
            "(;)",
            "a",
            "ü",
            "1",
            ".",
            "1.e5",
            "begin",
            "case",
            "end",
            "x'",
            "[",
            "#",
            "@-",
            "a$b",
        ];
        // The server's scanner overlooks a statement without a keyword, and all behind a lone `)`.
        let pieces = (0..self.below(14) + 2).map(|_| self.pick(&PIECES));
        format!("select {}", pieces.collect::<String>())
    }

    fn script(&mut self) -> String {
        let mut script = self.pick(&["", "", "\n", "-- head;\n", "/* ' */ ;;", ";"]);
        for _ in 0..=self.below(4) {
            script += &self.statement();
            script += &self.blank();
            script += &self.pick(&[";", ";", ";;", "; ;\n", ";-- '\n", ";/* $$ */"]);
        }
        if self.below(3) == 0 {
            script += &self.statement();
            script += &self.pick(&["", " ", "--", "-- ;", "\n/* ; */"]);
        }
        script
    }

    fn blank(&mut self) -> String {
        self.pick(&[
            " ",
            " ",
            " ",
            "\n",
            "\t",
            "\r\n",
            " /* ; */ ",
            " /* /* ' */ \" $$ */",
            " -- ;'\n",
            " --\r",
            "/**/ ",
        ])
    }

    fn words(&mut self, words: &[&str]) -> String {
        words.iter().map(|word| format!("{word}{}", self.blank())).collect()
    }

    fn literal(&mut self) -> String {
        self.pick(&[
            "1",
            "1.5e-3",
            "'a;'",
            "'it''s;'",
            "'\\'",
            "''",
            "E'\\';'",
            "e'\\\\'",
            "E'a'\n'\\';'",
            "E'a' -- ';\n '\\''",
            "'a'\n';'",
            "N'a;'",
            "B'01'",
            "X'1F'",
            "U&'\\0061;'",
            "$$;$$",
            "$a$;$$;$b$$a$",
            "$ü$'\"--/*$ü$",
            "$x$ $x $x$",
            "null",
            "'--'",
            "'/*'",
            "'$$'",
        ])
    }

    fn name(&mut self) -> String {
        self.pick(&[
            "a",
            "t.end",
            "a$b$c",
            "\"a;b\"",
            "\"q\"\"r\"",
            "ü",
            "U&\"\\0061;\"",
            "\"$$\"",
            "\"--\"",
            "begin",
            "_1",
        ])
    }

    fn expression(&mut self, depth: u32) -> String {
        let kind = self.below(if depth == 0 { 2 } else { 10 });
        if kind == 0 {
            return self.literal();
        }
        if kind == 1 {
            return self.name();
        }
        let (a, b, c) =
            (self.expression(depth - 1), self.expression(depth - 1), self.expression(depth - 1));
        let gap = self.blank();
        match kind {
            2 => format!("({a}{gap}+ {b})"),
            3 => format!("f({a},{gap}{b})"),
            4 => format!("case{gap}when {a} then {b} else {c} end"),
            5 => format!("case {a} when {b} then{gap}{c} end"),
            6 => format!("array[{a}, {b}]{gap}"),
            7 => format!("(select {a}{gap}as end)"),
            8 => format!("(x)[1]{gap}->>{a}"),
            _ => format!("({a})::text{gap}<-> {b}"),
        }
    }

    fn simple(&mut self) -> String {
        let (e, f) = (self.expression(3), self.expression(2));
        let gap = self.blank();
        match self.below(6) {
            0 => format!("insert into t values ({e},{gap}{f})"),
            1 => format!("update t set a = {e}{gap}where {f}"),
            2 => format!("delete from t{gap}where {e}"),
            3 => format!("select {e} as case, {f} as end{gap}"),
            4 => format!("select{gap}({e}) end, {f}"),
            _ => format!("select {e}{gap}as a, {f} from t"),
        }
    }

    fn statement(&mut self) -> String {
        let kind = self.below(14);
        let statements: Vec<String> = (0..self.below(4)).map(|_| self.simple()).collect();
        let list =
            statements.iter().map(|text| format!("{text};{}", self.blank())).collect::<String>();
        let create = self.words(&["create", "or", "replace"]);
        match kind {
            0 => format!(
                "{create}function f(begin int) returns int begin{}atomic {list}end",
                self.blank()
            ),
            1 => {
                format!("{create}procedure p() language sql{}begin atomic {list}end", self.blank())
            }
            2 => format!("{create}function f() returns int return {}", self.expression(3)),
            3 => format!(
                "{create}function f() returns int as $f$ begin {list} end $f$ language plpgsql"
            ),
            4 => format!("do $_$ begin {} end $_$", list.replace("$_$", "")),
            5 => format!("{create}rule r as on insert to t do also ({list} select 1)"),
            6 => format!(
                "create table t (a int default {}, b int)",
                self.expression(1).replace("t.end", "1")
            ),
            7 => self.words(&["begin"]),
            8 => self.words(&["end"]),
            9 => format!(
                "comment on table t is{}{}",
                self.blank(),
                self.pick(&["'a;'", "$$;$$", "E'\\';'", "null"])
            ),
            _ => self.simple(),
        }
    }
}
