//! What a message becomes in the name of a file, and in a comment.

use unicode_width::UnicodeWidthChar;

/// The longest slug, in characters: with a date and a revision before it, it fits into any file system.
const LONGEST: usize = 40;

/// The words of a message in lower case, joined by `_`: letters and digits of any script, and nothing else.
///
/// So it has no separator, no dot and no sign without a width, whatever the message is, and cannot leave the folder.
/// It is cut at a word; a message without any word is a `migration`.
pub(crate) fn slug(message: &str) -> String {
    let lower = message.to_lowercase();
    // Accents that are written behind their letter, joiners and marks of direction are no ends of words.
    let shown = lower.chars().filter(|&sign| sign.is_control() || sign.width() != Some(0));
    let mut slug = String::new();
    let mut count = 0;
    for word in shown.collect::<String>().split(|sign: char| !sign.is_alphanumeric()) {
        let length = word.chars().count();
        match (length, count) {
            (0, _) => {}
            (_, 0) => {
                slug.extend(word.chars().take(LONGEST));
                count = length.min(LONGEST);
            }
            _ if count + 1 + length > LONGEST => break,
            _ => {
                slug.push('_');
                slug.push_str(word);
                count += 1 + length;
            }
        }
    }
    if slug.is_empty() { "migration".to_owned() } else { slug }
}

/// A message on one line, so that it can stand in a comment and is nothing but a comment.
pub(crate) fn line(message: &str) -> String {
    // Marks of direction could make the line look like another one.
    let turns = |sign: char| matches!(sign, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |sign: char| sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}');
    let seen: String = message.chars().filter(|&sign| !turns(sign)).collect();
    // Blanks stay as they were typed.
    let parts: Vec<&str> = seen.split(breaks).filter(|part| !part.is_empty()).collect();
    let line = parts.join(" ");
    let line = line.trim().to_owned();
    let lower = line.to_lowercase();
    if lower.starts_with("ambix:") || lower.starts_with("no-transaction") {
        format!("\"{line}\"")
    } else {
        line
    }
}

/// The name of a Rust function for a message.
pub(crate) fn function(message: &str, revision: &str) -> String {
    let slug = slug(message);
    let plain = |text: &str| text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    if plain(&slug) && !slug.starts_with(|sign: char| sign.is_ascii_digit()) && slug.contains('_') {
        slug
    } else {
        // A word alone may be a keyword, and a revision may be anything.
        let revision: String = revision
            .chars()
            .map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' })
            .collect();
        let slug = if plain(&slug) { slug } else { "step".to_owned() };
        format!("step_{slug}_{revision}").replacen("step_step_", "step_", 1)
    }
}

/// Words that say that something is done, but not what.
const VAGUE: [&str; 34] = [
    "again",
    "bug",
    "bugfix",
    "change",
    "changed",
    "changes",
    "fix",
    "fixed",
    "fixes",
    "foo",
    "hotfix",
    "migrate",
    "migration",
    "misc",
    "modification",
    "modify",
    "more",
    "new",
    "patch",
    "quick",
    "schema",
    "some",
    "stuff",
    "temp",
    "test",
    "testing",
    "tests",
    "things",
    "tmp",
    "update",
    "updated",
    "updates",
    "wip",
    "x",
];

/// Whether a message says nothing that its reader would like to know.
pub(crate) fn is_vague(message: &str) -> bool {
    slug(message)
        .split('_')
        .all(|word| VAGUE.contains(&word) || word.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::read_name;

    #[test]
    fn words_stay_and_the_rest_goes() {
        let cases = [
            ("add full_name to user", "add_full_name_to_user"),
            ("Add `email` (unique), NOT NULL!", "add_email_unique_not_null"),
            ("../../etc/passwd", "etc_passwd"),
            ("a/b\\c:d", "a_b_c_d"),
            ("..", "migration"),
            ("", "migration"),
            ("🎉🚀", "migration"),
            ("a\0b", "a_b"),
            ("CON", "con"),
            ("füge Größe hinzu", "füge_größe_hinzu"),
            ("e\u{301}te\u{301}", "ete"),
            ("\u{202e}evil\u{200f} name", "evil_name"),
            ("添加用户表", "添加用户表"),
            ("İstanbul", "istanbul"),
            (
                "one two three four five six seven eight nine ten",
                "one_two_three_four_five_six_seven_eight",
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(slug(message), expected, "{message:?}");
        }
        assert_eq!(slug(&"x".repeat(500)), "x".repeat(40));
        assert_eq!(slug(&format!("{} y", "x".repeat(39))), "x".repeat(39));
    }

    #[test]
    fn a_message_cannot_be_a_directive_or_end_its_comment() {
        assert_eq!(line("add\nDROP TABLE users;\r\n--"), "add DROP TABLE users; --");
        assert_eq!(line("Ambix: irreversible"), "\"Ambix: irreversible\"");
        assert_eq!(line(" no-transaction"), "\"no-transaction\"");
        assert_eq!(line(" add  two   blanks\t\n "), "add  two   blanks");
        assert_eq!(line("a\u{202e}b\u{2028}c\0d"), "ab c d");
        for message in [
            "ambix: transaction none",
            "\u{200f}ambix: irreversible",
            "no-transaction",
            "\nambix: x",
        ] {
            let comment = format!("-- {}\nselect 1;", line(message));
            assert!(crate::sql::header(&comment).is_empty(), "{message:?}");
        }
    }

    #[test]
    fn functions_have_names() {
        assert_eq!(function("backfill full name", "abc123"), "backfill_full_name");
        assert_eq!(function("move", "a.1"), "step_move_a_1");
        assert_eq!(function("添加", "abc123"), "step_abc123");
    }

    #[test]
    fn vague_messages_are_known() {
        for vague in ["update", "Fix", "wip", "some changes", "test 2", "", "🎉"] {
            assert!(is_vague(vague), "{vague:?}");
        }
        for fine in ["fix length of email", "add bio", "users"] {
            assert!(!is_vague(fine), "{fine:?}");
        }
    }

    /// Whatever the message is, the name made of it is read as it was meant, and names a file in the folder.
    #[test]
    fn every_slug_makes_a_name_that_is_read() {
        const SIGNS: [char; 40] = [
            'a', 'Z', '0', '9', '_', '-', '.', '.', '/', '\\', ':', ' ', '\t', '\n', '\0', '\'',
            '"', ';', '*', '?', '<', '|', '%', '$', '~', 'ß', 'İ', '\u{301}', '\u{200f}',
            '\u{202e}', '\u{feff}', '\u{ff0e}', '世', '🎉', 'ﬁ', '²', '٣', 'Ǆ', '\u{94d}',
            '\u{fdfa}',
        ];
        let seed = std::collections::hash_map::RandomState::new();
        let seed = std::hash::BuildHasher::hash_one(&seed, 0) | 1;
        let seed = std::env::var("AMBIX_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(seed);
        println!("AMBIX_SEED={seed}");
        let mut state: u64 = seed;
        let mut below = |end: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap() % end
        };
        for _ in 0..20_000 {
            let length = below(60);
            let message: String = (0..length)
                .map(|_| match below(4) {
                    0 => char::from_u32(u32::try_from(below(0x11_0000)).unwrap()).unwrap_or('x'),
                    _ => SIGNS[below(SIGNS.len())],
                })
                .collect();
            let slug = slug(&message);
            let file = format!("20241113_1430_0123456789ab_{slug}.up.sql");
            assert!(!slug.contains(|c: char| !(c.is_alphanumeric() || c == '_')), "{message:?}");
            assert!(
                !slug.starts_with('_') && !slug.ends_with('_') && !slug.contains("__"),
                "{message:?}"
            );
            assert!(
                (1..=LONGEST).contains(&slug.chars().count()) && file.len() < 255,
                "{message:?}"
            );
            let name = read_name(&file).unwrap().unwrap();
            assert_eq!(
                (name.revision.as_str(), name.words),
                ("0123456789ab", slug.replace('_', " ")),
                "{message:?}"
            );
            let line = line(&message);
            assert!(
                !line.contains(char::is_control)
                    && crate::sql::header(&format!("-- {line}")).is_empty(),
                "{message:?}"
            );
        }
    }
}
