//! Can it be rolled back, and what is lost on the way?

use super::super::{
    Answer, Subject,
    context::{PreflightContext, counted},
    statements::PendingStatement,
};
use crate::{
    database::BoxFuture,
    lint::{Ddl, TableAction},
};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let mut answers = Vec::new();
        for step in &context.facts.plan.steps {
            let Some(migration) = context.facts.graph.get(&step.revision) else { continue };
            if migration.down_script().is_none() {
                let why = migration.irreversible_because().unwrap_or("it has no down side");
                let text = format!("{} cannot be reverted: {why}", step.revision);
                let mut answer = Answer::look(Subject::WayBack, text)
                    .advice("the way back is the backup, or a new migration");
                answer.revision = Some(step.revision.clone());
                answers.push(answer);
            }
        }
        for statement in &context.work.statements {
            answers.extend(lost(context, statement));
        }
        let not_inverse = context
            .facts
            .lint
            .findings
            .iter()
            .filter(|finding| finding.code.starts_with("AMBIX-001"));
        answers.extend(not_inverse.map(|finding| {
            Answer::look(Subject::WayBack, format!("{} ({})", finding.message, finding.code))
                .advice(&finding.help)
                .at(&finding.revision, finding.place.clone())
        }));
        if answers.is_empty() {
            let text = match context.facts.plan.steps.is_empty() {
                true => "nothing is pending",
                false => {
                    "every step has a down side, and no existing data is lost; `ambix downgrade` reverts them, and drops what \
                     was written to new tables and columns until then"
                }
            };
            answers.push(Answer::ok(Subject::WayBack, text));
        }
        answers
    })
}

/// What a statement takes away that no down side brings back.
fn lost(context: &PreflightContext<'_>, statement: &PendingStatement) -> Vec<Answer> {
    let table = statement.tables.first();
    let rows = |name: &crate::lint::SqlName| context.table(name).and_then(|facts| facts.rows);
    let mut found: Vec<(String, Option<u64>)> = Vec::new();
    match (&statement.ddl, table) {
        (Ddl::Drop(drop), Some(_)) if drop.kind == "TABLE" => {
            for table in &statement.tables {
                found.push((format!("drops the table {table}"), rows(table)));
            }
        }
        (Ddl::Truncate { .. }, Some(_)) => {
            for table in &statement.tables {
                found.push((format!("deletes all rows of {table}"), rows(table)));
            }
        }
        (Ddl::Delete { has_where, .. }, Some(table)) => {
            let which = if *has_where { "rows" } else { "all rows" };
            found.push((format!("deletes {which} of {table}"), rows(table)));
        }
        (Ddl::Update { .. }, Some(table)) => {
            found.push((format!("overwrites values in {table}"), rows(table)));
        }
        (Ddl::AlterTable(alter), Some(table)) => {
            for action in &alter.actions {
                if let TableAction::DropColumn { name, .. } = action {
                    found.push((format!("drops the column {name} of {table}"), rows(table)));
                }
            }
        }
        _ => {}
    }
    // What is not there cannot be lost.
    found.retain(|(_, rows)| *rows != Some(0));
    let answer = |(what, rows): (String, Option<u64>)| {
        let of = match rows {
            Some(rows) => format!(", which has {}", counted(rows, "row")),
            None => String::new(),
        };
        let text = format!("{what}{of}: no down side brings the values back");
        let mut answer = Answer::look(Subject::WayBack, text)
            .advice("keep a copy until you are sure: CREATE TABLE ... AS SELECT, or the backup")
            .at(&statement.revision, statement.place.clone());
        answer.count = rows;
        answer.table = statement.tables.first().map(|table| table.text.clone());
        answer
    };
    found.into_iter().map(answer).collect()
}
