//! What a schema should be, written in SQL.

use std::sync::Arc;

/// SQL that creates tables and other objects as they should be, for [`Migrator::schema_sql`](crate::Migrator::schema_sql): one text, a
/// file, or all files of a folder.
///
/// The files of a folder run in the order of their paths, letter by letter: `10_tables.sql`, `20_views.sql`, `views/a.sql`. Each is a
/// script of its own, and an error names its file, line and column.
///
/// ```
/// use ambix::schema::SchemaSql;
/// let one = SchemaSql::from("CREATE TABLE users (id integer PRIMARY KEY)");
/// let many = SchemaSql::new([
///     ("tables.sql", "CREATE TABLE users (id integer PRIMARY KEY)"),
///     ("views.sql", "CREATE VIEW everybody AS SELECT id FROM users"),
/// ]);
/// assert_eq!(one.files().count() + many.files().count(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaSql {
    files: Arc<[(String, String)]>,
    /// A file or folder that cannot be read, and why: an embedded folder is taken without an error, which a draft returns.
    problem: Option<Arc<(String, String)>>,
}

impl SchemaSql {
    /// Takes files by their names and texts. They run in the order of their names.
    pub fn new<N: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (N, T)>) -> Self {
        // Migrations are read with these line ends, too, so that a checkout with others asks for nothing else.
        let lines =
            |text: String| if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text };
        let files = files.into_iter().map(|(name, text)| (name.into(), lines(text.into())));
        let mut files: Vec<(String, String)> = files.collect();
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { files: files.into(), problem: None }
    }

    /// One whose file cannot be read.
    pub(crate) fn unreadable(file: String, problem: String) -> Self {
        Self { problem: Some(Arc::new((file, problem))), ..Self::default() }
    }

    /// The file that cannot be read, and why.
    pub(crate) fn problem(&self) -> Option<(&str, &str)> {
        self.problem.as_deref().map(|(file, problem)| (file.as_str(), problem.as_str()))
    }

    /// The files in their order, by name and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(_, text)| text.as_str())
    }
}

/// A text without a file is called `schema.sql`.
impl From<String> for SchemaSql {
    fn from(text: String) -> Self {
        Self::new([("schema.sql", text)])
    }
}

impl From<&String> for SchemaSql {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<&str> for SchemaSql {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
