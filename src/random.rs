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
    share_of(full, random())
}

fn share_of(full: Duration, random: u64) -> Duration {
    let share = u32::try_from(random % 1000).unwrap_or_default();
    full / 2 + full / 2 * share / 1000
}

/// How long to wait between tries: each pause is longer than the one before, up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pauses {
    first: Duration,
    /// What follows a pause, in percent of it.
    growth: u32,
    most: Duration,
}

impl Pauses {
    /// For the lock, which others hold for as long as they work.
    pub(crate) const LOCK: Self = Self::new(20, 150, 1000);
    /// For a server that has no connection to spare, or is starting.
    pub(crate) const CONNECTION: Self = Self::new(100, 150, 1000);
    /// For a schema that others make.
    pub(crate) const SCHEMA: Self = Self::new(50, 150, 1000);
    /// For another try at what has failed and may not fail again.
    pub(crate) const RETRY: Self = Self::new(100, 200, 3200);

    const fn new(first_ms: u64, growth: u32, most_ms: u64) -> Self {
        let (first, most) = (Duration::from_millis(first_ms), Duration::from_millis(most_ms));
        Self { first, growth, most }
    }

    /// The pause after try `attempt`, from 1, at its longest.
    pub(crate) fn full(self, attempt: u32) -> Duration {
        let mut pause = self.first;
        for _ in 1..attempt {
            if pause >= self.most {
                break;
            }
            pause = (pause * self.growth / 100).min(self.most);
        }
        pause
    }

    /// The pause after try `attempt`, a little random, so that two who met once do not meet again.
    pub(crate) fn after(self, attempt: u32) -> Duration {
        jitter(self.full(attempt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_their_limit() {
        let millis = |pauses: Pauses| -> Vec<u128> {
            [1, 2, 3, 7, 20, u32::MAX].map(|attempt| pauses.full(attempt).as_millis()).to_vec()
        };
        assert_eq!(millis(Pauses::LOCK), [20, 30, 45, 227, 1000, 1000]);
        assert_eq!(millis(Pauses::CONNECTION), [100, 150, 225, 1000, 1000, 1000]);
        assert_eq!(millis(Pauses::RETRY), [100, 200, 400, 3200, 3200, 3200]);
        for pauses in [Pauses::LOCK, Pauses::CONNECTION, Pauses::SCHEMA, Pauses::RETRY] {
            for attempt in 0..40 {
                assert!(pauses.full(attempt) <= pauses.full(attempt + 1), "{pauses:?}");
            }
        }
    }

    #[test]
    fn a_share_is_between_the_half_and_the_whole() {
        let full = Duration::from_millis(640);
        for seed in (0..5000).chain([u64::MAX, u64::MAX / 2]) {
            let share = share_of(full, seed);
            assert!((full / 2..full).contains(&share), "{seed}: {share:?}");
        }
        assert_ne!(share_of(full, 1), share_of(full, 2));
        assert_eq!(share_of(full, 7), share_of(full, 1007), "the same seed, the same pause");
    }
}
