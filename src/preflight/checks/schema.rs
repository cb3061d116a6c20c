//! Does the database have what the statements need, and can they change it? Whatever a statement needs of the catalogue and not of rows.

use super::super::{
    Answer, AnswerState, Subject,
    catalogue::{Catalogue, asked},
    context::PreflightContext,
    statements::PendingStatement,
};
use crate::{
    database::{BoxFuture, Failure, fill, server::open_scratch},
    error::Place,
    lint::CatalogueUses,
};

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        if context.work.statements.is_empty() {
            return vec![Answer::ok(Subject::Schema, "no statement is pending")];
        }
        let found = match context.queries.tries_on_copy() {
            true => tried(context).await.map(|answers| (answers, 0)),
            false => compared(context).await,
        };
        match found {
            Err(why) => vec![Answer::unknown(Subject::Schema, why)],
            Ok((answers, unplanned)) if answers.is_empty() => {
                vec![Answer::ok(Subject::Schema, nothing_found(unplanned))]
            }
            Ok((answers, _)) => answers,
        }
    })
}

/// What to say if nothing was found; some statements could not be planned before others have run.
fn nothing_found(unplanned: usize) -> String {
    const FOUND: &str = "the objects that the statements name are as the statements need them";
    match unplanned {
        0 => FOUND.to_owned(),
        1 => format!(
            "{FOUND}; of one statement, which uses what an earlier one changes, only the names were looked up"
        ),
        some => format!(
            "{FOUND}; of {some} statements, which use what earlier ones change, only the names were looked up"
        ),
    }
}

/// What may be otherwise by the time a statement runs.
#[derive(Default)]
struct Doubt {
    unknown: Option<Place>,
    /// An earlier statement changes something that the statement at hand names, or that is found to be in its way. What that leaves is
    /// followed, but not in all.
    is_followed: bool,
}

impl Doubt {
    fn answer(&self, statement: &PendingStatement, text: String, advice: &str) -> Answer {
        let unknown = self
            .unknown
            .as_ref()
            .map(|place| format!("what {place} does before is not known, and may repair it"));
        let followed = self.is_followed.then(|| {
            "an earlier pending statement changes what it names, and may have settled this"
                .to_owned()
        });
        let doubts = statement.doubt.map(str::to_owned).into_iter().chain(unknown).chain(followed);
        let doubt = doubts.reduce(|one, other| format!("{one}; {other}"));
        let (state, text) = match doubt {
            Some(doubt) => (AnswerState::Look, format!("{text}; {doubt}")),
            None => (AnswerState::Stop, text),
        };
        Answer::new(state, Subject::Schema, text)
            .advice(advice)
            .at(&statement.revision, statement.place.clone())
    }

    fn note(&mut self, statement: &PendingStatement) {
        if statement.is_unknown {
            self.unknown.get_or_insert_with(|| statement.place.clone());
        }
    }
}

/// Compares the statements with what the catalogue says. Returned is as well how many of them the server cannot plan yet.
async fn compared(context: &mut PreflightContext<'_>) -> Result<(Vec<Answer>, usize), String> {
    let work = context.work;
    let uses: Vec<CatalogueUses> =
        work.statements.iter().map(|statement| statement.catalogue.clone()).collect();
    let objects = asked(&uses, context.queries);
    let objects = context.queries.objects(&objects);
    let role = context.queries.role(context.options.role.as_deref());
    let values = [("objects", objects.as_str()), ("role", role.as_str())];
    let query = fill(context.queries.sections().structure, &values);
    let rows = context.ask(&query).await?;
    let mut catalogue = Catalogue::read(context.queries, context.facts.dialect.syntax(), &rows);
    let (mut answers, mut unplanned) = (Vec::new(), 0);
    let mut doubt = Doubt::default();
    for statement in &work.statements {
        catalogue.begin_statement();
        let is_followed = catalogue.is_touched(&statement.text);
        doubt.is_followed = is_followed;
        let query = statement.catalogue.planned.as_deref();
        let planned = query.filter(|query| !catalogue.is_lost && !catalogue.is_touched(query));
        unplanned += usize::from(query.is_some() && planned.is_none());
        let expressions = match catalogue.is_lost {
            true => Vec::new(),
            false => catalogue.expressions(&statement.catalogue),
        };
        let was_lost = catalogue.is_lost;
        let troubles = catalogue.follow(&statement.catalogue);
        for trouble in &troubles {
            // What depends on an object is not named in the statement, but in what is found.
            doubt.is_followed = is_followed || catalogue.is_touched(&trouble.text);
            let mut answer = doubt.answer(statement, trouble.text.clone(), &trouble.advice);
            if trouble.is_right {
                answer.subject = Subject::Rights;
            }
            answers.push(answer);
        }
        if catalogue.is_lost && !was_lost {
            let why =
                "the statement changes what names mean, so that those behind it are not looked up";
            let place = statement.place.clone();
            let answer = Answer::unknown(Subject::Schema, why).at(&statement.revision, place);
            answers.push(answer);
        }
        for expression in expressions.iter().filter(|_| troubles.is_empty()) {
            let found = plan(context, statement, expression, &doubt).await;
            let found = found.filter(|answer| answer.subject == Subject::Schema);
            if found.is_some() {
                answers.extend(found);
                break;
            }
        }
        if let Some(query) = planned.filter(|_| troubles.is_empty()) {
            answers.extend(plan(context, statement, query, &doubt).await);
        }
        doubt.note(statement);
    }
    Ok((answers, unplanned))
}

/// What the server says of a statement when it plans it.
async fn plan(
    context: &mut PreflightContext<'_>,
    statement: &PendingStatement,
    query: &str,
    doubt: &Doubt,
) -> Option<Answer> {
    let queries = context.queries;
    let explain = queries.explain(query)?;
    let is_answer = |failure: &Failure| queries.is_refusal(failure) || failure.is_denied;
    // What takes too long to plan has been understood.
    let failure = context.send(queries.planning(), &explain, &is_answer).await.ok()?.err()?;
    if failure.is_denied && context.options.role.is_some() {
        return None;
    }
    let text = format!("the server refuses the statement: {}", failure.error);
    let mut answer = doubt.answer(statement, text, "");
    if failure.is_denied {
        answer.subject = Subject::Rights;
    }
    Some(answer)
}

/// Runs the statements on a copy of the schema that has no rows.
async fn tried(context: &mut PreflightContext<'_>) -> Result<Vec<Answer>, String> {
    let schema = context.ask(context.queries.sections().structure).await?;
    let opened = open_scratch(context.facts.dialect).map_err(|error| error.to_string())?;
    let Some(mut connector) = opened else { return Err("there is no scratch place".to_owned()) };
    let opened = connector.dedicated(&context.facts.program.0).await;
    let mut session = opened.map_err(|error| error.to_string())?;
    let mut answers = Vec::new();
    for row in &schema {
        if let Err(failure) = session.run(row.text("sql")).await {
            session.close().await;
            return Err(format!(
                "{} cannot be created in a copy of the schema: {}",
                row.text("name"),
                failure.error
            ));
        }
    }
    let limit = context.options.question;
    let mut doubt = Doubt::default();
    for statement in
        context.work.statements.iter().filter(|one| !one.text.is_empty() || one.is_unknown)
    {
        doubt.note(statement);
        if statement.text.is_empty() {
            continue;
        }
        let guard = session.limit_statements(limit).await;
        let done = session.run(&statement.text).await;
        drop(guard);
        let Err(failure) = done else { continue };
        if context.queries.is_cut_off(&failure) || context.queries.is_about_rows(&failure) {
            continue;
        }
        let message = failure.error.to_string();
        let mut answer = doubt.answer(
            statement,
            format!("the statement fails on a copy of the schema: {message}"),
            "",
        );
        // A program may have given its connections what the copy lacks.
        let lacks =
            ["no such function", "no such collation", "no such module", "no such tokenizer"];
        if lacks.iter().any(|words| message.contains(words)) && answer.state == AnswerState::Stop {
            answer.state = AnswerState::Look;
            answer.text.push_str(", unless your program registers it for its connections");
        }
        answers.push(answer);
        break;
    }
    session.close().await;
    Ok(answers)
}
