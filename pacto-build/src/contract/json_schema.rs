//! The tables of the dialects as JSON Schema, for editors.
//!
//! Draft 2020-12. What a schema says is what the loader says of structure: both are the same tables.

use serde_json::{Map, Value, json};

use super::dialect;
use super::shape::{Constraint, Need, Object, Shape};

/// One schema for `pacto.yaml` in all its formats, which are told apart by `pactoVersion`.
pub(crate) fn contract() -> Value {
    let versions: Vec<&str> = dialect::ROOTS.iter().map(|(version, _)| *version).collect();
    let formats = dialect::ROOTS.iter().map(|(version, shape)| {
        json!({"if": {"required": ["pactoVersion"], "properties": {"pactoVersion": {"const": version}}}, "then": of_shape(shape)})
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pacto contract",
        "type": "object",
        "required": ["pactoVersion"],
        "properties": {"pactoVersion": {"enum": versions}},
        "allOf": formats.collect::<Vec<_>>(),
    })
}

fn of_shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Name => json!({"type": "string", "minLength": 1}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Whole { min, max: u64::MAX } => json!({"type": "integer", "minimum": min}),
        Shape::Whole { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Number { min, max } => json!({"type": "number", "minimum": min, "maximum": max}),
        Shape::OneOf(values) => json!({"type": "string", "enum": values}),
        Shape::Pattern(pattern) => {
            json!({"type": "string", "pattern": pattern.regex, "description": pattern.rule})
        }
        Shape::List { item, min } => {
            json!({"type": "array", "items": of_shape(item), "minItems": min})
        }
        Shape::Object(object) => of_object(object),
        Shape::Free => json!({"type": "object"}),
        Shape::Either { text, map } => json!({"anyOf": [of_shape(text), of_shape(map)]}),
    }
}

fn of_object(object: &Object) -> Value {
    let properties = object
        .fields
        .iter()
        .map(|field| (field.name.to_owned(), of_shape(field.shape)));
    let required = object
        .fields
        .iter()
        .filter(|field| field.need == Need::Required)
        .map(|field| field.name);
    let mut schema = json!({
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "required": required.collect::<Vec<_>>(),
        "additionalProperties": false,
    });
    if !object.constraints.is_empty() {
        schema["allOf"] = object.constraints.iter().map(of_constraint).collect();
    }
    schema
}

fn of_constraint(constraint: &Constraint) -> Value {
    let is_one_of = |key: &str, values: &[&str]| json!({"required": [key], "properties": {key: {"enum": values}}});
    match constraint {
        Constraint::NotEmpty => json!({"minProperties": 1}),
        Constraint::Only { key, with, .. } => json!({"dependentRequired": {*key: [with]}}),
        Constraint::Needs {
            key, values, needs, ..
        } => {
            json!({"if": is_one_of(key, values), "then": {"required": [needs]}})
        }
        Constraint::Forbids {
            key,
            values,
            forbids,
        } => {
            json!({"if": is_one_of(key, values), "then": {"not": {"required": [forbids]}}})
        }
        Constraint::ExactlyOne(groups) => {
            let alternatives = groups.iter().map(|group| {
                let others = groups
                    .iter()
                    .copied()
                    .flatten()
                    .filter(|key| !group.contains(key));
                let others: Vec<Value> = others.map(|key| json!({"required": [key]})).collect();
                json!({"required": group, "not": {"anyOf": others}})
            });
            json!({"oneOf": alternatives.collect::<Vec<_>>()})
        }
    }
}
