//! Plugins that are crates: Cargo builds their programs, as it builds everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use cargo_metadata::{Message, Metadata, Package};

use crate::flags::{Context, Packages};
use crate::select::{self, Selected};

/// Builds the programs of `crates`, which must be dependencies or members of the workspace.
pub(crate) fn build<'a>(
    crates: impl Iterator<Item = &'a str>,
    selected: &Selected,
    packages: &Packages,
    context: &mut Context,
) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let crates: BTreeSet<&str> = crates.collect();
    if crates.is_empty() {
        return Ok(BTreeMap::new());
    }
    let metadata = select::metadata(packages, &[])?;
    let mut built = BTreeMap::new();
    for name in crates {
        let package = find(name, &metadata)?;
        context.shell.status(
            "Building",
            format_args!("plugin {name} v{}", package.version),
        );
        built.insert(name.to_owned(), executable(package, selected, packages)?);
    }
    Ok(built)
}

fn find<'a>(name: &str, metadata: &'a Metadata) -> anyhow::Result<&'a Package> {
    let mut found = metadata
        .packages
        .iter()
        .filter(|package| package.name.as_str() == name);
    match (found.next(), found.next()) {
        (Some(package), None) => Ok(package),
        (None, _) => {
            bail!("plugin crate `{name}` is no dependency; add it to [build-dependencies]")
        }
        (Some(one), Some(other)) => {
            let (one, other) = (&one.version, &other.version);
            bail!(
                "plugin crate `{name}` is there as {one} and as {other}; make all packages use one of them"
            )
        }
    }
}

fn executable(
    package: &Package,
    selected: &Selected,
    packages: &Packages,
) -> anyhow::Result<PathBuf> {
    let name = package.name.as_str();
    if !package
        .targets
        .iter()
        .any(|target| target.is_bin() && target.name == name)
    {
        bail!("plugin crate `{name}` has no program of that name; add a src/main.rs to it");
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--quiet",
        "--message-format=json-render-diagnostics",
        "--bin",
        name,
    ]);
    command
        .args(["--package", &package.id.repr])
        .arg("--manifest-path")
        .arg(&selected.workspace_manifest);
    for (is_set, flag) in [
        (packages.locked, "--locked"),
        (packages.offline, "--offline"),
        (packages.frozen, "--frozen"),
    ] {
        command.args(is_set.then_some(flag));
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("failed to run `cargo build`")?;
    if !output.status.success() {
        bail!("plugin crate `{name}` does not build");
    }
    let messages = Message::parse_stream(output.stdout.as_slice());
    let mut executables = messages.filter_map(|message| match message {
        Ok(Message::CompilerArtifact(artifact)) if artifact.target.name == name => {
            artifact.executable
        }
        _ => None,
    });
    let executable = executables
        .next()
        .with_context(|| format!("Cargo built no program for plugin crate `{name}`"))?;
    Ok(executable.into_std_path_buf())
}
