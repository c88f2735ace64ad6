# SPDX-License-Identifier: Apache-2.0
"""A program of Python and one of C join one trace in both directions, with their baggage, by each format of headers.
get.sh brings OpenTelemetry's SDK for Python.
"""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402

SDKS = os.environ.get("LIBTRACE_SDKS", os.path.join(harness.SOURCE, "build/tests/sdks"))
CARRY = os.environ["LIBTRACE_CARRY"]
sys.path.insert(0, os.path.join(SDKS, "python"))
try:
    from opentelemetry import baggage, trace
    from opentelemetry.baggage.propagation import W3CBaggagePropagator
    from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
    from opentelemetry.propagators.composite import CompositePropagator
    from opentelemetry.propagators.jaeger import JaegerPropagator
    from opentelemetry.sdk.trace import TracerProvider, sampling
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    FORMATS = {"tracecontext": TraceContextTextMapPropagator, "b3": B3SingleFormat, "b3multi": B3MultiFormat,
               "jaeger": JaegerPropagator}
except ImportError:
    FORMATS = {}

# Python's own writer makes "+" of a blank, which is a plus by the W3C's text: it goes on as it came.
MEMBERS = {"user": "J\u00fcrgen", "list": "a,b;c=d\"\\", "text": "two words", "empty": ""}


@unittest.skipUnless(FORMATS, f"no SDK for python with its propagators under {SDKS}: tests/sdks/get.sh brings it")
class Propagation(unittest.TestCase):
    def carry(self, name, headers):
        """What the C program makes of a request's headers: its parent's id, and the headers that it sends."""
        lines = "".join(f"{key}: {value}\n" for key, value in headers.items())
        done = subprocess.run([CARRY], input=lines, capture_output=True, text=True, timeout=30, check=True,
                              env={**os.environ, "OTEL_PROPAGATORS": f"{name},baggage"})
        self.assertEqual(done.stderr, "")
        parent, *sent = done.stdout.splitlines()
        return parent, dict(line.split(": ", 1) for line in sent)

    def check(self, name, sampler, sampled):
        propagator = CompositePropagator([FORMATS[name](), W3CBaggagePropagator()])
        tracer = TracerProvider(sampler=sampler).get_tracer("python")
        span = tracer.start_span("caller")
        context = trace.set_span_in_context(span)
        for key, value in MEMBERS.items():
            context = baggage.set_baggage(key, value, context=context)
        headers = {}
        propagator.inject(headers, context=context)
        parent, sent = self.carry(name, headers)
        caller = span.get_span_context()
        self.assertEqual(parent, f"{caller.span_id:016x}")

        received = propagator.extract(sent)
        below = trace.get_current_span(received).get_span_context()
        self.assertEqual(below.trace_id, caller.trace_id)
        self.assertNotEqual(below.span_id, caller.span_id)
        self.assertEqual(below.trace_flags.sampled, sampled)
        self.assertTrue(below.is_remote)
        self.assertEqual(baggage.get_all(received), {**MEMBERS, "by": "c"})
        child = tracer.start_span("below", context=received)
        self.assertEqual(child.get_span_context().trace_id, caller.trace_id)

    def check_root(self, name):
        """The C program begins the trace."""
        parent, sent = self.carry(name, {})
        self.assertEqual(parent, "-")
        propagator = CompositePropagator([FORMATS[name](), W3CBaggagePropagator()])
        received = propagator.extract(sent)
        self.assertTrue(trace.get_current_span(received).get_span_context().is_valid)
        self.assertTrue(trace.get_current_span(received).get_span_context().trace_flags.sampled)
        self.assertEqual(baggage.get_all(received), {"by": "c"})


def add_tests(name):
    setattr(Propagation, f"test_python_c_and_python_are_one_trace_by_{name}",
            lambda self: self.check(name, sampling.ALWAYS_ON, True))
    setattr(Propagation, f"test_an_unsampled_trace_stays_unsampled_by_{name}",
            lambda self: self.check(name, sampling.ALWAYS_OFF, False))
    setattr(Propagation, f"test_a_trace_that_c_begins_goes_on_in_python_by_{name}", lambda self: self.check_root(name))


for each in FORMATS or ["tracecontext"]:
    add_tests(each)

if __name__ == "__main__":
    harness.main()
