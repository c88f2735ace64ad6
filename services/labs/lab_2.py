# SPDX-License-Identifier: Apache-2.0
"""Lab 2: a checkout calls the order service again and again."""
import re

from exercise import Lab, Load, Wrong, median, number

ONE_BY_ONE = r"\b(after|sequen\w*|serial\w*|row|turns?|yes|wait)\b|one by one"
AT_ONCE = r"\b(same|once|parallel\w*|concurren\w*|simultan\w*|together|no)\b"


def calls(checkout):
    return [span for span in checkout.children if span.kind == "client"]


def overlap(checkout):
    """How many of its calls begin before the one before them has ended."""
    made = calls(checkout)
    return sum(later.start_us < earlier.end_us for earlier, later in zip(made, made[1:]))


def check(traces, answer):
    checkouts = [span for trace in traces for span in trace.named("GET /checkout", "api-gateway")]
    n_calls = median(len(calls(checkout)) for checkout in checkouts)
    wait = median(overlap(checkout) for checkout in checkouts) <= n_calls / 2
    n_answered = number(answer, "a number of calls")
    says = {kind for kind in (ONE_BY_ONE, AT_ONCE) if re.search(kind, answer.lower())}
    if len(says) != 1 or re.search(r"\bnot\b|n't\b", answer.lower()):
        raise Wrong('Say how they run in words such as "at the same time" or "one after the other", one of the two.')
    if n_answered != n_calls:
        raise Wrong("Most checkouts call the order service another number of times.")
    if says != {ONE_BY_ONE if wait else AT_ONCE}:
        raise Wrong("The number is right, but their bars lie otherwise.")
    call_ms = median(span.duration_ms for checkout in checkouts for span in calls(checkout))
    all_ms = median(checkout.duration_ms for checkout in checkouts)
    return f"{n_calls:g} calls of {call_ms / 1000:.2f} s, one after the other, are {all_ms / 1000:.1f} s."


LAB = Lab(
    title="Every order is fast, the checkout is not",
    question="How often does one checkout call the order service, and how do the calls run?\n"
             "For example: ANSWER='2 calls, at the same time'",
    faults={"gateway": {"n-plus-one": 9}},
    load=Load(requests=12, short=3, rate=2, urls=["/checkout?item=teapot"]),
    env={"CHECK_INVENTORY_MS": "20", "INSERT_ORDER_RECORD_MS": "100"},
    check=check,
)
