//! What is done to a checkout, and what follows from it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use snapbox::IntoData;

use crate::support::{Project, STAMP};

/// What is done to a checkout, and what Cargo and the plugins did then.
pub(crate) struct Story {
    package: &'static str,
    pub(crate) project: Project,
    /// Targets whose plugin stamps each of its runs. A checked-in one has a file in the checkout.
    targets: Vec<(&'static str, Option<&'static str>)>,
    stamps: BTreeMap<&'static str, String>,
    directives: Vec<String>,
    text: String,
}

impl Story {
    pub(crate) fn new(
        package: &'static str,
        project: Project,
        targets: Vec<(&'static str, Option<&'static str>)>,
    ) -> Self {
        project.set_all_times(Duration::from_secs(60));
        Self {
            package,
            project,
            targets,
            stamps: BTreeMap::new(),
            directives: Vec::new(),
            text: String::new(),
        }
    }

    /// With one target, `built`, in `OUT_DIR`, whose plugin is `tools/pacto-plugin-own`.
    pub(crate) fn simple(package: &'static str, project: Project) -> Self {
        project.executable("tools/pacto-plugin-own", STAMP);
        Self::new(package, project, vec![("built", None)])
    }

    /// Acts, builds three times, and notes what the first build did. The other two must do nothing.
    #[track_caller]
    pub(crate) fn when(&mut self, what: &str, act: impl FnOnce(&mut Project)) {
        self.when_and_ever_after(what, "Fresh", act);
    }

    /// Like [`when`](Self::when), where the other two builds have something to say too.
    #[track_caller]
    pub(crate) fn when_and_ever_after(
        &mut self,
        what: &str,
        later: &str,
        act: impl FnOnce(&mut Project),
    ) {
        act(&mut self.project);
        let verdict = self.build();
        let (stamps, directives) = (self.stamps(), self.project.directives_of(self.package));
        for nth in ["second", "third"] {
            assert_eq!(self.build(), later, "{what}, {nth} build:\n{}", self.text);
        }
        assert_eq!(self.stamps(), stamps, "{what}: a later build ran a plugin");
        assert_eq!(
            self.project.directives_of(self.package),
            directives,
            "{what}"
        );

        let is_new = |target: &&&str| self.stamps.get(**target) != stamps.get(**target);
        let ran: Vec<&str> = stamps.keys().filter(is_new).copied().collect();
        let ran = match ran.as_slice() {
            [] => "nothing".to_owned(),
            ran => ran.join(", "),
        };
        self.text += &format!("{what}: {verdict}; ran {ran}\n");
        let before = std::mem::replace(&mut self.directives, directives);
        self.text += &difference("-", &before, &self.directives);
        self.text += &difference("+", &self.directives, &before);
        self.stamps = stamps;
    }

    #[track_caller]
    fn build(&self) -> String {
        let build = self.project.cargo("build -v").succeeds();
        build.verdict(self.package)
    }

    fn stamps(&self) -> BTreeMap<&'static str, String> {
        let stamp = |&(target, file): &(&'static str, Option<&str>)| match file {
            Some(file) => (target, self.project.read(file)),
            None => (
                target,
                self.project
                    .out_of(self.package, &format!("{target}/stamp")),
            ),
        };
        self.targets.iter().map(stamp).collect()
    }

    #[track_caller]
    pub(crate) fn reads(self, expected: impl IntoData) {
        snapbox::assert_data_eq!(self.text, expected.into_data().raw());
    }
}

/// The lines that only `some` have.
fn difference(sign: &str, some: &[String], others: &[String]) -> String {
    let lines = some.iter().filter(|line| !others.contains(line));
    lines.map(|line| format!("  {sign} {line}\n")).collect()
}

/// Gives a file the time of now.
pub(crate) fn touch(project: &Project, path: &str) {
    project.set_time(path, Duration::ZERO);
}

pub(crate) fn rename(project: &Project, from: &str, to: &str) {
    fs::rename(project.path(from), project.path(to))
        .unwrap_or_else(|error| panic!("{from}: {error}"));
}
