//! On the model: random graphs, every fault, at every operation and at every statement.

use ambix::{
    Error, Migrator, Report,
    testkit::{Fault, Faults, ModelDatabase, ModelState, drop_after},
};

use crate::{
    drawn::{Random, migrations, migrator},
    support::tries,
};

/// How many graphs are drawn, and how many in a soak.
pub fn graphs(every_run: u64) -> u64 {
    tries(every_run, every_run * 50, "graphs")
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Way {
    Up,
    Down,
}

impl Way {
    async fn go<'c>(
        self,
        migrator: &Migrator,
        database: impl ambix::Connect<'c>,
    ) -> ambix::Result<Report> {
        match self {
            Self::Up => migrator.run_pending(database).await,
            Self::Down => migrator.downgrade(database, "base").await,
        }
    }
}

/// What is to be, from an undisturbed run.
pub struct Case {
    pub migrator: Migrator,
    pub way: Way,
    pub before: ModelDatabase,
    pub want: ModelState,
    pub steps: Vec<String>,
    pub what: String,
    pub transactional: bool,
}

pub fn steps(report: &Report) -> Vec<String> {
    report.steps.iter().map(|step| format!("{} {}", step.direction, step.revision)).collect()
}

impl Case {
    pub async fn draw(seed: u64, way: Way) -> Self {
        let mut random = Random::new(seed);
        let (transactional, list) = (random.chance(60), migrations(&mut random, 6));
        let before = ModelDatabase::new(transactional);
        let all = migrator(list.clone());
        if way == Way::Down {
            all.run_pending(&before).await.unwrap();
        } else if random.chance(50) {
            // Some have been applied before.
            let _ = all.upgrade(&before, "+1").await;
        }
        // A program that has none of the files takes back with what the history keeps.
        let used = if way == Way::Down && random.chance(30) { migrator(Vec::new()) } else { all };
        let model = before.fork();
        let report = way.go(&used, &model).await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert_eq!(model.leaks(), Vec::<String>::new(), "seed {seed}");
        let what = format!("seed {seed}, {way:?}, transactional DDL {transactional}");
        Self {
            migrator: used,
            way,
            want: model.state(),
            steps: steps(&report),
            before,
            what,
            transactional,
        }
    }

    pub async fn go<'c>(&self, database: impl ambix::Connect<'c>) -> ambix::Result<Report> {
        self.way.go(&self.migrator, database).await
    }

    /// After the fault: nothing is held, a plain run ends where an undisturbed one does, and the two reports together
    /// name every step once.
    pub async fn check(
        &self,
        model: &ModelDatabase,
        first: Option<ambix::Result<Report>>,
        what: &str,
    ) {
        let what = format!("{}; {what}", self.what);
        assert_eq!(model.leaks(), Vec::<String>::new(), "{what}");
        model.inject(&Faults::none());
        let again = self.go(model).await;
        let again = again.unwrap_or_else(|e| panic!("{what}: {first:?}, and again: {e}"));
        match &first {
            Some(Ok(report)) => {
                assert_eq!(steps(report), self.steps, "{what}");
                assert!(again.is_noop(), "{what}: {again}");
            }
            Some(Err(Error::Failed(failed))) => {
                let done = failed.done_before.iter().map(|r| format!("{} {r}", failed.direction));
                let all: Vec<String> = done.chain(steps(&again)).collect();
                assert_eq!(all, self.steps, "{what}: {}", first.unwrap().unwrap_err());
            }
            _ => assert!(self.steps.ends_with(&steps(&again)), "{what}: {again}"),
        }
        assert_eq!(model.state(), self.want, "{what}");
        assert_eq!(model.leaks(), Vec::<String>::new(), "{what}");
    }

    /// Every operation fails once; whether the first run has to succeed is asked.
    async fn every(
        &self,
        fault: Fault,
        statements: bool,
        mut judge: impl FnMut(&ambix::Result<Report>, &str),
    ) -> usize {
        for n in 1.. {
            let (model, faults) = (self.before.fork(), Faults::at(n, fault));
            let first = if statements {
                model.inject(&faults);
                self.go(&model).await
            } else {
                self.go(faults.wrap(&model)).await
            };
            let hits = faults.hits().join("; ");
            let what = format!("{}; {hits}", self.what);
            judge(&first, &what);
            self.check(&model, Some(first), &hits).await;
            if hits.is_empty() {
                return n;
            }
        }
        unreachable!()
    }
}

/// A broken connection is replaced, so that the first run already succeeds; except where it cannot be opened.
fn judge(fault: Fault) -> impl FnMut(&ambix::Result<Report>, &str) {
    move |first, what| {
        if let Err(error) = first
            && fault != Fault::Failed
        {
            let opening = what.contains("open a session");
            assert!(opening, "{what}: {error}");
        }
    }
}

fn loops(seeds: std::ops::Range<u64>, way: Way) {
    run(async {
        let mut runs = 0;
        for seed in seeds {
            let case = Case::draw(seed, way).await;
            let fault = Fault::ALL[(seed % 4) as usize];
            runs += 2 * case.every(fault, seed / 4 % 8 == 1, judge(fault)).await;
        }
        println!("{runs} runs");
    });
}

#[test]
fn every_operation_of_an_upgrade_can_fail() {
    loops(0..graphs(50), Way::Up);
}

#[test]
fn every_operation_of_a_downgrade_can_fail() {
    loops(0..graphs(24), Way::Down);
}

/// Faults meet faults, also in the runs that are to mend the first.
#[test]
fn many_faults_end_well_at_last() {
    run(async {
        for seed in 0..graphs(60) {
            let way = if seed % 2 == 0 { Way::Up } else { Way::Down };
            let case = Case::draw(seed, way).await;
            let (model, faults) = (case.before.fork(), Faults::one_in(6, seed));
            let mut tries = 0;
            if seed % 4 < 2 {
                model.inject(&faults);
            }
            loop {
                let result = if seed % 4 < 2 {
                    case.go(&model).await
                } else {
                    case.go(faults.wrap(&model)).await
                };
                tries += 1;
                if result.is_ok() {
                    break;
                }
                assert!(tries < 1000, "{}: {result:?}", case.what);
            }
            case.check(&model, None, &faults.hits().join("\n")).await;
        }
    });
}

/// A timeout drops the future, wherever it waits.
#[test]
fn a_run_can_be_dropped_anywhere() {
    run(async {
        for seed in 0..graphs(8) {
            let way = if seed % 2 == 0 { Way::Up } else { Way::Down };
            let case = Case::draw(seed, way).await;
            for polls in 1.. {
                let model = case.before.fork();
                let ended = drop_after(polls, case.go(&model)).await;
                let over = ended.is_some();
                case.check(&model, ended, &format!("dropped after {polls} polls")).await;
                if over {
                    break;
                }
            }
        }
    });
}

/// A connection that the caller lends is given back without lock and transaction, whatever fails on it.
#[test]
fn a_lent_connection_is_clean_after_every_fault() {
    run(async {
        for seed in 0..graphs(8) {
            let way = if seed % 3 > 0 { Way::Up } else { Way::Down };
            let case = Case::draw(seed, way).await;
            let fault = [Fault::Failed, Fault::Transient][(seed % 2) as usize];
            for n in 1.. {
                let (model, faults) = (case.before.fork(), Faults::at(n, fault));
                let mut lent = model.connect();
                model.inject(&faults);
                let first = case.go(&mut lent).await;
                model.inject(&Faults::none());
                let hits = faults.hits().join("; ");
                let what = format!("{}; {hits}", case.what);
                if hits.contains("UNLOCK") {
                    continue; // Nobody but the caller can end a connection that does not give its lock back.
                }
                // What is lent is open; nothing else is.
                assert_eq!(model.leaks(), ["1 sessions are open"], "{what}: {first:?}");
                let again = case.go(&mut lent).await.unwrap_or_else(|e| panic!("{what}: {e}"));
                assert_eq!(
                    again.is_noop(),
                    first.is_ok() || case.steps.is_empty(),
                    "{what}: {first:?}"
                );
                drop(lent);
                case.check(&model, None, &what).await;
                if hits.is_empty() {
                    break;
                }
            }
        }
    });
}

/// Where nothing tells whether a statement was done, the next run says so instead of guessing; where it is known, it does
/// not ask.
#[test]
fn only_a_statement_in_real_doubt_is_left_to_people() {
    let text = "-- ambix: transaction none\nadd a;\nlone i;\nadd b;\nlone j;";
    let broken = "-- ambix: transaction none\nadd a;\nlone i;\nnonsense;";
    run(async {
        for transactional in [true, false] {
            let of = |text: &str| migrator(vec![ambix::Migration::new("r1", "").up(text)]);
            let (model, right) = (ModelDatabase::new(transactional), of(text));
            // The statement behind it fails; that it was done itself is known.
            let error = of(broken).run_pending(&model).await.unwrap_err();
            assert!(matches!(error, Error::Failed(_)), "{error}");
            right.run_pending(&model).await.unwrap();
            assert_eq!(model.state().log, ["ADD a", "LONE i", "ADD b", "LONE j"]);

            let mut doubts = 0;
            for n in 1.. {
                let (model, faults) =
                    (ModelDatabase::new(transactional), Faults::at(n, Fault::AnswerLost));
                model.inject(&faults);
                let first = right.run_pending(&model).await;
                let hits = faults.hits().join("; ");
                if let Err(error) = first {
                    assert!(matches!(error, Error::Unfinished(_)), "{hits}: {error}");
                    doubts += 1;
                    assert_eq!(model.leaks(), Vec::<String>::new(), "{hits}");
                    let again = right.run_pending(&model).await.unwrap_err();
                    assert!(matches!(again, Error::Unfinished(_)), "{hits}: {again}");
                    // A person looks: it was done.
                    right
                        .repair(&model, [ambix::repair::Repair::MarkApplied("r1".to_owned())])
                        .await
                        .unwrap();
                }
                assert!(right.run_pending(&model).await.unwrap().is_noop(), "{hits}");
                if hits.is_empty() {
                    break;
                }
            }
            // Two statements; for each the announcement, whatever of it is answered, and the statement itself.
            assert!(doubts >= 2, "{doubts}");
        }
    });
}
