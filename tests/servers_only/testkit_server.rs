//! The server that the test kit starts where none is named.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ambix::{
    Migration, Migrations, Migrator,
    testkit::{MigrationCheck, MigrationTests, TestDatabase},
};

use crate::{setup::Pool, support::unique};

/// What the tests below run: it uses a server that nobody has named, until its input ends.
#[tokio::test]
#[ignore = "the child of other tests"]
async fn child() {
    let migrations = Migrations::new([
        Migration::new("1", "create users").up("CREATE TABLE users (id int PRIMARY KEY)")
    ]);
    let migrator = Migrator::from_migrations(migrations.unwrap()).unwrap();
    let database = match TestDatabase::<Pool>::new(&migrator).await {
        Ok(database) => database,
        Err(error) => return println!("\nerror={error}"),
    };
    // Of all that are compiled in, this one.
    let tests = MigrationTests::new(&migrator).database(crate::setup::SCHEME);
    tests.check(MigrationCheck::Upgrade).await.unwrap();
    sqlx::query("INSERT INTO users VALUES (1)").execute(database.pool()).await.unwrap();
    println!("\nurl={}", database.url());
    if std::env::var_os("AMBIX_CHILD_FAILS").is_some() {
        return database.keep().await.unwrap();
    }
    let wait = || std::io::stdin().read_line(&mut String::new());
    tokio::task::spawn_blocking(wait).await.unwrap().unwrap();
    database.close().await.unwrap();
}

/// A folder in which no other test's server is.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        // A socket's path is short.
        let folder = std::env::temp_dir().join(unique("amb"));
        std::fs::create_dir(&folder).unwrap();
        // The server has a user of its own.
        #[cfg(unix)]
        std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o711))
            .unwrap();
        Self(folder)
    }

    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let (_, module) = module_path!().split_once("::").unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--ignored", "--exact", &format!("{module}::child"), "--nocapture"])
            .env_remove("DATABASE_URL")
            .env("TMPDIR", &self.0)
            .envs(variables.iter().copied())
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    fn start(&self, variables: &[(&str, &str)]) -> Running {
        let mut child = self.command(variables).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }

    fn servers(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.to_string_lossy().contains("/ambix-server-")).collect()
    }

    fn wait_until_gone(&self, pid: u32) {
        let what = format!("no server is left in {}, nor {pid}", self.0.display());
        wait_until(&what, || self.servers().is_empty() && !is_alive(pid));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Running {
    /// What it says first.
    fn says(&mut self) -> String {
        let says = |line: &String| line.starts_with("url=") || line.starts_with("error=");
        self.lines.by_ref().map(Result::unwrap).find(says).expect("the child ended")
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Of the server in a folder.
fn pid(server: &Path) -> u32 {
    let file = ["data/postmaster.pid", "data/mysql.pid"].map(|file| server.join(file));
    let file = file.iter().find(|file| file.exists()).unwrap();
    std::fs::read_to_string(file).unwrap().lines().next().unwrap().trim().parse().unwrap()
}

fn is_alive(pid: u32) -> bool {
    // A dead one that nobody has asked about is a zombie.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// The server's part of a URL: all but the name of the database.
fn server_of(says: &str) -> &str {
    assert!(says.starts_with("url="), "{says}");
    says.split_once('?').unwrap().1
}

#[test]
fn all_processes_share_one_server_which_ends_after_them() {
    let place = Place::new();
    let me = [("USER", "me")];
    let (mut one, mut other) = (place.start(&me), place.start(&me));
    let (first, second) = (one.says(), other.says());
    assert_eq!(server_of(&first), server_of(&second));
    assert_ne!(first, second);
    let servers = place.servers();
    let [server] = servers.as_slice() else { panic!("{servers:?}") };
    let pid = pid(server);
    one.end();
    // It outlives a moment without anybody.
    other.end();
    std::thread::sleep(Duration::from_millis(1500));
    let mut later = place.start(&me);
    assert_eq!(server_of(&later.says()), server_of(&first));
    assert!(is_alive(pid));
    later.end();
    place.wait_until_gone(pid);
    // What it had stays nowhere else.
    let kit = place.0.join("ambix-testkit-me");
    let left = std::fs::read_dir(kit).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| !name.to_string_lossy().ends_with(".lock")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_server_ends_after_processes_that_were_killed() {
    let place = Place::new();
    let mut running = place.start(&[]);
    running.says();
    let pid = pid(&place.servers()[0]);
    running.kill();
    place.wait_until_gone(pid);
}

#[test]
fn the_next_start_cleans_up_after_a_killed_watchdog() {
    let place = Place::new();
    let mut running = place.start(&[]);
    let first = running.says();
    let server = place.servers()[0].clone();
    let server_pid = pid(&server);
    let watchdog = watchdog_of(server_pid, &server);
    kill(watchdog);
    wait_until("the watchdog is dead", || !is_alive(watchdog));
    running.kill();
    assert!(is_alive(server_pid));
    let mut next = place.start(&[]);
    assert_ne!(server_of(&next.says()), server_of(&first));
    wait_until("the server has ended", || !is_alive(server_pid) && !server.exists());
    let pid = pid(&place.servers()[0]);
    next.end();
    place.wait_until_gone(pid);
}

#[test]
fn tests_keep_a_server_whose_watchdog_was_killed() {
    let place = Place::new();
    let mut running = place.start(&[]);
    running.says();
    let server = place.servers()[0].clone();
    let server_pid = pid(&server);
    kill(watchdog_of(server_pid, &server));
    let mut next = place.start(&[]);
    next.says();
    let others = place.servers().into_iter().find(|other| *other != server).unwrap();
    let other_pid = pid(&others);
    next.end();
    wait_until("the other server has ended", || !is_alive(other_pid) && !others.exists());
    assert!(is_alive(server_pid));
    running.end();
    place.wait_until_gone(server_pid);
}

#[test]
fn a_server_that_died_is_not_given_out() {
    let place = Place::new();
    let mut running = place.start(&[("USER", "me")]);
    let first = running.says();
    let pointer = place.0.join(format!("ambix-testkit-me/server-{}", crate::setup::SCHEME));
    assert!(pointer.exists());
    let server_pid = pid(&place.servers()[0]);
    kill(server_pid);
    wait_until("the server is known to be dead", || !pointer.exists());
    let mut next = place.start(&[("USER", "me")]);
    let second = next.says();
    assert_ne!(server_of(&second), server_of(&first));
    running.kill();
    next.end();
    place.wait_until_gone(server_pid);
}

/// The uppermost process above the server that has the folder in its command line, and the script.
fn watchdog_of(mut pid: u32, folder: &Path) -> u32 {
    let mut watchdog = None;
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        pid = stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap();
        let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
        let is_script =
            command.contains("ambix-testkit") && command.contains(folder.to_str().unwrap());
        match watchdog {
            Some(watchdog) if !is_script => return watchdog,
            _ => watchdog = is_script.then_some(pid),
        }
    }
}

fn kill(pid: u32) {
    let pid = pid.to_string();
    assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not yet: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_that_cannot_be_started_says_what_to_do() {
    let place = Place::new();
    let variable = crate::setup::TESTKIT_BIN;
    let mut running = place.start(&[(variable, "/nonexistent")]);
    let says = running.says();
    assert!(
        says.contains("install it") && says.contains(variable) && says.contains("DATABASE_URL"),
        "{says}"
    );
    running.end();
    assert!(place.servers().is_empty());
}

/// As somebody does who tidies up the folder for temporary files.
#[test]
fn a_server_ends_whose_folder_was_removed() {
    let place = Place::new();
    let mut running = place.start(&[]);
    running.says();
    let server = place.servers()[0].clone();
    let pid = pid(&server);
    // The server makes files meanwhile.
    wait_until("the folder is removed", || std::fs::remove_dir_all(&server).is_ok());
    running.kill();
    place.wait_until_gone(pid);
}

/// A run for each version must not get the server of the one before.
#[test]
fn another_place_of_the_programs_is_another_server() {
    let place = Place::new();
    let mut one = place.start(&[]);
    let first = one.says();
    let program = std::fs::read_link(format!("/proc/{}/exe", pid(&place.servers()[0]))).unwrap();
    let folder = program.parent().unwrap().to_str().unwrap();
    let mut other = place.start(&[(crate::setup::TESTKIT_BIN, folder)]);
    assert_ne!(server_of(&other.says()), server_of(&first));
    let pids: Vec<u32> = place.servers().iter().map(|server| pid(server)).collect();
    assert_eq!(pids.len(), 2);
    one.end();
    other.end();
    pids.into_iter().for_each(|pid| place.wait_until_gone(pid));
}

#[test]
fn settings_for_other_servers_do_not_matter() {
    let place = Place::new();
    let mut one = place.start(&[("PGPORT", "6000"), ("PGSSLMODE", "require")]);
    let mut other = place.start(&[]);
    assert_eq!(server_of(&one.says()), server_of(&other.says()));
    let pid = pid(&place.servers()[0]);
    one.end();
    other.end();
    place.wait_until_gone(pid);
}

/// Its path stands in a file, and what stands in files may be wrong.
#[test]
fn only_a_folder_of_the_kit_is_removed() {
    let place = Place::new();
    let kit = place.0.join("ambix-testkit-me");
    let precious = place.0.join("precious");
    for folder in [&kit, &precious, &place.0.join("ambix-server-a")] {
        std::fs::create_dir(folder).unwrap();
    }
    let wrong = place.0.join("ambix-server-a/../precious");
    let pointer = kit.join(format!("server-{}", crate::setup::SCHEME));
    std::fs::write(pointer, wrong.to_str().unwrap()).unwrap();
    let mut running = place.start(&[("USER", "me")]);
    running.says();
    assert!(precious.exists());
    std::fs::remove_dir(place.0.join("ambix-server-a")).unwrap();
    let pid = pid(&place.servers()[0]);
    running.end();
    place.wait_until_gone(pid);
}

/// Whoever wants to look at it must know that it goes, or have time.
#[test]
fn what_a_test_keeps_stays_as_long_as_the_server() {
    let place = Place::new();
    let variables = [("AMBIX_CHILD_FAILS", "1"), ("AMBIX_TESTKIT_GRACE", "14")];
    let output = place.command(&variables).stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("its database is kept: ") && text.contains("AMBIX_TESTKIT_GRACE=600"),
        "{text}"
    );
    let pid = pid(&place.servers()[0]);
    std::thread::sleep(Duration::from_millis(6500));
    assert!(is_alive(pid));
    place.wait_until_gone(pid);
    let says = place.start(&[("AMBIX_TESTKIT_GRACE", "long")]).says();
    assert!(says.contains("AMBIX_TESTKIT_GRACE is not a number of seconds: long"), "{says}");
}

/// Everybody can make one in the folder for temporary files.
#[cfg(unix)]
#[test]
fn a_folder_of_somebody_else_is_not_used() {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    let place = Place::new();
    let kit = place.0.join("ambix-testkit-me");
    let refused = |place: &Place| {
        let says = place.start(&[("USER", "me")]).says();
        assert!(says.contains("somebody else") && says.contains("TMPDIR"), "{says}");
    };
    symlink(&place.0, &kit).unwrap();
    refused(&place);
    std::fs::remove_file(&kit).unwrap();
    std::fs::create_dir(&kit).unwrap();
    std::fs::set_permissions(&kit, std::fs::Permissions::from_mode(0o777)).unwrap();
    refused(&place);
    std::fs::set_permissions(&kit, std::fs::Permissions::from_mode(0o700)).unwrap();
    // Only root can give a folder away.
    if chown(&kit, Some(1), None).is_ok() {
        refused(&place);
    }
    assert!(place.servers().is_empty());
}

#[test]
fn the_next_start_cleans_up_after_a_start_that_was_killed() {
    let place = Place::new();
    let running = place.start(&[]);
    let (server, server_pid) = loop {
        let server = place.servers().into_iter().next().unwrap_or_default();
        let text = std::fs::read_to_string(server.join("data/server.pid")).unwrap_or_default();
        match text.trim().parse() {
            Ok(pid) => break (server, pid),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    kill(watchdog_of(server_pid, &server));
    running.kill();
    assert!(is_alive(server_pid));
    let mut next = place.start(&[]);
    next.says();
    wait_until("the server has ended", || !is_alive(server_pid) && !server.exists());
    let pid = pid(&place.servers()[0]);
    next.end();
    place.wait_until_gone(pid);
}

#[test]
fn a_variable_names_the_server_and_must_fit() {
    let place = Place::new();
    let other = if crate::setup::SCHEME == "mysql" { "postgres" } else { "mysql" };
    let url = format!("{other}://me:secret@127.0.0.1:1/x");
    let says = place.start(&[("DATABASE_URL", &url)]).says();
    let refused =
        says.contains("DATABASE_URL is one of") || says.contains("no database is compiled in");
    assert!(refused && !says.contains("secret"), "{says}");
    assert!(place.servers().is_empty());
}
