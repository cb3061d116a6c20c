//! Objects other than tables: enum types, sequences, and those that are found but not compared.

use super::{Name, texts};

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EnumType {
    /// The name. On a database without enum types, it becomes part of the name of the check that takes the type's place.
    pub name: Name,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// The values, in order.
    pub values: Vec<String>,
    /// Renamed values: the old and the new name.
    pub renamed_values: Vec<(String, String)>,
    /// The comment, if the database keeps one.
    pub comment: Option<String>,
}

impl EnumType {
    /// Creates an enum type with these values.
    pub fn new<V: Into<String>>(
        name: impl Into<Name>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self { name: name.into(), values: texts(values), ..Self::default() }
    }

    /// Sets the comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Declares the type's previous name.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// Declares a value's previous name.
    #[must_use]
    pub fn renamed_value(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.renamed_values.push((from.into(), to.into()));
        self
    }
}

/// A sequence that does not belong to the numbering of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Sequence {
    /// The name.
    pub name: Name,
    /// The start, the increment and the other options.
    pub options: SequenceOptions,
    /// The comment.
    pub comment: Option<String>,
    /// The table and column that own the sequence, if any.
    pub owned_by: Option<(Name, String)>,
}

impl Sequence {
    /// Creates a sequence that counts from 1 in steps of 1.
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets the comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Sets the options of the sequence.
    #[must_use]
    pub fn options(mut self, options: SequenceOptions) -> Self {
        self.options = options;
        self
    }

    /// Makes a column of a table the owner of the sequence.
    #[must_use]
    pub fn owned_by(mut self, table: impl Into<Name>, column: impl Into<String>) -> Self {
        self.owned_by = Some((table.into(), column.into()));
        self
    }
}

/// How a sequence counts. `None` means the database's default, in inspected schemas as well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SequenceOptions {
    /// The type of its numbers: `integer`.
    pub data_type: Option<String>,
    /// The first number.
    pub start: Option<i64>,
    /// The increment.
    pub increment: Option<i64>,
    /// The smallest number.
    pub minimum: Option<i64>,
    /// The largest number.
    pub maximum: Option<i64>,
    /// The number of values that a session takes at once.
    pub cache: Option<i64>,
    /// Whether the sequence starts again at its end.
    pub cycle: bool,
}

impl SequenceOptions {
    /// Sets the first number.
    #[must_use]
    pub fn start(mut self, start: i64) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets the increment.
    #[must_use]
    pub fn increment(mut self, increment: i64) -> Self {
        self.increment = Some(increment);
        self
    }

    /// Sets the smallest number.
    #[must_use]
    pub fn minimum(mut self, minimum: i64) -> Self {
        self.minimum = Some(minimum);
        self
    }

    /// Sets the largest number.
    #[must_use]
    pub fn maximum(mut self, maximum: i64) -> Self {
        self.maximum = Some(maximum);
        self
    }

    /// Sets how many values a session takes at once.
    #[must_use]
    pub fn cache(mut self, numbers: i64) -> Self {
        self.cache = Some(numbers);
        self
    }

    /// Lets the sequence start again at its end.
    #[must_use]
    pub fn cycle(mut self) -> Self {
        self.cycle = true;
        self
    }
}

/// An object that was found in a database, and that ambix neither compares nor touches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Uncovered {
    /// The kind: `view`, `function`, `trigger`, `policy`, `partitioned table` ...
    pub kind: String,
    /// The name, with its schema if that is not the default one.
    pub name: String,
    /// The table that the object belongs to and disappears with, such as a trigger's or a policy's.
    pub on: Option<Name>,
    /// The tables and columns that the object depends on.
    pub uses: Vec<Use>,
    /// The SQL that created the object, if the database shows it.
    pub definition: Option<String>,
}

/// What is not compared part by part, in the database's own words: enough to tell whether two sides have the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Definition {
    /// What it is: `view`, `privileges`, `comment` ...
    pub kind: String,
    /// Which one, with the table that it is on behind ` on `.
    pub name: String,
    /// All that makes it what it is.
    pub text: String,
    /// It belongs to the database as a whole, so that each scratch place in that has it as well.
    pub is_wide: bool,
}

/// A table, or one of its columns, that another object depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Use {
    /// The table.
    pub table: Name,
    /// The column; `None` means the table as a whole.
    pub column: Option<String>,
}

/// The comment on the index of a constraint, which goes with the constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Belonging {
    /// What it hangs on: `index`.
    pub(crate) kind: String,
    /// The table.
    pub(crate) of: Name,
    /// The same before all renames.
    pub(crate) was: Name,
    /// The index.
    pub(crate) part: String,
    /// What makes it, with [`PLACE`](Self::PLACE) where the table is named.
    pub(crate) statement: String,
}

impl Belonging {
    pub(crate) const PLACE: char = '\u{1f}';
}
