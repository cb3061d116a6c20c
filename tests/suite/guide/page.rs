//! A page of the guide, as a reader's session: what to type, what is printed, which files to write.

/// A part of a page that something is done with.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// A command of a `console` block, after its `$`; what the page says that it prints; the lines of that in the page.
    Command { typed: String, printed: Vec<String>, lines: std::ops::Range<usize> },
    /// A block after a line that ends with `` `path`: ``.
    File { path: String, text: String },
}

/// The parts of a page, in order.
///
/// # Panics
/// Where a command stands in a block that is not run.
pub fn parts(name: &str, page: &str) -> Vec<Part> {
    let lines: Vec<&str> = page.lines().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    let mut before = "";
    while at < lines.len() {
        let Some(language) = lines[at].strip_prefix("```") else {
            if !lines[at].trim().is_empty() {
                before = lines[at];
            }
            at += 1;
            continue;
        };
        let start = at + 1;
        let end = (start..lines.len()).find(|at| lines[*at] == "```").expect("a block ends");
        let block = &lines[start..end];
        match language {
            "console" => parts.extend(commands(block, start)),
            // Commands of this repository, which .ci/readme runs.
            "sh" if name == "README" => {}
            // What a shell does before there is an `ambix`: looked at, not run.
            "sh" => block.iter().for_each(|line| check_cargo(name, line)),
            _ => {
                assert!(
                    !block.iter().any(|line| line.starts_with("$ ")),
                    "{name}: {block:?} is not run"
                );
                let path = before.strip_suffix("`:").and_then(|text| text.rsplit_once('`'));
                if let Some((_, path)) = path {
                    parts.push(Part::File { path: path.to_owned(), text: block.join("\n") + "\n" });
                }
            }
        }
        before = "";
        at = end + 1;
    }
    parts
}

/// An installation names features that there are.
fn check_cargo(name: &str, line: &str) {
    assert!(line.starts_with("cargo "), "{name}: {line}");
    let features = line.split_once("--features ").map_or("", |(_, features)| features);
    for feature in features.split(',').filter(|feature| !feature.is_empty()) {
        let known = include_str!("../../../Cargo.toml").contains(&format!("\n{feature} = ["));
        assert!(known, "{name}: {line}: there is no feature {feature}");
    }
}

fn commands(block: &[&str], first: usize) -> Vec<Part> {
    let starts: Vec<usize> = (0..block.len()).filter(|at| block[*at].starts_with("$ ")).collect();
    let ends = starts.iter().skip(1).copied().chain([block.len()]);
    let part = |(start, end): (&usize, usize)| Part::Command {
        typed: block[*start]["$ ".len()..].to_owned(),
        printed: block[start + 1..end].iter().map(|line| (*line).to_owned()).collect(),
        lines: first + start + 1..first + end,
    };
    starts.iter().zip(ends).map(part).collect()
}

/// The commands of the column `column` of all tables of a page: what stands in backticks, cell by cell.
pub fn table_commands(page: &str, column: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = None;
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if !line.starts_with('|') {
            at = None;
        } else if let Some(at) = at {
            let cell: &str = cells.get(at).copied().unwrap_or_default();
            found.extend(cell.split('`').skip(1).step_by(2).map(str::to_owned));
        } else {
            at = cells.iter().position(|cell| *cell == column);
        }
    }
    found
}

/// Whether a line is as the page says; `[..]` is anything. How many blanks there are does not matter.
pub fn fits(expected: &str, actual: &str) -> bool {
    let (expected, actual) = (stable(expected), stable(actual));
    let mut pieces = expected.split("[..]");
    let Some(mut rest) = actual.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        last = Some(piece);
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty() || last.is_some_and(|last| last.is_empty() || actual.ends_with(last))
}

/// Whether lines are as the page says; a line `...` is any number of lines.
pub fn all_fit(expected: &[String], actual: &[&str]) -> bool {
    match (expected.split_first(), actual.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "..." => {
            (0..=actual.len()).any(|skipped| all_fit(rest, &actual[skipped..]))
        }
        (Some((first, rest)), Some((line, more))) => fits(first, line) && all_fit(rest, more),
        _ => false,
    }
}

/// A line without what differs between two runs: times, durations, checksums, the width of columns.
fn stable(line: &str) -> String {
    let mut words = Vec::new();
    for word in line.replace("under 1 ms", "1 ms").split_whitespace() {
        let inner = word.trim_matches(|c: char| "(),;.".contains(c));
        let digits =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let shape: String =
            inner.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        let is_unit = ["ns", "µs", "ms", "s"].contains(&inner)
            && words
                .last()
                .is_some_and(|last: &String| digits(last.trim_matches(|c: char| "(,".contains(c))));
        let is_time = ["9999-99-99", "99:99:99", "99:99:99Z", "99:99"].contains(&shape.as_str())
            || shape.starts_with("9999-99-99T99:99:99");
        let stable = if is_time {
            "9"
        } else if inner.starts_with("sha256:") {
            "sha256"
        } else if inner.chars().all(|c| c == '─') {
            "─"
        } else if is_unit {
            let number = words.pop().unwrap_or_default();
            words.push(number.replace(|c: char| c.is_ascii_digit() || c == '.', ""));
            "ms"
        } else {
            inner
        };
        words.push(word.replace(inner, stable));
    }
    words.join(" ")
}

/// A name of a migration file in parts: `20241113_1430_abc123` and `add_bio`.
fn stem(word: &str) -> Option<(&str, &str, &str)> {
    let is = |text: &str, length: usize| {
        text.len() == length && text.chars().all(|c| c.is_ascii_digit())
    };
    let mut parts = word.splitn(4, '_');
    let (day, minute, revision, slug) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_name = is(day, 8) && is(minute, 4) && revision.chars().all(|c| c.is_ascii_hexdigit());
    let slug = slug.split('.').next().unwrap_or(slug);
    is_name.then(|| (&word[..day.len() + minute.len() + revision.len() + 2], revision, slug))
}

/// All such names in a text.
fn stems(text: &str) -> Vec<(&str, &str, &str)> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).filter_map(stem).collect()
}

/// New files are named after the time and by chance: the names in the page, and what stands for them in this run.
#[derive(Debug, Default)]
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Learns from what a command printed which name of the page means which file.
    pub fn learn(&mut self, expected: &[String], actual: &str) {
        let expected = expected.join("\n");
        for (name, revision, slug) in stems(&expected) {
            if self.0.iter().any(|(known, _)| known == name) {
                continue;
            }
            let real = stems(actual).into_iter().find(|(real, _, other)| {
                *other == slug && !self.0.iter().any(|(_, known)| known == real)
            });
            if let Some((real, real_revision, _)) = real {
                self.0.push((name.to_owned(), real.to_owned()));
                self.0.push((revision.to_owned(), real_revision.to_owned()));
            }
        }
    }

    pub fn to_real(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, real)| text.replace(name, real))
    }

    pub fn to_page(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, real)| text.replace(real, name))
    }
}

#[test]
fn a_page_is_read() {
    let page = "Text `x.sql`:\n\n```sql\nSELECT 1;\n```\n\n```console\n$ ambix a\n$ ambix b\nout\n\nmore\n```\n";
    let expected = [
        Part::File { path: "x.sql".to_owned(), text: "SELECT 1;\n".to_owned() },
        Part::Command { typed: "ambix a".to_owned(), printed: vec![], lines: 8..8 },
        Part::Command {
            typed: "ambix b".to_owned(),
            printed: vec!["out".to_owned(), String::new(), "more".to_owned()],
            lines: 9..12,
        },
    ];
    assert_eq!(parts("page", page), expected);
    let table = "| Alembic | ambix |\n|---|---|\n| `a x` | `ambix x`, `ambix y` |\n| `b` | `ambix z` | `no` |\n| `c` | | `no` |\n";
    assert_eq!(table_commands(table, "ambix"), ["ambix x", "ambix y", "ambix z"]);
}

#[test]
fn lines_are_compared() {
    let fit = [
        ("a [..] b", "a x y b"),
        ("a[..]", "a"),
        ("applied  2024-11-13 14:30:00Z (3 ms)", "applied 2026-01-01 00:00:01Z (12.5 ms)"),
        ("done (under 1 ms)", "done (3 ms)"),
        ("a b", "a    b"),
    ];
    for (expected, actual) in fit {
        assert!(fits(expected, actual), "{expected}: {actual}");
    }
    let unfit = [
        ("a", "a b"),
        ("a [..] b", "a x c"),
        ("a b", "ab"),
        ("3 steps", "4 steps"),
        ("a[..]b", "a b c"),
    ];
    for (expected, actual) in unfit {
        assert!(!fits(expected, actual), "{expected}: {actual}");
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(all_fit(&lines("a\n...\nd"), &["a", "b", "c", "d"]));
    assert!(all_fit(&lines("...\nd"), &["d"]));
    assert!(!all_fit(&lines("a\n...\nd"), &["a", "b", "c"]));
    assert!(!all_fit(&lines("a"), &["a", "b"]));
}

#[test]
fn names_are_learned() {
    let mut names = Names::default();
    let real = "created migrations/20261124_0030_9f3c21d0aa44_add_bio.up.sql";
    names.learn(&["created migrations/20241113_1430_abc123_add_bio.up.sql".to_owned()], real);
    assert_eq!(names.to_real("show abc123"), "show 9f3c21d0aa44");
    assert_eq!(names.to_page(real), "created migrations/20241113_1430_abc123_add_bio.up.sql");
}
