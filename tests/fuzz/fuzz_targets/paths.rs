//! Whatever path is accepted stays below its folder.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_build::fuzzing;

fuzz_target!(|text: &str| fuzzing::paths(text));
