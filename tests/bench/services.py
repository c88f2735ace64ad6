# SPDX-License-Identifier: Apache-2.0
"""/checkout: what it costs, untraced and traced, beside the peers and a bare libh2o server.

wrk with one thread, the services and the sink share the machine's processors. The stacks take turns, round by round,
because a machine's speed moves with what its neighbours do, within seconds; so a load is put on second by second, and
what is compared is each one's quietest second, that in which a request took least CPU of all programs together. Needs
wrk; for system calls strace.
"""
import re
from collections import namedtuple

import setup as bench  # first: it says where harness is
import sink
from harness import wait_until
from loads import Load, cost, memory
from stacks import go, hello, missing, ours, python, running_stack
from syscalls import per_request

CONNECTIONS = 32
MORE_CONNECTIONS = (256, 1000)
RATE, SLOW_RATE = 2000, 50  # requests a second; the second for Python
WARM_UP = Load("warm-up", CONNECTIONS, None, 1)

# missing: spans that the sink should have got and has not. known: expected is exact, else the least there can be.
Spans = namedtuple("Spans", "expected known got missing reported_dropped")


def saturation(seconds):
    return Load("saturation", CONNECTIONS, None, 1, seconds)


def fixed_rate(seconds, per_second=RATE):
    return Load("fixed-rate", CONNECTIONS, per_second, seconds)


def many_connections(seconds):
    return [Load(f"connections-{n}", n, None, 1, seconds) for n in MORE_CONNECTIONS]


def plan(setup):
    """(stack, loads, rounds), in the order of a round."""
    s = setup.seconds
    full, short = setup.rounds, max(2, s - 2)
    # As many seconds with many connections as with few: the quietest of more would be the quieter one.
    alone = [saturation(s), fixed_rate(short), *many_connections(s)]
    peer = [saturation(s), fixed_rate(short)]
    return [
        (hello(setup, 1), [saturation(short)], full),
        (ours(setup, False, 1), alone, full),
        (ours(setup, True, 1), alone, full),
        (go(setup, False), peer, full),
        (go(setup, True), peer, full),
        (hello(setup, 2), [saturation(short)], full),
        (ours(setup, False, 2), [saturation(s)], full),
        (ours(setup, True, 2), [saturation(s)], full),
        (python(setup), [saturation(short), fixed_rate(short, SLOW_RATE)], 1),
    ]


# --- spans: are they all there? ---------------------------------------------------------------------------


def requests_served(program):
    """By its last line; of ours, which count all they have taken."""
    match = re.search(r"stopped.*\brequests=(\d+)", program.output)
    return int(match[1]) if match else None


def count_spans(stack, gateway, order, n_requests):
    got = sink.spans()
    taken = [requests_served(program) for program in (gateway, order)]
    known = None not in taken
    # A gateway's request has two spans, an order one. wrk leaves some unfinished, which it does not count.
    expected = 2 * taken[0] + taken[1] if known else 3 * n_requests + 1
    dropped = sum(int(n) for n in re.findall(r"(\d+) spans dropped since", gateway.output + order.output))
    return Spans(expected, known, got, max(0, expected - got), dropped)


# --- one stack in one round ---------------------------------------------------------------------------------

Visit = namedtuple("Visit", "idle costs spans")


def visit(setup, stack, loads, sink_program):
    """Starts a stack, puts the loads on it one after another, stops it."""
    sink.reset()
    with running_stack(stack) as (gateway, order):
        if stack.traced:  # so that idle means: all is loaded that it takes
            wait_until(lambda: sink.spans() >= 4, what="the first spans")
        idle = {"gateway": memory(gateway)._asdict(), "order": memory(order)._asdict() if order else None}
        n_requests, costs = 1, {}
        for load in (WARM_UP, *loads):
            slices = [cost(setup, load, gateway, order, sink_program) for _ in range(load.slices)]
            costs[load.name] = [row for row, _ in slices]
            n_requests += sum(n for _, n in slices)
    spans = count_spans(stack, gateway, order, n_requests) if stack.traced else None
    return Visit(idle, costs, spans)


def count_syscalls(setup, stack):
    with running_stack(stack) as (gateway, order):
        counts, n_requests = per_request(setup, gateway, order, CONNECTIONS)
    return counts and {**counts, "requests": n_requests}


# --- all ----------------------------------------------------------------------------------------------------


def cpu_of_all(row):
    return sum(us or 0 for us in (row.gateway_cpu_us, row.order_cpu_us, row.sink_cpu_us, row.client_cpu_us,
                                  row.relay_cpu_us))


def summary(visits, loads):
    """A stack's quietest slice of each load, and what came of every slice."""
    most = max(visits, key=lambda v: v.idle["gateway"]["rss_mb"])
    result = {"idle": most.idle, "rounds": len(visits)}
    for load in loads:
        rows = [row for v in visits for row in v.costs[load.name]]
        most_memory = {field: max(getattr(row, field) or 0 for row in rows) or None
                       for field in rows[0]._fields if field.endswith("_mb")}
        quietest = min(rows, key=cpu_of_all)
        result[load.name] = {**quietest._asdict(), **most_memory, "connections": load.connections,
                             "each_slice_per_second": [row.per_second for row in rows]}
    if visits[0].spans:
        result["spans"] = {field: sum(getattr(v.spans, field) for v in visits)
                           for field in ("expected", "got", "missing", "reported_dropped")}
        result["spans"]["expected_is_exact"] = all(v.spans.known for v in visits)
    return result


def measure(setup):
    stacks = plan(setup)
    left_out = [reason for reason in (missing(stack) for stack, _, _ in stacks) if reason]
    stacks = [entry for entry in stacks if not missing(entry[0])]
    visits = {stack.key: [] for stack, _, _ in stacks}
    calls = {}
    with sink.running(setup) as program:
        for i in range(setup.rounds):
            # There and back: what moves slowly is felt by all alike.
            for stack, loads, rounds in stacks[::-1] if i % 2 else stacks:
                if i < rounds:
                    bench.say(f"services: round {i + 1} of {rounds}, {stack.label}")
                    visits[stack.key].append(visit(setup, stack, loads, program))
        for traced in (False, True):
            stack = ours(setup, traced, 1)
            bench.say(f"services: system calls, {stack.label}")
            calls[stack.key] = count_syscalls(setup, stack)
    if None in calls.values():
        left_out.append("system calls: strace is not installed")
    return {"seconds": setup.seconds, "connections": CONNECTIONS, "left_out": left_out, "syscalls": calls,
            "stacks": {stack.key: {"label": stack.label, **summary(visits[stack.key], loads)}
                       for stack, loads, _ in stacks}}


if __name__ == "__main__":
    bench.run_part(measure)
