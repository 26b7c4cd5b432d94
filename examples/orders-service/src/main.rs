//! A service that knows its port and its defaults from its contract, `pacto/pacto.yaml`.
//!
//! `cargo run` shows what was generated from it; `cargo run -- serve` serves.

mod server;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

/// Typed constants, written by the build script.
mod contract {
    #![allow(
        dead_code,
        reason = "a contract may say more than this program asks for"
    )]

    include!(concat!(env!("OUT_DIR"), "/pacto/constants/constants.rs"));
}

/// The same as text, to show it.
const CONSTANTS: &str = concat!(env!("OUT_DIR"), "/pacto/constants/constants.rs");
const CONSTANTS_TEXT: &str =
    include_str!(concat!(env!("OUT_DIR"), "/pacto/constants/constants.rs"));

/// Where the files are that are kept in the repository.
const KEPT: [&str; 2] = ["deploy", "docs"];

fn main() -> ExitCode {
    let result = match env::args().nth(1).as_deref() {
        None => summary(),
        Some("serve") => server::serve(),
        Some(other) => {
            eprintln!("unknown command `{other}`; there is only `serve`");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn summary() -> io::Result<()> {
    let (service, version) = (contract::SERVICE, contract::VERSION);
    println!("{service} {version}, port {}", contract::PORT_HTTP_API);
    println!("\n{CONSTANTS}");
    for line in CONSTANTS_TEXT
        .lines()
        .filter(|line| line.starts_with("pub const"))
    {
        println!("    {line}");
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in KEPT {
        let mut files = Vec::new();
        for entry in fs::read_dir(package.join(folder))? {
            files.push(entry?.path());
        }
        files.sort();
        for file in files {
            println!("{}", file.display());
        }
    }
    Ok(())
}
