//! Any manifests are a configuration that keeps to the rules, or an error at a line that is there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_build::fuzzing;

fuzz_target!(|texts: &str| fuzzing::metadata(texts));
