//! What a target means in this graph, for a database in which some revisions are applied.

use super::{
    Applied, Graph,
    edges::NodeSet,
    find::Line,
    target::{Offset, Point, Target, Word},
};
use crate::{
    error::{Error, Result},
    migration::Migration,
};

/// A place in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Before the first migration.
    Base,
    /// Right after a migration.
    At(usize),
}

/// A target that cannot be used, and why.
pub(super) fn refuse(target: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Target { target: target.into(), problem: problem.into() }
}

/// How a walk goes.
#[derive(Clone, Copy)]
pub(super) struct RelativeMove<'a> {
    pub(super) point: &'a Point,
    pub(super) line: Option<&'a Line>,
    /// More steps than there are migrations are an error; else the walk stays where it can go no further.
    pub(super) strict: bool,
}

impl Graph {
    /// The migrations that a target means: none for `base`, several for `heads`.
    ///
    /// ```
    /// use ambix::{Graph, Migration, Migrations, Target, graph::Applied};
    ///
    /// let graph = Graph::new(Migrations::new([
    ///     Migration::new("a1", "create users"),
    ///     Migration::new("b2", "add email"),
    ///     Migration::new("c3", "add name"),
    /// ])?)?;
    /// let applied = Applied::from(["a1".to_owned()]);
    /// assert_eq!(graph.resolve(&Target::try_from("+1")?, &applied)?[0].revision(), "b2");
    /// assert_eq!(graph.resolve(&Target::head(), &applied)?[0].revision(), "c3");
    /// # Ok::<(), ambix::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], [`Error::AmbiguousRevision`], [`Error::ManyHeads`], and [`Error::Target`] for
    /// steps that lead nowhere or in several directions, and for a revision that is not on the line named.
    pub fn resolve(&self, target: &Target, applied: &Applied) -> Result<Vec<&Migration>> {
        let nodes = self.nodes(std::slice::from_ref(target), &self.marks(applied))?;
        Ok(nodes.into_iter().map(|node| self.at(node)).collect())
    }

    /// The migrations of several targets, each once, in the order in which they were asked for.
    pub(super) fn nodes(&self, targets: &[Target], applied: &NodeSet) -> Result<Vec<usize>> {
        let mut nodes = Vec::new();
        let mut seen = vec![false; self.len()];
        for point in targets.iter().flat_map(|target| &target.points) {
            for position in self.spots(point, self.line_of(point)?.as_ref(), applied, true)? {
                if let Position::At(node) = position
                    && !std::mem::replace(&mut seen[node], true)
                {
                    nodes.push(node);
                }
            }
        }
        Ok(nodes)
    }

    pub(super) fn line_of(&self, point: &Point) -> Result<Option<Line>> {
        point.line.as_deref().map(|name| self.line(name)).transpose()
    }

    /// What one item of a target means on its line.
    pub(super) fn spots(
        &self,
        point: &Point,
        line: Option<&Line>,
        applied: &NodeSet,
        strict: bool,
    ) -> Result<Vec<Position>> {
        let mut spots = match &point.word {
            Word::Base => vec![Position::Base],
            Word::Name(name) => vec![Position::At(self.find_node(name, line)?)],
            Word::Head | Word::Heads => self.heads_on(line).into_iter().map(Position::At).collect(),
            Word::Here | Word::Current => {
                let up = matches!(point.offset, Some(Offset::Up(_)));
                self.here(line, applied, up).into_iter().map(Position::At).collect()
            }
        };
        if spots.is_empty() {
            spots.push(Position::Base);
        }
        let Some(offset) = point.offset else {
            return match (&point.word, spots.as_slice()) {
                (Word::Head, [_, _, ..]) => Err(self.many_heads(point, &spots)),
                _ => Ok(spots),
            };
        };
        let relative = RelativeMove { point, line, strict };
        match (spots.as_slice(), &point.word) {
            (&[start], _) => Ok(vec![self.move_by(start, offset, relative)?]),
            (_, Word::Here | Word::Current) => Err(self.many_starts(point, &spots)),
            _ => Err(self.many_heads(point, &spots)),
        }
    }

    /// The heads, on a line where one is given, in the order of `iter`.
    pub(super) fn heads_on(&self, line: Option<&Line>) -> Vec<usize> {
        let is_head = |&node: &usize| self.lines.up.of(node).is_empty();
        let on_line = |&node: &usize| line.is_none_or(|line| line.members[node]);
        self.order.iter().copied().filter(is_head).filter(on_line).collect()
    }

    /// Where the database is, on a line where one is given.
    ///
    /// That is what no applied migration needs. Where all of a line is needed by others it still has its newest
    /// migration; and for steps up, a line with nothing applied begins where it leaves what is applied.
    pub(super) fn here(&self, line: Option<&Line>, applied: &NodeSet, up: bool) -> Vec<usize> {
        let listed = |set: &NodeSet, line: Option<&Line>| -> Vec<usize> {
            let on_line = |node: usize| line.is_none_or(|line| line.members[node]);
            self.order.iter().copied().filter(|&node| set[node] && on_line(node)).collect()
        };
        let free = listed(&self.tips(applied, &self.needs), line);
        let Some(line) = line.filter(|_| free.is_empty()) else { return free };
        if up {
            let part = applied.iter().zip(&line.members).map(|(&a, &m)| a && m).collect();
            listed(&self.tips(&part, &self.needs), None)
        } else {
            listed(&self.tips(applied, &self.lines), Some(line))
        }
    }

    /// So many steps along parents or children.
    pub(super) fn move_by(
        &self,
        start: Position,
        offset: Offset,
        relative: RelativeMove<'_>,
    ) -> Result<Position> {
        let (steps, up) = match offset {
            Offset::Up(steps) => (steps, true),
            Offset::Down(steps) => (steps, false),
        };
        let mut position = start;
        for done in 0..steps {
            let next = if up {
                self.above(position, relative.line)
            } else {
                self.below(position, relative.line)
            };
            position = match next.as_slice() {
                &[next] => next,
                [] if relative.strict => {
                    return Err(self.too_far(start, offset, done, relative.point));
                }
                [] => return Ok(position),
                several => return Err(self.many_ways(position, up, several, relative.point)),
            };
        }
        Ok(position)
    }

    /// One step up: several where the history branches.
    fn above(&self, position: Position, line: Option<&Line>) -> Vec<Position> {
        let on_line = |node: &usize| line.is_none_or(|line| line.members[*node]);
        match position {
            Position::At(node) => {
                self.lines.up.of(node).iter().copied().filter(on_line).map(Position::At).collect()
            }
            Position::Base => self.bases_on(line).into_iter().map(Position::At).collect(),
        }
    }

    pub(super) fn bases_on(&self, line: Option<&Line>) -> Vec<usize> {
        let is_base = |&node: &usize| self.lines.down.of(node).is_empty();
        let on_line = |node: &usize| line.is_none_or(|line| line.members[*node]);
        self.order.iter().copied().filter(is_base).filter(on_line).collect()
    }

    /// One step down: several at a merge, unless a line says which way; none at the base.
    pub(super) fn below(&self, position: Position, line: Option<&Line>) -> Vec<Position> {
        let Position::At(node) = position else { return Vec::new() };
        let parents = self.lines.down.of(node);
        let on_line = |node: &&usize| line.is_none_or(|line| line.members[**node]);
        match parents {
            [] => vec![Position::Base],
            _ => parents.iter().filter(on_line).map(|&node| Position::At(node)).collect(),
        }
    }

    pub(super) fn names(&self, spots: &[Position]) -> Vec<String> {
        let name = |position: &Position| match *position {
            Position::Base => "base".to_owned(),
            Position::At(node) => self.at(node).revision().to_owned(),
        };
        spots.iter().map(name).collect()
    }

    fn many_heads(&self, point: &Point, heads: &[Position]) -> Error {
        Error::ManyHeads { target: point.text.clone(), heads: self.names(heads) }
    }

    pub(super) fn many_starts(&self, point: &Point, starts: &[Position]) -> Error {
        let names = self.names(starts);
        let (first, count) = (&names[0], names.len());
        let offset = point.offset.map(|offset| offset.to_string()).unwrap_or_default();
        refuse(
            &point.text,
            format!(
                "it is ambiguous: the database is at {count} heads, {}; say which one is meant: \
                 `{first}{offset}` or `<label>@{offset}`",
                names.join(", ")
            ),
        )
    }

    pub(super) fn too_far(
        &self,
        start: Position,
        offset: Offset,
        found: usize,
        point: &Point,
    ) -> Error {
        let only = format!("only {found} migration{}", if found == 1 { "" } else { "s" });
        let place = match (start, offset) {
            (Position::Base, Offset::Up(_)) => "there".to_owned(),
            (Position::Base, Offset::Down(_)) => "below the base".to_owned(),
            (Position::At(node), Offset::Up(_)) => format!("after {}", self.at(node).revision()),
            (Position::At(node), Offset::Down(_)) => format!("up to {}", self.at(node).revision()),
        };
        let line =
            point.line.as_ref().map_or(String::new(), |name| format!(" on the line of {name}"));
        let is = if found == 1 { "is" } else { "are" };
        refuse(&point.text, format!("relative revision {offset}: {only} {is} {place}{line}"))
    }

    pub(super) fn many_ways(
        &self,
        position: Position,
        up: bool,
        ways: &[Position],
        point: &Point,
    ) -> Error {
        let names = self.names(ways).join(", ");
        let at = match position {
            Position::Base => "the base".to_owned(),
            Position::At(node) => self.at(node).revision().to_owned(),
        };
        let problem = if up {
            format!(
                "it is ambiguous: several migrations follow {at}: {names}; name the one you mean"
            )
        } else {
            format!("it is ambiguous: {at} merges several: {names}; name the one you mean")
        };
        refuse(&point.text, problem)
    }
}
