//! Columns whose type goes while they stay: they are texts in between, from which every value can be read again. It is pure.

use super::{
    dependents::Dependents,
    diff::{add_column, drop_column},
    expression::mentions_type,
    order::RETYPED,
};
use crate::{
    change::Change,
    schema::{Address, Column, Dependency, EnumType, Name, Schema, SchemaObject, Type},
};

impl Dependents<'_> {
    /// Columns whose type, or the collation of it, goes and comes back as another: until then they are texts, from which every value
    /// can be read again.
    pub(super) fn of_types(&mut self) {
        let context = self.context;
        for Dependency { of, on, .. } in &context.current.dependencies {
            let Address::Column(table, name) = of else { continue };
            let column = |schema: &'_ Schema| -> Option<Column> {
                schema.find_table(table)?.find_column(name).cloned()
            };
            let is = context.current.find_table(table);
            let given = is.is_none_or(|table| table.has_from(context.current, name));
            let own = (table.clone(), name.clone());
            if given || !context.dropped.contains(on) || self.retyped.contains(&own) {
                continue;
            }
            match (column(context.current), column(context.desired)) {
                (Some(from), Some(to)) => {
                    self.retype(table, on, (&from, &to));
                    self.retyped.insert(own);
                }
                // One that goes does so before the type comes back.
                (Some(_), None) if context.desired.objects.iter().any(|o| o.address() == *on) => {
                    let is_it = |change: &Change| {
                        matches!(change, Change::DropColumn { table: of, column, .. }
                            if of == table && column.name == *name)
                    };
                    let drop = self.changes.iter().position(is_it);
                    let drop = drop.map(|at| (Some(RETYPED), self.changes.remove(at)));
                    self.early.extend(drop);
                }
                _ => {}
            }
        }
    }

    /// An enum type that goes while an object takes its name: its columns are texts in between.
    pub(super) fn of_replaced_enums(&mut self) {
        let context = self.context;
        let is_taken = |value: &EnumType| {
            context.desired.objects.iter().any(|object| is_type_called(object, &value.name))
        };
        let at = |changes: &[Change]| {
            changes
                .iter()
                .position(|change| matches!(change, Change::DropEnum(value) if is_taken(value)))
        };
        while let Some(at) = at(&self.changes) {
            let drop = self.changes.remove(at);
            if let Change::DropEnum(value) = &drop {
                self.release_columns(value);
            }
            self.early.push((Some(RETYPED + 1), drop));
        }
    }

    fn release_columns(&mut self, value: &EnumType) {
        let context = self.context;
        for table in &context.current.tables {
            let Some(wanted) = context.desired.find_table(&table.name) else { continue };
            for column in &table.columns {
                let own = (table.name.clone(), column.name.clone());
                let has = mentions_type(column.ty.text(), &value.name, context.syntax);
                if !has || table.has_from(context.current, &column.name) {
                    continue;
                }
                let is_it = |change: &Change| {
                    matches!(change, Change::DropColumn { table: of, column: gone, .. }
                        if *of == own.0 && gone.name == own.1)
                };
                if let Some(at) = self.changes.iter().position(is_it) {
                    let drop = self.changes.remove(at);
                    self.early.push((Some(RETYPED), drop));
                } else if let Some(to) = wanted.find_column(&column.name) {
                    self.as_text(&table.name, Type::sql("text"), (column, to));
                    self.retyped.insert(own);
                }
            }
        }
    }

    fn retype(&mut self, table: &Name, on: &Address, (from, to): (&Column, &Column)) {
        let stays = from.ty == to.ty && from.collation == to.collation;
        let is_own = |change: &Change| match change {
            Change::DropColumn { table: of, column, .. } => of == table && column.name == to.name,
            _ => false,
        };
        if !stays || self.changes.iter().any(is_own) {
            return;
        }
        let is_collation = matches!(on, Address::Object(kind, _) if kind == "collation");
        let ty = if is_collation { from.ty.clone() } else { Type::sql("text") };
        self.as_text(table, ty, (from, to));
    }

    /// Lets a column be of another type until its own is there.
    fn as_text(&mut self, table: &Name, ty: Type, (from, to): (&Column, &Column)) {
        let altered = self.changes.iter().position(|change| {
            matches!(change, Change::AlterColumn { table: of, to: other, .. } if of == table && other.name == to.name)
        });
        let altered = altered.map(|at| self.changes.remove(at));
        if from.generated.is_some() {
            self.changes.push(drop_column(table, from));
            self.changes.push(add_column(table, to));
            return;
        }
        let (fill, renamed_values) = match altered {
            Some(Change::AlterColumn { fill, renamed_values, .. }) => (fill, renamed_values),
            _ => (None, Vec::new()),
        };
        let text = Column { ty, default: None, collation: None, ..from.clone() };
        let table = table.clone();
        let early = Change::AlterColumn {
            table: table.clone(),
            from: from.clone(),
            to: text.clone(),
            fill: None,
            renamed_values: Vec::new(),
        };
        self.early.push((Some(RETYPED), early));
        let to = to.clone();
        self.changes.push(Change::AlterColumn { table, from: text, to, fill, renamed_values });
    }
}

/// Whether an object is a type of this name, which no other type can have.
pub(super) fn is_type_called(object: &SchemaObject, name: &Name) -> bool {
    ["domain", "composite type", "range type"].contains(&object.kind.as_str())
        && object.name.replace('"', "") == name.to_string()
}
