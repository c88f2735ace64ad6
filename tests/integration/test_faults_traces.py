# SPDX-License-Identifier: Apache-2.0
"""What the order service's faults leave in traces, on which the labs stand."""
import json
import threading

import harness
from harness import StackTest, get, one, post_json, wait_until
from spans import attributes_of
from stores import WAIT_S
from test_store import StoreTest

STEPS = ["check_inventory", "insert_order_record"]
HOUR_MS, HOUR_NS = 3_600_000, 3_600_000_000_000
CLOCKS_NS = 60_000_000_000  # by which a span's clock may differ from another one's, generously


class Orders:
    """Those of one thread, so that all of them share a queue and a cache."""

    def start_faulty(self, env=None, options=("--faults",)):
        self.start_backend()
        self.start_order(env={"CHECK_INVENTORY_MS": "0", "INSERT_ORDER_RECORD_MS": "0", "LAG_MAX_MS": "0", "THREADS": "1",
                              "LOG_FORMAT": "json", **(env or {})}, options=options)

    def send(self, trace, order=None, headers=None):
        """An order of trace number `trace`."""
        parent = f"00-{trace:032x}-00f067aa0ba902b7-01"
        return post_json(self.ORDER, "/orders", order or {"item": "widget", "qty": 1},
                         {"traceparent": parent, **(headers or {})}, timeout=2 * WAIT_S)

    def spans_of(self, trace, n_spans):
        return self.backend.trace(f"{trace:032x}", n_spans, WAIT_S)

    def lines_of(self, trace, message):
        parsed = [json.loads(line) for line in self.order.lines if message in line]
        return [line for line in parsed if line.get("trace_id") == f"{trace:032x}"]


class Store(Orders, StoreTest):
    def hold_three(self, options=("--faults",), faults=()):
        """Orders 1 to 3, each of its session, which come while the store is locked, one after the other."""
        self.start_faulty({**self.env, "OTEL_C_SQLITE": "false"}, options)
        for fault in faults:
            self.switch_fault(self.ORDER, fault, 1)
        answers = {}

        def send(trace):
            answers[trace] = self.send(trace, headers={"baggage": f"session.id=s-{trace}"}).status

        threads = [threading.Thread(target=send, args=(trace,)) for trace in (1, 2, 3)]
        with self.locked():
            for trace, thread in enumerate(threads, 1):
                thread.start()
                # By the turn of the loop that writes this line the order is inserted, or in the queue.
                wait_until(lambda trace=trace: self.lines_of(trace, "inventory checked"), WAIT_S, f"order {trace}")
        for thread in threads:
            thread.join()
        self.assertEqual(answers, {1: 200, 2: 200, 3: 200})
        return [one(self.spans_of(trace, 3), "insert_order_record") for trace in (1, 2, 3)]

    def test_who_waits_in_the_queue_of_one_names_who_is_before_it(self):
        spans = self.hold_three(faults=["queue-of-one"])
        self.assertEqual([span.attributes["session.id"] for span in spans], ["s-1", "s-2", "s-3"])
        self.assertEqual([event["name"] for span in spans for event in span.events], ["waits_for_turn"] * 2)
        for before, span in zip(spans, spans[1:]):
            (event,) = span.events
            self.assertEqual(attributes_of(event["attributes"]),
                             {"behind.session.id": before.attributes["session.id"], "behind.trace_id": before.trace_id})
            self.assertLess(span.start_ns, before.end_ns)
            self.assertLess(before.end_ns, span.end_ns)

    def test_without_the_queue_nobody_waits_for_a_turn(self):
        for span in self.hold_three():
            self.assertEqual(span.events, [])

    def test_without_the_option_no_span_has_anything_of_it(self):
        for span in self.hold_three(options=()):
            self.assertEqual((span.events, span.attributes), ([], {"order.item": "widget", "order.qty": 1}))
        self.assertEqual(get(self.ORDER, "/faults").status, 404)

    def rivals(self):
        return [trace[0] for trace in self.backend.traces("order-service") if trace[0].name == "BEGIN SELECT COMMIT"]

    def test_a_second_writer_holds_the_store_while_it_is_switched_on(self):
        self.start_faulty(self.env)
        self.send(1)
        self.switch_fault(self.ORDER, "store-lock", 700)
        self.send(2)
        self.switch_fault(self.ORDER, "store-lock", 0)
        self.send(3)
        self.assertEqual(self.order.stop(), 0)
        inserts = [one(self.spans_of(trace, 4), "insert_order_record") for trace in (1, 2, 3)]
        wait_until(self.rivals, WAIT_S, "the other writer's trace")
        (rival,) = self.rivals()
        self.assertGreaterEqual(rival.end_ns - rival.start_ns, 690_000_000)  # its clock is another one
        self.assertLess(inserts[1].start_ns, rival.start_ns)
        insert = one(self.spans_of(2, 4), "INSERT orders")
        self.assertEqual(insert.parent, inserts[1].id)
        self.assertLess(rival.start_ns, insert.start_ns)
        self.assertLess(insert.start_ns, inserts[1].end_ns)
        self.assertGreaterEqual(inserts[1].end_ns - inserts[1].start_ns, 690_000_000)

    def test_the_lock_s_setting_is_its_first_size(self):
        self.start_faulty({**self.env, "ORDER_STORE_LOCK_MS": "300"})
        sizes = {f["name"]: f["size"] for f in json.loads(get(self.ORDER, "/faults").body)["faults"]}
        self.assertEqual(sizes.pop("store-lock"), 300)
        self.assertEqual(set(sizes.values()), {0})
        self.send(1)
        wait_until(self.rivals, WAIT_S, "the other writer's trace")


class Steps(Orders, StackTest):
    def test_a_check_says_whether_the_cache_had_it(self):
        self.start_faulty()
        self.switch_fault(self.ORDER, "small-cache", 1)
        for trace, item in enumerate(("a", "a", "b", "a"), 1):
            self.assertEqual(self.send(trace, {"item": item, "qty": 1}).status, 200)
        hits = [one(self.spans_of(trace, 3), "check_inventory").attributes["inventory.cache.hit"] for trace in range(1, 5)]
        self.assertEqual(hits, [False, True, False, False])
        self.switch_fault(self.ORDER, "small-cache", 0)
        self.send(5)
        self.assertEqual(one(self.spans_of(5, 3), "check_inventory").attributes, {"item": "widget"})

    def behind_ns(self, trace, span_name):
        """How far a step of an order is before its request."""
        spans = self.spans_of(trace, 3)
        server, step = one(spans, "POST /orders"), one(spans, span_name)
        self.assertLessEqual(step.start_ns, step.end_ns)
        self.assertAlmostEqual(server.start_ns - step.start_ns, server.end_ns - step.end_ns, delta=CLOCKS_NS)
        return server.start_ns - step.start_ns

    def test_steps_are_early_where_the_clock_is_wrong_and_nothing_else_is(self):
        self.start_faulty()
        self.switch_fault(self.ORDER, "wrong-clock", HOUR_MS)
        self.send(1)
        self.switch_fault(self.ORDER, "wrong-clock", 0)
        self.send(2)
        self.send(3, headers={"X-Fault": f"wrong-clock={HOUR_MS}"})
        self.send(4)
        for step in STEPS:
            for trace, behind_ns in ((1, HOUR_NS), (2, 0), (3, HOUR_NS), (4, 0)):
                self.assertAlmostEqual(self.behind_ns(trace, step), behind_ns, delta=CLOCKS_NS)

    def test_of_an_order_that_fails_nothing_is_below_its_request_where_the_sampler_hides_it(self):
        self.start_faulty()
        self.switch_fault(self.ORDER, "big-order", 900)
        big, small = {"item": "widget", "qty": 900}, {"item": "widget", "qty": 899}
        self.assertEqual(self.send(1, big).status, 500)
        self.switch_fault(self.ORDER, "hidden-failure", 1)
        self.assertEqual([self.send(2, big).status, self.send(3, small).status], [500, 200])
        self.assertEqual(self.order.stop(), 0)
        self.assertEqual(one(self.spans_of(1, 3), "insert_order_record").status, 2)
        self.assertEqual([s.name for s in self.spans_of(3, 3)], ["POST /orders", *STEPS])
        (server,) = self.spans_of(2, 1)
        self.assertEqual((server.kind, server.attributes["http.response.status_code"]), ("SERVER", 500))
        for trace, is_sampled in ((1, 1), (2, 0)):
            for message in ("inventory checked", "order record not inserted"):
                (line,) = self.lines_of(trace, message)
                self.assertEqual(int(line["trace_flags"], 16) & 1, is_sampled, line)

    def test_it_hides_as_many_as_fail_of_a_hundred(self):
        self.start_faulty()
        self.switch_fault(self.ORDER, "error-rate", 7)
        self.switch_fault(self.ORDER, "hidden-failure", 1)
        statuses = {trace: self.send(trace).status for trace in range(1, 101)}
        self.assertEqual(sorted(statuses.values()), [200] * 93 + [500] * 7)
        for trace, status in statuses.items():
            self.spans_of(trace, 3 if status == 200 else 1)


if __name__ == "__main__":
    harness.main()
