//! Loads and judges a contract: `load FILE valid|refused ROUNDS`.
//!
//! Prints the least nanoseconds of all rounds, and by how many KiB the process grew, where the system tells.

use std::time::Instant;
use std::{env, fs};

use pacto_build::Severity;
use pacto_build::driver::findings_in;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, file, expected, rounds] = arguments.as_slice() else {
        panic!("usage: load FILE valid|refused ROUNDS");
    };
    let text = fs::read_to_string(file).expect("the script has written it");
    let rounds: u32 = rounds.parse().expect("it is a number");
    let before = most_memory();
    let least = (0..rounds).map(|_| {
        let start = Instant::now();
        let findings = findings_in(&text);
        let took = start.elapsed();
        let is_error = |severity| severity == Severity::Error;
        let is_refused = findings.iter().any(|finding| is_error(finding.severity));
        assert_eq!(is_refused, expected == "refused", "{findings:#?}");
        took.as_nanos()
    });
    println!("{}", least.min().expect("there is a round"));
    if let (Some(before), Some(after)) = (before, most_memory()) {
        println!("{}", after - before);
    }
}

/// The most KiB that this process has ever had; what its parent had before it started does not count.
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
