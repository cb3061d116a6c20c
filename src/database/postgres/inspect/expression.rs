//! Expressions of the catalogue in the words that they keep.

use super::Postgres;
use crate::{
    database::Dialect,
    sql::{Token, TokenKind, tokens},
};

/// An expression without the parentheses around it, of which the server writes one pair, or two around the key of an index; worded
/// as [`settled`] says.
pub(super) fn bare(expression: &str) -> String {
    let mut expression = expression;
    while let Some(inner) = without_pair(expression) {
        expression = inner;
    }
    settled(expression)
}

fn without_pair(expression: &str) -> Option<&str> {
    let inner = expression.strip_prefix('(')?.strip_suffix(')')?;
    // They must be each other's, and not those of `(a) OR (b)`.
    let mut depth = 0i32;
    let are_pair = tokens(inner, Postgres.syntax()).all(|token| {
        depth += nesting(&token);
        depth >= 0
    });
    are_pair.then_some(inner)
}

/// An expression as the server words it once it was made from its own words.
///
/// Of `flag IN ('a', 'b')`, where the column is a varchar, it makes `(ARRAY['a'::character varying, ...])::text[]`; of that,
/// `ARRAY[('a'::character varying)::text, ...]`; and of that the same again. Of `n BETWEEN 1 AND 2 AND c` it makes
/// `((n >= 1) AND (n <= 2)) AND c`, and of that `(n >= 1) AND (n <= 2) AND c`. Whether a person or a draft has written an
/// expression must make no difference, so it is always the last one here.
pub(in super::super) fn settled(expression: &str) -> String {
    let mut text = expression.to_owned();
    while let Some(next) = cast_inside(&text).or_else(|| joined(&text)) {
        text = next;
    }
    text
}

/// The first chain of ANDs or ORs that begins with one of the same in parentheses, without these.
fn joined(text: &str) -> Option<String> {
    let all: Vec<Token<'_>> = tokens(text, Postgres.syntax()).collect();
    (0..all.len()).find_map(|at| {
        let is_first = at == 0 || all[at - 1].is_symbol("(");
        if !is_first || !all[at].is_symbol("(") {
            return None;
        }
        let (mut depth, mut end) = (1, at);
        let mut own = Vec::new();
        while depth > 0 {
            end += 1;
            let token = all.get(end)?;
            depth += nesting(token);
            if depth == 1 && token.is_any_word(&["AND", "OR"]) {
                own.push(token);
            }
        }
        let next = all.get(end + 1)?;
        let is_same = own.first().is_some_and(|word| next.is_word(word.text));
        let (open, close) = (all[at].start, all[end].start);
        is_same
            .then(|| format!("{}{}{}", &text[..open], &text[open + 1..close], &text[close + 1..]))
    })
}

/// The first cast of a whole array in parentheses, put on its elements.
fn cast_inside(text: &str) -> Option<String> {
    let all: Vec<Token<'_>> = tokens(text, Postgres.syntax()).collect();
    (0..all.len()).find_map(|at| {
        let array = Array::at(&all, at)?;
        let (begin, end) = (all[at].start, all[array.end].start + all[array.end].text.len());
        let ty = &text[array.ty.0..array.ty.1];
        let elements = array.elements.iter().map(|(from, to)| text[*from..*to].trim());
        let elements: Vec<String> = elements
            .map(|element| match array.is_pretty && is_simple(element) {
                true => format!("{element}::{ty}"),
                false => format!("({element})::{ty}"),
            })
            .collect();
        let (before, after) = (&text[..begin], &text[end..]);
        Some(format!("{before}ARRAY[{}]{after}", elements.join(", ")))
    })
}

/// Whether the server leaves out the parentheses around what is cast, where it writes as few of them as it can.
fn is_simple(element: &str) -> bool {
    let mut depth = 0i32;
    tokens(element, Postgres.syntax()).all(|token| {
        let is_outside = depth == 0;
        depth += nesting(&token);
        let is_plain = match token.kind {
            TokenKind::Symbol => nesting(&token) != 0 || matches!(token.text, "." | "::"),
            _ => !token.is_any_word(&["AND", "OR", "NOT", "IS", "COLLATE"]),
        };
        !is_outside || is_plain
    })
}

/// `(ARRAY[element, ...])::type[]`, or the same without the parentheses.
struct Array {
    /// There are none, since the server has written as few as it can.
    is_pretty: bool,
    /// From where to where each element stands.
    elements: Vec<(usize, usize)>,
    /// From where to where the type of an element stands.
    ty: (usize, usize),
    /// The last token of all.
    end: usize,
}

impl Array {
    fn at(all: &[Token<'_>], at: usize) -> Option<Self> {
        let is = |at: usize, symbol| all.get(at).is_some_and(|token| token.is_symbol(symbol));
        let is_pretty = !is(at, "(");
        let word = if is_pretty { at } else { at + 1 };
        if !all.get(word)?.is_word("ARRAY") || !is(word + 1, "[") {
            return None;
        }
        let mut elements = Vec::new();
        let (mut depth, mut now) = (0i32, word + 2);
        let mut begin = all.get(now)?.start;
        // An array of arrays would need its cast one level deeper, and an empty one needs it where it is.
        if all.get(now)?.is_word("ARRAY") || is(now, "]") {
            return None;
        }
        while depth > 0 || !is(now, "]") {
            let token = all.get(now)?;
            if depth == 0 && token.is_symbol(",") {
                elements.push((begin, token.start));
                begin = all.get(now + 1)?.start;
            }
            depth += nesting(token);
            now += 1;
        }
        elements.push((begin, all.get(now)?.start));
        if !is_pretty {
            now += 1;
            if !is(now, ")") {
                return None;
            }
        }
        if !is(now + 1, "::") {
            return None;
        }
        now += 2;
        let from = all.get(now)?.start;
        while !is(now, "[") {
            let token = all.get(now)?;
            let is_name =
                matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Number);
            if !is_name && ![".", "(", ")", ","].iter().any(|symbol| token.is_symbol(symbol)) {
                return None;
            }
            now += 1;
        }
        let to = all.get(now)?.start;
        is(now + 1, "]").then_some(Self { is_pretty, elements, ty: (from, to), end: now + 1 })
    }
}

fn nesting(token: &Token<'_>) -> i32 {
    match token.text {
        "(" | "[" if token.kind == TokenKind::Symbol => 1,
        ")" | "]" if token.kind == TokenKind::Symbol => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{bare, settled};

    #[test]
    fn only_parentheses_around_everything_go() {
        let cases = [
            ("(a > 0)", "a > 0"),
            ("((a > 0) OR (b > 0))", "(a > 0) OR (b > 0)"),
            ("(a) OR (b)", "(a) OR (b)"),
            ("(a = ')')", "a = ')'"),
            ("((a + 1))", "a + 1"),
            ("a", "a"),
        ];
        for (from, to) in cases {
            assert_eq!(bare(from), to);
        }
    }

    #[test]
    fn a_chain_that_begins_with_another_is_one() {
        let cases = [
            ("((a) AND (b)) AND (c)", "(a) AND (b) AND (c)"),
            ("f((((a) OR (b)) OR c))", "f(((a) OR (b) OR c))"),
            ("(((a OR b) OR c) OR d)", "(a OR b OR c OR d)"),
        ];
        for (from, to) in cases {
            assert_eq!(settled(from), to);
        }
        for same in
            ["a OR (b OR c)", "(a AND b) OR c", "((a OR b) = c)", "(a) OR (b)", "('x') OR c"]
        {
            assert_eq!(settled(same), same);
        }
    }

    #[test]
    fn the_cast_of_an_array_is_put_on_its_elements() {
        let cases = [
            (
                "(s)::text = ANY ((ARRAY['a'::character varying, 'b,]'::character varying])::text[])",
                "(s)::text = ANY (ARRAY[('a'::character varying)::text, ('b,]'::character varying)::text])",
            ),
            (
                "(ARRAY[f(a, b), t.\"c d\"])::s.\"my type\"[] && (ARRAY[1])::numeric(10,2)[]",
                "ARRAY[(f(a, b))::s.\"my type\", (t.\"c d\")::s.\"my type\"] && ARRAY[(1)::numeric(10,2)]",
            ),
            (
                "new.s::text = ANY (ARRAY['a'::character varying, t.c, f(a || b), a || b, CASE WHEN a THEN b END]::text[])",
                "new.s::text = ANY (ARRAY['a'::character varying::text, t.c::text, f(a || b)::text, (a || b)::text, \
                 CASE WHEN a THEN b END::text])",
            ),
        ];
        for (from, to) in cases {
            assert_eq!(settled(from), to);
            assert_eq!(settled(to), to);
        }
        for same in [
            "ARRAY['a'::text]",
            "ARRAY[ARRAY[1], ARRAY[2]]::bigint[]",
            "(ARRAY[]::text[])",
            "(ARRAY['a'::text])",
            "(ARRAY[ARRAY[1], ARRAY[2]])::bigint[]",
            "'(ARRAY[1])::bigint[]'::text",
            "(ARRAY[1",
        ] {
            assert_eq!(settled(same), same);
        }
    }
}
