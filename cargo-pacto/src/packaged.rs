//! Whether `cargo package` would contain what a build without plugins needs.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use pacto_build::driver::{self, Project};
use pacto_build::{Fault, FaultState};

use crate::flags::Packages;

/// The lock and the checked-in files that a package of `project` would lack, and targets without any.
pub(crate) fn left_out(project: &Project, packages: &Packages) -> anyhow::Result<Vec<Fault>> {
    let packaged = list(project, packages)?;
    let needed = project.kept_files()?;
    let missing = needed.iter().filter(|path| !packaged.contains(*path));
    let fault = |path: &String| driver::fault(path, FaultState::LeftOut, &reason(project, path));
    let never_generated = project
        .never_generated()?
        .into_iter()
        .map(|(name, folder)| {
            let why = format!("target `{name}` was not generated yet; run `cargo pacto generate`");
            driver::fault(folder, FaultState::Missing, &why)
        });
    Ok(missing.map(fault).chain(never_generated).collect())
}

/// What `cargo package` would contain, asked of Cargo itself.
fn list(project: &Project, packages: &Packages) -> anyhow::Result<BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["package", "--list", "--allow-dirty", "--quiet"])
        .arg("--manifest-path")
        .arg(project.dir().join("Cargo.toml"))
        .args(packages.cargo_flags())
        .stdin(Stdio::null());
    let output = command
        .output()
        .context("failed to run `cargo package --list`")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{}", text.trim().trim_start_matches("error: "));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(|line| line.replace('\\', "/")).collect())
}

/// Why Cargo leaves a file out, as far as that can be told.
fn reason(project: &Project, path: &str) -> String {
    if !project.dir().join(path).is_file() {
        return "`cargo package` would not contain it, as it is not there".to_owned();
    }
    let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    if let Some(folder) =
        folders.find(|folder| project.dir().join(folder).join("Cargo.toml").is_file())
    {
        return format!(
            "`cargo package` would not contain it, as `{folder}/Cargo.toml` makes its folder another package"
        );
    }
    let ignored = Command::new("git")
        .args(["check-ignore", "--quiet", "--", path])
        .current_dir(project.dir())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // Without git nothing is known of what it ignores, and the other cause is the likelier.
    if ignored.is_ok_and(|status| status.success()) {
        return "`cargo package` would not contain it, as git ignores it; commit it, or name it in `include` in Cargo.toml".to_owned();
    }
    "`cargo package` would not contain it, as `include` or `exclude` in Cargo.toml leaves it out"
        .to_owned()
}
