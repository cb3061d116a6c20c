//! The places in which drafting asks the server, and who may use which.

use std::time::Duration;

use ambix::{
    Error, Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, EnumType, Schema, Table, Type},
};

use super::proxy::{Cut, Proxy};
use crate::{
    setup::{self, Fresh},
    suite::interrupted::left,
    support::tries,
};

/// A role without any rights but to connect and to create in the database.
async fn poor_role(db: &Fresh) -> (String, String) {
    let role = format!("role_{}", db.name);
    db.execute(&format!("CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB")).await;
    db.execute(&format!(
        "GRANT CREATE ON DATABASE \"{}\" TO {role}; GRANT CREATE ON SCHEMA public TO {role}",
        db.name
    ))
    .await;
    let url = db.url.replacen("postgres@", &format!("{role}@"), 1);
    assert!(url.contains(&role), "the server's URL has another user: {url}");
    (role, url)
}

async fn drop_role(db: &Fresh, role: &str) {
    db.execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).await;
}

fn with_schemas() -> Schema {
    let mood = EnumType::new("mood", ["sad", "ok"]);
    Schema::new()
        .table(Table::new("events").schema("audit").column(Column::new("mood", Type::Enum(mood))))
        .table(Table::new("users").column(Column::new("id", Type::Integer)))
}

fn migrator(migrations: &[Migration]) -> Migrator {
    Migrator::from_migrations(Migrations::new(migrations.iter().cloned()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_role_that_may_create_no_databases_can_draft() {
    let db = setup::fresh().await;
    let (role, url) = poor_role(&db).await;
    let models = migrator(&[]).models(with_schemas());
    let draft = models.draft(&url, DraftOptions::new()).await.unwrap();
    assert!(draft.up.contains("CREATE SCHEMA audit"), "{}", draft.up);
    let first = Migration::new("r1", "first").up(&draft.up).down(&draft.down);
    let migrated = migrator(std::slice::from_ref(&first)).models(with_schemas());
    migrated.run_pending(&url).await.unwrap_or_else(|error| panic!("{error}\n{}", draft.up));
    let draft = migrated.check(&url, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
    // It is told what it cannot have.
    let sql = migrator(&[first]).schema_sql("CREATE TABLE public.users (id integer)");
    let error = sql.draft(&url, DraftOptions::new()).await.unwrap_err();
    assert!(
        matches!(error, Error::Scratch { .. }) && format!("{error:#}").contains("CREATEDB"),
        "{error}"
    );
    assert_eq!(left(&db).await, Vec::<String>::new());
    drop_role(&db, &role).await;
}

#[tokio::test]
async fn a_script_that_names_its_schema_gets_a_database_of_its_own() {
    let db = setup::fresh().await;
    // As a dump says it; the database has a table of that name already.
    let sql = "SELECT pg_catalog.set_config('search_path', '', false);\n\
               CREATE TABLE public.users (id integer NOT NULL, name text);\n\
               ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);\n\
               CREATE INDEX by_name ON public.users USING btree (name);";
    db.execute("CREATE TABLE users (id integer CONSTRAINT users_pkey PRIMARY KEY)").await;
    let draft = migrator(&[]).schema_sql(sql).draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(draft.to_string(), "add column users.name text\nadd index by_name on users (name)");
    assert_eq!(left(&db).await, Vec::<String>::new());
}

#[tokio::test]
async fn migrations_that_need_no_transaction_are_replayed() {
    let db = setup::fresh().await;
    let migrations = [
        Migration::new("r1", "table").up("BEGIN; CREATE TABLE t (id integer); COMMIT"),
        Migration::new("r2", "index")
            .up("CREATE INDEX CONCURRENTLY i ON t (id); VACUUM t")
            .transaction(false),
    ];
    let replay = || DraftOptions::new().from_migrations(true);
    let models = Schema::new().table(
        Table::new("t")
            .column(Column::new("id", Type::Integer))
            .with_index(ambix::schema::Index::new(["id"]).named("i")),
    );
    let draft =
        migrator(&migrations).models(models.clone()).check(&db.pool, replay()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
    // With a schema's name in it.
    let qualified = [Migration::new("r1", "table")
        .up("CREATE TABLE public.t (id integer); CREATE INDEX i ON public.t (id)")];
    let draft = migrator(&qualified).models(models).check(&db.pool, replay()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
    assert!(db.tables().await.is_empty());
    assert_eq!(left(&db).await, Vec::<String>::new());
}

/// Wherever the connection breaks, and whatever of it the server has seen. The proxy must run while a drop waits. A part of the round
/// trips in every run: each draft creates a database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_leaves_nothing() {
    let db = setup::fresh().await;
    let proxy = Proxy::start_for(&db.url, Duration::ZERO).await.unwrap();
    let url = proxy.url(&db.url);
    let sql = "CREATE TABLE public.users (id integer); CREATE INDEX i ON public.users (id)";
    let wanted = [migrator(&[]).models(with_schemas()), migrator(&[]).schema_sql(sql)];
    let distance = tries(3, 1, "round trips from one cut to the next");
    for (first, migrator) in (1..).zip(wanted) {
        proxy.reset();
        migrator.draft(&url, DraftOptions::new()).await.unwrap();
        let requests = proxy.round_trips();
        let (mut failed, mut tried) = (0, 0);
        for at in (first..=requests).step_by(distance) {
            tried += 1;
            for cut in [Cut::Request(at), Cut::Answer(at)] {
                proxy.reset();
                proxy.cut_at(cut);
                failed += u64::from(migrator.draft(&url, DraftOptions::new()).await.is_err());
                assert_eq!(proxy.cuts(), 1, "{cut:?}");
                assert!(db.tables().await.is_empty(), "{cut:?}");
                assert_eq!(left(&db).await, Vec::<String>::new(), "{cut:?}");
            }
        }
        assert!(failed >= tried, "of {tried} round trips {failed} failed");
    }
}
