//! Creating a migrator.

use std::{path::Path, sync::Arc};

use include_dir::Dir;

use super::{Migrator, options::MigratorOptions};
use crate::{
    error::{Error, Result},
    graph::Graph,
    migration::Migrations,
    sum,
};

/// # Creating a migrator
///
/// From a folder that is part of your program, from a folder on disk, or from migrations that you built in code. Each of them reads and
/// checks all migrations, and connects to nothing.
impl Migrator {
    /// Creates a migrator for an embedded folder; see [`include_dir!`](crate::include_dir!).
    ///
    /// # Errors
    /// Returns what is wrong with the files, before it touches any database: [`Error::Source`], [`Error::Duplicate`],
    /// [`Error::UnknownParent`], [`Error::Cycle`].
    pub fn new(migrations: &Dir<'_>) -> Result<Self> {
        Self::from_migrations(Migrations::try_from(migrations)?)
    }

    /// Creates a migrator for a folder on disk, which it reads now.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the folder cannot be read.
    pub fn from_path(folder: impl AsRef<Path>) -> Result<Self> {
        Self::from_migrations(Migrations::from_path(folder)?)
    }

    /// Creates a migrator for migrations that you built in code.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_migrations(migrations: Migrations) -> Result<Self> {
        let sum = migrations.sum.clone();
        let graph = Graph::new(migrations)?;
        let problems = sum.map(|sum| sum::check(&graph, &sum)).unwrap_or_default();
        Ok(Self {
            graph: Arc::new(graph),
            sum_problems: problems.into(),
            digest: Arc::default(),
            options: MigratorOptions::default(),
        })
    }
}

impl TryFrom<&Dir<'_>> for Migrator {
    type Error = Error;

    fn try_from(migrations: &Dir<'_>) -> Result<Self> {
        Self::new(migrations)
    }
}

/// A migrator is cheap to clone.
impl From<&Migrator> for Migrator {
    fn from(migrator: &Migrator) -> Self {
        migrator.clone()
    }
}
