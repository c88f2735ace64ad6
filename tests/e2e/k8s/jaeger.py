# SPDX-License-Identifier: Apache-2.0
"""Jaeger in the cluster: what it has of a trace, and of those of a load."""
import http.client
import json
import time

from harness import note, spans_of, tree
from kube import Load, forward, wait_until

PER_SECOND, SECONDS = 20, 60


class Jaeger:
    """Its query API, on one connection through a port-forward."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def spans(self, trace):
        self.connection.request("GET", f"/api/v3/traces/{trace}")
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status == 404:
            return []
        assert answer.status == 200, body
        return spans_of(json.loads(body)["result"]["resourceSpans"])

    def wait_for(self, trace, expected, timeout=20):
        """The spans of a trace, once they make this tree."""
        found = []

        def complete():
            nonlocal found
            found = self.spans(trace)
            return tree(found) == expected

        try:
            wait_until(complete, timeout, f"trace {trace}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {tree(found)}") from None
        return found

    def count_spans(self, traces, each, timeout=20):
        """How many spans there are of each trace, as soon as none misses one, or after the timeout."""
        counts, deadline = {}, time.monotonic() + timeout
        while True:
            for trace in traces:
                if counts.get(trace, 0) < each:
                    counts[trace] = len(self.spans(trace))
            if min(counts.values()) >= each or time.monotonic() > deadline:
                return counts
            time.sleep(1)


def under_load(what, act, seconds=SECONDS, each=3):
    """act() a quarter into a load. @return (answers, those that failed, trace -> spans that it misses)"""
    load = Load(PER_SECOND, seconds)
    time.sleep(max(0, load.first_at + seconds / 4 - time.time()))
    began = time.time()
    act()
    answers = load.finish()
    failed = [a for a in answers if not a.good]
    with forward("jaeger", 16686) as port:
        counts = Jaeger(port).count_spans([a.rest for a in answers if a.good], each)
    missing = {trace: each - n for trace, n in counts.items() if n < each}
    slowest = max(a.milliseconds for a in answers)
    note(f"{what}: {len(answers)} requests, {len(failed)} failed, {len(missing)} traces incomplete "
         f"({sum(missing.values())} spans), slowest {slowest} ms; {began - load.first_at:.0f} s after the first answer")
    for reason in sorted({f"{a.status} {a.rest}" for a in failed}):
        after = [a.at - began for a in failed if f"{a.status} {a.rest}" == reason]
        note(f"    {len(after)} times, {min(after):.1f} to {max(after):.1f} s later: {reason}")
    return answers, failed, missing
