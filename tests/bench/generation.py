#!/usr/bin/env python3
"""One generation of a 500-line contract, beyond what the plugin itself takes."""

import itertools
import os

import bench
import project


def measure(scratch, rounds):
    cli, plugin, spawner = project.command_line(), project.peer("plugin", scratch), project.peer("spawn", scratch)
    contract = project.long_contract(500)
    print(f"a contract of {len(contract.splitlines())} lines and {len(contract)} bytes")
    alone = project.package(scratch, "alone", contract=contract)
    request = project.request(alone, cli, scratch)
    plain = bench.Side("the plugin alone", [plugin], alone.dir, bench.environment(), stdin=request)
    spawned = bench.Side(
        "a program that only spawns it", [spawner, "1", "1", request, plugin], alone.dir, bench.environment()
    )
    sides = [plain, spawned, by_command_line(alone, cli, plugin, scratch), *by_build_script(scratch, contract, plugin)]
    bench.interleave(sides, rounds)
    print("wall time, from start to end of the process:")
    bench.table(sides)
    print(f"  the spawning program, beyond the plugin: {(spawned.least() - plain.least()) * 1000:.2f} ms")
    for side, budget in zip(sides[2:], [3, 10, 10]):
        bench.amount(f"{side.name}, beyond the plugin", (side.least() - plain.least()) * 1000, budget, "ms")


def by_command_line(package, cli, plugin, scratch):
    """`cargo pacto run` asks Cargo nothing, which `generate` does once for all targets."""
    output = scratch / "alone-output"
    package.executable("tools/plugin", plugin)
    command = [cli, "pacto", "run", "tools/plugin", "pacto", "-o", output]
    answer = output / "answer.txt"
    return bench.Side(
        "release CLI", command, package.dir, bench.environment(), prepare=lambda: answer.unlink(missing_ok=True)
    )


def by_build_script(scratch, contract, plugin):
    """The contract is another one before each run, so that the plugin has to run."""
    numbers = itertools.count(1)
    for name, output in [("to OUT_DIR", None), ("to a kept folder", "deploy")]:
        package = project.package(
            scratch, f"generation-{'kept' if output else 'built'}", project.target("answer", "tools/plugin", output), contract=contract
        )
        package.executable("tools/plugin", plugin)
        project.lock_as_here(package)
        script = project.build(package, scratch)

        def edit(package=package):
            package.file("pacto/pacto.yaml", contract.replace("version: 1.0.0", f"version: 1.0.{next(numbers)}", 1))
            # Long ago, as every file is that nobody is editing at this moment.
            os.utime(package.dir / "pacto/pacto.yaml", (1_700_000_000.5, 1_700_000_000.5))

        yield bench.Side(f"debug build script, {name}", script.command, package.dir, script.env, prepare=edit)


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=40)
