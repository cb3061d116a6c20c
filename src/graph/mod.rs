//! All migrations as one history, and what a target means in it.
//!
//! A [`Graph`] is checked: revisions are unique, parents exist, and no migration comes before itself. It finds heads, branches and the
//! way to a [`Target`] without any database. A [`Migrator`](crate::Migrator) has one:
//! [`Migrator::graph`](crate::Migrator::graph). [`Applied`] is the set of revisions that a database has.
//!
//! Two relations order the migrations. *Lines* lead from a migration to its parents: heads, labels and relative steps follow them.
//! *Needs* are the parents and the dependencies together; they decide what runs, in which order, and what must be reverted with it.
//! The chapter [Targets and branches](crate::_docs::targets) explains both.

// Everything here is a pure function of the migrations and of the set of applied revisions.
mod build;
mod edges;
mod find;
mod near;
mod range;
mod resolve;
mod target;
mod transition;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use self::edges::{Links, NodeSet};
pub(crate) use self::near::near;
pub use self::target::Target;
use crate::{
    error::Result,
    migration::{Migration, Migrations},
    note::Note,
};

/// The revisions that are applied, as the history table has them: all of them, not only the newest.
///
/// Revisions that the graph does not know are left aside by its methods.
pub type Applied = HashSet<String>;

/// All migrations as one history: revisions are unique, parents exist, and nothing comes before itself.
///
/// ```
/// use ambix::{Graph, Migration, Migrations, graph::Applied};
///
/// let graph = Graph::new(Migrations::new([
///     Migration::new("a1", "create users"),
///     Migration::new("b1", "create teams"),
///     Migration::new("b2", "add email").parents(["a1"]),
/// ])?)?;
/// let heads: Vec<&str> = graph.heads().iter().map(|head| head.revision()).collect();
/// assert_eq!(heads, ["b1", "b2"]);
///
/// let applied = Applied::from(["a1".to_owned()]);
/// assert_eq!(graph.current(&applied)[0].name(), "create users");
/// # Ok::<(), ambix::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Graph {
    /// In the order of their names. A migration is known by its position here.
    migrations: Migrations,
    /// The positions in the order of the revisions.
    by_revision: Vec<usize>,
    labels: BTreeMap<String, usize>,
    /// Revisions that were squashed, with the position of what stands for them.
    replaced: BTreeMap<String, usize>,
    lines: Links,
    needs: Links,
    /// The positions in the order in which the migrations would run.
    order: Vec<usize>,
    /// For each position its place in `order`.
    rank: Vec<usize>,
}

impl Graph {
    /// Checks that the migrations form one history.
    ///
    /// # Errors
    /// [`Error::Duplicate`](crate::Error::Duplicate) for a revision that is used twice,
    /// [`Error::UnknownParent`](crate::Error::UnknownParent) for a parent or dependency that does not exist,
    /// [`Error::Cycle`](crate::Error::Cycle) for migrations that follow from each other in a circle, and
    /// [`Error::Source`](crate::Error::Source) for a label that is used twice or cannot be one.
    pub fn new(migrations: Migrations) -> Result<Self> {
        let known = migrations.list.len();
        build::build(migrations, known)
    }

    /// The same graph and migrations that only the history table knows, so that they can be downgraded.
    ///
    /// They come last in the order of names. Parents and dependencies of theirs that do not exist are left out, and
    /// one without a list of parents is a base.
    ///
    /// # Errors
    /// As [`Graph::new`], but for unknown parents and labels.
    pub(crate) fn with(&self, extra: Vec<Migration>) -> Result<Self> {
        self.with_sides(extra, Vec::new(), Vec::new())
    }

    /// The same, and known ones with the down sides of others of their revisions, and after what else they were applied upon.
    pub(crate) fn with_sides(
        &self,
        extra: Vec<Migration>,
        sides: Vec<Migration>,
        after: Vec<(String, Vec<String>)>,
    ) -> Result<Self> {
        let mut migrations = self.migrations.clone();
        let known = migrations.list.len();
        for side in sides {
            if let Some(own) = migrations.list.iter_mut().find(|own| own.revision == side.revision)
            {
                own.down = side.down;
                own.down_transaction = side.down_transaction;
                own.foreign_keys = side.foreign_keys;
            }
        }
        for (revision, named) in after {
            if let Some(own) = migrations.list.iter_mut().find(|own| own.revision == revision) {
                own.depends_on.revisions.extend(named);
            }
        }
        migrations.list.extend(extra);
        build::build(migrations, known)
    }

    /// All migrations in the order in which they run on an empty database.
    ///
    /// Parents and dependencies come first; among those that are ready, the one whose name comes first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Migration> {
        self.order.iter().map(|&node| self.at(node))
    }

    /// How many migrations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The migrations that are nobody's parent, in the order of [`Graph::iter`].
    #[must_use]
    pub fn heads(&self) -> Vec<&Migration> {
        self.all(|node| self.lines.up.of(node).is_empty())
    }

    /// The migrations without a parent.
    #[must_use]
    pub fn bases(&self) -> Vec<&Migration> {
        self.all(|node| self.lines.down.of(node).is_empty())
    }

    /// The migrations that are the parent of several.
    #[must_use]
    pub fn branch_points(&self) -> Vec<&Migration> {
        self.all(|node| self.lines.up.of(node).len() > 1)
    }

    /// The migrations that have several parents.
    #[must_use]
    pub fn merge_points(&self) -> Vec<&Migration> {
        self.all(|node| self.lines.down.of(node).len() > 1)
    }

    /// The parents of a revision, also where its file does not name one and the migration before it is meant.
    ///
    /// Like [`children`](Self::children), [`dependencies`](Self::dependencies) and
    /// [`dependents`](Self::dependents) it is empty for a revision that does not exist.
    #[must_use]
    pub fn parents(&self, revision: &str) -> Vec<&Migration> {
        self.around(revision, |node| self.lines.down.of(node).to_vec())
    }

    /// The migrations whose parent a revision is.
    #[must_use]
    pub fn children(&self, revision: &str) -> Vec<&Migration> {
        self.around(revision, |node| self.lines.up.of(node).to_vec())
    }

    /// What a revision needs to be applied before it and does not follow as a child.
    #[must_use]
    pub fn dependencies(&self, revision: &str) -> Vec<&Migration> {
        let parents = |node| self.lines.down.of(node);
        self.around(revision, |node| without(self.needs.down.of(node), parents(node)))
    }

    /// The migrations that depend on a revision and are not its children.
    ///
    /// A head with dependents is what other lines build upon.
    #[must_use]
    pub fn dependents(&self, revision: &str) -> Vec<&Migration> {
        let children = |node| self.lines.up.of(node);
        self.around(revision, |node| without(self.needs.up.of(node), children(node)))
    }

    /// The labels that a revision gives to the line that begins with it.
    #[must_use]
    pub fn labels_of(&self, revision: &str) -> Vec<&str> {
        let Some(node) = self.node(revision) else { return Vec::new() };
        self.labels.iter().filter(|&(_, &at)| at == node).map(|(label, _)| label.as_str()).collect()
    }

    /// The newest applied migration of each line: those from which no applied migration descends.
    ///
    /// One that others only depend on is among them; so a database in which everything is applied is at
    /// [`heads`](Self::heads).
    #[must_use]
    pub fn current(&self, applied: &Applied) -> Vec<&Migration> {
        let tips = self.tips(&self.marks(applied), &self.lines);
        self.all(|node| tips[node])
    }

    /// The migrations that are not applied although an applied one descends from them or depends on them, each with
    /// the first such one.
    ///
    /// They are late: what runs after them was run before.
    pub(crate) fn out_of_order(&self, applied: &Applied) -> Vec<(&Migration, &Migration)> {
        let applied = self.marks(applied);
        let mut witness: Vec<Option<usize>> = vec![None; self.len()];
        for &node in self.order.iter().rev() {
            let above = self.needs.up.of(node).iter();
            let first = |&next: &usize| if applied[next] { Some(next) } else { witness[next] };
            witness[node] = above.filter_map(first).min_by_key(|&next| self.rank[next]);
        }
        let late = |&node: &usize| {
            let after = witness[node].filter(|_| !applied[node])?;
            Some((self.at(node), self.at(after)))
        };
        self.order.iter().filter_map(late).collect()
    }

    /// A migration and all that descend from it, in the order of [`Graph::iter`].
    #[cfg(feature = "cli")]
    pub(crate) fn descendants(&self, revision: &str) -> Vec<&Migration> {
        let reached = self.lines.up.reach(self.node(revision));
        self.all(|node| reached[node])
    }

    /// What a person should know of the folder that the migrations were read from.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.migrations.notes
    }

    /// The text of `ambix.lint`, the linter's baseline, where there was one beside the migrations.
    pub(crate) fn baseline(&self) -> Option<&str> {
        self.migrations.baseline.as_deref()
    }

    /// The text of `ambix.sum`, where there was one beside the migrations.
    #[cfg(feature = "testkit")]
    pub(crate) fn sum(&self) -> Option<&str> {
        self.migrations.sum.as_deref()
    }

    /// Whether these revisions and checksums, as they are written, are those of all migrations, and no others. What was
    /// squashed is left aside.
    pub(crate) fn is_all_of<'r>(&self, rows: impl IntoIterator<Item = (&'r str, &'r str)>) -> bool {
        let mut seen = vec![false; self.len()];
        let mut squashed = HashSet::new();
        let mut left = self.len();
        // Rows mostly come in the order in which they were written; then none has to be searched for.
        let mut expected = self.order.iter().copied();
        for (revision, checksum) in rows {
            let next = expected.next().filter(|&node| self.at(node).revision == revision);
            match next.or_else(|| self.node(revision)) {
                Some(node) if seen[node] || !self.at(node).checksum().is(checksum) => return false,
                Some(node) => {
                    seen[node] = true;
                    left -= 1;
                }
                None if self.replaced.contains_key(revision) && squashed.insert(revision) => {}
                None => return false,
            }
        }
        left == 0
    }

    /// The revisions that were squashed.
    pub(crate) fn replaced(&self) -> Vec<&str> {
        self.replaced.keys().map(String::as_str).collect()
    }

    /// Takes the checksum of each migration, so that it is there when it is asked for.
    pub(crate) fn take_checksums(&self) {
        for migration in &self.migrations.list {
            let _ = migration.checksum();
        }
    }

    /// What stands for a revision that was squashed.
    pub(crate) fn replaced_by(&self, revision: &str) -> Option<&Migration> {
        self.replaced.get(revision).map(|&node| self.at(node))
    }

    /// The migrations that stand for others, in the order of [`Graph::iter`].
    pub(crate) fn squashes(&self) -> Vec<&Migration> {
        if self.replaced.is_empty() {
            return Vec::new();
        }
        self.iter().filter(|migration| !migration.replaces.revisions.is_empty()).collect()
    }

    fn at(&self, node: usize) -> &Migration {
        &self.migrations.list[node]
    }

    /// The migrations for which something holds, in the order in which they run.
    fn all(&self, holds: impl Fn(usize) -> bool) -> Vec<&Migration> {
        self.order.iter().filter(|&&node| holds(node)).map(|&node| self.at(node)).collect()
    }

    fn around(&self, revision: &str, of: impl Fn(usize) -> Vec<usize>) -> Vec<&Migration> {
        self.node(revision).map(of).unwrap_or_default().into_iter().map(|n| self.at(n)).collect()
    }

    fn marks(&self, applied: &Applied) -> NodeSet {
        self.migrations.list.iter().map(|migration| applied.contains(&migration.revision)).collect()
    }

    /// Of a set those from which no other of the set can be reached upwards, also not through what is not in it.
    fn tips(&self, set: &NodeSet, links: &Links) -> NodeSet {
        let mut below = vec![false; self.len()];
        let mut tips = vec![false; self.len()];
        for &node in self.order.iter().rev() {
            below[node] = links.up.of(node).iter().any(|&next| set[next] || below[next]);
            tips[node] = set[node] && !below[node];
        }
        tips
    }
}

fn without(nodes: &[usize], left_out: &[usize]) -> Vec<usize> {
    nodes.iter().copied().filter(|node| !left_out.contains(node)).collect()
}
