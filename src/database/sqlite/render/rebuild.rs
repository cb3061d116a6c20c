//! The table rebuild: a new table takes the rows of the old one and then its name.
//!
//! SQLite's documentation gives its twelve steps (<https://sqlite.org/lang_altertable.html#otheralter>). Two things decide whether
//! it is safe. Foreign keys are not enforced meanwhile, which the file's directive says: else dropping the old table would delete
//! rows that refer to it. And the last rename leaves alone what names the table, which `legacy_alter_table` is for: else views
//! that name it would stand in the way, and references would follow the old table.

use std::collections::HashSet;

use super::{
    super::{Sqlite, inspect::expression::bare, types::placeholder},
    Writer,
    name::{list, name},
    table::{self, row_number},
};
use crate::{
    change::Change,
    database::{Dialect, RenderedStatement},
    error::Result,
    schema::{Column, IndexKey, Table, Type, Uncovered},
    sql::{TokenKind, tokens},
};

impl Writer<'_> {
    /// Makes the table anew, with all its changes.
    pub(super) fn rebuild(&mut self, from: &Table, to: &Table, changes: Vec<usize>) -> Result<()> {
        let new = format!("_ambix_new_{}", to.name.name);
        let (old_name, new_name) = (name(&from.name.name), name(&new));
        let mut notes =
            vec!["makes the table anew, since ALTER TABLE cannot do this here".to_owned()];
        let mut parts = vec!["PRAGMA legacy_alter_table = ON".to_owned(), table::create(to, &new)?];
        parts.extend(self.copy(from, to, &new_name, &changes, &mut notes));
        let auto = |table: &Table| table::is_on(table, "autoincrement");
        if auto(from) && auto(to) {
            let (old, new) = (Sqlite.literal(&from.name.name), Sqlite.literal(&new));
            parts.push(format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
            parts.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
            ));
        }
        parts.push(format!("DROP TABLE {old_name}"));
        parts.push(format!("ALTER TABLE {new_name} RENAME TO {}", name(&to.name.name)));
        parts.push("PRAGMA legacy_alter_table = OFF".to_owned());
        parts.extend(to.indexes.iter().map(|index| table::create_index(&to.name, index)));
        parts.extend(self.triggers(from));
        self.statements.push(RenderedStatement { changes, notes, sql: parts.join(";\n") });
        self.without_foreign_keys = true;
        Ok(())
    }

    /// INSERT ... SELECT of what both have, and of what rows get in new columns.
    fn copy(
        &self,
        from: &Table,
        to: &Table,
        new_name: &str,
        changes: &[usize],
        notes: &mut Vec<String>,
    ) -> Option<String> {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        let has_number = |table: &Table| !table::is_on(table, "without_rowid");
        let number = row_number(to);
        let named_so =
            |table: &Table| table.columns.iter().any(|c| c.name.eq_ignore_ascii_case("rowid"));
        if has_number(from)
            && has_number(to)
            && number.is_none()
            && !named_so(from)
            && !named_so(to)
        {
            names.push("rowid".to_owned());
            values.push("rowid".to_owned());
        }
        let changes: Vec<&Change> =
            changes.iter().filter_map(|at| self.work.changes.get(*at)).collect();
        for column in to.columns.iter().filter(|column| column.generated.is_none()) {
            // A column that is dropped and added is another one.
            let is_added = changes.iter().any(|change| {
                matches!(change, Change::AddColumn { column: added, .. } if added.name == column.name)
            });
            let value = match from.find_column(&column.name).filter(|_| !is_added) {
                Some(old) => Some(kept(old, column, &changes)),
                None if number.is_some_and(|number| number.name == column.name) => None,
                None => self.given(to, column, &changes, notes),
            };
            if let Some(value) = value {
                names.push(column.name.clone());
                values.push(value);
            }
        }
        if names.is_empty() {
            return None;
        }
        let is_number = |of: &String| of == "rowid" && !to.columns.iter().any(|c| c.name == *of);
        let columns: Vec<String> =
            names.iter().map(|of| if is_number(of) { of.clone() } else { name(of) }).collect();
        Some(format!(
            "INSERT INTO {new_name} ({})\nSELECT {} FROM {}",
            columns.join(", "),
            values.join(", "),
            name(&from.name.name)
        ))
    }

    /// What a row gets in a column that is new; nothing where a default or NULL does.
    fn given(
        &self,
        to: &Table,
        column: &Column,
        changes: &[&Change],
        notes: &mut Vec<String>,
    ) -> Option<String> {
        let fill = changes.iter().find_map(|change| match change {
            Change::AddColumn { column: added, fill, .. } if added.name == column.name => {
                fill.clone()
            }
            _ => None,
        });
        if fill.is_some() {
            return fill;
        }
        if column.fills_itself() {
            return None;
        }
        notes.push(format!(
            "review: rows that are there get a placeholder in {}; write what they should have",
            column.name
        ));
        Some(self.placeholder(to, column))
    }

    fn placeholder(&self, to: &Table, column: &Column) -> String {
        if let Some(key) = to.foreign_keys.iter().find(|key| key.columns.contains(&column.name)) {
            let at = key.columns.iter().position(|of| *of == column.name).unwrap_or_default();
            if let Some(referenced) = key.referenced.get(at) {
                // This table is the old one yet, which may have the column under no other name.
                let table = name(&key.references.name);
                return format!("(SELECT min({}) FROM {table})", name(referenced));
            }
        }
        if is_unique(to, &column.name) {
            let number = "row_number() OVER ()";
            let is_number = placeholder(column.ty.text()) == "0";
            return if is_number { number.to_owned() } else { format!("CAST({number} AS TEXT)") };
        }
        // The first of listed values.
        let listed = to.checks.iter().find_map(|check| {
            let prefix = format!("{} IN (", name(&column.name));
            let rest = check.expression.strip_prefix(&prefix)?;
            tokens(rest, &super::super::SYNTAX)
                .find(|t| t.kind == TokenKind::Text)
                .map(|t| t.text.to_owned())
        });
        listed.unwrap_or_else(|| placeholder(column.ty.text()).to_owned())
    }

    /// The table's triggers go with it and come again, in the words that are true now.
    fn triggers(&self, table: &Table) -> Vec<String> {
        let is_own = |thing: &&Uncovered| {
            thing.kind == "trigger"
                && thing.definition.as_deref().is_some_and(|sql| is_on_table(sql, table, self))
        };
        let own = self.work.from.uncovered.iter().filter(is_own);
        own.filter_map(|thing| thing.definition.as_deref().map(|sql| self.in_new_words(sql)))
            .collect()
    }

    /// A text with the names after all renames, in which tables and columns are called here.
    pub(super) fn in_new_words(&self, sql: &str) -> String {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for change in self.work.changes {
            match change {
                Change::RenameTable { from, to } => {
                    let is_new = self.work.from.find_table(to).is_some();
                    let pair = if is_new { (from, to) } else { (to, from) };
                    pairs.push((pair.0.name.clone(), pair.1.name.clone()));
                }
                Change::RenameColumn { table, from, to } => {
                    let of = self.work.from.find_table(table);
                    let is_new = of.is_some_and(|of| of.find_column(to).is_some());
                    let pair = if is_new { (from, to) } else { (to, from) };
                    pairs.push((pair.0.clone(), pair.1.clone()));
                }
                _ => {}
            }
        }
        let mut text = String::new();
        let mut end = 0;
        for token in tokens(sql, &super::super::SYNTAX) {
            if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
                continue;
            }
            let of = bare(&token);
            if let Some((_, new)) = pairs.iter().find(|(old, _)| old.eq_ignore_ascii_case(&of)) {
                text.push_str(&sql[end..token.start]);
                text.push_str(&name(new));
                end = token.start + token.text.len();
            }
        }
        text.push_str(&sql[end..]);
        text
    }
}

/// Whether a trigger is on a table: the name behind ON.
fn is_on_table(sql: &str, table: &Table, writer: &Writer<'_>) -> bool {
    let sql = writer.in_new_words(sql);
    let mut all =
        tokens(&sql, &super::super::SYNTAX).filter(|token| token.kind != TokenKind::Comment);
    let on = all.find(|token| token.is_word("ON")).and_then(|_| all.next());
    on.is_some_and(|on| bare(&on).eq_ignore_ascii_case(&table.name.name))
}

/// The value of a column that both have.
fn kept(old: &Column, new: &Column, changes: &[&Change]) -> String {
    let mut value = name(&new.name);
    for change in changes {
        let Change::AlterColumn { to, fill, renamed_values, .. } = change else { continue };
        if to.name != new.name {
            continue;
        }
        if !renamed_values.is_empty() {
            let cases: Vec<String> = renamed_values
                .iter()
                .map(|(from, to)| {
                    format!("WHEN {} THEN {}", Sqlite.literal(from), Sqlite.literal(to))
                })
                .collect();
            value = format!("CASE {value} {} ELSE {value} END", cases.join(" "));
        }
        if let Some(fill) = fill.as_ref().filter(|_| old.nullable && !new.nullable) {
            value = format!("coalesce({value}, {fill})");
        }
    }
    value
}

/// Whether two rows may not have the same value.
fn is_unique(table: &Table, column: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|of| of == column);
    let in_index = |index: &crate::schema::Index| {
        index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(of) => of == column,
            IndexKey::Expression(expression) => expression.contains(column),
        })
    };
    table.primary_key.as_ref().is_some_and(|key| has(&key.columns))
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.indexes.iter().filter(|index| index.unique).any(in_index)
}

/// Names of columns that something on the table mentions, so that they cannot simply be dropped.
pub(super) fn mentioned(table: &Table) -> HashSet<String> {
    let mut names: HashSet<String> = HashSet::new();
    let mut say = |expression: &str| {
        for token in tokens(expression, &super::super::SYNTAX) {
            if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
                names.insert(bare(&token).to_lowercase());
            }
        }
    };
    table.checks.iter().for_each(|check| say(&check.expression));
    table.columns.iter().filter_map(|c| c.generated.as_ref()).for_each(|g| say(&g.expression));
    table.primary_key.iter().for_each(|key| say(&list(&key.columns)));
    table.uniques.iter().for_each(|unique| say(&list(&unique.columns)));
    table.foreign_keys.iter().for_each(|key| say(&list(&key.columns)));
    names
}

/// Whether a type is one of the models' own words.
pub(super) fn is_abstract(ty: &Type) -> bool {
    !matches!(ty, Type::Sql(_))
}
