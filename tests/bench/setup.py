# SPDX-License-Identifier: Apache-2.0
"""What each part of the bench stands on: where things are, how long to measure, programs that always stop.

A part is a file with measure(setup), which returns plain data for JSON; its last line is
setup.run_part(measure), so that `python3 PART.py BUILD [--quick]` runs and prints it alone.
make_setup() enters a network namespace of the process's own, as the integration tests do.
"""
import argparse
import contextlib
import json
import os
import signal
import statistics
import sys
import time
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))
import harness  # noqa: E402
from harness import Program  # noqa: E402,F401

# bin: our installed programs; peers: what peers/build.sh makes, each program only where its toolchain is
Setup = namedtuple("Setup", "build bin peers seconds rounds quick")


def make_setup(build, quick=False):
    build = os.path.abspath(build)
    harness.BIN = os.path.join(build, "prefix", "bin")
    if not os.path.exists(os.path.join(harness.BIN, "libtrace-instrument")):
        sys.exit(f"bench: nothing is installed in {harness.BIN}: make build does it")
    harness.enter_network()
    return Setup(build, harness.BIN, os.path.join(build, "peers"), 2 if quick else 5, 1 if quick else 4, quick)


def say(text):
    """Progress, beside the results."""
    print(text, file=sys.stderr, flush=True)


def helper(setup, name):
    """One of the C programs in this folder."""
    return os.path.join(setup.build, "tests", "bench", name)


def medians(rows):
    """A namedtuple of each column's median; None where a row has none."""
    columns = ([value for value in column if value is not None] for column in zip(*rows))
    return type(rows[0])(*(statistics.median(column) if column else None for column in columns))


def cpu_ns(pid):
    """What a process has used, all its threads, also those that have ended."""
    return time.clock_gettime_ns(~pid << 3 | 2)  # its clock; Linux, include/linux/posix-timers_types.h


@contextlib.contextmanager
def started(program):
    """A program that is stopped at the block's end."""
    try:
        yield program
    finally:
        program.stop()


def stop_on_signals():
    """SIGTERM ends as Ctrl-C does: through the blocks that stop what was started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def run_part(measure):
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__.split("\n", 1)[0])
    parser.add_argument("build", metavar="BUILD", help="a build directory, with everything installed")
    parser.add_argument("--quick", action="store_true", help="short rounds: to see that it works")
    arguments = parser.parse_args()
    stop_on_signals()
    print(json.dumps(measure(make_setup(arguments.build, arguments.quick)), indent=1))
