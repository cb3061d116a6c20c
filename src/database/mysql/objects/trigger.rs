//! Triggers.

use super::{Catalog, Found, Kind, Settings};
use crate::{
    database::mysql::render::name::name,
    schema::{Address, Dependency, Name, SchemaObject},
};

pub(super) const KIND: Kind = Kind { query: include_str!("trigger.sql"), read };

fn read(catalog: &Catalog<'_>, found: &mut Found) {
    let mut last: Option<(String, [String; 3])> = None;
    for row in catalog.of("trigger object") {
        let own = row.text(0);
        if row.text(4).is_empty() {
            found.hidden("trigger", own);
            continue;
        }
        let event = [row.text(1), row.text(2), row.text(3)].map(str::to_owned);
        let mut text = format!(
            "CREATE {}TRIGGER {} {} {} ON {} FOR EACH ROW ",
            catalog.definer(row.text(5)),
            name(own),
            row.text(2),
            row.text(3),
            name(row.text(1)),
        );
        // It fires behind the one before it, which goes and comes back before it.
        if let Some((before, _)) = last.as_ref().filter(|(_, of)| *of == event) {
            text.push_str(&format!("FOLLOWS {} ", name(before)));
            let address = |name: &str| Address::Object("trigger".to_owned(), name.to_owned());
            let (of, on) = (address(own), address(before));
            found.dependencies.push(Dependency { of, on, is_auto: false, is_soft: false });
        }
        text.push_str(row.text(4));
        let settings = Settings {
            mode: Some(row.text(6)),
            charset: row.text(7),
            collation: row.text(8),
            ..Settings::default()
        };
        found.objects.push(SchemaObject {
            kind: "trigger".to_owned(),
            name: own.to_owned(),
            definition: catalog.with_settings(text, &settings),
            drop: format!("DROP TRIGGER {}", name(own)),
            belongs_to: Some(Address::Table(Name::new(row.text(1)))),
            ..SchemaObject::default()
        });
        last = Some((own.to_owned(), event));
    }
}
