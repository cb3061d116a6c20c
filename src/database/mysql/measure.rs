//! What is asked of MySQL and MariaDB while a migration runs in a scratch database.

use super::{
    super::{
        SqlFile,
        measure::{MeasureSections, Measuring, ValueType, with_literals},
    },
    MySql, SYNTAX,
};
use crate::sql::{TokenKind, tokens};

static SECTIONS: MeasureSections = MeasureSections::of(SqlFile::of(include_str!("measure.sql")));

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
}

/// The first text in a list.
fn first_literal(list: &str) -> Option<String> {
    tokens(list, &SYNTAX)
        .find(|token| token.kind == TokenKind::Text)
        .map(|token| token.text.to_owned())
}
