// SPDX-License-Identifier: Apache-2.0

// One trace by OpenTelemetry's SDK for JavaScript with its default settings: emit.mjs grpc|http|json.  Prints its id.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const exporters = {
  grpc: "@opentelemetry/exporter-trace-otlp-grpc",
  http: "@opentelemetry/exporter-trace-otlp-proto",
  json: "@opentelemetry/exporter-trace-otlp-http",
};
const { OTLPTraceExporter } = await import(exporters[process.argv[2]]);
const at = (ns) => [1_700_000_000, ns];

const provider = new TracerProvider({
  resource: defaultResource().merge(resourceFromAttributes({ "service.name": process.env.OTEL_SERVICE_NAME })),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
const tracer = provider.getTracer("sdk test", "1.2.3", { schemaUrl: "https://opentelemetry.io/schemas/1.30.0" });
const linked = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
};
const parent = tracer.startSpan("p\u00e4rent", {
  kind: SpanKind.SERVER,
  startTime: at(0),
  links: [{ context: linked, attributes: { l: "m" } }],
  attributes: {
    text: "v\u00e4lue", empty: "", yes: true, int: -9007199254740991, double: 0.5,
    texts: ["a", "b"], ints: [1, 2], yeses: [true, false], doubles: [0.5, 1.5],
  },
}, ROOT_CONTEXT);
const child = tracer.startSpan("child", { kind: SpanKind.CLIENT, startTime: at(1_000_000) },
  trace.setSpan(ROOT_CONTEXT, parent));
child.addEvent("an event", { e: "f" }, at(1_500_000));
child.setStatus({ code: SpanStatusCode.ERROR, message: "it broke" });
child.end(at(2_000_000));
parent.end(at(3_000_000));
await provider.shutdown();
console.log(parent.spanContext().traceId);
