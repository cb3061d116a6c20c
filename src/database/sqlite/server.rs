//! Creating and dropping a database: its file.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use super::super::{BoxFuture, Connector, FailureKind, Server};
use crate::error::{Error, Result};

pub(super) struct Disk {
    pub(super) path: PathBuf,
    pub(super) own: Box<dyn Connector>,
}

fn failed(doing: &'static str, path: &Path, problem: impl std::fmt::Display) -> Error {
    Error::Database { doing, source: format!("{}: {problem}", path.display()).into() }
}

impl Disk {
    /// Whether the file can be what the URL says: everything that is removed was a database.
    fn is_database(&self) -> std::io::Result<bool> {
        let mut head = Vec::new();
        File::open(&self.path)?.take(16).read_to_end(&mut head)?;
        // An empty file is an empty database.
        Ok(head.is_empty() || head == b"SQLite format 3\0")
    }

    /// Whether another process is in the middle of something.
    async fn in_use(&mut self) -> Result<bool> {
        let mut session = self.own.dedicated("").await?;
        let begun = match session.run("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; ROLLBACK").await {
            Ok(_) => Ok(false),
            Err(failure) if failure.kind == FailureKind::Transient => Ok(true),
            Err(failure) => Err(failure.doing("dropping the database")),
        };
        session.close().await;
        begun
    }
}

impl Server for Disk {
    fn exists(&mut self) -> BoxFuture<'_, Result<bool>> {
        let exists = self.path.try_exists();
        let exists = exists.map_err(|error| failed("looking for the database", &self.path, error));
        Box::pin(async { exists })
    }

    fn create(&mut self) -> BoxFuture<'_, Result<bool>> {
        // An empty file is what the library itself begins with.
        let created = match File::create_new(&self.path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed("creating the database", &self.path, error)),
        };
        Box::pin(async { created })
    }

    fn remove(&mut self, force: bool) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            let doing = "dropping the database";
            if !self.exists().await? {
                return Ok(false);
            }
            let path = self.path.clone();
            if !self.is_database().map_err(|error| failed(doing, &path, error))? {
                return Err(failed(
                    doing,
                    &path,
                    "it is not an SQLite database; nothing was removed",
                ));
            }
            if !force && self.in_use().await? {
                let problem =
                    "another process writes to it; nothing was removed; `force` removes it anyway";
                return Err(failed(doing, &path, problem));
            }
            std::fs::remove_file(&path).map_err(|error| failed(doing, &path, error))?;
            for beside in ["-wal", "-shm", "-journal"] {
                let mut name = path.clone().into_os_string();
                name.push(beside);
                // Most of the time there is none.
                let _ = std::fs::remove_file(name);
            }
            Ok(true)
        })
    }
}
