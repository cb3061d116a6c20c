//! What the suites of all databases share. Each `tests/<database>.rs` has a module `setup` with the same names, so that
//! one source of tests serves all.

#![allow(dead_code)] // Not every test binary uses everything.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use ambix::{Migration, Migrations, Migrator};

/// A name that no other test of any process has.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let nanos = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    format!("{prefix}_{}_{}_{nanos:x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How often a test tries that repeats by number: a little in every run, all of it in `./test --soak`, which shows what is printed here.
pub fn tries<T: std::fmt::Display>(every_run: T, soak: T, what: &str) -> T {
    let tries = if std::env::var_os("AMBIX_SOAK").is_some() { soak } else { every_run };
    println!("tries: {tries} {what}");
    tries
}

/// Runs something while a program works, which ends once the flag is set; what both had to say.
pub async fn beside<T, P>(
    program: impl FnOnce(Arc<AtomicBool>) -> P,
    run: impl Future<Output = T>,
) -> (T, P::Output)
where
    P: Future<Output: Send> + Send + 'static,
{
    let over = Arc::new(AtomicBool::new(false));
    let program = tokio::spawn(program(over.clone()));
    let done = run.await;
    over.store(true, Ordering::Relaxed);
    (done, program.await.unwrap())
}

/// A required variable; `./test` sets it.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by ./test"))
}

/// A server's URL with another database.
pub fn with_database(server: &str, database: &str) -> String {
    let (server, query) = match server.split_once('?') {
        Some((server, query)) => (server, format!("?{query}")),
        None => (server, String::new()),
    };
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{database}{query}")
}

/// Migrations from `(revision, up, down)`; an empty down is none.
pub fn migrations(list: &[(&str, &str, &str)]) -> Migrations {
    Migrations::new(list.iter().map(|(revision, up, down)| {
        let migration = Migration::new(*revision, format!("make {revision}")).up(up);
        if down.is_empty() { migration } else { migration.down(down) }
    }))
    .unwrap()
}

/// A migrator for such a list.
pub fn migrator(list: &[(&str, &str, &str)]) -> Migrator {
    Migrator::from_migrations(migrations(list)).unwrap()
}

/// Three tables, each with a down side.
pub fn three() -> Migrator {
    migrator(&[
        ("r1", "CREATE TABLE t1 (id integer PRIMARY KEY)", "DROP TABLE t1"),
        ("r2", "CREATE TABLE t2 (id integer PRIMARY KEY)", "DROP TABLE t2"),
        ("r3", "CREATE TABLE t3 (id integer PRIMARY KEY)", "DROP TABLE t3"),
    ])
}

/// The revisions of a report's steps.
pub fn revisions(report: &ambix::Report) -> Vec<&str> {
    report.steps.iter().map(|step| step.revision.as_str()).collect()
}

/// A folder that is removed with the value.
pub struct Folder(pub std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A folder with these files.
pub fn folder<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Folder {
    let folder = Folder(std::env::temp_dir().join(unique("ambix_files")));
    std::fs::create_dir_all(&folder.0).unwrap();
    for (name, text) in files {
        let path = folder.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A migrator for a folder with these files.
pub fn from_files<T: AsRef<[u8]>>(files: &[(&str, T)]) -> ambix::Result<Migrator> {
    Migrator::from_path(&folder(files).0)
}

/// Runs a database's shell with a script as its input.
pub fn shell_of(program: &str, arguments: &[&str], script: &str) -> std::process::Output {
    use std::io::Write;
    let mut command = std::process::Command::new(program);
    command.args(arguments).stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; run the tests by ./test"));
    let mut input = child.stdin.take().unwrap();
    let script = script.to_owned();
    let writer = std::thread::spawn(move || {
        // A shell that stops at an error does not read the rest.
        let _ = input.write_all(script.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Notes as they are said, each on its line.
#[allow(dead_code)] // not every test file looks at notes
pub fn said(notes: &[ambix::report::Note]) -> String {
    notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
