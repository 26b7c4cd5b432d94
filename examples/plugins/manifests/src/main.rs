//! The plugin as a program: one request on stdin, one response on stdout.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use pacto_build::PluginError;
use pacto_build::protocol::GenerateRequest;

fn main() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn answer() -> Result<(), PluginError> {
    let mut json = Vec::new();
    io::stdin().read_to_end(&mut json)?;
    let request = GenerateRequest::from_json(&json)?;
    let response = pacto_plugin_manifests::generate(&request)?;
    io::stdout().write_all(&response.to_json())?;
    Ok(())
}
