//! Partitions: what a table is divided by is two of its options, in the server's own words.
//!
//! Rows stay wherever they can: partitions are added, merged and split, or the whole table is divided again, which fails if a row is in
//! none of the partitions. Only a partition that goes and has none behind it for its rows is dropped, and takes them along.

use std::collections::BTreeSet;

use crate::{
    database::mysql::SYNTAX,
    schema::Options,
    sql::{Token, tokens},
};

/// The option that says by what rows are divided: ``RANGE (year(`day`))``.
pub(in crate::database::mysql) const PARTITION_BY: &str = "partition_by";

/// The option that lists the partitions, or says how many there are.
pub(in crate::database::mysql) const PARTITIONS: &str = "partitions";

/// A change of how a table is divided.
pub(in crate::database::mysql) enum DivisionStep {
    /// It ends an ALTER TABLE, whatever other clauses that has.
    Last(String),
    /// It is an ALTER TABLE by itself.
    Alone(String),
    /// The same, and the rows in these partitions are in another one from then on.
    Merge { clause: String, gone: Vec<String> },
    /// It is dropped, and the rows in these partitions go.
    Drop(Vec<String>),
}

/// How a table is divided.
struct Division<'o> {
    by: &'o str,
    partitions: Vec<&'o str>,
}

impl<'o> Division<'o> {
    fn new(options: &'o Options) -> Option<Self> {
        let partitions = options.get(PARTITIONS).map(|text| split(text)).unwrap_or_default();
        Some(Self { by: options.get(PARTITION_BY)?, partitions })
    }

    /// How many partitions there are, if they have no names of their own.
    fn count(&self) -> Option<u64> {
        self.partitions.first()?.parse().ok()
    }

    fn text(&self) -> String {
        match self.count() {
            // There is one in any case.
            Some(1) => format!("PARTITION BY {}", self.by),
            Some(count) => format!("PARTITION BY {} PARTITIONS {count}", self.by),
            None => format!("PARTITION BY {} ({})", self.by, lines(&self.partitions)),
        }
    }

    fn is(&self, word: &str) -> bool {
        self.by.starts_with(word)
    }
}

fn lines(partitions: &[&str]) -> String {
    format!("\n    {}\n", partitions.join(",\n    "))
}

/// The definitions in a list of them.
fn split(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut all) = (0_usize, 0, Vec::new());
    for token in tokens(list, &SYNTAX) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                all.push(list[start..token.start].trim());
                start = token.start + 1;
            }
            _ => {}
        }
    }
    all.push(list[start..].trim());
    all
}

/// The clause behind a new table, if it is divided.
pub(super) fn clause(options: &Options) -> Option<String> {
    Division::new(options).map(|division| division.text())
}

/// What leads from one division to another.
pub(in crate::database::mysql) fn steps(from: &Options, to: &Options) -> Vec<DivisionStep> {
    match (Division::new(from), Division::new(to)) {
        (None, None) => Vec::new(),
        (Some(_), None) => vec![DivisionStep::Last("REMOVE PARTITIONING".to_owned())],
        (None, Some(to)) => vec![DivisionStep::Last(to.text())],
        (Some(from), Some(to)) if from.by == to.by && from.partitions == to.partitions => {
            Vec::new()
        }
        (Some(from), Some(to)) => {
            let steps = if from.by == to.by { regrouped(&from, &to) } else { None };
            steps.unwrap_or_else(|| vec![DivisionStep::Last(to.text())])
        }
    }
}

/// Other partitions by the same rule; none if only a new division leads there.
fn regrouped(from: &Division<'_>, to: &Division<'_>) -> Option<Vec<DivisionStep>> {
    if let (Some(is), Some(should)) = (from.count(), to.count()) {
        let sql = match should.checked_sub(is) {
            Some(more) => format!("ADD PARTITION PARTITIONS {more}"),
            None => format!("COALESCE PARTITION {}", is - should),
        };
        return Some(vec![DivisionStep::Alone(sql)]);
    }
    if !from.is("RANGE") && !from.is("LIST") {
        return None;
    }
    let stays: BTreeSet<&str> =
        from.partitions.iter().filter(|one| to.partitions.contains(one)).copied().collect();
    let kept = |of: &Division<'_>| -> Vec<String> {
        of.partitions.iter().filter(|one| stays.contains(*one)).map(|s| (*s).to_owned()).collect()
    };
    if stays.is_empty() || kept(from) != kept(to) {
        return None;
    }
    let (mut gone, mut steps) = (Vec::new(), Vec::new());
    let segments = |of: &Division<'_>| -> Vec<Vec<String>> {
        let parts = of.partitions.split(|one| stays.contains(one));
        parts.map(|part| part.iter().map(|s| (*s).to_owned()).collect()).collect()
    };
    let anchors = kept(from);
    for (at, (old, new)) in segments(from).into_iter().zip(segments(to)).enumerate() {
        let next = anchors.get(at).map(String::as_str);
        match (old.is_empty(), new.is_empty(), next) {
            (true, true, _) => {}
            (false, true, Some(next)) if from.is("RANGE") => {
                let clause = reorganize(&old, &[], Some(next));
                steps.push(DivisionStep::Merge { clause, gone: names(&old) });
            }
            (false, true, _) => gone.extend(names(&old)),
            (true, false, None) => steps.push(DivisionStep::Alone(add(&new))),
            (_, false, Some(next)) => {
                steps.push(DivisionStep::Alone(reorganize(&old, &new, Some(next))))
            }
            (false, false, None) if from.is("LIST") || extends(&old, &new) => {
                steps.push(DivisionStep::Alone(reorganize(&old, &new, None)));
            }
            // A shorter range at the end.
            (false, false, None) => return None,
        }
    }
    if !gone.is_empty() {
        steps.insert(0, DivisionStep::Drop(gone));
    }
    Some(steps)
}

fn names(partitions: &[String]) -> Vec<String> {
    partitions.iter().map(|one| name(one).to_owned()).collect()
}

fn add(new: &[String]) -> String {
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    format!("ADD PARTITION ({})", lines(&new))
}

/// Partitions become others, in which their rows are. The one behind them takes part if they do not end where the others did.
fn reorganize(old: &[String], new: &[String], next: Option<&str>) -> String {
    let ends = |of: &[String]| of.last().map(|last| values(last).to_owned());
    let next = next.filter(|_| old.is_empty() || ends(old) != ends(new));
    let of = |all: &[String]| -> Vec<String> {
        all.iter().cloned().chain(next.map(str::to_owned)).collect()
    };
    let (old, new) = (of(old), of(new));
    let (names, new) = (names(&old), new.iter().map(String::as_str).collect::<Vec<_>>());
    format!("REORGANIZE PARTITION {} INTO ({})", names.join(", "), lines(&new))
}

/// Whether the last range ends where it did, or known to be behind that.
fn extends(old: &[String], new: &[String]) -> bool {
    let end = |of: &'_ [String]| of.last().map(|last| values(last).to_owned()).unwrap_or_default();
    let number = |text: &str| -> Option<i128> {
        text.rsplit_once('(')?.1.trim_end_matches(')').trim().parse().ok()
    };
    let (is, should) = (end(old), end(new));
    is == should
        || should.ends_with(" MAXVALUE")
        || matches!((number(&is), number(&should)), (Some(is), Some(should)) if should > is)
}

/// A definition's name, as it is written there.
fn name(definition: &str) -> &str {
    let mut all = tokens(definition, &SYNTAX).skip(1);
    all.next().map_or("", |token: Token<'_>| token.text)
}

/// What rows are in a partition: `VALUES LESS THAN (10)`.
fn values(definition: &str) -> &str {
    let all: Vec<Token<'_>> = tokens(definition, &SYNTAX).collect();
    let start = all.iter().position(|token| token.is_word("VALUES"));
    let Some(start) = start else { return "" };
    let (mut depth, mut end) = (0_usize, definition.len());
    for token in &all[start..] {
        match token.text {
            "(" => depth += 1,
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    end = token.start + 1;
                    break;
                }
            }
            _ if depth == 0 && token.is_word("MAXVALUE") => {
                end = token.start + token.text.len();
                break;
            }
            _ => {}
        }
    }
    definition[all[start].start..end].trim_end()
}

/// Whether rows go with partitions.
pub(in crate::database::mysql) fn loses(from: &Options, to: &Options) -> Option<&'static str> {
    let drops = steps(from, to).iter().any(|step| matches!(step, DivisionStep::Drop(_)));
    drops.then_some("the rows in the partitions that go are lost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(by: &str, partitions: &str) -> Options {
        [(PARTITION_BY.to_owned(), by.to_owned()), (PARTITIONS.to_owned(), partitions.to_owned())]
            .into()
    }

    fn range(bounds: &[&str]) -> Options {
        let all = bounds.iter().map(|bound| match *bound {
            "MAXVALUE" => "PARTITION pmax VALUES LESS THAN MAXVALUE".to_owned(),
            bound => format!("PARTITION p{bound} VALUES LESS THAN ({bound})"),
        });
        options("RANGE (a)", &all.collect::<Vec<_>>().join(", "))
    }

    fn said(from: &Options, to: &Options) -> Vec<String> {
        let text = |step: DivisionStep| match step {
            DivisionStep::Last(sql)
            | DivisionStep::Alone(sql)
            | DivisionStep::Merge { clause: sql, .. } => sql,
            DivisionStep::Drop(names) => format!("DROP PARTITION {}", names.join(", ")),
        };
        let one_line = |sql: String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
        steps(from, to).into_iter().map(text).map(one_line).collect()
    }

    #[test]
    fn rows_stay_unless_a_partition_goes() {
        let add = |bounds: &[&str], more: &[&str]| said(&range(bounds), &range(more));
        for (from, to, expected) in [
            (&["1"][..], &["1"][..], &[][..]),
            (&["1"], &["1", "2"], &["ADD PARTITION ( PARTITION p2 VALUES LESS THAN (2) )"]),
            (
                &["1", "2", "3"],
                &["2", "3", "4"],
                &[
                    "REORGANIZE PARTITION p1, p2 INTO ( PARTITION p2 VALUES LESS THAN (2) )",
                    "ADD PARTITION ( PARTITION p4 VALUES LESS THAN (4) )",
                ],
            ),
            (
                &["1", "MAXVALUE"],
                &["1", "2", "MAXVALUE"],
                &[
                    "REORGANIZE PARTITION pmax INTO ( PARTITION p2 VALUES LESS THAN (2), PARTITION pmax VALUES LESS THAN MAXVALUE )",
                ],
            ),
            (
                &["2"],
                &["1", "2"],
                &[
                    "REORGANIZE PARTITION p2 INTO ( PARTITION p1 VALUES LESS THAN (1), PARTITION p2 VALUES LESS THAN (2) )",
                ],
            ),
            (
                &["1", "2"],
                &["1", "3"],
                &["REORGANIZE PARTITION p2 INTO ( PARTITION p3 VALUES LESS THAN (3) )"],
            ),
            (
                &["1", "3"],
                &["1", "2"],
                &[
                    "PARTITION BY RANGE (a) ( PARTITION p1 VALUES LESS THAN (1), PARTITION p2 VALUES LESS THAN (2) )",
                ],
            ),
            (
                &["1", "3", "5"],
                &["1", "4", "5"],
                &[
                    "REORGANIZE PARTITION p3, p5 INTO ( PARTITION p4 VALUES LESS THAN (4), PARTITION p5 VALUES LESS THAN (5) )",
                ],
            ),
            (&["1", "2"], &["1"], &["DROP PARTITION p2"]),
            (&["1"], &["2"], &["PARTITION BY RANGE (a) ( PARTITION p2 VALUES LESS THAN (2) )"]),
        ] {
            assert_eq!(add(from, to), expected, "{from:?} -> {to:?}");
            let drops = expected.iter().any(|step| step.starts_with("DROP"));
            assert_eq!(loses(&range(from), &range(to)).is_some(), drops);
        }
        let hash = |count: &str| options("HASH (a)", count);
        assert_eq!(said(&hash("2"), &hash("5")), ["ADD PARTITION PARTITIONS 3"]);
        assert_eq!(said(&hash("5"), &hash("2")), ["COALESCE PARTITION 3"]);
        assert_eq!(said(&hash("5"), &Options::new()), ["REMOVE PARTITIONING"]);
        assert_eq!(said(&Options::new(), &hash("5")), ["PARTITION BY HASH (a) PARTITIONS 5"]);
    }

    #[test]
    fn a_list_is_split_between_its_partitions() {
        let list = "PARTITION `a,(` VALUES IN (1,2) COMMENT = 'x, (', PARTITION b VALUES IN ((1,'a'),(2,'b'))";
        let all = split(list);
        assert_eq!(all.len(), 2);
        assert_eq!(name(all[0]), "`a,(`");
        assert_eq!(values(all[1]), "VALUES IN ((1,'a'),(2,'b'))");
    }
}
