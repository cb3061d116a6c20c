//! Constraints of a table.

use super::{Name, Options, texts};

/// The primary key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PrimaryKey {
    /// Its name.
    pub name: Option<String>,
    /// The name was made up, so that one of another name is the same key.
    pub loose: bool,
    /// Its columns.
    pub columns: Vec<String>,
    /// Columns that its index has, too.
    pub include: Vec<String>,
    /// When it is checked.
    pub deferral: Deferral,
    /// Properties that only some databases have: `conflict`, `fillfactor` ...
    pub options: Options,
    /// What is said of it, where the database keeps that.
    pub comment: Option<String>,
}

impl PrimaryKey {
    /// On these columns.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: texts(columns), ..Self::default() }
    }

    /// Says what it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// With this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// With these columns in its index, too.
    #[must_use]
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.include = texts(columns);
        self
    }

    /// When it is checked.
    #[must_use]
    pub fn deferral(mut self, deferral: Deferral) -> Self {
        self.deferral = deferral;
        self
    }

    /// With an option that only some databases have.
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
    /// Its name.
    pub name: Option<String>,
    /// The name was made up, so that one of another name is the same constraint.
    pub loose: bool,
    /// What it was called before, where the models say so.
    pub renamed_from: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// Columns that its index has, too.
    pub include: Vec<String>,
    /// Two NULLs are the same.
    pub nulls_not_distinct: bool,
    /// When it is checked.
    pub deferral: Deferral,
    /// Properties that only some databases have: `conflict`, `fillfactor` ...
    pub options: Options,
    /// What is said of it, where the database keeps that.
    pub comment: Option<String>,
}

impl Unique {
    /// On these columns.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { columns: texts(columns), ..Self::default() }
    }

    /// Says what it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// With this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Declares that it had another name.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// With these columns in its index, too.
    #[must_use]
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.include = texts(columns);
        self
    }

    /// Two NULLs are the same.
    #[must_use]
    pub fn nulls_not_distinct(mut self) -> Self {
        self.nulls_not_distinct = true;
        self
    }

    /// When it is checked.
    #[must_use]
    pub fn deferral(mut self, deferral: Deferral) -> Self {
        self.deferral = deferral;
        self
    }

    /// With an option that only some databases have.
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
    /// With each statement, always.
    #[default]
    No,
    /// With each statement, unless a transaction defers it.
    Immediate,
    /// At the end of the transaction.
    Deferred,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ForeignKey {
    /// Its name.
    pub name: Option<String>,
    /// The name was made up, so that one of another name is the same key.
    pub loose: bool,
    /// What it was called before, where the models say so.
    pub renamed_from: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that it refers to.
    pub references: Name,
    /// The columns there.
    pub referenced: Vec<String>,
    /// What happens when the row there is deleted.
    pub on_delete: ReferentialAction,
    /// What happens when the key there changes.
    pub on_update: ReferentialAction,
    /// The columns that a deletion sets, where it is not all of them.
    pub on_delete_columns: Vec<String>,
    /// How NULLs match.
    pub matching: Match,
    /// When it is checked.
    pub deferral: Deferral,
    /// Whether rows from before it are known to hold it.
    pub validated: bool,
    /// What is said of it, where the database keeps that.
    pub comment: Option<String>,
}

impl ForeignKey {
    /// From these columns to those of that table.
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

    /// Says what it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// With this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Declares that it had another name.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// What happens when the row there is deleted.
    #[must_use]
    pub fn on_delete(mut self, action: ReferentialAction) -> Self {
        self.on_delete = action;
        self
    }

    /// What happens when the key there changes.
    #[must_use]
    pub fn on_update(mut self, action: ReferentialAction) -> Self {
        self.on_update = action;
        self
    }

    /// The columns that a deletion sets, where it is not all of them.
    #[must_use]
    pub fn on_delete_columns<C: Into<String>>(
        mut self,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        self.on_delete_columns = texts(columns);
        self
    }

    /// How NULLs match.
    #[must_use]
    pub fn matching(mut self, matching: Match) -> Self {
        self.matching = matching;
        self
    }

    /// When it is checked.
    #[must_use]
    pub fn deferral(mut self, deferral: Deferral) -> Self {
        self.deferral = deferral;
        self
    }
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum ReferentialAction {
    /// Nothing: what is left must hold at the end.
    #[default]
    NoAction,
    /// Refuses at once.
    Restrict,
    /// The same happens to the rows that refer to it.
    Cascade,
    /// They refer to nothing.
    SetNull,
    /// They get their default.
    SetDefault,
}

impl ReferentialAction {
    /// As SQL writes it.
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

/// How NULLs in a foreign key of several columns match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Match {
    /// One NULL is enough for no check.
    #[default]
    Simple,
    /// All are NULL or none.
    Full,
    /// What some databases accept and none checks.
    Partial,
}

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Check {
    /// Its name.
    pub name: Option<String>,
    /// The name was made up, so that one of another name is the same check.
    pub loose: bool,
    /// What it was called before, where the models say so.
    pub renamed_from: Option<String>,
    /// The column that it was written at, which has a part in the name that is made up.
    pub column: Option<String>,
    /// What must be true or NULL, without the parentheses around it.
    pub expression: String,
    /// Tables that inherit do not have it.
    pub no_inherit: bool,
    /// Whether rows from before it are known to hold it.
    pub validated: bool,
    /// Whether it is checked at all.
    pub enforced: bool,
    /// What is said of it, where the database keeps that.
    pub comment: Option<String>,
}

impl Check {
    /// This must be true or NULL.
    pub fn new(expression: impl Into<String>) -> Self {
        Self { expression: expression.into(), validated: true, enforced: true, ..Self::default() }
    }

    /// Says what it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// With this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Declares that it had another name.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// Tables that inherit do not have it.
    #[must_use]
    pub fn no_inherit(mut self) -> Self {
        self.no_inherit = true;
        self
    }

    /// It is not checked at all.
    #[must_use]
    pub fn not_enforced(mut self) -> Self {
        self.enforced = false;
        self
    }

    /// Written at this column.
    #[must_use]
    pub fn of_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

/// An exclusion constraint: no two rows may answer all its comparisons with true.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Exclusion {
    /// Its name.
    pub name: Option<String>,
    /// The name was made up, so that one of another name is the same constraint.
    pub loose: bool,
    /// What it was called before, where the models say so.
    pub renamed_from: Option<String>,
    /// All that stands behind the word `EXCLUDE`: `USING gist (room WITH =, during WITH &&)`.
    pub definition: String,
    /// What is said of it, where the database keeps that.
    pub comment: Option<String>,
}

impl Exclusion {
    /// With this behind the word `EXCLUDE`.
    pub fn new(definition: impl Into<String>) -> Self {
        Self { definition: definition.into(), ..Self::default() }
    }

    /// Says what it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// With this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Declares that it had another name.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }
}
