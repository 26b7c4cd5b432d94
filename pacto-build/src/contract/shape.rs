//! What a part of a contract may look like: tables that are checked here, and printed as JSON Schema.

use super::codes::SCHEMA_VIOLATION;
use super::diagnostic::Findings;
use super::node::{Node, Value};
use super::scalar;
use crate::nearest::suggestion;

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    Text,
    /// Text that is not empty.
    Name,
    Bool,
    /// A whole number; `8080.0` is one.
    Whole {
        min: u64,
        max: u64,
    },
    /// Any number from `min` to `max`.
    Number {
        min: u64,
        max: u64,
    },
    OneOf(&'static [&'static str]),
    Pattern(&'static Pattern),
    List {
        item: &'static Shape,
        min: usize,
    },
    Object(&'static Object),
    /// A mapping of anything.
    Free,
    /// One shape for text, another for mappings: two dialects wrote it differently.
    Either {
        text: &'static Shape,
        map: &'static Shape,
    },
}

/// A form that text must have.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As JSON Schema writes it.
    #[cfg_attr(
        not(feature = "driver"),
        expect(dead_code, reason = "only the schema for editors prints it")
    )]
    pub(super) regex: &'static str,
    /// In words.
    pub(super) rule: &'static str,
    pub(super) fits: fn(&str) -> bool,
}

/// A mapping with known keys.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) fields: &'static [Field],
    pub(super) constraints: &'static [Constraint],
}

/// A key of a mapping.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: &'static Shape,
    pub(super) need: Need,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

pub(super) const fn required(name: &'static str, shape: &'static Shape) -> Field {
    Field {
        name,
        shape,
        need: Need::Required,
    }
}

pub(super) const fn optional(name: &'static str, shape: &'static Shape) -> Field {
    Field {
        name,
        shape,
        need: Need::Optional,
    }
}

/// What one key of a mapping says about the others.
#[derive(Debug)]
pub(super) enum Constraint {
    /// Exactly one of these groups of keys is there, and all of it.
    ExactlyOne(&'static [&'static [&'static str]]),
    /// At least one key.
    NotEmpty,
    /// If `key` has one of `values`, `needs` must be there.
    Needs {
        key: &'static str,
        values: &'static [&'static str],
        needs: &'static str,
        code: &'static str,
    },
    /// If `key` has one of `values`, `forbids` must not be there.
    Forbids {
        key: &'static str,
        values: &'static [&'static str],
        forbids: &'static str,
    },
    /// `key` only together with `with`.
    Only {
        key: &'static str,
        with: &'static str,
        code: &'static str,
    },
}

/// Reports everything about `node` that is not of `shape`.
pub(super) fn check(node: &Node, shape: &Shape, path: &str, findings: &mut Findings<'_>) {
    match (shape, &node.value) {
        (Shape::Text, Value::Text(_))
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Free, Value::Map(_)) => {}
        (Shape::Name, Value::Text(text)) => {
            if text.is_empty() {
                findings.error(
                    SCHEMA_VIOLATION,
                    path,
                    node.span,
                    format!("`{path}` is empty"),
                );
            }
        }
        (Shape::OneOf(values), Value::Text(text)) => check_word(node, text, values, path, findings),
        (Shape::Pattern(pattern), Value::Text(text)) => {
            if !(pattern.fits)(text) {
                let message = format!("`{text}` is no valid `{path}`");
                findings.error_with_help(SCHEMA_VIOLATION, path, node.span, message, pattern.rule);
            }
        }
        (Shape::Whole { min, max } | Shape::Number { min, max }, Value::Number(number)) => {
            let is_whole = matches!(shape, Shape::Number { .. }) || is_whole(number);
            if !is_whole || !is_between(number, *min, *max) {
                let kind = if matches!(shape, Shape::Whole { .. }) {
                    "a whole number"
                } else {
                    "a number"
                };
                let range = if *max == u64::MAX {
                    format!("{min} or more")
                } else {
                    format!("from {min} to {max}")
                };
                let message = format!("`{path}` is {number}, and must be {kind} {range}");
                findings.error(SCHEMA_VIOLATION, path, node.span, message);
            }
        }
        (Shape::List { item, min }, Value::List(items)) => {
            if items.len() < *min {
                findings.error(
                    SCHEMA_VIOLATION,
                    path,
                    node.span,
                    format!("`{path}` must not be empty"),
                );
            }
            for (index, node) in items.iter().enumerate() {
                check(node, item, &format!("{path}[{index}]"), findings);
            }
        }
        (Shape::Object(object), Value::Map(_)) => object.check(node, path, findings),
        (Shape::Either { text, .. }, Value::Text(_)) => check(node, text, path, findings),
        (Shape::Either { map, .. }, Value::Map(_)) => check(node, map, path, findings),
        _ => wrong_type(node, shape, path, findings),
    }
}

fn check_word(node: &Node, text: &str, values: &[&str], path: &str, findings: &mut Findings<'_>) {
    if values.contains(&text) {
        return;
    }
    let message = format!(
        "`{path}` is `{text}`, which is none of its values{}",
        suggestion(text, values)
    );
    let help = format!("values are {}", values.join(", "));
    findings.error_with_help(SCHEMA_VIOLATION, path, node.span, message, help);
}

fn wrong_type(node: &Node, shape: &Shape, path: &str, findings: &mut Findings<'_>) {
    let message = format!("`{path}` must be {}, this is {}", shape.kind(), node.kind());
    let key = path.rsplit('.').next().unwrap_or(path);
    match (shape, &node.value) {
        (Shape::Text | Shape::Name | Shape::OneOf(_) | Shape::Pattern(_), Value::Number(text)) => {
            let is_item = key.ends_with(']');
            let quoted = if is_item {
                format!("\"{text}\"")
            } else {
                format!("{key}: \"{text}\"")
            };
            let help = format!("quote it: `{quoted}`");
            findings.error_with_help(SCHEMA_VIOLATION, path, node.span, message, help);
        }
        (Shape::Whole { .. } | Shape::Number { .. }, Value::Text(text))
            if matches!(scalar::resolve(text), Ok(Value::Number(_))) =>
        {
            findings.error_with_help(
                SCHEMA_VIOLATION,
                path,
                node.span,
                message,
                "remove the quotes",
            );
        }
        (_, Value::Null) => {
            findings.error_with_help(
                SCHEMA_VIOLATION,
                path,
                node.span,
                message,
                format!("fill it in, or remove `{key}`"),
            );
        }
        _ => findings.error(SCHEMA_VIOLATION, path, node.span, message),
    }
}

impl Shape {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text | Self::Name | Self::OneOf(_) | Self::Pattern(_) => "text",
            Self::Bool => "true or false",
            Self::Whole { .. } => "a whole number",
            Self::Number { .. } => "a number",
            Self::List { .. } => "a list",
            Self::Object(_) | Self::Free => "a mapping",
            Self::Either { .. } => "text or a mapping",
        }
    }
}

impl Object {
    fn check(&self, node: &Node, path: &str, findings: &mut Findings<'_>) {
        for entry in node.entries() {
            match self.fields.iter().find(|field| field.name == entry.key) {
                Some(field) => check(&entry.value, field.shape, &join(path, &entry.key), findings),
                None => self.unknown(&entry.key, entry.key_span, path, findings),
            }
        }
        for field in self
            .fields
            .iter()
            .filter(|field| field.need == Need::Required)
        {
            if node.get(field.name).is_none() {
                missing(node, path, field.name, SCHEMA_VIOLATION, findings);
            }
        }
        for constraint in self.constraints {
            constraint.check(node, path, findings);
        }
    }

    fn unknown(&self, key: &str, span: super::node::Span, path: &str, findings: &mut Findings<'_>) {
        let known: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
        let place = if path.is_empty() { "a contract" } else { path };
        let message = format!(
            "unknown key `{key}` in `{place}`{}",
            suggestion(key, &known)
        );
        let message = if path.is_empty() {
            message.replace("`a contract`", "a contract of this format")
        } else {
            message
        };
        let help = format!("known keys: {}", known.join(", "));
        findings.error_with_help(SCHEMA_VIOLATION, path, span, message, help);
    }
}

fn missing(node: &Node, path: &str, key: &str, code: &'static str, findings: &mut Findings<'_>) {
    let path_of_key = join(path, key);
    let message = format!("`{path_of_key}` is missing");
    findings.error_with_help(code, path, node.span, message, format!("add `{key}`"));
}

impl Constraint {
    fn check(&self, node: &Node, path: &str, findings: &mut Findings<'_>) {
        let has = |key: &str| node.get(key).is_some();
        match self {
            Self::NotEmpty => {
                if node.entries().is_empty() {
                    findings.error(
                        SCHEMA_VIOLATION,
                        path,
                        node.span,
                        format!("`{path}` must not be empty"),
                    );
                }
            }
            Self::ExactlyOne(groups) => {
                let complete = groups
                    .iter()
                    .filter(|group| group.iter().all(|key| has(key)))
                    .count();
                let begun = groups
                    .iter()
                    .filter(|group| group.iter().any(|key| has(key)))
                    .count();
                if complete != 1 || begun != 1 {
                    let groups: Vec<String> = groups
                        .iter()
                        .map(|group| format!("`{}`", group.join("` and `")))
                        .collect();
                    let message = format!("`{path}` must have either {}", groups.join(", or "));
                    findings.error(SCHEMA_VIOLATION, path, node.span, message);
                }
            }
            Self::Needs {
                key,
                values,
                needs,
                code,
            } => {
                let text = node.get(key).and_then(Node::as_text);
                if let Some(text) = text.filter(|text| values.contains(text) && !has(needs)) {
                    let message = format!("`{path}` is of `{key}` {text} and needs `{needs}`");
                    findings.error_with_help(
                        code,
                        &join(path, needs),
                        node.span,
                        message,
                        format!("add `{needs}`"),
                    );
                }
            }
            Self::Forbids {
                key,
                values,
                forbids,
            } => {
                let text = node.get(key).and_then(Node::as_text);
                if let (Some(text), Some(found)) =
                    (text.filter(|text| values.contains(text)), node.get(forbids))
                {
                    let message =
                        format!("`{path}` is of `{key}` {text} and cannot have `{forbids}`");
                    findings.error(SCHEMA_VIOLATION, &join(path, forbids), found.span, message);
                }
            }
            Self::Only { key, with, code } => {
                if let Some(found) = node.get(key).filter(|_| !has(with)) {
                    let message = format!("`{key}` has a meaning only together with `{with}`");
                    findings.error(code, &join(path, key), found.span, message);
                }
            }
        }
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Whether a JSON number has no fraction, however it is written.
fn is_whole(number: &str) -> bool {
    number
        .parse::<f64>()
        .is_ok_and(|number| number.fract() == 0.0)
}

fn is_between(number: &str, min: u64, max: u64) -> bool {
    let Ok(value) = number.parse::<f64>() else {
        return false;
    };
    // The largest is no limit: the schema prints none either.
    value >= min as f64 && (max == u64::MAX || value <= max as f64)
}
