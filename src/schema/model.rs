//! The traits that the derives implement: a struct is a table, an enum is a type.

use super::{EnumType, Name, Schema, Table, Type};

/// A struct whose fields are the columns of a table. Derive it: [`#[derive(ambix::Model)]`](crate::Model).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "no `ambix::schema::Model`",
    note = "a model is a struct with `#[derive(ambix::Model)]`"
)]
pub trait Model {
    /// Returns the table.
    fn table() -> Table;

    /// The table's name alone. Models that refer to each other, or to themselves, ask for this; the derive answers without
    /// making the table.
    fn table_name() -> Name {
        Self::table().name
    }
}

/// An enum whose variants are the values of a column. Derive it: [`#[derive(ambix::Enum)]`](crate::Enum).
pub trait Enum {
    /// Returns the type.
    fn enum_type() -> EnumType;
}

/// A Rust type that can be the type of a column.
///
/// | | |
/// |---|---|
/// | `i8` .. `i64`, `u8` .. `u64`, `NonZero..` | [`TinyInt`](Type::TinyInt) .. [`UnsignedBigInt`](Type::UnsignedBigInt) |
/// | `f32`, `f64`, `bool` | [`Real`](Type::Real), [`Double`](Type::Double), [`Boolean`](Type::Boolean) |
/// | `String`, `&str`, `Box<str>`, `Arc<str>`, `Cow<str>` | [`Text`](Type::Text) |
/// | `Vec<u8>`, `&[u8]`, `Box<[u8]>`, `Cow<[u8]>`, `[u8; N]` | [`Bytes`](Type::Bytes) |
/// | `Option<T>` | that of `T`, and it may be NULL |
/// | `Vec<T>` | an [`Array`](Type::Array) |
/// | `std::net::IpAddr`, `Ipv4Addr`, `Ipv6Addr` | [`Inet`](Type::Inet) |
/// | `std::time::Duration` | [`Interval`](Type::Interval) |
/// | an enum with [`#[derive(Enum)]`](crate::Enum) | [`Enum`](Type::Enum) |
///
/// With features that are named as the crates are, and as sqlx's own:
///
/// | | |
/// |---|---|
/// | `uuid` | `Uuid`, `Hyphenated`, `Simple` |
/// | `chrono` | `NaiveDate`, `NaiveTime`, `NaiveDateTime`, `DateTime<Tz>`, `TimeDelta` |
/// | `time` | `Date`, `Time`, `PrimitiveDateTime`, `OffsetDateTime`, `UtcDateTime`, `Duration` |
/// | `jiff` | `civil::Date`, `civil::Time`, `civil::DateTime`, `Timestamp`, `Span`, `SignedDuration` |
/// | `jiff-sqlx` | the types of the same names, with which sqlx reads jiff's |
/// | `json` | `serde_json::Value`, and with a database `sqlx::types::Json<T>` |
/// | `rust_decimal`, `bigdecimal` | `Decimal`, `BigDecimal` |
/// | `ipnetwork`, `ipnet`, `mac_address`, `bit-vec` | their types |
/// | `postgres` | sqlx's `PgInterval`, `PgMoney`, `PgHstore`, `PgRange<T>`, `PgCiText`, `PgLTree`, `PgLQuery`, `Oid` |
/// | | sqlx's `PgCube`, `PgPoint`, `PgLine`, `PgLSeg`, `PgBox`, `PgPath`, `PgPolygon`, `PgCircle` |
/// | `mysql` | sqlx's `MySqlTime` |
/// | any database | sqlx's `Text<T>` |
///
/// Implement it for your own types, such as those with `#[sqlx(transparent)]`, which our macros cannot see:
///
/// ```
/// use ambix::schema::{ColumnType, Type};
/// struct Email(String);
/// impl ColumnType for Email {
///     fn column_type() -> Type {
///         Type::Varchar(255)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a column",
    label = "no `ambix::schema::ColumnType`",
    note = "a type of another crate needs ambix's feature of the crate's name: `uuid`, `chrono`, `time`, `json` ..",
    note = "of your own type say what it is stored as: `#[column(as = \"String\")]`, `#[column(sql_type = \"..\")]`, or implement the trait"
)]
pub trait ColumnType {
    /// Whether the column is nullable; only `Option` sets this.
    const NULLABLE: bool = false;
    /// Returns the type of the column.
    fn column_type() -> Type;
}

/// A Rust type that can be the element of an array column.
#[diagnostic::on_unimplemented(
    message = "a column cannot have many `{Self}`",
    label = "no `ambix::schema::ArrayElement`",
    note = "`#[sqlx(json)]` beside it stores the values as JSON, and so does `#[column(as = \"serde_json::Value\")]`"
)]
pub trait ArrayElement: ColumnType {}

/// The models that [`models!`](crate::models!) collects: their names and their schema.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Models {
    /// The models' names in Rust, for the list that a draft without changes shows.
    pub names: Vec<String>,
    /// The schema that the models describe together.
    pub schema: Schema,
}

impl Models {
    /// Creates an empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model; `name` is the name that lists show.
    #[must_use]
    pub fn model<M: Model>(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self.schema = self.schema.table(M::table());
        self
    }
}

/// Collects models, for [`Migrator::models`](crate::Migrator::models).
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use ambix::{Model, models};
///
/// #[derive(Model)]
/// #[model(table = "users")]
/// struct User {
///     #[column(primary_key, auto_increment)]
///     id: i64,
///     #[column(unique, max_length = 255)]
///     email: String,
/// }
///
/// let models = models![User];
/// assert_eq!(models.names, ["User"]);
/// assert_eq!(models.schema.tables[0].name.name, "users");
/// # }
/// ```
///
/// The order does not matter: a model can come before another one that it refers to.
#[macro_export]
macro_rules! models {
    ($($model:ty),* $(,)?) => {
        $crate::schema::Models::new()$(.model::<$model>(::core::stringify!($model)))*
    };
}

impl From<Schema> for Models {
    fn from(schema: Schema) -> Self {
        Self { names: Vec::new(), schema }
    }
}
