//! Files of SQL, split into sections: a line `--: NAME` begins one. A section is looked for while the crate compiles, so that one
//! that is missing stops the build.

/// More sections than a file has.
const MOST: usize = 40;

/// A file of SQL, split in one pass: the compiler's interpreter takes some milliseconds for each kilobyte that it walks through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SqlFile {
    text: &'static str,
    /// Where the lines are that begin a section, in bytes; behind the last one the end of the file.
    begins: [usize; MOST],
    sections: usize,
}

impl SqlFile {
    /// Finds the sections of a text. Only for `const` contexts.
    pub(crate) const fn of(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut begins = [0; MOST];
        let mut sections = 0;
        let mut at = 0;
        while at < bytes.len() {
            if is_at(bytes, at, b"--: ") {
                begins[sections] = at;
                sections += 1;
                // Out of bounds, and so a build error, if the file has more sections.
                begins[sections] = bytes.len();
            }
            // To the next line.
            while at < bytes.len() && bytes[at] != b'\n' {
                at += 1;
            }
            at += 1;
        }
        Self { text, begins, sections }
    }

    /// The text of a section. Only for `const` contexts; [`section!`] is one.
    pub(crate) const fn section(&self, name: &str) -> &'static str {
        match self.position(name) {
            Some((start, end)) => self.text.split_at(end).0.split_at(start).1.trim_ascii(),
            None => panic!("the file has no section of this name"),
        }
    }

    /// Whether there is a section of this name.
    pub(crate) const fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// From where to where the text of a section goes, in bytes.
    const fn position(&self, name: &str) -> Option<(usize, usize)> {
        let text = self.text.as_bytes();
        let mut section = 0;
        while section < self.sections {
            let begin = self.begins[section] + b"--: ".len();
            let end = begin + name.len();
            if is_at(text, begin, name.as_bytes()) && (end == text.len() || text[end] == b'\n') {
                return Some((end, self.begins[section + 1]));
            }
            section += 1;
        }
        None
    }
}

/// The text of the section named by a literal; a build error if the file has none.
macro_rules! section {
    ($file:expr, $name:literal) => {
        const { $file.section($name) }
    };
}
pub(crate) use section;

/// Fills `{name}` places of a template, in one pass, so that a value with braces stays as it is.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        filled.push_str(before);
        let value = after.find('}').and_then(|close| {
            let (_, value) = values.iter().find(|(name, _)| *name == &after[1..close])?;
            Some((value, close))
        });
        match value {
            Some((value, close)) => {
                filled.push_str(value);
                rest = &after[close + 1..];
            }
            None => {
                filled.push('{');
                rest = &after[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

const fn is_at(text: &[u8], at: usize, word: &[u8]) -> bool {
    if text.len() < at + word.len() {
        return false;
    }
    let mut sign = 0;
    while sign < word.len() {
        if text[at + sign] != word[sign] {
            return false;
        }
        sign += 1;
    }
    true
}

/// The statements on the tables of the history, as each database's `history.sql` has them; `{name}` stands for a value.
#[derive(Debug)]
pub struct HistoryStatements {
    /// Creates the tables.
    pub create: &'static str,
    /// Creates their schema.
    pub create_schema: &'static str,
    /// Reads what tells whether anything is pending.
    pub fast: &'static str,
    /// The same as one number, where the server can compute it.
    pub digest: Option<DigestStatements>,
    /// Reads all rows.
    pub list: &'static str,
    /// Reads down sides.
    pub down: &'static str,
    /// Raises the epoch and names the holder.
    pub raise: &'static str,
    /// Raises the epoch, or fails if it is another runner's.
    pub fence: &'static str,
    /// Notes when a step begins.
    pub clock: &'static str,
    /// Inserts a row.
    pub insert: &'static str,
    /// The expression for the time since `clock`.
    pub duration: &'static str,
    /// Deletes a row.
    pub delete: &'static str,
    /// Records how far a step is.
    pub progress: &'static str,
    /// Records that a step is done.
    pub finish: &'static str,
    /// Gives a row the time of another tool's history.
    pub backdate: &'static str,
}

/// How a history is read as one number.
#[derive(Debug)]
pub struct DigestStatements {
    /// The query.
    pub digest: &'static str,
    /// Its condition where revisions were squashed.
    pub left_out: &'static str,
    /// Its further columns in that case.
    pub distinct: &'static str,
}

impl HistoryStatements {
    /// Takes the sections out of a file. Only for `const` contexts.
    pub(crate) const fn of(file: SqlFile) -> Self {
        let digest = if file.has("digest") {
            Some(DigestStatements {
                digest: file.section("digest"),
                left_out: file.section("left_out"),
                distinct: file.section("distinct"),
            })
        } else {
            None
        };
        Self {
            create: file.section("create"),
            create_schema: file.section("create_schema"),
            fast: file.section("fast"),
            digest,
            list: file.section("list"),
            down: file.section("down"),
            raise: file.section("raise"),
            fence: file.section("fence"),
            clock: file.section("clock"),
            insert: file.section("insert"),
            duration: file.section("duration"),
            delete: file.section("delete"),
            progress: file.section("progress"),
            finish: file.section("finish"),
            backdate: file.section("backdate"),
        }
    }
}

/// The tools whose history can be read, as the sections of `adopt.sql` name them.
pub(crate) const ADOPTED: [&str; 9] = [
    "sqlx",
    "refinery",
    "diesel",
    "sea-orm",
    "alembic",
    "flyway",
    "golang-migrate",
    "dbmate",
    "goose",
];

/// The queries on other tools' tables, as each database's `adopt.sql` has them.
#[derive(Debug)]
pub struct AdoptQueries {
    /// The tables and views that a run from base would meet.
    pub tables: &'static str,
    /// The columns of a table.
    pub columns: &'static str,
    /// The rows of a tool's table, in the order of [`ADOPTED`].
    rows: [&'static str; ADOPTED.len()],
}

impl AdoptQueries {
    /// Takes the sections out of a file. Only for `const` contexts.
    pub(crate) const fn of(file: SqlFile) -> Self {
        let mut rows = [""; ADOPTED.len()];
        let mut at = 0;
        while at < rows.len() {
            rows[at] = file.section(ADOPTED[at]);
            at += 1;
        }
        Self { tables: file.section("tables"), columns: file.section("columns"), rows }
    }

    /// Of a database that no other tool knows.
    #[cfg(feature = "testkit")]
    pub(crate) const fn none(tables: &'static str) -> Self {
        Self { tables, columns: "", rows: [""; ADOPTED.len()] }
    }

    /// The query for the rows of a tool's table.
    pub(crate) fn rows_of(&self, tool: &str) -> Option<&'static str> {
        let at = ADOPTED.iter().position(|name| *name == tool)?;
        Some(self.rows[at])
    }
}

#[cfg(test)]
mod tests {
    use super::SqlFile;

    const FILE: SqlFile = SqlFile::of(
        "-- A remark.\n--: one\nSELECT 1; --: no section\n\n--: one more\nSELECT 2;\n--: last\n",
    );

    #[test]
    fn sections_end_where_the_next_begins() {
        assert_eq!(FILE.section("one"), "SELECT 1; --: no section");
        assert_eq!(FILE.section("one more"), "SELECT 2;");
        assert_eq!(FILE.section("last"), "");
        assert_eq!(section!(FILE, "one"), FILE.section("one"));
        for missing in ["on", "one m", "no section", "A remark.", ""] {
            assert!(!FILE.has(missing), "{missing}");
        }
    }
}
