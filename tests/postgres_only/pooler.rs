//! PgBouncer between us and the server: refused where it mixes up its connections, and nothing of ours is left on them.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ambix::{Error, Migrator, events::Event};
use sqlx::{Connection as _, Executor as _, Row as _};
use tokio::sync::Notify;

use super::proxy::Proxy;
use crate::{
    setup::{Connection, Fresh, fresh},
    suite::cli::User,
    support::{Folder, folder, revisions, three},
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// A pooler, ended with the value.
struct Pooler {
    process: Child,
    port: u16,
    _folder: Folder,
}

impl Pooler {
    fn start(db: &Fresh, mode: &str, size: u32) -> Self {
        let place = db.url.split('@').next_back().unwrap().split('/').next().unwrap();
        let (host, port) = place.split_once(':').unwrap();
        // Another process can take the port before the pooler has it.
        for _ in 0..8 {
            let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
            let free = listener.local_addr().unwrap().port();
            drop(listener);
            let config = format!(
                "[databases]\n* = host={host} port={port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {free}\n\
                 auth_type = any\npool_mode = {mode}\ndefault_pool_size = {size}\nmax_client_conn = 400\nunix_socket_dir =\n\
                 ignore_startup_parameters = extra_float_digits,options\n"
            );
            let folder = folder(&[("pooler.ini", config)]);
            let file = folder.0.join("pooler.ini");
            // It does not run as root; then it asks for another user.
            let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
            let user: &[&str] = if is_root { &["-u", "nobody"] } else { &[] };
            let program = if Command::new("pgbouncer").arg("-V").output().is_ok() {
                "pgbouncer"
            } else {
                "/usr/sbin/pgbouncer"
            };
            let mut process = Command::new(program)
                .args(["-q"])
                .args(user)
                .arg(file)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("pgbouncer is there: run the tests by ./test");
            for _ in 0..1000 {
                if TcpStream::connect(("127.0.0.1", free)).is_ok() {
                    return Self { process, port: free, _folder: folder };
                }
                if process.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = process.kill();
            let _ = process.wait();
        }
        panic!("no pooler can be started");
    }

    fn url(&self, db: &Fresh) -> String {
        format!("postgres://app@127.0.0.1:{}/{}?sslmode=disable", self.port, db.name)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What an application does, so that the pooler has connections: as many transactions at once as it takes.
async fn warm(url: &str, count: usize) -> Vec<Connection> {
    let mut all = Vec::new();
    for _ in 0..count {
        let mut connection = Connection::connect(url).await.unwrap();
        connection.execute("BEGIN; SELECT 1").await.unwrap();
        all.push(connection);
    }
    all
}

/// Gives them back in good order: the pooler closes what is in a transaction when its client goes.
async fn rest(all: Vec<Connection>) {
    for mut connection in all {
        connection.execute("COMMIT").await.unwrap();
        connection.close().await.unwrap();
    }
}

/// A pooler whose connections are older than those of who comes now.
async fn in_use(db: &Fresh, url: &str, count: usize) {
    rest(warm(url, count).await).await;
    grown_old(db).await;
}

async fn grown_old(db: &Fresh) {
    let young = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
        AND backend_start > clock_timestamp() - interval '500 ms'";
    while db.column(young).await != ["0"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sessions with a lock or a transaction, but for those of the application.
async fn leaks(db: &Fresh) -> Vec<String> {
    let mut leaks = db.leaks().await;
    leaks.retain(|session| !session.contains("BEGIN; SELECT 1"));
    leaks
}

/// What of ours the application's connections have: settings, and locks.
async fn left(db: &Fresh, url: &str, count: usize) -> Vec<String> {
    let mut left = leaks(db).await;
    // A pooler that refuses a transaction closes the server's side a moment later than ours.
    let until = std::time::Instant::now() + LONG;
    while !left.is_empty() && std::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
        left = leaks(db).await;
    }
    let mut all = warm(url, count).await;
    for connection in &mut all {
        let rows = sqlx::raw_sql(
            "SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' AND name IN ('lock_timeout', 'statement_timeout', \
             'idle_in_transaction_session_timeout', 'tcp_keepalives_idle', 'client_connection_check_interval', 'search_path', \
             'TimeZone', 'role')",
        );
        let rows = rows.fetch_all(&mut *connection).await.unwrap();
        left.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    rest(all).await;
    left.retain(|setting| !setting.starts_with("TimeZone = UTC")); // The pooler's own.
    left
}

fn is_refused(error: &Error) -> bool {
    let text = format!("{error:#}");
    text.contains("pooler") && text.contains("--direct-url") && text.contains("nothing was run")
}

fn migrator() -> Migrator {
    three().schema("ops")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_mixes_up_its_connections_is_refused() {
    for mode in ["transaction", "statement"] {
        let db = fresh().await;
        let pooler = Pooler::start(&db, mode, 4);
        let url = pooler.url(&db);
        if mode == "statement" {
            for _ in 0..2 {
                Connection::connect(&url).await.unwrap().execute("SELECT 1").await.unwrap();
            }
        }
        for round in 0..4 {
            if mode == "transaction" {
                in_use(&db, &url, 3).await;
            }
            grown_old(&db).await;
            let error = match round {
                0 => migrator().run_pending(&url).await.unwrap_err(),
                1 => {
                    let pool = sqlx::PgPool::connect(&url).await.unwrap();
                    migrator().upgrade(&pool, "+1").await.unwrap_err()
                }
                2 => migrator().ensure_history(&url).await.unwrap_err(),
                _ => migrator().downgrade(&url, "base").await.unwrap_err(),
            };
            assert!(is_refused(&error), "{mode}, {round}: {error}");
            assert!(db.tables().await.is_empty());
            let count = if mode == "transaction" { 4 } else { 0 };
            assert_eq!(left(&db, &url, count).await, [""; 0], "{mode}, {round}");
        }
        // Looking needs no session.
        assert!(migrator().current(&url).await.unwrap().revisions.is_empty());
        // The server itself is free at once.
        let lock = ambix::options::Lock::session().wait(Duration::ZERO);
        assert_eq!(migrator().lock(lock).run_pending(&db.url).await.unwrap().steps.len(), 3);
    }
}

/// The very first client of a pooler has a connection that is as old as its own. Whatever comes of it, nothing is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_behind_in_a_fresh_pooler() {
    for failing in [false, true] {
        let db = fresh().await;
        let pooler = Pooler::start(&db, "transaction", 4);
        let url = pooler.url(&db);
        let migrator = match failing {
            false => migrator(),
            true => {
                crate::support::migrator(&[("r1", "CREATE TABLE t1 (id int); SELECT nothing", "")])
                    .schema("ops")
            }
        };
        match migrator.run_pending(&url).await {
            Ok(report) => assert_eq!(revisions(&report), ["r1", "r2", "r3"]),
            Err(error) => assert!(failing || is_refused(&error), "{error}"),
        }
        assert_eq!(left(&db, &url, 4).await, [""; 0]);
    }
}

/// Many at once, so that messages of one runner reach other connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_runners_behind_a_pooler_leave_no_lock() {
    let db = fresh().await;
    let pooler = Pooler::start(&db, "transaction", 8);
    let url = pooler.url(&db);
    for _ in 0..crate::support::tries(3, 20, "rounds of 16 runners behind a pooler") {
        let runs = (0..16).map(|_| {
            let (url, migrator) = (url.clone(), migrator());
            tokio::spawn(async move { migrator.run_pending(&url).await })
        });
        let mut done = 0;
        for run in runs.collect::<Vec<_>>() {
            match run.await.unwrap() {
                Ok(report) => done += report.steps.len(),
                Err(error) => assert!(format!("{error:#}").contains("pooler"), "{error}"),
            }
        }
        println!("{done} steps were done");
        assert_eq!(left(&db, &url, 8).await, [""; 0]);
        let lock = ambix::options::Lock::session().wait(Duration::ZERO);
        migrator().lock(lock).run_pending(&db.url).await.unwrap();
        migrator().lock(lock).downgrade(&db.url, "base").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_session_mode_is_as_good_as_none() {
    for size in [1, 4] {
        let db = fresh().await;
        let pooler = Pooler::start(&db, "session", size);
        let url = pooler.url(&db);
        rest(warm(&url, size as usize).await).await;
        assert_eq!(migrator().run_pending(&url).await.unwrap().steps.len(), 3);
        assert!(migrator().run_pending(&url).await.unwrap().is_noop());
        assert_eq!(migrator().downgrade(&url, "base").await.unwrap().steps.len(), 3);
        assert_eq!(db.leaks().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_has_a_way_around_the_pooler() {
    let mut user = User::new().await;
    let pooler = Pooler::start(&user.db, "transaction", 4);
    let url = pooler.url(&user.db);
    in_use(&user.db, &url, 2).await;
    user.environment = vec![("DATABASE_URL".to_owned(), url)];
    let refused = user.quietly("upgrade");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("--direct-url"), "{}", refused.stderr);
    user.environment.push(("DIRECT_URL".to_owned(), user.db.url.clone()));
    let done = user.quietly("upgrade");
    assert_eq!(done.code, 0, "{}", done.stderr);
}

/// The backend that has the lock must be that which writes, on a lent connection as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lent_connection_to_a_pooler_is_seen_under_load() {
    let db = fresh().await;
    let pooler = Pooler::start(&db, "transaction", 4);
    let url = pooler.url(&db);
    // Others take and give back connections all the time.
    let others: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let mut connection = Connection::connect(&url).await.unwrap();
                while connection.execute("BEGIN; SELECT pg_sleep(0.001); COMMIT").await.is_ok() {}
            })
        })
        .collect();
    let mut lent = Connection::connect(&url).await.unwrap();
    let error = migrator().run_pending(&mut lent).await;
    for other in others {
        other.abort();
    }
    if let Err(error) = error {
        assert!(format!("{error:#}").contains("pooler"), "{error}");
    }
    drop(lent);
    assert_eq!(left(&db, &url, 4).await, [""; 0]);
}

/// A connection's age tells little of a client that waits for a processor, or whose network is slow. It must not stop a replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_late_are_no_pooler() {
    let db = fresh().await;
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_step, told_to) = (reached.clone(), go_on.clone());
    let first = crate::support::migrator(&[("r1", "-- ambix: run pause", "")]).register(
        "pause",
        move |_: &mut Connection| {
            let (in_step, told_to) = (in_step.clone(), told_to.clone());
            Box::pin(async move {
                in_step.notify_one();
                told_to.notified().await;
                Ok(())
            })
        },
    );
    let (pool, holder) = (db.pool.clone(), first.clone());
    let holding = tokio::spawn(async move { holder.run_pending(&pool).await });
    reached.notified().await;
    // Late from its first message, or while it waits for the lock.
    let mut waiting = Vec::new();
    for late_at_first in [true, false] {
        let proxy = Proxy::start_for(&db.url, Duration::ZERO).await.unwrap();
        let url = proxy.url(&db.url);
        let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
        let second = first.clone().observe(move |event| drop(sender.send(event.clone())));
        let run = tokio::spawn(async move { second.run_pending(&url).await });
        if late_at_first {
            while proxy.round_trips() == 0 {
                tokio::task::yield_now().await;
            }
            proxy.lag(Duration::from_millis(200));
        }
        assert!(matches!(events.recv().await, Some(Event::Waiting { .. })));
        proxy.lag(Duration::from_millis(200));
        let tries = proxy.round_trips();
        while proxy.round_trips() < tries + 2 && !run.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        proxy.lag(Duration::ZERO);
        waiting.push((run, proxy));
    }
    go_on.notify_one();
    holding.await.unwrap().unwrap();
    for (run, _proxy) in waiting {
        assert!(run.await.unwrap().unwrap().is_noop());
    }
}
