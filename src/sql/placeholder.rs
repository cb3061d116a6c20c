//! Placeholders of templates, which another tool fills in before it runs the SQL.

use super::{Syntax, TokenKind, tokens};

/// The first placeholder outside of strings and comments, `${name}` or `{{ name }}`, and the byte at which it begins. No database has
/// such SQL.
pub(crate) fn placeholder<'t>(script: &'t str, syntax: &Syntax) -> Option<(&'t str, usize)> {
    const MARKS: [&str; 2] = ["${", "{{"];
    // Nearly no script has one.
    if !MARKS.iter().any(|mark| script.contains(mark)) {
        return None;
    }
    let start = tokens(script, syntax).find_map(|token| match token.kind {
        TokenKind::Text | TokenKind::Comment | TokenKind::Data => None,
        TokenKind::QuotedName => {
            let within = MARKS.iter().filter_map(|mark| token.text.find(mark)).min();
            within.map(|at| token.start + at)
        }
        _ if !token.text.starts_with('{') => None,
        _ if script[..token.start].ends_with('$') => Some(token.start - 1),
        _ => script[token.start..].starts_with("{{").then_some(token.start),
    })?;
    let rest = &script[start..];
    let close = if rest.starts_with("{{") { "}}" } else { "}" };
    let line = rest.lines().next().unwrap_or_default();
    let end = line.find(close).map_or(MARKS[0].len(), |at| at + close.len());
    Some((&rest[..end], start))
}

/// The first `${name}` in a string, and the byte at which it begins. Other tools fill in those as well, but a string may have one of
/// its own.
pub(crate) fn placeholder_in_text<'t>(
    script: &'t str,
    syntax: &Syntax,
) -> Option<(&'t str, usize)> {
    const MARK: &str = "${";
    if !script.contains(MARK) {
        return None;
    }
    let is_sign = |c: char| c.is_alphanumeric() || "_.:-".contains(c);
    tokens(script, syntax).filter(|token| token.kind == TokenKind::Text).find_map(|token| {
        token.text.match_indices(MARK).find_map(|(at, _)| {
            let name = &token.text[at + MARK.len()..];
            let end = name.find(|c| !is_sign(c)).filter(|end| *end > 0)?;
            let length = MARK.len() + end + 1;
            name[end..].starts_with('}').then(|| (&token.text[at..at + length], token.start + at))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{BACKSLASH, BRACKET, DOLLAR},
        *,
    };

    #[test]
    fn a_string_may_have_what_another_tool_fills_in() {
        for (script, found) in [
            ("SELECT '${schema}'", Some(("${schema}", 8))),
            ("SELECT 'it''s ${a.b}, ${c}'", Some(("${a.b}", 14))),
            ("SELECT 'a', 'x${flyway:timestamp}'", Some(("${flyway:timestamp}", 14))),
            ("SELECT '${a b} ${} ${a', '$ {a}', '{a}', '{{ a }}'", None),
            ("SELECT 1 -- '${a}'", None),
            ("SELECT /* '${a}' */ 1", None),
            ("SELECT '${ü_1-x}'", Some(("${ü_1-x}", 8))),
        ] {
            for syntax in [DOLLAR, BACKSLASH, BRACKET] {
                assert_eq!(placeholder_in_text(script, &syntax), found, "{script}");
            }
        }
        let body = "DO $$ BEGIN PERFORM '${x}'; END $$";
        assert_eq!(placeholder_in_text(body, &DOLLAR), Some(("${x}", 21)));
        // Without quotes around it, it is an error, and not a note.
        assert_eq!(placeholder_in_text("SELECT ${x}", &DOLLAR), None);
        assert!(placeholder("SELECT ${x}", &DOLLAR).is_some());
    }
}
