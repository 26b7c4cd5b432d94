//! What makes a build script run again, and what a plugin: everything that can be done to a checkout, in
//! each layout that a package can have.

use std::fs;
use std::time::Duration;

use snapbox::str;

use crate::story::{Story, rename, touch};
use crate::support::{CONTRACT, Project, STAMP, bare, manifest, project};

#[test]
fn output_in_a_folder_of_its_own() {
    let metadata = r#"
[package.metadata.pacto.targets.built]
plugin = { path = "tools/pacto-plugin-own" }
options = { mode = "a" }

[package.metadata.pacto.targets.kept]
plugin = "installed"
output = "deploy"
options = { size = 1 }
"#;
    let layout = Layout {
        folder: "",
        bundle: "pacto/",
        kept: "deploy/stamp",
    };
    let mut story = layout.story("rerun-separate", project("rerun-separate", metadata));
    layout.everything(&mut story);
    story.reads(str![[r#"
first build: Compiling; ran built, kept
  + cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=deploy/stamp
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_INSTALLED
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit a file of no concern: Fresh; ran nothing
touch the contract: the file `pacto` has changed; ran nothing
touch the bundle's files: the file `pacto` has changed; ran nothing
touch the checked-in file: the file `deploy/stamp` has changed; ran nothing
touch the lock: the file `pacto-generated.lock` has changed; ran nothing
touch the plugins: the file `[TMP]/bin/pacto-plugin-installed` has changed; ran nothing
make everything old: Fresh; ran nothing
edit the contract: the file `pacto` has changed; ran built, kept
edit a bundle file: the file `pacto` has changed; ran built, kept
edit a nested bundle file: the file `pacto` has changed; ran built, kept
add a bundle file: the file `pacto` has changed; ran built, kept
add a nested bundle file: the file `pacto` has changed; ran built, kept
rename a bundle file: the file `pacto` has changed; ran built, kept
rename a nested folder: the file `pacto` has changed; ran built, kept
delete a bundle file: the file `pacto` has changed; ran built, kept
delete a nested bundle file: the file `pacto` has changed; ran built, kept
add an empty folder: the file `pacto` has changed; ran nothing
delete the checked-in file: the file `deploy/stamp` is missing; ran kept
replace the repository's plugin: the file `tools/pacto-plugin-own` has changed; ran built
replace the installed plugin: the file `[TMP]/bin/pacto-plugin-installed` has changed; ran kept
edit an option of `built`: the file `Cargo.toml` has changed; ran built
edit an option of `kept`: the file `Cargo.toml` has changed; ran kept
edit another part of Cargo.toml: the file `Cargo.toml` has changed; ran nothing
change PATH: Fresh; ran nothing
move the checkout: Fresh; ran nothing
edit the contract there: the file `pacto` has changed; ran built, kept

"#]]);
}

#[test]
fn output_in_the_bundle() {
    let metadata = r#"
[package.metadata.pacto.targets.built]
plugin = { path = "tools/pacto-plugin-own" }
options = { mode = "a" }

[package.metadata.pacto.targets.kept]
plugin = "installed"
output = "pacto/made/here"
options = { size = 1 }
"#;
    let layout = Layout {
        folder: "",
        bundle: "pacto/",
        kept: "pacto/made/here/stamp",
    };
    let mut story = layout.story("rerun-inside", project("rerun-inside", metadata));
    layout.everything(&mut story);
    story.reads(str![[r#"
first build: Compiling; ran built, kept
  + cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_INSTALLED
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit a file of no concern: Fresh; ran nothing
touch the contract: the file `pacto` has changed; ran nothing
touch the bundle's files: the file `pacto` has changed; ran nothing
touch the checked-in file: the file `pacto` has changed; ran nothing
touch the lock: the file `pacto-generated.lock` has changed; ran nothing
touch the plugins: the file `[TMP]/bin/pacto-plugin-installed` has changed; ran nothing
make everything old: Fresh; ran nothing
edit the contract: the file `pacto` has changed; ran built, kept
edit a bundle file: the file `pacto` has changed; ran built, kept
edit a nested bundle file: the file `pacto` has changed; ran built, kept
add a bundle file: the file `pacto` has changed; ran built, kept
add a nested bundle file: the file `pacto` has changed; ran built, kept
rename a bundle file: the file `pacto` has changed; ran built, kept
rename a nested folder: the file `pacto` has changed; ran built, kept
delete a bundle file: the file `pacto` has changed; ran built, kept
delete a nested bundle file: the file `pacto` has changed; ran built, kept
add an empty folder: the file `pacto` has changed; ran nothing
delete the checked-in file: the file `pacto` has changed; ran built, kept
replace the repository's plugin: the file `tools/pacto-plugin-own` has changed; ran built
replace the installed plugin: the file `[TMP]/bin/pacto-plugin-installed` has changed; ran built, kept
edit an option of `built`: the file `Cargo.toml` has changed; ran built
edit an option of `kept`: the file `Cargo.toml` has changed; ran built, kept
edit another part of Cargo.toml: the file `Cargo.toml` has changed; ran nothing
change PATH: Fresh; ran nothing
move the checkout: Fresh; ran nothing
edit the contract there: the file `pacto` has changed; ran built, kept

"#]]);
}

#[test]
fn the_package_folder_is_the_bundle() {
    let metadata = r#"
[package.metadata.pacto.targets.built]
plugin = "installed"
options = { mode = "a" }

[package.metadata.pacto.targets.kept]
plugin = { path = "tools/pacto-plugin-own" }
output = "deploy"
options = { size = 1 }
"#;
    let project = project("rerun-package", metadata);
    rename(&project, "pacto/pacto.yaml", "pacto.yaml");
    let layout = Layout {
        folder: "",
        bundle: "",
        kept: "deploy/stamp",
    };
    let mut story = layout.story("rerun-package", project);
    layout.everything(&mut story);
    story.reads(str![[r#"
first build: Compiling; ran built, kept
  + cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=deploy/stamp
  + cargo::rerun-if-changed=docs
  + cargo::rerun-if-changed=interfaces
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-changed=pacto.yaml
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_INSTALLED
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit a file of no concern: Fresh; ran nothing
touch the contract: the file `pacto.yaml` has changed; ran nothing
touch the bundle's files: the file `docs` has changed; ran nothing
touch the checked-in file: the file `deploy/stamp` has changed; ran nothing
touch the lock: the file `pacto-generated.lock` has changed; ran nothing
touch the plugins: the file `[TMP]/bin/pacto-plugin-installed` has changed; ran nothing
make everything old: Fresh; ran nothing
edit the contract: the file `pacto.yaml` has changed; ran built, kept
edit a bundle file: the file `docs` has changed; ran built, kept
edit a nested bundle file: the file `interfaces` has changed; ran built, kept
add a bundle file: the file `docs` has changed; ran built, kept
add a nested bundle file: the file `interfaces` has changed; ran built, kept
rename a bundle file: the file `docs` has changed; ran built, kept
rename a nested folder: the file `interfaces` has changed; ran built, kept
delete a bundle file: the file `docs` has changed; ran built, kept
delete a nested bundle file: the file `interfaces` has changed; ran built, kept
add an empty folder: the file `interfaces` has changed; ran nothing
delete the checked-in file: the file `deploy/stamp` is missing; ran kept
replace the repository's plugin: the file `tools/pacto-plugin-own` has changed; ran kept
replace the installed plugin: the file `[TMP]/bin/pacto-plugin-installed` has changed; ran built
edit an option of `built`: the file `Cargo.toml` has changed; ran built
edit an option of `kept`: the file `Cargo.toml` has changed; ran kept
edit another part of Cargo.toml: the file `Cargo.toml` has changed; ran nothing
change PATH: Fresh; ran nothing
move the checkout: Fresh; ran nothing
edit the contract there: the file `pacto.yaml` has changed; ran built, kept

"#]]);
}

#[test]
fn targets_of_the_workspace() {
    let project = bare("rerun-workspace");
    project.file("Cargo.toml", WORKSPACE);
    member(
        &project,
        "services/api",
        "rerun-member",
        "targets.built.workspace = true\ntargets.kept = { workspace = true, options = { size = 1 } }\n",
    );
    project.lock_dependencies();
    let layout = Layout {
        folder: "services/api/",
        bundle: "services/api/pacto/",
        kept: "services/api/deploy/stamp",
    };
    let mut story = layout.story("rerun-member", project);
    layout.everything(&mut story);
    story.reads(str![[r#"
first build: Compiling; ran built, kept
  + cargo::rerun-if-changed=../../Cargo.toml
  + cargo::rerun-if-changed=../../tools/pacto-plugin-own
  + cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=deploy/stamp
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_INSTALLED
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit a file of no concern: Fresh; ran nothing
touch the contract: the file `services/api/pacto` has changed; ran nothing
touch the bundle's files: the file `services/api/pacto` has changed; ran nothing
touch the checked-in file: the file `services/api/deploy/stamp` has changed; ran nothing
touch the lock: the file `services/api/pacto-generated.lock` has changed; ran nothing
touch the plugins: the file `services/api/../../tools/pacto-plugin-own` has changed; ran nothing
make everything old: Fresh; ran nothing
edit the contract: the file `services/api/pacto` has changed; ran built, kept
edit a bundle file: the file `services/api/pacto` has changed; ran built, kept
edit a nested bundle file: the file `services/api/pacto` has changed; ran built, kept
add a bundle file: the file `services/api/pacto` has changed; ran built, kept
add a nested bundle file: the file `services/api/pacto` has changed; ran built, kept
rename a bundle file: the file `services/api/pacto` has changed; ran built, kept
rename a nested folder: the file `services/api/pacto` has changed; ran built, kept
delete a bundle file: the file `services/api/pacto` has changed; ran built, kept
delete a nested bundle file: the file `services/api/pacto` has changed; ran built, kept
add an empty folder: the file `services/api/pacto` has changed; ran nothing
delete the checked-in file: the file `services/api/deploy/stamp` is missing; ran kept
replace the repository's plugin: the file `services/api/../../tools/pacto-plugin-own` has changed; ran kept
replace the installed plugin: the file `[TMP]/bin/pacto-plugin-installed` has changed; ran built
edit an option of `built`: the file `services/api/../../Cargo.toml` has changed; ran built
edit an option of `kept`: the file `services/api/Cargo.toml` has changed; ran kept
edit another part of Cargo.toml: the file `services/api/Cargo.toml` has changed; ran nothing
change PATH: Fresh; ran nothing
move the checkout: Fresh; ran nothing
edit the contract there: the file `services/api/pacto` has changed; ran built, kept

"#]]);
}

const WORKSPACE: &str = r#"
[workspace]
members = ["services/*"]
resolver = "3"

[workspace.metadata.pacto.targets.built]
plugin = "installed"
options = { mode = "a" }

[workspace.metadata.pacto.targets.kept]
plugin = { path = "tools/pacto-plugin-own" }
output = "deploy"
"#;

/// Adds a package to a workspace.
fn member(project: &Project, folder: &str, name: &str, metadata: &str) {
    Project::forget_builds(name);
    let manifest = manifest(name, metadata);
    project.file(
        &format!("{folder}/Cargo.toml"),
        manifest.trim_start_matches("[workspace]\n"),
    );
    project.file(
        &format!("{folder}/build.rs"),
        "fn main() {\n    pacto_build::generate();\n}\n",
    );
    project.file(&format!("{folder}/src/lib.rs"), "");
    project.file(&format!("{folder}/pacto/pacto.yaml"), CONTRACT);
}

#[test]
fn a_change_reaches_those_members_that_it_concerns() {
    let project = bare("rerun-members");
    project.file("Cargo.toml", WORKSPACE);
    let inherits = "targets.built.workspace = true\n";
    member(&project, "services/one", "rerun-one", inherits);
    member(&project, "services/two", "rerun-two", inherits);
    project.lock_dependencies();
    project.install("installed", STAMP);
    project.set_all_times(Duration::from_secs(60));
    let verdicts = || {
        let build = project.cargo("build -v").succeeds();
        [build.verdict("rerun-one"), build.verdict("rerun-two")]
    };
    let stamps = || ["rerun-one", "rerun-two"].map(|member| project.out_of(member, "built/stamp"));
    verdicts();
    let first = stamps();

    project.edit("services/one/pacto/pacto.yaml", "1.0.0", "1.0.1");
    assert_eq!(
        verdicts(),
        ["the file `services/one/pacto` has changed", "Fresh"]
    );
    let second = stamps();
    assert!(first[0] != second[0] && first[1] == second[1]);

    project.edit("Cargo.toml", "mode = \"a\"", "mode = \"b\"");
    assert_eq!(
        verdicts(),
        [
            "the file `services/one/../../Cargo.toml` has changed",
            "the file `services/two/../../Cargo.toml` has changed",
        ]
    );
    let third = stamps();
    assert!(second[0] != third[0] && second[1] != third[1]);
    assert_eq!(verdicts(), ["Fresh", "Fresh"]);
    assert_eq!(stamps(), third);
}

#[test]
fn a_bundle_outside_of_the_package() {
    let project = bare("rerun-outside");
    project.file("Cargo.toml", WORKSPACE);
    let bundle = "bundle = \"../../contracts/demo\"\ntargets.built.workspace = true\n";
    member(&project, "services/api", "rerun-outside", bundle);
    project.file("contracts/demo/pacto.yaml", CONTRACT);
    project.install("installed", STAMP);
    project.lock_dependencies();
    let mut story = Story::new("rerun-outside", project, vec![("built", None)]);
    story.when("first build", |_| {});
    story.when("edit the contract", |p| {
        p.edit("contracts/demo/pacto.yaml", "1.0.0", "1.0.1");
    });
    story.when("add a bundle file", |p| {
        p.file("contracts/demo/docs/guide.md", "");
    });
    story.when("add another contract", |p| {
        p.file("contracts/other/pacto.yaml", "");
    });
    story.when("edit what is a bundle no longer", |p| {
        p.file("services/api/pacto/pacto.yaml", "");
    });
    story.when("move the checkout", |p| {
        p.move_to("moved");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=../../Cargo.toml
  + cargo::rerun-if-changed=../../contracts/demo
  + cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_INSTALLED
edit the contract: the file `services/api/../../contracts/demo` has changed; ran built
add a bundle file: the file `services/api/../../contracts/demo` has changed; ran built
add another contract: Fresh; ran nothing
edit what is a bundle no longer: Fresh; ran nothing
move the checkout: Fresh; ran nothing

"#]]);
}

#[test]
fn folders_that_come_and_go_with_files_are_no_change_of_the_bundle() {
    let metadata = r#"
[package.metadata.pacto.targets.kept]
plugin = { path = "tools/pacto-plugin-own" }
output = "pacto/made"
"#;
    let stamped_beside = |path: &str| {
        let more = format!(r#"{{"files":[{{"path":"{path}","content":""}},"#);
        STAMP.replace(r#"{"files":["#, &more)
    };
    let project = project("rerun-folder", metadata);
    project.executable("tools/pacto-plugin-own", &stamped_beside("deep/er/a"));
    let kept = vec![("kept", Some("pacto/made/stamp"))];
    let mut story = Story::new("rerun-folder", project, kept);
    story.when("first build", |_| {});
    assert_eq!(story.project.names("pacto/made"), ["deep/er/a", "stamp"]);
    story.when("another answer", |project| {
        project.executable("tools/pacto-plugin-own", &stamped_beside("b"));
    });
    assert_eq!(story.project.names("pacto/made"), ["b", "stamp"]);
    assert!(!story.project.path("pacto/made/deep").exists());
    story.reads(str![[r#"
first build: Compiling; ran kept
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
another answer: the file `tools/pacto-plugin-own` has changed; ran kept

"#]]);
}

/// Where things are in a checkout. Folders end in `/`, unless they are the checkout itself.
struct Layout {
    folder: &'static str,
    bundle: &'static str,
    /// The file of the target that is checked in.
    kept: &'static str,
}

impl Layout {
    fn story(&self, package: &'static str, project: Project) -> Story {
        project.file(&format!("{}NOTES.md", self.folder), "");
        project.file(&format!("{}docs/guide.md", self.bundle), "");
        project.file(&format!("{}interfaces/deep/api.yaml", self.bundle), "");
        project.executable("tools/pacto-plugin-own", STAMP);
        project.install("installed", STAMP);
        Story::new(
            package,
            project,
            vec![("built", None), ("kept", Some(self.kept))],
        )
    }

    /// All that can be done to a checkout.
    fn everything(&self, story: &mut Story) {
        let Self {
            folder,
            bundle,
            kept,
        } = self;
        let in_bundle = |path: &str| format!("{bundle}{path}");
        let lock = format!("{folder}pacto-generated.lock");
        let own_manifest = format!("{folder}Cargo.toml");

        story.when("first build", |_| {});
        story.when("edit a file of no concern", |p| {
            p.file(&format!("{folder}NOTES.md"), "edited");
        });
        story.when("touch the contract", |p| touch(p, &in_bundle("pacto.yaml")));
        story.when("touch the bundle's files", |p| {
            touch(p, &in_bundle("docs/guide.md"));
            touch(p, &in_bundle("interfaces/deep/api.yaml"));
        });
        story.when("touch the checked-in file", |p| touch(p, kept));
        story.when("touch the lock", |p| touch(p, &lock));
        story.when("touch the plugins", |p| {
            touch(p, "tools/pacto-plugin-own");
            touch(p, "../bin/pacto-plugin-installed");
        });
        story.when("make everything old", |p| {
            p.set_all_times(Duration::from_secs(3600));
        });

        story.when("edit the contract", |p| {
            p.edit(&in_bundle("pacto.yaml"), "1.0.0", "1.0.1");
        });
        story.when("edit a bundle file", |p| {
            p.file(&in_bundle("docs/guide.md"), "edited");
        });
        story.when("edit a nested bundle file", |p| {
            p.file(&in_bundle("interfaces/deep/api.yaml"), "edited");
        });
        story.when("add a bundle file", |p| {
            p.file(&in_bundle("docs/new.md"), "");
        });
        story.when("add a nested bundle file", |p| {
            p.file(&in_bundle("interfaces/deep/er/new.yaml"), "");
        });
        story.when("rename a bundle file", |p| {
            rename(p, &in_bundle("docs/new.md"), &in_bundle("docs/newer.md"));
        });
        story.when("rename a nested folder", |p| {
            rename(
                p,
                &in_bundle("interfaces/deep"),
                &in_bundle("interfaces/low"),
            );
        });
        story.when("delete a bundle file", |p| {
            p.remove(&in_bundle("docs/newer.md"));
        });
        story.when("delete a nested bundle file", |p| {
            p.remove(&in_bundle("interfaces/low/er/new.yaml"));
        });
        story.when("add an empty folder", |p| {
            fs::create_dir(p.path(&in_bundle("interfaces/empty"))).expect("the folder is ours");
        });

        story.when("delete the checked-in file", |p| {
            p.remove(kept);
        });
        story.when("replace the repository's plugin", |p| {
            p.executable("tools/pacto-plugin-own", &format!("{STAMP}# 2\n"));
        });
        story.when("replace the installed plugin", |p| {
            p.install("installed", &format!("{STAMP}# 2\n"));
        });
        story.when("edit an option of `built`", |p| {
            p.edit("Cargo.toml", "mode = \"a\"", "mode = \"b\"");
        });
        story.when("edit an option of `kept`", |p| {
            p.edit(&own_manifest, "size = 1", "size = 2");
        });
        story.when("edit another part of Cargo.toml", |p| {
            p.edit(
                &own_manifest,
                "[build-dependencies]",
                "[package.metadata.other]\n\n[build-dependencies]",
            );
        });
        story.when("change PATH", |p| {
            let path = p.path_with(&["elsewhere", "bin"]);
            p.set_env("PATH", path);
        });
        story.when("move the checkout", |p| {
            p.move_to("moved");
        });
        story.when("edit the contract there", |p| {
            p.edit(&in_bundle("pacto.yaml"), "1.0.1", "1.0.2");
        });
    }
}
