//! Whoever may create functions and operators in a schema of the search path must not have them called by the migrating role.
//!
//! Each function and operator that our own SQL could mean by an unqualified name has a trap of that name here, in a schema that
//! is searched before `pg_catalog`. A trap fails, and says which one it was in a sequence, which no rollback takes back.

use std::{collections::BTreeSet, path::Path};

use ambix::{
    Error, Migrator,
    adopt::{Adopt, Tool},
    draft::DraftOptions,
    options::Lock,
    preflight::{AnswerState, PreflightOptions, Subject},
    schema::*,
};

use crate::{
    setup::{Fresh, Pool, fresh},
    suite::locks::Pause,
    support::migrator,
};

/// Files whose texts are types, and defaults and comments of drafts.
const NOT_SENT: [&str; 3] = ["types.rs", "note.rs", "columns.rs"];

/// Keywords that look like calls, and cannot be anything else.
const KEYWORDS: [&str; 18] = [
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "extract",
    "position",
    "substring",
    "trim",
    "overlay",
    "cast",
    "row",
    "exists",
    "bit",
    "numeric",
    "interval",
    "left",
    "right",
    "format",
];

/// Operators of our SQL, and types of the columns and literals that they may stand between.
const OPERATORS: &str = "'=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '%', '||', '~', '~*', '!~', '~~', '!~~', '&', '|', \
                         '>>', '<<', '->', '->>', '@>'";
const TYPES: &str = "text, name, varchar, bpchar, \"char\", oid, regclass, regtype, regproc, regrole, int2, int4, int8, numeric, float8, bool, \
                     timestamptz, timestamp, interval, text[], name[], oid[], int2[], int4[], int2vector, oidvector, xid, jsonb, bit";

/// The texts in which our SQL is, with their files: all `.sql` files, and what Rust code writes but for drafts, which the user reads.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/database/postgres")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "render" {
                open.push(path);
            } else if name.ends_with(".sql")
                || name.ends_with(".rs") && !NOT_SENT.contains(&name.as_str())
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
                sources.push((name, text));
            }
        }
    }
    assert!(sources.iter().any(|(name, _)| name == "history.sql"), "{sources:?}");
    sources
}

/// What is SQL in a text: of Rust code the string literals that could be.
fn sql_of(name: &str, text: &str) -> String {
    let without_comments = |mark: &str| {
        let code = text.lines().map(|line| line.split(mark).next().unwrap_or_default());
        code.collect::<Vec<_>>().join("\n")
    };
    if name.ends_with(".sql") {
        return without_comments("-- ");
    }
    let code = without_comments("// ").replace("\\\"", "").replace("'\"'", "");
    // Texts that are not sent, as those of errors, may name what looks like a call.
    let literals = code.split('"').skip(1).step_by(2);
    let is_sql = |text: &&str| {
        text.contains("SELECT ") || text.contains("pg_") || text.contains("set_config(")
    };
    literals.filter(is_sql).collect::<Vec<_>>().join("\n")
}

/// The names that stand before a parenthesis, each with whether a schema stands before it.
fn calls(sql: &str) -> BTreeSet<(String, bool)> {
    let mut calls = BTreeSet::new();
    for (at, _) in sql.match_indices('(') {
        let before = &sql[..at];
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let start = before.rfind(|c| !is_part(c)).map_or(0, |at| at + 1);
        let name = &before[start..];
        if name.starts_with(|c: char| c.is_ascii_lowercase()) {
            calls.insert((name.to_owned(), before[..start].ends_with("pg_catalog.")));
        }
    }
    calls
}

async fn names_of_functions(db: &Fresh) -> BTreeSet<String> {
    let sql = "SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace";
    db.column(sql).await.into_iter().collect()
}

#[tokio::test]
async fn our_own_sql_names_its_functions_with_their_schema() {
    let known = names_of_functions(&fresh().await).await;
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        for (name, is_qualified) in calls(&sql_of(&file, &text)) {
            if !is_qualified && known.contains(&name) && !KEYWORDS[..15].contains(&name.as_str()) {
                wrong.push(format!("{file}: {name}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Sets a trap for each function of a name that our SQL calls, and for each operator that `pg_catalog` does not have.
async fn set_traps(db: &Fresh) {
    let mut names = BTreeSet::new();
    for (file, text) in sources() {
        names.extend(calls(&sql_of(&file, &text)).into_iter().map(|(name, _)| format!("'{name}'")));
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    db.execute("CREATE SCHEMA traps; CREATE SEQUENCE traps.sprung; CREATE TABLE traps.names (id int, name text)").await;
    db.execute(&format!(
        r#"DO $do$
        DECLARE f record; n int := 0; body text; types regtype[] := '{{{types}}}';
        BEGIN
            FOR f IN
                SELECT p.proname::text AS name, pg_get_function_identity_arguments(p.oid) AS arguments, format_type(p.prorettype, NULL) AS result
                FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ({names})
                    AND p.prorettype NOT IN (SELECT oid FROM pg_type WHERE typtype = 'p')
                    AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) a (id) JOIN pg_type t ON t.oid = a.id WHERE t.typtype = 'p')
                    AND p.provariadic = 0
            LOOP
                n := n + 1;
                INSERT INTO traps.names VALUES (n, f.name || '(' || f.arguments || ')');
                body := format('BEGIN PERFORM pg_catalog.setval(''traps.sprung'', %s); RAISE EXCEPTION ''a trap''; END', n);
                EXECUTE format('CREATE FUNCTION traps.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.name,
                    (SELECT string_agg(format_type(a.id, NULL), ', ' ORDER BY a.at) FROM unnest((SELECT p.proargtypes FROM pg_proc p
                        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = f.name
                            AND pg_get_function_identity_arguments(p.oid) = f.arguments LIMIT 1)) WITH ORDINALITY a (id, at)), f.result, body);
            END LOOP;
            FOR f IN
                SELECT o.name, l.id::regtype AS l, r.id::regtype AS r FROM unnest(ARRAY[{operators}]) o (name), unnest(types) l (id), unnest(types) r (id)
                WHERE NOT EXISTS (SELECT FROM pg_operator x WHERE x.oprname = o.name AND x.oprleft = l.id AND x.oprright = r.id)
            LOOP
                n := n + 1;
                INSERT INTO traps.names VALUES (n, f.l || ' ' || f.name || ' ' || f.r);
                body := format('BEGIN PERFORM pg_catalog.setval(''traps.sprung'', %s); RAISE EXCEPTION ''a trap''; END', n);
                EXECUTE format('CREATE FUNCTION traps.operator_%s(%s, %s) RETURNS boolean LANGUAGE plpgsql AS %L', n, f.l, f.r, body);
                EXECUTE format('CREATE OPERATOR traps.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = traps.operator_%s)', f.name, f.l, f.r, n);
            END LOOP;
        END $do$"#,
        types = TYPES.replace('"', "\\\""),
        operators = OPERATORS,
    ))
    .await;
    db.execute(&format!("ALTER DATABASE {} SET search_path = public, traps, pg_catalog", db.name))
        .await;
}

async fn assert_none_sprang(db: &Fresh, after: &str) {
    let sprung = "SELECT name FROM traps.names WHERE id OPERATOR(pg_catalog.=) (SELECT last_value FROM traps.sprung)::int \
                  AND (SELECT is_called FROM traps.sprung)";
    assert_eq!(db.column(sprung).await, Vec::<String>::new(), "{after}");
}

fn steps() -> Migrator {
    migrator(&[
        ("r1", "CREATE TABLE t1 (id integer PRIMARY KEY, name text)", "DROP TABLE t1"),
        (
            "r2",
            "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY t1_name ON t1 (name)",
            "DROP INDEX t1_name",
        ),
        ("r3", "-- ambix: run pause", "DROP TABLE IF EXISTS t3"),
    ])
}

/// Two at once, so that one of them waits and names who holds the lock; the other stands still in its last step.
async fn run_with_a_waiter(pool: &Pool) {
    let pause = Pause::new();
    let running = {
        let (migrator, pool) = (pause.of(steps()), pool.clone());
        tokio::spawn(async move { migrator.run_pending(&pool).await })
    };
    pause.reached().await;
    let impatient = Pause::new().of(steps()).lock(Lock::session().wait(std::time::Duration::ZERO));
    let error = impatient.run_pending(pool).await.unwrap_err();
    assert!(
        matches!(&error, Error::Locked { holder: Some(holder), .. } if holder.contains("held by pid")),
        "{error}"
    );
    impatient.locks(pool).await.unwrap();
    pause.go_on.notify_one();
    assert_eq!(running.await.unwrap().unwrap().steps.len(), 3);
}

#[tokio::test]
async fn nobody_else_s_functions_and_operators_are_called() {
    let db = fresh().await;
    set_traps(&db).await;
    let pool = db.pool_of(6).await;
    let steps = Pause::new().of(steps());
    // The tables of the traps are a reason to refuse.
    let error = steps.run_pending(&pool).await.unwrap_err();
    assert_none_sprang(&db, "the first look").await;
    assert!(matches!(error, Error::ExistingTables(_)), "{error}");
    assert_none_sprang(&db, "looking for existing tables").await;
    steps.ensure_history(&pool).await.unwrap();
    steps.stamp(&pool, "r1").await.unwrap();
    steps.stamp_purge(&pool, "base").await.unwrap();
    assert_none_sprang(&db, "stamp").await;
    run_with_a_waiter(&pool).await;
    assert_none_sprang(&db, "run_pending").await;
    assert!(steps.run_pending(&pool).await.unwrap().is_noop());
    steps.status(&pool).await.unwrap();
    steps.plan(&pool, "base").await.unwrap();
    steps.current(&pool).await.unwrap();
    steps.history(&pool).await.unwrap();
    assert!(steps.verify(&pool).await.unwrap().is_ok());
    steps.repair(&pool, []).await.unwrap();
    assert_none_sprang(&db, "reading").await;
    steps.downgrade(&pool, "base").await.unwrap();
    assert_none_sprang(&db, "downgrade").await;
    let script = migrator(&[("r1", "CREATE TABLE t1 (id integer PRIMARY KEY, name text)", "")]);
    let script = script.script("postgres", "base", "heads").unwrap();
    // Its first lines are for the database's shell.
    let script: Vec<&str> = script.lines().filter(|line| !line.starts_with('\\')).collect();
    let script = script.join("\n");
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&pool).await.unwrap();
    assert_none_sprang(&db, "a script").await;
}

#[tokio::test]
async fn nor_when_another_tool_s_history_is_taken_over() {
    let db = fresh().await;
    set_traps(&db).await;
    let pool = db.pool_of(2).await;
    let ddl = [
        (Tool::Alembic, "CREATE TABLE alembic_version (version_num varchar(32))"),
        (
            Tool::Sqlx,
            "CREATE TABLE _sqlx_migrations (version bigint, description text, installed_on timestamptz, success boolean, checksum bytea, \
             execution_time bigint)",
        ),
        (
            Tool::Refinery,
            "CREATE TABLE refinery_schema_history (version int4, name varchar(255), applied_on varchar(255), checksum varchar(255))",
        ),
        (
            Tool::Diesel,
            "CREATE TABLE __diesel_schema_migrations (version varchar(50), run_on timestamp)",
        ),
        (Tool::SeaOrm, "CREATE TABLE seaql_migrations (version varchar, applied_at bigint)"),
        (
            Tool::Flyway,
            "CREATE TABLE flyway_schema_history (installed_rank int, version varchar(50), description varchar(200), type varchar(20), \
             script varchar(1000), checksum integer, installed_by varchar(100), installed_on timestamp, execution_time integer, success boolean)",
        ),
        (Tool::GolangMigrate, "CREATE TABLE schema_migrations (version bigint, dirty boolean)"),
    ];
    for (tool, ddl) in ddl {
        db.execute(&ddl.replace("CREATE TABLE ", "CREATE TABLE public.")).await;
        let list = steps().history_table(format!("history_{}", tool.name()));
        let adopted = list.adopt(&pool, Adopt::from(tool)).await;
        assert_none_sprang(&db, tool.name()).await;
        adopted.unwrap_or_else(|error| panic!("{tool}: {error}"));
    }
}

#[tokio::test]
async fn nor_by_drafts_and_preflight() {
    let db = fresh().await;
    db.execute("CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE public.t1 (id serial PRIMARY KEY, of integer REFERENCES t1, m mood DEFAULT 'a', \
                n integer GENERATED ALWAYS AS (id + 1) STORED, CHECK (of > 0)); CREATE INDEX ON t1 ((id + 1)); COMMENT ON TABLE t1 IS 'x'; \
                CREATE VIEW v AS SELECT id FROM t1; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'").await;
    let tables = "CREATE TABLE public.users (id integer PRIMARY KEY, email text, age bigint, price numeric, key text); \
                  CREATE TABLE public.orders (id integer, user_id bigint)";
    let up = "CREATE UNIQUE INDEX i ON users (email); ALTER TABLE users ALTER email SET NOT NULL, ALTER age TYPE integer, \
              ALTER price TYPE numeric(3, 1), ALTER key TYPE uuid USING key::uuid; ALTER TABLE users ALTER email TYPE varchar(3), \
              ALTER key TYPE integer; ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id)";
    let pending = migrator(&[("tables", tables, ""), ("pending", up, "")])
        .history_table("apart")
        .allow_existing(true);
    pending.upgrade(&db.pool, "tables").await.unwrap();
    db.execute("INSERT INTO users VALUES (1, 'long', 3000000000, 1000, 'x'), (2, 'long', 1, 1, 'y'), (3, NULL, 1, 1, 'z'); \
                INSERT INTO orders VALUES (1, 9)").await;
    set_traps(&db).await;
    let pool = db.pool_of(2).await;
    let models = Schema::new().table(
        Table::new("t1")
            .column(Column::new("id", Type::BigInt).auto_increment())
            .primary_key(["id"]),
    );
    let drafting = migrator(&[]).models(models);
    let inspected = drafting.inspect(&pool).await;
    assert_none_sprang(&db, "inspect").await;
    inspected.unwrap();
    let checked = drafting.check(&pool, DraftOptions::new()).await;
    assert_none_sprang(&db, "check").await;
    checked.unwrap();
    let options = PreflightOptions::new().long_transaction(std::time::Duration::ZERO);
    let preflight = pending.preflight(&pool, &options).await.unwrap();
    assert_none_sprang(&db, "preflight").await;
    let stops: Vec<_> =
        preflight.about(Subject::Rows).filter(|answer| answer.state == AnswerState::Stop).collect();
    assert_eq!(stops.len(), 8, "{preflight}");
    let unknown = preflight.answers.iter().filter(|answer| answer.is_unknown);
    // A disk, a rehearsal and a backup are not known anywhere.
    assert_eq!(unknown.count(), 3, "{preflight}");
}
