//! A migration gets another parent, and with what follows it a new date.

use super::{Folder, FolderError, Result, header, name, revision::revisions};
use crate::{
    graph::Graph,
    migration::Migration,
    source::{Edit, read_name},
};

/// A rebase that is worked out, and not written yet.
#[derive(Debug)]
pub(crate) struct Rebase {
    /// The migrations that move: the one that was named, and all that follow it.
    pub(crate) moved: Vec<String>,
    pub(crate) parents: Vec<String>,
    /// Old and new names of files.
    pub(crate) renamed: Vec<(String, String)>,
    edit: Edit,
    graph: Graph,
}

impl Folder {
    pub(crate) fn rebase(&self, given: &str, onto: &str) -> Result<Rebase> {
        let found = self.resolve(given)?;
        let &[root] = found.as_slice() else {
            return Err(FolderError::refused(
                format_args!("{given} does not name a single revision"),
                None,
            ));
        };
        let revision = root.revision();
        if self.graph.parents(revision).len() > 1 {
            let help = format!("write another one: {} merge", self.program);
            return Err(FolderError::refused(
                format_args!("{revision} is a merge, so it has several parents"),
                help,
            ));
        }
        let moved = self.graph.descendants(revision);
        // What moves is no head to move onto.
        let parents = match onto {
            "head" => {
                let heads = self.graph.heads();
                let rest: Vec<&Migration> = heads
                    .into_iter()
                    .filter(|m| !moved.iter().any(|n| n.revision() == m.revision()))
                    .collect();
                match rest.as_slice() {
                    [_] => rest,
                    _ => {
                        return Err(FolderError::refused(
                            "which head? there is not exactly one other head",
                            None,
                        ));
                    }
                }
            }
            _ => self.resolve(onto)?,
        };
        if let Some(parent) =
            parents.iter().find(|p| moved.iter().any(|m| m.revision() == p.revision()))
        {
            return Err(FolderError::refused(
                format_args!(
                    "{revision} cannot follow {}, which is the same migration or follows it",
                    parent.revision()
                ),
                None,
            ));
        }
        let parents = revisions(&parents);
        let mut edit = Edit::default();
        let mut renamed = Vec::new();
        let mut newest = self.files.newest().map(|(key, _)| key);
        for migration in &moved {
            let minute = name::minute(name::now(), newest.as_ref());
            newest = Some(crate::source::Key::of(&minute));
            let named = if migration.revision() == revision { Some(parents.clone()) } else { None };
            let named = named.or_else(|| {
                migration
                    .parents
                    .is_none()
                    .then(|| revisions(&self.graph.parents(migration.revision())))
            });
            self.move_one(migration, &minute, named, &mut edit, &mut renamed);
        }
        let names: Vec<&str> = moved.iter().map(|m| m.revision()).collect();
        let graph = self.check(&edit, &names)?;
        let moved = names.into_iter().map(str::to_owned).collect();
        Ok(Rebase { moved, parents, renamed, edit, graph })
    }

    fn move_one(
        &self,
        migration: &Migration,
        minute: &str,
        parents: Option<Vec<String>>,
        edit: &mut Edit,
        renamed: &mut Vec<(String, String)>,
    ) {
        let scripts = [Some(migration.up_script()), migration.down_script()];
        for (at, script) in scripts.into_iter().flatten().enumerate() {
            let old = script.file();
            let mut text = self.files.text(old);
            if at == 0
                && let Some(parents) = &parents
            {
                text = header::set(&text, "parents", &header::parents(parents));
            }
            // Where the date is the revision, or the name is another tool's, the file keeps its name.
            let read = read_name(old).ok().flatten();
            let ours = read.filter(|name| {
                let is_minute = name.version.len() == minute.len() && !old.contains('/');
                is_minute && name.revision != name.version
            });
            let new = ours.and_then(|name| {
                old.strip_prefix(&name.version).map(|rest| format!("{minute}{rest}"))
            });
            match new {
                Some(new) => {
                    edit.create.push((new.clone(), text));
                    edit.remove.push(old.to_owned());
                    renamed.push((old.to_owned(), new));
                }
                None if at == 0 => edit.replace.push((old.to_owned(), text)),
                None => {}
            }
        }
    }

    pub(crate) fn write_rebase(&self, rebase: &Rebase) -> Result<Vec<String>> {
        let touched: Vec<&str> = rebase.moved.iter().map(String::as_str).collect();
        self.write(&rebase.edit, &rebase.graph, &touched)
    }
}
