//! Which format a contract is in; everything else is said by that format's table.

use super::codes;
use super::diagnostic::Findings;
use super::dialect;
use super::node::{Node, Value};
use super::{rules, shape};

/// Reports everything that is wrong with a contract as it is written; its files are looked at later.
pub(super) fn check(root: &Node, findings: &mut Findings<'_>) {
    if !matches!(root.value, Value::Map(_)) {
        let message = format!("a contract must be a mapping, this is {}", root.kind());
        findings.error(codes::SCHEMA_VIOLATION, "", root.span, message);
        return;
    }
    // By the keys of another format everything would be wrong.
    if let Some(table) = table(root, findings) {
        shape::check(root, table, "", findings);
        rules::check(root, findings);
    }
}

/// The table of the contract's format, if there is such a format; that of the oldest, which has seen most, if
/// the contract does not say.
fn table(root: &Node, findings: &mut Findings<'_>) -> Option<&'static shape::Shape> {
    let (_, oldest) = dialect::ROOTS[0];
    let Some(node) = root.get("pactoVersion") else {
        return Some(oldest);
    };
    let version = match &node.value {
        Value::Text(version) => version,
        // The quotes are missing, which the shape says, and the version is clear.
        Value::Number(version) => return Some(dialect::root(version).unwrap_or(oldest)),
        _ => return Some(oldest),
    };
    let table = dialect::root(version);
    if table.is_none() {
        let known: Vec<&str> = dialect::ROOTS.iter().map(|(version, _)| *version).collect();
        let message = format!("`pactoVersion` is `{version}`, which this version cannot read");
        let help = format!("known versions: {}", known.join(", "));
        findings.error_with_help(
            codes::UNSUPPORTED_PACTO_VERSION,
            "pactoVersion",
            node.span,
            message,
            help,
        );
    }
    table
}
