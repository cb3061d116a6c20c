//! One file with both sides, as dbmate and goose write it: parted at their marks, so that the two never run together.

use super::markers::{self, Mark, MarkedSide, MarkerLine};

/// The two sides of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Halves {
    /// What is above the mark of the down side.
    pub(super) up: String,
    /// What is below it, behind as many lines as are above it, so that a line has the number that it has in the file.
    pub(super) down: Option<String>,
    /// Whether the up side may run in a transaction.
    pub(super) transaction: bool,
}

/// Why a file with marks cannot be read, and the line, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclear {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// Parts a file that has both sides; nothing for a file without marks. A file is `one_sided` if its name says which side it is.
pub(super) fn split(text: &str, one_sided: bool) -> Result<Option<Halves>, Unclear> {
    let mut marks = SideMarkers::default();
    let mut heading: Option<Heading> = None;
    let mut suspect = Suspect::default();
    let mut block = Block::default();
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let unclear = |problem: String| Unclear { line: at + 1, problem };
        let (is_comment, found) = block.read(line);
        match found {
            MarkerLine::Mark(mark, spelling) => {
                marks.add(mark, spelling, (at, start)).map_err(unclear)?;
                heading = None;
            }
            MarkerLine::Near(spelling) => return Err(unclear(nearly_a_mark(line, spelling))),
            MarkerLine::Foreign(tool) => return Err(unclear(another_tools_mark(line, tool))),
            MarkerLine::Heading(side) if !marks.allow(side, one_sided) => {
                heading.get_or_insert(Heading { at, text: line.trim() });
            }
            MarkerLine::Heading(side) => marks.headed = Some(side),
            MarkerLine::Other if is_comment => {
                if marks.awaits_down(one_sided) && markers::may_begin_down(line) {
                    suspect.add(Heading { at, text: line.trim() });
                }
            }
            MarkerLine::Other if heading.is_none() && marks.has_statement() => {
                suspect.statement();
                if marks.awaits_down(true) && markers::may_begin_down(line) {
                    suspect.add(Heading { at, text: line.trim() });
                }
            }
            // What stands below a heading of the other side is that side's.
            MarkerLine::Other => match heading {
                Some(heading) => return Err(heading.unclear()),
                None => marks.statement(at),
            },
        }
        start += line.len();
    }
    match suspect.found() {
        Some(heading) if marks.awaits_down(one_sided) => Err(heading.unclear()),
        _ => marks.halves(text),
    }
}

/// Whether the lines are within a comment that began on a line of its own.
#[derive(Default)]
struct Block {
    is_open: bool,
}

impl Block {
    /// What the line is, and whether there is nothing on it but a comment, or nothing at all.
    fn read(&mut self, line: &str) -> (bool, MarkerLine) {
        let found = markers::read(line);
        let line = line.trim();
        let begins =
            line.starts_with("/*") && !line.starts_with("/*!") && !line.starts_with("/*M!");
        if !self.is_open && !begins {
            return (line.is_empty() || line.starts_with("--") || line.starts_with('#'), found);
        }
        let end = line.rfind("*/");
        let is_comment = end.is_none_or(|end| end + "*/".len() == line.len());
        let was_open = std::mem::replace(&mut self.is_open, end.is_none());
        if found != MarkerLine::Other || !was_open {
            return (is_comment, found);
        }
        let text = line[..end.unwrap_or(line.len())].trim_start_matches('*').trim();
        (is_comment, markers::within_comment(text))
    }
}

/// The first comment that may begin the down side of a file whose up side has a mark. It does if the down side has no other,
/// and statements follow it.
#[derive(Default)]
struct Suspect<'t> {
    heading: Option<Heading<'t>>,
    has_statement: bool,
}

impl<'t> Suspect<'t> {
    fn add(&mut self, heading: Heading<'t>) {
        self.heading.get_or_insert(heading);
    }

    fn statement(&mut self) {
        self.has_statement |= self.heading.is_some();
    }

    fn found(self) -> Option<Heading<'t>> {
        self.heading.filter(|_| self.has_statement)
    }
}

/// A comment that would be the mark of a side to a person, and is none to us.
struct Heading<'t> {
    at: usize,
    text: &'t str,
}

impl Heading<'_> {
    fn unclear(&self) -> Unclear {
        let problem = format!(
            "`{}` looks as if another side began here, but is a comment, so that both sides would be run at once; {PART_IT}, or use \
             other words for a comment",
            self.text
        );
        Unclear { line: self.at + 1, problem }
    }
}

/// What to do about a file whose sides nothing separates.
const PART_IT: &str = "begin the sides with `-- migrate:up` and `-- migrate:down`, or write them to two files, `<name>.up.sql` \
                       and `<name>.down.sql`";

fn nearly_a_mark(line: &str, spelling: Option<&str>) -> String {
    let line = line.trim();
    match spelling {
        Some(spelling) => format!(
            "`{line}` is nearly a mark; write `-- {spelling}` at the beginning of the line, or use other words for a comment"
        ),
        None => format!(
            "`{line}` looks like a mark and is none; marks are `-- migrate:up` and `-- migrate:down`, or `-- +goose Up` and \
             `-- +goose Down`"
        ),
    }
}

fn another_tools_mark(line: &str, tool: &str) -> String {
    format!("`{}` is for {tool}, whose files are not read; {PART_IT}", line.trim())
}

/// The marks of a file, from top to bottom.
#[derive(Default)]
struct SideMarkers {
    /// The first of them, and how it is spelled.
    first: Option<(usize, &'static str)>,
    /// Whether the up side may run in a transaction, once its mark was found.
    up: Option<bool>,
    /// The line of the down side's mark, where in the text that begins, and whether the side may run in a transaction.
    down: Option<(usize, usize, bool)>,
    no_transaction: bool,
    /// The first statement before all marks.
    statement: Option<usize>,
    /// The side that a heading has named.
    headed: Option<MarkedSide>,
}

impl SideMarkers {
    fn add(
        &mut self,
        mark: Mark,
        spelling: &'static str,
        (at, start): (usize, usize),
    ) -> Result<(), String> {
        self.first.get_or_insert((at, spelling));
        match mark {
            Mark::Up { .. } if self.up.is_some() || self.down.is_some() => {
                return Err(format!(
                    "`-- {spelling}` may stand here only once, and before the down side"
                ));
            }
            Mark::Up { transaction } => self.up = Some(transaction),
            Mark::Down { .. } if self.down.is_some() => {
                return Err(format!("`-- {spelling}` may stand here only once"));
            }
            Mark::Down { transaction } => self.down = Some((at, start, transaction)),
            Mark::NoTransaction => self.no_transaction = true,
            Mark::Environment => {
                return Err(
                    "goose puts environment variables into this file, which ambix does not; write their values, or use a \
                     Rust step"
                        .to_owned(),
                );
            }
            Mark::Statement => {}
        }
        Ok(())
    }

    /// Whether another statement would say nothing new.
    fn has_statement(&self) -> bool {
        self.up.is_some() || self.statement.is_some()
    }

    fn statement(&mut self, at: usize) {
        if self.up.is_none() {
            self.statement.get_or_insert(at);
        }
    }

    /// Whether the up side has begun, and nothing yet that is known to begin the down side.
    fn awaits_down(&self, one_sided: bool) -> bool {
        let is_headed = !one_sided && self.first.is_none() && self.headed == Some(MarkedSide::Up);
        (self.up.is_some() || is_headed) && self.down.is_none()
    }

    /// Whether a heading of this side is but a comment where it stands.
    fn allow(&self, side: MarkedSide, one_sided: bool) -> bool {
        if self.first.is_some() {
            return (side == MarkedSide::Down) == self.down.is_some();
        }
        // Above the one side of a file it may stand; a second one begins another side.
        let is_first = self.headed.is_none_or(|headed| headed == side);
        is_first && (one_sided || side == MarkedSide::Up)
    }

    fn halves(self, text: &str) -> Result<Option<Halves>, Unclear> {
        let Some((at, spelling)) = self.first else { return Ok(None) };
        let Some(up_transaction) = self.up else {
            let problem = format!(
                "`-- {spelling}` makes this a file with both sides, but no line marks its up side; begin it with `-- {}`",
                if spelling.starts_with('+') { "+goose Up" } else { "migrate:up" }
            );
            return Err(Unclear { line: at + 1, problem });
        };
        if let Some(at) = self.statement {
            let problem = "a statement comes before the mark of the up side, where the tool that wrote the file would not run it; \
                           move it below the mark";
            return Err(Unclear { line: at + 1, problem: problem.to_owned() });
        }
        let (end, below) = match self.down {
            None => (text.len(), None),
            Some((lines, start, own)) => {
                // The mark of the up side stands above it, so there is a line that can say this.
                let head = if own { "" } else { "-- ambix: transaction none" };
                (start, Some(format!("{head}{}{}", "\n".repeat(lines), &text[start..])))
            }
        };
        Ok(Some(Halves {
            up: as_comments(&text[..end]),
            down: below.as_deref().map(as_comments),
            transaction: !self.no_transaction && up_transaction,
        }))
    }
}

/// The text with a blank in marks like `--migrate:up`: to some databases two dashes alone begin no comment.
fn as_comments(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("--") {
            Some(rest)
                if !rest.starts_with(char::is_whitespace) && markers::mark(line).is_some() =>
            {
                all.push_str("-- ");
                all.push_str(rest);
            }
            _ => all.push_str(line),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(text: &str) -> Halves {
        split(text, false).unwrap().unwrap()
    }

    #[test]
    fn a_file_without_marks_is_one_side() {
        for text in ["", "SELECT 1;\n", "-- migrate users up\nA;", "-- Up\nA;", "A;\n-- down\n"] {
            assert_eq!(split(text, false), Ok(None), "{text}");
        }
        // Its name says which side it is.
        for text in ["-- Down Migration\nA;", "-- ==== UP ====\nA;\n-- up\nB;"] {
            assert_eq!(split(text, true), Ok(None), "{text}");
        }
    }

    #[test]
    fn headings_may_stand_with_the_marks_of_their_side() {
        let text = "-- migrate:up\n-- Up\nA;\n-- Down\n-- migrate:down\n-- down\nB;\n";
        assert_eq!(halves(text).up, "-- migrate:up\n-- Up\nA;\n-- Down\n");
    }

    #[test]
    fn comments_are_no_statements_and_their_words_are_prose() {
        for text in [
            "/* License */\n/*\n * of down\n */\n# x\n-- migrate:up\nA;\n-- migrate:down\nB;",
            "-- migrate:up\n-- scale down limits\nA;\n-- migrate:down\nB;",
            "-- +goose Up\nA;\n-- scale down the old limits\nB;",
            "-- +goose Up\nA;\n-- no way down\n",
            "-- +goose Up\n-- SQL in section 'Up' is executed when this migration is applied\nA;\n-- +goose Down\n\
             -- SQL in section 'Down' is executed when this migration is rolled back\nB;",
        ] {
            assert!(halves(text).up.contains("A;"), "{text}");
        }
        assert_eq!(split("-- Up\nA;\n-- scale down limits\nB;", true), Ok(None));
    }

    #[test]
    fn what_would_run_both_sides_is_refused() {
        let cases = [
            (
                "-- migrate:up\nA;\n  -- migrate:down\nB;",
                3,
                "write `-- migrate:down` at the beginning",
            ),
            ("-- migrate:up\nA;\n-- migrate:dwon\nB;", 3, "looks like a mark"),
            ("-- migrate:up\nA;\n-- Down\nB;", 3, "another side began here"),
            ("-- +goose Up\nA;\n-- rollback\n-- +goose down;\nB;", 4, "write `-- +goose Down`"),
            ("-- Up Migration\nA;\n-- Down Migration\nB;", 3, "another side began here"),
            ("A;\n--//@UNDO\nB;", 2, "MyBatis Migrations"),
            ("-- migrate:up\nA;\n-- migrate:down\nB;\n-- UP\nC;", 5, "another side began here"),
            ("-- migrate:up\nA;\n/*\n * migrate:down\n */\nB;", 4, "write `-- migrate:down`"),
            ("-- migrate:up\nA;\n/*\n\tdown\n*/\nB;", 4, "another side began here"),
            ("-- migrate:up\nA; -- migrate:down\nB;", 2, "write `-- migrate:down`"),
            ("-- migrate:up\nA; -- Down\nB;", 2, "another side began here"),
            ("-- migrate:up\nA;\n-- DOWN starts: drop it\nB;", 3, "another side began here"),
            ("-- +goose Up\nA;\n-- now undo all\nB;", 3, "another side began here"),
            ("-- Up\nA;\n-- dbmate down part\nB;", 3, "another side began here"),
        ];
        for (text, line, problem) in cases {
            let unclear = split(text, false).unwrap_err();
            assert_eq!(unclear.line, line, "{text}: {unclear:?}");
            assert!(unclear.problem.contains(problem), "{text}: {unclear:?}");
        }
        let both = "-- up\nA;\n-- down\nB;";
        assert_eq!(split(both, true).unwrap_err().line, 3);
    }

    #[test]
    fn dbmate_s_halves_are_parted_and_keep_their_lines() {
        let text = "-- ambix: labels x\n\n-- migrate:up\nA;\n\n--migrate:down\nB;\n";
        let found = halves(text);
        assert_eq!(found.up, "-- ambix: labels x\n\n-- migrate:up\nA;\n\n");
        let down = found.down.unwrap();
        assert_eq!(down, "\n\n\n\n\n-- migrate:down\nB;\n");
        assert_eq!(
            down.lines().position(|line| line == "B;"),
            text.lines().position(|line| line == "B;")
        );
        assert!(found.transaction);
    }

    #[test]
    fn options_say_that_there_is_no_transaction() {
        let found = halves("-- migrate:up transaction:false\nA;\n-- migrate:down\nB;");
        assert!(!found.transaction);
        assert_eq!(found.down.as_deref(), Some("\n\n-- migrate:down\nB;"));
        let found = halves("-- migrate:up\nA;\n-- migrate:down   x:y transaction:false\nB;");
        assert!(found.transaction);
        let down = found.down.unwrap();
        assert!(down.starts_with("-- ambix: transaction none\n\n-- migrate:down"), "{down}");
        let found = halves("-- +goose NO TRANSACTION\n-- +goose Up\nA;\n-- +goose Down\nB;");
        assert!(!found.transaction);
    }

    #[test]
    fn goose_s_halves_are_parted() {
        let text = "-- +goose Up\n-- +goose StatementBegin\nA;\n-- +goose StatementEnd\n--  +goose down\nB;";
        assert_eq!(halves(text).down.as_deref(), Some("\n\n\n\n--  +goose down\nB;"));
        assert_eq!(halves("-- +goose Up\nA;\n").down, None);
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let cases = [
            ("SELECT 1;\n-- migrate:down\nB;", 2, "no line marks its up side"),
            (
                "-- x\nSELECT 1;\n-- migrate:up\nA;\n-- migrate:down\n",
                2,
                "a statement comes before",
            ),
            ("-- migrate:down\nB;\n-- migrate:up\nA;", 3, "before the down side"),
            ("-- migrate:up\nA;\n-- migrate:up\nB;", 3, "only once"),
            ("-- +goose Up\nA;\n-- +goose Down\n-- +goose Down\nB;", 4, "only once"),
            ("-- +goose Up\n-- +goose ENVSUB ON\nA;", 2, "environment variables"),
            ("A;\n-- +goose StatementBegin\nB;", 2, "begin it with `-- +goose Up`"),
        ];
        for (text, line, problem) in cases {
            let unclear = split(text, false).unwrap_err();
            assert_eq!(unclear.line, line, "{text}: {unclear:?}");
            assert!(unclear.problem.contains(problem), "{text}: {unclear:?}");
        }
    }
}
