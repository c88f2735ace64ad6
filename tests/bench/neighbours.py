# SPDX-License-Identifier: Apache-2.0
"""Ratios of throughput and CPU: stacks that are up side by side take turns of a second under full load.

A machine's speed moves within seconds, so only neighbours in time are compared: a ratio a turn, and what is told of
them is the median and the quartiles.
"""
import contextlib
import statistics

import setup as bench  # first: it says where harness is
import sink
from loads import Load, cost
from stacks import Ports, go, missing, ours, running_stack

CONNECTIONS = 32
THREADS = (1, 2)


def stacks_for(setup, threads):
    return {"untraced": ours(setup, False, threads, Ports(8000, 8001)),
            "traced": ours(setup, True, threads, Ports(8002, 8003)),
            "go": go(setup, True, Ports(8004, 8005))}


def take_turns(setup, stacks, n, sink_program):
    """Each stack's costs, a turn each."""
    costs = {name: [] for name in stacks}
    with contextlib.ExitStack() as up:
        programs = {name: up.enter_context(running_stack(stack)) for name, stack in stacks.items()}
        for turn in range(-1, n):  # the first is to warm up
            # There and back, so that none is always the first.
            for name in list(stacks)[::-1] if turn % 2 else stacks:
                load = Load("turn", CONNECTIONS, None, 1, port=stacks[name].ports.gateway)
                row, _ = cost(setup, load, *programs[name], sink_program)
                if turn >= 0:
                    costs[name].append(row)
    return costs


def quartiles(ratios):
    low, median, high = statistics.quantiles(ratios, n=4)
    return {"median": median, "low": low, "high": high, "each": ratios}


def compare(costs, a, b, field):
    if a not in costs or b not in costs:
        return None
    return quartiles([getattr(x, field) / getattr(y, field) for x, y in zip(costs[a], costs[b])])


def measure(setup):
    n = setup.seconds * setup.rounds
    result = {"turns": n, "left_out": [], "threads": {}}
    for threads in THREADS:
        stacks = stacks_for(setup, threads)
        result["left_out"] = [reason for reason in map(missing, stacks.values()) if reason]
        stacks = {name: stack for name, stack in stacks.items() if not missing(stack)}
        bench.say(f"neighbours: {n} turns of {', '.join(stack.label for stack in stacks.values())}")
        with sink.running(setup) as program:
            costs = take_turns(setup, stacks, n, program)
        result["threads"][str(threads)] = {
            "throughput, of untraced": compare(costs, "traced", "untraced", "per_second"),
            "throughput, of Go's": compare(costs, "traced", "go", "per_second"),
            "gateway's CPU a request, of untraced": compare(costs, "traced", "untraced", "gateway_cpu_us"),
            "gateway's CPU a request, of Go's": compare(costs, "traced", "go", "gateway_cpu_us")}
    return result


if __name__ == "__main__":
    bench.run_part(measure)
