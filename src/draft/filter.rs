//! What takes no part in a comparison: it stays as it is, and with it what it needs. It is pure.

use super::{
    Filter, Object, ObjectKind,
    expression::{mentions, mentions_type},
    retyped::is_type_called,
    spelling::Spelling,
    table_parts::{TablePart, index_columns, names},
};
use crate::{
    database::drafting::DraftingCapabilities,
    schema::{Column, DefaultValue, ForeignKey, Index, Name, PrimaryKey, Schema, Table},
    sql::{Syntax, Token, TokenKind, name_value, qualified_name, tokens},
};

/// What the filter of a program does to a comparison.
pub(super) struct Filtering<'a> {
    pub(super) filter: &'a Filter,
    /// What should be there, before anything was left out.
    pub(super) models: Schema,
    pub(super) facts: &'a DraftingCapabilities,
    pub(super) spelling: Spelling<'a>,
    pub(super) syntax: &'a Syntax,
}

impl Filtering<'_> {
    /// Takes out what the filter does not want: of the models all of it, of the database what stands alone. What is on a table
    /// stays there, since a table that goes takes it along, and one that is recreated has to keep it.
    pub(super) fn leave_out(&self, current: &mut Schema, desired: &mut Schema) {
        for schema in [&mut *current, &mut *desired] {
            let models = &self.models;
            schema.tables.retain(|table| {
                // As the models spell it, where they have it.
                let model = self.spelling.find(models, &table.name).map(|model| &model.name);
                self.wants(ObjectKind::Table, model.unwrap_or(&table.name), model.is_some())
            });
            let in_models = |name: &Name| models.enums.iter().any(|m| m.name == *name);
            schema.enums.retain(|e| self.wants(ObjectKind::Enum, &e.name, in_models(&e.name)));
            let in_models = |name: &Name| models.sequences.iter().any(|m| m.name == *name);
            schema
                .sequences
                .retain(|s| self.wants(ObjectKind::Sequence, &s.name, in_models(&s.name)));
        }
        desired.tables.iter_mut().for_each(|table| self.leave_out_parts(table));
    }

    /// Adds what is on a table and takes no part to what is wanted. `current` has the names that the models have by now.
    pub(super) fn keep(&self, current: &Schema, desired: &mut Schema) {
        for wanted in &mut desired.tables {
            let Some(all) = current.find_table(&wanted.name) else { continue };
            let mut left = all.clone();
            self.leave_out_parts(&mut left);
            let columns = all.columns.iter().filter(|column| !left.columns.contains(column));
            wanted.columns.extend(columns.cloned());
            // What is on a column goes with it.
            let gone: Vec<&str> = missing(all, wanted);
            let is_gone = |part: &dyn Fn(&str) -> bool| gone.iter().any(|column| part(column));
            fn add<P: TablePart>(
                all: &[P],
                left: &[P],
                wanted: &mut Vec<P>,
                is_gone: &dyn Fn(&P) -> bool,
            ) {
                let kept = all.iter().filter(|part| !left.contains(part) && !is_gone(part));
                wanted.extend(kept.cloned());
            }
            macro_rules! add {
                ($($field:ident)*) => {
                    $(add(&all.$field, &left.$field, &mut wanted.$field, &|part| {
                        is_gone(&|column| part.depends_on_column(column, self.syntax))
                    });)*
                };
            }
            add!(uniques checks exclusions indexes foreign_keys);
        }
    }

    /// Takes out what needs something that does not come, since it takes no part and is not there either. `all` is what is
    /// there, whether it takes part or not.
    pub(super) fn leave_out_lacking(&self, current: &Schema, desired: &mut Schema, all: &Schema) {
        let absent = self.models.enums.iter().map(|value| &value.name).filter(|name| {
            ![&*desired, all].iter().any(|schema| schema.enums.iter().any(|e| e.name == **name))
        });
        let absent: Vec<&Name> = absent.collect();
        for table in &mut desired.tables {
            let Some(model) = self.models.find_table(&table.name) else { continue };
            let key = current.find_table(&table.name).and_then(|t| t.primary_key.as_ref());
            self.leave_out_columns(table, model, &absent);
            self.leave_out_without_columns(table, model, key);
        }
        let whole = desired.clone();
        let can_be = |key: &ForeignKey| {
            let name = &key.references;
            match whole.find_table(name).or_else(|| all.find_table(name)) {
                Some(table) => key.referenced.iter().all(|c| table.find_column(c).is_some()),
                None => self.models.find_table(name).is_none(),
            }
        };
        for table in &mut desired.tables {
            let (stay, go): (Vec<ForeignKey>, Vec<ForeignKey>) =
                std::mem::take(&mut table.foreign_keys).into_iter().partition(can_be);
            table.foreign_keys = stay;
            self.leave_out_own_indexes(table, &go);
        }
    }

    /// Columns of a type that does not come, and those that are computed from others that do not.
    fn leave_out_columns(&self, table: &mut Table, model: &Table, absent: &[&Name]) {
        loop {
            let gone = missing(model, table);
            let lacks = |column: &Column| {
                let ty = column.ty.text();
                let expression = column.generated.as_ref().map_or("", |g| &g.expression);
                absent.iter().any(|name| mentions(ty, &name.name, self.syntax))
                    || gone.iter().any(|name| mentions(expression, name, self.syntax))
            };
            let count = table.columns.len();
            table.columns.retain(|column| !lacks(column));
            // What has gone may be what another one is computed from.
            if table.columns.len() == count {
                return;
            }
        }
    }

    /// Parts on columns that are not created. `key` is the existing primary key.
    fn leave_out_without_columns(
        &self,
        table: &mut Table,
        model: &Table,
        key: Option<&PrimaryKey>,
    ) {
        let gone = missing(model, table);
        let is_gone = |name: &String| gone.contains(&name.as_str());
        if table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(is_gone)) {
            table.primary_key = key.cloned();
        }
        fn retain<P: TablePart>(parts: &mut Vec<P>, gone: &[&str], syntax: &Syntax) {
            parts.retain(|part| !gone.iter().any(|column| part.depends_on_column(column, syntax)));
        }
        retain(&mut table.uniques, &gone, self.syntax);
        retain(&mut table.checks, &gone, self.syntax);
        retain(&mut table.exclusions, &gone, self.syntax);
        retain(&mut table.indexes, &gone, self.syntax);
        retain(&mut table.foreign_keys, &gone, self.syntax);
    }

    fn leave_out_parts(&self, table: &mut Table) {
        let name = table.name.clone();
        let models = self.models.find_table(&name);
        let ask = |kind, part: &str, in_models, references: Option<&Name>| {
            (self.filter)(&Object {
                kind,
                name: part,
                schema: name.schema.as_deref(),
                table: Some(&name.name),
                in_models,
                references,
            })
        };
        table.columns.retain(|column| {
            let known = models.is_some_and(|m| m.find_column(&column.name).is_some());
            ask(ObjectKind::Column, &column.name, known, None)
        });
        fn text<P: TablePart>(part: &P) -> &str {
            part.name().map_or("", String::as_str)
        }
        fn known<P: TablePart>(part: &P, models: Option<&[P]>) -> bool {
            models.is_some_and(|all| all.iter().any(|m| m.content() == part.content()))
        }
        macro_rules! retain {
            ($($field:ident $kind:ident)*) => {
                $(table.$field.retain(|part| {
                    let known = known(part, models.map(|m| m.$field.as_slice()));
                    ask(ObjectKind::$kind, text(part), known, None)
                });)*
            };
        }
        retain!(uniques Unique checks Check exclusions Exclusion indexes Index);
        let (stay, go): (Vec<ForeignKey>, Vec<ForeignKey>) =
            std::mem::take(&mut table.foreign_keys).into_iter().partition(|part| {
                let known = known(part, models.map(|m| m.foreign_keys.as_slice()));
                ask(ObjectKind::ForeignKey, text(part), known, Some(&part.references))
            });
        table.foreign_keys = stay;
        self.leave_out_own_indexes(table, &go);
    }

    /// The index that a foreign key makes for itself is left out with it, unless another one that takes part has no other.
    fn leave_out_own_indexes(&self, table: &mut Table, left_out: &[ForeignKey]) {
        if !self.facts.foreign_keys_need_indexes {
            return;
        }
        let own: Vec<String> = names(left_out).collect();
        let serves = |index: &Index| {
            let columns = index_columns(index);
            table.foreign_keys.iter().any(|key| columns.starts_with(&TablePart::columns(key)))
        };
        table.indexes.retain(|index| {
            let is_own = index.name.as_ref().is_some_and(|name| own.contains(name));
            !is_own || serves(index)
        });
    }

    fn wants(&self, kind: ObjectKind, name: &Name, in_models: bool) -> bool {
        (self.filter)(&Object {
            kind,
            name: &name.name,
            schema: name.schema.as_deref(),
            table: (kind == ObjectKind::Table).then_some(name.name.as_str()),
            in_models,
            references: None,
        })
    }
}

/// The columns of a table that the other one lacks.
fn missing<'t>(table: &'t Table, other: &Table) -> Vec<&'t str> {
    let names = table.columns.iter().map(|column| column.name.as_str());
    names.filter(|name| other.find_column(name).is_none()).collect()
}

/// Types and sequences that a table which stays as it is needs stay with it.
pub(super) fn keep_used(
    current: &mut Schema,
    desired: &Schema,
    staying: &[&Table],
    syntax: &Syntax,
) {
    let columns = || staying.iter().flat_map(|table| &table.columns);
    let is_type = |name: &Name| columns().any(|c| mentions_type(c.ty.text(), name, syntax));
    let is_in_default = |name: &Name| {
        columns().any(|column| match &column.default {
            Some(DefaultValue::Sql(sql)) => mentions_in_text(sql, name, syntax),
            _ => false,
        })
    };
    // Another type of that name is no enum that stays.
    let is_wanted = |name: &Name| {
        desired.enums.iter().any(|value| value.name == *name)
            || desired.objects.iter().any(|object| is_type_called(object, name))
    };
    current.enums.retain(|value| {
        is_wanted(&value.name) || !is_type(&value.name) && !is_in_default(&value.name)
    });
    let is_wanted = |name: &Name| desired.sequences.iter().any(|s| s.name == *name);
    current.sequences.retain(|s| is_wanted(&s.name) || !is_in_default(&s.name));
}

/// A table that a foreign key refers to stays where the foreign key takes no part and stays.
pub(super) fn keep_referenced(current: &Schema, desired: &mut Schema, left_out: &[&Table]) {
    loop {
        let stays = |table: &&Table| {
            let tables = left_out.iter().copied().chain(&desired.tables);
            let mut keys = tables.flat_map(|table| &table.foreign_keys);
            desired.find_table(&table.name).is_none() && keys.any(|k| k.references == table.name)
        };
        let Some(table) = current.tables.iter().find(stays) else { return };
        let table = table.clone();
        desired.tables.push(table);
    }
}

/// Whether a name is in an expression, also as the end of a literal: a sequence does in that of its default.
fn mentions_in_text(expression: &str, name: &Name, syntax: &Syntax) -> bool {
    let is_literal = |token: Token<'_>| {
        let parts = qualified_name(&name_value(&token), syntax);
        // With a schema in front, it is another one of that name.
        let is_own = name.schema.is_some() || parts.len() == 1;
        token.kind == TokenKind::Text && is_own && parts.last() == Some(&name.name)
    };
    mentions_type(expression, name, syntax) || tokens(expression, syntax).any(is_literal)
}
