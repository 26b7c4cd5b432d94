//! Plugins that are Rust functions of the build script, and what a `Builder` can say.

use snapbox::str;

use crate::story::Story;
use crate::support::{Project, project};

/// A build script with a function as the plugin `linked`; `builder` is what is said besides.
fn build_script(builder: &str, function: &str) -> String {
    format!(
        r#"use pacto_build::protocol::{{GenerateRequest, GenerateResponse}};
use pacto_build::{{Builder, PluginError}};

fn main() {{
    let builder = Builder::new().plugin("linked", "1.0.0", linked);
    {builder}
}}

fn linked(request: &GenerateRequest) -> Result<GenerateResponse, PluginError> {{
    {function}
}}
"#
    )
}

/// Answers with a file that is different after every run.
const STAMPS: &str = r#"let name = request.contract["service"]["name"].as_str().ok_or("a service has a name")?;
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_nanos();
    let options = &request.options;
    Ok(GenerateResponse::new().file("stamp", format!("{name} {options:?} {now}")))"#;

const METADATA: &str = r#"
[package.metadata.pacto.targets.built]
plugin = { crate = "linked" }

[package.metadata.pacto.targets.kept]
plugin = { crate = "linked" }
output = "deploy"
"#;

/// One target: of two that fail, the second may not have begun.
const KEPT: &str = r#"
[package.metadata.pacto.targets.kept]
plugin = { crate = "linked" }
output = "deploy"
"#;

fn linked(name: &str, metadata: &str, function: &str) -> Project {
    let project = project(name, metadata);
    project.file("build.rs", &build_script("builder.generate();", function));
    project
}

#[test]
fn when_a_function_runs() {
    let mut story = Story::new(
        "linked-rerun",
        linked("linked-rerun", METADATA, STAMPS),
        vec![("built", None), ("kept", Some("deploy/stamp"))],
    );
    story.when("first build", |_| {});
    story.when("touch the contract", |p| {
        p.set_time("pacto/pacto.yaml", std::time::Duration::ZERO);
    });
    story.when("edit the contract", |p| {
        p.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    });
    story.when("edit the function", |p| {
        p.edit("build.rs", "{name} ", "{name}, ");
    });
    story.when("raise its version", |p| {
        p.edit("build.rs", "\"1.0.0\"", "\"1.0.1\"");
    });
    story.when("touch build.rs", |p| {
        p.set_time("build.rs", std::time::Duration::ZERO);
    });
    story.when("edit the crate", |p| {
        p.file("src/lib.rs", "// edited\n");
    });
    story.reads(str![[r#"
first build: Compiling; ran built, kept
  + cargo::rerun-if-changed=Cargo.toml
  + cargo::rerun-if-changed=deploy/stamp
  + cargo::rerun-if-changed=pacto
  + cargo::rerun-if-changed=pacto-generated.lock
  + cargo::rerun-if-env-changed=PACTO_BUILD
  + cargo::rerun-if-env-changed=PACTO_PLUGIN_LINKED
touch the contract: the file `pacto` has changed; ran nothing
edit the contract: the file `pacto` has changed; ran built, kept
edit the function: the file `build.rs` has changed; ran built, kept
raise its version: the file `build.rs` has changed; ran built, kept
touch build.rs: the file `build.rs` has changed; ran built, kept
edit the crate: the file `src/lib.rs` has changed; ran nothing

"#]]);
}

#[test]
fn a_function_that_panics() {
    let project = linked(
        "linked-panics",
        KEPT,
        "let options = &request.options; panic!(\"{options:?} is\\nnothing\")",
    );
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: linked-panics@0.1.0: plugin `linked` panicked: {} is
error: linked-panics@0.1.0: nothing
error: build script logged errors

"#]]);
    assert_eq!(project.names("deploy"), [""; 0]);
}

#[test]
fn a_function_that_fails() {
    let project = linked(
        "linked-fails",
        KEPT,
        "let number: u8 = request.contract[\"pactoVersion\"].as_str().unwrap_or_default().parse()?;\n    \
         Ok(GenerateResponse::new().file(\"n\", number.to_string()))",
    );
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: linked-fails@0.1.0: plugin `linked` failed: invalid digit found in string
error: build script logged errors

"#]]);
    assert_eq!(project.names("deploy"), [""; 0]);
}

#[test]
fn a_function_is_held_to_the_rules_for_paths() {
    let project = linked(
        "linked-escapes",
        METADATA,
        "let _ = request; Ok(GenerateResponse::new().file(\"../x\", \"\"))",
    );
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: linked-escapes@0.1.0: the plugin of target `built` wants to write `../x`, which has a `.` or `..` part
error: linked-escapes@0.1.0: the plugin of target `kept` wants to write `../x`, which has a `.` or `..` part
error: build script logged errors

"#]]);
    assert_eq!(project.names("deploy"), [""; 0]);
}

#[test]
fn a_plugin_crate_that_is_not_linked() {
    let project = project("not-linked", METADATA);
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: not-linked@0.1.0: plugin crate `linked` is not linked into the build script; add it to [build-dependencies] and call `.plugin("linked", VERSION, FUNCTION)` on the `Builder`
error: build script logged errors

"#]]);
}

#[test]
fn a_linked_plugin_that_no_target_runs() {
    let metadata = "[package.metadata.pacto.targets.kept]\nplugin = \"other\"\n";
    let project = linked("linked-for-nothing", metadata, STAMPS);
    project
        .cargo("build -q")
        .exits_with(101)
        .stderr(str![[r#"
error: linked-for-nothing@0.1.0: plugin `linked` is linked, and no target runs it; give one `plugin = { crate = "linked" }` in Cargo.toml, or do not link it
error: build script logged errors

"#]]);
}

#[test]
fn targets_of_a_builder() {
    let project = project("builder-targets", METADATA);
    let builder = r#"
    let more = pacto_build::Target::new("more")
        .plugin(pacto_build::PluginRef::Crate("linked".to_owned()))
        .option("size", 3)
        .option("names", vec!["a", "b"]);
    let built = pacto_build::Target::new("built").option("mode", "fast");
    builder.target(more).target(built).generate();"#;
    let function =
        "Ok(GenerateResponse::new().file(\"options\", format!(\"{:?}\", request.options)))";
    project.file("build.rs", &build_script(builder, function));
    project.cargo("build -q").succeeds().stderr("");
    let options = ["more/options", "built/options"].map(|path| project.out(path));
    assert_eq!(
        options,
        [
            r#"{"names": Array [String("a"), String("b")], "size": Number(3)}"#,
            r#"{"mode": String("fast")}"#,
        ]
    );
    assert_eq!(project.read("deploy/options"), "{}");

    project.edit(
        "build.rs",
        "Target::new(\"built\")",
        "Target::new(\"kept\")",
    );
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: builder-targets@0.1.0: target `kept` has an `output` in Cargo.toml, so that a build script cannot change it
error: build script logged errors

"#]]);
    project.edit(
        "build.rs",
        "Target::new(\"kept\")",
        "Target::new(\"../up\")",
    );
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: builder-targets@0.1.0: `../up` cannot name a target; a name has lower-case letters, digits, `.`, `_` and `-`, and begins with a letter or digit
error: build script logged errors

"#]]);
}

#[test]
fn a_report_names_what_is_watched() {
    let project = project(
        "builder-report",
        &format!("{METADATA}inputs = [\"in.txt\"]\nenv = [\"PASSED\"]\n"),
    );
    project.file("in.txt", "");
    let builder = r#"
    let report = builder.run().unwrap_or_else(|error| panic!("{error}"));
    let paths = report.watched.iter().map(|path| format!("cargo::rerun-if-changed={path}\n"));
    let names = report.watched_env.iter().map(|name| format!("cargo::rerun-if-env-changed={name}\n"));
    let watched: String = paths.chain(names).collect();
    let out_dir = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out_dir}/watched"), watched).unwrap();
    let outcome = |outcome: &pacto_build::Outcome| format!("{} {:?} {:?}\n", outcome.target, outcome.freshness, outcome.files);
    let outcomes: String = report.outcomes.iter().map(outcome).collect();
    std::fs::write(format!("{out_dir}/outcomes"), outcomes).unwrap();"#;
    let function = "Ok(GenerateResponse::new().file(\"name\", request.contract[\"service\"][\"name\"].to_string()))";
    project.file("build.rs", &build_script(builder, function));
    project.cargo("build -q").succeeds().stderr("");
    let mut lines = project.directives().join("\n");
    lines.push('\n');
    assert_eq!(project.out("../watched"), lines);
    assert_eq!(
        lines,
        r#"cargo::rerun-if-changed=Cargo.toml
cargo::rerun-if-changed=deploy/name
cargo::rerun-if-changed=in.txt
cargo::rerun-if-changed=pacto
cargo::rerun-if-changed=pacto-generated.lock
cargo::rerun-if-env-changed=PACTO_BUILD
cargo::rerun-if-env-changed=PACTO_PLUGIN_LINKED
cargo::rerun-if-env-changed=PASSED
"#
    );
    assert_eq!(
        project.out("../outcomes"),
        r#"built Dirty([NeverGenerated]) [("name", Created)]
kept Dirty([NeverGenerated]) [("deploy/name", Created)]
"#
    );

    project.edit("pacto/pacto.yaml", "1.0.0", "1.0.1");
    project.cargo("build -q").succeeds();
    assert_eq!(
        project.out("../outcomes"),
        r#"built Dirty([Changed("pacto/pacto.yaml")]) [("name", Unchanged)]
kept Dirty([Changed("pacto/pacto.yaml")]) [("deploy/name", Unchanged)]
"#
    );
}

#[test]
fn a_build_script_with_words_of_its_own() {
    let project = project("builder-own-words", METADATA);
    let builder = r#"
    println!("cargo::rerun-if-changed=own.txt");
    if let Err(error) = builder.run() {
        println!("cargo::error=sorry: {error}");
    }"#;
    project.file("own.txt", "");
    project.file(
        "build.rs",
        &build_script(builder, "let _ = request; Err(\"no\".into())"),
    );
    project.cargo("build -q").exits_with(101).stderr(str![[r#"
error: builder-own-words@0.1.0: sorry: plugin `linked` failed: no
error: build script logged errors

"#]]);
}
