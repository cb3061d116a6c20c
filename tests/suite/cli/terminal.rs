//! On a terminal: the progress display, the questions, and Ctrl-C, as a person sees them.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::{
    io::{BufRead, ErrorKind, Read, Write},
    num::NonZero,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use ambix::events::Live;
use clap::Parser;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use tokio::sync::Notify;

use super::User;
use crate::{
    setup::{Connection, Fresh, SLOW, fresh},
    suite::leaks::until_nothing_is_left,
    support::{migrator, three},
};

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(60);
const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(400).unwrap();
const CTRL_C: &str = "\x03";

/// What the terminal has got: all of it, and what is on its screen.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

/// A program in a terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl Terminal {
    /// Runs `ambix` with these words in a terminal of 24 wide lines.
    pub fn start(user: &User, line: &str, variables: &[(&str, &str)]) -> Self {
        let (rows, cols) = (ROWS.get(), COLUMNS.get());
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let plain = user.command(line);
        let mut command = CommandBuilder::new(plain.get_program());
        command.args(plain.get_args());
        command.cwd(plain.get_current_dir().unwrap());
        command.env("TERM", "xterm-256color");
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        // With the last of it the reader sees the end.
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let seen =
            Seen { parser: vt100::Parser::new(ROWS, COLUMNS, 0), raw: Vec::new(), ended: false };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let shared = seen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                // Linux looks for input first and for a closed end after that: what comes between the two is found by a second read.
                let mut read = read_some(&mut reader, &mut bytes);
                if read == 0 {
                    read = read_some(&mut reader, &mut bytes);
                }
                let mut seen = shared.0.lock().unwrap();
                seen.parser.process(&bytes[..read]);
                seen.raw.extend(&bytes[..read]);
                seen.ended = read == 0;
                shared.1.notify_all();
                if read == 0 {
                    // The terminal lives as long as somebody reads from it.
                    drop(pair.master);
                    return;
                }
            }
        });
        Self { child, keys, seen }
    }

    /// Waits until the screen has all these texts, and gives it.
    #[track_caller]
    pub fn until(&self, texts: &[&str]) -> String {
        self.try_until(texts).unwrap()
    }

    /// The same, for a test that has to put something in order before it fails.
    pub fn try_until(&self, texts: &[&str]) -> Result<String, String> {
        let started = Instant::now();
        let (seen, news) = &*self.seen;
        let mut seen = seen.lock().unwrap();
        loop {
            let screen = screen(&seen);
            if texts.iter().all(|text| screen.contains(text)) {
                return Ok(screen);
            }
            if seen.ended || started.elapsed() > LONG {
                return Err(format!("{texts:?} does not come:\n{screen}"));
            }
            seen = news.wait_timeout(seen, Duration::from_secs(1)).unwrap().0;
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end: what is on the screen then, and how the program ended.
    pub fn end(mut self) -> End {
        let started = Instant::now();
        let (seen, news) = &*self.seen;
        let mut seen = seen.lock().unwrap();
        while !seen.ended {
            assert!(started.elapsed() < LONG, "it does not end:\n{}", screen(&seen));
            seen = news.wait_timeout(seen, Duration::from_secs(1)).unwrap().0;
        }
        let status = self.child.wait().unwrap();
        End {
            code: status.exit_code(),
            signal: status.signal().map(str::to_owned),
            screen: screen(&seen),
            raw: String::from_utf8_lossy(&seen.raw).into_owned(),
            cursor_hidden: seen.parser.screen().hide_cursor(),
            column: seen.parser.screen().cursor_position().1,
        }
    }
}

/// How a program in a terminal ended.
pub struct End {
    pub code: u32,
    pub signal: Option<String>,
    pub screen: String,
    /// Every byte that it has written.
    pub raw: String,
    pub cursor_hidden: bool,
    /// Where the shell would write its prompt.
    pub column: u16,
}

impl End {
    /// The shell can go on.
    #[track_caller]
    pub fn is_in_order(&self) {
        assert!(
            !self.cursor_hidden && self.column == 0,
            "column {}:\n{}",
            self.column,
            self.screen
        );
    }
}

/// The number of bytes read; none at the end.
fn read_some(reader: &mut impl Read, bytes: &mut [u8]) -> usize {
    loop {
        match reader.read(bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.unwrap_or(0),
        }
    }
}

/// The lines on the screen, without the empty ones at the end.
fn screen(seen: &Seen) -> String {
    let lines: Vec<String> = seen.parser.screen().rows(0, COLUMNS.get()).collect();
    lines.join("\n").trim_end().to_owned()
}

/// One of the three slow databases' slow queries, and much slower.
fn very_slow() -> String {
    SLOW.replace("(3)", "(30)").replace("3000000", "300000000")
}

/// Two quick migrations and one that takes its time in its second statement.
async fn slow_user(slow: &str) -> User {
    let slow = format!("INSERT INTO a VALUES (1);\n{slow};\nINSERT INTO a VALUES (2);\n");
    User::with(&[
        ("migrations/20241104_0900_aaa111_create_a.up.sql", "CREATE TABLE a (id integer);\n"),
        ("migrations/20241105_0900_bbb222_create_b.up.sql", "CREATE TABLE b (id integer);\n"),
        ("migrations/20241105_0900_bbb222_create_b.down.sql", "DROP TABLE b;\n"),
        ("migrations/20241106_0900_ccc333_fill_a.up.sql", &slow),
        ("migrations/20241106_0900_ccc333_fill_a.down.sql", "DELETE FROM a;\n"),
    ])
    .await
}

/// Escape codes that set a colour, in what has gone to the terminal.
fn colors(raw: &str) -> usize {
    raw.split("\x1b[")
        .skip(1)
        .filter(|code| {
            let end = code.find(|sign: char| !sign.is_ascii_digit() && sign != ';');
            end.is_some_and(|end| code[end..].starts_with('m'))
        })
        .count()
}

#[tokio::test]
async fn a_slow_migration_shows_how_far_it_is() {
    let user = slow_user(SLOW).await;
    let terminal = Terminal::start(&user, "upgrade", &[]);
    let start: String = SLOW.chars().take(30).collect();
    let screen = terminal.until(&["step 3 of 3: ccc333 fill a", "statement 2 of 3", &start]);
    let lines: Vec<&str> = screen.lines().collect();
    assert!(lines[0].starts_with("Running upgrade  -> aaa111, create a ("), "{screen}");
    assert!(lines[1].starts_with("Running upgrade aaa111 -> bbb222, create b ("), "{screen}");
    assert!(lines[2].starts_with("[=============>      ] step 3 of 3"), "{screen}");
    assert_eq!(lines.len(), 4, "{screen}");
    let end = terminal.end();
    let lines: Vec<&str> = end.screen.lines().collect();
    assert!(lines[2].starts_with("Running upgrade bbb222 -> ccc333, fill a ("), "{}", end.screen);
    assert_eq!((lines.len(), end.code), (3, 0), "{}", end.screen);
    end.is_in_order();
    assert!(colors(&end.raw) > 0);
}

#[tokio::test]
async fn what_fails_leaves_nothing_but_the_error_on_the_screen() {
    let user = slow_user("INSERT INTO nowhere VALUES (1)").await;
    let end = Terminal::start(&user, "upgrade", &[]).end();
    assert_eq!(end.code, 1);
    assert!(end.screen.contains("Running upgrade aaa111 -> bbb222, create b ("), "{}", end.screen);
    assert!(end.screen.contains("error: "), "{}", end.screen);
    assert!(!end.screen.contains("step 3 of 3"), "{}", end.screen);
    end.is_in_order();
}

/// Holds the migration lock until it is told to go on; nothing of it stays.
async fn holder(db: &Fresh) -> (tokio::task::JoinHandle<ambix::Error>, Arc<Notify>) {
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_step, told_to) = (reached.clone(), go_on.clone());
    let migrator = migrator(&[("r1", "-- ambix: run pause", "")]);
    let migrator = migrator.register("pause", move |_: &mut Connection| {
        let (in_step, told_to) = (in_step.clone(), told_to.clone());
        Box::pin(async move {
            in_step.notify_one();
            tokio::time::timeout(LONG, told_to.notified()).await?;
            Err("on purpose".into())
        })
    });
    let pool = db.pool.clone();
    let running = tokio::spawn(async move { migrator.run_pending(&pool).await.unwrap_err() });
    tokio::time::timeout(LONG, reached.notified()).await.unwrap();
    (running, go_on)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_the_lock_sees_for_whom() {
    let user = User::new().await;
    let (running, go_on) = holder(&user.db).await;
    let terminal = Terminal::start(&user, "upgrade", &[]);
    let seen = terminal.try_until(&["waiting for the migration lock (2 s)", "it is held by "]);
    // One that comes later gives up.
    let late = Terminal::start(&user, "upgrade --lock-wait 1s", &[]).end();
    go_on.notify_one();
    running.await.unwrap();
    let end = terminal.end();
    seen.unwrap();
    assert_eq!((end.code, end.screen.lines().count()), (0, 3), "{}", end.screen);
    assert!(end.screen.starts_with("Running upgrade  -> 5a1c0e, create users ("), "{}", end.screen);
    end.is_in_order();
    assert_eq!(late.code, 4, "{}", late.screen);
    assert!(!late.screen.contains("waiting for"), "{}", late.screen);
    assert!(late.screen.contains("held by"), "{}", late.screen);
    late.is_in_order();
}

#[tokio::test]
async fn ctrl_c_ends_a_run_in_good_order() {
    let user = slow_user(&very_slow()).await;
    let mut terminal = Terminal::start(&user, "upgrade", &[]);
    terminal.until(&["step 3 of 3", "statement 2 of 3"]);
    terminal.press(CTRL_C);
    let end = terminal.end();
    assert_eq!((end.code, end.signal.as_deref()), (130, None), "{}", end.screen);
    assert!(end.screen.contains("error: interrupted"), "{}", end.screen);
    assert!(end.screen.contains("Running upgrade aaa111 -> bbb222, create b ("), "{}", end.screen);
    assert!(!end.screen.contains("step 3 of 3"), "{}", end.screen);
    end.is_in_order();
    until_nothing_is_left(&user.db).await;
    assert_eq!(user.db.column("SELECT count(*) FROM a").await, ["0"]);
    assert_eq!(user.quietly("current").stdout, "bbb222\n");
    // The next one does not wait for the lock.
    let next = user.quietly("downgrade aaa111 --lock-wait 0");
    assert_eq!(next.code, 0, "{}", next.stderr);
}

#[tokio::test]
async fn a_question_is_answered_by_yes_or_no() {
    let user = User::new().await;
    assert_eq!(user.quietly("upgrade").code, 0);
    for (keys, taken_back) in [("n\r", false), ("\r", false), ("\x04", false), ("yes\r", true)] {
        let mut terminal = Terminal::start(&user, "downgrade base", &[]);
        let screen = terminal.until(&["d4e81f add subscriptions", "[y/N]"]);
        assert!(screen.contains("This reverts 3 migrations"), "{screen}");
        terminal.press(keys);
        let end = terminal.end();
        assert_eq!(end.code, 0, "{}", end.screen);
        assert_eq!(end.screen.contains("nothing was done"), !taken_back, "{}", end.screen);
        assert_eq!(end.screen.contains("Running downgrade 5a1c0e -> , create users ("), taken_back);
        assert_eq!(user.db.tables().await.is_empty(), taken_back);
        end.is_in_order();
    }
}

#[tokio::test]
async fn reset_and_drop_ask_as_well() {
    let user = User::new().await;
    assert_eq!(user.quietly("upgrade").code, 0);
    user.db.execute("INSERT INTO subscriptions VALUES (1, 1)").await;
    for (keys, rows) in [("n\r", "1"), ("y\r", "0")] {
        let mut terminal = Terminal::start(&user, "reset", &[]);
        terminal.until(&["Revert 3 migrations on", "[y/N]"]);
        terminal.press(keys);
        let end = terminal.end();
        assert_eq!(end.code, 0, "{}", end.screen);
        let last = "Running upgrade abc123 -> d4e81f, add subscriptions (";
        assert_eq!(end.screen.contains(last), rows == "0", "{}", end.screen);
        assert_eq!(user.db.column("SELECT count(*) FROM subscriptions").await, [rows]);
        end.is_in_order();
    }
    let mut terminal = Terminal::start(&user, "drop", &[]);
    terminal.until(&["[y/N]"]);
    terminal.press("n\r");
    let end = terminal.end();
    assert_eq!(end.code, 0, "{}", end.screen);
    assert_eq!(user.db.tables().await.len(), 2);
    end.is_in_order();
}

#[tokio::test]
async fn ctrl_c_at_a_question_does_nothing() {
    let user = User::new().await;
    assert_eq!(user.quietly("upgrade").code, 0);
    let mut terminal = Terminal::start(&user, "downgrade base", &[]);
    terminal.until(&["[y/N]"]);
    terminal.press(CTRL_C);
    let end = terminal.end();
    assert!(end.signal.is_some() || end.code == 130, "{} {:?}", end.code, end.signal);
    assert!(!end.cursor_hidden);
    assert_eq!(user.db.tables().await.len(), 2);
    until_nothing_is_left(&user.db).await;
    assert_eq!(user.quietly("upgrade --lock-wait 0").code, 0);
}

#[tokio::test]
async fn colours_only_where_they_are_wanted() {
    let mut running = Vec::new();
    for (options, variable, escapes, colored) in [
        ("", ("A", "b"), true, true),
        ("", ("NO_COLOR", "1"), true, false),
        ("--color never", ("A", "b"), true, false),
        ("--color always", ("NO_COLOR", "1"), true, true),
        ("", ("TERM", "dumb"), false, false),
        ("--quiet", ("A", "b"), false, false),
        ("--json", ("A", "b"), false, false),
    ] {
        let user = slow_user(SLOW).await;
        let terminal = Terminal::start(&user, &format!("upgrade {options}"), &[variable]);
        running.push((user, terminal, options, variable, escapes, colored));
    }
    for (_user, terminal, options, variable, escapes, colored) in running {
        let end = terminal.end();
        let raw = &end.raw;
        assert_eq!(end.code, 0, "{raw}");
        assert_eq!(colors(raw) > 0, colored, "{options} {variable:?}: {raw:?}");
        assert_eq!(raw.contains('\x1b'), escapes, "{options} {variable:?}: {raw:?}");
        assert_eq!(raw.contains("Running upgrade bbb222"), options != "--quiet", "{raw:?}");
        end.is_in_order();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_where_there_is_no_terminal() {
    let user = slow_user("INSERT INTO b VALUES (1)").await;
    let (running, go_on) = holder(&user.db).await;
    let mut command = user.command("upgrade");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    go_on.notify_one();
    running.await.unwrap();
    let lines: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(first.starts_with("waiting for the migration lock: it is held by "), "{first}");
    let expected = [
        "Running upgrade  -> aaa111, create a",
        "Running upgrade aaa111 -> bbb222, create b",
        "Running upgrade bbb222 -> ccc333, fill a",
    ];
    assert_eq!(lines, expected);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    let always = user.quietly("upgrade nosuch --color always");
    assert!(always.stderr.contains('\x1b'), "{}", always.stderr);
}

#[derive(clap::Parser)]
struct Program {
    #[command(flatten)]
    args: ambix::cli::Args,
}

#[tokio::test]
async fn an_observer_of_the_app_is_told_as_well() {
    let db = fresh().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let events = told.clone();
    let migrator = three()
        .live(Live::Statements)
        .observe(move |event| events.lock().unwrap().push(event.to_string()));
    let line = ambix::cli::CommandLine::new(migrator).database_url(&db.url);
    let program = Program::try_parse_from(["migrate", "upgrade", "r2"]).unwrap();
    assert_eq!(line.run(program.args).await, std::process::ExitCode::SUCCESS);
    let told = told.lock().unwrap();
    assert!(told.contains(&"Running upgrade r1 -> r2, make r2".to_owned()), "{told:?}");
    // What the app asked for is not less for the command line.
    assert!(told.iter().any(|line| line.contains("statement 1 of 1")), "{told:?}");
}
