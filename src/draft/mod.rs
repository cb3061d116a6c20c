//! Drafts: what has to change so that a database is as your models say.
//!
//! [`Migrator::draft`](crate::Migrator::draft) takes [`DraftOptions`] and returns a [`Draft`]: the [`Change`]s in an order that can be
//! carried out, and the text of an up and a down side for you to review. [`Migrator::check`](crate::Migrator::check) and
//! [`Migrator::drift`](crate::Migrator::drift) return one as well. The filter of [`Migrator::include`](crate::Migrator::include) decides
//! for each [`Object`] whether it takes part, and [`NotCompared`] names what a draft leaves alone. [`difference`] compares two
//! [`Schema`]s without a database. [`Migrator::dump`](crate::Migrator::dump) writes the schema of a database as a script: a [`Dump`].
//!
//! The guide's page on [drafting](crate::guide::drafting) shows how to work with drafts.

// `diff` finds the difference of two schemas that the database itself has worded, `dependents` and `order` make a list of it that can be
// carried out, the dialect writes each change, `write` makes files of that. All of it is pure; `scratch` alone talks to a database.
mod access;
mod attachments;
mod blockers;
mod compare;
mod computed;
mod dependents;
mod diff;
mod dump;
mod expand;
mod expression;
mod filter;
mod given_renames;
pub(crate) mod leftovers;
mod lineage;
#[cfg(feature = "testkit")]
mod losses;
mod not_compared;
mod object_graph;
mod object_names;
mod object_scope;
mod objects;
mod online;
mod online_file;
mod online_rename;
mod order;
#[cfg(feature = "cli")]
mod parts;
mod rename;
mod retyped;
mod reverse;
#[cfg(any(feature = "cli", feature = "testkit"))]
pub(crate) mod rows;
#[cfg(feature = "cli")]
pub(crate) mod rust;
#[cfg(feature = "cli")]
mod rust_names;
pub(crate) mod scratch;
mod sequence;
pub(crate) mod spelling;
mod table_parts;
#[cfg(test)]
mod tests;
mod tied;
mod too_early;
mod unsaid;
mod write;

use std::{fmt, sync::Arc};

pub(crate) use self::compare::{Comparison, carry_looseness, copy_script, table_names};
pub(crate) use self::dump::dump;
#[cfg(feature = "testkit")]
pub(crate) use self::losses::losses;
#[cfg(feature = "testkit")]
pub(crate) use self::not_compared::is_same_text;
pub(crate) use self::not_compared::{ScriptStatements, SideNames, is_of};
pub(crate) use self::online::compare;
#[cfg(feature = "cli")]
pub(crate) use self::parts::{DraftSides, PartPair, pairs};
pub use self::{
    compare::difference,
    dump::{Dump, DumpOptions},
    not_compared::{Found, NotCompared},
};
pub use crate::change::{Change, Commented, ConstraintKind};
use crate::{
    migration::Phase,
    note::Note,
    schema::{Name, Schema, Uncovered},
};

/// How a draft is made. The default refuses what loses data, and takes the current state from the database.
///
/// ```
/// use ambix::draft::DraftOptions;
/// let options = DraftOptions::new().rename("users.name", "full_name").fill("users.age", "18");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftOptions {
    pub(crate) allow_destructive: bool,
    pub(crate) renames: Vec<(String, String)>,
    pub(crate) fills: Vec<(String, String)>,
    pub(crate) from_migrations: bool,
    pub(crate) column_order: bool,
    pub(crate) proof: bool,
    pub(crate) findings: bool,
    pub(crate) online: bool,
    /// It is one of the files of an online draft: on the way back, rows get some value where a column was NOT NULL.
    pub(crate) in_online_file: bool,
}

impl Default for DraftOptions {
    fn default() -> Self {
        Self {
            allow_destructive: false,
            renames: Vec::new(),
            fills: Vec::new(),
            from_migrations: false,
            column_order: false,
            proof: true,
            findings: true,
            online: false,
            in_online_file: false,
        }
    }
}

impl DraftOptions {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also writes changes that lose data: a table or column that is dropped.
    #[must_use]
    pub fn allow_destructive(mut self, allow: bool) -> Self {
        self.allow_destructive = allow;
        self
    }

    /// Declares that something has another name now: `("users.name", "full_name")` for a column, `("people", "users")` for a
    /// table or an enum type.
    #[must_use]
    pub fn rename(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.renames.push((from.into(), to.into()));
        self
    }

    /// What existing rows get in a column that is NOT NULL and has no default, as an SQL expression:
    /// `("users.full_name", "email")`.
    #[must_use]
    pub fn fill(mut self, column: impl Into<String>, expression: impl Into<String>) -> Self {
        self.fills.push((column.into(), expression.into()));
        self
    }

    /// Runs both sides on a copy of the current schema in a scratch place before the draft is returned, and compares what comes out
    /// with what should. This is the default; without it, a draft takes about half the time.
    #[must_use]
    pub fn proof(mut self, proof: bool) -> Self {
        self.proof = proof;
        self
    }

    /// Writes above each statement, as comments, what [`lint`](crate::Migrator::lint) finds in it, and how many existing rows do not meet
    /// what it demands. This is the default if the feature `lint` is on; without that feature there are no findings.
    ///
    /// ```
    /// use ambix::draft::DraftOptions;
    /// let options = DraftOptions::new().findings(false);
    /// ```
    #[must_use]
    pub fn findings(mut self, findings: bool) -> Self {
        self.findings = findings;
        self
    }

    /// Writes the draft as several [files](Draft::files) that can each run while programs use the tables: indexes are built concurrently,
    /// constraints are validated after they were added, rows are filled in batches, a renamed column or table has both names for a
    /// while, and what only a new version of the program can work with is of [phase](crate::options::Phase) contract. What the database can
    /// only do under a lock has a [`Note::NotOnline`].
    ///
    /// ```
    /// use ambix::draft::DraftOptions;
    /// let options = DraftOptions::new().online(true);
    /// ```
    #[must_use]
    pub fn online(mut self, online: bool) -> Self {
        self.online = online;
        self
    }

    /// Also notes where the columns of a table stand in another order. They are never moved.
    #[must_use]
    pub fn column_order(mut self, report: bool) -> Self {
        self.column_order = report;
        self
    }

    /// Takes what the migrations make as the current state, instead of the database's own: they are run in a scratch place, so
    /// that no database of a developer's is needed. Of the database only the server is used.
    #[must_use]
    pub fn from_migrations(mut self, from_migrations: bool) -> Self {
        self.from_migrations = from_migrations;
        self
    }
}

/// The difference between the models and a database, and the files that make it go away.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Draft {
    /// What has to change, in order. Empty where nothing has.
    pub changes: Vec<Change>,
    /// The up side: an SQL script with a comment for each change. Of an [online](DraftOptions::online) draft, this is what it would be
    /// in one file, and [`files`](Self::files) is what to write.
    pub up: String,
    /// The down side, which gives back what was there. (Rows that a change has dropped are gone.)
    pub down: String,
    /// The changes that lose data.
    pub destructive: Vec<String>,
    /// What should be known: things that are not compared, columns that may have been renamed, changes that will not work.
    pub notes: Vec<Note>,
    /// Dropped and added columns or tables that look alike: the old one and the new one. If it was a rename, declare it.
    pub rename_candidates: Vec<(String, String)>,
    /// Columns that get a placeholder in existing rows, as `table.column`: give them a value with
    /// [`DraftOptions::fill`].
    pub placeholders: Vec<String>,
    /// The models that were compared, or their tables.
    pub compared: Vec<String>,
    /// The files to write, each a migration that follows the one before it: one, and several for an online draft.
    pub files: Vec<DraftFile>,
    /// What was seen in the database and is not compared.
    pub uncovered: Vec<Uncovered>,
    /// What is not compared and is not the same on both sides. `notes` has a line for it as well.
    pub not_compared: Vec<NotCompared>,
    /// Both sides were run on a copy of the current schema, and did what they should. If not, `notes` says why.
    pub is_proven: bool,
    /// What the draft was made from, until it is proven.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) basis: Option<Box<DraftBasis>>,
    /// What was compared, for a page about the draft.
    #[cfg(feature = "cli")]
    #[serde(skip)]
    pub(crate) compared_sides: Option<Box<DraftSides>>,
    /// Both sides of all files, as they can be run in one transaction on empty tables: for the proof.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) scratch: Option<(String, String)>,
}

/// A migration of a draft. Part of [`Draft`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DraftFile {
    /// What it does, in a few words, to tell it from the others; empty for the only one.
    pub title: String,
    /// The phase that it is marked with.
    pub phase: Option<Phase>,
    /// The up side, with its directives.
    pub up: String,
    /// The down side.
    pub down: String,
}

/// What a draft was made from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DraftBasis {
    pub(crate) current: Schema,
    pub(crate) desired: Schema,
    pub(crate) models: Schema,
    pub(crate) sides: SideNames,
}

impl Draft {
    /// Whether models and database agree, in what is compared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn not_proven(&mut self, reason: String) {
        self.notes.push(Note::NotProven { reason });
    }

    /// Whether something is asked for that no draft makes: a script has a view, a policy, a partitioned table, and the database
    /// does not have the same. It has to be written by hand, and [`not_compared`](Self::not_compared) names it.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.not_compared.iter().any(|thing| thing.found != Found::There)
    }
}

/// A line for each change, or that there is none, what was compared, and what was not and differs.
impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            match self.compared.as_slice() {
                [] if self.not_compared.is_empty() => {
                    write!(f, "no changes detected: there are no models to compare")?;
                }
                [] => write!(f, "no changes detected")?,
                names => write!(f, "no changes detected; compared: {}", names.join(", "))?,
            }
            let others: Vec<String> = self.not_compared.iter().map(ToString::to_string).collect();
            if !others.is_empty() {
                write!(f, "; not compared, and not the same: {}", others.join(", "))?;
            }
            return Ok(());
        }
        for (at, change) in self.changes.iter().enumerate() {
            let end = if at + 1 < self.changes.len() { "\n" } else { "" };
            write!(f, "{change}{end}")?;
        }
        Ok(())
    }
}

/// What a filter is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object<'a> {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name; empty for a constraint without one.
    pub name: &'a str,
    /// The schema of it, or of its table; `None` means the default one.
    pub schema: Option<&'a str>,
    /// The table that it is on; for a table, itself.
    pub table: Option<&'a str>,
    /// Whether the models have it, and not only the database.
    pub in_models: bool,
    /// The table that a foreign key refers to.
    pub references: Option<&'a Name>,
}

/// The kind of an object of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // The names say it.
pub enum ObjectKind {
    Table,
    Column,
    Unique,
    ForeignKey,
    Check,
    Exclusion,
    Index,
    Enum,
    Sequence,
}

/// Whether an object takes part in the comparison.
pub(crate) type Filter = Arc<dyn Fn(&Object<'_>) -> bool + Send + Sync>;
