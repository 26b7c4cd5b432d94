//! `cargo pacto generate`: what is selected, what is said, and how it ends.

use snapbox::str;

use crate::support::{
    CONTRACT, Project, answers, bare, checkout, checkout_with, describes, target,
};

/// A checkout with two targets whose files are kept, and one without `output`.
fn three_targets() -> Project {
    let constants = "targets.constants.plugin = { path = \"tools/constants\" }\n";
    let project = checkout(
        &[
            &target("charts", "deploy"),
            constants,
            &target("docs", "docs"),
        ]
        .concat(),
    );
    project.executable("tools/charts", &answers("chart.yaml", "chart"));
    project.executable("tools/constants", &answers("constants.rs", "constant"));
    project.executable("tools/docs", &answers("service.md", "doc"));
    project
}

#[test]
fn all_targets_that_are_kept_in_the_repository_are_generated() {
    let project = three_targets();

    project
        .pacto("generate")
        .succeeds()
        .stdout("")
        .stderr(str![[r#"
   Generated charts into deploy: 1 created (it was not generated yet)
   Generated docs into docs: 1 created (it was not generated yet)

"#]]);
    assert_eq!(project.read("deploy/chart.yaml"), "chart");
    assert_eq!(project.read("docs/service.md"), "doc");
    assert!(!project.path("target/pacto/demo/constants").exists());
}

#[test]
fn only_the_targets_that_are_named_are_generated() {
    let project = three_targets();

    project.pacto("generate docs").succeeds().stderr(str![[r#"
   Generated docs into docs: 1 created (it was not generated yet)

"#]]);
    assert!(!project.path("deploy").exists());
    project
        .pacto("generate docs charts")
        .succeeds()
        .stderr(str![[r#"
   Generated charts into deploy: 1 created (it was not generated yet)

"#]]);
}

#[test]
fn a_target_without_output_goes_to_the_target_folder_when_it_is_named() {
    let project = three_targets();
    let before = project.tree("");

    project
        .pacto("generate constants")
        .succeeds()
        .stderr(str![[r#"
   Generated constants into [ROOT]/target/pacto/demo/constants: 1 created (it was not generated yet)

"#]]);
    assert_eq!(
        project.read("target/pacto/demo/constants/constants.rs"),
        "constant"
    );
    assert_eq!(project.tree(""), before);
}

#[test]
fn in_the_target_folder_what_was_made_before_gives_way() {
    let project = three_targets();
    let constants = |path: &str| project.executable("tools/constants", &answers(path, "constant"));

    // A file becomes a folder, and a file again.
    for path in ["constants.rs", "constants.rs/mod.rs", "constants.rs"] {
        constants(path);
        project.pacto("generate constants").succeeds();
        assert_eq!(project.names("target/pacto/demo/constants"), [path]);
    }
}

#[test]
fn without_an_output_there_is_nothing_to_do_unless_a_target_is_named() {
    let project = checkout("[package.metadata.pacto.targets.constants]\n");

    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated nothing: no target has an `output`; name one to see what it makes

"#]]);
}

#[test]
fn a_target_that_is_not_there() {
    let project = three_targets();

    project
        .pacto("generate dosc")
        .exits_with(101)
        .stderr(str![[r#"
error: no target `dosc`; targets are `charts`, `constants`, `docs`

"#]]);
    assert!(!project.path("docs").exists());
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let project = three_targets();
    project.pacto("generate").succeeds();
    project.executable("tools/docs", &answers("other.md", "doc"));
    let before = project.tree("");

    for _ in 0..2 {
        project
            .pacto("generate --dry-run -v")
            .succeeds()
            .stderr(str![[r#"
       Fresh charts
 Would write docs into docs: 1 created, 1 removed (`tools/docs` changed)
     Sandbox docs[ENFORCED]
     Created docs/other.md
     Removed docs/service.md

"#]]);
        assert_eq!(project.tree(""), before);
    }

    project.file("docs/other.md", "mine");
    project.pacto("generate --dry-run").exits_with(101).stderr(str![[r#"
error: `docs/other.md` is not a file that we wrote; move it away, or overwrite it with `cargo pacto generate -p demo --force docs`

"#]]);
}

#[test]
fn force_runs_what_is_fresh() {
    let project = three_targets();
    project.pacto("generate").succeeds();

    project.pacto("generate").succeeds().stderr("");
    project
        .pacto("generate --force docs")
        .succeeds()
        .stderr(str![[r#"
   Generated docs into docs: 1 unchanged (it was forced)

"#]]);
}

#[test]
fn who_asks_for_files_gets_them_in_ci_too() {
    let mut project = three_targets();
    project
        .set_env("CI", "true")
        .set_env("PACTO_BUILD", "check");

    project.pacto("generate").succeeds();
    assert_eq!(project.read("docs/service.md"), "doc");
}

#[test]
fn quiet_says_nothing_but_errors() {
    let project = three_targets();
    project
        .pacto("generate -q")
        .succeeds()
        .stdout("")
        .stderr("");
    project.file("docs/service.md", "edited");
    project.pacto("generate --quiet").exits_with(101).stderr(str![[r#"
error: `docs/service.md` was edited by hand; to undo the edit, run `git checkout -- docs/service.md`; to overwrite the file, run `cargo pacto generate -p demo --force docs`

"#]]);
}

#[test]
fn color_follows_the_flag_before_the_variable() {
    for (variable, flag, is_colored) in [
        ("auto", "", false),
        ("auto", "--color always", true),
        ("always", "", true),
        ("never", "--color always", true),
        ("always", "--color never", false),
        ("always", "--color auto", false),
    ] {
        let mut project = checkout_with(&answers("a", "1"));
        project.set_env("CARGO_TERM_COLOR", variable);
        let arguments = format!("generate {flag}");
        let expected = if is_colored {
            "\u{1b}[1m\u{1b}[92m   Generated\u{1b}[0m files into out: 1 created (it was not generated yet)\n"
        } else {
            "   Generated files into out: 1 created (it was not generated yet)\n"
        };
        project.pacto(&arguments).succeeds().stderr(expected);
    }
}

#[test]
fn errors_are_colored_too() {
    let project = checkout("");
    project
        .pacto("generate --color always")
        .exits_with(101)
        .stderr("\u{1b}[1m\u{1b}[91merror\u{1b}[0m: package `demo` has no targets; add [package.metadata.pacto.targets.NAME] to Cargo.toml\n");
}

#[test]
fn results_are_json_for_machines() {
    let project = three_targets();
    for name in ["charts", "docs"] {
        project.edit(
            "Cargo.toml",
            &format!("tools/{name}\" }}"),
            &format!("tools/{name}\" }}, sandbox = \"off\""),
        );
    }
    project.pacto("generate charts").succeeds();

    let human = project.pacto("generate --message-format json").succeeds().stdout(str![[r#"
{"dir":"[ROOT]/deploy","executable":"[ROOT]/tools/charts","files":[],"fresh":true,"message":null,"output":"deploy","package":"demo","plugin":"path:tools/charts","reason":"target","sandbox":"off","target":"charts","why":[]}
{"dir":"[ROOT]/docs","executable":"[ROOT]/tools/docs","files":[{"change":"created","path":"docs/service.md"}],"fresh":false,"message":null,"output":"docs","package":"demo","plugin":"path:tools/docs","reason":"target","sandbox":"off","target":"docs","why":["it was not generated yet"]}

"#]]);
    assert_eq!(
        human.stderr,
        "   Generated docs into docs: 1 created (it was not generated yet)\n"
    );
}

#[test]
fn with_one_job_plugins_run_one_after_another() {
    // Each says how many run now. One that expects others waits for them, and until they have seen it too.
    let script = r#"#!/bin/sh
expected=$(jq --raw-output .options.expected)
count() { ls -d "$TMPDIR"/../.pacto-tmp-*/"$1" 2>/dev/null | wc -l; }
touch "$TMPDIR/here"
while [ "$(count here)" -lt "$expected" ]; do sleep 0.01; done
[ "$expected" = 1 ] && sleep 0.1
running=$(count here)
touch "$TMPDIR/seen"
while [ "$(count seen)" -lt "$expected" ] && [ "$(count here)" -ge "$expected" ]; do sleep 0.01; done
printf '{"files": [{"path": "running", "content": "%s"}]}' "$running"
"#;
    for (jobs, expected) in [("-j 1", "1"), ("--jobs 3", "3")] {
        let target = |name: &str| {
            format!(
                "targets.{name} = {{ output = \"{name}\", plugin = {{ path = \"tools/count\" }}, options.expected = {expected} }}\n"
            )
        };
        let project = checkout(&["a", "b", "c"].map(target).concat());
        project.executable("tools/count", script);

        project.pacto(&format!("generate {jobs}")).succeeds();
        let running = ["a", "b", "c"].map(|name| project.read(&format!("{name}/running")));
        assert_eq!(running, [expected; 3], "{jobs}");
    }
}

#[test]
fn all_failures_are_reported_at_once() {
    let project = checkout(&[target("a", "a"), target("b", "b")].concat());
    project.executable("tools/a", "#!/bin/sh\nexit 1\n");
    project.executable("tools/b", "#!/bin/sh\nexit 2\n");

    project
        .pacto("generate -j 1")
        .exits_with(101)
        .stderr(str![[r#"
error: plugin `a` failed with exit status 1
error: plugin `b` failed with exit status 2

"#]]);
}

#[test]
fn what_is_no_command_is_a_usage_error() {
    let project = three_targets();

    for arguments in [
        "",
        "gnerate",
        "generate --unknown",
        "generate -q -v",
        "generate -j 0",
        "generate --color rainbow",
        "generate --message-format xml",
        "generate --exclude demo",
    ] {
        let execution = project.pacto(arguments).exits_with(2);
        assert_eq!(execution.stdout, "", "{arguments}");
    }
    for arguments in ["help", "--help", "generate --help", "--version"] {
        let execution = project.pacto(arguments).exits_with(0);
        assert_eq!(execution.stderr, "", "{arguments}");
    }
}

#[test]
fn flags_of_cargo_are_accepted() {
    for flags in [
        "--locked",
        "--offline",
        "--frozen",
        "--all",
        "-p demo",
        "--package demo",
        "--manifest-path Cargo.toml",
    ] {
        let project = checkout_with(&answers("a", "1"));
        project.lock_dependencies();
        project.pacto(&format!("generate {flags}")).succeeds();
        assert_eq!(project.read("out/a"), "1", "{flags}");
    }
}

/// A workspace of two services.
fn workspace() -> Project {
    let mut project = bare("demo");
    let target = project.path("target");
    project.set_env("CARGO_TARGET_DIR", target);
    project.file(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"services/*\"]\n\n\
         [workspace.metadata.pacto.targets.docs]\nplugin = { path = \"tools/describe\" }\noutput = \"docs\"\n",
    );
    for name in ["billing", "orders"] {
        let folder = format!("services/{name}");
        member(
            &project,
            &folder,
            name,
            "[package.metadata.pacto.targets]\ndocs.workspace = true\n",
        );
        project.file(
            &format!("{folder}/pacto/pacto.yaml"),
            &CONTRACT.replace("demo", name),
        );
    }
    project.executable("tools/describe", &describes("service"));
    project
}

fn member(project: &Project, folder: &str, name: &str, metadata: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{metadata}"
    );
    project
        .file(&format!("{folder}/Cargo.toml"), &manifest)
        .file(&format!("{folder}/src/lib.rs"), "");
}

#[test]
fn members_of_a_workspace_are_selected_as_cargo_selects_them() {
    let both = [
        "services/billing/docs/service",
        "services/orders/docs/service",
    ];
    let (billing, orders) = (&both[..1], &both[1..]);
    for (folder, arguments, expected) in [
        ("", "generate", &both[..]),
        ("", "generate --workspace", &both),
        ("services/orders", "generate", orders),
        ("services/orders/src", "generate", orders),
        ("services/orders", "generate --workspace", &both),
        ("services/orders", "generate -p billing", billing),
        ("", "generate -p billing", billing),
        ("", "generate -p billing -p orders docs", &both),
        ("", "generate --workspace --exclude billing", orders),
        (
            "",
            "generate --manifest-path services/orders/Cargo.toml",
            orders,
        ),
        ("services", "generate", &both),
        (
            "services/billing",
            "generate --manifest-path ../orders/Cargo.toml",
            orders,
        ),
        (
            "services/billing",
            "generate --manifest-path ../../Cargo.toml",
            &both,
        ),
    ] {
        let project = workspace();
        project.pacto_in(folder, arguments).succeeds();
        let written = both.into_iter().filter(|path| project.path(path).exists());
        assert_eq!(
            written.collect::<Vec<_>>(),
            expected,
            "{folder} {arguments}"
        );
    }
}

#[test]
fn packages_are_named_as_cargo_has_it() {
    let project = workspace();
    project.edit("services/orders/Cargo.toml", "0.1.0", "1.2.0-rc.1");
    let root = project.root().canonicalize().expect("it is there");
    let url = |path: &str| format!("file://{}/services/{path}", root.display());
    for (spec, expected) in [
        ("billing", "billing"),
        ("b*", "billing"),
        ("?rders", "orders"),
        ("*", "billing orders"),
        ("billing@0.1.0", "billing"),
        ("billing:0.1.0", "billing"),
        ("billing@0.1", "billing"),
        ("billing@0", "billing"),
        ("orders@1.2.0-rc.1", "orders"),
        (&url("billing"), "billing"),
        (&url("billing#0.1.0"), "billing"),
        (&url("billing#billing"), "billing"),
        (&url("billing#billing@0.1"), "billing"),
        (&format!("path+{}", url("billing")), "billing"),
    ] {
        let list = project.pacto(&format!("list -p {spec}")).succeeds();
        let heads = list.stdout.lines().filter(|line| !line.starts_with(' '));
        let names: Vec<&str> = heads.filter_map(|line| line.split(':').next()).collect();
        assert_eq!(names.join(" "), expected, "{spec}");
    }
    for spec in [
        "billing@0.2",
        "billing@0.1.00",
        // What comes before a release is none of it.
        "orders@1.2",
        "orders@1.2.0",
        "./services/billing",
        &url("billing#orders"),
        &url("nowhere#billing"),
    ] {
        let shown = project.redacted(spec);
        project
            .pacto(&format!("list -p {spec}"))
            .exits_with(101)
            .stderr(format!(
                "error: package `{shown}` is no member of the workspace `[ROOT]`\n"
            ));
    }
}

#[test]
fn at_the_root_the_default_members_are_selected() {
    let own = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
               [package.metadata.pacto.targets]\ndocs.workspace = true\n\n[workspace]\n";
    let members = "[workspace]\ndefault-members = [\"services/orders\"]\n";
    for (head, folder, expected) in [
        (members, "", "orders"),
        (members, "services", "orders"),
        (own, "", "demo"),
        (own, "src", "demo"),
        (own, "services/orders", "orders"),
        (&own.replace("[workspace]\n", members), "", "orders"),
        (&own.replace("[workspace]\n", members), "src", "demo"),
    ] {
        let project = workspace();
        project
            .edit("Cargo.toml", "[workspace]\n", head)
            .file("src/lib.rs", "")
            .file("pacto/pacto.yaml", CONTRACT);

        project.pacto_in(folder, "generate").succeeds();
        let written = ["demo", "billing", "orders"].into_iter().filter(|name| {
            let folder = if *name == "demo" {
                String::new()
            } else {
                format!("services/{name}/")
            };
            project.path(&format!("{folder}docs/service")).exists()
        });
        assert_eq!(written.collect::<Vec<_>>(), [expected], "{folder} {head}");
    }
}

#[test]
fn each_member_gets_its_own() {
    let project = workspace();

    project.pacto("generate").succeeds();
    assert_eq!(
        project.read("services/billing/docs/service"),
        "billing 1.0.0 {}\n"
    );
    assert_eq!(
        project.read("services/orders/docs/service"),
        "orders 1.0.0 {}\n"
    );
    for member in ["billing", "orders"] {
        assert!(
            project
                .path(&format!("services/{member}/pacto-generated.lock"))
                .exists()
        );
    }
}

#[test]
fn members_that_are_not_there() {
    let project = workspace();

    project
        .pacto("generate -p ordesr")
        .exits_with(101)
        .stderr(str![[r#"
error: package `ordesr` is no member of the workspace `[ROOT]`; did you mean `orders`?

"#]]);
    project
        .pacto("list -p x* -p orders")
        .exits_with(101)
        .stderr(str![[r#"
error: package `x*` is no member of the workspace `[ROOT]`

"#]]);
    project
        .pacto("generate --workspace --exclude ordesr --exclude b*")
        .succeeds()
        .stderr(str![[r#"
warning: package `ordesr` is no member of the workspace `[ROOT]`; did you mean `orders`?
   Generated docs into services/orders/docs: 1 created (it was not generated yet)

"#]]);
    project
        .pacto("generate --workspace --exclude orders --exclude billing")
        .exits_with(101)
        .stderr(str![[r#"
error: no packages are selected

"#]]);
}

#[test]
fn a_target_that_no_member_has() {
    let project = workspace();

    project
        .pacto("generate dosc")
        .exits_with(101)
        .stderr("error: no target `dosc`; targets are `docs`\n");
}

#[test]
fn a_member_without_targets_is_passed_over_unless_it_is_all_there_is() {
    let project = workspace();
    project.edit("Cargo.toml", "\"services/*\"", "\"services/*\", \"tool\"");
    member(&project, "tool", "tool", "");
    let nothing = "error: package `tool` has no targets; add [package.metadata.pacto.targets.NAME] to Cargo.toml\n";

    project
        .pacto("generate -p tool")
        .exits_with(101)
        .stderr(nothing);
    project
        .pacto_in("tool", "generate")
        .exits_with(101)
        .stderr(nothing);
    for arguments in [
        "generate",
        "generate --workspace",
        "generate -p tool -p orders",
        "list",
    ] {
        project.pacto(arguments).succeeds();
    }
}

/// A package with a plugin from a crate in `folder`.
fn with_crate(folder: &str) -> Project {
    let project = checkout("");
    project.file(
        "Cargo.toml",
        &format!(
            "[workspace]\n\n[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [build-dependencies]\nacme-docs = {{ path = \"{folder}\" }}\n\n\
             [package.metadata.pacto.targets.docs]\nplugin = {{ crate = \"acme-docs\" }}\noutput = \"docs\"\n"
        ),
    );
    project.file(
        &format!("{folder}/Cargo.toml"),
        "[package]\nname = \"acme-docs\"\nversion = \"1.2.3\"\nedition = \"2024\"\n",
    );
    project.file(
        &format!("{folder}/src/lib.rs"),
        "pub const ANSWER: &str = r#\"{\"files\": [{\"path\": \"a\", \"content\": \"1\"}]}\"#;\n",
    );
    project.file(
        &format!("{folder}/src/main.rs"),
        "fn main() {\n    println!(\"{}\", acme_docs::ANSWER);\n}\n",
    );
    project
}

#[test]
fn a_plugin_that_is_a_crate_is_built_by_cargo() {
    // A member of the workspace, and a crate from elsewhere that is a build-dependency and nothing else.
    for folder in ["acme-docs", "../acme-docs"] {
        let project = with_crate(folder);
        project
            .pacto("generate --offline")
            .succeeds()
            .stderr(str![[r#"
    Building plugin acme-docs v1.2.3
   Generated docs into docs: 1 created (it was not generated yet)

"#]]);
        assert_eq!(project.read("docs/a"), "1", "{folder}");

        project.edit(&format!("{folder}/src/lib.rs"), "\"1\"", "\"2\"");
        project
            .pacto("generate --offline --force")
            .succeeds()
            .stderr(str![[r#"
    Building plugin acme-docs v1.2.3
   Generated docs into docs: 1 updated (it was forced)

"#]]);
        assert_eq!(project.read("docs/a"), "2", "{folder}");
    }
}

#[test]
fn a_plugin_crate_that_cannot_be_built() {
    let project = with_crate("acme-docs");
    project.file("acme-docs/src/main.rs", "fn main() {\n    missing();\n}\n");
    let stderr = project.pacto("generate --offline").exits_with(101).stderr;
    assert_eq!(
        stderr.lines().last(),
        Some("error: plugin crate `acme-docs` does not build")
    );

    project.remove("acme-docs/src/main.rs");
    project
        .pacto("generate --offline")
        .exits_with(101)
        .stderr(str![[r#"
    Building plugin acme-docs v1.2.3
error: plugin crate `acme-docs` has no program of that name; add a src/main.rs to it

"#]]);

    project.edit(
        "Cargo.toml",
        "crate = \"acme-docs\"",
        "crate = \"acme-dosc\"",
    );
    project
        .pacto("generate --offline")
        .exits_with(101)
        .stderr(str![[r#"
error: plugin crate `acme-dosc` is no dependency; add it to [build-dependencies]

"#]]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let project = checkout_with(&answers("a", "1"));
    let manifest = project.read("Cargo.toml");

    for (from, to, stderr) in [
        (
            "output = \"out\"",
            "outptu = \"out\"",
            str![[r#"
error: Cargo.toml:13: unknown key `outptu` in [package.metadata.pacto.targets.files]; did you mean `output`?

"#]],
        ),
        (
            "output = \"out\"",
            "output = \"../out\"",
            str![[r#"
error: Cargo.toml:13: `output` is `../out`, which has a `.` or `..` part; name a folder inside the package

"#]],
        ),
        (
            "output = \"out\"",
            "output = \"out\"\nbundle = \"nowhere\"",
            str![[r#"
error: there is no contract at `nowhere/pacto.yaml`; put one there, or name its folder with `bundle` in [package.metadata.pacto]

"#]],
        ),
        (
            "output = \"out\"",
            "output = \"out\"\nbundle = \"src/lib.rs\"",
            str![[r#"
error: the contract is empty [SCHEMA_VIOLATION]
 --> src/lib.rs:1:1
1 | 
  | ^

"#]],
        ),
        (
            "output = \"out\"",
            "output = \"out\"\nbundle = \"tools\"",
            str![[r#"
error: there is no contract at `tools/pacto.yaml`; put one there, or name its folder with `bundle` in [package.metadata.pacto]

"#]],
        ),
        (
            "output = \"out\"",
            "output = \"out\"\ntargets.files.inputs = [\"nowhere\"]",
            str![[r#"
error: target `files` needs `nowhere`, which is not there; create it or correct its name in Cargo.toml

"#]],
        ),
        (
            "targets.files.output = \"out\"",
            "targets.files.workspace = true",
            str![[r#"
error: Cargo.toml:13: target `files` is inherited, but Cargo.toml has no [workspace.metadata.pacto.targets.files]

"#]],
        ),
    ] {
        project
            .file("Cargo.toml", &manifest)
            .edit("Cargo.toml", from, to);
        project.pacto("generate").exits_with(101).stderr(stderr);
    }
}

#[test]
fn a_contract_that_is_wrong_is_shown_with_its_faults() {
    let project = checkout_with(&answers("a", "1"));
    project.file(
        "pacto/pacto.yaml",
        "pactoVersion: 1.0\nservice:\n  name: Demo\n  version: \"1.0.0\"\n",
    );

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: `pactoVersion` must be text, this is a number [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:1:15
1 | pactoVersion: 1.0
  |               ^^^
  = help: quote it: `pactoVersion: "1.0"`
error: `Demo` is no valid `service.name` [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:3:9
3 |   name: Demo
  |         ^^^^
  = help: use lower-case letters, digits and inner hyphens

"#]]);
    assert_eq!(project.names("out"), [""; 0]);
}

#[test]
fn what_is_missing_is_named() {
    let project = checkout_with(&answers("a", "1"));
    project.remove("pacto/pacto.yaml");
    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: there is no contract at `pacto/pacto.yaml`; put one there, or name its folder with `bundle` in [package.metadata.pacto]

"#]]);

    project.file("pacto/pacto.yaml/notes", "");
    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: `[ROOT]/pacto/pacto.yaml` is a folder, and a file is needed there

"#]]);

    project.remove("Cargo.toml");
    let stderr = project.pacto("generate").exits_with(101).stderr;
    assert!(
        stderr.starts_with("error: could not find `Cargo.toml` in `[ROOT]`"),
        "{stderr}"
    );
    project
        .pacto("generate --manifest-path nowhere/Cargo.toml")
        .exits_with(101)
        .stderr(str![[r#"
error: manifest path `nowhere/Cargo.toml` does not exist

"#]]);
}

#[test]
fn what_may_not_be_read_is_named() {
    for (path, stderr) in [
        (
            "pacto/pacto.yaml",
            str![[r#"
error: failed to read `[ROOT]/pacto/pacto.yaml`

Caused by:
  Permission denied (os error 13)

"#]],
        ),
        (
            "pacto/notes.md",
            str![[r#"
error: failed to read `[ROOT]/pacto/notes.md`

Caused by:
  Permission denied (os error 13)

"#]],
        ),
    ] {
        let project = checkout_with(&answers("a", "1"));
        project.file("pacto/notes.md", "");
        project.set_mode(path, 0);
        let execution = project.powerless("generate");
        project.set_mode(path, 0o644);
        execution.exits_with(101).stderr(stderr);
        assert_eq!(project.names("out"), [""; 0]);
    }
}

#[test]
fn a_bundle_folder_that_may_not_be_read_is_named() {
    let project = checkout_with(&answers("a", "1"));

    project.set_mode("pacto", 0);
    let execution = project.powerless("generate");
    project.set_mode("pacto", 0o755);
    execution
        .exits_with(101)
        .stderr("error: failed to look at `[ROOT]/pacto/pacto.yaml`\n\nCaused by:\n  Permission denied (os error 13)\n");
}

#[test]
fn generated_files_may_be_read_by_all() {
    let project = checkout_with(&answers("a", "1"));

    project.pacto("generate").succeeds();
    for path in ["out/a", "pacto-generated.lock"] {
        assert_eq!(project.mode(path), project.mode("src/lib.rs"), "{path}");
    }
}

/// Who writes into the bundle writes before the others are asked, and that is told when they fail.
#[test]
fn what_was_written_before_an_error_is_named() {
    let project = checkout(
        &[
            target("a-schema", "pacto/configuration"),
            target("b-docs", "docs"),
        ]
        .concat(),
    );
    project.executable("tools/a-schema", &answers("schema.json", "1"));
    project.executable("tools/b-docs", "#!/bin/sh\nexit 3\n");
    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: plugin `b-docs` failed with exit status 3
error: before that, `a-schema` was written: it writes into the bundle, which others read

"#]]);
    assert_eq!(project.names("pacto/configuration"), ["schema.json"]);
    project.executable("tools/b-docs", &answers("readme.md", "1"));
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated b-docs into docs: 1 created (it was not generated yet)

"#]]);
}
