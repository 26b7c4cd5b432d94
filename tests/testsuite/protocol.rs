//! Protocol v1 as a plugin sees it, and as it is judged.

use snapbox::str;

use crate::support::{FAKE, Project, answers, checkout_with, large_contract, says};

/// Answers with what it was asked, byte for byte.
const ECHO: &str =
    "#!/bin/sh\nexec jq --raw-input --slurp '{files: [{path: \"request\", content: .}]}'\n";

/// Answers with its environment, one variable a line. `jq` is started by the kernel, as a shell would add to it.
const ENVIRONMENT: &str = r#"#!/usr/bin/env -S jq --from-file
{files: [{path: "env", content: (env | to_entries | map("\(.key)=\(.value)\n") | add)}]}
"#;

#[test]
fn the_contract_goes_out_as_it_is_written() {
    let project = checkout_with(ECHO);
    project.file(
        "pacto/pacto.yaml",
        r#"# Comments are for people.
service: {version: 1.10.0, name: demo}
pactoVersion: "1.0"
runtime:
  workload: {type: service}
  state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}
metadata:
  zeta: 123456789012345678901234567890
  price: 1.10
  big: 1e3
  released: 2026-03-04
  at: 2026-03-04T05:06:07Z
  country: no
  octal: 0o17
  empty:
  text: "é\t\"x\"\n"
  alpha: &shared [true, false, {}]
  again: *shared
"#,
    );

    project.pacto("generate").succeeds();
    let expected = r#"{"protocolVersion":"1","contract":{"service":{"version":"1.10.0","name":"demo"},"pactoVersion":"1.0","runtime":{"workload":{"type":"service"},"state":{"type":"stateless","persistence":{"scope":"local","durability":"ephemeral"},"dataCriticality":"low"}},"metadata":{"zeta":123456789012345678901234567890,"price":1.10,"big":1e3,"released":"2026-03-04","at":"2026-03-04T05:06:07Z","country":"no","octal":15,"empty":null,"text":"é\t\"x\"\n","alpha":[true,false,{}],"again":[true,false,{}]}},"bundleDir":"[ROOT]/pacto","outputDir":"[ROOT]/out","options":{}}"#;
    assert_eq!(project.redacted(&project.read("out/request")), expected);
}

#[test]
fn options_keep_their_types() {
    let project = checkout_with(ECHO);
    project.edit(
        "Cargo.toml",
        "targets.files.output = \"out\"\n",
        r#"targets.files.output = "out"
[package.metadata.pacto.targets.files.options]
text = "a \"b\""
number = 42
negative = -1
hex = 0xff
float = 1.5
flag = true
day = 2026-03-04
list = [1, "two", [3.0]]
table = { inner = { deep = false } }
empty = {}
"#,
    );

    project.pacto("generate").succeeds();
    assert_eq!(
        options(&project),
        r#"{"day":"2026-03-04","empty":{},"flag":true,"float":1.5,"hex":255,"list":[1,"two",[3.0]],"negative":-1,"number":42,"table":{"inner":{"deep":false}},"text":"a \"b\""}"#
    );
}

/// The options of the request that [`ECHO`] saw, as they stand in it.
fn options(project: &Project) -> String {
    let request = project.read("out/request");
    let options = request.split_once("\"options\":");
    let options = options.and_then(|(_, options)| options.strip_suffix('}'));
    options.unwrap_or_else(|| panic!("{request}")).to_owned()
}

#[test]
fn options_of_the_command_line_are_text() {
    let project = checkout_with(ECHO);

    for (arguments, expected) in [
        ("", "{}"),
        ("--option a=b=c", r#"{"a":"b=c"}"#),
        ("--option a=", r#"{"a":""}"#),
        ("--option b=1 --option a=true", r#"{"a":"true","b":"1"}"#),
        ("--option a=1 --option a=2", r#"{"a":"2"}"#),
    ] {
        let run = format!("run {FAKE} pacto -o out --force {arguments}");
        project.pacto(&run).succeeds();
        assert_eq!(options(&project), expected, "{arguments}");
    }
}

#[test]
fn folders_are_absolute_wherever_the_command_is_started() {
    let project = checkout_with(ECHO);
    let folders = || {
        let request = project.json("out/request");
        ["bundleDir", "outputDir"]
            .map(|key| project.redacted(request[key].as_str().unwrap_or_default()))
    };

    for (folder, arguments) in [
        ("", "generate"),
        ("pacto", "generate --force"),
        (
            "pacto",
            "run ../tools/pacto-plugin-fake . -o ../out --force",
        ),
        (
            "",
            "run ./tools/pacto-plugin-fake pacto/pacto.yaml -o src/../out/ --force",
        ),
    ] {
        project.pacto_in(folder, arguments).succeeds();
        assert_eq!(folders(), ["[ROOT]/pacto", "[ROOT]/out"], "{arguments}");
    }
}

#[test]
fn a_plugin_gets_no_more_of_the_environment_than_it_needs() {
    let mut project = checkout_with(ENVIRONMENT);
    project.edit(
        "Cargo.toml",
        "targets.files.output = \"out\"\n",
        "targets.files.output = \"out\"\ntargets.files.env = [\"JAVA_HOME\", \"EMPTY\", \"UNSET\"]\n",
    );
    let (home, temp) = (project.path("home"), project.path("tmp"));
    project
        .set_env("PATH", "/usr/bin:/bin")
        .set_env("HOME", home)
        .set_env("JAVA_HOME", "/opt/java")
        .set_env("EMPTY", "")
        .set_env("LC_ALL", "de_DE.UTF-8")
        .set_env("TZ", "Europe/Berlin")
        .set_env("TMPDIR", temp)
        .set_env("CARGO_REGISTRY_TOKEN", "secret")
        .set_env("AWS_SECRET_ACCESS_KEY", "secret");

    project.pacto("generate").succeeds();
    assert_eq!(
        without_number(&project, &project.read("out/env")),
        "EMPTY=\nHOME=[ROOT]/home\nJAVA_HOME=/opt/java\nLC_ALL=C.UTF-8\nPATH=/usr/bin:/bin\n\
         TMPDIR=[ROOT]/target/pacto/demo/.pacto-tmp-N\nTZ=UTC\n"
    );
}

/// Without what is different from run to run.
fn without_number(project: &Project, env: &str) -> String {
    let lines = env
        .lines()
        .map(|line| match line.split_once(".pacto-tmp-") {
            Some((before, _)) => format!("{before}.pacto-tmp-N\n"),
            None => format!("{line}\n"),
        });
    project.redacted(&lines.collect::<String>())
}

#[test]
fn a_plugin_is_started_in_the_package_folder_without_arguments() {
    let project = checkout_with(&describes_itself("$(pwd) $#"));

    project.pacto_in("pacto", "generate").succeeds();
    assert_eq!(project.redacted(&project.read("out/said")), "[ROOT] 0");
}

/// Answers with what the shell makes of `text`.
fn describes_itself(text: &str) -> String {
    format!(
        "#!/bin/sh\ncat >/dev/null\njq --null-input --arg text \"{text}\" '{{files: [{{path: \"said\", content: $text}}]}}'\n"
    )
}

#[test]
fn the_temporary_folder_is_private_empty_and_gone_afterwards() {
    let script = "$(stat -c %a \"$TMPDIR\") $(ls -A \"$TMPDIR\" | wc -l) $TMPDIR $(touch \"$TMPDIR/left\" && mkdir \"$TMPDIR/behind\")";
    let project = checkout_with(&describes_itself(script));

    project.pacto("generate").succeeds();
    let said = project.read("out/said");
    let [mode, entries, folder] = said.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{said}")
    };
    assert_eq!((mode, entries), ("700", "0"));
    assert!(!std::path::Path::new(folder).exists(), "{folder}");
}

#[test]
fn the_message_is_shown_and_kept() {
    let project = checkout_with(
        "#!/bin/sh\ncat >/dev/null\nprintf '%s' '{\"files\": [], \"message\": \"one\\ntwo\\t\\u001b[2J\"}'\n",
    );

    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: no files (it was not generated yet)
     Message files: one two ␛[2J

"#]]);
    let fresh = project.pacto("generate --message-format json").succeeds();
    let fresh: serde_json::Value = serde_json::from_str(&fresh.stdout).expect("it is one object");
    assert_eq!(fresh["message"], "one two \u{241b}[2J");
}

#[test]
fn what_a_failing_plugin_says_on_stderr_is_shown_without_its_control_characters() {
    let project =
        checkout_with("#!/bin/sh\nprintf 'first\\r\\n\\033[31mred\\033[0m\\n\\n' >&2\nexit 3\n");

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: plugin `fake` failed with exit status 3
--- stderr
first
␛[31mred␛[0m

"#]]);
}

#[test]
fn what_a_plugin_says_on_stderr_is_shown_with_v() {
    let project = checkout_with(
        "#!/bin/sh\ncat >/dev/null\necho 'reading the contract' >&2\necho '{\"files\": []}'\n",
    );

    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated files into out: no files (it was not generated yet)

"#]]);
    project.pacto("generate -v --force").succeeds().stderr(
        "   Generated files into out: no files (it was forced)\n     Sandbox files[ENFORCED]\n      Stderr files: reading the contract\n",
    );
}

/// The answers of the reference's table that are accepted: what is in the folder afterwards, and what is said.
#[test]
fn answers_that_are_accepted() {
    for (case, answer, files, stderr) in [
        (
            "P1 a file in a folder",
            r#"{"files":[{"path":"a/b.txt","content":"x"}]}"#,
            &[("a/b.txt", "x")][..],
            str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into out

"#]],
        ),
        (
            "P2 no files, a message",
            r#"{"files":[],"message":"m"}"#,
            &[],
            str![[r#"
   Generated 0 files using tools/pacto-plugin-fake into out
     Message m

"#]],
        ),
        (
            "P10 dots that are no parts",
            r#"{"files":[{"path":"..foo","content":"1"},{"path":"a..b.txt","content":"2"}]}"#,
            &[("..foo", "1"), ("a..b.txt", "2")],
            str![[r#"
   Generated 2 files using tools/pacto-plugin-fake into out

"#]],
        ),
        (
            "P16 unknown keys",
            r#"{"later":[1],"files":[{"path":"a","content":"x","mode":"0755"}],"message":null}"#,
            &[("a", "x")],
            str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into out

"#]],
        ),
        (
            "P17 an empty file",
            r#"{"files":[{"path":"a","content":""}]}"#,
            &[("a", "")],
            str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into out

"#]],
        ),
        (
            "P20 a hidden file",
            r#"{"files":[{"path":".env.example","content":"A=\n"}]}"#,
            &[(".env.example", "A=\n")],
            str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into out

"#]],
        ),
        (
            "blanks around the answer, escapes in it",
            r#"  {"files":[{"path":"\u0061","content":"\ud83d\ude00\u0000\r\n"}]}  "#,
            &[("a", "\u{1f600}\0\r\n")],
            str![[r#"
   Generated 1 file using tools/pacto-plugin-fake into out

"#]],
        ),
    ] {
        let project = checkout_with(&says(answer));
        project.pacto(RUN).succeeds().stderr(stderr);
        let written = project.tree("out");
        let written: Vec<(&str, &str)> = written
            .iter()
            .map(|(path, content)| (&**path, &**content))
            .collect();
        assert_eq!(written, files, "{case}");
    }
}

const RUN: &str = "run tools/pacto-plugin-fake pacto -o out";

#[test]
fn answers_that_are_refused() {
    let long = format!("<{}>", "x".repeat(300));
    let project = checkout_with("");
    project.file("out/a", "old");
    for (case, answer, stderr) in [
        (
            "P3 no files",
            "{}",
            str![[r#"
error: plugin `fake` did not answer in protocol v1: `files` is missing; stdout begins with `{}`

"#]],
        ),
        (
            "P3 null",
            "null",
            str![[r#"
error: plugin `fake` did not answer in protocol v1: it is not a JSON object; stdout begins with `null`

"#]],
        ),
        (
            "P5 a log line after it",
            "{\"files\":[]}\ndone",
            str![[r#"
error: plugin `fake` did not answer in protocol v1: trailing characters at line 2 column 1; stdout begins with `{"files":[]}␊done`

"#]],
        ),
        (
            "a log line before it",
            "reading...\n{\"files\":[]}",
            str![[r#"
error: plugin `fake` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `reading...␊{"files":[]}`

"#]],
        ),
        (
            "two answers",
            r#"{"files":[]} {"files":[]}"#,
            str![[r#"
error: plugin `fake` did not answer in protocol v1: trailing characters at line 1 column 14; stdout begins with `{"files":[]} {"files":[]}`

"#]],
        ),
        (
            "half an answer",
            r#"{"files":[{"path":"a","#,
            str![[r#"
error: plugin `fake` did not answer in protocol v1: EOF while parsing a value at line 2 column 0; stdout begins with `{"files":[{"path":"a",`

"#]],
        ),
        (
            "much rubbish",
            &long,
            str![[r#"
error: plugin `fake` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `<xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...`

"#]],
        ),
        (
            "rubbish",
            "\u{1b}[2J\u{7}",
            str![[r#"
error: plugin `fake` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `␛[2J␇`

"#]],
        ),
        (
            "a list",
            "[]",
            str![[r#"
error: plugin `fake` did not answer in protocol v1: it is not a JSON object; stdout begins with `[]`

"#]],
        ),
        (
            "a null among the files",
            r#"{"files":[null]}"#,
            str![[r#"
error: plugin `fake` did not answer in protocol v1: `files[0]` is not an object; stdout begins with `{"files":[null]}`

"#]],
        ),
        (
            "no content",
            r#"{"files":[{"path":"a"}]}"#,
            str![[r#"
error: plugin `fake` did not answer in protocol v1: `files[0].content` is missing; stdout begins with `{"files":[{"path":"a"}]}`

"#]],
        ),
        (
            "content that is no text",
            r#"{"files":[{"path":"a","content":{}}]}"#,
            str![[r#"
error: plugin `fake` did not answer in protocol v1: `files[0].content` is not a text; stdout begins with `{"files":[{"path":"a","content":{}}]}`

"#]],
        ),
        (
            "a message that is no text",
            r#"{"files":[],"message":["m"]}"#,
            str![[r#"
error: plugin `fake` did not answer in protocol v1: `message` is not a text; stdout begins with `{"files":[],"message":["m"]}`

"#]],
        ),
        (
            "P11 a good path and a bad one",
            r#"{"files":[{"path":"a","content":"x"},{"path":"../b","content":"x"}]}"#,
            str![[r#"
error: the plugin of target `fake` wants to write `../b`, which has a `.` or `..` part

"#]],
        ),
        (
            "P12 a path twice",
            r#"{"files":[{"path":"a","content":"x"},{"path":"a","content":"y"}]}"#,
            str![[r#"
error: the plugin of target `fake` wants to write `a` twice

"#]],
        ),
    ] {
        project.executable(FAKE, &says(answer));
        let before = project.tree("");
        project.pacto(RUN).exits_with(101).stderr(stderr);
        assert_eq!(project.tree(""), before, "{case}");
    }
}

#[test]
fn a_path_through_a_link_that_leads_out_is_refused() {
    let project = checkout_with(&answers("link/x", "x"));
    project.file("elsewhere/.keep", "");
    project.link("../elsewhere", "out/link");

    project.pacto(RUN).exits_with(101).stderr(str![[r#"
error: target `fake` cannot write `link/x`: `link` is a symbolic link, and those are not followed; move it away

"#]]);
    assert_eq!(project.names("elsewhere"), [".keep"]);
}

#[test]
fn who_does_not_read_a_large_request_is_fine() {
    let project = checkout_with("#!/bin/sh\nexec <&-\necho '{\"files\": []}'\n");
    project.file("pacto/pacto.yaml", &large_contract());

    project.pacto(RUN).succeeds();
}

#[test]
fn who_complains_at_length_before_reading_a_large_request_is_heard() {
    let project = checkout_with(
        "#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' e >&2\ncat >/dev/null\necho '{\"files\": []}'\n",
    );
    project.file("pacto/pacto.yaml", &large_contract());

    project.pacto(RUN).succeeds();
}
