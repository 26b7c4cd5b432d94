"""Packages to measure on, and the programs that take part."""

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench import REPOSITORY, CannotRun, environment

BUILD_SCRIPT = "fn main() {\n    pacto_build::generate();\n}\n"
EMPTY_BUILD_SCRIPT = "fn main() {}\n"

CONTRACT = 'pactoVersion: "1.0"\nservice:\n  name: demo\n  version: 1.0.0\n'

#: Answers with the request itself, to show what a plugin is asked.
ECHO = """#!/usr/bin/env python3
import json, sys
json.dump({"files": [{"path": "request.json", "content": sys.stdin.read()}]}, sys.stdout)
"""


def long_contract(lines):
    """A contract of about `lines` lines, most of them interfaces and dependencies, as in long real ones."""
    head = CONTRACT + "runtime:\n  workload: service\n  state:\n    type: stateless\n"
    head += "    persistence:\n      scope: local\n      durability: ephemeral\n    dataCriticality: low\n"
    interfaces, dependencies = ["interfaces:\n"], ["dependencies:\n"]
    for number in range((lines - 14) // 8 + 1):
        interfaces.append(f"  - name: api-{number}\n    type: http\n    port: {8000 + number}\n    visibility: internal\n")
        reference = f"oci://registry.example.com/team/service-{number}:1.{number}.0"
        dependencies.append(f'  - name: service-{number}\n    ref: "{reference}"\n    required: true\n    compatibility: "^1.{number}.0"\n')
    return head + "".join(interfaces) + "".join(dependencies)


@dataclass
class Package:
    """A package of a user, in a checkout of its own."""

    dir: Path

    def file(self, path, content):
        path = self.dir / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def executable(self, path, program):
        """A script, or a copy of a program."""
        if isinstance(program, Path):
            (self.dir / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(program, self.dir / path)
        else:
            self.file(path, program)
        (self.dir / path).chmod(stat.S_IRWXU)

    def remove(self, *paths):
        """Removes files and folders, which may be gone already."""
        for path in map(self.dir.joinpath, paths):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def package(scratch, name, metadata="", build_script=BUILD_SCRIPT, dependencies=None, contract=CONTRACT):
    """A new package with a contract; it depends on `pacto-build` as the README tells users to add it."""
    made = Package(scratch / name)
    if made.dir.exists():
        shutil.rmtree(made.dir)
    if dependencies is None:
        library = str(REPOSITORY / "pacto-build")
        dependencies = f"pacto-build = {{ path = {json.dumps(library)} }}"
    made.file(
        "Cargo.toml",
        f'[workspace]\n\n[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\n\n'
        f"[build-dependencies]\n{dependencies}\n\n{metadata}",
    )
    made.file("build.rs", build_script)
    made.file("src/lib.rs", "")
    made.file("pacto/pacto.yaml", contract)
    # A developer's checkout is known by this.
    (made.dir / ".git").mkdir()
    return made


def lock_as_here(made):
    """The versions of the repository's own lock file, which are downloaded already."""
    shutil.copyfile(REPOSITORY / "Cargo.lock", made.dir / "Cargo.lock")


def target(name, plugin, output=None):
    """A target's table in Cargo.toml."""
    text = f"[package.metadata.pacto.targets.{name}]\nplugin = {{ path = {json.dumps(plugin)} }}\n"
    return text + (f"output = {json.dumps(output)}\n" if output else "")


@dataclass
class BuildScript:
    """A compiled build script, and what Cargo starts it with."""

    command: list
    env: dict
    out_dir: Path


def build(made, scratch):
    """Builds a package as a user does; gives its build script."""
    target_dir = scratch / "target"
    env = environment(CARGO_TARGET_DIR=str(target_dir))
    messages = cargo_messages(["build", "--offline"], made.dir, env)
    program = out_dir = None
    for message in messages:
        if not message.get("package_id", "").startswith(f"path+file://{made.dir}#"):
            continue
        if message["reason"] == "compiler-artifact" and message["target"]["kind"] == ["custom-build"]:
            program = message["filenames"][0]
        if message["reason"] == "build-script-executed":
            out_dir = message["out_dir"]
    if not program or not out_dir:
        raise CannotRun(f"Cargo did not say where the build script of {made.dir} is")
    from_cargo = {
        "OUT_DIR": out_dir,
        "CARGO_MANIFEST_DIR": str(made.dir),
        "CARGO_MANIFEST_PATH": str(made.dir / "Cargo.toml"),
        "NUM_JOBS": str(os.cpu_count()),
    }
    return BuildScript([program], environment(**from_cargo), Path(out_dir))


def command_line():
    """`cargo-pacto` as people install it: the release build."""
    env = dict(os.environ)
    messages = cargo_messages(["build", "--release", "--package", "cargo-pacto"], REPOSITORY, env)
    programs = [message["executable"] for message in messages if message.get("executable")]
    if not programs:
        raise CannotRun("Cargo did not say where cargo-pacto is")
    return programs[-1]


def peer(name, scratch):
    """Builds one of the programs in `peers/`, in the scratch folder."""
    made = scratch / "peers" / name
    if made.exists():
        shutil.rmtree(made)
    shutil.copytree(REPOSITORY / "tests" / "bench" / "peers" / name, made)
    env = environment(CARGO_TARGET_DIR=str(scratch / "target"))
    messages = cargo_messages(["build", "--release", "--offline"], made, env)
    return Path(next(message["executable"] for message in messages if message.get("executable")))


def cargo_messages(arguments, cwd, env):
    command = ["cargo", *arguments, "--quiet", "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise CannotRun(f"`cargo {' '.join(arguments)}` failed in {cwd}\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def request(made, cli, scratch):
    """What a plugin is asked about the contract of `made`, as a file."""
    made.executable("tools/echo", ECHO)
    folder = scratch / "request"
    shutil.rmtree(folder, ignore_errors=True)
    command = [cli, "pacto", "run", "tools/echo", "pacto", "-o", str(folder)]
    done = subprocess.run(command, cwd=made.dir, env=environment(), stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise CannotRun(done.stderr)
    return folder / "request.json"
