//! Links, and whatever else is no plain file, where files go: there before a run, or put there by the plugin itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{difference, everything, play, refused, relapse, unconfined};
use crate::support::{Project, answers, checkout, checkout_with, says};

/// Reads its request, does this in the package folder, and answers with three files.
fn swaps(shell: &str) -> String {
    format!(
        r#"#!/bin/sh
cat >/dev/null
{shell}
cat <<'JSON'
{{"files": [{{"path": "deep/a", "content": "new"}}, {{"path": "fresh", "content": "new"}}, {{"path": "kept", "content": "new"}}]}}
JSON
"#
    )
}

/// Runs a shell in the project.
fn shell(project: &Project, script: &str) {
    project
        .run(Command::new("sh").args(["-ec", script]))
        .succeeds();
}

/// A checkout with two generated files, one of them in a folder, and somebody's file beside it.
fn generated() -> Project {
    let project = checkout_with(&says(
        r#"{"files": [{"path": "kept", "content": "old"}, {"path": "deep/a", "content": "old"}]}"#,
    ));
    relapse(project)
}

/// A copy of a checkout and what is beside it, links and all.
fn copy(project: &Project) -> TempDir {
    let copy = tempfile::tempdir().expect("there is a temporary folder");
    fill(project, copy.path(), project.surroundings());
    copy
}

/// Empties a folder, and copies another into it.
fn fill(project: &Project, folder: &Path, from: &Path) {
    let mut copy = Command::new("sh");
    copy.args(["-ec", "cd \"$1\"; rm -rf ./* ; cp -a \"$2/.\" .", "sh"]);
    project.run(copy.arg(folder).arg(from)).succeeds();
}

const CASES: &[(&str, &str, &str)] = &[
    (
        "the output folder is a link that leads out",
        "mv out ../beside/out; ln -s ../beside/out out",
        "OUT",
    ),
    (
        "the output folder is a link to where it was",
        "mv out moved; ln -s moved out",
        "OUT",
    ),
    (
        "the output folder is a link to the package",
        "rm -r out; ln -s . out",
        "OUT",
    ),
    (
        "the output folder is a link to the folder above",
        "rm -r out; ln -s .. out",
        "OUT",
    ),
    (
        "the output folder is a link to the sources",
        "rm -r out; ln -s src out",
        "OUT",
    ),
    (
        "the output folder is a link to .git",
        "rm -r out; ln -s .git out",
        "OUT",
    ),
    (
        "the output folder is a link to nothing",
        "rm -r out; ln -s nowhere out",
        "OUT",
    ),
    (
        "the output folder is a link to a file",
        "rm -r out; ln -s ../beside/mine out",
        "OUT",
    ),
    (
        "the output folder is the second of two links",
        "mv out moved; ln -s moved two; ln -s two out",
        "OUT",
    ),
    (
        "a folder is a link that leads out",
        "mv out/deep ../beside/deep; ln -s ../../beside/deep out/deep",
        "DEEP",
    ),
    (
        "a folder is a link to the folder above",
        "rm -r out/deep; ln -s . out/deep",
        "DEEP",
    ),
    (
        "a folder is a link to nothing",
        "rm -r out/deep; ln -s nowhere out/deep",
        "DEEP",
    ),
    (
        "a folder is a link to the hooks",
        "mkdir .git/hooks; rm -r out/deep; ln -s ../.git/hooks out/deep",
        "DEEP",
    ),
    (
        "a folder is a link to /proc/self/cwd",
        "rm -r out/deep; ln -s /proc/self/cwd out/deep",
        "DEEP",
    ),
    (
        "a file is a link that leads out",
        "rm out/kept; ln -s ../../beside/mine out/kept",
        "KEPT",
    ),
    (
        "a file is a link to where it was",
        "mv out/kept moved; ln -s ../moved out/kept",
        "KEPT",
    ),
    (
        "a file is a link to nothing",
        "rm out/kept; ln -s nowhere out/kept",
        "KEPT",
    ),
    (
        "a file is a link to a device",
        "rm out/kept; ln -s /dev/null out/kept",
        "KEPT",
    ),
    (
        "a file is a link to a folder",
        "rm out/kept; ln -s ../src out/kept",
        "KEPT",
    ),
    (
        "a file is a link to the manifest",
        "rm out/kept; ln -s ../Cargo.toml out/kept",
        "KEPT",
    ),
    (
        "a new file is a link to somebody's",
        "ln -s ../../beside/mine out/fresh",
        "FRESH",
    ),
    (
        "a new file is a link to nothing",
        "ln -s ../../beside/created out/fresh",
        "FRESH",
    ),
    (
        "a new file is a link to another of ours",
        "ln -s kept out/fresh",
        "FRESH",
    ),
    (
        "the output folder is a link to itself",
        "rm -r out; ln -s out out",
        "OUT",
    ),
    (
        "a folder is a link to itself",
        "rm -r out/deep; ln -s deep out/deep",
        "DEEP",
    ),
    (
        "a file is a link to itself",
        "rm out/kept; ln -s kept out/kept",
        "KEPT",
    ),
    (
        "the output folder is a file",
        "rm -r out; echo mine >out",
        "target `files` cannot write `out/deep/a`: `out` is no folder; move it away
error: target `files` cannot write `out/fresh`: `out` is no folder; move it away
error: target `files` cannot write `out/kept`: `out` is no folder; move it away",
    ),
    (
        "a folder is a file",
        "rm -r out/deep; echo mine >out/deep",
        "target `files` cannot write `out/deep/a`: `out/deep` is no folder; move it away",
    ),
    (
        "a folder is a FIFO",
        "rm -r out/deep; mkfifo out/deep",
        "target `files` cannot write `out/deep/a`: `out/deep` is no folder; move it away",
    ),
    (
        "a file is a FIFO",
        "rm out/kept; mkfifo out/kept",
        "target `files` cannot write `out/kept`: something that is no file stands there; move it away",
    ),
    (
        "a new file is a FIFO",
        "mkfifo out/fresh",
        "target `files` cannot write `out/fresh`: something that is no file stands there; move it away",
    ),
    (
        "a new file is a socket",
        "cd out; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"fresh\")'",
        "target `files` cannot write `out/fresh`: something that is no file stands there; move it away",
    ),
    (
        "a file is a folder",
        "rm out/kept; mkdir out/kept",
        "target `files` cannot write `out/kept`: something that is no file stands there; move it away",
    ),
    (
        "a file is a folder with somebody's file",
        "rm out/kept; mkdir out/kept; echo mine >out/kept/mine",
        "target `files` cannot write `out/kept`: something that is no file stands there; move it away",
    ),
    (
        "a file is another name of somebody's",
        "ln -f ../beside/mine out/kept",
        "`out/kept` was edited by hand; to undo the edit, run `git checkout -- out/kept`; to overwrite the file, run `cargo pacto generate -p demo --force files`",
    ),
    (
        "a new file is another name of somebody's",
        "ln ../beside/mine out/fresh",
        "`out/fresh` is not a file that we wrote; move it away, or overwrite it with `cargo pacto generate -p demo --force files`",
    ),
];

/// The whole message of a case: what stands for it is the thing that is a link.
fn message(hint: &str) -> String {
    let link = |path: &str, at: &str| {
        format!(
            "target `files` cannot write `out/{path}`: `{at}` is a symbolic link, and those are not followed; move it away"
        )
    };
    match hint {
        "OUT" => ["deep/a", "fresh", "kept"]
            .map(|path| link(path, "out"))
            .join("\nerror: "),
        "DEEP" => link("deep/a", "out/deep"),
        "KEPT" => link("kept", "out/kept"),
        "FRESH" => link("fresh", "out/fresh"),
        _ => hint.to_owned(),
    }
}

#[test]
fn what_stands_in_the_way_before_the_run() {
    let project = generated();
    let pristine = copy(&project);
    let cases = CASES
        .iter()
        .map(|(name, before, hint)| (name, before, message(hint)));
    let mut faults = String::new();
    for (name, before, message) in cases {
        fill(&project, project.surroundings(), pristine.path());
        shell(&project, before);
        play(&project, &swaps(""));
        let fault = refused(&project, &message);
        faults += &fault.map_or(String::new(), |fault| format!("\n{name}: {fault}\n"));
    }
    assert!(faults.is_empty(), "{faults}");
}

/// The plugin itself does it. Then all is as after the same commands without us.
#[test]
fn what_comes_in_the_way_during_the_run() {
    let project = unconfined(generated());
    let pristine = copy(&project);
    let cases = CASES
        .iter()
        .map(|(name, during, hint)| (name, during, message(hint)));
    let mut faults = String::new();
    for (name, during, message) in cases {
        fill(&project, project.surroundings(), pristine.path());
        play(&project, &swaps(&format!("({during}) || exit 9")));
        let twin = copy(&project);
        let mut by_hand = Command::new("sh");
        by_hand.args(["-ec", &format!("cd \"$1/checkout\"; {during}"), "sh"]);
        project.run(by_hand.arg(twin.path())).succeeds();

        let execution = project.pacto("generate");
        let said = (execution.code, execution.stderr);
        let expected = (Some(101), format!("error: {message}\n"));
        if said != expected {
            faults += &format!("\n{name}: {said:?}\n  instead of\n{expected:?}\n");
        }
        let fault = difference(
            &everything(twin.path()),
            &everything(project.surroundings()),
        );
        faults += &fault.map_or(String::new(), |fault| format!("\n{name}: {fault}\n"));
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn the_other_name_of_a_file_of_ours_keeps_its_content() {
    for (name, during) in [
        ("before the run", ""),
        ("during the run", "ln out/kept ../beside/linked"),
    ] {
        let project = unconfined(generated());
        if during.is_empty() {
            shell(&project, "ln out/kept ../beside/linked");
        }
        play(&project, &swaps(during));

        project.pacto("generate").succeeds().stderr(
            "   Generated files into out: 1 created, 2 updated (`tools/pacto-plugin-fake` changed)\n",
        );
        assert_eq!(project.read("../beside/linked"), "old", "{name}");
        assert_eq!(project.read("out/kept"), "new", "{name}");
    }
}

#[test]
fn the_other_name_of_a_file_of_ours_stays_when_ours_goes() {
    let project = generated();
    shell(&project, "ln out/kept ../beside/linked");
    play(&project, &says(r#"{"files": []}"#));

    project
        .pacto("generate")
        .succeeds()
        .stderr("   Generated files into out: 2 removed (`tools/pacto-plugin-fake` changed)\n");
    assert_eq!(project.read("../beside/linked"), "old");
    assert!(!project.path("out").exists());
}

#[test]
fn what_a_plugin_removes_is_made_anew() {
    for (during, stderr) in [
        ("rm -r out", "3 created (`tools/pacto-plugin-fake` changed)"),
        (
            "rm -r out/deep",
            "2 created, 1 updated (`tools/pacto-plugin-fake` changed)",
        ),
        (
            "rm out/kept",
            "2 created, 1 updated (`tools/pacto-plugin-fake` changed)",
        ),
    ] {
        let project = unconfined(generated());
        play(&project, &swaps(during));
        project
            .pacto("generate")
            .succeeds()
            .stderr(format!("   Generated files into out: {stderr}\n"));
        assert_eq!(
            project.names("out"),
            ["deep/a", "fresh", "kept"],
            "{during}"
        );
    }
}

/// Behind a link is no file of ours: what is not generated any more is not looked for there.
#[test]
fn nothing_is_removed_behind_a_link() {
    for setup in [
        "mv out ../beside/out; ln -s ../beside/out out",
        "mv out/deep ../beside/deep; ln -s ../../beside/deep out/deep; rm out/kept",
        "mv out/kept ../beside/kept; ln -s ../../beside/kept out/kept; rm -r out/deep",
    ] {
        let project = generated();
        shell(&project, setup);
        play(&project, &says(r#"{"files": []}"#));
        let before = (
            everything(&project.surroundings().join("beside")),
            everything(&project.path("out")),
        );

        project.pacto("generate").succeeds();
        let after = (
            everything(&project.surroundings().join("beside")),
            everything(&project.path("out")),
        );
        assert_eq!(after, before, "{setup}");
    }
}

#[test]
fn a_lock_that_is_a_link_is_replaced_and_not_followed() {
    let project = generated();
    shell(
        &project,
        "mv pacto-generated.lock ../beside/lock; ln -s ../beside/lock pacto-generated.lock",
    );
    let before = everything(&project.surroundings().join("beside"));
    play(&project, &swaps(""));

    project.pacto("generate").succeeds();
    assert_eq!(everything(&project.surroundings().join("beside")), before);
    assert!(!project.path("pacto-generated.lock").is_symlink());
}

/// A folder of our own holds nothing of anybody else, and what is not generated any more is removed from it: so it
/// must be ours, and not what a link in its place leads to.
#[test]
fn a_folder_of_ours_that_became_a_link_is_not_followed() {
    let swap = "rm -rf target/pacto/demo/own; ln -s ../../../../beside target/pacto/demo/own";
    for (name, before, during) in [("before the run", swap, ":"), ("during the run", ":", swap)] {
        let project = checkout("targets.own.plugin = { path = \"tools/own\" }\n");
        project.file("../beside/mine", "mine");
        project.executable("tools/own", &answers("kept", "old"));
        project.pacto("generate own").succeeds();
        shell(&project, before);
        let beside = project.surroundings().join("beside");
        let kept = everything(&beside);
        project.executable("tools/own", &swaps(during));

        project.pacto("generate own").succeeds();
        assert_eq!(everything(&beside), kept, "{name}");
        assert_eq!(
            project.names("target/pacto/demo/own"),
            ["deep/a", "fresh", "kept"],
            "{name}"
        );
        let own = project.path("target/pacto/demo/own");
        assert!(
            !fs::symlink_metadata(own).expect("it is there").is_symlink(),
            "{name}"
        );
    }
}
