//! The lines that Cargo reads. The only module that prints.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one module that may print"
)]

use crate::contract::Severity;
use crate::error::Error;
use crate::report::Report;

/// How lines for Cargo begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `cargo::`, since Cargo 1.77.
    Double,
    /// `cargo:`, for packages that promise to build with older ones: Cargo refuses the other there.
    Single,
}

impl Syntax {
    /// What suits a package of this `rust-version`; nothing promises nothing.
    pub(crate) fn for_rust_version(version: Option<&str>) -> Self {
        let mut parts = version
            .unwrap_or_default()
            .split('.')
            .map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(1)), Some(Ok(minor))) if minor < 77 => Self::Single,
            (Some(Ok(0)), _) => Self::Single,
            (Some(Ok(1)), None) => Self::Single,
            _ => Self::Double,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Double => "cargo::",
            Self::Single => "cargo:",
        }
    }
}

/// Tells Cargo when to come back, and the user what the plugins said.
pub(crate) fn print_report(report: &Report, syntax: Syntax) {
    for outcome in &report.outcomes {
        if let Some(message) = &outcome.message {
            println!("pacto: {}: {message}", outcome.target);
        }
    }
    let prefix = syntax.prefix();
    for warning in &report.warnings {
        println!("{prefix}warning={}", warning.summary());
    }
    for path in &report.watched {
        println!("{prefix}rerun-if-changed={path}");
    }
    for name in &report.watched_env {
        println!("{prefix}rerun-if-env-changed={name}");
    }
}

/// Tells Cargo that the build has failed, one line at a time; gives the exit code that goes with it.
///
/// With exit code 0 Cargo prints the lines and no more; with any other it prints all that the script
/// ever said. Below `rust-version` 1.77 there is no such line, so that stderr has to do.
pub(crate) fn print_error(error: &Error, syntax: Syntax) -> i32 {
    let text = error.full_text();
    let findings = error.each().into_iter().flat_map(Error::diagnostics);
    for warning in findings.filter(|finding| finding.severity == Severity::Warning) {
        println!("{}warning={}", syntax.prefix(), warning.summary());
    }
    match syntax {
        Syntax::Double => {
            for line in text.lines() {
                println!("cargo::error={line}");
            }
            0
        }
        Syntax::Single => {
            eprintln!("error: {text}");
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntaxes() {
        for (version, expected) in [
            (None, Syntax::Double),
            (Some(""), Syntax::Double),
            (Some("1.77"), Syntax::Double),
            (Some("1.89.0"), Syntax::Double),
            (Some("1.76.0"), Syntax::Single),
            (Some("1"), Syntax::Single),
            (Some("1.56"), Syntax::Single),
        ] {
            assert_eq!(Syntax::for_rust_version(version), expected, "{version:?}");
        }
    }
}
