//! The door to the disk: nothing else in the crate reads or writes files.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the one module that may touch the disk"
)]

#[cfg(target_os = "linux")]
mod handle;
mod staged;
mod temp_dir;
mod turn;

#[cfg(not(pacto_faults))]
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::{Error, Result, is_absent};
#[cfg(pacto_faults)]
use crate::faults::{self as fs, File};
use crate::hash::Hash;
use crate::sorted;

#[cfg(target_os = "linux")]
pub(crate) use handle::handle;
pub(crate) use staged::{STAGED_PREFIX, Spilled, Staged, sweep, write_if_changed};
#[cfg(feature = "driver")]
pub(crate) use temp_dir::TEMP_PREFIX;
pub(crate) use temp_dir::TempDir;
pub(crate) use turn::Turn;

/// What tells, without reading, that a file is the one that was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// Nanoseconds since 1970; negative before.
    pub(crate) mtime: i128,
    /// Zero where the platform has none.
    pub(crate) inode: u64,
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            size: metadata.len(),
            mtime: mtime(metadata),
            inode: inode(metadata),
        }
    }

    /// Whether a later change would show: file systems count time in steps of up to two seconds, so
    /// a file that is younger than a step may change again and look the same.
    pub(crate) fn is_settled(&self, now: SystemTime) -> bool {
        let coarse = self.mtime % 1_000_000_000 == 0;
        let step: i128 = if coarse { 2_000_000_000 } else { 50_000_000 };
        self.mtime + step <= nanos(now)
    }
}

fn mtime(metadata: &fs::Metadata) -> i128 {
    nanos(metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH))
}

fn nanos(time: SystemTime) -> i128 {
    let signed = |span: Duration| i128::try_from(span.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => signed(after),
        Err(before) => -signed(before.duration()),
    }
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

/// The text of `path`, or `None` if there is no such file.
pub(crate) fn read_text_if_any(path: &Path) -> Result<Option<String>> {
    check_regular(path)?;
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(source) => Err(Error::io("read", path, source)),
    }
}

/// The content of `path`, or `None` if there is no such file.
pub(crate) fn read_if_any(path: &Path) -> Result<Option<Vec<u8>>> {
    check_regular(path)?;
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(source) => Err(Error::io("read", path, source)),
    }
}

/// A FIFO or a device would be read for ever.
fn check_regular(path: &Path) -> Result<()> {
    match look(path)? {
        Found::Folder => Err(Error::message(format!(
            "`{}` is a folder, and a file is needed there",
            path.display()
        ))),
        Found::Other => Err(Error::message(format!(
            "`{}` is no regular file",
            path.display()
        ))),
        Found::File(_) | Found::Nothing => Ok(()),
    }
}

/// What a file's content was when it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashed {
    pub(crate) hash: Hash,
    /// What it looked like before.
    pub(crate) stamp: Stamp,
    /// It is text that has CRLF, which counts as LF.
    pub(crate) has_crlf: bool,
}

pub(crate) fn hash(path: &Path) -> Result<Hashed> {
    let failed = |source| Error::io("read", path, source);
    let file = File::open(path).map_err(failed)?;
    let stamp = Stamp::of(&file.metadata().map_err(failed)?);
    let (hash, has_crlf) = Hash::of_reader(file, stamp.size).map_err(failed)?;
    Ok(Hashed {
        hash,
        stamp,
        has_crlf,
    })
}

/// What stands at a path when links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    File(Stamp),
    Folder,
    /// A socket, a FIFO, a device.
    Other,
}

/// Looks at `path`; a dangling link is [`Found::Nothing`].
pub(crate) fn look(path: &Path) -> Result<Found> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(found(&metadata)),
        Err(error) if is_absent(&error) => Ok(Found::Nothing),
        Err(source) => Err(Error::io("look at", path, source)),
    }
}

fn found(metadata: &fs::Metadata) -> Found {
    if metadata.is_file() {
        Found::File(Stamp::of(metadata))
    } else if metadata.is_dir() {
        Found::Folder
    } else {
        Found::Other
    }
}

/// Whether `path` leads to a file. What cannot be looked at is not taken for nothing: somebody's file would be
/// overwritten, and one of ours forgotten.
pub(crate) fn is_file(path: &Path) -> Result<bool> {
    Ok(matches!(look(path)?, Found::File(_)))
}

pub(crate) fn is_dir(path: &Path) -> Result<bool> {
    Ok(look(path)? == Found::Folder)
}

/// Whether anything stands at `path` itself, a link that leads nowhere included.
pub(crate) fn exists(path: &Path) -> Result<bool> {
    Ok(look_at_itself(path)?.is_some())
}

pub(crate) fn is_symlink(path: &Path) -> Result<bool> {
    Ok(standing(path)? == Standing::Link)
}

/// What stands at a path when links are not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Nothing,
    File,
    Folder,
    Link,
    Other,
}

pub(crate) fn standing(path: &Path) -> Result<Standing> {
    let Some(metadata) = look_at_itself(path)? else {
        return Ok(Standing::Nothing);
    };
    Ok(if metadata.is_symlink() {
        Standing::Link
    } else if metadata.is_file() {
        Standing::File
    } else if metadata.is_dir() {
        Standing::Folder
    } else {
        Standing::Other
    })
}

fn look_at_itself(path: &Path) -> Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(source) => Err(Error::io("look at", path, source)),
    }
}

/// Whether the system would start `path`; where there is no such bit, every file is a candidate.
#[cfg(unix)]
pub(crate) fn is_executable(path: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.permissions().mode() & 0o111 != 0),
        Err(source) => Err(Error::io("look at", path, source)),
    }
}

#[cfg(not(unix))]
pub(crate) fn is_executable(path: &Path) -> Result<bool> {
    is_file(path)
}

/// The time of the last change of `path`, if it is there.
pub(crate) fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

pub(crate) fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(|source| Error::io("resolve", path, source))
}

/// One name in a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) found: Found,
    pub(crate) is_link: bool,
}

/// What is in `dir`, sorted by name. Names that are not UTF-8 are an error: no contract can name them.
pub(crate) fn list(dir: &Path) -> Result<Vec<Entry>> {
    let failed = |source| Error::io("list", dir, source);
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            let text = format!("the name of `{}` is not UTF-8; rename it", path.display());
            return Err(Error::message(text));
        };
        let is_link = entry.file_type().map_err(failed)?.is_symlink();
        // One system call for each file: `DirEntry::metadata` needs no path, and only a link needs another.
        let found = match entry.metadata() {
            Ok(_) if is_link => look(&path)?,
            Ok(metadata) => found(&metadata),
            Err(error) if is_absent(&error) => Found::Nothing,
            Err(source) => return Err(Error::io("look at", &path, source)),
        };
        entries.push(Entry {
            name,
            path,
            found,
            is_link,
        });
    }
    Ok(sorted::by_text(entries, |entry| &entry.name))
}

/// Copies the content of a file.
#[cfg(feature = "driver")]
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    match fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::io("copy", from, source)),
    }
}

/// Creates `dir` and the folders above it; gives those that were not there.
pub(crate) fn create_dirs(dir: &Path) -> Result<Vec<PathBuf>> {
    let missing: Vec<PathBuf> = dir
        .ancestors()
        .take_while(|folder| matches!(look_at_itself(folder), Ok(None)))
        .map(Path::to_path_buf)
        .collect();
    fs::create_dir_all(dir).map_err(|source| Error::io("create", dir, source))?;
    Ok(missing)
}

pub(crate) fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => Err(Error::io("remove", path, error)),
        _ => Ok(()),
    }
}

/// Removes a folder of ours with all that is in it; does nothing where there is none.
pub(crate) fn remove_folder(dir: &Path) -> Result<()> {
    if !is_dir(dir)? || is_symlink(dir)? {
        return Ok(());
    }
    fs::remove_dir_all(dir).map_err(|source| Error::io("remove", dir, source))
}

/// Removes `dir` and then the folders above it, below `top` and `top` itself, as long as they are empty.
pub(crate) fn remove_empty_dirs(dir: &Path, top: &Path) {
    for folder in dir.ancestors().take_while(|folder| folder.starts_with(top)) {
        // A folder that is not empty is not ours to remove, and the call says so by failing.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Sets a folder's time. Only Cargo's watching needs it, so that where it cannot be done (a folder of
/// somebody else, Windows) nothing is lost but one more run.
pub(crate) fn set_folder_time(dir: &Path, time: SystemTime) {
    let _ = File::open(dir).and_then(|folder| folder.set_modified(time));
}
