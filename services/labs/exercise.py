# SPDX-License-Identifier: Apache-2.0
"""What a lab is, and what its check needs to take an answer apart."""
import re
import statistics
from dataclasses import dataclass, field
from typing import Callable

TOLERANCE = 0.2  # of a duration or a share: people read them from a picture


@dataclass
class Load:
    requests: int
    short: int  # with LAB_SHORT=1
    rate: float  # requests a second
    urls: list  # paths and queries of the gateway; they take turns
    options: list = field(default_factory=list)  # more of shop-load's


@dataclass
class Lab:
    title: str
    question: str
    load: Load
    # check(traces, answer) returns what is to be known about a right answer, or raises Wrong.
    check: Callable
    faults: dict = field(default_factory=dict)  # {"order", "gateway" or "backend": {name: size}}
    order: str = "custom"  # stack.sh's --order
    store: str = "none"  # and --store
    env: dict = field(default_factory=dict)  # of the shop, where the user's has no other


class Wrong(Exception):
    """What the answer does not fit. Never what would."""


def words(answer):
    """Its words in small letters: names of spans, services, attributes, traces."""
    return [word.strip(".:") for word in re.findall(r"[\w./{}:-]+", answer.lower())]


def number(answer, what="a number"):
    """The one number in it, without what may follow it ("12 calls", "12x")."""
    found = re.findall(r"(?<![\w.-])\d+(?:\.\d+)?", answer)
    if len(found) != 1:
        raise Wrong(f"The answer needs {what}, once.")
    return float(found[0])


def duration_ms(answer):
    """The one duration in it: "2.8 s", "2800 ms", "2800"."""
    found = re.findall(r"(?<![\w.-])(\d+(?:\.\d+)?)\s*(µs|us|ms|s)?(?![\w.])", answer)
    if len(found) != 1:
        raise Wrong('The answer needs a duration, once, such as "120 ms".')
    text, unit = found[0]
    return float(text) * {"s": 1000, "µs": 0.001, "us": 0.001}.get(unit, 1)


def is_about(value, recorded):
    """Whether it is as near to what was recorded as can be read from a picture."""
    return abs(value - recorded) <= TOLERANCE * recorded


def median(values):
    values = list(values)
    if not values:
        raise Wrong("The backend has no such spans: start the lab again.")
    return statistics.median(values)
