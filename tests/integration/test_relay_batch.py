# SPDX-License-Identifier: Apache-2.0
"""One relay for several programs: their spans travel together, each under its own resource, and nobody's are lost for
another's."""
import json
import os
import re
import shutil
import tempfile
import unittest

import harness
from collector import OK, Answer, Collector

EMIT = os.environ["LIBTRACE_EMIT"]
SENDING = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}
N_CURLS = 100


def resource_spans(sent):
    return json.loads(sent.body)["resourceSpans"]


def attributes(resource):
    return {a["key"]: next(iter(a["value"].values())) for a in resource["attributes"]}


def n_spans(group):
    return sum(len(scope["spans"]) for scope in group["scopeSpans"])


class Batch(unittest.TestCase):
    def setUp(self):
        self.collector = Collector()
        self.addCleanup(self.collector.stop)

    def received(self):
        """The spans that were taken, by the service's name."""
        found = {}
        with self.collector.lock:
            sent = list(self.collector.sent)
        for request in sent:
            if self.collector.answer(0, request).status != 200:
                continue
            for group in resource_spans(request):
                name = attributes(group["resource"])["service.name"]
                found[name] = found.get(name, 0) + n_spans(group)
        return found

    def test_a_loop_of_curls_takes_few_requests_each_curl_with_its_own_resource(self):
        server = harness.RawServer(8088, harness.http_bytes(200))
        self.addCleanup(server.stop)
        script = f"i=0; while [ $i -lt {N_CURLS} ]; do curl -so /dev/null http://127.0.0.1:8088/; i=$((i + 1)); done"
        _, env = self.listen()  # a launcher's own relay is waited for in a container, by each curl
        done = harness.run(["sh", "-c", script], {**env, "OTEL_C_EXIT_TIMEOUT": ""}, traced=True)
        self.assertEqual(done.code, 0, done.err)
        harness.wait_until(lambda: sum(self.received().values()) == N_CURLS, what="a span of each curl")
        groups = [group for sent in self.collector.sent for group in resource_spans(sent)]
        pids = {attributes(group["resource"])["process.pid"] for group in groups}
        self.assertEqual(len(pids), N_CURLS)
        self.assertEqual([n_spans(group) for group in groups], [1] * N_CURLS)
        n_requests = len(self.collector.sent)
        harness.note(f"{N_CURLS} curls in {done.seconds:.1f} s: {n_requests} requests with spans")
        # One a second, one for the last ones; 64 that have ended wait for no more.
        self.assertLessEqual(n_requests, done.seconds + 2 + N_CURLS // 64)

    def listen(self, env=()):
        folder = tempfile.mkdtemp(prefix="libtrace-relay-")
        self.addCleanup(shutil.rmtree, folder, True)
        path = os.path.join(folder, "relay.sock")
        relay = harness.Program([harness.program_path("libtrace-relay"), "--listen", path], env={**SENDING, **dict(env)})
        self.addCleanup(relay.kill)
        harness.wait_until(lambda: harness.listens_at(path), what="a relay's socket")
        return relay, {"OTEL_C_RELAY": path}

    def emit(self, service, env, n=10):
        done = harness.run([EMIT, "--from-env", "--flush-ms", "0", str(n)], {**env, "OTEL_C_EXIT_TIMEOUT": ""}, traced=True,
                           service=service)
        self.assertEqual(done.code, 0, done.err)

    def test_a_program_whose_spans_are_refused_costs_no_other_one_its_own(self):
        self.collector.answer = lambda n, sent: Answer(400) if b'"bad"' in sent.body else OK
        relay, env = self.listen()
        harness.at_once(3, lambda i: self.emit(("bad", "good", "fine")[i], env))
        harness.wait_until(lambda: self.received() == {"good": 10, "fine": 10}, what="the others' spans")
        relay.stop()
        self.assertEqual(self.received(), {"good": 10, "fine": 10})
        self.assertIn("the relay: 10 spans dropped", relay.output)
        self.assertIn("10 that could not be exported", relay.output)

    def test_what_the_collector_rejects_in_part_is_counted(self):
        self.collector.answer = lambda n, sent: Answer(200, body=b'{"partialSuccess": {"rejectedSpans": "13"}}')
        relay, env = self.listen()
        harness.at_once(2, lambda i: self.emit(f"service {i}", env))
        harness.wait_until(lambda: len(self.collector.taken) == 20, what="all spans")
        relay.stop()
        n_rejected = sum(min(13, len(sent.names)) for sent in self.collector.sent)
        self.assertEqual(re.findall(r"(\d+) that the collector rejected", relay.output)[-1], str(n_rejected))

    def test_a_batch_that_comes_back_is_sent_again_for_all(self):
        self.collector.answer = lambda n, sent: OK if n else Answer(503)
        _, env = self.listen()
        harness.at_once(3, lambda i: self.emit(f"service {i}", env))
        harness.wait_until(lambda: len(set(self.collector.taken)) == 10 and len(self.collector.taken) == 30,
                           what="all spans")

    def test_one_that_is_busy_leaves_room_for_others(self):
        _, env = self.listen({"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_BSP_SCHEDULE_DELAY": "100"})
        busy = harness.Program([EMIT, "--from-env", "--per-second", "2000", "100000"], env=env, traced=True, service="busy")
        self.addCleanup(busy.kill)
        harness.wait_until(lambda: self.received().get("busy", 0) > 100, what="the busy one's spans")
        self.emit("other", env)
        harness.wait_until(lambda: self.received().get("other") == 10, what="the other one's spans")
        self.assertIsNone(busy.process.poll())


if __name__ == "__main__":
    harness.main()
