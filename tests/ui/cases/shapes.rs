//! What is no model.

use ambix::Model;

#[derive(Model)]
struct Tuple(i32);

#[derive(Model)]
struct Unit;

#[derive(Model)]
struct Empty {}

#[derive(Model)]
enum Choice {
    One,
}

#[derive(Model)]
union Either {
    a: i32,
}

#[derive(Model)]
struct Generic<T, const N: usize> {
    id: i32,
    of: T,
}

#[derive(Model)]
struct AllSkipped {
    #[column(skip)]
    a: i32,
    #[sqlx(skip)]
    b: i32,
}

#[derive(Model)]
#[sqlx(rename_all = "camelCase")]
struct Twice {
    user_id: i32,
    #[column(name = "userId")]
    other: i32,
}

fn main() {}
