//! What drawing has found: seeds that failed once.

use super::{draw, run};

#[tokio::test]
async fn seeds_that_failed_once() {
    for seed in SEEDS {
        let (from, to) = draw(*seed);
        run(&from, &to)
            .await
            .unwrap_or_else(|problem| panic!("AMBIX_DRAFT_SEED={seed}: {problem}"));
    }
}

const SEEDS: &[u64] = &[];
