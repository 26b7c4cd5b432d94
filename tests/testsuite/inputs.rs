//! What is an input of a target, and what Cargo is told of it.

use std::fs;
use std::os::unix::fs::symlink;

use snapbox::str;

use crate::story::{Story, rename, touch};
use crate::support::{CONTRACT, STAMP, answers, checkout_with, project};

const BUILT: &str =
    "[package.metadata.pacto.targets.built]\nplugin = { path = \"tools/pacto-plugin-own\" }\n";

#[test]
fn a_plugin_that_names_its_files_anew_in_the_bundle() {
    let metadata = "[package.metadata.pacto.targets.kept]\nplugin = { path = \"tools/pacto-plugin-own\" }\noutput = \"pacto\"\n";
    let project = project("rerun-renaming", metadata);
    project.executable("tools/pacto-plugin-own", &answers("old/file", "1"));
    let mut story = Story::new("rerun-renaming", project, vec![]);
    story.when("first build", |_| {});
    assert_eq!(story.project.names("pacto"), ["old/file", "pacto.yaml"]);
    story.when("the file has another content", |p| {
        p.executable("tools/pacto-plugin-own", &answers("old/file", "2"));
    });
    assert_eq!(story.project.read("pacto/old/file"), "2");
    story.when("the file lies elsewhere", |p| {
        p.executable("tools/pacto-plugin-own", &answers("new/er/file", "2"));
    });
    assert_eq!(story.project.names("pacto"), ["new/er/file", "pacto.yaml"]);
    assert!(!story.project.path("pacto/old").exists());
    story.reads(str![[r#"
first build: Compiling; ran nothing
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
the file has another content: the file `tools/pacto-plugin-own` has changed; ran nothing
the file lies elsewhere: the file `tools/pacto-plugin-own` has changed; ran nothing

"#]]);
}

#[test]
fn what_is_excluded() {
    let metadata = format!("exclude = [\"docs/drafts/**\", \"**/*.bak\"]\n{BUILT}");
    let project = project("rerun-excluded", &metadata);
    project.file("pacto/docs/guide.md", "");
    project.file("pacto/docs/drafts/idea.md", "");
    project.file("pacto/interfaces/api.yaml", "");
    project.file("pacto/sbom/sbom.bak", "");
    let mut story = Story::simple("rerun-excluded", project);
    story.when("first build", |_| {});
    story.when("edit what is excluded", |p| {
        p.file("pacto/docs/drafts/idea.md", "edited");
        p.file("pacto/sbom/sbom.bak", "edited");
    });
    story.when("add what is excluded", |p| {
        p.file("pacto/docs/drafts/more/idea.md", "");
    });
    story.when("add what is excluded to a folder that counts", |p| {
        p.file("pacto/interfaces/api.bak", "");
    });
    story.when("edit what counts beside it", |p| {
        p.file("pacto/docs/guide.md", "edited");
    });
    story.when("add what counts beside it", |p| {
        p.file("pacto/docs/new.md", "");
    });
    story.when("edit the contract", |p| {
        p.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto/docs/guide.md
  + cargo::rerun-if-changed=pacto/interfaces
  + cargo::rerun-if-changed=pacto/pacto.yaml
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit what is excluded: Fresh; ran nothing
add what is excluded: Fresh; ran nothing
add what is excluded to a folder that counts: the file `pacto/interfaces` has changed; ran nothing
  - cargo::rerun-if-changed=pacto/interfaces
  + cargo::rerun-if-changed=pacto/interfaces/api.yaml
edit what counts beside it: the file `pacto/docs/guide.md` has changed; ran built
add what counts beside it: Fresh; ran nothing
edit the contract: the file `pacto/pacto.yaml` has changed; ran built
  + cargo::rerun-if-changed=pacto/docs/new.md

"#]]);
}

#[test]
fn what_is_no_part_of_a_bundle() {
    let project = project("rerun-foreign", BUILT);
    project.file("pacto/interfaces/api.yaml", "");
    project.file("pacto/tools/gen/Cargo.toml", "[package]\nname = \"gen\"\n");
    project.file("pacto/tools/gen/src/main.rs", "");
    project.file("pacto/target/debug/gen", "");
    project.file("pacto/.git/HEAD", "");
    let mut story = Story::simple("rerun-foreign", project);
    story.when("first build", |_| {});
    story.when("edit a nested package", |p| {
        p.file("pacto/tools/gen/src/main.rs", "edited");
    });
    story.when("edit a target folder", |p| {
        p.file("pacto/target/debug/gen", "edited");
    });
    story.when("edit a repository", |p| {
        p.file("pacto/.git/HEAD", "edited");
    });
    story.when("edit a bundle file", |p| {
        p.file("pacto/interfaces/api.yaml", "edited");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto/interfaces
  + cargo::rerun-if-changed=pacto/pacto.yaml
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit a nested package: Fresh; ran nothing
edit a target folder: Fresh; ran nothing
edit a repository: Fresh; ran nothing
edit a bundle file: the file `pacto/interfaces` has changed; ran built

"#]]);
}

#[test]
fn links_in_the_bundle() {
    let project = project("rerun-links", BUILT);
    project.file("pacto/interfaces/api.yaml", "");
    project.file("shared/schema/one.json", "");
    project.file("target/huge", "");
    symlink("../..", project.path("pacto/interfaces/up")).expect("the folder is ours");
    symlink("../shared", project.path("pacto/shared")).expect("the folder is ours");
    symlink("nowhere", project.path("pacto/dangling")).expect("the folder is ours");
    let mut story = Story::simple("rerun-links", project);
    story.when("first build", |_| {});
    story.when("edit what is only reached through the way up", |p| {
        p.file("target/huge", "edited");
    });
    story.when("edit a file of a linked folder", |p| {
        p.file("shared/schema/one.json", "edited");
    });
    story.when("add a file to a linked folder", |p| {
        p.file("shared/schema/two.json", "");
    });
    story.when("the dangling link leads somewhere", |p| {
        p.file("pacto/nowhere", "");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto/interfaces/api.yaml
  + cargo::rerun-if-changed=pacto/pacto.yaml
  + cargo::rerun-if-changed=pacto/shared
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit what is only reached through the way up: Fresh; ran nothing
edit a file of a linked folder: the file `pacto/shared` has changed; ran built
add a file to a linked folder: the file `pacto/shared` has changed; ran built
the dangling link leads somewhere: Fresh; ran nothing

"#]]);
}

#[test]
fn a_name_that_ends_in_a_blank() {
    // Cargo trims what it reads: such a file alone cannot be named to it.
    let metadata = format!("exclude = [\"**/*.bak\"]\n{BUILT}");
    let project = project("rerun-blank", &metadata);
    project.file("pacto/docs/guide.md ", "");
    project.file("pacto/docs/old.bak", "");
    let mut story = Story::simple("rerun-blank", project);
    story.when("first build", |_| {});
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto/pacto.yaml
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN

"#]]);
}

#[test]
fn a_conventional_folder_that_comes_later_is_not_noticed() {
    let project = project("rerun-conventional", BUILT);
    rename(&project, "pacto/pacto.yaml", "pacto.yaml");
    let mut story = Story::simple("rerun-conventional", project);
    story.when("first build", |_| {});
    story.when("add a folder of another name", |p| {
        p.file("notes/a.md", "");
    });
    story.when("add a conventional one", |p| {
        p.file("policy/limits.json", "");
    });
    story.when("touch the contract", |p| touch(p, "pacto.yaml"));
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto.yaml
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
add a folder of another name: Fresh; ran nothing
add a conventional one: Fresh; ran nothing
touch the contract: the file `pacto.yaml` has changed; ran built
  + cargo::rerun-if-changed=policy

"#]]);
}

#[test]
fn a_file_that_the_contract_names_and_that_is_missing() {
    let project = project("rerun-missing", BUILT);
    project.remove("pacto/pacto.yaml");
    let interface = "interfaces:\n  - name: http\n    type: http\n    port: 80\n    contract: interfaces/api.yaml\n";
    project.file("pacto.yaml", &format!("{CONTRACT}{interface}"));
    let mut story = Story::simple("rerun-missing", project);
    let missing = "the file `interfaces/api.yaml` is missing";
    story.when_and_ever_after("first build", missing, |_| {});
    story.when("the file comes", |p| {
        p.file("interfaces/api.yaml", "");
    });
    story.when("the file changes", |p| {
        p.file("interfaces/api.yaml", "edited");
    });
    story.when_and_ever_after("the file goes with its folder", missing, |p| {
        fs::remove_dir_all(p.path("interfaces")).expect("the folder is ours");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::warning=pacto.yaml:9:15: `interfaces/api.yaml` is not in the bundle; create it, or generate it [FILE_NOT_FOUND]
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=interfaces/api.yaml
  + cargo::rerun-if-changed=pacto.yaml
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
the file comes: the file `interfaces/api.yaml` has changed; ran built
  - cargo::warning=pacto.yaml:9:15: `interfaces/api.yaml` is not in the bundle; create it, or generate it [FILE_NOT_FOUND]
  - cargo::rerun-if-changed=interfaces/api.yaml
  + cargo::rerun-if-changed=interfaces
the file changes: the file `interfaces` has changed; ran built
the file goes with its folder: the file `interfaces` is missing; ran built
  - cargo::rerun-if-changed=interfaces
  + cargo::warning=pacto.yaml:9:15: `interfaces/api.yaml` is not in the bundle; create it, or generate it [FILE_NOT_FOUND]
  + cargo::rerun-if-changed=interfaces/api.yaml

"#]]);
}

#[test]
fn inputs_of_a_target() {
    let metadata =
        format!("{BUILT}inputs = [\"README.tmpl\", \"templates/**/*.html\", \"*.cfg\"]\n");
    let project = project("rerun-inputs", &metadata);
    for path in [
        "README.tmpl",
        "a.cfg",
        "templates/deep/a.html",
        "templates/a.css",
    ] {
        project.file(path, "");
    }
    let mut story = Story::simple("rerun-inputs", project);
    story.when("first build", |_| {});
    story.when("edit a file", |p| {
        p.file("README.tmpl", "edited");
    });
    story.when("edit what fits a pattern", |p| {
        p.file("templates/deep/a.html", "edited");
        p.file("a.cfg", "edited");
    });
    story.when("edit what fits none", |p| {
        p.file("templates/a.css", "edited");
    });
    story.when("add what fits", |p| {
        p.file("templates/deep/er/b.html", "");
    });
    story.when("add what fits in the package folder", |p| {
        p.file("b.cfg", "");
    });
    story.when("delete what fits", |p| {
        p.remove("templates/deep/a.html");
    });
    story.when("touch what fits", |p| touch(p, "README.tmpl"));
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=README.tmpl
  + cargo::rerun-if-changed=a.cfg
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=templates
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit a file: the file `README.tmpl` has changed; ran built
edit what fits a pattern: the file `a.cfg` has changed; ran built
edit what fits none: the file `templates` has changed; ran nothing
add what fits: the file `templates` has changed; ran built
add what fits in the package folder: Fresh; ran nothing
delete what fits: the file `templates` has changed; ran built
  + cargo::rerun-if-changed=b.cfg
touch what fits: the file `README.tmpl` has changed; ran nothing

"#]]);
}

#[test]
fn links_in_a_folder_of_inputs() {
    let metadata = format!("{BUILT}inputs = [\"templates/**\"]\n");
    let project = project("rerun-input-links", &metadata);
    project.file("templates/a.html", "");
    project.file("target/huge", "");
    symlink("..", project.path("templates/up")).expect("the folder is ours");
    let mut story = Story::simple("rerun-input-links", project);
    story.when("first build", |_| {});
    story.when("edit what is only reached through the way up", |p| {
        p.file("target/huge", "edited");
    });
    story.when("edit an input", |p| {
        p.file("templates/a.html", "edited");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=templates/a.html
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit what is only reached through the way up: Fresh; ran nothing
edit an input: the file `templates/a.html` has changed; ran built

"#]]);
}

#[test]
fn variables_of_a_target() {
    let project = project("rerun-env", &format!("{BUILT}env = [\"PASSED\"]\n"));
    let mut story = Story::simple("rerun-env", project);
    story.when("first build", |_| {});
    story.when("set another variable", |p| {
        p.set_env("OTHER", "1");
    });
    story.when("set the variable", |p| {
        p.set_env("PASSED", "1");
    });
    story.when("set it to something else", |p| {
        p.set_env("PASSED", "2");
    });
    story.when("set it to nothing", |p| {
        p.set_env("PASSED", "");
    });
    story.when("unset it", |p| {
        p.unset_env("PASSED");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
  + cargo::rerun-if-env-changed=PASSED
set another variable: Fresh; ran nothing
set the variable: the env variable PASSED changed; ran built
set it to something else: the env variable PASSED changed; ran built
set it to nothing: the env variable PASSED changed; ran built
unset it: the env variable PASSED changed; ran nothing

"#]]);
}

#[test]
fn a_plugin_of_the_environment() {
    let project = project("rerun-override", BUILT);
    project.executable("../else/where", STAMP);
    project.executable("tools/else", &format!("{STAMP}# of the package\n"));
    let mut story = Story::simple("rerun-override", project);
    story.when("first build", |_| {});
    story.when("set the variable", |p| {
        let plugin = p.path("../else/where");
        p.set_env("PACTO_PLUGIN_OWN", plugin);
    });
    story.when("replace that plugin", |p| {
        p.executable("../else/where", &format!("{STAMP}# 2\n"));
    });
    story.when("name one of the package", |p| {
        let plugin = p.path("tools/else");
        p.set_env("PACTO_PLUGIN_OWN", plugin);
    });
    story.when("replace the configured one", |p| {
        p.executable("tools/pacto-plugin-own", &format!("{STAMP}# 2\n"));
    });
    story.when("unset the variable", |p| {
        p.unset_env("PACTO_PLUGIN_OWN");
    });
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
set the variable: the env variable PACTO_PLUGIN_OWN changed; ran nothing
  - cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-changed=../else/where
replace that plugin: the file `../else/where` has changed; ran built
name one of the package: the env variable PACTO_PLUGIN_OWN changed; ran built
  - cargo::rerun-if-changed=../else/where
  + cargo::rerun-if-changed=tools/else
replace the configured one: Fresh; ran nothing
unset the variable: the env variable PACTO_PLUGIN_OWN changed; ran built
  - cargo::rerun-if-changed=tools/else
  + cargo::rerun-if-changed=tools/pacto-plugin-own

"#]]);
}

#[test]
fn another_plugin_earlier_on_the_path_is_not_noticed() {
    let metadata = "targets.built.plugin = \"installed\"\n";
    let project = project("rerun-path", metadata);
    project.install("installed", STAMP);
    let mut story = Story::new("rerun-path", project, vec![("built", None)]);
    story.when("first build", |_| {});
    story.when("another one comes first", |p| {
        p.executable("../first/pacto-plugin-installed", &format!("{STAMP}# 2\n"));
        let path = p.path_with(&["first", "bin"]);
        p.set_env("PATH", path);
    });
    story.when("touch the contract", |p| touch(p, "pacto/pacto.yaml"));
    story.reads(str![[r#"
first build: Compiling; ran built
  + cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_INSTALLED
another one comes first: Fresh; ran nothing
touch the contract: the file `pacto` has changed; ran built
  - cargo::rerun-if-changed=[TMP]/bin/pacto-plugin-installed
  + cargo::rerun-if-changed=[TMP]/first/pacto-plugin-installed

"#]]);
}

#[test]
fn builds_that_run_nothing() {
    let metadata = format!(
        "{BUILT}\n[package.metadata.pacto.targets.kept]\nplugin = {{ path = \"tools/pacto-plugin-own\" }}\noutput = \"deploy\"\n"
    );
    let project = project("rerun-off", &metadata);
    project.executable("tools/pacto-plugin-own", STAMP);
    let mut story = Story::new(
        "rerun-off",
        project,
        vec![("built", None), ("kept", Some("deploy/stamp"))],
    );
    story.when("first build", |_| {});
    story.when("PACTO_BUILD=off", |p| {
        p.set_env("PACTO_BUILD", "off");
    });
    story.when("edit the contract", |p| {
        p.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    });
    story.when("PACTO_BUILD=write", |p| {
        p.set_env("PACTO_BUILD", "write");
    });
    story.when("PACTO_BUILD=check", |p| {
        p.set_env("PACTO_BUILD", "check");
    });
    story.when("PACTO_BUILD=", |p| {
        p.set_env("PACTO_BUILD", "");
    });
    story.reads(str![[r#"
first build: Compiling; ran built, kept
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=deploy/stamp
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
PACTO_BUILD=off: the env variable PACTO_BUILD changed; ran nothing
  - cargo::rerun-if-changed=pacto
edit the contract: Fresh; ran nothing
PACTO_BUILD=write: the env variable PACTO_BUILD changed; ran built, kept
  + cargo::rerun-if-changed=pacto
PACTO_BUILD=check: the env variable PACTO_BUILD changed; ran nothing
PACTO_BUILD=: the env variable PACTO_BUILD changed; ran nothing

"#]]);
}

#[test]
fn a_check_lets_targets_in_out_dir_run() {
    let project = project("rerun-check", BUILT);
    let mut story = Story::simple("rerun-check", project);
    story.when("PACTO_BUILD=check in CI", |p| {
        p.set_env("PACTO_BUILD", "check").set_env("CI", "true");
    });
    story.when("edit the contract", |p| {
        p.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    });
    story.when("replace the plugin", |p| {
        p.executable("tools/pacto-plugin-own", &format!("{STAMP}# 2\n"));
    });
    story.reads(str![[r#"
PACTO_BUILD=check in CI: Compiling; ran built
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=tools/pacto-plugin-own
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_OWN
edit the contract: the file `pacto` has changed; ran built
replace the plugin: the file `tools/pacto-plugin-own` has changed; ran built

"#]]);
}

#[test]
fn off_needs_no_plugin() {
    let mut project = project("rerun-off-alone", BUILT);
    project.executable("tools/pacto-plugin-own", STAMP);
    project.cargo("build").succeeds();
    let stamp = project.out("built/stamp");

    project.set_env("PACTO_BUILD", "off");
    project.remove("tools/pacto-plugin-own");
    project.cargo("build").succeeds();
    assert_eq!(project.out("built/stamp"), stamp);
}

/// What version control and Cargo keep beside the sources is no input, whatever the pattern.
#[test]
fn version_control_is_no_input() {
    let project = checkout_with(&answers("a", "1"));
    project.edit(
        "Cargo.toml",
        "targets.files.output",
        "targets.files.inputs = [\"**/*.tmpl\"]\ntargets.files.output",
    );
    for folder in ["", ".git/", ".hg/", ".jj/repo/", "target/", "deep/.hg/"] {
        project.file(&format!("{folder}x.tmpl"), "");
    }
    project.pacto("generate").succeeds();
    let inputs = &project.json("pacto-generated.lock")["targets"]["files"]["inputs"];
    let names: Vec<&String> = inputs.as_object().expect("it has inputs").keys().collect();
    assert_eq!(
        names,
        ["pacto/pacto.yaml", "tools/pacto-plugin-fake", "x.tmpl"]
    );
}
