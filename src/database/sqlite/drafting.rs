//! What SQLite can have in a schema.

use super::{Sqlite, inspect, objects, render, types, values};
#[cfg(feature = "cli")]
use crate::database::drafting::RustType;
use crate::{
    change::Change,
    database::{
        ChangeSet, Drafting, RenderedChanges, Row, Scope,
        drafting::{DraftingCapabilities, Effect, Fold, Folding},
    },
    error::Result,
    schema::{Column, Schema, SchemaObject},
};

static FACTS: DraftingCapabilities = DraftingCapabilities {
    enum_types: false,
    schemas: false,
    sequences: false,
    adds_foreign_keys: false,
    names_primary_keys: false,
    name_limit: 255,
    lifted_by_type: &[],
    lifted_by_rename: &[],
    foreign_keys_need_indexes: false,
    foreign_keys_hold_identity: false,
    extension_tables: &["spatial_ref_sys", "geometry_columns"],
};

impl Drafting for Sqlite {
    fn facts(&self) -> &'static DraftingCapabilities {
        &FACTS
    }

    fn folding(&self, _schema: &Schema) -> Folding {
        Folding { tables: Fold::Ascii, parts: Fold::Ascii }
    }

    fn inspect(&self, scope: &Scope, _existing: &[Row]) -> String {
        inspect::queries(self, scope)
    }

    /// As a literal, which tells `1` from `'1'`.
    #[cfg(any(feature = "cli", feature = "testkit"))]
    fn as_text(&self, column: &Column) -> String {
        format!("quote({})", crate::database::Dialect::quote(self, &column.name))
    }

    fn around_inspect(&self, _scope: &Scope) -> (String, String) {
        ("BEGIN".to_owned(), "COMMIT".to_owned())
    }

    fn read(&self, rows: &[Row], scope: &Scope) -> Result<Schema> {
        inspect::read(rows, scope)
    }

    #[cfg(feature = "cli")]
    fn rust_type(&self, ty: &str) -> Option<RustType> {
        super::types::rust_type(ty)
    }

    fn alters(&self, _from: &Column, _to: &Column) -> bool {
        true
    }

    fn loses(&self, change: &Change, sides: (&Schema, &Schema)) -> Option<&'static str> {
        values::loses(change, sides)
    }

    /// A table that is recreated is under its users again before anybody asks, and one that goes asks nobody.
    fn effect(&self, change: &Change) -> Effect {
        match change {
            Change::DropColumn { .. } => Effect::Fails,
            Change::DropTable(_) => Effect::Breaks,
            _ => Effect::Nothing,
        }
    }

    fn respelled(
        &self,
        object: &SchemaObject,
        renames: &[Change],
        schema: &Schema,
    ) -> Option<SchemaObject> {
        let definition = render::respelled(object, renames, schema)?;
        let compared = Some(objects::compared(&definition));
        Some(SchemaObject { definition, compared, ..object.clone() })
    }

    fn placeholder(&self, column: &Column, _schema: &Schema) -> Option<String> {
        Some(types::placeholder(column.ty.text()).to_owned())
    }

    fn numbers_key(&self, change: &Change) -> bool {
        let Change::AlterOptions { from, to, .. } = change else { return false };
        let is_numbered = |options| render::table::has(options, "autoincrement");
        is_numbered(to) && !is_numbered(from)
    }

    fn online_note(&self) -> Option<&'static str> {
        Some(
            "SQLite has one writer at a time, so that each change holds up other writers for as long as it takes",
        )
    }

    fn render(&self, work: &ChangeSet<'_>) -> Result<RenderedChanges> {
        render::render(self, work)
    }

    fn enter_scratch(&self, _name: &str, _schemas: &[(String, String)]) -> Vec<String> {
        Vec::new()
    }

    fn leave_scratch(&self, _name: &str) -> Vec<String> {
        Vec::new()
    }
}
