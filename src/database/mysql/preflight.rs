//! What preflight asks MySQL and MariaDB.

use std::time::Duration;

use super::{
    super::{
        Dialect, Failure, SqlFile, fill,
        preflight::{
            CatalogueObject, CountWords, Misfit, NamedTable, PartitionBy, PreflightQueries,
            PreflightSections, Right, limit_of, range_of,
        },
    },
    MySql,
};

static SECTIONS: PreflightSections =
    PreflightSections::of(SqlFile::of(include_str!("preflight.sql")));

impl MySql {
    fn place(&self, table: &NamedTable) -> (String, String) {
        match table.parts.as_slice() {
            [.., schema, name] => (self.literal(schema), self.literal(name)),
            [name] => ("DATABASE()".to_owned(), self.literal(name)),
            [] => ("DATABASE()".to_owned(), "NULL".to_owned()),
        }
    }
}

/// How many bytes a column of a type takes in a row at most; nothing for one that is kept elsewhere. The character set is that of the
/// type, or else the given one.
fn bytes_of(ty: &str, charset: &str) -> Option<u64> {
    let lower = ty.to_lowercase();
    let base = lower.split(|sign: char| !sign.is_alphanumeric()).next().unwrap_or_default();
    if base.ends_with("text")
        || base.ends_with("blob")
        || matches!(base, "json" | "geometry" | "point" | "polygon")
    {
        return None;
    }
    let length = lower
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(length, _)| length.trim());
    let length: u64 = length.and_then(|length| length.parse().ok()).unwrap_or(1);
    let per_sign = |text: &str| {
        let words = [
            ("utf8mb4", 4),
            ("utf8", 3),
            ("utf16", 4),
            ("utf32", 4),
            ("ucs2", 2),
            ("latin", 1),
            ("ascii", 1),
            ("binary", 1),
        ];
        words.iter().find(|(word, _)| text.contains(word)).map(|(_, bytes)| *bytes)
    };
    Some(match base {
        "varchar" | "char" => length * per_sign(&lower).or_else(|| per_sign(charset)).unwrap_or(1),
        "varbinary" | "binary" => length,
        "bigint" | "double" | "datetime" | "timestamp" => 8,
        "decimal" | "numeric" => length / 2 + 1,
        _ => 4,
    })
}

/// The rows behind the last range; none if it is open. NULL is before all values.
fn beyond(key: &[String], bound: &[String]) -> Option<String> {
    let open = bound.iter().position(|value| value.eq_ignore_ascii_case("MAXVALUE"));
    let counted = open.unwrap_or(key.len()).min(key.len());
    let operator = if open.is_some() { ">" } else { ">=" };
    let (key, bound) = (key.get(..counted)?, bound.get(..counted)?);
    (counted > 0).then(|| format!("({}) {operator} ({})", key.join(", "), bound.join(", ")))
}

/// The rows that are in none of the lists; nothing if that cannot be written.
fn in_no_list(key: &[String], values: &[String]) -> Option<String> {
    let (nulls, values): (Vec<&str>, Vec<&str>) =
        values.iter().map(String::as_str).partition(|value| value.eq_ignore_ascii_case("NULL"));
    let names_null = |value: &&str| key.len() > 1 && value.to_ascii_uppercase().contains("NULL");
    if values.iter().any(names_null) {
        return None;
    }
    let own = key.join(", ");
    let is_other = format!("(({own}) IN ({})) IS NOT TRUE", values.join(", "));
    Some(match (nulls.is_empty(), values.is_empty()) {
        (true, _) => is_other,
        (false, true) => format!("({own}) IS NOT NULL"),
        (false, false) => format!("{is_other} AND ({own}) IS NOT NULL"),
    })
}

/// Whole numbers of the same size and sign, and texts of whatever length but of the same character set, fit.
fn key_types_fit(from: &str, to: &str) -> Option<bool> {
    let read = |ty: &str| {
        let lower = ty.to_lowercase();
        let (base, rest) = lower.split_once('(').map_or((lower.as_str(), ""), |(base, rest)| {
            (base, rest.split_once(')').map_or("", |(_, rest)| rest))
        });
        let words: Vec<String> =
            format!("{base} {rest}").split_whitespace().map(str::to_owned).collect();
        let base = words.first().cloned().unwrap_or_default();
        let base = match base.as_str() {
            "integer" => "int".to_owned(),
            "char" | "varchar" => "text".to_owned(),
            // InnoDB keeps it as a number of three bytes.
            "date" => "mediumint".to_owned(),
            _ => base,
        };
        let is_unsigned = words.iter().any(|word| word == "unsigned");
        (base, is_unsigned, words.last().filter(|word| word.contains('_')).cloned())
    };
    let (from, to) = (read(from), read(to));
    let is_whole =
        |base: &str| matches!(base, "tinyint" | "smallint" | "mediumint" | "int" | "bigint");
    let known = |base: &str| is_whole(base) || base == "text";
    if !known(&from.0) || !known(&to.0) {
        if from.0 == to.0 {
            return Some(true);
        }
        // Numbers, texts and what InnoDB keeps as bytes of a fixed length.
        let kind = |base: &str| match base {
            base if is_whole(base) => Some(0),
            "text" => Some(1),
            "float" => Some(2),
            "double" => Some(3),
            "datetime" | "timestamp" | "time" | "decimal" => Some(4),
            _ => None,
        };
        let (one, other) = (kind(&from.0)?, kind(&to.0)?);
        return (one != other).then_some(false);
    }
    let collations = from.2.is_none() || to.2.is_none() || from.2 == to.2;
    Some(from.0 == to.0 && from.1 == to.1 && collations)
}

impl PreflightQueries for MySql {
    fn read_only(&self) -> &'static str {
        "START TRANSACTION READ ONLY"
    }

    /// MariaDB reads its own comment, and MySQL the hint; to the other each is a comment.
    fn within(&self, query: &str, limit: Duration) -> String {
        let Some(rest) = query.strip_prefix("SELECT ") else { return query.to_owned() };
        format!(
            "/*M!100100 SET STATEMENT max_statement_time={:.3} FOR */ SELECT /*+ MAX_EXECUTION_TIME({}) */ {rest}",
            limit.as_secs_f64().max(0.001),
            limit.as_millis().max(1)
        )
    }

    fn is_cut_off(&self, failure: &Failure) -> bool {
        let message = failure.error.to_string();
        ["max_statement_time", "maximum statement execution time"]
            .iter()
            .any(|words| message.contains(words))
    }

    fn sections(&self) -> &'static PreflightSections {
        &SECTIONS
    }

    /// A query for each table, since MariaDB finds a table at once by values alone.
    fn about(&self, section: &str, tables: &[NamedTable], values: &[(&str, &str)]) -> String {
        if !section.contains("{table}") {
            return fill(section, values);
        }
        let query = |(at, table): (usize, &NamedTable)| {
            let (schema, name) = self.place(table);
            let own = [("at", &*at.to_string()), ("schema", &schema), ("table", &name)];
            fill(section, &[&own, values].concat())
        };
        tables.iter().enumerate().map(query).collect::<Vec<_>>().join(" UNION ALL ")
    }

    fn needs(&self, needs: &[(Right, Option<NamedTable>)]) -> String {
        let row = |(right, table): &(Right, Option<NamedTable>)| {
            let (schema, name) = match table {
                Some(table) => self.place(table),
                None => ("DATABASE()".to_owned(), "NULL".to_owned()),
            };
            format!("SELECT '{}' AS need, {schema} AS s, {name} AS t", right.word())
        };
        needs.iter().map(row).collect::<Vec<_>>().join(" UNION ALL ")
    }

    fn objects(&self, objects: &[CatalogueObject]) -> String {
        let row = |(at, object): (usize, &CatalogueObject)| {
            let schema = object
                .schema
                .as_ref()
                .map_or("DATABASE()".to_owned(), |schema| self.literal(schema));
            format!(
                " UNION ALL SELECT {at}, '{}', {schema}, {}",
                object.kind,
                self.literal(&object.name)
            )
        };
        let rows: String = objects.iter().enumerate().map(row).collect();
        format!("SELECT -1 AS at, '' AS kind, '' AS s, '' AS n{rows}")
    }

    fn key_order_matters(&self) -> bool {
        true
    }

    fn longest_name(&self) -> Option<usize> {
        Some(64)
    }

    fn bytes_of(&self, ty: &str, charset: &str) -> Option<u64> {
        bytes_of(ty, charset)
    }

    fn key_types_fit(&self, from: &str, to: &str) -> Option<bool> {
        key_types_fit(from, to)
    }

    fn checks_virtual_columns(&self) -> bool {
        false
    }

    fn in_no_partition(&self, by: &PartitionBy) -> Misfit {
        match by {
            PartitionBy::Any => Misfit::Nothing,
            PartitionBy::Range { key, last } => {
                beyond(key, last).map_or(Misfit::Nothing, Misfit::Where)
            }
            PartitionBy::List { key, values } => {
                in_no_list(key, values).map_or(Misfit::Unknown(String::new()), Misfit::Where)
            }
        }
    }

    /// One that only reads refuses even to prepare a change. Nothing is executed in it.
    fn planning(&self) -> &'static str {
        "START TRANSACTION"
    }

    fn explain(&self, statement: &str) -> Option<String> {
        if statement.trim_start().to_ascii_uppercase().starts_with("SELECT") {
            return Some(format!("EXPLAIN {statement}"));
        }
        // To explain a change may compute what it calls; to prepare it does not.
        let hex: String = statement.bytes().map(|byte| format!("{byte:02X}")).collect();
        Some(format!(
            "SET @ambix_plan = CONVERT(x'{hex}' USING utf8mb4); PREPARE ambix_plan FROM @ambix_plan; DEALLOCATE PREPARE ambix_plan; \
             SET @ambix_plan = NULL"
        ))
    }

    /// What is about names and types; not a right, a limit, and what cannot be planned.
    fn is_refusal(&self, failure: &Failure) -> bool {
        let message = failure.error.to_string();
        let names = [
            " doesn't exist",
            "Unknown column",
            "Unknown table",
            "Column count doesn't match",
            "does not exist",
            "specified twice",
        ];
        names.iter().any(|words| message.contains(words)) && !failure.is_denied
    }

    fn role(&self, role: Option<&str>) -> String {
        let user = role.map_or("CURRENT_USER()".to_owned(), |role| self.literal(role));
        format!(
            "CONCAT('''', LEFT({user}, CHAR_LENGTH({user}) - CHAR_LENGTH(SUBSTRING_INDEX({user}, '@', -1)) - 1), '''@''', \
             SUBSTRING_INDEX({user}, '@', -1), '''')"
        )
    }

    /// Zero, or an empty text.
    fn fills_new_columns(&self) -> bool {
        true
    }

    /// There and back again: what the character set does not have is another sign then.
    fn misfit_charset(&self, column: &str, charset: &str) -> Option<String> {
        let back = format!("CONVERT(CONVERT({column} USING {charset}) USING utf8mb4)");
        Some(format!("CAST({back} AS BINARY) <> CAST(CONVERT({column} USING utf8mb4) AS BINARY)"))
    }

    fn words(&self) -> CountWords {
        CountWords { count: "COUNT(*)", is_several: "COUNT(*) > 1" }
    }

    fn as_text(&self, expression: &str) -> String {
        format!("CAST({expression} AS CHAR)")
    }

    fn misfit(&self, column: &str, from: &str, (to, arguments): (&str, &[String])) -> Misfit {
        let from = from.to_ascii_uppercase();
        let base = from.split('(').next().unwrap_or_default().trim().to_owned();
        let is_number =
            ["INT", "DECIMAL", "NUMERIC", "FLOAT", "DOUBLE"].iter().any(|word| base.contains(word));
        let is_text = base.contains("CHAR") || base.contains("TEXT");
        let unknown = || {
            Misfit::Unknown(format!(
                "the values have to be converted to know whether they fit (from {})",
                from.to_ascii_lowercase()
            ))
        };
        if let Some((low, high)) = range_of(to) {
            return match (is_number, is_text) {
                (true, _) => {
                    Misfit::Where(format!("(ROUND({column}) < {low} OR ROUND({column}) > {high})"))
                }
                (_, true) => Misfit::Where(format!(
                    "{column} NOT REGEXP '^[[:space:]]*[+-]?[0-9]+[[:space:]]*$'"
                )),
                _ => unknown(),
            };
        }
        let bytes = match to {
            "TINYTEXT" | "TINYBLOB" => Some(255),
            "TEXT" | "BLOB" => Some(65_535),
            "MEDIUMTEXT" | "MEDIUMBLOB" => Some(16_777_215),
            "LONGTEXT" | "LONGBLOB" => return Misfit::Nothing,
            _ => None,
        };
        if let Some(bytes) = bytes {
            return Misfit::Where(format!("OCTET_LENGTH({column}) > {bytes}"));
        }
        match (to, arguments.first()) {
            ("VARCHAR" | "CHAR", Some(length)) if length.trim().parse::<u32>().is_ok() => {
                Misfit::Where(format!("CHAR_LENGTH({column}) > {}", length.trim()))
            }
            ("CHAR", None) => Misfit::Where(format!("CHAR_LENGTH({column}) > 1")),
            ("NUMERIC", _) if is_number => {
                let ten = [String::from("10")];
                match limit_of(if arguments.is_empty() { &ten } else { arguments }) {
                    Some((limit, scale)) => {
                        Misfit::Where(format!("ABS(ROUND({column}, {scale})) >= {limit}"))
                    }
                    None => unknown(),
                }
            }
            ("DOUBLE" | "REAL" | "FLOAT", _) if is_number => Misfit::Nothing,
            ("VARBINARY" | "BINARY", Some(length)) if length.trim().parse::<u32>().is_ok() => {
                Misfit::Where(format!("OCTET_LENGTH({column}) > {}", length.trim()))
            }
            ("JSON", _) if is_text => Misfit::Where(format!("NOT JSON_VALID({column})")),
            ("DATE" | "DATETIME", _) if is_text => {
                let word = to.to_ascii_lowercase();
                Misfit::Where(format!("{column} IS NOT NULL AND CAST({column} AS {word}) IS NULL"))
            }
            ("DATETIME", _) if base == "DATE" => Misfit::Nothing,
            // What is outside of its range has no such number.
            ("TIMESTAMP", _) if base == "DATE" || base == "DATETIME" => Misfit::Where(format!(
                "{column} IS NOT NULL AND COALESCE(UNIX_TIMESTAMP({column}), 0) NOT BETWEEN 1 AND 2147483647"
            )),
            ("YEAR", _) if is_number => Misfit::Where(format!(
                "{column} NOT BETWEEN 0 AND 99 AND {column} NOT BETWEEN 1901 AND 2155"
            )),
            ("SET", Some(_)) if base == "SET" => {
                let all = format!("CONCAT(',', {column}, ',')");
                let rest = arguments.iter().fold(all, |rest, value| {
                    format!("REPLACE({rest}, CONCAT(',', {value}, ','), ',')")
                });
                Misfit::Where(format!("REPLACE({rest}, ',', '') <> ''"))
            }
            ("ENUM", Some(_)) => {
                Misfit::Where(format!("{column} NOT IN ({})", arguments.join(", ")))
            }
            _ if base == to && arguments.is_empty() => Misfit::Nothing,
            _ => unknown(),
        }
    }
}
