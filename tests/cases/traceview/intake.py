# SPDX-License-Identifier: Apache-2.0
"""What traceview took wrongly once: spans that share an id, one deep attribute, unfinished uploads, retries, commas."""
import json
import socket
import threading
import time

import harness
import otlp
from harness import Backend, StackTest, request, wait_until
from otlp import JSON, PROTOBUF

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
DEPTH_MAX = 16  # VALUE_DEPTH_MAX of model.h
UPLOADS_MAX = 64 * 2 ** 20


def nested(depth):
    value = {"stringValue": "x"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


def spans_in(request_value):
    return request_value["resourceSpans"][0]["scopeSpans"][0]["spans"]


class Intake(StackTest):
    def setUp(self):
        super().setUp()
        # Meson's MALLOC_PERTURB_ would touch memory that traceview only reserves.
        self.backend = Backend(self.start(["traceview", "serve"], env={"MALLOC_PERTURB_": "0"}))

    def send(self, value, headers=None):
        """Sends in both encodings, or in one; returns the rejected counts and messages."""
        results = []
        for type_of, body in ((PROTOBUF, otlp.protobuf(value)), (JSON, json.dumps(value).encode())):
            if headers in (None, type_of):
                answer = request("POST", Backend.OTLP, "/v1/traces", body, type_of)
                self.assertEqual(answer.status, 200, answer.body[:200])
                results.append(answer.body)
        return results

    def refusal(self, body):
        answer = request("POST", Backend.OTLP, "/v1/traces", body, JSON)
        self.assertEqual(answer.status, 400, answer)
        return json.loads(answer.body)["message"]

    def test_the_place_of_what_is_no_json_is_told_in_the_request_whichever_part_has_it(self):
        value = otlp.one_span(TRACE)
        spans_in(value).extend([spans_in(value)[0]] * 3)
        good = json.dumps(value)
        last = good.rindex('"name"')
        for at in (good.index('"resource"'), last, good.rindex("]")):
            self.assertRegex(self.refusal((good[:at] + "!" + good[at:]).encode()), rf"at byte ({at}|{at + 1})$")
        self.assertEqual(self.backend.spans(TRACE), [])

    def test_spans_are_found_however_their_array_is_written(self):
        text = json.dumps(otlp.one_span(TRACE))
        for i, (old, new) in enumerate((('"spans": [', '"spans"\n:\t['), ('"spans"', '"sp\\u0061ns"'), ("}]}]}]}", "} ] } ] } ] }"),
                                        ('{"resourceSpans"', '{"spans":[1,2],"resourceSpans"'),
                                        ('"spans": [', '"spans": [], "spans": ['))):
            body = text.replace(old, new).replace(TRACE, f"{i + 1:032x}").encode()
            self.assertEqual(request("POST", Backend.OTLP, "/v1/traces", body, JSON).body, b"{}", body)
            self.assertEqual(len(self.backend.spans(f"{i + 1:032x}")), 1, body)
        for spans in ("[0]", "[0,0]", '["x"]', "[[]]", "[{}{}]", "[{},]", "[,{}]", '[{"a":}]', "[{]}", '{"a":[0]}', "[nul]"):
            body = '{"resourceSpans":[{"scopeSpans":[{"sp%sns":%s}]}]}'
            for name in ("a", "\\u0061"):
                self.refusal((body % (name, spans)).encode())

    def test_two_different_spans_that_share_an_id_are_both_kept(self):
        first, second = otlp.one_span(TRACE), otlp.one_span(TRACE)
        second["resourceSpans"][0]["resource"]["attributes"] = [otlp.text("service.name", "other")]
        spans_in(second)[0]["name"] = "the other one"
        for value in (first, second, first, second):
            self.send(value, PROTOBUF)
        found = self.backend.spans(TRACE)
        self.assertEqual(sorted((s.service, s.name) for s in found), [("other", "the other one"), ("tester", "a span")])
        self.assertEqual(len({s.id for s in found}), 1)

    def test_a_span_whose_attribute_cannot_be_read_is_rejected_alone(self):
        value = otlp.one_span(TRACE)
        good = spans_in(value)[0]
        deep = {"key": "deep", "value": nested(DEPTH_MAX + 1)}
        fits = {"key": "fits", "value": nested(DEPTH_MAX)}
        spans_in(value).append({**good, "spanId": "00000000000000a1", "attributes": [fits]})
        for i, where in enumerate(({"attributes": [deep]},
                                   {"events": [{"timeUnixNano": "1", "name": "e", "attributes": [deep]}]},
                                   {"links": [{"traceId": TRACE, "spanId": "00000000000000b1",
                                               "attributes": [deep]}]})):
            spans_in(value).append({**good, "spanId": f"00000000000000{0xc0 + i:x}", **where})
        in_protobuf, in_json = self.send(value)
        self.assertIn(b"deeper than 16 levels", in_protobuf)
        partial = json.loads(in_json)["partialSuccess"]
        self.assertEqual(int(partial["rejectedSpans"]), 3)
        self.assertIn("deeper than 16 levels", partial["errorMessage"])
        self.assertEqual({s.id for s in self.backend.spans(TRACE)}, {good["spanId"], "00000000000000a1"})

    def test_a_span_that_nests_deeper_than_json_is_read_is_rejected_alone(self):
        value = otlp.one_span(TRACE)
        deep = {**spans_in(value)[0], "spanId": "00000000000000a1", "name": 'braces in a string: "}]', "attributes": ["HERE"]}
        spans_in(value).insert(0, deep)
        nest = '{"key":"deep","value":' + '{"arrayValue":{"values":[' * 50_000 + '{"stringValue":"\\"]}"}' + "]}}" * 50_000 + "}"
        body = json.dumps(value).replace('"HERE"', nest).encode()
        answer = request("POST", Backend.OTLP, "/v1/traces", body, JSON)
        partial = json.loads(answer.body)["partialSuccess"]
        self.assertEqual(int(partial["rejectedSpans"]), 1)
        self.assertIn("deeper than 16 levels", partial["errorMessage"])
        self.assertEqual([s.name for s in self.backend.spans(TRACE)], ["a span"])

    def test_an_attribute_without_a_readable_value_costs_its_span(self):
        value = otlp.one_span(TRACE)
        bad = {"key": "k", "value": {"intValue": "many"}}
        spans_in(value).append({**spans_in(value)[0], "spanId": "00000000000000a1", "attributes": [bad]})
        (answer,) = self.send_json_only(value)
        self.assertEqual(int(answer["partialSuccess"]["rejectedSpans"]), 1)
        self.assertIn("intValue", answer["partialSuccess"]["errorMessage"])
        self.assertEqual(len(self.backend.spans(TRACE)), 1)

    def send_json_only(self, value):
        answer = request("POST", Backend.OTLP, "/v1/traces", json.dumps(value).encode(), JSON)
        self.assertEqual(answer.status, 200, answer.body[:200])
        return (json.loads(answer.body),)

    def test_a_resource_with_a_deep_attribute_costs_its_spans_and_no_others(self):
        value, other = otlp.one_span(TRACE), otlp.one_span("5" * 32)
        value["resourceSpans"][0]["resource"]["attributes"].append({"key": "deep", "value": nested(DEPTH_MAX + 1)})
        value["resourceSpans"] += other["resourceSpans"]
        for headers in (PROTOBUF, JSON):
            (answer,) = self.send(value, headers)
            self.assertIn(b"deeper", answer)
        self.assertEqual(int(json.loads(answer)["partialSuccess"]["rejectedSpans"]), 1)
        self.assertEqual(self.backend.spans(TRACE), [])
        self.assertTrue(self.backend.spans("5" * 32))

    def test_a_retry_of_many_spans_takes_no_longer_than_the_first_try(self):
        value = otlp.one_span(TRACE)
        good = spans_in(value)[0]
        spans_in(value)[:] = [{**good, "spanId": f"{i + 1:016x}", "startTimeUnixNano": str(otlp.START + i),
                               "endTimeUnixNano": str(otlp.START + 10 ** 9)} for i in range(19_999)]
        body, seconds = otlp.protobuf(value), []
        for _ in range(4):
            began = time.monotonic()
            self.assertEqual(request("POST", Backend.OTLP, "/v1/traces", body, PROTOBUF).status, 200)
            seconds.append(time.monotonic() - began)
        self.assertLess(min(seconds[1:]), 3 * seconds[0] + 0.05, seconds)
        self.assertEqual(len(self.backend.spans(TRACE)), 19_999)

    def test_commas_in_a_string_do_not_count_as_values(self):
        value = otlp.one_span(TRACE, attributes=[otlp.text("csv", '\\",[{:' * 1_000_000)])
        self.send(value)
        many = b'{"a":[' + b"0," * 4_100_000 + b"0]}"
        self.assertEqual(request("POST", Backend.OTLP, "/v1/traces", many, JSON).status, 413)

    def test_unfinished_uploads_have_one_bound_for_all(self):
        before = self.backend.program.rss_bytes()
        peak, is_over = before, threading.Event()

        def watch():
            nonlocal peak
            while not is_over.wait(0.02):
                peak = max(peak, self.backend.program.rss_bytes())

        watcher = threading.Thread(target=watch)
        watcher.start()
        connections = []

        def upload(_):
            s = socket.create_connection(("127.0.0.1", Backend.OTLP), timeout=10 * harness.SLOWNESS)
            connections.append(s)
            try:
                s.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                          b"Content-Length: 66000000\r\n\r\n")
                for _ in range(40):
                    s.sendall(bytes(2 ** 20))
            except OSError:
                pass  # refused

        def n_open():
            n = 0
            for s in connections:
                s.setblocking(False)
                try:
                    s.recv(1000)
                except BlockingIOError:
                    n += 1
                except OSError:
                    pass
            return n

        harness.at_once(10, upload)
        wait_until(lambda: n_open() <= UPLOADS_MAX // (40 * 2 ** 20), what="the end of uploads over the bound")
        # A small request of somebody else is served meanwhile.
        self.send(otlp.one_span(TRACE))
        is_over.set()
        watcher.join()
        if not harness.SANITIZED:
            # The bound, what comes in between two looks, and buffers that are copied as they grow; of 400 MB.
            self.assertLess(peak - before, 3 * UPLOADS_MAX)
        for s in connections:
            s.close()
        wait_until(lambda: self.backend.spans(TRACE), what="the small request's span")


if __name__ == "__main__":
    harness.main()
