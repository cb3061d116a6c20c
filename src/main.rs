//! The program `ambix`: the command line for a folder of migrations.

fn main() {}
