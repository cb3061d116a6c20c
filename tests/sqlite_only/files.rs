//! A database that is a file.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use ambix::{draft::DraftOptions, lint::LintOptions, preflight::PreflightOptions};
use sqlx::Connection as _;

use crate::{
    setup::{Connection, HOLD_T1, fresh},
    support::{folder, migrator, three, unique},
};

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let file = std::env::temp_dir().join(unique("ambix_nowhere")).join("app.db");
    let url = format!("sqlite://{}", file.display());
    let error = format!("{:#}", three().run_pending(url.as_str()).await.unwrap_err());
    assert!(error.contains(&file.display().to_string()), "{error}");
    assert!(error.contains("mode=rwc"), "{error}");
}

/// A file that may only be read, and one that is something else.
#[tokio::test]
async fn a_file_that_cannot_be_written_or_read_says_why() {
    let db = fresh().await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    let path = db.url.split_once('?').map_or(&*db.url, |(path, _)| path);
    let error = three().run_pending(format!("{path}?mode=ro").as_str()).await.unwrap_err();
    let error = format!("{error:#}");
    for part in ["readonly", "no statement of the file had begun", "mode=ro"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let file = std::env::temp_dir().join(unique("ambix_other"));
    std::fs::write(&file, [7; 4096]).unwrap();
    let url = format!("sqlite://{}", file.display());
    for error in [
        three().run_pending(url.as_str()).await.map(drop).unwrap_err(),
        three().status(url.as_str()).await.map(drop).unwrap_err(),
    ] {
        assert!(format!("{error:#}").contains("or is encrypted"), "{error:#}");
    }
    std::fs::remove_file(file).unwrap();
}

/// The system's list of locks changes while it is read.
#[tokio::test]
async fn whoever_writes_is_named_also_while_others_lock_and_unlock() {
    if cfg!(not(target_os = "linux")) {
        return;
    }
    let db = fresh().await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    let mut writer = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql(HOLD_T1).execute(&mut writer).await.unwrap();
    let folder = std::env::temp_dir().join(unique("ambix_locks"));
    std::fs::create_dir(&folder).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..2).map(|name| lock_and_unlock(&folder, name, &done)).collect();
    let process = format!("by process {} (", std::process::id());
    let mut unnamed = 0;
    for _ in 0..300 {
        let locks = three().locks(&db.pool).await.unwrap();
        unnamed += usize::from(!locks.to_string().contains(&process));
    }
    done.store(true, Ordering::Relaxed);
    others.into_iter().for_each(|other| other.join().unwrap());
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(unnamed, 0, "of 300 looks");
}

fn lock_and_unlock(folder: &Path, name: usize, done: &Arc<AtomicBool>) -> JoinHandle<()> {
    let file = |at| File::create(folder.join(format!("{name}.{at}"))).unwrap();
    let files: Vec<File> = (0..20).map(file).collect();
    let done = Arc::clone(done);
    std::thread::spawn(move || {
        while !done.load(Ordering::Relaxed) {
            files.iter().for_each(|file| file.lock().unwrap());
            files.iter().for_each(|file| file.unlock().unwrap());
        }
    })
}

#[tokio::test]
async fn a_view_in_the_place_of_the_history_is_named() {
    let db = fresh().await;
    three().upgrade(&db.pool, "r1").await.unwrap();
    db.execute(
        "ALTER TABLE ambix_history RENAME TO h; CREATE VIEW ambix_history AS SELECT * FROM h",
    )
    .await;
    let error = format!("{:#}", three().upgrade(&db.pool, "r2").await.unwrap_err());
    assert!(error.contains("because it is a view") && error.contains("drop the view"), "{error}");
    assert!(!error.contains("rights"), "{error}");
    assert_eq!(db.tables().await, ["h", "t1"]);
}

/// They are the whole program's, and a limit that is hard cannot be raised again.
#[tokio::test]
async fn limits_of_the_programs_memory_are_refused() {
    let db = fresh().await;
    for limit in ["soft_heap_limit = 4000000", "hard_heap_limit(9000000)", "main.soft_heap_limit=0"]
    {
        for head in ["", "-- ambix: transaction none\n"] {
            let up = format!("{head}CREATE TABLE a (id integer);\nPRAGMA {limit}; SELECT 1;");
            let steps = crate::support::migrator(&[("r1", &up, "")]);
            let error = steps.run_pending(&db.pool).await.unwrap_err().to_string();
            assert!(error.contains("the memory of the whole program"), "{error}");
            assert_eq!(db.tables().await, Vec::<String>::new());
        }
    }
    let asks = "PRAGMA soft_heap_limit; PRAGMA hard_heap_limit;";
    crate::support::migrator(&[("r1", asks, "")]).run_pending(&db.pool).await.unwrap();
}

/// What a scratch place runs, it runs in memory: no file that a migration attaches or writes is touched.
#[tokio::test]
async fn a_scratch_place_writes_no_files() {
    let folder = folder(&[("other.db", "")]);
    let path = |name: &str| folder.0.join(name);
    let sizes = || {
        let entries = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap());
        entries.map(|entry| entry.metadata().unwrap().len()).collect::<Vec<_>>()
    };
    let up = format!(
        "-- ambix: transaction none\nATTACH '{}' AS other;\nCREATE TABLE other.made (id integer);\nVACUUM INTO '{}';\nDETACH other;",
        path("other.db").display(),
        path("copy.db").display()
    );
    let migrator =
        migrator(&[("r1", "CREATE TABLE t (id integer)", "DROP TABLE t"), ("r2", &up, "")]);
    let migrator = migrator.schema_sql("CREATE TABLE t (id integer)");
    let db = fresh().await;
    migrator.lint_run(&db.url, &LintOptions::new()).await.unwrap();
    assert_eq!(sizes(), [0]);
    migrator.preflight(&db.url, &PreflightOptions::new()).await.unwrap();
    assert_eq!(sizes(), [0]);
    // A draft attaches nothing, and says what is missing then.
    let from_migrations = DraftOptions::new().from_migrations(true);
    let error = migrator.check(&db.url, from_migrations).await.unwrap_err();
    assert!(format!("{error:#}").contains("unknown database other"), "{error}");
    assert_eq!(sizes(), [0]);
    migrator.run_pending(&db.url).await.unwrap();
    assert!(sizes().len() == 2 && !sizes().contains(&0), "{:?}", sizes());
}
