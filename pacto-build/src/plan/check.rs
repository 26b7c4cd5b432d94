//! Whether the checked-in files are what the lock promises. Nothing is run, and nothing is written.

use crate::sorted::Map;

use super::Plan;
use super::step::Step;
use crate::error::Result;
use crate::fingerprint::{DirtyReason, Entry};
use crate::fs::{self, Found};
use crate::hash::Hash;
use crate::lock::LOCK_FILE;
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
        let folder = step.config.output.as_deref().unwrap_or_default();
        let reasons = step.freshness.reasons();
        if reasons.contains(&DirtyReason::Conflict) {
            return Ok(vec![fault(
                LOCK_FILE,
                FaultState::Stale,
                "it has merge conflicts",
            )]);
        }
        let Some(entry) = self.lock.targets.get(step.name) else {
            let why = format!("target `{}` was not generated yet", step.name);
            return Ok(vec![fault(folder, FaultState::Missing, why)]);
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
            return Ok(vec![fault(folder, FaultState::Stale, stale)]);
        }
        let mut faults = Vec::new();
        for (path, hash) in &entry.outputs {
            if rel_path::is_within(path, folder) {
                faults.extend(self.fault_of(path, hash, &stale)?);
            } else {
                faults.push(fault(path, FaultState::Extra, &*stale));
            }
        }
        Ok(faults)
    }

    fn fault_of(&self, path: &str, hash: &Hash, stale: &str) -> Result<Vec<Fault>> {
        let file = self.package.dir.join(path);
        let missing = || Ok(vec![fault(path, FaultState::Missing, "it is not there")]);
        let Found::File(_) = fs::look(&file)? else {
            return missing();
        };
        let found = match fs::hash(&file) {
            // Somebody has removed it since we looked.
            Err(error) if error.is_absence() => return missing(),
            found => found?,
        };
        let mut faults = Vec::new();
        if found.hash != *hash {
            faults.push(fault(
                path,
                FaultState::Edited,
                "it is not what was written",
            ));
        }
        if !stale.is_empty() {
            faults.push(fault(path, FaultState::Stale, stale));
        }
        if faults.is_empty() && found.has_crlf {
            let why = format!("`/{path} text eol=lf` in .gitattributes keeps them");
            faults.push(fault(path, FaultState::LineEnds, why));
        }
        Ok(faults)
    }

    /// The files of a target that is gone, whether they are still there or not: the lock names them.
    fn extra_files(&self, target: &str) -> Vec<Fault> {
        let entry: Option<&Entry> = self.lock.targets.get(target);
        let why = format!("target `{target}` is no longer in Cargo.toml");
        let outputs = entry.iter().flat_map(|entry| entry.outputs.keys());
        let faults: Vec<Fault> = outputs
            .map(|path| fault(path, FaultState::Extra, &*why))
            .collect();
        if faults.is_empty() {
            return vec![fault(LOCK_FILE, FaultState::Extra, why)];
        }
        faults
    }
}

fn fault(path: &str, state: FaultState, why: impl Into<String>) -> Fault {
    Fault {
        path: path.to_owned(),
        state,
        why: why.into(),
        difference: None,
    }
}
