# SPDX-License-Identifier: Apache-2.0
"""Everything that is measured, one part after another, and whether it is what it is to be.

usage: bench.py BUILD [--quick] [--only PART]...

Prints the report, and writes it with the raw figures and the plots: into results/ when all was measured, else, so that
what is kept stays whole, into BUILD/bench.
"""
import argparse
import importlib.util
import json
import os
import sys
import traceback

from setup import HERE, make_setup, say, stop_on_signals  # first: it says where the integration tests' modules are
import machine
import plot
from report import SECTIONS, report


def load(part):
    """The part's module by its file: the integration tests have a spans of their own."""
    spec = importlib.util.spec_from_file_location(f"bench_{part}", os.path.join(HERE, f"{part}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(parts, setup):
    """What failed is said, and missing from the results."""
    results = {"machine": machine.describe(setup)}
    for part in parts:
        try:
            results[part] = load(part).measure(setup)
        except Exception:  # noqa: BLE001: the other parts are worth having
            traceback.print_exc()
            say(f"bench: {part} failed")
    return results


def rounded(data):
    """Figures to a ten-thousandth: the rest says nothing."""
    if isinstance(data, dict):
        return {key: rounded(value) for key, value in data.items()}
    if isinstance(data, list):
        return [rounded(value) for value in data]
    return round(data, 4) if isinstance(data, float) else data


def write(folder, results, text):
    os.makedirs(folder, exist_ok=True)
    for name, content in (("latest.json", json.dumps(results, indent=1) + "\n"), ("latest.md", text),
                          *plot.plots(results)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(content)
    say(f"bench: written to {os.path.relpath(folder)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("build", metavar="BUILD", help="a build directory, with everything installed")
    parser.add_argument("--quick", action="store_true", help="short rounds: to see that it works")
    parser.add_argument("--only", metavar="PART", action="append", choices=SECTIONS, help=", ".join(SECTIONS))
    arguments = parser.parse_args()
    stop_on_signals()
    setup = make_setup(arguments.build, arguments.quick)
    parts = [part for part in SECTIONS if not arguments.only or part in arguments.only]
    results = rounded(measure(parts, setup))
    text = report(results)
    print(text)
    is_all = not setup.quick and all(part in results for part in SECTIONS)
    write(os.path.join(HERE, "results") if is_all else os.path.join(setup.build, "bench"), results, text)
    sys.exit(0 if all(part in results for part in parts) else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("bench: interrupted")
