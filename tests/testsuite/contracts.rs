//! Contracts as services have them: they load, whatever their dialect and however they are written.
//!
//! They lie in `tests/contracts` with one bundle's files for all. A contract's first line lists what
//! is to be said of it; the name begins with its format, and for 1.0 with its dialect.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use pacto_build::driver;

use crate::support::{bare, repository};

#[test]
fn contracts_of_all_dialects_have_no_findings_but_those_that_they_list() {
    let mut dialects: BTreeMap<String, usize> = BTreeMap::new();
    for (name, text) in contracts() {
        let listed = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# finds: "));
        let listed: Vec<&str> = listed.unwrap_or_default().split_whitespace().collect();

        let findings = driver::findings(&folder().join(&name)).expect("the contract is there");

        let findings: Vec<String> = findings
            .iter()
            .map(|finding| format!("{}@{}", finding.code, finding.path))
            .collect();
        assert_eq!(findings, listed, "{name}");
        let (dialect, _) = name
            .split_once('-')
            .expect("a name begins with its dialect");
        *dialects.entry(dialect.to_owned()).or_default() += 1;
    }
    assert_eq!(
        dialects.keys().collect::<Vec<_>>(),
        ["1.1", "1.2", "2.0", "d0", "d1", "d2", "d3", "d4", "d5"]
    );
    assert!(dialects.values().all(|count| *count >= 4), "{dialects:?}");
}

/// The expected lines were not made by our reader but by ruamel.yaml's, with every number in the digits of
/// the source as far as JSON has them.
#[test]
fn plugins_get_every_key_in_its_order_and_every_digit() {
    let project = bare("contracts");
    project.executable(
        "tools/echo",
        "#!/bin/sh\nexec jq --raw-input --slurp '{files: [{path: \"request.json\", content: .}]}'\n",
    );
    let mut lines = String::new();
    for (name, _) in contracts() {
        let contract = folder().join(&name);
        project
            .pacto(&format!(
                "run tools/echo {} --output {name}",
                contract.display()
            ))
            .succeeds();
        let request = project.read(&format!("{name}/request.json"));
        let (_, contract) = request
            .split_once("\"contract\":")
            .expect("it is a request");
        let (contract, _) = contract
            .split_once(",\"bundleDir\":")
            .expect("it comes next");
        lines.push_str(&format!("{{\"{name}\":{contract}}}\n"));
    }
    let expected = fs::read_to_string(folder().join("as-json.jsonl")).expect("it is there");
    for (line, expected) in lines.lines().zip(expected.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(lines.lines().count(), expected.lines().count());
}

#[test]
fn a_merge_mark_in_quotes_is_a_key_like_any_other() {
    let text = "pactoVersion: \"1.0\"\nservice: {name: a, version: 1.0.0}\nmetadata: {\"<<\": left, '>>': right}\n";

    assert_eq!(driver::findings_in(text), []);
}

fn folder() -> PathBuf {
    repository().join("tests/contracts")
}

/// The contracts by their names, without a mark at their beginning.
fn contracts() -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder()).expect("the contracts are there");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names = names.filter(|name| name.ends_with(".yaml"));
    names
        .map(|name| {
            let text = fs::read_to_string(folder().join(&name)).expect("it is text");
            (name, text.trim_start_matches('\u{feff}').to_owned())
        })
        .collect()
}
