//! The comment on the index of a key: it is not compared, and goes with the key. If the key comes back, so does the comment. It is pure.

use crate::{
    change::Change,
    schema::{Belonging, Name, Schema},
};

/// The statements that put back what changes take along, on the way there and on the way back. `down` are those of the way back,
/// `quote` writes a name.
pub(super) fn put_back(
    (changes, down): (&[Change], &[Change]),
    (current, desired): (&Schema, &Schema),
    quote: &dyn Fn(&str) -> String,
) -> (Vec<String>, Vec<String>) {
    let (mut there, mut back) = (Vec::new(), Vec::new());
    for thing in &current.belongings {
        let is_gone = changes.iter().any(|change| takes(change, thing));
        let again = is_gone && changes.iter().any(|change| brings(change, thing));
        if again {
            // As it should be, where that is said as well.
            let same = |other: &&Belonging| {
                other.kind == thing.kind
                    && other.of == thing.of
                    && other.part == thing.part
                    && first_words(other) == first_words(thing)
            };
            let wanted = desired.belongings.iter().find(same).unwrap_or(thing);
            there.push(statement(wanted, &thing.of, quote));
        }
        if is_gone && !again || down.iter().any(|change| takes(change, thing)) {
            back.push(statement(thing, &thing.was, quote));
        }
    }
    (there, back)
}

fn statement(thing: &Belonging, of: &Name, quote: &dyn Fn(&str) -> String) -> String {
    let schema = of.schema.as_ref().map(|schema| format!("{}.", quote(schema)));
    let name = format!("{}{}", schema.unwrap_or_default(), quote(&of.name));
    thing.statement.replace(Belonging::PLACE, &name)
}

/// What kind of statement it is: the text of a comment may be another.
fn first_words(thing: &Belonging) -> &str {
    let text = thing.statement.as_str();
    let is_comment = text.starts_with("COMMENT");
    text.split_once(" IS ").filter(|_| is_comment).map_or(text, |(head, _)| head)
}

/// Whether a change takes it along.
fn takes(change: &Change, thing: &Belonging) -> bool {
    let is_part = |table: &Name, name: &Option<String>| {
        *table == thing.of && name.as_ref() == Some(&thing.part)
    };
    match change {
        Change::DropTable(table) => table.name == thing.of,
        Change::DropCheck { table, check } => is_part(table, &check.name),
        Change::DropForeignKey { table, key } => is_part(table, &key.name),
        Change::DropUnique { table, unique } => is_part(table, &unique.name),
        Change::DropExclusion { table, exclusion } => is_part(table, &exclusion.name),
        Change::DropPrimaryKey { table, key } => is_part(table, &key.name),
        Change::DropIndex { table, index } => is_part(table, &index.name),
        _ => false,
    }
}

/// Whether a change brings what it hangs on again.
fn brings(change: &Change, thing: &Belonging) -> bool {
    match change {
        Change::AddCheck { .. }
        | Change::AddForeignKey { .. }
        | Change::AddUnique { .. }
        | Change::AddExclusion { .. }
        | Change::AddPrimaryKey { .. }
        | Change::AddIndex { .. } => takes(&change.reverse(), thing),
        _ => false,
    }
}
