//! Changes that wait beside their places, until all of them are ready.

use std::iter;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Changes;
use crate::error::Result;
use crate::fs::{self, Staged, Standing};
use crate::sorted::{Map, Set};

impl Changes<'_> {
    /// Puts everything beside its place. After this only renames and removals are left.
    pub(crate) fn stage(&self, time: Option<SystemTime>) -> Result<StagedChanges> {
        let mut staged = StagedChanges::new(time);
        for file in self.files.iter().filter(|file| !file.is_left()) {
            let path = file.root.join(&file.path);
            let folder = path.parent().unwrap_or(file.root);
            let Some(content) = file.content else {
                staged.prepare_removal(&path, folder, file.root)?;
                staged.removals.push((path, file.root.to_path_buf()));
                continue;
            };
            if !file.is_shared {
                clear_way(file.root, &file.path)?;
            }
            staged.prepare(folder)?;
            let content = content.bytes()?;
            staged.files.push(Staged::new(&path, &content, time)?);
        }
        Ok(staged)
    }
}

/// In a folder of ours: removes files and links where it and `path` have folders, and a folder in the file's place.
fn clear_way(root: &Path, path: &str) -> Result<()> {
    let below = path
        .match_indices('/')
        .map(|(at, _)| root.join(&path[..at]));
    let folders = iter::once(root.to_path_buf()).chain(below);
    for folder in folders {
        if let Standing::Link | Standing::File = fs::standing(&folder)? {
            fs::remove_file(&folder)?;
        }
    }
    let file = root.join(path);
    match fs::standing(&file)? {
        Standing::Link => fs::remove_file(&file),
        Standing::Folder => fs::remove_folder(&file),
        _ => Ok(()),
    }
}

/// Changes that wait beside their places; dropped, they leave nothing.
#[derive(Debug)]
pub(crate) struct StagedChanges {
    /// What everything gets that is written; folders keep theirs then.
    time: Option<SystemTime>,
    files: Vec<Staged>,
    removals: Vec<(PathBuf, PathBuf)>,
    /// Folders in which we have found that we can write.
    prepared: Set<PathBuf>,
    /// Folders that are about to change, with the time that they had if they were there.
    folders: Map<PathBuf, Option<SystemTime>>,
    created: Vec<PathBuf>,
}

impl StagedChanges {
    fn new(time: Option<SystemTime>) -> Self {
        Self {
            time,
            files: Vec::new(),
            removals: Vec::new(),
            prepared: Set::new(),
            folders: Map::new(),
            created: Vec::new(),
        }
    }

    /// Creates `folder` if it is not there, for files that are about to be in it.
    fn prepare(&mut self, folder: &Path) -> Result<()> {
        if !self.prepared.insert(folder.to_path_buf()) {
            return Ok(());
        }
        if self.time.is_some() {
            // A folder that will be created changes the one that it is created in.
            let mut folders = folder.ancestors();
            let there = folders.find(|dir| fs::is_dir(dir).unwrap_or(false));
            self.remember_time(there.unwrap_or(folder));
        }
        let created = fs::create_dirs(folder)?;
        if created.is_empty() {
            fs::sweep(folder);
        }
        for folder in created {
            self.folders.insert(folder.clone(), None);
            self.created.push(folder);
        }
        Ok(())
    }

    /// What cannot be removed must show before anything is renamed: its folder is tried.
    fn prepare_removal(&mut self, file: &Path, folder: &Path, root: &Path) -> Result<()> {
        if self.prepared.contains(folder) || !fs::is_dir(folder)? {
            return Ok(());
        }
        self.prepared.insert(folder.to_path_buf());
        // Where nothing is left, the folders go too.
        let changing = folder.ancestors().take_while(|dir| dir.starts_with(root));
        changing.for_each(|dir| self.remember_time(dir));
        fs::sweep(folder);
        Staged::new(file, b"", None)?.discard()
    }

    fn remember_time(&mut self, folder: &Path) {
        if self.time.is_some() && !self.folders.contains_key(folder) {
            let time = fs::modified(folder);
            self.folders.insert(folder.to_path_buf(), time);
        }
    }

    /// Renames and removes; sets the folders' times as if nothing had happened, if that was asked for.
    pub(crate) fn commit(mut self) -> Result<()> {
        for file in self.files.drain(..) {
            file.commit()?;
        }
        for (path, root) in self.removals.drain(..) {
            fs::remove_file(&path)?;
            if let Some(folder) = path.parent() {
                fs::remove_empty_dirs(folder, &root);
            }
        }
        if let Some(time) = self.time {
            for (folder, before) in self.folders.iter() {
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
