//! Checks that ask somebody: the plugins, Cargo, and a service's own tests.

use std::process::Command;

use snapbox::str;

use crate::support::{CONTRACT, FAKE, answers, bare, checkout_with, manifest, project, repository};

/// A plugin that answers with `json`, a JSON text in which the shell replaces variables.
fn tells(json: &str) -> String {
    format!("#!/bin/sh\nread -r request\ncat <<JSON\n{json}\nJSON\n")
}

#[test]
fn a_rerun_shows_what_the_plugin_answers_now() {
    let project = checkout_with(&answers("a.txt", "one\\ntwo\\nthree\\n"));
    project.pacto("generate").succeeds();
    project.pacto("check --rerun").succeeds().stderr(str![[r#"
     Checked 1 target: all files are as they should be

"#]]);
    // A plugin from elsewhere, as far as the lock knows: the same file, and another answer.
    let lock = project.read("pacto-generated.lock");
    project.executable("elsewhere", &answers("a.txt", "one\\n2\\nthree\\n"));
    let before = project.tree("");

    let mut command = project.pacto_command("check --rerun");
    command.env("PACTO_PLUGIN_FAKE", project.path("elsewhere"));
    project.finish(command).exits_with(1).stderr(str![[r#"
     Differs out/a.txt: the plugin of target `files` writes something else
--- out/a.txt (what is there)
+++ out/a.txt (what the plugin answers)
@@ -1,3 +1,3 @@
 one
-two
+2
 three
error: 1 checked-in file is not as package `demo` would generate it; to take over what the plugins answer now, run `cargo pacto generate -p demo --force files` and commit the result

"#]]);
    assert_eq!(project.tree(""), before);
    assert_eq!(project.read("pacto-generated.lock"), lock);
}

#[test]
fn a_rerun_misses_files_and_finds_leftovers() {
    let project = checkout_with(&answers("old.txt", "x"));
    project.pacto("generate").succeeds();
    project.executable("elsewhere", &answers("new.txt", "x\\u001b[2J\\n"));

    let mut command = project.pacto_command("check --rerun");
    command.env("PACTO_PLUGIN_FAKE", project.path("elsewhere"));
    project.finish(command).exits_with(1).stderr(str![[r#"
     Differs out/new.txt: the plugin of target `files` writes it, and it is not there
--- out/new.txt (what is there)
+++ out/new.txt (what the plugin answers)
@@ -0,0 +1 @@
+x␛[2J
       Extra out/old.txt: the plugin of target `files` does not write it any more
--- out/old.txt (what is there)
+++ out/old.txt (what the plugin answers)
@@ -1 +0,0 @@
-x
\ No newline at end of file
error: 2 checked-in files are not as package `demo` would generate them; to take over what the plugins answer now, run `cargo pacto generate -p demo --force files` and commit the result; run `cargo pacto generate -p demo` and commit the result

"#]]);
}

#[test]
fn line_ends_are_no_difference() {
    let project = checkout_with(&answers("a.txt", "one\\ntwo\\n"));
    project.pacto("generate").succeeds();
    project.file("out/a.txt", "one\r\ntwo\r\n");
    project.pacto("check --rerun").succeeds().stderr(str![[r#"
note: `out/a.txt` differs only in line ends; `/out/a.txt text eol=lf` in .gitattributes keeps them
     Checked 1 target: all files are as they should be

"#]]);
}

#[test]
fn a_plugin_that_fails_is_told_and_nothing_is_compared() {
    let project = checkout_with(&answers("a.txt", "x"));
    project.pacto("generate").succeeds();
    project.executable("elsewhere", "#!/bin/sh\necho broken >&2\nexit 3\n");
    let mut command = project.pacto_command("check --rerun");
    command.env("PACTO_PLUGIN_FAKE", project.path("elsewhere"));
    project.finish(command).exits_with(101).stderr(str![[r#"
error: plugin `fake` failed with exit status 3
--- stderr
broken

"#]]);
}

#[test]
fn a_second_run_tells_what_an_answer_depends_on() {
    for (content, told) in [
        ("$HOME", "and show HOME"),
        ("$TMPDIR", "and show TMPDIR"),
        ("$(date +%z)", "and show TZ"),
        ("$(date +%Z)", "and show TZ"),
        ("${LC_ALL}", "and show LC_ALL"),
        ("${SOURCE_DATE_EPOCH:-now}", "and show SOURCE_DATE_EPOCH"),
        (
            "$(date +%s)",
            "and show nothing of what was set for them as it was set: it comes from a part of that, the time, or chance",
        ),
        (
            r#"$(echo "$request" | jq -r .bundleDir)"#,
            "and show the bundle's path",
        ),
        (
            r#"$(echo "$request" | jq -r .outputDir)"#,
            "and show the output's path",
        ),
    ] {
        let json = format!(r#"{{"files":[{{"path":"a.txt","content":"{content}"}}]}}"#);
        let project = checkout_with(&tells(&json));
        project.pacto("generate").succeeds();
        let before = project.tree("");
        let check = project.pacto("check --twice").exits_with(1);
        let expected = format!(
            "    Unstable out/a.txt: two runs of the plugin differ, {told}\n--- out/a.txt (first run)\n+++ out/a.txt (second run)\n"
        );
        assert!(
            check.stderr.contains(&expected),
            "{content}: {}",
            check.stderr
        );
        assert_eq!(project.tree(""), before, "{content}");
    }
}

#[test]
fn what_is_the_same_twice_passes() {
    let project = checkout_with(&tells(
        r#"{"files":[{"path":"a.txt","content":"$(echo "$request" | jq -r .contract.service.name)"}]}"#,
    ));
    project.pacto("generate").succeeds();
    project.pacto("check --twice").succeeds().stderr(str![[r#"
     Checked 1 target: all files are as they should be

"#]]);

    // The bundle is a copy then, and all of it is there.
    project.file("pacto/docs/guide.md", "guide");
    project.executable(
        FAKE,
        "#!/bin/sh\nread -r request\ncd \"$(echo \"$request\" | jq -r .bundleDir)\" || exit 1\n\
         cat pacto.yaml docs/guide.md | jq -Rs '{files: [{path: \"a.txt\", content: .}]}'\n",
    );
    project.pacto("generate").succeeds();
    assert!(project.read("out/a.txt").contains("pactoVersion"));
    project.pacto("check --twice").succeeds().stderr(str![[r#"
     Checked 1 target: all files are as they should be

"#]]);
}

#[test]
fn a_file_of_one_run_only_is_unstable() {
    let project = checkout_with(&tells(
        r#"{"files":[{"path":"a-${SOURCE_DATE_EPOCH:-0}.txt","content":"x"}]}"#,
    ));
    project.pacto("generate").succeeds();
    project
        .pacto("check --twice")
        .exits_with(1)
        .stderr(str![[r#"
    Unstable out/a-0.txt: only one of two runs of the plugin writes it
--- out/a-0.txt (first run)
+++ out/a-0.txt (second run)
@@ -1 +0,0 @@
-x
\ No newline at end of file
    Unstable out/a-86399.txt: only one of two runs of the plugin writes it
--- out/a-86399.txt (first run)
+++ out/a-86399.txt (second run)
@@ -0,0 +1 @@
+x
\ No newline at end of file
error: a plugin does not answer the same twice; what it answers must come from its request alone

"#]]);
}

#[test]
fn a_package_is_asked_whether_it_contains_what_a_build_needs() {
    let project = checkout_with(&answers("a.txt", "x"));
    project.file("src/lib.rs", "");
    project.pacto("generate").succeeds();
    project
        .pacto("check --packaged --offline")
        .succeeds()
        .stderr(str![[r#"
     Checked `cargo package` contains the lock and every checked-in file

"#]]);

    let manifest = project.read("Cargo.toml");
    let excluding = manifest.replace("[package]\n", "[package]\nexclude = [\"*.lock\"]\n");
    project.file("Cargo.toml", &excluding);
    project.file(
        "out/Cargo.toml",
        "[package]\nname = \"nested\"\n[lib]\npath = \"a.txt\"\n",
    );
    project
        .pacto("check --packaged --offline")
        .exits_with(1)
        .stderr(str![[r#"
    Left out out/a.txt: `cargo package` would not contain it, as `out/Cargo.toml` makes its folder another package
    Left out pacto-generated.lock: `cargo package` would not contain it, as `include` or `exclude` in Cargo.toml leaves it out
error: a package of `demo` would not build without its plugins

"#]]);
}

/// Nobody can mend in a package what is out of date in it.
#[test]
fn a_package_of_what_is_out_of_date_is_not_complete() {
    let project = checkout_with(&answers("a.txt", "x"));
    project.file("src/lib.rs", "");
    project.pacto("generate").succeeds();
    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    project
        .pacto("check --packaged --offline")
        .exits_with(1)
        .stderr(str![[r#"
       Stale out/a.txt: `pacto/pacto.yaml` changed
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
error: a package of `demo` would not build without its plugins

"#]]);
}

#[test]
fn a_package_of_what_was_never_generated_is_not_complete() {
    let project = checkout_with(&answers("a.txt", "x"));
    project
        .pacto("check --packaged --offline")
        .exits_with(1)
        .stderr(str![[r#"
     Missing out: target `files` was not generated yet
error: 1 checked-in file is not as package `demo` would generate it; run `cargo pacto generate -p demo` and commit the result
error: a package of `demo` would not build without its plugins

"#]]);
}

#[test]
fn a_package_that_inherits_is_told_what_stands_in() {
    let project = bare("demo");
    let shared = "[workspace.metadata.pacto.targets.files]\noutput = \"out\"\n";
    let member = manifest("demo", "targets.files = { workspace = true }\n");
    project.file(
        "Cargo.toml",
        &format!("[workspace]\nmembers = [\"api\"]\n{shared}"),
    );
    project.file("api/Cargo.toml", &member.replace("[workspace]\n", ""));
    project.file("api/src/lib.rs", "");
    project.file("api/pacto/pacto.yaml", CONTRACT);
    project.install("files", &answers("a.txt", "x"));
    project.pacto("generate -q -p demo").succeeds();
    project
        .pacto("check --packaged --offline -p demo")
        .succeeds()
        .stderr(str![[r#"
note: `demo` takes targets from its workspace; in a package the lock stands in for that
     Checked `cargo package` contains the lock and every checked-in file

"#]]);
}

#[test]
fn a_package_without_what_git_ignores_is_told_why() {
    let project = checkout_with(&answers("a.txt", "x"));
    project.file("src/lib.rs", "");
    project.remove_folder(".git");
    let mut git = Command::new("git");
    project.run(git.args(["init", "--quiet"])).succeeds();
    project.file(".gitignore", "/out\n/target\n");
    project.pacto("generate").succeeds();
    let mut git = Command::new("git");
    project.run(git.args(["add", "."])).succeeds();
    project
        .pacto("check --packaged --offline")
        .exits_with(1)
        .stderr(str![[r#"
    Left out out/a.txt: `cargo package` would not contain it, as git ignores it; commit it, or name it in `include` in Cargo.toml
error: a package of `demo` would not build without its plugins

"#]]);
}

#[test]
fn a_services_own_test_says_what_check_says() {
    let project = project(
        "asserts-fresh",
        "targets.files.plugin = { path = \"tools/pacto-plugin-fake\" }\ntargets.files.output = \"out\"\n",
    );
    project.executable(FAKE, &answers("a.txt", "x"));
    let library = repository().join("pacto-build");
    let manifest = project.read("Cargo.toml");
    project.file(
        "Cargo.toml",
        &format!(
            "{manifest}\n[dev-dependencies]\npacto-build = {{ path = \"{}\" }}\n",
            library.display()
        ),
    );
    // Without a build script that would mend it first.
    project.remove("build.rs");
    project.file(
        "tests/fresh.rs",
        "#[test]\nfn generated_files_are_fresh() {\n    pacto_build::assert_fresh();\n}\n",
    );
    project.pacto("generate").succeeds();
    project.cargo("test -q").succeeds();

    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    let test = project.cargo("test -q").exits_with(101);
    let check = project.pacto("check").exits_with(1);
    let text = "       Stale out/a.txt: `pacto/pacto.yaml` changed\n";
    let verdict = "1 checked-in file is not as package `asserts-fresh` would generate it; \
                   run `cargo pacto generate -p asserts-fresh` and commit the result";
    assert!(check.stderr.contains(text) && check.stderr.contains(verdict));
    assert!(
        test.stdout.contains(text) && test.stdout.contains(verdict),
        "{}",
        test.stdout
    );
}
