# SPDX-License-Identifier: Apache-2.0
"""Stopping loses no answer and no span, and does not wait forever."""
import http.client
import signal
import threading
import time

import harness
from harness import CUSTOM_TREE, StackTest, get, one, post_json, trace_id, tree, wait_until

N = 100
# A stop may take what a program's grace for idle connections and its flush take, no more.
SOON_S = 2 * harness.SLOWNESS


class Shutdown(StackTest):
    def stop_in_the_middle(self, number):
        self.start_backend()
        # Spans leave at shutdown, or not at all: the delay is longer than the test.
        slow = {"OTEL_BSP_SCHEDULE_DELAY": "600000", "CHECK_INVENTORY_MS": "100", "INSERT_ORDER_RECORD_MS": "1000"}
        self.start_order(env=slow)
        self.start_gateway(env=slow)
        answers = [None] * N

        def ask(i):
            answers[i] = get(self.GATEWAY, f"/checkout?item=item-{i}")

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(N)]
        for thread in threads:
            thread.start()
        # All orders have arrived, none has been answered.
        wait_until(lambda: self.order.output.count("order received") == N, what=f"{N} orders received")
        self.assertEqual(answers, [None] * N)
        self.gateway.signal(number)
        self.order.signal(number)
        for thread in threads:
            thread.join()
        self.assertEqual([a and a.status for a in answers], [200] * N)
        self.assertEqual((self.gateway.wait(), self.order.wait()), (0, 0))
        for i, answer in enumerate(answers):
            spans = self.backend.trace(trace_id(answer), 5)
            self.assertEqual(tree(spans), CUSTOM_TREE)
            self.assertEqual(one(spans, "check_inventory").attributes["item"], f"item-{i}")

    def test_sigterm_in_the_middle_of_100_requests_loses_no_answer_and_no_span(self):
        self.stop_in_the_middle(signal.SIGTERM)

    def test_sigint_in_the_middle_of_100_requests_loses_no_answer_and_no_span(self):
        self.stop_in_the_middle(signal.SIGINT)

    def test_an_idle_service_stops_at_once_whichever_signal_asks(self):
        self.start_backend()
        for number in (signal.SIGTERM, signal.SIGINT):
            for start in (self.start_order, self.start_gateway):
                with self.subTest(signal=number, start=start.__name__):
                    program = start()
                    began = time.monotonic()
                    program.signal(number)
                    self.assertEqual(program.wait(), 0, program.output)
                    self.assertLess(time.monotonic() - began, SOON_S)

    def test_keep_alive_connections_do_not_delay_the_stop(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        connections = [http.client.HTTPConnection("127.0.0.1", self.ORDER) for _ in range(20)]
        for connection in connections:
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b'{"status":"ok"}')
        untouched = [http.client.HTTPConnection("127.0.0.1", self.ORDER) for _ in range(20)]
        for connection in untouched:
            connection.connect()
        began = time.monotonic()
        self.order.signal(signal.SIGTERM)
        self.assertEqual(self.order.wait(), 0, self.order.output)
        self.assertLess(time.monotonic() - began, SOON_S)
        for connection in connections + untouched:
            connection.close()

    def test_a_draining_service_takes_no_new_connection_and_still_answers_the_old_ones(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "1500"}, traced=False)
        answers = []
        slow = threading.Thread(
            target=lambda: answers.append(post_json(self.ORDER, "/orders", {"item": "a", "qty": 1})))
        slow.start()
        wait_until(self.connections, what="the slow order's connection")
        self.order.signal(signal.SIGTERM)
        wait_until(lambda: not harness.answers(self.ORDER, "/healthz"), what="a closed port")
        self.assertEqual(answers, [])
        slow.join()
        self.assertEqual([a.status for a in answers], [200])
        self.assertEqual(answers[0].headers["connection"], "close")
        self.assertEqual(self.order.wait(), 0, self.order.output)

    def connections(self):
        """Established connections to the order service, as the kernel lists them."""
        port = f":{self.ORDER:04X}"
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        return [row for row in rows if row[1].endswith(port) and row[3] == "01"]

    def test_a_second_signal_quits_without_waiting(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "60000"}, traced=False)

        def ask():
            try:
                post_json(self.ORDER, "/orders", {"item": "a", "qty": 1})
            except (OSError, http.client.HTTPException):
                pass

        slow = threading.Thread(target=ask)
        slow.start()
        wait_until(self.connections, what="the order's connection")
        self.order.signal(signal.SIGTERM)
        wait_until(lambda: not harness.answers(self.ORDER, "/healthz"), what="a closed port")
        self.assertIsNone(self.order.process.poll())
        self.order.signal(signal.SIGTERM)
        self.assertEqual(self.order.wait(), 128 + signal.SIGTERM)
        slow.join()
        self.forget(self.order)


if __name__ == "__main__":
    harness.main()
