//! A schema that is written in SQL: a file, or the files of a folder.

use std::{borrow::Cow, fs, path::Path};

use include_dir::{Dir, DirEntry};

use super::{
    disk::{list, refuse_pipe},
    is_hidden, slashed, text as utf8,
};
use crate::{
    error::{Error, Place, Result},
    migration::Script,
    schema::SchemaSql,
};

impl SchemaSql {
    /// Reads a file, or all files of a folder whose names end in `.sql`, with those of its folders. Hidden files are left out.
    ///
    /// # Errors
    /// [`Error::Source`] names the file or folder that cannot be read, or that has no SQL.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if !path.is_dir() {
            return Ok(Self::new([(path.display().to_string(), text(path)?)]));
        }
        let files = list(path)?.into_iter();
        let files = files.map(|file| (path.join(&*file.path).display().to_string(), file.bytes));
        assemble(path.display().to_string(), files)
    }
}

/// The files of an embedded folder whose names end in `.sql`. [`schema_sql!`](crate::schema_sql!) embeds a file as well. If the folder
/// has no such file, or one that is not UTF-8, drafts return [`Error::Source`].
impl From<&Dir<'_>> for SchemaSql {
    fn from(dir: &Dir<'_>) -> Self {
        let (mut files, mut open) = (Vec::new(), vec![dir.entries()]);
        while let Some(entries) = open.pop() {
            for entry in entries {
                match entry {
                    DirEntry::Dir(dir) if !is_hidden(dir.path()) => open.push(dir.entries()),
                    DirEntry::File(file) if !is_hidden(file.path()) => {
                        let name = slashed(file.path().to_string_lossy()).into_owned();
                        files.push((name, Cow::Borrowed(file.contents())));
                    }
                    DirEntry::Dir(_) | DirEntry::File(_) => {}
                }
            }
        }
        let folder = "the embedded folder of the schema".to_owned();
        assemble(folder.clone(), files).unwrap_or_else(|error| match error {
            Error::Source { place, problem } => Self::unreadable(place.to_string(), problem),
            error => Self::unreadable(folder, error.to_string()),
        })
    }
}

/// Those files of a folder that have SQL.
fn assemble<'f>(
    folder: String,
    files: impl IntoIterator<Item = (String, Cow<'f, [u8]>)>,
) -> Result<SchemaSql> {
    let mut found = Vec::new();
    for (name, bytes) in files.into_iter().filter(|(name, _)| is_sql(name)) {
        let text = utf8(&name, bytes)?.into_owned();
        Script::new(name.clone(), &text).check()?;
        found.push((name, text));
    }
    if found.is_empty() {
        return Err(Error::Source {
            place: Place::file(folder),
            problem: "no file of this folder ends in .sql, so it says nothing of a schema; put the schema's files into it"
                .to_owned(),
        });
    }
    Ok(SchemaSql::new(found))
}

fn is_sql(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("sql"))
}

/// A text that is no migration: a schema to draft from. Only the pipe that a shell has opened already (`<(command)`) is read; to any
/// other somebody may never write.
pub(crate) fn text(path: &Path) -> Result<String> {
    let file = path.display().to_string();
    if !path.starts_with("/dev/fd") && path != Path::new("/dev/stdin") {
        refuse_pipe(path)?;
    }
    let text = fs::read_to_string(path).map_err(|error| Error::Source {
        place: Place::file(&file),
        problem: format!("cannot be read: {error}"),
    })?;
    Script::new(file, &text).check()?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_never_end_is_not_read() {
        for device in ["/dev/null", "/dev/zero"].into_iter().filter(|_| cfg!(unix)) {
            let error = text(Path::new(device)).unwrap_err().to_string();
            assert!(error.contains("is not a file"), "{error}");
        }
        assert!(text(Path::new("Cargo.toml")).is_ok());
        assert!(text(Path::new(".")).unwrap_err().to_string().contains("cannot be read"));
    }
}
