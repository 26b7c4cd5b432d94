//! The examples do what they are there to show, in a copy of their own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use snapbox::str;

use crate::sandbox::landlock;
use crate::support::{CONTRACT, Project, bare, repository, shared_target};

/// A copy of an example, in a workspace beside the plugins that are no crates. `name` is its
/// package's, whatever it is in the original: all tests share one target folder.
fn example(folder: &str, name: &str) -> Project {
    Project::forget_builds(name);
    let project = bare(name);
    let examples = repository().join("examples");
    project.file(
        "Cargo.toml",
        &format!("[workspace]\nmembers = [{folder:?}]\nresolver = \"3\"\n"),
    );
    project.lock_dependencies();
    project.file("plugins/README", "The plugins that are no crates.\n");
    for part in [folder, "plugins/bash", "plugins/go", "plugins/python"] {
        // Another process copies: a plugin that this one had open for writing could not be started.
        let mut copy = Command::new("cp");
        copy.arg("-R")
            .arg(examples.join(part))
            .arg(project.path(part));
        project.run(&mut copy).succeeds();
    }
    let manifest = format!("{folder}/Cargo.toml");
    project.edit(
        &manifest,
        &format!("name = \"{folder}\""),
        &format!("name = \"{name}\""),
    );
    let library = format!("path = \"{}\"", repository().join("pacto-build").display());
    project.edit(&manifest, "path = \"../../pacto-build\"", &library);
    if folder == "orders-service" {
        let plugins = format!("{{ path = \"{}/", examples.join("plugins").display());
        project.edit(&manifest, "{ path = \"../plugins/", &plugins);
    }
    project
}

/// A copy of orders-service whose plugin crates are members of its workspace, as in the repository.
fn orders_with_member_plugins(name: &str) -> Project {
    let orders = example("orders-service", name);
    let plugins = repository().join("examples/plugins");
    let library = format!("path = \"{}\"", repository().join("pacto-build").display());
    let absolute = format!("{{ path = \"{}/", plugins.display());
    orders.edit(
        "orders-service/Cargo.toml",
        &absolute,
        "{ path = \"../plugins/",
    );
    orders.edit(
        "Cargo.toml",
        "\"orders-service\"",
        r#""orders-service", "plugins/constants", "plugins/handbook", "plugins/manifests""#,
    );
    for plugin in ["constants", "handbook", "manifests"] {
        let mut copy = Command::new("cp");
        copy.arg("-R")
            .arg(plugins.join(plugin))
            .arg(orders.path("plugins"));
        orders.run(&mut copy).succeeds();
        let manifest = format!("plugins/{plugin}/Cargo.toml");
        orders.edit(&manifest, "path = \"../../../pacto-build\"", &library);
    }
    orders
}

/// A file of an example as it is in the repository.
fn original(path: &str) -> String {
    let path = repository().join("examples").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails with a sentence if a tool that a plugin is written for is not there.
fn needs(tool: &str, argument: &str) {
    let output = Command::new(tool).arg(argument).output();
    assert!(
        output.is_ok_and(|output| output.status.success()),
        "`{tool} {argument}` does not run; the plugins of the examples need {tool}, install it"
    );
}

/// What the example shows, without the hash in Cargo's folder.
fn shown(orders: &Project, name: &str) -> String {
    let stdout = orders.cargo(&format!("run -q -p {name}")).succeeds().stdout;
    let (before, after) = stdout
        .split_once(&format!("build/{name}-"))
        .expect("it shows OUT_DIR");
    let (_, after) = after.split_once('/').expect("OUT_DIR has files");
    format!("{before}build/{name}-[HASH]/{after}")
}

const KEPT_ORDERS: [&str; 4] = [
    "orders-service/deploy/deployment.yaml",
    "orders-service/deploy/service.yaml",
    "orders-service/docs/orders-service.md",
    "orders-service/pacto-generated.lock",
];

#[test]
fn orders_service_runs_on_what_is_generated() {
    let orders = example("orders-service", "orders-run");

    assert_eq!(
        shown(&orders, "orders-run"),
        r#"orders-service 1.4.0, port 8080

[TARGET]/debug/build/orders-run-[HASH]/out/pacto/constants/constants.rs
    pub const SERVICE: &str = "orders-service";
    pub const VERSION: &str = "1.4.0";
    pub const PORT_HTTP_API: u16 = 8080;
    pub const DEFAULT_BIND_ADDRESS: &str = "0.0.0.0";
    pub const DEFAULT_LOG_REQUESTS: bool = true;
    pub const DEFAULT_PAGE_SIZE: u64 = 2;
    pub const DEFAULT_READ_TIMEOUT_SECONDS: u64 = 5;
[ROOT]/orders-service/deploy/deployment.yaml
[ROOT]/orders-service/deploy/service.yaml
[ROOT]/orders-service/docs/orders-service.md
"#
    );
    for path in KEPT_ORDERS {
        assert_eq!(orders.read(path), original(path), "{path}");
    }

    orders.edit(
        "orders-service/pacto/pacto.yaml",
        "port: 8080",
        "port: 8181",
    );

    assert_eq!(
        shown(&orders, "orders-run"),
        r#"orders-service 1.4.0, port 8181

[TARGET]/debug/build/orders-run-[HASH]/out/pacto/constants/constants.rs
    pub const SERVICE: &str = "orders-service";
    pub const VERSION: &str = "1.4.0";
    pub const PORT_HTTP_API: u16 = 8181;
    pub const DEFAULT_BIND_ADDRESS: &str = "0.0.0.0";
    pub const DEFAULT_LOG_REQUESTS: bool = true;
    pub const DEFAULT_PAGE_SIZE: u64 = 2;
    pub const DEFAULT_READ_TIMEOUT_SECONDS: u64 = 5;
[ROOT]/orders-service/deploy/deployment.yaml
[ROOT]/orders-service/deploy/service.yaml
[ROOT]/orders-service/docs/orders-service.md
"#
    );
    for path in &KEPT_ORDERS[..3] {
        let expected = original(path).replace("8080", "8181");
        assert_eq!(orders.read(path), expected, "{path}");
    }
}

#[test]
fn orders_service_has_its_files_from_an_automated_build_too() {
    let mut orders = example("orders-service", "orders-ci");
    orders.set_env("CI", "true");

    orders.cargo("build").succeeds();

    for path in KEPT_ORDERS {
        assert_eq!(orders.read(path), original(path), "{path}");
    }
}

/// The programs of plugin crates have one name in the target folder, whoever builds them: tests that
/// have Cargo build them take turns.
static PLUGIN_PROGRAMS: Mutex<()> = Mutex::new(());

#[test]
fn the_build_script_and_the_command_make_the_same_bytes() {
    let built = example("orders-service", "orders-built");
    for path in KEPT_ORDERS {
        built.remove(path);
    }
    built.cargo("build").succeeds();

    for path in KEPT_ORDERS {
        assert_eq!(built.read(path), original(path), "{path}");
    }
    let constants = built.out("constants/constants.rs");
    assert_eq!(
        constants,
        r#"#[doc = "The service's name."]
pub const SERVICE: &str = "orders-service";
#[doc = "The service's version."]
pub const VERSION: &str = "1.4.0";
#[doc = "The port of the http interface `http-api`."]
pub const PORT_HTTP_API: u16 = 8080;
#[doc = "The address that the server listens on."]
pub const DEFAULT_BIND_ADDRESS: &str = "0.0.0.0";
#[doc = "Whether each request is written to stderr."]
pub const DEFAULT_LOG_REQUESTS: bool = true;
#[doc = "How many orders a page has."]
pub const DEFAULT_PAGE_SIZE: u64 = 2;
#[doc = "How long a client may take to say what it wants."]
pub const DEFAULT_READ_TIMEOUT_SECONDS: u64 = 5;
"#
    );
    makes_the_same_bytes(
        &orders_with_member_plugins("orders-members"),
        "orders-members",
        &constants,
    );
}

#[test]
fn the_command_builds_plugin_crates_that_are_only_build_dependencies() {
    let orders = example("orders-service", "orders-commanded");
    orders.cargo("build").succeeds();
    let constants = orders.out("constants/constants.rs");

    makes_the_same_bytes(&orders, "orders-commanded", &constants);
}

/// Generates all that orders-service has with the command, and compares it.
#[track_caller]
fn makes_the_same_bytes(orders: &Project, name: &str, constants: &str) {
    let _turn = PLUGIN_PROGRAMS
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    for path in KEPT_ORDERS {
        orders.remove(path);
    }

    orders.pacto(&format!("generate -p {name}")).succeeds();
    orders
        .pacto(&format!("generate -p {name} --force constants"))
        .succeeds();

    for path in KEPT_ORDERS {
        assert_eq!(orders.read(path), original(path), "{path}");
    }
    let generated = shared_target().join(format!("pacto/{name}/constants/constants.rs"));
    let generated = fs::read_to_string(generated).expect("the target was generated");
    assert_eq!(generated, constants);
}

#[test]
fn the_handbook_follows_the_files_of_the_bundle() {
    let orders = example("orders-service", "orders-handbook");
    orders.edit(
        "orders-service/pacto/interfaces/openapi.json",
        r#"    "/orders": {
"#,
        r#"    "/orders/{id}": {
      "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } }],
      "delete": { "summary": "Cancels an order |\n unless it is sent", "responses": {} },
      "get": { "responses": {} }
    },
    "/orders": {
"#,
    );
    orders.edit(
        "orders-service/pacto/configuration/schema.json",
        r#""default": 2"#,
        r#""default": 50"#,
    );

    orders.cargo("build").succeeds();

    assert_eq!(
        orders.read("orders-service/docs/orders-service.md"),
        r#"# orders-service

Version 1.4.0, generated from the contract; do not edit.

## Interfaces

| Name | Type | Port | Visibility |
| --- | --- | --- | --- |
| http-api | http | 8080 | public |

## Operations of http-api

| Method | Path | Summary |
| --- | --- | --- |
| GET | `/health` | Says whether the service can take requests |
| GET | `/orders` | Lists the newest orders, one page of them |
| GET | `/orders/{id}` |  |
| DELETE | `/orders/{id}` | Cancels an order \| unless it is sent |

## Configuration

| Name | Type | Default | Description |
| --- | --- | --- | --- |
| `bindAddress` | string | `"0.0.0.0"` | The address that the server listens on. |
| `logRequests` | boolean | `true` | Whether each request is written to stderr. |
| `pageSize` | integer | `50` | How many orders a page has. |
| `readTimeoutSeconds` | integer | `5` | How long a client may take to say what it wants. |
"#
    );
}

#[test]
fn the_manifests_follow_the_contract_and_the_option() {
    let orders = example("orders-service", "orders-manifests");
    orders.edit(
        "orders-service/Cargo.toml",
        "{ namespace = \"orders\" }",
        "{ namespace = \"on\" }",
    );
    let contract = "orders-service/pacto/pacto.yaml";
    orders.edit(contract, "  min: 2\n  max: 6", "  replicas: 7");
    orders.edit(
        contract,
        "gracefulShutdownSeconds: 20",
        "gracefulShutdownSeconds: 45",
    );
    orders.edit(contract, "version: 1.4.0", "version: 1.5.0-rc.1+build.7");
    orders.edit(
        contract,
        "interface: http-api\n    path: /health",
        "interface: internal",
    );
    orders.edit(
        contract,
        "\nconfiguration:",
        "  - {name: internal, type: grpc, port: 9000, contract: interfaces/internal.proto}\n  - {name: placed, type: event, contract: interfaces/openapi.json}\n\nconfiguration:",
    );

    orders.cargo("build").succeeds();

    assert_eq!(
        orders.read("orders-service/deploy/deployment.yaml"),
        r#"# Generated from the contract; do not edit.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "orders-service"
  namespace: "on"
  labels:
    app.kubernetes.io/name: "orders-service"
    app.kubernetes.io/version: "1.5.0-rc.1_build.7"
spec:
  replicas: 7
  selector:
    matchLabels:
      app.kubernetes.io/name: "orders-service"
  template:
    metadata:
      labels:
        app.kubernetes.io/name: "orders-service"
    spec:
      terminationGracePeriodSeconds: 45
      containers:
        - name: "orders-service"
          image: "registry.example.com/shop/orders-service:1.4.0"
          ports:
            - name: http-8080
              containerPort: 8080
            - name: grpc-9000
              containerPort: 9000
          readinessProbe:
            grpc:
              port: 9000
            initialDelaySeconds: 3
"#
    );
    assert_eq!(
        orders.read("orders-service/deploy/service.yaml"),
        r#"# Generated from the contract; do not edit.
apiVersion: v1
kind: Service
metadata:
  name: "orders-service"
  namespace: "on"
  labels:
    app.kubernetes.io/name: "orders-service"
    app.kubernetes.io/version: "1.5.0-rc.1_build.7"
spec:
  selector:
    app.kubernetes.io/name: "orders-service"
  ports:
    - name: http-8080
      port: 8080
      targetPort: http-8080
    - name: grpc-9000
      port: 9000
      targetPort: grpc-9000
"#
    );
}

/// A server that ends with its test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself is what we want.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn orders_service_serves_on_the_port_of_its_contract() {
    let orders = example("orders-service", "orders-serve");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = free.expect("there is a free port").port();
    orders.edit(
        "orders-service/pacto/pacto.yaml",
        "port: 8080",
        &format!("port: {port}"),
    );
    orders.cargo("build -p orders-serve").succeeds();
    let program = shared_target().join("debug/orders-serve");

    let mut child = Command::new(program)
        .arg("serve")
        .stderr(Stdio::piped())
        .spawn()
        .expect("it was built");
    let stderr = child.stderr.take().expect("it is piped");
    let _server = Server(child);
    // Kept open until the end: a server that cannot write what it logs answers nothing.
    let mut log = BufReader::new(stderr);
    let mut line = String::new();
    log.read_line(&mut line).expect("it says where it listens");

    assert_eq!(
        line,
        format!("orders-service listens on http://0.0.0.0:{port}\n")
    );
    for (request, status, body) in [
        ("GET /health HTTP/1.1", "200 OK", r#"{"status":"ok"}"#),
        (
            "GET /orders HTTP/1.1",
            "200 OK",
            r#"[{"id":1003,"item":"tea","quantity":2},{"id":1002,"item":"coffee","quantity":1}]"#,
        ),
        (
            "GET /prices HTTP/1.1",
            "404 Not Found",
            r#"{"error":"not found"}"#,
        ),
        (
            "PUT /orders HTTP/1.1",
            "405 Method Not Allowed",
            r#"{"error":"only GET"}"#,
        ),
        ("hello", "400 Bad Request", r#"{"error":"no HTTP"}"#),
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        write!(stream, "{request}\r\nHost: localhost\r\n\r\n").expect("it reads");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("it answers");
        let length = body.len();
        assert_eq!(
            response,
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
        );
    }
}

/// Names, texts and numbers that are none in Rust.
const ODD_CONTRACT: &str = r#"pactoVersion: "1.0"
service: {name: type, version: 0.0.0-fn}
interfaces:
  - {name: fn, type: http, port: 1}
  - {name: 2fa, type: http, port: 65535}
  - {name: http-api, type: grpc, port: 80, contract: self}
  - {name: http_api, type: http, port: 81}
  - {name: "größe \"\\\n", type: http, port: 82}
  - {name: 日本, type: http, port: 83}
  - {name: event, type: event, contract: event}
configuration: {schema: schema.json}
"#;

const ODD_SCHEMA: &str = r#"{"properties": {
  "self": {"default": "a \"quoted\" \\ {text}\n\u0000\u202e", "description": "*/ \" \\ {\n#]\r\u202e"},
  "pageSize": {"type": "integer", "minimum": 0, "default": 20},
  "page-size": {"type": "integer", "default": 20},
  "0": {"type": "integer", "minimum": 0, "default": -1},
  "max": {"type": "integer", "default": 18446744073709551615},
  "min": {"type": "integer", "default": -9223372036854775808},
  "beyond": {"type": "integer", "default": 100000000000000000000000000000},
  "ratio": {"type": "number", "default": 1},
  "tiny": {"type": "number", "default": 1e-300},
  "flag": {"type": "boolean", "default": false},
  "list": {"default": []},
  "null": {"default": null},
  "none": {"type": "string"},
  "anything": true
}}"#;

#[test]
fn constants_compile_whatever_a_contract_calls_its_things() {
    let orders = example("orders-service", "orders-odd");
    orders.file("orders-service/pacto/pacto.yaml", ODD_CONTRACT);
    orders.file("orders-service/pacto/schema.json", ODD_SCHEMA);
    orders.remove("orders-service/src/server.rs");
    orders.file(
        "orders-service/src/main.rs",
        r#"#![deny(warnings)]

pub mod contract {
    #![allow(dead_code)]
    include!(concat!(env!("OUT_DIR"), "/pacto/constants/constants.rs"));
}

fn main() {
    println!("{:?} {}", contract::DEFAULT_SELF, contract::PORT_2FA);
}
"#,
    );

    orders
        .cargo("run -q -p orders-odd")
        .succeeds()
        .stdout(str![[r#"
"a \"quoted\" \\ {text}\n\0\u{202e}" 65535

"#]]);

    assert_eq!(
        orders.out("constants/constants.rs"),
        r##"#[doc = "The service's name."]
pub const SERVICE: &str = "type";
#[doc = "The service's version."]
pub const VERSION: &str = "0.0.0-fn";
#[doc = "The port of the http interface `fn`."]
pub const PORT_FN: u16 = 1;
#[doc = "The port of the http interface `2fa`."]
pub const PORT_2FA: u16 = 65535;
#[doc = "The port of the grpc interface `http-api`."]
pub const PORT_HTTP_API: u16 = 80;
#[doc = "The port of the http interface `http_api`."]
pub const PORT_HTTP_API_2: u16 = 81;
#[doc = "The port of the http interface `größe \"\\\n`."]
pub const PORT_GR__E____: u16 = 82;
#[doc = "The port of the http interface `日本`."]
pub const PORT___: u16 = 83;
pub const DEFAULT_0: i64 = -1;
pub const DEFAULT_FLAG: bool = false;
pub const DEFAULT_MAX: u64 = 18446744073709551615;
pub const DEFAULT_MIN: i64 = -9223372036854775808;
pub const DEFAULT_PAGE_SIZE: i64 = 20;
pub const DEFAULT_PAGE_SIZE_2: u64 = 20;
pub const DEFAULT_RATIO: f64 = 1.0;
#[doc = "*/ \" \\ {\n#]\r\u{202e}"]
pub const DEFAULT_SELF: &str = "a \"quoted\" \\ {text}\n\0\u{202e}";
pub const DEFAULT_TINY: f64 = 1e-300;
"##
    );
}

#[test]
fn what_a_plugin_finds_wrong_is_an_error_of_the_build_and_of_the_command() {
    let orders = orders_with_member_plugins("orders-wrong");
    orders.file("orders-service/pacto/interfaces/openapi.json", "paths\n");

    let build = orders.cargo("build").exits_with(101);

    let ours = |line: &&str| line.contains("plugin `handbook`");
    let error = build.stderr.lines().find(ours);
    assert_eq!(
        error,
        Some(
            "error: orders-wrong@1.4.0: plugin `handbook` failed: failed to read `interfaces/openapi.json`: expected value at line 1 column 1"
        )
    );
    let _turn = PLUGIN_PROGRAMS
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    orders
        .pacto("generate -p orders-wrong handbook")
        .exits_with(101)
        .stderr(str![[r#"
    Building plugin pacto-plugin-handbook v0.1.0
error: plugin `handbook` failed with exit status 1
--- stderr
failed to read `interfaces/openapi.json`: expected value at line 1 column 1

"#]]);
    for path in KEPT_ORDERS {
        assert_eq!(orders.read(path), original(path), "{path}");
    }
}

#[test]
fn crate_plugins_take_a_contract_that_says_little() {
    let orders = example("orders-service", "orders-little");
    orders.file("orders-service/pacto/pacto.yaml", CONTRACT);

    orders.remove("orders-service/src/server.rs");
    orders.file("orders-service/src/main.rs", "fn main() {}\n");

    orders.cargo("build").succeeds();

    assert_eq!(
        orders.out("constants/constants.rs"),
        r#"#[doc = "The service's name."]
pub const SERVICE: &str = "demo";
#[doc = "The service's version."]
pub const VERSION: &str = "1.0.0";
"#
    );
    assert_eq!(orders.names("orders-service/deploy"), ["deployment.yaml"]);
    assert_eq!(
        orders.read("orders-service/deploy/deployment.yaml"),
        r#"# Generated from the contract; do not edit.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "demo"
  namespace: "orders"
  labels:
    app.kubernetes.io/name: "demo"
    app.kubernetes.io/version: "1.0.0"
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: "demo"
  template:
    metadata:
      labels:
        app.kubernetes.io/name: "demo"
    spec:
      containers:
        - name: "demo"
          image: "demo"
"#
    );
    assert_eq!(orders.names("orders-service/docs"), ["demo.md"]);
    assert_eq!(
        orders.read("orders-service/docs/demo.md"),
        "# demo\n\nVersion 1.0.0, generated from the contract; do not edit.\n"
    );
}

const KEPT_POLYGLOT: [&str; 4] = [
    "polyglot-service/.env.example",
    "polyglot-service/docs/README.md",
    "polyglot-service/docs/card.txt",
    "polyglot-service/pacto-generated.lock",
];

#[test]
fn polyglot_service_builds_without_its_plugins() {
    let mut polyglot = example("polyglot-service", "polyglot-build");
    for plugin in ["README", "ENV", "CARD"] {
        polyglot.set_env(&format!("PACTO_PLUGIN_{plugin}"), "/bin/false");
    }

    polyglot
        .cargo("run -q -p polyglot-build")
        .succeeds()
        .stdout(str![[r#"
+--------------------------------+
| polyglot-service 0.3.0         |
| workload: worker, event-driven |
| state: stateless               |
| event: mail-requested          |
| http: admin on port 9090       |
+--------------------------------+

"#]]);
}

#[test]
fn plugins_in_bash_python_and_go_make_the_same_files_again() {
    needs("jq", "--version");
    needs("python3", "--version");
    needs("go", "version");
    let polyglot = example("polyglot-service", "polyglot-again");
    for path in KEPT_POLYGLOT {
        polyglot.remove(path);
    }

    polyglot.pacto("generate -p polyglot-again").succeeds();

    for path in KEPT_POLYGLOT {
        assert_eq!(polyglot.read(path), original(path), "{path}");
    }

    polyglot
        .pacto("generate -p polyglot-again --force")
        .succeeds()
        .stderr(str![[r#"
   Generated card into polyglot-service/docs: 1 unchanged (it was forced)
     Message card: a card for polyglot-service
   Generated env into polyglot-service: 1 unchanged (it was forced)
     Message env: 4 settings
   Generated readme into polyglot-service/docs: 1 unchanged (it was forced)
     Message readme: a README for polyglot-service

"#]]);
    polyglot.cargo("build").succeeds();
}

#[test]
fn plugins_in_bash_python_go_and_rust_run_in_the_strictest_sandbox() {
    needs("jq", "--version");
    needs("python3", "--version");
    needs("go", "version");
    let polyglot = example("polyglot-service", "polyglot-strict");
    for (target, sandbox) in [
        // `go` lists the folder of the program that it compiles.
        ("card", "{ level = \"strict\", read = [\"../plugins/go\"] }"),
        ("env", "\"strict\""),
        ("readme", "\"strict\""),
    ] {
        let table = format!("[package.metadata.pacto.targets.{target}]\n");
        let sandboxed = format!("{table}sandbox = {sandbox}\n");
        polyglot.edit("polyglot-service/Cargo.toml", &table, &sandboxed);
    }
    let orders = example("orders-service", "orders-strict");
    for target in ["handbook", "manifests"] {
        let table = format!("[package.metadata.pacto.targets.{target}]\n");
        let manifest = "orders-service/Cargo.toml";
        orders.edit(manifest, &table, &format!("{table}sandbox = \"strict\"\n"));
    }
    for (project, name, kept) in [
        (&polyglot, "polyglot-strict", &KEPT_POLYGLOT[..]),
        (&orders, "orders-strict", &KEPT_ORDERS[..]),
    ] {
        let _turn = PLUGIN_PROGRAMS
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for path in kept {
            project.remove(path);
        }
        let command = format!("generate -p {name}");
        if landlock() < 4 {
            let failed = project.pacto(&command).exits_with(101);
            assert!(
                failed
                    .stderr
                    .contains("sandbox level `strict` cannot be given here")
            );
            continue;
        }
        project.pacto(&command).succeeds();
        for path in kept {
            assert_eq!(project.read(path), original(path), "{path}");
        }
    }
}

#[test]
fn a_plugin_of_the_repository_counts_as_the_lock_has_it() {
    needs("jq", "--version");
    let polyglot = example("polyglot-service", "polyglot-pulled");
    polyglot
        .pacto("generate -p polyglot-pulled --force readme")
        .succeeds();
    let plugin = "plugins/bash/pacto-plugin-readme";
    let changed = polyglot.read(plugin).replace("Needs jq.", "It needs jq.");
    polyglot.executable(plugin, &changed);
    // Somebody else generates, as after a pull: the lock is of the changed plugin.
    polyglot.cargo("build").succeeds();

    polyglot
        .pacto("generate -v -p polyglot-pulled readme")
        .succeeds()
        .stderr(str![[r#"
       Fresh readme

"#]]);
}

#[test]
fn plugins_in_bash_python_and_go_follow_the_contract() {
    needs("jq", "--version");
    needs("python3", "--version");
    needs("go", "version");
    let polyglot = example("polyglot-service", "polyglot-follows");
    let contract = "polyglot-service/pacto/pacto.yaml";
    polyglot.edit(
        contract,
        "type: worker\n    concurrency: event-driven",
        "type: job",
    );
    polyglot.edit(contract, "version: 0.3.0", "version: 0.3.1-rc.1");
    polyglot.edit(contract, "port: 9090", "port: 9191");
    polyglot.edit(
        contract,
        "name: mail-requested",
        "name: $(exit 1)'größe\"\\",
    );
    polyglot.edit(contract, "type: stateless", "type: stateful");
    polyglot.edit(
        "polyglot-service/pacto/configuration/schema.json",
        r#""description": "Its port.","#,
        r#""description": "Its port.\n25 is blocked.","#,
    );
    polyglot.edit(
        "polyglot-service/pacto/configuration/schema.json",
        "The Orders Team",
        "Ann's größe $HOME",
    );

    polyglot.pacto("generate -p polyglot-follows").succeeds();

    assert_eq!(
        polyglot.read("polyglot-service/docs/README.md"),
        r#"# polyglot-service

- Version: 0.3.1-rc.1
- Workload: job
- State: stateful

## Interfaces

- `$(exit 1)'größe"\`: event
- `admin`: http on port 9191

Made by pacto-plugin-readme from the contract; do not edit.
"#
    );
    assert_eq!(
        polyglot.read("polyglot-service/.env.example"),
        r#"# Settings of polyglot-service, made from its contract; do not edit.

# The server that mails are handed to.
SMTP_HOST=

# Its port.
# 25 is blocked.
SMTP_PORT=587

# Who the mails are from, as people read it.
SENDER_NAME='Ann'"'"'s größe $HOME'

# Whether mails are only written to the log.
DRY_RUN=false
"#
    );
    assert_eq!(
        polyglot.read("polyglot-service/docs/card.txt"),
        r#"+-----------------------------+
| polyglot-service 0.3.1-rc.1 |
| workload: job               |
| state: stateful             |
| event: $(exit 1)'größe"\    |
| http: admin on port 9191    |
+-----------------------------+
"#
    );
}

#[test]
fn plugins_in_bash_python_and_go_take_a_contract_that_says_little() {
    needs("jq", "--version");
    needs("python3", "--version");
    needs("go", "version");
    let polyglot = example("polyglot-service", "polyglot-little");
    polyglot.file("polyglot-service/pacto/pacto.yaml", CONTRACT);

    polyglot.pacto("generate -p polyglot-little").succeeds();

    assert_eq!(
        polyglot.names("polyglot-service/docs"),
        ["README.md", "card.txt"]
    );
    assert!(!polyglot.path("polyglot-service/.env.example").exists());
    assert_eq!(
        polyglot.read("polyglot-service/docs/README.md"),
        "# demo\n\n- Version: 1.0.0\n- Workload: not said\n- State: not said\n\n\
         Made by pacto-plugin-readme from the contract; do not edit.\n"
    );
    assert_eq!(
        polyglot.read("polyglot-service/docs/card.txt"),
        "+------------+\n| demo 1.0.0 |\n+------------+\n"
    );
}

#[test]
fn a_plugin_whose_language_is_missing_says_so() {
    let mut polyglot = example("polyglot-service", "polyglot-bare");
    fs::create_dir(polyglot.path("bin")).expect("the folder is ours");
    for tool in ["bash", "sh", "dirname"] {
        let path = env::var_os("PATH").expect("there is a PATH");
        let found = env::split_paths(&path)
            .map(|dir| dir.join(tool))
            .find(|tool| tool.is_file());
        let found = found.unwrap_or_else(|| panic!("{tool} is not installed"));
        symlink(found, polyglot.path("bin").join(tool)).expect("the folder is ours");
    }
    let bin = polyglot.path("bin");
    polyglot.set_env("PATH", bin);

    polyglot
        .pacto("run plugins/bash/pacto-plugin-readme polyglot-service/pacto -o out")
        .exits_with(101)
        .stderr(str![[r#"
error: plugin `readme` failed with exit status 1
--- stderr
jq is not installed; it is what this plugin reads the contract with

"#]]);
    polyglot
        .pacto("run plugins/go/pacto-plugin-card polyglot-service/pacto -o out")
        .exits_with(101)
        .stderr(str![[r#"
error: plugin `card` failed with exit status 1
--- stderr
go is not installed; it is what this plugin is compiled with

"#]]);
    assert!(!polyglot.path("out").exists());
}
