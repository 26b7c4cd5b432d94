//! `cargo pacto run`.

use std::collections::BTreeMap;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::{CURE, contract_at};
use crate::bundle;
use crate::config::{PluginRef, SandboxConfig, SandboxLevel, TargetConfig};
use crate::contract::{Diagnostic, Purpose};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::output::{self, Change, Force, Place};
use crate::plugin::{self, Plugin, Sources};
use crate::process::{Group, Interrupt};
use crate::rel_path;
use crate::run::{self, Job};
use crate::sandbox::Sandbox;
use crate::sorted::Map;

/// One plugin on one contract, without a package.
#[derive(Debug)]
pub struct SingleRun {
    /// The plugin's name, or the path of its executable if it has a `/`.
    pub plugin: String,
    /// A folder with a contract, or the contract itself.
    pub contract: PathBuf,
    /// Where the files go.
    pub output: PathBuf,
    /// The options, as text.
    pub options: BTreeMap<String, String>,
    /// How long the plugin may take.
    pub timeout: Duration,
    /// What the plugin may touch; `None` for as much of `read-only` as this machine can enforce.
    pub sandbox: Option<SandboxLevel>,
    /// Whether other files are overwritten.
    pub force: Force,
    /// Set to stop.
    pub interrupt: Interrupt,
}

/// What a [`SingleRun`] did.
#[derive(Debug)]
pub struct SingleReport {
    /// What was done to each file, sorted by path below the output folder.
    pub files: Vec<(String, Change)>,
    /// What the plugin said.
    pub message: Option<String>,
    /// What is odd about the contract.
    pub warnings: Vec<Diagnostic>,
    /// What it wrote to stderr.
    pub stderr: String,
    /// What it was kept from.
    pub sandbox: String,
}

impl SingleRun {
    /// Runs the plugin and writes its files.
    ///
    /// # Errors
    ///
    /// If anything is wrong; then no file has changed.
    pub fn run(self) -> Result<SingleReport> {
        let env = Env::read();
        let here = env.dir().to_path_buf();
        let contract = contract_at(&self.contract, &here)?;
        let reading =
            bundle::read_contract(&contract.file, &contract.shown, CURE, Purpose::Generate)?;
        let (parsed, warnings) = bundle::accepted(reading)?;
        let config = self.config()?;
        let job = Job {
            target: config.plugin.name(),
            config: &config,
            plugin: &find(&config.plugin, &env)?,
            contract: &parsed.to_json(),
            bundle_dir: contract.file.parent().unwrap_or(&here).to_path_buf(),
            place: Place::Shared {
                root: rel_path::clean(&here.join(&self.output)),
                folder: ".".to_owned(),
            },
            dir: here.clone(),
            timeout: self.timeout,
            group: Group::Own,
            interrupt: self.interrupt,
            elsewhere: None,
        };
        let answered = run::one(&job, &env.temp_dir(), &env)?;
        Ok(SingleReport {
            files: output::put(answered.files, &contract.file, self.force)?,
            message: answered.message,
            warnings,
            stderr: answered.stderr,
            sandbox: Sandbox::new(config.sandbox.as_ref(), &here, &env).enforced(),
        })
    }

    /// What Cargo.toml would say of it. Only the path of the plugin may be what none there can: absolute.
    fn config(&self) -> Result<TargetConfig> {
        let plugin = if self.plugin.contains(['/', MAIN_SEPARATOR]) {
            PluginRef::Path(self.plugin.clone())
        } else {
            PluginRef::Name(self.plugin.clone())
        };
        if let (PluginRef::Name(_), Some(fault)) = (&plugin, plugin.fault()) {
            return Err(Error::message(fault));
        }
        let options = self.options.iter();
        let mut config = TargetConfig::new(plugin);
        config.options = options
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        config.sandbox = self.sandbox.map(|level| SandboxConfig {
            level: Some(level),
            ..SandboxConfig::default()
        });
        Ok(config)
    }
}

fn find(plugin: &PluginRef, env: &Env) -> Result<Plugin> {
    let sources = Sources {
        env,
        package_dir: env.dir(),
        linked: &Map::new(),
        built: &Map::new(),
    };
    plugin::find(plugin, &sources)
}
