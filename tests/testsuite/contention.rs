//! Many processes at once on one package: they take turns, nothing is torn or lost, and nobody waits for ever.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use snapbox::str;

use crate::support::{CONTRACT, Project, project};

/// Answers with large files that are full of the last digit of the contract's version, so that a torn one shows.
const PLUGIN: &str = r#"#!/bin/sh
digit=$(cat | sed -n 's/.*"version":"1\.0\.\([0-9]\)".*/\1/p')
text=$(head -c 200000 /dev/zero | tr '\0' "$digit")
printf '{"files":[{"path":"a","content":"%s"},{"path":"deep/b","content":"%s"}]}' "$text" "$text"
"#;

/// Longer than any of these commands takes on a busy machine, and shorter than for ever.
const PATIENCE: Duration = Duration::from_secs(120);

fn contended(name: &str) -> Project {
    let plugin = "plugin = { path = \"tools/plugin\" }";
    let project = project(
        name,
        &format!(
            "targets.kept = {{ {plugin}, output = \"out\" }}\ntargets.built = {{ {plugin} }}\n"
        ),
    );
    project.executable("tools/plugin", PLUGIN);
    project.file("out/theirs", "theirs");
    project.cargo("build -q").succeeds();
    project
}

/// What one of the processes does again and again, and the exit codes that are fine.
const DEEDS: [(&str, &[i32]); 16] = [
    ("generate", &[0, 101]),
    ("generate", &[0, 101]),
    ("generate --force", &[0, 101]),
    ("generate --force", &[0, 101]),
    ("generate kept built", &[0, 101]),
    ("generate killed", &[0, 101, -1]),
    ("generate killed", &[0, 101, -1]),
    ("check", &[0, 1]),
    ("check", &[0, 1]),
    ("check", &[0, 1]),
    ("list", &[0]),
    ("clean", &[0]),
    ("clean", &[0]),
    ("build", &[0, 101]),
    ("build", &[0, 101]),
    ("edit", &[0]),
];

#[test]
fn sixteen_at_once() {
    let time = Duration::from_secs(if std::env::var_os("PACTO_TEST_LONG").is_some() {
        60
    } else {
        5
    });
    let project = contended("contended");
    let end = Instant::now() + time;
    let runs = AtomicU32::new(0);
    let faults: Vec<String> = thread::scope(|scope| {
        let deeds: Vec<_> = DEEDS
            .iter()
            .enumerate()
            .map(|(index, (deed, codes))| {
                let (project, runs) = (&project, &runs);
                scope.spawn(move || {
                    let mut round = index;
                    while Instant::now() < end {
                        round += 1;
                        runs.fetch_add(1, Ordering::Relaxed);
                        if let Some(fault) = fault_of(project, deed, codes, round) {
                            return Some(fault);
                        }
                    }
                    None
                })
            })
            .collect();
        let reader = scope.spawn(|| torn_until(&project, end));
        let mut faults: Vec<String> = deeds
            .into_iter()
            .filter_map(|deed| deed.join().expect("a fault is a value"))
            .collect();
        faults.extend(reader.join().expect("a fault is a value"));
        faults
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let runs = runs.load(Ordering::Relaxed);
    assert!(runs >= 32, "only {runs} commands ran, which is no crowd");

    // And then there is peace.
    project.pacto("generate -q --force").succeeds();
    project.pacto("check -q").succeeds();
    project.cargo("build -q").succeeds();
    project.pacto("generate").succeeds().stderr(str![""]);
    assert_eq!(project.names("out"), ["a", "deep/b", "theirs"]);
    assert_eq!(project.read("out/theirs"), "theirs");
}

/// What is wrong with one run, if anything is.
fn fault_of(project: &Project, deed: &str, codes: &[i32], round: usize) -> Option<String> {
    let mut command = match deed {
        "edit" => {
            let contract = CONTRACT.replace("1.0.0", &format!("1.0.{}", round % 10));
            // As editors do it: never half a contract.
            project.file("../new.yaml", &contract);
            fs::rename(
                project.path("../new.yaml"),
                project.path("pacto/pacto.yaml"),
            )
            .expect("both are ours");
            thread::sleep(Duration::from_millis(20));
            return None;
        }
        "build" => project.cargo_command("build -q"),
        "generate killed" => project.pacto_command("generate --force"),
        _ => project.pacto_command(deed),
    };
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("it can be started");
    let stderr = child.stderr.take().expect("it is piped");
    let said = thread::spawn(move || {
        let lines = BufReader::new(stderr).lines();
        lines
            .map_while(Result::ok)
            .collect::<Vec<String>>()
            .join("\n")
    });
    if deed.ends_with("killed") {
        // At another moment each time.
        thread::sleep(Duration::from_millis((round as u64 * 7) % 60));
        let _ = child.kill();
    }
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is ours") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            return Some(format!("`{deed}` did not end"));
        }
        thread::sleep(Duration::from_millis(2));
    };
    let said = said.join().expect("it only reads");
    let code = status.code().unwrap_or(-1);
    let is_fine = codes.contains(&code) && !said.contains("panicked");
    let is_told = code != 101 || said.contains("changed while plugins were reading them");
    (!is_fine || !is_told).then(|| format!("`{deed}` ended with {code}: {said}"))
}

/// Reads the generated files all the time; each is there as a whole or not at all.
fn torn_until(project: &Project, end: Instant) -> Option<String> {
    while Instant::now() < end {
        for path in ["out/a", "out/deep/b"] {
            let Ok(bytes) = fs::read(project.path(path)) else {
                continue;
            };
            let is_whole = bytes.len() == 200_000 && bytes.iter().all(|byte| *byte == bytes[0]);
            if !is_whole {
                return Some(format!("`{path}` is torn: it has {} bytes", bytes.len()));
            }
        }
        if fs::read(project.path("out/theirs")).ok().as_deref() != Some(b"theirs") {
            return Some("somebody's file is lost".to_owned());
        }
    }
    None
}

/// Holds the package's turn and says so.
const HOLDER: &str = "import fcntl, os, sys, time
folder = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(folder, fcntl.LOCK_EX)
print('held', flush=True)
time.sleep(600)
";

#[test]
fn who_is_killed_while_it_has_its_turn_holds_nobody_up() {
    let project = contended("killed-in-turn");
    let mut holder = Command::new("python3")
        .args(["-c", HOLDER])
        .arg(project.root())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 must be installed: it takes the turn");
    let mut line = String::new();
    let stdout = holder.stdout.take().expect("it is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says one line");
    assert_eq!(line, "held\n");

    let mut waiting = project
        .pacto_command("generate -q --force")
        .spawn()
        .expect("it can be started");
    // It has asked its plugin, and nothing can be written before it has its turn.
    thread::sleep(Duration::from_millis(300));
    assert!(
        waiting.try_wait().expect("it is ours").is_none(),
        "it did not wait"
    );
    holder.kill().expect("it is ours");
    holder.wait().expect("it is ours");
    assert!(waiting.wait().expect("it is ours").success());
}
