//! What a run did, for who started it.

use std::fmt;
use std::path::PathBuf;

use crate::contract::Diagnostic;
use crate::fingerprint::{DirtyReason, Freshness};
use crate::names::Names;
use crate::output::Change;
use crate::sorted::{Map, Set};

/// What was done, and what Cargo has to watch from now on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The package's name.
    pub package: String,
    /// What messages call it and its files.
    pub(crate) names: Names,
    /// One for each target, sorted by name.
    pub outcomes: Vec<Outcome>,
    /// What is odd about the contract; nothing of it kept anything from being generated.
    pub warnings: Vec<Diagnostic>,
    /// The paths that were printed as `rerun-if-changed`, relative to the package where they are its own.
    ///
    /// Any such line turns off Cargo's own watching: a build script that reads more files prints
    /// lines for those itself.
    pub watched: Vec<String>,
    /// The variables that were printed as `rerun-if-env-changed`.
    pub watched_env: Vec<String>,
}

/// What became of one target.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// The target's name.
    pub target: String,
    /// The plugin as it is configured: a name, `path:...` or `crate:...`.
    pub plugin: String,
    /// Where the plugin was found.
    pub found: FoundPlugin,
    /// The checked-in folder, relative to the package; `None` for `OUT_DIR`.
    pub output: Option<String>,
    /// The folder that the files are in.
    pub dir: PathBuf,
    /// What the plugin is kept from on this machine.
    pub sandbox: String,
    /// Whether it had to run, and why.
    pub freshness: Freshness,
    /// What was done to its files, sorted by path; nothing if it did not run.
    pub files: Vec<(String, Change)>,
    /// What is wrong with its files, if that was asked for.
    pub faults: Vec<Fault>,
    /// What the plugin said when it last ran.
    pub message: Option<String>,
    /// What it wrote to stderr in this run, with control characters made visible.
    pub stderr: String,
}

/// Where a plugin is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoundPlugin {
    /// A program.
    Executable(PathBuf),
    /// A function that is linked into the build script, by its version and build.
    Linked(String),
    /// In a crate that Cargo builds when the plugin has to run.
    NotBuilt,
    /// It was not looked for, as nothing has to run.
    NotLookedFor,
    /// Nowhere: which places were looked at, and what to do.
    Missing(String),
}

/// What is wrong with one checked-in file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Relative to the package; the target's folder where its files are not known.
    pub path: String,
    /// What is wrong, in a word.
    pub state: FaultState,
    /// What is wrong, by the name of what changed.
    pub why: String,
    /// What was compared, where two contents were.
    pub difference: Option<Difference>,
}

impl Fault {
    pub(crate) fn new(path: &str, state: FaultState, why: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            state,
            why: why.into(),
            difference: None,
        }
    }
}

/// Two contents of a file that should be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What is there, or what the first run gave; empty if there is nothing.
    pub old: Vec<u8>,
    /// What should be there, or what the second run gave; empty if there is nothing.
    pub new: Vec<u8>,
}

/// A line as a status: `       Stale deploy/app.yaml: ...`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12} {}: {}", self.state.word(), self.path, self.why)
    }
}

/// What can be wrong with a checked-in file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultState {
    /// It is not there.
    Missing,
    /// Something that it was made from has changed.
    Stale,
    /// It has another content than was written.
    Edited,
    /// A link or a folder stands in its place, through which nobody writes.
    Blocked,
    /// The plugin answers with something else now.
    Differs,
    /// The plugin does not answer the same twice.
    Unstable,
    /// A package would not contain it.
    LeftOut,
    /// It was written, and nothing wants it any more.
    Extra,
    /// It has CRLF, which counts as LF. That is no fault of its content.
    LineEnds,
}

impl FaultState {
    /// The state as a status verb.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Stale => "Stale",
            Self::Edited => "Edited",
            Self::Blocked => "Blocked",
            Self::Differs => "Differs",
            Self::Unstable => "Unstable",
            Self::LeftOut => "Left out",
            Self::Extra => "Extra",
            Self::LineEnds => "Line ends",
        }
    }
}

impl Report {
    /// What a message calls a path that is relative to the package.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        self.names.path(path)
    }

    /// Everything that is wrong with the package's checked-in files; what is only odd is left out.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        let all = self.outcomes.iter().flat_map(|outcome| &outcome.faults);
        all.filter(|fault| fault.state != FaultState::LineEnds)
    }

    /// What is to be said of the package as a whole if anything is wrong: how much, and the commands that
    /// mend it.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        let unstable = self.paths(|_, fault| fault.state == FaultState::Unstable);
        let is_off = |fault: &Fault| {
            fault.state != FaultState::LineEnds && !unstable.contains(fault.path.as_str())
        };
        let off = self.paths(|_, fault| is_off(fault));
        let mut sentences = Vec::new();
        if !off.is_empty() {
            let (count, package) = (off.len(), &self.package);
            let (noun, pronoun) = if count == 1 {
                ("file is", "it")
            } else {
                ("files are", "them")
            };
            sentences.push(format!(
                "{count} checked-in {noun} not as package `{package}` would generate {pronoun}"
            ));
            sentences.extend(self.cures(is_off));
        }
        if !unstable.is_empty() {
            sentences.push(
                "a plugin does not answer the same twice; what it answers must come from its request alone".to_owned(),
            );
        }
        (!sentences.is_empty()).then(|| sentences.join("; "))
    }

    /// What mends the faults that are `off`, by what they are about, in the order in which it has to be done.
    fn cures(&self, is_off: impl Fn(&Fault) -> bool) -> Vec<String> {
        let edited_paths = self.paths(|_, fault| fault.state == FaultState::Edited);
        let cure_of = |outcome: &Outcome, fault: &Fault| match fault.state {
            FaultState::Blocked => Cure::MoveAway,
            FaultState::Edited => Cure::Undo,
            // What somebody has edited differs, and that is told already.
            FaultState::Differs if edited_paths.contains(fault.path.as_str()) => Cure::Undo,
            // The lock sees nothing of a plugin that was updated elsewhere.
            FaultState::Differs if outcome.freshness == Freshness::Fresh => Cure::Force,
            _ if outcome.freshness.reasons().iter().any(is_absence) => Cure::Create,
            _ => Cure::Generate,
        };
        let mut targets: Map<Cure, Vec<&str>> = Map::new();
        for outcome in &self.outcomes {
            for fault in outcome.faults.iter().filter(|fault| is_off(fault)) {
                let names = targets.get_or_insert(cure_of(outcome, fault), Vec::new);
                if !names.contains(&outcome.target.as_str()) {
                    names.push(&outcome.target);
                }
            }
        }
        let names = &self.names;
        let sentence = |(cure, targets): (&Cure, &Vec<&str>)| match cure {
            Cure::MoveAway => "move away what stands in the place of files".to_owned(),
            Cure::Create => {
                "create what is not there, or correct its name in Cargo.toml".to_owned()
            }
            Cure::Undo => {
                let force = names.force(&targets.join(" "));
                format!("undo what was edited by hand, or run `{force}` to lose it")
            }
            Cure::Force => {
                let force = names.force(&targets.join(" "));
                format!(
                    "to take over what the plugins answer now, run `{force}` and commit the result"
                )
            }
            Cure::Generate => format!("run `{}` and commit the result", names.generate("")),
        };
        targets.iter().map(sentence).collect()
    }

    /// The files with a fault that fits.
    fn paths(&self, fits: impl Fn(&Outcome, &Fault) -> bool) -> Set<&str> {
        let mut paths = Set::new();
        for outcome in &self.outcomes {
            let faults = outcome.faults.iter().filter(|fault| fits(outcome, fault));
            paths.extend(faults.map(|fault| fault.path.as_str()));
        }
        paths
    }
}

/// What is to be done about a fault; the first of these has to be done first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cure {
    MoveAway,
    Create,
    Undo,
    Force,
    Generate,
}

fn is_absence(reason: &DirtyReason) -> bool {
    matches!(reason, DirtyReason::Absent(_))
}
