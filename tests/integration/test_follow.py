# SPDX-License-Identifier: Apache-2.0
"""What a request starts goes on in its trace: threads and timers, with 100 requests at once in a program without
tracing code (tests/agent/h2o_host.c), on both of libh2o's loops.  Nothing has another request's parent."""
import re
import secrets
import unittest

import harness
from harness import at_once, get, http_bytes, wait_until
from test_h2o import CALLER, HOST, UPSTREAM, H2oTest

N = 100
N_BEATS = 3  # as in h2o_host.c


class Follow(H2oTest):
    ARGUMENTS = [f"http://127.0.0.1:{UPSTREAM}/"]

    def setUp(self):
        super().setUp()
        self.upstream = self.serve_raw(UPSTREAM, http_bytes(200, b"up\n"))

    def ask(self, path, n=N):
        """n requests at once, each in a trace of its own; returns the traces."""
        traces = [secrets.token_hex(16) for _ in range(n)]
        answers = at_once(n, lambda i: get(HOST, f"{path}?i={i}", timeout=60, headers={
            "traceparent": f"00-{traces[i]}-{CALLER}-01"}))
        self.assertEqual([answer.status for answer in answers], [200] * n)
        return traces

    def calls(self, n):
        """What has been asked for upstream: (number of the request, its trace, its span)."""
        wait_until(lambda: len(self.upstream.requests) >= n, 60, f"{n} calls")
        self.assertEqual(len(self.upstream.requests), n)
        found = []
        for request in self.upstream.requests:
            (number,) = re.findall(rb"^GET /\?i=(\d+) ", request)
            (parent,) = re.findall(rb"(?im)^traceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-0[13]\r$", request)
            found.append((int(number), *(text.decode() for text in parent)))
        return sorted(found)

    def check_that_each_belongs_to_its_request(self, path):
        traces = self.ask(path)
        calls = self.calls(N)
        self.assertEqual([(i, trace) for i, trace, _ in calls], list(enumerate(traces)))
        for i, trace, sent in calls:
            spans = self.backend.trace(trace, 2, 60)
            (server,) = [span for span in spans if span.kind == "SERVER"]
            (client,) = [span for span in spans if span.kind == "CLIENT"]
            self.assertEqual((server.name, server.parent), (f"GET {path}", CALLER))
            self.assertEqual((client.id, client.parent), (sent, server.id))

    def check_root(self, trace, sent):
        (client,) = self.backend.trace(trace, 1, 60)
        self.assertEqual((client.kind, client.id, client.parent), ("CLIENT", sent, ""))

    def test_a_thread_works_for_the_request_that_started_it(self):
        self.check_that_each_belongs_to_its_request("/thread")

    def test_so_does_a_thread_of_c11(self):
        self.check_that_each_belongs_to_its_request("/thrd")

    @unittest.skipUnless(harness.IS_H2O_2_2, "libh2o 2.3 stops timers unseen")
    def test_a_timer_fires_for_the_request_that_set_it(self):
        self.check_that_each_belongs_to_its_request("/timed")

    @unittest.skipUnless(harness.IS_H2O_2_2, "libh2o 2.3 stops timers unseen")
    def test_a_timer_that_sets_itself_again_is_nobody_s(self):
        (trace,) = self.ask("/beat", 1)
        calls = self.calls(N_BEATS)
        of_request = [call for call in calls if call[1] == trace]
        self.assertEqual(len(of_request), 1)
        server, client = sorted(self.backend.trace(trace, 2, 60), key=lambda span: span.kind, reverse=True)
        self.assertEqual((client.id, client.parent), (of_request[0][2], server.id))
        for _, other, sent in calls:
            if other != trace:
                self.check_root(other, sent)

    def test_a_timer_that_is_stopped_and_set_outside_of_any_request_has_no_parent(self):
        (trace,) = self.ask("/stopped", 1)
        ((_, other, sent),) = self.calls(1)
        self.assertNotEqual(other, trace)
        self.check_root(other, sent)
        self.server_span(trace)


class UvFollow(Follow):
    PROGRAM = "LIBTRACE_H2O_UV_HOST"


class NotFollowed(Follow):
    """Switched off, each call is a trace of its own."""
    ENV = {"OTEL_C_FOLLOW": "false"}

    def check_that_each_belongs_to_its_request(self, path):
        traces = self.ask(path, 5)
        calls = self.calls(5)
        self.assertEqual(len({trace for _, trace, _ in calls} | set(traces)), 10)
        for _, trace, sent in calls:
            self.check_root(trace, sent)

    def test_a_timer_that_sets_itself_again_is_nobody_s(self):
        (trace,) = self.ask("/beat", 1)
        for _, other, sent in self.calls(N_BEATS):
            self.assertNotEqual(other, trace)
            self.check_root(other, sent)


if __name__ == "__main__":
    harness.main()
