//! The driver: the only file here that names sqlx's types.

use sqlx::{
    ConnectOptions, MySql, MySqlConnection, MySqlPool,
    error::DatabaseError,
    mysql::{MySqlConnectOptions, MySqlDatabaseError},
};

use super::super::{
    BoxFuture, Dialect, Driver, Failure, FailureKind, StepConnection,
    connector::{ConnectTarget, SqlxConnector},
    sqlx_session::{SqlxDriver, sqlx_driver_functions},
    url::{Parameters, place_of, seconds, unreadable, without_brackets},
};
use crate::error::{ConnectProblem, Error, Result};

pub(super) const DRIVER: Driver = Driver {
    dialect: &super::MySql,
    connection: <sqlx::MySqlConnection as StepConnection>::NAME,
    open: |url| Ok(Box::new(SqlxConnector::leading(read(url)?))),
    server: |url| {
        let way = read(url)?;
        let options = &way.options;
        let name = options.get_database().filter(|name| !name.is_empty()).map(str::to_owned);
        let name = name.ok_or_else(|| Error::Url {
            problem: "it names no database; write one at its end: mysql://HOST:PORT/DATABASE"
                .to_owned(),
        })?;
        // It is there for everybody.
        let options = options.clone().database("information_schema");
        let other = Box::new(SqlxConnector::leading(way.with(options)));
        Ok(Box::new(super::server::Instance { name, other }))
    },
    settings,
    scratch: None,
    #[cfg(feature = "testkit")]
    testkit: Some(&super::MySql),
};

const PARAMETERS: Parameters = Parameters {
    driver: &[
        "sslmode",
        "ssl-mode",
        "sslca",
        "ssl-ca",
        "charset",
        "collation",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "statement-cache-capacity",
        "socket",
    ],
    own: &[
        "connect_timeout",
        "timezone",
        "time-zone",
        "time_zone",
        "sql_mode",
        "foreign_key_checks",
        "unique_checks",
        "sql_safe_updates",
        "sql_require_primary_key",
        "default_storage_engine",
        "explicit_defaults_for_timestamp",
        "group_concat_max_len",
        "innodb_strict_mode",
        "character_set_database",
        "collation_database",
        "wsrep_osu_method",
    ],
    prefix: None,
    only: &[],
    advice: "",
};

pub(super) fn read(url: &str) -> Result<ConnectTarget<MySql>> {
    let read = PARAMETERS.server(url)?;
    // sqlx knows one scheme for both servers.
    let one = |url: &str| {
        url.strip_prefix("mariadb:").map_or(url.to_owned(), |rest| format!("mysql:{rest}"))
    };
    let mut way: ConnectTarget<MySql> =
        ConnectTarget::new(read.parse(|url| one(url).parse::<MySqlConnectOptions>().ok())?);
    if let Some(host) = without_brackets(way.options.get_host()).map(str::to_owned) {
        way.options = way.options.host(&host);
    }
    if !is_utf8(way.options.get_charset()) {
        return Err(unreadable("the parameter charset: migrations are UTF-8; leave it out"));
    }
    let mut variables = Vec::new();
    for (name, value) in &read.own {
        let value = value.trim_matches(['\'', '"']);
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let literal = if is_number { value.to_owned() } else { super::MySql.literal(value) };
        let name = match *name {
            "connect_timeout" => {
                way.connect = seconds(name, value)?;
                continue;
            }
            "timezone" | "time-zone" => {
                way.options = way.options.timezone(Some(value.to_owned()));
                "time_zone"
            }
            name => name,
        };
        variables.push(format!("SESSION {name} = {literal}"));
    }
    way.first = variables.join(", ");
    Ok(way)
}

fn is_utf8(charset: &str) -> bool {
    ["utf8", "utf8mb3", "utf8mb4"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8))
}

fn settings(url: &str) -> Result<Option<String>> {
    let first = read(url)?.first;
    Ok((!first.is_empty()).then(|| format!("SET {first};")))
}

impl SqlxDriver for MySql {
    const SHOWN: &'static [&'static str] = &[
        "Create Event",
        "Create Function",
        "Create Procedure",
        "Create Table",
        "Create View",
        "SQL Original Statement",
    ];

    sqlx_driver_functions!(MySqlConnection);

    fn open<'s>(
        options: &'s MySqlConnectOptions,
        _application: &'s str,
        first: &'s str,
    ) -> BoxFuture<'s, Result<MySqlConnection, sqlx::Error>> {
        // A program may read and write its rows in another, and migrations are UTF-8.
        let (charset, collation) = match options.get_charset() {
            charset if is_utf8(charset) => (charset, options.get_collation()),
            _ => ("utf8mb4", None),
        };
        let collation = collation.map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        // A flag of the driver's handshake turns IGNORE_SPACE on, which makes names like `position` errors.
        let mode = super::without(&["IGNORE_SPACE"]);
        let mut set = format!("SET NAMES {charset}{collation}, SESSION sql_mode = {mode}");
        if !first.is_empty() {
            set = format!("{set}, {first}");
        }
        // Without what the driver says on a new connection: the server's settings hold.
        let options = options
            .clone()
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None)
            .set_names(false)
            .disable_statement_logging();
        Box::pin(async move {
            let mut connection = options.connect().await?;
            sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut connection).await?;
            Ok(connection)
        })
    }

    fn place(options: &MySqlConnectOptions) -> Option<String> {
        Some(match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => place_of(options.get_host(), options.get_port()),
        })
    }

    fn beside(options: &MySqlConnectOptions, database: &str) -> Option<MySqlConnectOptions> {
        Some(options.clone().database(database))
    }

    fn dialect() -> &'static dyn Dialect {
        &super::MySql
    }

    fn explain(error: &dyn DatabaseError, failure: &mut Failure) {
        let number =
            error.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
        let message = error.message();
        failure.kind = match number {
            // No such table, column, database.
            1146 | 1054 | 1049 => FailureKind::Absent,
            // Lock wait timeout, deadlock.
            1205 | 1213 => FailureKind::Transient,
            // Our savepoint is gone with its transaction.
            1305 if message.contains(super::guard_name!()) => FailureKind::Transient,
            // Too many connections, of all users or of this one.
            1040 | 1203 => FailureKind::Transient,
            1226 if message.contains("max_user_connections") => FailureKind::Transient,
            // Shutdown, gone away, lost, killed.
            1053 | 2006 | 2013 | 1927 | 3169 => FailureKind::Lost,
            // CHECK constraint, on the one server and on the other.
            3819 | 4025 if super::super::is_fence(message) => FailureKind::Fenced,
            _ => FailureKind::Other,
        };
        failure.lock_timeout = number == 1205;
        // For the database, a command, a column, a privilege such as SUPER, a routine.
        failure.is_denied = matches!(number, 1044 | 1142 | 1143 | 1227 | 1370);
        failure.connect = match number {
            1049 => ConnectProblem::NoDatabase,
            // For the user or its password, for the database, of a user without a password.
            1044 | 1045 | 1698 => ConnectProblem::Denied,
            _ => ConnectProblem::Other,
        };
        failure.advice = match number {
            // A conflicting read lock, and BACKUP STAGE.
            1223 | 4145 => Some(
                "what the migration has locked keeps its own row from being written: put UNLOCK TABLES behind FLUSH TABLES WITH READ LOCK, \
                 and BACKUP STAGE END behind BACKUP STAGE START, in the same file",
            ),
            1305 if message.contains(super::guard_name!()) => Some(
                "the server has rolled the transaction back (a deadlock, or a conflict with another node) in a statement that hid \
                 the error, such as DO or a function with a handler; what came after it was rolled back as well",
            ),
            1046 => Some("name the database in the URL: mysql://HOST:PORT/DATABASE"),
            _ => None,
        };
        failure.code = Some(match error.code() {
            Some(state) => format!("{number}, SQLSTATE {state}"),
            None => number.to_string(),
        });
        failure.line =
            message.rsplit_once(" at line ").and_then(|(_, line)| line.trim().parse().ok());
    }
}

super::super::sqlx_session::connections!(MySqlPool, MySqlConnection, MySql);

#[cfg(feature = "draft")]
mod column_types {
    //! The driver's own type in models.

    use sqlx::mysql::types::MySqlTime;

    use crate::schema::{ArrayElement, ColumnType, Type, columns};

    columns! { in arrays
        MySqlTime: Type::Time;
    }
}
