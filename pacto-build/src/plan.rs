//! The plan: where the contract, the plugins, the books and the files meet.

mod batch;
mod books;
mod check;
#[cfg(feature = "driver")]
mod rerun;
mod retire;
mod step;

use crate::sorted::{self, Map, Set};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::bundle::{self, Bundle, Location};
use crate::config::{self, TargetConfig};
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::fs::{self, Stamp};
use crate::hash::Hash;
use crate::lock::{LOCK_FILE, Lock};
use crate::manifest::{MANIFEST_FILE, Package};
use crate::output::{Change, Force};
use crate::plugin::Linked;
use crate::process::{Group, Interrupt};
use crate::record::{self, Record};
use crate::report::{Outcome, Report};
use crate::run::Progress;
use crate::{nearest, rel_path};

/// How a plan is carried out.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) selection: Selection,
    /// Run what is fresh too, and overwrite what was edited.
    pub(crate) force: Force,
    /// Where this machine's record and the targets without `output` are kept.
    pub(crate) state_dir: PathBuf,
    /// Why checked-in files may not be written here; `None` if they may.
    pub(crate) write_ban: Option<WriteBan>,
    /// Give what is written the time of the newest input, so that Cargo sees no change after its script.
    pub(crate) keep_times: bool,
    /// Let a plugin that was replaced on this machine count for checked-in files.
    pub(crate) watch_machine: bool,
    pub(crate) jobs: usize,
    pub(crate) progress: Arc<Progress>,
    pub(crate) group: Group,
    pub(crate) interrupt: Interrupt,
    pub(crate) linked: Map<String, Linked>,
    pub(crate) built: Map<String, PathBuf>,
}

impl Settings {
    /// For [`Mode::Check`] of all that is checked in. Nothing runs, and no book of this machine is read.
    pub(crate) fn check(interrupt: Interrupt) -> Self {
        Self {
            mode: Mode::Check,
            selection: Selection::CheckedIn,
            force: Force::No,
            state_dir: PathBuf::new(),
            write_ban: None,
            keep_times: false,
            watch_machine: false,
            jobs: 1,
            progress: Arc::default(),
            group: Group::Shared,
            interrupt,
            linked: Map::new(),
            built: Map::new(),
        }
    }
}

/// Why a build script may not write into the package.
///
/// Cargo's book forbids it, `cargo package` fails on it, and only in a developer's own checkout does
/// somebody see and commit the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteBan {
    Published,
    DocsRs,
    Ci,
    Variable,
    Manifest,
    NoCheckout,
}

impl fmt::Display for WriteBan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Published => "this is a published crate",
            Self::DocsRs => "DOCS_RS is set",
            Self::Ci => "CI is set",
            Self::Variable => "PACTO_BUILD is `check`",
            Self::Manifest => "`build` is \"check\" in Cargo.toml",
            Self::NoCheckout => "this is not a version-controlled checkout",
        })
    }
}

/// What is done about dirty targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Run the plugins and write.
    Write,
    /// Run the plugins and say what would be written.
    DryRun,
    /// Run nothing: only say what is dirty.
    List,
    /// Run nothing, believe no book of this machine, and say what is wrong with each checked-in file.
    Check,
    /// [`Check`](Self::Check), and run every plugin to compare what it answers with what is there.
    #[cfg(feature = "driver")]
    Rerun,
    /// [`Rerun`](Self::Rerun), and run every plugin once more under other circumstances.
    #[cfg(feature = "driver")]
    Twice,
    /// Remove what was written and not edited since.
    Clean,
    /// Say what [`Clean`](Self::Clean) would remove.
    DryClean,
    /// Run nothing, and take what is there.
    Off,
}

impl Mode {
    fn is_clean(self) -> bool {
        matches!(self, Self::Clean | Self::DryClean)
    }

    fn is_check(self) -> bool {
        #[cfg(feature = "driver")]
        if matches!(self, Self::Rerun | Self::Twice) {
            return true;
        }
        self == Self::Check
    }

    /// Whether this machine's book counts; a check reads every file itself.
    fn believes_record(self) -> bool {
        !self.is_check()
    }

    /// Whether it matters what the targets are made from.
    fn needs_bundle(self) -> bool {
        !self.is_clean() && self != Self::Off
    }
}

/// Which targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every one.
    All,
    /// Those whose files are kept in the repository.
    CheckedIn,
    /// These, wherever their files go.
    Named(Vec<String>),
}

impl Selection {
    pub(crate) fn has(&self, name: &String, target: &TargetConfig) -> bool {
        match self {
            Self::All => true,
            Self::CheckedIn => target.output.is_some(),
            Self::Named(names) => names.contains(name),
        }
    }
}

/// One package's targets, the books about them, and the bundle as it is now.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    package: &'a Package,
    env: &'a Env,
    settings: &'a Settings,
    location: Location,
    bundle: Option<Bundle>,
    bundle_hashes: Map<String, Hash>,
    /// One hash for all of them.
    whole_bundle_hash: Hash,
    lock: Lock,
    /// The lock as it was when we began: what targets are compared with, whatever others wrote since.
    first_lock: Lock,
    record: Record,
    watched: Set<String>,
}

/// The targets of which a file was written or removed.
fn written(outcomes: &[Outcome]) -> Vec<String> {
    let is_left = |change| matches!(change, Change::Unchanged | Change::Kept);
    outcomes
        .iter()
        .filter(|outcome| !outcome.files.iter().all(|(_, change)| is_left(*change)))
        .map(|outcome| outcome.target.clone())
        .collect()
}

/// Whether there are targets, or a lock that remembers some.
pub(crate) fn has_work(package: &Package) -> Result<bool> {
    Ok(!package.config.targets.is_empty() || fs::is_file(&package.dir.join(LOCK_FILE))?)
}

/// The lock of a package.
pub(crate) fn load_lock(package: &Package) -> Result<Lock> {
    Lock::load(&package.dir, &package.names())
}

/// A published crate has no workspace to inherit from: where a target is kept, the lock knows.
pub(crate) fn inherit_from_lock(package: &mut Package) -> Result<()> {
    if !package
        .config
        .targets
        .values()
        .any(|target| target.is_unknown)
    {
        return Ok(());
    }
    let lock = load_lock(package)?;
    let unknown = package.config.targets.iter_mut();
    for (name, target) in unknown.filter(|(_, target)| target.is_unknown) {
        let kept = lock.targets.get(name);
        let output = kept.and_then(|entry| entry.fingerprint.output.clone());
        target.output = target.output.take().or(output);
    }
    Ok(())
}

impl<'a> Plan<'a> {
    /// Reads the books and the bundle.
    pub(crate) fn new(package: &'a Package, env: &'a Env, settings: &'a Settings) -> Result<Self> {
        let lock = load_lock(package)?;
        let mut plan = Self {
            package,
            env,
            settings,
            location: bundle::locate(package)?,
            bundle: None,
            bundle_hashes: Map::new(),
            whole_bundle_hash: Hash::of_entries(std::iter::empty()),
            first_lock: lock.clone(),
            lock,
            record: if settings.mode.believes_record() {
                Record::load(&settings.state_dir)
            } else {
                Record::default()
            },
            watched: Set::new(),
        };
        if plan.lock.knows(&plan.location.contract) {
            let names = package.names();
            let text = format!(
                "`{}` names the contract `{}`, which is never generated; remove the lock and run `{}`",
                names.path(LOCK_FILE),
                plan.location.contract,
                names.force("")
            );
            return Err(Error::message(text));
        }
        // A published crate may have left its bundle out; then the lock stands in.
        // And where nothing runs, nobody asks what it would be made from.
        let is_needed = (!package.is_published || plan.location.is_there(package)?)
            && !package.config.targets.is_empty();
        if is_needed && settings.mode.needs_bundle() {
            plan.read_bundle()?;
        }
        Ok(plan)
    }

    fn read_bundle(&mut self) -> Result<()> {
        let bundle = bundle::load(self.package, &self.location)?;
        self.bundle_hashes = self.hashes(&bundle)?;
        let entries = self.bundle_hashes.iter();
        self.whole_bundle_hash =
            Hash::of_entries(entries.map(|(path, hash)| (path.as_str(), hash)));
        self.watched.extend(bundle.watched.iter().cloned());
        self.bundle = Some(bundle);
        Ok(())
    }

    fn hashes(&self, bundle: &Bundle) -> Result<Map<String, Hash>> {
        let hash =
            |file: &bundle::BundleFile| Ok((file.path.clone(), self.hash(&file.path, file.stamp)?));
        let mut hashes = bundle.files.iter().map(hash).collect::<Result<_>>()?;
        self.add_left_out(&self.lock.bundle, &mut hashes)?;
        Ok(hashes)
    }

    /// What a published crate was packed without counts as it was when it is `known`.
    fn add_left_out(&self, known: &Map<String, Hash>, files: &mut Map<String, Hash>) -> Result<()> {
        for (path, hash) in known.iter().filter(|_| self.package.is_published) {
            if !files.contains_key(path) && !fs::exists(&self.package.dir.join(path))? {
                files.insert(path.clone(), *hash);
            }
        }
        Ok(())
    }

    /// An error if the user has asked to stop.
    fn heed_interrupt(&self) -> Result<()> {
        if self.settings.interrupt.load(Ordering::Relaxed) {
            return Err(ErrorKind::Interrupted(Vec::new()).into());
        }
        Ok(())
    }

    fn hash(&self, path: &str, stamp: Stamp) -> Result<Hash> {
        self.heed_interrupt()?;
        self.record
            .seen
            .hash(path, &self.package.dir.join(path), stamp)
    }

    /// Brings the selected targets up to date, as far as the mode says.
    ///
    /// Targets that write into the bundle come first. All others run together: nothing of theirs is written
    /// before every one has answered and every answer is accepted.
    pub(crate) fn carry_out(mut self) -> Result<Report> {
        let selected = self.selected()?;
        let mut outcomes = Vec::new();
        if self.settings.mode.is_clean() {
            outcomes.extend(self.clean()?);
        } else {
            for batch in self.batches(selected) {
                match self.batch(&batch) {
                    Ok(done) => outcomes.extend(done),
                    Err(error) => return Err(error.after_writing(written(&outcomes))),
                }
            }
        }
        let outcomes = sorted::by_text(outcomes, |outcome| &outcome.target);
        if matches!(self.settings.mode, Mode::Write | Mode::Clean) {
            self.end_notes()?;
        }
        if self.settings.mode == Mode::Write {
            self.forget_removed()?;
            self.record.store(&self.settings.state_dir)?;
        }
        let (watched, watched_env) = match self.settings.mode {
            // No build script asks for one.
            Mode::Check => Default::default(),
            _ => (self.watched(), self.watched_env()),
        };
        Ok(Report {
            package: self.package.name.clone(),
            names: self.package.names(),
            outcomes,
            warnings: self
                .bundle
                .map(|bundle| bundle.warnings)
                .unwrap_or_default(),
            watched,
            watched_env,
        })
    }

    /// Targets that are no longer configured leave nothing in the state folder.
    fn forget_removed(&mut self) -> Result<()> {
        let targets = &self.package.config.targets;
        let removed = self
            .record
            .targets
            .keys()
            .filter(|name| !targets.contains_key(*name));
        for name in removed.filter(|name| config::is_name(name)) {
            fs::remove_folder(&record::target_dir(&self.settings.state_dir, name))?;
        }
        self.record
            .targets
            .retain(|name, _| targets.contains_key(name));
        Ok(())
    }

    fn selected(&self) -> Result<Vec<&'a str>> {
        let targets = &self.package.config.targets;
        if let Selection::Named(names) = &self.settings.selection {
            let known: Vec<&str> = targets.keys().map(String::as_str).collect();
            if let Some(name) = names.iter().find(|name| !targets.contains_key(*name)) {
                let suggestion = nearest::suggestion(name, &known);
                let text = format!(
                    "package `{}` has no target `{name}`{suggestion}",
                    self.package.name
                );
                return Err(Error::message(text));
            }
            if self.settings.mode.believes_record() {
                self.refuse_conflict()?;
            }
        }
        // Of a target that keeps nothing in the repository, nothing can be checked.
        let is_check = self.settings.mode.is_check();
        let selection = &self.settings.selection;
        let selected = targets.iter().filter(|(name, target)| {
            selection.has(name, target) && (!is_check || target.output.is_some())
        });
        Ok(selected.map(|(name, _)| name.as_str()).collect())
    }

    /// What is left of a merge is mended only as a whole.
    fn refuse_conflict(&self) -> Result<()> {
        if self.first_lock.is_conflicted {
            let names = self.package.names();
            let text = format!(
                "`{}` has merge conflicts; run `{}` for all targets",
                names.path(LOCK_FILE),
                names.generate("")
            );
            return Err(Error::message(text));
        }
        Ok(())
    }

    /// Whether a target writes where the bundle is, or takes files away there.
    fn is_writer(&self, name: &str) -> bool {
        let target = self.package.config.targets.get(name);
        let output = target.and_then(|target| target.output.as_deref());
        let entry = self.lock.targets.get(name);
        output.is_some_and(|output| bundle::contains(&self.location, output))
            || (output.is_some() && entry.is_some_and(|entry| self.is_in_bundle(entry)))
    }

    /// What Cargo has to watch: the inputs, and the files that must stay as we wrote them.
    ///
    /// Nothing that is not there, which Cargo would take for changed on every build - but for a file
    /// that the contract names and that no watched folder would show when it comes.
    fn watched(&self) -> Vec<String> {
        let manifests = [MANIFEST_FILE]
            .into_iter()
            .chain(self.package.workspace.as_deref());
        let targets = self
            .lock
            .targets
            .iter()
            .filter(|(name, _)| self.package.config.targets.contains_key(*name));
        let outputs = targets.flat_map(|(_, entry)| entry.outputs.keys().map(String::as_str));
        let ours = manifests.chain(outputs).chain([LOCK_FILE]);
        let ours = ours.filter(|path| fs::exists(&self.package.dir.join(path)).unwrap_or(true));
        let all = self.watched.iter().cloned().chain(ours.map(str::to_owned));
        let all = all.filter(|path| rel_path::fits_directive(path));
        bundle::without_covered(&Set::from_iter(all))
    }

    /// The variables that Cargo has to watch. Never `PATH`, which every terminal sets in its own way.
    fn watched_env(&self) -> Vec<String> {
        let targets = self.package.config.targets.values();
        let names =
            targets.flat_map(|target| target.env.iter().cloned().chain([target.plugin.variable()]));
        let names = names.chain(["PACTO_BUILD".to_owned()]);
        Set::from_iter(names).into_iter().collect()
    }
}
