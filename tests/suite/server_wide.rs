//! What a statement changes of the whole server, no scratch place holds: it is not run there, and named.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions},
    lint::LintOptions,
};

use crate::{
    setup::{Fresh, SCHEME, fresh},
    support::unique,
};

const TABLE: &str = "CREATE TABLE town (id integer PRIMARY KEY)";

/// Scripts with the role `{role}`, and what is named of each. Roles that only a block creates are the server's as well.
const SCRIPTS: &[(&str, &str, &str)] = &[
    ("postgres mysql", "CREATE ROLE {role}; {table}", "CREATE ROLE (schema.sql:1:1)"),
    ("mysql", "CREATE OR REPLACE USER {role}; {table}", "CREATE USER (schema.sql:1:1)"),
    (
        "mysql",
        "{table}; GRANT USAGE ON *.* TO {role} IDENTIFIED BY 'secret'",
        "GRANT (schema.sql:1:",
    ),
    ("mysql", "SET GLOBAL max_connections = 151; {table}", "SET GLOBAL (schema.sql:1:1)"),
    ("mysql", "SET @@GLOBAL.max_connections = 151; {table}", "SET GLOBAL (schema.sql:1:1)"),
    (
        "mysql",
        "SET PASSWORD FOR {role} = PASSWORD('secret'); {table}",
        "SET PASSWORD (schema.sql:1:1)",
    ),
    ("mysql", "FLUSH PRIVILEGES; {table}", "FLUSH (schema.sql:1:1)"),
    ("postgres", "GRANT pg_monitor TO {role}; {table}", "GRANT (schema.sql:1:1)"),
    (
        "postgres",
        "REVOKE CONNECT ON DATABASE postgres FROM {role}; {table}",
        "REVOKE (schema.sql:1:1)",
    ),
    ("postgres", "COMMENT ON ROLE {role} IS 'x'; {table}", "COMMENT (schema.sql:1:1)"),
    // A name that needs a database of its own.
    (
        "postgres",
        "DROP OWNED BY {role}; CREATE TABLE public.town (id integer PRIMARY KEY)",
        "DROP OWNED (schema.sql:1:1)",
    ),
    (
        "postgres",
        "CREATE USER {role} PASSWORD 'secret'; CREATE TABLE public.town (id integer PRIMARY KEY)",
        "CREATE USER (schema.sql:1:1)",
    ),
    (
        "postgres",
        "DO $$ BEGIN CREATE ROLE {role}; END $$; CREATE TABLE public.town (id integer PRIMARY KEY)",
        "CREATE ROLE (schema.sql:1:1)",
    ),
];

fn migrator(list: impl IntoIterator<Item = Migration>) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap()
}

async fn roles(db: &Fresh, role: &str) -> Vec<String> {
    db.column(&match SCHEME {
        "postgres" => format!("SELECT rolname::text FROM pg_roles WHERE rolname = '{role}'"),
        _ => format!("SELECT CAST(user AS char) FROM mysql.user WHERE user = '{role}'"),
    })
    .await
}

fn notes(draft: &Draft) -> String {
    draft.notes.iter().map(|note| format!("{note}\n")).collect()
}

#[tokio::test]
async fn no_role_is_created_to_find_out_a_schema() {
    let mine = SCRIPTS.iter().filter(|(databases, ..)| databases.contains(SCHEME));
    for (_, script, named) in mine {
        let (db, role) = (fresh().await, unique("wide"));
        let script = script.replace("{role}", &role).replace("{table}", TABLE);
        let draft = migrator([]).schema_sql(script.as_str());
        let draft = draft.draft(&db.pool, DraftOptions::new()).await.unwrap();
        let changes: Vec<String> = draft.changes.iter().map(ToString::to_string).collect();
        assert_eq!(changes, ["create table town"], "{script}");
        let notes = notes(&draft);
        assert!(notes.contains(named) && notes.contains("changes the whole server"), "{notes}");
        assert!(!notes.contains("secret") && !draft.up.contains("secret"), "{notes}{}", draft.up);
        assert_eq!(roles(&db, &role).await, Vec::<String>::new(), "{script}");

        let first = Migration::new("r1", "make a town").up(&script);
        let report = migrator([first]).lint_run(&db.pool, &LintOptions::new()).await.unwrap();
        let words = named.split(" (").next().unwrap();
        let said = format!("{words} was not run, since it would change the whole server");
        assert!(report.notes.iter().any(|note| note.contains(&said)), "{:?}", report.notes);
        assert_eq!(roles(&db, &role).await, Vec::<String>::new(), "{script}");
    }
}

/// The role exists by the time at which somebody looks whether the database is what its migrations make.
#[tokio::test]
async fn a_role_of_the_migrations_is_in_no_ones_way() {
    if SCHEME == "sqlite" {
        return;
    }
    let (db, role) = (fresh().await, unique("wide"));
    let up = format!("CREATE ROLE {role}; {TABLE}");
    let first = Migration::new("r1", "make a town")
        .up(&up)
        .down(&format!("DROP TABLE town; DROP ROLE {role}"));
    let migrator = migrator([first]);
    migrator.run_pending(&db.pool).await.unwrap();
    let drift = migrator.drift(&db.pool).await.unwrap();
    assert!(drift.is_empty(), "{drift}");
    assert_eq!(roles(&db, &role).await, std::slice::from_ref(&role));
    migrator.downgrade(&db.pool, "base").await.unwrap();
}

/// A table may be called as what belongs to the server is, and a routine is only created.
#[tokio::test]
async fn what_only_looks_wide_is_run() {
    let scripts = match SCHEME {
        "postgres" => {
            &[
                "CREATE TABLE system (id integer PRIMARY KEY); GRANT SELECT ON system TO pg_monitor",
                "CREATE TABLE public.town (id integer PRIMARY KEY);
                CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE ROLE nobody; END $$",
            ][..]
        }
        _ => &["CREATE TABLE user (id integer PRIMARY KEY)"],
    };
    for script in scripts {
        let db = fresh().await;
        let draft = migrator([]).schema_sql(*script);
        let draft = draft.draft(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(!notes(&draft).contains("changes the whole server"), "{}", notes(&draft));
        assert_eq!(draft.changes.len(), 1 + usize::from(SCHEME == "postgres"), "{draft}");
    }
}
