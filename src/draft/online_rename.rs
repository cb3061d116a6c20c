//! Renames of columns that both versions of a program can follow: which they are, and the schema after them. It is pure.

use super::{
    compare::{Compared, is_rename},
    online_file::{OnlineFiles, StepsFile},
};
use crate::{
    change::Change,
    database::{
        Drafting,
        drafting::{OnlineSteps, RenamedColumn},
    },
    note::Note,
    schema::{Address, Name, Schema, Table},
};

/// Why a rename is left as it is.
const PLAIN: &str =
    "an older version of the program knows only the old name, and a newer one only the new name";

/// The renames of a draft that are made in steps, each with its steps, and with those of the proof.
#[derive(Default)]
pub(super) struct OnlineRenames {
    all: Vec<(Change, OnlineSteps, OnlineSteps)>,
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
                Ok((here, tried)) => renames.all.push((change.clone(), here, tried)),
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

/// The steps of a rename, and the same for the proof; otherwise what else to do.
fn steps(
    change: &Change,
    changes: &[Change],
    whole: &Compared,
    drafting: &'static dyn Drafting,
) -> Result<(OnlineSteps, OnlineSteps), String> {
    let Change::RenameColumn { table, from, to } = change else {
        return Err("stop the older one before this migration, and start the newer one after it; or leave the old name".to_owned());
    };
    let way_on = |why: &str| {
        format!(
            "the column cannot be kept under both names, since {why}: stop the older one before this migration, and start the newer one \
             after it"
        )
    };
    let (before, after) = (whole.current.find_table(table), whole.renamed.find_table(table));
    let (Some(before), Some(after)) = (before, after) else {
        return Err(way_on("its table gets another name as well"));
    };
    refuse(change, changes, before, whole).map_err(|why| way_on(&why))?;
    let rename =
        |in_scratch| RenamedColumn { before, after, from, to, state: &whole.current, in_scratch };
    let here = drafting.rename_online(&rename(false)).map_err(|why| way_on(&why))?;
    let tried = drafting.rename_online(&rename(true)).map_err(|why| way_on(&why))?;
    Ok((here, tried))
}

/// What the table's own part cannot tell: who else knows the column.
fn refuse(
    change: &Change,
    changes: &[Change],
    before: &Table,
    whole: &Compared,
) -> Result<(), String> {
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
    let Change::RenameColumn { table, from, .. } = change else { return Ok(()) };
    let column = Address::Column(table.clone(), from.clone());
    let mut users = whole.current.dependencies.iter().filter(|dependency| dependency.on == column);
    let object = |address: &Address| {
        whole.current.objects.iter().find(|object| object.address() == *address)
    };
    if let Some(object) = users.find_map(|dependency| object(&dependency.of)) {
        return Err(format!("the {} {} uses it", object.kind, object.name));
    }
    let objects = whole.current.objects.iter().zip(&whole.renamed.objects);
    if let Some((object, _)) = objects.into_iter().find(|(object, after)| object != after) {
        return Err(format!("the {} {} uses it", object.kind, object.name));
    }
    let seen = whole.current.uncovered.iter().zip(&whole.renamed.uncovered);
    match seen.into_iter().find(|(thing, after)| thing.uses != after.uses) {
        Some((thing, _)) => Err(format!("the {} {} uses it", thing.kind, thing.name)),
        None => Ok(()),
    }
}
