# SPDX-License-Identifier: Apache-2.0
"""SERVER spans of libmicrohttpd in all of its threading modes, and of debuginfod, which knows nothing of tracing.  The
host is tests/agent/mhd_host.c."""
import os
import re
import shutil
import unittest

import harness
from servers import (ADDED, CALLER, OTHER, PARENT, PORT, TRACE, ServerTest, begin_and_leave, connect, ends, head,
                     one_request, plain, read_all, read_until)

HOST = os.environ.get("LIBTRACE_MHD_HOST", "")
MODES = ["select", "poll", "epoll", "thread", "pool", "external"]
ERROR = 2


def addresses(span):
    """Its attributes without what differs each time; client.address is checked, also of a mapped address."""
    attributes = dict(span.attributes)
    assert attributes.pop("network.peer.port") > 0
    for name in ("network.peer.address", "client.address"):
        assert attributes.pop(name).removeprefix("::ffff:") == "127.0.0.1"
    return attributes


@unittest.skipUnless(HOST, "no libmicrohttpd: libmicrohttpd-dev")
class Microhttpd(ServerTest):
    def host(self, mode="select", *options):
        return [HOST, str(PORT), mode, *options]

    def in_every_mode(self, talk, lines, modes=MODES):
        """The answers and the spans in each mode, with that many completed requests."""
        for mode in modes:
            with self.subTest(mode=mode):
                yield self.same(self.host(mode), talk, lines=lines)

    def test_a_request_is_a_span_with_the_conventions_attributes(self):
        def talk():
            return [one_request("GET", "/a%20b?x=1&sig=secret", PARENT, "User-Agent: me")]

        for answers, (span,) in self.in_every_mode(talk, 1):
            self.assertIn(b"200 OK", answers[0])
            self.assertEqual((span.name, span.kind, span.trace_id, span.parent, span.status),
                             ("GET", "SERVER", TRACE, CALLER, 0))
            self.assertEqual(addresses(span), {
                "http.request.method": "GET", "url.path": "/a%20b", "url.query": "x=1&sig=REDACTED",
                "url.scheme": "http", "server.address": "127.0.0.1", "server.port": PORT,
                "user_agent.original": "me", "network.protocol.version": "1.1", "http.response.status_code": 200})
            self.assertEqual(span.scope["name"], "libtrace-agent/libmicrohttpd")

    def test_answers_of_other_threads_and_of_resumed_connections_end_their_own_spans(self):
        def talk():
            return harness.at_once(8, lambda i: one_request("GET", ("/later", "/resumed")[i % 2], f"X-Number: {i}"))

        # libmicrohttpd 0.9.75 itself does not always go on with a connection of a thread of its own.
        for _, spans in self.in_every_mode(talk, 8, [mode for mode in MODES if mode != "thread"]):
            self.assertEqual(ends(spans), [("GET", 200, None, 0)] * 8)
            self.assertEqual(sorted(span.attributes["url.path"] for span in spans), ["/later"] * 4 + ["/resumed"] * 4)

    def test_an_upload_is_one_span_also_after_100_continue(self):
        def talk():
            body = b"x" * 100000
            with connect() as connection:
                connection.sendall(head("POST", "/up", "Connection: close", "Content-Length: 5", "Expect: 100-continue"))
                first = read_until(connection, b"\r\n\r\n")
                connection.sendall(b"12345")
                rest = read_all(connection)
            return [one_request("POST", "/up", body=body), first + rest,
                    begin_and_leave(head("POST", "/early", "Content-Length: 5", "Expect: 100-continue"),
                                    wait_for=b"early\n")]

        for answers, spans in self.in_every_mode(talk, 3):
            self.assertIn(b"/up 100000\n", answers[0])
            self.assertIn(b"100 Continue", answers[1])
            self.assertEqual([end[:2] for end in ends(spans)], [("POST", 201), ("POST", 201), ("POST", 413)])

    def test_requests_of_one_connection_have_a_span_each(self):
        def talk():
            with connect() as connection:
                connection.sendall(head("GET", "/one"))
                first = read_until(connection, b"/one 0\n")
                connection.sendall(head("HEAD", "/two") + head("GET", "/three", "Connection: close"))
                return [first, read_all(connection)]

        for answers, spans in self.in_every_mode(talk, 3):
            self.assertNotIn(b"/two 0", answers[1])
            self.assertEqual([(span.name, span.attributes["url.path"]) for span in spans],
                             [("GET", "/one"), ("HEAD", "/two"), ("GET", "/three")])
            self.assertEqual(len({span.trace_id for span in spans}), 3)
            self.assertEqual([span.attributes["http.response.status_code"] for span in spans], [200] * 3)

    def test_why_a_request_ended_is_its_error(self):
        def talk():
            return [one_request("GET", "/failed"), one_request("GET", "/refused"), one_request("GET", "/broken"),
                    begin_and_leave(head("POST", "/up", "Content-Length: 9", "Expect: 100-continue"),
                                    wait_for=b"100 Continue")]

        for _, spans in self.in_every_mode(talk, 4):
            self.assertEqual(ends(spans), [("GET", 503, "503", ERROR), ("GET", None, "response_aborted", ERROR),
                                           ("GET", 200, "response_aborted", ERROR),
                                           ("POST", None, "connection_closed", ERROR)])

    def test_a_client_that_leaves_an_answer_is_an_error(self):
        def talk():
            begin_and_leave(head("GET", "/endless"), wait_for=b"xxx")
            return []

        for mode in MODES:
            with self.subTest(mode=mode):
                # Reading and writing fail, and which of them libmicrohttpd notices is not always the same.
                _, printed, spans = self.traced(self.host(mode), talk, lines=1)
                self.assertRegex("".join(printed), "^GET /endless [134]$")
                self.assertEqual(ends(spans), [("GET", 200, "connection_closed", ERROR)])

    def test_a_timeout_and_a_shutdown_are_errors(self):
        def wait_for_timeout():
            with connect() as connection:
                connection.sendall(head("POST", "/up", "Content-Length: 9") + b"123")
                return [read_all(connection)]

        def leave_open():
            self.open = connect()
            self.addCleanup(self.open.close)
            self.open.sendall(head("POST", "/up", "Content-Length: 9", "Expect: 100-continue"))
            return [read_until(self.open, b"\r\n\r\n")]

        for mode in ("epoll", "thread", "external"):
            with self.subTest(mode=mode):
                _, spans = self.same(self.host(mode, "timeout"), wait_for_timeout, lines=1)
                self.assertEqual(ends(spans), [("POST", None, "timeout", ERROR)])
                _, printed, spans = self.traced(self.host(mode), leave_open)
                # A thread of a connection may see the end of its socket first.
                self.assertRegex("".join(printed), "^POST /up [345]$" if mode == "thread" else "^POST /up 3$")
                error = "shutdown" if printed == ["POST /up 3"] else "connection_closed"
                self.assertEqual(ends(spans), [("POST", None, error, ERROR)])

    def test_the_second_answer_is_refused_and_not_recorded(self):
        for answers, spans in self.in_every_mode(lambda: [one_request("GET", "/twice")], 1):
            self.assertIn(b"first\n", answers[0])
            self.assertEqual(ends(spans), [("GET", 200, None, 0)])

    def test_an_answer_by_a_function_of_the_library_has_its_status(self):
        _, spans = self.same(self.host(), lambda: [one_request("GET", "/login")])
        self.assertEqual(ends(spans), [("GET", 401, None, 0)])

    def test_a_connection_that_is_denied_has_no_span(self):
        command = self.host("select", "deny")
        _, spans = self.same(command, lambda: [self.until_listening()], ready=None)
        self.assertEqual(spans, [])

    def until_listening(self):
        """What a client receives that is let in by nobody."""
        def answer():
            try:
                return [one_request("GET", "/hello")]
            except ConnectionRefusedError:
                return None
        return harness.wait_until(answer, 60, "the server")[0]

    def test_the_program_s_own_callbacks_and_arrays_of_options_are_as_without(self):
        def talk():
            return [one_request("GET", "/a?b"), one_request("GET", "/refused"),
                    one_request("GET", "/long", "X: " + "y" * 70000)[:0]]

        for mode in ("select", "thread", "pool"):
            for options in (["array"], ["uri"], ["array", "uri"]):
                with self.subTest(mode=mode, options=options):
                    # With a callback for first lines the program hears of what libmicrohttpd itself refuses, too.
                    self.host_compared(mode, options, talk, 3 if "uri" in options else 2)

    def host_compared(self, mode, options, talk, lines):
        command = self.host(mode, *options)
        without = self.run_server(command, talk, lines=lines)
        answers, printed, spans = self.traced(command, talk, lines=lines)
        self.assertEqual([plain(answer) for answer in without[0]], [plain(answer) for answer in answers])
        # How a refused connection ends depends on who is faster.
        self.assertEqual(*([re.sub(r"/long \d", "/long", line) for line in lines] for lines in (without[1], printed)))
        self.assertEqual([span.attributes["url.path"] for span in spans], ["/a", "/refused"])

    def test_a_daemon_with_an_option_that_is_not_known_is_started_as_it_is(self):
        plain_run = self.run_server(self.host("select", "later"), lambda: [], ready=None, stop=False, code=1)
        _, printed, spans = self.traced(self.host("select", "later"), lambda: [], ready=None, stop=False, code=1)
        self.assertIn("no daemon", plain_run[1])
        self.assertIn("no daemon", printed)
        self.assertEqual(len([line for line in printed if "an option of it is not known" in line]), 1)
        self.assertEqual(spans, [])

    def test_a_response_names_its_trace_unless_it_is_shared_or_does_so_itself(self):
        def talk():
            return [one_request("GET", path) for path in ("/hello", "/login", "/shared", "/shared", "/own")]

        for mode in ("select", "thread", "external"):
            with self.subTest(mode=mode):
                answers, spans = self.same(self.host(mode), talk, lines=5)
                self.assertEqual([len(ADDED.findall(answer)) for answer in answers], [2, 2, 0, 0, 1])
                for answer, span in zip(answers[:2], spans):
                    self.assertIn(f"traceresponse: 00-{span.trace_id}-{span.id}-03".encode(), answer)
                answers, _ = self.same(self.host(mode), talk, {"OTEL_C_RESPONSE_HEADERS": "false"})
                self.assertEqual([len(ADDED.findall(answer)) for answer in answers], [0] * 5)

    def test_a_call_in_the_handler_is_below_its_request_s_span(self):
        other = harness.RawServer(OTHER, harness.http_bytes(200, b"from the other\n"))
        self.addCleanup(other.stop)

        def talk():
            to = f"/call?to=http://127.0.0.1:{OTHER}/"
            return harness.at_once(4, lambda i: one_request("GET", to, PARENT))

        for answers, spans in self.in_every_mode(talk, 4):
            self.assertIn(b"from the other\n", answers[0])
            served = {span.id for span in spans if span.kind == "SERVER"}
            called = [span for span in spans if span.kind == "CLIENT"]
            self.assertEqual({span.parent for span in spans if span.kind == "SERVER"}, {CALLER})
            self.assertEqual((len(served), {span.parent for span in called}), (4, served))
            self.assertEqual({span.trace_id for span in spans}, {TRACE})

    def test_two_servers_and_a_client_are_one_trace(self):
        self.check_one_trace(self.host("thread"), [HOST, str(OTHER), "pool"], "/end", "/end 0\n")

    def test_many_requests_at_once_have_their_own_spans(self):
        for mode in ("thread", "pool"):
            with self.subTest(mode=mode):
                self.check_many_at_once(lambda talk: self.same(self.host(mode), talk, lines=200),  # noqa: B023: called at once
                                        lambda path: f"{path} 0\n")


@unittest.skipUnless(shutil.which("debuginfod"), "no debuginfod on PATH")
class Debuginfod(ServerTest):
    """elfutils' server, unchanged."""

    def test_it_answers_as_without_and_has_a_span_a_request(self):
        build_id = "0123456789abcdef0123456789abcdef01234567"

        def talk():
            return [one_request("GET", f"/buildid/{build_id}/debuginfo", PARENT), one_request("GET", "/nothing?q=1"),
                    one_request("POST", "/metrics")]

        command = ["debuginfod", "-p", str(PORT), "-d", ":memory:", "-t0", "-g0", "-c1"]
        self.listens = lambda port, path: can_connect(port)
        _, _, spans = self.traced(command, talk, ready="/")
        answers = [plain(answer) for answer in self.run_server(command, talk, ready="/")[0]]
        again = [plain(answer) for answer in self.run_server(command, talk, {"OTEL_C_RESPONSE_HEADERS": "false"},
                                                             traced=True, ready="/")[0]]
        self.assertEqual(answers, again)
        served = [span for span in spans if span.kind == "SERVER"]
        self.assertEqual([addresses(span) for span in served][0], {
            "http.request.method": "GET", "url.path": f"/buildid/{build_id}/debuginfo", "url.scheme": "http",
            "server.address": "127.0.0.1", "server.port": PORT, "network.protocol.version": "1.1",
            "http.response.status_code": 404})
        self.assertEqual((served[0].trace_id, served[0].parent), (TRACE, CALLER))
        self.assertEqual([(span.name, span.attributes["url.path"]) for span in served],
                         [("GET", f"/buildid/{build_id}/debuginfo"), ("GET", "/nothing"), ("POST", "/metrics")])


def can_connect(port):
    try:
        connect(port).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    harness.main()
