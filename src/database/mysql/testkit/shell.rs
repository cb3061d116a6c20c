//! The shell of MariaDB, or that of MySQL.

use super::super::MySql;
use crate::database::testkit::shell::{ServerAddress, Shell, ShellKnowledge, has_line};

impl ShellKnowledge for MySql {
    fn shell(&self, url: &str) -> Shell {
        let address = ServerAddress::read(url);
        // The first says that the files in the user's home have no say: the URL says everything.
        let mut arguments: Vec<String> =
            ["--no-defaults", "--batch", "--default-character-set=utf8mb4"]
                .map(str::to_owned)
                .to_vec();
        match address.parameter(&["socket"]) {
            Some(socket) => {
                arguments.extend(["--protocol=socket".to_owned(), format!("--socket={socket}")]);
            }
            None => {
                let host = address.host.as_deref().unwrap_or("localhost");
                let port = address.port.as_deref().unwrap_or("3306");
                arguments.push("--protocol=tcp".to_owned());
                arguments.extend([format!("--host={host}"), format!("--port={port}")]);
            }
        }
        arguments.extend(address.user.as_ref().map(|user| format!("--user={user}")));
        arguments.extend(
            address
                .parameter(&["ssl-ca", "sslca"])
                .map(|certificate| format!("--ssl-ca={certificate}")),
        );
        arguments.push(address.path.clone());
        let password = address.password.map(|password| ("MYSQL_PWD", password));
        Shell {
            programs: &["mariadb", "mysql"],
            arguments,
            environment: password.into_iter().collect(),
            install: "`apt-get install mariadb-client`, `brew install mariadb`",
        }
    }

    /// `DELIMITER`, without which a body with semicolons is many statements, and commands with a backslash.
    fn needs_shell(&self, dump: &str) -> bool {
        has_line(dump, &["delimiter ", "\\", "source "])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_in_no_argument() {
        let shell = MySql.shell("mysql://me:secret@h:1/db?socket=/run/my.sock");
        assert!(!shell.arguments.join(" ").contains("secret"));
        assert!(shell.arguments.contains(&"--socket=/run/my.sock".to_owned()));
        assert_eq!(shell.arguments.last().map(String::as_str), Some("db"));
        assert_eq!(shell.environment, [("MYSQL_PWD", "secret".to_owned())]);
        let shell = MySql.shell("mysql://h/db");
        assert!(shell.arguments.contains(&"--port=3306".to_owned()));
    }
}
