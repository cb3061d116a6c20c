//! draft-tables-columns, as far as it is no pair of schemas: the history's own tables, what a change carries, and types that are
//! another one on each database.

use ambix::{
    Migration, Migrator,
    draft::{DraftOptions, ObjectKind},
    schema::{Column, EnumType, Schema, Sequence, SqlType, Table, Type},
};

use super::{migrator, notation};
use crate::{
    setup::{self, Fresh, SCHEME},
    support::unique,
};

/// What a check finds.
async fn found(db: &Fresh, migrator: &Migrator) -> Vec<String> {
    let draft = migrator.check(&db.pool, DraftOptions::new()).await.unwrap();
    draft.changes.iter().map(ToString::to_string).collect()
}

/// A migration that makes a schema.
async fn first(db: &Fresh, schema: &Schema) -> Migration {
    let draft = migrator(&[], schema.clone()).draft(&db.pool, DraftOptions::new()).await.unwrap();
    Migration::new("r1", "from").up(&draft.up).down(&draft.down)
}

/// The history is nobody's business, wherever it is: not where the database alone has it, and not where models have a table of
/// its name.
#[tokio::test]
async fn the_historys_tables_take_no_part() {
    let cases = [
        ("DIF-008", "my_version_table", Some("test_schema"), ""),
        ("DIF-010", "ambix_history", Some("test_schema"), ""),
        ("DIF-011", "ambix_history", Some("test_schema"), "ambix_history{x int}"),
        ("DIF-076", "my_version_table", None, "my_version_table{x int}"),
        ("DIF-076 without a model", "my_version_table", None, ""),
    ];
    for (number, table, schema, models) in cases {
        if schema.is_some() && SCHEME != "postgres" {
            continue;
        }
        let db = setup::fresh().await;
        if let Some(schema) = schema {
            db.execute(&format!("CREATE SCHEMA {schema}")).await;
        }
        let made = first(&db, &notation::schema(&["o{id int PK}"])).await;
        let migrator = migrator(&[made], notation::schema(&["o{id int PK}", models]));
        let migrator = migrator.history_table(table);
        let migrator = match schema {
            Some(schema) => migrator.schema(schema),
            None => migrator,
        };
        migrator.run_pending(&db.pool).await.unwrap();
        assert_eq!(found(&db, &migrator).await, Vec::<String>::new(), "{number}");
        let seen = migrator.inspect(&db.pool).await.unwrap();
        let seen: Vec<String> = seen.tables.iter().map(|table| table.name.to_string()).collect();
        assert_eq!(seen, ["o"], "{number}");
        // Beside it everything is compared.
        db.execute(&match schema {
            Some(schema) => format!("CREATE TABLE {schema}.more (x integer)"),
            None => "CREATE TABLE more (x integer)".to_owned(),
        })
        .await;
        assert_eq!(found(&db, &migrator).await, ["drop table more"], "{number}");
    }
}

/// DIF-038: a filter is asked about whatever takes part, and not about tables and what is on them alone.
#[tokio::test]
async fn a_filter_is_asked_about_types_and_sequences() {
    if SCHEME != "postgres" {
        return;
    }
    let db = setup::fresh().await;
    let made =
        Schema::new().enum_type(EnumType::new("mood", ["ok"])).sequence(Sequence::new("counter"));
    let made = [first(&db, &made).await];
    let migrator = migrator(&made, Schema::new());
    migrator.run_pending(&db.pool).await.unwrap();
    assert_eq!(found(&db, &migrator).await, ["drop type mood", "drop sequence counter"]);
    let types = migrator.clone().include(|object| {
        object.kind != ObjectKind::Sequence || object.name != "counter" || object.in_models
    });
    assert_eq!(found(&db, &types).await, ["drop type mood"]);
    let sequences = migrator.include(|object| object.kind != ObjectKind::Enum);
    assert_eq!(found(&db, &sequences).await, ["drop sequence counter"]);
}

/// DIF-086: a type that is another one on each database is compared as what it is on this one.
#[tokio::test]
async fn a_type_of_each_database() {
    let of = |postgres: &str, mysql: &str, sqlite: &str| {
        let ty = SqlType::new("char(32)")
            .on("postgres", postgres)
            .on("mysql", mysql)
            .on("sqlite", sqlite);
        Schema::new().table(Table::new("t").column(Column::new("somecol", ty)))
    };
    let db = setup::fresh().await;
    let made = [first(&db, &notation::schema(&["t{somecol int}"])).await];
    migrator(&made, Schema::new()).run_pending(&db.pool).await.unwrap();
    let same = migrator(&made, of("int4", "INT(11)", "INTEGER"));
    assert_eq!(found(&db, &same).await, Vec::<String>::new());
    let other = migrator(&made, of("char(31)", "char(31)", "char(31)"));
    let changes = found(&db, &other).await;
    assert!(changes.len() == 1 && changes[0].to_lowercase().contains("char"), "{changes:?}");
}

/// DIF-092: a column of which no type is known is none that is not compared. SQLite can have one; the others refuse it.
#[tokio::test]
async fn a_column_without_a_type() {
    let models = Schema::new().table(Table::new("t").column(Column::new("somecol", Type::sql(""))));
    let db = setup::fresh().await;
    if SCHEME != "sqlite" {
        let error = migrator(&[], models).draft(&db.pool, DraftOptions::new()).await.unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("create table t for the models") && text.contains("somecol"),
            "{text}"
        );
        return;
    }
    let made = [first(&db, &models).await];
    let without = migrator(&made, models);
    without.run_pending(&db.pool).await.unwrap();
    assert_eq!(found(&db, &without).await, Vec::<String>::new());
    let with = migrator(&made, notation::schema(&["t{somecol int}"]));
    let changes = found(&db, &with).await;
    assert!(changes.len() == 1 && changes[0].starts_with("alter column t.somecol"), "{changes:?}");
}

/// DIF-095: a script asks no database, and nothing can be drafted without one.
#[tokio::test]
async fn nothing_is_drafted_without_a_database() {
    let (base, _) = setup::fresh()
        .await
        .url
        .rsplit_once('/')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let nowhere = format!("{base}/{}", unique("nowhere"));
    let migrator = migrator(&[], notation::schema(&["t{id int PK}"]));
    let error = migrator.draft(nowhere.as_str(), DraftOptions::new()).await.unwrap_err();
    assert!(format!("{error:#}").contains("nowhere"), "{error}");
    let script = migrator.script(SCHEME, "base", "heads").unwrap();
    assert!(!script.contains("CREATE TABLE t "), "{script}");
}
