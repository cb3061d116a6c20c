//! What is asked of PostgreSQL while a migration runs in a scratch database.

use super::{
    super::{
        Dialect, SqlFile,
        measure::{MeasureSections, Measuring, ValueType, with_literals},
        section,
    },
    Postgres,
};

const FILE: SqlFile = SqlFile::of(include_str!("measure.sql"));
static SECTIONS: MeasureSections = MeasureSections::of(FILE);

impl Measuring for Postgres {
    fn sections(&self) -> &'static MeasureSections {
        &SECTIONS
    }

    fn values(&self, ty: &ValueType) -> Vec<String> {
        let texts: &[&str] = match ty.base.as_str() {
            _ if ty.text.ends_with("[]") => &["'{}'"],
            _ if ty.listed.is_some() => &[],
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
                let numbers = with_literals(&["77", "78", "1000", "1", "0"], ty, false);
                return numbers.iter().map(|number| format!("({number})::{}", ty.text)).collect();
            }
            "text" | "character varying" | "character" | "citext" | "name" | "\"char\"" => {
                &["'a'", "'aaaaaaaaaa'", "''", "'1'", "'a@example.com'", "'https://example.com'"]
            }
            "boolean" => &["'true'", "'false'"],
            "uuid" => &["'00000000-0000-4000-8000-000000000001'"],
            "date" => &["'2024-01-01'"],
            "timestamp with time zone" | "timestamp without time zone" => {
                &["'2024-01-01 00:00:00'"]
            }
            "time with time zone" | "time without time zone" => &["'12:00:00'"],
            "interval" => &["'1 day'"],
            "json" | "jsonb" => &["'{}'", "'[]'", "'null'"],
            "bytea" => &["'\\x61'"],
            "inet" | "cidr" => &["'127.0.0.1'"],
            "macaddr" => &["'08:00:2b:01:02:03'"],
            "money" => &["'1'"],
            "xml" => &["'<a/>'"],
            "tsvector" | "tsquery" | "oid" | "ltree" => &["'1'"],
            "hstore" => &["''"],
            "point" => &["'(1,1)'"],
            "bit" | "bit varying" => return vec![format!("B'1'::{}", ty.text)],
            base if base.ends_with("range") => &["'empty'"],
            _ => return Vec::new(),
        };
        let listed = ty.listed.as_ref().map(|value| self.literal(value));
        let values = listed.into_iter().chain(with_literals(texts, ty, true));
        values.map(|value| format!("{value}::{}", ty.text)).collect()
    }

    fn insert(&self, table: &str, columns: &[(&str, &str)]) -> String {
        let (names, values): (Vec<&str>, Vec<&str>) = columns.iter().copied().unzip();
        if columns.is_empty() {
            return format!("INSERT INTO {table} DEFAULT VALUES");
        }
        format!(
            "INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
            names.join(", "),
            values.join(", ")
        )
    }

    fn tells_locks(&self) -> bool {
        true
    }

    fn around_rollback(&self) -> Option<(&'static str, &'static str)> {
        Some((section!(FILE, "note_counters"), section!(FILE, "reset_counters")))
    }

    /// ALTER TABLE refuses a table with checks that wait for the commit.
    fn settle(&self) -> Option<&'static str> {
        Some("SET CONSTRAINTS ALL IMMEDIATE")
    }
}
