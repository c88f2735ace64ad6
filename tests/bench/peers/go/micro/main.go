// SPDX-License-Identifier: Apache-2.0

// micro: what a span of opentelemetry-go costs; the cases of ../../../micro.c, which says what they are.
//
//	micro [ROUNDS [CASE|all [THREADS]]]
package main

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"peers/measure"
)

const (
	iterations = 1000
	warmUp     = 10
)

type discard struct{ n atomic.Int64 }

func (d *discard) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	d.n.Add(int64(len(spans)))
	return nil
}

func (d *discard) Shutdown(context.Context) error { return nil }

func bare(ctx context.Context, tracer trace.Tracer) {
	ctx, root := tracer.Start(ctx, "GET /checkout", trace.WithSpanKind(trace.SpanKindServer))
	_, child := tracer.Start(ctx, "check_inventory")
	child.End()
	root.End()
}

var (
	propagator = propagation.TraceContext{}
	remote     = trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5}, TraceFlags: trace.FlagsSampled}))
)

func propagate(context.Context, trace.Tracer) {
	carrier := propagation.MapCarrier{}
	propagator.Inject(remote, carrier)
	extracted := propagator.Extract(context.Background(), carrier)
	if !trace.SpanContextFromContext(extracted).IsValid() {
		panic("not what was injected")
	}
}

type bench struct {
	name      string
	run       func(context.Context, trace.Tracer)
	perRun    int // spans, or pairs
	exports   bool
	sustained bool
	sampler   sdktrace.Sampler
}

var benches = []bench{
	{"sampled", measure.Pair, 2, true, false, sdktrace.AlwaysSample()},
	{"bare", bare, 2, true, false, sdktrace.AlwaysSample()},
	{"unsampled", measure.Pair, 2, false, false, sdktrace.NeverSample()},
	{"propagate", propagate, 1, false, false, sdktrace.AlwaysSample()},
	{"sustained", measure.Pair, 2, true, true, sdktrace.AlwaysSample()},
}

// burst runs the case on all threads at once; ns a span of each.
func (b *bench) burst(tracer trace.Tracer, ns []float64) {
	var all sync.WaitGroup
	for i := range ns {
		all.Add(1)
		go func() {
			defer all.Done()
			ctx := context.Background()
			start := time.Now()
			for range iterations {
				b.run(ctx, tracer)
			}
			ns[i] = float64(time.Since(start).Nanoseconds()) / float64(b.perRun*iterations)
		}()
	}
	all.Wait()
}

func (b *bench) measure(rounds, threads int) {
	ctx := context.Background()
	exporter := &discard{}
	var options []sdktrace.BatchSpanProcessorOption
	if !b.sustained {
		options = append(options, sdktrace.WithMaxQueueSize(8192*threads))
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(b.sampler),
		sdktrace.WithSpanProcessor(sdktrace.NewBatchSpanProcessor(exporter, options...)))
	defer provider.Shutdown(ctx)
	tracer := provider.Tracer("micro")

	ns := make([]float64, rounds*threads)
	for range warmUp {
		b.burst(tracer, make([]float64, threads))
		provider.ForceFlush(ctx)
	}
	runtime.GC()
	exporter.n.Store(0)
	start := measure.CPU()
	for round := range rounds {
		b.burst(tracer, ns[round*threads:(round+1)*threads])
		if !b.sustained {
			provider.ForceFlush(ctx)
		}
	}
	provider.ForceFlush(ctx)
	cpu := measure.CPU() - start

	spans := int64(b.perRun * iterations * rounds * threads)
	exported, expected := exporter.n.Load(), int64(0)
	if b.exports {
		expected = spans
	}
	median, least := measure.Median(ns)
	measure.Line(map[string]any{"case": b.name, "threads": threads, "ns_p50": median, "ns_min": least,
		"cpu_ns": cpu / float64(spans), "spans": spans, "exported": exported, "drops": expected - exported})
}

// argument is the n-th number on the command line.
func argument(n, otherwise int) int {
	if len(os.Args) > n {
		if value, err := strconv.Atoi(os.Args[n]); err == nil {
			return value
		}
	}
	return otherwise
}

func main() {
	rounds, only, threads := argument(1, 300), "all", argument(3, 1)
	if len(os.Args) > 2 {
		only = os.Args[2]
	}
	for i := range benches {
		if only == "all" || only == benches[i].name {
			benches[i].measure(rounds, threads)
		}
	}
}
