//! `--html`: a draft as a page for a browser.

use std::fs;

use super::User;
use crate::setup::SCHEME;

const BEFORE: &str = "CREATE TABLE authors (id integer PRIMARY KEY, name varchar(20));
CREATE TABLE books (id integer PRIMARY KEY, author integer, FOREIGN KEY (author) REFERENCES authors (id));
CREATE TABLE old_news (id integer PRIMARY KEY);
CREATE TABLE shelves (id integer PRIMARY KEY);
";

/// A column, a table, one that goes, and a name that would be markup.
const AFTER: &str = "CREATE TABLE authors (id integer PRIMARY KEY, name varchar(20), born integer);
CREATE TABLE books (id integer PRIMARY KEY, author integer, FOREIGN KEY (author) REFERENCES authors (id));
CREATE INDEX books_author ON books (author);
CREATE TABLE <<b>&'x'> (id integer PRIMARY KEY);
CREATE TABLE shelves (id integer PRIMARY KEY);
";

fn quoted(sql: &str) -> String {
    let quote = if SCHEME == "mysql" { "`" } else { "\"" };
    sql.replace("<<b>&'x'>", &format!("{quote}<b>&'x'{quote}"))
}

/// What is in a page, in this order.
#[track_caller]
fn has(page: &str, texts: &[&str]) {
    let mut rest = page;
    for text in texts {
        let at = rest.find(text).unwrap_or_else(|| panic!("{text}\nin\n{page}"));
        rest = &rest[at + text.len()..];
    }
}

/// Each element ends, and none of them asks for anything.
#[track_caller]
fn is_whole(page: &str) {
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    for tag in [
        "html", "section", "details", "summary", "table", "td", "pre", "li", "figure", "svg", "ul",
        "ol", "del", "ins",
    ] {
        let begun =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(begun, page.matches(&format!("</{tag}>")).count(), "{tag} in {page}");
    }
    let elsewhere = page.replace("http://www.w3.org/", "");
    for text in ["<script", "http:", "https:", "src=", "@import", "<b>", "<?xml"] {
        assert!(!elsewhere.contains(text), "{text} in {page}");
    }
}

#[tokio::test]
async fn a_draft_as_a_page() {
    let files = [
        ("migrations/1_begin.up.sql", BEFORE),
        ("schema.sql", &*quoted(AFTER)),
        ("same.sql", BEFORE),
    ];
    let user = User::with(&files).await;
    assert_eq!(user.quietly("upgrade").code, 0);
    let printed = user.quietly("check --schema schema.sql --html page.html");
    assert_eq!(printed.code, 3, "{}", printed.stderr);
    assert!(printed.stderr.contains("Writing page.html ... done"), "{}", printed.stderr);
    let page = fs::read_to_string(user.path("page.html")).unwrap();
    is_whole(&page);
    has(
        &page,
        &[
            "<h1>What a draft would change</h1>",
            "4 changes · not proven",
            "<a href=\"#changes\">",
            "<section id=\"changes\">",
            "drop table old_news</code> <span class=\"loses\">loses data</span>",
            "<section id=\"notes\">",
            "COMPAT-006",
            "<section id=\"drawing\">",
            "<figcaption>before</figcaption>",
            "authors",
            "<figcaption>after</figcaption>",
            "‹b›&amp;&apos;x&apos;",
            "<section id=\"sides\">",
            "&lt;b&gt;&amp;&#39;x&#39;",
            "table authors</summary>",
            "<ins>",
            "born",
            "dropped</span>table old_news",
            "1 unchanged</summary>",
            "table shelves",
            "<section id=\"sql\">",
            "<h3>up</h3>",
            "<span class=\"comment\">-- ",
            "<h3>down</h3>",
        ],
    );
    let draft = "generate 'Add <births>' --schema schema.sql --allow-destructive --html draft.html";
    let printed = user.quietly(draft);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let page = fs::read_to_string(user.path("draft.html")).unwrap();
    is_whole(&page);
    has(&page, &["<title>Add &lt;births&gt;</title>", "proven on a copy of the current schema"]);
    assert_eq!(user.quietly("check --html drift.html").code, 1, "a migration is pending");
    assert_eq!(user.quietly("upgrade").code, 0);
    let printed = user.quietly("check --html drift.html");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let page = fs::read_to_string(user.path("drift.html")).unwrap();
    is_whole(&page);
    has(&page, &["no changes detected", "4 unchanged"]);
    let printed = user.quietly("check --schema schema.sql --html no/such/page.html");
    assert_eq!(printed.code, 1, "{}", printed.stderr);
    assert!(printed.stderr.contains("create its folder first"), "{}", printed.stderr);
}
