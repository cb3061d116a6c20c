//! One migration in words: on a line as Alembic's history has it, or with everything that is known about it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt::Write,
    path::PathBuf,
};

use serde::Serialize;

use super::{
    context::Context,
    output::{BOLD, CYAN, GREEN, YELLOW, styled},
    problem::Problem,
};
use crate::{
    error::at,
    graph::{Applied, Graph},
    migration::{Migration, Phase, Script},
    migrator::Migrator,
    run::{
        history::{Record, State},
        report,
    },
};

/// Everything that is said of migrations, from the files and, where it was asked, from the database.
pub(super) struct Described<'m> {
    migrator: &'m Migrator,
    graph: &'m Graph,
    /// Labels of the line that a migration is on.
    labels: HashMap<&'m str, BTreeSet<&'m str>>,
    /// What the database has; none where it was not asked.
    pub(super) database: Option<Database>,
    /// The URL, which says how statements are counted.
    url: Option<String>,
    /// Where the files are, where they are not compiled in.
    folder: Option<PathBuf>,
}

/// What the database says.
pub(super) struct Database {
    pub(super) records: BTreeMap<String, Record>,
    pub(super) applied: Applied,
    pub(super) current: HashSet<String>,
}

impl Database {
    /// Asks it.
    pub(super) async fn ask(migrator: &Migrator, url: &str) -> Result<Self, Problem> {
        let history = migrator.history(url).await?;
        let current = migrator.current(url).await?.revisions.into_iter().collect();
        let records: BTreeMap<String, Record> =
            history.records.into_iter().map(|record| (record.revision.clone(), record)).collect();
        let is_applied = |record: &&Record| record.state == State::Applied;
        let applied =
            records.values().filter(is_applied).map(|record| record.revision.clone()).collect();
        Ok(Self { records, applied, current })
    }
}

/// Everything that is known about one migration, for programs.
#[derive(Debug, Serialize)]
pub(super) struct DescribedMigration<'m> {
    pub(super) revision: &'m str,
    name: &'m str,
    parents: Vec<&'m str>,
    depends_on: Vec<&'m str>,
    labels: Vec<&'m str>,
    is_head: bool,
    is_branch_point: bool,
    is_merge_point: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_current: Option<bool>,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    checksum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statements: Option<usize>,
    has_down: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<&'m Record>,
}

impl<'m> Described<'m> {
    pub(super) fn new(migrator: &'m Migrator, context: &Context) -> Self {
        let graph = migrator.graph();
        // A file `.env` that cannot be read is the trouble of commands that need it.
        let url = context.known_url().ok().flatten();
        Self {
            migrator,
            graph,
            labels: labels(graph),
            database: None,
            url,
            folder: context.read_from(),
        }
    }

    pub(super) async fn with_database(mut self, url: &str) -> Result<Self, Problem> {
        self.database = Some(Database::ask(self.migrator, url).await?);
        Ok(self)
    }

    pub(super) fn applied(&self) -> Applied {
        self.database.as_ref().map(|database| database.applied.clone()).unwrap_or_default()
    }

    pub(super) fn entry(&'m self, migration: &'m Migration) -> DescribedMigration<'m> {
        let revision = migration.revision();
        let file = self.path(migration.up_script());
        let list = |migrations: Vec<&'m Migration>| {
            migrations.into_iter().map(Migration::revision).collect()
        };
        DescribedMigration {
            revision,
            name: migration.name(),
            parents: list(self.graph.parents(revision)),
            depends_on: list(self.graph.dependencies(revision)),
            labels: self.labels_of(revision),
            is_head: self.graph.children(revision).is_empty(),
            is_branch_point: self.graph.children(revision).len() > 1,
            is_merge_point: self.graph.parents(revision).len() > 1,
            is_current: self.database.as_ref().map(|database| database.current.contains(revision)),
            file,
            date: date(migration.up_script().file()),
            checksum: migration.checksum().to_string(),
            statements: self.migrator.statements(self.url.as_deref(), migration),
            has_down: migration.down_script().is_some(),
            phase: migration.declared_phase(),
            applied: self.database.as_ref().and_then(|database| database.records.get(revision)),
        }
    }

    /// A file's path, from here where it is on disk.
    fn path(&self, script: &Script) -> String {
        match &self.folder {
            Some(folder) => folder.join(script.file()).display().to_string(),
            None => script.file().to_owned(),
        }
    }

    fn labels_of(&self, revision: &str) -> Vec<&'m str> {
        self.labels.get(revision).into_iter().flatten().copied().collect()
    }

    /// `abc123 (shop) (head) (current)`.
    pub(super) fn short(&self, migration: &Migration) -> String {
        let revision = migration.revision();
        let mut text = styled(BOLD, revision);
        let labels = self.labels_of(revision);
        if !labels.is_empty() {
            let _ = write!(text, " ({})", styled(YELLOW, labels.join(", ")));
        }
        for mark in self.marks(revision) {
            let _ = write!(text, " ({mark})");
        }
        text
    }

    /// head, effective head, current, branchpoint, mergepoint, as Alembic marks them.
    fn marks(&self, revision: &str) -> Vec<String> {
        let mut marks = Vec::new();
        if self.graph.children(revision).is_empty() {
            // On a head that others depend upon nobody stands any more once they are applied.
            let word =
                if self.graph.dependents(revision).is_empty() { "head" } else { "effective head" };
            marks.push(styled(CYAN, word));
        }
        if self.database.as_ref().is_some_and(|database| database.current.contains(revision)) {
            marks.push(styled(GREEN, "current"));
        }
        if self.graph.children(revision).len() > 1 {
            marks.push("branchpoint".to_owned());
        }
        if self.graph.parents(revision).len() > 1 {
            marks.push("mergepoint".to_owned());
        }
        let phase = self.graph.get(revision).and_then(Migration::declared_phase);
        marks.extend(phase.map(|phase| phase.to_string()));
        marks
    }

    /// `5a1c0e -> abc123 (head), add full name to user`.
    pub(super) fn line(&self, migration: &Migration) -> String {
        let names = |list: Vec<&Migration>| -> Vec<String> {
            list.into_iter().map(|m| m.revision().to_owned()).collect()
        };
        let mut parents = names(self.graph.parents(migration.revision())).join(", ");
        if parents.is_empty() {
            parents = "<base>".to_owned();
        }
        let depends_on = names(self.graph.dependencies(migration.revision()));
        if !depends_on.is_empty() {
            let _ = write!(parents, " ({})", depends_on.join(", "));
        }
        format!("{parents} -> {}{}", self.short(migration), comma(migration.name()))
    }

    /// All that is known, over several lines.
    pub(super) fn long(&'m self, migration: &'m Migration) -> String {
        let entry = self.entry(migration);
        let mut lines = vec![format!("Rev: {}", self.short(migration))];
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!("{name}: {value}"));
            }
        };
        match entry.parents.as_slice() {
            [] => line("Parent", "<base>"),
            [one] => line("Parent", one),
            several => line("Merges", &several.join(", ")),
        }
        line("Also depends on", &entry.depends_on.join(", "));
        if entry.is_branch_point {
            let children: Vec<&str> =
                self.graph.children(entry.revision).into_iter().map(Migration::revision).collect();
            line("Branches into", &children.join(", "));
        }
        line("Branch names", &entry.labels.join(", "));
        line("Phase", entry.phase.map(Phase::word).unwrap_or_default());
        line("Path", &entry.file);
        line("Date", entry.date.as_deref().unwrap_or_default());
        line("Checksum", &entry.checksum);
        line("Statements", &entry.statements.map(|count| count.to_string()).unwrap_or_default());
        let down = match (migration.down_script(), migration.irreversible_because()) {
            (Some(down), _) => self.path(down),
            (None, Some(reason)) => format!("irreversible {reason}"),
            (None, None) => "none".to_owned(),
        };
        line("Down side", &down);
        if self.database.is_some() {
            line("Applied", &entry.applied.map_or_else(|| "no".to_owned(), applied));
        }
        if !migration.name().is_empty() {
            lines.extend([String::new(), format!("    {}", migration.name())]);
        }
        lines.join("\n")
    }
}

fn applied(record: &Record) -> String {
    let Record { applied_at, applied_by, duration_us, state, .. } = record;
    let state = if *state == State::Applied { String::new() } else { format!("{state}, begun ") };
    let took = |micros| report::took(std::time::Duration::from_micros(micros));
    format!("{state}{}by {applied_by}, in {}", at(*applied_at), took(*duration_us))
}

fn comma(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(", {name}") }
}

/// Labels name the line that begins with them: what descends from the migration, and what leads to it from the last branch.
fn labels(graph: &Graph) -> HashMap<&str, BTreeSet<&str>> {
    let mut labels: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for migration in graph.iter() {
        for label in graph.labels_of(migration.revision()) {
            let mut open = vec![migration];
            while let Some(next) = open.pop() {
                if labels.entry(next.revision()).or_default().insert(label) {
                    open.extend(graph.children(next.revision()));
                }
            }
            let mut below = graph.parents(migration.revision());
            while let [parent] = below.as_slice() {
                let revision = parent.revision();
                if graph.children(revision).len() > 1 {
                    break;
                }
                labels.entry(revision).or_default().insert(label);
                below = graph.parents(revision);
            }
        }
    }
    labels
}

/// The date and time that a file's name begins with: `2024-11-13 14:30`.
pub(super) fn date(file: &str) -> Option<String> {
    let name = file.rsplit('/').find(|part| part.starts_with(|c: char| c.is_ascii_digit()))?;
    let is_version = |c: &char| c.is_ascii_digit() || matches!(c, '_' | '-');
    let digits: String = name.chars().take_while(is_version).filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let plausible = ("1970".."2200").contains(&year)
        && ("01"..="12").contains(&month)
        && ("01"..="31").contains(&day);
    if !plausible {
        return None;
    }
    Some(match (part(8, 10), part(10, 12)) {
        (Some(hour), Some(minute)) if hour < "24" && minute < "60" => {
            format!("{year}-{month}-{day} {hour}:{minute}")
        }
        _ => format!("{year}-{month}-{day}"),
    })
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_read_from_names() {
        let cases = [
            ("20241113_1430_abc123_add_bio.up.sql", Some("2024-11-13 14:30")),
            ("20241113143000_add_bio.sql", Some("2024-11-13 14:30")),
            ("2024-11-13-143000_add_bio/up.sql", Some("2024-11-13 14:30")),
            ("20241113_add_bio.sql", Some("2024-11-13")),
            ("V1__init.sql", None),
            ("0001_init.sql", None),
            ("99999999_x.sql", None),
        ];
        for (file, expected) in cases {
            assert_eq!(date(file).as_deref(), expected, "{file}");
        }
    }
}
