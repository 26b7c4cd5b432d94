//! `cargo pacto generate`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use pacto_build::driver::{Change, Force, Mode, Outcome, Project, Report, Request, Selection};
use pacto_build::{DirtyReason, FoundPlugin, Freshness};
use serde_json::{Value, json};

use crate::flags::{Context, MessageFormat, Packages, weightier};
use crate::select::{self, Selected};
use crate::{parallel, plugin_crate};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Targets to generate; all that have an `output` if none are named. One without goes to the target directory
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Run what is up to date too, and overwrite files that were edited
    #[arg(long)]
    force: bool,
    /// Run the plugins, but only say what would be written
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    packages: Packages,
}

pub(crate) fn main(arguments: &Arguments, context: &mut Context) -> anyhow::Result<ExitCode> {
    let selected = select::projects(&arguments.packages, context)?;
    let selections = selected.selections(&arguments.targets, &Selection::CheckedIn)?;
    let force = if arguments.force {
        Force::Yes
    } else {
        Force::No
    };
    // Packages run side by side too, and share what may run at once.
    let packages_at_once = context.jobs.min(selected.projects.len()).max(1);
    let (jobs, progress, interrupt) = (
        context.jobs,
        context.progress.clone(),
        context.interrupt.clone(),
    );
    let request = |project: &Project, selection: &Selection, mode, built| Request {
        mode,
        selection: selection.clone(),
        force,
        state_dir: selected.state_dir(project),
        jobs: (jobs / packages_at_once).max(1),
        progress: progress.clone(),
        interrupt: interrupt.clone(),
        built,
    };
    let work: Vec<_> = selected.projects.iter().zip(&selections).collect();
    // A crate is built only for a package that has something to do.
    let needed = parallel::map(&work, jobs, |(project, selection)| {
        if project.plugin_crates(selection).next().is_none() {
            return Ok(false);
        }
        let list = request(project, selection, Mode::List, Vec::new());
        project.carry_out(list).map(|report| is_dirty(&report))
    });
    let mut crates = BTreeSet::new();
    for (is_needed, (project, selection)) in needed.into_iter().zip(&work) {
        // What is wrong is told when it is that package's turn.
        if is_needed.unwrap_or(false) {
            crates.extend(project.plugin_crates(selection));
        }
    }
    let built = plugin_crate::build(&crates, &selected, &arguments.packages, &mut context.shell)?;
    let mode = if arguments.dry_run {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let bar = context.watch();
    let reports = parallel::map(&work, packages_at_once, |(project, selection)| {
        project.carry_out(request(project, selection, mode, built.clone()))
    });
    drop(bar);
    print_all(reports, &selected, arguments.dry_run, context)
}

/// Every report, and every error: what is wrong with one package keeps no other from being done.
fn print_all(
    reports: Vec<pacto_build::Result<Report>>,
    selected: &Selected,
    is_dry: bool,
    context: &mut Context,
) -> anyhow::Result<ExitCode> {
    let (mut count, mut code) = (0, ExitCode::SUCCESS);
    for (report, project) in reports.into_iter().zip(&selected.projects) {
        match report {
            Ok(report) => {
                print(&report, is_dry, context);
                count += report.outcomes.len();
            }
            Err(error) => {
                code = weightier(code, selected.tell(project, &error, context));
            }
        }
    }
    if count == 0 && code == ExitCode::SUCCESS {
        let text = "nothing: no target has an `output`; name one to see what it makes";
        context.shell.status("Generated", text);
    }
    Ok(code)
}

fn is_dirty(report: &Report) -> bool {
    report
        .outcomes
        .iter()
        .any(|outcome| outcome.freshness != Freshness::Fresh)
}

fn print(report: &Report, is_dry: bool, context: &mut Context) {
    for warning in &report.warnings {
        context.shell.diagnostic(warning);
    }
    for outcome in &report.outcomes {
        if context.format == MessageFormat::Json {
            context.shell.result(to_json(&report.package, outcome));
        }
        say(report, outcome, is_dry, context);
    }
}

fn say(report: &Report, outcome: &Outcome, is_dry: bool, context: &mut Context) {
    let shell = &mut context.shell;
    let Some(reason) = outcome.freshness.why() else {
        shell.detail("Fresh", &outcome.target);
        return;
    };
    let is_gone = outcome.freshness.reasons().contains(&DirtyReason::Retired);
    let verb = match (is_gone, is_dry) {
        (false, false) => "Generated",
        (false, true) => "Would write",
        (true, false) => "Removed",
        (true, true) => "Would remove",
    };
    let preposition = if is_gone { "from" } else { "into" };
    let folder = match &outcome.output {
        Some(folder) => report.shown(folder),
        None => outcome.dir.display().to_string(),
    };
    shell.status(
        verb,
        format_args!(
            "{} {preposition} {folder}: {} ({reason})",
            outcome.target,
            summary(&outcome.files)
        ),
    );
    let reasons = outcome.freshness.reasons();
    for reason in reasons.iter().filter(|_| reasons.len() > 1) {
        shell.detail("Dirty", format_args!("{}: {reason}", outcome.target));
    }
    shell.detail(
        "Sandbox",
        format_args!("{}: {}", outcome.target, outcome.sandbox),
    );
    for (path, change) in &outcome.files {
        let path = match &outcome.output {
            Some(_) => report.shown(path),
            None => path.clone(),
        };
        shell.detail(word(*change), &path);
        if *change == Change::Kept {
            let text = format!("`{path}` was edited by hand, and is left as it is");
            shell.warning(text);
        }
    }
    for line in outcome.stderr.lines() {
        shell.detail("Stderr", format_args!("{}: {line}", outcome.target));
    }
    if let Some(message) = &outcome.message {
        shell.status("Message", format_args!("{}: {message}", outcome.target));
    }
}

/// "1 created, 2 unchanged", in the order of importance.
fn summary(files: &[(String, Change)]) -> String {
    let count = |change| files.iter().filter(|(_, done)| *done == change).count();
    let counts = [
        Change::Created,
        Change::Updated,
        Change::Removed,
        Change::Kept,
        Change::Unchanged,
    ]
    .map(|change| (count(change), change));
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, change)| format!("{count} {}", word(*change).to_lowercase()))
        .collect();
    if parts.is_empty() {
        "no files".to_owned()
    } else {
        parts.join(", ")
    }
}

pub(crate) fn word(change: Change) -> &'static str {
    match change {
        Change::Created => "Created",
        Change::Updated => "Updated",
        Change::Removed => "Removed",
        Change::Kept => "Kept",
        // Including what later versions may add.
        _ => "Unchanged",
    }
}

/// What was done to each file of a target.
pub(crate) fn files_to_json(outcome: &Outcome) -> Vec<Value> {
    let files = outcome.files.iter();
    files
        .map(|(path, change)| json!({"path": path, "change": word(*change).to_lowercase()}))
        .collect()
}

/// A target as one JSON object, the same for `generate` and `list`.
pub(crate) fn to_json(package: &str, outcome: &Outcome) -> Value {
    let executable = match &outcome.found {
        FoundPlugin::Executable(path) => Some(path),
        _ => None,
    };
    let why: Vec<String> = outcome
        .freshness
        .reasons()
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "reason": "target",
        "package": package,
        "target": outcome.target,
        "plugin": outcome.plugin,
        "executable": executable,
        "output": outcome.output,
        "dir": outcome.dir,
        "sandbox": outcome.sandbox,
        "fresh": why.is_empty(),
        "why": why,
        "files": files_to_json(outcome),
        "message": outcome.message,
    })
}
