//! `pacto-generated.lock`: what the repository promises about its generated files.

use crate::sorted::{self, Map, Set};
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use crate::config;
use crate::conflict::{sides, with_commas};
use crate::contract::CONTRACT_FILE;
use crate::error::{Error, Result};
use crate::fingerprint::{Entry, hashes_from_json, hashes_to_json};
use crate::fs;
use crate::hash::Hash;
use crate::names::Names;
use crate::rel_path::{self, RelPath};
use crate::reserved::is_reserved;
use crate::visible::is_unseen;

pub(crate) use crate::reserved::LOCK_FILE;

/// The format that this version writes, and the newest that it reads.
const FORMAT: u64 = 1;

const NOT_OURS: &str = "it is not what was written";

const ABOUT: &str = "by pacto-build; keep this file in the repository and do not edit it";

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

    pub(crate) fn parse(text: &str, names: &Names) -> Result<Self, String> {
        let Some((ours, theirs)) = sides(text) else {
            return Self::parse_side(text, names);
        };
        let (mut ours, theirs) = (
            Self::parse_side(&with_commas(&ours), names)?,
            Self::parse_side(&with_commas(&theirs), names)?,
        );
        ours.is_conflicted = true;
        for (path, hashes) in theirs.pending {
            ours.merged.get_or_insert(path, Set::new).extend(hashes);
        }
        for (path, hashes) in theirs.merged {
            ours.merged.get_or_insert(path, Set::new).extend(hashes);
        }
        for (target, entry) in theirs.targets {
            ours.take_over(target, entry);
        }
        for target in ours.targets.keys() {
            ours.patchwork.insert(target.clone(), Hash::of(b"merged"));
        }
        Ok(ours)
    }

    /// Adds what the other side of a merge has of a target. What only that side wrote is as much ours as the rest, and
    /// goes if nobody writes it any more: with the target's own old files, or by itself if it was kept elsewhere.
    fn take_over(&mut self, mut target: String, mut theirs: Entry) {
        for (path, hash) in &theirs.outputs {
            self.merged
                .get_or_insert(path.clone(), Set::new)
                .insert(*hash);
        }
        theirs.outputs.retain(|path, _| {
            !self
                .targets
                .values()
                .any(|ours| ours.outputs.contains_key(path))
        });
        if let Some(ours) = self.targets.get_mut(&target) {
            if ours.fingerprint.output == theirs.fingerprint.output {
                ours.outputs.extend(theirs.outputs);
                return;
            }
            target.push_str(".theirs");
        }
        if !theirs.outputs.is_empty() {
            self.targets.insert(target, theirs);
        }
    }

    fn parse_side(text: &str, names: &Names) -> Result<Self, String> {
        let (name, force) = (names.path(LOCK_FILE), names.force(""));
        let broken = |why: &str| {
            format!(
                "`{name}` cannot be read: {why}; run `git checkout -- {name}`, or remove it and run `{force}`"
            )
        };
        let json: Value = serde_json::from_str(text).map_err(|error| broken(&error.to_string()))?;
        match json.get("version").and_then(Value::as_u64) {
            Some(version) if version > FORMAT => {
                let text = format!(
                    "`{name}` has format {version}, and this pacto-build reads up to {FORMAT}; update pacto-build and cargo-pacto"
                );
                return Err(text);
            }
            Some(_) => {}
            None => return Err(broken("it has no version")),
        }
        let mut lock = Self::from_json(&json).ok_or_else(|| broken(NOT_OURS))?;
        lock.disown_strangers();
        match lock.fault() {
            Some(why) => Err(broken(&why)),
            None => Ok(lock),
        }
    }

    /// What no lock that we wrote can have. Files are removed by these paths, and all of it is shown to people.
    fn fault(&self) -> Option<String> {
        for (name, entry) in &self.targets {
            if !config::is_name(name) {
                return Some(format!("`{name}` cannot name a target"));
            }
            if entry.fingerprint.plugin.contains(is_unseen) {
                return Some(NOT_OURS.to_owned());
            }
        }
        let entries = self.targets.values();
        let folders = entries
            .clone()
            .filter_map(|entry| entry.fingerprint.output.as_ref())
            .filter(|folder| *folder != ".");
        let mut paths = entries
            .flat_map(|entry| entry.outputs.keys())
            .chain(self.pending.keys())
            .chain(self.merged.keys())
            .chain(folders);
        let escape = paths.find_map(|path| {
            let why = RelPath::new(path).err()?;
            Some(format!("it names `{path}`, which {why}"))
        });
        escape.or_else(|| self.stranger())
    }

    /// In an entry that was put together from two, one's files may stand beside the other one's folder. They
    /// are not the target's: it may overwrite them, and removes none.
    fn disown_strangers(&mut self) {
        let (patchwork, merged) = (&self.patchwork, &mut self.merged);
        let entries = self.targets.iter_mut();
        for (_, entry) in entries.filter(|(name, _)| patchwork.contains_key(*name)) {
            let folder = entry.fingerprint.output.as_deref().unwrap_or_default();
            entry.outputs.retain(|path, hash| {
                let is_own = rel_path::is_within(path, folder);
                if !is_own {
                    merged.get_or_insert(path.clone(), Set::new).insert(*hash);
                }
                is_own
            });
        }
    }

    /// A file that no target can have written.
    fn stranger(&self) -> Option<String> {
        let outputs = self.targets.iter().flat_map(|(name, entry)| {
            let folder = entry.fingerprint.output.as_deref();
            entry.outputs.keys().map(move |path| (name, folder, path))
        });
        for (name, folder, path) in outputs {
            if is_reserved(path, CONTRACT_FILE) {
                return Some(format!("it names `{path}`, which is never generated"));
            }
            if !folder.is_some_and(|folder| rel_path::is_within(path, folder)) {
                return Some(format!(
                    "it names `{path}`, which is not in the folder of target `{name}`"
                ));
            }
        }
        None
    }

    fn from_json(json: &Value) -> Option<Self> {
        let mut lock = Self {
            bundle: hashes_from_json(json.get("bundle")?)?,
            ..Self::default()
        };
        for (name, json) in json.get("targets")?.as_object()? {
            let entry = Entry::from_json(json)?;
            let digest = json.get("digest")?.as_str()?.parse().ok()?;
            if entry.digest() != digest {
                lock.patchwork.insert(name.clone(), digest);
            }
            if let Some(before) = json.get(BEFORE) {
                lock.before.insert(name.clone(), before_from_json(before)?);
            }
            lock.targets.insert(name.clone(), entry);
        }
        lock.pending = notes_from_json(json.get("pending"))?;
        lock.merged = notes_from_json(json.get("merged"))?;
        Some(lock)
    }

    /// The text of the file: sorted, one line an entry, so that merges rarely meet.
    pub(crate) fn to_text(&self) -> String {
        let targets = self
            .targets
            .iter()
            .map(|(name, entry)| (name.clone(), self.entry_to_json(name, entry)));
        let mut json = serde_json::Map::new();
        json.insert("@generated".to_owned(), Value::from(ABOUT));
        json.insert("bundle".to_owned(), hashes_to_json(&self.bundle));
        for (key, notes) in [("merged", &self.merged), ("pending", &self.pending)] {
            if !notes.is_empty() {
                json.insert(key.to_owned(), notes_to_json(notes));
            }
        }
        json.insert("targets".to_owned(), sorted::object(targets));
        json.insert("version".to_owned(), Value::from(FORMAT));
        format!("{:#}\n", Value::Object(json))
    }

    fn entry_to_json(&self, name: &str, entry: &Entry) -> Value {
        let digest = self.patchwork.get(name).copied();
        let digest = digest.unwrap_or_else(|| entry.digest());
        let mut json = entry.to_json();
        json.insert("digest".to_owned(), Value::from(digest.to_string()));
        if let Some(before) = self.before.get(name) {
            json.insert(BEFORE.to_owned(), before_to_json(before));
        }
        Value::Object(json)
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

fn notes_to_json(notes: &Map<String, Set<Hash>>) -> Value {
    let texts = |hashes: &Set<Hash>| {
        let texts = hashes.iter().map(|hash| Value::from(hash.to_string()));
        Value::Array(texts.collect())
    };
    sorted::object(
        notes
            .iter()
            .map(|(path, hashes)| (path.clone(), texts(hashes))),
    )
}

/// Nothing if there are none.
fn notes_from_json(json: Option<&Value>) -> Option<Map<String, Set<Hash>>> {
    let mut notes = Map::new();
    for (path, hashes) in json.and_then(Value::as_object).into_iter().flatten() {
        let mut known = Set::new();
        for hash in hashes.as_array()? {
            known.insert(hash.as_str()?.parse().ok()?);
        }
        notes.insert(path.clone(), known);
    }
    Some(notes)
}

/// The key of what a target's bundle was.
const BEFORE: &str = "bundle-before";

fn before_to_json(before: &Before) -> Value {
    let hash = |hash: &Option<Hash>| hash.map_or(Value::Null, |hash| Value::from(hash.to_string()));
    sorted::object(before.iter().map(|(path, was)| (path.clone(), hash(was))))
}

fn before_from_json(json: &Value) -> Option<Before> {
    let mut before = Map::new();
    for (path, was) in json.as_object()? {
        let hash = match was {
            Value::Null => None,
            was => Some(was.as_str()?.parse().ok()?),
        };
        before.insert(path.clone(), hash);
    }
    Some(before)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;

    fn names() -> Names {
        Names {
            package: "demo".to_owned(),
            folder: ".".to_owned(),
        }
    }

    fn lock(outputs: &[(&str, &str)]) -> Lock {
        let hashes = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(path, content)| ((*path).to_owned(), Hash::of(content.as_bytes())))
                .collect()
        };
        let fingerprint = Fingerprint {
            plugin: "helm".to_owned(),
            output: Some("deploy".to_owned()),
            bundle: Hash::of(b"b"),
            options: hashes(&[("namespace", "a")]),
            inputs: hashes(&[("pacto/pacto.yaml", "c")]),
        };
        let entry = Entry {
            fingerprint,
            outputs: hashes(outputs),
        };
        Lock {
            bundle: hashes(&[("pacto/interfaces/openapi.yaml", "o")]),
            targets: Map::from_iter([("manifests".to_owned(), entry)]),
            ..Lock::default()
        }
    }

    #[test]
    fn the_text_is_stable_and_comes_back() {
        let mut lock = lock(&[("deploy/a", "a")]);
        let text = lock.to_text();
        let a = Hash::of(b"a").to_string();
        let expected = format!(
            r#"{{
  "@generated": "by pacto-build; keep this file in the repository and do not edit it",
  "bundle": {{
    "pacto/interfaces/openapi.yaml": "{}"
  }},
  "targets": {{
    "manifests": {{
      "bundle": "{}",
      "digest": "{}",
      "inputs": {{
        "pacto/pacto.yaml": "{}"
      }},
      "options": {{
        "namespace": "{a}"
      }},
      "output": "deploy",
      "outputs": {{
        "deploy/a": "{a}"
      }},
      "plugin": "helm"
    }}
  }},
  "version": 1
}}
"#,
            Hash::of(b"o"),
            Hash::of(b"b"),
            lock.targets["manifests"].digest(),
            Hash::of(b"c"),
        );
        assert_eq!(text, expected);
        assert_eq!(Lock::parse(&text, &names()), Ok(lock.clone()));
        lock.pending.insert(
            "deploy/a".to_owned(),
            Set::from_iter([Hash::of(b"x"), Hash::of(b"y")]),
        );
        assert_eq!(Lock::parse(&lock.to_text(), &names()), Ok(lock));
    }

    /// What git leaves of two texts: one conflict, from the first line that differs to the last.
    fn merged(ours: &str, theirs: &str) -> String {
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            (ours.lines().collect(), theirs.lines().collect());
        let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
        let start = ours.iter().zip(&theirs).take_while(same).count();
        let end = ours[start..]
            .iter()
            .rev()
            .zip(theirs[start..].iter().rev())
            .take_while(same)
            .count();
        let (ours_end, theirs_end) = (ours.len() - end, theirs.len() - end);
        [
            &ours[..start],
            &["<<<<<<< HEAD"],
            &ours[start..ours_end],
            &["||||||| base", "old", "======="],
            &theirs[start..theirs_end],
            &[">>>>>>> other"],
            &ours[ours_end..],
        ]
        .concat()
        .join("\n")
    }

    #[test]
    fn a_conflicted_lock_is_read_as_both_sides() {
        let (ours, theirs) = (
            lock(&[("deploy/a", "1")]).to_text(),
            lock(&[("deploy/a", "2"), ("deploy/b", "b")]).to_text(),
        );
        let merged = merged(&ours, &theirs);
        let lock = Lock::parse(&merged, &names()).expect("both sides are read");
        assert!(lock.is_conflicted);
        for (path, content, expected) in [
            ("deploy/a", "1", true),
            ("deploy/a", "2", true),
            ("deploy/b", "b", true),
            ("deploy/a", "3", false),
        ] {
            assert_eq!(
                lock.owns(path, &Hash::of(content.as_bytes())),
                expected,
                "{path} {content}"
            );
        }
        // What only the other side wrote goes with the target's old files.
        let outputs = &lock.targets["manifests"].outputs;
        assert_eq!(outputs.keys().collect::<Vec<_>>(), ["deploy/a", "deploy/b"]);
        assert_eq!(outputs["deploy/a"], Hash::of(b"1"));
    }

    /// Lines of two runs that git has put together without a conflict, or that somebody has edited.
    #[test]
    fn an_entry_of_no_single_run_promises_nothing_and_stays_one() {
        let whole = lock(&[("deploy/a", "1"), ("deploy/b", "2")]);
        assert!(!whole.is_patchwork("manifests"));
        for (from, to) in [("1", "3"), ("c", "3"), ("b", "3")] {
            let [from, to] = [from, to].map(|text| Hash::of(text.as_bytes()).to_string());
            let text = whole.to_text().replace(&from, &to);
            let lock = Lock::parse(&text, &names()).expect("it can be read");
            assert!(lock.is_patchwork("manifests"), "{text}");
            assert_eq!(lock.to_text(), text);
        }
        let mut cleaned = whole.clone();
        cleaned.take_back("manifests", |path| path == "deploy/a");
        let cleaned = Lock::parse(&cleaned.to_text(), &names()).expect("it can be read");
        assert!(cleaned.is_patchwork("manifests"));
        let entries = whole.targets.clone();
        let mut again = cleaned;
        again.enter(entries);
        assert_eq!(again.to_text(), whole.to_text());
    }

    #[test]
    fn what_is_refused() {
        let newer = lock(&[])
            .to_text()
            .replace("\"version\": 1", "\"version\": 2");
        let escape = lock(&[("../x", "a")]).to_text();
        let absolute = lock(&[("/etc/x", "a")]).to_text();
        let elsewhere = lock(&[("src/lib.rs", "a")]).to_text();
        let contract = lock(&[("deploy/pacto.yaml", "a")]).to_text();
        let with = |from: &str, to: &str| lock(&[]).to_text().replace(from, to);
        let target = with("\"manifests\"", "\"..\"");
        let output = with("\"deploy\"", "\"..\"");
        let plugin = with("\"helm\"", r#""\u001b[2J""#);
        for (text, expected) in [
            (
                newer.as_str(),
                "has format 2, and this pacto-build reads up to 1; update pacto-build and cargo-pacto",
            ),
            ("{}", "cannot be read: it has no version; "),
            (
                "",
                "cannot be read: EOF while parsing a value at line 1 column 0; ",
            ),
            (
                &escape,
                "cannot be read: it names `../x`, which has a `.` or `..` part; ",
            ),
            (
                &absolute,
                "cannot be read: it names `/etc/x`, which is absolute; ",
            ),
            (&target, "cannot be read: `..` cannot name a target; "),
            (
                &output,
                "cannot be read: it names `..`, which has a `.` or `..` part; ",
            ),
            (&plugin, "cannot be read: it is not what was written; "),
            (
                &elsewhere,
                "cannot be read: it names `src/lib.rs`, which is not in the folder of target `manifests`; ",
            ),
            (
                &contract,
                "cannot be read: it names `deploy/pacto.yaml`, which is never generated; ",
            ),
        ] {
            let error = Lock::parse(text, &names()).expect_err(text);
            assert!(
                error.starts_with(&format!("`{LOCK_FILE}` {expected}")),
                "{error}"
            );
        }
    }
}
