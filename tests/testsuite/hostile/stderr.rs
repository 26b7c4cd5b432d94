//! What plugins write to stderr: shown, and unable to do anything.

use super::{play, refuse, relapsed};
use crate::support::Project;

/// What a plugin prints, in the notation of `printf`, and what is shown of it.
const WORDS: &[(&str, &str, &str)] = &[
    ("a colour", "\\033[31mred\\033[0m", "␛[31mred␛[0m"),
    ("a cleared screen", "\\033[2J\\033[Hgone", "␛[2J␛[Hgone"),
    (
        "a line above that is overwritten",
        "\\033[1A\\033[2Kerror: nothing is wrong",
        "␛[1A␛[2Kerror: nothing is wrong",
    ),
    ("a title", "\\033]0;title\\007", "␛]0;title␇"),
    (
        "the clipboard",
        "\\033]52;c;cm0gLXJm\\033\\\\",
        "␛]52;c;cm0gLXJm␛\\",
    ),
    (
        "a link",
        "\\033]8;;http://example.org\\033\\\\here\\033]8;;\\033\\\\",
        "␛]8;;http://example.org␛\\here␛]8;;␛\\",
    ),
    ("a device string", "\\033P1$r0m\\033\\\\", "␛P1$r0m␛\\"),
    ("a reset", "\\033c", "␛c"),
    ("another character set", "\\016lqqk\\017", "␎lqqk␏"),
    ("controls of 8 bits", "\\2332J\\235title\\234", "�2J�title�"),
    (
        "controls of 8 bits in UTF-8",
        "\\302\\2332J\\302\\235title\\302\\234",
        "�2J�title�",
    ),
    ("backspaces", "good\\b\\b\\b\\bevil", "good␈␈␈␈evil"),
    ("a bell and a delete", "\\007\\177", "␇�"),
    ("a NUL", "a\\0b", "a␀b"),
    ("other feeds", "a\\013b\\014c", "a␋b␌c"),
    ("a carriage return", "evil\\rgood", "evilgood"),
    ("line ends of Windows", "one\\r\\ntwo\\r\\n", "one\ntwo"),
    ("no newline at the end", "words", "words"),
    ("newlines at the end", "words\\n\\n\\n", "words"),
    (
        "newlines before and between",
        "\\n\\none\\n\\n\\ntwo",
        "\n\none\n\n\ntwo",
    ),
    ("tabs", "a\\tb", "a    b"),
    ("Latin-1", "caf\\351", "caf�"),
    ("half a character", "caf\\303", "caf�"),
    ("a surrogate", "\\355\\240\\200", "���"),
    ("a text turned round", "\\342\\200\\256txt.sh", "�txt.sh"),
    ("text kept apart", "\\342\\201\\246a\\342\\201\\251", "�a�"),
    (
        "a line separator and a next line",
        "a\\342\\200\\250b\\302\\205c",
        "a�b�c",
    ),
    ("a byte order mark", "\\357\\273\\277a", "�a"),
    (
        "letters that do not show",
        "a\\363\\240\\201\\201\\342\\200\\213b",
        "a��b",
    ),
    (
        "a directive",
        "cargo::rustc-link-arg=-Wl,x",
        "cargo::rustc-link-arg=-Wl,x",
    ),
    (
        "an old directive after a carriage return",
        "x\\rcargo:rustc-env=PATH=/x",
        "xcargo:rustc-env=PATH=/x",
    ),
    (
        "several directives",
        "\\ncargo:rerun-if-changed=/x\\ncargo::error=no\\n",
        "\ncargo:rerun-if-changed=/x\ncargo::error=no",
    ),
    (
        "what looks like ours",
        "error: plugin `good` failed\\n--- stderr\\nno",
        "error: plugin `good` failed\n--- stderr\nno",
    ),
];

#[test]
fn what_a_plugin_says_that_fails() {
    let project = relapsed();
    let messages: Vec<String> = WORDS
        .iter()
        .map(|(_, _, shown)| {
            format!("plugin `fake` failed with exit status 3\n--- stderr\n{shown}")
        })
        .collect();
    let cases: Vec<(&str, &str, &str)> = WORDS
        .iter()
        .zip(&messages)
        .map(|((name, words, _), message)| (*name, *words, message.as_str()))
        .collect();
    refuse(&project, &cases, |words| {
        format!("#!/bin/sh\ncat >/dev/null\nprintf '{words}' >&2\nexit 3\n")
    });
}

#[test]
fn what_a_plugin_says_whose_answer_is_none() {
    refuse(
        &relapsed(),
        &[
            (
                "controls everywhere",
                "printf '\\033[2J' >&2; printf '\\033[2J'",
                "plugin `fake` did not answer in protocol v1: expected value at line 1 column 1; stdout begins with `\u{241b}[2J`\n--- stderr\n\u{241b}[2J",
            ),
            (
                "nothing but newlines",
                "printf '\\n\\n' >&2; exit 3",
                "plugin `fake` failed with exit status 3",
            ),
        ],
        |script| format!("#!/bin/sh\ncat >/dev/null\n{script}\n"),
    );
}

/// All of it at once, as it is shown with `-v` of a plugin that succeeds: each line has our beginning.
#[test]
fn what_a_plugin_says_that_succeeds() {
    let project: Project = relapsed();
    let words: String = WORDS
        .iter()
        .map(|(_, words, _)| format!("printf '{words}\\n' >&2\n"))
        .collect();
    let shown: String = WORDS
        .iter()
        .map(|(_, _, shown)| format!("{shown}\n"))
        .collect();
    play(
        &project,
        &format!("#!/bin/sh\ncat >/dev/null\n{words}echo '{{\"files\": []}}'\n"),
    );

    let stderr = project.pacto("generate -v").succeeds().stderr;
    let lines = stderr
        .lines()
        .filter(|line| !line.trim_end().ends_with("files:"));
    let told: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("      Stderr files: "))
        .collect();
    let expected: Vec<&str> = shown.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(told, expected);
    assert!(
        stderr.lines().all(|line| line.get(12..13) == Some(" ")),
        "{stderr}"
    );
}

#[test]
fn words_without_end() {
    let project = relapsed();
    project.edit(
        "Cargo.toml",
        "targets.files.output",
        "targets.files.timeout = 1\ntargets.files.output",
    );
    let late = "plugin `fake` did not end within 1 s; give it longer with `timeout`\n--- stderr";
    refuse(
        &project,
        &[
            (
                "lines",
                "exec yes >&2",
                &format!("{late}\n{}", "y\n".repeat(1 << 19).trim_end()),
            ),
            (
                "one line",
                "exec tr '\\0' x </dev/zero >&2",
                &format!("{late}\n{}", "x".repeat(1 << 20)),
            ),
        ],
        |script| format!("#!/bin/sh\ncat >/dev/null\n{script}\n"),
    );
}
