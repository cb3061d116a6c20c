//! Phases: a run up to `expand` leaves what waits for the end of older programs, and says so.

use ambix::{
    Error, Migration, Migrations, Migrator,
    draft::DraftOptions,
    lint::{LintOptions, Severity},
    options::Phase,
    report::{Note, StatusState},
};

use super::cli::{THREE, User};
use crate::{
    setup::{SCHEME, fresh},
    support::{migrator, revisions, said},
};

fn of(list: impl IntoIterator<Item = Migration>) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap()
}

fn table(revision: &str) -> Migration {
    let (up, down) =
        (format!("CREATE TABLE t_{revision} (id integer)"), format!("DROP TABLE t_{revision}"));
    Migration::new(revision, "").up(&up).down(&down)
}

/// a - b (contract) - c - d (contract), and beside them e - f (expand), and g, which depends on c.
fn both_phases() -> Migrator {
    of([
        table("a").parents(Vec::<String>::new()),
        table("b").parents(["a"]).phase(Phase::Contract),
        table("c").parents(["b"]),
        table("d").parents(["c"]).phase(Phase::Contract),
        table("e").parents(["a"]),
        table("f").parents(["e"]).phase(Phase::Expand),
        table("g").parents(["f"]).depends_on(["c"]),
    ])
}

#[tokio::test]
async fn a_run_up_to_expand_leaves_what_is_later_and_what_needs_that() {
    let db = fresh().await;
    let expand = both_phases().phase(Phase::Expand);
    let plan = expand.plan(&db.pool, "heads").await.unwrap();
    assert_eq!(
        plan.steps.iter().map(|step| step.phase).collect::<Vec<_>>()[2],
        Some(Phase::Expand)
    );
    let report = expand.run_pending(&db.pool).await.unwrap();
    assert_eq!(revisions(&report), ["a", "e", "f"]);
    let left = "left for later: b, d of phase contract, and c, g, which need them; when no older program is running any more, run them \
                with `Phase::Contract`";
    assert_eq!((said(&plan.notes).as_str(), said(&report.notes).as_str()), (left, left));
    let Note::LeftForLater { revisions: all, later, .. } = &report.notes[0] else {
        panic!("{report:?}")
    };
    assert_eq!((all.join(","), later.join(",")), ("b,c,d,g".to_owned(), "b,d".to_owned()));
    // Nothing is left to do, which every later start finds out without a lock, and says again.
    let report = expand.run_pending(&db.pool).await.unwrap();
    assert!(report.is_noop() && report.to_string().contains(left), "{report}");
    let none = std::time::Duration::ZERO;
    expand.wait(&db.pool, "heads", none).await.unwrap();
    assert!(matches!(
        both_phases().wait(&db.pool, "heads", none).await,
        Err(Error::NotReady { .. })
    ));
    assert!(!expand.current(&db.pool).await.unwrap().is_head);
    let status = expand.status(&db.pool).await.unwrap();
    let b = status.entries.iter().find(|entry| entry.revision == "b").unwrap();
    assert_eq!((&b.state, b.phase), (&StatusState::Pending, Some(Phase::Contract)));
    assert!(status.to_string().contains("pending  b   (contract)"), "{status}");
    // A step down and up again is whole, whatever its phase.
    assert_eq!(
        revisions(&both_phases().run_pending(&db.pool).await.unwrap()),
        ["b", "c", "d", "g"]
    );
    expand.downgrade(&db.pool, "c").await.unwrap();
    let report = expand.upgrade(&db.pool, "d").await.unwrap();
    assert!(
        report.is_noop() && report.to_string().contains("left for later: d of phase contract;")
    );
    both_phases().run_pending(&db.pool).await.unwrap();
    expand.reset(&db.pool).await.unwrap();
    assert!(expand.current(&db.pool).await.unwrap().is_head);
}

#[tokio::test]
async fn redo_applies_a_migration_of_a_later_phase_again() {
    let db = fresh().await;
    let all = of([table("a"), table("b").phase(Phase::Contract)]);
    all.run_pending(&db.pool).await.unwrap();
    let report = all.phase(Phase::Expand).redo(&db.pool).await.unwrap();
    assert_eq!(revisions(&report), ["b", "b"]);
    assert_eq!(db.tables().await, ["t_a", "t_b"]);
}

#[tokio::test]
async fn what_is_unfinished_in_a_later_phase_says_how_to_go_on() {
    let db = fresh().await;
    let head = "-- ambix: phase contract\n-- ambix: transaction none\n";
    let of = |text: &str| {
        migrator(&[
            ("r1", "CREATE TABLE t1 (id integer)", ""),
            ("r2", &format!("{head}{text}"), ""),
        ])
    };
    of("CREATE TABLE t2 (id integer);\nINSERT INTO nowhere VALUES (1);")
        .run_pending(&db.pool)
        .await
        .unwrap_err();
    let fixed = of("CREATE TABLE t2 (id integer);\nINSERT INTO t2 VALUES (1);");
    let error = fixed.clone().phase(Phase::Expand).run_pending(&db.pool).await.unwrap_err();
    assert!(matches!(error, Error::Unfinished { .. }), "{error}");
    assert!(error.to_string().contains("finish that upgrade with `Phase::Contract`"), "{error}");
    assert_eq!(revisions(&fixed.run_pending(&db.pool).await.unwrap()), ["r2"]);
}

#[tokio::test]
async fn a_phase_that_there_is_not_is_refused() {
    let error = Migrations::new([Migration::new("r1", "").up("-- ambix: phase later\nSELECT 1")])
        .unwrap_err();
    assert!(
        error.to_string().contains("a phase is `expand` or `contract`, not \"later\""),
        "{error}"
    );
}

#[tokio::test]
async fn the_command_line_stops_before_a_phase() {
    let mut files = THREE.to_vec();
    files.push((
        "migrations/20241125_1000_f3a9d0_drop_email.up.sql",
        "-- ambix: parents d4e81f\n-- ambix: phase contract\nALTER TABLE users DROP COLUMN email;\n",
    ));
    files.push((
        "migrations/20241125_1000_f3a9d0_drop_email.down.sql",
        "ALTER TABLE users ADD COLUMN email varchar(100);\n",
    ));
    let mut user = User::with(&files).await;
    user.ambix("plan --phase expand");
    user.ambix("plan");
    user.ambix("upgrade --phase expand");
    user.ambix("status");
    user.ambix("upgrade --phase expand");
    user.ambix("current --check-heads --phase expand");
    user.ambix("current --check-heads");
    user.ambix("current --phase expand");
    // There is no plan, so that nobody can tell whether the phase is complete.
    let file = user.path("migrations/20241118_1120_d4e81f_add_subscriptions.up.sql");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}SELECT 1;\n")).unwrap();
    let printed = user.quietly("current --check-heads --phase expand");
    assert_eq!(printed.code, 1, "{}", printed.stderr);
    assert!(
        printed.stderr.contains("d4e81f") && printed.stderr.contains("changed"),
        "{}",
        printed.stderr
    );
    std::fs::write(&file, text).unwrap();
    user.ambix("wait --phase expand");
    user.ambix("history -r d4e81f:head");
    user.ambix("show head");
    let script = user.quietly("upgrade d4e81f:head --sql --phase expand");
    assert!(
        script.stdout.starts_with("-- left for later: f3a9d0 of phase contract;"),
        "{}",
        script.stdout
    );
    assert!(!script.stdout.contains("DROP COLUMN"), "{}", script.stdout);
    user.ambix("upgrade --phase later");
    user.ambix("upgrade --phase contract");
    assert_eq!(user.quietly("squash d4e81f:f3a9d0 --yes").code, 0);
    let squashed =
        std::fs::read_dir(user.path("migrations")).unwrap().map(|entry| entry.unwrap().path());
    let squashed =
        squashed.filter(|path| path.to_str().unwrap().contains("squash_d4e81f_to_f3a9d0.up"));
    let text = std::fs::read_to_string(squashed.last().unwrap()).unwrap();
    assert!(text.contains("-- ambix: phase contract\n"), "{text}");
    user.finish("phases");
}

/// A draft in two phases, on every database; the forms of PostgreSQL have tests of their own.
#[tokio::test]
async fn an_online_draft_is_written_in_two_phases() {
    let table = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL);\n";
    let script = "CREATE TABLE users (id integer PRIMARY KEY, mail varchar(90) NOT NULL);\n";
    let files = [
        ("migrations/20241104_0900_5a1c0e_create_users.up.sql", table),
        ("migrations/20241104_0900_5a1c0e_create_users.down.sql", "DROP TABLE users;\n"),
        ("schema.sql", script),
    ];
    let mut user = User::with(&files).await;
    user.quietly("upgrade");
    user.ambix("revision -m nothing --online");
    user.ambix("generate 'mail instead of email' --schema schema.sql --online --allow-destructive --fill users.mail=email");
    let names = std::fs::read_dir(user.path("migrations")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let ids = names.filter_map(|name| Some(name.split('_').nth(2)?.to_owned()));
    for id in ids.filter(|id| id.len() == 12).collect::<Vec<_>>() {
        user.hide(&id, "<id>");
    }
    user.cat("mail_instead");
    let printed = user.quietly("upgrade --phase expand");
    assert!(printed.code == 0 && printed.stderr.contains("left for later: "), "{}", printed.stderr);
    user.db.execute("INSERT INTO users (id, email) VALUES (1, 'old')").await;
    user.db.execute("INSERT INTO users (id, mail) VALUES (2, 'new')").await;
    let printed = user.quietly("upgrade");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(user.db.column("SELECT mail FROM users ORDER BY id").await, ["old", "new"]);
    user.ambix("check --schema schema.sql");
    let printed = user.quietly("downgrade 5a1c0e");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    user.finish_for_each("online_draft");
}

/// Each file of an online draft says above its statements what lint finds in the text that is written, and nothing else.
#[tokio::test]
async fn each_file_of_an_online_draft_has_the_findings_of_its_text() {
    let db = fresh().await;
    let tables = "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(50), age integer, city varchar(50), note varchar(9));
         CREATE TABLE orders (id integer NOT NULL PRIMARY KEY, user_id integer, total integer);";
    let script = tables
        .replace("name varchar(50)", "full_name varchar(50)")
        .replace("age integer", "age bigint")
        .replace("city varchar(50)", "city varchar(50) NOT NULL")
        .replace(", note varchar(9)", "")
        .replace("total integer", "total integer, CONSTRAINT total CHECK (total > 0)");
    let script = format!("{script} CREATE INDEX orders_user ON orders (user_id);");
    let first = Migration::new("r1", "tables").up(tables);
    let start = of([first.clone()]).schema_sql(script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO users (id, city) VALUES (1, NULL), (2, 'x')").await;
    let options = DraftOptions::new()
        .online(true)
        .allow_destructive(true)
        .rename("users.name", "full_name")
        .fill("users.city", "'-'");
    let draft = start.draft(&db.pool, options).await.unwrap();
    assert!(draft.files.len() > 1, "{:?}", draft.files);
    let own = draft.files.iter().enumerate().map(|(at, file)| {
        Migration::new(format!("f{at}"), &file.title).up(&file.up).down(&file.down)
    });
    let all = of(std::iter::once(first).chain(own));
    let version = match SCHEME {
        "postgres" => "SHOW server_version",
        "mysql" => "SELECT VERSION()",
        _ => "SELECT sqlite_version()",
    };
    let version = db.column(version).await.remove(0);
    let options =
        LintOptions::new().range(format!("f0:f{}", draft.files.len() - 1)).server_version(version);
    let report = all.lint(SCHEME, &options).unwrap();
    let mut written = 0;
    for (at, file) in draft.files.iter().enumerate() {
        let is_own = |found: &&ambix::lint::Finding| {
            found.revision == format!("f{at}")
                && found.severity != Severity::Info
                && found.place.line > 0
        };
        let mut found: Vec<&str> = report.findings.iter().filter(is_own).map(|f| f.code).collect();
        let code = |line: &str| {
            let (code, _) = line.strip_prefix("-- ")?.split_once(": ")?;
            let rule = ambix::lint::rule(code)?;
            (rule.code == code).then_some(rule.code)
        };
        let mut said: Vec<&str> = file.up.lines().filter_map(code).collect();
        found.sort_unstable();
        said.sort_unstable();
        assert_eq!(said, found, "{}\n{}", file.title, file.up);
        written += said.len();
    }
    assert!(written > 0 || SCHEME == "sqlite", "{:?}", draft.files);
}
