//! Files that are written by a program and read by people: replaced as a whole, or left as they are.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use crate::{
    error::{Error, Place, Result},
    random::random,
};

/// Lets a file say this and nothing else; whether that is new to it. Nobody ever sees half of it. `state` is what has been done before,
/// for the error.
pub(crate) fn replace(path: &Path, text: &str, state: &str) -> Result<bool> {
    // On some machines, git writes other line ends, and means the same.
    let is_same = |old: String| old == text || old.replace("\r\n", "\n") == text;
    if fs::read_to_string(path).is_ok_and(is_same) {
        return Ok(false);
    }
    let failed = |error: io::Error| {
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "; create its folder first",
            io::ErrorKind::PermissionDenied => {
                "; give the user of this program the right to write there"
            }
            _ => "",
        };
        Error::Source {
            place: Place::file(path.display().to_string()),
            problem: format!("cannot be written: {error}; {state}{advice}"),
        }
    };
    // What a link leads to is written, and the link stays; a pipe or a device is no file to be replaced.
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&real).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return fs::write(&real, text).map(|()| true).map_err(failed);
    }
    let beside = real.with_file_name(format!(".ambix-{:016x}", random()));
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| match &old {
            Some(old) => fs::set_permissions(&beside, old.permissions()),
            None => Ok(()),
        })
        .and_then(|()| fs::rename(&beside, &real));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.map(|()| true).map_err(failed)
}
