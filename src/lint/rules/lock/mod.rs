//! What locks a table for longer than a moment.

use crate::lint::rule::Rule;

mod attach_partition_scans;
mod check_copies_table;
mod check_scans;
mod collation_rebuilds_index;
mod concurrently_in_transaction;
mod detach_partition_blocks;
mod domain_scans;
mod drop_index_blocks;
mod exchange_partition_scans;
mod exclude_builds_index;
mod foreign_key_scans;
mod index_blocks_writes;
mod key_copies_table;
mod lock_table;
mod many_tables_locked;
mod not_null_scans;
mod offline_ddl;
mod refresh_blocks_reads;
mod reindex_blocks;
mod repeated_alter;
mod rows_under_lock;
pub(super) mod seen_scan;
mod special_index_blocks_writes;
mod unique_builds_index;
mod validate_at_once;

/// The rules of this family, in the order of their codes.
pub(super) static RULES: &[&Rule] = &[
    &index_blocks_writes::RULE,
    &drop_index_blocks::RULE,
    &concurrently_in_transaction::RULE,
    &foreign_key_scans::RULE,
    &check_scans::RULE,
    &validate_at_once::RULE,
    &unique_builds_index::RULE,
    &exclude_builds_index::RULE,
    &not_null_scans::RULE,
    &reindex_blocks::RULE,
    &detach_partition_blocks::RULE,
    &refresh_blocks_reads::RULE,
    &rows_under_lock::RULE,
    &many_tables_locked::RULE,
    &lock_table::RULE,
    &offline_ddl::RULE,
    &key_copies_table::RULE,
    &check_copies_table::RULE,
    &special_index_blocks_writes::RULE,
    &repeated_alter::RULE,
    &seen_scan::RULE,
    &attach_partition_scans::RULE,
    &domain_scans::RULE,
    &collation_rebuilds_index::RULE,
    &exchange_partition_scans::RULE,
];
