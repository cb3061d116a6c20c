//! What preflight asks SQLite.

use std::time::Duration;

use super::{
    super::{
        Dialect, Failure, SqlFile, fill,
        preflight::{CountWords, Misfit, NamedTable, PreflightQueries, PreflightSections, Right},
        replace_tokens::replace_tokens,
    },
    SYNTAX, Sqlite,
};
use crate::sql::{TokenKind, name_value};

static SECTIONS: PreflightSections =
    PreflightSections::of(SqlFile::of(include_str!("preflight.sql")));

/// SQLite takes a name in double quotes for a string if it finds no column of that name (<https://sqlite.org/quirks.html#dblquote>): one
/// that an earlier pending statement makes. In backticks it is a name, or an error.
fn in_backticks(sql: &str) -> String {
    replace_tokens(sql, &SYNTAX, |token| {
        let is_doubtful = token.kind == TokenKind::QuotedName && token.text.starts_with('"');
        is_doubtful.then(|| format!("`{}`", name_value(token).replace('`', "``")))
    })
}

impl PreflightQueries for Sqlite {
    /// It writes nothing until a statement does.
    fn read_only(&self) -> &'static str {
        "BEGIN"
    }

    fn within(&self, query: &str, _limit: Duration) -> String {
        in_backticks(query)
    }

    /// INTERRUPT.
    fn is_cut_off(&self, failure: &Failure) -> bool {
        failure.code.as_deref() == Some("9")
    }

    fn sections(&self) -> &'static PreflightSections {
        &SECTIONS
    }

    fn about(&self, section: &str, tables: &[NamedTable], values: &[(&str, &str)]) -> String {
        let row = |(at, table): (usize, &NamedTable)| {
            let name = table.parts.last().map(String::as_str).unwrap_or_default();
            format!(" UNION ALL SELECT {at}, {}", self.literal(name))
        };
        let rows: String = tables.iter().enumerate().map(row).collect();
        let names = format!("SELECT -1 AS at, NULL AS t{rows}");
        fill(section, &[&[("names", names.as_str())], values].concat())
    }

    fn needs(&self, _needs: &[(Right, Option<NamedTable>)]) -> String {
        String::new()
    }

    fn role(&self, _role: Option<&str>) -> String {
        String::new()
    }

    fn words(&self) -> CountWords {
        CountWords { count: "COUNT(*)", is_several: "COUNT(*) > 1" }
    }

    fn as_text(&self, expression: &str) -> String {
        format!("CAST({expression} AS TEXT)")
    }

    /// As STRICT takes values: a text that is a number becomes one.
    fn strict_misfit(&self, column: &str, ty: &str) -> Option<String> {
        let is_no_number = format!(
            "typeof({column}) = 'text' AND (trim({column}) GLOB '*[^0-9.eE+-]*' OR {column} NOT GLOB '*[0-9]*')"
        );
        let number = format!("CAST({column} AS NUMERIC)");
        let is_fraction = format!(
            "typeof({column}) IN ('text', 'real') AND {number} <> CAST({number} AS INTEGER)"
        );
        Some(match ty {
            "INTEGER" => {
                format!("(typeof({column}) = 'blob' OR {is_no_number} OR {is_fraction})")
            }
            "REAL" => format!("(typeof({column}) = 'blob' OR {is_no_number})"),
            "TEXT" => format!("typeof({column}) = 'blob'"),
            "BLOB" => format!("typeof({column}) NOT IN ('blob', 'null')"),
            _ => return None,
        })
    }

    /// A constraint: SQLITE_CONSTRAINT, whichever it is.
    fn is_about_rows(&self, failure: &Failure) -> bool {
        let code = failure.code.as_deref().and_then(|code| code.parse::<u32>().ok());
        code.is_some_and(|code| code & 0xff == 19)
    }

    fn tries_on_copy(&self) -> bool {
        true
    }

    fn fails_on_values(&self) -> bool {
        true
    }

    fn needs_constant_default(&self) -> bool {
        true
    }

    fn adds_stored_columns(&self) -> bool {
        false
    }

    /// A column takes any value, and a table with strict types is created again.
    fn misfit(&self, _column: &str, _from: &str, _to: (&str, &[String])) -> Misfit {
        Misfit::Nothing
    }
}
