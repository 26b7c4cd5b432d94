//! `Cargo.toml`, and the workspace's where a target is inherited. Cargo itself is never started.

#[cfg(feature = "driver")]
mod members;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::config::{self, Config, Source};
use crate::error::{Error, Result};
use crate::{fs, rel_path};

#[cfg(feature = "driver")]
pub(crate) use members::likely as likely_members;

/// A package that has a configuration.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Absolute.
    pub(crate) dir: PathBuf,
    /// The folder that messages name files from; absolute.
    pub(crate) seen_from: PathBuf,
    /// The workspace's manifest relative to `dir`, if a target was inherited from it.
    pub(crate) workspace: Option<String>,
    /// Unpacked from a published crate, so that nobody develops it here.
    pub(crate) is_published: bool,
    pub(crate) config: Config,
}

impl Package {
    /// What messages call the package's file `path`.
    pub(crate) fn shown(&self, path: &str) -> String {
        let whole = rel_path::clean(&self.dir.join(path));
        rel_path::relative(&self.seen_from, &whole).unwrap_or_else(|| path.to_owned())
    }

    /// What messages call the package's folder; `.` if they name files from there.
    pub(crate) fn shown_dir(&self) -> String {
        rel_path::relative(&self.seen_from, &self.dir).unwrap_or_else(|| ".".to_owned())
    }
}

/// What `cargo package`, `cargo vendor` and Cargo's registry leave beside a manifest.
const PUBLISHED_MARKS: [&str; 3] = ["Cargo.toml.orig", ".cargo-checksum.json", ".cargo-ok"];

pub(crate) const MANIFEST_FILE: &str = "Cargo.toml";

/// Reads the package of `manifest`, an absolute path. Messages name files from `seen_from`, or else from the package's
/// folder; `cargo_home` ends the search for a workspace.
pub(crate) fn load(
    manifest: &Path,
    seen_from: Option<&Path>,
    cargo_home: Option<&Path>,
) -> Result<Package> {
    let manifest = rel_path::clean(manifest);
    let dir = manifest.parent().unwrap_or(&manifest).to_path_buf();
    let text = text_of(&manifest)?;
    let seen_from = seen_from.unwrap_or(&dir).to_path_buf();
    let shown = relative(&seen_from, &manifest)?;
    let source = Source::parse(&shown, &text, ".")?;
    let Some(name) = string_at(&source, &["package", "name"]) else {
        let text = format!(
            "`{}` has no [package] name; select a package with -p",
            manifest.display()
        );
        return Err(Error::message(text));
    };
    let name = name.to_owned();
    let mut is_published = false;
    for mark in PUBLISHED_MARKS {
        is_published |= fs::is_file(&dir.join(mark))?;
    }
    if is_published || !config::needs_workspace(&source) {
        let config = config::parse(&source, None)?;
        return Ok(Package {
            name,
            seen_from,
            dir,
            workspace: None,
            is_published,
            config,
        });
    }
    let (root, text) = find_workspace(&source, &manifest, &dir, cargo_home)?;
    let workspace = relative(&dir, &root)?;
    let folder = relative(&dir, root.parent().unwrap_or(&root))?;
    let shown_root = relative(&seen_from, &root)?;
    let root = Source::parse(&shown_root, &text, &folder)?;
    let config = config::parse(&source, Some(&root))?;
    Ok(Package {
        name,
        seen_from,
        dir,
        workspace: Some(workspace),
        is_published,
        config,
    })
}

fn text_of(manifest: &Path) -> Result<String> {
    match fs::read_text_if_any(manifest)? {
        Some(text) => Ok(text),
        None => Err(Error::message(format!(
            "there is no `{}`",
            manifest.display()
        ))),
    }
}

fn relative(dir: &Path, path: &Path) -> Result<String> {
    rel_path::relative(dir, path).ok_or_else(|| {
        Error::message(format!(
            "`{}` cannot be reached from `{}`",
            path.display(),
            dir.display()
        ))
    })
}

/// The workspace's manifest and its text: `package.workspace`, or the next one above that does not exclude us.
fn find_workspace(
    package: &Source<'_>,
    manifest: &Path,
    dir: &Path,
    cargo_home: Option<&Path>,
) -> Result<(PathBuf, String)> {
    if let Some(pointer) = string_at(package, &["package", "workspace"]) {
        let root = rel_path::clean(&dir.join(pointer).join(MANIFEST_FILE));
        let text = text_of(&root)?;
        return Ok((root, text));
    }
    if package.root.get_ref().contains_key("workspace") {
        return Ok((manifest.to_path_buf(), package.text.to_owned()));
    }
    for folder in dir.ancestors().skip(1) {
        // Cargo's own stops: a package being verified, and whatever lies in its home.
        if folder.ends_with("target/package") || Some(folder) == cargo_home {
            break;
        }
        let candidate = folder.join(MANIFEST_FILE);
        if let Some(text) = fs::read_text_if_any(&candidate)?
            && is_workspace_of(&candidate, &text, folder, manifest)?
        {
            return Ok((candidate, text));
        }
    }
    let text = format!(
        "`{}` inherits a target, but no workspace was found above it",
        manifest.display()
    );
    Err(Error::message(text))
}

fn is_workspace_of(candidate: &Path, text: &str, folder: &Path, manifest: &Path) -> Result<bool> {
    let name = candidate.to_string_lossy();
    let source = Source::parse(&name, text, ".")?;
    let Some(workspace) = source
        .root
        .get_ref()
        .get("workspace")
        .and_then(|value| value.get_ref().as_table())
    else {
        return Ok(false);
    };
    // As in Cargo: a member that is named wins over an exclusion above it.
    let is_excluded = folders_at(workspace, "exclude", folder)
        .iter()
        .any(|excluded| manifest.starts_with(excluded));
    let is_named = folders_at(workspace, "members", folder)
        .iter()
        .any(|member| manifest.starts_with(member));
    Ok(!is_excluded || is_named)
}

/// What the list at `key` names, as seen from `folder`; patterns stay as they are.
fn folders_at(workspace: &DeTable<'_>, key: &str, folder: &Path) -> Vec<PathBuf> {
    let items = workspace
        .get(key)
        .and_then(|value| value.get_ref().as_array());
    items
        .into_iter()
        .flatten()
        .filter_map(|item| Some(folder.join(item.get_ref().as_str()?)))
        .collect()
}

fn string_at<'a>(source: &'a Source<'_>, path: &[&str; 2]) -> Option<&'a str> {
    let table = source.root.get_ref().get(path[0])?.get_ref().as_table()?;
    table.get(path[1])?.get_ref().as_str()
}
