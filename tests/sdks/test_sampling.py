# SPDX-License-Identifier: Apache-2.0
"""The ratio sampler decides as that of OpenTelemetry's SDK for Python does: 10,000 trace ids, with and without explicit
randomness in the tracestate. get.sh brings the SDK.
"""
import os
import random
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402

SDKS = os.environ.get("LIBTRACE_SDKS", os.path.join(harness.SOURCE, "build/tests/sdks"))
DECIDE = os.environ["LIBTRACE_DECIDE"]
sys.path.insert(0, os.path.join(SDKS, "python"))
try:
    from opentelemetry.sdk.trace import _sampling_experimental as sampling
    from opentelemetry.sdk.trace.sampling import Decision
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState, set_span_in_context
except ImportError:
    sampling = None

N_IDS = 10_000


@unittest.skipUnless(sampling, f"no SDK for python with composable samplers under {SDKS}: tests/sdks/get.sh brings it")
class Sampling(unittest.TestCase):
    def decide_in_python(self, ratio, trace_id, state):
        sampler = sampling.composite_sampler(sampling.composable_traceid_ratio_based(ratio))
        context = parsed = None
        if state != "-":
            parsed = TraceState.from_header([state])
            context = set_span_in_context(NonRecordingSpan(SpanContext(trace_id, 1, True, TraceFlags(0), parsed)))
        result = sampler.should_sample(context, trace_id, "span", trace_state=parsed)
        return result.decision is Decision.RECORD_AND_SAMPLE, result.trace_state.to_header() if result.trace_state else ""

    def compare(self, ratio, state_of):
        ids = random.Random(20260819)
        cases = [(ids.getrandbits(128), state_of(ids)) for _ in range(N_IDS)]
        lines = "".join(f"{trace_id:032x} {state}\n" for trace_id, state in cases)
        done = subprocess.run([DECIDE, str(ratio)], input=lines, capture_output=True, text=True, timeout=60, check=True)
        answers = done.stdout.split("\n")[:-1]
        self.assertEqual(len(answers), N_IDS)
        for (trace_id, state), answer in zip(cases, answers):
            decision, tracestate = answer.split(" ", 1)
            expected = self.decide_in_python(ratio, trace_id, state)
            self.assertEqual(decision == "1", expected[0], f"{trace_id:032x} {state} at {ratio}")
            yield tracestate, expected[1], f"{trace_id:032x} {state}"

    def test_the_same_10000_trace_ids_are_kept_at_each_ratio(self):
        for ratio in (1, 0.5, 0.25, 0.1, 0.01):
            with self.subTest(ratio=ratio):
                list(self.compare(ratio, lambda ids: "-"))

    def test_the_tracestate_is_the_same_where_four_digits_are_the_whole_threshold(self):
        for ratio in (1, 0.5, 0.25):
            with self.subTest(ratio=ratio):
                for ours, theirs, case in self.compare(ratio, lambda ids: "-"):
                    self.assertEqual(ours, theirs, case)

    def test_explicit_randomness_decides_and_is_handed_on(self):
        def state_of(ids):
            return f"ot=rv:{ids.getrandbits(56):014x},vendor=1"
        for ours, theirs, case in self.compare(0.5, state_of):
            self.assertEqual(sorted(ours.split(",")), sorted(theirs.split(",")), case)


if __name__ == "__main__":
    harness.main()
