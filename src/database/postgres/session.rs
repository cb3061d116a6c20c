//! The driver: the only file here that names sqlx's types.

use sqlx::{
    ConnectOptions, PgConnection, PgPool, Postgres,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgDatabaseError, PgErrorPosition},
};

use super::super::{
    BoxFuture, Connector, Dialect, Driver, Failure, FailureKind, StepConnection,
    connector::{ConnectTarget, SqlxConnector},
    sqlx_session::{SqlxDriver, sqlx_driver_functions},
    url::{Parameters, place_of, seconds, without_brackets},
};
use crate::error::{ConnectProblem, Result};

pub(super) const DRIVER: Driver = Driver {
    dialect: &super::Postgres,
    connection: <sqlx::PgConnection as StepConnection>::NAME,
    open: |url| Ok(Box::new(SqlxConnector::leading(read(url)?))),
    server: |url| {
        let way = read(url)?;
        let options = &way.options;
        let name = options.get_database().unwrap_or(options.get_username()).to_owned();
        let door = |database: &str| -> Box<dyn Connector> {
            Box::new(SqlxConnector::leading(way.with(options.clone().database(database))))
        };
        // The first is there for this; the second, since everything else can be dropped.
        let others = ["postgres", "template1"].into_iter().filter(|other| *other != name);
        let others = others.map(door).collect();
        Ok(Box::new(super::server::Cluster { own: door(&name), name, others }))
    },
    settings,
    scratch: None,
    #[cfg(feature = "testkit")]
    testkit: Some(&super::Postgres),
};

const PARAMETERS: Parameters = Parameters {
    driver: &[
        "sslmode",
        "ssl-mode",
        "sslrootcert",
        "ssl-root-cert",
        "ssl-ca",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "statement-cache-capacity",
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "password",
        "application_name",
        "options",
    ],
    own: &["search_path", "schema", "currentSchema", "TimeZone", "timezone", "connect_timeout"],
    prefix: Some("options["),
    only: &[
        ("channel_binding", &["prefer", "disable"], "the driver binds no channels; leave it out"),
        ("gssencmode", &["prefer", "disable"], "the driver knows no GSSAPI; leave it out"),
        ("sslnegotiation", &["postgres"], "the driver negotiates as `postgres`; leave it out"),
        ("client_encoding", &["utf8", "utf-8", "auto"], "migrations are UTF-8; leave it out"),
        (
            "target_session_attrs",
            &["any", "read-write", "primary"],
            "migrations run on the server that takes the writes; leave it out",
        ),
        ("load_balance_hosts", &["disable"], "migrations run on one server; leave it out"),
        (
            "pgbouncer",
            &["false"],
            "migrations need a connection to the server itself, or a pooler in session mode; give its URL (with `--direct-url` \
             on the command line)",
        ),
    ],
    advice: "; any setting of the server is written options[NAME]=VALUE",
};

pub(super) fn read(url: &str) -> Result<ConnectTarget<Postgres>> {
    let read = PARAMETERS.server(url)?;
    let mut way: ConnectTarget<Postgres> =
        ConnectTarget::new(read.parse(|url| url.parse::<PgConnectOptions>().ok())?);
    if let Some(host) = without_brackets(way.options.get_host()).map(str::to_owned) {
        way.options = way.options.host(&host);
    }
    for (name, value) in &read.own {
        let option = match *name {
            "connect_timeout" => {
                way.connect = seconds(name, value)?;
                continue;
            }
            // One schema by its name, where the others are a list as SQL writes it.
            "schema" => ("search_path", super::Postgres.quote(value)),
            "search_path" | "currentSchema" => ("search_path", value.clone()),
            _ => ("TimeZone", value.clone()),
        };
        way.options = way.options.options([option]);
    }
    Ok(way)
}

/// The settings that the driver sends with every connection, so that those in `options` would not hold.
const OVERRULED: [(&str, &str); 3] = [
    ("timezone", "ambix.timezone"),
    ("datestyle", "ambix.datestyle"),
    ("extra_float_digits", "ambix.extra_float_digits"),
];

/// The settings that a URL asks for. A list such as the search path is one text here, as it is where a connection begins with it.
fn settings(url: &str) -> Result<Option<String>> {
    let way = read(url)?;
    let literal = |text: &str| super::Postgres.literal(text);
    let asked = assignments(way.options.get_options().unwrap_or_default());
    let set = |(name, value): &(String, String)| {
        let (name, value) = (literal(name), literal(value));
        format!("PERFORM pg_catalog.set_config({name}, {value}, false);")
    };
    let sets: Vec<String> = asked.iter().map(set).collect();
    Ok((!sets.is_empty()).then(|| format!("DO $ambix$ BEGIN {} END $ambix$;", sets.join(" "))))
}

/// What the options of a connection say of a setting, the last of them.
fn asked_for(options: &str, setting: &str) -> Option<String> {
    let is_it = |(name, _): &(String, String)| name.eq_ignore_ascii_case(setting);
    assignments(options).into_iter().rfind(is_it).map(|(_, value)| value)
}

/// What the options of a connection set: `-c name=value` or `--name=value`.
fn assignments(options: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut signs = options.chars();
    while let Some(sign) = signs.next() {
        match (sign, words.last_mut()) {
            ('\\', Some(word)) => word.extend(signs.next()),
            (' ' | '\t' | '\n', _) => words.push(String::new()),
            (sign, Some(word)) => word.push(sign),
            (_, None) => {}
        }
    }
    let mut found = Vec::new();
    let mut after_c = false;
    for word in words.iter().filter(|word| !word.is_empty()) {
        let assignment = if after_c {
            Some(word.as_str())
        } else {
            word.strip_prefix("--").or(word.strip_prefix("-c"))
        };
        after_c = !after_c && word == "-c";
        if let Some((name, value)) = assignment.and_then(|text| text.split_once('=')) {
            found.push((name.replace('-', "_"), value.to_owned()));
        }
    }
    found
}

impl SqlxDriver for Postgres {
    sqlx_driver_functions!(PgConnection);

    fn open<'s>(
        options: &'s PgConnectOptions,
        application: &'s str,
        _first: &'s str,
    ) -> BoxFuture<'s, Result<PgConnection, sqlx::Error>> {
        // The server cuts names at 63 bytes, in the middle of a sign if need be.
        let mut end = application.len().min(63);
        while !application.is_char_boundary(end) {
            end -= 1;
        }
        let asked = options.get_options().unwrap_or_default().to_owned();
        let mut options = options
            .clone()
            .application_name(&application[..end])
            // The server's own: the driver would send another with the connection.
            .extra_float_digits(None)
            .disable_statement_logging();
        for (setting, as_asked) in OVERRULED {
            if let Some(value) = asked_for(&asked, setting) {
                options = options.options([(as_asked, value)]);
            }
        }
        Box::pin(async move { options.connect().await })
    }

    fn copy<'s>(
        connection: &'s mut PgConnection,
        statement: &'s str,
        rows: &'s str,
    ) -> BoxFuture<'s, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let mut copy = connection.copy_in_raw(statement).await?;
            copy.send(rows.as_bytes()).await?;
            copy.finish().await?;
            Ok(())
        })
    }

    fn place(options: &PgConnectOptions) -> Option<String> {
        Some(match options.get_socket() {
            Some(socket) => format!("{}, port {}", socket.display(), options.get_port()),
            None => place_of(options.get_host(), options.get_port()),
        })
    }

    fn beside(options: &PgConnectOptions, database: &str) -> Option<PgConnectOptions> {
        Some(options.clone().database(database))
    }

    fn dialect() -> &'static dyn Dialect {
        &super::Postgres
    }

    fn explain(error: &dyn DatabaseError, failure: &mut Failure) {
        failure.kind = match error.code().as_deref().unwrap_or_default() {
            "42P01" | "3F000" | "42703" => FailureKind::Absent,
            "55P03" | "40P01" | "40001" => FailureKind::Transient,
            // Too many connections.
            "53300" => FailureKind::Transient,
            // It is starting, or stopping.
            "57P03" => FailureKind::Transient,
            "57P01" | "57P02" | "25P03" => FailureKind::Lost,
            // A pooler's own words, under a code of the protocol.
            _ if error.message().contains("statement pooling mode") => FailureKind::Pooled,
            "22P02" if error.message().contains("ambix_pooled") => FailureKind::Pooled,
            code if code.starts_with("08") => FailureKind::Lost,
            "23514" if error.constraint().is_some_and(super::super::is_fence) => {
                FailureKind::Fenced
            }
            // Two transactions make the same object, IF NOT EXISTS or not: the later one will see it when it tries again.
            "23505" if schema(error) == Some("pg_catalog") => FailureKind::Transient,
            _ => FailureKind::Other,
        };
        failure.lock_timeout = error.code().as_deref() == Some("55P03");
        // A policy that a row violates has the same code, and is no right.
        failure.is_denied = error.code().as_deref() == Some("42501")
            && !error.message().contains("row-level security");
        failure.connect = match error.code().as_deref().unwrap_or_default() {
            "3D000" => ConnectProblem::NoDatabase,
            "28000" | "28P01" | "42501" => ConnectProblem::Denied,
            _ => ConnectProblem::Other,
        };
        failure.advice = match error.code().as_deref().unwrap_or_default() {
            // It ends transactions by itself, or cannot run in one.
            "2D000" | "25001" => Some(
                "what it runs cannot be part of the migration's transaction: write `-- ambix: transaction none` at the top of the \
                 file, and nothing else that needs one into it",
            ),
            "55P04" => Some(
                "a value that was added to an enum can be used once it is committed: add it in a migration of its own, before this one",
            ),
            _ => None,
        };
        let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else { return };
        if let Some(PgErrorPosition::Original(position)) = error.position() {
            failure.position = Some(position.saturating_sub(1));
        }
        failure.data_line = error.r#where().and_then(line_of_copy);
    }

    fn hints(error: &dyn DatabaseError) -> [Option<&str>; 2] {
        error
            .try_downcast_ref::<PgDatabaseError>()
            .map_or([None, None], |error| [error.detail(), error.hint()])
    }
}

/// The line of its data where a COPY has failed. The context of an error ends with `COPY table, line 3, column id: "x"`, in the
/// server's language, so that the number is what can be read; the table may have digits, and commas, in its name.
fn line_of_copy(context: &str) -> Option<u32> {
    let rest = context.lines().rev().find_map(|line| line.strip_prefix("COPY "))?;
    rest.split(", ").skip(1).find_map(|part| {
        let part = part.split(':').next()?;
        part.split(' ').find_map(|word| word.parse().ok())
    })
}

/// The schema of the table that an error is about.
fn schema(error: &dyn DatabaseError) -> Option<&str> {
    error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::schema)
}

super::super::sqlx_session::connections!(PgPool, PgConnection, Postgres);

#[cfg(feature = "draft")]
mod column_types {
    //! The driver's own types in models.

    use sqlx::postgres::types;

    use crate::schema::{ArrayElement, ColumnType, RangeElement, Type, columns};

    columns! { in arrays
        types::PgInterval: Type::Interval;
        types::PgMoney: Type::Money;
        types::PgHstore: Type::Hstore;
        types::PgCiText: Type::sql("citext");
        types::PgLTree: Type::sql("ltree");
        types::PgLQuery: Type::sql("lquery");
        types::PgCube: Type::sql("cube");
        types::PgPoint: Type::sql("point");
        types::PgLine: Type::sql("line");
        types::PgLSeg: Type::sql("lseg");
        types::PgBox: Type::sql("box");
        types::PgPath: Type::sql("path");
        types::PgPolygon: Type::sql("polygon");
        types::PgCircle: Type::sql("circle");
        types::Oid: Type::sql("oid");
    }

    impl<T: RangeElement> ColumnType for types::PgRange<T> {
        fn column_type() -> Type {
            Type::Range(T::RANGE)
        }
    }
    impl<T: RangeElement> ArrayElement for types::PgRange<T> {}
}
