//! Builds with no plugin, as they are where a crate is used and not developed; and Cargo's harder ways to build.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{
    CONTRACT, Execution, Project, bare, describes, project, repository, shared_target,
};

/// A package with a target in `deploy/`, whose library shows what was generated.
const KEPT: &str = r#"
[package.metadata.pacto.targets.kept]
output = "deploy"
options = { size = 1 }
"#;

/// The same, as far as it comes from a workspace that a published crate does not have.
const INHERITED: &str = r#"
[package.metadata.pacto.targets.kept]
workspace = true
output = "deploy"

[workspace.metadata.pacto.targets.kept]
options = { size = 1 }
"#;

/// What is published without the bundle, and with it.
const WITHOUT_BUNDLE: &str = r#"["src", "build.rs", "deploy", "pacto-generated.lock"]"#;
const WITH_BUNDLE: &str = r#"["src", "build.rs", "deploy", "pacto-generated.lock", "pacto"]"#;

const LIBRARY: &str = "pub const KEPT: &str = include_str!(\"../deploy/kept\");\n";

/// A package as `cargo package` makes it, with what it may `include`, in the folder `unpacked` beside the checkout.
fn packaged(name: &str, include: &str) -> Project {
    let project = project(name, "");
    let library = format!("{:?}", repository().join("pacto-build"));
    let versioned = format!("{library}, version = \"0.1.0\"");
    let manifest = project.read("Cargo.toml").replace(&library, &versioned);
    let (head, _) = manifest
        .split_once("\n[build-dependencies]")
        .expect("it has them");
    let dependencies = format!("[build-dependencies]\npacto-build = {{ path = {versioned} }}\n");
    project.file(
        "Cargo.toml",
        &format!("{head}include = {include}\n\n{dependencies}{INHERITED}"),
    );
    project.file("src/lib.rs", LIBRARY);
    project.install("kept", &describes("kept"));
    project.pacto("generate -q").succeeds();
    // Its dependency is in no registry: whoever builds it says where it is.
    project
        .cargo("package -q --no-verify --allow-dirty --exclude-lockfile")
        .succeeds();
    let archive = shared_target().join(format!("package/{name}-0.1.0.crate"));
    let unpacked = project.path("../unpacked");
    fs::create_dir(&unpacked).expect("the folder is ours");
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(archive)
        .arg("-C")
        .arg(&unpacked)
        .arg("--strip-components=1");
    project.run(&mut tar).succeeds();
    assert_eq!(unpacked.join("pacto").exists(), include == WITH_BUNDLE);
    project.remove("../bin/pacto-plugin-kept");
    let patch = format!("[patch.crates-io]\npacto-build.path = {library}\n");
    project.file("../.cargo/config.toml", &patch);
    Project::forget_builds(name);
    project
}

/// `cargo <arguments>` in a folder beside the checkout.
#[track_caller]
fn cargo_in(project: &Project, folder: &str, arguments: &str) -> Execution {
    let mut command = project.cargo_command(arguments);
    command.current_dir(project.path(folder));
    project.finish(command)
}

#[test]
fn a_package_of_cargo_builds_without_plugin_and_bundle() {
    let mut project = packaged("offline-packaged", WITHOUT_BUNDLE);
    project.lock_dependencies_in("../unpacked");
    project.set_home();
    let before = project.tree("../unpacked");
    for variables in [
        &[][..],
        &[("CI", "true")],
        &[("DOCS_RS", "1")],
        &[("PACTO_BUILD", "check")],
    ] {
        // Or Cargo would take the last run of the script for fresh.
        Project::forget_builds("offline-packaged");
        for (name, value) in variables {
            project.set_env(name, *value);
        }
        cargo_in(&project, "../unpacked", "build -q")
            .succeeds()
            .stderr("");
        for (name, _) in variables {
            project.unset_env(name);
        }
    }
    // The build script itself starts no Cargo, and is content with a `PATH` that has none.
    project.set_path(&["nothing"]);
    project.set_env("PACTO_BUILD", "write");
    let build = cargo_in(&project, "../unpacked", "build -v").succeeds();
    assert_eq!(
        build.verdict("offline-packaged"),
        "the env variable PACTO_BUILD changed"
    );
    let mut after = project.tree("../unpacked");
    after.insert("Cargo.lock".to_owned(), before["Cargo.lock"].clone());
    assert_eq!(after, before);

    project.file("../unpacked/deploy/kept", "by hand");
    let failed = cargo_in(&project, "../unpacked", "build -q").exits_with(101);
    assert_eq!(
        failed.stderr,
        "error: offline-packaged@0.1.0: the checked-in files of target `kept` are out of date: `deploy/kept` was edited by \
         hand; a build does not write them here (this is a published crate), so report it to who published it\n\
         error: build script logged errors\n"
    );
}

#[test]
fn a_source_folder_that_is_read_only_builds() {
    let project = packaged("offline-read-only", WITHOUT_BUNDLE);
    project.lock_dependencies_in("../unpacked");
    // Cargo's own part, which writes Cargo.lock, is done.
    cargo_in(&project, "../unpacked", "build -q")
        .succeeds()
        .stderr("");
    Project::forget_builds("offline-read-only");
    let mut chmod = Command::new("chmod");
    chmod.args(["-R", "a-w"]).arg(project.path("../unpacked"));
    project.run(&mut chmod).succeeds();
    let mut touch = Command::new("touch");
    touch.arg(project.path("../unpacked/new"));
    let is_writable = project.without_power(touch).code == Some(0);
    let manifest = project.path("../unpacked/Cargo.toml");
    let arguments = format!("build -q --locked --manifest-path {}", manifest.display());
    let build = project.without_power(project.cargo_command(&arguments));
    let mut chmod = Command::new("chmod");
    chmod.args(["-R", "u+w"]).arg(project.path("../unpacked"));
    project.run(&mut chmod).succeeds();
    assert!(!is_writable);
    build.succeeds().stderr("");
}

/// In a vendored folder, in a workspace that has a target of the same name.
#[test]
fn a_vendored_crate_builds_in_a_workspace_of_others() {
    let name = "offline-vendored";
    let crates = packaged(name, WITH_BUNDLE);
    let mut app = bare("offline-app");
    copy_tree(&crates.path("../unpacked"), &app.path("vendor").join(name));
    app.file(
        &format!("vendor/{name}/.cargo-checksum.json"),
        "{\"files\":{}}",
    );
    app.file(
        "Cargo.toml",
        &format!(
            "[workspace]\n\n[workspace.metadata.pacto.targets.kept]\noutput = \"elsewhere\"\noptions = {{ size = 2 }}\n\n\
             [package]\nname = \"offline-app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{name} = {{ version = \"0.1.0\", registry = \"ours\" }}\n"
        ),
    );
    app.file(
        "src/main.rs",
        "fn main() {\n    print!(\"{}\", offline_vendored::KEPT);\n}\n",
    );
    app.file("pacto/pacto.yaml", &CONTRACT.replace("1.0.0", "2.0.0"));
    app.lock_dependencies();
    let library = repository().join("pacto-build");
    app.file(
        ".cargo/config.toml",
        &format!(
            "[registries.ours]\nindex = \"file:///nowhere\"\n\n[source.ours]\nregistry = \"file:///nowhere\"\n\
             replace-with = \"vendored\"\n\n[source.vendored]\ndirectory = \"vendor\"\n\n\
             [patch.crates-io]\npacto-build.path = {library:?}\n"
        ),
    );
    app.set_home();
    let before = app.tree("vendor");
    app.cargo("run -q")
        .succeeds()
        .stdout("demo 1.0.0 {\"size\":1}\n")
        .stderr("");
    assert_eq!(app.tree("vendor"), before);
    assert_eq!(app.cargo("build -v").verdict(name), "Fresh");
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is ours");
    for entry in fs::read_dir(from).expect("it is a folder") {
        let path = entry.expect("it can be listed").path();
        let place = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy_tree(&path, &place);
        } else {
            fs::copy(&path, &place).expect("the folder is ours");
        }
    }
}

/// The triple of this machine, in Cargo's own words.
fn host() -> String {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc is there");
    let text = String::from_utf8(output.stdout).expect("it is text");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc knows").to_owned()
}

/// As a dependency and as a build-dependency, with `--target`, a package's script runs twice at once.
#[test]
fn a_script_that_runs_twice_at_once() {
    // It answers when both scripts have started it.
    let plugin = r#"#!/bin/sh
answer=$(jq '{files: [{path: "kept", content: "\(.contract.service.name) \(.contract.service.version)\n"}]}')
: >"$MEETING/$$"
until [ "$(ls "$MEETING" | wc -l)" -ge 2 ]; do sleep 0.01; done
printf %s "$answer"
"#;
    let metadata = format!("{KEPT}env = [\"MEETING\"]\nsandbox = \"off\"\n");
    let mut service = project("offline-twice", &metadata);
    let meeting = service.path("../meeting");
    service.set_env("MEETING", &meeting);
    service.file("src/lib.rs", LIBRARY);
    service.install("kept", plugin);
    let manifest = service.read("Cargo.toml").replace("[workspace]\n", "");
    service.file("Cargo.toml", &manifest);
    let dependency = format!("offline-twice.path = {:?}\n", service.root());
    let user = "[package]\nname = \"offline-user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    service.file(
        "../user/Cargo.toml",
        &format!("[workspace]\n\n{user}\n[dependencies]\n{dependency}\n[build-dependencies]\n{dependency}"),
    );
    service.file("../user/build.rs", "fn main() {\n    println!(\"cargo::rustc-env=BUILT={}\", offline_twice::KEPT.trim());\n}\n");
    service.file(
        "../user/src/main.rs",
        "fn main() {\n    print!(\"{}{}\", env!(\"BUILT\"), offline_twice::KEPT);\n}\n",
    );
    service.lock_dependencies_in("../user");
    let (run, build) = (
        format!("run -q -j2 --target {}", host()),
        format!("build -v -j2 --target {}", host()),
    );
    let mut version = "1.0.0".to_owned();
    for round in 0..20 {
        let next = format!("1.0.{round}");
        service.edit("pacto/pacto.yaml", &version, &next);
        version = next;
        fs::create_dir(&meeting).expect("it was removed");
        let line = format!("demo {version}\n");
        let shown = cargo_in(&service, "../user", &run)
            .succeeds()
            .stderr("")
            .stdout;
        assert_eq!(shown, format!("{}{line}", line.trim_end()), "round {round}");
        assert_eq!(service.names("../meeting").len(), 2, "round {round}");
        service.remove_folder("../meeting");
    }
    assert_eq!(
        cargo_in(&service, "../user", &build)
            .succeeds()
            .verdict("offline-twice"),
        "Fresh"
    );
    service.pacto("check -q").succeeds();
    assert_eq!(service.names("deploy"), ["kept"]);
}

#[test]
fn build_clippy_and_release_in_turn() {
    let name = "offline-in-turn";
    let project = project(name, KEPT);
    project.file("src/lib.rs", LIBRARY);
    project.install("kept", &describes("kept"));
    let ways = ["build -v", "clippy -v", "build -v --release"];
    for way in ways {
        project.cargo(way).succeeds();
    }
    let before = project.tree("");
    let times = || {
        let paths = ["deploy/kept", "deploy", "pacto-generated.lock"].into_iter();
        let metadata = paths.map(|path| fs::metadata(project.path(path)).expect("it is there"));
        metadata
            .map(|metadata| metadata.modified().expect("Linux has times"))
            .collect::<Vec<_>>()
    };
    let written = times();
    for way in ways.into_iter().chain(ways) {
        assert_eq!(
            project.cargo(way).succeeds().verdict(name),
            "Fresh",
            "{way}"
        );
    }
    assert_eq!((project.tree(""), times()), (before, written));
}
