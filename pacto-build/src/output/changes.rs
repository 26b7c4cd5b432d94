//! What would be done to the disk, decided before anything is.

use crate::sorted::{Map, Set};
use std::path::Path;

use super::{Change, Content, FileSet, Force, Place, Written};
use crate::error::{Error, Result};
use crate::fs::{self, Standing};
use crate::hash::Hash;
use crate::lock::Lock;
use crate::names::Names;
use crate::rel_path;

/// Everything that would be done to the disk, decided before anything is.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    pub(super) files: Vec<FileChange<'a>>,
}

#[derive(Debug)]
pub(super) struct FileChange<'a> {
    target: &'a str,
    pub(super) root: &'a Path,
    pub(super) path: String,
    pub(super) change: Change,
    /// What it is to hold, unless it is removed.
    pub(super) content: Option<&'a Content>,
    /// What is there now, of a file among others'.
    old: Option<Hash>,
    pub(super) is_shared: bool,
}

impl FileChange<'_> {
    /// Whether nothing is done to it.
    pub(super) fn is_left(&self) -> bool {
        matches!(self.change, Change::Unchanged | Change::Kept)
    }
}

impl<'a> Changes<'a> {
    /// Compares `sets` with the disk.
    ///
    /// # Errors
    ///
    /// All files that we may not write or remove, since they are not ours or were edited.
    pub(crate) fn decide(
        sets: &'a [FileSet],
        lock: Option<&Lock>,
        force: Force,
        names: Option<&Names>,
    ) -> Result<Self> {
        let mut decision = Decision {
            lock,
            names,
            files: Vec::new(),
            errors: Vec::new(),
        };
        let wanted = sets.iter().flat_map(|set| set.files.keys());
        let wanted: Set<&str> = Set::from_iter(wanted.map(String::as_str));
        for set in sets {
            match &set.place {
                Place::Own { root } => decision.own(set, root)?,
                Place::Shared { root, folder } => {
                    decision.shared(set, root, &wanted, force)?;
                    decision.unfinished(set, root, folder, &wanted, force)?;
                }
            }
        }
        Error::none_or(decision.errors)?;
        Ok(Self {
            files: decision.files,
        })
    }

    /// Which files of which target change how, by path.
    pub(crate) fn by_target(&self) -> Written {
        let mut written = Written::new();
        for file in &self.files {
            written
                .get_or_insert(file.target.to_owned(), Map::new)
                .insert(file.path.clone(), file.change);
        }
        written
    }

    /// Old and new content of every file among others' that is about to change.
    pub(crate) fn pending(&self) -> Map<String, Set<Hash>> {
        let changing = self
            .files
            .iter()
            .filter(|file| file.is_shared && !file.is_left());
        let hashes = |file: &FileChange<'_>| {
            let new = file.content.map(|content| content.hash);
            Set::from_iter(file.old.into_iter().chain(new))
        };
        Map::from_iter(changing.map(|file| (file.path.clone(), hashes(file))))
    }
}

struct Decision<'a, 'l> {
    /// `None` where no lock is kept: then everything that is there is somebody else's.
    lock: Option<&'l Lock>,
    /// `None` where there is no package.
    names: Option<&'l Names>,
    files: Vec<FileChange<'a>>,
    errors: Vec<Error>,
}

impl<'a> Decision<'a, '_> {
    /// In a folder of ours everything that is not wanted goes.
    fn own(&mut self, set: &'a FileSet, root: &'a Path) -> Result<()> {
        // What a link in its place leads to is not ours.
        let is_elsewhere = fs::is_symlink(root)?;
        for (path, content) in &set.files {
            let old = match what_is_there(root, path)? {
                There::File if !is_elsewhere => fs::read_if_any(&root.join(path))?,
                // Nobody else keeps anything there: what is in the way is ours, and goes when this one is staged.
                _ => None,
            };
            let change = match old {
                None => Change::Created,
                Some(old) if *old == *content.bytes()? => Change::Unchanged,
                Some(_) => Change::Updated,
            };
            self.push(set, root, path, change, Some(content), None);
        }
        if is_elsewhere {
            return Ok(());
        }
        for path in files_below(root, "")? {
            // A file where a folder has to be gives way before the others are staged.
            let is_folder = set
                .files
                .keys()
                .any(|file| rel_path::is_within(file, &path));
            if !is_folder {
                self.push(set, root, &path, Change::Removed, None, None);
            }
        }
        Ok(())
    }

    fn shared(
        &mut self,
        set: &'a FileSet,
        root: &'a Path,
        wanted: &Set<&str>,
        force: Force,
    ) -> Result<()> {
        for (path, content) in &set.files {
            let old = match what_is_there(root, path)? {
                There::Nothing => None,
                There::File => fs::read_if_any(&root.join(path))?,
                There::Obstacle(obstacle) => {
                    self.errors
                        .push(obstacle.error(&set.target, &self.shown(path)));
                    continue;
                }
            };
            let change = match &old {
                None => Change::Created,
                Some(old) if is_same(old, content)? => Change::Unchanged,
                Some(_) => Change::Updated,
            };
            let old = old.filter(|_| change == Change::Updated);
            let is_ours = |old: &Vec<u8>| self.owns(path, old);
            if force == Force::No && !old.as_ref().is_none_or(is_ours) {
                self.errors.push(self.not_ours(&set.target, path));
                continue;
            }
            let hash = old.as_deref().map(Hash::of);
            self.push(set, root, path, change, Some(content), hash);
        }
        let Some(entry) = self.lock.and_then(|lock| lock.targets.get(&set.target)) else {
            return Ok(());
        };
        for path in entry
            .outputs
            .keys()
            .filter(|path| !wanted.contains(path.as_str()))
        {
            self.remove(set, root, path, force)?;
        }
        Ok(())
    }

    /// What a run that was killed has created in `folder`, and nobody wants any more.
    fn unfinished(
        &mut self,
        set: &'a FileSet,
        root: &'a Path,
        folder: &str,
        wanted: &Set<&str>,
        force: Force,
    ) -> Result<()> {
        let Some(lock) = self.lock else { return Ok(()) };
        let is_known = |path: &str| {
            lock.targets
                .values()
                .any(|entry| entry.outputs.contains_key(path))
        };
        for path in lock.pending.keys() {
            let is_decided = self.files.iter().any(|file| file.path == *path);
            if rel_path::is_within(path, folder)
                && !wanted.contains(path.as_str())
                && !is_known(path)
                && !is_decided
            {
                self.remove(set, root, path, force)?;
            }
        }
        Ok(())
    }

    /// A file that the target no longer returns.
    fn remove(&mut self, set: &'a FileSet, root: &'a Path, path: &str, force: Force) -> Result<()> {
        // Behind a link is no file of ours, and a folder in its place is not ours either.
        let There::File = what_is_there(root, path)? else {
            return Ok(());
        };
        let Some(old) = fs::read_if_any(&root.join(path))? else {
            return Ok(());
        };
        let hash = Hash::of(&old);
        let is_ours = self.owns(path, &old);
        if set.keeps_edited && !is_ours {
            self.push(set, root, path, Change::Kept, None, None);
            return Ok(());
        }
        if force == Force::No && !is_ours {
            self.errors.push(self.not_ours(&set.target, path));
            return Ok(());
        }
        self.push(set, root, path, Change::Removed, None, Some(hash));
        Ok(())
    }

    fn push(
        &mut self,
        set: &'a FileSet,
        root: &'a Path,
        path: &str,
        change: Change,
        content: Option<&'a Content>,
        old: Option<Hash>,
    ) {
        let is_shared = matches!(set.place, Place::Shared { .. });
        let path = path.to_owned();
        self.files.push(FileChange {
            target: &set.target,
            root,
            path,
            change,
            content,
            old,
            is_shared,
        });
    }

    fn shown(&self, path: &str) -> String {
        self.names
            .map_or_else(|| path.to_owned(), |names| names.path(path))
    }

    fn not_ours(&self, target: &str, path: &str) -> Error {
        let shown = self.shown(path);
        let (Some(lock), Some(names)) = (self.lock, self.names) else {
            return Error::message(format!(
                "`{shown}` is there already and may be somebody's; move it away, or overwrite it with `--force`"
            ));
        };
        let force = names.force(target);
        Error::message(if lock.knows(path) {
            format!(
                "`{shown}` was edited by hand; to undo the edit, run `git checkout -- {shown}`; to overwrite the file, \
                 run `{force}`"
            )
        } else {
            format!(
                "`{shown}` is not a file that we wrote; move it away, or overwrite it with `{force}`"
            )
        })
    }

    fn owns(&self, path: &str, content: &[u8]) -> bool {
        self.lock
            .is_some_and(|lock| lock.owns_content(path, content))
    }
}

/// What is where a file is to be.
pub(crate) enum There {
    Nothing,
    File,
    Obstacle(Obstacle),
}

/// What is at `path` below `root`, or stands on the way to it.
pub(crate) fn what_is_there(root: &Path, path: &str) -> Result<There> {
    for (at, _) in path.match_indices('/') {
        let folder = &path[..at];
        match fs::standing(&root.join(folder))? {
            Standing::Nothing => return Ok(There::Nothing),
            Standing::Folder => {}
            Standing::Link => return Ok(There::Obstacle(Obstacle::Link(folder.to_owned()))),
            Standing::File | Standing::Other => {
                return Ok(There::Obstacle(Obstacle::NotAFolder(folder.to_owned())));
            }
        }
    }
    Ok(match fs::standing(&root.join(path))? {
        Standing::Nothing => There::Nothing,
        Standing::File => There::File,
        Standing::Link => There::Obstacle(Obstacle::Link(path.to_owned())),
        Standing::Folder | Standing::Other => There::Obstacle(Obstacle::NotAFile),
    })
}

/// Equal but for line ends, where both are text: a Windows checkout is left as it is.
fn is_same(old: &[u8], new: &Content) -> Result<bool> {
    let bytes = new.bytes()?;
    Ok(old == &*bytes || (old.len() > bytes.len() && Hash::of(old) == new.hash))
}

/// What keeps a file from being written: nobody follows a link, and what it leads to is not ours.
pub(crate) enum Obstacle {
    Link(String),
    NotAFolder(String),
    NotAFile,
}

impl Obstacle {
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Link(at) => format!("`{at}` is a symbolic link, and those are not followed"),
            Self::NotAFolder(at) => format!("`{at}` is no folder"),
            Self::NotAFile => "something that is no file stands there".to_owned(),
        }
    }

    fn error(&self, target: &str, path: &str) -> Error {
        let why = self.why();
        Error::message(format!(
            "target `{target}` cannot write `{path}`: {why}; move it away"
        ))
    }
}

/// The paths of all files and links below `root`, with `/`; `folder` is where we are.
fn files_below(root: &Path, folder: &str) -> Result<Vec<String>> {
    let dir = root.join(folder);
    if !fs::is_dir(&dir)? {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::list(&dir)? {
        let path = rel_path::join(folder, &entry.name);
        if entry.found == fs::Found::Folder && !entry.is_link {
            files.extend(files_below(root, &path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
