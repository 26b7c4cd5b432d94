//! `cargo pacto run`: one plugin, one contract, and no package around them.

use snapbox::str;

use crate::support::{CONTRACT, FAKE, Project, answers, bare, describes};

/// A folder with two contracts and a plugin, which is no Cargo package.
fn folder(plugin: &str) -> Project {
    let project = bare("demo");
    project.file("service/pacto.yaml", CONTRACT);
    project.file("service/other.yaml", &CONTRACT.replace("demo", "other"));
    project.executable(FAKE, plugin);
    project
}

#[test]
fn the_contract_is_a_folder_or_a_file() {
    for (folder_of_command, path, expected) in [
        ("", "service", "demo"),
        ("", "service/", "demo"),
        ("", "service/pacto.yaml", "demo"),
        ("", "service/other.yaml", "other"),
        ("service", "", "demo"),
        ("service", ".", "demo"),
        ("tools", "../service", "demo"),
    ] {
        let project = folder(&describes("name"));
        let plugin = project.path(FAKE);
        let output = project.path("out");
        let run = format!("run {} {path} -o {}", plugin.display(), output.display());
        project.pacto_in(folder_of_command, &run).succeeds();
        assert_eq!(
            project.read("out/name"),
            format!("{expected} 1.0.0 {{}}\n"),
            "{path}"
        );
    }
}

#[test]
fn the_plugin_is_a_name_or_a_file() {
    let mut project = folder(&answers("from", "file"));
    project.executable("bin/pacto-plugin-fake", &answers("from", "PATH"));
    let path = format!("{}:/usr/bin:/bin", project.path("bin").display());
    project.set_env("PATH", path);

    project
        .pacto("run fake service -o out")
        .succeeds()
        .stderr(str![[r#"
   Generated 1 file using fake into out

"#]]);
    assert_eq!(project.read("out/from"), "PATH");
    project
        .pacto("run tools/pacto-plugin-fake service -o other")
        .succeeds()
        .stderr(str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into other

"#]]);
    assert_eq!(project.read("other/from"), "file");

    for (plugin, stderr) in [
        (
            "Fake",
            str![[r#"
error: `Fake` cannot name a plugin; a name has lower-case letters, digits, `.`, `_` and `-`, and begins with a letter or digit

"#]],
        ),
        (
            "tools/nowhere",
            str![[r#"
error: plugin `nowhere` is `[ROOT]/tools/nowhere`, which does not exist

"#]],
        ),
        (
            "./tools",
            str![[r#"
error: plugin `tools` is `[ROOT]/tools`, which is not a file

"#]],
        ),
    ] {
        project
            .pacto(&format!("run {plugin} service -o out"))
            .exits_with(101)
            .stderr(stderr);
    }
}

#[test]
fn options_reach_the_plugin() {
    let project = folder(&describes("options"));

    project
        .pacto("run tools/pacto-plugin-fake service --option namespace=production --option url=https://a/?b=c -o out")
        .succeeds();
    assert_eq!(
        project.read("out/options"),
        "demo 1.0.0 {\"namespace\":\"production\",\"url\":\"https://a/?b=c\"}\n"
    );
}

#[test]
fn a_malformed_option_is_a_usage_error() {
    let project = folder(&describes("options"));

    for option in ["novalue", "=value", ""] {
        let mut command =
            project.pacto_command("run tools/pacto-plugin-fake service -o out --option");
        command.arg(option);
        let expected = format!(
            "error: invalid value '{option}' for '--option <KEY=VALUE>': an option is KEY=VALUE\n\nFor more information, try '--help'.\n"
        );
        project
            .run(&mut command)
            .exits_with(2)
            .stdout("")
            .stderr(expected);
    }
    assert_eq!(project.names("out"), [""; 0]);
}

#[test]
fn what_is_left_out_or_out_of_range_is_a_usage_error() {
    let project = folder(&describes("options"));

    for arguments in [
        "run",
        "run fake",
        "run fake service",
        "run fake service extra -o out",
        "run fake service -o out --timeout 0",
        "run fake service -o out --timeout 86401",
        "run fake service -o out --timeout soon",
    ] {
        let execution = project.pacto(arguments).exits_with(2);
        assert_eq!(execution.stdout, "", "{arguments}");
    }
}

#[test]
fn a_file_that_is_there_and_differs_is_not_overwritten() {
    let project = folder(&answers("a", "1"));
    project.file("out/a", "mine");
    project.file("out/b", "mine");

    let before = project.tree("");
    project
        .pacto("run tools/pacto-plugin-fake service -o out")
        .exits_with(101)
        .stderr(str![[r#"
error: `a` is there already and may be somebody's; move it away, or overwrite it with `--force`

"#]]);
    assert_eq!(project.tree(""), before);

    project
        .pacto("run -v tools/pacto-plugin-fake service -o out --force")
        .succeeds()
        .stderr(str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into out
     Sandbox [ENFORCED]
     Updated a

"#]]);
    assert_eq!(
        (project.read("out/a"), project.read("out/b")),
        ("1".to_owned(), "mine".to_owned())
    );
    project
        .pacto("run -v tools/pacto-plugin-fake service -o out")
        .succeeds()
        .stderr(str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into out
     Sandbox [ENFORCED]
   Unchanged a

"#]]);
}

#[test]
fn nothing_is_written_if_one_file_cannot_be() {
    let project = folder(
        "#!/bin/sh\nprintf '%s' '{\"files\": [{\"path\": \"a\", \"content\": \"1\"}, {\"path\": \"b\", \"content\": \"1\"}]}'\n",
    );
    project.file("out/b", "mine");

    project
        .pacto("run tools/pacto-plugin-fake service -o out")
        .exits_with(101);
    assert_eq!(project.names("out"), ["b"]);
}

#[test]
fn the_contract_itself_is_never_overwritten() {
    for (path, output) in [("pacto.yaml", "service"), ("service/pacto.yaml", ".")] {
        let project = folder(&answers(path, "new"));

        let run = format!("run tools/pacto-plugin-fake service -o {output} --force");
        let execution = project.pacto(&run).exits_with(101);
        assert_eq!(
            execution.stderr,
            format!(
                "error: the plugin of target `fake` wants to write `{path}`, which is never generated\n"
            )
        );
        assert_eq!(project.read("service/pacto.yaml"), CONTRACT);
    }
}

#[test]
fn the_time_that_a_plugin_may_take() {
    let project = folder("#!/bin/sh\nexec sleep 60\n");

    project
        .pacto("run tools/pacto-plugin-fake service -o out --timeout 1")
        .exits_with(101)
        .stderr(str![[r#"
error: plugin `fake` did not end within 1 s; give it longer with `timeout`

"#]]);
    assert!(!project.path("out").exists());
}

#[test]
fn a_contract_that_is_missing_or_wrong() {
    let project = folder(&answers("a", "1"));
    project.file("wrong/pacto.yaml", "pactoVersion: \"1.0\"\nservice: [\n");

    project
        .pacto("run tools/pacto-plugin-fake wrong -o out")
        .exits_with(101)
        .stderr(str![[r#"
error: unclosed bracket '[' [YAML_PARSE_ERROR]
 --> wrong/pacto.yaml:2:10
2 | service: [
  |          ^

"#]]);
    for (path, expected) in [("tools", "tools/pacto.yaml"), ("nowhere", "nowhere")] {
        let expected = format!(
            "error: there is no contract at `{expected}`; name a folder with a pacto.yaml, or the file itself\n"
        );
        project
            .pacto(&format!("run tools/pacto-plugin-fake {path} -o out"))
            .exits_with(101)
            .stderr(expected);
    }
    assert!(!project.path("out").exists());
}

#[test]
fn an_empty_answer_creates_nothing() {
    let project = folder("#!/bin/sh\necho '{\"files\": [], \"message\": \"nothing to do\"}'\n");

    project
        .pacto("run tools/pacto-plugin-fake service -o out")
        .succeeds()
        .stderr(str![[r#"
   Generated 0 files using tools/pacto-plugin-fake into out
     Message nothing to do

"#]]);
    assert!(!project.path("out").exists());
}

#[test]
fn quiet_and_json() {
    let project = folder(&answers("a", "1"));

    project
        .pacto("run -q tools/pacto-plugin-fake service -o out")
        .succeeds()
        .stdout("")
        .stderr("");
    project
        .pacto("run -q --sandbox off tools/pacto-plugin-fake service -o out --message-format json")
        .succeeds()
        .stderr("")
        .stdout(str![[r#"
{"dir":"out","files":[{"change":"unchanged","path":"a"}],"message":null,"plugin":"tools/pacto-plugin-fake","reason":"run","sandbox":"off"}

"#]]);
}
