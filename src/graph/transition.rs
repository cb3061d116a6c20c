//! The migrations to run, revert or record to bring a database to a target.

use super::{
    Applied, Graph,
    edges::NodeSet,
    find::Line,
    resolve::{Position, refuse},
    target::{Offset, Point, Target, Word},
};
use crate::{error::Result, migration::Migration};

/// The history rows that a stamp adds and takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp<'a> {
    /// Parents first.
    pub(crate) record: Vec<&'a Migration>,
    /// Children first.
    pub(crate) erase: Vec<&'a Migration>,
}

impl Graph {
    /// The migrations to run, in this order: all that the targets need and is not applied.
    ///
    /// # Errors
    /// As [`Graph::resolve`]; and [`Error::Target`](crate::Error::Target) for steps down and for several targets on
    /// one line.
    pub(crate) fn upgrade(&self, applied: &Applied, targets: &[Target]) -> Result<Vec<&Migration>> {
        for point in targets.iter().flat_map(|target| &target.points) {
            if matches!((&point.word, point.offset), (Word::Here, Some(Offset::Down(_)))) {
                return Err(refuse(&point.text, "an upgrade goes up; write `+1`, or downgrade"));
            }
        }
        let applied = self.marks(applied);
        let nodes = self.nodes(targets, &applied)?;
        self.check_lines(&nodes)?;
        let needed = self.needs.down.reach(nodes);
        Ok(self.all(|node| needed[node] && !applied[node]))
    }

    /// The migrations to revert, in this order: all applied ones that descend from what is above the target, or
    /// depend on such.
    ///
    /// # Errors
    /// As [`Graph::resolve`]; and [`Error::Target`](crate::Error::Target) for steps up, for several targets, and for
    /// a revision that is not applied.
    pub(crate) fn downgrade(&self, applied: &Applied, target: &Target) -> Result<Vec<&Migration>> {
        let [point] = target.points.as_slice() else {
            return Err(refuse(target.to_string(), "a downgrade goes to one revision"));
        };
        let applied = self.marks(applied);
        let line = self.line_of(point)?;
        let roots = match (&point.word, point.offset) {
            (Word::Here | Word::Current, Some(offset)) => {
                self.roots_below_here(point, offset, line.as_ref(), &applied)?
            }
            _ => self.roots_above(point, line.as_ref(), &applied)?,
        };
        let lost = self.needs.up.reach(roots);
        let mut steps = self.all(|node| lost[node] && applied[node]);
        steps.reverse();
        Ok(steps)
    }

    /// The migrations to revert so that one is reverted, in this order: all applied ones that need it, and itself.
    pub(crate) fn revert_with_dependents(
        &self,
        applied: &Applied,
        revision: &str,
    ) -> Vec<&Migration> {
        let applied = self.marks(applied);
        let lost = self.needs.up.reach(self.node(revision));
        let mut steps = self.all(|node| lost[node] && applied[node]);
        steps.reverse();
        steps
    }

    /// Steps down from where the database is: the lowest migrations to revert.
    fn roots_below_here(
        &self,
        point: &Point,
        offset: Offset,
        line: Option<&Line>,
        applied: &NodeSet,
    ) -> Result<Vec<usize>> {
        let Offset::Down(steps) = offset else {
            return Err(refuse(&point.text, "a downgrade goes down; write `-1`, or upgrade"));
        };
        let here = self.here(line, applied, false);
        let start = match here.as_slice() {
            [] => return Err(self.too_far(Position::Base, offset, 0, point)),
            &[start] => start,
            several => {
                let starts: Vec<Position> =
                    several.iter().map(|&node| Position::At(node)).collect();
                return Err(self.many_starts(point, &starts));
            }
        };
        let mut position = Position::At(start);
        for done in 0..steps {
            let stop = self.step_down(position, line, applied);
            position = match stop.as_slice() {
                &[next] => next,
                [] => return Err(self.too_far(Position::At(start), offset, done, point)),
                several => return Err(self.many_ways(position, false, several, point)),
            };
        }
        // Beside the way that was walked nothing is meant: at a branch point the other branches stay.
        Ok(self.roots(position, Some(&self.lineage(start))))
    }

    /// One step down that counts: what was never applied, having come late, is passed.
    fn step_down(&self, from: Position, line: Option<&Line>, applied: &NodeSet) -> Vec<Position> {
        let mut next = self.below(from, line);
        while let &[Position::At(node)] = next.as_slice()
            && !applied[node]
        {
            next = self.below(Position::At(node), line);
        }
        next
    }

    /// A target that says by itself where it is: the lowest migrations to revert.
    fn roots_above(
        &self,
        point: &Point,
        line: Option<&Line>,
        applied: &NodeSet,
    ) -> Result<Vec<usize>> {
        let spots = self.spots(point, line, applied, true)?;
        let &[position] = spots.as_slice() else {
            let names = self.names(&spots).join(", ");
            let problem =
                format!("a downgrade goes to one revision, and these are several: {names}");
            return Err(refuse(&point.text, problem));
        };
        if let Position::At(node) = position
            && !applied[node]
        {
            let here = self.here(None, applied, false);
            let at = match here.as_slice() {
                [] => "nothing is".to_owned(),
                here => {
                    let here: Vec<Position> = here.iter().map(|&node| Position::At(node)).collect();
                    format!("the database is at {}", self.names(&here).join(", "))
                }
            };
            let revision = self.at(node).revision();
            return Err(refuse(
                &point.text,
                format!("not a valid downgrade target: {revision} is not applied; {at}"),
            ));
        }
        Ok(self.roots(position, line.map(|line| &line.members)))
    }

    /// The migrations right above a spot, on some line.
    fn roots(&self, position: Position, members: Option<&NodeSet>) -> Vec<usize> {
        let mut roots = match position {
            Position::Base => self.bases_on(None),
            Position::At(node) => self.lines.up.of(node).to_vec(),
        };
        roots.retain(|&node| members.is_none_or(|members| members[node]));
        roots
    }

    /// The rows to change so that the history says that the database is at the targets.
    ///
    /// Lines that are not named stay as they are, and so does all that they need.
    ///
    /// # Errors
    /// As [`Graph::resolve`]; and [`Error::Target`](crate::Error::Target) for several targets on one line.
    pub(crate) fn stamp(&self, applied: &Applied, targets: &[Target]) -> Result<Stamp<'_>> {
        let applied = self.marks(applied);
        let mut nodes = Vec::new();
        let mut erase = vec![false; self.len()];
        let mut emptied = Vec::new();
        for point in targets.iter().flat_map(|target| &target.points) {
            let line = self.line_of(point)?;
            for position in self.spots(point, line.as_ref(), &applied, true)? {
                match (position, &line) {
                    (Position::At(node), _) => nodes.push(node),
                    (Position::Base, None) => erase.fill(true),
                    (Position::Base, Some(line)) => {
                        emptied.push((point, line.node));
                        for (gone, lost) in erase.iter_mut().zip(self.line_lost(line, &applied)) {
                            *gone |= lost;
                        }
                    }
                }
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        self.check_lines(&nodes)?;
        let above = self.needs.up.reach(nodes.iter().copied());
        let keep = self.needs.down.reach(nodes);
        for (point, node) in emptied {
            if keep[node] {
                let problem = "another target is on this line or needs it; name only one of them";
                return Err(refuse(&point.text, problem));
            }
        }
        let record = self.all(|node| keep[node] && !applied[node]);
        let mut erase = self.all(|n| applied[n] && !keep[n] && (above[n] || erase[n]));
        erase.reverse();
        Ok(Stamp { record, erase })
    }

    /// What is not applied any more when a line is at its base.
    ///
    /// That is the migration with the label and all that comes after it or depends on it; and before it what
    /// only this line led to.
    fn line_lost(&self, line: &Line, applied: &NodeSet) -> NodeSet {
        let gone = self.needs.up.reach([line.node]);
        let before = self.lines.down.reach([line.node]);
        let rest: NodeSet = applied.iter().zip(&gone).map(|(&a, &g)| a && !g).collect();
        let tips = self.tips(&rest, &self.lines);
        let others = (0..self.len()).filter(|&node| tips[node] && !before[node]);
        let kept = self.needs.down.reach(others);
        rest.iter()
            .zip(kept)
            .zip(gone)
            .map(|((&rest, kept), gone)| gone || (rest && !kept))
            .collect()
    }

    /// The same for existing revisions.
    #[cfg(feature = "cli")]
    pub(crate) fn check_apart(&self, revisions: &[String]) -> Result<()> {
        self.check_lines(
            &revisions.iter().filter_map(|revision| self.node(revision)).collect::<Vec<_>>(),
        )
    }

    /// Refuses several targets of which one comes before another: which of them is meant cannot be told.
    pub(super) fn check_lines(&self, nodes: &[usize]) -> Result<()> {
        if nodes.len() < 2 {
            return Ok(());
        }
        let parents = nodes.iter().flat_map(|&node| self.lines.down.of(node).iter().copied());
        let below = self.lines.down.reach(parents);
        let Some(&lower) = nodes.iter().find(|&&node| below[node]) else { return Ok(()) };
        let above = self.lines.up.reach([lower]);
        let upper = nodes.iter().find(|&&node| node != lower && above[node]).unwrap_or(&lower);
        let (lower, upper) = (self.at(lower).revision(), self.at(*upper).revision());
        let problem = format!(
            "they overlap: {lower} and {upper} are on one line, {lower} comes first; name only the one you mean"
        );
        let all: Vec<&str> = nodes.iter().map(|&node| self.at(node).revision()).collect();
        Err(refuse(all.join(","), problem))
    }
}
