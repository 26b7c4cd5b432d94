//! Each dialect refuses what it never had: contracts that load, with one thing changed, and the keys
//! that came or went with a format.

use std::fs;

use pacto_build::driver;

use crate::support::repository;

/// A contract of `tests/contracts`, what is replaced in it and by what, and what is said then.
type Refusal = (&'static str, &'static str, &'static [&'static str]);

#[test]
#[rustfmt::skip]
fn d0_workload_as_a_mapping_and_a_network() {
    assert_refused("d0-web-api.yaml", &[
        ("type: service", "type: daemon", &["SCHEMA_VIOLATION@runtime.workload.type"]),
        ("concurrency: long-lived", "concurrency: short", &["SCHEMA_VIOLATION@runtime.workload.concurrency"]),
        ("    type: service\n", "", &["SCHEMA_VIOLATION@runtime.workload"]),
        ("defaultInterface: api", "defaultInterface: web", &["NETWORK_INTERFACE_NOT_FOUND@runtime.network.defaultInterface"]),
        ("defaultInterface: api", "default: api", &["SCHEMA_VIOLATION@runtime.network", "SCHEMA_VIOLATION@runtime.network"]),
        ("  min: 2\n", "", &["SCHEMA_VIOLATION@scaling"]),
        ("    path: /healthz\n", "", &["HEALTH_PATH_REQUIRED@runtime.health.path"]),
        ("port: 8081 ", "port: 80810 ", &["SCHEMA_VIOLATION@interfaces[1].port"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn d1_workload_as_text() {
    assert_refused("d1-ledger-database.yaml", &[
        // A worker was of the mapping only.
        ("workload: service", "workload: worker", &["SCHEMA_VIOLATION@runtime.workload"]),
        ("durability: persistent", "durability: forever", &["SCHEMA_VIOLATION@runtime.state.persistence.durability"]),
        ("type: stateful", "type: stateless", &["STATELESS_PERSISTENT_CONFLICT@runtime.state.persistence.durability", "UPGRADE_STRATEGY_STATE_MISMATCH@runtime.lifecycle.upgradeStrategy"]),
        ("interface: sql", "interface: sqk", &["HEALTH_INTERFACE_NOT_FOUND@runtime.health.interface"]),
        ("    contract: interfaces/service.proto\n", "", &["CONTRACT_REQUIRED@interfaces[0].contract"]),
        ("gracefulShutdownSeconds: 600", "gracefulShutdownSeconds: 10m", &["SCHEMA_VIOLATION@runtime.lifecycle.gracefulShutdownSeconds"]),
        ("version: 2.2.0", "version: 2.2", &["SCHEMA_VIOLATION@service.version"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn d2_replicas() {
    assert_refused("d2-search-index.yaml", &[
        ("  max: 9\n", "  max: 9\n  replicas: 3\n", &["SCHEMA_VIOLATION@scaling"]),
        ("  min: 3\n  max: 9\n", "  replicas: -1\n", &["SCHEMA_VIOLATION@scaling.replicas"]),
        ("  min: 3\n", "  min: 30\n", &["SCALING_MIN_EXCEEDS_MAX@scaling"]),
        ("workload: service", "workload: job", &["JOB_SCALING_NOT_ALLOWED@scaling"]),
        ("ref: ghcr.io/acme/search@", "ref: search@", &["INVALID_IMAGE_REF@service.image.ref"]),
        ("name: gossip", "name: query", &["DUPLICATE_INTERFACE_NAME@interfaces[1].name"]),
        ("dataCriticality", "datacriticality", &["SCHEMA_VIOLATION@runtime.state", "SCHEMA_VIOLATION@runtime.state"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn d3_chart_metrics_values_and_a_policy() {
    assert_refused("d3-checkout.yaml", &[
        ("    version: 2.1.0", "    version: stable", &["INVALID_CHART_VERSION@service.chart.version"]),
        ("oci://ghcr.io/acme/charts/web-service", "oci://web-service", &["INVALID_CHART_REF@service.chart.ref"]),
        ("interface: telemetry", "interface: telemetri", &["METRICS_INTERFACE_NOT_FOUND@runtime.metrics.interface"]),
        ("    path: /metrics\n", "", &["METRICS_PATH_REQUIRED@runtime.metrics.path"]),
        ("  schema: policy/schema.json\n", "  schema: policy/schema.json\n  ref: ../policies\n", &["SCHEMA_VIOLATION@policy"]),
        ("  schema: configuration/schema.json\n", "  ref: ../platform\n", &["VALUES_WITHOUT_SCHEMA@configuration.values"]),
        ("  schema: configuration/schema.json\n  values:\n", "  schema: configuration/schema.json\n  value:\n", &["SCHEMA_VIOLATION@configuration"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn d4_owner_as_a_mapping_and_lists_without_names() {
    assert_refused("d4-billing.yaml", &[
        ("team: finance/billing", "team: finance billing", &["SCHEMA_VIOLATION@service.owner.team"]),
        ("type: oncall", "type: pager", &["SCHEMA_VIOLATION@service.owner.contacts[0].type"]),
        ("purpose: support", "purpose: help", &["SCHEMA_VIOLATION@service.owner.contacts[2].purpose"]),
        ("        value: billing-primary\n", "", &["SCHEMA_VIOLATION@service.owner.contacts[0]"]),
        ("  - schema: policy/security.json\n", "  - {}\n", &["SCHEMA_VIOLATION@policies[1]"]),
        ("    - name: limits\n", "    - name: limits\n      ref: ../limits\n", &["SCHEMA_VIOLATION@configuration.configs[1]"]),
        ("oci://ghcr.io/acme/platform-config", "oci://platform", &["INVALID_CONFIG_REF@configuration.configs[2].ref"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn d5_lists_with_names() {
    assert_refused("d5-edge-gateway.yaml", &[
        ("- name: routes", "- title: routes", &["SCHEMA_VIOLATION@configurations[0]", "SCHEMA_VIOLATION@configurations[0]"]),
        ("contacts: [{type: group, value: edge-oncall}]", "contacts: []", &["SCHEMA_VIOLATION@service.owner.contacts"]),
        ("owner: {team: edge, contacts: [{type: group, value: edge-oncall}]}", "owner: {}", &["SCHEMA_VIOLATION@service.owner"]),
        ("- {name: tls, ", "- {name: tls, ref: ../tls}\n- {name: tls, ", &["DUPLICATE_POLICY_NAME@policies[1].name"]),
        ("policies:\n- {name: tls, schema: policy/security.json}\n", "policies: []\n", &["SCHEMA_VIOLATION@policies"]),
        ("policies:\n", "configuration: {schema: configuration/schema.json}\npolicies:\n", &["MIXED_DIALECTS@configurations"]),
        ("policies:\n", "policy: {schema: policy/schema.json}\npolicies:\n", &["MIXED_DIALECTS@policies"]),
        ("scaling:", "dependencies: [{name: a, ref: ../a, compatibility: 1}]\nscaling:", &["SCHEMA_VIOLATION@dependencies[0].compatibility"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn the_first_readiness_of_1_1() {
    assert_refused("1.1-identity.yaml", &[
        ("minScore: 80", "minScore: 101", &["SCHEMA_VIOLATION@readiness.minScore"]),
        ("id: runbook.v2", "id: pentest", &["DUPLICATE_READINESS_ID@readiness.checks[1].id"]),
        ("id: runbook.v2", "id: runbook.v2.", &["SCHEMA_VIOLATION@readiness.checks[1].id"]),
        ("expires: 2027-03-01", "expires: 2027-02-29", &["INVALID_READINESS_EXPIRES@readiness.checks[0].expires"]),
        ("      expires: 2027-03-01\n", "", &["SCHEMA_VIOLATION@readiness.checks[0]"]),
        ("type: report", "type: pdf", &["SCHEMA_VIOLATION@readiness.checks[0].type"]),
        ("weight: 60", "weight: 60.5", &["SCHEMA_VIOLATION@readiness.checks[0].weight"]),
        ("description: By people from outside", "description: \"\"", &["EMPTY_READINESS_DESCRIPTION@readiness.checks[0].description"]),
        ("{name: users, ref: ", "{ref: ", &["SCHEMA_VIOLATION@dependencies[0]"]),
        // Only 1.0, which could also mean the oldest dialects, lets it be empty.
        ("owner: {team: security, dri: kim@example.com}", "owner: \"\"", &["SCHEMA_VIOLATION@service.owner"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn the_second_readiness_of_1_2() {
    assert_refused("1.2-payments.yaml", &[
        ("partialCredit: 0.25", "partialCredit: 1.5", &["SCHEMA_VIOLATION@readiness.partialCredit"]),
        ("status: partial", "status: half", &["SCHEMA_VIOLATION@readiness.checks[1].status"]),
        ("category: resilience", "category: chaos", &["SCHEMA_VIOLATION@readiness.checks[1].category"]),
        ("  expires: 2026-12-31\n", "", &["SCHEMA_VIOLATION@readiness"]),
        ("evidence: OPS-4711", "evidence: \"  \"", &["EMPTY_READINESS_EVIDENCE@readiness.checks[1].evidence"]),
        // That it is empty is said once.
        ("evidence: OPS-4711", "evidence: \"\"", &["SCHEMA_VIOLATION@readiness.checks[1].evidence"]),
        ("date: 2026-01-15", "date: 15.01.2026", &["INVALID_READINESS_REVISION@readiness.history[0].date"]),
        ("author: sam", "author: \" \"", &["INVALID_READINESS_REVISION@readiness.history[0].author"]),
        ("version: 5.0.0, author", "author", &["SCHEMA_VIOLATION@readiness.history[0]"]),
    ]);
    assert_refused(
        "1.2-document-store.yaml",
        &[("owner: {team: storage}", "owner: storage", &["SCHEMA_VIOLATION@service.owner"])],
    );
}

#[test]
#[rustfmt::skip]
fn what_2_0_is_made_of() {
    assert_refused("2.0-orders.yaml", &[
        ("    required: true\n    schema", "    schema", &["SCHEMA_VIOLATION@configurations[0]"]),
        ("target: contract", "target: runtime", &["SCHEMA_VIOLATION@policies[0].target"]),
        (", required: true}", "}", &["SCHEMA_VIOLATION@dependencies[0]"]),
        ("type: openapi", "type: http", &["SCHEMA_VIOLATION@interfaces[0].type"]),
        ("    ref: interfaces/openapi.yaml\n", "    port: 80\n", &["SCHEMA_VIOLATION@interfaces[0]", "SCHEMA_VIOLATION@interfaces[0]"]),
        ("path: /health", "path: health", &["SCHEMA_VIOLATION@capabilities[0].binding.path"]),
        ("path: /health", "path: /%2fhealth", &["CAPABILITY_PATH_INVALID@capabilities[0].binding.path"]),
        ("interface: api, path: /health", "interface: app, path: /health", &["CAPABILITY_INTERFACE_UNKNOWN@capabilities[0].binding.interface"]),
        ("  - type: metrics\n", "  - type: health\n", &["DUPLICATE_CAPABILITY@capabilities[1]"]),
        ("  - type: extension\n", "  - type: extension\n    binding: {type: http, interface: api, path: /}\n", &["SCHEMA_VIOLATION@capabilities[2].binding"]),
        ("  claims:\n", "  checks:\n", &["SCHEMA_VIOLATION@readiness", "SCHEMA_VIOLATION@readiness"]),
        ("workload: service", "workload: {type: service}", &["SCHEMA_VIOLATION@workload"]),
        // Its quotes are missing, and what it says is still clear.
        ("pactoVersion: \"2.0\"", "pactoVersion: 2.0", &["SCHEMA_VIOLATION@pactoVersion"]),
        // What its keys would be nobody knows.
        ("pactoVersion: \"2.0\"", "pactoVersion: \"3.0\"", &["UNSUPPORTED_PACTO_VERSION@pactoVersion"]),
    ]);
}

#[track_caller]
fn assert_refused(contract: &str, refusals: &[Refusal]) {
    let path = repository().join("tests/contracts").join(contract);
    let text = fs::read_to_string(path).expect("the contract is there");
    assert_eq!(findings(&text), Vec::<String>::new());
    let mut wrong = String::new();
    for (from, to, expected) in refusals {
        assert!(text.contains(from), "{contract} has no {from:?}");
        let found = findings(&text.replacen(from, to, 1));
        if found != *expected {
            wrong.push_str(&format!(
                "{from:?} -> {to:?}\n  {found:?}\n  not {expected:?}\n"
            ));
        }
    }
    assert!(wrong.is_empty(), "{contract}\n{wrong}");
}

/// What is said of a text, as `CODE@path`; every file that it names is there.
fn findings(text: &str) -> Vec<String> {
    let findings = driver::findings_in(text).into_iter();
    findings
        .map(|found| format!("{}@{}", found.code, found.path))
        .collect()
}

const FORMATS: [&str; 4] = ["1.0", "1.1", "1.2", "2.0"];

/// Who takes a part of a contract: all [`FORMATS`] that are not here refuse it.
type Part = (&'static str, &'static [&'static str]);

const STATE: &str = "state: {type: stateless, persistence: {scope: local, durability: ephemeral}, dataCriticality: low}";

/// Parts of `service`, of `runtime` (with the rest of it), and of the contract itself.
#[rustfmt::skip]
const SERVICE_PARTS: [Part; 5] = [
    ("owner: orders", &["1.0", "1.1"]),
    ("owner: {team: orders}", &FORMATS),
    ("image: {ref: ghcr.io/a/b}", &["1.0", "1.1", "1.2"]),
    ("chart: {ref: charts/a, version: 1.0.0}", &["1.0", "1.1", "1.2"]),
    ("extensions: {}", &[]),
];

#[rustfmt::skip]
const RUNTIME_PARTS: [Part; 7] = [
    ("workload: service", &["1.0", "1.1", "1.2"]),
    ("workload: {type: service}", &["1.0"]),
    ("workload: service\n  network: {defaultInterface: \"\"}", &["1.0"]),
    ("workload: service\n  lifecycle: {upgradeStrategy: rolling}", &["1.0", "1.1", "1.2"]),
    ("workload: service\n  health: {interface: api, path: /}", &["1.0", "1.1", "1.2"]),
    ("workload: service\n  metrics: {interface: api, path: /}", &["1.0", "1.1", "1.2"]),
    ("workload: service\n  capabilities: []", &[]),
];

#[rustfmt::skip]
const ROOT_PARTS: [Part; 31] = [
    ("interfaces: [{name: a, type: http, port: 80}]", &["1.0", "1.1", "1.2"]),
    ("interfaces: [{name: a, type: grpc, port: 80, contract: a.proto}]", &["1.0", "1.1", "1.2"]),
    ("interfaces: [{name: a, type: grpc, ref: a.proto}]", &["2.0"]),
    ("interfaces: [{name: a, type: asyncapi, ref: a.yaml}]", &["2.0"]),
    ("configuration: {schema: a.json}", &["1.0"]),
    ("configuration: {configs: [{name: a, schema: a.json}]}", &["1.0"]),
    ("configurations: [{name: a, schema: a.json}]", &["1.0", "1.1", "1.2"]),
    ("configurations: [{name: a, required: true, schema: a.json}]", &["2.0"]),
    ("configurations: [{schema: a.json}]", &[]),
    ("policy: {schema: a.json}", &["1.0"]),
    ("policies: [{schema: a.json}]", &["1.0"]),
    ("policies: [{name: a, schema: a.json}]", &FORMATS),
    ("policies: [{name: a, schema: a.json, target: contract}]", &["2.0"]),
    ("dependencies: [{ref: ../a, compatibility: \"*\"}]", &["1.0"]),
    ("dependencies: [{name: a, ref: ../a, compatibility: \"*\"}]", &["1.0", "1.1", "1.2"]),
    ("dependencies: [{name: a, ref: ../a, compatibility: \"*\", required: true}]", &FORMATS),
    ("scaling: {replicas: 1}", &["1.0", "1.1", "1.2"]),
    ("scaling: {min: 1, max: 1}", &["1.0", "1.1", "1.2"]),
    ("workload: service", &["2.0"]),
    (STATE, &["2.0"]),
    ("capabilities: [{type: health}]", &["2.0"]),
    ("verification: {conformance: [a]}", &["2.0"]),
    ("extensions: {a: b}", &["2.0"]),
    ("metadata: {a: b}", &FORMATS),
    ("readiness: {checks: [{id: a, type: url, evidence: b, weight: 1, expires: 2027-01-01}]}", &["1.1"]),
    ("readiness: {checks: []}", &["1.1"]),
    ("readiness: {expires: 2027-01-01, checks: []}", &["1.2"]),
    ("readiness: {expires: 2027-01-01, checks: [{id: a, type: url, status: done, evidence: b, weight: 1}]}", &["1.2"]),
    ("readiness: {expires: 2027-01-01, checks: [], history: [], partialCredit: 0}", &["1.2"]),
    ("readiness: {expires: 2027-01-01, claims: [{id: a, type: url, status: done, evidence: b, weight: 1}]}", &["2.0"]),
    ("readiness: {expires: 2027-01-01, claims: []}", &[]),
];

#[test]
fn formats_refuse_the_keys_of_each_other() {
    let mut wrong = String::new();
    for format in FORMATS {
        // What `runtime` names must be there, in this format's way.
        let interface = match format {
            "2.0" => "{name: api, type: openapi, ref: a.yaml}",
            _ => "{name: api, type: http, port: 80}",
        };
        let runtime = format!("interfaces: [{interface}]\nruntime:\n  {STATE}\n  ");
        for (parts, place) in [
            (&SERVICE_PARTS[..], "  "),
            (&RUNTIME_PARTS, runtime.as_str()),
            (&ROOT_PARTS, ""),
        ] {
            for (part, takers) in parts {
                let head =
                    format!("pactoVersion: \"{format}\"\nservice:\n  name: a\n  version: 1.0.0\n");
                let found = findings(&format!("{head}{place}{part}\n"));
                let is_expected = if takers.contains(&format) {
                    found.is_empty()
                } else {
                    found
                        .iter()
                        .any(|found| found.starts_with("SCHEMA_VIOLATION@"))
                };
                if !is_expected {
                    wrong.push_str(&format!("{format}: {part}\n  {found:?}\n"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
