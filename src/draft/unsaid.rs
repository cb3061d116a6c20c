//! Parts that models do not mention and a database may have anyway: a comment that somebody has put on a constraint, what a table is
//! clustered on. Where nothing is said of it, it stays as it is. It is pure.

use super::table_parts::{self, TablePart};
use crate::schema::{INDEX_OPTIONS, Options, PrimaryKey, Schema, Table};

/// Takes over from the current schema what the models do not mention.
pub(super) fn keep(current: &Schema, desired: &mut Schema) {
    for value in &mut desired.enums {
        let is = current.enums.iter().find(|known| known.name == value.name);
        keep_comment(is.map(|is| &is.comment), &mut value.comment);
    }
    for name in &desired.schemas {
        let is = current.schema_comments.get(name).cloned();
        if let Some(comment) = is.filter(|_| !desired.schema_comments.contains_key(name)) {
            desired.schema_comments.insert(name.clone(), comment);
        }
    }
    for table in &mut desired.tables {
        if let Some(is) = current.find_table(&table.name) {
            keep_in_table(is, table);
        }
    }
}

fn keep_in_table(is: &Table, table: &mut Table) {
    table.partition_by.clone_from(&is.partition_by);
    table.inherits.clone_from(&is.inherits);
    table.bound.clone_from(&is.bound);
    table.given.clone_from(&is.given);
    options(is, table);
    for column in &mut table.columns {
        let Some(is) = is.find_column(&column.name) else { continue };
        if let (Some(is), Some(identity)) = (&is.identity, &mut column.identity) {
            keep_comment(Some(&is.comment), &mut identity.comment);
        }
        for option in ["statistics", "n_distinct", "n_distinct_inherited", "not_null"] {
            keep_option(&is.options, &mut column.options, option);
        }
    }
    if let Some(key) = &mut table.primary_key {
        keep_comment(is.primary_key.as_ref().map(|is| &is.comment), &mut key.comment);
    }
    comments(&is.uniques, &mut table.uniques);
    comments(&is.foreign_keys, &mut table.foreign_keys);
    comments(&is.checks, &mut table.checks);
    comments(&is.exclusions, &mut table.exclusions);
}

fn comments<P: TablePart>(is: &[P], parts: &mut [P]) {
    for (old, new) in table_parts::pair(is, parts).pairs {
        keep_comment(Some(is[old].comment()), parts[new].comment_mut());
    }
    // One that changes is dropped and added.
    for part in parts {
        let same = is.iter().find(|is| is.name().is_some() && is.name() == part.name());
        keep_comment(same.map(TablePart::comment), part.comment_mut());
    }
}

fn keep_comment(is: Option<&Option<String>>, comment: &mut Option<String>) {
    if let Some(Some(is)) = is {
        comment.get_or_insert_with(|| is.clone());
    }
}

fn keep_option(is: &Options, options: &mut Options, option: &str) {
    if let Some(value) = is.get(option) {
        options.entry(option.to_owned()).or_insert_with(|| value.clone());
    }
}

/// An option that names an index stays while the index does.
fn options(is: &Table, table: &mut Table) {
    let says = |option: &str| table.options.contains_key(option);
    let says_identity = says("replica_identity") || says("replica_identity_index");
    let stays = |option: &str| {
        let index = is.options.get(option)?;
        same(&is.indexes, &table.indexes, index)
            .or_else(|| same(&is.uniques, &table.uniques, index))
            .or_else(|| same_key(is.primary_key.as_ref(), table.primary_key.as_ref(), index))
    };
    let tied = INDEX_OPTIONS.map(|option| (option, stays(option)));
    for (option, index) in tied {
        let is_said = option == "replica_identity_index" && says_identity;
        if let Some(index) = index.filter(|_| !is_said) {
            table.options.entry(option.to_owned()).or_insert(index);
        }
    }
    for option in ["partition_by", "partitions"] {
        keep_option(&is.options, &mut table.options, option);
    }
    if !says_identity {
        keep_option(&is.options, &mut table.options, "replica_identity");
    }
}

/// The name that a part has afterwards.
fn same<P: TablePart>(is: &[P], parts: &[P], name: &str) -> Option<String> {
    let is_it = |part: &P| part.name().is_some_and(|own| own == name);
    let pairs = table_parts::pair(is, parts).pairs;
    let pair = pairs.into_iter().find(|(old, _)| is_it(&is[*old])).map(|(old, new)| {
        let renamed = table_parts::renaming(&is[old], &parts[new]);
        renamed.map_or(name, |(_, new)| new).to_owned()
    });
    pair.or_else(|| parts.iter().find(|part| is_it(part)).map(|_| name.to_owned()))
}

fn same_key(is: Option<&PrimaryKey>, key: Option<&PrimaryKey>, name: &str) -> Option<String> {
    let (is, key) = (is?, key?);
    let stays = is.name.as_deref() == Some(name) && is.columns == key.columns;
    stays.then(|| if key.loose { Some(name.to_owned()) } else { key.name.clone() }).flatten()
}
