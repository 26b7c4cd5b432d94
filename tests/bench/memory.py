#!/usr/bin/env python3
"""How much memory `cargo pacto generate` takes when plugins answer with a lot."""

import bench
import project

#: What the answer repeats: text with short lines, whose ends are escapes in JSON.
UNIT = r"a line of text in a large file\n"

MIB = 1024 * 1024

#: What one answer has, below the 64 MiB that are accepted.
SIZE = 60 * MIB

#: Streams its answer, so that what is measured is not the plugin's own memory.
PLUGIN = f"""#!/bin/sh
cat >/dev/null
printf '{{"files":[{{"path":"large.txt","content":"'
yes '{UNIT}' | tr -d '\\n' | head -c {SIZE // len(UNIT) * len(UNIT)}
printf '"}}]}}'
"""


def measure(scratch, rounds):
    cli = project.command_line()
    results = []
    # All answers of a run are held until the last one is there, so that more targets than run at once count too.
    for targets, jobs in [(1, 1), (2, 2), (2, 1), (4, 2)]:
        tables = "".join(project.target(f"t{number}", "tools/plugin", f"gen/{number}") for number in range(targets))
        package = project.package(scratch, f"memory-{targets}-{jobs}", tables)
        package.executable("tools/plugin", PLUGIN)
        project.lock_as_here(package)
        env = bench.environment(CARGO_TARGET_DIR=str(scratch / "memory-target"))
        command = [cli, "pacto", "generate", "-q", "--offline", "--force", "-j", str(jobs)]
        # The first run finds nothing, the others compare with what is there.
        costs = [bench.run(command, package.dir, env) for _ in range(max(2, rounds))]
        name = f"{targets} target{'s' if targets > 1 else ''}, {jobs} at once"
        print(f"  {name}: {', '.join(f'{cost.memory:.0f}' for cost in costs)} MiB")
        results.append((name, max(cost.memory for cost in costs), 20 + 3 * jobs * SIZE / MIB))
        package.remove("gen", scratch / "memory-target")
    for name, most, budget in results:
        bench.amount(name, most, budget, "MiB")


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=2)
