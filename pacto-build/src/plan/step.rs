//! A target on its way: what it is made from now, and whether its files still are.

use crate::sorted::Map;

use crate::config::{PluginRef, TargetConfig};
use crate::error::{Error, Result, all_or_errors};
use crate::fingerprint::{DirtyReason, Entry, Fingerprint, Freshness, Machine};
use crate::fs::{self, Found};
use crate::hash::Hash;
use crate::inputs;
use crate::output::{self, Force, Obstacle, Place, There};
use crate::plugin::{self, Plugin, Sources};
use crate::record;
use crate::rel_path;
use crate::report::FoundPlugin;

use super::{Mode, Plan};

/// A target on its way.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    pub(super) config: &'a TargetConfig,
    pub(super) place: Place,
    /// What keeps it from being found is only of interest if it has to run.
    pub(super) plugin: Result<Plugin, String>,
    pub(super) found: FoundPlugin,
    /// `None` if the bundle or the configuration is out of reach, so that only the lock speaks.
    pub(super) fingerprint: Option<Fingerprint>,
    /// Inputs that would have to be there if it were to run.
    absent: Vec<String>,
    pub(super) machine: Machine,
    pub(super) freshness: Freshness,
}

/// The files that a target is made from, by path relative to the package.
#[derive(Debug, Default)]
struct Inputs {
    files: Map<String, Hash>,
    absent: Vec<String>,
}

impl<'a> Plan<'a> {
    /// Looks at what `names` are made from, and compares it with the books.
    pub(super) fn steps(&mut self, names: &[&'a str]) -> Result<Vec<Step<'a>>> {
        all_or_errors(names.iter().map(|name| self.step(name)))
    }

    fn step(&mut self, name: &'a str) -> Result<Step<'a>> {
        let config = &self.package.config.targets[name];
        let place = match &config.output {
            Some(folder) => Place::Shared {
                root: self.package.dir.clone(),
                folder: folder.clone(),
            },
            None => Place::Own {
                root: record::target_dir(&self.settings.state_dir, name),
            },
        };
        let plugin = self.find_plugin(config);
        let (mut fingerprint, mut absent) = (None, Vec::new());
        if self.bundle.is_some() && !config.is_unknown {
            let inputs = self.inputs(name, config)?;
            fingerprint = Some(self.fingerprint(name, config, inputs.files));
            absent = inputs.absent;
        }
        let machine = self.machine(config, plugin.as_ref().ok())?;
        let plugin = plugin.map_err(|error| error.full_text());
        let found = self.found(config, &plugin);
        let mut step = Step {
            name,
            config,
            place,
            plugin,
            found,
            fingerprint,
            absent,
            machine,
            freshness: Freshness::Fresh,
        };
        let reasons = self.dirty_reasons(&step)?;
        if !reasons.is_empty() {
            step.freshness = Freshness::Dirty(reasons);
        }
        Ok(step)
    }

    fn find_plugin(&mut self, config: &TargetConfig) -> Result<Plugin> {
        let settings = self.settings;
        if settings.mode == Mode::Check {
            return Err(Error::message("it is not looked for"));
        }
        let sources = Sources {
            env: self.env,
            package_dir: &self.package.dir,
            linked: &settings.linked,
            built: &settings.built,
        };
        let plugin = plugin::find(&config.plugin, &sources)?;
        if let Plugin::Executable(path) = &plugin {
            // Relative where it is the package's own, so that the checkout can move.
            let own = rel_path::relative(&self.package.dir, &rel_path::clean(path));
            let watched = match (own, &config.plugin) {
                (Some(own), PluginRef::Path(_)) => own,
                (Some(own), _) if !own.starts_with("../") => own,
                _ => path.display().to_string(),
            };
            self.watched.insert(watched);
        }
        Ok(plugin)
    }

    fn found(&self, config: &TargetConfig, plugin: &Result<Plugin, String>) -> FoundPlugin {
        let is_named = || {
            self.env
                .plugin_override(&config.plugin.variable())
                .is_some()
        };
        match plugin {
            Ok(Plugin::Executable(path)) => FoundPlugin::Executable(path.clone()),
            Ok(Plugin::Linked(linked)) => FoundPlugin::Linked(linked.identity.clone()),
            Err(_) if self.settings.mode == Mode::Check => FoundPlugin::NotLookedFor,
            Err(_) if matches!(config.plugin, PluginRef::Crate(_)) && !is_named() => {
                FoundPlugin::NotBuilt
            }
            Err(text) => FoundPlugin::Missing(text.clone()),
        }
    }

    /// The files that the target is made from, besides the bundle.
    fn inputs(&mut self, target: &str, config: &TargetConfig) -> Result<Inputs> {
        let mut all = Inputs::default();
        self.add_input(&self.location.contract, None, &mut all)?;
        let found = inputs::find(&self.package.dir, &config.inputs)?;
        for (path, stamp) in &found.files {
            all.files.insert(path.clone(), self.hash(path, *stamp)?);
        }
        if let Some(entry) = self.lock.targets.get(target) {
            self.add_left_out(&entry.fingerprint.inputs, &mut all.files)?;
        }
        for path in &found.missing {
            let is_left_out = |(known, _): (&String, _)| rel_path::is_within(known, path);
            if !all.files.iter().any(is_left_out) {
                self.add_input(path, None, &mut all)?;
            }
        }
        self.watched.extend(found.watched);
        // Nobody needs a plugin as long as nothing has to run.
        if let PluginRef::Path(path) = &config.plugin {
            self.add_input(path, self.last_input(target, path), &mut all)?;
        }
        let runs_nothing = matches!(self.settings.mode, Mode::List | Mode::Check);
        match all.absent.first() {
            Some(path) if !runs_nothing => Err(Error::message(format!(
                "target `{target}` needs `{path}`, which is not there; create it or correct its name in Cargo.toml"
            ))),
            _ => Ok(all),
        }
    }

    /// Adds a file as it is, or as it was if it is not there.
    fn add_input(&self, path: &str, last: Option<Hash>, inputs: &mut Inputs) -> Result<()> {
        let hash = match fs::look(&self.package.dir.join(path))? {
            Found::File(stamp) => Some(self.hash(path, stamp)?),
            _ => last,
        };
        match hash {
            Some(hash) => {
                inputs.files.insert(path.to_owned(), hash);
            }
            None => inputs.absent.push(path.to_owned()),
        }
        Ok(())
    }

    /// What an input was when the files of `target` were made.
    fn last_input(&self, target: &str, path: &str) -> Option<Hash> {
        let entry = self.lock.targets.get(target)?;
        entry.fingerprint.inputs.get(path).copied()
    }

    fn fingerprint(
        &self,
        target: &str,
        config: &TargetConfig,
        inputs: Map<String, Hash>,
    ) -> Fingerprint {
        let options = config
            .options
            .iter()
            .map(|(name, value)| (name.clone(), Hash::of(value.to_string().as_bytes())));
        Fingerprint {
            plugin: config.plugin.text(),
            output: config.output.clone(),
            bundle: self.bundle_hash(target, None),
            options: Map::from_iter(options),
            inputs,
        }
    }

    /// What this machine adds to the inputs of a target.
    fn machine(&self, config: &TargetConfig, plugin: Option<&Plugin>) -> Result<Machine> {
        let value = |name: &String| {
            Some((
                name.clone(),
                Hash::of(self.env.get(name)?.as_encoded_bytes()),
            ))
        };
        let env = Map::from_iter(config.env.iter().filter_map(value));
        let plugin = match plugin {
            Some(Plugin::Linked(linked)) => Some(linked.identity.clone()),
            // Whoever believes no record has nothing to compare it with.
            Some(Plugin::Executable(_)) if !self.settings.mode.believes_record() => None,
            Some(Plugin::Executable(path)) => match fs::look(path)? {
                Found::File(stamp) => Some(
                    self.record
                        .seen
                        .hash(&path.display().to_string(), path, stamp)?
                        .to_string(),
                ),
                _ => None,
            },
            None => None,
        };
        Ok(Machine { plugin, env })
    }

    /// What the books say of a target: the lock for checked-in files, the record for the others.
    pub(super) fn entry(&self, step: &Step<'a>) -> Option<&Entry> {
        match step.config.output {
            Some(_) => self.lock.targets.get(step.name),
            None => self.record.targets.get(step.name).map(|known| &known.entry),
        }
    }

    fn dirty_reasons(&self, step: &Step<'a>) -> Result<Vec<DirtyReason>> {
        if self.settings.force == Force::Yes {
            return Ok(vec![DirtyReason::Forced]);
        }
        let is_checked_in = step.config.output.is_some();
        if is_checked_in && self.first_lock.is_conflicted {
            return Ok(vec![DirtyReason::Conflict]);
        }
        let absent = step.absent.iter().cloned().map(DirtyReason::Absent);
        let Some(entry) = self.entry(step) else {
            return Ok([DirtyReason::NeverGenerated]
                .into_iter()
                .chain(absent)
                .collect());
        };
        let mut reasons = Vec::new();
        if is_checked_in && self.lock.is_unfinished(entry) {
            reasons.push(DirtyReason::Unfinished);
        }
        if is_checked_in && self.first_lock.is_patchwork(step.name) {
            reasons.push(DirtyReason::Patchwork);
        }
        reasons.extend(absent);
        if let Some(now) = &step.fingerprint {
            let bundle = || self.bundle_then_and_now(step.name, is_checked_in);
            let mut changes = now.changes_since(&entry.fingerprint, bundle);
            changes.retain(|change| !matches!(change, DirtyReason::Removed(path) if step.absent.contains(path)));
            reasons.extend(changes);
        }
        let known = self
            .record
            .targets
            .get(step.name)
            // Where somebody else has generated since, it is of another run than the lock.
            .filter(|known| known.entry == *entry)
            .map(|known| &known.machine);
        let counts = !is_checked_in || self.settings.watch_machine;
        if let Some(known) = known.filter(|_| counts) {
            let changes = step
                .machine
                .changes_since(known, &step.config.plugin.text());
            // A plugin of the repository is an input, and told already.
            let is_told = matches!(&step.config.plugin, PluginRef::Path(path)
                if reasons.contains(&DirtyReason::Changed(path.clone())));
            reasons.extend(
                changes.into_iter().filter(|change| {
                    !(is_told && matches!(change, DirtyReason::PluginReplaced(_)))
                }),
            );
        }
        // What an unfinished run left is no edit; and a check looks at each file by itself.
        let is_seen_elsewhere = self.settings.mode == Mode::Check;
        if reasons.first() != Some(&DirtyReason::Unfinished) && !is_seen_elsewhere {
            reasons.extend(self.output_faults(step, entry)?);
        }
        Ok(reasons)
    }

    /// The bundle's files that are inputs of `target`, as they were and as they are.
    fn bundle_then_and_now(
        &self,
        target: &str,
        is_checked_in: bool,
    ) -> (Map<String, Hash>, Map<String, Hash>) {
        let written = self.no_inputs_of(target, None);
        let (mut then, mut now) = (
            self.old_bundle(target, is_checked_in),
            self.bundle_hashes.clone(),
        );
        then.retain(|path, _| !written.contains(path));
        now.retain(|path, _| !written.contains(path));
        (then, now)
    }

    /// The bundle's files as they were, as far as the book tells them from others.
    fn old_bundle(&self, target: &str, is_checked_in: bool) -> Map<String, Hash> {
        if is_checked_in {
            let lock = &self.first_lock;
            let outputs = lock.targets.values().flat_map(|entry| &entry.outputs);
            let outputs = outputs.filter(|(path, _)| self.bundle_hashes.contains_key(*path));
            let mut all = lock.bundle_of(target);
            all.extend(outputs.map(|(path, hash)| (path.clone(), *hash)));
            return all;
        }
        let is_gone = |path: &str| {
            rel_path::is_within(path, &self.location.dir)
                && !fs::exists(&self.package.dir.join(path)).unwrap_or(true)
        };
        let was_there = |path: &str| self.bundle_hashes.contains_key(path) || is_gone(path);
        let last = self.record.seen.last();
        let known = last.filter(|(path, _)| was_there(path));
        Map::from_iter(known.map(|(path, hash)| (path.clone(), *hash)))
    }

    fn output_faults(&self, step: &Step<'a>, entry: &Entry) -> Result<Vec<DirtyReason>> {
        let mut faults = Vec::new();
        for (path, hash) in &entry.outputs {
            let file = step.place.root().join(path);
            let is_link = |there| matches!(there, There::Obstacle(Obstacle::Link(_)));
            if step.config.output.is_some()
                && is_link(output::what_is_there(step.place.root(), path)?)
            {
                faults.push(DirtyReason::Edited(path.clone()));
                continue;
            }
            let Found::File(stamp) = fs::look(&file)? else {
                faults.push(DirtyReason::Missing(path.clone()));
                continue;
            };
            let name = match step.config.output {
                Some(_) => path.clone(),
                None => format!("{}:{path}", step.name),
            };
            match self.record.seen.hash(&name, &file, stamp) {
                Ok(now) if now == *hash => {}
                Ok(_) => faults.push(DirtyReason::Edited(path.clone())),
                // Somebody has removed it since we looked.
                Err(error) if error.is_absence() => faults.push(DirtyReason::Missing(path.clone())),
                Err(error) => return Err(error),
            }
        }
        Ok(faults)
    }
}
