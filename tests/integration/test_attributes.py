# SPDX-License-Identifier: Apache-2.0
"""The stable HTTP conventions, row by row: https://opentelemetry.io/docs/specs/semconv/http/http-spans/

Attributes are compared whole, so what is there and should not be (an error.type on success, a status
code that nobody sent) fails as well as what is missing.
"""
import json
import os

import harness
from harness import StackTest, get, http_bytes, parse_response, post_json, request, trace_id

UNSET, ERROR = 0, 2
ORDER = {"item": "a", "qty": 1}

SERVER = {"url.scheme": "http", "server.address": "127.0.0.1", "client.address": "127.0.0.1",
          "network.peer.address": "127.0.0.1", "network.protocol.version": "1.1"}
GATEWAY = {**SERVER, "server.port": 8000, "http.request.method": "GET", "url.path": "/checkout",
           "http.route": "/checkout"}
ORDERS = {**SERVER, "server.port": 8001, "http.request.method": "POST", "url.path": "/orders",
          "http.route": "/orders"}
CLIENT_START = {"http.request.method": "POST", "url.full": "http://127.0.0.1:8001/orders",
                "server.address": "127.0.0.1", "server.port": 8001}
CLIENT = {**CLIENT_START, "network.peer.address": "127.0.0.1", "network.peer.port": 8001,
          "network.protocol.version": "1.1"}


class AttributesTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_backend()

    def spans(self, response, n):
        return self.backend.trace(trace_id(response), n)

    def check(self, span, kind, name, status, attributes):
        found = dict(span.attributes)
        if kind == "SERVER":  # the client's port is the kernel's choice
            self.assertGreater(found.pop("network.peer.port"), 0)
        self.assertEqual((span.kind, span.name, span.status, span.message), (kind, name, status, ""))
        self.assertEqual(found, attributes)


class Success(AttributesTest):
    def test_server_and_client_spans_of_a_checkout(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        self.start_gateway()
        answer = get(self.GATEWAY, "/checkout?item=a%20b&qty=2", headers={"User-Agent": "tester/1.0"})
        gateway, client, order = self.spans(answer, 3)
        self.check(gateway, "SERVER", "GET /checkout", UNSET, {
            **GATEWAY, "url.query": "item=a%20b&qty=2", "http.response.status_code": 200,
            "user_agent.original": "tester/1.0"})
        self.check(client, "CLIENT", "POST", UNSET, {**CLIENT, "http.response.status_code": 200})
        self.check(order, "SERVER", "POST /orders", UNSET, {**ORDERS, "http.response.status_code": 200})

    def test_spans_say_what_made_them(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        (span,) = self.spans(post_json(self.ORDER, "/orders", ORDER), 1)
        self.assertEqual(span.scope["name"], "libtrace-agent/libh2o")
        self.assertRegex(span.scope["version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual(span.resource["service.name"], "order-service")
        self.assertEqual(span.resource["telemetry.sdk.language"], "c")
        for key in ("telemetry.sdk.name", "telemetry.sdk.version", "service.instance.id", "host.name"):
            self.assertTrue(span.resource[key], key)
        self.assertEqual(span.resource["process.pid"], self.order.pid)

    def test_the_protocol_s_version_is_told(self):
        self.start([os.environ["LIBTRACE_H2O_HOST"], "8002"], env=self.TRACING, traced=True,
                   service="h2o_host").wait_ready(8002, "/hello")
        for option, version in (("--http1.0", "1.0"), ("--http1.1", "1.1"), ("--http2-prior-knowledge", "2")):
            with self.subTest(option=option):
                done = harness.run(["curl", "-sSi", option, "http://127.0.0.1:8002/hello"], env=self.TRACING,
                                   traced=True)
                self.assertEqual(done.code, 0, done)
                client, server = self.spans(parse_response(done.out), 2)
                # libcurl tells the response's version, and libh2o answers 1.0 with 1.1.
                self.assertEqual(client.attributes["network.protocol.version"], version.replace("1.0", "1.1"))
                self.assertEqual(server.attributes["network.protocol.version"], version)
                self.assertEqual((server.name, server.attributes["server.port"]), ("GET /hello", 8002))


class Failure(AttributesTest):
    def test_a_client_error_is_the_client_s_not_the_server_s(self):
        self.start_order("order-service")
        answer = post_json(self.ORDER, "/orders", {"item": "a", "qty": 0}, headers={"User-Agent": "t"})
        self.assertEqual(answer.status, 400)
        (span,) = self.spans(answer, 1)
        self.check(span, "SERVER", "POST /orders", UNSET, {
            **ORDERS, "http.response.status_code": 400, "user_agent.original": "t"})

    def test_a_4xx_or_5xx_answer_is_an_error_of_the_client_span(self):
        self.start_gateway()
        for status in (404, 429, 500, 503):
            with self.subTest(status=status):
                server = harness.RawServer(self.ORDER, http_bytes(status, b"{}"))
                answer = get(self.GATEWAY, "/checkout")
                server.stop()
                self.assertEqual(answer.status, 502)
                gateway, client = self.spans(answer, 2)
                self.check(client, "CLIENT", "POST", ERROR, {
                    **CLIENT, "http.response.status_code": status, "error.type": str(status)})
                self.check(gateway, "SERVER", "GET /checkout", ERROR, {
                    **GATEWAY, "http.response.status_code": 502, "error.type": "502"})

    def test_a_refused_connection(self):
        self.start_gateway()
        answer = get(self.GATEWAY, "/checkout")
        self.assertEqual(answer.status, 502)
        gateway, client = self.spans(answer, 2)
        found = {k: v for k, v in client.attributes.items() if not k.startswith("network.peer.")}
        self.assertEqual(found, {**CLIENT_START, "error.type": "CURLE_COULDNT_CONNECT"})
        self.assertEqual((client.status, client.message), (ERROR, ""))
        self.check(gateway, "SERVER", "GET /checkout", ERROR, {
            **GATEWAY, "http.response.status_code": 502, "error.type": "502"})

    def test_a_timeout(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "60000"})
        self.start_gateway(env={"ORDER_TIMEOUT_MS": "150"})
        answer = get(self.GATEWAY, "/checkout")
        self.assertEqual(answer.status, 504)
        gateway, client, order = self.spans(answer, 3)
        expected = {**CLIENT, "error.type": "CURLE_OPERATION_TIMEDOUT"}
        del expected["network.protocol.version"]  # nothing was answered
        self.check(client, "CLIENT", "POST", ERROR, expected)
        self.check(gateway, "SERVER", "GET /checkout", ERROR, {
            **GATEWAY, "http.response.status_code": 504, "error.type": "504"})
        self.assertEqual((order.name, order.parent), ("POST /orders", client.id))
        self.assertLess(order.end_ns - order.start_ns, 10_000_000_000)  # it ended with its client, not with its work

    def test_a_connection_that_breaks_is_an_error_without_a_status(self):
        self.start_gateway()
        self.serve_raw(self.ORDER, lambda connection, _: connection.close())
        answer = get(self.GATEWAY, "/checkout")
        self.assertEqual(answer.status, 502)
        _, client = self.spans(answer, 2)
        self.assertEqual(client.attributes["error.type"], "CURLE_GOT_NOTHING")
        self.assertNotIn("http.response.status_code", client.attributes)
        self.assertEqual(client.status, ERROR)


class Names(AttributesTest):
    def setUp(self):
        super().setUp()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})

    def test_an_unknown_path_gives_the_method_alone_and_no_route(self):
        answer = get(self.ORDER, "/nowhere/4711")
        self.assertEqual(answer.status, 404)
        (span,) = self.spans(answer, 1)
        expected = {**ORDERS, "http.request.method": "GET", "url.path": "/nowhere/4711",
                    "http.response.status_code": 404}
        del expected["http.route"]
        self.check(span, "SERVER", "GET", UNSET, expected)

    def test_an_unknown_method_is_other_and_named_http(self):
        for method in ("BREW", "get"):
            with self.subTest(method=method):
                (span,) = self.spans(request(method, self.ORDER, "/nowhere"), 1)
                self.assertEqual(span.name, "HTTP")
                self.assertEqual(span.attributes["http.request.method"], "_OTHER")
                self.assertEqual(span.attributes["http.request.method_original"], method)

    def test_a_known_route_with_a_wrong_method_keeps_its_route(self):
        (span,) = self.spans(get(self.ORDER, "/orders"), 1)
        self.assertEqual((span.name, span.attributes["http.response.status_code"]), ("GET /orders", 405))
        (span,) = self.spans(request("BREW", self.ORDER, "/orders"), 1)
        self.assertEqual(span.name, "HTTP /orders")


class Addresses(AttributesTest):
    def setUp(self):
        super().setUp()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})

    def span_with(self, headers):
        (span,) = self.spans(post_json(self.ORDER, "/orders", ORDER, headers=headers), 1)
        return span.attributes

    def test_the_client_s_address_comes_from_what_proxies_forward(self):
        for headers, client in (
                ({"X-Forwarded-For": "203.0.113.7"}, "203.0.113.7"),
                ({"X-Forwarded-For": "203.0.113.7, 10.0.0.1"}, "203.0.113.7"),
                ({"X-Forwarded-For": "2001:db8::1"}, "2001:db8::1"),
                ({"Forwarded": "for=203.0.113.9;proto=https, for=10.0.0.1"}, "203.0.113.9"),
                ({"Forwarded": 'for="[2001:db8::2]:4711"'}, "2001:db8::2"),
                ({"Forwarded": "for=203.0.113.9", "X-Forwarded-For": "198.51.100.1"}, "203.0.113.9")):
            with self.subTest(headers=headers):
                attributes = self.span_with(headers)
                self.assertEqual(attributes["client.address"], client)
                self.assertEqual(attributes["network.peer.address"], "127.0.0.1")

    def test_the_scheme_and_the_server_are_what_the_client_asked_for(self):
        attributes = self.span_with({"Forwarded": "for=203.0.113.9;proto=https;host=shop.example"})
        self.assertEqual(attributes["url.scheme"], "https")
        self.assertEqual((attributes["server.address"], attributes["server.port"]), ("shop.example", 443))
        attributes = self.span_with({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example:8443"})
        self.assertEqual(attributes["url.scheme"], "https")
        self.assertEqual((attributes["server.address"], attributes["server.port"]), ("shop.example", 8443))

    def test_nonsense_in_forwarding_headers_harms_nothing(self):
        for headers in ({"Forwarded": ";;=,for=;proto"}, {"X-Forwarded-For": ""}, {"X-Forwarded-For": ",,,"},
                        {"Forwarded": 'for="unclosed'}, {"X-Forwarded-Proto": "javascript"},
                        {"X-Forwarded-For": "x" * 5000}):
            with self.subTest(headers=headers):
                attributes = self.span_with(headers)
                self.assertEqual(attributes["url.scheme"], "http")
                self.assertEqual(attributes["http.response.status_code"], 200)


class Secrets(AttributesTest):
    def test_credentials_and_signatures_are_in_no_span(self):
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        done = harness.run(["curl", "-sSi", "http://alice:s3cr3t@127.0.0.1:8001/orders?sig=s3cr3t&a=1", "--json",
                            json.dumps(ORDER)], env=self.TRACING, traced=True)
        client, server = spans = self.spans(parse_response(done.out), 2)
        self.assertEqual(client.attributes["url.full"],
                         "http://REDACTED:REDACTED@127.0.0.1:8001/orders?sig=REDACTED&a=1")
        self.assertEqual(server.attributes["url.query"], "sig=REDACTED&a=1")
        for span in spans:
            for key, value in span.attributes.items():
                self.assertNotIn("s3cr3t", str(value), key)
                self.assertNotIn("alice", str(value), key)


if __name__ == "__main__":
    harness.main()
