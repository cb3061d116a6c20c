//! Names that differ in their letters' case alone, where the database takes them for one. It is pure.
//!
//! What is named so on the two sides is the same thing: it is renamed of its own accord, since nothing can be lost by that, and is
//! never dropped and made again.

use super::{
    expression::replace_quoted,
    rename::{Renames, each_expression},
    table_parts::TablePart,
};
use crate::{
    database::drafting::Folding,
    schema::{IndexKey, Name, Schema, Table},
    sql::Syntax,
};

/// How a database compares names, and how it writes them.
#[derive(Clone, Copy)]
pub(crate) struct Spelling<'a> {
    pub(crate) folding: Folding,
    pub(crate) syntax: &'a Syntax,
    pub(crate) quote: &'a dyn Fn(&str) -> String,
}

impl Spelling<'_> {
    fn same_table(&self, one: &Name, other: &Name) -> bool {
        one.schema == other.schema && self.folding.tables.same(&one.name, &other.name)
    }

    pub(super) fn same_part(&self, one: &str, other: &str) -> bool {
        self.folding.parts.same(one, other)
    }

    /// The table of this name, however it is spelled.
    pub(super) fn find<'s>(&self, schema: &'s Schema, name: &Name) -> Option<&'s Table> {
        let folded = || schema.tables.iter().find(|table| self.same_table(&table.name, name));
        schema.find_table(name).or_else(folded)
    }

    /// The column of this name, as the table spells it.
    pub(super) fn column<'t>(&self, table: &'t Table, name: &str) -> Option<&'t str> {
        let exact = table.columns.iter().find(|column| column.name == name);
        let folded = || table.columns.iter().find(|column| self.same_part(&column.name, name));
        exact.or_else(folded).map(|column| column.name.as_str())
    }

    /// Whether a text in the form `table.column` names this one.
    pub(super) fn is_at(&self, table: &Name, column: &str, target: &str) -> bool {
        target.rsplit_once('.').is_some_and(|(of, name)| {
            self.folding.tables.same(&table.to_string(), of) && self.same_part(column, name)
        })
    }

    /// Spells in a schema every name as where it is declared.
    pub(crate) fn resolve(&self, schema: &mut Schema) {
        let known = schema.clone();
        for table in &mut schema.tables {
            let Some(own) = known.find_table(&table.name) else { continue };
            self.resolve_table(table, own, own, &known);
        }
    }

    /// Spells the names of models as the database has taken them.
    pub(crate) fn respell(&self, models: &mut Schema, like: &Schema) {
        let models_were = models.clone();
        for table in &mut models.tables {
            let own = models_were.find_table(&table.name).unwrap_or(table).clone();
            let Some(taken) = self.find(like, &table.name) else { continue };
            table.name.clone_from(&taken.name);
            for column in &mut table.columns {
                if let Some(name) = self.column(taken, &column.name) {
                    name.clone_into(&mut column.name);
                }
            }
            self.resolve_table(table, &own, taken, like);
        }
    }

    /// `own` has the columns as they are named now, `taken` as they are to be, `all` what foreign keys refer to.
    fn resolve_table(&self, table: &mut Table, own: &Table, taken: &Table, all: &Schema) {
        let spell = |name: &mut String| {
            if let Some(column) = self.column(taken, name) {
                column.clone_into(name);
            }
        };
        if let Some(key) = &mut table.primary_key {
            key.columns.iter_mut().for_each(spell);
        }
        for unique in &mut table.uniques {
            unique.columns.iter_mut().for_each(spell);
        }
        for check in &mut table.checks {
            check.column.iter_mut().for_each(spell);
        }
        for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
            if let IndexKey::Column(name) = &mut part.key {
                spell(name);
            }
        }
        for key in &mut table.foreign_keys {
            key.columns.iter_mut().for_each(spell);
            let Some(other) = self.find(all, &key.references) else { continue };
            key.references.clone_from(&other.name);
            for name in &mut key.referenced {
                if let Some(column) = self.column(other, name) {
                    column.clone_into(name);
                }
            }
        }
        // Where a name is folded with all its signs, the server keeps each as it was written.
        let names: Vec<(String, String)> = own
            .columns
            .iter()
            .filter_map(|c| Some((c.name.clone(), self.column(taken, &c.name)?.to_owned())))
            .collect();
        each_expression(table, &mut |expression| {
            *expression = replace_quoted(expression, self.syntax, self.quote, |name| {
                let found = names.iter().find(|(own, _)| self.same_part(own, name));
                found.map(|(_, taken)| taken.clone()).filter(|taken| taken != name)
            });
        });
    }

    /// Spells what is to be renamed as the two sides do.
    pub(super) fn respell_renames(
        &self,
        renames: &mut Renames,
        current: &Schema,
        desired: &Schema,
    ) {
        let spell = |name: &mut Name, schema: &Schema| {
            if let Some(table) = self.find(schema, name) {
                name.clone_from(&table.name);
            }
        };
        for (old, new) in &mut renames.tables {
            spell(old, current);
            spell(new, desired);
        }
        let tables = renames.tables.clone();
        for (table, old, new) in &mut renames.columns {
            spell(table, desired);
            let was = tables.iter().find(|(_, new)| new == table).map_or(&*table, |(old, _)| old);
            let was = self.find(current, was).and_then(|was| self.column(was, old));
            if let Some(was) = was {
                *old = was.to_owned();
            }
            let wanted = desired.find_table(table).and_then(|table| self.column(table, new));
            if let Some(wanted) = wanted {
                *new = wanted.to_owned();
            }
        }
    }

    /// With what is spelled in two ways.
    pub(super) fn add_renames(&self, renames: &mut Renames, current: &Schema, desired: &Schema) {
        for wanted in &desired.tables {
            let is_asked = |(_, new): &&(Name, Name)| *new == wanted.name;
            let asked = renames.tables.iter().find(is_asked).map(|(old, _)| old.clone());
            let was = asked.as_ref().and_then(|old| current.find_table(old));
            let Some(was) = was.or_else(|| self.find(current, &wanted.name)) else { continue };
            let is_other = was.name != wanted.name && asked.is_none();
            let is_taken = desired.find_table(&was.name).is_some()
                || renames.tables.iter().any(|(old, _)| *old == was.name);
            if is_other && is_taken {
                continue;
            }
            if is_other {
                renames.tables.push((was.name.clone(), wanted.name.clone()));
            }
            for column in &wanted.columns {
                let Some(old) = self.column(was, &column.name) else { continue };
                let is_asked = renames.columns.iter().any(|(table, from, to)| {
                    *table == wanted.name && (from == old || *to == column.name)
                });
                if old != column.name && !is_asked && wanted.find_column(old).is_none() {
                    let (old, new) = (old.to_owned(), column.name.clone());
                    renames.columns.push((wanted.name.clone(), old, new));
                }
            }
        }
    }

    /// Whether a part of a table has this name.
    pub(super) fn has_part<P: TablePart>(&self, parts: &[P], name: &str) -> bool {
        parts.iter().any(|part| part.name().is_some_and(|own| self.same_part(own, name)))
    }
}

/// A text without the quotes around names that need none: a rename there and back leaves them behind.
pub(super) fn without_needless_quotes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['"', '\'', '`']) {
        let quote = &rest[start..=start];
        let Some(length) = rest[start + 1..].find(quote) else { break };
        let (inner, end) = (&rest[start + 1..start + 1 + length], start + length + 2);
        let is_plain = quote != "'"
            && inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        plain.push_str(&rest[..start]);
        plain.push_str(if is_plain { inner } else { &rest[start..end] });
        rest = &rest[end..];
    }
    plain.push_str(rest);
    plain
}
