//! What a plugin may touch. The seam: everything that restricts a child happens in [`Sandbox::spawn`].

use std::io;
use std::process::{Child, Command};

use crate::config::{SandboxConfig, SandboxLevel};

/// What is asked for, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Sandbox {
    level: SandboxLevel,
    /// Somebody wrote the level down, so that less is an error.
    is_required: bool,
}

impl Sandbox {
    pub(crate) fn new(config: Option<&SandboxConfig>) -> Self {
        let level = config.map_or(SandboxLevel::ReadOnly, |config| config.level);
        Self {
            level,
            is_required: config.is_some(),
        }
    }

    /// What is enforced on this machine, in words for `cargo pacto list`.
    pub(crate) fn enforced(&self) -> &'static str {
        SandboxLevel::Off.name()
    }

    /// Why the level cannot be given here, if somebody insists on it.
    pub(crate) fn obstacle(&self) -> Option<String> {
        let is_given = self.level == SandboxLevel::Off || !self.is_required;
        (!is_given).then(|| {
            let level = self.level.name();
            format!("sandbox level `{level}` cannot be enforced by this version; remove it or set it to \"off\"")
        })
    }

    /// Starts `command` under the restrictions.
    #[expect(
        clippy::disallowed_methods,
        reason = "a child of `process` is started here, restricted"
    )]
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        command.spawn()
    }
}
