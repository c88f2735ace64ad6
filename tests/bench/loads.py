# SPDX-License-Identifier: Apache-2.0
"""Load on a gateway and its cost: throughput, latency, CPU of each process for a request, memory."""
import json
import re
import resource
import subprocess
import time
from collections import namedtuple

from setup import cpu_ns, helper  # first: it says where harness is
from harness import relays
from stacks import GATEWAY

# per_second: None for as much as there can be, by wrk; else at that rate, latency counted from a request's due time.
# seconds: of each of its slices, which are measured one by one. port: the gateway's.
Load = namedtuple("Load", "name connections per_second seconds slices port", defaults=(1, GATEWAY))
Answered = namedtuple("Answered", "requests per_second p50_ms p99_ms")
# CPU for each request; the client is wrk or our own, relay is of all relays; memory at the load's end.
Cost = namedtuple("Cost", "per_second p50_ms p99_ms gateway_cpu_us order_cpu_us sink_cpu_us client_cpu_us relay_cpu_us "
                          "gateway_rss_mb gateway_private_mb order_rss_mb order_private_mb")
Memory = namedtuple("Memory", "rss_mb private_mb dirty_mb")

MEMORY_BEFORE_END_S = 0.2


class LoadFailed(Exception):
    pass


def memory(program):
    """private: pages that no other process has, clean ones of files too; dirty: those of them that were written."""
    with open(f"/proc/{program.pid}/smaps_rollup") as file:
        kb = {key: int(value) for key, value in re.findall(r"(\w+): +(\d+) kB", file.read())}
    return Memory(*(round(n / 1024, 3) for n in (kb["Rss"], kb["Private_Clean"] + kb["Private_Dirty"],
                                                kb["Private_Dirty"])))


def command_of(setup, load, path):
    if load.per_second is None:
        return ["wrk", "-t1", f"-c{load.connections}", f"-d{load.seconds}s", "--timeout", "10s", "--latency",
                f"http://127.0.0.1:{load.port}{path}"]
    return [helper(setup, "rate"), str(load.port), path, str(load.connections), str(load.per_second), str(load.seconds)]


def read_wrk(output):
    if "Non-2xx" in output or "Socket errors" in output:
        raise LoadFailed(f"requests failed:\n{output}")
    unit = {"us": 1e-3, "ms": 1, "s": 1e3}
    latency = {p: float(v) * unit[u] for p, v, u in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", output)}
    return Answered(int(re.search(r"(\d+) requests in", output)[1]),
                    float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), latency["50"], latency["99"])


def read_rate(output):
    result = json.loads(output)
    if result["answered"] != result["requests"]:
        raise LoadFailed(f"requests failed: {output}")
    return Answered(result["requests"], result["answered"] / result["seconds"], result["p50_ms"], result["p99_ms"])


def apply(setup, load, at_the_end=lambda: None, path="/checkout"):
    """Puts the load on the gateway; at_the_end is called shortly before its end. Returns Answered and its result."""
    process = subprocess.Popen(command_of(setup, load, path), stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(max(0, load.seconds - MEMORY_BEFORE_END_S))
        result = at_the_end()
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    return (read_wrk if load.per_second is None else read_rate)(output), result


def client_ns():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # of those that have ended: the client, between two calls
    return (used.ru_utime + used.ru_stime) * 1e9


def cost(setup, load, gateway, order, sink):
    """The load's cost, and how many requests it was of."""
    programs = [gateway, order, sink]

    def used():
        return [cpu_ns(p.pid) if p else None for p in programs] + [client_ns(), sum(map(cpu_ns, relays()))]

    before = used()
    answered, memories = apply(setup, load, lambda: [memory(p) if p else None for p in (gateway, order)])
    cpu_us = [None if a is None else round((b - a) / 1e3 / answered.requests, 3) for a, b in zip(before, used())]
    sizes = [size for m in memories for size in ((m.rss_mb, m.private_mb) if m else (None, None))]
    return Cost(*answered[1:], *cpu_us, *sizes), answered.requests
