//! Kubernetes manifests from a contract: a deployment, and a service if the contract has ports.

use std::collections::BTreeMap;

use pacto_build::PluginError;
use pacto_build::protocol::{GenerateRequest, GenerateResponse};
use serde_json::Value;

/// The version of this plugin: when it changes, targets run again.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Answers with `deployment.yaml` and `service.yaml`; the option `namespace` says where they belong.
///
/// # Errors
///
/// If the workload does not keep running, or a port is missing.
pub fn generate(request: &GenerateRequest) -> Result<GenerateResponse, PluginError> {
    let contract = &request.contract;
    let workload = &contract["runtime"]["workload"];
    let workload = workload["type"].as_str().or(workload.as_str());
    if let Some(kind @ ("job" | "scheduled")) = workload {
        return Err(format!("a workload of type `{kind}` is none for a deployment").into());
    }
    let namespace = request.options.get("namespace").unwrap_or(&Value::Null);
    let head = head(&contract["service"], namespace);
    let ports = ports(contract)?;
    let deployment = deployment(contract, &ports)?;
    let mut response = GenerateResponse::new().file(
        "deployment.yaml",
        format!("{FIRST}apiVersion: apps/v1\nkind: Deployment\n{head}{deployment}"),
    );
    if !ports.is_empty() {
        let service = service(&contract["service"], &ports);
        let text = format!("{FIRST}apiVersion: v1\nkind: Service\n{head}{service}");
        response = response.file("service.yaml", text);
    }
    let message = format!("{} manifests", response.files.len());
    Ok(response.message(message))
}

/// What each file begins with.
const FIRST: &str = "# Generated from the contract; do not edit.\n";

/// One line of YAML; none for what the contract does not say. A value is written as JSON, which YAML
/// reads as it is meant, whatever is in it.
fn line(indent: usize, key: &str, value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    format!("{:indent$}{key}: {value}\n", "")
}

fn head(service: &Value, namespace: &Value) -> String {
    // A label has no `+`, which semantic versions may have.
    let version = service["version"].as_str().unwrap_or_default();
    let version = Value::from(version.replace('+', "_"));
    "metadata:\n".to_owned()
        + &line(2, "name", &service["name"])
        + &line(2, "namespace", namespace)
        + "  labels:\n"
        + &line(4, "app.kubernetes.io/name", &service["name"])
        + &line(4, "app.kubernetes.io/version", &version)
}

/// A name for each port: interfaces can share one, and their own names can be too long.
fn ports(contract: &Value) -> Result<BTreeMap<u64, String>, PluginError> {
    let mut ports = BTreeMap::new();
    for interface in contract["interfaces"].as_array().into_iter().flatten() {
        if let Some(kind @ ("http" | "grpc")) = interface["type"].as_str() {
            let port = interface["port"].as_u64();
            let port = port.filter(|port| (1..=65535).contains(port));
            let port = port.ok_or_else(|| {
                let name = interface["name"].as_str().unwrap_or_default();
                format!("interface `{name}` has no port from 1 to 65535")
            })?;
            ports.insert(port, format!("{kind}-{port}"));
        }
    }
    Ok(ports)
}

fn deployment(contract: &Value, ports: &BTreeMap<u64, String>) -> Result<String, PluginError> {
    let (service, scaling) = (&contract["service"], &contract["scaling"]);
    let name = &service["name"];
    // Where to begin; up to `max` is for an autoscaler.
    let replicas = scaling.get("replicas").unwrap_or(&scaling["min"]);
    let grace = &contract["runtime"]["lifecycle"]["gracefulShutdownSeconds"];
    let mut text = "spec:\n".to_owned()
        + &line(2, "replicas", replicas)
        + "  selector:\n    matchLabels:\n"
        + &line(6, "app.kubernetes.io/name", name)
        + "  template:\n    metadata:\n      labels:\n"
        + &line(8, "app.kubernetes.io/name", name)
        + "    spec:\n"
        + &line(6, "terminationGracePeriodSeconds", grace)
        + "      containers:\n"
        + &line(8, "- name", name)
        + &line(10, "image", service["image"].get("ref").unwrap_or(name));
    if !ports.is_empty() {
        text += "          ports:\n";
    }
    for (port, name) in ports {
        text += &format!("            - name: {name}\n              containerPort: {port}\n");
    }
    Ok(text + &probe(contract)?)
}

/// How a pod is asked whether it can work; nothing if the contract does not say.
fn probe(contract: &Value) -> Result<String, PluginError> {
    let health = &contract["runtime"]["health"];
    let Some(name) = health["interface"].as_str() else {
        return Ok(String::new());
    };
    let mut interfaces = contract["interfaces"].as_array().into_iter().flatten();
    let interface = interfaces
        .find(|interface| interface["name"] == name)
        .ok_or_else(|| format!("health names interface `{name}`, which is not there"))?;
    let kind = if interface["type"] == "grpc" {
        "grpc"
    } else {
        "httpGet"
    };
    Ok(format!("          readinessProbe:\n            {kind}:\n")
        + &line(14, "path", &health["path"])
        + &line(14, "port", &interface["port"])
        + &line(12, "initialDelaySeconds", &health["initialDelaySeconds"]))
}

fn service(service: &Value, ports: &BTreeMap<u64, String>) -> String {
    let selector = line(4, "app.kubernetes.io/name", &service["name"]);
    let mut text = format!("spec:\n  selector:\n{selector}  ports:\n");
    for (port, name) in ports {
        text += &format!("    - name: {name}\n      port: {port}\n      targetPort: {name}\n");
    }
    text
}
