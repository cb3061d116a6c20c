//! What is asked of MySQL and MariaDB while a migration runs in a scratch database.

use super::{
    super::{
        Failure,
        measure::{MeasureSections, Measuring, OnlineForm, ValueType, with_literals},
    },
    MySql, SYNTAX,
};
use crate::sql::{Statement, TokenKind, tokens};

static SECTIONS: MeasureSections = MeasureSections::of(include_str!("measure.sql"));

impl Measuring for MySql {
    fn sections(&self) -> &'static MeasureSections {
        &SECTIONS
    }

    fn values(&self, ty: &ValueType) -> Vec<String> {
        let (usual, is_text): (&[&str], bool) = match ty.base.as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float"
            | "double" => (&["77", "78", "1000", "1", "0"], false),
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
                (&["'a'", "'{}'", "'aaaaaaaaaa'", "''"], true)
            }
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
                (&["'a'"], true)
            }
            "date" => (&["'2024-01-01'"], true),
            "datetime" | "timestamp" => (&["'2024-01-01 12:00:00'"], true),
            "time" => (&["'12:00:00'"], true),
            "year" => (&["2024"], false),
            "json" => (&["'{}'"], true),
            "bit" => (&["b'1'"], false),
            "uuid" => (&["'00000000-0000-4000-8000-000000000001'"], true),
            "inet6" => (&["'::1'"], true),
            "inet4" => (&["'127.0.0.1'"], true),
            "point" => (&["POINT(1, 1)"], false),
            // The first value is in the type.
            "enum" | "set" => return first_literal(&ty.text).into_iter().collect(),
            _ => return Vec::new(),
        };
        with_literals(usual, ty, is_text)
    }

    fn insert(&self, table: &str, columns: &[(&str, &str)]) -> String {
        let (names, values): (Vec<&str>, Vec<&str>) = columns.iter().copied().unzip();
        format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
    }

    fn clear(&self, table: &str) -> Vec<String> {
        vec![
            "SET foreign_key_checks = 0".to_owned(),
            format!("DELETE FROM {table}"),
            // Its counter begins again.
            format!("ALTER TABLE {table} AUTO_INCREMENT = 1"),
            "SET foreign_key_checks = 1".to_owned(),
        ]
    }

    fn copying(&self) -> &'static str {
        "ALGORITHM=COPY"
    }

    fn online_forms(&self, statement: &Statement<'_>) -> Vec<OnlineForm> {
        let mut cursor = statement.cursor(&SYNTAX);
        let comma = match cursor.any_keyword(&["ALTER", "CREATE", "DROP"]) {
            Some("ALTER") => {
                cursor.any_keyword(&["ONLINE", "IGNORE"]);
                if cursor.keyword("TABLE") { "," } else { return Vec::new() }
            }
            Some(_) => {
                cursor.any_keyword(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
                if cursor.keyword("INDEX") { "" } else { return Vec::new() }
            }
            None => return Vec::new(),
        };
        let is_said = |word: String| ["ALGORITHM", "LOCK"].contains(&word.as_str());
        if statement.words(&SYNTAX).any(is_said) {
            return Vec::new();
        }
        // Only MariaDB has NOCOPY.
        let forms = [
            ("ALGORITHM=INSTANT", "", (false, false, false), false),
            ("ALGORITHM=NOCOPY", "LOCK=NONE", (false, true, false), true),
            ("ALGORITHM=NOCOPY", "LOCK=SHARED", (true, true, false), true),
            ("ALGORITHM=INPLACE", "LOCK=NONE", (false, true, true), false),
            ("ALGORITHM=INPLACE", "LOCK=SHARED", (true, true, true), false),
        ];
        forms
            .into_iter()
            .map(|(algorithm, lock, (blocks_writes, scans, rewrites), forbids_rewrite)| {
                let separator = if lock.is_empty() { "" } else { comma };
                OnlineForm {
                    sql: format!("{}{comma} {algorithm}{separator} {lock}", statement.text),
                    asks: if lock.is_empty() {
                        algorithm.to_owned()
                    } else {
                        format!("{algorithm}, {lock}")
                    },
                    blocks_writes,
                    scans,
                    rewrites,
                    forbids_rewrite,
                }
            })
            .collect()
    }

    /// `ER_ALTER_OPERATION_NOT_SUPPORTED`, with and without a reason.
    fn is_refusal(&self, failure: &Failure) -> bool {
        let number = failure.code.as_deref().and_then(|code| code.split(',').next());
        matches!(number, Some("1845" | "1846"))
    }
}

/// The first text in a list.
fn first_literal(list: &str) -> Option<String> {
    tokens(list, &SYNTAX)
        .find(|token| token.kind == TokenKind::Text)
        .map(|token| token.text.to_owned())
}
