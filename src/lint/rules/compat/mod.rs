//! What breaks a program that is running.

use crate::lint::rule::Rule;

mod default_dropped;
mod drop_column;
mod drop_object;
mod drop_schema;
mod drop_table;
mod identity_always;
mod not_null_dropped;
mod privilege_revoked;
mod rename_column;
mod rename_enum_value;
mod rename_object;
mod rename_schema;
mod rename_table;
mod required_column;
mod row_security_enabled;

/// The rules of this family, in the order of their codes.
pub(super) static RULES: &[&Rule] = &[
    &rename_table::RULE,
    &rename_column::RULE,
    &rename_schema::RULE,
    &rename_enum_value::RULE,
    &drop_column::RULE,
    &drop_table::RULE,
    &drop_schema::RULE,
    &required_column::RULE,
    &not_null_dropped::RULE,
    &default_dropped::RULE,
    &rename_object::RULE,
    &drop_object::RULE,
    &row_security_enabled::RULE,
    &identity_always::RULE,
    &privilege_revoked::RULE,
];
