//! Events.

use super::{Catalog, Found, Kind, Settings};
use crate::{
    database::mysql::{
        inspect::ServerRow,
        render::name::{literal, name},
    },
    schema::SchemaObject,
};

pub(super) const KIND: Kind = Kind { query: include_str!("event.sql"), read };

fn read(catalog: &Catalog<'_>, found: &mut Found) {
    for row in catalog.of("event object") {
        let own = row.text(0);
        if row.text(9).is_empty() {
            found.hidden("event", own);
            continue;
        }
        let mut text = format!(
            "CREATE {}EVENT {} ON SCHEDULE {}",
            catalog.definer(row.text(10)),
            name(own),
            schedule(row)
        );
        if row.text(7) == "PRESERVE" {
            text.push_str("\n    ON COMPLETION PRESERVE");
        }
        match row.text(6) {
            "ENABLED" => {}
            "DISABLED" => text.push_str("\n    DISABLE"),
            _ => text.push_str("\n    DISABLE ON SLAVE"),
        }
        if !row.text(8).is_empty() {
            text.push_str(&format!("\n    COMMENT {}", literal(row.text(8))));
        }
        text.push_str(&format!("\n    DO {}", row.text(9)));
        let settings = Settings {
            mode: Some(row.text(11)),
            time_zone: Some(row.text(12)),
            charset: row.text(13),
            collation: row.text(14),
        };
        found.objects.push(SchemaObject {
            kind: "event".to_owned(),
            name: own.to_owned(),
            definition: catalog.with_settings(text, &settings),
            drop: format!("DROP EVENT {}", name(own)),
            ..SchemaObject::default()
        });
    }
}

fn schedule(row: ServerRow<'_>) -> String {
    if let Some(at) = row.get(1) {
        return format!("AT {}", literal(at));
    }
    // More than one unit is a text already.
    let value = row.text(2);
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_quoted = value.starts_with('\'');
    let value = if is_number || is_quoted { value.to_owned() } else { literal(value) };
    let mut text = format!("EVERY {value} {}", row.text(3));
    for (word, at) in [("STARTS", 4), ("ENDS", 5)] {
        if let Some(moment) = row.get(at) {
            text.push_str(&format!(" {word} {}", literal(moment)));
        }
    }
    text
}
