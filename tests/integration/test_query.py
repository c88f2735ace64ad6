# SPDX-License-Identifier: Apache-2.0
"""The same spans in a real Jaeger and in traceview: 280 queries are answered alike."""
import json
import re
import shutil
import time
import unittest
from collections import namedtuple
from urllib.parse import quote, urlencode

import harness
import otlp
from harness import Backend, StackTest, note, post_json, request, wait_until
from mixture import ODD_NAMES, ODD_SERVICES, ODDLY_NAMED, SERVICES, Mixture

OUR_OTLP, OUR_UI = 14318, 26686
NOBODY = "0123456789abcdef0123456789abcdef"

Query = namedtuple("Query", "path method")

Exception_ = namedtuple("Exception_", "query change why")


def only_count(body):
    return len(body["data"]) if "data" in body else len({s["span"]["traceId"] for s in body["result"]})


def without_kind(body):
    return {"operations": [{**o, "spanKind": o.get("spanKind", "internal")} for o in body["operations"]]}


def each_span(change):
    def change_all(body):
        for item in (body.get("data") or []) + body.get("result", []):
            for span in item.get("spans", [item.get("span")]):
                change(span)
        return body
    return change_all


@each_span
def with_plain_warnings(span):
    span["warnings"] = [w.partition(" XXX_NoUnkeyedLiteral")[0].rstrip("}") for w in span["warnings"] or []]


@each_span
def with_long_ids(span):
    for reference in span["references"]:
        reference["traceID"] = reference["traceID"].zfill(32)


@each_span
def as_sent(span):
    span["attributes"] = [a for a in span.get("attributes", []) if a["key"] != "@jaeger@warnings"]
    if int(span["endTimeUnixNano"]) <= int(span["startTimeUnixNano"]) + 1:
        span["endTimeUnixNano"] = None


def as_named(body):
    for group in body["result"]:
        group["resource"]["attributes"] = [a for a in group["resource"]["attributes"] if a["key"] != "service.name"]
    return body


@each_span
def without_telemetry(span):
    for tags in (span["tags"], span["processID"]["tags"]):
        tags[:] = [t for t in tags if not t["key"].startswith("telemetry.")]


def without_processes(body):
    return {**without_telemetry(body), "data": [{**trace, "processes": None} for trace in body["data"]]}


# Where the two differ on purpose, or Jaeger 2.13 is not to be followed: what is compared instead (a number: the status
# of traceview's answer, and nothing), and why.  A name is a query with "gateway#0" in place of a trace's id.
EXCEPTIONS = [
    Exception_(r"(limit|num_traces)=(10|1)$", only_count, "Jaeger stores a batch in the order of Go's maps: which are first?"),
    Exception_(r"/api/v3/operations\?", without_kind, "2.13 leaves the kind out where there is none; 2.19 says internal"),
    Exception_(r"/api/traces.*linked(?!.*raw)", with_plain_warnings, "Jaeger prints protobuf's own fields of a struct"),
    Exception_(r"/api/traces/linked#.*raw", with_long_ids, "Jaeger cuts a trace id whose upper half is zero"),
    Exception_(r"/api/v3/traces.*brief", as_sent, "Jaeger stores the ends that it corrects; v3 here is as sent"),
    Exception_(r"/api/v3/traces.*service_name=[a-z]+-(name|service|wrong)", as_named, "and the names of services that it makes up"),
    Exception_(r"/api/traces.*library", without_processes, "Jaeger moves telemetry.* of a span to a process of that span alone"),
    Exception_(r"/api/traces.*limit=(0|-1|99999999999)$", 400, "a wrong limit is the client's error, not Jaeger's 500"),
    Exception_(r"/api/v3/traces.*num_traces=(0|-1)$", 400, "the same"),
    Exception_(r"/api/v3/traces.*&query.start_time_max=2100-01-01T00%3A00%3A00Z$", 200,
               "2.13 refuses a search without num_traces; 2.19 and traceview find 100"),
    Exception_(r"/api/(nowhere|services/|v3/nowhere)$", 404, "Jaeger answers with its page, whatever is under /api"),
    Exception_(r"^(POST|PUT|DELETE) (?!/api/archive)|^GET /api/archive", 405, "and whatever method is not its route's"),
    Exception_(r"tag=(span.kind|otel.status_code|error)", 200,
               "Jaeger's memory finds no kind or status by tag, and by error=true what is OK; traceview finds them"),
]

# Where Go's own words begin in Jaeger's messages; what is before them begins ours too.
REASONS = ("strconv.", "time: ", "parsing time ", "invalid character", "json: ", "unexpected end")


# --- the list ------------------------------------------------------------------------------------


def v1(**params):
    return "/api/traces?" + urlencode(params, doseq=True)


def v3(**params):
    return "/api/v3/traces?" + urlencode({f"query.{k}": v for k, v in params.items()})


def queries_of(mixture):
    us = mixture.start_ns // 1000
    ms = us // 1000
    list_ = ["/api/services", "/api/v3/services", "/api/services?prettyPrint=true"]
    named = SERVICES + ODD_SERVICES + ODDLY_NAMED + ["zipkin-server", "skew-far", "nobody", "missing-service-name",
                                                     "empty-service-name", "service-name-wrong-type"]
    for name in named:
        list_ += [f"/api/services/{quote(name, safe='')}/operations", f"/api/operations?service={quote(name)}",
                  f"/api/v3/operations?service={quote(name)}"]
    for kind in ("server", "client", "internal", "producer", "consumer", "unspecified", "SERVER", "x"):
        list_ += [f"/api/operations?service=gateway&spanKind={kind}", f"/api/v3/operations?service=gateway&span_kind={kind}"]
    list_ += [v1(service=name) for name in named]
    list_ += [v1(service="linked", operation=name) for name in ("receive", "process", "none")]
    list_ += [v1(service=ODDLY_NAMED[i % 4], operation=name) for i, name in enumerate(ODD_NAMES)]
    for tag in ("http.response.status_code:503", "item:item-2", "item:none", "try:1", "big:true", "big:false", "ratio:0.25", "n:3",
                "text:v\u00e4lue", "empty:", "yes:true", "zero:0", "large:9007199254740993", "min:-9223372036854775808",
                "half:0.5", "tiny:1e-9", "tiny:1e-09", "huge:1e+21", "whole:3", "bytes:AP8Q", "list:[\"a\",\"b\"]",
                "numbers:[1,2,3]", "nothing in it:[]", "map:{\"a\":\"x\",\"b\":1}", "host.name:host-of-orders", "<key>:<value> & more"):
        list_.append(v1(service=("gateway", "orders", "stock")[len(list_) % 3] if tag[0] != "n" else "orders", tag=tag))
    for tags in ({"item": "item-1"}, {"item": "item-1", "http.response.status_code": "200"}, {"item": "item-1", "try": "9"}, {}):
        list_.append(v1(service="gateway", tags=json.dumps(tags)))
    list_ += [v1(service="gateway", tag=["item:item-0", "try:0"]), v1(service="gateway", tag="item:item-0", tags='{"try":"0"}')]
    for low, high in (("100ms", ""), ("", "100ms"), ("100ms", "300ms"), ("300ms", "300ms"), ("1h", ""), ("", "1ns"), ("0.25s", "1m"),
                      ("250000us", ""), ("1ms", "2ms"), ("1h2m3s", ""), ("+1ms", ""), ("", "1.5\u00b5s")):
        list_.append(v1(service="gateway", **({"minDuration": low} if low else {}), **({"maxDuration": high} if high else {})))
    for start_s, end_s in ((0, 10), (0, 0), (5, 15), (100, 300), (590, 10000), (-100, -50)):
        list_.append(v1(service="gateway", start=us + start_s * 1_000_000, end=us + end_s * 1_000_000))
    list_ += [v1(service="gateway", limit=limit) for limit in (60, 100, 1000, 1500, 2000, 100000, 10, 1, 0, -1)]
    list_ += [v3(service_name="gateway", start_time_min="2020-01-01T00:00:00Z", start_time_max="2100-01-01T00:00:00Z", **limit)
              for limit in ({}, {"num_traces": 0}, {"num_traces": -1})]
    list_ += [v1(service=name, lookback="1h") for name in SERVICES]
    list_ += [v1(traceID=mixture.trace_ids[name][0]) for name in ("gateway", "skew", "orphan", "circle", "linked", "brief")]
    list_ += [v1(traceID=[mixture.trace_ids["gateway"][0], mixture.trace_ids["linked"][0]]),
              v1(traceID=[mixture.trace_ids["gateway"][0], NOBODY]), v1(traceID=NOBODY), v1(traceID="xyz")]
    for name in ("gateway", "zipkin", "skew", "orphan", "circle", "linked", "brief", "library"):
        list_ += [f"/api/traces/{trace}" for trace in mixture.trace_ids[name][:4]]
        list_.append(f"/api/traces/{mixture.trace_ids[name][0]}?raw=true")
        list_.append(f"/api/v3/traces/{mixture.trace_ids[name][0]}?raw_traces=true")
    list_ += [f"/api/traces/{mixture.trace_ids['gateway'][0]}?{p}" for p in
              ("prettyPrint=true", "raw=x", "raw=0", "start=x", "end=x", f"start={us}&end={us + 1}", "raw=T")]
    for trace in (NOBODY, "0", "abc", "x", "0x1", "g" * 32, "1" * 33, "%20", "0" * 32):
        list_ += [f"/api/traces/{trace}", f"/api/v3/traces/{trace}"]
    list_ += [f"/api/v3/traces/{mixture.trace_ids['gateway'][0]}?{p}" for p in ("raw_traces=x", "start_time=x", "end_time=x")]
    wide = {"start_time_min": "2020-01-01T00:00:00Z", "start_time_max": "2100-01-01T00:00:00.5Z"}
    raw = {**wide, "num_traces": 100, "raw_traces": "true"}
    list_ += [v3(service_name=name, **raw) for name in named]
    for extra in ({"operation_name": "POST"}, {"operation_name": "none"}, {"duration_min": "300ms"}, {"duration_max": "300ms"},
                  {"duration_min": "200ms", "duration_max": "250ms"}, {"duration_min": "1h"}, {"num_traces": 60}):
        list_.append(v3(service_name="gateway", **{**raw, **extra}))
    list_ += [v3(service_name="orders", **wide, num_traces=100), v3(**raw, operation_name="process"), v3(**raw, operation_name="x")]
    for bad in ({}, {"start_time_min": "x"}, {"start_time_min": "x", "start_time_max": "y"}, {**wide, "start_time_max": "soon"},
                {**raw, "num_traces": "x"}, {**raw, "duration_min": "5"}, {**raw, "duration_max": "long"}, {**raw, "raw_traces": "x"},
                {**raw, "start_time_min": "2020-01-01"}, {**raw, "start_time_min": "2020-01-01T25:00:00Z"}):
        list_.append(v3(service_name="gateway", **bad))
    list_ += ["/api/traces", "/api/traces?service=", v1(service="gateway", limit="x"), v1(service="gateway", limit="1.5"),
              v1(service="gateway", limit="99999999999"), v1(service="gateway", start="x"), v1(service="gateway", end="1e3"),
              v1(service="gateway", start="99999999999999999999"), v1(service="gateway", minDuration="5"),
              v1(service="gateway", minDuration="x"), v1(service="gateway", maxDuration="5 s"), v1(service="gateway", maxDuration="1d"),
              v1(service="gateway", minDuration="2s", maxDuration="1s"), v1(service="gateway", tag="x"), v1(service="gateway", tag=""),
              v1(service="gateway", tags="x"), v1(service="gateway", tags="[]"), v1(service="gateway", tags='{"a":1}'),
              v1(service="gateway", tags='{"a":"b"'), v1(service="gateway", raw="x"), v1(service="gateway", raw="true"),
              v1(operation="POST"), "/api/operations", "/api/operations?service=", "/api/v3/operations"]
    for lookback in (3_600_000, 1_810_000, 1, 0):
        list_.append(f"/api/dependencies?endTs={ms + 1_800_000}&lookback={lookback}")
    list_ += [f"/api/dependencies?endTs={ms + 1_800_000}&lookback=3600000&service={name}"
              for name in ("gateway", "orders", "skew", "nobody", "")]
    list_ += [f"/api/dependencies?{p}" for p in ("", "endTs=x", f"endTs={ms}&lookback=x", f"endTs={ms}&lookback=1h", f"endTs={ms}",
                                                f"endTs={ms + 300_000}&lookback=300000", f"endTs={ms + 5}&lookback=5")]
    list_ += ["//api/services", "/api//services", "/api/./services", "/x/../api/services", "//api/traces?service=gateway",
              "/api/metrics/minstep", "/api/metrics/calls?service=gateway", "/api/metrics/calls", "/api/metrics/latencies",
              "/api/metrics/latencies?service=gateway&quantile=0.95", "/api/metrics/errors?service=gateway"]
    list_ += ["/api/nowhere", "/api/services/", "/api/v3/nowhere", f"/api/archive/{NOBODY}"]
    list_ += [v1(service="gateway", tag=tag) for tag in ("span.kind:server", "otel.status_code:ERROR", "error:true")]
    others = ["/api/archive/x", f"/api/archive/{NOBODY}", f"/api/archive/{mixture.trace_ids['gateway'][0]}", "/api/traces",
              "/api/services", "/api/v3/traces"]
    return [Query(path, "GET") for path in list_] + [Query(path, "POST") for path in others] + [
        Query("/api/services", "PUT"), Query("/api/v3/services", "DELETE")]


# --- comparing -----------------------------------------------------------------------------------


def sort(value):
    """Lists in an order of their own, at any depth: neither promises one."""
    if isinstance(value, dict):
        return {k: sort(v) for k, v in value.items()}
    if isinstance(value, list):
        return sorted((sort(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    return value


def with_processes(trace):
    """A trace of /api/traces whose spans hold their process, not its number."""
    spans = [{**s, "processID": trace["processes"][s["processID"]]} for s in trace["spans"]]
    return {**trace, "spans": spans, "processes": list({json.dumps(p, sort_keys=True): p for p in trace["processes"].values()}.values())}


def messages_of(body):
    """The errors in an answer, in either version's form, as objects to change in place."""
    errors = [(e, "msg") for e in body.get("errors") or []]
    return errors + ([(body["error"], "message")] if isinstance(body.get("error"), dict) else [])


def forget_reasons(theirs, ours):
    """Cuts Go's own words off Jaeger's messages, and ours to the same length."""
    for (error, key), (own, _) in zip(messages_of(theirs), messages_of(ours)):
        ends = [error[key].find(reason) for reason in REASONS if reason in error[key]]
        if ends:
            error[key] = error[key][:min(ends)]
            own[key] = own.get(key, "")[:min(ends)]


def spans_of_groups(groups):
    """OTLP's groups, one for each span: how many groups spans come in is nobody's promise."""
    return [{"resource": g.get("resource"), "schemaUrl": g.get("schemaUrl"), "scope": s.get("scope"), "span": span}
            for g in groups for s in g["scopeSpans"] for span in s["spans"]]


def parsed(answer):
    try:
        body = json.loads(answer.body)
    except ValueError:
        return answer.headers.get("location", answer.body.decode(errors="replace")[:100])
    if isinstance(body, dict) and isinstance(body.get("data"), list):
        body["data"] = [with_processes(d) if isinstance(d, dict) and "processes" in d else d for d in body["data"]]
    if isinstance(body, dict) and "result" in body:
        body["result"] = spans_of_groups(body["result"]["resourceSpans"])
    return body


def name_of(query, mixture):
    name = f"{query.method} {query.path}"
    for service, ids in mixture.trace_ids.items():
        for i, trace in enumerate(ids):
            name = name.replace(trace, f"{service}#{i}")
    return name


def compare(theirs, ours, exceptions=()):
    """The first difference between two answers; "" for none."""
    for e in exceptions:
        if isinstance(e.change, int):
            return "" if ours.status == e.change else f"status {ours.status}, not {e.change}: {ours.body[:200]}"
    if theirs.status != ours.status:
        return f"status {theirs.status} != {ours.status}: {theirs.body[:200]} != {ours.body[:200]}"
    bodies = [parsed(theirs), parsed(ours)]
    if all(isinstance(body, dict) for body in bodies):
        forget_reasons(*bodies)
    for e in exceptions:
        bodies = [e.change(body) for body in bodies]
    return difference(*map(sort, bodies))


def difference(a, b, where=""):
    """The first place where two values differ."""
    if type(a) is not type(b):
        return f"{where}: {json.dumps(a)[:300]} != {json.dumps(b)[:300]}"
    if isinstance(a, dict):
        for key in sorted(a.keys() | b.keys()):
            if key not in a or key not in b:
                return f"{where}.{key}: {json.dumps(a.get(key, 'MISSING'))[:300]} != {json.dumps(b.get(key, 'MISSING'))[:300]}"
            found = difference(a[key], b[key], f"{where}.{key}")
            if found:
                return found
    if isinstance(a, (list, tuple)):
        if len(a) != len(b):
            return f"{where}: {len(a)} != {len(b)} items: {json.dumps(a)[:300]} != {json.dumps(b)[:300]}"
        for i, (x, y) in enumerate(zip(a, b)):
            found = difference(x, y, f"{where}[{i}]")
            if found:
                return found
    return "" if a == b else f"{where}: {json.dumps(a)[:300]} != {json.dumps(b)[:300]}"


@unittest.skipUnless(shutil.which("jaeger"), "no jaeger on PATH")
class BesideJaeger(StackTest):
    def setUp(self):
        super().setUp()
        self.start(["jaeger"], env={"OTEL_TRACES_SAMPLER": "always_off"}).wait_ready(Backend.UI, "/api/v3/services")
        wait_until(self.takes_spans, 60, "Jaeger's receiver, which may come after its page")
        ours = {"TRACEVIEW_OTLP_PORT": str(OUR_OTLP), "TRACEVIEW_UI_PORT": str(OUR_UI), "TRACEVIEW_GRPC_PORT": "0"}
        self.start(["traceview", "serve"], env=ours).wait_ready(OUR_UI)

    @staticmethod
    def takes_spans():
        try:
            return post_json(Backend.OTLP, "/v1/traces", {"resourceSpans": []}).status == 200
        except OSError:
            return False

    def send(self, mixture):
        for value in mixture.requests:
            for port in (Backend.OTLP, OUR_OTLP):
                answer = request("POST", port, "/v1/traces", json.dumps(value), {"Content-Type": "application/json"})
                self.assertEqual(answer.status, 200, answer.body)
        last = mixture.requests[-1]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"]
        wait_until(lambda: request("GET", Backend.UI, f"/api/traces/{last}").status == 200, what="the last span in Jaeger")

    def check(self, queries, mixture):
        different, used = [], set()
        for query in queries:
            name = name_of(query, mixture)
            exceptions = [e for e in EXCEPTIONS if re.search(e.query, name)]
            used.update(exceptions)
            found = compare(*(request(query.method, port, query.path) for port in (Backend.UI, OUR_UI)), exceptions)
            if found:
                different.append(f"{name[:200]}\n#    {found}")
        note(f"{len(queries) - len(different)} of {len(queries)} queries are answered alike")
        for text in different:
            note(text)
        self.assertEqual(len(different), 0)
        return used

    def test_280_queries_over_500_spans_are_answered_as_a_real_jaeger_answers_them(self):
        mixture = Mixture()
        self.assertEqual(mixture.n_spans, 500)
        self.send(mixture)
        queries = queries_of(mixture)
        self.assertGreaterEqual(len(queries), 280)
        used = self.check(queries, mixture)
        self.assertEqual([e.why for e in EXCEPTIONS if e not in used], [], "exceptions that no query needs")

    def test_without_any_span_too(self):
        empty = Mixture(n_whole=0)
        self.check([Query(path, "GET") for path in (
            "/api/services", "/api/operations?service=a", "/api/services/a/operations", "/api/traces?service=a",
            "/api/dependencies?endTs=1700000000000&lookback=1000", "/api/v3/traces/1",
            v3(start_time_min="2020-01-01T00:00:00Z", start_time_max="2100-01-01T00:00:00Z", num_traces=5))], empty)


class Alone(StackTest):
    """What is traceview's own way, or is not in Jaeger 2.13."""

    def setUp(self):
        super().setUp()
        self.backend = self.start_backend()

    def send(self, mixture):
        for value in mixture.requests:
            answer = request("POST", Backend.OTLP, "/v1/traces", json.dumps(value), {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 200, answer.body)

    def get(self, path, status=200):
        answer = request("GET", Backend.UI, path)
        self.assertEqual(answer.status, status, answer.body[:200])
        return json.loads(answer.body)

    def test_kind_status_and_error_are_found_by_tag(self):
        mixture = Mixture()
        self.send(mixture)
        for tag, n in (("error:true", 9), ("otel.status_code:ERROR", 9), ("otel.status_code:OK", 10), ("span.kind:server", 60)):
            self.assertEqual(len(self.get(v1(service="gateway", tag=tag, limit=1000))["data"]), n, tag)

    def test_a_limit_over_what_a_search_returns_is_told_when_it_leaves_out_something(self):
        spans = [{"traceId": f"{i + 1:032x}", "spanId": "00f067aa0ba902b7", "name": "a", "startTimeUnixNano": str(i + 1),
                  "endTimeUnixNano": str(i + 2)} for i in range(1501)]
        body = {"resourceSpans": [{"resource": {"attributes": [otlp.text("service.name", "many")]},
                                   "scopeSpans": [{"spans": spans}]}]}
        request("POST", Backend.OTLP, "/v1/traces", json.dumps(body), {"Content-Type": "application/json"})
        for limit, told in ((1500, False), (1501, True)):
            answer = self.get(v1(service="many", limit=limit))
            self.assertEqual(len(answer["data"]), 1500)
            self.assertEqual("1500" in json.dumps(answer["errors"]), told)
            wide = {"start_time_min": "1970-01-01T00:00:00Z", "start_time_max": "2100-01-01T00:00:00Z"}
            self.assertEqual("1500" in self.get(v3(service_name="many", num_traces=limit, **wide)).get("warning", ""), told)
        self.assertIsNone(self.get(v1(service="many", limit=5000, minDuration="1h"))["errors"])

    def test_dependencies_of_v3_are_those_of_v1(self):
        mixture = Mixture()
        self.send(mixture)
        end_s = mixture.start_ns // 1_000_000_000 + 1800
        v1_calls = self.get(f"/api/dependencies?endTs={end_s * 1000}&lookback=1801000")["data"]
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)) for t in (end_s - 1801, end_s)]
        v3_calls = self.get(f"/api/v3/dependencies?startTime={times[0]}&endTime={times[1]}")["dependencies"]
        self.assertEqual([{**call, "callCount": int(call["callCount"])} for call in v3_calls], v1_calls)
        self.assertIn({"parent": "gateway", "child": "orders", "callCount": 60}, v1_calls)
        for bad in ("", f"startTime={times[0]}", f"startTime={times[1]}&endTime={times[0]}", "startTime=x&endTime=y"):
            self.assertEqual(self.get(f"/api/v3/dependencies?{bad}", 400)["error"]["httpCode"], 400)

    def test_bodies_and_other_methods_are_refused_in_the_shape_of_the_api(self):
        for method in ("POST", "PUT", "DELETE"):
            for path, shape in (("/api/traces", "errors"), ("/api/v3/traces", "error"), ("/api/services", "errors")):
                answer = request(method, Backend.UI, path, b"{}", {"Content-Type": "application/json"})
                self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"))
                self.assertTrue(json.loads(answer.body)[shape])


if __name__ == "__main__":
    harness.main()
