//! The contract: YAML text to an ordered tree with places, and what is wrong with it.

mod capabilities;
mod codes;
mod diagnostic;
mod dialect;
mod files;
mod head;
mod json;
#[cfg(feature = "driver")]
mod json_schema;
mod node;
mod range;
mod readiness;
mod reference;
mod rules;
mod scalar;
mod semver;
mod shape;
mod yaml;

use std::collections::BTreeSet;

pub use self::diagnostic::{Diagnostic, Severity};
pub(crate) use self::files::{FileState, Files, Purpose};
#[cfg(feature = "driver")]
pub(crate) use self::json_schema::contract as json_schema;

use self::diagnostic::Findings;
use self::node::{Node, Span};

/// The file that makes a folder a bundle.
pub(crate) const CONTRACT_FILE: &str = "pacto.yaml";

/// A contract as it is written: nothing dropped, nothing filled in, keys in their order.
#[derive(Debug)]
pub(crate) struct Contract {
    root: Node,
}

/// A text that was read as a contract.
#[derive(Debug)]
pub(crate) struct Reading {
    /// `None` if one of the findings is an error.
    pub(crate) contract: Option<Contract>,
    /// Everything that was found, by place.
    pub(crate) findings: Vec<Diagnostic>,
}

impl Contract {
    /// Reads `bytes`, which are called `file` in messages, and judges all of them.
    pub(crate) fn read(file: &str, bytes: &[u8], files: &dyn Files) -> Reading {
        match str::from_utf8(bytes) {
            Ok(text) => Self::read_text(file, text, files),
            Err(error) => Reading {
                contract: None,
                findings: not_text(file, bytes, error.valid_up_to()),
            },
        }
    }

    fn read_text(file: &str, text: &str, files: &dyn Files) -> Reading {
        let mut findings = Findings::new(file, text);
        let root = yaml::parse(text, &mut findings);
        if let Some(root) = &root {
            head::check(root, &mut findings);
            files::check(root, files, &mut findings);
        }
        let contract = root
            .filter(|_| !findings.has_errors())
            .map(|root| Self { root });
        Reading {
            contract,
            findings: findings.into_sorted(),
        }
    }

    /// The document as JSON on one line, digit for digit.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut text = Vec::new();
        json::write(&self.root, &mut text);
        text
    }

    /// The bundle files that the contract names, whether they are there or not.
    ///
    /// Every dialect's way to name one is looked at. A path that leaves the bundle names none.
    pub(crate) fn named_files(&self) -> BTreeSet<String> {
        let references = files::references(&self.root);
        let mut files = BTreeSet::new();
        files.extend(references.iter().filter_map(files::Reference::file));
        files
    }
}

/// What is to be said of a file that is text as far as `end`.
fn not_text(file: &str, bytes: &[u8], end: usize) -> Vec<Diagnostic> {
    // Up to `end` this changes nothing, and what follows is shown as one character for each bad byte.
    let text = String::from_utf8_lossy(bytes);
    let mut findings = Findings::new(file, &text);
    let span = Span {
        start: end,
        end: end + char::REPLACEMENT_CHARACTER.len_utf8(),
    };
    findings.error_with_help(
        codes::YAML_PARSE_ERROR,
        "",
        span,
        "here is a byte that is not UTF-8",
        "save the file as UTF-8",
    );
    findings.into_sorted()
}

/// Everything that is to be said of a text, as if every file that it names were there.
#[cfg(any(test, feature = "driver"))]
pub(crate) fn findings_in(text: &str) -> Vec<Diagnostic> {
    Contract::read(CONTRACT_FILE, text.as_bytes(), &Everything).findings
}

#[cfg(any(test, feature = "driver"))]
/// A bundle that has every file.
struct Everything;

#[cfg(any(test, feature = "driver"))]
impl Files for Everything {
    fn state(&self, _: &str) -> FileState {
        FileState::File
    }

    fn read(&self, _: &str) -> Option<Vec<u8>> {
        Some(b"{}".to_vec())
    }

    fn purpose(&self) -> Purpose {
        Purpose::Validate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Contract, Vec<Diagnostic>> {
        let reading = Contract::read("pacto.yaml", text.as_bytes(), &Everything);
        reading.contract.ok_or(reading.findings)
    }

    fn findings(text: &str) -> Vec<String> {
        match parse(text) {
            Ok(_) => Vec::new(),
            Err(all) => all
                .iter()
                .map(|d| format!("{}:{} {} {}", d.line, d.column, d.code, d.path))
                .collect(),
        }
    }

    const HEAD: &str = "pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.0.0}\n";

    #[test]
    fn what_is_refused_and_where() {
        let table = [
            ("", vec!["1:1 SCHEMA_VIOLATION "]),
            ("# only a comment\n", vec!["1:1 SCHEMA_VIOLATION "]),
            ("- a\n", vec!["1:1 SCHEMA_VIOLATION "]),
            ("a: [\n", vec!["1:4 YAML_PARSE_ERROR "]),
            (
                "pactoVersion: 1.0\nservice: {name: a, version: 1.0.0}",
                vec!["1:15 SCHEMA_VIOLATION pactoVersion"],
            ),
            (
                "pactoVersion: \"9\"\nservice: {name: a, version: 1.0.0}",
                vec!["1:15 UNSUPPORTED_PACTO_VERSION pactoVersion"],
            ),
            (
                "service: {name: a, version: 1.0.0}",
                vec!["1:1 SCHEMA_VIOLATION "],
            ),
            ("pactoVersion: \"1.0\"", vec!["1:1 SCHEMA_VIOLATION "]),
            (
                "pactoVersion: \"1.0\"\nservice: {}",
                vec![
                    "2:10 SCHEMA_VIOLATION service",
                    "2:10 SCHEMA_VIOLATION service",
                ],
            ),
            (
                "pactoVersion: \"1.0\"\nservice:\n  name: Bad_Name\n  version: 1.2.3.4\n",
                vec![
                    "3:9 SCHEMA_VIOLATION service.name",
                    "4:12 INVALID_SEMVER service.version",
                ],
            ),
            (
                "pactoVersion: \"1.0\"\nservice: {name: 123, version: 1.0}",
                vec![
                    "2:17 SCHEMA_VIOLATION service.name",
                    "2:31 SCHEMA_VIOLATION service.version",
                ],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(findings(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused_below_a_good_head() {
        let table = [
            ("metadata: {a: 1, a: 2}\n", "3:18 DUPLICATE_KEY metadata.a"),
            ("metadata: {x: .nan}\n", "3:15 NOT_A_NUMBER metadata.x"),
            (
                "metadata: {x: [-.inf]}\n",
                "3:16 NOT_A_NUMBER metadata.x[0]",
            ),
            ("metadata: {m: {1: a}}\n", "3:16 KEY_NOT_TEXT metadata.m"),
            ("metadata: {[a]: b}\n", "3:12 KEY_NOT_TEXT metadata"),
            ("metadata: {x: 010}\n", "3:15 AMBIGUOUS_NUMBER metadata.x"),
            ("---\nsecond: true\n", "3:1 MULTIPLE_DOCUMENTS "),
            ("metadata: {x: *no}\n", "3:15 YAML_PARSE_ERROR "),
            ("metadata:\n\tx: 1\n", "4:2 YAML_PARSE_ERROR "),
            ("metadata: {<<: 1}\n", "3:16 INVALID_MERGE metadata"),
        ];
        for (text, expected) in table {
            assert_eq!(findings(&format!("{HEAD}{text}")), [expected], "{text}");
        }
    }

    #[test]
    fn the_document_goes_out_as_it_is_written() {
        let table = [
            (
                "{z: 1, a: [true, ~, 'x']}",
                r#"{"z":1,"a":[true,null,"x"]}"#,
            ),
            (
                "{n: 123456789012345678901234567890, f: 1.10, e: 1e400, h: 0x1F, o: 0o17}",
                r#"{"n":123456789012345678901234567890,"f":1.10,"e":1e400,"h":31,"o":15}"#,
            ),
            (
                "{d: 2026-03-04, y: yes, n: no, q: '1', v: 1_000, t: 1:30}",
                r#"{"d":"2026-03-04","y":"yes","n":"no","q":"1","v":"1_000","t":"1:30"}"#,
            ),
            (
                "{a: +1, b: .5, c: 1., d: -0.50, e: +.5e+3}",
                r#"{"a":1,"b":0.5,"c":1.0,"d":-0.50,"e":0.5e+3}"#,
            ),
            (
                "{a: &x {k: 1}, b: *x, c: {<<: *x, j: 2}, d: {<<: [*x, {k: 3, l: 4}], k: 5}}",
                r#"{"a":{"k":1},"b":{"k":1},"c":{"k":1,"j":2},"d":{"l":4,"k":5}}"#,
            ),
            (
                "{a: !foo bar, b: !!str 1, c: \"tab\\t\\u2028\\\"\"}",
                "{\"a\":\"bar\",\"b\":\"1\",\"c\":\"tab\\t\u{2028}\\\"\"}",
            ),
        ];
        for (text, expected) in table {
            let contract = parse(&format!("{HEAD}metadata: {text}\n")).expect(text);
            let json = String::from_utf8(contract.to_json()).expect("the writer makes UTF-8");
            let (_, metadata) = json.split_once("\"metadata\":").expect("it was written");
            assert_eq!(&metadata[..metadata.len() - 1], expected, "{text}");
        }
    }

    #[test]
    fn crlf_a_bom_and_comments_change_nothing() {
        let plain = parse(HEAD).ok().map(|contract| contract.to_json());
        assert!(plain.is_some());
        for text in [
            HEAD.replace('\n', "\r\n"),
            format!("\u{feff}{HEAD}"),
            format!("# c\n---\n{HEAD}# c\n...\n"),
        ] {
            let json = parse(&text).expect(&text).to_json();
            assert_eq!(Some(json), plain, "{text:?}");
        }
    }

    #[test]
    fn named_files_of_all_dialects() {
        for (text, expected) in [
            (
                "interfaces:\n- {name: a, type: http, port: 1, contract: i/a.yaml}\n- {name: b, type: event, contract: ./i/b}\n",
                &["i/a.yaml", "i/b"][..],
            ),
            (
                "configuration: {schema: c/s.json}\npolicy: {schema: p/s.json}\n",
                &["c/s.json", "p/s.json"],
            ),
            (
                "configuration: {configs: [{name: x, schema: c/t.json}]}\n",
                &["c/t.json"],
            ),
            (
                "configurations: [{name: x, schema: c/u.json}]\npolicies: [{schema: p/t.json}, {ref: 'oci://x/y'}]\n",
                &["c/u.json", "p/t.json"],
            ),
        ] {
            let contract = parse(&format!("{HEAD}{text}")).expect(text);
            assert!(contract.named_files().iter().eq(expected), "{text}");
        }
        let contract = parse(&format!(
            "{}interfaces: [{{name: b, type: openapi, ref: i/b.yaml}}]\n",
            HEAD.replace("1.0\"", "2.0\"")
        ));
        assert!(
            contract
                .expect("it is of 2.0")
                .named_files()
                .iter()
                .eq(["i/b.yaml"])
        );
    }

    #[test]
    fn cures_are_told_where_there_is_one() {
        for (text, help) in [
            ("port: '8080'", Some("remove the quotes")),
            ("port: '0x1F'", Some("remove the quotes")),
            // These are text without quotes, too.
            ("port: nan", None),
            ("port: inf", None),
        ] {
            let contract = format!("{HEAD}interfaces: [{{name: a, type: http, {text}}}]\n");
            let found = findings_in(&contract);
            let found: Vec<Option<&str>> = found.iter().map(|one| one.help.as_deref()).collect();
            assert_eq!(found, [help], "{text}");
        }
    }

    #[test]
    fn the_bundle_itself_is_no_file_and_no_escape() {
        for (schema, code) in [
            (".", "FILE_NOT_A_FILE"),
            ("./", "FILE_NOT_A_FILE"),
            ("a/..", "FILE_NOT_A_FILE"),
            ("..", "PATH_ESCAPES_BUNDLE"),
            ("a/../..", "PATH_ESCAPES_BUNDLE"),
            ("/", "PATH_ESCAPES_BUNDLE"),
        ] {
            let text = format!("{HEAD}configuration: {{schema: {schema}}}\n");
            let expected = format!("3:25 {code} configuration.schema");
            assert_eq!(findings(&text), [expected], "{schema}");
        }
    }

    #[test]
    fn findings_have_an_end() {
        let keys: String = (0..5_000).map(|key| format!("k{key}: 1\n")).collect();
        let found = findings_in(&format!("{HEAD}{keys}"));
        assert_eq!(found.len(), 1_001);
        let last = found.last().map(|last| (last.code, last.message.as_str()));
        let expected = "too many findings to show: 4000 left out";
        assert_eq!(last, Some(("TOO_LARGE", expected)));

        // Each finding has its line, which is the whole file here.
        let keys: Vec<String> = (0..5_000).map(|key| format!("k{key}: 1")).collect();
        let service = "service: {name: demo, version: 1.0.0}";
        let found = findings_in(&format!(
            "{{pactoVersion: '1.0', {service}, {}}}",
            keys.join(", ")
        ));
        let bytes: usize = found.iter().map(|one| one.source.len()).sum();
        assert!(bytes < 2 * 1024 * 1024, "{bytes}");
    }

    #[test]
    fn later_names_are_known_by_their_last_twin() {
        let interfaces = "interfaces: [{name: a, type: http, port: 1}, {name: a, type: http, port: 1}, {name: a, type: http, port: 1}]";
        let found = findings_in(&format!("{HEAD}{interfaces}\n"));
        let found: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(
            found,
            [
                "`a` is the name of interfaces[0] already",
                "`a` is the name of interfaces[1] already"
            ]
        );
    }

    fn laughs(first: &str, levels: usize) -> String {
        let mut bomb = format!("{HEAD}metadata:\n  a0: &a0 {first}\n");
        for level in 1..=levels {
            let alias = format!("*a{}", level - 1);
            bomb.push_str(&format!(
                "  a{level}: &a{level} [{}]\n",
                [alias.as_str(); 10].join(",")
            ));
        }
        bomb
    }

    #[test]
    fn explosions_are_refused() {
        // Few values, and a long text in each of them; and what every anchor keeps counts as well.
        let long_text = laughs(&"x".repeat(6_000), 4);
        let anchors: String = (0..90).map(|level| format!("&n{level} [")).collect();
        let many_anchors = format!(
            "{}  nest: {anchors}*a3{}\n",
            laughs("[x]", 3),
            "]".repeat(90)
        );
        for bomb in [laughs("[x]", 19), long_text, many_anchors] {
            let findings = findings(&bomb);
            assert!(
                matches!(findings.as_slice(), [only] if only.contains("TOO_LARGE")),
                "{findings:?}"
            );
        }
        assert_eq!(findings(&"[".repeat(10_000)).len(), 1);
        assert_eq!(
            findings(&format!("{HEAD}metadata: {}", "{a: ".repeat(10_000))).len(),
            1
        );
    }
}
