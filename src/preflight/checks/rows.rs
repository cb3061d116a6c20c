//! Which rows would make a step fail? The questions come from the statements; a database answers them.

use super::super::{
    Answer, AnswerState, Subject,
    context::{PreflightContext, number},
    demands::{Demand, RowDemand, RowSource},
    questions::{QuestionWriter, RowQuestion},
    statements::PendingStatement,
};
use crate::{
    database::{BoxFuture, Row},
    lint::{Ddl, SqlName},
    sql::{Syntax, Token, TokenKind, name_value, tokens},
};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        read_referenced(context).await;
        let mut answers = Vec::new();
        let mut asked = 0;
        for demand in &context.work.demands {
            asked += 1;
            answers.extend(judge(context, demand).await);
        }
        if answers.is_empty() {
            let text = match asked {
                0 => "no statement demands anything of existing rows".to_owned(),
                1 => "the existing rows meet the one demand of the statements".to_owned(),
                many => format!("the existing rows meet all {many} demands of the statements"),
            };
            // Whether these meet the constraints, only the statements themselves tell.
            let writes = |statement: &&PendingStatement| {
                matches!(statement.ddl, Ddl::Update { .. } | Ddl::Insert { .. })
                    && !statement.tables.is_empty()
                    || matches!(statement.ddl, Ddl::CreateTable(_))
                        && statement.catalogue.planned.is_some()
            };
            let text = match context.work.statements.iter().find(writes) {
                Some(first) => format!(
                    "{text}; whether the rows that the run itself writes meet the constraints is not asked ({})",
                    first.place
                ),
                None => text,
            };
            answers.push(Answer::ok(Subject::Rows, text));
        }
        answers
    })
}

/// Also reads the tables to which copied rows refer.
async fn read_referenced(context: &mut PreflightContext<'_>) {
    let missing: Vec<SqlName> = context
        .work
        .demands
        .iter()
        .filter_map(|demand| match &demand.demand {
            RowDemand::Reference { to, .. } if context.table(to).is_none() => Some(to.clone()),
            _ => None,
        })
        .collect();
    // Without them the questions say what is missing.
    let _ = context.read_more_tables(&missing).await;
}

/// What is to be said of a demand; nothing if every row meets it.
async fn judge(context: &mut PreflightContext<'_>, demand: &Demand) -> Option<Answer> {
    let Demand { revision, place, table, .. } = demand;
    // Where there are no rows, nothing can fail.
    if matches!(demand.source, RowSource::Table)
        && !matches!(demand.demand, RowDemand::NoOverlap(_))
        && context.table(table).is_some_and(|facts| facts.rows == Some(0))
    {
        return None;
    }
    let put = |answer: Answer| Some(answer.on_table(&table.text).at(revision, place.clone()));
    let question = match &demand.demand {
        RowDemand::InPartition { .. } | RowDemand::NotInDefault(_) | RowDemand::NoOverlap(_) => {
            super::partitions::question(context, demand).await
        }
        _ => written(context, demand),
    };
    let question = match question {
        Ok(None) => return None,
        Ok(Some(question)) => question,
        Err(why) => return put(Answer::unknown(Subject::Rows, why)),
    };
    if let Some(why) = volatile(context, demand).await {
        return put(Answer::unknown(Subject::Rows, why));
    }
    let found = match context.try_values(&question.count).await {
        Ok(Err(why)) => return put(failing(demand, &question, &why)),
        Ok(Ok(rows)) => match rows.first().and_then(|row| number(row, "found")) {
            Some(found) => found,
            None => {
                let why = "the database answered the query with no number";
                return put(Answer::unknown(Subject::Rows, why));
            }
        },
        Err(why) => {
            let advice = format!(
                "ask it yourself, or with a longer `PreflightOptions::question_limit`:\n{};",
                question.count
            );
            return put(Answer::unknown(Subject::Rows, why).advice(advice));
        }
    };
    let is_trial = !question.failing.is_empty();
    if found == 0 || is_trial {
        return None;
    }
    let examples = match context.ask(&question.examples).await {
        Ok(rows) => rows.iter().map(|row| example(row, &question)).collect(),
        Err(_) => Vec::new(),
    };
    let what = what(demand, &question, found);
    let (state, what) = match &demand.doubt {
        Some(doubt) => (AnswerState::Look, format!("{what}; {doubt}")),
        None if question.is_loss => (AnswerState::Look, what),
        None if context.queries.fills_new_columns()
            && matches!(demand.demand, RowDemand::NoRows(_)) =>
        {
            (AnswerState::Look, format!("{what}, which this database fills without an error"))
        }
        None => (AnswerState::Stop, what),
    };
    let query = all(&question);
    let mut answer =
        Answer::new(state, Subject::Rows, what).advice(format!("to see them all: {query};"));
    answer.query = Some(query);
    answer.count = Some(found);
    answer.examples = examples;
    put(answer)
}

/// The question that the demand alone decides.
fn written(context: &PreflightContext<'_>, demand: &Demand) -> Result<Option<RowQuestion>, String> {
    let table = &demand.table;
    let referenced = match &demand.demand {
        RowDemand::Reference { to, .. } => context.table(to),
        _ => None,
    };
    let writer = QuestionWriter {
        dialect: context.facts.dialect,
        queries: context.queries,
        table,
        source: &demand.source,
        facts: context.table(table).filter(|_| matches!(demand.source, RowSource::Table)),
        is_only: matches!(demand.demand, RowDemand::Unique { .. } | RowDemand::Reference { .. })
            && context.table(table).is_some_and(|facts| facts.is_parent),
    };
    writer.questions(&demand.demand, referenced)
}

fn what(demand: &Demand, question: &RowQuestion, found: u64) -> String {
    let words = if found == 1 { &question.words[0] } else { &question.words[1] };
    match &demand.demand {
        RowDemand::NoRows(column) => format!(
            "{found} {words} would need a value for {column}, which is NOT NULL and has no default"
        ),
        _ => format!("{found} {words}"),
    }
}

/// The server fails on a value, as it would with the statement.
fn failing(demand: &Demand, question: &RowQuestion, why: &str) -> Answer {
    let what = match question.failing.as_str() {
        "" => {
            format!("the server cannot compute what is demanded of each row of {}", demand.table)
        }
        what => what.to_owned(),
    };
    let (state, text) = match &demand.doubt {
        None => (AnswerState::Stop, format!("{what}: {why}")),
        Some(doubt) => (AnswerState::Look, format!("{what}: {why}; {doubt}")),
    };
    Answer::new(state, Subject::Rows, text)
}

/// Why a question is not asked: a function in it may do more than compute a value.
async fn volatile(context: &mut PreflightContext<'_>, demand: &Demand) -> Option<String> {
    let syntax = context.facts.dialect.syntax();
    let mut texts = demand.demand.expressions();
    if let RowSource::Query { query, .. } = &demand.source {
        texts.push(query);
    }
    let names: Vec<String> = texts.iter().flat_map(|text| calls(text, syntax)).collect();
    if names.is_empty() {
        return None;
    }
    let query = context.queries.volatile_functions(&names)?;
    match context.ask(&query).await {
        Ok(rows) => {
            let names: Vec<&str> = rows.iter().map(|row| row.text("name")).collect();
            (!names.is_empty()).then(|| {
                format!(
                    "the question would call {}, which may change something (it is VOLATILE), and preflight changes nothing",
                    names.join(", ")
                )
            })
        }
        Err(why) => Some(why),
    }
}

/// The names before parentheses.
fn calls(text: &str, syntax: &Syntax) -> Vec<String> {
    let all: Vec<_> =
        tokens(text, syntax).filter(|token| token.kind != TokenKind::Comment).collect();
    let is_call = |pair: &&[Token<'_>]| {
        pair[1].is_symbol("(") && matches!(pair[0].kind, TokenKind::Word | TokenKind::QuotedName)
    };
    let name = |pair: &[Token<'_>]| match pair[0].kind {
        TokenKind::Word => pair[0].text.to_ascii_lowercase(),
        _ => name_value(&pair[0]),
    };
    all.windows(2).filter(is_call).map(name).collect()
}

/// The query for a person, without what is ambix's own in it.
fn all(question: &RowQuestion) -> String {
    let query = question.examples.replacen("'example' AS ambix, ", "", 1);
    query.strip_suffix(" LIMIT 3").unwrap_or(&query).to_owned()
}

fn example(row: &Row, question: &RowQuestion) -> String {
    let values = question.labels.iter().zip(row.values_in_order());
    let values: Vec<String> = values
        .map(|(label, value)| format!("{label} = {}", short(value.as_deref().unwrap_or_default())))
        .collect();
    values.join(", ")
}

/// The beginning of a long value.
fn short(value: &str) -> String {
    match value.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}
