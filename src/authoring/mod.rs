//! Changes to a folder of migrations: new ones, and those that move. Each is worked out on paper, read back as the graph
//! that it makes, and only then written.

mod header;
mod name;
mod rebase;
mod revision;
mod slug;
mod squash;
mod squash_sides;
mod template;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(crate) use self::{
    revision::{NewMerge, NewRevision, Written},
    slug::is_vague,
    squash::{NewSquash, Squash, SquashForm},
    template::{Drafted, Template},
};
use crate::{
    error::{Error, some_of},
    graph::{Applied, Graph, Target},
    migration::{Migration, Migrations},
    note::Note,
    source::{self, Edit, Files, SUM_FILE},
    sum,
};

/// Why a folder was not changed.
#[derive(Debug)]
pub(crate) enum FolderError {
    Error(Error),
    /// What was asked for cannot be, and what to do instead.
    Refused {
        text: String,
        help: Vec<String>,
    },
}

impl From<Error> for FolderError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl FolderError {
    /// Nothing was written.
    fn refused(text: impl std::fmt::Display, help: impl Into<Option<String>>) -> Self {
        let help = help.into().into_iter().collect();
        Self::Refused { text: format!("{text}; nothing was written"), help }
    }
}

/// What is said where a folder should be, and what to do.
pub(crate) fn no_folder(path: &Path, program: &str) -> (String, String) {
    let folder = path.display();
    if path.exists() {
        let text = format!("{folder} is not a folder, and migrations are read from one");
        return (text, "name the folder in which the files are, with --dir".to_owned());
    }
    let help = format!("create it with `{program} init`, or name another with --dir");
    (format!("the folder {folder} does not exist"), help)
}

type Result<T, E = FolderError> = std::result::Result<T, E>;

/// A folder as it was read, with the graph that its files make.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    files: Files,
    graph: Graph,
    /// How the commands are called, for advice.
    program: String,
}

impl Folder {
    /// Reads a folder.
    pub(crate) fn open(path: &Path, program: &str) -> Result<Self> {
        if !source::exists(path) {
            let (text, help) = no_folder(path, program);
            return Err(FolderError::refused(text, help));
        }
        let files = Files::read(path)?;
        let graph = Graph::new(files.migrations()?)?;
        Ok(Self { path: path.to_owned(), files, graph, program: program.to_owned() })
    }

    /// The migration that a target names, and its files.
    pub(crate) fn files_of(&self, text: &str) -> Result<(String, Vec<String>)> {
        let found = self.resolve(text)?;
        let &[migration] = found.as_slice() else {
            return Err(FolderError::refused(
                format_args!("{text} does not name a single migration"),
                None,
            ));
        };
        let mut files = vec![migration.up_script().file().to_owned()];
        files.extend(migration.down_script().map(|down| down.file().to_owned()));
        files.dedup();
        Ok((migration.revision().to_owned(), files))
    }

    /// Whether a folder that was read before has other files, or other texts in them.
    pub(crate) fn differs(&self, before: &Self) -> bool {
        self.files != before.files
    }

    /// Writes what `ambix.sum` says of one migration; says what is stale in it.
    pub(crate) fn write_sum_of(&self, revision: &str) -> Result<Vec<String>> {
        self.write(&Edit::default(), &self.graph, &[revision])
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(crate) fn templates(&self) -> Result<Vec<Template>> {
        Ok(template::all(&source::templates(&self.path)?)?)
    }

    /// The path of a file of the folder, as it is printed.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Carries out an edit that [`check`](Self::check) has found good; says what is stale in `ambix.sum`.
    ///
    /// `touched` are the revisions whose lines of `ambix.sum` are to say what the files now say.
    pub(crate) fn write(
        &self,
        edit: &Edit,
        graph: &Graph,
        touched: &[&str],
    ) -> Result<Vec<String>> {
        let mut edit = edit.clone();
        let mut notes = Vec::new();
        let old = self.files.sum();
        let text = match &old {
            Some(old) if sum::is_conflicted(old) => {
                notes.push(format!("{SUM_FILE} had conflict markers, so it was rewritten"));
                sum::write(graph)
            }
            Some(old) => sum::amend(old, graph, touched),
            None => sum::write(graph),
        };
        let stale = sum::check(graph, &text);
        if !stale.is_empty() {
            let stale: Vec<String> = stale.iter().map(difference).collect();
            let (stale, program) = (some_of(&stale, "; "), &self.program);
            notes.push(format!("{SUM_FILE} is stale: {stale}; `{program} hash` rewrites it"));
        }
        match &old {
            Some(old) if *old == text => {}
            Some(_) => edit.replace.push((SUM_FILE.to_owned(), text)),
            None => edit.create.push((SUM_FILE.to_owned(), text)),
        }
        source::apply(&self.path, &edit)?;
        // What is on the disk is what was meant, or says so now.
        Graph::new(Migrations::from_path(&self.path)?)?;
        Ok(notes)
    }

    /// The revisions of which `ambix.sum` says what is no longer so, and whether each is new to it; none where there is no such
    /// file, or it waits for a merge to be ended.
    pub(crate) fn stale(&self) -> Vec<(String, bool)> {
        let text = self.files.sum().filter(|text| !sum::is_conflicted(text));
        text.map(|text| sum::stale(&self.graph, &text)).unwrap_or_default()
    }

    /// Lets `ambix.sum` say of these revisions what the files say.
    pub(crate) fn keep_sum(&self, revisions: &[&str]) -> Result<()> {
        let old = self.files.sum().unwrap_or_default();
        Ok(Migrations::write_sum(&self.path, &sum::amend(&old, &self.graph, revisions))?)
    }

    /// Rewrites `ambix.sum`; says what was wrong in it.
    pub(crate) fn hash(&self) -> Result<Vec<String>> {
        let changes = match self.files.sum() {
            Some(old) => sum::check(&self.graph, &old).iter().map(difference).collect(),
            None => vec![format!("there was no {SUM_FILE}")],
        };
        Migrations::write_sum(&self.path, &sum::write(&self.graph))?;
        Ok(changes)
    }

    /// The graph after an edit. That all migrations but those named keep their parents and dependencies is part of the check:
    /// a file without a list of parents follows the one before it, whichever that is.
    pub(crate) fn check(&self, edit: &Edit, moved: &[&str]) -> Result<Graph> {
        // What the files would say is no error of the files.
        let refused = |error: Error| FolderError::refused(error, None);
        let migrations = self.files.with(edit).migrations().map_err(refused)?;
        let graph = Graph::new(migrations).map_err(refused)?;
        let names = |all: Vec<&Migration>| -> Vec<String> {
            all.iter().map(|m| m.revision().to_owned()).collect()
        };
        let stays =
            |m: &&Migration| !moved.contains(&m.revision()) && graph.get(m.revision()).is_some();
        for migration in self.graph.iter().filter(stays) {
            let revision = migration.revision();
            let mut was = names(self.graph.parents(revision));
            for name in &mut was {
                if let Some(squash) = graph.replaced_by(name) {
                    squash.revision().clone_into(name);
                }
            }
            let is = names(graph.parents(revision));
            if was != is {
                let (is, was) = (header::parents(&is), header::parents(&was));
                let file = migration.up_script().file();
                return Err(FolderError::refused(
                    format_args!(
                        "{file} names no parents, so it follows the previous file by name: with this change, that would be {is} \
                         instead of {was}"
                    ),
                    format!(
                        "write `-- ambix: parents {was}` at the top of it; `{} repair` records its new checksum in databases that have it",
                        self.program
                    ),
                ));
            }
        }
        Ok(graph)
    }

    /// The migrations that a target means without a database: none for `base`.
    fn resolve(&self, text: &str) -> Result<Vec<&Migration>> {
        let target: Target = text.parse()?;
        if target.asks_database() {
            return Err(FolderError::Error(Error::Target {
                target: text.to_owned(),
                problem: "it depends on the current revision of a database, and this command asks no database; write a revision or a \
                          head"
                    .to_owned(),
            }));
        }
        Ok(self.graph.resolve(&target, &Applied::new())?)
    }
}

/// Makes a folder with an `ambix.sum`; says whether there was anything to make.
///
/// A folder that has it is left as it is, so that this can be run twice.
pub(crate) fn init(path: &Path, program: &str) -> Result<bool> {
    let found = source::make(path)?;
    let ours =
        [SUM_FILE, source::BASELINE_FILE, source::TEMPLATES, "README.md", ".gitkeep", ".gitignore"];
    if found.iter().any(|name| !ours.contains(&name.as_str())) {
        return Err(FolderError::refused(
            format_args!("the folder {} already exists and is not empty", path.display()),
            format!(
                "commands read the migrations in it as they are; `{program} hash` writes their {SUM_FILE}"
            ),
        ));
    }
    if found.iter().any(|name| name == SUM_FILE) {
        return Ok(false);
    }
    let text = sum::write(&Graph::new(Migrations::default())?);
    let edit = Edit { create: vec![(SUM_FILE.to_owned(), text)], ..Edit::default() };
    source::apply(path, &edit)?;
    Ok(true)
}

/// How `ambix.sum` differs, without the words that it does.
fn difference(note: &Note) -> String {
    match note {
        Note::StaleSum { problem, .. } => problem.clone(),
        note => note.to_string(),
    }
}
