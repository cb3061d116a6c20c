//! A program that does nothing but migrate.

static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations");

fn main() -> std::process::ExitCode {
    ambix::cli::main(&MIGRATIONS)
}
