//! What `#[ambix::test]` writes a call of.

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    task::Poll,
};

use super::{TestArgument, TestDatabase, TestSetup};
use crate::{database::copies::TestPool, migrator::Migrator};

/// The runtime of a test: which threads run it.
#[derive(Debug, Clone, Copy)]
pub enum Flavor {
    /// That of the test.
    CurrentThread,
    /// With so many threads, or as many as there are cores.
    MultiThread(Option<usize>),
}

impl Flavor {
    fn block_on<F: Future>(self, future: F) -> F::Output {
        use tokio::runtime::Builder;
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::MultiThread(threads) => {
                let mut builder = Builder::new_multi_thread();
                if let Some(threads) = threads {
                    builder.worker_threads(threads);
                }
                builder
            }
        };
        let runtime = builder.enable_all().build();
        runtime.unwrap_or_else(|error| panic!("no runtime for the test: {error}")).block_on(future)
    }
}

/// What a test function may return: nothing, or a `Result`, whose `Err` is a failure.
pub trait Outcome {
    #[doc(hidden)]
    fn is_failure(&self) -> bool;
}

impl Outcome for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl<T, E> Outcome for Result<T, E> {
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}

/// The setup of a test whose first argument is an `A`.
pub fn setup<'d, A: TestArgument<'d>>(
    migrator: &Migrator,
    test: &str,
    panics: bool,
) -> TestSetup<A::Pool> {
    TestSetup::new(migrator).name(test).panics(panics)
}

/// An argument of a test.
pub async fn take<'d, A: TestArgument<'d>>(database: &'d TestDatabase<A::Pool>) -> A {
    fail_with(A::take(database).await)
}

/// A test that needs no database.
pub fn run_plain<O>(flavor: Flavor, test: impl Future<Output = O>) -> O {
    flavor.block_on(test)
}

/// Runs a test in a database of its own, and then drops that, or keeps it where the test fails.
pub fn run<P: TestPool, O: Outcome>(
    flavor: Flavor,
    setup: TestSetup<P>,
    test: impl AsyncFnOnce(&TestDatabase<P>) -> O,
) -> O {
    flavor.block_on(async {
        let panics = setup.is_right_to_panic();
        let database = fail_with(setup.create().await);
        let outcome = catch(test(&database)).await;
        let failed = match &outcome {
            Ok(outcome) => outcome.is_failure(),
            Err(_) => !panics,
        };
        let end = if failed { database.keep().await } else { database.close().await };
        if let Err(error) = end {
            // The test itself is not to blame; a later run takes the database away.
            eprintln!("{error}");
        }
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// The output of a future, or what it panicked with.
async fn catch<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // Nothing of it is used after a panic but what it was lent, and that is only given back.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// A test has no other way to say what went wrong.
fn fail_with<T>(result: Result<T, impl fmt::Display>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
