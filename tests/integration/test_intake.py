# SPDX-License-Identifier: Apache-2.0
"""What traceview keeps and reports: names, limits, counters, files over restarts."""
import gzip
import json
import os
import tempfile

import harness
import otlp
from harness import Backend, StackTest, get, request, run
from otlp import JSON, PROTOBUF, nth_trace_id as trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def snake_case(value):
    """The same request with the names of the .proto files."""
    if isinstance(value, dict):
        return {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): snake_case(v) for key, v in value.items()}
    return [snake_case(v) for v in value] if isinstance(value, list) else value


class IntakeTest(StackTest):
    def serve(self, *arguments, **env):
        self.backend = Backend(self.start(["traceview", "serve", *arguments], env=env))
        return self.backend

    def stop(self):
        self.assertEqual(self.backend.program.stop(), 0, self.backend.program.output)
        self.forget(self.backend.program)

    def send(self, value, headers=JSON):
        body = json.dumps(value).encode() if headers is JSON else otlp.protobuf(value)
        answer = request("POST", Backend.OTLP, "/v1/traces", body, headers)
        self.assertEqual(answer.status, 200, answer)
        return answer.body

    def stats(self):
        return json.loads(get(Backend.UI, "/api/traceview/stats").body)


class Names(IntakeTest):
    def test_members_in_snake_case_are_taken_as_those_in_camel_case(self):
        self.serve()
        attribute = otlp.text("a_key_of_the_program", "a_value")
        for i, convert in enumerate((lambda value: value, snake_case)):
            value = otlp.rich_span(trace_id(i))
            value["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"].append(attribute)
            self.assertEqual(self.send(convert(value)), b"{}")
        (camel,), (snake,) = self.backend.spans(trace_id(0)), self.backend.spans(trace_id(1))
        self.assertEqual(snake._replace(trace_id=camel.trace_id), camel)
        self.assertEqual(snake.attributes["a_key_of_the_program"], "a_value")
        self.assertEqual(snake.parent, "1112131415161718")

    def test_a_member_in_camel_case_wins_over_one_in_snake_case(self):
        self.serve()
        value = otlp.one_span(TRACE)
        value["resourceSpans"][0]["scopeSpans"][0]["spans"][0].update(trace_id="5" * 32, span_id="6" * 16)
        self.send(value)
        self.assertEqual(len(self.backend.spans(TRACE)), 1)

    def test_services_without_a_usable_name_have_jaeger_s(self):
        self.serve()
        for i, (attributes, name) in enumerate((
                ([], "missing-service-name"), ([otlp.text("other", "x")], "missing-service-name"),
                ([otlp.text("service.name", "")], "empty-service-name"),
                ([{"key": "service.name", "value": {"intValue": "7"}}], "service-name-wrong-type"))):
            for j, headers in enumerate((JSON, PROTOBUF)):
                value = otlp.one_span(trace_id(2 * i + j))
                value["resourceSpans"][0]["resource"]["attributes"] = attributes
                self.send(value, headers)
                (span,) = self.backend.spans(trace_id(2 * i + j))
                self.assertEqual(span.service, name)
                self.assertEqual(span.resource.get("other"), "x" if attributes[:1] == [otlp.text("other", "x")] else None)
                found = json.loads(get(Backend.UI, f"/api/traces/{trace_id(2 * i + j)}").body)["data"][0]
                self.assertEqual([p["serviceName"] for p in found["processes"].values()], [name])
        self.assertEqual(self.backend.services(), ["empty-service-name", "missing-service-name", "service-name-wrong-type"])
        self.assertEqual(len(self.backend.traces("missing-service-name")), 4)


class Limits(IntakeTest):
    def test_limits_that_cannot_both_hold_are_refused_at_the_start(self):
        for traces, n_bytes in (("3000000", "67108864"), ("10000", "1048576")):
            done = run(["traceview", "serve"], env={"TRACEVIEW_MAX_TRACES": traces, "TRACEVIEW_MAX_BYTES": n_bytes})
            self.assertEqual(done.code, 2, done)
            for word in ("TRACEVIEW_MAX_TRACES", "TRACEVIEW_MAX_BYTES", traces, n_bytes):
                self.assertIn(word, done.err)

    def test_limits_that_are_taken_hold_for_spans_without_attributes(self):
        self.serve(TRACEVIEW_MAX_TRACES="1000", TRACEVIEW_MAX_BYTES=str(2 ** 20))
        for i in range(1000):
            self.send(otlp.one_span(trace_id(i), name="n"), PROTOBUF)
        self.assertEqual(len(self.backend.traces("tester")), 1000)
        self.assertEqual(self.stats()["evictedTraces"], 0)


class Counters(IntakeTest):
    def fill(self):
        self.serve(TRACEVIEW_MAX_TRACES="2")
        for i in (0, 1, 2, 2):
            self.send(otlp.one_span(trace_id(i)))
        self.send(otlp.one_span("0" * 32))
        self.assertEqual(request("POST", Backend.OTLP, "/v1/traces", b"{", JSON).status, 400)
        self.assertEqual(request("POST", Backend.OTLP, "/v1/logs", b"{}", JSON).status, 200)

    def test_what_was_rejected_and_evicted_is_told_to_prometheus(self):
        self.fill()
        answer = get(Backend.UI, "/metrics")
        self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        lines = answer.body.decode().splitlines()
        found = {name: int(value) for name, value in (line.split() for line in lines if not line.startswith("#"))}
        for name, value in {"spans_received_total": 4, "spans_repeated_total": 1, "spans_rejected_total": 1,
                            "spans_evicted_total": 1, "traces_evicted_total": 1, "requests_refused_total": 1,
                            "requests_not_kept_total": 1, "traces": 2, "traces_limit": 2, "spans": 2,
                            "store_limit_bytes": 64 * 2 ** 20}.items():
            self.assertEqual(found[f"traceview_{name}"], value, name)
            self.assertTrue(any(line.startswith(f"# TYPE traceview_{name} ") for line in lines), name)
        self.assertGreater(found["traceview_store_bytes"], 0)

    def test_the_page_gets_them_as_json_with_the_ports(self):
        self.fill()
        stats = self.stats()
        self.assertEqual((stats["otlpPort"], stats["grpcPort"]), (4318, 4317 if harness.HAS_GRPC else None))
        self.assertEqual((stats["receivedSpans"], stats["rejectedSpans"], stats["evictedTraces"]), (4, 1, 1))
        self.assertEqual(stats["lastRejection"], "a span has an invalid id")
        self.assertIn("byte", stats["lastRefusal"])


class Files(IntakeTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_traces_outlive_a_restart_when_that_is_wanted(self):
        for name in ("traces.jsonl", "traces.jsonl.gz"):
            path = self.path(name)
            self.serve("--save", path, "--load", path)  # the file is not there yet
            for i in range(5):
                self.send(otlp.rich_span(trace_id(i)), PROTOBUF)
            before = [self.backend.spans(trace_id(i)) for i in range(5)]
            self.stop()
            with open(path, "rb") as file:
                self.assertEqual(file.read(2) == b"\x1f\x8b", name.endswith(".gz"))
            self.serve("--save", path, "--load", path)
            self.assertEqual([self.backend.spans(trace_id(i)) for i in range(5)], before)
            self.stop()
            self.assertEqual(os.listdir(self.folder).count(name), 1)
            # The oldest are those that go when there is too little room.
            self.serve("--load", path, TRACEVIEW_MAX_TRACES="2")
            self.assertEqual([i for i in range(5) if self.backend.spans(trace_id(i))], [3, 4])
            self.stop()
        self.assertEqual(sorted(os.listdir(self.folder)), ["traces.jsonl", "traces.jsonl.gz"])

    def test_a_saved_file_is_a_request_per_line(self):
        path = self.path("saved")
        self.serve("--save", path)
        for i in range(3):
            self.send(otlp.one_span(trace_id(i)))
        self.stop()
        with open(path) as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual([harness.spans_of(line["resourceSpans"])[0].trace_id for line in lines],
                         [trace_id(i) for i in range(3)])
        self.serve()
        for line in lines:
            self.send(line)
        self.assertEqual(len(self.backend.traces("tester")), 3)

    def test_a_collector_s_file_is_loaded(self):
        path = self.path("collector.json")
        with open(path, "w") as file:
            for i in range(3):
                print(json.dumps(otlp.rich_span(trace_id(i))), file=file)
            file.write("\n" + json.dumps(otlp.rich_span(trace_id(3))))  # an empty line, and no end of the last
        self.serve("--load", path)
        self.assertEqual([len(self.backend.spans(trace_id(i))) for i in range(4)], [1] * 4)

    def check_refused(self, word, *arguments):
        done = run(["traceview", "serve", *arguments])
        self.assertEqual(done.code, 1, done)
        self.assertIn(word, done.err)

    def test_a_file_that_cannot_be_read_whole_is_refused_at_the_start(self):
        good = (json.dumps(otlp.one_span(TRACE)) + "\n").encode()
        for name, content, word in (("bad", good + b"{\n" + good, "line 2"), ("cut.gz", gzip.compress(good * 50)[:-9], "cut.gz"),
                                    ("cut", good[:-5], "line 1")):
            with open(self.path(name), "wb") as file:
                file.write(content)
            self.check_refused(word, "--load", self.path(name), "--save", self.path(name))
            with open(self.path(name), "rb") as file:
                self.assertEqual(file.read(), content)
        self.check_refused("nowhere", "--load", self.path("nowhere"))
        self.check_refused("no/such", "--save", self.path("no/such/folder"))
        self.check_refused(self.folder, "--load", self.folder)


if __name__ == "__main__":
    harness.main()
