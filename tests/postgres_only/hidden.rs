//! A role that may not see the history is told so, and not that nothing is applied. And what PostgreSQL's errors mean for a file.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ambix::{Error, Migrator};

use sqlx::Connection as _;

use crate::{
    setup::{Connection, Fresh, fresh},
    suite::cli::User,
    support::{migrator, three, unique},
};

struct Role<'d> {
    db: &'d Fresh,
    name: String,
    url: String,
}

impl<'d> Role<'d> {
    async fn new(db: &'d Fresh, rights: &str) -> Self {
        let name = unique("ambix_hidden");
        db.execute(&format!("CREATE ROLE {name} LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC"))
            .await;
        db.execute(&rights.replace("{role}", &name)).await;
        let url = db.url.replace("postgres@", &format!("{name}@"));
        Self { db, name, url }
    }

    async fn end(self) {
        self.db.execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name)).await;
    }
}

/// What each verb says.
async fn answers(migrator: &Migrator, url: &str) -> Vec<(&'static str, Option<Error>)> {
    vec![
        ("status", migrator.status(url).await.err()),
        ("current", migrator.current(url).await.err()),
        ("history", migrator.history(url).await.err()),
        ("verify", migrator.verify(url).await.err()),
        ("plan", migrator.plan(url, "head").await.err()),
        ("run_pending", migrator.run_pending(url).await.err()),
        ("downgrade", migrator.downgrade(url, "base").await.err()),
        ("stamp", migrator.stamp(url, "head").await.err()),
        ("repair", migrator.repair(url, []).await.err()),
        ("wait", migrator.wait(url, "r3", Duration::from_secs(2)).await.err()),
    ]
}

#[tokio::test]
async fn a_role_that_may_not_see_the_history_gets_an_error() {
    for (history, rights, expected) in [
        (None, "SELECT 1", "USAGE"),
        (
            None,
            "CREATE SCHEMA own AUTHORIZATION {role}; ALTER ROLE {role} SET search_path = public, own",
            "USAGE",
        ),
        (None, "CREATE SCHEMA {role} AUTHORIZATION {role}", "USAGE"),
        (Some("ops"), "GRANT USAGE, CREATE ON SCHEMA public TO {role}", "permission denied"),
        (None, "GRANT USAGE ON SCHEMA public TO {role}", "permission denied"),
        (
            None,
            "GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ambix_history TO {role}",
            "permission denied",
        ),
        (
            None,
            "GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ambix_history_lock TO {role}",
            "permission denied",
        ),
    ] {
        let db = fresh().await;
        let migrator = match history {
            Some(schema) => three().schema(schema),
            None => three(),
        };
        migrator.run_pending(&db.url).await.unwrap();
        let role = Role::new(&db, rights).await;
        for (verb, error) in answers(&migrator, &role.url).await {
            let error = format!("{:#}", error.unwrap_or_else(|| panic!("{verb} with {rights}")));
            assert!(
                error.contains(expected) || error.contains("permission denied"),
                "{verb} with {rights}: {error}"
            );
        }
        let made = db.column("SELECT count(*) FROM pg_class WHERE relname = 'ambix_history'").await;
        assert_eq!(made, ["1"], "{rights}");
        role.end().await;
    }
}

/// The history of another tenant is not ours, though we may not see it either.
#[tokio::test]
async fn a_history_in_a_schema_that_is_not_looked_at_is_nobodys_business() {
    let db = fresh().await;
    three().schema("tenant_a").run_pending(&db.url).await.unwrap();
    let role = Role::new(
        &db,
        "CREATE SCHEMA tenant_b AUTHORIZATION {role}; ALTER ROLE {role} SET search_path = tenant_b",
    )
    .await;
    assert!(three().current(&role.url).await.unwrap().revisions.is_empty());
    assert_eq!(three().run_pending(&role.url).await.unwrap().steps.len(), 3);
    role.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_wait_says_why_it_waits_and_heeds_its_limit() {
    let mut user = User::new().await;
    let printed = user.quietly("wait --timeout 300ms");
    assert_eq!(printed.code, 1);
    assert!(
        printed.stderr.contains("waiting for the schema: pending are 5a1c0e"),
        "{}",
        printed.stderr
    );
    assert_eq!(user.quietly("upgrade").code, 0);
    let rights = "GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ambix_history TO {role}";
    let Role { name, url, .. } = Role::new(&user.db, rights).await;
    user.environment = vec![("DATABASE_URL".to_owned(), url)];
    for limit in ["--timeout 300ms", "--lock-wait 300ms"] {
        let printed = user.quietly(&format!("wait {limit}"));
        assert_eq!(printed.code, 1, "{limit}");
        assert!(printed.stderr.contains("waiting for the schema:"), "{limit}: {}", printed.stderr);
        assert!(printed.stderr.contains("permission denied"), "{limit}: {}", printed.stderr);
    }
    for verb in ["status", "current", "verify", "plan"] {
        assert_eq!(user.quietly(verb).code, 1, "{verb}");
    }
    user.db.execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}")).await;
}

/// Too many connections, at the first one: waited for like the lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_connection_to_spare_is_waited_for() {
    let db = fresh().await;
    let role = Role::new(
        &db,
        "GRANT ALL ON SCHEMA public TO {role}; ALTER ROLE {role} CONNECTION LIMIT 1",
    )
    .await;
    let held = Arc::new(Mutex::new(None));
    let holder = Connection::connect(&role.url).await.unwrap();
    *held.lock().unwrap() = Some(holder);
    let limited = three().lock(ambix::options::Lock::session().wait(Duration::from_millis(200)));
    let error = format!("{:#}", limited.run_pending(&role.url).await.unwrap_err());
    assert!(error.contains("too many connections"), "{error}");
    let told = held.clone();
    let migrator = three().observe(move |event| {
        if let ambix::events::Event::Waiting { holder, .. } = event {
            assert!(holder.as_ref().unwrap().contains("too many connections"));
            drop(told.lock().unwrap().take());
        }
    });
    assert_eq!(migrator.run_pending(&role.url).await.unwrap().steps.len(), 3);
    assert!(held.lock().unwrap().is_none());
    role.end().await;
}

#[tokio::test]
async fn what_cannot_stand_in_a_transaction_says_what_to_write() {
    let made = "CREATE TABLE t (n int); CREATE TYPE mood AS ENUM ('good');\n\
        CREATE PROCEDURE batch() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$;\n\
        CREATE PROCEDURE vacuums() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'VACUUM t'; END $$;\n\
        CREATE FUNCTION index() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'CREATE INDEX CONCURRENTLY ON t (n)'; END $$;";
    for (up, help) in [
        ("CALL batch();", "-- ambix: transaction none"),
        ("DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$;", "-- ambix: transaction none"),
        ("DO $$ BEGIN ROLLBACK; END $$;", "-- ambix: transaction none"),
        ("CALL vacuums();", "-- ambix: transaction none"),
        ("SELECT index();", "-- ambix: transaction none"),
        (
            "ALTER TYPE mood ADD VALUE 'bad'; CREATE TABLE m (m mood DEFAULT 'bad');",
            "a migration of its own",
        ),
        ("ALTER TYPE mood ADD VALUE 'bad'; SELECT 'bad'::mood;", "a migration of its own"),
    ] {
        let db = fresh().await;
        let error =
            migrator(&[("r1", made, ""), ("r2", up, "")]).run_pending(&db.url).await.unwrap_err();
        assert!(format!("{error:#}").contains(help), "{up}: {error}");
        if up.starts_with("CALL batch") || up.starts_with("DO $$ BEGIN INSERT") {
            let up = format!("-- ambix: transaction none\n{up}");
            migrator(&[("r1", made, ""), ("r2", &up, "")]).run_pending(&db.url).await.unwrap();
        }
    }
}
