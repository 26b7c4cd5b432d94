//! Plugins: find the executable, ask it, judge its answer.

use crate::sorted::Map;
use std::error;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;

use crate::config::PluginRef;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result};
use crate::process::{self, Ended, Failure, Run};
use crate::protocol::{GenerateRequest, GenerateResponse};
use crate::sandbox::Sandbox;
use crate::{fs, rel_path, visible};

/// What a linked plugin gives back when it fails.
pub type PluginError = Box<dyn error::Error + Send + Sync>;

/// A plugin that is a Rust function.
type Function = dyn Fn(&GenerateRequest) -> Result<GenerateResponse, PluginError> + Send + Sync;

/// A function that is linked into the build script.
#[derive(Clone)]
pub(crate) struct Linked {
    /// The version and the build that it is in: either may change what it makes.
    pub(crate) identity: String,
    pub(crate) function: Arc<Function>,
}

impl fmt::Debug for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// A plugin that can be asked.
#[derive(Debug, Clone)]
pub(crate) enum Plugin {
    Executable(PathBuf),
    Linked(Linked),
}

/// Everything that plugins can be found in.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) env: &'a Env,
    pub(crate) package_dir: &'a Path,
    pub(crate) linked: &'a Map<String, Linked>,
    /// Executables of `{ crate = ... }` plugins that somebody has built.
    pub(crate) built: &'a Map<String, PathBuf>,
}

impl PluginRef {
    /// As it is written in the lock and in messages.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Path(path) => format!("path:{path}"),
            Self::Crate(name) => format!("crate:{name}"),
        }
    }

    /// The plugin's own name: that of its executable without `pacto-plugin-`.
    pub(crate) fn name(&self) -> &str {
        let full = match self {
            Self::Name(name) | Self::Crate(name) => name,
            Self::Path(path) => path.rsplit('/').next().unwrap_or(path),
        };
        full.strip_prefix(PREFIX).unwrap_or(full)
    }

    /// The variable that names an executable to use instead.
    pub(crate) fn variable(&self) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        };
        format!(
            "PACTO_PLUGIN_{}",
            self.name().chars().map(plain).collect::<String>()
        )
    }
}

const PREFIX: &str = "pacto-plugin-";

/// Finds the plugin: `PACTO_PLUGIN_<NAME>` before everything, then as the reference says.
///
/// # Errors
///
/// If there is none; the message lists every place that was looked at and what to do.
pub(crate) fn find(plugin: &PluginRef, sources: &Sources<'_>) -> Result<Plugin> {
    let variable = plugin.variable();
    if let Some(path) = sources.env.plugin_override(&variable) {
        return executable(path, || format!("`{variable}` names")).map(Plugin::Executable);
    }
    match plugin {
        PluginRef::Name(name) => search(name, &variable, sources.env).map(Plugin::Executable),
        PluginRef::Path(path) => {
            let file = rel_path::clean(&sources.package_dir.join(path));
            executable(file, || format!("plugin `{}` is", plugin.name())).map(Plugin::Executable)
        }
        PluginRef::Crate(name) => of_crate(name, sources),
    }
}

fn of_crate(name: &str, sources: &Sources<'_>) -> Result<Plugin> {
    if let Some(linked) = sources.linked.get(name) {
        return Ok(Plugin::Linked(linked.clone()));
    }
    if let Some(built) = sources.built.get(name) {
        return Ok(Plugin::Executable(built.clone()));
    }
    Err(Error::message(format!(
        "plugin crate `{name}` is not linked into the build script; add it to [build-dependencies] and call \
         `.plugin(\"{name}\", VERSION, FUNCTION)` on the `Builder`"
    )))
}

/// `path` if it can be started; `subject` begins the message if not.
fn executable(path: PathBuf, subject: impl Fn() -> String) -> Result<PathBuf> {
    let fault = if !fs::exists(&path)? {
        "which does not exist"
    } else if !fs::is_file(&path)? {
        "which is not a file"
    } else if !fs::is_executable(&path)? {
        "which is not executable; run `chmod +x` on it"
    } else {
        return Ok(path);
    };
    Err(Error::message(format!(
        "{} `{}`, {fault}",
        subject(),
        path.display()
    )))
}

/// `PATH`, then the user's plugin folder: the order of protocol v1.
fn search(name: &str, variable: &str, env: &Env) -> Result<PathBuf> {
    let file = format!("{PREFIX}{name}{}", std::env::consts::EXE_SUFFIX);
    let mut looked_at = String::new();
    for (place, dir) in places(env) {
        let candidate = dir.join(&file);
        if fs::is_file(&candidate).unwrap_or(false) {
            if fs::is_executable(&candidate).unwrap_or(false) {
                return Ok(candidate);
            }
            note(
                &mut looked_at,
                &candidate,
                "is there but not executable; run `chmod +x` on it",
            );
        } else {
            note(&mut looked_at, &candidate, place);
        }
    }
    if looked_at.is_empty() {
        looked_at.push_str("\n  nowhere: neither PATH nor HOME names an absolute folder");
    }
    Err(Error::message(format!(
        "plugin `{name}` not found; install `{file}` into one of these places or set {variable} to it{looked_at}"
    )))
}

fn note(looked_at: &mut String, candidate: &Path, text: &str) {
    write!(looked_at, "\n  `{}` ({text})", candidate.display())
        .expect("a string takes every write");
}

/// The folders that plugins are looked for in. Relative ones are left out: what they name would
/// depend on where a build was started.
pub(crate) fn places(env: &Env) -> Vec<(&'static str, PathBuf)> {
    let mut places: Vec<(&'static str, PathBuf)> = Vec::new();
    for dir in env.path_folders() {
        if !places.iter().any(|(_, known)| *known == dir) {
            places.push(("PATH", dir));
        }
    }
    places.extend(env.plugin_folder().map(|dir| ("user's plugin folder", dir)));
    places
}

/// What a plugin gave back.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) response: GenerateResponse,
    /// What it wrote to stderr, fit to be shown.
    pub(crate) stderr: String,
}

/// Asks a program and judges everything about the answer but its paths.
pub(crate) fn ask(name: &str, run: Run) -> Result<Answer> {
    let limits = run.limits.clone();
    let (program, sandbox) = (run.program.clone(), run.sandbox.clone());
    let failed = |message: String, stderr: &[u8]| -> Error {
        ErrorKind::Plugin {
            message,
            stderr: visible::text(stderr),
        }
        .into()
    };
    match process::run(run) {
        Ok(ended) => judge(name, &sandbox, ended),
        Err(Failure::Interrupted) => Err(ErrorKind::Interrupted(Vec::new()).into()),
        Err(Failure::Start(error)) => Err(failed(start_fault(name, &program, &error), b"")),
        Err(Failure::Io(error)) => Err(failed(
            format!("lost the connection to plugin `{name}`: {error}"),
            b"",
        )),
        Err(Failure::TooLong { stderr }) => {
            let seconds = limits.time.as_secs_f64();
            let text = format!(
                "plugin `{name}` did not end within {seconds} s; give it longer with `timeout`"
            );
            Err(failed(text, &stderr))
        }
        Err(Failure::TooMuch { stderr }) => {
            let size = limits.stdout / (1024 * 1024);
            Err(failed(
                format!(
                    "plugin `{name}` answered with more than {size} MiB; `limits.response-mib` can allow more"
                ),
                &stderr,
            ))
        }
    }
}

fn start_fault(name: &str, program: &Path, error: &std::io::Error) -> String {
    let hint = match error.kind() {
        // The file is there, as it was found: what is missing is what its first line names.
        std::io::ErrorKind::NotFound => "; is the interpreter in its first line installed?",
        std::io::ErrorKind::PermissionDenied => "; may it be executed on this file system?",
        _ => "",
    };
    format!(
        "failed to start plugin `{name}` (`{}`): {error}{hint}",
        program.display()
    )
}

pub(crate) fn judge(name: &str, sandbox: &Sandbox, ended: Ended) -> Result<Answer> {
    let stderr = visible::text(&ended.stderr);
    if !ended.status.success() {
        let was_denied = DENIALS.iter().any(|words| stderr.contains(words));
        let hint = sandbox.hint().filter(|_| was_denied).unwrap_or_default();
        let message = format!("plugin `{name}` {}{hint}", fate(ended.status));
        return Err(ErrorKind::Plugin { message, stderr }.into());
    }
    match GenerateResponse::from_json(&ended.stdout) {
        Ok(response) => Ok(Answer { response, stderr }),
        Err(fault) => {
            let start = beginning(&ended.stdout);
            let message =
                format!("plugin `{name}` did not answer in protocol v1: {fault}; stdout {start}");
            Err(ErrorKind::Plugin { message, stderr }.into())
        }
    }
}

/// How programs say that the system did not let them.
const DENIALS: [&str; 4] = [
    "ermission denied",
    "EACCES",
    "EPERM",
    "peration not permitted",
];

/// What became of a plugin that failed.
fn fate(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was killed by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("failed with exit status {code}"),
        None => "failed".to_owned(),
    }
}

/// How an answer begins, so that people recognise a stray `echo`.
fn beginning(stdout: &[u8]) -> String {
    const SHOWN: usize = 200;
    if stdout.is_empty() {
        return "is empty".to_owned();
    }
    let start = visible::text(&stdout[..stdout.len().min(SHOWN)]).replace('\n', "\u{240a}");
    if start.is_empty() {
        return "begins with blanks".to_owned();
    }
    let dots = if stdout.len() > SHOWN { "..." } else { "" };
    format!("begins with `{start}{dots}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_variables() {
        for (plugin, name, variable) in [
            (PluginRef::from("helm"), "helm", "PACTO_PLUGIN_HELM"),
            (
                PluginRef::Path("tools/pacto-plugin-read.me".to_owned()),
                "read.me",
                "PACTO_PLUGIN_READ_ME",
            ),
            (
                PluginRef::Crate("pacto-plugin-a-b".to_owned()),
                "a-b",
                "PACTO_PLUGIN_A_B",
            ),
            (
                PluginRef::Crate("acme".to_owned()),
                "acme",
                "PACTO_PLUGIN_ACME",
            ),
        ] {
            assert_eq!(
                (plugin.name(), plugin.variable().as_str()),
                (name, variable)
            );
        }
    }
}
