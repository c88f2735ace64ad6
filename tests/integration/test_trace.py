# SPDX-License-Identifier: Apache-2.0
"""One /checkout gives one trace across both services, whichever way they are traced, or none."""
import os
import re
import subprocess
import time

import harness
from harness import CUSTOM_TREE, StackTest, get, http_bytes, one, post_json, trace_id, tree

MS = 1_000_000


class Trace(StackTest):
    def test_checkout_gives_five_spans_that_make_the_slow_insert_obvious(self):
        self.start_backend()
        self.start_order()
        self.start_gateway()
        answer = get(self.GATEWAY, "/checkout?item=gadget&qty=3")
        self.assertEqual(answer.status, 200, answer.body)
        spans = self.backend.trace(trace_id(answer), 5)
        self.assertEqual(tree(spans), CUSTOM_TREE)
        check, insert = one(spans, "check_inventory"), one(spans, "insert_order_record")
        for span, expected_ms in ((check, 300), (insert, 1500)):
            took_ms = (span.end_ns - span.start_ns) / MS
            self.assertGreaterEqual(took_ms, expected_ms - 1, span.name)
            self.assertLess(took_ms, expected_ms + 200 * harness.SLOWNESS, span.name)
        self.assertGreaterEqual(insert.start_ns, check.end_ns)
        self.assertEqual(check.attributes["item"], "gadget")
        self.assertEqual(insert.attributes["order.item"], "gadget")
        self.assertEqual(insert.attributes["order.qty"], 3)

    def test_zero_code_order_service_gives_three_spans(self):
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "50"})
        self.start_gateway()
        spans = self.backend.trace(trace_id(get(self.GATEWAY, "/checkout")), 3)
        self.assertEqual(tree(spans), [[("api-gateway", "SERVER", "GET /checkout"), [
            [("api-gateway", "CLIENT", "POST"), [
                [("order-service", "SERVER", "POST /orders"), []]]]]]])
        self.assertEqual(self.backend.services(), ["api-gateway", "order-service"])

    def test_a_trace_is_to_be_seen_within_two_seconds_of_its_answer(self):
        self.TRACING = {"OTEL_BSP_SCHEDULE_DELAY": "500"}  # as in the Makefile and in stack.sh
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        self.start_gateway()
        answer = get(self.GATEWAY, "/checkout")
        answered = time.monotonic()
        self.backend.trace(trace_id(answer), 3)
        self.assertLess(time.monotonic() - answered, 2 * harness.SLOWNESS)

    def test_manual_variants_propagate_by_hand_without_the_launcher(self):
        self.start_backend()
        self.start_order("order-service-manual", traced=False,
                         env={"CHECK_INVENTORY_MS": "20", "INSERT_ORDER_RECORD_MS": "30"})
        self.start_gateway("api-gateway-manual", traced=False)
        self.assertEqual(get(self.GATEWAY, "/checkout").status, 200)
        harness.wait_until(lambda: any(len(t) == 4 for t in self.backend.traces("api-gateway")),
                           what="a trace of 4 spans")
        (spans,) = self.backend.traces("api-gateway")
        self.assertEqual(tree(spans), [[("api-gateway", "SERVER", "GET /checkout (manual)"), [
            [("order-service", "SERVER", "POST /orders (manual)"), [
                [("order-service", "INTERNAL", "check_inventory"), []],
                [("order-service", "INTERNAL", "insert_order_record"), []]]]]]])

    def test_health_checks_are_not_traced(self):
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        for path in ("/healthz", "/readyz"):
            self.assertNotIn("traceresponse", get(self.ORDER, path).headers)
        last = post_json(self.ORDER, "/orders", {"item": "a", "qty": 1})
        self.backend.trace(trace_id(last), 1)  # what came before it would be there by now
        self.assertEqual(len(self.backend.traces("order-service")), 1)

    def test_a_caller_s_trace_is_continued_and_answered_in_headers(self):
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        answer = post_json(self.ORDER, "/orders", {"item": "a", "qty": 1},
                           headers={"traceparent": f"00-{trace}-{parent}-01", "tracestate": "foo=1"})
        (span,) = self.backend.trace(trace, 1)
        self.assertEqual(span.parent, parent)
        self.assertEqual(answer.headers["traceresponse"], f"00-{trace}-{span.id}-01")
        self.assertEqual(answer.headers["server-timing"], f"trace;desc=00-{trace}-{span.id}-01")

    def test_answers_at_the_edge_only_name_the_trace_to_who_cannot_know_it(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0", "OTEL_C_RESPONSE_HEADERS": "edge"})
        order = {"item": "a", "qty": 1}
        for setting in ({"traceparent": self.CALLER}, {"traceparent": self.CALLER[:-1] + "0"}):
            answer = post_json(self.ORDER, "/orders", order, headers=setting)
            self.assertEqual(answer.status, 200)
            self.assertFalse({"traceresponse", "server-timing"} & set(answer.headers))
        for setting in ({}, {"traceparent": "nonsense"}):
            answer = post_json(self.ORDER, "/orders", order, headers=setting)
            self.assertEqual(answer.headers["server-timing"], "trace;desc=" + answer.headers["traceresponse"])

    def test_no_answer_names_the_trace_where_that_is_off(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0", "OTEL_C_RESPONSE_HEADERS": "false"})
        answer = post_json(self.ORDER, "/orders", {"item": "a", "qty": 1})
        self.assertEqual(answer.status, 200)
        self.assertFalse({"traceresponse", "server-timing"} & set(answer.headers))

    def test_an_unsampled_caller_is_not_recorded_and_still_propagated(self):
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        self.start_gateway()
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        answer = get(self.GATEWAY, "/checkout", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-00"})
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["traceresponse"].startswith(f"00-{trace}-"))
        self.assertTrue(answer.headers["traceresponse"].endswith("-00"))
        seen = get(self.GATEWAY, "/checkout")
        self.backend.trace(trace_id(seen), 3)
        self.assertEqual(get(self.backend.UI, f"/api/v3/traces/{trace}").status, 404)

    def test_a_service_that_exports_nothing_still_hands_the_trace_on(self):
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        self.start_gateway(env={"OTEL_TRACES_EXPORTER": "none"})
        (span,) = self.backend.trace(trace_id(get(self.GATEWAY, "/checkout")), 1)
        self.assertEqual(span.service, "order-service")
        self.assertNotEqual(span.parent, "")

    def test_a_service_that_samples_nothing_hands_the_trace_on_unsampled(self):
        server = self.serve_raw(self.ORDER, http_bytes(200, b'{"order_id":"o","status":"s"}'))
        self.start_gateway(env={"OTEL_TRACES_SAMPLER": "always_off"})
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        answer = get(self.GATEWAY, "/checkout", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        self.assertEqual(trace_id(answer), trace)
        self.assertRegex(server.requests[0].decode(), rf"(?i)\r\ntraceparent: 00-{trace}-[0-9a-f]{{16}}-00\r\n")

    CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    def handed_on(self, setting):
        """What a gateway with this setting sends when CALLER calls it: (its answer, its request)."""
        server = self.serve_raw(self.ORDER, http_bytes(200, b'{"order_id":"o","status":"s"}'))
        self.start_gateway(env=setting)
        answer = get(self.GATEWAY, "/checkout", headers={"traceparent": self.CALLER, "tracestate": "foo=1"})
        self.assertEqual(answer.status, 200)
        return answer, server.requests[0].decode().lower()

    def test_a_service_whose_tracing_is_off_hands_the_trace_on_as_it_came(self):
        answer, sent = self.handed_on({"OTEL_SDK_DISABLED": "true"})
        self.assertNotIn("traceresponse", answer.headers)
        self.assertIn(f"traceparent: {self.CALLER}\r\n", sent)
        self.assertIn("tracestate: foo=1\r\n", sent)

    def test_a_service_with_no_place_to_export_to_says_so_and_hands_the_trace_on(self):
        _, sent = self.handed_on({"OTEL_EXPORTER_OTLP_ENDPOINT": "no-such://endpoint"})
        self.assertIn(f"traceparent: {self.CALLER[:35]}", sent)
        self.assertIn("tracestate: foo=1\r\n", sent)
        self.assertIn("no-such://endpoint", self.gateway.output)


class WithoutTracing(StackTest):
    def test_without_the_launcher_the_services_run_the_same_and_make_no_span(self):
        self.start_backend()
        self.start_order("order-service", traced=False, env={"ORDER_PROCESSING_MS": "0"})
        self.start_gateway(traced=False)
        answer = get(self.GATEWAY, "/checkout")
        self.assertEqual(answer.status, 200)
        self.assertNotIn("traceresponse", answer.headers)
        for program in (self.gateway, self.order):
            self.assertEqual(program.stop(), 0)
        self.assertEqual(self.backend.services(), [])

    def test_the_zero_code_services_load_no_libtrace(self):
        for name in ("api-gateway", "order-service"):
            listed = subprocess.run(["ldd", harness.program_path(name)], capture_output=True, text=True, check=True)
            self.assertIn("libh2o-evloop", listed.stdout)
            self.assertNotIn("libtrace", listed.stdout)

    def test_the_zero_code_services_have_no_line_of_tracing_code(self):
        words = re.compile(r"\blt_|libtrace|traceparent|tracestate|\bspan|otel|opentelemetry", re.IGNORECASE)
        for folder in ("common", "gateway", "order"):
            path = os.path.join(harness.SOURCE, "services", folder)
            for name in sorted(os.listdir(path)):
                if not name.endswith((".c", ".h")) or re.search("custom|manual|spans|discount", name):
                    continue
                if name == "gateway_faults.c":  # it loses the context, on purpose
                    continue
                with open(os.path.join(path, name)) as source:
                    for number, line in enumerate(source, 1):
                        self.assertIsNone(words.search(line), f"{folder}/{name}:{number}: {line}")

    def test_custom_and_disabled_sdk_run_the_same(self):
        self.start_order("order-service-custom", traced=True, env={
            "OTEL_SDK_DISABLED": "true", "CHECK_INVENTORY_MS": "1", "INSERT_ORDER_RECORD_MS": "1"})
        answer = post_json(self.ORDER, "/orders", {"item": "a", "qty": 1})
        self.assertEqual(answer.status, 200)
        self.assertNotIn("traceresponse", answer.headers)


if __name__ == "__main__":
    harness.main()
