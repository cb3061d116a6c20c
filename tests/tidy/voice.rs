//! Who speaks: the library names its verbs and options in backticks, and the command line says what a person types instead.

use super::{files, read, token, without_tests};

/// Where the library's messages are not: the command line itself, and what only programs read.
const ELSEWHERE: &[&str] = &["src/cli/", "src/testkit/", "src/database/testkit/", "src/_docs.rs"];

/// Names of the library that a person cannot type, and why a message says them.
const ONLY_IN_CODE: &[(&str, &str)] = &[
    ("Migrator::register", "a function in Rust is registered by the program"),
    ("Migrator::models", "models are Rust; the command line asks for them itself, or for --schema"),
    ("models(ambix::models![...])", "the same"),
    ("ambix::schema::Model", "the compiler says it"),
    ("#[derive(ambix::Model)]", "the compiler says it"),
    ("ambix::schema::ColumnType", "the compiler says it"),
    ("ambix::schema::ArrayElement", "the compiler says it"),
    ("#[column(as = \\\"String\\\")]", "the compiler says it"),
    ("#[column(sql_type = \\\"..\\\")]", "the compiler says it"),
    ("#[column(as = \\\"serde_json::Value\\\")]", "the compiler says it"),
    ("#[sqlx(json)]", "the compiler says it"),
    ("create_if_missing(true)", "an option of the driver, beside what the URL says"),
];

/// Where a text of the library has an option of a command line, and whose.
const OPTIONS: &[(&str, &str)] = &[
    ("src/authoring/", "what only the command line calls"),
    ("src/sql/split.rs", "pg_dump's"),
    ("src/source/mod.rs", "mysqldump's"),
    ("src/run/fitting.rs", "mysqldump's"),
    ("src/run/history.rs", "a command beside its verb"),
    ("src/database/postgres/session.rs", "named as one of the command line"),
    ("src/error/refused.rs", "named as one of the command line"),
];

/// The texts in quotes of a program.
fn texts(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(sign) = rest.chars().next() {
        let (length, is_comment) = token(rest, sign);
        let (token, after) = rest.split_at(length);
        if token.starts_with('"') && !is_comment {
            found.push(token);
        }
        rest = after;
    }
    found
}

/// What a text has in backticks that can only be a name in Rust.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| {
        let begins = name.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '#');
        let is_path = name.contains("::") || name.contains("(");
        begins && is_path && !name.contains(['{', ' ', '\n']) || name.starts_with("#[")
    })
}

/// Whether a text has an option of a command line.
fn has_option(text: &str) -> bool {
    text.match_indices("--").any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let is_word = text[at + 2..].starts_with(|sign: char| sign.is_ascii_lowercase());
        is_word && before.is_some_and(|sign| " `(".contains(sign))
    })
}

fn breaches(path: &str, code: &str, translated: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for text in texts(code) {
        let known = |name: &&str| {
            translated.contains(name) || ONLY_IN_CODE.iter().any(|(only, _)| only == name)
        };
        for name in names(text).filter(|name| !known(name)) {
            found.push(format!("{path}: `{name}`: give it a line in WORDS of src/cli/words.rs"));
        }
        if has_option(text) && !OPTIONS.iter().any(|(place, _)| path.starts_with(place)) {
            found.push(format!("{path}: {text}: name the library's own option, and translate it in src/cli/words.rs"));
        }
    }
    found
}

#[test]
fn the_command_line_knows_what_the_library_names() {
    let words = read("src/cli/words.rs");
    let lines = without_tests(&words);
    let translated: Vec<&str> = lines
        .lines()
        .filter_map(|line| {
            line.trim_start().strip_prefix("(\"")?.split_once("\", ").map(|(name, _)| name)
        })
        .collect();
    assert!(translated.len() > 10, "the words are not where they were");
    let mut problems = Vec::new();
    let mut all = String::new();
    for path in files("src") {
        let is_code =
            path.ends_with(".rs") && !path.ends_with("tests.rs") && !path.contains("/tests/");
        // The rules of lint have SQL and pages of documentation, with no verb of ours.
        let is_elsewhere =
            ELSEWHERE.iter().any(|place| path.starts_with(place)) || path.starts_with("src/lint/");
        if is_code && !is_elsewhere {
            let code = without_tests(&read(&path));
            problems.extend(breaches(&path, &code, &translated));
            all.push_str(&code);
        }
    }
    // A name that is no longer said, or is said otherwise, would be shown as it is.
    for name in translated {
        if !all.contains(&format!("`{name}`")) {
            problems.push(format!("src/cli/words.rs: no message names `{name}`"));
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn each_voice_can_be_heard() {
    for text in
        ["\"call `Repair::New`\"", "\"set `x(true)`\"", "\"pass --new to it\"", "\"pass `--new`\""]
    {
        assert_eq!(breaches("src/a.rs", text, &["Repair::Old"]).len(), 1, "{text}");
    }
    for text in [
        "// `Repair::New` --new",
        "\"`Repair::Old`, `name`, a -- b, \\n--ambix\"",
        ".option(\"a\", \"--a\")",
    ] {
        assert_eq!(breaches("src/a.rs", text, &["Repair::Old"]), Vec::<String>::new());
    }
}
