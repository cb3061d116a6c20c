//! What preflight is told.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use crate::{
    error::{Error, Result},
    graph::Target,
    run::history::Record,
};

/// By what a recent backup is known.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Backup {
    /// A file that each backup writes or touches; its age is that of the backup.
    File(PathBuf),
    /// A query against the database whose one value is the age of the last backup in seconds.
    Query(String),
}

/// What [`Migrator::preflight`](crate::Migrator::preflight) is told: limits, and what it cannot know by itself.
#[derive(Debug, Clone)]
#[must_use]
pub struct PreflightOptions {
    pub(crate) target: Target,
    pub(crate) question: Duration,
    pub(crate) total: Duration,
    pub(crate) long_transaction: Duration,
    pub(crate) staging: Option<Vec<Record>>,
    pub(crate) durations: HashMap<String, Duration>,
    pub(crate) backup: Option<Backup>,
    pub(crate) backup_within: Duration,
    pub(crate) disk_free: Option<u64>,
    pub(crate) role: Option<String>,
}

impl Default for PreflightOptions {
    fn default() -> Self {
        Self {
            target: Target::heads(),
            question: Duration::from_secs(5),
            total: Duration::from_secs(60),
            long_transaction: Duration::from_secs(5),
            staging: None,
            durations: HashMap::new(),
            backup: None,
            backup_within: Duration::from_secs(24 * 60 * 60),
            disk_free: None,
            role: None,
        }
    }
}

impl PreflightOptions {
    /// Creates options for all that is pending.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at what is pending up to a target; by default, all of it.
    ///
    /// # Errors
    /// If the target cannot be read.
    pub fn target<T>(mut self, target: T) -> Result<Self>
    where
        T: TryInto<Target>,
        Error: From<T::Error>,
    {
        self.target = target.try_into()?;
        Ok(self)
    }

    /// Limits how long each question to the database may take; five seconds by default. What takes longer is not known.
    pub fn question_limit(mut self, limit: Duration) -> Self {
        self.question = limit;
        self
    }

    /// Limits how long all questions together may take; a minute by default.
    pub fn total_limit(mut self, limit: Duration) -> Self {
        self.total = limit;
        self
    }

    /// Sets from which age on an open transaction is told; five seconds by default.
    pub fn long_transaction(mut self, age: Duration) -> Self {
        self.long_transaction = age;
        self
    }

    /// The records of [`Migrator::history`](crate::Migrator::history) from the database on which the migrations were tried: how long each
    /// step took there, and whether it was [rehearsed](crate::Migrator::rehearse).
    pub fn staging(mut self, records: impl IntoIterator<Item = Record>) -> Self {
        self.staging = Some(records.into_iter().collect());
        self
    }

    /// How long a migration took elsewhere.
    pub fn duration(mut self, revision: impl Into<String>, duration: Duration) -> Self {
        self.durations.insert(revision.into(), duration);
        self
    }

    /// Says by what a backup is known.
    pub fn backup(mut self, backup: Backup) -> Self {
        self.backup = Some(backup);
        self
    }

    /// Sets how old the last backup may be; a day by default.
    pub fn backup_within(mut self, age: Duration) -> Self {
        self.backup_within = age;
        self
    }

    /// Says how many bytes the database's disk has left, which no database tells.
    pub fn disk_free(mut self, bytes: u64) -> Self {
        self.disk_free = Some(bytes);
        self
    }

    /// Looks at the rights of another role, if the migrations run as that. MySQL and MariaDB take `user@host`.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }
}
