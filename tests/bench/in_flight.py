# SPDX-License-Identifier: Apache-2.0
"""10,000 orders at once, each on a connection of its own, on one order-service-custom thread: whether and when all are answered.

An order takes 1.8 s there: 0.3 s for the inventory, 1.5 s for the record; traced it has three spans.
"""
import json
import re
import subprocess
from collections import namedtuple

import setup as bench  # first: it says where harness is
import sink
from harness import Program
from setup import cpu_ns, helper
from stacks import ORDER, TRACING

ORDERS, ORDER_MS = 10000, 1800
# connecting_ms: for all the connections, before the first order; max_ms: the slowest order.
Round = namedtuple("Round", "answered connecting_ms sending_ms min_ms p50_ms max_ms cpu_us_per_order peak_rss_mb "
                            "spans_missing")


def send_orders(setup):
    done = subprocess.run([helper(setup, "in_flight"), str(ORDER), str(ORDERS)], stdout=subprocess.PIPE, text=True,
                          check=False)
    assert done.stdout, f"in_flight ended with {done.returncode}"
    return json.loads(done.stdout)


def start(traced):
    env = {**(TRACING if traced else {}), "PORT": str(ORDER), "THREADS": "1", "LOG_LEVEL": "warn"}
    return Program(["order-service-custom"], traced=traced, service="order-service", env=env)


def one_round(setup, traced):
    sink.reset()
    with bench.started(start(traced).wait_ready(ORDER)) as order:
        before = cpu_ns(order.pid)
        result = send_orders(setup)
        cpu_us = (cpu_ns(order.pid) - before) / 1e3 / ORDERS
        peak = order.peak_rss_bytes() / 2**20
    assert not re.search("dropped|WARN", order.output), order.output
    missing = 3 * ORDERS - sink.spans() if traced else None
    return Round(*(result[field] for field in Round._fields[:6]), cpu_us, peak, missing)


def measure(setup):
    rows = {"untraced": [], "traced": []}
    with sink.running(setup):
        for i in range(setup.rounds):
            for name, rounds in rows.items():
                bench.say(f"in flight: round {i + 1} of {setup.rounds}, {name}")
                rounds.append(one_round(setup, name == "traced"))
    return {"orders": ORDERS, "order_ms": ORDER_MS,
            **{name: {**bench.medians(rounds)._asdict(), "slowest_of_all_rounds_ms": max(r.max_ms for r in rounds),
                      "fewest_answered": min(r.answered for r in rounds)} for name, rounds in rows.items()}}


if __name__ == "__main__":
    bench.run_part(measure)
