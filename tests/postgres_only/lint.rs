//! What the linter's rules about locks and rewrites say is what the server does: each of their fixtures runs in a transaction on tables with
//! rows, and the transaction's own locks, the files of the tables and the rows that it has read are looked at.

use sqlx::{Connection as _, Row as _};

use crate::setup::{Connection, fresh};

const TABLES: &str = "
    CREATE TABLE users (id bigint PRIMARY KEY, email text, name varchar(20), age integer);
    CREATE INDEX users_email ON users (email);
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total numeric(10,2));
    INSERT INTO users SELECT n, 'a' || n, 'b' || n, n FROM generate_series(1, 20) n;
    INSERT INTO orders SELECT n, n, n FROM generate_series(1, 20) n;
    CREATE TABLE events (id bigint, year integer) PARTITION BY RANGE (year);
    CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM (2020) TO (2021);
    INSERT INTO events VALUES (1, 2020);
    CREATE MATERIALIZED VIEW totals AS SELECT user_id FROM orders;
    CREATE UNIQUE INDEX totals_user ON totals (user_id);
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    ALTER TABLE users ADD COLUMN mood mood;
    ANALYZE";

/// The tables that were there before.
const KNOWN: &str = "('users', 'orders', 'events', 'events_2020', 'totals')";

/// What a migration has done to the tables that were there before.
#[derive(Debug, Default)]
struct Effect {
    /// The strongest lock: 0 for one that lets others write, 1 for one that blocks writes, 2 for one that blocks reads as well.
    lock: i32,
    rewritten: bool,
    /// How many rows of them were read.
    read: i64,
}

async fn files(connection: &mut Connection) -> Vec<String> {
    let query = format!(
        "SELECT relname || ' ' || relfilenode FROM pg_class WHERE relname IN {KNOWN} ORDER BY 1"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// How many rows this session has read that the server has not yet counted elsewhere.
async fn rows_read(connection: &mut Connection) -> i64 {
    let query = format!(
        "SELECT coalesce(sum(seq_tup_read), 0)::bigint FROM pg_stat_xact_user_tables WHERE relname IN {KNOWN}"
    );
    sqlx::query(sqlx::AssertSqlSafe(query)).fetch_one(connection).await.unwrap().get(0)
}

/// Runs it in a transaction that is rolled back; none if it cannot run in one.
async fn effect(connection: &mut Connection, before: &str, sql: &str) -> Option<Effect> {
    if ["CONCURRENTLY", "VACUUM"].iter().any(|word| sql.contains(word)) {
        return None;
    }
    // What was applied before is committed, so that its locks are gone; the tables are made again for the next.
    let reset = format!("DROP SCHEMA public CASCADE; CREATE SCHEMA public; {TABLES}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(reset)).execute(&mut *connection).await.unwrap();
    let earlier =
        before.split(';').filter(|part| !part.trim().is_empty() && !part.contains("CREATE TABLE"));
    for statement in earlier {
        // Columns that the tables have already need not be added.
        let statement = statement
            .replace("CONCURRENTLY ", "")
            .replace("ADD COLUMN name", "ADD COLUMN IF NOT EXISTS name");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut *connection).await.unwrap();
    }
    let old = files(connection).await;
    sqlx::raw_sql("BEGIN").execute(&mut *connection).await.unwrap();
    let before = rows_read(connection).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *connection).await.unwrap();
    let query = format!(
        "SELECT coalesce(max(CASE mode WHEN 'AccessExclusiveLock' THEN 2 WHEN 'ExclusiveLock' THEN 1 WHEN 'ShareRowExclusiveLock' THEN 1 \
         WHEN 'ShareLock' THEN 1 ELSE 0 END), 0)::integer FROM pg_locks JOIN pg_class ON pg_class.oid = relation \
         WHERE pid = pg_backend_pid() AND (relname IN {KNOWN} OR relname LIKE 'users\\_email')"
    );
    let lock =
        sqlx::query(sqlx::AssertSqlSafe(query)).fetch_one(&mut *connection).await.unwrap().get(0);
    let read = rows_read(connection).await - before;
    let rewritten = files(connection).await != old;
    sqlx::raw_sql("ROLLBACK").execute(connection).await.unwrap();
    Some(Effect { lock, rewritten, read })
}

#[tokio::test]
async fn rules_say_what_the_server_does() {
    let db = fresh().await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    for rule in ambix::lint::rules() {
        let family = rule.code.split('-').next().unwrap();
        // What is about several statements, or about a type's values, shows itself in no single lock.
        let several = ["LOCK-006", "LOCK-013", "LOCK-014", "LOCK-020"].contains(&rule.code);
        if !["LOCK", "REWRITE"].contains(&family) {
            continue;
        }
        for [before, sql, _] in
            rule.fixtures(true).into_iter().filter(|[_, _, version]| version.is_empty())
        {
            let Some(effect) = effect(&mut connection, before, sql).await else { continue };
            compared += 1;
            let is_right = effect.lock > 0 && (family != "REWRITE" || effect.rewritten);
            if !is_right {
                wrong.push(format!(
                    "{} finds, and the server does not mind: {sql}\n{effect:?}",
                    rule.code
                ));
            }
        }
        for [before, sql, _] in rule.fixtures(false).into_iter().filter(|_| !several) {
            let Some(effect) = effect(&mut connection, before, sql).await else { continue };
            compared += 1;
            // A short lock is all right; one that is held while rows are read or written is what the rules are about.
            let is_long = effect.lock > 0 && (effect.rewritten || effect.read > 0);
            if is_long {
                wrong.push(format!(
                    "{} does not find, and the server minds: {sql}\n{effect:?}",
                    rule.code
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(compared > 25, "{compared}");
}
