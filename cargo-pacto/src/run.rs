//! `cargo pacto run`: one plugin on one contract.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use pacto_build::driver::{Force, SandboxLevel, SingleRun};
use serde_json::json;

use crate::flags::{Context, MessageFormat};
use crate::generate::word;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The plugin's name, or the path of its executable
    plugin: String,
    /// A folder with a pacto.yaml, or the file itself
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Where the files go
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// An option for the plugin; can be given several times, and of the same key the last one counts
    #[arg(long = "option", value_name = "KEY=VALUE", value_parser = option)]
    options: Vec<(String, String)>,
    /// How long the plugin may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// What the plugin may touch: with `strict` it reads nothing but the contract's folder and the system's own
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    sandbox: Option<SandboxLevel>,
    /// Overwrite files that are there already and differ
    #[arg(long)]
    force: bool,
}

/// The value is everything after the first `=`, so that it may hold more of them.
fn option(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("an option is KEY=VALUE".to_owned()),
    }
}

fn level(name: &str) -> Result<SandboxLevel, String> {
    let level = SandboxLevel::ALL.iter().find(|(known, _)| *known == name);
    level.map(|(_, level)| *level).ok_or_else(|| {
        let known = SandboxLevel::ALL.map(|(known, _)| known);
        format!("levels are {}", known.join(", "))
    })
}

pub(crate) fn main(arguments: Arguments, context: &mut Context) -> anyhow::Result<ExitCode> {
    let single = SingleRun {
        plugin: arguments.plugin.clone(),
        contract: arguments.path,
        output: arguments.output.clone(),
        options: arguments.options.into_iter().collect(),
        timeout: Duration::from_secs(arguments.timeout),
        sandbox: arguments.sandbox,
        force: if arguments.force {
            Force::Yes
        } else {
            Force::No
        },
        interrupt: context.interrupt.clone(),
    };
    let report = single.run()?;
    for warning in &report.warnings {
        context.shell.diagnostic(warning);
    }
    let (count, folder) = (report.files.len(), arguments.output.display());
    if context.format == MessageFormat::Json {
        let files = report
            .files
            .iter()
            .map(|(path, change)| json!({"path": path, "change": word(*change).to_lowercase()}));
        let files: Vec<_> = files.collect();
        let plugin = &arguments.plugin;
        context.shell.result(json!({"reason": "run", "plugin": plugin, "dir": arguments.output, "files": files, "message": report.message, "sandbox": report.sandbox}));
    }
    let files = if count == 1 { "file" } else { "files" };
    context.shell.status(
        "Generated",
        format_args!("{count} {files} using {} into {folder}", arguments.plugin),
    );
    context.shell.detail("Sandbox", &report.sandbox);
    for (path, change) in &report.files {
        context.shell.detail(word(*change), path);
    }
    for line in report.stderr.lines() {
        context.shell.detail("Stderr", line);
    }
    if let Some(message) = &report.message {
        context.shell.status("Message", message);
    }
    Ok(ExitCode::SUCCESS)
}
