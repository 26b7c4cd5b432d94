//! The repository that is tested, and what its command prints.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub(crate) fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(below)
}

/// What `cargo pacto schema SUBJECT` prints.
pub(crate) fn printed_schema(subject: &str) -> Value {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(path("."))
        .args(["run", "--quiet", "--locked", "--package", "cargo-pacto"])
        .args(["--bin", "cargo-pacto", "--", "pacto", "schema", subject])
        .output()
        .expect("cargo runs this test, and so is there");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("a schema is JSON")
}
