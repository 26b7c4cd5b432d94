//! Faults on order, for the tests of what happens when a machine fails: compiled with `--cfg pacto_faults` and in no build
//! of anybody's.
//!
//! `PACTO_FAULT=KIND:N:FAULT` lets the N-th effect (from 0) of a kind fail. KIND is `change`, for what changes the disk, or
//! `any`, with reading and starting programs. FAULT is `kill`, which ends the process at that point, or the number of an error
//! of the system. `PACTO_FAULT_LOG` names a file that then tells which effect it was.
#![expect(
    clippy::disallowed_methods,
    reason = "it stands in for the functions that the door to the disk is made of"
)]

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;
use std::{env, fs, process};

pub(crate) use std::fs::{Metadata, Permissions, canonicalize};

/// A call that was interrupted has done nothing.
const EINTR: i32 = 4;

struct Order {
    only_changes: bool,
    number: usize,
    /// `None` to end the process.
    error: Option<i32>,
}

fn order() -> Option<&'static Order> {
    static ORDER: OnceLock<Option<Order>> = OnceLock::new();
    let read = || {
        let text = env::var("PACTO_FAULT").ok()?;
        let [kind, number, fault] = text.split(':').collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(Order {
            only_changes: kind == "change",
            number: number.parse().ok()?,
            error: fault.parse().ok(),
        })
    };
    ORDER.get_or_init(read).as_ref()
}

/// Whether the effect that is about to happen is the one that is to fail; `None` ends the process.
fn due(effect: &str, path: &Path, is_change: bool) -> Option<Option<i32>> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let order = order()?;
    if order.only_changes && !is_change {
        return None;
    }
    if COUNT.fetch_add(1, Ordering::SeqCst) != order.number {
        return None;
    }
    if let Some(log) = env::var_os("PACTO_FAULT_LOG") {
        let _ = fs::write(log, format!("{effect} {}", path.display()));
    }
    Some(order.error)
}

fn fail(fault: Option<i32>) -> io::Error {
    match fault {
        Some(number) => io::Error::from_raw_os_error(number),
        None => process::abort(),
    }
}

fn change(effect: &str, path: &Path) -> io::Result<()> {
    due(effect, path, true).map_or(Ok(()), |fault| Err(fail(fault)))
}

pub(crate) fn look(effect: &str, path: &Path) -> io::Result<()> {
    due(effect, path, false).map_or(Ok(()), |fault| Err(fail(fault)))
}

pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    look("read", path)?;
    fs::read(path)
}

pub(crate) fn read_to_string(path: &Path) -> io::Result<String> {
    look("read", path)?;
    fs::read_to_string(path)
}

pub(crate) fn metadata(path: &Path) -> io::Result<Metadata> {
    look("look at", path)?;
    fs::metadata(path)
}

pub(crate) fn symlink_metadata(path: &Path) -> io::Result<Metadata> {
    look("look at", path)?;
    fs::symlink_metadata(path)
}

pub(crate) fn read_dir(path: &Path) -> io::Result<fs::ReadDir> {
    look("list", path)?;
    fs::read_dir(path)
}

pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    change("rename to", to)?;
    fs::rename(from, to)
}

pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    change("copy to", to)?;
    fs::copy(from, to)
}

pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    change("remove", path)?;
    fs::remove_file(path)
}

pub(crate) fn remove_dir(path: &Path) -> io::Result<()> {
    change("remove", path)?;
    fs::remove_dir(path)
}

pub(crate) fn remove_dir_all(path: &Path) -> io::Result<()> {
    change("remove all of", path)?;
    fs::remove_dir_all(path)
}

pub(crate) fn create_dir_all(path: &Path) -> io::Result<()> {
    change("create", path)?;
    fs::create_dir_all(path)
}

/// As `std::fs::File`, as far as the door uses it.
#[derive(Debug)]
pub(crate) struct File(fs::File, PathBuf);

impl File {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        look("open", path)?;
        Ok(Self(fs::File::open(path)?, path.to_path_buf()))
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }

    pub(crate) fn lock(&self) -> io::Result<()> {
        look("lock", &self.1)?;
        self.0.lock()
    }

    pub(crate) fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        change("set the mode of", &self.1)?;
        self.0.set_permissions(permissions)
    }

    pub(crate) fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        change("set the time of", &self.1)?;
        self.0.set_modified(time)
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        look("read", &self.1)?;
        self.0.read(buffer)
    }
}

impl Write for File {
    /// Half of it is written before a fault, but for an interruption, after which the caller writes all of it again.
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if let Some(fault) = due("write", &self.1, true) {
            if fault != Some(EINTR) {
                self.0.write_all(&buffer[..buffer.len() / 2])?;
            }
            return Err(fail(fault));
        }
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// As `std::fs::OpenOptions`, as far as the door uses it.
pub(crate) struct OpenOptions(
    fs::OpenOptions,
    /// Whether it is for writing.
    bool,
);

impl OpenOptions {
    pub(crate) fn new() -> Self {
        Self(fs::OpenOptions::new(), false)
    }

    pub(crate) fn read(&mut self, read: bool) -> &mut Self {
        self.0.read(read);
        self
    }

    pub(crate) fn custom_flags(&mut self, flags: i32) -> &mut Self {
        OpenOptionsExt::custom_flags(&mut self.0, flags);
        self
    }

    pub(crate) fn write(&mut self, write: bool) -> &mut Self {
        self.0.write(write);
        self.1 = write;
        self
    }

    pub(crate) fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.0.create_new(create_new);
        self
    }

    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        if self.1 {
            change("create", path)?;
        } else {
            look("open", path)?;
        }
        Ok(File(self.0.open(path)?, path.to_path_buf()))
    }
}

/// As `std::fs::DirBuilder`, as far as the door uses it.
pub(crate) struct DirBuilder(fs::DirBuilder);

impl DirBuilder {
    pub(crate) fn new() -> Self {
        Self(fs::DirBuilder::new())
    }

    pub(crate) fn mode(&mut self, mode: u32) -> &mut Self {
        DirBuilderExt::mode(&mut self.0, mode);
        self
    }

    pub(crate) fn create(&self, path: &Path) -> io::Result<()> {
        change("create", path)?;
        self.0.create(path)
    }
}
