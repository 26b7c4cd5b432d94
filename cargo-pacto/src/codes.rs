//! Every code of a finding: what it means, a contract that has it, and the same mended.

use std::fmt;

/// What is known of a code.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) code: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) fails: &'static str,
    pub(crate) mended: &'static str,
}

/// The code of this name, in whichever case it is written.
pub(crate) fn find(code: &str) -> Option<&'static Code> {
    CODES
        .iter()
        .find(|known| known.code.eq_ignore_ascii_case(code))
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            severity,
            meaning,
            fails,
            mended,
        } = self;
        write!(
            f,
            "{code} ({severity})\n\n{meaning}\n\nFails:\n\n{}\n\nMended:\n\n{}",
            indented(fails),
            indented(mended)
        )
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .trim_end()
        .lines()
        .map(|line| format!("    {line}").trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// All codes, in the order of the rules.
pub(crate) const CODES: &[Code] = &[];
