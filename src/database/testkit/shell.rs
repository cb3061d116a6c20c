//! The half of the contract that scripts need which only the database's own shell can read: psql, mysql, sqlite3.

pub(crate) use crate::url::unescape;

/// A shell, and how it is started on one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shell {
    /// What it is called; the first name that is found on PATH is taken.
    pub(crate) programs: &'static [&'static str],
    /// Its arguments. A password is in none of them: every user of the machine can read those.
    pub(crate) arguments: Vec<String>,
    /// Variables that are set for it.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// How it is installed, for people.
    pub(crate) install: &'static str,
}

/// Knows a database's shell. It starts nothing.
pub(crate) trait ShellKnowledge: Send + Sync {
    /// The shell for the database of a URL. It stops at the first error.
    fn shell(&self, url: &str) -> Shell;

    /// Whether a dump has something in it that only the shell understands, and not the server.
    fn needs_shell(&self, dump: &str) -> bool;
}

/// The parts of a URL, without the escapes of URLs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServerAddress {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<String>,
    /// What stands behind the host, without the slash: the name of the database, or a path.
    pub(crate) path: String,
    parameters: Vec<(String, String)>,
}

impl ServerAddress {
    /// Reads `scheme://user:password@host:port/path?key=value`, where all but the scheme may be left out.
    pub(crate) fn read(url: &str) -> Self {
        let rest = url.split_once(':').map_or(url, |(_, rest)| rest);
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let rest = rest.split('#').next().unwrap_or_default();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        // An address of IPv6 is in brackets, and has colons of its own.
        let end = place.find(']').map_or(0, |at| at + 1);
        let port = place[end..].find(':').map(|at| at + end);
        let (host, port) = port.map_or((place, ""), |at| (&place[..at], &place[at + 1..]));
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(key), unescape(value))
        };
        Self {
            user: some(user),
            password: some(password),
            host: some(host.trim_start_matches('[').trim_end_matches(']')),
            port: some(port),
            path: unescape(path),
            parameters: query.split('&').filter(|part| !part.is_empty()).map(pair).collect(),
        }
    }

    /// The value of a parameter, by the first of its names that occurs.
    pub(crate) fn parameter(&self, names: &[&str]) -> Option<&str> {
        let named = |name: &&str| self.parameters.iter().find(|(key, _)| key == name);
        names.iter().find_map(named).map(|(_, value)| value.as_str())
    }

    /// All parameters, in their order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

fn some(part: &str) -> Option<String> {
    (!part.is_empty()).then(|| unescape(part))
}

/// Whether a line of a text begins with one of these, in upper or lower case.
pub(crate) fn has_line(text: &str, begins: &[&str]) -> bool {
    text.lines().any(|line| {
        let begins_so = |begin: &&str| {
            line.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin))
        };
        begins.iter().any(begins_so)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        let address =
            ServerAddress::read("postgres://m%20e:p%3Aw@[::1]:54/a%20b?host=/run/pg&sslmode=x#no");
        assert_eq!(address.user.as_deref(), Some("m e"));
        assert_eq!(address.password.as_deref(), Some("p:w"));
        assert_eq!(address.host.as_deref(), Some("::1"));
        assert_eq!(address.port.as_deref(), Some("54"));
        assert_eq!(address.path, "a b");
        assert_eq!(address.parameter(&["socket", "host"]), Some("/run/pg"));
        let bare = ServerAddress::read("mysql://h");
        assert_eq!((bare.host.as_deref(), bare.path.as_str(), bare.user), (Some("h"), "", None));
        assert_eq!(unescape("100%, %zz %C3%BC"), "100%, %zz ü");
    }
}
