#!/usr/bin/env python3
"""What adding pacto-build to a package costs everyone who builds it, against prost-build."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bench
import project

#: The least that a plugin can be: the build script really runs one.
PLUGIN = """#!/bin/sh
cat >/dev/null
echo '{"files":[{"path":"answer.txt","content":"hello"}]}'
"""

PROST = """fn main() {
    let mut config = prost_build::Config::new();
    config.btree_map(["."]);
}
"""

#: Where `rustc` in our own clothes writes what each crate took.
LOG = "BENCH_CRATE_LOG"


def measure(scratch, rounds):
    crates()
    ours = project.package(scratch, "with-pacto", project.target("answer", "tools/plugin"))
    ours.executable("tools/plugin", PLUGIN)
    project.lock_as_here(ours)
    packages = [("pacto-build", ours)]
    theirs = project.package(scratch, "with-prost", dependencies='prost-build = "*"', build_script=PROST)
    obstacle = fetch(theirs)
    if not obstacle:
        packages.append((newest(theirs), theirs))
    sides = []
    for name, package in packages:
        target_dir = scratch / f"{package.dir.name}-target"
        sides.append(
            bench.Side(
                name,
                ["cargo", "build", "--offline"],
                package.dir,
                bench.environment(CARGO_TARGET_DIR=str(target_dir)),
                prepare=lambda target_dir=target_dir: shutil.rmtree(target_dir, ignore_errors=True),
            )
        )
    bench.interleave(sides, rounds)
    print("CPU seconds of a cold `cargo build`, the package and the compiler's start included:")
    bench.table(sides, "cpu")
    per_crate(sides[0], scratch)
    if obstacle:
        bench.missing("prost-build", obstacle)
    else:
        bench.ratio("cold compile", sides[0].least("cpu"), sides[1].least("cpu"), 0.5)


def crates():
    """Counts what pacto-build brings, itself included."""
    command = ["cargo", "tree", "--package", "pacto-build", "--edges", "normal", "--prefix", "none", "--no-dedupe"]
    done = subprocess.run(command, cwd=bench.REPOSITORY, env=bench.environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise bench.CannotRun(done.stderr)
    lines = {line.replace(" (*)", "") for line in done.stdout.splitlines() if line.strip()}
    macros = sorted(line.split()[0] for line in lines if "(proc-macro)" in line)
    print(f"crates, pacto-build included: {', '.join(sorted({line.split()[0] for line in lines}))}")
    bench.amount("crates", len(lines), 18, "crates")
    bench.amount("procedural macros", len(macros), 0, "crates")


def fetch(package):
    """Downloads what the peer needs; gives what kept it from that."""
    # Without a network, what an earlier run has downloaded will do.
    for flags in [], ["--offline"]:
        done = subprocess.run(["cargo", "fetch", *flags], cwd=package.dir, env=bench.environment(), capture_output=True, text=True)
        if done.returncode == 0:
            return None
    return f"`cargo fetch` failed: {done.stderr.strip().splitlines()[-1]}"


def newest(package):
    """The version that Cargo chose."""
    lines = (package.dir / "Cargo.lock").read_text().splitlines()
    version = lines[lines.index('name = "prost-build"') + 1].split('"')[1]
    return f"prost-build {version}"


def per_crate(side, scratch):
    """Says where the time goes, from one more build."""
    log = scratch / "crates.log"
    log.unlink(missing_ok=True)
    side.prepare()
    env = side.env | {"RUSTC_WRAPPER": str(Path(__file__).resolve()), LOG: str(log)}
    bench.run(side.command, side.cwd, env)
    costs = sorted(((float(cpu), name) for name, cpu in map(str.split, log.read_text().splitlines())), reverse=True)
    print(f"  {side.name} by crate, in one more build: " + ", ".join(f"{name} {cpu:.2f}" for cpu, name in costs))


def as_wrapper(log, command):
    """Cargo starts us in the place of `rustc`."""
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    if "--crate-name" in command:
        name = os.environ.get("CARGO_PKG_NAME", "rustc-itself")
        if command[command.index("--crate-name") + 1].startswith("build_script_"):
            name += "/build.rs"
        with open(log, "a") as lines:
            lines.write(f"{name} {usage.ru_utime + usage.ru_stime}\n")
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    if os.environ.get(LOG):
        as_wrapper(os.environ[LOG], sys.argv[1:])
    bench.main(measure, __doc__, rounds=4)
