use std::fmt;

use super::some_of;

/// What a database already has though ambix has applied nothing there. Part of [`Error::ExistingTables`](super::Error::ExistingTables).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExistingTables {
    /// The tables and views, or the other tool's history table alone.
    pub tables: Vec<String>,
    /// The tool whose history was found, by its name for people; none if the tables are all that is known.
    pub tool: Option<String>,
    /// The tool's name as [`Tool`](crate::adopt::Tool) reads it, if its history can be taken over.
    pub adopt: Option<String>,
}

impl ExistingTables {
    /// What was found and why that is a problem, without what to do next.
    pub(crate) fn problem(&self) -> String {
        let tables = some_of(&self.tables, ", ");
        let found = match (&self.tool, self.tables.len()) {
            (Some(tool), _) => format!("this database has the history of {tool} ({tables})"),
            (None, 1) => format!("this database already has a table ({tables})"),
            (None, count) => format!("this database already has {count} tables ({tables})"),
        };
        format!(
            "{found} and no history of ambix, so that all migrations would run again from the first one on"
        )
    }
}

impl fmt::Display for ExistingTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; nothing was run; ", self.problem())?;
        match (&self.tool, &self.adopt) {
            (Some(tool), Some(_)) => write!(f, "take over what {tool} has applied with `adopt`")?,
            _ => f.write_str("record the revision that the schema is at with `stamp`")?,
        }
        f.write_str(", or set `Migrator::allow_existing` if these migrations make something else than what exists")
    }
}
