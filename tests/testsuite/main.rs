//! The tests of the repository: real `cargo build`s, real plugins, real files.
//!
//! One binary, one module a topic. `support.rs` has the fixture that they are all told with.

mod build_script;
mod contracts;
mod dialects;
mod support;
mod validate;
mod vectors;
