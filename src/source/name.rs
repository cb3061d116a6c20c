//! How the name of a file is read: ours, and those of sqlx, diesel, refinery and Flyway, so that nobody renames files.

/// Which side of a migration a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Up,
    Down,
}

/// What a file's name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// What the two sides of a migration have in common.
    pub(crate) pair: String,
    pub(crate) side: Side,
    pub(crate) revision: String,
    /// As it is written: digits, perhaps with separators.
    pub(crate) version: String,
    /// The slug with blanks.
    pub(crate) words: String,
    pub(crate) key: Key,
    undo: bool,
}

/// Why a name cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unread(pub(crate) String);

/// A version to sort by: its numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    first: Number,
    /// Of most versions nothing.
    rest: Vec<Number>,
}

/// A number of any length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    Short(u64),
    /// Longer than any short one: how many digits there are without leading zeros, and these.
    Long(usize, String),
}

/// The most digits that every number of so many fits into 64 bits with.
const SHORT: usize = 19;

/// How long a timestamp is: `YYYYMMDDhhmmss` and three digits more.
const TIMESTAMP: usize = 17;

impl Number {
    fn of(digits: &str) -> Self {
        let digits = digits.trim_start_matches('0');
        if digits.len() > SHORT {
            return Self::Long(digits.len(), digits.to_owned());
        }
        Self::Short(digits.bytes().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }
}

impl Key {
    /// Separators are ignored in a timestamp, so that `2017-09-23-182408`, `20170923_1824` and `20170923182408` are in
    /// order; elsewhere they separate numbers, so that `1_10` comes after `1_9`.
    pub(crate) fn of(version: &str) -> Self {
        if let Some(timestamp) = timestamp(version) {
            return Self { first: Number::Short(timestamp), rest: Vec::new() };
        }
        let mut numbers = numbers(version).map(Number::of);
        Self { first: numbers.next().unwrap_or(Number::Short(0)), rest: numbers.collect() }
    }

    /// The digits of a timestamp, `YYYYMMDDhhmmss` and three more; nothing for another number.
    #[cfg(feature = "cli")]
    pub(crate) fn timestamp(&self) -> Option<String> {
        match self {
            Self { first: Number::Short(number), rest } if rest.is_empty() => {
                Some(number.to_string()).filter(|digits| digits.len() == TIMESTAMP)
            }
            _ => None,
        }
    }
}

fn numbers(version: &str) -> impl Iterator<Item = &str> {
    version.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty())
}

/// A version that is a timestamp, with zeros where it says no more than the minute or the day.
fn timestamp(version: &str) -> Option<u64> {
    let (mut number, mut count) = (0, 0);
    for digit in version.bytes().filter(u8::is_ascii_digit) {
        count += 1;
        if count > TIMESTAMP {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
    }
    if count < 8 {
        return None;
    }
    let mut parts = numbers(version).map(str::len);
    let first = parts.next();
    let is_date = first == Some(4) && parts.next() == Some(2) && parts.next() == Some(2);
    if first < Some(8) && !is_date {
        return None;
    }
    let number = (count..TIMESTAMP).fold(number, |number, _| number * 10);
    let (year, month) = (number / 10_u64.pow(13), number / 10_u64.pow(11) % 100);
    ((1970..2200).contains(&year) && (1..=12).contains(&month)).then_some(number)
}

impl Name {
    /// Says why a down side alone makes no migration.
    pub(super) fn lonely_down(&self) -> String {
        if self.undo {
            format!(
                "there is no V{} for it to undo; where refinery means an unversioned migration by U, give it a V name, \
                 since here U is the down side of the V file with the same version",
                self.revision
            )
        } else {
            "a down side without an up side; the up side's name must be the same but for `.up.sql`"
                .to_owned()
        }
    }
}

/// Whether a file may be part of the migrations at all.
pub(super) fn is_ours(path: &str) -> bool {
    path.ends_with(".sql") || path.ends_with("metadata.toml") || path == super::SUM_FILE
}

/// Reads a path below the migrations folder; nothing for a file that is not ours.
pub(crate) fn read(path: &str) -> Result<Option<Name>, Unread> {
    let Some(stem) = path.strip_suffix(".sql") else { return Ok(None) };
    let (folder, stem) =
        stem.rsplit_once('/').map_or((None, stem), |(folder, stem)| (Some(folder), stem));
    if stem.starts_with('.') {
        return Ok(None); // An editor's or a system's file.
    }
    match folder {
        None => flat(stem).map(Some),
        Some(folder) if !folder.contains('/') && matches!(stem, "up" | "down") => {
            let side = if stem == "up" { Side::Up } else { Side::Down };
            plain(folder, folder, side).map(Some)
        }
        Some(folder) => Err(Unread(format!(
            "is in the sub-folder {folder}, where only `up.sql` and `down.sql` are read; give ambix the folder that it is in"
        ))),
    }
}

fn flat(stem: &str) -> Result<Name, Unread> {
    if let Some(up) = stem.strip_suffix(".up") {
        return plain(up, up, Side::Up);
    }
    if let Some(down) = stem.strip_suffix(".down") {
        return plain(down, down, Side::Down);
    }
    if stem.starts_with("R__") {
        return Err(Unread(
            "repeatable migrations (R__) are not supported: make it a versioned migration for each change".to_owned(),
        ));
    }
    let prefixed = stem.strip_prefix('V').map(|rest| (rest, Side::Up));
    let prefixed = prefixed.or_else(|| stem.strip_prefix('U').map(|rest| (rest, Side::Down)));
    if let Some((rest, side)) = prefixed
        && let Some((version, slug)) = rest.split_once("__")
    {
        return versioned(version, slug, format!("V{version}"), side, true);
    }
    plain(stem, stem, Side::Up)
}

/// `YYYYMMDD_HHMM_<id>_<slug>`, or `<version>_<slug>`.
fn plain(stem: &str, pair: &str, side: Side) -> Result<Name, Unread> {
    let (date, rest) = stem.split_once('_').unwrap_or((stem, ""));
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if date.len() == 8 && is_number(date) {
        let (time, rest) = rest.split_once('_').unwrap_or((rest, ""));
        if matches!(time.len(), 4 | 6) && is_number(time) {
            let version = &stem[..date.len() + 1 + time.len()];
            if let Some((id, slug)) = rest.split_once('_').filter(|(id, _)| is_id(id)) {
                let mut name = versioned(version, slug, pair.to_owned(), side, false)?;
                id.clone_into(&mut name.revision);
                return Ok(name);
            }
            return versioned(version, rest.trim_start_matches('_'), pair.to_owned(), side, false);
        }
    }
    versioned(date, rest, pair.to_owned(), side, false)
}

fn is_id(part: &str) -> bool {
    (6..=40).contains(&part.len())
        && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn versioned(
    version: &str,
    slug: &str,
    pair: String,
    side: Side,
    undo: bool,
) -> Result<Name, Unread> {
    let valid = version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    if !valid {
        return Err(Unread(
            "the name cannot be read; expected <date>_<time>_<revision>_<name>.up.sql, or <version>_<name>.sql with a \
             version of digits, or V<version>__<name>.sql"
                .to_owned(),
        ));
    }
    Ok(Name {
        pair,
        side,
        version: version.to_owned(),
        // A dash has a meaning in targets; diesel drops it, too.
        revision: without_dashes(version),
        words: words(slug),
        key: Key::of(version),
        undo,
    })
}

fn without_dashes(version: &str) -> String {
    if version.bytes().any(|b| b == b'-') { version.replace('-', "") } else { version.to_owned() }
}

/// A slug with blanks, and none around it.
fn words(slug: &str) -> String {
    let is_blank = |c| matches!(c, '_' | '-');
    let slug = slug.trim_matches(|c: char| is_blank(c) || c.is_whitespace());
    let mut words = String::with_capacity(slug.len());
    words.extend(slug.chars().map(|c| if is_blank(c) { ' ' } else { c }));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_tools_are_read() {
        let cases = [
            (
                "20241113_1430_abc123_add_full_name_to_user.up.sql",
                "abc123",
                "add full name to user",
                Side::Up,
            ),
            (
                "20241113_1430_abc123_add_full_name_to_user.down.sql",
                "abc123",
                "add full name to user",
                Side::Down,
            ),
            ("20241113_1430_add_things.sql", "20241113_1430", "add things", Side::Up),
            ("20241113143000_name.sql", "20241113143000", "name", Side::Up),
            ("20241113143000_name.down.sql", "20241113143000", "name", Side::Down),
            ("20240101_2_columns.sql", "20240101", "2 columns", Side::Up),
            ("2024-11-13-143000_create-users/up.sql", "20241113143000", "create users", Side::Up),
            (
                "2024-11-13-143000_create-users/down.sql",
                "20241113143000",
                "create users",
                Side::Down,
            ),
            ("V1__init.sql", "1", "init", Side::Up),
            ("V1_10__a_b.sql", "1_10", "a b", Side::Up),
            ("U1.2__x.sql", "1.2", "x", Side::Down),
            ("0001_x.sql", "0001", "x", Side::Up),
            ("7.sql", "7", "", Side::Up),
        ];
        for (path, revision, words, side) in cases {
            let name = read(path).unwrap().unwrap();
            assert_eq!(
                (name.revision.as_str(), name.words.as_str(), name.side),
                (revision, words, side),
                "{path}"
            );
        }
        for path in ["README.md", ".gitkeep", "a/b/c.txt", ".hidden.sql", "notes"] {
            assert_eq!(read(path), Ok(None), "{path}");
        }
        for path in [
            "add_users.sql",
            "V__x.sql",
            "R__views.sql",
            "postgres/0001_x.sql",
            "x.up.sql",
            "V1_x__y.sql",
            "-1_x.sql",
        ] {
            assert!(read(path).is_err(), "{path}");
        }
    }

    #[test]
    fn versions_are_in_order() {
        let order = [
            "1",
            "1_9",
            "1_10",
            "2",
            "0003",
            "10",
            "999",
            "2017-09-23-182408",
            "20180101120000",
            "20241113_1430",
            "20241113143001",
            "20241113_1431",
            "20250101",
        ];
        for (at, a) in order.iter().enumerate() {
            for b in &order[at + 1..] {
                assert!(Key::of(a) < Key::of(b), "{a} < {b}");
            }
        }
    }
}
