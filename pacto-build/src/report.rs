//! What a run did, for who started it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::contract::Diagnostic;
use crate::fingerprint::Freshness;
use crate::output::Change;

/// What was done, and what Cargo has to watch from now on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The package's name.
    pub package: String,
    /// One for each target, sorted by name.
    pub outcomes: Vec<Outcome>,
    /// What is odd about the contract; nothing of it kept anything from being generated.
    pub warnings: Vec<Diagnostic>,
    /// The paths that were printed as `rerun-if-changed`, relative to the package where they are its own.
    ///
    /// Any such line turns off Cargo's own watching: a build script that reads more files prints
    /// lines for those itself.
    pub watched: Vec<String>,
    /// The variables that were printed as `rerun-if-env-changed`.
    pub watched_env: Vec<String>,
}

/// What became of one target.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// The target's name.
    pub target: String,
    /// The plugin as it is configured: a name, `path:...` or `crate:...`.
    pub plugin: String,
    /// Where the plugin was found; if it was not, what was said of that.
    pub found: Result<String, String>,
    /// The checked-in folder, relative to the package; `None` for `OUT_DIR`.
    pub output: Option<String>,
    /// The folder that the files are in.
    pub dir: PathBuf,
    /// What the plugin is kept from on this machine.
    pub sandbox: &'static str,
    /// Whether it had to run, and why.
    pub freshness: Freshness,
    /// What was done to its files, by path; nothing if it did not run.
    pub files: BTreeMap<String, Change>,
    /// What the plugin said when it last ran.
    pub message: Option<String>,
    /// What it wrote to stderr in this run, with control characters made visible.
    pub stderr: String,
}
