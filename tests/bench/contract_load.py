#!/usr/bin/env python3
"""Loading and judging one contract: a long one, and small ones that are made to explode."""

import shutil

import bench
import project

LEVELS = 10_000


def measure(scratch, rounds):
    contract = project.long_contract(500)
    print(f"a contract of {len(contract.splitlines())} lines and {len(contract)} bytes")
    results = []
    for name, profile, budget in [("release", ["--release"], 2), ("debug build", [], 8)]:
        program = peer(profile, scratch)
        # Several processes: where the system puts a program in memory makes it faster or slower.
        times = [load(program, contract, "valid", 200, scratch)[0] for _ in range(rounds)]
        print(f"  {name}: {', '.join(f'{time:.2f}' for time in sorted(times))} ms")
        results.append((f"500 lines, {name}", min(times), budget, "ms"))
    program = peer(["--release"], scratch)
    for name, text in explosions().items():
        runs = [load(program, text, "refused", 1, scratch) for _ in range(rounds)]
        name = f"{name} ({len(text.encode())} bytes)"
        results.append((name, min(time for time, _ in runs), 100, "ms"))
        if runs[0][1] is not None:
            results.append((name, min(memory for _, memory in runs), 50, "MiB"))
    for result in results:
        bench.amount(*result)


def load(program, text, expected, rounds, scratch):
    """The least milliseconds of all rounds, and by how many MiB the process grew, where the system tells."""
    contract, answer = scratch / "contract.yaml", scratch / "answer"
    contract.write_text(text)
    with open(answer, "wb") as stdout:
        command = [program, contract, expected, str(rounds)]
        bench.run(command, scratch, bench.environment(), stdout=stdout)
    nanoseconds, *kibibytes = map(int, answer.read_text().split())
    return nanoseconds / 1_000_000, kibibytes[0] / 1024 if kibibytes else None


def peer(profile, scratch):
    """Builds `peers/load` with the library of the repository."""
    made = project.Package(scratch / "peers" / "load")
    shutil.rmtree(made.dir, ignore_errors=True)
    shutil.copytree(bench.REPOSITORY / "tests" / "bench" / "peers" / "load", made.dir)
    manifest = (made.dir / "Cargo.toml").read_text()
    made.file("Cargo.toml", manifest.replace("../../../../pacto-build", str(bench.REPOSITORY / "pacto-build")))
    project.lock_as_here(made)
    env = bench.environment(CARGO_TARGET_DIR=str(scratch / "target"))
    messages = project.cargo_messages(["build", "--offline", *profile], made.dir, env)
    return next(message["executable"] for message in messages if message.get("executable"))


def explosions():
    """Texts that are small, and large to whoever follows them carelessly."""
    head = 'pactoVersion: "1.0"\nservice: {name: demo, version: 1.0.0}\n'
    metadata = head + "metadata:\n"
    indented = "".join(f"{' ' * level}a:\n" for level in range(1, LEVELS))
    again = f"  all: [{','.join(['*a4'] * 7)}]\n"
    nest = "  nest: " + "".join(f"&n{level} [" for level in range(90)) + "*a4" + "]" * 90 + "\n"
    return {
        # Refused for what they become.
        "billion laughs": metadata + laughs("[x]", 9),
        "billion laughs of mappings": metadata + laughs("{x: y}", 9, in_mappings=True),
        "nested lists, flow": metadata + "  a: " + "[" * LEVELS,
        "nested mappings, flow": metadata + "  a: " + "{a: " * LEVELS,
        "nested keys, flow": metadata + "  a: " + "{" * LEVELS + "}: a" * LEVELS,
        "nested lists, block": metadata + "  " + "- " * LEVELS + "a\n",
        "nested mappings, block": metadata + indented,
        "nested keys, block": metadata + "  " + "? " * LEVELS + "a\n",
        "nothing but brackets": "[" * LEVELS,
        # Small enough to be looked at, and slow or large to whoever does so carelessly.
        "laughs of a long text": metadata + laughs("x" * 600, 4) + again + "foo: 1\n",
        "laughs in many anchors": metadata + laughs("[x]", 4) + nest + "foo: 1\n",
        "laughs of faults": head + f"interfaces: [&m {{{keys(60)}}}{', *m' * 600}]\n",
        "one key many times": metadata + "  {" + "a: 1, " * 20_000 + "}\n",
        "many unknown keys": head + keys(10_000, between="\n"),
        "many names": head + "interfaces:\n" + "".join(f"- {{name: n{number}, type: http}}\n" for number in range(6_000)),
        "many merged keys": metadata + merged_and_written(6_000) + "foo: 1\n",
    }


def laughs(first, levels, in_mappings=False):
    """Each value has the one before it ten times."""
    text = f"  a0: &a0 {first}\n"
    for level in range(1, levels + 1):
        before = [f"*a{level - 1}"] * 10
        pairs = ", ".join(f"k{number}: {alias}" for number, alias in enumerate(before))
        text += f"  a{level}: &a{level} " + (f"{{{pairs}}}\n" if in_mappings else f"[{','.join(before)}]\n")
    return text


def merged_and_written(count):
    """A mapping that is merged into another, which then says every key itself."""
    return f"  a: &a {{{keys(count)}}}\n  b: {{<<: *a, {keys(count)}}}\n"


def keys(count, between=", "):
    return between.join(f"k{number}: 1" for number in range(count))


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=5)
