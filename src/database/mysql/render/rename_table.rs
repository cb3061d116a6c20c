//! A table that gets another name while programs of both versions use it: until the old ones are gone, the new name is a view.

use super::name::{self, shortened};
use crate::{
    database::drafting::{OnlineSteps, RenamedTable, TwoWay},
    schema::{Address, Name},
};

pub(in super::super) fn rename(of: &RenamedTable<'_>) -> Result<OnlineSteps, String> {
    let before = of.before;
    // A rename takes foreign keys along. A view, a routine, a trigger or an event would look for the old name.
    let table = Address::Table(before.name.clone());
    let mut objects = of.state.objects.iter();
    let uses = |address: &Address| match address {
        Address::Column(of, _) => *of == before.name,
        address => *address == table,
    };
    let depends = |of_object: &Address| {
        of.state.dependencies.iter().any(|other| other.of == *of_object && uses(&other.on))
    };
    let is_in_text = |text: &str| {
        super::words(text).iter().any(|word| word.eq_ignore_ascii_case(&before.name.name))
    };
    let user = objects.find(|object| depends(&object.address()) || is_in_text(&object.definition));
    if let Some(object) = user {
        return Err(format!("the {} {} uses it", object.kind, object.name));
    }
    let (old, new) = (name::table(&before.name), name::table(of.to));
    let aside = |end: &str| name::table(&Name::new(shortened(&before.name.name, end)));
    let (gone, came) = (aside("_ambix_gone"), aside("_ambix_view"));
    let columns: Vec<String> =
        before.columns.iter().map(|column| name::name(&column.name)).collect();
    let columns = columns.join(", ");
    let view = |own: &str, from: &str| {
        format!("CREATE SQL SECURITY INVOKER VIEW {own} AS\n    SELECT {columns} FROM {from}")
    };
    let drop = |view: &str| format!("DROP VIEW {view}");
    let end = TwoWay {
        // One statement, so that nobody finds neither of the two.
        up: vec![format!("RENAME TABLE {new} TO {gone}, {old} TO {new}"), drop(&gone)],
        down: vec![
            // A view can only be created of something that exists by its name.
            view(&old, &new),
            view(&came, &old),
            format!("RENAME TABLE {old} TO {gone}, {new} TO {old}, {came} TO {new}"),
            drop(&gone),
        ],
    };
    let begin = TwoWay { up: vec![view(&new, &old)], down: vec![drop(&new)] };
    Ok(OnlineSteps { begin: Some(begin), end: Some(end), ..OnlineSteps::default() })
}
