# SPDX-License-Identifier: Apache-2.0
"""Lab 6: the gateway sends orders without the context of their checkout, and each becomes a trace of its own."""
import re

from exercise import Lab, Load, Wrong

ITEMS = ["teapot", "samovar", "kettle", "teapot", "cup", "samovar", "teapot", "kettle", "cup", "samovar", "teapot", "cup"]
ITEM = "samovar"
DIGITS = 7  # of a trace's id that suffice: as many as the page shows
OVERLAP = 0.5  # of the order's time at least: clocks and ends differ somewhat between two services
SERVICES = {"shop-load": r"shop-load", "api-gateway": r"(api[- ])?gateway", "order-service": r"order[- ]service"}


def calls_of(trace):
    return [span for span in trace.named("POST") if span.kind == "client"]


def buys(trace):
    return any(f"item={ITEM}" in str(span.attributes.get("url.query", "")) for span in trace.named("GET /checkout"))


def is_during(order, call):
    both_us = min(order.end_us, call.end_us) - max(order.start_us, call.start_us)
    return both_us >= OVERLAP * order.duration_us


def last_order(traces):
    """The last one that is a trace of its own and that a customer's checkout has sent: a learner may send others."""
    calls = [call for trace in traces if trace.named("visit") and buys(trace) for call in calls_of(trace)]
    orders = [root for trace in traces for root in trace.roots if root.name == "POST /orders" and
              any(step.attributes.get("item") == ITEM for step in root.children) and
              any(is_during(root, call) for call in calls)]
    if not orders:
        raise Wrong(f"No order of a {ITEM} is a trace of its own: start the lab again.")
    return max(orders, key=lambda order: order.start_us)


def named_trace(traces, answer):
    ids = re.findall(r"(?<![\w-])[0-9a-f]{%d,32}(?![\w-])" % DIGITS, answer.lower())
    if len(ids) != 1:
        raise Wrong(f"The answer needs the id of one trace: its first {DIGITS} digits or more.")
    found = [trace for trace in traces if trace.id.startswith(ids[0])]
    if len(found) != 1:
        raise Wrong(f"{ids[0]} is the id of {'several traces: more of it' if found else 'no trace'}.")
    return found[0]


def check(traces, answer):
    order, trace = last_order(traces), named_trace(traces, answer)
    if trace is order.trace:
        raise Wrong("That is the order's own trace. Which checkout has sent it?")
    if not calls_of(trace):
        raise Wrong("That trace is no checkout: nothing in it sends an order.")
    if not buys(trace):
        raise Wrong(f"That checkout is of something else than a {ITEM}.")
    if not any(is_during(order, call) for call in calls_of(trace)):
        raise Wrong("That checkout was not waiting for its order while this one was processed.")
    named = [service for service, pattern in SERVICES.items() if re.search(rf"\b{pattern}\b", answer.lower())]
    if len(named) != 1:
        raise Wrong("The checkout it is. The answer needs one service, too: the one which has lost the context.")
    if named[0] != calls_of(trace)[0].service:
        raise Wrong(f"The checkout it is, but {named[0]} does as it should.")
    return f"The trace ends at the POST of {named[0]}, whose request had no traceparent."


LAB = Lab(
    title="Orders of nobody",
    question=f"To which checkout's trace does the customers' last order of a {ITEM} belong, and which service has lost the context?\n"
             f"The trace's id, or its first {DIGITS} digits, and the service, for example: ANSWER='0123abc shop-load'",
    faults={"gateway": {"lost-context": 1}},
    # Several at a time, and the item more than once: its name and the time are needed, both.
    load=Load(requests=len(ITEMS), short=6, rate=3, urls=[f"/checkout?item={item}" for item in ITEMS]),
    env={"INSERT_ORDER_RECORD_MS": "900"},
    check=check,
)
