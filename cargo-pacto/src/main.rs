//! `cargo pacto`: generate files from a Pacto contract, and see whether they are up to date.

mod check;
mod clean;
mod cli;
mod codes;
mod diff;
mod early;
mod flags;
mod generate;
mod list;
mod packaged;
mod parallel;
mod plugin_crate;
mod progress;
mod run;
mod schema;
mod select;
mod shell;
mod spec;
mod validate;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
