//! `[package.metadata.pacto]`: what a package wants generated.

#[cfg(feature = "driver")]
mod json_schema;
mod reader;
mod source;

use std::collections::BTreeMap;

use crate::sorted::Map;
use std::time::Duration;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

#[cfg(feature = "driver")]
pub(crate) use self::json_schema::metadata as json_schema;
use self::reader::Reader;
use self::source::Parsed;
pub(crate) use self::source::Source;
use crate::rel_path::RelPath;
use crate::visible::is_unseen;

/// What `[package.metadata.pacto]` says.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The bundle's folder or the contract itself, relative to the package; `None` looks for it.
    pub(crate) bundle: Option<String>,
    /// Patterns, relative to the bundle folder.
    pub(crate) exclude: Vec<String>,
    pub(crate) build: BuildMode,
    /// Sorted, as is everything that follows from it.
    pub(crate) targets: Map<String, TargetConfig>,
}

/// Whether a build script may write checked-in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum BuildMode {
    /// In a developer's own checkout.
    #[default]
    Write,
    /// Never.
    Check,
}

/// One configured plugin run.
#[derive(Debug, Clone)]
pub(crate) struct TargetConfig {
    pub(crate) plugin: PluginRef,
    /// Folder in the package, cleaned; `None` for `OUT_DIR`.
    pub(crate) output: Option<String>,
    pub(crate) options: BTreeMap<String, Value>,
    /// Files, folders and patterns, relative to the package.
    pub(crate) inputs: Vec<String>,
    /// Names of variables that the plugin gets.
    pub(crate) env: Vec<String>,
    pub(crate) timeout: Option<Duration>,
    /// As written down; `None` leaves it to the default.
    pub(crate) sandbox: Option<SandboxConfig>,
    pub(crate) limits: Limits,
    /// It is inherited, and the workspace is out of reach: only the lock knows what it was.
    pub(crate) is_unknown: bool,
}

impl TargetConfig {
    /// A target that says nothing but its plugin.
    pub(crate) fn new(plugin: PluginRef) -> Self {
        Self {
            plugin,
            output: None,
            options: BTreeMap::new(),
            inputs: Vec::new(),
            env: Vec::new(),
            timeout: None,
            sandbox: None,
            limits: Limits::default(),
            is_unknown: false,
        }
    }
}

/// How much a plugin may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    /// MiB of its answer.
    pub(crate) response: usize,
    pub(crate) files: usize,
    /// KiB of its stderr that are kept; what is beyond is dropped.
    pub(crate) stderr: usize,
}

/// A key in Cargo.toml, the most that it can be set to, and what it sets.
type LimitKey = (&'static str, usize, fn(&mut Limits) -> &mut usize);

impl Limits {
    pub(crate) const KEYS: [LimitKey; 3] = [
        ("response-mib", 1024, |limits| &mut limits.response),
        // Each is renamed to its place, and looked up in every book.
        ("files", 50_000, |limits| &mut limits.files),
        ("stderr-kib", 64 * 1024, |limits| &mut limits.stderr),
    ];
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            response: 64,
            files: 10_000,
            stderr: 1024,
        }
    }
}

/// Which plugin a target runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginRef {
    /// `pacto-plugin-<name>`, on `PATH` or in the user's plugin folder.
    Name(String),
    /// An executable of the repository, relative to the package.
    Path(String),
    /// A Rust function: linked into the build script by [`Builder::plugin`](crate::Builder::plugin),
    /// built by Cargo for `cargo pacto`.
    Crate(String),
}

impl PluginRef {
    /// What is wrong with it, wherever it was written.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Self::Name(name) if !is_name(name) => {
                Some(format!("`{name}` cannot name a plugin; {NAME_RULE}"))
            }
            Self::Path(path) if !is_outer_path(path) => Some(format!(
                "`path` has `{path}`, but must be a relative path with `/`"
            )),
            Self::Crate(name) if !is_crate_name(name) => {
                Some(format!("`{name}` cannot name a crate; {CRATE_NAME_RULE}"))
            }
            _ => None,
        }
    }
}

impl From<&str> for PluginRef {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

/// What a plugin may touch, as it is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SandboxConfig {
    /// `None` leaves it to the default.
    pub(crate) level: Option<SandboxLevel>,
    pub(crate) read: Vec<String>,
    pub(crate) write: Vec<String>,
    pub(crate) network: bool,
}

/// How much a plugin is kept from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxLevel {
    /// It reads the bundle, its inputs and the system's folders only, and is else as [`ReadOnly`](Self::ReadOnly).
    Strict,
    /// It writes nowhere but into its temporary folder, and opens no TCP connection.
    ReadOnly,
    /// It may do what we may.
    Off,
}

impl SandboxLevel {
    /// Every level, by the name that it has in Cargo.toml.
    pub const ALL: [(&'static str, Self); 3] = [
        ("strict", Self::Strict),
        ("read-only", Self::ReadOnly),
        ("off", Self::Off),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, level)| *level == self)
            .map_or("", |(name, _)| name)
    }
}

/// Whether `name` can name a plugin or a target: it becomes part of file names.
pub(crate) fn is_name(name: &str) -> bool {
    let is_inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    first && name.bytes().all(is_inner) && RelPath::new(name).is_ok() && name.len() <= 100
}

/// Whether `name` can name a crate, as Cargo has it.
pub(crate) fn is_crate_name(name: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(is_inner)
}

/// Whether `name` can name a variable, and be told to Cargo on a line.
pub(crate) fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains('=') && !name.contains(char::is_control)
}

/// Whether `path` is relative and written with `/`; it may lead out of the package.
pub(crate) fn is_outer_path(path: &str) -> bool {
    let is_absolute = path.starts_with('/') || matches!(path.as_bytes(), [_, b':', ..]);
    !path.is_empty() && !is_absolute && !path.contains('\\') && !path.contains(is_unseen)
}

/// What is said where nothing is configured.
pub(crate) const NO_TARGETS: &str =
    "no targets are configured; add [package.metadata.pacto.targets.NAME] to Cargo.toml";

/// The longest time that a plugin can be given, in seconds.
pub(crate) const MAX_TIMEOUT: u64 = 24 * 60 * 60;

/// The rule of [`is_crate_name`], for messages.
const CRATE_NAME_RULE: &str = "a crate's name has letters, digits, `_` and `-`";

/// The rule of [`is_name`], for messages.
pub(crate) const NAME_RULE: &str =
    "a name has lower-case letters, digits, `.`, `_` and `-`, and begins with a letter or digit";

const PACKAGE_KEYS: [&str; 4] = ["bundle", "exclude", "build", "targets"];

/// Whether a target of the package says `workspace = true`, so that the workspace must be found.
pub(crate) fn needs_workspace(package: &Source<'_>) -> bool {
    let targets = package.table(&["package", "metadata", "pacto", "targets"]);
    targets.into_iter().flat_map(DeTable::values).any(|target| {
        target
            .get_ref()
            .as_table()
            .is_some_and(|table| table.contains_key("workspace"))
    })
}

/// Reads the configuration of `package`; its inherited targets from `workspace`.
///
/// Without a workspace (a packaged crate has none) an inherited target is there, but unknown.
pub(crate) fn parse(package: &Source<'_>, workspace: Option<&Source<'_>>) -> Parsed<Config> {
    let mut config = Config::default();
    let Some(metadata) = package.table(&["package", "metadata"]) else {
        return Ok(config);
    };
    let Some(pacto) = metadata.get("pacto") else {
        return Ok(config);
    };
    let context = Reader {
        source: package,
        place: "package.metadata.pacto".to_owned(),
    };
    for (key, value) in context.table(pacto, "pacto")? {
        match key.get_ref().as_ref() {
            "bundle" => config.bundle = Some(context.outer_path(value, "bundle")?),
            "exclude" => config.exclude = context.texts(value, "exclude")?,
            "build" => config.build = context.build_mode(value)?,
            "targets" => config.targets = targets(&context, value, workspace)?,
            _ => return Err(context.unknown(key.span().start, key.get_ref(), &PACKAGE_KEYS)),
        }
    }
    Ok(config)
}

fn targets(
    context: &Reader<'_, '_>,
    value: &Spanned<DeValue<'_>>,
    workspace: Option<&Source<'_>>,
) -> Parsed<Map<String, TargetConfig>> {
    let mut targets = Map::new();
    for (key, value) in context.table(value, "targets")? {
        let name = key.get_ref().as_ref();
        if !is_name(name) {
            let message = format!("`{name}` cannot name a target; {NAME_RULE}");
            return Err(context.source.fault(key.span().start, message));
        }
        let place = format!("{}.targets.{name}", context.place);
        let reader = Reader {
            source: context.source,
            place,
        };
        let table = reader.table(value, name)?;
        let mut target = match table.get("workspace") {
            Some(flag) => reader.inherited(flag, name, workspace)?,
            None => TargetConfig::new(PluginRef::Name(name.to_owned())),
        };
        reader.target(table, &mut target)?;
        targets.insert(name.to_owned(), target);
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(package: &str, workspace: Option<&str>) -> Result<Config, String> {
        let parsed = || {
            let package = Source::parse("Cargo.toml", package, ".")?;
            let workspace = workspace
                .map(|text| Source::parse("../Cargo.toml", text, ".."))
                .transpose()?;
            parse(&package, workspace.as_ref())
        };
        parsed().map_err(|kind| crate::Error::from(kind).to_string())
    }

    #[test]
    fn every_key_is_read() {
        let config = read(
            r#"
[package.metadata.pacto]
bundle = "./pacto/"
exclude = ["docs/drafts/**"]
build = "check"
[package.metadata.pacto.targets.constants]
plugin = { crate = "pacto-plugin-constants" }
[package.metadata.pacto.targets.helm]
output = "./deploy/"
options = { namespace = "production", n = 1, f = 1.5, b = true, l = ["a"], t = { x = 1 }, d = 2026-03-04, h = 0x10 }
[package.metadata.pacto.targets.readme]
plugin = { path = "tools/pacto-plugin-readme" }
inputs = ["README.tmpl", "templates/**"]
env = ["JAVA_HOME"]
timeout = 0x3C
sandbox = { level = "strict", read = ["/usr/lib"], write = [], network = true }
limits = { response-mib = 0x80, stderr-kib = 1 }
"#,
            None,
        )
        .expect("all of it is known");
        assert_eq!(
            (config.bundle.as_deref(), config.build),
            (Some("pacto"), BuildMode::Check)
        );
        let helm = &config.targets["helm"];
        assert_eq!(
            (&helm.plugin, helm.output.as_deref()),
            (&PluginRef::from("helm"), Some("deploy"))
        );
        let options = serde_json::to_string(&helm.options).expect("it is JSON");
        assert_eq!(
            options,
            r#"{"b":true,"d":"2026-03-04","f":1.5,"h":16,"l":["a"],"n":1,"namespace":"production","t":{"x":1}}"#
        );
        let readme = &config.targets["readme"];
        assert_eq!(
            readme.plugin,
            PluginRef::Path("tools/pacto-plugin-readme".to_owned())
        );
        assert_eq!(readme.timeout, Some(Duration::from_secs(60)));
        assert_eq!(
            readme.sandbox.as_ref().and_then(|sandbox| sandbox.level),
            Some(SandboxLevel::Strict)
        );
        let limits = Limits {
            response: 128,
            stderr: 1,
            ..Limits::default()
        };
        assert_eq!(readme.limits, limits);
    }

    #[test]
    fn a_target_is_inherited_and_changed() {
        let workspace = "[workspace.metadata.pacto.targets.helm]\nplugin = { path = \"tools/p\" }\ninputs = [\"a\"]\noptions = { a = 1, b = 1 }\n";
        let package = "[package.metadata.pacto.targets.helm]\nworkspace = true\noutput = \"x\"\noptions = { b = 2 }\n";
        let config = read(package, Some(workspace)).expect("both are right");
        let helm = &config.targets["helm"];
        assert_eq!(helm.plugin, PluginRef::Path("../tools/p".to_owned()));
        assert_eq!(
            (helm.inputs[0].as_str(), helm.output.as_deref()),
            ("../a", Some("x"))
        );
        assert_eq!(
            (helm.options["a"].as_i64(), helm.options["b"].as_i64()),
            (Some(1), Some(2))
        );
        let config = read(package, None).expect("a packaged crate has no workspace");
        assert!(config.targets["helm"].is_unknown);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let target = "[package.metadata.pacto.targets.x]\n";
        for (text, expected) in [
            (
                "[package.metadata.pacto]\nbundel = 1",
                "Cargo.toml:2: unknown key `bundel` in [package.metadata.pacto]; did you mean `bundle`?",
            ),
            (
                "[package.metadata]\npacto = 1",
                "Cargo.toml:2: `pacto` must be a table, this is of type integer",
            ),
            (
                "[package.metadata.pacto]\nbundle = \"/etc\"",
                "Cargo.toml:2: `bundle` has `/etc`, but must be a relative path with `/`",
            ),
            (
                "[package.metadata.pacto]\nbuild = \"no\"",
                "Cargo.toml:2: `build` must be \"write\" or \"check\"",
            ),
            (
                "[package.metadata.pacto.targets.A]",
                "Cargo.toml:1: `A` cannot name a target; a name has lower-case letters, digits, `.`, `_` and `-`, and begins with a letter or digit",
            ),
            (
                &format!("{target}optoins = {{}}"),
                "Cargo.toml:2: unknown key `optoins` in [package.metadata.pacto.targets.x]; did you mean `options`?",
            ),
            (
                &format!("{target}output = \"../x\""),
                "Cargo.toml:2: `output` is `../x`, which has a `.` or `..` part; name a folder inside the package",
            ),
            (
                &format!("{target}plugin = \"../x\""),
                "Cargo.toml:2: `../x` cannot name a plugin; a name has lower-case letters, digits, `.`, `_` and `-`, and begins with a letter or digit",
            ),
            (
                &format!("{target}plugin = {{ path = \"a\", crate = \"b\" }}"),
                "Cargo.toml:2: `plugin` must be a name, `{ path = \"...\" }` or `{ crate = \"...\" }`",
            ),
            (
                &format!("{target}plugin = {{ crate = \"a b\" }}"),
                "Cargo.toml:2: `a b` cannot name a crate; a crate's name has letters, digits, `_` and `-`",
            ),
            (
                &format!("{target}plugin = {{ path = \"a\\u202eb\" }}"),
                "Cargo.toml:2: `path` has `a\u{fffd}b`, but must be a relative path with `/`",
            ),
            // A message is one line, whatever it quotes.
            (
                &format!("{target}plugin = {{ crate = \"a\\nb\" }}"),
                "Cargo.toml:2: `a b` cannot name a crate; a crate's name has letters, digits, `_` and `-`",
            ),
            (
                &format!("{target}output = \"\"\"a\nb\"\"\""),
                "Cargo.toml:2: `output` is `a b`, which has a control character; name a folder inside the package",
            ),
            (
                &format!("{target}timeout = 0"),
                "Cargo.toml:2: `timeout` must be whole seconds from 1 to 86400",
            ),
            (
                &format!("{target}timeout = 0x15181"),
                "Cargo.toml:2: `timeout` must be whole seconds from 1 to 86400",
            ),
            (
                &format!("{target}output = \"/\""),
                "Cargo.toml:2: `output` is `/`, which is absolute; name a folder inside the package",
            ),
            (
                &format!("{target}sandbox = \"of\""),
                "Cargo.toml:2: `of` is no sandbox level; levels are strict, read-only, off",
            ),
            (
                &format!("{target}options = {{ x = nan }}"),
                "Cargo.toml:2: JSON has no such number; quote it",
            ),
            (
                &format!("{target}workspace = false"),
                "Cargo.toml:2: `workspace` must be `true`, or left out",
            ),
            ("a = [", "Cargo.toml:1: unclosed array, expected `]`"),
        ] {
            assert_eq!(read(text, None).err().as_deref(), Some(expected), "{text}");
        }
        let missing = read(&format!("{target}workspace = true"), Some("")).err();
        let expected = "Cargo.toml:2: target `x` is inherited, but ../Cargo.toml has no [workspace.metadata.pacto.targets.x]";
        assert_eq!(missing.as_deref(), Some(expected));
    }
}
