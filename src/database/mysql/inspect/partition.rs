//! How a table is divided, as two of its options.

use super::{ServerInfo, ServerRow, expression};
use crate::{
    database::mysql::render::{
        name::{literal, name},
        partition::{PARTITION_BY, PARTITIONS},
    },
    schema::Options,
};

/// Puts into a table's options what its partitions tell, in their order; false if the catalogue does not tell them.
pub(super) fn read(server: &ServerInfo, rows: &[ServerRow<'_>], options: &mut Options) -> bool {
    let Some(first) = rows.first().copied() else { return false };
    // A DEFAULT and the value 0 are told alike.
    let is_default = |row: &ServerRow<'_>| method(*row) == "LIST" && row.text("description") == "0";
    if server.is_mariadb && rows.iter().any(is_default) {
        return false;
    }
    let parts: Vec<&[ServerRow<'_>]> =
        rows.chunk_by(|a, b| a.text("name") == b.text("name")).collect();
    let mut by = rule(server, method(first), first.text("expression"));
    let count = parts[0].len();
    let has_usual_names = |part: &&[ServerRow<'_>]| {
        part.len() == count
            && part.iter().enumerate().all(|(at, row)| {
                row.get("subpartition") == Some(format!("{}sp{at}", row.text("name")).as_str())
            })
    };
    let mut names_subparts = false;
    if let Some(method) = first.get("subpartition_method") {
        by.push_str(&format!(
            " SUBPARTITION BY {}",
            rule(server, method, first.text("subpartition_expression"))
        ));
        names_subparts = !parts.iter().all(has_usual_names);
        if !names_subparts {
            by.push_str(&format!(" SUBPARTITIONS {count}"));
        }
    }
    let has_usual_name = |(at, part): (usize, &&[ServerRow<'_>])| {
        part[0].text("name") == format!("p{at}") && part[0].text("comment").is_empty()
    };
    let is_counted = ["HASH", "KEY"].iter().any(|word| method(first).ends_with(word));
    let partitions = match is_counted && parts.iter().enumerate().all(has_usual_name) {
        true => parts.len().to_string(),
        false => {
            let all = parts.iter().map(|part| definition(part, names_subparts));
            all.collect::<Vec<_>>().join(", ")
        }
    };
    options.insert(PARTITION_BY.to_owned(), by);
    options.insert(PARTITIONS.to_owned(), partitions);
    true
}

fn method(row: ServerRow<'_>) -> &str {
    row.text("method")
}

fn rule(server: &ServerInfo, method: &str, text: &str) -> String {
    let text = if method.ends_with("COLUMNS") || method.ends_with("KEY") {
        text.to_owned()
    } else {
        expression(server, text)
    };
    format!("{method} ({text})")
}

fn definition(rows: &[ServerRow<'_>], names_subparts: bool) -> String {
    let row = rows[0];
    let mut text = format!("PARTITION {}", name(row.text("name")));
    match (method(row), row.text("description")) {
        ("RANGE", "MAXVALUE") => text.push_str(" VALUES LESS THAN MAXVALUE"),
        ("RANGE" | "RANGE COLUMNS", bound) => {
            text.push_str(&format!(" VALUES LESS THAN ({bound})"))
        }
        ("LIST COLUMNS", "MAXVALUE") => text.push_str(" DEFAULT"),
        ("LIST" | "LIST COLUMNS", values) => text.push_str(&format!(" VALUES IN ({values})")),
        _ => {}
    }
    if !row.text("comment").is_empty() {
        text.push_str(&format!(" COMMENT = {}", literal(row.text("comment"))));
    }
    if names_subparts {
        let all = rows.iter().map(|row| format!("SUBPARTITION {}", name(row.text("subpartition"))));
        text.push_str(&format!(" ({})", all.collect::<Vec<_>>().join(", ")));
    }
    text
}
