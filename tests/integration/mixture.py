# SPDX-License-Identifier: Apache-2.0
"""500 spans of every kind that a backend may meet, as OTLP/JSON requests: whole traces, shared ids, skewed clocks, missing
parents, cycles, odd names, links, every type of value."""
import base64
import random
import time

SERVICES = ["gateway", "orders", "stock"]  # of the whole traces: nothing about them is odd
ODD_SERVICES = ["zipkin", "skew", "orphan", "circle", "linked", "brief", "library", "probe"]
ODDLY_NAMED = ["a b/c+d%e", "<b>bold</b>", "\u05d0\u202eb\u202c", "d\u00fcrum \U0001f959"]
ODD_NAMES = ["", " ", "<script>alert(1)</script>", "a\tb\nc", "\u202etxt.exe\u202c", "\u5bff\u53f8 \U0001f363", "n" * 1024,
             "GET /a?b=c&d=%20", "\"quoted\" \\ back", "null", "{}"]
MS = 1_000_000


def value(v):
    """A Python value as an AnyValue."""
    if v is None:
        return {}
    if isinstance(v, bool):
        return {"boolValue": v}
    if isinstance(v, int):
        return {"intValue": str(v)}
    if isinstance(v, float):
        return {"doubleValue": v}
    if isinstance(v, bytes):
        return {"bytesValue": base64.b64encode(v).decode()}
    if isinstance(v, list):
        return {"arrayValue": {"values": [value(item) for item in v]}}
    if isinstance(v, dict):
        return {"kvlistValue": {"values": attributes(v)}}
    return {"stringValue": v}


def attributes(pairs):
    return [{"key": k, "value": value(v)} for k, v in pairs.items()]


VALUES = {"text": "v\u00e4lue", "empty": "", "yes": True, "no": False, "zero": 0, "int": -42, "large": 9007199254740993,
          "min": -2 ** 63, "half": 0.5, "tiny": 1e-9, "huge": 1e21, "whole": 3.0, "bytes": b"\x00\xff\x10", "no bytes": b"",
          "list": ["a", "b"], "numbers": [1, 2, 3], "mixed": [1, "a", True, 0.25], "nothing in it": [],
          "map": {"b": 1, "a": "x"}, "nested": {"k": [{"deep": "x"}]}, "<key>": "<value> & more"}


class Mixture:
    """requests: what to send, in order; trace_ids by service; start_ns: when the first span starts."""

    def __init__(self, n_whole=60):
        """n_whole: how many traces are whole ones; 0 makes nothing at all."""
        self.dice = random.Random(16)
        self.start_ns = (time.time_ns() // 1_000_000_000 - 1800) * 1_000_000_000
        self.requests, self.trace_ids, self.n_spans = [], {}, 0
        if not n_whole:
            return
        self.whole(n_whole)
        for make in (self.shared, self.skewed, self.orphans, self.circles, self.linked):
            for i in range(10):
                make(i)
        for i, name in enumerate(ODD_NAMES * 2):
            self.single(ODDLY_NAMED[i % 4], name)
        self.brief()
        self.library()
        self.nameless()
        while self.n_spans < 500:
            self.single("probe", "/healthz", **VALUES)

    def span(self, trace, service, name, start_ms, ms, parent="", kind=1, attrs=None, resource=None, **fields):
        """Adds a span to a request of its own, which the next span() of the trace joins."""
        span = {"traceId": trace, "spanId": f"{self.dice.getrandbits(63) + 1:016x}", "parentSpanId": parent, "name": name,
                "kind": kind, "flags": 257, "startTimeUnixNano": str(int(self.base_ns + start_ms * MS)),
                "endTimeUnixNano": str(int(self.base_ns + (start_ms + ms) * MS)),
                "attributes": attributes(attrs or {}), **fields}
        pairs = {} if service is None else {"service.name": service, "host.name": f"host-of-{service}"}
        self.groups.append({"resource": {"attributes": attributes({**pairs, **(resource or {})})}, "scopeSpans": [
            {"scope": {"name": "mixture", "version": "1.0"}, "spans": [span]}]})
        self.n_spans += 1
        return span["spanId"]

    def begin(self, service):
        self.base_ns = self.start_ns + len(self.requests) * 5_000 * MS
        self.groups = []
        trace = f"{self.dice.getrandbits(127) + 1:032x}"
        self.trace_ids.setdefault(service, []).append(trace)
        self.requests.append({"resourceSpans": self.groups})
        return trace

    def whole(self, n):
        for i in range(n):
            trace, bad = self.begin("gateway"), i % 7 == 3
            code = 503 if bad else 200
            status = {"code": 2, "message": "no stock"} if bad else {"code": 1} if i % 5 == 0 else {}
            http = {"http.request.method": "GET", "http.response.status_code": code, "item": f"item-{i % 6}"}
            root = self.span(trace, "gateway", "GET /checkout", 0, 100 + 10 * i, kind=2, attrs=http, status=status)
            call = self.span(trace, "gateway", "POST", 5, 80 + 10 * i, root, 3, {**http, "try": i % 3}, status=status)
            order = self.span(trace, "orders", "POST /orders", 10, 60 + 10 * i, call, 2, {**http, "big": i % 4 == 0},
                              status=status)
            event = [{"timeUnixNano": str(self.base_ns + 20 * MS), "name": "found", "attributes": attributes({"n": i % 5})}]
            self.span(trace, "orders", "check", 15, 20, order, attrs={"ratio": i / 4}, events=event)
            self.span(trace, "stock", "take" if i % 2 else "take more", 40, 15, order, 5, VALUES if i % 10 == 0 else {"q": i % 4},
                      traceState="a=1,b=2" if i % 6 == 0 else "")

    def shared(self, i):
        trace = self.begin("zipkin")
        root = self.span(trace, "zipkin", "call", 0, 100, kind=3)
        self.span(trace, "zipkin-server", "call", 10, 80, kind=2, spanId=root)
        self.span(trace, "zipkin-server", "work", 20, 40, root, attrs={"i": i})

    def skewed(self, i):
        trace = self.begin("skew")
        root = self.span(trace, "skew", "root", 0, 100, kind=3)
        far = self.span(trace, "skew-far", "behind" if i % 2 else "ahead", (-50 if i % 2 else 70) * (i + 1), 40, root, 2,
                        events=[{"timeUnixNano": str(self.base_ns), "name": "e"}])
        self.span(trace, "skew-far", "below", (-40 if i % 2 else 80) * (i + 1), 10 + 40 * (i % 3), far)

    def orphans(self, i):
        trace = self.begin("orphan")
        top = self.span(trace, "orphan", "no parent here", 0, 10 + i, f"{i + 1:016x}")
        self.span(trace, "orphan", "below it", 1, 5, top, 4)

    def circles(self, i):
        trace, ids = self.begin("circle"), [f"{i * 16 + k + 1:016x}" for k in range(1 + i % 3)]
        for k, span_id in enumerate(ids):
            self.span(trace, "circle", f"turn {k}", k, 10, ids[k - 1], spanId=span_id)

    def linked(self, i):
        trace = self.begin("linked")
        links = [{"traceId": self.trace_ids["gateway"][i], "spanId": "00f067aa0ba902b7", "attributes": attributes({"l": i})}]
        if i % 3 == 0:
            links.append({"traceId": "0" * 32, "spanId": "00f067aa0ba902b7"})
        if i % 3 == 1:
            links.append({"traceId": trace, "spanId": "0000000000000abc",
                          "attributes": attributes({"opentracing.ref_type": "child_of"})})
        parent = self.span(trace, "linked", "receive", 0, 10 + i, kind=5, links=links, droppedLinksCount=i % 4)
        to_parent = [{"traceId": trace, "spanId": parent, "traceState": "x=y"}]
        self.span(trace, "linked", "process", 1, 5, parent, links=to_parent, droppedAttributesCount=i)

    def single(self, service, name, **attrs):
        self.span(self.begin(service), service, name, 0, 7, kind=self.dice.randrange(6), attrs=attrs)

    def brief(self):
        for i, ms in enumerate((0, 0.001, 0.0005, -5)):
            self.span(self.begin("brief"), "brief", f"brief {i}", 0, ms)

    def library(self):
        for own, of_resource in (({}, {}), ({"telemetry.sdk.name": "x"}, {}), ({"telemetry.sdk.name": "x"},
                                                                            {"telemetry.sdk.name": "x"})):
            self.span(self.begin("library"), "library", "ip", 0, 3, attrs={"ip": 0x08080404, "peer.ipv4": 16909060, **own},
                      resource=of_resource)

    def nameless(self):
        for resource in ({}, {"service.name": ""}, {"service.name": 7}):
            self.span(self.begin(None), None, "nameless", 0, 3, resource=resource)
