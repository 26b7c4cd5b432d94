//! What plugins are kept from: real ones try, in the command and in a build script.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Command;

use snapbox::str;
use tempfile::{NamedTempFile, TempPath};

use crate::support::{Execution, FAKE, Project, answers, checkout, checkout_with, project};

/// A plugin that tries everything, and answers with what came of it.
const BURGLAR: &str = include_str!("plugins/burglar.py");

/// Which version of Landlock the kernel has, asked without the code that is tested; 0 for none.
pub(crate) fn landlock() -> u32 {
    let script =
        "import ctypes; print(max(0, ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)))";
    let output = Command::new("python3").args(["-c", script]).output();
    let output = output.expect("python3 must be installed: it asks the kernel what it can refuse");
    let version = String::from_utf8_lossy(&output.stdout);
    version.trim().parse().expect("it prints a number")
}

/// From which version of Landlock on a level refuses something, if it does.
type Refusal = Option<u32>;

const NO: Refusal = None;
/// By the environment that plugins get, whatever the level.
const ALWAYS: Refusal = Some(0);
const FILES: Refusal = Some(1);
const CUTS: Refusal = Some(3);
const TCP: Refusal = Some(4);
const SIGNALS: Refusal = Some(6);

/// What the burglar tries, and whether `read-only` and `strict` refuse it.
const ATTEMPTS: [(&str, Refusal, Refusal); 30] = [
    ("run a program of its own in TMPDIR", NO, NO),
    ("write /dev/null", NO, NO),
    ("read the contract", NO, NO),
    ("read a declared input", NO, NO),
    ("list declared inputs", NO, NO),
    ("see CARGO_REGISTRY_TOKEN", ALWAYS, ALWAYS),
    ("write into a folder of `write`", NO, NO),
    ("write into HOME", FILES, FILES),
    ("write into the source tree", FILES, FILES),
    ("change a source", FILES, FILES),
    ("cut a source", CUTS, CUTS),
    ("write into the output folder", FILES, FILES),
    ("write into the bundle", FILES, FILES),
    ("make a folder in the bundle", FILES, FILES),
    ("make a link in the bundle", FILES, FILES),
    ("rename a bundle file", FILES, FILES),
    ("link a bundle file out", FILES, FILES),
    ("remove a bundle file", FILES, FILES),
    ("write into /tmp", FILES, FILES),
    ("listen on TCP", TCP, TCP),
    ("connect to a listener", TCP, TCP),
    ("signal the parent", SIGNALS, SIGNALS),
    ("read the parent's environment", FILES, FILES),
    ("use descriptors of the build", FILES, FILES),
    ("read ~/.ssh/id", NO, FILES),
    ("read $CARGO_HOME/credentials.toml", NO, FILES),
    ("list HOME", NO, FILES),
    ("read a tool of `read`", NO, NO),
    ("read Cargo.toml", NO, FILES),
    ("read a file that is no input", NO, FILES),
];

/// What comes of each attempt under `level` on this kernel; TCP may be allowed beside it.
fn expected(level: &str, has_network: bool) -> BTreeMap<String, String> {
    let version = landlock();
    let attempts = ATTEMPTS.iter().map(|(name, read_only, strict)| {
        let refusal = match level {
            "off" => read_only.filter(|since| *since == 0),
            "strict" => *strict,
            _ => *read_only,
        };
        let is_refused =
            refusal.is_some_and(|since| since <= version) && !(has_network && refusal == TCP);
        let result = if is_refused { "denied" } else { "allowed" };
        ((*name).to_owned(), result.to_owned())
    });
    attempts.collect()
}

fn results(text: &str) -> BTreeMap<String, String> {
    let result = |line: &str| {
        let (name, result) = line.rsplit_once(": ")?;
        Some((name.to_owned(), result.to_owned()))
    };
    text.lines()
        .map(|line| result(line).unwrap_or_else(|| panic!("{line}")))
        .collect()
}

/// The levels that this kernel can give, and the default.
fn levels() -> Vec<&'static str> {
    let all = ["", "off", "read-only", "strict"];
    let is_given = |level: &&str| landlock() >= 4 || ["", "off"].contains(level);
    all.into_iter().filter(is_given).collect()
}

/// A target whose plugin is the burglar, and what it tries to reach.
struct Burglary {
    metadata: String,
    _listener: TcpListener,
    _tmp: TempPath,
}

fn burglary(level: &str, more: &str) -> Burglary {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback is there");
    let port = listener.local_addr().expect("it is bound").port();
    let tmp = NamedTempFile::new().expect("there is a temporary folder");
    let tmp = tmp.into_temp_path();
    let level = if level.is_empty() {
        String::new()
    } else {
        format!("level = {level:?}, ")
    };
    let metadata = format!(
        "targets.files.plugin = {{ path = {FAKE:?} }}\n\
         targets.files.inputs = [\"templates/*.tmpl\"]\n\
         targets.files.options = {{ port = {port}, tmp = {tmp:?} }}\n\
         targets.files.sandbox = {{ {level}write = [\"cache\"], read = [\"~/.tool\"]{more} }}\n"
    );
    Burglary {
        metadata,
        _listener: listener,
        _tmp: tmp,
    }
}

/// Puts everything where the burglar looks for it.
fn furnish(project: &mut Project) {
    project.executable(FAKE, BURGLAR);
    for file in [
        "templates/one.tmpl",
        "templates/other",
        "cache/.keep",
        "pacto/a",
        "pacto/extra",
        "../home/.ssh/id",
        "../home/.cargo/credentials.toml",
        "../home/.tool/data",
    ] {
        project.file(file, "content\n");
    }
    project.set_home();
    project.set_env("CARGO_REGISTRY_TOKEN", "secret");
}

/// Runs the command with a descriptor that it did not open, as Cargo's jobserver gives it.
fn with_a_descriptor(project: &Project, arguments: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec 9</dev/null; exec \"$@\"", "sh"]);
    let command = project.pacto_command(arguments);
    shell.arg(command.get_program()).args(command.get_args());
    project.run(&mut shell).succeeds();
}

#[test]
fn the_command_refuses_what_a_level_says() {
    for level in levels() {
        let burglary = burglary(level, "");
        let output = "targets.files.output = \"out\"\n";
        let mut project = checkout(&format!("{}{output}", burglary.metadata));
        furnish(&mut project);
        with_a_descriptor(&project, "generate");
        let text = project.read("out/results");
        assert_eq!(results(&text), expected(level, false), "{level}");
    }
}

#[test]
fn tcp_can_be_allowed() {
    for level in levels() {
        let burglary = burglary(level, ", network = true");
        let output = "targets.files.output = \"out\"\n";
        let mut project = checkout(&format!("{}{output}", burglary.metadata));
        furnish(&mut project);
        with_a_descriptor(&project, "generate");
        let text = project.read("out/results");
        assert_eq!(results(&text), expected(level, true), "{level}");
    }
}

#[test]
fn a_build_script_refuses_what_a_level_says() {
    for level in levels() {
        let burglary = burglary(level, "");
        let mut project = project("sandbox-levels", &burglary.metadata);
        furnish(&mut project);
        project.cargo("build -q").succeeds();
        let text = project.out("files/results");
        assert_eq!(results(&text), expected(level, false), "{level}");
    }
}

#[test]
fn who_was_denied_something_is_told_where_to_allow_it() {
    let project = checkout_with("#!/bin/sh\ncat >/dev/null\necho x >../planted || exit 1\n");
    let expected = if landlock() > 0 {
        str![[r#"
error: plugin `fake` failed with exit status 1; it ran in sandbox `read-only`: if it needs what it was denied, name that in `sandbox.write`
--- stderr
[ROOT]/tools/pacto-plugin-fake: 3: cannot create ../planted: Permission denied

"#]]
    } else {
        str![[r#"
error: the plugin of target `files` answered
"#]]
    };
    project.pacto("generate").exits_with(101).stderr(expected);
}

#[test]
fn what_may_be_written_must_be_there() {
    let project = checkout_with(&answers("a", "1"));
    project.edit(
        "Cargo.toml",
        "targets.files.output",
        "targets.files.sandbox.write = [\"cache\"]\ntargets.files.output",
    );
    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: target `files`: `[ROOT]/cache` is not there, and `sandbox.write` names it; create it or take it out of there

"#]]);
    project.file("cache/.keep", "");
    project.pacto("generate -q").succeeds().stderr("");
}

/// Runs a program as on a kernel without Landlock: what asks for it is answered that there is no such call.
const WITHOUT_LANDLOCK: &str = r"
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
filter = ctypes.create_string_buffer(
    struct.pack('HBBI', 0x20, 0, 0, 0)              # the number of the call
    + struct.pack('HBBI', 0x15, 0, 1, 444)          # landlock_create_ruleset?
    + struct.pack('HBBI', 0x06, 0, 0, 0x50000 | 38) # ENOSYS
    + struct.pack('HBBI', 0x06, 0, 0, 0x7fff0000)   # everything else is allowed
)
program = ctypes.create_string_buffer(struct.pack('HP', 4, ctypes.addressof(filter)))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0, ctypes.get_errno()
os.execv(sys.argv[1], sys.argv[1:])
";

fn without_landlock(project: &Project, arguments: &str) -> Execution {
    let mut python = Command::new("python3");
    let command = project.pacto_command(arguments);
    python.args(["-c", WITHOUT_LANDLOCK]);
    python.arg(command.get_program()).args(command.get_args());
    project.run(&mut python)
}

#[test]
fn without_landlock_a_level_that_is_written_down_is_an_error() {
    let project = checkout_with(&answers("a", "1"));
    without_landlock(&project, "list")
        .succeeds()
        .stdout(str![[r#"
demo: files -> out (dirty: it was not generated yet)
  plugin:  path:tools/pacto-plugin-fake
  found:   [ROOT]/tools/pacto-plugin-fake
  sandbox: off, since this system has no Landlock, which Linux has since 5.13 where it is not turned off

"#]]);
    without_landlock(&project, "generate -q")
        .succeeds()
        .stderr("");
    assert_eq!(project.read("out/a"), "1");

    let run = format!("run {FAKE} pacto -o other --sandbox read-only");
    without_landlock(&project, &run)
        .exits_with(101)
        .stderr(str![[r#"
error: target `fake`: sandbox level `read-only` cannot be given here: this system has no Landlock, which Linux has since 5.13 where it is not turned off; set it to "off", or leave it out for as much as there is

"#]]);
    project.edit(
        "Cargo.toml",
        "targets.files.output",
        "targets.files.sandbox = \"strict\"\ntargets.files.output",
    );
    without_landlock(&project, "generate --force")
        .exits_with(101)
        .stderr(str![[r#"
error: target `files`: sandbox level `strict` cannot be given here: this system has no Landlock, which Linux has since 5.13 where it is not turned off; set it to "off", or leave it out for as much as there is

"#]]);
    without_landlock(&project, "check").succeeds();
}

#[test]
fn the_command_says_what_is_enforced() {
    let said = match landlock() {
        0 => {
            "off, since this system has no Landlock, which Linux has since 5.13 where it is not turned off"
        }
        1 | 2 => {
            "read-only, but this kernel cannot refuse truncating files and TCP and signals to other processes"
        }
        3 => "read-only, but this kernel cannot refuse TCP and signals to other processes",
        4 | 5 => "read-only, but this kernel cannot refuse signals to other processes",
        _ => "read-only",
    };
    let project = checkout_with(&answers("a", "1"));
    let list = project.pacto("list --message-format json").succeeds();
    let list: serde_json::Value = serde_json::from_str(&list.stdout).expect("it is JSON");
    assert_eq!(list["sandbox"], said);
}
