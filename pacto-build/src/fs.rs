//! The door to the disk: nothing else in the crate reads or writes files.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the one module that may touch the disk"
)]

#[cfg(not(pacto_faults))]
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use crate::error::{Error, Result, is_absent};
#[cfg(pacto_faults)]
use crate::faults::{self as fs, File, OpenOptions};
use crate::hash::Hash;
use crate::sorted;

/// Begins the name of every file that is written before it is renamed to its place.
pub(crate) const STAGED_PREFIX: &str = ".pacto-staged-";

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

/// A handle that stands for `path` and can neither read nor write it, and whether it is a folder's; `None` if
/// nothing is there that we could reach.
#[cfg(target_os = "linux")]
pub(crate) fn handle(path: &Path) -> io::Result<Option<(File, bool)>> {
    #[cfg(not(pacto_faults))]
    use std::os::unix::fs::OpenOptionsExt as _;
    /// The same number wherever Rust has Linux, but for sparc.
    const O_PATH: i32 = 0o10_000_000;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(O_PATH)
        .open(path);
    match opened {
        Ok(file) => {
            let is_folder = file.metadata()?.is_dir();
            Ok(Some((file, is_folder)))
        }
        Err(error) if is_absent(&error) || error.kind() == ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(error),
    }
}

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
