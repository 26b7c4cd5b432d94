//! Landlock: what a thread, and every program that it starts, may do with files, TCP and other processes.
//!
//! Structures, numbers and rights are those of the kernel's `uapi/linux/landlock.h`.

use std::ffi::{c_int, c_long, c_uint, c_ulong};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::sync::OnceLock;

/// What can be done with files.
pub(crate) mod access {
    pub(crate) const EXECUTE: u64 = 1;
    pub(crate) const WRITE_FILE: u64 = 1 << 1;
    pub(crate) const READ_FILE: u64 = 1 << 2;
    pub(crate) const READ_DIR: u64 = 1 << 3;
    /// From removing a folder to making a symlink: whatever changes what a folder holds.
    pub(crate) const CHANGE_DIR: u64 = 0x1ff << 4;
    /// Linking and renaming from one folder into another.
    pub(crate) const REFER: u64 = 1 << 13;
    pub(crate) const TRUNCATE: u64 = 1 << 14;
    pub(crate) const IOCTL_DEV: u64 = 1 << 15;

    /// What a rule for something that is no folder may say.
    pub(crate) const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
}

/// Listening on and connecting to TCP ports.
const TCP: u64 = 0b11;
/// Abstract Unix sockets of, and signals to, processes outside.
const OUTSIDE: u64 = 0b11;

/// Where the calls have the numbers below: a few old architectures count from somewhere else.
const HAS_THESE_NUMBERS: bool = cfg!(any(
    target_arch = "x86_64",
    target_arch = "x86",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv64",
    target_arch = "powerpc64",
    target_arch = "s390x",
    target_arch = "loongarch64"
));

const CREATE_RULESET: c_long = 444;
const ADD_RULE: c_long = 445;
const RESTRICT_SELF: c_long = 446;
const CLOSE_RANGE: c_long = 436;

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn prctl(option: c_int, ...) -> c_int;
    fn capget(header: *mut CapHeader, data: *mut [CapData; 2]) -> c_int;
    fn capset(header: *mut CapHeader, data: *const [CapData; 2]) -> c_int;
}

#[repr(C)]
struct CapHeader {
    version: u32,
    pid: c_int,
}

/// Each a set of 32 capabilities.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

#[repr(C)]
struct RulesetAttr {
    fs: u64,
    net: u64,
    scoped: u64,
}

#[repr(C, packed)]
struct PathBeneathAttr {
    access: u64,
    parent: c_int,
}

/// Which version of Landlock this system has; 0 for none. It is asked once.
pub(crate) fn version() -> u32 {
    static VERSION: OnceLock<u32> = OnceLock::new();
    *VERSION.get_or_init(ask_version)
}

fn ask_version() -> u32 {
    const VERSION: c_uint = 1;
    if !HAS_THESE_NUMBERS {
        return 0;
    }
    let nothing = std::ptr::null::<RulesetAttr>();
    // SAFETY: with this flag the system takes a null pointer and no size, and gives a number.
    let version = unsafe { syscall(CREATE_RULESET, nothing, 0_usize, VERSION) };
    u32::try_from(version).unwrap_or(0)
}

/// Everything that is refused to who is restricted by it, and what is not after all.
#[derive(Debug)]
pub(crate) struct Ruleset {
    fd: OwnedFd,
    fs: u64,
}

impl Ruleset {
    /// Refuses the rights `fs` and, unless it `has_network`, TCP; as far as `version` can.
    pub(crate) fn new(version: u32, fs: u64, has_network: bool) -> io::Result<Self> {
        let (known, size) = match version {
            0 => return Err(io::ErrorKind::Unsupported.into()),
            1 => (access::REFER - 1, 8),
            2 => (access::TRUNCATE - 1, 8),
            3 => (access::IOCTL_DEV - 1, 8),
            4 => (access::IOCTL_DEV - 1, 16),
            5 => (access::IOCTL_DEV * 2 - 1, 16),
            _ => (access::IOCTL_DEV * 2 - 1, 24_usize),
        };
        let attr = RulesetAttr {
            fs: fs & known,
            net: if has_network { 0 } else { TCP },
            scoped: OUTSIDE,
        };
        // SAFETY: the pointer is to a structure of at least `size` bytes, which the system only reads.
        let fd = unsafe { syscall(CREATE_RULESET, &raw const attr, size, 0 as c_uint) };
        let fd = c_int::try_from(check(fd)?).map_err(io::Error::other)?;
        Ok(Self {
            // SAFETY: the system has just made this descriptor for us, and nobody else knows it.
            fd: unsafe { OwnedFd::from_raw_fd(fd) },
            fs: attr.fs,
        })
    }

    /// Allows `access` to `file`, and to everything below it if it is a folder.
    pub(crate) fn allow(&self, file: BorrowedFd<'_>, access: u64) -> io::Result<()> {
        const PATH_BENEATH: c_int = 1;
        let attr = PathBeneathAttr {
            access: access & self.fs,
            parent: file.as_raw_fd(),
        };
        if attr.access == 0 {
            return Ok(());
        }
        let (fd, attr) = (self.fd.as_raw_fd(), &raw const attr);
        // SAFETY: the pointer is to a structure of the kind that the rule's type asks for, which the system only
        // reads, and both descriptors are open.
        check(unsafe { syscall(ADD_RULE, fd, PATH_BENEATH, attr, 0 as c_uint) })?;
        Ok(())
    }

    /// Restricts this thread and whatever it starts, for ever. Of root's powers those over files are left, which the
    /// rules bound: others are ways around them, such as reading any process's memory to measure it.
    pub(crate) fn restrict_thread(&self) -> io::Result<()> {
        const SET_NO_NEW_PRIVS: c_int = 38;
        let (yes, no): (c_ulong, c_ulong) = (1, 0);
        // SAFETY: these take numbers only, and change nothing but what this thread may do.
        unsafe {
            check(prctl(SET_NO_NEW_PRIVS, yes, no, no, no).into())?;
            check(syscall(RESTRICT_SELF, self.fd.as_raw_fd(), 0 as c_uint))?;
        }
        keep_power_over_files()
    }
}

/// Without new privileges, which the caller has forbidden, starting a program gives none of the others back.
fn keep_power_over_files() -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    const DAC_OVERRIDE: u32 = 1 << 1;
    const DAC_READ_SEARCH: u32 = 1 << 2;
    let mut header = CapHeader {
        version: VERSION_3,
        pid: 0,
    };
    let mut data = [CapData::default(); 2];
    // SAFETY: both pointers are to what this version of the interface reads and writes.
    check(unsafe { capget(&raw mut header, &raw mut data) }.into())?;
    for (set, kept) in data.iter_mut().zip([DAC_OVERRIDE | DAC_READ_SEARCH, 0]) {
        set.effective &= kept;
        set.permitted &= kept;
        set.inheritable = 0;
    }
    // SAFETY: as above; it changes this thread only.
    check(unsafe { capset(&raw mut header, &raw const data) }.into())?;
    Ok(())
}

/// Gives this thread a table of descriptors of its own, a copy in which all but the first three are closed in
/// programs that it starts. What the thread opens from now on, no other thread can use.
pub(crate) fn keep_descriptors() -> io::Result<()> {
    const UNSHARE: c_uint = 2;
    const CLOEXEC: c_uint = 4;
    // SAFETY: it takes numbers only, and closes nothing here.
    check(unsafe { syscall(CLOSE_RANGE, 3 as c_uint, c_uint::MAX, UNSHARE | CLOEXEC) })?;
    Ok(())
}

fn check(result: c_long) -> io::Result<c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
