//! What is asked while a migration runs in a scratch database: the part of the contract that `lint --run` needs.
//!
//! A [`Measuring`] knows, as a [`Dialect`](super::Dialect) does, and does no I/O. The sections of each database's `measure.sql`
//! bring tagged rows:
//!
//! | tag | columns |
//! |---|---|
//! | `relation` | `id` of a table, `name`, `file`, `has_pages`: `1` if that is not empty |
//! | `cost` | `id`, `lock_words`: the strongest lock of the transaction; `blocked`: `0`, `1` for writes, `2` for reads as well; `scans` |
//! | `column` | `id`, `table_name` and `name` in SQL, and what [`MeasureSections::columns`] says |
//! | `check` | `id`, `definition`: text that demands something of the rows |

use super::SqlFile;

/// The queries.
#[derive(Debug)]
pub struct MeasureSections {
    pub relations: &'static str,
    pub costs: &'static str,
    /// `base` and `type` are the type without and with arguments; `nullable`; `has_default` if there is a default that is no counter;
    /// `listed` a value that the type lists; `other_table` and `other_column` what the column refers to.
    pub columns: &'static str,
    pub checks: &'static str,
}

impl MeasureSections {
    /// Takes the sections out of a file. Only for `const` contexts.
    pub(crate) const fn of(file: SqlFile) -> Self {
        Self {
            relations: file.section("relations"),
            costs: file.section("costs"),
            columns: file.section("columns"),
            checks: file.section("checks"),
        }
    }
}

/// A type for which a value is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueType {
    /// Without arguments, as the database calls it.
    pub base: String,
    /// As it is written in SQL.
    pub text: String,
    /// A value that the type lists.
    pub listed: Option<String>,
    /// Literals that a check of the table compares the column with.
    pub literals: Vec<String>,
}

/// Knows what to ask one database.
pub trait Measuring: Send + Sync {
    /// The fixed queries.
    fn sections(&self) -> &'static MeasureSections;
    /// Expressions for values of a type, the most usual first; none if no value is known.
    fn values(&self, ty: &ValueType) -> Vec<String>;
    /// Inserts one row. There may be no columns.
    fn insert(&self, table: &str, columns: &[(&str, &str)]) -> String {
        let (names, values): (Vec<&str>, Vec<&str>) = columns.iter().copied().unzip();
        if columns.is_empty() {
            return format!("INSERT INTO {table} DEFAULT VALUES");
        }
        format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
    }
    /// Whether the query for costs tells what the transaction has locked.
    fn tells_locks(&self) -> bool {
        false
    }
    /// What the server says of a statement that it can only do by copying the table.
    fn copying(&self) -> &'static str {
        ""
    }
    /// Statements that note counters which no rollback puts back, and that put them back.
    fn around_rollback(&self) -> Option<(&'static str, &'static str)> {
        None
    }
    /// Does what the inserted rows have left to be done at the end of the transaction.
    fn settle(&self) -> Option<&'static str> {
        None
    }
    /// Deletes all rows of a table, whatever refers to them, where a transaction cannot be rolled back to do that.
    fn clear(&self, _table: &str) -> Vec<String> {
        Vec::new()
    }
}

/// A value, and the literals that are of its kind.
pub(super) fn with_literals(usual: &[&str], ty: &ValueType, is_text: bool) -> Vec<String> {
    let is_of_kind = |literal: &&String| literal.starts_with('\'') == is_text;
    let literals = ty.literals.iter().filter(is_of_kind).cloned();
    let mut values: Vec<String> = usual.iter().take(1).map(ToString::to_string).collect();
    values.extend(literals);
    values.extend(usual.iter().skip(1).map(ToString::to_string));
    values
}
