//! What `cargo pacto` is made of. Not covered by semantic versioning: the two are released together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::config::{self, NAME_RULE, PluginRef, SandboxConfig, TargetConfig};
use crate::contract::{self, CONTRACT_FILE, Diagnostic, Purpose};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::lock::{LOCK_FILE, Lock};
use crate::manifest::{self, Package};
use crate::output::{self, Place};
use crate::plan::{self, Plan, Settings};
use crate::plugin::{self, Sources};
use crate::process::Group;
use crate::run::{self, Job};
use crate::sandbox::Sandbox;
use crate::sorted::Map;
use crate::{bundle, fs, glob, nearest, rel_path};

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
        let mut package = manifest::load(manifest, env.cargo_home().as_deref())?;
        package.seen_from = rel_path::clean(seen_from);
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
        let lock = Lock::load(&self.package.dir)?;
        let outputs = lock.targets.values().flat_map(|entry| entry.outputs.keys());
        let mut files: Vec<String> = outputs.cloned().collect();
        if !lock.targets.is_empty() {
            files.push(LOCK_FILE.to_owned());
        }
        Ok(files)
    }

    /// Targets that keep files in the repository, with their folders, and have none in the lock yet.
    ///
    /// # Errors
    ///
    /// If the lock cannot be read.
    pub fn never_generated(&self) -> Result<Vec<(&str, &str)>> {
        let lock = Lock::load(&self.package.dir)?;
        let targets = self.package.config.targets.iter();
        let new = targets.filter(|(name, _)| !lock.targets.contains_key(*name));
        Ok(new
            .filter_map(|(name, target)| Some((name.as_str(), target.output.as_deref()?)))
            .collect())
    }

    /// The names of all targets.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.package.config.targets.keys().map(String::as_str)
    }

    /// Whether there are targets, or a lock that remembers some.
    #[must_use]
    pub fn has_work(&self) -> bool {
        let targets = &self.package.config.targets;
        !targets.is_empty() || fs::is_file(&self.package.dir.join(LOCK_FILE)).unwrap_or(true)
    }

    /// The crates that the selected targets have their plugins from.
    pub fn plugin_crates<'a>(&'a self, selection: &'a Selection) -> impl Iterator<Item = &'a str> {
        let selected = self
            .package
            .config
            .targets
            .iter()
            .filter(move |(name, target)| match selection {
                Selection::All => true,
                Selection::CheckedIn => target.output.is_some(),
                Selection::Named(names) => names.contains(name),
            });
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
    pub fn check(&self) -> Result<Report> {
        Plan::new(&self.package, &self.env, &Settings::check())?.carry_out()
    }

    /// Does what the request says.
    ///
    /// # Errors
    ///
    /// If anything is wrong; then no file has changed.
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
    let name = if fs::is_dir(path)? {
        path.join(CONTRACT_FILE)
    } else {
        path.to_path_buf()
    };
    let file = rel_path::clean(&Env::read().dir().join(&name));
    Ok(
        bundle::read_contract(&file, &name.display().to_string(), CURE, Purpose::Validate)?
            .findings,
    )
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
    Fault {
        path: path.to_owned(),
        state,
        why: why.to_owned(),
        difference: None,
    }
}

/// A JSON Schema for `[package.metadata.pacto]` of Cargo.toml.
#[must_use]
pub fn metadata_schema() -> Value {
    config::json_schema()
}

/// What to do about a path without a contract.
const CURE: &str = "name a folder with a pacto.yaml, or the file itself";

/// One plugin on one contract, without a package.
#[derive(Debug)]
pub struct SingleRun {
    /// The plugin's name, or the path of its executable if it has a `/`.
    pub plugin: String,
    /// A folder with a contract, or the contract itself.
    pub contract: PathBuf,
    /// Where the files go.
    pub output: PathBuf,
    /// The options, as text.
    pub options: BTreeMap<String, String>,
    /// How long the plugin may take.
    pub timeout: Duration,
    /// What the plugin may touch; `None` for as much of `read-only` as this machine can enforce.
    pub sandbox: Option<SandboxLevel>,
    /// Whether other files are overwritten.
    pub force: Force,
    /// Set to stop.
    pub interrupt: Interrupt,
}

/// What a [`SingleRun`] did.
#[derive(Debug)]
pub struct SingleReport {
    /// What was done to each file, sorted by path below the output folder.
    pub files: Vec<(String, Change)>,
    /// What the plugin said.
    pub message: Option<String>,
    /// What is odd about the contract.
    pub warnings: Vec<Diagnostic>,
    /// What it wrote to stderr.
    pub stderr: String,
    /// What it was kept from.
    pub sandbox: String,
}

impl SingleRun {
    /// Runs the plugin and writes its files.
    ///
    /// # Errors
    ///
    /// If anything is wrong; then no file has changed.
    pub fn run(self) -> Result<SingleReport> {
        let env = Env::read();
        let here = env.dir().to_path_buf();
        let contract = rel_path::clean(&here.join(&self.contract));
        let (dir, file) = if fs::is_dir(&contract)? {
            (contract.clone(), contract.join(CONTRACT_FILE))
        } else {
            (
                contract.parent().unwrap_or(&contract).to_path_buf(),
                contract.clone(),
            )
        };
        let reading =
            bundle::read_contract(&file, &file.display().to_string(), CURE, Purpose::Generate)?;
        let (parsed, warnings) = bundle::accepted(reading)?;
        let is_path = self.plugin.contains(['/', std::path::MAIN_SEPARATOR]);
        if !is_path && !config::is_name(&self.plugin) {
            return Err(Error::message(format!(
                "`{}` cannot name a plugin; {NAME_RULE}",
                self.plugin
            )));
        }
        let plugin = if is_path {
            PluginRef::Path(self.plugin)
        } else {
            PluginRef::Name(self.plugin)
        };
        let config = TargetConfig {
            plugin,
            options: self
                .options
                .into_iter()
                .map(|(name, value)| (name, Value::from(value)))
                .collect(),
            sandbox: self.sandbox.map(|level| SandboxConfig {
                level: Some(level),
                ..SandboxConfig::default()
            }),
            ..TargetConfig::default()
        };
        let nothing = (Map::new(), Map::new());
        let sources = Sources {
            env: &env,
            package_dir: &here,
            linked: &nothing.0,
            built: &nothing.1,
        };
        let plugin = plugin::find(&config.plugin, &sources)?;
        let name = config.plugin.name();
        let output = rel_path::clean(&here.join(&self.output));
        let job = Job {
            target: name,
            config: &config,
            plugin: &plugin,
            contract: &parsed.to_json(),
            bundle_dir: dir,
            place: Place::Shared {
                root: output,
                folder: ".".to_owned(),
            },
            dir: here.clone(),
            timeout: self.timeout,
            group: Group::Own,
            interrupt: self.interrupt,
            elsewhere: None,
        };
        let answered = run::one(&job, &env.temp_dir(), &env)?;
        Ok(SingleReport {
            files: output::put(answered.files, &file, self.force)?,
            message: answered.message,
            warnings,
            stderr: answered.stderr,
            sandbox: Sandbox::new(config.sandbox.as_ref(), &here, &env).enforced(),
        })
    }
}
