//! Files with transactions of their own, as other tools run them.

use ambix::report::Note;

use crate::{
    flavor::{schema, shell},
    setup::{SCHEME, TRANSACTIONAL_DDL, fresh},
    support::migrator,
};

const TABLE: &str = "CREATE TABLE a (id integer PRIMARY KEY);";

#[tokio::test]
async fn pairs_of_begin_and_commit_run_in_the_transaction_of_the_step() {
    for (up, is_noted) in [
        (format!("BEGIN;{TABLE}INSERT INTO a VALUES (1); COMMIT;"), false),
        (format!("BEGIN;{TABLE}COMMIT;\nBEGIN; INSERT INTO a VALUES (1); COMMIT;"), true),
        (format!("{TABLE}BEGIN; COMMIT; -- and\nINSERT INTO a VALUES (1)"), true),
        (format!("BEGIN;\n{TABLE}COMMIT;INSERT INTO a VALUES (1)"), true),
    ] {
        let db = fresh().await;
        let steps = migrator(&[("r1", &up, "DROP TABLE a"), ("r2", "SELECT 1", "SELECT 1")]);
        let run = steps.run_pending(&db.pool).await;
        if is_noted && !TRANSACTIONAL_DDL {
            let error = run.unwrap_err().to_string();
            assert!(error.contains("write `-- ambix: transaction none`"), "{error}");
            assert_eq!(db.tables().await, Vec::<String>::new());
            continue;
        }
        let report = run.unwrap_or_else(|error| panic!("{error}\n{up}"));
        let noted = report.notes.iter().any(|note| matches!(note, Note::OneTransaction { .. }));
        assert_eq!(noted, is_noted, "{:?}\n{up}", report.notes);
        assert_eq!(db.column("SELECT id FROM a").await, ["1"], "{up}");
        let offline = fresh().await;
        let script = steps.script(SCHEME, "base", "heads").unwrap();
        assert!(shell(&offline, &script).status.success(), "{script}");
        assert_eq!(schema(&offline).await, schema(&db).await);
        if is_noted {
            // All of it is taken back, also what the file has committed before.
            let failing = fresh().await;
            let up = up.replace("VALUES (1)", "VALUES (1), (1)");
            assert!(migrator(&[("r1", &up, "")]).run_pending(&failing.pool).await.is_err());
            assert_eq!(failing.tables().await, Vec::<String>::new(), "{up}");
        }
    }
}

#[tokio::test]
async fn other_transaction_control_is_refused() {
    let db = fresh().await;
    for up in [
        format!("BEGIN;{TABLE}"),
        format!("{TABLE}COMMIT;INSERT INTO a VALUES (1)"),
        format!("BEGIN;{TABLE}ROLLBACK"),
        format!("BEGIN;{TABLE}COMMIT;ROLLBACK"),
        format!("BEGIN;BEGIN;{TABLE}COMMIT;COMMIT"),
        format!("COMMIT;{TABLE}"),
        format!("{TABLE}COMMIT"),
        format!("BEGIN;{TABLE}COMMIT;INSERT INTO a VALUES (1);COMMIT"),
        format!("BEGIN;{TABLE}COMMIT AND CHAIN;INSERT INTO a VALUES (1);COMMIT"),
    ] {
        let error = migrator(&[("r1", &up, "")]).run_pending(&db.pool).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("inside a migration that runs in a transaction"), "{text}\n{up}");
        assert_eq!(db.tables().await, Vec::<String>::new(), "{up}");
    }
}
