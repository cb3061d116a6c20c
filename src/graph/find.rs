//! From what somebody wrote to a migration: by revision, by label, by the beginning of a revision.

use super::{Graph, edges::NodeSet, near};
use crate::{
    error::{Error, Result},
    migration::Migration,
};

/// A part of the graph: a migration and what it descends from or leads to.
#[derive(Debug)]
pub(super) struct Line {
    /// As it was written: a label or a revision.
    pub(super) name: String,
    /// The migration that has the label.
    pub(super) node: usize,
    /// What comes before or after it, and itself.
    pub(super) members: NodeSet,
}

impl Graph {
    /// The migration with exactly this revision.
    #[must_use]
    pub fn get(&self, revision: &str) -> Option<&Migration> {
        self.node(revision).map(|node| self.at(node))
    }

    /// The migration with this revision or label, or the only one whose revision begins so.
    ///
    /// ```
    /// use ambix::{Error, Graph, Migration, Migrations};
    ///
    /// let graph = Graph::new(Migrations::new([
    ///     Migration::new("1f00aa", "create users").labels(["accounts"]),
    ///     Migration::new("27c3d1", "add email"),
    /// ])?)?;
    /// assert_eq!(graph.find("accounts")?.name(), "create users");
    /// assert_eq!(graph.find("27")?.name(), "add email");
    /// assert!(matches!(graph.find("27c3d2"), Err(Error::UnknownRevision { near, .. }) if near == ["27c3d1"]));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], with what looks like it, and [`Error::AmbiguousRevision`].
    pub fn find(&self, text: &str) -> Result<&Migration> {
        self.find_node(text, None).map(|node| self.at(node))
    }

    /// The position of exactly this revision.
    pub(super) fn node(&self, revision: &str) -> Option<usize> {
        let order = |&node: &usize| self.at(node).revision().cmp(revision);
        let found = self.by_revision.binary_search_by(order).ok()?;
        Some(self.by_revision[found])
    }

    /// The line that a label or revision names.
    pub(super) fn line(&self, name: &str) -> Result<Line> {
        let node = self.find_node(name, None)?;
        Ok(Line { name: name.to_owned(), node, members: self.lineage(node) })
    }

    /// All that a migration descends from, all that descends from it, and itself.
    pub(super) fn lineage(&self, node: usize) -> NodeSet {
        let mut members = self.lines.up.reach([node]);
        for (member, below) in members.iter_mut().zip(self.lines.down.reach([node])) {
            *member |= below;
        }
        members
    }

    /// Finds a migration; on a line, where one is given: then a beginning that is unique there will do.
    pub(super) fn find_node(&self, text: &str, line: Option<&Line>) -> Result<usize> {
        if text.is_empty() {
            let problem = "it is empty; write a revision or a label".to_owned();
            return Err(Error::Target { target: "\"\"".to_owned(), problem });
        }
        if let Some(node) = self.node(text).or_else(|| self.labels.get(text).copied()) {
            return match line {
                Some(line) if !line.members[node] => Err(self.not_a_member(node, line)),
                _ => Ok(node),
            };
        }
        let revision = |node: usize| self.at(node).revision();
        let from = self.by_revision.partition_point(|&node| revision(node) < text);
        let begin_so =
            self.by_revision[from..].iter().take_while(|&&n| revision(n).starts_with(text));
        let begin_so: Vec<usize> = begin_so.copied().collect();
        let on_line = |node: &usize| line.is_none_or(|line| line.members[*node]);
        let candidates: Vec<usize> = begin_so.iter().copied().filter(on_line).collect();
        match (candidates.as_slice(), begin_so.as_slice(), line) {
            (&[node], _, _) => Ok(node),
            ([], &[elsewhere], Some(line)) => Err(self.not_a_member(elsewhere, line)),
            ([], _, _) if self.is_replaced(text) => self.find_replaced(text, line),
            ([], _, _) => {
                Err(Error::UnknownRevision { given: text.to_owned(), near: self.near(text) })
            }
            (several, _, _) => Err(Error::AmbiguousRevision {
                given: text.to_owned(),
                candidates: several.iter().map(|&node| revision(node).to_owned()).collect(),
            }),
        }
    }

    fn is_replaced(&self, text: &str) -> bool {
        self.replaced
            .range(text.to_owned()..)
            .next()
            .is_some_and(|(name, _)| name.starts_with(text))
    }

    /// A revision that was squashed. The last of those that were stands for the same schema as the squash; at the others a
    /// database cannot be any more.
    fn find_replaced(&self, text: &str, line: Option<&Line>) -> Result<usize> {
        let begin_so =
            self.replaced.range(text.to_owned()..).take_while(|(name, _)| name.starts_with(text));
        let mut found: Vec<(&String, usize)> = begin_so.map(|(name, &node)| (name, node)).collect();
        if let Some(exactly) = found.iter().find(|(name, _)| *name == text) {
            found = vec![*exactly];
        }
        let &[(revision, node)] = found.as_slice() else {
            return Err(Error::AmbiguousRevision {
                given: text.to_owned(),
                candidates: found.into_iter().map(|(name, _)| name.clone()).collect(),
            });
        };
        let squash = self.at(node);
        match line {
            Some(line) if !line.members[node] => Err(self.not_a_member(node, line)),
            _ if squash.replaces.revisions.last() == Some(revision) => Ok(node),
            _ => Err(Error::Target {
                target: text.to_owned(),
                problem: format!(
                    "revision {revision} is now a part of {0}, into which it was squashed ({1}); write {0}",
                    squash.revision(),
                    squash.place()
                ),
            }),
        }
    }

    pub(super) fn not_a_member(&self, node: usize, line: &Line) -> Error {
        let (revision, name) = (self.at(node).revision(), &line.name);
        Error::Target {
            target: format!("{name}@{revision}"),
            problem: format!("revision {revision} is not a member of branch {name}"),
        }
    }

    /// Revisions and labels that look like a text.
    pub(crate) fn near(&self, text: &str) -> Vec<String> {
        let revisions = self.migrations.list.iter().map(Migration::revision);
        near::near(text, self.labels.keys().map(String::as_str).chain(revisions))
    }
}
