# SPDX-License-Identifier: Apache-2.0
"""Lab 8: some customers wait where no span is, until the learner adds one."""
from dataclasses import dataclass

from exercise import Lab, Load, Wrong, number, words
from traces import Span

SPAN, ATTRIBUTE = "compute_discount", "discount.past_orders"
COVERED = 0.8  # of the time between the two steps
LONGER = 1.25  # than that time: it goes on after the work


@dataclass
class Order:
    session: str
    check: Span
    insert: Span
    added: list  # the learner's spans in its trace

    @property
    def gap_us(self):
        return self.insert.start_us - self.check.end_us


def orders_of(traces):
    """Those that are whole."""
    for trace in traces:
        visits, checks, inserts = map(trace.named, ("visit", "check_inventory", "insert_order_record"))
        if len(visits) == len(checks) == len(inserts) == 1:
            yield Order(visits[0].attributes["session.id"], checks[0], inserts[0], trace.named(SPAN))


def split(orders):
    """(the orders of customers who wait, the others): by the shortest gap of each, as hiccups of the machine only add."""
    shortest_us = {}
    for order in orders:
        shortest_us[order.session] = min(order.gap_us, shortest_us.get(order.session, order.gap_us))
    if len(shortest_us) < 2:
        raise Wrong("Too few customers have been recorded: start the lab again.")
    middle_us = (min(shortest_us.values()) + max(shortest_us.values())) / 2
    return ([order for order in orders if shortest_us[order.session] > middle_us],
            [order for order in orders if shortest_us[order.session] <= middle_us])


def check_span(order):
    """One that a customer waits in."""
    if len(order.added) > 1:
        raise Wrong(f"There is more than one span {SPAN} in an order's trace: start it once, where the work begins.")
    [span] = order.added
    if not span.parent or span.parent.name != "POST /orders":
        raise Wrong(f"{SPAN} is not a child of POST /orders: start it in the function that begins the work, where that "
                    "one is current.")
    inside_us = min(span.end_us, order.insert.start_us) - max(span.start_us, order.check.end_us)
    if inside_us < COVERED * order.gap_us:
        raise Wrong(f"{SPAN} does not cover the wait of those who wait longest: it begins too late or ends too early. The "
                    "function that begins the work returns long before the work is done.")
    if span.duration_us > LONGER * order.gap_us:
        raise Wrong(f"{SPAN} covers more than the wait: end it where the work ends.")
    if type(span.attributes.get(ATTRIBUTE)) is not int:
        raise Wrong(f"{SPAN} has no attribute {ATTRIBUTE} that is a whole number: see lt_int().")


def check(traces, answer):
    orders = list(orders_of(traces))
    slow, fast = split(orders)
    if not any(order.added for order in orders):
        raise Wrong(f"No span {SPAN} has been recorded: start it, end it, and then start the lab again. (Your answer is "
                    "looked at when it is there.)")
    if not all(order.added for order in orders):
        raise Wrong(f"{SPAN} is missing from some orders' traces: is it ended, in all of them?")
    for order in slow:
        check_span(order)
    most = max(order.added[0].attributes.get(ATTRIBUTE, 0) for order in fast)
    if min(order.added[0].attributes[ATTRIBUTE] for order in slow) <= most:
        raise Wrong(f"{ATTRIBUTE} does not tell those who wait from the others: which number decides how long it takes?")
    named = {word for word in words(answer) if word.startswith("session-")}
    if len(named) != 1:
        raise Wrong('The answer needs one customer, by the session.id: such as "session-123".')
    [session] = named
    counts = {order.added[0].attributes[ATTRIBUTE] for order in slow if order.session == session}
    if not counts:
        raise Wrong(f"{session} is none of those who wait.")
    if number(answer, "the number of past orders") not in counts:
        raise Wrong(f"{session} is one of those who wait, but it is another number of past orders.")
    return (f"The discount of {session} is computed from {counts.pop()} past orders, which are read one after the other; the "
            f"others have {most} or fewer. Your span shows it, to everyone from now on.")


LAB = Lab(
    title="The best customers wait",
    question="Name one of the customers who wait, and the number of past orders that are read for each of their orders.\n"
             "For example: ANSWER='session-123 5'.  The number is in no trace, before you have added a span.",
    faults={"order": {"slow-discount": 1}},
    load=Load(requests=30, short=20, rate=6, urls=["/checkout?item=teapot"]),
    check=check,
)
