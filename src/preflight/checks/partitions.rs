//! Which rows do not belong to the partition that a statement makes of a table, or belong to one that is new?

use super::super::{
    context::{PreflightContext, named},
    demands::{Demand, RowDemand, RowSource},
    partitions::overlapping,
    questions::{QuestionWriter, RowQuestion, found_rows},
};
use crate::{
    database::preflight::{OtherPartition, PartitionBounds, PartitionKey},
    lint::{SqlName, partition_bounds},
};

/// The question about a demand of partitions; none if every row meets it, or why nothing can be asked.
pub(super) async fn question(
    context: &mut PreflightContext<'_>,
    demand: &Demand,
) -> Result<Option<RowQuestion>, String> {
    let table = &demand.table;
    match &demand.demand {
        RowDemand::InPartition { parent, bounds } => {
            in_partition(context, table, (parent, bounds)).await
        }
        RowDemand::NotInDefault(bounds) => not_in_default(context, table, bounds).await,
        RowDemand::NoOverlap(written) => {
            let key = key(context, table).await?;
            let bounds = partition_bounds(written, context.facts.dialect.syntax());
            let unknown = || {
                format!("no query of ambix tells whether {written} overlaps a partition of {table}")
            };
            let bounds = bounds.ok_or_else(unknown)?;
            overlapping(context, (&key, table), (&bounds, written))
        }
        _ => Ok(None),
    }
}

/// The rows of a table that do not belong to the partition that it becomes.
async fn in_partition(
    context: &mut PreflightContext<'_>,
    table: &SqlName,
    (parent, written): (&SqlName, &str),
) -> Result<Option<RowQuestion>, String> {
    let key = key(context, parent).await?;
    let bounds = partition_bounds(written, context.facts.dialect.syntax());
    let condition = bounds.and_then(|bounds| context.queries.in_bounds(&key, &bounds));
    let condition = condition.ok_or_else(|| {
        format!(
            "no query of ambix finds the rows of {table} that are not {written}; add a CHECK that says the same, and \
             validate it before"
        )
    })?;
    let words = found_rows(["does", "do"], |rows, does| {
        format!("{rows} of {table} {does} not belong to the partition {written}")
    });
    Ok(Some(rows(context, table, &format!("({condition}) IS NOT TRUE"), words)))
}

/// The rows of the default partition that belong to a new one.
async fn not_in_default(
    context: &mut PreflightContext<'_>,
    parent: &SqlName,
    written: &str,
) -> Result<Option<RowQuestion>, String> {
    let key = key(context, parent).await?;
    let bounds = partition_bounds(written, context.facts.dialect.syntax());
    let Some(default) = key.default.clone().filter(|_| bounds != Some(PartitionBounds::Default))
    else {
        return Ok(None);
    };
    let condition = bounds.and_then(|bounds| context.queries.in_bounds(&key, &bounds));
    let condition = condition.ok_or_else(|| {
        format!(
            "no query of ambix finds the rows of the default partition {default} that are {written}"
        )
    })?;
    let words = found_rows(["belongs", "belong"], |rows, belongs| {
        format!("{rows} of the default partition {default} {belongs} to the new one {written}")
    });
    let default = SqlName { text: default.clone(), parts: vec![default] };
    if context.table(&default).is_none() {
        context.read_more_tables(std::slice::from_ref(&default)).await?;
    }
    Ok(Some(rows(context, &default, &condition, words)))
}

fn rows(
    context: &PreflightContext<'_>,
    table: &SqlName,
    condition: &str,
    words: [String; 2],
) -> RowQuestion {
    let writer = QuestionWriter {
        dialect: context.facts.dialect,
        queries: context.queries,
        table,
        source: &RowSource::Table,
        facts: context.table(table),
        is_only: false,
    };
    writer.rows(condition, words)
}

/// How a table is divided now. Several partitions of one table are usual, so it is asked once.
async fn key(context: &mut PreflightContext<'_>, parent: &SqlName) -> Result<PartitionKey, String> {
    if let Some(key) = context.partition_keys.get(&parent.text) {
        return Ok(key.clone());
    }
    let mut key = PartitionKey::default();
    let Some(section) = context.queries.partitions() else { return Ok(key) };
    let query = context.queries.about(section, &[named(parent)], &[]);
    for row in context.ask(&query).await? {
        let text = row.text("text").to_owned();
        match row.tag() {
            "default" => key.default = Some(text),
            "other" => key.others.push(OtherPartition {
                name: text,
                condition: row.text("condition").to_owned(),
                bounds: row.text("bounds").to_owned(),
            }),
            _ => {
                row.text("id").clone_into(&mut key.table);
                key.is_special |= row.column("is_special").is_some();
                key.columns.push((text, row.column("type").map(str::to_owned)));
            }
        }
    }
    context.partition_keys.insert(parent.text.clone(), key.clone());
    Ok(key)
}
