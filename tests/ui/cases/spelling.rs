//! Attributes that are not known, and that are not written so.

use ambix::Model;

#[derive(Model)]
#[model(tabel = "users", uniqe(a), 5)]
struct Names {
    #[column(primary, primry_key, maxlength = 5, nonsense)]
    a: i32,
    #[column(index(nam = "x"), unique(colums(a)))]
    b: i32,
    #[column(identity(begin = 5), generated(expression = "a"))]
    c: i32,
}

#[derive(Model)]
#[model]
#[model = "users"]
struct Forms {
    #[column]
    a: i32,
    #[column(primary_key = true)]
    b: i32,
    #[column(name)]
    c: i32,
    #[column(name = 5, comment = "", collation = "")]
    d: String,
    #[column(max_length = "5")]
    e: String,
    #[column(max_length = -5)]
    f: String,
    #[column(unique = "name")]
    g: i32,
    #[column(comment)]
    h: i32,
    #[column(as)]
    i: i32,
    #[column(as = "Vec<")]
    j: i32,
    #[column(option)]
    k: i32,
    #[column(option(a, a = 5, b(c)))]
    l: i32,
}

#[derive(Model)]
struct Unfinished {
    #[column(name = )]
    a: i32,
    #[column(default = -"x")]
    b: i32,
    #[column(unique index)]
    c: i32,
    #[column(*)]
    d: i32,
}

#[derive(Model)]
#[model(table = "a", table = "b")]
struct Repeated {
    #[column(unique, name = "x")]
    #[column(name = "y")]
    a: i32,
    #[column(primary_key, primary_key)]
    b: i32,
}

fn main() {}
