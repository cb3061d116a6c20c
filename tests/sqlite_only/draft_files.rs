//! Drafted files of tables that are recreated: they can be run without a connection to look at, and fail as a whole.

use super::draft_way::{Way, migrator, options};
use crate::{flavor::shell, setup::SCHEME};

const BEFORE: &str =
    "CREATE TABLE some_table (id INTEGER, bar VARCHAR(9)); CREATE INDEX by_id ON some_table (id)";
const AFTER: &str = "CREATE TABLE some_table (id BIGINT CHECK (id > 0), foo INTEGER DEFAULT 7); CREATE INDEX by_id ON some_table (id)";

/// BAT-116, BAT-118, BAT-119 (and 115): Alembic's files say what to do to a table, so that a script of them needs a connection to look
/// at the table with, or a description of it. Here all of that is in the file.
#[tokio::test]
async fn a_script_has_all_of_a_table_that_is_made_anew() {
    let way =
        Way::new(BEFORE, "INSERT INTO some_table VALUES (1, 'x'), (2, 'y')", AFTER, options())
            .await;
    let migrator = migrator(&way.migrations, AFTER);
    let run = |from: &str, to: &str| {
        let script = migrator.script(SCHEME, from, to).unwrap();
        let output = shell(&way.db, &script);
        assert!(output.status.success(), "{output:?}\n{script}");
    };
    for _ in 0..2 {
        run("r1", "r2");
        assert_eq!(way.rows("SELECT id || foo FROM some_table").await, "17; 27");
        assert!(migrator.check(&way.db.pool, options()).await.unwrap().is_empty());
        assert!(migrator.run_pending(&way.db.pool).await.unwrap().is_noop());
        way.is_whole().await;
        run("r2", "r1");
        assert_eq!(way.rows("SELECT id || coalesce(bar, '-') FROM some_table").await, "1-; 2-");
        let seen = migrator.inspect(&way.db.pool).await.unwrap();
        assert_eq!(ambix::draft::difference(&seen, &way.before), []);
        way.is_whole().await;
    }
}

/// BUG-020: what ALTER TABLE cannot do recreates the table; and where that fails on a row, the column that was added before it
/// is not left, so that it can be run again.
#[tokio::test]
async fn a_draft_that_fails_on_a_row_leaves_nothing() {
    let from = "CREATE TABLE a (x INTEGER); CREATE TABLE t (id INTEGER PRIMARY KEY, n VARCHAR(9))";
    let to = "CREATE TABLE a (x INTEGER, y INTEGER); CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0), m INTEGER)";
    let way = Way::new(from, "INSERT INTO t VALUES (1, '5'), (2, '-5')", to, options()).await;
    assert!(way.draft.up.contains("ALTER TABLE a ADD COLUMN y"), "{}", way.draft.up);
    let migrator = migrator(&way.migrations, to);
    let error = migrator.run_pending(&way.db.pool).await.unwrap_err();
    assert!(format!("{error:#}").contains("CHECK constraint failed"), "{error}");
    let seen = migrator.inspect(&way.db.pool).await.unwrap();
    assert_eq!(ambix::draft::difference(&seen, &way.before), []);
    assert_eq!(way.rows("SELECT id || n FROM t").await, "15; 2-5");
    way.is_whole().await;
    way.db.execute("UPDATE t SET n = '6' WHERE id = 2").await;
    way.up().await;
    assert_eq!(way.rows("SELECT typeof(n) || n FROM t").await, "integer5; integer6");
    way.down().await;
    way.is_whole().await;
}
