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
