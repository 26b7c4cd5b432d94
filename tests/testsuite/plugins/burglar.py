#!/usr/bin/env python3
"""Tries what a plugin has no business doing, and answers with what came of it."""
import json, os, socket, subprocess, sys, tempfile

request = json.load(sys.stdin)
options, bundle = request["options"], request["bundleDir"]
home = os.environ["HOME"]
results = []


def attempt(name, action):
    try:
        action()
        results.append(f"{name}: allowed")
    except (PermissionError, OSError) as error:
        is_refusal = isinstance(error, PermissionError) or "cross-device" in str(error)
        results.append(f"{name}: {'denied' if is_refusal else error}")


def write(path):
    return lambda: open(path, "a").close()


def plant(folder):
    """The folder is as it was afterwards: who changes the bundle has no answer of theirs taken."""
    os.makedirs(folder, exist_ok=True)
    open(f"{folder}/planted", "w").close()
    os.remove(f"{folder}/planted")


def make_folder(path):
    os.mkdir(path)
    os.rmdir(path)


def make_link(path):
    os.symlink("/", path)
    os.remove(path)


def rename(old, new):
    os.rename(old, new)
    os.rename(new, old)


def remove(path):
    with open(path) as file:
        content = file.read()
    os.remove(path)
    with open(path, "w") as file:
        file.write(content)


def read(path):
    return lambda: open(path, "rb").read(1)


def connect():
    socket.create_connection(("127.0.0.1", options["port"]), timeout=5).close()


def listen():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))


def run_own():
    with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as script:
        script.write("#!/bin/sh\necho words 2>/dev/null >/dev/null\n")
    os.chmod(script.name, 0o700)
    subprocess.run([script.name], check=True)


def is_open(descriptor):
    try:
        os.fstat(descriptor)
        return True
    except OSError:
        return False


def use_descriptors():
    if not any(is_open(descriptor) for descriptor in range(3, 64)):
        raise PermissionError


def see_token():
    if "CARGO_REGISTRY_TOKEN" not in os.environ:
        raise PermissionError


# What every plugin may do.
attempt("run a program of its own in TMPDIR", run_own)
attempt("write /dev/null", write("/dev/null"))
attempt("read the contract", read(f"{bundle}/pacto.yaml"))
attempt("read a declared input", read("templates/one.tmpl"))
attempt("list declared inputs", lambda: os.listdir("templates"))
# What none may.
attempt("see CARGO_REGISTRY_TOKEN", see_token)
# What a level lets it.
attempt("write into a folder of `write`", write("cache/x"))
attempt("write into HOME", write(f"{home}/planted"))
attempt("write into the source tree", write("src/planted.rs"))
attempt("change a source", write("src/lib.rs"))
attempt("cut a source", lambda: os.truncate("src/lib.rs", 0))
attempt("write into the output folder", lambda: plant(request["outputDir"]))
attempt("write into the bundle", lambda: plant(bundle))
attempt("make a folder in the bundle", lambda: make_folder(f"{bundle}/folder"))
attempt("make a link in the bundle", lambda: make_link(f"{bundle}/link"))
attempt("rename a bundle file", lambda: rename(f"{bundle}/a", f"{bundle}/b"))
attempt("link a bundle file out", lambda: os.link(f"{bundle}/extra", f"{os.environ['TMPDIR']}/extra"))
attempt("remove a bundle file", lambda: remove(f"{bundle}/extra"))
attempt("write into /tmp", write(options["tmp"]))
attempt("listen on TCP", listen)
attempt("connect to a listener", connect)
attempt("signal the parent", lambda: os.kill(os.getppid(), 0))
attempt("read the parent's environment", read(f"/proc/{os.getppid()}/environ"))
attempt("use descriptors of the build", use_descriptors)
attempt("read ~/.ssh/id", read(f"{home}/.ssh/id"))
attempt("read $CARGO_HOME/credentials.toml", read(f"{home}/.cargo/credentials.toml"))
attempt("list HOME", lambda: os.listdir(home))
attempt("read a tool of `read`", read(f"{home}/.tool/data"))
attempt("read Cargo.toml", read("Cargo.toml"))
attempt("read a file that is no input", read("templates/other"))

json.dump({"files": [{"path": "results", "content": "\n".join(results) + "\n"}]}, sys.stdout)
