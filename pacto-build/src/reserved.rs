//! Files that are never generated.

use crate::contract::CONTRACT_FILE;
use crate::rel_path;

/// The lock: beside `Cargo.toml`, kept in the repository.
pub(crate) const LOCK_FILE: &str = "pacto-generated.lock";

/// What says in a package folder which programs the next build starts; in lower case.
const OF_CARGO: [&str; 5] = [
    "cargo.toml",
    "cargo.lock",
    "build.rs",
    "rust-toolchain",
    "rust-toolchain.toml",
];

/// Whether nobody but the user writes `path`, or it is our own book. Both are relative to the package.
///
/// A `pacto.yaml` is none that is generated, wherever it is: it would become the contract of the folder that it is in.
/// In the package folder, what Cargo is told by is not for plugins: one that was confined while it ran would go on
/// there without. Below that folder all but contracts are fine: a plugin may make a crate
/// of its own, with a `Cargo.toml`, as long as its output folder is not the package folder.
pub(crate) fn is_reserved(path: &str, contract: &str) -> bool {
    let key = rel_path::collision_key(path);
    let parts: Vec<&str> = key.split('/').map(rel_path::without_stream).collect();
    // A folder of such a name would be in the way of the file.
    let is_of_package =
        |first: &str| first == ".cargo" || first == LOCK_FILE || OF_CARGO.contains(&first);
    parts.first().is_some_and(|first| is_of_package(first))
        || parts.contains(&CONTRACT_FILE)
        || rel_path::is_within(&parts.join("/"), &rel_path::collision_key(contract))
}
