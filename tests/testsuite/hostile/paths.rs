//! Paths that lead somewhere else, on this system or another, and files that no plugin may make.

use super::{everything, play, refuse, refused, relapsed, relapsed_in_package};
use crate::support::{FAKE, Project, checkout, checkout_with, says, target};

/// An answer with empty files at these paths, which are JSON already.
fn files(paths: &[&str]) -> String {
    let files = paths
        .iter()
        .map(|path| format!("{{\"path\": \"{path}\", \"content\": \"\"}}"));
    says(&format!(
        "{{\"files\": [{}]}}",
        files.collect::<Vec<_>>().join(", ")
    ))
}

#[test]
fn paths_that_leave_the_folder_or_are_none_on_some_system() {
    let project = relapsed();
    let long = "x/".repeat(2500) + "x";
    let start = format!("{}...", "x/".repeat(100));
    let name = "n".repeat(256);
    // 128 letters, and more than 255 bytes.
    let wide = "\u{e4}".repeat(128);
    for (path, shown, why) in [
        ("", "", "is empty"),
        (".", ".", "has a `.` or `..` part"),
        ("..", "..", "has a `.` or `..` part"),
        ("../x", "../x", "has a `.` or `..` part"),
        ("a/../../x", "a/../../x", "has a `.` or `..` part"),
        ("a/../b", "a/../b", "has a `.` or `..` part"),
        ("./a", "./a", "has a `.` or `..` part"),
        ("a/.", "a/.", "has a `.` or `..` part"),
        ("..\\u002fx", "../x", "has a `.` or `..` part"),
        ("a//b", "a//b", "has an empty part"),
        ("a/", "a/", "has an empty part"),
        ("/etc/passwd", "/etc/passwd", "is absolute"),
        ("/", "/", "is absolute"),
        ("//server/share/x", "//server/share/x", "is absolute"),
        (
            "\\\\\\\\server\\\\share\\\\x",
            "\\\\\\\\server\\\\share\\\\x",
            "has a backslash; separate folders with `/`",
        ),
        (
            "\\\\\\\\?\\\\C:\\\\x",
            "\\\\\\\\?\\\\C:\\\\x",
            "has a backslash; separate folders with `/`",
        ),
        (
            "a\\\\..\\\\b",
            "a\\\\..\\\\b",
            "has a backslash; separate folders with `/`",
        ),
        ("C:/x", "C:/x", "begins with a drive letter"),
        ("c:x", "c:x", "begins with a drive letter"),
        ("a\\u0000b", "a\\u{0}b", "has a control character"),
        ("a\\nb", "a\\nb", "has a control character"),
        ("a\\rb", "a\\rb", "has a control character"),
        ("a\\tb", "a\\tb", "has a control character"),
        ("\\u001b[2J", "\\u{1b}[2J", "has a control character"),
        (
            "\\u001b]0;title\\u0007",
            "\\u{1b}]0;title\\u{7}",
            "has a control character",
        ),
        ("a\\u007f", "a\\u{7f}", "has a control character"),
        ("a\\u0085b", "a\\u{85}b", "has a control character"),
        ("\\u009b2J", "\\u{9b}2J", "has a control character"),
        (
            "x\\ncargo::rustc-link-arg=-Wl,x",
            "x\\ncargo::rustc-link-arg=-Wl,x",
            "has a control character",
        ),
        (
            "a\\u202etxt.sh",
            "a\\u{202e}txt.sh",
            "has an invisible character",
        ),
        ("a\\u2066b", "a\\u{2066}b", "has an invisible character"),
        ("a\\u061cb", "a\\u{61c}b", "has an invisible character"),
        ("a\\u2028b", "a\\u{2028}b", "has an invisible character"),
        ("\\ufeffa", "\\u{feff}a", "has an invisible character"),
        ("a\\u200b", "a\\u{200b}", "has an invisible character"),
        ("NUL", "NUL", "has a part that is a device on Windows"),
        (
            "a/aux.txt",
            "a/aux.txt",
            "has a part that is a device on Windows",
        ),
        ("com1", "com1", "has a part that is a device on Windows"),
        (
            "lpt9.tar.gz",
            "lpt9.tar.gz",
            "has a part that is a device on Windows",
        ),
        (
            "COM\u{b9}",
            "COM\\u{b9}",
            "has a part that is a device on Windows",
        ),
        ("con:x", "con:x", "has a part that is a device on Windows"),
        (
            "CONIN$/x",
            "CONIN$/x",
            "has a part that is a device on Windows",
        ),
        ("a.", "a.", "has a part that ends in a dot or a space"),
        ("a /b", "a /b", "has a part that ends in a dot or a space"),
        ("...", "...", "has a part that ends in a dot or a space"),
        (" ", " ", "has a part that ends in a dot or a space"),
        (
            ".git/hooks/pre-commit",
            ".git/hooks/pre-commit",
            "reaches into a `.git` folder",
        ),
        (".git", ".git", "reaches into a `.git` folder"),
        (
            "a/.GIT/config",
            "a/.GIT/config",
            "reaches into a `.git` folder",
        ),
        (
            ".g\\u200cit/config",
            ".g\\u{200c}it/config",
            "reaches into a `.git` folder",
        ),
        (
            ".git\\u200d/config",
            ".git\\u{200d}/config",
            "reaches into a `.git` folder",
        ),
        (
            ".gi\\u206ft/config",
            ".gi\\u{206f}t/config",
            "has an invisible character",
        ),
        (
            ".git::$INDEX_ALLOCATION/config",
            ".git::$INDEX_ALLOCATION/config",
            "reaches into a `.git` folder",
        ),
        (".git :x", ".git :x", "reaches into a `.git` folder"),
        (
            "git~1/config",
            "git~1/config",
            "has a part that is a short name on Windows",
        ),
        (
            "GIT~2",
            "GIT~2",
            "has a part that is a short name on Windows",
        ),
        (
            "PACTO~1.YAM",
            "PACTO~1.YAM",
            "has a part that is a short name on Windows",
        ),
        (".hg/hgrc", ".hg/hgrc", "reaches into a `.hg` folder"),
        (
            ".jj/repo/config.toml",
            ".jj/repo/config.toml",
            "reaches into a `.jj` folder",
        ),
        (
            &name,
            &format!("{}...", "n".repeat(200)),
            "has a part that is longer than 255 bytes",
        ),
        (
            &wide,
            &"\\u{e4}".repeat(128),
            "has a part that is longer than 255 bytes",
        ),
        (&long, &start, "is longer than 4096 bytes"),
    ] {
        let message = format!("the plugin of target `files` wants to write `{shown}`, which {why}");
        play(&project, &files(&["kept", path]));
        assert_eq!(refused(&project, &message), None, "{path:?}");
    }
}

#[test]
fn a_path_as_long_as_an_answer_is_not_shown_whole() {
    let project = relapsed();
    let script = "#!/bin/sh\ncat >/dev/null\nprintf '{\"files\": [{\"path\": \"'\nhead -c 8000000 /dev/zero | tr '\\0' p\nprintf '\", \"content\": \"\"}]}'\n";
    let message = format!(
        "the plugin of target `files` wants to write `{}...`, which is longer than 4096 bytes",
        "p".repeat(200)
    );
    refuse(
        &project,
        &[("8 MB of path", script, &message)],
        str::to_owned,
    );
}

#[test]
fn paths_that_some_system_takes_for_one() {
    refuse(
        &relapsed(),
        &[
            (
                "the same",
                "a a",
                "the plugin of target `files` wants to write `out/a` twice",
            ),
            (
                "case",
                "Readme README",
                "the plugin of target `files` wants to write both `out/Readme` and `out/README`, which some systems take for one",
            ),
            (
                "composed and decomposed",
                "caf\\u00e9 cafe\\u0301",
                "the plugin of target `files` wants to write both `out/caf\u{e9}` and `out/cafe\u{301}`, which some systems take for one",
            ),
            (
                "two letters for one",
                "stra\u{df}e STRASSE",
                "the plugin of target `files` wants to write both `out/stra\u{df}e` and `out/STRASSE`, which some systems take for one",
            ),
            (
                "a long s",
                "\u{17f} S",
                "the plugin of target `files` wants to write both `out/\u{17f}` and `out/S`, which some systems take for one",
            ),
            (
                "the sign of Kelvin",
                "\u{212a} k",
                "the plugin of target `files` wants to write both `out/\u{212a}` and `out/k`, which some systems take for one",
            ),
            (
                "sigmas",
                "\u{3c3} \u{3c2}",
                "the plugin of target `files` wants to write both `out/\u{3c3}` and `out/\u{3c2}`, which some systems take for one",
            ),
            (
                "a joiner",
                "a\\u200db ab",
                "the plugin of target `files` wants to write both `out/a\u{200d}b` and `out/ab`, which some systems take for one",
            ),
            (
                "Hangul",
                "\u{ac00} \u{1100}\u{1161}",
                "the plugin of target `files` wants to write both `out/\u{ac00}` and `out/\u{1100}\u{1161}`, which some systems take for one",
            ),
            (
                "in folders",
                "x/one X/ONE",
                "the plugin of target `files` wants to write both `out/x/one` and `out/X/ONE`, which some systems take for one",
            ),
            (
                "file and folder",
                "a a/b",
                "the plugin of target `files` wants to write both `out/a` and `out/a/b`, which would be a file and a folder at once",
            ),
            (
                "folder and file",
                "A/b a",
                "the plugin of target `files` wants to write both `out/a` and `out/A/b`, which would be a file and a folder at once",
            ),
            (
                "far below",
                "a a-b a/b/c/d",
                "the plugin of target `files` wants to write both `out/a` and `out/a/b/c/d`, which would be a file and a folder at once",
            ),
        ],
        |paths| files(&paths.split(' ').collect::<Vec<_>>()),
    );
}

#[test]
fn targets_that_want_what_some_system_takes_for_one() {
    let project = checkout(&["one", "two"].map(|name| target(name, "out")).concat());
    for (one, two, message) in [
        (
            "a",
            "a/b",
            "targets `one` and `two` want to write `out/a` and `out/a/b`, which would be a file and a folder at once",
        ),
        (
            "\u{e9}",
            "e\u{301}",
            "targets `one` and `two` want to write `out/\u{e9}` and `out/e\u{301}`, which some systems take for one",
        ),
        (
            "deep/A",
            "DEEP/a",
            "targets `one` and `two` want to write `out/deep/A` and `out/DEEP/a`, which some systems take for one",
        ),
        (
            "deep/a",
            "deep/a",
            "targets `one` and `two` both want to write `out/deep/a`",
        ),
    ] {
        project.executable("tools/one", &files(&[one]));
        project.executable("tools/two", &files(&[two]));
        // The folder of the target's books comes with the first run.
        project.pacto("generate").exits_with(101);
        assert_eq!(refused(&project, message), None, "{one} {two}");
    }
}

#[test]
fn what_nobody_generates_in_a_package_folder() {
    let project = relapsed_in_package();
    for path in [
        "pacto/pacto.yaml",
        "pacto.yaml",
        "PACTO.YAML",
        "deep/below/Pacto.yaml",
        "deep/pacto.yaml::$DATA",
        "Cargo.toml",
        "cargo.toml",
        "Cargo.toml::$DATA",
        "CARGO.LOCK",
        "Cargo.lock",
        "build.rs",
        "Build.rs",
        "pacto-generated.lock",
        "rust-toolchain",
        "rust-toolchain.toml",
        ".cargo",
        ".cargo/config.toml",
        ".Cargo/config",
        ".cargo/bin/rustc",
        ".cargo:x/config.toml",
        "pacto.yaml/x",
        "deep/pacto.yaml/x",
        "Cargo.lock/x",
        "build.rs/x",
        "pacto-generated.lock/x",
    ] {
        let message = format!(
            "the plugin of target `files` wants to write `{path}`, which is never generated"
        );
        play(&project, &files(&["kept", path]));
        assert_eq!(refused(&project, &message), None, "{path}");
    }
}

#[test]
fn what_nobody_generates_in_the_bundle() {
    let project = relapsed();
    project.edit("Cargo.toml", "output = \"out\"", "output = \"pacto\"");
    refuse(
        &project,
        &[
            (
                "the contract",
                "pacto.yaml",
                "the plugin of target `files` wants to write `pacto/pacto.yaml`, which is never generated",
            ),
            (
                "the contract on some system",
                "PACTO.yaml",
                "the plugin of target `files` wants to write `pacto/PACTO.yaml`, which is never generated",
            ),
            (
                "another contract",
                "other/pacto.yaml",
                "the plugin of target `files` wants to write `pacto/other/pacto.yaml`, which is never generated",
            ),
        ],
        |path| files(&[path]),
    );

    // A contract of another name.
    let project = checkout_with("");
    project.edit(
        "Cargo.toml",
        "targets.files.plugin",
        "bundle = \"pacto/service.yml\"\ntargets.files.plugin",
    );
    project.edit("Cargo.toml", "output = \"out\"", "output = \"pacto\"");
    std::fs::rename(
        project.path("pacto/pacto.yaml"),
        project.path("pacto/service.yml"),
    )
    .expect("it is there");
    project.executable(FAKE, &files(&["Service.yml"]));
    project.pacto("generate").exits_with(101);
    let message =
        "the plugin of target `files` wants to write `pacto/Service.yml`, which is never generated";
    assert_eq!(refused(&project, message), None);
}

#[test]
fn what_is_somebodys_in_a_package_folder() {
    let project = relapsed_in_package();
    project
        .file("src/lib.rs", "//! Mine.\n")
        .file("README.md", "mine")
        .file(".github/workflows/ci.yml", "mine")
        .file(".envrc", "mine");
    for path in [
        "src/lib.rs",
        "README.md",
        ".github/workflows/ci.yml",
        ".envrc",
        FAKE,
    ] {
        let message = format!(
            "`{path}` is not a file that we wrote; move it away, or overwrite it with `cargo pacto generate -p demo --force files`"
        );
        play(&project, &files(&["kept", path]));
        assert_eq!(refused(&project, &message), None, "{path}");
    }
    // Somebody's file may stand where another file needs a folder.
    refuse(
        &project,
        &[(
            "below a file",
            "README.md/x",
            "target `files` cannot write `README.md/x`: `README.md` is no folder; move it away",
        )],
        |path| files(&[path]),
    );
}

#[test]
fn names_that_only_look_bad_are_fine() {
    let names = [
        "..foo",
        "a..b",
        ".gitignore",
        ".gitattributes",
        "git",
        "a.git",
        ".hgignore",
        "nullable",
        "console.log",
        "com10",
        "a~b",
        "~",
        "page~1.html",
        "client/Cargo.toml",
        "client/build.rs",
        "client/.cargo/config.toml",
        "pacto.yaml.md",
        "xpacto.yaml",
        "ab:c",
        "-rf",
        "$(touch x)",
        "a;b",
        "a b",
        "'",
        "%2e%2e%2fx",
        "*",
        "\u{645}\u{6cc}\u{200c}\u{62e}",
    ];
    let project = relapsed();
    let before = everything(&project.path("src"));
    play(&project, &files(&names));

    project.pacto("generate").succeeds().stderr(
        "   Generated files into out: 27 created, 1 removed (`tools/pacto-plugin-fake` changed)\n",
    );
    let mut expected = names.map(str::to_owned);
    expected.sort();
    assert_eq!(project.names("out"), expected);
    assert_eq!(everything(&project.path("src")), before);
}

/// A path that is one name as long as they can be, below folders, is staged beside its place.
#[test]
fn the_longest_name_is_written() {
    let project: Project = relapsed();
    let name = "n".repeat(255);
    play(&project, &files(&[&name]));

    project.pacto("generate").succeeds();
    assert_eq!(project.names("out"), [name]);
}
