//! Renames of columns that both versions of a program can follow: which they are, and the schema after them. It is pure.

use super::{
    compare::{Compared, is_rename},
    online_file::{OnlineFiles, StepsFile},
};
use crate::{
    change::Change,
    database::{
        Drafting,
        drafting::{OnlineSteps, RenamedColumn, RenamedTable},
    },
    note::Note,
    schema::{Address, Name, Schema, SchemaObject, Table},
};

/// What else to do.
const STOP: &str = "stop the older one before this migration, and start the newer one after it";

/// Why a rename is left as it is.
const PLAIN: &str =
    "an older version of the program knows only the old name, and a newer one only the new name";

/// The renames of a draft that are made in steps, each with its steps, and with those of the proof.
#[derive(Default)]
pub(super) struct OnlineRenames {
    all: Vec<(Change, OnlineSteps, OnlineSteps)>,
    /// The views that show a column under its old name, as they are afterwards.
    views: Vec<SchemaObject>,
}

impl OnlineRenames {
    /// Sorts the renames of a draft. What is to be said of the others is noted.
    pub(super) fn of(
        changes: &[Change],
        whole: &Compared,
        drafting: &'static dyn Drafting,
        notes: &mut Vec<Note>,
    ) -> Self {
        let mut renames = Self::default();
        for change in changes.iter().filter(|change| is_rename(change)) {
            match steps(change, changes, whole, drafting) {
                Ok(found) => {
                    renames.all.push((change.clone(), found.here, found.tried));
                    renames.views.extend(found.views);
                }
                Err(why) => notes.push(Note::NotOnline {
                    change: Some(change.to_string()),
                    reason: format!("{PLAIN}; {why}"),
                }),
            }
        }
        renames
    }

    /// Whether a rename is one of these.
    pub(super) fn has(&self, change: &Change) -> bool {
        self.all.iter().any(|(own, ..)| own == change)
    }

    /// Whether a rename that was asked for is one of these: `users.name`, `full_name`.
    pub(super) fn is_asked(&self, (asked, new): &(String, String)) -> bool {
        let same =
            |one: &str, other: &str| one.trim_matches(['"', '`']).eq_ignore_ascii_case(other);
        self.all.iter().any(|(change, ..)| {
            if let Change::RenameTable { from, to } = change {
                let last = |text: &str| text.rsplit('.').next().unwrap_or_default().to_owned();
                return same(&last(asked), &from.name) && same(&last(new), &to.name);
            }
            let Change::RenameColumn { table, from, to } = change else { return false };
            let Some((of, column)) = asked.rsplit_once('.') else { return false };
            let of = of.rsplit('.').next().unwrap_or(of);
            same(column, from) && same(new, to) && same(of, &table.name)
        })
    }

    /// The names that columns have now, by their tables.
    pub(super) fn columns(&self) -> Vec<(&Name, &str)> {
        self.all
            .iter()
            .filter_map(|rename| match &rename.0 {
                Change::RenameColumn { table, to, .. } => Some((table, to.as_str())),
                _ => None,
            })
            .collect()
    }

    /// The tables that get another name, each with it.
    pub(super) fn tables(&self) -> Vec<(String, String)> {
        self.all
            .iter()
            .filter_map(|rename| match &rename.0 {
                Change::RenameTable { from, to } => Some((from.to_string(), to.to_string())),
                _ => None,
            })
            .collect()
    }

    /// The views that were replaced with the end of a column.
    pub(super) fn replace_views(&self, state: &mut Schema) {
        for view in &self.views {
            for object in state.objects.iter_mut().filter(|object| object.is(view)) {
                object.clone_from(view);
            }
        }
    }

    /// What both versions see: the tables with the new names. That they have the old ones as well is nobody's concern until these go.
    pub(super) fn state(&self, before: &Schema, after: &Schema) -> Schema {
        let mut state = before.clone();
        for (of, _) in self.columns() {
            let after = after.find_table(of).cloned();
            let table = state.tables.iter_mut().find(|table| table.name == *of);
            if let (Some(table), Some(after)) = (table, after) {
                *table = after;
            }
        }
        state
    }

    /// Writes the files with which each begins.
    pub(super) fn begin(&self, files: &mut OnlineFiles) {
        let kinds = [StepsFile::Begin, StepsFile::Fill, StepsFile::Concurrent, StepsFile::Last];
        self.write(files, &kinds);
    }

    /// Writes the files with which each ends.
    pub(super) fn end(&self, files: &mut OnlineFiles) {
        self.write(files, &[StepsFile::End]);
    }

    fn write(&self, files: &mut OnlineFiles, kinds: &[StepsFile]) {
        for (change, here, tried) in &self.all {
            for kind in kinds {
                files.about(change.table()).steps(&[(change, here, tried)], *kind);
            }
        }
    }
}

/// The steps of a rename.
struct FoundSteps {
    here: OnlineSteps,
    /// The same in the proof.
    tried: OnlineSteps,
    /// The views that it replaces.
    views: Vec<SchemaObject>,
}

/// The steps of a rename; otherwise what else to do.
fn steps(
    change: &Change,
    changes: &[Change],
    whole: &Compared,
    drafting: &'static dyn Drafting,
) -> Result<FoundSteps, String> {
    let (table, from, to) = match change {
        Change::RenameColumn { table, from, to } => (table, from, to),
        Change::RenameTable { from, to } => {
            return table_steps((from, to), changes, whole, drafting);
        }
        _ => return Err(format!("{STOP}; or leave the old name")),
    };
    let way_on =
        |why: &str| format!("the column cannot be kept under both names, since {why}: {STOP}");
    let (before, after) = (whole.current.find_table(table), whole.renamed.find_table(table));
    let (Some(before), Some(after)) = (before, after) else {
        return Err(way_on("its table gets another name as well"));
    };
    let views = refuse(change, changes, before, whole).map_err(|why| way_on(&why))?;
    let rename =
        |in_scratch| RenamedColumn { before, after, from, to, state: &whole.current, in_scratch };
    let with_views = |mut steps: OnlineSteps| {
        if let Some(end) = &mut steps.end {
            // The view shows the new column before the old one goes, and the old one when it is back.
            let up = views.iter().filter_map(|(_, after)| after.replace.clone());
            end.up.splice(0..0, up);
            end.down.extend(views.iter().filter_map(|(before, _)| before.replace.clone()));
        }
        steps
    };
    let here = drafting.rename_online(&rename(false)).map_err(|why| way_on(&why))?;
    let tried = drafting.rename_online(&rename(true)).map_err(|why| way_on(&why))?;
    Ok(FoundSteps {
        here: with_views(here),
        tried: with_views(tried),
        views: views.iter().map(|(_, after)| (*after).clone()).collect(),
    })
}

/// The same for a table.
fn table_steps(
    (from, to): (&Name, &Name),
    changes: &[Change],
    whole: &Compared,
    drafting: &'static dyn Drafting,
) -> Result<FoundSteps, String> {
    let way_on = |why: &str| {
        format!(
            "the table cannot be used under both names, since {why}: {STOP}; or leave the old name"
        )
    };
    let before = whole.current.find_table(from).ok_or_else(|| way_on("it is not in the schema"))?;
    let is_column =
        |change: &Change| matches!(change, Change::RenameColumn { table, .. } if table == to);
    if changes.iter().any(is_column) {
        return Err(way_on(
            "a column of it gets another name as well (draft the two one after the other)",
        ));
    }
    if from.schema != to.schema {
        return Err(way_on("it moves to another schema"));
    }
    let rename = RenamedTable { before, to, state: &whole.current };
    let steps = drafting.rename_table_online(&rename).map_err(|why| way_on(&why))?;
    Ok(FoundSteps { here: steps.clone(), tried: steps, views: Vec::new() })
}

/// What the table's own part cannot tell: who else knows the column. Returned are views that can follow, before and after.
fn refuse<'w>(
    change: &Change,
    changes: &[Change],
    before: &Table,
    whole: &'w Compared,
) -> Result<Vec<(&'w SchemaObject, &'w SchemaObject)>, String> {
    let is_beside =
        |other: &Change| is_rename(other) && other != change && other.table() == Some(&before.name);
    if changes.iter().any(is_beside) {
        return Err("another column of its table gets another name as well (draft the two one after the other)".to_owned());
    }
    let keys = |schema: &Schema| {
        let others = schema.tables.iter().filter(|table| table.name != before.name);
        let keys = others.flat_map(|table| &table.foreign_keys);
        let keys = keys.filter(|key| key.references == before.name);
        keys.map(|key| key.referenced.clone()).collect::<Vec<_>>()
    };
    if keys(&whole.current) != keys(&whole.renamed) {
        return Err("a foreign key of another table refers to it".to_owned());
    }
    let Change::RenameColumn { table, from, .. } = change else { return Ok(Vec::new()) };
    let column = Address::Column(table.clone(), from.clone());
    let users = whole.current.dependencies.iter().filter(|dependency| dependency.on == column);
    let object = |address: &Address| {
        whole.current.objects.iter().find(|object| object.address() == *address)
    };
    let mut views: Vec<(&SchemaObject, &SchemaObject)> = Vec::new();
    for user in users.filter_map(|dependency| object(&dependency.of)) {
        let after = whole.desired.objects.iter().find(|after| after.is(user));
        let is_same = |after: &&SchemaObject| {
            user.replace.is_some() && after.replace.is_some() && user.shape == after.shape
        };
        match after.filter(is_same) {
            _ if views.iter().any(|(known, _)| known.is(user)) => {}
            Some(after) => views.push((user, after)),
            None if user.replace.is_some() && after.is_some() => {
                return Err(format!(
                    "the {} {} shows it under its old name (let it show {from} as before, such as `AS {from}`, and rename that later)",
                    user.kind, user.name
                ));
            }
            None => return Err(format!("the {} {} uses it", user.kind, user.name)),
        }
    }
    let objects = whole.current.objects.iter().zip(&whole.renamed.objects);
    let is_view = |object: &SchemaObject| views.iter().any(|(known, _)| known.is(object));
    let mut objects = objects.filter(|(object, _)| !is_view(object));
    if let Some((object, _)) = objects.find(|(object, after)| object != after) {
        return Err(format!("the {} {} uses it", object.kind, object.name));
    }
    let seen = whole.current.uncovered.iter().zip(&whole.renamed.uncovered);
    match seen.into_iter().find(|(thing, after)| thing.uses != after.uses) {
        Some((thing, _)) => Err(format!("the {} {} uses it", thing.kind, thing.name)),
        None => Ok(views),
    }
}
