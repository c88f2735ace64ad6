# SPDX-License-Identifier: Apache-2.0
"""Lab 4: a few orders fail, by their size, and not by what is ordered."""
from exercise import Lab, Load, Wrong, number, words

FAILS_FROM = 800  # units
ITEMS = ("teapot", "kettle", "mug", "saucer", "spoon", "tray", "jug")
USUAL = (1, 2, 6, 4, 12, 1, 24, 3, 2, 48)  # units of most orders
LARGE = {7: 240, 41: 500, 112: 640, 190: 360, 249: 560}  # of some, by their place
TOO_LARGE = {18: 850, 137: 1000, 222: 2400}  # and of those that fail: spoons twice, which is a coincidence
ORDERS = 300

NAMES = {"order.item": "item", "item": "item", "order.qty": "qty", "qty": "qty", "quantity": "qty", "units": "qty"}


def urls():
    special = {**LARGE, **TOO_LARGE}
    # Every item has failed for some, and has been sold to others.
    return [f"/checkout?item={ITEMS[nth % len(ITEMS)]}&qty={special.get(nth, USUAL[nth // len(ITEMS) % len(USUAL)])}"
            for nth in range(ORDERS)]


def quantities(traces):
    """Of the customers' orders that were stored, and of those that failed: a learner's own do not narrow the answer."""
    inserts = [span for trace in traces if trace.named("visit") for span in trace.named("insert_order_record")]
    stored = {span.attributes["order.qty"] for span in inserts if not span.has_failed}
    failed = {span.attributes["order.qty"] for span in inserts if span.has_failed}
    if not stored or not failed:
        raise Wrong("The backend has no such spans: start the lab again.")
    return stored, failed


def check(traces, answer):
    stored, failed = quantities(traces)
    named = {NAMES[word] for word in words(answer.replace(":", " ")) if word in NAMES}
    if not named:
        raise Wrong("The answer names none of the attributes that say what was ordered.")
    if "item" in named:
        raise Wrong("Others have ordered the same, and it was not refused.")
    units = number(answer, "a number of units")
    if not max(stored) < units <= min(failed):
        raise Wrong("Of that attribute it is another value: see what was stored, and what failed.")
    return (f"The smallest order that failed has {min(failed)} units, the largest that was stored {max(stored)}: "
            "somewhere between the two is a limit.")


LAB = Lab(
    title="One in a hundred",
    question="Which attribute decides whether an order fails, and from which value on?  For example:\n"
             "ANSWER='server.port 8080'",
    faults={"order": {"big-order": FAILS_FROM}},
    load=Load(requests=ORDERS, short=25, rate=30, urls=urls()),
    check=check,
)
