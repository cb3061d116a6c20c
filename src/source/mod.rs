//! A folder of files <-> [`Migrations`]: compiled in or read at run time. The only user of `std::fs` beside locks.

mod disk;
mod markers;
mod name;
#[cfg(feature = "draft")]
mod replace;
#[cfg(feature = "draft")]
mod schema;
mod twins;
mod two_sided;
#[cfg(feature = "cli")]
mod write;

use std::{borrow::Cow, collections::HashMap, path::Path};

use include_dir::{Dir, DirEntry};

#[cfg(feature = "lint")]
pub(crate) use self::disk::age_of;
#[cfg(feature = "draft")]
pub(crate) use self::replace::replace;
#[cfg(all(feature = "cli", feature = "draft"))]
pub(crate) use self::schema::text as text_of;
use self::{
    disk::list,
    name::{FileName, Side, Unread},
    two_sided::{Halves, Unclear},
};
#[cfg(feature = "cli")]
pub(crate) use self::{
    name::{Key, read as read_name},
    write::{BuildScript, Edit, Files, TEMPLATES, apply, build_script, exists, make, templates},
};
use crate::{
    error::{Error, Place, Result},
    migration::{Migration, Migrations, Script, canonical},
    note::Note,
    sql::HIDDEN_LINE,
};

/// The file that lists all revisions with their checksums.
pub(crate) const SUM_FILE: &str = "ambix.sum";
/// The file that lists the findings which the linter keeps quiet about.
pub(crate) const BASELINE_FILE: &str = "ambix.lint";

/// A file as it was found: its path below the folder, with `/` between the parts, and its bytes.
struct FoundFile<'b> {
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
                    DirEntry::Dir(dir) if is_hidden(dir.path()) => {}
                    DirEntry::File(file) if is_hidden(file.path()) => {}
                    DirEntry::Dir(dir) => open.push(dir.entries()),
                    DirEntry::File(file) => found.push(FoundFile {
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
        Self::write_beside(folder, SUM_FILE, text)
    }

    /// Writes the linter's baseline into a folder.
    #[cfg(feature = "cli")]
    pub(crate) fn write_baseline(folder: &Path, text: &str) -> Result<()> {
        Self::write_beside(folder, BASELINE_FILE, text)
    }

    fn write_beside(folder: &Path, file: &str, text: &str) -> Result<()> {
        let path = folder.join(file);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        std::fs::write(&path, text).map_err(|error| Error::Source {
            place: Place::file(path.display().to_string()),
            problem: format!("cannot be written: {error}"),
        })
    }
}

/// The sides that were found under one name.
#[derive(Default)]
struct MigrationSides {
    name: Option<FileName>,
    up: Option<Script>,
    down: Option<Script>,
    /// What the `metadata.toml` of the folder, or the mark of a half, says of transactions.
    transaction: Option<bool>,
}

impl MigrationSides {
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
        let up = self.up?;
        let message = message(up.text(), &name.words).map(str::to_owned);
        let message = message.unwrap_or(name.words);
        let mut migration = Migration::of_scripts(name.revision, message, up, self.down);
        migration.transaction = self.transaction.unwrap_or(true);
        Some(migration.finish())
    }
}

/// The message as it was typed, which is the first comment of a file that has been written from it: the file's name has its
/// words alone.
fn message<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    const CUT: usize = 24; // A message of so many letters may have lost its end in the name.
    let is_head = |line: &&str| {
        line.trim().is_empty()
            || line.starts_with("-- ambix:")
            || line.starts_with("-- no-transaction")
    };
    let comment = text.lines().find(|line| !is_head(line))?.strip_prefix("-- ")?.trim();
    let letters = |text: &str| -> String {
        text.to_lowercase().chars().filter(|sign| sign.is_alphanumeric()).collect()
    };
    let (typed, named) = (letters(comment), letters(words));
    let is_cut = named.chars().count() >= CUT && typed.starts_with(&named);
    (!named.is_empty() && (typed == named || is_cut)).then_some(comment)
}

/// The two sides of a file that has both; a file whose name says which side it is cannot have them.
fn halves(file: &str, text: &str) -> Result<Option<Halves>> {
    let unclear = |Unclear { line, problem }| {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Error::Source { place: Place::new(file, line, 0), problem }
    };
    let one_sided = name::is_one_sided(file);
    let halves = two_sided::split(text, one_sided).map_err(unclear)?;
    if halves.is_some() && one_sided {
        let problem = "has the marks of a file with both sides, but its name says that it is one of them; leave the marks \
                       out, or name it `<version>_<name>.sql`";
        return Err(source(file, problem.to_owned()));
    }
    Ok(halves)
}

/// All files in pairs, in the order in which the first of each pair came.
struct Pairs {
    sides: Vec<MigrationSides>,
    /// What the two sides of a pair have in common, and where it is.
    at: HashMap<String, usize>,
}

impl Pairs {
    fn with_capacity(files: usize) -> Self {
        Self { sides: Vec::with_capacity(files), at: HashMap::with_capacity(files) }
    }

    fn of(&mut self, name: String) -> &mut MigrationSides {
        let at = *self.at.entry(name).or_insert(self.sides.len());
        if at == self.sides.len() {
            self.sides.push(MigrationSides::default());
        }
        &mut self.sides[at]
    }

    fn add(&mut self, file: FoundFile<'_>) -> Result<()> {
        if let Some(folder) = name::with_metadata(&file.path) {
            let transaction = run_in_transaction(&file.path, &text(&file.path, file.bytes)?)?;
            self.of(folder.to_owned()).transaction = Some(transaction);
            return Ok(());
        }
        if let Some(problem) = name::in_another_language(&file.path) {
            return Err(source(&file.path, problem));
        }
        let mut name = match name::read(&file.path) {
            Ok(Some(name)) => name,
            Ok(None) => return Ok(()),
            Err(Unread(problem)) => return Err(source(&file.path, problem)),
        };
        let text = canonical_of(text(&file.path, file.bytes)?);
        if let Some(line) = hidden_line(&text) {
            let place = Place::new(&*file.path, u32::try_from(line).unwrap_or(u32::MAX), 0);
            return Err(Error::Source { place, problem: HIDDEN_LINE.to_owned() });
        }
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

    /// Joins the two sides of a migration whose names say the same but for the slug.
    fn join(&mut self) {
        let same = |at: usize, sides: &[MigrationSides]| -> Option<(String, String)> {
            let (version, id) = sides[at].name.as_ref()?.same()?;
            Some((version.to_owned(), id.to_owned()))
        };
        for at in 0..self.sides.len() {
            if self.sides[at].up.is_some() || self.sides[at].down.is_none() {
                continue;
            }
            let Some(wanted) = same(at, &self.sides) else { continue };
            let fits = |&other: &usize| {
                let sides = &self.sides[other];
                sides.up.is_some() && sides.down.is_none()
            };
            let ups = (0..self.sides.len())
                .filter(fits)
                .filter(|&other| same(other, &self.sides).as_ref() == Some(&wanted));
            if let &[up] = ups.collect::<Vec<_>>().as_slice() {
                self.sides[up].down = self.sides[at].down.take();
                self.sides[at].name = None;
            }
        }
    }
}

/// Pairs the sides, reads the directives, and sorts by version.
fn assemble(mut found: Vec<FoundFile<'_>>) -> Result<Migrations> {
    // A folder is listed in any order, and the first error should not depend on it.
    found.sort_by(|a, b| a.path.cmp(&b.path));
    // A line break would make two lines of what is said of it, the second of which says what its author likes.
    if let Some(file) = found.iter().find(|file| file.path.contains('\n')) {
        let shown = file.path.escape_debug().to_string();
        return Err(source(&shown, "has a line break in its name; rename it".to_owned()));
    }
    let notes = leave_out(&mut found);
    let options = flyways_options(&mut found)?;
    let mut pairs = Pairs::with_capacity(found.len());
    let (mut sum, mut baseline) = (None, None);
    for file in found {
        if file.path == SUM_FILE {
            sum = Some(text(&file.path, file.bytes)?.replace("\r\n", "\n"));
        } else if file.path == BASELINE_FILE {
            baseline = Some(text(&file.path, file.bytes)?.replace("\r\n", "\n"));
        } else {
            pairs.add(file)?;
        }
    }
    pairs.join();
    let mut sides = pairs.sides;
    // A metadata.toml alone is not ours.
    sides.retain(|pair| pair.name.is_some());
    if let Some(MigrationSides { name: Some(name), down: Some(down), .. }) =
        sides.iter().find(|pair| pair.up.is_none())
    {
        return Err(source(down.file(), name.lonely_down()));
    }
    for (file, transaction) in options {
        set_transaction(&file, transaction, &mut sides)?;
    }
    sides.sort_by(|a, b| a.order().cmp(&b.order()));
    let twins = twins::find(&sides);
    let list: Vec<Migration> =
        sides.into_iter().filter_map(MigrationSides::into_migration).collect::<Result<_>>()?;
    twins::refuse(&twins, &list)?;
    Ok(Migrations { list, sum, baseline, notes })
}

/// Takes out what stands beside diesel's folders, and what may be meant as a migration and is not read, and says so.
fn leave_out(found: &mut Vec<FoundFile<'_>>) -> Vec<Note> {
    let mut unread = Vec::new();
    found.retain(|file| {
        let is_unread = name::is_nearly_sql(&file.path);
        if is_unread {
            unread.push(file.path.clone().into_owned());
        }
        !is_unread
    });
    let mut files = Vec::new();
    if found.iter().any(|file| name::is_in_folder(&file.path)) {
        found.retain(|file| {
            let is_beside = name::is_beside_folders(&file.path);
            if is_beside {
                files.push(file.path.clone().into_owned());
            }
            !is_beside
        });
    }
    let left_out = [files, unread].into_iter().filter(|files| !files.is_empty());
    left_out.map(|files| Note::FilesLeftOut { files }).collect()
}

/// The canonical form of a text, which is the text itself where it is that already.
fn canonical_of(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => canonical(text),
        Cow::Owned(text) if canonical(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(canonical(&text).into_owned()),
    }
}

/// The line, from 1, with a comment in which a carriage return alone hides another line.
fn hidden_line(text: &str) -> Option<usize> {
    if !text.contains('\r') {
        return None;
    }
    let hides = |line: &str| {
        let mut parts = line.split('\r');
        parts.any(|part| part.trim_start().starts_with("--"))
            && parts.any(|part| !part.trim().is_empty())
    };
    text.lines().position(hides).map(|at| at + 1)
}

/// Whether it is an editor's, a system's or version control's.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
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
            problem: match bytes {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                    "the file is UTF-16, which the `>` of PowerShell writes; save it as UTF-8 (of a dump, let the program write the \
                     file: its option for that is `-f` or `--result-file`)"
                        .to_owned()
                }
                _ => format!(
                    "byte {:#04x} is not UTF-8; save the file as UTF-8 (a dump with binary columns needs --hex-blob)",
                    bytes[end]
                ),
            },
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

/// Takes out the files with Flyway's options, and says what they say of transactions.
fn flyways_options(found: &mut Vec<FoundFile<'_>>) -> Result<Vec<(String, bool)>> {
    if !found.iter().any(|file| name::with_options(&file.path).is_some()) {
        return Ok(Vec::new());
    }
    let mut options = Vec::new();
    let mut rest = Vec::with_capacity(found.len());
    for file in found.drain(..) {
        let Some(of) = name::with_options(&file.path).map(str::to_owned) else {
            rest.push(file);
            continue;
        };
        let path = file.path.into_owned();
        if let Some(transaction) = execute_in_transaction(&path, &text(&path, file.bytes)?)? {
            options.push((of, transaction));
        }
    }
    *found = rest;
    Ok(options)
}

/// The keys of a file with Flyway's options that mean something here. What else would change what is run is refused.
fn execute_in_transaction(path: &str, text: &str) -> Result<Option<bool>> {
    let mut transaction = None;
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let refused =
            |problem: String| Error::Source { place: Place::new(path, number, 0), problem };
        let (key, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        let lower = value.to_ascii_lowercase();
        match (key.strip_prefix("flyway.").unwrap_or(key), lower.as_str()) {
            ("executeInTransaction", "true") => transaction = Some(true),
            ("executeInTransaction", "false") => transaction = Some(false),
            ("encoding", "utf-8" | "utf8" | "us-ascii") => {}
            ("placeholderReplacement", "false") => {}
            ("shouldExecute", "true") | ("outputQueryResults", _) => {}
            _ => {
                return Err(refused(format!(
                    "`{key}={value}` is not honoured; honoured is `executeInTransaction`; write what it does into the SQL, and take \
                     this line out"
                )));
            }
        }
    }
    Ok(transaction)
}

/// Lets the options of a file hold for its migration.
fn set_transaction(file: &str, transaction: bool, sides: &mut [MigrationSides]) -> Result<()> {
    let is = |script: &Option<Script>| script.as_ref().is_some_and(|found| found.file() == file);
    if let Some(found) = sides.iter_mut().find(|sides| is(&sides.up)) {
        found.transaction = Some(transaction);
        return Ok(());
    }
    let has_down = sides.iter().any(|sides| is(&sides.down));
    if has_down && transaction {
        return Ok(());
    }
    let problem = if has_down {
        format!(
            "the options of a down side are not read; write `-- ambix: transaction none` at the head of {file}, and take this \
             file out of the folder"
        )
    } else {
        format!(
            "there is no {file} whose options these could be; rename this file, or take it out of the folder"
        )
    };
    Err(source(&format!("{file}.conf"), problem))
}

/// The one key of diesel's `metadata.toml`. As diesel reads it: a file without the key means false.
fn run_in_transaction(path: &str, text: &str) -> Result<bool> {
    for (line, number) in text.lines().zip(1..) {
        let Some((key, value)) = line.split('#').next().and_then(|line| line.split_once('='))
        else {
            continue;
        };
        if key.trim().trim_matches(['"', '\'']) != "run_in_transaction" {
            continue;
        }
        return value.trim().parse().map_err(|_| Error::Source {
            place: Place::new(path, number, 0),
            problem: "`run_in_transaction` is true or false, without quotes".to_owned(),
        });
    }
    Ok(false)
}
