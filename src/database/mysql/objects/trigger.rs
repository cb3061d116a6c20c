//! Triggers.

use super::{Catalog, Found, Kind, Settings, body};
use crate::{
    database::mysql::render::name::name,
    schema::{Address, Dependency, Name, SchemaObject},
};

pub(super) const KIND: Kind = Kind { query: include_str!("trigger.sql"), read };

fn read(catalog: &Catalog<'_>, found: &mut Found) {
    let mut last: Option<(String, [String; 3])> = None;
    for row in catalog.of("trigger object") {
        let own = row.text("name");
        if row.text("body").is_empty() {
            found.hidden("trigger", own);
            continue;
        }
        let event =
            [row.text("table_name"), row.text("timing"), row.text("event")].map(str::to_owned);
        let mut text = format!(
            "CREATE {}TRIGGER {} {} {} ON {} FOR EACH ROW ",
            catalog.definer(row.text("definer")),
            name(own),
            row.text("timing"),
            row.text("event"),
            name(row.text("table_name")),
        );
        // It fires behind the one before it, which goes and comes back before it.
        if let Some((before, _)) = last.as_ref().filter(|(_, of)| *of == event) {
            text.push_str(&format!("FOLLOWS {} ", name(before)));
            let address = |name: &str| Address::Object("trigger".to_owned(), name.to_owned());
            let (of, on) = (address(own), address(before));
            found.dependencies.push(Dependency { of, on, is_auto: false, is_soft: false });
        }
        text.push_str(body(row));
        let settings = Settings {
            mode: Some(row.text("sql_mode")),
            charset: row.text("charset"),
            collation: row.text("collation"),
            ..Settings::default()
        };
        found.objects.push(SchemaObject {
            kind: "trigger".to_owned(),
            name: own.to_owned(),
            definition: catalog.with_settings(text, &settings),
            drop: format!("DROP TRIGGER {}", name(own)),
            belongs_to: Some(Address::Table(Name::new(row.text("table_name")))),
            ..SchemaObject::default()
        });
        last = Some((own.to_owned(), event));
    }
}
