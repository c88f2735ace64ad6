# SPDX-License-Identifier: Apache-2.0
"""What a span costs its caller: the cases of micro.c, beside any peers.

usage: spans.py MICRO [PEER...]    programs that print micro's JSON lines; peers get no arguments

Nanoseconds a span (propagate: an inject and an extract): the median burst, the fastest in brackets,
and the CPU time of the whole process. One thread.
"""
import json
import subprocess
import sys


def measure(command):
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [case for case in map(json.loads, lines) if case["threads"] == 1]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(f"{'':<12}{'case':<16}{'ns':>8}{'':>10}{'CPU ns':>9}{'dropped':>10}")
    for command in ([sys.argv[1], "300"], *([peer] for peer in sys.argv[2:])):
        for case in measure(command):
            print(f"{case['lib']:<12}{case['case']:<16}{case['ns_p50']:>8.0f}{'(%.0f)' % case['ns_min']:>10}"
                  f"{case['cpu_ns']:>9.0f}{case['drops']:>10}")


main()
