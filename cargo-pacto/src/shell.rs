//! What is said on stderr, with Cargo's looks; results alone go to stdout.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

use anstream::adapter::strip_str;
use anstream::stream::{AsLockedWrite, RawStream};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use pacto_build::{Diagnostic, Fault, Severity};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// The user's terminal.
#[derive(Debug)]
pub(crate) struct Shell {
    verbosity: Verbosity,
    /// Why a result could not be written.
    lost: Option<io::Error>,
}

const NOTE: Style = AnsiColor::BrightCyan.on_default().bold();
const GOOD: Style = AnsiColor::BrightGreen.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::BrightRed.on_default().bold();

impl Shell {
    pub(crate) fn new(quiet: bool, verbose: u8) -> Self {
        let verbosity = match (quiet, verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Self {
            verbosity,
            lost: None,
        }
    }

    /// Whether somebody looks at stderr who wants to see more than errors.
    pub(crate) fn is_watched(&self) -> bool {
        self.verbosity >= Verbosity::Normal && io::stderr().is_terminal()
    }

    /// What was done: a right-aligned green verb, as in Cargo.
    pub(crate) fn status(&mut self, verb: &str, text: impl fmt::Display) {
        if self.verbosity >= Verbosity::Normal {
            self.say(format_args!("{GOOD}{verb:>12}{GOOD:#} {text}"));
        }
    }

    /// What was found to be bad: as a status, but red.
    pub(crate) fn failure(&mut self, verb: &str, text: impl fmt::Display) {
        if self.verbosity >= Verbosity::Normal {
            self.say(format_args!("{BAD}{verb:>12}{BAD:#} {text}"));
        }
    }

    /// What only the curious want to know.
    pub(crate) fn detail(&mut self, verb: &str, text: impl fmt::Display) {
        if self.verbosity >= Verbosity::Verbose {
            self.say(format_args!("{GOOD}{verb:>12}{GOOD:#} {text}"));
        }
    }

    /// What is wrong with a file: as a failure, but said to the quiet too.
    pub(crate) fn fault(&mut self, path: &str, fault: &Fault) {
        let (verb, why) = (fault.state.word(), &fault.why);
        self.say(format_args!("{BAD}{verb:>12}{BAD:#} {path}: {why}"));
    }

    /// Lines that belong to what was said before.
    pub(crate) fn text(&mut self, lines: &str) {
        self.say(format_args!("{}", lines.trim_end_matches('\n')));
    }

    /// What is good to know.
    pub(crate) fn note(&mut self, text: impl fmt::Display) {
        if self.verbosity >= Verbosity::Normal {
            self.say(format_args!("{NOTE}note{NOTE:#}: {text}"));
        }
    }

    /// What is odd.
    pub(crate) fn warning(&mut self, text: impl fmt::Display) {
        if self.verbosity >= Verbosity::Normal {
            self.say(format_args!("{ODD}warning{ODD:#}: {text}"));
        }
    }

    /// What is wrong with a contract, or odd about it.
    pub(crate) fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        match diagnostic.severity {
            Severity::Error => self.say(format_args!("{BAD}error{BAD:#}: {diagnostic}")),
            Severity::Warning => self.warning(diagnostic),
        }
    }

    /// What is wrong, one `error:` for each thing, with its causes.
    pub(crate) fn error(&mut self, error: &anyhow::Error) {
        if let Some(ours) = error.downcast_ref::<pacto_build::Error>() {
            self.error_of("", ours);
            return;
        }
        self.say(format_args!("{BAD}error{BAD:#}: {error}"));
        self.causes(error.chain().skip(1));
    }

    /// The same of an error of ours, with `subject` in front of what does not name files.
    pub(crate) fn error_of(&mut self, subject: &str, error: &pacto_build::Error) {
        for error in error.each() {
            if error.diagnostics().is_empty() {
                self.say(format_args!("{BAD}error{BAD:#}: {subject}{error}"));
            }
            for diagnostic in error.diagnostics() {
                self.diagnostic(diagnostic);
            }
            self.causes(std::iter::successors(
                std::error::Error::source(error),
                |cause| cause.source(),
            ));
        }
    }

    fn causes<'a>(&mut self, causes: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>) {
        for cause in causes {
            self.say(format_args!("\nCaused by:\n  {cause}"));
        }
    }

    fn say(&mut self, text: fmt::Arguments<'_>) {
        // Who closed stderr does not want to hear it.
        let _ = write_line(io::stderr(), text);
    }

    /// Why a result was lost, if one was.
    pub(crate) fn lost(&mut self) -> Option<io::Error> {
        self.lost.take()
    }

    /// A result, on stdout. A reader that went away, as `head` does, has what it wanted.
    pub(crate) fn result(&mut self, line: impl fmt::Display) {
        if let Err(error) = write_line(io::stdout(), format_args!("{line}"))
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost = Some(error);
        }
    }
}

/// Writes a line at once: a message has many pieces, and each would be a system call of its own.
fn write_line(
    mut stream: impl RawStream + AsLockedWrite,
    text: fmt::Arguments<'_>,
) -> io::Result<()> {
    let line = format!("{text}\n");
    match AutoStream::choice(&stream) {
        ColorChoice::Never => stream.write_all(strip_str(&line).to_string().as_bytes()),
        choice => AutoStream::new(stream, choice).write_all(line.as_bytes()),
    }
}
