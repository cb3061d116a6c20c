//! Two runners on one model, their statements mixed at random.

use std::{cell::Cell, future::poll_fn, pin::pin, task::Poll, time::Duration};

use ambix::{
    Error, Report,
    options::Lock,
    testkit::{Fault, Faults, drop_after},
};

use crate::{
    drawn::Random,
    model::{Case, Way, graphs, run, steps},
};

/// Polls both until both have ended, in random order.
async fn both<A: Future, B: Future>(seed: u64, a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    let mut random = Random::new(seed);
    let race = poll_fn(|context| {
        for turn in
            [random.chance(50); 2].into_iter().zip([false, true]).map(|(draw, late)| draw ^ late)
        {
            if turn && first.is_none() {
                first = poll(a.as_mut().poll(context));
            }
            if !turn && second.is_none() {
                second = poll(b.as_mut().poll(context));
            }
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    });
    // The clock goes on by itself where everybody waits, so that this is the end of a deadlock.
    let ended = tokio::time::timeout(Duration::from_secs(3600), race).await;
    assert!(ended.is_ok(), "seed {seed}: a deadlock");
    (first.unwrap(), second.unwrap())
}

fn poll<T>(poll: Poll<T>) -> Option<T> {
    if let Poll::Ready(value) = poll { Some(value) } else { None }
}

fn way(seed: u64) -> Way {
    if seed % 4 == 3 { Way::Down } else { Way::Up }
}

#[test]
fn two_runners_do_each_step_once() {
    run(async {
        for seed in 0..graphs(80) {
            let case = Case::draw(seed, way(seed)).await;
            let model = case.before.fork();
            model.shuffle(seed);
            let (a, b) = both(seed, case.go(&model), case.go(&model)).await;
            let report = |result: &ambix::Result<Report>| match result {
                Ok(report) => steps(report),
                Err(error) => panic!("{}: {error}", case.what),
            };
            let (a, b) = (report(&a), report(&b));
            let all: Vec<String> = if a.is_empty() { b.clone() } else { a.clone() };
            assert!(a.is_empty() || b.is_empty(), "{}: {a:?} and {b:?}", case.what);
            assert_eq!(all, case.steps, "{}", case.what);
            case.check(&model, None, "two runners").await;
        }
    });
}

/// One of two loses its connection, or is dropped; the other one and it still do each step once.
#[test]
fn one_of_two_runners_breaks() {
    run(async {
        for seed in 0..graphs(80) {
            let case = Case::draw(seed, way(seed)).await;
            let mut random = Random::new(seed);
            let model = case.before.fork();
            model.shuffle(seed);
            let (n, fault) = (1 + random.below(15), Fault::ALL[random.below(4)]);
            let faults = Faults::at(n, fault);
            let broken = case.go(faults.wrap(&model));
            let polls = if random.chance(50) { random.below(150) } else { usize::MAX };
            let (_, whole) = both(seed, drop_after(polls, broken), case.go(&model)).await;
            let what = format!("{} or dropped after {polls} polls", faults.hits().join("; "));
            // Where the first one failed for good, the second one has done the rest.
            whole.unwrap_or_else(|error| panic!("{}; {what}: {error}", case.what));
            case.check(&model, None, &what).await;
        }
    });
}

/// Without a lock the fence keeps two runners apart: one of them may fail, but nothing is done twice.
#[test]
fn two_runners_without_a_lock_do_nothing_twice() {
    run(async {
        // How often one came in between the steps of the other. That is rare, and which seeds do it changes with what a step sends:
        // it goes on until it has happened.
        let met = Cell::new(0_u32);
        let meet = || met.set(met.get() + 1);
        let enough = graphs(160);
        for seed in (0..enough * 20).take_while(|seed| *seed < enough || met.get() == 0) {
            let case = Case::draw(seed, Way::Up).await;
            // What stands alone is not behind the fence.
            if !case.transactional || case.want.log.iter().any(|line| line.starts_with("ALONE")) {
                continue;
            }
            let model = case.before.fork();
            model.shuffle(seed);
            let migrator = case.migrator.clone().lock(Lock::none());
            // On lent connections each step is a message of its own, so that the other one can come between two.
            let (mut one, mut other) = (model.connect(), model.connect());
            let (a, b) =
                both(seed, migrator.run_pending(&mut one), migrator.run_pending(&mut other)).await;
            drop((one, other));
            let worked =
                |result: &ambix::Result<Report>| result.as_ref().is_ok_and(|r| !r.is_noop());
            if worked(&a) && worked(&b) {
                meet();
            }
            for result in [a, b] {
                match result {
                    Ok(_) => {}
                    Err(Error::Fenced { .. }) => meet(),
                    // It took over in the middle of the other's work, with a plan from before: the step that the other
                    // has done meanwhile is rolled back.
                    Err(Error::Failed(failed))
                        if failed.source.to_string().contains("exists already") =>
                    {
                        meet();
                    }
                    Err(Error::Failed(failed))
                        if failed.source.to_string().contains("duplicate key") =>
                    {
                        meet();
                    }
                    Err(error) => panic!("{}: {error}", case.what),
                }
            }
            case.check(&model, None, "without a lock").await;
        }
        println!("they met {} times", met.get());
        assert!(met.get() > 0, "two runners never met");
    });
}
