//! Packages that are checked while Cargo is still telling which there are.
//!
//! Cargo takes about as long to tell as we take to check, and keeps one core busy. So the packages that the workspace's
//! manifest names are checked meanwhile. Nothing of that counts before Cargo has named the package too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cargo_metadata::Metadata;
use pacto_build::driver::{self, Interrupt, Project, Report};

use crate::flags::Packages;
use crate::{parallel, select};

/// What is known of packages before Cargo has named them.
#[derive(Debug, Default)]
pub(crate) struct Early {
    /// By their manifests.
    projects: Mutex<BTreeMap<PathBuf, Project>>,
    /// By their folders.
    reports: Mutex<BTreeMap<PathBuf, pacto_build::Result<Report>>>,
}

impl Early {
    /// Asks Cargo, and checks the packages of the workspace meanwhile if all of them are meant.
    pub(crate) fn check(
        packages: &Packages,
        jobs: usize,
        interrupt: &Interrupt,
    ) -> anyhow::Result<(Metadata, Self)> {
        let is_worth_it = packages.workspace && packages.exclude.is_empty() && jobs > 1;
        let guess = is_worth_it.then(|| select::start(packages)).transpose()?;
        let guess = guess.and_then(|start| driver::likely_members(&start));
        let ask = || select::members(packages);
        let Some((root, manifests)) = guess else {
            return Ok((ask()?, Self::default()));
        };
        let (metadata, checked) = parallel::map_beside(ask, &manifests, jobs, |manifest| {
            // What cannot be read is told when Cargo has named it.
            let project = Project::load(manifest, &root).ok()?;
            let report = project.has_work().then(|| project.check(interrupt));
            Some((project, report))
        })?;
        // Messages name files as seen from there.
        if root != metadata.workspace_root {
            return Ok((metadata, Self::default()));
        }
        let (mut projects, mut reports) = (BTreeMap::new(), BTreeMap::new());
        for (manifest, checked) in manifests.into_iter().zip(checked) {
            if let Some((project, report)) = checked {
                reports.extend(report.map(|report| (project.dir().to_path_buf(), report)));
                projects.insert(manifest, project);
            }
        }
        let (projects, reports) = (Mutex::new(projects), Mutex::new(reports));
        Ok((metadata, Self { projects, reports }))
    }

    /// The package of `manifest`, once, if it was read.
    pub(crate) fn project(&self, manifest: &Path) -> Option<Project> {
        take(&self.projects, manifest)
    }

    /// What was found out about `project`, once.
    pub(crate) fn report(&self, project: &Project) -> Option<pacto_build::Result<Report>> {
        take(&self.reports, project.dir())
    }
}

fn take<T>(map: &Mutex<BTreeMap<PathBuf, T>>, path: &Path) -> Option<T> {
    // Nothing that holds it can panic.
    map.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(path)
}
