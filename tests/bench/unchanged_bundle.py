#!/usr/bin/env python3
"""What a build script does about a large bundle in which nothing has changed: look, and not read."""

import os

import bench
import project

#: Long ago, so that the files are not too young for their looks to be trusted.
LONG_AGO = (1_700_000_000.5, 1_700_000_000.5)

MIB = 1024 * 1024


def measure(scratch, rounds):
    plugin = project.peer("plugin", scratch)
    floor = bench.memory_floor()
    bundles = [
        ("no other file", 1, lambda package: None),
        ("2,000 files", 1, many_files),
        ("200 MB in 4 files", 1, large_files),
        ("2,000 files for 10 targets", 10, many_files),
    ]
    sides, first_runs = [], []
    for name, count, fill in bundles:
        targets = "".join(project.target(f"t{number}", "tools/plugin") for number in range(count))
        package = project.package(scratch, f"bundle-{len(sides)}", targets)
        package.executable("tools/plugin", plugin)
        project.lock_as_here(package)
        fill(package)
        script = project.build(package, scratch)
        # Cargo keeps no peak memory: the first run once more, from nothing.
        package.remove(script.out_dir / "pacto")
        side = bench.Side(name, script.command, package.dir, script.env)
        first_runs.append((name, bench.run(side.command, side.cwd, side.env)))
        sides.append(side)
    bench.interleave(sides, rounds)
    print(f"the first run, which reads everything (no process started here counts less than {floor:.0f} MiB):")
    for name, cost in first_runs:
        print(f"  {name}: {cost.wall * 1000:.0f} ms, at most {cost.memory:.1f} MiB in memory")
    print("wall time of a debug build script that finds everything unchanged:")
    bench.table(sides)
    for side in sides[1:3]:
        most = max(cost.memory for cost in side.costs)
        print(f"  {side.name}: at most {most:.1f} MiB in memory")
    bench.amount("first run over 200 MB, in memory", first_runs[2][1].memory, 20, "MiB")
    for side in sides[1:3]:
        bench.amount(f"unchanged, {side.name}", side.least() * 1000, 30, "ms")


def many_files(package):
    for number in range(2000):
        path = f"pacto/docs/{number // 100:02}/{number % 100:02}.md"
        package.file(path, f"# Document {number}\n" * 10)
        os.utime(package.dir / path, LONG_AGO)


def large_files(package):
    line = b"a line of text as others are, and no more than that\n"
    for number in range(4):
        path = package.dir / f"pacto/docs/{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            for _ in range(50):
                file.write((line * (MIB // len(line) + 1))[:1_000_000])
        os.utime(path, LONG_AGO)


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=30)
