//! Names of a schema as names in Rust.

use std::collections::BTreeSet;

/// Names that are given once.
#[derive(Default)]
pub(super) struct Idents(BTreeSet<String>);

impl Idents {
    pub(super) fn unique(&mut self, name: &str) -> String {
        let own = raw(name);
        // A type's name has no such sign.
        let between = if name.starts_with(char::is_uppercase) { "" } else { "_" };
        let numbered = (2..).map(|n| format!("{name}{between}{n}"));
        let mut all = std::iter::once(own.clone()).chain(numbered);
        let found = all.find(|name| !self.0.contains(name)).unwrap_or(own);
        self.0.insert(found.clone());
        found
    }
}

/// A word of Rust as a name.
pub(super) fn raw(name: &str) -> String {
    // These are words even so.
    if ["self", "Self", "super", "crate", "_"].contains(&name) {
        return format!("{name}_");
    }
    const WORDS: [&str; 48] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where", "while", "yield",
    ];
    if WORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() }
}

/// The words of a name: what is between other signs, and what begins with a capital.
fn words(name: &str) -> Vec<String> {
    let (mut words, mut word, mut last) = (Vec::new(), String::new(), ' ');
    for c in name.chars() {
        let is_new = c.is_uppercase() && (last.is_lowercase() || last.is_numeric());
        if (!c.is_alphanumeric() || is_new) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        last = c;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

pub(super) fn snake(name: &str) -> String {
    begins_well(words(name).join("_"), '_')
}

pub(super) fn pascal(name: &str) -> String {
    let capital = |word: String| {
        let mut signs = word.chars();
        signs.next().into_iter().flat_map(char::to_uppercase).chain(signs).collect::<String>()
    };
    begins_well(words(name).into_iter().map(capital).collect(), 'N')
}

fn begins_well(name: String, first: char) -> String {
    match name.chars().next() {
        None => {
            "Empty".chars().map(|c| if first == '_' { c.to_ascii_lowercase() } else { c }).collect()
        }
        Some(c) if c.is_numeric() => format!("{first}{name}"),
        Some(_) => name,
    }
}
