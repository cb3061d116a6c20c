//! Which database: the URL, and where it was found.

use std::{convert::Infallible, env::VarError, fmt, str::FromStr};

use super::problem::Problem;
use crate::{process::dot_env, url::without_password};

/// The variables, in their order: a program may use a pooler that migrations cannot.
const VARIABLES: [&str; 2] = ["DIRECT_URL", "DATABASE_URL"];

/// A URL, which may have a password in it.
#[derive(Clone)]
pub(super) struct Url(pub(super) String);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl FromStr for Url {
    type Err = Infallible;

    fn from_str(url: &str) -> Result<Self, Infallible> {
        Ok(Self(url.to_owned()))
    }
}

/// What was found in the environment.
#[derive(Default)]
pub(super) struct EnvironmentUrl {
    /// The URL, and where it was.
    pub(super) url: Option<(String, String)>,
    /// A line of `.env` that cannot be read. It is not shown, since it may hold a password.
    pub(super) unreadable: Option<String>,
}

/// Looks into the environment, and then into `.env`. The environment of this process stays as it is.
pub(super) fn find() -> Result<EnvironmentUrl, Problem> {
    for name in VARIABLES {
        match std::env::var(name) {
            Ok(url) if !url.is_empty() => {
                let url = Some((url, format!("{name} in the environment")));
                return Ok(EnvironmentUrl { url, unreadable: None });
            }
            Err(VarError::NotUnicode(_)) => {
                return Err(Problem::Usage(format!("{name} is not UTF-8")));
            }
            _ => {}
        }
    }
    let Some((path, text)) = dot_env() else { return Ok(EnvironmentUrl::default()) };
    let place = path.display();
    let (found, line) = read(&text);
    let unreadable = line.map(|line| format!("{place}:{line}"));
    let url = found.map(|(name, url)| (url, format!("{name} in {place}")));
    Ok(EnvironmentUrl { url, unreadable })
}

/// The URL in the text of a `.env`, and the first line that cannot be read.
///
/// The file is also other programs', which read more than this one does: values with blanks, say. So what cannot be read is left
/// out, as long as there is a URL.
fn read(text: &str) -> (Option<(&'static str, String)>, Option<usize>) {
    let mut entries = Vec::new();
    let mut whole = true;
    for entry in dotenvy::from_read_iter(text.as_bytes()) {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(_) => whole = false,
        }
    }
    let mut unreadable = None;
    if !whole {
        let alone =
            |line: &str| dotenvy::from_read_iter(line.as_bytes()).all(|entry| entry.is_ok());
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if alone(line) {
                lines.push(line);
            } else if unreadable.is_none() {
                unreadable = Some(at + 1);
            }
        }
        entries = dotenvy::from_read_iter(lines.join("\n").as_bytes()).flatten().collect();
    }
    let url = VARIABLES.into_iter().find_map(|name| {
        let (_, url) = entries.iter().find(|(key, url)| key == name && !url.is_empty())?;
        Some((name, url.clone()))
    });
    (url, unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_do_not_matter() {
        let url = || Some(("DATABASE_URL", "postgres://h/db".to_owned()));
        for (text, line) in [
            ("DATABASE_URL=postgres://h/db\n", None),
            ("A=1\r\nDATABASE_URL=postgres://h/db\r\nB=2\r\n", None),
            ("export DATABASE_URL = 'postgres://h/db' # the database\n", None),
            ("BROKEN LINE\nDATABASE_URL=postgres://h/db\n", Some(1)),
            ("A=1\nTITLE=Three Words\nNOTE=it's ours\nDATABASE_URL=postgres://h/db\n", Some(2)),
            ("NOTE=it's ours\nDATABASE_URL=postgres://h/db\nMORE=it's theirs\n", None),
            ("NOTE=\"it's ours\nDATABASE_URL=postgres://h/db\n", Some(1)),
            ("HOST=h\n???\nDATABASE_URL=postgres://${HOST}/db\n", Some(2)),
        ] {
            let (found, unreadable) = read(text);
            assert_eq!(found, url(), "{text}");
            if line.is_some() {
                assert_eq!(unreadable, line, "{text}");
            }
        }
        let direct = "DATABASE_URL=postgres://p/db\nDIRECT_URL=postgres://h/db\n";
        assert_eq!(read(direct).0, Some(("DIRECT_URL", "postgres://h/db".to_owned())));
        assert_eq!(read("A=1\nDATABASE_URL='s3cret\n"), (None, Some(2)));
    }
}
