//! Names, quoted where they must be.

use crate::{database::Dialect, schema::Name};

use super::super::Postgres;

/// Words that are no names without quotes: the reserved ones, and those that may be no type or function, from the server's
/// `pg_get_keywords()` (categories R, T and C, versions 13 to 18).
const KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// A name as SQL.
pub(in super::super) fn name(name: &str) -> String {
    let first = |c: char| c.is_ascii_lowercase() || c == '_';
    let is_plain = name.starts_with(first)
        && name.chars().all(|c| first(c) || c.is_ascii_digit())
        && KEYWORDS.binary_search(&name).is_err();
    if is_plain { name.to_owned() } else { Postgres.quote(name) }
}

/// A table's name with its schema.
pub(super) fn table(of: &Name) -> String {
    in_schema(of.schema.as_deref(), &of.name)
}

/// A name in a schema.
pub(super) fn in_schema(schema: Option<&str>, of: &str) -> String {
    match schema {
        Some(schema) => format!("{}.{}", name(schema), name(of)),
        None => name(of),
    }
}

/// Names in a row.
pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|of| name(of)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_has_them() {
        assert!(KEYWORDS.is_sorted());
        for (given, written) in [
            ("users", "users"),
            ("user", "\"user\""),
            ("Users", "\"Users\""),
            ("a\"b", "\"a\"\"b\""),
            ("_1", "_1"),
            ("1a", "\"1a\""),
            ("é", "\"é\""),
        ] {
            assert_eq!(name(given), written);
        }
    }
}
