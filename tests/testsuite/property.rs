//! Random histories of a package, against a model of what people expect: a check passes right after a generation and says
//! when anything is off, a second generation does nothing, and a file that is not ours is never lost.
//!
//! `PACTO_PROPERTY_SEED` and `PACTO_PROPERTY_COUNT` look at other histories, or at more of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::split_mix::Random;
use crate::support::{CONTRACT, Project, checkout};

const STEPS: usize = 20;

/// Answers with three files whose names and contents depend on the contract, an option and a bundle file.
const PLUGIN: &str = r#"#!/bin/sh
request=$(cat)
version=${request#*'"version":"1.0.'}
version=${version%%'"'*}
flavour=${request#*'"flavour":"'}
flavour=${flavour%%'"'*}
bundle=${request#*'"bundleDir":"'}
read -r page <"${bundle%%'"'*}/page"
printf '{"files":[{"path":"same","content":"same"},{"path":"deep/page","content":"%s %s"},{"path":"v%s","content":"%s"}]}' \
    "$page" "$flavour" "$version" "$version"
"#;

/// What the plugin answers.
fn answer(inputs: &Inputs) -> BTreeMap<String, String> {
    let Inputs {
        version,
        flavour,
        page,
        ..
    } = inputs;
    BTreeMap::from([
        ("same".to_owned(), "same".to_owned()),
        ("deep/page".to_owned(), format!("{page} {flavour}")),
        (format!("v{version}"), version.to_string()),
    ])
}

/// Everything that the files of the one target are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Inputs {
    /// It is also the output folder's.
    target: String,
    version: usize,
    flavour: usize,
    page: usize,
}

impl Inputs {
    fn files(&self) -> BTreeMap<String, String> {
        let files = answer(self).into_iter();
        files
            .map(|(path, content)| (format!("{}/{path}", self.target), content))
            .collect()
    }

    fn write(&self, project: &Project) {
        let Self {
            target,
            version,
            flavour,
            page,
        } = self;
        project.file(
            "pacto/pacto.yaml",
            &CONTRACT.replace("1.0.0", &format!("1.0.{version}")),
        );
        project.file("pacto/page", &format!("{page}\n"));
        let manifest = project.read("Cargo.toml");
        let (head, _) = manifest.split_once("targets.").expect("it has a target");
        let plugin = "plugin = { path = \"tools/plugin\" }";
        project.file(
            "Cargo.toml",
            &format!("{head}targets.{target} = {{ {plugin}, output = \"{target}\", options.flavour = \"{flavour}\" }}\n"),
        );
    }
}

/// A package, and what is known of it.
struct History<'a> {
    project: Project,
    /// What stands in for `cargo pacto`.
    command: &'a Command,
    dice: Random,
    inputs: Inputs,
    generated: Generated,
    /// Files that people wrote or edited, with what they wrote.
    theirs: BTreeMap<String, String>,
    /// What stood in edited files before, since the last generation.
    originals: BTreeMap<String, String>,
    /// Where some generation has written, or was about to: nothing else can be ours.
    aimed_at: BTreeSet<String>,
    log: String,
}

/// What there is of the last generation.
#[derive(Clone)]
enum Generated {
    /// There was none, or all of it was cleaned but what was edited.
    Nothing,
    /// It was killed, and nobody knows how far it came.
    Something,
    /// Everything, made from these.
    All(Inputs),
}

/// Runs `cargo pacto` with arguments; gives the exit code and what it said.
type Command = dyn Fn(&Project, &str) -> (Option<i32>, String) + Sync;

fn cargo_pacto(project: &Project, arguments: &str) -> (Option<i32>, String) {
    let execution = project.finish(project.pacto_command(arguments));
    (execution.code, execution.stderr)
}

type Verdict = Result<(), String>;

impl<'a> History<'a> {
    fn new(seed: u64, command: &'a Command) -> Self {
        let inputs = Inputs {
            target: "one".to_owned(),
            version: 0,
            flavour: 0,
            page: 0,
        };
        let project = checkout("targets.x = {}\n");
        project.executable("tools/plugin", PLUGIN);
        inputs.write(&project);
        Self {
            project,
            command,
            dice: Random::new(seed),
            inputs,
            generated: Generated::Nothing,
            theirs: BTreeMap::new(),
            originals: BTreeMap::new(),
            aimed_at: BTreeSet::new(),
            log: String::new(),
        }
    }

    fn live(mut self) -> Verdict {
        for _ in 0..STEPS {
            let verdict = self.step().and_then(|()| self.nothing_is_lost());
            verdict.map_err(|fault| format!("{fault}\nafter:\n{}", self.log))?;
        }
        Ok(())
    }

    fn note(&mut self, step: &str) {
        writeln!(self.log, "  {step}").expect("a string takes every write");
    }

    fn step(&mut self) -> Verdict {
        match self.dice.below(17) {
            0 => self.change_inputs("edit the contract", |inputs, number| {
                inputs.version = number % 4
            }),
            1 => self.change_inputs("edit the option", |inputs, number| inputs.flavour = number),
            2 => self.change_inputs("edit a bundle file", |inputs, number| inputs.page = number),
            3 => self.change_inputs("rename the target", |inputs, number| {
                inputs.target = ["one", "two"][usize::from(number % 2 == 0)].to_owned();
            }),
            4 => self.edit_output(),
            5 => self.remove_a_file(),
            6 => self.add_a_file(),
            7 => self.give_way(),
            8 => self.clean()?,
            9 => self.kill(),
            10 | 11 => self.check()?,
            12 => self.generate(true)?,
            13 => self.undo_the_edits(),
            _ => self.generate(false)?,
        }
        Ok(())
    }

    fn change_inputs(&mut self, what: &str, change: impl Fn(&mut Inputs, usize)) {
        let number = self.dice.below(1000);
        change(&mut self.inputs, number);
        self.note(&format!("{what} ({number})"));
        self.inputs.write(&self.project);
    }

    fn on_disk(&self) -> BTreeMap<String, String> {
        let folders = ["one", "two"].into_iter();
        let files = folders.flat_map(|folder| {
            let tree = self.project.tree(folder).into_iter();
            tree.map(move |(path, content)| (format!("{folder}/{path}"), content))
        });
        files
            .filter(|(path, _)| !path.contains("/.pacto-staged-"))
            .collect()
    }

    fn edit_output(&mut self) {
        let paths: Vec<String> = self.on_disk().into_keys().collect();
        if !paths.is_empty() {
            let path = self.dice.pick(&paths).clone();
            let content = format!("edited {}", self.dice.below(1000));
            self.note(&format!("edit {path}"));
            if !self.theirs.contains_key(&path) {
                self.originals
                    .insert(path.clone(), self.project.read(&path));
            }
            self.project.file(&path, &content);
            self.theirs.insert(path, content);
        }
    }

    /// As `git checkout` does.
    fn undo_the_edits(&mut self) {
        for (path, content) in std::mem::take(&mut self.originals) {
            if self.theirs.remove(&path).is_some() {
                self.note(&format!("undo the edit of {path}"));
                self.project.file(&path, &content);
            }
        }
    }

    fn remove_a_file(&mut self) {
        let paths: Vec<String> = self.on_disk().into_keys().collect();
        if !paths.is_empty() {
            let path = self.dice.pick(&paths).clone();
            self.note(&format!("remove {path}"));
            self.project.remove(&path);
            self.theirs.remove(&path);
            self.originals.remove(&path);
        }
    }

    /// Sometimes where a file of ours is going to be.
    fn add_a_file(&mut self) {
        let path = self.dice.pick(&[
            "one/mine",
            "one/deep/mine",
            "two/mine",
            "one/v2",
            "two/v3",
            "two/deep/page",
        ]);
        let path = (*path).to_owned();
        if !self.project.path(&path).exists() {
            let content = format!("mine {}", self.dice.below(1000));
            self.note(&format!("add {path}"));
            self.project.file(&path, &content);
            self.theirs.insert(path, content);
        }
    }

    /// Moves everything of theirs away, as the errors advise.
    fn give_way(&mut self) {
        self.note("move all of theirs away");
        for path in std::mem::take(&mut self.theirs).into_keys() {
            self.project.remove(&path);
        }
    }

    fn run(&mut self, arguments: &str) -> (Option<i32>, String) {
        let (code, said) = (self.command)(&self.project, arguments);
        self.note(&format!("{arguments}: {code:?}"));
        (code, said)
    }

    fn generate(&mut self, force: bool) -> Verdict {
        let arguments = if force {
            "generate --force"
        } else {
            "generate"
        };
        self.aim();
        let before = self.on_disk();
        let (code, said) = self.run(arguments);
        if code == Some(101) && !force {
            return self.is_in_the_way(&said, &before);
        }
        if code != Some(0) {
            return Err(format!("it failed: {said}"));
        }
        if force {
            let ours = self.inputs.files();
            self.theirs.retain(|path, _| !ours.contains_key(path));
            // What is left over of the target is removed too, if the lock knows it: by force, edited or not.
            let disk = self.on_disk();
            let aimed_at = &self.aimed_at;
            self.theirs
                .retain(|path, _| disk.contains_key(path) || !aimed_at.contains(path));
        }
        self.generated = Generated::All(self.inputs.clone());
        self.originals.clear();
        self.expect_generated()?;
        let times = self.times();
        let (code, said) = self.run("generate");
        if (code, &*said) != (Some(0), "") || self.times() != times {
            return Err(format!("a second generation did something: {said}"));
        }
        self.check()
    }

    /// From here on the files of these inputs may be ours.
    fn aim(&mut self) {
        self.aimed_at.extend(self.inputs.files().into_keys());
    }

    /// Only somebody's file where we have written or would write is a reason to fail, and then nothing is written.
    fn is_in_the_way(&self, said: &str, before: &BTreeMap<String, String>) -> Verdict {
        let mut theirs = self.theirs.keys();
        let is_told =
            theirs.any(|path| self.aimed_at.contains(path) && said.contains(&format!("`{path}`")));
        if !is_told {
            return Err(format!("it failed for no reason: {said}"));
        }
        if self.on_disk() != *before {
            return Err(format!("it failed and wrote something: {said}"));
        }
        Ok(())
    }

    fn expect_generated(&self) -> Verdict {
        let disk = self.on_disk();
        for (path, content) in self.inputs.files() {
            if disk.get(&path) != Some(&content) {
                return Err(format!(
                    "{path} is {:?} and not {content:?}",
                    disk.get(&path)
                ));
            }
        }
        let wanted = self.inputs.files();
        let extra = disk
            .keys()
            .find(|path| !wanted.contains_key(*path) && !self.theirs.contains_key(*path));
        extra.map_or(Ok(()), |path| Err(format!("{path} is left over")))
    }

    /// When everything that is generated, and the lock, was written.
    fn times(&self) -> BTreeMap<String, SystemTime> {
        let paths = self
            .on_disk()
            .into_keys()
            .chain(["pacto-generated.lock".to_owned()]);
        let time = |path: &String| {
            fs::metadata(self.project.path(path))
                .and_then(|file| file.modified())
                .ok()
        };
        paths
            .filter_map(|path| Some((path.clone(), time(&path)?)))
            .collect()
    }

    fn check(&mut self) -> Verdict {
        let (code, said) = self.run("check");
        let disk = self.on_disk();
        let stands = |(path, content): (&String, &String)| disk.get(path) == Some(content);
        let is_right = match &self.generated {
            Generated::Something => return matches!(code, Some(0 | 1)).then_some(()).ok_or(said),
            Generated::Nothing => false,
            Generated::All(inputs) => *inputs == self.inputs && inputs.files().iter().all(stands),
        };
        let expected = i32::from(!is_right);
        if code == Some(expected) {
            Ok(())
        } else {
            Err(format!("check gave {code:?} and not {expected}: {said}"))
        }
    }

    fn clean(&mut self) -> Verdict {
        let (code, said) = self.run("clean");
        self.generated = Generated::Nothing;
        if code != Some(0) {
            return Err(format!("clean failed: {said}"));
        }
        let disk = self.on_disk();
        let left = disk.keys().find(|path| !self.theirs.contains_key(*path));
        left.map_or(Ok(()), |path| Err(format!("clean left {path}")))
    }

    fn kill(&mut self) {
        let pause = self.dice.below(12_000);
        self.aim();
        self.note(&format!("generate, killed after {pause} us"));
        let mut command = self.project.pacto_command("generate");
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it can be started");
        thread::sleep(Duration::from_micros(pause as u64));
        let _ = child.kill();
        child.wait().expect("it is ours");
        self.generated = Generated::Something;
        self.originals.clear();
    }

    fn nothing_is_lost(&self) -> Verdict {
        let disk = self.on_disk();
        let lost = self
            .theirs
            .iter()
            .find(|(path, content)| disk.get(*path) != Some(content));
        lost.map_or(Ok(()), |(path, _)| {
            Err(format!("{path} was somebody's, and is lost"))
        })
    }
}

/// Lives through histories from `seed` on; gives the first that went wrong.
fn first_fault(seed: u64, count: u64, command: &Command) -> Option<String> {
    let next = AtomicU64::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return None;
                }
                let seed = seed + number;
                if let Err(fault) = History::new(seed, command).live() {
                    next.store(count, Ordering::Relaxed);
                    return Some(format!(
                        "PACTO_PROPERTY_SEED={seed} PACTO_PROPERTY_COUNT=1: {fault}"
                    ));
                }
            }
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .find_map(|worker| worker.join().expect("a fault is a value"))
    })
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("it is a number"))
}

#[test]
fn histories_keep_their_promises() {
    let count = number("PACTO_PROPERTY_COUNT", 20);
    let seed = number("PACTO_PROPERTY_SEED", 1);
    if let Some(fault) = first_fault(seed, count, &cargo_pacto) {
        panic!("{fault}");
    }
}

/// A command with a fault: the histories must find it, and for that reason.
#[track_caller]
fn is_found(reason: &str, planted: &Command) {
    let fault = first_fault(1, 40, planted).expect("somebody notices");
    let (fault, _) = fault.split_once("\nafter:\n").expect("it has a history");
    assert!(fault.contains(reason), "found for another reason: {fault}");
}

#[test]
fn a_command_that_overwrites_edits_is_found() {
    is_found("was somebody's, and is lost", &|project, arguments| {
        let result = cargo_pacto(project, arguments);
        match result {
            (Some(101), _) => cargo_pacto(project, "generate --force"),
            result => result,
        }
    });
}

#[test]
fn a_force_that_removes_what_was_never_ours_is_found() {
    is_found(
        "/mine was somebody's, and is lost",
        &|project, arguments| {
            if arguments == "generate --force" {
                for path in ["one/mine", "two/mine"] {
                    // It may not be there: whoever adds it does so now and then.
                    let _ = fs::remove_file(project.path(path));
                }
            }
            cargo_pacto(project, arguments)
        },
    );
}

#[test]
fn a_command_that_writes_and_then_fails_is_found() {
    is_found("it failed and wrote something", &|project, arguments| {
        let result = cargo_pacto(project, arguments);
        if result.0 == Some(101) {
            project.file("one/half", "written before it was judged");
        }
        result
    });
}

#[test]
fn a_command_that_writes_what_is_fresh_is_found() {
    is_found(
        "a second generation did something",
        &|project, arguments| {
            let result = cargo_pacto(project, arguments);
            for path in ["one/same", "two/same"] {
                if let Ok(content) = fs::read(project.path(path)) {
                    fs::write(project.path(path), content).expect("it is ours");
                }
            }
            result
        },
    );
}

#[test]
fn a_check_that_is_content_with_everything_is_found() {
    is_found(
        "check gave Some(0) and not 1",
        &|project, arguments| match arguments {
            "check" => (Some(0), String::new()),
            _ => cargo_pacto(project, arguments),
        },
    );
}

/// As if what is not remembered were nothing that is missed.
#[test]
fn a_check_without_a_lock_that_is_content_is_found() {
    is_found("check gave Some(0) and not 1", &|project, arguments| {
        if arguments == "check" && !project.path("pacto-generated.lock").exists() {
            return (Some(0), String::new());
        }
        cargo_pacto(project, arguments)
    });
}

#[test]
fn a_command_that_leaves_old_files_is_found() {
    is_found("one/deep/page", &|project, arguments| {
        let old = fs::read_to_string(project.path("one/deep/page"));
        let result = cargo_pacto(project, arguments);
        if let (Ok(old), false) = (old, project.path("one/deep/page").exists()) {
            project.file("one/deep/page", &old);
        }
        result
    });
}
