//! Views.

use super::{Catalog, Found, Kind, Settings};
use crate::{
    database::mysql::{
        SYNTAX,
        inspect::without_database,
        render::name::{list, name},
    },
    schema::SchemaObject,
    sql::{Token, tokens},
};

pub(super) const KIND: Kind = Kind { query: include_str!("view.sql"), read };

fn read(catalog: &Catalog<'_>, found: &mut Found) {
    for row in catalog.of("view object") {
        let own = row.text("name");
        if row.text("definition").is_empty() {
            found.hidden("view", own);
            continue;
        }
        let columns = catalog.of("column").filter(|column| column.text("table_name") == own);
        let columns: Vec<String> = columns.map(|column| column.text("name").to_owned()).collect();
        let settings = Settings {
            charset: row.text("charset"),
            collation: row.text("collation"),
            ..Settings::default()
        };
        let create = |verb: &str| {
            let mut text = format!("{verb} ");
            if !["", "UNDEFINED"].contains(&row.text("algorithm")) {
                text.push_str(&format!("ALGORITHM = {} ", row.text("algorithm")));
            }
            text.push_str(&catalog.definer(row.text("definer")));
            if row.text("security") == "INVOKER" {
                text.push_str("SQL SECURITY INVOKER ");
            }
            text.push_str(&format!("VIEW {}", name(own)));
            // MariaDB has the names of its columns in its text.
            if row.text("lists_columns") == "1" && !columns.is_empty() {
                text.push_str(&format!(" ({})", list(&columns)));
            }
            text.push_str(&format!(
                " AS\n{}",
                without_database(catalog.server, row.text("definition"))
            ));
            if !["", "NONE"].contains(&row.text("check_option")) {
                text.push_str(&format!("\nWITH {} CHECK OPTION", row.text("check_option")));
            }
            catalog.with_settings(text, &settings)
        };
        found.objects.push(SchemaObject {
            kind: "view".to_owned(),
            name: own.to_owned(),
            definition: create("CREATE"),
            compared: Some(without_leading_parentheses(&create("CREATE"))),
            drop: format!("DROP VIEW {}", name(own)),
            replace: Some(create("CREATE OR REPLACE")),
            // A user of a column that goes must go before it.
            shape: columns,
            ..SchemaObject::default()
        });
    }
}

/// The text without the parentheses in which joins begin behind FROM. Tables between commas are shown as joins without any, and
/// once they are created again, with some: what is joined first is the same with them and without.
fn without_leading_parentheses(text: &str) -> String {
    let all: Vec<Token<'_>> = tokens(text, &SYNTAX).collect();
    let mut out = vec![false; all.len()];
    for from in (0..all.len()).filter(|at| all[*at].is_word("FROM")) {
        for open in from + 1..all.len() {
            if !all[open].is_symbol("(") {
                break;
            }
            // A query is no join.
            let inner = all[open..].iter().find(|token| !token.is_symbol("("));
            let is_query =
                inner.is_some_and(|token| token.is_any_word(&["SELECT", "VALUES", "WITH"]));
            if let Some(close) = closing(&all, open).filter(|_| !is_query) {
                (out[open], out[close]) = (true, true);
            }
        }
    }
    let kept = all.iter().zip(&out).filter(|(_, out)| !**out);
    kept.map(|(token, _)| token.text).collect::<Vec<_>>().join(" ")
}

fn closing(all: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in all.iter().enumerate().skip(open) {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_are_one_with_parentheses_and_without() {
        for (one, other) in [
            ("select 1 from (`a` join `b`)", "select 1 from `a` join `b`"),
            ("from ((`a` join `b`) join `c`) where (1)", "from `a` join `b` join `c` where (1)"),
            (
                "from (select (1) from (`a` join `b`)) `x`",
                "from (select (1) from `a` join `b`) `x`",
            ),
            ("from ((select 1) union (select 2)) `x`", "from ((select 1) union (select 2)) `x`"),
            ("from `a` join (`b` join `c`)", "from `a` join (`b` join `c`)"),
        ] {
            let plain =
                tokens(other, &SYNTAX).map(|token| token.text).collect::<Vec<_>>().join(" ");
            assert_eq!(without_leading_parentheses(one), plain);
        }
    }
}
