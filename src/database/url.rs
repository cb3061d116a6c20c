//! The URL of a database, as people give it. It is read here before the driver reads it, since a driver leaves out what it does
//! not know, and repeats in its errors what may be a secret.

use std::time::Duration;

use super::{Driver, drivers};
use crate::{
    error::{Error, Result},
    graph::near,
    url::{scheme_of, unescape},
};

/// What may stand behind the `?` of a URL.
pub(super) struct Parameters {
    /// What the driver reads.
    pub(super) driver: &'static [&'static str],
    /// What is read here in its place.
    pub(super) own: &'static [&'static str],
    /// The beginning of a name that is completed by the name of a setting.
    pub(super) prefix: Option<&'static str>,
    /// What other programs read, with the values that mean what is so anyway, and why no others can be.
    pub(super) only: &'static [(&'static str, &'static [&'static str], &'static str)],
    /// What else a person may have meant.
    pub(super) advice: &'static str,
}

/// A URL that has been read as far as the driver's own part.
#[derive(Debug)]
pub(super) struct Read {
    address: String,
    /// As they stand in the URL, for the driver.
    driver: Vec<String>,
    /// Name and value.
    pub(super) own: Vec<(&'static str, String)>,
}

/// Schemes that other programs use for a database, each with the one that is right here.
const ELSEWHERE: [(&str, &str); 16] = [
    ("postgis", "postgres"),
    ("pgsql", "postgres"),
    ("psql", "postgres"),
    ("postgre", "postgres"),
    ("pg", "postgres"),
    ("pgx", "postgres"),
    ("pgx5", "postgres"),
    ("cockroach", "postgres"),
    ("cockroachdb", "postgres"),
    ("mysql2", "mysql"),
    ("mysqli", "mysql"),
    ("mysqlx", "mysql"),
    ("pymysql", "mysql"),
    ("sqlite3", "sqlite"),
    ("aiosqlite", "sqlite"),
    ("file", "sqlite"),
];

/// What a password must be written like where it has signs that mean something in a URL.
const ENCODE: &str = "if the user name or the password has one of # ? / @ : % in it, percent-encode that: # is %23, ? is %3F, / is \
    %2F, @ is %40, : is %3A, % is %25";

pub(super) fn unreadable(problem: impl Into<String>) -> Error {
    Error::Url { problem: problem.into() }
}

/// The driver for a URL or a bare scheme. Nothing of what was given is repeated but a scheme: the rest may hold a password.
pub(crate) fn driver(url: &str) -> Result<&'static Driver> {
    let url = url.trim();
    let of = |scheme: &str| drivers().find(|d| d.dialect.schemes().contains(&scheme));
    let scheme = scheme_of(url).unwrap_or(url).to_ascii_lowercase();
    match of(&scheme) {
        Some(driver) => Ok(driver),
        None => Err(unknown(url, &scheme)),
    }
}

/// Why there is no driver for a URL.
fn unknown(url: &str, scheme: &str) -> Error {
    let known: Vec<&'static str> =
        drivers().flat_map(|d| d.dialect.schemes().iter().copied()).collect();
    if known.is_empty() {
        return Error::NotCompiledIn { scheme: None, compiled_in: known, near: Vec::new() };
    }
    if let Some(right) = meant(url, scheme) {
        return unreadable(right);
    }
    // A word without `://` may be anything, also a secret.
    let rest = url.get(scheme.len()..).unwrap_or_default();
    let is_plain = scheme.len() <= 24 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !(rest.starts_with("://") && is_plain) {
        return unreadable(format!(
            "this is not a URL; write {} (it is not shown here, since it may hold a password)",
            forms()
        ));
    }
    let near = near(scheme, known.iter().copied());
    Error::NotCompiledIn { scheme: Some(scheme.to_owned()), compiled_in: known, near }
}

/// What is written here for what is the URL of another program.
fn meant(url: &str, scheme: &str) -> Option<String> {
    let ours = |name: &str| {
        let is_ours = |driver: &Driver| driver.dialect.schemes().contains(&name);
        let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == name);
        let name = elsewhere.map_or(name, |(_, name)| *name);
        (elsewhere.is_some() || drivers().any(is_ours)).then(|| name.to_owned())
    };
    let rest = url.get(scheme.len() + 1..).unwrap_or_default();
    if scheme == "jdbc" {
        let name = ours(&scheme_of(rest)?.to_ascii_lowercase())?;
        return Some(format!(
            "jdbc: is the form of Java programs; write {name}: in its place, and user and password before the host: {}",
            form(&name)
        ));
    }
    if !(rest.starts_with("//") || scheme == "file" || scheme.starts_with("sqlite")) {
        return None;
    }
    // `postgresql+asyncpg`: the database and the driver of another language.
    let (base, driver) = scheme.split_once('+').map_or((scheme, None), |(b, d)| (b, Some(d)));
    let name = ours(base)?;
    let what = if driver.is_some() { "names a driver of another language" } else { "is not known" };
    Some(format!(
        "the scheme {base}{} {what}; write {}",
        driver.map_or("", |_| "+..."),
        form(&name)
    ))
}

/// How a URL of this scheme is written.
fn form(scheme: &str) -> String {
    match drivers().find(|driver| driver.dialect.schemes().contains(&scheme)) {
        Some(driver) if !driver.dialect.capabilities().remote => format!(
            "{scheme}://folder/file for a path from here, {scheme}:///folder/file for one from the root"
        ),
        _ => format!("{scheme}://user:password@host/database"),
    }
}

fn forms() -> String {
    let forms: Vec<String> =
        drivers().filter_map(|driver| driver.dialect.schemes().first()).map(|s| form(s)).collect();
    forms.join(" or ")
}

impl Parameters {
    /// Reads the URL of a server.
    pub(super) fn server(&self, url: &str) -> Result<Read> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").ok_or_else(|| {
            let scheme = scheme_of(url).unwrap_or(url).to_ascii_lowercase();
            unreadable(format!("this is not a URL; write {}", form(&scheme)))
        })?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let is_odd = |pair: &str| {
            let name = pair.split('=').next().unwrap_or_default();
            pair.contains('@') && self.find(&unescape(name)).is_none()
        };
        // A password that is not encoded ends at the wrong sign, and then its rest stands where it must not be repeated.
        if tail.contains('#') || path.contains('@') || query.split('&').any(is_odd) {
            return Err(unreadable(format!("it has signs that end the password early; {ENCODE}")));
        }
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        check_place(place)?;
        let mut read = self.pairs(query)?;
        read.address = format!("{}://{authority}{path}", scheme.to_ascii_lowercase());
        Ok(read)
    }

    /// Reads the URL of a file, whose path may have any sign.
    pub(super) fn file(&self, url: &str) -> Result<Read> {
        let url = url.trim();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let scheme = scheme_of(path).unwrap_or_default();
        let name = path[scheme.len()..].trim_start_matches(':');
        let name = name.strip_prefix("//").unwrap_or(name);
        // Taken for a name, the password would be shown with the name of the file that cannot be opened. Paths from a root have none,
        // nor from the letter of a drive; and it may have a `/` that nobody has escaped.
        let user = name.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
        if user.is_some_and(|(user, _)| user.len() > 1 && !user.starts_with('/')) {
            return Err(unreadable(format!(
                "it has a user and a password, and this database is a file, which has none; write {}",
                form(&scheme.to_ascii_lowercase())
            )));
        }
        let mut read = self.pairs(query)?;
        read.address = format!("{}{}", scheme.to_ascii_lowercase(), &path[scheme.len()..]);
        Ok(read)
    }

    /// Reads what stands behind the `?`.
    fn pairs(&self, query: &str) -> Result<Read> {
        let mut read = Read { address: String::new(), driver: Vec::new(), own: Vec::new() };
        let mut given: Vec<String> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (unescape(name), unescape(&value.replace('+', " ")));
            if given.contains(&name) && self.find(&name).is_some() {
                return Err(unreadable(format!(
                    "the parameter {name} is given twice, and one value would be left out; leave one out"
                )));
            }
            given.push(name.clone());
            if let Some(own) = self.own.iter().find(|own| **own == name) {
                read.own.push((own, value));
                continue;
            }
            if let Some((_, values, why)) = self.only.iter().find(|(only, ..)| *only == name) {
                if !values.iter().any(|only| only.eq_ignore_ascii_case(&value)) {
                    return Err(unreadable(format!("the parameter {name}: {why}")));
                }
                continue;
            }
            if self.find(&name).is_none() || !pair.contains('=') {
                return Err(self.unknown(&name, pair));
            }
            if ["host", "port"].contains(&name.as_str()) && value.contains(',') {
                return Err(several());
            }
            read.driver.push(pair.to_owned());
        }
        Ok(read)
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        let only = self.only.iter().map(|(name, ..)| *name);
        self.driver.iter().chain(self.own).copied().chain(only)
    }

    /// A parameter that is known.
    fn find(&self, name: &str) -> Option<&'static str> {
        let completed =
            self.prefix.filter(|prefix| name.starts_with(prefix) && name.ends_with(']'));
        self.names().find(|known| *known == name).or(completed)
    }

    fn unknown(&self, name: &str, pair: &str) -> Error {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
        if name.len() > 40 || !name.bytes().all(is_name) || !pair.contains('=') {
            return unreadable(format!("what stands behind its ? is no parameter; {ENCODE}"));
        }
        let lower = name.to_ascii_lowercase();
        let same = self.names().find(|known| known.eq_ignore_ascii_case(&lower));
        let near = match same {
            Some(known) => vec![known.to_owned()],
            None => near(name, self.names()),
        };
        let meant = crate::error::did_you_mean(&near);
        let known: Vec<&str> = self.names().collect();
        let known = format!("known are: {}{}", known.join(", "), self.advice);
        unreadable(format!("the parameter {name} is not known{meant}; {known}"))
    }
}

impl Read {
    /// Lets the driver read its part. Its own error would show the value that it does not like.
    pub(super) fn parse<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let with = |query: &str| {
            let mark = if query.is_empty() { "" } else { "?" };
            parse(&format!("{}{mark}{query}", self.address))
        };
        if let Some(options) = with(&self.driver.join("&")) {
            return Ok(options);
        }
        if with("").is_none() {
            return Err(unreadable(format!(
                "user, host, port or database cannot be read; {ENCODE}"
            )));
        }
        let wrong = self.driver.iter().find(|pair| with(pair).is_none());
        let name = wrong.and_then(|pair| pair.split('=').next()).unwrap_or_default();
        Err(unreadable(format!("the parameter {} has a value that it cannot have", unescape(name))))
    }
}

/// Reads a time in whole seconds, where 0 is no limit.
pub(super) fn seconds(name: &str, value: &str) -> Result<Option<Duration>> {
    let seconds: u64 = value
        .parse()
        .map_err(|_| unreadable(format!("the parameter {name} is not a number of seconds")))?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

/// Checks `host:port`.
fn check_place(place: &str) -> Result<()> {
    if place.contains(',') {
        return Err(several());
    }
    let after = place.find(']').map_or(place, |at| &place[at + 1..]);
    let Some((_, port)) = after.rsplit_once(':') else { return Ok(()) };
    if port.is_empty() || port.parse::<u16>().is_ok() {
        return Ok(());
    }
    Err(unreadable(format!("the port is not a number up to 65535; {ENCODE}")))
}

/// An IPv6 address without the brackets that it has in a URL, which no driver takes off.
pub(super) fn without_brackets(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

/// `host:port` for a message.
pub(super) fn place_of(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn several() -> Error {
    unreadable(
        "it names several hosts, and migrations run on one server; write one host and one port, those of the server that takes \
         the writes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Parameters = Parameters {
        driver: &["sslmode", "host"],
        own: &["search_path"],
        prefix: Some("options["),
        only: &[("channel_binding", &["prefer"], "cannot be")],
        advice: "",
    };

    #[test]
    fn what_is_read_here_is_kept_from_the_driver() {
        let read = SOME.server(
            "POSTGRES://me:p%40w@h:1/db?sslmode=x&search_path=a%2Cb&channel_binding=prefer&options[a]=1\n",
        );
        let read = read.unwrap();
        assert_eq!(read.address, "postgres://me:p%40w@h:1/db");
        assert_eq!(read.driver, ["sslmode=x", "options[a]=1"]);
        assert_eq!(read.own, [("search_path", "a,b".to_owned())]);
    }

    #[test]
    fn no_secret_is_repeated() {
        for rest in [
            "app:s3/cret@h/db",
            "app:s3#cret@h/db",
            "app:s3?cret@h/db",
            "app:s3?cret=1@h/db",
            "app:x?s3=cret&y@h/db",
            "app:s3cret/db",
            "app:p@s3/cret@h/db",
            "h,i:s3cret/db",
            "h/db?s3cret",
            "h/db?s3%20cret=1",
            "h/db?channel_binding=s3cret",
            "h:s3cret",
            "[::1]:s3cret/db",
            "h/db?host=s3,cret",
        ] {
            let error = SOME.server(&format!("postgres://{rest}")).unwrap_err().to_string();
            assert!(!error.contains("cret"), "{rest}: {error}");
        }
    }
}
