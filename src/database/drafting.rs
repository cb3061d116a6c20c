//! The half of the contract that drafting needs: what a database's schema is and how a change of it is written.
//!
//! A [`Drafting`] knows, as a [`Dialect`](super::Dialect) does, and does no I/O: it gives the queries and reads their rows.

use super::{Failure, Row};
#[cfg(any(feature = "mysql", feature = "sqlite"))]
use crate::schema::Type;
use crate::{
    change::Change,
    error::Result,
    schema::{Column, Definition, Name, Schema, SchemaObject, Sequence, Table, Uncovered},
    sql::{Statement, Syntax},
};

/// Reads a row of what is not compared. `beside` and `wide` are tags of what is told nowhere else; `wide` belongs to the database as
/// a whole.
#[allow(dead_code)] // Without a database there are no rows.
pub(super) fn define(row: &Row, schema: &mut Schema) {
    let tag = row.tag();
    if !["definition", "beside", "wide"].contains(&tag) {
        return;
    }
    let text = |column: &str| row.column(column).unwrap_or_default().to_owned();
    let (kind, name) = (text("kind"), text("name"));
    let definition = Definition { kind, name, text: text("text"), is_wide: tag == "wide" };
    if tag != "definition" {
        schema.uncovered.push(Uncovered {
            kind: definition.kind.clone(),
            name: definition.name.clone(),
            definition: Some(definition.text.clone()),
            ..Uncovered::default()
        });
    }
    schema.definitions.push(definition);
}

/// Several parts as one message.
pub(crate) fn joined(parts: [&str; 3]) -> String {
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.collect::<Vec<_>>().join(";\n")
}

/// What a change of a table means for a view, a trigger or the like that uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The database refuses the change.
    Fails,
    /// The change is made, and its user does not work any more.
    Breaks,
    /// There is nothing to say.
    Nothing,
}

/// Knows one database's schemas.
pub trait Drafting: Send + Sync {
    /// What the rest of drafting must know of the database.
    fn facts(&self) -> &'static DraftingCapabilities;

    /// The same for the server of a schema that was inspected.
    fn facts_of(&self, _schema: &Schema) -> &'static DraftingCapabilities {
        self.facts()
    }

    /// How names are compared on the server of a schema that was inspected.
    fn folding(&self, schema: &Schema) -> Folding;

    /// A query with one tagged row: what there is anything of. None where the queries of [`inspect`](Self::inspect) cost so little
    /// that a message of its own is not worth it.
    fn existence(&self, _scope: &Scope) -> Option<String> {
        None
    }

    /// Queries, sent as one message, whose tagged rows are the schema. Their number does not depend on that of the tables.
    /// `existing` are the rows of [`existence`](Self::existence): what cannot find anything is left out. Without them nothing is.
    fn inspect(&self, scope: &Scope, existing: &[Row]) -> String;

    /// Queries for what the rows of [`inspect`](Self::inspect) do not tell, or not exactly, as a message of their own; none if they tell
    /// all. It is for what only a statement shows whose answer has columns of its own; their rows are read behind the others.
    fn left_open(&self, _rows: &[Row], _scope: &Scope) -> Option<String> {
        None
    }

    /// What begins and ends the two messages where the session is in no transaction yet: all queries see one state, and names are
    /// read as the scope says.
    fn around_inspect(&self, scope: &Scope) -> (String, String);

    /// Reads the rows of [`inspect`](Self::inspect). Types and expressions are in the database's own words, names of the scratch
    /// place are the real ones.
    fn read(&self, rows: &[Row], scope: &Scope) -> Result<Schema>;

    /// Whether two defaults of a column are one that is only written otherwise.
    fn is_same_default(&self, _column: &Column, _one: &str, _other: &str) -> bool {
        false
    }

    /// Whether a column can become another of the same name in place; otherwise it is dropped and added, with all that
    /// depends on it.
    fn alters(&self, from: &Column, to: &Column) -> bool;

    /// How sqlx reads a column of an inspected type, as its macros choose it; none if it has no Rust type for it.
    #[cfg(feature = "cli")]
    fn rust_type(&self, ty: &str) -> Option<RustType>;

    /// An expression for a column's value as text: two values are the same where their texts are.
    #[cfg(any(feature = "cli", feature = "testkit"))]
    fn as_text(&self, column: &Column) -> String;

    /// What rows may lose by a change that keeps their columns, in a few words: digits, the time of day, the end of a text. It is
    /// a rule: what the new type is not known to hold counts as lost. `sides` are the current schema and the future one.
    fn loses(&self, change: &Change, sides: (&Schema, &Schema)) -> Option<&'static str>;

    /// A serial column as one with a default that takes its numbers from a sequence, and that sequence, where the two are things
    /// of their own.
    fn without_serial(&self, _table: &Name, _column: &Column) -> Option<(Column, Sequence)> {
        None
    }

    /// What happens when a table or column goes, or a column's type changes, that something else uses.
    fn effect(&self, _change: &Change) -> Effect {
        Effect::Fails
    }

    /// An object in the names after the renames, if that is known better than by putting each new name for the old one. `schema` has
    /// the new names.
    fn respelled(
        &self,
        _object: &SchemaObject,
        _renames: &[Change],
        _schema: &Schema,
    ) -> Option<SchemaObject> {
        None
    }

    /// A side of a draft that takes the bodies of functions as they are, if it creates any: a body that comes back may name what was
    /// gone before the draft.
    fn with_bodies_unchecked(&self, _side: &str) -> Option<String> {
        None
    }

    /// What a script asks for and drafts do not do, by kind and name, since it is not a part of a schema: where a table counts from.
    fn not_drafted(&self, _current: &Schema, _desired: &Schema) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Who may do what with that which a change creates, because of the default privileges that are in force then: as it differs from
    /// what the server gives of its own accord.
    fn implied_access(&self, _change: &Change, _in_force: &[SchemaObject]) -> Vec<SchemaObject> {
        Vec::new()
    }

    /// Puts into a schema's `server` what the scripts that made it set for the server, and a draft for them has to set as well.
    fn keep_settings(&self, _scripts: &[&str], _schema: &mut Schema) {}

    /// Writes changes as SQL.
    ///
    /// # Errors
    /// What this database cannot have, naming the table and column.
    fn render(&self, work: &ChangeSet<'_>) -> Result<RenderedChanges>;

    /// How a change is made while programs use the table. A database that has no such ways makes each change as it is, and
    /// [`online_note`](Self::online_note) says so.
    fn online(&self, _change: &Change, _at: &OnlineContext<'_>) -> ChangeForm {
        ChangeForm::Plain
    }

    /// How a column gets another name while programs that know the old one and programs that know the new one use the table.
    ///
    /// # Errors
    /// Why that cannot be done with this column.
    fn rename_online(&self, _rename: &RenamedColumn<'_>) -> Result<OnlineSteps, String> {
        Err("ambix has no triggers for that on this database".to_owned())
    }

    /// How a table gets another name while programs that know the old one and programs that know the new one use it.
    ///
    /// # Errors
    /// Why that cannot be done with this table.
    fn rename_table_online(&self, _rename: &RenamedTable<'_>) -> Result<OnlineSteps, String> {
        Err("ambix writes no view for that on this database".to_owned())
    }

    /// Some value for existing rows in a column of this type; none if no value is as good as any other.
    fn placeholder(&self, column: &Column, schema: &Schema) -> Option<String>;

    /// Whether a change makes the database number rows, which it does only by a key.
    fn numbers_key(&self, _change: &Change) -> bool {
        false
    }

    /// What is to be said once of an online draft on this database.
    fn online_note(&self) -> Option<&'static str>;

    /// The table that a statement of a draft changes, if the server can be asked how it does that.
    fn altered_table(&self, _statement: &Statement<'_>) -> Option<String> {
        None
    }

    /// What the server can be asked to do at most, the cheapest first; none if it has no such words, or the statement already says them.
    fn online_forms(&self, _statement: &Statement<'_>) -> Vec<OnlineForm> {
        Vec::new()
    }

    /// Whether a failure says that the server cannot do it so cheaply.
    fn is_refusal(&self, _failure: &Failure) -> bool {
        false
    }

    /// Statements that make a scratch place of this name on the session's server and go there, one message each; none where the
    /// driver has places of its own ([`Driver::scratch`](super::Driver)). `schemas` are those that the models name, each with
    /// what it is called in the scratch place.
    fn enter_scratch(&self, name: &str, schemas: &[(String, String)]) -> Vec<String>;

    /// What puts the settings of a session in a scratch place back, between two scripts; none where a script leaves none.
    fn refresh_scratch(&self, _name: &str) -> Option<String> {
        None
    }

    /// Statements that take the scratch place away, whatever has happened in it.
    fn leave_scratch(&self, name: &str) -> Vec<String>;

    /// A query with one tagged row: the schema, or the database, in which tables are whose schema is not said.
    fn default_schema(&self) -> Option<&'static str> {
        None
    }

    /// The statement that goes back there, where leaving a scratch place does not.
    fn go_home(&self, _home: &str) -> Option<String> {
        None
    }

    /// Statements that make a schema in a scratch database and the default one of the session there.
    fn make_home(&self, _home: &str) -> Vec<String> {
        Vec::new()
    }

    /// Why a script can be run in no scratch place at all, in a few words: it says where its tables are, and that is elsewhere.
    fn refuses(&self, _script: &str) -> Option<String> {
        None
    }

    /// The words of a statement that changes what belongs to the server as a whole: `CREATE ROLE`. It would change that in a scratch place
    /// as well, and mostly fail there, since it was run before.
    fn server_wide(&self, _statement: &Statement<'_>) -> Option<String> {
        None
    }

    /// The same for what does other things beside, or may do it: a block of code, the body of a routine. A transaction that is rolled back
    /// can hold it.
    fn server_wide_beside(&self, _statement: &Statement<'_>) -> Option<String> {
        None
    }

    /// Whether a script names things in a way that leads out of a scratch place on the session's own database (`public.users`), so
    /// that it needs a database of its own. `schemas` are those that the models name.
    fn leads_out(&self, _script: &str, _schemas: &[String]) -> bool {
        false
    }

    /// The same statement in a form that can run if its object already exists, since that belongs to the database as a whole and
    /// not to a scratch place in it: an extension. None where it stays as it is.
    fn if_not_there(&self, _statement: &Statement<'_>) -> Option<String> {
        None
    }

    /// A query for the schemas of a database, but for the default one and the server's own.
    fn all_schemas(&self) -> Option<&'static str> {
        None
    }

    /// The statements that create and drop a scratch database of this name, for scripts that lead out of any other place.
    fn scratch_database(&self, _name: &str) -> Option<(String, String)> {
        None
    }

    /// A query with one tagged row for each scratch place that a dead process has left: its name, and whether it is a database
    /// of [`scratch_database`](Self::scratch_database) (`1`).
    fn stale_scratches(&self) -> Option<String> {
        None
    }
}

/// The words of a statement that would change the whole server if a scratch place ran it. `lasts` says that it commits.
pub(crate) fn runs_server_wide(
    drafting: &dyn Drafting,
    statement: &Statement<'_>,
    syntax: &Syntax,
    lasts: bool,
) -> Option<String> {
    // To create a routine does not run its body.
    let creates = || statement.words(syntax).next().as_deref() == Some("CREATE");
    let beside = || drafting.server_wide_beside(statement).filter(|_| lasts && !creates());
    drafting.server_wide(statement).or_else(beside)
}

/// What is to be inspected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The schema of names that have none; `None` means the connection's own.
    pub default_schema: Option<String>,
    /// Other schemas: what they are called in the models, and what they are called in the database at hand. The two differ in
    /// a scratch place alone.
    pub schemas: Vec<(String, String)>,
}

/// What the rest of drafting must know of a database.
#[derive(Debug, Clone, Copy)]
pub struct DraftingCapabilities {
    /// It has types that list values, and a value may be renamed in them.
    pub enum_types: bool,
    /// It has schemas.
    pub schemas: bool,
    /// It has sequences that belong to no column.
    pub sequences: bool,
    /// A foreign key can be added to an existing table, so that tables can refer to each other in a circle.
    pub adds_foreign_keys: bool,
    /// A primary key has a name.
    pub names_primary_keys: bool,
    /// The longest name, in bytes.
    pub name_limit: usize,
    /// What must be dropped before a column's type changes, and added again after.
    pub lifted_by_type: &'static [Dependent],
    /// The same for a rename of a column.
    pub lifted_by_rename: &'static [Dependent],
    /// A foreign key needs an index on its own columns, too, and an index that it needs cannot be dropped before it.
    pub foreign_keys_need_indexes: bool,
    /// A column with a foreign key on it cannot begin to number itself, or stop, before the key is dropped.
    pub foreign_keys_hold_identity: bool,
    /// The tables that the database's own extensions keep: no models, and none of ours.
    pub extension_tables: &'static [&'static str],
}

/// How a database compares names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// By their bytes.
    No,
    /// Without the case of the letters from A to Z.
    Ascii,
    /// Without the case of any letter.
    Any,
}

impl Fold {
    /// Whether two names are one.
    pub fn same(self, one: &str, other: &str) -> bool {
        match self {
            Self::No => one == other,
            Self::Ascii => one.eq_ignore_ascii_case(other),
            Self::Any => one == other || one.to_lowercase() == other.to_lowercase(),
        }
    }
}

/// How a database compares the names of tables, and those of columns, indexes and constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folding {
    pub tables: Fold,
    pub parts: Fold,
}

/// What can depend on a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependent {
    /// A foreign key from it or to it.
    ForeignKey,
    /// A check that mentions it.
    Check,
    /// A column that is computed from it.
    Generated,
    /// An index with an expression or predicate that mentions it.
    ExpressionIndex,
    /// An exclusion constraint that mentions it.
    Exclusion,
}

/// Changes to be written, and the two schemas between which they lead.
#[derive(Debug)]
pub struct ChangeSet<'a> {
    /// The current schema, with the names after all renames.
    pub from: &'a Schema,
    /// What will be there, with names as they are after all renames.
    pub to: &'a Schema,
    /// In their order. [`change::apply`](crate::change::apply) computes the schema before each.
    pub changes: &'a [Change],
    /// The tables may have rows. Without, nothing need be done for them: a table that was just made in a scratch place.
    pub with_rows: bool,
    /// The file is one of an online draft: each change is a statement of its own where that can be, so that the server can be asked
    /// about it.
    pub is_online: bool,
    /// It creates what already exists elsewhere, in an empty place: a dump, or the copy for a proof. Its functions are taken as they
    /// are, also one whose body no longer works.
    pub is_copy: bool,
}

/// Changes as SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenderedChanges {
    /// What the file's directives must say: `foreign-keys off`.
    pub directives: Vec<String>,
    /// In their order.
    pub statements: Vec<RenderedStatement>,
}

/// One statement of a draft, or a few that make no sense without each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenderedStatement {
    /// Which changes it makes, or begins to make: positions in the list that was given.
    pub changes: Vec<usize>,
    /// What a reader should think about. Each becomes a comment.
    pub notes: Vec<String>,
    /// Without the semicolon at the end.
    pub sql: String,
}

/// What [`Drafting::online`] must know beside the change.
#[derive(Debug, Clone, Copy)]
pub struct OnlineContext<'a> {
    /// The schema before the change and before those that run with it.
    pub state: &'a Schema,
    /// The schema to which all changes lead.
    #[allow(dead_code)] // Not every database asks.
    pub goal: &'a Schema,
    /// All changes that are left.
    pub changes: &'a [Change],
    /// What existing rows get in the column that the change is about.
    pub fill: Option<&'a OnlineFill>,
    /// The statements are for the proof: in one transaction, on empty tables.
    pub in_scratch: bool,
}

impl OnlineContext<'_> {
    /// Whether something of a table, or a foreign key to it, is dropped and made again around another change.
    #[allow(dead_code)] // Not every database asks.
    pub fn lifts(&self, table: &Name) -> bool {
        let is_about = |change: &Change| match change {
            Change::AddForeignKey { key, .. } if key.references == *table => true,
            Change::AddUnique { .. }
            | Change::AddPrimaryKey { .. }
            | Change::AddCheck { .. }
            | Change::AddExclusion { .. }
            | Change::AddIndex { .. }
            | Change::AddForeignKey { .. }
            | Change::AddColumn { .. } => change.table() == Some(table),
            _ => false,
        };
        let added = self.changes.iter().filter(|change| is_about(change));
        added.into_iter().any(|change| self.changes.contains(&change.reverse()))
    }
}

/// What existing rows get in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnlineFill {
    /// The SQL expression that was given.
    Given(String),
    /// Some value of the type.
    Placeholder,
}

/// How a change is made while programs use the table.
#[derive(Debug, Clone, PartialEq)]
#[allow(dead_code)] // Not every database has all of them.
pub enum ChangeForm {
    /// As it is. What it locks, it locks for a moment.
    Plain,
    /// As it is, in a file of its own, with the reason why it locks others out for longer.
    Blocking(String),
    /// In steps.
    Steps(Box<OnlineSteps>),
    /// Another change makes it as well.
    Along,
    /// When something else is there that it needs.
    Later,
}

/// A column that gets another name.
#[derive(Debug, Clone, Copy)]
pub struct RenamedColumn<'a> {
    /// Its table, before and after.
    pub before: &'a Table,
    pub after: &'a Table,
    pub from: &'a str,
    pub to: &'a str,
    /// The schema before.
    pub state: &'a Schema,
    /// The statements are for the proof: in one transaction, on empty tables.
    pub in_scratch: bool,
}

/// A table that gets another name.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code)] // Not every database has a way.
pub struct RenamedTable<'a> {
    /// The table before.
    pub before: &'a Table,
    pub to: &'a Name,
    /// The schema before.
    pub state: &'a Schema,
}

/// The steps of a change, in their order. Each is in another file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnlineSteps {
    /// What a rename begins with: the new column, and what keeps it like the old one.
    pub begin: Option<TwoWay>,
    /// What a rename ends with, in the second phase: the old column goes. The way back is outside of a transaction.
    pub end: Option<TwoWay>,
    /// Changes that are made as they are in place of the one.
    pub first: Vec<Change>,
    /// What is built outside of a transaction.
    pub concurrent: Option<TwoWay>,
    /// What gives existing rows a value, in batches.
    pub fill: Option<TwoWay>,
    /// What reads the rows that a constraint is for. It comes before everything in its file that locks others out.
    pub validate: Option<TwoWay>,
    /// What makes the change complete, in the same file.
    pub last: Option<TwoWay>,
    /// What a reader should think about, at the backfill or, without one, at the last step.
    pub note: Option<String>,
}

/// The same statement in a form that the server accepts only if it costs no more than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineForm {
    pub sql: String,
    /// What the form asks for: `ALGORITHM=INPLACE, LOCK=NONE`.
    pub asks: String,
    /// Others cannot write meanwhile.
    pub blocks_writes: bool,
    /// All rows are read.
    pub scans: bool,
    /// All rows are written again, if the forms before it were refused for that.
    pub rewrites: bool,
    /// Whether a server that refuses it does so because the rows would have to be written again.
    pub forbids_rewrite: bool,
}

/// Statements, and those that lead back to where they began. Without semicolons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TwoWay {
    pub up: Vec<String>,
    pub down: Vec<String>,
}

/// A Rust type for a column.
#[cfg(feature = "cli")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustType {
    /// With its path.
    pub name: String,
    /// What a model's field has to say besides, so that its column is of the type: `max_length = 255`.
    pub attribute: Option<String>,
}

#[cfg(feature = "cli")]
impl RustType {
    /// One whose columns are of just this type.
    #[allow(dead_code)] // Without a database there are no types.
    pub(super) fn exact(name: &str) -> Self {
        Self { name: name.to_owned(), attribute: None }
    }

    /// One whose columns are of another type, so that the field says it.
    #[allow(dead_code)]
    pub(super) fn of(name: &str, sql: &str) -> Self {
        Self { name: name.to_owned(), attribute: Some(format!("sql_type = {sql:?}")) }
    }

    /// A type with the numbers in its parentheses.
    #[allow(dead_code)]
    pub(super) fn with(name: &str, words: &[&str], numbers: &str) -> Self {
        let numbers = numbers.trim_end_matches(')').split(',');
        let said =
            words.iter().zip(numbers).map(|(word, number)| format!("{word} = {}", number.trim()));
        Self { name: name.to_owned(), attribute: Some(said.collect::<Vec<_>>().join(", ")) }
    }
}

/// What a type is for which a database has no word, for people.
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub(super) fn describe(ty: &Type) -> &'static str {
    match ty {
        Type::TimeTz => "a time of day with an offset",
        Type::Interval => "a span of time",
        Type::Inet | Type::Cidr => "an IP address",
        Type::MacAddress => "a hardware address",
        Type::BitString => "bits of any length",
        Type::Money => "a sum of money",
        Type::Hstore => "texts by key",
        Type::Array(_) => "an array",
        Type::Range(_) => "a range",
        _ => "this",
    }
}
