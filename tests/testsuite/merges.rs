//! Branches that both generated, merged by git.

use snapbox::str;

use crate::git::git;
use crate::ownership::{LOCK, NAMES_UNLESS_BROKEN, target_of};
use crate::support::{Project, checkout, checkout_with};

/// Answers with what it was made from: the options, the service's version, all of it, and what git makes no sense
/// of by merging lines.
const TABLES: &str = r#"#!/bin/sh
exec jq '{files: [
    {path: "options", content: "\(.options)\n"},
    {path: "version", content: "\(.contract.service.version)\n"},
    {path: "all", content: "\(.options.a)\n1\n2\n3\n4\n5\n\(.contract.service.version) \(.options.b)\n6\n7\n8\n9\n\(.contract.service.name)\n"},
    {path: "sum", content: "\(.options.a)\n1\n2\n3\n4\n\(if .options.a == 2 and .contract.service.version == "2.0.0" then "both" else "-" end)\n5\n6\n7\n8\n\(.contract.service.version)\n"}
]}'
"#;

/// What a branch changes: in which file what becomes what.
type Edits<'a> = &'a [(&'a str, &'a str, &'a str)];

/// A repository with two branches that changed what the files are made from, each with its files, being merged.
fn merging(style: &str, ours: Edits<'_>, theirs: Edits<'_>) -> Project {
    merging_of(TABLES, "{ a = 1, b = 1 }", style, ours, theirs)
}

fn merging_of(
    plugin: &str,
    options: &str,
    style: &str,
    ours: Edits<'_>,
    theirs: Edits<'_>,
) -> Project {
    let project = checkout_with(plugin);
    project.edit(
        "Cargo.toml",
        "targets.files.output",
        &format!("targets.files.options = {options}\ntargets.files.output"),
    );
    project.file(".gitignore", "target\n");
    let edit = |edits: Edits<'_>| {
        for (path, from, to) in edits {
            project.edit(path, from, to);
        }
    };
    merge(&project, style, &|| edit(ours), &|| edit(theirs));
    project
}

/// Makes the checkout a repository with two branches, lets each change something and generate, and merges them.
fn merge(project: &Project, style: &str, ours: &dyn Fn(), theirs: &dyn Fn()) {
    let commit = |change: &dyn Fn()| {
        change();
        project.pacto("generate").succeeds();
        for command in ["add --all", "commit --quiet --message generated"] {
            assert_eq!(git(project, command), Some(0), "{command}");
        }
    };
    project.remove_folder(".git");
    assert_eq!(git(project, "init --quiet --initial-branch ours"), Some(0));
    commit(&|| ());
    assert_eq!(git(project, "checkout --quiet -b theirs"), Some(0));
    commit(theirs);
    assert_eq!(git(project, "checkout --quiet ours"), Some(0));
    commit(ours);
    assert_eq!(
        git(
            project,
            &format!("-c merge.conflictStyle={style} merge theirs")
        ),
        Some(1),
        "it has conflicts"
    );
}

/// Expects one run to give what a checkout without history gives.
#[track_caller]
fn mends(project: &Project, changes: &str) {
    let expected = format!(
        "   Generated files into out: {changes} (`pacto-generated.lock` has merge conflicts)\n"
    );
    project.pacto("generate").succeeds().stderr(expected);
    let fresh = checkout_with(TABLES);
    for path in ["Cargo.toml", "pacto/pacto.yaml"] {
        fresh.file(path, &project.read(path));
    }
    fresh.pacto("generate").succeeds();
    assert_eq!(project.tree("out"), fresh.tree("out"));
    assert_eq!(project.read(LOCK), fresh.read(LOCK));
    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh files

"#]]);
}

#[test]
fn a_merge_with_conflicts_is_mended_by_one_run() {
    for style in ["merge", "diff3", "zdiff3"] {
        let project = merging(
            style,
            &[("Cargo.toml", "b = 1", "b = 2")],
            &[("pacto/pacto.yaml", "1.0.0", "2.0.0")],
        );
        for path in [LOCK, "out/all"] {
            assert!(project.read(path).contains("<<<<<<< HEAD"), "{path}");
        }
        mends(&project, "1 updated, 3 unchanged");
    }
}

#[test]
fn a_merge_with_conflicts_beside_changes_that_git_merged_is_mended_by_one_run() {
    let project = merging(
        "merge",
        &[("Cargo.toml", "{ a = 1, b = 1 }", "{ a = 2, b = 2 }")],
        &[
            ("pacto/pacto.yaml", "1.0.0", "2.0.0"),
            ("pacto/pacto.yaml", "demo", "shop"),
        ],
    );
    assert!(project.read("out/all").starts_with("2\n1\n"));
    assert_eq!(
        project.read("out/sum"),
        "2\n1\n2\n3\n4\n-\n5\n6\n7\n8\n2.0.0\n"
    );
    mends(&project, "2 updated, 2 unchanged");
}

/// Git could merge every file of these, and nobody has made the result: `out/sum` has to say "both".
#[test]
fn two_runs_are_never_merged_without_a_conflict() {
    let project = merging(
        "merge",
        &[("Cargo.toml", "a = 1", "a = 2")],
        &[("pacto/pacto.yaml", "1.0.0", "2.0.0")],
    );
    assert!(project.read(LOCK).contains("<<<<<<< HEAD"));
    for path in ["all", "options", "sum", "version"] {
        let content = project.read(&format!("out/{path}"));
        assert!(!content.contains("<<<<<<<"), "{path}");
    }
    project.pacto("check").exits_with(1);
    mends(&project, "1 updated, 3 unchanged");
}

/// However the lines of two locks were put together, they promise nothing.
#[test]
fn a_lock_that_was_put_together_from_two_is_no_promise() {
    let project = merging(
        "merge",
        &[("Cargo.toml", "a = 1", "a = 2")],
        &[("pacto/pacto.yaml", "1.0.0", "2.0.0")],
    );
    let merged = project.read(LOCK);
    let lines = |begin: &str, end: &str| {
        let mut is_in = false;
        let kept = merged.lines().filter(|line| {
            let is_mark = ["<<<<<<<", "=======", ">>>>>>>"]
                .iter()
                .any(|mark| line.starts_with(mark));
            if line.starts_with(begin) {
                is_in = true;
            } else if line.starts_with(end) {
                is_in = false;
            }
            !is_in && !is_mark
        });
        kept.collect::<Vec<_>>().join("\n")
    };
    for resolved in [lines("<<<<<<<", "======="), lines("=======", ">>>>>>>")] {
        project.file(LOCK, &resolved);
        let said = project.pacto("check").exits_with(1).stderr;
        let expected = "Stale out/options: its entry in `pacto-generated.lock` was merged, edited or cleaned\n";
        assert!(said.contains(expected), "{said}");
        project.pacto("list").succeeds();
    }
    // What git made of a file is nobody's any more, without the lock's own conflict.
    project.pacto("generate").exits_with(101);
    project.pacto("generate --force").succeeds();
    project.pacto("check -q").succeeds().stderr("");
}

/// Answers with a file of each of its `names`.
const NAMES: &str = r#"#!/bin/sh
exec jq '.contract.service.version as $version | {files: [.options.names[] | {path: ., content: "\($version)\n"}]}'
"#;

/// One side drops a file that the other one changes: git leaves it there, and nobody wants it.
#[test]
fn what_only_one_side_of_a_merge_wrote_goes() {
    let fewer: Edits<'_> = &[("Cargo.toml", "\"a\", \"b\"", "\"a\"")];
    let newer: Edits<'_> = &[("pacto/pacto.yaml", "1.0.0", "2.0.0")];
    for (ours, theirs) in [(fewer, newer), (newer, fewer)] {
        let project = merging_of(NAMES, "{ names = [\"a\", \"b\"] }", "merge", ours, theirs);
        assert!(project.path("out/b").exists());
        project.pacto("generate").succeeds();
        assert_eq!(project.names("out"), ["a"]);
        assert_eq!(project.read("out/a"), "2.0.0\n");
        project.pacto("check -q").succeeds().stderr("");
    }
}

/// Both sides have moved the folder: what one of them wrote is left over, wherever the other one's goes.
#[test]
fn a_folder_that_both_sides_of_a_merge_moved_is_left_by_one() {
    let project = merging_of(
        NAMES,
        "{ names = [\"a\", \"b\"] }",
        "merge",
        &[("Cargo.toml", "output = \"out\"", "output = \"ours\"")],
        &[("Cargo.toml", "output = \"out\"", "output = \"theirs\"")],
    );
    let resolved = project.read("Cargo.toml");
    let (ours, rest) = resolved.split_once("=======\n").expect("it is in conflict");
    let (_, rest) = rest
        .split_once(">>>>>>> theirs\n")
        .expect("it is in conflict");
    project.file("Cargo.toml", &(ours.replace("<<<<<<< HEAD\n", "") + rest));
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into ours: 2 unchanged (`pacto-generated.lock` has merge conflicts)
     Removed files.theirs from theirs: 2 removed (Cargo.toml keeps it here no longer)

"#]]);
    assert!(!project.path("theirs").exists() && !project.path("out").exists());
    assert_eq!(project.names("ours"), ["a", "b"]);
    project.pacto("check -q").succeeds().stderr("");
    project.pacto("generate").succeeds().stderr("");
}

#[test]
fn after_a_merge_with_conflicts_all_targets_run() {
    let project = merging(
        "merge",
        &[("Cargo.toml", "b = 1", "b = 2")],
        &[("pacto/pacto.yaml", "1.0.0", "2.0.0")],
    );

    let before = project.tree("");
    project
        .pacto("generate files")
        .exits_with(101)
        .stderr(str![[r#"
error: `pacto-generated.lock` has merge conflicts; run `cargo pacto generate -p demo` for all targets

"#]]);
    assert_eq!(project.tree(""), before);
}

/// A run that stops after its first batch leaves a lock without conflict markers, and forgets nothing.
#[test]
fn a_merge_is_remembered_until_all_of_it_is_mended() {
    // The plugin of `w` never fails.
    let w = target_of("w", "pacto/docs", "[\"w\"]").replace("tools/x", "tools/y");
    let never = NAMES_UNLESS_BROKEN.replace("[ -e broken ] && exit 3\n", "");
    let of = |targets: &[&str]| {
        let project = checkout(&targets.concat());
        project
            .executable("tools/x", NAMES_UNLESS_BROKEN)
            .executable("tools/y", &never);
        project.pacto("generate").succeeds();
        project
    };
    let c = target_of("c", "other", "[\"z\"]");
    let project = of(&[&w, &c]);
    project.file(".gitignore", "target\nbroken\n");
    let base = project.read("Cargo.toml");
    let ours = target_of("a", "deploy", "[\"x\"]");
    let theirs = target_of("b", "deploy", "[\"x\", \"y\"]");
    let add = |target: &str| _ = project.file("Cargo.toml", &format!("{base}{target}"));
    merge(&project, "merge", &|| add(&ours), &|| add(&theirs));
    project.file("Cargo.toml", &format!("{base}{theirs}"));
    project.file("broken", "");
    project.pacto("generate").exits_with(101);
    assert!(!project.read(LOCK).contains("<<<<"));
    project.remove("broken");
    project.pacto("generate").succeeds();
    assert_eq!(project.names("deploy"), ["x", "y"]);
    project.pacto("check -q").succeeds().stderr("");
    let fresh = of(&[&w, &c, &theirs]);
    assert_eq!(project.read(LOCK), fresh.read(LOCK));
}

/// One side moved the folder and the other one generated into the old one: git merges `output`, and not the rest.
#[test]
fn a_folder_that_one_side_of_a_merge_moved_is_mended() {
    for moved_by_us in [true, false] {
        let moves: Edits<'_> = &[("Cargo.toml", "output = \"out\"", "output = \"moved\"")];
        let newer: Edits<'_> = &[("pacto/pacto.yaml", "1.0.0", "2.0.0")];
        let (ours, theirs) = if moved_by_us {
            (moves, newer)
        } else {
            (newer, moves)
        };
        let project = merging_of(NAMES, "{ names = [\"a\"] }", "merge", ours, theirs);
        project.pacto("generate").succeeds();
        assert_eq!(project.names("moved"), ["a"]);
        assert_eq!(project.read("moved/a"), "2.0.0\n");
        project.pacto("check -q").succeeds().stderr("");
    }
}
