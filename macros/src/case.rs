//! Names in another case, as sqlx writes them.

/// How sqlx's `rename_all` changes names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Snake,
    ScreamingSnake,
    Kebab,
    Camel,
    Pascal,
}

/// As they are written in attributes.
pub(crate) const CASES: [(&str, Case); 7] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("camelCase", Case::Camel),
    ("PascalCase", Case::Pascal),
];

impl Case {
    pub(crate) fn read(text: &str) -> Option<Self> {
        CASES.iter().find(|(name, _)| *name == text).map(|(_, case)| *case)
    }

    pub(crate) fn apply(self, name: &str) -> String {
        let joined = |separator: &str, change: fn(usize, &str) -> String| {
            let all: Vec<String> =
                words(name).iter().enumerate().map(|(at, word)| change(at, word)).collect();
            all.join(separator)
        };
        match self {
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Snake => joined("_", |_, word| word.to_lowercase()),
            Self::ScreamingSnake => joined("_", |_, word| word.to_uppercase()),
            Self::Kebab => joined("-", |_, word| word.to_lowercase()),
            Self::Camel => {
                joined("", |at, word| if at == 0 { word.to_lowercase() } else { capitalized(word) })
            }
            Self::Pascal => joined("", |_, word| capitalized(word)),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut signs = word.chars();
    let first: String = signs.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &signs.as_str().to_lowercase()
}

/// The words of a name. One begins after a sign that is no letter or digit, at a capital after a small letter, and at the last
/// of several capitals before a small letter: `HTTPServer` is two.
fn words(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let signs: Vec<char> = part.chars().collect();
        let mut word = String::new();
        // The last sign of this word that has a case; a digit has none.
        let mut last: Option<char> = None;
        for (at, sign) in signs.iter().enumerate() {
            let next = signs.get(at + 1);
            let after_small = sign.is_uppercase() && last.is_some_and(char::is_lowercase);
            let last_capital = sign.is_uppercase()
                && last.is_some_and(char::is_uppercase)
                && next.is_some_and(|next| next.is_lowercase());
            if after_small || last_capital {
                found.push(std::mem::take(&mut word));
            }
            if sign.is_lowercase() || sign.is_uppercase() {
                last = Some(*sign);
            }
            word.push(*sign);
        }
        found.push(word);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What sqlx 0.9 makes of the same names.
    #[test]
    fn names_are_as_sqlx_writes_them() {
        let cases = [
            ("HTTPServer", Case::Snake, "http_server"),
            ("Order2Go", Case::Snake, "order2_go"),
            ("OrderB2B", Case::Snake, "order_b2b"),
            ("user_id", Case::Camel, "userId"),
            ("user_id", Case::Pascal, "UserId"),
            ("InProgress", Case::Kebab, "in-progress"),
            ("InProgress", Case::ScreamingSnake, "IN_PROGRESS"),
            ("InProgress", Case::Lower, "inprogress"),
            ("in_progress", Case::Upper, "IN_PROGRESS"),
            ("XMLHttpRequest", Case::Camel, "xmlHttpRequest"),
            ("_hidden", Case::Snake, "hidden"),
        ];
        for (name, case, expected) in cases {
            assert_eq!(case.apply(name), expected, "{name} {case:?}");
        }
    }
}
