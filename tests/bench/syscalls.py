# SPDX-License-Identifier: Apache-2.0
"""System calls for each request, counted by strace in a run of its own: it slows programs down many times."""
import re
import shutil
import signal
import subprocess
import tempfile

from harness import wait_until
from loads import Load, apply

ENOUGH = 0.005  # calls a request that are worth a line


def attach(program, file):
    return subprocess.Popen(["strace", "-c", "-f", "-p", str(program.pid), "-o", file.name], stderr=subprocess.PIPE,
                            text=True)


def is_traced(program):
    with open(f"/proc/{program.pid}/status") as status:
        return not re.search(r"TracerPid:\s+0\n", status.read())


def read_counts(file):
    """strace -c: % time, seconds, usecs/call, calls, maybe errors, syscall."""
    rows = (line.split() for line in file.read().splitlines())
    return {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


def per_request(setup, gateway, order, connections):
    """{"gateway": {call: n}, "order": {...}}, and the requests; None without strace."""
    if not shutil.which("strace"):
        return None, 0
    programs = {"gateway": gateway, "order": order}
    files = {name: tempfile.NamedTemporaryFile("r") for name in programs}
    tracers = [attach(program, files[name]) for name, program in programs.items()]
    try:
        wait_until(lambda: all(map(is_traced, programs.values())), what="strace")
        answered, _ = apply(setup, Load("strace", connections, None, 2))
    finally:
        for tracer in tracers:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
    counts = {}
    for name, file in files.items():
        calls = {call: n / answered.requests for call, n in read_counts(file).items()}
        counts[name] = {call: round(n, 3) for call, n in sorted(calls.items(), key=lambda c: -c[1]) if n >= ENOUGH}
        counts[name]["all"] = round(sum(calls.values()), 2)
    return counts, answered.requests
