//! Which files are ours to write and to remove, and what happens when a run is cut short.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{FAKE, Project, answers, checkout, checkout_with, says, target};

pub(crate) const LOCK: &str = "pacto-generated.lock";

/// A plugin that answers with these files.
fn files(files: &[(&str, &str)]) -> String {
    let files = files
        .iter()
        .map(|(path, content)| json!({"path": path, "content": content}));
    says(&json!({"files": files.collect::<Vec<_>>()}).to_string())
}

/// A checkout with these files generated.
fn generated(content: &[(&str, &str)]) -> Project {
    let project = checkout_with(&files(content));
    project.pacto("generate").succeeds();
    project
}

/// What tells whether a file was touched: its inode and the time of its last change.
fn identity(path: &Path) -> (u64, i64, i64) {
    let metadata = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

#[test]
fn files_are_created_updated_removed_and_otherwise_left_alone() {
    let project = checkout_with(&files(&[
        ("kept", "1"),
        ("changed", "1"),
        ("old/deep/gone", "1"),
    ]));
    project.pacto("generate -v").succeeds().stderr(str![[r#"
   Generated files into out: 3 created (it was not generated yet)
     Sandbox files[ENFORCED]
     Created out/changed
     Created out/kept
     Created out/old/deep/gone

"#]]);
    let kept = identity(&project.path("out/kept"));

    project.executable(
        FAKE,
        &files(&[("kept", "1"), ("changed", "2"), ("new/deep/added", "2")]),
    );
    project.pacto("generate -v").succeeds().stderr(str![[r#"
   Generated files into out: 1 created, 1 updated, 1 removed, 1 unchanged (`tools/pacto-plugin-fake` changed)
     Sandbox files[ENFORCED]
     Updated out/changed
   Unchanged out/kept
     Created out/new/deep/added
     Removed out/old/deep/gone

"#]]);

    assert_eq!(project.names("out"), ["changed", "kept", "new/deep/added"]);
    assert_eq!(project.read("out/changed"), "2");
    assert_eq!(identity(&project.path("out/kept")), kept);
    assert!(!project.path("out/old").exists(), "an empty folder is left");

    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh files

"#]]);
}

#[test]
fn a_run_that_changes_nothing_touches_nothing() {
    let project = generated(&[("a", "1"), ("b/c", "2")]);
    let paths = ["out", "out/a", "out/b", "out/b/c", LOCK, "."];
    let before = paths.map(|path| identity(&project.path(path)));

    project
        .pacto("generate --force")
        .succeeds()
        .stderr(str![[r#"
   Generated files into out: 2 unchanged (it was forced)

"#]]);
    assert_eq!(paths.map(|path| identity(&project.path(path))), before);
}

#[test]
fn a_file_keeps_its_mode() {
    let project = generated(&[("script", "1")]);
    project.set_mode("out/script", 0o755);

    project.executable(FAKE, &files(&[("script", "2")]));
    project.pacto("generate").succeeds();
    assert_eq!(project.read("out/script"), "2");
    assert_eq!(project.mode("out/script"), 0o755);
}

#[test]
fn a_folder_in_which_somebody_keeps_something_stays() {
    let project = generated(&[("deep/a", "1")]);
    project.file("out/deep/notes", "mine");

    project.executable(FAKE, &files(&[]));
    project.pacto("generate").succeeds();
    assert_eq!(project.names("out"), ["deep/notes"]);
}

/// Expects `generate` to be refused with `stderr`, and nothing to be changed.
#[track_caller]
fn refuse(project: &Project, stderr: impl snapbox::IntoData) {
    let before = project.tree("");
    project.pacto("generate").exits_with(101).stderr(stderr);
    assert_eq!(project.tree(""), before);
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten() {
    let project = checkout_with(&files(&[("a", "1"), ("b", "1")]));
    project.file("out/b", "mine");
    refuse(
        &project,
        str![[r#"
error: `out/b` is not a file that we wrote; move it away, or overwrite it with `cargo pacto generate -p demo --force files`

"#]],
    );

    // With a lock, the same file is known not to be in it.
    project.remove("out/b");
    project.pacto("generate").succeeds();
    project.executable(FAKE, &files(&[("a", "2"), ("b", "2"), ("c", "2")]));
    project.file("out/c", "mine");
    refuse(
        &project,
        str![[r#"
error: `out/c` is not a file that we wrote; move it away, or overwrite it with `cargo pacto generate -p demo --force files`

"#]],
    );

    project
        .pacto("generate --force files")
        .succeeds()
        .stderr(str![[r#"
   Generated files into out: 3 updated (it was forced)

"#]]);
    assert_eq!(project.read("out/c"), "2");
}

#[test]
fn a_file_that_is_already_as_it_would_be_written_is_taken_over() {
    let project = checkout_with(&files(&[("a", "1")]));
    project.file("out/a", "1");
    let before = identity(&project.path("out/a"));

    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: 1 unchanged (it was not generated yet)

"#]]);
    assert_eq!(identity(&project.path("out/a")), before);
    project.executable(FAKE, &files(&[]));
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: 1 removed (`tools/pacto-plugin-fake` changed)

"#]]);
    assert_eq!(project.names("out"), [""; 0]);
}

#[test]
fn an_edited_file_is_not_overwritten() {
    let project = generated(&[("a", "1"), ("b", "1")]);
    project.file("out/a", "edited").file("out/b", "edited too");
    refuse(
        &project,
        str![[r#"
error: `out/a` was edited by hand; to undo the edit, run `git checkout -- out/a`; to overwrite the file, run `cargo pacto generate -p demo --force files`
error: `out/b` was edited by hand; to undo the edit, run `git checkout -- out/b`; to overwrite the file, run `cargo pacto generate -p demo --force files`

"#]],
    );

    project
        .pacto("generate --force files")
        .succeeds()
        .stderr(str![[r#"
   Generated files into out: 2 updated (it was forced)

"#]]);
    assert_eq!(
        (project.read("out/a"), project.read("out/b")),
        ("1".to_owned(), "1".to_owned())
    );
}

#[test]
fn an_edited_file_that_is_not_generated_any_more_is_not_removed() {
    let project = generated(&[("a", "1"), ("stale", "1")]);
    project.file("out/stale", "edited");
    project.executable(FAKE, &files(&[("a", "2")]));
    refuse(
        &project,
        str![[r#"
error: `out/stale` was edited by hand; to undo the edit, run `git checkout -- out/stale`; to overwrite the file, run `cargo pacto generate -p demo --force files`

"#]],
    );

    project
        .pacto("generate --force files")
        .succeeds()
        .stderr(str![[r#"
   Generated files into out: 1 updated, 1 removed (it was forced)

"#]]);
    assert_eq!(project.names("out"), ["a"]);
}

#[test]
fn a_deleted_file_comes_back() {
    let project = generated(&[("a", "1"), ("b", "1")]);
    project.remove("out/a");

    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: 1 created, 1 unchanged (`out/a` is missing)

"#]]);
    assert_eq!(project.read("out/a"), "1");
}

#[test]
fn a_checkout_with_other_line_ends_is_up_to_date() {
    let project = generated(&[("a", "one\ntwo\n")]);
    project.file("out/a", "one\r\ntwo\r\n");
    project.file(
        "pacto/pacto.yaml",
        &project.read("pacto/pacto.yaml").replace('\n', "\r\n"),
    );

    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh files

"#]]);
    project.pacto("generate --force").succeeds();
    assert_eq!(project.read("out/a"), "one\r\ntwo\r\n");
}

#[test]
fn links_are_not_followed() {
    // The output folder, a folder below it, and the file itself.
    for (link, stderr) in [
        (
            "out",
            str![[r#"
error: target `files` cannot write `out/deep/a`: `out` is a symbolic link, and those are not followed; move it away

"#]],
        ),
        (
            "out/deep",
            str![[r#"
error: target `files` cannot write `out/deep/a`: `out/deep` is a symbolic link, and those are not followed; move it away

"#]],
        ),
        (
            "out/deep/a",
            str![[r#"
error: target `files` cannot write `out/deep/a`: `out/deep/a` is a symbolic link, and those are not followed; move it away

"#]],
        ),
    ] {
        let project = checkout_with(&files(&[("deep/a", "1")]));
        project.file("elsewhere/deep/mine", "");
        project.link(&project.path("elsewhere").display().to_string(), link);

        refuse(&project, stderr);
        project.pacto("generate --force").exits_with(101);
        assert_eq!(project.names("elsewhere"), ["deep/mine"], "{link}");
    }
}

#[test]
fn a_file_that_became_a_link_is_neither_written_nor_removed() {
    let project = generated(&[("a", "1")]);
    project
        .remove("out/a")
        .file("mine", "1")
        .link("../mine", "out/a");

    project.executable(FAKE, &files(&[("a", "2")]));
    refuse(
        &project,
        str![[r#"
error: target `files` cannot write `out/a`: `out/a` is a symbolic link, and those are not followed; move it away

"#]],
    );
    project.executable(FAKE, &files(&[]));
    project.pacto("generate").succeeds();
    assert_eq!(project.tree("out")["a"], "-> ../mine");
    assert_eq!(project.read("mine"), "1");
}

#[test]
fn what_is_no_file_stands_in_the_way() {
    let project = checkout_with(&files(&[("a", "1")]));
    project.file("out/a/mine", "1");
    refuse(
        &project,
        str![[r#"
error: target `files` cannot write `out/a`: something that is no file stands there; move it away

"#]],
    );

    let project = checkout_with(&files(&[("a/b", "1")]));
    project.file("out/a", "mine");
    refuse(
        &project,
        str![[r#"
error: target `files` cannot write `out/a/b`: `out/a` is no folder; move it away

"#]],
    );

    let project = checkout_with(&files(&[("a", "1")]));
    project.file("out/.keep", "");
    let fifo = project.path("out/a");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .expect("mkfifo is installed")
            .success()
    );
    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: target `files` cannot write `out/a`: something that is no file stands there; move it away

"#]]);
    assert!(fifo.exists());
}

#[test]
fn a_folder_that_cannot_be_written_to() {
    for (folder, stderr) in [
        (
            "out",
            str![[r#"
error: failed to write `[ROOT]/out/a`

Caused by:
  Permission denied (os error 13)

"#]],
        ),
        (
            ".",
            str![[r#"
error: failed to write `[ROOT]/pacto-generated.lock`

Caused by:
  Permission denied (os error 13)

"#]],
        ),
    ] {
        let project = generated(&[("a", "1"), ("deep/b", "1")]);
        project.executable(FAKE, &files(&[("a", "2"), ("deep/b", "2"), ("new/c", "2")]));
        let before = project.tree("");

        project.set_mode(folder, 0o555);
        let execution = project.powerless("generate");
        project.set_mode(folder, 0o755);
        execution.exits_with(101).stderr(stderr);
        assert_eq!(project.tree(""), before, "{folder}");
        assert!(!project.path("out/new").exists(), "an empty folder is left");
    }
}

#[test]
fn a_disk_that_is_full() {
    let large = "x".repeat(100_000);
    let project = generated(&[("a", "1"), ("z", "1")]);
    project.executable(
        FAKE,
        &files(&[("a", "2"), ("deep/large", &large), ("z", "2")]),
    );
    let before = project.tree("");

    // No file may grow beyond a few kilobytes: to who writes it, that is what a full disk is like.
    let command = project.pacto_command("generate");
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]);
    limited.arg(command.get_program()).args(command.get_args());
    project.run(&mut limited).exits_with(101).stderr(str![[r#"
error: failed to write `[ROOT]/out/deep/large`

Caused by:
  File too large (os error 27)

"#]]);
    assert_eq!(project.tree(""), before);
}

#[test]
fn two_targets_that_want_one_file() {
    let project = checkout(&["one", "two"].map(|name| target(name, "out")).concat());
    project
        .executable("tools/one", &answers("a", "1"))
        .executable("tools/two", &answers("A", "2"));
    refuse(
        &project,
        str![[r#"
error: targets `one` and `two` want to write `out/a` and `out/A`, which some systems take for one

"#]],
    );

    // Also if one of them is not asked this time.
    project.executable("tools/two", &answers("b", "2"));
    project.pacto("generate").succeeds();
    project.executable("tools/two", &answers("a", "2"));
    refuse(
        &project,
        str![[r#"
error: targets `one` and `two` both want to write `out/a`

"#]],
    );
}

#[test]
fn a_file_can_change_hands() {
    let project = checkout(&["one", "two"].map(|name| target(name, "out")).concat());
    project
        .executable("tools/one", &files(&[("a", "1"), ("b", "1")]))
        .executable("tools/two", &files(&[]));
    project.pacto("generate").succeeds();

    project
        .executable("tools/one", &files(&[("a", "1")]))
        .executable("tools/two", &files(&[("b", "2")]));
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated one into out: 1 unchanged (`tools/one` changed)
   Generated two into out: 1 updated (`tools/two` changed)

"#]]);
    assert_eq!(project.read("out/b"), "2");
    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh one
       Fresh two

"#]]);
}

#[test]
fn files_move_along_when_their_folder_does() {
    let project = generated(&[("a", "1"), ("deep/b", "1")]);
    project.edit("Cargo.toml", "output = \"out\"", "output = \"else/where\"");

    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into else/where: 2 created, 2 removed (`output` changed)

"#]]);
    assert_eq!(project.names("else/where"), ["a", "deep/b"]);
    assert!(!project.path("out").exists());
}

#[test]
fn runs_at_the_same_time_take_turns() {
    let project = generated(&[("a", "1"), ("deep/b", "1"), ("gone", "1")]);
    project.executable(FAKE, &files(&[("a", "2"), ("deep/b", "2"), ("new", "2")]));

    let start = || {
        let mut command = project.pacto_command("generate --force");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("it was built")
    };
    let children = [(); 6].map(|()| start());
    let codes = children.map(|mut child| child.wait().expect("it is ours").code());
    assert_eq!(codes, [Some(0); 6]);
    assert_eq!(project.names("out"), ["a", "deep/b", "new"]);
    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh files

"#]]);
}

#[test]
fn a_lock_that_cannot_be_read() {
    let project = generated(&[("a", "1")]);
    let lock = project.read(LOCK);

    for (text, stderr) in [
        (
            lock.replace("\"version\": 1", "\"version\": 2"),
            str![[r#"
error: `pacto-generated.lock` has format 2, and this pacto-build reads up to 1; update pacto-build and cargo-pacto

"#]],
        ),
        (
            lock.replace("\"out/a\"", "\"../x\""),
            str![[r#"
error: `pacto-generated.lock` cannot be read: it names `../x`, which has a `.` or `..` part; run `git checkout -- pacto-generated.lock`, or remove it and run `cargo pacto generate -p demo --force`

"#]],
        ),
        (
            lock.replace("\"out/a\"", "\"/etc/passwd\""),
            str![[r#"
error: `pacto-generated.lock` cannot be read: it names `/etc/passwd`, which is absolute; run `git checkout -- pacto-generated.lock`, or remove it and run `cargo pacto generate -p demo --force`

"#]],
        ),
        (
            lock[..lock.len() / 2].to_owned(),
            str![[r#"
error: `pacto-generated.lock` cannot be read: EOF while parsing a string at line 9 column 58; run `git checkout -- pacto-generated.lock`, or remove it and run `cargo pacto generate -p demo --force`

"#]],
        ),
        (
            String::new(),
            str![[r#"
error: `pacto-generated.lock` cannot be read: EOF while parsing a value at line 1 column 0; run `git checkout -- pacto-generated.lock`, or remove it and run `cargo pacto generate -p demo --force`

"#]],
        ),
    ] {
        project.file(LOCK, &text).file("x", "mine");
        refuse(&project, stderr);
        project.pacto("generate --force").exits_with(101);
        assert_eq!(project.read(LOCK), text);
    }
}

#[test]
fn without_the_lock_files_as_they_would_be_written_are_ours() {
    let project = generated(&[("a", "1"), ("b", "1")]);
    let lock = project.read(LOCK);

    project.remove(LOCK);
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: 2 unchanged (it was not generated yet)

"#]]);
    assert_eq!(project.read(LOCK), lock);
}

/// What a run leaves that was killed between its first rename and its end: of `before` and `after`, the locks of runs
/// that ended, the old one with both hashes of the files that change, and a file that was not renamed yet.
fn kill_in_between(project: &Project, before: &Value, after: &Value, changing: &[&str]) {
    let mut lock = before.clone();
    for path in changing {
        let hashes = [before, after].map(|lock| lock["targets"]["files"]["outputs"][path].clone());
        lock["pending"][path] = hashes.into_iter().filter(|hash| !hash.is_null()).collect();
    }
    project.file(LOCK, &format!("{lock:#}\n"));
    project.file("out/.pacto-staged-99999999-0", "half a fi");
}

#[test]
fn what_a_killed_run_left_is_finished_by_the_next() {
    let (old, new) = (
        files(&[("a", "1"), ("b", "1"), ("gone", "1")]),
        files(&[("a", "2"), ("b", "2"), ("new", "2")]),
    );
    let project = checkout_with(&old);
    project.pacto("generate").succeeds();
    let before = project.json(LOCK);
    project.executable(FAKE, &new);
    project.pacto("generate").succeeds();
    let (after, tree) = (project.json(LOCK), project.tree(""));

    project
        .file("out/b", "1")
        .file("out/gone", "1")
        .remove("out/new");
    kill_in_between(
        &project,
        &before,
        &after,
        &["out/a", "out/b", "out/gone", "out/new"],
    );
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: 1 created, 1 updated, 1 removed, 1 unchanged (the last run was stopped while it wrote, and 1 more)

"#]]);
    assert_eq!(project.tree(""), tree);
}

#[test]
fn what_a_killed_run_left_is_undone_when_its_reason_is() {
    let (old, new) = (
        files(&[("a", "1"), ("b", "1")]),
        files(&[("a", "2"), ("b", "2"), ("new", "2")]),
    );
    let project = checkout_with(&old);
    project.pacto("generate").succeeds();
    let (before, tree) = (project.json(LOCK), project.tree(""));
    project.executable(FAKE, &new);
    project.pacto("generate").succeeds();
    let after = project.json(LOCK);

    project.executable(FAKE, &old).file("out/b", "1");
    kill_in_between(&project, &before, &after, &["out/a", "out/b", "out/new"]);
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: 1 updated, 1 removed, 1 unchanged (the last run was stopped while it wrote)

"#]]);
    assert_eq!(project.tree(""), tree);
}

#[test]
fn a_file_that_only_a_killed_run_wanted_is_removed() {
    let project = generated(&[("a", "1")]);
    let (before, tree) = (project.json(LOCK), project.tree(""));
    project.executable(FAKE, &files(&[("a", "1"), ("new", "2")]));
    project.pacto("generate").succeeds();
    let after = project.json(LOCK);

    project.executable(FAKE, &files(&[("a", "1")]));
    kill_in_between(&project, &before, &after, &["out/new"]);
    project.remove("out/.pacto-staged-99999999-0");
    project.pacto("generate").succeeds();
    assert_eq!(project.tree(""), tree);
}

#[test]
fn a_run_of_one_target_leaves_the_others_to_be_finished() {
    let project = checkout(&["files", "other"].map(|name| target(name, name)).concat());
    let plugins = |content| {
        project.executable("tools/files", &files(&[("a", content), ("b", content)]));
        project.executable("tools/other", &answers("c", content));
    };
    plugins("1");
    project.pacto("generate").succeeds();
    let before = project.json(LOCK);
    plugins("2");
    project.pacto("generate").succeeds();
    let (after, tree) = (project.json(LOCK), project.tree(""));

    project.file("files/b", "1");
    kill_in_between(&project, &before, &after, &["files/a", "files/b"]);
    project.remove("out/.pacto-staged-99999999-0");
    project.pacto("generate other").succeeds();
    project.pacto("generate files").succeeds().stderr(str![[r#"
   Generated files into files: 1 updated, 1 unchanged (the last run was stopped while it wrote, and 1 more)

"#]]);
    assert_eq!(project.tree(""), tree);
}

#[test]
fn what_was_only_staged_when_a_run_was_killed_is_swept_up() {
    let project = generated(&[("a", "1")]);
    project.executable(FAKE, &files(&[("a", "2")]));
    project.file("out/.pacto-staged-99999999-0", "half a fi");

    project.pacto("generate").succeeds();
    assert_eq!(project.names("out"), ["a"]);
}

#[test]
fn an_edit_after_a_killed_run_is_not_overwritten() {
    let project = generated(&[("a", "1")]);
    let before = project.json(LOCK);
    project.executable(FAKE, &files(&[("a", "2")]));
    project.pacto("generate").succeeds();
    let after = project.json(LOCK);

    kill_in_between(&project, &before, &after, &["out/a"]);
    project.file("out/a", "edited");
    refuse(
        &project,
        str![[r#"
error: `out/a` was edited by hand; to undo the edit, run `git checkout -- out/a`; to overwrite the file, run `cargo pacto generate -p demo --force files`

"#]],
    );
}

/// Answers with a copy of a file of the bundle.
fn copies(file: &str, to: &str) -> String {
    format!(
        "#!/bin/sh\ncat >/dev/null\nexec jq --null-input --rawfile content 'pacto/{file}' '{{files: [{{path: \"{to}\", content: $content}}]}}'\n"
    )
}

#[test]
fn targets_that_write_into_the_bundle_run_first_and_the_others_see_their_files() {
    let project = checkout(
        &[
            target("a-docs", "docs"),
            target("b-schema", "pacto/configuration"),
            target("c-copy", "pacto/copy"),
        ]
        .concat(),
    );
    project.executable("tools/a-docs", &copies("copy/schema.json", "schema.md"));
    project.executable("tools/b-schema", &answers("schema.json", "1"));
    project.executable(
        "tools/c-copy",
        &copies("configuration/schema.json", "schema.json"),
    );

    project.pacto("generate").succeeds();
    assert_eq!(project.read("docs/schema.md"), "1");
    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh a-docs
       Fresh b-schema
       Fresh c-copy

"#]]);

    project.executable("tools/b-schema", &answers("schema.json", "2"));
    project.pacto("generate").succeeds().stderr(
        "   Generated a-docs into docs: 1 updated (`pacto/configuration/schema.json` changed, and 1 more)\n   \
         Generated b-schema into pacto/configuration: 1 updated (`tools/b-schema` changed)\n   \
         Generated c-copy into pacto/copy: 1 updated (`pacto/configuration/schema.json` changed)\n",
    );
    assert_eq!(project.read("docs/schema.md"), "2");
    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh a-docs
       Fresh b-schema
       Fresh c-copy

"#]]);
}

/// A checkout whose plugin answers with the service's version, after it has done something to the bundle.
fn meddles(what: &str) -> Project {
    let script = format!(
        "#!/bin/sh\nset -e\nversion=$(jq --raw-output .contract.service.version)\n{what}\nprintf '{{\"files\": [{{\"path\": \"version\", \"content\": \"%s\"}}]}}' \"$version\"\n"
    );
    let project = checkout_with(&script);
    project.edit(
        "Cargo.toml",
        "targets.files.output",
        "targets.files.sandbox = \"off\"\ntargets.files.output",
    );
    project
}

#[test]
fn when_the_bundle_changes_while_plugins_run_they_run_again() {
    let project = meddles("sed -i s/1.0.0/2.0.0/ pacto/pacto.yaml");

    project.pacto("generate").succeeds();
    assert_eq!(project.read("out/version"), "2.0.0");
    project.pacto("generate -v").succeeds().stderr(str![[r#"
       Fresh files

"#]]);
}

#[test]
fn when_the_bundle_changes_again_and_again_nothing_is_written() {
    let project = meddles("echo more >>pacto/noise");

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: files below `pacto` changed while plugins were reading them, twice; nothing was written, run it again

"#]]);
    assert_eq!(project.read("pacto/noise"), "more\nmore\n");
    assert_eq!(project.names("out"), [""; 0]);
    assert!(!project.path(LOCK).exists());
}

/// A plugin that answers with a file of each of its `names`, unless `broken` stands in the package.
pub(crate) const NAMES_UNLESS_BROKEN: &str = r#"#!/bin/sh
[ -e broken ] && exit 3
exec jq '{files: [.options.names[] | {path: ., content: "\(.)\n"}]}'
"#;

pub(crate) fn target_of(name: &str, output: &str, names: &str) -> String {
    format!(
        "targets.{name} = {{ plugin = {{ path = \"tools/x\" }}, output = \"{output}\", options = {{ names = {names} }} }}\n"
    )
}

fn checkout_of(targets: &[String]) -> Project {
    let project = checkout(&targets.concat());
    project.executable("tools/x", NAMES_UNLESS_BROKEN);
    project.pacto("generate").succeeds();
    project
}

/// Who takes a file over leaves the other target without what it has made.
#[test]
fn a_target_that_lost_a_file_to_another_one_has_to_run() {
    let project = checkout_of(&[target_of("a", "deploy", "[\"x\", \"y\"]")]);
    let manifest = project.read("Cargo.toml");
    project.edit("Cargo.toml", "targets.a", "targets.b");
    project.pacto("generate b").succeeds();
    project.file("Cargo.toml", &manifest);
    project.pacto("check a").exits_with(1);
    project.pacto("generate").succeeds();
    assert_eq!(project.names("deploy"), ["x", "y"]);
    project.pacto("check -q").succeeds().stderr("");
}

/// A folder that moved leaves nothing to be finished, in the lock or beside it.
#[test]
fn a_lock_after_a_move_is_that_of_a_fresh_checkout() {
    for (from, to) in [("gen", "out"), ("pacto/docs", "out"), ("gen", "pacto/docs")] {
        let targets = |output: &str| {
            [
                target_of("a", output, "[\"x\"]"),
                target_of("b", "gen", "[\"y\"]"),
            ]
        };
        let project = checkout_of(&targets(from));
        let [old, new] = [from, to].map(|folder| target_of("a", folder, "[\"x\"]"));
        project.edit("Cargo.toml", &old, &new);
        project.pacto("generate").succeeds();
        project.pacto("check -q").succeeds().stderr("");
        project.pacto("generate").succeeds().stderr("");
        assert_eq!(
            project.read(LOCK),
            checkout_of(&targets(to)).read(LOCK),
            "{from} to {to}"
        );
    }
}

/// What a target does not write into the bundle any more is no part of it.
#[test]
fn a_lock_after_a_file_of_the_bundle_went_is_that_of_a_fresh_checkout() {
    let project = checkout_of(&[target_of("w", "pacto/docs", "[\"x\", \"y\"]")]);
    project.edit("Cargo.toml", "[\"x\", \"y\"]", "[\"x\"]");
    project.pacto("generate").succeeds();
    let fresh = checkout_of(&[target_of("w", "pacto/docs", "[\"x\"]")]);
    assert_eq!(project.read(LOCK), fresh.read(LOCK));
}

/// Whatever the contract is called, no lock has it removed.
#[test]
fn a_lock_that_names_the_contract_is_refused() {
    let project = checkout_of(&[target_of("b", "pacto", "[\"y\"]")]);
    let contract = project.read("pacto/pacto.yaml");
    project
        .remove("pacto/pacto.yaml")
        .file("pacto/service.yaml", &contract);
    project.edit(
        "Cargo.toml",
        "targets.b",
        "bundle = \"pacto/service.yaml\"\ntargets.b",
    );
    project.pacto("generate").succeeds();
    project.edit(LOCK, "\"pacto/y\"", "\"pacto/service.yaml\"");
    for command in ["generate", "clean", "check"] {
        project.pacto(command).exits_with(101).stderr(str![[r#"
error: `pacto-generated.lock` names the contract `pacto/service.yaml`, which is never generated; remove the lock and run `cargo pacto generate -p demo --force`

"#]]);
    }
    assert_eq!(project.read("pacto/service.yaml"), contract);
}
