//! Events.

use super::{Catalog, Found, Kind, Settings, body};
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
        let own = row.text("name");
        if row.text("body").is_empty() {
            found.hidden("event", own);
            continue;
        }
        let mut text = format!(
            "CREATE {}EVENT {} ON SCHEDULE {}",
            catalog.definer(row.text("definer")),
            name(own),
            schedule(row)
        );
        if row.text("on_completion") == "PRESERVE" {
            text.push_str("\n    ON COMPLETION PRESERVE");
        }
        match row.text("status") {
            "ENABLED" => {}
            "DISABLED" => text.push_str("\n    DISABLE"),
            _ => text.push_str("\n    DISABLE ON SLAVE"),
        }
        if !row.text("comment").is_empty() {
            text.push_str(&format!("\n    COMMENT {}", literal(row.text("comment"))));
        }
        text.push_str(&format!("\n    DO {}", body(row)));
        let settings = Settings {
            mode: Some(row.text("sql_mode")),
            time_zone: Some(row.text("time_zone")),
            charset: row.text("charset"),
            collation: row.text("collation"),
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
    if let Some(at) = row.get("execute_at") {
        return format!("AT {}", literal(at));
    }
    // More than one unit is a text already.
    let value = row.text("interval_value");
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_quoted = value.starts_with('\'');
    let value = if is_number || is_quoted { value.to_owned() } else { literal(value) };
    let mut text = format!("EVERY {value} {}", row.text("interval_field"));
    for (word, column) in [("STARTS", "starts"), ("ENDS", "ends")] {
        if let Some(moment) = row.get(column) {
            text.push_str(&format!(" {word} {}", literal(moment)));
        }
    }
    text
}
