//! Constraints and indexes that cannot be.

use ambix::Model;

#[derive(Model)]
struct References {
    #[column(references = "users")]
    a: i32,
    #[column(references(users, id))]
    b: i32,
    #[column(references(User))]
    c: i32,
    #[column(references)]
    d: i32,
    #[column(references = 5)]
    e: i32,
    #[column(references = "users(id, name)")]
    f: i32,
    #[column(references = "users(id)", on_delete = "cascad")]
    g: i32,
    #[column(on_delete = "cascade")]
    h: i32,
    #[column(references = "users(id)", references = "people(id)", deferred)]
    i: i32,
    #[column(references(User, id, on_remove = "cascade"))]
    j: i32,
    #[column(references = "users(id)", on_delete = "set null")]
    k: i32,
    #[column(references(User, id, on_update = set_null), deferred)]
    l: i64,
}

#[derive(Model)]
#[model(
    primary_key(id, ident),
    unique(emial),
    unique(id, id),
    unique,
    unique(),
    index(name = "i", columns(a, lower("b"))),
    index(desc(), expr(id), expr("a", "b")),
    index(id, nulls = "last", method = btree),
    foreign_key(columns(id, email), references = "users(id)"),
    foreign_key(columns(id)),
    foreign_key(id, references(User, id), on_delete = "set nul"),
    check(expr = ""),
    check(name = "c"),
    check = "a > 0",
    exclude("a", "b"),
    option(5),
    comment,
)]
struct Table {
    id: Option<i32>,
    email: String,
}

#[derive(Model)]
#[model(primary_key(id))]
struct TwoKeys {
    id: i32,
    #[column(primary_key)]
    other: i32,
}

#[derive(Model)]
#[model(primary_key(id))]
struct NoKey {
    id: Option<i32>,
}

#[derive(Model)]
struct User {
    #[column(check(name = "c", expression = "id > 0"))]
    id: i32,
    #[column(index(columns(id)), unique(id), index(nulls = "middle"))]
    a: i32,
}

fn main() {}
