//! The chapters of the documentation, from the files in `docs/`. This module contains no code.

/// A module for each file. The lines before the text of a file define where its links lead.
macro_rules! chapters {
    ($($name:ident: $file:literal)*) => {$(
        #[doc = concat!(
            "[service]: crate::_docs::service\n",
            "[testing]: crate::_docs::testing\n",
            "[library]: crate::_docs::library\n",
            "[models]: crate::_docs::models\n",
            "[targets]: crate::_docs::targets\n",
            "[safety]: crate::_docs::safety\n",
            "[lint]: crate::_docs::lint\n",
            "[adopting]: crate::_docs::adopting\n",
            "[semver]: crate::_docs::semver\n",
            "[compare]: crate::_docs::compare\n",
            "[first-migration]: crate::guide::first_migration\n",
            "[upgrade-downgrade]: crate::guide::upgrade_downgrade\n",
            "[drafting]: crate::guide::drafting\n",
            "[team]: crate::guide::team\n",
            "[replicas]: crate::guide::replicas\n",
            "[production]: crate::guide::production\n",
            "[troubleshooting]: crate::guide::troubleshooting\n",
            "[command-line]: crate::guide::command_line\n",
            "[from-alembic]: crate::guide::from_alembic\n",
            "[from-sqlx]: crate::guide::from_sqlx\n",
            "[from-refinery]: crate::guide::from_refinery\n",
            "[from-diesel]: crate::guide::from_diesel\n",
            "[measured]: crate::_docs::measured\n",
            "[architecture]: crate::_docs::architecture\n",
            "[changelog]: crate::_docs::changelog\n",
            "[Unreleased]: crate::_docs::changelog\n", // a heading there
            "[derive-model]: derive@crate::Model\n",
            "[derive-enum]: derive@crate::Enum\n",
            "[naming]: crate::schema::NamingConvention\n",
            "[`ColumnType`]: crate::schema::ColumnType\n",
            "[`Schema`]: crate::schema::Schema\n",
            "[`Table`]: crate::schema::Table\n",
            "[`TestDatabase::new`]: crate::testkit::TestDatabase::new\n",
            "[`TestSetup`]: crate::testkit::TestSetup\n",
            "[`testkit::clear`]: crate::testkit::clear\n",
            "[`Migrator`]: crate::Migrator\n",
            "[register]: crate::Migrator::register\n",
            "[`Error`]: crate::Error\n",
            "[`Error::Changed`]: crate::Error::Changed\n",
            "[`Error::Connect`]: crate::Error::Connect\n",
            "[`ConnectProblem`]: crate::error::ConnectProblem\n",
            "[`Error::Database`]: crate::Error::Database\n",
            "[`Error::Failed`]: crate::Error::Failed\n",
            "[`Error::find_source`]: crate::Error::find_source\n",
            "[`DriverError`]: crate::error::DriverError\n",
            "[`Error::Irreversible`]: crate::Error::Irreversible\n",
            "[`Error::Locked`]: crate::Error::Locked\n",
            "[`Error::ManyHeads`]: crate::Error::ManyHeads\n",
            "[`Error::Missing`]: crate::Error::Missing\n",
            "[`Error::NewerLayout`]: crate::Error::NewerLayout\n",
            "[`Error::NotReady`]: crate::Error::NotReady\n",
            "[`Error::OutOfOrder`]: crate::Error::OutOfOrder\n",
            "[`Error::Source`]: crate::Error::Source\n",
            "[`Error::Unfinished`]: crate::Error::Unfinished\n",
            "[`Error::UnknownRevision`]: crate::Error::UnknownRevision\n",
            "[`Migrator::check`]: crate::Migrator::check\n",
            "[`Error::ExistingTables`]: crate::Error::ExistingTables\n",
            "[`Migrator::allow_existing`]: crate::Migrator::allow_existing\n",
            "[`Lock::this_node_only`]: crate::options::Lock::this_node_only\n",
            "[`Migrator::drift`]: crate::Migrator::drift\n",
            "[`Migrator::downgrade`]: crate::Migrator::downgrade\n",
            "[`Migrator::lint`]: crate::Migrator::lint\n",
            "[`Migrator::history`]: crate::Migrator::history\n",
            "[`Migrator::plan`]: crate::Migrator::plan\n",
            "[`Migrator::preflight`]: crate::Migrator::preflight\n",
            "[`Migrator::rehearse`]: crate::Migrator::rehearse\n",
            "[`Migrator::reset`]: crate::Migrator::reset\n",
            "[`Migrator::schema`]: crate::Migrator::schema\n",
            "[`Adopt::once`]: crate::adopt::Adopt::once\n",
            "[`Adopt::table`]: crate::adopt::Adopt::table\n",
            "[`Migrator::adopt`]: crate::Migrator::adopt\n",
            "[`Migrator::verify`]: crate::Migrator::verify\n",
            "[`Migrator::write_sum`]: crate::Migrator::write_sum\n",
            "[`OutOfOrder::Allow`]: crate::options::OutOfOrder::Allow\n",
            "[`Timeouts`]: crate::options::Timeouts\n",
            "[`UnknownApplied::AllowNewer`]: crate::options::UnknownApplied::AllowNewer\n",
            "[`downgrade`]: crate::Migrator::downgrade\n",
            "[`plan`]: crate::Migrator::plan\n",
            "[`run_pending`]: crate::Migrator::run_pending\n",
            "[`stamp`]: crate::Migrator::stamp\n",
            "[`upgrade`]: crate::Migrator::upgrade\n",
            "\n",
            include_str!($file)
        )]
        pub mod $name {}
    )*};
}

chapters! {
    service: "../docs/service.md"
    testing: "../docs/testing.md"
    library: "../docs/library.md"
    targets: "../docs/targets.md"
    safety: "../docs/safety.md"
    lint: "../docs/lint.md"
    adopting: "../docs/adopting.md"
    semver: "../docs/semver.md"
    measured: "../docs/measured.md"
    compare: "../COMPARE.md"
    architecture: "../ARCHITECTURE.md"
    changelog: "../CHANGELOG.md"
}

// Its examples have sqlx's derives and other crates' types, which only the package `tests/` builds: they are run there.
#[cfg(not(doctest))]
chapters! {
    models: "../docs/models.md"
}

/// The guide, for teams that know Alembic and for those that do not.
///
/// 1. [Your first migration in five minutes](guide::first_migration)
/// 2. [Upgrade and downgrade](guide::upgrade_downgrade)
/// 3. [Drafting](guide::drafting) migrations from models or a script
/// 4. [Working in a team](guide::team): branches, merges, `ambix.sum`
/// 5. [Deploying replicas](guide::replicas)
/// 6. [Before production](guide::production)
/// 7. [Troubleshooting](guide::troubleshooting)
/// 8. [The command line](guide::command_line)
///
/// Coming from [Alembic](guide::from_alembic), [sqlx](guide::from_sqlx), [refinery](guide::from_refinery) or [diesel](guide::from_diesel).
///
/// A test runs every command in it.
pub mod guide {
    chapters! {
        first_migration: "../docs/guide/first-migration.md"
        upgrade_downgrade: "../docs/guide/upgrade-downgrade.md"
        drafting: "../docs/guide/drafting.md"
        team: "../docs/guide/team.md"
        replicas: "../docs/guide/replicas.md"
        production: "../docs/guide/production.md"
        troubleshooting: "../docs/guide/troubleshooting.md"
        command_line: "../docs/guide/command-line.md"
        from_alembic: "../docs/guide/from-alembic.md"
        from_sqlx: "../docs/guide/from-sqlx.md"
        from_refinery: "../docs/guide/from-refinery.md"
        from_diesel: "../docs/guide/from-diesel.md"
    }
}
