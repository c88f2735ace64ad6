# SPDX-License-Identifier: Apache-2.0
"""The fault slow-discount: an order waits before its insert, in code without a span, for as long as its customer's history."""
import json
import os
import socket
import unittest

import harness
from harness import StackTest, one, post_json, trace_id, tree, wait_until

SOLVED = os.environ.get("LIBTRACE_LAB_8_SOLVED", "")
WIDGET = {"item": "widget", "qty": 1}
OLD, NEW = "session-2", "session-3"  # customers with 63 past orders and with 4


def gap_ms(spans):
    return (one(spans, "insert_order_record").start_ns - one(spans, "check_inventory").end_ns) / 1e6


class Discount(StackTest):
    def start_faulty_order(self, program):
        self.start_backend()
        self.start_order(program, options=["--faults"], env={
            "CHECK_INVENTORY_MS": "10", "INSERT_ORDER_RECORD_MS": "10", "THREADS": "1", "LAG_MAX_MS": "0"})

    def send(self, n_spans, **headers):
        answer = post_json(self.ORDER, "/orders", WIDGET, headers, timeout=60)
        self.assertEqual(answer.status, 200, answer)
        return self.backend.trace(trace_id(answer), n_spans, timeout=60)

    def test_the_longer_a_customer_s_history_the_longer_the_wait_and_no_span_shows_it(self):
        self.start_faulty_order("order-service-custom")
        old = self.send(3, **{"X-Fault": "slow-discount", "baggage": f"session.id={OLD}"})
        new = self.send(3, **{"X-Fault": "slow-discount", "baggage": f"session.id={NEW}"})
        nobody = self.send(3, **{"X-Fault": "slow-discount"})
        without = self.send(3, baggage=f"session.id={OLD}")
        for spans in (old, new, nobody, without):
            self.assertEqual(tree(spans), [[("order-service", "SERVER", "POST /orders"), [
                [("order-service", "INTERNAL", "check_inventory"), []],
                [("order-service", "INTERNAL", "insert_order_record"), []]]]])
        self.assertGreaterEqual(gap_ms(old), 630)
        self.assertGreaterEqual(gap_ms(new), 40)
        self.assertEqual([one(spans, "insert_order_record").attributes.get("order.discount_percent")
                          for spans in (old, new, nobody, without)], [6, 0, 0, None])

    def logged(self, text):
        return [line for line in self.order.lines if text in line]

    def leave(self):
        """Sends an old customer's orders, and disconnects when a discount is being computed, until one was not too late.
        @return its trace"""
        body = json.dumps(WIDGET).encode()
        for n in range(1, 30):
            head = ["POST /orders HTTP/1.1", "Host: a", "Content-Type: application/json", f"Content-Length: {len(body)}",
                    "X-Fault: slow-discount", f"baggage: session.id={OLD}", f"traceparent: 00-{n:032x}-{n:016x}-01", "", ""]
            with socket.create_connection(("127.0.0.1", self.ORDER)) as connection:
                connection.sendall("\r\n".join(head).encode() + body)
                wait_until(lambda: len(self.logged("inventory checked")) == n, 60, "the first step")
            wait_until(lambda: len(self.logged("order cancelled") + self.logged("order record inserted")) == n, 60, "the end")
            if any("trace_id" not in line for line in self.logged("order cancelled")):  # between two spans
                return f"{n:032x}"
        self.fail(self.order.output)

    def test_a_customer_who_leaves_ends_it(self):
        self.start_faulty_order("order-service-custom")
        spans = self.backend.trace(self.leave(), 2, timeout=60)
        self.assertEqual([span.name for span in spans], ["POST /orders", "check_inventory"])
        self.send(3, **{"X-Fault": "slow-discount", "baggage": f"session.id={NEW}"})

    @unittest.skipUnless(SOLVED, "no patch(1)")
    def test_the_span_of_lab_8_ends_with_a_customer_who_leaves(self):
        self.start_faulty_order(SOLVED)
        spans = self.backend.trace(self.leave(), 3, timeout=60)
        self.assertEqual([span.name for span in spans], ["POST /orders", "check_inventory", "compute_discount"])
        self.assertEqual(one(spans, "compute_discount").attributes, {"discount.past_orders": 63})
        self.assertEqual(one(spans, "compute_discount").parent, one(spans, "POST /orders").id)


if __name__ == "__main__":
    harness.main()
