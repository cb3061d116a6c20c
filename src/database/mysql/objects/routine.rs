//! Functions and procedures.

use super::{Catalog, Found, Kind, Settings, body};
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
        let (kind, own) = (row.text("type"), row.text("name"));
        let is_known = ["FUNCTION", "PROCEDURE"].contains(&kind);
        if !is_known || row.text("body").is_empty() || row.text("language") != "SQL" {
            found.hidden(&kind.to_lowercase(), own);
            continue;
        }
        let signature = signature(catalog, row);
        let settings = Settings {
            mode: Some(row.text("sql_mode")),
            charset: row.text("client_charset"),
            collation: row.text("connection_collation"),
            ..Settings::default()
        };
        let create = |verb: &str| {
            let aggregate = if is_aggregate(row.text("body")) { "AGGREGATE " } else { "" };
            let definer = catalog.definer(row.text("definer"));
            let text = format!(
                "{verb} {definer}{aggregate}{kind} {}{signature}{}\n{}",
                name(own),
                characteristics(row),
                body(row)
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
    let database = row.text("database_collation");
    let typed = |ty: &str, charset: &str, collation: &str| {
        if charset.is_empty() || collation == database || ty.to_uppercase().contains("CHARSET") {
            return ty.to_owned();
        }
        format!("{ty} CHARSET {charset} COLLATE {collation}")
    };
    let own = catalog.of("routine parameter");
    let own = own.filter(|p| {
        p.text("routine_type") == row.text("type") && p.text("routine_name") == row.text("name")
    });
    let parameter = |p: ServerRow<'_>| {
        let ty = typed(p.text("type"), p.text("charset"), p.text("collation"));
        // A function's have no direction.
        let mode = if row.text("type") == "PROCEDURE" {
            format!("{} ", p.text("mode"))
        } else {
            String::new()
        };
        format!("{mode}{} {ty}", name(p.text("name")))
    };
    let all: Vec<String> = own.map(parameter).collect();
    let returns = match row.text("type") {
        "FUNCTION" => format!(
            " RETURNS {}",
            typed(row.text("returns"), row.text("charset"), row.text("collation"))
        ),
        _ => String::new(),
    };
    format!(" ({}){returns}", all.join(", "))
}

/// What is not as it is if nothing is said.
fn characteristics(row: ServerRow<'_>) -> String {
    let mut text = String::new();
    if row.text("is_deterministic") == "YES" {
        text.push_str("\n    DETERMINISTIC");
    }
    if row.text("data_access") != "CONTAINS SQL" {
        text.push_str(&format!("\n    {}", row.text("data_access")));
    }
    if row.text("security") == "INVOKER" {
        text.push_str("\n    SQL SECURITY INVOKER");
    }
    if !row.text("comment").is_empty() {
        text.push_str(&format!("\n    COMMENT {}", literal(row.text("comment"))));
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
