//! The door to the environment: read once, into a struct.

use crate::sorted::Map;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::rel_path;

/// The variables of this process, and where it was started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env {
    vars: Map<OsString, OsString>,
    dir: PathBuf,
}

/// What systems need in the environment before they start a program at all.
const PLATFORM: &[&str] = if cfg!(windows) {
    &[
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "USERPROFILE",
        "PROGRAMDATA",
    ]
} else {
    &[]
};

impl Env {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub(crate) fn read() -> Self {
        // Without a current folder every relative path in a variable means nothing, and is ignored.
        let dir = std::env::current_dir().unwrap_or_default();
        let upper = |name: OsString| {
            if cfg!(windows) {
                name.to_ascii_uppercase()
            } else {
                name
            }
        };
        Self {
            vars: Map::from_iter(std::env::vars_os().map(|(name, value)| (upper(name), value))),
            dir,
        }
    }

    /// Where the process was started.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where temporary files of no package go.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub(crate) fn temp_dir(&self) -> PathBuf {
        std::env::temp_dir()
    }

    /// The value, unless it is empty: nobody sets a variable to nothing and means something by it.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.vars
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str()
    }

    /// The folder or file that a variable names, absolute.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        let path = self.dir.join(self.get(name)?);
        path.is_absolute().then(|| rel_path::clean(&path))
    }

    /// A flag that automation sets: anything but nothing, `0` and `false`.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// The executable that `PACTO_PLUGIN_<NAME>` names.
    pub(crate) fn plugin_override(&self, variable: &str) -> Option<PathBuf> {
        self.path(variable)
    }

    /// The absolute folders of `PATH`, in order.
    pub(crate) fn path_folders(&self) -> Vec<PathBuf> {
        let path = self.get("PATH").unwrap_or_default();
        std::env::split_paths(path)
            .filter(|dir| dir.is_absolute())
            .collect()
    }

    /// `~/.config/pacto/plugins`, also on macOS; an absolute `XDG_CONFIG_HOME` takes the place of `~/.config`.
    pub(crate) fn plugin_folder(&self) -> Option<PathBuf> {
        let xdg = self
            .get("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute());
        let config = xdg.or_else(|| Some(self.home()?.join(".config")))?;
        Some(config.join("pacto").join("plugins"))
    }

    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.path("HOME").or_else(|| {
            if cfg!(windows) {
                self.path("USERPROFILE")
            } else {
                None
            }
        })
    }

    pub(crate) fn cargo_home(&self) -> Option<PathBuf> {
        self.path("CARGO_HOME")
            .or_else(|| Some(self.home()?.join(".cargo")))
    }

    /// The whole environment of a plugin: what starts it, what makes its output the same everywhere,
    /// and the `passed` variables. No registry token and no cloud key gets in unnamed.
    pub(crate) fn for_plugin(
        &self,
        passed: &[String],
        temp_dir: &Path,
    ) -> Vec<(OsString, OsString)> {
        let mut vars: Map<OsString, OsString> = Map::new();
        for name in PLATFORM.iter().chain(&["PATH"]) {
            vars.extend(
                self.get(name)
                    .map(|value| (OsString::from(name), value.to_owned())),
            );
        }
        vars.extend(self.home().map(|home| ("HOME".into(), home.into())));
        for name in if cfg!(windows) {
            &["TMP", "TEMP"][..]
        } else {
            &["TMPDIR"]
        } {
            vars.insert(name.into(), temp_dir.into());
        }
        vars.insert("TZ".into(), "UTC".into());
        vars.insert("LC_ALL".into(), "C.UTF-8".into());
        for name in passed {
            vars.extend(
                self.vars
                    .get(OsStr::new(name))
                    .map(|value| (OsString::from(name), value.clone())),
            );
        }
        vars.into_iter().collect()
    }
}

#[cfg(test)]
impl Env {
    pub(crate) fn of(vars: &[(&str, &str)]) -> Self {
        let vars = vars
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self {
            vars,
            dir: "/here".into(),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn plugin_folders() {
        for (vars, expected) in [
            (
                &[("HOME", "/home/a")][..],
                Some("/home/a/.config/pacto/plugins"),
            ),
            (
                &[("HOME", "/home/a"), ("XDG_CONFIG_HOME", "/xdg")],
                Some("/xdg/pacto/plugins"),
            ),
            (
                &[("HOME", "/home/a"), ("XDG_CONFIG_HOME", "relative")],
                Some("/home/a/.config/pacto/plugins"),
            ),
            (&[("HOME", "a")], Some("/here/a/.config/pacto/plugins")),
            (&[], None),
        ] {
            assert_eq!(
                Env::of(vars).plugin_folder().as_deref(),
                expected.map(Path::new),
                "{vars:?}"
            );
        }
    }

    #[test]
    fn a_plugin_sees_what_it_needs_and_no_more() {
        let env = Env::of(&[
            ("PATH", "/bin"),
            ("HOME", "/h"),
            ("CARGO_REGISTRY_TOKEN", "t"),
            ("JAVA_HOME", "/j"),
            ("TZ", "X"),
        ]);
        let names = ["JAVA_HOME".to_owned(), "UNSET".to_owned()];
        let vars = env.for_plugin(&names, Path::new("/tmp/x"));
        let vars: Vec<_> = vars
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)))
            .collect();
        let expected = [
            ("HOME", "/h"),
            ("JAVA_HOME", "/j"),
            ("LC_ALL", "C.UTF-8"),
            ("PATH", "/bin"),
            ("TMPDIR", "/tmp/x"),
            ("TZ", "UTC"),
        ];
        assert_eq!(vars, expected);
    }

    #[test]
    fn flags() {
        for (value, expected) in [
            ("true", true),
            ("1", true),
            ("false", false),
            ("0", false),
            ("", false),
        ] {
            assert_eq!(Env::of(&[("CI", value)]).is_on("CI"), expected, "{value:?}");
        }
    }
}
