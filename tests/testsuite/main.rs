//! The tests of the repository: real `cargo build`s, real plugins, real files.
//!
//! One binary, one module a topic. `support.rs` has the fixture that they are all told with.

mod build_script;
mod check;
mod checked_in;
mod clean;
mod contention;
mod contracts;
mod crash;
mod dialects;
mod discovery;
mod examples;
mod faults;
mod generate;
mod git;
mod hostile;
mod inputs;
mod linked;
mod list;
mod many;
mod merges;
mod offline;
mod ownership;
mod property;
mod protocol;
mod recheck;
mod rerun;
mod run;
mod sandbox;
#[path = "../split_mix.rs"]
mod split_mix;
mod story;
mod support;
mod ui;
mod validate;
mod vectors;
mod walls;
