# SPDX-License-Identifier: Apache-2.0
"""Lab 7: orders wait for each other."""
import re

from exercise import Lab, Load, Wrong

REFUSED = (0, 1, 9)  # visits: they order nothing
AS_LONG = 0.95  # of the longest checkout: nobody tells them apart in a picture


def behind(insert):
    """The id of the trace whose order is directly before this one's in the queue; None: it did not wait."""
    return next((event["behind.trace_id"] for name, event in insert.events if name == "waits_for_turn"), None)


def first_of_queue(insert, inserts):
    while behind(insert) in inserts:
        insert = inserts[behind(insert)]
    return insert


def check(traces, answer):
    inserts = {span.trace.id: span for trace in traces for span in trace.named("insert_order_record")}
    waiting = [span for span in inserts.values() if behind(span) in inserts]
    if not waiting:
        raise Wrong("No order has waited: start the lab again.")
    took_us = {span: max(root.duration_us for root in span.trace.roots) for span in waiting}
    longest = [span for span in waiting if took_us[span] >= AS_LONG * max(took_us.values())]
    right = {(inserts[behind(span)].attributes["session.id"], first_of_queue(span, inserts).attributes["session.id"])
             for span in longest}
    named = [f"session-{n}" for n in re.findall(r"session[-_ ]?(\d+)", answer.lower())]
    if len(named) != 2:
        raise Wrong("The answer needs two customers, as their session.id names them: whose order was directly before, then whose\n"
                    "was first.")
    unknown = set(named) - {span.attributes["session.id"] for span in inserts.values()}
    if unknown:
        raise Wrong(f"No order is of {' or '.join(sorted(unknown))}.")
    if named[0] not in {before for before, _ in right}:
        raise Wrong(f"The order of the longest checkout did not come directly behind one of {named[0]}.")
    if tuple(named) not in right:
        raise Wrong(f"{named[0]} it is, directly before, but the order of {named[1]} was not the one which waited for nobody.")
    return f"The order of {named[0]} was directly before it, and all of them waited for the one of {named[1]}, one after the other."


LAB = Lab(
    title="Some wait, and nothing is slow",
    question="Whose order was directly before the one of the longest checkout, and whose was the first of that queue, which waited\n"
             "for nobody?  Two customers, in this order, for example: ANSWER='session-11 session-12'",
    faults={"order": {"queue-of-one": 1}},
    # Bursts that meet in the queue, and customers who come twice: neither the first nor the last one can be guessed. Nor is the first
    # of the queue session-1, who is refused at once; session-3, who mostly is, does not come twice.
    load=Load(requests=13, short=10, rate=7, urls=[f"/checkout?item=teapot&qty={int(nth not in REFUSED)}" for nth in range(13)],
              options=["--burst", "7", "--sessions", "7"]),
    env={"INSERT_ORDER_RECORD_MS": "600", "ORDER_TIMEOUT_MS": "60000"},
    check=check,
)
