//! Changes of a schema, one thing at a time. Every change carries what it replaces, so that it can be reversed.

mod apply;
mod display;
mod inherit;
#[cfg(test)]
mod tests;

pub(crate) use self::apply::apply;
use crate::schema::{
    Address, Check, Column, EnumType, Exclusion, ForeignKey, Index, Name, Options, PrimaryKey,
    SchemaObject, Sequence, Table, Unique,
};

/// One change of a schema. It says everything about what goes and what comes; its `Display` is a line for people.
///
/// A table is named as it is called after all renames.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
// A change carries all that it replaces; there are few of them at a time.
#[allow(missing_docs, clippy::large_enum_variant)] // The names say it.
pub enum Change {
    CreateSchema(String),
    DropSchema(String),

    CreateEnum(EnumType),
    DropEnum(EnumType),
    #[non_exhaustive]
    RenameEnum {
        from: Name,
        to: Name,
    },
    /// Values come, go, are renamed (`renamed` has the old and the new name) or stand in another order.
    #[non_exhaustive]
    AlterEnum {
        from: EnumType,
        to: EnumType,
        renamed: Vec<(String, String)>,
        /// The type has to be recreated, with all columns that have it.
        rebuild: bool,
    },

    CreateSequence(Sequence),
    DropSequence(Sequence),
    #[non_exhaustive]
    AlterSequence {
        from: Sequence,
        to: Sequence,
    },

    /// With all constraints, indexes and comments on it, except for foreign keys that come later.
    CreateTable(Table),
    DropTable(Table),
    #[non_exhaustive]
    RenameTable {
        from: Name,
        to: Name,
    },
    #[non_exhaustive]
    AlterOptions {
        table: Name,
        from: Options,
        to: Options,
    },
    /// The table becomes a partition of another, or inherits from it.
    #[non_exhaustive]
    Attach {
        table: Name,
        parent: Name,
        /// Which rows are in it, if it is a partition.
        bound: Option<String>,
    },
    /// The table stays, with its rows, and stands alone.
    #[non_exhaustive]
    Detach {
        table: Name,
        parent: Name,
        bound: Option<String>,
    },
    /// A key or an index of a partition becomes a part of its parent's, without being made again: what drops it is not run.
    #[non_exhaustive]
    Join {
        own: Box<Self>,
        /// The parent's index, if that already exists.
        index: Option<Name>,
    },

    /// A key or an index of a partition goes with that of its parent, which is dropped: what drops it is not run.
    #[non_exhaustive]
    GoAlong {
        own: Box<Self>,
    },

    #[non_exhaustive]
    AddColumn {
        table: Name,
        column: Column,
        /// What existing rows get, as an SQL expression, if the column is NOT NULL and has no default.
        fill: Option<String>,
    },
    #[non_exhaustive]
    DropColumn {
        table: Name,
        column: Column,
        fill: Option<String>,
    },
    #[non_exhaustive]
    RenameColumn {
        table: Name,
        from: String,
        to: String,
    },
    /// In place: the name is the same.
    #[non_exhaustive]
    AlterColumn {
        table: Name,
        from: Column,
        to: Column,
        /// What rows get that are NULL, where that is not allowed any more.
        fill: Option<String>,
        /// Values of the column that are called otherwise now, where no type lists them.
        renamed_values: Vec<(String, String)>,
    },

    #[non_exhaustive]
    AddPrimaryKey {
        table: Name,
        key: PrimaryKey,
    },
    #[non_exhaustive]
    DropPrimaryKey {
        table: Name,
        key: PrimaryKey,
    },
    #[non_exhaustive]
    AddUnique {
        table: Name,
        unique: Unique,
    },
    #[non_exhaustive]
    DropUnique {
        table: Name,
        unique: Unique,
    },
    #[non_exhaustive]
    AddForeignKey {
        table: Name,
        key: ForeignKey,
    },
    #[non_exhaustive]
    DropForeignKey {
        table: Name,
        key: ForeignKey,
    },
    #[non_exhaustive]
    AddCheck {
        table: Name,
        check: Check,
    },
    #[non_exhaustive]
    DropCheck {
        table: Name,
        check: Check,
    },
    #[non_exhaustive]
    AddExclusion {
        table: Name,
        exclusion: Exclusion,
    },
    #[non_exhaustive]
    DropExclusion {
        table: Name,
        exclusion: Exclusion,
    },
    /// A constraint of any kind.
    #[non_exhaustive]
    RenameConstraint {
        table: Name,
        kind: ConstraintKind,
        from: String,
        to: String,
    },

    #[non_exhaustive]
    AddIndex {
        table: Name,
        index: Index,
    },
    #[non_exhaustive]
    DropIndex {
        table: Name,
        index: Index,
    },
    #[non_exhaustive]
    RenameIndex {
        table: Name,
        from: String,
        to: String,
    },
    /// A view, a function, a trigger, a privilege or the like.
    CreateObject(SchemaObject),
    #[non_exhaustive]
    DropObject {
        object: SchemaObject,
        /// What it belongs to goes as well, and takes it along without a statement.
        with_owner: bool,
    },
    /// In place: by `CREATE OR REPLACE`, or part by part.
    #[non_exhaustive]
    AlterObject {
        from: SchemaObject,
        to: SchemaObject,
    },
    /// The comment on something that exists and stays. A column's comment is a part of the column, a sequence's of the
    /// sequence.
    #[non_exhaustive]
    Comment {
        on: Commented,
        from: Option<String>,
        to: Option<String>,
    },
}

/// What has a comment that is changed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
#[allow(missing_docs)] // The names say it.
pub enum Commented {
    Schema(String),
    Type(Name),
    Table(Name),
    #[non_exhaustive]
    Index {
        table: Name,
        name: String,
    },
    #[non_exhaustive]
    Constraint {
        table: Name,
        kind: ConstraintKind,
        /// None where the database gives it none: a primary key.
        name: Option<String>,
    },
}

impl Commented {
    /// The table that it is, or is on.
    pub fn table(&self) -> Option<&Name> {
        match self {
            Self::Schema(_) | Self::Type(_) => None,
            Self::Table(table) | Self::Index { table, .. } | Self::Constraint { table, .. } => {
                Some(table)
            }
        }
    }
}

/// The kind of a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
#[allow(missing_docs)] // The names say it.
pub enum ConstraintKind {
    PrimaryKey,
    Unique,
    ForeignKey,
    Check,
    Exclusion,
}

impl Change {
    /// What takes it back.
    #[must_use]
    pub fn reverse(&self) -> Self {
        use Change as C;
        match self.clone() {
            C::CreateSchema(name) => C::DropSchema(name),
            C::DropSchema(name) => C::CreateSchema(name),
            C::CreateEnum(value) => C::DropEnum(value),
            C::DropEnum(value) => C::CreateEnum(value),
            C::RenameEnum { from, to } => C::RenameEnum { from: to, to: from },
            C::AlterEnum { from, to, renamed, rebuild } => {
                // A value that came has to go again, for which there is no statement.
                let rebuild = rebuild || to.values.len() != from.values.len();
                C::AlterEnum { from: to, to: from, renamed: swapped(renamed), rebuild }
            }
            C::CreateSequence(sequence) => C::DropSequence(sequence),
            C::DropSequence(sequence) => C::CreateSequence(sequence),
            C::AlterSequence { from, to } => C::AlterSequence { from: to, to: from },
            C::CreateTable(table) => C::DropTable(table),
            C::DropTable(table) => C::CreateTable(table),
            C::RenameTable { from, to } => C::RenameTable { from: to, to: from },
            C::AlterOptions { table, from, to } => C::AlterOptions { table, from: to, to: from },
            C::Attach { table, parent, bound } => C::Detach { table, parent, bound },
            C::Detach { table, parent, bound } => C::Attach { table, parent, bound },
            // One that was a part of an index all along stays one.
            C::Join { own, index: Some(index) } => {
                C::Join { own: Box::new(own.reverse()), index: Some(index) }
            }
            C::Join { own, .. } | C::GoAlong { own } => own.reverse(),
            C::AddColumn { table, column, fill } => C::DropColumn { table, column, fill },
            C::DropColumn { table, column, fill } => C::AddColumn { table, column, fill },
            C::RenameColumn { table, from, to } => C::RenameColumn { table, from: to, to: from },
            C::AlterColumn { table, from, to, renamed_values, .. } => C::AlterColumn {
                table,
                from: to,
                to: from,
                fill: None,
                renamed_values: swapped(renamed_values),
            },
            C::AddPrimaryKey { table, key } => C::DropPrimaryKey { table, key },
            C::DropPrimaryKey { table, key } => C::AddPrimaryKey { table, key },
            C::AddUnique { table, unique } => C::DropUnique { table, unique },
            C::DropUnique { table, unique } => C::AddUnique { table, unique },
            C::AddForeignKey { table, key } => C::DropForeignKey { table, key },
            C::DropForeignKey { table, key } => C::AddForeignKey { table, key },
            C::AddCheck { table, check } => C::DropCheck { table, check },
            C::DropCheck { table, check } => C::AddCheck { table, check },
            C::AddExclusion { table, exclusion } => C::DropExclusion { table, exclusion },
            C::DropExclusion { table, exclusion } => C::AddExclusion { table, exclusion },
            C::RenameConstraint { table, kind, from, to } => {
                C::RenameConstraint { table, kind, from: to, to: from }
            }
            C::AddIndex { table, index } => C::DropIndex { table, index },
            C::DropIndex { table, index } => C::AddIndex { table, index },
            C::RenameIndex { table, from, to } => C::RenameIndex { table, from: to, to: from },
            C::CreateObject(object) => C::DropObject { object, with_owner: false },
            C::DropObject { object, .. } => C::CreateObject(object),
            C::AlterObject { from, to } => C::AlterObject { from: to, to: from },
            C::Comment { on, from, to } => C::Comment { on, from: to, to: from },
        }
    }

    /// The table and the name of an index that comes: an index's own, or that of a constraint which is one.
    pub(crate) fn added_index(&self) -> Option<(&Name, &str)> {
        use Change as C;
        let (table, name) = match self {
            C::AddIndex { table, index } => (table, &index.name),
            C::AddUnique { table, unique } => (table, &unique.name),
            C::AddPrimaryKey { table, key } => (table, &key.name),
            C::AddExclusion { table, exclusion } => (table, &exclusion.name),
            _ => return None,
        };
        Some((table, name.as_deref()?))
    }

    /// The same of an index that goes.
    pub(crate) fn dropped_index(&self) -> Option<(&Name, &str)> {
        use Change as C;
        let (table, name) = match self {
            C::DropIndex { table, index } => (table, &index.name),
            C::DropUnique { table, unique } => (table, &unique.name),
            C::DropPrimaryKey { table, key } => (table, &key.name),
            C::DropExclusion { table, exclusion } => (table, &exclusion.name),
            _ => return None,
        };
        Some((table, name.as_deref()?))
    }

    /// The table that it is about; none where it is about a type, a sequence or a schema.
    pub fn table(&self) -> Option<&Name> {
        use Change as C;
        match self {
            C::CreateTable(table) | C::DropTable(table) => Some(&table.name),
            C::RenameTable { to, .. } => Some(to),
            C::Comment { on, .. } => on.table(),
            C::CreateObject(object)
            | C::DropObject { object, .. }
            | C::AlterObject { to: object, .. } => {
                object.belongs_to.as_ref().and_then(Address::table)
            }
            C::Join { own, .. } | C::GoAlong { own } => own.table(),
            C::AlterOptions { table, .. }
            | C::Attach { table, .. }
            | C::Detach { table, .. }
            | C::AddColumn { table, .. }
            | C::DropColumn { table, .. }
            | C::RenameColumn { table, .. }
            | C::AlterColumn { table, .. }
            | C::AddPrimaryKey { table, .. }
            | C::DropPrimaryKey { table, .. }
            | C::AddUnique { table, .. }
            | C::DropUnique { table, .. }
            | C::AddForeignKey { table, .. }
            | C::DropForeignKey { table, .. }
            | C::AddCheck { table, .. }
            | C::DropCheck { table, .. }
            | C::AddExclusion { table, .. }
            | C::DropExclusion { table, .. }
            | C::RenameConstraint { table, .. }
            | C::AddIndex { table, .. }
            | C::DropIndex { table, .. }
            | C::RenameIndex { table, .. } => Some(table),
            C::CreateSchema(_)
            | C::DropSchema(_)
            | C::CreateEnum(_)
            | C::DropEnum(_)
            | C::RenameEnum { .. }
            | C::AlterEnum { .. }
            | C::CreateSequence(_)
            | C::DropSequence(_)
            | C::AlterSequence { .. } => None,
        }
    }

    /// Whether it is about an object beside tables.
    #[cfg(feature = "testkit")]
    pub(crate) fn is_of_object(&self) -> bool {
        matches!(self, Self::CreateObject(_) | Self::DropObject { .. } | Self::AlterObject { .. })
    }

    /// The statements of a change of an object, which is worded by the database.
    pub(crate) fn object_statements(&self) -> Vec<String> {
        match self {
            Self::CreateObject(object) => vec![object.definition.clone()],
            Self::DropObject { object, with_owner: false } => vec![object.drop.clone()],
            Self::AlterObject { from, to } => {
                let recreate = || vec![from.drop.clone(), to.definition.clone()];
                to.alter_from(from).unwrap_or_else(recreate)
            }
            _ => Vec::new(),
        }
    }

    /// What is lost by it, in a few words; none where nothing is.
    pub fn loses(&self) -> Option<&'static str> {
        match self {
            Self::DropTable(_) => Some("all its rows are lost"),
            Self::DropColumn { column, .. } if column.generated.is_none() => {
                Some("its values are lost")
            }
            // What every row has is computed from now on.
            Self::AlterColumn { from, to, .. }
                if from.generated.is_none() && to.generated.is_some() =>
            {
                Some("its values are replaced by computed ones")
            }
            Self::DropSchema(_) => Some("the schema is lost"),
            Self::DropSequence(_) => Some("where it stands is lost"),
            Self::DropObject { object, .. } if object.kind == "sequence" => {
                Some("where it stands is lost")
            }
            Self::DropObject { object, .. } if object.kind == "virtual table" => {
                Some("all its rows are lost")
            }
            // Its tables, and columns of its types, hold rows.
            Self::DropObject { object, .. } if object.kind == "extension" => {
                Some("what it keeps in tables of its own is lost")
            }
            Self::AlterObject { from, to } if to.loses_attributes(from) => {
                Some("the values of the attributes that go are lost")
            }
            Self::AlterEnum { from, to, renamed, .. } => {
                let kept = |value: &String| {
                    to.values.contains(value) || renamed.iter().any(|(old, _)| old == value)
                };
                (!from.values.iter().all(kept))
                    .then_some("rows with a value that goes make it fail")
            }
            _ => None,
        }
    }
}

fn swapped(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.into_iter().map(|(from, to)| (to, from)).collect()
}

/// What takes a list of changes back. Every change is undone in the state that it left, so the order is the opposite one.
pub(crate) fn reverse(changes: &[Change]) -> Vec<Change> {
    changes.iter().rev().map(Change::reverse).collect()
}
