//! What `#[ambix::test]` writes a call of.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    process::ExitCode,
    task::Poll,
};

use super::{TestArgument, TestDatabase, TestSetup};
use crate::{
    database::{sealed, testkit::TestPool},
    error::Result,
    migrator::Migrator,
};

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
        runtime
            .unwrap_or_else(|error| panic!("no runtime for the test: {error:#}"))
            .block_on(future)
    }
}

/// What a test function may return: nothing, an exit code, or a `Result`, whose `Err` is a failure.
pub trait Outcome: sealed::Sealed {
    #[doc(hidden)]
    fn is_failure(&self) -> bool;
}

impl sealed::Sealed for () {}
impl sealed::Sealed for ExitCode {}
impl<T: Outcome, E> sealed::Sealed for std::result::Result<T, E> {}

impl Outcome for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl Outcome for ExitCode {
    fn is_failure(&self) -> bool {
        *self != Self::SUCCESS
    }
}

impl<T: Outcome, E> Outcome for std::result::Result<T, E> {
    fn is_failure(&self) -> bool {
        self.as_ref().map_or(true, Outcome::is_failure)
    }
}

/// The setup of a test whose first argument is an `A`.
pub fn setup<'d, A: TestArgument<'d>>(migrator: &Migrator, test: &str) -> TestSetup<A::Pool> {
    TestSetup::new(migrator).name(test)
}

/// An argument of a test.
///
/// # Errors
/// As [`TestArgument::take`].
pub async fn take<'d, A: TestArgument<'d>>(database: &'d TestDatabase<A::Pool>) -> Result<A> {
    A::take(database).await
}

/// A test that needs no database.
pub fn run_plain<O>(flavor: Flavor, test: impl Future<Output = O>) -> O {
    flavor.block_on(test)
}

/// Runs a test in a database of its own, and then drops that, or keeps it where the test fails. The test's own error is about its
/// arguments.
pub fn run<P: TestPool, O: Outcome>(
    flavor: Flavor,
    setup: TestSetup<P>,
    test: impl AsyncFnOnce(&TestDatabase<P>) -> Result<O>,
) -> O {
    flavor.block_on(async {
        let database = fail_with(setup.create().await);
        let outcome = catch(test(&database)).await;
        let succeeded = matches!(&outcome, Ok(Ok(outcome)) if !outcome.is_failure());
        end(database, succeeded).await;
        fail_with(outcome.unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// As [`run`], for a test with `#[should_panic]`. What comes before the test must not count as its panic, or a server that is not
/// there would be a success: that is said, and then there is no panic, which the harness takes for a failure.
pub fn run_to_panic<P: TestPool>(
    flavor: Flavor,
    setup: impl FnOnce() -> TestSetup<P>,
    test: impl AsyncFnOnce(&TestDatabase<P>) -> Result<()>,
) {
    // The migrator is made by the first who asks for it. The panic has been printed.
    let Ok(setup) = catch_unwind(AssertUnwindSafe(setup)) else { return };
    flavor.block_on(async {
        let database = match catch(setup.create()).await {
            Ok(Ok(database)) => database,
            Ok(Err(error)) => return eprintln!("{error:#}"),
            Err(_) => return,
        };
        let outcome = catch(test(&database)).await;
        end(database, outcome.is_err()).await;
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("{error:#}"),
            Err(panic) => resume_unwind(panic),
        }
    });
}

async fn end<P: TestPool>(database: TestDatabase<P>, succeeded: bool) {
    let end = if succeeded { database.close().await } else { database.keep().await };
    if let Err(error) = end {
        // The test itself is not to blame; a later run takes the database away.
        eprintln!("{error:#}");
    }
}

/// The output of a future, or what it panicked with.
async fn catch<F: Future>(future: F) -> std::result::Result<F::Output, Box<dyn Any + Send>> {
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
fn fail_with<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error:#}"))
}
