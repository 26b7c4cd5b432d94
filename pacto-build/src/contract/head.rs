//! The head of a contract: which format it is in, and which service it is about.

use super::diagnostic::Findings;
use super::node::{Node, Value};
use super::semver;

/// The formats that are read. They are told apart by shape, as `1.0` has had several.
const PACTO_VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "2.0"];

pub(super) const SCHEMA_VIOLATION: &str = "SCHEMA_VIOLATION";

pub(super) fn check(root: &Node, findings: &mut Findings<'_>) {
    if !matches!(root.value, Value::Map(_)) {
        let message = format!("a contract must be a mapping, this is {}", root.kind());
        findings.error(SCHEMA_VIOLATION, "", root.span, message);
        return;
    }
    if let Some((version, node)) = required_text(root, "", "pactoVersion", findings) {
        check_pacto_version(version, node, findings);
    }
    let Some(service) = root.get("service") else {
        findings.error(SCHEMA_VIOLATION, "", root.span, "`service` is missing");
        return;
    };
    if !matches!(service.value, Value::Map(_)) {
        let message = format!("`service` must be a mapping, this is {}", service.kind());
        findings.error(SCHEMA_VIOLATION, "service", service.span, message);
        return;
    }
    if let Some((name, node)) = required_text(service, "service", "name", findings) {
        check_name(name, node, findings);
    }
    if let Some((version, node)) = required_text(service, "service", "version", findings) {
        check_version(version, node, findings);
    }
}

fn check_pacto_version(version: &str, node: &Node, findings: &mut Findings<'_>) {
    if PACTO_VERSIONS.contains(&version) {
        return;
    }
    let message = format!("`pactoVersion` is `{version}`, which this version cannot read");
    let help = format!("known versions: {}", PACTO_VERSIONS.join(", "));
    findings.error_with_help(
        "UNSUPPORTED_PACTO_VERSION",
        "pactoVersion",
        node.span,
        message,
        help,
    );
}

fn check_name(name: &str, node: &Node, findings: &mut Findings<'_>) {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let edges_are_plain =
        matches!((bytes.first(), bytes.last()), (Some(&a), Some(&b)) if is_plain(a) && is_plain(b));
    if edges_are_plain && bytes.iter().all(|&byte| is_plain(byte) || byte == b'-') {
        return;
    }
    let message = format!("`{name}` is no service name");
    let help = "use lower-case letters, digits and inner hyphens";
    findings.error_with_help(SCHEMA_VIOLATION, "service.name", node.span, message, help);
}

fn check_version(version: &str, node: &Node, findings: &mut Findings<'_>) {
    if semver::is_version(version) {
        return;
    }
    let message = format!("`{version}` is no semantic version");
    findings.error_with_help(
        "INVALID_SEMVER",
        "service.version",
        node.span,
        message,
        "write it as in `1.4.0`",
    );
}

/// The text at `key` of `owner`; a finding if it is missing or something else.
fn required_text<'a>(
    owner: &'a Node,
    owner_path: &str,
    key: &str,
    findings: &mut Findings<'_>,
) -> Option<(&'a str, &'a Node)> {
    let path = if owner_path.is_empty() {
        key.to_owned()
    } else {
        format!("{owner_path}.{key}")
    };
    let Some(node) = owner.get(key) else {
        findings.error(
            SCHEMA_VIOLATION,
            owner_path,
            owner.span,
            format!("`{path}` is missing"),
        );
        return None;
    };
    if let Some(text) = node.as_text() {
        return Some((text, node));
    }
    let message = format!("`{path}` must be text, this is {}", node.kind());
    match &node.value {
        Value::Number(number) => {
            let help = format!("quote it: `{key}: \"{number}\"`");
            findings.error_with_help(SCHEMA_VIOLATION, &path, node.span, message, help);
        }
        _ => findings.error(SCHEMA_VIOLATION, &path, node.span, message),
    }
    None
}
