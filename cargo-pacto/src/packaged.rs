//! Whether `cargo package` would contain what a build without plugins needs.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use pacto_build::driver::{self, Project};
use pacto_build::{Fault, FaultState};

use crate::flags::Packages;
use crate::select;

/// The lock and the checked-in files that a package of `project` would lack, but for those of which something is `told`.
pub(crate) fn left_out(
    project: &Project,
    packages: &Packages,
    told: &[Fault],
) -> anyhow::Result<Vec<Fault>> {
    let packaged = list(project, packages)?;
    let is_told = |path: &String| told.iter().any(|fault| fault.path == *path);
    let mut missing = project.kept_files()?;
    missing.retain(|path| !packaged.contains(path) && !is_told(path));
    let fault = |path: &String| driver::fault(path, FaultState::LeftOut, &reason(project, path));
    Ok(missing.iter().map(fault).collect())
}

/// What `cargo package` would contain, asked of Cargo itself.
fn list(project: &Project, packages: &Packages) -> anyhow::Result<BTreeSet<String>> {
    let mut command = select::cargo();
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
