//! The walls of the library: who may use whom, one door for each effect, and what a user has to compile.
//!
//! They are read off the text of the sources: crude, but whoever breaks one is told what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::repository;

/// The library's modules. Each uses only those that stand above it, so that all arrows point one way.
const ORDER: [&[&str]; 12] = [
    // Texts and numbers.
    &[
        "conflict", "glob", "hash", "nearest", "sorted", "sys", "visible",
    ],
    &["rel_path"],
    &["names"],
    &["contract"],
    &["error"],
    // What is read off texts, and the doors.
    &["config", "env", "fingerprint", "fs", "protocol", "reserved"],
    &["inputs", "lock", "manifest", "record", "sandbox"],
    // The branches. They meet only below.
    &["bundle", "output", "process"],
    &["plugin", "report"],
    &["run"],
    &["directive", "plan"],
    // What others see.
    &["builder", "driver", "fresh"],
];

/// Modules that take values and give values.
const PURE: [&str; 13] = [
    "config",
    "conflict",
    "contract",
    "error",
    "fingerprint",
    "glob",
    "names",
    "nearest",
    "protocol",
    "rel_path",
    "reserved",
    "sorted",
    "visible",
];

/// Words that do something to the world, and the only modules that may say them.
const DOORS: [(&str, &[&str], &str); 9] = [
    (
        "std::fs",
        &["fs"],
        "the disk belongs to `fs.rs`: add what is needed there",
    ),
    (
        "env::var",
        &["env"],
        "variables are read in `env.rs`, once: ask the `Env` that is passed around",
    ),
    (
        "env::current_dir",
        &["env"],
        "where we were started is in `Env::dir`",
    ),
    (
        "Command",
        &["process", "sandbox"],
        "programs are started by `process.rs`: give it a `Run`",
    ),
    (
        "println!",
        &["directive"],
        "only `directive.rs` prints: give back a value and let it be printed there",
    ),
    (
        "print!",
        &["directive"],
        "only `directive.rs` prints: give back a value and let it be printed there",
    ),
    ("dbg!", &[], "only `directive.rs` prints"),
    (
        "unsafe ",
        &["sys"],
        "system calls are made in `sys.rs`, each with a SAFETY comment and a test",
    ),
    ("std::net", &[], "nothing here talks to the network"),
];

/// The code of each module of the library: without comments, without its tests, with its submodules.
fn modules() -> BTreeMap<String, String> {
    let source = repository().join("pacto-build/src");
    let mut modules = BTreeMap::<String, String>::new();
    for path in files_below(&source) {
        let name = path
            .strip_prefix(&source)
            .expect("it is below")
            .to_string_lossy();
        let (module, _) = name
            .split_once(['/', '.'])
            .expect("a source has an extension");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let code = text
            .lines()
            .take_while(|line| !line.starts_with("mod tests"));
        let code = code.filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.map(|line| format!("{line}\n")).collect();
        modules
            .entry(module.to_owned())
            .or_default()
            .push_str(&code);
    }
    modules.remove("lib");
    // In no build of anybody's.
    for module in ["faults", "fuzzing"] {
        modules.remove(module);
    }
    modules
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The modules of the crate that `code` names: `crate::a::B` and `use crate::{a, b::C}`.
fn used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => drop(used.insert(name(rest))),
            Some(list) => {
                let mut depth = 0;
                let list = list.split_inclusive(['{', ',', '}']);
                for item in list {
                    if depth == 0 {
                        used.insert(name(item.trim_start()));
                    }
                    match item.chars().last() {
                        Some('{') => depth += 1,
                        Some('}') if depth == 0 => break,
                        Some('}') => depth -= 1,
                        _ => {}
                    }
                }
            }
        }
    }
    used.remove("");
    used
}

fn name(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_lowercase() || *c == '_')
        .collect()
}

fn rank(module: &str) -> usize {
    let rank = ORDER.iter().position(|group| group.contains(&module));
    rank.unwrap_or_else(|| {
        panic!("module `{module}` is new: add it to ORDER in tests/testsuite/walls.rs, below everything that it uses")
    })
}

#[test]
fn what_a_module_uses_is_read_off_its_text() {
    let code = "use crate::config::{self, Config};\nuse crate::{bundle, fs::{self, Found}, rel_path};\ncrate::run::all();\n";
    let used = used(code);
    assert_eq!(
        used.iter().map(String::as_str).collect::<Vec<_>>(),
        ["bundle", "config", "fs", "rel_path", "run"]
    );
}

#[test]
fn all_arrows_point_one_way() {
    let modules = modules();
    for (module, code) in &modules {
        for used in used(code)
            .iter()
            .filter(|used| modules.contains_key(*used) && *used != module)
        {
            assert!(
                rank(used) < rank(module),
                "`{module}` uses `{used}`, which does not stand above it in ORDER (tests/testsuite/walls.rs): \
                 move what is shared into a module above both, or let `plan` bring the two together"
            );
        }
    }
    let known: BTreeSet<&str> = ORDER.iter().copied().flatten().copied().collect();
    let gone: Vec<&&str> = known
        .iter()
        .filter(|module| !modules.contains_key(**module))
        .collect();
    assert!(
        gone.is_empty(),
        "{gone:?} are no modules any more: remove them from ORDER in tests/testsuite/walls.rs"
    );
}

#[test]
fn pure_modules_touch_nothing() {
    let modules = modules();
    let doors = ["fs", "env", "process", "sandbox", "sys", "plan", "plugin"];
    for module in PURE {
        let code = &modules[module];
        for door in doors {
            assert!(
                !used(code).contains(door),
                "`{module}` is pure and uses `{door}`: let its caller do that, and pass what comes of it"
            );
        }
        for word in [
            "std::fs",
            "std::env",
            "std::process",
            "std::thread",
            "SystemTime::now",
            "Instant::now",
        ] {
            assert!(
                !code.contains(word),
                "`{module}` is pure and has `{word}`: let its caller do that, and pass what comes of it"
            );
        }
    }
}

#[test]
fn every_effect_has_one_door() {
    for (module, code) in modules() {
        for (word, doors, cure) in DOORS {
            assert!(
                doors.contains(&module.as_str()) || !code.contains(word),
                "`{module}` of pacto-build has `{word}`; {cure}"
            );
        }
    }
}

/// Everything that a service compiles for `pacto-build`.
const CRATES: [&str; 16] = [
    "arraydeque",
    "granit-parser",
    "hmac-sha256",
    "itoa",
    "memchr",
    "serde_core",
    "serde_json",
    "serde_spanned",
    "smallvec",
    "tinyvec",
    "toml",
    "toml_datetime",
    "toml_parser",
    "unicode-normalization",
    "winnow",
    "zmij",
];

#[test]
fn a_service_compiles_few_crates_and_no_procedural_macros() {
    let mut tree = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tree.args(
        "tree --package pacto-build --edges normal,build --prefix none --offline --locked"
            .split(' '),
    );
    let output = tree
        .current_dir(repository())
        .output()
        .expect("cargo runs the tests");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    assert!(
        !text.contains("(proc-macro)"),
        "a procedural macro costs every user seconds; do without it:\n{text}"
    );
    let crates = text.lines().filter_map(|line| line.split(' ').next());
    let crates: BTreeSet<&str> = crates
        .filter(|name| !name.is_empty() && *name != "pacto-build")
        .collect();
    let expected = BTreeSet::from(CRATES);
    assert!(
        crates == expected,
        "the crates that every user compiles have changed: new {:?}, gone {:?}; if that is worth it, say why in the \
         README's table of dependencies and correct CRATES in tests/testsuite/walls.rs",
        crates.difference(&expected).collect::<Vec<_>>(),
        expected.difference(&crates).collect::<Vec<_>>(),
    );
    assert!(CRATES.len() <= 18, "the budget is 18 crates");
}
