//! Tests of reading a statement: keywords, names, and what it does to transactions.

use super::tests::{BACKSLASH, BRACKET, DOLLAR};
use super::*;

#[test]
fn reading_a_statement() {
    let items =
        split("/* x */ create /* y */ Unique index \"a\"\"b\".c on [d] (e)", &BRACKET).unwrap();
    let [Item::Statement(statement)] = items[..] else {
        panic!("{items:?}");
    };
    let words: Vec<_> = statement.words(&BRACKET).collect();
    assert_eq!(words, ["CREATE", "UNIQUE", "INDEX", "C", "ON", "E"]);

    let mut cursor = statement.cursor(&BRACKET);
    assert!(!cursor.keywords(&["CREATE", "INDEX"]), "and nothing is consumed");
    assert!(cursor.keyword("CREATE"));
    assert_eq!(cursor.any_keyword(&["FULL", "UNIQUE"]), Some("UNIQUE"));
    assert!(!cursor.symbol("("));
    assert!(cursor.keyword("INDEX"));
    assert_eq!(cursor.qualified_name(), ["a\"b", "c"]);
    assert!(cursor.keyword("ON"));
    assert_eq!(cursor.name().as_deref(), Some("d"));
    assert_eq!(cursor.name(), None);
    assert!(cursor.symbol("("));
    assert_eq!(cursor.map(|token| token.text).collect::<Vec<_>>(), ["e", ")"]);
}

#[test]
fn values_of_names() {
    for (syntax, text, expected) in [
        (&DOLLAR, "Plain", "Plain"),
        (&DOLLAR, "\"a\"\"b\"", "a\"b"),
        (&DOLLAR, "U&\"a\"", "a"),
        (&DOLLAR, "\"open", "open"),
        (&DOLLAR, "\"", ""),
        (&BACKSLASH, "`a``b`", "a`b"),
        (&BACKSLASH, "'a''b'", "a'b"),
        (&BRACKET, "[a b]", "a b"),
        (&BRACKET, "[\"]", "\""),
        (&BRACKET, "[", ""),
        (&DOLLAR, "\"\"\"\"", "\""),
    ] {
        let token = tokens(text, syntax).next().unwrap();
        assert_eq!(name_value(&token), expected, "of {text}");
    }
}

#[test]
fn transactions() {
    let control = |text: &str| {
        let items = split(text, &BACKSLASH).unwrap();
        let Some(Item::Statement(statement)) = items.first() else {
            panic!("{items:?}");
        };
        transaction_control(statement, &BACKSLASH)
    };
    for (text, expected) in [
        ("begin", Some("BEGIN")),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", Some("BEGIN")),
        ("BEGIN NOT ATOMIC SELECT 1; END", None),
        ("/* x */ START -- y\n TRANSACTION READ ONLY", Some("START TRANSACTION")),
        ("START REPLICA", None),
        ("COMMIT AND CHAIN", Some("COMMIT")),
        ("END", Some("END")),
        ("abort", Some("ABORT")),
        ("ROLLBACK", Some("ROLLBACK")),
        ("ROLLBACK WORK", Some("ROLLBACK")),
        ("ROLLBACK TO a", None),
        ("ROLLBACK TRANSACTION TO SAVEPOINT a", None),
        ("ROLLBACK WORK TO SAVEPOINT a", None),
        ("SAVEPOINT a", None),
        ("RELEASE SAVEPOINT a", None),
        ("PREPARE TRANSACTION 'x'", Some("PREPARE TRANSACTION")),
        ("PREPARE x AS SELECT 1", None),
        ("XA START 'x'", Some("XA")),
        ("`begin`", None),
        ("select 1", None),
    ] {
        assert_eq!(control(text), expected, "of {text}");
    }
}

#[test]
fn wrapped_scripts() {
    for (script, expected) in [
        ("BEGIN; a; b; COMMIT;", Some(1..3)),
        ("BEGIN TRANSACTION; a; END TRANSACTION", Some(1..2)),
        ("begin immediate; a; -- ambix: run f\nb; commit work", Some(1..4)),
        ("START TRANSACTION; SAVEPOINT s; ROLLBACK TO s; COMMIT", Some(1..3)),
        ("BEGIN; COMMIT", Some(1..1)),
        ("BEGIN", None),
        ("COMMIT", None),
        ("", None),
        ("BEGIN; a; COMMIT; b", None),
        ("a; BEGIN; COMMIT", None),
        ("BEGIN; a; COMMIT; BEGIN; b; COMMIT", None),
        ("BEGIN; a; ROLLBACK", None),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE; a; COMMIT", None),
        ("START TRANSACTION READ ONLY; a; COMMIT", None),
        ("BEGIN; a; COMMIT AND CHAIN", None),
        ("-- ambix: run f\nBEGIN; a; COMMIT", None),
    ] {
        let items = split(script, &BRACKET).unwrap();
        assert_eq!(unwrap_transaction(&items, &BRACKET), expected, "of {script}");
    }
}
