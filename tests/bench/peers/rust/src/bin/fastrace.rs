// SPDX-License-Identifier: Apache-2.0
//! fastrace: what its spans cost; string properties are all that they carry.
//!
//!     rust-fastrace [ROUNDS [CASE|all [THREADS]]]
//!
//! sampled+local is sampled with the child as a LocalSpan, its way for spans that stay on one thread.
use fastrace::collector::{Config, Reporter, SpanContext, SpanId, SpanRecord, TraceId};
use fastrace::prelude::*;
use peers::{measure, Case, Plan, EXPORTED};
use std::sync::atomic::Ordering;

struct Discard;
impl Reporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        EXPORTED.fetch_add(spans.len() as i64, Ordering::Relaxed);
    }
}

const ROOT: [(&str, &str); 3] =
    [("http.request.method", "GET"), ("url.path", "/checkout"), ("http.response.status_code", "200")];
const CHILD: [(&str, &str); 3] = [("order.item", "widget"), ("db.system", "postgresql"), ("order.qty", "1")];

fn pair(context: SpanContext) {
    let root = Span::root("GET /checkout", context).with_properties(|| ROOT);
    root.add_event(Event::new("received"));
    let child = Span::enter_with_parent("check_inventory", &root).with_properties(|| CHILD);
    child.add_event(Event::new("checked"));
    drop(child);
    drop(root);
}

fn sampled() {
    pair(SpanContext::random())
}

fn unsampled() {
    pair(SpanContext::random().sampled(false))
}

fn bare() {
    let root = Span::root("GET /checkout", SpanContext::random());
    let child = Span::enter_with_parent("check_inventory", &root);
    drop(child);
    drop(root);
}

fn local() {
    let root = Span::root("GET /checkout", SpanContext::random()).with_properties(|| ROOT);
    root.add_event(Event::new("received"));
    let guard = root.set_local_parent();
    let child = LocalSpan::enter_with_local_parent("check_inventory").with_properties(|| CHILD);
    LocalSpan::add_event(Event::new("checked"));
    drop(child);
    drop(guard);
    drop(root);
}

fn propagate(context: &SpanContext) {
    let header = context.encode_w3c_traceparent();
    assert!(SpanContext::decode_w3c_traceparent(&header).is_some());
}

fn main() {
    let plan = Plan::from_args("fastrace");
    let remote = SpanContext::new(TraceId::random(), SpanId::random());
    fastrace::set_reporter(Discard, Config::default());
    let run = |name, per_run, exports, run: &(dyn Fn() + Sync)| {
        if plan.wants(name) {
            let case = Case { name, per_run, exports, sustained: false, drains: 0 };
            measure(&plan, &case, run, fastrace::flush);
        }
    };
    run("sampled", 2, true, &sampled);
    run("bare", 2, true, &bare);
    run("sampled+local", 2, true, &local);
    run("unsampled", 2, false, &unsampled);
    run("propagate", 1, false, &|| propagate(&remote));
    if plan.wants("sustained") {
        // It has no bound: what does not fit its ring of 10,240 waits in the sending thread, moves
        // on with that thread's next span, and is lost when the thread ends.
        let case = Case { name: "sustained", per_run: 2, exports: true, sustained: true, drains: 200 };
        measure(&plan, &case, sampled, fastrace::flush);
    }
}
