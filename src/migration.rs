//! Migrations before they are a history: one [`Migration`], its two sides ([`Script`]) with their [`Checksum`]s, and a set of
//! [`Migrations`].
//!
//! [`Migrator::new`](crate::Migrator::new) and [`Migrator::from_path`](crate::Migrator::from_path) read them from a folder. Build them in
//! code if your program generates them, or to try something:
//!
//! ```
//! use ambix::{Migration, Migrations};
//!
//! let migrations = Migrations::new([
//!     Migration::new("a1", "create users").up("CREATE TABLE users (id integer)").down("DROP TABLE users"),
//!     Migration::new("b2", "add email").up("ALTER TABLE users ADD COLUMN email text"),
//! ])?;
//! let names: Vec<&str> = migrations.iter().map(|migration| migration.name()).collect();
//! assert_eq!(names, ["create users", "add email"]);
//! # Ok::<(), ambix::Error>(())
//! ```

use std::{fmt, sync::OnceLock};

pub use crate::checksum::Checksum;
pub(crate) use crate::checksum::canonical;
use crate::{
    error::{Error, Place, Result},
    note::Note,
    sql,
};

impl Checksum {
    /// The checksum of the tokens alone, so that an edit of comments and white space does not change it.
    ///
    /// Tokens are separated by a byte that cannot be in a text, so that `a b` and `ab` differ.
    pub(crate) fn of_tokens(text: &str, syntax: &sql::Syntax) -> Self {
        let tokens = sql::tokens(text, syntax);
        Self::of_parts(
            tokens
                .into_iter()
                .filter(|token| token.kind != sql::TokenKind::Comment)
                .map(|token| token.text.as_bytes()),
        )
    }
}

/// One side of a migration: its text and where it came from.
#[derive(Clone)]
pub struct Script {
    file: String,
    text: String,
    /// Taken when it is first asked for, which many programs never do, and a start does while it waits for the database.
    checksum: OnceLock<Checksum>,
}

/// The checksum is the text's, so that it makes no difference whether it was taken.
impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file && self.text == other.text
    }
}

impl Eq for Script {}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, text, .. } = self;
        f.debug_struct("Script").field("file", file).field("text", text).finish()
    }
}

impl Script {
    pub(crate) fn new(file: impl Into<String>, text: &str) -> Self {
        Self::of_canonical(file, canonical(text).into_owned())
    }

    /// Of a text that is in its canonical form.
    pub(crate) fn of_canonical(file: impl Into<String>, text: String) -> Self {
        Self { file: file.into(), text, checksum: OnceLock::new() }
    }

    pub(crate) fn checksum(&self) -> Checksum {
        *self.checksum.get_or_init(|| Checksum::of(&self.text))
    }

    /// Whether a server can take the text. What it would do with a NUL byte is different on each: some read on for ever.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(at) = self.text.find('\0') else { return Ok(()) };
        let (line, column) = sql::line_column(&self.text, at);
        Err(Error::Source {
            place: Place::new(&self.file, line, column),
            problem: sql::NUL.to_owned(),
        })
    }

    /// The file's path below the migrations folder; a name in angle brackets for a migration that was built in code.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The SQL, in its canonical form (no byte order mark, `\n` at the ends of lines).
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A list of revisions that a migration names, and the line where it names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) revisions: Vec<String>,
    /// 0 where it was not read from a file.
    pub(crate) line: u32,
}

/// One reviewed change of the schema: a revision, its parents, an up side and perhaps a down side.
///
/// Most migrations are read from files, by [`Migrator::new`](crate::Migrator::new) or
/// [`Migrations::from_path`]. They can be built in code, too:
///
/// ```
/// use ambix::{Migration, Migrations};
/// let migrations = Migrations::new([
///     Migration::new("1", "create users").up("create table users (id integer primary key)").down("drop table users"),
///     Migration::new("2", "add email").up("alter table users add column email text"),
/// ])?;
/// assert_eq!(migrations.iter().count(), 2);
/// # Ok::<(), ambix::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    pub(crate) revision: String,
    pub(crate) name: String,
    /// None: the migration before it in the list. Some and empty: a base.
    pub(crate) parents: Option<Named>,
    pub(crate) depends_on: Named,
    pub(crate) labels: Named,
    /// The migrations that were squashed into this one, in their order.
    pub(crate) replaces: Named,
    pub(crate) up: Script,
    pub(crate) down: Option<Script>,
    pub(crate) irreversible: Option<String>,
    pub(crate) transaction: bool,
    /// Whether the down side may run in a transaction; it does only where the up side does, too.
    pub(crate) down_transaction: bool,
    pub(crate) foreign_keys: bool,
    /// None: it is marked with no phase, and runs in the first one.
    pub(crate) phase: Option<Phase>,
}

/// A part of a change that two versions of a program live through: first the schema grows so that both can work with it, then the new
/// version is deployed, and then the schema loses what only the old version needed.
///
/// A file says it with `-- ambix: phase contract`. A migration without a phase belongs to `Expand`. See
/// [`Migrator::phase`](crate::Migrator::phase).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Phase {
    /// Before the new version of the program is deployed: what both versions can work with.
    Expand,
    /// When no older version of the program is running any more.
    Contract,
}

impl Phase {
    /// The phase of a migration that is marked with none.
    pub(crate) const UNMARKED: Self = Self::Expand;
    /// The last one: a run up to it leaves nothing for later.
    pub(crate) const LAST: Self = Self::Contract;

    /// The word in a directive, on the command line and in listings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Phase {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Expand, Self::Contract];
        let found = all.into_iter().find(|phase| phase.word() == text);
        found.ok_or_else(|| format!("a phase is `expand` or `contract`, not {text:?}"))
    }
}

/// The longest revision, in bytes. Alembic takes any length and fails when it writes its table; we refuse it here.
pub(crate) const REVISION_MAX: usize = 64;

impl Migration {
    /// A migration that does nothing yet.
    ///
    /// Without [`parents`](Self::parents) its parent is the migration before it in the list given to [`Migrations::new`].
    #[must_use]
    pub fn new(revision: impl Into<String>, name: impl Into<String>) -> Self {
        let revision = revision.into();
        let up = Script::new(format!("<{revision} up>"), "");
        Self::of_scripts(revision, name.into(), up, None)
    }

    /// A migration with what its files say, whose directives are not read yet.
    pub(crate) fn of_scripts(
        revision: String,
        name: String,
        up: Script,
        down: Option<Script>,
    ) -> Self {
        Self {
            name,
            parents: None,
            depends_on: Named::default(),
            labels: Named::default(),
            replaces: Named::default(),
            up,
            down,
            irreversible: None,
            transaction: true,
            down_transaction: true,
            foreign_keys: true,
            phase: None,
            revision,
        }
    }

    /// The SQL that makes the change. Directives at its head are read as those of a file are.
    #[must_use]
    pub fn up(mut self, sql: &str) -> Self {
        self.up = Script::new(format!("<{} up>", self.revision), sql);
        self
    }

    /// The SQL that takes the change back.
    #[must_use]
    pub fn down(mut self, sql: &str) -> Self {
        self.down = Some(Script::new(format!("<{} down>", self.revision), sql));
        self
    }

    /// The revisions that this one follows; none makes it a base, several make it a merge.
    #[must_use]
    pub fn parents<S: Into<String>>(mut self, revisions: impl IntoIterator<Item = S>) -> Self {
        self.parents =
            Some(Named { revisions: revisions.into_iter().map(Into::into).collect(), line: 0 });
        self
    }

    /// Revisions (or labels) that must be applied first, but are not parents.
    #[must_use]
    pub fn depends_on<S: Into<String>>(mut self, revisions: impl IntoIterator<Item = S>) -> Self {
        self.depends_on.revisions.extend(revisions.into_iter().map(Into::into));
        self
    }

    /// Names of the branch that begins here.
    #[must_use]
    pub fn labels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.labels.revisions.extend(labels.into_iter().map(Into::into));
        self
    }

    /// The migrations that this one stands for: one squash of several, in their order.
    ///
    /// A database that has all of them has this one: that is recorded, and nothing is run. A database with none of them runs
    /// it. Whoever names one of them as a parent means this one.
    #[must_use]
    pub fn replaces<S: Into<String>>(mut self, revisions: impl IntoIterator<Item = S>) -> Self {
        self.replaces.revisions.extend(revisions.into_iter().map(Into::into));
        self
    }

    /// Says that there is no way back, and why.
    #[must_use]
    pub fn irreversible(mut self, because: impl Into<String>) -> Self {
        self.irreversible = Some(because.into());
        self
    }

    /// Whether the migration runs in a transaction of its own, which is the default.
    #[must_use]
    pub fn transaction(mut self, yes: bool) -> Self {
        self.transaction = yes;
        self
    }

    /// Marks the migration with a phase, as `-- ambix: phase contract` does in a file.
    ///
    /// ```
    /// use ambix::{Migration, options::Phase};
    /// let drop = Migration::new("2", "drop users.name").up("alter table users drop column name").phase(Phase::Contract);
    /// assert_eq!(drop.declared_phase(), Some(Phase::Contract));
    /// ```
    #[must_use]
    pub fn phase(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// The revision: the migration's id.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The name, as words: `add full name to user`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The checksum of the up side.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        self.up.checksum()
    }

    /// The up side.
    #[must_use]
    pub fn up_script(&self) -> &Script {
        &self.up
    }

    /// The down side, where there is one.
    #[must_use]
    pub fn down_script(&self) -> Option<&Script> {
        self.down.as_ref()
    }

    /// Why there is no way back, where the migration says so.
    #[must_use]
    pub fn irreversible_because(&self) -> Option<&str> {
        self.irreversible.as_deref()
    }

    /// Whether it runs in a transaction where the database has transactions for such work.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.transaction
    }

    /// Whether the migration waits where a run ends with this phase.
    pub(crate) fn is_after(&self, phase: Phase) -> bool {
        self.phase.unwrap_or(Phase::UNMARKED) > phase
    }

    /// The phase that the migration is marked with; none if it says nothing, which counts as [`Phase::Expand`].
    #[must_use]
    pub fn declared_phase(&self) -> Option<Phase> {
        self.phase
    }

    /// The place that messages about the whole migration name.
    pub(crate) fn place(&self) -> Place {
        Place::file(self.up.file())
    }

    /// Reads the directives at the heads of both sides.
    ///
    /// # Errors
    /// [`Error::Source`] for a directive or revision that cannot be read.
    pub(crate) fn finish(mut self) -> Result<Self> {
        let text = std::mem::take(&mut self.up.text);
        for directive in sql::header(&text) {
            if let Err(problem) = self.direct(&directive) {
                let place = Place::new(self.up.file, directive.line, 0);
                return Err(Error::Source { place, problem });
            }
        }
        self.up.text = text;
        if let Some(down) = &self.down {
            self.down_transaction = down_transaction(down)?;
        }
        if let Err(problem) = check_revision(&self.revision) {
            return Err(Error::Source { place: self.place(), problem });
        }
        if self.name.contains('\0') {
            let problem = "the name has a NUL byte in it, which no database takes".to_owned();
            return Err(Error::Source { place: self.place(), problem });
        }
        [Some(&self.up), self.down.as_ref()].into_iter().flatten().try_for_each(Script::check)?;
        Ok(self)
    }

    fn direct(&mut self, directive: &sql::Directive<'_>) -> Result<(), String> {
        let (value, line) = (directive.value, directive.line);
        let list = || Named { revisions: list(value), line };
        match directive.keyword {
            "revision" => value.clone_into(&mut self.revision),
            "parents" if value == "none" => {
                self.parents = Some(Named { revisions: Vec::new(), line })
            }
            "parents" if list().revisions.is_empty() => {
                return Err("`parents` needs revisions, or `none` for a new base".to_owned());
            }
            "parents" => self.parents = Some(list()),
            "replaces" if list().revisions.is_empty() => {
                return Err("`replaces` needs revisions".to_owned());
            }
            "replaces" => self.replaces = list(),
            "depends-on" => self.depends_on = list(),
            "labels" => self.labels = list(),
            "transaction" => match value {
                "none" => self.transaction = false,
                _ => {
                    return Err(format!(
                        "`transaction` is `none` or is not written, not {value:?}"
                    ));
                }
            },
            "foreign-keys" => match value {
                "off" => self.foreign_keys = false,
                _ => {
                    return Err(format!(
                        "`foreign-keys` is `off` or is not written, not {value:?}"
                    ));
                }
            },
            "irreversible" => self.irreversible = Some(value.to_owned()),
            "phase" => self.phase = Some(value.parse()?),
            other => {
                return Err(format!(
                    "there is no directive {other:?}; known are {}",
                    DIRECTIVES.join(", ")
                ));
            }
        }
        Ok(())
    }
}

/// The directives of the design page, in its order.
pub(crate) const DIRECTIVES: [&str; 11] = [
    "revision",
    "replaces",
    "parents",
    "depends-on",
    "labels",
    "transaction",
    "foreign-keys",
    "irreversible",
    "phase",
    "run",
    "allow",
];

/// The head of a down side may only say that this side runs without a transaction; the rest is said by the up side.
fn down_transaction(down: &Script) -> Result<bool> {
    let mut transaction = true;
    for directive in sql::header(down.text()) {
        match (directive.keyword, directive.value) {
            ("transaction", "none") => transaction = false,
            (keyword, _) => {
                let problem = format!("the directive {keyword:?} belongs into the up file");
                return Err(Error::Source {
                    place: Place::new(down.file(), directive.line, 0),
                    problem,
                });
            }
        }
    }
    Ok(transaction)
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Ids are letters, digits, `_` and `.`: every other sign has a meaning in targets, in file names or in SQL.
pub(crate) fn check_revision(revision: &str) -> Result<(), String> {
    if revision.is_empty() {
        return Err("a revision cannot be empty".to_owned());
    }
    if revision.len() > REVISION_MAX {
        return Err(format!("revision {revision} is longer than {REVISION_MAX} bytes"));
    }
    if let Some(sign) = revision.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
    {
        return Err(format!(
            "{sign:?} cannot be in a revision ({revision}): only letters, digits, `_` and `.`"
        ));
    }
    if !revision.contains(char::is_alphanumeric) {
        return Err(format!("{revision} cannot be a revision: it needs a letter or a digit"));
    }
    if ["head", "heads", "base", "current", "none"].contains(&revision) {
        return Err(format!("{revision} cannot be a revision: it is a word of the targets"));
    }
    Ok(())
}

/// All migrations of a program, in the order of their names.
///
/// They are not yet known to form one history: [`Graph::new`](crate::Graph::new) finds that out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrations {
    pub(crate) list: Vec<Migration>,
    /// The lines of `ambix.sum`, where there is one.
    pub(crate) sum: Option<String>,
    /// The lines of `ambix.lint`, the baseline of the linter, where there is one.
    pub(crate) baseline: Option<String>,
    /// What a person should know of the folder: files that were left aside.
    pub(crate) notes: Vec<Note>,
}

impl Migrations {
    /// Migrations that were built in code; the order of the list is the order of their names.
    ///
    /// # Errors
    /// [`Error::Source`] where a directive or a revision cannot be read.
    pub fn new(migrations: impl IntoIterator<Item = Migration>) -> Result<Self> {
        let list = migrations.into_iter().map(Migration::finish).collect::<Result<_>>()?;
        Ok(Self { list, ..Self::default() })
    }

    /// The migrations in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Migration> {
        self.list.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
