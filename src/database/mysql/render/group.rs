//! Changes of a table that become one ALTER TABLE.
//!
//! Only foreign keys tie tables to each other. They are dropped before anything else happens and added at the end, so between
//! the two the changes of each table can stand together, whatever is changed in others meanwhile. They have to where a column
//! numbers itself: it must be a key at the end of every statement.

use super::{Renderer, name};
use crate::{
    database::RenderedStatement,
    schema::{Name, Table},
};

/// What a group does. One kind is written before another begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeGroup {
    /// Names, which what comes after says already.
    Rename,
    /// Foreign keys go.
    DropKeys,
    Alter,
    /// Foreign keys come.
    AddKeys,
}

/// Whether it can be seen in the catalogue that a clause was carried out. Such a clause comes first in its statement, since by
/// that one it is found out after a crash whether the statement was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trace {
    Clear,
    /// Seen in what its columns are.
    Key,
    None,
}

/// Clauses of one ALTER TABLE.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) table: Name,
    kind: ChangeGroup,
    /// The table before all of it.
    pub(super) start: Table,
    /// What is written before it.
    before: Vec<RenderedStatement>,
    clauses: Vec<(Trace, String)>,
    /// How the table is divided from then on: what ends the statement.
    partitioning: Option<String>,
    changes: Vec<usize>,
    notes: Vec<String>,
    /// What it drops: things of these names come back only in another statement.
    dropped: Vec<String>,
    /// The columns that it adds: they are dropped again only in another statement.
    added: Vec<String>,
    /// It has dropped the last column.
    replaces_all: bool,
}

impl Renderer<'_> {
    /// The group for changes of this kind to the table.
    pub(super) fn group(&mut self, table: &Name, kind: ChangeGroup) -> &mut Group {
        self.close_others(table, kind);
        let at = match self.groups.iter().position(|group| group.table == *table) {
            Some(at) => at,
            None => {
                self.groups.push(Group {
                    table: table.clone(),
                    kind,
                    start: self.table(table),
                    before: Vec::new(),
                    clauses: Vec::new(),
                    partitioning: None,
                    changes: Vec::new(),
                    notes: Vec::new(),
                    dropped: Vec::new(),
                    added: Vec::new(),
                    replaces_all: false,
                });
                self.groups.len() - 1
            }
        };
        &mut self.groups[at]
    }

    fn close_others(&mut self, table: &Name, kind: ChangeGroup) {
        if let [only] = self.groups.as_mut_slice()
            && only.kind == ChangeGroup::DropKeys
            && kind == ChangeGroup::Alter
            && only.table == *table
            && self.merges_keys
        {
            // Nothing else waits for these keys to go.
            only.kind = ChangeGroup::Alter;
        }
        self.close(|group| group.kind != kind);
    }

    /// Writes the groups for which this is true, in the order in which they were begun.
    pub(super) fn close(&mut self, is_due: impl Fn(&Group) -> bool) {
        let (due, open): (Vec<Group>, Vec<Group>) =
            std::mem::take(&mut self.groups).into_iter().partition(is_due);
        self.groups = open;
        for group in due {
            self.out.extend(group.write());
        }
    }

    /// Writes what was changed of a table so far, if nothing else waits for it.
    pub(super) fn close_altered(&mut self, table: &Name) {
        self.close(|group| group.kind == ChangeGroup::Alter && group.table == *table);
    }

    /// Writes the groups of a kind.
    pub(super) fn close_kind(&mut self, kind: ChangeGroup) {
        self.close(|group| group.kind == kind);
    }

    /// Writes what drops a check of this name, whatever table it is on: the names are one space, on one of the servers.
    pub(super) fn part_check(&mut self, own: &Option<String>) {
        let dropped = format!("check {}", own.as_deref().unwrap_or_default());
        self.close(|group| own.is_some() && group.dropped.contains(&dropped));
    }

    /// Writes the group of a table that adds this column.
    pub(super) fn part_added(&mut self, table: &Name, column: &str) {
        self.close(|group| group.table == *table && group.added.iter().any(|own| own == column));
    }

    /// Writes the group of a table, if a thing of this name is dropped in it.
    pub(super) fn part(&mut self, table: &Name, dropped: &str) {
        self.close(|group| group.table == *table && group.dropped.iter().any(|d| d == dropped));
    }

    /// The same for a column that comes back. A table cannot be without columns: a statement that drops all of them adds others.
    pub(super) fn part_column(&mut self, table: &Name, column: &str) {
        let dropped = format!("column {column}");
        let is_due = |group: &Group| {
            group.table == *table && group.dropped.contains(&dropped) && !group.replaces_all
        };
        self.close(is_due);
    }
}

impl Group {
    pub(super) fn change(&mut self, at: usize) -> &mut Self {
        if !self.changes.contains(&at) {
            self.changes.push(at);
        }
        self
    }

    pub(super) fn clause(&mut self, trace: Trace, sql: String) -> &mut Self {
        self.clauses.push((trace, sql));
        self
    }

    /// The same, unless it is said already.
    pub(super) fn clause_once(&mut self, sql: String) -> &mut Self {
        if self.clauses.iter().any(|(_, said)| *said == sql) {
            return self;
        }
        self.clause(Trace::None, sql)
    }

    /// Indexes that stay, by name and definition, go and come in this statement, so that the server takes them for asked for.
    pub(super) fn recreate(&mut self, indexes: Vec<(String, String)>) -> &mut Self {
        for (own, definition) in indexes {
            self.clause_once(format!("DROP INDEX {}", name::name(&own)));
            self.clause_once(format!("ADD {definition}"));
        }
        self
    }

    /// A column's whole definition takes the place of one that was said before: the server takes one a statement.
    pub(super) fn modify(&mut self, column: &str, definition: &str) -> &mut Self {
        self.forget_definition(column);
        self.clause(Trace::None, format!("MODIFY COLUMN {definition}"))
    }

    fn forget_definition(&mut self, column: &str) {
        let words = format!("MODIFY COLUMN {}", name::name(column));
        let is_same = |sql: &str| {
            sql.strip_prefix(words.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        self.clauses.retain(|(_, sql)| !is_same(sql));
    }

    pub(super) fn note(&mut self, note: impl Into<String>) -> &mut Self {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        self
    }

    pub(super) fn divided(&mut self, partitioning: String) -> &mut Self {
        self.partitioning = Some(partitioning);
        self
    }

    pub(super) fn drops(&mut self, name: String) -> &mut Self {
        self.dropped.push(name);
        self
    }

    pub(super) fn drops_column(&mut self, column: &str, is_last: bool) -> &mut Self {
        self.replaces_all |= is_last;
        // The server knows no definition of a column that the same statement drops.
        self.forget_definition(column);
        self.drops(format!("column {column}"))
    }

    pub(super) fn adds(&mut self, column: &str) -> &mut Self {
        self.added.push(column.to_owned());
        self
    }

    /// A statement that has to come before.
    pub(super) fn before(&mut self, statement: RenderedStatement) -> &mut Self {
        self.before.push(statement);
        self
    }

    /// The same, before all others.
    pub(super) fn first(&mut self, statement: RenderedStatement) -> &mut Self {
        self.before.insert(0, statement);
        self
    }

    fn write(mut self) -> Vec<RenderedStatement> {
        let mut all = self.before;
        self.clauses.sort_by_key(|(trace, _)| *trace);
        let clauses: Vec<String> = self.clauses.into_iter().map(|(_, sql)| sql).collect();
        let sql = match (self.partitioning, clauses.is_empty()) {
            (None, true) => return all,
            (None, false) => alter_table(&self.table, &clauses),
            (Some(last), true) => alter_table(&self.table, &[last]),
            (Some(last), false) => format!("{}\n    {last}", alter_table(&self.table, &clauses)),
        };
        // What was written before it stands there.
        let is_new = |at: &usize| !all.iter().any(|statement| statement.changes.contains(at));
        let changes = self.changes.into_iter().filter(is_new).collect();
        all.push(RenderedStatement { changes, notes: self.notes, sql });
        all
    }
}

/// An ALTER TABLE of these clauses.
pub(super) fn alter_table(table: &Name, clauses: &[String]) -> String {
    let table = name::table(table);
    match clauses {
        [one] => format!("ALTER TABLE {table} {one}"),
        many => format!("ALTER TABLE {table}\n    {}", many.join(",\n    ")),
    }
}
