//! `cargo pacto schema`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use pacto_build::driver;
use serde_json::{Value, json};

use crate::flags::Context;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Of what
    #[arg(value_enum, default_value_t = Subject::Contract)]
    subject: Subject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// pacto.yaml, in all its formats
    Contract,
    /// `[package.metadata.pacto]` of Cargo.toml
    Metadata,
}

pub(crate) fn main(arguments: &Arguments, context: &mut Context) -> ExitCode {
    let schema = match arguments.subject {
        Subject::Contract => driver::contract_schema(),
        Subject::Metadata => metadata(),
    };
    context.shell.result(format_args!("{schema:#}"));
    ExitCode::SUCCESS
}

/// What the loader of `[package.metadata.pacto]` accepts.
fn metadata() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let name = json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*$", "maxLength": 100});
    let path = json!({"type": "string", "minLength": 1, "pattern": "^[^/\\\\]"});
    let paths = json!({"type": "array", "items": path});
    let level = json!({"enum": ["strict", "read-only", "off"]});
    let target = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "workspace": {"const": true, "description": "take the target from [workspace.metadata.pacto.targets]"},
            "plugin": {
                "description": "pacto-plugin-<name>, a program of the repository, or a Rust function of a crate",
                "oneOf": [
                    name,
                    {"type": "object", "properties": {"path": path}, "required": ["path"], "additionalProperties": false},
                    {"type": "object", "properties": {"crate": {"type": "string"}}, "required": ["crate"], "additionalProperties": false},
                ],
            },
            "output": {"type": "string", "description": "a folder of the package; without it files go to OUT_DIR"},
            "options": {"type": "object", "description": "what the plugin is told"},
            "inputs": {"description": "what the plugin reads besides the bundle", "$ref": "#/$defs/paths"},
            "env": {"description": "variables that the plugin gets", "$ref": "#/$defs/texts"},
            "timeout": {"type": "integer", "minimum": 1, "maximum": 86_400, "description": "seconds"},
            "sandbox": {
                "description": "what the plugin may touch",
                "oneOf": [level, {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "level": level,
                        "read": {"$ref": "#/$defs/texts"},
                        "write": {"$ref": "#/$defs/texts"},
                        "network": {"type": "boolean"},
                    },
                }],
            },
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "[package.metadata.pacto]",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "bundle": path,
            "exclude": {"$ref": "#/$defs/texts"},
            "build": {"enum": ["write", "check"]},
            "targets": {"type": "object", "propertyNames": name, "additionalProperties": target},
        },
        "$defs": {"texts": texts, "paths": paths},
    })
}
