//! What the reader of `[package.metadata.pacto]` accepts, as JSON Schema for editors.
//!
//! Draft 2020-12. It says less than the reader where editors cannot follow: not every rule of paths is in it.

use serde_json::{Value, json};

use super::{Limits, MAX_TIMEOUT, SandboxLevel};
use crate::sorted;

pub(crate) fn metadata() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "[package.metadata.pacto]",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "bundle": {"$ref": "#/$defs/path"},
            "exclude": {"$ref": "#/$defs/texts"},
            "build": {"enum": ["write", "check"]},
            "targets": {
                "type": "object",
                "propertyNames": {"$ref": "#/$defs/name"},
                "additionalProperties": {"$ref": "#/$defs/target"},
            },
        },
        "$defs": {
            "name": {
                "type": "string",
                "maxLength": 100,
                "pattern": "^[a-z0-9]([a-z0-9._-]*[a-z0-9_-])?$",
                // What Windows keeps for devices cannot be in the name of a file.
                "not": {"pattern": "^(con|prn|aux|nul|com[0-9]|lpt[0-9])([.]|$)"},
            },
            "texts": {"type": "array", "items": {"type": "string"}},
            "path": {
                "type": "string",
                "pattern": r"^[^/\\\u0000-\u001f\u007f-\u009f][^\\\u0000-\u001f\u007f-\u009f]*$",
                // The other kind is what nobody sees.
                "not": {"pattern": r"^[^/]:|[\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"},
            },
            "variables": {
                "type": "array",
                "items": {"type": "string", "pattern": r"^[^=\u0000-\u001f\u007f-\u009f]+$"},
            },
            "level": {"enum": SandboxLevel::ALL.map(|(name, _)| name)},
            "target": target(),
        },
    })
}

fn target() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "workspace": {
                "description": "take the target from [workspace.metadata.pacto.targets]",
                "const": true,
            },
            "plugin": {
                "description": "pacto-plugin-<name>, a program of the repository, or a Rust function of a crate",
                "oneOf": [
                    {"$ref": "#/$defs/name"},
                    table_of("path", &json!({"$ref": "#/$defs/path"})),
                    table_of("crate", &json!({"type": "string", "pattern": r"^[\p{L}\p{N}_-]+$"})),
                ],
            },
            "output": {
                "description": "a folder of the package; without it files go to OUT_DIR",
                "type": "string",
                "pattern": r"^[^\\\u0000-\u001f\u007f-\u009f]*$",
                "not": {"pattern": r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)"},
            },
            "options": {"description": "what the plugin is told", "type": "object"},
            "inputs": {
                "description": "what the plugin reads besides the bundle",
                "type": "array",
                "items": {"$ref": "#/$defs/path"},
            },
            "env": {
                "description": "variables that the plugin gets",
                "$ref": "#/$defs/variables",
            },
            "timeout": {
                "description": "seconds",
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_TIMEOUT,
            },
            "limits": {
                "description": "how much the plugin may say",
                "type": "object",
                "additionalProperties": false,
                "properties": sorted::object(Limits::KEYS.map(|(key, most, _)| {
                    (key.to_owned(), json!({"type": "integer", "minimum": 1, "maximum": most}))
                }).into_iter()),
            },
            "sandbox": {
                "description": "what the plugin may touch",
                "oneOf": [{"$ref": "#/$defs/level"}, {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "level": {"$ref": "#/$defs/level"},
                        "read": {"$ref": "#/$defs/texts"},
                        "write": {"$ref": "#/$defs/texts"},
                        "network": {"type": "boolean"},
                    },
                }],
            },
        },
    })
}

fn table_of(key: &str, schema: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {key: schema},
        "required": [key],
        "additionalProperties": false,
    })
}
