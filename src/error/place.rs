use std::fmt;

/// A place in a migration file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Place {
    /// The file's path below the migrations folder, or a name in angle brackets for a migration that has no file.
    pub file: String,
    /// The line, from 1; 0 for the whole file.
    pub line: u32,
    /// The column in characters, from 1; 0 for the whole line.
    pub column: u32,
}

impl Place {
    pub(crate) fn new(file: impl Into<String>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column }
    }

    pub(crate) fn file(file: impl Into<String>) -> Self {
        Self::new(file, 0, 0)
    }

    /// The down side that the history keeps, which has no file.
    pub(crate) fn stored(revision: &str) -> String {
        format!("{STORED}{revision}>")
    }

    /// Whether it is in a down side that the history keeps.
    #[cfg(feature = "cli")]
    pub(crate) fn is_stored(&self) -> bool {
        self.file.starts_with(STORED)
    }
}

/// How the name of a text begins that the history keeps. No path begins like this.
const STORED: &str = "<history: ";

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}
