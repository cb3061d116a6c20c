//! What a database has anything of.
//!
//! Planning takes most of the time of an inspection, and most databases have few kinds of objects. So a short question comes first, and a
//! part of a query that would find nothing is not sent. Its condition stands above the part, in lines that begin with `--?`. Objects of the
//! server's own have numbers below 16384 (`FirstNormalObjectId` in the server's `access/transam.h`), whatever happens to them later.

use std::collections::BTreeSet;

use crate::database::{Row, fill};

/// Begins a line of a condition.
const CONDITION: &str = "--? ";

/// What joins the members of a union.
pub(in crate::database::postgres) const UNION: &str = "\nUNION ALL\n";

/// What tells the answer's row.
const TAG: &str = "exists";

/// A query, or one member of a union.
#[derive(Debug, Clone)]
pub(in crate::database::postgres) struct QueryPart {
    /// The SQL condition without which it finds nothing; none if it is always sent.
    condition: Option<String>,
    pub(in crate::database::postgres) text: &'static str,
}

/// The parts of a text, each of which begins with its condition.
pub(in crate::database::postgres) fn parts(text: &'static str) -> Vec<QueryPart> {
    let mut parts: Vec<QueryPart> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut condition: Vec<&str> = Vec::new();
        while let Some(line) = rest.strip_prefix(CONDITION) {
            let (line, after) = line.split_once('\n').unwrap_or((line, ""));
            condition.push(line.trim());
            rest = after;
        }
        let end = rest.find(&format!("\n{CONDITION}")).map_or(rest.len(), |at| at + 1);
        let (part, after) = rest.split_at(end);
        let condition = Some(condition.join(" ")).filter(|text| !text.is_empty());
        parts.push(QueryPart { condition, text: part.trim() });
        rest = after;
    }
    parts
}

/// The question for the conditions of parts. {schemas} in them is filled as it is in the parts.
pub(super) fn question(parts: &[QueryPart], schemas: &str) -> String {
    let asked = conditions(parts).into_iter().enumerate();
    let columns = asked.map(|(at, condition)| format!(", ({condition})::int::text AS c{at}"));
    let query = format!("SELECT '{TAG}' AS ambix{}", columns.collect::<String>());
    fill(&query, &[("schemas", schemas)])
}

/// The answer.
#[derive(Debug)]
pub(in crate::database::postgres) struct Existence {
    /// The conditions that hold; none if nobody asked.
    holds: Option<BTreeSet<String>>,
}

impl Existence {
    /// Reads the rows of [`question`].
    pub(super) fn read(parts: &[QueryPart], rows: &[Row]) -> Self {
        let row = rows.iter().find(|row| row.tag() == TAG);
        let holds = row.map(|row| {
            let asked = conditions(parts).into_iter().enumerate();
            let held = asked.filter(|(at, _)| row.column(&format!("c{at}")) == Some("1"));
            held.map(|(_, condition)| condition.to_owned()).collect()
        });
        Self { holds }
    }

    /// Anything may exist.
    pub(in crate::database::postgres) fn unasked() -> Self {
        Self { holds: None }
    }

    /// Whether a part may find something.
    pub(in crate::database::postgres) fn of(&self, part: &QueryPart) -> bool {
        match (&part.condition, &self.holds) {
            (Some(condition), Some(holds)) => holds.contains(condition),
            _ => true,
        }
    }

    /// The members of a union that may find something.
    pub(in crate::database::postgres) fn union(&self, members: &'static str) -> Option<String> {
        let members = parts(members).into_iter().filter(|part| self.of(part));
        let texts: Vec<&str> = members.map(|part| part.text).collect();
        (!texts.is_empty()).then(|| texts.join(UNION))
    }
}

/// Each condition once, in an order that depends on nothing else.
fn conditions(parts: &[QueryPart]) -> BTreeSet<&str> {
    parts.iter().filter_map(|part| part.condition.as_deref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_condition() {
        let text = "--? a\n--? OR b\n-- A comment.\nSELECT 1\n\n--? c\nSELECT 2\nFROM t";
        let parts = parts(text);
        let found: Vec<_> = parts.iter().map(|p| (p.condition.as_deref(), p.text)).collect();
        assert_eq!(
            found,
            [(Some("a OR b"), "-- A comment.\nSELECT 1"), (Some("c"), "SELECT 2\nFROM t")]
        );
        let whole = super::parts("SELECT 1\nFROM t");
        assert_eq!((&whole[0].condition, whole[0].text), (&None, "SELECT 1\nFROM t"));
    }

    #[test]
    fn what_nobody_asked_for_is_sent() {
        let part = &parts("--? a\nSELECT 1")[0];
        assert!(Existence { holds: None }.of(part));
        assert!(!Existence { holds: Some(BTreeSet::new()) }.of(part));
        assert!(Existence { holds: Some(["a".to_owned()].into()) }.of(part));
    }
}
