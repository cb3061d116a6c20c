//! Where the history and the tables are: the `schema` option, and search paths that change.

use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

use crate::{
    flavor::shell,
    setup::{Connection, fresh},
    support::{migrator, revisions, three},
};

const TABLES: &str = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', \
    'information_schema') ORDER BY 1";

#[tokio::test]
async fn a_schema_is_made_and_used() {
    let db = fresh().await;
    let migrator = three().schema("not there \"yet\"");
    assert_eq!(revisions(&migrator.upgrade(&db.pool, "+1").await.unwrap()), ["r1"]);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r2", "r3"]);
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    let expected = ["ambix_history", "ambix_history_lock", "t1", "t2", "t3"]
        .map(|t| format!("not there \"yet\".{t}"));
    assert_eq!(db.column(TABLES).await, expected);
    assert_eq!(revisions(&migrator.downgrade(&db.pool, "base").await.unwrap()), ["r3", "r2", "r1"]);
    assert_eq!(db.column(TABLES).await, expected[..2]);
    // The pool's connections know nothing of it.
    assert_eq!(db.column("SHOW search_path").await, ["\"$user\", public"]);
    // An offline script does the same.
    let by_shell = fresh().await;
    let output = shell(&by_shell, &migrator.script("postgres", "base", "heads").unwrap());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(by_shell.column(TABLES).await, expected);
    assert!(migrator.run_pending(&by_shell.pool).await.unwrap().is_noop());
}

#[tokio::test]
async fn two_schemas_live_side_by_side() {
    let db = fresh().await;
    let (one, two) = (three().schema("one"), three().schema("two"));
    let (pool_one, pool_two) = (db.pool.clone(), db.pool.clone());
    let (of_one, of_two) = (one.clone(), two.clone());
    let both = [
        tokio::spawn(async move { of_one.run_pending(&pool_one).await }),
        tokio::spawn(async move { of_two.run_pending(&pool_two).await }),
    ];
    for run in both {
        assert_eq!(revisions(&run.await.unwrap().unwrap()), ["r1", "r2", "r3"]);
    }
    one.downgrade(&db.pool, "r1").await.unwrap();
    assert_eq!(two.status(&db.pool).await.unwrap().with("applied").count(), 3);
    assert_eq!(db.column(TABLES).await.len(), 8);
}

#[tokio::test]
async fn one_new_schema_can_be_made_by_several_sets_at_once() {
    for _ in 0..5 {
        let db = fresh().await;
        let runs = (0..4).map(|n| {
            let set = migrator(&[("r1", &format!("CREATE TABLE s{n} (id integer)"), "")]);
            let set = set.schema("shared").history_table(format!("ambix_set{n}"));
            let pool = db.pool.clone();
            tokio::spawn(async move { set.run_pending(&pool).await })
        });
        for run in runs.collect::<Vec<_>>() {
            assert_eq!(revisions(&run.await.unwrap().unwrap()), ["r1"]);
        }
    }
}

#[tokio::test]
async fn a_schema_of_the_users_name_that_comes_later_hides_nothing() {
    let db = fresh().await;
    let migrator = three();
    migrator.upgrade(&db.pool, "r2").await.unwrap();
    let user = db.column("SELECT quote_ident(current_user)").await.remove(0);
    db.execute(&format!("CREATE SCHEMA {user}")).await;
    assert_eq!(db.column("SELECT current_schema()::text").await, [user.trim_matches('"')]);
    assert_eq!(migrator.current(&db.pool).await.unwrap().revisions, ["r2"]);
    assert_eq!(revisions(&migrator.run_pending(&db.pool).await.unwrap()), ["r3"]);
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    assert_eq!(db.column("SELECT count(*)::text FROM public.ambix_history").await, ["3"]);
}

#[tokio::test]
async fn the_search_path_of_the_connect_options_counts() {
    let db = fresh().await;
    db.execute("CREATE SCHEMA mine").await;
    let options: PgConnectOptions = db.url.parse().unwrap();
    let options = options.options([("search_path", "mine")]);
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    three().run_pending(&pool).await.unwrap();
    assert!(db.column(TABLES).await.iter().all(|table| table.starts_with("mine.")));
    assert!(three().run_pending(&pool).await.unwrap().is_noop());
    // Without any schema there is no place for it.
    let options: PgConnectOptions = db.url.parse().unwrap();
    let mut nowhere = options.options([("search_path", "nowhere")]).connect().await.unwrap();
    let error = format!("{:#}", three().run_pending(&mut nowhere).await.unwrap_err());
    assert!(error.contains("no schema of the search_path exists"), "{error}");
    let path: String =
        sqlx::query_scalar("SHOW search_path").fetch_one(&mut nowhere).await.unwrap();
    assert_eq!(path, "nowhere");
    let mut other = Connection::connect(&db.url).await.unwrap();
    assert_eq!(three().run_pending(&mut other).await.unwrap().steps.len(), 3);
}
