//! Rows before a step, queries after it, and what is said when they are wrong.

use ambix::{
    Migration, Migrations, Migrator,
    testkit::{MigrationCheck, MigrationTests},
};

use crate::{
    setup::{Connection, testkit_url},
    support::migrator,
};

/// A column that comes, and must not be empty.
fn names() -> MigrationTests {
    let migrator = migrator(&[
        (
            "a1a1a1",
            "CREATE TABLE users (id integer PRIMARY KEY, email varchar(50))",
            "DROP TABLE users",
        ),
        (
            "b2b2b2",
            "ALTER TABLE users ADD COLUMN name varchar(50); UPDATE users SET name = email",
            "ALTER TABLE users DROP COLUMN name",
        ),
    ]);
    MigrationTests::new(&migrator).url(testkit_url())
}

async fn problem(tests: MigrationTests, check: MigrationCheck) -> String {
    tests.check(check).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_query_must_be_true_and_have_rows() {
    let rows = "INSERT INTO users VALUES (1, 'a'), (2, NULL), (3, '')";
    let query = "SELECT name <> '' FROM users";
    let said =
        problem(names().before("b2b2b2", rows).after("b2b2b2", query), MigrationCheck::Data).await;
    assert!(
        said.contains(
            "b2b2b2 (<b2b2b2 up>):\n  SELECT name <> '' FROM users is not true in 2 of 3 rows"
        ),
        "{said}"
    );
    let said = problem(names().after("b2b2b2", query), MigrationCheck::Data).await;
    assert!(said.contains("gives no row, so that it shows nothing"), "{said}");
    names()
        .before("b2b2b2", "INSERT INTO users VALUES (1, 'a')")
        .after("b2b2b2", query)
        .check_data()
        .await
        .unwrap();
    let said =
        problem(names().after("b2b2b2", "SELECT nothing FROM users"), MigrationCheck::Data).await;
    assert!(
        said.contains("SELECT nothing FROM users fails: ") && said.contains("nothing"),
        "{said}"
    );
}

#[tokio::test]
async fn a_function_places_rows() {
    let tests = names().before_fn("b2b2b2", |connection: &mut Connection| {
        Box::pin(async move {
            sqlx::query("INSERT INTO users VALUES (7, 'g')").execute(connection).await?;
            Ok(())
        })
    });
    tests
        .clone()
        .after("b2b2b2", "SELECT id = 7 AND name = 'g' FROM users")
        .check_data()
        .await
        .unwrap();
    let said =
        problem(tests.after("b2b2b2", "SELECT id = 8 FROM users"), MigrationCheck::Data).await;
    assert!(said.contains("in 1 of 1 rows"), "{said}");
    let fails = names().before_fn("b2b2b2", |_: &mut Connection| {
        Box::pin(async { Err("the file is not there".into()) })
    });
    let said = problem(fails, MigrationCheck::Data).await;
    assert_eq!(said, "data: placing rows before a step failed: the file is not there");
}

#[tokio::test]
async fn hooks_of_revisions_that_are_not_there() {
    let wrong = [
        (names().before("b2b2b3", ""), MigrationCheck::Data, "before"),
        (names().after("b2b2b3", ""), MigrationCheck::Data, "after"),
        (names().changes_data("b2b2b3", ""), MigrationCheck::Data, "changes_data"),
        (names().loses("b2b2b3", ""), MigrationCheck::Losses, "loses"),
        (names().release("b2b2b3", ""), MigrationCheck::Release, "release"),
    ];
    for (tests, check, function) in wrong {
        let said = problem(tests, check).await;
        let expected = format!(
            "{check}: {function}(\"b2b2b3\", ...): can't locate revision b2b2b3; did you mean b2b2b2"
        );
        assert!(said.starts_with(&expected), "{said}");
    }
    let said =
        problem(names().before("b2b2b2", "INSERT INTO nowhere VALUES (1)"), MigrationCheck::Data)
            .await;
    assert!(said.starts_with("data: <before b2b2b2>:1:1: the fixture failed: "), "{said}");
}

/// On an empty table the down side works, on one with rows it does not.
#[tokio::test]
async fn a_down_side_that_fails_with_rows_alone() {
    let migrator = migrator(
        &[
            (
                "a1a1a1",
                "CREATE TABLE users (id integer PRIMARY KEY, code varchar(9))",
                "DROP TABLE users",
            ),
            (
                "b2b2b2",
                "CREATE TABLE codes (code varchar(9) PRIMARY KEY); INSERT INTO codes VALUES ('x')",
                "DROP TABLE codes; CREATE UNIQUE INDEX once ON users (code); DROP INDEX once{ON}",
            ),
        ]
        .map(|(revision, up, down)| {
            let on = if testkit_url().starts_with("mysql") { " ON users" } else { "" };
            (revision, up, &*down.replace("{ON}", on).leak())
        }),
    );
    let tests = MigrationTests::new(&migrator).url(testkit_url());
    tests.check_stairway().await.unwrap();
    tests.check_data().await.unwrap();
    let rows = "INSERT INTO users VALUES (1, 'a'), (2, 'a')";
    let tests = tests.before("b2b2b2", rows);
    tests.check_stairway().await.unwrap();
    let said = problem(tests, MigrationCheck::Data).await;
    assert!(
        said.contains("b2b2b2 (<b2b2b2 up>):\n  its down side fails with these rows: "),
        "{said}"
    );
    assert!(said.contains("once"), "{said}");
}

/// What the up side has added the down side takes away; what it leaves would be added twice.
#[tokio::test]
async fn a_down_side_that_leaves_rows_or_takes_too_many() {
    let project = |down: &str| {
        let up = "INSERT INTO plans VALUES (2, 'pro')";
        let migrator = migrator(&[
            (
                "a1a1a1",
                "CREATE TABLE plans (id integer, name varchar(9)); INSERT INTO plans VALUES (1, 'free')",
                "DROP TABLE plans",
            ),
            ("b2b2b2", up, down),
        ]);
        MigrationTests::new(&migrator).url(testkit_url())
    };
    project("DELETE FROM plans WHERE id = 2").check_data().await.unwrap();
    let said = problem(project("DELETE FROM plans"), MigrationCheck::Data).await;
    assert!(
        said.contains(
            "after its down side: plans: a row is gone, or is another one: (id = 1, name = "
        ),
        "{said}"
    );
    let said = problem(project("UPDATE plans SET name = name"), MigrationCheck::Data).await;
    assert!(
        said.contains(
            "after its down side: plans: a row that was not there before: (id = 2, name = "
        ),
        "{said}"
    );
}

/// All that is wrong is said at once.
#[tokio::test]
async fn several_faults_in_one_go() {
    let good = "DROP TABLE";
    let list: Vec<(String, String, String)> = (1..=6)
        .map(|at| {
            let down = if at % 2 == 0 { "SELECT 1".to_owned() } else { format!("{good} t{at}") };
            (format!("r{at}"), format!("CREATE TABLE t{at} (id integer)"), down)
        })
        .collect();
    let list: Vec<(&str, &str, &str)> =
        list.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    let tests = MigrationTests::new(&migrator(&list)).url(testkit_url());
    let said = problem(tests, MigrationCheck::Stairway).await;
    assert!(
        said.starts_with("stairway: 3 of 6 steps do not come back to where they were\n"),
        "{said}"
    );
    for at in [2, 4, 6] {
        assert!(said.contains(&format!("r{at} (<r{at} up>): after its down side")), "{said}");
        assert!(
            said.contains(&format!("correct <r{at} down>:\n  left behind: table t{at}")),
            "{said}"
        );
    }
}

/// Two branches, their merge, and a migration that only depends on another line.
#[tokio::test]
async fn steps_of_branches_and_merges() {
    let table =
        |name: &str| (format!("CREATE TABLE {name} (id integer)"), format!("DROP TABLE {name}"));
    let step = |revision: &str| {
        let (up, down) = table(revision);
        Migration::new(revision, "a table").up(&up).down(&down)
    };
    let migrations = [
        step("a1"),
        step("b1").parents(["a1"]),
        step("b2").parents(["b1"]),
        step("c1").parents(["a1"]),
        step("d1").parents(Vec::<String>::new()).depends_on(["c1"]),
        Migration::new("m1", "merge").parents(["b2", "c1"]).up("").down(""),
        step("e1").parents(["m1"]),
    ];
    let migrator = Migrator::from_migrations(Migrations::new(migrations).unwrap()).unwrap();
    let tests = MigrationTests::new(&migrator).url(testkit_url()).one_head(false);
    for check in MigrationCheck::ALL.into_iter().filter(|check| tests.has(*check)) {
        tests.check(check).await.unwrap();
    }
}

/// A migration that runs code has no script, and that is no fault.
#[tokio::test]
async fn code_has_no_offline_script() {
    let migrator =
        migrator(&[("r1", "CREATE TABLE t1 (id integer);\n-- ambix: run fill\n", "DROP TABLE t1")])
            .register("fill", |connection: &mut Connection| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO t1 VALUES (1)").execute(connection).await?;
                    Ok(())
                })
            });
    let tests = MigrationTests::new(&migrator).url(testkit_url());
    for check in MigrationCheck::ALL.into_iter().filter(|check| tests.has(*check)) {
        tests.check(check).await.unwrap();
    }
}

#[tokio::test]
async fn a_migration_that_fails_is_named_by_all_that_run_it() {
    let broken = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", "DROP TABLE t1"),
        ("r2", "CREATE TABLE t1 (id integer)", "SELECT 1"),
    ]);
    let tests = MigrationTests::new(&broken).url(testkit_url());
    for check in [
        MigrationCheck::Upgrade,
        MigrationCheck::Stairway,
        MigrationCheck::Data,
        MigrationCheck::Losses,
        MigrationCheck::OfflineScript,
    ] {
        let said = problem(tests.clone(), check).await;
        assert!(said.contains("<r2 up>"), "{check}: {said}");
    }
    assert!(tests.check_release().await.unwrap_err().to_string().contains("there is no release"));
    assert!(tests.check_models().await.unwrap_err().to_string().contains("there are no models"));
}

/// A column can only come back at the end, so that its place does not count, unless that is asked for.
#[tokio::test]
async fn the_order_of_columns_counts_where_it_is_asked_for() {
    let migrator = migrator(&[
        ("r1", "CREATE TABLE t1 (id integer, name varchar(9), born integer)", "DROP TABLE t1"),
        ("r2", "ALTER TABLE t1 DROP COLUMN name", "ALTER TABLE t1 ADD COLUMN name varchar(9)"),
    ]);
    let tests = MigrationTests::new(&migrator).url(testkit_url());
    tests.check_stairway().await.unwrap();
    let said = problem(tests.column_order(true), MigrationCheck::Stairway).await;
    let order = "differs: the order of the columns of t1: id, name, born -> id, born, name";
    assert!(said.contains(order), "{said}");
}
