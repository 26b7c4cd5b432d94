//! What the parts of a contract say about each other.
//!
//! Each rule looks only at what has the right shape: that something else is wrong is another finding.

use std::collections::BTreeMap;

use super::codes;
use super::diagnostic::Findings;
use super::node::{Node, Value};
use super::shape::join;
use super::{range, reference, semver};

/// Reports what contradicts itself in a contract of any dialect.
pub(super) fn check(root: &Node, findings: &mut Findings<'_>) {
    check_dialects(root, findings);
    check_service(root, findings);
    check_interfaces(root, findings);
    check_names(
        root,
        "dependencies",
        codes::DUPLICATE_DEPENDENCY_NAME,
        findings,
    );
    check_names(
        root,
        "configurations",
        codes::DUPLICATE_CONFIGURATION_NAME,
        findings,
    );
    check_names(root, "policies", codes::DUPLICATE_POLICY_NAME, findings);
    check_dependencies(root, findings);
    check_references(root, findings);
    check_runtime(root, findings);
    check_scaling(root, findings);
    super::readiness::check(root, findings);
    super::capabilities::check(root, findings);
}

/// The singular and the plural never lived together, and which one counts nobody can tell.
fn check_dialects(root: &Node, findings: &mut Findings<'_>) {
    for (singular, plural) in [("configuration", "configurations"), ("policy", "policies")] {
        if let (Some(one), Some(other)) = (root.entry(singular), root.entry(plural)) {
            let line = findings.line(one.key_span);
            let message = format!(
                "`{plural}` and `{singular}` (line {line}) are of different dialects and say the same"
            );
            let help = format!("move what `{singular}` says into `{plural}`, and remove it");
            findings.error_with_help(codes::MIXED_DIALECTS, plural, other.key_span, message, help);
        }
    }
}

fn check_service(root: &Node, findings: &mut Findings<'_>) {
    let Some(service) = root.get("service") else {
        return;
    };
    if let Some((version, node)) = service
        .text_at("version")
        .filter(|(version, _)| !version.is_empty())
    {
        check_version(
            version,
            node,
            "service.version",
            codes::INVALID_SEMVER,
            findings,
        );
    }
    if let Some((text, node)) = service.path(&["image", "ref"]).and_then(Node::with_text) {
        check_reference(
            text,
            node,
            "service.image.ref",
            codes::INVALID_IMAGE_REF,
            findings,
        );
    }
    if let Some(chart) = service.get("chart") {
        if let Some((text, node)) = chart.text_at("ref").and_then(remote) {
            check_reference(
                text,
                node,
                "service.chart.ref",
                codes::INVALID_CHART_REF,
                findings,
            );
        }
        if let Some((version, node)) = chart
            .text_at("version")
            .filter(|(version, _)| !version.is_empty())
        {
            check_version(
                version,
                node,
                "service.chart.version",
                codes::INVALID_CHART_VERSION,
                findings,
            );
        }
    }
}

fn check_version(
    version: &str,
    node: &Node,
    path: &str,
    code: &'static str,
    findings: &mut Findings<'_>,
) {
    if !semver::is_version(version) {
        let message = format!("`{version}` is no semantic version");
        findings.error_with_help(code, path, node.span, message, "write it as in `1.4.0`");
    }
}

/// What stands behind `oci://`, if that is what a reference begins with.
fn remote<'a>((text, node): (&'a str, &'a Node)) -> Option<(&'a str, &'a Node)> {
    text.strip_prefix(reference::OCI).map(|rest| (rest, node))
}

fn check_reference(
    text: &str,
    node: &Node,
    path: &str,
    code: &'static str,
    findings: &mut Findings<'_>,
) -> bool {
    let fault = if text.is_empty() {
        None
    } else {
        reference::fault(text)
    };
    if let Some(why) = fault {
        let message = format!("`{text}` is no reference: {why}");
        findings.error(code, path, node.span, message);
    }
    fault.is_none()
}

fn check_interfaces(root: &Node, findings: &mut Findings<'_>) {
    check_names(
        root,
        "interfaces",
        codes::DUPLICATE_INTERFACE_NAME,
        findings,
    );
    for (index, interface) in root.list_at("interfaces").iter().enumerate() {
        let is_event = interface
            .text_at("type")
            .is_some_and(|(kind, _)| kind == "event");
        if let Some(port) = interface.get("port").filter(|_| is_event) {
            let path = format!("interfaces[{index}].port");
            let message = "an event interface has no port of its own; this one is ignored";
            findings.warning(codes::PORT_IGNORED, &path, port.span, message, "remove it");
        }
    }
}

/// No two entries of a list have the same name.
fn check_names(root: &Node, list: &str, code: &'static str, findings: &mut Findings<'_>) {
    let mut indices = BTreeMap::new();
    for (index, item) in root.list_at(list).iter().enumerate() {
        let Some((name, node)) = item.text_at("name") else {
            continue;
        };
        if let Some(earlier) = indices.insert(name, index) {
            let message = format!("`{name}` is the name of {list}[{earlier}] already");
            findings.error(code, &format!("{list}[{index}].name"), node.span, message);
        }
    }
}

fn check_dependencies(root: &Node, findings: &mut Findings<'_>) {
    for (index, dependency) in root.list_at("dependencies").iter().enumerate() {
        let path = format!("dependencies[{index}]");
        if let Some((text, node)) = dependency.text_at("ref") {
            check_dependency_ref(text, node, &join(&path, "ref"), findings);
        }
        let Some((text, node)) = dependency.text_at("compatibility") else {
            continue;
        };
        let path = join(&path, "compatibility");
        if text.is_empty() {
            let help = "write a range, as in `^1.0.0`, or `*` for any version";
            findings.error_with_help(
                codes::EMPTY_COMPATIBILITY,
                &path,
                node.span,
                "`compatibility` is empty",
                help,
            );
        } else if !range::is_range(text) {
            let message = format!("`{text}` is no range of versions");
            let help = "write it as in `^1.0.0`, `>=1.2 <2`, or `^1 || ^2`";
            findings.error_with_help(
                codes::INVALID_COMPATIBILITY,
                &path,
                node.span,
                message,
                help,
            );
        }
    }
}

fn check_dependency_ref(text: &str, node: &Node, path: &str, findings: &mut Findings<'_>) {
    let Some(remote) = text.strip_prefix(reference::OCI) else {
        if reference::looks_remote(text) {
            let message = format!("`{text}` is read as a local path");
            let help = format!("if a registry is meant, write `oci://{text}`");
            findings.warning(codes::MISSING_OCI_SCHEME, path, node.span, message, help);
        }
        return;
    };
    if let Some(why) = reference::fault(remote) {
        findings.error(
            codes::INVALID_OCI_REF,
            path,
            node.span,
            format!("`{text}` is no reference: {why}"),
        );
    } else if reference::is_tag_only(remote) {
        let message = format!("`{text}` names a tag, which may mean something else tomorrow");
        findings.warning(
            codes::TAG_NOT_DIGEST,
            path,
            node.span,
            message,
            "pin it with `@sha256:...`",
        );
    }
}

/// References of configurations and policies, in the singular and in the plural.
fn check_references(root: &Node, findings: &mut Findings<'_>) {
    let mut check = |owner: &Node, path: String, code| {
        if let Some((text, node)) = owner.text_at("ref").and_then(remote) {
            check_reference(text, node, &join(&path, "ref"), code, findings);
        }
    };
    for (single, code) in [
        ("configuration", codes::INVALID_CONFIG_REF),
        ("policy", codes::INVALID_POLICY_REF),
    ] {
        if let Some(owner) = root.get(single) {
            check(owner, single.to_owned(), code);
            for (index, config) in owner.list_at("configs").iter().enumerate() {
                check(config, format!("{single}.configs[{index}]"), code);
            }
        }
    }
    for (list, code) in [
        ("configurations", codes::INVALID_CONFIG_REF),
        ("policies", codes::INVALID_POLICY_REF),
    ] {
        for (index, owner) in root.list_at(list).iter().enumerate() {
            check(owner, format!("{list}[{index}]"), code);
        }
    }
}

fn check_runtime(root: &Node, findings: &mut Findings<'_>) {
    check_state(root, "", findings);
    let Some(runtime) = root.get("runtime") else {
        return;
    };
    check_state(runtime, "runtime", findings);
    check_probe(root, runtime, &HEALTH, findings);
    check_probe(root, runtime, &METRICS, findings);
    if let Some((name, node)) = runtime
        .path(&["network", "defaultInterface"])
        .and_then(Node::with_text)
        && !name.is_empty()
        && interface(root, name).is_none()
    {
        let path = "runtime.network.defaultInterface";
        unknown_interface(
            root,
            codes::NETWORK_INTERFACE_NOT_FOUND,
            path,
            name,
            node,
            findings,
        );
    }
    let strategy = runtime
        .path(&["lifecycle", "upgradeStrategy"])
        .and_then(Node::with_text);
    let state = runtime.path(&["state", "type"]).and_then(Node::as_text);
    if let (Some(("ordered", node)), Some("stateless")) = (strategy, state) {
        let message = "an ordered upgrade has no use for a stateless service";
        let path = "runtime.lifecycle.upgradeStrategy";
        findings.warning(
            codes::UPGRADE_STRATEGY_STATE_MISMATCH,
            path,
            node.span,
            message,
            "use `rolling`",
        );
    }
}

/// `owner` holds a `state`: the contract itself in 2.0, its `runtime` before.
fn check_state(owner: &Node, path: &str, findings: &mut Findings<'_>) {
    let Some(state) = owner.get("state") else {
        return;
    };
    let is_stateless = state
        .text_at("type")
        .is_some_and(|(kind, _)| kind == "stateless");
    if let Some(("persistent", node)) = state
        .path(&["persistence", "durability"])
        .and_then(Node::with_text)
        && is_stateless
    {
        let path = join(path, "state.persistence.durability");
        let message = "a stateless service keeps nothing, and cannot keep it for good";
        let help = "set it to `ephemeral`, or `type` to `stateful`";
        findings.error_with_help(
            codes::STATELESS_PERSISTENT_CONFLICT,
            &path,
            node.span,
            message,
            help,
        );
    }
}

/// A part of `runtime` that names an interface and a path on it.
struct Probe {
    key: &'static str,
    not_found: &'static str,
    invalid: &'static str,
    path_required: &'static str,
    path_ignored: &'static str,
}

static HEALTH: Probe = Probe {
    key: "health",
    not_found: codes::HEALTH_INTERFACE_NOT_FOUND,
    invalid: codes::HEALTH_INTERFACE_INVALID,
    path_required: codes::HEALTH_PATH_REQUIRED,
    path_ignored: codes::HEALTH_PATH_IGNORED,
};
static METRICS: Probe = Probe {
    key: "metrics",
    not_found: codes::METRICS_INTERFACE_NOT_FOUND,
    invalid: codes::METRICS_INTERFACE_INVALID,
    path_required: codes::METRICS_PATH_REQUIRED,
    path_ignored: codes::METRICS_PATH_IGNORED,
};

fn check_probe(root: &Node, runtime: &Node, probe: &Probe, findings: &mut Findings<'_>) {
    let Some(node) = runtime.get(probe.key) else {
        return;
    };
    let path = format!("runtime.{}", probe.key);
    let Some((name, name_node)) = node
        .text_at("interface")
        .filter(|(name, _)| !name.is_empty())
    else {
        return;
    };
    let Some(interface) = interface(root, name) else {
        unknown_interface(
            root,
            probe.not_found,
            &join(&path, "interface"),
            name,
            name_node,
            findings,
        );
        return;
    };
    let url_path = node.text_at("path").filter(|(text, _)| !text.is_empty());
    match (interface.text_at("type").map(|(kind, _)| kind), url_path) {
        (Some("event"), _) => {
            let message = format!(
                "`{name}` is an event interface, which answers no {} request",
                probe.key
            );
            findings.error(
                probe.invalid,
                &join(&path, "interface"),
                name_node.span,
                message,
            );
        }
        (Some("http"), None) => {
            let message = format!("`{name}` is an http interface, so that `{path}` needs a path");
            let help = format!("add `path: /{}`", probe.key);
            findings.error_with_help(
                probe.path_required,
                &join(&path, "path"),
                node.span,
                message,
                help,
            );
        }
        (Some("grpc"), Some((_, at))) => {
            let message = format!("`{name}` is a grpc interface; the path is ignored");
            findings.warning(
                probe.path_ignored,
                &join(&path, "path"),
                at.span,
                message,
                "remove it",
            );
        }
        _ => {}
    }
}

fn interface<'a>(root: &'a Node, name: &str) -> Option<&'a Node> {
    root.list_at("interfaces").iter().find(|interface| {
        interface
            .text_at("name")
            .is_some_and(|(other, _)| other == name)
    })
}

/// Nobody reads more names than this in one message, and each finding would have them all.
const MOST_NAMED: usize = 32;

pub(super) fn unknown_interface(
    root: &Node,
    code: &'static str,
    path: &str,
    name: &str,
    node: &Node,
    findings: &mut Findings<'_>,
) {
    let known: Vec<&str> = root
        .list_at("interfaces")
        .iter()
        .filter_map(|one| Some(one.text_at("name")?.0))
        .take(MOST_NAMED + 1)
        .collect();
    let mut message = format!("no interface is called `{name}`");
    let help = match known.as_slice() {
        [] => "the contract has no interfaces".to_owned(),
        known if known.len() > MOST_NAMED => {
            format!("the contract has more than {MOST_NAMED} interfaces")
        }
        known => {
            message.push_str(&crate::nearest::suggestion(name, known));
            format!("interfaces are {}", known.join(", "))
        }
    };
    findings.error_with_help(code, path, node.span, message, help);
}

fn check_scaling(root: &Node, findings: &mut Findings<'_>) {
    let Some(scaling) = root.entry("scaling") else {
        return;
    };
    let number = |key: &str| match scaling.value.get(key).map(|node| &node.value) {
        Some(Value::Number(number)) => number.parse::<f64>().ok(),
        _ => None,
    };
    if let (Some(min), Some(max)) = (number("min"), number("max"))
        && min > max
    {
        let message = format!("`min` is {min} and `max` is only {max}");
        findings.error(
            codes::SCALING_MIN_EXCEEDS_MAX,
            "scaling",
            scaling.value.span,
            message,
        );
    }
    let workload = root.path(&["runtime", "workload"]);
    let kind = workload.and_then(|node| node.as_text().or_else(|| node.get("type")?.as_text()));
    if kind == Some("job") {
        let message = "a job runs once and does not scale";
        findings.error_with_help(
            codes::JOB_SCALING_NOT_ALLOWED,
            "scaling",
            scaling.key_span,
            message,
            "remove `scaling`",
        );
    }
}
