//! Arrows between migrations, and what can be reached along them.
//!
//! A migration is a number here: its position in the list. Every walk keeps its own stack, so that a history of any
//! depth fits, and visits each migration once, so that it takes time linear in the size of the graph.

/// For each migration whether it belongs to some set.
pub(super) type NodeSet = Vec<bool>;

/// The arrows that leave each migration, in one array for all.
#[derive(Debug, Clone)]
pub(super) struct Edges {
    start: Vec<usize>,
    to: Vec<usize>,
}

impl Edges {
    /// From pairs (from, to); the arrows of one migration stay in the order in which they come.
    fn new(nodes: usize, pairs: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let mut start = vec![0; nodes + 1];
        for (from, _) in pairs.clone() {
            start[from + 1] += 1;
        }
        for node in 0..nodes {
            start[node + 1] += start[node];
        }
        let mut next = start.clone();
        let mut to = vec![0; start[nodes]];
        for (from, end) in pairs {
            to[next[from]] = end;
            next[from] += 1;
        }
        Self { start, to }
    }

    pub(super) fn of(&self, node: usize) -> &[usize] {
        &self.to[self.start[node]..self.start[node + 1]]
    }

    /// All that can be reached from some migrations, and these themselves.
    pub(super) fn reach(&self, from: impl IntoIterator<Item = usize>) -> NodeSet {
        let mut marks = vec![false; self.start.len() - 1];
        let mut stack: Vec<usize> = from.into_iter().collect();
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut marks[node], true) {
                stack.extend(self.of(node).iter().filter(|&&next| !marks[next]));
            }
        }
        marks
    }
}

/// One relation, to be walked in both directions.
#[derive(Debug, Clone)]
pub(super) struct Links {
    /// To what comes before a migration.
    pub(super) down: Edges,
    /// To what comes after it.
    pub(super) up: Edges,
}

impl Links {
    /// From pairs (migration, the one before it).
    pub(super) fn new(nodes: usize, pairs: &[(usize, usize)]) -> Self {
        Self {
            down: Edges::new(nodes, pairs.iter().copied()),
            up: Edges::new(nodes, pairs.iter().map(|&(after, before)| (before, after))),
        }
    }
}
