"""What every script here measures with: a scratch folder, child processes, and the lines at the end.

Nothing is compared with a number from another machine or another hour: both sides run in turn, A B A B,
and the least of several is taken, since other work on a machine only ever adds time.
"""

import argparse
import functools
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class CannotRun(Exception):
    """The script cannot measure at all."""


def main(measure, description, rounds):
    """Parses the command line and calls `measure(scratch, rounds)`; slowness is no failure."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"how often each side runs ({rounds} unless given)")
    parser.add_argument("--scratch", type=Path, help="work in this folder and keep it, so that another run is sooner ready")
    arguments = parser.parse_args()
    try:
        with scratch_folder(arguments.scratch) as scratch:
            measure(scratch, arguments.rounds)
    except CannotRun as obstacle:
        sys.exit(f"cannot measure: {obstacle}")


@contextmanager
def scratch_folder(kept):
    folder = (kept or Path(tempfile.mkdtemp(prefix="pacto-bench-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def environment(**changes):
    """Nothing of whoever measures gets in: no CI, no configuration of Cargo or of ours.

    The toolchain's own folder comes first in PATH: a rustup proxy adds the same milliseconds to both
    sides of a ratio, and so hides a part of it.
    """
    ours = ("PACTO_", "RUSTFLAGS", "RUSTC_WRAPPER")
    names = {"CI", "DOCS_RS", "XDG_CONFIG_HOME", "OUT_DIR", "NUM_JOBS"}
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and name not in names and (not name.startswith("CARGO") or name == "CARGO_HOME")
    }
    toolchain = os.path.dirname(real_cargo())
    return env | {"PATH": f"{toolchain}{os.pathsep}{env.get('PATH', '')}", "CARGO_INCREMENTAL": "0"} | changes


@functools.cache
def real_cargo():
    """Cargo itself, not the proxy that chooses one."""
    if shutil.which("rustup"):
        found = subprocess.run(["rustup", "which", "cargo"], capture_output=True, text=True, cwd=REPOSITORY)
        if found.returncode == 0:
            return found.stdout.strip()
    found = shutil.which("cargo")
    if not found:
        raise CannotRun("there is no cargo on PATH")
    return found


@dataclass
class Cost:
    """What one run of a command took, with everything that it started and waited for."""

    wall: float
    cpu: float
    #: Of the largest process, in MiB; never less than `memory_floor()`.
    memory: float


def run(command, cwd, env, stdin=None, stdout=subprocess.DEVNULL):
    """Runs a command once; its failure is a failure of the measurement."""
    with open(stdin or os.devnull, "rb") as source, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=cwd, env=env, stdin=source, stdout=stdout, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            text = errors.read().decode(errors="replace")
            raise CannotRun(f"{' '.join(map(str, command))} failed with {child.returncode}\n{text}")
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def memory_floor():
    """What the system charges a child for its life before `exec`, when it was still a copy of us."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


@dataclass
class Side:
    """One side of a comparison."""

    name: str
    command: list
    cwd: Path
    env: dict
    stdin: Path | None = None
    #: Called before each run, outside of what is measured.
    prepare: object = None
    costs: list = field(default_factory=list)

    def least(self, figure="wall"):
        return min(getattr(cost, figure) for cost in self.costs)

    def median(self, figure="wall"):
        return statistics.median(getattr(cost, figure) for cost in self.costs)


def interleave(sides, rounds):
    """Runs all sides in turn, `rounds` times, after one round that does not count."""
    for counted in [False] + [True] * rounds:
        for side in sides:
            if side.prepare:
                side.prepare()
            cost = run(side.command, side.cwd, side.env, side.stdin)
            if counted:
                side.costs.append(cost)


def table(sides, figure="wall"):
    """Prints least and median of each side."""
    if figure == "cpu":
        unit, factor, digits = "s", 1, 2
    else:
        unit, factor, digits = "ms", 1000, 2
    width = max(len(side.name) for side in sides)
    for side in sides:
        least, median = side.least(figure) * factor, side.median(figure) * factor
        print(f"  {side.name:<{width}}  min {least:8.{digits}f} {unit}  median {median:8.{digits}f} {unit}  ({len(side.costs)} runs)")


def ratio(what, ours, theirs, budget):
    """The line that a script ends with, where a peer is compared."""
    print(f"{what}: ratio {ours / theirs:.2f} (budget {budget:.2f}) {verdict(ours / theirs, budget)}")


def amount(what, value, budget, unit):
    """The line that a script ends with, where the budget is an amount."""
    number = value if isinstance(value, int) else f"{value:.1f}"
    print(f"{what}: {number} {unit} (budget {budget:g} {unit}) {verdict(value, budget)}")


def verdict(value, budget):
    return "ok" if value <= budget else "MISSED"


def missing(peer, why):
    """Says what could not be compared."""
    print(f"not compared with {peer}: {why}")
