//! Readers that others wrote, asked what ours is asked: a JSON Schema library and a YAML reader.
//!
//! They stand for the editors and plugins that see the same contracts. Nothing here is published, and
//! nothing of it is in what a service compiles.

mod contracts;
mod metadata;
mod mutation;
mod random;
mod repository;
#[path = "../split_mix.rs"]
mod split_mix;
mod structure;
mod values;
mod vectors;
