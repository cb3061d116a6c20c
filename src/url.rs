//! URLs as people may see them.

/// A URL without its password and its parameters, for people.
#[cfg(feature = "cli")]
pub(crate) fn without_password(url: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, false), |(address, _)| (address, true));
    let shown = hide_password(address, ":***");
    // Parameters may hold secrets, too, and none of them tells which database it is.
    if query { format!("{shown}?...") } else { shown }
}

/// A URL that still leads to the database, but for its passwords: a test's database that was kept, to be looked at.
#[cfg(feature = "testkit")]
pub(crate) fn without_secrets(url: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let is_public = |pair: &&str| !pair.to_ascii_lowercase().contains("password");
    let query: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty()).filter(is_public).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{mark}{}", hide_password(address, ""), query.join("&"))
}

/// The part of a URL before its parameters, with something else for the password.
fn hide_password(address: &str, instead: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    // The last `@` ends user and password: one of them may have a `@` or `/` that nobody has escaped.
    match rest.rsplit_once('@').map(|(user, host)| (user.split_once(':'), host)) {
        Some((Some((user, _)), host)) => format!("{scheme}://{user}{instead}@{host}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "cli")]
    #[test]
    fn passwords_are_not_shown() {
        let cases = [
            ("postgres://app:s3cret@db.local:5432/shop", "postgres://app:***@db.local:5432/shop"),
            (
                "postgres://app:p@ss:w@db/shop?sslmode=require&password=x",
                "postgres://app:***@db/shop?...",
            ),
            ("mysql://root@127.0.0.1/shop", "mysql://root@127.0.0.1/shop"),
            ("sqlite://data/app.db", "sqlite://data/app.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite:///abs/a.db?mode=rwc", "sqlite:///abs/a.db?..."),
        ];
        for (url, shown) in cases {
            assert_eq!(without_password(url), shown);
        }
        // A slash in a password that nobody has escaped must not split it.
        assert!(!without_password("postgres://app:s3/cret@db/shop").contains("cret"));
    }

    #[cfg(feature = "testkit")]
    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(without_secrets("postgres://me:se@cret@h:1/db?x=1"), "postgres://me@h:1/db?x=1");
        assert_eq!(without_secrets("mysql://h/db"), "mysql://h/db");
        assert_eq!(without_secrets("sqlite:/tmp/a.db"), "sqlite:/tmp/a.db");
        assert_eq!(
            without_secrets("postgres:///db?host=/run/pg&password=secret"),
            "postgres:///db?host=/run/pg"
        );
        // A slash in a password that nobody has escaped must not split it.
        assert!(!without_secrets("postgres://app:s3/cret@db/shop").contains("cret"));
    }
}
