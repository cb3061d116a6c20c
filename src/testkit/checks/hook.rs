//! What belongs to one revision of a test: rows before it, a query after it, a reason.

use std::fmt;

use super::super::fixture::Fixture;
use crate::{
    database::{Connect, driver, testkit::APPLICATION},
    error::{Error, Result},
    graph::Graph,
    run::{
        function::{Arguments, Function, StepContext},
        plan::Direction,
    },
};

/// Something for one revision.
#[derive(Debug, Clone)]
pub(super) struct Hook<T> {
    /// As it was written: the beginning of a revision or a label will do.
    pub(super) revision: String,
    /// The function by which it was given.
    pub(super) given_by: &'static str,
    pub(super) what: T,
}

impl<T> Hook<T> {
    pub(super) fn new(
        revision: impl Into<String>,
        given_by: &'static str,
        what: impl FnOnce(String) -> T,
    ) -> Self {
        let revision = revision.into();
        let what = what(format!("<{given_by} {revision}>"));
        Self { revision, given_by, what }
    }

    /// The revision as the migration has it.
    pub(super) fn find<'g>(&self, graph: &'g Graph) -> Result<&'g str> {
        let found = graph.find(&self.revision).map(|migration| migration.revision());
        found.map_err(|error| Error::Argument {
            argument: "revision",
            given: self.revision.clone(),
            problem: format!("{}({:?}, ...): {error:#}", self.given_by, self.revision),
        })
    }
}

/// The hooks of one revision.
pub(super) fn of<'h, T>(
    hooks: &'h [Hook<T>],
    graph: &Graph,
    revision: &str,
) -> Result<Vec<&'h Hook<T>>> {
    let mut found = Vec::new();
    for hook in hooks {
        if hook.find(graph)? == revision {
            found.push(hook);
        }
    }
    Ok(found)
}

/// What puts rows into a database.
#[derive(Clone)]
pub(super) enum RowSetup {
    Sql(Fixture),
    Function(Function),
}

impl RowSetup {
    pub(super) fn sql(name: String, sql: String) -> Self {
        Self::Sql(Fixture::new(name, sql))
    }

    pub(super) async fn run(&self, url: &str, revision: &str) -> Result<()> {
        let function = match self {
            Self::Sql(fixture) => return fixture.run(url).await,
            Self::Function(function) => function,
        };
        let doing = "placing rows before a step";
        let mut connector = url.connector()?;
        let mut session = connector.dedicated(APPLICATION).await?;
        let mut transaction = session
            .begin(driver(url)?.dialect.begin())
            .await
            .map_err(|failure| failure.doing(doing))?;
        let step = StepContext::new(revision, Direction::Up, &Arguments::default());
        let run = function(transaction.connection(), step).await;
        let run = match run {
            Ok(()) => transaction.commit().await.map_err(|failure| failure.doing(doing)),
            Err(source) => {
                drop(transaction);
                Err(Error::Database { doing, source })
            }
        };
        session.close().await;
        run
    }
}

impl fmt::Debug for RowSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql(fixture) => fixture.fmt(f),
            Self::Function(_) => f.write_str("Function"),
        }
    }
}
