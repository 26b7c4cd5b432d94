//! What a build script says, and what it leaves behind when something is wrong.

use snapbox::{IntoData, str};

use crate::support::{Project, describes, project};

/// A project that was built once, with files in `OUT_DIR` and in the repository.
fn built(name: &str) -> Project {
    let metadata = r#"
[package.metadata.pacto.targets.built]
plugin = { path = "tools/pacto-plugin-own" }

[package.metadata.pacto.targets.kept]
plugin = "installed"
output = "deploy"
timeout = 30
"#;
    let project = project(name, metadata);
    project.executable("tools/pacto-plugin-own", &describes("built"));
    project.install("installed", &describes("kept"));
    project.cargo("build").succeeds();
    project
}

/// The build fails, Cargo says no more than this, and no file has changed.
#[track_caller]
fn fails(project: &mut Project, errors: impl IntoData) {
    let files = |project: &Project| (project.tree(""), project.out("built/built"));
    let before = files(project);
    project.set_env("RUST_BACKTRACE", "1");
    project.cargo("build -q").exits_with(101).stderr(errors);
    assert_eq!(files(project), before);
}

#[test]
fn a_key_that_is_misspelled() {
    let mut project = built("wrong-key");
    project.edit("Cargo.toml", "timeout = 30", "timeot = 30");
    fails(
        &mut project,
        str![[r#"
error: wrong-key@0.1.0: Cargo.toml:19: unknown key `timeot` in [package.metadata.pacto.targets.kept]; did you mean `timeout`?
error: build script logged errors

"#]],
    );
}

#[test]
fn a_value_of_the_wrong_type() {
    let mut project = built("wrong-type");
    project.edit("Cargo.toml", "timeout = 30", "timeout = \"long\"");
    fails(
        &mut project,
        str![[r#"
error: wrong-type@0.1.0: Cargo.toml:19: `timeout` must be whole seconds from 1 to 86400
error: build script logged errors

"#]],
    );
}

#[test]
fn an_output_outside_of_the_package() {
    let mut project = built("wrong-output");
    project.edit(
        "Cargo.toml",
        "output = \"deploy\"",
        "output = \"../deploy\"",
    );
    fails(
        &mut project,
        str![[r#"
error: wrong-output@0.1.0: Cargo.toml:18: `output` is `../deploy`, which has a `.` or `..` part; name a folder inside the package
error: build script logged errors

"#]],
    );
}

#[test]
fn an_inherited_target_without_a_workspace() {
    let mut project = built("wrong-inheritance");
    project.edit("Cargo.toml", "timeout = 30", "workspace = true");
    fails(
        &mut project,
        str![[r#"
error: wrong-inheritance@0.1.0: Cargo.toml:19: target `kept` is inherited, but Cargo.toml has no [workspace.metadata.pacto.targets.kept]
error: build script logged errors

"#]],
    );
}

#[test]
fn a_package_without_targets() {
    let project = project("no-targets", "");
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: no-targets@0.1.0: no targets are configured; add [package.metadata.pacto.targets.NAME] to Cargo.toml
error: build script logged errors

"#]]);
}

#[test]
fn a_broken_contract() {
    let mut project = built("broken-contract");
    project.file(
        "pacto/pacto.yaml",
        "pactoVersion: 1.0\nservice:\n  name: Demo Service\n\tversion: 1\n",
    );
    fails(
        &mut project,
        str![[r#"
error: broken-contract@0.1.0: while scanning a plain scalar, found a tab [YAML_PARSE_ERROR]
error: broken-contract@0.1.0:  --> pacto/pacto.yaml:3:9
error: broken-contract@0.1.0: 3 |   name: Demo Service
error: broken-contract@0.1.0:   |         ^
error: build script logged errors

"#]],
    );
    project.file(
        "pacto/pacto.yaml",
        "pactoVersion: 1.0\nservice:\n  name: Demo Service\n  version: 1\n",
    );
    fails(
        &mut project,
        str![[r#"
error: broken-contract@0.1.0: `pactoVersion` must be text, this is a number [SCHEMA_VIOLATION]
error: broken-contract@0.1.0:  --> pacto/pacto.yaml:1:15
error: broken-contract@0.1.0: 1 | pactoVersion: 1.0
error: broken-contract@0.1.0:   |               ^^^
error: broken-contract@0.1.0:   = help: quote it: `pactoVersion: "1.0"`
error: broken-contract@0.1.0: `Demo Service` is no valid `service.name` [SCHEMA_VIOLATION]
error: broken-contract@0.1.0:  --> pacto/pacto.yaml:3:9
error: broken-contract@0.1.0: 3 |   name: Demo Service
error: broken-contract@0.1.0:   |         ^^^^^^^^^^^^
error: broken-contract@0.1.0:   = help: use lower-case letters, digits and inner hyphens
error: broken-contract@0.1.0: `service.version` must be text, this is a number [SCHEMA_VIOLATION]
error: broken-contract@0.1.0:  --> pacto/pacto.yaml:4:12
error: broken-contract@0.1.0: 4 |   version: 1
error: broken-contract@0.1.0:   |            ^
error: broken-contract@0.1.0:   = help: quote it: `version: "1"`
error: build script logged errors

"#]],
    );
}

#[test]
fn a_contract_that_is_not_there() {
    let mut project = built("missing-contract");
    project.remove("pacto/pacto.yaml");
    fails(
        &mut project,
        str![[r#"
error: missing-contract@0.1.0: there is no contract at `pacto/pacto.yaml`; put one there, or name its folder with `bundle` in [package.metadata.pacto]
error: build script logged errors

"#]],
    );
}

#[test]
fn a_plugin_that_is_nowhere() {
    let mut project = built("missing-plugin");
    project.set_home().set_path(&["bin", "sbin"]);
    project.remove("../bin/pacto-plugin-installed");
    project.file("../sbin/pacto-plugin-installed", "");
    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    fails(
        &mut project,
        str![[r#"
error: missing-plugin@0.1.0: plugin `installed` not found; install `pacto-plugin-installed` into one of these places or set PACTO_PLUGIN_INSTALLED to it
error: missing-plugin@0.1.0:   `[TMP]/bin/pacto-plugin-installed` (PATH)
error: missing-plugin@0.1.0:   `[TMP]/sbin/pacto-plugin-installed` (is there but not executable; run `chmod +x` on it)
error: missing-plugin@0.1.0:   `[TMP]/home/.config/pacto/plugins/pacto-plugin-installed` (user's plugin folder)
error: build script logged errors

"#]],
    );
}

#[test]
fn a_plugin_of_the_repository_that_is_gone() {
    let mut project = built("missing-own-plugin");
    project.remove("tools/pacto-plugin-own");
    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    fails(
        &mut project,
        str![[r#"
error: missing-own-plugin@0.1.0: target `built` needs `tools/pacto-plugin-own`, which is not there; create it or correct its name in Cargo.toml
error: build script logged errors

"#]],
    );
}

#[test]
fn a_plugin_that_fails() {
    let mut project = built("failing-plugin");
    let script = "#!/bin/sh\ncat >/dev/null\nprintf '\\033[2Jno schema\\n\\n  cargo::rustc-cfg=evil\\n' >&2\nexit 3\n";
    project.install("installed", script);
    fails(
        &mut project,
        str![[r#"
error: failing-plugin@0.1.0: plugin `installed` failed with exit status 3
error: failing-plugin@0.1.0: --- stderr
error: failing-plugin@0.1.0: ␛[2Jno schema
error: failing-plugin@0.1.0: 
error: failing-plugin@0.1.0:   cargo::rustc-cfg=evil
error: build script logged errors

"#]],
    );
}

#[test]
fn a_plugin_that_answers_something_else() {
    let mut project = built("chatting-plugin");
    project.install("installed", "#!/bin/sh\necho cargo::rustc-cfg=evil\n");
    fails(
        &mut project,
        str![[r#"
error: chatting-plugin@0.1.0: plugin `installed` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `cargo::rustc-cfg=evil`
error: build script logged errors

"#]],
    );
}

#[test]
fn a_checked_in_file_that_was_edited() {
    let mut project = built("edited-file");
    project.file("deploy/kept", "by hand\n");
    fails(
        &mut project,
        str![[r#"
error: edited-file@0.1.0: `deploy/kept` was edited by hand; to undo the edit, run `git checkout -- deploy/kept`; to overwrite the file, run `cargo pacto generate -p edited-file --force kept`
error: build script logged errors

"#]],
    );
}

#[test]
fn a_message_is_no_directive() {
    let project = project("message", "targets.built.plugin = \"installed\"");
    project.install(
        "installed",
        r#"#!/bin/sh
cat >/dev/null
printf '%s' '{"files": [], "message": "cargo::error=one\ncargo::error=two\u001b[2J"}'
"#,
    );
    let said = |build: &str| {
        let lines = build.lines().filter(|line| line.contains("cargo::error"));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let build = project.cargo("build -vv").succeeds();
    snapbox::assert_data_eq!(
        said(&build.stdout),
        str![[r#"
[message 0.1.0] pacto: built: cargo::error=one cargo::error=two␛[2J

"#]]
        .raw()
    );
    assert_eq!(
        project.directives(),
        [
            "cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed",
            "cargo::rerun-if-changed=Cargo.toml",
            "cargo::rerun-if-changed=pacto",
            "cargo::rerun-if-env-changed=PACTO_BUILD",
            "cargo::rerun-if-env-changed=PACTO_PLUGIN_INSTALLED",
        ]
    );
}

#[test]
fn off_with_nothing_to_use() {
    let mut project = built("off-and-new");
    project.set_env("PACTO_BUILD", "off");
    project.edit(
        "Cargo.toml",
        "[package.metadata.pacto.targets.kept]",
        "[package.metadata.pacto.targets.new]\n\n[package.metadata.pacto.targets.kept]",
    );
    fails(
        &mut project,
        str![[r#"
error: off-and-new@0.1.0: PACTO_BUILD is `off`, and target `new` has no files to use; unset it once
error: build script logged errors

"#]],
    );
}

#[test]
fn a_word_that_pacto_build_does_not_know() {
    let mut project = built("wrong-word");
    project.set_env("PACTO_BUILD", "never");
    fails(
        &mut project,
        str![[r#"
error: wrong-word@0.1.0: PACTO_BUILD is `never`; set it to `write`, `check` or `off`
error: build script logged errors

"#]],
    );
}

#[test]
fn a_package_for_an_old_rust() {
    let mut project = built("old-rust");
    let edition = "edition = \"2024\"";
    project.edit(
        "Cargo.toml",
        edition,
        "edition = \"2021\"\nrust-version = \"1.70\"",
    );
    project.cargo("build -q").succeeds();
    assert_eq!(
        project.directives(),
        [
            "cargo:rerun-if-changed=[TMP]/bin/pacto-plugin-installed",
            "cargo:rerun-if-changed=Cargo.toml",
            "cargo:rerun-if-changed=deploy/kept",
            "cargo:rerun-if-changed=pacto",
            "cargo:rerun-if-changed=pacto-generated.lock",
            "cargo:rerun-if-changed=tools/pacto-plugin-own",
            "cargo:rerun-if-env-changed=PACTO_BUILD",
            "cargo:rerun-if-env-changed=PACTO_PLUGIN_INSTALLED",
            "cargo:rerun-if-env-changed=PACTO_PLUGIN_OWN",
        ]
    );
    assert_eq!(project.cargo("build -v").verdict("old-rust"), "Fresh");

    // Such a package has no line for errors: Cargo shows what the script said, and how it ended.
    project.edit("pacto/pacto.yaml", "service:", "services:");
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: failed to run custom build command for `old-rust v0.1.0 ([ROOT])`

Caused by:
  process didn't exit successfully: `[BUILD]/build-script-build` (exit status: 1)
  --- stderr
  error: `service` is missing [SCHEMA_VIOLATION]
   --> pacto/pacto.yaml:1:1
  1 | pactoVersion: "1.0"
    | ^^^^^^^^^^^^^^^^^^^
    = help: add `service`
  unknown key `services` in a contract of this format; did you mean `service`? [SCHEMA_VIOLATION]
   --> pacto/pacto.yaml:2:1
  2 | services:
    | ^^^^^^^^
    = help: known keys: pactoVersion, service, interfaces, configuration, configurations, policy, policies, dependencies, runtime, scaling, metadata

"#]]);

    // `cargo::error` is younger than `cargo::`, but it is the Cargo that runs which has to know it.
    for version in ["1.77", "1.83", "1.84"] {
        project.edit("Cargo.toml", "1.70", version);
        project.edit("pacto/pacto.yaml", "services:", "service:");
        project.cargo("build -q").succeeds();
        assert_eq!(
            project.directives()[1],
            "cargo::rerun-if-changed=Cargo.toml"
        );
        project.edit("pacto/pacto.yaml", "service:", "services:");
        fails(
            &mut project,
            str![[r#"
error: old-rust@0.1.0: `service` is missing [SCHEMA_VIOLATION]
error: old-rust@0.1.0:  --> pacto/pacto.yaml:1:1
error: old-rust@0.1.0: 1 | pactoVersion: "1.0"
error: old-rust@0.1.0:   | ^^^^^^^^^^^^^^^^^^^
error: old-rust@0.1.0:   = help: add `service`
error: old-rust@0.1.0: unknown key `services` in a contract of this format; did you mean `service`? [SCHEMA_VIOLATION]
error: old-rust@0.1.0:  --> pacto/pacto.yaml:2:1
error: old-rust@0.1.0: 2 | services:
error: old-rust@0.1.0:   | ^^^^^^^^
error: old-rust@0.1.0:   = help: known keys: pactoVersion, service, interfaces, configuration, configurations, policy, policies, dependencies, runtime, scaling, metadata
error: build script logged errors

"#]],
        );
        project.edit("Cargo.toml", version, "1.70");
    }
}
