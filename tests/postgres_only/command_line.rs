//! The program `ambix` where many steps share a message: how often it waits for the server, and what it tells.

use std::time::Duration;

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

/// Runs a command of the program; and its round trips.
async fn counted(user: &mut User, line: &str) -> (Printed, u64) {
    let proxy = Proxy::start_for(&user.db.url, Duration::ZERO).await.unwrap();
    user.environment = vec![("DATABASE_URL".to_owned(), proxy.url(&user.db.url))];
    let printed = tokio::task::block_in_place(|| user.quietly(line));
    (printed, proxy.round_trips())
}

/// How many times a run waits at most that waits `quick` times for a quick database: a message that took 250 ms is followed by one
/// of half the steps, and it takes two brisk ones to be back.
async fn most(user: &User, quick: u64) -> u64 {
    let took: i64 = sqlx::query_scalar("SELECT sum(duration_us)::bigint FROM ambix_history")
        .fetch_one(&user.db.pool)
        .await
        .unwrap();
    quick + 3 * (u64::try_from(took).unwrap() / 250_000)
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
        let (printed, trips) = counted(&mut user, &format!("upgrade{option}")).await;
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        assert_eq!(printed.stderr.lines().collect::<Vec<_>>(), lines(1..=200));
        println!("{trips} round trips for 200 steps{option}");
        let most = most(&user, 10).await;
        assert!(trips <= most, "{trips} round trips for 200 steps{option}, and not {most}");
        assert_eq!(user.db.tables().await.len(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_fails_in_a_shared_message_is_named_as_if_it_were_alone() {
    for (option, left) in [("", 149), (" --one-transaction", 0)] {
        let mut user =
            user(200, &[(150, "CREATE TABLE t150 (id integer);\nSELECT nothing;\n")]).await;
        let (printed, trips) = counted(&mut user, &format!("upgrade{option}")).await;
        assert_eq!(printed.code, 1, "{}", printed.stderr);
        let said: Vec<&str> = printed.stderr.lines().collect();
        assert_eq!(said[..150], lines(1..=150));
        assert!(said[150].starts_with("error: "), "{}", printed.stderr);
        assert!(printed.stderr.contains("0150_step_150.sql:2:8"), "{}", printed.stderr);
        assert!(!printed.stderr.contains("0151"), "{}", printed.stderr);
        // One transaction has messages of equal length, and has left no history to ask.
        let most = if left == 0 { 15 } else { most(&user, 15).await };
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
