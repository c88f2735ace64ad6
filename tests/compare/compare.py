#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts how many spans have the right parent, for a gateway whose requests interleave on one event loop.

Ours, the Python original of the tutorial, and our gateway under OpenTelemetry's eBPF instrumentation, where that (obi)
and the privileges for it are there. Exits with 1 unless all of ours are right. `make compare`.
"""
import argparse
import os
import resource
import signal
import sys
import time
from collections import Counter, namedtuple
from contextlib import ExitStack

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))
import harness  # noqa: E402
import gateways  # noqa: E402
from client import send  # noqa: E402
from gateways import GATEWAY, last_line, running  # noqa: E402
from harness import Backend, Program, get, wait_until  # noqa: E402
from parents import judge, number_of  # noqa: E402

REQUESTS, HEADER_BYTES, BODY_BYTES = (1, 100, 1000), 8192, 65536
READY_S = 60    # for a gateway's first trace
SETTLED_S = 10  # spans that have not come while none came for so long are missing
DESCRIPTORS = 8192
PROBLEMS_SHOWN = 3
WARM_UP, FIRST = 1_000_000, 1  # numbers of requests

# statuses: of the answers, with their numbers. reason: why it was not run, or None; the others are None then
Row = namedtuple("Row", "key label requests statuses verdict reason")


def say(text):
    """Progress, beside the table."""
    print(f"compare: {text}", file=sys.stderr, flush=True)


# --- one gateway --------------------------------------------------------------------------------------------


def all_spans(backend):
    found = {s.id: s for service in backend.services() for trace in backend.traces(service) for s in trace}
    return list(found.values())


def settled_verdict(backend, numbers):
    """The verdict once all is right, or once no more spans come."""
    n, changed = 0, time.monotonic()
    while True:
        spans = all_spans(backend)
        verdict = judge(spans, numbers)
        if len(spans) != n:
            n, changed = len(spans), time.monotonic()
        if verdict.right == verdict.expected or time.monotonic() - changed > SETTLED_S * harness.SLOWNESS:
            return verdict
        time.sleep(0.2)


def wait_for_first_trace(program, backend):
    """Requests, until the gateway answers one and a span of it has arrived."""
    def is_traced():
        if program.process.poll() is not None:
            raise AssertionError(f"{program.name} ended: {last_line(program.output)}")
        try:
            answered = get(GATEWAY, f"/checkout?qty={WARM_UP}", timeout=READY_S).status == 200
        except OSError:
            return False
        return answered and any(s.kind == "SERVER" and number_of(s) == WARM_UP for s in all_spans(backend))

    try:
        wait_until(is_traced, READY_S)
    except AssertionError as error:
        ended = str(error) if "ended" in str(error) else f"no span of it in {READY_S} s: {last_line(program.output)}"
        raise RuntimeError(ended) from None


def not_run(gateway, reason):
    return Row(gateway.key, gateway.label, None, None, None, reason)


def rows_of(gateway, options):
    """Yields a row for each number of requests; one without a verdict where it is not traced."""
    with ExitStack() as programs:
        backend = Backend(programs.enter_context(running(Program(["traceview", "serve"]))))
        programs.enter_context(gateways.order_service()).wait_ready(gateways.ORDER)
        first = FIRST
        try:
            wait_for_first_trace(programs.enter_context(gateway.start()), backend)
        except RuntimeError as error:
            yield not_run(gateway, str(error))
            return
        for n in options.requests:
            say(f"{gateway.label}: {n} at once")
            numbers = range(first, first + n)
            first += n
            statuses = send(numbers, GATEWAY, options.header_bytes, options.body_bytes)
            answered = [number for number, status in zip(numbers, statuses) if status == 200]  # the others have no order
            yield Row(gateway.key, gateway.label, n, Counter(statuses), settled_verdict(backend, answered), None)


# --- the table ----------------------------------------------------------------------------------------------


def percent(verdict):
    """Rounded down: 100.00 % is all of them."""
    return f"{int(verdict.right * 10000 / verdict.expected) / 100:.2f} %" if verdict.expected else "-"


def answered_otherwise(statuses):
    others = [f"{n} of {status}" for status, n in statuses.items() if status != 200]
    return [f"answers: {statuses[200]} of 200, {', '.join(others)}"] if others else []


def print_table(rows, options):
    width = max(len(row.label) for row in rows)
    print(f"GET /checkout with {options.body_bytes:,} bytes of body and {options.header_bytes:,} of headers, "
          f"all at once on one event loop; three spans a request that is answered\n")
    print(f"{'':{width}}  requests  in flight  spans  right parent")
    before = None
    for row in rows:
        label = row.label if row.label != before else ""
        before = row.label
        if row.reason:
            print(f"{label:{width}}  not run: {row.reason}")
            continue
        v = row.verdict
        print(f"{label:{width}}  {row.requests:8,}  {v.in_flight:9,}  {v.expected:5,}  {v.right:5,}  {percent(v):>8}")
        for problem in answered_otherwise(row.statuses) + v.wrong[:PROBLEMS_SHOWN]:
            print(f"{'':{width}}    {problem}")


def ours_is_right(rows):
    ours = [row for row in rows if row.key == "ours"]
    return bool(ours) and all(row.verdict and row.statuses[200] == row.requests and row.verdict.right == row.verdict.expected
                              for row in ours)


# --- all ----------------------------------------------------------------------------------------------------


def arguments():
    def numbers(text):
        return [int(n) for n in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], epilog=" ".join(__doc__.split("\n")[2:]))
    parser.add_argument("--only", choices=["ours", "python", "ebpf"], action="append", help="this gateway alone")
    parser.add_argument("--requests", type=numbers, default=REQUESTS, metavar="N,...",
                        help="how many at once (%(default)s)".replace("%(default)s", ",".join(map(str, REQUESTS))))
    parser.add_argument("--header-bytes", type=int, default=HEADER_BYTES, metavar="N", help="of a request (%(default)s)")
    parser.add_argument("--body-bytes", type=int, default=BODY_BYTES, metavar="N", help="of a request (%(default)s)")
    parser.add_argument("--cache", default=os.path.join(harness.SOURCE, "build"), metavar="DIR",
                        help="where the Python original's modules are, or are brought by pip (%(default)s)")
    return parser.parse_args()


def main():
    options = arguments()
    if not os.path.exists(harness.program_path("libtrace-instrument")):
        sys.exit(f"compare: no libtrace-instrument in LIBTRACE_BIN={harness.BIN!r}: make compare sets it")
    plan = [gateways.ours(), gateways.python(os.path.abspath(options.cache)), gateways.ebpf()]
    plan = [gateway for gateway in plan if not options.only or gateway.key in options.only]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started is stopped
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS), hard))
    reasons = [gateway.missing() for gateway in plan]  # what pip brings comes by the network that is left next
    harness.enter_network()
    rows = []
    for gateway, reason in zip(plan, reasons):
        rows += [not_run(gateway, reason)] if reason else rows_of(gateway, options)
    print_table(rows, options)
    n_reports = harness.print_sanitizer_logs() if harness.sanitizer_runtimes() else 0
    is_wanted = not options.only or "ours" in options.only
    return 1 if n_reports or is_wanted and not ours_is_right(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
