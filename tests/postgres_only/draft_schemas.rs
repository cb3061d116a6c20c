//! Models that say in which schema they are.

use ambix::{
    Error, Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{
        Column, EnumType, ForeignKey, Identity, IdentityKind, Name, Schema, Sequence, Table, Type,
    },
};

use crate::setup;

fn migrator(migrations: &[Migration], models: Schema) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().models(models)
}

fn table(name: &str) -> Table {
    let id = Column::new("id", Type::Integer).identity(Identity::new(IdentityKind::Serial));
    Table::new(name).column(id).primary_key(["id"])
}

/// DIF-013, DIF-014: the default schema by its name is the default schema.
#[tokio::test]
async fn the_default_schema_may_be_named() {
    let db = setup::fresh().await;
    let mood =
        |schema: &str| Type::Enum(EnumType::new(Name::in_schema(schema, "mood"), ["sad", "ok"]));
    let models = Schema::new()
        .schema("public")
        .sequence(Sequence::new(Name::in_schema("public", "numbers")))
        .table(table("a").schema("public").column(Column::new("mood", mood("public"))))
        .table(table("a").schema("other").column(Column::new("mood", mood("other"))))
        .table(table("b").column(Column::new("a_id", Type::Integer)).foreign_key(ForeignKey::new(
            ["a_id"],
            Name::in_schema("public", "a"),
            ["id"],
        )));
    let draft = migrator(&[], models.clone()).draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.up.contains("CREATE TABLE a (") && draft.up.contains("CREATE TABLE other.a ("));
    assert!(!draft.up.contains("public"), "{}", draft.up);
    let first = [Migration::new("r1", "first").up(&draft.up).down(&draft.down)];
    let migrated = migrator(&first, models.clone());
    migrated.run_pending(&db.pool).await.unwrap();
    for options in [DraftOptions::new(), DraftOptions::new().from_migrations(true)] {
        let left = migrated.check(&db.pool, options).await.unwrap();
        assert!(left.is_empty(), "{left}");
    }
    // Which schema is the default one is up to the session.
    let url = format!("{}?options=-csearch_path%3Dother%2Cpublic", db.url);
    let elsewhere =
        Schema::new().table(table("a").schema("other").column(Column::new("mood", mood("other"))));
    let left = migrator(&first, elsewhere).check(&url, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}");
}

/// What a script makes takes part wherever it stands, and what migrations make where the models name it.
#[tokio::test]
async fn schemas_of_scripts_take_part() {
    let db = setup::fresh().await;
    let sql = "CREATE SCHEMA \"Audit\"; CREATE TABLE \"Audit\".t (id integer); CREATE TABLE here (id integer);";
    let wanted = || migrator(&[], Schema::new()).schema_sql(sql);
    let draft = wanted().draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(draft.to_string(), "create schema Audit\ncreate table Audit.t\ncreate table here");
    db.execute(sql).await;
    let left = wanted().check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}");
    // A migration of a schema that is there already, and that it does not make.
    db.execute("CREATE SCHEMA IF NOT EXISTS other; CREATE TABLE other.there (id integer)").await;
    let migrations = [
        Migration::new("r1", "schema").up("CREATE SCHEMA IF NOT EXISTS OTHER"),
        Migration::new("r2", "table").up("CREATE TABLE Other.t (id integer)"),
    ];
    let models = Schema::new()
        .table(Table::new("t").schema("other").column(Column::new("id", Type::Integer)));
    let replay = DraftOptions::new().from_migrations(true);
    let left = migrator(&migrations, models).check(&db.pool, replay).await.unwrap();
    assert!(left.is_empty(), "{left}");
}

#[tokio::test]
async fn two_enum_types_of_one_name_are_refused() {
    let db = setup::fresh().await;
    let with = |name: &str, values: &[&str]| {
        let mood = EnumType::new("mood", values.iter().copied());
        table(name).column(Column::new("mood", Type::Array(Box::new(Type::Enum(mood)))))
    };
    let models = Schema::new().table(with("a", &["sad", "ok"])).table(with("b", &["sad"]));
    let error = migrator(&[], models).draft(&db.pool, DraftOptions::new()).await.unwrap_err();
    assert!(matches!(error, Error::Models { .. }), "{error:?}");
    insta::assert_snapshot!(error, @"the models have two enum types called mood, one with the values sad, ok, the other with sad: give one of them another name; nothing was written");
}
