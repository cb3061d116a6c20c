//! A throw-away server for tests that name none: started by the first test process that needs it, used by all that run at the same
//! time, and stopped some seconds after the last of them has ended. That is done by a shell script which runs beside them, since
//! nothing in a test process lives long enough to do it: see `throwaway.sh`.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use crate::{
    database::{
        copies::{
            ThrowAway,
            files::{failed, folder, make_shared_folder, publish, quick_folder, try_lock},
            unique,
        },
        driver,
    },
    error::{Error, Result},
};

/// How long a server may take to start; the script gives up before.
const START: Duration = Duration::from_secs(90);

/// The servers that this process uses: their schemes, their URLs, and the files whose end tells of ours.
static USED: Mutex<Vec<(String, String, File)>> = Mutex::new(Vec::new());

/// The URL of a server with this scheme.
pub(super) async fn url(scheme: &str) -> Result<String> {
    let Some(kind) = driver(scheme)?.throw_away else {
        return Err(Error::Unsupported(format!(
            "no server can be started for {scheme}: set DATABASE_URL"
        )));
    };
    let scheme = scheme.to_owned();
    // Starting takes seconds, in which other tests of this thread can go on.
    let (send, receive) = tokio::sync::oneshot::channel();
    thread::spawn(move || send.send(use_server(&scheme, kind)));
    receive
        .await
        .unwrap_or_else(|_| Err(Error::Unsupported("no server could be started".to_owned())))
}

fn use_server(scheme: &str, kind: &ThrowAway) -> Result<String> {
    let mut used = USED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, url, _)) = used.iter().find(|(known, _, _)| known == scheme) {
        return Ok(url.clone());
    }
    let kit = folder()?;
    let pointer = kit.join(format!("server-{scheme}"));
    let _starting = wait_for_lock(&kit.join(format!("server-{scheme}.lock")))?;
    let known = fs::read_to_string(&pointer).ok().map(PathBuf::from);
    let (server, users) = match known.as_deref().and_then(|server| Some((server, join(server)?))) {
        Some((server, users)) => (server.to_owned(), users),
        // Its folder, where there is one, is that of a server whose watchdog has died.
        None => start(kind, &pointer, known.as_deref())?,
    };
    let url = (kind.url)(&server.display().to_string());
    used.push((scheme.to_owned(), url.clone(), users));
    Ok(url)
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
            return Err(Error::Unsupported(text));
        }
        thread::sleep(Duration::from_millis(20));
    }
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
    let server = quick_folder().join(format!("ambix-server-{:08x}", unique() >> 32));
    make_shared_folder(&server)?;
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{}\n{}", kind.script, ThrowAway::LIFE))
        .arg("ambix-testkit")
        .args([&server, pointer])
        .arg(stale.unwrap_or(Path::new("")))
        .current_dir("/")
        // A test runner waits until nobody has its pipes open any more.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A Ctrl-C is for the tests alone.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut script = command.spawn().map_err(|error| {
        Error::Unsupported(format!(
            "no server can be started for the tests: sh: {error}; set DATABASE_URL"
        ))
    })?;
    let begun = Instant::now();
    while begun.elapsed() < START {
        if server.join("ready").exists()
            && let Some(users) = join(&server)
        {
            publish(pointer, &server.display().to_string())?;
            return Ok((server, users));
        }
        let has_ended = script.try_wait().map_err(|error| failed(&server, &error))?.is_some();
        if has_ended {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let reason = fs::read_to_string(server.join("failed")).unwrap_or_default();
    let reason = if reason.is_empty() { "the server did not start" } else { reason.trim() };
    let text = format!("no server is named for the tests, and none could be started: {reason}");
    let _ = script.kill();
    let _ = fs::remove_dir_all(&server);
    Err(Error::Unsupported(text))
}
