//! What PostgreSQL can have in a schema.

use super::{Postgres, inspect, render};
use crate::{
    database::{
        Alteration, Drafting, Rendition, Row, Scope,
        drafting::{Dependent, Facts},
    },
    error::Result,
    schema::{Column, Schema},
};

static FACTS: Facts = Facts {
    enum_types: true,
    schemas: true,
    sequences: true,
    adds_foreign_keys: true,
    names_primary_keys: true,
    name_limit: 63,
    lifted_by_type: &[],
    lifted_by_rename: &[],
    foreign_keys_need_indexes: false,
    foreign_tables: &[],
};

impl Drafting for Postgres {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn inspect(&self, scope: &Scope) -> String {
        inspect::queries(self, scope)
    }

    fn around_inspect(&self, _scope: &Scope) -> (String, String) {
        (String::new(), String::new())
    }

    fn read(&self, rows: &[Row], scope: &Scope) -> Result<Schema> {
        inspect::read(rows, scope)
    }

    fn alters(&self, _from: &Column, _to: &Column) -> bool {
        true
    }

    fn render(&self, work: &Alteration<'_>) -> Result<Rendition> {
        render::render(self, work)
    }

    fn enter_scratch(&self, _name: &str, _schemas: &[(String, String)]) -> Vec<String> {
        Vec::new()
    }

    fn leave_scratch(&self, _name: &str) -> Vec<String> {
        Vec::new()
    }
}
