# SPDX-License-Identifier: Apache-2.0
"""What a span of the Python SDK costs; the cases of ../../micro.c, which says what they are.

usage: micro.py [ROUNDS [CASE|all [THREADS]]]
"""
import json
import logging
import sys
import threading
import time
from collections import namedtuple

from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

ITERATIONS, WARM_UP = 1000, 2
Case = namedtuple("Case", "name run per_run exports sustained")


class Discard(SpanExporter):
    n = 0

    def export(self, spans):
        self.n += len(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self):
        pass


def pair(tracer):
    root = tracer.start_span("GET /checkout", kind=SpanKind.SERVER)
    root.set_attribute("http.request.method", "GET")
    root.set_attribute("url.path", "/checkout")
    root.set_attribute("http.response.status_code", 200)
    root.add_event("received")
    child = tracer.start_span("check_inventory", context=trace.set_span_in_context(root))
    child.set_attribute("order.item", "widget")
    child.set_attribute("db.system", "postgresql")
    child.set_attribute("order.qty", 1)
    child.add_event("checked")
    child.end()
    root.end()


def bare(tracer):
    root = tracer.start_span("GET /checkout", kind=SpanKind.SERVER)
    child = tracer.start_span("check_inventory", context=trace.set_span_in_context(root))
    child.end()
    root.end()


PROPAGATOR = TraceContextTextMapPropagator()
REMOTE = trace.set_span_in_context(
    trace.NonRecordingSpan(trace.SpanContext(1 << 100, 5 << 50, False, trace.TraceFlags(1))), context.Context())


def propagate(_):
    carrier = {}
    PROPAGATOR.inject(carrier, REMOTE)
    extracted = PROPAGATOR.extract(carrier, context.Context())
    assert trace.get_current_span(extracted).get_span_context().is_valid


CASES = (Case("sampled", pair, 2, True, False), Case("bare", bare, 2, True, False),
         Case("unsampled", pair, 2, False, False), Case("propagate", propagate, 1, False, False),
         Case("sustained", pair, 2, True, True))


def produce(case, tracer, rounds, barrier, ns):
    for i in range(WARM_UP + rounds):
        barrier.wait()
        start = time.perf_counter_ns()
        for _ in range(ITERATIONS):
            case.run(tracer)
        elapsed = time.perf_counter_ns() - start
        if i >= WARM_UP:
            ns.append(elapsed / (case.per_run * ITERATIONS))
        barrier.wait()


def measure(case, rounds, threads):
    exporter = Discard()
    queue = {} if case.sustained else {"max_queue_size": 8192 * threads}
    provider = TracerProvider(sampler=ALWAYS_ON if case.exports else ALWAYS_OFF)
    provider.add_span_processor(BatchSpanProcessor(exporter, **queue))
    barrier, ns = threading.Barrier(threads + 1), []
    producers = [threading.Thread(target=produce, args=(case, provider.get_tracer("micro"), rounds, barrier, ns))
                 for _ in range(threads)]
    for producer in producers:
        producer.start()
    for i in range(WARM_UP + rounds):
        if i == WARM_UP:
            provider.force_flush()
            exporter.n = 0
            start = time.process_time_ns()
        barrier.wait()
        barrier.wait()
        if not case.sustained:
            provider.force_flush()
    provider.force_flush()
    cpu = time.process_time_ns() - start
    for producer in producers:
        producer.join()
    provider.shutdown()
    spans = case.per_run * ITERATIONS * rounds * threads
    ns.sort()
    print(json.dumps({"lib": "otel-python", "case": case.name, "threads": threads,
                      "ns_p50": ns[len(ns) // 2], "ns_min": ns[0], "cpu_ns": cpu / spans, "spans": spans,
                      "exported": exporter.n, "drops": (spans if case.exports else 0) - exporter.n}), flush=True)


def main():
    rounds, only, threads = (sys.argv[1:] + ["20", "all", "1"][len(sys.argv) - 1:])[:3]
    logging.disable(logging.CRITICAL)  # of a queue that is full, again and again
    for case in CASES:
        if only in ("all", case.name):
            measure(case, int(rounds), int(threads))


main()
