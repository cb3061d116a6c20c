//! A schema as plain values: either the one that your models ask for, or the one that was found in a database.
//!
//! Both sides use the same types. Models state types and defaults in neutral words ([`Type::Text`], [`DefaultValue::Literal`]). An
//! inspected schema has them as the database writes them ([`Type::Sql`]). Nothing here knows a particular database: a property
//! that only some databases have is an option with a name.

mod column;
mod constraint;
#[cfg(feature = "macros")]
pub(crate) mod derive;
mod index;
mod lineage;
mod model;
mod names;
mod naming;
mod object;
mod schema_object;
mod script;
mod types;

use std::{collections::BTreeMap, fmt};

pub use self::{
    column::{
        Column, DefaultValue, Generated, Identity, IdentityKind, Literal, RangeOf, SqlType, Type,
    },
    constraint::{
        Check, Deferral, Exclusion, ForeignKey, Match, PrimaryKey, ReferentialAction, Unique,
    },
    index::{Index, IndexKey, IndexPart, Nulls},
    model::{ArrayElement, ColumnType, Enum, Model, Models},
    naming::NamingConvention,
    object::{EnumType, Sequence, SequenceOptions, Uncovered, Use},
    schema_object::SchemaObject,
    script::SchemaSql,
    types::RangeElement,
};
pub(crate) use self::{
    lineage::is_usual_name,
    object::{Belonging, Definition},
    schema_object::{Address, Dependency, ObjectPart},
    types::columns,
};

/// Properties that only some databases have, by name: `fillfactor`, `engine`, `strict`.
pub type Options = BTreeMap<String, String>;

/// The options of a table whose value is the name of one of its indexes.
pub(crate) const INDEX_OPTIONS: [&str; 2] = ["cluster_on", "replica_identity_index"];

/// The name of a table, type or sequence, with its schema if that is not the default one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Name {
    /// The schema; `None` means the connection's default.
    pub schema: Option<String>,
    /// The name itself, without quotes.
    pub name: String,
}

impl Name {
    /// Creates a name in the default schema.
    pub fn new(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }

    /// Creates a name in a schema.
    pub fn in_schema(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into() }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// A schema: tables, enum types, sequences and other objects.
///
/// Create one with [`models!`](crate::models!), or with the builders:
///
/// ```
/// use ambix::schema::{Column, Schema, Table, Type};
/// let schema = Schema::new().table(
///     Table::new("users")
///         .column(Column::new("id", Type::BigInt).auto_increment())
///         .column(Column::new("email", Type::Varchar(255)).not_null())
///         .primary_key(["id"])
///         .unique(["email"]),
/// );
/// assert_eq!(schema.tables.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Schema {
    /// Schemas (namespaces) other than the default one.
    pub schemas: Vec<String>,
    /// Enum types.
    pub enums: Vec<EnumType>,
    /// Sequences that belong to no column.
    pub sequences: Vec<Sequence>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Views, functions, triggers, domains, policies and the like, each behind what it needs.
    pub objects: Vec<SchemaObject>,
    /// What needs what, as far as the database knows.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) dependencies: Vec<Dependency>,
    /// Objects that were found in a database and are not compared: views, functions, triggers, policies ...
    pub uncovered: Vec<Uncovered>,
    /// What is not compared, in the database's words, for telling both sides apart.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) definitions: Vec<Definition>,
    /// What is said of schemas, by their names.
    pub schema_comments: Options,
    /// What hangs on parts of it, and goes with them.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) belongings: Vec<Belonging>,
    /// What writing SQL for it has to know of the server that it was inspected on.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) server: Options,
}

impl Schema {
    /// Creates an empty schema.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table, and the enum types that its columns use.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        for used in table.columns.iter().filter_map(|column| column.ty.enum_type()) {
            if !self.enums.iter().any(|known| known.name == used.name) {
                self.enums.push(used.clone());
            }
        }
        self.tables.push(table);
        self
    }

    /// Adds the table of a model.
    #[must_use]
    pub fn model<M: Model>(self) -> Self {
        self.table(M::table())
    }

    /// Adds an enum type, even if no column uses it.
    #[must_use]
    pub fn enum_type(mut self, value: EnumType) -> Self {
        if !self.enums.iter().any(|known| known.name == value.name) {
            self.enums.push(value);
        }
        self
    }

    /// Adds a schema (namespace), so that drafts compare it even if no model is in it.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !self.schemas.contains(&name) {
            self.schemas.push(name);
        }
        self
    }

    /// Adds a sequence.
    #[must_use]
    pub fn sequence(mut self, sequence: Sequence) -> Self {
        self.sequences.push(sequence);
        self
    }

    /// Returns the table with this name.
    pub fn find_table(&self, name: &Name) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// Combines two schemas, for models that are collected in several places. If both have an object, this one's wins.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for schema in other.schemas {
            if !self.schemas.contains(&schema) {
                self.schemas.push(schema);
            }
        }
        self.schema_comments.extend(other.schema_comments);
        for value in other.enums {
            self = self.enum_type(value);
        }
        self.sequences.extend(other.sequences);
        self.tables.extend(other.tables);
        self.objects.extend(other.objects);
        self.dependencies.extend(other.dependencies);
        self.uncovered.extend(other.uncovered);
        self.definitions.extend(other.definitions);
        self
    }
}

/// A table with its columns, constraints and indexes.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Table {
    /// The name.
    pub name: Name,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// The unique constraints.
    pub uniques: Vec<Unique>,
    /// The foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// The check constraints.
    pub checks: Vec<Check>,
    /// The exclusion constraints.
    pub exclusions: Vec<Exclusion>,
    /// The indexes, without those that belong to a constraint.
    pub indexes: Vec<Index>,
    /// The comment.
    pub comment: Option<String>,
    /// Storage and the like: `fillfactor`, `unlogged`, `engine`, `collation`, `strict`, `without_rowid`, `autoincrement` ...
    pub options: Options,
    /// How its rows are divided among partitions: `RANGE (created)`. It is read from a database or a script.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub partition_by: Option<String>,
    /// The tables that it inherits from, or the one that it is a partition of.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub inherits: Vec<Name>,
    /// Which rows are in it, if it is a partition: `FOR VALUES IN (1)`, `DEFAULT`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub bound: Option<String>,
    /// The constraints and indexes that it has from its parents, by the names that they have here. They are not its own.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) given: Option<Box<Self>>,
}

impl Table {
    /// Creates a table without columns.
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets the schema.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.name.schema = Some(schema.into());
        self
    }

    /// Declares the table's previous name, so that a draft renames it instead of dropping it.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Sets a primary key on these columns, which makes them NOT NULL.
    #[must_use]
    pub fn primary_key<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.primary_key = Some(PrimaryKey::new(columns));
        self
    }

    /// Sets the primary key.
    #[must_use]
    pub fn with_primary_key(mut self, key: PrimaryKey) -> Self {
        self.primary_key = Some(key);
        self
    }

    /// Adds a unique constraint on these columns.
    #[must_use]
    pub fn unique<C: Into<String>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        self.with_unique(Unique::new(columns))
    }

    /// Adds a unique constraint.
    #[must_use]
    pub fn with_unique(mut self, unique: Unique) -> Self {
        self.uniques.push(unique);
        self
    }

    /// Adds an index on these columns.
    #[must_use]
    pub fn index<C: Into<String>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        self.with_index(Index::new(columns))
    }

    /// Adds an index.
    #[must_use]
    pub fn with_index(mut self, index: Index) -> Self {
        self.indexes.push(index);
        self
    }

    /// Adds a foreign key.
    #[must_use]
    pub fn foreign_key(mut self, key: ForeignKey) -> Self {
        self.foreign_keys.push(key);
        self
    }

    /// Adds a check constraint.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds an exclusion constraint.
    #[must_use]
    pub fn exclusion(mut self, exclusion: Exclusion) -> Self {
        self.exclusions.push(exclusion);
        self
    }

    /// Adds all columns, constraints and indexes of another table, and its primary key if this table has none yet, for a part that
    /// several models have in common.
    #[must_use]
    pub fn flattened(mut self, part: Self) -> Self {
        self.columns.extend(part.columns);
        self.primary_key = self.primary_key.or(part.primary_key);
        self.uniques.extend(part.uniques);
        self.foreign_keys.extend(part.foreign_keys);
        self.checks.extend(part.checks);
        self.exclusions.extend(part.exclusions);
        self.indexes.extend(part.indexes);
        self
    }

    /// Sets the comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Sets an option that only some databases have. The others ignore it.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Returns the column with this name.
    pub fn find_column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Owned texts of anything that is many texts.
fn texts<C: Into<String>>(all: impl IntoIterator<Item = C>) -> Vec<String> {
    all.into_iter().map(Into::into).collect()
}
