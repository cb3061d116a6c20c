//! May the migrating role do what the steps do?

use super::super::{
    Answer, AnswerState, Subject,
    context::{PreflightContext, named, said},
    statements::PendingStatement,
};
use crate::{
    database::{
        BoxFuture, fill,
        preflight::{NamedTable, Right},
    },
    lint::{Ddl, SqlName, TableAction},
    sql::qualified_name,
};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let mut needs: Vec<(Right, Option<NamedTable>)> = Vec::new();
        if !context.facts.plan.steps.is_empty() {
            needs.extend(of_history(context));
        }
        for statement in &context.work.statements {
            needs.extend(of_statement(statement));
        }
        needs.dedup();
        if needs.is_empty() {
            return vec![Answer::ok(Subject::Rights, "nothing is pending that needs a right")];
        }
        let role = context.queries.role(context.options.role.as_deref());
        let needs = context.queries.needs(&needs);
        let section = context.queries.sections().rights;
        let query = fill(section, &[("needs", needs.as_str()), ("role", role.as_str())]);
        let rows = match context.ask(&query).await {
            Ok(rows) => rows,
            Err(why) => return vec![Answer::unknown(Subject::Rights, why)],
        };
        let who = match &context.options.role {
            Some(role) => format!("the role {role}"),
            None => "this role".to_owned(),
        };
        let mut answers: Vec<Answer> = rows
            .iter()
            .filter(|row| row.tag() == "right")
            .map(|row| {
                let (what, on) = (row.text("need"), row.text("name"));
                let message = match what {
                    "to own" => format!("{who} is not the owner of {on}, and may not change it"),
                    right => format!("{who} has no {right} on {on}"),
                };
                Answer::stop(Subject::Rights, message)
                    .advice("grant it, or let a role migrate that has it; `PreflightOptions::role` asks about another role")
                    .on_table(on)
            })
            .collect();
        // A right that seems to be missing may come from there.
        if rows.iter().any(|row| row.tag() == "unknown") {
            answers.iter_mut().for_each(|answer| answer.state = AnswerState::Look);
        }
        answers.extend(said(Subject::Rights, &rows, ""));
        if answers.is_empty() {
            answers.push(Answer::ok(Subject::Rights, format!("{who} may do what the steps do")));
        }
        answers
    })
}

/// What writing the history needs.
fn of_history(context: &PreflightContext<'_>) -> Vec<(Right, Option<NamedTable>)> {
    let Some([history, lock]) = &context.facts.history else {
        return vec![(Right::Create, None)];
    };
    let table = |name: &String| {
        let parts = qualified_name(name, context.facts.dialect.syntax());
        Some(NamedTable { text: name.clone(), parts })
    };
    vec![
        (Right::Insert, table(history)),
        (Right::Update, table(history)),
        (Right::Update, table(lock)),
    ]
}

fn of_statement(statement: &PendingStatement) -> Vec<(Right, Option<NamedTable>)> {
    let all = |right: Right| {
        statement.tables.iter().map(|table| (right, Some(named(table)))).collect::<Vec<_>>()
    };
    let one = |right: Right, name: &SqlName| (right, Some(named(name)));
    let first = |right: Right| {
        statement.tables.first().map(|table| one(right, table)).into_iter().collect::<Vec<_>>()
    };
    match &statement.ddl {
        Ddl::CreateTable(create) => {
            let mut needs = vec![one(Right::Create, &create.name)];
            needs.extend(all(Right::References));
            needs
        }
        Ddl::AlterTable(alter) => {
            let mut needs = first(Right::Alter);
            let references = alter.actions.iter().filter_map(|action| match action {
                TableAction::AddConstraint(constraint) => constraint.references.as_ref(),
                TableAction::AddColumn(column) => column.references.as_ref(),
                _ => None,
            });
            let others: Vec<&SqlName> = references.collect();
            let is_other = |table: &&SqlName| others.iter().any(|other| other.text == table.text);
            needs.extend(
                statement.tables.iter().skip(1).filter(is_other).map(|t| one(Right::References, t)),
            );
            needs
        }
        Ddl::CreateIndex(_) => first(Right::Index),
        Ddl::Drop(_) => all(Right::Drop),
        Ddl::RenameTables(_) => all(Right::Alter),
        Ddl::Update { .. } => first(Right::Update),
        Ddl::Delete { .. } => first(Right::Delete),
        Ddl::Insert { .. } => first(Right::Insert),
        Ddl::CreateObject { .. } | Ddl::CreateEnum(_) => vec![(Right::Create, None)],
        _ => Vec::new(),
    }
}
