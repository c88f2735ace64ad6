# SPDX-License-Identifier: Apache-2.0
"""Lab 1: one step of an order has become slow."""
from exercise import Lab, Load, Wrong, duration_ms, is_about, median, words

STEPS = ("check_inventory", "insert_order_record")


def check(traces, answer):
    took_ms = {step: median(span.duration_ms for trace in traces for span in trace.named(step)) for step in STEPS}
    slow = max(STEPS, key=took_ms.get)
    named = [step for step in STEPS if step in words(answer)]
    if not named:
        raise Wrong("The answer names no step of an order: the spans below POST /orders.")
    if named != [slow]:
        raise Wrong("Another span below POST /orders takes longer." if len(named) == 1 else "One step, not both.")
    given_ms = duration_ms(answer)
    if not is_about(given_ms, took_ms[slow]):
        raise Wrong(f"{slow} it is, but most of them take {'longer' if given_ms < took_ms[slow] else 'less'} than {given_ms:g} ms.")
    return f"{slow} takes {took_ms[slow] / 1000:.1f} s in most checkouts, everything else together less."


LAB = Lab(
    title="The checkout takes for ever",
    question="Which step of an order takes longest, and how long?  For example: ANSWER='pay 120 ms'",
    faults={"order": {"slow-dependency": 2500}},
    load=Load(requests=12, short=3, rate=2, urls=["/checkout?item=teapot"]),
    check=check,
)
