# SPDX-License-Identifier: Apache-2.0
"""SERVER spans of libevent's evhttp, in libevent and in libevent_extra, and of ustreamer, which knows nothing of tracing.
The host is tests/agent/evhttp_host.c."""
import os
import re
import shutil
import unittest

import harness
from servers import (ADDED, CALLER, OTHER, PARENT, PORT, TRACE, ServerTest, begin_and_leave, connect, ends, head,
                     one_request, plain, read_all, read_until)

HOSTS = [os.environ.get("LIBTRACE_EVHTTP_HOST", ""), os.environ.get("LIBTRACE_EVHTTP_EXTRA_HOST", "")]
ERROR = 2


def without_port(span):
    attributes = dict(span.attributes)
    assert attributes.pop("network.peer.port") > 0
    return attributes


@unittest.skipUnless(all(HOSTS), "no evhttp: libevent-dev")
class Evhttp(ServerTest):
    HOST = HOSTS[0]

    def serve(self, talk, *options, lines, env=None):
        return self.same([self.HOST, str(PORT), *options], talk, env, lines=lines)

    def test_a_path_s_callback_is_a_span_with_the_route_and_the_conventions_attributes(self):
        for host in HOSTS:
            with self.subTest(host=host):
                command = [host, str(PORT)]
                answers, (span,) = self.same(command, lambda: [one_request("GET", "/hello?x=1&sig=s", PARENT, "User-Agent: me")],
                                             lines=1)
                self.assertIn(b"200 OK", answers[0])
                self.assertEqual((span.name, span.kind, span.trace_id, span.parent, span.status),
                                 ("GET /hello", "SERVER", TRACE, CALLER, 0))
                self.assertEqual(without_port(span), {
                    "http.request.method": "GET", "url.path": "/hello", "url.query": "x=1&sig=REDACTED",
                    "url.scheme": "http", "http.route": "/hello", "server.address": "127.0.0.1", "server.port": PORT,
                    "user_agent.original": "me", "network.protocol.version": "1.1",
                    "network.peer.address": "127.0.0.1", "client.address": "127.0.0.1",
                    "http.response.status_code": 200})
                self.assertEqual(span.scope["name"], "libtrace-agent/libevent")

    def test_the_generic_callback_has_no_route(self):
        answers, spans = self.serve(lambda: [one_request("GET", "/a/b"), one_request("PUT", "/c", body=b"x")], lines=2)
        self.assertIn(b"generic\n", answers[0])
        self.assertEqual([(span.name, span.attributes["url.path"]) for span in spans], [("GET", "/a/b"), ("PUT", "/c")])
        self.assertFalse(any("http.route" in span.attributes for span in spans))

    def test_what_evhttp_answers_itself_is_a_span(self):
        def talk():
            return [one_request("GET", "/nowhere"), one_request("GET", "/hello", "Connection: Close"),
                    one_request("POST", "/upload", body=b"x" * 100001)]

        answers, spans = self.serve(talk, "no-generic", lines=1)
        self.assertEqual(ends(spans), [("GET", 404, None, 0), ("GET /hello", 200, None, 0), ("POST", 413, None, 0)])

    def test_an_answer_sent_later_and_in_chunks_ends_the_span_when_it_has_been_written(self):
        def talk():
            return [one_request("GET", "/later"), one_request("GET", "/chunks"), one_request("POST", "/upload", body=b"12345")]

        answers, spans = self.serve(talk, lines=4)
        self.assertIn(b"chunk 2", answers[1])
        self.assertEqual(ends(spans), [("GET /later", 200, None, 0), ("GET /chunks", 200, None, 0),
                                       ("POST /upload", 201, None, 0)])

    def test_requests_of_one_connection_have_a_span_each(self):
        def talk():
            with connect() as connection:
                connection.sendall(head("GET", "/hello"))
                first = read_until(connection, b"hello\n")
                connection.sendall(head("HEAD", "/hello"))
                second = read_until(connection, b"\r\n\r\n")
                connection.sendall(head("GET", "/later", "Connection: close"))
                return [first, second, read_all(connection)]

        _, spans = self.serve(talk, lines=4)
        self.assertEqual([span.name for span in spans], ["GET /hello", "HEAD /hello", "GET /later"])
        self.assertEqual(len({span.trace_id for span in spans}), 3)

    def test_an_error_page_is_an_error_from_500_on(self):
        answers, spans = self.serve(lambda: [one_request("GET", "/failed")], lines=1)
        self.assertIn(b"503 No", answers[0])
        self.assertEqual(ends(spans), [("GET /failed", 503, "503", ERROR)])

    def test_a_client_that_leaves_before_the_answer_or_in_it_is_an_error(self):
        def talk():
            begin_and_leave(head("GET", "/endless"), wait_for=b"more")
            return []

        _, spans = self.serve(talk, lines=2)
        self.assertEqual(ends(spans), [("GET /endless", 200, "connection_closed", ERROR)])

    def test_a_request_that_the_program_owns_ends_with_its_late_answer(self):
        command = [self.HOST, str(PORT)]
        for traced in (False, True):
            program = harness.Program(command, traced=traced, service="server",
                                      env=self.into("spans.jsonl"))
            self.addCleanup(program.kill)
            program.wait_ready(PORT)
            with connect() as connection:
                connection.sendall(head("GET", "/gone"))
                harness.wait_until(lambda: "waiting" in program.lines, 60, "the request")
            harness.wait_until(lambda: "too late" in program.lines, 60, "the answer")
            self.assertEqual((program.stop(), program.lines), (0, ["waiting", "closed", "too late"]))
        self.assertEqual(ends(self.read("spans.jsonl")), [("GET /gone", None, "connection_closed", ERROR)])

    def test_a_connection_that_the_program_drops_is_an_error(self):
        _, spans = self.serve(lambda: [one_request("GET", "/dropped")], lines=1)
        self.assertEqual(ends(spans), [("GET /dropped", None, "connection_closed", ERROR)])

    def test_a_callback_that_removes_itself_and_a_virtual_host_are_as_without(self):
        def talk():
            return [one_request("GET", "/once"), one_request("GET", "/once"),
                    exchange(b"GET /there HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n")]

        answers, spans = self.serve(talk, lines=3)
        self.assertEqual([body for answer in answers for body in (b"once\n", b"again\n", b"there\n") if body in answer],
                         [b"once\n", b"again\n", b"there\n"])
        self.assertEqual([span.name for span in spans], ["GET /once", "GET /once", "GET /there"])
        self.assertEqual(spans[2].attributes["server.address"], "other.example")

    def test_a_server_that_is_freed_ends_the_requests_that_are_open(self):
        command = [self.HOST, str(PORT)]

        def talk():
            self.open = connect()
            self.addCleanup(self.open.close)
            self.open.sendall(head("GET", "/keep"))
            return [one_request("GET", "/free")]

        _, _ = self.run_server(command, talk, stop=False)
        _, printed, spans = self.traced(command, talk, stop=False)
        self.assertIn("freed", printed)
        self.assertEqual(set(ends(spans)) - {("GET /keep", None, "connection_closed", ERROR)},
                         {("GET /free", None, "connection_closed", ERROR)})

    def test_a_response_names_its_trace_unless_it_does_so_itself(self):
        def talk():
            return [one_request("GET", path) for path in ("/hello", "/chunks", "/failed", "/a", "/own")]

        answers, spans = self.serve(talk, lines=5)
        self.assertEqual([len(ADDED.findall(answer)) for answer in answers], [2, 2, 2, 2, 1])
        for answer, span in zip(answers[:4], spans):
            self.assertIn(f"traceresponse: 00-{span.trace_id}-{span.id}-03".encode(), answer)
        answers, _ = self.serve(talk, lines=5, env={"OTEL_C_RESPONSE_HEADERS": "false"})
        self.assertEqual([len(ADDED.findall(answer)) for answer in answers], [0] * 5)

    def test_a_call_in_the_callback_is_below_its_request_s_span(self):
        other = harness.RawServer(OTHER, harness.http_bytes(200, b"from the other\n"))
        self.addCleanup(other.stop)
        answers, spans = self.serve(lambda: [one_request("GET", f"/call?to=http://127.0.0.1:{OTHER}/", PARENT)], lines=1)
        self.assertIn(b"from the other\n", answers[0])
        served, called = spans
        self.assertEqual([(span.kind, span.parent) for span in spans], [("SERVER", CALLER), ("CLIENT", served.id)])
        self.assertIn(f"00-{TRACE}-{called.id}-".encode(), other.requests[-1])

    def test_two_servers_and_a_client_are_one_trace(self):
        self.check_one_trace([self.HOST, str(PORT)], [self.HOST, str(OTHER)], "/hello", "hello\n")

    def test_many_requests_at_once_have_their_own_spans(self):
        self.check_many_at_once(lambda talk: self.serve(talk, lines=200), lambda path: "generic\n")


def exchange(request):
    with connect() as connection:
        connection.sendall(request)
        return read_all(connection)


@unittest.skipUnless(shutil.which("ustreamer"), "no ustreamer on PATH")
class Ustreamer(ServerTest):
    """PiKVM's video server, unchanged, and without a camera."""

    def test_it_answers_as_without_and_has_a_span_a_request(self):
        def talk():
            return [one_request("GET", "/state", PARENT), one_request("GET", "/snapshot"), one_request("GET", "/nothing?q=1")]

        def compare(answer):
            answer = re.sub(rb"(?i)x-timestamp: [^\r]*|x-ustreamer-[^\r]*", b"", plain(answer))
            return re.sub(rb'"captured_fps": \d+', b"", answer)

        command = ["ustreamer", "--host", "127.0.0.1", "--port", str(PORT), "--device", "/nonexistent", "--log-level", "0"]
        without, _ = self.run_server(command, talk, ready="/state")
        answers, _, spans = self.traced(command, talk, ready="/state")
        self.assertEqual([compare(answer) for answer in without], [compare(answer) for answer in answers])
        spans = spans[-3:]  # the first ones are of waiting for it
        self.assertEqual([(span.name, span.attributes["http.response.status_code"]) for span in spans],
                         [("GET /state", 200), ("GET /snapshot", 200), ("GET", 404)])
        self.assertEqual(without_port(spans[0]), {
            "http.request.method": "GET", "url.path": "/state", "url.scheme": "http", "http.route": "/state",
            "server.address": "127.0.0.1", "server.port": PORT, "network.protocol.version": "1.1",
            "network.peer.address": "127.0.0.1", "client.address": "127.0.0.1", "http.response.status_code": 200})
        self.assertEqual((spans[0].trace_id, spans[0].parent), (TRACE, CALLER))


if __name__ == "__main__":
    harness.main()
