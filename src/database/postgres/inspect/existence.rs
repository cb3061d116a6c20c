//! What a database has anything of.
//!
//! Planning takes most of the time of an inspection, and most databases have few kinds of objects. So a short question comes first, and a
//! part of a query that would find nothing is not sent. Its condition stands above the part, in lines that begin with `--?`. Objects of the
//! server's own have numbers below 16384 (`FirstNormalObjectId` in the server's `access/transam.h`), whatever happens to them later.

use std::collections::{BTreeMap, BTreeSet};

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

/// A part of a condition, which holds if one of its parts does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Term<'c> {
    /// That a catalogue has a row.
    Row { catalog: &'c str, predicate: &'c str },
    /// Any other expression.
    Other(&'c str),
}

impl<'c> Term<'c> {
    fn read(text: &'c str) -> Self {
        let row = text.strip_prefix("EXISTS (SELECT FROM ").and_then(|rest| rest.strip_suffix(')'));
        match row.and_then(|row| row.split_once(" WHERE ")) {
            Some((catalog, predicate)) if !catalog.contains(' ') => {
                Self::Row { catalog, predicate }
            }
            _ => Self::Other(text),
        }
    }
}

/// The parts of a condition, between which an OR stands that is in no parentheses.
fn terms(condition: &str) -> Vec<Term<'_>> {
    const OR: &str = " OR ";
    let (mut terms, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in condition.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && condition[at..].starts_with(OR) => {
                terms.push(Term::read(&condition[start..at]));
                start = at + OR.len();
            }
            _ => {}
        }
    }
    terms.push(Term::read(&condition[start..]));
    terms
}

/// The question for the conditions of parts. {schemas} in them is filled as it is in the parts.
///
/// Each subquery is planned for itself, and opens its catalogue with all of its indexes. So what is asked of one catalogue is asked in one
/// subquery, which reads it once.
pub(super) fn question(parts: &[QueryPart], schemas: &str) -> String {
    let conditions = conditions(parts);
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for term in conditions.iter().flat_map(|condition| terms(condition)) {
        if let Term::Row { catalog, predicate } = term {
            asked.entry(catalog).or_default().insert(predicate);
        }
    }
    asked.retain(|_, predicates| predicates.len() > 1);
    let answer = |term| match term {
        Term::Row { catalog, predicate } => {
            match asked.get(catalog).and_then(|all| all.iter().position(|&one| one == predicate)) {
                Some(at) => format!("coalesce(of_{catalog}.p{at}, false)"),
                None => format!("EXISTS (SELECT FROM {catalog} WHERE {predicate})"),
            }
        }
        Term::Other(text) => text.to_owned(),
    };
    let columns = conditions.iter().enumerate().map(|(at, condition)| {
        let answers: Vec<String> = terms(condition).into_iter().map(answer).collect();
        format!(", ({})::int::text AS c{at}", answers.join(" OR "))
    });
    let query = format!("SELECT '{TAG}' AS ambix{}", columns.collect::<String>());
    let from: Vec<String> =
        asked.iter().map(|(catalog, predicates)| of_catalog(catalog, predicates)).collect();
    let from = if from.is_empty() { String::new() } else { format!(" FROM {}", from.join(", ")) };
    fill(&(query + &from), &[("schemas", schemas)])
}

/// One row that says of each predicate whether a row of the catalogue meets it.
fn of_catalog(catalog: &str, predicates: &BTreeSet<&str>) -> String {
    let first =
        |predicate: &&'_ str| predicate.split(" AND ").next().unwrap_or_default().to_owned();
    // What all of them ask first, an index may find.
    let firsts: BTreeSet<String> = predicates.iter().map(first).collect();
    let shared = firsts.into_iter().reduce(|_, _| String::new()).filter(|first| !first.is_empty());
    let columns: Vec<String> = predicates
        .iter()
        .enumerate()
        .map(|(at, predicate)| format!("pg_catalog.bool_or({predicate}) AS p{at}"))
        .collect();
    let filter = shared.map(|first| format!(" WHERE {first}")).unwrap_or_default();
    format!("(SELECT {} FROM {catalog}{filter}) of_{catalog}", columns.join(", "))
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
    fn what_is_asked_of_one_catalogue_is_asked_once() {
        let text = "--? EXISTS (SELECT FROM pg_class WHERE oid >= 1 AND relkind = 'v')\nSELECT 1\n\n\
                    --? EXISTS (SELECT FROM pg_class WHERE oid >= 1 AND (a OR b)) OR EXISTS (SELECT FROM pg_inherits)\nSELECT 2\n\n\
                    --? EXISTS (SELECT FROM pg_enum WHERE oid >= 1)\nSELECT 3";
        assert_eq!(
            question(&parts(text), ""),
            "SELECT 'exists' AS ambix, (coalesce(of_pg_class.p0, false) OR EXISTS (SELECT FROM pg_inherits))::int::text AS c0, \
             (coalesce(of_pg_class.p1, false))::int::text AS c1, (EXISTS (SELECT FROM pg_enum WHERE oid >= 1))::int::text AS c2 \
             FROM (SELECT pg_catalog.bool_or(oid >= 1 AND (a OR b)) AS p0, pg_catalog.bool_or(oid >= 1 AND relkind = 'v') AS p1 \
             FROM pg_class WHERE oid >= 1) of_pg_class"
        );
        let shared = of_catalog("c", &["x AND a", "y"].into());
        assert!(!shared.contains("WHERE"), "{shared}");
    }

    #[test]
    fn what_nobody_asked_for_is_sent() {
        let part = &parts("--? a\nSELECT 1")[0];
        assert!(Existence { holds: None }.of(part));
        assert!(!Existence { holds: Some(BTreeSet::new()) }.of(part));
        assert!(Existence { holds: Some(["a".to_owned()].into()) }.of(part));
    }
}
