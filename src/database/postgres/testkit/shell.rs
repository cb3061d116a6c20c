//! psql.

use super::super::Postgres;
use crate::database::testkit::shell::{ServerAddress, Shell, ShellKnowledge, has_line};

/// Parameters of a URL, and the variables by which the client's library knows them.
const PARAMETERS: [(&[&str], &str); 6] = [
    (&["sslmode", "ssl-mode"], "PGSSLMODE"),
    (&["sslrootcert", "ssl-root-cert", "ssl-ca"], "PGSSLROOTCERT"),
    (&["sslcert", "ssl-cert"], "PGSSLCERT"),
    (&["sslkey", "ssl-key"], "PGSSLKEY"),
    (&["hostaddr"], "PGHOSTADDR"),
    (&["passfile"], "PGPASSFILE"),
];

impl ShellKnowledge for Postgres {
    fn shell(&self, url: &str) -> Shell {
        let address = ServerAddress::read(url);
        let mut arguments: Vec<String> =
            ["-X", "-q", "-w", "-v", "ON_ERROR_STOP=1"].map(str::to_owned).to_vec();
        let mut place = |name: &str, value: Option<&str>| {
            arguments.extend(value.map(|value| format!("--{name}={value}")));
        };
        place("host", address.parameter(&["host"]).or(address.host.as_deref()));
        place("port", address.parameter(&["port"]).or(address.port.as_deref()));
        place("username", address.parameter(&["user"]).or(address.user.as_deref()));
        let path = Some(address.path.as_str()).filter(|path| !path.is_empty());
        place("dbname", address.parameter(&["dbname"]).or(path));
        // Notices are no news here.
        let mut options = "-c client_min_messages=warning".to_owned();
        for (key, value) in address.parameters() {
            match key.strip_prefix("options[").and_then(|key| key.strip_suffix(']')) {
                Some(setting) => {
                    options.push_str(&format!(" -c {setting}={}", value.replace(' ', "\\ ")));
                }
                None if key == "options" => options.push_str(&format!(" {value}")),
                None => {}
            }
        }
        let mut environment = vec![("PGOPTIONS", options), ("PGCLIENTENCODING", "UTF8".to_owned())];
        let password = address.parameter(&["password"]).or(address.password.as_deref());
        environment.extend(password.map(|password| ("PGPASSWORD", password.to_owned())));
        for (names, variable) in PARAMETERS {
            environment.extend(address.parameter(names).map(|value| (variable, value.to_owned())));
        }
        Shell {
            programs: &["psql"],
            arguments,
            environment,
            install: "`apt-get install postgresql-client`, `brew install libpq`",
        }
    }

    /// Commands with a backslash, and data behind `COPY ... FROM stdin`.
    fn needs_shell(&self, dump: &str) -> bool {
        let copies = |line: &str| {
            let line = line.trim_end().to_ascii_lowercase();
            line.starts_with("copy ") && line.contains(" from stdin")
        };
        has_line(dump, &["\\"]) || dump.lines().any(copies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_in_no_argument() {
        let shell =
            Postgres.shell("postgres://me:se%40cret@h:1/db?host=/run/pg&options[search_path]=a,b");
        let text = shell.arguments.join(" ");
        assert_eq!(
            text,
            "-X -q -w -v ON_ERROR_STOP=1 --host=/run/pg --port=1 --username=me --dbname=db"
        );
        assert!(shell.environment.contains(&("PGPASSWORD", "se@cret".to_owned())));
        assert!(shell.environment[0].1.ends_with(" -c search_path=a,b"));
    }

    #[test]
    fn what_pg_dump_writes_needs_the_shell() {
        assert!(Postgres.needs_shell("COPY public.users (id) FROM stdin;\n1\n\\.\n"));
        assert!(!Postgres.needs_shell("INSERT INTO t VALUES ('\\x')"));
    }
}
