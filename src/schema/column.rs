//! Columns and their types.

use super::{Enum, Name, Options, SequenceOptions};

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it was called before, where the models say so.
    pub renamed_from: Option<String>,
    /// Its type.
    pub ty: Type,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What a new row gets where nothing is given.
    pub default: Option<DefaultValue>,
    /// Numbers that the database gives.
    pub identity: Option<Identity>,
    /// Computed from other columns.
    pub generated: Option<Generated>,
    /// How its texts are ordered and compared, where that is not the default.
    pub collation: Option<String>,
    /// The comment on it.
    pub comment: Option<String>,
    /// Properties that only some databases have: `storage`, `compression`, `on_update`, `invisible`, `not_null_conflict` ...
    pub options: Options,
}

impl Column {
    /// A column that may be NULL and has no default.
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

    /// May not be NULL.
    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Whether it may be NULL.
    #[must_use]
    pub fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// With a default that is a value.
    #[must_use]
    pub fn default(mut self, value: impl Into<Literal>) -> Self {
        self.default = Some(DefaultValue::Literal(value.into()));
        self
    }

    /// With a default that is an SQL expression: `now()`.
    #[must_use]
    pub fn default_sql(mut self, expression: impl Into<String>) -> Self {
        self.default = Some(DefaultValue::Sql(expression.into()));
        self
    }

    /// The database numbers new rows, in its usual way. The column may not be NULL then.
    #[must_use]
    pub fn auto_increment(self) -> Self {
        self.identity(Identity::new(IdentityKind::Auto))
    }

    /// The database numbers new rows. The column may not be NULL then.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self.nullable = false;
        self
    }

    /// Computed by this expression, and stored.
    #[must_use]
    pub fn generated(mut self, expression: impl Into<String>) -> Self {
        self.generated = Some(Generated { expression: expression.into(), stored: true });
        self
    }

    /// Computed by this expression whenever it is read.
    #[must_use]
    pub fn generated_virtual(mut self, expression: impl Into<String>) -> Self {
        self.generated = Some(Generated { expression: expression.into(), stored: false });
        self
    }

    /// With this collation.
    #[must_use]
    pub fn collation(mut self, collation: impl Into<String>) -> Self {
        self.collation = Some(collation.into());
        self
    }

    /// With this comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Declares that the column had another name, so that it is renamed and not dropped.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<String>) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// With an option that only some databases have; those that do not have it pass it over.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Whether a new row always gets a value here without saying one.
    pub(crate) fn fills_itself(&self) -> bool {
        self.nullable
            || self.default.is_some()
            || self.identity.is_some()
            || self.generated.is_some()
    }
}

/// The type of a column.
///
/// Each database has its own word for each; which one is in the chapter on drafting. What has none on a database is an error
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
    /// An exact number with this many digits, and this many of them behind the point; none is the database's default.
    Decimal(Option<(u32, u32)>),
    /// True or false.
    Boolean,
    /// A text of any length.
    Text,
    /// A text of at most so many characters.
    Varchar(u32),
    /// A text of exactly so many characters.
    Char(u32),
    /// Bytes.
    Bytes,
    /// A UUID.
    Uuid,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A time of day with its offset from UTC.
    TimeTz,
    /// Day and time, without a zone.
    Timestamp,
    /// A point in time.
    TimestampTz,
    /// A span of time.
    Interval,
    /// JSON, in the form that the database can look into.
    Json,
    /// An IP address with its network.
    Inet,
    /// An IP network.
    Cidr,
    /// A hardware address.
    MacAddress,
    /// A sequence of bits of any length.
    BitString,
    /// A sum of money.
    Money,
    /// Texts by key.
    Hstore,
    /// Many of a type.
    Array(Box<Type>),
    /// From one value to another.
    Range(RangeOf),
    /// One of listed values.
    Enum(Enum),
    /// As the database writes it.
    Sql(SqlType),
}

impl Type {
    /// A type as the database writes it: `Type::sql("tsvector")`.
    pub fn sql(text: impl Into<String>) -> Self {
        Self::Sql(SqlType { text: text.into(), for_database: Vec::new() })
    }

    /// The enum type that this is, or is an array of.
    pub fn enum_type(&self) -> Option<&Enum> {
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

/// A type in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SqlType {
    /// As it is written, where nothing else is said for the database at hand.
    pub text: String,
    /// As it is written on one database, by the name that its URLs begin with.
    pub for_database: Vec<(String, String)>,
}

impl SqlType {
    /// A type that is written so.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), for_database: Vec::new() }
    }

    /// On this database it is written so.
    #[must_use]
    pub fn on(mut self, database: impl Into<String>, text: impl Into<String>) -> Self {
        self.for_database.push((database.into(), text.into()));
        self
    }

    /// How it is written on a database.
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

impl From<Enum> for Type {
    fn from(value: Enum) -> Self {
        Self::Enum(value)
    }
}

/// What a range goes from and to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum RangeOf {
    /// Numbers of 32 bits.
    Integer,
    /// Numbers of 64 bits.
    BigInt,
    /// Exact numbers.
    Decimal,
    /// Days.
    Date,
    /// Day and time, without a zone.
    Timestamp,
    /// Points in time.
    TimestampTz,
}

/// A default.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum DefaultValue {
    /// A value.
    Literal(Literal),
    /// An SQL expression.
    Sql(String),
}

/// A value that each database can write.
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

/// Numbers that the database gives to new rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Identity {
    /// In which way.
    pub kind: IdentityKind,
    /// Where it begins, and so on.
    pub sequence: SequenceOptions,
    /// The sequence behind it, where its name is not the one that the database makes up.
    pub sequence_name: Option<Name>,
    /// What is said of that sequence.
    pub comment: Option<String>,
}

impl Identity {
    /// In this way, from 1.
    pub fn new(kind: IdentityKind) -> Self {
        Self { kind, sequence: SequenceOptions::default(), sequence_name: None, comment: None }
    }

    /// With these options.
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
    /// As is usual on the database at hand.
    Auto,
    /// `GENERATED BY DEFAULT AS IDENTITY`: a value that is given goes before.
    ByDefault,
    /// `GENERATED ALWAYS AS IDENTITY`: a value that is given is an error.
    Always,
    /// A default that takes the next number of a sequence which the column owns: what `serial` makes.
    Serial,
}

/// How a column is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Generated {
    /// From what.
    pub expression: String,
    /// When a row is written, and not whenever it is read.
    pub stored: bool,
}

impl Generated {
    pub(crate) fn new(expression: impl Into<String>, stored: bool) -> Self {
        Self { expression: expression.into(), stored }
    }
}
