//! What should be, written in SQL: a text, a file, or a folder of files, at run time or compiled in.

use ambix::{Error, Migrations, Migrator, draft::DraftOptions, schema::SchemaSql};

use crate::{
    setup::fresh,
    support::{Folder, folder},
};

const FILES: [&str; 3] = ["10_tables.sql", "20_views.SQL", "views/a.sql"];

fn migrator(sql: impl Into<SchemaSql>) -> Migrator {
    Migrator::from_migrations(Migrations::default()).unwrap().schema_sql(sql)
}

fn names(sql: &SchemaSql) -> Vec<&str> {
    sql.files().map(|(name, _)| name).collect()
}

/// Each way to the same folder has the same files in the same order, and the same draft.
#[tokio::test]
async fn a_folder_is_its_files_in_order() {
    static DIR: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/fixtures/schema");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/schema");
    let compiled = ambix::schema_sql!("fixtures/schema/");
    assert_eq!(names(&compiled), FILES.map(|name| format!("fixtures/schema/{name}")));
    let embedded = SchemaSql::from(&DIR);
    assert_eq!(names(&embedded), FILES);
    let read = SchemaSql::from_path(path).unwrap();
    assert_eq!(names(&read), FILES.map(|name| format!("{path}/{name}")));
    let texts =
        |sql: &SchemaSql| -> Vec<String> { sql.files().map(|(_, text)| text.to_owned()).collect() };
    assert_eq!(texts(&compiled), texts(&embedded));
    assert_eq!(texts(&compiled), texts(&read));
    let one = ambix::schema_sql!("$CARGO_MANIFEST_DIR/fixtures/schema/10_tables.sql");
    assert_eq!(names(&one), ["fixtures/schema/10_tables.sql"]);

    let db = fresh().await;
    let draft = migrator(compiled).draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_proven, "{:?}", draft.notes);
    let views = [draft.up.find("VIEW named"), draft.up.find("VIEW first")];
    assert!(views[0].is_some() && views[0] < views[1], "{}", draft.up);
    assert_eq!(draft.changes.len(), 4, "{draft}");
}

/// An embedded folder is taken without an error; whatever cannot be read in it is one where it is needed.
#[tokio::test]
async fn an_embedded_folder_without_sql_is_no_empty_schema() {
    static DIR: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/servers");
    let db = fresh().await;
    db.execute("CREATE TABLE town (id integer PRIMARY KEY)").await;
    let error = migrator(&DIR).check(&db.pool, DraftOptions::new()).await.unwrap_err();
    assert!(error.to_string().contains("no file of this folder ends in .sql"), "{error}");
}

/// What a file cannot do is said with its name and place; what another file says is no part of it.
#[tokio::test]
async fn an_error_names_the_file_and_the_place() {
    let db = fresh().await;
    let good = "CREATE TABLE town (id integer PRIMARY KEY);\n";
    let cases: [(&str, &str); 3] = [
        ("-- first\n\n  CREATE INDEX i ON nowhere (id);\n", "b/views.sql:3:3"),
        ("CREATE TABLE x (id integer);\nSELECT 'open\n", "b/views.sql:2:8"),
        ("CREATE TABLE town (id integer);\n", "b/views.sql:1:1"),
    ];
    for (bad, place) in cases {
        let files: Folder = folder(&[("a.sql", good), ("b/views.sql", bad)]);
        let sql = SchemaSql::from_path(&files.0).unwrap();
        let error = migrator(sql).check(&db.pool, DraftOptions::new()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(place), "{text}");
    }
}

#[test]
fn what_has_no_sql_is_no_schema() {
    let files = folder(&[("a.txt", "CREATE TABLE a (id integer)")]);
    let cases = [("", "no file of this folder ends in .sql"), ("nosuch", "cannot be read")];
    for (below, said) in cases {
        let error = SchemaSql::from_path(files.0.join(below)).unwrap_err();
        assert!(
            matches!(error, Error::Source { .. }) && error.to_string().contains(said),
            "{error}"
        );
    }
    let files = folder(&[("a.sql", &b"\xff"[..])]);
    let error = SchemaSql::from_path(&files.0).unwrap_err().to_string();
    assert!(error.contains("a.sql") && error.contains("UTF-8"), "{error}");
}
