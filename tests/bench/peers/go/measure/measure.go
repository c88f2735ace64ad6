// SPDX-License-Identifier: Apache-2.0

// Package measure is what micro and export share: the spans, CPU time, medians, JSON lines.
package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"syscall"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Pair is a root and a child, each with 3 attributes and 1 event.
func Pair(ctx context.Context, tracer trace.Tracer) {
	ctx, root := tracer.Start(ctx, "GET /checkout", trace.WithSpanKind(trace.SpanKindServer))
	root.SetAttributes(attribute.String("http.request.method", "GET"),
		attribute.String("url.path", "/checkout"), attribute.Int("http.response.status_code", 200))
	root.AddEvent("received")
	_, child := tracer.Start(ctx, "check_inventory")
	child.SetAttributes(attribute.String("order.item", "widget"),
		attribute.String("db.system", "postgresql"), attribute.Int("order.qty", 1))
	child.AddEvent("checked")
	child.End()
	root.End()
}

// CPU is what the process has used so far, in nanoseconds.
func CPU() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

// Median and least of the values, which it sorts.
func Median(values []float64) (median, least float64) {
	sort.Float64s(values)
	return values[len(values)/2], values[0]
}

// Line prints one result.
func Line(fields map[string]any) {
	fields["lib"] = "otel-go"
	line, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
