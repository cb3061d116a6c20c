//! A table that gets another name while programs of both versions use it: until the old ones are gone, the new name is a view.

use super::{name::name, table_name};
use crate::{
    database::drafting::{OnlineSteps, RenamedTable, TwoWay},
    schema::{Address, Name, SchemaObject},
};

pub(in super::super) fn rename(of: &RenamedTable<'_>) -> Result<OnlineSteps, String> {
    let (before, table) = (of.before, Address::Table(of.before.name.clone()));
    let own = |object: &&SchemaObject| object.belongs_to.as_ref() == Some(&table);
    let own: Vec<&SchemaObject> = of.state.objects.iter().filter(own).collect();
    let has = |kind: &str| own.iter().any(|object| object.kind == kind);
    if has("row-level security") || has("policy") {
        return Err("a view reads with the rights of its owner, whom the policies of the table would not ask".to_owned());
    }
    if has("rule") {
        return Err("its rules and those of a view get in each other's way".to_owned());
    }
    if !before.inherits.is_empty()
        || of.state.tables.iter().any(|other| other.inherits.contains(&before.name))
    {
        return Err("it has partitions or children, or is one".to_owned());
    }
    let (old, new) = (table_name(&before.name), table_name(of.to));
    let columns: Vec<String> = before.columns.iter().map(|column| name(&column.name)).collect();
    if columns.is_empty() {
        return Err("it has no columns".to_owned());
    }
    let mut view =
        vec![format!("CREATE VIEW {new} AS\n    SELECT {} FROM {old}", columns.join(", "))];
    // Whoever may use the table may use the view.
    let access = own.iter().filter(|object| object.is_access);
    view.extend(access.filter_map(|object| on_view(&object.definition, &before.name, of.to)));
    let drop = format!("DROP VIEW {new}");
    let rename = |from: &Name, to: &Name| {
        format!("ALTER TABLE {} RENAME TO {}", table_name(from), name(&to.name))
    };
    let end = TwoWay {
        up: vec![drop.clone(), rename(&before.name, of.to)],
        down: std::iter::once(rename(of.to, &before.name)).chain(view.clone()).collect(),
    };
    let begin = TwoWay { up: view, down: vec![drop] };
    Ok(OnlineSteps { begin: Some(begin), end: Some(end), ..OnlineSteps::default() })
}

/// The privileges of a table, for its view.
fn on_view(definition: &str, table: &Name, view: &Name) -> Option<String> {
    let (old, new) = (table_name(table), table_name(view));
    let written = [format!(" ON TABLE {old} "), format!(" ON {old} ")];
    let found = written.iter().find(|written| definition.contains(written.as_str()))?;
    Some(definition.replace(found.as_str(), &format!(" ON {new} ")))
}
