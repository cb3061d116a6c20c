//! `revision --autogenerate -m MSG` and `generate MSG`: a new migration that leads from the database's tables to the models.

use std::collections::BTreeSet;

use super::{
    context::{Context, without_password},
    drafting::{self, CompareArgs},
    files,
    output::Output,
    page,
    problem::{CommandOutcome, Problem},
    progress::{clean, unless_interrupted},
};
use crate::{
    authoring::{Drafted, NewRevision},
    change::Change,
    draft::{Draft, DraftFile, DraftOptions},
    error::Error,
    migrator::Migrator,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct DraftArgs {
    #[command(flatten)]
    sides: CompareArgs,
    /// Declare a rename: users.name=full_name for a column, people=users for a table; may be repeated
    #[arg(long, value_name = "FROM=TO", value_parser = renamed)]
    rename: Vec<(String, String)>,
    /// An SQL expression that fills a new NOT NULL column in existing rows; may be repeated
    #[arg(long, value_name = "TABLE.COLUMN=SQL", value_parser = filled)]
    fill: Vec<(String, String)>,
    /// Also write changes that lose data
    #[arg(long)]
    allow_destructive: bool,
    /// Write several migrations that can run while programs use the tables, and mark what must wait as phase contract
    #[arg(long)]
    online: bool,
    /// Write the draft without running it on a copy of the current schema first
    #[arg(long)]
    no_proof: bool,
}

impl DraftArgs {
    /// An option that means something for a draft alone.
    pub(super) fn given(&self) -> Option<&'static str> {
        [
            ("--schema", self.sides.schema.is_some()),
            ("--from-migrations", self.sides.from_migrations),
            ("--html", self.sides.html.is_some()),
            ("--verbose", self.sides.verbose),
            ("--rename", !self.rename.is_empty()),
            ("--fill", !self.fill.is_empty()),
            ("--allow-destructive", self.allow_destructive),
            ("--online", self.online),
            ("--no-proof", self.no_proof),
        ]
        .into_iter()
        .find_map(|(option, is_given)| is_given.then_some(option))
    }

    fn options(&self) -> DraftOptions {
        let options = self.sides.options().allow_destructive(self.allow_destructive);
        let options = options.online(self.online).proof(!self.no_proof);
        let options =
            self.rename.iter().fold(options, |options, (from, to)| options.rename(from, to));
        self.fill.iter().fold(options, |options, (column, sql)| options.fill(column, sql))
    }
}

fn renamed(text: &str) -> Result<(String, String), String> {
    let both = text.split_once('=').filter(|(from, to)| !from.is_empty() && !to.is_empty());
    let (from, to) = both.ok_or("expected FROM=TO")?;
    Ok((from.to_owned(), to.to_owned()))
}

fn filled(text: &str) -> Result<(String, String), String> {
    let both = text.split_once('=').filter(|(column, sql)| column.contains('.') && !sql.is_empty());
    let (column, sql) = both.ok_or("expected TABLE.COLUMN=SQL")?;
    Ok((column.to_owned(), sql.to_owned()))
}

pub(super) async fn run(
    args: &DraftArgs,
    new: NewRevision,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    // The new migration follows those on disk, which may be newer than the program.
    let migrator = args.sides.wanted(context.files()?)?;
    let folder = files::open(context)?;
    folder.check_place(&new)?;
    let mut work =
        DraftPrompt { migrator, url: context.url()?, options: args.options(), out: &context.out };
    let mut draft = work.draft().await?;
    if context.out.can_ask() {
        draft = work.ask_for_renames(draft).await?;
        draft = work.ask_for_fills(draft).await?;
    }
    if draft.is_empty() {
        return nothing(&draft, args, &work.url, context);
    }
    for line in drafting::lines(&draft) {
        context.out.say(format_args!("Detected: {line}"));
    }
    if !args.allow_destructive && !work.may_lose(&draft).await? {
        context.out.say("nothing was written");
        return Ok(CommandOutcome::Done);
    }
    let findings = drafting::complete(&work.migrator, &work.url, &mut draft, &work.options).await?;
    if files::open(context)?.differs(&folder) {
        return Err(Problem::with_help(
            "the folder changed while the draft was being made; nothing was written",
            "run the command again",
        ));
    }
    let is_first = folder.graph().is_empty();
    let all: Vec<NewRevision> = draft.files.iter().map(|file| revision(&new, file)).collect();
    let written = folder.revisions(&all)?;
    if let Some(file) = &args.sides.html {
        page::write(file, &new.message, (&draft, &findings.all), &work.url, context)?;
    }
    files::advise(&new.message, context);
    drafting::hints(&draft, context);
    drafting::notes(&draft, args.sides.verbose, context);
    // The first one makes everything.
    if let Some(groups) = apart(&draft.changes).filter(|_| !is_first && !args.online) {
        context.out.note(format_args!(
            "this changes unrelated tables ({}); one migration for each is easier to review and to revert",
            clean(&groups.join("; "))
        ));
    }
    files::finish_draft(&folder, &written, Some(&drafting::found(&draft)), context)
}

/// The migration of one file of a draft.
fn revision(new: &NewRevision, file: &DraftFile) -> NewRevision {
    let message = match (new.message.as_str(), file.title.as_str()) {
        (message, "") => message.to_owned(),
        ("", title) => title.to_owned(),
        (message, title) => format!("{message}: {title}"),
    };
    let drafted = Drafted { up: file.up.clone(), down: file.down.clone() };
    NewRevision { message, drafted: Some(drafted), ..new.clone() }
}

/// Models and tables agree: there is nothing to write.
fn nothing(
    draft: &Draft,
    args: &DraftArgs,
    url: &str,
    context: &Context,
) -> Result<CommandOutcome, Problem> {
    if context.out.json {
        let files: [&str; 0] = [];
        let found = drafting::found(draft);
        context
            .out
            .json(&serde_json::json!({ "revision": null, "files": files, "draft": found }))?;
    } else {
        context.out.result(draft);
    }
    if let Some(file) = &args.sides.html {
        page::write(file, "No changes", (draft, &[]), url, context)?;
    }
    drafting::notes(draft, args.sides.verbose, context);
    drafting::nothing_found(&args.sides, context);
    Ok(CommandOutcome::Done)
}

/// A draft, made again after each answer.
struct DraftPrompt<'c> {
    migrator: Migrator,
    url: String,
    options: DraftOptions,
    out: &'c Output,
}

impl DraftPrompt<'_> {
    async fn draft(&self) -> Result<Draft, Problem> {
        drafting::make(&self.migrator, &self.url, &self.options).await
    }

    /// A dropped and an added thing that look alike: a rename keeps the data.
    async fn ask_for_renames(&mut self, mut draft: Draft) -> Result<Draft, Problem> {
        let mut asked = BTreeSet::new();
        loop {
            let new = |pair: &&(String, String)| !asked.contains(*pair);
            let Some((from, to)) = draft.rename_candidates.iter().find(new).cloned() else {
                return Ok(draft);
            };
            let question = format!("was {} renamed to {}?", clean(&from), clean(&to));
            if self.answer(move |out| out.confirm(question)).await? == Some(true) {
                self.options = self.options.clone().rename(&from, &to);
                draft = self.draft().await?;
            }
            asked.insert((from, to));
        }
    }

    /// The value of a new NOT NULL column in existing rows.
    async fn ask_for_fills(&mut self, draft: Draft) -> Result<Draft, Problem> {
        let before = self.options.clone();
        for column in &draft.placeholders {
            let question = format!(
                "{} is NOT NULL and has no default: which SQL expression fills it in existing rows?\n\
                 (press Enter for a placeholder):",
                clean(column)
            );
            if let Some(sql) = self.answer(move |out| out.ask(question)).await? {
                self.options = self.options.clone().fill(column, sql);
            }
        }
        if self.options == before { Ok(draft) } else { self.draft().await }
    }

    /// Whether the draft may be written: it loses nothing, or somebody says that it may.
    async fn may_lose(&self, draft: &Draft) -> Result<bool, Problem> {
        if draft.destructive.is_empty() {
            return Ok(true);
        }
        let question = format!(
            "Applying this loses data: {} on {}. Write it anyway?",
            clean(&draft.destructive.join("; ")),
            without_password(&self.url)
        );
        self.answer(move |out| out.confirm(question)).await?.ok_or_else(|| {
            Problem::Failed(Error::Destructive {
                changes: draft.destructive.clone(),
                rename_candidates: draft.rename_candidates.clone(),
            })
        })
    }

    /// Asks, so that Ctrl-C ends the program: a thread that reads cannot be interrupted where its handler is another than the
    /// system's.
    async fn answer<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Output) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let out = self.out.clone();
        let answer = unless_interrupted(async {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || sender.send(ask(&out)));
            receiver.await
        })
        .await;
        if answer.is_none() {
            // The terminal shows `^C` behind the question.
            self.out.say("");
        }
        answer.and_then(Result::ok).ok_or(Problem::GivenUp)
    }
}

/// The tables that changes are about, where they fall into groups that no foreign key among the changes connects.
fn apart(changes: &[Change]) -> Option<Vec<String>> {
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    for change in changes {
        let Some(table) = change.table() else { continue };
        let mut group = BTreeSet::from([table.to_string()]);
        group.extend(referenced(change));
        let (joined, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|other| !other.is_disjoint(&group));
        group.extend(joined.into_iter().flatten());
        groups = others;
        groups.push(group);
    }
    let words = |group: BTreeSet<String>| group.into_iter().collect::<Vec<_>>().join(", ");
    (groups.len() > 1).then(|| groups.into_iter().map(words).collect())
}

/// The tables that a change's foreign keys lead to.
fn referenced(change: &Change) -> Vec<String> {
    match change {
        Change::CreateTable(table) | Change::DropTable(table) => {
            table.foreign_keys.iter().map(|key| key.references.to_string()).collect()
        }
        Change::AddForeignKey { key, .. } | Change::DropForeignKey { key, .. } => {
            vec![key.references.to_string()]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, ForeignKey, Name, Table, Type};

    #[test]
    fn tables_that_have_nothing_to_do_with_each_other_are_told_apart() {
        let add = |table: &str| Change::AddColumn {
            table: Name::new(table),
            column: Column::new("x", Type::Text),
            fill: None,
        };
        let linked = Table::new("b").foreign_key(ForeignKey::new(["a"], "a", ["id"]));
        assert_eq!(apart(&[add("a"), add("a")]), None);
        assert_eq!(apart(&[add("a"), Change::CreateTable(linked.clone())]), None);
        let groups = apart(&[add("a"), add("c"), Change::CreateTable(linked)]);
        assert_eq!(groups, Some(vec!["c".to_owned(), "a, b".to_owned()]));
    }

    #[test]
    fn options_are_read() {
        let pair = |a: &str, b: &str| Ok((a.to_owned(), b.to_owned()));
        assert_eq!(renamed("users.name=full_name"), pair("users.name", "full_name"));
        assert!(renamed("users.name").is_err() && renamed("=b").is_err() && renamed("a=").is_err());
        assert_eq!(filled("users.a=b = 'c'"), pair("users.a", "b = 'c'"));
        assert!(filled("a=1").is_err() && filled("users.a=").is_err());
    }
}
