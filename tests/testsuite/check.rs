//! `cargo pacto check`: from the lock alone, with no plugin, and without writing anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use snapbox::str;

use crate::git::git;
use crate::story::rename;
use crate::support::{
    CONTRACT, Execution, Project, answers, bare, checkout, checkout_with, describes, manifest,
    target,
};

/// A checkout with two targets, `config` and `docs`, up to date; there are no plugins any more that could be run.
fn generated() -> Project {
    let docs = r#"
targets.docs.plugin = { path = "tools/docs" }
targets.docs.output = "docs"
targets.docs.options.size = 1
targets.docs.inputs = ["in.txt", "more/**"]
"#;
    let project = checkout(&format!("{}{docs}", target("config", "deploy/config")));
    for (path, content) in [
        ("in.txt", "in"),
        ("more/a.txt", "more"),
        ("pacto/docs/guide.md", "guide"),
        ("pacto/docs/old/notes.md", "notes"),
    ] {
        project.file(path, content);
    }
    project.executable("tools/config", &describes("config"));
    project.executable("tools/docs", &describes("readme.md"));
    project.executable("other-docs", &describes("readme.md"));
    project.pacto("generate").succeeds();
    project
}

/// Everything in a folder, with what a write would change: content and time.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be listed").path();
        let metadata = fs::symlink_metadata(&path).expect("it is there");
        let time = metadata.modified().expect("Linux has times");
        if metadata.is_dir() {
            all.append(&mut everything(&path));
            all.insert(path, (time, Vec::new()));
        } else if metadata.is_symlink() {
            let to = fs::read_link(&path).expect("it is a link");
            all.insert(path, (time, to.into_os_string().into_encoded_bytes()));
        } else {
            let content = fs::read(&path).expect("it is a file");
            all.insert(path, (time, content));
        }
    }
    all
}

/// Runs a check in which nothing may be written, neither in the checkout nor beside it, and no plugin is to be had.
#[track_caller]
fn check(project: &Project, arguments: &str) -> Execution {
    let plugins = project.path("tools");
    let hidden = project.path(".git/tools");
    fs::rename(&plugins, &hidden).expect("both are ours");
    let before = everything(project.surroundings());
    let execution = project.pacto(&format!("check {arguments}"));
    assert_eq!(everything(project.surroundings()), before);
    fs::rename(&hidden, &plugins).expect("both are ours");
    execution
}

#[test]
fn what_is_as_it_was_generated_passes() {
    let project = generated();
    check(&project, "").succeeds().stdout("").stderr(str![[r#"
     Checked 2 targets: all files are as they should be
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    check(&project, "docs").succeeds().stderr(str![[r#"
     Checked 1 target: all files are as they should be
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    check(&project, "-q").succeeds().stderr("");
}

#[test]
fn each_file_is_told_apart() {
    let project = generated();
    project.remove("deploy/config/config");
    project.file("docs/readme.md", "by hand");
    project.file("docs/mine.md", "of no concern");
    check(&project, "")
        .exits_with(1)
        .stdout("")
        .stderr(str![[r#"
     Missing deploy/config/config: it is not there
      Edited docs/readme.md: it is not what was written
error: 2 checked-in files are not as package `demo` would generate them; undo what was edited by hand, or run `cargo pacto generate -p demo --force docs` to lose it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    check(&project, "config").exits_with(1).stderr(str![[r#"
     Missing deploy/config/config: it is not there
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    check(&project, "-q").exits_with(1).stderr(str![[r#"
     Missing deploy/config/config: it is not there
      Edited docs/readme.md: it is not what was written
error: 2 checked-in files are not as package `demo` would generate them; undo what was edited by hand, or run `cargo pacto generate -p demo --force docs` to lose it; run `cargo pacto generate -p demo` and commit the result

"#]]);
    check(&project, "-q --message-format json")
        .exits_with(1)
        .stdout(str![[r#"
{"package":"demo","path":"deploy/config/config","reason":"fault","state":"missing","target":"config","why":"it is not there"}
{"package":"demo","path":"docs/readme.md","reason":"fault","state":"edited","target":"docs","why":"it is not what was written"}

"#]]);
    // What it says mends it.
    project.pacto("generate -p demo -q --force docs").succeeds();
    project.pacto("generate -p demo -q").succeeds();
    check(&project, "-q").succeeds().stderr("");
}

#[test]
fn what_nothing_wants_any_more_is_extra() {
    let project = generated();
    project.without_target("docs");
    check(&project, "").exits_with(1).stderr(str![[r#"
       Extra docs/readme.md: target `docs` is no longer in Cargo.toml
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    project.pacto("generate -p demo -q").succeeds();
    assert!(!project.path("docs").exists());
    check(&project, "-q").succeeds().stderr("");
}

#[test]
fn the_files_of_the_last_target_are_extra_too() {
    let project = checkout_with(&answers("a.txt", "x"));
    project.pacto("generate -q").succeeds();
    project.file("Cargo.toml", &manifest("demo", ""));
    check(&project, "").exits_with(1).stderr(str![[r#"
       Extra out/a.txt: target `files` is no longer in Cargo.toml
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    project.pacto("generate -q").succeeds();
    assert_eq!(project.names("out"), [""; 0]);
    assert!(!project.path("pacto-generated.lock").exists());
}

#[test]
fn line_ends_pass_with_a_note() {
    let project = checkout_with(&answers("a.txt", "one\\ntwo\\n"));
    project.pacto("generate -q").succeeds();
    project.file("out/a.txt", "one\r\ntwo\r\n");
    check(&project, "").succeeds().stderr(str![[r#"
note: `out/a.txt` differs only in line ends; `/out/a.txt text eol=lf` in .gitattributes keeps them
     Checked 1 target: all files are as they should be
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
}

#[test]
fn a_target_that_was_never_generated_is_missing() {
    let project = checkout_with(&answers("a.txt", "x"));
    project.pacto("check").exits_with(1).stderr(str![[r#"
     Missing out: target `files` was not generated yet
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
}

#[test]
fn a_contract_that_is_wrong_is_shown() {
    let project = generated();
    project.edit("pacto/pacto.yaml", "pactoVersion", "pactoversion");
    check(&project, "").exits_with(1).stderr(str![[r#"
error: unknown key `pactoversion` in a contract of this format; did you mean `pactoVersion`? [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:1:1
1 | pactoversion: "1.0"
  | ^^^^^^^^^^^^
  = help: known keys: pactoVersion, service, interfaces, configuration, configurations, policy, policies, dependencies, runtime, scaling, metadata
error: `pactoVersion` is missing [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:1:1
1 | pactoversion: "1.0"
  | ^^^^^^^^^^^^^^^^^^^
  = help: add `pactoVersion`
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
}

/// What is done to one input, while the lock and the files stay as they are.
type Alteration = fn(&Project) -> &Project;

#[test]
fn every_input_is_noticed_by_its_name() {
    let table: [(Alteration, &str); 18] = [
        (
            |p| p.edit("pacto/pacto.yaml", "1.0.0", "1.0.1"),
            "`pacto/pacto.yaml` changed",
        ),
        (
            |p| p.file("pacto/docs/guide.md", "edited"),
            "`pacto/docs/guide.md` changed",
        ),
        (|p| p.file("pacto/new.md", ""), "`pacto/new.md` was added"),
        (
            |p| p.remove("pacto/docs/guide.md"),
            "`pacto/docs/guide.md` was removed",
        ),
        (
            |p| {
                rename(p, "pacto/docs/old", "pacto/docs/older");
                p
            },
            "`pacto/docs/older/notes.md` was added, `pacto/docs/old/notes.md` was removed",
        ),
        (
            |p| p.edit("Cargo.toml", "size = 1", "size = 2"),
            "`options.size` changed",
        ),
        (
            |p| p.edit("Cargo.toml", "size = 1", "size = \"1\""),
            "`options.size` changed",
        ),
        (
            |p| p.edit("Cargo.toml", "options.size", "options.other"),
            "`options.other` was added, `options.size` was removed",
        ),
        (
            |p| {
                p.edit(
                    "Cargo.toml",
                    "size = 1",
                    "size = 1\ntargets.docs.options.more = 2",
                )
            },
            "`options.more` was added",
        ),
        (
            |p| p.edit("Cargo.toml", "targets.docs.options.size = 1\n", ""),
            "`options.size` was removed",
        ),
        (
            |p| p.edit("Cargo.toml", "\"in.txt\", ", ""),
            "`in.txt` was removed",
        ),
        (|p| p.file("in.txt", "edited"), "`in.txt` changed"),
        (|p| p.file("more/b.txt", ""), "`more/b.txt` was added"),
        (|p| p.remove("more/a.txt"), "`more/a.txt` was removed"),
        (
            |p| p.edit("Cargo.toml", "tools/docs", "other-docs"),
            "the plugin was `path:tools/docs`",
        ),
        (
            |p| p.edit("Cargo.toml", "output = \"docs\"", "output = \"doc\""),
            "`output` changed",
        ),
        (
            |p| {
                p.edit(
                    "Cargo.toml",
                    "targets.docs.options",
                    "exclude = [\"docs/old/**\"]\ntargets.docs.options",
                )
            },
            "`pacto/docs/old/notes.md` was removed",
        ),
        (
            |p| {
                p.file("other/pacto.yaml", &p.read("pacto/pacto.yaml"));
                p.edit(
                    "Cargo.toml",
                    "targets.docs.options",
                    "bundle = \"other\"\ntargets.docs.options",
                )
            },
            "`other/pacto.yaml` was added, `pacto/pacto.yaml` was removed",
        ),
    ];
    for (alter, reason) in table {
        let project = generated();
        alter(&project);
        let said = check(&project, "docs").exits_with(1).stderr;
        assert!(said.contains(reason), "{reason}: {said}");
        assert!(
            said.contains("Stale docs/readme.md: ") || reason == "`output` changed",
            "{said}"
        );
        project.pacto("generate -q").succeeds();
        check(&project, "docs -q").succeeds().stderr("");
    }
}

#[test]
fn a_plugin_of_the_repository_is_an_input() {
    let project = generated();
    project.executable("tools/docs", &describes("readme.md").replace("\\n", "!\\n"));
    project.pacto("check docs").exits_with(1).stderr(str![[r#"
       Stale docs/readme.md: `tools/docs` changed
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
}

/// A file that `inputs` names has to be there; the plugin has not, as nothing runs.
#[test]
fn an_input_that_is_gone_is_noticed() {
    let project = generated();
    project.remove("tools/docs").remove("in.txt");
    check(&project, "docs").exits_with(1).stderr(str![[r#"
       Stale docs/readme.md: `in.txt` is not there
error: 1 checked-in file is not as package `demo` would generate it; create what is not there, or correct its name in Cargo.toml
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
    project
        .pacto("generate docs")
        .exits_with(101)
        .stderr(str![[r#"
error: target `docs` needs `in.txt`, which is not there; create it or correct its name in Cargo.toml

"#]]);
    project.file("in.txt", "in");
    check(&project, "docs -q").succeeds().stderr("");
}

/// What stands behind a link is not what was written, whatever it holds: nobody writes through it.
#[test]
fn a_link_in_the_place_of_a_file_or_folder_is_noticed() {
    for (path, link) in [
        ("deploy", "deploy"),
        ("deploy/config/config", "deploy/config/config"),
    ] {
        let project = generated();
        rename(&project, path, "elsewhere");
        let up = "../".repeat(link.matches('/').count());
        project.link(&format!("{up}elsewhere"), link);
        let said = check(&project, "config").exits_with(1).stderr;
        let expected = format!(
            "Blocked deploy/config/config: `{link}` is a symbolic link, and those are not followed\n"
        );
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn a_target_that_keeps_nothing_in_the_repository_has_nothing_to_check() {
    let project = generated();
    project.edit("Cargo.toml", "targets.docs.output = \"docs\"\n", "");
    check(&project, "docs").succeeds().stderr(str![[r#"
     Checked nothing: no target has an `output`

"#]]);
    check(&project, "").exits_with(1).stderr(str![[r#"
       Extra docs/readme.md: target `docs` has no `output` any more
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
}

/// The command that is named is one that helps.
#[test]
fn what_was_only_edited_is_not_generated_again() {
    let project = generated();
    project.file("docs/readme.md", "by hand");
    check(&project, "docs").exits_with(1).stderr(str![[r#"
      Edited docs/readme.md: it is not what was written
error: 1 checked-in file is not as package `demo` would generate it; undo what was edited by hand, or run `cargo pacto generate -p demo --force docs` to lose it
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
}

#[test]
fn a_target_of_the_workspace_is_noticed() {
    let project = bare("demo");
    let shared = "plugin = { path = \"tools/docs\" }\noutput = \"docs\"\noptions.size = 1\n";
    project.file(
        "Cargo.toml",
        &format!("[workspace]\nmembers = [\"api\"]\nresolver = \"3\"\n\n[workspace.metadata.pacto.targets.docs]\n{shared}"),
    );
    let member = manifest("demo", "targets.docs.workspace = true\n").replace("[workspace]\n", "");
    project.file("api/Cargo.toml", &member);
    project.file("api/src/lib.rs", "");
    project.file("api/pacto/pacto.yaml", CONTRACT);
    project.executable("tools/docs", &describes("readme.md"));
    project.pacto("generate -q -p demo").succeeds();
    project.pacto("check -q -p demo").succeeds().stderr("");
    project.edit("Cargo.toml", "size = 1", "size = 2");
    project
        .pacto("check -p demo")
        .exits_with(1)
        .stderr(str![[r#"
       Stale api/docs/readme.md: `options.size` changed
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
note: a plugin that was updated outside of this repository does not show here; `cargo pacto check --rerun` runs the plugins and compares

"#]]);
}

/// What is done to a checkout, how the check ends, and what it tells machines.
type Told = (Alteration, i32, &'static str);

#[test]
fn every_state_is_told_to_machines() {
    let table: [Told; 5] = [
        (
            |p| p.remove("docs/readme.md"),
            1,
            r#""state":"missing","target":"docs","why":"it is not there""#,
        ),
        (
            |p| p.file("docs/readme.md", "by hand"),
            1,
            r#""state":"edited","target":"docs","why":"it is not what was written""#,
        ),
        (
            |p| p.file("in.txt", "edited"),
            1,
            r#""state":"stale","target":"docs","why":"`in.txt` changed""#,
        ),
        (
            |p| p.without_target("docs"),
            1,
            r#""state":"extra","target":"docs","why":"target `docs` is no longer in Cargo.toml""#,
        ),
        (
            |p| p.edit("docs/readme.md", "\n", "\r\n"),
            0,
            r#""state":"line-ends","target":"docs","why":"`/docs/readme.md text eol=lf` in .gitattributes keeps them""#,
        ),
    ];
    for (alter, code, told) in table {
        let project = generated();
        alter(&project);
        let expected = format!(
            "{{\"package\":\"demo\",\"path\":\"docs/readme.md\",\"reason\":\"fault\",{told}}}\n"
        );
        let check = check(&project, "--message-format json").exits_with(code);
        assert_eq!(check.stdout, expected);
    }
}

/// Whether Cargo could resolve the dependencies is none of its business, so no network is needed.
#[test]
fn no_dependency_is_looked_for() {
    let mut project = generated();
    project.set_env("CARGO_NET_OFFLINE", "true");
    let dependency = "[build-dependencies]\nnowhere = \"1\"";
    project.edit("Cargo.toml", "[build-dependencies]", dependency);
    check(&project, "-q").succeeds().stderr("");
    project.file("in.txt", "edited");
    check(&project, "-q").exits_with(1);
}

/// One clone has the files as they were committed, the other with the line ends of Windows.
#[test]
fn two_clones_write_the_same_lock() {
    let one = generated();
    // Scripts do not run with other line ends, whoever generates.
    one.file(".gitattributes", "/tools/* text eol=lf\n");
    one.file(".gitignore", "target\n");
    one.remove_folder(".git");
    let history = ["init --quiet", "add --all", "commit --quiet --message all"];
    for command in history {
        assert_eq!(git(&one, command), Some(0), "{command}");
    }

    let mut other = bare("demo");
    let target = other.path("target");
    other.set_home().set_env("CARGO_TARGET_DIR", target);
    other.remove_folder(".git");
    let windows = "-c core.autocrlf=true";
    let clone = format!("{windows} clone --quiet {} .", one.root().display());
    assert_eq!(git(&other, &clone), Some(0), "{clone}");
    for path in ["pacto/pacto.yaml", "docs/readme.md", "pacto-generated.lock"] {
        assert!(other.read(path).contains("\r\n"), "{path}");
    }

    check(&other, "-q").succeeds();
    other.pacto("generate").succeeds().stderr("");
    let changes = format!("{windows} diff --exit-code");
    assert_eq!(git(&other, &changes), Some(0), "it is all as it was");
    other.remove("pacto-generated.lock");
    other.pacto("generate --force -q").succeeds();
    let lock = "pacto-generated.lock";
    assert_eq!(other.read(lock), one.read(lock));
    assert_eq!(git(&other, &changes), Some(0), "there is nothing to commit");
}

/// The same inputs, checked out elsewhere, by somebody else, with other line ends and times.
#[test]
fn two_machines_write_the_same_lock() {
    let one = generated();
    let mut other = generated();
    other.move_to("elsewhere");
    other.set_home();
    for path in [
        "in.txt",
        "more/a.txt",
        "pacto/pacto.yaml",
        "pacto/docs/guide.md",
        "Cargo.toml",
    ] {
        let text = other.read(path).replace('\n', "\r\n");
        other.file(path, &text);
    }
    other.remove("pacto-generated.lock");
    other.pacto("generate --force -q").succeeds();
    let lock = one.read("pacto-generated.lock");
    assert_eq!(lock, other.read("pacto-generated.lock"));
    for project in [&one, &other] {
        let surroundings = project.surroundings().to_string_lossy();
        assert!(!lock.contains(&*surroundings), "it has a path of a machine");
    }
    check(&other, "-q").succeeds().stderr("");
}

#[test]
fn a_clock_that_jumped_back_is_no_reason() {
    let project = generated();
    let future = SystemTime::now() + std::time::Duration::from_secs(86_400 * 400);
    for path in [
        "pacto/pacto.yaml",
        "docs/readme.md",
        "pacto-generated.lock",
        "in.txt",
    ] {
        let file = fs::File::options().write(true).open(project.path(path));
        file.and_then(|file| file.set_modified(future))
            .expect("it is ours");
    }
    check(&project, "-q").succeeds().stderr("");
    project.pacto("generate").succeeds().stderr("");
    project.file("in.txt", "edited");
    check(&project, "docs -q").exits_with(1);
}

#[test]
fn a_lock_that_names_what_is_elsewhere_is_refused() {
    for (path, why) in [
        ("../x", "has a `.` or `..` part"),
        ("/etc/x", "is absolute"),
    ] {
        let project = generated();
        project.edit(
            "pacto-generated.lock",
            "\"docs/readme.md\"",
            &format!("\"{path}\""),
        );
        let before = project.tree("");
        for command in ["check", "generate", "generate --force", "clean", "list"] {
            let expected = format!(
                "error: `pacto-generated.lock` cannot be read: it names `{path}`, which {why}; run `git checkout -- \
                 pacto-generated.lock`, or remove it and run `cargo pacto generate -p demo --force`\n"
            );
            assert_eq!(
                project.pacto(command).exits_with(101).stderr,
                expected,
                "{command}"
            );
            assert_eq!(project.tree(""), before, "{command}");
        }
    }
}

#[test]
fn a_lock_of_a_newer_format_is_refused() {
    let project = generated();
    project.edit("pacto-generated.lock", "\"version\": 1", "\"version\": 2");
    check(&project, "").exits_with(101).stderr(str![[r#"
error: `pacto-generated.lock` has format 2, and this pacto-build reads up to 1; update pacto-build and cargo-pacto

"#]]);
}
