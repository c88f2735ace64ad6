# SPDX-License-Identifier: Apache-2.0
"""The gateways that are compared: how each is started, and why one cannot be.

Each has one event loop, takes GET /checkout?qty=N on :8000 and sends an order of N to :8001. All export OTLP over HTTP
to traceview, every span, by queues that hold them all.
"""
import os
import shutil
import signal
import subprocess
from collections import namedtuple
from contextlib import contextmanager

from harness import SOURCE, Program

PEERS = os.path.join(SOURCE, "tests", "bench", "peers")
GATEWAY, ORDER, OTLP = 8000, 8001, 4318
STOPPING_S = 60  # then it is killed

TRACING = {
    "OTEL_BSP_MAX_QUEUE_SIZE": "65536", "OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_TRACES_SAMPLER": "parentbased_always_on",
    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{OTLP}", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
# A rush is what is wanted here: none of it is to be shed.
UNHURRIED = {"THREADS": "1", "LAG_MAX_MS": "0", "LOG_LEVEL": "warn"}
OURS = {"PORT": str(GATEWAY), "ORDER_SERVICE_URL": f"http://127.0.0.1:{ORDER}", "ORDER_TIMEOUT_MS": "120000", **UNHURRIED}

# missing(): why it cannot be run, as a sentence, or None. start(): a context of the gateway's Program.
Gateway = namedtuple("Gateway", "key label missing start")


def last_line(text):
    return (text.strip().splitlines() or ["no output"])[-1]


@contextmanager
def running(program, stop_signal=signal.SIGTERM):
    """A program that is stopped, and has exported all it has, at the block's end."""
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.signal(stop_signal)
        try:
            program.wait(STOPPING_S)
        except subprocess.TimeoutExpired:
            program.kill()


def order_service():
    """The same behind each gateway: its spans are the measure."""
    return running(Program(["order-service-custom"], traced=True, service="order-service",
                           env={**TRACING, **UNHURRIED, "PORT": str(ORDER)}))


def ours():
    return Gateway("ours", "ours: api-gateway under libtrace-instrument", lambda: None, lambda: running(
        Program(["api-gateway"], traced=True, service="api-gateway", env={**TRACING, **OURS})))


# --- the tutorial's original, in Python -----------------------------------------------------------------


def python(cache):
    """cache: the folder whose peers/venv has the Python modules, or gets them. With one pooled client: the tutorial's own
    one for each request takes 1,000 requests minutes."""
    venv = os.path.join(cache, "peers", "venv", "bin")
    instrument = os.path.join(venv, "opentelemetry-instrument")

    def missing():
        done = subprocess.run(["bash", os.path.join(PEERS, "build.sh"), cache, "python"], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
        return None if os.path.exists(instrument) else f"its modules are not to be had: {last_line(done.stderr)}"

    def start():
        # uvicorn ends by the signal it gets: only SIGINT lets Python run its exit handlers, and so the last export.
        return running(Program(
            [instrument, os.path.join(venv, "python"), "api_gateway.py"], service="api-gateway",
            cwd=os.path.join(PEERS, "python"),
            env={**TRACING, "OTEL_SERVICE_NAME": "api-gateway", "PORT": str(GATEWAY), "QUIET": "1", "SHARED_CLIENT": "1",
                 "ORDER_URL": f"http://127.0.0.1:{ORDER}/orders"}), signal.SIGINT)

    return Gateway("python", "the Python original: FastAPI, opentelemetry-instrument", missing, start)


# --- the kernel's view of our gateway ---------------------------------------------------------------------

# What OpenTelemetry's documentation lists for tracing applications and for writing headers; linux/capability.h
CAPABILITIES = {"DAC_READ_SEARCH": 2, "NET_ADMIN": 12, "NET_RAW": 13, "SYS_PTRACE": 19, "SYS_ADMIN": 21, "PERFMON": 38,
                "BPF": 39, "CHECKPOINT_RESTORE": 40}


def lacking_capabilities():
    with open("/proc/self/status") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
    return [name for name, bit in CAPABILITIES.items() if not mask >> bit & 1]


def ebpf():
    def missing():
        reasons = [] if shutil.which("obi") else ["no obi on PATH"]
        lacking = lacking_capabilities()
        if lacking:
            reasons.append(f"no CAP_{', CAP_'.join(lacking)}")
        if not os.path.exists("/sys/kernel/btf/vmlinux"):
            reasons.append("the kernel has no BTF")
        if not os.path.exists("/sys/bus/event_source/devices/kprobe"):
            reasons.append("the kernel has no kprobes")
        return "; ".join(reasons) or None

    @contextmanager
    def start():
        with running(Program(["api-gateway"], env=OURS)), running(Program(["obi"], env={
                **TRACING, "OTEL_SERVICE_NAME": "api-gateway", "OTEL_EBPF_OPEN_PORT": str(GATEWAY),
                "OTEL_EBPF_BPF_CONTEXT_PROPAGATION": "headers", "OTEL_EBPF_BPF_TRACK_REQUEST_HEADERS": "true"})) as obi:
            yield obi

    return Gateway("ebpf", "OpenTelemetry eBPF instrumentation, of api-gateway", missing, start)
