//! What lint and the connected database say of a draft, as comments above its statements.

use super::Migrator;
use crate::{
    database::Connector,
    draft::Draft,
    error::Result,
    graph::Graph,
    lint::{Chosen, Finding, LintOptions, Severity, lint},
    migration::{Migration, Migrations},
    preflight::{self, Answer, PreflightFacts, PreflightOptions, PreflightPlan},
};

/// What the files of the draft are called while they are looked at. No migration has such a name.
const DRAFT: &str = "ambix_draft";

impl Migrator {
    /// Writes above each statement of a draft's up sides what lint finds in it, and, if the draft is about that database, how many
    /// existing rows it would not work for. Returned is what lint finds.
    pub(super) async fn note_findings(
        &self,
        connector: &mut (dyn Connector + '_),
        draft: &mut Draft,
        asks_for_rows: bool,
    ) -> Result<Vec<Finding>> {
        let names: Vec<String> = (0..draft.files.len()).map(|at| format!("{DRAFT}_{at}")).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let graph = self.with_draft(&names, draft)?;
        let dialect = connector.dialect();
        let mut options = LintOptions::new();
        options.version = self.server_version(connector).await?;
        let chosen = Chosen::Run(names.clone());
        let report = lint(&graph, (dialect, dialect.name()), &chosen, &options, ("", None));
        let found = report.at_least(Severity::Warning).filter(|finding| finding.place.line > 0);
        let found: Vec<Finding> = found.cloned().collect();
        let mut comments: Vec<Comment> = found.iter().map(of_finding).collect();
        if let Some(queries) = dialect.preflight().filter(|_| asks_for_rows) {
            let plan = PreflightPlan::default();
            let facts = PreflightFacts::about_rows(&graph, dialect, plan);
            let application = self.options.process.on_server();
            let session = connector.quick(&application).await?;
            let options = PreflightOptions::new();
            let answers = preflight::ask_rows(&facts, &options, queries, session, &names).await;
            // A later file of an online draft is about columns that do not exist yet, so that nobody can ask for their rows.
            let is_told = |answer: &&Answer| !answer.is_unknown || names.len() == 1;
            comments.extend(answers.iter().filter(is_told).filter_map(of_answer));
        }
        for (name, file) in names.iter().zip(&mut draft.files) {
            file.up = with_comments(&file.up, name, &comments);
        }
        if let ([only], false) = (draft.files.as_slice(), draft.scratch.is_some()) {
            draft.up.clone_from(&only.up);
        }
        Ok(found)
    }

    /// The migrations with the files of the draft behind them.
    fn with_draft(&self, names: &[String], draft: &Draft) -> Result<Graph> {
        let mut migrations: Vec<Migration> = self.graph.iter().cloned().collect();
        let heads = self.graph.heads().into_iter().map(|head| head.revision().to_owned());
        let mut parents: Vec<String> = heads.collect();
        for (name, file) in names.iter().zip(&draft.files) {
            let migration = Migration::new(name.clone(), "draft").up(&file.up).parents(parents);
            migrations.push(migration);
            parents = vec![name.clone()];
        }
        Graph::new(Migrations::new(migrations)?)
    }
}

/// A comment above a line of a file of the draft.
struct Comment {
    file: String,
    line: u32,
    text: String,
}

fn of_finding(finding: &Finding) -> Comment {
    let text = comment(&format!("{}: {}", finding.code, finding.message));
    Comment { file: finding.revision.clone(), line: finding.place.line, text }
}

/// What was found in the rows, and the query that finds it.
fn of_answer(answer: &Answer) -> Option<Comment> {
    let (file, line) = (answer.revision.clone()?, answer.place.as_ref()?.line);
    let mut text = comment(&answer.text);
    if let Some(query) = &answer.query {
        text += &comment(&format!("{query};"));
    }
    Some(Comment { file, line, text })
}

/// A comment of one line, whatever is in the text.
fn comment(text: &str) -> String {
    let text: Vec<&str> = text.split_whitespace().collect();
    format!("-- {}\n", text.join(" "))
}

/// A file of the draft with the comments that are about it.
fn with_comments(script: &str, name: &str, comments: &[Comment]) -> String {
    let own: Vec<&Comment> = comments.iter().filter(|comment| comment.file == name).collect();
    let mut text = String::with_capacity(script.len());
    for (number, line) in (1..).zip(script.split_inclusive('\n')) {
        for comment in own.iter().filter(|comment| comment.line == number) {
            text.push_str(&comment.text);
        }
        text.push_str(line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Comment, comment, with_comments};

    #[test]
    fn comments_are_above_their_statements() {
        let script = "-- add a\nALTER TABLE t\n    ADD a int;\n\nDROP TABLE u;\n";
        let above = |file: &str, line: u32, text: &str| Comment {
            file: file.to_owned(),
            line,
            text: comment(text),
        };
        let comments = [
            above("a", 2, "LOCK-001: one\ntwo"),
            above("a", 5, "x"),
            above("a", 5, "y"),
            above("b", 1, "z"),
        ];
        assert_eq!(
            with_comments(script, "a", &comments),
            "-- add a\n-- LOCK-001: one two\nALTER TABLE t\n    ADD a int;\n\n-- x\n-- y\nDROP TABLE u;\n"
        );
        assert_eq!(with_comments(script, "c", &comments), script);
    }
}
