//! `pacto-generated.lock`: what the repository promises about its generated files.

use crate::sorted::{Map, Set};
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use crate::config;
use crate::conflict::{sides, with_commas};
use crate::error::{Error, Result};
use crate::fingerprint::{Entry, hashes_from_json, hashes_to_json};
use crate::fs;
use crate::hash::Hash;
use crate::rel_path::{self, RelPath};
use crate::visible::is_unseen;

/// Beside `Cargo.toml`, kept in the repository.
pub(crate) const LOCK_FILE: &str = "pacto-generated.lock";

/// The format that this version writes, and the newest that it reads.
const FORMAT: u64 = 1;

const NOT_OURS: &str = "it is not what was written";

const ABOUT: &str = "by pacto-build; keep this file in the repository and do not edit it";

/// The lock as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    /// The bundle's files as they were when something was last generated.
    pub(crate) bundle: Map<String, Hash>,
    pub(crate) targets: Map<String, Entry>,
    /// Old and new content of files that were about to be written; left there only by a crash.
    pub(crate) pending: Map<String, Set<Hash>>,
    /// What the other side of a merge says it wrote.
    merged: Map<String, Set<Hash>>,
    /// It has merge conflicts, so that nothing in it is a promise.
    pub(crate) is_conflicted: bool,
}

impl Lock {
    /// Reads the lock of the package in `dir`; none is an empty one.
    pub(crate) fn load(dir: &Path) -> Result<Self> {
        match fs::read_text_if_any(&dir.join(LOCK_FILE))? {
            Some(text) => Self::parse(&text).map_err(Error::message),
            None => Ok(Self::default()),
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((ours, theirs)) = sides(text) else {
            return Self::parse_side(text);
        };
        let (mut ours, theirs) = (
            Self::parse_side(&with_commas(&ours))?,
            Self::parse_side(&with_commas(&theirs))?,
        );
        ours.is_conflicted = true;
        for (path, hash) in theirs.targets.values().flat_map(|entry| &entry.outputs) {
            ours.merged
                .get_or_insert(path.clone(), Set::new)
                .insert(*hash);
        }
        for (path, hashes) in theirs.pending {
            ours.merged.get_or_insert(path, Set::new).extend(hashes);
        }
        Ok(ours)
    }

    fn parse_side(text: &str) -> Result<Self, String> {
        let broken = |why: &str| {
            format!(
                "`{LOCK_FILE}` cannot be read: {why}; run `git checkout -- {LOCK_FILE}`, or remove it and run `cargo pacto generate --force`"
            )
        };
        let json: Value = serde_json::from_str(text).map_err(|error| broken(&error.to_string()))?;
        match json.get("version").and_then(Value::as_u64) {
            Some(version) if version > FORMAT => {
                let text = format!(
                    "`{LOCK_FILE}` has format {version}, and this pacto-build reads up to {FORMAT}; update pacto-build and cargo-pacto"
                );
                return Err(text);
            }
            Some(_) => {}
            None => return Err(broken("it has no version")),
        }
        let lock = Self::from_json(&json).ok_or_else(|| broken(NOT_OURS))?;
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
            .chain(folders);
        paths.find_map(|path| {
            let why = RelPath::new(path).err()?;
            Some(format!("it names `{path}`, which {why}"))
        })
    }

    fn from_json(json: &Value) -> Option<Self> {
        let mut lock = Self {
            bundle: hashes_from_json(json.get("bundle")?)?,
            ..Self::default()
        };
        for (name, entry) in json.get("targets")?.as_object()? {
            lock.targets.insert(name.clone(), Entry::from_json(entry)?);
        }
        for (path, hashes) in json
            .get("pending")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let mut known = Set::new();
            for hash in hashes.as_array()? {
                known.insert(hash.as_str()?.parse().ok()?);
            }
            lock.pending.insert(path.clone(), known);
        }
        Some(lock)
    }

    /// The text of the file: sorted, one line an entry, so that merges rarely meet.
    pub(crate) fn to_text(&self) -> String {
        let targets = self
            .targets
            .iter()
            .map(|(name, entry)| (name.clone(), Value::Object(entry.to_json())));
        let mut json = serde_json::Map::new();
        json.insert("@generated".to_owned(), Value::from(ABOUT));
        json.insert("bundle".to_owned(), hashes_to_json(&self.bundle));
        if !self.pending.is_empty() {
            let texts = |hashes: &Set<Hash>| {
                hashes
                    .iter()
                    .map(|hash| Value::from(hash.to_string()))
                    .collect()
            };
            let pending = self
                .pending
                .iter()
                .map(|(path, hashes)| (path.clone(), Value::Array(texts(hashes))));
            json.insert("pending".to_owned(), crate::sorted::object(pending));
        }
        json.insert("targets".to_owned(), crate::sorted::object(targets));
        json.insert("version".to_owned(), Value::from(FORMAT));
        format!("{:#}\n", Value::Object(json))
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
        for other in self.targets.values_mut() {
            other.outputs.retain(|path, _| !taken.contains(path));
        }
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

    /// Notes the bundle that the targets were made from.
    pub(crate) fn settle(&mut self, bundle: &Map<String, Hash>) {
        self.bundle.clone_from(bundle);
        // What targets write into the bundle stands among their outputs.
        for path in self.targets.values().flat_map(|entry| entry.outputs.keys()) {
            self.bundle.remove(path);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;

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
            Hash::of(b"c"),
        );
        assert_eq!(text, expected);
        assert_eq!(Lock::parse(&text), Ok(lock.clone()));
        lock.pending.insert(
            "deploy/a".to_owned(),
            Set::from_iter([Hash::of(b"x"), Hash::of(b"y")]),
        );
        assert_eq!(Lock::parse(&lock.to_text()), Ok(lock));
    }

    #[test]
    fn a_conflicted_lock_is_read_as_both_sides() {
        let (ours, theirs) = (
            lock(&[("deploy/a", "1")]).to_text(),
            lock(&[("deploy/a", "2"), ("deploy/b", "b")]).to_text(),
        );
        let (mut merged, mut in_conflict) = (String::new(), false);
        let at = ours
            .lines()
            .zip(theirs.lines())
            .position(|(a, b)| a != b)
            .expect("they differ");
        for (index, line) in ours.lines().enumerate() {
            if index == at {
                let theirs: Vec<&str> = theirs.lines().skip(at).take(2).collect();
                merged += &format!(
                    "<<<<<<< HEAD\n{line}\n||||||| base\nold\n=======\n{}\n>>>>>>> other\n",
                    theirs.join("\n")
                );
                in_conflict = true;
            } else {
                merged += &format!("{line}\n");
            }
        }
        assert!(in_conflict);
        let lock = Lock::parse(&merged).expect("both sides are read");
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
    }

    #[test]
    fn what_is_refused() {
        let newer = lock(&[])
            .to_text()
            .replace("\"version\": 1", "\"version\": 2");
        let escape = lock(&[("../x", "a")]).to_text();
        let absolute = lock(&[("/etc/x", "a")]).to_text();
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
        ] {
            let error = Lock::parse(text).expect_err(text);
            assert!(
                error.starts_with(&format!("`{LOCK_FILE}` {expected}")),
                "{error}"
            );
        }
    }
}
