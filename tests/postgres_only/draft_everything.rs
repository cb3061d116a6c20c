//! A schema with everything that tables can have here, and hostile names: read, written, made elsewhere, and read again.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions},
    schema::Schema,
};

use crate::setup::{self, Fresh};

/// What every version has.
const EVERYTHING: &str = include_str!("../fixtures/draft/postgres.sql");

/// What came with later versions, by their numbers.
const LATER: [(u32, &str); 3] = [
    (
        14,
        "CREATE TABLE since_14 (a text COMPRESSION pglz, r int4multirange DEFAULT '{}');",
    ),
    (
        15,
        "CREATE TABLE since_15 (a integer, b integer, c integer, UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (c),
            FOREIGN KEY (a, c) REFERENCES parent (x, y) ON DELETE SET NULL (c) ON UPDATE CASCADE);
         CREATE UNIQUE INDEX one_null ON since_15 (c) NULLS NOT DISTINCT WHERE a > 0;",
    ),
    (
        18,
        "CREATE TABLE since_18 (a integer NOT NULL, b integer GENERATED ALWAYS AS (a * 2) VIRTUAL, c integer,
            CONSTRAINT trusted CHECK (a > 0) NOT ENFORCED, CONSTRAINT c_given NOT NULL c);",
    ),
];

/// The models of nothing, in the schemas of the fixture, so that a draft is about all that is there.
fn nothing() -> Migrator {
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let mut models = Schema::new();
    models.schemas = vec!["billing".to_owned(), "Odd \"schema\"".to_owned()];
    migrator.models(models)
}

/// The script that makes what is there, and the one that takes it away.
async fn scripts(db: &Fresh) -> Draft {
    nothing().check(&db.pool, DraftOptions::new()).await.unwrap()
}

async fn version(db: &Fresh) -> u32 {
    let number = db.column("SELECT current_setting('server_version_num')").await;
    number[0].parse::<u32>().unwrap() / 10_000
}

async fn everything() -> Fresh {
    let db = setup::fresh().await;
    db.execute(EVERYTHING).await;
    let version = version(&db).await;
    for (_, sql) in LATER.iter().filter(|(since, _)| *since <= version) {
        db.execute(sql).await;
    }
    db
}

/// What the server itself says of all columns, constraints, indexes, comments, types and sequences.
async fn catalogue(db: &Fresh) -> Vec<String> {
    let mut of = db
        .column(
            "WITH c AS (SELECT * FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_|^information'
                 AND relname !~ '^ambix')
             SELECT concat_ws('|', 'column', c.oid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
                 attidentity, attgenerated, attstorage, attcollation::regcollation, pg_get_expr(adbin, adrelid),
                 to_jsonb(a) ->> 'attcompression', col_description(c.oid, attnum),
                 pg_get_serial_sequence(c.oid::regclass::text, attname))
             FROM c JOIN pg_attribute a ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
             WHERE relkind = 'r' AND attnum > 0
             UNION ALL SELECT concat_ws('|', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(k.oid))
             FROM pg_constraint k JOIN c ON c.oid = conrelid WHERE contype <> 'n'
             UNION ALL SELECT concat_ws('|', 'index', pg_get_indexdef(c.oid), obj_description(c.oid, 'pg_class'))
             FROM c WHERE relkind = 'i'
             UNION ALL SELECT concat_ws('|', 'table', c.oid::regclass, relpersistence, (SELECT array_agg(o ORDER BY o) FROM unnest(reloptions) o), obj_description(c.oid, 'pg_class'))
             FROM c WHERE relkind = 'r'
             UNION ALL SELECT concat_ws('|', 'sequence', c.oid::regclass, to_jsonb(s) - 'seqrelid', obj_description(c.oid, 'pg_class'))
             FROM c JOIN pg_sequence s ON seqrelid = c.oid
             UNION ALL SELECT concat_ws('|', 'enum', enumtypid::regtype, array_agg(enumlabel ORDER BY enumsortorder))
             FROM pg_enum GROUP BY enumtypid",
        )
        .await;
    of.sort();
    of
}

#[tokio::test]
async fn everything_comes_back() {
    let db = everything().await;
    let draft = scripts(&db).await;
    let other = setup::fresh().await;
    other.execute("CREATE SCHEMA billing; CREATE SCHEMA \"Odd \"\"schema\"\"\"").await;
    let migration = Migration::new("r1", "everything").up(&draft.down).down(&draft.up);
    let migrator = Migrator::from_migrations(Migrations::new([migration]).unwrap()).unwrap();
    migrator
        .run_pending(&other.pool)
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", draft.down));
    pretty_eq(&catalogue(&other).await, &catalogue(&db).await);
    migrator
        .downgrade(&other.pool, "base")
        .await
        .unwrap_or_else(|error| panic!("{error}\n{}", draft.up));
    let left = catalogue(&other).await;
    assert!(left.is_empty(), "{left:#?}");
}

/// The first lines that are on one side alone.
fn pretty_eq(got: &[String], wanted: &[String]) {
    let extra: Vec<_> = got.iter().filter(|line| !wanted.contains(line)).take(20).collect();
    let lacking: Vec<_> = wanted.iter().filter(|line| !got.contains(line)).take(20).collect();
    assert!(extra.is_empty() && lacking.is_empty(), "more: {extra:#?}\nless: {lacking:#?}");
}

/// What a draft from what is there to the same must be.
#[tokio::test]
async fn everything_is_what_it_is() {
    let db = everything().await;
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let inspected = migrator.inspect(&db.pool).await.unwrap();
    assert!(inspected.tables.len() >= 35, "{}", inspected.tables.len());
    let mut sql = String::from(EVERYTHING);
    let version = version(&db).await;
    for (_, later) in LATER.iter().filter(|(since, _)| *since <= version) {
        sql.push_str(later);
    }
    let draft = nothing().schema_sql(sql).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
}

/// Sequences and constraints that come with partitions and inheritance are nobody's to create or drop.
#[tokio::test]
async fn partitions_and_heirs_bring_nothing_of_their_own() {
    let db = setup::fresh().await;
    db.execute(
        "CREATE TABLE parts (id serial PRIMARY KEY, k integer GENERATED ALWAYS AS IDENTITY (START WITH 7)) PARTITION BY RANGE (id);
         CREATE TABLE first_part PARTITION OF parts FOR VALUES FROM (0) TO (10);
         CREATE TABLE last_part PARTITION OF parts FOR VALUES FROM (10) TO (20);
         CREATE TABLE heir_of (id integer);
         CREATE TABLE heir (own serial) INHERITS (heir_of);
         CREATE TABLE refers (id integer REFERENCES parts)",
    )
    .await;
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let schema = migrator.inspect(&db.pool).await.unwrap();
    assert!(schema.sequences.is_empty(), "{:?}", schema.sequences);
    let names: Vec<_> = schema.tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["first_part", "heir", "heir_of", "last_part", "parts", "refers"]);
    let refers = &schema.tables[5];
    assert_eq!(refers.foreign_keys.len(), 1, "{:?}", refers.foreign_keys);
    for part in [&schema.tables[0], &schema.tables[3]] {
        assert!(part.primary_key.is_none() && part.indexes.is_empty(), "{part:?}");
        assert_eq!(part.inherits[0].to_string(), "parts");
    }
    assert_eq!(schema.tables[0].bound.as_deref(), Some("FOR VALUES FROM (0) TO (10)"));
    assert_eq!(schema.tables[4].partition_by.as_deref(), Some("RANGE (id)"));
}
