//! What makes migrations and schemas harder to live with.

use crate::lint::rule::Rule;

mod assigned_twice;
mod enum_value_used_at_once;
mod hides_invalid_index;
mod if_not_exists;
mod json_without_equality;
mod name_too_long;
mod no_primary_key;
mod old_charset;
mod padded_text;
mod refused_by_sqlite;
mod serial;
mod several_changes;
mod short_key;
mod time_without_zone;
mod unnamed_constraint;
mod vague_name;

/// The rules of this family, in the order of their codes.
pub(super) static RULES: &[&Rule] = &[
    &vague_name::RULE,
    &several_changes::RULE,
    &name_too_long::RULE,
    &hides_invalid_index::RULE,
    &if_not_exists::RULE,
    &unnamed_constraint::RULE,
    &no_primary_key::RULE,
    &short_key::RULE,
    &serial::RULE,
    &time_without_zone::RULE,
    &padded_text::RULE,
    &json_without_equality::RULE,
    &assigned_twice::RULE,
    &old_charset::RULE,
    &enum_value_used_at_once::RULE,
    &refused_by_sqlite::RULE,
];
