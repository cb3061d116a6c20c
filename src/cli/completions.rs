//! `completions SHELL`: what a shell needs to complete the commands.

use super::{
    context::Context,
    problem::{CommandOutcome, Problem, executable},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Your shell
    shell: clap_complete::Shell,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let Some(root) = context.root() else {
        return Err(Problem::with_help(
            "this program has not registered its own commands",
            "its author can register them with `CommandLine::new(migrator).program(MyApp::command())`",
        ));
    };
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut root.clone(), executable(), &mut text);
    context.out.result(String::from_utf8_lossy(&text).trim_end());
    Ok(CommandOutcome::Done)
}
