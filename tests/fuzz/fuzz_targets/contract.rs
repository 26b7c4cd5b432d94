//! Any text gets its findings: no panic, no hang, and each one can be shown at its place in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pacto_build::driver::findings_in;

fuzz_target!(|text: &str| {
    let findings = findings_in(text);
    let lines: Vec<&str> = text.split('\n').collect();
    for finding in &findings {
        let line = finding
            .line
            .checked_sub(1)
            .and_then(|index| lines.get(index));
        let width = line
            .map(|line| line.chars().count())
            .expect("the text has this line");
        assert!(finding.column >= 1 && finding.length >= 1, "{finding:?}");
        // A fault at the very end of a line is underlined just behind it.
        assert!(finding.column + finding.length <= width + 2, "{finding:?}");
        assert!(!finding.to_string().is_empty(), "{finding:?}");
        // A second line would be a directive of its own for Cargo, and an escape reach the terminal.
        let shown = [&finding.summary(), &finding.source];
        let moves_the_cursor = |c: char| c.is_control() && c != '\t';
        assert!(
            !shown.iter().any(|text| text.contains(moves_the_cursor)),
            "{finding:?}"
        );
    }
    let is_sorted = findings.is_sorted_by_key(|finding| (finding.line, finding.column));
    assert!(is_sorted, "{findings:?}");
});
