# SPDX-License-Identifier: Apache-2.0
"""How fast traceview takes spans: OTLP protobuf in bodies of 512 spans, three a trace, as a busy stack sends them.

The sender is a C program on the other processor; the same against the sink, which looks at little more than lengths,
shows how far it is from being what limits.
"""
import contextlib
import json
import os
import subprocess
import tempfile
from collections import namedtuple

import setup as bench  # first: it says where the next two are
import otlp
import sink
from harness import Program
from setup import cpu_ns

SPANS, CONNECTIONS = 512, 2
Ingest = namedtuple("Ingest", "spans_per_second cpu_us_per_span rss_mb")


def attributes(pairs):
    return [{"key": k, "value": {"intValue" if isinstance(v, int) else "stringValue": v}} for k, v in pairs.items()]


SERVER = attributes({
    "http.request.method": "GET", "url.path": "/checkout", "url.scheme": "http", "http.route": "/checkout",
    "server.address": "127.0.0.1", "server.port": 8000, "client.address": "127.0.0.1",
    "network.peer.address": "127.0.0.1", "network.peer.port": 40000, "network.protocol.version": "1.1",
    "user_agent.original": "wrk", "http.response.status_code": 200})
CLIENT = attributes({
    "http.request.method": "POST", "url.full": "http://127.0.0.1:8001/orders", "server.address": "127.0.0.1",
    "server.port": 8001, "network.peer.address": "127.0.0.1", "network.peer.port": 8001,
    "network.protocol.version": "1.1", "http.response.status_code": 200})


def span(i):
    """The i-th of the body; ingest_send puts other bytes at its trace id's end each time."""
    trace, position = divmod(i, 3)
    name, kind, attrs = (("GET /checkout", 2, SERVER), ("POST", 3, CLIENT), ("POST /orders", 2, SERVER))[position]
    begin = otlp.START + position * 100_000
    return {"traceId": b"bench-id".hex() + f"{trace:08x}" + "00000000", "spanId": f"{i + 1:016x}", "name": name,
            "kind": kind, "flags": 1, "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 200_000),
            "attributes": attrs, **({"parentSpanId": f"{i:016x}"} if position else {})}


def body():
    resource = attributes({"service.name": "api-gateway", "telemetry.sdk.language": "c",
                           "telemetry.sdk.name": "libtrace", "process.pid": 1, "host.name": "bench"})
    return otlp.protobuf({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{
        "scope": {"name": "libtrace-agent", "version": "1"}, "spans": [span(i) for i in range(SPANS)]}]}]})


def send(setup, file, seconds):
    command = [bench.helper(setup, "ingest_send"), str(sink.PORT), file, str(CONNECTIONS), str(seconds)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def ingest(setup, program, file):
    """The store is full, and as many traces leave it as come, before it counts."""
    send(setup, file, 2)
    before = cpu_ns(program.pid)
    sent = send(setup, file, setup.seconds)
    n = sent["answered"] * SPANS
    return Ingest(n / sent["seconds"], (cpu_ns(program.pid) - before) / 1e3 / n, program.rss_bytes() / 2**20)


@contextlib.contextmanager
def running(setup, name):
    if name == "sink":
        with sink.running(setup) as program:
            yield program
    else:
        with bench.started(Program(["traceview", "serve"])) as program:
            yield program.wait_ready(16686, "/api/v3/services")


def check_counts(name, program):
    """Nothing may be refused on the way."""
    if name == "sink":
        assert sink.stats()["bad"] == 0
    else:
        assert "refused" not in program.output and "WARN" not in program.output, program.output


def measure(setup):
    rows = {"traceview": [], "sink": []}
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "body")
        with open(file, "wb") as out:
            n_bytes = out.write(body())
        for i in range(setup.rounds):
            for name in rows:
                bench.say(f"ingest: round {i + 1} of {setup.rounds}, {name}")
                with running(setup, name) as program:
                    rows[name].append(ingest(setup, program, file))
                    check_counts(name, program)
    return {"spans_per_body": SPANS, "bytes_per_span": n_bytes / SPANS, "connections": CONNECTIONS,
            **{name: bench.medians(found)._asdict() for name, found in rows.items()}}


if __name__ == "__main__":
    bench.run_part(measure)
