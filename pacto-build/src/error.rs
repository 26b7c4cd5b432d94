//! What can go wrong, and the words for it.

use crate::sorted::Set;
use std::path::{Path, PathBuf};
use std::{error, fmt, io};

use crate::contract::{Diagnostic, Severity};
use crate::visible;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why files could not be generated.
///
/// [`Display`](fmt::Display) gives the whole message: what failed, where, and what to do about it. It can have
/// several lines, as a contract can have several faults; the cause from the operating system, where
/// there is one, is the [`source`](error::Error::source). [`Debug`] prints both, so that
/// `fn main() -> pacto_build::Result<()>` reads well.
pub struct Error(Box<ErrorKind>);

pub(crate) enum ErrorKind {
    /// A sentence that is complete by itself.
    Message(String),
    /// An effect on `path` that the operating system refused.
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A place in a `Cargo.toml`.
    Config {
        manifest: String,
        line: usize,
        message: String,
    },
    /// What is wrong with a contract: at least one error.
    Contract(Vec<Diagnostic>),
    /// A plugin that failed, with what it said on stderr.
    Plugin { message: String, stderr: String },
    /// Checked-in files that are out of date where they may not be written.
    Stale(String),
    /// The user asked to stop, and these targets were written before.
    Interrupted(Vec<String>),
    /// Several targets failed, each for its own reason.
    Several(Vec<Error>),
}

impl Error {
    pub(crate) fn message(text: impl Into<String>) -> Self {
        ErrorKind::Message(text.into()).into()
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        ErrorKind::Io {
            action,
            path,
            source,
        }
        .into()
    }

    /// Nothing, or one error for all of `errors`.
    pub(crate) fn none_or(errors: Vec<Self>) -> Result<()> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self::several(errors))
        }
    }

    /// The same error in a run that has written `targets` before it: nobody else tells.
    pub(crate) fn after_writing(self, targets: Vec<String>) -> Self {
        let names = targets.join("`, `");
        match *self.0 {
            _ if targets.is_empty() => self,
            ErrorKind::Interrupted(_) => ErrorKind::Interrupted(targets).into(),
            _ => Self::several(vec![
                self,
                Self::message(format!(
                    "before that, `{names}` was written: it writes into the bundle, which others read"
                )),
            ]),
        }
    }

    /// One error for all of `errors`.
    fn several(mut errors: Vec<Self>) -> Self {
        // Who stopped the run wants to hear that once, and nothing of what the stop broke.
        if let Some(at) = errors.iter().position(Self::is_interrupted) {
            return errors.swap_remove(at);
        }
        // Two targets can have the same plugin, and its fault is told once.
        let mut told = Set::new();
        errors.retain(|error| told.insert(error.full_text()));
        if errors.len() == 1 {
            return errors.remove(0);
        }
        ErrorKind::Several(errors).into()
    }

    /// The findings about the contract, if that is what failed.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &*self.0 {
            ErrorKind::Contract(diagnostics) => diagnostics,
            _ => &[],
        }
    }

    /// Whether checked-in files are out of date in a place where a build may not write them.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        match &*self.0 {
            ErrorKind::Stale(_) => true,
            ErrorKind::Several(errors) => errors.iter().all(Self::is_stale),
            _ => false,
        }
    }

    /// Whether the user asked to stop.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(&*self.0, ErrorKind::Interrupted(_))
    }

    /// Whether something is not there that was to be read.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(&*self.0, ErrorKind::Io { source, .. } if is_absent(source))
    }

    /// The errors of a run one by one: each has a cause of its own.
    #[must_use]
    pub fn each(&self) -> Vec<&Self> {
        match &*self.0 {
            ErrorKind::Several(errors) => errors.iter().flat_map(Self::each).collect(),
            _ => vec![self],
        }
    }

    /// The message with its causes, in one text of one or more lines.
    pub(crate) fn full_text(&self) -> String {
        let mut text = String::new();
        for error in self.each() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&error.to_string());
            let mut cause = error::Error::source(error);
            while let Some(source) = cause {
                text.push_str("\n  caused by: ");
                text.push_str(&source.to_string());
                cause = source.source();
            }
        }
        text
    }
}

/// All values, or all errors.
pub(crate) fn all_or_errors<T>(results: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(error) => errors.push(error),
        }
    }
    Error::none_or(errors).map(|()| values)
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

/// Messages quote names and keys of files that may be anybody's: nothing in them moves the cursor.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut show = |text: &str| f.write_str(&visible::text(text.as_bytes()));
        match &*self.0 {
            ErrorKind::Message(text) | ErrorKind::Stale(text) => show(text),
            ErrorKind::Io { action, path, .. } => {
                show(&format!("failed to {action} `{}`", path.display()))
            }
            ErrorKind::Config {
                manifest,
                line,
                message,
            } => show(&format!("{manifest}:{line}: {message}")),
            ErrorKind::Contract(diagnostics) => write_lines(f, errors(diagnostics)),
            ErrorKind::Plugin { message, stderr } if stderr.is_empty() => f.write_str(message),
            ErrorKind::Plugin { message, stderr } => write!(f, "{message}\n--- stderr\n{stderr}"),
            ErrorKind::Interrupted(written) if written.is_empty() => {
                f.write_str("interrupted; nothing was written")
            }
            ErrorKind::Interrupted(written) => {
                let names = written.join("`, `");
                write!(
                    f,
                    "interrupted; `{names}` was written before that, and nothing else"
                )
            }
            ErrorKind::Several(errors) => write_lines(f, errors),
        }
    }
}

/// `NotADirectory` is absence too: a file stands where the path has a folder.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    let kind = error.kind();
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What is only odd about a contract is not why it failed.
fn errors(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
}

fn write_lines<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        let newline = if index == 0 { "" } else { "\n" };
        write!(f, "{newline}{item}")?;
    }
    Ok(())
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_text())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &*self.0 {
            ErrorKind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_moves_no_cursor() {
        let quoted = "`\u{1b}[2J`\r";
        let config = ErrorKind::Config {
            manifest: "Cargo.toml".to_owned(),
            line: 1,
            message: quoted.to_owned(),
        };
        let source = io::ErrorKind::NotFound.into();
        for (error, expected) in [
            (Error::message(quoted), "`\u{241b}[2J`"),
            (config.into(), "Cargo.toml:1: `\u{241b}[2J`"),
            (
                Error::io("read", Path::new("a\u{1b}"), source),
                "failed to read `a\u{241b}`",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }
}
