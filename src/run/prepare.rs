//! What a step has to do, found out before anything runs: its statements, its functions, and whether one transaction
//! can hold them all.

use std::borrow::Cow;

use super::{
    function::Functions,
    plan::{Action, Direction, Step},
};
use crate::{
    database::{Dialect, TransactionSupport},
    error::{Error, Place, Result},
    migration::{Checksum, Script},
    note::Note,
    sql::{self, Item, Statement},
};

/// A step, ready to run.
#[derive(Debug)]
pub(crate) struct Prepared<'g> {
    pub(crate) step: &'g Step<'g>,
    /// The side that runs; none where nothing but the history is written.
    pub(crate) script: Option<&'g Script>,
    pub(crate) pieces: Vec<Piece<'g>>,
    pub(crate) mode: Mode,
    /// The enforcement of foreign keys is off around it.
    pub(crate) foreign_keys_off: bool,
    /// How it runs, if not as its text says, and what in the text may not be meant.
    notes: Vec<Note>,
}

/// How a step's work and its history row go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In one transaction.
    OneTransaction,
    /// Statement by statement, with a record of how far it is.
    Stepwise,
}

/// A part of a script.
#[derive(Debug, Clone)]
pub(crate) enum Piece<'g> {
    /// Statements that can be sent together.
    Sql(Vec<Statement<'g>>),
    /// A Rust function.
    Function { name: &'g str, line: u32 },
}

impl<'g> Piece<'g> {
    fn sql(&self) -> &[Statement<'g>] {
        if let Self::Sql(all) = self { all } else { &[] }
    }

    /// Whether it can be a part of a message. A COPY with its rows is one of its own.
    fn is_plain(&self) -> bool {
        matches!(self, Self::Sql(all) if all.iter().all(|statement| statement.data.is_none()))
    }
}

/// A part of a script that is done or not done as a whole.
#[derive(Debug, Clone)]
pub(crate) enum Unit<'g> {
    /// Statements that a transaction can hold together with the record of progress.
    Atomic(Vec<Statement<'g>>),
    /// A statement that cannot run in a transaction.
    Alone(Statement<'g>),
    /// A Rust function, in a transaction.
    Function { name: &'g str, line: u32 },
}

impl<'g> Prepared<'g> {
    /// The text from the first statement of a piece to its last, which is sent as it is written, comments and all.
    pub(crate) fn text(&self, statements: &[Statement<'g>]) -> &'g str {
        match (self.script, statements.first(), statements.last()) {
            (Some(script), Some(first), Some(last)) => {
                &script.text()[first.start..last.start + last.text.len()]
            }
            _ => "",
        }
    }

    /// What a person should know of how it runs.
    pub(crate) fn notes(&self) -> Vec<Note> {
        self.notes.clone()
    }

    pub(crate) fn statements(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| if let Piece::Sql(all) = piece { all.len() } else { 1 })
            .sum()
    }

    /// Whether one message can hold all of it.
    pub(crate) fn is_plain(&self) -> bool {
        self.mode == Mode::OneTransaction
            && !self.foreign_keys_off
            && self.pieces.iter().all(Piece::is_plain)
    }

    /// Whether a setting of the session may be another after it.
    pub(crate) fn may_set(&self, dialect: &dyn Dialect) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Sql(statements) => statements.iter().any(|statement| dialect.may_set(statement)),
            Piece::Function { .. } => true,
        })
    }

    /// Its statements, without the functions between them.
    pub(crate) fn sql(&self) -> impl Iterator<Item = &Statement<'g>> {
        self.pieces.iter().flat_map(Piece::sql)
    }

    /// Whether it may leave something in the session that is no setting, so that the next step has to have another session.
    pub(crate) fn leaves(&self, dialect: &dyn Dialect) -> bool {
        self.sql().any(|statement| dialect.leaves(statement))
    }

    /// Whether it asks what its session did before, so that it has to have one that has done nothing.
    pub(crate) fn asks_session(&self, dialect: &dyn Dialect) -> bool {
        self.sql().any(|statement| dialect.asks_session(statement))
    }

    pub(crate) fn place(&self, line: u32, column: u32) -> Place {
        let file = self.script.map_or_else(|| self.step.migration.up.file(), Script::file);
        Place::new(file, line, column)
    }

    /// The units of a stepwise script.
    pub(crate) fn units(&self, dialect: &dyn Dialect) -> Vec<Unit<'g>> {
        let mut units = Vec::new();
        // What belongs together may be in several pieces.
        let mut together: Vec<Statement<'g>> = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Function { name, line } => {
                    units_of(&std::mem::take(&mut together), dialect, &mut units);
                    units.push(Unit::Function { name, line: *line });
                }
                Piece::Sql(statements) => together.extend(statements),
            }
        }
        units_of(&together, dialect, &mut units);
        units
    }
}

/// A BEGIN ... COMMIT in a script without a transaction is the author's own unit.
fn units_of<'g>(statements: &[Statement<'g>], dialect: &dyn Dialect, units: &mut Vec<Unit<'g>>) {
    let control = |statement: &Statement<'_>| sql::transaction_control(statement, dialect.syntax());
    let mut rest = statements;
    while let Some((first, after)) = rest.split_first() {
        let begins = matches!(control(first), Some("BEGIN" | "START TRANSACTION"));
        let end = after.iter().position(|statement| control(statement).is_some());
        if let (true, Some(end)) = (begins, end)
            && matches!(control(&after[end]), Some("COMMIT" | "END"))
        {
            if end > 0 {
                units.push(Unit::Atomic(after[..end].to_vec()));
            }
            rest = &after[end + 1..];
            continue;
        }
        if sql::is_commit(first, dialect.syntax()) {
            // What it would commit is committed, statement by statement.
            rest = after;
            continue;
        }
        let unit = match (control(first), dialect.work(first)) {
            (None, TransactionSupport::Transactional) => Unit::Atomic(vec![*first]),
            _ => Unit::Alone(*first),
        };
        units.push(unit);
        rest = after;
    }
}

impl Unit<'_> {
    /// How many statements and functions are in it.
    pub(crate) fn statements(&self) -> usize {
        if let Self::Atomic(all) = self { all.len() } else { 1 }
    }

    /// The statement that is all of it.
    fn only(&self) -> Option<&Statement<'_>> {
        match self {
            Self::Alone(statement) => Some(statement),
            Self::Atomic(all) if all.len() == 1 => all.first(),
            _ => None,
        }
    }

    /// Its statements.
    pub(crate) fn all(&self) -> Vec<Statement<'_>> {
        match self {
            Self::Atomic(all) => all.clone(),
            Self::Alone(one) => vec![*one],
            Self::Function { .. } => Vec::new(),
        }
    }

    fn hash(&self, dialect: &dyn Dialect) -> String {
        let text = match self {
            Self::Atomic(statements) => {
                let texts = statements.iter().map(|statement| match statement.data {
                    Some(_) => Cow::Owned(statement.for_client()),
                    None => Cow::Borrowed(statement.text),
                });
                texts.collect::<Vec<_>>().join(";\n")
            }
            Self::Alone(statement) => statement.text.to_owned(),
            Self::Function { name, .. } => format!("-- ambix: run {name}"),
        };
        match self {
            // A run point is a comment, of which no token would be left.
            Self::Function { .. } => Checksum::of(&text).to_string(),
            _ => Checksum::of_tokens(&text, dialect.syntax()).to_string(),
        }
    }
}

/// By which a later run knows units again: each of them, and the first `n` of them together.
///
/// Each prefix has the hash of the one before it in it, so that a long script is read once and not once for each statement.
#[derive(Debug)]
pub(crate) struct Hashes {
    pub(crate) each: Vec<String>,
    /// One more than there are units; the first is empty.
    pub(crate) first: Vec<String>,
}

impl Hashes {
    pub(crate) fn of(units: &[Unit<'_>], dialect: &dyn Dialect) -> Self {
        let each: Vec<String> = units.iter().map(|unit| unit.hash(dialect)).collect();
        let mut first = vec![String::new()];
        for (at, hash) in each.iter().enumerate() {
            first.push(Checksum::of(&format!("{}\n{hash}", first[at])).to_string());
        }
        Self { each, first }
    }
}

/// Prepares all steps, so that a fault in the last file stops the run before the first.
pub(crate) fn prepare<'g>(
    steps: &'g [Step<'g>],
    dialect: &dyn Dialect,
    functions: &Functions,
) -> Result<Vec<Prepared<'g>>> {
    steps.iter().map(|step| prepare_step(step, dialect, functions)).collect()
}

fn prepare_step<'g>(
    step: &'g Step<'g>,
    dialect: &dyn Dialect,
    functions: &Functions,
) -> Result<Prepared<'g>> {
    let migration = step.migration;
    let script = match (step.action, step.direction) {
        (Action::Record, _) => None,
        (Action::Run, Direction::Up) => Some(&migration.up),
        (Action::Run, Direction::Down) => migration.down.as_ref(),
    };
    let Some(script) = script else {
        let pieces = Vec::new();
        return Ok(Prepared {
            step,
            script: None,
            pieces,
            mode: Mode::OneTransaction,
            foreign_keys_off: false,
            notes: Vec::new(),
        });
    };
    let wants_transaction =
        migration.transaction && (step.direction == Direction::Up || migration.down_transaction);
    let mut foreign_keys_off =
        !migration.foreign_keys && dialect.capabilities().foreign_keys_switch;
    let mut items = read(script, dialect)?;
    let written: Vec<usize> = items.iter().map(start).collect();
    let mut begun = Begun::Never;
    if wants_transaction {
        foreign_keys_off |= is_dump(&items, dialect);
        items = without_switches(items, foreign_keys_off, dialect);
        (items, begun) = without_transactions(items, dialect);
    }
    let items = &items[..];
    check_functions(items, script, functions)?;
    check_forbidden(items, script, dialect)?;
    let mut mode = Mode::Stepwise;
    let alone = wants_transaction && begun == Begun::Never && all_alone(items, dialect);
    if wants_transaction && !alone {
        mode = Mode::OneTransaction;
        for item in items {
            if let Item::Statement(statement) = item {
                mode = check_statement(statement, script, dialect)?.min_with(mode);
            }
        }
    }
    // A step that an earlier run began statement by statement continues that way, even if the file no longer needs it.
    if step.resume.is_some() {
        mode = Mode::Stepwise;
    }
    if foreign_keys_off && mode == Mode::Stepwise {
        return Err(Error::Source {
            place: Place::file(script.file()),
            problem: "`foreign-keys off` works around a transaction, so it does not go together with `transaction none`"
                .to_owned(),
        });
    }
    let kept: Vec<usize> = items.iter().map(start).collect();
    let left_out: Vec<usize> =
        written.into_iter().filter(|at| kept.binary_search(at).is_err()).collect();
    let pieces = pieces(items, script, &left_out);
    let file = || script.file().to_owned();
    let note = match begun {
        Begun::Inside => Some(Note::OneTransaction { file: file() }),
        _ => alone.then(|| Note::NoTransaction { file: file() }),
    };
    let placeholder = sql::placeholder_in_text(script.text(), dialect.syntax());
    let placeholder = placeholder.map(|(text, at)| {
        let (line, _) = sql::line_column(script.text(), at);
        Note::Placeholder { file: file(), line, text: text.to_owned() }
    });
    let notes = note.into_iter().chain(placeholder).collect();
    let prepared = Prepared { step, script: Some(script), pieces, mode, foreign_keys_off, notes };
    if mode == Mode::Stepwise {
        check_units(&prepared, script, dialect)?;
    }
    Ok(prepared)
}

/// Where each statement is committed before the next, there is nothing to roll back and no place to go back to: a ROLLBACK would do
/// nothing, without a word. Between a BEGIN and its COMMIT there is.
fn check_units(of: &Prepared<'_>, script: &Script, dialect: &dyn Dialect) -> Result<()> {
    let syntax = dialect.syntax();
    for unit in of.units(dialect) {
        let Some(statement) = unit.only() else { continue };
        let Some(control) = sql::open_control(statement, syntax) else { continue };
        return Err(Error::Source {
            place: Place::new(script.file(), statement.line, statement.column),
            problem: format!(
                "{control} in a migration that runs statement by statement, each of which is committed before the next; remove it, or \
                 put what belongs together between BEGIN and COMMIT, with nothing else that begins or ends a transaction in it"
            ),
        });
    }
    Ok(())
}

/// Whether there are statements, and each of them would be refused in a transaction, so that nobody can have meant one.
fn all_alone(items: &[Item<'_>], dialect: &dyn Dialect) -> bool {
    let is_alone = |item: &Item<'_>| match item {
        Item::Statement(statement) => {
            matches!(dialect.work(statement), TransactionSupport::Alone(_))
        }
        Item::Run { .. } => false,
    };
    dialect.capabilities().transactional_ddl && !items.is_empty() && items.iter().all(is_alone)
}

impl Mode {
    fn min_with(self, other: Self) -> Self {
        if self == Self::Stepwise { self } else { other }
    }
}

fn read<'g>(script: &'g Script, dialect: &dyn Dialect) -> Result<Vec<Item<'g>>> {
    let syntax = dialect.syntax();
    if let Some(late) = sql::late_directives(script.text(), syntax).first() {
        return Err(Error::Source {
            place: Place::new(script.file(), late.line, 0),
            problem: format!(
                "the directive {:?} must stand at the head of the file, before the first statement",
                late.keyword
            ),
        });
    }
    let source = |(line, column), problem| Error::Source {
        place: Place::new(script.file(), line, column),
        problem,
    };
    let items = sql::split(script.text(), syntax)
        .map_err(|error| source((error.line, error.column), error.problem))?;
    if let Some((text, at)) = sql::placeholder(script.text(), syntax) {
        let problem = format!(
            "`{text}` is a placeholder, which another tool fills in before it runs the file, and ambix does not; write its value"
        );
        return Err(source(sql::line_column(script.text(), at), problem));
    }
    Ok(items)
}

fn check_functions(items: &[Item<'_>], script: &Script, functions: &Functions) -> Result<()> {
    for item in items {
        if let Item::Run { name, line, .. } = item
            && !functions.contains_key(*name)
        {
            let mut known: Vec<String> = functions.keys().cloned().collect();
            known.sort();
            let place = Place::new(script.file(), *line, 0);
            return Err(Error::Unregistered { function: (*name).to_owned(), place, known });
        }
    }
    Ok(())
}

/// A statement that no migration may have, in whatever way it runs.
fn check_forbidden(items: &[Item<'_>], script: &Script, dialect: &dyn Dialect) -> Result<()> {
    for item in items {
        if let Item::Statement(statement) = item
            && let Some(problem) = dialect.forbidden(statement, script.text())
        {
            return Err(Error::Source {
                place: Place::new(script.file(), statement.line, statement.column),
                problem: problem.to_owned(),
            });
        }
    }
    Ok(())
}

/// A statement that would break the transaction around it is found before anything runs.
fn check_statement(
    statement: &Statement<'_>,
    script: &Script,
    dialect: &dyn Dialect,
) -> Result<Mode> {
    let refuse = |problem: String| Error::Source {
        place: Place::new(script.file(), statement.line, statement.column),
        problem,
    };
    if let Some(control) = sql::transaction_control(statement, dialect.syntax()) {
        return Err(refuse(format!(
            "{control} inside a migration that runs in a transaction; remove it (ambix begins and commits), or write \
             `-- ambix: transaction none` at the head of the file"
        )));
    }
    match dialect.work(statement) {
        TransactionSupport::Transactional => Ok(Mode::OneTransaction),
        TransactionSupport::Either if dialect.capabilities().transactional_ddl => {
            Ok(Mode::OneTransaction)
        }
        TransactionSupport::ForeignKeys(_, problem) | TransactionSupport::Futile(problem) => {
            Err(refuse(problem.to_owned()))
        }
        TransactionSupport::Alone(problem) if dialect.capabilities().transactional_ddl => {
            Err(refuse(format!(
                "{problem}; write `-- ambix: transaction none` at the head of the file (best in a migration of its own)"
            )))
        }
        // Where DDL commits by itself, a step with DDL is run statement by statement, without being told to.
        TransactionSupport::Alone(_) | TransactionSupport::Either => Ok(Mode::Stepwise),
    }
}

/// Where in the script an item begins.
fn start(item: &Item<'_>) -> usize {
    match item {
        Item::Statement(statement) => statement.start,
        Item::Run { start, .. } => *start,
    }
}

/// Where the transactions of a file are that are left out, since it runs in ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    Never,
    Around,
    Inside,
}

/// A file that is wrapped in BEGIN and COMMIT as a whole runs as if it were not: the transaction is ours. So is that of a file with
/// several, one after another, if all of it can be rolled back.
fn without_transactions<'g>(
    mut items: Vec<Item<'g>>,
    dialect: &dyn Dialect,
) -> (Vec<Item<'g>>, Begun) {
    if let Some(inner) = sql::unwrap_transaction(&items, dialect.syntax()) {
        return (items.drain(inner).collect(), Begun::Around);
    }
    let merged = sql::merge_transactions(&items, dialect.syntax());
    match merged.filter(|_| dialect.capabilities().transactional_ddl) {
        Some(merged) => (merged, Begun::Inside),
        None => (items, Begun::Never),
    }
}

/// Whether the enforcement of foreign keys is turned on or off by an item; none where it does something else.
fn switch(item: &Item<'_>, dialect: &dyn Dialect) -> Option<bool> {
    match item {
        Item::Statement(statement) => match dialect.work(statement) {
            TransactionSupport::ForeignKeys(on, _) => Some(on),
            _ => None,
        },
        Item::Run { .. } => None,
    }
}

/// Whether a file turns the enforcement of foreign keys off before its transaction, which is what the directive does. The databases'
/// own dumps do.
fn is_dump(items: &[Item<'_>], dialect: &dyn Dialect) -> bool {
    let start = items.iter().take_while(|item| switch(item, dialect) == Some(false)).count();
    let end = items.iter().rev().take_while(|item| switch(item, dialect) == Some(true)).count();
    let inner = items.get(start..items.len() - end).unwrap_or_default();
    start > 0 && sql::unwrap_transaction(inner, dialect.syntax()).is_some()
}

/// The items without the switches that say what is so: inside a transaction none of them does anything. Where the enforcement is off
/// around the file these are all of them, and where nothing turns it off, those that turn it on.
fn without_switches<'g>(
    mut items: Vec<Item<'g>>,
    are_off: bool,
    dialect: &dyn Dialect,
) -> Vec<Item<'g>> {
    if !dialect.capabilities().foreign_keys_switch {
        return items;
    }
    let turns_off = items.iter().any(|item| switch(item, dialect) == Some(false));
    if are_off || !turns_off {
        items.retain(|item| switch(item, dialect).is_none());
    }
    items
}

/// Statements that are sent as they are written, comments and all, are those between which nothing is for the client. One whose
/// rows follow it is a piece of its own.
/// The part that is left out is at `left_out`, in the order of the file, and is not sent with the rest.
fn pieces<'g>(items: &[Item<'g>], script: &Script, left_out: &[usize]) -> Vec<Piece<'g>> {
    let mut pieces: Vec<Piece<'g>> = Vec::new();
    let follows = |statements: &[Statement<'_>], next: &Statement<'_>| {
        // One with rows is alone in its piece, so that the last tells of all.
        let last = statements.last();
        if next.data.is_some() || last.is_some_and(|last| last.data.is_some()) {
            return false;
        }
        let end = last.map_or(0, |last| last.start + last.text.len());
        // A file may have 100,000 statements, so none of them looks at all that is left out.
        let after = left_out.partition_point(|at| *at < end);
        if left_out.get(after).is_some_and(|at| *at < next.start) {
            return false;
        }
        let between = script.text().get(end..next.start).unwrap_or_default();
        !between.lines().any(|line| line.starts_with('\\'))
    };
    for item in items {
        match (item, pieces.last_mut()) {
            (Item::Statement(statement), Some(Piece::Sql(statements)))
                if follows(statements, statement) =>
            {
                statements.push(*statement)
            }
            (Item::Statement(statement), _) => pieces.push(Piece::Sql(vec![*statement])),
            (Item::Run { name, line, .. }, _) => pieces.push(Piece::Function { name, line: *line }),
        }
    }
    pieces
}
