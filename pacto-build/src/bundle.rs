//! The bundle: the contract, and the files around it that count.

use crate::sorted::{self, Set};
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::contract::{CONTRACT_FILE, Contract, Diagnostic, FileState, Files, Purpose, Reading};
use crate::error::{Error, ErrorKind, Result};
use crate::fs::{self, Found, Stamp};
use crate::lock::LOCK_FILE;
use crate::manifest::{MANIFEST_FILE, Package};
use crate::{glob, rel_path};

/// Where a bundle lies. All paths are relative to the package, with `/`.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) dir: String,
    pub(crate) contract: String,
    /// The bundle folder is the package folder, where most files are none of the contract's.
    is_package: bool,
}

/// A contract and its folder as they are now.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) contract: Contract,
    /// What is odd about the contract.
    pub(crate) warnings: Vec<Diagnostic>,
    /// All files that count but the contract, sorted.
    pub(crate) files: Vec<BundleFile>,
    /// What Cargo has to watch: whole folders where all of a folder counts.
    pub(crate) watched: Vec<String>,
}

/// A file of the bundle.
#[derive(Debug, Clone)]
pub(crate) struct BundleFile {
    /// Relative to the package, with `/`.
    pub(crate) path: String,
    pub(crate) stamp: Stamp,
}

/// Folders that count when the bundle folder is the package folder.
const CONVENTIONAL: [&str; 6] = [
    "interfaces",
    "configuration",
    "policy",
    "docs",
    "sbom",
    "skills",
];

/// Finds the bundle of `package`; whether it is there is seen when it is loaded.
pub(crate) fn locate(package: &Package) -> Result<Location> {
    let (dir, contract) = match &package.config.bundle {
        Some(path) if fs::is_file(&package.dir.join(path))? => {
            let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
            (folder.to_owned(), path.clone())
        }
        Some(path) => (path.clone(), rel_path::join(path, CONTRACT_FILE)),
        None => {
            let own = rel_path::join("pacto", CONTRACT_FILE);
            // A folder that may not be looked into is not taken for one without a contract, and where there
            // is no contract at all, the folder tells where it is missing.
            let has_own = fs::is_file(&package.dir.join(&own))?
                || (fs::is_dir(&package.dir.join("pacto"))?
                    && !fs::is_file(&package.dir.join(CONTRACT_FILE))?);
            if has_own {
                ("pacto".to_owned(), own)
            } else {
                (".".to_owned(), CONTRACT_FILE.to_owned())
            }
        }
    };
    let is_package = dir == ".";
    Ok(Location {
        dir,
        contract,
        is_package,
    })
}

impl Location {
    /// Whether the contract is there: a published crate may have been packed without it.
    pub(crate) fn is_there(&self, package: &Package) -> Result<bool> {
        fs::is_file(&package.dir.join(&self.contract))
    }
}

/// Whether files in the package's folder `output` can be the bundle's.
pub(crate) fn contains(location: &Location, output: &str) -> bool {
    if location.is_package {
        let first = output.split('/').next().unwrap_or(output);
        return output == "." || CONVENTIONAL.contains(&first);
    }
    rel_path::is_within(output, &location.dir) || rel_path::is_within(&location.dir, output)
}

/// Reads the contract, and lists the files that count.
pub(crate) fn load(package: &Package, location: &Location) -> Result<Bundle> {
    let path = package.dir.join(&location.contract);
    let name = package.shown(&location.contract);
    let reading = read_contract(&path, &name, CURE, Purpose::Generate)?;
    let (contract, warnings) = accepted(reading)?;
    let mut walk = Walk {
        package,
        location,
        config: &package.config,
        files: Vec::new(),
        ancestors: Vec::new(),
    };
    let mut watched = Set::from_iter([location.contract.clone()]);
    if location.is_package {
        for folder in CONVENTIONAL {
            if fs::is_dir(&package.dir.join(folder))? {
                watched.extend(walk.folder(folder)?.watched(folder));
            }
        }
    } else if fs::is_dir(&package.dir.join(&location.dir))? {
        watched.extend(walk.folder(&location.dir)?.watched(&location.dir));
    }
    let mut files = walk.files;
    add_named_files(&contract, package, location, &mut files, &mut watched)?;
    let files = sorted::by_text(files, |file| &file.path);
    let watched = without_covered(&watched);
    Ok(Bundle {
        contract,
        warnings,
        files,
        watched,
    })
}

/// What to do about a package without a contract.
pub(crate) const CURE: &str =
    "put one there, or name its folder with `bundle` in [package.metadata.pacto]";

/// Reads the contract at `path`, which messages call `name`, and everything that is to be said of it.
///
/// # Errors
///
/// If it is not there, with `cure` in the message.
pub(crate) fn read_contract(
    path: &Path,
    name: &str,
    cure: &str,
    purpose: Purpose,
) -> Result<Reading> {
    let Some(bytes) = fs::read_if_any(path)? else {
        return Err(Error::message(format!(
            "there is no contract at `{name}`; {cure}"
        )));
    };
    let files = Folder {
        dir: path.parent().unwrap_or(path),
        purpose,
    };
    Ok(Contract::read(name, &bytes, &files))
}

/// The contract of a reading, and the warnings about it.
///
/// # Errors
///
/// All findings, if one of them is an error.
pub(crate) fn accepted(reading: Reading) -> Result<(Contract, Vec<Diagnostic>)> {
    match reading.contract {
        Some(contract) => Ok((contract, reading.findings)),
        None => Err(ErrorKind::Contract(reading.findings).into()),
    }
}

/// The files around a contract.
struct Folder<'a> {
    dir: &'a Path,
    purpose: Purpose,
}

impl Files for Folder<'_> {
    fn state(&self, path: &str) -> FileState {
        match fs::look(&self.dir.join(path)) {
            Ok(Found::File(_)) => FileState::File,
            Ok(Found::Nothing) => FileState::Missing,
            Ok(Found::Folder | Found::Other) | Err(_) => FileState::Other,
        }
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read_if_any(&self.dir.join(path)).ok().flatten()
    }

    fn purpose(&self) -> Purpose {
        self.purpose
    }
}

/// What the contract names counts wherever it lies, and is awaited if it is missing.
fn add_named_files(
    contract: &Contract,
    package: &Package,
    location: &Location,
    files: &mut Vec<BundleFile>,
    watched: &mut Set<String>,
) -> Result<()> {
    for named in contract.named_files() {
        let path = rel_path::join(&location.dir, &named);
        if path == location.contract || files.iter().any(|file| file.path == path) {
            continue;
        }
        match fs::look(&package.dir.join(&path))? {
            Found::File(stamp) => files.push(BundleFile {
                path: path.clone(),
                stamp,
            }),
            Found::Nothing => {}
            Found::Folder | Found::Other => continue,
        }
        watched.insert(path);
    }
    Ok(())
}

/// Drops what lies below a folder that is watched anyway.
pub(crate) fn without_covered(watched: &Set<String>) -> Vec<String> {
    let is_covered = |path: &String| {
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.any(|folder| watched.contains(folder))
    };
    watched
        .iter()
        .filter(|path| !is_covered(path))
        .cloned()
        .collect()
}

struct Walk<'a> {
    package: &'a Package,
    location: &'a Location,
    config: &'a Config,
    files: Vec<BundleFile>,
    /// The real folders that we are in, so that a link to one of them ends there.
    ancestors: Vec<PathBuf>,
}

/// How much of a folder counts.
enum Part {
    /// Everything in it: the folder can be watched as a whole.
    Whole,
    /// These files and folders.
    Some(Vec<String>),
}

impl Part {
    fn watched(self, folder: &str) -> Vec<String> {
        match self {
            Self::Whole => vec![folder.to_owned()],
            Self::Some(paths) => paths,
        }
    }
}

impl Walk<'_> {
    /// Collects the files below `folder`, a path relative to the package.
    fn folder(&mut self, folder: &str) -> Result<Part> {
        let mut parts = Vec::new();
        let mut is_whole = true;
        for entry in fs::list(&self.package.dir.join(folder))? {
            let path = rel_path::join(folder, &entry.name);
            if path == self.location.contract {
                parts.push(path);
                continue;
            }
            match entry.found {
                Found::File(stamp) if self.counts(&entry.name, &path) => {
                    parts.push(path.clone());
                    self.files.push(BundleFile { path, stamp });
                }
                Found::Folder if self.is_ours(&entry, &path)? => match self.enter(&entry, &path)? {
                    Part::Whole => parts.push(path),
                    Part::Some(below) => {
                        is_whole = false;
                        parts.extend(below);
                    }
                },
                _ => is_whole = false,
            }
        }
        Ok(if is_whole {
            Part::Whole
        } else {
            Part::Some(parts)
        })
    }

    fn enter(&mut self, entry: &fs::Entry, path: &str) -> Result<Part> {
        if !entry.is_link {
            return self.folder(path);
        }
        self.ancestors.push(fs::canonical(&entry.path)?);
        let part = self.folder(path);
        self.ancestors.pop();
        part
    }

    fn counts(&self, name: &str, path: &str) -> bool {
        !name.starts_with(fs::STAGED_PREFIX) && name != LOCK_FILE && !self.is_excluded(path)
    }

    fn is_ours(&self, entry: &fs::Entry, path: &str) -> Result<bool> {
        if rel_path::is_foreign(&entry.name) || fs::is_file(&entry.path.join(MANIFEST_FILE))? {
            return Ok(false);
        }
        Ok(!self.is_excluded(path) && (!entry.is_link || !self.leads_up(&entry.path)?))
    }

    /// Whether a link leads to a folder that it lies in, or to one that a link led to before.
    fn leads_up(&self, link: &Path) -> Result<bool> {
        let real = fs::canonical(link)?;
        let parent = fs::canonical(link.parent().unwrap_or(link))?;
        Ok(parent.starts_with(&real) || self.ancestors.contains(&real))
    }

    fn is_excluded(&self, path: &str) -> bool {
        let within = if self.location.dir == "." {
            path
        } else {
            &path[self.location.dir.len() + 1..]
        };
        self.config
            .exclude
            .iter()
            .any(|pattern| glob::matches(pattern, within))
    }
}
