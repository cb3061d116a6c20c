//! Parts that block a change and stay anyway: they are dropped before it and added after it. It is pure.

use std::collections::BTreeSet;

use super::{
    diff::{add_column, drop_column},
    expression::mentions,
    order::{BEFORE_RENAMED_COLUMNS, OrderContext, RELEASED},
    table_parts::{TablePart, index_columns, index_expressions},
};
use crate::{
    change::Change,
    database::drafting::Dependent,
    schema::{Address, Column, Dependency, Name, Options, Table},
};

type Phased = (Option<u8>, Change);

/// The same changes, and those that they need around them. A phase stands with those that are not in their usual one.
pub(super) fn recreate_dependents(changes: Vec<Change>, context: &OrderContext<'_>) -> Vec<Phased> {
    let facts = context.facts;
    let mut dependents =
        Dependents { context, changes, early: Vec::new(), retyped: BTreeSet::new() };
    dependents.of_types();
    dependents.of_replaced_enums();
    for table in &context.current.tables {
        // One that goes takes everything with it.
        if context.desired.find_table(&table.name).is_some() {
            dependents.columns(table);
        }
    }
    if facts.adds_foreign_keys {
        dependents.keys();
        dependents.logs();
    }
    dependents.renames();
    dependents.of_objects();
    let Dependents { changes, early, .. } = dependents;
    changes.into_iter().map(|change| (None, change)).chain(early).collect()
}

pub(super) struct Dependents<'a> {
    pub(super) context: &'a OrderContext<'a>,
    pub(super) changes: Vec<Change>,
    pub(super) early: Vec<Phased>,
    /// Columns of a type that is recreated.
    pub(super) retyped: BTreeSet<(Name, String)>,
}

impl Dependents<'_> {
    fn recreates_by_type(&self, dependent: Dependent) -> bool {
        self.context.facts.lifted_by_type.contains(&dependent)
    }

    /// Drops it before and adds it after, unless it goes or comes anyway.
    fn recreate<P: TablePart>(&mut self, table: &Name, part: &P) {
        let drop = part.drop(table);
        if self.changes.contains(&drop) {
            return;
        }
        let back = self.take_rename(table, part);
        self.changes.push(drop);
        self.changes.push(back.add(table));
    }

    /// The part as it comes back: one that is renamed as well goes under its old name and comes under the new one.
    fn take_rename<P: TablePart>(&mut self, table: &Name, part: &P) -> P {
        let renamed = self.changes.iter().position(|change| match change {
            Change::RenameConstraint { from, to, .. } | Change::RenameIndex { from, to, .. } => {
                part.name() == Some(from) && *change == P::rename(table, from, to)
            }
            _ => false,
        });
        match renamed.map(|at| self.changes.remove(at)) {
            Some(Change::RenameConstraint { to, .. } | Change::RenameIndex { to, .. }) => {
                part.with_name(&to)
            }
            _ => part.clone(),
        }
    }

    /// Columns of a table whose type changes, and columns that are dropped and added.
    fn changed(&self, table: &Table) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut typed, mut dropped, mut added) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        // What is changed in a parent is changed here.
        let family = self.context.current.with_ancestors(table);
        let is_of = |of: &Name| family.contains(of);
        let holds = self.context.facts.foreign_keys_hold_identity;
        let is_retyped = |from: &Column, to: &Column| {
            from.ty != to.ty
                || from.collation != to.collation
                || holds && from.identity.is_some() != to.identity.is_some()
        };
        let mut rebuilt: Vec<&Name> = Vec::new();
        for change in &self.changes {
            match change {
                Change::AlterColumn { table: of, from, to, .. }
                    if is_of(of) && is_retyped(from, to) =>
                {
                    typed.insert(to.name.clone());
                }
                Change::DropColumn { table: of, column, .. } if is_of(of) => {
                    dropped.insert(column.name.clone());
                }
                Change::AddColumn { table: of, column, .. } if is_of(of) => {
                    added.insert(column.name.clone());
                }
                // Its columns get the new default collation, but for those that have one of their own.
                Change::AlterOptions { table: of, from, to }
                    if is_of(of) && from.get("collation") != to.get("collation") =>
                {
                    let inherits = table.columns.iter().filter(|column| column.collation.is_none());
                    typed.extend(inherits.map(|column| column.name.clone()));
                }
                Change::AlterEnum { from, rebuild: true, .. } => rebuilt.push(&from.name),
                _ => {}
            }
        }
        for column in &table.columns {
            let has = |name: &&Name| mentions(column.ty.text(), &name.name, self.context.syntax);
            if rebuilt.iter().any(has) {
                typed.insert(column.name.clone());
            }
        }
        (typed, dropped.intersection(&added).cloned().collect())
    }

    fn columns(&mut self, table: &Table) {
        let (typed, mut replaced) = self.changed(table);
        if typed.is_empty() && replaced.is_empty() {
            return;
        }
        self.generated(table, &typed, &mut replaced);
        let name = &table.name;
        let mentioned = |expression: &str, dependent: Dependent| {
            let says = |column: &String| mentions(expression, column, self.context.syntax);
            replaced.iter().any(says) || self.recreates_by_type(dependent) && typed.iter().any(says)
        };
        let is_replaced = |columns: &[String]| columns.iter().any(|c| replaced.contains(c));
        let checks: Vec<_> = table
            .checks
            .iter()
            .filter(|check| mentioned(&check.expression, Dependent::Check))
            .cloned()
            .collect();
        let exclusions: Vec<_> = table
            .exclusions
            .iter()
            .filter(|exclusion| mentioned(&exclusion.definition, Dependent::Exclusion))
            .cloned()
            .collect();
        let uniques: Vec<_> = table
            .uniques
            .iter()
            .filter(|unique| is_replaced(&unique.columns) || is_replaced(&unique.include))
            .cloned()
            .collect();
        let in_index = |index: &crate::schema::Index| {
            index_columns(index).iter().any(|c| replaced.contains(*c))
                || is_replaced(&index.include)
                || index_expressions(index)
                    .iter()
                    .any(|expression| mentioned(expression, Dependent::ExpressionIndex))
        };
        let indexes: Vec<_> =
            table.indexes.iter().filter(|index| in_index(index)).cloned().collect();
        checks.iter().for_each(|part| self.recreate(name, part));
        exclusions.iter().for_each(|part| self.recreate(name, part));
        uniques.iter().for_each(|part| self.recreate(name, part));
        indexes.iter().for_each(|part| self.recreate(name, part));
        if let Some(key) = table.primary_key.clone().filter(|key| is_replaced(&key.columns)) {
            let drop = Change::DropPrimaryKey { table: name.clone(), key: key.clone() };
            if !self.changes.contains(&drop) {
                self.changes.push(drop);
                self.changes.push(Change::AddPrimaryKey { table: name.clone(), key });
            }
        }
        if self.context.facts.adds_foreign_keys {
            self.foreign_keys(table, &typed, &replaced);
        }
    }

    /// Computed columns that mention what changes are recomputed. Nothing is lost by that.
    fn generated(
        &mut self,
        table: &Table,
        typed: &BTreeSet<String>,
        replaced: &mut BTreeSet<String>,
    ) {
        loop {
            let says = |column: &Column, names: &BTreeSet<String>| {
                let expression = column.generated.as_ref().map(|g| g.expression.as_str());
                expression.is_some_and(|expression| {
                    names.iter().any(|name| mentions(expression, name, self.context.syntax))
                })
            };
            let by_type = self.recreates_by_type(Dependent::Generated);
            let found = table.columns.iter().find(|column| {
                !replaced.contains(&column.name)
                    && !table.has_from(self.context.current, &column.name)
                    && !self.stops_being_computed(table, column)
                    && (says(column, replaced) || by_type && says(column, typed))
            });
            let Some(column) = found else { return };
            let name = &table.name;
            replaced.insert(column.name.clone());
            // It goes anyway, or is altered in place: then the two halves take the place of that.
            let is_own = |change: &&Change| match change {
                Change::DropColumn { table: of, column: c, .. } => {
                    of == name && c.name == column.name
                }
                _ => false,
            };
            if self.changes.iter().any(|change| is_own(&change)) {
                continue;
            }
            let wanted = self
                .context
                .desired
                .find_table(name)
                .and_then(|table| table.find_column(&column.name))
                .unwrap_or(column);
            self.changes.retain(|change| {
                !matches!(change, Change::AlterColumn { table: of, to, .. }
                    if of == name && to.name == column.name)
            });
            self.changes.push(drop_column(name, column));
            self.changes.push(add_column(name, wanted));
        }
    }

    /// Whether a computed column is altered in place to one that is none: that is done before anything else changes.
    fn stops_being_computed(&self, table: &Table, column: &Column) -> bool {
        self.changes.iter().any(|change| {
            matches!(change, Change::AlterColumn { table: of, from, to, .. }
                if *of == table.name
                    && to.name == column.name
                    && from.generated.is_some()
                    && to.generated.is_none())
        })
    }

    /// Foreign keys from and to columns that change.
    fn foreign_keys(
        &mut self,
        table: &Table,
        typed: &BTreeSet<String>,
        replaced: &BTreeSet<String>,
    ) {
        let by_type = self.recreates_by_type(Dependent::ForeignKey);
        let is_hit = |columns: &[String]| {
            let hit = |c: &String| replaced.contains(c) || by_type && typed.contains(c);
            columns.iter().any(hit)
        };
        let mut hit = Vec::new();
        for other in &self.context.current.tables {
            for key in &other.foreign_keys {
                let from = other.name == table.name && is_hit(&key.columns);
                let to = key.references == table.name && is_hit(&key.referenced);
                if from || to {
                    hit.push((other.name.clone(), key.clone()));
                }
            }
        }
        self.recreate_keys(hit);
    }

    fn recreate_keys(&mut self, keys: Vec<(Name, crate::schema::ForeignKey)>) {
        for (table, key) in keys {
            // With its table it goes anyway.
            if self.context.desired.find_table(&table).is_some() {
                self.recreate(&table, &key);
            }
        }
    }

    /// Foreign keys that need a key or an index which is dropped.
    fn keys(&mut self) {
        let mut gone: Vec<(Name, Vec<String>)> = Vec::new();
        for change in &self.changes {
            match change {
                Change::DropPrimaryKey { table, key } => {
                    gone.push((table.clone(), key.columns.clone()));
                }
                Change::DropUnique { table, unique } => {
                    gone.push((table.clone(), unique.columns.clone()));
                }
                Change::DropIndex { table, index }
                    if index.unique || self.context.facts.foreign_keys_need_indexes =>
                {
                    let columns = index_columns(index).into_iter().map(str::to_owned).collect();
                    gone.push((table.clone(), columns));
                }
                _ => {}
            }
        }
        // With the key of a parent go those of the tables below.
        let below = |(table, columns): &(Name, Vec<String>)| -> Vec<(Name, Vec<String>)> {
            let all = self.context.current.descendants(table).into_iter();
            all.map(|name| (name, columns.clone())).collect()
        };
        gone.extend(gone.iter().flat_map(below).collect::<Vec<_>>());
        let needs = self.context.facts.foreign_keys_need_indexes;
        let carries = |key: &[String], index: &[String]| {
            let is_all = || key.iter().all(|column| index.contains(column));
            if needs {
                index.len() >= key.len() && index[..key.len()].iter().all(|c| key.contains(c))
            } else {
                index.len() == key.len() && is_all()
            }
        };
        let mut hit = Vec::new();
        for other in &self.context.current.tables {
            for key in &other.foreign_keys {
                let is_needed = |(table, columns): &(Name, Vec<String>)| {
                    *table == key.references && carries(&key.referenced, columns)
                        || needs && *table == other.name && carries(&key.columns, columns)
                };
                if gone.iter().any(is_needed) {
                    hit.push((other.name.clone(), key.clone()));
                }
            }
        }
        self.recreate_keys(hit);
    }

    /// Foreign keys in a circle of tables that get a log, or lose it: none of them can be the first.
    fn logs(&mut self) {
        let is_logged = |options: &Options| !options.contains_key("unlogged");
        let changed = |change: &Change| match change {
            Change::AlterOptions { table, from, to } if is_logged(from) != is_logged(to) => {
                Some(table.clone())
            }
            _ => None,
        };
        let changed: BTreeSet<Name> = self.changes.iter().filter_map(changed).collect();
        let next = |name: &Name| -> Vec<Name> {
            let keys = self.context.current.find_table(name).map(|table| &table.foreign_keys);
            let to = keys.into_iter().flatten().map(|key| &key.references);
            to.filter(|to| *to != name && changed.contains(to)).cloned().collect()
        };
        let reaches = |from: &Name, to: &Name| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(name) = left.pop() {
                if name == *to {
                    return true;
                }
                if seen.insert(name.clone()) {
                    left.extend(next(&name));
                }
            }
            false
        };
        let mut hit = Vec::new();
        for table in self.context.current.tables.iter().filter(|t| changed.contains(&t.name)) {
            for key in &table.foreign_keys {
                let to = &key.references;
                if *to != table.name && changed.contains(to) && reaches(to, &table.name) {
                    hit.push((table.name.clone(), key.clone()));
                }
            }
        }
        self.recreate_keys(hit);
    }

    /// What mentions a column and does not follow its rename.
    fn renames(&mut self) {
        let lifted = self.context.facts.lifted_by_rename;
        if !lifted.contains(&Dependent::Check) {
            return;
        }
        let renamed: Vec<(Name, String, String)> = self
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::RenameColumn { table, from, to } => {
                    Some((table.clone(), from.clone(), to.clone()))
                }
                _ => None,
            })
            .collect();
        for (table, _, to) in &renamed {
            let Some(now) = self.context.current.find_table(table) else { continue };
            let was = self.original(table);
            let hit: Vec<_> = now
                .checks
                .iter()
                .enumerate()
                .filter(|(_, check)| mentions(&check.expression, to, self.context.syntax))
                .map(|(at, check)| (was.and_then(|was| was.checks.get(at)).cloned(), check.clone()))
                .collect();
            for (before, check) in hit {
                let drop = check.drop(table);
                let early = before.unwrap_or_else(|| check.clone()).drop(table);
                if self.early.iter().any(|(_, change)| *change == early) {
                    continue;
                }
                // It goes before the rename, in the words of that time.
                if !self.changes.contains(&drop) {
                    let back = self.take_rename(table, &check);
                    self.changes.push(back.add(table));
                }
                self.changes.retain(|change| *change != drop);
                self.early.push((Some(BEFORE_RENAMED_COLUMNS), early));
            }
        }
    }

    /// What uses an object that goes and comes back as another: a default, a check or an index that calls a function.
    fn of_objects(&mut self) {
        let context = self.context;
        for Dependency { of, on, .. } in &context.current.dependencies {
            let stays = of.table().filter(|table| context.desired.find_table(table).is_some());
            let table = stays.and_then(|table| context.current.find_table(table));
            let Some(table) = table.filter(|_| context.dropped.contains(on)) else { continue };
            match of {
                Address::Part(_, part) => self.recreate_part(table, part),
                Address::Default(_, column) => {
                    let column = table.find_column(column);
                    column.into_iter().for_each(|column| self.recreate_default(table, column));
                }
                _ => {}
            }
        }
    }

    fn recreate_part(&mut self, table: &Table, part: &str) {
        let name = &table.name;
        fn find<P: TablePart>(parts: &[P], name: &str) -> Option<P> {
            parts.iter().find(|part| part.name().is_some_and(|own| own == name)).cloned()
        }
        find(&table.checks, part).iter().for_each(|part| self.recreate(name, part));
        find(&table.exclusions, part).iter().for_each(|part| self.recreate(name, part));
        find(&table.uniques, part).iter().for_each(|part| self.recreate(name, part));
        find(&table.indexes, part).iter().for_each(|part| self.recreate(name, part));
        find(&table.foreign_keys, part).iter().for_each(|part| self.recreate(name, part));
    }

    /// Drops a default before, and sets it again after. Computed values are computed again.
    fn recreate_default(&mut self, table: &Table, column: &Column) {
        let name = &table.name;
        let is_own = |change: &Change| match change {
            Change::DropColumn { table: of, column: c, .. } => of == name && c.name == column.name,
            _ => false,
        };
        let is_altered = |change: &Change| match change {
            Change::AlterColumn { table: of, to, .. } => of == name && to.name == column.name,
            _ => false,
        };
        let is_retyped = self.retyped.contains(&(name.clone(), column.name.clone()));
        if is_retyped || self.changes.iter().any(is_own) || self.stops_being_computed(table, column)
        {
            return;
        }
        let wanted = self.context.desired.find_table(name);
        let wanted = wanted.and_then(|table| table.find_column(&column.name)).unwrap_or(column);
        if column.generated.is_some() {
            self.changes.retain(|change| !is_altered(change));
            self.changes.push(drop_column(name, column));
            self.changes.push(add_column(name, wanted));
            return;
        }
        let bare = Column { default: None, ..column.clone() };
        let alter = |from: &Column, to: &Column, fill, renamed_values| Change::AlterColumn {
            table: name.clone(),
            from: from.clone(),
            to: to.clone(),
            fill,
            renamed_values,
        };
        let altered = self.changes.iter().position(is_altered).map(|at| self.changes.remove(at));
        let (fill, renamed) = match altered {
            Some(Change::AlterColumn { fill, renamed_values, .. }) => (fill, renamed_values),
            _ => (None, Vec::new()),
        };
        self.early.push((Some(RELEASED), alter(column, &bare, None, Vec::new())));
        if bare != *wanted {
            self.changes.push(alter(&bare, wanted, fill, renamed));
        }
    }

    /// A table as it was before the renames, by its name after them.
    fn original(&self, name: &Name) -> Option<&Table> {
        let before = self.changes.iter().find_map(|change| match change {
            Change::RenameTable { from, to } if to == name => Some(from),
            _ => None,
        });
        self.context.original.find_table(before.unwrap_or(name))
    }
}
