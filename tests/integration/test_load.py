# SPDX-License-Identifier: Apache-2.0
"""Many orders at once on one thread: the service processes them concurrently."""
import resource
import selectors
import socket
import time

import harness
from harness import StackTest, wait_until

N = 2000
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
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < N + 100:
            self.skipTest(f"this machine allows {hard} descriptors a process, fewer than {N} connections take")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, N + 100), hard))
        self.start_backend()
        self.start_order(env={"THREADS": "1", "CHECK_INVENTORY_MS": "300", "INSERT_ORDER_RECORD_MS": "1500"})
        took = order_at_once(self.ORDER, N, 30 * harness.SLOWNESS)
        harness.note(f"{N} orders: first after {min(took):.2f} s, last after {max(took):.2f} s, "
                     f"peak RSS {self.order.peak_rss_bytes() / 2**20:.1f} MiB")
        self.assertGreaterEqual(min(took), 1.79)
        if not harness.SANITIZED:
            self.assertLessEqual(max(took), 2.5)
            self.assertLess(self.order.peak_rss_bytes(), 64 * 2 ** 20)
        wait_until(lambda: self.backend.services() == ["order-service"], what="spans in the backend")
        self.assertIn("insert_order_record", {s.name for trace in self.backend.traces("order-service") for s in trace})


if __name__ == "__main__":
    harness.main()
