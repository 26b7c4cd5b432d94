//! `pacto-generated.lock`: what the repository promises about its generated files.

mod text;

use crate::sorted::{Map, Set};
use std::path::Path;
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::fingerprint::Entry;
use crate::fs;
use crate::hash::Hash;
use crate::names::Names;
use crate::rel_path;

pub(crate) use crate::reserved::LOCK_FILE;

/// What files of the bundle were before they changed; `None` if they were not there.
type Before = Map<String, Option<Hash>>;

/// The lock as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    /// The bundle's files as they were when something was last generated.
    pub(crate) bundle: Map<String, Hash>,
    /// For targets that were generated before that: which of these files were otherwise then, or not there.
    before: Map<String, Before>,
    pub(crate) targets: Map<String, Entry>,
    /// Old and new content of files that were about to be written; left there only by a crash.
    pub(crate) pending: Map<String, Set<Hash>>,
    /// What the other side of a merge says it wrote, until all targets have run.
    merged: Map<String, Set<Hash>>,
    /// Targets whose entry is not what one run wrote, with the digest that stands beside it: git has put two entries
    /// together, somebody has edited one, or a part of its files was cleaned.
    patchwork: Map<String, Hash>,
    /// It has merge conflicts, so that nothing in it is a promise.
    pub(crate) is_conflicted: bool,
}

impl Lock {
    /// Reads the lock of the package in `dir`, as messages know it; none is an empty one.
    pub(crate) fn load(dir: &Path, names: &Names) -> Result<Self> {
        match fs::read_text_if_any(&dir.join(LOCK_FILE))? {
            Some(text) => Self::parse(&text, names).map_err(Error::message),
            None => Ok(Self::default()),
        }
    }

    /// Whether the entry of `target` was written by no single run, so that it promises nothing.
    pub(crate) fn is_patchwork(&self, target: &str) -> bool {
        self.patchwork.contains_key(target)
    }

    /// Takes back what is promised of `target`, and keeps the files in `kept`, which are still not just anybody's.
    pub(crate) fn take_back(&mut self, target: &str, kept: impl Fn(&String) -> bool) {
        let Some(entry) = self.targets.get_mut(target) else {
            return;
        };
        entry.outputs.retain(|path, _| kept(path));
        if entry.outputs.is_empty() {
            self.targets.remove(target);
        } else {
            self.patchwork
                .insert(target.to_owned(), Hash::of(b"cleaned"));
        }
    }

    /// Writes the lock; one that promises nothing is no file.
    pub(crate) fn store(&self, dir: &Path, time: Option<SystemTime>) -> Result<()> {
        let path = dir.join(LOCK_FILE);
        if self.targets.is_empty() && self.pending.is_empty() {
            return fs::remove_file(&path);
        }
        fs::sweep(dir);
        fs::write_if_changed(&path, self.to_text().as_bytes(), time)
    }

    /// Whether we wrote `path` with this content: a promise, a crash or a merge says so.
    pub(crate) fn owns(&self, path: &str, hash: &Hash) -> bool {
        let promised = self
            .targets
            .values()
            .any(|entry| entry.outputs.get(path) == Some(hash));
        let noted = |book: &Map<String, Set<Hash>>| {
            book.get(path).is_some_and(|hashes| hashes.contains(hash))
        };
        promised || noted(&self.pending) || noted(&self.merged)
    }

    /// Whether `content` is ours, or a merge of what is ours: each side as it was written.
    pub(crate) fn owns_content(&self, path: &str, content: &[u8]) -> bool {
        let owns = |content: &[u8]| self.owns(path, &Hash::of(content));
        owns(content) || self.was_merged(path)
    }

    /// Whether both sides of a merge wrote `path`, each in its way: then what is there is git's work, and git
    /// merges no file that has uncommitted edits.
    fn was_merged(&self, path: &str) -> bool {
        let mut ours = self
            .targets
            .values()
            .filter_map(|entry| entry.outputs.get(path));
        let theirs = self.merged.get(path);
        theirs.is_some_and(|theirs| ours.any(|ours| !theirs.contains(ours)))
    }

    /// Whether we ever wrote `path`, with whatever content.
    pub(crate) fn knows(&self, path: &str) -> bool {
        let promised = self
            .targets
            .values()
            .any(|entry| entry.outputs.contains_key(path));
        promised || self.pending.contains_key(path) || self.merged.contains_key(path)
    }

    /// What a merge left, which one more lock read from disk does not know.
    pub(crate) fn inherit_merge(&mut self, before: Self) {
        self.merged.extend(before.merged);
    }

    /// Notes `entries` by their targets; a file that another target had before is no longer that one's.
    pub(crate) fn enter(&mut self, entries: Map<String, Entry>) {
        let outputs = entries.values().flat_map(|entry| entry.outputs.keys());
        let taken: Set<&String> = Set::from_iter(outputs);
        for (name, other) in self.targets.iter_mut() {
            if other.outputs.keys().any(|path| taken.contains(path)) {
                other.outputs.retain(|path, _| !taken.contains(path));
                // Without them it is what no run of its own has written.
                self.patchwork.insert(name.clone(), Hash::of(b"taken"));
            }
        }
        self.patchwork
            .retain(|target, _| !entries.contains_key(target));
        self.targets.extend(entries);
    }

    /// Ends what was pending in `folders`; what another target has pending there stays, until it runs.
    pub(crate) fn finish(&mut self, targets: &[&str], folders: &[&str]) {
        let (pending, entries) = (&mut self.pending, &self.targets);
        pending.retain(|path, _| {
            let mut others = entries
                .iter()
                .filter(|(name, _)| !targets.contains(&name.as_str()));
            !folders
                .iter()
                .any(|folder| rel_path::is_within(path, folder))
                || others.any(|(_, entry)| entry.outputs.contains_key(path))
        });
    }

    /// Ends what was pending for these files, as they are in their places.
    pub(crate) fn arrived<'a>(&mut self, paths: impl Iterator<Item = &'a String>) {
        for path in paths {
            self.pending.remove(path);
        }
    }

    /// Whether something is noted that only concerns merges and runs that did not end.
    pub(crate) fn has_notes(&self) -> bool {
        !self.merged.is_empty() || !self.pending.is_empty()
    }

    /// Ends all of that, and gives what was pending and is of no target.
    pub(crate) fn end_notes(&mut self) -> Map<String, Set<Hash>> {
        self.merged = Map::new();
        let mut pending = std::mem::replace(&mut self.pending, Map::new());
        pending.retain(|path, _| {
            !self
                .targets
                .values()
                .any(|entry| entry.outputs.contains_key(path))
        });
        pending
    }

    /// Notes the bundle that `targets` were made from, and what it was for the others.
    pub(crate) fn settle(&mut self, bundle: &Map<String, Hash>, targets: &[&str]) {
        let mut now = bundle.clone();
        // What targets write into the bundle stands among their outputs.
        for path in self.targets.values().flat_map(|entry| entry.outputs.keys()) {
            now.remove(path);
        }
        // Each target costs a comparison of the whole bundle, and mostly nothing of it has changed.
        if now == self.bundle && self.before.is_empty() {
            return;
        }
        let mut before = Map::new();
        for name in self
            .targets
            .keys()
            .filter(|name| !targets.contains(&name.as_str()))
        {
            let changed = changed(&self.bundle_of(name), &now);
            if !changed.is_empty() {
                before.insert(name.clone(), changed);
            }
        }
        self.bundle = now;
        self.before = before;
    }

    /// The bundle's files as they were when `target` was last generated.
    pub(crate) fn bundle_of(&self, target: &str) -> Map<String, Hash> {
        let mut files = self.bundle.clone();
        for (path, hash) in self.before.get(target).into_iter().flatten() {
            match hash {
                Some(hash) => {
                    files.insert(path.clone(), *hash);
                }
                None => {
                    files.remove(path);
                }
            }
        }
        files
    }

    /// Whether a run that wrote one of `entry`'s files did not end.
    pub(crate) fn is_unfinished(&self, entry: &Entry) -> bool {
        let folder = entry.fingerprint.output.as_deref();
        let is_of_entry = |path: &String| {
            entry.outputs.contains_key(path)
                || folder.is_some_and(|folder| rel_path::is_within(path, folder))
        };
        self.pending.keys().any(is_of_entry)
    }
}

/// What `then` has otherwise than `now`.
fn changed(then: &Map<String, Hash>, now: &Map<String, Hash>) -> Before {
    let mut changed = Map::new();
    for (path, hash) in then
        .iter()
        .filter(|(path, hash)| now.get(*path) != Some(hash))
    {
        changed.insert(path.clone(), Some(*hash));
    }
    for path in now.keys().filter(|path| !then.contains_key(*path)) {
        changed.insert(path.clone(), None);
    }
    changed
}
