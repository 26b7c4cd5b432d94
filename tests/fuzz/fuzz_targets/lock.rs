//! Any text is a lock that comes back as it was written, or an error that can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_build::fuzzing;

fuzz_target!(|text: &str| fuzzing::lock(text));
