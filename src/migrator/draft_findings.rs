//! What lint and the connected database say of a draft, as comments above its statements.

use super::Migrator;
use crate::{
    database::Connect,
    draft::Draft,
    error::Result,
    graph::Graph,
    lint::{Chosen, LintOptions, Severity, lint},
    migration::{Migration, Migrations},
    preflight::{self, Answer, PreflightFacts, PreflightOptions, PreflightPlan},
};

/// What the draft is called while it is looked at. No file has it.
const DRAFT: &str = "ambix_draft";

impl Migrator {
    /// Writes above each statement of a draft's up side what lint finds in it, and, if the draft is about that database, how many existing
    /// rows it would not work for.
    pub(crate) async fn note_findings<'c>(
        &self,
        database: impl Connect<'c>,
        draft: &mut Draft,
        asks_for_rows: bool,
    ) -> Result<()> {
        if draft.up.is_empty() {
            return Ok(());
        }
        let graph = self.with_draft(&draft.up)?;
        let mut connector = self.connector(database)?;
        let dialect = connector.dialect();
        let mut options = LintOptions::new();
        options.version = self.server_version(&mut *connector).await?;
        let chosen = Chosen::Run(vec![DRAFT.to_owned()]);
        let report = lint(&graph, (dialect, dialect.name()), &chosen, &options, ("", None));
        let mut comments: Vec<(u32, String)> = report
            .at_least(Severity::Warning)
            .filter(|finding| finding.place.line > 0)
            .map(|finding| {
                let text = format!("{}: {}", finding.code, finding.message);
                (finding.place.line, comment(&text))
            })
            .collect();
        if let Some(queries) = dialect.preflight().filter(|_| asks_for_rows) {
            let plan = PreflightPlan::default();
            let facts = PreflightFacts::about_rows(&graph, dialect, plan);
            let application = self.options.process.on_server();
            let session = connector.quick(&application).await?;
            let options = PreflightOptions::new();
            let pending = [DRAFT.to_owned()];
            let answers = preflight::ask_rows(&facts, &options, queries, session, &pending).await;
            comments.extend(answers.iter().filter_map(of_answer));
        }
        draft.up = with_comments(&draft.up, &comments);
        Ok(())
    }

    /// The migrations with the draft behind them.
    fn with_draft(&self, up: &str) -> Result<Graph> {
        let mut migrations: Vec<Migration> = self.graph.iter().cloned().collect();
        let heads = self.graph.heads().into_iter().map(|head| head.revision().to_owned());
        migrations.push(Migration::new(DRAFT, "draft").up(up).parents(heads));
        Graph::new(Migrations::new(migrations)?)
    }
}

/// What was found in the rows, and the query that finds it.
fn of_answer(answer: &Answer) -> Option<(u32, String)> {
    let line = answer.place.as_ref()?.line;
    let mut text = comment(&answer.text);
    if answer.count.is_some()
        && let Some(query) = answer.way_on.strip_prefix("to see them all: ")
    {
        text += &comment(query);
    }
    Some((line, text))
}

/// A comment of one line, whatever is in the text.
fn comment(text: &str) -> String {
    let text: Vec<&str> = text.split_whitespace().collect();
    format!("-- {}\n", text.join(" "))
}

/// A script with comments above the lines with these numbers.
fn with_comments(script: &str, comments: &[(u32, String)]) -> String {
    let mut text = String::with_capacity(script.len());
    for (number, line) in (1..).zip(script.split_inclusive('\n')) {
        for (_, comment) in comments.iter().filter(|(at, _)| *at == number) {
            text.push_str(comment);
        }
        text.push_str(line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{comment, with_comments};

    #[test]
    fn comments_are_above_their_statements() {
        let script = "-- add a\nALTER TABLE t\n    ADD a int;\n\nDROP TABLE u;\n";
        let comments = [(2, comment("LOCK-001: one\ntwo")), (5, comment("x")), (5, comment("y"))];
        assert_eq!(
            with_comments(script, &comments),
            "-- add a\n-- LOCK-001: one two\nALTER TABLE t\n    ADD a int;\n\n-- x\n-- y\nDROP TABLE u;\n"
        );
        assert_eq!(with_comments(script, &[]), script);
    }
}
