//! A project in a folder of its own, and what is done to it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;

/// The repository that is tested.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is in the workspace")
        .to_path_buf()
}

/// A contract that every plugin of the tests can live on.
pub(crate) const CONTRACT: &str =
    "pactoVersion: \"1.0\"\nservice:\n  name: demo\n  version: 1.0.0\n";

/// A contract that no pipe holds.
pub(crate) fn large_contract() -> String {
    format!("{CONTRACT}metadata:\n  text: {}\n", "x".repeat(1 << 20))
}

/// Answers with one file that is different after every run, so that a test can tell whether the
/// plugin ran without the plugin doing anything that a sandbox would forbid.
pub(crate) const STAMP: &str = r#"#!/bin/sh
cat >/dev/null
printf '{"files":[{"path":"stamp","content":"%s"}]}' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
"#;

/// A plugin that answers with one file, whatever it is asked.
pub(crate) fn answers(path: &str, content: &str) -> String {
    let json = format!("{{\"files\":[{{\"path\":\"{path}\",\"content\":\"{content}\"}}]}}");
    format!("#!/bin/sh\ncat >/dev/null\ncat <<'JSON'\n{json}\nJSON\n")
}

/// A plugin that says `answer` on stdout, whatever it is asked.
pub(crate) fn says(answer: &str) -> String {
    format!("#!/bin/sh\ncat >/dev/null\ncat <<'ANSWER'\n{answer}\nANSWER\n")
}

/// A plugin that answers with the service's name, its version and its options, in `path`.
pub(crate) fn describes(path: &str) -> String {
    let filter = r#"{files: [{path: $path, content: "\(.contract.service.name) \(.contract.service.version) \(.options)\n"}]}"#;
    format!("#!/bin/sh\nexec jq --arg path '{path}' '{filter}'\n")
}

/// A package that is built up and then used.
pub(crate) struct Project {
    dir: TempDir,
    /// The checkout: a folder of `dir`, which can be moved.
    root: PathBuf,
    name: String,
    env: BTreeMap<OsString, Option<OsString>>,
}

/// A project with a contract in `pacto/`, a build script, and `metadata` below `[package.metadata.pacto]`.
///
/// It is below a `.git`, as a developer's checkout is. `name` is the package's: the projects share one
/// target folder, so that `pacto-build` is compiled once, and must have different names there.
pub(crate) fn project(name: &str, metadata: &str) -> Project {
    Project::forget_builds(name);
    let project = bare(name);
    project.file("Cargo.toml", &manifest(name, metadata));
    project.file("build.rs", "fn main() {\n    pacto_build::generate();\n}\n");
    project.file("src/lib.rs", "");
    project.file("pacto/pacto.yaml", CONTRACT);
    project.lock_dependencies();
    project.set_all_times(Duration::from_secs(60));
    project
}

/// A checkout that only the command line works in: Cargo compiles nothing there, and its target folder is its
/// own, so that no record of an earlier test run is in it.
pub(crate) fn checkout(metadata: &str) -> Project {
    let mut project = bare("demo");
    let target = project.path("target");
    project.set_env("CARGO_TARGET_DIR", target);
    project.file("Cargo.toml", &manifest("demo", metadata));
    project.file("src/lib.rs", "");
    project.file("pacto/pacto.yaml", CONTRACT);
    project
}

/// A target of a checkout, whose plugin is `tools/NAME`.
pub(crate) fn target(name: &str, output: &str) -> String {
    format!(
        "targets.{name} = {{ output = \"{output}\", plugin = {{ path = \"tools/{name}\" }} }}\n"
    )
}

/// A checkout whose one target, `files`, keeps in `out/` what the plugin `script` answers.
pub(crate) fn checkout_with(script: &str) -> Project {
    let project = checkout(
        "targets.files.plugin = { path = \"tools/pacto-plugin-fake\" }\ntargets.files.output = \"out\"\n",
    );
    project.executable(FAKE, script);
    project
}

/// The plugin of [`checkout_with`].
pub(crate) const FAKE: &str = "tools/pacto-plugin-fake";

/// A checkout with nothing in it.
pub(crate) fn bare(name: &str) -> Project {
    let dir = tempfile::Builder::new()
        .prefix("pacto-test-")
        .tempdir()
        .expect("there is a temporary folder");
    let root = dir.path().join("checkout");
    fs::create_dir_all(root.join(".git")).expect("the folder is ours");
    Project {
        dir,
        root,
        name: name.to_owned(),
        env: BTreeMap::new(),
    }
}

/// The manifest of a package that is a workspace of its own.
pub(crate) fn manifest(name: &str, metadata: &str) -> String {
    let library = repository().join("pacto-build");
    format!(
        "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [build-dependencies]\npacto-build = {{ path = {library:?} }}\n\n[package.metadata.pacto]\n{metadata}"
    )
}

impl Project {
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that the checkout is in, with what a test keeps beside it.
    pub(crate) fn surroundings(&self) -> &Path {
        self.dir.path()
    }

    /// Renames the checkout's folder.
    pub(crate) fn move_to(&mut self, name: &str) -> &mut Self {
        let root = self.dir.path().join(name);
        fs::rename(&self.root, &root).expect("the folder is ours");
        self.root = root;
        self
    }

    /// Puts a plugin on the `PATH`, into a folder that stays where it is when the checkout moves.
    pub(crate) fn install(&self, plugin: &str, script: &str) -> &Self {
        self.executable(&format!("../bin/pacto-plugin-{plugin}"), script)
    }

    /// Forgets what an earlier run of the tests has built of a package: the shared target folder outlives
    /// the projects, and Cargo knows a package in it by its name, not by where it lay.
    pub(crate) fn forget_builds(package: &str) {
        for folder in ["debug/build", "debug/.fingerprint"] {
            for build in builds(&shared_target().join(folder), package) {
                fs::remove_dir_all(&build)
                    .unwrap_or_else(|error| panic!("{}: {error}", build.display()));
            }
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn file(&self, path: &str, content: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is below the root"))
            .expect("the folder is ours");
        fs::write(path, content).expect("the folder is ours");
        self
    }

    /// Writes an executable. Another process does it: a file that this one has open for writing could be
    /// inherited by a child of another test at that moment, and then it cannot be started.
    pub(crate) fn executable(&self, path: &str, script: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is below the root"))
            .expect("the folder is ours");
        let mut shell = Command::new("sh")
            .args([
                "-c",
                "cat >\"$1\".new && chmod 755 \"$1\".new && mv \"$1\".new \"$1\"",
                "sh",
            ])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh is everywhere");
        shell
            .stdin
            .take()
            .expect("it is piped")
            .write_all(script.as_bytes())
            .expect("sh reads it");
        assert!(shell.wait().expect("it is ours").success());
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Replaces `from` by `to` in a file, which must have it.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.file(path, &text.replace(from, to))
    }

    pub(crate) fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        self
    }

    pub(crate) fn remove_folder(&self, path: &str) -> &Self {
        fs::remove_dir_all(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        self
    }

    /// A file as JSON.
    pub(crate) fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Creates a symbolic link that says `to`, with the folders above it.
    pub(crate) fn link(&self, to: &str, path: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is below the root"))
            .expect("the folder is ours");
        std::os::unix::fs::symlink(to, path).expect("nothing is there");
        self
    }

    /// The permissions of a file or folder.
    pub(crate) fn mode(&self, path: &str) -> u32 {
        let metadata =
            fs::metadata(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        metadata.permissions().mode() & 0o777
    }

    pub(crate) fn set_mode(&self, path: &str, mode: u32) -> &Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        self
    }

    /// Sets a file's or folder's time to `age` ago.
    pub(crate) fn set_time(&self, path: &str, age: Duration) -> &Self {
        set_time(&self.path(path), age);
        self
    }

    /// Sets the time of everything in the project to `age` ago, as if it had been there for long.
    pub(crate) fn set_all_times(&self, age: Duration) -> &Self {
        fn visit(dir: &Path, age: Duration) {
            for entry in fs::read_dir(dir).expect("it is a folder") {
                let path = entry.expect("it can be listed").path();
                if path.is_dir() && !path.is_symlink() {
                    visit(&path, age);
                } else if path.exists() {
                    set_time(&path, age);
                }
            }
            set_time(dir, age);
        }
        visit(self.root(), age);
        self
    }

    /// The same versions as the repository's own build, which are downloaded already.
    pub(crate) fn lock_dependencies(&self) {
        self.lock_dependencies_in("");
    }

    /// The same for another package than that of the checkout's own folder.
    pub(crate) fn lock_dependencies_in(&self, folder: &str) {
        let lock = self.path(folder).join("Cargo.lock");
        fs::copy(repository().join("Cargo.lock"), lock).expect("the folder is ours");
    }

    /// Takes a target out of Cargo.toml, where each of its lines begins with its name.
    pub(crate) fn without_target(&self, name: &str) -> &Self {
        let (dotted, whole) = (format!("targets.{name}."), format!("targets.{name} "));
        let manifest = self.read("Cargo.toml");
        let kept = manifest
            .lines()
            .filter(|line| !line.starts_with(&dotted) && !line.starts_with(&whole));
        self.file("Cargo.toml", &kept.collect::<Vec<_>>().join("\n"))
    }

    /// Sets a variable for everything that runs from now on.
    pub(crate) fn set_env(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.env.insert(name.into(), Some(value.into()));
        self
    }

    /// Takes a variable away from everything that runs from now on.
    pub(crate) fn unset_env(&mut self, name: &str) -> &mut Self {
        self.env.insert(name.into(), None);
        self
    }

    /// Gives everything that runs from now on a home of its own, which has no plugins.
    pub(crate) fn set_home(&mut self) -> &mut Self {
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let usual = std::env::home_dir()
                .expect("Cargo needs one too")
                .join(folder);
            let path = std::env::var_os(name).map_or(usual, PathBuf::from);
            self.set_env(name, path);
        }
        let home = self.dir.path().join("home");
        self.set_env("HOME", home)
    }

    /// Sets the `PATH` to these folders beside the checkout and no other.
    pub(crate) fn set_path(&mut self, folders: &[&str]) -> &mut Self {
        // Cargo itself finds its compiler there.
        self.set_env("RUSTC", Path::new(&cargo()).with_file_name("rustc"));
        let folders = folders.iter().map(|folder| self.dir.path().join(folder));
        let path = std::env::join_paths(folders).expect("no folder has the separator in its name");
        self.set_env("PATH", path)
    }

    /// All files below `folder` with their contents; `target` and `.git` are left out.
    pub(crate) fn tree(&self, folder: &str) -> BTreeMap<String, String> {
        fn visit(root: &Path, dir: &Path, tree: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(dir).into_iter().flatten() {
                let path = entry.expect("it can be listed").path();
                let name = path
                    .strip_prefix(root)
                    .expect("it is below")
                    .to_string_lossy()
                    .into_owned();
                if path.is_symlink() {
                    let target = fs::read_link(&path).expect("it is a link");
                    tree.insert(name, format!("-> {}", target.display()));
                } else if path.is_dir() {
                    if name != "target" && name != ".git" {
                        visit(root, &path, tree);
                    }
                } else {
                    let bytes = fs::read(&path).unwrap_or_default();
                    tree.insert(name, String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        let mut tree = BTreeMap::new();
        let root = self.path(folder);
        visit(&root, &root, &mut tree);
        tree
    }

    /// The names of the files below `folder`.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        self.tree(folder).into_keys().collect()
    }

    /// Runs `cargo <arguments>`, split at blanks, in the project.
    pub(crate) fn cargo(&self, arguments: &str) -> Execution {
        self.finish(self.cargo_command(arguments))
    }

    /// `cargo <arguments>`, to be started by the test.
    pub(crate) fn cargo_command(&self, arguments: &str) -> Command {
        let mut command = Command::new(cargo());
        command.args(arguments.split_whitespace()).arg("--offline");
        self.prepare(&mut command);
        command
    }

    /// Runs `cargo pacto <arguments>`, split at blanks, as Cargo would start it.
    pub(crate) fn pacto(&self, arguments: &str) -> Execution {
        self.pacto_in("", arguments)
    }

    /// Runs `cargo pacto <arguments>` in a folder of the project.
    pub(crate) fn pacto_in(&self, folder: &str, arguments: &str) -> Execution {
        let mut command = self.pacto_command(arguments);
        command.current_dir(self.path(folder));
        self.finish(command)
    }

    /// `cargo pacto <arguments>`, to be started by the test.
    pub(crate) fn pacto_command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-pacto"));
        command.arg("pacto").args(arguments.split_whitespace());
        self.prepare(&mut command);
        command
    }

    /// Runs `cargo pacto <arguments>` without the power that root has over files of every mode.
    pub(crate) fn powerless(&self, arguments: &str) -> Execution {
        self.without_power(self.pacto_command(arguments))
    }

    /// Runs a command without that power.
    pub(crate) fn without_power(&self, command: Command) -> Execution {
        use std::os::unix::fs::MetadataExt as _;
        let is_root = fs::metadata(self.root()).is_ok_and(|root| root.uid() == 0);
        if !is_root {
            return self.finish(command);
        }
        let mut powerless = Command::new("setpriv");
        powerless.args(["--bounding-set=-all", "--inh-caps=-all", "--"]);
        powerless
            .arg(command.get_program())
            .args(command.get_args());
        self.run(&mut powerless)
    }

    /// Runs any program in the project.
    pub(crate) fn run(&self, command: &mut Command) -> Execution {
        let mut prepared = Command::new(command.get_program());
        prepared.args(command.get_args());
        self.prepare(&mut prepared);
        self.finish(prepared)
    }

    /// Nothing of whoever runs the tests gets in: no CI, no configuration of Cargo or of ours.
    fn prepare(&self, command: &mut Command) {
        command.current_dir(self.root()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_ours = text.starts_with("PACTO_")
                || ["CI", "DOCS_RS", "XDG_CONFIG_HOME", "NO_COLOR"].contains(&&*text);
            let is_cargos = text.starts_with("CARGO") && text != "CARGO_HOME";
            let is_rustcs = text.starts_with("RUSTFLAGS") || text == "RUST_BACKTRACE";
            if is_ours || is_cargos || is_rustcs || text == "OUT_DIR" {
                command.env_remove(&name);
            }
        }
        command
            .env("CARGO_TARGET_DIR", shared_target())
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO", cargo())
            .env("PATH", self.path_with(&["bin"]));
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }

    /// The `PATH` of whoever runs the tests, after `folders` beside the checkout.
    pub(crate) fn path_with(&self, folders: &[&str]) -> OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = folders.iter().map(|folder| self.dir.path().join(folder));
        std::env::join_paths(own.chain(std::env::split_paths(&path)))
            .expect("no folder has the separator in its name")
    }

    /// Waits for a command that was prepared.
    pub(crate) fn finish(&self, mut command: Command) -> Execution {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let arguments = command
            .get_args()
            .map(|argument| argument.to_string_lossy());
        let command = arguments.fold(
            command.get_program().to_string_lossy().into_owned(),
            |line, argument| line + " " + &argument,
        );
        let text = |bytes: &[u8]| self.redacted(&String::from_utf8_lossy(bytes));
        Execution {
            command,
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Without what is different from machine to machine.
    pub(crate) fn redacted(&self, text: &str) -> String {
        let real = self.root().canonicalize().unwrap_or_default();
        let real_dir = real.parent().unwrap_or(&real);
        let mut text = text.to_owned();
        if text.contains("build-script-build") {
            for build in builds(&shared_target().join("debug/build"), &self.name) {
                text = text.replace(&*build.to_string_lossy(), "[BUILD]");
            }
        }
        without_what_is_enforced(&text)
            .replace(&*real.to_string_lossy(), "[ROOT]")
            .replace(&*self.root().to_string_lossy(), "[ROOT]")
            .replace(&*real_dir.to_string_lossy(), "[TMP]")
            .replace(&*self.dir.path().to_string_lossy(), "[TMP]")
            .replace(&*shared_target().to_string_lossy(), "[TARGET]")
            .replace(&*repository().to_string_lossy(), "[REPO]")
    }

    /// A file that a plugin of a [`checkout`] writes into its temporary folder while it runs.
    #[track_caller]
    pub(crate) fn temporary(&self, name: &str) -> PathBuf {
        let parent = self.path("target/pacto/demo");
        eventually(name, || {
            let folders = fs::read_dir(&parent).ok()?.flatten();
            folders
                .map(|folder| folder.path().join(name))
                .find(|file| file.exists())
        })
    }

    /// What the build script of the last build printed: its folder is found by its package's name.
    pub(crate) fn directives(&self) -> Vec<String> {
        self.directives_of(&self.name)
    }

    /// The same of one of several packages.
    pub(crate) fn directives_of(&self, package: &str) -> Vec<String> {
        let output = newest_build(package).join("output");
        let text = fs::read_to_string(&output)
            .unwrap_or_else(|error| panic!("{}: {error}", output.display()));
        let text = self.redacted(&text);
        text.lines()
            .filter(|line| line.starts_with("cargo:"))
            .map(str::to_owned)
            .collect()
    }

    /// A file of a target in the `OUT_DIR` of the last build.
    pub(crate) fn out(&self, path: &str) -> String {
        self.out_of(&self.name, path)
    }

    /// The same of one of several packages.
    pub(crate) fn out_of(&self, package: &str, path: &str) -> String {
        let path = newest_build(package).join("out/pacto").join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// What `-v` says of the sandbox, which is another on every kernel, is only said to be there.
fn without_what_is_enforced(text: &str) -> String {
    let line = |line: &str| match line.split_once("     Sandbox ") {
        Some(("", said)) => {
            let target = said.split_once(": ").map_or("", |(target, _)| target);
            let end = if line.ends_with('\n') { "\n" } else { "" };
            format!("     Sandbox {target}[ENFORCED]{end}")
        }
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Where Cargo keeps the output of a package's build script.
fn newest_build(package: &str) -> PathBuf {
    let folder = shared_target().join("debug/build");
    let newest = builds(&folder, package).max_by_key(|build| {
        let output = fs::metadata(build.join("output"));
        output.and_then(|output| output.modified()).ok()
    });
    newest.unwrap_or_else(|| panic!("{package} was not built in {}", folder.display()))
}

/// The folders that Cargo has made for a package: its name and a hash.
fn builds(folder: &Path, package: &str) -> impl Iterator<Item = PathBuf> {
    let prefix = format!("{package}-");
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(move |entry| {
        let path = entry.ok()?.path();
        let rest = path.file_name()?.to_str()?.strip_prefix(&prefix)?;
        let is_hash = rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then_some(path)
    })
}

/// What `look` finds, once it finds it: for what another process does at its own time.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come in 30 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn set_time(path: &Path, age: Duration) {
    let time = SystemTime::now() - age;
    fs::File::open(path)
        .and_then(|file| file.set_modified(time))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// One target folder for all projects.
pub(crate) fn shared_target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects")
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Execution {
    command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Execution {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits_with(0)
    }

    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// What stands on stderr, whole.
    #[track_caller]
    pub(crate) fn stderr(self, expected: impl snapbox::IntoData) -> Self {
        snapbox::assert_data_eq!(self.stderr.as_str(), expected.into_data().raw());
        self
    }

    /// What stands on stdout, whole.
    #[track_caller]
    pub(crate) fn stdout(self, expected: impl snapbox::IntoData) -> Self {
        snapbox::assert_data_eq!(self.stdout.as_str(), expected.into_data().raw());
        self
    }

    /// What Cargo's `-v` says of a package: `Fresh`, why it is dirty, or `Compiling` where it never was compiled.
    pub(crate) fn verdict(&self, package: &str) -> String {
        let line = self.stderr.lines().map(str::trim).find(|line| {
            ["Fresh ", "Dirty "].iter().any(|verb| {
                line.strip_prefix(verb)
                    .is_some_and(|rest| rest.starts_with(&format!("{package} v")))
            })
        });
        match line {
            Some(line) if line.starts_with("Fresh") => "Fresh".to_owned(),
            Some(line) => {
                let reason = line.split_once("): ").map_or(line, |(_, reason)| reason);
                // How long ago is of no interest.
                reason.split(" (").next().unwrap_or(reason).to_owned()
            }
            None => "Compiling".to_owned(),
        }
    }
}
