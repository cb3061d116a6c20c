//! Columns and their types.

use super::{EnumType, Name, Options, SequenceOptions};

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Column {
    /// The name.
    pub name: String,
    /// The previous name, if the models declare one.
    pub renamed_from: Option<String>,
    /// The type.
    pub ty: Type,
    /// Whether the column is nullable.
    pub nullable: bool,
    /// The value that a new row gets by default.
    pub default: Option<DefaultValue>,
    /// How the database numbers rows, if it does.
    pub identity: Option<Identity>,
    /// How the column is computed from others, if it is.
    pub generated: Option<Generated>,
    /// The collation, if it is not the default.
    pub collation: Option<String>,
    /// The comment.
    pub comment: Option<String>,
    /// Properties that only some databases have: `storage`, `compression`, `on_update`, `invisible`, `not_null_conflict` ...
    pub options: Options,
}

impl Column {
    /// Creates a nullable column without a default.
    pub fn new(name: impl Into<String>, ty: impl Into<Type>) -> Self {
        Self {
            name: name.into(),
            renamed_from: None,
            ty: ty.into(),
            nullable: true,
            default: None,
            identity: None,
            generated: None,
            collation: None,
            comment: None,
            options: Options::new(),
        }
    }

    /// Makes the column NOT NULL.
    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Sets whether the column is nullable.
    #[must_use]
    pub fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// Sets a value as the default.
    #[must_use]
    pub fn default(mut self, value: impl Into<Literal>) -> Self {
        self.default = Some(DefaultValue::Literal(value.into()));
        self
    }

    /// Sets an SQL expression as the default: `now()`.
    #[must_use]
    pub fn default_sql(mut self, expression: impl Into<String>) -> Self {
        self.default = Some(DefaultValue::Sql(expression.into()));
        self
    }

    /// Lets the database number new rows in its usual way. This makes the column NOT NULL.
    #[must_use]
    pub fn auto_increment(self) -> Self {
        self.identity(Identity::new(IdentityKind::Auto))
    }

    /// Lets the database number new rows. This makes the column NOT NULL.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self.nullable = false;
        self
    }

    /// Computes the column with this expression, and stores the result.
    #[must_use]
    pub fn generated(mut self, expression: impl Into<String>) -> Self {
        self.generated = Some(Generated { expression: expression.into(), stored: true });
        self
    }

    /// Computes the column with this expression whenever it is read.
    #[must_use]
    pub fn generated_virtual(mut self, expression: impl Into<String>) -> Self {
        self.generated = Some(Generated { expression: expression.into(), stored: false });
        self
    }

    /// Sets the collation.
    #[must_use]
    pub fn collation(mut self, collation: impl Into<String>) -> Self {
        self.collation = Some(collation.into());
        self
    }

    /// Sets the comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Declares the column's previous name, so that a draft renames it instead of dropping it.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// Sets an option that only some databases have. The others ignore it.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Whether a new row always gets a value here by itself.
    pub(crate) fn fills_itself(&self) -> bool {
        self.nullable
            || self.default.is_some()
            || self.identity.is_some()
            || self.generated.is_some()
    }
}

/// The type of a column.
///
/// Each database has its own name for each type; the chapter on models lists them. A type that a database lacks is an error
/// that names the column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Type {
    /// 8 bits, signed.
    TinyInt,
    /// 16 bits, signed.
    SmallInt,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    BigInt,
    /// 8 bits, unsigned.
    UnsignedTinyInt,
    /// 16 bits, unsigned.
    UnsignedSmallInt,
    /// 32 bits, unsigned.
    UnsignedInteger,
    /// 64 bits, unsigned.
    UnsignedBigInt,
    /// A floating-point number of 32 bits.
    Real,
    /// A floating-point number of 64 bits.
    Double,
    /// An exact number with this many digits, and this many of them after the point; `None` means the database's default.
    Decimal(Option<(u32, u32)>),
    /// True or false.
    Boolean,
    /// A text of any length.
    Text,
    /// A text of at most this many characters.
    Varchar(u32),
    /// A text of exactly this many characters.
    Char(u32),
    /// Bytes.
    Bytes,
    /// A UUID.
    Uuid,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// A time of day with an offset from UTC.
    TimeTz,
    /// A date and time without a time zone.
    Timestamp,
    /// A point in time.
    TimestampTz,
    /// A span of time.
    Interval,
    /// JSON, in the form that the database can query.
    Json,
    /// An IP address, with its network.
    Inet,
    /// An IP network.
    Cidr,
    /// A hardware address.
    MacAddress,
    /// A sequence of bits of any length.
    BitString,
    /// A sum of money.
    Money,
    /// A map from texts to texts.
    Hstore,
    /// An array.
    Array(Box<Type>),
    /// A range.
    Range(RangeOf),
    /// One of the values of an enum.
    Enum(EnumType),
    /// A type in the database's own words.
    Sql(SqlType),
}

impl Type {
    /// Creates a type from the database's own words: `Type::sql("tsvector")`.
    pub fn sql(text: impl Into<String>) -> Self {
        Self::Sql(SqlType { text: text.into(), for_database: Vec::new() })
    }

    /// Returns the enum type that this is, or is an array of.
    pub fn enum_type(&self) -> Option<&EnumType> {
        match self {
            Self::Enum(value) => Some(value),
            Self::Array(element) => element.enum_type(),
            _ => None,
        }
    }

    /// What it is an array of, or itself.
    pub(crate) fn element_mut(&mut self) -> &mut Self {
        match self {
            Self::Array(element) => element.element_mut(),
            other => other,
        }
    }

    /// The text of an inspected type; empty for one in the models' words.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Sql(sql) => &sql.text,
            _ => "",
        }
    }
}

/// A type written in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SqlType {
    /// The SQL for databases that are not listed in `on`.
    pub text: String,
    /// The SQL for single databases, by the scheme of their URLs.
    pub for_database: Vec<(String, String)>,
}

impl SqlType {
    /// Creates a type with this SQL on every database.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), for_database: Vec::new() }
    }

    /// Sets the SQL for one database.
    #[must_use]
    pub fn on(mut self, database: impl Into<String>, text: impl Into<String>) -> Self {
        self.for_database.push((database.into(), text.into()));
        self
    }

    /// Returns the SQL for a database.
    pub(crate) fn text_on(&self, database: &str) -> &str {
        let own = self.for_database.iter().find(|(name, _)| name == database);
        own.map_or(&self.text, |(_, text)| text)
    }
}

impl From<SqlType> for Type {
    fn from(sql: SqlType) -> Self {
        Self::Sql(sql)
    }
}

impl From<EnumType> for Type {
    fn from(value: EnumType) -> Self {
        Self::Enum(value)
    }
}

/// The type of a range's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum RangeOf {
    /// 32-bit numbers.
    Integer,
    /// 64-bit numbers.
    BigInt,
    /// Exact numbers.
    Decimal,
    /// Dates.
    Date,
    /// A date and time without a time zone.
    Timestamp,
    /// Points in time.
    TimestampTz,
}

/// The default of a column.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum DefaultValue {
    /// A value.
    Literal(Literal),
    /// An SQL expression.
    Sql(String),
}

/// A value that every database can write.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Literal {
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A text.
    Text(String),
}

macro_rules! literals {
    ($($kind:ident: $($from:ty),+;)+) => {
        $($(impl From<$from> for Literal {
            fn from(value: $from) -> Self {
                Self::$kind(value.into())
            }
        })+)+
    };
}
literals! {
    Integer: i8, i16, i32, i64, i128, u8, u16, u32, u64;
    Float: f32, f64;
    Boolean: bool;
    Text: &str, String;
}

/// How the database numbers new rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Identity {
    /// The kind of numbering.
    pub kind: IdentityKind,
    /// The start, the increment and the other options.
    pub sequence: SequenceOptions,
    /// The sequence behind it, if its name is not the one that the database would choose.
    pub sequence_name: Option<Name>,
    /// What is said of that sequence.
    pub comment: Option<String>,
}

impl Identity {
    /// Creates a numbering of this kind that starts at 1.
    pub fn new(kind: IdentityKind) -> Self {
        Self { kind, sequence: SequenceOptions::default(), sequence_name: None, comment: None }
    }

    /// Sets the options of the sequence.
    #[must_use]
    pub fn sequence(mut self, sequence: SequenceOptions) -> Self {
        self.sequence = sequence;
        self
    }
}

/// How the database numbers rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum IdentityKind {
    /// The database's usual way.
    Auto,
    /// `GENERATED BY DEFAULT AS IDENTITY`: a value in the INSERT takes precedence.
    ByDefault,
    /// `GENERATED ALWAYS AS IDENTITY`: a value in the INSERT is an error.
    Always,
    /// A default that takes the next number of a sequence owned by the column, as `serial` does.
    Serial,
}

/// How a column is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Generated {
    /// The expression.
    pub expression: String,
    /// Whether the value is stored when a row is written, instead of computed when it is read.
    pub stored: bool,
}

impl Generated {
    pub(crate) fn new(expression: impl Into<String>, stored: bool) -> Self {
        Self { expression: expression.into(), stored }
    }
}
