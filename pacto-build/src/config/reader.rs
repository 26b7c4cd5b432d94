//! The values of one table, each with what to say if it is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::{Parsed, Source};
use super::{
    BuildMode, Limits, MAX_TIMEOUT, PluginRef, SandboxConfig, SandboxLevel, TargetConfig,
    is_outer_path, is_variable,
};
use crate::error::ErrorKind;
use crate::nearest::suggestion;
use crate::rel_path::{self, RelPath};

const TARGET_KEYS: [&str; 9] = [
    "plugin",
    "output",
    "options",
    "inputs",
    "env",
    "timeout",
    "sandbox",
    "limits",
    "workspace",
];
const PLUGIN_KEYS: [&str; 2] = ["path", "crate"];
const SANDBOX_KEYS: [&str; 4] = ["level", "read", "write", "network"];

/// Reads values of one table, and knows what to call it in a message.
pub(super) struct Reader<'a, 's> {
    pub(super) source: &'a Source<'s>,
    pub(super) place: String,
}

impl Reader<'_, '_> {
    /// What `[workspace.metadata.pacto.targets.NAME]` says, as Cargo inherits.
    pub(super) fn inherited(
        &self,
        flag: &Spanned<DeValue<'_>>,
        name: &str,
        workspace: Option<&Source<'_>>,
    ) -> Parsed<TargetConfig> {
        if flag.get_ref().as_bool() != Some(true) {
            return Err(self.fault(flag, "`workspace` must be `true`, or left out"));
        }
        let mut target = TargetConfig::new(PluginRef::Name(name.to_owned()));
        let Some(workspace) = workspace else {
            return Ok(TargetConfig {
                is_unknown: true,
                ..target
            });
        };
        let place = ["workspace", "metadata", "pacto", "targets", name];
        let Some(table) = workspace.table(&place) else {
            let place = place.join(".");
            let message = format!(
                "target `{name}` is inherited, but {} has no [{place}]",
                workspace.name
            );
            return Err(self.fault(flag, message));
        };
        let reader = Reader {
            source: workspace,
            place: place.join("."),
        };
        if let Some((key, _)) = table.get_key_value("workspace") {
            return Err(workspace.fault(
                key.span().start,
                "a workspace's own target inherits from nothing",
            ));
        }
        reader.target(table, &mut target)?;
        Ok(target)
    }

    /// Reads a target's keys over what `target` has already: options are added, the rest is replaced.
    pub(super) fn target(&self, table: &DeTable<'_>, target: &mut TargetConfig) -> Parsed<()> {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "workspace" => {}
                "plugin" => target.plugin = self.plugin(value)?,
                "output" => target.output = Some(self.output(value)?),
                "options" => target.options.extend(self.options(value)?),
                "inputs" => target.inputs = self.outer_paths(value, "inputs")?,
                "env" => target.env = self.variables(value)?,
                "timeout" => target.timeout = Some(self.timeout(value)?),
                "sandbox" => target.sandbox = Some(self.sandbox(value)?),
                "limits" => self.limits(value, &mut target.limits)?,
                _ => return Err(self.unknown(key.span().start, key.get_ref(), &TARGET_KEYS)),
            }
        }
        Ok(())
    }

    fn plugin(&self, value: &Spanned<DeValue<'_>>) -> Parsed<PluginRef> {
        if let Some(name) = value.get_ref().as_str() {
            return self.checked(value, PluginRef::Name(name.to_owned()));
        }
        let shape = "`plugin` must be a name, `{ path = \"...\" }` or `{ crate = \"...\" }`";
        let table = value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.fault(value, shape))?;
        if let Some((key, _)) = table
            .iter()
            .find(|(key, _)| !PLUGIN_KEYS.contains(&key.get_ref().as_ref()))
        {
            return Err(self.unknown(key.span().start, key.get_ref(), &PLUGIN_KEYS));
        }
        match (table.get("path"), table.get("crate")) {
            (Some(path), None) => Ok(PluginRef::Path(self.outer_path(path, "path")?)),
            (None, Some(name)) => {
                let plugin = PluginRef::Crate(self.text(name, "crate")?);
                self.checked(name, plugin)
            }
            _ => Err(self.fault(value, shape)),
        }
    }

    fn checked(&self, value: &Spanned<DeValue<'_>>, plugin: PluginRef) -> Parsed<PluginRef> {
        match plugin.fault() {
            Some(message) => Err(self.fault(value, message)),
            None => Ok(plugin),
        }
    }

    fn output(&self, value: &Spanned<DeValue<'_>>) -> Parsed<String> {
        let text = self.text(value, "output")?;
        let trimmed = text.trim_start_matches("./").trim_end_matches('/');
        if (trimmed.is_empty() && !text.starts_with('/')) || trimmed == "." {
            return Ok(".".to_owned());
        }
        let path = if trimmed.is_empty() { &text } else { trimmed };
        match RelPath::new(path) {
            Ok(path) => Ok(path.as_str().to_owned()),
            Err(why) => {
                let message =
                    format!("`output` is `{text}`, which {why}; name a folder inside the package");
                Err(self.fault(value, message))
            }
        }
    }

    fn options(&self, value: &Spanned<DeValue<'_>>) -> Parsed<BTreeMap<String, Value>> {
        let table = self.table(value, "options")?;
        let mut options = BTreeMap::new();
        for (key, value) in table {
            options.insert(key.get_ref().to_string(), self.json(value)?);
        }
        Ok(options)
    }

    /// The value as a plugin sees it; a date is text, as JSON has none.
    fn json(&self, value: &Spanned<DeValue<'_>>) -> Parsed<Value> {
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(flag) => Value::from(*flag),
            DeValue::Datetime(date) => Value::from(date.to_string()),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix());
                Value::from(number.map_err(|_| self.fault(value, "this number is too large"))?)
            }
            DeValue::Float(number) => {
                let finite = number
                    .as_str()
                    .parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite());
                Value::from(
                    finite.ok_or_else(|| self.fault(value, "JSON has no such number; quote it"))?,
                )
            }
            DeValue::Array(items) => items
                .iter()
                .map(|item| self.json(item))
                .collect::<Parsed<Vec<_>>>()?
                .into(),
            DeValue::Table(_) => crate::sorted::object(self.options(value)?.into_iter()),
        })
    }

    fn variables(&self, value: &Spanned<DeValue<'_>>) -> Parsed<Vec<String>> {
        let names = self.texts(value, "env")?;
        match names.iter().find(|name| !is_variable(name)) {
            Some(name) => Err(self.fault(value, format!("`{name}` cannot name a variable"))),
            None => Ok(names),
        }
    }

    fn timeout(&self, value: &Spanned<DeValue<'_>>) -> Parsed<Duration> {
        let number = number(value).filter(|number| (1..=MAX_TIMEOUT).contains(number));
        number.map(Duration::from_secs).ok_or_else(|| {
            let text = format!("`timeout` must be whole seconds from 1 to {MAX_TIMEOUT}");
            self.fault(value, text)
        })
    }

    fn limits(&self, value: &Spanned<DeValue<'_>>, limits: &mut Limits) -> Parsed<()> {
        for (key, value) in self.table(value, "limits")? {
            let name = key.get_ref().as_ref();
            let Some((_, most, limit)) = Limits::KEYS.iter().find(|(known, ..)| *known == name)
            else {
                let known = Limits::KEYS.map(|(known, ..)| known);
                return Err(self.unknown(key.span().start, name, &known));
            };
            let wanted = number(value).and_then(|number| usize::try_from(number).ok());
            *limit(limits) = wanted
                .filter(|wanted| (1..=*most).contains(wanted))
                .ok_or_else(|| {
                    let text = format!("`{name}` must be a whole number from 1 to {most}");
                    self.fault(value, text)
                })?;
        }
        Ok(())
    }

    fn sandbox(&self, value: &Spanned<DeValue<'_>>) -> Parsed<SandboxConfig> {
        let mut sandbox = SandboxConfig::default();
        if value.get_ref().is_str() {
            sandbox.level = Some(self.sandbox_level(value)?);
            return Ok(sandbox);
        }
        for (key, value) in self.table(value, "sandbox")? {
            match key.get_ref().as_ref() {
                "level" => sandbox.level = Some(self.sandbox_level(value)?),
                "read" => sandbox.read = self.sandbox_paths(value, "read")?,
                "write" => sandbox.write = self.sandbox_paths(value, "write")?,
                "network" => {
                    let flag = value.get_ref().as_bool();
                    sandbox.network =
                        flag.ok_or_else(|| self.fault(value, "`network` must be true or false"))?;
                }
                _ => return Err(self.unknown(key.span().start, key.get_ref(), &SANDBOX_KEYS)),
            }
        }
        Ok(sandbox)
    }

    fn sandbox_level(&self, value: &Spanned<DeValue<'_>>) -> Parsed<SandboxLevel> {
        let name = self.text(value, "level")?;
        let level = SandboxLevel::ALL.iter().find(|(known, _)| *known == name);
        level.map(|(_, level)| *level).ok_or_else(|| {
            let names = SandboxLevel::ALL.map(|(known, _)| known);
            let message = format!(
                "`{name}` is no sandbox level; levels are {}",
                names.join(", ")
            );
            self.fault(value, message)
        })
    }

    /// Relative ones are relative to the package from here on.
    fn sandbox_paths(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Parsed<Vec<String>> {
        let is_relative = |path: &str| !path.starts_with(['/', '~']);
        let paths = self.texts(value, key)?.into_iter().map(|path| {
            if is_relative(&path) {
                rel_path::join(self.source.folder, &path)
            } else {
                path
            }
        });
        Ok(paths.collect())
    }

    pub(super) fn build_mode(&self, value: &Spanned<DeValue<'_>>) -> Parsed<BuildMode> {
        match value.get_ref().as_str() {
            Some("write") => Ok(BuildMode::Write),
            Some("check") => Ok(BuildMode::Check),
            _ => Err(self.fault(value, "`build` must be \"write\" or \"check\"")),
        }
    }

    pub(super) fn table<'v, 't>(
        &self,
        value: &'v Spanned<DeValue<'t>>,
        key: &str,
    ) -> Parsed<&'v DeTable<'t>> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong_type(value, key, "a table"))
    }

    fn text(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Parsed<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        text.ok_or_else(|| self.wrong_type(value, key, "a string"))
    }

    pub(super) fn texts(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Parsed<Vec<String>> {
        let items = value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(value, key, "a list of strings"))?;
        items.iter().map(|item| self.text(item, key)).collect()
    }

    /// A path that may point out of the package, relative to it, whichever manifest it is written in.
    pub(super) fn outer_path(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Parsed<String> {
        let text = self.text(value, key)?;
        if !is_outer_path(&text) {
            let message = format!("`{key}` has `{text}`, but must be a relative path with `/`");
            return Err(self.fault(value, message));
        }
        let path = rel_path::clean(rel_path::join(self.source.folder, &text).as_ref());
        let path = path
            .to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/");
        Ok(if path.is_empty() {
            ".".to_owned()
        } else {
            path
        })
    }

    fn outer_paths(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Parsed<Vec<String>> {
        let items = value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(value, key, "a list of strings"))?;
        items
            .iter()
            .map(|item| self.outer_path(item, key))
            .collect()
    }

    pub(super) fn unknown(&self, at: usize, key: &str, known: &[&str]) -> ErrorKind {
        let suggestion = suggestion(key, known);
        self.source.fault(
            at,
            format!("unknown key `{key}` in [{}]{suggestion}", self.place),
        )
    }

    fn wrong_type(&self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) -> ErrorKind {
        self.fault(
            value,
            format!(
                "`{key}` must be {wanted}, this is of type {}",
                value.get_ref().type_str()
            ),
        )
    }

    fn fault(&self, value: &Spanned<DeValue<'_>>, message: impl Into<String>) -> ErrorKind {
        self.source.fault(value.span().start, message)
    }
}

/// A number that is not negative, in any radix of TOML.
fn number(value: &Spanned<DeValue<'_>>) -> Option<u64> {
    let number = value.get_ref().as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}
