//! The files of a folder on the disk. Only files are read, and none that is elsewhere: whoever may write into a folder of
//! migrations could otherwise have another file of the machine read, or a program wait for ever.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{FoundFile, is_hidden, name, source};
use crate::error::{Error, Place, Result};

/// The files below a folder that may be part of the migrations.
pub(super) fn list(folder: &Path) -> Result<Vec<FoundFile<'static>>> {
    let mut listing = Listing { root: folder, real: None, seen: HashSet::new(), found: Vec::new() };
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = open.pop() {
        for entry in fs::read_dir(&path).map_err(|error| unlisted(&path, &error))? {
            let entry = entry.map_err(|error| unlisted(&path, &error))?;
            let file_name = entry.file_name();
            if is_hidden(Path::new(&file_name)) {
                continue;
            }
            let name = format!("{prefix}{}", file_name.to_string_lossy());
            // The list says what a file is, but not what a link leads to.
            let kind = entry.file_type().ok();
            let path = entry.path();
            match kind {
                Some(kind) if kind.is_dir() => open.push((path, format!("{name}/"))),
                Some(kind) if kind.is_file() => listing.add(&path, name)?,
                _ => {
                    if listing.follow(&path, &name)? {
                        open.push((path, format!("{name}/")));
                    }
                }
            }
        }
    }
    Ok(listing.found)
}

struct Listing<'f> {
    root: &'f Path,
    /// The folder without links, once that is asked.
    real: Option<PathBuf>,
    /// The folders to which links have led.
    seen: HashSet<PathBuf>,
    found: Vec<FoundFile<'static>>,
}

impl Listing<'_> {
    fn add(&mut self, path: &Path, name: String) -> Result<()> {
        let mut bytes = Vec::new();
        if name::is_ours(&name) {
            bytes = read(path).map_err(|error| unread(path, &error))?;
        } else if name::in_another_language(&name).is_none() && !name::is_nearly_sql(&name) {
            return Ok(());
        }
        self.found.push(FoundFile { path: name.into(), bytes: bytes.into() });
        Ok(())
    }

    /// Reads what a link leads to; whether that is a folder.
    fn follow(&mut self, path: &Path, name: &str) -> Result<bool> {
        let matters = name::is_ours(name) || name::in_another_language(name).is_some();
        let kind = match fs::metadata(path) {
            Ok(found) => found.file_type(),
            Err(error) if matters => return Err(unread(path, &error)),
            Err(_) => return Ok(false),
        };
        if !kind.is_dir() && !matters {
            return Ok(false);
        }
        if !kind.is_dir() && !kind.is_file() {
            let problem = "is not a file (but a pipe, a socket or a device), and is not read; take it out of the folder";
            return Err(source(&path.display().to_string(), problem.to_owned()));
        }
        let real = fs::canonicalize(path).map_err(|error| unread(path, &error))?;
        if self.real.is_none() {
            let root = fs::canonicalize(self.root).map_err(|error| unlisted(self.root, &error))?;
            self.real = Some(root);
        }
        let is_inside = self.real.as_ref().is_some_and(|root| real.starts_with(root));
        if !is_inside {
            let problem = "is a link that leads out of the folder, and is not followed; put the file itself here";
            return Err(source(&path.display().to_string(), problem.to_owned()));
        }
        if !kind.is_dir() {
            self.add(path, name.to_owned())?;
            return Ok(false);
        }
        if self.real.as_ref().is_some_and(|root| root.starts_with(&real)) || !self.seen.insert(real)
        {
            let problem = "is a link to a folder that is read already; take it out of the folder";
            return Err(source(&path.display().to_string(), problem.to_owned()));
        }
        Ok(true)
    }
}

/// `fs::read` asks for the size first, which takes as long as reading a file as short as these.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(u64::MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How long ago a file was changed.
pub(crate) fn age_of(path: &Path) -> io::Result<std::time::Duration> {
    let changed = fs::metadata(path)?.modified()?;
    // A clock that is a little behind makes it no older.
    Ok(changed.elapsed().unwrap_or_default())
}

fn unlisted(path: &Path, error: &io::Error) -> crate::error::Error {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "; make it, or name the folder where the migrations are",
        io::ErrorKind::NotADirectory => "; name the folder that the file is in",
        io::ErrorKind::PermissionDenied => "; give the user of this program the right to read it",
        _ => "",
    };
    source(&path.display().to_string(), format!("the folder cannot be read: {error}{advice}"))
}

fn unread(path: &Path, error: &io::Error) -> crate::error::Error {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => {
            "; what the link leads to is gone: put the file itself here, or remove the link"
        }
        io::ErrorKind::PermissionDenied => "; give the user of this program the right to read it",
        _ => "",
    };
    source(&path.display().to_string(), format!("the file cannot be read: {error}{advice}"))
}

/// A text of which nobody knows when it ends.
pub(super) fn refuse_pipe(path: &Path) -> Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Err(Error::Source {
            place: Place::file(path.display().to_string()),
            problem: "is not a file (but a pipe, a socket or a device), and is not read; name a file, or /dev/stdin".to_owned(),
        });
    }
    Ok(())
}
