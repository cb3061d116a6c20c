//! Makes a copy ready again: finds what a test has left in it, and removes that.

use super::{
    super::super::section,
    COPIES,
    copier::{CopyMethod, quiet, read_way},
    definition::{CreateStatement, DatabaseDefinition, DefinitionKind},
    fill,
    session::Reader,
    settle, template,
};
use crate::database::{Dialect, Failure, mysql::MySql, testkit::READY};

/// Puts a copy on the shelf for the next test. Whether it is there: where anything is in doubt it is not, and has to be dropped.
pub(super) async fn shelve(
    reader: &mut Reader,
    name: &str,
    fingerprint: &str,
) -> Result<bool, Failure> {
    let (literal, key) = (MySql.literal(name), MySql.literal(fingerprint));
    // One that was ended in the midst of something may have left it to be rolled back.
    if !quiet(reader, name).await? {
        return Ok(false);
    }
    let query = format!(
        "{};\n{}",
        fill(section!(COPIES, "scheduler"), &[]),
        fill(section!(COPIES, "template"), &[("fingerprint", &key)])
    );
    let sets = reader.run(&query).await?;
    let [scheduler, template_sets @ ..] = sets.as_slice() else { return Ok(false) };
    let Some(CopyMethod::Script(definition)) = read_way(template_sets) else { return Ok(false) };
    let is_on = scheduler.first().is_some_and(|row| row.column("scheduler") == Some("ON"));
    let runs = |object: &CreateStatement| {
        object.kind == DefinitionKind::Event
            && object.columns.first().is_some_and(|word| word == "ENABLED")
    };
    if is_on && definition.objects.iter().any(runs) {
        // Its events would run while nobody looks.
        return Ok(false);
    }
    let Some(seen) = definition.look_at(reader, name).await? else { return Ok(false) };
    let Some(mut statements) = reset(&definition, &seen, &template(fingerprint)) else {
        return Ok(false);
    };
    if !statements.is_empty() {
        statements.push("USE information_schema".to_owned());
        reader.run(&statements.join(";\n")).await?;
    }
    let shelf = READY.to_string();
    let values = [("name", literal.as_str()), ("fingerprint", &key), ("shelf", &shelf)];
    let shelved = settle(reader, &fill(section!(COPIES, "shelve"), &values)).await?;
    Ok(shelved.last().is_some_and(|rows| !rows.is_empty()))
}

/// The statements that make a copy as its template is. None where that cannot be, since more than rows has changed.
fn reset(
    definition: &DatabaseDefinition,
    seen: &DatabaseDefinition,
    template: &str,
) -> Option<Vec<String>> {
    if (&definition.charset, &definition.collation) != (&seen.charset, &seen.collation) {
        return None;
    }
    let mut statements = Vec::new();
    for (want, have) in definition.objects.iter().zip(&seen.objects) {
        if want == have {
            continue;
        }
        if (want.kind, &want.name, &want.settings, &want.text)
            != (have.kind, &have.name, &have.settings, &have.text)
        {
            return None;
        }
        match want.kind {
            DefinitionKind::Sequence if want.sum == have.sum => {
                let number = want.counter.as_deref()?;
                statements.push(format!("ALTER SEQUENCE {} RESTART {number}", want.quoted()));
            }
            DefinitionKind::Table => {
                statements.extend(reset_table(definition, want, have, template)?)
            }
            _ => return None,
        }
    }
    Some(statements)
}

fn reset_table(
    definition: &DatabaseDefinition,
    want: &CreateStatement,
    have: &CreateStatement,
    template: &str,
) -> Option<Vec<String>> {
    let table = want.quoted();
    let mut statements = Vec::new();
    let rows_differ = want.filled != have.filled || want.sum != have.sum;
    if rows_differ || !want.filled {
        // No trigger sees this, other than a DELETE.
        statements.push(format!("TRUNCATE TABLE {table}"));
    }
    if rows_differ && want.filled {
        let is_its = |object: &&CreateStatement| {
            object.kind == DefinitionKind::Trigger && object.columns.first() == Some(&want.name)
        };
        if definition.objects.iter().any(|object| is_its(&object)) {
            return None;
        }
        statements.push(want.refill(template));
    }
    let counter = want.counter.as_deref().unwrap_or("1");
    if want.counter.is_some() || have.counter.is_some() {
        statements.push(format!("ALTER TABLE {table} AUTO_INCREMENT = {counter}"));
    }
    Some(statements)
}
