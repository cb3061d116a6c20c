//! A folder of files <-> [`Migrations`]: compiled in or read at run time. The only user of `std::fs` beside locks.

mod halves;
mod marks;
mod name;
#[cfg(feature = "cli")]
mod write;

use std::{borrow::Cow, collections::HashMap, fs::File, io::Read as _, path::Path};

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
    migration::{Migration, Migrations, Script, canonical},
};

/// The file that lists all revisions with their checksums.
pub(crate) const SUM_FILE: &str = "ambix.sum";

/// A file as it was found: its path below the folder, with `/` between the parts, and its bytes.
struct Found<'b> {
    path: Cow<'b, str>,
    bytes: Cow<'b, [u8]>,
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
                        path: slashed(file.path().to_string_lossy()),
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
    let mut buffer = Vec::with_capacity(1 << 16);
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = open.pop() {
        let unreadable = |error: std::io::Error| Error::Source {
            place: Place::file(path.display().to_string()),
            problem: format!("the folder cannot be read: {error}"),
        };
        for entry in std::fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let path = entry.path();
            // The list says what a file is, but not what a link leads to.
            let kind = entry.file_type().ok().filter(|kind| !kind.is_symlink());
            if kind.map_or_else(|| path.is_dir(), |kind| kind.is_dir()) {
                open.push((path, format!("{name}/")));
            } else if name::is_ours(&name) {
                read(&path, &mut buffer).map_err(|error| {
                    source(&path.display().to_string(), format!("the file cannot be read: {error}"))
                })?;
                found.push(Found { path: name.into(), bytes: buffer.clone().into() });
            }
        }
    }
    Ok(found)
}

/// Reads a file into a buffer that is used again. `fs::read` asks for the size first, which takes as long as reading a file
/// as short as these.
fn read(path: &Path, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    File::open(path)?.take(u64::MAX).read_to_end(buffer).map(drop)
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
        let place = if side == Side::Up { &mut self.up } else { &mut self.down };
        if let Some(other) = place {
            let problem = format!("is the same side of the same migration as {}", other.file());
            return Err(source(script.file(), problem));
        }
        *place = Some(script);
        Ok(())
    }

    /// What they are sorted by.
    fn order(&self) -> (Option<&name::Key>, Option<&str>) {
        (self.name.as_ref().map(|name| &name.key), self.up.as_ref().map(Script::file))
    }

    /// Nothing if a name or an up side is missing.
    fn into_migration(self) -> Option<Result<Migration>> {
        let name = self.name?;
        let mut migration = Migration::of_scripts(name.revision, name.words, self.up?, self.down);
        migration.transaction = self.transaction.unwrap_or(true);
        Some(migration.finish())
    }
}

/// The two sides of a file that has both; a file whose name says which side it is cannot have them.
fn halves(file: &str, text: &str) -> Result<Option<Halves>> {
    let unclear = |Unclear { line, problem }| {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Error::Source { place: Place::new(file, line, 0), problem }
    };
    let name = file.rsplit('/').next().unwrap_or_default();
    let one_sided = name.starts_with('U')
        || ["up.sql", "down.sql"].contains(&name)
        || name.ends_with(".up.sql")
        || name.ends_with(".down.sql");
    let halves = halves::split(text, one_sided).map_err(unclear)?;
    if halves.is_some() && one_sided {
        let problem = "has the marks of a file with both sides, but its name says that it is one of them; leave the marks \
                       out, or name it `<version>_<name>.sql`";
        return Err(source(file, problem.to_owned()));
    }
    Ok(halves)
}

/// All files in pairs, in the order in which the first of each pair came.
struct Pairs {
    sides: Vec<Sides>,
    /// What the two sides of a pair have in common, and where it is.
    at: HashMap<String, usize>,
}

impl Pairs {
    fn with_capacity(files: usize) -> Self {
        Self { sides: Vec::with_capacity(files), at: HashMap::with_capacity(files) }
    }

    fn of(&mut self, name: String) -> &mut Sides {
        let at = *self.at.entry(name).or_insert(self.sides.len());
        if at == self.sides.len() {
            self.sides.push(Sides::default());
        }
        &mut self.sides[at]
    }

    fn add(&mut self, file: Found<'_>) -> Result<()> {
        if let Some(folder) = file.path.strip_suffix("/metadata.toml") {
            self.of(folder.to_owned()).transaction =
                run_in_transaction(&text(&file.path, file.bytes)?);
            return Ok(());
        }
        let mut name = match name::read(&file.path) {
            Ok(Some(name)) => name,
            Ok(None) => return Ok(()),
            Err(Unread(problem)) => return Err(source(&file.path, problem)),
        };
        let text = canonical_of(text(&file.path, file.bytes)?);
        let both = halves(&file.path, &text)?;
        let pair = self.of(std::mem::take(&mut name.pair));
        let path = file.path.into_owned();
        match both {
            None => pair.add(name.side, Script::of_canonical(path, text.into_owned()))?,
            Some(both) => {
                pair.transaction = pair.transaction.or(Some(both.transaction));
                pair.add(name.side, Script::new(path.clone(), &both.up))?;
                if let Some(down) = both.down {
                    pair.add(Side::Down, Script::new(path, &down))?;
                }
            }
        }
        if name.side == Side::Up || pair.name.is_none() {
            pair.name = Some(name);
        }
        Ok(())
    }
}

/// Pairs the sides, reads the directives, and sorts by version.
fn assemble(mut found: Vec<Found<'_>>) -> Result<Migrations> {
    // A folder is listed in any order, and the first error should not depend on it.
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let mut pairs = Pairs::with_capacity(found.len());
    let mut sum = None;
    for file in found {
        if file.path == SUM_FILE {
            sum = Some(text(&file.path, file.bytes)?.replace("\r\n", "\n"));
        } else {
            pairs.add(file)?;
        }
    }
    let mut sides = pairs.sides;
    // A metadata.toml alone is not ours.
    sides.retain(|pair| pair.name.is_some());
    if let Some(Sides { name: Some(name), down: Some(down), .. }) =
        sides.iter().find(|pair| pair.up.is_none())
    {
        return Err(source(down.file(), name.lonely_down()));
    }
    sides.sort_by(|a, b| a.order().cmp(&b.order()));
    let list = sides.into_iter().filter_map(Sides::into_migration).collect::<Result<_>>()?;
    Ok(Migrations { list, sum })
}

/// The canonical form of a text, which is the text itself where it is that already.
fn canonical_of(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => canonical(text),
        Cow::Owned(text) if canonical(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(canonical(&text).into_owned()),
    }
}

fn slashed(path: Cow<'_, str>) -> Cow<'_, str> {
    if path.contains('\\') { Cow::Owned(path.replace('\\', "/")) } else { path }
}

/// A text must be UTF-8; where it is not, the message says where.
fn text<'b>(path: &str, bytes: Cow<'b, [u8]>) -> Result<Cow<'b, str>> {
    let not_utf8 = |bytes: &[u8], end: usize| {
        let line = 1 + bytes[..end].iter().filter(|&&byte| byte == b'\n').count();
        Error::Source {
            place: Place::new(path, u32::try_from(line).unwrap_or(u32::MAX), 0),
            problem: format!("byte {:#04x} is not UTF-8; save the file as UTF-8", bytes[end]),
        }
    };
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|error| not_utf8(bytes, error.valid_up_to())),
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|error| not_utf8(error.as_bytes(), error.utf8_error().valid_up_to())),
    }
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
