//! A part of the history, from one revision to another.

use super::{
    Applied, Graph,
    edges::NodeSet,
    find::Line,
    resolve::{Position, RelativeMove, refuse},
    target::{Offset, Point, Target, Word},
};
use crate::{
    error::{Error, Result},
    migration::Migration,
};

impl Graph {
    /// The migrations of a range `from:to`, both included, in the order in which they run.
    ///
    /// Either end may be left out: `:to` is from the base, `from:` to the heads. An end may be `current`. Steps
    /// down at the left end count back from the right one (`-3:current`, `-3:`), other steps from where the database is
    /// (`current:+2`); steps that lead too far stop at the last migration there is.
    ///
    /// ```
    /// use ambix::{Graph, Migration, Migrations, graph::Applied};
    ///
    /// let names = ["a1", "b2", "c3", "d4"];
    /// let graph = Graph::new(Migrations::new(names.map(|name| Migration::new(name, "")))?)?;
    /// let applied = Applied::from(["a1", "b2", "c3"].map(str::to_owned));
    /// let range: Vec<&str> = graph.range("-1:current", &applied)?.iter().map(|m| m.revision()).collect();
    /// assert_eq!(range, ["b2", "c3"]);
    /// # Ok::<(), ambix::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Graph::resolve`]; and [`Error::Target`] for what is not a range, and for a left end that does not come
    /// before the right one.
    pub fn range(&self, from_to: &str, applied: &Applied) -> Result<Vec<&Migration>> {
        let (from, to) = read(from_to)?;
        let applied = self.marks(applied);
        let lines =
            from.points.iter().map(|point| self.line_of(point)).collect::<Result<Vec<_>>>()?;
        let upper = self.upper(&to, lines.first().and_then(Option::as_ref), &applied)?;
        let mut lower = Vec::new();
        for (point, line) in from.points.iter().zip(&lines) {
            lower.extend(self.lower(point, line.as_ref(), &to, &upper, &applied)?);
        }
        let needed = self.needs.down.reach(upper.iter().copied());
        if lower.contains(&Position::Base) {
            return Ok(self.all(|node| needed[node]));
        }
        let lower = nodes(&lower);
        if !from.points.iter().any(|point| counts_back(point, &to).is_some()) {
            self.check_lines(&lower)?;
        }
        if let Some(&first) = lower.iter().find(|&&node| !needed[node]) {
            return Err(self.not_before(from_to, first, &upper));
        }
        let mut after = self.lines.up.reach(lower.iter().copied());
        if !upper.iter().any(|&node| after[node]) {
            // The ends are on two lines, and a dependency leads from one to the other.
            after = self.needs.up.reach(lower);
        }
        Ok(self.all(|node| needed[node] && after[node]))
    }

    /// The right end. Where the left one names a line, `lib@base:heads` is the history of that line only.
    fn upper(&self, to: &Target, from: Option<&Line>, applied: &NodeSet) -> Result<Vec<usize>> {
        let mut upper = Vec::new();
        for point in &to.points {
            let own = self.line_of(point)?;
            let line = match &point.word {
                Word::Name(_) | Word::Base => own.as_ref(),
                _ => own.as_ref().or(from),
            };
            let found = nodes(&self.spots(point, line, applied, false)?);
            if let Some(from) = from
                && let Some(&other) = found.iter().find(|&&node| !from.members[node])
            {
                return Err(self.not_a_member(other, from));
            }
            upper.extend(found);
        }
        self.check_lines(&upper)?;
        Ok(upper)
    }

    /// One item of the left end, where steps down count back from the right end.
    fn lower(
        &self,
        from: &Point,
        line: Option<&Line>,
        to: &Target,
        upper: &[usize],
        applied: &NodeSet,
    ) -> Result<Vec<Position>> {
        let Some(steps) = counts_back(from, to) else {
            return self.spots(from, line, applied, false);
        };
        let relative = RelativeMove { point: from, line, strict: false };
        let down = |&node: &usize| self.move_by(Position::At(node), Offset::Down(steps), relative);
        let lower: Vec<Position> = upper.iter().map(down).collect::<Result<_>>()?;
        Ok(if lower.is_empty() { vec![Position::Base] } else { lower })
    }

    fn not_before(&self, from_to: &str, first: usize, upper: &[usize]) -> Error {
        let first = self.at(first).revision();
        let upper: Vec<Position> = upper.iter().map(|&node| Position::At(node)).collect();
        let upper = if upper.is_empty() { vec![Position::Base] } else { upper };
        let upper = self.names(&upper).join(", ");
        refuse(
            from_to,
            format!(
                "{first} does not come before {upper}; a range goes from the older to the newer"
            ),
        )
    }
}

/// How many steps an item of the left end counts back from the right end, where it does.
fn counts_back(from: &Point, to: &Target) -> Option<usize> {
    let to_is_relative = to.points.iter().any(|point| point.word == Word::Here);
    match (&from.word, from.offset) {
        (Word::Here, Some(Offset::Down(steps))) if !to_is_relative => Some(steps),
        _ => None,
    }
}

fn nodes(spots: &[Position]) -> Vec<usize> {
    let node = |position: &Position| match *position {
        Position::Base => None,
        Position::At(node) => Some(node),
    };
    spots.iter().filter_map(node).collect()
}

fn read(from_to: &str) -> Result<(Target, Target)> {
    let ends: Vec<&str> = from_to.split(':').map(str::trim).collect();
    let [from, to] = ends.as_slice() else {
        return Err(refuse(from_to, "a range is `from:to`, `from:` or `:to`"));
    };
    let end = |text: &str, missing| if text.is_empty() { Ok(missing) } else { text.parse() };
    Ok((end(from, Target::base())?, end(to, Target::heads())?))
}
