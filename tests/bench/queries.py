# SPDX-License-Identifier: Apache-2.0
"""What a traced query costs its caller: SQLite in memory, the spans sent to the sink, untraced and traced in turns."""
import setup as bench  # first: it says where harness is
import sink
from harness import run, wait_until
from neighbours import quartiles
from stacks import TRACING

QUERIES = 2000  # of each kind
KINDS = ("prepared", "text")
CREATED = 1 + 2 * 2000  # spans beside those that are timed: the table, warming up


def query_ns(setup, traced):
    before = sink.spans()
    done = run([bench.helper(setup, "queries"), str(QUERIES)], TRACING, traced=traced)
    if done.code:
        raise AssertionError(done.err)
    if traced:
        wait_until(lambda: sink.spans() - before >= 2 * QUERIES + CREATED, what="every span at the sink")
    return [float(ns) for ns in done.out.split()]


def measure(setup):
    turns = 4 if setup.quick else 20
    bench.say(f"queries: {turns} turns")
    found = {False: [], True: []}
    with sink.running(setup):
        for turn in range(turns):
            for traced in (True, False) if turn % 2 else (False, True):
                found[traced].append(query_ns(setup, traced))
    rows = {}
    for i, kind in enumerate(KINDS):
        plain, traced = ([each[i] for each in found[key]] for key in (False, True))
        rows[kind] = {"untraced_ns": quartiles(plain), "traced_ns": quartiles(traced),
                      "more_ns": quartiles([b - a for a, b in zip(plain, traced)])}
    return {"turns": turns, "queries": QUERIES, "kinds": rows}


if __name__ == "__main__":
    bench.run_part(measure)
