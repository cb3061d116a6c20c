//! What preflight is told by the migrator: the plan, the findings, the state of the history.

use super::Migrator;
use crate::{
    database::{Connector, Dialect, HistoryTable, Session, SessionInfo},
    error::{Error, Result},
    lint::{Chosen, LintOptions},
    preflight::{self, Preflight, PreflightFacts, PreflightOptions, PreflightPlan},
    run::plan::Direction,
};

/// What one look at the server tells.
struct ServerFacts {
    version: Option<String>,
    refusal: Option<String>,
    history: Option<[String; 2]>,
}

impl Migrator {
    pub(super) async fn preflight_on(
        &self,
        connector: &mut (dyn Connector + '_),
        options: &PreflightOptions,
    ) -> Result<Preflight> {
        let dialect = connector.dialect();
        let queries = dialect.preflight().ok_or_else(|| Error::Unsupported {
            database: dialect.name(),
            problem: "preflight has no questions for this database".to_owned(),
        })?;
        let problems = match self.verify_on(connector).await {
            Ok(verification) => verification.problems,
            Err(error) => vec![unless_unreachable(error)?],
        };
        let mut plan = PreflightPlan::default();
        match self.plan_on(connector, options.target.clone()).await {
            Ok(found) => {
                plan.steps = found.steps;
                plan.steps.retain(|step| step.direction == Direction::Up);
            }
            // What does not agree is told already.
            Err(error) => {
                let text = unless_unreachable(error)?;
                plan.error = problems.is_empty().then_some(text);
            }
        }
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let server = look(&mut *session, dialect, &self.options.table()).await;
        session.close().await;
        let mut lint_options = LintOptions::new();
        if let Some(version) = &server.version {
            lint_options = lint_options.server_version(version);
        }
        let lint =
            self.lint_chosen(dialect.name(), &Chosen::Run(plan.revisions()), &lint_options)?;
        let locks = self.locks_on(connector).await.map_err(|error| format!("{error:#}"));
        let timeouts = self.options.timeouts;
        let facts = PreflightFacts {
            graph: &self.graph,
            dialect,
            plan,
            lint,
            problems,
            refusal: server.refusal,
            history: server.history,
            locks,
            lock_timeout: timeouts.limits().lock,
            attempts: timeouts.retry().attempts,
            observers: self.options.observers.len(),
            has_models: self.has_models(),
            program: (
                self.options.process.application.clone(),
                self.options.process.version.clone(),
            ),
        };
        let session = connector.quick(&application).await?;
        Ok(preflight::run(&facts, options, queries, session).await)
    }
}

/// An error as an answer, unless nothing can be asked at all.
fn unless_unreachable(error: Error) -> Result<String> {
    match error {
        Error::Connect { .. } | Error::Url { .. } | Error::Connection { .. } => Err(error),
        error => Ok(format!("{error:#}")),
    }
}

/// The server's version, whether it takes migrations, and where the history is.
async fn look(
    session: &mut dyn Session,
    dialect: &'static dyn Dialect,
    table: &HistoryTable,
) -> ServerFacts {
    // The lock's expression is one that takes nothing.
    let opening = session.run(&dialect.opening(table, "0")).await.unwrap_or_default();
    let opening = opening.first().map(SessionInfo::read).unwrap_or_default();
    let version = match dialect.preflight() {
        Some(queries) => session.run(queries.sections().version).await.ok(),
        None => None,
    };
    let version = version.and_then(|rows| rows.first()?.column("version").map(str::to_owned));
    let schema = opening.schema.clone();
    let named = |name: &str| match &schema {
        Some(schema) => format!("{}.{}", dialect.quote(schema), dialect.quote(name)),
        None => dialect.quote(name),
    };
    let history =
        opening.exists.then(|| [named(&table.name), named(&format!("{}_lock", table.name))]);
    ServerFacts { version, refusal: opening.refusal, history }
}
