//! What a target's files were made from, and whether that is still so.

use crate::sorted::Map;
use std::fmt;

use serde_json::Value;

use crate::hash::Hash;
use crate::visible;

/// All inputs of a target that a repository knows. No time, no absolute path, nothing of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// The plugin's reference as text.
    pub(crate) plugin: String,
    pub(crate) output: Option<String>,
    /// One hash for the bundle's files that count for this target.
    pub(crate) bundle: Hash,
    /// Each option by its name.
    pub(crate) options: Map<String, Hash>,
    /// The contract, each extra input and a plugin of the repository, by path relative to the package.
    pub(crate) inputs: Map<String, Hash>,
}

/// What this machine adds: the plugin as it is installed here, and the variables passed through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Machine {
    /// The executable's hash, or a linked function's version and build.
    pub(crate) plugin: Option<String>,
    pub(crate) env: Map<String, Hash>,
}

/// What is remembered of a target that was generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) fingerprint: Fingerprint,
    /// Relative to the package for checked-in files, to the target's folder in `OUT_DIR`.
    pub(crate) outputs: Map<String, Hash>,
}

/// Whether a target has to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// Its files are what they should be.
    Fresh,
    /// They are not, for at least one reason; the weightiest comes first.
    Dirty(Vec<DirtyReason>),
}

impl Freshness {
    /// Why the target has to run, in one short sentence.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        match self.reasons() {
            [] => None,
            [only] => Some(only.to_string()),
            [first, others @ ..] => Some(format!("{first}, and {} more", others.len())),
        }
    }

    /// Every reason.
    #[must_use]
    pub fn reasons(&self) -> &[DirtyReason] {
        match self {
            Self::Fresh => &[],
            Self::Dirty(reasons) => reasons,
        }
    }
}

/// Why a target has to run. Displayed, it is a short sentence about the input by name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DirtyReason {
    /// Nothing is known of an earlier run.
    NeverGenerated,
    /// An input has another content: a file, an option, a variable.
    Changed(String),
    /// There is an input that was not there.
    Added(String),
    /// An input is gone.
    Removed(String),
    /// An input is not there, and has to be.
    Absent(String),
    /// Another plugin was configured.
    OtherPlugin(String),
    /// The same plugin has another executable or version.
    PluginReplaced(String),
    /// The files go elsewhere now.
    OutputMoved,
    /// A generated file is gone.
    Missing(String),
    /// A generated file has another content than was written.
    Edited(String),
    /// The last run was stopped while it wrote.
    Unfinished,
    /// The lock has merge conflicts.
    Conflict,
    /// What the lock says of it was written by no single run.
    Patchwork,
    /// It is configured no longer, or no longer keeps its files in the repository.
    Retired,
    /// The user said so.
    Forced,
}

/// The names come from file systems and from locks that may be anybody's.
impl fmt::Display for DirtyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = visible::line;
        match self {
            Self::NeverGenerated => f.write_str("it was not generated yet"),
            Self::Changed(name) => write!(f, "`{}` changed", line(name)),
            Self::Added(name) => write!(f, "`{}` was added", line(name)),
            Self::Removed(name) => write!(f, "`{}` was removed", line(name)),
            Self::Absent(name) => write!(f, "`{}` is not there", line(name)),
            Self::OtherPlugin(name) => write!(f, "the plugin was `{}`", line(name)),
            Self::PluginReplaced(name) => write!(f, "plugin `{}` was replaced", line(name)),
            Self::OutputMoved => f.write_str("`output` changed"),
            Self::Missing(name) => write!(f, "`{}` is missing", line(name)),
            Self::Edited(name) => write!(f, "`{}` was edited by hand", line(name)),
            Self::Unfinished => f.write_str("the last run was stopped while it wrote"),
            Self::Conflict => f.write_str("`pacto-generated.lock` has merge conflicts"),
            Self::Patchwork => {
                f.write_str("its entry in `pacto-generated.lock` was merged, edited or cleaned")
            }
            Self::Retired => f.write_str("Cargo.toml keeps it here no longer"),
            Self::Forced => f.write_str("it was forced"),
        }
    }
}

impl Fingerprint {
    /// Everything that is different now, by name; `bundle` gives the bundle's files then and now, and is
    /// asked only if they are not the same.
    pub(crate) fn changes_since(
        &self,
        old: &Self,
        bundle: impl FnOnce() -> (Map<String, Hash>, Map<String, Hash>),
    ) -> Vec<DirtyReason> {
        let mut changes = Vec::new();
        if self.plugin != old.plugin {
            changes.push(DirtyReason::OtherPlugin(old.plugin.clone()));
        }
        if self.output != old.output {
            changes.push(DirtyReason::OutputMoved);
        }
        changes.extend(differences(&old.inputs, &self.inputs));
        let options = differences(&old.options, &self.options);
        changes.extend(options.into_iter().map(|reason| reason.named("options.")));
        if self.bundle != old.bundle {
            let (then, now) = bundle();
            let mut files = differences(&then, &now);
            // The contract is an input of its own, and told already.
            files.retain(|file| !changes.contains(file));
            changes.extend(files);
        }
        // The names of the files at that time are lost where another target was generated since.
        if changes.is_empty() && self != old {
            changes.push(DirtyReason::Changed("bundle".to_owned()));
        }
        changes
    }

    pub(crate) fn to_json(&self) -> serde_json::Map<String, Value> {
        let mut json = serde_json::Map::new();
        json.insert("bundle".to_owned(), Value::from(self.bundle.to_string()));
        json.insert("inputs".to_owned(), hashes_to_json(&self.inputs));
        json.insert("options".to_owned(), hashes_to_json(&self.options));
        if let Some(output) = &self.output {
            json.insert("output".to_owned(), Value::from(output.as_str()));
        }
        json
    }
}

impl DirtyReason {
    fn named(self, prefix: &str) -> Self {
        match self {
            Self::Changed(name) => Self::Changed(format!("{prefix}{name}")),
            Self::Added(name) => Self::Added(format!("{prefix}{name}")),
            Self::Removed(name) => Self::Removed(format!("{prefix}{name}")),
            other => other,
        }
    }
}

fn differences(old: &Map<String, Hash>, new: &Map<String, Hash>) -> Vec<DirtyReason> {
    let mut differences = Vec::new();
    for (name, hash) in new {
        match old.get(name) {
            None => differences.push(DirtyReason::Added(name.clone())),
            Some(was) if was != hash => differences.push(DirtyReason::Changed(name.clone())),
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    differences.extend(gone.cloned().map(DirtyReason::Removed));
    differences
}

impl Machine {
    /// What is different on this machine since `old`.
    pub(crate) fn changes_since(&self, old: &Self, plugin: &str) -> Vec<DirtyReason> {
        let mut changes = differences(&old.env, &self.env);
        // A plugin that cannot be found now, or could not be looked at then, is no change.
        if matches!((&old.plugin, &self.plugin), (Some(old), Some(new)) if old != new) {
            changes.push(DirtyReason::PluginReplaced(plugin.to_owned()));
        }
        changes
    }
}

impl Entry {
    /// One hash for all of it. Git may put the lines of two entries together, and nobody has made the files of that.
    pub(crate) fn digest(&self) -> Hash {
        let made_from = &self.fingerprint;
        let output = made_from.output.as_deref().unwrap_or_default();
        let mut all = vec![
            ("plugin".to_owned(), Hash::of(made_from.plugin.as_bytes())),
            ("output".to_owned(), Hash::of(output.as_bytes())),
            ("bundle".to_owned(), made_from.bundle),
        ];
        for (kind, hashes) in [
            ("option ", &made_from.options),
            ("input ", &made_from.inputs),
            ("output ", &self.outputs),
        ] {
            all.extend(
                hashes
                    .iter()
                    .map(|(name, hash)| (format!("{kind}{name}"), *hash)),
            );
        }
        Hash::of_entries(all.iter().map(|(name, hash)| (name.as_str(), hash)))
    }

    pub(crate) fn to_json(&self) -> serde_json::Map<String, Value> {
        let mut json = self.fingerprint.to_json();
        json.insert("outputs".to_owned(), hashes_to_json(&self.outputs));
        json.insert(
            "plugin".to_owned(),
            Value::from(self.fingerprint.plugin.as_str()),
        );
        json
    }

    /// `None` if `json` is not what [`to_json`](Self::to_json) writes.
    pub(crate) fn from_json(json: &Value) -> Option<Self> {
        let output = match json.get("output") {
            Some(output) => Some(output.as_str()?.to_owned()),
            None => None,
        };
        let fingerprint = Fingerprint {
            plugin: json.get("plugin")?.as_str()?.to_owned(),
            output,
            bundle: json.get("bundle")?.as_str()?.parse().ok()?,
            options: hashes_from_json(json.get("options")?)?,
            inputs: hashes_from_json(json.get("inputs")?)?,
        };
        Some(Self {
            fingerprint,
            outputs: hashes_from_json(json.get("outputs")?)?,
        })
    }
}

pub(crate) fn hashes_to_json(hashes: &Map<String, Hash>) -> Value {
    let entry = |(name, hash): (&String, &Hash)| (name.clone(), Value::from(hash.to_string()));
    crate::sorted::object(hashes.iter().map(entry))
}

pub(crate) fn hashes_from_json(json: &Value) -> Option<Map<String, Hash>> {
    let mut hashes = Map::new();
    for (name, hash) in json.as_object()? {
        hashes.insert(name.clone(), hash.as_str()?.parse().ok()?);
    }
    Some(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(names: &[(&str, &str)]) -> Map<String, Hash> {
        names
            .iter()
            .map(|(name, content)| ((*name).to_owned(), Hash::of(content.as_bytes())))
            .collect()
    }

    fn fingerprint() -> Fingerprint {
        Fingerprint {
            plugin: "helm".to_owned(),
            output: Some("deploy".to_owned()),
            bundle: Hash::of(b""),
            options: hashes(&[("a", "1")]),
            inputs: hashes(&[("pacto/pacto.yaml", "x")]),
        }
    }

    #[test]
    fn a_change_is_told_by_name() {
        let old = fingerprint();
        let change = |alter: fn(&mut Fingerprint)| {
            let mut new = fingerprint();
            alter(&mut new);
            let (before, after) = (
                hashes(&[("pacto/a", "1")]),
                hashes(&[("pacto/a", "1"), ("pacto/b", "2")]),
            );
            let changes = new.changes_since(&old, || (before, after));
            Freshness::Dirty(changes).why()
        };
        for (alter, expected) in [
            ((|_| {}) as fn(&mut Fingerprint), None),
            (
                |new| new.plugin = "x".to_owned(),
                Some("the plugin was `helm`"),
            ),
            (|new| new.output = None, Some("`output` changed")),
            (
                |new| new.options = Map::new(),
                Some("`options.a` was removed"),
            ),
            (
                |new| new.options = hashes(&[("a", "2")]),
                Some("`options.a` changed"),
            ),
            (
                |new| new.inputs = hashes(&[("pacto/pacto.yaml", "y")]),
                Some("`pacto/pacto.yaml` changed"),
            ),
            (
                |new| new.bundle = Hash::of(b"x"),
                Some("`pacto/b` was added"),
            ),
            (
                |new| {
                    new.options = hashes(&[("b", "1")]);
                    new.inputs = hashes(&[("pacto/pacto.yaml", "y")]);
                },
                Some("`pacto/pacto.yaml` changed, and 2 more"),
            ),
        ] {
            assert_eq!(change(alter).as_deref(), expected);
        }
    }

    #[test]
    fn a_reason_names_what_it_names_on_one_line() {
        let name = || "a\n\u{1b}[2J".to_owned();
        for (reason, expected) in [
            (DirtyReason::Changed(name()), "`a \u{241b}[2J` changed"),
            (DirtyReason::Added(name()), "`a \u{241b}[2J` was added"),
            (DirtyReason::Removed(name()), "`a \u{241b}[2J` was removed"),
            (
                DirtyReason::OtherPlugin(name()),
                "the plugin was `a \u{241b}[2J`",
            ),
        ] {
            assert_eq!(reason.to_string(), expected);
        }
    }

    #[test]
    fn an_entry_comes_back_from_json() {
        let entry = Entry {
            fingerprint: fingerprint(),
            outputs: hashes(&[("deploy/a", "a")]),
        };
        assert_eq!(
            Entry::from_json(&Value::Object(entry.to_json())),
            Some(entry)
        );
        assert_eq!(Entry::from_json(&Value::Null), None);
    }
}
