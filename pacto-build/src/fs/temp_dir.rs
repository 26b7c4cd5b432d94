//! Folders that end with the run.

#[cfg(not(pacto_faults))]
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::create_dirs;
use crate::error::{Error, Result};
#[cfg(pacto_faults)]
use crate::faults as fs;

/// Begins the name of every folder for temporary files.
pub(crate) const TEMP_PREFIX: &str = ".pacto-tmp-";

/// A folder of our own for a plugin's temporary files; removed when dropped.
#[derive(Debug)]
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new(parent: &Path) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{TEMP_PREFIX}{}-{number}", std::process::id()));
            match private_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::NotFound => drop(create_dirs(parent)?),
                // Left by a process that had our number and was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Error::io("create", &path, source)),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

#[cfg(unix)]
fn private_dir(path: &Path) -> io::Result<()> {
    #[cfg(not(pacto_faults))]
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // Most plugins leave nothing there.
        if fs::remove_dir(&self.0).is_err() {
            // What one left may be in use by a process that it left behind; it is only litter.
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
