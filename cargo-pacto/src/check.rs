//! `cargo pacto check`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use pacto_build::driver::{Force, Mode, Outcome, Report, Request, Selection};
use pacto_build::{Fault, FaultState};
use serde_json::{Value, json};

use crate::early::Early;
use crate::flags::{Context, EXIT_NOT_RIGHT, MessageFormat, Packages, weightier};
use crate::select::Selected;
use crate::{diff, packaged, parallel, plugin_crate, select};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Targets to check; all that have an `output` if none are named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Run the plugins too, compare what they answer with what is there, and show the difference
    #[arg(long)]
    rerun: bool,
    /// Run every plugin once more, with another HOME, time zone, language and path; implies --rerun
    #[arg(long)]
    twice: bool,
    /// See whether `cargo package` would contain the lock and the checked-in files
    #[arg(long, conflicts_with_all = ["rerun", "twice", "targets"])]
    packaged: bool,
    #[command(flatten)]
    packages: Packages,
}

/// What no lock can know, in one line.
const LIMITS: &str = "a plugin that was updated outside of this repository does not show here; \
                      `cargo pacto check --rerun` runs the plugins and compares";

pub(crate) fn main(arguments: &Arguments, context: &mut Context) -> anyhow::Result<ExitCode> {
    if arguments.packaged {
        let selected = select::projects(&arguments.packages, context)?;
        return packaged_files(&selected, &arguments.packages, context);
    }
    let mode = match (arguments.twice, arguments.rerun) {
        (true, _) => Mode::Twice,
        (_, true) => Mode::Rerun,
        _ => Mode::Check,
    };
    let mut verdict = Verdict::default();
    let (selected, reports) = reports(mode, arguments, context)?;
    for (report, project) in reports.into_iter().zip(&selected.projects) {
        match report {
            Ok(report) => verdict.add(&report, context),
            Err(error) => {
                // What the lock knows is known without the plugins too.
                if let (true, Ok(report)) = (mode != Mode::Check, project.check(&context.interrupt))
                {
                    verdict.add(&report, context);
                }
                verdict.fail(&error, selected.tell(project, &error, context));
            }
        }
    }
    Ok(verdict.end(mode, context))
}

/// What is found out about each package, in the order in which Cargo names them.
fn reports(
    mode: Mode,
    arguments: &Arguments,
    context: &mut Context,
) -> anyhow::Result<(Selected, Vec<pacto_build::Result<Report>>)> {
    let (metadata, early) = if mode == Mode::Check && arguments.targets.is_empty() {
        Early::check(&arguments.packages, context.jobs, &context.interrupt)?
    } else {
        (select::members(&arguments.packages)?, Early::default())
    };
    let selected = select::projects_of(&metadata, &arguments.packages, &early, context)?;
    let selections = selected.selections(&arguments.targets, &Selection::CheckedIn)?;
    let work: Vec<_> = selected.projects.iter().zip(selections).collect();
    let mut crates = BTreeSet::new();
    for (project, selection) in work.iter().filter(|_| mode != Mode::Check) {
        crates.extend(project.plugin_crates(selection));
    }
    let built = plugin_crate::build(&crates, &selected, &arguments.packages, &mut context.shell)?;
    let packages_at_once = context.jobs.min(work.len()).max(1);
    let bar = context.watch();
    let shared = &*context;
    let reports = parallel::map(&work, packages_at_once, |(project, selection)| {
        if let Some(report) = early.report(project) {
            return report;
        }
        project.carry_out(Request {
            mode,
            selection: selection.clone(),
            force: Force::No,
            state_dir: selected.state_dir(project),
            jobs: (shared.jobs / packages_at_once).max(1),
            progress: shared.progress.clone(),
            interrupt: shared.interrupt.clone(),
            built: built.clone(),
        })
    });
    drop(bar);
    Ok((selected, reports))
}

fn packaged_files(
    selected: &Selected,
    packages: &Packages,
    context: &mut Context,
) -> anyhow::Result<ExitCode> {
    let mut verdict = Verdict::default();
    for project in &selected.projects {
        // What is stale here is stale in a package, where nobody can mend it; what is left over there is nobody's.
        let mut report = match project.check(&context.interrupt) {
            Ok(report) => report,
            Err(error) => {
                verdict.fail(&error, selected.tell(project, &error, context));
                continue;
            }
        };
        for outcome in &mut report.outcomes {
            outcome
                .faults
                .retain(|fault| fault.state != FaultState::Extra);
        }
        let told: Vec<Fault> = report.faults().cloned().collect();
        verdict.add(&report, context);
        let left_out = packaged::left_out(project, packages, &told)?;
        for fault in &left_out {
            if context.format == MessageFormat::Json {
                context.shell.result(to_json(project.name(), None, fault));
            }
            context.shell.fault(&report.shown(&fault.path), fault);
        }
        if !told.is_empty() || !left_out.is_empty() {
            verdict.is_off = true;
            let text = format!(
                "a package of `{}` would not build without its plugins",
                project.name()
            );
            context.shell.error(&anyhow::Error::msg(text));
        } else if project.is_inheriting() {
            let text = format!(
                "`{}` takes targets from its workspace; in a package the lock stands in for that",
                project.name()
            );
            context.shell.note(text);
        }
    }
    if let Some(code) = verdict.code() {
        return Ok(code);
    }
    let text = "`cargo package` contains the lock and every checked-in file";
    context.shell.status("Checked", text);
    Ok(ExitCode::SUCCESS)
}

/// What is known of all packages so far.
#[derive(Debug, Default)]
struct Verdict {
    targets: usize,
    /// A file or a contract is not as it should be.
    is_off: bool,
    /// A package could not be checked.
    failure: Option<ExitCode>,
}

impl Verdict {
    fn add(&mut self, report: &Report, context: &mut Context) {
        for outcome in &report.outcomes {
            self.targets += 1;
            for fault in &outcome.faults {
                tell(report, outcome, fault, context);
            }
        }
        if let Some(verdict) = report.verdict() {
            self.is_off = true;
            context.shell.error(&anyhow::Error::msg(verdict));
        }
    }

    /// One package ended with an error and its code; a contract that is wrong is one more thing that is off.
    fn fail(&mut self, error: &pacto_build::Error, code: ExitCode) {
        if !error.diagnostics().is_empty() {
            self.is_off = true;
        } else {
            self.failure = Some(self.failure.map_or(code, |first| weightier(first, code)));
        }
    }

    /// What the command ends with, if not everything is right.
    fn code(&self) -> Option<ExitCode> {
        let off = self.is_off.then(|| ExitCode::from(EXIT_NOT_RIGHT));
        self.failure.or(off)
    }

    fn end(&self, mode: Mode, context: &mut Context) -> ExitCode {
        if let Some(code) = self.failure {
            return code;
        }
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
        if mode == Mode::Check {
            context.shell.note(LIMITS);
        }
        self.code().unwrap_or(ExitCode::SUCCESS)
    }
}

fn tell(report: &Report, outcome: &Outcome, fault: &Fault, context: &mut Context) {
    let path = report.shown(&fault.path);
    if context.format == MessageFormat::Json {
        context
            .shell
            .result(to_json(&report.package, Some(&outcome.target), fault));
    }
    if fault.state == FaultState::LineEnds {
        let text = format!("`{path}` differs only in line ends; {}", fault.why);
        context.shell.note(text);
    } else {
        context.shell.fault(&path, fault);
    }
    if let Some(difference) = &fault.difference {
        let names = match fault.state {
            FaultState::Unstable => ("first run", "second run"),
            _ => ("what is there", "what the plugin answers"),
        };
        let names = names_of(&path, names);
        context
            .shell
            .text(&diff::unified(difference, (&names.0, &names.1)));
    }
}

fn names_of(path: &str, (old, new): (&str, &str)) -> (String, String) {
    (format!("{path} ({old})"), format!("{path} ({new})"))
}

fn to_json(package: &str, target: Option<&str>, fault: &Fault) -> Value {
    json!({
        "reason": "fault",
        "package": package,
        "target": target,
        "path": fault.path,
        "state": fault.state.word().to_lowercase().replace(' ', "-"),
        "why": fault.why,
    })
}
