//! Runs the plugins of a batch side by side.

use std::any::Any;
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::config::TargetConfig;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs::TempDir;
use crate::glob;
use crate::inputs;
use crate::output::{FileSet, Place};
use crate::plugin::{self, Answer, Linked, Plugin};
use crate::process::{Group, Interrupt, Limits, Run};
use crate::protocol::{self, GenerateRequest};
use crate::sandbox::Sandbox;
use crate::visible;

/// How much of a plugin's message is kept, in characters: it is a line for the user.
const MAX_MESSAGE: usize = 4096;

/// One plugin to ask.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) target: &'a str,
    pub(crate) config: &'a TargetConfig,
    pub(crate) plugin: &'a Plugin,
    /// As JSON.
    pub(crate) contract: &'a [u8],
    pub(crate) bundle_dir: PathBuf,
    pub(crate) place: Place,
    /// Where the plugin is started.
    pub(crate) dir: PathBuf,
    pub(crate) timeout: Duration,
    pub(crate) group: Group,
    pub(crate) interrupt: Interrupt,
    /// What it is told instead, to see whether that makes a difference.
    pub(crate) elsewhere: Option<Elsewhere>,
}

/// Other surroundings for a plugin.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) output_dir: PathBuf,
    /// Laid over what it gets else.
    pub(crate) env: Vec<(OsString, OsString)>,
}

/// What a plugin answered, judged by itself.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) files: FileSet,
    /// On one line, fit to be shown.
    pub(crate) message: Option<String>,
    /// What it wrote to stderr, fit to be shown.
    pub(crate) stderr: String,
}

/// How far the plugins of a run are, for who watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// How many have answered or failed.
    pub done: AtomicUsize,
    /// How many are to be asked, as far as is known.
    pub all: AtomicUsize,
}

/// The answers, in the order of `jobs`; at most `parallel` plugins run at once.
/// A failure keeps no other plugin from being asked: whoever mends things wants to see all of them.
pub(crate) fn all(
    jobs: &[Job<'_>],
    parallel: usize,
    progress: &Progress,
    temp_dir: &Path,
    env: &Env,
) -> Vec<Result<Answered>> {
    progress.all.fetch_add(jobs.len(), Ordering::Relaxed);
    let next = AtomicUsize::new(0);
    let answers: Vec<Mutex<Option<Result<Answered>>>> =
        jobs.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        while let Some((job, answer)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(index).zip(answers.get(index))
        } {
            let result = one(job, temp_dir, env);
            progress.done.fetch_add(1, Ordering::Relaxed);
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    };
    match parallel.min(jobs.len()) {
        0 | 1 => work(),
        workers => thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(work);
            }
        }),
    }
    let taken = answers
        .into_iter()
        .map(|answer| answer.into_inner().unwrap_or_else(PoisonError::into_inner));
    taken
        .map(|answer| answer.expect("a worker ends only when every job was taken"))
        .collect()
}

/// One answer. What has no room in memory waits in `temp_dir`, where plugins have their temporary folders.
pub(crate) fn one(job: &Job<'_>, temp_dir: &Path, env: &Env) -> Result<Answered> {
    let request = request(job)?;
    let answer = match job.plugin {
        Plugin::Linked(linked) => call(job, linked, &request)?,
        Plugin::Executable(program) => start(job, program, request, temp_dir, env)?,
    };
    let message = answer.response.message.as_deref();
    Ok(Answered {
        message: message.map(|message| visible::line(&visible::start(message, MAX_MESSAGE))),
        stderr: answer.stderr,
        files: FileSet::new(
            job.target,
            job.place.clone(),
            answer.response.files,
            job.config.limits.files,
            temp_dir,
        )?,
    })
}

fn request(job: &Job<'_>) -> Result<Vec<u8>> {
    let text = |path: &PathBuf| match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Error::message(format!(
            "`{}` is not UTF-8, and JSON knows nothing else; rename it",
            path.display()
        ))),
    };
    let output_dir = match &job.elsewhere {
        Some(elsewhere) => text(&elsewhere.output_dir)?,
        None => text(&job.place.dir())?,
    };
    let bundle_dir = text(&job.bundle_dir)?;
    Ok(protocol::request_json(
        job.contract,
        &bundle_dir,
        &output_dir,
        &job.config.options,
    ))
}

fn start(
    job: &Job<'_>,
    program: &Path,
    request: Vec<u8>,
    temp_dir: &Path,
    env: &Env,
) -> Result<Answer> {
    let name = job.config.plugin.name();
    let mut sandbox = Sandbox::new(job.config.sandbox.as_ref(), &job.dir, env);
    if let Some(obstacle) = sandbox.obstacle() {
        return Err(Error::message(format!(
            "target `{}`: {obstacle}",
            job.target
        )));
    }
    let temp_dir = TempDir::new(temp_dir)?;
    sandbox.write.push(temp_dir.path().to_path_buf());
    if sandbox.is_strict() {
        grant_reading(&mut sandbox, job, program)?;
    }
    let mut env = env.for_plugin(&job.config.env, temp_dir.path());
    for (name, value) in job.elsewhere.iter().flat_map(|elsewhere| &elsewhere.env) {
        env.retain(|(known, _)| known != name);
        env.push((name.clone(), value.clone()));
    }
    plugin::ask(
        name,
        Run {
            program: program.to_path_buf(),
            dir: job.dir.clone(),
            env,
            stdin: request,
            limits: Limits {
                stdout: job.config.limits.response * 1024 * 1024,
                stderr: job.config.limits.stderr * 1024,
                time: job.timeout,
            },
            group: job.group,
            sandbox,
            interrupt: job.interrupt.clone(),
        },
    )
}

/// What a plugin is there to read.
fn grant_reading(sandbox: &mut Sandbox, job: &Job<'_>, program: &Path) -> Result<()> {
    sandbox.read.push(program.to_path_buf());
    sandbox.read.push(job.bundle_dir.clone());
    for pattern in &job.config.inputs {
        sandbox.list.push(job.dir.join(glob::base(pattern)));
    }
    let inputs = inputs::find(&job.dir, &job.config.inputs)?;
    let files = inputs.files.keys().map(|path| job.dir.join(path));
    sandbox.read.extend(files);
    Ok(())
}

fn call(job: &Job<'_>, linked: &Linked, request: &[u8]) -> Result<Answer> {
    let name = job.config.plugin.name();
    let request = GenerateRequest::from_json(request)?;
    let answer = panic::catch_unwind(AssertUnwindSafe(|| (linked.function)(&request)));
    match answer {
        Ok(Ok(response)) => Ok(Answer {
            response,
            stderr: String::new(),
        }),
        Ok(Err(error)) => Err(failed(name, "failed", &error.to_string())),
        Err(panic) => Err(failed(name, "panicked", panic_text(&*panic))),
    }
}

/// What a function says may quote a contract, and that is no more to be trusted than what a program says.
fn failed(name: &str, fate: &str, said: &str) -> Error {
    let said = visible::text(said.as_bytes());
    Error::message(format!("plugin `{name}` {fate}: {said}"))
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
