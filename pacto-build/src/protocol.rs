//! Protocol v1: what a plugin is asked and what it answers.
//!
//! A plugin reads one [`GenerateRequest`] as JSON from stdin, writes one [`GenerateResponse`] as JSON
//! to stdout, and exits with 0. These types are the whole of it, for plugins that are Rust functions
//! ([`Builder::plugin`](crate::Builder::plugin)) and for those that are programs:
//!
//! ```
//! use pacto_build::protocol::{GenerateRequest, GenerateResponse};
//!
//! fn generate(request: &GenerateRequest) -> GenerateResponse {
//!     let name = request.contract["service"]["name"].as_str().unwrap_or_default();
//!     GenerateResponse::new().file("NAME", format!("{name}\n"))
//! }
//!
//! let stdin = br#"{"protocolVersion": "1", "contract": {"service": {"name": "orders"}},
//!                  "bundleDir": "/service/pacto", "outputDir": "/service/docs", "options": {}}"#;
//! let response = generate(&GenerateRequest::from_json(stdin)?);
//! assert_eq!(response.to_json(), br#"{"files":[{"path":"NAME","content":"orders\n"}]}"#);
//! # Ok::<(), pacto_build::Error>(())
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The protocol that this crate speaks.
pub const PROTOCOL_VERSION: &str = "1";

/// What a plugin is asked: one contract, one folder to fill.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GenerateRequest {
    /// The contract with the structure of `pacto.yaml`: nothing dropped, nothing filled in.
    ///
    /// Sorted by key here, and numbers beyond 64 bits lose digits; the JSON that a program reads has
    /// both as they are written.
    pub contract: Value,
    /// Absolute path of the folder that the contract is in. Only for reading.
    pub bundle_dir: PathBuf,
    /// Absolute path of the folder that the files will be put into; it may not exist yet.
    pub output_dir: PathBuf,
    /// The target's options, typed as the user wrote them.
    pub options: BTreeMap<String, Value>,
}

impl GenerateRequest {
    /// Reads a request as a plugin finds it on stdin.
    ///
    /// Keys that this version does not know are ignored; missing `options` are none.
    ///
    /// # Errors
    ///
    /// If `json` is not one JSON object with the keys of protocol v1, or speaks another protocol.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let failed = |what: &str| Error::message(format!("the request is not protocol v1: {what}"));
        let mut request: Map<String, Value> = match serde_json::from_slice(json) {
            Ok(Value::Object(request)) => request,
            Ok(_) => return Err(failed("it is not an object")),
            Err(error) => return Err(failed(&error.to_string())),
        };
        if request.get("protocolVersion") != Some(&Value::from(PROTOCOL_VERSION)) {
            return Err(failed("`protocolVersion` is not \"1\""));
        }
        let mut folder = |key: &str| match request.remove(key) {
            Some(Value::String(path)) => Ok(PathBuf::from(path)),
            _ => Err(failed(&format!("`{key}` is not a text"))),
        };
        let (bundle_dir, output_dir) = (folder("bundleDir")?, folder("outputDir")?);
        let options = match request.remove("options") {
            Some(Value::Object(object)) => {
                let mut options = BTreeMap::new();
                options.extend(object);
                options
            }
            None | Some(Value::Null) => BTreeMap::new(),
            Some(_) => return Err(failed("`options` is not an object")),
        };
        let contract = request
            .remove("contract")
            .ok_or_else(|| failed("`contract` is missing"))?;
        Ok(Self {
            contract,
            bundle_dir,
            output_dir,
            options,
        })
    }
}

/// The request as it goes to a program; `contract` is JSON already.
pub(crate) fn request_json(
    contract: &[u8],
    bundle_dir: &str,
    output_dir: &str,
    options: &BTreeMap<String, Value>,
) -> Vec<u8> {
    let options = crate::sorted::object(options.clone().into_iter());
    let mut json = Vec::with_capacity(contract.len() + 256);
    json.extend(b"{\"protocolVersion\":\"1\",\"contract\":");
    json.extend(contract);
    for (key, value) in [("bundleDir", bundle_dir), ("outputDir", output_dir)] {
        json.extend(format!(",\"{key}\":{}", Value::from(value)).as_bytes());
    }
    json.extend(format!(",\"options\":{}}}", options).as_bytes());
    json
}

/// What a plugin answers: the files, and a message for the user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GenerateResponse {
    /// The files of the target. Together they are the whole output: a file of the last run that is
    /// not among them is removed.
    pub files: Vec<GeneratedFile>,
    /// A line for the user.
    pub message: Option<String>,
}

/// One file that a plugin made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Relative to the output folder, with `/`.
    pub path: String,
    /// The whole content.
    pub content: String,
}

impl GenerateResponse {
    /// An answer without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.files.push(GeneratedFile {
            path: path.into(),
            content: content.into(),
        });
        self
    }

    /// Sets the message for the user.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The response as a plugin writes it to stdout.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = b"{\"files\":[".to_vec();
        for (index, file) in self.files.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let (path, content) = (Value::from(&*file.path), Value::from(&*file.content));
            json.extend(format!("{comma}{{\"path\":{path},\"content\":{content}}}").as_bytes());
        }
        json.push(b']');
        if let Some(message) = &self.message {
            json.extend(format!(",\"message\":{}", Value::from(&**message)).as_bytes());
        }
        json.push(b'}');
        json
    }

    /// Reads what a plugin wrote to stdout: exactly one JSON object, in which unknown keys are fine.
    ///
    /// The texts are moved, not copied: a response of 64 MiB is in memory twice, not four times.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, String> {
        let mut response: Map<String, Value> = match serde_json::from_slice(json) {
            Ok(Value::Object(response)) => response,
            Ok(_) => return Err("it is not a JSON object".to_owned()),
            Err(error) => return Err(error.to_string()),
        };
        let message = match response.remove("message") {
            None | Some(Value::Null) => None,
            Some(Value::String(message)) => Some(message),
            Some(_) => return Err("`message` is not a text".to_owned()),
        };
        let files = match response.remove("files") {
            None => return Err("`files` is missing".to_owned()),
            Some(Value::Array(files)) => files,
            Some(_) => return Err("`files` is not a list".to_owned()),
        };
        let files = files
            .into_iter()
            .enumerate()
            .map(|(index, file)| generated_file(index, file));
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
            message,
        })
    }
}

fn generated_file(index: usize, file: Value) -> Result<GeneratedFile, String> {
    let Value::Object(mut file) = file else {
        return Err(format!("`files[{index}]` is not an object"));
    };
    let mut text = |key: &str| match file.remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("`files[{index}].{key}` is not a text")),
        None => Err(format!("`files[{index}].{key}` is missing")),
    };
    Ok(GeneratedFile {
        path: text("path")?,
        content: text("content")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses() {
        let table: [(&str, Result<usize, &str>); 17] = [
            (r#"{"files":[]}"#, Ok(0)),
            (r#"{"files":[{"path":"a","content":""}],"later":1}"#, Ok(1)),
            (" {\"files\":[],\"message\":null}\n", Ok(0)),
            ("", Err("EOF while parsing a value at line 1 column 0")),
            ("{}", Err("`files` is missing")),
            ("null", Err("it is not a JSON object")),
            (r#"{"files":null}"#, Err("`files` is not a list")),
            (r#"{"files":[null]}"#, Err("`files[0]` is not an object")),
            (
                r#"{"files":[{"content":""}]}"#,
                Err("`files[0].path` is missing"),
            ),
            (
                r#"{"files":[{"path":"a"}]}"#,
                Err("`files[0].content` is missing"),
            ),
            (
                r#"{"files":[{"path":"a","content":1}]}"#,
                Err("`files[0].content` is not a text"),
            ),
            (
                r#"{"files":[],"message":1}"#,
                Err("`message` is not a text"),
            ),
            (
                r#"{"files":[]} done"#,
                Err("trailing characters at line 1 column 14"),
            ),
            (
                r#"{"files":[]}{"files":[]}"#,
                Err("trailing characters at line 1 column 13"),
            ),
            (
                "\u{feff}{\"files\":[]}",
                Err("expected value at line 1 column 1"),
            ),
            (r#"{"Files":[]}"#, Err("`files` is missing")),
            (
                r#"{"files":["#,
                Err("EOF while parsing a list at line 1 column 10"),
            ),
        ];
        for (json, expected) in table {
            let files =
                GenerateResponse::from_json(json.as_bytes()).map(|response| response.files.len());
            assert_eq!(files, expected.map_err(str::to_owned), "{json}");
        }
    }

    #[test]
    fn a_request_goes_out_and_comes_back() {
        let options = BTreeMap::from([("n".to_owned(), Value::from(1))]);
        let json = request_json(br#"{"b":1,"a":2}"#, "/b \"x\"", "/o", &options);
        let text = String::from_utf8(json.clone()).expect("it is made of texts");
        assert_eq!(
            text,
            r#"{"protocolVersion":"1","contract":{"b":1,"a":2},"bundleDir":"/b \"x\"","outputDir":"/o","options":{"n":1}}"#
        );
        let request = GenerateRequest::from_json(&json).expect("it is our own");
        assert_eq!(
            (request.options, request.bundle_dir),
            (options, PathBuf::from("/b \"x\""))
        );
    }

    #[test]
    fn requests_of_another_protocol_are_refused() {
        for json in [
            "",
            "[]",
            r#"{"protocolVersion":"2"}"#,
            r#"{"protocolVersion":"1"}"#,
        ] {
            assert!(
                GenerateRequest::from_json(json.as_bytes()).is_err(),
                "{json}"
            );
        }
    }
}
