//! A database that already has tables, or another tool's history, but no history of ours: whether a run may start from base.

use super::{Migrator, adopt::Tool, options::HISTORY_TABLE};
use crate::{
    database::{Dialect, Row, Session, fill, tools::tool_of_table},
    error::{Advice, Error, ExistingTables, some_of},
    migration::Migration,
    run::{execute::Interruption, history::HistorySnapshot},
    sql::{Item, Syntax, Token, TokenKind, name_value, split, tokens},
};

/// A table or view that exists before the first migration.
struct Relation<'r> {
    schema: &'r str,
    name: &'r str,
    columns: Vec<&'r str>,
}

impl<'r> Relation<'r> {
    fn read(row: &'r Row) -> Option<Self> {
        if row.tag() != "table" {
            return None;
        }
        let (schema, name) = (row.column("schema_name")?, row.column("name")?);
        let columns = row.column("columns").unwrap_or_default().split(' ').collect();
        Some(Self { schema, name, columns })
    }

    fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.columns.contains(column))
    }

    fn is_history(&self) -> bool {
        self.has(&["revision", "token_checksum", "statements_done", "applied_by"])
    }

    fn is_lock(&self) -> bool {
        self.name.ends_with("_lock") && self.has(&["layout", "epoch", "holder", "taken_at"])
    }

    fn path(&self) -> String {
        if self.schema.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}.{}", self.schema, self.name)
        }
    }

    /// The tool whose history this is: the name of it for people, and the tool itself if its history can be taken over.
    fn tool(&self) -> Option<(&'static str, Option<Tool>)> {
        let columns: Vec<String> = self.columns.iter().map(|&column| column.to_owned()).collect();
        // Under another name, a table is known by its columns if no other table would have them.
        let adoptable = Tool::of_columns(&columns).filter(|tool| {
            tool.is_known_by_columns() || tool.history_table().eq_ignore_ascii_case(self.name)
        });
        match adoptable {
            Some(tool) => Some((tool.name(), Some(tool))),
            None => tool_of_table(self.name).map(|name| (name, None)),
        }
    }
}

impl Migrator {
    /// Refuses to begin from base in a database that is not empty, unless the option says to continue.
    ///
    /// Several sets of migrations may share a database, each with a history of its own (a library's beside an app's). If there
    /// is such a history, existing tables may be that set's. Another tool's history may be the other set's only for a set
    /// that has chosen a history table of its own: the app itself must take over what its earlier tool has applied.
    ///
    /// `rows` are those of [`existing_sql`](Self::existing_sql) if it was asked for already.
    pub(super) async fn check_existing(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        snapshot: &HistorySnapshot,
        rows: Option<Vec<Row>>,
    ) -> Result<(), Interruption> {
        if self.options.allow_existing || !snapshot.records.is_empty() {
            return Ok(());
        }
        let rows = match rows {
            Some(rows) => rows,
            None => {
                let rows = session.run(&self.existing_sql(dialect)).await;
                rows.map_err(|failure| Interruption::of(failure, "looking for existing tables"))?
            }
        };
        if !snapshot.is_unused() {
            let made = self.made_before(&rows, dialect.syntax());
            return match made.is_empty() {
                true => Ok(()),
                false => Err(emptied(&self.options.table, snapshot.epoch, &made).into()),
            };
        }
        match self.refusal(&rows, dialect.syntax(), snapshot.exists) {
            Some(refusal) => Err(Error::ExistingTables(Box::new(refusal)).into()),
            None => Ok(()),
        }
    }

    /// Asks for the tables and views that a run from base would meet.
    pub(super) fn existing_sql(&self, dialect: &'static dyn Dialect) -> String {
        let schema = self.options.schema.as_deref().map(|schema| dialect.literal(schema));
        let schema = schema.unwrap_or_else(|| "NULL".to_owned());
        fill(dialect.adopt_queries().tables, &[("schema", &schema)])
    }

    /// The tables and views that exist though the migrations, were they run from base, would create them.
    fn made_before(&self, rows: &[Row], syntax: &Syntax) -> Vec<String> {
        let first = |name: &str| {
            self.graph
                .iter()
                .find_map(|migration| named(migration.up_script().text(), name, syntax).next())
        };
        rows.iter()
            .filter_map(Relation::read)
            .filter(|relation| first(relation.name) == Some(Done::Creates))
            .map(|relation| relation.path())
            .collect()
    }

    fn refusal(&self, rows: &[Row], syntax: &Syntax, has_history: bool) -> Option<ExistingTables> {
        let ours = [self.options.table.clone(), format!("{}_lock", self.options.table)];
        let relations = || rows.iter().filter_map(Relation::read);
        if !has_history && relations().any(|relation| relation.name == ours[0]) {
            // Another runner, which no lock keeps out, has begun since the history was looked for.
            return None;
        }
        let (histories, others): (Vec<_>, Vec<_>) = relations()
            .filter(|relation| !ours.iter().any(|name| name == relation.name))
            .partition(|relation| relation.is_history() || relation.is_lock());
        let beside_another_set = histories.iter().any(Relation::is_history);
        if let Some((relation, (tool, adopt))) =
            others.iter().find_map(|relation| Some((relation, relation.tool()?)))
            && !(beside_another_set && self.options.table != HISTORY_TABLE)
        {
            return Some(ExistingTables {
                tables: vec![relation.path()],
                tool: Some(tool.to_owned()),
                adopt: adopt.map(|tool| tool.name().to_owned()),
            });
        }
        if beside_another_set {
            return None;
        }
        // What a migration drops it knows of, as a dump does that is loaded over its own database.
        let is_dropped = |relation: &&Relation<'_>| {
            let up = |migration: &Migration| {
                let mut done = named(migration.up_script().text(), relation.name, syntax);
                done.any(|done| done == Done::Drops)
            };
            self.graph.iter().any(up)
        };
        let tables: Vec<String> =
            others.iter().filter(|of| !is_dropped(of)).map(Relation::path).collect();
        (!tables.is_empty()).then_some(ExistingTables { tables, tool: None, adopt: None })
    }
}

/// The history has no rows, though it was written, and the schema has what the migrations create.
fn emptied(table: &str, epoch: i64, made: &[String]) -> Error {
    Error::History {
        table: table.to_owned(),
        problem: format!(
            "has no rows, though {table}_lock beside it says that it was written (its epoch is {epoch}), and {} exist that these \
             migrations create: it seems to have been emptied by hand or by a restore, and all migrations would be run again; \
             nothing was run",
            some_of(made, ", ")
        ),
        advice: Advice::new(format!(
            "restore the rows of {table} from a backup; or record what the schema has with "
        ))
        .verb("stamp", "stamp REVISION")
        .text("; or, if all of it is to run again over these tables, allow existing tables with ")
        .option("allow_existing", "--allow-existing"),
        source: None,
    }
}

/// What a statement does with a table or view of some name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// Not where the statement says itself what is to become of the one that exists.
    Creates,
    Drops,
}

/// What the statements of a script do with the table or view of this name. A comment that says so does nothing.
fn named<'t>(
    script: &'t str,
    name: &'t str,
    syntax: &'t Syntax,
) -> impl Iterator<Item = Done> + 't {
    let items = split(script, syntax).unwrap_or_default();
    items.into_iter().filter_map(move |item| {
        let Item::Statement(statement) = item else { return None };
        done(executed(statement.text), name, syntax)
    })
}

fn done(text: &str, name: &str, syntax: &Syntax) -> Option<Done> {
    let mut tokens = tokens(text, syntax).filter(|token| token.kind != TokenKind::Comment);
    let is_name = |token: &Token<'_>| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
            && name_value(token).eq_ignore_ascii_case(name)
    };
    let is_kind = |token: &Token<'_>| token.is_word("TABLE") || token.is_word("VIEW");
    let verb = tokens.next()?;
    if verb.is_word("DROP") {
        return (is_kind(&tokens.next()?) && tokens.any(|token| is_name(&token)))
            .then_some(Done::Drops);
    }
    if !verb.is_word("CREATE") || !is_kind(&tokens.find(|token| !token.is_word("UNLOGGED"))?) {
        return None;
    }
    // `IF NOT EXISTS`, then the name, perhaps behind that of a schema.
    let mut rest = tokens
        .skip_while(|token| token.is_any_word(&["IF", "NOT", "EXISTS"]))
        .map(|token| (is_name(&token), token.text == "."));
    let (mut is_named, _) = rest.next()?;
    while let Some((_, true)) = rest.next() {
        is_named = rest.next()?.0;
    }
    is_named.then_some(Done::Creates)
}

/// What a statement in an executable comment says: dumps have views in them.
fn executed(statement: &str) -> &str {
    let inside = statement.strip_prefix("/*!").or_else(|| statement.strip_prefix("/*M!"));
    let inside = inside.and_then(|inside| inside.trim_end().strip_suffix("*/"));
    inside.map_or(statement, |inside| inside.trim_start_matches(|c: char| c.is_ascii_digit()))
}
