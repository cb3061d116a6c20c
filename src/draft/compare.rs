//! From two inspected schemas to a draft. It is pure.

use std::collections::BTreeSet;

use super::{
    Draft, DraftOptions, Filter, access, attachments,
    blockers::{self, Obstacle, obstacles},
    computed,
    diff::{InPlace, Rules, diff},
    expression::has_text,
    filter::{self, Filtering},
    given_renames, lineage,
    not_compared::{self, Found, NotCompared},
    object_names::ObjectNames,
    object_scope,
    objects::{self, ObjectContext},
    online,
    order::{OrderContext, order},
    rename::{self, Renames, SqlNames},
    reverse::back,
    sequence,
    spelling::Spelling,
    table_parts::{self, TablePart},
    unsaid,
    write::{self, ChangeNotes},
};
use crate::{
    change::Change,
    database::{
        ChangeSet, Dialect, Drafting,
        drafting::Effect,
        tools::{is_common_name, tool_of_table},
    },
    error::{Error, Result},
    note::Note,
    schema::{Column, DefaultValue, Name, Schema, SchemaObject, Table, Uncovered},
};

/// What is compared, and how.
pub(crate) struct Comparison<'a> {
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) drafting: &'static dyn Drafting,
    /// The current schema, as the database words it.
    pub(crate) current: Schema,
    /// What should be there, as the database words it.
    pub(crate) desired: Schema,
    /// What the models say themselves, for what they declare.
    pub(crate) models: &'a Schema,
    /// How what was compared is called.
    pub(crate) compared: Vec<String>,
    pub(crate) filter: Option<&'a Filter>,
    pub(crate) options: &'a DraftOptions,
    /// Tables that are nobody's business: the history's.
    pub(crate) own_tables: &'a [Name],
    /// The up sides of the migrations: what they make is theirs to drop.
    pub(crate) migrations: Vec<&'a str>,
    /// How both sides are called.
    pub(crate) sides: not_compared::SideNames,
}

pub(super) struct DialectRules<'a>(pub(super) &'a dyn Dialect, pub(super) &'static dyn Drafting);

impl Rules for DialectRules<'_> {
    fn alters(&self, from: &Column, to: &Column) -> bool {
        self.1.alters(from, to)
    }

    fn has_text(&self, expression: &str, text: &str) -> bool {
        has_text(expression, &self.0.literal(text), self.0.syntax())
    }
}

/// A draft, and the schemas that it leads from and to.
pub(super) struct Compared {
    pub(super) draft: Draft,
    /// The current schema.
    pub(super) current: Schema,
    /// The same with the names after all renames.
    pub(super) renamed: Schema,
    /// What should be there, with what is not said of it.
    pub(super) desired: Schema,
}

/// Makes a draft of the difference, in one file, with the schemas as they were compared.
pub(super) fn compare_whole(mut comparison: Comparison<'_>) -> Result<Compared> {
    let (dialect, drafting) = (comparison.dialect, comparison.drafting);
    let quote = |name: &str| dialect.quote(name);
    let folding = drafting.folding(&comparison.current);
    let spelling = Spelling { folding, syntax: dialect.syntax(), quote: &quote };
    spelling.resolve(&mut comparison.current);
    spelling.resolve(&mut comparison.desired);
    if !comparison.sides.is_all {
        // Models say nothing of them.
        let seen = object_scope::named(&comparison.current);
        comparison.current.uncovered.extend(seen);
    }
    let all = comparison.current.clone();
    let (mut others, filtering) = comparison.leave_out(spelling);
    let is_left_out = |table: &&Table| comparison.current.find_table(&table.name).is_none();
    let left_out: Vec<&Table> = all.tables.iter().filter(is_left_out).collect();
    let (current, desired) = (&mut comparison.current, &comparison.desired);
    filter::keep_used(current, desired, &left_out, dialect.syntax());
    let own = comparison.own_tables.iter().chain(left_out.iter().map(|table| &table.name));
    let own: Vec<&Name> = own.collect();
    object_scope::leave_out(&mut comparison.current, &own);
    object_scope::leave_out(&mut comparison.desired, &own);
    let (mut renamed, changes) = comparison.differences(filtering.as_ref(), (&all, &left_out))?;
    let renames: Vec<Change> = changes.iter().filter(|change| is_rename(change)).cloned().collect();
    let called = Schema { tables: renamed.tables.clone(), ..Schema::default() };
    let respell = |object: &SchemaObject| drafting.respelled(object, &renames, &called);
    let syntax = dialect.syntax();
    let follows = !renames.iter().any(|change| drafting.effect(change) == Effect::Breaks);
    let names =
        ObjectNames { renames: &renames, syntax, quote: &quote, follows, respell: &respell };
    names.follow(&mut renamed);
    let asked = sequence::keep_names(&renamed, &mut comparison.desired, &names);
    let says_access = comparison.desired.objects.iter().any(|object| object.is_access);
    if !comparison.sides.is_all {
        renamed.uncovered.retain(|thing| {
            !renamed.objects.iter().any(|o| o.kind == thing.kind && o.name == thing.name)
        });
        object_scope::keep(&mut renamed, &mut comparison.desired, &names);
    } else {
        let unsaid = object_scope::keep_access(&mut renamed, &mut comparison.desired, &names);
        object_scope::name(&unsaid, &mut comparison.current);
        let (desired, migrations) = (&mut comparison.desired, &comparison.migrations);
        let foreign = object_scope::keep_foreign(&mut renamed, desired, &names, migrations);
        object_scope::name(&foreign, &mut comparison.current);
    }
    let rules = DialectRules(dialect, drafting);
    let objects =
        ObjectContext { current: &renamed, desired: &comparison.desired, drafting, names };
    let dropped = objects::dropped(&changes, &objects);
    let context = OrderContext {
        current: &renamed,
        original: &comparison.current,
        desired: &comparison.desired,
        facts: drafting.facts_of(&renamed),
        syntax,
        dropped: &dropped,
    };
    let ways = (&rules as &dyn Rules, says_access);
    let (mut changes, mut down) = there_and_back(changes, &context, &objects, ways);
    fill(&mut changes, &comparison.options.fills, &spelling)?;
    let mut draft = Draft { compared: comparison.compared.clone(), ..Draft::default() };
    let (current, desired) = (&comparison.current, &comparison.desired);
    others.extend(asked.into_iter().map(|thing| (thing.clone(), thing.note(comparison.sides))));
    let apart = Apart { current, desired, changes: &changes, dialect, drafting };
    apart.write(&mut draft, others, &left_out, (comparison.own_tables, comparison.sides));
    if comparison.options.column_order {
        draft.notes.extend(column_order(&renamed, desired));
    }
    draft.rename_candidates = rename::candidates(&changes);
    draft.placeholders = placeholders(&changes);
    online::fill_back(&mut down, comparison.options, &comparison.current, drafting);
    comparison.write(&mut draft, &renamed, (&changes, down))?;
    draft.changes = changes;
    let Comparison { current, desired, .. } = comparison;
    Ok(Compared { draft, current, renamed, desired })
}

/// The changes in order, and what undoes them. Going back leads to what was, whatever a script says of access.
fn there_and_back(
    changes: Vec<Change>,
    context: &OrderContext<'_>,
    objects: &ObjectContext<'_>,
    (rules, says_access): (&dyn Rules, bool),
) -> (Vec<Change>, Vec<Change>) {
    let changes = objects::insert_objects(order(changes, context), objects);
    let way_back = ObjectContext { current: objects.desired, desired: objects.current, ..*objects };
    let down = objects::reverse_objects(back(&changes, context, (rules, objects)), &way_back);
    let down = access::settle(down, &way_back, true);
    (access::settle(changes, objects, says_access), down)
}

impl<'a> Comparison<'a> {
    /// Takes out of both sides what takes no part.
    fn leave_out<'s>(
        &mut self,
        spelling: Spelling<'s>,
    ) -> (Vec<(NotCompared, Note)>, Option<Filtering<'s>>)
    where
        'a: 's,
    {
        let facts = self.drafting.facts();
        let common = leave_out_tables(
            &mut self.current,
            &self.desired,
            facts.extension_tables,
            self.own_tables,
        );
        self.desired.tables.retain(|table| !self.own_tables.contains(&table.name));
        let (current, desired) = (&mut self.current, &mut self.desired);
        let mut others = common;
        others.extend(not_compared::tables_of_another_kind(current, desired, self.sides));
        let filtering = self.filter.map(|filter| Filtering {
            filter,
            models: desired.clone(),
            facts,
            spelling,
            syntax: self.dialect.syntax(),
        });
        if !self.sides.is_all {
            lineage::leave_out(current, desired);
        }
        if let Some(filtering) = &filtering {
            filtering.leave_out(current, desired);
        }
        lineage::leave_out_orphans(current);
        lineage::leave_out_orphans(desired);
        (others, filtering)
    }

    /// The current schema with the names after all renames, and its changes, in no order.
    fn differences(
        &mut self,
        filtering: Option<&Filtering<'_>>,
        (all, left_out): (&Schema, &[&Table]),
    ) -> Result<(Schema, Vec<Change>)> {
        let (dialect, drafting) = (self.dialect, self.drafting);
        let quote = |name: &str| dialect.quote(name);
        let literal = |text: &str| dialect.literal(text);
        let folding = drafting.folding(all);
        let spelling = Spelling { folding, syntax: dialect.syntax(), quote: &quote };
        let renames =
            renames(self.models, self.options, (&self.current, &self.desired), &spelling)?;
        let names = SqlNames {
            syntax: dialect.syntax(),
            quote: &quote,
            literal: &literal,
            enum_types: drafting.facts().enum_types,
        };
        let (mut renamed, mut changes) =
            rename::apply(&self.current, &self.desired, &renames, &names);
        let schemas = (&self.current, &renamed, &self.desired);
        given_renames::refuse_ignored(&renames, schemas, &spelling)?;
        let desired = &mut self.desired;
        if let Some(filtering) = filtering {
            filtering.keep(&renamed, desired);
            filtering.leave_out_lacking(&renamed, desired, all);
        }
        filter::keep_referenced(&renamed, desired, left_out);
        let staying: Vec<&Table> = desired.tables.iter().collect();
        filter::keep_used(&mut renamed, desired, &staying, dialect.syntax());
        sequence::see_alike(&mut renamed, desired, drafting);
        keep_same_defaults(&renamed, desired, drafting);
        if !self.sides.is_all {
            unsaid::keep(&renamed, desired);
        }
        let rules = DialectRules(dialect, drafting);
        changes.extend(diff(&renamed, desired, &rules));
        lineage::refuse(&changes, (&renamed, desired), (dialect, &rules))?;
        rename::column_values(&renames, &renamed, desired, &mut changes, &names);
        Ok((renamed, changes))
    }

    /// Writes the files of a draft, and what is to be said of its changes.
    fn write(
        &self,
        draft: &mut Draft,
        renamed: &Schema,
        (changes, down): (&[Change], Vec<Change>),
    ) -> Result<()> {
        let (dialect, drafting, desired) = (self.dialect, self.drafting, &self.desired);
        let quote = |name: &str| dialect.quote(name);
        let syntax = dialect.syntax();
        let in_the_way = blockers::BlockerContext { current: renamed, desired, drafting, syntax };
        let in_the_way_of = obstacles(changes, &in_the_way);
        let said = in_the_way_of.iter().map(|obstacle| Note::Blocked {
            change: changes[obstacle.at].to_string(),
            problem: obstacle.problem.clone(),
            is_fatal: obstacle.is_fatal,
        });
        draft.notes.extend(said);
        draft.uncovered.retain(|thing| !blockers::goes(thing, changes));
        let again = attachments::put_back((changes, &down), (renamed, desired), &quote);
        let notes = notes(changes, in_the_way_of, drafting, (renamed, desired));
        let is_online = self.options.in_online_file;
        SchemaPair { again, from: renamed, to: desired, notes, down, up: changes, is_online }
            .write(draft, drafting)
    }
}

pub(super) fn is_rename(change: &Change) -> bool {
    matches!(
        change,
        Change::RenameTable { .. } | Change::RenameColumn { .. } | Change::RenameEnum { .. }
    )
}

/// A default that is only written otherwise stays as it is.
fn keep_same_defaults(current: &Schema, desired: &mut Schema, drafting: &'static dyn Drafting) {
    for table in &mut desired.tables {
        let Some(old) = current.find_table(&table.name) else { continue };
        for column in &mut table.columns {
            let Some(old) = old.find_column(&column.name) else { continue };
            if let (Some(DefaultValue::Sql(one)), Some(DefaultValue::Sql(other))) =
                (&old.default, &column.default)
                && drafting.is_same_default(column, one, other)
            {
                column.default.clone_from(&old.default);
            }
        }
    }
}

/// What is to be renamed: what the models say, and what was said beside them.
fn renames(
    models: &Schema,
    options: &DraftOptions,
    (current, desired): (&Schema, &Schema),
    spelling: &Spelling<'_>,
) -> Result<Renames> {
    let mut renames = Renames::of_models(models);
    for (from, to) in &options.renames {
        renames.add(from, to, current, spelling)?;
    }
    spelling.respell_renames(&mut renames, current, desired);
    spelling.add_renames(&mut renames, current, desired);
    Ok(renames)
}

/// What leads from one schema to the other, and back.
struct SchemaPair<'a> {
    from: &'a Schema,
    to: &'a Schema,
    up: &'a [Change],
    /// What is to be said of the way there.
    notes: ChangeNotes,
    down: Vec<Change>,
    /// What goes with what it is made of, and is made again, on the way there and back.
    again: (Vec<String>, Vec<String>),
    is_online: bool,
}

impl SchemaPair<'_> {
    /// Puts the files, and what they lose, into a draft.
    fn write(self, draft: &mut Draft, drafting: &'static dyn Drafting) -> Result<()> {
        let Self { from, to, up: changes, is_online, .. } = self;
        draft.destructive = self.notes.lost.keys().map(|at| changes[*at].to_string()).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let up = ChangeSet { from, to, changes, with_rows: true, is_online, is_copy: false };
        let mut wanted = to.clone();
        wanted.uncovered.clone_from(&from.uncovered);
        let changes_back = &self.down;
        let down = ChangeSet {
            from: &wanted,
            to: from,
            changes: changes_back,
            with_rows: true,
            is_online,
            is_copy: false,
        };
        let (mut up_text, mut down_text) = (drafting.render(&up)?, drafting.render(&down)?);
        write::make_again(&mut up_text, &self.again.0);
        write::make_again(&mut down_text, &self.again.1);
        write::join_directives(&mut up_text, &mut down_text);
        draft.up = write::file(&up, &up_text, &self.notes);
        let down_marks = notes(&self.down, Vec::new(), drafting, (to, from));
        draft.down = write::file(&down, &down_text, &down_marks);
        Ok(())
    }
}

/// The difference of two schemas that were inspected on the same kind of database: what would have to be done to the first so
/// that it is the second. Nothing is written, and no rename is guessed.
pub fn difference(from: &Schema, to: &Schema) -> Vec<Change> {
    let mut changes = diff(from, to, &InPlace);
    changes.extend(objects::differing(from, to));
    changes
}

/// The statements that create a schema that was inspected.
pub(crate) fn copy_script(
    schema: &Schema,
    dialect: &dyn Dialect,
    drafting: &'static dyn Drafting,
) -> Result<String> {
    let (empty, changes) = (Schema::new(), super::scratch::creation(schema, dialect, drafting));
    let work = ChangeSet {
        from: &empty,
        to: schema,
        changes: &changes,
        with_rows: false,
        is_online: false,
        is_copy: true,
    };
    let statements = drafting.render(&work)?.statements;
    Ok(statements.into_iter().map(|statement| format!("{};\n", statement.sql)).collect())
}

/// Takes out the tables of other tools and of extensions, unless the models have them, and our own. Returned are those whose names do
/// not tell for sure that they are a tool's.
fn leave_out_tables(
    current: &mut Schema,
    desired: &Schema,
    extensions: &[&str],
    own: &[Name],
) -> Vec<(NotCompared, Note)> {
    let mut common = Vec::new();
    current.tables.retain(|table| {
        let name = table.name.name.as_str();
        if own.contains(&table.name) {
            return false;
        }
        if desired.find_table(&table.name).is_some() {
            return true;
        }
        let tool = tool_of_table(name);
        if let Some(tool) = tool.filter(|_| is_common_name(name)) {
            let name = table.name.to_string();
            let problem = format!(
                "the table {name} is left alone, since {tool} may keep a history in it; if it is yours, drop it by hand"
            );
            let note = Note::NotCompared { names: vec![name.clone()], problem };
            common.push((NotCompared { kind: "table".to_owned(), name, found: Found::There }, note));
        }
        tool.is_none() && !extensions.contains(&name)
    });
    common
}

/// Tables whose columns stand in another order.
fn column_order(from: &Schema, to: &Schema) -> Vec<Note> {
    let mut notes = Vec::new();
    for table in &to.tables {
        let Some(current) = from.find_table(&table.name) else { continue };
        let shared = |of: &Table, other: &Table| -> Vec<String> {
            let names = of.columns.iter().map(|column| column.name.clone());
            names.filter(|name| other.find_column(name).is_some()).collect()
        };
        let (is, should) = (shared(current, table), shared(table, current));
        if is != should {
            let table = table.name.to_string();
            notes.push(Note::ColumnOrder { table, current: is, desired: should });
        }
    }
    notes
}

/// Both sides, for what is not compared in them.
struct Apart<'a> {
    current: &'a Schema,
    desired: &'a Schema,
    changes: &'a [Change],
    dialect: &'a dyn Dialect,
    drafting: &'static dyn Drafting,
}

impl Apart<'_> {
    /// Names in a draft what is not compared and not the same. What is on a table that takes no part takes none either.
    fn write(
        &self,
        draft: &mut Draft,
        others: Vec<(NotCompared, Note)>,
        left_out: &[&Table],
        (own, sides): (&[Name], not_compared::SideNames),
    ) {
        let is_out = |thing: &NotCompared| {
            let mut out = own.iter().chain(left_out.iter().map(|table| &table.name));
            // What goes with its table is named there.
            let goes = self.changes.iter().any(|change| match change {
                Change::DropTable(table) => self.is_on(thing, table),
                _ => false,
            });
            out.any(|table| not_compared::is_of(&thing.name, &table.name))
                || thing.found == Found::There && (goes || !sides.is_all)
                || others.iter().any(|(other, _)| other.name == thing.name)
        };
        let (syntax, quote) = (self.dialect.syntax(), |name: &str| self.dialect.quote(name));
        let mut found =
            not_compared::differing(self.current, self.desired, self.changes, (syntax, &quote));
        found.retain(|thing| !is_out(thing));
        let missed = self.drafting.not_drafted(self.current, self.desired).into_iter();
        found.extend(missed.map(|(kind, name)| NotCompared {
            kind: kind.to_owned(),
            name,
            found: Found::Both,
        }));
        draft.compared.retain(|name| !others.iter().any(|(other, _)| other.name == *name));
        let is_own =
            |thing: &Uncovered| own.iter().any(|t| not_compared::is_of(&thing.name, &t.name));
        let seen = self.current.uncovered.iter().filter(|thing| !is_own(thing));
        draft.uncovered = seen.cloned().collect();
        let (kinds, notes): (Vec<_>, Vec<_>) = others.into_iter().unzip();
        draft.notes.extend(notes);
        draft.notes.extend(not_compared::notes(&found, sides));
        draft.not_compared = kinds.into_iter().chain(found).collect();
    }

    fn is_on(&self, thing: &NotCompared, table: &Table) -> bool {
        let is_known = |known: &&Uncovered| known.kind == thing.kind && known.name == thing.name;
        let known = self.current.uncovered.iter().find(is_known);
        known.is_some_and(|known| known.on.as_ref() == Some(&table.name))
            || thing.name.contains(" on ") && not_compared::is_of(&thing.name, &table.name.name)
            || thing.name.strip_prefix("on ").is_some()
                && not_compared::is_of(&thing.name, &table.name.name)
    }
}

/// Puts the given expressions where they belong.
fn fill(changes: &mut [Change], fills: &[(String, String)], spelling: &Spelling<'_>) -> Result<()> {
    for (target, expression) in fills {
        let is_filled = |change: &Change| match change {
            Change::AddColumn { table, column, .. } => spelling.is_at(table, &column.name, target),
            Change::AlterColumn { table, to, .. } => spelling.is_at(table, &to.name, target),
            _ => false,
        };
        // A column may be altered twice: the rows without a value are filled where none may be any more.
        let is_tighter = |change: &Change| match change {
            Change::AlterColumn { from, to, .. } => from.nullable && !to.nullable,
            _ => true,
        };
        let found = changes.iter().position(|change| is_filled(change) && is_tighter(change));
        let found = found.or_else(|| changes.iter().position(is_filled));
        let Some(Change::AddColumn { fill, .. } | Change::AlterColumn { fill, .. }) =
            found.and_then(|at| changes.get_mut(at))
        else {
            return Err(Error::Argument {
                argument: "fill",
                given: target.clone(),
                problem: format!(
                    "nothing to fill in {target}: no such column is added or altered; write TABLE.COLUMN as it is in the models; \
                     nothing was written"
                ),
            });
        };
        *fill = Some(expression.clone());
    }
    Ok(())
}

/// Columns that the rows which are there get a placeholder in.
fn placeholders(changes: &[Change]) -> Vec<String> {
    let column = |change: &Change| match change {
        Change::AddColumn { table, column, fill: None } if !column.fills_itself() => {
            Some(format!("{table}.{}", column.name))
        }
        _ => None,
    };
    changes.iter().filter_map(column).collect()
}

/// What is to be said of each change. `sides` are the current schema and the future one.
pub(super) fn notes(
    changes: &[Change],
    broken: Vec<Obstacle>,
    drafting: &'static dyn Drafting,
    sides: (&Schema, &Schema),
) -> ChangeNotes {
    let is_computed = |change: &Change| match change {
        Change::AlterColumn { from, to, .. } => from.generated.is_some() && to.generated.is_some(),
        _ => false,
    };
    let lost = changes.iter().enumerate().filter_map(|(at, change)| {
        let change = &computed::as_one(changes, change).unwrap_or_else(|| change.clone());
        let kept = || drafting.loses(change, sides).filter(|_| !is_computed(change));
        Some((at, change.loses().or_else(kept)?))
    });
    ChangeNotes { lost: lost.collect(), broken }
}

/// The names of tables, for where the models have none of their own.
pub(crate) fn table_names(schema: &Schema) -> Vec<String> {
    schema.tables.iter().map(|table| table.name.to_string()).collect()
}

/// Marks in `desired` what the models left to the naming convention: there the content counts, and not the name.
pub(crate) fn carry_looseness(models: &Schema, desired: &mut Schema) {
    for table in &mut desired.tables {
        let Some(model) = models.find_table(&table.name) else { continue };
        let loose = loose_names(model);
        let is_loose = |name: &Option<String>| name.as_ref().is_none_or(|n| loose.contains(n));
        if let Some(key) = &mut table.primary_key {
            key.loose = model.primary_key.as_ref().is_none_or(|key| key.loose);
        }
        table.uniques.iter_mut().for_each(|part| part.loose = is_loose(&part.name));
        table.foreign_keys.iter_mut().for_each(|part| part.loose = is_loose(&part.name));
        table.checks.iter_mut().for_each(|part| part.loose = part.loose || is_loose(&part.name));
        table.exclusions.iter_mut().for_each(|part| part.loose = is_loose(&part.name));
        table.indexes.iter_mut().for_each(|part| part.loose = is_loose(&part.name));
    }
}

fn loose_names(table: &Table) -> BTreeSet<String> {
    fn of<P: TablePart>(parts: &[P]) -> Vec<String> {
        let loose: Vec<P> = parts.iter().filter(|part| part.is_loose()).cloned().collect();
        table_parts::names(&loose).collect()
    }
    let mut names: BTreeSet<String> = of(&table.uniques).into_iter().collect();
    names.extend(of(&table.foreign_keys));
    names.extend(of(&table.checks));
    names.extend(of(&table.exclusions));
    names.extend(of(&table.indexes));
    names
}
