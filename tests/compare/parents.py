# SPDX-License-Identifier: Apache-2.0
"""Which spans of interleaved requests have the right parent.

A request has three: the gateway's SERVER span, the child of the client's span; its CLIENT span, the child of that; and
the order service's SERVER span, the child of the CLIENT span. Requests are told apart by a number that does not go the
way of the trace: it is in the gateway's query, which its SERVER span records, and in the order that it sends, which
insert_order_record records (order.qty), a span that the order service makes by hand below its own SERVER span.
"""
import re
from collections import namedtuple

PER_REQUEST = 3
ORDER_SERVICE = "order-service"
# Where SERVER spans have the query: stable conventions, then the ones before.
QUERY_KEYS = ("url.query", "url.full", "http.target", "http.url")

# expected: three a request. in_flight: the most requests under way at one moment, by the gateway's spans.
Verdict = namedtuple("Verdict", "expected right in_flight wrong")


def client_span_id(number):
    """The span that the client says it sends a request from."""
    return f"{number:016x}"


def number_of(server):
    """Which request a gateway's SERVER span is of; where it records no query, by the context that it came with."""
    for key in QUERY_KEYS:
        match = re.search(r"\bqty=(\d+)", str(server.attributes.get(key, "")))
        if match:
            return int(match[1])
    return int(server.parent or "0", 16)


def busiest(spans):
    """How many spans were under way at the moment when most were."""
    n, most = 0, 0
    for _, step in sorted([(s.start_ns, 1) for s in spans] + [(s.end_ns, -1) for s in spans]):
        n += step
        most = max(most, n)
    return most


def problem_of(number, server, order, client, servers):
    """Yields a sentence for each span of a request that has not the right parent."""
    if not server:
        yield f"request {number}: the gateway has no SERVER span"
    elif server.parent != client_span_id(number):
        yield f"request {number}: its SERVER span's parent is {server.parent or 'none'}, not the client's span"
    if not client:
        yield f"request {number}: its CLIENT span is missing, or is not the order's parent"
    elif not server or client.parent != server.id:
        other = servers.get(client.parent)
        yield (f"request {number}: its CLIENT span's parent is " +
               (f"request {number_of(other)}'s SERVER span" if other else client.parent or "none"))
    if not order:
        yield f"request {number}: the order service has no SERVER span"
    elif not client:
        yield f"request {number}: its order's parent is {order.parent or 'none'}, no CLIENT span of the gateway"


def judge(spans, numbers):
    """What became of the requests with these numbers, by all spans that were received."""
    by_id = {s.id: s for s in spans}
    servers = {s.id: s for s in spans if s.kind == "SERVER" and s.service != ORDER_SERVICE}
    server_of = {number_of(s): s for s in servers.values()}
    order_of = {s.attributes["order.qty"]: by_id.get(s.parent) for s in spans if s.name == "insert_order_record"}
    wrong = []
    for number in numbers:
        order = order_of.get(number)
        client = by_id.get(order.parent) if order else None
        if client and (client.kind != "CLIENT" or client.service == ORDER_SERVICE):
            client = None
        wrong += problem_of(number, server_of.get(number), order, client, servers)
    expected = PER_REQUEST * len(numbers)
    return Verdict(expected, expected - len(wrong), busiest([server_of[n] for n in numbers if n in server_of]), wrong)
