//! The levels in the words of Landlock.

use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;

use super::Sandbox;
use crate::config::SandboxLevel;
use crate::fs;
use crate::sys::landlock::{self, Ruleset, access};

const READ: u64 = access::EXECUTE | access::READ_FILE | access::READ_DIR;
const WRITE: u64 = access::WRITE_FILE | access::CHANGE_DIR | access::REFER | access::TRUNCATE;

/// What programs write to and nobody keeps. No terminal: what is written there moves the cursor.
const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// What programs are made of, and what they ask about the machine. Not `/proc` itself: `/proc/self` is the build script
/// while the rules are made, and its environment may hold tokens.
const SYSTEM: [&str; 18] = [
    "/bin",
    "/etc",
    "/gnu/store",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/opt",
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys",
    "/run/current-system",
    "/sbin",
    "/sys/devices/system",
    "/usr",
];

/// Where names are resolved.
const RESOLVERS: [&str; 2] = ["/run/systemd/resolve", "/run/nscd"];

#[expect(
    clippy::disallowed_methods,
    reason = "a child of `process` is started here, restricted"
)]
pub(super) fn spawn(sandbox: &Sandbox, command: &mut Command) -> io::Result<Child> {
    let rules = rules(sandbox)?;
    let restricted = || {
        rules.restrict_thread()?;
        landlock::keep_descriptors()?;
        command.spawn()
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, restricted)?;
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it panicked")))
    })
}

fn rules(sandbox: &Sandbox) -> io::Result<Ruleset> {
    let is_strict = sandbox.level == SandboxLevel::Strict;
    let refused = if is_strict { READ | WRITE } else { WRITE } | access::IOCTL_DEV;
    let rules = Ruleset::new(landlock::version(), refused, sandbox.has_network)?;
    let allow = |path: &Path, access: u64| -> io::Result<()> {
        // What is not there needs no rule.
        let Some((file, is_folder)) = fs::handle(path)? else {
            return Ok(());
        };
        let access = if is_folder {
            access
        } else {
            access & access::OF_FILES
        };
        rules.allow(file.as_fd(), access)
    };
    for device in DEVICES {
        let all = access::READ_FILE | access::WRITE_FILE | access::TRUNCATE | access::IOCTL_DEV;
        allow(Path::new(device), all)?;
    }
    for path in &sandbox.write {
        allow(path, READ | WRITE)?;
    }
    if !is_strict {
        return Ok(rules);
    }
    for path in SYSTEM {
        allow(Path::new(path), READ)?;
    }
    for path in RESOLVERS.iter().filter(|_| sandbox.has_network) {
        allow(Path::new(path), READ)?;
    }
    for path in &sandbox.list {
        allow(path, access::READ_DIR)?;
    }
    for path in &sandbox.read {
        allow(path, READ)?;
    }
    Ok(rules)
}
