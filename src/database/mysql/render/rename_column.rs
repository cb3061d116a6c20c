//! Names of columns. MariaDB follows a rename into whatever mentions the column; MySQL refuses it, unless the same statement gives
//! everything that mentions it its definition under the new name.

use std::cell::Cell;

use super::{
    Renderer,
    group::{ChangeGroup, Trace},
    name, partition,
};
use crate::{
    change::Change,
    database::{mysql::SYNTAX, replace_tokens::replace_tokens},
    error::Result,
    schema::{DefaultValue, IndexKey, Name, Table},
    sql::{TokenKind, name_value},
};

/// The clauses that a rename needs beside it.
#[derive(Default)]
struct Redefinitions {
    /// Columns, by the names that they have before; their definitions say the names after.
    columns: Vec<(String, String)>,
    others: Vec<String>,
    /// Indexes that are recreated.
    indexes: Vec<String>,
    partitioning: Option<String>,
}

impl Renderer<'_> {
    pub(super) fn rename_column(
        &mut self,
        at: usize,
        table: &Name,
        (from, to): (&str, &str),
    ) -> Result<()> {
        self.late_keys()?;
        let needed = match self.is_mysql() {
            true => self.redefinitions(&self.table(table))?,
            false => Redefinitions::default(),
        };
        // A name that it only got in between.
        self.part_added(table, from);
        let group = self.group(table, ChangeGroup::Rename).change(at);
        group.adds(to);
        // A column that mentions another of the renamed ones gets its name with its definition.
        if !needed.columns.iter().any(|(old, _)| old == from) {
            let clause = format!("RENAME COLUMN {} TO {}", name::name(from), name::name(to));
            group.clause(Trace::Clear, clause);
        }
        for (old, definition) in needed.columns {
            group.clause_once(format!("CHANGE COLUMN {} {definition}", name::name(&old)));
        }
        needed.others.into_iter().for_each(|clause| _ = group.clause_once(clause));
        for index in needed.indexes {
            group.drops(format!("index {index}"));
        }
        if let Some(partitioning) = needed.partitioning {
            group.divided(partitioning);
        }
        Ok(())
    }

    /// What mentions a renamed column of the table. Its checks are not among it: they are changes of their own.
    fn redefinitions(&self, table: &Table) -> Result<Redefinitions> {
        let renames: Vec<(&str, &str)> = self
            .work
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::RenameColumn { table: of, from, to } if *of == table.name => {
                    Some((from.as_str(), to.as_str()))
                }
                _ => None,
            })
            .collect();
        let (after, used) = after_renames(table, &renames);
        let mut needed = Redefinitions::default();
        for column in after.columns.iter().filter(|column| used.columns.contains(&column.name)) {
            let old = renames.iter().find(|(_, to)| *to == column.name);
            let old = old.map_or(column.name.as_str(), |(from, _)| from);
            needed.columns.push((old.to_owned(), self.definition(&after, column, &[])?));
        }
        for index in after.indexes.iter().filter(|index| used.indexes.contains(&index.name)) {
            let own = index.name.clone().unwrap_or_default();
            needed.others.push(format!("DROP INDEX {}", name::name(&own)));
            needed.others.push(format!("ADD {}", self.index(&after, index)?));
            needed.indexes.push(own);
        }
        if used.partitioning {
            needed.partitioning = partition::clause(&after.options);
        }
        Ok(needed)
    }
}

/// What mentions a renamed column.
#[derive(Default)]
struct Users {
    columns: Vec<String>,
    indexes: Vec<Option<String>>,
    partitioning: bool,
}

/// The table with the names after the renames, which it has already on the way up, and what mentions one of the columns.
fn after_renames(table: &Table, renames: &[(&str, &str)]) -> (Table, Users) {
    let mut after = table.clone();
    let mut users = Users::default();
    let is_after = renames.iter().all(|(_, to)| table.find_column(to).is_some());
    let other = |own: &str| -> Option<&str> {
        let mut all = renames.iter();
        let found =
            all.find(|(from, to)| own.eq_ignore_ascii_case(if is_after { to } else { from }));
        found.map(|(_, to)| *to)
    };
    let rename = |own: &mut String| {
        if let Some(to) = other(own) {
            to.clone_into(own);
        }
    };
    let see = |expression: &mut String| replace_names(expression, &other);
    for column in &mut after.columns {
        rename(&mut column.name);
        let computed = column.generated.as_mut().map(|generated| &mut generated.expression);
        let default = match &mut column.default {
            Some(DefaultValue::Sql(expression)) => Some(expression),
            _ => None,
        };
        let hits = computed.into_iter().chain(default).filter_map(|text| see(text).then_some(()));
        if hits.count() > 0 {
            users.columns.push(column.name.clone());
        }
    }
    for index in &mut after.indexes {
        let mut is_user = false;
        for part in &mut index.parts {
            match &mut part.key {
                IndexKey::Column(own) => rename(own),
                IndexKey::Expression(text) => is_user |= see(text),
            }
        }
        if is_user {
            users.indexes.push(index.name.clone());
        }
    }
    let by = after.options.get_mut(partition::PARTITION_BY);
    users.partitioning = by.is_some_and(see);
    (after, users)
}

/// Puts other names into an expression, and returns whether there was one.
pub(in crate::database::mysql) fn replace_names<'n>(
    expression: &mut String,
    other: &dyn Fn(&str) -> Option<&'n str>,
) -> bool {
    let found = Cell::new(false);
    let text = replace_tokens(expression, &SYNTAX, |token| {
        // The server quotes all names of columns; a word is a function, or what a person has written in models.
        let to = other(&name_value(token)).filter(|_| token.kind == TokenKind::QuotedName)?;
        found.set(true);
        Some(name::backticks(to))
    });
    *expression = text;
    found.get()
}
