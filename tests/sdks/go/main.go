// SPDX-License-Identifier: Apache-2.0

// One trace by OpenTelemetry's SDK for Go with its default settings: emit grpc|http.  Prints its id.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func at(ns int64) trace.SpanEventOption {
	return trace.WithTimestamp(time.Unix(0, 1_700_000_000_000_000_000+ns))
}

func linked() trace.Link {
	traceID, _ := trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")
	spanID, _ := trace.SpanIDFromHex("b7ad6b7169203331")
	return trace.Link{
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: 1}),
		Attributes:  []attribute.KeyValue{attribute.String("l", "m")},
	}
}

func main() {
	ctx := context.Background()
	var exporter *otlptrace.Exporter
	var err error
	if os.Args[1] == "grpc" {
		exporter, err = otlptracegrpc.New(ctx)
	} else {
		exporter, err = otlptracehttp.New(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
	tracer := provider.Tracer("sdk test", trace.WithInstrumentationVersion("1.2.3"),
		trace.WithSchemaURL("https://opentelemetry.io/schemas/1.30.0"))
	ctx, parent := tracer.Start(ctx, "p\u00e4rent", trace.WithSpanKind(trace.SpanKindServer), at(0),
		trace.WithLinks(linked()), trace.WithAttributes(
			attribute.String("text", "v\u00e4lue"), attribute.String("empty", ""), attribute.Bool("yes", true),
			attribute.Int64("int", -9007199254740991), attribute.Float64("double", 0.5),
			attribute.StringSlice("texts", []string{"a", "b"}), attribute.Int64Slice("ints", []int64{1, 2}),
			attribute.BoolSlice("yeses", []bool{true, false}), attribute.Float64Slice("doubles", []float64{0.5, 1.5})))
	_, child := tracer.Start(ctx, "child", trace.WithSpanKind(trace.SpanKindClient), at(1_000_000))
	child.AddEvent("an event", at(1_500_000), trace.WithAttributes(attribute.String("e", "f")))
	child.SetStatus(codes.Error, "it broke")
	child.End(at(2_000_000))
	parent.End(at(3_000_000))
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(parent.SpanContext().TraceID())
}
