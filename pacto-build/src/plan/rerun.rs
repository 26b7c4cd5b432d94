//! Whether plugins still answer what is checked in, and answer the same twice. Nothing is written.

use crate::sorted::{Map, Set};
use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::step::Step;
use super::{Mode, Plan};
use crate::error::{Error, Result, all_or_errors};
use crate::fs::{self, TempDir};
use crate::hash::Hash;
use crate::output::FileSet;
use crate::report::{Difference, Fault, FaultState, Outcome};
use crate::run::{self, Elsewhere, Job};

/// Variables that a plugin may come to depend on, and what the second run sets them to: in this time zone it is another
/// date, few systems have this language, and nobody this date.
const OTHER_VARIABLES: [(&str, &str); 4] = [
    ("TZ", "PACTO-23:45"),
    ("LC_ALL", "tr_TR.UTF-8"),
    ("LANG", "tr_TR.UTF-8"),
    ("SOURCE_DATE_EPOCH", "86399"),
];

/// How the second run's surroundings show in what a plugin writes.
const MARKS: [(&str, &str); 6] = [
    ("TZ", "23:45"),
    ("TZ", "2345"),
    ("TZ", "PACTO"),
    ("LC_ALL", "tr_TR"),
    ("SOURCE_DATE_EPOCH", "86399"),
    ("SOURCE_DATE_EPOCH", "1970-01-01"),
];

impl<'a> Plan<'a> {
    /// What [`check`](Self::check) says, and what the plugins of `steps` answer that is not on the disk.
    pub(super) fn rerun(&mut self, steps: &[Step<'a>], retired: &[String]) -> Result<Vec<Outcome>> {
        let mut outcomes = self.check(steps, retired)?;
        let contract = self.bundle.as_ref().map(|bundle| bundle.contract.to_json());
        let jobs = all_or_errors(steps.iter().map(|step| self.job(step, contract.as_deref())))?;
        let started = SystemTime::now();
        let sets = self.answers(&jobs)?;
        self.judge_together(&sets)?;
        let twice = match self.settings.mode {
            Mode::Twice => Some(self.again(jobs, started)?),
            _ => None,
        };
        if self.bundle_changed(contract.as_deref())? {
            let text = "the bundle changed while plugins were reading it; run it again";
            return Err(Error::message(text));
        }
        for (index, (set, outcome)) in sets.iter().zip(&mut outcomes).enumerate() {
            let step = &steps[index];
            let known = self.entry(step).map(|entry| &entry.outputs);
            let known = known.into_iter().flat_map(Map::keys);
            outcome
                .faults
                .extend(against_disk(set, known.map(String::as_str))?);
            if let Some((again, home)) = &twice {
                outcome.faults.extend(between(set, &again[index], home)?);
            }
        }
        Ok(outcomes)
    }

    fn answers(&self, jobs: &[Job<'_>]) -> Result<Vec<FileSet>> {
        let settings = self.settings;
        let answers = run::all(
            jobs,
            settings.jobs,
            &settings.progress,
            &settings.state_dir,
            self.env,
        );
        let sets = answers.into_iter().map(|answer| Ok(answer?.files));
        all_or_errors(sets)
    }

    /// The answers under another HOME, time zone, language and date, with the bundle and the output
    /// elsewhere, in another second; and what HOME was then.
    fn again(&self, jobs: Vec<Job<'_>>, started: SystemTime) -> Result<(Vec<FileSet>, PathBuf)> {
        let elsewhere = TempDir::new(&self.settings.state_dir)?;
        let home = elsewhere.path().join("home");
        fs::create_dirs(&home)?;
        let bundle = elsewhere.path().join("bundle");
        self.copy_bundle(&bundle)?;
        let moved = jobs.into_iter().map(|mut job| {
            job.bundle_dir.clone_from(&bundle);
            job.elsewhere = Some(Elsewhere {
                output_dir: elsewhere.path().join("output"),
                env: other_env(&home, &job.config.env),
            });
            job
        });
        let jobs: Vec<Job<'_>> = moved.collect();
        wait_for_another_second(started);
        let answers = self.answers(&jobs).map_err(|error| {
            if error.is_interrupted() {
                return error;
            }
            let text = error.full_text();
            Error::message(format!(
                "in a second run, with another HOME, time zone, language and path of the bundle: {text}"
            ))
        });
        Ok((answers?, home))
    }

    fn copy_bundle(&self, to: &Path) -> Result<()> {
        let files = self.bundle.iter().flat_map(|bundle| &bundle.files);
        let paths = files.map(|file| &file.path);
        for path in paths.chain([&self.location.contract]) {
            let below = path.strip_prefix(&self.location.dir);
            let below = below.and_then(|path| path.strip_prefix('/'));
            let copy = to.join(below.unwrap_or(path));
            fs::create_dirs(copy.parent().unwrap_or(to))?;
            fs::copy(&self.package.dir.join(path), &copy)?;
        }
        Ok(())
    }
}

/// What the user passes through is meant to count, and stays as it is.
fn other_env(home: &Path, passed: &[String]) -> Vec<(OsString, OsString)> {
    let others = OTHER_VARIABLES.map(|(name, value)| (name, OsString::from(value)));
    let all = [("HOME", home.into())].into_iter().chain(others);
    all.filter(|(name, _)| !passed.iter().any(|passed| passed == name))
        .map(|(name, value)| (name.into(), value))
        .collect()
}

/// Who writes the time writes another one then: what is waited for is the clock itself, and nothing else will do.
fn wait_for_another_second(started: SystemTime) {
    let passed = started.elapsed().unwrap_or_default();
    std::thread::sleep(Duration::from_millis(1100).saturating_sub(passed));
}

/// Files of `set` that are not on the disk as they would be written, and files of `known` that are not in it.
fn against_disk<'s>(set: &FileSet, known: impl Iterator<Item = &'s str>) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let who = &set.target;
    for (path, content) in &set.files {
        let (new, old) = (
            content.bytes()?,
            fs::read_if_any(&set.place.root().join(path))?,
        );
        if old.as_ref().is_some_and(|old| same_text(old, &new)) {
            continue;
        }
        let why = match &old {
            Some(_) => format!("the plugin of target `{who}` writes something else"),
            None => format!("the plugin of target `{who}` writes it, and it is not there"),
        };
        faults.push(differs(
            path,
            FaultState::Differs,
            why,
            old.unwrap_or_default(),
            &new,
        ));
    }
    for path in known.filter(|path| !set.files.contains_key(*path)) {
        if let Some(old) = fs::read_if_any(&set.place.root().join(path))? {
            let why = format!("the plugin of target `{who}` does not write it any more");
            faults.push(differs(path, FaultState::Extra, why, old, b""));
        }
    }
    Ok(faults)
}

/// Equal but for line ends, where both are text.
fn same_text(old: &[u8], new: &[u8]) -> bool {
    old == new || Hash::of(old) == Hash::of(new)
}

/// Files that a second run does not make as the first did, with what of the runs' surroundings is in them.
fn between(first: &FileSet, second: &FileSet, home: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let all = first.files.keys().chain(second.files.keys());
    for path in Set::from_iter(all) {
        let content = |set: &FileSet| match set.files.get(path) {
            Some(content) => content.bytes().map(Cow::into_owned),
            None => Ok(Vec::new()),
        };
        let (one, two) = (content(first)?, content(second)?);
        let is_in_both = first.files.contains_key(path) && second.files.contains_key(path);
        if is_in_both && one == two {
            continue;
        }
        let why = if is_in_both {
            format!(
                "two runs of the plugin differ{}",
                suspects(&one, &two, home)
            )
        } else {
            "only one of two runs of the plugin writes it".to_owned()
        };
        faults.push(differs(path, FaultState::Unstable, why, one, &two));
    }
    Ok(faults)
}

/// What of the runs' surroundings shows in the difference.
fn suspects(one: &[u8], two: &[u8], home: &Path) -> String {
    let (one, two) = (String::from_utf8_lossy(one), String::from_utf8_lossy(two));
    let elsewhere = home.parent().unwrap_or(home);
    let path = |name: &str| elsewhere.join(name).display().to_string();
    let mut marks = vec![
        ("HOME", path("home")),
        ("the bundle's path", path("bundle")),
        ("the output's path", path("output")),
    ];
    marks.extend(MARKS.map(|(name, mark)| (name, mark.to_owned())));
    let mut found: Vec<&str> = marks
        .iter()
        .filter(|(_, mark)| two.contains(&**mark) && !one.contains(&**mark))
        .map(|(name, _)| *name)
        .collect();
    found.dedup();
    // Every run has a temporary folder of its own.
    if one.contains(fs::TEMP_PREFIX) && two.contains(fs::TEMP_PREFIX) {
        found.push("TMPDIR");
    }
    if found.is_empty() {
        return ", and show nothing of what was set for them as it was set: it comes from a part of that, the time, or chance".to_owned();
    }
    format!(", and show {}", found.join(", "))
}

fn differs(path: &str, state: FaultState, why: String, old: Vec<u8>, new: &[u8]) -> Fault {
    let difference = Difference {
        old,
        new: new.to_vec(),
    };
    Fault {
        path: path.to_owned(),
        state,
        why,
        difference: Some(difference),
    }
}
