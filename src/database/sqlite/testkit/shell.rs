//! sqlite3.

use super::super::Sqlite;
use crate::database::testkit::shell::{Shell, ShellKnowledge, has_line, unescape};

impl ShellKnowledge for Sqlite {
    fn shell(&self, url: &str) -> Shell {
        let path = url.split_once(':').map_or(url, |(_, path)| path);
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = unescape(path.split('?').next().unwrap_or_default());
        // The file in the user's home has no say.
        let arguments = ["-batch", "-bail", "-init", "/dev/null"].map(str::to_owned);
        Shell {
            programs: &["sqlite3"],
            arguments: arguments.into_iter().chain([path]).collect(),
            environment: Vec::new(),
            install: "`apt-get install sqlite3`, `brew install sqlite`",
        }
    }

    /// Commands with a point.
    fn needs_shell(&self, dump: &str) -> bool {
        has_line(dump, &["."])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_last_argument() {
        for (url, path) in [
            ("sqlite:///tmp/a%20b.db?mode=rwc", "/tmp/a b.db"),
            ("sqlite://a.db", "a.db"),
            ("sqlite:a.db", "a.db"),
        ] {
            assert_eq!(Sqlite.shell(url).arguments.last().map(String::as_str), Some(path));
        }
    }
}
