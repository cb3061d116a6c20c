//! What a new partition demands: which statements change partitions before, and which partitions overlap.

use std::collections::HashMap;

use super::{context::PreflightContext, demands::RowDemand, questions::RowQuestion};
use crate::{
    database::{
        PreflightQueries,
        preflight::{PartitionBounds, PartitionKey},
    },
    error::Place,
    lint::{
        AlterTable, CreateTable, Ddl, SqlName, TableAction, is_default_partition, partition_bounds,
    },
};

/// Which partitions the pending statements have changed, by the table that is divided.
#[derive(Debug, Default)]
pub(super) struct PartitionChanges {
    changed: HashMap<String, Place>,
    /// Rows of the default partition may be elsewhere since.
    of_default: HashMap<String, Place>,
    /// Where the first table is dropped.
    dropped: Option<Place>,
}

fn changed(places: &HashMap<String, Place>, parent: &SqlName, bounds: &str) -> Option<RowDemand> {
    let place = places.get(&parent.last().to_ascii_lowercase())?;
    Some(RowDemand::Unreadable(format!(
        "{place} changes the partitions of {parent} before, so that nobody knows yet which rows belong to {bounds}"
    )))
}

impl PartitionChanges {
    /// What actions of ALTER TABLE demand of the rows that become those of a partition. `now` gives names as they are now; none for a
    /// table that the run has made.
    pub(super) fn of_alter(
        &self,
        alter: &AlterTable,
        now: &dyn Fn(&SqlName) -> Option<SqlName>,
    ) -> impl Iterator<Item = (SqlName, RowDemand)> + use<> {
        let mut demands = Vec::new();
        for action in &alter.actions {
            match action {
                TableAction::AttachPartition { partition, bounds } => {
                    let parent = (&alter.name, now(&alter.name));
                    demands.extend(self.of_attached(now(partition), parent, bounds));
                }
                TableAction::ExchangePartition { with, partition, is_validated } => {
                    let why = match is_validated {
                        true => "for which the server refuses this",
                        false => "that do not belong there, which WITHOUT VALIDATION takes along",
                    };
                    demands.extend(now(with).map(|with| {
                        let why = format!("no query of ambix finds the rows of {with} {why} (partition {partition})");
                        (with, RowDemand::Unreadable(why))
                    }));
                }
                _ => {}
            }
        }
        demands.into_iter()
    }

    /// What is demanded if a table becomes a partition, under the names that both have now.
    fn of_attached(
        &self,
        partition: Option<SqlName>,
        (written, parent): (&SqlName, Option<SqlName>),
        bounds: &str,
    ) -> impl Iterator<Item = (SqlName, RowDemand)> {
        let of_rows = partition.map(|partition| {
            let demand = match &parent {
                None => RowDemand::Unreadable(format!(
                    "the run creates {written}, so that no query of ambix finds the rows that do not belong to {bounds}"
                )),
                Some(parent) => is_default_partition(bounds)
                    .then(|| changed(&self.changed, parent, bounds))
                    .flatten()
                    .unwrap_or(RowDemand::InPartition {
                        parent: parent.clone(),
                        bounds: bounds.to_owned(),
                    }),
            };
            (partition, demand)
        });
        let of_others = parent.into_iter().flat_map(|parent| {
            self.of_new(&parent, bounds).map(move |demand| (parent.clone(), demand))
        });
        of_rows.into_iter().chain(of_others)
    }

    /// What a new partition demands of the default one and of the others.
    pub(super) fn of_new(
        &self,
        parent: &SqlName,
        bounds: &str,
    ) -> impl Iterator<Item = RowDemand> + use<> {
        let of_default = (!is_default_partition(bounds)).then(|| {
            changed(&self.of_default, parent, bounds)
                .unwrap_or_else(|| RowDemand::NotInDefault(bounds.to_owned()))
        });
        of_default.into_iter().chain([RowDemand::NoOverlap(bounds.to_owned())])
    }

    /// Why the partitions of a table may be others by the time the statement runs.
    pub(super) fn doubt(&self, parent: &SqlName) -> Option<String> {
        let detached = self.of_default.get(&parent.last().to_ascii_lowercase());
        let place = detached.or(self.dropped.as_ref())?;
        Some(format!("{place} detaches or drops a table before, which may be that partition"))
    }

    pub(super) fn take_note(&mut self, ddl: &Ddl, place: &Place) {
        let mut note = |parent: &SqlName, is_of_default: bool| {
            let key = parent.last().to_ascii_lowercase();
            if is_of_default {
                self.of_default.entry(key.clone()).or_insert_with(|| place.clone());
            }
            self.changed.entry(key).or_insert_with(|| place.clone());
        };
        match ddl {
            Ddl::CreateTable(CreateTable { partition_of: Some(parent), .. }) => note(parent, false),
            Ddl::Drop(drop) if drop.kind == "TABLE" => {
                self.dropped.get_or_insert_with(|| place.clone());
            }
            Ddl::AlterTable(alter) => {
                for action in &alter.actions {
                    match action {
                        TableAction::AttachPartition { bounds, .. } => {
                            note(&alter.name, is_default_partition(bounds));
                        }
                        TableAction::DetachPartition { .. } => note(&alter.name, true),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// Brings the partitions that have rows of these bounds.
pub(super) fn overlapping(
    context: &PreflightContext<'_>,
    (key, parent): (&PartitionKey, &SqlName),
    (bounds, written): (&PartitionBounds, &str),
) -> Result<Option<RowQuestion>, String> {
    let syntax = context.facts.dialect.syntax();
    let of_default = key.default.iter().filter(|_| *bounds == PartitionBounds::Default);
    let mut rows: Vec<(&str, String)> =
        of_default.map(|default| (default.as_str(), "true".to_owned())).collect();
    for other in &key.others {
        let condition = partition_bounds(&other.bounds, syntax)
            .and_then(|other| overlap(context.queries, key, (bounds, &other)));
        let condition = condition.ok_or_else(|| {
            format!(
                "no query of ambix tells whether {written} and the partition {} overlap",
                other.name
            )
        })?;
        rows.push((&other.name, condition));
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let row = |(name, condition): &(&str, String)| {
        let name = context.facts.dialect.literal(name);
        format!("SELECT {name} AS name WHERE {condition}")
    };
    let all: Vec<String> = rows.iter().map(row).collect();
    let from = format!("({}) AS o", all.join(" UNION ALL "));
    let count = context.queries.words().count;
    Ok(Some(RowQuestion {
        count: format!("SELECT 'count' AS ambix, {count} AS found FROM {from}"),
        examples: format!("SELECT 'example' AS ambix, o.name FROM {from} LIMIT 3"),
        labels: vec!["partition".to_owned()],
        words: ["partition", "partitions"].map(|partitions| {
            let overlaps = if partitions == "partition" { "overlaps" } else { "overlap" };
            format!("{partitions} of {parent} {overlaps} {written}")
        }),
        ..RowQuestion::default()
    }))
}

/// Whether two partitions would have rows in common, as a condition; nothing if none can be written.
fn overlap(
    queries: &dyn PreflightQueries,
    key: &PartitionKey,
    both: (&PartitionBounds, &PartitionBounds),
) -> Option<String> {
    // Whether these values belong to a partition.
    let is_in = |values: &[String], bounds: &PartitionBounds| {
        let column = |((_, ty), value): (&(String, Option<String>), &String)| {
            let ty = ty.as_ref()?;
            Some((format!("CAST(({value}) AS {ty})"), Some(ty.clone())))
        };
        let columns = key.columns.iter().zip(values).map(column).collect::<Option<_>>()?;
        queries.in_bounds(&PartitionKey { columns, ..key.clone() }, bounds)
    };
    let is = |value: &String, word: &str| value.eq_ignore_ascii_case(word);
    match both {
        (PartitionBounds::Default, _) => Some("false".to_owned()),
        (PartitionBounds::In(values), other @ PartitionBounds::In(_)) => {
            let each = values.iter().map(|value| is_in(std::slice::from_ref(value), other));
            let each: Vec<String> = each.collect::<Option<_>>()?;
            Some(each.join(" OR "))
        }
        // They overlap if the one that begins later begins within the other.
        (one @ PartitionBounds::Range(from, _), other @ PartitionBounds::Range(other_from, _)) => {
            let is_open = |from: &[String]| from.first().is_some_and(|value| is(value, "MINVALUE"));
            let begins = |from: &[String], bounds| {
                let is_point = |value: &String| !is(value, "MINVALUE") && !is(value, "MAXVALUE");
                from.iter().all(is_point).then(|| is_in(from, bounds)).flatten()
            };
            match (is_open(from), is_open(other_from)) {
                (true, true) => Some("true".to_owned()),
                (true, false) => begins(other_from, one),
                (false, true) => begins(from, other),
                (false, false) => {
                    Some(format!("{} OR {}", begins(from, other)?, begins(other_from, one)?))
                }
            }
        }
        (
            PartitionBounds::Hash { modulus, remainder },
            PartitionBounds::Hash { modulus: other, remainder: of_other },
        ) => {
            let smaller = modulus.parse::<u64>().ok()?.min(other.parse().ok()?);
            let place = |remainder: &str| remainder.parse::<u64>().ok()?.checked_rem(smaller);
            Some((place(remainder)? == place(of_other)?).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        database::{
            drivers,
            preflight::{Misfit, PartitionBy},
        },
        lint::partition_by,
    };

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|&value| value.to_owned()).collect()
    }

    #[test]
    fn rows_without_a_partition() {
        let place = |condition: &str| Misfit::Where(condition.to_owned());
        let cases = [
            ("PARTITION BY HASH (id) PARTITIONS 4", Misfit::Nothing),
            ("PARTITION BY LINEAR KEY ALGORITHM=2 (id)", Misfit::Nothing),
            (
                "PARTITION BY SYSTEM_TIME (PARTITION p HISTORY, PARTITION c CURRENT)",
                Misfit::Nothing,
            ),
            ("PARTITION BY RANGE (id)", Misfit::Unknown(String::new())),
            (
                "PARTITION BY RANGE (year(a)) (PARTITION p0 VALUES LESS THAN (2), PARTITION p1 VALUES LESS THAN (4) COMMENT 'x')",
                place("(year(a)) >= (4)"),
            ),
            (
                "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (2), PARTITION p1 VALUES LESS THAN MAXVALUE)",
                Misfit::Nothing,
            ),
            (
                "PARTITION BY RANGE COLUMNS (a, b) SUBPARTITION BY HASH (c) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (1, 'x'))",
                place("(a, b) >= (1, 'x')"),
            ),
            (
                "PARTITION BY RANGE COLUMNS (a, b) (PARTITION p0 VALUES LESS THAN (1, MAXVALUE))",
                place("(a) > (1)"),
            ),
            (
                "PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1, 2), PARTITION p1 VALUES IN (NULL, 3))",
                place("((a) IN (1, 2, 3)) IS NOT TRUE AND (a) IS NOT NULL"),
            ),
            ("PARTITION BY LIST (a) (PARTITION p1 VALUES IN (NULL))", place("(a) IS NOT NULL")),
            (
                "PARTITION BY LIST (a) (PARTITION p0 VALUES IN (1), PARTITION p1 DEFAULT)",
                Misfit::Nothing,
            ),
            (
                "PARTITION BY LIST COLUMNS (a, b) (PARTITION p0 VALUES IN ((1, 2), (3, 4)))",
                place("((a, b) IN ((1, 2), (3, 4))) IS NOT TRUE"),
            ),
            (
                "PARTITION BY LIST COLUMNS (a, b) (PARTITION p0 VALUES IN ((1, NULL)))",
                Misfit::Unknown(String::new()),
            ),
        ];
        for (written, misfit) in cases {
            for driver in drivers() {
                let queries = driver.dialect.preflight().unwrap();
                let by = partition_by(written, driver.dialect.syntax());
                // The others have no such statement.
                let has_it = queries.in_no_partition(&PartitionBy::Any) == Misfit::Nothing;
                let found = by.map(|by| queries.in_no_partition(&by)).filter(|_| has_it);
                let unknown = Misfit::Unknown(String::new());
                let expected = if has_it { &misfit } else { &unknown };
                assert_eq!(found.as_ref().unwrap_or(&unknown), expected, "{written}");
            }
        }
    }

    #[test]
    fn bounds_are_read() {
        let range =
            |from: &[&str], to: &[&str]| Some(PartitionBounds::Range(texts(from), texts(to)));
        let cases = [
            ("DEFAULT", Some(PartitionBounds::Default)),
            (" default TABLESPACE x", Some(PartitionBounds::Default)),
            (
                "FOR VALUES IN (1, 'a,b', NULL)",
                Some(PartitionBounds::In(texts(&["1", "'a,b'", "NULL"]))),
            ),
            (
                "FOR VALUES FROM ('2020-01-01') TO (MAXVALUE)",
                range(&["'2020-01-01'"], &["MAXVALUE"]),
            ),
            (
                "(a DEFAULT 1, CHECK (a > 0)) FOR VALUES FROM (f(1, 2), 3) /* up */ TO (4, MINVALUE) PARTITION BY LIST (b)",
                range(&["f(1, 2)", "3"], &["4", "MINVALUE"]),
            ),
            (
                "FOR VALUES WITH (MODULUS 4, REMAINDER 3)",
                Some(PartitionBounds::Hash { modulus: "4".to_owned(), remainder: "3".to_owned() }),
            ),
            ("FOR VALUES WITH (MODULUS 4)", None),
            ("FOR VALUES FROM (1)", None),
            ("FOR VALUES IN (1", None),
            ("(a DEFAULT 1)", None),
        ];
        for (written, bounds) in cases {
            for driver in drivers() {
                assert_eq!(partition_bounds(written, driver.dialect.syntax()), bounds, "{written}");
            }
        }
    }
}
