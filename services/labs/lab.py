#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lab.py - brings a lab's shop up with its fault and its load, and checks what a learner answers; `make lab-N`."""
import importlib
import os
import re
import shutil
import sys
import time

import cluster
import shop
import traces
from exercise import Wrong
from place import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
NUMBERS = sorted(int(name[4:-3]) for name in os.listdir(HERE) if re.fullmatch(r"lab_\d+\.py", name))
SETTLED_S = 2  # nothing new for so long: what was sent is recorded
SETTLE_MAX_S = 60

USAGE = """usage: lab N            start lab N: a shop with a fault, and customers
       lab N ANSWER     check an answer (or by the variable ANSWER)
       lab --list       the labs
       lab --stop       end what runs

A lab's page is services/labs/N-*.md.  One runs at a time; its shop stays until --stop or the next one.
Ports, by variable: GATEWAY_PORT=8000 ORDER_PORT=8001 TRACEVIEW_UI_PORT=16686 TRACEVIEW_OTLP_PORT=4318
TRACEVIEW_GRPC_PORT=4317.  LAB_SHORT=1: fewer requests.
CLUSTER=1: the shop runs on kubectl's current cluster, in the namespace lab-N or LAB_NAMESPACE; this machine's ports lead to it.
Exit status: 0 started, or right; 1 wrong, or it cannot be started; 2 for a usage error."""


def complain(text):
    print(f"lab: {text}", file=sys.stderr)


def get_lab(number):
    return importlib.import_module(f"lab_{number}").LAB


def find_running():
    """The place in which a lab runs; None."""
    return next((place for place in (shop.Shop(), cluster.Cluster()) if place.state()), None)


def stop():
    """@return whether there was something"""
    place = find_running()
    return place is not None and place.stop()


def wait_for_spans(backend):
    """Until no more spans arrive. A span that is on its way for longer is missing from a first look only."""
    n_before, since, end = -1, 0, time.monotonic() + SETTLE_MAX_S
    while time.monotonic() < end:
        n = sum(len(trace.spans) for trace in traces.recorded(backend))
        if n != n_before:
            n_before, since = n, time.monotonic()
        elif n > 0 and time.monotonic() - since >= SETTLED_S:
            break
        time.sleep(0.5)


def start(number, lab, place):
    stop()
    place.start(number, lab)
    requests = lab.load.short if os.environ.get("LAB_SHORT") else lab.load.requests
    print(f"The shop is open. {requests} customers come, {lab.load.rate:g} a second ...", flush=True)
    print("\n" + place.send(lab.load, requests))
    wait_for_spans(place.urls["backend"])


def ask(number, lab, place):
    [page] = [name for name in os.listdir(HERE) if name.startswith(f"{number}-")]
    traceview = os.path.relpath(shutil.which("traceview") or "traceview")
    print(f"""Lab {number}: {lab.title}
  its page:        {os.path.relpath(os.path.join(HERE, page))}
  the traces:      {place.urls["backend"]}  or: {traceview} list --limit 1000, {traceview} show
  the shop's logs: {place.logs}
  a request:       curl -i {place.urls["gateway"]}/checkout

{lab.question}

  make lab-{number} ANSWER='...'   checks your answer     make lab-stop   ends the lab""")


def check(number, lab, answer):
    place = find_running()
    state = place and place.state()
    if not state or state["lab"] != number:
        other = f"lab {state['lab']} is, and ends when you" if state else "to"
        complain(f"lab {number} is not running; {other} start it: make lab-{number}")
        return 1
    if state["program"] != place.program():
        print("The services have been rebuilt since: once more.")
        start(number, lab, place)
    try:
        known = lab.check(traces.recorded(place.urls["backend"]), answer)
    except Wrong as wrong:
        print(f"Not right. {wrong}")
        if "MAKELEVEL" in os.environ:
            print('(make\'s "Error" means: not right yet.)', flush=True)
        return 1
    print(f"Right. {known}")
    return 0


def run(arguments):
    if arguments == ["--list"]:
        for number in NUMBERS:
            print(f"{number}  {get_lab(number).title}")
        return 0
    if arguments == ["--stop"]:
        print("stopped" if stop() else "nothing was running")
        return 0
    answer = arguments[1] if len(arguments) == 2 else os.environ.get("ANSWER", "")
    if len(arguments) not in (1, 2) or not arguments[0].isdecimal():
        print(USAGE, file=sys.stderr)
        return 2
    if int(arguments[0]) not in NUMBERS:
        complain(f"there is no lab {arguments[0]}; there are {NUMBERS[0]} to {NUMBERS[-1]}")
        return 2
    number = int(arguments[0])
    lab = get_lab(number)
    if answer.strip():
        return check(number, lab, answer)
    if len(arguments) == 2 or "ANSWER" in os.environ:
        complain("the answer is empty; the lab goes on as it is")
        return 2
    place = cluster.Cluster() if os.environ.get("CLUSTER") == "1" else shop.Shop()
    start(number, lab, place)
    ask(number, lab, place)
    return 0


def main():
    arguments = sys.argv[1:]
    if arguments == ["--help"]:
        print(USAGE)
        return 0
    try:
        return run(arguments)
    except (Failed, OSError) as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        stop()
        return 130


if __name__ == "__main__":
    sys.exit(main())
