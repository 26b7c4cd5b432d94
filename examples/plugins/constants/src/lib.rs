//! Typed Rust constants from a contract: who the service is, its ports, and its configuration's defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pacto_build::PluginError;
use pacto_build::protocol::{GenerateRequest, GenerateResponse};
use serde_json::Value;

/// The version of this plugin: when it changes, targets run again.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Answers with `constants.rs`, which is made to be `include!`d.
///
/// # Errors
///
/// If a port is not one, or the configuration's schema cannot be read.
pub fn generate(request: &GenerateRequest) -> Result<GenerateResponse, PluginError> {
    let (contract, mut constants) = (&request.contract, Constants::default());
    for (name, key) in [("SERVICE", "name"), ("VERSION", "version")] {
        let value = contract["service"][key].as_str().unwrap_or_default();
        constants.add(
            name,
            &format!("The service's {key}."),
            "&str",
            format!("{value:?}"),
        );
    }
    for interface in contract["interfaces"].as_array().into_iter().flatten() {
        if let Some(kind @ ("http" | "grpc")) = interface["type"].as_str() {
            let name = interface["name"].as_str().unwrap_or_default();
            let port = interface["port"]
                .as_u64()
                .filter(|port| (1..=65535).contains(port));
            let port =
                port.ok_or_else(|| format!("interface `{name}` has no port from 1 to 65535"))?;
            let doc = format!("The port of the {kind} interface `{name}`.");
            constants.add(
                &format!("PORT_{}", screaming(name)),
                &doc,
                "u16",
                port.to_string(),
            );
        }
    }
    for (name, property) in properties(request)? {
        if let Some((kind, value)) = typed_default(&property) {
            let doc = property["description"].as_str().unwrap_or_default();
            constants.add(&format!("DEFAULT_{}", screaming(&name)), doc, kind, value);
        }
    }
    let message = format!("{} constants", constants.names.len());
    Ok(GenerateResponse::new()
        .file("constants.rs", constants.code)
        .message(message))
}

#[derive(Default)]
struct Constants {
    code: String,
    names: BTreeSet<String>,
}

impl Constants {
    /// Adds a constant. Two names of the contract can become one in Rust: the later gets a number.
    fn add(&mut self, name: &str, doc: &str, kind: &str, value: String) {
        let (mut free, mut number) = (name.to_owned(), 1);
        while !self.names.insert(free.clone()) {
            number += 1;
            free = format!("{name}_{number}");
        }
        // An attribute takes every text, escaped; a comment would not.
        if !doc.is_empty() {
            self.code += &format!("#[doc = {doc:?}]\n");
        }
        self.code += &format!("pub const {free}: {kind} = {value};\n");
    }
}

/// The configuration's properties by name: sorted here, as a map of `serde_json` keeps its keys
/// in another order as soon as any crate of a build turns `preserve_order` on.
fn properties(request: &GenerateRequest) -> Result<BTreeMap<String, Value>, PluginError> {
    let Some(path) = request.contract["configuration"]["schema"].as_str() else {
        return Ok(BTreeMap::new());
    };
    let failed = |error: &dyn std::fmt::Display| format!("failed to read `{path}`: {error}");
    let json = fs::read(request.bundle_dir.join(path)).map_err(|error| failed(&error))?;
    let schema: Value = serde_json::from_slice(&json).map_err(|error| failed(&error))?;
    let properties = schema["properties"].as_object().into_iter().flatten();
    Ok(properties
        .map(|(name, property)| (name.clone(), property.clone()))
        .collect())
}

/// The Rust type and literal of a property's default, if it has one that fits into a constant.
fn typed_default(property: &Value) -> Option<(&'static str, String)> {
    let is_unsigned = property["minimum"].as_f64() >= Some(0.0);
    match property.get("default")? {
        Value::Bool(flag) => Some(("bool", flag.to_string())),
        Value::String(text) => Some(("&str", format!("{text:?}"))),
        Value::Number(number) if property["type"] == "number" => {
            Some(("f64", format!("{:?}", number.as_f64()?)))
        }
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(signed), _) if !is_unsigned => Some(("i64", signed.to_string())),
            (_, Some(unsigned)) => Some(("u64", unsigned.to_string())),
            (signed, None) => Some(("i64", signed?.to_string())),
        },
        _ => None,
    }
}

/// `pageSize` and `page-size` as `PAGE_SIZE`. Behind a prefix that is an identifier whatever `name` is.
fn screaming(name: &str) -> String {
    let (mut screaming, mut was_lower) = (String::new(), false);
    for c in name.chars() {
        if was_lower && c.is_ascii_uppercase() {
            screaming.push('_');
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_plain = c.is_ascii_alphanumeric();
        screaming.push(if is_plain {
            c.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    screaming
}
