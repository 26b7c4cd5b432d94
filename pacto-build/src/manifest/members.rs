//! The packages that a workspace names, for who begins before Cargo has answered.
//!
//! No more than a guess: Cargo follows path dependencies too, and only it knows all that `members` may say.

use std::path::{Path, PathBuf};

use super::{MANIFEST_FILE, folders_at};
use crate::config::Source;
use crate::fs::{self, Found};
use crate::{glob, rel_path};

/// The folder of the next workspace above `start`, an absolute path, and the manifests of its likely members.
pub(crate) fn likely(start: &Path) -> Option<(PathBuf, Vec<PathBuf>)> {
    rel_path::clean(start).ancestors().find_map(|root| {
        let text = fs::read_text_if_any(&root.join(MANIFEST_FILE)).ok()??;
        Some((root.to_path_buf(), named(root, &text)?))
    })
}

/// What the manifest with this text names, if it is a workspace's.
fn named(root: &Path, text: &str) -> Option<Vec<PathBuf>> {
    let source = Source::parse(MANIFEST_FILE, text, ".").ok()?;
    let manifest = source.root.get_ref();
    let workspace = manifest.get("workspace")?.get_ref().as_table()?;
    let own = manifest.contains_key("package").then(|| root.to_path_buf());
    let excluded = folders_at(workspace, "exclude", root);
    let is_excluded = |member: &PathBuf| excluded.iter().any(|folder| member.starts_with(folder));
    let patterns = folders_at(workspace, "members", root).into_iter();
    let members = patterns
        .flat_map(expand)
        .filter(|member| !is_excluded(member));
    let folders = own.into_iter().chain(members);
    let manifests = folders.map(|folder| folder.join(MANIFEST_FILE));
    Some(
        manifests
            .filter(|path| fs::is_file(path).unwrap_or(false))
            .collect(),
    )
}

/// The folders that fit a pattern such as `/work/crates/*`.
fn expand(pattern: PathBuf) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::new()];
    for part in &pattern {
        let part = part.to_string_lossy();
        folders = if glob::is_pattern(&part) {
            let fits = |entry: &fs::Entry| {
                entry.found == Found::Folder && glob::matches(&part, &entry.name)
            };
            let inside = folders.iter().filter_map(|folder| fs::list(folder).ok());
            inside
                .flatten()
                .filter(fits)
                .map(|entry| entry.path)
                .collect()
        } else {
            folders.iter().map(|folder| folder.join(&*part)).collect()
        };
    }
    folders
        .iter()
        .map(|folder| rel_path::clean(folder))
        .collect()
}
