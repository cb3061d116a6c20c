//! The files of an online draft as texts. It is pure.

use super::{Draft, DraftFile, write::line};
use crate::{
    change::Change,
    database::drafting::{OnlineSteps, TwoWay},
    migration::Phase,
    schema::Name,
};

/// What a file is about that is written as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Plain,
    Renames,
    Blocking,
}

/// Which steps of changes are in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepsFile {
    Begin,
    Concurrent,
    Fill,
    Last,
    End,
}

impl StepsFile {
    /// The steps of a change, of which all changes take the first before any takes the next.
    fn of(self, steps: &OnlineSteps) -> Vec<Option<&TwoWay>> {
        match self {
            Self::Begin => vec![steps.begin.as_ref()],
            Self::End => vec![steps.end.as_ref()],
            Self::Concurrent => vec![steps.concurrent.as_ref()],
            Self::Fill => vec![steps.fill.as_ref()],
            // What only reads goes first: behind SET NOT NULL it would read under a lock against everybody.
            Self::Last => vec![steps.validate.as_ref(), steps.last.as_ref()],
        }
    }

    fn title(self, validates: bool) -> &'static str {
        match self {
            Self::Begin => "rename",
            Self::End => "contract",
            Self::Concurrent => "indexes",
            Self::Fill => "backfill",
            Self::Last if !validates => "complete",
            Self::Last => "validate",
        }
    }

    /// What is said above the statements.
    fn about(self, validates: bool, of: &Change) -> &'static str {
        let is_table = matches!(of, Change::RenameTable { .. });
        match self {
            Self::Begin if is_table => {
                "-- The new name is a view of the table. A program can read and write through it; what it cannot do is in ambix's guide.\n"
            }
            Self::End if is_table => {
                "-- No older program is running any more: the table takes the place of the view. The way back brings the view again.\n"
            }
            Self::Begin => {
                "-- The new column is beside the old one. Triggers keep the two the same, whichever of them a program writes.\n"
            }
            Self::End => {
                "-- No older program is running any more: the triggers and the old column go. The way back brings all of them again.\n"
            }
            Self::Concurrent => {
                "-- Each statement is committed by itself, and locks out neither readers nor writers.\n"
            }
            Self::Fill => {
                "-- The rows are filled in batches that are committed one by one, and only where one is missing: run again, it fills the \
                 rest.\n\
                 -- If a run is killed here, the next one begins this statement again, as the name `ambix_backfill` in it tells it;\n\
                 -- give it another name if you change it so that it must not be repeated.\n"
            }
            Self::Last if !validates => {
                "-- Every row has a value by now. If a program has written one without, this fails, and changes nothing.\n"
            }
            Self::Last => {
                "-- VALIDATE reads every row, and locks out neither readers nor writers. What follows it takes a moment.\n"
            }
        }
    }
}

/// A step of a change in a file.
struct WrittenStep<'a> {
    pass: usize,
    change: &'a Change,
    here: &'a TwoWay,
    /// The same in the proof.
    tried: &'a TwoWay,
    note: Option<&'a str>,
}

/// The files so far.
pub(super) struct OnlineFiles {
    /// The phase that is being written.
    pub(super) phase: Phase,
    /// The table that the next file is about, for its title.
    table: Option<Name>,
    files: Vec<DraftFile>,
    /// The same statements as they can run in one transaction on empty tables, up and down.
    scratch: Vec<(String, String)>,
}

impl OnlineFiles {
    /// None yet: the first phase begins.
    pub(super) fn new() -> Self {
        Self { phase: Phase::Expand, table: None, files: Vec::new(), scratch: Vec::new() }
    }

    /// What comes is of the second phase.
    pub(super) fn contract(&mut self) {
        self.phase = Phase::Contract;
    }

    pub(super) fn about(&mut self, table: Option<&Name>) -> &mut Self {
        self.table = table.cloned();
        self
    }

    /// A part of the draft as an ordinary one.
    pub(super) fn plain(&mut self, draft: &Draft, kind: FileKind, why: Option<&str>) {
        if draft.changes.is_empty() {
            self.table = None;
            return;
        }
        let word = match (kind, self.phase) {
            (FileKind::Renames, _) => "renames",
            (FileKind::Blocking, _) => "locking",
            (FileKind::Plain, Phase::Expand) => "expand",
            (FileKind::Plain, Phase::Contract) => "contract",
        };
        self.table = self.table.take().or_else(|| only_table(&draft.changes));
        let remark = why.map(|why| format!("-- review: not online: {}\n", line(why)));
        let (head, body) = split_head(&draft.up);
        let up = format!("{head}{}{body}", remark.unwrap_or_default());
        self.scratch.push((draft.up.clone(), draft.down.clone()));
        self.push(word, up, draft.down.clone());
    }

    /// Steps of changes, each with those that it runs in the proof.
    pub(super) fn steps(
        &mut self,
        steps: &[(&Change, &OnlineSteps, &OnlineSteps)],
        kind: StepsFile,
    ) {
        let mut found: Vec<WrittenStep<'_>> = Vec::new();
        for (change, steps, scratch) in steps {
            let is_noted = kind == Self::noted(steps);
            let mut note = steps.note.as_deref().filter(|_| is_noted);
            for (pass, pair) in kind.of(steps).into_iter().zip(kind.of(scratch)).enumerate() {
                if let (Some(here), Some(tried)) = pair {
                    found.push(WrittenStep { pass, change, here, tried, note: note.take() });
                }
            }
        }
        found.sort_by_key(|step| step.pass);
        if found.is_empty() {
            self.table = None;
            return;
        }
        let validates = found.iter().any(|step| step.pass == 0);
        let text = |of: &dyn Fn(usize) -> (Vec<String>, bool), order: Vec<usize>| {
            let mut text = String::new();
            for at in order {
                let (statements, is_headed) = of(at);
                if statements.is_empty() {
                    continue;
                }
                text.push('\n');
                if is_headed {
                    let step = &found[at];
                    text.push_str(&format!("-- {}\n", line(&step.change.to_string())));
                    text.extend(step.note.map(|note| format!("-- {}\n", line(note))));
                }
                text.extend(statements.iter().map(|sql| format!("{sql};\n")));
            }
            text
        };
        let (there, back): (Vec<usize>, Vec<usize>) =
            ((0..found.len()).collect(), (0..found.len()).rev().collect());
        let up = text(&|at| (found[at].here.up.clone(), true), there.clone());
        let down = text(&|at| (found[at].here.down.clone(), false), back.clone());
        self.scratch.push((
            text(&|at| (found[at].tried.up.clone(), false), there),
            text(&|at| (found[at].tried.down.clone(), false), back),
        ));
        let alone = "-- ambix: transaction none\n";
        let (up_alone, alone) = match kind {
            StepsFile::Begin | StepsFile::Last => ("", ""),
            // Nobody may find neither of the two.
            StepsFile::End if matches!(found[0].change, Change::RenameTable { .. }) => ("", ""),
            StepsFile::End => ("", alone),
            StepsFile::Concurrent | StepsFile::Fill => (alone, alone),
        };
        let down = if down.is_empty() {
            "-- Nothing to undo: the values stay.\n".to_owned()
        } else {
            format!("{alone}{down}")
        };
        self.push(
            kind.title(validates),
            format!("{up_alone}{}{up}", kind.about(validates, found[0].change)),
            down,
        );
    }

    /// The file whose reader should think about something.
    fn noted(steps: &OnlineSteps) -> StepsFile {
        if steps.fill.is_some() { StepsFile::Fill } else { StepsFile::Last }
    }

    fn push(&mut self, word: &str, up: String, down: String) {
        let title = match self.table.take() {
            Some(table) => format!("{word} {table}"),
            None => word.to_owned(),
        };
        let phase = (self.phase == Phase::Contract).then_some(self.phase);
        let mark = phase.map_or_else(String::new, |phase| format!("-- ambix: phase {phase}\n"));
        let gap = if phase.is_some() && !up.starts_with("-- ambix: ") { "\n" } else { "" };
        self.files.push(DraftFile { title, phase, up: format!("{mark}{gap}{up}"), down });
    }

    /// Both sides as one text each, as the proof runs them.
    pub(super) fn scratch(&self) -> (String, String) {
        let up = self.scratch.iter().map(|(up, _)| up.as_str()).collect::<Vec<_>>();
        let down = self.scratch.iter().rev().map(|(_, down)| down.as_str()).collect::<Vec<_>>();
        (up.join("\n"), down.join("\n"))
    }

    /// The only file needs no title, since it is the whole draft.
    pub(super) fn finish(mut self) -> Vec<DraftFile> {
        if let [only] = self.files.as_mut_slice() {
            only.title.clear();
        }
        self.files
    }
}

/// The directives that a text begins with, and the rest.
fn split_head(text: &str) -> (&str, &str) {
    let is_head = |line: &&str| line.starts_with("-- ambix: ");
    let end = text.split_inclusive('\n').take_while(is_head).map(str::len).sum();
    text.split_at(end)
}

/// The table that all changes are about.
fn only_table(changes: &[Change]) -> Option<Name> {
    let first = changes.first()?.table()?;
    changes.iter().all(|change| change.table() == Some(first)).then(|| first.clone())
}
