//! The program `ambix` where many steps share a message: how often it waits for the server, and what it tells.

use std::time::{Duration, Instant};

use super::proxy::Proxy;
use crate::{
    setup::SLOW,
    suite::cli::{Printed, User, terminal::Terminal},
};

/// A user with so many small migrations, of which some are others.
async fn user(count: usize, others: &[(usize, &str)]) -> User {
    let up = |n: usize| {
        let other = others.iter().find(|(at, _)| *at == n).map(|(_, up)| (*up).to_owned());
        other.unwrap_or_else(|| format!("CREATE TABLE t{n} (id integer PRIMARY KEY);\n"))
    };
    let files: Vec<(String, String)> =
        (1..=count).map(|n| (format!("migrations/{n:04}_step_{n}.sql"), up(n))).collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    User::with(&files).await
}

/// Runs a command of the program; its round trips, and how many of them there are at most if a run with a quick database needs
/// `quick`: a message that took 250 ms is followed by one of half the steps, and it takes two brisk ones to be back.
async fn counted(user: &mut User, line: &str, quick: u64) -> (Printed, u64, u64) {
    let proxy = Proxy::start_for(&user.db.url, Duration::ZERO).await.unwrap();
    user.environment = vec![("DATABASE_URL".to_owned(), proxy.url(&user.db.url))];
    let started = Instant::now();
    let printed = tokio::task::block_in_place(|| user.quietly(line));
    // There is no more time for slow messages than the whole command took. One transaction has messages of equal length.
    let slow = match line.contains("--one-transaction") {
        true => 0,
        false => u64::try_from(started.elapsed().as_millis()).unwrap() / 250,
    };
    (printed, proxy.round_trips(), quick + 3 * slow)
}

/// The line of each step.
fn lines(numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    let parent = |n: usize| if n == 1 { String::new() } else { format!("{:04}", n - 1) };
    numbers.map(|n| format!("Running upgrade {} -> {n:04}, step {n}", parent(n))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_lets_steps_share_messages_and_tells_of_each() {
    for option in ["", " --one-transaction"] {
        let mut user = user(200, &[]).await;
        let (printed, trips, most) = counted(&mut user, &format!("upgrade{option}"), 10).await;
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        assert_eq!(printed.stderr.lines().collect::<Vec<_>>(), lines(1..=200));
        println!("{trips} round trips for 200 steps{option}, at most {most}");
        assert!(trips <= most, "{trips} round trips for 200 steps{option}, and not {most}");
        assert_eq!(user.db.tables().await.len(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_fails_in_a_shared_message_is_named_as_if_it_were_alone() {
    for (option, left) in [("", 149), (" --one-transaction", 0)] {
        let mut user =
            user(200, &[(150, "CREATE TABLE t150 (id integer);\nSELECT nothing;\n")]).await;
        let (printed, trips, most) = counted(&mut user, &format!("upgrade{option}"), 15).await;
        assert_eq!(printed.code, 1, "{}", printed.stderr);
        let said: Vec<&str> = printed.stderr.lines().collect();
        assert_eq!(said[..150], lines(1..=150));
        assert!(said[150].starts_with("error: "), "{}", printed.stderr);
        assert!(printed.stderr.contains("0150_step_150.sql:2:8"), "{}", printed.stderr);
        assert!(!printed.stderr.contains("0151"), "{}", printed.stderr);
        assert!(trips <= most, "{trips} round trips{option}, and not {most}");
        assert_eq!(user.db.tables().await.len(), left, "{option}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_display_names_the_steps_that_share_a_message() {
    let user = user(30, &[(25, SLOW)]).await;
    let terminal = Terminal::start(&user, "upgrade", &[]);
    let screen = terminal.until(&["steps 11 to 30 of 30: 0011 to 0030"]);
    assert!(screen.contains("Running upgrade 0009 -> 0010, step 10 ("), "{screen}");
    let end = terminal.end();
    assert_eq!(end.code, 0, "{}", end.screen);
    assert!(end.screen.contains("Running upgrade 0029 -> 0030, step 30 ("), "{}", end.screen);
    end.is_in_order();
}
