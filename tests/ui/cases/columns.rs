//! Columns that cannot be.

use ambix::Model;

#[derive(Model)]
struct Keys {
    #[column(primary_key)]
    id: Option<i32>,
    #[column(auto_increment)]
    a: i32,
    #[column(identity)]
    b: i64,
    #[column(serial)]
    c: i16,
    #[column(primary_key, nullable)]
    d: i32,
}

#[derive(Model)]
struct Values {
    #[column(default = 5, default_sql = "now()")]
    a: i32,
    #[column(generated = "b * 2", default = 5)]
    b: i32,
    #[column(generated("a", stored, virtual))]
    c: i32,
    #[column(generated)]
    d: i32,
    #[column(generated(virtual))]
    e: i32,
    #[column(auto_increment)]
    f: String,
    #[column(identity(always, by_default, start = "x", increment = 0))]
    g: Option<i64>,
}

#[derive(Model)]
struct Defaults {
    #[column(default = "5")]
    a: i32,
    #[column(default = 5)]
    b: Option<String>,
    #[column(default = 1)]
    c: bool,
    #[column(default = true)]
    d: f64,
    #[column(default = 'x')]
    e: String,
    #[column(default)]
    f: i32,
    #[column(default = now())]
    g: i32,
    #[column(default(expr = "now()"))]
    h: i32,
    #[column(default = 1e999)]
    i: f64,
    #[column(default = 1000000000000000000000000000000000000000000)]
    j: i64,
}

#[derive(Model)]
struct Types {
    #[column(max_length = 255)]
    a: i32,
    #[column(fixed_length = 2)]
    b: Vec<u8>,
    #[column(max_length = 0)]
    c: String,
    #[column(max_length = 2, fixed_length = 2)]
    d: String,
    #[column(precision = 10, scale = 2)]
    e: Option<f64>,
    #[column(precision = 2, scale = 3)]
    f: std::time::Instant,
    #[column(scale = 2)]
    g: std::time::Instant,
    #[column(max_length = 2, sql_type = "text")]
    h: String,
    #[column(collation = "C")]
    i: bool,
    #[column(nullable, not_null)]
    j: i32,
    #[column(sql_type(postgres = "tsvector"))]
    k: String,
    #[column(sql_type("text", postgre = "tsvector", oracle = "clob"))]
    l: String,
    #[column(sql_type)]
    m: String,
    #[column(as = "i32", sql_type = "text")]
    n: String,
    #[column(as = "i32", max_length = 5)]
    o: String,
}

#[derive(Model)]
struct Skipped {
    id: i32,
    #[column(skip, unique)]
    a: i32,
    #[sqlx(skip)]
    #[column(name = "c")]
    b: i32,
    #[sqlx(rename = "e")]
    #[column(name = "d")]
    c: i32,
    #[sqlx(flatten)]
    #[column(unique)]
    d: Types,
}

fn main() {}
