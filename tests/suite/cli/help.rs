//! The help of every command, as it is printed.

use super::User;

#[tokio::test]
async fn help() {
    let mut user = User::with(&[]).await;
    let list = user.ambix("--help").stdout;
    user.ambix("-h");
    let commands = list.split_once("Commands:").unwrap().1.split_once("\n\n").unwrap().0;
    let commands: Vec<&str> =
        commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands.iter().filter(|command| **command != "help") {
        user.ambix(&format!("{command} -h"));
    }
    user.ambix("");
    user.ambix("upgrde");
    user.ambix("upgrade --nosuch");
    user.ambix("downgrade");
    user.ambix("current -x nothing");
    user.ambix("current --lock-wait soon");
    user.finish("help");
}
