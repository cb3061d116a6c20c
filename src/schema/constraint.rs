//! Constraints of a table.

use super::{Index, Name, Options, texts};

/// Writes the setters of what all constraints and indexes have: a name, perhaps a previous one, and a comment.
macro_rules! named_parts {
    ($($part:ty),*) => {$(
        impl $part {
            /// Sets the name.
            #[must_use]
            pub fn named(mut self, name: impl Into<String>) -> Self {
                self.name = Some(name.into());
                self
            }

            /// Sets the comment.
            #[must_use]
            pub fn comment(mut self, comment: impl Into<String>) -> Self {
                self.comment = Some(comment.into());
                self
            }
        }
    )*};
    (renamed: $($part:ty),*) => {
        named_parts!($($part),*);
        $(impl $part {
            /// Declares the previous name.
            #[must_use]
            pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
                self.renamed_from = Some(name.into());
                self
            }
        })*
    };
}

named_parts!(PrimaryKey);
named_parts!(renamed: Unique, ForeignKey, Check, Exclusion, Index);

/// The primary key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PrimaryKey {
    /// The name.
    pub name: Option<String>,
    /// Whether the name was generated, so that a key with another name counts as the same.
    pub loose: bool,
    /// The columns.
    pub columns: Vec<String>,
    /// Further columns in its index.
    pub include: Vec<String>,
    /// When the constraint is checked.
    pub deferral: Deferral,
    /// Properties that only some databases have: `conflict`, `fillfactor` ...
    pub options: Options,
    /// The comment, if the database keeps one.
    pub comment: Option<String>,
}

impl PrimaryKey {
    /// Creates one on these columns.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: texts(columns), ..Self::default() }
    }

    /// Adds columns to its index.
    #[must_use]
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.include = texts(columns);
        self
    }

    /// Sets when the constraint is checked.
    #[must_use]
    pub fn deferral(mut self, deferral: Deferral) -> Self {
        self.deferral = deferral;
        self
    }

    /// Sets an option that only some databases have.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Unique {
    /// The name.
    pub name: Option<String>,
    /// Whether the name was generated, so that a constraint with another name counts as the same.
    pub loose: bool,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// Further columns in its index.
    pub include: Vec<String>,
    /// Whether two NULLs count as equal.
    pub nulls_not_distinct: bool,
    /// When the constraint is checked.
    pub deferral: Deferral,
    /// Properties that only some databases have: `conflict`, `fillfactor` ...
    pub options: Options,
    /// The comment, if the database keeps one.
    pub comment: Option<String>,
}

impl Unique {
    /// Creates one on these columns.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: texts(columns), ..Self::default() }
    }

    /// Adds columns to its index.
    #[must_use]
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.include = texts(columns);
        self
    }

    /// Treats two NULLs as equal.
    #[must_use]
    pub fn nulls_not_distinct(mut self) -> Self {
        self.nulls_not_distinct = true;
        self
    }

    /// Sets when the constraint is checked.
    #[must_use]
    pub fn deferral(mut self, deferral: Deferral) -> Self {
        self.deferral = deferral;
        self
    }

    /// Sets an option that only some databases have.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }
}

/// When a constraint is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Deferral {
    /// After each statement, always.
    #[default]
    No,
    /// After each statement, unless a transaction defers it.
    Immediate,
    /// At the end of the transaction.
    Deferred,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ForeignKey {
    /// The name.
    pub name: Option<String>,
    /// Whether the name was generated, so that a key with another name counts as the same.
    pub loose: bool,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: Name,
    /// The referenced columns.
    pub referenced: Vec<String>,
    /// The action when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// The action when the referenced key changes.
    pub on_update: ReferentialAction,
    /// The columns that a deletion changes, if not all of them.
    pub on_delete_columns: Vec<String>,
    /// The way in which NULLs match.
    pub matching: Match,
    /// When the constraint is checked.
    pub deferral: Deferral,
    /// Whether the constraint is known to hold for rows that existed before it.
    pub validated: bool,
    /// The comment, if the database keeps one.
    pub comment: Option<String>,
}

impl ForeignKey {
    /// Creates a foreign key from these columns to those of a table.
    pub fn new<C: Into<String>, R: Into<String>>(
        columns: impl IntoIterator<Item = C>,
        table: impl Into<Name>,
        referenced: impl IntoIterator<Item = R>,
    ) -> Self {
        Self {
            columns: texts(columns),
            references: table.into(),
            referenced: texts(referenced),
            validated: true,
            ..Self::default()
        }
    }

    /// Sets what happens when the referenced row is deleted.
    #[must_use]
    pub fn on_delete(mut self, action: ReferentialAction) -> Self {
        self.on_delete = action;
        self
    }

    /// Sets what happens when the referenced key changes.
    #[must_use]
    pub fn on_update(mut self, action: ReferentialAction) -> Self {
        self.on_update = action;
        self
    }

    /// Sets the columns that a deletion changes, if not all of them.
    #[must_use]
    pub fn on_delete_columns<C: Into<String>>(
        mut self,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        self.on_delete_columns = texts(columns);
        self
    }

    /// Sets how NULLs match.
    #[must_use]
    pub fn matching(mut self, matching: Match) -> Self {
        self.matching = matching;
        self
    }

    /// Sets when the constraint is checked.
    #[must_use]
    pub fn deferral(mut self, deferral: Deferral) -> Self {
        self.deferral = deferral;
        self
    }
}

/// The action of a foreign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum ReferentialAction {
    /// Does nothing, but the key must hold in the end.
    #[default]
    NoAction,
    /// Refuses at once.
    Restrict,
    /// Does the same to the rows that refer to it.
    Cascade,
    /// Sets the columns to NULL.
    SetNull,
    /// Sets the columns to their defaults.
    SetDefault,
}

impl ReferentialAction {
    /// Returns the action in SQL.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

/// The way in which NULLs in a foreign key of several columns match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Match {
    /// A single NULL turns off the check.
    #[default]
    Simple,
    /// Either all columns are NULL, or none of them.
    Full,
    /// A form that some databases accept, but that no database checks.
    Partial,
}

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Check {
    /// The name.
    pub name: Option<String>,
    /// Whether the name was generated, so that a check with another name counts as the same.
    pub loose: bool,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// The column that declares it, which becomes part of the generated name.
    pub column: Option<String>,
    /// The expression that must be true or NULL, without the parentheses around it.
    pub expression: String,
    /// Whether inheriting tables do not have the check.
    pub no_inherit: bool,
    /// Whether the constraint is known to hold for rows that existed before it.
    pub validated: bool,
    /// Whether the database enforces the check.
    pub enforced: bool,
    /// The comment, if the database keeps one.
    pub comment: Option<String>,
}

impl Check {
    /// Creates a check that this expression is true or NULL.
    pub fn new(expression: impl Into<String>) -> Self {
        Self { expression: expression.into(), validated: true, enforced: true, ..Self::default() }
    }

    /// Keeps inheriting tables from having the check.
    #[must_use]
    pub fn no_inherit(mut self) -> Self {
        self.no_inherit = true;
        self
    }

    /// Turns off the enforcement of the check.
    #[must_use]
    pub fn not_enforced(mut self) -> Self {
        self.enforced = false;
        self
    }

    /// Declares the check on this column.
    #[must_use]
    pub fn of_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

/// An exclusion constraint: for no two rows may all its comparisons be true.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Exclusion {
    /// The name.
    pub name: Option<String>,
    /// Whether the name was generated, so that a constraint with another name counts as the same.
    pub loose: bool,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// The SQL after the word `EXCLUDE`: `USING gist (room WITH =, during WITH &&)`.
    pub definition: String,
    /// The comment, if the database keeps one.
    pub comment: Option<String>,
}

impl Exclusion {
    /// Creates a constraint from the SQL after the word `EXCLUDE`.
    pub fn new(definition: impl Into<String>) -> Self {
        Self { definition: definition.into(), ..Self::default() }
    }
}
