//! What a migration leaves in the session of a scratch place, where the next one runs in the same.

use crate::{database::Dialect, sql::Statement};

/// What keeps from the next migration in a scratch place what one leaves in the session; nothing, if that is only settings.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    /// Runs before the migration.
    pub(crate) remember: Option<String>,
    /// Run after it.
    pub(crate) forget: Vec<String>,
}

impl Leftovers {
    /// Of the statements of a migration.
    pub(crate) fn of(statements: &[Statement<'_>], dialect: &dyn Dialect) -> Self {
        if !statements.iter().any(|statement| dialect.leaves(statement)) {
            return Self::default();
        }
        Self { remember: dialect.remember(), forget: dialect.forget(statements) }
    }
}
