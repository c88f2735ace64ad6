# SPDX-License-Identifier: Apache-2.0
"""traceview on the wire: whatever is sent, it answers, survives, and keeps its limits."""
import gzip
import http.client
import json
import random
import re
import shutil
import socket
import subprocess
import time
import unittest

import harness
import otlp
from harness import Backend, StackTest, get, request, run, spans_of, wait_until
from otlp import JSON, PROTOBUF, nth_trace_id as trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class TraceviewTest(StackTest):
    env = {}

    def setUp(self):
        super().setUp()
        self.backend = Backend(self.start(["traceview", "serve"], env=self.env))

    def send(self, body, headers, path="/v1/traces"):
        return request("POST", Backend.OTLP, path, body, headers)

    def send_json(self, value):
        answer = self.send(json.dumps(value).encode(), JSON)
        self.assertEqual(answer.status, 200, answer)
        return answer

    def span(self, trace=TRACE):
        (span,) = self.backend.spans(trace)
        return span


class Receiver(TraceviewTest):
    def test_protobuf_and_json_gzip_or_not_are_read_alike(self):
        bodies = []
        for i in range(2):
            value = otlp.rich_span(trace_id(i))
            bodies += [(PROTOBUF, otlp.protobuf(value)), (JSON, json.dumps(value).encode())]
        spans = []
        for i, (headers, body) in enumerate(bodies):
            if i >= 2:
                headers, body = {**headers, "Content-Encoding": "gzip"}, gzip.compress(body)
            answer = self.send(body, headers)
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, headers["Content-Type"]))
            spans.append(self.span(trace_id(i // 2)))
        self.assertEqual(spans[0], spans[1])
        self.assertEqual(spans[2], spans[3])
        self.assertEqual(spans[0]._replace(trace_id=""), spans[2]._replace(trace_id=""))
        span = spans[0]
        self.assertEqual((span.name, span.kind, span.service, span.parent, span.status, span.message),
                         ("r\u00efch", "SERVER", "tester", "1112131415161718", 2, "no"))
        self.assertEqual(span.attributes, {"text": "v\u00e4lue", "empty": "", "yes": True, "int": -9007199254740993,
                                           "double": 0.5, "list": ["a", "b"]})
        self.assertEqual([(e["name"], int(e["timeUnixNano"])) for e in span.events], [("event", otlp.START + 5)])
        self.assertEqual([item["spanId"] for item in span.links], ["b7ad6b7169203331"])

    def test_an_empty_request_is_fine(self):
        self.assertEqual(self.send(b"", PROTOBUF).status, 200)
        for body in (b"{}", b'{"resourceSpans":[]}'):
            answer = self.send(body, JSON)
            self.assertEqual((answer.status, answer.body), (200, b"{}"))

    def test_malformed_bodies_are_400_in_the_request_s_own_encoding(self):
        good = otlp.protobuf(otlp.rich_span(TRACE))
        for body in (b"\xff", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", good[:-1],
                     b"\x0a\x05\x12\x03\x12\x01\xff",
                     b"\x0b", b"\x00\x00"):
            with self.subTest(body=body[:20]):
                answer = self.send(body, PROTOBUF)
                self.assertEqual((answer.status, answer.headers["content-type"]), (400, "application/x-protobuf"))
        for body in (b"", b"{", b"[]", b"nonsense", b'{"resourceSpans":7}', b'{"resourceSpans":[7]}',
                     b'{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}', b"[" * 100000,
                     b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}', b'{"a":"\xff"}'):
            with self.subTest(body=body[:40]):
                answer = self.send(body, JSON)
                self.assertEqual((answer.status, answer.headers["content-type"]), (400, "application/json"))
                self.assertTrue(json.loads(answer.body)["message"])
        self.assertEqual(self.backend.services(), [])

    def test_a_request_is_kept_whole_or_not_at_all(self):
        two = otlp.protobuf(otlp.one_span(trace_id(0))) + otlp.protobuf(otlp.one_span(trace_id(1)))
        self.assertEqual(self.send(two[:-3], PROTOBUF).status, 400)
        self.assertEqual(self.backend.spans(trace_id(0)), [])
        self.assertEqual(self.send(two, PROTOBUF).status, 200)
        self.assertEqual(len(self.backend.spans(trace_id(0)) + self.backend.spans(trace_id(1))), 2)

    def test_every_beginning_of_a_request_is_answered(self):
        value = otlp.rich_span(TRACE)
        connection = http.client.HTTPConnection("127.0.0.1", Backend.OTLP, timeout=10 * harness.SLOWNESS)
        for headers, body in ((PROTOBUF, otlp.protobuf(value)), (JSON, json.dumps(value).encode())):
            for n in range(len(body) + 1):
                connection.request("POST", "/v1/traces", body[:n], headers)
                answer = connection.getresponse()
                answer.read()
                self.assertIn(answer.status, (200, 400), body[:n])
            self.assertEqual(answer.status, 200)
        connection.close()
        self.assertEqual(self.span().name, "r\u00efch")

    def test_damaged_requests_are_answered_and_what_they_leave_can_be_read(self):
        value, dice = otlp.rich_span(TRACE), random.Random(1)
        for headers, good in ((PROTOBUF, otlp.protobuf(value)), (JSON, json.dumps(value).encode())):
            for _ in range(500):
                body = bytearray(good)
                for _ in range(dice.randint(1, 3)):
                    body[dice.randrange(len(body))] = dice.randrange(256)
                if dice.random() < 0.5:
                    headers, sent = {**headers, "Content-Encoding": "gzip"}, gzip.compress(bytes(body))
                else:
                    headers, sent = {k: v for k, v in headers.items() if k != "Content-Encoding"}, bytes(body)
                self.assertIn(self.send(sent, headers).status, (200, 400))
        for path in ("/api/traces?service=tester&limit=1500", "/api/services", "/api/v3/services",
                     "/api/v3/traces?query.service_name=tester&query.start_time_min=1970-01-01T00:00:00Z"
                     "&query.start_time_max=2200-01-01T00:00:00Z"):
            answer = get(Backend.UI, path)
            self.assertIn(answer.status, (200, 404), path)
            json.loads(answer.body.decode())

    def test_other_types_paths_and_methods_are_refused_each_in_its_way(self):
        for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/grpc"},
                        {**PROTOBUF, "Content-Encoding": "br"}):
            self.assertEqual(self.send(b"", headers).status, 415, headers)
        for path in ("/", "/v1/profiles", "/v1/traces/more"):
            self.assertEqual(self.send(b"", PROTOBUF, path).status, 404, path)
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            answer = request(method, Backend.OTLP, "/v1/traces")
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "POST"))

    def test_every_error_is_a_status_in_the_request_s_own_format(self):
        many = str(70 * 2 ** 20)
        for sent in ("POST /nowhere HTTP/1.1\r\nContent-Length: 0\r\n", "PUT /v1/traces HTTP/1.1\r\nContent-Length: 0\r\n",
                     "POST /v1/traces HTTP/1.1\r\nContent-Encoding: br\r\nContent-Length: 0\r\n",
                     "POST /v1/traces HTTP/1.1\r\nContent-Length: 1\r\n\r\n\xff",
                     f"POST /v1/traces HTTP/1.1\r\nContent-Length: {many}\r\n",
                     "POST /v1/traces HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"):
            head, blank, body = sent.partition("\r\n\r\n")
            for kind in ("application/x-protobuf", "application/json"):
                with self.subTest(sent=sent, kind=kind), \
                        socket.create_connection(("127.0.0.1", Backend.OTLP), timeout=10 * harness.SLOWNESS) as s:
                    s.sendall(f"{head.rstrip()}\r\nHost: a\r\nContent-Type: {kind}\r\n\r\n{body}".encode("latin-1"))
                    answer = http.client.HTTPResponse(s)
                    answer.begin()
                    self.assertGreaterEqual(answer.status, 400)
                    self.assertEqual(answer.getheader("content-type"), kind)
                    said = answer.read()
                    if kind == "application/json":
                        status = json.loads(said)
                        self.assertTrue(status["code"] and status["message"], status)
                    else:
                        self.assertRegex(said, rb"(?s)^\x08[\x01-\x10]\x12.\w")

    def test_chunked_bodies_are_taken_and_bounded(self):
        def chunks(body):
            for at in range(0, len(body), 1000):
                yield body[at:at + 1000]
        value = otlp.one_span(TRACE, attributes=[otlp.text("k", "v" * 10_000)])
        self.assertEqual(self.send(chunks(otlp.protobuf(value)), PROTOBUF).status, 200)
        self.assertEqual(self.span().attributes["k"], "v" * 10_000)
        with socket.create_connection(("127.0.0.1", Backend.OTLP), timeout=30 * harness.SLOWNESS) as s:
            s.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n8000000\r\n")
            try:
                for _ in range(70):
                    s.sendall(b" " * 2 ** 20)
            except OSError:
                pass  # it has answered
            answer = http.client.HTTPResponse(s)
            answer.begin()
            self.assertEqual(answer.status, 413)
            if answer.headers["content-type"] == "application/json":
                self.assertEqual(json.loads(answer.read())["code"], 8)
            else:  # libh2o of 2026 shows the errors of a body that is broken off to no filter
                self.assertEqual(answer.read(), b"request entity is too large")

    def test_metrics_and_logs_are_answered_so_that_an_sdk_does_not_complain(self):
        for path in ("/v1/metrics", "/v1/logs"):
            for headers, body, empty in ((PROTOBUF, b"\x0a\x00", b""), (JSON, b"{}", b"{}")):
                answer = self.send(body, headers, path)
                self.assertEqual((answer.status, answer.body), (200, empty))

    @unittest.skipUnless(harness.HAS_ZSTD and shutil.which("zstd"), "no libzstd in this build, or no zstd on PATH")
    def test_zstd_is_taken_whole_or_told(self):
        packed = subprocess.run(["zstd", "-q"], input=otlp.protobuf(otlp.one_span(TRACE)), stdout=subprocess.PIPE,
                                check=True).stdout
        bomb = subprocess.run(["zstd", "-q"], input=bytes(65 * 2 ** 20), stdout=subprocess.PIPE, check=True).stdout
        headers = {**PROTOBUF, "Content-Encoding": "zstd"}
        for body in (b"", b"nonsense", packed[:-1], packed[:10], packed + b"more"):
            self.assertEqual(self.send(body, headers).status, 400, body)
        self.assertEqual(self.send(bomb, headers).status, 413)
        self.assertEqual(self.backend.services(), [])
        self.assertEqual(self.send(packed[:0] + packed, headers).status, 200)
        self.span()

    def test_pages_of_this_machine_may_send_and_no_others(self):
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-own"}
        body = json.dumps(otlp.one_span(TRACE)).encode()
        for origin in ("http://localhost:3000", "https://localhost", "http://127.0.0.1:8080", "http://[::1]:5173",
                       "http://[::1]", "http://app.localhost:1"):
            answer = request("OPTIONS", Backend.OTLP, "/v1/traces", headers={"Origin": origin, **asked})
            allowed = {k.rpartition("-")[2]: v for k, v in answer.headers.items() if k.startswith("access-control-")}
            self.assertEqual((answer.status, allowed), (204, {
                "origin": origin, "methods": "POST", "headers": "content-type,x-own", "age": "7200"}), origin)
            answer = self.send(body, {**JSON, "Origin": origin})
            self.assertEqual((answer.status, answer.headers["access-control-allow-origin"]), (200, origin))
            self.assertEqual(answer.headers["vary"], "origin")
        for origin in ("http://example.com", "http://localhost.example.com", "http://127.0.0.1.example.com", "null",
                       "http://127.example.com:80", "http://[::1].example.com", "file://", "localhost"):
            answer = request("OPTIONS", Backend.OTLP, "/v1/traces", headers={"Origin": origin, **asked})
            self.assertEqual((answer.status, answer.headers.get("access-control-allow-origin")), (405, None), origin)
            self.assertNotIn("access-control-allow-origin", self.send(body, {**JSON, "Origin": origin}).headers)

    def test_too_large_a_body_is_413_also_when_gzip_hides_it(self):
        bomb = gzip.compress(bytes(65 * 2 ** 20))
        self.assertLess(len(bomb), 2 ** 20)
        self.assertEqual(self.send(bomb, {**PROTOBUF, "Content-Encoding": "gzip"}).status, 413)
        with socket.create_connection(("127.0.0.1", Backend.OTLP), timeout=10) as s:
            s.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
                      b"Content-Length: 70000000\r\n\r\n")
            self.assertIn(b" 413 ", s.recv(65536).split(b"\r\n")[0])

    def test_broken_gzip_is_400(self):
        good = gzip.compress(otlp.protobuf(otlp.one_span(TRACE)))
        for body in (b"", b"nonsense", good[:-1], good[:10], good[:-8] + bytes(8)):
            self.assertEqual(self.send(body, {**PROTOBUF, "Content-Encoding": "gzip"}).status, 400, body)

    def test_spans_without_valid_ids_are_rejected_and_counted(self):
        value = otlp.one_span(TRACE)
        spans = value["resourceSpans"][0]["scopeSpans"][0]["spans"]
        spans += [{**spans[0], "traceId": "0" * 32}, {**spans[0], "spanId": "0" * 16}, {**spans[0], "traceId": "xyz"}]
        answer = json.loads(self.send_json(value).body)
        self.assertEqual(int(answer["partialSuccess"]["rejectedSpans"]), 3)
        self.assertTrue(answer["partialSuccess"]["errorMessage"])
        self.assertEqual(self.span().name, "a span")

    def test_a_span_sent_twice_is_there_once(self):
        for _ in range(2):
            self.send_json(otlp.one_span(TRACE))
        self.span()


class Limits(TraceviewTest):
    env = {"TRACEVIEW_MAX_TRACES": "10", "TRACEVIEW_MAX_BYTES": str(4 * 2 ** 20)}

    def test_the_newest_traces_are_kept(self):
        for i in range(30):
            self.send_json(otlp.one_span(trace_id(i)))
        kept = [i for i in range(30) if self.backend.spans(trace_id(i))]
        self.assertEqual(kept, list(range(20, 30)))
        self.assertEqual(len(self.backend.traces("tester")), 10)

    def test_memory_is_bounded_however_much_is_sent(self):
        self.send_json(otlp.one_span(TRACE))
        before = self.backend.program.rss_bytes()
        for i in range(100):
            self.send_json(otlp.one_span(trace_id(i), attributes=[otlp.text("large", "x" * 500_000)]))
        self.assertTrue(self.backend.spans(trace_id(99)))
        if not harness.SANITIZED:
            self.assertLess(self.backend.program.rss_bytes() - before, 16 * 2 ** 20)  # of 50 MB


class Show(TraceviewTest):
    def test_exit_codes_say_whether_the_trace_was_there(self):
        self.send_json(otlp.one_span(TRACE))
        for arguments, code, word in (([TRACE], 0, ""), (["latest"], 0, ""), ([], 0, ""),
                                      ([trace_id(7)], 1, "no such trace"), ([TRACE, "--spans", "2"], 1, "1 of the 2"),
                                      ([TRACE, "--url", "http://127.0.0.1:1"], 1, "127.0.0.1:1"),
                                      (["--service", "nobody"], 1, ""), (["nonsense"], 2, "nonsense"),
                                      (["--nonsense"], 2, "--nonsense"), ([TRACE, TRACE], 2, "unexpected"),
                                      (["--wait", "soon"], 2, "soon"), (["--url"], 2, "--url")):
            with self.subTest(arguments=arguments):
                done = run(["traceview", "show", *arguments])
                self.assertEqual(done.code, code, done)
                self.assertIn(word, done.err)
                self.assertEqual("a span" in done.out, arguments in ([TRACE], ["latest"], [], [TRACE, "--spans", "2"]))

    def test_it_waits_for_a_trace_that_is_on_its_way(self):
        show = self.start(["traceview", "show", TRACE, "--wait", "20"])
        wait_until(self.has_asked, what="its first question")
        self.assertIsNone(show.process.poll())
        self.send_json(otlp.one_span(TRACE))
        self.assertEqual(show.wait(), 0)
        self.assertIn("a span", show.output)

    def has_asked(self):
        """Somebody has, or had, a connection to the query port."""
        with open("/proc/net/tcp") as table:
            return any(row.split()[1].endswith(f":{Backend.UI:04X}") and row.split()[3] != "0A"
                       for row in table.readlines()[1:])

    def test_it_gives_up_when_the_time_is_over(self):
        began = time.monotonic()
        self.assertEqual(run(["traceview", "show", TRACE, "--wait", "0.5"]).code, 1)
        self.assertGreaterEqual(time.monotonic() - began, 0.5)

    def test_no_line_is_wider_than_asked_for_and_ascii_is_ascii(self):
        self.send_json(otlp.one_span(TRACE, name="n" * 300, service="s" * 100))
        for width in (60, 80, 200):
            out = run(["traceview", "show", TRACE, "--width", str(width), "--ascii"]).out
            self.assertTrue(out.isascii())
            self.assertLessEqual(max(len(line) for line in out.splitlines()), width)

    def test_escape_sequences_in_names_do_not_reach_the_terminal(self):
        evil = "\x1b]0;owned\x07\x1b[2J\r\n\u202e\x9b31m"
        self.send_json(otlp.one_span(TRACE, name=evil, service=evil, status={"code": 2, "message": evil}))
        out = run(["traceview", "show", TRACE], env={"LC_ALL": "C.UTF-8"}).out
        for character in "\x1b\x07\r\u202e\x9b":
            self.assertNotIn(character, out)

    def test_json_is_the_backend_s_own(self):
        self.send_json(otlp.one_span(TRACE))
        out = json.loads(run(["traceview", "show", TRACE, "--json"]).out)
        self.assertEqual(out, json.loads(get(Backend.UI, f"/api/traces/{TRACE}").body))


class Page(TraceviewTest):
    def test_the_page_and_what_it_needs_are_served(self):
        for path, kind in (("/", "text/html"), ("/search", "text/html"), (f"/trace/{TRACE}", "text/html"),
                           ("/dependencies", "text/html"), (f"/trace/{TRACE}...{TRACE}", "text/html"),
                           ("/ui/js/main.js", "text/javascript"), ("/ui/js/model/tree.js", "text/javascript"),
                           ("/ui/css/base.css", "text/css"), ("/ui/icon.svg", "image/svg+xml")):
            answer = get(Backend.UI, path)
            self.assertEqual(answer.status, 200, path)
            self.assertTrue(answer.headers["content-type"].startswith(kind), answer.headers)
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
            self.assertIn("default-src 'none'", answer.headers["content-security-policy"])
            again = get(Backend.UI, path, headers={"If-None-Match": answer.headers["etag"]})
            self.assertEqual((again.status, again.body), (304, b""), path)
        self.assertEqual(get(Backend.UI, "/nowhere").status, 404)
        shown = get(Backend.UI, "/nowhere", headers={"Accept": "text/html,*/*"})
        self.assertEqual((shown.status, shown.body), (404, get(Backend.UI, "/").body))
        answer = request("POST", Backend.UI, "/")
        self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"))
        self.assertEqual(request("HEAD", Backend.UI, "/").body, b"")

    def test_a_path_prefix_goes_before_all_paths_of_page_and_api(self):
        self.backend.program.stop()
        self.backend = Backend.__new__(Backend)  # its paths are elsewhere
        for base, prefix in (("/", ""), ("/a/traces/", "/a/traces")):
            program = self.start(["traceview", "serve", "--base-path", base]).wait_ready(Backend.UI)
            self.send_json(otlp.one_span(TRACE))
            page = get(Backend.UI, f"{prefix}/trace/{TRACE}").body.decode()
            links = re.findall(r'(?:href|src)="(/[^"]*)"', page)
            self.assertGreater(len(links), 2)
            for link in links:
                self.assertTrue(link.startswith(prefix + "/"), link)
                self.assertEqual(get(Backend.UI, link).status, 200, link)
            self.assertEqual(json.loads(get(Backend.UI, f"{prefix}/api/traces/{TRACE}").body)["data"][0]["traceID"], TRACE)
            self.assertEqual(get(Backend.UI, f"{prefix}//api/services?a=b").headers["location"], f"{prefix}/api/services?a=b")
            env = {"TRACEVIEW_BASE_PATH": base}
            self.assertIn("a span", run(["traceview", "show", TRACE], env=env).out)
            self.assertIn("a span", run(["traceview", "show", f"http://127.0.0.1:{Backend.UI}{prefix}/trace/{TRACE}"]).out)
            for path in ("/healthz", f"{prefix}/healthz", f"{prefix}/metrics", f"{prefix}/api/traceview/stats"):
                self.assertEqual(get(Backend.UI, path).status, 200, path)
            if prefix:
                self.assertEqual(get(Backend.UI, prefix).headers["location"], prefix + "/")
                for path in ("/", "/api/services", f"/trace/{TRACE}", prefix + "x/api/services", "/a"):
                    self.assertEqual(get(Backend.UI, path).status, 404, path)
            self.assertEqual(program.stop(), 0)
        for wrong in ("a", "//a", "/a/../b", '/a"b', "/a b", "/" + "a" * 300, "/<a>"):
            done = run(["traceview", "serve", "--base-path", wrong])
            self.assertEqual((done.code, "TRACEVIEW_BASE_PATH" in done.err), (2, True), done)

    def test_the_page_may_request_the_gateway_that_a_setting_names_and_no_other_server(self):
        self.assertIsNone(json.loads(get(Backend.UI, "/api/traceview/stats").body)["sendUrl"])
        self.assertIn("connect-src 'self';", get(Backend.UI, "/").headers["content-security-policy"])
        self.backend.program.stop()
        self.start(["traceview", "serve", "--gateway", "http://localhost:8000/"]).wait_ready(Backend.UI)
        stats = json.loads(get(Backend.UI, "/api/traceview/stats").body)
        self.assertEqual(stats["sendUrl"], "http://localhost:8000/checkout")
        policy = get(Backend.UI, "/").headers["content-security-policy"]
        self.assertIn("connect-src 'self' http://localhost:8000;", policy)
        for wrong in ("localhost:8000", "ftp://a", "http://a/?b", "http://u:p@a", "http://a;script-src *", "http://", "http://a b"):
            done = run(["traceview", "serve", "--gateway", wrong])
            self.assertEqual((done.code, "TRACEVIEW_GATEWAY" in done.err), (2, True), done)

    def test_markup_in_a_trace_is_only_ever_served_as_json(self):
        evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
        self.send_json(otlp.one_span(TRACE, name=evil, service=evil, attributes=[otlp.text(evil, evil)]))
        empty = get(Backend.UI, "/").body
        for path in ("/", "/search?service=" + "%3Cscript%3E", f"/trace/{TRACE}", "/trace/%3Cscript%3E"):
            self.assertEqual(get(Backend.UI, path).body, empty, path)  # nothing of a trace or a URL is in it
        for path in ("/api/services", f"/api/traces/{TRACE}", f"/api/v3/traces/{TRACE}", "/api/v3/services",
                     "/api/traces/%3Cscript%3E", "/api/traces?service=%3Cscript%3E&limit=%3Cscript%3E", "/api/nowhere",
                     "/%3Cscript%3E"):
            answer = get(Backend.UI, path)
            self.assertEqual(answer.headers["content-type"].partition(";")[0], "application/json", path)
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
            json.loads(answer.body)
        self.assertEqual(self.span().name, evil)

    def test_the_api_finds_what_was_sent(self):
        for i in range(3):
            self.send_json(otlp.one_span(trace_id(i), name=f"name {i}", service=f"service {i % 2}"))
        self.assertEqual(sorted(json.loads(get(Backend.UI, "/api/services").body)["data"]), ["service 0", "service 1"])
        found = json.loads(get(Backend.UI, "/api/traces?service=service%200&limit=10").body)["data"]
        self.assertEqual({t["traceID"] for t in found}, {trace_id(0), trace_id(2)})
        operations = json.loads(get(Backend.UI, "/api/operations?service=service%201").body)["data"]
        self.assertEqual([o["name"] for o in operations], ["name 1"])
        self.assertEqual(get(Backend.UI, f"/api/v3/traces/{trace_id(9)}").status, 404)
        self.assertEqual(get(Backend.UI, "/api/v3/traces/nonsense").status, 400)
        answer = get(Backend.UI, f"/api/v3/traces/{trace_id(1)}")
        (span,) = spans_of(json.loads(answer.body)["result"]["resourceSpans"])
        self.assertEqual((span.name, span.service), ("name 1", "service 1"))


class Hosts(StackTest):
    """A name whose owner has it mean this machine is not a way to the traces."""
    PATH = "/api/v3/services"

    def status(self, host, path=PATH):
        return get(16686, path, headers={"Host": host}).status

    def begin(self, **env):
        self.start(["traceview", "serve"], env={"LOG_LEVEL": "warn", **env}).wait_ready(16686, "/healthz")

    def test_on_loopback_only_its_own_names_and_addresses_are_served(self):
        self.begin()
        for host in ("localhost", "localhost:16686", "LOCALHOST:1", "a.localhost", "127.0.0.1:16686", "[::1]:16686",
                     "192.0.2.7", "[2001:db8::1]:80"):
            self.assertEqual(self.status(host), 200, host)
        for host in ("evil.example", "evil.example:16686", "localhost.evil.example", "127.0.0.1.evil.example",
                     "notlocalhost", "localhost:x"):
            with self.subTest(host=host):
                self.assertEqual(self.status(host), 403)
                self.assertEqual(self.status(host, "/"), 403)
                self.assertEqual(self.status(host, "/healthz"), 200)

    def test_traceview_hosts_are_served_as_well(self):
        self.begin(TRACEVIEW_HOSTS="traces.example, other.example")
        for host, status in (("traces.example", 200), ("Other.Example:80", 200), ("x.traces.example", 403)):
            self.assertEqual(self.status(host), status, host)

    def test_where_others_can_connect_any_name_is_served_unless_they_are_set(self):
        self.begin(HOST="0.0.0.0")
        self.assertEqual(self.status("traceview.tracing.svc"), 200)


if __name__ == "__main__":
    harness.main()
