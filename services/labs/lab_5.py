# SPDX-License-Identifier: Apache-2.0
"""Lab 5: what fails is sent again, at once and often: few see an error, and the order service has several times the load."""
import re
from collections import Counter

from exercise import Lab, Load, Wrong, is_about

ERRORS, RETRIES = 70, 9  # of 100 inserts; nearly every order is taken before its last one


def sent_again(traces):
    """The gateway's calls that were followed by another one of the same checkout."""
    for trace in traces:
        for checkout in trace.named("GET /checkout", "api-gateway"):
            yield from checkout.children[:-1]


def reasons(traces):
    """What its caller sees of why, and what the order service says of it."""
    statuses = Counter(str(call.attributes.get("http.response.status_code", "")) for call in sent_again(traces))
    errors = {str(span.attributes.get("error.type", "")) for trace in traces for span in trace.named("insert_order_record")}
    if not statuses:
        raise Wrong("The backend has no such spans: start the lab again.")
    return statuses.most_common(1)[0][0], errors - {""}


def check(traces, answer):
    n_checkouts = sum(len(trace.named("GET /checkout", "api-gateway")) for trace in traces)
    n_orders = sum(len(trace.named("POST /orders", "order-service")) for trace in traces)
    status, errors = reasons(traces)
    words = re.findall(r"[a-z_]+|\d+(?:\.\d+)?", answer.lower())
    numbers = [word for word in words if re.fullmatch(r"\d+(?:\.\d+)?", word) and not re.fullmatch(r"[1-5]\d\d", word)]
    statuses = [word for word in words if re.fullmatch(r"[1-5]\d\d", word)]
    if len(numbers) != 1:
        raise Wrong("The answer needs a number of orders, once, beside the status.")
    if len(statuses) > 1 or not (statuses or errors & set(words)):
        raise Wrong("The answer needs the status of an answer, once.")
    if statuses and statuses != [status]:
        raise Wrong("No order is sent again because of that status.")
    if not is_about(float(numbers[0]), n_orders / n_checkouts):
        raise Wrong("The reason fits; the orders of all checkouts, divided by the checkouts, are another number.")
    return (f"{n_checkouts} checkouts have made {n_orders} orders: {n_orders / n_checkouts:.1f} each, "
            f"as the gateway sends an order again, at once, when the answer is {status}.")


LAB = Lab(
    title="More orders than customers",
    question="Which status makes the gateway send an order again, and how many orders reach the order service for one\n"
             "checkout, on average?  For example: ANSWER='429 1.5'",
    faults={"gateway": {"retry-storm": RETRIES}, "order": {"error-rate": ERRORS}},
    load=Load(requests=30, short=6, rate=3, urls=["/checkout?item=teapot"]),
    check=check,
)
