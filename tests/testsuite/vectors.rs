//! The test vectors that the format is agreed on by: a contract, and what is to be said of it.
//!
//! `V` are contracts of 1.0, of which one reader knows one dialect and ours knows all; `W` are of 2.0.
//! Where our verdict differs from another reader's on purpose, the row says why. Two things always
//! differ: all faults are reported at once, and places are written with brackets.

use std::fs;
use std::path::Path;

use pacto_build::Severity;
use pacto_build::driver;
use tempfile::TempDir;

/// A contract, and what is said of it, as `CODE@path` in the order of the places.
struct Vector {
    id: &'static str,
    /// Put together.
    contract: &'static [&'static str],
    errors: &'static [&'static str],
    warnings: &'static [&'static str],
}

/// Nothing is to be said.
const fn valid(id: &'static str, contract: &'static [&'static str]) -> Vector {
    findings(id, contract, &[], &[])
}

const fn errors(
    id: &'static str,
    contract: &'static [&'static str],
    errors: &'static [&'static str],
) -> Vector {
    findings(id, contract, errors, &[])
}

const fn warnings(
    id: &'static str,
    contract: &'static [&'static str],
    warnings: &'static [&'static str],
) -> Vector {
    findings(id, contract, &[], warnings)
}

const fn findings(
    id: &'static str,
    contract: &'static [&'static str],
    errors: &'static [&'static str],
    warnings: &'static [&'static str],
) -> Vector {
    Vector {
        id,
        contract,
        errors,
        warnings,
    }
}

/// What every bundle of the vectors has beside its contract.
const FILES: [(&str, &str); 4] = [
    ("interfaces/openapi.yaml", "openapi: 3.1.0\n"),
    ("interfaces/svc.proto", "syntax = \"proto3\";\n"),
    ("configuration/schema.json", "{\"type\": \"object\"}\n"),
    ("policy/schema.json", "{\"type\": \"object\"}\n"),
];

const H: &str = "pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.0.0}\n";
const API: &str = "interfaces: [{name: api, type: http, port: 80}]\n";
const STATE: &str = "  state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}\n";
const SERVICE: &str = "runtime:\n  workload: service\n";
const JOB: &str = "runtime:\n  workload: job\n";
const SCHEDULED: &str = "runtime:\n  workload: scheduled\n";
const HEALTH: &str = "  health: {interface: api, path: /h}\n";

#[rustfmt::skip]
const VECTORS_1_0: &[Vector] = &[
    valid("V1", &[H]),
    valid("V2", &[H, API, "runtime:\n  workload: {type: service, concurrency: finite}\n", STATE, HEALTH]),
    valid("V3", &[H, API, "runtime:\n  workload: {type: service}\n", STATE, HEALTH]),
    valid("V4", &[H, API, SERVICE, STATE, HEALTH]),
    valid("V5", &[H, API, "runtime:\n  workload: {type: worker, concurrency: long-lived}\n", STATE, HEALTH]),
    errors("V6a", &["pactoVersion: \"1.0\"\nservice: {name: Bad_Name, version: 1.0.0}\n"], &["SCHEMA_VIOLATION@service.name"]),
    errors("V6b", &["pactoVersion: \"1.0\"\nservice: {name: a-, version: 1.0.0}\n"], &["SCHEMA_VIOLATION@service.name"]),
    errors("V7", &["pactoVersion: 1.0\nservice: {name: demo, version: 1.0.0}\n"], &["SCHEMA_VIOLATION@pactoVersion"]),
    errors("V8", &["pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.0}\n"], &["SCHEMA_VIOLATION@service.version"]),
    valid("V9", &["pactoVersion: \"2.0\"\nservice: {name: demo, version: 1.0.0}\n"]),
    errors("V10", &["pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.2.3.4}\n"], &["INVALID_SEMVER@service.version"]),
    valid("V11a", &["pactoVersion: \"1.0\"\nservice: {name: demo, version: v1.0}\n"]),
    valid("V11b", &["pactoVersion: \"1.0\"\nservice: {name: demo, version: \"2024.01.01\"}\n"]),
    // The code of the rule says more than that of the schema, which hides it elsewhere.
    errors("V12", &[H, "interfaces: [{name: api, type: http}]\n"], &["PORT_REQUIRED@interfaces[0].port"]),
    errors("V13", &[H, "interfaces: [{name: api, type: grpc, port: 1}]\n"], &["CONTRACT_REQUIRED@interfaces[0].contract"]),
    // Without a type nothing follows from the type: one finding, not one for each.
    errors("V14", &[H, "interfaces: [{name: ev}]\n"], &["SCHEMA_VIOLATION@interfaces[0]"]),
    warnings("V15", &[H, "interfaces: [{name: ev, type: event, port: 1, contract: interfaces/openapi.yaml}]\n"], &["PORT_IGNORED@interfaces[0].port"]),
    errors("V16", &[H, "interfaces: [{name: a, type: http, port: 1}, {name: a, type: http, port: 2}]\n"], &["DUPLICATE_INTERFACE_NAME@interfaces[1].name"]),
    errors("V17a", &[H, "interfaces: [{name: api, type: http, port: 70000}]\n"], &["SCHEMA_VIOLATION@interfaces[0].port"]),
    errors("V17b", &[H, "interfaces: [{name: api, type: http, port: 0}]\n"], &["SCHEMA_VIOLATION@interfaces[0].port"]),
    errors("V18", &[H, "interfaces: [{name: api, type: http, port: 80, contract: interfaces/nope.yaml}]\nconfiguration: {schema: configuration/nope.json}\n"],
        &["FILE_NOT_FOUND@interfaces[0].contract", "FILE_NOT_FOUND@configuration.schema"]),
    // The file is there, and what is meant is clear; other readers still do not find it.
    warnings("V19", &[H, "interfaces: [{name: api, type: http, port: 80, contract: ./interfaces/openapi.yaml}]\n"], &["PATH_NOT_PLAIN@interfaces[0].contract"]),
    // A code of its own: no file could be put there that would mend it.
    errors("V20", &[H, "configuration: {schema: ../bundle/configuration/schema.json}\n"], &["PATH_ESCAPES_BUNDLE@configuration.schema"]),
    // No plugin could read it.
    errors("V21", &[H, "configuration: {schema: configuration}\n"], &["FILE_NOT_A_FILE@configuration.schema"]),
    errors("V22", &[H, SERVICE, STATE, "  health: {interface: zz, path: /h}\n"], &["HEALTH_INTERFACE_NOT_FOUND@runtime.health.interface"]),
    errors("V23", &[H, "interfaces: [{name: api, type: event, contract: interfaces/openapi.yaml}]\n", SERVICE, STATE, HEALTH], &["HEALTH_INTERFACE_INVALID@runtime.health.interface"]),
    errors("V24", &[H, API, SERVICE, STATE, "  health: {interface: api}\n"], &["HEALTH_PATH_REQUIRED@runtime.health.path"]),
    warnings("V25", &[H, "interfaces: [{name: api, type: grpc, port: 1, contract: interfaces/svc.proto}]\n", SERVICE, STATE, HEALTH], &["HEALTH_PATH_IGNORED@runtime.health.path"]),
    warnings("V26", &[H, "dependencies: [{ref: \"oci://ghcr.io/a/b:1.0.0\", compatibility: \"^1.0.0\"}]\n"], &["TAG_NOT_DIGEST@dependencies[0].ref"]),
    // The one fault does not hide the other.
    errors("V27", &[H, "dependencies: [{ref: \"oci://invalid\", compatibility: nope}]\n"], &["INVALID_OCI_REF@dependencies[0].ref", "INVALID_COMPATIBILITY@dependencies[0].compatibility"]),
    errors("V28", &[H, "dependencies: [{ref: ../x, compatibility: nope}]\n"], &["INVALID_COMPATIBILITY@dependencies[0].compatibility"]),
    // It is a local path by the letter, which nobody writes who means one.
    warnings("V29", &[H, "dependencies: [{ref: \"ghcr.io/a/b:1\", compatibility: \"*\"}]\n"], &["MISSING_OCI_SCHEME@dependencies[0].ref"]),
    valid("V30", &[H, "dependencies: [{ref: \"oci://ghcr.io/a/b\", compatibility: \"~1\"}]\n"]),
    errors("V31", &[H, "dependencies: [{ref: ../x, compatibility: \"\"}]\n"], &["EMPTY_COMPATIBILITY@dependencies[0].compatibility"]),
    errors("V32", &["pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.0.0, image: {ref: nginx}}\n"], &["INVALID_IMAGE_REF@service.image.ref"]),
    // One finding, however many ways there are to mend it.
    errors("V33a", &[H, "scaling: {replicas: 1, min: 1, max: 2}\n"], &["SCHEMA_VIOLATION@scaling"]),
    errors("V33b", &[H, "scaling: {min: 1}\n"], &["SCHEMA_VIOLATION@scaling"]),
    errors("V33c", &[H, "scaling: {}\n"], &["SCHEMA_VIOLATION@scaling"]),
    errors("V34", &[H, "scaling: {min: 3, max: 1}\n"], &["SCALING_MIN_EXCEEDS_MAX@scaling"]),
    errors("V35a", &[H, JOB, STATE, "scaling: {replicas: 1}\n"], &["JOB_SCALING_NOT_ALLOWED@scaling"]),
    errors("V35b", &[H, "runtime:\n  workload: {type: job}\n", STATE, "scaling: {replicas: 1}\n"], &["JOB_SCALING_NOT_ALLOWED@scaling"]),
    valid("V36", &[H, SCHEDULED, STATE, "scaling: {replicas: 1}\n"]),
    errors("V37", &[H, SERVICE, "  state: {type: stateless, persistence: {scope: local, durability: persistent}, dataCriticality: low}\n"],
        &["STATELESS_PERSISTENT_CONFLICT@runtime.state.persistence.durability"]),
    warnings("V38", &[H, SERVICE, STATE, "  lifecycle: {upgradeStrategy: ordered}\n"], &["UPGRADE_STRATEGY_STATE_MISMATCH@runtime.lifecycle.upgradeStrategy"]),
    errors("V39", &[H, "interfaces:\nruntime:\n"], &["SCHEMA_VIOLATION@interfaces", "SCHEMA_VIOLATION@runtime"]),
    // That plugins get the date as it is written is told in `contracts.rs`.
    valid("V40", &[H, "metadata: {released: 2026-03-04}\n"]),
    valid("V41", &["pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.0.0, owner: {team: x}}\n"]),
    valid("V42a", &[H, "policies: [{name: p, schema: policy/schema.json}]\n"]),
    errors("V42b", &[H, "policies: [{name: p, schema: policy/nope.json}]\n"], &["FILE_NOT_FOUND@policies[0].schema"]),
    errors("V43", &[H, "metadata: [a]\n"], &["SCHEMA_VIOLATION@metadata"]),
    errors("V44a", &[H, "interfaces: [{name: api, type: http, port: 80, visibility: \"\"}]\n"], &["SCHEMA_VIOLATION@interfaces[0].visibility"]),
    errors("V44b", &[H, "interfaces: [{name: api, type: http, port: 80, contract: \"\"}]\n"], &["SCHEMA_VIOLATION@interfaces[0].contract"]),
    // Elsewhere all five are one code, as all reading is one step; here a code is a cure.
    errors("V45a", &[H, "scaling: {replicas: 1}\nscaling: {replicas: 2}\n"], &["DUPLICATE_KEY@scaling"]),
    errors("V45b", &[H, "metadata:\n\ta: 1\n"], &["YAML_PARSE_ERROR@"]),
    errors("V45c", &[""], &["SCHEMA_VIOLATION@"]),
    errors("V45d", &["- pactoVersion: \"1.0\"\n"], &["SCHEMA_VIOLATION@"]),
    errors("V45e", &[H, "foo: 1\n"], &["SCHEMA_VIOLATION@"]),
    errors("V46", &[H, "metadata: {x: .nan}\n"], &["NOT_A_NUMBER@metadata.x"]),
    // What no plugin could be given is refused by whoever reads the contract, not only where one runs.
    errors("V47", &[H, "metadata: {m: {1: a}}\n"], &["KEY_NOT_TEXT@metadata.m"]),
    // A text that nobody reads may be half a contract.
    errors("V48", &[H, "---\n%garbage: [\n"], &["MULTIPLE_DOCUMENTS@"]),
    valid("V49", &[H, API, "runtime:\n  workload: {type: service, concurrency: finite}\n  network: {defaultInterface: api}\n", STATE, HEALTH]),
    valid("V50a", &[H, "interfaces: [{name: api, type: http, port: 8080.0}]\n"]),
    errors("V50b", &[H, "interfaces: [{name: api, type: http, port: \"8080\"}]\n"], &["SCHEMA_VIOLATION@interfaces[0].port"]),
];

const H2: &str = "pactoVersion: \"2.0\"\nservice: {name: demo, version: 1.0.0}\n";

#[rustfmt::skip]
const VECTORS_2_0: &[Vector] = &[
    valid("W1", &[H2, "workload: service\nstate: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}\n"]),
    errors("W2", &[H2, "dependencies: [{name: b, ref: ../b, compatibility: \"^1\"}]\n"], &["SCHEMA_VIOLATION@dependencies[0]"]),
    // The code of the rule, as for the port of an interface; a `oneOf` would complain of every branch.
    errors("W3", &[H2, "capabilities: [{type: extension}]\n"], &["CAPABILITY_REF_REQUIRED@capabilities[0].ref"]),
    errors("W4", &[H2, "capabilities: [{type: extension, ref: foo/bar}]\n"], &["CAPABILITY_REF_INVALID@capabilities[0].ref"]),
    errors("W5", &[H2, "capabilities: [{type: health}, {type: health}]\n"], &["DUPLICATE_CAPABILITY@capabilities[1]"]),
    errors("W6", &[H2, "capabilities: [{type: health, binding: {type: http, interface: zz, path: /h}}]\n"], &["CAPABILITY_INTERFACE_UNKNOWN@capabilities[0].binding.interface"]),
    // One finding a key, as each has a place: the missing `ref`, the type, the unknown `port`.
    errors("W7", &[H2, "interfaces: [{name: a, type: http, port: 80}]\n"],
        &["SCHEMA_VIOLATION@interfaces[0]", "SCHEMA_VIOLATION@interfaces[0].type", "SCHEMA_VIOLATION@interfaces[0]"]),
    // A `.proto` is no JSON, and need not be.
    valid("W8", &[H2, "interfaces: [{name: a, type: grpc, ref: interfaces/svc.proto}]\n"]),
    errors("W9a", &[H2, SERVICE, STATE], &["SCHEMA_VIOLATION@"]),
    errors("W9b", &[H2, "scaling: {min: 1, max: 2}\n"], &["SCHEMA_VIOLATION@"]),
    errors("W10", &["pactoVersion: \"2.0\"\nservice: {name: demo, version: 1.0.0, owner: team-a}\n"], &["SCHEMA_VIOLATION@service.owner"]),
    // The bundle has no such file, which is said as well.
    errors("W11", &[H2, "configurations: [{name: c, schema: x.json}]\n"], &["SCHEMA_VIOLATION@configurations[0]", "FILE_NOT_FOUND@configurations[0].schema"]),
];

#[test]
fn the_vectors_of_1_0() {
    assert_verdicts(VECTORS_1_0);
}

#[test]
fn the_vectors_of_2_0() {
    assert_verdicts(VECTORS_2_0);
}

/// All of them are judged before any failure, as one change in the reader often moves several.
#[track_caller]
fn assert_verdicts(vectors: &[Vector]) {
    let parent = TempDir::new().expect("there is a temporary folder");
    // V20 goes out of its bundle by the bundle's name, and comes back.
    let bundle = parent.path().join("bundle");
    for (path, content) in FILES {
        write(&bundle.join(path), content);
    }
    let mut wrong = String::new();
    for vector in vectors {
        let contract = vector.contract.concat();
        write(&bundle.join("pacto.yaml"), &contract);
        let found = driver::findings(&bundle).expect("the contract is there");
        let of = |severity| -> Vec<String> {
            let found = found.iter().filter(|found| found.severity == severity);
            found
                .map(|found| format!("{}@{}", found.code, found.path))
                .collect()
        };
        let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
        if errors != vector.errors || warnings != vector.warnings {
            wrong.push_str(&format!(
                "{}\n  errors   {errors:?}\n  not      {:?}\n  warnings {warnings:?}\n  not      {:?}\n{contract}\n",
                vector.id, vector.errors, vector.warnings
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn write(path: &Path, content: &str) {
    let parent = path.parent().expect("it is in the bundle");
    fs::create_dir_all(parent).expect("the folder is ours");
    fs::write(path, content).expect("the folder is ours");
}
