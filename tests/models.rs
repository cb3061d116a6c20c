//! `#[derive(Model)]` and `#[derive(Enum)]` make what the builders make by hand. No database is needed.

mod models {
    mod columns;
    mod enums;
    mod guide;
    mod lints;
    mod rust_types;
    mod sqlx_attributes;
    mod tables;
}
