# SPDX-License-Identifier: Apache-2.0
"""Spans and requests take as many instructions as recorded, give or take 10 %.

Time tells little on a busy machine; instructions repeat within 1 or 2 %. They depend on compiler
and libraries, so elsewhere than where they were recorded this says so, and skips. Where a change is
meant, also for the better:

    make build && ninja -C build record-instructions

usage: test_instructions.py [--record | NAME...]    meson sets the variables it wants
"""
import json
import os
import platform
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "integration")]

import callgrind  # noqa: E402
import harness  # noqa: E402
import lockstep  # noqa: E402

RECORDED = os.path.join(HERE, "recorded.json")
TOLERANCE = 0.10
RECORD = "make build && ninja -C build record-instructions"

# micro.c and encode.c
ITERATIONS, PAIR, BATCH = 1000, 2, 512


def micro(case, spans):
    """One of micro.c's cases, on the thread that makes the spans."""
    def count_of(rounds):
        return callgrind.count([os.environ["LIBTRACE_MICRO"], str(rounds), case], callgrind.SECOND)

    return callgrind.per_unit(count_of, 5, 45, ITERATIONS * spans)


def encode(protocol):
    """A batch as the exporter encodes it, on the worker's thread."""
    def count_of(rounds):
        return callgrind.count([os.environ["LIBTRACE_ENCODE"], protocol, str(rounds)], callgrind.SECOND)

    return callgrind.per_unit(count_of, 2, 22, BATCH)


CASES = {
    "span_sampled": lambda: micro("sampled", PAIR),
    "span_bare": lambda: micro("bare", PAIR),
    "span_unsampled": lambda: micro("unsampled", PAIR),
    "inject_and_extract": lambda: micro("propagate", 1),
    "span_encoded_as_protobuf": lambda: encode("protobuf"),
    "span_encoded_as_json": lambda: encode("json"),
    "checkout_in_api_gateway": lambda: lockstep.gateway(False),
    "checkout_in_api_gateway_traced": lambda: lockstep.gateway(True),
    "order_in_order_service": lambda: lockstep.order_service(False),
    "order_in_order_service_traced": lambda: lockstep.order_service(True),
    # What tracing adds, which is too little of the whole for 10 % of that to tell much.
    "tracing_of_checkout_in_api_gateway": lambda: lockstep.gateway(True) - lockstep.gateway(False),
    "tracing_of_order_in_order_service": lambda: lockstep.order_service(True) - lockstep.order_service(False),
}


def clock_source():
    """libtrace's clock takes another path where the kernel does not trust the processor's counter."""
    try:
        with open("/sys/devices/system/clocksource/clocksource0/current_clocksource", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return "unknown"


def system():
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "unknown"
    return f"{release['ID']} {release.get('VERSION_ID', '')}".strip()


def here():
    """All that the counts are known to depend on."""
    return {
        "machine": platform.machine(),
        "system": system(),
        "libc": " ".join(platform.libc_ver()),
        "libraries": os.environ.get("LIBTRACE_LIBRARIES", ""),
        "compiler": os.environ.get("LIBTRACE_COMPILER", ""),
        "options": os.environ.get("LIBTRACE_OPTIONS", ""),
        "clock source": clock_source(),
    }


def load():
    with open(RECORDED, encoding="utf-8") as file:
        return json.load(file)


def reason_to_skip():
    """Why counts cannot be compared here, or ""."""
    if not callgrind.is_there():
        return "no valgrind on PATH"
    differs = [f"{key} {value} (here: {here().get(key)})" for key, value in load()["recorded on"].items()
               if here().get(key) != value]
    return "recorded on " + ", ".join(differs) if differs else ""


REASON = reason_to_skip()


@unittest.skipIf(REASON, REASON)
class Instructions(unittest.TestCase):
    def hold(self, name):
        recorded = load()["instructions"].get(name)
        self.assertIsNotNone(recorded, f"nothing recorded: {RECORD}")
        measured = CASES[name]()
        change = measured / recorded - 1
        says = f"{measured:,.0f} instructions, {abs(change):.1%} {'more' if change > 0 else 'fewer'} than " \
               f"the {recorded:,} recorded"
        harness.note(f"{name}: {says}")
        if abs(change) > TOLERANCE:
            self.fail(f"{says}; where that is meant: {RECORD}")


for case in CASES:
    setattr(Instructions, f"test_{case}", lambda self, name=case: self.hold(name))


def record():
    if not callgrind.is_there():
        sys.exit("no valgrind")
    counts = {}
    for name, measure in CASES.items():
        counts[name] = round(measure())
        print(f"{name}: {counts[name]:,}", flush=True)
    with open(RECORDED, "w", encoding="utf-8") as file:
        json.dump({"recorded on": here(), "instructions": counts}, file, indent="\t")
        file.write("\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        harness.enter_network()
        record()
    else:
        harness.main()
