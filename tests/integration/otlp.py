# SPDX-License-Identifier: Apache-2.0
"""OTLP trace requests for tests: written as OTLP/JSON in Python, turned into protobuf from there.

Source: opentelemetry-proto, trace/v1/trace.proto, common/v1/common.proto, resource/v1/resource.proto
"""
import struct

# Headers of the two formats.
PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}


def nth_trace_id(i):
    """Another valid one for each i from 0."""
    return f"{i + 1:032x}"


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def uint(number, value):
    return varint(number << 3) + varint(int(value))


def fixed64(number, value):
    return varint(number << 3 | 1) + struct.pack("<Q", int(value))


def fixed32(number, value):
    return varint(number << 3 | 5) + struct.pack("<I", int(value))


def data(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def any_value(value):
    (kind, content), = value.items()
    if kind == "stringValue":
        return data(1, content)
    if kind == "boolValue":
        return uint(2, content)
    if kind == "intValue":
        return uint(3, content)
    if kind == "doubleValue":
        return varint(4 << 3 | 1) + struct.pack("<d", content)
    if kind == "arrayValue":
        return data(5, b"".join(data(1, any_value(item)) for item in content["values"]))
    raise ValueError(kind)


def key_values(number, pairs):
    return b"".join(data(number, data(1, pair["key"]) + data(2, any_value(pair["value"]))) for pair in pairs)


def event(e):
    return fixed64(1, e["timeUnixNano"]) + data(2, e["name"]) + key_values(3, e.get("attributes", []))


def link(item):
    return (data(1, bytes.fromhex(item["traceId"])) + data(2, bytes.fromhex(item["spanId"])) +
            key_values(4, item.get("attributes", [])))


def status(s):
    return data(2, s.get("message", "")) + uint(3, s.get("code", 0))


def span(s):
    return (data(1, bytes.fromhex(s["traceId"])) + data(2, bytes.fromhex(s["spanId"])) +
            (data(4, bytes.fromhex(s["parentSpanId"])) if s.get("parentSpanId") else b"") + data(5, s["name"]) +
            uint(6, s["kind"]) + fixed64(7, s["startTimeUnixNano"]) + fixed64(8, s["endTimeUnixNano"]) +
            key_values(9, s.get("attributes", [])) + b"".join(data(11, event(e)) for e in s.get("events", [])) +
            b"".join(data(13, link(item)) for item in s.get("links", [])) +
            data(15, status(s.get("status", {}))) +
            fixed32(16, s["flags"]))


def scope_spans(group):
    scope = group.get("scope", {})
    return (data(1, data(1, scope.get("name", "")) + data(2, scope.get("version", ""))) +
            b"".join(data(2, span(s)) for s in group["spans"]))


def resource_spans(group):
    return (data(1, key_values(1, group["resource"]["attributes"])) +
            b"".join(data(2, scope_spans(s)) for s in group["scopeSpans"]))


def protobuf(request):
    """ExportTraceServiceRequest in protobuf, from the same in OTLP/JSON's shape."""
    return b"".join(data(1, resource_spans(group)) for group in request["resourceSpans"])


def text(key, value):
    return {"key": key, "value": {"stringValue": value}}


START = 1_700_000_000_000_000_000


def one_span(trace_id, name="a span", service="tester", attributes=(), **fields):
    """A request with one span; fields override the span's."""
    return {"resourceSpans": [{"resource": {"attributes": [text("service.name", service)]}, "scopeSpans": [{
        "scope": {"name": "scope", "version": "1"},
        "spans": [{"traceId": trace_id, "spanId": "00f067aa0ba902b7", "name": name, "kind": 2, "flags": 1,
                   "startTimeUnixNano": str(START), "endTimeUnixNano": str(START + 1_000_000),
                   "attributes": list(attributes), **fields}]}]}]}


def rich_span(trace_id):
    """A request whose span has a value of each type, an event, a link and a status."""
    attributes = [
        text("text", "v\u00e4lue"), text("empty", ""), {"key": "yes", "value": {"boolValue": True}},
        {"key": "int", "value": {"intValue": "-9007199254740993"}}, {"key": "double", "value": {"doubleValue": 0.5}},
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}}]
    events = [{"timeUnixNano": str(START + 5), "name": "event", "attributes": [text("e", "f")]}]
    links = [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
              "attributes": [text("l", "m")]}]
    return one_span(trace_id, "r\u00efch", parentSpanId="1112131415161718", attributes=attributes, events=events,
                    links=links, status={"code": 2, "message": "no"})
