//! Several migrations of one line become one.

use super::{
    Folder, FolderError, Result,
    header::{self, Head},
    name,
    revision::{Written, revisions},
    slug::{line, slug},
};
use crate::{
    graph::Graph,
    migration::{Migration, Script},
    source::{Edit, read_name},
    sql::{self, Item, Syntax},
};

/// A squash that is worked out, and not written yet.
#[derive(Debug)]
pub(crate) struct Squash {
    pub(crate) written: Written,
    /// The revisions that it replaces, in their order.
    pub(crate) replaces: Vec<String>,
    /// The files that go away.
    pub(crate) removed: Vec<String>,
    edit: Edit,
    graph: Graph,
}

impl Folder {
    /// Works out what `from:to` becomes. `syntaxes` are those of the databases that the files may be for.
    pub(crate) fn squash(
        &self,
        range: &str,
        message: Option<&str>,
        syntaxes: &[&Syntax],
    ) -> Result<Squash> {
        let members = self.members(range)?;
        check_alike(&members)?;
        let (Some(first), Some(last)) = (members.first(), members.last()) else {
            return Err(FolderError::refused("there is nothing to squash", None));
        };
        let replaces = revisions(&members);
        let message = message.map_or_else(
            || format!("squash {} to {}", first.revision(), last.revision()),
            str::to_owned,
        );
        let revision = self.new_id(None)?;
        // The place of the last one in the order of names: what follows it by name still does.
        let version = read_name(last.up_script().file()).ok().flatten().map(|name| name.version);
        let (stem, carries) = name::stem(&version.unwrap_or_default(), &revision, &slug(&message));
        let (up, down) = self.sides(&members, syntaxes)?;
        let outside = |all: &[Vec<String>]| -> Vec<String> {
            let mut found: Vec<String> = all.concat();
            found.retain(|name| !replaces.contains(name));
            found.sort();
            found.dedup();
            found
        };
        let depends_on: Vec<Vec<String>> =
            members.iter().map(|m| m.depends_on.revisions.clone()).collect();
        let labels: Vec<Vec<String>> = members.iter().map(|m| m.labels.revisions.clone()).collect();
        let labels = outside(&labels);
        let depends_on: Vec<String> =
            outside(&depends_on).into_iter().filter(|name| !labels.contains(name)).collect();
        let parents = revisions(&self.graph.parents(first.revision()));
        let head = Head {
            revision: (!carries).then_some(revision.as_str()),
            replaces: &replaces,
            parents: &parents,
            depends_on: &depends_on,
            labels: &labels,
        };
        let mut edit = Edit::default();
        let title = line(&message);
        edit.create.push((
            format!("{stem}.up.sql"),
            format!("{}{}-- {title}\n{up}", head.text(), flags(&members)),
        ));
        if let Some(down) = down {
            let none = if last.down_transaction { "" } else { "-- ambix: transaction none\n" };
            edit.create
                .push((format!("{stem}.down.sql"), format!("{none}-- Reverts: {title}\n{down}")));
        }
        for script in members
            .iter()
            .flat_map(|m| [Some(m.up_script()), m.down_script()].into_iter().flatten())
        {
            if !edit.remove.iter().any(|name| name == script.file()) {
                edit.remove.push(script.file().to_owned());
            }
        }
        let graph = self.check(&edit, &[])?;
        let mut notes = Vec::new();
        if edit.create.len() == 1 && !members.iter().any(|m| m.irreversible.is_some()) {
            notes.push(
                "some of the migrations have no down side, so the squash has none either"
                    .to_owned(),
            );
        }
        let files = edit.create.iter().map(|(name, _)| name.clone()).collect();
        let written = Written { revision, parents, files, code: None, notes };
        Ok(Squash { written, replaces, removed: edit.remove.clone(), edit, graph })
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

    /// The up sides in order, and the down sides in the opposite one.
    fn sides(
        &self,
        members: &[&Migration],
        syntaxes: &[&Syntax],
    ) -> Result<(String, Option<String>)> {
        let up: Vec<(&Migration, &Script)> = members.iter().map(|&m| (m, m.up_script())).collect();
        let down: Option<Vec<(&Migration, &Script)>> =
            members.iter().rev().map(|&m| Some((m, m.down_script()?))).collect();
        let down = down.filter(|_| !members.iter().any(|m| m.irreversible.is_some()));
        Ok((join(&up, syntaxes)?, down.map(|down| join(&down, syntaxes)).transpose()?))
    }
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
    let differ = |of: fn(&Migration) -> bool, what: &str| {
        let first = members.first().map(|m| of(m));
        match members.iter().find(|m| Some(of(m)) != first) {
            None => Ok(()),
            Some(other) => Err(FolderError::refused(
                format_args!(
                    "{} differs from the ones before it in `{what}`, which applies to a whole migration",
                    other.revision()
                ),
                "squash the ones that agree, in two or more squashes".to_owned(),
            )),
        }
    };
    differ(Migration::is_transactional, "transaction none")?;
    differ(|m| m.down_transaction, "transaction none")?;
    differ(|m| m.foreign_keys, "foreign-keys off")
}

/// The directives that all of them have.
fn flags(members: &[&Migration]) -> String {
    let mut text = String::new();
    if members.iter().any(|m| !m.transaction) {
        text.push_str("-- ambix: transaction none\n");
    }
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

/// One text of several, which has exactly their statements.
fn join(parts: &[(&Migration, &Script)], syntaxes: &[&Syntax]) -> Result<String> {
    let texts: Vec<String> =
        parts.iter().map(|(_, script)| header::without(script.text())).collect();
    let mut joined = String::new();
    for ((migration, _), text) in parts.iter().zip(&texts) {
        let text = text.trim();
        joined.push_str(&format!("\n-- {} {}\n", migration.revision(), line(migration.name())));
        joined.push_str(text);
        let last = text.lines().last().unwrap_or_default();
        // Behind a comment, a semicolon would be a part of it.
        let ended = text.is_empty() || text.ends_with(';');
        joined.push_str(if ended {
            "\n"
        } else if last.contains("--") || last.contains('#') {
            "\n;\n"
        } else {
            ";\n"
        });
    }
    let mut read = false;
    for syntax in syntaxes {
        let mut apart = Some(Vec::new());
        for text in &texts {
            apart = apart.zip(statements(text, syntax)).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        let Some(apart) = apart else { continue };
        read = true;
        if statements(&joined, syntax).as_ref() != Some(&apart) {
            return Err(FolderError::refused(
                "a file leaves a statement, a comment or a delimiter open at its end, which would change the meaning of the combined file",
                None,
            ));
        }
        for ((migration, script), text) in parts.iter().zip(&texts) {
            let items = sql::split(text, syntax).unwrap_or_default();
            let control = |item: &Item<'_>| match item {
                Item::Statement(statement) => sql::transaction_control(statement, syntax).is_some(),
                Item::Run { .. } => false,
            };
            if migration.is_transactional() && items.iter().any(control) {
                return Err(FolderError::refused(
                    format_args!(
                        "{} has a transaction of its own, which cannot run inside the one of the squash",
                        script.file()
                    ),
                    None,
                ));
            }
        }
    }
    if read {
        Ok(joined)
    } else {
        Err(FolderError::refused("cannot read their SQL as that of any supported database", None))
    }
}

fn statements(text: &str, syntax: &Syntax) -> Option<Vec<String>> {
    let items = sql::split(text, syntax).ok()?;
    let written = |item: &Item<'_>| match item {
        Item::Statement(statement) => statement.for_client(),
        Item::Run { name, .. } => format!("run {name}"),
    };
    Some(items.iter().map(written).collect())
}
