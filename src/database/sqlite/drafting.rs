//! What SQLite can have in a schema.

use super::{Sqlite, inspect, render};
use crate::{
    database::{Alteration, Drafting, Rendition, Row, Scope, drafting::Facts},
    error::Result,
    schema::{Column, Schema},
};

static FACTS: Facts = Facts {
    enum_types: false,
    schemas: false,
    sequences: false,
    adds_foreign_keys: false,
    names_primary_keys: false,
    name_limit: 255,
    lifted_by_type: &[],
    lifted_by_rename: &[],
    foreign_keys_need_indexes: false,
    foreign_tables: &[
        "_sqlx_migrations",
        "alembic_version",
        "__diesel_schema_migrations",
        "refinery_schema_history",
        "seaql_migrations",
        "flyway_schema_history",
        "schema_migrations",
        "goose_db_version",
    ],
};

impl Drafting for Sqlite {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn inspect(&self, scope: &Scope) -> String {
        inspect::queries(self, scope)
    }

    fn around_inspect(&self, _scope: &Scope) -> (String, String) {
        ("BEGIN".to_owned(), "COMMIT".to_owned())
    }

    fn read(&self, rows: &[Row], scope: &Scope) -> Result<Schema> {
        inspect::read(rows, scope)
    }

    /// A table that is made anew can have everything.
    fn alters(&self, _from: &Column, _to: &Column) -> bool {
        true
    }

    fn render(&self, work: &Alteration<'_>) -> Result<Rendition> {
        render::render(self, work)
    }

    /// The driver has places of its own, in memory.
    fn enter_scratch(&self, _name: &str, _schemas: &[(String, String)]) -> Vec<String> {
        Vec::new()
    }

    fn leave_scratch(&self, _name: &str) -> Vec<String> {
        Vec::new()
    }
}
