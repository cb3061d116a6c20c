//! What preflight asks PostgreSQL.

use std::time::Duration;

use super::{
    super::{
        Dialect, Failure, SqlFile, fill,
        preflight::{
            CatalogueObject, CountWords, KeyColumns, Misfit, NamedTable, OtherPartition,
            PartitionBounds, PartitionKey, PreflightQueries, PreflightSections, Right, limit_of,
            range_of,
        },
    },
    Postgres,
};
use crate::sql::{TokenKind, name_value, tokens};

static SECTIONS: PreflightSections =
    PreflightSections::of(SqlFile::of(include_str!("preflight.sql")));

const SQL_PARTITIONS: &str = SqlFile::of(include_str!("preflight.sql")).section("partitions");
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

/// Types that the grammar knows, whatever the catalogue has, by their first word.
const GRAMMAR: [&str; 24] = [
    "int",
    "integer",
    "bigint",
    "smallint",
    "real",
    "double",
    "decimal",
    "dec",
    "numeric",
    "float",
    "boolean",
    "character",
    "char",
    "varchar",
    "national",
    "nchar",
    "bit",
    "time",
    "timestamp",
    "interval",
    "serial",
    "bigserial",
    "smallserial",
    "setof",
];

fn type_name(written: &str) -> Option<Vec<String>> {
    let syntax = Postgres.syntax();
    let mut parts = Vec::new();
    let mut after_dot = true;
    for token in tokens(written, syntax).filter(|token| token.kind != TokenKind::Comment) {
        if token.is_symbol(".") {
            after_dot = true;
        } else if after_dot && matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            let value = name_value(&token);
            parts.push(if token.kind == TokenKind::Word { value.to_lowercase() } else { value });
            after_dot = false;
        } else {
            break;
        }
    }
    let is_grammar = match parts.as_slice() {
        [] => true,
        [one] => {
            !written.starts_with('"')
                && (GRAMMAR.contains(&one.as_str()) || one.starts_with("serial"))
        }
        [schema, _] => schema == "pg_catalog",
        _ => true,
    };
    (!is_grammar && !written.contains('%')).then_some(parts)
}

/// The types of arguments, without modes, names and defaults, compared in the spelling of the catalogue.
fn same_arguments(written: &str, known: &str) -> Option<bool> {
    let inner = written.trim();
    // No parentheses: whichever there is.
    if inner.is_empty() && written.is_empty() {
        return None;
    }
    let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
    let known: Vec<&str> = known.split(", ").filter(|ty| !ty.is_empty()).collect();
    let mut found = Vec::new();
    for argument in inner.split(',').map(str::trim).filter(|argument| !argument.is_empty()) {
        let lower = argument.to_lowercase();
        let lower = lower
            .split(" default ")
            .next()
            .unwrap_or_default()
            .split('=')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        if lower.starts_with("out ") || lower.contains(['(', '"']) {
            return None;
        }
        let words: Vec<&str> = lower
            .split_whitespace()
            .filter(|word| !matches!(*word, "in" | "inout" | "variadic"))
            .collect();
        found.push(words.join(" "));
    }
    if found.len() != known.len() {
        return Some(false);
    }
    let same = found.iter().zip(&known).map(|(found, known)| {
        let last = found.rsplit_once(' ').map_or(found.as_str(), |(_, last)| last);
        spelling(found) == *known
            || spelling(last) == *known
            || found.ends_with(&format!(" {known}"))
    });
    Some(same.into_iter().all(|same| same))
}

fn spelling(ty: &str) -> &str {
    match ty {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "bool" => "boolean",
        "varchar" => "character varying",
        "decimal" => "numeric",
        "float8" | "float" => "double precision",
        "float4" => "real",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "time" => "time without time zone",
        "char" => "character",
        other => other,
    }
}

/// A type in the catalogue's spelling, and others that equality compares with it.
fn type_group(ty: &str) -> (String, Option<u8>) {
    let lower = ty.to_lowercase();
    let (base, rest) = lower.split_once('(').unwrap_or((&lower, ""));
    let rest = rest.split_once(')').map_or("", |(_, rest)| rest);
    let base = format!(
        "{}{}",
        base.trim(),
        if rest.is_empty() { String::new() } else { format!(" {}", rest.trim()) }
    );
    let base = match base.as_str() {
        "serial" | "serial4" => "integer",
        "bigserial" | "serial8" => "bigint",
        "smallserial" | "serial2" => "smallint",
        other => spelling(other),
    };
    let group = match base {
        "smallint" | "integer" | "bigint" => Some(0),
        "numeric" => Some(1),
        "real" | "double precision" => Some(2),
        "text" | "character varying" | "character" | "name" => Some(3),
        "date" | "timestamp without time zone" | "timestamp with time zone" => Some(4),
        "uuid" => Some(5),
        "boolean" => Some(6),
        "bytea" => Some(7),
        "inet" | "cidr" => Some(8),
        "jsonb" => Some(9),
        _ => None,
    };
    (base.to_owned(), group)
}

/// Types that equality compares with each other, and to which others are converted without a cast.
fn key_types_fit(from: &str, to: &str) -> Option<bool> {
    let (from, to) = (type_group(from), type_group(to));
    if from.0 == to.0 {
        return Some(true);
    }
    let (from, to) = (from.1?, to.1?);
    Some(from == to || from < to && to <= 2)
}

fn is_assigned(from: &str, to: &str) -> Option<bool> {
    let (from, to) = (type_group(from), type_group(to));
    if from.0 == to.0 || to.1 == Some(3) {
        return Some(true);
    }
    let (from, to) = (from.1?, to.1?);
    Some(from == to || from <= 2 && to <= 2)
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

    fn about(&self, section: &str, tables: &[NamedTable], values: &[(&str, &str)]) -> String {
        let row = |(at, table): (usize, &NamedTable)| {
            format!(", ({at}, {}::text)", self.literal(&table.text))
        };
        let rows: String = tables.iter().enumerate().map(row).collect();
        let names = format!("(-1, NULL::text){rows}");
        fill(section, &[&[("names", names.as_str())], values].concat())
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

    fn objects(&self, objects: &[CatalogueObject]) -> String {
        let row = |(at, object): (usize, &CatalogueObject)| {
            let schema =
                object.schema.as_ref().map_or("NULL".to_owned(), |schema| self.literal(schema));
            format!(
                ", ({at}, {}, {schema}, {})",
                self.literal(object.kind),
                self.literal(&object.name)
            )
        };
        let rows: String = objects.iter().enumerate().map(row).collect();
        format!("(-1, NULL::text, NULL::text, NULL::text){rows}")
    }

    /// Without quotes in lower case, and no longer than the server's names are.
    fn folded(&self, written: &str, value: &str) -> String {
        let mut name = if written.starts_with(['"', 'U', 'u']) && written.contains('"') {
            value.to_owned()
        } else {
            value.to_lowercase()
        };
        let mut end = name.len().min(63);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        name
    }

    fn type_name(&self, written: &str) -> Option<Vec<String>> {
        type_name(written)
    }

    fn same_arguments(&self, written: &str, known: &str) -> Option<bool> {
        same_arguments(written, known)
    }

    fn key_types_fit(&self, from: &str, to: &str) -> Option<bool> {
        key_types_fit(from, to)
    }

    /// Anything becomes a text, and a text nothing else.
    fn is_assigned(&self, from: &str, to: &str) -> Option<bool> {
        is_assigned(from, to)
    }

    /// A text in quotes is read as the type.
    fn default_trial(&self, expression: &str, ty: &str) -> Option<String> {
        let is_text = expression.starts_with('\'') && !expression.contains("::");
        let is_serial = ty.to_lowercase().contains("serial");
        match is_text && !ty.is_empty() && !is_serial {
            true => Some(format!("SELECT CAST({expression} AS {ty})")),
            false => Some(format!("SELECT ({expression})")),
        }
    }

    fn explain(&self, statement: &str) -> Option<String> {
        Some(format!("EXPLAIN {statement}"))
    }

    /// Not if it took too long, waited for a lock, or lacks a right.
    fn is_refusal(&self, failure: &Failure) -> bool {
        failure.code.as_deref().is_some_and(|code| {
            !matches!(code, "42501" | "25006")
                && ["42", "22", "0A", "23", "3F", "2B", "54"]
                    .iter()
                    .any(|class| code.starts_with(class))
        })
    }

    fn fails_on_values(&self) -> bool {
        true
    }

    fn is_cut_in_cast(&self, (to, arguments): (&str, &[String])) -> bool {
        to == "CHAR" || matches!(to, "VARCHAR" | "BIT" | "VARBIT") && !arguments.is_empty()
    }

    /// What is counted is computed: here, whole rows.
    fn count_computed(&self, query: &str) -> Option<String> {
        Some(format!("SELECT 'count' AS ambix, pg_catalog.count(r.*) AS found FROM ({query}) AS r"))
    }

    fn partitions(&self) -> Option<&'static str> {
        Some(SQL_PARTITIONS)
    }

    fn in_bounds(&self, key: &PartitionKey, bounds: &PartitionBounds) -> Option<String> {
        in_bounds(key, bounds)
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

/// The condition of the rows that belong to a partition; nothing if none can be written.
fn in_bounds(key: &PartitionKey, bounds: &PartitionBounds) -> Option<String> {
    let columns: Vec<&str> = key.columns.iter().map(|(column, _)| column.as_str()).collect();
    if key.is_special || columns.is_empty() {
        return None;
    }
    match bounds {
        // What belongs nowhere else.
        PartitionBounds::Default => Some(match key.others.as_slice() {
            [] => "true".to_owned(),
            others => {
                let is_true = |other: &OtherPartition| format!("({}) IS TRUE", other.condition);
                format!("NOT ({})", others.iter().map(is_true).collect::<Vec<_>>().join(" OR "))
            }
        }),
        PartitionBounds::In(values) => match key.columns.as_slice() {
            [column] => Some(listed(column, values)),
            _ => None,
        },
        PartitionBounds::Range(from, to) => {
            if from.len() != columns.len() || to.len() != columns.len() {
                return None;
            }
            let present = columns.iter().map(|column| format!("{column} IS NOT NULL"));
            let ends = [end(key, from, End::From), end(key, to, End::To)];
            let all: Vec<String> = present.chain(ends.into_iter().flatten()).collect();
            Some(all.join(" AND "))
        }
        PartitionBounds::Hash { modulus, remainder } => Some(format!(
            "pg_catalog.satisfies_hash_partition({}::pg_catalog.oid, {modulus}, {remainder}, {})",
            key.table,
            columns.join(", ")
        )),
    }
}

/// A value of a bound has the column's type.
fn typed(value: &str, ty: Option<&String>) -> String {
    ty.map_or_else(|| format!("({value})"), |ty| format!("CAST(({value}) AS {ty})"))
}

fn listed((column, ty): &(String, Option<String>), values: &[String]) -> String {
    let is_it = |value: &String| match value.eq_ignore_ascii_case("NULL") {
        true => format!("{column} IS NULL"),
        false => format!("{column} OPERATOR(pg_catalog.=) {}", typed(value, ty.as_ref())),
    };
    format!("({})", values.iter().map(is_it).collect::<Vec<_>>().join(" OR "))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    From,
    To,
}

/// What one end of a range demands; nothing if it is open. Behind MINVALUE and MAXVALUE no column counts.
fn end(key: &PartitionKey, values: &[String], end: End) -> Option<String> {
    let is = |value: &String, word: &str| value.eq_ignore_ascii_case(word);
    let limit = values.iter().position(|value| is(value, "MINVALUE") || is(value, "MAXVALUE"));
    let is_lowest = limit.is_some_and(|at| is(&values[at], "MINVALUE"));
    let columns = &key.columns[..limit.unwrap_or(values.len())];
    let operator = match (end, limit, is_lowest) {
        (End::From, None, _) | (End::From, Some(_), true) => ">=",
        (End::From, Some(_), false) => ">",
        (End::To, Some(_), false) => "<=",
        (End::To, _, _) => "<",
    };
    if columns.is_empty() {
        let is_open = (end == End::From) == is_lowest;
        return (!is_open).then(|| "false".to_owned());
    }
    let own: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
    let ends: Vec<String> =
        columns.iter().zip(values).map(|((_, ty), value)| typed(value, ty.as_ref())).collect();
    Some(match (own.as_slice(), ends.as_slice()) {
        ([column], [value]) => format!("{column} OPERATOR(pg_catalog.{operator}) {value}"),
        _ => format!(
            "ROW({}) OPERATOR(pg_catalog.{operator}) ROW({})",
            own.join(", "),
            ends.join(", ")
        ),
    })
}
