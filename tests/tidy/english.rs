//! What STYLE.md says not to write, as far as a text shows it.

use std::path::Path;

use super::{files, read, token, without_tests};

/// Words that no sentence of ours needs, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    ("anew", "again; rewrite"),
    ("what is there", "what exists; the current tables"),
    ("that is there", "existing"),
    ("that are there", "existing"),
    ("is there already", "already exists"),
    ("may not be null", "is NOT NULL"),
    ("forbids null", "is NOT NULL"),
    ("as it stands", "verbatim; exactly as written"),
    ("stands in", "is in"),
    ("stands on", "is on"),
    ("stands at", "is at"),
    ("stands here", "is here"),
    ("stands before", "comes before"),
    ("cannot stand", "cannot run"),
    ("is made", "say who creates it"),
    ("are made", "say who creates them"),
    ("none is", "no ... is"),
    ("a state that is none", "an invalid state"),
    ("goes on", "continues"),
    ("go on", "continue"),
    ("take back", "revert"),
    ("takes back", "reverts"),
    ("taken back", "reverted"),
    ("the way on", "what to do next"),
    ("the ways on", "your options"),
    ("all the same", "anyway"),
    ("is known of", "is known about"),
    ("for who ", "for those who"),
    ("and what not", "and what it leaves out"),
    ("mend", "repair, fix"),
];

/// Words that a comment may have: who creates a thing, the code below it shows.
const IN_COMMENTS: &[&str] = &["is made", "are made"];

/// Words that begin no sentence but a question.
const SUBJECTS: &[&str] = &["What ", "Who ", "Whoever "];

/// The text of a page without what is quoted: code, addresses and what a program prints. Lines stay where they are, and the end of
/// a paragraph is a sign that no sentence contains.
fn prose(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut is_code = false;
    for line in page.lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        let is_link = line.starts_with('[') && line.contains("]: ");
        if is_code || is_fence || is_link || line.trim().is_empty() {
            text.push(END);
        } else {
            let begins = line.trim_start().starts_with(['#', '-', '|', '>'])
                || line.trim_start().starts_with(|c: char| c.is_ascii_digit());
            if begins {
                text.push(END);
            }
            text.push_str(line);
            if line.starts_with('#') || line.ends_with('|') {
                text.push(END);
            }
        }
        text.push('\n');
    }
    let mut is_quoted = false;
    text.chars()
        .filter(|c| {
            if *c == '`' {
                is_quoted = !is_quoted
            }
            *c == '\n' || !is_quoted
        })
        .collect()
}

const END: char = '\u{1}';

/// Which tokens of a program are for people.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    /// Its texts in quotes.
    Quoted,
    /// These, and its comments.
    WithComments,
}

/// What a program says.
fn said(code: &str, which: Said) -> String {
    let mut text = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(sign) = rest.chars().next() {
        let (length, _) = token(rest, sign);
        let (token, after) = rest.split_at(length);
        let comment = token.strip_prefix("//").map(|text| text.trim_start_matches(['/', '!']));
        let comment = comment.filter(|_| which == Said::WithComments);
        match comment.or_else(|| token.starts_with('"').then_some(token)) {
            Some(words) => text.push_str(words),
            None => text.extend(token.chars().filter(|c| *c == '\n')),
        }
        rest = after;
    }
    text
}

/// The breaches in a text, with their lines.
fn words(path: &str, text: &str) -> Vec<String> {
    let flat = text.to_lowercase().replace('\n', " ");
    let mut found = Vec::new();
    for (word, instead) in WORDS {
        for (at, _) in flat.match_indices(word) {
            let glued = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
            if glued(flat[..at].chars().next_back())
                || glued(flat[at + word.len()..].chars().next())
            {
                continue;
            }
            let line = text.to_lowercase()[..at].matches('\n').count() + 1;
            found.push(format!("{path}:{line}: {word:?}: write: {instead}"));
        }
    }
    found
}

/// Sentences whose subject is a clause: "What is not compared is left alone."
fn subjects(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for subject in SUBJECTS {
        for (at, _) in text.match_indices(subject) {
            let before = text[..at].trim_end_matches([' ', '\n', '*', '(', '"']);
            let begins = before.is_empty() || before.ends_with(['.', '?', '!', ':', '-', '|', END]);
            let end = text[at..].find(['.', '?', '!', '|', END]).map(|end| &text[at + end..]);
            if begins && end.is_some_and(|end| end.starts_with('.') || end.starts_with('!')) {
                let line = text[..at].matches('\n').count() + 1;
                found.push(format!(
                    "{path}:{line}: a sentence begins with {subject:?}: name who or what acts"
                ));
            }
        }
    }
    found
}

fn page(path: &str, text: &str) -> Vec<String> {
    let text = prose(text);
    [words(path, &text), subjects(path, &text)].concat()
}

#[test]
fn the_texts_are_plain_english() {
    let mut pages = files("docs");
    let more =
        ["README", "ARCHITECTURE", "COMPARE", "CONTRIBUTING", "SECURITY", "STYLE", "RELEASING"];
    pages.extend(more.map(|name| format!("{name}.md")));
    let mut problems: Vec<String> = pages.iter().flat_map(|path| page(path, &read(path))).collect();
    for path in files("src") {
        let is_code = Path::new(&path).extension().is_some_and(|extension| extension == "rs");
        if is_code && !path.ends_with("tests.rs") {
            let code = without_tests(&read(&path));
            let is_help = path.starts_with("src/cli/");
            let mut found = words(&path, &said(&code, Said::WithComments));
            // The comments of a command are its help.
            if !is_help {
                let quoted = words(&path, &said(&code, Said::Quoted));
                let is_free = |found: &String| IN_COMMENTS.iter().any(|word| found.contains(word));
                found.retain(|found| !is_free(found) || quoted.contains(found));
            }
            problems.extend(found);
        }
    }
    assert!(problems.is_empty(), "\nSTYLE.md says how:\n{}\n", problems.join("\n"));
}

#[test]
fn each_word_can_be_found() {
    for text in [
        "The table is written\nanew.",
        "It fills the rows\nthat are there.",
        "The column may not be NULL.",
        "What is not compared is left\nalone.",
        "A list.\n\nWho comes from Alembic finds them.",
        "- Whoever has the lock raises it.",
        "| a | it goes on after it |",
    ] {
        assert_eq!(page("a.md", text).len(), 1, "{text}");
    }
    let fine = "# What it does\n\nWhat now? Write `anew`, `what\nis there`.\n\n```sh\nanew\n```\n\n[anew]: that is there\n\n\
                | What you see | what you do |\n|---|---|\n";
    assert_eq!(page("a.md", fine), Vec::<String>::new());
    let code = "/// Write it anew\nfn f() { g(\"it\\n goes on\") } // anew\nstruct Anew;\n";
    assert_eq!(words("a.rs", &said(code, Said::WithComments)).len(), 3);
    assert_eq!(words("a.rs", &said(code, Said::Quoted)).len(), 1);
}
