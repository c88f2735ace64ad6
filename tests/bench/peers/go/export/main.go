// SPDX-License-Identifier: Apache-2.0

// export: CPU time per exported span of opentelemetry-go, batches of 512 handed straight to the exporter; the
// method of ../../../export.c.  Its SDK has no JSON; that case is otlptrace with a client that uses protojson.
//
//	export [HOST:PORT [ROUNDS]]
package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"peers/measure"
)

const (
	batch    = 512 // spans
	perRound = 100 // batches
	warmUp   = 50  // batches
)

type keep struct{ spans []sdktrace.ReadOnlySpan }

func (k *keep) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	k.spans = append(k.spans, spans...)
	return nil
}

func (k *keep) Shutdown(context.Context) error { return nil }

type jsonClient struct{ url string }

func (c *jsonClient) Start(context.Context) error { return nil }
func (c *jsonClient) Stop(context.Context) error  { return nil }

func (c *jsonClient) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(
		&coltrace.ExportTraceServiceRequest{ResourceSpans: spans})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, "POST", c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	io.Copy(io.Discard, answer.Body)
	return answer.Body.Close()
}

func run(name string, rounds int, exporter sdktrace.SpanExporter, err error, spans []sdktrace.ReadOnlySpan) {
	send := func(n int) {
		for range n {
			if err == nil {
				err = exporter.ExportSpans(context.Background(), spans)
			}
		}
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
	send(warmUp)
	cpu, wall := make([]float64, rounds), make([]float64, rounds)
	for round := range rounds {
		cpuStart, start := measure.CPU(), time.Now()
		send(perRound)
		cpu[round] = (measure.CPU() - cpuStart) / (perRound * batch)
		wall[round] = float64(time.Since(start).Nanoseconds()) / (perRound * batch)
	}
	cpuMedian, cpuLeast := measure.Median(cpu)
	wallMedian, _ := measure.Median(wall)
	measure.Line(map[string]any{"case": name, "cpu_ns_p50": cpuMedian, "cpu_ns_min": cpuLeast,
		"wall_ns_p50": wallMedian, "batch": batch})
}

func main() {
	endpoint, rounds := "127.0.0.1:4318", 10
	if len(os.Args) > 1 {
		endpoint = os.Args[1]
	}
	if len(os.Args) > 2 {
		rounds, _ = strconv.Atoi(os.Args[2])
	}
	kept := &keep{}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept)).Tracer("micro")
	for len(kept.spans) < batch {
		measure.Pair(context.Background(), tracer)
	}
	ctx := context.Background()
	protobuf, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(endpoint), otlptracehttp.WithInsecure())
	run("export protobuf", rounds, protobuf, err, kept.spans)
	json, err := otlptrace.New(ctx, &jsonClient{"http://" + endpoint + "/v1/traces"})
	run("export json", rounds, json, err, kept.spans)
}
