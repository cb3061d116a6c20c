//! Two nodes of a Galera cluster: refused, unless this node alone is used; and what a conflict rolls back is rolled back whole.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ambix::{Error, Migrator, options::Lock};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::{
    setup::{Connection, Pool},
    support::{Folder, folder, migrator, three, variable},
};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// The nodes, ended with the value.
struct Cluster {
    process: Child,
    ports: [u16; 2],
    _folder: Folder,
}

impl Cluster {
    fn start(library: &str) -> Self {
        let mut said = String::new();
        // Another process can take a port before a node has it.
        for _ in 0..3 {
            let free = || TcpListener::bind(("127.0.0.1", 0)).unwrap();
            let held: Vec<TcpListener> = (0..5).map(|_| free()).collect();
            let ports: Vec<u16> =
                held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
            drop(held);
            let folder = folder::<&str>(&[]);
            std::fs::set_permissions(
                &folder.0,
                std::os::unix::fs::PermissionsExt::from_mode(0o711),
            )
            .unwrap();
            let mut process = Command::new("bash")
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/servers/galera.sh"))
                .arg(library)
                .arg(&folder.0)
                .args(ports.iter().map(u16::to_string))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut output = BufReader::new(process.stdout.take().unwrap());
            said.clear();
            output.read_line(&mut said).unwrap();
            if said == "ready\n" {
                return Self { process, ports: [ports[0], ports[1]], _folder: folder };
            }
            output.read_to_string(&mut said).unwrap();
            process.wait().unwrap();
        }
        panic!("no cluster can be started (galera-4 and rsync are needed): {said}");
    }

    async fn pool(&self, node: usize, database: &str) -> Pool {
        Pool::connect(&format!("mysql://root@127.0.0.1:{}/{database}", self.ports[node]))
            .await
            .unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

async fn execute(pool: &Pool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

/// The first column, once the node has what the other one wrote before.
async fn column(pool: &Pool, sql: &str) -> Vec<String> {
    let mut connection = pool.acquire().await.unwrap();
    connection.execute("SET SESSION wsrep_sync_wait = 15").await.unwrap();
    let rows =
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut *connection).await.unwrap();
    rows.iter().map(|row| row.try_get_unchecked::<String, _>(0).unwrap()).collect()
}

async fn tables(pool: &Pool) -> Vec<String> {
    column(pool, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1").await
}

#[tokio::test]
async fn a_cluster_is_refused_and_what_a_conflict_rolls_back_is_whole() {
    let library = variable("AMBIX_TEST_GALERA");
    if library == "unavailable" {
        return println!(
            "left out: the tests run on another server, or this system has no package of Galera"
        );
    }
    let cluster = Cluster::start(&library);
    execute(&cluster.pool(0, "mysql").await, "CREATE DATABASE d; CREATE DATABASE c").await;
    refused(&cluster).await;
    for way in ["own", "pool", "lent"] {
        let holds = if way == "own" { &HOLDS[..] } else { &HOLDS[..3] };
        for hold in holds {
            conflict(&cluster, way, hold).await;
        }
    }
}

/// Nothing is written, on either node; what only reads works.
async fn refused(cluster: &Cluster) {
    for node in [0, 1] {
        let pool = cluster.pool(node, "d").await;
        let runs = three();
        for error in [
            runs.run_pending(&pool).await.unwrap_err(),
            runs.stamp(&pool, "heads").await.unwrap_err(),
            runs.ensure_history(&pool).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::ClusterNode { .. }), "{error:#}");
            let text = error.to_string();
            assert!(text.contains("wsrep_cluster_size is 2"), "{text}");
            assert!(text.contains("Lock::this_node_only"), "{text}");
        }
        assert_eq!(tables(&pool).await, [""; 0]);
        assert!(runs.current(&pool).await.unwrap().revisions.is_empty());
        assert_eq!(runs.status(&pool).await.unwrap().with("pending").count(), 3);
    }
    let (here, there) = (cluster.pool(0, "d").await, cluster.pool(1, "d").await);
    let runs = three().lock(Lock::session().this_node_only());
    runs.run_pending(&here).await.unwrap();
    assert_eq!(tables(&there).await, ["ambix_history", "ambix_history_lock", "t1", "t2", "t3"]);
    // A start that has nothing to do takes no lock, so that it works everywhere.
    three().run_pending(&there).await.unwrap();
    runs.downgrade(&here, "base").await.unwrap();
    assert_eq!(tables(&there).await, ["ambix_history", "ambix_history_lock"]);
}

/// What a step does while another node changes the same row: HOLD waits, the first time, and is ended by the conflict. Some of these
/// hide the error of the server.
const HOLDS: [&str; 8] = [
    "DO HOLD",
    "SELECT HOLD",
    "SELECT BENCHMARK(HOLD + 1, 1)",
    "SET @held = HOLD",
    "INSERT INTO log SELECT 7 + 0 * HOLD",
    "DO HOLD; DO 1; SELECT 1",
    "SELECT quiet(1)",
    "DO (SELECT COUNT(*) FROM log WHERE n > HOLD)",
];

/// The tail of a message that was rolled back is not committed: tried again, the step is done once.
async fn conflict(cluster: &Cluster, way: &str, hold: &str) {
    let (here, there) = (cluster.pool(0, "c").await, cluster.pool(1, "c").await);
    let waiting = "IF((SELECT COUNT(*) FROM once) = 0, GET_LOCK('held', 0) * SLEEP(60), 0)";
    execute(
        &here,
        &format!(
            "DROP DATABASE c; CREATE DATABASE c; USE c; CREATE TABLE t (id int PRIMARY KEY, v int); \
             CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, n int); CREATE TABLE once (id int PRIMARY KEY); \
             INSERT INTO t VALUES (1, 0); CREATE FUNCTION quiet(n int) RETURNS int MODIFIES SQL DATA BEGIN \
             DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; SET n = {waiting}; UPDATE t SET v = v + 10; RETURN n; END"
        ),
    )
    .await;
    let body = format!(
        "UPDATE t SET v = v + 1 WHERE id = 1;\nINSERT INTO log (n) VALUES (1);\n{};\nINSERT INTO log (n) VALUES (2);",
        hold.replace("INTO log SELECT", "INTO log (n) SELECT").replace("HOLD", waiting)
    );
    let runs: Migrator =
        migrator(&[("r1", &body, "")]).lock(Lock::session().this_node_only()).allow_existing(true);
    let url = format!("mysql://root@127.0.0.1:{}/c", cluster.ports[0]);
    let run = async {
        match way {
            "own" => runs.run_pending(url.as_str()).await,
            "pool" => runs.run_pending(&here).await,
            _ => {
                let mut connection = Connection::connect(&url).await.unwrap();
                let report = runs.run_pending(&mut connection).await;
                // It is as it was.
                let left = sqlx::raw_sql("SELECT IF(@@autocommit, '1', '0')")
                    .fetch_one(&mut connection)
                    .await;
                assert_eq!(left.unwrap().try_get_unchecked::<String, _>(0).unwrap(), "1");
                report
            }
        }
    };
    let meddle = async {
        let until = Instant::now() + LONG;
        while column(&here, "SELECT CAST(COALESCE(IS_USED_LOCK('held'), 0) AS CHAR)").await == ["0"]
        {
            assert!(Instant::now() < until, "{way}: {hold}: it does not come to that");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut other = there.acquire().await.unwrap();
        let change =
            "BEGIN; INSERT INTO once VALUES (1); UPDATE t SET v = v + 100 WHERE id = 1; COMMIT";
        // What this node still has to apply may be in its way.
        while let Err(error) = other.execute(change).await {
            assert!(Instant::now() < until, "{way}: {hold}: {error}");
            other.execute("ROLLBACK").await.unwrap();
        }
    };
    let (report, ()) = tokio::join!(run, meddle);
    report.unwrap_or_else(|error| panic!("{way}: {hold}: {error:#}"));
    let extra = if hold.starts_with("INSERT") { "1,2,7" } else { "1,2" };
    for pool in [&here, &there] {
        let log = column(pool, "SELECT GROUP_CONCAT(n ORDER BY n) FROM log").await;
        assert_eq!(log, [extra], "{way}: {hold}");
        let v = if hold.contains("quiet") { "111" } else { "101" };
        assert_eq!(column(pool, "SELECT CAST(v AS CHAR) FROM t").await, [v], "{way}: {hold}");
    }
    for pool in [here, there] {
        pool.close().await;
    }
}
