//! The contract: YAML text to an ordered tree with places, and what is wrong with it.

mod capabilities;
mod codes;
mod diagnostic;
mod dialect;
mod head;
mod json;
mod node;
mod range;
mod readiness;
mod reference;
mod rules;
mod scalar;
mod semver;
mod shape;
mod yaml;

pub use self::diagnostic::{Diagnostic, Severity};

use self::diagnostic::Findings;
use self::node::Node;
use crate::rel_path::RelPath;

/// The file that makes a folder a bundle.
pub(crate) const CONTRACT_FILE: &str = "pacto.yaml";

/// A contract as it is written: nothing dropped, nothing filled in, keys in their order.
#[derive(Debug)]
pub(crate) struct Contract {
    root: Node,
}

impl Contract {
    /// Reads `text`, which is called `file` in messages.
    ///
    /// # Errors
    ///
    /// All findings together, if one of them is an error.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut findings = Findings::new(file, text);
        let root = yaml::parse(text, &mut findings);
        if let Some(root) = &root {
            head::check(root, &mut findings);
        }
        match root {
            Some(root) if !findings.has_errors() => Ok(Self { root }),
            _ => Err(findings.into_sorted()),
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
    /// Every dialect's way to name one is looked at. A path that is not plain, or that leaves the
    /// bundle, names no bundle file and is left out.
    pub(crate) fn named_files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut add = |owner: &Node, keys: &[&str]| {
            for text in keys.iter().filter_map(|key| owner.get(key)?.as_text()) {
                if RelPath::new(text).is_ok() {
                    files.push(text.to_owned());
                }
            }
        };
        for interface in self.items("interfaces") {
            add(interface, &["contract", "ref"]);
        }
        for single in ["configuration", "policy"]
            .iter()
            .filter_map(|key| self.root.get(key))
        {
            add(single, &["schema"]);
            single
                .get("configs")
                .into_iter()
                .flat_map(Node::items)
                .for_each(|config| add(config, &["schema"]));
        }
        for entry in self
            .items("configurations")
            .iter()
            .chain(self.items("policies"))
        {
            add(entry, &["schema"]);
        }
        files.sort();
        files.dedup();
        files
    }

    fn items(&self, key: &str) -> &[Node] {
        self.root.get(key).map_or(&[], Node::items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        match Contract::parse("pacto.yaml", text) {
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
                "{n: 123456789012345678901234567890, f: 1.10, e: 1e3, h: 0x1F, o: 0o17}",
                r#"{"n":123456789012345678901234567890,"f":1.10,"e":1e3,"h":31,"o":15}"#,
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
            let contract =
                Contract::parse("pacto.yaml", &format!("{HEAD}metadata: {text}\n")).expect(text);
            let json = String::from_utf8(contract.to_json()).expect("the writer makes UTF-8");
            let (_, metadata) = json.split_once("\"metadata\":").expect("it was written");
            assert_eq!(&metadata[..metadata.len() - 1], expected, "{text}");
        }
    }

    #[test]
    fn crlf_a_bom_and_comments_change_nothing() {
        let plain = Contract::parse("f", HEAD)
            .ok()
            .map(|contract| contract.to_json());
        assert!(plain.is_some());
        for text in [
            HEAD.replace('\n', "\r\n"),
            format!("\u{feff}{HEAD}"),
            format!("# c\n---\n{HEAD}# c\n...\n"),
        ] {
            let json = Contract::parse("f", &text).expect(&text).to_json();
            assert_eq!(Some(json), plain, "{text:?}");
        }
    }

    #[test]
    fn named_files_of_all_dialects() {
        let text = "interfaces:\n- {name: a, contract: i/a.yaml}\n- {name: b, ref: i/b.yaml}\n- {name: c, contract: ../out}\n\
                    configuration: {schema: c/s.json, configs: [{schema: c/t.json}]}\nconfigurations: [{schema: c/u.json}]\n\
                    policy: {schema: p/s.json}\npolicies: [{schema: p/t.json}, {ref: oci://x/y}]\n";
        let contract = Contract::parse("f", &format!("{HEAD}{text}")).expect("it is valid");
        assert_eq!(
            contract.named_files(),
            [
                "c/s.json", "c/t.json", "c/u.json", "i/a.yaml", "i/b.yaml", "p/s.json", "p/t.json"
            ]
        );
    }

    #[test]
    fn explosions_are_refused() {
        let mut bomb = format!("{HEAD}metadata:\n  a0: &a0 [x]\n");
        for level in 1..20 {
            let alias = format!("*a{}", level - 1);
            bomb.push_str(&format!(
                "  a{level}: &a{level} [{}]\n",
                [alias.as_str(); 10].join(",")
            ));
        }
        assert_eq!(findings(&bomb).len(), 1);
        assert_eq!(findings(&"[".repeat(10_000)).len(), 1);
        assert_eq!(
            findings(&format!("{HEAD}metadata: {}", "{a: ".repeat(10_000))).len(),
            1
        );
    }
}
