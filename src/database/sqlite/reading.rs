//! How the text of a migration is read: the shell reads it as the library does.

/// A statement as the shell must be given it.
pub(super) fn shell(statement: &str) -> String {
    format!("{statement};\n")
}
