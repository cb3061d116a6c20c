//! The forms of an online draft's statements that the server itself chooses: it is asked, in a scratch place, for the cheapest that it
//! accepts.

use std::collections::BTreeSet;

use super::{Migrator, draft::drafting, scratch::ScratchWork};
use crate::{
    change::Change,
    database::{BoxFuture, Connector, Dialect, Drafting, Session, drafting::OnlineForm},
    draft::{Draft, DraftFile, copy_script},
    error::{Direction, Error, Result, brief},
    note::Note,
    sql::{Item, Statement, split},
};

/// Who needs a scratch place.
const WHY: &str = "asking the server how it makes each change";

impl Migrator {
    /// Gives each statement of an online draft the cheapest form that the server accepts, and names those that lock programs out.
    pub(super) async fn choose_online_forms(
        &self,
        connector: &mut (dyn Connector + '_),
        draft: &mut Draft,
    ) -> Result<()> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let Some(basis) = draft.basis.as_ref().filter(|_| draft.scratch.is_some()) else {
            return Ok(());
        };
        let existing = existing_tables(draft);
        let mut work =
            Asking { dialect, drafting, copy: String::new(), sides: Vec::new(), failure: None };
        for (side, at) in order(draft.files.len()) {
            work.sides.push(work.side(&draft.files[at], (side, at), &existing)?);
        }
        if work.sides.iter().all(|side| side.statements.iter().all(|one| one.forms.is_empty())) {
            return Ok(());
        }
        if draft.notes.iter().any(Note::keeps_a_draft_from_running) {
            return Ok(());
        }
        work.copy = copy_script(&basis.current, dialect, drafting)?;
        let asked = self.in_scratch_database(connector, WHY, &mut work).await;
        let failure = asked.err().or(work.failure.take());
        if let Some(failure) = failure {
            let reason = format!(
                "the server cannot be asked how it makes each change, so that the statements do not say it: {failure}"
            );
            draft.notes.push(Note::NotOnline { change: None, reason });
        }
        work.write(draft);
        Ok(())
    }
}

/// The sides of the files in the order in which they can be run: all the way there, and back.
fn order(files: usize) -> Vec<(Direction, usize)> {
    let there = (0..files).map(|at| (Direction::Up, at));
    there.chain((0..files).rev().map(|at| (Direction::Down, at))).collect()
}

/// The tables that programs may be using, by all names that they have in the draft.
fn existing_tables(draft: &Draft) -> BTreeSet<String> {
    let basis = draft.basis.as_ref();
    let current = basis.iter().flat_map(|basis| &basis.current.tables).map(|table| &table.name);
    let renamed = draft.changes.iter().filter_map(|change| match change {
        Change::RenameTable { to, .. } => Some(to),
        _ => None,
    });
    current.chain(renamed).map(|name| name.name.clone()).collect()
}

/// A statement of a file, and what the server says of it.
struct Asked {
    start: usize,
    text: String,
    /// The forms to ask for; none if it changes no table that programs use.
    forms: Vec<OnlineForm>,
    answer: Answer,
}

enum Answer {
    /// Nothing is known.
    None,
    /// The server makes it like this.
    Form(String),
    /// It locks programs out, and how.
    Locks(&'static str),
}

/// One side of a file.
struct Side {
    of: (Direction, usize),
    statements: Vec<Asked>,
}

/// Asks.
struct Asking {
    dialect: &'static dyn Dialect,
    drafting: &'static dyn Drafting,
    copy: String,
    sides: Vec<Side>,
    failure: Option<Error>,
}

impl Asking {
    fn side(
        &self,
        file: &DraftFile,
        of: (Direction, usize),
        existing: &BTreeSet<String>,
    ) -> Result<Side> {
        let text = if of.0 == Direction::Up { &file.up } else { &file.down };
        let statements = self.statements(text)?;
        let statements = statements.into_iter().map(|statement| {
            let table = self.drafting.altered_table(&statement);
            let is_used = table.is_some_and(|table| existing.contains(&table));
            let forms = if is_used { self.drafting.online_forms(&statement) } else { Vec::new() };
            Asked {
                start: statement.start,
                text: statement.text.to_owned(),
                forms,
                answer: Answer::None,
            }
        });
        Ok(Side { of, statements: statements.collect() })
    }

    fn statements<'t>(&self, text: &'t str) -> Result<Vec<Statement<'t>>> {
        let items = split(text, self.dialect.syntax()).map_err(|error| Error::Source {
            place: crate::error::Place::new("the draft", error.line, error.column),
            problem: error.problem,
        })?;
        let statement = |item| match item {
            Item::Statement(statement) => Some(statement),
            Item::Run { .. } => None,
        };
        Ok(items.into_iter().filter_map(statement).collect())
    }

    async fn ask(&mut self, session: &mut (dyn Session + '_)) -> Result<()> {
        for statement in self.statements(&self.copy)? {
            let made = session.run(statement.text).await;
            made.map_err(|failure| failure.doing("copying the current schema"))?;
        }
        let drafting = self.drafting;
        for asked in self.sides.iter_mut().flat_map(|side| &mut side.statements) {
            // The proof says what is wrong with a statement that fails.
            asked.answer = ask(session, drafting, asked).await?;
        }
        Ok(())
    }

    /// Writes the answers into the files, and into what proves them.
    fn write(&self, draft: &mut Draft) {
        for side in &self.sides {
            let (direction, at) = side.of;
            let file = &mut draft.files[at];
            let text = if direction == Direction::Up { &mut file.up } else { &mut file.down };
            for asked in side.statements.iter().rev() {
                let end = asked.start + asked.text.len();
                match &asked.answer {
                    Answer::None => {}
                    Answer::Form(sql) => text.replace_range(asked.start..end, sql),
                    Answer::Locks(how) => {
                        text.insert_str(asked.start, &format!("-- review: not online: {how}\n"));
                    }
                }
            }
            for asked in side.statements.iter().filter(|_| direction == Direction::Up) {
                if let Answer::Locks(how) = asked.answer {
                    let change = Some(brief(&asked.text));
                    draft.notes.push(Note::NotOnline { change, reason: how.to_owned() });
                }
            }
        }
        let up: Vec<&str> = draft.files.iter().map(|file| file.up.as_str()).collect();
        let down: Vec<&str> = draft.files.iter().rev().map(|file| file.down.as_str()).collect();
        draft.scratch = Some((up.join("\n"), down.join("\n")));
    }
}

/// Runs a statement in the cheapest form that the server takes.
async fn ask(
    session: &mut (dyn Session + '_),
    drafting: &'static dyn Drafting,
    asked: &Asked,
) -> Result<Answer> {
    let mut is_refused = false;
    for form in &asked.forms {
        match session.run(&form.sql).await {
            Ok(_) if form.blocks_writes => {
                return Ok(Answer::Locks(
                    "programs can read the table and cannot write to it while the server reads its rows",
                ));
            }
            Ok(_) => return Ok(Answer::Form(form.sql.clone())),
            Err(failure) => is_refused |= drafting.is_refusal(&failure),
        }
    }
    let run = session.run(&asked.text).await;
    run.map_err(|failure| failure.doing("running the draft in a scratch place"))?;
    Ok(match is_refused {
        _ if asked.forms.is_empty() => Answer::None,
        true => Answer::Locks(
            "the server copies the table; programs can read it and cannot write to it meanwhile",
        ),
        false => Answer::Locks(
            "the server does not say how it makes this; it may copy the table while programs cannot write to it",
        ),
    })
}

impl ScratchWork for Asking {
    fn run<'s>(&'s mut self, session: &'s mut (dyn Session + 's)) -> BoxFuture<'s, Result<()>> {
        Box::pin(async move {
            // What was found until then is true.
            self.failure = self.ask(session).await.err();
            Ok(())
        })
    }
}
