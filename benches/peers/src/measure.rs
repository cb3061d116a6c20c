//! Samples, tables, and goals.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// What is asked for on the command line, and the goals so far.
#[derive(Debug)]
pub(crate) struct Bench {
    /// How often everything is measured; none: what the benchmark thinks best.
    pub(crate) rounds: Option<usize>,
    /// How many migrations; none: what the benchmark thinks best.
    pub(crate) count: Option<usize>,
    pub(crate) goals: Vec<(String, bool)>,
}

impl Bench {
    /// Notes a goal: a ratio that must not be greater than a limit.
    pub(crate) fn goal(&mut self, what: impl Into<String>, ratio: f64, limit: f64) {
        self.goals
            .push((format!("{} ({ratio:.2}, at most {limit:.2})", what.into()), ratio <= limit));
    }
}

/// The times of one contender.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort();
        let middle = |at: usize| sorted.get(at).map_or(f64::NAN, Duration::as_secs_f64);
        (middle(sorted.len().saturating_sub(1) / 2) + middle(sorted.len() / 2)) / 2.0
    }

    /// The least and the greatest, which say how much the median is worth.
    pub(crate) fn range(&self) -> String {
        match (self.0.iter().min(), self.0.iter().max()) {
            (Some(least), Some(greatest)) => {
                format!("{}-{}", time(least.as_secs_f64()), time(greatest.as_secs_f64()))
            }
            _ => String::new(),
        }
    }
}

/// The least and the greatest of one contender's times over another's, round by round: what disturbs a whole round disturbs both.
pub(crate) fn ratios(of: &Samples, over: &Samples) -> String {
    let pairs = of.0.iter().zip(&over.0);
    let all: Vec<f64> = pairs.map(|(of, over)| of.as_secs_f64() / over.as_secs_f64()).collect();
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = all.iter().copied().fold(0.0, f64::max);
    format!("{least:.2}-{greatest:.2}")
}

/// The time of something that does not wait, the best of several, since whatever disturbs it makes it slower.
pub(crate) fn best<T>(rounds: usize, mut work: impl FnMut() -> T) -> f64 {
    let times = (0..rounds.max(1)).map(|_| {
        let started = Instant::now();
        std::hint::black_box(work());
        started.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

/// A time with three digits. The difference of two times may be below zero.
pub(crate) fn time(seconds: f64) -> String {
    if seconds < 0.0 {
        return format!("-{}", time(-seconds));
    }
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

/// A table for people.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(str::to_owned).to_vec()] }
    }

    pub(crate) fn row<const N: usize>(&mut self, row: [String; N]) {
        self.rows.push(row.to_vec());
    }

    pub(crate) fn print(&self, title: &str) {
        let width = |at: usize| {
            self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max()
        };
        let mut text = format!("\n{title}\n");
        for row in &self.rows {
            text.push(' ');
            for (at, cell) in row.iter().enumerate() {
                let width = width(at).unwrap_or_default();
                // Names to the left, numbers to the right.
                let _ = if at == 0 {
                    write!(text, " {cell:width$}")
                } else {
                    write!(text, "  {cell:>width$}")
                };
            }
            text.push('\n');
        }
        print!("{text}");
    }
}
