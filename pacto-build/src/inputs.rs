//! What a plugin reads besides the bundle: files, folders and patterns, relative to the package.

use crate::sorted::Map;
use std::path::Path;

use crate::error::Result;
use crate::fs::{self, Found, Stamp};
use crate::{glob, rel_path};

/// The extra inputs of a target as they are now.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) files: Map<String, Stamp>,
    /// Named, without a pattern, and not there.
    pub(crate) missing: Vec<String>,
    /// What Cargo has to watch so that it sees new files too.
    pub(crate) watched: Vec<String>,
}

/// Finds the files that `patterns` name below `dir`.
pub(crate) fn find(dir: &Path, patterns: &[String]) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    for pattern in patterns {
        let base = glob::base(pattern);
        match fs::look(&dir.join(base))? {
            Found::File(stamp) => {
                inputs.files.insert(base.to_owned(), stamp);
                inputs.watched.push(base.to_owned());
            }
            Found::Folder => {
                let mut files = Map::new();
                let is_whole = walk(dir, base, pattern, &mut files)?;
                // Cargo follows links and knows no `target`: where there are any, the files have to do.
                if is_whole && !base.is_empty() {
                    inputs.watched.push(base.to_owned());
                } else {
                    inputs.watched.extend(files.keys().cloned());
                }
                inputs.files.extend(files);
            }
            Found::Nothing | Found::Other if glob::is_pattern(pattern) => {}
            Found::Nothing | Found::Other => inputs.missing.push(pattern.clone()),
        }
    }
    Ok(inputs)
}

/// Collects the files below `folder`; says whether everything in it was looked at.
fn walk(dir: &Path, folder: &str, pattern: &str, files: &mut Map<String, Stamp>) -> Result<bool> {
    let mut is_whole = true;
    for entry in fs::list(&dir.join(folder))? {
        let path = rel_path::join(folder, &entry.name);
        match entry.found {
            Found::File(stamp) if glob::matches(pattern, &path) => {
                files.insert(path, stamp);
            }
            Found::Folder if !entry.is_link && !rel_path::is_foreign(&entry.name) => {
                is_whole &= walk(dir, &path, pattern, files)?;
            }
            Found::Folder => is_whole = false,
            _ => {}
        }
    }
    Ok(is_whole)
}
