#!/usr/bin/env python3
"""100 targets with a trivial plugin, all dirty, against buf and against a program that only spawns."""

import itertools
import os
import platform
import shutil
import subprocess

import bench
import project

COUNT = 100

#: The native program of each platform; the launcher in front of them is a Node program.
BUF = {
    ("Linux", "x86_64"): "@bufbuild/buf-linux-x64",
    ("Linux", "aarch64"): "@bufbuild/buf-linux-aarch64",
    ("Darwin", "arm64"): "@bufbuild/buf-darwin-arm64",
    ("Darwin", "x86_64"): "@bufbuild/buf-darwin-x64",
}


def measure(scratch, rounds):
    cli, plugin, spawner = project.command_line(), project.peer("plugin", scratch), project.peer("spawn", scratch)
    targets = "".join(project.target(f"t{number}", "tools/plugin", f"gen/{number}") for number in range(COUNT))
    package = project.package(scratch, "many-targets", targets)
    package.executable("tools/plugin", plugin)
    project.lock_as_here(package)
    request = project.request(package, cli, scratch)
    env = bench.environment(CARGO_TARGET_DIR=str(scratch / "many-targets-target"))

    aside = aside_in(scratch)
    forget = lambda: aside(package.dir / "gen", package.dir / "pacto-generated.lock")
    jobs = str(os.cpu_count())
    generate = bench.Side("cargo pacto generate", [cli, "pacto", "generate", "-q", "--offline"], package.dir, env, prepare=forget)
    spawn = bench.Side("a program that only spawns", [spawner, str(COUNT), jobs, request, plugin], package.dir, env)
    metadata = bench.Side(
        "cargo metadata --no-deps, a part of it",
        ["cargo", "metadata", "--no-deps", "--format-version=1", "--offline"],
        package.dir,
        env,
    )
    sides = [generate, spawn, metadata]
    buf, obstacle = buf_side(scratch, plugin, aside)
    if buf:
        sides.append(buf)
    bench.interleave(sides, rounds)
    print(f"wall time for {COUNT} runs of a plugin, {jobs} at once, each with a file to write:")
    bench.table(sides)
    without = (generate.least() - metadata.least()) / spawn.least()
    print(f"  without what Cargo is asked for, the ratio to the spawning program is {without:.2f}")
    if buf:
        bench.ratio(f"{COUNT} targets against buf", generate.least(), buf.least(), 1.0)
    else:
        bench.missing("buf", obstacle)
    bench.ratio(f"{COUNT} targets against spawning alone", generate.least(), spawn.least(), 1.5)


def aside_in(scratch):
    """Gives a function that moves files out of the way.

    They are not removed: on some file systems a folder is slow to create just after others were
    removed, and that would be measured.
    """
    folder = scratch / "aside"
    shutil.rmtree(folder, ignore_errors=True)
    numbers = itertools.count()

    def aside(*paths):
        for path in paths:
            if path.exists():
                place = folder / str(next(numbers))
                place.mkdir(parents=True)
                path.rename(place / path.name)

    return aside


def buf_side(scratch, plugin, aside):
    """`buf generate` with as many local plugins, or why there is none."""
    name = BUF.get((platform.system(), platform.machine()))
    if not name:
        return None, f"npm has none for {platform.system()} {platform.machine()}"
    folder = scratch / "buf"
    folder.mkdir(exist_ok=True)
    program = folder / "node_modules" / name / "bin" / "buf"
    if not program.exists():
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), name]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        except OSError as error:
            return None, f"npm does not start: {error}"
        if not program.exists():
            return None, f"`npm install {name}` failed: {done.stderr.strip()}"
    package = project.Package(folder / "module")
    package.file("buf.yaml", "version: v2\n")
    package.file("demo.proto", 'syntax = "proto3";\npackage demo;\nmessage Order {\n  string id = 1;\n}\n')
    entries = "".join(f"  - local: {plugin}\n    out: gen/{number}\n" for number in range(COUNT))
    package.file("buf.gen.yaml", f"version: v2\nplugins:\n{entries}")
    env = bench.environment(XDG_CACHE_HOME=str(folder / "cache"))
    version = subprocess.run([program, "--version"], env=env, capture_output=True, text=True).stdout.strip()
    forget = lambda: aside(package.dir / "gen")
    return bench.Side(f"buf generate, {version}", [program, "generate"], package.dir, env, prepare=forget), None


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=15)
