# SPDX-License-Identifier: Apache-2.0
"""traceview's fault collector-away: exports are refused while it is on, and their senders keep what they have."""
import gzip
import json
import os
import unittest

import harness
import http2
import otlp
from harness import Backend, Program, StackTest, get, post_json, request, run, wait_until
from test_stack import ENV, STACK

WAIT_S = 60
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
UNAVAILABLE = 14  # of gRPC's codes
SIGNALS = ("/v1/traces", "/v1/metrics", "/v1/logs")


class AwayTest(StackTest):
    base = ""  # of the query port's paths

    def start_backend(self, *options):
        self.backend = Backend(self.start(["traceview", "serve", *options]))

    def put(self, path, body=""):
        return request("PUT", Backend.UI, self.base + path, body)

    def switch(self, size):
        self.assertEqual(self.switch_fault(Backend.UI, "collector-away", size, self.base), int(size or 1))

    def n_refused(self):
        return json.loads(get(Backend.UI, self.base + "/api/traceview/stats").body)["refusedRequests"]


class Exports(AwayTest):
    def send_order(self, trace):
        """An order of trace number `trace`."""
        answer = post_json(self.ORDER, "/orders", {"item": "widget", "qty": 1},
                           {"traceparent": f"00-{trace:032x}-00f067aa0ba902b7-01"}, timeout=WAIT_S)
        self.assertEqual(answer.status, 200, answer)

    def test_a_program_keeps_its_spans_while_it_is_away_and_they_come_when_it_is_back(self):
        self.start_backend("--faults")
        self.start_order(env={"CHECK_INVENTORY_MS": "0", "INSERT_ORDER_RECORD_MS": "0", "LAG_MAX_MS": "0"})
        self.send_order(1)
        self.backend.trace(f"{1:032x}", 3, WAIT_S)
        self.switch("")
        for trace in range(2, 7):
            self.send_order(trace)
        wait_until(lambda: self.n_refused() >= 2, WAIT_S, "a second try")
        self.assertEqual([self.backend.spans(f"{trace:032x}") for trace in range(2, 7)], [[]] * 5)
        self.switch("0")
        for trace in range(2, 7):
            self.backend.trace(f"{trace:032x}", 3, WAIT_S)

    def post(self, path=SIGNALS[0], body=None, **headers):
        if body is None:
            body = json.dumps(otlp.one_span(TRACE) if path == SIGNALS[0] else {}).encode()
        headers = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return request("POST", Backend.OTLP, path, body, headers)

    def test_each_signal_is_unavailable_in_the_encoding_of_its_request_and_then_taken(self):
        self.start_backend("--faults")
        self.switch("1")
        packed = gzip.compress(json.dumps(otlp.one_span(TRACE)).encode())
        for answer in [*map(self.post, SIGNALS), self.post(body=packed, content_encoding="gzip")]:
            self.assertEqual(answer.status, 503, answer)
            self.assertEqual(json.loads(answer.body)["code"], UNAVAILABLE)
        answer = self.post(body=otlp.protobuf(otlp.one_span(TRACE)), content_type="application/x-protobuf")
        self.assertEqual((answer.status, answer.headers["content-type"]), (503, "application/x-protobuf"))
        self.assertTrue(answer.body.startswith(otlp.uint(1, UNAVAILABLE)), answer)
        self.assertEqual((self.n_refused(), self.backend.spans(TRACE)), (5, []))
        self.switch("0")
        self.assertEqual([self.post(path).status for path in SIGNALS], [200] * 3)
        self.assertEqual((self.n_refused(), len(self.backend.spans(TRACE))), (5, 1))

    @unittest.skipUnless(harness.HAS_GRPC, "this build of traceview has no gRPC")
    def test_calls_of_grpc_are_unavailable_and_then_taken(self):
        self.start_backend("--faults")
        body = http2.message(otlp.protobuf(otlp.one_span(TRACE)))
        statuses = []
        for size in ("", "0"):
            self.switch(size)
            for sent, path in ((body, http2.TRACES), (http2.message(b""), http2.METRICS), (http2.message(b""), http2.LOGS)):
                answer = http2.call(sent, path)
                self.assertEqual(answer.status, 200, answer)
                statuses.append(int(answer.headers["grpc-status"]))
            self.assertEqual(len(self.backend.spans(TRACE)), 0 if size == "" else 1)
        self.assertEqual(statuses, [UNAVAILABLE] * 3 + [0] * 3)
        self.assertEqual(self.n_refused(), 3)


class Switch(AwayTest):
    def test_it_is_listed_and_takes_what_is_right(self):
        self.start_backend("--faults")
        fault = one_of(json.loads(get(Backend.UI, "/faults").body)["faults"])
        self.assertEqual((fault["size"], fault["usual_size"], fault["max"]), (0, 1, 1))
        for path, body, status in (("/faults/collector-away", "2", 400), ("/faults/nothing", "1", 404), ("/faults", "", 405)):
            self.assertEqual(self.put(path, body).status, status, path)
        answer = get(Backend.UI, "/faults/collector-away")
        self.assertEqual((answer.status, answer.headers["allow"]), (405, "PUT"))
        self.assertEqual(one_of(json.loads(get(Backend.UI, "/faults").body)["faults"])["size"], 0)

    def test_its_path_is_below_the_base_path(self):
        self.base = "/traces"
        self.start(["traceview", "serve", "--faults", "--base-path", self.base]).wait_ready(Backend.UI)
        self.assertEqual((get(Backend.UI, "/faults").status, get(Backend.UI, "/traces/faults").status), (404, 200))
        self.assertEqual(request("PUT", Backend.UI, "/faults/collector-away").status, 404)
        self.switch("")

    def test_without_the_option_there_are_no_such_paths(self):
        self.start_backend()
        for path in ("/faults", "/faults/collector-away"):
            answer, unknown = get(Backend.UI, path), get(Backend.UI, "/nothing")
            self.assertEqual((answer.status, answer.body), (404, unknown.body))
            self.assertEqual(self.put(path).body, self.put("/nothing").body)

    def test_help_and_the_manual_name_it(self):
        self.assertIn("[--faults]", run(["traceview", "--help"]).out)
        self.assertIn("--faults: GET /faults", run(["traceview", "--help"]).out)
        with open(os.path.join(harness.SOURCE, "services", "traceview", "traceview.1")) as page:
            text = page.read()
        self.assertIn(".RB [ \\-\\-faults ]", text)
        self.assertIn("/faults/collector\\-away", text)

    def test_the_stack_passes_the_option_on(self):
        stack = Program(["bash", STACK, "--faults", "--backend", "traceview"], env=ENV, start_new_session=True)
        try:
            wait_until(lambda: "Ctrl-C stops everything" in stack.output, WAIT_S, "the stack")
            one_of(json.loads(get(Backend.UI, "/faults").body)["faults"])
        finally:
            stack.stop()


def one_of(faults):
    (fault,) = faults
    assert fault["name"] == "collector-away", fault
    return fault


if __name__ == "__main__":
    harness.main()
