//! One process at a time.

#[cfg(not(pacto_faults))]
use std::fs::File;
#[cfg(not(unix))]
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::{Error, Result};
#[cfg(pacto_faults)]
use crate::faults::File;
#[cfg(not(unix))]
use crate::hash::Hash;

/// The right to judge and write below a folder; other processes wait for it.
#[derive(Debug)]
pub(crate) struct Turn {
    _held: File,
}

impl Turn {
    /// Waits until no other process is writing below `dir`. The system takes the right back when the
    /// process ends, however it ends.
    pub(crate) fn take(dir: &Path) -> Result<Self> {
        let failed = |source| Error::io("lock", dir, source);
        let held = turnstile(dir).map_err(failed)?;
        held.lock().map_err(failed)?;
        Ok(Self { _held: held })
    }
}

/// A handle of the folder itself, so that no file appears for the lock.
#[cfg(unix)]
fn turnstile(dir: &Path) -> io::Result<File> {
    File::open(dir)
}

/// Windows cannot lock folders: a file in the temporary folder, named for the folder, stands in.
#[cfg(not(unix))]
fn turnstile(dir: &Path) -> io::Result<File> {
    let name = Hash::of(fs::canonicalize(dir)?.as_os_str().as_encoded_bytes());
    let path = std::env::temp_dir().join(format!("pacto-{name}.lock"));
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}
