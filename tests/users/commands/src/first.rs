//! A program that is built before it has a folder of migrations.

static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/no-such-folder");

fn main() -> std::process::ExitCode {
    ambix::cli::main(&MIGRATIONS)
}
