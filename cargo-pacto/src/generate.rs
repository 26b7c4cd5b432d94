//! `cargo pacto generate`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use clap::Args;
use pacto_build::Freshness;
use pacto_build::driver::{Change, Force, Mode, Outcome, Project, Report, Request, Selection};
use serde_json::{Value, json};

use crate::flags::{Context, MessageFormat, Packages};
use crate::{plugin_crate, select};

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
    let selected = select::projects(&arguments.packages)?;
    let selections = selected.selections(&arguments.targets, &Selection::CheckedIn)?;
    let force = if arguments.force {
        Force::Yes
    } else {
        Force::No
    };
    let request =
        |project: &Project, selection: &Selection, mode, built, context: &Context| Request {
            mode,
            selection: selection.clone(),
            force,
            state_dir: selected.state_dir(project),
            jobs: context.jobs,
            progress: context.progress.clone(),
            interrupt: context.interrupt.clone(),
            built,
        };
    // A crate is built only for a package that has something to do.
    let mut crates = BTreeSet::new();
    for (project, selection) in selected.projects.iter().zip(&selections) {
        let has_crates = project.plugin_crates(selection).next().is_some();
        if has_crates
            && is_dirty(&project.carry_out(request(
                project,
                selection,
                Mode::List,
                BTreeMap::new(),
                context,
            ))?)
        {
            crates.extend(project.plugin_crates(selection));
        }
    }
    let built = plugin_crate::build(&crates, &selected, &arguments.packages, context)?;
    let mode = if arguments.dry_run {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let mut count = 0;
    for (project, selection) in selected.projects.iter().zip(&selections) {
        let bar = context.watch();
        let report =
            project.carry_out(request(project, selection, mode, built.clone(), context))?;
        drop(bar);
        print(&report, arguments.dry_run, context);
        count += report.outcomes.len();
    }
    if count == 0 {
        let text = "nothing: no target has an `output`; name one to see what it makes";
        context.shell.status("Generated", text);
    }
    Ok(ExitCode::SUCCESS)
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
        say(outcome, is_dry, context);
    }
}

fn say(outcome: &Outcome, is_dry: bool, context: &mut Context) {
    let shell = &mut context.shell;
    let Freshness::Dirty(reason) = &outcome.freshness else {
        shell.detail("Fresh", &outcome.target);
        return;
    };
    let verb = if is_dry { "Would write" } else { "Generated" };
    let folder = outcome
        .output
        .clone()
        .unwrap_or_else(|| outcome.dir.display().to_string());
    shell.status(
        verb,
        format_args!(
            "{} into {folder}: {} ({reason})",
            outcome.target,
            summary(&outcome.files)
        ),
    );
    for (path, change) in &outcome.files {
        shell.detail(word(*change), path);
    }
    for line in outcome.stderr.lines() {
        shell.detail("Stderr", format_args!("{}: {line}", outcome.target));
    }
    if let Some(message) = &outcome.message {
        shell.status("Message", format_args!("{}: {message}", outcome.target));
    }
}

/// "1 created, 2 unchanged", in the order of importance.
fn summary(files: &BTreeMap<String, Change>) -> String {
    let count = |change| files.values().filter(|done| **done == change).count();
    let counts = [
        Change::Created,
        Change::Updated,
        Change::Removed,
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
        // Including what later versions may add.
        _ => "Unchanged",
    }
}

/// A target as one JSON object, the same for every command.
pub(crate) fn to_json(package: &str, outcome: &Outcome) -> Value {
    let files = outcome
        .files
        .iter()
        .map(|(path, change)| json!({"path": path, "change": word(*change).to_lowercase()}));
    let why = match &outcome.freshness {
        Freshness::Fresh => None,
        Freshness::Dirty(reason) => Some(reason.to_string()),
    };
    json!({
        "reason": "target",
        "package": package,
        "target": outcome.target,
        "plugin": outcome.plugin,
        "executable": outcome.found.as_ref().ok(),
        "output": outcome.output,
        "dir": outcome.dir,
        "sandbox": outcome.sandbox,
        "fresh": why.is_none(),
        "why": why,
        "files": files.collect::<Vec<_>>(),
        "message": outcome.message,
    })
}
