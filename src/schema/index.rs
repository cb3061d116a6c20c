//! Indexes of a table.

use super::{Options, texts};

/// An index that does not belong to a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Index {
    /// The name.
    pub name: Option<String>,
    /// Whether the name was generated, so that an index with another name counts as the same.
    pub loose: bool,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// Whether no two rows may have the same values.
    pub unique: bool,
    /// The access method (`gin`, `hash`, `fulltext`); `None` means the database's default.
    pub method: Option<String>,
    /// The indexed columns and expressions, in order.
    pub parts: Vec<IndexPart>,
    /// Further columns that the index stores.
    pub include: Vec<String>,
    /// The predicate that indexed rows satisfy, if the index is partial.
    pub predicate: Option<String>,
    /// Whether two NULLs count as equal.
    pub nulls_not_distinct: bool,
    /// The comment.
    pub comment: Option<String>,
    /// Properties that only some databases have: `fillfactor`, `parser`, `ignored` ...
    pub options: Options,
}

impl Index {
    /// Creates one on these columns.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        let parts = texts(columns).into_iter().map(IndexPart::column).collect();
        Self { parts, ..Self::default() }
    }

    /// Creates an index on these columns and expressions.
    pub fn on(parts: impl IntoIterator<Item = IndexPart>) -> Self {
        Self { parts: parts.into_iter().collect(), ..Self::default() }
    }

    /// Makes the index unique.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Sets the access method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Adds columns that the index stores.
    #[must_use]
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.include = texts(columns);
        self
    }

    /// Restricts the index to rows for which this predicate is true.
    #[must_use]
    pub fn only_where(mut self, predicate: impl Into<String>) -> Self {
        self.predicate = Some(predicate.into());
        self
    }

    /// Treats two NULLs as equal.
    #[must_use]
    pub fn nulls_not_distinct(mut self) -> Self {
        self.nulls_not_distinct = true;
        self
    }

    /// Sets an option that only some databases have.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }
}

/// A column or expression of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct IndexPart {
    /// The column or expression.
    pub key: IndexKey,
    /// The collation, if it is not the column's.
    pub collation: Option<String>,
    /// The operator class (`jsonb_path_ops`), if it is not the default.
    pub operator_class: Option<String>,
    /// Whether it sorts from the largest to the smallest value.
    pub descending: bool,
    /// The position of NULLs, if it is not the default.
    pub nulls: Option<Nulls>,
    /// The number of characters that are indexed, if not all.
    pub length: Option<u32>,
}

impl IndexPart {
    /// Creates a part that is a column.
    pub fn column(name: impl Into<String>) -> Self {
        Self::new(IndexKey::Column(name.into()))
    }

    /// Creates a part that is an expression.
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

    /// Sorts from the largest to the smallest value.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Sets the position of NULLs.
    #[must_use]
    pub fn nulls(mut self, nulls: Nulls) -> Self {
        self.nulls = Some(nulls);
        self
    }

    /// Sets the collation.
    #[must_use]
    pub fn collation(mut self, collation: impl Into<String>) -> Self {
        self.collation = Some(collation.into());
        self
    }

    /// Sets the operator class.
    #[must_use]
    pub fn operator_class(mut self, class: impl Into<String>) -> Self {
        self.operator_class = Some(class.into());
        self
    }

    /// Indexes only the first characters of the text.
    #[must_use]
    pub fn length(mut self, characters: u32) -> Self {
        self.length = Some(characters);
        self
    }
}

/// A column or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An expression, without the parentheses around it.
    Expression(String),
}

/// The position of NULLs in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Nulls {
    /// Before all other values.
    First,
    /// After all other values.
    Last,
}
