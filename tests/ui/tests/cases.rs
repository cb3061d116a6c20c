//! Each file of `cases/` does not compile, and the compiler says what is in the `.stderr` beside it. What it says now is
//! written there with `TRYBUILD=overwrite cargo test -p ambix-ui-tests`; read it before you commit it.

#[test]
fn the_compiler_points_at_what_is_wrong() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
