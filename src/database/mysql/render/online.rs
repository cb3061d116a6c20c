//! Changes of a table that programs use meanwhile. What a statement locks is asked of the server; here is what it cannot do by itself: to
//! give rows a value in batches.

use super::{Renderer, alter::REBUILDS, index_columns, name, placeholder, render};
use crate::{
    change::{Change, apply},
    database::{
        ChangeSet, RenderedStatement,
        drafting::{ChangeForm, OnlineContext, OnlineFill, OnlineSteps, TwoWay},
        mysql::{MySql, probe::BACKFILL, types},
    },
    schema::{Column, Name, Schema, Table},
};

/// How many rows one batch of a backfill is about.
const ROWS: u32 = 1000;

pub(in super::super) fn form(change: &Change, at: &OnlineContext<'_>) -> ChangeForm {
    let table = change.table().and_then(|name| at.state.find_table(name));
    let Some(table) = table else { return ChangeForm::Plain };
    match change {
        Change::AddColumn { column, .. } => add_column(table, column, at),
        Change::AlterColumn { renamed_values, .. } if !renamed_values.is_empty() => {
            ChangeForm::Blocking(
                "it gives rows the new names of their values in one statement, which locks each of them until the end"
                    .to_owned(),
            )
        }
        Change::AlterColumn { from, to, .. } if from.nullable && !to.nullable => {
            set_not_null(table, (from, to), at)
        }
        _ => ChangeForm::Plain,
    }
}

fn add_column(table: &Table, column: &Column, at: &OnlineContext<'_>) -> ChangeForm {
    if column.identity.is_some() || column.generated.is_some() {
        return ChangeForm::Plain;
    }
    let is_given = matches!(at.fill, Some(OnlineFill::Given(_)));
    // The server gives each row of its own a value of an expression by copying the table.
    let default = column.default.as_ref().map(|default| super::column::default_of(default, column));
    let computed = default.clone().filter(|text| text.starts_with('('));
    if computed.is_none() && column.fills_itself() && !is_given {
        return ChangeForm::Plain;
    }
    let Some(fill) = value(table, column, at).or(computed) else { return ChangeForm::Plain };
    let bare = Column { nullable: true, default: None, ..column.clone() };
    let first = Change::AddColumn { table: table.name.clone(), column: bare.clone(), fill: None };
    let mut between = at.state.clone();
    apply(&mut between, &first);
    let mut form = match filled(table, &column.name, &fill, at.state) {
        Ok(fill) => OnlineSteps { first: vec![first], fill: Some(fill), ..OnlineSteps::default() },
        Err(blocking) => return blocking,
    };
    if let (Some(default), Some(fill)) = (default, &mut form.fill) {
        // Rows that come meanwhile have one.
        if let Some(set) = set_default(&between, table, (&bare, column), &default) {
            fill.up.splice(0..0, set.up);
            fill.down.extend(set.down);
        }
    }
    if !column.nullable {
        let loose = Column { nullable: true, ..column.clone() };
        form.last = last(&between, &table.name, (&loose, column));
    }
    form.note = placeholder_note(at);
    ChangeForm::Steps(Box::new(form))
}

/// Gives a column its default, and takes it away.
fn set_default(
    state: &Schema,
    table: &Table,
    (bare, column): (&Column, &Column),
    default: &str,
) -> Option<TwoWay> {
    // MySQL takes a text in parentheses for a constant here, which a TEXT may not have.
    if default.starts_with("('") {
        let with_default = Column { default: column.default.clone(), ..bare.clone() };
        return last(state, &table.name, (bare, &with_default));
    }
    let (of, own) = (name::table(&table.name), name::name(&column.name));
    Some(TwoWay {
        up: vec![format!("ALTER TABLE {of} ALTER COLUMN {own} SET DEFAULT {default}")],
        down: vec![format!("ALTER TABLE {of} ALTER COLUMN {own} DROP DEFAULT")],
    })
}

/// A column that becomes NOT NULL: its rows are filled, and then nobody is locked out for longer than the server needs.
fn set_not_null(
    table: &Table,
    (from, to): (&Column, &Column),
    at: &OnlineContext<'_>,
) -> ChangeForm {
    let Some(fill) = value(table, to, at) else { return ChangeForm::Plain };
    let fill = match filled(table, &to.name, &fill, at.state) {
        Ok(fill) => Some(fill),
        Err(blocking) => return blocking,
    };
    let last = last(at.state, &table.name, (from, to));
    let note = placeholder_note(at);
    ChangeForm::Steps(Box::new(OnlineSteps { fill, last, note, ..OnlineSteps::default() }))
}

/// The statement that makes a column what it should be, and back.
pub(super) fn last(state: &Schema, table: &Name, (from, to): (&Column, &Column)) -> Option<TwoWay> {
    let change = |from: &Column, to: &Column| Change::AlterColumn {
        table: table.clone(),
        from: from.clone(),
        to: to.clone(),
        fill: None,
        renamed_values: Vec::new(),
    };
    let (there, back) = (change(from, to), change(to, from));
    let mut after = state.clone();
    apply(&mut after, &there);
    let write = |from: &Schema, to: &Schema, change: Change| {
        let changes = [change];
        let set = ChangeSet {
            from,
            to,
            changes: &changes,
            with_rows: false,
            is_online: true,
            is_copy: false,
        };
        let statements = render(&MySql, &set).ok()?.statements;
        Some(statements.into_iter().map(|statement| statement.sql).collect())
    };
    Some(TwoWay { up: write(state, &after, there)?, down: write(&after, state, back)? })
}

fn placeholder_note(at: &OnlineContext<'_>) -> Option<String> {
    let is_placeholder = at.fill == Some(&OnlineFill::Placeholder);
    is_placeholder
        .then(|| "review: a placeholder for existing rows; write what they should have".to_owned())
}

/// What existing rows get, as it was given, or some value; none if two rows may not have the same, or it must be a key elsewhere.
fn value(table: &Table, column: &Column, at: &OnlineContext<'_>) -> Option<String> {
    match at.fill? {
        OnlineFill::Given(fill) => Some(fill.clone()),
        OnlineFill::Placeholder if is_key(table, &column.name, at) => None,
        OnlineFill::Placeholder => placeholder(&types::word(&column.ty)?),
    }
}

fn is_key(table: &Table, column: &str, at: &OnlineContext<'_>) -> bool {
    let has = |columns: &[String]| columns.iter().any(|own| own == column);
    let comes = at.changes.iter().any(|change| match change {
        Change::AddUnique { table: own, unique } => *own == table.name && has(&unique.columns),
        Change::AddPrimaryKey { table: own, key } => *own == table.name && has(&key.columns),
        Change::AddForeignKey { table: own, key } => *own == table.name && has(&key.columns),
        Change::AddIndex { table: own, index } => {
            *own == table.name && index.unique && has(&index_columns(index))
        }
        _ => false,
    });
    comes
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.foreign_keys.iter().any(|key| has(&key.columns))
        || table.indexes.iter().any(|index| index.unique && has(&index_columns(index)))
}

/// Fills the rows that have NULL, some at a time, in the order of their primary key; each batch is committed by itself. How it can be done
/// only at once, if the table has no such key.
fn filled(table: &Table, column: &str, fill: &str, state: &Schema) -> Result<TwoWay, ChangeForm> {
    let which = format!("{} IS NULL", name::name(column));
    let value = format!("{fill}{}", quiet_columns(table));
    match batches(table, column, (&value, &which), state) {
        Some(up) => Ok(TwoWay { up, down: Vec::new() }),
        None => Err(ChangeForm::Blocking(
            "it fills all rows in one statement, which locks each of them until the end: the table has no primary key that batches \
             could follow"
                .to_owned(),
        )),
    }
}

/// The statements that give rows a value in batches: which rows, that is a condition. None if the table has no key for that.
pub(super) fn batches(
    table: &Table,
    column: &str,
    (value, which): (&str, &str),
    state: &Schema,
) -> Option<Vec<String>> {
    let key = table.primary_key.as_ref()?;
    let key = Key::of(table, &key.columns, state)?;
    let procedure = procedure_name(&table.name, column);
    Some(vec![
        // What a run that was killed has left.
        format!("DROP PROCEDURE IF EXISTS {procedure}"),
        key.procedure(&procedure, (&table.name, column), (value, which)),
        format!("CALL {procedure}()"),
        format!("DROP PROCEDURE {procedure}"),
    ])
}

/// What keeps the columns as they are that the server would change with each update of a row.
pub(super) fn quiet_columns(table: &Table) -> String {
    let changes = |column: &&Column| column.options.contains_key("on_update");
    let columns = table.columns.iter().filter(changes).map(|column| name::name(&column.name));
    columns.map(|own| format!(", {own} = {own}")).collect()
}

fn procedure_name(table: &Name, column: &str) -> String {
    name::name(&name::shortened(&format!("{BACKFILL}{table}_{column}"), ""))
}

/// The type of a variable that has a column's values; without its collation, it could not be compared with the column.
pub(super) fn variable_type(table: &Table, column: &Column, state: &Schema) -> Option<String> {
    let ty = types::word(&column.ty)?;
    // That of tables that say none.
    let of_table = table.options.get("collation").or(state.server.get("collation"));
    let own = column.collation.as_ref().or(of_table).filter(|_| types::is_text(&ty));
    Some(match own {
        Some(collation) => {
            let charset = collation.split('_').next().unwrap_or(collation);
            format!("{ty} CHARACTER SET {charset} COLLATE {collation}")
        }
        None => ty,
    })
}

/// The primary key of a table, in which batches follow one another.
struct Key {
    /// Each column, its type as a variable has it, and the two variables: where the batch begins, and where the next one does.
    columns: Vec<(String, String, String, String)>,
}

impl Key {
    fn of(table: &Table, columns: &[String], state: &Schema) -> Option<Self> {
        let column = |(at, own): (usize, &String)| {
            let found = table.find_column(own)?;
            let ty = variable_type(table, found, state)?;
            Some((
                name::name(&found.name),
                ty,
                format!("ambix_from_{at}"),
                format!("ambix_next_{at}"),
            ))
        };
        let columns = columns.iter().enumerate().map(column).collect::<Option<Vec<_>>>()?;
        (!columns.is_empty()).then_some(Self { columns })
    }

    fn list(&self, of: impl Fn(&(String, String, String, String)) -> String) -> String {
        self.columns.iter().map(of).collect::<Vec<_>>().join(", ")
    }

    /// Rows on one side of a place: `a > x OR (a = x AND b >= y)`.
    fn side(
        &self,
        sign: &str,
        last: &str,
        at: impl Fn(&(String, String, String, String)) -> &str,
    ) -> String {
        let end = self.columns.len() - 1;
        let part = |of: usize| {
            let equal = self.columns[..of].iter().map(|c| format!("{} = {}", c.0, at(c)));
            let sign = if of == end { last } else { sign };
            let own = format!("{} {sign} {}", self.columns[of].0, at(&self.columns[of]));
            equal.chain([own]).collect::<Vec<_>>().join(" AND ")
        };
        match (0..=end).map(part).collect::<Vec<_>>().as_slice() {
            [only] => only.clone(),
            many => format!("(({}))", many.join(") OR (")),
        }
    }

    fn procedure(
        &self,
        procedure: &str,
        (table, column): (&Name, &str),
        (value, which): (&str, &str),
    ) -> String {
        let (of, own) = (name::table(table), name::name(column));
        let keys = self.list(|c| c.0.clone());
        let (from, next) = (self.list(|c| c.2.clone()), self.list(|c| c.3.clone()));
        let declare =
            self.columns.iter().map(|c| format!("    DECLARE {}, {} {};\n", c.2, c.3, c.1));
        let declare: String = declare.collect();
        let (reset, step) =
            (self.list(|c| format!("{} = NULL", c.3)), self.list(|c| format!("{} = {}", c.2, c.3)));
        let (begins, ends) = (self.side(">", ">=", |c| &c.2), self.side("<", "<", |c| &c.3));
        let (first_from, first_next) = (&self.columns[0].2, &self.columns[0].3);
        let update = format!("UPDATE {of} SET {own} = {value} WHERE {which} AND {begins}");
        format!(
            "CREATE PROCEDURE {procedure}()\nBEGIN\n{declare}    SELECT {keys} INTO {from} FROM {of} ORDER BY {keys} LIMIT 1;\n    WHILE \
             {first_from} IS NOT NULL DO\n        SET {reset};\n        SELECT {keys} INTO {next} FROM {of} WHERE {begins} ORDER BY {keys} \
             LIMIT 1 OFFSET {ROWS};\n        IF {first_next} IS NULL THEN\n            {update};\n        ELSE\n            {update}\n\
             {space:16}AND {ends};\n        END IF;\n        COMMIT;\n        SET {step};\n    END WHILE;\nEND",
            space = ""
        )
    }
}

/// What a statement locks is not guessed: the server is asked.
pub(super) fn without_locks(statement: &mut RenderedStatement) {
    for note in &mut statement.notes {
        if let Some(rest) = note.strip_prefix(REBUILDS) {
            *note = rest.trim_start_matches("; ").to_owned();
        }
    }
    statement.notes.retain(|note| !note.is_empty());
}

impl Renderer<'_> {
    /// Writes what was changed of a table so far, so that the server can be asked about each change by itself. Some need each other: a
    /// counter and its key, a key that takes the place of another, an index that a foreign key needs.
    pub(super) fn close_apart(&mut self, change: &Change) {
        let Some(table) = change.table().filter(|_| self.work.is_online) else { return };
        let changes = self.work.changes.iter().filter(|other| other.table() == Some(table));
        let has_keys = |schema: &Schema| {
            let own = schema.find_table(table).is_some_and(|table| !table.foreign_keys.is_empty());
            own || schema
                .tables
                .iter()
                .any(|other| other.foreign_keys.iter().any(|key| key.references == *table))
        };
        let is_keyed = has_keys(self.work.from) || has_keys(self.work.to);
        let is_bound = changes.into_iter().any(|change| match change {
            Change::AddPrimaryKey { .. } | Change::DropPrimaryKey { .. } => true,
            Change::AddColumn { column, .. } => column.identity.is_some(),
            Change::DropColumn { column, .. } => column.identity.is_some(),
            Change::AlterColumn { from, to, .. } => from.identity != to.identity,
            Change::DropIndex { .. } | Change::DropUnique { .. } => is_keyed,
            _ => false,
        });
        if !is_bound && !self.is_replaced(change) {
            self.close_altered(table);
        }
    }

    /// Whether a change is the first half of an index that goes for another of its name. In one statement, the server builds the new one
    /// before the old one goes.
    fn is_replaced(&self, change: &Change) -> bool {
        let Some(own) = index_of(change) else { return false };
        let mut halves = self.work.changes.iter().filter(|other| index_of(other) == Some(own));
        halves.next() == Some(change) && halves.next().is_some()
    }
}

/// The index that a change is about, where it comes or goes.
fn index_of(change: &Change) -> Option<(&Name, &str)> {
    change.dropped_index().or_else(|| change.added_index())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{PrimaryKey, Type};

    #[test]
    fn batches_follow_a_key_of_any_columns() {
        let mut table = Table::new("t");
        table.columns =
            vec![Column::new("a", Type::sql("int(11)")), Column::new("b", Type::sql("varchar(5)"))];
        table.primary_key = Some(PrimaryKey::new(["a", "b"]));
        table.options.insert("collation".to_owned(), "utf8mb4_bin".to_owned());
        let key = Key::of(&table, &["a".to_owned(), "b".to_owned()], &Schema::default()).unwrap();
        assert_eq!(
            key.side(">", ">=", |c| &c.2),
            "((a > ambix_from_0) OR (a = ambix_from_0 AND b >= ambix_from_1))"
        );
        assert_eq!(key.columns[1].1, "varchar(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        assert_eq!(procedure_name(&Name::new("t"), &"x".repeat(80)).len(), name::LIMIT);
    }
}
