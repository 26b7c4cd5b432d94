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
    shape::check(root, table(root, findings), "", findings);
    rules::check(root, findings);
}

/// The table of the contract's format; that of the oldest, which has seen most, if there is none.
fn table<'a>(root: &Node, findings: &mut Findings<'_>) -> &'a shape::Shape {
    let (_, fallback) = dialect::ROOTS[0];
    let Some((version, node)) = root.text_at("pactoVersion") else {
        return fallback;
    };
    dialect::root(version).unwrap_or_else(|| {
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
        fallback
    })
}
