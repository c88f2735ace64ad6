# SPDX-License-Identifier: Apache-2.0
"""Export by the relay beside export by a thread of the program: what a span, a request and a launch cost, and memory.

Both take turns in one run, and a ratio or difference is of one turn; told are the median and the quartiles.
"""
import contextlib
import json
import os
import time

import setup as bench  # first: it says where harness is
import sink
from harness import Program, command_of, relays, run, wait_until
from loads import Load, cost
from neighbours import CONNECTIONS, quartiles
from stacks import TRACING, Ports, ours, running_stack

WAYS = {"relay": {"OTEL_C_RELAY": "yes"}, "thread": {"OTEL_C_RELAY": "no"}}


def in_turns(n, call):
    """call(way) for both, n times, there and back; {way: [result]}"""
    found = {way: [] for way in WAYS}
    for turn in range(n):
        for way in list(WAYS)[::-1] if turn % 2 else WAYS:
            found[way].append(call(way))
    return found


def ratios(of_relay, of_thread):
    return quartiles([a / b for a, b in zip(of_relay, of_thread)])


# --- a span ---------------------------------------------------------------------------------------------------


def span_ns(setup, way, n_bursts):
    """The caller's wall time a span: the median burst of the agent's provider, sent to the sink."""
    before = sink.spans()
    done = run([bench.helper(setup, "micro"), str(n_bursts), "agent"], {**TRACING, **WAYS[way]}, traced=True)
    row = json.loads(done.out)
    wait_until(lambda: sink.spans() - before >= row["spans"], what="every span at the sink")
    return row["ns_p50"]


def measure_span(setup, n):
    ns = in_turns(n, lambda way: span_ns(setup, way, 50 if setup.quick else 200))
    return {**{way: quartiles(each) for way, each in ns.items()}, "ratio": ratios(ns["relay"], ns["thread"])}


# --- a request --------------------------------------------------------------------------------------------------


def cpu_us(way, row):
    """The relays of the stack that does not have its turn send what is left, or idle."""
    return row.gateway_cpu_us + row.order_cpu_us + (row.relay_cpu_us if way == "relay" else 0)


def peak_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def measure_request(setup, n, sink_program):
    stacks = {way: ours(setup, True, 1, Ports(8000 + 2 * i, 8001 + 2 * i), env) for i, (way, env) in enumerate(WAYS.items())}
    with contextlib.ExitStack() as up:
        programs = {way: up.enter_context(running_stack(stack)) for way, stack in stacks.items()}

        def turn(way):
            load = Load("turn", CONNECTIONS, None, 1, port=stacks[way].ports.gateway)
            return cost(setup, load, *programs[way], sink_program)[0]

        in_turns(1, turn)  # to warm up
        rows = in_turns(n, turn)
        relay_mb = max(map(peak_mb, relays()))
    cpu = {way: [cpu_us(way, row) for row in each] for way, each in rows.items()}
    return {**{way: quartiles(each) for way, each in cpu.items()}, "ratio": ratios(cpu["relay"], cpu["thread"]),
            "gateway_mb": {way: max(row.gateway_rss_mb for row in each) for way, each in rows.items()},
            "relay_mb": relay_mb}


# --- a launch ---------------------------------------------------------------------------------------------------


def launch_ms(line, env):
    began = time.perf_counter()
    pid = os.posix_spawnp(line[0], line, env)
    os.waitpid(pid, 0)
    return (time.perf_counter() - began) * 1e3


def measure_launch(n):
    bare = ["true"], dict(os.environ)
    lines = {"bare": bare, **{way: command_of(["true"], {**TRACING, **env}, traced=True) for way, env in WAYS.items()}}
    ms = {name: [] for name in lines}
    for turn in range(-2, n):
        for name in list(lines)[::-1] if turn % 2 else lines:
            took = launch_ms(*lines[name])
            if turn >= 0:
                ms[name].append(took)
        wait_until(lambda: not relays(), what="the relay's end")  # it is not to be in the next one's way
    return {**{name: quartiles(each) for name, each in ms.items()},
            "more": {way: quartiles([a - b for a, b in zip(ms[way], ms["bare"])]) for way in WAYS}}


def measure_idle_mb():
    """A relay whose program has made no span yet."""
    with bench.started(Program(["sleep", "60"], traced=True, env={**TRACING, **WAYS["relay"]})):
        (pid,) = wait_until(relays, what="a relay")
        wait_until(lambda: os.path.exists(f"/proc/{pid}/task") and len(os.listdir(f"/proc/{pid}/task")) == 2, what="its thread")
        time.sleep(0.1)  # a few turns of its loop
        return peak_mb(pid)


def measure(setup):
    n = 4 if setup.quick else 20
    with sink.running(setup) as program:
        bench.say(f"relay: {n} turns of spans, of requests, {5 * n} launches")
        return {"turns": n, "span_ns": measure_span(setup, n), "request_us": measure_request(setup, n, program),
                "launches": 5 * n, "launch_ms": measure_launch(5 * n), "idle_mb": measure_idle_mb()}


if __name__ == "__main__":
    bench.run_part(measure)
