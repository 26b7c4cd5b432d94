//! What must hold for any input, for the fuzz targets in `tests/fuzz`: compiled with `--cfg fuzzing` and in no build of
//! anybody's. Each function panics where a promise is broken.

use std::path::Path;
use std::process::ExitStatus;

use crate::config::{self, Config, MAX_TIMEOUT, Source};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::glob;
use crate::lock::Lock;
use crate::output::{self, FileSet, Place};
use crate::plugin::{self, Answer};
use crate::process::Ended;
use crate::protocol::GenerateResponse;
use crate::rel_path::{self, RelPath};
use crate::sandbox::Sandbox;

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
            can_be_shown(&stderr.replace('\n', ""));
            let json = response.to_json();
            assert_eq!(GenerateResponse::from_json(&json), Ok(response.clone()));
            files(response);
        }
        Err(error) => shown(&error),
    }
}

fn files(response: GenerateResponse) {
    let place = Place::Shared {
        root: "/package".into(),
        folder: "out".to_owned(),
    };
    let count = response.files.len();
    // Nothing of what a fuzzer writes is large enough to wait on the disk.
    let set = FileSet::new(
        "fuzzed",
        place,
        response.files,
        count,
        Path::new("/nowhere"),
    );
    let judged = set.and_then(|set| output::check_reserved(&set, "pacto/pacto.yaml").map(|()| set));
    match judged {
        Ok(set) => {
            assert_eq!(set.files.keys().count(), count, "two files became one");
            for path in set.files.keys() {
                let below = path
                    .strip_prefix("out/")
                    .expect("it is in the output folder");
                stays_below(below);
            }
        }
        Err(error) => shown(&error),
    }
}

/// A lock is read, with merge conflicts or without, and comes back as it was written; or the error can be shown.
pub fn lock(text: &str) {
    let lock = match Lock::parse(text) {
        Ok(lock) => lock,
        Err(message) => return shown(&Error::message(message)),
    };
    let outputs = lock.targets.values().flat_map(|entry| entry.outputs.keys());
    outputs
        .chain(lock.pending.keys())
        .for_each(|path| stays_below(path));
    let again = Lock::parse(&lock.to_text()).expect("it is our own");
    assert!(!again.is_conflicted);
    assert!(lock.is_conflicted || again == lock, "{lock:?}\n{again:?}");
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
            if let ErrorKind::Config { manifest, line, .. } = &kind {
                let text = texts[usize::from(manifest == names[1])];
                assert!((1..=text.split('\n').count()).contains(line), "{line}");
            }
            shown(&kind.into());
        }
    }
}

fn keeps_to_the_rules(config: &Config) {
    for (name, target) in config.targets.iter() {
        assert!(config::is_name(name), "{name:?}");
        if let Some(output) = target.output.as_deref().filter(|output| *output != ".") {
            stays_below(output);
        }
        assert!(
            target
                .timeout
                .is_none_or(|timeout| timeout.as_secs() <= MAX_TIMEOUT)
        );
        can_be_shown(&target.plugin.variable());
        can_be_shown(&target.plugin.text());
    }
}

/// Two paths, on two lines: whatever is accepted stays below its folder, and no two are one file in disguise; as a
/// pattern and a path they are compared in time, and match only below the pattern's base.
pub fn paths(text: &str) {
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    let accepted = [one, other].map(|path| RelPath::new(path).is_ok());
    for (path, is_accepted) in [one, other].into_iter().zip(accepted) {
        if is_accepted {
            stays_below(path);
        }
    }
    if accepted == [true, true] && rel_path::collision_key(one) != rel_path::collision_key(other) {
        assert_ne!(one.to_lowercase(), other.to_lowercase());
        assert_ne!(one.to_uppercase(), other.to_uppercase());
    }
    let cleaned = rel_path::clean(Path::new(one));
    assert_eq!(rel_path::clean(&cleaned), cleaned);
    let (base, path) = (Path::new("/").join(one), Path::new("/").join(other));
    let (base, path) = (rel_path::clean(&base), rel_path::clean(&path));
    if let Some(way) = rel_path::relative(&base, &path) {
        assert_eq!(rel_path::clean(&base.join(&way)), path, "{way}");
    }
    if glob::matches(one, other) {
        let base = glob::base(one).trim_end_matches('/');
        assert!(
            base.is_empty() || rel_path::is_within(other, base),
            "{one:?} {other:?}"
        );
    }
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

/// On one line, and moving no cursor.
fn can_be_shown(text: &str) {
    assert!(
        !text.chars().any(|c| c.is_control() && c != '\t'),
        "{text:?}"
    );
}
