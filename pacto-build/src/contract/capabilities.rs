//! What a 2.0 service can be asked: health, metrics, and extensions.

use std::collections::BTreeMap;

use super::codes;
use super::diagnostic::Findings;
use super::node::Node;
use super::rules::unknown_interface;

pub(super) fn check(root: &Node, findings: &mut Findings<'_>) {
    let mut interfaces = BTreeMap::new();
    for (index, interface) in root.list_at("interfaces").iter().enumerate() {
        if let Some((name, _)) = interface.text_at("name") {
            interfaces.insert(name, index);
        }
    }
    let mut known = BTreeMap::new();
    for (index, capability) in root.list_at("capabilities").iter().enumerate() {
        let path = format!("capabilities[{index}]");
        if let Some(earlier) = identity(capability).and_then(|own| known.insert(own, index)) {
            let message = format!("this is capabilities[{earlier}] once more");
            findings.error_with_help(
                codes::DUPLICATE_CAPABILITY,
                &path,
                capability.span,
                message,
                "remove one of them",
            );
        }
        check_extension(capability, &path, findings);
        check_binding(root, &interfaces, capability, &path, findings);
    }
}

/// What makes a capability the same as another: its type, or the reference of an extension.
fn identity(capability: &Node) -> Option<&str> {
    let (kind, _) = capability.text_at("type")?;
    match capability.text_at("ref") {
        Some((extension, _)) if kind == "extension" => Some(extension),
        _ => Some(kind),
    }
}

fn check_extension(capability: &Node, path: &str, findings: &mut Findings<'_>) {
    let is_extension = capability
        .text_at("type")
        .is_some_and(|(kind, _)| kind == "extension");
    let Some((text, node)) = capability
        .text_at("ref")
        .filter(|(text, _)| is_extension && !text.is_empty())
    else {
        return;
    };
    let is_valid = text
        .split_once('/')
        .is_some_and(|(domain, name)| domain.contains('.') && !name.is_empty());
    if !is_valid {
        let message = format!("`{text}` does not name an extension");
        let help = "write a domain and a name, as in `example.com/tracing`";
        findings.error_with_help(
            codes::CAPABILITY_REF_INVALID,
            &format!("{path}.ref"),
            node.span,
            message,
            help,
        );
    }
}

fn check_binding(
    root: &Node,
    interfaces: &BTreeMap<&str, usize>,
    capability: &Node,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let Some(binding) = capability.get("binding") else {
        return;
    };
    if let Some((name, node)) = binding
        .text_at("interface")
        .filter(|(name, _)| !name.is_empty() && !interfaces.contains_key(name))
    {
        let path = format!("{path}.binding.interface");
        unknown_interface(
            root,
            codes::CAPABILITY_INTERFACE_UNKNOWN,
            &path,
            name,
            node,
            findings,
        );
    }
    if let Some((text, node)) = binding
        .text_at("path")
        .filter(|(text, _)| text.starts_with('/') && !is_app_path(text))
    {
        let message = format!("`{text}` is no path of an application");
        let help =
            "write a path alone: no host, no query, no fragment, no second `/` at its beginning";
        findings.error_with_help(
            codes::CAPABILITY_PATH_INVALID,
            &format!("{path}.binding.path"),
            node.span,
            message,
            help,
        );
    }
}

/// One `/` at the beginning, also once `%2F` is read, and nothing that is not of the path.
fn is_app_path(text: &str) -> bool {
    let is_doubled = |path: &str| path.starts_with("//");
    let lower = text.to_ascii_lowercase();
    !is_doubled(&lower.replace("%2f", "/"))
        && !text.contains(['#', '?', '\\'])
        && !text.contains("://")
}
