//! A draft is proven before anyone gets it: both sides are run on a copy of the current schema.

use ambix::{
    Error, Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, Schema, Table, Type},
};

use crate::setup::{SCHEME, fresh};

const TOWN: &str = "CREATE TABLE town (id integer PRIMARY KEY, name varchar(40))";

fn migrator(sql: &str) -> Migrator {
    let first = Migration::new("r1", "begin").up(sql);
    Migrator::from_migrations(Migrations::new([first]).unwrap()).unwrap()
}

#[tokio::test]
async fn a_draft_of_a_script_and_one_of_models_are_proven() {
    let db = fresh().await;
    let migrator = migrator(TOWN);
    migrator.run_pending(&db.pool).await.unwrap();
    let script = "CREATE TABLE town (id integer PRIMARY KEY, name varchar(40), size integer);
        CREATE TABLE street (id integer PRIMARY KEY, town integer REFERENCES town (id));
        CREATE VIEW big AS SELECT id FROM town WHERE size > 10";
    let models = Schema::new().table(
        Table::new("town")
            .column(Column::new("id", Type::Integer).not_null())
            .column(Column::new("name", Type::Varchar(80)))
            .primary_key(["id"]),
    );
    for with in [migrator.clone().schema_sql(script), migrator.models(models)] {
        let draft = with.draft(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(draft.is_proven, "{}\n{:?}", draft.up, draft.notes);
        let without = DraftOptions::new().proof(false);
        assert!(!with.draft(&db.pool, without).await.unwrap().is_proven);
        // Nothing is left of it.
        assert_eq!(db.tables().await, ["town"]);
    }
}

/// A value of a type cannot be taken out again where a column has the rows of a table that has the type.
#[tokio::test]
async fn what_does_not_lead_there_is_not_written() {
    if SCHEME != "postgres" {
        return;
    }
    let db = fresh().await;
    let schema = |values: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({values}); CREATE TABLE town (mood mood); CREATE TABLE street (town town)"
        )
    };
    let migrator = migrator(&schema("'good'"));
    migrator.run_pending(&db.pool).await.unwrap();
    let migrator = migrator.schema_sql(schema("'good', 'bad'"));
    let error = migrator.draft(&db.pool, DraftOptions::new()).await.unwrap_err();
    assert!(matches!(error, Error::NotProven { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("down side") && text.contains("nothing was written"), "{text}");
    let draft = migrator.draft(&db.pool, DraftOptions::new().proof(false)).await.unwrap();
    assert!(draft.up.contains("ADD VALUE 'bad'") && !draft.is_proven);
}
