//! Sequences, which one of the servers has.

use super::{Catalog, Found, Kind};
use crate::{database::mysql::render::name::name, schema::SchemaObject};

pub(super) const KIND: Kind = Kind { query: include_str!("sequence.sql"), read };

fn read(catalog: &Catalog<'_>, found: &mut Found) {
    for row in catalog.of("sequence object") {
        let own = name(row.text("name"));
        let cache = match row.text("cache_size") {
            "0" => "NOCACHE".to_owned(),
            size => format!("CACHE {size}"),
        };
        let options = format!(
            "START WITH {} MINVALUE {} MAXVALUE {} INCREMENT BY {} {cache} {}",
            row.text("start_value"),
            row.text("minimum_value"),
            row.text("maximum_value"),
            row.text("increment"),
            if row.text("cycle_option") == "1" { "CYCLE" } else { "NOCYCLE" }
        );
        found.objects.push(SchemaObject {
            kind: "sequence".to_owned(),
            name: row.text("name").to_owned(),
            definition: format!("CREATE SEQUENCE {own} {options}"),
            drop: format!("DROP SEQUENCE {own}"),
            // It continues from its position.
            replace: Some(format!("ALTER SEQUENCE {own} {options}")),
            ..SchemaObject::default()
        });
    }
}

/// What an ALTER of these options loses. It keeps where it stands.
pub(in super::super) fn loses(from: &SchemaObject, to: &SchemaObject) -> Option<&'static str> {
    let number = |of: &SchemaObject, word: &str| -> Option<i64> {
        let (_, rest) = of.definition.rsplit_once(word)?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let changes = |word: &str| Some((number(from, word)?, number(to, word)?));
    let (least, low) = changes(" MINVALUE ")?;
    let (largest, high) = changes(" MAXVALUE ")?;
    let (old, new) = changes(" INCREMENT BY ")?;
    let (sooner, later) = match new > 0 {
        true => (high < largest, low > least),
        false => (low > least, high < largest),
    };
    if (old > 0) != (new > 0) || sooner {
        return Some("it may stand beyond its new end, and give no more numbers");
    }
    later.then_some("it fails if its current value is below the new beginning")
}
