//! What hangs on an index, a column or a type, is not compared, and goes with it: grants, owners, the comment on the index of a key.
//! Where the same comes back, it is put back. It is pure.

use crate::{
    change::Change,
    schema::{Belonging, Column, IdentityKind, Name, Schema},
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
        *table == thing.of
            && ["constraint", "index"].contains(&thing.kind.as_str())
            && name.as_ref() == Some(&thing.part)
    };
    match change {
        Change::DropTable(table) => thing.kind != "type" && table.name == thing.of,
        Change::DropCheck { table, check } => is_part(table, &check.name),
        Change::DropForeignKey { table, key } => is_part(table, &key.name),
        Change::DropUnique { table, unique } => is_part(table, &unique.name),
        Change::DropExclusion { table, exclusion } => is_part(table, &exclusion.name),
        Change::DropPrimaryKey { table, key } => is_part(table, &key.name),
        Change::DropIndex { table, index } => is_part(table, &index.name),
        Change::DropColumn { table, column, .. } => {
            ["column", "numbers"].contains(&thing.kind.as_str())
                && *table == thing.of
                && column.name == thing.part
        }
        // The sequence that numbers it.
        Change::AlterColumn { table, from, to, .. } => {
            thing.kind == "numbers"
                && *table == thing.of
                && to.name == thing.part
                && is_serial(from) != is_serial(to)
        }
        Change::AlterEnum { from, rebuild, .. } => {
            *rebuild && thing.kind == "type" && from.name == thing.of
        }
        _ => false,
    }
}

/// Whether a sequence numbers a column as `serial` does; none where nothing numbers it.
fn is_serial(column: &Column) -> Option<bool> {
    column.identity.as_ref().map(|identity| identity.kind == IdentityKind::Serial)
}

/// Whether a change brings what it hangs on again.
fn brings(change: &Change, thing: &Belonging) -> bool {
    match change {
        Change::AlterEnum { .. } => takes(change, thing),
        Change::AlterColumn { to, .. } => to.identity.is_some() && takes(change, thing),
        // A computed column has no numbers.
        Change::AddColumn { column, .. } if thing.kind == "numbers" => {
            column.identity.is_some() && takes(&change.reverse(), thing)
        }
        Change::AddCheck { .. }
        | Change::AddForeignKey { .. }
        | Change::AddUnique { .. }
        | Change::AddExclusion { .. }
        | Change::AddPrimaryKey { .. }
        | Change::AddIndex { .. }
        | Change::AddColumn { .. } => takes(&change.reverse(), thing),
        _ => false,
    }
}
