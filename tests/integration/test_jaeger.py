# SPDX-License-Identifier: Apache-2.0
"""A real Jaeger takes what is exported and gives back the same trace, span for span."""
import json
import shutil
import unittest

import harness
from harness import CUSTOM_TREE, Backend, StackTest, get, one, run, trace_id, tree

KINDS = {"server": "SERVER", "client": "CLIENT", "internal": "INTERNAL", None: "INTERNAL"}
ERROR = 2


@unittest.skipUnless(shutil.which("jaeger"), "no jaeger on PATH")
class Jaeger(StackTest):
    def start_jaeger(self):
        # Its own queries are not to be traced; a config and a home of its own are not needed.
        program = self.start(["jaeger"], env={"OTEL_TRACES_SAMPLER": "always_off"})
        self.backend = Backend(program)

    def checkout(self, protocol):
        env = {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "CHECK_INVENTORY_MS": "30", "INSERT_ORDER_RECORD_MS": "60"}
        self.start_order(env=env)
        self.start_gateway(env=env)
        return get(self.GATEWAY, "/checkout?item=gadget&qty=3", headers={"User-Agent": "tester"})

    def check_v3(self, spans, answer):
        self.assertEqual(tree(spans), CUSTOM_TREE)
        gateway, client, order = (one(spans, n) for n in ("GET /checkout", "POST", "POST /orders"))
        self.assertEqual(answer.headers["traceresponse"], f"00-{gateway.trace_id}-{gateway.id}-03")
        for span, status_code in ((gateway, 200), (client, 200), (order, 200)):
            self.assertEqual(span.attributes["http.response.status_code"], status_code)
            self.assertEqual(span.status, 0)
        self.assertEqual(gateway.attributes["url.query"], "item=gadget&qty=3")
        self.assertEqual(gateway.attributes["user_agent.original"], "tester")
        self.assertEqual(client.attributes["url.full"], "http://127.0.0.1:8001/orders")
        self.assertEqual(one(spans, "check_inventory").attributes, {"item": "gadget"})
        self.assertEqual(one(spans, "insert_order_record").attributes, {"order.item": "gadget", "order.qty": 3})
        self.assertEqual(order.resource["telemetry.sdk.language"], "c")
        insert = one(spans, "insert_order_record")
        self.assertGreaterEqual(insert.end_ns - insert.start_ns, 59_000_000)

    def check_v1(self, spans):
        """Jaeger's own JSON has the same: ids, names, kinds, parents, services, attributes, times."""
        (trace,) = json.loads(get(Backend.UI, f"/api/traces/{spans[0].trace_id}").body)["data"]
        self.assertEqual(len(trace["spans"]), len(spans))
        by_id = {span["spanID"]: span for span in trace["spans"]}
        for span in spans:
            found = by_id[span.id]
            tags = {tag["key"]: tag["value"] for tag in found["tags"]}
            self.assertEqual(found["traceID"], span.trace_id)
            self.assertEqual(found["operationName"], span.name)
            self.assertEqual(KINDS[tags.pop("span.kind", None)], span.kind)
            self.assertEqual([r["spanID"] for r in found["references"]], [span.parent] if span.parent else [])
            self.assertEqual(trace["processes"][found["processID"]]["serviceName"], span.service)
            self.assertEqual(found["startTime"], span.start_ns // 1000)
            self.assertEqual({key: tags[key] for key in span.attributes}, span.attributes)
            self.assertEqual(tags.get("error", False), span.status == ERROR)

    def check_all(self, protocol):
        self.start_jaeger()
        answer = self.checkout(protocol)
        spans = self.backend.trace(trace_id(answer), 5)
        self.check_v3(spans, answer)
        self.check_v1(spans)
        self.assertEqual(self.backend.services(), ["api-gateway", "order-service"])

    def test_the_same_trace_arrives_by_http_protobuf(self):
        self.check_all("http/protobuf")

    def test_the_same_trace_arrives_by_http_json(self):
        self.check_all("http/json")

    def test_errors_arrive_with_their_status_and_type(self):
        self.start_jaeger()
        self.start_gateway()  # and nobody to order from
        spans = self.backend.trace(trace_id(get(self.GATEWAY, "/checkout")), 2)
        gateway, client = one(spans, "GET /checkout"), one(spans, "POST")
        self.assertEqual((gateway.status, gateway.attributes["error.type"]), (ERROR, "502"))
        self.assertEqual((client.status, client.attributes["error.type"]), (ERROR, "CURLE_COULDNT_CONNECT"))
        self.check_v1(spans)

    def test_traceview_show_prints_it_from_there(self):
        self.start_jaeger()
        trace = trace_id(self.checkout("http/protobuf"))
        shown = run(["traceview", "show", trace, "--spans", "5", "--wait", str(10 * harness.SLOWNESS)])
        self.assertEqual((shown.code, shown.err), (0, ""))
        for name in ("GET /checkout", "POST /orders", "check_inventory", "insert_order_record", "api-gateway",
                     "order-service", trace):
            self.assertIn(name, shown.out)
        latest = run(["traceview", "show", "latest", "--service", "api-gateway"])
        self.assertEqual((latest.code, latest.out), (0, shown.out))


if __name__ == "__main__":
    harness.main()
