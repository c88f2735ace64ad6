// SPDX-License-Identifier: Apache-2.0

import static io.opentelemetry.api.common.AttributeKey.booleanArrayKey;
import static io.opentelemetry.api.common.AttributeKey.doubleArrayKey;
import static io.opentelemetry.api.common.AttributeKey.longArrayKey;
import static io.opentelemetry.api.common.AttributeKey.stringArrayKey;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.concurrent.TimeUnit;

/** One trace by OpenTelemetry's SDK for Java with its default settings: Emit grpc|http.  Prints its id. */
public class Emit {
  private static final long START = 1_700_000_000_000_000_000L;

  public static void main(String[] args) {
    SpanExporter exporter =
        args[0].equals("grpc") ? OtlpGrpcSpanExporter.getDefault() : OtlpHttpSpanExporter.getDefault();
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            // The SDK without its autoconfiguration reads no variables.
            .setResource(
                Resource.getDefault()
                    .merge(
                        Resource.create(
                            Attributes.builder()
                                .put("service.name", System.getenv("OTEL_SERVICE_NAME"))
                                .build())))
            .build();
    Tracer tracer =
        provider
            .tracerBuilder("sdk test")
            .setInstrumentationVersion("1.2.3")
            .setSchemaUrl("https://opentelemetry.io/schemas/1.30.0")
            .build();
    SpanContext linked =
        SpanContext.createFromRemoteParent(
            "0af7651916cd43dd8448eb211c80319c",
            "b7ad6b7169203331",
            TraceFlags.getSampled(),
            TraceState.getDefault());
    Span parent =
        tracer
            .spanBuilder("p\u00e4rent")
            .setSpanKind(SpanKind.SERVER)
            .setStartTimestamp(START, TimeUnit.NANOSECONDS)
            .addLink(linked, Attributes.builder().put("l", "m").build())
            .setAttribute("text", "v\u00e4lue")
            .setAttribute("empty", "")
            .setAttribute("yes", true)
            .setAttribute("int", -9007199254740991L)
            .setAttribute("double", 0.5)
            .setAttribute(stringArrayKey("texts"), java.util.List.of("a", "b"))
            .setAttribute(longArrayKey("ints"), java.util.List.of(1L, 2L))
            .setAttribute(booleanArrayKey("yeses"), java.util.List.of(true, false))
            .setAttribute(doubleArrayKey("doubles"), java.util.List.of(0.5, 1.5))
            .startSpan();
    Span child =
        tracer
            .spanBuilder("child")
            .setParent(Context.root().with(parent))
            .setSpanKind(SpanKind.CLIENT)
            .setStartTimestamp(START + 1_000_000, TimeUnit.NANOSECONDS)
            .startSpan();
    child.addEvent(
        "an event",
        Attributes.builder().put("e", "f").build(),
        START + 1_500_000,
        TimeUnit.NANOSECONDS);
    child.setStatus(StatusCode.ERROR, "it broke");
    child.end(START + 2_000_000, TimeUnit.NANOSECONDS);
    parent.end(START + 3_000_000, TimeUnit.NANOSECONDS);
    provider.shutdown().join(10, TimeUnit.SECONDS);
    System.out.println(parent.getSpanContext().getTraceId());
  }
}
