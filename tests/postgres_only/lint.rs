//! What the linter's rules about locks and rewrites say is what the server does: each of their fixtures runs in a transaction on tables with
//! rows, and the transaction's own locks, the files of the tables and the rows that it has read are looked at.

use ambix::{
    Migration, Migrations, Migrator,
    lint::{Finding, LintOptions},
};
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
    CREATE TABLE events_2019 (LIKE events);
    INSERT INTO events_2019 VALUES (1, 2019);
    CREATE MATERIALIZED VIEW totals AS SELECT user_id FROM orders;
    CREATE UNIQUE INDEX totals_user ON totals (user_id);
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    ALTER TABLE users ADD COLUMN mood mood;
    ANALYZE";

/// The tables that were there before.
const KNOWN: &str = "('users', 'orders', 'events', 'events_2020', 'events_2019', 'totals')";

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

/// The same through `lint --run`: a finding is seen, and neither withdrawn nor missing; and in what a rule lets pass nothing is seen.
#[tokio::test]
async fn running_the_fixtures_agrees_with_the_rules() {
    let db = fresh().await;
    let mut migrations = Vec::new();
    let mut expected = Vec::new();
    for rule in ambix::lint::rules() {
        if !["LOCK", "REWRITE"].contains(&rule.code.split('-').next().unwrap()) {
            continue;
        }
        let fixtures = [(true, rule.fixtures(true)), (false, rule.fixtures(false))];
        for (is_found, [before, up, _]) in fixtures
            .into_iter()
            .flat_map(|(is_found, list)| list.into_iter().map(move |fixture| (is_found, fixture)))
            .filter(|(_, [_, _, version])| version.is_empty())
        {
            // What ambix refuses to run cannot be seen.
            if is_found && rule.code == "LOCK-003" {
                continue;
            }
            let number = expected.len();
            let reset = format!(
                "DROP TABLE IF EXISTS users, orders, events CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public; {TABLES}"
            );
            let earlier: Vec<String> = before
                .split(';')
                .filter(|part| !part.contains("CREATE TABLE") && !part.contains("ADD COLUMN name"))
                .map(|part| part.replace("CONCURRENTLY ", ""))
                .collect();
            let reset = format!("{reset}; {}", earlier.join(";"));
            migrations.push(Migration::new(format!("a{number}"), "reset").up(&reset));
            migrations.push(Migration::new(format!("c{number}"), "fixture").up(up));
            expected.push((rule.code, is_found, up));
        }
    }
    let migrator = Migrator::from_migrations(Migrations::new(migrations).unwrap()).unwrap();
    let report = migrator.lint_run(&db.url, &LintOptions::new()).await.unwrap();
    // What is about several statements shows itself in no single one.
    let unseen = ["LOCK-014", "LOCK-020"];
    let mut wrong = Vec::new();
    for (number, (code, is_found, up)) in expected.iter().enumerate() {
        let revision = format!("c{number}");
        let is_here = |finding: &&Finding| finding.revision == revision;
        let seen: Vec<&Finding> =
            report.findings.iter().filter(is_here).filter(|f| f.measured.is_some()).collect();
        let is_right = match is_found {
            true => unseen.contains(code) || seen.iter().any(|finding| finding.code == *code),
            false => seen.iter().all(|finding| finding.code != *code),
        };
        let withdrawn: Vec<&Finding> = report.withdrawn.iter().filter(is_here).collect();
        if !is_right || !withdrawn.is_empty() {
            wrong.push(format!(
                "{code} ({is_found}): {up}\nseen: {seen:#?}\nwithdrawn: {withdrawn:#?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}\n{:#?}", wrong.join("\n\n"), report.notes);
    assert!(expected.len() > 50, "{}", expected.len());
}
