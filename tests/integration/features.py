# SPDX-License-Identifier: Apache-2.0
"""What features.c exports, as OTLP/JSON: everything that the API can record, field for field; and what it reports."""
import base64
import math

from otlp import START, text

REMOTE = {"traceId": "a1" * 16, "parentSpanId": "b2" * 8}
LINKED = {"traceId": "a1" * 16, "spanId": "b2" * 8}
# trace.proto, SpanFlags: the W3C's in the low byte, then whether the parent is known to be remote or not, and remote.
SAMPLED, RANDOM, KNOWN, IS_REMOTE = 1, 2, 0x100, 0x200
LOCAL_FLAGS = SAMPLED | KNOWN
ERROR, OK = 2, 1
N_KEYS_MAX, N_EVENTS_MAX, N_LINKS_MAX, N_EVENT_KEYS_MAX, N_LINK_KEYS_MAX = 24, 4, 3, 2, 3  # main()'s limits


def integer(key, value):
    return {"key": key, "value": {"intValue": str(value)}}


def double(key, value):
    return {"key": key, "value": {"doubleValue": value}}


def boolean(key, value):
    return {"key": key, "value": {"boolValue": value}}


def array(key, kind, values):
    return {"key": key, "value": {"arrayValue": {"values": [{kind: value} for value in values]}}}


def data(key, value):
    return {"key": key, "value": {"bytesValue": base64.b64encode(value).decode()}}


def mapping(key, pairs):
    return {"key": key, "value": {"kvlistValue": {"values": pairs}}}


MAP = mapping("map", [integer("of", 1)])
SCOPE = {"name": "scope", "version": "1.2", "attributes": [text("scope", "attribute"), boolean("is", True), MAP]}
NULL = {}
MIXED = [{"stringValue": "a"}, {"intValue": "1"}, NULL, {"bytesValue": "Yg=="}, {"arrayValue": {}},
         mapping("", [boolean("in", True)])["value"]]
VALUES = [
    text("text", "v\u00e4lue \U0001f600 \"\\\n\x01"), text("empty", ""), text("not UTF-8", "a\ufffd"),
    boolean("true", True), boolean("false", False), integer("zero", 0), integer("largest", 2 ** 63 - 1),
    integer("smallest", -2 ** 63), double("half", 0.5), double("tenth", 0.1), double("not a number", "NaN"),
    double("infinity", "-Infinity"), double("largest double", 1.7976931348623157e308), integer("twice", 2),
    array("texts", "stringValue", ["a", "", "\u00fc"]), array("booleans", "boolValue", [True, False]),
    array("integers", "intValue", [str(-2 ** 63), "-1", "0", str(2 ** 63 - 1)]),
    array("numbers", "doubleValue", [0.5, -0.0, "Infinity", 5e-324]), array("no texts", "stringValue", []),
    data("bytes", b"\0\xff\x7f"), data("no bytes", b""), data("too many bytes", b"abcdefghijklmnopqrstuvwx"),
    {"key": "mixed", "value": {"arrayValue": {"values": MIXED}}},
    mapping("map", [text("text", "v\u00e4lue"), double("n", 1.5), array("integers", "intValue", [str(-2 ** 63), "-1"]),
                    mapping("none", [])])]


def span(number, name, **fields):
    return {"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": f"{number:016x}", "name": name, "kind": 1,
            "flags": LOCAL_FLAGS, "startTimeUnixNano": str(START), "endTimeUnixNano": str(START + 1_000_000), **fields}


def kind(number, name):
    """The kinds have the numbers 1 to 5, in spans 2 to 6."""
    return span(number + 1, name, kind=number, flags=SAMPLED | RANDOM | KNOWN | IS_REMOTE, traceState="a=1,b=2", **REMOTE)


def event(i, keys="ab"):
    return {"timeUnixNano": str(START), "name": "event", "attributes": [integer(key, i) for key in keys[:N_EVENT_KEYS_MAX]],
            "droppedAttributesCount": 3 - N_EVENT_KEYS_MAX}


def link(i, keys="abcd"):
    return {**LINKED, "flags": KNOWN | IS_REMOTE, "attributes": [integer(key, i) for key in keys[:N_LINK_KEYS_MAX]],
            "droppedAttributesCount": 4 - N_LINK_KEYS_MAX}


EVENTS = [{"timeUnixNano": str(START + 1), "name": "first", "attributes": [text("event", "text"), data("bytes", b"\1")]},
          {"timeUnixNano": str(START + 2), "name": "second"}]
LINKS = [{**LINKED, "traceState": "a=1", "flags": SAMPLED | KNOWN | IS_REMOTE,
          "attributes": [text("link", "first"), MAP]},
         {**LINKED, "flags": KNOWN}]
KEYS = [integer(chr(c), c) for c in range(ord("a"), ord("z") + 1)]

SCOPE_SPANS = [
    {"scope": SCOPE, "schemaUrl": "https://example.com/schemas/1.0", "spans": [
        span(1, "v\u00e4lues", attributes=VALUES),
        *(kind(n + 1, name) for n, name in enumerate(["internal", "server", "client", "producer", "consumer"])),
        span(8, "error", parentSpanId=f"{7:016x}", status={"code": ERROR, "message": "it f\u00e4iled"}),
        span(7, "ok", status={"code": OK}),
        span(9, "events and links", events=EVENTS, links=LINKS)]},
    {"scope": {"name": "another"}, "spans": [
        span(10, "too much", attributes=KEYS[:N_KEYS_MAX], droppedAttributesCount=len(KEYS) - N_KEYS_MAX,
             events=[event(i) for i in range(N_EVENTS_MAX)], droppedEventsCount=5 - N_EVENTS_MAX,
             links=[link(i) for i in range(N_LINKS_MAX)], droppedLinksCount=5 - N_LINKS_MAX),
        span(11, "too long", attributes=[text("text", "twenty-four characters, ")])]}]

REQUEST = {"resourceSpans": [{
    "resource": {"attributes": [text("service.name", "features"), integer("an.integer", 7), data("bytes", b"\1")]},
    "schemaUrl": "https://example.com/schemas/2.0", "scopeSpans": SCOPE_SPANS}]}
REPORTED = 'libtrace: warn: over the limits of span "too much": 2 attributes, 1 events, 2 links discarded\n'


def without_defaults(value):
    """A message without fields that are as if they were not there; a value that is set stays, whatever it is."""
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    if not isinstance(value, dict):
        return "NaN" if isinstance(value, float) and math.isnan(value) else value
    fields = {key: without_defaults(field) for key, field in value.items()}
    return {key: field for key, field in fields.items() if key.endswith("Value") or field not in (0, "", [], {})}
