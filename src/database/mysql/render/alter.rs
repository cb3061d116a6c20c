//! Changes of existing tables.

use super::{
    Renderer,
    column::{column_type, nullable, with_type},
    fill::{self, Filling},
    group::{ChangeGroup, Trace, alter_table},
    index_columns, key, name,
    partition::{self, DivisionStep},
};
use crate::{
    change::{Change, ConstraintKind},
    database::{RenderedStatement, mysql::types},
    error::Result,
    schema::{Check, Column, ForeignKey, Index, Name, Options, PrimaryKey, Table, Unique},
};

impl Renderer<'_> {
    /// A new table. A foreign key to what another change makes waits for that.
    pub(super) fn create_table(&mut self, at: usize, table: &Table) -> Result<()> {
        self.close_kind(ChangeGroup::Rename);
        // Also what was changed before may not be written yet.
        let (mut table, changes) = (table.clone(), self.work.changes);
        let waits = |key: &ForeignKey| {
            key.references != table.name && changes.iter().any(|change| makes(change, key))
        };
        let (late, now): (Vec<_>, Vec<_>) = table.foreign_keys.iter().cloned().partition(waits);
        table.foreign_keys = now;
        table.checks.iter().for_each(|check| self.part_check(&check.name));
        self.late.extend(late.into_iter().map(|key| (at, table.name.clone(), key)));
        let sql = self.create(&table)?;
        self.write(at, Vec::new(), sql);
        Ok(())
    }

    /// The foreign keys that have waited.
    pub(super) fn late_keys(&mut self) -> Result<()> {
        for (at, table, key) in std::mem::take(&mut self.late) {
            self.add_foreign_key(at, &table, &key)?;
        }
        Ok(())
    }

    pub(super) fn add_foreign_key(
        &mut self,
        at: usize,
        table: &Name,
        key: &ForeignKey,
    ) -> Result<()> {
        let clause = format!("ADD {}", key::foreign_key(&self.table(table), key)?);
        let has_rows = self.work.with_rows;
        let kept = self.displaced(table, &key.columns);
        let group = self.group(table, ChangeGroup::AddKeys).change(at).clause(Trace::Clear, clause);
        group.recreate(kept);
        if has_rows {
            group.note("fails where a row refers to one that is not there");
        }
        Ok(())
    }

    pub(super) fn drop_foreign_key(&mut self, at: usize, table: &Name, key: &ForeignKey) {
        let own = key.name.as_deref().unwrap_or_default();
        let kept = self.left_by(table, key);
        let clause = format!("DROP FOREIGN KEY {}", name::name(own));
        let group = self.group(table, ChangeGroup::DropKeys).change(at);
        group.clause(Trace::Clear, clause).recreate(kept);
    }

    /// Indexes that the server may have made for the key, and that stay: they have its name or, if a script gave it none, the first
    /// column's. It would still drop them for the next key on these columns, which would get one of its own name; one that a statement
    /// has asked for is kept.
    fn left_by(&self, table: &Name, key: &ForeignKey) -> Vec<(String, String)> {
        let (Some(now), Some(to)) = (self.state.find_table(table), self.work.to.find_table(table))
        else {
            return Vec::new();
        };
        // If the key comes back under its name, so does its index, unless something else on these columns comes before.
        let serves = |columns: &[String]| columns.starts_with(&key.columns);
        let is_new = |index: &&Index| !now.indexes.contains(index);
        let is_other =
            |other: &&ForeignKey| other.name != key.name && !now.foreign_keys.contains(other);
        let is_replaced = to.indexes.iter().filter(is_new).any(|i| serves(&index_columns(i)))
            || to.uniques.iter().any(|u| !now.uniques.contains(u) && serves(&u.columns))
            || now.primary_key != to.primary_key
                && to.primary_key.iter().any(|primary| serves(&primary.columns))
            || to.foreign_keys.iter().filter(is_other).any(|other| serves(&other.columns));
        let comes_back = |own: &ForeignKey| own.name == key.name && own.columns == key.columns;
        let may_go = is_replaced || !to.foreign_keys.iter().any(comes_back);
        let is_made = |index: &&Index| {
            let name = index.name.as_deref().unwrap_or_default();
            let first = key.columns.first().map_or("", String::as_str);
            !index.unique
                && index_columns(index) == key.columns
                && (may_go && key.name.as_deref() == Some(name) || name.starts_with(first))
        };
        let stays = now.indexes.iter().filter(|index| to.indexes.contains(index)).filter(is_made);
        stays.filter_map(|i| Some((i.name.clone()?, self.index(now, i).ok()?))).collect()
    }

    pub(super) fn alter_options(
        &mut self,
        at: usize,
        table: &Name,
        from: &Options,
        to: &Options,
    ) -> Result<()> {
        let without = |options: &Options| {
            let mut rest = options.clone();
            rest.remove("collation");
            rest
        };
        if self.collation(from) != self.collation(to) {
            self.recollate(at, table, self.collation(to).to_owned())?;
        }
        let clauses = self.options(&without(from), &without(to));
        let rebuilds = from.get("engine") != to.get("engine");
        self.divide(at, table, (from, to));
        if clauses.is_empty() {
            return Ok(());
        }
        let group = self.group(table, ChangeGroup::Alter).change(at);
        for clause in clauses {
            group.clause(Trace::None, clause);
        }
        if rebuilds {
            group.note(REBUILDS);
        }
        Ok(())
    }

    /// Another division into partitions.
    fn divide(&mut self, at: usize, table: &Name, (from, to): (&Options, &Options)) {
        const FAILS: &str = "rewrites the table, and fails if a row is in none of the partitions";
        for step in partition::steps(from, to) {
            let (clause, note) = match step {
                DivisionStep::Last(clause) => {
                    let note = if clause.starts_with("REMOVE") { REBUILDS } else { FAILS };
                    self.group(table, ChangeGroup::Alter).change(at).divided(clause).note(note);
                    continue;
                }
                DivisionStep::Merge { clause, gone } => {
                    let gone = gone.join(", ");
                    let note = format!(
                        "the rows in {gone} stay, in the next partition; to drop them, write ALTER TABLE ... DROP PARTITION {gone} instead"
                    );
                    (clause, Some(note))
                }
                DivisionStep::Drop(names) => (format!("DROP PARTITION {}", names.join(", ")), None),
                DivisionStep::Alone(clause) => (clause, None),
            };
            self.close(|group| group.table == *table);
            let is_new = !self.out.iter().any(|statement| statement.changes.contains(&at));
            let changes = if is_new { vec![at] } else { Vec::new() };
            let sql = alter_table(table, &[clause]);
            self.out.push(RenderedStatement { changes, notes: note.into_iter().collect(), sql });
        }
    }

    /// Another default for columns without a collation of their own, and for existing ones. It comes before the rest: what
    /// says no collation later means this one.
    fn recollate(&mut self, at: usize, table: &Name, collation: String) -> Result<()> {
        let start = self.group(table, ChangeGroup::Alter).start.clone();
        let mut clauses = vec![format!("DEFAULT COLLATE = {collation}")];
        for column in self.recollated(&start, &collation) {
            let text = self.definition(&start, &column, &start.checks)?;
            clauses.push(format!("MODIFY COLUMN {text}"));
        }
        let note = (clauses.len() > 1).then(|| REBUILDS.to_owned());
        let sql = alter_table(table, &clauses);
        self.group(table, ChangeGroup::Alter).first(statement(Some(at), note, sql));
        Ok(())
    }

    pub(super) fn add_column(
        &mut self,
        at: usize,
        table: &Name,
        column: &Column,
        fill: Option<&str>,
    ) -> Result<()> {
        let now = self.table(table);
        self.part_column(table, &column.name);
        let is_first = now.columns.is_empty();
        let definition = self.definition(&now, column, &[])?;
        let has_fill = fill.is_some() && column.identity.is_none() && column.generated.is_none();
        let is_filled = self.work.with_rows && (has_fill || !column.fills_itself());
        let by_default = self.refused_default(column).filter(|_| !has_fill);
        let filling = match (by_default, is_filled) {
            (Some(default), _) => fill::with(table, column, default),
            (None, true) => self.filling(&now, column, &column_type(&now, column)?, fill),
            (None, false) => Filling::ByServer,
        };
        let trace = Trace::Clear;
        match filling {
            Filling::ByServer => {
                let place = self.place(&now, column);
                let group = self.group(table, ChangeGroup::Alter).change(at);
                group.clause(trace, format!("ADD COLUMN {definition}{place}")).adds(&column.name);
                if is_filled {
                    group.note(format!("review: existing rows get {}", empty(column.ty.text())));
                }
                if column.generated.as_ref().is_some_and(|generated| generated.stored) {
                    group.note(REBUILDS);
                }
            }
            Filling::Statement { sql, note } => {
                let mut loose = nullable(column);
                loose.default = loose.default.filter(|_| by_default.is_none());
                let is_loose = loose != *column;
                let loose = self.definition(&now, &loose, &[])?;
                if is_first {
                    // A statement that drops all columns has to add one.
                    let group = self.group(table, ChangeGroup::Alter).change(at);
                    group.clause(trace, format!("ADD COLUMN {loose}"));
                    self.close_altered(table);
                    let group = self.group(table, ChangeGroup::Alter);
                    group.before(statement(None, note, sql));
                    if is_loose {
                        group.modify(&column.name, &definition);
                    }
                    return Ok(());
                }
                // What comes in the same statement as the rest is not there yet.
                let start = self.group(table, ChangeGroup::Alter).start.clone();
                let place = self.place(&start, column);
                let add = format!("ALTER TABLE {} ADD COLUMN {loose}{place}", name::table(table));
                let group = self.group(table, ChangeGroup::Alter);
                group.before(statement(Some(at), None, add)).before(statement(None, note, sql));
                group.change(at);
                if is_loose {
                    group.modify(&column.name, &definition);
                }
            }
        }
        Ok(())
    }

    pub(super) fn alter_column(
        &mut self,
        at: usize,
        table: &Name,
        (from, to): (&Column, &Column),
        fill: Option<&str>,
        renamed: &[(String, String)],
    ) -> Result<()> {
        let now = self.table(table);
        let (old, new) = (column_type(&now, from)?, column_type(&now, to)?);
        let of = name::table(table);
        let mut before = Vec::new();
        if !renamed.is_empty() {
            let all = union(&old, &new);
            if let Some(all) = all.filter(|all| *all != old) {
                let both = self.definition(&now, &with_type(from, &all), &now.checks)?;
                before.push(format!("ALTER TABLE {of} MODIFY COLUMN {both}"));
            }
            before.push(rename_values(&of, &to.name, renamed));
        }
        let is_tighter = from.nullable && !to.nullable;
        if let Some(fill) = fill.filter(|_| is_tighter) {
            if old != new {
                let loose = self.definition(&now, &nullable(to), &now.checks)?;
                before.push(format!("ALTER TABLE {of} MODIFY COLUMN {loose}"));
            }
            let own = name::name(&to.name);
            before.push(format!("UPDATE {of} SET {own} = {fill} WHERE {own} IS NULL"));
        }
        let definition = self.definition(&now, to, &now.checks)?;
        let notes = notes(from, to, &old, &new, is_tighter && fill.is_none());
        let has_rows = self.work.with_rows;
        let group = self.group(table, ChangeGroup::Alter);
        for (position, sql) in before.into_iter().enumerate() {
            group.before(statement((position == 0).then_some(at), None, sql));
        }
        group.change(at).modify(&to.name, &definition);
        notes.into_iter().filter(|_| has_rows).for_each(|note| _ = group.note(note));
        Ok(())
    }

    pub(super) fn add_index(
        &mut self,
        at: usize,
        table: &Name,
        own: &Option<String>,
        text: String,
        columns: &[String],
        is_unique: bool,
    ) {
        let own = own.clone().unwrap_or_default();
        if !self.work.is_online {
            self.part(table, &format!("index {own}"));
        }
        let kept = self.displaced(table, columns);
        let has_rows = self.work.with_rows;
        let group = self.group(table, ChangeGroup::Alter).change(at);
        group.clause(Trace::Clear, format!("ADD {text}")).recreate(kept);
        if is_unique && has_rows {
            group.note("fails where two rows are the same in it");
        }
    }

    /// Indexes that the server may have made for a foreign key, and would drop for another key or index on these columns,
    /// although they stay.
    pub(super) fn displaced(&self, table: &Name, columns: &[String]) -> Vec<(String, String)> {
        let (Some(now), Some(to)) = (self.state.find_table(table), self.work.to.find_table(table))
        else {
            return Vec::new();
        };
        let serves = |key: &ForeignKey| columns.starts_with(&key.columns);
        let mut kept = Vec::new();
        for index in now.indexes.iter().filter(|i| to.indexes.contains(i) && !i.unique) {
            let is_made = |key: &ForeignKey| serves(key) && key.columns == index_columns(index);
            if now.foreign_keys.iter().any(is_made)
                && let (Some(own), Ok(text)) = (&index.name, self.index(now, index))
            {
                kept.push((own.clone(), text));
            }
        }
        kept
    }

    pub(super) fn drop_index(&mut self, at: usize, table: &Name, own: &Option<String>) {
        let own = own.as_deref().unwrap_or_default();
        let group = self.group(table, ChangeGroup::Alter).change(at);
        group.clause(Trace::Clear, format!("DROP INDEX {}", name::name(own)));
        group.drops(format!("index {own}"));
    }

    /// The comment is a part of the index, which is recreated for it.
    pub(super) fn comment_index(
        &mut self,
        at: usize,
        table: &Name,
        own: &str,
        to: &Option<String>,
    ) -> Result<()> {
        let now = self.table(table);
        let Some(index) = now.indexes.iter().find(|index| index.name.as_deref() == Some(own))
        else {
            return Ok(());
        };
        let mut index = index.clone();
        index.comment.clone_from(to);
        let text = self.index(&now, &index)?;
        // In one statement: a foreign key may need it.
        let group = self.group(table, ChangeGroup::Alter).change(at);
        group.clause(Trace::None, format!("DROP INDEX {}", name::name(own)));
        group.clause(Trace::None, format!("ADD {text}"));
        Ok(())
    }

    /// Of constraints, those that are indexes have a comment, and are recreated for it in one statement: a foreign key or a
    /// numbered column may need them.
    pub(super) fn comment_constraint(
        &mut self,
        at: usize,
        table: &Name,
        (kind, own): (ConstraintKind, &Option<String>),
        to: &Option<String>,
    ) -> Result<()> {
        let now = self.table(table);
        let unique = now.uniques.iter().find(|unique| unique.name == *own);
        let (drop, text) = match (kind, &now.primary_key, unique) {
            (ConstraintKind::PrimaryKey, Some(key), _) => {
                let key = PrimaryKey { comment: to.clone(), ..key.clone() };
                ("DROP PRIMARY KEY".to_owned(), key::primary_key(&now, &key)?)
            }
            (ConstraintKind::Unique, _, Some(unique)) => {
                let unique = Unique { comment: to.clone(), ..unique.clone() };
                let own = own.as_deref().unwrap_or_default();
                (format!("DROP INDEX {}", name::name(own)), key::unique(&now, &unique)?)
            }
            _ => return Ok(()),
        };
        let group = self.group(table, ChangeGroup::Alter).change(at);
        group.clause(Trace::None, drop);
        group.clause(Trace::None, format!("ADD {text}"));
        Ok(())
    }

    pub(super) fn add_check(&mut self, at: usize, table: &Name, check: &Check) -> Result<()> {
        let now = self.table(table);
        let column = self.column_of(&now, check);
        let definition = match &column {
            Some(column) => {
                let mut checks = now.checks.clone();
                if !checks.contains(check) {
                    checks.push(check.clone());
                }
                Some((column.name.clone(), self.definition(&now, column, &checks)?))
            }
            None => None,
        };
        self.part_check(&check.name);
        let has_rows = self.work.with_rows;
        let group = self.group(table, ChangeGroup::Alter).change(at);
        match definition {
            Some((column, definition)) => group.modify(&column, &definition),
            None => group.clause(Trace::Clear, format!("ADD {}", key::check(check))),
        };
        if has_rows && check.enforced {
            group.note("fails where a row does not hold it");
        }
        Ok(())
    }

    pub(super) fn drop_check(&mut self, at: usize, table: &Name, check: &Check) -> Result<()> {
        let now = self.table(table);
        match (&self.column_of(&now, check), &check.name) {
            (Some(column), _) => {
                let checks: Vec<Check> =
                    now.checks.iter().filter(|known| *known != check).cloned().collect();
                let text = self.definition(&now, column, &checks)?;
                let group = self.group(table, ChangeGroup::Alter).change(at);
                group.modify(&column.name, &text);
            }
            (None, own) => {
                let own = own.as_deref().unwrap_or_default();
                let group = self.group(table, ChangeGroup::Alter).change(at);
                group.clause(Trace::Clear, format!("DROP CONSTRAINT {}", name::name(own)));
                group.drops(format!("check {own}"));
            }
        }
        Ok(())
    }

    /// The column that a check is a part of, under the name that it has at that time: a check that mentions a column which is
    /// renamed is dropped before that, or comes after it on the way back.
    fn column_of(&self, now: &Table, check: &Check) -> Option<Column> {
        let own = check.column.as_deref().filter(|_| check.name.is_none())?;
        let other = self.work.changes.iter().find_map(|change| match change {
            Change::RenameColumn { table, from, to } if *table == now.name => {
                (from == own).then_some(to).or((to == own).then_some(from))
            }
            _ => None,
        });
        let found = now.find_column(own).or_else(|| now.find_column(other?))?;
        Some(Column { name: own.to_owned(), ..found.clone() })
    }

    /// There is a statement for indexes alone; other constraints are dropped and added.
    pub(super) fn rename_constraint(
        &mut self,
        at: usize,
        table: &Name,
        kind: ConstraintKind,
        from: &str,
        to: &str,
    ) -> Result<()> {
        let now = self.table(table);
        let is_it = |own: &Option<String>| own.as_deref() == Some(from);
        match kind {
            ConstraintKind::Check => {
                let Some(check) = now.checks.iter().find(|check| is_it(&check.name)) else {
                    return Ok(());
                };
                self.drop_check(at, table, check)?;
                self.add_check(at, table, &check.clone().named(to))
            }
            ConstraintKind::ForeignKey => {
                let Some(key) = now.foreign_keys.iter().find(|key| is_it(&key.name)) else {
                    return Ok(());
                };
                let clause = format!("DROP FOREIGN KEY {}", name::name(from));
                self.group(table, ChangeGroup::DropKeys).change(at).clause(Trace::Clear, clause);
                self.add_foreign_key(at, table, &key.clone().named(to))
            }
            // A primary key has no name, and there are no exclusion constraints.
            _ => Ok(()),
        }
    }
}

pub(super) const REBUILDS: &str = "rewrites the table; nobody can write to it meanwhile";

fn statement(change: Option<usize>, note: Option<String>, sql: String) -> RenderedStatement {
    RenderedStatement {
        changes: change.into_iter().collect(),
        notes: note.into_iter().collect(),
        sql,
    }
}

/// Whether a change makes what the key refers to.
fn makes(change: &Change, key: &ForeignKey) -> bool {
    let has = |columns: &[String]| key.referenced.iter().any(|column| columns.contains(column));
    change.table() == Some(&key.references)
        && match change {
            Change::AddPrimaryKey { key, .. } => has(&key.columns),
            Change::AddUnique { unique, .. } => has(&unique.columns),
            Change::AddIndex { index, .. } => has(&index_columns(index)),
            Change::AlterColumn { from, to, .. } => {
                key.referenced.contains(&to.name)
                    && (from.ty != to.ty
                        || from.collation != to.collation
                        // MySQL refuses this while a key refers to it.
                        || from.identity.is_some() != to.identity.is_some())
            }
            Change::AddColumn { column, .. } => key.referenced.contains(&column.name),
            _ => false,
        }
}

/// What the server gives where nothing is given.
fn empty(ty: &str) -> &'static str {
    match types::base(ty).as_str() {
        "enum" => "the first of the values",
        _ if types::is_number(ty) || types::base(ty) == "year" => "0",
        "time" => "00:00:00",
        "bit" => "b'0'",
        _ if types::is_text(ty) => "an empty text",
        _ => "zero bytes, as many as fit",
    }
}

/// An enum with the values of two; none where they are no enums.
fn union(old: &str, new: &str) -> Option<String> {
    let mut values = types::enum_values(old)?;
    for value in types::enum_values(new)? {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Some(format!("enum({})", values.join(",")))
}

fn rename_values(table: &str, column: &str, renamed: &[(String, String)]) -> String {
    let own = name::name(column);
    let cases: Vec<String> = renamed
        .iter()
        .map(|(old, new)| format!("WHEN {} THEN {}", name::literal(old), name::literal(new)))
        .collect();
    let old: Vec<String> = renamed.iter().map(|(old, _)| name::literal(old)).collect();
    format!(
        "UPDATE {table} SET {own} = CASE {own} {} END WHERE {own} IN ({})",
        cases.join(" "),
        old.join(", ")
    )
}

/// What should be thought about before a column is changed.
fn notes(from: &Column, to: &Column, old: &str, new: &str, is_tighter: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if is_tighter {
        notes.push(format!("fails where a row has NULL in {}", to.name));
    }
    if old == new && from.collation == to.collation {
        return notes;
    }
    match (types::enum_values(old), types::enum_values(new)) {
        (Some(old), Some(new)) if new.starts_with(&old) => {}
        (Some(old), Some(new)) => {
            if old.iter().any(|value| !new.contains(value)) {
                notes.push("fails where a row has a value that goes".to_owned());
            }
            notes.push(REBUILDS.to_owned());
        }
        _ if is_wider(old, new) && from.collation == to.collation => {}
        _ => notes.push(format!("{REBUILDS}; fails where a value does not fit")),
    }
    notes
}

/// Whether a text only gets longer, and its length takes as many bytes as before.
fn is_wider(old: &str, new: &str) -> bool {
    let length = |ty: &str| {
        (types::base(ty) == "varchar").then(|| types::sizes(ty)).and_then(|s| s.first().copied())
    };
    match (length(old), length(new)) {
        // With four bytes to a character.
        (Some(old), Some(new)) => old <= new && (new <= 63 || old > 63),
        _ => false,
    }
}
