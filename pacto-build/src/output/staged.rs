//! Changes that wait beside their places, until all of them are ready.

use std::iter;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Changes;
use crate::error::Result;
use crate::fs::{self, Staged};

impl Changes<'_> {
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
            match file.content {
                _ if file.is_left() => {}
                None => {
                    // What cannot be removed must show before anything is renamed: its folder is tried.
                    if fs::is_dir(&folder)? {
                        fs::sweep(&folder);
                        Staged::new(&path, b"", None)?.discard()?;
                    }
                    staged.remember_time(folder);
                    staged.removals.push((path, file.root.to_path_buf()));
                }
                Some(content) => {
                    if !file.is_shared {
                        clear_way(file.root, &file.path)?;
                    }
                    staged.remember_time(folder.clone());
                    staged.created.extend(fs::create_dirs(&folder)?);
                    fs::sweep(&folder);
                    staged
                        .files
                        .push(Staged::new(&path, &content.bytes()?, time)?);
                }
            }
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
        if fs::is_symlink(&folder)? || fs::is_file(&folder)? {
            fs::remove_file(&folder)?;
        }
    }
    let file = root.join(path);
    if fs::is_symlink(&file)? {
        fs::remove_file(&file)
    } else {
        fs::remove_folder(&file)
    }
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
            .find(|dir| fs::is_dir(dir).unwrap_or(false))
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
