//! Onto the disk and into the books, in the order that a crash can be repaired from.

use crate::sorted::{Map, Set};
use std::time::SystemTime;

use super::step::Step;
use super::{Mode, Plan, Selection, load_lock};
use crate::bundle;
use crate::error::Result;
use crate::fingerprint::{Entry, Freshness};
use crate::fs;
use crate::hash::Hash;
use crate::lock::LOCK_FILE;
use crate::manifest::MANIFEST_FILE;
use crate::output::{self, Changes, FileSet, Force, Place, There, Written};
use crate::plugin::Plugin;
use crate::record::Remembered;

/// What plugins said besides their files.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) message: Option<String>,
    pub(super) stderr: String,
}

/// What the plugins of a batch answered, accepted as a whole.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    /// The contract that they were asked about.
    pub(super) contract: Option<&'a [u8]>,
    pub(super) sets: Vec<FileSet>,
    /// In the order of `sets`.
    pub(super) said: Vec<Said>,
}

impl<'a> Plan<'a> {
    /// Takes the package's turn, decides on the disk as it is then, and writes. `None` if the bundle is
    /// not what the plugins were asked about any more.
    pub(super) fn write(
        &mut self,
        steps: &[&Step<'a>],
        answers: &Answers<'_>,
    ) -> Result<Option<Written>> {
        let sets = &answers.sets;
        if self.settings.mode == Mode::DryRun {
            return Ok(Some(self.changes(sets, self.settings.force)?.by_target()));
        }
        self.heed_interrupt()?;
        let dir = &self.package.dir;
        let _turn = fs::Turn::take(dir)?;
        if self.bundle.is_some() && self.bundle_changed(answers.contract)? {
            return Ok(None);
        }
        // Another process may have written while our plugins ran.
        let before = std::mem::replace(&mut self.lock, load_lock(self.package)?);
        self.lock.inherit_merge(before);
        let time = self.settings.keep_times.then(|| self.newest_input(steps));
        let written = self.put(sets, time)?;
        let is_shared = |set: &&FileSet| matches!(set.place, Place::Shared { .. });
        let shared: Vec<&FileSet> = sets.iter().filter(is_shared).collect();
        let paths = shared.iter().filter_map(|set| written.get(&set.target));
        let paths: Vec<&String> = paths.flat_map(Map::keys).collect();
        self.lock.arrived(paths.iter().copied());
        let is_in_bundle = |path: &&String| bundle::contains(&self.location, path);
        if self.bundle.is_some() && paths.iter().any(is_in_bundle) {
            self.read_bundle()?;
        }
        self.enter_into_books(steps, answers);
        if !shared.is_empty() {
            self.lock.store(dir, time)?;
        }
        self.record.store(&self.settings.state_dir)?;
        Ok(Some(written))
    }

    /// What `sets` change on the disk.
    pub(super) fn changes<'s>(&self, sets: &'s [FileSet], force: Force) -> Result<Changes<'s>> {
        let names = self.package.names();
        Changes::decide(sets, Some(&self.lock), force, Some(&names))
    }

    /// Puts `sets` onto the disk, after a note in the lock of what is about to change.
    pub(super) fn put(&mut self, sets: &[FileSet], time: Option<SystemTime>) -> Result<Written> {
        let changes = self.changes(sets, self.settings.force)?;
        let staged = changes.stage(time)?;
        let pending = changes.pending();
        if !pending.is_empty() {
            self.lock.pending.extend(pending);
            self.lock.store(&self.package.dir, time)?;
        }
        staged.commit()?;
        Ok(changes.by_target())
    }

    /// After a run of everything, nothing has to be known any more of merges and of runs that did not end. What such
    /// a run has created of no target's goes.
    pub(super) fn end_notes(&mut self) -> Result<()> {
        let is_all = !matches!(self.settings.selection, Selection::Named(_));
        if !is_all || self.settings.write_ban.is_some() || !self.lock.has_notes() {
            return Ok(());
        }
        let dir = &self.package.dir;
        let _turn = fs::Turn::take(dir)?;
        self.lock = load_lock(self.package)?;
        for (path, hashes) in &self.lock.end_notes() {
            let file = dir.join(path);
            let is_file = matches!(output::what_is_there(dir, path)?, There::File);
            if is_file && hashes.contains(&fs::hash(&file)?.hash) {
                fs::remove_file(&file)?;
                fs::remove_empty_dirs(file.parent().unwrap_or(dir), dir);
            }
        }
        // To Cargo nothing is newer than the run.
        let time = fs::modified(&dir.join(LOCK_FILE)).filter(|_| self.settings.keep_times);
        self.lock.store(dir, time)
    }

    fn enter_into_books(&mut self, steps: &[&Step<'a>], answers: &Answers<'_>) {
        let mut kept = Map::new();
        for ((step, set), said) in steps.iter().zip(&answers.sets).zip(&answers.said) {
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
                kept.insert(step.name.to_owned(), entry.clone());
            }
            let message = said.message.clone();
            let remembered = Remembered {
                entry,
                machine: step.machine.clone(),
                message,
            };
            self.record.targets.insert(step.name.to_owned(), remembered);
        }
        self.lock.enter(kept);
        let shared = answers
            .sets
            .iter()
            .filter(|set| matches!(set.place, Place::Shared { .. }));
        let (names, folders): (Vec<&str>, Vec<&str>) = shared
            .map(|set| (set.target.as_str(), set.place.folder()))
            .unzip();
        let retired = names.iter().filter(|name| self.is_retired(name));
        for name in retired.copied().collect::<Vec<_>>() {
            self.lock.targets.remove(name);
        }
        self.lock.finish(&names, &folders);
        self.lock.settle(&self.bundle_hashes, &names);
    }

    /// A checked-in target that is fresh by the lock: from now on this machine knows its plugin too.
    pub(super) fn remember_fresh(&mut self, steps: &[Step<'a>]) {
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
            let known = self.record.targets.get(step.name);
            let mut machine = step.machine.clone();
            // A plugin that is away for a while is the same one as long as nothing else is known.
            machine.plugin = machine
                .plugin
                .or_else(|| known.and_then(|known| known.machine.plugin.clone()));
            let message = known.and_then(|known| known.message.clone());
            let entry = entry.clone();
            self.record.targets.insert(
                step.name.to_owned(),
                Remembered {
                    entry,
                    machine,
                    message,
                },
            );
        }
    }

    /// One hash for the bundle's files that are inputs of `target`.
    pub(super) fn bundle_hash(&self, target: &str, outputs: Option<&Map<String, Hash>>) -> Hash {
        let written = self.no_inputs_of(target, outputs);
        // Most targets write nothing here, and the hash of all is the same for each of them.
        if written.is_empty() {
            return self.whole_bundle_hash;
        }
        let files = self
            .bundle_hashes
            .iter()
            .filter(|(path, _)| !written.contains(path));
        Hash::of_entries(files.map(|(path, hash)| (path.as_str(), hash)))
    }

    /// The bundle's files that are no inputs of `target`: what it writes itself, what those write that run
    /// after it, and what nobody writes any more and is about to go.
    pub(super) fn no_inputs_of<'s>(
        &'s self,
        target: &str,
        outputs: Option<&'s Map<String, Hash>>,
    ) -> Set<&'s String> {
        let is_writer = self.is_writer(target);
        let is_later = |name: &str| is_writer && name > target && self.is_writer(name);
        let entries = self
            .lock
            .targets
            .iter()
            .filter(|(_, entry)| self.is_in_bundle(entry))
            .filter(|(name, _)| *name == target || is_later(name) || self.is_retired(name));
        let written = entries
            .flat_map(|(_, entry)| entry.outputs.keys())
            .chain(outputs.into_iter().flat_map(Map::keys));
        Set::from_iter(written.filter(|path| self.bundle_hashes.contains_key(*path)))
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
}
