//! The macro that makes tests of the checks.

/// The tests that every project with migrations should have: one line, a test function for each check of
/// [`MigrationTests`](crate::testkit::MigrationTests).
///
/// ```
/// # #[cfg(feature = "macros")] mod tests {
/// use std::sync::LazyLock;
/// use ambix::{Migrator, Model};
///
/// static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");
/// static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| Migrator::new(&MIGRATIONS).unwrap());
///
/// #[derive(Model)]
/// #[model(table = "users")]
/// struct User {
///     #[column(primary_key, auto_increment)]
///     id: i64,
/// }
///
/// ambix::testkit::migration_tests!(MIGRATOR, models![User], |tests| {
///     tests.before("abc123", "INSERT INTO users (email) VALUES ('a@example.org')").loses("def456", "it was never read")
/// });
/// # }
/// # fn main() {}
/// ```
///
/// It takes the migrator, or anything that dereferences to one; the models, as `models![...]` or as an expression; and a closure
/// that says more. Models and closure may be left out. What it writes is a module `migration_tests` with these tests:
///
/// | test | there is one | |
/// |---|---|---|
/// | `one_head` | always | exactly one head |
/// | `upgrade` | always | all migrations run on an empty database |
/// | `stairway` | always | each step up, down and up again leaves the schema as it was |
/// | `down_sides` | always | every down side exists, or its migration says why not |
/// | `sum` | always | nothing was edited, is missing or was added against `ambix.sum` |
/// | `offline_script` | always | the script, run by the database's own shell, makes the same schema |
/// | `data` | always | rows survive every step: those that migrations insert, and those of `before` |
/// | `losses` | always | every step that loses data is listed |
/// | `models` | with models | the models are what the migrations make |
/// | `lints` | with a closure | no finding of `ambix lint` of the severity given by `.lints(..)`; passes without one, and says so |
/// | `release` | with a closure | the data of a release survives the way to head; passes without one, and says so |
///
/// They need a database, as all tests with [`TestDatabase`](crate::testkit::TestDatabase) do: that of `DATABASE_URL`, of
/// `tests.url(..)` in the closure, or a throw-away server; where several databases are compiled in, the last needs
/// `tests.database("postgres")`. One module can have them once; give a second one a module of its own.
#[doc(hidden)] // at the root; `testkit` shows it
#[macro_export]
macro_rules! migration_tests {
    ($migrator:expr, models![$($model:ty),* $(,)?], |$tests:ident| $refine:expr $(,)?) => {
        $crate::migration_tests! {
            @write [$migrator] [.models($crate::models![$($model),*])] [|$tests| $refine] [models release lints]
        }
    };
    ($migrator:expr, models![$($model:ty),* $(,)?] $(,)?) => {
        $crate::migration_tests! {
            @write [$migrator] [.models($crate::models![$($model),*])] [|tests| tests] [models]
        }
    };
    ($migrator:expr, |$tests:ident| $refine:expr $(,)?) => {
        $crate::migration_tests! { @write [$migrator] [] [|$tests| $refine] [release lints] }
    };
    ($migrator:expr, $models:expr, |$tests:ident| $refine:expr $(,)?) => {
        $crate::migration_tests! {
            @write [$migrator] [.models($models)] [|$tests| $refine] [models release lints]
        }
    };
    ($migrator:expr, $models:expr $(,)?) => {
        $crate::migration_tests! { @write [$migrator] [.models($models)] [|tests| tests] [models] }
    };
    ($migrator:expr $(,)?) => {
        $crate::migration_tests! { @write [$migrator] [] [|tests| tests] [] }
    };
    (@write [$migrator:expr] [$($models:tt)*] [|$tests:ident| $refine:expr] [$($optional:ident)*]) => {
        #[cfg(test)]
        mod migration_tests {
            // A module of its own, where no test has the name of something that the user has.
            mod what {
                #[allow(unused_imports)]
                use super::super::*;

                pub(super) fn tests() -> $crate::testkit::MigrationTests {
                    // A function, so that the closure's argument has a type.
                    fn refine(
                        $tests: $crate::testkit::MigrationTests,
                    ) -> $crate::testkit::MigrationTests {
                        $refine
                    }
                    refine($crate::testkit::MigrationTests::new(&$migrator)$($models)*)
                }
            }

            $crate::migration_tests! { @test one_head }
            $crate::migration_tests! { @test upgrade }
            $crate::migration_tests! { @test stairway }
            $crate::migration_tests! { @test down_sides }
            $crate::migration_tests! { @test sum }
            $crate::migration_tests! { @test offline_script }
            $crate::migration_tests! { @test data }
            $crate::migration_tests! { @test losses }
            $($crate::migration_tests! { @test $optional })*
        }
    };
    (@test one_head) => { $crate::migration_tests! { @test one_head OneHead } };
    (@test upgrade) => { $crate::migration_tests! { @test upgrade Upgrade } };
    (@test stairway) => { $crate::migration_tests! { @test stairway Stairway } };
    (@test down_sides) => { $crate::migration_tests! { @test down_sides DownSides } };
    (@test sum) => { $crate::migration_tests! { @test sum Sum } };
    (@test offline_script) => { $crate::migration_tests! { @test offline_script OfflineScript } };
    (@test data) => { $crate::migration_tests! { @test data Data } };
    (@test losses) => { $crate::migration_tests! { @test losses Losses } };
    (@test models) => { $crate::migration_tests! { @test models Models } };
    (@test lints) => { $crate::migration_tests! { @test lints Lints } };
    (@test release) => { $crate::migration_tests! { @test release Release } };
    (@test $name:ident $check:ident) => {
        #[test]
        fn $name() {
            what::tests().run($crate::testkit::MigrationCheck::$check);
        }
    };
}

pub use migration_tests;
