//! The text of the lock: what is written, and what is believed of what was read.

use serde_json::Value;

use super::{Before, Lock};
use crate::config;
use crate::conflict::{sides, with_commas};
use crate::contract::CONTRACT_FILE;
use crate::fingerprint::{Entry, hashes_from_json, hashes_to_json};
use crate::hash::Hash;
use crate::names::Names;
use crate::rel_path::{self, RelPath};
use crate::reserved::{LOCK_FILE, is_reserved};
use crate::sorted::{self, Map, Set};
use crate::visible::is_unseen;

/// The format that this version writes, and the newest that it reads.
const FORMAT: u64 = 1;

const NOT_OURS: &str = "it is not what was written";

const ABOUT: &str = "by pacto-build; keep this file in the repository and do not edit it";

impl Lock {
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
        if !theirs.outputs.is_empty() && config::is_name(&target) {
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
