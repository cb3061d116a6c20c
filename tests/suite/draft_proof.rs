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

/// PostgreSQL alone has something that makes a statement do more than it says.
#[tokio::test]
async fn what_does_not_lead_there_is_not_written() {
    if SCHEME != "postgres" {
        return;
    }
    let db = fresh().await;
    let schema = |columns: &str| {
        format!(
            "CREATE TABLE town (id integer PRIMARY KEY{columns});
             CREATE FUNCTION mark() RETURNS event_trigger LANGUAGE plpgsql AS
                 $$ BEGIN COMMENT ON TABLE town IS 'altered'; END $$;
             CREATE EVENT TRIGGER marks ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION mark()"
        )
    };
    let migrator = migrator(&schema(""));
    migrator.run_pending(&db.pool).await.unwrap();
    let migrator = migrator.schema_sql(schema(", size integer"));
    let error = migrator.draft(&db.pool, DraftOptions::new()).await.unwrap_err();
    let Error::NotProven { left, .. } = &error else { panic!("{error}") };
    assert_eq!(left, &["remove the comment on table town"]);
    let text = error.to_string();
    assert!(text.contains("up side") && text.contains("nothing was written"), "{text}");
    let draft = migrator.draft(&db.pool, DraftOptions::new().proof(false)).await.unwrap();
    assert!(draft.up.contains("ADD COLUMN size") && !draft.is_proven);
}
