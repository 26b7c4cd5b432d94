//! Answers that are none, that are too large, or that one reader would take for another than the next.

use super::{everything, play, refuse, relapsed};
use crate::support::says;

/// A plugin that prints this, in the notation of `printf`.
fn prints(format: &str) -> String {
    format!("#!/bin/sh\ncat >/dev/null\nprintf '{format}'\n")
}

/// The message about an answer that is none, from what is wrong and how it begins.
fn refuse_answers(cases: &[(&str, &str, &str, &str)], script: impl Fn(&str) -> String) {
    let messages: Vec<String> = cases
        .iter()
        .map(|(_, _, fault, shown)| {
            format!("plugin `fake` did not answer in protocol v1: {fault}; stdout {shown}")
        })
        .collect();
    let cases: Vec<(&str, &str, &str)> = cases
        .iter()
        .zip(&messages)
        .map(|((name, answer, _, _), message)| (*name, *answer, message.as_str()))
        .collect();
    refuse(&relapsed(), &cases, script);
}

#[test]
fn bytes_that_are_no_json() {
    refuse_answers(
        &[
            (
                "blanks",
                " \\n\\t \\n",
                "EOF while parsing a value at line 3 column 0",
                "begins with blanks",
            ),
            (
                "half a text",
                "{\"files\": [{\"path\": \"ke",
                "EOF while parsing a string at line 1 column 23",
                "begins with `{\"files\": [{\"path\": \"ke`",
            ),
            (
                "half an escape",
                "{\"files\": [{\"path\": \"\\\\u00",
                "EOF while parsing a string at line 1 column 25",
                "begins with `{\"files\": [{\"path\": \"\\u00`",
            ),
            (
                "half a list",
                "{\"files\": [{\"path\": \"kept\", \"content\": \"\"},",
                "EOF while parsing a value at line 1 column 43",
                "begins with `{\"files\": [{\"path\": \"kept\", \"content\": \"\"},`",
            ),
            (
                "half an object",
                "{\"files\": []",
                "EOF while parsing an object at line 1 column 12",
                "begins with `{\"files\": []`",
            ),
            (
                "one bracket too many",
                "{\"files\": []}}",
                "trailing characters at line 1 column 14",
                "begins with `{\"files\": []}}`",
            ),
            (
                "two without a blank",
                "{\"files\": []}{\"files\": []}",
                "trailing characters at line 1 column 14",
                "begins with `{\"files\": []}{\"files\": []}`",
            ),
            (
                "one a line",
                "{\"path\": \"kept\"}\\n{\"path\": \"b\"}\\n",
                "trailing characters at line 2 column 1",
                "begins with `{\"path\": \"kept\"}␊{\"path\": \"b\"}`",
            ),
            (
                "a NUL at the end",
                "{\"files\": []}\\0",
                "trailing characters at line 1 column 14",
                "begins with `{\"files\": []}␀`",
            ),
            (
                "a Ctrl-Z at the end",
                "{\"files\": []}\\032",
                "trailing characters at line 1 column 14",
                "begins with `{\"files\": []}␚`",
            ),
            (
                "UTF-16",
                "\\377\\376{\\0}\\0",
                "expected value at line 1 column 1",
                "begins with `��{␀}␀`",
            ),
            (
                "UTF-16, the other way round",
                "\\376\\377\\0{\\0}",
                "expected value at line 1 column 1",
                "begins with `��␀{␀}`",
            ),
            (
                "Latin-1 between tokens",
                "{\\351\"files\": []}",
                "key must be a string at line 1 column 2",
                "begins with `{�\"files\": []}`",
            ),
            (
                "an overlong slash",
                "{\"files\": [{\"path\": \"..\\300\\257x\", \"content\": \"\"}]}",
                "invalid unicode code point at line 1 column 24",
                "begins with `{\"files\": [{\"path\": \"..��x\", \"content\": \"\"}]}`",
            ),
            (
                "a surrogate in bytes",
                "{\"files\": [{\"path\": \"\\355\\240\\200\", \"content\": \"\"}]}",
                "invalid unicode code point at line 1 column 22",
                "begins with `{\"files\": [{\"path\": \"���\", \"content\": \"\"}]}`",
            ),
            (
                "a leading surrogate",
                "{\"files\": [{\"path\": \"\\\\ud800\", \"content\": \"\"}]}",
                "unexpected end of hex escape at line 1 column 28",
                "begins with `{\"files\": [{\"path\": \"\\ud800\", \"content\": \"\"}]}`",
            ),
            (
                "a trailing surrogate",
                "{\"files\": [{\"path\": \"\\\\udc00\", \"content\": \"\"}]}",
                "lone leading surrogate in hex escape at line 1 column 27",
                "begins with `{\"files\": [{\"path\": \"\\udc00\", \"content\": \"\"}]}`",
            ),
            (
                "surrogates the wrong way round",
                "{\"files\": [{\"path\": \"\\\\udc00\\\\ud800\", \"content\": \"\"}]}",
                "lone leading surrogate in hex escape at line 1 column 27",
                "begins with `{\"files\": [{\"path\": \"\\udc00\\ud800\", \"content\": \"\"}]}`",
            ),
            (
                "a leading surrogate in a message",
                "{\"files\": [], \"message\": \"\\\\udbff.\"}",
                "unexpected end of hex escape at line 1 column 33",
                "begins with `{\"files\": [], \"message\": \"\\udbff.\"}`",
            ),
            (
                "a line break in a text",
                "{\"files\": [], \"message\": \"a\\nb\"}",
                "control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0",
                "begins with `{\"files\": [], \"message\": \"a␊b\"}`",
            ),
            (
                "an escape character in a text",
                "{\"files\": [], \"message\": \"\\033[2J\"}",
                "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 27",
                "begins with `{\"files\": [], \"message\": \"␛[2J\"}`",
            ),
            (
                "an escape that is none",
                "{\"files\": [], \"message\": \"\\\\x1b\"}",
                "invalid escape at line 1 column 28",
                "begins with `{\"files\": [], \"message\": \"\\x1b\"}`",
            ),
            (
                "single quotes",
                "{\\047files\\047: []}",
                "key must be a string at line 1 column 2",
                "begins with `{'files': []}`",
            ),
            (
                "no quotes",
                "{files: []}",
                "key must be a string at line 1 column 2",
                "begins with `{files: []}`",
            ),
            (
                "a comma at the end",
                "{\"files\": [],}",
                "trailing comma at line 1 column 14",
                "begins with `{\"files\": [],}`",
            ),
            (
                "a comment",
                "{\"files\": [] /* none */}",
                "expected `,` or `}` at line 1 column 14",
                "begins with `{\"files\": [] /* none */}`",
            ),
            (
                "NaN",
                "{\"files\": [], \"later\": NaN}",
                "expected value at line 1 column 24",
                "begins with `{\"files\": [], \"later\": NaN}`",
            ),
            (
                "a number that is too large",
                "{\"files\": [], \"later\": 1e999}",
                "number out of range at line 1 column 28",
                "begins with `{\"files\": [], \"later\": 1e999}`",
            ),
            (
                "a number with a zero before it",
                "{\"files\": [], \"later\": 01}",
                "invalid number at line 1 column 25",
                "begins with `{\"files\": [], \"later\": 01}`",
            ),
            (
                "YAML",
                "files: []\\n",
                "expected ident at line 1 column 2",
                "begins with `files: []`",
            ),
            (
                "HTML",
                "<!doctype html>\\n<title>502 Bad Gateway</title>\\n",
                "expected value at line 1 column 1",
                "begins with `<!doctype html>␊<title>502 Bad Gateway</title>`",
            ),
            (
                "gzip",
                "\\037\\213\\010\\0\\0\\0\\0\\0",
                "expected value at line 1 column 1",
                "begins with `␟�␈␀␀␀␀␀`",
            ),
            (
                "colours first",
                "\\033[32mok\\033[0m\\n{\"files\": []}",
                "expected value at line 1 column 1",
                "begins with `␛[32mok␛[0m␊{\"files\": []}`",
            ),
            (
                "a directive first",
                "cargo::rustc-link-arg=-s\\n{\"files\": []}",
                "expected value at line 1 column 1",
                "begins with `cargo::rustc-link-arg=-s␊{\"files\": []}`",
            ),
            (
                "the clipboard of the terminal",
                "\\033]52;c;cm0gLXJm\\007{\"files\": []}",
                "expected value at line 1 column 1",
                "begins with `␛]52;c;cm0gLXJm␇{\"files\": []}`",
            ),
            (
                "the 8-bit controls",
                "\\233\\062J\\302\\233\\062J",
                "expected value at line 1 column 1",
                "begins with `�2J�2J`",
            ),
        ],
        prints,
    );
}

#[test]
fn json_of_other_types() {
    refuse_answers(
        &[
            (
                "a text",
                "\"files\"",
                "it is not a JSON object",
                "begins with `\"files\"`",
            ),
            (
                "a number",
                "0",
                "it is not a JSON object",
                "begins with `0`",
            ),
            (
                "true",
                "true",
                "it is not a JSON object",
                "begins with `true`",
            ),
            (
                "an object in a list",
                "[{\"files\": []}]",
                "it is not a JSON object",
                "begins with `[{\"files\": []}]`",
            ),
            (
                "files null",
                "{\"files\": null}",
                "`files` is not a list",
                "begins with `{\"files\": null}`",
            ),
            (
                "files an object",
                "{\"files\": {\"kept\": \"new\"}}",
                "`files` is not a list",
                "begins with `{\"files\": {\"kept\": \"new\"}}`",
            ),
            (
                "files a text",
                "{\"files\": \"kept\"}",
                "`files` is not a list",
                "begins with `{\"files\": \"kept\"}`",
            ),
            (
                "files a number",
                "{\"files\": 1}",
                "`files` is not a list",
                "begins with `{\"files\": 1}`",
            ),
            (
                "files false",
                "{\"files\": false}",
                "`files` is not a list",
                "begins with `{\"files\": false}`",
            ),
            (
                "files of another case",
                "{\"Files\": []}",
                "`files` is missing",
                "begins with `{\"Files\": []}`",
            ),
            (
                "files in an object",
                "{\"response\": {\"files\": []}}",
                "`files` is missing",
                "begins with `{\"response\": {\"files\": []}}`",
            ),
            (
                "a file that is a text",
                "{\"files\": [\"kept\"]}",
                "`files[0]` is not an object",
                "begins with `{\"files\": [\"kept\"]}`",
            ),
            (
                "a file that is a list",
                "{\"files\": [[\"kept\", \"new\"]]}",
                "`files[0]` is not an object",
                "begins with `{\"files\": [[\"kept\", \"new\"]]}`",
            ),
            (
                "a file that is a number",
                "{\"files\": [7]}",
                "`files[0]` is not an object",
                "begins with `{\"files\": [7]}`",
            ),
            (
                "the second file null",
                "{\"files\": [{\"path\": \"kept\", \"content\": \"new\"}, null]}",
                "`files[1]` is not an object",
                "begins with `{\"files\": [{\"path\": \"kept\", \"content\": \"new\"}, null]}`",
            ),
            (
                "an empty file object",
                "{\"files\": [{}]}",
                "`files[0].path` is missing",
                "begins with `{\"files\": [{}]}`",
            ),
            (
                "no path",
                "{\"files\": [{\"content\": \"\"}]}",
                "`files[0].path` is missing",
                "begins with `{\"files\": [{\"content\": \"\"}]}`",
            ),
            (
                "a path that is a number",
                "{\"files\": [{\"path\": 1, \"content\": \"\"}]}",
                "`files[0].path` is not a text",
                "begins with `{\"files\": [{\"path\": 1, \"content\": \"\"}]}`",
            ),
            (
                "a path that is null",
                "{\"files\": [{\"path\": null, \"content\": \"\"}]}",
                "`files[0].path` is not a text",
                "begins with `{\"files\": [{\"path\": null, \"content\": \"\"}]}`",
            ),
            (
                "a path that is a list",
                "{\"files\": [{\"path\": [\"kept\"], \"content\": \"\"}]}",
                "`files[0].path` is not a text",
                "begins with `{\"files\": [{\"path\": [\"kept\"], \"content\": \"\"}]}`",
            ),
            (
                "a path that is true",
                "{\"files\": [{\"path\": true, \"content\": \"\"}]}",
                "`files[0].path` is not a text",
                "begins with `{\"files\": [{\"path\": true, \"content\": \"\"}]}`",
            ),
            (
                "content that is a number",
                "{\"files\": [{\"path\": \"kept\", \"content\": 1}]}",
                "`files[0].content` is not a text",
                "begins with `{\"files\": [{\"path\": \"kept\", \"content\": 1}]}`",
            ),
            (
                "content that is null",
                "{\"files\": [{\"path\": \"kept\", \"content\": null}]}",
                "`files[0].content` is not a text",
                "begins with `{\"files\": [{\"path\": \"kept\", \"content\": null}]}`",
            ),
            (
                "content that is a list",
                "{\"files\": [{\"path\": \"kept\", \"content\": [1, 2]}]}",
                "`files[0].content` is not a text",
                "begins with `{\"files\": [{\"path\": \"kept\", \"content\": [1, 2]}]}`",
            ),
            (
                "content that is false",
                "{\"files\": [{\"path\": \"kept\", \"content\": false}]}",
                "`files[0].content` is not a text",
                "begins with `{\"files\": [{\"path\": \"kept\", \"content\": false}]}`",
            ),
            (
                "a message that is a number",
                "{\"files\": [], \"message\": 1}",
                "`message` is not a text",
                "begins with `{\"files\": [], \"message\": 1}`",
            ),
            (
                "a message that is an object",
                "{\"files\": [], \"message\": {}}",
                "`message` is not a text",
                "begins with `{\"files\": [], \"message\": {}}`",
            ),
            (
                "a message that is false",
                "{\"files\": [], \"message\": false}",
                "`message` is not a text",
                "begins with `{\"files\": [], \"message\": false}`",
            ),
            (
                "the last of two keys counts, and is wrong",
                "{\"files\": [], \"files\": 1}",
                "`files` is not a list",
                "begins with `{\"files\": [], \"files\": 1}`",
            ),
        ],
        prints,
    );
}

#[test]
fn answers_without_end_or_measure() {
    let brackets = format!("begins with `{}...`", "[".repeat(200));
    let objects = format!("begins with `{}...`", "{\"a\":".repeat(40));
    let files = format!(
        "begins with `{{\"files\":[{{\"path\":{}...`",
        "[".repeat(182)
    );
    let deep = "head -c 1000000 /dev/zero | tr '\\0' '['";
    refuse_answers(
        &[
            (
                "a million lists",
                deep,
                "recursion limit exceeded at line 1 column 128",
                &brackets,
            ),
            (
                "a million objects",
                "yes '{\"a\":' | head -n 1000000 | tr -d '\\n'",
                "recursion limit exceeded at line 1 column 636",
                &objects,
            ),
            (
                "a million lists for a path",
                &format!("printf '{{\"files\":[{{\"path\":'; {deep}"),
                "recursion limit exceeded at line 1 column 143",
                &files,
            ),
        ],
        |command| format!("#!/bin/sh\ncat >/dev/null\n{command}\n"),
    );
    let too_much = "plugin `fake` answered with more than 64 MiB";
    refuse(
        &relapsed(),
        &[
            ("blanks", "exec tr '\\0' ' ' </dev/zero", too_much),
            (
                "a text",
                "printf '{\"files\": [], \"message\": \"'; exec tr '\\0' x </dev/zero",
                too_much,
            ),
            (
                "a good answer first",
                "echo '{\"files\": []}'; exec tr '\\0' '\\n' </dev/zero",
                too_much,
            ),
            (
                "100,000 files",
                "jq --null-input '{files: [range(100000) | {path: \"f\\(.)\", content: \"\"}]}'",
                "target `files` has 100000 files; 10000 are allowed",
            ),
            (
                "100,000 times the same file",
                "jq --null-input '{files: [range(100000) | {path: \"kept\", content: \"\"}]}'",
                "target `files` has 100000 files; 10000 are allowed",
            ),
        ],
        |command| format!("#!/bin/sh\ncat >/dev/null\n{command}\n"),
    );
}

/// Of two equal keys the last one counts, as for every common reader of JSON; and it is the last one that is judged.
#[test]
fn of_two_keys_the_last_one_counts() {
    refuse(
        &relapsed(),
        &[
            (
                "path",
                r#"{"files": [{"path": "kept", "path": "../x", "content": ""}]}"#,
                "the plugin of target `files` wants to write `../x`, which has a `.` or `..` part",
            ),
            (
                "an escaped path",
                r#"{"files": [{"path": "kept", "\u0070ath": "/x", "content": ""}]}"#,
                "the plugin of target `files` wants to write `/x`, which is absolute",
            ),
            (
                "files",
                r#"{"files": [], "files": [{"path": "a/", "content": ""}]}"#,
                "the plugin of target `files` wants to write `a/`, which has an empty part",
            ),
        ],
        says,
    );
    let project = relapsed();
    play(
        &project,
        &says(r#"{"files": [{"path": "../x", "path": "kept", "content": "1", "content": "2"}]}"#),
    );
    project.pacto("generate").succeeds();
    assert_eq!(project.read("out/kept"), "2");
}

#[test]
fn one_file_of_60_mib_is_written() {
    let project = relapsed();
    let beside = everything(&project.surroundings().join("beside"));
    let file = "printf '{\"files\": [{\"path\": \"kept\", \"content\": \"'; head -c 62914560 /dev/zero | tr '\\0' x; printf '\"}]}'";
    play(&project, &format!("#!/bin/sh\ncat >/dev/null\n{file}\n"));

    project
        .pacto("generate")
        .succeeds()
        .stderr("   Generated files into out: 1 updated (`tools/pacto-plugin-fake` changed)\n");
    let size = std::fs::metadata(project.path("out/kept"))
        .expect("it is there")
        .len();
    assert_eq!(
        (size, project.names("out")),
        (62_914_560, vec!["kept".to_owned()])
    );
    assert_eq!(everything(&project.surroundings().join("beside")), beside);
}

#[test]
fn a_message_without_measure_is_cut() {
    let project = relapsed();
    let script = "printf '{\"files\": [], \"message\": \"'; head -c 8000000 /dev/zero | tr '\\0' m; printf '\"}'";
    play(&project, &format!("#!/bin/sh\ncat >/dev/null\n{script}\n"));

    project.pacto("generate").succeeds().stderr(format!(
        "   Generated files into out: 1 removed (`tools/pacto-plugin-fake` changed)\n     Message files: {}...\n",
        "m".repeat(4096)
    ));
}
