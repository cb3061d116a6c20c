//! The schema of a database as a script: it creates the same schema, it is the same text whatever came first, and nothing is left out
//! without a word.

use ambix::{Error, Migration, Migrations, Migrator, draft::DraftOptions, draft::DumpOptions};

use crate::{
    flavor::{EVERY_KIND, REAL, native, shell},
    setup::{Fresh, SCHEME, fresh},
    support::{folder, three},
};

fn nothing() -> Migrator {
    Migrator::from_migrations(Migrations::default()).unwrap()
}

async fn dump(db: &Fresh) -> String {
    nothing().dump(&db.pool, DumpOptions::new()).await.unwrap().sql
}

/// Loads a script with the database's own shell.
fn load(db: &Fresh, script: &str) {
    let stop = if SCHEME == "postgres" { "\\set ON_ERROR_STOP on\n" } else { "" };
    let output = shell(db, &format!("{stop}{script}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !stderr.contains("rror"), "{stderr}");
}

/// Compares line by line, and shows the first that differ.
fn assert_same(got: &[String], wanted: &[String]) {
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|line| !other.contains(line)).take(20).cloned().collect()
    };
    let (more, less) = (only(got, wanted), only(wanted, got));
    assert!(
        more.is_empty() && less.is_empty() && got.len() == wanted.len(),
        "more: {more:#?}\nless: {less:#?}"
    );
}

/// The law: what is dumped and loaded is the same to the database's own tools, dumps as the same text, and differs in nothing that a
/// draft sees; also if it was ambix that loaded it.
#[tokio::test]
async fn what_is_dumped_and_loaded_is_the_same() {
    let (db, copy, migrated) = (fresh().await, fresh().await, fresh().await);
    EVERY_KIND.iter().for_each(|script| load(&db, script));
    let dumped = nothing().dump(&db.pool, DumpOptions::new()).await.unwrap();
    assert!(dumped.left_out.is_empty(), "{:?}", dumped.left_out);
    load(&copy, &dumped.sql);
    assert_same(&native(&copy), &native(&db));
    pretty_assertions_of(&dump(&copy).await, &dumped.sql);
    let draft =
        nothing().schema_sql(&dumped.sql).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty() && draft.not_compared.is_empty(), "{draft}");

    let first = Migration::new("r1", "all").up(&dumped.sql);
    let migrator = Migrator::from_migrations(Migrations::new([first]).unwrap()).unwrap();
    migrator.run_pending(&migrated.pool).await.unwrap();
    // The history is not in it.
    pretty_assertions_of(
        &migrator.dump(&migrated.pool, DumpOptions::new()).await.unwrap().sql,
        &dumped.sql,
    );
}

fn pretty_assertions_of(got: &str, wanted: &str) {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    assert_same(&lines(got), &lines(wanted));
    assert_eq!(got, wanted, "the order is another");
}

/// The names of the second script, as names that have to be quoted: with capitals, a blank, a point, a semicolon, an apostrophe and the
/// quote itself.
fn with_odd_names(script: &str) -> String {
    let quote = if SCHEME == "mysql" { "`" } else { "\"" };
    let mut parts = script.split("d_");
    let mut odd = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_inside = odd.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        if is_inside {
            odd.push_str(&format!("d_{part}"));
            continue;
        }
        let end = part.find(|next: char| !next.is_alphanumeric() && next != '_');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        // In a text: the default of a column says a quoted name, an option of a virtual table a bare one.
        let name = match odd.ends_with('\'') {
            true if SCHEME == "sqlite" => format!("D.;'' \"{name}"),
            true => format!("\"D.;'' \"\"{name}\""),
            false => format!("{quote}D.;' {quote}{quote}{name}{quote}"),
        };
        odd.push_str(&name);
        odd.push_str(rest);
    }
    odd
}

/// The same laws for names that need quotes, and a draft of all of it that is proven, there and back.
#[tokio::test]
async fn names_that_need_quotes() {
    let (db, copy, empty) = (fresh().await, fresh().await, fresh().await);
    load(&db, EVERY_KIND[0]);
    load(&db, &with_odd_names(EVERY_KIND[1]));
    let dumped = nothing().dump(&db.pool, DumpOptions::new()).await.unwrap();
    assert!(dumped.left_out.is_empty(), "{:?}", dumped.left_out);
    load(&copy, &dumped.sql);
    assert_same(&native(&copy), &native(&db));
    pretty_assertions_of(&dump(&copy).await, &dumped.sql);
    let options = || DraftOptions::new().allow_destructive(true);
    let made = nothing().schema_sql(&dumped.sql).draft(&empty.pool, options()).await.unwrap();
    assert!(made.not_compared.is_empty(), "{made}");
    let gone = nothing().schema_sql("").draft(&db.pool, options()).await.unwrap();
    assert!(!gone.changes.is_empty());
}

/// The same laws for what the schemas of real projects have shown, and a draft from nothing to all of it, applied and reverted.
#[tokio::test]
async fn what_real_projects_have() {
    let (db, copy, drafted) = (fresh().await, fresh().await, fresh().await);
    load(&db, REAL);
    let dumped = nothing().dump(&db.pool, DumpOptions::new()).await.unwrap();
    assert!(dumped.left_out.is_empty(), "{:?}", dumped.left_out);
    load(&copy, &dumped.sql);
    assert_same(&native(&copy), &native(&db));
    pretty_assertions_of(&dump(&copy).await, &dumped.sql);
    let wanted = nothing().schema_sql(&dumped.sql);
    let same = wanted.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(same.is_empty() && same.not_compared.is_empty(), "{same}");

    let draft = wanted.draft(&drafted.pool, DraftOptions::new()).await.unwrap();
    let unproven = draft.notes.iter().map(ToString::to_string).find(|note| note.contains("proven"));
    assert_eq!(unproven, None);
    let first = Migration::new("r1", "all").up(&draft.up).down(&draft.down);
    let migrator = Migrator::from_migrations(Migrations::new([first]).unwrap()).unwrap();
    migrator.run_pending(&drafted.pool).await.unwrap();
    // A file of migrations has one kind of line ends.
    let lines = |sql: String| sql.replace("\r\n", "\n");
    let made = migrator.dump(&drafted.pool, DumpOptions::new()).await.unwrap().sql;
    pretty_assertions_of(&lines(made), &lines(dumped.sql.clone()));
    let again = migrator.clone().schema_sql(&dumped.sql);
    let left = again.check(&drafted.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}");
    migrator.downgrade(&drafted.pool, "base").await.unwrap();
    let left = migrator.dump(&drafted.pool, DumpOptions::new()).await.unwrap();
    assert_eq!((left.sql.as_str(), left.left_out.len()), ("", 0));
}

/// What came first shows in no dump, and neither does what was there in between.
#[tokio::test]
async fn the_order_is_that_of_names() {
    let a = "CREATE TABLE a (id integer PRIMARY KEY, b integer, z integer)";
    let b = "CREATE TABLE b (id integer PRIMARY KEY)";
    let (v, w) = ("CREATE VIEW v AS SELECT id FROM w", "CREATE VIEW w AS SELECT id FROM b");
    let (i, j) = ("CREATE INDEX i ON a (z)", "CREATE INDEX j ON a (b)");
    let ways: [&[&str]; 3] = [
        &[a, b, i, j, w, v],
        &[b, w, v, a, j, i],
        &["CREATE TABLE c (id integer)", b, w, "DROP TABLE c", a, i, v, j],
    ];
    let mut dumps = Vec::new();
    for way in ways {
        let db = fresh().await;
        for statement in way {
            db.execute(statement).await;
        }
        dumps.push(dump(&db).await);
    }
    assert_eq!(dumps[0], dumps[1]);
    assert_eq!(dumps[0], dumps[2]);
    let places = ["TABLE a", "INDEX i", "INDEX j", "TABLE b", "VIEW w", "VIEW v"];
    let places: Vec<usize> = places
        .iter()
        .map(|text| dumps[0].find(text).unwrap_or_else(|| panic!("{text}: {}", dumps[0])))
        .collect();
    assert!(places.is_sorted(), "{}", dumps[0]);
}

/// Other tools' tables, and what cannot be without a table that is left out, are named.
#[tokio::test]
async fn what_is_left_out_is_named() {
    let db = fresh().await;
    three().run_pending(&db.pool).await.unwrap();
    db.execute("CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY)").await;
    db.execute("CREATE VIEW applied AS SELECT revision FROM ambix_history").await;
    db.execute("CREATE VIEW newest AS SELECT revision FROM applied").await;
    let dumped = three().dump(&db.pool, DumpOptions::new()).await.unwrap();
    let named: Vec<String> =
        dumped.left_out.iter().map(|thing| format!("{} {}", thing.kind, thing.name)).collect();
    assert_eq!(named, ["table of another tool _sqlx_migrations", "view applied", "view newest"]);
    for name in &named {
        assert!(dumped.sql.contains(&format!("-- not in this script: {name}\n")), "{}", dumped.sql);
    }
    assert!(
        !dumped.sql.contains("ambix_history") && !dumped.sql.contains("CREATE VIEW"),
        "{}",
        dumped.sql
    );
    let copy = fresh().await;
    load(&copy, &dumped.sql);
    assert_eq!(copy.tables().await, ["t1", "t2", "t3"]);
}

/// A run that changes the schema writes the file, one that has nothing to do leaves it alone, and one that cannot write it says what
/// state the database is in.
#[tokio::test]
async fn a_run_keeps_a_file_up_to_date() {
    let db = fresh().await;
    let files = folder::<&str>(&[]);
    std::fs::create_dir_all(&files.0).unwrap();
    let file = files.0.join("schema.sql");
    let migrator = three().dump_to(&file, DumpOptions::new());
    let text = || std::fs::read_to_string(&file).unwrap();
    migrator.upgrade(&db.pool, "r1").await.unwrap();
    assert!(text().contains("TABLE t1") && !text().contains("t2"), "{}", text());
    migrator.run_pending(&db.pool).await.unwrap();
    assert_eq!(text(), three().dump(&db.pool, DumpOptions::new()).await.unwrap().sql);
    let written = std::fs::metadata(&file).unwrap().modified().unwrap();
    assert!(migrator.run_pending(&db.pool).await.unwrap().is_noop());
    migrator.redo(&db.pool).await.unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), written, "it is the same");
    migrator.downgrade(&db.pool, "-1").await.unwrap();
    assert!(!text().contains("t3"), "{}", text());
    migrator.rehearse(&db.pool, "heads").await.unwrap();
    assert!(text().contains("t3"), "{}", text());
    migrator.downgrade(&db.pool, "-1").await.unwrap();
    migrator.reset(&db.pool).await.unwrap();
    assert!(text().contains("t3"), "{}", text());
    assert_eq!(std::fs::read_dir(&files.0).unwrap().count(), 1, "nothing is left beside it");

    let nowhere = three().dump_to(files.0.join("no/schema.sql"), DumpOptions::new());
    let error = nowhere.downgrade(&db.pool, "base").await.unwrap_err();
    let Error::Source { problem, .. } = &error else { panic!("{error}") };
    assert!(
        problem.contains("the run is done") && problem.contains("create its folder"),
        "{error}"
    );
    assert!(
        db.tables().await.iter().all(|table| table.starts_with("ambix")),
        "{:?}",
        db.tables().await
    );
}
