//! Files that are kept in the repository: where a build script may write them, and what it does elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use snapbox::str;

use crate::support::{Project, answers, describes, project, shared_target};

const KEPT: &str = r#"
[package.metadata.pacto.targets.kept]
output = "deploy"
options = { size = 1 }
"#;

/// A project that was built once, so that `deploy/kept` is up to date.
fn built(name: &str, metadata: &str) -> Project {
    let project = project(name, metadata);
    project.install("kept", &describes("kept"));
    project.file("pacto/docs/guide.md", "");
    project.file("in.txt", "");
    project.cargo("build -q").succeeds().stderr("");
    assert_eq!(project.read("deploy/kept"), "demo 1.0.0 {\"size\":1}\n");
    project
}

fn uninstall(project: &Project) {
    project.remove("../bin/pacto-plugin-kept");
}

/// What Cargo shows when the target `kept` is out of date in a place where it may not be written.
fn stale(package: &str, reason: &str, ban: &str) -> String {
    let cure = match ban {
        "this is a published crate" => "report it to who published it",
        _ => "run `cargo pacto generate kept` and commit the result",
    };
    format!(
        "error: {package}@0.1.0: the checked-in files of target `kept` are out of date: {reason}; a build does not \
         write them here ({ban}), so {cure}\nerror: build script logged errors\n"
    )
}

/// Something that is done to a checkout or to the environment.
#[derive(Debug)]
enum Change {
    Var(&'static str, &'static str),
    File(&'static str, &'static str),
    Edit(&'static str, &'static str, &'static str),
    Rename(&'static str, &'static str),
    Remove(&'static str),
}

use Change::{Edit, File, Remove, Rename, Var};

impl Change {
    fn make(&self, project: &mut Project) {
        match *self {
            Var(name, value) => _ = project.set_env(name, value),
            File(path, content) => _ = project.file(path, content),
            Edit(path, from, to) => _ = project.edit(path, from, to),
            Rename(from, to) => {
                fs::rename(project.path(from), project.path(to)).expect("the folder is ours");
            }
            Remove(path) => _ = project.remove(path),
        }
    }

    /// Of a file, only one that was not there before.
    fn take_back(&self, project: &mut Project) {
        match *self {
            Var(name, _) => _ = project.unset_env(name),
            File(path, _) => _ = project.remove(path),
            Edit(path, from, to) => _ = project.edit(path, to, from),
            Rename(from, to) => Rename(to, from).make(project),
            Remove(path) => panic!("nobody knows what was in {path}"),
        }
    }
}

#[test]
fn where_a_build_script_may_write() {
    let no_checkout = "this is not a version-controlled checkout";
    let published = "this is a published crate";
    let table: [(&[Change], Option<&str>); 19] = [
        (&[], None),
        (
            &[Rename(".git", "git"), File(".git", "gitdir: elsewhere\n")],
            None,
        ),
        (&[Rename(".git", ".jj")], None),
        (&[Rename(".git", ".hg")], None),
        (&[Rename(".git", "git")], Some(no_checkout)),
        (&[Var("CI", "true")], Some("CI is set")),
        (&[Var("CI", "1")], Some("CI is set")),
        (&[Var("CI", "false")], None),
        (&[Var("CI", "0")], None),
        (&[Var("CI", "")], None),
        (&[Var("DOCS_RS", "1")], Some("DOCS_RS is set")),
        (&[Var("DOCS_RS", "")], None),
        (
            &[Var("PACTO_BUILD", "check")],
            Some("PACTO_BUILD is `check`"),
        ),
        (&[Var("PACTO_BUILD", "write")], None),
        (
            &[Var("PACTO_BUILD", "write"), Var("CI", "true")],
            Some("CI is set"),
        ),
        (
            &[Edit(
                "Cargo.toml",
                "pacto]\n",
                "pacto]\nbuild = \"check\"\n",
            )],
            Some("`build` is \"check\" in Cargo.toml"),
        ),
        (&[File("Cargo.toml.orig", "")], Some(published)),
        (&[File(".cargo-checksum.json", "{}")], Some(published)),
        (&[File(".cargo-ok", "")], Some(published)),
    ];
    let mut project = built("may-write", KEPT);
    let mut version = "1.0.0".to_owned();
    for (index, (changes, ban)) in table.into_iter().enumerate() {
        changes.iter().for_each(|change| change.make(&mut project));
        let next = format!("1.0.{}", index + 1);
        project.edit("pacto/pacto.yaml", &version, &next);
        let before = project.tree("");
        let build = project.cargo("build -q");
        if let Some(ban) = ban {
            let error = stale("may-write", "`pacto/pacto.yaml` changed", ban);
            assert_eq!(
                (build.code, build.stderr),
                (Some(101), error),
                "{changes:?}"
            );
            assert_eq!(project.tree(""), before, "{changes:?}");

            // What is up to date builds there, and with no plugin at all.
            project.edit("pacto/pacto.yaml", &next, &version);
            uninstall(&project);
            let before = project.tree("");
            project.cargo("build -q").succeeds().stderr("");
            assert_eq!(project.tree(""), before, "{changes:?}");
            project.install("kept", &describes("kept"));
        } else {
            assert_eq!((build.code, &*build.stderr), (Some(0), ""), "{changes:?}");
            let expected = format!("demo {next} {{\"size\":1}}\n");
            assert_eq!(project.read("deploy/kept"), expected, "{changes:?}");
            version = next;
        }
        changes
            .iter()
            .rev()
            .for_each(|change| change.take_back(&mut project));
    }
}

#[test]
fn what_makes_files_out_of_date() {
    let table = [
        (
            Edit("pacto/pacto.yaml", "1.0.0", "1.0.1"),
            "`pacto/pacto.yaml` changed",
        ),
        (
            File("pacto/docs/guide.md", "edited"),
            "`pacto/docs/guide.md` changed",
        ),
        (
            File("pacto/docs/new.md", ""),
            "`pacto/docs/new.md` was added",
        ),
        (
            Remove("pacto/docs/guide.md"),
            "`pacto/docs/guide.md` was removed",
        ),
        (File("in.txt", "edited"), "`in.txt` changed"),
        (
            Edit("Cargo.toml", "size = 1", "size = 2"),
            "`options.size` changed",
        ),
        (
            Edit("Cargo.toml", "size = 1", "size = 1, more = 1"),
            "`options.more` was added",
        ),
        (
            Edit("Cargo.toml", "size = 1", ""),
            "`options.size` was removed",
        ),
        (
            Edit("Cargo.toml", "\"deploy\"", "\"other\""),
            "`output` changed",
        ),
        (
            Edit("Cargo.toml", "output", "plugin = \"other\"\noutput"),
            "the plugin was `kept`",
        ),
        (
            File("deploy/kept", "by hand"),
            "`deploy/kept` was edited by hand",
        ),
        (Remove("deploy/kept"), "`deploy/kept` is missing"),
        (Remove("pacto-generated.lock"), "it was not generated yet"),
    ];
    let mut project = built("out-of-date", &format!("{KEPT}inputs = [\"in.txt\"]\n"));
    project.set_env("CI", "true");
    let up_to_date = project.tree("");
    for (change, reason) in table {
        change.make(&mut project);
        let before = project.tree("");
        let build = project.cargo("build -q");
        let error = stale("out-of-date", reason, "CI is set");
        assert_eq!((build.code, build.stderr), (Some(101), error), "{change:?}");
        assert_eq!(project.tree(""), before, "{change:?}");
        restore(&project, &up_to_date);
    }
    project.cargo("build -q").succeeds().stderr("");
}

/// Makes the files of a checkout what they were.
fn restore(project: &Project, tree: &BTreeMap<String, String>) {
    for (path, content) in project.tree("") {
        if tree.get(&path) != Some(&content) {
            project.remove(&path);
        }
    }
    for (path, content) in tree.iter().filter(|(path, _)| !project.path(path).exists()) {
        project.file(path, content);
    }
}

#[test]
fn a_clone_builds_with_no_plugin() {
    let mut project = built("clone", KEPT);
    Project::forget_builds("clone");
    uninstall(&project);
    project.set_all_times(Duration::ZERO);
    let before = project.tree("");

    project.cargo("build -q").succeeds().stderr("");
    assert_eq!(project.cargo("build -v").verdict("clone"), "Fresh");
    assert_eq!(project.tree(""), before);
    assert_eq!(
        project.directives(),
        [
            "cargo::rerun-if-changed=Cargo.toml",
            "cargo::rerun-if-changed=deploy/kept",
            "cargo::rerun-if-changed=pacto",
            "cargo::rerun-if-changed=pacto-generated.lock",
            "cargo::rerun-if-env-changed=PACTO_BUILD",
            "cargo::rerun-if-env-changed=PACTO_PLUGIN_KEPT",
        ]
    );

    // The plugin is missed once it is needed, and found once it is there.
    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    project.set_home().set_path(&["bin"]);
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: clone@0.1.0: plugin `kept` not found; install `pacto-plugin-kept` into one of these places or set PACTO_PLUGIN_KEPT to it
error: clone@0.1.0:   `[TMP]/bin/pacto-plugin-kept` (PATH)
error: clone@0.1.0:   `[TMP]/home/.config/pacto/plugins/pacto-plugin-kept` (user's plugin folder)
error: build script logged errors

"#]]);
    assert_eq!(project.read("deploy/kept"), before["deploy/kept"]);
    let path = project.path_with(&["bin"]);
    project.set_env("PATH", path);
    project.install("kept", &answers("kept", "of another plugin"));
    project.cargo("build -q").succeeds();
    assert_eq!(project.read("deploy/kept"), "of another plugin");
}

#[test]
fn what_the_command_wrote_is_taken_as_it_is() {
    let project = project("command-first", &KEPT.replace("deploy", "pacto/made"));
    project.install("kept", &describes("kept"));
    project.pacto("generate").succeeds();
    uninstall(&project);
    let files = || (project.tree("pacto"), project.read("pacto-generated.lock"));
    let before = files();
    project.cargo("build -q").succeeds().stderr("");
    assert_eq!(project.cargo("build -v").verdict("command-first"), "Fresh");
    assert_eq!(files(), before);

    // Here Cargo sees files that are newer than its last build, and nothing is to be done.
    project.install("kept", &describes("kept"));
    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    project.pacto("generate").succeeds();
    uninstall(&project);
    let build = project.cargo("build -v").succeeds();
    assert_eq!(
        build.verdict("command-first"),
        "the file `pacto` has changed"
    );
    assert_eq!(project.cargo("build -v").verdict("command-first"), "Fresh");
    assert_eq!(project.read("pacto/made/kept"), "demo 1.0.1 {\"size\":1}\n");
}

#[test]
fn a_plugin_of_the_repository_need_not_be_there() {
    let metadata = format!("{KEPT}plugin = {{ path = \"tools/pacto-plugin-kept\" }}\n");
    let project = project("clone-own", &metadata);
    project.executable("tools/pacto-plugin-kept", &describes("kept"));
    project.cargo("build -q").succeeds();
    Project::forget_builds("clone-own");
    project.remove("tools/pacto-plugin-kept");
    let before = project.tree("");
    project.cargo("build -q").succeeds().stderr("");
    assert_eq!(project.tree(""), before);
}

#[test]
fn a_published_crate_needs_neither_workspace_nor_bundle() {
    publishes(
        "published",
        "targets.kept = { workspace = true, output = \"deploy\" }\n",
        "[workspace.metadata.pacto.targets.kept]\noptions = { size = 1 }\n",
    );
}

#[test]
fn a_published_crate_knows_the_folder_that_it_inherited() {
    publishes(
        "published-output",
        "targets.kept.workspace = true\n",
        "[workspace.metadata.pacto.targets.kept]\noutput = \"deploy\"\n",
    );
}

/// Builds a package that inherits a target, and then what is left of it in a registry.
#[track_caller]
fn publishes(name: &str, own: &str, inherited: &str) {
    let project = project(name, own);
    let workspace = format!("[workspace]\n{inherited}");
    project.edit("Cargo.toml", "[workspace]\n", &workspace);
    project.install("kept", &describes("kept"));
    project.cargo("build -q").succeeds();

    project.edit("Cargo.toml", inherited, "");
    project.file("Cargo.toml.orig", "");
    fs::remove_dir_all(project.path("pacto")).expect("the folder is ours");
    uninstall(&project);
    Project::forget_builds(name);
    let before = project.tree("");
    project.cargo("build -q").succeeds().stderr("");
    assert_eq!(project.cargo("build -v").verdict(name), "Fresh");
    assert_eq!(project.tree(""), before);

    project.file("deploy/kept", "by hand");
    let build = project.cargo("build -q").exits_with(101);
    let ban = "this is a published crate";
    assert_eq!(
        build.stderr,
        stale(name, "`deploy/kept` was edited by hand", ban)
    );
}

#[test]
fn a_lost_lock_is_written_again_for_files_that_are_right() {
    let project = built("lost-lock", KEPT);
    let before = project.tree("");
    project.remove("pacto-generated.lock");
    project.cargo("build -q").succeeds().stderr("");
    assert_eq!(project.tree(""), before);

    project.remove("pacto-generated.lock");
    project.file("deploy/kept", "of somebody");
    let before = project.tree("");
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: lost-lock@0.1.0: `deploy/kept` is not a file that we wrote; move it away, or overwrite it with `cargo pacto generate --force kept`
error: build script logged errors

"#]]);
    assert_eq!(project.tree(""), before);
}

#[test]
fn two_targets_that_write_the_same_file() {
    let metadata = r#"
[package.metadata.pacto.targets.one]
plugin = { path = "tools/one" }
output = "deploy"

[package.metadata.pacto.targets.two]
plugin = { path = "tools/two" }
output = "deploy/sub"
"#;
    let project = project("same-file", metadata);
    project.executable("tools/one", &answers("sub/file", "1"));
    project.executable("tools/two", &answers("file", "2"));
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: same-file@0.1.0: targets `one` and `two` both want to write `deploy/sub/file`
error: build script logged errors

"#]]);
    assert_eq!(project.names("deploy"), [""; 0]);

    project.executable("tools/one", &answers("file", "1"));
    project.cargo("build -q").succeeds();
    assert_eq!(project.names("deploy"), ["file", "sub/file"]);

    // Only one of them runs, and the other's file is still the other's.
    project.executable("tools/one", &answers("SUB/File", "1"));
    let before = project.tree("");
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: same-file@0.1.0: targets `two` and `one` want to write `deploy/sub/file` and `deploy/SUB/File`, which some systems take for one
error: build script logged errors

"#]]);
    assert_eq!(project.tree(""), before);
}

#[test]
fn two_builds_at_once_share_the_files() {
    // It answers when as many have begun as `size` says, so that both builds generate.
    let plugin = r#"#!/bin/sh
answer=$(jq '.contract.service.version as $version
    | {files: [range(20) | {path: "\($version)/\(.)/file", content: $version}]}')
: >"$MEETING/here/$$"
until [ "$(ls "$MEETING/here" | wc -l)" -ge "$(cat "$MEETING/size")" ]; do sleep 0.01; done
printf %s "$answer"
"#;
    let metadata = format!("{KEPT}env = [\"MEETING\"]\nsandbox = \"off\"\ntimeout = 600\n");
    let mut project = project("at-once", &metadata);
    project.install("kept", plugin);
    project.file("../meeting/size", "1");
    fs::create_dir(project.path("../meeting/here")).expect("the folder is ours");
    let meeting = project.path("../meeting");
    project.set_env("MEETING", meeting);
    let second_target = shared_target().with_file_name("projects-too");
    let build = |target: &Path| {
        let mut command = project.cargo_command("build -v");
        command.env("CARGO_TARGET_DIR", target);
        project.finish(command).succeeds()
    };
    build(&shared_target());
    build(&second_target);

    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    fs::remove_dir_all(project.path("../meeting/here")).expect("the folder is ours");
    fs::create_dir(project.path("../meeting/here")).expect("the folder is ours");
    project.file("../meeting/size", "2");
    thread::scope(|scope| {
        scope.spawn(|| build(&shared_target()));
        scope.spawn(|| build(&second_target));
    });

    assert_eq!(project.names("../meeting/here").len(), 2);
    let files = (0..20).map(|n| (format!("1.0.1/{n}/file"), "1.0.1".to_owned()));
    assert_eq!(project.tree("deploy"), files.collect());
    assert_eq!(
        fs::read_dir(project.path("deploy"))
            .expect("it is a folder")
            .count(),
        1
    );
    for target in [&shared_target(), &second_target] {
        assert_eq!(
            build(target).verdict("at-once"),
            "Fresh",
            "{}",
            target.display()
        );
    }
    project.set_env("PACTO_BUILD", "check");
    project.cargo("build -q").succeeds();
}

/// A published crate may be packed without some of what its files were made from: the lock stands in for that.
#[test]
fn a_published_crate_may_lack_inputs() {
    let project = built("lacks-inputs", KEPT);
    for path in [
        "parts/a",
        "parts/b",
        "more/a.txt",
        "more/b.txt",
        "pacto/docs/more.md",
    ] {
        project.file(path, "");
    }
    let inputs = "inputs = [\"in.txt\", \"parts\", \"more/*.txt\"]\n";
    project.file(
        "Cargo.toml",
        &format!("{}{inputs}", project.read("Cargo.toml")),
    );
    project.cargo("build -q").succeeds().stderr("");
    uninstall(&project);
    for path in [
        "in.txt",
        "parts/a",
        "parts/b",
        "more/b.txt",
        "pacto/docs/more.md",
    ] {
        project.remove(path);
    }
    project.remove_folder("parts");
    let failed = project.cargo("build -q").exits_with(101);
    assert!(
        failed.stderr.contains("which is not there"),
        "{}",
        failed.stderr
    );
    project.file("Cargo.toml.orig", "");
    project.cargo("build -q").succeeds().stderr("");
    // What is there is compared nevertheless.
    project.file("more/a.txt", "edited");
    let failed = project.cargo("build -q").exits_with(101);
    assert_eq!(
        failed.stderr,
        stale(
            "lacks-inputs",
            "`more/a.txt` changed",
            "this is a published crate"
        )
    );
}
