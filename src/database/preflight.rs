//! What is asked of a database that is about to be migrated: the part of the contract that preflight needs.
//!
//! A [`PreflightQueries`] knows, as a [`Dialect`](super::Dialect) does, and does no I/O. The sections of each database's `preflight.sql`
//! bring tagged rows. A database that cannot tell something says so in a row, so that the reason is beside the query:
//!
//! | tag | columns |
//! |---|---|
//! | `unknown` | why this database does not tell it |
//! | `none` | why there is nothing to ask |
//! | `version` | the version of the server |
//! | `table` | number of the name, rows or nothing, bytes, columns of the primary key, `1` if other tables inherit from it |
//! | `column` | number of the name, column, type, `1` if it may be NULL |
//! | `volatile` | a function that may change something |
//! | `busy` | session, application, user, seconds, state, statement, tables among those asked that it has locked |
//! | `vacuum` | table, what is the matter, `1` if it is in the way now |
//! | `replica` | name, state, bytes behind or nothing, seconds behind or nothing |
//! | `size` | bytes of the database |
//! | `right` | what is missing, on what |
//! | `archive` | `on` or `off`, seconds since the last file or nothing, `1` if it fails now |
//! | `place` | the default schema, `schema-wide` if indexes have their names together with tables |
//! | `object`, `part`, `blocker` | see `structure` in `preflight.sql` |
//! | `program` | application, user, sessions |

use std::time::Duration;

use super::{Failure, SqlFile};

/// What joins lists in the rows.
pub(crate) const LIST: char = '\u{1f}';

/// A table as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTable {
    /// As it is written, quotes and all.
    pub text: String,
    /// The values of its parts.
    pub parts: Vec<String>,
}

/// What a role must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    Create,
    Alter,
    Index,
    Drop,
    References,
    Insert,
    Update,
    Delete,
}

impl Right {
    /// As SQL says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Alter => "ALTER",
            Self::Index => "INDEX",
            Self::Drop => "DROP",
            Self::References => "REFERENCES",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// Which values a type does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// It holds all that the column can have.
    Nothing,
    /// Those for which this condition is true.
    Where(String),
    /// The server fails where it converts such a value, and this is how it is asked to convert.
    Try(String),
    /// Nobody knows without converting them; the text says why.
    Unknown(String),
}

/// A foreign key, with quoted names.
#[derive(Debug, Clone)]
pub struct KeyColumns<'k> {
    /// What stands behind FROM for the rows that refer.
    pub from: &'k str,
    /// Their columns.
    pub columns: &'k [String],
    /// The other table.
    pub to: &'k str,
    /// Its columns.
    pub referenced: &'k [String],
}

/// How a table is divided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartitionKey {
    /// The table, as the catalogue numbers it.
    pub table: String,
    /// Columns and expressions with their types, as far as these are known.
    pub columns: Vec<(String, Option<String>)>,
    /// It compares in a way of its own: by another operator class or collation than its columns have.
    pub is_special: bool,
    /// The partition with the rows that belong to no other one, qualified and quoted.
    pub default: Option<String>,
    /// All others.
    pub others: Vec<OtherPartition>,
}

/// A partition that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPartition {
    /// Qualified and quoted.
    pub name: String,
    /// What is true for its rows.
    pub condition: String,
    /// The same as a statement writes it.
    pub bounds: String,
}

/// Which rows a partition has; values as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionBounds {
    /// Those that belong to no other one.
    Default,
    In(Vec<String>),
    /// The second end is not included.
    Range(Vec<String>, Vec<String>),
    Hash {
        modulus: String,
        remainder: String,
    },
}

/// How a statement divides a table, as far as rows can be without a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionBy {
    /// Each row has one.
    Any,
    /// In ranges one behind the other; the end of the last, which is not included.
    Range { key: Vec<String>, last: Vec<String> },
    /// By the values of all partitions.
    List { key: Vec<String>, values: Vec<String> },
}

/// The queries that are the same whatever is pending; `{seconds}`, `{needs}` and `{role}` stand for values, and each
/// database says how it puts in the tables that a query is about.
#[derive(Debug)]
pub struct PreflightSections {
    pub version: &'static str,
    pub tables: &'static str,
    pub columns: &'static str,
    pub activity: &'static str,
    pub vacuum: &'static str,
    pub replication: &'static str,
    pub disk: &'static str,
    pub rights: &'static str,
    pub backup: &'static str,
    pub structure: &'static str,
    pub programs: &'static str,
}

impl PreflightSections {
    /// Takes the sections out of a file. Only for `const` contexts.
    pub(crate) const fn of(file: SqlFile) -> Self {
        Self {
            version: file.section("version"),
            tables: file.section("tables"),
            columns: file.section("columns"),
            activity: file.section("activity"),
            vacuum: file.section("vacuum"),
            replication: file.section("replication"),
            disk: file.section("disk"),
            rights: file.section("rights"),
            backup: file.section("backup"),
            structure: file.section("structure"),
            programs: file.section("programs"),
        }
    }
}

/// An object of the catalogue that a statement names, as the server calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueObject {
    /// `relation`, `type`, `routine`, `schema` ...
    pub kind: &'static str,
    pub schema: Option<String>,
    pub name: String,
}

/// How a database counts.
#[derive(Debug, Clone, Copy)]
pub struct CountWords {
    /// The number of rows.
    pub count: &'static str,
    /// The condition of a group that it has more than one row.
    pub is_several: &'static str,
}

/// Knows what to ask one database.
pub trait PreflightQueries: Send + Sync {
    /// Begins a transaction that only reads.
    fn read_only(&self) -> &'static str;
    /// Statements that limit what follows in the transaction, and end with it.
    fn limits(&self, _limit: Duration) -> Vec<String> {
        Vec::new()
    }
    /// A query that the server ends after this time, where that is said in the query itself.
    fn within(&self, query: &str, _limit: Duration) -> String {
        query.to_owned()
    }
    /// Whether a query failed since its time was over.
    fn is_cut_off(&self, failure: &Failure) -> bool;
    /// The fixed queries.
    fn sections(&self) -> &'static PreflightSections;
    /// A fixed query about these tables, each of which has its number in it, with other values filled in.
    fn about(&self, section: &str, tables: &[NamedTable], values: &[(&str, &str)]) -> String;
    /// The text for `{needs}`: rights and the objects that they concern; `None` means the default schema.
    fn needs(&self, needs: &[(Right, Option<NamedTable>)]) -> String;
    /// What stands for `{role}`.
    fn role(&self, role: Option<&str>) -> String;
    /// Whether existing rows get a value without an error if a new column is NOT NULL and has no default.
    fn fills_new_columns(&self) -> bool {
        false
    }
    /// What stands for `{objects}` in the question about the catalogue.
    fn objects(&self, _objects: &[CatalogueObject]) -> String {
        String::new()
    }
    /// Whether statements are tried on a copy of the schema without its rows, instead of a question about the catalogue.
    fn tries_on_copy(&self) -> bool {
        false
    }
    /// A part of a name as the server calls it: as it is written, or empty if that is not known, and its value.
    fn folded(&self, _written: &str, value: &str) -> String {
        value.to_owned()
    }
    /// The name of a type that the catalogue has; nothing for a type that the grammar has.
    fn type_name(&self, _written: &str) -> Option<Vec<String>> {
        None
    }
    /// Whether the arguments of a routine, as a statement writes them in parentheses, are those of the catalogue; nothing if nobody knows.
    fn same_arguments(&self, _written: &str, _known: &str) -> Option<bool> {
        Some(true)
    }
    /// Whether a foreign key may refer to the first columns of an index, and not only to all columns of a unique one.
    fn key_order_matters(&self) -> bool {
        false
    }
    /// Whether a column of the first type may refer to one of the second; nothing if nobody knows.
    fn key_types_fit(&self, _from: &str, _to: &str) -> Option<bool> {
        None
    }
    /// Whether values of the first type become values of the second without a cast; nothing if nobody knows.
    fn is_assigned(&self, _from: &str, _to: &str) -> Option<bool> {
        None
    }
    /// A query that fails if an expression cannot be the default of a column of this type.
    fn default_trial(&self, _expression: &str, _ty: &str) -> Option<String> {
        None
    }
    /// How many signs a name may have, where a longer one is an error.
    fn longest_name(&self) -> Option<usize> {
        None
    }
    /// How many bytes a column of a type takes in a row or an index, where there is a limit; nothing for one that is kept elsewhere.
    fn bytes_of(&self, _ty: &str, _charset: &str) -> Option<u64> {
        None
    }
    /// Begins a transaction in which the plan of a change can be asked for.
    fn planning(&self) -> &'static str {
        self.read_only()
    }
    /// Asks for the plan of a statement.
    fn explain(&self, _statement: &str) -> Option<String> {
        None
    }
    /// Whether a statement whose plan was asked for would fail as well.
    fn is_refusal(&self, _failure: &Failure) -> bool {
        false
    }
    /// Whether a statement failed on rows, and not on the schema.
    fn is_about_rows(&self, _failure: &Failure) -> bool {
        false
    }
    /// How it counts.
    fn words(&self) -> CountWords;
    /// An expression as text.
    fn as_text(&self, expression: &str) -> String;
    /// What a column's new type does not hold. `from` is the type as the database says it, `to` the new one in upper case.
    fn misfit(&self, column: &str, from: &str, to: (&str, &[String])) -> Misfit;
    /// Whether a failure is about a value that an expression was computed from.
    fn is_about_value(&self, _failure: &Failure) -> bool {
        false
    }
    /// The functions with these names that may change something when they are called: rows `volatile` with their names.
    fn volatile_functions(&self, _names: &[String]) -> Option<String> {
        None
    }
    /// Whether a table that has rows can get a new column whose computed values are stored.
    fn adds_stored_columns(&self) -> bool {
        true
    }
    /// Whether a new computed column that is NOT NULL fails on rows for which it is NULL, though its values are not stored.
    fn checks_virtual_columns(&self) -> bool {
        true
    }
    /// Whether a cast to the type, in upper case and with its arguments, cuts a value off that an assignment would be refused for.
    fn is_cut_in_cast(&self, _to: (&str, &[String])) -> bool {
        false
    }
    /// Whether the server tells by a failure that an expression has no value for a row.
    fn fails_on_values(&self) -> bool {
        false
    }
    /// What is before the name of a table whose children do not count.
    fn only(&self) -> &'static str {
        ""
    }
    /// Which values a column of another character set does not hold, as a condition.
    fn misfit_charset(&self, _column: &str, _charset: &str) -> Option<String> {
        None
    }
    /// Which values a column does not hold whose type a new table enforces, as a condition.
    fn strict_misfit(&self, _column: &str, _ty: &str) -> Option<String> {
        None
    }
    /// What is too long for a row of an index on these columns, as a condition.
    fn too_long_for_index(&self, _columns: &[String]) -> Option<String> {
        None
    }
    /// The fixed query for the key of a table that is divided.
    fn partitions(&self) -> Option<&'static str> {
        None
    }
    /// The condition of the rows that belong to a partition with these bounds; nothing if none can be written.
    fn in_bounds(&self, _key: &PartitionKey, _bounds: &PartitionBounds) -> Option<String> {
        None
    }
    /// The rows that belong to no partition once a table is divided.
    fn in_no_partition(&self, _by: &PartitionBy) -> Misfit {
        Misfit::Unknown(String::new())
    }
    /// Counts the rows of a query so that the server computes all of their values; nothing if that does not fail on any.
    fn count_computed(&self, _query: &str) -> Option<String> {
        None
    }
    /// Whether a new column of a table that has rows may have only a constant as its default.
    fn needs_constant_default(&self) -> bool {
        false
    }
    /// A derived table `o` with the values that refer to no row: the columns under their own names, and how many rows have them as `n`.
    fn orphans(&self, key: &KeyColumns<'_>) -> String {
        let columns = key.columns.join(", ");
        let present = key
            .columns
            .iter()
            .map(|column| format!("c.{column} IS NOT NULL"))
            .collect::<Vec<_>>()
            .join(" AND ");
        let pairs = key.columns.iter().zip(key.referenced);
        let same = pairs
            .map(|(own, other)| format!("p.{other} = c.{own}"))
            .collect::<Vec<_>>()
            .join(" AND ");
        let listed =
            key.columns.iter().map(|column| format!("c.{column}")).collect::<Vec<_>>().join(", ");
        let (from, to) = (key.from, key.to);
        format!(
            "(SELECT {listed}, COUNT(*) AS n FROM {from} c WHERE {present} AND NOT EXISTS (SELECT 1 FROM {to} p WHERE {same}) \
             GROUP BY {columns}) o"
        )
    }
}

/// The whole numbers that types hold, for those databases that have them.
#[allow(dead_code)] // One database has no such types.
pub(super) fn range_of(base: &str) -> Option<(&'static str, &'static str)> {
    Some(match base {
        "TINYINT" => ("-128", "127"),
        "TINYINT UNSIGNED" => ("0", "255"),
        "SMALLINT" => ("-32768", "32767"),
        "SMALLINT UNSIGNED" => ("0", "65535"),
        "MEDIUMINT" => ("-8388608", "8388607"),
        "MEDIUMINT UNSIGNED" => ("0", "16777215"),
        "INTEGER" => ("-2147483648", "2147483647"),
        "INTEGER UNSIGNED" => ("0", "4294967295"),
        "BIGINT" => ("-9223372036854775808", "9223372036854775807"),
        "BIGINT UNSIGNED" => ("0", "18446744073709551615"),
        _ => return None,
    })
}

/// The smallest number with more digits than `numeric(precision, scale)` has, and the scale.
#[allow(dead_code)] // One database has no such types.
pub(super) fn limit_of(arguments: &[String]) -> Option<(String, u32)> {
    let precision: u32 = arguments.first()?.trim().parse().ok()?;
    let scale: u32 = match arguments.get(1) {
        Some(scale) => scale.trim().parse().ok()?,
        None => 0,
    };
    let digits = usize::try_from(precision.checked_sub(scale)?).ok()?;
    (digits <= 1000).then(|| (format!("1{}", "0".repeat(digits)), scale))
}
