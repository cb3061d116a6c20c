//! All answers.

use std::{fmt, time::Duration};

use super::{Answer, AnswerState, Subject};

/// The checklist before production, answered. Made by [`Migrator::preflight`](crate::Migrator::preflight).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Preflight {
    /// The answers, in the order of the checklist.
    pub answers: Vec<Answer>,
    /// The revisions that would be applied, in order.
    pub pending: Vec<String>,
    /// How long the questions took.
    pub elapsed: Duration,
}

impl Preflight {
    /// The answers to one question.
    pub fn about(&self, subject: Subject) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(move |answer| answer.subject == subject)
    }

    /// What all of it comes to: the worst of the answers.
    #[must_use]
    pub fn state(&self) -> AnswerState {
        self.answers.iter().map(|answer| answer.state).max().unwrap_or(AnswerState::Ok)
    }

    /// Whether an answer says that the run must not begin.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        self.state() == AnswerState::Stop
    }

    /// Returns how many answers have a state.
    #[must_use]
    pub fn count(&self, state: AnswerState) -> usize {
        self.answers.iter().filter(|answer| answer.state == state).count()
    }

    /// Returns one line that sums it up.
    #[must_use]
    pub fn summary(&self) -> String {
        let states = [AnswerState::Stop, AnswerState::Look, AnswerState::Ok];
        let counts = states.map(|state| format!("{} {state}", self.count(state)));
        let unknown = self.answers.iter().filter(|answer| answer.is_unknown).count();
        let steps = match self.pending.len() {
            0 => "nothing is pending".to_owned(),
            1 => "1 migration is pending".to_owned(),
            many => format!("{many} migrations are pending"),
        };
        format!("{steps}: {} ({unknown} not known)", counts.join(", "))
    }
}

impl fmt::Display for Preflight {
    /// A line for each answer, with what to do below it, then one line that sums them up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for answer in &self.answers {
            let text = answer.to_string().replace('\n', "\n                   ");
            writeln!(f, "{:<4}  {:<11}  {text}", answer.state, answer.subject)?;
        }
        f.write_str(&self.summary())
    }
}
