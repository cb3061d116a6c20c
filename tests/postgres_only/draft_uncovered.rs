//! What is not compared, and what is said where a draft would damage it.

use ambix::{
    Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, Schema, Table, Type},
};

use sqlx::{Connection as _, Executor as _};

use crate::setup;

const THERE: &str = "
    CREATE TABLE t (id integer NOT NULL, name text, note text, CONSTRAINT t_pkey PRIMARY KEY (id));
    CREATE TABLE o (id integer NOT NULL, CONSTRAINT o_pkey PRIMARY KEY (id));
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER watching AFTER UPDATE OF name ON t EXECUTE FUNCTION nothing();
    CREATE POLICY own ON t USING (note <> '');
    CREATE POLICY other ON o USING (EXISTS (SELECT FROM t WHERE t.name = 'x'));
    CREATE VIEW v AS SELECT id, name FROM t;";

/// Each change with what stands under its headline in the draft.
#[tokio::test]
async fn what_stands_in_the_way_and_what_goes_along_is_named() {
    let db = setup::fresh().await;
    db.execute(THERE).await;
    let id = || Column::new("id", Type::Integer).not_null();
    let other = || Table::new("o").column(id()).primary_key(["id"]);
    let table = || Table::new("t").column(id()).primary_key(["id"]);
    let name = || Column::new("name", Type::Text);
    let note = || Column::new("note", Type::Text);
    let fails = |what: &str| {
        format!(
            "-- will fail: the {what} uses it: drop that before and create it again after, by hand"
        )
    };
    let cases = [
        (
            Schema::new().table(other()).table(table().column(name())),
            vec![fails("policy own on t")],
        ),
        (
            Schema::new().table(other()).table(table().column(note())),
            vec![fails("view v"), fails("policy other on o"), fails("trigger watching on t")],
        ),
        (Schema::new().table(other()), vec![fails("view v"), fails("policy other on o")]),
    ];
    for (models, expected) in cases {
        let migrator = Migrator::from_migrations(Migrations::default()).unwrap().models(models);
        let allowed = DraftOptions::new().allow_destructive(true);
        let draft = migrator.draft(&db.pool, allowed).await.unwrap();
        let is_said = |line: &&str| line.contains("uses it") || line.contains("goes with it");
        let mut said: Vec<&str> = draft.up.lines().filter(is_said).collect();
        let mut expected = expected;
        said.sort_unstable();
        expected.sort_unstable();
        assert_eq!(said, expected, "{}", draft.up);
        // What is said to fail does, and all else does not.
        let sql: String = draft.up.lines().filter(|line| !line.starts_with("--")).collect();
        let mut connection = setup::Connection::connect(&db.url).await.unwrap();
        let sql = format!("BEGIN; {sql} ROLLBACK");
        let done = connection.execute(sqlx::AssertSqlSafe(sql)).await;
        let error = format!("{:#}", done.unwrap_err());
        assert!(error.contains("depend on it") || error.contains("used"), "{error}");
    }
}

/// A table that was created OF a type has its columns from there, and the type has to take it along.
#[tokio::test]
async fn a_table_of_a_row_type_is_said_to_stay() {
    let of = |attributes: &str| {
        format!(
            "CREATE TYPE one AS ({attributes}); CREATE TABLE t OF one; CREATE TABLE other (id integer)"
        )
    };
    let db = setup::fresh().await;
    db.execute(&of("id integer")).await;
    let migrator = |sql: &str| {
        Migrator::from_migrations(Migrations::default()).unwrap().schema_sql(sql.to_owned())
    };
    let draft = |sql: String| {
        let (migrator, pool) = (migrator(&sql), db.pool.clone());
        async move { migrator.draft(&pool, DraftOptions::new().allow_destructive(true)).await.unwrap() }
    };
    let more = draft(of("id integer, n text")).await;
    assert_eq!(
        more.up.matches("will fail: the table t was created OF one").count(),
        2,
        "{}",
        more.up
    );
    assert!(!more.is_proven);
    let beside = draft(of("id integer").replace("other (id integer", "other (id bigint")).await;
    assert!(beside.is_proven && !beside.up.contains("will fail"), "{}", beside.up);
}
