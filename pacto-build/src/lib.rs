//! Generates files from a service's Pacto contract, at build time and only when the contract changed.
//!
//! A service's contract is `pacto.yaml` and the folder around it, the bundle. Plugins turn it into
//! files. This crate runs them from `build.rs`; `cargo pacto` runs them from the command line.
//!
//! # What to paste
//!
//! ```toml
//! # Cargo.toml
//! [build-dependencies]
//! pacto-build = "0.1"
//!
//! [package.metadata.pacto.targets.constants]   # runs pacto-plugin-constants into OUT_DIR
//!
//! [package.metadata.pacto.targets.helm]        # runs pacto-plugin-helm into a checked-in folder
//! output = "deploy"
//! options = { namespace = "production" }
//! ```
//!
//! ```no_run
//! // build.rs
//! fn main() {
//!     pacto_build::generate();
//! }
//! ```
//!
//! # Where the files go
//!
//! A target without `output` is written to `$OUT_DIR/pacto/<target>/`:
//!
//! ```ignore
//! include!(concat!(env!("OUT_DIR"), "/pacto/constants/constants.rs"));
//! ```
//!
//! A target with `output` is kept in the repository: its files are written below that folder, and
//! `pacto-generated.lock` beside `Cargo.toml` says what they were made from. As long as that is
//! still so, the package builds with no plugin installed.
//!
//! # When it runs
//!
//! Cargo starts the build script when the contract, the bundle, an input, `Cargo.toml`, a checked-in
//! generated file or a repository's own plugin changed; then a plugin runs only if the content of
//! something that it is made from is different. Touching files runs nothing.
//!
//! # What failure looks like
//!
//! One `error: ...` of Cargo for each thing that is wrong, with the place and the cure, and every
//! file as it was before; only targets that write into the bundle, which are done first, stay
//! written. A file is written whole or not at all, and never over one that is not ours.

#![expect(
    clippy::needless_doctest_main,
    reason = "what to paste is a whole build.rs"
)]
#![cfg_attr(
    not(feature = "driver"),
    expect(
        dead_code,
        unreachable_pub,
        reason = "what only `driver` calls is a few functions all over the crate"
    )
)]

mod builder;
mod bundle;
mod config;
mod conflict;
mod contract;
mod directive;
#[cfg(feature = "driver")]
#[doc(hidden)]
pub mod driver;
mod env;
mod error;
#[cfg(pacto_faults)]
mod faults;
mod fingerprint;
mod fresh;
mod fs;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod glob;
mod hash;
mod inputs;
mod lock;
mod manifest;
mod names;
mod nearest;
mod output;
mod plan;
mod plugin;
mod process;
pub mod protocol;
mod record;
mod rel_path;
mod report;
mod reserved;
mod run;
mod sandbox;
mod sorted;
mod sys;
mod visible;

pub use crate::builder::{Builder, Target};
pub use crate::config::PluginRef;
pub use crate::contract::{Diagnostic, Severity};
pub use crate::error::{Error, Result};
pub use crate::fingerprint::{DirtyReason, Freshness};
pub use crate::fresh::assert_fresh;
pub use crate::output::Change;
pub use crate::plugin::PluginError;
pub use crate::report::{Difference, Fault, FaultState, FoundPlugin, Outcome, Report};

/// Generates what `[package.metadata.pacto]` asks for; the whole of a `build.rs`.
///
/// If something is wrong, it prints errors that Cargo shows as its own and ends the build script.
/// [`Builder`] links Rust functions as plugins and gives a [`Result`] instead.
pub fn generate() {
    Builder::new().generate();
}
