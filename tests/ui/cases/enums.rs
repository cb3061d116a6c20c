//! Enum types that cannot be.

use ambix::Enum;

#[derive(Enum)]
struct Struct {
    a: i32,
}

#[derive(Enum)]
enum Empty {}

#[derive(Enum)]
#[model(rename_all = "snakecase", nam = "x", table = "t")]
enum Attributes {
    #[value(renam = "x")]
    A,
    #[value(rename = "")]
    B,
    C(i32),
    D { e: i32 },
}

#[derive(Enum)]
#[sqlx(type_name = "mood", rename_all = "lowercase")]
#[model(name = "feeling", rename_all = "UPPERCASE")]
enum Otherwise {
    #[sqlx(rename = "x")]
    #[value(rename = "y")]
    A,
}

#[derive(Enum)]
#[model(rename_all = "lowercase")]
enum Twice {
    AB,
    Ab,
}

#[derive(Enum)]
enum Generic<T> {
    A(T),
}

fn main() {}
