//! What `cargo pacto` is made of. Not covered by semantic versioning: the two are released together.

mod single;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::config::{self, PluginRef};
use crate::contract::{self, CONTRACT_FILE, Diagnostic, Purpose};
use crate::env::Env;
use crate::error::Result;
use crate::lock::LOCK_FILE;
use crate::manifest::{self, Package};
use crate::plan::{self, Plan, Settings};
use crate::process::Group;
use crate::sorted::Map;
use crate::{bundle, fs, glob, nearest, rel_path};

pub use self::single::{SingleReport, SingleRun};
pub use crate::config::SandboxLevel;
pub use crate::output::{Change, Force};
pub use crate::plan::{Mode, Selection};
pub use crate::process::Interrupt;
use crate::report::{Fault, FaultState};
pub use crate::report::{Outcome, Report};
pub use crate::run::Progress;
pub use crate::visible::is_unseen;

/// A package with a configuration, as the command line sees it.
#[derive(Debug)]
pub struct Project {
    package: Package,
    env: Env,
}

/// How a command brings targets up to date.
#[derive(Debug)]
pub struct Request {
    /// What is done about dirty targets.
    pub mode: Mode,
    /// Which targets.
    pub selection: Selection,
    /// Whether fresh targets run and edited files are overwritten.
    pub force: Force,
    /// Where this machine's record is kept, and targets without `output`.
    pub state_dir: PathBuf,
    /// How many plugins run at once.
    pub jobs: usize,
    /// Counts the plugins that have answered.
    pub progress: Arc<Progress>,
    /// Set to stop.
    pub interrupt: Interrupt,
    /// Executables of plugin crates.
    pub built: Vec<(String, PathBuf)>,
}

impl Project {
    /// Reads the package of `manifest`; messages name its contract as seen from the folder `seen_from`. Both are
    /// absolute paths.
    ///
    /// # Errors
    ///
    /// If the manifest or the workspace's cannot be read, or what they say is wrong.
    pub fn load(manifest: &Path, seen_from: &Path) -> Result<Self> {
        let env = Env::read();
        let seen_from = rel_path::clean(seen_from);
        let mut package = manifest::load(manifest, Some(&seen_from), env.cargo_home().as_deref())?;
        plan::inherit_from_lock(&mut package)?;
        Ok(Self { package, env })
    }

    /// The package's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.package.name
    }

    /// The package's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.package.dir
    }

    /// Whether settings come from the workspace, which a published crate does not have.
    #[must_use]
    pub fn is_inheriting(&self) -> bool {
        self.package.workspace.is_some()
    }

    /// The lock and every file that it promises, relative to the package; nothing if there is no lock.
    ///
    /// # Errors
    ///
    /// If the lock cannot be read.
    pub fn kept_files(&self) -> Result<Vec<String>> {
        let lock = plan::load_lock(&self.package)?;
        let outputs = lock.targets.values().flat_map(|entry| entry.outputs.keys());
        let mut files: Vec<String> = outputs.cloned().collect();
        if !lock.targets.is_empty() {
            files.push(LOCK_FILE.to_owned());
        }
        Ok(files)
    }

    /// The names of all targets.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.package.config.targets.keys().map(String::as_str)
    }

    /// Whether there are targets, or a lock that remembers some.
    #[must_use]
    pub fn has_work(&self) -> bool {
        // A lock that cannot be looked at is told where it is read.
        plan::has_work(&self.package).unwrap_or(true)
    }

    /// Whether there is a contract where the package would have it.
    ///
    /// # Errors
    ///
    /// If that cannot be looked at.
    pub fn has_contract(&self) -> Result<bool> {
        bundle::locate(&self.package)?.is_there(&self.package)
    }

    /// The crates that the selected targets have their plugins from.
    pub fn plugin_crates<'a>(&'a self, selection: &'a Selection) -> impl Iterator<Item = &'a str> {
        let selected = self
            .package
            .config
            .targets
            .iter()
            .filter(move |(name, target)| selection.has(name, target));
        selected.filter_map(|(_, target)| match &target.plugin {
            PluginRef::Crate(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Everything that is to be said of the package's contract.
    ///
    /// # Errors
    ///
    /// If there is no contract, or it cannot be read.
    pub fn findings(&self) -> Result<Vec<Diagnostic>> {
        let location = bundle::locate(&self.package)?;
        let path = self.package.dir.join(&location.contract);
        let name = self.package.shown(&location.contract);
        Ok(bundle::read_contract(&path, &name, bundle::CURE, Purpose::Validate)?.findings)
    }

    /// What is wrong with the checked-in files, as [`Mode::Check`] says it of [`Selection::CheckedIn`].
    ///
    /// # Errors
    ///
    /// If the lock, the contract or a file cannot be read.
    pub fn check(&self, interrupt: &Interrupt) -> Result<Report> {
        let settings = Settings::check(interrupt.clone());
        Plan::new(&self.package, &self.env, &settings)?.carry_out()
    }

    /// Does what the request says.
    ///
    /// # Errors
    ///
    /// If anything is wrong; then no file has changed but those of targets that write into the bundle and were done
    /// before, which the error names.
    pub fn carry_out(&self, request: Request) -> Result<Report> {
        let settings = Settings {
            mode: request.mode,
            selection: request.selection,
            force: request.force,
            state_dir: request.state_dir,
            write_ban: None,
            keep_times: false,
            watch_machine: !self.env.is_on("CI"),
            jobs: request.jobs,
            progress: request.progress,
            group: Group::Own,
            interrupt: request.interrupt,
            linked: Map::new(),
            built: Map::from_iter(request.built),
        };
        Plan::new(&self.package, &self.env, &settings)?.carry_out()
    }
}

/// The folder of the workspace above `start`, an absolute path, and the manifests of the packages that it names.
///
/// A guess, for who begins before Cargo has answered: `None`, too many or too few are no errors.
#[must_use]
pub fn likely_members(start: &Path) -> Option<(PathBuf, Vec<PathBuf>)> {
    manifest::likely_members(start)
}

/// Everything that is to be said of a contract: a folder with one, or the file itself.
///
/// # Errors
///
/// If there is no contract, or it cannot be read.
pub fn findings(path: &Path) -> Result<Vec<Diagnostic>> {
    let found = contract_at(path, Env::read().dir())?;
    Ok(bundle::read_contract(&found.file, &found.shown, CURE, Purpose::Validate)?.findings)
}

/// A contract that somebody named by its folder or by itself.
struct NamedContract {
    file: PathBuf,
    /// As it was named.
    shown: String,
}

/// The contract at `path`, seen from `here`: the file, or the one that its folder has where a package would have it.
fn contract_at(path: &Path, here: &Path) -> Result<NamedContract> {
    let (mut file, mut shown) = (rel_path::clean(&here.join(path)), path.to_path_buf());
    if fs::is_dir(&file)? {
        let own = Path::new("pacto").join(CONTRACT_FILE);
        let is_there = |name: &Path| fs::is_file(&file.join(name));
        let name = if !is_there(CONTRACT_FILE.as_ref())? && is_there(&own)? {
            own
        } else {
            CONTRACT_FILE.into()
        };
        (file, shown) = (file.join(&name), shown.join(&name));
    }
    Ok(NamedContract {
        file,
        shown: shown.display().to_string(),
    })
}

/// What is to be said of a contract's text alone, as if every file that it names were there.
#[must_use]
pub fn findings_in(text: &str) -> Vec<Diagnostic> {
    contract::findings_in(text)
}

/// Whether a name fits a pattern of `*` and `?`.
#[must_use]
pub fn fits_pattern(pattern: &str, name: &str) -> bool {
    glob::matches(pattern, name)
}

/// "; did you mean `x`?", if one of `known` is near enough to be what was meant, or nothing.
#[must_use]
pub fn suggestion(name: &str, known: &[&str]) -> String {
    nearest::suggestion(name, known)
}

/// A JSON Schema for `pacto.yaml` in all its formats.
#[must_use]
pub fn contract_schema() -> Value {
    contract::json_schema()
}

/// Something that is wrong with a checked-in file.
#[must_use]
pub fn fault(path: &str, state: FaultState, why: &str) -> Fault {
    Fault::new(path, state, why)
}

/// A JSON Schema for `[package.metadata.pacto]` of Cargo.toml.
#[must_use]
pub fn metadata_schema() -> Value {
    config::json_schema()
}

/// What to do about a path without a contract.
const CURE: &str = "name a folder with a pacto.yaml, or the file itself";
