# SPDX-License-Identifier: Apache-2.0
"""What tracing costs the services: /checkout with the agent and without, side by side in one run.

usage: services.py [SECONDS [ROUNDS]]    needs wrk; LIBTRACE_BIN is where the programs are

One thread a service, all delays 0, 32 connections, traceview taking the spans; load, services and
backend share the machine. Rounds alternate, because a machine's speed moves; medians are compared.
"""
import os
import re
import statistics
import subprocess
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from harness import Backend, Program, get, wait_until  # noqa: E402

GATEWAY, ORDER, CONNECTIONS = 8000, 8001, 32
Round = namedtuple("Round", "per_second p50_ms p99_ms gateway_us order_us dropped")
QUEUE = {"OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_BSP_MAX_QUEUE_SIZE": "65536"}


def start_services(traced):
    order = Program(["order-service"], traced=traced, service="order-service",
                    env={**QUEUE, "PORT": str(ORDER), "THREADS": "1", "ORDER_PROCESSING_MS": "0"}).wait_ready(ORDER)
    gateway = Program(["api-gateway"], traced=traced, service="api-gateway",
                      env={**QUEUE, "PORT": str(GATEWAY), "THREADS": "1",
                           "ORDER_SERVICE_URL": f"http://127.0.0.1:{ORDER}"}).wait_ready(GATEWAY)
    return gateway, order


def wrk(seconds):
    output = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
                             f"http://127.0.0.1:{GATEWAY}/checkout"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"requests failed:\n{output}")
    unit = {"us": 1e-3, "ms": 1, "s": 1e3}
    latency = {p: float(v) * unit[u] for p, v, u in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", output)}
    return int(re.search(r"(\d+) requests in", output)[1]), \
        float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), latency["50"], latency["99"]


def one_round(traced, seconds):
    gateway, order = start_services(traced)
    wrk(1)  # connections, caches
    before = gateway.cpu_seconds(), order.cpu_seconds()
    n, per_second, p50, p99 = wrk(seconds)
    after = gateway.cpu_seconds(), order.cpu_seconds()
    answer = get(GATEWAY, "/checkout")
    assert ("traceresponse" in answer.headers) == traced
    gateway.stop()
    order.stop()
    dropped = sum(int(n) for n in re.findall(r"(\d+) spans dropped", gateway.output + order.output))
    return Round(per_second, p50, p99, *((b - a) / n * 1e6 for a, b in zip(before, after)), dropped)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    backend = Backend(Program(["traceview", "serve"]))
    results = {False: [], True: []}
    for i in range(rounds):
        for traced in (False, True):
            print(f"round {i + 1} of {rounds}, {'with' if traced else 'without'} the agent …", file=sys.stderr)
            results[traced].append(one_round(traced, seconds))
    wait_until(lambda: backend.services() == ["api-gateway", "order-service"], what="traces in the backend")
    backend.program.stop()

    median = {traced: Round(*(statistics.median(column) for column in zip(*rows)))
              for traced, rows in results.items()}
    print(f"/checkout, 1 thread a service, {CONNECTIONS} connections, {rounds} rounds of {seconds} s each, medians\n")
    print(f"{'':<36}{'untraced':>12}{'traced':>12}{'ratio':>9}")
    for name, field in (("requests per second", "per_second"), ("latency p50, ms", "p50_ms"),
                        ("latency p99, ms", "p99_ms"), ("gateway CPU per request, us", "gateway_us"),
                        ("order-service CPU per request, us", "order_us")):
        a, b = (getattr(median[traced], field) for traced in (False, True))
        print(f"{name:<36}{a:>12.2f}{b:>12.2f}{b / a:>9.2f}")
    print(f"{'spans dropped, all rounds':<36}{'':>12}{sum(r.dropped for r in results[True]):>12}")


main()
