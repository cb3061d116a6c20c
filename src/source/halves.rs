//! One file with both sides, as dbmate and goose write it: parted at their marks, so that the two never run together.

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

/// What a line says to the tool that wrote the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
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

/// Parts a file that has both sides; nothing for a file without marks, which is what nearly all files are.
pub(super) fn split(text: &str) -> Result<Option<Halves>, Unclear> {
    // What is in every mark is looked for far faster than the marks.
    if !["migrate:", "+g", "+G"].iter().any(|part| text.contains(part)) {
        return Ok(None);
    }
    let mut up = None;
    let mut down = None;
    let mut transaction = true;
    let mut first = None;
    let mut statement = None;
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let unclear = |problem: String| Err(Unclear { line: at + 1, problem });
        if let Some((mark, spelling)) = mark(line) {
            first.get_or_insert((at, spelling));
            match mark {
                Mark::Up { .. } if up.is_some() || down.is_some() => {
                    return unclear(format!(
                        "`-- {spelling}` may stand here only once, and before the down side"
                    ));
                }
                Mark::Up { transaction } => up = Some(transaction),
                Mark::Down { .. } if down.is_some() => {
                    return unclear(format!("`-- {spelling}` may stand here only once"));
                }
                Mark::Down { transaction } => down = Some((at, start, transaction)),
                Mark::NoTransaction => transaction = false,
                Mark::Environment => {
                    return unclear(
                        "goose puts environment variables into this file, which ambix does not; write their values, or use \
                         a Rust step"
                            .to_owned(),
                    );
                }
                Mark::Statement => {}
            }
        } else if up.is_none() && !line.trim().is_empty() && !line.trim_start().starts_with("--") {
            statement.get_or_insert(at);
        }
        start += line.len();
    }
    let Some((at, spelling)) = first else { return Ok(None) };
    let Some(up_transaction) = up else {
        let problem = format!(
            "`-- {spelling}` makes this a file with both sides, but no line marks its up side; begin it with `-- {}`",
            if spelling.starts_with('+') { "+goose Up" } else { "migrate:up" }
        );
        return Err(Unclear { line: at + 1, problem });
    };
    if let Some(at) = statement {
        let problem = "a statement stands before the mark of the up side, where the tool that wrote the file would not run it; \
                       move it below the mark";
        return Err(Unclear { line: at + 1, problem: problem.to_owned() });
    }
    let (end, below) = match down {
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
        transaction: transaction && up_transaction,
    }))
}

/// The text with a blank in marks like `--migrate:up`: to some databases two dashes alone begin no comment.
fn as_comments(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("--") {
            Some(rest) if !rest.starts_with(char::is_whitespace) && mark(line).is_some() => {
                all.push_str("-- ");
                all.push_str(rest);
            }
            _ => all.push_str(line),
        }
    }
    all
}

/// The mark that a line is. dbmate's stand at the begin of a line and may have options; goose's have none.
fn mark(line: &str) -> Option<(Mark, &'static str)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(text: &str) -> Halves {
        split(text).unwrap().unwrap()
    }

    #[test]
    fn a_file_without_marks_is_one_side() {
        for text in
            ["", "SELECT 1;\n", "-- migrate up\n", "  -- migrate:up\nSELECT 1", "-- +gooseUp"]
        {
            assert_eq!(split(text), Ok(None), "{text}");
        }
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
                "a statement stands before",
            ),
            ("-- migrate:down\nB;\n-- migrate:up\nA;", 3, "before the down side"),
            ("-- migrate:up\nA;\n-- migrate:up\nB;", 3, "only once"),
            ("-- +goose Up\nA;\n-- +goose Down\n-- +goose Down\nB;", 4, "only once"),
            ("-- +goose Up\n-- +goose ENVSUB ON\nA;", 2, "environment variables"),
            ("A;\n-- +goose StatementBegin\nB;", 2, "begin it with `-- +goose Up`"),
        ];
        for (text, line, problem) in cases {
            let unclear = split(text).unwrap_err();
            assert_eq!(unclear.line, line, "{text}: {unclear:?}");
            assert!(unclear.problem.contains(problem), "{text}: {unclear:?}");
        }
    }
}
