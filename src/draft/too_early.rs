//! Names in a scratch place that lead to the database around it, since the table of that name was created later. It is pure.

use crate::{
    schema::{Name, Schema},
    sql::{Syntax, TokenKind, name_value, tokens},
};

/// Something that took another table than the one that the same script creates.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooEarly {
    /// What it is, for people.
    pub(super) user: String,
    pub(super) table: String,
}

/// The first of them. `home` is the schema of the database around the scratch place; a script that names it itself is run elsewhere.
pub(super) fn find(schema: &Schema, home: &str, syntax: &Syntax) -> Option<TooEarly> {
    let is_own = |name: &str| schema.find_table(&Name::new(name)).is_some();
    let keys = schema
        .tables
        .iter()
        .flat_map(|table| table.foreign_keys.iter().map(move |key| (&table.name, &key.references)));
    let is_home = |name: &Name| name.schema.as_deref() == Some(home) && is_own(&name.name);
    let key = keys.into_iter().find(|(_, references)| is_home(references));
    if let Some((table, references)) = key {
        let user = format!("a foreign key of {table}");
        return Some(TooEarly { user, table: references.name.clone() });
    }
    schema.objects.iter().find_map(|object| {
        let table = named_in(&object.definition, home, syntax).find(|name| is_own(name))?;
        Some(TooEarly { user: format!("the {} {}", object.kind, object.name), table })
    })
}

/// What is named with this schema.
fn named_in<'t>(
    sql: &'t str,
    home: &'t str,
    syntax: &'t Syntax,
) -> impl Iterator<Item = String> + 't {
    let mut last: [Option<String>; 2] = [None, None];
    tokens(sql, syntax).filter(|token| token.kind != TokenKind::Comment).filter_map(move |token| {
        let word = match token.kind {
            TokenKind::Word => token.text.to_lowercase(),
            TokenKind::QuotedName => name_value(&token),
            _ => token.text.to_owned(),
        };
        let [before, dot] = &last;
        let is_named = before.as_deref() == Some(home) && dot.as_deref() == Some(".");
        last = [last[1].take(), Some(word.clone())];
        is_named.then_some(word)
    })
}
