// SPDX-License-Identifier: Apache-2.0

//go:build !untraced

// Package telemetry sets OpenTelemetry up as its documentation does: otelhttp on both sides, a batch
// processor, OTLP/HTTP; the rest as the OTEL_* variables say.
package telemetry

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// Init makes the global provider; call what it gives back before the process ends.
func Init(service string) func(context.Context) error {
	exporter, err := otlptracehttp.New(context.Background())
	if err != nil {
		panic(err)
	}
	named, _ := resource.Merge(resource.Default(), resource.NewSchemaless(semconv.ServiceName(service)))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(named))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return provider.Shutdown
}

// Handler makes a server span of each request.
func Handler(handler http.Handler, name string) http.Handler {
	return otelhttp.NewHandler(handler, name, otelhttp.WithSpanNameFormatter(
		func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }))
}

// Transport makes a client span of each request, and passes the context on.
func Transport(transport http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(transport)
}
