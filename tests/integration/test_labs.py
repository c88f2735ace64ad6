# SPDX-License-Identifier: Apache-2.0
"""The labs: each starts, its fault shows in the traces, the right answer passes and others fail, and nothing is left."""
import copy
import importlib
import os
import socket
import statistics
import sys
import tempfile
import unittest

import harness
import test_stack
from harness import SANITIZED, run

LABS = os.path.join(harness.SOURCE, "services", "labs")
LAB = os.path.join(LABS, "lab.py")
sys.path.insert(0, LABS)
import exercise  # noqa: E402
import traces  # noqa: E402

GATEWAY, ORDER = int(os.environ.get("GATEWAY_PORT", 8000)), int(os.environ.get("ORDER_PORT", 8001))
BACKEND = f"http://localhost:{os.environ.get('TRACEVIEW_UI_PORT', 16686)}"


@unittest.skipIf(SANITIZED, "the services' faults have tests of their own for this")
class LabTest(unittest.TestCase):
    NUMBER = None
    env = {}  # of the shop: shorter than the lab's

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.environment = {"XDG_RUNTIME_DIR": folder.name, "PATH": f"{harness.BIN}:{os.environ['PATH']}", "LAB_SHORT": "1",
                           "LC_ALL": "C.UTF-8", "CHECK_INVENTORY_MS": "30", "INSERT_ORDER_RECORD_MS": "150", **cls.env}
        cls.addClassCleanup(cls.lab, "--stop")
        if cls.NUMBER:
            cls.started = cls.lab(str(cls.NUMBER))
            assert cls.started.code == 0, cls.started
            cls.traces = traces.recorded(BACKEND)

    @classmethod
    def lab(cls, *words):
        return run([sys.executable, LAB, *words], env=cls.environment, timeout=300)

    def all_traces(self, n_spans):
        """Of so many spans, which a busy machine may record late."""
        harness.wait_until(lambda: sum(len(trace.spans) for trace in traces.recorded(BACKEND)) == n_spans, 60, "all spans")
        return traces.recorded(BACKEND)

    def check_right(self, *answers):
        for answer in answers:
            with self.subTest(right=answer):
                done = self.lab(str(self.NUMBER), answer)
                self.assertEqual((done.code, done.err), (0, ""), done)
                self.assertTrue(done.out.startswith("Right. "), done.out)

    def check_wrong(self, *answers, never):
        """@param never  the words of the right answer, which no verdict may give away, unless the answer has them"""
        for answer in answers:
            with self.subTest(wrong=answer):
                done = self.lab(str(self.NUMBER), answer)
                self.assertEqual((done.code, done.err), (1, ""), done)
                self.assertTrue(done.out.startswith("Not right. "), done.out)
                for word in never:
                    if word not in answer:
                        self.assertNotIn(word, done.out)


class Command(LabTest):
    def test_bad_words_are_refused(self):
        for words, code, what in [((), 2, "usage:"), (("x",), 2, "usage:"), (("1", "a", "b"), 2, "usage:"),
                                  (("99",), 2, "there is no lab 99"), (("1", "answer"), 1, "lab 1 is not running"),
                                  (("1", " "), 2, "the answer is empty")]:
            with self.subTest(words=words):
                done = self.lab(*words)
                self.assertEqual((done.code, done.out), (code, ""))
                self.assertIn(what, done.err)

    def test_the_list_has_each_lab_and_each_has_a_page(self):
        done = self.lab("--list")
        self.assertEqual(done.code, 0, done)
        numbers = [line.split()[0] for line in done.out.splitlines()]
        pages = sorted(name.split("-")[0] for name in os.listdir(LABS) if name[0].isdigit())
        self.assertEqual(numbers, pages)

    def test_what_listens_already_is_said_and_nothing_is_left(self):
        with socket.create_server(("127.0.0.1", ORDER)):
            done = self.lab("1")
        self.assertEqual(done.code, 1, done)
        self.assertIn(f"port {ORDER} is in use", done.err)
        self.assertEqual(self.lab("--stop").out, "nothing was running\n")

    def test_a_reset_leaves_nothing_running(self):
        before = test_stack.neighbours()
        self.assertEqual(self.lab("1").code, 0)
        self.assertEqual(self.lab("--stop").out, "stopped\n")
        harness.wait_until(lambda: test_stack.neighbours() == before, 40, "the end of each process")


class Lab1(LabTest):
    NUMBER = 1

    def test_the_slow_step_and_how_long(self):
        for trace in self.traces:
            [check], [insert] = trace.named("check_inventory"), trace.named("insert_order_record")
            self.assertGreaterEqual(check.duration_ms, 2500)
            self.assertGreaterEqual(insert.duration_ms, 150)
        self.check_right("check_inventory 2.6 s", "It is check_inventory: 2600ms", "2500 check_inventory")
        self.check_wrong("insert_order_record 2.5 s", "check_inventory 150 ms", "check_inventory", "POST 2.5 s", "2.5 s",
                         "check_inventory insert_order_record 2.5 s", never=["check_inventory", "2.5"])


class Lab2(LabTest):
    NUMBER = 2
    env = {"INSERT_ORDER_RECORD_MS": "30"}

    def test_many_fast_calls_one_after_the_other(self):
        for trace in self.traces:
            [checkout] = trace.named("GET /checkout")
            calls = [span for span in checkout.children if (span.name, span.kind) == ("POST", "client")]
            self.assertEqual(len(calls), 9)
            for before, call in zip(calls, calls[1:]):
                self.assertGreaterEqual(call.start_us, before.end_us)
            for call in calls:
                self.assertEqual([span.name for span in call.children], ["POST /orders"])
        self.check_right("9 calls, one after the other", "9, in sequence", "They wait for each other; there are 9.",
                         "One by one: 9")
        self.check_wrong("9 calls, at the same time", "8 calls, one after the other", "39 in a row", "9", "one after the other",
                         "9, in parallel, one after the other", "9 calls, not one after the other", "10x concurrently",
                         never=["9", "nine"])


class Lab3(LabTest):
    NUMBER = 3
    env = {"CHECK_INVENTORY_MS": "1500", "INSERT_ORDER_RECORD_MS": "50"}

    def test_the_span_and_the_items_of_the_slow_ones(self):
        took_ms = {}
        for trace in self.traces:
            [check] = trace.named("check_inventory")
            self.assertEqual([span.name for span in check.parent.children], ["check_inventory", "insert_order_record"])
            took_ms.setdefault((check.attributes["item"], check.attributes["inventory.cache.hit"]), []).append(check.duration_ms)
        for item in ("samovar", "percolator"):
            self.assertNotIn((item, True), took_ms)
        for item in ("teapot", "kettle"):  # the first of each is the cache's first
            self.assertGreater(len(took_ms[item, True]), 2 * len(took_ms[item, False]))
            self.assertLess(statistics.median(took_ms[item, True]), 500)
        for (item, is_hit), slow_ms in took_ms.items():
            self.assertGreater(min(slow_ms), 0 if is_hit else 1000, item)
        self.check_right("check_inventory samovar percolator", "check_inventory: percolator and samovar.",
                         "samovar, percolator (check_inventory, inventory.cache.hit=false)")
        self.check_wrong("insert_order_record samovar percolator", "check_inventory samovar", "check_inventory kettle",
                         "check_inventory", "samovar percolator", "check_inventory samovar percolator teapot",
                         "POST /orders percolator", "insert_order_record check_inventory samovar percolator",
                         never=["check_inventory", "samovar", "percolator"])


class Lab4(LabTest):
    NUMBER = 4

    def test_the_quantity_and_not_the_item(self):
        inserts = [span for trace in self.traces for span in trace.named("insert_order_record")]
        failed, stored = ([span.attributes for span in inserts if span.has_failed == has] for has in (True, False))
        self.assertEqual({attributes["error.type"] for attributes in failed}, {"insert_failed"})
        largest, smallest = max(order["order.qty"] for order in stored), min(order["order.qty"] for order in failed)
        self.assertLess(largest, smallest)
        self.assertLessEqual({order["order.item"] for order in failed}, {order["order.item"] for order in stored})
        for trace in self.traces:
            [checkout], [insert] = trace.named("GET /checkout"), trace.named("insert_order_record")
            self.assertEqual(checkout.attributes["http.response.status_code"], 502 if insert.has_failed else 200)
        self.check_right(f"order.qty {smallest}", f"order.qty >= {smallest}", f"qty: {largest + 1}", f"quantity, from {smallest} on",
                         f"{smallest} units")
        self.check_wrong("order.item spoon", f"order.item {smallest}", f"order.qty {largest}", f"order.qty {smallest + 1}", "order.qty",
                         "error.type 502", "I do not know", f"qty {smallest}, item spoon",
                         never=["qty", "quantity", str(smallest), str(largest)])
        for own in (largest + 1, smallest - 1):  # the learner's, between the two
            harness.get(GATEWAY, f"/checkout?item=spoon&qty={own}")
        self.all_traces(7 * len(self.traces) + 2 * 5)
        self.check_right(f"order.qty {largest + 1}", f"order.qty {smallest}")


class Lab5(LabTest):
    NUMBER = 5

    def test_what_fails_is_sent_again_and_how_often(self):
        checkouts = [span for trace in self.traces for span in trace.named("GET /checkout")]
        calls = [checkout.children for checkout in checkouts]
        again = [call for calls in calls for call in calls[:-1]]
        self.assertGreater(len(again), len(checkouts))
        for call in again:
            [order] = call.children
            [insert] = [step for step in order.children if step.name == "insert_order_record"]
            self.assertEqual(call.attributes["http.response.status_code"], 500)
            self.assertEqual(insert.attributes["error.type"], "insert_failed")
        self.assertLess(sum(checkout.has_failed for checkout in checkouts), len(checkouts) / 2)
        share = f"{sum(map(len, calls)) / len(checkouts):.1f}"
        self.check_right(f"500 {share}", f"{share} orders each, after an HTTP 500", f"insert_failed, {share}x", f"{share} (500)")
        self.check_wrong("500 1", "500 9", f"502 {share}", f"200, {share}", f"500 502 {share}", "500", share, "it retries",
                         never=["500", share, "insert_failed"])


class Lab6(LabTest):
    NUMBER = 6
    env = {"INSERT_ORDER_RECORD_MS": "400"}

    def test_which_checkout_an_order_without_parent_belongs_to(self):
        recorded = self.all_traces(6 * (4 + 3))
        orders = [trace for trace in recorded if trace.spans[0].name == "POST /orders"]
        checkouts = [trace for trace in recorded if trace not in orders]
        for order in orders:
            self.assertEqual([(root.kind, root.parent_id) for root in order.roots], [("server", "")])
            self.assertNotIn("session.id", order.named("insert_order_record")[0].attributes)
        for checkout in checkouts:
            self.assertEqual([(span.service, span.kind) for span in checkout.named("POST") if not span.children],
                             [("api-gateway", "client")])
        samovars = [trace for trace in checkouts if trace.named("GET /checkout")[0].attributes["url.query"] == "item=samovar"]
        order = [trace for trace in orders if trace.named("check_inventory")[0].attributes["item"] == "samovar"][-1]
        right = samovars[-1].id
        teapot = checkouts[0].id
        self.check_right(f"{right} api-gateway", f"The gateway; {right[:7].upper()}.", f"{BACKEND}/trace/{right}: api gateway")
        self.check_wrong(right, f"{right} order-service", f"{right} api-gateway, order-service", "api-gateway",
                         "0000000 api-gateway", f"{order.id} api-gateway", f"{teapot} gateway", f"{right} {teapot} gateway",
                         *(f"{trace.id} gateway" for trace in samovars if trace.spans[0].end_us < order.spans[0].start_us),
                         never=[right[:7], "gateway"])
        harness.get(GATEWAY, "/checkout?item=samovar")  # the learner's own are none of the customers'
        harness.post_json(ORDER, "/orders", {"item": "samovar", "qty": 1})
        self.all_traces(6 * (4 + 3) + 2 + 3 + 3)
        self.check_right(f"{right} api-gateway")


class Lab7(LabTest):
    NUMBER = 7
    env = {"INSERT_ORDER_RECORD_MS": "400"}

    def test_who_is_before_the_longest_and_who_is_first(self):
        recorded = [trace for trace in self.all_traces(7 * 7 + 3 * 3) if trace.named("POST /orders")]
        self.assertEqual(len(recorded), 7)
        inserts = {trace.id: trace.named("insert_order_record")[0] for trace in recorded}
        behind = {key: inserts[event["behind.trace_id"]] for key, span in inserts.items() for _, event in span.events}
        for key, other in behind.items():
            [(name, event)] = inserts[key].events
            self.assertEqual((name, event["behind.session.id"]), ("waits_for_turn", other.attributes["session.id"]))
            self.assertGreaterEqual(inserts[key].end_us - other.end_us, 350_000)
        took_us = {trace.id: trace.roots[0].duration_us for trace in recorded}
        longest = max(behind, key=took_us.get)
        before = first = behind[longest]
        while first.trace.id in behind:
            first = behind[first.trace.id]
        before, first = (span.attributes["session.id"] for span in (before, first))
        self.assertNotIn(first, ("session-1", before))
        self.check_right(f"{before} {first}", f"{before}, {first}", f"behind {before.upper()}; the first is {first}")
        # A busy machine may have checkouts that take nearly as long.
        not_before = ({span.attributes["session.id"] for span in inserts.values()} -
                      {span.attributes["session.id"] for key, span in behind.items() if took_us[key] > 0.9 * took_us[longest]})
        waits = inserts[longest].attributes["session.id"]
        self.check_wrong(before, f"{before} {first} {first}", "the second one", f"session-99 {first}", f"{before} {waits}",
                         *(f"{name} {first}" for name in sorted(not_before)[:2]), never=[before, first])


class Lab8(LabTest):
    NUMBER = 8
    ORDERS, WAIT = 20, {"session-2", "session-9"}

    def solve(self):
        """As make does after the learner's change: the program is another one."""
        solved = os.environ["LIBTRACE_LAB_8_SOLVED"]
        if not solved:
            self.skipTest("no patch(1)")
        if not self.environment["PATH"].startswith(os.path.dirname(solved)):
            self.environment["PATH"] = f"{os.path.dirname(solved)}:{self.environment['PATH']}"
            done = self.lab("8", "nobody")
            self.assertEqual((done.code, done.err), (1, ""), done)
            self.assertIn("The services have been rebuilt since: once more.", done.out)
        return self.all_traces(8 * self.ORDERS)

    def complaints(self, recorded, *answers):
        """By the module itself: a process for each would take long."""
        lab = importlib.import_module("lab_8")
        for answer in answers:
            with self.assertRaises(exercise.Wrong) as wrong:
                lab.check(recorded, answer)
            yield str(wrong.exception)

    def test_1_some_wait_where_no_span_is_and_no_answer_is_right(self):
        recorded = self.all_traces(7 * self.ORDERS)
        self.assertEqual({tuple(sorted(span.name for span in trace.spans)) for trace in recorded}, {(
            "GET", "GET /checkout", "POST", "POST /orders", "check_inventory", "insert_order_record", "visit")})
        shortest_ms = {}
        for trace in recorded:
            [visit], [check], [insert] = map(trace.named, ("visit", "check_inventory", "insert_order_record"))
            shortest_ms.setdefault(visit.attributes["session.id"], []).append((insert.start_us - check.end_us) / 1000)
        shortest_ms = {session: min(gaps) for session, gaps in shortest_ms.items()}
        self.assertEqual(set(sorted(shortest_ms, key=shortest_ms.get)[-2:]), self.WAIT)
        for session in self.WAIT:
            self.assertGreaterEqual(shortest_ms[session], 600)
        answers = [f"session-2 {n}" for n in range(60, 95)] + ["session-1 1", "60"]
        for complaint in self.complaints(recorded, *answers):
            self.assertTrue(complaint.startswith("No span compute_discount has been recorded"), complaint)

    def test_2_the_learner_s_span_shows_who_waits_for_how_many_orders(self):
        counts = {}
        for trace in self.solve():
            [visit], [span] = map(trace.named, ("visit", "compute_discount"))
            self.assertEqual(span.parent.name, "POST /orders")
            counts[visit.attributes["session.id"]] = span.attributes["discount.past_orders"]
        two, nine = counts["session-2"], counts["session-9"]
        self.check_right(f"session-2 {two}", f"session-9: {nine} orders", f"{two} past orders of session-2")
        self.check_wrong(f"session-1 {counts['session-1']}", f"session-2 {nine}", "session-9", str(two), "session-2 1",
                         f"session-2 session-9 {two}", never=[str(two), str(nine), *self.WAIT])

    def test_3_what_a_span_of_the_learner_s_lacks(self):
        recorded = self.solve()
        for change, complaint in [
            (lambda span: setattr(span, "duration_us", 50), "does not cover the wait"),
            (lambda span: setattr(span, "duration_us", span.duration_us * 2), "covers more than the wait"),
            (lambda span: setattr(span, "parent", span.trace.spans[0]), "not a child of POST /orders"),
            (lambda span: span.attributes.pop("discount.past_orders"), "has no attribute discount.past_orders"),
            (lambda span: span.attributes.update({"discount.past_orders": 7}), "does not tell those who wait"),
            (lambda span: span.trace.spans.append(span), "more than one span"),
        ]:
            spoilt = copy.deepcopy(recorded)
            for trace in spoilt:
                change(trace.named("compute_discount")[0])
            self.assertEqual([complaint in words for words in self.complaints(spoilt, "session-2 1")], [True], complaint)


if __name__ == "__main__":
    harness.main()
