//! One side of a squash: the texts of its migrations as one text, which does exactly what they do.

use super::{FolderError, Result, header, slug::line, squash::SquashForm};
use crate::{
    database::{Dialect, TransactionSupport},
    migration::{Migration, Script},
    sql::{self, Item, Statement},
};

/// What ends the rows behind a COPY.
const END_OF_ROWS: &str = "\\.";

/// The side of one migration.
#[derive(Debug, Clone)]
pub(super) struct Part<'m> {
    migration: &'m Migration,
    script: &'m Script,
    /// Without the directives, and without a BEGIN and COMMIT around all of it.
    text: String,
    /// Whether it runs in a transaction.
    is_transactional: bool,
}

/// A side of a squash.
#[derive(Debug)]
pub(super) struct SquashSide {
    pub(super) text: String,
    /// It runs in one transaction.
    pub(super) has_transaction: bool,
    /// The first file that has no transaction, if others have one.
    without: Option<String>,
    /// The first file whose settings the files after it see as well.
    sets: Option<String>,
}

impl<'m> Part<'m> {
    pub(super) fn up(migration: &'m Migration) -> Self {
        Self::of(migration, migration.up_script(), migration.is_transactional())
    }

    pub(super) fn down(migration: &'m Migration) -> Option<Self> {
        let is_transactional = migration.is_transactional() && migration.down_transaction;
        Some(Self::of(migration, migration.down_script()?, is_transactional))
    }

    fn of(migration: &'m Migration, script: &'m Script, is_transactional: bool) -> Self {
        let text = header::without(script.text());
        Self { migration, script, text, is_transactional }
    }

    /// What is in it; nothing if this database cannot read it.
    fn items(&self, dialect: &dyn Dialect) -> Option<Vec<Item<'_>>> {
        sql::split(&self.text, dialect.syntax()).ok()
    }

    /// Leaves out what only says that all of it is one transaction, and notes whether it can be one.
    fn settle(&mut self, readers: &[&'static dyn Dialect]) -> Result<()> {
        if !self.is_transactional {
            return Ok(());
        }
        if let Some(inner) = readers.iter().find_map(|dialect| self.unwrapped(*dialect)) {
            self.text = inner;
        }
        for dialect in readers {
            let items = self.items(*dialect).unwrap_or_default();
            let statements = || items.iter().filter_map(statement);
            if statements().any(|one| sql::transaction_control(one, dialect.syntax()).is_some()) {
                return Err(FolderError::refused(
                    format_args!(
                        "{} has a transaction of its own, which cannot run inside the one of the squash",
                        self.script.file()
                    ),
                    None,
                ));
            }
            let is_alone =
                |one: &Statement<'_>| matches!(dialect.work(one), TransactionSupport::Alone(_));
            // Such a file runs without a transaction, also if it does not say so.
            let runs_alone = dialect.capabilities().transactional_ddl
                && !items.is_empty()
                && items.iter().all(|item| statement(item).is_some_and(is_alone));
            self.is_transactional &= !runs_alone;
        }
        Ok(())
    }

    /// The text between a BEGIN and a COMMIT around all of it, with the comments before and after them.
    fn unwrapped(&self, dialect: &dyn Dialect) -> Option<String> {
        let items = self.items(dialect)?;
        sql::unwrap_transaction(&items, dialect.syntax())?;
        let (Some(Item::Statement(begin)), Some(Item::Statement(commit))) =
            (items.first(), items.last())
        else {
            return None;
        };
        let end = |statement: &Statement<'_>| {
            let end = statement.start + statement.text.len();
            let rest = &self.text[end..];
            let terminated = rest.trim_start().strip_prefix(';');
            terminated.map_or(end, |after| self.text.len() - after.len())
        };
        let (head, tail) = (&self.text[..begin.start], &self.text[end(commit)..]);
        let inner = &self.text[end(begin)..commit.start];
        Some(format!("{head}{inner}{tail}"))
    }

    /// Whether its transaction has to be written: the database does not keep its statements together by itself.
    fn needs_begin(&self, readers: &[&'static dyn Dialect]) -> bool {
        let keeps = |dialect: &&'static dyn Dialect| {
            let items = self.items(*dialect).unwrap_or_default();
            let fits = |one: &Statement<'_>| match dialect.work(one) {
                TransactionSupport::Transactional => true,
                TransactionSupport::Either => dialect.capabilities().transactional_ddl,
                _ => false,
            };
            match items.as_slice() {
                [] => false,
                [Item::Run { .. }] => false,
                [Item::Statement(one)] => dialect.work(one) == TransactionSupport::Either,
                all => all.iter().filter_map(statement).all(fits),
            }
        };
        self.is_transactional && readers.iter().any(keeps)
    }

    fn has_function(&self, readers: &[&'static dyn Dialect]) -> bool {
        let items = readers.first().and_then(|dialect| self.items(*dialect)).unwrap_or_default();
        items.iter().any(|item| statement(item).is_none())
    }

    /// Whether it changes settings, which a run resets after each migration.
    fn sets(&self, dialect: &dyn Dialect) -> bool {
        let items = self.items(dialect).unwrap_or_default();
        items.iter().filter_map(statement).any(|one| {
            let mut cursor = one.cursor(dialect.syntax());
            let is_set = cursor.keyword("SET")
                && cursor.any_keyword(&["LOCAL", "CONSTRAINTS", "TRANSACTION"]).is_none();
            is_set || one.words(dialect.syntax()).any(|word| word == "SET_CONFIG")
        })
    }
}

fn statement<'i, 't>(item: &'i Item<'t>) -> Option<&'i Statement<'t>> {
    match item {
        Item::Statement(statement) => Some(statement),
        Item::Run { .. } => None,
    }
}

impl SquashSide {
    /// The texts of the parts, one after the other.
    pub(super) fn join(
        mut parts: Vec<Part<'_>>,
        form: SquashForm,
        dialects: &[&'static dyn Dialect],
    ) -> Result<Self> {
        let can_read = |dialect: &&'static dyn Dialect| {
            parts.iter().all(|part| part.items(*dialect).is_some())
        };
        let readers: Vec<&'static dyn Dialect> =
            dialects.iter().copied().filter(can_read).collect();
        if readers.is_empty() {
            let text = "cannot read their SQL as that of any supported database";
            return Err(FolderError::refused(text, None));
        }
        for part in &mut parts {
            part.settle(&readers)?;
        }
        let works = |part: &&Part<'_>| {
            readers.iter().any(|dialect| part.items(*dialect).is_some_and(|all| !all.is_empty()))
        };
        let without = parts.iter().filter(works).find(|part| !part.is_transactional);
        let is_mixed = parts.iter().filter(works).any(|part| part.is_transactional);
        let has_transaction = form == SquashForm::Together && without.is_none();
        let mut joined = Joined { text: String::new(), readers: &readers, expected: Vec::new() };
        joined.expected.resize_with(readers.len(), Vec::new);
        let mut sets = None;
        for (at, part) in parts.iter().enumerate() {
            let begins = !has_transaction && part.needs_begin(&readers);
            if begins && part.has_function(&readers) {
                return Err(function_between(part, without));
            }
            joined.add(part, begins);
            let is_last = at + 1 == parts.len();
            if !is_last && readers.iter().any(|dialect| part.sets(*dialect)) && !joined.restore() {
                sets = sets.or(Some(part.script.file().to_owned()));
            }
        }
        joined.check()?;
        let without = without.filter(|_| is_mixed).map(|part| part.script.file().to_owned());
        Ok(Self { text: joined.text, has_transaction, without, sets })
    }

    /// What the head of the file says of it.
    pub(super) fn directive(&self) -> &'static str {
        if self.has_transaction { "" } else { "-- ambix: transaction none\n" }
    }

    /// What a person should know of it.
    pub(super) fn notes(&self, side: &str) -> Vec<String> {
        let mixed = self.without.as_ref().map(|file| {
            format!(
                "{file} runs without a transaction, so the {side} of the squash has none around it: each of the other migrations \
                 keeps its own, between BEGIN and COMMIT"
            )
        });
        let sets = self.sets.as_ref().map(|file| {
            format!(
                "{file} changes settings of its session, and the statements after it in the {side} of the squash run with them; \
                 with --database-url, ambix knows how to put them back"
            )
        });
        mixed.into_iter().chain(sets).collect()
    }
}

/// The text as far as it is joined, and what each database should read in it.
struct Joined<'r> {
    text: String,
    readers: &'r [&'static dyn Dialect],
    expected: Vec<Vec<String>>,
}

impl Joined<'_> {
    fn add(&mut self, part: &Part<'_>, begins: bool) {
        let text = part.text.trim();
        let Part { migration, .. } = part;
        self.text.push_str(&format!("\n-- {} {}\n", migration.revision(), line(migration.name())));
        if begins {
            self.text.push_str("BEGIN;\n");
        }
        self.text.push_str(text);
        let last = text.lines().last().unwrap_or_default();
        let ended = text.is_empty() || text.ends_with(';') || last == END_OF_ROWS;
        // Behind a comment, a semicolon would be a part of it.
        self.text.push_str(if ended {
            "\n"
        } else if last.contains("--") || last.contains('#') {
            "\n;\n"
        } else {
            ";\n"
        });
        if begins {
            self.text.push_str("COMMIT;\n");
        }
        for (expected, dialect) in self.expected.iter_mut().zip(self.readers) {
            let around = |text: &str| begins.then(|| format!("{text};"));
            expected.extend(around("BEGIN"));
            expected.extend(read(&part.text, *dialect).unwrap_or_default());
            expected.extend(around("COMMIT"));
        }
    }

    /// Puts settings back, if it is known which database they are of.
    fn restore(&mut self) -> bool {
        let [dialect] = self.readers else { return false };
        let restore = dialect.script_restore();
        if !restore.is_empty() {
            self.text.push_str(restore.trim_end());
            self.text.push('\n');
        }
        if let Some(expected) = self.expected.first_mut() {
            expected.extend(read(restore, *dialect).unwrap_or_default());
        }
        true
    }

    /// Whether each database reads in it what it reads in the files.
    fn check(&self) -> Result<()> {
        let is_same = |(expected, dialect): (&Vec<String>, &&'static dyn Dialect)| {
            read(&self.text, *dialect).as_ref() == Some(expected)
        };
        if self.expected.iter().zip(self.readers).all(is_same) {
            return Ok(());
        }
        Err(FolderError::refused(
            "a file leaves a statement, a comment or a delimiter open at its end, which would change the meaning of the combined file",
            None,
        ))
    }
}

fn read(text: &str, dialect: &dyn Dialect) -> Option<Vec<String>> {
    let items = sql::split(text, dialect.syntax()).ok()?;
    let written = |item: &Item<'_>| match item {
        Item::Statement(statement) => statement.for_client(),
        Item::Run { name, .. } => format!("run {name}"),
    };
    Some(items.iter().map(written).collect())
}

/// A Rust function has a transaction of its own, unless one is around all of the file.
fn function_between(part: &Part<'_>, without: Option<&Part<'_>>) -> FolderError {
    let (file, revision) = (part.script.file(), part.migration.revision());
    let why = without.map_or_else(String::new, |other| {
        format!(", since {} runs without a transaction", other.script.file())
    });
    FolderError::refused(
        format_args!(
            "{file} calls a Rust function in one transaction with its statements, which the squash cannot do{why}"
        ),
        format!("squash the ones before {revision} and the ones after it"),
    )
}
