//! Marks in a file that has both sides: those that are read, and what must not be taken for a comment since it is nearly one of
//! them, or another tool's. Taken for a comment, a mark would let the down side run right after the up side.

/// What a line says to the tool that wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Up {
        transaction: bool,
    },
    Down {
        transaction: bool,
    },
    NoTransaction,
    Environment,
    /// The begin or the end of a statement. Our splitter finds both by itself.
    Statement,
}

/// A line as far as marks are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkerLine {
    /// A mark of dbmate's or goose's, and how it is spelled.
    Mark(Mark, &'static str),
    /// Nearly one of those; how it should be spelled, if that is clear.
    Near(Option<&'static str>),
    /// A mark of a tool whose files are not read.
    Foreign(&'static str),
    /// A comment that says no more than that a side begins here, as people write it, and node-pg-migrate and shmig do.
    Heading(MarkedSide),
    /// Any other line.
    Other,
}

/// The side that a heading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkedSide {
    Up,
    Down,
}

/// What a line is.
pub(super) fn read(line: &str) -> MarkerLine {
    // Nearly every line is SQL, and every start of a program reads all of them.
    let first = line.bytes().find(|&byte| !byte.is_ascii_whitespace() && byte != VERTICAL_TAB);
    if first.is_none_or(|first| first.is_ascii() && !matches!(first, b'-' | b'#' | b'/')) {
        return behind_statement(line);
    }
    if let Some((mark, spelling)) = mark(line) {
        return MarkerLine::Mark(mark, spelling);
    }
    comment(line).map_or(MarkerLine::Other, within_comment)
}

/// Some databases take it for a blank.
const VERTICAL_TAB: u8 = 0x0b;

/// What the text of a comment is, or a line of one with many lines.
pub(super) fn within_comment(text: &str) -> MarkerLine {
    let text = text.to_lowercase();
    foreign(&text)
        .map(MarkerLine::Foreign)
        .or_else(|| near(&text))
        .or_else(|| heading(&text))
        .unwrap_or(MarkerLine::Other)
}

/// What the comment is that ends the line of a statement. `-- down` may say anything of that line.
fn behind_statement(line: &str) -> MarkerLine {
    match comment_behind(line).map(within_comment) {
        None | Some(MarkerLine::Heading(_)) => MarkerLine::Other,
        Some(found) => found,
    }
}

/// The text of the comment that ends the line of a statement, if it is as short as a mark.
fn comment_behind(line: &str) -> Option<&str> {
    const LONGEST: usize = 80; // Lines of a dump are long, and are not searched.
    let line = line.trim_end();
    let start = line.len().saturating_sub(LONGEST);
    let found = line.as_bytes()[start..].windows(2).rposition(|two| two == b"--")?;
    let (statement, comment) = line.split_at(start + found);
    let statement = statement.trim_end_matches(|c: char| c.is_whitespace() || c == '-');
    statement.ends_with(';').then(|| comment.trim_start_matches('-').trim())
}

/// Whether the line has a comment of so few words, and such a one among them, that in a file with an up side it may begin the
/// down side.
pub(super) fn may_begin_down(line: &str) -> bool {
    const MOST: usize = 4;
    let Some(comment) = comment(line).or_else(|| comment_behind(line)) else { return false };
    let comment = comment.to_lowercase();
    words(&comment).count() <= MOST
        && words(&comment).any(|word| side(word) == Some(MarkedSide::Down))
}

/// The mark that a line is, exactly. dbmate's stand at the beginning of a line and may have options; goose's have none.
pub(super) fn mark(line: &str) -> Option<(Mark, &'static str)> {
    let words = line.strip_prefix("--")?;
    let mut words = words.split_whitespace();
    let first = words.next()?;
    if first == "migrate:up" || first == "migrate:down" {
        let transaction = !words.any(|option| option == "transaction:false");
        return Some(if first == "migrate:up" {
            (Mark::Up { transaction }, "migrate:up")
        } else {
            (Mark::Down { transaction }, "migrate:down")
        });
    }
    if !first.eq_ignore_ascii_case("+goose") {
        return None;
    }
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["up"] => Some((Mark::Up { transaction: true }, "+goose Up")),
        ["down"] => Some((Mark::Down { transaction: true }, "+goose Down")),
        ["no", "transaction"] => Some((Mark::NoTransaction, "+goose NO TRANSACTION")),
        ["envsub" | "envsubst", "on"] => Some((Mark::Environment, "+goose ENVSUB ON")),
        ["statementbegin"] => Some((Mark::Statement, "+goose StatementBegin")),
        ["statementend"] => Some((Mark::Statement, "+goose StatementEnd")),
        _ => None,
    }
}

/// What a comment says that stands alone on its line, however it is written: `-- x`, `--- x`, `# x`, `/* x */`.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches('\u{feff}');
    let text = if let Some(text) = line.strip_prefix("/*") {
        text.strip_suffix("*/").unwrap_or(text).trim_start_matches(['*', '!'])
    } else if let Some(text) = line.strip_prefix('#') {
        text
    } else {
        line.strip_prefix("--")?
    };
    Some(text.trim_start_matches(|c: char| c.is_whitespace() || c == '-').trim())
}

/// The tool that has written a comment for itself. Each of these stands for something that would otherwise be left out or run.
fn foreign(comment: &str) -> Option<&'static str> {
    let mut words = comment.split_whitespace();
    let words: [&str; 5] = std::array::from_fn(|_| words.next().unwrap_or_default());
    match words {
        ["+migrate", ..] => Some("sql-migrate"),
        ["+micrate", ..] => Some("micrate"),
        ["rambler" | "+rambler", "up" | "down", "", ..] => Some("rambler"),
        ["!ups" | "!downs", "", ..] => Some("Play's evolutions"),
        ["liquibase", "formatted", "sql", ..] => Some("Liquibase"),
        ["create", "above", "/", "drop", "below"] | ["create", "above/drop", "below", ..] => {
            Some("tern")
        }
        [first, ..] if first.starts_with("//@undo") => Some("MyBatis Migrations"),
        ["//", "@undo", ..] => Some("MyBatis Migrations"),
        _ => None,
    }
}

/// What looks like a mark of dbmate's or goose's and is none: `migrate:Down`, `migrate : down`, `+gooseDown`, `@migrate down`.
fn near(comment: &str) -> Option<MarkerLine> {
    let plain = comment.trim_start_matches(|c: char| !c.is_alphanumeric());
    for (tool, up, down) in
        [("migrate", "migrate:up", "migrate:down"), ("goose", "+goose Up", "+goose Down")]
    {
        let Some(rest) = plain.strip_prefix(tool) else { continue };
        let has_sign = comment.starts_with('+') || rest.trim_start().starts_with(':');
        let mut words = words(rest);
        let spelling = match words.next() {
            Some("up") => Some(up),
            Some("down") => Some(down),
            _ => None,
        };
        // `migrate users to the new table` is a comment, and so is `migrate up to here`.
        let says_no_more = spelling.is_some() && words.all(|word| word.contains("transaction"));
        if has_sign || says_no_more {
            return Some(MarkerLine::Near(spelling));
        }
    }
    None
}

/// A comment of one word for a side, whatever signs are around it, and whichever tool's name is before them.
fn heading(comment: &str) -> Option<MarkerLine> {
    const NAMES: [&str; 4] = ["section", "direction", "name", "part"];
    const FILLERS: [&str; 14] = [
        "migration",
        "migrations",
        "sql",
        "side",
        "script",
        "scripts",
        "step",
        "steps",
        "the",
        "begin",
        "start",
        "end",
        "here",
        "below",
    ];
    // What goose writes into a new file, below its marks.
    if comment.starts_with("sql in section") || comment.starts_with("sql in this section") {
        let is_down = comment.contains("'down'") || comment.ends_with("rolled back");
        return Some(MarkerLine::Heading(if is_down { MarkedSide::Down } else { MarkedSide::Up }));
    }
    // `pgmigrate:down`, `direction = down`, `+tool down`
    let is_signed = comment.starts_with(['+', '@']) || comment.contains([':', '=']);
    let words: Vec<&str> = words(comment).filter(|word| !FILLERS.contains(word)).collect();
    let is_named = match words.as_slice() {
        [name, last] => {
            side(name).is_none() && side(last).is_some() && (is_signed || NAMES.contains(name))
        }
        _ => false,
    };
    let mut joined = String::new();
    let mut found = None;
    for word in &words[usize::from(is_named)..] {
        joined.push_str(word);
        // `down (rollback)`, and `roll back`, which is one word in two.
        match (side(word).or_else(|| side(&joined)), found) {
            (None, None) if joined.len() < "downgrade".len() => {}
            (Some(side), None) => found = Some(side),
            (Some(side), Some(other)) if side == other => {}
            _ => return None,
        }
    }
    found.map(MarkerLine::Heading)
}

/// The side that a word stands for.
fn side(word: &str) -> Option<MarkedSide> {
    match word {
        "up" | "ups" | "upgrade" => Some(MarkedSide::Up),
        "down" | "downs" | "downgrade" | "rollback" | "rollbacks" | "revert" | "reverse"
        | "undo" | "teardown" | "backout" | "backward" | "backwards" => Some(MarkedSide::Down),
        _ => None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_have_one_spelling() {
        for (line, spelling) in [
            ("-- migrate:up", "migrate:up"),
            ("--migrate:down transaction:false", "migrate:down"),
            ("-- +goose Up", "+goose Up"),
            ("--  +GOOSE down\r\n", "+goose Down"),
            ("-- +goose StatementBegin", "+goose StatementBegin"),
        ] {
            let MarkerLine::Mark(_, found) = read(line) else { panic!("{line}") };
            assert_eq!(found, spelling, "{line}");
        }
    }

    #[test]
    fn what_is_nearly_a_mark_is_seen() {
        let down = MarkerLine::Near(Some("migrate:down"));
        for line in [
            "  -- migrate:down",
            "-- migrate:Down",
            "-- migrate: down",
            "-- migrate : down",
            "-- MIGRATE:DOWN transaction:false",
            "--- migrate:down",
            "-- migrate-down",
            "-- migrate down",
            "-- @migrate:down",
            "# migrate:down",
            "/* migrate:down */",
            "\t--migrate:down;",
            "\u{b}-- migrate:down",
            "SELECT 1; -- migrate:down",
            "DROP TABLE t;  --  migrate: down",
        ] {
            assert_eq!(read(line), down, "{line}");
        }
        for line in ["-- migrate:dwon", "-- migrate:", "-- migrate:rollback"] {
            assert_eq!(read(line), MarkerLine::Near(None), "{line}");
        }
        let down = MarkerLine::Near(Some("+goose Down"));
        for line in [
            "  -- +goose Down",
            "-- +goose Down;",
            "-- goose down",
            "-- + goose down",
            "# +goose Down",
        ] {
            assert_eq!(read(line), down, "{line}");
        }
        assert_eq!(read("-- +goose Donw"), MarkerLine::Near(None));
    }

    #[test]
    fn other_tools_marks_name_their_tool() {
        for (line, tool) in [
            ("-- +migrate Down", "sql-migrate"),
            ("--+migrate Up notransaction", "sql-migrate"),
            ("-- +micrate Down", "micrate"),
            ("-- rambler down", "rambler"),
            ("-- +rambler Down", "rambler"),
            ("SELECT 1; -- +migrate Down", "sql-migrate"),
            ("# --- !Downs", "Play's evolutions"),
            ("-- !Ups", "Play's evolutions"),
            ("--liquibase formatted sql", "Liquibase"),
            ("---- create above / drop below ----", "tern"),
            ("-- create above/drop below", "tern"),
            ("--//@UNDO", "MyBatis Migrations"),
            ("-- //@UNDO", "MyBatis Migrations"),
            ("-- // @UNDO", "MyBatis Migrations"),
        ] {
            assert_eq!(read(line), MarkerLine::Foreign(tool), "{line}");
        }
    }

    #[test]
    fn a_heading_says_no_more_than_a_side() {
        for line in ["-- Rollback", "-- UNDO:", "-- @revert", "-- downgrade"] {
            assert_eq!(read(line), MarkerLine::Heading(MarkedSide::Down), "{line}");
        }
        for line in [
            "-- Down",
            "-- DOWN:",
            "-- Down Migration",
            "-- ==== DOWN ====",
            "/* down */",
            "-- down side",
            "-- [down]",
            "-- Downs",
            "-- the DOWN migration:",
            "-- Down (rollback)",
            "-- roll back:",
            "-- un-do",
            "-- tear down",
            "-- SECTION: down",
            "-- direction = down",
            "-- name: down",
            "-- pgmigrate:down",
            "-- +pig down",
            "-- begin down",
            "-- SQL in section 'Down' is executed when this migration is rolled back",
            "-- SQL in this section is executed when the migration is rolled back",
            "-- undo below",
            "\u{b}-- down",
            "-- migrat\u{435}:down",
        ] {
            assert_eq!(read(line), MarkerLine::Heading(MarkedSide::Down), "{line}");
        }
        assert_eq!(read("-- UP"), MarkerLine::Heading(MarkedSide::Up));
    }

    #[test]
    fn prose_is_prose() {
        for line in [
            "",
            "SELECT 1;",
            "-- migrate users to the new table",
            "-- migrate up to here",
            "-- the down side is below",
            "-- scale down the limits",
            "-- up to five",
            "-- goose is a bird",
            "-- undo the last change",
            "SELECT 1; -- down",
            "SELECT '-- migrate:down",
            "SELECT 1 -- migrate:down",
            "-- shut down jobs",
            "-- turn them upside down",
            "-- name: down payment",
        ] {
            assert_eq!(read(line), MarkerLine::Other, "{line}");
        }
    }
}
