//! Several migrations of one line become one.

use super::{
    Folder, FolderError, Result,
    header::Head,
    name,
    revision::{Written, revisions},
    slug::{line, slug},
    squash_sides::{Part, SquashSide},
};
use crate::{
    database::Dialect,
    graph::Graph,
    migration::{Migration, Migrations},
    source::{Edit, read_name},
};

/// How a squash is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSquash<'a> {
    /// The first and the last migration, `FROM:TO`.
    pub(crate) range: &'a str,
    pub(crate) message: Option<&'a str>,
    pub(crate) form: SquashForm,
    /// The databases that the files may be for.
    pub(crate) dialects: &'a [&'static dyn Dialect],
}

/// How the parts of a squash run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SquashForm {
    /// In one transaction, if each of its migrations can run in one.
    Together,
    /// Without one. Each migration that had a transaction keeps it.
    Apart,
}

/// A squash that is worked out, and not written yet.
#[derive(Debug)]
pub(crate) struct Squash {
    pub(crate) written: Written,
    /// The revisions that it replaces, in their order.
    pub(crate) replaces: Vec<String>,
    /// What is applied before it: its parents, and what else it needs.
    pub(crate) needs: Vec<String>,
    /// Its up side can be reverted.
    pub(crate) is_reversible: bool,
    /// It runs in one transaction.
    pub(crate) is_one_transaction: bool,
    /// The files that go away.
    pub(crate) removed: Vec<String>,
    edit: Edit,
    graph: Graph,
}

impl Folder {
    /// Works out what a range becomes.
    pub(crate) fn squash(&self, new: &NewSquash<'_>) -> Result<Squash> {
        let members = self.members(new.range)?;
        check_alike(&members)?;
        let (Some(first), Some(last)) = (members.first(), members.last()) else {
            return Err(FolderError::refused("there is nothing to squash", None));
        };
        let replaces = revisions(&members);
        let message = new.message.map_or_else(
            || format!("squash {} to {}", first.revision(), last.revision()),
            str::to_owned,
        );
        let revision = self.new_id(None)?;
        // The place of the last one in the order of names: what follows it by name still does.
        let version = read_name(last.up_script().file()).ok().flatten().map(|name| name.version);
        let (stem, carries) = name::stem(&version.unwrap_or_default(), &revision, &slug(&message));
        let (up, down) = sides(&members, new)?;
        let (labels, depends_on) = outside(&members, &replaces);
        let parents = revisions(&self.graph.parents(first.revision()));
        let head = Head {
            revision: (!carries).then_some(revision.as_str()),
            replaces: &replaces,
            parents: &parents,
            depends_on: &depends_on,
            labels: &labels,
        };
        let title = line(&message);
        let mut edit = Edit { remove: files_of(&members), ..Edit::default() };
        let flags = flags(&members);
        edit.create.push((
            format!("{stem}.up.sql"),
            format!("{}{}{flags}-- {title}\n{}", head.text(), up.directive(), up.text),
        ));
        if let Some(down) = &down {
            let text = format!("{}-- Reverts: {title}\n{}", down.directive(), down.text);
            edit.create.push((format!("{stem}.down.sql"), text));
        }
        let graph = self.check(&edit, &[])?;
        let mut notes = up.notes("up side");
        notes.extend(down.iter().filter(|_| up.has_transaction).flat_map(|d| d.notes("down side")));
        if down.is_none() && !members.iter().any(|m| m.irreversible.is_some()) {
            notes.push(
                "some of the migrations have no down side, so the squash has none either"
                    .to_owned(),
            );
        }
        let files = edit.create.iter().map(|(name, _)| name.clone()).collect();
        Ok(Squash {
            needs: parents.iter().chain(&depends_on).cloned().collect(),
            written: Written { revision, parents, files, code: None, notes },
            replaces,
            is_reversible: down.is_some(),
            is_one_transaction: up.has_transaction,
            removed: edit.remove.clone(),
            edit,
            graph,
        })
    }

    /// The migrations as they are once it is written.
    pub(crate) fn with_squash(&self, squash: &Squash) -> Result<Migrations> {
        Ok(self.files.with(&squash.edit).migrations()?)
    }

    /// Writes it, and removes what it replaces.
    pub(crate) fn write_squash(&self, squash: Squash) -> Result<Written> {
        let Squash { mut written, replaces, edit, graph, .. } = squash;
        let touched: Vec<&str> =
            replaces.iter().chain([&written.revision]).map(String::as_str).collect();
        let notes = self.write(&edit, &graph, &touched)?;
        written.notes.extend(notes);
        Ok(written)
    }

    /// The migrations of a range, which must be one line that nothing enters or leaves in the middle.
    fn members(&self, range: &str) -> Result<Vec<&Migration>> {
        let ends = range
            .split_once(':')
            .filter(|(from, to)| !from.is_empty() && !to.is_empty() && !to.contains(':'));
        let Some((from, to)) = ends else {
            return Err(FolderError::refused(
                format_args!("{range} is not a range of two revisions, FROM:TO"),
                None,
            ));
        };
        let one = |text: &str| match self.resolve(text)?.as_slice() {
            &[one] => Ok(one),
            _ => Err(FolderError::refused(
                format_args!("{text} does not name a single revision"),
                None,
            )),
        };
        let (first, last) = (one(from)?, one(to)?);
        let mut members = vec![first];
        let mut at = first;
        while at.revision() != last.revision() {
            let children = self.graph.children(at.revision());
            let &[child] = children.as_slice() else {
                let names = revisions(&children).join(", ");
                return Err(FolderError::refused(
                    if names.is_empty() {
                        format!("{} does not come before {}", first.revision(), last.revision())
                    } else {
                        format!("a branch starts at {}: {names} follow it", at.revision())
                    },
                    None,
                ));
            };
            if self.graph.parents(child.revision()).len() > 1 {
                let text = format_args!("{} merges other branches", child.revision());
                return Err(FolderError::refused(text, None));
            }
            members.push(child);
            at = child;
        }
        if members.len() < 2 {
            return Err(FolderError::refused("a squash needs at least two migrations", None));
        }
        Ok(members)
    }
}

/// The up sides in order, and the down sides in the opposite one.
fn sides(members: &[&Migration], new: &NewSquash<'_>) -> Result<(SquashSide, Option<SquashSide>)> {
    let up: Vec<Part<'_>> = members.iter().map(|&m| Part::up(m)).collect();
    let down: Option<Vec<Part<'_>>> = members.iter().rev().map(|&m| Part::down(m)).collect();
    let down = down.filter(|_| !members.iter().any(|m| m.irreversible.is_some()));
    let up = SquashSide::join(up, new.form, new.dialects)?;
    // Where the up side has no transaction, the down side has none either.
    let form = if up.has_transaction { new.form } else { SquashForm::Apart };
    Ok((up, down.map(|down| SquashSide::join(down, form, new.dialects)).transpose()?))
}

/// The labels that it keeps, and what it depends on beside its parents.
fn outside(members: &[&Migration], replaces: &[String]) -> (Vec<String>, Vec<String>) {
    let distinct = |mut found: Vec<String>| {
        found.retain(|name| !replaces.contains(name));
        found.sort();
        found.dedup();
        found
    };
    let labels = distinct(members.iter().flat_map(|m| m.labels.revisions.clone()).collect());
    let mut needs = distinct(members.iter().flat_map(|m| m.depends_on.revisions.clone()).collect());
    needs.retain(|name| !labels.contains(name));
    (labels, needs)
}

/// The files of migrations, each once.
fn files_of(members: &[&Migration]) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for script in
        members.iter().flat_map(|m| [Some(m.up_script()), m.down_script()].into_iter().flatten())
    {
        if !files.iter().any(|name| name == script.file()) {
            files.push(script.file().to_owned());
        }
    }
    files
}

/// What cannot be mixed in one migration.
fn check_alike(members: &[&Migration]) -> Result<()> {
    if let Some(squash) = members.iter().find(|m| !m.replaces.revisions.is_empty()) {
        return Err(FolderError::refused(
            format_args!(
                "{} is itself a squash, and databases may still have the migrations that it replaces",
                squash.revision()
            ),
            None,
        ));
    }
    let first = members.first().map(|m| m.foreign_keys);
    match members.iter().find(|m| Some(m.foreign_keys) != first) {
        None => Ok(()),
        Some(other) => Err(FolderError::refused(
            format_args!(
                "{} differs from the ones before it in `foreign-keys off`, which applies to a whole migration",
                other.revision()
            ),
            "squash the ones that agree, in two or more squashes".to_owned(),
        )),
    }
}

/// The directives that all of them have.
fn flags(members: &[&Migration]) -> String {
    let mut text = String::new();
    if members.iter().any(|m| !m.foreign_keys) {
        text.push_str("-- ambix: foreign-keys off\n");
    }
    // All of it waits for what must wait.
    if let Some(phase) = members.iter().filter_map(|m| m.declared_phase()).max() {
        text.push_str(&format!("-- ambix: phase {phase}\n"));
    }
    if let Some((m, reason)) = members.iter().find_map(|m| Some((m, m.irreversible.as_ref()?))) {
        text.push_str(&format!("-- ambix: irreversible {} ({})\n", line(reason), m.revision()));
    }
    text
}
