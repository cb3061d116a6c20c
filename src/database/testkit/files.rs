//! The kit's own folder, and files as locks: free as soon as their process ends, however that goes.

use std::{
    env,
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    error::{Error, Result},
    random::random,
};

/// The folder that all processes of this user share; in the one for temporary files.
pub(crate) fn folder() -> Result<PathBuf> {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| env::var(name).ok());
    let user = user.unwrap_or_else(|| "user".to_owned());
    let safe: String = user.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let folder = env::temp_dir().join(format!("ambix-testkit-{safe}"));
    make_folder(&folder)?;
    #[cfg(unix)]
    check_owner(&folder)?;
    Ok(folder)
}

/// Everybody can make a folder with this name before we do, and have us write where links in it lead.
#[cfg(unix)]
fn check_owner(folder: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::symlink_metadata(folder).map_err(|error| failed(folder, &error))?;
    // A new file says who we are.
    let probe = folder.join(format!("owner-{:x}", random()));
    let ours = File::create_new(&probe).and_then(|file| file.metadata());
    let _ = fs::remove_file(&probe);
    let ours = ours.map_err(|error| failed(folder, &error))?;
    if found.is_dir() && found.uid() == ours.uid() && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    let problem = format!(
        "the test kit does not use {}: it is somebody else's, or others may write in it: remove it, or set TMPDIR",
        folder.display()
    );
    Err(Error::TestKit { problem })
}

/// Makes a folder that only its user may look into.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(folder, &error)),
        _ => Ok(()),
    }
}

/// Makes a folder that other users may go through, to what is theirs in it: a server has a user of its own.
pub(crate) fn make_shared_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o711);
    builder.create(folder).map_err(|error| failed(folder, &error))
}

/// Where files cost no disk, if there is plenty of room; otherwise the folder for temporary files, if a server with a user of its
/// own can reach it and a socket's path fits there, which may have 107 bytes.
pub(crate) fn quick_folder() -> PathBuf {
    let (memory, temporary) = (Path::new("/dev/shm"), env::temp_dir());
    if env::var_os("TMPDIR").is_none() && has_room(memory) {
        return memory.to_owned();
    }
    // Shell scripts of a server take no blank, and a URL has signs of its own.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let text = temporary.to_string_lossy();
    let fits = text.len() < 60 && temporary.is_absolute() && text.chars().all(is_plain);
    if fits && is_open(&temporary) { temporary } else { PathBuf::from("/tmp") }
}

/// Whether other users may go through a folder, and through all above it.
fn is_open(folder: &Path) -> bool {
    #[cfg(unix)]
    return folder.ancestors().all(|folder| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(folder).is_ok_and(|data| data.permissions().mode() & 0o001 != 0)
    });
    #[cfg(not(unix))]
    folder.is_dir()
}

/// Whether a folder in memory has room for a server: a container has 64 MiB there, which are used up by the second database. What
/// is in it takes memory from compilers.
fn has_room(folder: &Path) -> bool {
    const GIB: u64 = 1024 * 1024; // in KiB
    let room = || {
        let output =
            Command::new("df").arg("-Pk").arg(folder).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok()
    };
    let memory = || {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    room().is_some_and(|room| room >= 6 * GIB) && memory().is_some_and(|memory| memory >= 12 * GIB)
}

/// A file that is locked as long as it is open.
pub(crate) type FileLock = File;

/// The file, where nobody else has it locked. It is made where it is missing.
pub(crate) fn try_lock(path: &Path) -> Result<Option<FileLock>> {
    let open = File::options().create(true).truncate(false).write(true).open(path);
    let file = open.map_err(|error| failed(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(path, &error)),
    }
}

/// What a file says that is not older than this.
pub(crate) fn read_recent(path: &Path, age: Duration) -> Option<String> {
    let changed = fs::metadata(path).and_then(|data| data.modified()).ok()?;
    changed.elapsed().is_ok_and(|elapsed| elapsed < age).then(|| fs::read_to_string(path).ok())?
}

/// Writes a file so that others see all of it or nothing.
pub(crate) fn publish(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| failed(path, &error))
}

pub(crate) fn failed(path: &Path, error: &io::Error) -> Error {
    Error::TestKit { problem: format!("the test kit cannot use {}: {error}", path.display()) }
}
