//! What existing rows may not fit, and what loses some.

use crate::lint::rule::Rule;

mod all_rows;
mod alter_ignore;
mod constraint_dropped;
mod drop_cascade;
mod engine_without_transactions;
mod enum_reordered;
mod identity_from_one;
mod modify_forgets;
mod narrowed_type;
mod null_in_rows;
mod rebuild_cascades;
mod reference_ignored;
mod rows_discarded;
mod triggers_disabled;
mod truncate;
mod unique_on_rows;

/// The rules of this family, in the order of their codes.
pub(super) static RULES: &[&Rule] = &[
    &narrowed_type::RULE,
    &unique_on_rows::RULE,
    &null_in_rows::RULE,
    &truncate::RULE,
    &all_rows::RULE,
    &drop_cascade::RULE,
    &constraint_dropped::RULE,
    &modify_forgets::RULE,
    &enum_reordered::RULE,
    &reference_ignored::RULE,
    &rebuild_cascades::RULE,
    &rows_discarded::RULE,
    &triggers_disabled::RULE,
    &alter_ignore::RULE,
    &engine_without_transactions::RULE,
    &identity_from_one::RULE,
];
