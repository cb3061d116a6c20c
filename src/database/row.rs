//! The rows of ambix's own queries.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

/// One row of ambix's own queries: every value as text, `None` for NULL, and the names of the columns, which all rows of a result
/// share.
///
/// What a catalogue tells is read by name: its queries have many columns, and one more must not move the others. Answers of a few
/// values, which the history's queries give on every start, are read as the slice that a row is as well.
#[derive(Debug, Clone, Default)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Option<String>>,
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Option<String>>) -> Self {
        Self { columns, values }
    }

    /// By which the rows of several queries in one message are told apart: the value of the first column.
    pub(crate) fn tag(&self) -> &str {
        self.values.first().and_then(Option::as_deref).unwrap_or_default()
    }

    /// The value of a column; `None` where it is NULL. One of the databases names columns of its catalogue in capitals, however the
    /// query writes them.
    pub(crate) fn column(&self, name: &str) -> Option<&str> {
        let at = self.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        debug_assert!(at.is_some(), "no column {name} among {:?}", self.columns);
        self.values.get(at?)?.as_deref()
    }

    /// The same row with other values in the same columns.
    pub(crate) fn with(&self, values: impl Iterator<Item = Option<String>>) -> Self {
        Self { columns: Arc::clone(&self.columns), values: values.collect() }
    }
}

/// Two rows with the same values are the same answer.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Deref for Row {
    type Target = Vec<Option<String>>;
    fn deref(&self) -> &Self::Target {
        &self.values
    }
}

impl DerefMut for Row {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.values
    }
}

/// A row that no query has given, which has no names.
impl From<Vec<Option<String>>> for Row {
    fn from(values: Vec<Option<String>>) -> Self {
        Self { columns: Arc::default(), values }
    }
}

impl FromIterator<Option<String>> for Row {
    fn from_iter<I: IntoIterator<Item = Option<String>>>(values: I) -> Self {
        Self::from(values.into_iter().collect::<Vec<_>>())
    }
}

impl IntoIterator for Row {
    type Item = Option<String>;
    type IntoIter = std::vec::IntoIter<Option<String>>;
    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}
