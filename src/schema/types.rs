//! Rust types as types of columns.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num, rc, sync,
    time::Duration,
};

use super::{ArrayElement, ColumnType, RangeOf, Type};

/// A Rust type that can be the bound of a range.
pub trait RangeElement {
    /// The range that it makes.
    const RANGE: RangeOf;
}

/// `$ty: $kind;` for each type; after `in arrays` those of which a column can have many.
macro_rules! columns {
    ($($ty:ty: $kind:expr;)*) => {$(
        impl ColumnType for $ty {
            fn column_type() -> Type {
                $kind
            }
        }
    )*};
    (in arrays $($ty:ty: $kind:expr;)*) => {
        columns! { $($ty: $kind;)* }
        $(impl ArrayElement for $ty {})*
    };
}
pub(crate) use columns;

macro_rules! ranges {
    ($($ty:ty: $kind:ident;)*) => {$(
        impl RangeElement for $ty {
            const RANGE: RangeOf = RangeOf::$kind;
        }
    )*};
}

columns! { in arrays
    i8: Type::TinyInt;
    i16: Type::SmallInt;
    i32: Type::Integer;
    i64: Type::BigInt;
    u16: Type::UnsignedSmallInt;
    u32: Type::UnsignedInteger;
    u64: Type::UnsignedBigInt;
    num::NonZeroI16: Type::SmallInt;
    num::NonZeroI32: Type::Integer;
    num::NonZeroI64: Type::BigInt;
    f32: Type::Real;
    f64: Type::Double;
    bool: Type::Boolean;
    String: Type::Text;
    &str: Type::Text;
    Box<str>: Type::Text;
    Cow<'_, str>: Type::Text;
    Vec<u8>: Type::Bytes;
    &[u8]: Type::Bytes;
    Box<[u8]>: Type::Bytes;
    Cow<'_, [u8]>: Type::Bytes;
    Duration: Type::Interval;
    IpAddr: Type::Inet;
    Ipv4Addr: Type::Inet;
    Ipv6Addr: Type::Inet;
}

// A `Vec` of it is bytes, and no array.
columns! {
    u8: Type::UnsignedTinyInt;
    num::NonZeroU8: Type::UnsignedTinyInt;
    num::NonZeroI8: Type::TinyInt;
    num::NonZeroU16: Type::UnsignedSmallInt;
    num::NonZeroU32: Type::UnsignedInteger;
    num::NonZeroU64: Type::UnsignedBigInt;
    rc::Rc<str>: Type::Text;
    sync::Arc<str>: Type::Text;
}

ranges! {
    i32: Integer;
    i64: BigInt;
}

impl<const N: usize> ColumnType for [u8; N] {
    fn column_type() -> Type {
        Type::Bytes
    }
}

impl<T: ColumnType> ColumnType for Option<T> {
    const NULLABLE: bool = true;
    fn column_type() -> Type {
        T::column_type()
    }
}

/// An array's elements may be NULL.
impl<T: ArrayElement> ArrayElement for Option<T> {}

impl<T: ColumnType> ColumnType for Box<T> {
    const NULLABLE: bool = T::NULLABLE;
    fn column_type() -> Type {
        T::column_type()
    }
}

impl<T: ArrayElement> ColumnType for Vec<T> {
    fn column_type() -> Type {
        Type::Array(Box::new(T::column_type()))
    }
}

#[cfg(feature = "uuid")]
columns! { in arrays
    uuid::Uuid: Type::Uuid;
    uuid::fmt::Hyphenated: Type::Text;
    uuid::fmt::Simple: Type::Text;
}

#[cfg(feature = "chrono")]
mod with_chrono {
    use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};

    use super::*;

    columns! { in arrays
        NaiveDate: Type::Date;
        NaiveTime: Type::Time;
        NaiveDateTime: Type::Timestamp;
        TimeDelta: Type::Interval;
    }

    impl<Z: TimeZone> ColumnType for DateTime<Z> {
        fn column_type() -> Type {
            Type::TimestampTz
        }
    }
    impl<Z: TimeZone> ArrayElement for DateTime<Z> {}

    ranges! {
        NaiveDate: Date;
        NaiveDateTime: Timestamp;
    }
    impl<Z: TimeZone> RangeElement for DateTime<Z> {
        const RANGE: RangeOf = RangeOf::TimestampTz;
    }
}

#[cfg(feature = "time")]
mod with_time {
    use super::*;

    columns! { in arrays
        time::Date: Type::Date;
        time::Time: Type::Time;
        time::PrimitiveDateTime: Type::Timestamp;
        time::OffsetDateTime: Type::TimestampTz;
        time::UtcDateTime: Type::TimestampTz;
        time::Duration: Type::Interval;
    }
    ranges! {
        time::Date: Date;
        time::PrimitiveDateTime: Timestamp;
        time::OffsetDateTime: TimestampTz;
    }
}

#[cfg(feature = "jiff")]
columns! { in arrays
    jiff::civil::Date: Type::Date;
    jiff::civil::Time: Type::Time;
    jiff::civil::DateTime: Type::Timestamp;
    jiff::Timestamp: Type::TimestampTz;
    jiff::Span: Type::Interval;
    jiff::SignedDuration: Type::Interval;
}

#[cfg(feature = "jiff-sqlx")]
columns! { in arrays
    jiff_sqlx::Date: Type::Date;
    jiff_sqlx::Time: Type::Time;
    jiff_sqlx::DateTime: Type::Timestamp;
    jiff_sqlx::Timestamp: Type::TimestampTz;
    jiff_sqlx::Span: Type::Interval;
}

#[cfg(feature = "json")]
columns! { in arrays
    serde_json::Value: Type::Json;
}

#[cfg(feature = "rust_decimal")]
mod with_rust_decimal {
    use super::*;

    columns! { in arrays
        rust_decimal::Decimal: Type::Decimal(None);
    }
    ranges! {
        rust_decimal::Decimal: Decimal;
    }
}

#[cfg(feature = "bigdecimal")]
mod with_bigdecimal {
    use super::*;

    columns! { in arrays
        bigdecimal::BigDecimal: Type::Decimal(None);
    }
    ranges! {
        bigdecimal::BigDecimal: Decimal;
    }
}

#[cfg(feature = "ipnetwork")]
columns! { in arrays
    ipnetwork::IpNetwork: Type::Inet;
    ipnetwork::Ipv4Network: Type::Inet;
    ipnetwork::Ipv6Network: Type::Inet;
}

#[cfg(feature = "ipnet")]
columns! { in arrays
    ipnet::IpNet: Type::Inet;
    ipnet::Ipv4Net: Type::Inet;
    ipnet::Ipv6Net: Type::Inet;
}

#[cfg(feature = "mac_address")]
columns! { in arrays
    mac_address::MacAddress: Type::MacAddress;
}

#[cfg(feature = "bit-vec")]
columns! { in arrays
    bit_vec::BitVec: Type::BitString;
}
