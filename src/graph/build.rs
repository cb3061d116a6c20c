//! From migrations in the order of their names to a graph, or to what is wrong with them.

use std::{
    cell::OnceCell,
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

use super::{Graph, edges::Links, near, target::is_name_sign};
use crate::{
    error::{Error, Place, Relation, Result},
    migration::{Migration, Migrations, Named},
};

/// Builds the graph. Migrations from position `known` on come from the history table: what they name and is not
/// there is left out, where for the others it is an error.
pub(super) fn build(migrations: Migrations, known: usize) -> Result<Graph> {
    let by_revision = sorted(&migrations.list)?;
    let list = &migrations.list;
    let mut names = RevisionIndex {
        list,
        revisions: OnceCell::new(),
        labels: BTreeMap::new(),
        replaced: BTreeMap::new(),
        known,
    };
    names.read_replaced()?;
    names.read_labels()?;
    let (lines, needs) = names.links()?;
    let count = migrations.list.len();
    let needs = Links::new(count, &needs);
    let order = sort(&needs, count);
    if order.len() < count {
        return Err(cycle(&migrations.list, &needs, &order));
    }
    let mut rank = vec![0; count];
    for (at, &node) in order.iter().enumerate() {
        rank[node] = at;
    }
    let (labels, replaced) = (names.labels, names.replaced);
    let lines = Links::new(count, &lines);
    Ok(Graph { migrations, by_revision, labels, replaced, lines, needs, order, rank })
}

/// The positions sorted by revision, which finds a revision as well as a prefix of it.
fn sorted(list: &[Migration]) -> Result<Vec<usize>> {
    let mut by_revision: Vec<usize> = (0..list.len()).collect();
    by_revision.sort_by_key(|&node| list[node].revision());
    // The sort is stable: of two equal revisions the earlier file comes first.
    let twice = by_revision.windows(2).filter(|two| list[two[0]].revision == list[two[1]].revision);
    match twice.min_by_key(|two| two[1]) {
        None => Ok(by_revision),
        Some(two) => Err(Error::Duplicate {
            revision: list[two[0]].revision.clone(),
            first: list[two[0]].place(),
            second: list[two[1]].place(),
        }),
    }
}

/// Where a migration names others: the line of the directive.
fn place(migration: &Migration, named: &Named) -> Place {
    Place::new(migration.up.file(), named.line, 0)
}

struct RevisionIndex<'a> {
    list: &'a [Migration],
    /// Where there is much to look up, a map is far faster than a search among the sorted revisions; a plain line
    /// of migrations never looks anything up.
    revisions: OnceCell<HashMap<&'a str, usize>>,
    labels: BTreeMap<String, usize>,
    replaced: BTreeMap<String, usize>,
    known: usize,
}

/// Pairs of a migration and one that comes before it.
type Pairs = Vec<(usize, usize)>;

impl RevisionIndex<'_> {
    fn revision(&self, text: &str) -> Option<usize> {
        let list = self.list.iter().enumerate();
        let revisions =
            self.revisions.get_or_init(|| list.map(|(n, m)| (m.revision(), n)).collect());
        revisions.get(text).copied()
    }

    /// What stands for a revision: itself, or what it was squashed into.
    fn standing(&self, text: &str) -> Option<usize> {
        self.revision(text).or_else(|| self.replaced.get(text).copied())
    }

    fn read_replaced(&mut self) -> Result<()> {
        let list = self.list;
        // What the history alone knows stands for nothing here.
        for (node, migration) in list.iter().enumerate().take(self.known) {
            for revision in &migration.replaces.revisions {
                let problem = if revision == migration.revision() {
                    "a migration cannot replace itself".to_owned()
                } else if let Some(other) = self.revision(revision).filter(|&n| n < self.known) {
                    let squash = migration.revision();
                    format!(
                        "{squash} replaces {revision}, which is still there: remove {}",
                        list[other].place()
                    )
                } else if let Some(other) = self.replaced.insert(revision.clone(), node) {
                    format!("{revision} is replaced twice, also by {}", self.named(other))
                } else {
                    continue;
                };
                return Err(Error::Source {
                    place: place(migration, &migration.replaces),
                    problem,
                });
            }
        }
        Ok(())
    }

    fn read_labels(&mut self) -> Result<()> {
        let list = self.list;
        for (node, migration) in list.iter().enumerate() {
            for label in &migration.labels.revisions {
                match self.check_label(label, node) {
                    Ok(()) => self.labels.insert(label.clone(), node),
                    // The program's own labels win over those of a migration that it no longer has.
                    Err(_) if node >= self.known => continue,
                    Err(problem) => {
                        let place = place(migration, &migration.labels);
                        return Err(Error::Source { place, problem });
                    }
                };
            }
        }
        Ok(())
    }

    fn check_label(&self, label: &str, node: usize) -> Result<(), String> {
        if label.is_empty() {
            return Err("a label cannot be empty".to_owned());
        }
        if let Some(sign) = label.chars().find(|&sign| !is_name_sign(sign)) {
            return Err(format!(
                "{sign:?} cannot be in a label ({label}): only letters, digits, `_`, `.` and `-`"
            ));
        }
        if ["head", "heads", "base", "current", "none"].contains(&label) {
            return Err(format!("{label} cannot be a label: it is a word of the targets"));
        }
        if label.rsplit_once('-').is_some_and(|(_, end)| end.bytes().all(|b| b.is_ascii_digit())) {
            return Err(format!(
                "{label} cannot be a label: a target would read its end as steps down"
            ));
        }
        if let Some(&first) = self.labels.get(label).filter(|&&first| first != node) {
            return Err(format!("label {label} is already used by {}", self.named(first)));
        }
        match self.standing(label) {
            Some(first) => {
                Err(format!("label {label} is also the revision of {}", self.named(first)))
            }
            None => Ok(()),
        }
    }

    fn named(&self, node: usize) -> String {
        format!("revision {} ({})", self.list[node].revision, self.list[node].place())
    }

    /// The pairs of the parents, and those of the parents and dependencies together, each pair once.
    fn links(&self) -> Result<(Pairs, Pairs)> {
        let (mut lines, mut needs) = (Vec::new(), Vec::new());
        // For each migration the last one that named it.
        let mut seen = vec![usize::MAX; self.list.len()];
        for (node, migration) in self.list.iter().enumerate() {
            let mut add = |before: usize, is_parent: bool| {
                if std::mem::replace(&mut seen[before], node) != node {
                    needs.push((node, before));
                    if is_parent {
                        lines.push((node, before));
                    }
                }
            };
            match &migration.parents {
                // Which one comes before a migration of the history table cannot be told from names.
                None if node > 0 && node < self.known => add(node - 1, true),
                None => {}
                Some(named) => {
                    for parent in &named.revisions {
                        let last =
                            node.checked_sub(1).filter(|&n| self.list[n].revision == *parent);
                        let before = last.or_else(|| self.standing(parent));
                        if let Some(before) =
                            self.there(node, before, named, Relation::Parent, parent)?
                        {
                            add(before, true);
                        }
                    }
                }
            }
            let named = &migration.depends_on;
            for name in &named.revisions {
                let before = self.standing(name).or_else(|| self.labels.get(name).copied());
                if let Some(before) = self.there(node, before, named, Relation::Dependency, name)? {
                    add(before, false);
                }
            }
        }
        Ok((lines, needs))
    }

    fn there(
        &self,
        node: usize,
        found: Option<usize>,
        named: &Named,
        relation: Relation,
        missing: &str,
    ) -> Result<Option<usize>> {
        if found.is_some() || node >= self.known {
            return Ok(found);
        }
        let migration = &self.list[node];
        Err(Error::UnknownParent {
            revision: migration.revision.clone(),
            place: place(migration, named),
            relation,
            missing: missing.to_owned(),
            near: near::near(missing, self.list.iter().map(Migration::revision)),
        })
    }
}

/// What others need first; among those that are ready the one whose name comes first. What hangs on a circle is
/// left out.
fn sort(needs: &Links, count: usize) -> Vec<usize> {
    let mut missing: Vec<usize> = (0..count).map(|node| needs.down.of(node).len()).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..count).filter(|&node| missing[node] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for &next in needs.up.of(node) {
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.push(Reverse(next));
            }
        }
    }
    order
}

/// A circle among the migrations that could not be sorted.
///
/// Each of these needs at least one other of them; so a walk that follows such needs comes back to where it was.
fn cycle(list: &[Migration], needs: &Links, order: &[usize]) -> Error {
    let mut sorted = vec![false; list.len()];
    for &node in order {
        sorted[node] = true;
    }
    let mut path: Vec<usize> = Vec::new();
    let mut seen = vec![false; list.len()];
    let mut next = (0..list.len()).find(|&node| !sorted[node]);
    while let Some(node) = next.filter(|&node| !seen[node]) {
        seen[node] = true;
        path.push(node);
        next = needs.down.of(node).iter().copied().find(|&before| !sorted[before]);
    }
    let begin = path.iter().position(|&node| Some(node) == next).unwrap_or_default();
    let mut circle = path.split_off(begin);
    // Told from its first file on, whichever way the walk came in.
    let first = circle.iter().enumerate().min_by_key(|&(_, &node)| node).map_or(0, |(at, _)| at);
    circle.rotate_left(first);
    Error::Cycle {
        revisions: circle.iter().map(|&node| list[node].revision.clone()).collect(),
        places: circle.iter().map(|&node| list[node].place()).collect(),
    }
}
