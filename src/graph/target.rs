//! What a person writes to say where the schema should go.

use std::{fmt, str::FromStr};

use crate::error::{Error, Result};

/// Where to go: `head`, `base`, a revision, so many steps from here.
///
/// | written | means |
/// |---|---|
/// | `head` | the newest migration; an error where there are several heads |
/// | `heads` | all heads |
/// | `base` | before the first migration |
/// | `current` | where the database is |
/// | `abc123` | this revision, label, or the only revision that begins with it |
/// | `+2`, `-1` | so many migrations up or down from where the database is |
/// | `abc123+2`, `head-1`, `base+3` | so many migrations up or down from there |
/// | `billing@head`, `billing@-1`, `billing@base`, `billing@abc` | the same on the line of label `billing` only |
/// | `3f00aa@head` | a revision may stand for the line that it is on |
/// | `abc123,def456` | several of these, separated by `,` or white space |
///
/// A target is read without looking at any migration: whether a revision exists turns out when it is used.
///
/// ```
/// use ambix::Target;
/// let target: Target = "billing@head-1".parse()?;
/// assert_eq!(target.to_string(), "billing@head-1");
/// assert!("".parse::<Target>().is_err());
/// assert!("a:b".parse::<Target>().is_err());
/// # Ok::<(), ambix::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    text: String,
    pub(super) points: Vec<Point>,
}

/// One item of a target: `line@word+offset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    /// As it was written.
    pub(super) text: String,
    /// The part before the `@`.
    pub(super) line: Option<String>,
    pub(super) word: Word,
    pub(super) offset: Option<Offset>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing is written but an offset.
    Here,
    Current,
    Head,
    Heads,
    Base,
    Name(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offset {
    Up(usize),
    Down(usize),
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(by) => write!(f, "+{by}"),
            Self::Down(by) => write!(f, "-{by}"),
        }
    }
}

impl Target {
    /// The newest migration, where there is one line only.
    #[must_use]
    pub fn head() -> Self {
        Self::of_word("head", Word::Head)
    }

    /// All the newest migrations.
    #[must_use]
    pub fn heads() -> Self {
        Self::of_word("heads", Word::Heads)
    }

    /// Before the first migration.
    #[must_use]
    pub fn base() -> Self {
        Self::of_word("base", Word::Base)
    }

    /// Whether it is counted from where the database is.
    pub(crate) fn asks_database(&self) -> bool {
        self.points.iter().any(|point| matches!(point.word, Word::Here | Word::Current))
    }

    /// Whether it names the place where the database is, and not a way from there.
    pub(crate) fn is_current(&self) -> bool {
        self.points.iter().any(|point| point.word == Word::Current)
    }

    fn of_word(text: &str, word: Word) -> Self {
        let point = Point { text: text.to_owned(), line: None, word, offset: None };
        Self { text: text.to_owned(), points: vec![point] }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let problem = |problem| Error::Target { target: text.trim().to_owned(), problem };
        let points = text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|item| !item.is_empty())
            .map(Point::read)
            .collect::<Result<Vec<_>, String>>()
            .map_err(problem)?;
        if points.is_empty() {
            return Err(Error::Target {
                target: format!("{text:?}"),
                problem: "it is empty; write `head`, `base`, a revision, `+1`, `-1` ...".to_owned(),
            });
        }
        Ok(Self { text: text.to_owned(), points })
    }
}

impl Point {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let (line, rest) = match text.split_once('@') {
            Some((line, rest)) => (Some(line), rest),
            None => (None, text),
        };
        let (word, offset) = match rest.rfind(['+', '-']) {
            Some(at) if rest[at + 1..].bytes().all(|b| b.is_ascii_digit()) => {
                (&rest[..at], Some(read_offset(&rest[at..])?))
            }
            _ => (rest, None),
        };
        if let Some(line) = line {
            check_name(line, "before the `@`")?;
        }
        if !(word.is_empty() && offset.is_some()) {
            check_name(word, if line.is_some() { "after the `@`" } else { "in it" })?;
        }
        let word = match word {
            "" => Word::Here,
            "current" => Word::Current,
            "head" => Word::Head,
            "heads" => Word::Heads,
            "base" => Word::Base,
            name => Word::Name(name.to_owned()),
        };
        Ok(Self { text: text.to_owned(), line: line.map(str::to_owned), word, offset })
    }
}

/// Reads a sign and digits.
fn read_offset(text: &str) -> Result<Offset, String> {
    let digits = &text[1..];
    if digits.is_empty() {
        return Err(format!("a number is missing after the `{text}`"));
    }
    let by = digits.parse().map_err(|_| format!("{text} is too large a number"))?;
    Ok(if text.starts_with('+') { Offset::Up(by) } else { Offset::Down(by) })
}

/// What revisions and labels are made of; a label may have a `-` in it, too.
pub(super) fn is_name_sign(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '.' | '-')
}

fn check_name(name: &str, place: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("a revision or label is missing {place}"));
    }
    match name.chars().find(|&sign| !is_name_sign(sign)) {
        Some(':') => Err("it is a range; write one revision".to_owned()),
        Some(sign) => Err(format!("it cannot be read: {sign:?} is not expected in {name:?}")),
        None => Ok(()),
    }
}

impl TryFrom<&str> for Target {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<String> for Target {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&String> for Target {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self> {
        text.parse()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
