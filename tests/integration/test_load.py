# SPDX-License-Identifier: Apache-2.0
"""Many orders at once on one thread: the service processes them concurrently."""
import json
import os
import selectors
import socket
import subprocess
import time
import unittest

import harness
from harness import StackTest, wait_until

N = 2000
MANY = 10000
SPAN_BLOCK_BYTES = 2048  # trace/span.h
# Of the service for an order, by libh2o 2.2.5 (0.13) and by what came after it.
OWN_MAX_BYTES = (6 if harness.IS_H2O_2_2 else 15) * 1024
BODY = b'{"item":"widget","qty":1}'
REQUEST = (b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1:8001\r\nContent-Type: application/json\r\n"
           b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
ANSWER = b'{"order_id":"ord-789","status":"created"}'


def order_at_once(port, n, timeout):
    """Sends n orders on n connections from this one thread; returns the seconds each took to be answered."""
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(n)]
    try:
        with selectors.DefaultSelector() as selector:
            sent, received, took = {}, {}, []
            for s in sockets:
                selector.register(s, selectors.EVENT_READ)
                received[s] = b""
                sent[s] = time.monotonic()
                s.sendall(REQUEST)
            deadline = time.monotonic() + timeout
            while len(took) < n:
                ready = selector.select(deadline - time.monotonic())
                assert ready, f"{len(took)} of {n} orders answered within {timeout} s"
                for key, _ in ready:
                    s = key.fileobj
                    data = s.recv(65536)
                    received[s] += data
                    assert data and received[s].startswith(b"HTTP/1.1 200 "), received[s]
                    if received[s].endswith(ANSWER):
                        took.append(time.monotonic() - sent[s])
                        selector.unregister(s)
            return took
    finally:
        for s in sockets:
            s.close()


class Load(StackTest):
    def test_2000_orders_of_1_8_s_in_flight_at_once_on_one_thread(self):
        harness.allow_descriptors(self, N + 100)
        self.start_backend()
        # 4,000 spans end at once, behind those of the first step: a late exporter's queue may not be full of these.
        self.start_order(env={"THREADS": "1", "CHECK_INVENTORY_MS": "300", "INSERT_ORDER_RECORD_MS": "1500",
                              "OTEL_BSP_MAX_QUEUE_SIZE": "65536"})
        took = order_at_once(self.ORDER, N, 30 * harness.SLOWNESS)
        harness.note(f"{N} orders: first after {min(took):.2f} s, last after {max(took):.2f} s, "
                     f"peak RSS {self.order.peak_rss_bytes() / 2**20:.1f} MiB")
        self.assertGreaterEqual(min(took), 1.79)
        if not harness.SANITIZED:
            self.assertLessEqual(max(took), 2.5)
            self.assertLess(self.order.peak_rss_bytes(), 64 * 2 ** 20)
        wait_until(lambda: self.backend.services() == ["order-service"], what="spans in the backend")
        wait_until(lambda: "insert_order_record" in {s.name for t in self.backend.traces("order-service") for s in t},
                   what="the spans of the orders' second step")

    @unittest.skipIf(harness.SANITIZED, "measures time and memory")
    def test_ten_thousand_traced_orders_are_answered_in_time_and_each_takes_its_bytes_and_its_spans(self):
        harness.allow_descriptors(self, MANY + 100)
        self.start_backend()
        self.start_order(env={"THREADS": "1", "CHECK_INVENTORY_MS": "300", "INSERT_ORDER_RECORD_MS": "1500",
                              "LOG_LEVEL": "warn", "OTEL_BSP_MAX_QUEUE_SIZE": "65536"})
        idle = self.order.rss_by_kind()
        with subprocess.Popen([os.environ["LIBTRACE_IN_FLIGHT"], str(self.ORDER), str(MANY)], stdout=subprocess.PIPE,
                              text=True) as client:
            most = idle
            while client.poll() is None:
                most = [max(pair) for pair in zip(most, self.order.rss_by_kind())]
                time.sleep(0.05)
            answers = json.loads(client.communicate()[0])
        own, files, shared = (each - before for each, before in zip(most, idle))
        harness.note(f"{answers}; peak RSS {self.order.peak_rss_bytes() / 2**20:.1f} MiB: of an order in flight "
                     f"{own / MANY / 1024:.2f} KiB the service's, {shared / MANY / 1024:.2f} KiB spans")
        self.assertEqual(answers["answered"], MANY)
        self.assertLess(own / MANY, OWN_MAX_BYTES if harness.RELAY else OWN_MAX_BYTES + 5 * 1024)
        # One open for the order, one for its step; of the step before it, one at most that the relay has not sent.
        self.assertLess(shared / MANY, 3.2 * SPAN_BLOCK_BYTES)
        if os.getloadavg()[0] < 2 * os.cpu_count():
            self.assertLessEqual(answers["max_ms"], 2200)


if __name__ == "__main__":
    harness.main()
