//! Changes to a folder of migrations: what they are, and how they reach the disk.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{FoundFile, SUM_FILE, assemble, disk::refuse_pipe, list, name};
use crate::{
    error::{Error, Place, Result},
    migration::Migrations,
};

/// Where a folder has its own templates.
pub(crate) const TEMPLATES: &str = "templates";

/// What is to change in a folder. Names are paths below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Files that must not be there yet, with their texts.
    pub(crate) create: Vec<(String, String)>,
    /// Existing files, with their new texts.
    pub(crate) replace: Vec<(String, String)>,
    pub(crate) remove: Vec<String>,
}

/// The files of a folder that are part of its migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let found = list(folder)?;
        Ok(Self(
            found
                .into_iter()
                .map(|file| (file.path.into_owned(), file.bytes.into_owned()))
                .collect(),
        ))
    }

    /// The same files after an edit, on paper.
    pub(crate) fn with(&self, edit: &Edit) -> Self {
        let mut files = self.0.clone();
        files.retain(|name, _| !edit.remove.contains(name));
        let written = edit.create.iter().chain(&edit.replace);
        files.extend(written.map(|(name, text)| (name.clone(), text.clone().into_bytes())));
        Self(files)
    }

    pub(crate) fn migrations(&self) -> Result<Migrations> {
        let found =
            self.0.iter().map(|(path, bytes)| FoundFile { path: path.into(), bytes: bytes.into() });
        assemble(found.collect())
    }

    /// The text of a file, in its canonical form.
    pub(crate) fn text(&self, name: &str) -> String {
        let bytes = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        crate::migration::canonical(&String::from_utf8_lossy(bytes)).into_owned()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The version by which the last of the names sorts.
    pub(crate) fn newest(&self) -> Option<(name::Key, &str)> {
        let read = |path: &'_ str| name::read(path).ok().flatten();
        self.0.keys().filter_map(|path| Some((read(path)?.key, path.as_str()))).max()
    }

    /// What `ambix.sum` says, where there is one.
    pub(crate) fn sum(&self) -> Option<String> {
        let text = String::from_utf8_lossy(self.0.get(SUM_FILE)?).replace("\r\n", "\n");
        Some(text)
    }
}

/// How to undo what was done.
enum Undo {
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
    Write(PathBuf, Vec<u8>),
}

/// Carries out an edit: all of it or nothing, and never over an existing file.
///
/// New texts are complete on the disk before the first of them gets its name. The down side gets its name first: of a
/// machine that stops in between, the folder says so by itself, since a down side alone is an error.
pub(crate) fn apply(folder: &Path, edit: &Edit) -> Result<()> {
    let (mut staged, mut undo) = (Vec::new(), Vec::new());
    let result = carry_out(folder, edit, &mut staged, &mut undo);
    if result.is_err() {
        for done in undo.into_iter().rev() {
            let _ = match done {
                Undo::Remove(path) => fs::remove_file(path),
                Undo::Rename(from, to) => fs::rename(from, to),
                Undo::Write(path, bytes) => fs::write(path, bytes),
            };
        }
    }
    for path in staged {
        let _ = fs::remove_file(path);
    }
    result
}

fn carry_out(
    folder: &Path,
    edit: &Edit,
    staged: &mut Vec<PathBuf>,
    undo: &mut Vec<Undo>,
) -> Result<()> {
    let beside = |count: usize| folder.join(format!(".ambix-{}-{count}", std::process::id()));
    let mut stage = |(name, text): &(String, String)| {
        let path = beside(staged.len());
        staged.push(path.clone());
        write_new(&path, text).map_err(|error| unwritten(folder, name, &error))?;
        Ok::<_, Error>((path, folder.join(name), name.clone()))
    };
    let mut create = edit.create.iter().map(&mut stage).collect::<Result<Vec<_>>>()?;
    let replace = edit.replace.iter().map(stage).collect::<Result<Vec<_>>>()?;
    create.sort_by_key(|(_, to, _)| !to.to_string_lossy().ends_with("down.sql"));
    for (from, to, name) in create {
        // A link never takes the place of a file; where there are no links, a new file does not, either.
        let linked = fs::hard_link(&from, &to).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            _ => write_new(&to, &fs::read_to_string(&from)?),
        });
        linked.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Source {
                place: Place::file(to.display().to_string()),
                problem: "exists already: another command has just written it; nothing of this one was written; run it again".to_owned(),
            },
            _ => unwritten(folder, &name, &error),
        })?;
        undo.push(Undo::Remove(to));
    }
    for (from, to, name) in replace {
        let replaced = fs::read(&to).and_then(|old| fs::rename(&from, &to).map(|()| old));
        let old = replaced.map_err(|error| unwritten(folder, &name, &error))?;
        undo.push(Undo::Write(to, old));
    }
    for name in &edit.remove {
        let (from, to) = (folder.join(name), beside(staged.len()));
        fs::rename(&from, &to).map_err(|error| Error::Source {
            place: Place::file(from.display().to_string()),
            problem: format!("cannot be removed: {error}; the folder is as it was"),
        })?;
        staged.push(to.clone());
        undo.push(Undo::Rename(to, from));
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn unwritten(folder: &Path, name: &str, error: &io::Error) -> Error {
    Error::Source {
        place: Place::file(folder.join(name).display().to_string()),
        problem: format!("cannot be written: {error}; the folder is as it was"),
    }
}

/// The folder's own templates: file names below [`TEMPLATES`], and their texts.
pub(crate) fn templates(folder: &Path) -> Result<Vec<(String, String)>> {
    let folder = folder.join(TEMPLATES);
    let problem = |path: &Path, error: &io::Error| Error::Source {
        place: Place::file(path.display().to_string()),
        problem: format!("cannot be read: {error}"),
    };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(problem(&folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| problem(&folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".tmpl") && !path.is_dir() {
            refuse_pipe(&path)?;
            let text = fs::read_to_string(&path).map_err(|error| problem(&path, &error))?;
            found.push((name, text.replace("\r\n", "\n")));
        }
    }
    found.sort();
    Ok(found)
}

/// Makes a folder where there is none, and says what it has in it.
pub(crate) fn make(folder: &Path) -> Result<Vec<String>> {
    let problem = |error: io::Error| Error::Source {
        place: Place::file(folder.display().to_string()),
        problem: format!("the folder cannot be made: {error}"),
    };
    fs::create_dir_all(folder).map_err(problem)?;
    let names = fs::read_dir(folder)
        .map_err(problem)?
        .map(|entry| Ok(entry.map_err(problem)?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

/// Whether cargo notices the files that are added to a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BuildScript {
    /// It does, or the folder is in no package.
    Fine,
    /// A `build.rs` was written, which tells it.
    Written(PathBuf),
    /// This line has to be written into the package's own.
    Lacks(PathBuf, String),
}

/// Writes a `build.rs` for a folder of migrations, where its package has none: cargo looks at the files that were compiled in, and
/// of an empty folder there are none.
pub(crate) fn build_script(folder: &Path) -> BuildScript {
    let Ok(folder) = folder.canonicalize() else { return BuildScript::Fine };
    let manifest = |path: &Path| fs::read_to_string(path.join("Cargo.toml")).ok();
    let package = folder.ancestors().skip(1).find_map(|path| Some((path, manifest(path)?)));
    let Some((package, manifest)) = package else { return BuildScript::Fine };
    let Ok(below) = folder.strip_prefix(package) else { return BuildScript::Fine };
    let below = below.display().to_string().replace('\\', "/");
    let line = format!("println!(\"cargo::rerun-if-changed={below}\");");
    let script = package.join("build.rs");
    let own =
        manifest.lines().any(|line| line.trim_start().starts_with("build") && line.contains('='));
    match fs::read_to_string(&script) {
        Ok(text) if text.contains(&format!("rerun-if-changed={below}")) => BuildScript::Fine,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !own => {
            let text = format!(
                "//! Lets cargo build again when a migration is added.\n\nfn main() {{\n    {line}\n}}\n"
            );
            match write_new(&script, &text) {
                Ok(()) => BuildScript::Written(script),
                Err(_) => BuildScript::Lacks(script, line),
            }
        }
        _ => BuildScript::Lacks(script, line),
    }
}

/// Whether there is such a folder.
pub(crate) fn exists(folder: &Path) -> bool {
    folder.is_dir()
}
