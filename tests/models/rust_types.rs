//! Which type of column each Rust type is.

use std::borrow::Cow;

use ambix::schema::{ColumnType, Type};

fn is<T: ColumnType>(expected: Type) {
    assert_eq!(T::column_type(), expected, "{}", std::any::type_name::<T>());
    assert!(!T::NULLABLE, "{}", std::any::type_name::<T>());
    const { assert!(Option::<T>::NULLABLE) }
    assert_eq!(Option::<T>::column_type(), expected);
}

/// The same for a type of which a column can have many.
fn are<T: ambix::schema::ArrayElement>(expected: Type) {
    is::<T>(expected.clone());
    is::<Vec<T>>(Type::Array(Box::new(expected.clone())));
    is::<Vec<Option<T>>>(Type::Array(Box::new(expected)));
}

#[test]
fn of_the_language() {
    are::<i8>(Type::TinyInt);
    are::<i16>(Type::SmallInt);
    are::<i32>(Type::Integer);
    are::<i64>(Type::BigInt);
    is::<u8>(Type::UnsignedTinyInt);
    are::<u16>(Type::UnsignedSmallInt);
    are::<u32>(Type::UnsignedInteger);
    are::<u64>(Type::UnsignedBigInt);
    are::<std::num::NonZeroI64>(Type::BigInt);
    are::<f32>(Type::Real);
    are::<f64>(Type::Double);
    are::<bool>(Type::Boolean);
    are::<String>(Type::Text);
    are::<&str>(Type::Text);
    are::<Box<str>>(Type::Text);
    are::<Cow<'static, str>>(Type::Text);
    is::<std::sync::Arc<str>>(Type::Text);
    are::<Vec<u8>>(Type::Bytes);
    are::<Box<[u8]>>(Type::Bytes);
    are::<Cow<'static, [u8]>>(Type::Bytes);
    are::<&[u8]>(Type::Bytes);
    is::<[u8; 32]>(Type::Bytes);
    are::<std::time::Duration>(Type::Interval);
    are::<std::net::IpAddr>(Type::Inet);
    is::<Box<i32>>(Type::Integer);
}

#[test]
fn of_uuid() {
    are::<uuid::Uuid>(Type::Uuid);
    are::<uuid::fmt::Hyphenated>(Type::Text);
}

#[test]
fn of_chrono() {
    are::<chrono::NaiveDate>(Type::Date);
    are::<chrono::NaiveTime>(Type::Time);
    are::<chrono::NaiveDateTime>(Type::Timestamp);
    are::<chrono::DateTime<chrono::Utc>>(Type::TimestampTz);
    are::<chrono::DateTime<chrono::Local>>(Type::TimestampTz);
    are::<chrono::DateTime<chrono::FixedOffset>>(Type::TimestampTz);
    are::<chrono::TimeDelta>(Type::Interval);
}

#[test]
fn of_time() {
    are::<time::Date>(Type::Date);
    are::<time::Time>(Type::Time);
    are::<time::PrimitiveDateTime>(Type::Timestamp);
    are::<time::OffsetDateTime>(Type::TimestampTz);
    are::<time::Duration>(Type::Interval);
}

#[test]
fn of_jiff() {
    are::<jiff::civil::Date>(Type::Date);
    are::<jiff::civil::Time>(Type::Time);
    are::<jiff::civil::DateTime>(Type::Timestamp);
    are::<jiff::Timestamp>(Type::TimestampTz);
    are::<jiff::Span>(Type::Interval);
}

#[test]
fn of_jiff_for_sqlx() {
    are::<jiff_sqlx::Date>(Type::Date);
    are::<jiff_sqlx::Time>(Type::Time);
    are::<jiff_sqlx::DateTime>(Type::Timestamp);
    are::<jiff_sqlx::Timestamp>(Type::TimestampTz);
    are::<jiff_sqlx::Span>(Type::Interval);
}

#[test]
fn of_json() {
    are::<serde_json::Value>(Type::Json);
    #[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
    are::<sqlx::types::Json<std::time::Instant>>(Type::Json);
}

#[test]
fn of_decimals() {
    are::<rust_decimal::Decimal>(Type::Decimal(None));
    are::<bigdecimal::BigDecimal>(Type::Decimal(None));
}

#[test]
fn of_networks_and_bits() {
    are::<ipnetwork::IpNetwork>(Type::Inet);
    are::<ipnet::IpNet>(Type::Inet);
    are::<mac_address::MacAddress>(Type::MacAddress);
    are::<bit_vec::BitVec>(Type::BitString);
}

#[test]
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
fn of_sqlx() {
    are::<sqlx::types::Text<std::time::Instant>>(Type::Text);
}

#[test]
#[cfg(feature = "mysql")]
fn of_sqlx_for_mysql() {
    are::<sqlx::mysql::types::MySqlTime>(Type::Time);
}

#[test]
#[cfg(feature = "postgres")]
fn of_sqlx_for_postgres() {
    use ambix::schema::RangeOf;
    use sqlx::postgres::types::{PgHstore, PgInterval, PgLTree, PgMoney, PgRange};
    are::<PgInterval>(Type::Interval);
    are::<PgMoney>(Type::Money);
    are::<PgHstore>(Type::Hstore);
    are::<PgLTree>(Type::sql("ltree"));
    are::<PgRange<i32>>(Type::Range(RangeOf::Integer));
    are::<PgRange<i64>>(Type::Range(RangeOf::BigInt));
    are::<PgRange<rust_decimal::Decimal>>(Type::Range(RangeOf::Decimal));
    {
        are::<PgRange<chrono::NaiveDate>>(Type::Range(RangeOf::Date));
        are::<PgRange<chrono::NaiveDateTime>>(Type::Range(RangeOf::Timestamp));
        are::<PgRange<chrono::DateTime<chrono::Utc>>>(Type::Range(RangeOf::TimestampTz));
    }
    {
        are::<PgRange<time::Date>>(Type::Range(RangeOf::Date));
        are::<PgRange<time::PrimitiveDateTime>>(Type::Range(RangeOf::Timestamp));
        are::<PgRange<time::OffsetDateTime>>(Type::Range(RangeOf::TimestampTz));
    }
}
