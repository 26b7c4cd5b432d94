//! `cargo pacto clean`.

use std::process::ExitCode;

use clap::Args;
use pacto_build::driver::{Change, Force, Mode, Outcome, Report, Request, Selection};
use serde_json::{Value, json};

use crate::flags::{Context, MessageFormat, Packages};
use crate::{generate, select};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Targets whose files go; all if none are named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    packages: Packages,
}

pub(crate) fn main(arguments: &Arguments, context: &mut Context) -> anyhow::Result<ExitCode> {
    let selected = select::projects(&arguments.packages, context)?;
    let selections = selected.selections(&arguments.targets, &Selection::All)?;
    let (mut removed, mut code) = (0, ExitCode::SUCCESS);
    for (project, selection) in selected.projects.iter().zip(selections) {
        let cleaned = project.carry_out(Request {
            mode: if arguments.dry_run {
                Mode::DryClean
            } else {
                Mode::Clean
            },
            selection,
            force: Force::No,
            state_dir: selected.state_dir(project),
            jobs: context.jobs,
            progress: context.progress.clone(),
            interrupt: context.interrupt.clone(),
            built: Vec::new(),
        });
        match cleaned {
            Ok(report) => removed += tell(&report, context),
            Err(error) => {
                code = selected.tell(project, &error, context);
            }
        }
    }
    let verb = if arguments.dry_run {
        "Would remove"
    } else {
        "Removed"
    };
    let noun = if removed == 1 { "file" } else { "files" };
    if removed > 0 || code == ExitCode::SUCCESS {
        context.shell.status(verb, format_args!("{removed} {noun}"));
    }
    Ok(code)
}

/// How many files are removed.
fn tell(report: &Report, context: &mut Context) -> usize {
    let mut removed = 0;
    for outcome in &report.outcomes {
        if context.format == MessageFormat::Json {
            context.shell.result(to_json(&report.package, outcome));
        }
        for (path, change) in &outcome.files {
            let path = match &outcome.output {
                Some(_) => report.shown(path),
                None => outcome.dir.join(path).display().to_string(),
            };
            match change {
                Change::Kept => {
                    let text = format!("`{path}` was edited by hand, and is left as it is");
                    context.shell.warning(text);
                }
                _ => {
                    removed += 1;
                    context.shell.detail(generate::word(*change), path);
                }
            }
        }
    }
    removed
}

fn to_json(package: &str, outcome: &Outcome) -> Value {
    json!({
        "reason": "cleaned",
        "package": package,
        "target": outcome.target,
        "output": outcome.output,
        "files": generate::files_to_json(outcome),
    })
}
