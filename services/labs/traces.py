# SPDX-License-Identifier: Apache-2.0
"""What a backend has recorded, by Jaeger's query API, which traceview has too."""
import json
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

TRACES_MAX = 1500  # of one answer; a lab has fewer


@dataclass(eq=False)
class Span:
    trace: "Trace"
    id: str
    name: str
    service: str
    kind: str  # "server", "client", "internal", ...
    start_us: int  # Unix time
    duration_us: int
    attributes: dict
    events: list  # (name, {attribute: value})
    parent_id: str = ""
    parent: "Span" = None  # None: it has none, or it has not been recorded
    children: list = field(default_factory=list)  # by start

    @property
    def end_us(self):
        return self.start_us + self.duration_us

    @property
    def duration_ms(self):
        return self.duration_us / 1000

    @property
    def has_failed(self):
        return self.attributes.get("otel.status_code") == "ERROR"


@dataclass(eq=False)
class Trace:
    id: str
    spans: list = field(default_factory=list)  # by start

    def named(self, name, service=None):
        """Its spans of that name."""
        return [span for span in self.spans if span.name == name and service in (None, span.service)]

    @property
    def roots(self):
        return [span for span in self.spans if not span.parent]


def _attributes(tags):
    return {tag["key"]: tag["value"] for tag in tags}


def _event(log):
    attributes = _attributes(log["fields"])
    return attributes.pop("event", ""), attributes


def _trace(record):
    trace = Trace(record["traceID"])
    services = {key: process["serviceName"] for key, process in record["processes"].items()}
    for item in sorted(record["spans"], key=lambda item: item["startTime"]):
        attributes = _attributes(item["tags"])
        trace.spans.append(Span(
            trace, item["spanID"], item["operationName"], services[item["processID"]],
            attributes.pop("span.kind", "internal"), item["startTime"], item["duration"], attributes,
            [_event(log) for log in item["logs"]],
            next((r["spanID"] for r in item["references"] if r["refType"] == "CHILD_OF"), "")))
    by_id = {span.id: span for span in trace.spans}
    for span in trace.spans:
        span.parent = by_id.get(span.parent_id)
        if span.parent:
            span.parent.children.append(span)
    return trace


def get(url, path, **query):
    """The JSON at a path of the backend's query API."""
    with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return json.load(answer)["data"]


def recorded(url):
    """Every trace, by start."""
    traces = {}
    for service in get(url, "/api/services") or []:
        for record in get(url, "/api/traces", service=service, limit=TRACES_MAX, lookback="24h"):
            traces[record["traceID"]] = _trace(record)
    return sorted(traces.values(), key=lambda trace: trace.spans[0].start_us)
