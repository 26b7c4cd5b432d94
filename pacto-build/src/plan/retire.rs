//! Targets that nobody wants any more: their files go, as far as they still are what we wrote.

use crate::sorted::{Map, Set};

use super::{Mode, Plan, Selection, load_lock};
use crate::bundle;
use crate::error::Result;
use crate::fingerprint::{DirtyReason, Entry, Freshness};
use crate::fs;
use crate::output::{Change, FileSet, Force, Place, Written, files_of};
use crate::record;
use crate::report::{FoundPlugin, Outcome};

impl<'a> Plan<'a> {
    /// Targets of the lock that are not selected by name, and keep nothing in the repository any more.
    pub(super) fn retired(&self) -> Vec<String> {
        let is_named = matches!(self.settings.selection, Selection::Named(_));
        if is_named || self.settings.write_ban.is_some() {
            return Vec::new();
        }
        let names = self.lock.targets.keys();
        names
            .filter(|name| self.is_retired(name))
            .cloned()
            .collect()
    }

    pub(super) fn is_retired(&self, name: &str) -> bool {
        let target = self.package.config.targets.get(name);
        target.is_none_or(|target| target.output.is_none()) && self.lock.targets.contains_key(name)
    }

    /// Whether files of a target can be the bundle's.
    pub(super) fn is_in_bundle(&self, entry: &Entry) -> bool {
        let output = entry.fingerprint.output.as_deref();
        output.is_some_and(|output| bundle::contains(&self.location, output))
    }

    /// No files for each of `names`, so that what they have is removed.
    pub(super) fn emptied(&self, names: &[String]) -> Vec<FileSet> {
        let set = |name: &String| FileSet {
            target: name.clone(),
            place: self.place_of(name),
            files: Map::new(),
            keeps_edited: true,
        };
        names.iter().map(set).collect()
    }

    fn place_of(&self, name: &str) -> Place {
        let entry = self.lock.targets.get(name);
        let output = entry.and_then(|entry| entry.fingerprint.output.clone());
        Place::Shared {
            root: self.package.dir.clone(),
            folder: output.unwrap_or_else(|| ".".to_owned()),
        }
    }

    /// What is to be told of targets that go; taken before they do.
    pub(super) fn retired_outcomes(&self, names: &[String], reason: &DirtyReason) -> Vec<Outcome> {
        let outcome = |name: &String| {
            gone(
                name,
                self.lock.targets.get(name),
                &self.place_of(name),
                reason,
            )
        };
        names.iter().map(outcome).collect()
    }

    /// Removes the files of the selected targets, but for those that were edited since.
    pub(super) fn clean(&mut self) -> Result<Vec<Outcome>> {
        self.refuse_conflict()?;
        let configured = self.package.config.targets.keys();
        let names: Vec<String> = match &self.settings.selection {
            Selection::Named(names) => names.clone(),
            _ => {
                let all = configured.chain(self.lock.targets.keys());
                Set::from_iter(all.cloned()).into_iter().collect()
            }
        };
        let known: Vec<String> = names
            .iter()
            .filter(|name| self.lock.targets.contains_key(*name))
            .cloned()
            .collect();
        let mut outcomes = self.retired_outcomes(&known, &DirtyReason::Forced);
        let own = self.own_outcomes(&names);
        let written = if self.settings.mode == Mode::DryClean {
            let sets = self.emptied(&known);
            self.changes(&sets, Force::No)?.by_target()
        } else {
            let written = self.remove_files(&known)?;
            self.forget(&names)?;
            written
        };
        for outcome in &mut outcomes {
            outcome.files = files_of(&written, &outcome.target);
        }
        outcomes.extend(own);
        Ok(outcomes)
    }

    /// What is to be told of targets whose files go with their folder, as they are kept in no repository.
    fn own_outcomes(&self, names: &[String]) -> Vec<Outcome> {
        let own = names.iter().filter_map(|name| {
            let known = self.record.targets.get(name)?;
            let is_own = known.entry.fingerprint.output.is_none();
            is_own.then_some((name, &known.entry))
        });
        own.map(|(name, entry)| {
            let place = Place::Own {
                root: record::target_dir(&self.settings.state_dir, name),
            };
            let files = entry.outputs.keys();
            Outcome {
                files: files.map(|path| (path.clone(), Change::Removed)).collect(),
                ..gone(name, Some(entry), &place, &DirtyReason::Forced)
            }
        })
        .collect()
    }

    fn remove_files(&mut self, names: &[String]) -> Result<Written> {
        let dir = &self.package.dir;
        let _turn = fs::Turn::take(dir)?;
        self.lock = load_lock(self.package)?;
        let sets = self.emptied(names);
        let written = self.put(&sets, None)?;
        for name in names {
            let is_kept = |path: &String| {
                let files = written.get(name);
                files.and_then(|files| files.get(path)) == Some(&Change::Kept)
            };
            self.lock.take_back(name, is_kept);
        }
        let folders: Vec<&str> = sets.iter().map(|set| set.place.folder()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.lock.finish(&names, &folders);
        self.lock.store(dir, None)?;
        Ok(written)
    }

    /// This machine's books and files of `names`.
    fn forget(&mut self, names: &[String]) -> Result<()> {
        for name in names {
            self.record.targets.remove(name);
            if crate::config::is_name(name) {
                fs::remove_folder(&record::target_dir(&self.settings.state_dir, name))?;
            }
        }
        self.record.store(&self.settings.state_dir)
    }
}

fn gone(target: &str, entry: Option<&Entry>, place: &Place, reason: &DirtyReason) -> Outcome {
    Outcome {
        target: target.to_owned(),
        plugin: entry.map_or_else(String::new, |entry| entry.fingerprint.plugin.clone()),
        found: FoundPlugin::NotLookedFor,
        output: entry.and_then(|entry| entry.fingerprint.output.clone()),
        dir: place.dir(),
        sandbox: "none, as nothing runs".to_owned(),
        freshness: Freshness::Dirty(vec![reason.clone()]),
        files: Vec::new(),
        faults: Vec::new(),
        message: None,
        stderr: String::new(),
    }
}
