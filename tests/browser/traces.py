# SPDX-License-Identifier: Apache-2.0
"""Traces for the page to show: a shop with one slow insert, odd ones, and a large one."""
import random

MS = 1_000_000  # ns
SHOP = ["api-gateway", "order-service", "inventory", "payment", "postgres", "mail"]


def attribute(key, value):
    kind = ("boolValue" if isinstance(value, bool) else "intValue" if isinstance(value, int) else
            "doubleValue" if isinstance(value, float) else "stringValue")
    return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}


def attributes(**pairs):
    return [attribute(key.replace("__", "."), value) for key, value in pairs.items()]


class Trace:
    """Spans of one trace, given relative to its start in ms; request() is OTLP's JSON."""

    def __init__(self, trace_id, start_ns):
        self.id, self.start_ns = trace_id, start_ns
        self.by_service = {}
        self.resources = {}
        self.n = 0

    def span(self, service, name, start_ms, duration_ms, parent=None, kind=1, **more):
        self.n += 1
        span_id = more.pop("id", f"{int(self.id[:8], 16) % 0xffffff:08x}{self.n:08x}")
        start = self.start_ns + int(start_ms * MS)
        span = {"traceId": self.id, "spanId": span_id, "name": name, "kind": kind, "startTimeUnixNano": str(start),
                "endTimeUnixNano": str(start + int(duration_ms * MS)), "flags": 0x101, **more}
        if parent:
            span["parentSpanId"] = parent
        self.by_service.setdefault(service, []).append(span)
        return span_id

    def event(self, name, at_ms, **pairs):
        return {"timeUnixNano": str(self.start_ns + int(at_ms * MS)), "name": name, "attributes": attributes(**pairs)}

    def request(self):
        return {"resourceSpans": [{
            "resource": {"attributes": attributes(service__name=service, host__name=f"host-{service}", process__pid=4711,
                                                  **self.resources.get(service, {}))},
            "schemaUrl": "https://opentelemetry.io/schemas/1.30.0",
            "scopeSpans": [{"scope": {"name": f"{service}.http", "version": "1.4.0"}, "spans": spans}],
        } for service, spans in self.by_service.items()]}


def checkout(trace_id, start_ns, slow_ms=12, fails=False, rng=random):
    """A trace of the shop; the insert takes slow_ms."""
    t = Trace(trace_id, start_ns)
    extra = rng.uniform(0, 14)
    total = 46 + extra + slow_ms
    error = {"status": {"code": 2, "message": "could not serialize access due to concurrent update"}} if fails else {}
    root = t.span("api-gateway", "POST /checkout", 0, total, kind=2, attributes=attributes(
        http__request__method="POST", url__path="/checkout", http__response__status_code=500 if fails else 201,
        user_agent__original="curl/8.5.0", client__address="192.0.2.17"), **({"status": {"code": 2}} if fails else {}))
    call = t.span("api-gateway", "POST", 3, total - 5, root, kind=3, attributes=attributes(
        http__request__method="POST", server__address="order-service", server__port=8001))
    order = t.span("order-service", "POST /orders", 4, total - 8, call, kind=2, attributes=attributes(
        http__route="/orders", http__response__status_code=500 if fails else 201, order__id=f"o-{trace_id[:6]}",
        order__total=59.9, order__express=True))
    stock = t.span("order-service", "check_inventory", 5, 11 + extra, order)
    ask = t.span("order-service", "GET", 6, 9 + extra, stock, kind=3)
    shelf = t.span("inventory", "GET /stock/{sku}", 7, 7 + extra, ask, kind=2)
    t.span("inventory", "SELECT stock", 8, 4 + extra, shelf, kind=3, attributes=attributes(
        db__system__name="postgresql", db__query__text="SELECT count FROM stock WHERE sku = $1"))
    pay_at = 17 + extra
    pay = t.span("order-service", "POST", pay_at, 15, order, kind=3)
    charge = t.span("payment", "POST /charge", pay_at + 1, 13, pay, kind=2)
    t.span("payment", "card authorization", pay_at + 2, 11, charge, kind=3, attributes=attributes(
        peer__service="card-network", payment__method="visa"))
    insert = t.span("order-service", "insert_order_record", pay_at + 16, slow_ms + 3, order, events=[
        t.event("retry", pay_at + 17 + slow_ms / 2, attempt=2, exception__message="deadlock detected")] if slow_ms > 100 else [], **error)
    t.span("order-service", "INSERT orders", pay_at + 17, slow_ms + 1, insert, kind=3, attributes=attributes(
        db__system__name="postgresql", db__query__text="INSERT INTO orders (id, total, items) VALUES ($1, $2, $3)",
        db__collection__name="orders", server__address="postgres"), **error)
    t.span("mail", "send confirmation", total - 6, 30, order, kind=5, links=[
        {"traceId": trace_id, "spanId": insert, "attributes": attributes(reason="order stored")}])
    return t


def shop(n, start_ns, slow_at=None, seed=7):
    """n traces, a second apart; that of number slow_at has the slow insert."""
    rng = random.Random(seed)
    for i in range(n):
        trace_id = f"{rng.getrandbits(128):032x}"
        slow = 1480 if i == slow_at else rng.lognormvariate(2.4, 0.6)
        yield checkout(trace_id, start_ns + i * 1000 * MS, slow, fails=rng.random() < 0.03, rng=rng)


def large(trace_id, start_ns, n=10_000, services=24):
    """One trace of n spans: loops of queries below handlers, several levels deep."""
    t = Trace(trace_id, start_ns)
    rng = random.Random(3)
    root = t.span("frontend", "GET /report", 0, n * 0.5, kind=2)
    parents = [(root, 0, n * 0.5, 0)]
    while t.n < n:
        parent, start, length, depth = parents[rng.randrange(len(parents)) if rng.random() < 0.8 else -1]
        service = f"service-{rng.randrange(services):02d}"
        at, part = rng.uniform(0, 0.8), rng.uniform(0.02, 0.2)
        name = rng.choice(["SELECT items", "GET /items/{id}", "render", "cache.get", "validate", "POST /events"])
        more = {"status": {"code": 2, "message": "timeout"}} if rng.random() < 0.004 else {}
        span = t.span(service, name, start + at * length, part * length, parent, kind=rng.choice([1, 2, 3]),
                      attributes=attributes(item__id=t.n, db__query__text="SELECT * FROM items WHERE id = $1",
                                            thread__name=f"worker-{rng.randrange(8)}"), **more)
        if depth < 40:
            parents.append((span, start + at * length, part * length, depth + 1))
    return t


def chain(trace_id, start_ns, depth, name="step"):
    t = Trace(trace_id, start_ns)
    parent = None
    for i in range(depth):
        parent = t.span("deep", f"{name} {i}", i * 0.1, (2 * depth - 2 * i) * 0.1, parent)
    return t
