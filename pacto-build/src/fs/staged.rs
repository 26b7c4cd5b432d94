//! Files on their way: whole in their place, or not at all.

#[cfg(not(pacto_faults))]
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use super::{create_dirs, read_if_any, remove_file};
use crate::error::{Error, Result};
#[cfg(pacto_faults)]
use crate::faults::{self as fs, File, OpenOptions};

/// Begins the name of every file that is written before it is renamed to its place.
pub(crate) const STAGED_PREFIX: &str = ".pacto-staged-";

/// A file that waits beside its destination. Dropped before [`commit`](Staged::commit), it is gone again.
#[derive(Debug)]
pub(crate) struct Staged {
    staged: PathBuf,
    destination: PathBuf,
    committed: bool,
}

impl Staged {
    /// Writes `contents` beside `destination`, with the mode that the file there has.
    ///
    /// `time` becomes the file's own, so that Cargo does not take what a build script writes for a
    /// later change.
    pub(crate) fn new(
        destination: &Path,
        contents: &[u8],
        time: Option<SystemTime>,
    ) -> Result<Self> {
        let failed = |source| Error::io("write", destination, source);
        let (file, staged) = create_beside(destination).map_err(failed)?;
        let this = Self {
            staged,
            destination: destination.to_path_buf(),
            committed: false,
        };
        this.fill(file, contents, time).map_err(failed)?;
        Ok(this)
    }

    fn fill(&self, mut file: File, contents: &[u8], time: Option<SystemTime>) -> io::Result<()> {
        file.write_all(contents)?;
        if let Ok(metadata) = fs::symlink_metadata(&self.destination) {
            file.set_permissions(metadata.permissions())?;
        }
        if let Some(time) = time {
            file.set_modified(time)?;
        }
        Ok(())
    }

    /// Removes the file, and says so if it cannot.
    pub(crate) fn discard(mut self) -> Result<()> {
        // Either way there is nothing left to do about it.
        self.committed = true;
        remove_file(&self.staged)
    }

    /// Puts the file in its place: readers see the old content or the new, never a part.
    ///
    /// Not synced to disk: after a power cut the old file may be back, and the next run writes it again.
    pub(crate) fn commit(mut self) -> Result<()> {
        fs::rename(&self.staged, &self.destination)
            .map_err(|source| Error::io("write", &self.destination, source))?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.committed {
            // The error that made us give up is the one to report, not this one.
            let _ = fs::remove_file(&self.staged);
        }
    }
}

/// Creates a file beside `destination`, under a name of its own: the file's may be as long as names can be.
fn create_beside(destination: &Path) -> io::Result<(File, PathBuf)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            destination.with_file_name(format!("{STAGED_PREFIX}{}-{number}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            // Left by a process that had our number and was killed.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Removes what a run that was killed has staged in `folder`. Whoever stages holds the package's turn, so that what
/// another process left there is of nobody who lives. What cannot be removed now is only litter.
pub(crate) fn sweep(folder: &Path) {
    let own = format!("{STAGED_PREFIX}{}-", std::process::id());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(STAGED_PREFIX) && !name.starts_with(&own) {
            let path = entry.path();
            let _ = fs::remove_file(&path);
        }
    }
}

/// What has no room in memory; gone when dropped.
#[derive(Debug)]
pub(crate) struct Spilled(PathBuf);

impl Spilled {
    /// Writes `contents` into a file of its own in `dir`.
    pub(crate) fn new(dir: &Path, contents: &[u8]) -> Result<Self> {
        let failed = |source| Error::io("write into", dir, source);
        create_dirs(dir)?;
        let (mut file, path) = create_beside(&dir.join("spilled")).map_err(failed)?;
        let this = Self(path);
        file.write_all(contents).map_err(failed)?;
        Ok(this)
    }

    pub(crate) fn read(&self) -> Result<Vec<u8>> {
        fs::read(&self.0).map_err(|source| Error::io("read", &self.0, source))
    }
}

impl Drop for Spilled {
    fn drop(&mut self) {
        // It is only litter, in a folder of ours.
        let _ = fs::remove_file(&self.0);
    }
}

/// Replaces `path` with `contents` unless they are the same already.
pub(crate) fn write_if_changed(
    path: &Path,
    contents: &[u8],
    time: Option<SystemTime>,
) -> Result<()> {
    if read_if_any(path)?.as_deref() == Some(contents) {
        return Ok(());
    }
    Staged::new(path, contents, time)?.commit()
}
