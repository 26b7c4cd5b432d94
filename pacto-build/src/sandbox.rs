//! What a plugin may touch: everything that restricts a child happens in [`Sandbox::spawn`].
//!
//! On Linux, Landlock binds a thread and whatever it starts from then on. A thread of its own starts the plugin, so that
//! we ourselves stay as free as we were, and nothing has to run between fork and exec.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::config::{SandboxConfig, SandboxLevel};
use crate::env::Env;
use crate::fs;
use crate::sys;

/// What is asked for, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Sandbox {
    level: SandboxLevel,
    /// Somebody wrote the level down, so that less is an error.
    is_required: bool,
    has_network: bool,
    /// What may be read, whatever it is, with everything below it. Only `strict` asks.
    pub(crate) read: Vec<PathBuf>,
    /// Folders whose names may be read, and those of the folders below.
    pub(crate) list: Vec<PathBuf>,
    /// What may be changed, with everything below it.
    pub(crate) write: Vec<PathBuf>,
}

impl Sandbox {
    /// What `config` asks for; its paths are relative to the package in `dir`, or to the user's home after `~/`.
    pub(crate) fn new(config: Option<&SandboxConfig>, dir: &Path, env: &Env) -> Self {
        let level = config.and_then(|config| config.level);
        let absolute = |path: &String| match (path.strip_prefix("~/"), env.home()) {
            (Some(path), Some(home)) => home.join(path),
            _ => dir.join(path),
        };
        let below = |paths: &[String]| paths.iter().map(absolute).collect();
        Self {
            level: level.unwrap_or(SandboxLevel::ReadOnly),
            is_required: level.is_some(),
            has_network: config.is_some_and(|config| config.network),
            read: config.map_or_else(Vec::new, |config| below(&config.read)),
            list: Vec::new(),
            write: config.map_or_else(Vec::new, |config| below(&config.write)),
        }
    }

    /// Whether it matters what a plugin reads.
    pub(crate) fn is_strict(&self) -> bool {
        self.level == SandboxLevel::Strict && sys::landlock_version() > 0
    }

    /// What is enforced on this machine, in words for people.
    pub(crate) fn enforced(&self) -> String {
        self.enforced_by(sys::landlock_version())
    }

    fn enforced_by(&self, version: u32) -> String {
        let level = self.level.name();
        if self.level == SandboxLevel::Off {
            return level.to_owned();
        }
        if version == 0 {
            return format!("off, since {NO_LANDLOCK}");
        }
        let network = if self.has_network { " with TCP" } else { "" };
        match &*self.gaps(version) {
            [] => format!("{level}{network}"),
            gaps => format!(
                "{level}{network}, but this kernel cannot refuse {}",
                gaps.join(" and ")
            ),
        }
    }

    /// What a plugin can do although it should not.
    fn gaps(&self, version: u32) -> Vec<&'static str> {
        let gaps = [
            (version < 3, "truncating files"),
            (version < 4 && !self.has_network, "TCP"),
            (version < 6, "signals to other processes"),
        ];
        let gaps = gaps.into_iter().filter(|(is_open, _)| *is_open);
        gaps.map(|(_, name)| name).collect()
    }

    /// What to say of a plugin that was denied something, if that may have been our doing.
    pub(crate) fn hint(&self) -> Option<String> {
        let keys = match self.level {
            SandboxLevel::Off => return None,
            SandboxLevel::ReadOnly => "`sandbox.write`",
            SandboxLevel::Strict => "`sandbox.read` or `sandbox.write`",
        };
        (sys::landlock_version() > 0).then(|| {
            let level = self.level.name();
            format!(
                "; it ran in sandbox `{level}`: if it needs what it was denied, name that in {keys}"
            )
        })
    }

    /// Why a plugin cannot be run as it is written down.
    pub(crate) fn obstacle(&self) -> Option<String> {
        self.obstacle_in(sys::landlock_version()).or_else(|| {
            let missing = self.write.iter().find(|path| !fs::exists(path).unwrap_or(false))?;
            Some(format!(
                "`{}` is not there, and `sandbox.write` names it; create it or take it out of there",
                missing.display()
            ))
        })
    }

    fn obstacle_in(&self, version: u32) -> Option<String> {
        if self.level == SandboxLevel::Off || !self.is_required {
            return None;
        }
        // What the levels promise is about files and TCP.
        let why = match version {
            0 => NO_LANDLOCK.to_owned(),
            1 | 2 => "this kernel cannot refuse to truncate files (Linux 6.2 can)".to_owned(),
            3 if !self.has_network => "this kernel cannot refuse TCP (Linux 6.7 can)".to_owned(),
            _ => return None,
        };
        Some(format!(
            "sandbox level `{}` cannot be given here: {why}; set it to \"off\", or leave it out for as much as there is",
            self.level.name()
        ))
    }

    /// Starts `command` under the restrictions. Its streams must have been made by the caller: the thread that starts it
    /// has descriptors of its own.
    #[expect(
        clippy::disallowed_methods,
        reason = "a child of `process` is started here, restricted"
    )]
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        #[cfg(target_os = "linux")]
        if self.level != SandboxLevel::Off && sys::landlock_version() > 0 {
            return rules::spawn(self, command);
        }
        command.spawn()
    }
}

const NO_LANDLOCK: &str = if cfg!(target_os = "linux") {
    "this system has no Landlock, which Linux has since 5.13 where it is not turned off"
} else {
    "only Linux has a sandbox for plugins"
};

#[cfg(target_os = "linux")]
mod rules;

#[cfg(test)]
mod tests {
    use super::*;

    fn sandbox(level: Option<SandboxLevel>, network: bool) -> Sandbox {
        let config = SandboxConfig {
            level,
            network,
            ..SandboxConfig::default()
        };
        Sandbox::new(Some(&config), Path::new("/"), &Env::of(&[]))
    }

    #[test]
    fn every_version_says_what_it_enforces() {
        use SandboxLevel::{Off, ReadOnly, Strict};
        let nothing = format!("off, since {NO_LANDLOCK}");
        for (level, network, version, expected) in [
            (Some(Off), false, 7, "off"),
            (Some(Off), false, 0, "off"),
            (None, false, 0, &*nothing),
            (Some(Strict), false, 0, &*nothing),
            (
                None,
                false,
                1,
                "read-only, but this kernel cannot refuse truncating files and TCP and signals to other processes",
            ),
            (
                Some(Strict),
                true,
                3,
                "strict with TCP, but this kernel cannot refuse signals to other processes",
            ),
            (
                Some(ReadOnly),
                false,
                5,
                "read-only, but this kernel cannot refuse signals to other processes",
            ),
            (None, false, 6, "read-only"),
            (Some(Strict), true, 99, "strict with TCP"),
        ] {
            assert_eq!(sandbox(level, network).enforced_by(version), expected);
        }
    }

    #[test]
    fn only_a_level_that_is_written_down_is_insisted_on() {
        use SandboxLevel::{Off, ReadOnly, Strict};
        for (level, network, version, is_given) in [
            (None, false, 0, true),
            (Some(Off), false, 0, true),
            (Some(ReadOnly), false, 0, false),
            (Some(Strict), true, 2, false),
            (Some(Strict), false, 3, false),
            (Some(Strict), true, 3, true),
            (Some(ReadOnly), false, 4, true),
        ] {
            let obstacle = sandbox(level, network).obstacle_in(version);
            assert_eq!(obstacle.is_none(), is_given, "{level:?} {version}");
        }
    }
}
