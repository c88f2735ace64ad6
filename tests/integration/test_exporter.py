# SPDX-License-Identifier: Apache-2.0
"""OTLP/HTTP as a collector sees it: what is sent, what is retried, what is dropped, and how fast."""
import json
import os
import re
import tempfile
import threading
import time
import unittest
from email.utils import formatdate

import harness
from collector import OK, Answer, Collector

EMIT = os.environ.get("LIBTRACE_EMIT", "")
# ExportTraceServiceResponse{partial_success{rejected_spans: 3, error_message: "too old"}}
PARTIAL = b"\x0a\x0b\x08\x03\x12\x07too old"
JSON_PARTIAL = b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}'
VERSION = re.compile(r"^\d+\.\d+\.\d+$")


def rejected(finished):
    return int(re.search(r"^rejected (\d+)$", finished.out, re.MULTILINE)[1])


def stats(finished):
    """What emit counted: (exported, dropped with the queue full, failed)."""
    numbers = re.search(r"^exported (\d+) full (\d+) failed (\d+)$", finished.out, re.MULTILINE)
    assert numbers, finished
    return tuple(int(n) for n in numbers.groups())


class ExporterTest(unittest.TestCase):
    def setUp(self):
        self.assertTrue(os.path.exists(EMIT), f"LIBTRACE_EMIT={EMIT!r}: the build makes it (tests/integration/emit)")

    def collect(self, *arguments, **options):
        collector = Collector(*arguments, **options)
        self.addCleanup(collector.stop)
        return collector

    def emit(self, *arguments, env=None):
        finished = harness.run([EMIT, *map(str, arguments)], env=env)
        self.assertEqual(finished.code, 0, finished)
        self.assertNotIn("Sanitizer", finished.err)
        return finished


class Request(ExporterTest):
    def test_protobuf_is_the_default_and_says_what_it_is(self):
        collector = self.collect()
        finished = self.emit(3)
        (sent,) = collector.sent
        self.assertEqual(sent.path, "/v1/traces")
        self.assertEqual(sent.headers["content-type"], "application/x-protobuf")
        self.assertNotIn("content-encoding", sent.headers)
        self.assertNotIn("expect", sent.headers)
        name, version = sent.headers["user-agent"].split("/")
        self.assertEqual(name, "OTel-OTLP-Exporter-C")
        self.assertRegex(version, VERSION)
        self.assertEqual(sent.names, ["span 0", "span 1", "span 2"])
        self.assertEqual(stats(finished), (3, 0, 0))

    def test_http_json_has_the_same_spans(self):
        collector = self.collect()
        self.emit(3, env={"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"})
        (sent,) = collector.sent
        self.assertEqual(sent.headers["content-type"], "application/json")
        self.assertEqual(sent.names, ["span 0", "span 1", "span 2"])

    def test_gzip_is_sent_when_asked_for_and_inflates_to_the_same(self):
        for protocol in ("http/protobuf", "http/json"):
            with self.subTest(protocol=protocol):
                collector = self.collect(port=4318)
                self.emit(100, env={"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
                                    "OTEL_EXPORTER_OTLP_PROTOCOL": protocol})
                collector.stop()
                (sent,) = collector.sent
                self.assertEqual(sent.headers["content-encoding"], "gzip")
                self.assertLess(int(sent.headers["content-length"]), len(sent.body))
                self.assertEqual(len(sent.names), 100)

    def test_headers_come_from_the_variable_decoded(self):
        collector = self.collect()
        self.emit(1, env={"OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret%20word,x-tenant=blue"})
        self.assertEqual(collector.sent[0].headers["api-key"], "secret word")
        self.assertEqual(collector.sent[0].headers["x-tenant"], "blue")

    def test_one_bad_header_does_not_take_the_others_along_and_an_empty_one_is_sent(self):
        collector = self.collect()
        finished = self.emit(1, env={"OTEL_EXPORTER_OTLP_HEADERS":
                                     "x-empty=,broken,content-type=text/plain,x%2Dtenant=blue,x=a%0D%0Ay: b"})
        headers = collector.sent[0].headers
        self.assertEqual((headers["x-empty"], headers["x-tenant"]), ("", "blue"))
        self.assertEqual(headers["content-type"], "application/x-protobuf")
        self.assertFalse({"x", "y"} & set(headers))
        for n in (2, 3, 5):
            self.assertIn(f"header {n} ", finished.err)

    def test_passwords_and_keys_in_an_endpoint_are_used_and_never_printed(self):
        collector = self.collect(lambda n, sent: Answer(400))
        finished = self.emit(1, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:secret@127.0.0.1:4318/p?key=secret"})
        self.assertEqual(collector.sent[0].path, "/p/v1/traces?key=secret")
        self.assertEqual(collector.sent[0].headers["authorization"], "Basic bWU6c2VjcmV0")
        self.assertIn("http://127.0.0.1:4318/p/v1/traces", finished.err)
        self.assertNotIn("secret", finished.err)

    def test_a_proxy_of_the_environment_is_used_but_never_for_loopback_or_what_no_proxy_names(self):
        proxy = harness.RawServer(3128, harness.http_bytes(200))
        self.addCleanup(proxy.stop)
        collector = self.collect()
        env = {"http_proxy": "http://127.0.0.1:3128", "OTEL_EXPORTER_OTLP_TIMEOUT": "1000"}
        for endpoint in ("http://localhost:4318", "http://127.0.0.1:4318"):
            self.emit(1, env={**env, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
        self.assertEqual((len(collector.sent), proxy.requests), (2, []))
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector.invalid:4318"
        self.emit(1, env=env)
        self.assertTrue(proxy.requests[0].startswith(b"POST http://collector.invalid:4318/v1/traces HTTP/1.1"))
        self.emit(1, env={**env, "no_proxy": "example.com, .invalid"})
        self.assertEqual(len(proxy.requests), 1)

    def test_traces_headers_win_over_the_general_ones(self):
        collector = self.collect()
        self.emit(1, env={"OTEL_EXPORTER_OTLP_HEADERS": "a=general",
                          "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=traces"})
        self.assertEqual(collector.sent[0].headers["a"], "traces")

    def test_the_general_endpoint_is_a_base_and_the_traces_endpoint_is_used_as_it_is(self):
        base, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        cases = (({base: "http://127.0.0.1:4400"}, "/v1/traces"),
                 ({base: "http://127.0.0.1:4400/"}, "/v1/traces"),
                 ({base: "http://127.0.0.1:4400/otlp"}, "/otlp/v1/traces"),
                 ({base: " http://127.0.0.1:4400?x=1#part\n"}, "/v1/traces?x=1"),
                 ({own: "http://127.0.0.1:4400/mine"}, "/mine"),
                 ({own: "http://127.0.0.1:4400"}, "/"),
                 ({own: "http://127.0.0.1:4400/mine", base: "http://127.0.0.1:1"}, "/mine"))
        collector = self.collect(port=4400)
        for env, _ in cases:
            self.emit(1, env=env)
        self.assertEqual([sent.path for sent in collector.sent], [path for _, path in cases])

    def test_one_connection_serves_all_batches(self):
        collector = self.collect()
        finished = self.emit("--rounds", 10, 5)
        self.assertEqual(len(collector.sent), 10)
        self.assertEqual(collector.n_connections, 1)
        self.assertEqual(stats(finished), (50, 0, 0))

    def test_a_batch_is_no_larger_than_its_limit_and_nothing_empty_is_sent(self):
        collector = self.collect()
        self.emit(100, env={"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "30", "OTEL_BSP_SCHEDULE_DELAY": "60000"})
        self.assertEqual(sorted(len(sent.names) for sent in collector.sent)[-1], 30)
        self.assertNotIn(0, [len(sent.names) for sent in collector.sent])
        self.assertEqual(sorted(collector.taken), sorted(f"span {i}" for i in range(100)))


class Retry(ExporterTest):
    def test_retryable_answers_are_tried_again_and_nothing_is_lost(self):
        for status in (429, 502, 503, 504):
            with self.subTest(status=status):
                collector = self.collect(lambda n, _, status=status: Answer(status) if n == 0 else OK)
                finished = self.emit(4)
                collector.stop()
                self.assertEqual(len(collector.sent), 2)
                self.assertEqual(len(collector.taken), 4)
                self.assertEqual(stats(finished), (4, 0, 0))
                self.assertIn("flush ok", finished.out)
                self.assertIn(f"HTTP status {status}", finished.err)

    def test_other_failures_are_not_tried_again_and_are_counted(self):
        for status in (400, 401, 403, 404, 413, 500, 501):
            with self.subTest(status=status):
                collector = self.collect(lambda n, _, status=status: Answer(status))
                finished = self.emit(4)
                collector.stop()
                self.assertEqual(len(collector.sent), 1)
                self.assertEqual(stats(finished), (0, 0, 4))
                self.assertIn(f"HTTP status {status}", finished.err)
                self.assertIn("4 spans dropped", finished.err)

    def test_retry_after_is_waited_for(self):
        times = []

        def answer(n, _):
            times.append(time.monotonic())
            return Answer(503, {"Retry-After": "2"}) if n == 0 else OK

        finished = (self.collect(answer), self.emit(2))[1]
        self.assertEqual(stats(finished), (2, 0, 0))
        self.assertGreaterEqual(times[1] - times[0], 1.9)
        self.assertLess(times[1] - times[0], 3 * harness.SLOWNESS)

    def test_retries_back_off_further_each_time(self):
        times = []

        def answer(n, _):
            times.append(time.monotonic())
            return Answer(503) if n < 3 else OK

        finished = (self.collect(answer), self.emit(1))[1]
        self.assertEqual(stats(finished), (1, 0, 0))
        waits = [b - a for a, b in zip(times, times[1:])]
        for wait, (least, most) in zip(waits, ((0.25, 0.5), (0.5, 1), (1, 2))):
            self.assertGreaterEqual(wait, least * 0.9)
            self.assertLess(wait, most + 0.5 * harness.SLOWNESS)

    def test_a_collector_that_appears_late_gets_the_spans(self):
        collectors = []

        def appear():
            collectors.append(self.collect())

        timer = threading.Timer(0.8, appear)
        timer.start()
        finished = self.emit(5)
        timer.join()
        self.assertEqual(stats(finished), (5, 0, 0))
        self.assertEqual(len(collectors[0].taken), 5)
        self.assertIn("cannot export to http://localhost:4318/v1/traces", finished.err)

    def test_a_lost_response_is_tried_again(self):
        def answer(n, _):
            if n == 0:
                raise ConnectionAbortedError  # the handler closes the connection without an answer
            return OK

        collector = self.collect(answer)
        collector.server.handle_error = lambda *_: None
        finished = self.emit(3)
        self.assertEqual(len(collector.sent), 2)
        self.assertEqual(stats(finished), (3, 0, 0))

    def emit_to(self, *arguments, status=200, body=b"", headers=None, env=None):
        """Emits to a collector that always answers so; returns what it was sent, and what came of it."""
        collector = self.collect(lambda n, _: Answer(status, headers or {}, body))
        finished = self.emit(*arguments, env=env)
        collector.stop()
        return collector.sent, finished

    def test_partial_success_is_said_counted_and_not_tried_again(self):
        for protocol, body in (("http/protobuf", PARTIAL), ("http/json", JSON_PARTIAL)):
            with self.subTest(protocol=protocol):
                sent, finished = self.emit_to(5, body=body, env={"OTEL_EXPORTER_OTLP_PROTOCOL": protocol})
                self.assertEqual(len(sent), 1)
                self.assertIn("rejected 3 spans: too old", finished.err)
                self.assertEqual((stats(finished), rejected(finished)), ((2, 0, 0), 3))
                self.assertIn("flush Input/output error", finished.out)

    def test_partial_success_is_said_once_an_interval_and_every_span_is_counted(self):
        body = PARTIAL.replace(b"\x08\x03", b"\x08\x01")
        sent, finished = self.emit_to("--rounds", 20, 1, body=body)
        self.assertEqual(len(sent), 20)
        self.assertEqual(finished.err.count("too old"), 1, finished.err)
        self.assertEqual((stats(finished), rejected(finished)), ((0, 0, 0), 20))

    def test_of_a_response_no_more_than_4_mib_is_read(self):
        for blanks, n_rejected in ((3 << 20, 3), (5 << 20, 0)):
            with self.subTest(blanks=blanks):
                collector = self.collect(lambda n, sent: Answer(200, {}, b" " * blanks + JSON_PARTIAL))
                finished = self.emit(5, env={"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"})
                collector.stop()
                self.assertEqual(rejected(finished), n_rejected)
                self.assertEqual(stats(finished), (5 - n_rejected, 0, 0))
                self.assertEqual(len(collector.sent), 1)

    def test_a_message_without_rejected_spans_is_said_and_no_loss(self):
        for protocol, body in (("http/protobuf", b"\x0a\x09\x12\x07too old"),
                               ("http/json", b'{"partialSuccess":{"errorMessage":"too old"}}'),
                               ("http/json", b'{"partialSuccess":{"rejectedSpans":"0","errorMessage":"too old"}}'),
                               ("http/json", b'{"partialSuccess":{"rejectedSpans":0,"errorMessage":"too old"}}')):
            with self.subTest(body=body):
                _, finished = self.emit_to(5, body=body, env={"OTEL_EXPORTER_OTLP_PROTOCOL": protocol})
                self.assertIn("took all spans, and warns: too old", finished.err)
                self.assertEqual((stats(finished), rejected(finished)), ((5, 0, 0), 0))
                self.assertIn("flush ok", finished.out)

    def test_a_response_that_rejects_none_and_says_nothing_is_not_mentioned(self):
        for body in (b"{}", b'{"partialSuccess":{}}', b'{"partialSuccess":{"rejectedSpans":"0"}}', b"fine", b""):
            with self.subTest(body=body):
                _, finished = self.emit_to(5, body=body, env={"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"})
                self.assertEqual(finished.err, "")
                self.assertEqual(stats(finished), (5, 0, 0))

    def test_what_a_collector_says_of_a_failure_is_said_cleaned_and_cut(self):
        text = b"\r\n no such \x1b[31mtenant\x07\nlibtrace: error: forged\n"
        message = b"\x08\x03\x12\x0eno such tenant"  # google.rpc.Status{code: 3, message: ...}
        for body in (text, message):
            with self.subTest(body=body):
                _, finished = self.emit_to(1, status=400, body=body)
                self.assertRegex(finished.err, r"HTTP status 400: no such .*tenant")
                self.assertNotIn("forged", finished.err)
                self.assertFalse(set(finished.err) & {"\x1b", "\x07"})
        _, finished = self.emit_to(1, status=500, body=b"x" * 100000)
        self.assertLess(len(finished.err), 1000)
        self.assertIn("x" * 200, finished.err)
        self.assertNotIn("x" * 201, finished.err)


class Outage(ExporterTest):
    """What is retried until when; how much an outage loses is in test_outage.py."""

    def answering(self, *answers):
        """A collector with these answers, the last one for ever, and the times at which it gave them."""
        times = []

        def answer(n, _):
            times.append(time.monotonic())
            return answers[min(n, len(answers) - 1)]

        return self.collect(answer), times

    def test_a_retry_after_longer_than_an_export_may_take_loses_nothing(self):
        collector, times = self.answering(Answer(503, {"Retry-After": "2"}), OK)
        finished = self.emit(3, env={"OTEL_BSP_EXPORT_TIMEOUT": "500", "OTEL_EXPORTER_OTLP_TIMEOUT": "500"})
        self.assertEqual(stats(finished), (3, 0, 0))
        self.assertEqual(len(times), 2)
        self.assertGreaterEqual(times[1] - times[0], 1.9)

    def test_a_retry_after_is_a_date_too_and_one_that_is_past_is_none(self):
        ago, soon = (formatdate(time.time() + s, usegmt=True) for s in (-3600, 3))
        # One that is past, by a libcurl that tells it from none, means now; else after the first back-off, 0.5 s at most.
        for date, least, most in ((ago, 0, 4), (soon, 1, 4)):
            with self.subTest(date=date):
                collector, times = self.answering(Answer(429, {"Retry-After": date}), OK)
                finished = self.emit(3)
                collector.stop()
                self.assertEqual(stats(finished), (3, 0, 0))
                self.assertGreaterEqual(times[1] - times[0], least)
                self.assertLess(times[1] - times[0], most * harness.SLOWNESS)

    def test_a_retry_after_holds_the_batches_behind_it(self):
        collector, times = self.answering(Answer(503, {"Retry-After": "2"}), OK)
        finished = self.emit(50, env={"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10"})
        self.assertEqual(stats(finished), (50, 0, 0))
        self.assertEqual(len(times), 6)
        self.assertGreaterEqual(times[1] - times[0], 1.9)
        self.assertEqual(sorted(collector.taken), sorted(f"span {i}" for i in range(50)))

    def test_a_shutdown_uses_what_it_has_for_further_tries(self):
        began = []

        def answer(n, _):
            began.append(time.monotonic())
            return OK if began[-1] - began[0] > 1 else Answer(503)

        self.collect(answer)
        finished = self.emit("--flush-ms", 1, 5)  # and 2 s for the shutdown
        self.assertEqual(stats(finished), (5, 0, 0))
        self.assertGreater(len(began), 3)

    def test_a_shutdown_tries_once_more_however_long_it_was_told_to_wait(self):
        collector, times = self.answering(Answer(503, {"Retry-After": "3600"}), OK)
        finished = self.emit("--flush-ms", 200, 5)
        self.assertEqual(stats(finished), (5, 0, 0))
        self.assertEqual(len(times), 2)

    def test_a_shutdown_ends_at_its_limit_when_no_try_helps(self):
        self.answering(Answer(503))
        finished = self.emit("--flush-ms", 1, 5)
        self.assertEqual(stats(finished), (0, 0, 5))
        self.assertGreater(finished.seconds, 1.5)
        self.assertLess(finished.seconds, 2 + 0.5 * harness.SLOWNESS)

    def test_the_oldest_batch_gives_way_when_the_queue_is_full_and_all_is_counted(self):
        collector, _ = self.answering(*[Answer(503)] * 3, OK)
        finished = self.emit(100, env={"OTEL_BSP_MAX_QUEUE_SIZE": "20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10"})
        exported, full, failed = stats(finished)
        self.assertEqual(exported + full + failed, 100)
        self.assertEqual(exported, len(set(collector.taken)))
        self.assertGreater(exported, 0)


class Deadlines(ExporterTest):
    def test_a_try_that_is_never_answered_has_its_own_limit_and_another_follows(self):
        collector = self.collect(lambda n, _: OK if n == 2 else None)
        finished = self.emit(2, env={"OTEL_EXPORTER_OTLP_TIMEOUT": "300"})
        self.assertEqual(stats(finished), (2, 0, 0))
        self.assertEqual(len(collector.sent), 3)
        self.assertGreaterEqual(finished.seconds, 0.6 + 0.25 + 0.5)  # two limits, two back-offs
        self.assertLess(finished.seconds, 4 * harness.SLOWNESS)

    def test_a_flush_returns_at_its_deadline(self):
        self.collect(lambda n, _: None)
        finished = self.emit("--flush-ms", 300, 2)
        self.assertIn("flush Connection timed out", finished.out)
        # The flush's 0.3 s and the 2 s that emit gives its shutdown.
        self.assertLess(finished.seconds, 4 * harness.SLOWNESS)

    def test_exit_is_quick_when_nobody_listens(self):
        finished = self.emit("--flush-ms", 1, 5)
        self.assertEqual(stats(finished), (0, 0, 5))
        self.assertLess(finished.seconds, 1 * harness.SLOWNESS)
        self.assertIn("5 spans dropped", finished.err)

    def test_a_full_queue_drops_what_comes_and_counts_it(self):
        collector = self.collect(lambda n, _: None)
        finished = self.emit("--flush-ms", 200, 1000, env={
            "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "50",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "500"})
        exported, full, failed = stats(finished)
        self.assertEqual(exported, 0)
        self.assertEqual(full + failed, 1000)
        self.assertLessEqual(failed, 100)
        self.assertLessEqual(max(len(sent.names) for sent in collector.sent), 50)


class Choice(ExporterTest):
    def test_none_sends_nothing(self):
        collector = self.collect()
        self.emit("--from-env", 3, env={"OTEL_TRACES_EXPORTER": "none"})
        self.assertEqual(collector.n_connections, 0)

    def test_console_prints_on_standard_error_and_sends_nothing(self):
        collector = self.collect()
        finished = self.emit("--from-env", 3, env={"OTEL_TRACES_EXPORTER": "console"})
        for i in range(3):
            self.assertIn(f"span {i}", finished.err)
            self.assertNotIn(f"span {i}", finished.out)
        self.assertEqual(collector.n_connections, 0)

    def test_console_prints_at_the_end_of_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "spans")
            for _ in range(2):
                finished = self.emit("--from-env", 3, env={
                    "OTEL_TRACES_EXPORTER": "console", "OTEL_C_CONSOLE_FILE": path})
                self.assertEqual(finished.err, "")
            with open(path) as file:
                self.assertEqual(file.read().count("span 2"), 2)

    def test_a_console_file_that_cannot_be_written_is_said_once(self):
        finished = self.emit("--from-env", "--rounds", 3, 1, env={
            "OTEL_TRACES_EXPORTER": "console", "OTEL_C_CONSOLE_FILE": "/nonexistent/spans"})
        self.assertEqual(finished.err.count("cannot write spans to /nonexistent/spans: No such file"), 1)
        self.assertIn("flush Input/output error", finished.out)

    def test_each_exporter_of_a_list_gets_every_span(self):
        collector = self.collect()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "spans.jsonl")
            finished = self.emit("--from-env", "--rounds", 2, 2, env={
                "OTEL_TRACES_EXPORTER": "console, otlp,,CONSOLE,otlp/file", "OTEL_C_OTLP_FILE": path})
            with open(path) as file:
                lines = [json.loads(line) for line in file]
        names = [span["name"] for line in lines for group in line["resourceSpans"]
                 for scope in group["scopeSpans"] for span in scope["spans"]]
        self.assertEqual(len(lines), 2)
        self.assertEqual(names, ["span 0", "span 1"] * 2)
        self.assertEqual(collector.taken, names)
        self.assertEqual(finished.err.count("span 0"), 2)

    def test_otlp_stdout_prints_lines_of_json(self):
        for env in ({"OTEL_TRACES_EXPORTER": "otlp/stdout"}, {"OTEL_TRACES_EXPORTER": "otlp/file"}):
            finished = self.emit("--from-env", 1, env=env)
            (line,) = [line for line in finished.out.splitlines() if line.startswith("{")]
            self.assertEqual(list(json.loads(line)), ["resourceSpans"])

    def test_what_is_not_known_in_a_list_is_said_and_the_others_are_used(self):
        collector = self.collect()
        finished = self.emit("--from-env", 1, env={"OTEL_TRACES_EXPORTER": "zipkin,console,none"})
        self.assertRegex(finished.err, 'OTEL_TRACES_EXPORTER: "zipkin" is none of otlp, console')
        self.assertRegex(finished.err, "OTEL_TRACES_EXPORTER: none, with others, is left out")
        self.assertIn("span 0  INTERNAL", finished.err)
        self.assertEqual(collector.n_connections, 0)

    def test_an_endpoint_that_cannot_be_used_leaves_the_other_exporters(self):
        finished = self.emit("--from-env", 1, env={
            "OTEL_TRACES_EXPORTER": "otlp,console", "OTEL_EXPORTER_OTLP_ENDPOINT": "ftp://localhost"})
        self.assertIn("span 0  INTERNAL", finished.err)

    def test_a_disabled_sdk_makes_no_spans(self):
        collector = self.collect()
        finished = self.emit("--from-env", 3, env={"OTEL_SDK_DISABLED": "true"})
        self.assertIn("provider ok", finished.out)
        self.assertEqual(collector.n_connections, 0)

    def test_only_true_disables_the_sdk(self):
        collector = self.collect()
        finished = self.emit("--from-env", 3, env={"OTEL_SDK_DISABLED": "1"})
        self.assertIn("OTEL_SDK_DISABLED", finished.err)
        self.assertEqual(len(collector.taken), 3)

    def test_a_bad_endpoint_is_said_and_harms_nothing(self):
        for endpoint in ("localhost:4318", "ftp://localhost", "http://", "http://[::1", "http://host with blank"):
            with self.subTest(endpoint=endpoint):
                finished = self.emit("--from-env", 3, env={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
                self.assertIn(endpoint, finished.err)
                self.assertLess(finished.seconds, 5 * harness.SLOWNESS)

    def test_what_is_not_known_is_said_and_the_default_is_used(self):
        for name, value in (("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "br"),
                            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"), ("OTEL_TRACES_EXPORTER", "zipkin"),
                            ("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_BSP_MAX_QUEUE_SIZE", "-1")):
            with self.subTest(variable=name):
                collector = self.collect()
                finished = self.emit("--from-env", 2, env={name: value})
                collector.stop()
                self.assertIn(name, finished.err)
                self.assertEqual(len(collector.taken), 2)
                self.assertEqual(collector.sent[0].headers["content-type"], "application/x-protobuf")

    def test_at_debug_what_was_configured_and_each_export_is_said(self):
        self.collect()
        finished = self.emit("--from-env", "--rounds", 2, 3, env={
            "OTEL_LOG_LEVEL": "debug", "OTEL_SERVICE_NAME": "shop", "OTEL_TRACES_SAMPLER": "traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "1.0", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:secret@127.0.0.1:4318"})
        self.assertIn('debug: provider: service "shop", sampler traceidratio 1.0, exporters otlp, '
                      "propagators tracecontext,baggage", finished.err)
        self.assertIn("debug: exporter: OTLP/HTTP, protobuf, to http://127.0.0.1:4318/v1/traces, 10000 ms", finished.err)
        self.assertEqual(len(re.findall("otlp_http_span_exporter: 3 spans exported within [0-9]+ us", finished.err)), 2)
        self.assertNotIn("secret", finished.err)
        self.assertNotIn("debug", self.emit("--from-env", 3).err)

    def test_what_is_over_a_spans_limits_is_said_once(self):
        self.collect()
        finished = self.emit("--from-env", "--values", 1, env={"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "0"})
        self.assertEqual(finished.err.count("discarded"), 1)
        self.assertIn('over the limits of span "span 0": 2 attributes, 0 events, 0 links discarded', finished.err)

    def test_the_log_level_silences(self):
        self.collect(lambda n, _: Answer(400))
        for level in ("none", " NONE\n"):
            self.assertEqual(self.emit(1, env={"OTEL_LOG_LEVEL": level}).err, "")


if __name__ == "__main__":
    harness.main()
