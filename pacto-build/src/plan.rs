//! The plan: where the contract, the plugins, the books and the files meet.

mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use crate::bundle::{self, Bundle, Location};
use crate::config::TargetConfig;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint::{DirtyReason, Entry, Freshness};
use crate::fs::{self, Stamp};
use crate::hash::Hash;
use crate::lock::{LOCK_FILE, Lock};
use crate::manifest::{MANIFEST_FILE, Package};
use crate::output::{self, Changes, FileSet, Force, Place, Taken, Written};
use crate::plugin::{self, Linked, Plugin};
use crate::process::{Group, Interrupt};
use crate::record::{Record, Remembered};
use crate::report::{Outcome, Report};
use crate::run::{self, Job};
use crate::sandbox::Sandbox;
use crate::{nearest, rel_path};

use self::step::Step;

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
    pub(crate) write_ban: Option<&'static str>,
    /// Give what is written the time of the newest input, so that Cargo sees no change after its script.
    pub(crate) keep_times: bool,
    /// Let a plugin that was replaced on this machine count for checked-in files.
    pub(crate) watch_machine: bool,
    pub(crate) jobs: usize,
    pub(crate) group: Group,
    pub(crate) interrupt: Interrupt,
    pub(crate) linked: BTreeMap<String, Linked>,
    pub(crate) built: BTreeMap<String, PathBuf>,
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
    /// Run nothing, and take what is there.
    Off,
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

/// How long a plugin may take if its target does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// The plugins' messages, by target.
type Messages<'a> = BTreeMap<&'a str, Option<String>>;

/// One package's targets, the books about them, and the bundle as it is now.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    package: &'a Package,
    env: &'a Env,
    settings: &'a Settings,
    location: Location,
    bundle: Option<Bundle>,
    bundle_hashes: BTreeMap<String, Hash>,
    lock: Lock,
    /// The lock had merge conflicts when we began.
    is_conflicted: bool,
    record: Record,
    watched: BTreeSet<String>,
}

impl<'a> Plan<'a> {
    /// Reads the books and the bundle.
    pub(crate) fn new(package: &'a Package, env: &'a Env, settings: &'a Settings) -> Result<Self> {
        let lock = Lock::load(&package.dir)?;
        let mut plan = Self {
            package,
            env,
            settings,
            location: bundle::locate(package),
            bundle: None,
            bundle_hashes: BTreeMap::new(),
            is_conflicted: lock.is_conflicted,
            lock,
            record: Record::load(&settings.state_dir),
            watched: BTreeSet::new(),
        };
        // A published crate may have left its bundle out; then the lock stands in.
        if !package.is_published || plan.location.is_there(package) {
            plan.read_bundle()?;
        }
        Ok(plan)
    }

    fn read_bundle(&mut self) -> Result<()> {
        let bundle = bundle::load(self.package, &self.location)?;
        self.bundle_hashes = self.hashes(&bundle)?;
        self.watched.extend(bundle.watched.iter().cloned());
        self.bundle = Some(bundle);
        Ok(())
    }

    fn hashes(&self, bundle: &Bundle) -> Result<BTreeMap<String, Hash>> {
        let hash =
            |file: &bundle::BundleFile| Ok((file.path.clone(), self.hash(&file.path, file.stamp)?));
        bundle.files.iter().map(hash).collect()
    }

    fn hash(&self, path: &str, stamp: Stamp) -> Result<Hash> {
        self.record
            .seen
            .hash(path, &self.package.dir.join(path), stamp)
    }

    /// Brings the selected targets up to date, as far as the mode says.
    ///
    /// Targets that write into the bundle come first, each by itself, since what they write is what
    /// the others read. All others run together: nothing of theirs is written before every one has
    /// answered and every answer is accepted.
    pub(crate) fn carry_out(mut self) -> Result<Report> {
        let selected = self.selected()?;
        let (writers, others): (Vec<&str>, Vec<&str>) =
            selected.into_iter().partition(|name| self.is_writer(name));
        let batches = writers
            .into_iter()
            .map(|writer| vec![writer])
            .chain([others]);
        let mut outcomes = Vec::new();
        for batch in batches.filter(|batch| !batch.is_empty()) {
            outcomes.extend(self.batch(&batch)?);
        }
        outcomes.sort_by(|a, b| a.target.cmp(&b.target));
        if self.settings.mode == Mode::Write {
            self.record.store(&self.settings.state_dir)?;
        }
        let watched = self.watched();
        let watched_env = self.watched_env();
        Ok(Report {
            package: self.package.name.clone(),
            outcomes,
            watched,
            watched_env,
        })
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
            if self.is_conflicted {
                let text = format!(
                    "`{LOCK_FILE}` has merge conflicts; run `cargo pacto generate` for all targets"
                );
                return Err(Error::message(text));
            }
        }
        let is_selected = |name: &String, target: &TargetConfig| match &self.settings.selection {
            Selection::All => true,
            Selection::CheckedIn => target.output.is_some(),
            Selection::Named(names) => names.contains(name),
        };
        let selected = targets
            .iter()
            .filter(|(name, target)| is_selected(name, target));
        Ok(selected.map(|(name, _)| name.as_str()).collect())
    }

    /// Whether a target writes where the bundle is.
    fn is_writer(&self, name: &str) -> bool {
        let output = self
            .package
            .config
            .targets
            .get(name)
            .and_then(|target| target.output.as_deref());
        output.is_some_and(|output| bundle::contains(&self.location, output))
    }

    /// Brings a batch up to date: runs what is dirty, judges all of it, and writes.
    fn batch(&mut self, names: &[&'a str]) -> Result<Vec<Outcome>> {
        let steps = self.steps(names)?;
        match self.settings.mode {
            Mode::List => return Ok(self.outcomes(&steps, &BTreeMap::new())),
            Mode::Off => return self.as_it_is(&steps),
            Mode::Write | Mode::DryRun => {}
        }
        self.check_ban(&steps)?;
        if let Some(outcomes) = self.attempt(&steps)? {
            return Ok(outcomes);
        }
        // The bundle changed under the plugins: once more, on what it is now.
        self.read_bundle()?;
        let steps = self.steps(names)?;
        self.attempt(&steps)?.ok_or_else(|| {
            let dir = &self.location.dir;
            let text = format!("files below `{dir}` changed while plugins were reading them, twice; nothing was written, run it again");
            Error::message(text)
        })
    }

    fn check_ban(&self, steps: &[Step<'a>]) -> Result<()> {
        let Some(ban) = self.settings.write_ban else {
            return Ok(());
        };
        let stale = steps.iter().filter_map(|step| match &step.freshness {
            Freshness::Dirty(reason) if step.config.output.is_some() => {
                Some(stale(step.name, reason, ban))
            }
            _ => None,
        });
        let errors: Vec<Error> = stale.collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::several(errors))
        }
    }

    /// Asks the plugins of all dirty steps and writes. `None` if the bundle changed meanwhile.
    fn attempt(&mut self, steps: &[Step<'a>]) -> Result<Option<Vec<Outcome>>> {
        let dirty: Vec<&Step<'a>> = steps
            .iter()
            .filter(|step| step.freshness != Freshness::Fresh)
            .collect();
        self.remember_fresh(steps);
        if dirty.is_empty() {
            return Ok(Some(self.outcomes(steps, &BTreeMap::new())));
        }
        let contract = self.bundle.as_ref().map(|bundle| bundle.contract.to_json());
        let jobs = dirty
            .iter()
            .map(|step| self.job(step, contract.as_deref()))
            .collect::<Result<Vec<_>>>()?;
        let answers = run::all(
            &jobs,
            self.settings.jobs,
            &self.settings.state_dir,
            self.env,
        );
        if self.bundle_changed(contract.as_deref())? {
            return Ok(None);
        }
        let (mut sets, mut messages, mut errors) = (Vec::new(), BTreeMap::new(), Vec::new());
        for (step, answer) in dirty.iter().zip(answers) {
            let set = answer.and_then(|answer| {
                messages.insert(
                    step.name,
                    answer.message.as_deref().map(plugin::visible_line),
                );
                FileSet::new(step.name, step.place.clone(), answer)
            });
            match set {
                Ok(set) => sets.push(set),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(Error::several(errors));
        }
        self.judge_together(&sets)?;
        let written = self.write(&dirty, &sets, &messages)?;
        Ok(Some(self.outcomes(steps, &written)))
    }

    fn job<'s>(&self, step: &'s Step<'a>, contract: Option<&'s [u8]>) -> Result<Job<'s>> {
        if step.config.is_unknown {
            return Err(unknown(step.name));
        }
        let Some(contract) = contract else {
            let (name, contract) = (step.name, &self.location.contract);
            return Err(Error::message(format!(
                "target `{name}` needs the contract, and `{contract}` is not there"
            )));
        };
        Ok(Job {
            target: step.name,
            config: step.config,
            plugin: step
                .plugin
                .as_ref()
                .map_err(|text| Error::message(text.clone()))?,
            contract,
            bundle_dir: rel_path::clean(&self.package.dir.join(&self.location.dir)),
            output_dir: step.place.dir(),
            dir: self.package.dir.clone(),
            timeout: step.config.timeout.unwrap_or(DEFAULT_TIMEOUT),
            group: self.settings.group,
            interrupt: self.settings.interrupt.clone(),
        })
    }

    fn bundle_changed(&self, contract: Option<&[u8]>) -> Result<bool> {
        let now = bundle::load(self.package, &self.location)?;
        Ok(Some(&*now.contract.to_json()) != contract || self.hashes(&now)? != self.bundle_hashes)
    }

    /// No file of one target is a file of another, of those that ran and of those that did not.
    fn judge_together(&self, sets: &[FileSet]) -> Result<()> {
        let mut taken = Taken::default();
        for (name, entry) in &self.lock.targets {
            let is_kept = self.package.config.targets.contains_key(name)
                && !sets.iter().any(|set| set.target == *name);
            for path in entry.outputs.keys().filter(|_| is_kept) {
                taken.claim(name, path)?;
            }
        }
        for set in sets {
            output::check_reserved(set, &self.location.contract)?;
            for path in set
                .files
                .keys()
                .filter(|_| matches!(set.place, Place::Shared { .. }))
            {
                taken.claim(&set.target, path)?;
            }
        }
        Ok(())
    }

    /// Takes the package's turn, decides on the disk as it is then, and writes.
    fn write(
        &mut self,
        steps: &[&Step<'a>],
        sets: &[FileSet],
        messages: &Messages<'_>,
    ) -> Result<Written> {
        let force = self.settings.force;
        if self.settings.mode == Mode::DryRun {
            return Ok(Changes::decide(sets, &self.lock, force)?.by_target());
        }
        if self.settings.interrupt.load(Ordering::Relaxed) {
            return Err(ErrorKind::Interrupted.into());
        }
        let dir = &self.package.dir;
        let _turn = fs::Turn::take(dir)?;
        // Another process may have written while our plugins ran.
        let before = std::mem::replace(&mut self.lock, Lock::load(dir)?);
        self.lock.inherit_merge(before);
        let time = self.settings.keep_times.then(|| self.newest_input(steps));
        let changes = Changes::decide(sets, &self.lock, force)?;
        let staged = changes.stage(time)?;
        let pending = changes.pending();
        if !pending.is_empty() {
            self.lock.pending.extend(pending);
            self.lock.store(dir, time)?;
        }
        staged.commit(time)?;
        self.enter_into_books(steps, sets, messages);
        if steps.iter().any(|step| step.config.output.is_some()) {
            self.lock.store(dir, time)?;
        }
        self.record.store(&self.settings.state_dir)?;
        let written = changes.by_target();
        if steps.iter().any(|step| self.is_writer(step.name)) {
            self.read_bundle()?;
        }
        Ok(written)
    }

    fn enter_into_books(&mut self, steps: &[&Step<'a>], sets: &[FileSet], messages: &Messages<'_>) {
        for (step, set) in steps.iter().zip(sets) {
            let Some(mut fingerprint) = step.fingerprint.clone() else {
                continue;
            };
            let outputs = set.hashes();
            // What was there already and is its own from now on is no input of it.
            fingerprint.bundle = self.bundle_hash(step.name, Some(&outputs));
            let entry = Entry {
                fingerprint,
                outputs,
            };
            if step.config.output.is_some() {
                self.lock.enter(step.name, entry.clone());
            }
            let message = messages.get(step.name).cloned().flatten();
            let remembered = Remembered {
                entry,
                machine: step.machine.clone(),
                message,
            };
            self.record.targets.insert(step.name.to_owned(), remembered);
        }
        self.lock.settle(&self.bundle_hashes);
    }

    /// A checked-in target that is fresh by the lock: from now on this machine knows its plugin too.
    fn remember_fresh(&mut self, steps: &[Step<'a>]) {
        for step in steps
            .iter()
            .filter(|step| step.freshness == Freshness::Fresh)
        {
            let Some(entry) = self
                .lock
                .targets
                .get(step.name)
                .filter(|_| step.config.output.is_some())
            else {
                continue;
            };
            let message = self
                .record
                .targets
                .get(step.name)
                .and_then(|known| known.message.clone());
            let remembered = Remembered {
                entry: entry.clone(),
                machine: step.machine.clone(),
                message,
            };
            self.record.targets.insert(step.name.to_owned(), remembered);
        }
    }

    /// One hash for the bundle's files that are inputs of `target`: all but what it writes itself, and
    /// what those write that run after it.
    fn bundle_hash(&self, target: &str, outputs: Option<&BTreeMap<String, Hash>>) -> Hash {
        let is_later = |name: &str| self.is_writer(target) && name > target && self.is_writer(name);
        let writes = |path: &String| {
            let mut entries = self
                .lock
                .targets
                .iter()
                .filter(|(name, _)| *name == target || is_later(name));
            outputs.is_some_and(|outputs| outputs.contains_key(path))
                || entries.any(|(_, entry)| entry.outputs.contains_key(path))
        };
        let files = self.bundle_hashes.iter().filter(|(path, _)| !writes(path));
        Hash::of_entries(files.map(|(path, hash)| (path.as_str(), hash)))
    }

    /// The time of the newest input, but never one that is still to come.
    fn newest_input(&self, steps: &[&Step<'a>]) -> SystemTime {
        let package_files = [MANIFEST_FILE]
            .into_iter()
            .chain(self.package.workspace.as_deref());
        let bundle_files = self.bundle_hashes.keys().map(String::as_str);
        let inputs = steps
            .iter()
            .flat_map(|step| &step.fingerprint)
            .flat_map(|fingerprint| fingerprint.inputs.keys());
        let files = package_files
            .chain(bundle_files)
            .chain(inputs.map(String::as_str));
        let times = files.filter_map(|path| fs::modified(&self.package.dir.join(path)));
        let plugins = steps.iter().filter_map(|step| match &step.plugin {
            Ok(Plugin::Executable(path)) => fs::modified(path),
            _ => None,
        });
        times
            .chain(plugins)
            .max()
            .unwrap_or(SystemTime::UNIX_EPOCH)
            .min(self.record.seen.started())
    }

    fn outcomes(&self, steps: &[Step<'a>], written: &Written) -> Vec<Outcome> {
        let outcome = |step: &Step<'a>| Outcome {
            target: step.name.to_owned(),
            plugin: step.config.plugin.text(),
            found: step.found(),
            output: step.config.output.clone(),
            dir: step.place.dir(),
            sandbox: Sandbox::new(step.config.sandbox.as_ref()).enforced(),
            freshness: step.freshness.clone(),
            files: written.get(step.name).cloned().unwrap_or_default(),
            message: self
                .record
                .targets
                .get(step.name)
                .and_then(|known| known.message.clone()),
        };
        steps.iter().map(outcome).collect()
    }

    /// `PACTO_BUILD=off`: what is there is used, whatever it was made from.
    fn as_it_is(&self, steps: &[Step<'a>]) -> Result<Vec<Outcome>> {
        let is_missing = |step: &&Step<'a>| {
            let entry = self.entry(step);
            entry.is_none_or(|entry| {
                entry
                    .outputs
                    .keys()
                    .any(|path| !fs::is_file(&step.place.root().join(path)))
            })
        };
        let missing = steps.iter().filter(is_missing).map(|step| {
            let text = format!(
                "PACTO_BUILD is `off`, and target `{}` has no files to use; unset it once",
                step.name
            );
            Error::message(text)
        });
        let missing: Vec<Error> = missing.collect();
        if missing.is_empty() {
            Ok(self.outcomes(steps, &BTreeMap::new()))
        } else {
            Err(Error::several(missing))
        }
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
        let ours = ours.filter(|path| fs::exists(&self.package.dir.join(path)));
        let all = self
            .watched
            .iter()
            .cloned()
            .chain(ours.map(str::to_owned))
            .collect();
        bundle::without_covered(&all)
    }

    /// The variables that Cargo has to watch. Never `PATH`, which every terminal sets in its own way.
    fn watched_env(&self) -> Vec<String> {
        let targets = self.package.config.targets.values();
        let names =
            targets.flat_map(|target| target.env.iter().cloned().chain([target.plugin.variable()]));
        names
            .chain(["PACTO_BUILD".to_owned()])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }
}

fn stale(target: &str, reason: &DirtyReason, ban: &str) -> Error {
    ErrorKind::Stale(format!(
        "the checked-in files of target `{target}` are out of date: {reason}; {ban}, so run `cargo pacto generate {target}` and commit the result"
    ))
    .into()
}

fn unknown(target: &str) -> Error {
    Error::message(format!(
        "target `{target}` takes its settings from a workspace, which a published crate does not have; \
         write them into the package, or publish it with up-to-date files"
    ))
}
