//! A folder of files <-> [`Migrations`]: compiled in or read at run time. The only user of `std::fs` beside locks.

mod halves;
mod marks;
mod name;
#[cfg(feature = "cli")]
mod write;

use std::{collections::BTreeMap, path::Path};

use include_dir::{Dir, DirEntry};

use self::{
    halves::{Halves, Unclear},
    name::{Name, Side, Unread},
};
#[cfg(feature = "cli")]
pub(crate) use self::{
    name::{Key, read as read_name},
    write::{Edit, Files, TEMPLATES, apply, exists, make, templates, text as text_of},
};
use crate::{
    error::{Error, Place, Result},
    migration::{Migration, Migrations, Script},
};

/// The file that lists all revisions with their checksums.
pub(crate) const SUM_FILE: &str = "ambix.sum";

/// A file as it was found: its path below the folder, with `/` between the parts, and its bytes.
struct Found<'b> {
    path: String,
    bytes: std::borrow::Cow<'b, [u8]>,
}

impl TryFrom<&Dir<'_>> for Migrations {
    type Error = Error;

    /// Reads an embedded folder.
    fn try_from(dir: &Dir<'_>) -> Result<Self> {
        let mut found = Vec::new();
        let mut open = vec![dir.entries()];
        while let Some(entries) = open.pop() {
            for entry in entries {
                match entry {
                    DirEntry::Dir(dir) => open.push(dir.entries()),
                    DirEntry::File(file) => found.push(Found {
                        path: file.path().to_string_lossy().replace('\\', "/"),
                        bytes: file.contents().into(),
                    }),
                }
            }
        }
        assemble(found)
    }
}

impl Migrations {
    /// Reads a folder at run time.
    ///
    /// # Errors
    /// [`Error::Source`] names the file (and line) that cannot be used.
    pub fn from_path(folder: impl AsRef<Path>) -> Result<Self> {
        assemble(list(folder.as_ref())?)
    }

    /// Writes an `ambix.sum` into a folder, or leaves it as it is where it says the same already.
    pub(crate) fn write_sum(folder: &Path, text: &str) -> Result<()> {
        let path = folder.join(SUM_FILE);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        std::fs::write(&path, text).map_err(|error| Error::Source {
            place: Place::file(path.display().to_string()),
            problem: format!("cannot be written: {error}"),
        })
    }
}

/// The files below a folder that may be part of the migrations.
fn list(folder: &Path) -> Result<Vec<Found<'static>>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = open.pop() {
        let unreadable = |error: std::io::Error| Error::Source {
            place: Place::file(path.display().to_string()),
            problem: format!("the folder cannot be read: {error}"),
        };
        for entry in std::fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                open.push((entry.path(), format!("{name}/")));
            } else if name::is_ours(&name) {
                let bytes = std::fs::read(entry.path()).map_err(|error| {
                    source(
                        &entry.path().display().to_string(),
                        format!("the file cannot be read: {error}"),
                    )
                })?;
                found.push(Found { path: name, bytes: bytes.into() });
            }
        }
    }
    Ok(found)
}

/// The sides that were found under one name.
#[derive(Default)]
struct Sides {
    name: Option<Name>,
    up: Option<Script>,
    down: Option<Script>,
    /// What the `metadata.toml` of the folder, or the mark of a half, says of transactions.
    transaction: Option<bool>,
}

impl Sides {
    fn add(&mut self, side: Side, script: Script) -> Result<()> {
        let file = script.file().to_owned();
        let place = if side == Side::Up { &mut self.up } else { &mut self.down };
        match place.replace(script) {
            None => Ok(()),
            Some(other) => {
                let problem = format!("is the same side of the same migration as {}", other.file());
                Err(source(&file, problem))
            }
        }
    }
}

/// The two sides of a file that has both; a file whose name says which side it is cannot have them.
fn halves(script: &Script) -> Result<Option<Halves>> {
    let unclear = |Unclear { line, problem }| {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Error::Source { place: Place::new(script.file(), line, 0), problem }
    };
    let name = script.file().rsplit('/').next().unwrap_or_default();
    let one_sided = name.starts_with('U')
        || ["up.sql", "down.sql"].contains(&name)
        || name.ends_with(".up.sql")
        || name.ends_with(".down.sql");
    let halves = halves::split(script.text(), one_sided).map_err(unclear)?;
    if halves.is_some() && one_sided {
        let problem = "has the marks of a file with both sides, but its name says that it is one of them; leave the marks \
                       out, or name it `<version>_<name>.sql`";
        return Err(source(script.file(), problem.to_owned()));
    }
    Ok(halves)
}

/// Pairs the sides, reads the directives, and sorts by version.
fn assemble(mut found: Vec<Found<'_>>) -> Result<Migrations> {
    // A folder is listed in any order, and the first error should not depend on it.
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let mut sides: BTreeMap<String, Sides> = BTreeMap::new();
    let mut sum = None;
    for file in &found {
        if file.path == SUM_FILE {
            sum = Some(text(file)?.replace("\r\n", "\n"));
            continue;
        }
        if let Some(folder) = file.path.strip_suffix("/metadata.toml") {
            sides.entry(folder.to_owned()).or_default().transaction =
                run_in_transaction(text(file)?);
            continue;
        }
        let name = match name::read(&file.path) {
            Ok(Some(name)) => name,
            Ok(None) => continue,
            Err(Unread(problem)) => return Err(source(&file.path, problem)),
        };
        let script = Script::new(file.path.clone(), text(file)?);
        let pair = sides.entry(name.pair.clone()).or_default();
        let both = halves(&script)?;
        let (script, below) = match both {
            None => (script, None),
            Some(both) => {
                pair.transaction = pair.transaction.or(Some(both.transaction));
                let below = both.down.map(|down| Script::new(file.path.clone(), &down));
                (Script::new(file.path.clone(), &both.up), below)
            }
        };
        pair.add(name.side, script)?;
        if let Some(below) = below {
            pair.add(Side::Down, below)?;
        }
        if name.side == Side::Up || pair.name.is_none() {
            pair.name = Some(name);
        }
    }
    let mut named = Vec::with_capacity(sides.len());
    for pair in sides.into_values() {
        // A metadata.toml alone is not ours.
        let Some(name) = pair.name else { continue };
        let Some(up) = pair.up else {
            let file = pair.down.as_ref().map_or_else(String::new, |down| down.file().to_owned());
            return Err(source(&file, name.lonely_down()));
        };
        named.push((name, up, pair.down, pair.transaction));
    }
    named.sort_by(|(a, up_a, ..), (b, up_b, ..)| {
        a.key.cmp(&b.key).then_with(|| up_a.file().cmp(up_b.file()))
    });
    let list = named.into_iter().map(|(name, up, down, transaction)| {
        let mut migration = Migration::new(name.revision, name.words);
        migration.up = up;
        migration.down = down;
        migration.transaction = transaction.unwrap_or(true);
        migration.finish()
    });
    Ok(Migrations { list: list.collect::<Result<_>>()?, sum })
}

/// A text must be UTF-8; where it is not, the message says where.
fn text<'f>(file: &'f Found<'_>) -> Result<&'f str> {
    std::str::from_utf8(&file.bytes).map_err(|error| {
        let before = &file.bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        Error::Source {
            place: Place::new(file.path.clone(), u32::try_from(line).unwrap_or(u32::MAX), 0),
            problem: format!(
                "byte {:#04x} is not UTF-8; save the file as UTF-8",
                file.bytes[error.valid_up_to()]
            ),
        }
    })
}

fn source(file: &str, problem: String) -> Error {
    Error::Source { place: Place::file(file), problem }
}

/// The one key of diesel's `metadata.toml`. As diesel reads it: a file without the key means false.
fn run_in_transaction(text: &str) -> Option<bool> {
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split('#').next()?.split_once('=')?;
        (key.trim() == "run_in_transaction").then(|| value.trim() == "true")
    });
    Some(value.unwrap_or(false))
}
