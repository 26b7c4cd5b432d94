//! Where plugins are found, and what is said when they are not.

use snapbox::str;

use crate::support::{Project, answers, checkout};

const HELM: &str = "targets.helm.output = \"out\"\n";

/// A checkout with a target `helm`, on a machine with two folders of its own on `PATH` and its own home.
fn machine() -> Project {
    let mut project = checkout(HELM);
    let path = format!(
        "{}:{}:/usr/bin:/bin",
        project.path("first").display(),
        project.path("second").display()
    );
    let home = project.path("home");
    project.set_env("PATH", path).set_env("HOME", home);
    project
}

/// Installs a plugin that says where it is.
fn install(project: &Project, folder: &str) {
    let path = format!("{folder}/pacto-plugin-helm");
    project.executable(&path, &answers("from", folder));
}

const USERS: &str = "home/.config/pacto/plugins";

#[test]
fn the_first_place_wins() {
    let mut project = machine();
    let places = ["mine", "first", "second", USERS];
    for place in places {
        install(&project, place);
    }
    let mine = project.path("mine/pacto-plugin-helm");
    project.set_env("PACTO_PLUGIN_HELM", mine);

    for place in places {
        project.pacto("generate --force").succeeds();
        assert_eq!(project.read("out/from"), place);
        project.remove(&format!("{place}/pacto-plugin-helm"));
        project.set_env("PACTO_PLUGIN_HELM", "");
    }
}

#[test]
fn an_absolute_xdg_config_home_takes_the_place_of_the_one_in_home() {
    let mut project = machine();
    install(&project, USERS);
    install(&project, "xdg/pacto/plugins");
    let xdg = project.path("xdg");

    for (value, expected) in [
        (xdg.as_os_str(), "xdg/pacto/plugins"),
        ("xdg".as_ref(), USERS),
        ("".as_ref(), USERS),
    ] {
        project.set_env("XDG_CONFIG_HOME", value);
        project.pacto("generate --force").succeeds();
        assert_eq!(project.read("out/from"), expected, "{value:?}");
    }

    project.remove("xdg/pacto/plugins/pacto-plugin-helm");
    project.set_env("XDG_CONFIG_HOME", xdg);
    project.pacto("generate --force").exits_with(101).stderr(str![[r#"
error: plugin `helm` not found; install `pacto-plugin-helm` into one of these places or set PACTO_PLUGIN_HELM to it
  `[ROOT]/first/pacto-plugin-helm` (PATH)
  `[ROOT]/second/pacto-plugin-helm` (PATH)
  `/usr/bin/pacto-plugin-helm` (PATH)
  `/bin/pacto-plugin-helm` (PATH)
  `[ROOT]/xdg/pacto/plugins/pacto-plugin-helm` (user's plugin folder)

"#]]);
}

#[test]
fn a_plugin_that_is_not_found_is_missed_at_every_place() {
    let project = machine();

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: plugin `helm` not found; install `pacto-plugin-helm` into one of these places or set PACTO_PLUGIN_HELM to it
  `[ROOT]/first/pacto-plugin-helm` (PATH)
  `[ROOT]/second/pacto-plugin-helm` (PATH)
  `/usr/bin/pacto-plugin-helm` (PATH)
  `/bin/pacto-plugin-helm` (PATH)
  `[ROOT]/home/.config/pacto/plugins/pacto-plugin-helm` (user's plugin folder)

"#]]);
    assert_eq!(project.names("out"), [""; 0]);
}

#[test]
fn relative_folders_on_path_are_not_looked_at() {
    let mut project = machine();
    install(&project, "bin");
    install(&project, ".");
    project.set_env("PATH", "bin:.::/bin");

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: plugin `helm` not found; install `pacto-plugin-helm` into one of these places or set PACTO_PLUGIN_HELM to it
  `/bin/pacto-plugin-helm` (PATH)
  `[ROOT]/home/.config/pacto/plugins/pacto-plugin-helm` (user's plugin folder)

"#]]);
}

#[test]
fn without_path_and_home_there_is_no_place_to_look_at() {
    let mut project = machine();
    project.set_env("PATH", "").set_env("HOME", "");

    project
        .pacto("run helm pacto -o out")
        .exits_with(101)
        .stderr(str![[r#"
error: plugin `helm` not found; install `pacto-plugin-helm` into one of these places or set PACTO_PLUGIN_HELM to it
  nowhere: neither PATH nor HOME names an absolute folder

"#]]);
}

#[test]
fn what_is_not_executable_is_named_and_passed_over() {
    let project = machine();
    project.file("first/pacto-plugin-helm", "#!/bin/sh\n");
    project.file("second/pacto-plugin-helm/README", "a folder is no plugin\n");

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: plugin `helm` not found; install `pacto-plugin-helm` into one of these places or set PACTO_PLUGIN_HELM to it
  `[ROOT]/first/pacto-plugin-helm` (is there but not executable; run `chmod +x` on it)
  `[ROOT]/second/pacto-plugin-helm` (PATH)
  `/usr/bin/pacto-plugin-helm` (PATH)
  `/bin/pacto-plugin-helm` (PATH)
  `[ROOT]/home/.config/pacto/plugins/pacto-plugin-helm` (user's plugin folder)

"#]]);

    install(&project, USERS);
    project.pacto("generate").succeeds();
    assert_eq!(project.read("out/from"), USERS);
}

#[test]
fn a_link_to_a_plugin_is_a_plugin_and_a_dangling_one_is_none() {
    let project = machine();
    install(&project, "opt/helm");
    project.link("nowhere", "first/pacto-plugin-helm");
    project.link("../opt/helm/pacto-plugin-helm", "second/pacto-plugin-helm");

    project.pacto("generate").succeeds();
    assert_eq!(project.read("out/from"), "opt/helm");
}

#[test]
fn a_variable_names_the_executable_from_where_the_command_is_started() {
    let mut project = machine();
    install(&project, "tools");
    project.set_env("PACTO_PLUGIN_HELM", "../tools/pacto-plugin-helm");

    project.pacto_in("pacto", "generate").succeeds();
    assert_eq!(project.read("out/from"), "tools");
}

#[test]
fn a_variable_that_names_no_plugin_is_an_error_even_if_there_is_one_elsewhere() {
    let mut project = machine();
    install(&project, "first");
    project.file("plain", "#!/bin/sh\n");

    for (value, expected) in [
        (
            "nowhere",
            str![[r#"
error: `PACTO_PLUGIN_HELM` names `[ROOT]/nowhere`, which does not exist

"#]],
        ),
        (
            "pacto",
            str![[r#"
error: `PACTO_PLUGIN_HELM` names `[ROOT]/pacto`, which is not a file

"#]],
        ),
        (
            "plain",
            str![[r#"
error: `PACTO_PLUGIN_HELM` names `[ROOT]/plain`, which is not executable; run `chmod +x` on it

"#]],
        ),
    ] {
        project.set_env("PACTO_PLUGIN_HELM", value);
        project.pacto("generate").exits_with(101).stderr(expected);
    }
}

#[test]
fn a_plugin_of_the_repository_is_found_by_its_path() {
    let mut project = machine();
    let by_path = "targets.helm = { output = \"out\", plugin = { path = \"tools/charts.sh\" } }\n";
    project.edit("Cargo.toml", HELM, by_path);

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: target `helm` needs `tools/charts.sh`, which is not there; create it or correct its name in Cargo.toml

"#]]);

    project.file("tools/charts.sh", &answers("from", "tools"));
    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: plugin `charts.sh` is `[ROOT]/tools/charts.sh`, which is not executable; run `chmod +x` on it

"#]]);

    project.executable("tools/charts.sh", &answers("from", "tools"));
    project.pacto("generate").succeeds();
    assert_eq!(project.read("out/from"), "tools");

    // The variable is named for the file, and stands over it.
    install(&project, "mine");
    let mine = project.path("mine/pacto-plugin-helm");
    project.set_env("PACTO_PLUGIN_CHARTS_SH", mine);
    project.pacto("generate --force").succeeds();
    assert_eq!(project.read("out/from"), "mine");
}

#[test]
fn a_plugin_without_its_interpreter_says_so() {
    let project = machine();
    project.executable("first/pacto-plugin-helm", "#!/nowhere/python3\n");

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: failed to start plugin `helm` (`[ROOT]/first/pacto-plugin-helm`): No such file or directory (os error 2); is the interpreter in its first line installed?

"#]]);
}

#[test]
fn a_plugin_that_is_no_program_says_so() {
    let project = machine();
    project.executable("first/pacto-plugin-helm", "echo no first line\n");

    project.pacto("generate").exits_with(101).stderr(str![[r#"
error: failed to start plugin `helm` (`[ROOT]/first/pacto-plugin-helm`): Exec format error (os error 8)

"#]]);
}
