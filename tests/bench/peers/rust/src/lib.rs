// SPDX-License-Identifier: Apache-2.0
//! What the two benches share: bursts on threads, CPU time, JSON lines.  The cases and the method
//! are those of ../../micro.c, which says what they are.
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Barrier;
use std::time::Instant;

const ITERATIONS: usize = 1000;
const WARM_UP: usize = 10;

/// Spans that the discarding exporter of the bench has got.
pub static EXPORTED: AtomicI64 = AtomicI64::new(0);

/// The command line: [ROUNDS [CASE|all [THREADS]]]
pub struct Plan {
    pub peer: &'static str,
    pub rounds: usize,
    pub only: String,
    pub threads: usize,
}

impl Plan {
    pub fn from_args(peer: &'static str) -> Plan {
        let mut args = std::env::args().skip(1);
        let mut number = |otherwise: &str| args.next().unwrap_or(otherwise.to_string());
        let (rounds, only, threads) = (number("300"), number("all"), number("1"));
        let parse = |text: String| text.parse().expect("a number");
        Plan { peer, rounds: parse(rounds), only, threads: parse(threads) }
    }

    pub fn wants(&self, name: &str) -> bool {
        self.only == "all" || self.only == name
    }
}

pub struct Case {
    pub name: &'static str,
    pub per_run: usize,  // spans, or pairs
    pub exports: bool,   // or every span is one too many
    pub sustained: bool, // no flush after a burst
    pub drains: usize,   // runs after the last burst that are not counted, a flush after each
}

/// The process's CPU time so far, in nanoseconds.
pub fn cpu_ns() -> f64 {
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        let seconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) as f64;
        let microseconds = (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) as f64;
        seconds * 1e9 + microseconds * 1e3
    }
}

/// Median and least of the values.
pub fn median(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    (values[values.len() / 2], values[0])
}

fn produce(case: &Case, rounds: usize, barrier: &Barrier, run: &impl Fn()) -> Vec<f64> {
    let mut ns = Vec::with_capacity(rounds);
    for round in 0..rounds + WARM_UP {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..ITERATIONS {
            run();
        }
        let elapsed = start.elapsed().as_nanos() as f64;
        if round >= WARM_UP {
            ns.push(elapsed / (case.per_run * ITERATIONS) as f64);
        }
        barrier.wait();
    }
    for _ in 0..case.drains {
        barrier.wait();
        run();
        barrier.wait();
    }
    ns
}

/// Runs the case on all threads at once and prints its line.
pub fn measure(plan: &Plan, case: &Case, run: impl Fn() + Sync, flush: impl Fn()) {
    let barrier = Barrier::new(plan.threads + 1);
    let mut ns = vec![];
    let mut start = 0.0;
    std::thread::scope(|scope| {
        let producers: Vec<_> =
            (0..plan.threads).map(|_| scope.spawn(|| produce(case, plan.rounds, &barrier, &run))).collect();
        for round in 0..plan.rounds + WARM_UP {
            if round == WARM_UP {
                flush();
                EXPORTED.store(0, Ordering::SeqCst);
                start = cpu_ns();
            }
            barrier.wait();
            barrier.wait();
            if !case.sustained || round < WARM_UP {
                flush();
            }
        }
        for _ in 0..case.drains {
            barrier.wait();
            barrier.wait();
            flush();
        }
        for producer in producers {
            ns.extend(producer.join().unwrap());
        }
    });
    flush();
    let cpu = cpu_ns() - start;
    let spans = (case.per_run * ITERATIONS * plan.rounds * plan.threads) as i64;
    let drained = (case.per_run * case.drains * plan.threads) as i64;
    let exported = EXPORTED.load(Ordering::SeqCst) - drained;
    let drops = if case.exports { spans } else { 0 } - exported;
    let (p50, min) = median(&mut ns);
    println!(
        "{{\"lib\":\"{}\",\"case\":\"{}\",\"threads\":{},\"ns_p50\":{p50:.1},\"ns_min\":{min:.1},\
         \"cpu_ns\":{:.1},\"spans\":{spans},\"exported\":{exported},\"drops\":{drops}}}",
        plan.peer,
        case.name,
        plan.threads,
        cpu / spans as f64
    );
}
