//! The one source of randomness in std, the keys of a new hasher: for names that nobody else has, and for waiting.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// A number that nothing else has.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// Between a half and the whole of it, so that those who wait do not all come back at once.
pub(crate) fn jitter(full: Duration) -> Duration {
    let share = u32::try_from(random() % 1000).unwrap_or_default();
    full / 2 + full / 2 * share / 1000
}
