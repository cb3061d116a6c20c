//! Indexes of a table.

use super::{Options, texts};

/// An index that is no constraint's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Index {
    /// Its name.
    pub name: Option<String>,
    /// The name was made up, so that one of another name is the same index.
    pub loose: bool,
    /// What it was called before, where the models say so.
    pub renamed_from: Option<String>,
    /// No two rows have the same values.
    pub unique: bool,
    /// The access method (`gin`, `hash`, `fulltext`); none is the database's default.
    pub method: Option<String>,
    /// What is indexed, in order.
    pub parts: Vec<IndexPart>,
    /// Columns that it has, too.
    pub include: Vec<String>,
    /// Only rows for which this is true.
    pub predicate: Option<String>,
    /// Two NULLs are the same.
    pub nulls_not_distinct: bool,
    /// The comment on it.
    pub comment: Option<String>,
    /// Properties that only some databases have: `fillfactor`, `parser`, `ignored` ...
    pub options: Options,
}

impl Index {
    /// On these columns.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        let parts = texts(columns).into_iter().map(IndexPart::column).collect();
        Self { parts, ..Self::default() }
    }

    /// On these columns and expressions.
    pub fn on(parts: impl IntoIterator<Item = IndexPart>) -> Self {
        Self { parts: parts.into_iter().collect(), ..Self::default() }
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

    /// No two rows have the same values.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// With this access method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// With these columns, too.
    #[must_use]
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.include = texts(columns);
        self
    }

    /// Only rows for which this is true.
    #[must_use]
    pub fn only_where(mut self, predicate: impl Into<String>) -> Self {
        self.predicate = Some(predicate.into());
        self
    }

    /// With this comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Two NULLs are the same.
    #[must_use]
    pub fn nulls_not_distinct(mut self) -> Self {
        self.nulls_not_distinct = true;
        self
    }

    /// With an option that only some databases have.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }
}

/// One of the things that are indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct IndexPart {
    /// What.
    pub key: IndexKey,
    /// How texts are compared, where that is not the column's way.
    pub collation: Option<String>,
    /// The operator class (`jsonb_path_ops`), where it is not the default one.
    pub operator_class: Option<String>,
    /// From the largest to the smallest.
    pub descending: bool,
    /// Where NULLs stand, where that is not the default.
    pub nulls: Option<Nulls>,
    /// Only the first so many characters.
    pub length: Option<u32>,
}

impl IndexPart {
    /// A column.
    pub fn column(name: impl Into<String>) -> Self {
        Self::new(IndexKey::Column(name.into()))
    }

    /// An expression.
    pub fn expression(expression: impl Into<String>) -> Self {
        Self::new(IndexKey::Expression(expression.into()))
    }

    fn new(key: IndexKey) -> Self {
        Self {
            key,
            collation: None,
            operator_class: None,
            descending: false,
            nulls: None,
            length: None,
        }
    }

    /// From the largest to the smallest.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// NULLs stand here.
    #[must_use]
    pub fn nulls(mut self, nulls: Nulls) -> Self {
        self.nulls = Some(nulls);
        self
    }

    /// With this collation.
    #[must_use]
    pub fn collation(mut self, collation: impl Into<String>) -> Self {
        self.collation = Some(collation.into());
        self
    }

    /// With this operator class.
    #[must_use]
    pub fn operator_class(mut self, class: impl Into<String>) -> Self {
        self.operator_class = Some(class.into());
        self
    }

    /// Only the first so many characters.
    #[must_use]
    pub fn length(mut self, characters: u32) -> Self {
        self.length = Some(characters);
        self
    }
}

/// What is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An expression, without the parentheses around it.
    Expression(String),
}

/// Where NULLs stand in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Nulls {
    /// Before all else.
    First,
    /// Behind all else.
    Last,
}
