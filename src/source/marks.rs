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
pub(super) enum Line {
    /// A mark of dbmate's or goose's, and how it is spelled.
    Mark(Mark, &'static str),
    /// Nearly one of those; how it should be spelled, if that is clear.
    Near(Option<&'static str>),
    /// A mark of a tool whose files are not read.
    Foreign(&'static str),
    /// A comment that says no more than that a side begins here, as people write it, and node-pg-migrate and shmig do.
    Heading(Side),
    /// Any other line.
    Other,
}

/// The side that a heading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Up,
    Down,
}

/// What a line is.
pub(super) fn read(line: &str) -> Line {
    // Nearly every line is SQL, and every start of a program reads all of them.
    let first = line.bytes().find(|byte| !byte.is_ascii_whitespace());
    if first.is_none_or(|first| first.is_ascii() && !matches!(first, b'-' | b'#' | b'/')) {
        return Line::Other;
    }
    if let Some((mark, spelling)) = mark(line) {
        return Line::Mark(mark, spelling);
    }
    let Some(comment) = comment(line) else { return Line::Other };
    let comment = comment.to_lowercase();
    if let Some(tool) = foreign(&comment) {
        return Line::Foreign(tool);
    }
    near(&comment).or_else(|| heading(&comment)).unwrap_or(Line::Other)
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
        ["rambler", "up" | "down", "", ..] => Some("rambler"),
        ["!ups" | "!downs", "", ..] => Some("Play's evolutions"),
        ["liquibase", "formatted", "sql", ..] => Some("Liquibase"),
        ["create", "above", "/", "drop", "below"] => Some("tern"),
        [first, ..] if first.starts_with("//@undo") => Some("MyBatis Migrations"),
        ["//", "@undo", ..] => Some("MyBatis Migrations"),
        _ => None,
    }
}

/// What looks like a mark of dbmate's or goose's and is none: `migrate:Down`, `migrate : down`, `+gooseDown`, `@migrate down`.
fn near(comment: &str) -> Option<Line> {
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
            return Some(Line::Near(spelling));
        }
    }
    None
}

/// A comment of one word for a side, whatever signs are around it.
fn heading(comment: &str) -> Option<Line> {
    let mut words =
        words(comment).filter(|word| !["migration", "sql", "side", "script"].contains(word));
    let side = match words.next()? {
        "up" | "upgrade" => Side::Up,
        "down" | "downgrade" | "rollback" | "revert" | "undo" => Side::Down,
        _ => return None,
    };
    words.next().is_none().then_some(Line::Heading(side))
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
            let Line::Mark(_, found) = read(line) else { panic!("{line}") };
            assert_eq!(found, spelling, "{line}");
        }
    }

    #[test]
    fn what_is_nearly_a_mark_is_seen() {
        let down = Line::Near(Some("migrate:down"));
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
        ] {
            assert_eq!(read(line), down, "{line}");
        }
        for line in ["-- migrate:dwon", "-- migrate:", "-- migrate:rollback"] {
            assert_eq!(read(line), Line::Near(None), "{line}");
        }
        let down = Line::Near(Some("+goose Down"));
        for line in [
            "  -- +goose Down",
            "-- +goose Down;",
            "-- goose down",
            "-- + goose down",
            "# +goose Down",
        ] {
            assert_eq!(read(line), down, "{line}");
        }
        assert_eq!(read("-- +goose Donw"), Line::Near(None));
    }

    #[test]
    fn other_tools_marks_name_their_tool() {
        for (line, tool) in [
            ("-- +migrate Down", "sql-migrate"),
            ("--+migrate Up notransaction", "sql-migrate"),
            ("-- +micrate Down", "micrate"),
            ("-- rambler down", "rambler"),
            ("# --- !Downs", "Play's evolutions"),
            ("-- !Ups", "Play's evolutions"),
            ("--liquibase formatted sql", "Liquibase"),
            ("---- create above / drop below ----", "tern"),
            ("--//@UNDO", "MyBatis Migrations"),
            ("-- //@UNDO", "MyBatis Migrations"),
            ("-- // @UNDO", "MyBatis Migrations"),
        ] {
            assert_eq!(read(line), Line::Foreign(tool), "{line}");
        }
    }

    #[test]
    fn a_heading_says_no_more_than_a_side() {
        for line in ["-- Rollback", "-- UNDO:", "-- @revert", "-- downgrade"] {
            assert_eq!(read(line), Line::Heading(Side::Down), "{line}");
        }
        for line in [
            "-- Down",
            "-- DOWN:",
            "-- Down Migration",
            "-- ==== DOWN ====",
            "/* down */",
            "-- down side",
            "-- [down]",
        ] {
            assert_eq!(read(line), Line::Heading(Side::Down), "{line}");
        }
        assert_eq!(read("-- UP"), Line::Heading(Side::Up));
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
            "SELECT 1; -- migrate:down",
        ] {
            assert_eq!(read(line), Line::Other, "{line}");
        }
    }
}
