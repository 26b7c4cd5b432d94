//! What the last run left behind on this machine. Losing it costs one run, nothing else.

use crate::sorted::Map;
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use crate::error::Result;
use crate::fingerprint::{Entry, Machine, hashes_from_json, hashes_to_json};
use crate::fs::{self, Hashed, Stamp};
use crate::hash::Hash;
use crate::rel_path;

/// Not a target's name, which cannot begin with a dot.
const RECORD_FILE: &str = ".record.json";

/// Of another format nothing is read: then everything runs once.
const FORMAT: u64 = 1;

/// The book of one package in one state folder.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) targets: Map<String, Remembered>,
    pub(crate) seen: Seen,
    /// The targets as the file has them.
    stored: Map<String, Remembered>,
}

/// A target as it was generated here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) entry: Entry,
    pub(crate) machine: Machine,
    pub(crate) message: Option<String>,
}

impl Record {
    /// Reads the record in `dir`. One that cannot be read is none.
    pub(crate) fn load(dir: &Path) -> Self {
        let text = fs::read_text_if_any(&dir.join(RECORD_FILE)).ok().flatten();
        text.and_then(|text| Self::parse(&text)).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text).ok()?;
        if json.get("version")?.as_u64()? != FORMAT {
            return None;
        }
        let mut record = Self::default();
        for (name, target) in json.get("targets")?.as_object()? {
            record
                .targets
                .insert(name.clone(), Remembered::from_json(target)?);
        }
        record.stored.clone_from(&record.targets);
        for line in json.get("seen")?.as_array()? {
            let (name, seen) = parse_seen(line.as_str()?)?;
            record.seen.old.insert(name, seen);
        }
        Some(record)
    }

    /// Writes the record, with the files that were looked at in this run.
    pub(crate) fn store(&self, dir: &Path) -> Result<()> {
        // Making its text is the most expensive thing about a bundle in which nothing has changed.
        if self.targets == self.stored && self.seen.is_as_read() {
            return Ok(());
        }
        let targets = self
            .targets
            .iter()
            .map(|(name, target)| (name.clone(), target.to_json()));
        let mut json = serde_json::Map::new();
        json.insert(
            "seen".to_owned(),
            self.seen.lines().into_iter().map(Value::from).collect(),
        );
        json.insert("targets".to_owned(), crate::sorted::object(targets));
        json.insert("version".to_owned(), Value::from(FORMAT));
        fs::create_dirs(dir)?;
        fs::write_if_changed(
            &dir.join(RECORD_FILE),
            format!("{:#}\n", Value::Object(json)).as_bytes(),
            None,
        )
    }
}

impl Remembered {
    fn to_json(&self) -> Value {
        let mut json = self.entry.to_json();
        json.insert("env".to_owned(), hashes_to_json(&self.machine.env));
        for (key, text) in [
            ("executable", &self.machine.plugin),
            ("message", &self.message),
        ] {
            json.extend(
                text.iter()
                    .map(|text| (key.to_owned(), Value::from(text.as_str()))),
            );
        }
        Value::Object(json)
    }

    fn from_json(json: &Value) -> Option<Self> {
        let text = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
        let machine = Machine {
            plugin: text("executable"),
            env: hashes_from_json(json.get("env")?)?,
        };
        Some(Self {
            entry: Entry::from_json(json)?,
            machine,
            message: text("message"),
        })
    }
}

/// Hashes of files by how the files look, so that an unchanged one is not read again.
#[derive(Debug)]
pub(crate) struct Seen {
    old: Map<String, Old>,
    /// What looks different now, or was not there.
    new: RefCell<Map<String, (Hash, Stamp)>>,
    started: SystemTime,
}

/// A file as the last run saw it.
#[derive(Debug)]
struct Old {
    hash: Hash,
    stamp: Stamp,
    /// This run has seen it too, and it looks the same.
    is_current: Cell<bool>,
}

/// The hash of a file outside of the package: other packages of this run may ask for it too, such as for the program that
/// all of them have as a plugin.
fn hash_of_shared(path: &Path, stamp: Stamp, now: SystemTime) -> Result<(Hash, Stamp)> {
    static SHARED: Mutex<Map<PathBuf, (Hash, Stamp)>> = Mutex::new(Map::new());
    let path = rel_path::clean(path);
    let known = || SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((hash, known)) = known().get(&path).filter(|(_, known)| *known == stamp) {
        return Ok((*hash, *known));
    }
    let Hashed { hash, stamp, .. } = fs::hash(&path)?;
    if stamp.is_settled(now) {
        known().insert(path, (hash, stamp));
    }
    Ok((hash, stamp))
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            old: Map::new(),
            new: RefCell::default(),
            started: SystemTime::now(),
        }
    }
}

impl Seen {
    /// The hash of `path`, called `name`, which looks like `stamp`.
    pub(crate) fn hash(&self, name: &str, path: &Path, stamp: Stamp) -> Result<Hash> {
        if let Some(old) = self.old.get(name).filter(|old| old.stamp == stamp) {
            old.is_current.set(true);
            return Ok(old.hash);
        }
        if let Some((hash, known)) = self.new.borrow().get(name)
            && *known == stamp
            // One that was too young when it was read may have changed and look the same.
            && known.is_settled(self.started)
        {
            return Ok(*hash);
        }
        let (hash, stamp) = if name.starts_with("../") {
            hash_of_shared(path, stamp, self.started)?
        } else {
            let Hashed { hash, stamp, .. } = fs::hash(path)?;
            (hash, stamp)
        };
        self.new.borrow_mut().insert(name.to_owned(), (hash, stamp));
        Ok(hash)
    }

    /// Whether this run has seen what the last one saw, and nothing else.
    fn is_as_read(&self) -> bool {
        self.new.borrow().is_empty() && self.old.values().all(|old| old.is_current.get())
    }

    /// The hashes of the last run, by the files' names.
    pub(crate) fn last(&self) -> impl Iterator<Item = (&String, &Hash)> {
        self.old.iter().map(|(name, old)| (name, &old.hash))
    }

    /// When this run began.
    pub(crate) fn started(&self) -> SystemTime {
        self.started
    }

    /// One line a file. One that was too young when this run began gets a stamp that fits nothing: its
    /// hash still serves to tell what changed.
    fn lines(&self) -> Vec<String> {
        let line = |(name, (hash, stamp)): (&String, &(Hash, Stamp))| {
            let size = if stamp.is_settled(self.started) {
                stamp.size
            } else {
                u64::MAX
            };
            format!("{hash} {size} {} {} {name}", stamp.mtime, stamp.inode)
        };
        let mut all = self.new.borrow().clone();
        for (name, old) in self.old.iter().filter(|(_, old)| old.is_current.get()) {
            all.get_or_insert(name.clone(), || (old.hash, old.stamp));
        }
        all.iter().map(line).collect()
    }
}

fn parse_seen(line: &str) -> Option<(String, Old)> {
    let mut parts = line.splitn(5, ' ');
    let hash = parts.next()?.parse().ok()?;
    let size = parts.next()?.parse().ok()?;
    let mtime = parts.next()?.parse().ok()?;
    let inode = parts.next()?.parse().ok()?;
    let old = Old {
        hash,
        stamp: Stamp { size, mtime, inode },
        is_current: Cell::new(false),
    };
    Some((parts.next()?.to_owned(), old))
}

/// Where a target's files in the state folder are.
pub(crate) fn target_dir(state_dir: &Path, target: &str) -> PathBuf {
    state_dir.join(target)
}
