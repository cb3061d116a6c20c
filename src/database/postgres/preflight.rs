//! What preflight asks PostgreSQL.

use std::time::Duration;

use super::{
    super::{
        Dialect, Failure, SqlFile, fill,
        preflight::{
            CountWords, KeyColumns, Misfit, NamedTable, PreflightQueries, PreflightSections, Right,
            limit_of, range_of,
        },
    },
    Postgres,
};

static SECTIONS: PreflightSections =
    PreflightSections::of(SqlFile::of(include_str!("preflight.sql")));

const SQL_VOLATILE: &str = SqlFile::of(include_str!("preflight.sql")).section("volatile");

const TEXTS: [&str; 4] = ["text", "character varying", "character", "citext"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];

/// A type in one of its usual spellings, as a cast takes it.
fn spelled(base: &str, arguments: &[String]) -> String {
    let arguments = match arguments {
        [] => String::new(),
        some => format!("({})", some.join(", ")),
    };
    match base {
        "DOUBLE" => "double precision".to_owned(),
        "TIMESTAMPTZ" => format!("timestamp{arguments} with time zone"),
        "TIMESTAMP" => format!("timestamp{arguments} without time zone"),
        other => format!("{}{arguments}", other.to_ascii_lowercase()),
    }
}

impl PreflightQueries for Postgres {
    fn read_only(&self) -> &'static str {
        "BEGIN TRANSACTION READ ONLY"
    }

    fn limits(&self, limit: Duration) -> Vec<String> {
        let limit = limit.as_millis().max(1);
        // A number without the rows that a policy hides would be wrong: the server refuses the query instead.
        vec![format!(
            "SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = {limit}; SET LOCAL row_security = off"
        )]
    }

    fn is_cut_off(&self, failure: &Failure) -> bool {
        failure.code.as_deref() == Some("57014")
    }

    fn sections(&self) -> &'static PreflightSections {
        &SECTIONS
    }

    fn names(&self, tables: &[NamedTable]) -> String {
        let rows = tables
            .iter()
            .enumerate()
            .map(|(at, table)| format!(", ({at}, {}::text)", self.literal(&table.text)));
        format!("(-1, NULL::text){}", rows.collect::<String>())
    }

    fn needs(&self, needs: &[(Right, Option<NamedTable>)]) -> String {
        let row = |(right, table): &(Right, Option<NamedTable>)| {
            // To alter a table, to index it and to drop it takes its owner.
            let word = match right {
                Right::Alter | Right::Index | Right::Drop => "to own",
                other => other.word(),
            };
            let name = match (right, table) {
                (Right::Create, Some(table)) => match table.parts.as_slice() {
                    [.., schema, _] => self.literal(schema),
                    _ => "NULL".to_owned(),
                },
                (_, Some(table)) => self.literal(&table.text),
                (_, None) => "NULL".to_owned(),
            };
            format!(", ({}::text, {name}::text)", self.literal(word))
        };
        format!("(NULL::text, NULL::text){}", needs.iter().map(row).collect::<String>())
    }

    fn role(&self, role: Option<&str>) -> String {
        role.map_or("current_user".to_owned(), |role| format!("{}::name", self.literal(role)))
    }

    fn words(&self) -> CountWords {
        CountWords {
            count: "pg_catalog.count(*)",
            is_several: "pg_catalog.count(*) OPERATOR(pg_catalog.>) 1::bigint",
        }
    }

    fn as_text(&self, expression: &str) -> String {
        format!("({expression})::text")
    }

    fn misfit(&self, column: &str, from: &str, (to, arguments): (&str, &[String])) -> Misfit {
        let from = from.split('(').next().unwrap_or_default().trim();
        let (is_text, is_number) = (TEXTS.contains(&from), NUMBERS.contains(&from));
        let unknown = |why: &str| Misfit::Unknown(format!("{why} (from {from})"));
        let cast = format!("{column}::{}", spelled(to, arguments));
        if let Some((low, high)) = range_of(to) {
            let number = format!("pg_catalog.round({column}::numeric, 0)");
            return match (is_number, is_text) {
                (true, _) => Misfit::Where(format!(
                    "({number} OPERATOR(pg_catalog.<) {low}::numeric OR {number} OPERATOR(pg_catalog.>) {high}::numeric)"
                )),
                // One after the other: what is no number has no size.
                (_, true) => Misfit::Where(format!(
                    "CASE WHEN {column}::text OPERATOR(pg_catalog.~) '^\\s*[+-]?[0-9]+\\s*$'::text THEN {column}::text::numeric \
                     OPERATOR(pg_catalog.<) {low}::numeric OR {column}::text::numeric OPERATOR(pg_catalog.>) {high}::numeric ELSE true END \
                     AND {column} IS NOT NULL"
                )),
                _ => Misfit::Try(cast),
            };
        }
        match to {
            "TEXT" => Misfit::Nothing,
            "VARCHAR" | "CHAR" => {
                let length = match (to, arguments.first()) {
                    ("CHAR", None) => Some(1),
                    (_, None) => return Misfit::Nothing,
                    (_, Some(length)) => length.trim().parse::<u64>().ok(),
                };
                match length {
                    // Blanks at the end are cut off without an error.
                    Some(length) => Misfit::Where(format!(
                        "pg_catalog.rtrim(pg_catalog.substr({column}::text, {}), ' '::text) OPERATOR(pg_catalog.<>) ''::text",
                        length + 1
                    )),
                    None => unknown("the length is not a number"),
                }
            }
            "NUMERIC" if arguments.is_empty() && is_number => Misfit::Nothing,
            "NUMERIC" if is_number => match limit_of(arguments) {
                Some((limit, scale)) => Misfit::Where(format!(
                    "pg_catalog.abs(pg_catalog.round({column}::numeric, {scale})) OPERATOR(pg_catalog.>=) {limit}::numeric"
                )),
                None => unknown("the digits are not numbers"),
            },
            "UUID" if is_text => Misfit::Where(format!(
                "{column}::text OPERATOR(pg_catalog.!~*) '^\\s*\\{{?[0-9a-f]{{4}}(-?[0-9a-f]{{4}}){{7}}\\}}?\\s*$'::text"
            )),
            "DOUBLE" | "REAL" if is_number => Misfit::Nothing,
            "TIMESTAMPTZ" | "TIMESTAMP" if from == "date" || from.starts_with("timestamp") => {
                Misfit::Nothing
            }
            _ => Misfit::Try(cast),
        }
    }

    /// Class 22 is about data.
    fn is_about_value(&self, failure: &Failure) -> bool {
        failure.code.as_deref().is_some_and(|code| code.starts_with("22"))
    }

    /// A third of a page, of which the header of the row takes 8 bytes.
    fn too_long_for_index(&self, columns: &[String]) -> Option<String> {
        let size = |column: &String| format!("COALESCE(pg_catalog.pg_column_size({column}), 0)");
        let sizes: Vec<String> = columns.iter().map(size).collect();
        let all = sizes.join(" OPERATOR(pg_catalog.+) ");
        (!sizes.is_empty()).then(|| format!("({all}) OPERATOR(pg_catalog.>) 2696"))
    }

    fn fails_on_values(&self) -> bool {
        true
    }

    fn only(&self) -> &'static str {
        "ONLY "
    }

    fn volatile_functions(&self, names: &[String]) -> Option<String> {
        let names: Vec<String> = names.iter().map(|name| self.literal(name)).collect();
        Some(fill(SQL_VOLATILE, &[("functions", &names.join(", "))]))
    }

    /// By groups, since the equality of a group is that of the type, whatever operators the search path has.
    fn orphans(&self, key: &KeyColumns<'_>) -> String {
        let columns = key.columns.join(", ");
        let present = key
            .columns
            .iter()
            .map(|column| format!("{column} IS NOT NULL"))
            .collect::<Vec<_>>()
            .join(" AND ");
        let (from, to, referenced) = (key.from, key.to, key.referenced.join(", "));
        format!(
            "(SELECT {columns}, pg_catalog.sum(child) AS n FROM (SELECT {columns}, 1::bigint AS child, 0::bigint AS parent FROM {from} \
             WHERE {present} UNION ALL SELECT {referenced}, 0::bigint, 1::bigint FROM {to}) u GROUP BY {columns} \
             HAVING pg_catalog.max(parent) OPERATOR(pg_catalog.=) 0::bigint) o"
        )
    }
}
