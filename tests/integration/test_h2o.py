# SPDX-License-Identifier: Apache-2.0
"""SERVER spans at libh2o's edges, and the CLIENT spans of its proxy, in both of its flavours: answers that are
cut off, clients that go away, other protocols, odd requests.  The host (tests/agent/h2o_host.c) knows nothing
of tracing.
"""
import os
import re
import secrets
import signal
import socket
import struct
import unittest

import harness
from harness import RawServer, StackTest, http_bytes, wait_until

HOST, UPSTREAM = 8002, 8003
UNSET, ERROR = 0, 2
CALLER = "b7ad6b7169203331"

# HTTP/2 frame types and flags: RFC 9113, section 6
DATA, HEADERS, RST_STREAM, SETTINGS, PING = 0, 1, 3, 4, 6
END_STREAM, END_HEADERS = 1, 4


def connect():
    connection = socket.create_connection(("127.0.0.1", HOST))
    connection.settimeout(20 * harness.SLOWNESS)
    return connection


def read_until(connection, end):
    data = b""
    while end not in data:
        more = connection.recv(4096)
        if not more:
            break
        data += more
    return data


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Http2:
    """A client of one stream that neither compresses nor opens a window."""

    def __init__(self, path, trace, method="GET"):
        self.connection = connect()
        self.connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.send(SETTINGS, 0, 0, b"")
        fields = ((":method", method), (":scheme", "http"), (":authority", f"127.0.0.1:{HOST}"), (":path", path),
                  ("traceparent", f"00-{trace}-{CALLER}-01"))
        block = b"".join(b"\0" + bytes([len(k)]) + k.encode() + bytes([len(v)]) + v.encode() for k, v in fields)
        self.send(HEADERS, END_HEADERS | END_STREAM, 1, block)

    def send(self, kind, flags, stream, payload):
        self.connection.sendall(struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) +
                                struct.pack("!I", stream) + payload)

    def _take(self, n):
        data = b""
        while len(data) < n:
            more = self.connection.recv(n - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data

    def read_to(self, kind):
        """Reads up to the next frame of a kind."""
        while True:
            head = self._take(9)
            self._take(int.from_bytes(head[:3], "big"))
            if head[3] == kind:
                return

    def reset_stream(self):
        self.send(RST_STREAM, 0, 1, struct.pack("!I", 8))
        self.send(PING, 0, 0, b"12345678")  # what came before is handled when it is answered
        self.read_to(PING)


class H2oTest(StackTest):
    PROGRAM = "LIBTRACE_H2O_HOST"
    ARGUMENTS = []
    ENV = {}

    def setUp(self):
        super().setUp()
        if not os.environ[self.PROGRAM]:
            self.skipTest("libh2o.so of libuv is not here: libh2o-dev, libuv1-dev")
        self.start_backend()
        self.host = self.start([os.environ[self.PROGRAM], str(HOST), *self.ARGUMENTS], traced=True, service="h2o_host",
                               env={**self.TRACING, "PROXIED_PORT": str(UPSTREAM), **self.ENV})
        self.host.wait_ready(HOST, "/hello")

    def http1(self, path, trace, method="GET", headers="", host=f"127.0.0.1:{HOST}"):
        connection = connect()
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\ntraceparent: 00-{trace}-{CALLER}-01\r\n"
                           f"{headers}\r\n".encode())
        return connection

    def get(self, path, headers=""):
        """The trace, and the whole answer."""
        trace = secrets.token_hex(16)
        with self.http1(path, trace, headers="Connection: close\r\n" + headers) as connection:
            answer = harness.parse_response(read_until(connection, b"\0never").decode("latin-1"))
        return trace, answer

    def server_span(self, trace):
        (span,) = self.backend.trace(trace, 1)
        return span

    def check_end(self, span, status_code, error=None):
        self.assertEqual(span.attributes.get("http.response.status_code"), status_code)
        self.assertEqual(span.attributes.get("error.type"), error)
        self.assertEqual((span.status, span.message), (ERROR if error else UNSET, ""))


class Answers(H2oTest):
    def test_an_answer_that_arrives_whole_is_no_error(self):
        for option in ("--http1.1", "--http1.0", "--http2-prior-knowledge", "--http2"):
            # libcurl has no room for much of an answer behind an upgrade to HTTP/2.
            for path in ("/hello", "/late") if option == "--http2" else ("/hello", "/late", "/big", "/big-unsized"):
                with self.subTest(option=option, path=path):
                    trace = secrets.token_hex(16)
                    done = harness.run(["curl", "-sS", "-o", "/dev/null", option, f"http://127.0.0.1:{HOST}{path}",
                                        "-H", f"traceparent: 00-{trace}-{CALLER}-01"])
                    self.assertEqual(done.code, 0, done)
                    self.check_end(self.server_span(trace), 200)

    def test_an_answer_that_its_handler_gives_up_is_an_error(self):
        for path in ("/gives-up", "/short"):
            for option in ("--http1.1", "--http2-prior-knowledge"):
                with self.subTest(option=option, path=path):
                    trace = secrets.token_hex(16)
                    # HTTP/1.1 leaves a client that was promised more waiting.
                    done = harness.run(["curl", "-sS", "-o", "/dev/null", option, f"http://127.0.0.1:{HOST}{path}",
                                        "-m", "1", "-H", f"traceparent: 00-{trace}-{CALLER}-01"])
                    self.assertNotEqual(done.code, 0, done)
                    self.check_end(self.server_span(trace), 200, "response_aborted")

    def test_a_client_that_goes_away_in_the_midst_of_an_answer_is_an_error(self):
        for path in ("/big", "/big-unsized", "/stream"):
            for leave in (socket.socket.close, reset):
                with self.subTest("HTTP/1.1", path=path, leave=leave.__name__):
                    trace = secrets.token_hex(16)
                    connection = self.http1(path, trace)
                    read_until(connection, b"\r\n\r\n")
                    leave(connection)
                    self.check_end(self.server_span(trace), 200, "connection_closed")
            for leave in ("close", "reset", "stream"):
                with self.subTest("HTTP/2", path=path, leave=leave):
                    trace = secrets.token_hex(16)
                    client = Http2(path, trace)
                    client.read_to(DATA)
                    if leave == "stream":
                        client.reset_stream()
                    if leave == "reset":
                        reset(client.connection)
                    client.connection.close()
                    self.check_end(self.server_span(trace), 200, "connection_closed")

    def test_a_client_that_goes_away_before_an_answer_leaves_no_status_and_no_error(self):
        for path in ("/silent", "/begins"):
            with self.subTest(path=path):
                trace = secrets.token_hex(16)
                client = Http2(path, trace)
                client.reset_stream()
                client.connection.close()
                self.check_end(self.server_span(trace), None)

    def test_pushed_answers_have_spans_of_their_own_and_one_that_libh2o_takes_back_is_no_error(self):
        trace = secrets.token_hex(16)
        client = Http2("/push", trace)
        client.read_to(DATA)
        self.check_end(self.server_span(trace), 200)
        client.reset_stream()
        client.connection.close()

        def ends():
            # /begins ends with its client only.
            spans = [span for spans in self.backend.traces("h2o_host") for span in spans]
            found = {span.name: span for span in spans
                     if not span.parent and span.attributes["network.protocol.version"] == "2"}
            return found if {"GET /hello", "GET /fail", "GET /begins"} <= set(found) else None
        found = wait_until(ends, what="the pushed answers' spans")
        self.check_end(found["GET /hello"], 200)
        self.check_end(found["GET /begins"], None)
        self.check_end(found["GET /fail"], None)  # an error is not pushed

    def test_an_answer_that_changes_protocols_has_its_status(self):
        trace = secrets.token_hex(16)
        with self.http1("/switch", trace, headers="Connection: upgrade\r\nUpgrade: nothing\r\n") as connection:
            self.assertIn(b" 101 ", read_until(connection, b"\r\n\r\n"))
        self.check_end(self.server_span(trace), 101)


class Requests(H2oTest):
    def test_each_of_several_requests_sent_at_once_has_its_span(self):
        traces = [secrets.token_hex(16) for _ in range(3)]
        paths = ("/hello", "/late", "/fail")
        with connect() as connection:
            connection.sendall(b"".join(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{HOST}\r\ntraceparent: 00-{trace}-{CALLER}-01\r\n\r\n".encode()
                for path, trace in zip(paths, traces)))
            read_until(connection, b"no\n")
        for trace, path, code in zip(traces, paths, (200, 200, 503)):
            span = self.server_span(trace)
            self.assertEqual((span.name, span.parent), (f"GET {path}", CALLER))
            self.check_end(span, code, "503" if code == 503 else None)

    def test_a_client_that_resets_within_its_body_is_no_request(self):
        trace = secrets.token_hex(16)
        connection = self.http1("/echo", trace, "POST", "Content-Length: 100\r\n")
        connection.sendall(b"part")
        reset(connection)
        later, _ = self.get("/hello")
        self.server_span(later)
        self.assertEqual(self.backend.spans(trace), [])

    def test_requests_that_are_alive_at_the_end_harm_nothing(self):
        clients = [self.http1("/silent", secrets.token_hex(16)), Http2("/silent", secrets.token_hex(16)).connection,
                   self.http1("/stream", secrets.token_hex(16))]
        self.get("/hello")
        self.host.signal(signal.SIGTERM)
        self.assertEqual(self.host.wait(), 0, self.host.output)
        for client in clients:
            client.close()

    def test_a_whole_url_as_the_target_tells_its_path_and_no_password(self):
        trace = secrets.token_hex(16)
        with self.http1("http://alice:s3cr3t@shop.example:81/hello?a=1&sig=s3cr3t", trace,
                        headers="Connection: close\r\n") as connection:
            read_until(connection, b"\0never")
        attributes = self.server_span(trace).attributes
        self.assertEqual((attributes["url.path"], attributes["url.query"], attributes["url.scheme"]),
                         ("/hello", "a=1&sig=REDACTED", "http"))
        self.assertEqual((attributes["server.address"], attributes["server.port"]), ("shop.example", 81))
        self.assertNotIn("s3cr3t", str(attributes))
        self.assertNotIn("alice", str(attributes))

    def test_a_target_that_is_no_path_gives_none(self):
        for method, target in (("CONNECT", "alice:s3cr3t@shop.example:443"), ("GET", "shop.example")):
            with self.subTest(target=target):
                trace = secrets.token_hex(16)
                with self.http1(target, trace, method, "Connection: close\r\n") as connection:
                    read_until(connection, b"\0never")
                attributes = self.server_span(trace).attributes
                self.assertNotIn("url.path", attributes)
                self.assertEqual(attributes["server.address"], "shop.example")
                self.assertNotIn("s3cr3t", str(attributes))

    def test_the_address_of_a_hidden_client_is_the_connection_s(self):
        for header in ("X-Forwarded-For: unknown", "X-Forwarded-For: unknown, 203.0.113.7", "X-Forwarded-For: a host",
                       "Forwarded: for=unknown", "Forwarded: for=_hidden", 'Forwarded: for="_hidden:80"',
                       'Forwarded: for="[2001:db8::1"', "X-Forwarded-For: " + "1" * 5000):
            with self.subTest(header=header[:60]):
                trace, _ = self.get("/hello", header + "\r\n")
                self.assertEqual(self.server_span(trace).attributes["client.address"], "127.0.0.1")


class Proxy(H2oTest):
    OWN = ("traceresponse: 00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01",
           "server-timing: db;dur=5, trace;desc=00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01, app;dur=1")

    def serve(self, reply):
        server = RawServer(UPSTREAM, reply)
        self.addCleanup(server.stop)
        return server

    def pair(self, trace):
        """The SERVER and the CLIENT span of a request that went up."""
        spans = self.backend.trace(trace, 2)
        (server,) = [span for span in spans if span.kind == "SERVER"]
        (client,) = [span for span in spans if span.kind == "CLIENT"]
        self.assertEqual((server.parent, client.parent), (CALLER, server.id))
        return server, client

    def test_a_client_span_stands_between_the_server_s_and_the_upstream_s(self):
        upstream = self.serve(http_bytes(200, b"up\n", self.OWN))
        trace, answer = self.get("/proxied/x?sig=s3cr3t&a=1", "tracestate: a=1\r\n")
        self.assertEqual(answer.body, "up\n")
        server, client = self.pair(trace)
        sent = upstream.requests[0].decode()
        self.assertEqual(re.findall(r"(?im)^traceparent: (\S+)\r$", sent), [f"00-{trace}-{client.id}-01"])
        self.assertEqual(re.findall(r"(?im)^tracestate: (\S+)\r$", sent), ["a=1"])
        self.check_end(server, 200)
        self.check_end(client, 200)
        self.assertEqual((client.name, server.name), ("GET", "GET /proxied"))
        self.assertEqual(client.attributes, {
            "http.request.method": "GET", "url.full": f"http://127.0.0.1:{UPSTREAM}/x?sig=REDACTED&a=1",
            "server.address": "127.0.0.1", "server.port": UPSTREAM, "http.response.status_code": 200})

    def test_what_the_upstream_says_of_its_trace_is_not_passed_on_as_ours(self):
        self.serve(http_bytes(200, b"up\n", self.OWN))
        trace = secrets.token_hex(16)
        with self.http1("/proxied", trace, headers="Connection: close\r\n") as connection:
            head = read_until(connection, b"\0never").decode()
        server, _ = self.pair(trace)
        own = f"00-{trace}-{server.id}-01"
        self.assertEqual(re.findall(r"(?im)^traceresponse: (.*)\r$", head), [own])
        self.assertEqual(re.findall(r"(?im)^server-timing: (.*)\r$", head), ["db;dur=5, app;dur=1", f"trace;desc={own}"])

    def test_an_upstream_that_fails_is_an_error_of_both_spans(self):
        self.serve(http_bytes(503, b"no\n"))
        trace, _ = self.get("/proxied")
        for span in self.pair(trace):
            self.check_end(span, 503, "503")

    def test_an_upstream_s_404_is_an_error_of_the_client_span(self):
        self.serve(http_bytes(404, b"no\n"))
        trace, _ = self.get("/proxied")
        server, client = self.pair(trace)
        self.check_end(server, 404)
        self.check_end(client, 404, "404")

    def test_an_upstream_that_is_not_there_or_says_nothing_is_an_error_without_a_status(self):
        for reply in (None, lambda connection, _: connection.close()):
            with self.subTest(reply=reply):
                if reply:
                    self.serve(reply)
                trace, answer = self.get("/proxied")
                self.assertEqual(answer.status, 502)
                server, client = self.pair(trace)
                self.check_end(server, 502, "502")
                self.check_end(client, None, "no_response")

    def test_an_upstream_that_breaks_off_is_an_error_of_both_spans(self):
        self.serve(lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart"))
        trace, _ = self.get("/proxied")
        for span in self.pair(trace):
            self.check_end(span, 200, "response_aborted")

    def test_each_upstream_that_is_asked_in_turn_has_a_client_span(self):
        self.serve(lambda connection, request: connection.sendall(
            http_bytes(200, b"up\n") if b"/other" in request else
            http_bytes(200, b"", [f"X-Reproxy-URL: http://127.0.0.1:{UPSTREAM}/other?sig=s3cr3t"])))
        trace, answer = self.get("/proxied/x")
        self.assertEqual(answer.body, "up\n")
        spans = self.backend.trace(trace, 3)
        (server,) = [span for span in spans if span.kind == "SERVER"]
        clients = sorted((span for span in spans if span.kind == "CLIENT"), key=lambda span: span.start_ns)
        self.assertEqual([(span.parent, span.attributes["url.full"]) for span in clients],
                         [(server.id, f"http://127.0.0.1:{UPSTREAM}/{path}") for path in ("x", "other?sig=REDACTED")])
        for span in spans:
            self.check_end(span, 200)

    def test_an_upstream_that_changes_protocols_has_its_status_on_both_spans(self):
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        self.serve(lambda connection, _: connection.sendall(f"HTTP/1.1 101 Switching\r\n{upgrade}\r\n".encode()))
        trace = secrets.token_hex(16)
        with self.http1("/proxied", trace, headers=upgrade) as connection:
            self.assertIn(b" 101 ", read_until(connection, b"\r\n\r\n"))
        for span in self.pair(trace):
            self.check_end(span, 101)

    def test_a_client_that_leaves_gives_its_upstream_request_up(self):
        asked = []
        self.serve(lambda connection, request: (asked.append(request), connection.recv(1)))
        trace = secrets.token_hex(16)
        client = Http2("/proxied", trace)
        wait_until(lambda: asked, what="a request upstream")
        client.reset_stream()
        client.connection.close()
        for span in self.pair(trace):
            self.check_end(span, None)


class ProxyExcluded(H2oTest):
    ENV = {"OTEL_C_EXCLUDED_URLS": "/proxied"}

    def test_a_request_that_is_not_traced_goes_up_as_it_came(self):
        server = RawServer(UPSTREAM, http_bytes(200, b"up\n", Proxy.OWN[:1]))
        self.addCleanup(server.stop)
        trace, answer = self.get("/proxied")
        self.assertIn(f"\r\ntraceparent: 00-{trace}-{CALLER}-01\r\n", server.requests[0].decode())
        self.assertEqual(answer.headers["traceresponse"], Proxy.OWN[0].partition(": ")[2])


class ProxyDisabled(ProxyExcluded):
    ENV = {"OTEL_SDK_DISABLED": "true"}


class ProxyWithoutPropagation(H2oTest):
    ENV = {"OTEL_PROPAGATORS": "none", "OTEL_C_RESPONSE_HEADERS": "false"}

    def test_where_no_context_is_carried_what_others_carry_is_left_alone(self):
        server = RawServer(UPSTREAM, http_bytes(200, b"up\n", Proxy.OWN))
        self.addCleanup(server.stop)
        trace, answer = self.get("/proxied")
        self.assertIn(f"\r\ntraceparent: 00-{trace}-{CALLER}-01\r\n", server.requests[0].decode())
        for line in Proxy.OWN:
            name, _, value = line.partition(": ")
            self.assertEqual(answer.headers[name], value)


class Baggage(H2oTest):
    ARGUMENTS = [f"http://127.0.0.1:{UPSTREAM}/up"]
    SENT = "baggage: user=J%C3%BCrgen,plus=a+b;ttl=1\r\nBaggage: more=%20x\r\n"

    def sent_up(self, path, headers):
        server = RawServer(UPSTREAM, http_bytes(200, b"up\n"))
        try:
            trace, answer = self.get(path, headers)
        finally:
            server.stop()
        self.assertEqual(answer.body, "up\n")
        return trace, server.requests[0].decode()

    def test_what_comes_in_goes_out_with_requests_by_curl_on_the_loop(self):
        _, sent = self.sent_up("/upstream", self.SENT)
        self.assertEqual(re.findall(r"(?im)^baggage: (.*)\r$", sent), ["user=J%C3%BCrgen,plus=a+b;ttl=1,more=%20x"])

    def test_it_goes_through_the_proxy_as_it_came(self):
        _, sent = self.sent_up("/proxied", self.SENT)
        self.assertEqual(re.findall(r"(?im)^baggage: (.*)\r$", sent), ["user=J%C3%BCrgen,plus=a+b;ttl=1", "more=%20x"])

    def test_none_goes_out_where_none_came_in_also_after_one_that_had_some(self):
        self.sent_up("/upstream", self.SENT)
        for path in ("/upstream", "/proxied"):
            _, sent = self.sent_up(path, "")
            self.assertNotIn("baggage", sent.lower())


class B3(H2oTest):
    ARGUMENTS = [f"http://127.0.0.1:{UPSTREAM}/up"]
    ENV = {"OTEL_PROPAGATORS": "b3multi,baggage"}

    def test_b3_goes_through_curl_and_the_proxy_and_names_the_client_s_span(self):
        trace = secrets.token_hex(16)
        headers = f"X-B3-TraceId: {trace}\r\nX-B3-SpanId: {CALLER}\r\nX-B3-Sampled: 1\r\nbaggage: k=v\r\n"
        for i, path in enumerate(("/upstream", "/proxied")):
            server = RawServer(UPSTREAM, http_bytes(200, b"up\n"))
            self.get(path, headers)
            server.stop()
            sent = server.requests[0].decode()
            spans = self.backend.trace(trace, 2 * (i + 1))
            clients = {span.id for span in spans if span.kind == "CLIENT"}
            self.assertEqual(re.findall(r"(?im)^x-b3-traceid: (\S+)\r$", sent), [trace])
            (parent,) = re.findall(r"(?im)^x-b3-spanid: (\S+)\r$", sent)
            self.assertIn(parent, clients)
            self.assertEqual(re.findall(r"(?im)^x-b3-sampled: (\S+)\r$", sent), ["1"])
            self.assertEqual(re.findall(r"(?im)^baggage: (\S+)\r$", sent), ["k=v"])


class ProxyUnsampled(H2oTest):
    ENV = {"OTEL_TRACES_SAMPLER": "always_off"}

    def test_an_unsampled_request_goes_up_unsampled_below_ids_of_its_own(self):
        server = RawServer(UPSTREAM, http_bytes(200, b"up\n"))
        self.addCleanup(server.stop)
        trace, answer = self.get("/proxied", "tracestate: a=1\r\nX-Other: kept\r\n")
        sent = server.requests[0].decode()
        (parent,) = re.findall(r"(?im)^traceparent: (\S+)\r$", sent)
        self.assertRegex(parent, f"^00-{trace}-[0-9a-f]{{16}}-00$")
        self.assertNotIn(parent[36:52], (CALLER, answer.headers["traceresponse"][36:52]))
        self.assertEqual(re.findall(r"(?im)^(?:tracestate|x-other): (\S+)\r$", sent), ["kept", "a=1"])


class UvAnswers(Answers):
    PROGRAM = "LIBTRACE_H2O_UV_HOST"


class UvProxy(Proxy):
    PROGRAM = "LIBTRACE_H2O_UV_HOST"


class Flavours(StackTest):
    def test_both_flavours_give_the_same_attributes(self):
        uv = os.environ["LIBTRACE_H2O_UV_HOST"]
        if not uv:
            self.skipTest("libh2o.so of libuv is not here: libh2o-dev, libuv1-dev")
        self.start_backend()
        found = {}
        for flavour, program in (("evloop", os.environ["LIBTRACE_H2O_HOST"]), ("uv", uv)):
            host = self.start([program, str(HOST)], traced=True, service=flavour, env=self.TRACING)
            host.wait_ready(HOST, "/hello")
            for path in ("/echo?a=1", "/fail", "/nowhere", "/moved", "/redirect"):
                answer = harness.get(HOST, path, headers={"User-Agent": "t", "X-Forwarded-For": "203.0.113.7"})
                (span,) = self.backend.trace(harness.trace_id(answer), 1)
                self.assertGreater(span.attributes.pop("network.peer.port"), 0)
                found.setdefault(path, []).append((span.name, span.kind, span.status, span.attributes, answer.status))
            host.stop()
        for path, (evloop, uv) in found.items():
            self.assertEqual(evloop, uv, path)
            self.assertEqual(evloop[3]["client.address"], "203.0.113.7", path)


class Unknown(unittest.TestCase):
    def test_a_libh2o_that_is_not_known_is_passed_on_to_and_named_once(self):
        program = os.environ["LIBTRACE_OTHER_H2O_HOST"]
        plain, traced = harness.run([program]), harness.run([program], traced=True)
        self.assertEqual((traced.code, traced.out), (0, plain.out))
        self.assertIn("h2o_send\n", traced.out)
        self.assertEqual(traced.err.count("it has libh2o.so.9.9, and this agent was built for libh2o-evloop.so."), 1,
                         traced.err)


if __name__ == "__main__":
    harness.main()
