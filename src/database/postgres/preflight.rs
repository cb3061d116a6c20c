//! What preflight asks PostgreSQL.

use std::time::Duration;

use super::{
    super::{
        Dialect, Failure, SqlFile,
        preflight::{
            CountWords, KeyColumns, Misfit, NamedTable, PreflightQueries, PreflightSections, Right,
            limit_of, range_of,
        },
    },
    Postgres,
};

static SECTIONS: PreflightSections =
    PreflightSections::of(SqlFile::of(include_str!("preflight.sql")));

const TEXTS: [&str; 4] = ["text", "character varying", "character", "citext"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];

impl PreflightQueries for Postgres {
    fn read_only(&self) -> &'static str {
        "BEGIN TRANSACTION READ ONLY"
    }

    fn limits(&self, limit: Duration) -> Vec<String> {
        let limit = limit.as_millis().max(1);
        vec![format!("SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = {limit}")]
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
        if let Some((low, high)) = range_of(to) {
            let number = format!("pg_catalog.round({column}::numeric, 0)");
            return match (is_number, is_text) {
                (true, _) => Misfit::Where(format!(
                    "({number} OPERATOR(pg_catalog.<) {low}::numeric OR {number} OPERATOR(pg_catalog.>) {high}::numeric)"
                )),
                (_, true) => Misfit::Where(format!(
                    "{column}::text OPERATOR(pg_catalog.!~) '^\\s*[+-]?[0-9]+\\s*$'::text"
                )),
                _ => unknown("the values have to be converted to know whether they fit"),
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
            _ => unknown("the values have to be converted to know whether they fit"),
        }
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
