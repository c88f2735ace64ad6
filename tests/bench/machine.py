# SPDX-License-Identifier: Apache-2.0
"""What a run was made on and with: processor, kernel, compiler, libraries, peers. All of it for a reader."""
import json
import os
import platform
import re
import subprocess
from datetime import datetime, timezone

from setup import HERE


def output(*command, **options):
    """The first line that a command prints, or None."""
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout.splitlines()
        return lines[0].strip() if lines else None
    except (OSError, subprocess.CalledProcessError):
        return None


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def processor():
    info = read("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info)
    virtual = ", a virtual machine" if re.search(r"^flags.*\bhypervisor\b", info, re.M) else ""
    return f"{model[1] if model else platform.machine()}, {len(os.sched_getaffinity(0))} processors to run on{virtual}"


def memory():
    kb = re.search(r"MemTotal:\s+(\d+) kB", read("/proc/meminfo"))
    return f"{int(kb[1]) / 2**20:.1f} GiB" if kb else None


def compiler(build):
    """What compiled the build, and how."""
    def parsed(name):
        return json.loads(read(os.path.join(build, name)) or "[]")

    options = {o["name"]: o["value"] for o in parsed("meson-info/intro-buildoptions.json")}
    commands = parsed("compile_commands.json")
    cc = next((word for word in commands[0]["command"].split() if "ccache" not in word), "cc") if commands else "cc"
    return f"{output(cc, '--version')}; {options['buildtype']}, -O{options['optimization']}"


def h2o_version():
    """Its own; pkg-config says another number."""
    cflags = (output("pkg-config", "--cflags", "libh2o-evloop") or "").split()
    version = output("cc", "-E", "-P", *cflags, "-", input="#include <h2o/version.h>\nH2O_VERSION\n")
    return version and version.strip('"')


def libraries():
    versions = {"libh2o": h2o_version()}
    for name in ("libcurl", "jansson", "zlib", "openssl"):
        versions[name] = output("pkg-config", "--modversion", name)
    versions[platform.libc_ver()[0]] = platform.libc_ver()[1]
    return ", ".join(f"{name} {version}" for name, version in versions.items() if version)


def versions_in(path, pattern):
    """'name version' of each line that the pattern's two groups match."""
    return ", ".join(f"{name} {version}" for name, version in re.findall(pattern, read(os.path.join(HERE, path)), re.M))


def peers(setup):
    def tool(*command):
        return (output(*command) or "").replace(os.path.join(setup.peers, "bin", ""), "")

    found = {}
    if os.path.exists(os.path.join(setup.peers, "bin", "go-gateway")):
        found["Go"] = ", ".join(filter(None, (
            re.sub(r".*: ", "", tool("go", "version", os.path.join(setup.peers, "bin", "go-gateway"))),
            versions_in("peers/go/go.mod", r"^\s*(go\.opentelemetry\.io/(?:otel|contrib/\S*otelhttp)) (v\S+)$"))))
    if os.path.exists(os.path.join(setup.peers, "bin", "rust-otel")):
        found["Rust"] = ", ".join(filter(None, (
            tool("rustc", "--version"),
            versions_in("peers/rust/Cargo.toml", r"^(fastrace\S*|opentelemetry\S*) = .*?\"=?([\d.]+)\""))))
    python = os.path.join(setup.peers, "venv", "bin", "python")
    if os.path.exists(python):
        found["Python"] = ", ".join(filter(None, (
            tool(python, "--version"),
            versions_in("peers/python/requirements.txt",
                        r"^(fastapi|uvicorn|httpx|opentelemetry-sdk|opentelemetry-instrumentation)==(\S+)"))))
    return found


def describe(setup):
    commit = output("git", "-C", HERE, "rev-parse", "--short=12", "HEAD")
    changed = output("git", "-C", HERE, "status", "--porcelain", "--untracked-files=no")
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split()
    facts = {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit and commit + (", with changes" if changed else ""),
        "processor": processor(), "memory": memory(),
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
        "load average at the start": "%.2f, %.2f, %.2f" % os.getloadavg(),
        "compiler": compiler(setup.build), "libraries": libraries(),
        "wrk": " ".join(wrk[1:2]), **{f"peers in {name}": text for name, text in peers(setup).items()},
    }
    return {name: text for name, text in facts.items() if text}
