//! Each attribute of a field, beside what it means.

use ambix::{
    Enum, Model,
    schema::{
        Check, Column, Deferral, ForeignKey, Identity, IdentityKind, Index, IndexPart, Literal,
        Match, Name, Nulls, PrimaryKey, ReferentialAction, SequenceOptions, SqlType, Table, Type,
        Unique,
    },
};

/// `"name": table of the macro => table of the builders;` A case is a struct with the table name `t`.
macro_rules! cases {
    ($($(#[$attribute:meta])* { $($fields:tt)* } => $by_hand:expr;)*) => {
        let mut number = 0;
        $({
            number += 1;
            #[allow(dead_code)]
            #[derive(Model)]
            #[model(table = "t")]
            $(#[$attribute])*
            struct Case { $($fields)* }
            let by_hand: Table = $by_hand;
            assert_eq!(Case::table(), by_hand, "case {number}: {}", stringify!($($fields)*));
            assert_eq!(Case::table_name(), by_hand.name, "case {number}");
        })*
    };
}
pub(crate) use cases;

/// A table with one column.
fn one(column: Column) -> Table {
    Table::new("t").column(column)
}

fn integer() -> Column {
    Column::new("a", Type::Integer).not_null()
}

fn text() -> Column {
    Column::new("a", Type::Text).not_null()
}

#[test]
fn names_nullability_and_types() {
    type Maybe = Option<i32>;
    cases! {
        { a: i32 } => one(integer());
        { a: Option<i32> } => one(integer().nullable(true));
        { a: Maybe } => one(integer().nullable(true));
        { #[column(nullable)] a: i32 } => one(integer().nullable(true));
        { #[column(not_null)] a: Option<i32> } => one(integer());
        { #[column(name = "b")] a: i32 } => one(Column::new("b", Type::Integer).not_null());
        { r#type: i32 } => one(Column::new("type", Type::Integer).not_null());
        { #[column(renamed_from = "b")] a: i32 } => one(integer().renamed_from("b"));
        { a: i32, #[column(skip)] b: Vec<Vec<()>> } => one(integer());
        { #[column(max_length = 255)] a: String } => one(Column::new("a", Type::Varchar(255)).not_null());
        { #[column(max_length = 9)] a: Option<String> } => one(Column::new("a", Type::Varchar(9)));
        { #[column(fixed_length = 2)] a: &'static str } => one(Column::new("a", Type::Char(2)).not_null());
        { #[column(max_length = 9)] a: Vec<String> } =>
            one(Column::new("a", Type::Array(Box::new(Type::Varchar(9)))).not_null());
        { a: Option<Vec<Option<i64>>> } => one(Column::new("a", Type::Array(Box::new(Type::BigInt))));
        { a: Vec<u8> } => one(Column::new("a", Type::Bytes).not_null());
        { #[column(as = "String")] a: std::time::Instant } => one(text());
        { #[column(as = String)] a: Option<std::time::Instant> } => one(text().nullable(true));
        { #[column(as = "Option<String>")] a: std::time::Instant } => one(text().nullable(true));
        { #[column(as = "String", max_length = 9)] a: Option<u64> } => one(Column::new("a", Type::Varchar(9)));
        { #[column(as = "Option<String>", max_length = 9)] a: u64 } => one(Column::new("a", Type::Varchar(9)));
        { #[column(precision = 10, scale = 2)] a: std::time::Instant } =>
            one(Column::new("a", Type::Decimal(Some((10, 2)))).not_null());
        { #[column(precision = 5)] a: Option<std::time::Instant> } =>
            one(Column::new("a", Type::Decimal(Some((5, 0)))));
        { #[column(sql_type = "tsvector")] a: std::time::Instant } =>
            one(Column::new("a", Type::sql("tsvector")).not_null());
        { #[column(sql_type("text", postgres = "tsvector", mysql = "longtext"))] a: Option<String> } =>
            one(Column::new(
                "a",
                SqlType::new("text").on("postgres", "tsvector").on("mysql", "longtext"),
            ));
        { #[column(sql_type(sqlite = "text", postgres = "inet", mysql = "inet6"))] a: String } =>
            one(Column::new(
                "a",
                SqlType::new("").on("sqlite", "text").on("postgres", "inet").on("mysql", "inet6"),
            ).not_null());
        { #[column(collation = "C")] a: String } => one(text().collation("C"));
        { #[column(comment = "it's -- \"so\"")] a: i32 } => one(integer().comment("it's -- \"so\""));
        {
            /// The doc comment
            /// has two lines.
            #[column(comment)]
            a: i32
        } => one(integer().comment("The doc comment\nhas two lines."));
        {
            /// Not in the database.
            #[column(option(storage = "plain", invisible))]
            a: i32
        } => one(integer().option("storage", "plain").option("invisible", "true"));
    }
}

/// What a default may be, too.
const RETRIES: i32 = 3;

#[derive(Enum)]
enum Plan {
    Free,
}

#[test]
fn values() {
    let identity = |kind| Identity::new(kind);
    let sequence = SequenceOptions::default()
        .start(5)
        .increment(-7)
        .minimum(-100)
        .maximum(9)
        .cache(20)
        .cycle();
    let plan = || Type::Enum(ambix::schema::EnumType::new("plan", ["Free"]));
    cases! {
        { #[column(default = 5)] a: i32 } => one(integer().default(5));
        { #[column(default = -5)] a: Option<i32> } => one(integer().nullable(true).default(-5));
        { #[column(default = 1_000u16)] a: i32 } => one(integer().default(1000));
        { #[column(default = -1.5)] a: f64 } =>
            one(Column::new("a", Type::Double).not_null().default(-1.5));
        { #[column(default = 1)] a: f64 } => one(Column::new("a", Type::Double).not_null().default(1));
        { #[column(default = true)] a: bool } =>
            one(Column::new("a", Type::Boolean).not_null().default(true));
        { #[column(default = "it's")] a: String } => one(text().default("it's"));
        { #[column(as = "String", default = "5", collation = "C")] a: u64 } =>
            one(text().default("5").collation("C"));
        { #[column(sql_type = "text", default = "5")] a: u64 } =>
            one(Column::new("a", Type::sql("text")).not_null().default("5"));
        { #[sqlx(try_from = "i32")] #[column(default = 1)] a: bool } => one(integer().default(1));
        { #[column(default = "")] a: String } => one(text().default(""));
        { #[column(default = RETRIES)] a: i32 } => one(integer().default(3));
        { #[column(default = i32::MAX)] a: i32 } => one(integer().default(i32::MAX));
        { #[column(default = Plan::Free)] a: Plan } =>
            one(Column::new("a", plan()).not_null().default("Free"));
        { #[column(default = "Free")] a: Plan } =>
            one(Column::new("a", plan()).not_null().default(Literal::Text("Free".to_owned())));
        { #[column(default_sql = "now()")] a: i32 } => one(integer().default_sql("now()"));
        { #[column(default(sql = "now()"))] a: i32 } => one(integer().default_sql("now()"));
        { #[column(auto_increment)] a: i32 } => one(integer().auto_increment());
        { #[column(serial)] a: i32 } => one(integer().identity(identity(IdentityKind::Serial)));
        { #[column(identity)] a: i32 } => one(integer().identity(identity(IdentityKind::ByDefault)));
        { #[column(identity(always))] a: i32 } => one(integer().identity(identity(IdentityKind::Always)));
        {
            #[column(identity(start = 5, increment = -7, min = -100, max = 9, cache = 20, cycle))]
            a: i32
        } => one(integer().identity(identity(IdentityKind::ByDefault).sequence(sequence.clone())));
        { #[column(generated = "b * 2")] a: i32 } => one(integer().generated("b * 2"));
        { #[column(generated(expr = "b * 2", stored))] a: i32 } => one(integer().generated("b * 2"));
        { #[column(generated("b * 2", virtual))] a: Option<i32> } =>
            one(integer().nullable(true).generated_virtual("b * 2"));
    }
}

#[test]
fn keys_and_indexes() {
    let part = || IndexPart::column("a");
    cases! {
        { #[column(primary_key)] a: i32 } => one(integer()).primary_key(["a"]);
        { #[column(primary_key)] a: i32, #[column(primary_key, name = "c")] b: i32 } =>
            one(integer())
                .column(Column::new("c", Type::Integer).not_null())
                .with_primary_key(PrimaryKey::new(["a", "c"]));
        { #[column(unique)] a: i32 } => one(integer()).unique(["a"]);
        { #[column(unique(name = "u", nulls_not_distinct, deferred, option(fillfactor = 70)))] a: i32 } =>
            one(integer()).with_unique(
                Unique::new(["a"])
                    .named("u")
                    .nulls_not_distinct()
                    .deferral(Deferral::Deferred)
                    .option("fillfactor", "70"),
            );
        { #[column(index)] a: i32 } => one(integer()).index(["a"]);
        { #[column(index(name = "i", unique, method = "gin", where = "a > 0"), index)] a: i32 } =>
            one(integer())
                .with_index(Index::new(["a"]).named("i").unique().method("gin").only_where("a > 0"))
                .index(["a"]);
        {
            #[column(index(desc, nulls = "last", collation = "C", ops = "text_pattern_ops", length = 9))]
            a: String
        } => one(text()).with_index(Index::on([part()
            .descending()
            .nulls(Nulls::Last)
            .collation("C")
            .operator_class("text_pattern_ops")
            .length(9)]));
        { #[column(check = "a > 0", check(name = "c", expr = "a < 9"))] a: i32 } =>
            one(integer())
                .check(Check::new("a > 0").of_column("a"))
                .check(Check::new("a < 9").named("c").of_column("a"));
    }
}

#[allow(dead_code)]
#[derive(Model)]
#[model(table = "users", schema = "app")]
struct User {
    id: i32,
}

#[test]
fn foreign_keys() {
    let key = |table: &str| ForeignKey::new(["a"], table, ["id"]);
    let of_model = || ForeignKey::new(["a"], Name::in_schema("app", "users"), ["id"]);
    cases! {
        { #[column(references = "users(id)")] a: i32 } => one(integer()).foreign_key(key("users"));
        { #[column(references = "users.id")] a: i32 } => one(integer()).foreign_key(key("users"));
        { #[column(foreign_key = "users.id")] a: i32 } => one(integer()).foreign_key(key("users"));
        { #[column(references = "app.users(id)")] a: i32 } => one(integer()).foreign_key(of_model());
        { #[column(references = "app.users.id")] a: i32 } => one(integer()).foreign_key(of_model());
        { #[column(references("users", id))] a: i32 } => one(integer()).foreign_key(key("users"));
        { #[column(references("app.users", "id"))] a: i32 } => one(integer()).foreign_key(of_model());
        { #[column(references(User, id))] a: i32 } => one(integer()).foreign_key(of_model());
        { #[column(references(crate::models::columns::User, id))] a: i32 } =>
            one(integer()).foreign_key(of_model());
        { id: i32, #[column(references(Self, id))] a: i32 } =>
            Table::new("t")
                .column(Column::new("id", Type::Integer).not_null())
                .column(integer())
                .foreign_key(key("t"));
        { #[column(references = "users(id)", on_delete = "set null", on_update = cascade, deferrable)] a: Option<i32> } =>
            one(integer().nullable(true)).foreign_key(
                key("users")
                    .on_delete(ReferentialAction::SetNull)
                    .on_update(ReferentialAction::Cascade)
                    .deferral(Deferral::Immediate),
            );
        {
            #[column(references(User, id, name = "fk", renamed_from = "old", on_delete = "SET DEFAULT", deferred, match = "full"))]
            a: i32
        } => one(integer()).foreign_key(
            of_model()
                .named("fk")
                .renamed_from("old")
                .on_delete(ReferentialAction::SetDefault)
                .deferral(Deferral::Deferred)
                .matching(Match::Full),
        );
    }
}
