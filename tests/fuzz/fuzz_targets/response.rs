//! Any bytes on stdout are an answer whose files stay in the output folder, or an error that can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_build::fuzzing;

fuzz_target!(|data: &[u8]| fuzzing::response(data));
