//! What MySQL and MariaDB can have in a schema.

use super::{MySql, inspect, render, types};
use crate::{
    database::{
        Alteration, Dialect, Drafting, Rendition, Row, Scope,
        drafting::{Dependent, Facts},
    },
    error::Result,
    schema::{Column, Schema},
};

static FACTS: Facts = Facts {
    enum_types: false,
    schemas: false,
    sequences: false,
    adds_foreign_keys: true,
    names_primary_keys: false,
    name_limit: 64,
    lifted_by_type: &[Dependent::ForeignKey],
    // One of the servers renames columns in them by itself, the other refuses.
    lifted_by_rename: &[Dependent::Check],
    foreign_keys_need_indexes: true,
    foreign_tables: &[
        "_sqlx_migrations",
        "__diesel_schema_migrations",
        "refinery_schema_history",
        "alembic_version",
        "flyway_schema_history",
        "goose_db_version",
        "schema_migrations",
        "ar_internal_metadata",
        "seaql_migrations",
        "_prisma_migrations",
        "atlas_schema_revisions",
        "DATABASECHANGELOG",
        "DATABASECHANGELOGLOCK",
    ],
};

/// What the names of scratch databases begin with, as whoever makes them up does.
const SCRATCH: &str = "ambix_scratch_";

impl Drafting for MySql {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn inspect(&self, scope: &Scope) -> String {
        inspect::queries(self, scope)
    }

    fn around_inspect(&self, _scope: &Scope) -> (String, String) {
        // The catalogue is in no transaction.
        (String::new(), String::new())
    }

    fn read(&self, rows: &[Row], scope: &Scope) -> Result<Schema> {
        inspect::read(rows, scope)
    }

    fn alters(&self, from: &Column, to: &Column) -> bool {
        // A computed column becomes another only by being computed anew.
        let is_computed = from.generated.is_some() || to.generated.is_some();
        !is_computed || from.generated == to.generated && from.ty == to.ty
    }

    fn loses(&self, from: &Column, to: &Column) -> Option<&'static str> {
        loses(from.ty.text(), to.ty.text())
    }

    fn render(&self, work: &Alteration<'_>) -> Result<Rendition> {
        render::render(self, work)
    }

    fn enter_scratch(&self, name: &str, _schemas: &[(String, String)]) -> Vec<String> {
        let (lock, place) = (self.literal(name), self.quote(name));
        // Locked before it is there: what is there and not locked was left.
        vec![
            format!("DO GET_LOCK({lock}, 0)"),
            format!(
                "SET @ambix_scratch = CONCAT('CREATE DATABASE {place} COLLATE ', @@collation_database); \
                 PREPARE ambix_scratch FROM @ambix_scratch; EXECUTE ambix_scratch; DEALLOCATE PREPARE ambix_scratch"
            ),
            format!("USE {place}"),
        ]
    }

    fn leave_scratch(&self, name: &str) -> Vec<String> {
        vec![
            format!("DROP DATABASE IF EXISTS {}", self.quote(name)),
            format!("DO RELEASE_LOCK({})", self.literal(name)),
        ]
    }

    fn stale_scratches(&self) -> Option<String> {
        let length = SCRATCH.len();
        Some(format!(
            "SELECT 'scratch' AS ambix, schema_name, '0' FROM information_schema.schemata \
             WHERE LEFT(schema_name, {length}) = '{SCRATCH}' AND IS_FREE_LOCK(schema_name) = 1"
        ))
    }
}

/// What the servers leave out of values without an error.
fn loses(from: &str, to: &str) -> Option<&'static str> {
    let has_time = |ty: &str| ["datetime", "timestamp"].contains(&types::base(ty).as_str());
    let digits = |ty: &str| types::sizes(ty).first().copied().unwrap_or(0);
    let is_real = |ty: &str| ["float", "double", "real"].contains(&types::base(ty).as_str());
    let scale = |ty: &str| match types::base(ty).as_str() {
        "decimal" | "numeric" => types::sizes(ty).get(1).copied().unwrap_or(0),
        _ if is_real(ty) => u32::MAX,
        _ => 0,
    };
    match (from, to) {
        (from, to) if has_time(from) && types::base(to) == "date" => {
            Some("the time of day is lost")
        }
        (from, to) if has_time(from) && types::base(to) == "time" => Some("the day is lost"),
        (from, to) if has_time(from) && has_time(to) && digits(from) > digits(to) => {
            Some("fractions of a second are lost")
        }
        (from, to) if types::is_number(from) && types::is_number(to) && scale(from) > scale(to) => {
            Some("digits behind the point are lost")
        }
        (from, to) if types::base(from) == "double" && types::base(to) == "float" => {
            Some("digits are lost")
        }
        _ => None,
    }
}
