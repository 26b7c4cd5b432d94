#!/usr/bin/env python3
"""`cargo pacto check` of a workspace where everything is fresh, against Cargo's own metadata, git and turbo."""

import json
import platform
import shutil
import subprocess

import bench
import project

TARGETS = 3
BUNDLE_FILES = 20

#: The native program of each platform; the launcher in front of them is a Node program.
TURBO = {
    ("Linux", "x86_64"): "turbo-linux-64",
    ("Linux", "aarch64"): "turbo-linux-arm64",
    ("Darwin", "arm64"): "turbo-darwin-arm64",
    ("Darwin", "x86_64"): "turbo-darwin-64",
}


def measure(scratch, rounds):
    cli, plugin = project.command_line(), project.peer("plugin", scratch)
    small = workspace(scratch, "check-200", 200, cli, plugin)
    large = workspace(scratch, "check-2000", 2000, cli, plugin)
    check, metadata = check_side(small, cli, "200 packages"), metadata_side(small, "200 packages")
    git = bench.Side("git status, 200 packages", ["git", "status", "--porcelain"], small.dir, bench.environment())
    sides = [check, metadata, git, check_side(large, cli, "2,000 packages")]
    turbo, obstacle = turbo_side(scratch, small)
    if turbo:
        sides.append(turbo)
    bench.interleave(sides, rounds)
    print(f"wall time, packages of {TARGETS} targets and {BUNDLE_FILES} bundle files each, all fresh:")
    bench.table(sides)
    print(f"  the ratio to git status is {check.least() / git.least():.2f}")
    bench.ratio("check against `cargo metadata --no-deps`", check.least(), metadata.least(), 2.0)
    bench.ratio("2,000 packages against 200", sides[3].least(), check.least(), 11.0)
    if turbo:
        bench.ratio("check against turbo with everything cached", check.least(), turbo.least(), 1.0)
    else:
        bench.missing("turbo", obstacle)


def workspace(scratch, name, count, cli, plugin):
    """Packages that keep what they generated in git; one target of each is inherited."""
    root = project.Package(scratch / name)
    shutil.rmtree(root.dir, ignore_errors=True)
    shared = project.target("shared", "tools/plugin").replace("[package.", "[workspace.")
    root.file("Cargo.toml", f'[workspace]\nmembers = ["packages/*"]\nresolver = "3"\n\n{shared}')
    root.file(".gitignore", "/target\n/node_modules\n/.turbo\n")
    root.executable("tools/plugin", plugin)
    for number in range(count):
        package(root, f"packages/p{number}")
    env = bench.environment(CARGO_TARGET_DIR=str(root.dir / "target"))
    for command in [
        ["cargo", "generate-lockfile", "--offline"],
        [cli, "pacto", "generate", "--workspace", "--quiet", "--offline"],
        ["git", "init", "--quiet"],
        ["git", "add", "."],
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--message", "All"],
    ]:
        bench.run(command, root.dir, env)
    return root


def package(root, folder):
    inherited = '[package.metadata.pacto.targets.shared]\nworkspace = true\noutput = "gen/shared"\n\n'
    own = [project.target(f"t{number}", "../../tools/plugin", f"gen/{number}") for number in range(1, TARGETS)]
    name = folder.rsplit("/", 1)[1]
    head = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\n\n'
    root.file(f"{folder}/Cargo.toml", head + inherited + "\n".join(own))
    root.file(f"{folder}/src/lib.rs", "")
    root.file(f"{folder}/pacto/pacto.yaml", project.CONTRACT)
    for number in range(BUNDLE_FILES):
        root.file(f"{folder}/pacto/docs/{number}.md", f"Page {number} of {name}.\n" * 20)


def check_side(root, cli, what):
    env = bench.environment(CARGO_TARGET_DIR=str(root.dir / "target"))
    command = [cli, "pacto", "check", "--workspace", "--quiet", "--offline"]
    return bench.Side(f"cargo pacto check, {what}", command, root.dir, env)


def metadata_side(root, what):
    command = ["cargo", "metadata", "--no-deps", "--format-version=1", "--offline"]
    return bench.Side(f"cargo metadata --no-deps, {what}", command, root.dir, bench.environment())


def turbo_side(scratch, root):
    """`turbo run` over the same packages, or why there is none."""
    name = TURBO.get((platform.system(), platform.machine()))
    if not name:
        return None, f"npm has none for {platform.system()} {platform.machine()}"
    folder = scratch / "turbo"
    folder.mkdir(exist_ok=True)
    program = folder / "node_modules" / name / "bin" / "turbo"
    if not program.exists():
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), name]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        except OSError as error:
            return None, f"npm does not start: {error}"
        if not program.exists():
            return None, f"`npm install {name}` failed: {done.stderr.strip()}"
    twin = project.Package(scratch / "turbo-workspace")
    shutil.rmtree(twin.dir, ignore_errors=True)
    shutil.copytree(root.dir, twin.dir, symlinks=True, ignore=shutil.ignore_patterns("target"))
    manifest = {"name": "workspace", "private": True, "packageManager": "npm@10.0.0", "workspaces": ["packages/*"]}
    twin.file("package.json", json.dumps(manifest))
    tasks = {"check": {"inputs": ["pacto/**"], "outputs": ["gen/**"], "cache": True}}
    twin.file("turbo.json", json.dumps({"tasks": tasks}))
    for member in (twin.dir / "packages").iterdir():
        text = json.dumps({"name": member.name, "version": "1.0.0", "scripts": {"check": "true"}})
        twin.file(f"packages/{member.name}/package.json", text)
    env = bench.environment(TURBO_TELEMETRY_DISABLED="1", DO_NOT_TRACK="1")
    locked = subprocess.run(
        ["npm", "install", "--package-lock-only", "--offline", "--no-audit", "--no-fund"], cwd=twin.dir, env=env, capture_output=True, text=True
    )
    if locked.returncode != 0:
        return None, f"`npm install --package-lock-only` failed: {locked.stderr.strip()}"
    command = [program, "run", "check", "--output-logs=none", "--no-daemon"]
    version = subprocess.run([program, "--version"], env=env, capture_output=True, text=True).stdout.strip()
    return bench.Side(f"turbo run, {version}, all cached", command, twin.dir, env), None


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=10)
