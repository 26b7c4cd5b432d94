//! What plugins answered, onto the disk: judged together first, then all of it or nothing.

mod changes;
mod content;
mod staged;

use crate::sorted::{self, Map};
use std::path::{Path, PathBuf};

pub(crate) use self::changes::{Changes, Obstacle, There, what_is_there};
pub(crate) use self::content::Content;
use crate::error::{Error, Result};
use crate::fs;
use crate::hash::Hash;
use crate::protocol::GeneratedFile;
use crate::rel_path::{self, RelPath};
use crate::reserved::is_reserved;
use crate::visible;

/// How much of a path that is none is shown, in characters.
const SHOWN: usize = 200;

/// The files of one target before they are on disk.
#[derive(Debug)]
pub(crate) struct FileSet {
    pub(crate) target: String,
    pub(crate) place: Place,
    /// By path below the place's root, with `/`; for checked-in files that includes the output folder.
    pub(crate) files: Map<String, Content>,
    /// A file that the set has no more is left alone if it was edited, instead of an error.
    pub(crate) keeps_edited: bool,
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

    /// Below the root, with `/`.
    pub(crate) fn folder(&self) -> &str {
        match self {
            Self::Own { .. } => ".",
            Self::Shared { folder, .. } => folder,
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
    /// Large contents wait in `dir`.
    pub(crate) fn new(
        target: &str,
        place: Place,
        answered: Vec<GeneratedFile>,
        most: usize,
        dir: &Path,
    ) -> Result<Self> {
        let count = answered.len();
        if count > most {
            return Err(Error::message(format!(
                "the plugin of target `{target}` wants to write {count} files; `limits.files` allows {most}"
            )));
        }
        let mut placed = Vec::with_capacity(count);
        for file in answered {
            let path = RelPath::new(&file.path).map_err(|why| {
                let path = visible::start(&file.path, SHOWN)
                    .escape_default()
                    .to_string();
                Error::message(format!(
                    "the plugin of target `{target}` wants to write `{path}`, which {why}"
                ))
            })?;
            placed.push((place.path(&path), file.content));
        }
        let mut taken = Taken::default();
        for (path, _) in &placed {
            taken.claim(target, path);
        }
        taken.judge()?;
        let mut files = Map::new();
        for (path, content) in sorted::by_text(placed, |(path, _)| path) {
            files.insert(path, Content::new(content, dir)?);
        }
        Ok(Self {
            target: target.to_owned(),
            place,
            files,
            keeps_edited: false,
        })
    }

    /// What a book remembers of the files.
    pub(crate) fn hashes(&self) -> Map<String, Hash> {
        let hash = |(path, content): (&String, &Content)| (path.clone(), content.hash);
        Map::from_iter(self.files.iter().map(hash))
    }
}

/// Paths that belong to targets, as the least discerning file system sees them.
#[derive(Debug, Default)]
pub(crate) struct Taken<'a> {
    claims: Vec<Claim<'a>>,
}

#[derive(Debug)]
struct Claim<'a> {
    /// Sorts a folder's name right before all that is in it.
    key: String,
    target: &'a str,
    path: &'a str,
}

/// What stands for `/` in keys: less than whatever else a path may have.
const SEPARATOR: char = '\u{1}';

impl<'a> Taken<'a> {
    pub(crate) fn claim(&mut self, target: &'a str, path: &'a str) {
        let key = rel_path::collision_key(path).replace('/', "\u{1}");
        self.claims.push(Claim { key, target, path });
    }

    /// No path is claimed twice, or is file and folder at once. Whatever collides stands side by side when sorted.
    pub(crate) fn judge(self) -> Result<()> {
        let claims = sorted::by_text(self.claims, |claim| &claim.key);
        for pair in claims.windows(2) {
            let (one, other) = (&pair[0], &pair[1]);
            let rest = other.key.strip_prefix(&*one.key);
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATOR)) {
                return Err(collision(other.target, other.path, one.target, one.path));
            }
        }
        Ok(())
    }
}

fn collision(target: &str, path: &str, other_target: &str, other: &str) -> Error {
    if path == other && target == other_target {
        return Error::message(format!(
            "the plugin of target `{target}` wants to write `{path}` twice"
        ));
    }
    if path == other {
        return Error::message(format!(
            "targets `{other_target}` and `{target}` both want to write `{path}`"
        ));
    }
    let who = if target == other_target {
        format!("the plugin of target `{target}` wants to write both `{other}` and `{path}`")
    } else {
        format!("targets `{other_target}` and `{target}` want to write `{other}` and `{path}`")
    };
    let why = if rel_path::collision_key(path) == rel_path::collision_key(other) {
        "which some systems take for one"
    } else {
        "which would be a file and a folder at once"
    };
    Error::message(format!("{who}, {why}"))
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
    /// It is no longer generated, but was edited since, and is left to who did.
    Kept,
}

/// What became of each file, by target and path.
pub(crate) type Written = Map<String, Map<String, Change>>;

/// What became of the files of `target`.
pub(crate) fn files_of(written: &Written, target: &str) -> Vec<(String, Change)> {
    let files = written.get(target).cloned();
    files.map_or_else(Vec::new, |files| files.into_iter().collect())
}

/// Whether a target's files are put in place whatever is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// What is not ours is an error.
    No,
    /// It is overwritten.
    Yes,
}

/// Writes one set that no lock is about: whatever differs and is there is not ours.
pub(crate) fn put(set: FileSet, contract: &Path, force: Force) -> Result<Vec<(String, Change)>> {
    let root = set.place.root().to_path_buf();
    if let Some(contract) = rel_path::relative(&root, contract) {
        check_reserved(&set, &contract)?;
    }
    let sets = [set];
    // Nothing is created for a plugin whose files cannot be written, and nothing for one without files.
    let has_files = !Changes::decide(&sets, None, force, None)?.files.is_empty();
    if has_files {
        fs::create_dirs(&root)?;
        let _turn = fs::Turn::take(&root)?;
        let changes = Changes::decide(&sets, None, force, None)?;
        changes.stage(None)?.commit()?;
        return Ok(files_of(&changes.by_target(), &sets[0].target));
    }
    Ok(Vec::new())
}

/// Refuses what is never generated.
pub(crate) fn check_reserved(set: &FileSet, contract: &str) -> Result<()> {
    let Place::Shared { .. } = set.place else {
        return Ok(());
    };
    match set.files.keys().find(|path| is_reserved(path, contract)) {
        Some(path) => Err(Error::message(format!(
            "the plugin of target `{}` wants to write `{path}`, which is never generated",
            set.target
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::GenerateResponse;

    fn set(paths: &[&str]) -> Result<FileSet> {
        let place = Place::Own { root: "/o".into() };
        set_in(place, paths)
    }

    fn set_in(place: Place, paths: &[&str]) -> Result<FileSet> {
        let response = paths
            .iter()
            .fold(GenerateResponse::new(), |response, path| {
                response.file(*path, "")
            });
        FileSet::new("t", place, response.files, 10, Path::new("/nowhere"))
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
        for (path, expected) in [
            ("Service.yaml", false),
            ("other.yaml", true),
            ("deep/Pacto.yaml", false),
            // A folder of such a name is in the way of the file.
            ("service.yaml/x", false),
            ("deep/pacto.yaml/x", false),
            ("service.yaml.d/x", true),
            ("Cargo.toml", true),
        ] {
            let set = set_in(place.clone(), &[path]).expect("it is a path");
            assert_eq!(
                check_reserved(&set, "pacto/service.yaml").is_ok(),
                expected,
                "{path}"
            );
        }
    }

    /// Found by the fuzz target `response`: Cargo builds nothing where `Cargo.lock` is a folder.
    #[test]
    fn what_cargo_is_told_by_is_no_folder_either() {
        let place = Place::Shared {
            root: "/p".into(),
            folder: ".".to_owned(),
        };
        for (path, expected) in [
            ("Cargo.lock", false),
            ("Cargo.lock/x", false),
            ("BUILD.RS::$DATA/x", false),
            ("pacto-generated.lock/x", false),
            ("deep/Cargo.lock/x", true),
        ] {
            let set = set_in(place.clone(), &[path]).expect("it is a path");
            let judged = check_reserved(&set, "pacto/pacto.yaml");
            assert_eq!(judged.is_ok(), expected, "{path}");
        }
    }
}
