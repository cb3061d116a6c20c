//! Turns on the tests in `src/sql/` that need PostgreSQL's parser, which only this package has.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(ambix_pg_query)");
    println!("cargo::rustc-cfg=ambix_pg_query");
}
