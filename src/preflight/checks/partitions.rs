//! Which rows do not belong to the partition that a statement makes of a table, or belong to one that is new?

use super::super::{
    context::{PreflightContext, TableFacts, named},
    demands::{Demand, RowDemand, RowSource},
    partitions::{overlapping, read},
    questions::{QuestionWriter, RowQuestion},
};
use crate::{
    database::preflight::{OtherPartition, PartitionBounds, PartitionKey},
    lint::SqlName,
};

/// The question about a demand of partitions; none if every row meets it, or why nothing can be asked.
pub(super) async fn question(
    context: &mut PreflightContext<'_>,
    demand: &Demand,
) -> Result<Option<RowQuestion>, String> {
    let (parent, written) = match &demand.demand {
        RowDemand::InPartition { parent, bounds } => (parent, bounds),
        RowDemand::NotInDefault(bounds) | RowDemand::NoOverlap(bounds) => (&demand.table, bounds),
        _ => return Ok(None),
    };
    let table = &demand.table.text;
    let unknown = || {
        format!(
            "no query of ambix finds the rows of {table} that are not {written}; add a CHECK that says the same, and \
             validate it before"
        )
    };
    let bounds = read(written, context.facts.dialect.syntax()).ok_or_else(unknown)?;
    let key = key(context, parent).await?;
    if let RowDemand::NoOverlap(_) = &demand.demand {
        return overlapping(context, (&key, parent), (&bounds, written));
    }
    let condition = || context.queries.in_bounds(&key, &bounds);
    if let RowDemand::InPartition { .. } = &demand.demand {
        let condition = condition().ok_or_else(unknown)?;
        let words = ["row", "rows"].map(|rows| {
            let does = if rows == "row" { "does" } else { "do" };
            format!("{rows} of {table} {does} not belong to the partition {written}")
        });
        let facts = context.table(&demand.table);
        let writer = writer(context, &demand.table, facts);
        return Ok(Some(writer.rows(&format!("({condition}) IS NOT TRUE"), words)));
    }
    let Some(default) = key.default.clone() else { return Ok(None) };
    if bounds == PartitionBounds::Default {
        return Ok(None);
    }
    let condition = condition().ok_or_else(|| {
        format!(
            "no query of ambix finds the rows of the default partition {default} that are {written}"
        )
    })?;
    let words = ["row", "rows"].map(|rows| {
        let belongs = if rows == "row" { "belongs" } else { "belong" };
        format!("{rows} of the default partition {default} {belongs} to the new one {written}")
    });
    let name = SqlName { text: default.clone(), parts: vec![default] };
    context.read_more_tables(std::slice::from_ref(&name)).await?;
    let facts = context.table(&name);
    Ok(Some(writer(context, &name, facts).rows(&condition, words)))
}

fn writer<'q>(
    context: &PreflightContext<'_>,
    table: &'q SqlName,
    facts: Option<&'q TableFacts>,
) -> QuestionWriter<'q> {
    QuestionWriter {
        dialect: context.facts.dialect,
        queries: context.queries,
        table,
        source: &RowSource::Table,
        facts,
        is_only: false,
    }
}

/// How the table is divided now.
async fn key(context: &mut PreflightContext<'_>, parent: &SqlName) -> Result<PartitionKey, String> {
    let Some(section) = context.queries.partitions() else { return Ok(PartitionKey::default()) };
    let query = context.queries.about(section, &[named(parent)], &[]);
    let mut key = PartitionKey::default();
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
    Ok(key)
}
