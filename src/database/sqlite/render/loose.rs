//! Names that nobody gave. The models' constraints and indexes may be called otherwise in the database, and stay so; what is made
//! again on the way down gets the name that it had.

use crate::schema::{Check, ForeignKey, Index, Schema, Table, Unique};

/// The current schema, in which parts without a name of their own have the names of the future one.
pub(super) fn settled(from: &Schema, to: &Schema) -> Schema {
    let mut schema = from.clone();
    for table in &mut schema.tables {
        let Some(other) = to.find_table(&table.name) else { continue };
        settle(&mut table.uniques, &other.uniques);
        settle(&mut table.foreign_keys, &other.foreign_keys);
        settle(&mut table.checks, &other.checks);
        settle(&mut table.indexes, &other.indexes);
        settle_primary_key(table, other);
    }
    schema
}

fn settle_primary_key(table: &mut Table, other: &Table) {
    if let (Some(key), Some(other)) = (&mut table.primary_key, &other.primary_key)
        && key.loose
        && key.columns == other.columns
        && key.options == other.options
    {
        key.name.clone_from(&other.name);
        key.loose = other.loose;
    }
}

trait Part: Clone + PartialEq {
    /// Its name, and whether that was made up.
    fn name(&mut self) -> (&mut Option<String>, &mut bool);
    /// The same without what does not count.
    fn content(&self) -> Self;
}

macro_rules! part {
    ($type:ident $(, $field:ident)*) => {
        impl Part for $type {
            fn name(&mut self) -> (&mut Option<String>, &mut bool) {
                (&mut self.name, &mut self.loose)
            }
            fn content(&self) -> Self {
                Self { name: None, loose: false, renamed_from: None, $($field: None,)* ..self.clone() }
            }
        }
    };
}
part!(Unique);
part!(ForeignKey);
part!(Check, column);
part!(Index, comment);

fn settle<P: Part>(parts: &mut [P], others: &[P]) {
    let mut free: Vec<P> = others.to_vec();
    // Those that are the same by name, too, are not there for others.
    for part in parts.iter_mut() {
        let own = part.name().0.clone();
        let content = part.content();
        let is_same = |other: &mut P| *other.name().0 == own && other.content() == content;
        if let Some(at) = free.iter_mut().position(is_same) {
            free.remove(at);
        }
    }
    for part in parts.iter_mut() {
        if others.iter().any(|other| is_twin(part, other)) {
            continue;
        }
        let is_loose = *part.name().1;
        let content = part.content();
        let found = free.iter().position(|other| is_loose && other.content() == content);
        if let Some(at) = found {
            let mut other = free.remove(at);
            let (name, loose) = part.name();
            let (other_name, other_loose) = other.name();
            name.clone_from(other_name);
            *loose = *other_loose;
        }
    }
}

fn is_twin<P: Part>(part: &P, other: &P) -> bool {
    let (mut part, mut other) = (part.clone(), other.clone());
    part.content() == other.content() && part.name().0 == other.name().0
}
