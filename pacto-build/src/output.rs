//! What plugins answered, onto the disk: judged together first, then all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::fs::{self, Staged};
use crate::hash::Hash;
use crate::lock::{LOCK_FILE, Lock};
use crate::protocol::GenerateResponse;
use crate::rel_path::{self, RelPath};

/// How many files a plugin may return.
const MAX_FILES: usize = 10_000;

/// The files of one target before they are on disk.
#[derive(Debug)]
pub(crate) struct FileSet {
    pub(crate) target: String,
    pub(crate) place: Place,
    /// By path below the place's root, with `/`; for checked-in files that includes the output folder.
    pub(crate) files: BTreeMap<String, String>,
}

/// Where a target's files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into a folder of ours, in which nothing else is kept.
    Own { root: PathBuf },
    /// Among files of others, `folder` below `root`; the lock tells which are ours.
    Shared { root: PathBuf, folder: String },
}

impl Place {
    pub(crate) fn root(&self) -> &Path {
        match self {
            Self::Own { root } | Self::Shared { root, .. } => root,
        }
    }

    /// The absolute path that a plugin is told.
    pub(crate) fn dir(&self) -> PathBuf {
        match self {
            Self::Own { root } => root.clone(),
            Self::Shared { root, folder } => rel_path::clean(&root.join(folder)),
        }
    }

    fn path(&self, relative: &RelPath) -> String {
        match self {
            Self::Own { .. } => relative.as_str().to_owned(),
            Self::Shared { folder, .. } => rel_path::join(folder, relative.as_str()),
        }
    }
}

impl FileSet {
    /// Judges the paths of an answer: every one inside the folder, and no two the same on any system.
    pub(crate) fn new(target: &str, place: Place, response: GenerateResponse) -> Result<Self> {
        let count = response.files.len();
        if count > MAX_FILES {
            return Err(Error::message(format!(
                "target `{target}` has {count} files; {MAX_FILES} are allowed"
            )));
        }
        let mut files = BTreeMap::new();
        let mut taken = Taken::default();
        for file in response.files {
            let path = RelPath::new(&file.path).map_err(|why| {
                let path = file.path.escape_default();
                Error::message(format!(
                    "the plugin of target `{target}` wants to write `{path}`, which {why}"
                ))
            })?;
            let path = place.path(&path);
            taken.claim(target, &path)?;
            files.insert(path, file.content);
        }
        Ok(Self {
            target: target.to_owned(),
            place,
            files,
        })
    }

    /// What a book remembers of the files.
    pub(crate) fn hashes(&self) -> BTreeMap<String, Hash> {
        self.files
            .iter()
            .map(|(path, content)| (path.clone(), Hash::of(content.as_bytes())))
            .collect()
    }
}

/// Paths that belong to a target, as the least discerning file system sees them.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    files: BTreeMap<String, (String, String)>,
    folders: BTreeMap<String, (String, String)>,
}

impl Taken {
    /// Takes `path` for `target`, unless it is taken or would be file and folder at once.
    pub(crate) fn claim(&mut self, target: &str, path: &str) -> Result<()> {
        let key = rel_path::collision_key(path);
        let owner = (target.to_owned(), path.to_owned());
        let mut rival = self.files.get(&key).or_else(|| self.folders.get(&key));
        for (at, _) in key.match_indices('/') {
            rival = rival.or_else(|| self.files.get(&key[..at]));
        }
        if let Some((other_target, other)) = rival {
            return Err(collision(target, path, other_target, other));
        }
        for (at, _) in key.match_indices('/') {
            self.folders
                .entry(key[..at].to_owned())
                .or_insert_with(|| owner.clone());
        }
        self.files.insert(key, owner);
        Ok(())
    }
}

fn collision(target: &str, path: &str, other_target: &str, other: &str) -> Error {
    let who = if target == other_target {
        format!("the plugin of target `{target}` wants to write both `{other}` and `{path}`")
    } else {
        format!("targets `{other_target}` and `{target}` want to write `{other}` and `{path}`")
    };
    let why = if path == other {
        ""
    } else {
        ", which some systems take for one"
    };
    Error::message(format!("{who}{why}"))
}

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It was not there.
    Created,
    /// It had another content.
    Updated,
    /// It was right already, and was not touched.
    Unchanged,
    /// It is no longer generated.
    Removed,
}

/// What became of each file, by target and path.
pub(crate) type Written = BTreeMap<String, BTreeMap<String, Change>>;

/// Whether a target's files are put in place whatever is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// What is not ours is an error.
    No,
    /// It is overwritten.
    Yes,
}

/// Everything that would be done to the disk, decided before anything is.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    files: Vec<FileChange<'a>>,
}

#[derive(Debug)]
struct FileChange<'a> {
    target: &'a str,
    root: &'a Path,
    path: String,
    change: Change,
    content: &'a str,
    /// What is there now, of a file among others'.
    old: Option<Hash>,
    is_shared: bool,
}

impl<'a> Changes<'a> {
    /// Compares `sets` with the disk.
    ///
    /// # Errors
    ///
    /// All files that we may not write or remove, since they are not ours or were edited.
    pub(crate) fn decide(sets: &'a [FileSet], lock: &Lock, force: Force) -> Result<Self> {
        let mut decision = Decision {
            lock,
            files: Vec::new(),
            errors: Vec::new(),
        };
        let wanted: BTreeSet<&str> = sets
            .iter()
            .flat_map(|set| set.files.keys().map(String::as_str))
            .collect();
        for set in sets {
            match &set.place {
                Place::Own { root } => decision.own(set, root)?,
                Place::Shared { root, .. } => decision.shared(set, root, &wanted, force)?,
            }
        }
        if decision.errors.is_empty() {
            Ok(Self {
                files: decision.files,
            })
        } else {
            Err(Error::several(decision.errors))
        }
    }

    /// Which files of which target change how, by path.
    pub(crate) fn by_target(&self) -> Written {
        let mut written = Written::new();
        for file in &self.files {
            written
                .entry(file.target.to_owned())
                .or_default()
                .insert(file.path.clone(), file.change);
        }
        written
    }

    /// Old and new content of every file among others' that is about to change.
    pub(crate) fn pending(&self) -> BTreeMap<String, BTreeSet<Hash>> {
        let changing = self
            .files
            .iter()
            .filter(|file| file.is_shared && file.change != Change::Unchanged);
        let hashes = |file: &FileChange<'_>| {
            let new = (file.change != Change::Removed).then(|| Hash::of(file.content.as_bytes()));
            file.old.into_iter().chain(new).collect()
        };
        changing
            .map(|file| (file.path.clone(), hashes(file)))
            .collect()
    }

    /// Puts everything beside its place. After this only renames and removals are left.
    pub(crate) fn stage(&self, time: Option<SystemTime>) -> Result<StagedChanges> {
        let mut staged = StagedChanges {
            files: Vec::new(),
            removals: Vec::new(),
            folders: Vec::new(),
            created: Vec::new(),
        };
        for file in &self.files {
            let path = file.root.join(&file.path);
            let folder = path.parent().unwrap_or(file.root).to_path_buf();
            match file.change {
                Change::Unchanged => {}
                Change::Removed => {
                    staged.remember_time(folder);
                    staged.removals.push((path, file.root.to_path_buf()));
                }
                Change::Created | Change::Updated => {
                    if !file.is_shared {
                        clear_way(file.root, &file.path)?;
                    }
                    staged.remember_time(folder.clone());
                    staged.created.extend(fs::create_dirs(&folder)?);
                    sweep(&folder)?;
                    staged
                        .files
                        .push(Staged::new(&path, file.content.as_bytes(), time)?);
                }
            }
        }
        Ok(staged)
    }
}

/// In a folder of ours: removes files and links where `path` has folders, and a folder in its place.
fn clear_way(root: &Path, path: &str) -> Result<()> {
    let folders = path
        .match_indices('/')
        .map(|(at, _)| root.join(&path[..at]));
    for folder in folders.filter(|folder| fs::is_symlink(folder) || fs::is_file(folder)) {
        fs::remove_file(&folder)?;
    }
    let file = root.join(path);
    if fs::is_symlink(&file) {
        fs::remove_file(&file)
    } else {
        fs::remove_folder(&file)
    }
}

/// Removes what a run that was killed has staged in `folder`. Whoever stages holds the package's turn,
/// so that what another process left there is of nobody who lives.
fn sweep(folder: &Path) -> Result<()> {
    let own = format!("{}{}-", fs::STAGED_PREFIX, std::process::id());
    for entry in fs::list(folder)? {
        if entry.name.starts_with(fs::STAGED_PREFIX) && !entry.name.starts_with(&own) {
            fs::remove_file(&entry.path)?;
        }
    }
    Ok(())
}

/// Changes that wait beside their places; dropped, they leave nothing.
#[derive(Debug)]
pub(crate) struct StagedChanges {
    files: Vec<Staged>,
    removals: Vec<(PathBuf, PathBuf)>,
    /// Folders that are about to change, with the time that they had.
    folders: Vec<(PathBuf, Option<SystemTime>)>,
    created: Vec<PathBuf>,
}

impl StagedChanges {
    fn remember_time(&mut self, folder: PathBuf) {
        // A folder that will be created changes the one that it is created in.
        let there = folder
            .ancestors()
            .find(|dir| fs::is_dir(dir))
            .unwrap_or(&folder)
            .to_path_buf();
        if !self.folders.iter().any(|(known, _)| *known == there) {
            let time = fs::modified(&there);
            self.folders.push((there, time));
        }
    }

    /// Renames and removes; sets the folders' times as if nothing had happened, if `time` is given.
    pub(crate) fn commit(mut self, time: Option<SystemTime>) -> Result<()> {
        for file in self.files.drain(..) {
            file.commit()?;
        }
        for (path, root) in self.removals.drain(..) {
            fs::remove_file(&path)?;
            if let Some(folder) = path.parent() {
                fs::remove_empty_dirs(folder, &root);
            }
        }
        if let Some(time) = time {
            self.created
                .iter()
                .for_each(|folder| fs::set_folder_time(folder, time));
            for (folder, before) in &self.folders {
                fs::set_folder_time(folder, before.unwrap_or(time));
            }
        }
        self.created.clear();
        Ok(())
    }
}

impl Drop for StagedChanges {
    fn drop(&mut self) {
        self.files.clear();
        // Deepest first; a folder in which somebody put something meanwhile stays.
        for folder in self.created.iter().rev() {
            fs::remove_empty_dirs(folder, folder);
        }
    }
}

/// Writes one set that no lock is about: whatever differs and is there is not ours.
pub(crate) fn put(set: FileSet, contract: &Path, force: Force) -> Result<BTreeMap<String, Change>> {
    let root = set.place.root().to_path_buf();
    if let Some(contract) = rel_path::relative(&root, contract) {
        check_reserved(&set, &contract)?;
    }
    let (sets, lock) = ([set], Lock::default());
    // Nothing is created for a plugin whose files cannot be written, and nothing for one without files.
    let has_files = !Changes::decide(&sets, &lock, force)?.files.is_empty();
    if has_files {
        fs::create_dirs(&root)?;
        let _turn = fs::Turn::take(&root)?;
        let changes = Changes::decide(&sets, &lock, force)?;
        changes.stage(None)?.commit(None)?;
        return Ok(changes.by_target().into_values().next().unwrap_or_default());
    }
    Ok(BTreeMap::new())
}

struct Decision<'a, 'l> {
    lock: &'l Lock,
    files: Vec<FileChange<'a>>,
    errors: Vec<Error>,
}

impl<'a> Decision<'a, '_> {
    /// In a folder of ours everything that is not wanted goes.
    fn own(&mut self, set: &'a FileSet, root: &'a Path) -> Result<()> {
        for (path, content) in &set.files {
            let change = match self.obstacle(root, path) {
                // Nobody else keeps anything there: an old file of ours gives way when this one is staged.
                Some(_) => Change::Created,
                None => match fs::read_if_any(&root.join(path))? {
                    None => Change::Created,
                    Some(old) if old == content.as_bytes() => Change::Unchanged,
                    Some(_) => Change::Updated,
                },
            };
            self.push(set, root, path, change, content, None);
        }
        for path in files_below(root, "")? {
            if !set.files.contains_key(&path) {
                self.push(set, root, &path, Change::Removed, "", None);
            }
        }
        Ok(())
    }

    fn shared(
        &mut self,
        set: &'a FileSet,
        root: &'a Path,
        wanted: &BTreeSet<&str>,
        force: Force,
    ) -> Result<()> {
        for (path, content) in &set.files {
            if let Some(obstacle) = self.obstacle(root, path) {
                self.errors.push(obstacle.error(&set.target, path));
                continue;
            }
            let old = fs::read_if_any(&root.join(path))?;
            let hash = old.as_deref().map(Hash::of);
            let change = match &old {
                None => Change::Created,
                Some(old) if is_same(old, content.as_bytes()) => Change::Unchanged,
                Some(_) => Change::Updated,
            };
            let is_ours = old
                .as_deref()
                .is_none_or(|old| self.lock.owns_content(path, old));
            if change == Change::Updated && !is_ours && force == Force::No {
                self.errors.push(self.not_ours(&set.target, path));
                continue;
            }
            self.push(set, root, path, change, content, hash);
        }
        let Some(entry) = self.lock.targets.get(&set.target) else {
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

    /// A file that the target no longer returns.
    fn remove(&mut self, set: &'a FileSet, root: &'a Path, path: &str, force: Force) -> Result<()> {
        // Behind a link is no file of ours, and a folder in its place is not ours either.
        if self.obstacle(root, path).is_some() {
            return Ok(());
        }
        let Some(old) = fs::read_if_any(&root.join(path))? else {
            return Ok(());
        };
        let hash = Hash::of(&old);
        if force == Force::No && !self.lock.owns_content(path, &old) {
            self.errors.push(self.not_ours(&set.target, path));
            return Ok(());
        }
        self.push(set, root, path, Change::Removed, "", Some(hash));
        Ok(())
    }

    fn push(
        &mut self,
        set: &'a FileSet,
        root: &'a Path,
        path: &str,
        change: Change,
        content: &'a str,
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

    fn not_ours(&self, target: &str, path: &str) -> Error {
        Error::message(if self.lock.knows(path) {
            format!(
                "`{path}` was edited by hand; to undo the edit, run `git checkout -- {path}`; to overwrite the file, \
                 run `cargo pacto generate --force {target}`"
            )
        } else if self.lock.targets.is_empty() && self.lock.bundle.is_empty() {
            format!(
                "`{path}` is there already and may be somebody's; move it away, or overwrite it with `--force`"
            )
        } else {
            format!(
                "`{path}` is not a file that we wrote; move it away, or overwrite it with \
                 `cargo pacto generate --force {target}`"
            )
        })
    }

    /// What keeps a file from being at `path`: a link or a file on the way, a folder in its place.
    fn obstacle(&self, root: &Path, path: &str) -> Option<Obstacle> {
        for (at, _) in path.match_indices('/') {
            let folder = root.join(&path[..at]);
            if fs::is_symlink(&folder) {
                return Some(Obstacle::Link(path[..at].to_owned()));
            }
            if fs::exists(&folder) && !fs::is_dir(&folder) {
                return Some(Obstacle::NotAFolder(path[..at].to_owned()));
            }
        }
        let file = root.join(path);
        if fs::is_symlink(&file) {
            return Some(Obstacle::Link(path.to_owned()));
        }
        (fs::exists(&file) && !fs::is_file(&file)).then_some(Obstacle::NotAFile)
    }
}

/// Equal but for line ends, where both are text: a Windows checkout is left as it is.
fn is_same(old: &[u8], new: &[u8]) -> bool {
    old == new || (old.len() > new.len() && Hash::of(old) == Hash::of(new))
}

enum Obstacle {
    Link(String),
    NotAFolder(String),
    NotAFile,
}

impl Obstacle {
    fn error(&self, target: &str, path: &str) -> Error {
        let why = match self {
            Self::Link(at) => format!("`{at}` is a symbolic link, and those are not followed"),
            Self::NotAFolder(at) => format!("`{at}` is a file"),
            Self::NotAFile => "something that is no file stands there".to_owned(),
        };
        Error::message(format!(
            "target `{target}` cannot write `{path}`: {why}; move it away"
        ))
    }
}

/// The paths of all files and links below `root`, with `/`; `folder` is where we are.
fn files_below(root: &Path, folder: &str) -> Result<Vec<String>> {
    let dir = root.join(folder);
    if !fs::is_dir(&dir) {
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

/// The files that nobody but the user writes: the contract itself, and our own book.
pub(crate) fn check_reserved(set: &FileSet, contract: &str) -> Result<()> {
    let Place::Shared { .. } = set.place else {
        return Ok(());
    };
    for path in set.files.keys() {
        let key = rel_path::collision_key(path);
        for reserved in [contract, LOCK_FILE, "Cargo.toml", "build.rs"] {
            if key == rel_path::collision_key(reserved) {
                let target = &set.target;
                return Err(Error::message(format!(
                    "the plugin of target `{target}` wants to write `{path}`, which is never generated"
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(paths: &[&str]) -> Result<FileSet> {
        let response = paths
            .iter()
            .fold(GenerateResponse::new(), |response, path| {
                response.file(*path, "")
            });
        FileSet::new("t", Place::Own { root: "/o".into() }, response)
    }

    #[test]
    fn what_collides() {
        for paths in [
            ["a", "a"],
            ["a", "A"],
            ["a", "a/b"],
            ["a/b", "a"],
            ["é", "e\u{301}"],
            ["A/b", "a"],
            ["x/y", "X/Y"],
        ] {
            assert!(set(&paths).is_err(), "{paths:?}");
        }
        for paths in [["a", "b"], ["a/b", "a/c"], ["a/b", "A/c"], ["ab", "a/b"]] {
            assert!(set(&paths).is_ok(), "{paths:?}");
        }
    }

    #[test]
    fn a_bad_path_is_named_without_its_control_characters() {
        let error = set(&["a\u{1b}[2J"]).expect_err("it has a control character");
        assert_eq!(
            error.to_string(),
            "the plugin of target `t` wants to write `a\\u{1b}[2J`, which has a control character"
        );
    }

    #[test]
    fn the_contract_is_never_generated() {
        let place = Place::Shared {
            root: "/p".into(),
            folder: "pacto".to_owned(),
        };
        for (path, expected) in [("Pacto.yaml", false), ("other.yaml", true)] {
            let set = FileSet::new("t", place.clone(), GenerateResponse::new().file(path, ""))
                .expect("it is a path");
            assert_eq!(
                check_reserved(&set, "pacto/pacto.yaml").is_ok(),
                expected,
                "{path}"
            );
        }
    }
}
