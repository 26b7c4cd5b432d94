//! `cargo pacto validate`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};
use pacto_build::driver::{self, Project};
use pacto_build::{Diagnostic, Severity};
use serde_json::json;

use crate::codes::{self, CODES, Code};
use crate::flags::{Context, EXIT_ERROR, EXIT_NOT_RIGHT, MessageFormat, Packages};
use crate::select;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A folder with a pacto.yaml, or the file itself; the selected packages' contracts if there is none
    #[arg(conflicts_with_all = ["package", "workspace", "manifest_path"])]
    path: Option<PathBuf>,
    /// Treat warnings as errors
    #[arg(long, value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
    /// List the codes of all findings
    #[arg(long, exclusive = true)]
    list_codes: bool,
    /// Explain a code, with an example that fails and the same mended
    #[arg(long, value_name = "CODE", exclusive = true)]
    explain: Option<String>,
    #[command(flatten)]
    packages: Packages,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

pub(crate) fn main(arguments: &Arguments, context: &mut Context) -> anyhow::Result<ExitCode> {
    if arguments.list_codes {
        for Code {
            code,
            severity,
            meaning,
            ..
        } in CODES
        {
            context
                .shell
                .result(format_args!("{code:<32} {severity:<8} {meaning}"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(code) = &arguments.explain {
        let Some(known) = codes::find(code) else {
            bail!("no code `{code}`; `--list-codes` lists them")
        };
        context.shell.result(known);
        return Ok(ExitCode::SUCCESS);
    }
    let mut verdict = Verdict {
        deny: arguments.deny,
        ..Verdict::default()
    };
    if let Some(path) = &arguments.path {
        verdict.add(
            &path.display().to_string(),
            driver::findings(path)?,
            context,
        );
    } else {
        let projects = select::with_or_without_targets(&arguments.packages, context)?;
        for project in contracts(&projects, &arguments.packages)? {
            match project.findings() {
                Ok(findings) => verdict.add(project.name(), findings, context),
                // What is wrong with one keeps no other from being looked at.
                Err(error) => {
                    verdict.is_incomplete = true;
                    context.shell.error(&error.into());
                }
            }
        }
    }
    if verdict.is_incomplete {
        return Ok(ExitCode::from(EXIT_ERROR));
    }
    Ok(if verdict.errors > 0 {
        ExitCode::from(EXIT_NOT_RIGHT)
    } else {
        ExitCode::SUCCESS
    })
}

/// Those that are meant: of several that nobody has named, some need not have anything to do with contracts.
fn contracts<'a>(projects: &'a [Project], packages: &Packages) -> anyhow::Result<Vec<&'a Project>> {
    if projects.len() == 1 || !packages.package.is_empty() {
        return Ok(projects.iter().collect());
    }
    let mut found = Vec::new();
    for project in projects {
        if project.has_work() || project.has_contract()? {
            found.push(project);
        }
    }
    if found.is_empty() {
        bail!("no package of the workspace has a contract; put one at pacto/pacto.yaml");
    }
    Ok(found)
}

#[derive(Debug, Default)]
struct Verdict {
    deny: Option<Deny>,
    errors: usize,
    /// A contract could not be read at all.
    is_incomplete: bool,
}

impl Verdict {
    fn add(&mut self, name: &str, mut findings: Vec<Diagnostic>, context: &mut Context) {
        for finding in &mut findings {
            if self.deny == Some(Deny::Warnings) {
                finding.severity = Severity::Error;
            }
            match context.format {
                MessageFormat::Human => context.shell.diagnostic(finding),
                MessageFormat::Json => context.shell.result(to_json(finding)),
            }
        }
        let count = |severity| {
            findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let text = format!("{name}{}", tally(errors, warnings));
        if errors == 0 {
            context.shell.status("Valid", text);
        } else {
            context.shell.failure("Invalid", text);
        }
        self.errors += errors;
    }
}

/// " (1 error, 2 warnings)", or nothing.
fn tally(errors: usize, warnings: usize) -> String {
    let plural = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        count => Some(format!("{count} {noun}s")),
    };
    let parts: Vec<String> = [plural(errors, "error"), plural(warnings, "warning")]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}

fn to_json(finding: &Diagnostic) -> serde_json::Value {
    json!({
        "reason": "finding",
        "code": finding.code,
        "severity": finding.severity.to_string(),
        "path": finding.path,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "length": finding.length,
        "source": finding.source,
        "message": finding.message,
        "help": finding.help,
    })
}
