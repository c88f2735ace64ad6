// SPDX-License-Identifier: Apache-2.0
//! otel: what a span of opentelemetry-rust costs, and what its exporters cost.
//!
//!     rust-otel [ROUNDS [CASE|all [THREADS]]]
//!     rust-otel export [HOST:PORT [ROUNDS]]
//!
//! The second is the method of ../../../../export.c.
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    Span, SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};
use peers::{cpu_ns, measure, median, Case, Plan, EXPORTED};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[derive(Debug)]
struct Discard;
impl SpanExporter for Discard {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        EXPORTED.fetch_add(batch.len() as i64, Ordering::Relaxed);
        Ok(())
    }
}

fn start_root(tracer: &SdkTracer) -> opentelemetry_sdk::trace::Span {
    tracer.span_builder("GET /checkout").with_kind(SpanKind::Server).start_with_context(tracer, &Context::new())
}

fn pair(tracer: &SdkTracer) {
    let mut root = start_root(tracer);
    root.set_attribute(KeyValue::new("http.request.method", "GET"));
    root.set_attribute(KeyValue::new("url.path", "/checkout"));
    root.set_attribute(KeyValue::new("http.response.status_code", 200));
    root.add_event("received", vec![]);
    let context = Context::new().with_span(root);
    let mut child = tracer.start_with_context("check_inventory", &context);
    child.set_attribute(KeyValue::new("order.item", "widget"));
    child.set_attribute(KeyValue::new("db.system", "postgresql"));
    child.set_attribute(KeyValue::new("order.qty", 1));
    child.add_event("checked", vec![]);
    child.end();
    context.span().end();
}

fn bare(tracer: &SdkTracer) {
    let context = Context::new().with_span(start_root(tracer));
    let mut child = tracer.start_with_context("check_inventory", &context);
    child.end();
    context.span().end();
}

fn propagate(propagator: &TraceContextPropagator, context: &Context) {
    let mut carrier: HashMap<String, String> = HashMap::new();
    propagator.inject_context(context, &mut carrier);
    let extracted = propagator.extract_with_context(&Context::new(), &carrier);
    assert!(extracted.span().span_context().is_valid());
}

fn micro() {
    let plan = Plan::from_args("otel-rust");
    let propagator = TraceContextPropagator::new();
    let remote = Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from_bytes([1; 16]),
        SpanId::from_bytes([2; 8]),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    ));
    let run = |name, per_run, exports, sustained: bool, run: &(dyn Fn(&SdkTracer) + Sync)| {
        if !plan.wants(name) {
            return;
        }
        let mut config = BatchConfigBuilder::default();
        if !sustained {
            config = config.with_max_queue_size(8192 * plan.threads);
        }
        let processor = BatchSpanProcessor::builder(Discard).with_batch_config(config.build()).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(if name == "unsampled" { Sampler::AlwaysOff } else { Sampler::AlwaysOn })
            .build();
        let tracer = provider.tracer("micro");
        let case = Case { name, per_run, exports, sustained, drains: 0 };
        measure(&plan, &case, || run(&tracer), || provider.force_flush().unwrap());
        provider.shutdown().unwrap();
    };
    run("sampled", 2, true, false, &pair);
    run("bare", 2, true, false, &bare);
    run("unsampled", 2, false, false, &pair);
    run("propagate", 1, false, false, &|_| propagate(&propagator, &remote));
    run("sustained", 2, true, true, &pair);
}

// --- export ----------------------------------------------------------------------------------

const BATCH: usize = 512; // spans
const PER_ROUND: usize = 100; // batches
const WARM_UP: usize = 50; // batches

#[derive(Debug, Clone, Default)]
struct Keep(Arc<Mutex<Vec<SpanData>>>);
impl SpanExporter for Keep {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

fn block_on<F: std::future::Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark()
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}

/// CPU and wall time a span of each round.
fn rounds(n: usize, send: impl Fn()) -> (Vec<f64>, Vec<f64>) {
    (0..WARM_UP).for_each(|_| send());
    let per_span = |ns: f64| ns / (PER_ROUND * BATCH) as f64;
    (0..n)
        .map(|_| {
            let (cpu_start, start) = (cpu_ns(), Instant::now());
            (0..PER_ROUND).for_each(|_| send());
            (per_span(cpu_ns() - cpu_start), per_span(start.elapsed().as_nanos() as f64))
        })
        .unzip()
}

fn export(endpoint: &str, n_rounds: usize) {
    let keep = Keep::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(keep.clone()).build();
    let tracer = provider.tracer("micro");
    (0..BATCH / 2).for_each(|_| pair(&tracer));
    let batch = keep.0.lock().unwrap().clone();
    assert_eq!(batch.len(), BATCH);
    // The exporter takes its batch, so each is given a clone.  In a pipeline nobody clones: what a
    // clone and its end cost is measured alone, and taken off.
    let (mut clones, _) = rounds(n_rounds, || drop(std::hint::black_box(batch.clone())));
    let (clone, _) = median(&mut clones);
    for (name, protocol) in [("protobuf", Protocol::HttpBinary), ("json", Protocol::HttpJson)] {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(protocol)
            .with_endpoint(format!("http://{endpoint}/v1/traces"))
            .build()
            .unwrap();
        let (mut cpu, mut wall) = rounds(n_rounds, || block_on(exporter.export(batch.clone())).unwrap());
        let ((cpu_p50, cpu_min), (wall_p50, _)) = (median(&mut cpu), median(&mut wall));
        println!(
            "{{\"lib\":\"otel-rust\",\"case\":\"export {name}\",\"cpu_ns_p50\":{:.1},\"cpu_ns_min\":{:.1},\
             \"wall_ns_p50\":{wall_p50:.1},\"batch\":{BATCH},\"clone_ns\":{clone:.1}}}",
            cpu_p50 - clone,
            cpu_min - clone
        );
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|verb| verb == "export") {
        let endpoint = args.get(2).map_or("127.0.0.1:4318", |text| text);
        export(endpoint, args.get(3).map_or(10, |text| text.parse().expect("a number")));
    } else {
        micro();
    }
}
