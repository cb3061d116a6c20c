//! A draft as the text of a file: a comment for each change, and the statements. It is pure.

use crate::{
    change::Change,
    database::{Alteration, Rendition},
};

/// The text of one side.
pub(super) fn file(
    work: &Alteration<'_>,
    rendition: &Rendition,
    broken: &[(usize, String)],
) -> String {
    let mut text = String::new();
    for directive in &rendition.directives {
        text.push_str(&format!("-- ambix: {}\n", line(directive)));
    }
    if !rendition.directives.is_empty() {
        text.push('\n');
    }
    for (at, statement) in rendition.statements.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for change in
            statement.changes.iter().filter_map(|&at| work.changes.get(at).map(|c| (at, c)))
        {
            text.push_str(&headline(change.1));
            for (_, problem) in broken.iter().filter(|(of, _)| *of == change.0) {
                text.push_str(&format!("-- will fail: {}\n", line(problem)));
            }
        }
        for note in &statement.notes {
            text.push_str(&format!("-- {}\n", line(note)));
        }
        text.push_str(statement.sql.trim_end());
        text.push_str(";\n");
    }
    text
}

fn headline(change: &Change) -> String {
    match change.loses() {
        Some(lost) => format!("-- DESTRUCTIVE: {}: {lost}\n", line(&change.to_string())),
        None => format!("-- {}\n", line(&change.to_string())),
    }
}

/// A comment is one line, whatever stands in a name.
fn line(text: &str) -> String {
    text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).collect::<Vec<_>>().join(" ")
}
