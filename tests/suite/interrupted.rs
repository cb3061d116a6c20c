//! A draft that is interrupted, wherever that is, leaves nothing in the database.

use std::time::Duration;

use ambix::{
    Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, Schema, Table, Type},
};

use crate::setup::{self, Fresh, SCHEME};

/// Schemas and databases that are scratch places.
async fn places(db: &Fresh) -> Vec<String> {
    let sql = match SCHEME {
        "postgres" => {
            "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'ambix\\_scratch%' UNION ALL \
             SELECT datname::text FROM pg_database WHERE datname LIKE 'ambix\\_scratch%'"
        }
        "mysql" => {
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'ambix\\_scratch%'"
        }
        _ => return Vec::new(),
    };
    db.column(sql).await
}

/// Places that somebody else works in: another test runs its migrations in one for half a minute.
async fn used_by_others(db: &Fresh) -> Vec<String> {
    let sql = match SCHEME {
        // As ambix calls its sessions, the process stands before the host.
        "postgres" => format!(
            "SELECT datname::text FROM pg_database d WHERE EXISTS (SELECT FROM pg_stat_activity a \
             WHERE (a.datname = d.datname OR strpos(a.query, d.datname) > 0) AND strpos(a.application_name, ' {}@') = 0 \
             AND a.pid <> pg_backend_pid())",
            std::process::id()
        ),
        // Whoever works in one holds a lock of its name.
        "mysql" => "SELECT schema_name FROM information_schema.schemata \
             WHERE schema_name LIKE 'ambix\\_scratch%' AND IS_USED_LOCK(schema_name) IS NOT NULL"
            .to_owned(),
        _ => return Vec::new(),
    };
    db.column(&sql).await
}

/// Scratch places that stay. Those of other tests, which run at the same time, are gone or in use, and the server may need a moment
/// to see that a client is.
pub async fn left(db: &Fresh) -> Vec<String> {
    let mut left = places(db).await;
    for _ in 0..300 {
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = places(db).await;
        left.retain(|place| now.contains(place));
    }
    if !left.is_empty() {
        let others = used_by_others(db).await;
        left.retain(|place| !others.contains(place));
    }
    left
}

fn migrator() -> Migrator {
    let tables = (0..5).map(|number| {
        Table::new(format!("t{number}"))
            .column(Column::new("id", Type::Integer).not_null())
            .primary_key(["id"])
    });
    let models = tables.fold(Schema::new(), Schema::table);
    Migrator::from_migrations(Migrations::default()).unwrap().models(models)
}

#[tokio::test]
async fn a_draft_that_is_dropped_leaves_nothing() {
    let db = setup::fresh().await;
    let migrator = migrator();
    let (mut dropped, mut done) = (0, 0);
    for step in 0..60u64 {
        let draft = migrator.draft(&db.pool, DraftOptions::new());
        match tokio::time::timeout(Duration::from_micros(step * step * 40), draft).await {
            Ok(draft) => {
                assert!(!draft.unwrap().is_empty());
                done += 1;
            }
            Err(_) => dropped += 1,
        }
    }
    assert!(dropped > 0, "no draft was interrupted, {done} were done");
    assert!(db.tables().await.is_empty());
    assert_eq!(left(&db).await, Vec::<String>::new());
    // And the next one works.
    migrator.draft(&db.pool, DraftOptions::new()).await.unwrap();
}

/// The database on which this process drafts until it is killed.
const VICTIM: &str = "AMBIX_TEST_DRAFT_VICTIM";

/// Drafts in a place of each kind.
async fn draft_all(url: &str) -> ambix::Result<()> {
    migrator().draft(url, DraftOptions::new()).await?;
    if SCHEME == "postgres" {
        let sql = "CREATE TABLE public.t (id integer)";
        let migrator = Migrator::from_migrations(Migrations::default())?.schema_sql(sql);
        migrator.draft(url, DraftOptions::new()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_killed_draft_leaves_is_gone_with_the_next_one() {
    if let Ok(url) = std::env::var(VICTIM) {
        loop {
            draft_all(&url).await.unwrap();
        }
    }
    let db = setup::fresh().await;
    for round in 0..8_u64 {
        let name = std::thread::current().name().unwrap().to_owned();
        let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--nocapture"])
            .env(VICTIM, &db.url)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(150 + 37 * round)).await;
        victim.kill().unwrap();
        assert!(!victim.wait().unwrap().success());
        assert!(db.tables().await.is_empty());
        let mut left = places(&db).await;
        for _ in 0..100 {
            // The server may need a moment to see that its client is gone.
            draft_all(&db.url).await.unwrap();
            let now = places(&db).await;
            left.retain(|place| now.contains(place));
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(left, Vec::<String>::new());
    }
}
