//! `CREATE TABLE` as SQLite keeps it.

use super::{
    column,
    key::{self, Keys},
    text::{ExpressionNames, SqlReader, name_of, parts, pieces},
};
use crate::{
    schema::{Column, Table},
    sql::{Token, TokenKind},
};

/// The words that a constraint of a table begins with.
const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// The table of a statement; none where it is not understood.
pub(super) fn read(name: &str, sql: &str) -> Option<Table> {
    let pieces = pieces(sql);
    let mut reader = SqlReader::new(&pieces);
    if !reader.word("CREATE") {
        return None;
    }
    let _ = reader.word("TEMP") || reader.word("TEMPORARY");
    if !reader.word("TABLE") {
        return None;
    }
    let _ = reader.words(&["IF", "NOT", "EXISTS"]);
    reader.name()?;
    if reader.symbol(".") {
        reader.name()?;
    }
    let body = reader.group()?;
    let mut table = Table::new(name);
    options(&mut table, reader);

    let parts = parts(body);
    let is_column = |part: &&&[Token<'_>]| !part.first().is_some_and(is_constraint);
    let (columns, constraints) = parts.split_at(parts.iter().take_while(is_column).count());
    let names: Option<Vec<String>> =
        columns.iter().map(|part| part.first().and_then(name_of)).collect();
    let names = names?;
    let names = ExpressionNames { table: name, columns: &names };
    let mut keys = Keys::default();
    for part in columns {
        column::read(part, names, &mut table, &mut keys)?;
    }
    for part in constraints {
        key::read(part, names, &mut table, &mut keys)?;
    }
    finish(&mut table, &keys);
    Some(table)
}

fn is_constraint(first: &Token<'_>) -> bool {
    first.kind == TokenKind::Word && first.is_any_word(&CONSTRAINTS)
}

fn options(table: &mut Table, mut reader: SqlReader<'_, '_>) {
    while let Some(token) = reader.peek() {
        let option = if reader.words(&["WITHOUT", "ROWID"]) {
            "without_rowid"
        } else if token.is_word("STRICT") {
            "strict"
        } else {
            ""
        };
        if option.is_empty() {
            reader.next();
        } else {
            table.options.insert(option.to_owned(), "true".to_owned());
            let _ = option == "strict" && reader.next().is_some();
        }
    }
}

/// What the parts of a table mean for each other.
fn finish(table: &mut Table, keys: &Keys) {
    let without_rowid = table.options.contains_key("without_rowid");
    let strict = table.options.contains_key("strict");
    let Some(key) = &mut table.primary_key else { return };
    let is_rowid = |column: &Column| {
        key.columns.len() == 1
            && column.name == key.columns[0]
            && column.ty.text() == "INTEGER"
            && !without_rowid
    };
    let has_rowid = table.columns.iter().any(is_rowid);
    // An old slip that is kept for the files that rely on it: `INTEGER PRIMARY KEY DESC` at the column is no name of the row's
    // number. Everywhere else a direction of that number means nothing.
    let is_number = has_rowid && !(keys.is_inline && key.options.contains_key("descending"));
    if is_number {
        key.options.remove("descending");
        key.options.remove("collations");
    }
    for column in &mut table.columns {
        let is_key = key.columns.contains(&column.name);
        if is_key && is_number && !column.nullable {
            // It means nothing, and is kept anyway.
            column.options.insert("not_null".to_owned(), "true".to_owned());
        }
        if is_key && (is_number || without_rowid || strict) {
            column.nullable = false;
        }
        if is_key && is_number {
            column.options.remove("not_null_conflict");
        }
    }
    if keys.autoincrement {
        table.options.insert("autoincrement".to_owned(), "true".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Deferral, Match, ReferentialAction};

    #[test]
    fn everything_that_a_text_says_is_read() {
        let sql = r#"CREATE TABLE "t" ( -- a comment, with a comma
            id integer CONSTRAINT pk PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT,
            [a b] Varchar ( 10 ) NOT NULL ON CONFLICT IGNORE DEFAULT 'x, (y' COLLATE nocase UNIQUE ON CONFLICT FAIL,
            c GENERATED ALWAYS AS (id*2) STORED,
            d double precision AS ("id"+1) CONSTRAINT pos CHECK(d>0)
              REFERENCES Other ON DELETE SET NULL MATCH FULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
            CONSTRAINT two UNIQUE("a b" COLLATE RTRIM DESC, C) CHECK (t.id <> 3) ON CONFLICT ABORT
            CONSTRAINT fk FOREIGN KEY (c, ID) REFERENCES o(x, y) ON DELETE RESTRICT NOT DEFERRABLE INITIALLY DEFERRED
        ) STRICT"#;
        let table = read("t", sql).unwrap();
        let names: Vec<_> = table.columns.iter().map(|c| (c.name.as_str(), c.ty.text())).collect();
        let expected =
            [("id", "INTEGER"), ("a b", "VARCHAR(10)"), ("c", ""), ("d", "DOUBLE PRECISION")];
        assert_eq!(names, expected);
        let key = table.primary_key.unwrap();
        assert_eq!(
            (key.name.as_deref(), key.columns.as_slice()),
            (Some("pk"), &["id".to_owned()][..])
        );
        assert_eq!(key.options["conflict"], "REPLACE");
        assert_eq!(table.options.keys().collect::<Vec<_>>(), ["autoincrement", "strict"]);
        let text = &table.columns[1];
        assert_eq!((text.nullable, text.collation.as_deref()), (false, Some("NOCASE")));
        assert_eq!(text.options["not_null_conflict"], "IGNORE");
        let generated = table.columns[2].generated.as_ref().unwrap();
        assert_eq!((generated.expression.as_str(), generated.stored), ("id * 2", true));
        assert!(!table.columns[3].generated.as_ref().unwrap().stored);
        let [one, two] = table.uniques.as_slice() else { panic!() };
        assert_eq!(
            (one.columns.join(""), one.options["conflict"].as_str()),
            ("a b".to_owned(), "FAIL")
        );
        assert_eq!((two.name.as_deref(), two.columns.join("|")), (Some("two"), "a b|c".to_owned()));
        assert_eq!(
            (two.options["collations"].as_str(), two.options["descending"].as_str()),
            ("1 RTRIM", "1")
        );
        let checks: Vec<_> = table
            .checks
            .iter()
            .map(|c| (c.name.as_deref(), c.column.as_deref(), c.expression.as_str()))
            .collect();
        assert_eq!(checks, [(Some("pos"), Some("d"), "d > 0"), (None, None, "id <> 3")]);
        let [one, two] = table.foreign_keys.as_slice() else { panic!() };
        assert_eq!(
            (one.on_delete, one.on_update),
            (ReferentialAction::SetNull, ReferentialAction::Cascade)
        );
        assert_eq!((one.matching, one.deferral), (Match::Full, Deferral::Deferred));
        assert_eq!((two.name.as_deref(), two.columns.join("|")), (Some("fk"), "c|id".to_owned()));
        assert_eq!((two.deferral, two.referenced.join("|")), (Deferral::No, "x|y".to_owned()));
    }

    #[test]
    fn a_direction_of_the_row_number_means_nothing_but_in_one_place() {
        for (body, is_kept, nullable) in [
            ("id INTEGER PRIMARY KEY DESC", true, true),
            ("id INTEGER, PRIMARY KEY (id DESC)", false, false),
            ("id INTEGER PRIMARY KEY ASC", false, false),
            ("id INT PRIMARY KEY", false, true),
            ("id INT, x, PRIMARY KEY (id DESC, x)", true, true),
        ] {
            let table = read("t", &format!("CREATE TABLE t({body})")).unwrap();
            let key = table.primary_key.unwrap();
            assert_eq!(key.options.contains_key("descending"), is_kept, "{body}");
            assert_eq!(table.columns[0].nullable, nullable, "{body}");
        }
    }
}
