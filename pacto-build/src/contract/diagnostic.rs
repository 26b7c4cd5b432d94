//! What is wrong with a contract, where, and what to do about it.

use std::fmt;
use std::ops::Range;

use super::codes;
use super::node::Span;
use crate::visible::is_unseen;

/// Nobody reads more findings than this, and a file can be wrong in every character.
const MAX_FINDINGS: usize = 1_000;

/// How many bytes the findings may have: each has its line, and a whole file can be one line.
const MAX_BYTES: usize = 1024 * 1024;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is generated from such a contract.
    Error,
    /// The contract can be used; somebody should look at it.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One finding about a contract.
///
/// Displayed, it is the message with its code, the place, the line with the fault underlined, and the help.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What kind of finding it is, such as `DUPLICATE_KEY`; does not change between versions.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The place in the document, such as `interfaces[0].port`; empty for the document itself.
    pub path: String,
    /// The contract's file, relative to the package where there is one.
    pub file: String,
    /// Line in `file`, from 1.
    pub line: usize,
    /// Column in the line in characters, from 1.
    pub column: usize,
    /// How many characters of the line are at fault; at least 1.
    pub length: usize,
    /// The line as it is written.
    pub source: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it, where there is a cure.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            code,
            message,
            ..
        } = self;
        let gutter = " ".repeat(line.to_string().len());
        writeln!(f, "{message} [{code}]")?;
        writeln!(f, "{gutter}--> {file}:{line}:{column}")?;
        writeln!(f, "{line} | {}", self.source)?;
        write!(f, "{gutter} | {}{}", self.indent(), self.underline())?;
        if let Some(help) = &self.help {
            write!(f, "\n{gutter} = help: {help}")?;
        }
        Ok(())
    }
}

impl Diagnostic {
    /// Place, message, code and help on one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self {
            file,
            line,
            column,
            message,
            code,
            ..
        } = self;
        let help = self
            .help
            .as_ref()
            .map_or(String::new(), |help| format!("; {help}"));
        format!("{file}:{line}:{column}: {message}{help} [{code}]")
    }

    /// What stands before the fault, as blanks of the same width: tabs stay tabs.
    fn indent(&self) -> String {
        let before = self.source.chars().take(self.column - 1);
        before
            .map(|c| match c {
                '\t' => "\t",
                c => &"  "[..columns(c)],
            })
            .collect()
    }

    fn underline(&self) -> String {
        let fault = self.source.chars().skip(self.column - 1).take(self.length);
        "^".repeat(fault.map(columns).sum::<usize>().max(1))
    }
}

/// How many columns a terminal gives to a character, in the scripts that contracts are written in.
fn columns(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Collects findings while a text is read and judged.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    file: &'a str,
    text: &'a str,
    /// Where each line after the first begins.
    lines: Vec<usize>,
    found: Vec<(usize, Diagnostic)>,
    bytes: usize,
    has_errors: bool,
    left_out: Option<LeftOut>,
}

/// The findings that there was no room for.
#[derive(Debug)]
struct LeftOut {
    first: Span,
    count: usize,
    severity: Severity,
}

impl<'a> Findings<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            lines: text.match_indices('\n').map(|(at, _)| at + 1).collect(),
            found: Vec::new(),
            bytes: 0,
            has_errors: false,
            left_out: None,
        }
    }

    pub(super) fn error(
        &mut self,
        code: &'static str,
        path: &str,
        span: Span,
        message: impl Into<String>,
    ) {
        self.add(Severity::Error, code, path, span, message.into(), None);
    }

    pub(super) fn error_with_help(
        &mut self,
        code: &'static str,
        path: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(
            Severity::Error,
            code,
            path,
            span,
            message.into(),
            Some(help.into()),
        );
    }

    pub(super) fn warning(
        &mut self,
        code: &'static str,
        path: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(
            Severity::Warning,
            code,
            path,
            span,
            message.into(),
            Some(help.into()),
        );
    }

    /// The line that `span` begins in, from 1.
    pub(super) fn line(&self, span: Span) -> usize {
        self.lines.partition_point(|&start| start <= span.start) + 1
    }

    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        path: &str,
        span: Span,
        message: String,
        help: Option<String>,
    ) {
        self.has_errors |= severity == Severity::Error;
        if self.found.len() >= MAX_FINDINGS || self.bytes > MAX_BYTES {
            let left_out = self.left_out.get_or_insert(LeftOut {
                first: span,
                count: 0,
                severity,
            });
            left_out.count += 1;
            left_out.severity = left_out.severity.min(severity);
            return;
        }
        self.keep(severity, code, path, span, message, help);
    }

    fn keep(
        &mut self,
        severity: Severity,
        code: &'static str,
        path: &str,
        span: Span,
        message: String,
        help: Option<String>,
    ) {
        let start = floor(self.text, span.start);
        let line_range = line_around(self.text, start);
        let source = &self.text[line_range.clone()];
        let end = floor(self.text, span.end.clamp(start, line_range.end.max(start)));
        let diagnostic = Diagnostic {
            code,
            severity,
            path: path.to_owned(),
            file: self.file.to_owned(),
            line: self.line(span),
            column: self.text[line_range.start..start]
                .trim_start_matches('\u{feff}')
                .chars()
                .count()
                + 1,
            length: self.text[start..end].chars().count().max(1),
            source: visible(source),
            // A line break would begin a directive of its own in a build script.
            message: visible(&message),
            help: help.as_deref().map(visible),
        };
        let texts = [&diagnostic.source, &diagnostic.message, &diagnostic.path];
        self.bytes += texts.map(String::len).iter().sum::<usize>();
        self.bytes += diagnostic.help.as_ref().map_or(0, String::len);
        self.found.push((start, diagnostic));
    }

    pub(super) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// All findings in the order of their places.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        if let Some(left_out) = self.left_out.take() {
            let message = format!("too many findings to show: {} left out", left_out.count);
            self.keep(
                left_out.severity,
                codes::TOO_LARGE,
                "",
                left_out.first,
                message,
                None,
            );
        }
        self.found.sort_by_key(|(start, _)| *start);
        self.found
            .into_iter()
            .map(|(_, diagnostic)| diagnostic)
            .collect()
    }
}

/// The line that `at` is in, without its end.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline);
    start..end
}

/// The line for showing: what would move a terminal's cursor or the text around it is replaced, one character for one.
fn visible(line: &str) -> String {
    let line = line.trim_start_matches('\u{feff}').trim_end_matches('\r');
    line.chars()
        .map(|c| {
            if is_unseen(c) && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
