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
        size = len(text.encode())
        beyond = max(0.0, min(memory for _, memory in runs) - size / 1024 / 1024)
        name = f"{name} ({size} bytes)"
        results.append((name, min(time for time, _ in runs), 100, "ms"))
        results.append((f"{name}, beyond the text", beyond, 50, "MiB"))
    for result in results:
        bench.amount(*result)


def load(program, text, expected, rounds, scratch):
    """The least milliseconds of all rounds, and the MiB of the whole process."""
    contract, answer = scratch / "contract.yaml", scratch / "answer"
    contract.write_text(text)
    with open(answer, "wb") as stdout:
        command = [program, contract, expected, str(rounds)]
        cost = bench.run(command, scratch, bench.environment(), stdout=stdout)
    return int(answer.read_text()) / 1_000_000, cost.memory


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
    return {
        "billion laughs": metadata + laughs("[x]", 9, 10),
        "billion laughs of mappings": metadata + merged_laughs(9),
        "laughs of a long text": metadata + laughs(f"['{'x' * 600}']", 4, 10),
        "laughs in every anchor": metadata + laughs("[x]", 4, 10) + "  all: " + "".join(f"&n{n} [" for n in range(90)) + "*a4" + "]" * 90,
        "laughs of faults": head + "interfaces:\n" + "- &a [" + ",".join("x" * 9) + "]\n" + "- *a\n" * 150 + "dependencies: [" + ",".join(["*a"] * 100) + "]",
        "laughs of faulty interfaces": metadata + laughs("[x]", 4, 10) + "interfaces: " + "[*a3,*a3,*a3,*a3,*a3]\n",
        "nested lists, flow": metadata + "  a: " + "[" * LEVELS,
        "nested mappings, flow": metadata + "  a: " + "{a: " * LEVELS,
        "nested keys, flow": metadata + "  a: " + "{" * LEVELS + "}: a" * LEVELS,
        "nested lists, block": metadata + "  " + "- " * LEVELS + "a\n",
        "nested mappings, block": metadata + indented,
        "nested keys, block": metadata + "  " + "? " * LEVELS + "a\n",
        "nothing but brackets": "[" * LEVELS,
        "one key many times": metadata + "  {" + "a: 1, " * 20_000 + "}\n",
        "many unknown keys": head + "".join(f"k{number}: 1\n" for number in range(20_000)),
        "many names": head + "interfaces:\n" + "".join(f"- {{name: n{number}, type: http, port: 1}}\n" for number in range(12_000)) + "foo: 1\n",
        "many merged keys": metadata + merged_and_written(12_000) + "foo: 1\n",
    }


def laughs(first, levels, width):
    text = f"  a0: &a0 {first}\n"
    for level in range(1, levels + 1):
        text += f"  a{level}: &a{level} [{','.join([f'*a{level - 1}'] * width)}]\n"
    return text


def merged_laughs(levels):
    """Each mapping has the one before it ten times, under new names."""
    text = "  a0: &a0 {x: y}\n"
    for level in range(1, levels + 1):
        text += f"  a{level}: &a{level} {{{', '.join(f'k{n}: *a{level - 1}' for n in range(10))}}}\n"
    return text


def merged_and_written(count):
    """A mapping that is merged into another, which then says every key itself."""
    keys = ", ".join(f"k{number}: 1" for number in range(count))
    return f"  a: &a {{{keys}}}\n  b: {{<<: *a, {keys}}}\n"


if __name__ == "__main__":
    bench.main(measure, __doc__, rounds=5)
