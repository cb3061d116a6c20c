//! The queries that find the rows which do not meet a demand.

use super::{
    context::TableFacts,
    demands::{RowDemand, RowSource},
};
use crate::{
    database::{
        Dialect, PreflightQueries,
        preflight::{KeyColumns, Misfit},
    },
    lint::{SqlName, TypeName, partition_by},
};

/// The questions for one demand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RowQuestion {
    /// Brings a row with the number that was found.
    pub(super) count: String,
    /// Brings rows with what the examples are called by.
    pub(super) examples: String,
    /// What the values of an example are called.
    pub(super) labels: Vec<String>,
    /// What was found, behind its number: in the singular and in the plural.
    pub(super) words: [String; 2],
    /// What it says if the server fails on a value.
    pub(super) failing: String,
    /// Such rows do not make the statement fail, but lose something.
    pub(super) is_loss: bool,
}

/// What was found of rows, in the singular and in the plural; each with the form of its verb.
pub(super) fn found_rows(verbs: [&str; 2], say: impl Fn(&str, &str) -> String) -> [String; 2] {
    let [one, many] = verbs;
    [say("row", one), say("rows", many)]
}

/// Writes the questions.
pub(super) struct QuestionWriter<'q> {
    pub(super) dialect: &'static dyn Dialect,
    pub(super) queries: &'static dyn PreflightQueries,
    pub(super) table: &'q SqlName,
    pub(super) source: &'q RowSource,
    /// What the database says of the table; none for one that the run makes.
    pub(super) facts: Option<&'q TableFacts>,
    /// The rows of tables that inherit from this one do not count.
    pub(super) is_only: bool,
}

impl QuestionWriter<'_> {
    /// The questions; none if every row meets the demand, or why nothing can be asked.
    pub(super) fn questions(
        &self,
        demand: &RowDemand,
        referenced: Option<&TableFacts>,
    ) -> Result<Option<RowQuestion>, String> {
        let table = &self.table.text;
        match demand {
            RowDemand::Unreadable(why) => Err(why.clone()),
            // What they demand is known when the key of the partitions is: see `partitions`.
            RowDemand::InPartition { .. }
            | RowDemand::NotInDefault(_)
            | RowDemand::NoOverlap(_) => Ok(None),
            RowDemand::Computes { what, .. } if !self.queries.fails_on_values() => Err(format!(
                "only the statement itself tells whether the server can compute {what} for each row of {table}"
            )),
            RowDemand::Computes { expression, what } => {
                Ok(Some(self.trial(&format!("({expression})"), what)))
            }
            RowDemand::NoRows(_)
            | RowDemand::ConstantDefault(_)
            | RowDemand::StoredColumn(_)
            | RowDemand::GivesValue { .. } => Ok(self.new_column(demand)),
            RowDemand::Runs(kept) => Ok(self.run(&kept.query)),
            RowDemand::IndexRow(columns) => self.too_long(columns),
            RowDemand::SomePartition(written) => self.without_partition(written),
            RowDemand::Strict { column, ty } => {
                let written = self.column(column)?;
                let words = self.misfit_words(column, ty);
                let condition = self.queries.strict_misfit(&written, ty);
                Ok(condition.map(|condition| self.rows(&condition, words)))
            }
            RowDemand::NotNull(column) => {
                let words = found_rows(["has", "have"], |rows, has| {
                    format!("{rows} of {table} {has} NULL in {column}")
                });
                let column = self.column(column)?;
                Ok(Some(self.rows(&format!("{column} IS NULL"), words)))
            }
            RowDemand::Check(expression) => {
                let words = found_rows(["violates", "violate"], |rows, verb| {
                    format!("{rows} of {table} {verb} CHECK ({expression})")
                });
                Ok(Some(self.rows(&format!("NOT ({expression})"), words)))
            }
            RowDemand::Fits { column, ty, charset, using } => {
                self.misfits(column, (ty, charset.as_deref()), using.as_deref())
            }
            RowDemand::Unique { columns, predicate, nulls_are_equal, is_primary: _ } => {
                self.duplicates(columns, predicate.as_deref(), *nulls_are_equal).map(Some)
            }
            RowDemand::Reference { columns, to, referenced: named } => {
                let none = || format!("the run creates the table {to}, which has no rows yet");
                let facts = referenced.ok_or_else(none)?;
                let named = if named.is_empty() { &facts.primary_key } else { named };
                self.orphans(columns, to, facts, named).map(Some)
            }
        }
    }

    /// What existing rows prevent a new column from being.
    fn new_column(&self, demand: &RowDemand) -> Option<RowQuestion> {
        let table = &self.table.text;
        match demand {
            RowDemand::ConstantDefault(_) if !self.queries.needs_constant_default() => None,
            RowDemand::ConstantDefault(column) => {
                let words = ["row", "rows"].map(|rows| {
                    format!("{rows} of {table}: {column} can be added with a default that is computed only while there is none")
                });
                Some(self.rows("", words))
            }
            RowDemand::NoRows(_) => {
                let words = ["row", "rows"].map(|rows| format!("{rows} of {table}"));
                Some(self.rows("", words))
            }
            RowDemand::StoredColumn(_) if self.queries.adds_stored_columns() => None,
            RowDemand::StoredColumn(column) => {
                let words = ["row", "rows"].map(|rows| {
                    format!("{rows} of {table}: {column}, a STORED column, can be added only while there is none")
                });
                Some(self.rows("", words))
            }
            RowDemand::GivesValue { is_stored: false, .. }
                if !self.queries.checks_virtual_columns() =>
            {
                None
            }
            RowDemand::GivesValue { expression, column, .. } => {
                let words = found_rows(["gives", "give"], |rows, gives| {
                    format!(
                        "{rows} of {table} {gives} NULL for the new column {column}, which is NOT NULL"
                    )
                });
                Some(self.rows(&format!("({expression}) IS NULL"), words))
            }
            _ => None,
        }
    }

    /// A column as the database calls it, quoted.
    fn column(&self, name: &str) -> Result<String, String> {
        match (self.source, self.facts) {
            (RowSource::Query { columns, .. }, _) => {
                let found = columns.iter().find(|column| column.eq_ignore_ascii_case(name));
                let found = found.ok_or_else(|| format!("{name} gets its default"))?;
                Ok(self.dialect.quote(found))
            }
            (RowSource::Table, Some(facts)) => match facts.column(name) {
                Some(column) => Ok(self.dialect.quote(&column.name)),
                None => Err(format!("{} has no column {name} now", self.table)),
            },
            (RowSource::Table, None) => Err(format!("there is no table {} now", self.table)),
        }
    }

    /// The text before a query, and the one after its FROM.
    fn from(&self) -> (String, String) {
        match self.source {
            RowSource::Table if self.is_only => {
                (String::new(), format!("{}{}", self.queries.only(), self.table.text))
            }
            RowSource::Table => (String::new(), self.table.text.clone()),
            RowSource::Query { query, columns } => {
                let columns: Vec<String> =
                    columns.iter().map(|column| self.dialect.quote(column)).collect();
                let name = self.dialect.quote("ambix_rows");
                (format!("WITH {name} ({}) AS ({query}) ", columns.join(", ")), name)
            }
        }
    }

    /// By what the rows of an example are known: the primary key, or else the first column.
    fn keys(&self) -> Vec<String> {
        match (self.source, self.facts) {
            (RowSource::Query { columns, .. }, _) => columns.iter().take(1).cloned().collect(),
            (RowSource::Table, Some(facts)) if facts.primary_key.is_empty() => {
                facts.columns.iter().take(1).map(|column| column.name.clone()).collect()
            }
            (RowSource::Table, Some(facts)) => facts.primary_key.clone(),
            (RowSource::Table, None) => Vec::new(),
        }
    }

    /// Expressions as texts, behind what is already selected.
    fn texts(&self, expressions: &[String]) -> String {
        expressions.iter().map(|one| format!(", {}", self.queries.as_text(one))).collect()
    }

    /// The rows for which a condition is true.
    pub(super) fn rows(&self, condition: &str, words: [String; 2]) -> RowQuestion {
        let (with, from) = self.from();
        let condition =
            if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        let labels = self.keys();
        let quoted: Vec<String> = labels.iter().map(|column| self.dialect.quote(column)).collect();
        let values = self.texts(&quoted);
        let count = self.queries.words().count;
        RowQuestion {
            count: format!(
                "{with}SELECT 'count' AS ambix, {count} AS found FROM {from}{condition}"
            ),
            examples: format!(
                "{with}SELECT 'example' AS ambix{values} FROM {from}{condition} LIMIT 3"
            ),
            labels,
            words,
            ..RowQuestion::default()
        }
    }

    /// Whether the server can compute something for all rows.
    fn trial(&self, expression: &str, what: &str) -> RowQuestion {
        let table = &self.table.text;
        let mut question = self.rows("", [String::new(), String::new()]);
        // What is counted is computed.
        let (with, from) = self.from();
        let count = self.queries.words().count.replacen('*', expression, 1);
        question.count = format!("{with}SELECT 'count' AS ambix, {count} AS found FROM {from}");
        question.failing = format!("the server cannot compute {what} for each row of {table}");
        question
    }

    /// Whether the server can compute the rows of a query.
    fn run(&self, query: &str) -> Option<RowQuestion> {
        let table = &self.table.text;
        self.queries.count_computed(query).map(|count| RowQuestion {
            count,
            failing: format!("the server cannot compute the rows of {table}"),
            ..RowQuestion::default()
        })
    }

    fn without_partition(&self, written: &str) -> Result<Option<RowQuestion>, String> {
        let table = &self.table.text;
        let by = partition_by(written, self.dialect.syntax());
        match by.map_or(Misfit::Unknown(String::new()), |by| self.queries.in_no_partition(&by)) {
            Misfit::Nothing => Ok(None),
            Misfit::Where(condition) => {
                let words = found_rows(["belongs", "belong"], |rows, belongs| {
                    format!("{rows} of {table} {belongs} to none of the new partitions")
                });
                Ok(Some(self.rows(&condition, words)))
            }
            Misfit::Try(_) | Misfit::Unknown(_) => Err(format!(
                "no query of ambix finds the rows of {table} for which the server refuses {written}"
            )),
        }
    }

    fn too_long(&self, columns: &[String]) -> Result<Option<RowQuestion>, String> {
        if self.queries.too_long_for_index(columns).is_none() {
            return Ok(None);
        }
        let own: Vec<String> =
            columns.iter().map(|column| self.column(column)).collect::<Result<_, _>>()?;
        let condition = self.queries.too_long_for_index(&own);
        let (table, what) = (&self.table.text, columns.join(", "));
        let words = found_rows(["has", "have"], |rows, has| {
            format!("{rows} of {table} {has} more in {what} than an index can hold of a row")
        });
        Ok(condition.map(|condition| self.rows(&condition, words)))
    }

    fn misfit_words(&self, column: &str, ty: &str) -> [String; 2] {
        let table = &self.table.text;
        found_rows(["has", "have"], |rows, has| {
            format!("{rows} of {table} {has} a value in {column} that does not fit {ty}")
        })
    }

    fn cut_words(&self, column: &str, ty: &str) -> [String; 2] {
        let table = &self.table.text;
        found_rows(["has", "have"], |rows, has| {
            format!(
                "{rows} of {table} {has} a value in {column} that the cast to {ty} cuts off without an error"
            )
        })
    }

    fn misfits(
        &self,
        column: &str,
        (ty, charset): (&TypeName, Option<&str>),
        using: Option<&str>,
    ) -> Result<Option<RowQuestion>, String> {
        let written = self.column(column)?;
        let from = self.facts.and_then(|facts| facts.column(column));
        let from = from.map(|column| column.ty.clone()).unwrap_or_default();
        if let Some(using) = using {
            // A cast to the type is what the server does anyway.
            let plain: String = using.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
            let cast = |text: &str| plain.eq_ignore_ascii_case(text);
            let target: String = ty.text.chars().filter(|c| !c.is_whitespace()).collect();
            if !cast(&format!("{column}::{target}")) && !cast(&format!("CAST({column}AS{target})"))
            {
                return Err(format!("the new values of {column} are those of {using}"));
            }
        }
        let misfit = self.queries.misfit(&written, &from, (&ty.base, &ty.arguments));
        let charset = charset.and_then(|to| self.queries.misfit_charset(&written, to));
        let misfit = match (misfit, charset) {
            (Misfit::Nothing, Some(charset)) => Misfit::Where(charset),
            (Misfit::Where(size), Some(charset)) => Misfit::Where(format!("({size} OR {charset})")),
            (misfit, _) => misfit,
        };
        match misfit {
            Misfit::Nothing => Ok(None),
            Misfit::Unknown(why) => Err(why),
            Misfit::Try(cast) => {
                let what = format!("{column} as {}", ty.text);
                Ok(Some(self.trial(&cast, &what)))
            }
            Misfit::Where(condition) => {
                let is_loss =
                    using.is_some() && self.queries.is_cut_in_cast((&ty.base, &ty.arguments));
                let words = match is_loss {
                    true => self.cut_words(column, &ty.text),
                    false => self.misfit_words(column, &ty.text),
                };
                let mut question = RowQuestion { is_loss, ..self.rows(&condition, words) };
                // The value says more than the key alone.
                let value = format!(", {} FROM", self.queries.as_text(&written));
                question.examples = question.examples.replacen(" FROM", &value, 1);
                question.labels.push(column.to_owned());
                Ok(Some(question))
            }
        }
    }

    fn duplicates(
        &self,
        columns: &[String],
        predicate: Option<&str>,
        nulls_are_equal: bool,
    ) -> Result<RowQuestion, String> {
        let (with, from) = self.from();
        let is_name = |text: &str| !text.contains(['(', ' ', '\'']);
        let unquoted = |text: &str| text.trim_matches(['"', '`', '[', ']']).to_owned();
        let mut written = Vec::new();
        for column in columns {
            let text =
                if is_name(column) { self.column(&unquoted(column))? } else { column.clone() };
            written.push(text);
        }
        let mut conditions: Vec<String> = match nulls_are_equal {
            true => Vec::new(),
            false => written.iter().map(|column| format!("{column} IS NOT NULL")).collect(),
        };
        conditions.extend(predicate.map(|predicate| format!("({predicate})")));
        let condition = match conditions.as_slice() {
            [] => String::new(),
            all => format!(" WHERE {}", all.join(" AND ")),
        };
        let words = self.queries.words();
        let group = written.join(", ");
        let groups = format!("FROM {from}{condition} GROUP BY {group} HAVING {}", words.is_several);
        let values = self.texts(&written);
        let what = columns.join(", ");
        let table = &self.table.text;
        Ok(RowQuestion {
            count: format!(
                "{with}SELECT 'count' AS ambix, {count} AS found FROM (SELECT {count} AS n {groups}) o",
                count = words.count,
            ),
            examples: format!("{with}SELECT 'example' AS ambix{values} {groups} LIMIT 3"),
            labels: columns.to_vec(),
            words: [
                format!("value of {what} is in more than one row of {table}"),
                format!("values of {what} are in more than one row of {table}"),
            ],
            ..RowQuestion::default()
        })
    }

    fn orphans(
        &self,
        columns: &[String],
        to: &SqlName,
        other: &TableFacts,
        referenced: &[String],
    ) -> Result<RowQuestion, String> {
        let (with, from) = self.from();
        let own: Vec<String> =
            columns.iter().map(|column| self.column(column)).collect::<Result<_, _>>()?;
        let found = |name: &String| match other.column(name) {
            Some(column) => Ok(self.dialect.quote(&column.name)),
            None => Err(format!("{to} has no column {name} now")),
        };
        let theirs: Vec<String> = referenced.iter().map(found).collect::<Result<_, _>>()?;
        if own.is_empty() || own.len() != theirs.len() {
            return Err(format!("nothing says to which columns of {to} the key refers"));
        }
        let only = if other.is_parent { self.queries.only() } else { "" };
        let to_rows = format!("{only}{}", to.text);
        let key = KeyColumns { from: &from, columns: &own, to: &to_rows, referenced: &theirs };
        let orphans = self.queries.orphans(&key);
        let words = self.queries.words();
        let values = self.texts(&own);
        let (what, table) = (columns.join(", "), &self.table.text);
        Ok(RowQuestion {
            count: format!(
                "{with}SELECT 'count' AS ambix, {} AS found FROM {orphans}",
                words.count
            ),
            examples: format!("{with}SELECT 'example' AS ambix{values} FROM {orphans} LIMIT 3"),
            labels: columns.to_vec(),
            words: [
                format!("value of {what} in {table} is in no row of {to}"),
                format!("values of {what} in {table} are in no row of {to}"),
            ],
            ..RowQuestion::default()
        })
    }
}
