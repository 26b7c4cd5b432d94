//! What the compiler says of build scripts, in `tests/ui`.
//!
//! Error codes and places stay; the words around them are different in every Rust, so that they are not compared.

use std::fs;

use serde_json::Value;

use crate::support::{Execution, project, repository};

/// Compiles a build script.
fn check(package: &str, script: &str) -> Execution {
    let project = project(package, "");
    let script = repository().join("tests/ui").join(script);
    let script =
        fs::read_to_string(&script).unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    project.file("build.rs", &script);
    project.cargo("check --message-format json")
}

/// The errors that have a code: the code, the line, and what stands there.
fn errors(execution: &Execution) -> Vec<String> {
    let lines = execution.stdout.lines();
    let messages = lines.map(|line| {
        serde_json::from_str::<Value>(line).expect("Cargo speaks JSON")["message"].take()
    });
    let errors =
        messages.filter(|message| message["level"] == "error" && !message["code"].is_null());
    let described = errors.map(|message| {
        let spans = message["spans"].as_array().into_iter().flatten();
        let primary = spans.filter(|span| span["is_primary"] == true);
        let places =
            primary.map(|span| format!("{}: {}", span["line_start"], span["text"][0]["text"]));
        format!(
            "{} in line {}",
            message["code"]["code"],
            places.collect::<String>()
        )
    });
    described.collect()
}

#[test]
fn functions_and_closures_are_plugins() {
    check("ui-plugins", "functions_that_are_plugins.rs").succeeds();
}

#[test]
fn a_function_of_another_shape_is_no_plugin() {
    let execution = check("ui-shape", "a_function_of_another_shape.rs").exits_with(101);
    assert_eq!(
        errors(&execution),
        [r#""E0631" in line 9: "    let _ = Builder::new().plugin(\"named\", \"1.0.0\", named);""#]
    );
}
