//! `cargo pacto clean`, and files that nobody wants any more: they go if they are ours and still as we wrote them.

use snapbox::str;

use crate::support::{Project, answers, checkout, target};

/// A plugin that answers with two files, the second in folders of its own.
fn two_files() -> String {
    answers("a", "a").replace(r#"[{"#, r#"[{"path":"deep/er/b","content":"b"},{"#)
}

/// A checkout with the targets `one` and `two`, in `one/` and `gen/two/`, up to date.
fn generated() -> Project {
    let project = checkout(&[target("one", "one"), target("two", "gen/two")].concat());
    project.executable("tools/one", &two_files());
    project.executable("tools/two", &two_files());
    project.pacto("generate -q").succeeds();
    project
}

#[test]
fn everything_that_was_generated_goes() {
    let project = generated();
    let before = project.tree("");
    project
        .pacto("clean --dry-run -v")
        .succeeds()
        .stderr(str![[r#"
     Removed one/a
     Removed one/deep/er/b
     Removed gen/two/a
     Removed gen/two/deep/er/b
Would remove 4 files

"#]]);
    assert_eq!(project.tree(""), before);
    project
        .pacto("clean")
        .succeeds()
        .stdout("")
        .stderr(str![[r#"
     Removed 4 files

"#]]);
    assert_eq!(
        project.names(""),
        [
            "Cargo.toml",
            "pacto/pacto.yaml",
            "src/lib.rs",
            "tools/one",
            "tools/two"
        ]
    );
    // The folders that we made too.
    assert!(!project.path("one").exists() && !project.path("gen").exists());
    project.pacto("clean").succeeds().stderr(str![[r#"
     Removed 0 files

"#]]);
    project.pacto("generate -q").succeeds();
    assert_eq!(project.tree(""), before);
}

#[test]
fn only_the_targets_that_are_named_are_cleaned() {
    let project = generated();
    project.pacto("clean one -v").succeeds().stderr(str![[r#"
     Removed one/a
     Removed one/deep/er/b
     Removed 2 files

"#]]);
    assert!(!project.path("one").exists());
    assert_eq!(project.names("gen/two"), ["a", "deep/er/b"]);
    project.pacto("check -q two").succeeds();
    project
        .pacto("clean three")
        .exits_with(101)
        .stderr(str![[r#"
error: no target `three`; targets are `one`, `two`

"#]]);
}

#[test]
fn what_somebody_edited_or_added_stays() {
    let project = generated();
    project.file("one/deep/er/b", "edited");
    project.file("one/mine", "mine");
    project.pacto("clean one").succeeds().stderr(str![[r#"
warning: `one/deep/er/b` was edited by hand, and is left as it is
     Removed 1 file

"#]]);
    assert_eq!(project.names("one"), ["deep/er/b", "mine"]);
    // It is still known to be no file that just anybody made.
    project
        .pacto("generate -q one")
        .exits_with(101)
        .stderr(str![[r#"
error: `one/deep/er/b` was edited by hand; to undo the edit, run `git checkout -- one/deep/er/b`; to overwrite the file, run `cargo pacto generate -p demo --force one`

"#]]);
    assert_eq!(project.read("one/deep/er/b"), "edited");
}

/// What is left of a target is known, and no promise any more.
#[test]
fn a_target_that_was_cleaned_in_part_has_to_run() {
    let project = generated();
    let content = project.read("one/a");
    project.file("one/a", "edited");
    project.pacto("clean -q one").succeeds();
    project.file("one/a", &content);
    project
        .pacto("check one")
        .exits_with(1)
        .stderr(str![[r#"
       Stale one/a: its entry in `pacto-generated.lock` was merged, edited or cleaned
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated one into one: 1 created, 1 unchanged (its entry in `pacto-generated.lock` was merged, edited or cleaned)

"#]]);
    assert_eq!(project.names("one"), ["a", "deep/er/b"]);
    project.pacto("check -q").succeeds().stderr("");
}

#[test]
fn an_empty_folder_of_somebody_else_stays() {
    let project = generated();
    std::fs::create_dir(project.path("one/theirs")).expect("it is ours");
    project.pacto("clean -q one").succeeds();
    assert!(project.path("one/theirs").is_dir());
    assert!(!project.path("one/deep").exists());
}

#[test]
fn results_are_json_for_machines() {
    let project = generated();
    project
        .pacto("clean one -q --message-format json")
        .succeeds()
        .stdout(str![[r#"
{"files":[{"change":"removed","path":"one/a"},{"change":"removed","path":"one/deep/er/b"}],"output":"one","package":"demo","reason":"cleaned","target":"one"}

"#]]);
}

#[test]
fn the_files_of_a_target_that_is_gone_go_with_the_next_generation() {
    let project = generated();
    project.without_target("two");
    project.pacto("generate").succeeds().stderr(str![[r#"
     Removed two from gen/two: 2 removed (Cargo.toml keeps it here no longer)

"#]]);
    assert!(!project.path("gen").exists());
    assert_eq!(project.names("one"), ["a", "deep/er/b"]);
    project.pacto("generate").succeeds().stderr("");
    project.pacto("check -q").succeeds();
}

#[test]
fn an_edited_file_of_a_target_that_is_gone_stays() {
    let project = generated();
    project.file("gen/two/a", "edited");
    project.without_target("two");
    project.pacto("generate").succeeds().stderr(str![[r#"
     Removed two from gen/two: 1 removed, 1 kept (Cargo.toml keeps it here no longer)
warning: `gen/two/a` was edited by hand, and is left as it is

"#]]);
    assert_eq!(project.names("gen/two"), ["a"]);
    project.pacto("generate").succeeds().stderr("");
    project.pacto("check -q").succeeds();
}

#[test]
fn what_is_left_of_the_last_target_goes_without_its_name() {
    let project = generated();
    project.without_target("one");
    project.without_target("two");
    for command in ["clean one", "check one"] {
        project.pacto(command).exits_with(101).stderr(str![[r#"
error: no target `one`; Cargo.toml has none, and what old ones left is meant if none is named

"#]]);
    }
    project.pacto("clean").succeeds().stderr(str![[r#"
     Removed 4 files

"#]]);
    assert!(!project.path("one").exists() && !project.path("gen").exists());
    assert!(!project.path("pacto-generated.lock").exists());
}

#[test]
fn a_target_that_is_renamed_takes_its_files_along() {
    let project = generated();
    project.edit("Cargo.toml", "targets.two", "targets.second");
    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh one
   Generated second into gen/two: 2 unchanged (it was not generated yet)
     Sandbox second[ENFORCED]
   Unchanged gen/two/a
   Unchanged gen/two/deep/er/b
     Removed two from gen/two: no files (Cargo.toml keeps it here no longer)
     Sandbox two[ENFORCED]

"#]]);
    assert_eq!(project.names("gen/two"), ["a", "deep/er/b"]);
    project.pacto("check -q").succeeds();
}

#[test]
fn a_lock_in_conflict_is_not_cleaned() {
    let project = generated();
    let lock = project.read("pacto-generated.lock");
    let first = lock.lines().nth(1).expect("it has lines");
    let conflict = format!("<<<<<<< HEAD\n{first}\n=======\n{first}\n>>>>>>> other");
    project.edit("pacto-generated.lock", first, &conflict);
    let before = project.tree("");
    project.pacto("clean").exits_with(101).stderr(str![[r#"
error: `pacto-generated.lock` has merge conflicts; run `cargo pacto generate -p demo` for all targets

"#]]);
    assert_eq!(project.tree(""), before);
}

/// What is kept in no repository goes too, and is counted.
#[test]
fn the_files_of_a_target_without_output_go() {
    let project = generated();
    project.edit("Cargo.toml", "output = \"gen/two\", ", "");
    project.pacto("generate -q two").succeeds();
    let folder = project.path("target/pacto/demo/two");
    assert!(folder.join("a").exists());
    project
        .pacto("clean two --dry-run")
        .succeeds()
        .stderr(str![[r#"
Would remove 4 files

"#]]);
    project.pacto("clean two -v").succeeds().stderr(str![[r#"
     Removed gen/two/a
     Removed gen/two/deep/er/b
     Removed [ROOT]/target/pacto/demo/two/a
     Removed [ROOT]/target/pacto/demo/two/deep/er/b
     Removed 4 files

"#]]);
    assert!(!folder.exists());
}
