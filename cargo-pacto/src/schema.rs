//! `cargo pacto schema`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use pacto_build::driver;

use crate::flags::Context;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Of what
    #[arg(value_enum, default_value_t = Subject::Contract)]
    subject: Subject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// pacto.yaml, in all its formats
    Contract,
    /// `[package.metadata.pacto]` of Cargo.toml
    Metadata,
}

pub(crate) fn main(arguments: &Arguments, context: &mut Context) -> ExitCode {
    let schema = match arguments.subject {
        Subject::Contract => driver::contract_schema(),
        Subject::Metadata => driver::metadata_schema(),
    };
    context.shell.result(format_args!("{schema:#}"));
    ExitCode::SUCCESS
}
