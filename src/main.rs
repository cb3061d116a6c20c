//! The program `ambix`: the command line for a folder of migrations, without a program of one's own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ambix::cli::stand_alone()
}
