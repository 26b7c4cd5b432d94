//! The check of `cargo pacto check`, as one line of a service's tests.

use std::fmt::Write as _;

use crate::config::NO_TARGETS;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::manifest::{self, MANIFEST_FILE};
use crate::plan::{self, Plan, Settings};
use crate::process::Interrupt;

/// Fails the test that calls it if the package's checked-in files are not what its contract, bundle and
/// options made them, with the words of `cargo pacto check`.
///
/// With `pacto-build` among the `[dev-dependencies]`:
///
/// ```no_run
/// #[test]
/// fn generated_files_are_fresh() {
///     pacto_build::assert_fresh();
/// }
/// ```
///
/// It needs no plugin and writes nothing. Cargo's book asks for such a test where files are kept in the
/// repository: a build script may not write them everywhere.
///
/// # Panics
///
/// If a file is missing, stale, edited or left over, or if the lock, the configuration or the contract
/// cannot be read.
#[track_caller]
pub fn assert_fresh() {
    match faults() {
        Ok(faults) => assert!(faults.is_empty(), "\n{faults}"),
        Err(error) => panic!("\n{}", error.full_text()),
    }
}

/// Everything that is wrong, as text; nothing if nothing is.
fn faults() -> Result<String> {
    let env = Env::read();
    let Some(dir) = env.path("CARGO_MANIFEST_DIR") else {
        let text = "CARGO_MANIFEST_DIR is not set; run the test with `cargo test`";
        return Err(Error::message(text));
    };
    let mut package = manifest::load(&dir.join(MANIFEST_FILE), None, env.cargo_home().as_deref())?;
    plan::inherit_from_lock(&mut package)?;
    if !plan::has_work(&package)? {
        return Err(Error::message(NO_TARGETS));
    }
    let settings = Settings::check(Interrupt::default());
    let report = Plan::new(&package, &env, &settings)?.carry_out()?;
    let mut text = String::new();
    for fault in report.faults() {
        writeln!(text, "{fault}").expect("a string takes every write");
    }
    text.extend(report.verdict());
    Ok(text)
}
