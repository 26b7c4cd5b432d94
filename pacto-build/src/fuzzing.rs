//! What must hold for any input, for the fuzz targets in `tests/fuzz`: compiled with `--cfg fuzzing` and in no build of
//! anybody's. Each function panics where a promise is broken.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitStatus;

use unicode_normalization::UnicodeNormalization as _;

use crate::config::{self, Config, Limits, MAX_TIMEOUT, Source};
use crate::conflict;
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::glob;
use crate::lock::Lock;
use crate::names::Names;
use crate::output::{self, FileSet, Place};
use crate::plugin::{self, Answer};
use crate::process::Ended;
use crate::protocol::{GenerateResponse, GeneratedFile};
use crate::rel_path::{self, RelPath};
use crate::sandbox::Sandbox;
use crate::visible::is_unseen;

/// What a plugin wrote to stdout is an answer whose files stay in the output folder, or an error that can be shown.
pub fn response(stdout: &[u8]) {
    let sandbox = Sandbox::new(None, Path::new("/package"), &Env::default());
    let ended = Ended {
        status: ExitStatus::default(),
        stdout: stdout.to_vec(),
        stderr: stdout.to_vec(),
    };
    match plugin::judge("fuzzed", &sandbox, ended) {
        Ok(Answer { response, stderr }) => {
            stderr.lines().for_each(can_be_shown);
            let json = response.to_json();
            assert_eq!(GenerateResponse::from_json(&json), Ok(response.clone()));
            for folder in [".", "out"] {
                files(folder, &response.files);
            }
        }
        Err(error) => shown(&error),
    }
}

/// The files of an answer in a folder of the package: all of them, each with its content, and each a file of its own.
fn files(folder: &str, answered: &[GeneratedFile]) {
    let place = Place::Shared {
        root: "/package".into(),
        folder: folder.to_owned(),
    };
    // Nothing of what a fuzzer writes is large enough to wait on the disk.
    let (most, nowhere) = (answered.len(), Path::new("/nowhere"));
    let set = FileSet::new("fuzzed", place, answered.to_vec(), most, nowhere);
    let judged = set.and_then(|set| output::check_reserved(&set, "pacto/pacto.yaml").map(|()| set));
    let set = match judged {
        Ok(set) => set,
        Err(error) => return shown(&error),
    };
    assert_eq!(set.files.keys().count(), most, "two files became one");
    for file in answered {
        stays_below(&file.path);
        let content = &set.files[&*rel_path::join(folder, &file.path)];
        let bytes = content.bytes().expect("it is in memory");
        assert_eq!(bytes, file.content.as_bytes(), "{:?}", file.path);
    }
    are_apart(set.files.keys());
    set.files.keys().for_each(|path| is_harmless(path));
}

/// No two paths are one file, or file and folder at once, where case and Unicode form make no difference.
fn are_apart<'a>(paths: impl Iterator<Item = &'a String>) {
    let mut keys = BTreeSet::new();
    for path in paths {
        assert!(keys.insert(rel_path::collision_key(path)), "{path:?}");
    }
    for key in &keys {
        let mut folders = key.match_indices('/').map(|(end, _)| &key[..end]);
        assert!(!folders.any(|folder| keys.contains(folder)), "{key:?}");
    }
}

/// It starts no program with the next build or commit, whatever the system makes of its name.
fn is_harmless(path: &str) {
    let key = rel_path::collision_key(path);
    let parts: Vec<&str> = key.split('/').map(as_opened).collect();
    assert!(!parts.contains(&".git"), "{path:?}");
    assert!(!parts.contains(&"pacto.yaml"), "{path:?}");
    let of_package = [
        ".cargo",
        "cargo.toml",
        "cargo.lock",
        "build.rs",
        "pacto-generated.lock",
    ];
    assert!(!of_package.contains(&parts[0]), "{path:?}");
}

/// What Windows opens: nothing from the first `:` on, and no dots and spaces before it.
fn as_opened(part: &str) -> &str {
    let end = part.find(':').unwrap_or(part.len());
    part[..end].trim_end_matches(['.', ' '])
}

/// A lock is read, with merge conflicts or without, and comes back as it was written; or the error can be shown. What
/// either side of a conflict wrote is ours.
pub fn lock(text: &str) {
    let names = Names {
        package: "demo".to_owned(),
        folder: ".".to_owned(),
    };
    let lock = match Lock::parse(text, &names) {
        Ok(lock) => lock,
        Err(message) => return shown(&Error::message(message)),
    };
    names_what_we_write(&lock);
    let again = Lock::parse(&lock.to_text(), &names).expect("it is our own");
    assert!(!again.is_conflicted);
    assert_eq!(again.to_text(), lock.to_text());
    assert!(lock.is_conflicted || again == lock, "{lock:?}\n{again:?}");
    let (ours, theirs) = conflict::sides(text).unzip();
    for side in ours.into_iter().chain(theirs) {
        let side =
            Lock::parse(&conflict::with_commas(&side), &names).expect("both sides were read");
        names_what_we_write(&side);
        owns_all_of(&lock, &side);
    }
}

fn names_what_we_write(lock: &Lock) {
    lock.pending.keys().for_each(|path| stays_below(path));
    for (name, entry) in &lock.targets {
        assert!(config::is_name(name), "{name:?}");
        entry.outputs.keys().for_each(|path| stays_below(path));
        is_folder(entry.fingerprint.output.as_deref());
        can_be_shown(&entry.fingerprint.plugin);
    }
}

fn owns_all_of(lock: &Lock, side: &Lock) {
    let outputs = side.targets.values().flat_map(|entry| &entry.outputs);
    for (path, hash) in outputs {
        assert!(lock.owns(path, hash) && lock.knows(path), "{path:?}");
    }
    for (path, hashes) in &side.pending {
        assert!(hashes.iter().all(|hash| lock.owns(path, hash)), "{path:?}");
    }
}

/// A manifest, and behind a line `=====` that of its workspace, are a configuration that keeps to the rules, or the
/// error can be shown and names a line that is there.
pub fn metadata(texts: &str) {
    let (package, workspace) = texts.split_once("\n=====\n").unwrap_or((texts, ""));
    let (names, texts) = (["Cargo.toml", "../Cargo.toml"], [package, workspace]);
    let sources = (
        Source::parse(names[0], package, "."),
        Source::parse(names[1], workspace, ".."),
    );
    let result = match sources {
        (Ok(package), Ok(workspace)) => {
            if let Ok(config) = config::parse(&package, None) {
                keeps_to_the_rules(&config);
            }
            config::parse(&package, Some(&workspace))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match result {
        Ok(config) => keeps_to_the_rules(&config),
        Err(kind) => {
            let ErrorKind::Config { manifest, line, .. } = &kind else {
                unreachable!("whatever is wrong has a place");
            };
            let text = texts[usize::from(manifest == names[1])];
            assert!((1..=text.split('\n').count()).contains(line), "{line}");
            can_be_shown(&Error::from(kind).to_string());
        }
    }
}

fn keeps_to_the_rules(config: &Config) {
    for (name, target) in config.targets.iter() {
        assert!(config::is_name(name), "{name:?}");
        is_folder(target.output.as_deref());
        let seconds = target.timeout.map(|timeout| timeout.as_secs());
        assert!(seconds.is_none_or(|seconds| (1..=MAX_TIMEOUT).contains(&seconds)));
        let mut limits = target.limits.clone();
        for (key, most, limit) in Limits::KEYS {
            let limit = *limit(&mut limits);
            assert!((1..=most).contains(&limit), "{key}: {limit}");
        }
        can_be_shown(&target.plugin.variable());
        can_be_shown(&target.plugin.text());
        target.inputs.iter().for_each(|path| can_be_watched(path));
        assert!(target.env.iter().all(|name| config::is_variable(name)));
    }
    if let Some(bundle) = &config.bundle {
        can_be_watched(bundle);
    }
}

/// Of the package, or the package itself.
fn is_folder(output: Option<&str>) {
    if let Some(folder) = output.filter(|folder| *folder != ".") {
        stays_below(folder);
    }
}

/// Clean, relative to the package whichever manifest it stands in, and nothing that could end a line for Cargo.
fn can_be_watched(path: &str) {
    assert!(config::is_outer_path(path), "{path:?}");
    let cleaned = rel_path::clean(Path::new(path));
    assert!(path == "." || cleaned == Path::new(path), "{path:?}");
    can_be_shown(path);
}

/// Two paths, on two lines: whatever is accepted stays below its folder, and no two are one file in disguise; as a
/// pattern and a path they are compared in time, and match only below the pattern's base.
pub fn paths(text: &str) {
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    let accepted = [one, other].map(|path| RelPath::new(path).is_ok());
    for (path, is_accepted) in [one, other].into_iter().zip(accepted) {
        if is_accepted {
            stays_below(path);
            has_one_key(path);
        }
    }
    if accepted == [true, true] {
        in_each_other(one, other);
        if rel_path::collision_key(one) != rel_path::collision_key(other) {
            assert_ne!(one.to_lowercase(), other.to_lowercase());
            assert_ne!(one.to_uppercase(), other.to_uppercase());
        }
    }
    let cleaned = rel_path::clean(Path::new(one));
    assert_eq!(rel_path::clean(&cleaned), cleaned);
    let (base, path) = (Path::new("/").join(one), Path::new("/").join(other));
    let (base, path) = (rel_path::clean(&base), rel_path::clean(&path));
    if let Some(way) = rel_path::relative(&base, &path) {
        assert_eq!(rel_path::clean(&base.join(&way)), path, "{way}");
    }
    let is_match = glob::matches(one, other);
    assert_eq!(is_match, fits(one, other), "{one:?} {other:?}");
    if is_match {
        let base = glob::base(one).trim_end_matches('/');
        assert!(
            base.is_empty() || rel_path::is_within(other, base),
            "{one:?} {other:?}"
        );
    }
}

/// An accepted path in an accepted folder is accepted, but that it can be too long.
fn in_each_other(folder: &str, path: &str) {
    let joined = rel_path::join(folder, path);
    assert!(rel_path::is_within(&joined, folder), "{joined:?}");
    assert!(!rel_path::is_within(folder, &joined), "{joined:?}");
    assert!(
        RelPath::new(&joined).is_ok() || joined.len() > 4096,
        "{joined:?}"
    );
}

/// However a file system spells the path, its key is the same.
fn has_one_key(path: &str) {
    let key = rel_path::collision_key(path);
    let (composed, decomposed): (String, String) = (path.nfc().collect(), path.nfd().collect());
    let unjoined = path.replace(['\u{200c}', '\u{200d}'], "");
    // U+0345 is a mark, and in upper case a letter that takes the marks behind it.
    let is_cased = !decomposed.contains('\u{345}');
    let cases = [&composed, &decomposed]
        .into_iter()
        .filter(|_| is_cased)
        .flat_map(|form| [form.to_lowercase(), form.to_uppercase()]);
    let forms = [key.clone(), composed.clone(), decomposed.clone(), unjoined];
    for spelled in cases.chain(forms) {
        assert_eq!(
            rel_path::collision_key(&spelled),
            key,
            "{path:?} {spelled:?}"
        );
    }
}

/// What [`glob::matches`] promises, in the form that needs no thought: a table of which ends of the pattern fit which
/// ends of the path.
fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.trim_end_matches('/').split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // Everything below what is matched matches too.
    let mut rest = vec![true; path.len() + 1];
    for (at, part) in pattern.iter().enumerate().rev() {
        let is_last = at + 1 == pattern.len();
        let mut fitting = vec![false; path.len() + 1];
        for from in (0..=path.len()).rev() {
            let is_there = from < path.len();
            fitting[from] = match *part {
                "**" if is_last => is_there,
                "**" => rest[from] || (is_there && fitting[from + 1]),
                _ => is_there && rest[from + 1] && fits_name(part, path[from]),
            };
        }
        rest = fitting;
    }
    rest[0]
}

fn fits_name(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let mut rest = vec![false; name.len() + 1];
    rest[name.len()] = true;
    for wanted in pattern.chars().rev() {
        let mut fitting = vec![false; name.len() + 1];
        for from in (0..=name.len()).rev() {
            let is_there = from < name.len();
            fitting[from] = match wanted {
                '*' => rest[from] || (is_there && fitting[from + 1]),
                '?' => is_there && rest[from + 1],
                _ => is_there && rest[from + 1] && name[from] == wanted,
            };
        }
        rest = fitting;
    }
    rest[0]
}

/// An accepted path is below its folder, wherever that is.
fn stays_below(path: &str) {
    assert!(RelPath::new(path).is_ok(), "{path:?}");
    let folder = Path::new("/folder");
    let file = rel_path::clean(&folder.join(path));
    assert!(file.starts_with(folder) && file != folder, "{path:?}");
    assert_eq!(rel_path::relative(folder, &file).as_deref(), Some(path));
    can_be_shown(path);
}

fn shown(error: &Error) {
    error.full_text().lines().for_each(can_be_shown);
}

/// On one line, moving no cursor, and hiding nothing that stands beside it.
fn can_be_shown(text: &str) {
    assert!(!text.contains(is_unseen), "{text:?}");
}
