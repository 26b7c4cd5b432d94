//! What a build script may say beyond `[package.metadata.pacto]`.

use std::collections::BTreeMap;

use crate::sorted::Map;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::config::{self, BuildMode, NAME_RULE, PluginRef, TargetConfig};
use crate::directive::{self, Syntax};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs;
use crate::manifest::{self, Package};
use crate::output::Force;
use crate::plan::{self, Mode, Plan, Selection, Settings, WriteBan};
use crate::plugin::{Linked, PluginError};
use crate::process::{Group, Interrupt};
use crate::protocol::{GenerateRequest, GenerateResponse};
use crate::rel_path::VERSION_CONTROL;
use crate::report::Report;

/// Generates a package's targets from its build script.
///
/// [`generate`](crate::generate) is enough where everything is in `Cargo.toml`. A builder links Rust
/// functions as plugins, adds targets, and leaves room for other work:
///
/// ```no_run
/// use pacto_build::protocol::{GenerateRequest, GenerateResponse};
///
/// fn constants(request: &GenerateRequest) -> Result<GenerateResponse, pacto_build::PluginError> {
///     let name = request.contract["service"]["name"].as_str().ok_or("a service has a name")?;
///     let code = format!("pub const SERVICE: &str = {name:?};\n");
///     Ok(GenerateResponse::new().file("constants.rs", code))
/// }
///
/// fn main() {
///     pacto_build::Builder::new().plugin("constants", "1.0.0", constants).generate();
/// }
/// ```
///
/// ```toml
/// [package.metadata.pacto.targets.constants]
/// plugin = { crate = "constants" }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it is run"]
pub struct Builder {
    targets: Map<String, Target>,
    linked: Map<String, Linked>,
}

/// One plugin run; not what Cargo calls a target.
///
/// Its files go to `$OUT_DIR/pacto/<name>/`. A target that is kept in the repository is written in
/// `Cargo.toml`, where `cargo pacto` sees it too.
#[derive(Debug, Clone)]
#[must_use = "a target does nothing until a builder has it"]
pub struct Target {
    name: String,
    plugin: Option<PluginRef>,
    options: BTreeMap<String, Value>,
    inputs: Vec<String>,
    env: Vec<String>,
    timeout: Option<Duration>,
}

impl Target {
    /// A target of this name, whose plugin has the same name.
    ///
    /// If `Cargo.toml` has it too, what is said here is laid over what stands there: options, inputs
    /// and variables are added, plugin and timeout are replaced. A sandbox and limits are set in
    /// `Cargo.toml` only.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            plugin: None,
            options: BTreeMap::new(),
            inputs: Vec::new(),
            env: Vec::new(),
            timeout: None,
        }
    }

    /// Sets the plugin.
    pub fn plugin(mut self, plugin: impl Into<PluginRef>) -> Self {
        self.plugin = Some(plugin.into());
        self
    }

    /// Sets an option.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Adds a file, folder or pattern that the plugin reads besides the bundle, relative to the package.
    pub fn input(mut self, path: impl Into<String>) -> Self {
        self.inputs.push(path.into());
        self
    }

    /// Passes an environment variable through; its value counts as an input.
    pub fn env(mut self, name: impl Into<String>) -> Self {
        self.env.push(name.into());
        self
    }

    /// Sets how long the plugin may take, instead of 60 seconds. A Rust function has no deadline.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl Builder {
    /// A builder that knows what `Cargo.toml` says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a target in `OUT_DIR`, or changes one that `Cargo.toml` has.
    pub fn target(mut self, target: Target) -> Self {
        self.targets.insert(target.name.clone(), target);
        self
    }

    /// Links a Rust function as the plugin that targets call `{ crate = "NAME" }`.
    ///
    /// `name` is the name of the crate that the function is from, and `version` its version: when it
    /// changes, targets run again (they also do when the build script was rebuilt). The function gets
    /// the same request and is held to the same rules for paths, lock and messages as a program. It
    /// is code of the build: it has no sandbox and no deadline, and a panic is reported as its failure.
    pub fn plugin<F>(
        mut self,
        name: impl Into<String>,
        version: impl Into<String>,
        function: F,
    ) -> Self
    where
        F: Fn(&GenerateRequest) -> Result<GenerateResponse, PluginError> + Send + Sync + 'static,
    {
        let linked = Linked {
            identity: version.into(),
            function: Arc::new(function),
        };
        self.linked.insert(name.into(), linked);
        self
    }

    /// Generates what is dirty, prints what Cargo has to watch, and gives a report.
    ///
    /// # Errors
    ///
    /// If anything is wrong; then nothing was printed, and no file has changed but those of targets
    /// that write into the bundle and were done before, which the error names. A build script that has
    /// nothing else to say to Cargo uses [`generate`](Self::generate), which prints the error too.
    pub fn run(self) -> Result<Report> {
        let env = Env::read();
        let report = self.report(&env)?;
        directive::print_report(&report, syntax(&env));
        Ok(report)
    }

    /// Like [`run`](Self::run), but prints what is wrong and ends the build script.
    pub fn generate(self) {
        let env = Env::read();
        match self.report(&env) {
            Ok(report) => directive::print_report(&report, syntax(&env)),
            Err(error) => process::exit(directive::print_error(&error, syntax(&env))),
        }
    }

    fn report(self, env: &Env) -> Result<Report> {
        let (Some(manifest), Some(out_dir)) =
            (env.path("CARGO_MANIFEST_PATH"), env.path("OUT_DIR"))
        else {
            let text = "CARGO_MANIFEST_PATH and OUT_DIR are not set; pacto-build runs in a build script, \
                        elsewhere use `cargo pacto generate`";
            return Err(Error::message(text));
        };
        let mut package = manifest::load(&manifest, None, env.cargo_home().as_deref())?;
        plan::inherit_from_lock(&mut package)?;
        let is_off = match env.text("PACTO_BUILD") {
            None | Some("write" | "check") => false,
            Some("off") => true,
            Some(other) => {
                let text = format!("PACTO_BUILD is `{other}`; set it to `write`, `check` or `off`");
                return Err(Error::message(text));
            }
        };
        for target in self.targets.into_iter().map(|(_, target)| target) {
            add_target(&mut package, target)?;
        }
        if package.config.targets.is_empty() {
            return Err(Error::message(config::NO_TARGETS));
        }
        let linked = self.linked.keys();
        if let Some(name) = unused(&package, linked) {
            let text = format!(
                "plugin `{name}` is linked, and no target runs it; give one `plugin = {{ crate = \"{name}\" }}` in Cargo.toml, or do not link it"
            );
            return Err(Error::message(text));
        }
        let settings = Settings {
            mode: if is_off { Mode::Off } else { Mode::Write },
            selection: Selection::All,
            force: Force::No,
            state_dir: out_dir.join("pacto"),
            write_ban: write_ban(&package, env),
            keep_times: true,
            watch_machine: !is_automated(env),
            jobs: jobs(env),
            progress: Arc::default(),
            group: Group::Shared,
            interrupt: Interrupt::default(),
            linked: Map::from_iter(
                self.linked
                    .into_iter()
                    .map(|(name, linked)| (name, with_build(linked))),
            ),
            built: Map::new(),
        };
        Plan::new(&package, env, &settings)?.carry_out()
    }
}

/// The first of the `linked` plugins that no target has, as far as targets are known here.
fn unused<'a>(
    package: &Package,
    mut linked: impl Iterator<Item = &'a String>,
) -> Option<&'a String> {
    let targets = &package.config.targets;
    let runs = |name: &String| {
        targets.values().any(|target| {
            target.is_unknown || matches!(&target.plugin, PluginRef::Crate(own) if own == name)
        })
    };
    linked.find(|name| !runs(name))
}

/// Lays what a build script says over what `Cargo.toml` says.
fn add_target(package: &mut Package, target: Target) -> Result<()> {
    let name = target.name.clone();
    if !config::is_name(&name) {
        return Err(Error::message(format!(
            "`{name}` cannot name a target; {NAME_RULE}"
        )));
    }
    let config = package.config.targets.get_or_insert(name.clone(), || {
        TargetConfig::new(PluginRef::Name(name.clone()))
    });
    if config.output.is_some() {
        let text = format!(
            "target `{name}` has an `output` in Cargo.toml, so that a build script cannot change it"
        );
        return Err(Error::message(text));
    }
    check_values(&target)?;
    if let Some(plugin) = target.plugin {
        if let Some(fault) = plugin.fault() {
            return Err(Error::message(format!("target `{name}`: {fault}")));
        }
        config.plugin = plugin;
    }
    config.options.extend(target.options);
    config.inputs.extend(target.inputs);
    config.env.extend(target.env);
    config.timeout = target.timeout.or(config.timeout);
    Ok(())
}

/// What Cargo.toml would not be allowed to say of inputs, variables and time, a build script may not say either.
fn check_values(target: &Target) -> Result<()> {
    let name = &target.name;
    let failed = |text: String| Err(Error::message(format!("target `{name}`: {text}")));
    if let Some(path) = target
        .inputs
        .iter()
        .find(|path| !config::is_outer_path(path))
    {
        let path = path.escape_debug();
        return failed(format!(
            "`input` has `{path}`, but must be a relative path with `/`"
        ));
    }
    if let Some(variable) = target.env.iter().find(|name| !config::is_variable(name)) {
        return failed(format!(
            "`{}` cannot name a variable",
            variable.escape_debug()
        ));
    }
    let longest = Duration::from_secs(config::MAX_TIMEOUT);
    match target.timeout {
        Some(time) if time.is_zero() || time > longest => failed(format!(
            "`timeout` must be more than nothing and at most {} s",
            config::MAX_TIMEOUT
        )),
        _ => Ok(()),
    }
}

/// A function may do something else after every build of the script that it is linked into. Its own
/// version does not tell while it is being developed, so that the script's size and time count too.
fn with_build(linked: Linked) -> Linked {
    let build = std::env::current_exe()
        .ok()
        .and_then(|path| match fs::look(&path) {
            Ok(fs::Found::File(stamp)) => Some(format!("{}-{}", stamp.size, stamp.mtime)),
            _ => None,
        });
    let identity = format!("{} in build {}", linked.identity, build.unwrap_or_default());
    Linked { identity, ..linked }
}

fn syntax(env: &Env) -> Syntax {
    Syntax::for_rust_version(env.text("CARGO_PKG_RUST_VERSION"))
}

/// As many as there are cores, but no more than Cargo was told.
fn jobs(env: &Env) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let told = env.text("NUM_JOBS").and_then(|jobs| jobs.parse().ok());
    told.map_or(cores, |told: usize| told.min(cores)).max(1)
}

/// Whether nobody is there who would look at a change.
fn is_automated(env: &Env) -> bool {
    env.is_on("CI") || env.get("DOCS_RS").is_some()
}

/// What forbids to write checked-in files, if anything does.
fn write_ban(package: &Package, env: &Env) -> Option<WriteBan> {
    let is_checkout = |dir: &Path| {
        VERSION_CONTROL
            .iter()
            .any(|mark| fs::exists(&dir.join(mark)).unwrap_or(false))
    };
    if package.is_published {
        Some(WriteBan::Published)
    } else if env.get("DOCS_RS").is_some() {
        Some(WriteBan::DocsRs)
    } else if env.is_on("CI") {
        Some(WriteBan::Ci)
    } else if env.text("PACTO_BUILD") == Some("check") {
        Some(WriteBan::Variable)
    } else if package.config.build == BuildMode::Check {
        Some(WriteBan::Manifest)
    } else if !package.dir.ancestors().any(is_checkout) {
        Some(WriteBan::NoCheckout)
    } else {
        None
    }
}
