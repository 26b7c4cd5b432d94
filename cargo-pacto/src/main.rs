//! `cargo pacto`: generate files from a Pacto contract, and see whether they are up to date.

mod cli;
mod flags;
mod generate;
mod list;
mod plugin_crate;
mod progress;
mod run;
mod select;
mod shell;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
