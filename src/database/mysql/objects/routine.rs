//! Functions and procedures.

use super::{Catalog, Found, Kind, Settings};
use crate::{
    database::mysql::{
        SYNTAX,
        inspect::ServerRow,
        render::name::{literal, name},
    },
    schema::SchemaObject,
    sql::tokens,
};

pub(super) const KIND: Kind = Kind { query: include_str!("routine.sql"), read };

fn read(catalog: &Catalog<'_>, found: &mut Found) {
    for row in catalog.of("routine object") {
        let (kind, own) = (row.text(0), row.text(1));
        let is_known = ["FUNCTION", "PROCEDURE"].contains(&kind);
        if !is_known || row.text(6).is_empty() || row.text(15) != "SQL" {
            found.hidden(&kind.to_lowercase(), own);
            continue;
        }
        let signature = signature(catalog, row);
        let settings = Settings {
            mode: Some(row.text(12)),
            charset: row.text(13),
            collation: row.text(14),
            ..Settings::default()
        };
        let create = |verb: &str| {
            let aggregate = if is_aggregate(row.text(6)) { "AGGREGATE " } else { "" };
            let definer = catalog.definer(row.text(11));
            let text = format!(
                "{verb} {definer}{aggregate}{kind} {}{signature}{}\n{}",
                name(own),
                characteristics(row),
                row.text(6)
            );
            catalog.with_settings(text, &settings)
        };
        found.objects.push(SchemaObject {
            kind: kind.to_lowercase(),
            name: own.to_owned(),
            definition: create("CREATE"),
            drop: format!("DROP {kind} {}", name(own)),
            // One of the servers replaces none.
            replace: catalog.server.is_mariadb.then(|| create("CREATE OR REPLACE")),
            shape: vec![signature.clone()],
            ..SchemaObject::default()
        });
    }
}

/// The parameters, and what a function returns.
fn signature(catalog: &Catalog<'_>, row: ServerRow<'_>) -> String {
    let database = row.text(5);
    let typed = |ty: &str, charset: &str, collation: &str| {
        if charset.is_empty() || collation == database || ty.to_uppercase().contains("CHARSET") {
            return ty.to_owned();
        }
        format!("{ty} CHARSET {charset} COLLATE {collation}")
    };
    let own = catalog.of("routine parameter");
    let own = own.filter(|p| p.text(0) == row.text(0) && p.text(1) == row.text(1));
    let parameter = |p: ServerRow<'_>| {
        let ty = typed(p.text(4), p.text(5), p.text(6));
        // A function's have no direction.
        let mode =
            if row.text(0) == "PROCEDURE" { format!("{} ", p.text(2)) } else { String::new() };
        format!("{mode}{} {ty}", name(p.text(3)))
    };
    let all: Vec<String> = own.map(parameter).collect();
    let returns = match row.text(0) {
        "FUNCTION" => format!(" RETURNS {}", typed(row.text(2), row.text(3), row.text(4))),
        _ => String::new(),
    };
    format!(" ({}){returns}", all.join(", "))
}

/// What is not as it is if nothing is said.
fn characteristics(row: ServerRow<'_>) -> String {
    let mut text = String::new();
    if row.text(8) == "YES" {
        text.push_str("\n    DETERMINISTIC");
    }
    if row.text(7) != "CONTAINS SQL" {
        text.push_str(&format!("\n    {}", row.text(7)));
    }
    if row.text(9) == "INVOKER" {
        text.push_str("\n    SQL SECURITY INVOKER");
    }
    if !row.text(10).is_empty() {
        text.push_str(&format!("\n    COMMENT {}", literal(row.text(10))));
    }
    text
}

/// Whether a function is fed row by row, which its body alone shows.
fn is_aggregate(body: &str) -> bool {
    let words: Vec<_> = tokens(body, &SYNTAX).collect();
    words.windows(4).any(|all| {
        let is = ["FETCH", "GROUP", "NEXT", "ROW"];
        all.iter().zip(is).all(|(token, word)| token.is_word(word))
    })
}
