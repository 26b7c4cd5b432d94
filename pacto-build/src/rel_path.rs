//! Paths that cannot leave their folder, and the arithmetic of paths as text.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use crate::visible::is_unseen;

/// The longest path that a plugin may name, in bytes.
const MAX_BYTES: usize = 4096;

/// The longest name that file systems have, in bytes.
const MAX_PART_BYTES: usize = 255;

/// Folders in which version control keeps its own, hooks among it.
pub(crate) const VERSION_CONTROL: [&str; 3] = [".git", ".hg", ".jj"];

/// Whether what lies in a folder of this name is no input of anything: version control's own, and what Cargo builds.
pub(crate) fn is_foreign(folder: &str) -> bool {
    folder == "target" || VERSION_CONTROL.contains(&folder)
}

/// A relative path that stays below the folder it is joined to, on every platform.
///
/// It says nothing about symlinks on the way: who writes through it looks at those.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RelPath(String);

/// Why a text is no [`RelPath`], worded to follow "which".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathFault(&'static str);

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl RelPath {
    pub(crate) fn new(path: &str) -> Result<Self, PathFault> {
        if path.is_empty() {
            return Err(PathFault("is empty"));
        }
        if path.len() > MAX_BYTES {
            return Err(PathFault("is longer than 4096 bytes"));
        }
        if path.starts_with('/') {
            return Err(PathFault("is absolute"));
        }
        if path.contains('\\') {
            return Err(PathFault("has a backslash; separate folders with `/`"));
        }
        // A newline would also end a Cargo directive, and an escape would reach the terminal.
        if path.chars().any(char::is_control) {
            return Err(PathFault("has a control character"));
        }
        // Two files that look the same, or one that looks like another.
        if path.chars().any(is_unseen) {
            return Err(PathFault("has an invisible character"));
        }
        if matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic()) {
            return Err(PathFault("begins with a drive letter"));
        }
        for part in path.split('/') {
            part_fault(part).map_or(Ok(()), |fault| Err(PathFault(fault)))?;
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Equal for two paths that some file system takes for one: it folds case and Unicode form, and
/// does not see the joiners.
pub(crate) fn collision_key(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    // Upper case first: `ſ` and `s`, `ẞ` and `ss` meet only there.
    let seen = path
        .chars()
        .filter(|c| !matches!(c, '\u{200c}' | '\u{200d}'));
    // Taken apart, as a composed letter can have other marks in upper case than its parts.
    let folded: String = seen.nfd().collect();
    folded.to_uppercase().to_lowercase().nfc().collect()
}

/// What Windows opens for a name: `Cargo.toml::$DATA` is the content of `Cargo.toml`.
pub(crate) fn without_stream(name: &str) -> &str {
    let name = name.split(':').next().unwrap_or(name);
    name.trim_end_matches(['.', ' '])
}

fn part_fault(part: &str) -> Option<&'static str> {
    match part {
        "" => Some("has an empty part"),
        "." | ".." => Some("has a `.` or `..` part"),
        _ if part.len() > MAX_PART_BYTES => Some("has a part that is longer than 255 bytes"),
        _ if part.ends_with(['.', ' ']) => Some("has a part that ends in a dot or a space"),
        _ if is_device_name(part) => Some("has a part that is a device on Windows"),
        _ if is_short_name(part) => Some("has a part that is a short name on Windows"),
        _ => version_control_fault(part),
    }
}

fn version_control_fault(part: &str) -> Option<&'static str> {
    let key = collision_key(without_stream(part));
    Some(match *VERSION_CONTROL.iter().find(|name| **name == key)? {
        ".git" => "reaches into a `.git` folder",
        ".hg" => "reaches into a `.hg` folder",
        _ => "reaches into a `.jj` folder",
    })
}

/// Windows finds a file by these too, whatever its name is: `GIT~1` is `.git`, `CARGO~1.TOM` is `Cargo.toml`.
fn is_short_name(part: &str) -> bool {
    let part = without_stream(part);
    let (stem, extension) = part.split_once('.').unwrap_or((part, ""));
    let number = stem.split_once('~').map_or("", |(_, number)| number);
    stem.len() <= 8
        && extension.len() <= 3
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Windows takes these for devices whatever their extension: `aux.txt` is the device `AUX`.
fn is_device_name(part: &str) -> bool {
    let stem = part.split(['.', ':']).next().unwrap_or(part).trim_end();
    let stem = stem.to_ascii_uppercase();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) {
        return true;
    }
    let port = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    matches!(
        port,
        Some("0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    )
}

/// `path` without `.` parts, and with `..` taken back where that is possible as text.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(cleaned.components().next_back(), Some(Component::Normal(_))) =>
            {
                cleaned.pop();
            }
            Component::ParentDir if cleaned.has_root() => {}
            other => cleaned.push(other),
        }
    }
    cleaned
}

/// `path` as seen from the folder `base`, with `/`; both must be absolute and [`clean`].
///
/// `None` where no relative way exists (two drives) or `path` is not UTF-8. The folder itself is `.`.
pub(crate) fn relative(base: &Path, path: &Path) -> Option<String> {
    let base: Vec<Component<'_>> = base.components().collect();
    let path: Vec<Component<'_>> = path.components().collect();
    let shared = base.iter().zip(&path).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return None;
    }
    let mut parts = vec![".."; base.len() - shared];
    for component in &path[shared..] {
        parts.push(component.as_os_str().to_str()?);
    }
    if parts.is_empty() {
        return Some(".".to_owned());
    }
    Some(parts.join("/"))
}

/// `folder/path` as text, where `.` is the folder that needs no name.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if folder == "." || folder.is_empty() {
        return path.to_owned();
    }
    format!("{folder}/{path}")
}

/// Whether `path` is `folder` or below it; both as text with `/`, relative to one folder.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    if folder == "." {
        return path != ".." && !path.starts_with("../");
    }
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether Cargo can be told of `path`: a line break would begin a directive of its own, and Cargo
/// trims what it reads, so that it would look for another file on every build.
pub(crate) fn fits_directive(path: &str) -> bool {
    !path.contains(['\n', '\r']) && path.trim() == path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confined_paths() {
        for path in [
            "a",
            "a/b.yaml",
            ".helmignore",
            "..foo",
            "a..b",
            ".env.example",
            "COM",
            "com10",
            "ä/ö",
            "ab:c",
            "git~",
            "~1x",
            "notes~1.html",
            "long-name~1",
            ".gitignore",
            "می\u{200c}خواهم",
        ] {
            assert!(RelPath::new(path).is_ok(), "{path}");
        }
        for path in [
            "",
            ".",
            "..",
            "/a",
            "../a",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "C:/a",
            "c:a",
            r"a\..\b",
            "a\0b",
            "a\nb",
            "a.",
            "a ",
            "a./b",
            "NUL",
            "nul.txt",
            "a/Aux",
            "com1.log",
            "LPT¹",
            ".git/hooks/x",
            "sub/.GIT/config",
            ".g\u{200c}it/x",
            ".git::$INDEX_ALLOCATION/x",
            ".hg/hgrc",
            "git~1",
            "CARGO~1.TOM",
            "a\u{202e}b",
        ] {
            assert!(RelPath::new(path).is_err(), "{path:?}");
        }
        assert!(RelPath::new(&"a/".repeat(2500)).is_err());
        assert!(RelPath::new(&"a".repeat(255)).is_ok());
        assert!(RelPath::new(&"a".repeat(256)).is_err());
    }

    #[test]
    fn colliding_paths() {
        for (a, b) in [
            ("A", "a"),
            ("é", "e\u{301}"),
            ("É", "e\u{301}"),
            ("straße", "STRASSE"),
            ("ſ", "s"),
            ("a\u{200d}b", "ab"),
            // A mark that letters are composed with, and that is a letter in upper case.
            ("\u{389}\u{32a}\u{345}", "\u{1fc4}\u{32a}"),
        ] {
            assert_eq!(collision_key(a), collision_key(b), "{a} {b}");
        }
        for (a, b) in [("a", "b"), ("é", "e"), ("a/b", "ab")] {
            assert_ne!(collision_key(a), collision_key(b), "{a} {b}");
        }
    }

    #[test]
    fn cleaned_paths() {
        for (path, cleaned) in [
            ("/a/./b/../c", "/a/c"),
            ("/../a", "/a"),
            ("../a/..", ".."),
            ("a/../../b", "../b"),
        ] {
            assert_eq!(clean(Path::new(path)), Path::new(cleaned), "{path}");
        }
    }

    #[test]
    fn relative_paths() {
        for (base, path, expected) in [
            ("/a", "/a/b/c", "b/c"),
            ("/a/b", "/a/c", "../c"),
            ("/a", "/a", "."),
            ("/a/b", "/", "../.."),
        ] {
            assert_eq!(
                relative(Path::new(base), Path::new(path)).as_deref(),
                Some(expected),
                "{base} {path}"
            );
        }
    }

    #[test]
    fn containment() {
        for (path, folder, expected) in [
            ("a/b", "a", true),
            ("a", "a", true),
            ("ab", "a", false),
            ("a", ".", true),
            ("../a", ".", false),
        ] {
            assert_eq!(is_within(path, folder), expected, "{path} in {folder}");
        }
    }
}
