# SPDX-License-Identifier: Apache-2.0
"""The sink (sink.c), which counts the spans of all that trace here."""
import contextlib
import json

from harness import Program, get, request
from setup import helper, started

PORT = 4318


@contextlib.contextmanager
def running(setup):
    with started(Program([helper(setup, "sink")])) as program:
        yield program.wait_ready(PORT, "/stats")


def stats():
    return json.loads(get(PORT, "/stats").body)


def spans():
    return stats()["spans"]


def reset():
    request("POST", PORT, "/reset")
