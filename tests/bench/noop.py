#!/usr/bin/env python3
"""`cargo build` with nothing to do, against the same package whose build script is an empty `main`."""

import statistics

import bench
import project

PLUGIN = """#!/bin/sh
cat >/dev/null
echo '{"files":[{"path":"answer.txt","content":"hello"}]}'
"""


def measure(scratch, rounds):
    targets = project.target("built", "tools/plugin") + project.target("kept", "tools/plugin", "deploy")
    sides = []
    for name, build_script in [("generating", project.BUILD_SCRIPT), ("empty", project.EMPTY_BUILD_SCRIPT)]:
        package = project.package(scratch, name, targets, build_script)
        package.executable("tools/plugin", PLUGIN)
        for number in range(20):
            package.file(f"pacto/docs/{number}.md", f"# {number}\n")
        project.lock_as_here(package)
        project.build(package, scratch)
        env = bench.environment(CARGO_TARGET_DIR=str(scratch / "target"))
        sides.append(bench.Side(name, ["cargo", "build", "--offline"], package.dir, env))
    bench.interleave(sides, rounds)
    generating, empty = sides
    pairs = [ours.wall / theirs.wall for ours, theirs in zip(generating.costs, empty.costs)]
    print("wall time of a `cargo build` that has nothing to do:")
    bench.table(sides)
    print(f"  median of the ratios pair by pair: {statistics.median(pairs):.3f}")
    bench.ratio("nothing to do", generating.least(), empty.least(), 1.05)


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=150)
