//! What a rule is: a value with its documentation, the function that looks, and examples of what it finds and what it does not.

use std::fmt;

use super::context::{Hit, LintContext};

/// A database that a rule concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum LintDatabase {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
    /// SQLite.
    Sqlite,
}

impl LintDatabase {
    /// The database of a URL or scheme; a server's version may say more than its URL.
    pub(crate) fn of(dialect: &str, url: &str, version: Option<&str>) -> Self {
        let is_maria = |text: &str| text.to_ascii_lowercase().contains("mariadb");
        match dialect {
            "postgres" => Self::Postgres,
            "sqlite" => Self::Sqlite,
            _ if url.split(':').next().is_some_and(is_maria) || version.is_some_and(is_maria) => {
                Self::MariaDb
            }
            _ => Self::MySql,
        }
    }
}

impl fmt::Display for LintDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
            Self::Sqlite => "SQLite",
        })
    }
}

/// PostgreSQL alone.
pub(crate) const POSTGRES: &[LintDatabase] = &[LintDatabase::Postgres];
/// MySQL and MariaDB.
pub(crate) const MYSQL: &[LintDatabase] = &[LintDatabase::MySql, LintDatabase::MariaDb];
/// SQLite alone.
pub(crate) const SQLITE: &[LintDatabase] = &[LintDatabase::Sqlite];
/// The databases with a server, where other programs are at work while a migration runs.
pub(crate) const SERVERS: &[LintDatabase] =
    &[LintDatabase::Postgres, LintDatabase::MySql, LintDatabase::MariaDb];
/// Every database.
pub(crate) const ALL: &[LintDatabase] =
    &[LintDatabase::Postgres, LintDatabase::MySql, LintDatabase::MariaDb, LintDatabase::Sqlite];

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Severity {
    /// A matter of taste, or advice for new tables.
    Info,
    /// It may hurt: look at it.
    Warning,
    /// It will hurt on a table with rows or beside a running program.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "info" => Ok(Self::Info),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            _ => Err(format!("expected info, warning or error, not {text:?}")),
        }
    }
}

/// A server's version, as far as rules ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl ServerVersion {
    /// The first number of a text and the one behind its dot: `15.4`, `8.0.35`, `PostgreSQL 12`, `5.5.5-10.11.6-MariaDB`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        // What MariaDB puts before its version for old clients.
        let text = text.strip_prefix("5.5.5-").unwrap_or(text);
        let start = text.find(|sign: char| sign.is_ascii_digit())?;
        let mut numbers = text[start..].split(|sign: char| !sign.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or_default();
        Some(Self { major, minor })
    }
}

/// How much of a migration a rule looks at in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleScope {
    /// Each statement of the up side.
    Statement,
    /// The whole up side, or the migration.
    Migration,
    /// What only running it shows.
    Execution,
}

/// A rule: what it finds, why that hurts, and what to do instead.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Rule {
    /// The code, by which an `allow` names it: `LOCK-001`.
    pub code: &'static str,
    /// A short name in words: `index-blocks-writes`.
    pub name: &'static str,
    /// How much its findings matter.
    pub severity: Severity,
    /// The databases that it concerns.
    pub databases: &'static [LintDatabase],
    /// The versions that it concerns, in words; empty for all.
    pub versions: &'static str,
    /// What is wrong.
    pub problem: &'static str,
    /// What to do instead.
    pub instead: &'static str,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) scope: RuleScope,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) check: fn(&LintContext<'_>) -> Vec<Hit>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) finds: &'static [Example],
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) passes: &'static [Example],
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("code", &self.code).field("name", &self.name).finish()
    }
}

impl Rule {
    /// The fixtures that it finds, or that it does not, for PostgreSQL: the earlier migration, the migration, the version.
    #[doc(hidden)]
    #[must_use]
    pub fn fixtures(&self, found: bool) -> Vec<[&'static str; 3]> {
        let fixtures = if found { self.finds } else { self.passes };
        let is_for = |example: &&Example| {
            let databases =
                if example.databases.is_empty() { self.databases } else { example.databases };
            databases.contains(&LintDatabase::Postgres)
        };
        fixtures.iter().filter(is_for).map(|of| [of.before, of.up, of.version]).collect()
    }

    /// Returns SQL that it finds.
    #[must_use]
    pub fn example(&self) -> &'static str {
        self.finds.first().map_or("", |example| example.up)
    }

    /// Returns similar SQL that it does not find.
    #[must_use]
    pub fn counterexample(&self) -> &'static str {
        self.passes.first().map_or("", |example| example.up)
    }
}

impl fmt::Display for Rule {
    /// The whole explanation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let databases: Vec<String> = self.databases.iter().map(ToString::to_string).collect();
        let versions =
            if self.versions.is_empty() { String::new() } else { format!("; {}", self.versions) };
        write!(
            f,
            "{} {} ({})\n{}{versions}\n\n{}\n\nInstead: {}\n\nFound:\n{}",
            self.code,
            self.name,
            self.severity,
            databases.join(", "),
            self.problem,
            self.instead,
            shown(self.finds)
        )?;
        write!(f, "\n\nNot found:\n{}", shown(self.passes))
    }
}

/// The first of the fixtures, with what is needed to understand it.
fn shown(examples: &[Example]) -> String {
    let Some(Example { up, down, before, name, .. }) = examples.first() else {
        return String::new();
    };
    let mut lines: Vec<String> = Vec::new();
    if *name != NAME {
        lines.push(format!("-- a migration that is called {name:?}"));
    }
    if !before.is_empty() {
        lines.push("-- after an earlier migration:".to_owned());
        lines.extend(before.lines().map(|line| format!("--   {line}")));
    }
    lines.extend(up.lines().map(str::to_owned));
    if let Some(down) = down {
        lines.push("-- with the down side:".to_owned());
        lines.extend(down.lines().map(str::to_owned));
    }
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// The name of a fixture whose name does not matter.
const NAME: &str = "add email to users";

/// A small migration beside a rule, which a test shows it on each database that it names.
///
/// The tables `users (id, email, name varchar(20), age)` and `orders (id, user_id, total numeric(10,2))` have rows before it, so
/// that the fixtures about locks and rewrites can be run as well.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example {
    pub(crate) up: &'static str,
    pub(crate) down: Option<&'static str>,
    /// An earlier migration, which is applied.
    pub(crate) before: &'static str,
    pub(crate) name: &'static str,
    /// The server's version; empty for one that is not known.
    pub(crate) version: &'static str,
    /// Empty: all databases of the rule.
    pub(crate) databases: &'static [LintDatabase],
}

impl Example {
    pub(crate) const fn up(up: &'static str) -> Self {
        Self { up, down: None, before: "", name: NAME, version: "", databases: &[] }
    }

    pub(crate) const fn down(self, down: &'static str) -> Self {
        Self { down: Some(down), ..self }
    }

    pub(crate) const fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    pub(crate) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(crate) const fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    pub(crate) const fn on(self, databases: &'static [LintDatabase]) -> Self {
        Self { databases, ..self }
    }
}
