//! Reads the sources: the invariants of ARCHITECTURE.md, each a rule here. `each_rule_can_fail` shows each rule a breach.
#![cfg(test)] // Beside its tests the package has nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

#[path = "tidy/english.rs"]
mod english;
#[path = "tidy/voice.rs"]
mod voice;

const DATABASES: [&str; 3] = ["mysql", "postgres", "sqlite"];

/// A module may use those of a lower level, and its own. One line for each module at the top of `src`.
const LEVELS: &[(&str, u8)] = &[
    ("checksum", 0),
    ("hash_functions", 0),
    ("process", 0),
    ("random", 0),
    ("sql", 0),
    ("url", 0),
    ("schema", 0),
    ("timestamp", 0),
    ("error", 1),
    ("note", 1),
    ("change", 2),
    ("migration", 2),
    ("graph", 3),
    ("source", 3),
    ("sum", 4),
    ("database", 4),
    ("draft", 5),
    ("lint", 5),
    ("authoring", 5),
    ("run", 5),
    ("measure", 6),
    ("preflight", 6),
    ("migrator", 7),
    ("testkit", 8),
    ("cli", 9),
];

/// The same for the files of the run pipeline.
const RUN_LEVELS: &[(&str, u8)] = &[
    ("history", 0),
    ("plan", 1),
    ("quick", 1),
    ("rehearsal", 1),
    ("function", 2),
    ("prepare", 3),
    ("batch", 2),
    ("fitting", 4),
    ("report", 4),
    ("event", 5),
    ("queue", 6),
    ("execute", 6),
    ("transaction", 7),
    ("unwritten", 7),
    ("guard", 7),
    ("recovery", 8),
    ("engines", 9),
    ("non_transactional", 10),
    ("script", 5),
];

/// What only thinks. In a folder that is named here, so does each new file.
const PURE: &[&str] = &[
    "src/authoring/header.rs",
    "src/authoring/name.rs",
    "src/authoring/rebase.rs",
    "src/authoring/slug.rs",
    "src/authoring/squash.rs",
    "src/authoring/squash_sides.rs",
    "src/authoring/template.rs",
    "src/change/",
    "src/checksum.rs",
    "src/draft/",
    "src/error/",
    "src/graph/",
    "src/hash_functions.rs",
    "src/lint/",
    "src/migration.rs",
    "src/migrator/adopt/matching.rs",
    "src/migrator/adopt/tool.rs",
    "src/note.rs",
    "src/preflight/",
    "src/run/",
    "src/schema/",
    "src/source/markers.rs",
    "src/source/name.rs",
    "src/source/two_sided.rs",
    "src/sql/",
    "src/sum.rs",
    "src/timestamp.rs",
    "src/url.rs",
];

/// What of these folders talks to a database, and one file that has the words of Rust in it.
const TALKS: &[&str] = &[
    "src/draft/rust_names.rs",
    "src/draft/scratch.rs",
    "src/preflight/checks/",
    "src/preflight/context.rs",
    "src/run/engines.rs",
    "src/run/execute.rs",
    "src/run/guard.rs",
    "src/run/non_transactional.rs",
    "src/run/recovery.rs",
    "src/run/transaction.rs",
];

/// Where a file is opened.
const FILES: &[&str] = &[
    "src/source/disk.rs",
    "src/source/mod.rs",
    "src/source/replace.rs",
    "src/source/schema.rs",
    "src/source/write.rs",
    "src/process.rs",
    "src/database/sqlite/lock.rs",
    "src/database/sqlite/server.rs",
    "src/database/sqlite/testkit/mod.rs",
    "src/database/testkit/files.rs",
    "src/testkit/server.rs",
];

/// Panics that no input and no I/O can cause: file, macro or method, how often, why.
const PANICS: [(&str, &str, usize, &str); 9] = [
    ("src/testkit/run.rs", "panic!(", 2, "a test has no other way to say what went wrong"),
    ("src/testkit/faults/data.rs", "assert_eq!(", 1, "a test kit is there to fail"),
    ("src/testkit/faults/faulty.rs", "panic!(", 1, "a test kit is there to fail"),
    ("src/testkit/checks/mod.rs", "panic!(", 1, "a check that is a test fails with a panic"),
    (
        "src/testkit/snapshot/mod.rs",
        "panic!(",
        2,
        "an assertion fails with a panic, in the user's own code",
    ),
    (
        "src/database/sql_file.rs",
        "panic!(",
        1,
        "only while the crate compiles: a section that is missing stops the build",
    ),
    (
        "src/database/sqlx_session.rs",
        ".expect(",
        1,
        "a session is consumed by its close, so that nobody can use it afterwards",
    ),
    (
        "src/run/non_transactional.rs",
        "unreachable!(",
        1,
        "the one caller has sent these units another way",
    ),
    (
        "src/run/transaction.rs",
        "unreachable!(",
        1,
        "with a function in it the transaction is the driver's",
    ),
];

/// Files that are longer than others may be; the number may only become smaller.
const LONG_FILES: [(&str, usize); 0] = [];
const LINES: usize = 600;
const COLUMNS: usize = 140;

/// One file of the library.
struct Source {
    path: String,
    text: String,
    /// Without comments and without `mod tests { ... }`, line by line as in the file.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let code = without_tests(&without_comments(text));
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// Says where the code has one of these.
    fn find(&self, needles: &[&str], problem: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (at, line) in self.code.lines().enumerate() {
            for needle in needles.iter().filter(|needle| contains_word(line, needle)) {
                found.push(format!("{}:{}: {needle}: {problem}", self.path, at + 1));
            }
        }
        found
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder, as paths from the root.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn sources_in(folder: &str) -> Vec<Source> {
    let rust = files(folder)
        .into_iter()
        .filter(|path| Path::new(path).extension().is_some_and(|e| e == "rs"));
    rust.map(|path| Source::new(&path, &read(&path))).collect()
}

fn sources() -> Vec<Source> {
    let all = sources_in("src");
    assert!(all.len() > 40, "the sources are not where they were");
    all
}

/// The same text with blanks for comments. Strings stay.
fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let (length, is_comment) = token(rest, sign);
        let (token, after) = rest.split_at(length);
        if is_comment {
            code.extend(token.chars().filter(|c| *c == '\n'))
        } else {
            code.push_str(token)
        }
        rest = after;
    }
    code
}

/// The length of what a text begins with: a comment, a string, a character, or one sign of anything else.
fn token(text: &str, sign: char) -> (usize, bool) {
    let until = |end: &str, from: usize| {
        text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
    };
    if text.starts_with("//") {
        return (until("\n", 0).saturating_sub(1).max(2), true);
    }
    if text.starts_with("/*") {
        return (until("*/", 2), true);
    }
    if let Some(hashes) =
        text.strip_prefix('r').map(|raw| raw.len() - raw.trim_start_matches('#').len())
        && text[1 + hashes..].starts_with('"')
    {
        return (until(&format!("\"{}", "#".repeat(hashes)), hashes + 2), false);
    }
    let closed = |quote: char| {
        let mut escaped = false;
        let end = text.char_indices().skip(1).find(|&(_, c)| {
            let ends = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        end.map_or(text.len(), |(at, _)| at + 1)
    };
    let is_char =
        sign == '\'' && (text[1..].starts_with('\\') || text.chars().nth(2) == Some('\''));
    match sign {
        '"' => (closed('"'), false),
        '\'' if is_char => (closed('\''), false),
        // A word at once, so that the r of `for"` begins no string.
        c if c.is_alphanumeric() => {
            (text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len()), false)
        }
        c => (c.len_utf8(), false),
    }
}

/// Empty lines for the test module at the end of a file.
fn without_tests(code: &str) -> String {
    let Some(start) = code.find("#[cfg(test)]\nmod tests {") else { return code.to_owned() };
    let end = code[start..].find("\n}").map_or(code.len(), |at| start + at + 2);
    let lines = "\n".repeat(code[start..end].matches('\n').count());
    format!("{}{lines}{}", &code[..start], &code[end..])
}

/// Whether a line has a word that is not a part of a longer one. Signs around a needle of signs do not matter.
fn contains_word(line: &str, needle: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(needle).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + needle.len()..]);
        let glued_before = needle.starts_with(is_part) && before.ends_with(is_part);
        let glued_after = needle.ends_with(is_part) && after.starts_with(is_part);
        !glued_before && !glued_after
    })
}

/// The modules that stand behind a prefix such as `crate::`, alone or in braces.
fn used(code: &str, prefix: &str) -> BTreeSet<String> {
    let word = |text: &str| {
        text.trim_start()
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()
            .map(str::to_owned)
    };
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|c: char| c == '$' || c == ':' || c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.extend(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut item = String::new();
        for c in group.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => found.extend(word(&std::mem::take(&mut item))),
                c => {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    item.push(c);
                }
            }
        }
        found.extend(word(&item));
    }
    found.remove("");
    found
}

// --- The rules for one file

fn names_a_database(source: &Source) -> Vec<String> {
    // lib.rs has the names of the features, and a rule of the linter says which databases it concerns.
    if source.is_in(&["src/database/", "src/lib.rs", "src/lint/"]) || source.is_test() {
        return Vec::new();
    }
    let lower =
        Source { code: source.code.to_lowercase(), path: source.path.clone(), text: String::new() };
    lower.find(
        &["postgres", "postgresql", "pg", "mysql", "mariadb", "sqlite"],
        "only src/database/ names a database",
    )
}

fn names_sqlx(source: &Source) -> Vec<String> {
    // The names of chapters are no code.
    let talks = source.path.ends_with("/session.rs")
        || source.is_in(&[
            "src/database/sqlx_session.rs",
            "src/database/connector.rs",
            "src/database/connect.rs",
            "src/database/testkit/pool.rs",
            "src/_docs.rs",
        ])
        || source.is_test();
    if talks {
        Vec::new()
    } else {
        // The word alone may also mean the tool of that name, whose migrations we take over.
        source.find(
            &["sqlx::", "use sqlx;", "use sqlx as"],
            "only session.rs, sqlx_session.rs, connector.rs, connect.rs and the kit's pool.rs name the driver",
        )
    }
}

fn thinks_without_io(source: &Source) -> Vec<String> {
    let dialect = source.path.starts_with("src/database/")
        && DATABASES.iter().any(|name| {
            ["mod", "probe", "drafting", "types"]
                .iter()
                .any(|file| source.path.ends_with(&format!("/{name}/{file}.rs")))
                || ["inspect", "render"]
                    .iter()
                    .any(|folder| source.path.contains(&format!("/{name}/{folder}/")))
        });
    let is_pure = source.is_in(PURE) && !source.is_in(TALKS);
    if !(is_pure || dialect) || source.is_test() {
        return Vec::new();
    }
    source.find(
        &["std::fs", "std::net", "std::env", "std::io", "tokio", "async", "await"],
        "this part does no I/O",
    )
}

fn opens_files(source: &Source) -> Vec<String> {
    if source.is_in(FILES) || source.is_test() {
        return Vec::new();
    }
    // A command line is what the environment and the arguments are for.
    let needles: &[&str] =
        if source.path.starts_with("src/cli/") { &["fs"] } else { &["fs", "std::env"] };
    source.find(
        needles,
        "only source, process, the file lock and the database file use the file system",
    )
}

fn imports_downwards(source: &Source) -> Vec<String> {
    let Some(module) = source
        .path
        .strip_prefix("src/")
        .filter(|path| !["lib.rs", "main.rs", "_docs.rs"].contains(path))
    else {
        return Vec::new();
    };
    if source.is_test() {
        return Vec::new();
    }
    let mut parts = module.trim_end_matches(".rs").split('/');
    let top = parts.next().unwrap_or_default();
    let mut problems = check_levels(source, top, LEVELS, &used(&source.code, "crate::"));
    if let ("run", Some(file)) = (top, parts.next())
        && file != "mod"
    {
        problems.extend(check_levels(source, file, RUN_LEVELS, &used(&source.code, "super::")));
        problems.extend(check_levels(
            source,
            file,
            RUN_LEVELS,
            &used(&source.code, "crate::run::"),
        ));
    }
    problems
}

fn check_levels(
    source: &Source,
    module: &str,
    levels: &[(&str, u8)],
    uses: &BTreeSet<String>,
) -> Vec<String> {
    let level =
        |name: &str| levels.iter().find(|(known, _)| *known == name).map(|(_, level)| *level);
    let Some(own) = level(module) else {
        return vec![format!(
            "{}: {module} has no level: give it one in tests/tidy.rs and ARCHITECTURE.md",
            source.path
        )];
    };
    let wrong = uses.iter().filter(|name| *name != module).filter_map(|name| match level(name) {
        Some(other) if other < own => None,
        Some(other) => {
            Some(format!("{}: {module} (level {own}) uses {name} (level {other})", source.path))
        }
        None => Some(format!(
            "{}: {name} is not a module with a level: name the module that has it",
            source.path
        )),
    });
    wrong.collect()
}

fn panics(source: &Source) -> Vec<String> {
    if source.is_test() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for needle in [
        ".unwrap()",
        ".expect(",
        "panic!(",
        "unreachable!(",
        "todo!(",
        "unimplemented!(",
        "assert!(",
        "assert_eq!(",
    ] {
        let is = source.code.lines().filter(|line| contains_word(line, needle)).count();
        let allowed =
            PANICS.iter().find(|(path, what, ..)| *path == source.path && *what == needle);
        let allowed = allowed.map_or(0, |(_, _, times, _)| *times);
        if is != allowed {
            problems.push(format!(
                "{}: {needle} stands here {is} times; tests/tidy.rs allows {allowed}",
                source.path
            ));
        }
    }
    problems
}

fn is_too_long(source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    let limit =
        LONG_FILES.iter().find(|(path, _)| *path == source.path).map_or(LINES, |(_, lines)| *lines);
    let lines = source.text.lines().count();
    if lines >= limit {
        problems.push(format!("{} has {lines} lines; make a folder of it", source.path));
    }
    for (at, line) in source.text.lines().enumerate() {
        if line.chars().count() > COLUMNS {
            problems.push(format!("{}:{}: more than {COLUMNS} columns", source.path, at + 1));
        }
    }
    problems
}

/// An error may grow: its structs, and its variants with fields, are `#[non_exhaustive]`.
fn errors_may_grow(source: &Source) -> Vec<String> {
    if !source.path.starts_with("src/error/") || source.is_test() {
        return Vec::new();
    }
    let (mut problems, mut marked, mut in_enum) = (Vec::new(), false, false);
    for (at, line) in source.code.lines().enumerate() {
        let item = line.trim();
        let is_enum = line.starts_with("pub enum ");
        // Without public fields nobody else can make one or take it apart.
        let is_struct = line.starts_with("pub struct ") && line.ends_with('{') && {
            let mut fields = source.code.lines().skip(at + 1).take_while(|line| *line != "}");
            fields.any(|field| field.trim_start().starts_with("pub "))
        };
        let is_variant = in_enum
            && line.starts_with("    ")
            && !line.starts_with("     ")
            && item.ends_with('{');
        in_enum = is_enum || in_enum && line != "}";
        // An enum that can have no third value says so by its name here.
        let is_closed = is_enum && item.starts_with("pub enum Direction ");
        if (is_struct || is_enum || is_variant) && !marked && !is_closed {
            problems.push(format!("{}: `{item}` has no #[non_exhaustive]", source.path));
        }
        marked =
            item == "#[non_exhaustive]" || marked && (item.is_empty() || item.starts_with("#["));
    }
    problems
}

/// Where the rows of users' tables are read, whose columns the query has taken from the schema.
const ROWS_OF_USERS: &[&str] = &["src/draft/rows.rs", "src/preflight/checks/rows.rs"];

/// Where what the drivers bring becomes rows.
const ROWS_OF_DRIVERS: &[&str] =
    &["src/database/mysql/testkit/session.rs", "src/database/sqlx_session.rs"];

/// A row is read by the names of its columns, so that one more moves none of the others. `Row` has no other way but
/// `values_in_order`, and must not get one.
fn reads_columns_by_name(source: &Source) -> Vec<String> {
    let path = source.path.as_str();
    if source.is_test() {
        return Vec::new();
    }
    let mut by_place = Vec::new();
    if path == "src/database/row.rs" {
        by_place.extend(["Deref", "DerefMut", "Index"]);
    } else if !ROWS_OF_USERS.contains(&path) {
        by_place.push("values_in_order");
    }
    if !ROWS_OF_DRIVERS.contains(&path) {
        by_place.extend(["try_get", "try_get_unchecked", "get_unchecked"]);
    }
    source.find(&by_place, "a row is read by the names of its columns")
}

/// A rule says what it finds wrong in a file.
type Rule = fn(&Source) -> Vec<String>;

const RULES: [Rule; 9] = [
    names_a_database,
    names_sqlx,
    thinks_without_io,
    opens_files,
    imports_downwards,
    panics,
    is_too_long,
    errors_may_grow,
    reads_columns_by_name,
];

#[test]
fn each_file_keeps_the_rules() {
    let problems: Vec<String> = sources()
        .iter()
        .flat_map(|source| RULES.iter().flat_map(move |rule| rule(source)))
        .collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The derives name databases and sqlx's attributes, since users do; otherwise they are like the rest.
#[test]
fn the_macros_keep_the_rules() {
    let rules: [Rule; 2] = [panics, is_too_long];
    let sources = sources_in("macros/src");
    assert!(sources.len() > 5, "the macros are not where they were");
    let mut problems: Vec<String> =
        sources.iter().flat_map(|source| rules.iter().flat_map(move |rule| rule(source))).collect();
    for source in &sources {
        problems.extend(source.find(&["std::fs", "std::env", "std::net"], "a derive reads tokens"));
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn each_rule_can_fail() {
    let long = "// x\n".repeat(LINES);
    let wide = "x".repeat(COLUMNS + 1);
    let breaches: [(Rule, &str, &str); 25] = [
        (names_a_database, "src/run/plan.rs", "fn f() { g(\"MySQL\") }"),
        (names_a_database, "src/migrator/mod.rs", "use crate::database::postgres;"),
        (names_sqlx, "src/run/plan.rs", "use sqlx::Row;"),
        (names_sqlx, "src/database/mysql/probe.rs", "fn f() -> sqlx::Result<()> {}"),
        (thinks_without_io, "src/sql/lexer.rs", "use std::fs;"),
        (thinks_without_io, "src/graph/find.rs", "async fn f() {}"),
        (thinks_without_io, "src/run/prepare.rs", "fn f() { tokio::time::sleep(x) }"),
        (thinks_without_io, "src/database/mysql/mod.rs", "fn f() { g().await }"),
        (opens_files, "src/sum.rs", "fn f() { std::fs::read(x) }"),
        (opens_files, "src/run/execute.rs", "use std::{fs::File, io};"),
        (imports_downwards, "src/error.rs", "use crate::graph::Graph;"),
        (
            imports_downwards,
            "src/graph/find.rs",
            "use crate::{\n    error::{Error, Result},\n    source::read,\n};",
        ),
        (imports_downwards, "src/run/plan.rs", "fn f() { crate::Migrator::new() }"),
        (imports_downwards, "src/run/plan.rs", "use super::{history::Record, execute::Runner};"),
        (imports_downwards, "src/newcomer.rs", ""),
        (panics, "src/error/mod.rs", "fn f() { x.unwrap() }"),
        (
            panics,
            "src/run/plan.rs",
            "fn f() { panic!(\"x\") }\n#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n",
        ),
        (panics, "src/database/sqlx_session.rs", "the one that is allowed is gone"),
        (is_too_long, "src/error.rs", &long),
        (is_too_long, "src/error.rs", &wide),
        (
            reads_columns_by_name,
            "src/database/mysql/inspect/key.rs",
            "fn f(row: &Row) { row.values_in_order()[12].clone() }",
        ),
        (reads_columns_by_name, "src/database/row.rs", "impl std::ops::Deref for Row {}"),
        (errors_may_grow, "src/error/step.rs", "/// Doc.\npub struct A {\n    pub a: u8,\n}\n"),
        (errors_may_grow, "src/error/step.rs", "pub enum A {\n    B,\n}\n"),
        (
            errors_may_grow,
            "src/error/mod.rs",
            "#[non_exhaustive]\npub enum A {\n    #[non_exhaustive]\n    B {\n        b: u8,\n    },\n    C {\n        c: u8,\n    },\n}\n",
        ),
    ];
    for (rule, path, text) in breaches {
        let problems = rule(&Source::new(path, text));
        assert_eq!(problems.len(), 1, "{path}: {text}: {problems:?}");
    }
    let fine = "//! postgres, sqlx\nfn f<'a>() { \"// a\".len(); '\"'; r#\"\"x\"\"#; /* panic!() */ }\n\
                #[cfg(test)]\nmod tests {\n    fn f() {\n        x.unwrap()\n    }\n}\n";
    let source = Source::new("src/graph/x.rs", fine);
    assert_eq!(
        RULES.iter().flat_map(|rule| rule(&source)).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    assert!(source.code.contains("\"// a\".len(); '\"'; r#\"\"x\"\"#;  }"), "{}", source.code);
}

// --- The rules for the whole

#[test]
fn the_database_folders_have_the_same_files() {
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for database in DATABASES {
        let folder = format!("src/database/{database}");
        for file in files(&folder) {
            let file = &file[folder.len()..];
            // Behind the same faces each has what its server needs.
            let faces = ["/inspect/", "/objects/", "/render/", "/testkit/"];
            let is_behind = faces.iter().any(|face| file.starts_with(face));
            if !is_behind || file.ends_with("/mod.rs") {
                names.entry(file.to_owned()).or_default().insert(database);
            }
        }
    }
    assert!(names.len() >= 5, "{names:?}");
    names.retain(|_, databases| databases.len() != DATABASES.len());
    assert!(names.is_empty(), "only some databases have: {names:?}");
}

#[test]
fn a_database_s_feature_is_asked_once() {
    let sources = sources();
    for database in DATABASES {
        let feature = format!("feature = \"{database}\"");
        let mut places = Vec::new();
        // lib.rs may name all of them at once, and sqlx_session.rs serves any of them.
        for source in
            sources.iter().filter(|source| source.path != "src/lib.rs" && !source.is_test())
        {
            let lines: Vec<&str> = source.code.lines().collect();
            for (line, next) in
                lines.iter().zip(&lines[1..]).filter(|(line, _)| line.contains(&feature))
            {
                if !line.contains("#[cfg(any(") {
                    places.push(format!("{} {line} {next}", source.path));
                }
            }
        }
        let expected = [
            format!("src/database/mod.rs #[cfg(not({feature}))] #[path = \"absent.rs\"]"),
            format!("src/database/mod.rs #[cfg({feature})] pub(crate) mod {database};"),
        ];
        assert_eq!(places, expected);
    }
}

#[test]
fn the_exceptions_are_needed() {
    let sources = sources();
    for (path, ..) in PANICS {
        assert!(sources.iter().any(|source| source.path == path), "there is no {path}");
    }
    for (path, _) in LONG_FILES {
        let source = sources.iter().find(|source| source.path == path);
        let lines = source.map_or(0, |source| source.text.lines().count());
        assert!(lines >= LINES, "{path} has {lines} lines and needs no exception");
    }
    for path in TALKS {
        let talks = |source: &Source| {
            !source.find(&["async", "await", "tokio"], "").is_empty() && source.is_in(&[path])
        };
        assert!(sources.iter().any(talks), "{path} does no I/O");
    }
    for (module, _) in LEVELS {
        assert!(
            sources.iter().any(|source| source.path.starts_with(&format!("src/{module}"))),
            "there is no {module}"
        );
    }
}

/// The lines of a document's shell blocks. (`console` blocks show a program's use, and are followed by tests.)
fn commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) => inside = !inside && ["sh", "shell", "bash"].contains(&language),
            None if inside && !line.trim().is_empty() => found.push(line),
            None => {}
        }
    }
    found
}

#[test]
fn the_readme_has_two_commands() {
    assert_eq!(
        commands(&read("README.md")),
        ["cargo run --example quickstart --features sqlite", "./test"]
    );
}

/// `cargo run -p PACKAGE` without a program's name needs a package that says which of its programs is meant.
#[test]
fn cargo_finds_the_programs_of_the_readme() {
    let text = read("README.md") + &read("docs/measured.md");
    let packages: Vec<&str> = text
        .split("cargo run ")
        .skip(1)
        .filter_map(|rest| {
            let command = rest.split(" -- ").next()?;
            command.split_once("-p ").and_then(|(_, name)| name.split([' ', '`']).next())
        })
        .collect();
    assert_eq!(packages, ["ambix-benches"]);
    assert!(read("benches/peers/Cargo.toml").contains("\ndefault-run = \"ambix-benches\"\n"));
}

#[test]
fn the_changelog_has_a_place_for_what_comes() {
    let text = read("CHANGELOG.md");
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(heads.first(), Some(&"## [Unreleased]"));
}

#[test]
fn every_example_is_run_by_ci() {
    let ci = read(".ci/run");
    let line = ci.lines().find_map(|line| line.trim().strip_prefix("for example in "));
    let run = line.expect(".ci/run runs the examples in turns");
    for example in files("examples") {
        let name = example.strip_prefix("examples/").and_then(|name| name.strip_suffix(".rs"));
        let Some(name) = name.filter(|name| !name.contains('/')) else { continue };
        assert!(contains_word(run, name), ".ci/run does not run the example {name}");
    }
}

#[test]
fn every_chapter_is_in_the_docs() {
    let lib = read("src/_docs.rs");
    for chapter in files("docs") {
        assert!(
            lib.contains(&format!("\"../{chapter}\"")),
            "src/_docs.rs does not include {chapter}"
        );
    }
}

#[test]
fn each_row_of_the_comparison_has_a_source() {
    let text = read("COMPARE.md");
    let defined = |name: &str| text.lines().any(|line| line.starts_with(&format!("[{name}]: ")));
    let mut rows = 0;
    for line in text.lines().filter(|line| line.matches(" |").count() == 9) {
        if line.starts_with("| |") {
            continue;
        }
        rows += 1;
        let sources: Vec<&str> =
            line.split("][").skip(1).filter_map(|rest| rest.split(']').next()).collect();
        assert!(!sources.is_empty(), "no source: {line}");
        for source in sources {
            assert!(defined(source), "the source {source} is not defined");
        }
    }
    assert!(rows > 30, "only {rows} rows were found");
}

/// All pages that people read.
fn documents() -> Vec<String> {
    let mut documents = files("docs");
    documents.extend(
        [
            "README.md",
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "COMPARE.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "STYLE.md",
            "migrations/README.md",
        ]
        .map(str::to_owned),
    );
    documents
}

/// Rust and SQL with such lines would not compile; a page with them looks like any other to a program.
#[test]
fn no_page_has_both_sides_of_a_merge() {
    for document in documents() {
        let text = read(&document);
        let is_mark = |line: &&str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
        assert_eq!(text.lines().find(is_mark), None, "{document}");
    }
}

#[test]
fn links_lead_to_files() {
    let mut links = 0;
    for document in documents() {
        let folder = root().join(&document).parent().unwrap().to_owned();
        let text = read(&document);
        // `[name]: target` and `](target)`; a target with a scheme or a path of Rust is not a file.
        let references = text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
        let inline = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(target, rest)| (rest, target));
        for (_, target) in references.chain(inline) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains("::") {
                continue;
            }
            links += 1;
            assert!(
                folder.join(target).exists(),
                "{document} links to {target}, which is not there"
            );
        }
    }
    assert!(links > 10, "only {links} links were found");
}

/// The files with the same text, each with the first that has it.
fn repeated(files: &[(String, String)]) -> Vec<String> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for (path, text) in files {
        match first.get(text.as_str()) {
            Some(other) => problems.push(format!("{path} repeats {other}")),
            None => _ = first.insert(text, path),
        }
    }
    problems
}

/// Who changes what many projects share changes one file; see tests/suite/checks/project.rs.
#[test]
fn the_projects_of_the_checks_repeat_no_file() {
    let breach = [("a/1.sql", "x"), ("a/2.sql", "y"), ("b/mysql/1.sql", "x")];
    let breach = breach.map(|(path, text)| (path.to_owned(), text.to_owned()));
    assert_eq!(repeated(&breach), ["b/mysql/1.sql repeats a/1.sql"]);
    let mut sql = files("tests/fixtures/checks");
    sql.retain(|path| Path::new(path).extension().is_some_and(|extension| extension == "sql"));
    assert!(sql.len() > 30, "the fixtures are not where they were");
    let sql: Vec<(String, String)> =
        sql.into_iter().map(|path| (path.clone(), read(&path))).collect();
    let problems = repeated(&sql);
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The crates that a package is built with.
fn crates(arguments: &[&str]) -> BTreeSet<String> {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{lib}"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().skip(1).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The command line is many crates; who only calls the library builds none of them.
#[test]
fn the_command_line_adds_nothing_to_other_builds() {
    let features = "postgres,mysql,sqlite,any,serde";
    let direct =
        crates(&["-p", "ambix", "--depth", "1", "--no-default-features", "--features", features]);
    let expected = [
        "ambix_include",
        "futures_core",
        "include_dir",
        "serde",
        "sha2",
        "sqlx",
        "tokio",
        "tracing",
    ];
    assert_eq!(direct, expected.map(str::to_owned).into());
    // The test kit has its attribute, and reads `.env` as the tools do.
    let features = format!("{features},testkit");
    let with_kit =
        crates(&["-p", "ambix", "--depth", "1", "--no-default-features", "--features", &features]);
    let more: Vec<&String> = with_kit.difference(&direct).collect();
    assert_eq!(more, ["ambix_macros", "dotenvy"]);
}

/// A program that mounts the command line has the database that it has enabled, and no other.
#[test]
fn the_command_line_brings_no_database() {
    let crates = crates(&["-p", "ambix-user-commands"]);
    let drivers: Vec<&String> = crates
        .iter()
        .filter(|name| ["sqlx_mysql", "sqlx_postgres", "sqlx_sqlite"].contains(&name.as_str()))
        .collect();
    assert_eq!(drivers, ["sqlx_sqlite"]);
}
