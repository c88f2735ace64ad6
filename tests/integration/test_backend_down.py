# SPDX-License-Identifier: Apache-2.0
"""Requests are not affected by the trace backend's failures."""
import http.client
import re
import statistics
import time

import harness
from collector import Collector
from harness import StackTest, get, post_json, trace_id, wait_until

# A queue that is soon full, and an exporter that soon gives up.
SMALL = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "50",
         "OTEL_EXPORTER_OTLP_TIMEOUT": "1000", "ORDER_PROCESSING_MS": "0", "THREADS": "1"}
DROPPED = re.compile(r"^libtrace: warn: (\d+) spans dropped since the last report", re.MULTILINE)
N = 1000


def dropped(program):
    return [int(n) for n in DROPPED.findall(program.output)]


class BackendDown(StackTest):
    def latencies(self, n):
        """Seconds of each of n checkouts, one after the other on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.GATEWAY)
        took = []
        for _ in range(n):
            began = time.perf_counter()
            connection.request("GET", "/checkout")
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - began)
            self.assertEqual(answer.status, 200)
        connection.close()
        return took

    def test_requests_are_answered_as_fast_with_the_backend_stopped_as_with_it(self):
        self.start_backend()
        self.start_order("order-service", env=SMALL)
        self.start_gateway(env=SMALL)
        self.latencies(N // 2)  # connections, caches
        up = self.latencies(N)
        self.assertEqual(self.backend.program.stop(), 0)
        self.forget(self.backend.program)
        before = self.gateway.rss_bytes(), self.order.rss_bytes()
        down = self.latencies(N)
        silent = Collector(lambda n, _: None)  # takes connections and never answers
        self.addCleanup(silent.stop)
        hanging = self.latencies(N)
        for what, took in (("up", up), ("stopped", down), ("hanging", hanging)):
            harness.note(f"backend {what}: median {statistics.median(took) * 1e6:.0f} us, max {max(took) * 1e3:.1f} ms")
        for what, took in (("stopped", down), ("hanging", hanging)):
            # Twice the median and half a millisecond: more than noise, less than any waiting.
            self.assertLess(statistics.median(took), 2 * statistics.median(up) + 0.0005, what)
            self.assertLess(max(took), 0.9 * harness.SLOWNESS, what)  # nobody waited for the exporter's second
        # 6,000 spans, of which the queues hold 200.
        for program, bytes_before in zip((self.gateway, self.order), before):
            if not harness.SANITIZED:
                self.assertLess(program.rss_bytes() - bytes_before, 4 * 2 ** 20, program.name)

    def test_drops_are_said_once_an_interval_with_their_number_and_new_spans_arrive_later(self):
        self.start_order("order-service", env=SMALL)
        self.start_gateway(env=SMALL)
        self.latencies(N)
        for program in (self.gateway, self.order):
            # With requests: a relay's reports are printed by a program that makes spans.
            wait_until(lambda program=program: self.latencies(1) and dropped(program), 30, "a word about dropped spans")
        self.latencies(N)
        for program in (self.gateway, self.order):
            self.assertEqual(len(dropped(program)), 1, program.output)
            self.assertEqual(program.output.count("cannot export to"), 1, program.output)
        self.start_backend()

        asked = []

        def seen():  # what was asked while the exporter still waited for its next try may be dropped
            asked.append(trace_id(get(self.GATEWAY, "/checkout")))
            return any(len(self.backend.spans(trace)) == 3 for trace in asked)

        wait_until(seen, 20, "a whole new trace in the backend that came back")

    def test_every_dropped_span_is_counted(self):
        self.start_order("order-service", env=SMALL)
        for _ in range(N):
            post_json(self.ORDER, "/orders", {"item": "a", "qty": 1})
        self.assertEqual(self.order.stop(), 0)
        left = re.findall(r"warn: (\d+) spans are left to the relay", self.order.output)
        self.assertEqual(len(left), harness.RELAY)
        self.assertEqual(sum(dropped(self.order)) + sum(map(int, left)), N, self.order.output)
        self.assertLessEqual(len(dropped(self.order)), 2)  # the first at once, the rest at exit

    def test_the_stop_is_quick_whether_the_backend_is_gone_or_hangs(self):
        for backend in ("gone", "hanging"):
            with self.subTest(backend=backend):
                if backend == "hanging":
                    silent = Collector(lambda n, _: None)
                    self.addCleanup(silent.stop)
                self.start_order("order-service", env={**SMALL, "OTEL_EXPORTER_OTLP_TIMEOUT": "10000"})
                post_json(self.ORDER, "/orders", {"item": "a", "qty": 1})
                began = time.monotonic()
                self.assertEqual(self.order.stop(), 0)
                # 2 s are OTEL_C_EXIT_TIMEOUT; without a relay a refusal needs none of it.
                limit_s = 1 if backend == "gone" and not harness.RELAY else 3
                self.assertLess(time.monotonic() - began, limit_s * harness.SLOWNESS)


if __name__ == "__main__":
    harness.main()
