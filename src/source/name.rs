//! How the name of a file is read: ours, and those of sqlx, diesel, refinery and Flyway, so that nobody renames files.

/// Which side of a migration a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Up,
    Down,
}

/// What a file's name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileName {
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
    /// Whether the revision is an id of its own and not the version.
    has_id: bool,
    /// Whether the name says that there is another side: `.up.sql` or `.down.sql`.
    of_two: bool,
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

/// The same without these.
const SECONDS: usize = 14;

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
        if let Some((timestamp, rest)) = longer_timestamp(version) {
            return Self {
                first: Number::Short(timestamp),
                rest: numbers(rest).map(Number::of).collect(),
            };
        }
        let mut numbers = numbers(version).map(Number::of);
        let first = numbers.next().unwrap_or(Number::Short(0));
        let first = match first {
            // As long as a timestamp, it stands among them, though there is no such date.
            Number::Short(number)
                if version.len() == SECONDS && version.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Number::Short(number * 10_u64.pow(3))
            }
            other => other,
        };
        Self { first, rest: numbers.collect() }
    }

    /// diesel compares versions as texts: `2020-12-7-190800`, which no timestamp is, comes after `20201101000000`.
    fn of_text(digits: &str) -> Self {
        let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(TIMESTAMP);
        let number = padded.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        let length = u64::try_from(digits.len()).unwrap_or_default();
        Self { first: Number::Short(number), rest: vec![Number::Short(length)] }
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

/// A timestamp to the second and what follows it, where together they are longer than one is: newer versions of diesel write
/// `2025-09-19-132648-0000`.
fn longer_timestamp(version: &str) -> Option<(u64, &str)> {
    let digits = version.bytes().filter(u8::is_ascii_digit).count();
    let (end, _) = version.match_indices(|c: char| c.is_ascii_digit()).nth(13)?;
    let (head, rest) = version.split_at(end + 1);
    let ends = rest.starts_with(|c: char| !c.is_ascii_digit());
    (digits > TIMESTAMP && ends).then(|| Some((timestamp(head)?, rest))).flatten()
}

impl FileName {
    /// Says why a down side alone makes no migration.
    pub(super) fn lonely_down(&self) -> String {
        match self.undo {
            true => format!(
                "there is no V{} for it to undo; where refinery means an unversioned migration by U, give it a V name, \
                 since here U is the down side of the V file with the same version",
                self.revision
            ),
            false => format!(
                "a down side without an up side; bring back the up side, whose name has the same version ({}) and ends with \
                 `up.sql`, or take this file out of the folder",
                self.version
            ),
        }
    }

    /// The number that the version is, without leading zeros; nothing if there is an id, or if it is more than a number.
    pub(super) fn number(&self) -> Option<&str> {
        let is_number = self.version.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !self.has_id).then_some(self.version.trim_start_matches('0'))
    }

    /// What the two sides of a pair have in common where their slugs differ: sqlx and golang-migrate pair them by version
    /// alone. Nothing for a file that is not one of two.
    pub(super) fn same(&self) -> Option<(&str, &str)> {
        let id = if self.has_id { self.revision.as_str() } else { "" };
        self.of_two.then_some((self.version.trim_start_matches('0'), id))
    }
}

/// The rest of a text before an ending, in whatever case that is written: files come from systems that tell no case.
fn before<'t>(text: &'t str, ending: &str) -> Option<&'t str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(ending.len())?)?;
    end.eq_ignore_ascii_case(ending).then_some(rest)
}

/// The name of a SQL file without its extension.
pub(super) fn stem(path: &str) -> Option<&str> {
    before(path, ".sql")
}

/// The folder whose `metadata.toml`, diesel's options, this is.
pub(super) fn with_metadata(path: &str) -> Option<&str> {
    before(path, "/metadata.toml")
}

/// What Prisma calls the file in the folder of each migration.
const PRISMAS: &str = "migration";

/// The SQL file whose options, as Flyway writes them, this file has.
pub(super) fn with_options(path: &str) -> Option<&str> {
    before(path, ".conf").filter(|path| stem(path).is_some())
}

/// The side that a file of diesel's is, and its folder.
fn in_folder(path: &str) -> Option<(&str, Side)> {
    let (folder, file) = stem(path)?.rsplit_once('/')?;
    let side = match file.to_ascii_lowercase().as_str() {
        "up" => Side::Up,
        "down" => Side::Down,
        _ => return None,
    };
    (!folder.contains('/')).then_some((folder, side))
}

/// Whether this is the side of a migration that is a folder, as diesel's are.
pub(super) fn is_in_folder(path: &str) -> bool {
    in_folder(path).is_some()
}

/// Whether a file's name says that it is one side of a migration.
pub(super) fn is_one_sided(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let one_of_two = |stem| before(stem, ".up").is_some() || before(stem, ".down").is_some();
    name.starts_with('U') || is_in_folder(path) || stem(name).is_some_and(one_of_two)
}

/// Whether diesel, in whose folder it stands, has nothing to do with this file, and we neither. Pairs that are named as ours
/// are may stand beside folders.
pub(super) fn is_beside_folders(path: &str) -> bool {
    stem(path).is_some() && !is_in_folder(path) && (path.contains('/') || !is_one_sided(path))
}

/// Whether a file may be part of the migrations at all.
pub(super) fn is_ours(path: &str) -> bool {
    stem(path).is_some()
        || with_metadata(path).is_some()
        || with_options(path).is_some()
        || path == super::SUM_FILE
        || path == super::BASELINE_FILE
}

/// What is wrong with a file that is no SQL, but whose name is a migration's: as SQL alone the folder would be another one.
pub(super) fn in_another_language(path: &str) -> Option<String> {
    const LANGUAGES: [&str; 30] = [
        "rs", "go", "java", "kt", "kts", "groovy", "scala", "py", "rb", "php", "js", "mjs", "cjs",
        "jsx", "ts", "mts", "cts", "tsx", "cs", "vb", "ex", "exs", "clj", "lua", "cr", "pl",
        "swift", "dart", "sh", "ps1",
    ];
    let (stem, extension) = path.rsplit_once('.')?;
    let is_named = !path.contains('/')
        && LANGUAGES.contains(&extension)
        && stem.contains('_')
        && !stem.ends_with("_test")
        && flat(stem).is_ok();
    is_named.then(|| {
        "is a migration, but not of SQL, and would be left out; write it as SQL or as a Rust step \
         (`-- ambix: run <function>`), and take the file out of the folder"
            .to_owned()
    })
}

/// Whether a file's name is a migration's, but for an ending that is nearly that of SQL, or of another form in which tools keep
/// migrations. It is not read, and that must be said.
pub(super) fn is_nearly_sql(path: &str) -> bool {
    const ENDINGS: [&str; 6] = ["ddl", "dml", "xml", "yaml", "yml", "json"];
    if path.contains('/') || is_ours(path) {
        return false;
    }
    let Some((stem, ending)) = path.split_once('.') else { return false };
    let ending = ending.to_ascii_lowercase();
    let last = ending.rsplit('.').next().unwrap_or_default();
    let is_near = ENDINGS.contains(&last)
        || last.ends_with("sql")
        || ending.split('.').any(|part| part.starts_with("sql"));
    is_near && flat(stem).is_ok()
}

/// The words by which other tools name a down side.
pub(super) const DOWN_WORDS: [&str; 6] =
    ["down", "rollback", "undo", "revert", "downgrade", "backward"];

/// The words by which they name an up side.
const UP_WORDS: [&str; 4] = ["do", "deploy", "apply", "upgrade"];

/// What a file must be called whose name says in another tool's word which side it is.
fn in_other_words(stem: &str) -> Option<Unread> {
    let (base, word) = stem.rsplit_once('.')?;
    let is_one = |words: &[&str]| words.iter().any(|one| word.eq_ignore_ascii_case(one));
    let side = match () {
        () if is_one(&DOWN_WORDS) => "down",
        () if is_one(&UP_WORDS) => "up",
        () => return None,
    };
    flat(base).ok()?;
    Some(Unread(format!(
        "`.{word}` is another tool's word for the {side} side of a migration; name it {base}.{side}.sql"
    )))
}

/// Reads a path below the migrations folder; nothing for a file that is not ours.
pub(crate) fn read(path: &str) -> Result<Option<FileName>, Unread> {
    let Some(stem) = stem(path) else { return Ok(None) };
    if let Some((folder, side)) = in_folder(path) {
        return of_folder(folder, side).map(Some);
    }
    let (folder, stem) =
        stem.rsplit_once('/').map_or((None, stem), |(folder, stem)| (Some(folder), stem));
    if stem.starts_with('.') {
        return Ok(None); // An editor's or a system's file.
    }
    match folder {
        None => flat(stem).map(Some),
        Some(folder) if stem.eq_ignore_ascii_case(PRISMAS) && !folder.contains('/') => {
            Err(Unread(format!(
                "is Prisma's, whose folders are not read; rename it to {folder}/up.sql, and the migration.sql of every other folder \
                 likewise"
            )))
        }
        Some(folder) => Err(Unread(format!(
            "is in the sub-folder {folder}, where only `up.sql` and `down.sql` are read; give ambix the folder that it is in, or \
             move the file to the others"
        ))),
    }
}

fn flat(stem: &str) -> Result<FileName, Unread> {
    let sides = [(".up", Side::Up), (".down", Side::Down)];
    for (ending, side) in sides {
        if let Some(stem) = before(stem, ending) {
            return Ok(FileName { of_two: true, ..plain(stem, stem, side)? });
        }
    }
    if let Some(unread) = in_other_words(stem) {
        return Err(unread);
    }
    let Some((prefix, slug)) = stem.split_once("__") else { return plain(stem, stem, Side::Up) };
    let mut version = prefix.chars();
    match version.next() {
        Some('V') => versioned(version.as_str(), slug, flyways(version.as_str()), Side::Up, true),
        Some('U') => versioned(version.as_str(), slug, flyways(version.as_str()), Side::Down, true),
        Some('R' | 'r') if prefix.len() == 1 => Err(Unread(
            "repeatable migrations (R__) are not supported; make a versioned migration of each change, and take this file out \
             of the folder"
                .to_owned(),
        )),
        Some('B') if prefix[1..].starts_with(|c: char| c.is_ascii_digit()) => Err(Unread(format!(
            "baseline migrations (B__) are not supported; where the versions before it are gone, name it V{}__{slug}.sql",
            version.as_str()
        ))),
        Some(small @ ('v' | 'u')) if prefix[1..].starts_with(|c: char| c.is_ascii_digit()) => {
            Err(Unread(format!(
                "the name cannot be read: the prefix is a capital letter; name it {}{}__{slug}.sql",
                small.to_ascii_uppercase(),
                version.as_str()
            )))
        }
        _ => plain(stem, stem, Side::Up),
    }
}

/// What the files of one version have in common in Flyway's folders, where 1.0, 01 and 1 are the same.
fn flyways(version: &str) -> String {
    let mut numbers: Vec<&str> =
        numbers(version).map(|number| number.trim_start_matches('0')).collect();
    while numbers.len() > 1 && numbers.last() == Some(&"") {
        numbers.pop();
    }
    format!("V{}", numbers.join("."))
}

/// diesel's: the version is the part before the first `_`, without dashes, whatever that is.
fn of_folder(folder: &str, side: Side) -> Result<FileName, Unread> {
    let (version, slug) = folder.split_once('_').unwrap_or((folder, ""));
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(version.len());
    let digits = version[..end].trim_end_matches('-');
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Unread(format!(
            "the folder's name cannot be read: it must begin with a version of digits; name the folder <version>_{folder}"
        )));
    }
    let slug = if slug.is_empty() { &version[digits.len()..] } else { slug };
    let name = versioned(digits, slug, folder.to_owned(), side, false)?;
    let text = without_dashes(digits);
    let is_time = timestamp(digits).is_some() || longer_timestamp(digits).is_some();
    let key = if is_time || text.len() > TIMESTAMP { name.key } else { Key::of_text(&text) };
    Ok(FileName { revision: without_dashes(version), key, ..name })
}

/// `YYYYMMDD_HHMM_<id>_<slug>`, or `<version>_<slug>`.
fn plain(stem: &str, pair: &str, side: Side) -> Result<FileName, Unread> {
    let (date, rest) = stem.split_once('_').unwrap_or((stem, ""));
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if date.len() == 8 && is_number(date) {
        let (time, rest) = rest.split_once('_').unwrap_or((rest, ""));
        if matches!(time.len(), 4 | 6) && is_number(time) {
            let version = &stem[..date.len() + 1 + time.len()];
            if let Some((id, slug)) = rest.split_once('_').filter(|(id, _)| is_id(id)) {
                let mut name = versioned(version, slug, pair.to_owned(), side, false)?;
                id.clone_into(&mut name.revision);
                name.has_id = true;
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
) -> Result<FileName, Unread> {
    let valid = version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    if !valid {
        return Err(Unread(
            "the name cannot be read; name it <date>_<time>_<revision>_<name>.up.sql, or <version>_<name>.sql with a \
             version of digits, or V<version>__<name>.sql; or take the file out of the folder if it is no migration"
                .to_owned(),
        ));
    }
    Ok(FileName {
        pair,
        side,
        version: version.to_owned(),
        // A dash has a meaning in targets; diesel drops it, too.
        revision: without_dashes(version),
        words: words(slug),
        key: Key::of(version),
        undo,
        has_id: false,
        of_two: false,
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
    fn versions_of_folders_are_in_the_order_of_their_texts() {
        let order = [
            "00000000000000_setup",
            "0001_a",
            "1_a",
            "10_a",
            "2_a",
            "2017-09-23-182408_a",
            "20180101120000_a",
            "2020-11-30-100000_a",
            "2020-12-7-190800_a",
            "20210101000000_a",
            "2021-2-03-100000_a",
            "20220101000000_a",
            "2025-09-19-132648-0000_a",
            "2025-09-19-132648-0001_a",
        ];
        let key = |folder: &str| read(&format!("{folder}/up.sql")).unwrap().unwrap().key;
        for (at, a) in order.iter().enumerate() {
            for b in &order[at + 1..] {
                assert!(key(a) < key(b), "{a} < {b}");
            }
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
            "20162029212038",
            "2017-09-23-182408",
            "20171331000000",
            "20180101120000",
            "20241113_1430",
            "20241113143001",
            "2024-11-13-143001-0001",
            "2024-11-13-143001-0010",
            "20241113_1431",
            "20250101",
            "99991231235959",
            "99999999999999",
        ];
        for (at, a) in order.iter().enumerate() {
            for b in &order[at + 1..] {
                assert!(Key::of(a) < Key::of(b), "{a} < {b}");
            }
        }
    }
}
