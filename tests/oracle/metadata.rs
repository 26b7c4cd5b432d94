//! The JSON Schema of `[package.metadata.pacto]` and its reader accept the same.

use std::fs;

use pacto_build::driver::{self, Project};
use serde_json::Value;
use tempfile::TempDir;

/// Accepted by both.
const ACCEPTED: &[&str] = &[
    "",
    "bundle = 'pacto'",
    "bundle = '../shared/pacto.yaml'",
    "bundle = '.'",
    "exclude = []",
    "exclude = ['docs/**', '']",
    "build = 'write'",
    "build = 'check'",
    "targets = {}",
    "targets.helm = {}",
    "targets.'a1._-b' = {}",
    "targets.'a.b' = {}",
    "targets.x.workspace = true",
    "targets.x = { workspace = true, output = 'o', options = { a = 1 } }",
    "targets.x.plugin = 'helm'",
    "targets.x.plugin = 'a.b_c-9'",
    "targets.x.plugin = { path = 'tools/p' }",
    "targets.x.plugin = { path = '../tools/p' }",
    "targets.x.plugin = { path = 'ab:c' }",
    "targets.x.plugin = { crate = 'p' }",
    "targets.x.plugin = { crate = 'a_b-9' }",
    "targets.x.output = 'deploy'",
    "targets.x.output = './deploy/'",
    "targets.x.output = '.'",
    "targets.x.output = 'a/..b/c..d'",
    "targets.x.output = '.github/workflows'",
    "targets.x.options = {}",
    "targets.x.options = { s = '', i = 1, f = 1.5, b = true, d = 2026-03-04, l = [1, 'a', []], t = { u = {} } }",
    "targets.x.inputs = []",
    "targets.x.inputs = ['a', '../b/**', '*.tmpl']",
    "targets.x.env = []",
    "targets.x.env = ['JAVA_HOME', 'a b', 'ä']",
    "targets.x.timeout = 1",
    "targets.x.timeout = 86400",
    "targets.x.timeout = 1_000",
    "targets.x.timeout = 0x3C",
    "targets.x.sandbox = 'strict'",
    "targets.x.sandbox = 'read-only'",
    "targets.x.sandbox = 'off'",
    "targets.x.sandbox = {}",
    "targets.x.sandbox = { level = 'strict', read = ['/usr/lib'], write = ['tmp'], network = true }",
];

/// Refused by both.
const REFUSED: &[&str] = &[
    "bundel = 'pacto'",
    "targets.x.plugin = { crate = '' }",
    "targets.x.plugin = { crate = 'a b' }",
    "targets.x.plugin = { path = 'a\u{202e}b' }",
    "bundle = 1",
    "bundle = ''",
    "bundle = '/etc'",
    "bundle = 'c:/x'",
    "bundle = 'a\\b'",
    "bundle = \"a\\nb\"",
    "bundle = ['a']",
    "exclude = 'docs'",
    "exclude = [1]",
    "build = 'no'",
    "build = true",
    "targets = []",
    "targets.x = 1",
    "targets.x = []",
    "targets.X = {}",
    "targets.'' = {}",
    "targets.'a b' = {}",
    "targets.'.a' = {}",
    "targets.'a.' = {}",
    "targets.con = {}",
    "targets.'nul.x' = {}",
    "targets.com1 = {}",
    "targets.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = {}",
    "targets.x.optoins = {}",
    "targets.x.workspace = false",
    "targets.x.workspace = 'true'",
    "targets.x.plugin = ''",
    "targets.x.plugin = 'Helm'",
    "targets.x.plugin = 'tools/p'",
    "targets.x.plugin = 'helm.'",
    "targets.x.plugin = 'aux'",
    "targets.x.plugin = 1",
    "targets.x.plugin = {}",
    "targets.x.plugin = { path = 'a', crate = 'b' }",
    "targets.x.plugin = { path = 'a', name = 'b' }",
    "targets.x.plugin = { path = '' }",
    "targets.x.plugin = { path = '/bin/p' }",
    "targets.x.plugin = { path = 'C:/p' }",
    "targets.x.plugin = { path = 'tools\\p' }",
    "targets.x.plugin = { crate = 1 }",
    "targets.x.output = 1",
    "targets.x.output = '/'",
    "targets.x.output = '/abs'",
    "targets.x.output = '..'",
    "targets.x.output = '../x'",
    "targets.x.output = 'a/../b'",
    "targets.x.output = 'a\\b'",
    "targets.x.output = 'c:/x'",
    "targets.x.output = \"a\\u0007b\"",
    "targets.x.options = []",
    "targets.x.options = 'a'",
    "targets.x.inputs = 'a'",
    "targets.x.inputs = [1]",
    "targets.x.inputs = ['']",
    "targets.x.inputs = ['/etc/x']",
    "targets.x.inputs = ['a\\b']",
    "targets.x.env = 'A'",
    "targets.x.env = [1]",
    "targets.x.env = ['']",
    "targets.x.env = ['A=b']",
    "targets.x.env = [\"A\\nB\"]",
    "targets.x.timeout = 0",
    "targets.x.timeout = -1",
    "targets.x.timeout = 86401",
    "targets.x.timeout = '60'",
    "targets.x.timeout = 1.5",
    "targets.x.timeout = true",
    "targets.x.sandbox = 'of'",
    "targets.x.sandbox = true",
    "targets.x.sandbox = { level = 'of' }",
    "targets.x.sandbox = { levels = 'off' }",
    "targets.x.sandbox = { read = '/usr' }",
    "targets.x.sandbox = { write = [1] }",
    "targets.x.sandbox = { network = 1 }",
];

/// Refused by the reader alone, with why a schema does not say so.
const BEYOND_SCHEMAS: &[(&str, &str)] = &[
    (
        "targets.x.timeout = 60.0",
        "JSON has one kind of number: 60.0 is whole there",
    ),
    (
        "targets.x.options = { a = nan }",
        "JSON has no such number to be asked about",
    ),
    (
        "targets.x.options = { a = [inf] }",
        "JSON has no such number to be asked about",
    ),
    (
        "targets.x.output = 'a//b'",
        "an editor need not know every rule of paths",
    ),
    (
        "targets.x.output = 'a/.git'",
        "an editor need not know every rule of paths",
    ),
    (
        "targets.x.output = 'a./b'",
        "an editor need not know every rule of paths",
    ),
    (
        "targets.x.output = 'a/nul.txt'",
        "an editor need not know every rule of paths",
    ),
];

/// Whether the reader takes `metadata`, in a package of a workspace that has a target `x`.
fn reader_accepts(metadata: &str) -> Result<(), String> {
    let dir = TempDir::new().expect("there is a temporary folder");
    let workspace = "[workspace]\nmembers = ['p']\n[workspace.metadata.pacto.targets.x]\n";
    fs::write(dir.path().join("Cargo.toml"), workspace).expect("the folder is ours");
    let manifest = dir.path().join("p/Cargo.toml");
    fs::create_dir(dir.path().join("p")).expect("the folder is ours");
    let package = format!("[package]\nname = 'p'\n[package.metadata.pacto]\n{metadata}\n");
    fs::write(&manifest, package).expect("the folder is ours");
    Project::load(&manifest, dir.path())
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn instance(metadata: &str) -> Value {
    let table: toml::Table = metadata.parse().expect("it is TOML");
    serde_json::to_value(table).expect("TOML is JSON")
}

#[test]
fn schema_and_reader_of_the_metadata_agree() {
    let schema = driver::metadata_schema();
    if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
        panic!("{error}");
    }
    let schema = jsonschema::draft202012::new(&schema).expect("it is a schema");
    let rows = |rows: &[&'static str], reader, schema| -> Vec<(&str, bool, bool)> {
        rows.iter().map(|row| (*row, reader, schema)).collect()
    };
    let beyond: Vec<&str> = BEYOND_SCHEMAS
        .iter()
        .map(|(metadata, _)| *metadata)
        .collect();
    let all = [
        rows(ACCEPTED, true, true),
        rows(REFUSED, false, false),
        rows(&beyond, false, true),
    ];
    let mut wrong = Vec::new();
    for (metadata, by_reader, by_schema) in all.concat() {
        let read = reader_accepts(metadata);
        let is_valid = schema.is_valid(&instance(metadata));
        if (read.is_ok(), is_valid) != (by_reader, by_schema) {
            wrong.push(format!(
                "{metadata}\n  reader {read:?}\n  schema {is_valid}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are judged otherwise\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
