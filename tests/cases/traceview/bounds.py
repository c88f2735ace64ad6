# SPDX-License-Identifier: Apache-2.0
"""traceview keeps to its memory whatever is sent: a million spans, uploads of the largest size at once."""
import collections
import http.client
import json
import unittest

import harness
import http2
import otlp
from harness import Backend, StackTest, get
from otlp import PROTOBUF

MIB = 2 ** 20
STORE = UPLOADS = BODY = 64 * MIB  # the defaults; a body is also held decoded while it goes into the store
MARK = b"bound-id"  # trace ids begin so, go on with the number of the trace in its body, and end with that of the body
SPANS = 0 if harness.SANITIZED else 1_000_000
PER_TRACE, PER_BODY = 3, 3000


def span(i):
    trace, position = divmod(i, PER_TRACE)
    return {"traceId": MARK.hex() + f"{trace:08x}" + "00000000", "spanId": f"{i + 1:016x}", "name": f"span {position}",
            "kind": 2, "flags": 1, "startTimeUnixNano": str(otlp.START + i), "endTimeUnixNano": str(otlp.START + i + 9),
            "attributes": [otlp.text("http.request.method", "GET"), otlp.text("url.path", "/checkout")],
            **({"parentSpanId": f"{i:016x}"} if position else {})}


def large_body(i):
    """62 MB of spans with large attributes, traces of their own."""
    value = otlp.one_span(MARK.hex() + f"{i:08x}" + "00000000", attributes=[otlp.text("large", "x" * 1_000_000)])
    body, at = otlp.protobuf(value), MARK + i.to_bytes(4, "big")
    return b"".join(body.replace(at + bytes(4), at + (j + 1).to_bytes(4, "big")) for j in range(62))


class Bounds(StackTest):
    def setUp(self):
        super().setUp()
        # Meson's MALLOC_PERTURB_ would touch memory that traceview only reserves.
        self.backend = Backend(self.start(["traceview", "serve"], env={"MALLOC_PERTURB_": "0"}))
        self.before = self.backend.program.rss_bytes()

    def metric(self, name):
        lines = get(Backend.UI, "/metrics").body.decode().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"traceview_{name} "))

    def grown(self):
        return self.backend.program.peak_rss_bytes() - self.before

    @unittest.skipUnless(SPANS, "a million spans take a sanitized build too long")
    def test_of_a_million_spans_the_newest_are_there_whole(self):
        groups = otlp.one_span("0" * 32)
        groups["resourceSpans"][0]["scopeSpans"][0]["spans"] = [span(i) for i in range(PER_BODY)]
        body = bytearray(otlp.protobuf(groups))
        places, at = [], body.find(MARK)
        while at >= 0:
            places.append(at + 12)
            at = body.find(MARK, at + 16)
        connection = http.client.HTTPConnection("127.0.0.1", Backend.OTLP, timeout=30)
        for n in range(1, SPANS // PER_BODY + 2):
            for place in places:
                body[place:place + 4] = n.to_bytes(4, "big")
            connection.request("POST", "/v1/traces", bytes(body), PROTOBUF)
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b""))
        connection.close()
        self.assertGreaterEqual(self.metric("spans_received_total"), SPANS)
        self.assertEqual(self.metric("spans_rejected_total"), 0)
        self.assertEqual(self.metric("spans"), PER_TRACE * self.metric("traces"))
        self.assertEqual(self.metric("traces"), 10_000)
        self.assertLess(self.metric("store_bytes"), STORE)
        self.assertLess(self.grown(), STORE)
        for trace in range(PER_BODY // PER_TRACE):
            if trace % 100 == 0:
                found = self.backend.spans(MARK.hex() + f"{trace:08x}{n:08x}")
                self.assertEqual([s.name for s in found], ["span 0", "span 1", "span 2"])

    def check_uploads(self, n, upload):
        bodies = [large_body(i) for i in range(3)]
        results = collections.Counter(harness.at_once(n, lambda i: upload(bodies[i % 3])))
        self.assertLessEqual(set(results), {"taken", "refused"}, results)
        self.assertIn("refused", results)
        self.assertEqual(upload(bodies[0]), "taken")  # alone it is
        self.assertGreaterEqual(self.metric("requests_refused_total"), results["refused"])
        if not harness.SANITIZED:
            self.assertLess(self.grown(), STORE + UPLOADS + 2 * BODY)  # of n * 62 MB

    def test_thirty_uploads_of_62_mb_at_once_stay_within_the_bound(self):
        def upload(body):
            try:
                answer = harness.request("POST", Backend.OTLP, "/v1/traces", body, PROTOBUF, timeout=60)
            except OSError:  # it was told and did not listen
                return "refused"
            return "taken" if answer.status == 200 else "refused"
        self.check_uploads(30, upload)

    def test_a_request_of_62_mb_in_json_is_taken_and_is_never_all_a_tree(self):
        value = otlp.one_span(MARK.hex() + "0" * 16)
        spans = value["resourceSpans"][0]["scopeSpans"][0]["spans"] = [span(i) for i in range(1000)]
        one = json.dumps(spans)[1:-1]
        begin, end = json.dumps(value).split(one)
        n = 62 * 10 ** 6 // len(one)
        body = (begin + ",".join(one.replace(f'{"0" * 8}", "spanId"', f'{i:08x}", "spanId"') for i in range(n)) + end).encode()
        answer = harness.request("POST", Backend.OTLP, "/v1/traces", body, {"Content-Type": "application/json"}, timeout=60)
        self.assertEqual((answer.status, answer.body), (200, b"{}"))
        self.assertEqual(self.metric("spans_received_total"), 1000 * n)
        if not harness.SANITIZED:
            self.assertLess(self.grown(), STORE + 2 * BODY)

    @unittest.skipUnless(harness.HAS_GRPC, "this build of traceview has no gRPC")
    def test_uploads_of_62_mb_by_grpc_at_once_stay_within_the_bound(self):
        def upload(body):
            connection = http2.Connection()
            self.addCleanup(connection.close)
            connection.begin().send(http2.request_headers(1))
            ended = connection.upload(1, http2.message(body))
            return "taken" if ended and ended.type == http2.HEADERS and len(ended.payload) < 16 else "refused"
        self.check_uploads(8, upload)

    @unittest.skipUnless(harness.HAS_GRPC, "this build of traceview has no gRPC")
    def test_one_upload_of_62_mb_by_grpc_is_taken(self):
        connection = http2.Connection()
        self.addCleanup(connection.close)
        connection.begin().send(http2.request_headers(1))
        self.assertIsNotNone(connection.upload(1, http2.message(large_body(0))))
        self.assertEqual((self.metric("spans_received_total"), self.metric("requests_refused_total")), (62, 0))


if __name__ == "__main__":
    harness.main()
