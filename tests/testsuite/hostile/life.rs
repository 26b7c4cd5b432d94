//! Plugins that do not listen, do not end, or end as they should not; more of them are in `faults.rs`.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::{difference, everything, play, refuse, refused, relapsed, unconfined};
use crate::support::{CONTRACT, FAKE, Project, answers, eventually};

/// A contract that no pipe holds, and no more than that.
fn long_contract() -> String {
    format!("{CONTRACT}metadata:\n  text: {}\n", "x".repeat(100_000))
}

/// [`relapsed`], with one second for the plugin `script`.
fn impatient(script: &str) -> Project {
    let project = relapsed();
    project.edit(
        "Cargo.toml",
        "targets.files.output",
        "targets.files.timeout = 1\ntargets.files.output",
    );
    play(&project, &format!("#!/bin/sh\n{script}\n"));
    project
}

#[test]
fn plugins_that_a_signal_ends() {
    let signals = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("TRAP", 5),
        ("ABRT", 6),
        ("BUS", 7),
        ("FPE", 8),
        ("USR1", 10),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("XCPU", 24),
        ("XFSZ", 25),
        ("SYS", 31),
    ];
    let project = relapsed();
    for (signal, number) in signals {
        // Whoever starts the tests may ignore it, as `nohup` does, and a shell cannot undo that.
        let end = format!(
            "import os, signal\nsignal.signal({number}, signal.SIG_DFL)\nos.kill(os.getpid(), {number})\nsignal.pause()\n"
        );
        let script =
            answers("kept", "new") + &format!("ulimit -c 0\nexec python3 - <<'END'\n{end}END\n");
        play(&project, &script);
        let message = format!("plugin `fake` was killed by signal {number}");
        assert_eq!(refused(&project, &message), None, "{signal}");
    }
}

#[test]
fn plugins_that_end_as_they_should_not() {
    let project = relapsed();
    project.file("pacto/pacto.yaml", &long_contract());
    refuse(
        &project,
        &[
            (
                "1, and listens to nothing",
                "#!/bin/sh\nexit 1\n",
                "plugin `fake` failed with exit status 1",
            ),
            (
                "3 after an answer",
                &(answers("kept", "new") + "exit 3\n"),
                "plugin `fake` failed with exit status 3",
            ),
            (
                "101, as a panic does",
                "#!/bin/sh\necho panicked >&2; exit 101\n",
                "plugin `fake` failed with exit status 101\n--- stderr\npanicked",
            ),
            (
                "127",
                "#!/bin/sh\nexec /nowhere/at/all 2>&-\n",
                "plugin `fake` failed with exit status 127",
            ),
            (
                "255",
                "#!/bin/sh\nexit 255\n",
                "plugin `fake` failed with exit status 255",
            ),
            (
                "0 without a word, and listens to nothing",
                "#!/bin/sh\nexit 0\n",
                "plugin `fake` did not answer in protocol v1: EOF while parsing a value at line 1 column 0; stdout is empty",
            ),
            (
                "0, with all pipes closed",
                "#!/bin/sh\nexec <&- >&- 2>&-\nexit 0\n",
                "plugin `fake` did not answer in protocol v1: EOF while parsing a value at line 1 column 0; stdout is empty",
            ),
            (
                "0, with an answer into stdin",
                "#!/bin/sh\necho '{\"files\": []}' 2>/dev/null >&0\nexit 0\n",
                "plugin `fake` did not answer in protocol v1: EOF while parsing a value at line 1 column 0; stdout is empty",
            ),
            (
                "0, with an answer on stderr",
                "#!/bin/sh\necho '{\"files\": []}' >&2\n",
                "plugin `fake` did not answer in protocol v1: EOF while parsing a value at line 1 column 0; stdout is empty\n--- stderr\n{\"files\": []}",
            ),
            (
                "0, with what it was asked",
                "#!/bin/sh\nexec head -c 100\n",
                "plugin `fake` did not answer in protocol v1: EOF while parsing a value at line 1 column 100; stdout begins with `{\"protocolVersion\":\"1\",\"contract\":{\"pactoVersion\":\"1.0\",\"service\":{\"name\":\"demo\",\"version\":\"1.0.0\"},`",
            ),
        ],
        str::to_owned,
    );
}

#[test]
fn plugins_that_cannot_be_started() {
    for (name, script, fault) in [
        (
            "no interpreter",
            "#!/nowhere/sh\n",
            "No such file or directory (os error 2); is the interpreter in its first line installed?",
        ),
        (
            "a folder for an interpreter",
            "#!/usr\n",
            "Permission denied (os error 13); may it be executed on this file system?",
        ),
        ("no program", "\u{7f}ELF", "Exec format error (os error 8)"),
        ("nothing at all", "", "Exec format error (os error 8)"),
    ] {
        let project = relapsed();
        project.executable(FAKE, script);
        let message =
            format!("failed to start plugin `fake` (`[ROOT]/tools/pacto-plugin-fake`): {fault}");
        assert_eq!(refused(&project, &message), None, "{name}");
    }
}

/// All at the same time, since they all take their second.
#[test]
fn plugins_that_do_not_end_in_time() {
    let cases = [
        ("sleeps without listening", "exec sleep 60"),
        (
            "sleeps after its answer",
            "cat >/dev/null\necho '{\"files\": []}'\nexec sleep 60",
        ),
        ("closes stdin and sleeps", "exec <&-\nexec sleep 60"),
        ("closes stdout and lives on", "exec >&-\nexec sleep 60"),
        ("works for ever", "while :; do :; done"),
        ("stops itself", "kill -STOP $$\nexec sleep 60"),
        ("stops its whole group", "kill -STOP 0\nexec sleep 60"),
        (
            "ignores whatever it can",
            "trap '' HUP INT QUIT TERM PIPE TSTP TTIN TTOU XCPU\nwhile :; do sleep 60; done",
        ),
        ("drips an answer", "while :; do echo; sleep 0.05; done"),
        (
            "listens to a byte now and then",
            "while :; do head -c 1 >/dev/null; sleep 0.05; done",
        ),
        (
            "has many children",
            "for i in $(seq 100); do sleep 60 & done\nwait",
        ),
        (
            "has a child that has a child",
            "(sh -c 'sleep 60; :'; :)\n:",
        ),
        ("waits for a child that has left", "setsid sleep 5 &\nwait"),
        (
            "has a child that stopped",
            "sleep 60 &\nkill -STOP $!\nwait",
        ),
        ("replaces itself again and again", "exec \"$0\""),
    ];
    let message = "plugin `fake` did not end within 1 s; give it longer with `timeout`";
    at_once(&cases, |name, script| {
        let project = impatient(script);
        if name.contains("listen") {
            project.file("pacto/pacto.yaml", &long_contract());
        }
        refused(&project, message)
    });
}

/// All cases at the same time, since each of them mostly waits; none may take long.
fn at_once(cases: &[(&str, &str)], fault: impl Fn(&str, &str) -> Option<String> + Sync) {
    let timed = |name: &str, script: &str| {
        let start = Instant::now();
        let fault = fault(name, script);
        let is_late = start.elapsed() > Duration::from_secs(30);
        fault.or_else(|| is_late.then(|| "it took too long".to_owned()))
    };
    let faults: String = thread::scope(|scope| {
        let runs: Vec<_> = cases
            .iter()
            .map(|(name, script)| (name, scope.spawn(|| timed(name, script))))
            .collect();
        let faults = runs
            .into_iter()
            .map(|(name, run)| (name, run.join().expect("a fault is a value")));
        faults
            .filter_map(|(name, fault)| Some(format!("\n{name}: {}\n", fault?)))
            .collect()
    });
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn a_plugin_that_is_ended_takes_a_hundred_children_along() {
    let children = "for i in $(seq 100); do sleep 60 & done\nkill -STOP $!\necho $$ >&2\nwait";
    let project = impatient(children);

    let stderr = project.pacto("generate").exits_with(101).stderr;
    let group = stderr.lines().last().expect("it said its number");
    eventually("the end of all children", || {
        group_members(group).is_empty().then_some(())
    });
}

/// The living processes of a group.
fn group_members(group: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("this is Linux").flatten();
    let stats =
        processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    // After the name in parentheses: state, parent, group.
    stats
        .filter(|stat| {
            let rest = stat.rsplit(") ").next().unwrap_or_default();
            let words: Vec<&str> = rest.split(' ').collect();
            words.first() != Some(&"Z") && words.get(2) == Some(&group)
        })
        .collect()
}

#[test]
fn plugins_that_answer_in_an_odd_way_are_fine() {
    let cases = [
        ("never listens", "ANSWER"),
        ("closes stdin at once, not to listen", "exec <&-\nANSWER"),
        ("closes all pipes after it", "ANSWER\nexec <&- >&- 2>&-"),
        ("answers byte by byte", "ANSWER | dd bs=1 2>/dev/null"),
        ("lets a child answer", "(ANSWER)"),
        ("leaves a child that holds the pipes", "ANSWER\nsleep 60 &"),
        (
            "leaves a child of another session that holds them",
            "ANSWER\nsetsid sleep 60 &",
        ),
        (
            "leaves a child that stopped",
            "ANSWER\nsleep 60 &\nkill -STOP $!",
        ),
        (
            "leaves a child that complains without end",
            "ANSWER\nyes >&2 &",
        ),
        (
            "leaves many children",
            "ANSWER\nfor i in $(seq 50); do sleep 60 & done",
        ),
        ("removes its temporary folder", "ANSWER\nrm -r \"$TMPDIR\""),
        (
            "puts a file in its place",
            "ANSWER\nrm -r \"$TMPDIR\"\necho >\"$TMPDIR\"",
        ),
        (
            "puts a link in its place",
            "ANSWER\nrm -r \"$TMPDIR\"\nln -s \"$PWD/src\" \"$TMPDIR\"",
        ),
        (
            "leaves a link in it",
            "ANSWER\nln -s \"$PWD/src\" \"$TMPDIR/x\"",
        ),
        ("goes elsewhere", "cd /\nANSWER"),
        ("removes itself", "rm \"$0\"\nANSWER"),
    ];
    let answer = "printf '{\"files\": [{\"path\": \"kept\", \"content\": \"new\"}]}'";
    at_once(&cases, |name, script| {
        let project = unconfined(relapsed());
        if name.contains("listen") {
            project.file("pacto/pacto.yaml", &long_contract());
        }
        play(&project, &script.replace("ANSWER", answer));
        let beside = everything(&project.surroundings().join("beside"));
        let sources = everything(&project.path("src"));

        let execution = project.pacto("generate").succeeds();
        let said = execution.stderr.split(" (").next().unwrap_or_default();
        assert_eq!(said, "   Generated files into out: 1 updated", "{name}");
        assert_eq!(project.read("out/kept"), "new", "{name}");
        let fault = difference(&beside, &everything(&project.surroundings().join("beside")));
        fault.or_else(|| difference(&sources, &everything(&project.path("src"))))
    });
}
