//! `cargo pacto check`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use pacto_build::driver::{Force, Mode, Outcome, Report, Request, Selection};
use pacto_build::{Fault, FaultState};
use serde_json::{Value, json};

use crate::flags::{Context, EXIT_NOT_RIGHT, MessageFormat, Packages};
use crate::{parallel, select};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Targets to check; all that have an `output` if none are named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    #[command(flatten)]
    packages: Packages,
}

/// What no lock can know, in one line.
const LIMITS: &str = "a plugin that was updated outside of this repository does not show here; \
                      `cargo pacto check --rerun` runs the plugins and compares";

pub(crate) fn main(arguments: &Arguments, context: &mut Context) -> anyhow::Result<ExitCode> {
    let selected = select::projects(&arguments.packages, context.jobs)?;
    let selections = selected.selections(&arguments.targets, &Selection::CheckedIn)?;
    let work: Vec<_> = selected.projects.iter().zip(selections).collect();
    let shared = &*context;
    let reports = parallel::map(&work, context.jobs, |(project, selection)| {
        project.carry_out(Request {
            mode: Mode::Check,
            selection: selection.clone(),
            force: Force::No,
            state_dir: selected.state_dir(project),
            jobs: 1,
            progress: shared.progress.clone(),
            interrupt: shared.interrupt.clone(),
            built: BTreeMap::new(),
        })
    });
    let mut verdict = Verdict::default();
    for report in reports {
        match report {
            Ok(report) => verdict.add(&report, context),
            Err(error) => verdict.fail(error, context)?,
        }
    }
    Ok(verdict.end(context))
}

/// What is known of all packages so far.
#[derive(Debug, Default)]
struct Verdict {
    targets: usize,
    is_off: bool,
}

impl Verdict {
    fn add(&mut self, report: &Report, context: &mut Context) {
        for outcome in &report.outcomes {
            self.targets += 1;
            for fault in &outcome.faults {
                tell(&report.package, outcome, fault, context);
            }
        }
        if let Some(verdict) = report.verdict() {
            self.is_off = true;
            context.shell.error(&anyhow::Error::msg(verdict));
        }
    }

    /// A contract that is wrong keeps nobody from seeing what else is; anything else does.
    fn fail(&mut self, error: pacto_build::Error, context: &mut Context) -> anyhow::Result<()> {
        if error.diagnostics().is_empty() {
            return Err(error.into());
        }
        self.is_off = true;
        context.shell.error(&error.into());
        Ok(())
    }

    fn end(&self, context: &mut Context) -> ExitCode {
        if self.targets == 0 && !self.is_off {
            let text = "nothing: no target has an `output`";
            context.shell.status("Checked", text);
            return ExitCode::SUCCESS;
        }
        if !self.is_off {
            let noun = if self.targets == 1 {
                "target"
            } else {
                "targets"
            };
            let text = format!("{} {noun}: all files are as they should be", self.targets);
            context.shell.status("Checked", text);
        }
        context.shell.note(LIMITS);
        if self.is_off {
            ExitCode::from(EXIT_NOT_RIGHT)
        } else {
            ExitCode::SUCCESS
        }
    }
}

fn tell(package: &str, outcome: &Outcome, fault: &Fault, context: &mut Context) {
    if context.format == MessageFormat::Json {
        context.shell.result(to_json(package, outcome, fault));
    }
    if fault.state == FaultState::LineEnds {
        let text = format!("`{}` differs only in line ends; {}", fault.path, fault.why);
        context.shell.note(text);
    } else {
        context.shell.fault(fault);
    }
}

fn to_json(package: &str, outcome: &Outcome, fault: &Fault) -> Value {
    json!({
        "reason": "fault",
        "package": package,
        "target": outcome.target,
        "path": fault.path,
        "state": fault.state.word().to_lowercase().replace(' ', "-"),
        "why": fault.why,
    })
}
