//! What `cargo pacto validate` and build scripts say of a contract, word for word.

use std::fs;

use snapbox::{IntoData as _, str};

use crate::support::{CONTRACT, Execution, Project, STAMP, answers, bare, manifest, project};

const HEAD: &str = "pactoVersion: \"1.0\"\nservice: {name: demo, version: 1.0.0}\n";

/// A folder with this contract in `pacto/` and no package.
fn contract(text: &str) -> Project {
    let project = bare("contract");
    project.file("pacto/pacto.yaml", text);
    project
}

#[test]
fn every_fault_is_shown_with_its_place_and_its_cure() {
    let project = contract(
        "\
pactoVersion: \"1.0\"
service:
  name: Orders
  version: 1.0
interfaces:
  - name: api
    type: http
    visibilty: public
  - {name: rpc, type: gprc}
scaling: {min: 1}
verification:
",
    );

    project.pacto("validate pacto").exits_with(1).stdout(str![]).stderr(str![[r#"
error: `Orders` is no valid `service.name` [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:3:9
3 |   name: Orders
  |         ^^^^^^
  = help: use lower-case letters, digits and inner hyphens
error: `service.version` must be text, this is a number [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:4:12
4 |   version: 1.0
  |            ^^^
  = help: quote it: `version: "1.0"`
error: `interfaces[0]` is of `type` http and needs `port` [PORT_REQUIRED]
 --> pacto/pacto.yaml:6:5
6 |   - name: api
  |     ^^^^^^^^^
  = help: add `port`
error: unknown key `visibilty` in `interfaces[0]`; did you mean `visibility`? [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:8:5
8 |     visibilty: public
  |     ^^^^^^^^^
  = help: known keys: name, type, port, visibility, contract
error: `interfaces[1].type` is `gprc`, which is none of its values; did you mean `grpc`? [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:9:23
9 |   - {name: rpc, type: gprc}
  |                       ^^^^
  = help: values are http, grpc, event
error: `scaling` must have either `replicas`, or `min` and `max` [SCHEMA_VIOLATION]
  --> pacto/pacto.yaml:10:10
10 | scaling: {min: 1}
   |          ^^^^^^^^
error: unknown key `verification` in a contract of this format [SCHEMA_VIOLATION]
  --> pacto/pacto.yaml:11:1
11 | verification:
   | ^^^^^^^^^^^^
   = help: known keys: pactoVersion, service, interfaces, configuration, configurations, policy, policies, dependencies, runtime, scaling, metadata
     Invalid pacto (7 errors)

"#]]);
}

#[test]
fn tabs_before_a_fault_stay_tabs() {
    let project = contract("pactoVersion: \"1.0\"\nservice:\n  name:\tdemo\n  version:\t\t1.0\n");

    project
        .pacto("validate pacto")
        .exits_with(1)
        .stderr(str![[r#"
error: `service.version` must be text, this is a number [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:4:13
4 |   version:		1.0
  |           		^^^
  = help: quote it: `version: "1.0"`
     Invalid pacto (1 error)

"#]]);
}

#[test]
fn columns_count_characters() {
    let project = contract(
        "pactoVersion: \"1.0\"\nservice: {name: demo, owner: \"Équipe naïve\", version: latest}\n",
    );

    project
        .pacto("validate pacto")
        .exits_with(1)
        .stderr(str![[r#"
error: `latest` is no semantic version [INVALID_SEMVER]
 --> pacto/pacto.yaml:2:55
2 | service: {name: demo, owner: "Équipe naïve", version: latest}
  |                                                       ^^^^^^
  = help: write it as in `1.4.0`
     Invalid pacto (1 error)

"#]]);
}

#[test]
fn wide_characters_move_the_underline_two_columns() {
    let project = contract(&format!("{HEAD}metadata: {{名前: 認証, x: .nan}}\n"));

    project
        .pacto("validate pacto")
        .exits_with(1)
        .stderr(str![[r#"
error: `.nan` cannot be given to a plugin: JSON has no such number [NOT_A_NUMBER]
 --> pacto/pacto.yaml:3:23
3 | metadata: {名前: 認証, x: .nan}
  |                           ^^^^
  = help: quote it to make it text
     Invalid pacto (1 error)

"#]]);
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_are_not_shown() {
    let project = contract(
        "\u{feff}pactoVersion: 1.0\r\nservice:\r\n  name: demo\r\n  version: nope\r\nruntime:\r\n",
    );

    project
        .pacto("validate pacto")
        .exits_with(1)
        .stderr(str![[r#"
error: `pactoVersion` must be text, this is a number [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:1:15
1 | pactoVersion: 1.0
  |               ^^^
  = help: quote it: `pactoVersion: "1.0"`
error: `nope` is no semantic version [INVALID_SEMVER]
 --> pacto/pacto.yaml:4:12
4 |   version: nope
  |            ^^^^
  = help: write it as in `1.4.0`
error: `runtime` must be a mapping, this is empty [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:5:8
5 | runtime:
  |        ^
  = help: fill it in, or remove `runtime`
     Invalid pacto (3 errors)

"#]]);
}

#[test]
fn faults_at_the_end_of_a_file_have_a_place() {
    let say = |text| contract(text).pacto("validate pacto").exits_with(1);

    say("pactoVersion: \"1.0\"\nservice: {name: demo").stderr(str![[r#"
error: unclosed bracket '{' [YAML_PARSE_ERROR]
 --> pacto/pacto.yaml:2:10
2 | service: {name: demo
  |          ^
     Invalid pacto (1 error)

"#]]);
    say("pactoVersion: \"1.0\"\nservice:").stderr(str![[r#"
error: `service` must be a mapping, this is empty [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:2:8
2 | service:
  |        ^
  = help: fill it in, or remove `service`
     Invalid pacto (1 error)

"#]]);
    say("pactoVersion: \"1.0\"\nservice:\n  name: demo\n  version: 1.0.0\nmetadata:\n  a: \"b")
        .stderr(str![[r#"
error: unclosed quote [YAML_PARSE_ERROR]
 --> pacto/pacto.yaml:6:6
6 |   a: "b
  |      ^
     Invalid pacto (1 error)

"#]]);
    say("").stderr(str![[r#"
error: the contract is empty [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:1:1
1 | 
  | ^
     Invalid pacto (1 error)

"#]]);
    say("# nothing yet").stderr(str![[r#"
error: the contract is empty [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:1:1
1 | # nothing yet
  | ^
     Invalid pacto (1 error)

"#]]);
}

#[test]
fn in_a_list_the_cure_names_the_item() {
    let project = contract(
        "pactoVersion: \"2.0\"\nservice: {name: demo, version: 1.0.0}\nverification: {conformance: [1]}\ninterfaces: [~]\n",
    );

    project
        .pacto("validate pacto")
        .exits_with(1)
        .stderr(str![[r#"
error: `verification.conformance[0]` must be text, this is a number [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:3:30
3 | verification: {conformance: [1]}
  |                              ^
  = help: quote it: `"1"`
error: `interfaces[0]` must be a mapping, this is empty [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:4:14
4 | interfaces: [~]
  |              ^
  = help: fill it in, or remove `interfaces[0]`
     Invalid pacto (2 errors)

"#]]);
}

#[test]
fn what_a_contract_says_cannot_break_a_line_or_colour_it() {
    let project = contract(
        "pactoVersion: \"1.0\"\nservice: {name: demo, version: \"1\\n\\e[2J\"}\n\"\\e[31mred\\nfoo\": 1\n",
    );

    let shown = project
        .pacto("validate pacto --color always")
        .exits_with(1)
        .stderr;
    snapbox::assert_data_eq!(shown.replace('\u{1b}', "ESC"), str![[r#"
ESC[1mESC[91merrorESC[0m: `1��[2J` is no semantic version [INVALID_SEMVER]
 --> pacto/pacto.yaml:2:32
2 | service: {name: demo, version: "1\n\e[2J"}
  |                                ^^^^^^^^^^
  = help: write it as in `1.4.0`
ESC[1mESC[91merrorESC[0m: unknown key `�[31mred�foo` in a contract of this format [SCHEMA_VIOLATION]
 --> pacto/pacto.yaml:3:1
3 | "\e[31mred\nfoo": 1
  | ^^^^^^^^^^^^^^^^
  = help: known keys: pactoVersion, service, interfaces, configuration, configurations, policy, policies, dependencies, runtime, scaling, metadata
ESC[1mESC[91m     InvalidESC[0m pacto (2 errors)

"#]].raw());
}

#[test]
fn two_documents_and_a_key_that_is_there_twice() {
    let project = contract(&format!(
        "{HEAD}scaling: {{replicas: 1}}\nscaling: {{replicas: 2}}\n---\n"
    ));

    project
        .pacto("validate pacto")
        .exits_with(1)
        .stderr(str![[r#"
error: the key `scaling` stands twice in one mapping [DUPLICATE_KEY]
 --> pacto/pacto.yaml:4:1
4 | scaling: {replicas: 2}
  | ^^^^^^^
error: a contract is one document, and here a second begins [MULTIPLE_DOCUMENTS]
 --> pacto/pacto.yaml:5:1
5 | ---
  | ^^^
  = help: remove the `---`
     Invalid pacto (2 errors)

"#]]);
}

#[test]
fn for_machines_a_finding_is_an_object_on_a_line() {
    let project = contract(&format!(
        "{HEAD}interfaces:\n  - {{name: ev, type: event, port: 1, contract: a.proto}}\n  - {{name: é, type: http}}\n"
    ));
    project.file("pacto/a.proto", "");

    project
        .pacto("validate pacto --message-format json")
        .exits_with(1)
        .stdout(str![[r#"
{"code":"PORT_IGNORED","column":35,"file":"pacto/pacto.yaml","help":"remove it","length":1,"line":4,"message":"an event interface has no port of its own; this one is ignored","path":"interfaces[0].port","reason":"finding","severity":"warning","source":"  - {name: ev, type: event, port: 1, contract: a.proto}"}
{"code":"PORT_REQUIRED","column":5,"file":"pacto/pacto.yaml","help":"add `port`","length":21,"line":5,"message":"`interfaces[1]` is of `type` http and needs `port`","path":"interfaces[1].port","reason":"finding","severity":"error","source":"  - {name: é, type: http}"}

"#]])
        .stderr(str![[r#"
     Invalid pacto (1 error, 1 warning)

"#]]);
}

#[test]
fn a_byte_that_is_not_utf8_has_a_place() {
    let project = contract(HEAD);
    let latin1 = [HEAD.as_bytes(), b"# caf\xe9 noir\xff\n"].concat();
    fs::write(project.path("pacto/pacto.yaml"), latin1).expect("the project is ours");

    project
        .pacto("validate pacto")
        .exits_with(1)
        .stderr(str![[r#"
error: here is a byte that is not UTF-8 [YAML_PARSE_ERROR]
 --> pacto/pacto.yaml:3:6
3 | # caf� noir�
  |      ^
  = help: save the file as UTF-8
     Invalid pacto (1 error)

"#]]);
}

#[test]
fn warnings_are_errors_where_they_are_denied() {
    let project = contract(&format!(
        "{HEAD}dependencies: [{{ref: \"oci://ghcr.io/a/b:1\", compatibility: ^1}}]\n"
    ));

    project
        .pacto("validate pacto")
        .exits_with(0)
        .stderr(str![[r#"
warning: `oci://ghcr.io/a/b:1` names a tag, which may mean something else tomorrow [TAG_NOT_DIGEST]
 --> pacto/pacto.yaml:3:22
3 | dependencies: [{ref: "oci://ghcr.io/a/b:1", compatibility: ^1}]
  |                      ^^^^^^^^^^^^^^^^^^^^^
  = help: pin it with `@sha256:...`
       Valid pacto (1 warning)

"#]]);
    project
        .pacto("validate pacto --deny warnings")
        .exits_with(1)
        .stderr(str![[r#"
error: `oci://ghcr.io/a/b:1` names a tag, which may mean something else tomorrow [TAG_NOT_DIGEST]
 --> pacto/pacto.yaml:3:22
3 | dependencies: [{ref: "oci://ghcr.io/a/b:1", compatibility: ^1}]
  |                      ^^^^^^^^^^^^^^^^^^^^^
  = help: pin it with `@sha256:...`
     Invalid pacto (1 error)

"#]]);
    project
        .pacto("validate pacto --quiet")
        .exits_with(0)
        .stderr(str![]);
    project
        .pacto("validate pacto --quiet --deny warnings")
        .exits_with(1)
        .stderr(str![[r#"
error: `oci://ghcr.io/a/b:1` names a tag, which may mean something else tomorrow [TAG_NOT_DIGEST]
 --> pacto/pacto.yaml:3:22
3 | dependencies: [{ref: "oci://ghcr.io/a/b:1", compatibility: ^1}]
  |                      ^^^^^^^^^^^^^^^^^^^^^
  = help: pin it with `@sha256:...`

"#]]);
}

#[test]
fn a_contract_is_a_folder_or_a_file() {
    let project = contract(HEAD);
    project.file("other/contract.yml", "pactoVersion: \"1.0\"\n");

    project
        .pacto("validate pacto")
        .exits_with(0)
        .stderr(str![[r#"
       Valid pacto

"#]]);
    project
        .pacto("validate pacto/pacto.yaml")
        .exits_with(0)
        .stderr(str![[r#"
       Valid pacto/pacto.yaml

"#]]);
    project
        .pacto_in("pacto", "validate .")
        .exits_with(0)
        .stderr(str![[r#"
       Valid .

"#]]);
    project
        .pacto("validate other/contract.yml")
        .exits_with(1)
        .stderr(str![[r#"
error: `service` is missing [SCHEMA_VIOLATION]
 --> other/contract.yml:1:1
1 | pactoVersion: "1.0"
  | ^^^^^^^^^^^^^^^^^^^
  = help: add `service`
     Invalid other/contract.yml (1 error)

"#]]);
    project.pacto("validate other").exits_with(101).stderr(str![[r#"
error: there is no contract at `other/pacto.yaml`; name a folder with a pacto.yaml, or the file itself

"#]]);
    project.pacto("validate pacto -p demo").exits_with(2);
}

#[test]
fn packages_are_chosen_as_cargo_does() {
    let project = bare("workspace");
    project.file(
        "Cargo.toml",
        "[workspace]\nmembers = [\"good\", \"bad\"]\nresolver = \"3\"\n",
    );
    for (name, version) in [("good", "1.0.0"), ("bad", "newest")] {
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        project.file(&format!("{name}/Cargo.toml"), &manifest);
        project.file(&format!("{name}/src/lib.rs"), "");
        project.file(
            &format!("{name}/pacto/pacto.yaml"),
            &HEAD.replace("1.0.0", version),
        );
    }

    project
        .pacto("validate --package good")
        .exits_with(0)
        .stderr(str![[r#"
       Valid good

"#]]);
    project
        .pacto("validate -p bad")
        .exits_with(1)
        .stderr(str![[r#"
error: `newest` is no semantic version [INVALID_SEMVER]
 --> bad/pacto/pacto.yaml:2:32
2 | service: {name: demo, version: newest}
  |                                ^^^^^^
  = help: write it as in `1.4.0`
     Invalid bad (1 error)

"#]]);
    // From any folder a file has the name that it has for rustc.
    let in_json = str![[r#"
{"code":"INVALID_SEMVER","column":32,"file":"bad/pacto/pacto.yaml","help":"write it as in `1.4.0`","length":6,"line":2,"message":"`newest` is no semantic version","path":"service.version","reason":"finding","severity":"error","source":"service: {name: demo, version: newest}"}

"#]];
    project
        .pacto_in("bad/src", "validate --message-format json")
        .exits_with(1)
        .stdout(in_json);
    project
        .pacto("validate --manifest-path good/Cargo.toml")
        .exits_with(0);
    project
        .pacto("validate --workspace")
        .exits_with(1)
        .stderr(str![[r#"
       Valid good
error: `newest` is no semantic version [INVALID_SEMVER]
 --> bad/pacto/pacto.yaml:2:32
2 | service: {name: demo, version: newest}
  |                                ^^^^^^
  = help: write it as in `1.4.0`
     Invalid bad (1 error)

"#]]);
    project
        .pacto("validate --workspace --exclude bad")
        .exits_with(0);
    project.pacto("validate -p ugly").exits_with(101);
}

#[test]
fn colours_are_those_of_cargo() {
    let project = contract(&format!(
        "{HEAD}dependencies: [{{ref: \"oci://ghcr.io/a/b:1\", compatibility: x.y}}]\n"
    ));

    let colours = project
        .pacto("validate pacto --color always")
        .exits_with(1)
        .stderr;
    snapbox::assert_data_eq!(colours.replace('\u{1b}', "ESC"), str![[r#"
ESC[1mESC[33mwarningESC[0m: `oci://ghcr.io/a/b:1` names a tag, which may mean something else tomorrow [TAG_NOT_DIGEST]
 --> pacto/pacto.yaml:3:22
3 | dependencies: [{ref: "oci://ghcr.io/a/b:1", compatibility: x.y}]
  |                      ^^^^^^^^^^^^^^^^^^^^^
  = help: pin it with `@sha256:...`
ESC[1mESC[91merrorESC[0m: `x.y` is no range of versions [INVALID_COMPATIBILITY]
 --> pacto/pacto.yaml:3:60
3 | dependencies: [{ref: "oci://ghcr.io/a/b:1", compatibility: x.y}]
  |                                                            ^^^
  = help: write it as in `^1.0.0`, `>=1.2 <2`, or `^1 || ^2`
ESC[1mESC[91m     InvalidESC[0m pacto (1 error, 1 warning)

"#]].raw());
}

#[test]
fn codes_are_listed_and_explained() {
    let project = bare("codes");

    let list = project.pacto("validate --list-codes").succeeds().stdout;
    let lines: Vec<&str> = list.lines().take(2).collect();
    assert_eq!(
        lines,
        [
            "SCHEMA_VIOLATION                 error    A key is missing or unknown, or a value is not of the type or form that its key takes.",
            "UNSUPPORTED_PACTO_VERSION        error    `pactoVersion` is a format that this version does not know.",
        ]
    );
    assert!(list.lines().all(|line| line.ends_with('.')), "{list}");
    for line in list.lines() {
        let (code, _) = line.split_once(' ').expect("a code has a meaning");
        let explanation = project
            .pacto(&format!("validate --explain {code}"))
            .succeeds()
            .stdout;
        assert!(
            explanation.starts_with(&format!("{code} (")),
            "{explanation}"
        );
    }
    project
        .pacto("validate --explain port_required")
        .succeeds()
        .stdout(str![[r#"
PORT_REQUIRED (error)

An http or grpc interface has no port.

Fails:

    pactoVersion: "1.0"
    service:
      name: demo
      version: 1.0.0
    interfaces:
      - {name: api, type: http}

Mended:

    pactoVersion: "1.0"
    service:
      name: demo
      version: 1.0.0
    interfaces:
      - {name: api, type: http, port: 80}

"#]]);
    project
        .pacto("validate --explain PORT")
        .exits_with(101)
        .stderr(str![[r#"
error: no code `PORT`; `--list-codes` lists them

"#]]);
}

#[test]
fn a_build_script_shows_faults_as_errors_of_cargo() {
    let project = project(
        "contract-faults",
        "[package.metadata.pacto.targets.stamp]\nplugin = { path = \"tools/pacto-plugin-stamp\" }\n",
    );
    project.executable("tools/pacto-plugin-stamp", STAMP);
    project.file(
        "pacto/pacto.yaml",
        "pactoVersion: \"1.0\"\nservice:\n  name: demo\n  version: 1.0\nscaling: {min: 2, max: 1}\n\
         dependencies: [{ref: \"oci://ghcr.io/a/b:1\", compatibility: ^1}]\n",
    );

    let build = project.cargo("build").exits_with(101);

    snapbox::assert_data_eq!(
        said(&build, "error: "),
        str![[r#"
error: contract-faults@0.1.0: `service.version` must be text, this is a number [SCHEMA_VIOLATION]
error: contract-faults@0.1.0:  --> pacto/pacto.yaml:4:12
error: contract-faults@0.1.0: 4 |   version: 1.0
error: contract-faults@0.1.0:   |            ^^^
error: contract-faults@0.1.0:   = help: quote it: `version: "1.0"`
error: contract-faults@0.1.0: `min` is 2 and `max` is only 1 [SCALING_MIN_EXCEEDS_MAX]
error: contract-faults@0.1.0:  --> pacto/pacto.yaml:5:10
error: contract-faults@0.1.0: 5 | scaling: {min: 2, max: 1}
error: contract-faults@0.1.0:   |          ^^^^^^^^^^^^^^^^
error: build script logged errors

"#]]
        .raw()
    );
    snapbox::assert_data_eq!(said(&build, "warning: contract-faults@"), str![[r#"
warning: contract-faults@0.1.0: pacto/pacto.yaml:6:22: `oci://ghcr.io/a/b:1` names a tag, which may mean something else tomorrow; pin it with `@sha256:...` [TAG_NOT_DIGEST]

"#]].raw());
}

#[test]
fn a_build_script_shows_what_is_odd_as_warnings_of_cargo() {
    let project = project(
        "contract-oddities",
        "[package.metadata.pacto.targets.stamp]\nplugin = { path = \"tools/pacto-plugin-stamp\" }\n",
    );
    project.executable("tools/pacto-plugin-stamp", STAMP);
    project.file(
        "pacto/pacto.yaml",
        &format!(
            "{HEAD}configuration: {{schema: configuration/app.json}}\n\
             dependencies: [{{ref: \"oci://ghcr.io/a/b:1\", compatibility: ^1}}]\n"
        ),
    );

    let build = project.cargo("build").succeeds();

    snapbox::assert_data_eq!(said(&build, "warning: contract-oddities@"), str![[r#"
warning: contract-oddities@0.1.0: pacto/pacto.yaml:3:25: `configuration/app.json` is not in the bundle; create it, or generate it [FILE_NOT_FOUND]
warning: contract-oddities@0.1.0: pacto/pacto.yaml:4:22: `oci://ghcr.io/a/b:1` names a tag, which may mean something else tomorrow; pin it with `@sha256:...` [TAG_NOT_DIGEST]

"#]].raw());
}

#[test]
fn what_a_contract_says_cannot_be_a_directive() {
    let project = project(
        "contract-directive",
        "[package.metadata.pacto.targets.stamp]\nplugin = { path = \"tools/pacto-plugin-stamp\" }\n",
    );
    project.executable("tools/pacto-plugin-stamp", STAMP);
    project.file(
        "pacto/pacto.yaml",
        &format!(
            "{HEAD}dependencies: [{{ref: \"ghcr.io/a/b\\ncargo::rustc-cfg=injected\", compatibility: \"*\"}}]\n"
        ),
    );

    project.cargo("build").succeeds();

    assert_eq!(
        project.directives(),
        [
            "cargo::warning=pacto/pacto.yaml:3:22: `ghcr.io/a/b\u{fffd}cargo::rustc-cfg=injected` is read as a local path; \
             if a registry is meant, write `oci://ghcr.io/a/b\u{fffd}cargo::rustc-cfg=injected` [MISSING_OCI_SCHEME]",
            "cargo::rerun-if-changed=Cargo.toml",
            "cargo::rerun-if-changed=pacto",
            "cargo::rerun-if-changed=tools/pacto-plugin-stamp",
            "cargo::rerun-if-env-changed=PACTO_BUILD",
            "cargo::rerun-if-env-changed=PACTO_PLUGIN_STAMP",
        ]
    );
}

#[test]
fn a_file_that_is_yet_to_be_generated_is_missing_only_for_validate() {
    let project = bare("first-run");
    project.file(
        "Cargo.toml",
        "[workspace]\n\n[package]\nname = \"first-run\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [package.metadata.pacto.targets.openapi]\nplugin = { path = \"tools/pacto-plugin-openapi\" }\noutput = \"pacto\"\n",
    );
    project.file("src/lib.rs", "");
    project.file(
        "pacto/pacto.yaml",
        &format!(
            "{HEAD}interfaces:\n  - {{name: api, type: http, port: 80, contract: interfaces/openapi.yaml}}\n"
        ),
    );
    project.executable(
        "tools/pacto-plugin-openapi",
        &answers("interfaces/openapi.yaml", "openapi: 3.1.0\\n"),
    );

    project.pacto("validate").exits_with(1).stderr(str![[r#"
error: `interfaces/openapi.yaml` is not in the bundle [FILE_NOT_FOUND]
 --> pacto/pacto.yaml:4:49
4 |   - {name: api, type: http, port: 80, contract: interfaces/openapi.yaml}
  |                                                 ^^^^^^^^^^^^^^^^^^^^^^^
  = help: create it, or generate it
     Invalid first-run (1 error)

"#]]);
    project.pacto("generate").succeeds().stderr(str![[r#"
   Generated openapi into pacto: 1 created (it was not generated yet)

"#]]);
    project.pacto("validate").succeeds().stderr(str![[r#"
       Valid first-run

"#]]);
}

#[test]
fn generating_shows_what_is_odd_and_goes_on() {
    let project = bare("oddities");
    project.file(
        "Cargo.toml",
        "[workspace]\n\n[package]\nname = \"oddities\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [package.metadata.pacto.targets.files]\nplugin = { path = \"tools/pacto-plugin-files\" }\noutput = \"out\"\n",
    );
    project.file("src/lib.rs", "");
    project.file(
        "pacto/pacto.yaml",
        &format!("{HEAD}configuration: {{schema: app.json}}\n"),
    );
    project.executable("tools/pacto-plugin-files", &answers("a", "1"));

    project.pacto("generate").succeeds().stderr(str![[r#"
warning: `app.json` is not in the bundle [FILE_NOT_FOUND]
 --> pacto/pacto.yaml:3:25
3 | configuration: {schema: app.json}
  |                         ^^^^^^^^
  = help: create it, or generate it
   Generated files into out: 1 created (it was not generated yet)

"#]]);
    project
        .pacto("run tools/pacto-plugin-files pacto --output other")
        .succeeds()
        .stderr(str![[r#"
warning: `app.json` is not in the bundle [FILE_NOT_FOUND]
 --> pacto/pacto.yaml:3:25
3 | configuration: {schema: app.json}
  |                         ^^^^^^^^
  = help: create it, or generate it
   Generated 1 file using tools/pacto-plugin-files into other

"#]]);
    project.pacto("validate").exits_with(1).stderr(str![[r#"
error: `app.json` is not in the bundle [FILE_NOT_FOUND]
 --> pacto/pacto.yaml:3:25
3 | configuration: {schema: app.json}
  |                         ^^^^^^^^
  = help: create it, or generate it
     Invalid oddities (1 error)

"#]]);
}

/// The lines on stderr that begin with `start`.
fn said(execution: &Execution, start: &str) -> String {
    let lines = execution.stderr.lines();
    let lines = lines.filter(|line| line.starts_with(start));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A package of a workspace that has nothing to do with contracts keeps nobody from validating the others.
#[test]
fn packages_without_a_contract_are_passed_over() {
    let project = bare("demo");
    project.file(
        "Cargo.toml",
        "[workspace]\nmembers = [\"with\", \"without\"]\nresolver = \"3\"\n",
    );
    for name in ["with", "without"] {
        project.file(
            &format!("{name}/Cargo.toml"),
            &manifest(name, "").replace("[workspace]\n", ""),
        );
        project.file(&format!("{name}/src/lib.rs"), "");
    }
    project.file("with/pacto/pacto.yaml", CONTRACT);
    for arguments in ["validate", "validate --workspace"] {
        project.pacto(arguments).succeeds().stderr(str![[r#"
       Valid with

"#]]);
    }
    project
        .pacto("validate -p without")
        .exits_with(101)
        .stderr(str![[r#"
error: there is no contract at `without/pacto.yaml`; put one there, or name its folder with `bundle` in [package.metadata.pacto]

"#]]);
    // A folder stands for what a package would have there.
    project.pacto("validate with").succeeds().stderr(str![[r#"
       Valid with

"#]]);
    project.remove("with/pacto/pacto.yaml");
    project.pacto("validate").exits_with(101).stderr(str![[r#"
error: no package of the workspace has a contract; put one at pacto/pacto.yaml

"#]]);
}
