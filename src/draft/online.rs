//! A draft in several files, of which each can run while programs use the tables: first what both versions of a program can work with,
//! then what only the new one can. It is pure.
//!
//! A phase leads from one schema to another, in rounds. A round takes of the changes that are left those that can be made now: some as
//! they are, some in steps that the database has for them ([`ChangeForm`]), some only in a way that locks others out, which then says so.
//! What is written as it is, is an ordinary draft between the schemas before and after it.

use std::collections::BTreeMap;

#[cfg(feature = "cli")]
use super::DraftSides;
use super::{
    Draft, DraftFile, DraftOptions, SideNames,
    compare::{Compared, Comparison, compare_whole, is_rename},
    expand::{expanded, is_only_recreated, waits_for_key},
    online_file::{FileKind, OnlineFiles, StepsFile},
    online_rename::OnlineRenames,
    table_parts::index_columns,
    write::line,
};
use crate::{
    change::{Change, apply},
    database::{
        Dialect, Drafting,
        drafting::{ChangeForm, OnlineContext, OnlineFill, OnlineSteps},
    },
    error::Result,
    migration::Phase,
    note::Note,
    schema::{Column, Name, Schema, SchemaObject},
};

/// How many rounds a phase may take. A change waits for a round at most for each that it needs; what is left then is made at once.
const ROUNDS: usize = 6;

/// Both sides of an ordinary draft, which are everything that there should be.
const SIDES: SideNames = SideNames { there: "the database", wanted: "the draft", is_all: true };

/// What the files are made from: the whole draft.
struct Online<'a> {
    dialect: &'a dyn Dialect,
    drafting: &'static dyn Drafting,
    /// What the models say, and what was said beside them: for renames.
    models: &'a Schema,
    options: &'a DraftOptions,
    migrations: &'a [&'a str],
}

/// Makes a draft of the difference.
pub(crate) fn compare(comparison: Comparison<'_>) -> Result<Draft> {
    let (dialect, drafting) = (comparison.dialect, comparison.drafting);
    let (models, options) = (comparison.models, comparison.options);
    let migrations = comparison.migrations.clone();
    let mut whole = compare_whole(comparison)?;
    let mut draft = std::mem::take(&mut whole.draft);
    if options.online {
        Online { dialect, drafting, models, options, migrations: &migrations }
            .write(&mut draft, &whole)?;
    } else {
        draft.files = as_one(&draft);
    }
    #[cfg(feature = "cli")]
    {
        let sides = DraftSides { before: whole.current, after: whole.desired };
        draft.compared_sides = Some(Box::new(sides));
    }
    Ok(draft)
}

/// What is made in one round.
#[derive(Default)]
struct Round {
    plain: Vec<Change>,
    /// The changes, and how each is made.
    steps: Vec<(Change, OnlineSteps)>,
    /// The same with why it cannot be made without locking others out.
    blocking: Vec<(Change, String)>,
}

impl Round {
    fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.steps.is_empty() && self.blocking.is_empty()
    }
}

/// What rows get in a column that is filled: by its table and name.
type Fills = BTreeMap<(Name, String), OnlineFill>;

impl Online<'_> {
    /// Writes the files of a draft, and what is to be said of them.
    fn write(&self, draft: &mut Draft, whole: &Compared) -> Result<()> {
        let mut files = OnlineFiles::new();
        let fills = fills(&draft.changes, &draft.placeholders);
        let mut notes = Vec::new();
        let renames = OnlineRenames::of(&draft.changes, whole, self.drafting, &mut notes);
        let mut changes = draft.changes.clone();
        changes.retain(|change| !renames.has(change));
        let current = renames.state(&whole.current, &whole.renamed);
        let sides = (&current, &whole.desired);
        let mut middle =
            expanded(sides, &changes, &renames.columns(), (self.dialect, self.drafting));
        middle.name_parts(&whole.desired);
        for change in changes.iter().filter(|own| waits_for_key(own, &changes, self.drafting)) {
            let reason = "the database numbers rows only by a key, and the old primary key stays while older versions of the program run: \
                          newer ones can rely on the numbers only after phase contract";
            notes.push(not_online(change, reason));
        }
        renames.begin(&mut files);
        self.rounds(current, &middle, &fills, &mut files, &mut notes)?;
        files.contract();
        renames.end(&mut files);
        renames.replace_views(&mut middle);
        let middle = self.renamed(middle, &whole.desired, &renames)?;
        let start = self.rename(&middle, &whole.desired, &renames, &mut files)?;
        self.rounds(start, &whole.desired, &fills, &mut files, &mut notes)?;
        draft.notes.extend(
            self.drafting
                .online_note()
                .map(|reason| Note::NotOnline { change: None, reason: reason.to_owned() }),
        );
        draft.notes.append(&mut notes);
        draft.scratch = Some(files.scratch());
        draft.files = files.finish();
        Ok(())
    }

    /// The schema with the new names of tables that had a view.
    fn renamed(&self, from: Schema, to: &Schema, online: &OnlineRenames) -> Result<Schema> {
        let renames: Vec<(String, String)> = online.tables();
        if renames.is_empty() {
            return Ok(from);
        }
        let options = DraftOptions { renames, ..DraftOptions::new() };
        Ok(followed(self.compare(&from, to, &Schema::new(), &options)?, to))
    }

    /// Renames, which an older version of the program cannot follow, are a file of their own.
    fn rename(
        &self,
        from: &Schema,
        to: &Schema,
        online: &OnlineRenames,
        files: &mut OnlineFiles,
    ) -> Result<Schema> {
        let mut renames = self.options.renames.clone();
        renames.retain(|asked| !online.is_asked(asked));
        let options = DraftOptions { renames, ..DraftOptions::new() };
        let whole = self.compare(from, to, self.models, &options)?;
        if !whole.draft.changes.iter().any(is_rename) {
            return Ok(from.clone());
        }
        let target = written(whole.renamed, to, &|_| true);
        let renames = self.compare(from, &target, self.models, &options)?;
        let why = "an older version of the program knows only the old names, and a newer one only the new names";
        files.plain(&renames.draft, FileKind::Renames, Some(why));
        Ok(target)
    }

    fn compare(
        &self,
        from: &Schema,
        to: &Schema,
        models: &Schema,
        options: &DraftOptions,
    ) -> Result<Compared> {
        compare_whole(Comparison {
            dialect: self.dialect,
            drafting: self.drafting,
            current: from.clone(),
            desired: to.clone(),
            models,
            compared: Vec::new(),
            filter: None,
            options,
            own_tables: &[],
            migrations: self.migrations.to_vec(),
            sides: SIDES,
        })
    }

    /// An ordinary draft between two schemas.
    fn plain(&self, from: &Schema, to: &Schema, fills: &Fills) -> Result<Draft> {
        let mut options = DraftOptions { in_online_file: true, ..DraftOptions::new() };
        for ((table, name), fill) in fills {
            let find = |schema: &Schema| schema.find_table(table)?.find_column(name).cloned();
            let Some(new) = find(to) else { continue };
            let is_tighter = find(from).is_some_and(|old| old.nullable && !new.nullable);
            let fill = match fill {
                OnlineFill::Given(fill) if is_tighter || find(from).is_none() => Some(fill.clone()),
                OnlineFill::Placeholder if is_tighter => any_value(table, &new, to, self.drafting),
                _ => None,
            };
            if let Some(fill) = fill {
                options = options.fill(format!("{table}.{name}"), fill);
            }
        }
        Ok(self.compare(from, to, &Schema::new(), &options)?.draft)
    }

    fn rounds(
        &self,
        from: Schema,
        goal: &Schema,
        fills: &Fills,
        files: &mut OnlineFiles,
        notes: &mut Vec<Note>,
    ) -> Result<()> {
        let mut state = from;
        for _ in 0..ROUNDS {
            let left = self.plain(&state, goal, fills)?.changes;
            if left.is_empty() {
                return Ok(());
            }
            let round = self.sort((&state, goal), &left, fills, false);
            if round.is_empty() {
                break;
            }
            let in_scratch = self.sort((&state, goal), &left, fills, true);
            state = self.make((&state, goal), (&round, &in_scratch), fills, files, notes)?;
        }
        let rest = self.plain(&state, goal, fills)?;
        for change in &rest.changes {
            let reason = "its parts need each other in a way that ambix cannot take apart, so that it locks tables for as long as it takes";
            notes.push(not_online(change, reason));
        }
        files.plain(
            &rest,
            FileKind::Blocking,
            Some("not online: see what each statement locks, and for how long"),
        );
        Ok(())
    }

    /// What of the changes can be made now, and how.
    fn sort(
        &self,
        (state, goal): (&Schema, &Schema),
        changes: &[Change],
        fills: &Fills,
        in_scratch: bool,
    ) -> Round {
        let mut round = Round::default();
        let mut objects = Vec::new();
        for change in changes.iter().filter(|change| !is_only_recreated(change, changes)) {
            let fill = filled(change).and_then(|at| fills.get(&at));
            let context = OnlineContext { state, goal, changes, fill, in_scratch };
            match self.drafting.online(change, &context) {
                ChangeForm::Plain
                    if matches!(change, Change::CreateObject(_) | Change::AlterObject { .. }) =>
                {
                    objects.push(change.clone());
                }
                ChangeForm::Plain => round.plain.push(change.clone()),
                ChangeForm::Blocking(why) => round.blocking.push((change.clone(), why)),
                ChangeForm::Steps(steps) => round.steps.push((change.clone(), *steps)),
                ChangeForm::Along | ChangeForm::Later => {}
            }
        }
        if round.steps.iter().any(|(_, steps)| steps.fill.is_some()) {
            // A value may be taken from what goes.
            let goes = |change: &Change| {
                matches!(
                    change,
                    Change::DropColumn { .. } | Change::DropTable(_) | Change::DropObject { .. }
                )
            };
            round.plain.retain(|change| !goes(change));
        }
        if round.blocking.is_empty() {
            round.plain.extend(objects);
        } else {
            // What may be about a column that becomes another comes when it is that; but an index goes before another thing takes its name.
            let is_taken = |change: &Change| {
                let own = change.dropped_index();
                own.is_some() && round.blocking.iter().any(|(next, _)| next.added_index() == own)
            };
            round.steps.retain(|(change, _)| is_taken(change));
            if round.plain.is_empty() {
                return round;
            }
            let tables: Vec<&Name> = round.blocking.iter().filter_map(|(c, _)| c.table()).collect();
            let is_beside = |change: &Change| {
                !change.table().is_some_and(|table| tables.contains(&table))
                    || matches!(change, Change::AddColumn { .. })
            };
            round.plain.retain(is_beside);
        }
        round
    }

    /// Writes the files of a round, and returns the schema after it.
    fn make(
        &self,
        (from, goal): (&Schema, &Schema),
        (round, in_scratch): (&Round, &Round),
        fills: &Fills,
        files: &mut OnlineFiles,
        notes: &mut Vec<Note>,
    ) -> Result<Schema> {
        let mut state = from.clone();
        let steps = round.steps.iter().zip(&in_scratch.steps);
        let steps = steps.map(|((change, steps), (_, scratch))| (change, steps, scratch));
        // An index that goes is gone before its columns are.
        let (goes, stays): (Vec<_>, Vec<_>) =
            steps.partition(|(change, ..)| matches!(change, Change::DropIndex { .. }));
        for (table, goes) in by_table(&goes, |(change, ..)| change.table()) {
            files.about(table).steps(&goes, StepsFile::Concurrent);
            goes.iter().for_each(|(change, ..)| apply_with_parts(&mut state, change));
        }
        // Their steps fill these.
        let mut others = fills.clone();
        others.retain(|at, _| {
            !round.steps.iter().any(|(change, _)| filled(change).as_ref() == Some(at))
        });
        let first = round.steps.iter().flat_map(|(_, steps)| &steps.first);
        let at_once: Vec<Change> = round.plain.iter().chain(first).cloned().collect();
        for part in parts(&at_once, from) {
            let mut next = state.clone();
            part.iter().for_each(|change| apply_with_parts(&mut next, change));
            next.name_parts(goal);
            let mut draft = self.plain(&state, &next, &others)?;
            draft.up = allowed(&draft, files.phase);
            files.plain(&draft, FileKind::Plain, None);
            state = next;
        }
        for (table, blocking) in by_table(&round.blocking, |(change, _)| change.table()) {
            let mut next = state.clone();
            for (change, why) in &blocking {
                apply_with_parts(&mut next, change);
                notes.push(not_online(change, why));
            }
            next.name_parts(goal);
            let why = blocking.first().map(|(_, why)| why.as_str());
            let kind = FileKind::Blocking;
            files.about(table).plain(&self.plain(&state, &next, fills)?, kind, why);
            state = next;
        }
        for kind in [StepsFile::Concurrent, StepsFile::Fill, StepsFile::Last] {
            for (table, steps) in by_table(&stays, |(change, ..)| change.table()) {
                files.about(table).steps(&steps, kind);
            }
        }
        for (change, steps, _) in &stays {
            steps
                .first
                .iter()
                .rev()
                .for_each(|first| apply_with_parts(&mut state, &first.reverse()));
            apply_with_parts(&mut state, change);
        }
        for change in stays.iter().filter_map(|(change, ..)| replaced(change, from)) {
            apply_with_parts(&mut state, &change);
        }
        state.name_parts(goal);
        Ok(state)
    }
}

/// Makes a change, and what it does to the indexes of partitions. (An ordinary draft compares these by itself.)
pub(super) fn apply_with_parts(schema: &mut Schema, change: &Change) {
    apply(schema, change);
    match change {
        Change::AddIndex { table, index } if !index.options.contains_key("only") => {
            schema.add_index_parts(table, index);
        }
        Change::DropIndex { table, index } => schema.drop_index_parts(table, index),
        _ => {}
    }
}

/// The schema after renames, with what has followed them by itself as it is written then.
fn followed(whole: Compared, to: &Schema) -> Schema {
    let schema = whole.renamed;
    let changes = &whole.draft.changes;
    let is_changed = |object: &SchemaObject| {
        changes.iter().any(|change| match change {
            Change::CreateObject(other)
            | Change::DropObject { object: other, .. }
            | Change::AlterObject { to: other, .. } => other.is(object),
            _ => false,
        })
    };
    written(schema, to, &|object| !is_changed(object))
}

/// A schema with objects as they are written in another one.
fn written(mut schema: Schema, to: &Schema, which: &dyn Fn(&SchemaObject) -> bool) -> Schema {
    for object in schema.objects.iter_mut().filter(|object| which(object)) {
        if let Some(written) = to.objects.iter().find(|other| other.is(object)) {
            object.clone_from(written);
        }
    }
    schema
}

/// The index that one of the same name has taken the place of.
fn replaced(change: &Change, from: &Schema) -> Option<Change> {
    let Change::AddIndex { table, index } = change else { return None };
    let old = from.find_table(table)?.indexes.iter().find(|old| old.name == index.name)?;
    Some(Change::DropIndex { table: table.clone(), index: old.clone() })
}

/// Some value for rows; none where two of them may not have the same, or it must be a key of another table.
fn any_value(
    of: &Name,
    column: &Column,
    schema: &Schema,
    drafting: &'static dyn Drafting,
) -> Option<String> {
    let table = schema.find_table(of)?;
    let has = |columns: &[String]| columns.contains(&column.name);
    let is_key = table.primary_key.iter().any(|key| has(&key.columns))
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.foreign_keys.iter().any(|key| has(&key.columns))
        || table
            .indexes
            .iter()
            .any(|index| index.unique && index_columns(index).contains(&column.name.as_str()));
    if is_key { None } else { drafting.placeholder(column, schema) }
}

/// Gives rows some value on the way back of a file of an online draft, where a column was NOT NULL: a new version of the program has not
/// written it.
pub(super) fn fill_back(
    down: &mut [Change],
    options: &DraftOptions,
    before: &Schema,
    drafting: &'static dyn Drafting,
) {
    for change in down.iter_mut().filter(|_| options.in_online_file) {
        let Change::AlterColumn { table, from, to, fill, .. } = change else { continue };
        if from.nullable && !to.nullable && fill.is_none() {
            *fill = any_value(table, to, before, drafting);
        }
    }
}

/// Says to the linter why a column may become nullable though an older version may not expect that.
fn allowed(draft: &Draft, phase: Phase) -> String {
    let mut up = draft.up.clone();
    // The rule looks for these words; a statement that repeats the whole column, or recreates the table, has none of them.
    let is_found = phase == Phase::Expand && up.contains("DROP NOT NULL");
    for change in draft.changes.iter().filter(|_| is_found) {
        let Change::AlterColumn { from, to, .. } = change else { continue };
        if to.nullable && !from.nullable {
            let headline = format!("-- {}\n", line(&change.to_string()));
            let allow = "-- ambix: allow COMPAT-009 because the new version of the program needs not write the column; \
                         see that the old one reads NULL, or give the column a default\n";
            up = up.replacen(&headline, &format!("{headline}{allow}"), 1);
        }
    }
    up
}

fn not_online(change: &Change, reason: &str) -> Note {
    Note::NotOnline { change: Some(change.to_string()), reason: reason.to_owned() }
}

/// The column that rows get a value in.
fn filled(change: &Change) -> Option<(Name, String)> {
    match change {
        Change::AddColumn { table, column, .. } => Some((table.clone(), column.name.clone())),
        Change::AlterColumn { table, from, to, .. } if from.nullable && !to.nullable => {
            Some((table.clone(), to.name.clone()))
        }
        _ => None,
    }
}

/// What was given for columns, and those that get a placeholder.
fn fills(changes: &[Change], placeholders: &[String]) -> Fills {
    let mut fills = Fills::new();
    for change in changes {
        let (Change::AddColumn { fill, .. } | Change::AlterColumn { fill, .. }) = change else {
            continue;
        };
        let Some((table, column)) = filled(change) else { continue };
        let given = fill.clone().map(OnlineFill::Given);
        let is_placeholder = placeholders.contains(&format!("{table}.{column}"));
        let fill = given.or_else(|| is_placeholder.then_some(OnlineFill::Placeholder));
        fills.extend(fill.map(|fill| ((table, column), fill)));
    }
    fills
}

/// Changes that go together. Several tables in use are not locked at once, unless something else than a table takes part, which may need
/// any of them.
fn parts(changes: &[Change], from: &Schema) -> Vec<Vec<Change>> {
    let is_table = |change: &Change| match change {
        Change::CreateObject(_)
        | Change::DropObject { .. }
        | Change::AlterObject { .. }
        | Change::DropTable(_)
        | Change::DropEnum(_)
        | Change::DropSequence(_)
        | Change::DropSchema(_) => false,
        change => change.table().is_some(),
    };
    let is_new = |change: &Change| {
        matches!(
            change,
            Change::CreateSchema(_)
                | Change::CreateEnum(_)
                | Change::CreateSequence(_)
                | Change::AlterEnum { .. }
                | Change::AlterSequence { .. }
        )
    };
    if !changes.iter().all(|change| is_table(change) || is_new(change)) {
        return vec![changes.to_vec()];
    }
    let mut parts: Vec<(Option<Name>, Vec<Change>)> = Vec::new();
    for change in changes {
        let table = change.table().filter(|table| from.find_table(table).is_some()).cloned();
        match parts.iter_mut().find(|(of, _)| *of == table) {
            Some((_, part)) => part.push(change.clone()),
            None if table.is_none() => parts.insert(0, (None, vec![change.clone()])),
            None => parts.push((table, vec![change.clone()])),
        }
    }
    // New tables and the only one that is in use are one change.
    if parts.iter().filter(|(table, _)| table.is_some()).count() < 2 {
        return match changes.is_empty() {
            true => Vec::new(),
            false => vec![changes.to_vec()],
        };
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// The same by the tables that they are about, in the order in which these come first.
fn by_table<'t, T: Clone>(
    all: &'t [T],
    table: impl Fn(&'t T) -> Option<&'t Name>,
) -> Vec<(Option<&'t Name>, Vec<T>)> {
    let mut groups: Vec<(Option<&'t Name>, Vec<T>)> = Vec::new();
    for one in all {
        let of = table(one);
        match groups.iter_mut().find(|(other, _)| *other == of) {
            Some((_, group)) => group.push(one.clone()),
            None => groups.push((of, vec![one.clone()])),
        }
    }
    groups
}

/// The files that a draft would be by itself.
fn as_one(draft: &Draft) -> Vec<DraftFile> {
    match draft.changes.is_empty() {
        true => Vec::new(),
        false => vec![DraftFile {
            title: String::new(),
            phase: None,
            up: draft.up.clone(),
            down: draft.down.clone(),
        }],
    }
}
