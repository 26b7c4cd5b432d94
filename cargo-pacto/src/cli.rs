//! The command line: what can be said, and what the exit codes mean.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::flags::{Common, EXIT_ERROR, EXIT_INTERRUPTED};
use crate::{check, clean, generate, list, run, schema, validate};

/// Cargo starts `cargo-pacto pacto ...`: the first argument is the subcommand itself.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", styles = clap_cargo::style::CLAP_STYLING)]
enum Cargo {
    /// Generate files from a Pacto contract, and see whether they are up to date
    #[command(version, arg_required_else_help = true)]
    Pacto(Pacto),
}

#[derive(Debug, Args)]
struct Pacto {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the checked-in files that are out of date
    Generate(generate::Arguments),
    /// Say whether the checked-in files are up to date, from the lock alone: no plugin is needed
    Check(check::Arguments),
    /// Remove the files that were generated and not edited since
    Clean(clean::Arguments),
    /// Show the targets, their plugins, and which are out of date and why
    List(list::Arguments),
    /// Say everything that is wrong with a contract
    Validate(validate::Arguments),
    /// Run one plugin on one contract, without a package
    Run(run::Arguments),
    /// Print a JSON Schema for editors
    Schema(schema::Arguments),
}

pub(crate) fn main() -> ExitCode {
    let Cargo::Pacto(Pacto { command, common }) = Cargo::parse();
    let mut context = common.context();
    let outcome = match command {
        Command::Generate(arguments) => generate::main(&arguments, &mut context),
        Command::Check(arguments) => check::main(&arguments, &mut context),
        Command::Clean(arguments) => clean::main(&arguments, &mut context),
        Command::List(arguments) => list::main(&arguments, &mut context),
        Command::Validate(arguments) => validate::main(&arguments, &mut context),
        Command::Schema(arguments) => Ok(schema::main(&arguments, &mut context)),
        Command::Run(arguments) => run::main(arguments, &mut context),
    };
    let outcome = match context.shell.lost() {
        Some(error) => outcome.and(Err(
            anyhow::Error::new(error).context("failed to write to stdout")
        )),
        None => outcome,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            context.shell.error(&error);
            let is_interrupted = error
                .downcast_ref::<pacto_build::Error>()
                .is_some_and(|error| error.is_interrupted());
            ExitCode::from(if is_interrupted {
                EXIT_INTERRUPTED
            } else {
                EXIT_ERROR
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cargo::command().debug_assert();
    }
}
