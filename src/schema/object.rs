//! What stands beside tables: enum types, sequences, and what is only seen.

use super::{Name, texts};

/// A type whose values are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Enum {
    /// Its name. Where a database has no such types, it has a part in the name of the check that takes its place.
    pub name: Name,
    /// What it was called before, where the models say so.
    pub renamed_from: Option<String>,
    /// Its values, in their order.
    pub values: Vec<String>,
    /// Values that were called otherwise before: the old and the new one.
    pub renamed_values: Vec<(String, String)>,
    /// What is said of it, where the database keeps that.
    pub comment: Option<String>,
}

impl Enum {
    /// With these values.
    pub fn new<V: Into<String>>(
        name: impl Into<Name>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self { name: name.into(), values: texts(values), ..Self::default() }
    }

    /// Says what it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Declares that the type had another name.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// Declares that a value had another name.
    #[must_use]
    pub fn renamed_value(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.renamed_values.push((from.into(), to.into()));
        self
    }
}

/// A sequence that numbers no column by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Sequence {
    /// Its name.
    pub name: Name,
    /// Where it begins, and so on.
    pub options: SequenceOptions,
    /// The comment on it.
    pub comment: Option<String>,
    /// The table and column that it goes with.
    pub owned_by: Option<(Name, String)>,
}

impl Sequence {
    /// From 1, one by one.
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Says what it is for.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// With these options.
    #[must_use]
    pub fn options(mut self, options: SequenceOptions) -> Self {
        self.options = options;
        self
    }

    /// Goes with this column of a table.
    #[must_use]
    pub fn owned_by(mut self, table: impl Into<Name>, column: impl Into<String>) -> Self {
        self.owned_by = Some((table.into(), column.into()));
        self
    }
}

/// How a sequence counts. What is none is the database's default; what was inspected has a default as none, too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SequenceOptions {
    /// The type of its numbers: `integer`.
    pub data_type: Option<String>,
    /// Where it begins.
    pub start: Option<i64>,
    /// By how much it counts.
    pub increment: Option<i64>,
    /// The smallest number.
    pub minimum: Option<i64>,
    /// The largest number.
    pub maximum: Option<i64>,
    /// How many numbers a session takes at once.
    pub cache: Option<i64>,
    /// Whether it begins again at its end.
    pub cycle: bool,
}

impl SequenceOptions {
    /// Begins here.
    #[must_use]
    pub fn start(mut self, start: i64) -> Self {
        self.start = Some(start);
        self
    }

    /// Counts by this.
    #[must_use]
    pub fn increment(mut self, increment: i64) -> Self {
        self.increment = Some(increment);
        self
    }

    /// Not below this.
    #[must_use]
    pub fn minimum(mut self, minimum: i64) -> Self {
        self.minimum = Some(minimum);
        self
    }

    /// Not above this.
    #[must_use]
    pub fn maximum(mut self, maximum: i64) -> Self {
        self.maximum = Some(maximum);
        self
    }

    /// A session takes so many numbers at once.
    #[must_use]
    pub fn cache(mut self, numbers: i64) -> Self {
        self.cache = Some(numbers);
        self
    }

    /// Begins again at its end.
    #[must_use]
    pub fn cycle(mut self) -> Self {
        self.cycle = true;
        self
    }
}

/// Something that was seen in a database and is neither compared nor touched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Uncovered {
    /// What it is: `view`, `function`, `trigger`, `policy`, `partitioned table` ...
    pub kind: String,
    /// Its name, with its schema where that is not the default one.
    pub name: String,
    /// The table that it belongs to, and goes with: a trigger's, a policy's.
    pub on: Option<Name>,
    /// The tables and columns without which it could not be.
    pub uses: Vec<Use>,
    /// The SQL that made it, where the database tells.
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
    /// The names that it brings: an extension's types and functions.
    pub brings: Vec<String>,
    /// It belongs to the database as a whole, so that each scratch place in that has it as well.
    pub is_wide: bool,
}

/// A table, or a column of it, that something else needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Use {
    /// The table.
    pub table: Name,
    /// The column; none is the table as a whole.
    pub column: Option<String>,
}

/// What hangs on a constraint, an index, a column or a type and goes with it: a comment, a grant, the replica identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Belonging {
    /// What it hangs on: `constraint`, `index`, `column` or `type`.
    pub(crate) kind: String,
    /// The table, or the type itself.
    pub(crate) of: Name,
    /// The same before all renames.
    pub(crate) was: Name,
    /// The constraint, index or column.
    pub(crate) part: String,
    /// What makes it, with [`PLACE`](Self::PLACE) where the table or type is named.
    pub(crate) statement: String,
}

impl Belonging {
    pub(crate) const PLACE: char = '\u{1f}';
}
