# SPDX-License-Identifier: Apache-2.0
"""One trace by OpenTelemetry's SDK for Python with its default settings: emit.py grpc|http|metrics.  Prints its id."""
import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

START = 1_700_000_000_000_000_000
LINKED = SpanContext(0x0af7651916cd43dd8448eb211c80319c, 0xb7ad6b7169203331, True, TraceFlags(1))
ATTRIBUTES = {"text": "v\u00e4lue", "empty": "", "yes": True, "int": -9007199254740991, "double": 0.5,
              "texts": ["a", "b"], "ints": [1, 2], "yeses": [True, False], "doubles": [0.5, 1.5]}


def exporter(protocol):
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    return OTLPSpanExporter()


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter(sys.argv[1])))
tracer = provider.get_tracer("sdk test", "1.2.3", schema_url="https://opentelemetry.io/schemas/1.30.0")
parent = tracer.start_span("p\u00e4rent", kind=SpanKind.SERVER, start_time=START, links=[Link(LINKED, {"l": "m"})],
                           attributes=ATTRIBUTES)
child = tracer.start_span("child", trace.set_span_in_context(parent), SpanKind.CLIENT, start_time=START + 1_000_000)
child.add_event("an event", {"e": "f"}, timestamp=START + 1_500_000)
child.set_status(Status(StatusCode.ERROR, "it broke"))
child.end(START + 2_000_000)
parent.end(START + 3_000_000)
provider.shutdown()
print(f"{parent.get_span_context().trace_id:032x}")
