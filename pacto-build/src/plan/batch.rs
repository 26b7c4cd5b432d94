//! Targets that run together: asked side by side, judged as one.

use crate::sorted::Map;
use std::time::Duration;

use super::books::{Answers, Said};
use super::step::Step;
use super::{Mode, Plan, WriteBan};
use crate::bundle;
use crate::error::{Error, ErrorKind, Result, all_or_errors};
use crate::fingerprint::{DirtyReason, Freshness};
use crate::names::Names;
use crate::output::{self, FileSet, Place, Taken, Written, files_of};
use crate::plugin::Plugin;
use crate::report::Outcome;
use crate::run::{self, Answered, Job};
use crate::sandbox::Sandbox;
use crate::{fs, rel_path};

/// How long a plugin may take if its target does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Targets that are brought up to date together.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    pub(super) names: Vec<&'a str>,
    /// Targets of the lock that are configured no longer. They go together with what may take their files over.
    pub(super) retired: Vec<String>,
}

impl<'a> Plan<'a> {
    /// In the order of their runs. Targets that write into the bundle come first, each by itself, since what
    /// they write is what the others read.
    pub(super) fn batches(&self, selected: Vec<&'a str>) -> Vec<Batch<'a>> {
        let (writers, others): (Vec<&str>, Vec<&str>) =
            selected.into_iter().partition(|name| self.is_writer(name));
        let wrote_into_bundle = |name: &String| {
            let entry = self.lock.targets.get(name);
            entry.is_some_and(|entry| self.is_in_bundle(entry))
        };
        let (in_bundle, elsewhere) = self.retired().into_iter().partition(wrote_into_bundle);
        let mut batches: Vec<Batch<'_>> = writers.into_iter().map(one).collect();
        match batches.last_mut() {
            Some(last) => last.retired = in_bundle,
            None => batches.push(Batch {
                retired: in_bundle,
                ..Batch::default()
            }),
        }
        batches.push(Batch {
            names: others,
            retired: elsewhere,
        });
        batches.retain(|batch| !batch.names.is_empty() || !batch.retired.is_empty());
        batches
    }

    /// Brings a batch up to date: runs what is dirty, judges all of it, and writes.
    pub(super) fn batch(&mut self, batch: &Batch<'a>) -> Result<Vec<Outcome>> {
        let Batch { names, retired } = batch;
        let steps = self.steps(names)?;
        match self.settings.mode {
            Mode::List => {
                let mut outcomes = self.outcomes(&steps, &Map::new());
                outcomes.extend(self.retired_outcomes(retired, &DirtyReason::Retired));
                return Ok(outcomes);
            }
            Mode::Check => return self.check(&steps, retired),
            #[cfg(feature = "driver")]
            Mode::Rerun | Mode::Twice => return self.rerun(&steps, retired),
            Mode::Off => return self.as_it_is(&steps),
            // Nothing is made where files are removed.
            Mode::Clean | Mode::DryClean => return Ok(Vec::new()),
            Mode::Write | Mode::DryRun => {}
        }
        self.check_ban(&steps)?;
        if let Some(outcomes) = self.attempt(&steps, retired)? {
            return Ok(outcomes);
        }
        // The bundle changed under the plugins: once more, on what it is now.
        self.read_bundle()?;
        let steps = self.steps(names)?;
        self.attempt(&steps, retired)?.ok_or_else(|| {
            let dir = &self.location.dir;
            let text = format!("files below `{dir}` changed while plugins were reading them, twice; nothing was written, run it again");
            Error::message(text)
        })
    }

    fn check_ban(&self, steps: &[Step<'a>]) -> Result<()> {
        let Some(ban) = &self.settings.write_ban else {
            return Ok(());
        };
        let stale = steps.iter().filter_map(|step| match &step.freshness {
            Freshness::Dirty(_) if step.config.output.is_some() => {
                Some(stale(step, &self.package.names(), *ban))
            }
            _ => None,
        });
        Error::none_or(stale.collect())
    }

    /// Asks the plugins of all dirty steps and writes. `None` if the bundle changed meanwhile.
    fn attempt(&mut self, steps: &[Step<'a>], retired: &[String]) -> Result<Option<Vec<Outcome>>> {
        let dirty: Vec<&Step<'a>> = steps
            .iter()
            .filter(|step| step.freshness != Freshness::Fresh)
            .collect();
        self.remember_fresh(steps);
        if dirty.is_empty() && retired.is_empty() {
            return Ok(Some(self.outcomes(steps, &Map::new())));
        }
        let contract = self.bundle.as_ref().map(|bundle| bundle.contract.to_json());
        let jobs = all_or_errors(dirty.iter().map(|step| self.job(step, contract.as_deref())))?;
        let answers = run::all(
            &jobs,
            self.settings.jobs,
            &self.settings.progress,
            &self.settings.state_dir,
            self.env,
        );
        // A plugin that read half of a change may well fail for it.
        if answers.iter().any(Result::is_err) && self.bundle_changed(contract.as_deref())? {
            return Ok(None);
        }
        let answers = all_or_errors(answers.into_iter())?;
        let (mut sets, mut said) = (Vec::new(), Vec::new());
        for Answered {
            files,
            message,
            stderr,
        } in answers
        {
            sets.push(files);
            said.push(Said { message, stderr });
        }
        self.judge_together(&sets)?;
        sets.extend(self.emptied(retired));
        let mut gone = self.retired_outcomes(retired, &DirtyReason::Retired);
        let answers = Answers {
            contract: contract.as_deref(),
            sets,
            said,
        };
        let written = self.write(&dirty, &answers)?;
        Ok(written.map(|written| {
            let mut outcomes = self.outcomes(steps, &written);
            for outcome in &mut gone {
                outcome.files = files_of(&written, &outcome.target);
            }
            outcomes.append(&mut gone);
            for (step, said) in dirty.iter().zip(answers.said) {
                let outcome = outcomes
                    .iter_mut()
                    .find(|outcome| outcome.target == step.name);
                outcome
                    .into_iter()
                    .for_each(|outcome| outcome.stderr.clone_from(&said.stderr));
            }
            outcomes
        }))
    }

    pub(super) fn job<'s>(
        &self,
        step: &'s Step<'a>,
        contract: Option<&'s [u8]>,
    ) -> Result<Job<'s>> {
        if step.config.is_unknown {
            return Err(unknown(step.name));
        }
        let Some(contract) = contract else {
            let (name, contract) = (step.name, &self.location.contract);
            return Err(Error::message(format!(
                "target `{name}` needs the contract, and `{contract}` is not there"
            )));
        };
        Ok(Job {
            target: step.name,
            config: step.config,
            plugin: step
                .plugin
                .as_ref()
                .map_err(|text| Error::message(text.clone()))?,
            contract,
            bundle_dir: rel_path::clean(&self.package.dir.join(&self.location.dir)),
            place: step.place.clone(),
            dir: self.package.dir.clone(),
            timeout: step.config.timeout.unwrap_or(DEFAULT_TIMEOUT),
            group: self.settings.group,
            interrupt: self.settings.interrupt.clone(),
            elsewhere: None,
        })
    }

    pub(super) fn bundle_changed(&self, contract: Option<&[u8]>) -> Result<bool> {
        let now = bundle::load(self.package, &self.location)?;
        if Some(&*now.contract.to_json()) != contract {
            return Ok(true);
        }
        match self.hashes(&now) {
            Err(error) if error.is_absence() => Ok(true),
            hashes => Ok(hashes? != self.bundle_hashes),
        }
    }

    /// No file of one target is a file of another, of those that ran and of those that did not.
    pub(super) fn judge_together(&self, sets: &[FileSet]) -> Result<()> {
        let mut taken = Taken::default();
        for (name, entry) in &self.lock.targets {
            let is_kept = self.package.config.targets.contains_key(name)
                && !sets.iter().any(|set| set.target == *name);
            for path in entry.outputs.keys().filter(|_| is_kept) {
                taken.claim(name, path);
            }
        }
        for set in sets {
            output::check_reserved(set, &self.location.contract)?;
            for path in set
                .files
                .keys()
                .filter(|_| matches!(set.place, Place::Shared { .. }))
            {
                taken.claim(&set.target, path);
            }
        }
        taken.judge()
    }

    pub(super) fn outcomes(&self, steps: &[Step<'a>], written: &Written) -> Vec<Outcome> {
        let outcome = |step: &Step<'a>| Outcome {
            target: step.name.to_owned(),
            plugin: step.config.plugin.text(),
            found: step.found.clone(),
            output: step.config.output.clone(),
            dir: step.place.dir(),
            sandbox: self.enforced(step),
            freshness: step.freshness.clone(),
            files: files_of(written, step.name),
            faults: Vec::new(),
            stderr: String::new(),
            message: self
                .record
                .targets
                .get(step.name)
                .and_then(|known| known.message.clone()),
        };
        steps.iter().map(outcome).collect()
    }

    fn enforced(&self, step: &Step<'a>) -> String {
        match step.plugin {
            Ok(Plugin::Linked(_)) => "none, as it is code of the build script".to_owned(),
            _ => Sandbox::new(step.config.sandbox.as_ref(), &self.package.dir, self.env).enforced(),
        }
    }

    /// `PACTO_BUILD=off`: what is there is used, whatever it was made from.
    fn as_it_is(&self, steps: &[Step<'a>]) -> Result<Vec<Outcome>> {
        let is_missing = |step: &&Step<'a>| {
            let entry = self.entry(step);
            entry.is_none_or(|entry| {
                entry
                    .outputs
                    .keys()
                    .any(|path| !fs::is_file(&step.place.root().join(path)).unwrap_or(false))
            })
        };
        let missing = steps.iter().filter(is_missing).map(|step| {
            let text = format!(
                "PACTO_BUILD is `off`, and target `{}` has no files to use; unset it once",
                step.name
            );
            Error::message(text)
        });
        Error::none_or(missing.collect())?;
        Ok(self.outcomes(steps, &Map::new()))
    }
}

fn stale(step: &Step<'_>, names: &Names, ban: WriteBan) -> Error {
    let (target, reason) = (step.name, step.freshness.why().unwrap_or_default());
    let cure = match ban {
        WriteBan::Published => "report it to who published it".to_owned(),
        _ => format!("run `{}` and commit the result", names.generate(target)),
    };
    ErrorKind::Stale(format!(
        "the checked-in files of target `{target}` are out of date: {reason}; a build does not write them here ({ban}), so {cure}"
    ))
    .into()
}

fn unknown(target: &str) -> Error {
    Error::message(format!(
        "target `{target}` takes its settings from a workspace, which a published crate does not have; \
         write them into the package, or publish it with up-to-date files"
    ))
}

fn one(name: &str) -> Batch<'_> {
    Batch {
        names: vec![name],
        ..Batch::default()
    }
}
