//! A target on its way: what it is made from now, and whether its files still are.

use crate::sorted::Map;

use crate::config::{PluginRef, TargetConfig};
use crate::error::{Error, Result, all_or_errors};
use crate::fingerprint::{DirtyReason, Entry, Fingerprint, Freshness, Machine};
use crate::fs::{self, Found};
use crate::hash::Hash;
use crate::inputs;
use crate::output::{Force, Place};
use crate::plugin::{self, Plugin, Sources};
use crate::record;
use crate::rel_path;

use super::{Mode, Plan};

/// A target on its way.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    pub(super) config: &'a TargetConfig,
    pub(super) place: Place,
    /// What keeps it from being found is only of interest if it has to run.
    pub(super) plugin: Result<Plugin, String>,
    /// `None` if the bundle or the configuration is out of reach, so that only the lock speaks.
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) machine: Machine,
    pub(super) freshness: Freshness,
}

impl Step<'_> {
    /// Where the plugin was found, in words.
    pub(super) fn found(&self) -> Result<String, String> {
        match &self.plugin {
            Ok(Plugin::Executable(path)) => Ok(path.display().to_string()),
            Ok(Plugin::Linked(linked)) => Ok(format!("linked, {}", linked.identity)),
            Err(text) => Err(text.clone()),
        }
    }
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
        let fingerprint = self.fingerprint(name, config)?;
        let machine = self.machine(config, plugin.as_ref().ok())?;
        let plugin = plugin.map_err(|error| error.full_text());
        let mut step = Step {
            name,
            config,
            place,
            plugin,
            fingerprint,
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

    /// What the target is made from now; `None` if that is out of reach here.
    fn fingerprint(&mut self, name: &str, config: &TargetConfig) -> Result<Option<Fingerprint>> {
        if self.bundle.is_none() || config.is_unknown {
            return Ok(None);
        }
        let mut files = Map::new();
        self.add_input(name, &self.location.contract.clone(), &mut files)?;
        let inputs = inputs::find(&self.package.dir, &config.inputs)?;
        for (path, stamp) in &inputs.files {
            files.insert(path.clone(), self.hash(path, *stamp)?);
        }
        for path in &inputs.missing {
            self.add_input(name, path, &mut files)?;
        }
        self.watched.extend(inputs.watched);
        if let PluginRef::Path(path) = &config.plugin {
            self.add_input(name, path, &mut files)?;
        }
        let options = config
            .options
            .iter()
            .map(|(name, value)| (name.clone(), Hash::of(value.to_string().as_bytes())));
        Ok(Some(Fingerprint {
            plugin: config.plugin.text(),
            output: config.output.clone(),
            bundle: self.bundle_hash(name, None),
            options: Map::from_iter(options),
            inputs: files,
        }))
    }

    /// Adds one file. One that is not there counts as it was when the files were made: a published
    /// crate may lack it, and so may a machine that only builds. If it is needed, it is missed then.
    fn add_input(&self, target: &str, path: &str, files: &mut Map<String, Hash>) -> Result<()> {
        let hash = match fs::look(&self.package.dir.join(path))? {
            Found::File(stamp) => Some(self.hash(path, stamp)?),
            _ => self
                .lock
                .targets
                .get(target)
                .and_then(|entry| entry.fingerprint.inputs.get(path))
                .copied(),
        };
        let hash = hash.ok_or_else(|| {
            let text = format!("target `{target}` needs `{path}`, which is not there; create it or correct its name in Cargo.toml");
            Error::message(text)
        })?;
        files.insert(path.to_owned(), hash);
        Ok(())
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
        let Some(entry) = self.entry(step) else {
            return Ok(vec![DirtyReason::NeverGenerated]);
        };
        let mut reasons = Vec::new();
        if is_checked_in && self.lock.is_unfinished(entry) {
            reasons.push(DirtyReason::Unfinished);
        }
        if let Some(now) = &step.fingerprint {
            let bundle = || self.bundle_then_and_now(step.name, is_checked_in);
            reasons.extend(now.changes_since(&entry.fingerprint, bundle));
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
        let written = self.written_into_bundle(target, None);
        let (mut then, mut now) = (self.old_bundle(is_checked_in), self.bundle_hashes.clone());
        then.retain(|path, _| !written.contains(path));
        now.retain(|path, _| !written.contains(path));
        (then, now)
    }

    /// The bundle's files as they were, as far as the book tells them from others.
    fn old_bundle(&self, is_checked_in: bool) -> Map<String, Hash> {
        if is_checked_in {
            let lock = &self.first_lock;
            let outputs = lock.targets.values().flat_map(|entry| &entry.outputs);
            let outputs = outputs.filter(|(path, _)| self.bundle_hashes.contains_key(*path));
            let all = lock.bundle.iter().chain(outputs);
            return Map::from_iter(all.map(|(path, hash)| (path.clone(), *hash)));
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
