//! A command that is killed, or whose disk fails, at each of its effects in turn: nothing is torn, nothing of others is
//! lost, and running it again mends everything.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use snapbox::str;

use crate::support::{CONTRACT, Execution, Project, checkout, repository, shared_target};

/// What a disk and a system say when they fail.
const ERRORS: [(i32, &str); 4] = [
    (4, "Interrupted system call"),
    (5, "Input/output error"),
    (13, "Permission denied"),
    (28, "No space left on device"),
];

/// `cargo-pacto` with the seam of `pacto-build/src/faults.rs`.
fn command_with_faults() -> &'static str {
    static BUILT: OnceLock<String> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = shared_target().join("faults");
        let output = Command::new(env!("CARGO"))
            .args(["build", "-q", "--locked", "--offline", "-p", "cargo-pacto"])
            .current_dir(repository())
            .env("RUSTFLAGS", "--cfg pacto_faults")
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_INCREMENTAL", "0")
            .output()
            .expect("Cargo is what runs this");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        let built = target.join("debug/cargo-pacto");
        built
            .to_str()
            .expect("the target folder is UTF-8")
            .to_owned()
    })
}

/// Answers with one set of files for version 1.0.0 of the contract, and with another for every other version.
fn plugin() -> String {
    let large = "x".repeat(1 << 20);
    let file =
        |path: &str, content: &str| format!("{{\"path\":\"{path}\",\"content\":\"{content}\"}}");
    let answer = |files: &[String]| format!("{{\"files\":[{}]}}", files.join(","));
    let old = answer(&[
        file("same", "same"),
        file("changed", "old"),
        file("gone/away", "old"),
    ]);
    let new = answer(&[
        file("same", "same"),
        file("changed", "new"),
        file("come/new", "new"),
        file("large", &large),
    ]);
    format!(
        "#!/bin/sh\ncase $(cat) in\n*'\"1.0.0\"'*) cat <<'ANSWER'\n{old}\nANSWER\n;;\n*) cat <<'ANSWER'\n{new}\nANSWER\n;;\nesac\n"
    )
}

/// One thing that a command does, from one state of a project to another.
struct Deed {
    arguments: &'static str,
    /// Puts the project into the state before.
    before: fn(&Project),
}

#[test]
fn the_first_generation() {
    survive(&Deed {
        arguments: "generate -j 1 kept built",
        before: |project| {
            project.pacto("clean -q").succeeds();
            let _ = fs::remove_dir_all(project.path("target/pacto"));
            set_version(project, "1.0.1");
        },
    });
}

#[test]
fn another_answer() {
    survive(&Deed {
        arguments: "generate -j 1 kept built",
        before: |project| {
            set_version(project, "1.0.0");
            project.pacto("generate -q kept built").succeeds();
            set_version(project, "1.0.1");
        },
    });
}

#[test]
fn a_target_that_is_gone() {
    survive(&Deed {
        arguments: "generate -j 1",
        before: |project| {
            set_version(project, "1.0.0");
            project.edit("Cargo.toml", "# targets.more", "targets.more");
            project.pacto("generate -q").succeeds();
            project.edit("Cargo.toml", "targets.more", "# targets.more");
        },
    });
}

#[test]
fn cleaning() {
    survive(&Deed {
        arguments: "clean",
        before: |project| {
            set_version(project, "1.0.0");
            project.pacto("generate -q").succeeds();
        },
    });
}

/// Two commands could not take turns there, and so nothing is written.
#[test]
fn a_file_system_that_cannot_lock() {
    const ENOLCK: i32 = 37;
    let project = furnished();
    for number in 0.. {
        set_version(&project, "1.0.0");
        project.pacto("generate -q").succeeds();
        set_version(&project, "1.0.1");
        let before = state(&project);
        let fault = format!("any:{number}:{ENOLCK}");
        let (execution, effect) = with_fault(&project, "generate -j 1", &fault);
        if effect
            .expect("it locks before it ends")
            .starts_with("lock ")
        {
            execution.exits_with(101).stderr(str![[r#"
error: failed to lock `[ROOT]`

Caused by:
  No locks available (os error 37)

"#]]);
            assert_eq!(state(&project), before);
            break;
        }
    }
    project.pacto("generate -q").succeeds();
}

fn set_version(project: &Project, version: &str) {
    project.file("pacto/pacto.yaml", &CONTRACT.replace("1.0.0", version));
}

/// With a file of somebody else's wherever ours are.
fn furnished() -> Project {
    let plugin_of = "plugin = { path = \"tools/plugin\" }";
    let project = checkout(&format!(
        "targets.kept = {{ {plugin_of}, output = \"out\" }}\ntargets.built = {{ {plugin_of} }}\n\
         # targets.more = {{ {plugin_of}, output = \"more\" }}\n"
    ));
    project.executable("tools/plugin", &plugin());
    for path in ["out/theirs", "out/come/theirs", "more/theirs"] {
        project.file(path, "theirs");
    }
    project
}

/// Everything that counts: the checkout, and what is generated to be looked at.
fn state(project: &Project) -> BTreeMap<String, String> {
    let mut state = project.tree("");
    for (path, content) in project.tree("target/pacto/demo/built") {
        state.insert(format!("built/{path}"), content);
    }
    state
}

/// Runs a command in which one effect fails; tells what came of it and which effect it was, or `None` if there are not as
/// many.
fn with_fault(project: &Project, arguments: &str, fault: &str) -> (Execution, Option<String>) {
    let log = project.path("../fault");
    let _ = fs::remove_file(&log);
    let mut command = Command::new("env");
    command
        .arg(format!("PACTO_FAULT={fault}"))
        .arg(format!("PACTO_FAULT_LOG={}", log.display()))
        .args([command_with_faults(), "pacto"])
        .args(arguments.split_whitespace());
    let execution = project.run(&mut command);
    let effect = fs::read_to_string(&log).ok();
    (execution, effect.map(|effect| project.redacted(&effect)))
}

/// Kills the command at each change of the disk, and lets each of them fail.
///
/// Which error is which change's goes round. The long run (`.ci/long`) has every error for every effect, reading included.
fn survive(deed: &Deed) {
    each_effect(
        deed,
        "change",
        |_| "kill".to_owned(),
        |_, execution, place| {
            assert_eq!(execution.code, None, "it was not killed: {place}");
        },
    );
    let (kind, rounds) = if env::var_os("PACTO_TEST_LONG").is_some() {
        ("any", ERRORS.len())
    } else {
        ("change", 1)
    };
    for round in 0..rounds {
        let error = |number: usize| ERRORS[(number + round) % ERRORS.len()];
        each_effect(deed, kind, |number| error(number).0.to_string(), failed);
    }
}

fn failed(project: &Project, execution: &Execution, place: &str) {
    assert!(!execution.stderr.contains("panicked"), "{place}");
    // What is only tried, such as to remove a folder that may not be empty, is no error.
    if execution.code != Some(0) {
        assert_eq!(execution.code, Some(101), "{place}");
        assert!(execution.stderr.starts_with("error: "), "{place}");
        let is_told = ERRORS
            .iter()
            .any(|(_, text)| execution.stderr.contains(text));
        assert!(is_told, "{place}");
    }
    let mut names = project.names("").into_iter();
    let litter = names.find(|path| path.contains(".pacto-"));
    assert!(
        litter.is_none() || place.contains(" at remove "),
        "{litter:?} {place}"
    );
}

/// Lets each effect of a deed fail in turn; whatever `judge` thinks of it, the next run mends everything.
fn each_effect(
    deed: &Deed,
    kind: &str,
    fault: impl Fn(usize) -> String,
    judge: impl Fn(&Project, &Execution, &str),
) {
    let project = furnished();
    (deed.before)(&project);
    let before = state(&project);
    project.pacto(deed.arguments).succeeds();
    let after = state(&project);
    assert_ne!(before, after);
    let mut number = 0;
    loop {
        (deed.before)(&project);
        assert_eq!(state(&project), before);
        let order = format!("{kind}:{number}:{}", fault(number));
        let (execution, effect) = with_fault(&project, deed.arguments, &order);
        let Some(effect) = effect else { break };
        let place = format!("{order} at {effect}\n{}", execution.stderr);
        judge(&project, &execution, &place);
        nothing_is_torn(&project, [&before, &after], &place);
        // Once more, and all is as if nothing had happened.
        project.pacto(deed.arguments).succeeds();
        assert_eq!(state(&project), after, "{place}");
        number += 1;
    }
    assert!(number > 10, "only {number} effects were seen");
}

/// Every file is as it was before, or as it will be after; all others are books and what waits to be renamed.
#[track_caller]
fn nothing_is_torn(project: &Project, states: [&BTreeMap<String, String>; 2], place: &str) {
    let now = state(project);
    for (path, content) in &now {
        let is_known = states.iter().any(|state| state.get(path) == Some(content));
        let is_ours = path.contains(".pacto-staged-") || path == "pacto-generated.lock";
        assert!(is_known || is_ours, "{path} is torn: {place}");
    }
    for path in states[0].keys() {
        let may_be_gone = !states[1].contains_key(path);
        assert!(
            now.contains_key(path) || may_be_gone,
            "{path} is lost: {place}"
        );
    }
}
