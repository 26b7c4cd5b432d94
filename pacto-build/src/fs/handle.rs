//! Paths for the sandbox's rules.

#[cfg(not(pacto_faults))]
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::is_absent;
#[cfg(pacto_faults)]
use crate::faults::{File, OpenOptions};

/// A handle that stands for `path` and can neither read nor write it, and whether it is a folder's; `None` if
/// nothing is there that we could reach.
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
