//! Nothing that a plugin says becomes a directive for Cargo, or moves the terminal's cursor.

use std::process::Command;

use serde_json::json;
use snapbox::data::Inline;
use snapbox::{IntoData as _, str};

use super::{play, relapsed};
use crate::support::{Project, project};

/// What a plugin would like to be taken for something else than words.
const TEXTS: [&str; 9] = [
    "cargo::rustc-link-arg=-Wl,x",
    "cargo:rustc-env=PATH=x",
    "x\ncargo::rustc-cfg=evil\ncargo::error=no",
    "x\r\ncargo::warning=no\r\n\rcargo:rerun-if-changed=no",
    "\u{1b}[2J\u{1b}[1;1Hx\u{1b}[1A\u{1b}[2K",
    "\u{1b}]52;c;eA==\u{7}\u{1b}]0;title\u{1b}\\",
    "\u{9b}2J\u{9d}0;title\u{9c}\u{85}\u{202e}x\u{2028}cargo::metadata=a=b",
    "a\tb\u{8}\u{7f}\0\u{b}\u{c}",
    "  cargo::rustc-flags=-l x",
];

/// Prints bytes, whatever they are.
fn prints(text: &str) -> String {
    let octal: String = text.bytes().map(|byte| format!("\\{byte:03o}")).collect();
    format!("printf '{octal}'")
}

/// A way to say a text: what a plugin does.
type Way = fn(&str) -> String;

fn message(text: &str) -> String {
    prints(&json!({"files": [], "message": text}).to_string())
}

fn path(text: &str) -> String {
    prints(&json!({"files": [{"path": text, "content": ""}]}).to_string())
}

fn path_twice(text: &str) -> String {
    let file = json!({"path": text, "content": ""});
    prints(&json!({"files": [file, file]}).to_string())
}

/// A path that is accepted: of the text, if it can be one.
fn name(text: &str) -> String {
    let is_fine = !text.contains(|c: char| c.is_control());
    path(if is_fine { text } else { "kept" })
}

fn content(text: &str) -> String {
    prints(&json!({"files": [{"path": "kept", "content": text}]}).to_string())
}

fn stdout(text: &str) -> String {
    prints(text)
}

fn stderr(text: &str) -> String {
    format!(
        "{} >&2; printf '\\2332J' >&2; echo '{{\"files\": []}}'",
        prints(text)
    )
}

fn stderr_and_fails(text: &str) -> String {
    format!("{} >&2; exit 3", prints(text))
}

fn script(way: Way, text: &str) -> String {
    format!("#!/bin/sh\ncat >/dev/null\n{}\n", way(text))
}

#[test]
fn nothing_moves_the_cursor() {
    let project = relapsed();
    let generate = "generate --force -v";
    // The lines of a file are shown with their tabs.
    let all = [TEXTS.join("\n"), TEXTS.join("\n").replace('\t', "")];
    let each = TEXTS.map(str::to_owned);
    let ways: [(&str, Way, &str, &[String]); 8] = [
        ("message", message, generate, &all[..1]),
        ("path", path, generate, &each),
        ("path twice", path_twice, generate, &each),
        ("name", name, generate, &each),
        ("content", content, "check --rerun", &all[1..]),
        ("stdout", stdout, generate, &each),
        ("stderr", stderr, generate, &all[..1]),
        ("stderr, and fails", stderr_and_fails, generate, &all[..1]),
    ];
    for (way, script_of, command, texts) in ways {
        for text in texts {
            play(&project, &script(script_of, text));
            let output = said(project.pacto_command(&format!("{command} --color always")));
            assert!(output.contains("\u{1b}[0m"), "there are colours:\n{output}");
            assert_eq!(moves(&output), None, "{way} {text:?}\n{output:?}");
        }
    }
    // Once more of what is in the books.
    for command in [
        "list -v",
        "check",
        "generate -v",
        "generate --message-format json",
    ] {
        let output = said(project.pacto_command(&format!("{command} --color always")));
        assert_eq!(moves(&output), None, "{command}\n{output}");
    }
}

/// What a command writes to both streams, byte for byte.
fn said(mut command: Command) -> String {
    let output = command.output().expect("it was built");
    let bytes = [output.stdout, output.stderr].concat();
    String::from_utf8(bytes).expect("it is all UTF-8")
}

/// Our own colours and Cargo's; no text of the tests has one of them.
const COLOURS: [&str; 11] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[36m",
    "\u{1b}[91m",
    "\u{1b}[92m",
    "\u{1b}[93m",
    "\u{1b}[94m",
    "\u{1b}[96m",
];

/// What is shown, but for its colours.
fn plain(output: &str) -> String {
    COLOURS
        .iter()
        .fold(output.to_owned(), |text, colour| text.replace(colour, ""))
}

/// The first character that does something else than to show itself, or to end a line.
fn moves(output: &str) -> Option<char> {
    plain(output).chars().find(|c| {
        let is_turning = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() || is_turning) && *c != '\n'
    })
}

/// What a build script says, as Cargo's `-vv` shows it line by line; and what else Cargo says after it has started it.
fn build(project: &Project) -> (String, String) {
    let output = said(project.cargo_command("build -vv --color always"));
    let script = output
        .lines()
        .filter_map(|line| line.strip_prefix("[words 0.1.0] "));
    let script = script.map(|line| format!("{line}\n")).collect();
    let after = output.rsplit_once("build-script-build`");
    (
        script,
        after.map_or(String::new(), |(_, after)| after.to_owned()),
    )
}

#[test]
fn nothing_is_a_directive() {
    // Every other target is kept in the repository, so that Cargo is told of its files.
    let targets = (0..TEXTS.len()).map(|index| {
        let output = [String::new(), format!("output = \"out/{index}\", ")];
        let output = &output[index % 2];
        format!("targets.t{index} = {{ {output}plugin = {{ path = \"tools/{index}\" }} }}\n")
    });
    let project = project("words", &targets.collect::<String>());
    let ways: [(Way, Inline); 6] = [
        (
            message,
            str![[r#"
pacto: t0: cargo::rustc-link-arg=-Wl,x
pacto: t1: cargo:rustc-env=PATH=x
pacto: t2: x cargo::rustc-cfg=evil cargo::error=no
pacto: t3: x cargo::warning=no cargo:rerun-if-changed=no
pacto: t4: ␛[2J␛[1;1Hx␛[1A␛[2K
pacto: t5: ␛]52;c;eA==␇␛]0;title␛\
pacto: t6: �2J�0;title���x�cargo::metadata=a=b
pacto: t7: a b␈�␀
pacto: t8:   cargo::rustc-flags=-l x
cargo::rerun-if-changed=Cargo.toml
cargo::rerun-if-changed=pacto
cargo::rerun-if-changed=pacto-generated.lock
cargo::rerun-if-changed=tools/0
cargo::rerun-if-changed=tools/1
cargo::rerun-if-changed=tools/2
cargo::rerun-if-changed=tools/3
cargo::rerun-if-changed=tools/4
cargo::rerun-if-changed=tools/5
cargo::rerun-if-changed=tools/6
cargo::rerun-if-changed=tools/7
cargo::rerun-if-changed=tools/8
cargo::rerun-if-env-changed=PACTO_BUILD
cargo::rerun-if-env-changed=PACTO_PLUGIN_0
cargo::rerun-if-env-changed=PACTO_PLUGIN_1
cargo::rerun-if-env-changed=PACTO_PLUGIN_2
cargo::rerun-if-env-changed=PACTO_PLUGIN_3
cargo::rerun-if-env-changed=PACTO_PLUGIN_4
cargo::rerun-if-env-changed=PACTO_PLUGIN_5
cargo::rerun-if-env-changed=PACTO_PLUGIN_6
cargo::rerun-if-env-changed=PACTO_PLUGIN_7
cargo::rerun-if-env-changed=PACTO_PLUGIN_8

"#]],
        ),
        (
            name,
            str![[r#"
cargo::rerun-if-changed=Cargo.toml
cargo::rerun-if-changed=out/1/cargo:rustc-env=PATH=x
cargo::rerun-if-changed=out/3/kept
cargo::rerun-if-changed=out/5/kept
cargo::rerun-if-changed=out/7/kept
cargo::rerun-if-changed=pacto
cargo::rerun-if-changed=pacto-generated.lock
cargo::rerun-if-changed=tools/0
cargo::rerun-if-changed=tools/1
cargo::rerun-if-changed=tools/2
cargo::rerun-if-changed=tools/3
cargo::rerun-if-changed=tools/4
cargo::rerun-if-changed=tools/5
cargo::rerun-if-changed=tools/6
cargo::rerun-if-changed=tools/7
cargo::rerun-if-changed=tools/8
cargo::rerun-if-env-changed=PACTO_BUILD
cargo::rerun-if-env-changed=PACTO_PLUGIN_0
cargo::rerun-if-env-changed=PACTO_PLUGIN_1
cargo::rerun-if-env-changed=PACTO_PLUGIN_2
cargo::rerun-if-env-changed=PACTO_PLUGIN_3
cargo::rerun-if-env-changed=PACTO_PLUGIN_4
cargo::rerun-if-env-changed=PACTO_PLUGIN_5
cargo::rerun-if-env-changed=PACTO_PLUGIN_6
cargo::rerun-if-env-changed=PACTO_PLUGIN_7
cargo::rerun-if-env-changed=PACTO_PLUGIN_8

"#]],
        ),
        (
            stderr,
            str![[r#"
cargo::rerun-if-changed=Cargo.toml
cargo::rerun-if-changed=pacto
cargo::rerun-if-changed=pacto-generated.lock
cargo::rerun-if-changed=tools/0
cargo::rerun-if-changed=tools/1
cargo::rerun-if-changed=tools/2
cargo::rerun-if-changed=tools/3
cargo::rerun-if-changed=tools/4
cargo::rerun-if-changed=tools/5
cargo::rerun-if-changed=tools/6
cargo::rerun-if-changed=tools/7
cargo::rerun-if-changed=tools/8
cargo::rerun-if-env-changed=PACTO_BUILD
cargo::rerun-if-env-changed=PACTO_PLUGIN_0
cargo::rerun-if-env-changed=PACTO_PLUGIN_1
cargo::rerun-if-env-changed=PACTO_PLUGIN_2
cargo::rerun-if-env-changed=PACTO_PLUGIN_3
cargo::rerun-if-env-changed=PACTO_PLUGIN_4
cargo::rerun-if-env-changed=PACTO_PLUGIN_5
cargo::rerun-if-env-changed=PACTO_PLUGIN_6
cargo::rerun-if-env-changed=PACTO_PLUGIN_7
cargo::rerun-if-env-changed=PACTO_PLUGIN_8

"#]],
        ),
        (
            stderr_and_fails,
            str![[r#"
cargo::error=plugin `0` failed with exit status 3
cargo::error=--- stderr
cargo::error=cargo::rustc-link-arg=-Wl,x
cargo::error=plugin `1` failed with exit status 3
cargo::error=--- stderr
cargo::error=cargo:rustc-env=PATH=x
cargo::error=plugin `2` failed with exit status 3
cargo::error=--- stderr
cargo::error=x
cargo::error=cargo::rustc-cfg=evil
cargo::error=cargo::error=no
cargo::error=plugin `3` failed with exit status 3
cargo::error=--- stderr
cargo::error=x
cargo::error=cargo::warning=no
cargo::error=cargo:rerun-if-changed=no
cargo::error=plugin `4` failed with exit status 3
cargo::error=--- stderr
cargo::error=␛[2J␛[1;1Hx␛[1A␛[2K
cargo::error=plugin `5` failed with exit status 3
cargo::error=--- stderr
cargo::error=␛]52;c;eA==␇␛]0;title␛\
cargo::error=plugin `6` failed with exit status 3
cargo::error=--- stderr
cargo::error=�2J�0;title���x�cargo::metadata=a=b
cargo::error=plugin `7` failed with exit status 3
cargo::error=--- stderr
cargo::error=a    b␈�␀
cargo::error=plugin `8` failed with exit status 3
cargo::error=--- stderr
cargo::error=  cargo::rustc-flags=-l x

"#]],
        ),
        (
            path,
            str![[r#"
cargo::error=the plugin of target `t2` wants to write `x\ncargo::rustc-cfg=evil\ncargo::error=no`, which has a control character
cargo::error=the plugin of target `t3` wants to write `x\r\ncargo::warning=no\r\n\rcargo:rerun-if-changed=no`, which has a control character
cargo::error=the plugin of target `t4` wants to write `\u{1b}[2J\u{1b}[1;1Hx\u{1b}[1A\u{1b}[2K`, which has a control character
cargo::error=the plugin of target `t5` wants to write `\u{1b}]52;c;eA==\u{7}\u{1b}]0;title\u{1b}\\`, which has a backslash; separate folders with `/`
cargo::error=the plugin of target `t6` wants to write `\u{9b}2J\u{9d}0;title\u{9c}\u{85}\u{202e}x\u{2028}cargo::metadata=a=b`, which has a control character
cargo::error=the plugin of target `t7` wants to write `a\tb\u{8}\u{7f}\u{0}\u{b}\u{c}`, which has a control character

"#]],
        ),
        (
            stdout,
            str![[r#"
cargo::error=plugin `0` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `cargo::rustc-link-arg=-Wl,x`
cargo::error=plugin `1` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `cargo:rustc-env=PATH=x`
cargo::error=plugin `2` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `x␊cargo::rustc-cfg=evil␊cargo::error=no`
cargo::error=plugin `3` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `x␊cargo::warning=no␊cargo:rerun-if-changed=no`
cargo::error=plugin `4` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `␛[2J␛[1;1Hx␛[1A␛[2K`
cargo::error=plugin `5` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `␛]52;c;eA==␇␛]0;title␛\`
cargo::error=plugin `6` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `�2J�0;title���x�cargo::metadata=a=b`
cargo::error=plugin `7` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `a    b␈�␀`
cargo::error=plugin `8` did not answer in protocol v1: expected value at line 1 column 3; stdout begins with `  cargo::rustc-flags=-l x`

"#]],
        ),
    ];
    for (way, expected) in ways {
        for (index, text) in TEXTS.iter().enumerate() {
            project.executable(&format!("tools/{index}"), &script(way, text));
        }
        let (script, cargo) = build(&project);
        snapbox::assert_data_eq!(script.as_str(), expected.raw());
        assert_eq!(moves(&script), None, "{script:?}");
        assert_eq!(moves(&cargo), None, "{cargo:?}");
        if !script.starts_with("cargo::error=") {
            let directives = script.lines().filter(|line| line.starts_with("cargo:"));
            assert_eq!(project.directives(), directives.collect::<Vec<_>>());
        }
    }
}

/// A plugin that is a function is trusted, and may quote a contract that is not.
#[test]
fn nothing_that_a_function_fails_with_is_a_directive() {
    let targets = (0..TEXTS.len()).map(|index| {
        format!("targets.t{index} = {{ plugin = {{ crate = \"linked\" }}, options = {{ index = {index} }} }}\n")
    });
    let project = project("words-linked", &targets.collect::<String>());
    let main = "fn main() {
    let fails = |request: &pacto_build::protocol::GenerateRequest| {
        let index = request.options[\"index\"].as_u64().unwrap_or_default();
        Err(TEXTS[index as usize].into())
    };
    pacto_build::Builder::new().plugin(\"linked\", \"1\", fails).generate();
}
";
    project.file(
        "build.rs",
        &format!("{main}\nconst TEXTS: [&str; 9] = {TEXTS:?};\n"),
    );

    let output = said(project.cargo_command("build --color always"));
    let errors = output.lines().filter(|line| line.contains("error"));
    let errors: String = errors.map(|line| format!("{line}\n")).collect();
    assert_eq!(moves(&errors), None, "{errors:?}");
    snapbox::assert_data_eq!(
        plain(&errors),
        str![[r#"
error: words-linked@0.1.0: plugin `linked` failed: cargo::rustc-link-arg=-Wl,x
error: words-linked@0.1.0: plugin `linked` failed: cargo:rustc-env=PATH=x
error: words-linked@0.1.0: plugin `linked` failed: x
error: words-linked@0.1.0: cargo::rustc-cfg=evil
error: words-linked@0.1.0: cargo::error=no
error: words-linked@0.1.0: plugin `linked` failed: x
error: words-linked@0.1.0: cargo::warning=no
error: words-linked@0.1.0: cargo:rerun-if-changed=no
error: words-linked@0.1.0: plugin `linked` failed: ␛[2J␛[1;1Hx␛[1A␛[2K
error: words-linked@0.1.0: plugin `linked` failed: ␛]52;c;eA==␇␛]0;title␛\
error: words-linked@0.1.0: plugin `linked` failed: �2J�0;title���x�cargo::metadata=a=b
error: words-linked@0.1.0: plugin `linked` failed: a    b␈�␀
error: words-linked@0.1.0: plugin `linked` failed:   cargo::rustc-flags=-l x
error: build script logged errors

"#]]
        .raw()
    );
}
