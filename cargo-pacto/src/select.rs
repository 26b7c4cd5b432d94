//! Which packages a command is about.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use pacto_build::driver::{Project, Selection};
use serde_json::json;

use crate::early::Early;
use crate::flags::{Context, EXIT_ERROR, EXIT_INTERRUPTED, MessageFormat, Packages};
use crate::parallel;
use crate::shell::Shell;
use crate::spec::Spec;

/// The packages of a command, and where Cargo puts what it builds.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) projects: Vec<Project>,
    target_dir: PathBuf,
    pub(crate) workspace_manifest: PathBuf,
}

/// The packages that `packages` selects, whether they have targets or not.
pub(crate) fn with_or_without_targets(
    packages: &Packages,
    context: &mut Context,
) -> anyhow::Result<Vec<Project>> {
    let metadata = members(packages)?;
    let selected = select(&metadata, packages, &mut context.shell)?;
    load(&selected, &metadata, &Early::default(), context)
}

/// The Cargo that started us, or else the one on `PATH`.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn load(
    packages: &[&Package],
    metadata: &Metadata,
    early: &Early,
    context: &mut Context,
) -> anyhow::Result<Vec<Project>> {
    // As rustc's messages do, which Cargo starts there.
    let root = metadata.workspace_root.as_std_path();
    let load = |package: &&Package| {
        let manifest = package.manifest_path.as_std_path();
        early
            .project(manifest)
            .map_or_else(|| Project::load(manifest, root), Ok)
    };
    let (mut projects, mut errors) = (Vec::new(), Vec::new());
    for loaded in parallel::map(packages, context.jobs, load) {
        match loaded {
            Ok(project) => projects.push(project),
            Err(error) => errors.push(error),
        }
    }
    let last = errors.pop();
    for error in errors {
        context.shell.error(&error.into());
    }
    last.map_or(Ok(projects), |error| Err(error.into()))
}

/// The packages that `packages` selects, as Cargo would: those named, all, or the one that we are in.
pub(crate) fn projects(packages: &Packages, context: &mut Context) -> anyhow::Result<Selected> {
    projects_of(&members(packages)?, packages, &Early::default(), context)
}

/// The same where Cargo was asked before; of the packages that were read `early` none is read again.
pub(crate) fn projects_of(
    metadata: &Metadata,
    packages: &Packages,
    early: &Early,
    context: &mut Context,
) -> anyhow::Result<Selected> {
    let selected = select(metadata, packages, &mut context.shell)?;
    let projects = load(&selected, metadata, early, context)?;
    if !projects.iter().any(Project::has_work) {
        let names: Vec<&str> = selected
            .iter()
            .map(|package| package.name.as_str())
            .collect();
        let (noun, names) = (
            if names.len() == 1 {
                "package"
            } else {
                "packages"
            },
            names.join("`, `"),
        );
        bail!(
            "{noun} `{names}` has no targets; add [package.metadata.pacto.targets.NAME] to Cargo.toml"
        );
    }
    // A member without targets may not even have a contract.
    let projects = projects.into_iter().filter(Project::has_work).collect();
    Ok(Selected {
        projects,
        target_dir: metadata.target_directory.clone().into_std_path_buf(),
        workspace_manifest: metadata
            .workspace_root
            .join("Cargo.toml")
            .into_std_path_buf(),
    })
}

impl Selected {
    /// Where the record of `project` is kept, and its targets without `output`.
    pub(crate) fn state_dir(&self, project: &Project) -> PathBuf {
        self.target_dir.join("pacto").join(project.name())
    }

    /// Says what is wrong with one project, which keeps no other from being worked on; gives the exit code for that.
    pub(crate) fn tell(
        &self,
        project: &Project,
        error: &pacto_build::Error,
        context: &mut Context,
    ) -> ExitCode {
        let subject = match self.projects.len() {
            1 => String::new(),
            _ => format!("package `{}`: ", project.name()),
        };
        if context.format == MessageFormat::Json {
            for error in error.each() {
                context.shell.result(json!({
                    "reason": "error",
                    "package": project.name(),
                    "message": error.to_string(),
                }));
            }
        }
        context.shell.error_of(&subject, error);
        ExitCode::from(if error.is_interrupted() {
            EXIT_INTERRUPTED
        } else {
            EXIT_ERROR
        })
    }

    /// What of `targets` each project is asked for; all of `default` if none are named.
    pub(crate) fn selections(
        &self,
        targets: &[String],
        default: &Selection,
    ) -> anyhow::Result<Vec<Selection>> {
        if targets.is_empty() {
            return Ok(vec![default.clone(); self.projects.len()]);
        }
        let has = |project: &Project, name: &str| project.targets().any(|target| target == name);
        for name in targets {
            if !self.projects.iter().any(|project| has(project, name)) {
                let known: BTreeSet<&str> =
                    self.projects.iter().flat_map(Project::targets).collect();
                let known: Vec<&str> = known.into_iter().collect();
                if known.is_empty() {
                    bail!(
                        "no target `{name}`; Cargo.toml has none, and what old ones left is meant if none is named"
                    );
                }
                bail!("no target `{name}`; targets are `{}`", known.join("`, `"));
            }
        }
        let of = |project: &Project| {
            targets
                .iter()
                .filter(|name| has(project, name))
                .cloned()
                .collect()
        };
        Ok(self
            .projects
            .iter()
            .map(|project| Selection::Named(of(project)))
            .collect())
    }
}

/// What Cargo knows of the workspace's own packages.
pub(crate) fn members(packages: &Packages) -> anyhow::Result<Metadata> {
    metadata(packages, &["--no-deps"])
}

/// What Cargo knows, asked with the user's own flags.
pub(crate) fn metadata(
    packages: &Packages,
    arguments: &[&'static str],
) -> anyhow::Result<Metadata> {
    let mut command = MetadataCommand::new();
    if let Some(path) = &packages.manifest_path {
        command.manifest_path(path);
    }
    command.other_options(
        arguments
            .iter()
            .copied()
            .chain(packages.cargo_flags())
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    match command.exec() {
        Ok(metadata) => Ok(metadata),
        // Cargo's own words say it best.
        Err(cargo_metadata::Error::CargoMetadata { stderr }) => {
            bail!("{}", stderr.trim().trim_start_matches("error: "))
        }
        Err(error) => Err(error).context("failed to run `cargo metadata`"),
    }
}

fn select<'a>(
    metadata: &'a Metadata,
    packages: &Packages,
    shell: &mut Shell,
) -> anyhow::Result<Vec<&'a Package>> {
    let members = metadata.workspace_packages();
    let (named, excluded) = (Spec::all(&packages.package), Spec::all(&packages.exclude));
    if let Some(stranger) = strangers(&named, &members).next() {
        bail!("{}", no_member(stranger, &members, metadata));
    }
    // As in Cargo, so that a package may go before the scripts that exclude it.
    for stranger in strangers(&excluded, &members) {
        shell.warning(no_member(stranger, &members, metadata));
    }
    let is_listed = |list: &[Spec<'_>], member: &Package| list.iter().any(|spec| spec.fits(member));
    let selected: Vec<&Package> = if packages.workspace {
        members
            .into_iter()
            .filter(|member| !is_listed(&excluded, member))
            .collect()
    } else if !named.is_empty() {
        members
            .into_iter()
            .filter(|member| is_listed(&named, member))
            .collect()
    } else {
        current(metadata, packages)?
    };
    if selected.is_empty() {
        bail!("no packages are selected");
    }
    Ok(selected)
}

/// Those that fit no package of the workspace.
fn strangers<'a>(
    specs: &'a [Spec<'a>],
    members: &'a [&Package],
) -> impl Iterator<Item = &'a Spec<'a>> {
    let is_strange = |spec: &&Spec<'_>| !members.iter().any(|member| spec.fits(member));
    specs.iter().filter(is_strange)
}

fn no_member(spec: &Spec<'_>, members: &[&Package], metadata: &Metadata) -> String {
    format!(
        "package `{}` is no member of the workspace `{}`{}",
        spec.text(),
        metadata.workspace_root,
        spec.suggestion(members)
    )
}

/// The folder that Cargo looks for a workspace from.
pub(crate) fn start(packages: &Packages) -> io::Result<PathBuf> {
    Ok(match &packages.manifest_path {
        Some(path) => std::path::absolute(path)?
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default(),
        None => std::env::current_dir()?,
    })
}

/// The package whose folder we are in; at the workspace's root and outside of its members, the default members.
fn current<'a>(metadata: &'a Metadata, packages: &Packages) -> anyhow::Result<Vec<&'a Package>> {
    // Cargo gives real paths where the shell may not.
    let start = start(packages)?;
    let start = start.canonicalize().unwrap_or(start);
    // Even if the root is a package: without `default-members` that is the only default.
    if start == metadata.workspace_root {
        return Ok(metadata.workspace_default_packages());
    }
    let members = metadata.workspace_packages();
    let own = start
        .ancestors()
        .take_while(|dir| dir.starts_with(&metadata.workspace_root))
        .find_map(|dir| {
            members.iter().find(|member| {
                member
                    .manifest_path
                    .parent()
                    .is_some_and(|folder| folder == dir)
            })
        });
    Ok(match own {
        Some(own) => vec![*own],
        None => metadata.workspace_default_packages(),
    })
}
