//! `cargo pacto check` of whole workspaces: its packages are read while Cargo is still telling which there are.

use snapbox::str;

use crate::support::{CONTRACT, Execution, Project, bare, describes, manifest};

/// A workspace with a package of one generated file in each of `folders`, named like its folder's end.
fn workspace(table: &str, folders: &[&str]) -> Project {
    let mut project = bare("demo");
    let target_dir = project.path("target");
    project.set_env("CARGO_TARGET_DIR", target_dir);
    project.file(
        "Cargo.toml",
        &format!("[workspace]\n{table}resolver = \"3\"\n"),
    );
    project.executable("tool", &describes("readme.md"));
    for folder in folders {
        member(&project, folder);
    }
    project
}

fn member(project: &Project, folder: &str) {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let tool = "../".repeat(folder.split('/').count()) + "tool";
    let docs =
        format!("targets.docs = {{ plugin = {{ path = \"{tool}\" }}, output = \"{name}\" }}\n");
    let text = manifest(name, &docs).replace("[workspace]\n", "");
    project.file(&format!("{folder}/Cargo.toml"), &text);
    project.file(&format!("{folder}/src/lib.rs"), "");
    project.file(&format!("{folder}/pacto/pacto.yaml"), CONTRACT);
}

/// What a check with these arguments says, the same however many packages are read at once and whoever comes first.
#[track_caller]
fn check(project: &Project, folder: &str, arguments: &str) -> Execution {
    let check = |jobs| project.pacto_in(folder, &format!("check {arguments} -j{jobs}"));
    let alone = check(1);
    for _ in 0..5 {
        let beside = check(8);
        assert_eq!(beside.stdout, alone.stdout);
        assert_eq!(beside.stderr, alone.stderr);
        assert_eq!(beside.code, alone.code);
    }
    alone
}

/// The packages that are not as they should be, in the order in which that is told.
fn told(execution: &Execution) -> Vec<&str> {
    let lines = execution.stderr.lines();
    lines
        .filter_map(|line| line.split_once("as package `")?.1.split('`').next())
        .collect()
}

/// Side by side or one after the other, what is said of many packages is the same, in the order of their names.
#[test]
fn many_packages_are_told_in_order() {
    let names: Vec<String> = (0..40).map(|number| format!("p{number:02}")).collect();
    let folders: Vec<&str> = names.iter().map(String::as_str).collect();
    let project = workspace("members = [\"p*\"]\n", &folders);
    let line = |name| {
        format!("   Generated docs into {name}/{name}: 1 created (it was not generated yet)\n")
    };
    let generated: String = names.iter().map(line).collect();
    let execution = project.pacto("generate --workspace -j8").succeeds();
    assert_eq!(execution.stderr, generated);
    let edited: Vec<&str> = folders.iter().copied().step_by(3).collect();
    for name in &edited {
        project.file(&format!("{name}/{name}/readme.md"), "by hand");
    }
    for format in ["human", "json"] {
        let arguments = format!("--workspace --message-format {format}");
        let execution = check(&project, "", &arguments).exits_with(1);
        assert_eq!(told(&execution), edited);
    }
}

/// Packages that only Cargo knows are checked, and those that it leaves out are not, whatever the patterns seem to say.
#[test]
fn only_cargo_says_which_packages_there_are() {
    let table = "members = [\"p*\", \"./deep/*/x\", \"q/../named/\"]\nexclude = [\"p9\"]\n";
    let folders = [
        "p1",
        "p2",
        "p9",
        "deep/a/x",
        "deep/b/y",
        "named",
        "elsewhere/by-path",
    ];
    let project = workspace(table, &folders);
    project.file("q/readme.md", "");
    project.file("plain.txt", "no folder");
    let dependency =
        "[dependencies]\nby-path = { path = \"../elsewhere/by-path\" }\n\n[package.metadata";
    project.edit("p1/Cargo.toml", "[package.metadata", dependency);
    project.pacto("generate --workspace -q").succeeds();
    check(&project, "", "--workspace").succeeds();
    for folder in folders {
        let name = folder.rsplit('/').next().expect("it has an end");
        project.file(&format!("{folder}/{name}/readme.md"), "by hand");
    }
    let all = ["by-path", "named", "p1", "p2", "x"];
    let manifest_path = project.path("Cargo.toml").display().to_string();
    for (folder, arguments, expected) in [
        ("", "--workspace".to_owned(), &all[..]),
        ("p1/src", "--workspace".to_owned(), &all[..]),
        (
            "q",
            format!("--workspace --manifest-path {manifest_path}"),
            &all[..],
        ),
        (
            "p1",
            "--workspace --manifest-path ../p2/Cargo.toml".to_owned(),
            &all[..],
        ),
        (
            "",
            "--workspace --exclude p* --exclude x".to_owned(),
            &all[..2],
        ),
        ("", String::new(), &all[..]),
        ("p2", String::new(), &all[3..4]),
        ("", "-p named".to_owned(), &all[1..2]),
        ("p9", "--workspace".to_owned(), &["p9"]),
    ] {
        let execution = check(&project, folder, &arguments).exits_with(1);
        let mut said = told(&execution);
        said.sort_unstable();
        assert_eq!(said, expected, "{arguments:?} in {folder:?}");
    }
}

/// What is read before Cargo has answered: the more of it is right, the sooner a check ends.
#[test]
fn most_packages_are_known_before_cargo_tells() {
    let table = "members = [\"p*\", \"./deep/*/x\", \"q/../named/\"]\nexclude = [\"p9\"]\n";
    let folders = ["deep/a/x", "deep/b/y", "named", "p1", "p2", "p9"];
    let project = workspace(table, &folders);
    project.file("p.txt", "no folder");
    let root = project.root().to_path_buf();
    let found = |start: &str| pacto_build::driver::likely_members(&project.path(start));
    let manifests = |folders: &[&str]| {
        let paths = folders
            .iter()
            .map(|folder| root.join(folder).join("Cargo.toml"));
        Some((root.clone(), paths.collect::<Vec<_>>()))
    };
    let named = ["p1", "p2", "deep/a/x", "named"];
    for start in ["", "p1/src", "deep"] {
        assert_eq!(found(start), manifests(&named), "{start:?}");
    }
    let own = "[package]\nname = \"demo\"\n\n[workspace]\nmembers = 1\n";
    project.file("Cargo.toml", own);
    assert_eq!(found("p1"), manifests(&[""]));
    project.file("Cargo.toml", "no TOML");
    assert_eq!(found("p1"), None);
}

/// What Cargo refuses is told in Cargo's words, whatever else was found meanwhile.
#[test]
fn what_cargo_refuses_is_all_that_is_told() {
    let project = workspace("members = [\"p*\"]\n", &["p1", "p2", "p3"]);
    project.pacto("generate --workspace -q").succeeds();
    project.file("p1/p1/readme.md", "by hand");
    project.edit("p2/Cargo.toml", "version = ", "version == ");
    let said = check(&project, "", "--workspace").exits_with(101).stderr;
    assert!(said.contains("p2/Cargo.toml"), "{said}");
    assert!(!said.contains("by hand") && !said.contains("p1"), "{said}");
}

/// What keeps one package from being looked at keeps no other: each error is told in its place.
#[test]
fn one_package_hides_no_other() {
    let project = workspace("members = [\"p*\"]\n", &["p1", "p2", "p3"]);
    project.pacto("generate --workspace -q").succeeds();
    project.file("p1/p1/readme.md", "by hand");
    project.file("p2/pacto-generated.lock", "{}");
    project.file("p3/p3/readme.md", "by hand");
    let execution = check(&project, "", "--workspace").exits_with(101);
    assert_eq!(told(&execution), ["p1", "p3"]);
    assert!(
        execution.stderr.contains("it has no version"),
        "{}",
        execution.stderr
    );
    let listed = project.pacto("list --workspace").exits_with(101);
    let names = listed
        .stdout
        .lines()
        .filter_map(|line| line.split_once(": docs ->"));
    assert_eq!(
        names.map(|(name, _)| name).collect::<Vec<_>>(),
        ["p1", "p3"]
    );
    assert!(
        listed.stderr.contains("it has no version"),
        "{}",
        listed.stderr
    );
}

/// What somebody is told to run is about that package alone.
#[test]
fn what_is_in_the_way_is_named_with_its_package() {
    let project = workspace("members = [\"p*\"]\n", &["p1", "p2"]);
    project.pacto("generate --workspace -q").succeeds();
    project.file("p2/p2/readme.md", "by hand");
    project.executable("tool", &describes("readme.md").replace("\\n", "!\\n"));
    project
        .pacto("generate --workspace")
        .exits_with(101)
        .stderr(str![[r#"
   Generated docs into p1/p1: 1 updated (`../tool` changed)
error: package `p2`: `p2/p2/readme.md` was edited by hand; to undo the edit, run `git checkout -- p2/p2/readme.md`; to overwrite the file, run `cargo pacto generate -p p2 --force docs`

"#]]);
    let advised = "generate -p p2 --force docs";
    project.pacto(advised).succeeds();
    project.file(
        "p1/Cargo.toml",
        &project.read("p1/Cargo.toml").replace("plugin", "plugn"),
    );
    project
        .pacto("check --workspace")
        .exits_with(101)
        .stderr(str![[r#"
error: p1/Cargo.toml:11: unknown key `plugn` in [package.metadata.pacto.targets.docs]; did you mean `plugin`?

"#]]);
}
