//! The tools whose history can be taken over: what is known about each, in one place. The queries are in the databases' `adopt.sql`.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha384};

use crate::{
    error::Error,
    hash_functions::{crc32, sip13},
};

/// A tool whose history [`Migrator::adopt`](crate::Migrator::adopt) can take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Tool {
    /// `sqlx migrate` and `sqlx::migrate!`. Its checksums are checked.
    Sqlx,
    /// refinery. Its checksums are checked.
    Refinery,
    /// diesel and `diesel_migrations`. It keeps no checksums.
    Diesel,
    /// sea-orm-migration. It keeps no checksums, and its migrations are Rust code: each needs a file with its SQL.
    SeaOrm,
    /// Alembic. It keeps the heads alone: what comes before them is applied, too.
    Alembic,
    /// Flyway. Its checksums are checked.
    Flyway,
    /// golang-migrate. It keeps the highest version alone: all that are lower are applied, too.
    GolangMigrate,
    /// dbmate. It keeps no checksums. A table of Rails has the same form.
    Dbmate,
    /// goose. It keeps no checksums; of several rows of a version, the last one counts.
    Goose,
}

/// What is known about a tool.
struct ToolInfo {
    tool: Tool,
    name: &'static str,
    /// The name of its history table, where nobody has chosen another.
    table: &'static str,
    /// The columns by which its table is known.
    columns: &'static [&'static str],
}

/// In the order in which a table is looked at: what has more columns comes first.
const FACTS: [ToolInfo; 9] = [
    ToolInfo {
        tool: Tool::Flyway,
        name: "flyway",
        table: "flyway_schema_history",
        columns: &["installed_rank", "version", "script", "type", "checksum", "success"],
    },
    ToolInfo {
        tool: Tool::Sqlx,
        name: "sqlx",
        table: "_sqlx_migrations",
        columns: &[
            "version",
            "description",
            "installed_on",
            "success",
            "checksum",
            "execution_time",
        ],
    },
    ToolInfo {
        tool: Tool::Refinery,
        name: "refinery",
        table: "refinery_schema_history",
        columns: &["version", "name", "applied_on", "checksum"],
    },
    ToolInfo {
        tool: Tool::Diesel,
        name: "diesel",
        table: "__diesel_schema_migrations",
        columns: &["version", "run_on"],
    },
    ToolInfo {
        tool: Tool::SeaOrm,
        name: "sea-orm",
        table: "seaql_migrations",
        columns: &["version", "applied_at"],
    },
    ToolInfo {
        tool: Tool::Alembic,
        name: "alembic",
        table: "alembic_version",
        columns: &["version_num"],
    },
    ToolInfo {
        tool: Tool::GolangMigrate,
        name: "golang-migrate",
        table: "schema_migrations",
        columns: &["version", "dirty"],
    },
    ToolInfo {
        tool: Tool::Goose,
        name: "goose",
        table: "goose_db_version",
        columns: &["version_id", "is_applied", "tstamp"],
    },
    ToolInfo {
        tool: Tool::Dbmate,
        name: "dbmate",
        table: "schema_migrations",
        columns: &["version"],
    },
];

impl Tool {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Sqlx,
        Self::Refinery,
        Self::Diesel,
        Self::SeaOrm,
        Self::Alembic,
        Self::Flyway,
        Self::GolangMigrate,
        Self::Dbmate,
        Self::Goose,
    ];

    fn facts(self) -> &'static ToolInfo {
        // Every tool has its facts, and a test goes through them.
        FACTS.iter().find(|facts| facts.tool == self).unwrap_or(&FACTS[0])
    }

    /// The name, as the command line takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name of its history table where nobody has chosen another.
    #[must_use]
    pub fn history_table(self) -> &'static str {
        self.facts().table
    }

    /// The tool whose history table has these columns. dbmate's has one that many tables have, so there may be no other.
    pub(in crate::migrator) fn of_columns(columns: &[String]) -> Option<Self> {
        let has = |column: &&str| columns.iter().any(|name| name.eq_ignore_ascii_case(column));
        let facts = FACTS.iter().find(|facts| {
            facts.columns.iter().all(has) && (facts.columns.len() > 1 || columns.len() == 1)
        });
        facts.map(|facts| facts.tool)
    }

    /// Whether no table but this tool's history has its columns.
    pub(in crate::migrator) fn is_known_by_columns(self) -> bool {
        matches!(self, Self::Flyway | Self::Sqlx | Self::Refinery | Self::Alembic | Self::Goose)
    }

    /// The version that a text begins with - one of the history, a file's name or a revision -, as this tool reads it.
    pub(super) fn version(self, text: &str) -> Option<Version> {
        let (number, rest) = match self {
            Self::Alembic => return None,
            Self::Flyway => {
                let text = text.strip_prefix('V').unwrap_or(text);
                let version = text.split("__").next().unwrap_or_default();
                let parts: Option<Vec<_>> = version.split(['.', '_']).map(number).collect();
                let mut parts = parts?;
                while parts.len() > 1 && parts.last().is_some_and(|(length, _)| *length == 0) {
                    parts.pop(); // To Flyway 1.0 is 1.
                }
                return Some(Version(parts));
            }
            Self::Diesel => {
                let version = text.split('_').next().unwrap_or_default();
                (version.replace('-', ""), "")
            }
            // A date and a time, which belong together.
            Self::SeaOrm => {
                let text = text.strip_prefix('m').unwrap_or(text);
                let mut parts = text.split('_');
                let date = parts.next().unwrap_or_default();
                let time = parts.next().filter(|time| date.len() == 8 && number(time).is_some());
                (format!("{date}{}", time.unwrap_or_default()), "")
            }
            Self::Sqlx | Self::Refinery | Self::GolangMigrate | Self::Dbmate | Self::Goose => {
                let text = if self == Self::Refinery {
                    text.strip_prefix('V').unwrap_or(text)
                } else {
                    text
                };
                let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                (text[..end].to_owned(), &text[end..])
            }
        };
        let ends = rest.is_empty() || rest.starts_with('_') || self == Self::Dbmate;
        number_if(&number, ends).map(|number| Version(vec![number]))
    }

    /// Whether a checksum of the tool's history is that of a file; nothing where that cannot be told.
    pub(super) fn check(self, checksum: &str, file: &str, text: &str) -> Option<bool> {
        match self {
            Self::Sqlx => {
                let hex = |text: &str| -> String {
                    Sha384::digest(text.as_bytes())
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect()
                };
                Some(spellings(text).any(|text| checksum.eq_ignore_ascii_case(&hex(&text))))
            }
            Self::Refinery => {
                let (version, name) = stem(file).strip_prefix('V')?.split_once("__")?;
                let version: i64 = version.parse().ok()?;
                let checksum: u64 = checksum.parse().ok()?;
                Some(spellings(text).any(|text| refinery(name, version, &text).contains(&checksum)))
            }
            Self::Flyway => {
                let checksum: i32 = checksum.parse().ok()?;
                // Its lines without their ends.
                let bytes = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r'));
                Some(crc32(bytes) == checksum.cast_unsigned())
            }
            Self::Diesel
            | Self::SeaOrm
            | Self::Alembic
            | Self::GolangMigrate
            | Self::Dbmate
            | Self::Goose => None,
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tool {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|tool| tool.name() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|tool| tool.name()).collect();
            Error::Argument {
                argument: "tool",
                given: text.to_owned(),
                problem: format!(
                    "the history of {text:?} cannot be taken over; known are {}",
                    known.join(", ")
                ),
            }
        })
    }
}

/// A version, as numbers that compare as such: each with its length, and without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Version(Vec<(usize, String)>);

fn number(digits: &str) -> Option<(usize, String)> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0').to_owned();
    Some((digits.len(), digits))
}

fn number_if(digits: &str, ends: bool) -> Option<(usize, String)> {
    if ends { number(digits) } else { None }
}

/// What a file is called, without its folder, its side and its type; the folder's name where the file's says the side alone.
pub(super) fn stem(file: &str) -> &str {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    match name {
        "up.sql" => folder,
        name => {
            let name = name.strip_suffix(".sql").unwrap_or(name);
            name.strip_suffix(".up").unwrap_or(name)
        }
    }
}

/// How the file may have been written when the tool read it: we know its text without a byte order mark and with `\n`.
fn spellings(text: &str) -> impl Iterator<Item = String> {
    let windows = text.replace('\n', "\r\n");
    let marked = format!("\u{feff}{text}");
    let both = format!("\u{feff}{windows}");
    [text.to_owned(), windows, marked, both].into_iter()
}

/// refinery hashes name, version and text as Rust's `Hash` does; a version is a number of four bytes, or of eight with its
/// feature `int8-versions`.
fn refinery(name: &str, version: i64, text: &str) -> [u64; 2] {
    let hash = |version: &[u8]| {
        let mut bytes = Vec::with_capacity(name.len() + text.len() + 10);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0xff);
        bytes.extend_from_slice(version);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0xff);
        sip13(&bytes)
    };
    let long = version.to_le_bytes();
    [hash(&long[..4]), hash(&long)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_known_as_a_tool_s() {
        for info in &super::FACTS {
            assert!(crate::database::tools::tool_of_table(info.table).is_some(), "{}", info.table);
        }
    }

    #[test]
    fn every_tool_has_its_facts() {
        for tool in Tool::ALL {
            assert_eq!(tool.facts().tool, tool);
            assert_eq!(tool.name().parse::<Tool>().unwrap(), tool);
        }
        assert!(
            "rails".parse::<Tool>().unwrap_err().to_string().contains("golang-migrate, dbmate")
        );
    }

    #[test]
    fn a_table_is_known_by_its_columns() {
        for facts in &FACTS {
            let columns: Vec<String> =
                facts.columns.iter().map(|name| name.to_uppercase()).collect();
            assert_eq!(Tool::of_columns(&columns), Some(facts.tool));
        }
        for columns in [&["id"][..], &["version", "inserted_at"], &[]] {
            let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(Tool::of_columns(&columns), None, "{columns:?}");
        }
    }

    #[test]
    fn versions_of_history_and_file_are_the_same() {
        let same = [
            (Tool::Sqlx, "1", "0001_users"),
            (Tool::Sqlx, "20240101", "20240101_1200_users"),
            (Tool::Refinery, "1", "V1__users"),
            (Tool::Refinery, "7", "V007__users"),
            (Tool::Diesel, "20240105000000", "2024-01-05-000000_users"),
            (Tool::Diesel, "20240105000000", "20240105000000"),
            (Tool::SeaOrm, "m20220101_000001_create_table", "20220101_000001_create_table"),
            (Tool::SeaOrm, "m20220101_000001_create_table", "20220101000001"),
            (Tool::Flyway, "1", "V1__users"),
            (Tool::Flyway, "1.10", "V1_10__users"),
            (Tool::Flyway, "1.0", "V01__users"),
            (Tool::Flyway, "2", "2"),
            (Tool::GolangMigrate, "1", "000001_users"),
            (Tool::Dbmate, "20240101120000", "20240101120000_users"),
            (Tool::Dbmate, "20240101120000", "20240101120000users"),
        ];
        for (tool, history, file) in same {
            let version = tool.version(history);
            assert!(version.is_some(), "{tool}: {history}");
            assert_eq!(version, tool.version(file), "{tool}: {history} and {file}");
        }
        let none = [
            (Tool::Sqlx, "abc123"),
            (Tool::Sqlx, "12ab34"),
            (Tool::Flyway, "Vx__users"),
            (Tool::Flyway, "20240101_users"),
            (Tool::SeaOrm, "create_table"),
            (Tool::Alembic, "1"),
        ];
        for (tool, text) in none {
            assert_eq!(tool.version(text), None, "{tool}: {text}");
        }
        assert!(Tool::Flyway.version("1.9") < Tool::Flyway.version("1.10"));
        assert!(Tool::GolangMigrate.version("9") < Tool::GolangMigrate.version("10"));
    }

    #[test]
    fn stems_are_found() {
        let cases = [
            ("2024-01-05-000000_users/up.sql", "2024-01-05-000000_users"),
            ("V1__users.sql", "V1__users"),
            ("1_users.up.sql", "1_users"),
            ("<r1 up>", "<r1 up>"),
        ];
        for (file, expected) in cases {
            assert_eq!(stem(file), expected);
        }
    }

    #[test]
    fn checksums_are_those_of_the_tools() {
        // From refinery's own tests, and what `printf 'a\nb' | ...` gives.
        let sql = "CREATE TABLE persons (id int, name varchar(255), city varchar(255));";
        let file = "V1__initial.sql";
        let [short, long] = refinery("initial", 1, sql);
        assert_ne!(short, long);
        assert_eq!(Tool::Refinery.check(&short.to_string(), file, sql), Some(true));
        assert_eq!(Tool::Refinery.check(&short.to_string(), "V1__other.sql", sql), Some(false));
        assert_eq!(Tool::Refinery.check("x", file, sql), None);
        assert_eq!(Tool::Flyway.check("-873187034", file, "1234\r\n56789\n"), Some(true));
        assert_eq!(Tool::Flyway.check("-873187034", file, "12345678"), Some(false));
        let sha = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b";
        assert_eq!(Tool::Sqlx.check(&sha.to_uppercase(), file, ""), Some(true));
        assert_eq!(Tool::Sqlx.check(sha, file, "x"), Some(false));
        assert_eq!(Tool::Dbmate.check(sha, file, ""), None);
    }

    #[test]
    fn a_checksum_does_not_depend_on_line_ends_and_marks() {
        let hex = |text: &str| -> String {
            Sha384::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        for written in ["a\nb\n", "a\r\nb\r\n", "\u{feff}a\nb\n", "\u{feff}a\r\nb\r\n"] {
            assert_eq!(
                Tool::Sqlx.check(&hex(written), "1_x.sql", "a\nb\n"),
                Some(true),
                "{written:?}"
            );
        }
    }
}
