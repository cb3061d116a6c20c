//! The driver: the only file here that names sqlx's types.

use sqlx::{
    ConnectOptions, PgConnection, PgPool, Postgres,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgDatabaseError, PgErrorPosition, types},
};

use super::super::{
    BoxFuture, Connect, Connector, Dialect, Driver, Failure, FailureKind, StepConnection,
    link::{Door, Link, link_functions},
    sealed,
};
use crate::{
    error::{Error, Result},
    schema::{ArrayElement, ColumnType, RangeElement, Type, columns},
};

pub(super) const DRIVER: Driver = Driver {
    dialect: &super::Postgres,
    connection: <sqlx::PgConnection as StepConnection>::NAME,
    open: |url| Ok(Box::new(Door::<Postgres>::Options(read(url)?, None))),
    server: |url| {
        let options = read(url)?;
        let name = options.get_database().unwrap_or(options.get_username()).to_owned();
        let door = |database: &str| -> Box<dyn Connector> {
            Box::new(Door::<Postgres>::Options(options.clone().database(database), None))
        };
        // The first is there for this; the second, since everything else can be dropped.
        let others = ["postgres", "template1"].into_iter().filter(|other| *other != name);
        let others = others.map(door).collect();
        Ok(Box::new(super::server::Cluster { own: door(&name), name, others }))
    },
    scratch: None,
    #[cfg(feature = "testkit")]
    copies: super::copies::open,
    #[cfg(feature = "testkit")]
    throw_away: Some(&super::copies::THROW_AWAY),
    #[cfg(feature = "testkit")]
    shell: &super::Postgres,
};

fn read(url: &str) -> Result<PgConnectOptions> {
    url.parse().map_err(|source: sqlx::Error| Error::Database {
        doing: "reading the database URL",
        source: source.into(),
    })
}

impl Link for Postgres {
    link_functions!(PgConnection);

    fn open<'s>(
        options: &'s PgConnectOptions,
        application: &'s str,
    ) -> BoxFuture<'s, Result<PgConnection, sqlx::Error>> {
        // The server cuts names at 63 bytes, in the middle of a sign if need be.
        let mut end = application.len().min(63);
        while !application.is_char_boundary(end) {
            end -= 1;
        }
        let options =
            options.clone().application_name(&application[..end]).disable_statement_logging();
        Box::pin(async move { options.connect().await })
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
            "57P01" | "57P02" | "57P03" | "25P03" => FailureKind::Lost,
            code if code.starts_with("08") => FailureKind::Lost,
            "23514" if error.constraint().is_some_and(super::super::is_fence) => {
                FailureKind::Fenced
            }
            // Two transactions make the same object, IF NOT EXISTS or not: the later one will see it when it tries again.
            "23505" if schema(error) == Some("pg_catalog") => FailureKind::Transient,
            _ => FailureKind::Other,
        };
        failure.lock_timeout = error.code().as_deref() == Some("55P03");
        if let Some(PgErrorPosition::Original(position)) =
            error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::position)
        {
            failure.position = Some(position.saturating_sub(1));
        }
    }

    fn hints(error: &dyn DatabaseError) -> [Option<&str>; 2] {
        error
            .try_downcast_ref::<PgDatabaseError>()
            .map_or([None, None], |error| [error.detail(), error.hint()])
    }
}

/// The schema of the table that an error is about.
fn schema(error: &dyn DatabaseError) -> Option<&str> {
    error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::schema)
}

impl sealed::Sealed for PgConnection {}
impl StepConnection for PgConnection {
    const NAME: &'static str = "PgConnection";
}

#[cfg(feature = "testkit")]
super::super::link::test_pool!(PgPool, sqlx::postgres::PgPoolOptions, "postgres", read);

impl sealed::Sealed for &PgPool {}
impl<'c> Connect<'c> for &'c PgPool {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        Ok(Box::new(Door::Pool(self)))
    }
}

impl sealed::Sealed for &mut PgConnection {}
impl<'c> Connect<'c> for &'c mut PgConnection {
    fn connector(self) -> Result<Box<dyn Connector + 'c>> {
        Ok(Box::new(Door::<Postgres>::Borrowed(self)))
    }
}

// The driver's own types in models.
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
