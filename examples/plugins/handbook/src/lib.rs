//! A Markdown page about a service: its interfaces, what can be asked of them, and its configuration.

use std::collections::BTreeMap;
use std::fs;

use pacto_build::PluginError;
use pacto_build::protocol::{GenerateRequest, GenerateResponse};
use serde_json::Value;

/// The version of this plugin: when it changes, targets run again.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Answers with `<service>.md`.
///
/// # Errors
///
/// If a file that the contract names cannot be read.
pub fn generate(request: &GenerateRequest) -> Result<GenerateResponse, PluginError> {
    let (contract, service) = (&request.contract, &request.contract["service"]);
    let name = service["name"].as_str().ok_or("the service has no name")?;
    let version = cell(&service["version"]);
    let mut page =
        format!("# {name}\n\nVersion {version}, generated from the contract; do not edit.\n");
    let interfaces = contract["interfaces"].as_array().into_iter().flatten();
    let keys = ["name", "type", "port", "visibility"];
    let rows = interfaces
        .clone()
        .map(|interface| keys.map(|key| cell(&interface[key])));
    page += &section("Interfaces", ["Name", "Type", "Port", "Visibility"], rows);
    for interface in interfaces {
        if let Some(path) = interface["contract"]
            .as_str()
            .filter(|path| path.ends_with(".json"))
        {
            let title = format!("Operations of {}", cell(&interface["name"]));
            let rows = operations(&read(request, path)?);
            page += &section(&title, ["Method", "Path", "Summary"], rows);
        }
    }
    if let Some(path) = contract["configuration"]["schema"].as_str() {
        let rows = settings(&read(request, path)?);
        page += &section(
            "Configuration",
            ["Name", "Type", "Default", "Description"],
            rows,
        );
    }
    Ok(GenerateResponse::new().file(format!("{name}.md"), page))
}

/// The keys of an OpenAPI path that are operations, in the order in which people expect them.
const METHODS: [&str; 8] = [
    "get", "head", "options", "post", "put", "patch", "delete", "trace",
];

fn operations(openapi: &Value) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for (path, item) in sorted(&openapi["paths"]) {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                rows.push([
                    method.to_uppercase(),
                    code(path),
                    cell(&operation["summary"]),
                ]);
            }
        }
    }
    rows
}

fn settings(schema: &Value) -> Vec<[String; 4]> {
    let row = |(name, property): (&String, &Value)| {
        let default = property
            .get("default")
            .map(|default| code(&default.to_string()));
        let (kind, description) = (cell(&property["type"]), cell(&property["description"]));
        [code(name), kind, default.unwrap_or_default(), description]
    };
    sorted(&schema["properties"]).map(row).collect()
}

/// A file of the bundle.
fn read(request: &GenerateRequest, path: &str) -> Result<Value, PluginError> {
    let failed = |error: &dyn std::fmt::Display| format!("failed to read `{path}`: {error}");
    let json = fs::read(request.bundle_dir.join(path)).map_err(|error| failed(&error))?;
    Ok(serde_json::from_slice(&json).map_err(|error| failed(&error))?)
}

/// Sorted here: a map of `serde_json` has another order if any crate of a build wants it so.
fn sorted(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let entries: BTreeMap<_, _> = object.as_object().into_iter().flatten().collect();
    entries.into_iter()
}

/// A title and a table; nothing if the table would be empty.
fn section<const N: usize>(
    title: &str,
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.into_iter().map(line).collect();
    if rows.is_empty() {
        return rows;
    }
    let head = line(head.map(str::to_owned)) + &line(head.map(|_| "---".to_owned()));
    format!("\n## {title}\n\n{head}{rows}")
}

/// A value in a table: on one line, and without what would end the cell.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
}

/// A name or a value as it is written in a program.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('\n', " ");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}
