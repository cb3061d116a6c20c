//! The rows of ambix's own queries.

use std::sync::Arc;

/// One row of ambix's own queries: every value as text, `None` for NULL, and the names of the columns, which all rows of an answer
/// share.
///
/// Values are read by the names of their columns, so that a column more moves none of the others. An answer with many rows is read
/// through [`Columns`], which looks the names up once.
#[derive(Debug, Clone, Default)]
pub struct Row {
    names: Arc<[String]>,
    values: Vec<Option<String>>,
}

impl Row {
    pub(crate) fn new(names: Arc<[String]>, values: Vec<Option<String>>) -> Self {
        Self { names, values }
    }

    /// A row that no query has given.
    pub(crate) fn of<'n>(cells: impl IntoIterator<Item = (&'n str, Option<String>)>) -> Self {
        let (names, values): (Vec<String>, Vec<_>) =
            cells.into_iter().map(|(name, value)| (name.to_owned(), value)).unzip();
        Self { names: names.into(), values }
    }

    /// The first two values of a row that says nothing of what it is, under names of ours.
    pub(crate) fn shown(self) -> Self {
        let mut values = self.values.into_iter();
        let (name, text) = (values.next().flatten(), values.next().flatten());
        Self::of([("ambix", Some("shown".to_owned())), ("name", name), ("text", text)])
    }

    /// By which the rows of several queries in one message are told apart: the value of the first column.
    pub(crate) fn tag(&self) -> &str {
        self.values.first().and_then(Option::as_deref).unwrap_or_default()
    }

    /// The value of a column; `None` for NULL.
    pub(crate) fn column(&self, name: &str) -> Option<&str> {
        debug_assert!(self.has(name), "no column {name} among {:?}", self.names);
        self.find(name)
    }

    /// The value of a column; empty for NULL.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.column(name).unwrap_or_default()
    }

    /// The value of a column that not every answer has; `None` for NULL and without the column.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.values.get(place(&self.names, name)?)?.as_deref()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        place(&self.names, name).is_some()
    }

    /// The values behind the tag, in their order: of a row of a user's table, whose columns the query took from the schema.
    pub(crate) fn values_in_order(&self) -> &[Option<String>] {
        self.values.get(1..).unwrap_or_default()
    }

    /// The same row with another value in a column that it has.
    #[cfg(feature = "testkit")]
    pub(crate) fn set(&mut self, name: &str, value: Option<String>) {
        if let Some(at) = place(&self.names, name) {
            self.values[at] = value;
        }
    }

    /// The same row with other values in the same columns.
    pub(crate) fn map(&self, value: impl Fn(&Option<String>) -> Option<String>) -> Self {
        Self { names: Arc::clone(&self.names), values: self.values.iter().map(value).collect() }
    }
}

/// One of the databases names columns of its catalogue in capitals, however the query writes them.
fn place(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known.eq_ignore_ascii_case(name))
}

/// Two rows with the same values are the same answer.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

/// Some columns of an answer, whose names are looked up once for all of its rows.
#[derive(Debug)]
pub(crate) struct Columns<const N: usize> {
    wanted: [&'static str; N],
    /// The names of the answer that was read last.
    names: Arc<[String]>,
    /// Where in them those that are wanted are.
    places: [Option<usize>; N],
}

impl<const N: usize> Columns<N> {
    pub(crate) fn new(wanted: [&'static str; N]) -> Self {
        Self { wanted, names: Arc::default(), places: [None; N] }
    }

    /// The values of these columns in a row; `None` for NULL, and for a column that the answer does not have.
    pub(crate) fn read<'r>(&mut self, row: &'r Row) -> [Option<&'r str>; N] {
        if !Arc::ptr_eq(&self.names, &row.names) {
            self.places = self.wanted.map(|name| place(&row.names, name));
            self.names = Arc::clone(&row.names);
        }
        self.places.map(|at| row.values.get(at?)?.as_deref())
    }
}
