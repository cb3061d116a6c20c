//! Which server a test uses: the one it names, the one of `DATABASE_URL`, or a throw-away server.

use std::path::PathBuf;

use super::server;
use crate::{
    database::{driver, drivers},
    error::{Error, Result},
};

/// The variable, which may also stand in a `.env` file.
const VARIABLE: &str = "DATABASE_URL";

/// Where a test gets its database from.
#[derive(Debug, Clone)]
pub(super) struct TestServer {
    pub(super) url: String,
    /// The folder of a throw-away server, which goes with it.
    pub(super) thrown_away: Option<PathBuf>,
}

impl TestServer {
    fn lasting(url: String) -> Self {
        Self { url, thrown_away: None }
    }
}

/// A server with this scheme, or any server if no scheme is asked for.
pub(super) async fn find(
    given: Option<String>,
    scheme: Option<&'static str>,
) -> Result<TestServer> {
    // Its databases are files of the kit's own, and no server has to be found.
    if let Some(scheme) = scheme.filter(|scheme| needs_no_server(scheme)) {
        return Ok(TestServer::lasting(format!("{scheme}:")));
    }
    if let Some(url) = given {
        return check(url, scheme, "the URL that was given").map(TestServer::lasting);
    }
    if let Some(url) = variable() {
        return check(url, scheme, VARIABLE).map(TestServer::lasting);
    }
    let scheme = match scheme {
        Some(scheme) => scheme,
        None => only_driver()?,
    };
    if needs_no_server(scheme) {
        return Ok(TestServer::lasting(format!("{scheme}:")));
    }
    server::throw_away(scheme).await
}

/// The URL or scheme of the database that the tests are for, without a look at any server.
pub(super) fn which(given: Option<String>, scheme: Option<&str>) -> Result<String> {
    match scheme.map(str::to_owned).or(given).or_else(variable) {
        Some(known) => Ok(known),
        None => only_driver().map(str::to_owned),
    }
}

fn variable() -> Option<String> {
    // The environment first, then a file `.env` here or above.
    dotenvy::var(VARIABLE).ok().filter(|url| !url.is_empty())
}

fn needs_no_server(scheme: &str) -> bool {
    driver(scheme).is_ok_and(|driver| driver.scratch.is_some())
}

/// A test for one database does not run on another.
fn check(url: String, scheme: Option<&'static str>, from: &str) -> Result<String> {
    let found = driver(&url)?;
    match scheme {
        Some(scheme) if !found.dialect.schemes().contains(&scheme) => Err(Error::TestKit {
            problem: format!(
                "{from} is one of {}, and the test wants {scheme}: give it the URL of a server of its own, \
                 `#[ambix::test(url = ...)]`, `TestSetup::url` or `MigrationTests::url`; without any a throw-away server is started",
                found.dialect.name()
            ),
        }),
        _ => Ok(url),
    }
}

/// The database that is meant where nothing says which.
fn only_driver() -> Result<&'static str> {
    let all: Vec<_> = drivers().collect();
    match all.as_slice() {
        [only] => Ok(only.dialect.schemes()[0]),
        several => {
            let names: Vec<&str> = several.iter().map(|driver| driver.dialect.name()).collect();
            Err(Error::TestKit {
                problem: format!(
                    "which database the tests are for is not said, and {} are compiled in: set {VARIABLE}, give a URL, or name it: \
                 `|tests| tests.database({:?})` in `migration_tests!`",
                    names.join(", "),
                    several[0].dialect.schemes()[0]
                ),
            })
        }
    }
}
