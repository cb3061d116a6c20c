//! The ready-made checks of migrations: each fails when it should, and no other with it.

mod healthy;
mod hooks;
mod project;
mod snapshots;

use ambix::{
    schema::{Column, Schema, Table, Type},
    testkit::{MigrationCheck, MigrationTests},
};

use crate::{
    setup::{SCHEME, testkit_url},
    support::migrator,
};

/// A file or folder below `tests/fixtures/checks`.
pub fn fixture(name: &str) -> String {
    format!("{}/fixtures/checks/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The project with a fault.
fn project(fault: &str) -> MigrationTests {
    MigrationTests::new(&project::migrator(fault)).url(testkit_url())
}

/// Without what is another in every run, and in every version of a server.
fn quiet(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.retain(|line| !line.trim_start().starts_with("DETAIL:"));
    lines.join("\n")
}

/// All checks but one pass, and this one says what is wrong.
async fn fails(tests: &MigrationTests, expected: MigrationCheck, name: &str) {
    for check in MigrationCheck::ALL.into_iter().filter(|check| tests.has(*check)) {
        let result = tests.check(check).await;
        if check != expected {
            assert!(result.is_ok(), "{name}: {}", result.unwrap_err());
            continue;
        }
        let failed = result.expect_err(name);
        assert_eq!(failed.check, expected);
        let text = quiet(&failed.to_string());
        insta::with_settings!({
            snapshot_path => "../../snapshots/checks",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("{name}_{SCHEME}"), text);
        });
    }
}

#[tokio::test]
async fn a_down_side_that_forgets_an_index() {
    fails(&project("forgotten_index"), MigrationCheck::Stairway, "forgotten_index").await;
}

#[tokio::test]
async fn a_down_side_that_leaves_another_default() {
    fails(&project("other_default"), MigrationCheck::Stairway, "other_default").await;
}

#[tokio::test]
async fn two_heads() {
    fails(&project("two_heads"), MigrationCheck::OneHead, "two_heads").await;
    assert!(!project("two_heads").one_head(false).has(MigrationCheck::OneHead));
}

#[tokio::test]
async fn an_edited_file() {
    fails(&project("edited_file"), MigrationCheck::Sum, "edited_file").await;
}

#[tokio::test]
async fn a_missing_file() {
    fails(&project("missing_file"), MigrationCheck::Sum, "missing_file").await;
}

#[tokio::test]
async fn no_sum() {
    fails(&project("no_sum"), MigrationCheck::Sum, "no_sum").await;
}

#[tokio::test]
async fn no_down_side() {
    fails(&project("no_down_side"), MigrationCheck::DownSides, "no_down_side").await;
}

/// What the migrations of `plain` make.
fn users() -> Table {
    Table::new("users")
        .column(Column::new("id", Type::Integer).not_null())
        .column(Column::new("email", Type::Varchar(255)).not_null())
        .column(Column::new("name", Type::Varchar(100)).not_null().default("nobody"))
        .column(Column::new("bio", Type::Text))
        .primary_key(["id"])
        .with_index(ambix::schema::Index::new(["email"]).named("users_email").unique())
}

#[tokio::test]
async fn a_model_with_one_more_column() {
    let plain = project("plain").models(Schema::new().table(users()));
    plain.check(MigrationCheck::Models).await.unwrap();
    let more = users().column(Column::new("born", Type::Date));
    fails(&plain.models(Schema::new().table(more)), MigrationCheck::Models, "model_column").await;
}

#[tokio::test]
async fn a_step_that_loses_rows() {
    fails(&project("loses_rows"), MigrationCheck::Data, "loses_rows").await;
    let declared = project("loses_rows").changes_data("b2b2", "they were not real");
    declared.check_data().await.unwrap();
}

#[tokio::test]
async fn a_step_that_drops_a_column() {
    fails(&project("drops_a_column"), MigrationCheck::Losses, "drops_a_column").await;
    project("drops_a_column").loses("c3c3c3", "nobody read it").check_losses().await.unwrap();
}

#[tokio::test]
async fn a_loss_that_is_none() {
    let tests = project("plain").loses("b2b2b2", "an index");
    fails(&tests, MigrationCheck::Losses, "stale_loss").await;
}

/// On SQLite no session says anything that a schema could depend on.
#[tokio::test]
async fn a_migration_that_depends_on_a_setting() {
    if crate::suite::has_words_of_mysql().await {
        return; // The snapshot has MariaDB's words.
    }
    if SCHEME != "sqlite" {
        fails(
            &project("depends_on_a_setting"),
            MigrationCheck::OfflineScript,
            "depends_on_a_setting",
        )
        .await;
    }
}

#[tokio::test]
async fn a_release_that_does_not_upgrade() {
    if crate::suite::has_words_of_mysql().await {
        return; // The snapshot has MariaDB's words.
    }
    let dump = std::fs::read_to_string(fixture("plain/release-with-tables.dump")).unwrap();
    fails(&project("plain").release("a1a1a1", dump), MigrationCheck::Release, "release").await;
}

#[tokio::test]
async fn the_database_is_named_where_several_are_compiled_in() {
    let tests = project("healthy").database(SCHEME);
    tests.check(MigrationCheck::Upgrade).await.unwrap();
    let failed = format!(
        "{:#}",
        tests.database("nonsense").check(MigrationCheck::Upgrade).await.unwrap_err()
    );
    assert!(failed.contains("this is not a URL"), "{failed}");
}

/// Off until it is asked for; then it names what the linter finds.
#[tokio::test]
async fn a_finding_of_the_linter() {
    let tests = project("drops_a_column");
    assert!(!tests.has(MigrationCheck::Lints));
    let tests = tests.lints(ambix::lint::Severity::Error);
    assert!(tests.has(MigrationCheck::Lints));
    let failed = tests.check(MigrationCheck::Lints).await.unwrap_err().to_string();
    assert!(failed.contains("COMPAT-005"), "{failed}");
    let tests = tests.lints_run(ambix::lint::Severity::Info);
    let failed = tests.check(MigrationCheck::Lints).await.unwrap_err().to_string();
    assert!(failed.contains("COMPAT-005"), "{failed}");

    // No rule finds this in the text, and running it does.
    let tests = || {
        let migrator = migrator(&[("a", "DELETE FROM nowhere WHERE 1 = 2", "")]);
        MigrationTests::new(&migrator).url(testkit_url())
    };
    let severity = ambix::lint::Severity::Error;
    tests().lints(severity).check(MigrationCheck::Lints).await.unwrap();
    let failed = tests().lints_run(severity).check(MigrationCheck::Lints).await.unwrap_err();
    assert!(format!("{failed:#}").contains("nowhere"), "{failed:#}");
}
