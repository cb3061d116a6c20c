//! Rules that look at migrations before they run: what a statement locks or rewrites, which running program it breaks, which rows may
//! not fit.
//!
//! ```
//! use ambix::{Migration, Migrations, Migrator, lint::{LintOptions, Severity}};
//! let migrator = Migrator::from_migrations(Migrations::new([
//!     Migration::new("1", "create users").up("CREATE TABLE users (id bigint PRIMARY KEY)").down("DROP TABLE users"),
//!     Migration::new("2", "drop email from users").up("ALTER TABLE users DROP COLUMN email").irreversible("it was never read"),
//! ])?)?;
//! let report = migrator.lint("sqlite", &LintOptions::new())?;
//! assert_eq!(report.at_least(Severity::Error).map(|finding| finding.code).collect::<Vec<_>>(), ["COMPAT-005"]);
//! # Ok::<(), ambix::Error>(())
//! ```
//!
//! The rules read the text of the migrations, the earlier ones included, and no database. A statement that they do not understand gets no
//! finding. [`Migrator::lint_run`](crate::Migrator::lint_run) also runs the migrations in a scratch database, and compares what the rules
//! say with what the statements do. [`rules`] lists them; the chapter [lint](crate::_docs::lint) explains them.

mod allow;
mod baseline;
mod block;
mod check;
mod context;
mod ddl;
mod evidence;
mod execution;
mod finding;
mod known;
mod opened;
mod prelude;
mod rule;
mod rules;
mod value_range;

#[cfg(test)]
mod tests;

#[cfg(any(test, feature = "cli"))]
pub(crate) use self::baseline::write as write_baseline;
pub use self::{
    check::LintOptions,
    execution::{Blocked, Execution, TableCost},
    finding::{Finding, LintReport},
    rule::{LintDatabase, Rule, Severity},
};
pub(crate) use self::{
    check::{Chosen, lint, read},
    context::ReadStatement,
    ddl::{
        AlterTable, CatalogueAct, CatalogueKind, CatalogueUse, CatalogueUses, ColumnText,
        ConstraintText, CreateIndex, CreateTable, Ddl, DemandKind, DropObjects, GeneratedColumn,
        KeptQuery, SqlName, TableAction, TypeName, catalogue, is_default_partition,
        partition_bounds, partition_by,
    },
    known::KnownSchema,
    opened::OpenedStatements,
};
#[cfg(feature = "draft")]
pub(crate) use self::{
    ddl::parse as parse_ddl,
    execution::{Measurements, Observable},
};

/// Returns all rules, in the order of their codes.
#[must_use]
pub fn rules() -> Vec<&'static Rule> {
    rules::all().collect()
}

/// Returns the rule with this code or name.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules::all().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code)
}
