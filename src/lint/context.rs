//! What a rule sees, and what it answers.

use super::{
    ddl::{AlterTable, ColumnText, Ddl, SqlName, TableAction},
    known::KnownSchema,
    rule::{LintDatabase, ServerVersion},
};
use crate::{database::Dialect, migration::Migration, sql::Statement};

/// A statement, as it is written and as it is understood.
#[derive(Debug, Clone)]
pub(crate) struct ReadStatement<'t> {
    pub(crate) statement: Statement<'t>,
    pub(crate) ddl: Ddl,
}

/// What a rule sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LintContext<'a> {
    pub(crate) database: LintDatabase,
    pub(crate) dialect: &'a dyn Dialect,
    /// The server's version, if it is known. Without it, a rule takes a server that is still supported for granted.
    pub(crate) version: Option<ServerVersion>,
    pub(crate) migration: &'a Migration,
    /// Whether the up side runs in one transaction.
    pub(crate) transactional: bool,
    /// The statements of the up side.
    pub(crate) up: &'a [ReadStatement<'a>],
    /// The statements of the down side.
    pub(crate) down: &'a [ReadStatement<'a>],
    /// The statement that is looked at; the first, if the rule looks at all of them.
    pub(crate) at: usize,
    /// What the statements before that one have made; all of them, if the rule looks at the whole migration.
    pub(crate) known: &'a KnownSchema,
}

/// What a rule has found in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The number of the statement; none for the whole migration.
    pub(crate) at: Option<usize>,
    pub(crate) message: String,
    /// What to do instead, with the SQL for it.
    pub(crate) help: String,
    /// What running it has shown.
    pub(crate) verdict: Verdict,
}

/// Whether running a statement has shown what a rule says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Verdict {
    /// It was not run, or that shows nothing about this.
    #[default]
    NotRun,
    /// It has; the text says what was seen.
    Seen(String),
    /// It has shown that the finding is wrong; the text says what was seen instead.
    NotSeen(String),
}

impl<'a> LintContext<'a> {
    pub(crate) fn statement(&self) -> Option<&'a ReadStatement<'a>> {
        self.up.get(self.at)
    }

    /// The statement as it is understood.
    pub(crate) fn ddl(&self) -> &'a Ddl {
        self.statement().map_or(&Ddl::Other, |read| &read.ddl)
    }

    /// The ALTER TABLE that is looked at, if its table has been in use before this run.
    pub(crate) fn alter(&self) -> Option<&'a AlterTable> {
        match self.ddl() {
            Ddl::AlterTable(alter) if !self.known.is_new(&alter.name) => Some(alter),
            _ => None,
        }
    }

    /// The columns that the statement declares, whichever table they are in.
    pub(crate) fn declared_columns(&self) -> Vec<&'a ColumnText> {
        match self.ddl() {
            Ddl::CreateTable(table) => table.columns.iter().collect(),
            Ddl::AlterTable(alter) => {
                alter.actions.iter().filter_map(TableAction::column).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a rule finds in the actions of such an ALTER TABLE.
    pub(crate) fn actions(&self, find: impl Fn(&SqlName, &TableAction) -> Option<Hit>) -> Vec<Hit> {
        let Some(alter) = self.alter() else { return Vec::new() };
        self.each(&alter.actions, |action| find(&alter.name, action))
    }

    /// Whether the server is known to be older.
    pub(crate) fn is_before(&self, major: u32, minor: u32) -> bool {
        self.version.is_some_and(|version| version < ServerVersion { major, minor })
    }

    /// Whether the server is known to be that new.
    pub(crate) fn is_since(&self, major: u32, minor: u32) -> bool {
        self.version.is_some_and(|version| version >= ServerVersion { major, minor })
    }

    /// Whether this statement or a later one of the up side gives something this name.
    pub(crate) fn takes_name(&self, name: &SqlName) -> bool {
        let after = self.up.get(self.at..).unwrap_or_default();
        after.iter().any(|read| match &read.ddl {
            Ddl::CreateTable(table) => table.name.is(name),
            Ddl::CreateObject { name: new, .. } | Ddl::CreateEnum(new) => new.is(name),
            other => renames(other).any(|(_, to)| to.is_called(name.last())),
        })
    }

    /// Whether an earlier statement has moved what has this name aside, for something new of its old name.
    pub(crate) fn was_moved_aside(&self, name: &SqlName) -> bool {
        let before = self.up.get(..self.at).unwrap_or_default();
        let is_new = |old: &SqlName| self.known.has_made(old);
        before.iter().any(|read| renames(&read.ddl).any(|(from, to)| to.is(name) && is_new(from)))
    }

    /// What a rule finds in each of several things that the statement names.
    pub(crate) fn each<T>(
        &self,
        all: impl IntoIterator<Item = T>,
        find: impl Fn(T) -> Option<Hit>,
    ) -> Vec<Hit> {
        all.into_iter().filter_map(find).map(|hit| self.here(hit)).collect()
    }

    fn here(&self, mut hit: Hit) -> Hit {
        hit.at = Some(self.at);
        hit
    }

    /// A finding at the statement that is looked at.
    pub(crate) fn hit(&self, message: impl Into<String>, help: impl Into<String>) -> Vec<Hit> {
        vec![self.here(found(message, help))]
    }

    /// A finding about the whole migration.
    pub(crate) fn whole(&self, message: impl Into<String>, help: impl Into<String>) -> Vec<Hit> {
        vec![found(message, help)]
    }
}

/// The tables and objects that a statement renames, and their new names.
fn renames(ddl: &Ddl) -> Box<dyn Iterator<Item = (&SqlName, &SqlName)> + '_> {
    match ddl {
        Ddl::AlterTable(alter) => {
            Box::new(alter.actions.iter().filter_map(|action| match action {
                TableAction::RenameTable(to) => Some((&alter.name, to)),
                _ => None,
            }))
        }
        Ddl::RenameTables(pairs) => Box::new(pairs.iter().map(|(from, to)| (from, to))),
        Ddl::RenameObject { from, to, .. } => Box::new(std::iter::once((from, to))),
        _ => Box::new(std::iter::empty()),
    }
}

/// A finding whose place the caller knows.
pub(crate) fn found(message: impl Into<String>, help: impl Into<String>) -> Hit {
    Hit { at: None, message: message.into(), help: help.into(), verdict: Verdict::NotRun }
}
