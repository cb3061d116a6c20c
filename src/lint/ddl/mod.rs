//! A statement as rules see it: a typed view of the statements that change a schema, read from the tokens.
//!
//! There is no grammar. What is not understood becomes [`Ddl::Other`] or [`TableAction::Other`], about which no rule says anything.

mod catalogue;
mod catalogue_alter;
mod catalogue_create;
mod column;
mod parse;
mod partition;
mod rows;
mod table;
mod tokens;

#[cfg(test)]
mod tests;

pub(crate) use catalogue::{
    CatalogueAct, CatalogueKind, CatalogueUse, CatalogueUses, KeptQuery, catalogue,
};
pub(crate) use parse::parse;
pub(crate) use partition::{is_default_partition, partition_bounds, partition_by};

/// A name, with its schema if that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SqlName {
    /// As it is written, quotes and all.
    pub(crate) text: String,
    /// The values of its parts.
    pub(crate) parts: Vec<String>,
}

impl SqlName {
    /// Its last part.
    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// Whether both mean the same, as far as can be told: a schema that only one of them names may be the other's as well.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.parts
            .iter()
            .rev()
            .zip(other.parts.iter().rev())
            .all(|(a, b)| a.eq_ignore_ascii_case(b))
    }

    /// The name in another schema.
    pub(crate) fn moved_to(&self, schema: &Self) -> Self {
        let last = self.text.rsplit('.').next().unwrap_or_default();
        let mut parts = schema.parts.clone();
        parts.extend(self.parts.last().cloned());
        Self { text: format!("{schema}.{last}"), parts }
    }

    /// Whether its last part is this.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.last().eq_ignore_ascii_case(name)
    }
}

impl std::fmt::Display for SqlName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// A type, with the usual spellings made one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// As it is written.
    pub(crate) text: String,
    /// In upper case, without arguments: `VARCHAR`, `TIMESTAMPTZ`, `NUMERIC`.
    pub(crate) base: String,
    /// What is in parentheses behind it.
    pub(crate) arguments: Vec<String>,
}

/// How a generated column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GeneratedColumn {
    Stored,
    Virtual,
}

/// A column as a statement declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ColumnText {
    pub(crate) name: SqlName,
    pub(crate) ty: TypeName,
    pub(crate) not_null: bool,
    pub(crate) default: Option<String>,
    pub(crate) primary_key: bool,
    pub(crate) unique: bool,
    pub(crate) references: Option<SqlName>,
    /// The columns of the other table, if they are named.
    pub(crate) referenced: Vec<String>,
    pub(crate) check: bool,
    /// What the CHECK demands, as it is written.
    pub(crate) check_text: Option<String>,
    pub(crate) generated: Option<GeneratedColumn>,
    /// What it is computed from, as it is written.
    pub(crate) computed: Option<String>,
    /// The collation that it names, as it is written.
    pub(crate) collation: Option<String>,
    /// The character set that it names, in lower case.
    pub(crate) charset: Option<String>,
    /// Its comment, with the quotes around it.
    pub(crate) comment: Option<String>,
    /// What an UPDATE of the row sets it to, as it is written.
    pub(crate) on_update: Option<String>,
    pub(crate) identity: bool,
    pub(crate) auto_increment: bool,
    /// `FIRST` or `AFTER ...`.
    pub(crate) placed: bool,
}

impl ColumnText {
    /// Its type with its character set, which decides as well what fits in.
    pub(crate) fn declared_type(&self) -> TypeName {
        let mut ty = self.ty.clone();
        if let Some(charset) = &self.charset {
            ty.text += &format!(" CHARACTER SET {charset}");
        }
        ty
    }
}

/// What a constraint demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DemandKind {
    PrimaryKey,
    Unique,
    ForeignKey,
    Check,
    Exclude,
}

/// A constraint of a table as a statement declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConstraintText {
    pub(crate) name: Option<SqlName>,
    pub(crate) kind: DemandKind,
    pub(crate) columns: Vec<String>,
    pub(crate) references: Option<SqlName>,
    /// The columns of the other table, if they are named.
    pub(crate) referenced: Vec<String>,
    /// What a CHECK demands, as it is written.
    pub(crate) expression: Option<String>,
    /// Two NULLs count as the same value.
    pub(crate) nulls_are_equal: bool,
    pub(crate) not_valid: bool,
    pub(crate) using_index: bool,
    /// All of it, as it is written, with its name.
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreateTable {
    pub(crate) name: SqlName,
    pub(crate) temporary: bool,
    /// An existing table of this name is dropped.
    pub(crate) or_replace: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<ColumnText>,
    pub(crate) constraints: Vec<ConstraintText>,
    /// `AS SELECT`, `LIKE`, `PARTITION OF`, `OF type`: its columns are not all in the statement.
    pub(crate) is_partial: bool,
    /// What follows the parentheses.
    pub(crate) options: String,
    /// The character set that it names, in lower case.
    pub(crate) charset: Option<String>,
    /// The storage engine that it names, in lower case.
    pub(crate) engine: Option<String>,
    pub(crate) is_partitioned: bool,
    /// The table of which it is a partition.
    pub(crate) partition_of: Option<SqlName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreateIndex {
    pub(crate) name: Option<SqlName>,
    pub(crate) table: SqlName,
    pub(crate) unique: bool,
    pub(crate) concurrently: bool,
    pub(crate) if_not_exists: bool,
    /// Not on the partitions of the table.
    pub(crate) only: bool,
    /// `FULLTEXT`, `SPATIAL` or nothing.
    pub(crate) special: Option<String>,
    /// What is indexed, as it is written.
    pub(crate) keys: String,
    /// From the table's name to the end, as it is written.
    pub(crate) tail: String,
    pub(crate) columns: Vec<String>,
    /// Each of what is indexed, without its order and other options; none if one of them is not understood.
    pub(crate) parts: Option<Vec<String>>,
    /// The condition of a partial index, as it is written.
    pub(crate) predicate: Option<String>,
    /// Two NULLs count as the same value.
    pub(crate) nulls_are_equal: bool,
    /// How MySQL is told to build it.
    pub(crate) asked: AskedDdl,
}

/// The algorithm and the lock that a statement asks for, in upper case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AskedDdl {
    pub(crate) algorithm: Option<String>,
    pub(crate) lock: Option<String>,
}

/// How the rows of a table are kept from now on, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewStorage {
    /// CONVERT TO: the character set of all columns.
    Charset(String),
    Engine(String),
}

/// One action of an ALTER TABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TableAction {
    AddColumn(ColumnText),
    DropColumn {
        name: SqlName,
        cascade: bool,
    },
    RenameColumn {
        from: SqlName,
        to: SqlName,
    },
    RenameTable(SqlName),
    /// RENAME CONSTRAINT, and RENAME INDEX on MySQL.
    RenameConstraint {
        from: SqlName,
        to: SqlName,
    },
    AlterType {
        column: SqlName,
        ty: TypeName,
        /// How the new values are computed, if the statement says it.
        using: Option<String>,
        /// Whether the statement names a collation.
        collated: bool,
    },
    SetNotNull(SqlName),
    DropNotNull(SqlName),
    SetDefault {
        column: SqlName,
    },
    DropDefault(SqlName),
    AddIdentity {
        column: SqlName,
        /// Only the database gives it a value.
        always: bool,
        /// Where its numbers begin, and other options, as they are written.
        options: String,
    },
    /// MODIFY and CHANGE: the whole column again.
    Modify {
        from: SqlName,
        column: ColumnText,
    },
    AddConstraint(ConstraintText),
    Validate(SqlName),
    DropConstraint(SqlName),
    DropPrimaryKey,
    AddIndex {
        unique: bool,
        special: Option<String>,
        name: Option<SqlName>,
        columns: Vec<String>,
    },
    DropIndex(SqlName),
    DetachPartition {
        concurrently: bool,
        partition: SqlName,
    },
    AttachPartition {
        partition: SqlName,
        /// `FOR VALUES ...` or `DEFAULT`, as it is written.
        bounds: String,
    },
    /// The rows of a table become those of a partition: `EXCHANGE PARTITION p WITH TABLE t`, `CONVERT TABLE t TO PARTITION p`.
    ExchangePartition {
        partition: SqlName,
        with: SqlName,
        is_validated: bool,
    },
    /// It loses rows: `DROP PARTITION p`, `TRUNCATE PARTITION p`, `DROP SYSTEM VERSIONING`, `DISCARD TABLESPACE`.
    DiscardRows(String),
    /// It writes the table again: a tablespace, an engine, a character set, partitions.
    Rewrite {
        /// As it is written.
        words: String,
        to: Option<NewStorage>,
    },
    /// The character set of columns that are added from now on, in lower case.
    DefaultCharset(String),
    SetSchema(SqlName),
    /// ENABLE and FORCE ROW LEVEL SECURITY.
    EnableRowSecurity,
    /// The trigger, or `ALL` or `USER`.
    DisableTrigger(SqlName),
    EnableTrigger(SqlName),
    Algorithm(String),
    Lock(String),
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlterTable {
    pub(crate) name: SqlName,
    /// ALTER IGNORE TABLE, as MariaDB takes it.
    pub(crate) ignore: bool,
    pub(crate) actions: Vec<TableAction>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DropObjects {
    /// `TABLE`, `INDEX`, `MATERIALIZED VIEW` ...
    pub(crate) kind: String,
    pub(crate) names: Vec<SqlName>,
    pub(crate) concurrently: bool,
    pub(crate) cascade: bool,
    pub(crate) if_exists: bool,
    /// The table of an index, where it has to be named.
    pub(crate) on: Option<SqlName>,
    /// How MySQL is told to drop an index.
    pub(crate) asked: AskedDdl,
}

/// What a statement does to the schema or to rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ddl {
    CreateTable(CreateTable),
    AlterTable(AlterTable),
    CreateIndex(CreateIndex),
    Drop(DropObjects),
    RenameTables(Vec<(SqlName, SqlName)>),
    /// ALTER INDEX, VIEW, SCHEMA ... RENAME TO.
    RenameObject {
        kind: String,
        from: SqlName,
        to: SqlName,
    },
    /// ALTER VIEW, TYPE, FUNCTION ... SET SCHEMA.
    MoveObject {
        kind: String,
        name: SqlName,
        schema: SqlName,
    },
    CreateEnum(SqlName),
    AddEnumValue {
        ty: SqlName,
        value: String,
    },
    RenameEnumValue {
        ty: SqlName,
        from: String,
    },
    /// A domain that demands more of existing values; the action as it is written.
    TightenDomain {
        domain: SqlName,
        action: String,
    },
    /// A view, a function, a trigger: the kind and the name. A function that only triggers call is a `TRIGGER FUNCTION`, a domain that
    /// demands something of its values a `CHECKED DOMAIN`.
    CreateObject {
        kind: String,
        name: SqlName,
        or_replace: bool,
    },
    CreateExtension(SqlName),
    /// DROP OWNED BY: the roles.
    DropOwned(Vec<SqlName>),
    /// REVOKE: what is revoked and from whom, as it is written, and on which objects.
    Revoke {
        words: String,
        objects: Vec<SqlName>,
    },
    Truncate {
        tables: Vec<SqlName>,
        cascade: bool,
    },
    Update {
        table: SqlName,
        has_where: bool,
        assigned: Vec<String>,
    },
    Delete {
        table: SqlName,
        has_where: bool,
    },
    /// The earlier versions of the rows of a table with system versioning.
    DeleteHistory(SqlName),
    Insert {
        table: SqlName,
        /// The columns that are named.
        columns: Vec<String>,
        /// The query whose rows are inserted, as it is written.
        query: Option<String>,
    },
    LockTable(Vec<SqlName>),
    Reindex {
        concurrently: bool,
        rest: String,
    },
    /// VACUUM FULL and CLUSTER, OPTIMIZE TABLE: the words and the tables.
    RewriteTable {
        words: &'static str,
        tables: Vec<SqlName>,
    },
    Refresh {
        concurrently: bool,
        with_data: bool,
        view: SqlName,
    },
    /// Statements in a text, or of a procedure, that no rule reads: the word that runs them.
    Hidden(&'static str),
    Other,
}
