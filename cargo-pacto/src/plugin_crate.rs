//! Plugins that are crates: Cargo builds their programs, as it builds everything else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use cargo_metadata::{Message, Metadata, Package};

use crate::flags::Packages;
use crate::select::{self, Selected};
use crate::shell::Shell;

/// Builds the programs of `crates`, which must be dependencies or members of the workspace.
pub(crate) fn build(
    crates: &BTreeSet<&str>,
    selected: &Selected,
    packages: &Packages,
    shell: &mut Shell,
) -> anyhow::Result<Vec<(String, PathBuf)>> {
    if crates.is_empty() {
        return Ok(Vec::new());
    }
    let metadata = select::metadata(packages, &[])?;
    let mut built = Vec::new();
    for &name in crates {
        let package = find(name, &metadata)?;
        shell.status(
            "Building",
            format_args!("plugin {name} v{}", package.version),
        );
        let is_member = metadata.workspace_members.contains(&package.id);
        let manifest = if is_member {
            selected.workspace_manifest.clone()
        } else {
            wrapper(package, &metadata)?
        };
        // The lock file of a package of our own is nobody's to keep unchanged.
        let flags = [
            (packages.locked && is_member, "--locked"),
            (
                packages.offline || (packages.frozen && !is_member),
                "--offline",
            ),
            (packages.frozen && is_member, "--frozen"),
        ];
        let flags: Vec<&str> = flags
            .iter()
            .filter(|(is_set, _)| *is_set)
            .map(|(_, flag)| *flag)
            .collect();
        let program = executable(package, &manifest, &metadata, &flags)?;
        built.push((name.to_owned(), program));
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

/// A package that depends on the plugin as programs do, and its manifest.
///
/// Cargo (1.95) panics when it is asked for the program of a crate that is a build-dependency and
/// nothing else: it knows the crate's features for build scripts only. The versions are those of the
/// workspace's own lock file.
fn wrapper(package: &Package, metadata: &Metadata) -> anyhow::Result<PathBuf> {
    let (name, source) = (package.name.as_str(), package.manifest_path.parent());
    let source = source.context("a manifest is in a folder")?;
    let dir = metadata
        .target_directory
        .join("pacto")
        .join("crates")
        .join(name);
    let write = |path: &str, text: String| {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&dir))?;
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        fs::write(&path, text)
    };
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"builds-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{name} = {{ path = {:?} }}\n",
        source.as_str()
    );
    let context = || format!("failed to write into `{dir}`");
    write("Cargo.toml", manifest).with_context(context)?;
    write("src/lib.rs", String::new()).with_context(context)?;
    let lock = fs::read_to_string(metadata.workspace_root.join("Cargo.lock")).unwrap_or_default();
    write("Cargo.lock", lock).with_context(context)?;
    Ok(dir.join("Cargo.toml").into_std_path_buf())
}

fn executable(
    package: &Package,
    manifest: &Path,
    metadata: &Metadata,
    flags: &[&str],
) -> anyhow::Result<PathBuf> {
    let name = package.name.as_str();
    if !package
        .targets
        .iter()
        .any(|target| target.is_bin() && target.name == name)
    {
        bail!("plugin crate `{name}` has no program of that name; add a src/main.rs to it");
    }
    let mut command = select::cargo();
    command.args([
        "build",
        "--quiet",
        "--message-format=json-render-diagnostics",
        "--bin",
        name,
    ]);
    command
        .args(["--package", &format!("{name}@{}", package.version)])
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(&metadata.target_directory);
    command.args(flags);
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
