//! A file beside the database file, locked by the operating system.
//!
//! `BEGIN IMMEDIATE` keeps two steps apart and the fence keeps two runners apart, but neither spans the work between two
//! transactions (VACUUM, a journal mode) or tells a waiter to wait. An operating system's file lock does, is gone with the
//! process that held it, and holds no reader up. An in-memory database has one process and needs none.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::{super::*, HISTORY};
use crate::migration::Checksum;

#[derive(Debug)]
pub(super) struct DatabaseFileLock {
    pub(super) table: HistoryTable,
    pub(super) who: String,
    /// The file's path, and the open file while it is ours.
    pub(super) path: Option<PathBuf>,
    pub(super) held: Option<File>,
}

impl DatabaseFileLock {
    /// Where the lock is, or nothing for a database in memory; and the time, which the database can format.
    pub(super) async fn locate(
        &mut self,
        session: &mut dyn Session,
    ) -> Result<(Option<PathBuf>, String), Failure> {
        let schema = self.table.schema.as_deref().unwrap_or("main");
        let schema = super::Sqlite.literal(schema);
        let query = fill(section!(HISTORY, "file"), &[("schema", &schema)]);
        let row = session.run(&query).await?.into_iter().next().unwrap_or_default();
        let text = |name: &str| row.find(name).unwrap_or_default();
        // Two migration sets in one file do not wait for each other; a name of any signs and length becomes a short one.
        let key = Checksum::of(&self.table.name).to_string();
        let path = (!text("file").is_empty())
            .then(|| format!("{}-ambix-{}", text("file"), &key[7..15]).into());
        Ok((path, text("now").to_owned()))
    }
}

impl MigrationLock for DatabaseFileLock {
    fn acquire<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<bool, Failure>> {
        Box::pin(async move {
            let (path, now) = self.locate(session).await?;
            self.path.clone_from(&path);
            let Some(path) = path else { return Ok(true) };
            let taken = take(&path).map_err(|error| {
                let message = format!("cannot lock {}: {error}", path.display());
                Failure::new(FailureKind::Other, message)
            })?;
            self.held = taken;
            let Some(file) = &mut self.held else { return Ok(false) };
            let text =
                format!("it is held by process {} ({}) since {now}", std::process::id(), self.who);
            // Who holds it is for people; a full disk must not stop the run here.
            let _ = file
                .set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| file.write_all(text.as_bytes()));
            Ok(true)
        })
    }

    fn release(&mut self) -> BoxFuture<'_, ()> {
        release(self);
        Box::pin(async {})
    }

    fn holder<'s>(
        &'s mut self,
        _session: &'s mut dyn Session,
        _opening: Option<&'s SessionInfo>,
    ) -> BoxFuture<'s, Option<String>> {
        let path = self.path.clone();
        Box::pin(async move {
            let mut text = String::new();
            File::open(path?).ok()?.take(1000).read_to_string(&mut text).ok()?;
            (!text.is_empty()).then_some(text)
        })
    }
}

/// The lock must go with the runner, also where its future is dropped.
impl Drop for DatabaseFileLock {
    fn drop(&mut self) {
        release(self);
    }
}

fn release(lock: &mut DatabaseFileLock) {
    if let (Some(file), Some(path)) = (lock.held.take(), &lock.path) {
        // Removed while it is still locked: whoever opened it meanwhile sees that it is no longer the file of that name.
        if cfg!(unix) {
            let _ = std::fs::remove_file(path);
        }
        drop(file);
    }
}

/// What the holder of a lock has written into its file; nothing where nobody holds it.
pub(super) fn held_by(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    // A file that was left behind by a runner that was killed is locked by nobody.
    if file.try_lock_shared().is_ok() {
        return None;
    }
    let mut text = String::new();
    let _ = Read::take(&mut file, 1000).read_to_string(&mut text);
    Some(text.strip_prefix("it is held by ").map_or(text.clone(), str::to_owned))
}

/// The process that has locked a database file for writing, where the system lists its locks (Linux does).
pub(super) fn writer(database: &Path) -> Option<String> {
    // Where the file format has its write lock: a byte of the file itself, or one of the shared memory beside it.
    const RESERVED: u64 = 0x4000_0001;
    const WAL_WRITE: u64 = 120;
    // A longer list than one read gives is not of one moment, and a lock can be missing from it.
    const LOOKS: usize = 5;
    let mut shared = database.to_owned().into_os_string();
    shared.push("-shm");
    let files = [(inode(database), RESERVED), (inode(Path::new(&shared)), WAL_WRITE)];
    let look = |_| {
        let list = listed_locks().ok()?;
        files.iter().find_map(|&(inode, byte)| writer_in(&list, inode, byte))
    };
    let pid = (0..LOOKS).find_map(look)?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(match name.trim() {
        "" => format!("process {pid}"),
        name => format!("process {pid} ({name})"),
    })
}

/// The locks of the system, in as few reads as it allows. Between two reads it remembers a position in the list and no lock: where
/// an earlier one goes meanwhile, the next read leaves one out. `read_to_string` begins with small reads, and left out 6 of 100
/// beside two processes that lock and unlock all the time.
fn listed_locks() -> std::io::Result<String> {
    let mut file = File::open("/proc/locks")?;
    let mut buffer = vec![0; 1 << 16];
    let mut list = Vec::new();
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(String::from_utf8_lossy(&list).into_owned()),
            length => list.extend_from_slice(&buffer[..length]),
        }
    }
}

/// Reads lines like `1: POSIX ADVISORY WRITE 4711 08:01:262144 1073741825 1073741825`.
fn writer_in(list: &str, inode: Option<u64>, byte: u64) -> Option<u32> {
    let suffix = format!(":{}", inode?);
    list.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, "WRITE", pid, file, start, end] = fields[..] else { return None };
        let start: u64 = start.parse().ok()?;
        let covers =
            start <= byte && (end == "EOF" || end.parse().is_ok_and(|end: u64| byte <= end));
        // A process of another container has no number here.
        let pid = pid.parse().ok().filter(|&pid: &u32| pid > 0);
        pid.filter(|_| covers && file.ends_with(&suffix))
    })
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|metadata| metadata.ino())
}

#[cfg(not(unix))]
fn inode(_path: &Path) -> Option<u64> {
    None
}

/// The locked file; nothing where another runner has it.
fn take(path: &Path) -> std::io::Result<Option<File>> {
    loop {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) if is_still(&file, path)? => return Ok(Some(file)),
            // The holder before us has removed it: take the present one.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Whether the path still leads to this open file.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    match std::fs::metadata(path) {
        Ok(there) => Ok(there.ino() == file.metadata()?.ino()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Elsewhere the file is never removed.
#[cfg(not(unix))]
fn is_still(_file: &File, _path: &Path) -> std::io::Result<bool> {
    Ok(true)
}
