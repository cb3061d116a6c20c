//! How the text of a migration is read: by the servers, which execute some comments, and by their client, which knows no bodies.

use super::SYNTAX;
use crate::sql::{Statement, tokens};

/// The database to which a statement leads all that follow it.
pub(super) fn leads_to(statement: &Statement<'_>) -> Option<String> {
    let first = statement.cursor(&SYNTAX).next()?;
    let text = match (first.is_word("USE"), first.text.starts_with("/*")) {
        (false, false) => return None,
        _ => executed(statement.text),
    };
    let text = Statement { text: &text, ..*statement };
    let mut cursor = text.cursor(&SYNTAX);
    cursor.next().filter(|first| first.is_word("USE"))?;
    cursor.name()
}

/// Why no migration may have a statement: the migration lock is a lock of the session, and would end with all of them.
pub(super) fn forbidden(statement: &Statement<'_>) -> Option<&'static str> {
    statement.calls("RELEASE_ALL_LOCKS", &SYNTAX).then_some(
        "RELEASE_ALL_LOCKS() would give up the migration lock; give up the locks of this migration one by one, with RELEASE_LOCK(...)",
    )
}

/// A text as the servers read it, with what is in its executable comments.
fn executed(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut end = 0;
    for token in tokens(text, &SYNTAX) {
        all.push_str(&text[end..token.start]);
        end = token.start + token.text.len();
        let inside = token.text.strip_prefix("/*!").or_else(|| token.text.strip_prefix("/*M!"));
        match inside.and_then(|inside| inside.strip_suffix("*/")) {
            Some(inside) => {
                all.push(' ');
                all.push_str(inside.trim_start_matches(|c: char| c.is_ascii_digit()));
                all.push(' ');
            }
            None => all.push_str(token.text),
        }
    }
    all
}

/// A statement as the client must be given it.
pub(super) fn shell(statement: &str) -> String {
    if !statement.contains(';') {
        return format!("{statement};\n");
    }
    // The shell knows no bodies: it needs to be told another end of statements, one that the statement has not.
    let end = (0..).map(|n| "/".repeat(n + 2)).find(|end| !statement.contains(end.as_str()));
    let end = end.unwrap_or_default();
    format!("DELIMITER {end}\n{statement}\n{end}\nDELIMITER ;\n")
}
