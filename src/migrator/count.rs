//! How many statements a migration has, for those who describe it.

use super::Migrator;
use crate::{
    database::{driver, drivers},
    migration::Migration,
    run::{
        plan::{self, Action, Direction},
        prepare,
    },
};

impl Migrator {
    /// How many statements and functions the up side of a migration has; none where no database says how to count.
    pub(crate) fn statements(&self, url: Option<&str>, migration: &Migration) -> Option<usize> {
        let mut compiled_in = drivers();
        let dialect = match (url, compiled_in.next(), compiled_in.next()) {
            (Some(url), ..) => driver(url).ok()?.dialect,
            (None, Some(only), None) => only.dialect,
            _ => return None,
        };
        let (direction, action) = (Direction::Up, Action::Run);
        let step = plan::Step { migration, direction, action, resume: None };
        let prepared =
            prepare::prepare(std::slice::from_ref(&step), dialect, &self.options.functions);
        prepared.ok()?.first().map(prepare::Prepared::statements)
    }
}
