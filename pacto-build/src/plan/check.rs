//! Whether the checked-in files are what the lock promises. Nothing is run, and nothing is written.

use crate::sorted::Map;

use super::Plan;
use super::step::Step;
use crate::error::Result;
use crate::fingerprint::{DirtyReason, Entry};
use crate::fs;
use crate::hash::Hash;
use crate::lock::LOCK_FILE;
use crate::output::{self, Obstacle, There};
use crate::rel_path;
use crate::report::{Fault, FaultState, Outcome};

impl<'a> Plan<'a> {
    /// What is wrong with the files of `steps` and of targets that are gone.
    pub(super) fn check(&self, steps: &[Step<'a>], retired: &[String]) -> Result<Vec<Outcome>> {
        let mut outcomes = self.outcomes(steps, &Map::new());
        for (step, outcome) in steps.iter().zip(&mut outcomes) {
            outcome.faults = self.faults(step)?;
        }
        let mut gone = self.retired_outcomes(retired, &DirtyReason::Retired);
        for outcome in &mut gone {
            outcome.faults = self.extra_files(&outcome.target);
        }
        outcomes.extend(gone);
        Ok(outcomes)
    }

    fn faults(&self, step: &Step<'a>) -> Result<Vec<Fault>> {
        let Some(folder) = step.config.output.as_deref() else {
            // Nothing of it is kept in the repository; what the lock has of older times is told where all is asked for.
            return Ok(Vec::new());
        };
        let reasons = step.freshness.reasons();
        if reasons.contains(&DirtyReason::Conflict) {
            return Ok(vec![Fault::new(
                LOCK_FILE,
                FaultState::Stale,
                "it has merge conflicts",
            )]);
        }
        let Some(entry) = self.lock.targets.get(step.name) else {
            let why = format!("target `{}` was not generated yet", step.name);
            return Ok(vec![Fault::new(folder, FaultState::Missing, why)]);
        };
        let is_input = |reason: &&DirtyReason| {
            !matches!(reason, DirtyReason::Missing(_) | DirtyReason::Edited(_))
        };
        let changed: Vec<String> = reasons
            .iter()
            .filter(is_input)
            .map(ToString::to_string)
            .collect();
        let stale = changed.join(", ");
        if entry.outputs.is_empty() && !stale.is_empty() {
            return Ok(vec![Fault::new(folder, FaultState::Stale, stale)]);
        }
        let mut faults = Vec::new();
        for (path, hash) in &entry.outputs {
            if rel_path::is_within(path, folder) {
                faults.extend(self.fault_of(path, hash, &stale)?);
            } else {
                faults.push(Fault::new(path, FaultState::Extra, &*stale));
            }
        }
        Ok(faults)
    }

    fn fault_of(&self, path: &str, hash: &Hash, stale: &str) -> Result<Vec<Fault>> {
        let file = self.package.dir.join(path);
        let missing = || {
            Ok(vec![Fault::new(
                path,
                FaultState::Missing,
                "it is not there",
            )])
        };
        match output::what_is_there(&self.package.dir, path)? {
            There::File => {}
            // Where a folder would have to be is a file of its own.
            There::Nothing | There::Obstacle(Obstacle::NotAFolder(_)) => return missing(),
            There::Obstacle(obstacle) => {
                return Ok(vec![Fault::new(path, FaultState::Blocked, obstacle.why())]);
            }
        }
        let found = match fs::hash(&file) {
            // Somebody has removed it since we looked.
            Err(error) if error.is_absence() => return missing(),
            found => found?,
        };
        let mut faults = Vec::new();
        if found.hash != *hash {
            faults.push(Fault::new(
                path,
                FaultState::Edited,
                "it is not what was written",
            ));
        }
        if !stale.is_empty() {
            faults.push(Fault::new(path, FaultState::Stale, stale));
        }
        if faults.is_empty() && found.has_crlf {
            let why = format!("`/{path} text eol=lf` in .gitattributes keeps them");
            faults.push(Fault::new(path, FaultState::LineEnds, why));
        }
        Ok(faults)
    }

    /// The files of a target that is gone, whether they are still there or not: the lock names them.
    fn extra_files(&self, target: &str) -> Vec<Fault> {
        let entry: Option<&Entry> = self.lock.targets.get(target);
        let why = if self.package.config.targets.contains_key(target) {
            format!("target `{target}` has no `output` any more")
        } else {
            format!("target `{target}` is no longer in Cargo.toml")
        };
        let outputs = entry.iter().flat_map(|entry| entry.outputs.keys());
        let faults: Vec<Fault> = outputs
            .map(|path| Fault::new(path, FaultState::Extra, &*why))
            .collect();
        if faults.is_empty() {
            return vec![Fault::new(LOCK_FILE, FaultState::Extra, why)];
        }
        faults
    }
}
