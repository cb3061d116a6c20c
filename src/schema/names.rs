//! The names in a schema.

use super::{EnumType, Name, Schema, Table, Type};

impl Schema {
    /// The schemas that are named in it, sorted.
    pub(crate) fn named_schemas(&self) -> Vec<String> {
        let mut schemas = self.schemas.clone();
        let tables = self.tables.iter().map(|table| &table.name);
        let enums = self.enums.iter().map(|value| &value.name);
        let sequences = self.sequences.iter().map(|sequence| &sequence.name);
        let names = tables.chain(enums).chain(sequences);
        schemas.extend(names.filter_map(|name| name.schema.clone()));
        schemas.sort();
        schemas.dedup();
        schemas
    }

    /// Two enum types that have one name and not the same values.
    pub(crate) fn enums_of_one_name(&self) -> Option<(&EnumType, &EnumType)> {
        let columns = self.tables.iter().flat_map(|table| &table.columns);
        columns.filter_map(|column| column.ty.enum_type()).find_map(|used| {
            let known = self.enums.iter().find(|known| known.name == used.name)?;
            (known.values != used.values).then_some((known, used))
        })
    }

    /// Removes the name of one schema, in which names without a schema are looked up anyway.
    pub(crate) fn leave_out_schema(&mut self, schema: &str) {
        self.schemas.retain(|named| named != schema);
        self.each_name(&mut |name| {
            if name.schema.as_deref() == Some(schema) {
                name.schema = None;
            }
        });
    }

    /// Changes the names of tables, types and sequences, wherever they stand.
    pub(crate) fn each_name(&mut self, change: &mut dyn FnMut(&mut Name)) {
        self.enums.iter_mut().for_each(|value| change(&mut value.name));
        for sequence in &mut self.sequences {
            change(&mut sequence.name);
            sequence.owned_by.iter_mut().for_each(|(table, _)| change(table));
        }
        self.tables.iter_mut().for_each(|table| each_name_of(table, change));
    }
}

fn each_name_of(table: &mut Table, change: &mut dyn FnMut(&mut Name)) {
    change(&mut table.name);
    table.inherits.iter_mut().for_each(&mut *change);
    table.foreign_keys.iter_mut().for_each(|key| change(&mut key.references));
    for column in &mut table.columns {
        if let Type::Enum(value) = column.ty.element_mut() {
            change(&mut value.name);
        }
        if let Some(name) = column.identity.as_mut().and_then(|i| i.sequence_name.as_mut()) {
            change(name);
        }
    }
}
