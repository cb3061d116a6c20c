//! Passwords never appear: not in results, not in errors, not in JSON, not where the URL itself is wrong.

use super::User;
use crate::setup::SCHEME;

const SECRET: &str = "s3cr3t-w0rd";

#[tokio::test]
async fn no_command_shows_a_password() {
    let mut user = User::new().await;
    let urls = [
        format!("{SCHEME}://app:{SECRET}@127.0.0.1:1/shop"),
        format!("{SCHEME}://app:{SECRET}@127.0.0.1:notaport/shop"),
        format!("{SCHEME}://app:{SECRET}/with/slashes@127.0.0.1:1/shop"),
        format!("{SCHEME}://app@127.0.0.1:1/shop?password={SECRET}"),
        format!("{SCHEME}://app:{SECRET}@[::bad/shop"),
        format!("nodb://app:{SECRET}@host/shop"),
        format!("app:{SECRET}@host/shop"),
    ];
    let commands = [
        "upgrade",
        "upgrade --sql",
        "downgrade base",
        "current -v",
        "current --check-heads",
        "history -i",
        "history -v",
        "status",
        "plan",
        "verify",
        "repair",
        "show current",
        "graph -i",
        "heads -v",
        "status --json",
    ];
    for url in urls {
        user.environment = vec![("DATABASE_URL".to_owned(), url.clone())];
        for command in commands {
            let printed = user.quietly(command);
            for text in [&printed.stdout, &printed.stderr] {
                assert!(
                    !text.contains(SECRET) && !text.contains("w0rd"),
                    "{command} with {url}: {text}"
                );
            }
        }
    }
}
