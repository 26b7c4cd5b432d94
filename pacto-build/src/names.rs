//! What messages call a package, its files, and the commands that are about it.

use crate::rel_path;

/// A package as messages know it: it may be one of many.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) package: String,
    /// Its folder; `.` if messages name files from there.
    pub(crate) folder: String,
}

impl Names {
    /// What a path that is relative to the package is called.
    pub(crate) fn path(&self, path: &str) -> String {
        if path == "." {
            return self.folder.clone();
        }
        rel_path::join(&self.folder, path)
    }

    /// The command that generates `targets`, or everything of the package; of no other, whatever their targets are called.
    pub(crate) fn generate(&self, targets: &str) -> String {
        let space = if targets.is_empty() { "" } else { " " };
        format!("cargo pacto generate -p {}{space}{targets}", self.package)
    }

    /// The command that generates and overwrites what is in the way.
    pub(crate) fn force(&self, targets: &str) -> String {
        self.generate(format!("--force {targets}").trim_end())
    }
}
