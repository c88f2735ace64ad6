# SPDX-License-Identifier: Apache-2.0
"""The pairs of services that are measured, ours and the peers': how each is started, and when it is there.

Simulated work takes no time in any of them, and none logs a line a request. All that trace send protobuf to the
sink, sampled at 100 %, through a batch processor with the same settings.
"""
import contextlib
import os
import signal
from collections import namedtuple

import sink
from harness import Program, get, post_json, wait_until
from setup import HERE

Ports = namedtuple("Ports", "gateway order")
USUAL = GATEWAY, ORDER = Ports(8000, 8001)
PYTHON = os.path.join(HERE, "peers", "python")

# The queue holds what a stall of some 0.5 s leaves at the highest rate, so that nothing is dropped; batches are of
# the default size. Peers have logs and metrics too: they are off.
TRACING = {
    "OTEL_BSP_MAX_QUEUE_SIZE": "65536", "OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "512",
    "OTEL_TRACES_SAMPLER": "parentbased_always_on", "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.PORT}",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none"}

# start_order(), start_gateway() return a Program each; start_order: None where nothing is behind the gateway.
# needs: files without which it is left out. stop_signal: what makes it flush and end.
Stack = namedtuple("Stack", "key label traced start_order start_gateway needs stop_signal ports",
                   defaults=(signal.SIGTERM, USUAL))


def ours(setup, traced, threads, ports=USUAL, more=()):
    def start(program, **env):
        return Program([program], traced=traced, service=program,
                       # 1,000 connections that ask again at once wait for each other: that is what is measured.
                       env={**(TRACING if traced else {}), **dict(more), "LAG_MAX_MS": "0", "THREADS": str(threads), **env})

    return Stack(f"ours-{'traced' if traced else 'untraced'}-{threads}",
                 f"ours, {'under the agent' if traced else 'untraced'}, {threads} thread{'s' * (threads > 1)}", traced,
                 # As the stack runs it: no headers that tell the gateway its own trace.
                 lambda: start("order-service", PORT=str(ports.order), ORDER_PROCESSING_MS="0",
                               OTEL_C_RESPONSE_HEADERS="edge"),
                 lambda: start("api-gateway", PORT=str(ports.gateway),
                               ORDER_SERVICE_URL=f"http://127.0.0.1:{ports.order}"), [], ports=ports)


def peer_env(ports):
    return {"CHECK_SLEEP": "0", "INSERT_SLEEP": "0", "QUIET": "1", "SHARED_CLIENT": "1",
            "ORDER_URL": f"http://127.0.0.1:{ports.order}/orders"}


def go(setup, traced, ports=USUAL):
    """Go as people run it: GOMAXPROCS at its default, every processor."""
    def path(name):
        return os.path.join(setup.peers, "bin", f"go-{name}{'' if traced else '-untraced'}")

    def start(name, service, port):
        return Program([path(name)], service=service, env={
            **TRACING, **peer_env(ports), "ADDR": f"127.0.0.1:{port}", "OTEL_SERVICE_NAME": service})

    return Stack(f"go-{'traced' if traced else 'untraced'}", f"Go, {'otelhttp' if traced else 'untraced'}", traced,
                 lambda: start("order", "order-service", ports.order),
                 lambda: start("gateway", "api-gateway", ports.gateway), [path("order"), path("gateway")], ports=ports)


def python(setup):
    """The tutorial's services, with one pooled client instead of a new one for each request."""
    venv = os.path.join(setup.peers, "venv", "bin")

    def start(script, service):
        return Program([os.path.join(venv, "opentelemetry-instrument"), os.path.join(venv, "python"), script],
                       service=service, env={**TRACING, **peer_env(USUAL), "OTEL_SERVICE_NAME": service}, cwd=PYTHON)

    # uvicorn ends by the signal it gets: only SIGINT lets Python run its exit handlers, and so the last export.
    return Stack("python-traced", "Python, FastAPI", True, lambda: start("order_service.py", "order-service"),
                 lambda: start("api_gateway.py", "api-gateway"),
                 [os.path.join(venv, "opentelemetry-instrument"), os.path.join(PYTHON, "api_gateway.py")],
                 signal.SIGINT)


def hello(setup, threads):
    command = [os.path.join(setup.build, "tests", "bench", "hello"), str(GATEWAY), str(threads)]
    return Stack(f"hello-{threads}", f"bare libh2o, {threads} thread{'s' * (threads > 1)}", False, None,
                 lambda: Program(command), [])


def missing(stack):
    """What it cannot be started without, as a sentence; or None."""
    for path in stack.needs:
        if not os.path.exists(path):
            return f"{stack.label}: {os.path.basename(path)} is not built"
    return None


# --- running one --------------------------------------------------------------------------------------


def answers(call):
    try:
        return call().status == 200
    except OSError:
        return False


@contextlib.contextmanager
def running(start, stop_signal, first_request, name):
    """A program from its first good answer on; it is stopped, and has flushed, at the block's end."""
    program = start()
    try:
        wait_until(lambda: program.process.poll() is not None or answers(first_request), 60, name)
        assert program.process.poll() is None, f"{name} ended:\n{program.output}"
        yield program
    finally:
        if program.process.poll() is None:
            program.signal(stop_signal)
        program.wait()


def order_request(port=ORDER):
    return post_json(port, "/orders", {"item": "widget", "qty": 1})


def checkout_request(port=GATEWAY):
    return get(port, "/checkout")


@contextlib.contextmanager
def running_stack(stack):
    """Gateway and order service (or None); the first order has made one span, the first checkout three."""
    with contextlib.ExitStack() as programs:
        order = None
        if stack.start_order:
            order = programs.enter_context(running(stack.start_order, stack.stop_signal,
                                                   lambda: order_request(stack.ports.order),
                                                   f"order service of {stack.label}"))
        yield programs.enter_context(running(stack.start_gateway, stack.stop_signal,
                                             lambda: checkout_request(stack.ports.gateway),
                                             f"gateway of {stack.label}")), order
