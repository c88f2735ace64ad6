# SPDX-License-Identifier: Apache-2.0
"""Lab 3: one step is slow for some items only."""
from exercise import Lab, Load, Wrong, median, words

STEPS = ("check_inventory", "insert_order_record")
# Two that most customers want, and two others, each a tenth as often: of the latest three items either comes too late.
USUAL = ["teapot", "kettle"] * 4
ITEMS = [*USUAL, "teapot", "samovar", "kettle", *USUAL, "percolator"]


def times_ms(traces):
    """{step: {item: its median}}"""
    times = {step: {} for step in STEPS}
    for trace in traces:
        for check in trace.named("check_inventory"):
            for span in check.parent.children if check.parent else []:
                if span.name in times:
                    times[span.name].setdefault(check.attributes["item"], []).append(span.duration_ms)
    return {step: {item: median(took) for item, took in items.items()} for step, items in times.items()}


def spread(items):
    return max(items.values(), default=0) - min(items.values(), default=0)


def check(traces, answer):
    took_ms = times_ms(traces)
    step = max(STEPS, key=lambda step: spread(took_ms[step]))
    items = took_ms[step]
    slow = {item for item in items if items[item] > max(items.values()) / 2}
    if not slow:
        raise Wrong("The backend has no such spans: start the lab again.")
    named, named_items = set(words(answer)) & set(STEPS), set(words(answer)) & set(items)
    if not named:
        raise Wrong("The answer names no step of an order: the spans below POST /orders.")
    if named != {step}:
        raise Wrong("One step, not both." if len(named) > 1 else
                    f"{named.pop()} takes as long in a fast checkout as in a slow one.")
    if not named_items:
        raise Wrong("The answer names no item that has been ordered.")
    if named_items - slow:
        raise Wrong(f"Most checkouts with a {min(named_items - slow)} are fast.")
    if named_items != slow:
        raise Wrong("So far right, but it explains only some of the slow checkouts.")
    return (f"{step} takes {median(items[item] for item in slow) / 1000:.1f} s for {' or '.join(sorted(slow))}, and no time "
            "for what is in the cache.")


LAB = Lab(
    title="One in ten waits",
    question="Which span makes the slowest tenth of the checkouts slow, and for which items?\n"
             "For example: ANSWER='pay saucer spoon'",
    faults={"order": {"small-cache": 3}},
    load=Load(requests=100, short=20, rate=10, urls=[f"/checkout?item={item}" for item in ITEMS],
              options=["--sessions", "7"]),  # nobody orders one item alone
    env={"CHECK_INVENTORY_MS": "1500", "INSERT_ORDER_RECORD_MS": "80"},
    check=check,
)
