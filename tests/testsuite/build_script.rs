//! When a build script runs, and when a plugin does.

use crate::support::{STAMP, project};

const TARGET: &str =
    "[package.metadata.pacto.targets.stamp]\nplugin = { path = \"tools/pacto-plugin-stamp\" }\n";

#[test]
fn a_second_build_does_nothing() {
    let project = project("second-build", TARGET);
    project.executable("tools/pacto-plugin-stamp", STAMP);
    project.cargo("build -v").succeeds();
    let stamp = project.out("stamp/stamp");

    assert_eq!(
        project.cargo("build -v").succeeds().verdict("second-build"),
        "Fresh"
    );
    assert_eq!(project.out("stamp/stamp"), stamp);
    assert_eq!(
        project.directives(),
        [
            "cargo::rerun-if-changed=Cargo.toml",
            "cargo::rerun-if-changed=pacto",
            "cargo::rerun-if-changed=tools/pacto-plugin-stamp",
            "cargo::rerun-if-env-changed=PACTO_BUILD",
            "cargo::rerun-if-env-changed=PACTO_PLUGIN_STAMP",
        ]
    );
}
