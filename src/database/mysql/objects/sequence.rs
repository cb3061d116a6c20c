//! Sequences, which one of the servers has.

use super::{Catalog, Found, Kind};
use crate::{database::mysql::render::name::name, schema::SchemaObject};

pub(super) const KIND: Kind = Kind { query: include_str!("sequence.sql"), read };

fn read(catalog: &Catalog<'_>, found: &mut Found) {
    for row in catalog.of("sequence object") {
        let own = name(row.text(0));
        let cache = match row.text(5) {
            "0" => "NOCACHE".to_owned(),
            size => format!("CACHE {size}"),
        };
        let options = format!(
            "START WITH {} MINVALUE {} MAXVALUE {} INCREMENT BY {} {cache} {}",
            row.text(1),
            row.text(2),
            row.text(3),
            row.text(4),
            if row.text(6) == "1" { "CYCLE" } else { "NOCYCLE" }
        );
        found.objects.push(SchemaObject {
            kind: "sequence".to_owned(),
            name: row.text(0).to_owned(),
            definition: format!("CREATE SEQUENCE {own} {options}"),
            drop: format!("DROP SEQUENCE {own}"),
            // It goes on from where it is.
            replace: Some(format!("ALTER SEQUENCE {own} {options}")),
            ..SchemaObject::default()
        });
    }
}
