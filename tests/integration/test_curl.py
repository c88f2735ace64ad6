# SPDX-License-Identifier: Apache-2.0
"""Programs that know nothing of tracing, above all curl itself, under libtrace-instrument."""
import os
import re
import shutil
import unittest

import harness
from harness import StackTest, at_once, get, http_bytes, one, parse_response, run, trace_id, tree, wait_until

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = re.compile(rb"(?i)\r\ntraceparent: *([0-9a-f-]+)\r\n")


def results(done):
    """What must be the same with the agent and without; curl reports the time that failed connects took."""
    return done.code, done.out, re.sub(r" after \d+ ms", "", done.err)


class CurlTest(StackTest):
    def curl(self, *arguments, env=None, code=0):
        done = run(["curl", "-sSi", *arguments], env={**self.TRACING, **(env or {})}, traced=True)
        self.assertEqual(done.code, code, done)
        self.assertNotIn("libtrace", done.err)
        return done


class Curl(CurlTest):
    def test_a_checkout_by_curl_is_one_trace_that_begins_in_curl(self):
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "0"})
        self.start_gateway()
        answer = parse_response(self.curl("http://127.0.0.1:8000/checkout").out)
        spans = self.backend.trace(trace_id(answer), 4)
        self.assertEqual(tree(spans), [[("curl", "CLIENT", "GET"), [
            [("api-gateway", "SERVER", "GET /checkout"), [
                [("api-gateway", "CLIENT", "POST"), [
                    [("order-service", "SERVER", "POST /orders"), []]]]]]]]])
        root = one(spans, "GET")
        self.assertEqual(root.attributes["url.full"], "http://127.0.0.1:8000/checkout")
        self.assertEqual(root.scope["name"], "libtrace-agent/libcurl")

    def test_traceparent_in_the_environment_is_its_parent(self):
        self.start_backend()
        server = self.serve_raw(8002, http_bytes(200))
        self.curl("http://127.0.0.1:8002/", env={"TRACEPARENT": f"00-{TRACE}-{PARENT}-01", "TRACESTATE": "foo=bar"})
        (span,) = self.backend.trace(TRACE, 1)
        self.assertEqual(span.parent, PARENT)
        self.assertEqual(TRACEPARENT.search(server.requests[0])[1].decode(), f"00-{TRACE}-{span.id}-01")
        self.assertIn(b"\r\ntracestate: foo=bar\r\n", server.requests[0].lower())

    def test_baggage_in_the_environment_goes_out(self):
        server = self.serve_raw(8002, http_bytes(200))
        env = {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01", "BAGGAGE": "job=nightly", "OTEL_TRACES_EXPORTER": "none"}
        self.curl("http://127.0.0.1:8002/", env=env)
        self.assertIn(b"\r\nbaggage: job=nightly\r\n", server.requests[0].lower())
        self.curl("-H", "Baggage: mine=1", "http://127.0.0.1:8002/", env=env)
        self.assertEqual(re.findall(rb"(?i)\r\nbaggage: (\S+)\r\n", server.requests[1]), [b"mine=1"])

    def test_an_unsampled_parent_is_passed_on_and_not_recorded(self):
        self.start_backend()
        server = self.serve_raw(8002, http_bytes(200))
        self.curl("http://127.0.0.1:8002/", env={"TRACEPARENT": f"00-{TRACE}-{PARENT}-00"})
        self.assertRegex(TRACEPARENT.search(server.requests[0])[1].decode(), rf"^00-{TRACE}-[0-9a-f]{{16}}-00$")
        self.assertEqual(self.backend.services(), [])

    def test_a_broken_traceparent_in_the_environment_starts_a_new_trace(self):
        server = self.serve_raw(8002, http_bytes(200))
        for broken in (f"00-{TRACE}-{PARENT}", f"00-{'0' * 32}-{PARENT}-01", "nonsense", ""):
            self.curl("http://127.0.0.1:8002/", env={"TRACEPARENT": broken, "OTEL_LOG_LEVEL": "none"})
            sent = TRACEPARENT.search(server.requests[-1])[1].decode()
            self.assertRegex(sent, r"^00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]$")
            self.assertNotIn(TRACE, sent)

    def test_a_traceparent_that_the_user_sends_is_left_alone(self):
        server = self.serve_raw(8002, http_bytes(200))
        mine = f"00-{TRACE}-{PARENT}-01"
        self.curl("-H", f"traceparent: {mine}", "http://127.0.0.1:8002/", env={"OTEL_LOG_LEVEL": "none"})
        self.assertEqual(TRACEPARENT.findall(server.requests[0]), [mine.encode()])

    def test_curl_does_the_same_with_the_agent_as_without(self):
        server = self.serve_raw(8002, http_bytes(404, b"not here", ["X-A: b"]))
        arguments = ["curl", "-sS", "-i", "-d", "data", "-H", "X-Mine: 1", "-A", "me", "http://127.0.0.1:8002/x?y=z"]
        quiet = {"OTEL_LOG_LEVEL": "none", "OTEL_C_EXIT_TIMEOUT": ""}  # nobody takes the spans
        plain, traced = run(arguments), run(arguments, traced=True, env=quiet)
        self.assertEqual(results(plain), results(traced))
        without, with_agent = server.requests
        self.assertEqual(TRACEPARENT.sub(b"\r\n", with_agent), without)
        for arguments, code in ((["-f", "http://127.0.0.1:8002/"], 22), (["http://127.0.0.1:1/"], 7),
                                (["http://"], 3), (["nope://x"], 1), (["file:///etc/hostname"], 0)):
            plain = run(["curl", "-sS", *arguments])
            traced = run(["curl", "-sS", *arguments], traced=True, env=quiet)
            self.assertEqual(results(plain), results(traced))
            self.assertEqual(plain.code, code, arguments)

    def test_a_redirect_is_one_span_that_tells_of_the_first_url(self):
        self.start_backend()
        self.start_order("order-service")
        self.serve_raw(8002, http_bytes(302, b"", ["Location: http://127.0.0.1:8001/nowhere"]))
        answer = parse_response(self.curl("-L", "http://127.0.0.1:8002/first").out)
        self.assertEqual(answer.status, 404)
        client, server = self.backend.trace(trace_id(answer), 2)
        self.assertEqual(client.attributes["url.full"], "http://127.0.0.1:8002/first")
        self.assertEqual(client.attributes["http.request.resend_count"], 1)
        self.assertEqual(client.attributes["error.type"], "404")
        self.assertEqual(server.parent, client.id)

    def test_transfers_in_parallel_have_a_span_each(self):
        self.start_backend()
        self.start_order("order-service")
        self.curl("--parallel", *(f"http://127.0.0.1:8001/path-{i}" for i in range(20)))
        wait_until(lambda: len(self.backend.traces("curl")) == 20, what="20 traces")
        for trace in self.backend.traces("curl"):
            (client,) = (s for s in trace if s.kind == "CLIENT")
            server = self.backend.trace(client.trace_id, 2)[1]
            self.assertTrue(client.attributes["url.full"].endswith(server.attributes["url.path"]))

    def test_curl_is_not_slowed_down_by_a_missing_backend(self):
        harness.skip_where_exits_wait(self)
        self.serve_raw(8002, http_bytes(200))
        done = self.curl("http://127.0.0.1:8002/", env={"OTEL_LOG_LEVEL": "none", "OTEL_C_EXIT_TIMEOUT": ""})
        self.assertLess(done.seconds, 1 * harness.SLOWNESS)


class Others(StackTest):
    def client_span(self, service):
        wait_until(lambda: service in self.backend.services(), what=f"a span of {service}")
        return [s for trace in self.backend.traces(service) for s in trace]

    @unittest.skipUnless(shutil.which("git"), "no git on PATH")
    def test_git_has_a_client_span_for_what_it_fetches(self):
        self.start_backend()
        server = self.serve_raw(8002, http_bytes(404))
        done = run(["git", "ls-remote", "http://127.0.0.1:8002/some.git"], traced=True,
                   env={**self.TRACING, "GIT_TERMINAL_PROMPT": "0", "HOME": "/nonexistent"})
        self.assertEqual(done.code, 128, done)
        self.assertIn("not found", done.err)
        (span,) = self.client_span("git")
        self.assertEqual((span.kind, span.name), ("CLIENT", "GET"))
        self.assertEqual(span.attributes["url.full"],
                         "http://127.0.0.1:8002/some.git/info/refs?service=git-upload-pack")
        self.assertEqual(span.attributes["error.type"], "404")
        self.assertIn(span.id.encode(), TRACEPARENT.search(server.requests[0])[1])

    def test_a_shell_script_s_curls_are_traced_and_the_shell_is_unharmed(self):
        self.start_backend()
        self.serve_raw(8002, http_bytes(200, b"body\n"))
        script = "curl -sS http://127.0.0.1:8002/a && curl -sS http://127.0.0.1:8002/b && echo done"
        done = run(["sh", "-c", script], traced=True, env=self.TRACING, service="script")
        self.assertEqual((done.code, done.out), (0, "body\nbody\ndone\n"))
        wait_until(lambda: len(self.backend.traces("script")) == 2, what="two traces")

    def test_urls_kept_in_parts_are_told_as_each_transfer_had_them(self):
        self.start_backend()
        self.serve_raw(8002, http_bytes(200))
        parent = {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01"}
        done = run([os.environ["LIBTRACE_CURL_URL_HOST"], "http://127.0.0.1:8002/first#here"], traced=True,
                   env={**self.TRACING, **parent})
        urls = done.out.split()
        self.assertEqual((done.code, len(urls), len(set(urls))), (0, 8, 4), done)
        self.assertEqual([span.attributes["url.full"] for span in self.backend.trace(TRACE, 8)], urls)

    def test_a_user_in_a_url_kept_in_parts_is_not_told(self):
        self.start_backend()
        self.serve_raw(8002, http_bytes(200))
        parent = {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01"}
        run([os.environ["LIBTRACE_CURL_URL_HOST"], "http://me:secret@127.0.0.1:8002/"], traced=True,
            env={**self.TRACING, **parent})
        for span in self.backend.trace(TRACE, 8):
            self.assertTrue(span.attributes["url.full"].startswith("http://REDACTED:REDACTED@127.0.0.1:8002/"))

    def test_completions_that_start_transfers_stay_in_their_request(self):
        # h2o_host's /chain starts a second transfer from the completion of the first, on the same loop.
        self.start_backend()
        self.start_order("order-service")
        self.start([os.environ["LIBTRACE_H2O_HOST"], "8002", "http://127.0.0.1:8001/nowhere"], env=self.TRACING,
                   traced=True, service="h2o_host").wait_ready(8002, "/hello")
        answers = at_once(20, lambda i: get(8002, "/chain"))
        for answer in answers:
            self.assertEqual(answer.status, 200)
            spans = self.backend.trace(trace_id(answer), 5)
            server = one(spans, "GET /chain")
            called = [("h2o_host", "CLIENT", "GET"), [[("order-service", "SERVER", "GET"), []]]]
            self.assertEqual(tree(spans), [[("h2o_host", "SERVER", "GET /chain"), [called, called]]])
            self.assertEqual(server.parent, "")

    def test_a_program_of_another_kind_runs_as_it_would_without(self):
        for arguments in (["true"], ["ls", "/"], ["python3", "-c", "print(1)"]):
            plain, traced = run(arguments), run(arguments, traced=True)
            self.assertEqual(results(plain), results(traced))


if __name__ == "__main__":
    harness.main()
