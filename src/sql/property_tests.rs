//! What holds for every script, and a seeded source of scripts.

use super::tests::{BACKSLASH, BRACKET, DOLLAR};
use super::*;

/// A small source of random numbers (xorshift), so that a seed in a failure's message repeats it.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const PIECES: [&str; 72] = [
    "copy t from stdin;\n",
    "copy (",
    " stdin",
    "\n\\.\n",
    "'",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "$",
    "$1",
    "E'",
    "U&'",
    "e",
    "\\",
    "\\'",
    "\\é",
    ";",
    ";",
    ";",
    " ",
    "\n",
    "\n",
    "\r",
    "\r\n",
    "--",
    "-- ",
    "#",
    "/*",
    "/*!",
    "/*M!",
    "*/",
    "-",
    "/",
    "*",
    "(",
    ")",
    "a",
    "é",
    "\u{feff}",
    "\0",
    "1",
    ".",
    "1.e5",
    "begin ",
    "atomic ",
    "not ",
    "case ",
    "end ",
    "end; ",
    "if ",
    "loop ",
    "repeat ",
    "until ",
    "do ",
    "create ",
    "function ",
    "trigger ",
    "procedure ",
    "package ",
    "as ",
    "declare ",
    "handler for ",
    "each row ",
    "x'",
    "\nDELIMITER //\n",
    "//",
    "\n-- ambix: run f\n",
    "\n--ambix:labels x\n",
];

#[test]
fn any_script() {
    for seed in 1..60_000 {
        let mut random = Random::new(seed);
        let pieces = (0..random.below(24)).map(|_| random.pick(&PIECES));
        let script = pieces.collect::<String>();
        for syntax in [DOLLAR, BACKSLASH, BRACKET] {
            let result = std::panic::catch_unwind(|| holds(&script, &syntax));
            assert!(result.is_ok(), "seed {seed}: {script:?} with {syntax:?}");
        }
    }
}

fn holds(script: &str, syntax: &Syntax) {
    // Tokens stand in order, with nothing but white space between them.
    let mut end = if script.starts_with('\u{feff}') { 3 } else { 0 };
    for token in tokens(script, syntax) {
        assert!(!token.text.is_empty());
        assert_eq!(&script[token.start..token.start + token.text.len()], token.text);
        assert!(script[end..token.start].bytes().all(lexer::is_blank));
        end = token.start + token.text.len();
    }
    assert!(script[end..].bytes().all(lexer::is_blank));

    // Every directive is either at the head or late, unless it is a run point.
    let mut directives = header(script);
    directives.extend(late_directives(script, syntax));
    let lines = tokens(script, syntax).filter(|token| {
        token.kind == TokenKind::Comment && token.text.starts_with("--ambix:labels x")
    });
    for token in lines {
        let line = line_column(script, token.start).0;
        assert_eq!(directives.iter().filter(|directive| directive.line == line).count(), 1);
    }

    // Items stand in order where they say, and a statement that is split again is itself.
    let Ok(items) = split(script, syntax) else {
        return;
    };
    let mut end = 0;
    for item in &items {
        let (start, line, length) = match item {
            Item::Statement(Statement { text, start, line, column, data }) => {
                assert_eq!(&script[*start..start + text.len()], *text);
                assert_eq!(line_column(script, *start), (*line, *column));
                let again = split(text, syntax);
                // Alone, the statement lacks the delimiter, what that made of two dashes before it, and what is
                // before a byte-order mark and makes it a part of a word.
                let differs = script.contains("DELIMITER")
                    || text.ends_with("--")
                    || text.starts_with(lexer::BYTE_ORDER_MARK)
                    || data.is_some();
                assert!(differs || again.is_ok_and(|again| again.len() == 1), "{text:?}");
                (*start, *line, text.len())
            }
            Item::Run { name, line, start } => {
                assert_eq!(*name, "f");
                (*start, *line, 1)
            }
        };
        assert!(start >= end);
        assert_eq!(line_column(script, start).0, line);
        end = start + length;
    }
}
