//! What goes wrong, as it is read at three in the morning: few lines, the place, the state, the way on, the exit code.

use super::{THREE, User};
use crate::{setup::TRANSACTIONAL_DDL, suite::locks::Pause, support::migrator};

const UP: &str = "migrations/20241120_0900_f00d01_add_twitter.up.sql";
const DOWN: &str = "migrations/20241120_0900_f00d01_add_twitter.down.sql";

fn three_and(up: &'static str) -> Vec<(&'static str, &'static str)> {
    THREE.iter().copied().chain([(UP, up), (DOWN, "")]).collect()
}

/// BUG-018: not a traceback, but the revision, the file, the place, the server's words and code, and the state.
#[tokio::test]
async fn a_statement_that_fails() {
    let files = three_and(
        "-- ambix: parents d4e81f\n\nALTER TABLE users\n    ADD COLUMN twitter varchar(100);\n\nINSERT INTO userz (id) VALUES (1);\n",
    );
    let mut user = User::with(&files).await;
    user.ambix("upgrade");
    user.ambix("current");
    user.ambix("status");
    if !TRANSACTIONAL_DDL {
        user.ambix("upgrade");
        user.ambix("repair --mark-pending f00d01");
        user.ambix("status");
    }
    user.finish_for_each("a_statement_that_fails");
}

/// Tabs and wide signs before the place: the caret stands under it all the same.
#[tokio::test]
async fn a_caret_after_wide_signs() {
    if crate::suite::has_words_of_mysql().await {
        return; // The snapshot has MariaDB's words.
    }
    let mut user = User::with(&three_and("-- ambix: parents d4e81f\nINSERT INTO users (id, email)\n\tSELECT 1, 'ありがとう', nosuch_column FROM users;\n")).await;
    assert_eq!(user.quietly("upgrade d4e81f").code, 0);
    user.ambix("upgrade");
    user.finish_for_each("a_caret_after_wide_signs");
}

/// BUG-005, and what `status`, `plan`, `verify` say of it.
#[tokio::test]
async fn an_edited_migration() {
    let mut user = User::new().await;
    assert_eq!(user.quietly("upgrade").code, 0);
    let file = user.path(THREE[2].0);
    std::fs::write(
        &file,
        "-- ambix: parents 5a1c0e\nALTER TABLE users ADD COLUMN full_name varchar(200);\n",
    )
    .unwrap();
    user.ambix("upgrade");
    user.ambix("downgrade -1");
    user.ambix("plan");
    user.ambix("status");
    user.ambix("verify");
    user.ambix("repair --accept-changed abc123");
    user.ambix("verify");
    std::fs::write(&file, "-- a licence\n-- ambix: parents 5a1c0e\nALTER TABLE users ADD COLUMN full_name varchar(200);\n").unwrap();
    user.ambix("upgrade");
    user.ambix("repair");
    user.ambix("upgrade");
    user.finish("an_edited_migration");
}

/// `wait` only looks, and what it found last says what to do as the other commands do: with commands, and not with calls of the library.
#[tokio::test]
async fn a_wait_that_ends_says_what_to_type() {
    let files = [
        ("migrations/1_a.up.sql", "CREATE TABLE a (id integer)"),
        (
            "migrations/1_a.down.sql",
            "-- ambix: transaction none\nDROP TABLE a;\nDROP TABLE nowhere",
        ),
    ];
    let user = User::with(&files).await;
    assert_eq!(user.quietly("upgrade").code, 0);
    assert_eq!(user.quietly("downgrade base").code, 1);
    let printed = user.quietly("wait --timeout 200ms");
    let json = user.quietly("wait --timeout 0s --json");
    for (text, code) in [(&printed.stderr, printed.code), (&json.stdout, json.code)] {
        assert_eq!(code, 1);
        for part in [
            "the schema is not at heads",
            "downgrade TARGET",
            "repair --mark-applied 1",
            "repair --mark-pending 1",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("::"), "{text}");
    }
    // What is said while it waits is the library's text.
    assert!(
        printed.stderr.contains("waiting for the schema") && !printed.stderr.contains("Repair"),
        "{}",
        printed.stderr
    );
}

/// Nobody knows whether a file was edited if the row has no checksum.
#[tokio::test]
async fn a_row_without_a_checksum_is_not_called_an_edit() {
    let user = User::new().await;
    assert_eq!(user.quietly("upgrade").code, 0);
    user.db.execute("UPDATE ambix_history SET checksum = ''").await;
    let printed = user.quietly("upgrade");
    for part in [
        "no checksum that can be read: ",
        "abc123",
        "whether the file was edited",
        "repair --accept-changed",
    ] {
        assert!(printed.stderr.contains(part), "{part}: {}", printed.stderr);
    }
    assert!(!printed.stderr.contains("edited after being applied:"), "{}", printed.stderr);
    let verify = user.quietly("verify");
    assert!(
        verify.stdout.contains("with a checksum that cannot be read (\"\")"),
        "{}",
        verify.stdout
    );
    // Of several, each says what is known of it.
    assert_eq!(user.quietly("repair --accept-changed 5a1c0e --accept-changed d4e81f").code, 0);
    std::fs::write(user.path(THREE[4].0), "-- ambix: parents abc123\nSELECT 1;\n").unwrap();
    let printed = user.quietly("upgrade");
    for part in ["(revision abc123, whose checksum cannot be read)", "(revision d4e81f)"] {
        assert!(printed.stderr.contains(part), "{part}: {}", printed.stderr);
    }
}

/// CLI-040, BUG-041: the database names a revision that has no file.
#[tokio::test]
async fn a_file_that_is_gone() {
    let mut user = User::new().await;
    assert_eq!(user.quietly("upgrade").code, 0);
    std::fs::remove_file(user.path(THREE[4].0)).unwrap();
    std::fs::remove_file(user.path(THREE[5].0)).unwrap();
    user.ambix("upgrade");
    user.ambix("current");
    user.ambix("current -v");
    user.ambix("history -i");
    user.ambix("status");
    user.ambix("verify");
    user.ambix("upgrade --allow-newer");
    user.remark("the history keeps the down side, so the usual advice works");
    user.ambix("downgrade base");
    user.ambix("upgrade head");
    assert_eq!(user.db.tables().await, ["users"]);
    user.finish("a_file_that_is_gone");
}

/// BUG-006, and the way out without an edit.
#[tokio::test]
async fn out_of_order() {
    let mut user = User::new().await;
    assert_eq!(user.quietly("upgrade").code, 0);
    let late = "-- ambix: parents 5a1c0e\nCREATE TABLE late (id integer PRIMARY KEY);\n";
    std::fs::write(user.path("migrations/20241105_0900_1a7e00_late.up.sql"), late).unwrap();
    let spliced = THREE[2].1.replace("parents 5a1c0e", "parents 1a7e00");
    std::fs::write(user.path(THREE[2].0), spliced).unwrap();
    user.ambix("status");
    user.ambix("upgrade");
    user.ambix("upgrade --out-of-order");
    user.ambix("current --check-heads");
    user.finish("out_of_order");
}

/// Exit code 4, and who holds it.
#[tokio::test]
async fn another_runner_has_the_lock() {
    let user = User::new().await;
    let pause = Pause::new();
    let holder = pause.of(migrator(&[("r1", "-- ambix: run pause", "")]));
    let pool = user.db.pool.clone();
    let running = tokio::spawn(async move { holder.run_pending(&pool).await });
    pause.reached().await;
    let printed = user.quietly("upgrade --lock-wait 300ms");
    assert_eq!(printed.code, 4, "{}", printed.stderr);
    for text in ["could not take the migration lock", "it is held by", "ambix locks"] {
        assert!(printed.stderr.contains(text), "{text}: {}", printed.stderr);
    }
    let printed = user.quietly("upgrade --lock-wait 0s --json");
    let document: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!((printed.code, &document["error"]["kind"]), (4, &serde_json::json!("locked")));
    pause.go_on.notify_one();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_database_that_others_have_made() {
    let mut user = User::new().await;
    user.db.execute("CREATE TABLE old (id integer)").await;
    user.ambix("upgrade");
    user.ambix("status");
    user.ambix("upgrade --json");
    user.db.execute("CREATE TABLE alembic_version (version_num varchar(32))").await;
    user.db.execute("INSERT INTO alembic_version VALUES ('5a1c0e')").await;
    user.ambix("upgrade");
    user.ambix("adopt --from alembic");
    user.ambix("plan");
    user.finish_for_each("a_database_that_others_have_made");
}
