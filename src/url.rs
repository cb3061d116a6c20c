//! URLs as people may see them.

/// A URL without its password and its parameters, for people. Of what is no URL nothing is shown: it may be anything.
#[cfg(feature = "cli")]
pub(crate) fn without_password(url: &str) -> String {
    let Some(scheme) = scheme_of(url) else { return "(not a URL)".to_owned() };
    let (address, query) = url.split_once('?').map_or((url, None), |(a, query)| (a, Some(query)));
    // A password that nobody has escaped may have a `?` or `#`, and then continues after it.
    let is_cut = !address.contains('@') && query.is_some_and(|query| query.contains('@'));
    if is_cut {
        return format!("{scheme}://...");
    }
    let shown = hide_password(address, ":***");
    // Parameters may hold secrets, too, and none of them tells which database it is.
    if query.is_some() { format!("{shown}?...") } else { shown }
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
#[cfg(any(feature = "cli", feature = "testkit"))]
fn hide_password(address: &str, instead: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    // The last `@` ends user and password: one of them may have a `@` or `/` that nobody has escaped.
    match rest.rsplit_once('@').map(|(user, host)| (user.split_once(':'), host)) {
        Some((Some((user, _)), host)) => format!("{scheme}://{user}{instead}@{host}"),
        _ => address.to_owned(),
    }
}

/// The scheme of a URL; none where there can be no scheme before the first colon.
pub(crate) fn scheme_of(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    let begins = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    (begins && scheme.bytes().all(is_sign)).then_some(scheme)
}

/// The name of the database in a URL, if it has one.
pub(crate) fn database_name(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    // As above: what precedes the last `@` is user and password, with or without escapes.
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let (_, name) = host.split_once('?').map_or(host, |(address, _)| address).split_once('/')?;
    (!name.is_empty()).then(|| unescape(name))
}

/// `%20` is a space. What is no escape stays as it is.
pub(crate) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_database_follows_the_host() {
        for (url, name) in [
            ("mysql://root@127.0.0.1/shop", Some("shop")),
            ("mysql://app:s3/cr?et@db:3306/my%20shop?ssl-mode=disabled", Some("my shop")),
            ("mysql://app@db/", None),
            ("mysql://app@db", None),
            ("sqlite::memory:", None),
        ] {
            assert_eq!(database_name(url).as_deref(), name, "{url}");
        }
    }

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
            ("postgres://app:s3?cret@db/shop", "postgres://..."),
            ("host=db password=s3cret", "(not a URL)"),
            ("s3cret", "(not a URL)"),
            ("Server=db:1;Password=s3cret", "(not a URL)"),
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
