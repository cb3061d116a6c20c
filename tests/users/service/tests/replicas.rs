//! What readiness probe, log and exit code of the service do while another replica is migrating.

use std::{process::Stdio, time::Duration};

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    sync::watch,
    time::{sleep, timeout},
};

/// Far more than anything here takes, so that a test that hangs ends.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_replica_waits_for_the_one_that_migrates_and_is_ready_after_it() {
    let db = Database::new("waits").await;
    let blocker = db.block_the_migration().await;
    let first = Replica::start(&db, &[]);
    let holder = db.lock_holder().await;
    let second = Replica::start(&db, &[]);

    // The log says who it is that is waited for: the server's process, and the application with its host and pid.
    let line = second.logged("waiting for the migration lock").await;
    assert!(
        line.contains(&format!("it is held by pid {holder} (ambix service {}@", first.pid)),
        "{line}"
    );
    assert_eq!(second.get("/live").await, 200);
    assert_eq!(second.get("/ready").await, 503);
    assert_eq!(first.get("/ready").await, 503, "it is migrating, and waits for a table");

    blocker.close().await.unwrap();
    first.logged("migrations done").await;
    first.logged(" ready").await;
    second.logged(" ready").await;
    assert_eq!((first.get("/ready").await, second.get("/ready").await), (200, 200));
    assert!(
        !second.log().contains("migrations done"),
        "the second had nothing to do: {}",
        second.log()
    );
    // Every row was written by the first, but for the one that was there before.
    let by = db.column("SELECT DISTINCT applied_by FROM ambix_history WHERE applied_by LIKE 'service 1.4.2 on %'").await;
    assert!(by.len() == 1 && by[0].ends_with(&format!("(pid {})", first.pid)), "{by:?}");
    assert_eq!(db.column("SELECT count(*)::text FROM ambix_history").await, ["5"]);
}

#[tokio::test]
async fn a_replica_that_waited_too_long_says_who_holds_the_lock_and_exits_with_1() {
    let db = Database::new("gives_up").await;
    let blocker = db.block_the_migration().await;
    let _first = Replica::start(&db, &[]);
    let holder = db.lock_holder().await;
    let mut second = Replica::start(&db, &[("MIGRATION_WAIT_SECONDS", "1")]);

    assert_eq!(second.exit_code().await, Some(1));
    let log = second.log();
    assert!(log.contains("could not take the migration lock within 1"), "{log}");
    assert!(
        log.contains(&format!("it is held by pid {holder} ")) && log.contains("nothing was run"),
        "{log}"
    );
    drop(blocker);
}

#[tokio::test]
async fn a_replica_whose_migration_fails_is_never_ready_and_exits_with_1() {
    let db = Database::new("fails").await;
    // A table has a type of its name, too.
    db.execute("CREATE TYPE users AS ENUM ('a')").await;
    let mut replica = Replica::start(&db, &[]);

    assert_eq!(replica.exit_code().await, Some(1));
    let log = replica.log();
    assert!(
        log.contains(
            "upgrade of revision 5a1c0e failed at 20241104_0900_5a1c0e_create_users.up.sql:2"
        ),
        "{log}"
    );
    assert!(log.contains("type \"users\" already exists") && !log.contains(" ready"), "{log}");
}

#[tokio::test]
async fn a_start_with_nothing_to_do_is_silent_and_ready_at_once() {
    let db = Database::new("silent").await;
    let first = Replica::start(&db, &[]);
    first.logged(" ready").await;
    let second = Replica::start(&db, &[]);
    second.logged(" ready").await;
    let log = second.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("ambix")).collect();
    assert_eq!(lines, Vec::<&str>::new(), "nothing above DEBUG");
}

/// A running service, and what it has logged.
struct Replica {
    child: Child,
    pid: u32,
    log: watch::Receiver<String>,
}

impl Replica {
    fn start(db: &Database, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
        command.env("DATABASE_URL", &db.url).envs(variables.iter().copied());
        let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, log) = watch::channel(String::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|log| *log += &format!("{line}\n"));
            }
        });
        Self { pid: child.id().unwrap(), child, log }
    }

    fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// The line with this text, once it is there.
    async fn logged(&self, text: &str) -> String {
        let mut receiver = self.log.clone();
        let found = timeout(LONG, receiver.wait_for(|log| log.contains(text))).await;
        assert!(matches!(found, Ok(Ok(_))), "{text:?} was not logged:\n{}", self.log());
        drop(found);
        let log = self.log();
        log.lines().find(|line| line.contains(text)).unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> u16 {
        let line = self.logged("listening on ").await;
        let (_, address) = line.rsplit_once(' ').unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The exit code, once it has one and everything that it logged has been read.
    async fn exit_code(&mut self) -> Option<i32> {
        let status = timeout(LONG, self.child.wait()).await.unwrap().unwrap();
        while timeout(LONG, self.log.changed()).await.unwrap().is_ok() {}
        status.code()
    }
}

/// A database of its own, dropped with the value.
struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    async fn new(name: &str) -> Self {
        let server =
            std::env::var("AMBIX_TEST_POSTGRES_URL").expect("./test sets AMBIX_TEST_POSTGRES_URL");
        let name = format!("ambix_service_{name}_{}", std::process::id());
        let (base, _) = server.rsplit_once('/').unwrap();
        let db = Self { url: format!("{base}/{name}"), name, server };
        db.admin(&format!("CREATE DATABASE {}", db.name)).await;
        db
    }

    async fn admin(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.connect().await)
            .await
            .unwrap();
    }

    async fn column(&self, sql: &str) -> Vec<String> {
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut self.connect().await)
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// One migration is applied, and a query of somebody else keeps the second from its table: whoever runs it holds the
    /// migration lock until this connection is closed.
    async fn block_the_migration(&self) -> PgConnection {
        let migrator = ambix::Migrator::from_path("migrations/postgres").unwrap();
        migrator.upgrade(self.url.as_str(), "+1").await.unwrap();
        let mut blocker = self.connect().await;
        sqlx::raw_sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            .execute(&mut blocker)
            .await
            .unwrap();
        blocker
    }

    /// The server's process that holds the migration lock, once there is one.
    async fn lock_holder(&self) -> String {
        let query = "SELECT l.pid::text FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                     WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()";
        let polled = timeout(LONG, async {
            loop {
                if let Some(pid) = self.column(query).await.pop() {
                    return pid;
                }
                sleep(Duration::from_millis(50)).await;
            }
        });
        polled.await.expect("nobody takes the migration lock")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, sql) =
            (self.server.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // A drop cannot wait; a thread with a runtime of its own can.
        let _ = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            });
        })
        .join();
    }
}
