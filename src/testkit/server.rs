//! A throw-away server for tests that name none: started by the first test process that needs it, used by all that run at the same
//! time, and stopped some seconds after the last of them has ended. That is done by a shell script which runs beside them, since
//! nothing in a test process lives long enough to do it: see `throwaway.sh`.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{fingerprint::short_hash, source::TestServer};
use crate::{
    database::testkit::{
        ThrowAway,
        files::{failed, folder, make_shared_folder, publish, quick_folder, try_lock},
        testkit,
    },
    error::{Error, Result},
    random::random,
};

/// How long a server may take to start; the script gives up before.
const START: Duration = Duration::from_secs(90);

/// What is to be said of a database there that somebody wants to look at.
pub(super) const HINT: &str = " (until its throw-away server ends, some seconds after the tests; AMBIX_TESTKIT_GRACE=600 lets it \
                               wait so many, DATABASE_URL names a server that stays)";

/// The servers that this process uses.
static USED: Mutex<Vec<Used>> = Mutex::new(Vec::new());

struct Used {
    scheme: String,
    source: TestServer,
    /// Its end tells of ours.
    _users: File,
}

/// A server with this scheme.
pub(super) async fn throw_away(scheme: &str) -> Result<TestServer> {
    let Some(kind) = testkit(scheme)?.throw_away() else {
        return Err(Error::TestKit {
            problem: format!("no server can be started for {scheme}: set DATABASE_URL"),
        });
    };
    if cfg!(not(unix)) {
        return Err(Error::TestKit {
            problem: format!(
                "no server is known for the tests, and none can be started on this system: set DATABASE_URL ({scheme}://...)"
            ),
        });
    }
    let scheme = scheme.to_owned();
    // Starting takes seconds, in which other tests of this thread can continue.
    let (send, receive) = tokio::sync::oneshot::channel();
    thread::spawn(move || send.send(use_server(&scheme, kind)));
    receive.await.unwrap_or_else(|_| {
        Err(Error::TestKit { problem: "no server could be started".to_owned() })
    })
}

fn use_server(scheme: &str, kind: &ThrowAway) -> Result<TestServer> {
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = used.iter().find(|server| server.scheme == scheme) {
        return Ok(server.source.clone());
    }
    let kit = folder()?;
    let name = match std::env::var_os(kind.variable) {
        // Another version is another server: a run for each version must not get the server of the one before.
        Some(place) => format!("server-{scheme}-{}", short_hash(&place.to_string_lossy())),
        None => format!("server-{scheme}"),
    };
    let pointer = kit.join(&name);
    let _starting = wait_for_lock(&kit.join(format!("{name}.lock")))?;
    let known = read_pointer(&pointer);
    let running = known.as_deref().map(|server| (server, join_ready(server)));
    let (folder, users) = match running {
        // The watchdog looks for users once more after it has taken the pointer away, and never again: only where the pointer is
        // still there has it seen us, or will.
        Some((server, Some(users))) if read_pointer(&pointer) == known => {
            (server.to_owned(), users)
        }
        // It is about to end by itself.
        Some((_, Some(_))) | None => start(kind, &pointer, None)?,
        // Its watchdog has died.
        Some((server, None)) => start(kind, &pointer, Some(server))?,
    };
    let url = (kind.url)(&folder.display().to_string());
    let source = TestServer { url, thrown_away: Some(folder) };
    used.push(Used { scheme: scheme.to_owned(), source: source.clone(), _users: users });
    Ok(source)
}

/// One process starts a server, the others wait for that.
fn wait_for_lock(path: &Path) -> Result<File> {
    let begun = Instant::now();
    loop {
        if let Some(file) = try_lock(path)? {
            return Ok(file);
        }
        if begun.elapsed() > START {
            let text =
                format!("another process has been starting a server for {} s", START.as_secs());
            return Err(Error::TestKit { problem: text });
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn read_pointer(pointer: &Path) -> Option<PathBuf> {
    fs::read_to_string(pointer).ok().map(PathBuf::from)
}

/// As [`join`], for a server that may be starting: the process that wanted it was killed, and its watchdog continues.
fn join_ready(server: &Path) -> Option<File> {
    let users = join(server)?;
    let begun = Instant::now();
    while !server.join("ready").exists() {
        // A second try says whether the watchdog still lives.
        if begun.elapsed() > START || server.join("failed").exists() || join(server).is_none() {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Some(users)
}

/// Counts as a user of a server until the end of this process; none where nobody watches over it any more.
fn join(server: &Path) -> Option<File> {
    let mut options = File::options();
    options.write(true);
    // Opening waits for a reader otherwise, and there may be none.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NONBLOCK);
    let mut users = options.open(server.join("users")).ok()?;
    users.write_all(b"here\n").ok()?;
    Some(users)
}

/// `O_NONBLOCK`, for which alone a crate would be needed.
#[cfg(unix)]
const NONBLOCK: i32 = if cfg!(target_os = "linux") { 0o4000 } else { 4 };

fn start(kind: &ThrowAway, pointer: &Path, stale: Option<&Path>) -> Result<(PathBuf, File)> {
    let server = quick_folder().join(format!("ambix-server-{:08x}", random() >> 32));
    make_shared_folder(&server)?;
    // Before there is anything to clean up, so that the next start finds it whenever we are killed.
    publish(pointer, &server.display().to_string())?;
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{}\n{}", kind.script, ThrowAway::LIFE))
        .arg("ambix-testkit")
        .args([&server, pointer])
        .arg(stale.unwrap_or(Path::new("")))
        // A test runner waits until nobody has its pipes open any more.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A Ctrl-C is for the tests alone.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut script = command.spawn().map_err(|error| Error::TestKit {
        problem: format!("no server can be started for the tests: sh: {error}; set DATABASE_URL"),
    })?;
    let begun = Instant::now();
    let mut has_ended = false;
    while !has_ended && begun.elapsed() < START {
        if server.join("ready").exists()
            && let Some(users) = join(&server)
        {
            return Ok((server, users));
        }
        has_ended = script.try_wait().map_err(|error| failed(&server, &error))?.is_some();
        thread::sleep(Duration::from_millis(20));
    }
    let reason = fs::read_to_string(server.join("failed")).unwrap_or_default();
    if has_ended && !reason.is_empty() {
        // It has stopped what it had started.
        let _ = fs::remove_dir_all(&server);
        let _ = fs::remove_file(pointer);
    } else {
        // Its server may live: the next start finds it by the pointer.
        let _ = script.kill();
    }
    let reason = if reason.is_empty() { "the server did not start" } else { reason.trim() };
    Err(Error::TestKit {
        problem: format!("no server is named for the tests, and none could be started: {reason}"),
    })
}
