//! What writes a whole table again.

use crate::lint::rule::Rule;

mod checked_domain;
mod column_redefined;
mod numbered_column;
mod primary_key_change;
mod rewrite_command;
pub(super) mod seen_rewrite;
mod storage_change;
mod stored_generated_column;
pub(super) mod table_rebuilt;
pub(super) mod type_change;
mod volatile_default;

/// The rules of this family, in the order of their codes.
pub(super) static RULES: &[&Rule] = &[
    &volatile_default::RULE,
    &stored_generated_column::RULE,
    &numbered_column::RULE,
    &type_change::RULE,
    &rewrite_command::RULE,
    &storage_change::RULE,
    &column_redefined::RULE,
    &primary_key_change::RULE,
    &seen_rewrite::RULE,
    &table_rebuilt::RULE,
    &checked_domain::RULE,
];
