# SPDX-License-Identifier: Apache-2.0
"""Spans as tests look at them: flattened from OTLP JSON, and as the tree that they make."""
from collections import namedtuple

KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]

Span = namedtuple("Span", "service name kind attributes status message trace_id id parent start_ns end_ns events "
                          "links resource scope flags state")


def value_of(any_value):
    for kind, value in any_value.items():
        if kind == "intValue":
            return int(value)
        if kind == "arrayValue":
            return [value_of(item) for item in value.get("values", [])]
        return value
    return None


def attributes_of(pairs):
    """As a dict, without what Jaeger adds: a warning when a span outlives its parent, say, as servers' spans may."""
    return {pair["key"]: value_of(pair["value"]) for pair in pairs or [] if not pair["key"].startswith("@jaeger@")}


def depth(span, by_id):
    """How many ancestors of a span are there; clocks of two processes may differ, this does not."""
    n, seen = 0, set()
    while span.parent in by_id and span.id not in seen:
        seen.add(span.id)
        n, span = n + 1, by_id[span.parent]
    return n


def spans_of(resource_spans):
    """Flattens OTLP JSON into a list of Span: parents before their children, then by start time."""
    spans = []
    for group in resource_spans:
        resource = attributes_of(group.get("resource", {}).get("attributes"))
        for scope_spans in group.get("scopeSpans", []):
            for s in scope_spans.get("spans", []):
                status = s.get("status", {})
                spans.append(Span(
                    resource.get("service.name"), s["name"], KINDS[s.get("kind", 0)],
                    attributes_of(s.get("attributes")), status.get("code", 0), status.get("message", ""),
                    s["traceId"], s["spanId"], s.get("parentSpanId", ""), int(s["startTimeUnixNano"]),
                    int(s["endTimeUnixNano"]), s.get("events", []), s.get("links", []), resource,
                    scope_spans.get("scope", {}), s.get("flags", 0), s.get("traceState", "")))
    by_id = {s.id: s for s in spans}
    return sorted(spans, key=lambda s: (depth(s, by_id), s.start_ns))


def tree(spans):
    """The trace as nested lists: [(service, kind, name), [children...]], roots first started first."""
    ids = {s.id for s in spans}

    def node(span):
        return [(span.service, span.kind, span.name), [node(s) for s in spans if s.parent == span.id]]

    return [node(s) for s in spans if s.parent not in ids]


# What a /checkout with order-service-custom makes.
CUSTOM_TREE = [[("api-gateway", "SERVER", "GET /checkout"), [
    [("api-gateway", "CLIENT", "POST"), [
        [("order-service", "SERVER", "POST /orders"), [
            [("order-service", "INTERNAL", "check_inventory"), []],
            [("order-service", "INTERNAL", "insert_order_record"), []]]]]]]]]


def one(spans, name):
    """The one span of that name."""
    found = [s for s in spans if s.name == name]
    assert len(found) == 1, f"{len(found)} spans named {name!r} among {[s.name for s in spans]}"
    return found[0]


def trace_id(response):
    """The trace that a response says it belongs to."""
    version, trace, _, _ = response.headers["traceresponse"].split("-")
    assert version == "00"
    return trace
