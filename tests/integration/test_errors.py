# SPDX-License-Identifier: Apache-2.0
"""Errors are reported: to clients in JSON, on the command line with the name of the setting."""
import json
import os
import re
import socket
import time
import unittest

import harness
from harness import RawServer, StackTest, get, http_bytes, post_json, request, wait_until

ORDER = {"item": "widget", "qty": 1}
JSON_TYPE = {"Content-Type": "application/json"}
FAST = {"ORDER_PROCESSING_MS": "0", "CHECK_INVENTORY_MS": "0", "INSERT_ORDER_RECORD_MS": "0"}


class ErrorTest(StackTest):
    def check(self, answer, status, code, words=()):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["content-type"], "application/json")
        error = json.loads(answer.body)
        self.assertEqual(set(error), {"error", "message"})
        self.assertEqual(error["error"], code)
        for word in words:
            self.assertIn(word, error["message"])


class OrderService(ErrorTest):
    def setUp(self):
        super().setUp()
        self.start_order("order-service", traced=False, env=FAST)

    def tearDown(self):
        self.assertEqual(post_json(self.ORDER, "/orders", ORDER).status, 200)  # it went on all the while
        super().tearDown()

    def post(self, body, headers=None):
        return request("POST", self.ORDER, "/orders", body, JSON_TYPE if headers is None else headers)

    def test_unknown_path_is_404(self):
        for path in ("/", "/nowhere", "/orders/1", "/ordersx", "/orders%00"):
            with self.subTest(path=path):
                self.check(get(self.ORDER, path), 404, "not_found")

    def test_wrong_method_is_405_and_names_the_right_one(self):
        for method in ("GET", "PUT", "DELETE", "PATCH", "BREW"):
            with self.subTest(method=method):
                answer = request(method, self.ORDER, "/orders")
                self.check(answer, 405, "method_not_allowed", ["POST"])
                self.assertEqual(answer.headers["allow"], "POST")

    def test_a_wrong_field_is_400_and_named(self):
        for order, field in (({"qty": 1}, "item"), ({"item": "", "qty": 1}, "item"), ({"item": 7, "qty": 1}, "item"),
                             ({"item": None, "qty": 1}, "item"), ({"item": "x" * 257, "qty": 1}, "item"),
                             ({"item": "a"}, "qty"), ({"item": "a", "qty": 0}, "qty"),
                             ({"item": "a", "qty": -1}, "qty"),
                             ({"item": "a", "qty": "1"}, "qty"), ({"item": "a", "qty": 1.5}, "qty"),
                             ({"item": "a", "qty": True}, "qty"), ({"item": "a", "qty": 1000001}, "qty")):
            with self.subTest(order=order):
                self.check(post_json(self.ORDER, "/orders", order), 400, "invalid_field", [field])

    def test_the_limits_themselves_are_allowed(self):
        for order in ({"item": "x" * 256, "qty": 1}, {"item": "a", "qty": 1000000}, {**ORDER, "more": [1, 2]}):
            self.assertEqual(post_json(self.ORDER, "/orders", order).status, 200)

    def test_malformed_json_is_400(self):
        for body in (b"", b"{", b'{"item":"a","qty":1', b"[]", b"null", b"7", b'{"item":"a","qty":1}x',
                     b'{"item":"a","item":"b","qty":1}', b'{"item":"\xff","qty":1}', b'{"item":"\\u0000","qty":1}',
                     b"[" * 60000, b'{"item":"a","qty":99999999999999999999}'):
            with self.subTest(body=body[:40]):
                self.check(self.post(body), 400, "malformed_json")

    def test_a_body_over_64_kib_is_413(self):
        fits = b'{"item":"a","qty":1}'.ljust(65536)
        self.assertEqual(self.post(fits).status, 200)
        self.check(self.post(fits + b" "), 413, "body_too_large")
        self.check(self.post(iter([fits, b" "])), 413, "body_too_large")

    def test_a_huge_announced_body_is_413_before_it_is_sent(self):
        with socket.create_connection(("127.0.0.1", self.ORDER), timeout=10) as s:
            s.sendall(b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                      b"Content-Length: 99999999999\r\n\r\n")
            self.assertIn(b" 413 ", s.recv(65536).split(b"\r\n")[0])

    def test_another_content_type_is_415(self):
        body = json.dumps(ORDER)
        for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/jsonx"},
                        {"Content-Type": "application/x-www-form-urlencoded"},
                        {**JSON_TYPE, "Content-Encoding": "gzip"}):
            with self.subTest(headers=headers):
                self.check(self.post(body, headers), 415, "unsupported_media_type", ["application/json"])
        for value in ("application/json; charset=utf-8", "Application/JSON"):
            self.assertEqual(self.post(body, {"Content-Type": value}).status, 200)

    def test_what_is_no_http_is_refused(self):
        for bytes_sent in (b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n",
                           b"GET / HTTP/1.1\r\nX: " + b"x" * 200000 + b"\r\n\r\n"):
            with self.subTest(bytes_sent=bytes_sent[:20]):
                with socket.create_connection(("127.0.0.1", self.ORDER), timeout=10) as s:
                    try:
                        s.sendall(bytes_sent)
                        s.shutdown(socket.SHUT_WR)
                        answer = s.recv(65536)
                    except ConnectionError:
                        answer = b""
                    self.assertTrue(not answer or re.match(rb"HTTP/1.1 4\d\d ", answer), answer[:100])

    def test_a_client_that_goes_away_midway_harms_nobody(self):
        for part in (b"POST /or", b"POST /orders HTTP/1.1\r\nContent-Length: 20\r\n\r\n{"):
            with socket.create_connection(("127.0.0.1", self.ORDER)) as s:
                s.sendall(part)


class Gateway(ErrorTest):
    def setUp(self):
        super().setUp()
        self.start_gateway(traced=False, env={"ORDER_TIMEOUT_MS": "300"})

    def test_a_wrong_query_is_400_and_names_the_parameter(self):
        for query, name in (("item=", "item"), ("item=" + "x" * 257, "item"), ("item=%zz", "item"),
                            ("item=%ff", "item"),
                            ("item=%00", "item"), ("item=a&item=b", "item"), ("qty=0", "qty"), ("qty=x", "qty"),
                            ("qty=", "qty"), ("qty=1000001", "qty"), ("qty=-1", "qty"), ("qty=1&qty=2", "qty")):
            with self.subTest(query=query):
                self.check(get(self.GATEWAY, f"/checkout?{query}"), 400, "invalid_parameter", [name])

    def test_wrong_paths_and_methods(self):
        self.check(get(self.GATEWAY, "/checkouts"), 404, "not_found")
        answer = post_json(self.GATEWAY, "/checkout", {})
        self.check(answer, 405, "method_not_allowed", ["GET"])
        self.assertEqual(answer.headers["allow"], "GET, HEAD")

    def test_an_order_service_that_refuses_is_502(self):
        self.check(get(self.GATEWAY, "/checkout"), 502, "order_service_unreachable")
        reason = "the order service cannot be reached"  # said in the log, which comes by another way than the answer
        wait_until(lambda: reason in self.gateway.output, what=reason)

    def test_an_order_service_that_answers_nonsense_is_502(self):
        good = b'{"order_id":"ord-1","status":"created"}'
        for what, reply in (
                ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n"), ("nothing", b""),
                ("half a head", b"HTTP/1.1 200 OK\r\nContent-"),
                ("half a body", http_bytes(200, good)[:-5]),
                ("empty body", http_bytes(200)), ("no JSON", http_bytes(200, b"<html>")),
                ("half JSON", http_bytes(200, good[:-3])), ("array", http_bytes(200, b"[]")),
                ("no order", http_bytes(200, b'{"order_id":7,"status":"created"}')),
                ("more after it", http_bytes(200, good + b"}")),
                ("status 500", http_bytes(500, good)), ("status 404", http_bytes(404, good)),
                ("status 204", http_bytes(204)),
                ("redirect", http_bytes(302, b"", ["Location: http://127.0.0.1:1/"])),
                ("huge body", http_bytes(200, b" " * 70000 + good)),
                ("huge header", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400000 + b"\r\n\r\n")):
            with self.subTest(what=what):
                server = RawServer(self.ORDER, reply)
                try:
                    self.check(get(self.GATEWAY, "/checkout"), 502, "order_service_failed")
                finally:
                    server.stop()

    def test_an_order_service_that_is_too_slow_is_504(self):
        self.serve_raw(self.ORDER, lambda connection, _: connection.recv(1))  # until the gateway gives up
        self.check(get(self.GATEWAY, "/checkout"), 504, "order_service_timeout")

    def test_an_order_service_that_trickles_is_504_too(self):
        def trickle(connection, _):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            connection.settimeout(0.02)
            while True:  # ends with the connection
                connection.sendall(b" ")
                try:
                    if not connection.recv(1):
                        return
                except socket.timeout:
                    pass
        self.serve_raw(self.ORDER, trickle)
        self.check(get(self.GATEWAY, "/checkout"), 504, "order_service_timeout")

    def test_a_good_answer_goes_through_whatever_else_is_in_it(self):
        order = {"order_id": "ord-1", "status": "created", "more": "\u00e4"}
        self.serve_raw(self.ORDER, http_bytes(200, json.dumps(order).encode()))
        answer = get(self.GATEWAY, "/checkout?item=a%26b&qty=3")
        self.assertEqual(json.loads(answer.body), {"status": "success", "order": order})

    def test_what_is_asked_for_is_what_is_ordered(self):
        server = self.serve_raw(self.ORDER, http_bytes(200, b'{"order_id":"o","status":"s"}'))
        for query, order in (("", ORDER), ("?item=a%26%22b+c&qty=3", {"item": 'a&"b c', "qty": 3}),
                             ("?qty=7", {"item": "widget", "qty": 7}),
                             ("?item=%F0%9F%9A%80", {"item": "\U0001f680", "qty": 1})):
            self.assertEqual(get(self.GATEWAY, "/checkout" + query).status, 200)
            head, _, body = server.requests[-1].partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"POST /orders HTTP/1.1\r\n"), head)
            self.assertEqual(json.loads(body), order)


SERVICES = ("api-gateway", "api-gateway-manual", "order-service", "order-service-custom", "order-service-manual")


class CommandLine(unittest.TestCase):
    def test_help_and_version_of_every_program(self):
        for name in (*SERVICES, "traceview", "libtrace-instrument"):
            with self.subTest(program=name):
                done = harness.run([name, "--help"])
                self.assertEqual((done.code, done.err), (0, ""))
                self.assertIn(name, done.out)
                done = harness.run([name, "--version"])
                self.assertEqual((done.code, done.err), (0, ""))
                self.assertRegex(done.out, rf"^{name} \d+\.\d+\.\d+\n$")

    def test_ready_probes_the_service_that_runs_with_the_same_settings(self):
        for name in SERVICES:
            with self.subTest(program=name):
                env = {"HOST": "0.0.0.0", "PORT": "8123", "http_proxy": "http://127.0.0.1:1"}
                done = harness.run([name, "--ready"], env=env)
                self.assertEqual((done.code, done.out), (1, ""))
                self.assertIn("http://0.0.0.0:8123/readyz", done.err)
                service = harness.Program([name], env=env).wait_ready(8123)
                self.addCleanup(service.kill)
                done = harness.run([name, "--ready"], env=env)
                self.assertEqual((done.code, done.out, done.err), (0, "", ""))
                self.assertEqual(service.stop(), 0)
        done = harness.run(["api-gateway", "--ready", "now"])
        self.assertEqual((done.code, done.err), (2, "api-gateway: now is not an option; see --help\n"))

    def test_ready_is_no_for_a_service_that_answers_otherwise_or_not_at_all(self):
        for reply, why in ((harness.http_bytes(503), "HTTP status 503"), (lambda *_: time.sleep(5), "(?i)timeout")):
            server = harness.RawServer(8124, reply)
            done = harness.run(["order-service", "--ready"], env={"PORT": "8124"})
            server.stop()
            self.assertEqual((done.code, done.out), (1, ""))
            self.assertRegex(done.err, why)

    def test_help_names_every_setting(self):
        for name, settings in (("api-gateway", "HOST PORT THREADS LOG_FORMAT ENV ORDER_SERVICE_URL ORDER_TIMEOUT_MS"),
                               ("order-service", "HOST PORT THREADS LOG_FORMAT ENV ORDER_PROCESSING_MS"),
                               ("order-service-custom", "PORT CHECK_INVENTORY_MS INSERT_ORDER_RECORD_MS"),
                               ("traceview", "TRACEVIEW_GRPC_PORT TRACEVIEW_MAX_TRACES TRACEVIEW_MAX_BYTES"),
                               ("libtrace-instrument", "--service-name --doctor --exporter-otlp-endpoint")):
            text = harness.run([name, "--help"]).out
            for setting in settings.split():
                self.assertIn(setting, text, name)

    @unittest.skipUnless(os.path.exists(os.path.join(harness.SOURCE, "services")), "no sources of the services here")
    def test_traceview_s_manual_page_has_the_settings_of_its_help_and_no_others(self):
        with open(os.path.join(harness.SOURCE, "services", "traceview", "traceview.1")) as file:
            page = file.read()
        page = page[page.index(".SH ENVIRONMENT"):page.index(".SH EXIT STATUS")]
        named = set(re.findall(r"\b[A-Z][A-Z_]{2,}\b", "\n".join(re.findall(r"^\.BR? (.*)$", page, re.MULTILINE))))
        in_help = re.findall(r"^  ([A-Z_]+)=", harness.run(["traceview", "--help"]).out, re.MULTILINE)
        self.assertEqual(named - {"COLUMNS", "NO_COLOR"}, set(in_help))  # those are the terminal's

    def test_an_argument_that_is_not_understood_is_named(self):
        for name in SERVICES:
            done = harness.run([name, "--nonsense"])
            self.assertEqual(done.code, 2, name)
            self.assertIn("--nonsense", done.err)
        for arguments in (["traceview", "--nonsense"], ["traceview", "nonsense"], ["traceview", "serve", "--ui-port"]):
            done = harness.run(arguments)
            self.assertEqual(done.code, 2, arguments)
            self.assertIn(arguments[-1], done.err)
        for arguments in (["--NONSENSE", "x", "true"], ["-x", "true"], ["--service-name"], []):
            done = harness.run(["libtrace-instrument", *arguments])
            self.assertEqual(done.code, 125, arguments)
            self.assertIn(arguments[0] if arguments else "--help", done.err)

    def test_the_launcher_says_like_a_shell_that_there_is_no_such_program(self):
        self.assertEqual(harness.run(["libtrace-instrument", "no-such-program"]).code, 127)
        self.assertEqual(harness.run(["libtrace-instrument", "/etc/passwd"]).code, 126)

    def test_the_launcher_gives_the_program_s_exit_code(self):
        env = {"OTEL_TRACES_EXPORTER": "none"}
        self.assertEqual(harness.run(["sh", "-c", "exit 42"], traced=True, env=env).code, 42)
        self.assertEqual(harness.run(["sh", "-c", "kill -9 $$"], traced=True, env=env).code, -9)


class Settings(unittest.TestCase):
    def check(self, program, name, value, code=2):
        done = harness.run([program], env={name: value})
        with self.subTest(program=program, setting=name, value=value):
            self.assertEqual(done.code, code, done)
            self.assertIn(name, done.err)
            self.assertLess(done.seconds, 5 * harness.SLOWNESS)

    def test_a_bad_setting_ends_every_service_with_2_and_is_named(self):
        for program in SERVICES:
            for name, value in (("PORT", "http"), ("PORT", "70000"), ("PORT", "-1"), ("THREADS", "0"),
                                ("THREADS", "1e3"),
                                ("LOG_FORMAT", "xml"), ("LOG_LEVEL", "loud")):
                self.check(program, name, value)

    def test_a_bad_setting_of_one_program(self):
        for program, name, value in (
                ("api-gateway", "ORDER_TIMEOUT_MS", "0"), ("api-gateway", "ORDER_TIMEOUT_MS", "5s"),
                ("api-gateway", "ORDER_SERVICE_URL", "ftp://localhost"),
                ("api-gateway", "ORDER_SERVICE_URL", "localhost"),
                ("api-gateway", "ORDER_SERVICE_URL", "http://"), ("api-gateway", "ORDER_SERVICE_URL", "http://u:p@h"),
                ("order-service", "ORDER_PROCESSING_MS", "-5"), ("order-service-custom", "CHECK_INVENTORY_MS", "0.3"),
                ("order-service-custom", "INSERT_ORDER_RECORD_MS", "99999999999999999999"),
                ("traceview", "TRACEVIEW_MAX_TRACES", "0"), ("traceview", "TRACEVIEW_MAX_BYTES", "many"),
                ("traceview", "TRACEVIEW_UI_PORT", "70000"), ("traceview", "TRACEVIEW_OTLP_PORT", "x")):
            self.check(program, name, value)

    def test_a_password_in_a_url_is_not_printed(self):
        for arguments, env in ((["api-gateway"], {"ORDER_SERVICE_URL": "http://me:secret@localhost"}),
                               (["traceview", "show", "--url", "http://me:secret@127.0.0.1:1"], {}),
                               (["traceview", "show", "--url", "http://me:sec/secret@127.0.0.1:1"], {})):
            done = harness.run(arguments, env=env)
            self.assertNotEqual(done.code, 0)
            self.assertTrue(done.err)
            self.assertNotIn("secret", done.out + done.err)

    def test_an_address_that_is_not_this_machine_s_is_named(self):
        for program in (*SERVICES, "traceview"):
            self.check(program, "HOST", "not/a/host", code=1)

    def test_a_busy_port_is_named_with_the_setting(self):
        for program, port, setting in (*((name, 8000 + ("order" in name), "PORT") for name in SERVICES),
                                       ("traceview", 4318, "TRACEVIEW_OTLP_PORT"),
                                       *((("traceview", 4317, "TRACEVIEW_GRPC_PORT"),) if harness.HAS_GRPC else ()),
                                       ("traceview", 16686, "TRACEVIEW_UI_PORT")):
            with self.subTest(program=program, port=port), socket.create_server(("127.0.0.1", port)):
                done = harness.run([program])
                self.assertEqual(done.code, 1, done)
                self.assertIn(str(port), done.err)
                self.assertIn(setting, done.err)

    def test_two_of_the_same_service_do_not_share_a_port(self):
        first = harness.Program(["order-service"]).wait_ready(8001)
        self.assertEqual(harness.run(["order-service"]).code, 1)
        self.assertEqual(first.stop(), 0)


if __name__ == "__main__":
    harness.main()
