# SPDX-License-Identifier: Apache-2.0
"""A real OpenTelemetry Collector takes what is exported, and its probabilistic sampler goes on where ours stopped.

The Collector (tests/collector/build.sh) hands on what it lets through to one of the test's own.
"""
import json
import os
import shutil
import unittest

import features
import harness
from collector import Collector
from features import without_defaults
from harness import spans_of, wait_until

EMIT = os.environ.get("LIBTRACE_EMIT", "")
FEATURES = os.environ.get("LIBTRACE_FEATURES", "")
PORT, ALL_PORT, KEPT_PORT = 4318, 4319, 4320
N_TRACES = 500  # of a span each

# A request is answered when both pipelines have handed it on.
CONFIG = f"""
receivers: {{otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{PORT}"}}}}}}}}
processors: {{probabilistic_sampler: {{sampling_percentage: PERCENTAGE, mode: MODE}}}}
exporters:
  otlphttp/all: {{endpoint: "http://127.0.0.1:{ALL_PORT}", encoding: json, sending_queue: {{enabled: false}}}}
  otlphttp/kept: {{endpoint: "http://127.0.0.1:{KEPT_PORT}", encoding: json, sending_queue: {{enabled: false}}}}
service:
  telemetry: {{metrics: {{level: none}}, logs: {{level: warn}}}}
  pipelines:
    traces/all: {{receivers: [otlp], exporters: [otlphttp/all]}}
    traces/kept: {{receivers: [otlp], processors: [probabilistic_sampler], exporters: [otlphttp/kept]}}
"""


def threshold(ratio):
    """Of the 56 bits, where four digits are the whole of it."""
    return int((1 - ratio) * 2 ** 56)


def randomness(span):
    return int(span.trace_id[-14:], 16)


def listens():
    try:
        return harness.get(PORT, "/").status == 404
    except OSError:
        return False


@unittest.skipUnless(shutil.which("otelcol"), "no otelcol on PATH: tests/collector/build.sh builds one")
class CollectorTest(unittest.TestCase):
    def start(self, mode="equalizing", percentage=100):
        self.all, self.kept = Collector(port=ALL_PORT), Collector(port=KEPT_PORT)
        self.addCleanup(self.all.stop)
        self.addCleanup(self.kept.stop)
        config = CONFIG.replace("PERCENTAGE", str(percentage)).replace("MODE", mode)
        self.program = harness.Program(["otelcol", "--config", "yaml:" + config])
        self.addCleanup(self.program.kill)
        self.addCleanup(self.program.stop)
        wait_until(lambda: self.program.process.poll() is not None or listens(), 30, "the Collector")
        self.assertIsNone(self.program.process.poll(), self.program.output)

    def run_program(self, *command, env, reported=""):
        finished = harness.run(command, env=env)
        self.assertEqual((finished.code, finished.err), (0, reported), self.program.output)


class Taken(CollectorTest):
    def check(self, protocol, compression):
        self.start()
        self.run_program(FEATURES, env={"OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
                                        "OTEL_EXPORTER_OTLP_COMPRESSION": compression}, reported=features.REPORTED)
        (sent,) = self.all.sent
        self.assertEqual(without_defaults(json.loads(sent.body)), without_defaults(features.REQUEST))

    def test_every_field_of_protobuf(self):
        self.check("http/protobuf", "none")

    def test_every_field_of_json(self):
        self.check("http/json", "none")

    def test_every_field_of_gzipped_protobuf(self):
        self.check("http/protobuf", "gzip")

    def test_every_field_of_gzipped_json(self):
        self.check("http/json", "gzip")


class Sampled(CollectorTest):
    """Behind a sampler of ours that keeps half."""

    HALF = {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.5"}

    def sample(self, mode, percentage, *options, env=None):
        """Returns our spans, and those of them that the Collector hands on."""
        self.start(mode, percentage)
        self.run_program(EMIT, "--from-env", *options, str(N_TRACES), env=env)
        ours, kept = ([span for sent in out.sent for span in spans_of(json.loads(sent.body)["resourceSpans"])]
                      for out in (self.all, self.kept))
        return ours, kept

    def check(self, ours, kept, ratio, digits):
        """Just those are kept whose randomness is not below the threshold, and they carry it."""
        self.assertTrue(ours)
        self.assertEqual({span.trace_id for span in kept},
                         {span.trace_id for span in ours if randomness(span) >= threshold(ratio)})
        self.assertEqual({span.state for span in kept}, {f"ot=th:{digits}"})

    def check_half(self, ours):
        """Ours are the upper half of 500, give or take six standard deviations."""
        self.assertAlmostEqual(len(ours), N_TRACES / 2, delta=67)
        self.check(ours, ours, 0.5, "8")

    def test_proportional_keeps_half_of_our_half(self):
        ours, kept = self.sample("proportional", 50, env=self.HALF)
        self.check_half(ours)
        self.check(ours, kept, 0.25, "c")

    def test_equalizing_at_our_share_keeps_all_of_ours(self):
        ours, kept = self.sample("equalizing", 50, env=self.HALF)
        self.check_half(ours)
        self.check(ours, kept, 0.5, "8")
        self.assertEqual(len(kept), len(ours))

    def test_equalizing_below_our_share_keeps_what_it_says(self):
        ours, kept = self.sample("equalizing", 25, env=self.HALF)
        self.check(ours, kept, 0.25, "c")

    def test_equalizing_above_our_share_keeps_all_of_ours(self):
        ours, kept = self.sample("equalizing", 75, env=self.HALF)
        self.check(ours, kept, 0.5, "8")
        self.assertEqual(len(kept), len(ours))

    def test_a_composable_samplers_half_is_the_same(self):
        ours, kept = self.sample("proportional", 50, "--composite", "0.5")
        self.check_half(ours)
        self.check(ours, kept, 0.25, "c")

    def test_a_parent_based_samplers_half_is_the_same(self):
        ours, kept = self.sample("equalizing", 50, env={**self.HALF, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio"})
        self.check_half(ours)
        self.assertEqual(len(kept), len(ours))

    def test_all_of_ours_are_halved_by_each_mode(self):
        for mode in ("proportional", "equalizing"):
            with self.subTest(mode=mode):
                ours, kept = self.sample(mode, 50, env={"OTEL_TRACES_SAMPLER": "always_on"})
                self.doCleanups()
                self.assertEqual(len(ours), N_TRACES)
                self.check(ours, kept, 0.5, "8")

    def test_the_hashing_mode_halves_what_has_no_threshold(self):
        ours, kept = self.sample("hash_seed", 50, env={"OTEL_TRACES_SAMPLER": "always_on"})
        self.assertEqual(len(ours), N_TRACES)
        self.assertAlmostEqual(len(kept), N_TRACES / 2, delta=67)
        self.assertLess({span.trace_id for span in kept}, {span.trace_id for span in ours})

    def test_the_hashing_mode_keeps_nothing_that_has_a_threshold(self):
        """As README.md warns: by its default, fail_closed, of no SDK that writes one."""
        ours, kept = self.sample("hash_seed", 50, env=self.HALF)
        self.check_half(ours)
        self.assertEqual(kept, [])


if __name__ == "__main__":
    harness.main()
