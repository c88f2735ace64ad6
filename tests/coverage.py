# SPDX-License-Identifier: Apache-2.0
"""Prints how much of libtrace/src the unit tests and the integration tests named below execute, by file, and the functions
that they never enter; `make coverage`. Fails below MINIMUM_PERCENT.
"""
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build-coverage")
SOURCES = os.path.join(ROOT, "libtrace", "src") + os.sep
MINIMUM_PERCENT = 90
# Unit tests have no collector to send to, and no program that is killed.
TESTS = ["--suite", "unit"], ["integration exporter", "integration relay"]


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def build():
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        output_of("meson", "setup", BUILD, "--prefix", os.path.join(BUILD, "prefix"), "--libdir", "lib", "-Db_coverage=true",
                  "-Doptimization=0",
                  # gcc's own fork() discards what a child counts inside fork(): in the functions of pthread_atfork()
                  "-Dc_args=-fno-builtin-fork -include " + os.path.join(ROOT, "tests", "coverage.h"))
    subprocess.run(["ninja", "-C", BUILD, "--quiet"], check=True)
    output_of("meson", "install", "-C", BUILD, "--no-rebuild", "--only-changed", "--quiet")


def run_tests():
    for path in glob.glob(BUILD + "/**/*.gcda", recursive=True):
        os.remove(path)
    for tests in TESTS:
        done = subprocess.run(["meson", "test", "-C", BUILD, "--no-rebuild", "--timeout-multiplier", "4", *tests], cwd=ROOT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode:
            print(f"of the tests {' and '.join(tests)} some fail: see {BUILD}/meson-logs; what they executed counts")


def measure():
    """{file: ({line: was executed}, [functions never entered])}, a file's builds taken together."""
    files = {}
    notes = glob.glob(BUILD + "/**/*.gcda", recursive=True)
    for line in output_of("gcov", "--json-format", "--stdout", *notes).splitlines():
        report = json.loads(line)
        for file in report["files"]:
            path = os.path.realpath(os.path.join(report["current_working_directory"], file["file"]))
            if not path.startswith(SOURCES):
                continue
            lines, functions = files.setdefault(path[len(SOURCES):], ({}, {}))
            for each in file["lines"]:
                lines[each["line_number"]] = lines.get(each["line_number"], False) or each["count"] > 0
            for each in file["functions"]:
                functions[each["name"]] = functions.get(each["name"], False) or each["execution_count"] > 0
    return files


def main():
    build()
    run_tests()
    n_executed = n_lines = 0
    for path, (lines, functions) in sorted(measure().items()):
        executed = sum(lines.values())
        n_executed, n_lines = n_executed + executed, n_lines + len(lines)
        never = ", ".join(sorted(name for name, entered in functions.items() if not entered))
        print(f"{executed / max(len(lines), 1):6.1%} {len(lines):5} {path}{'   never: ' + never if never else ''}")
    percent = 100 * n_executed / max(n_lines, 1)
    print(f"{percent:5.1f}% {n_lines:5} lines of libtrace/src")
    if percent < MINIMUM_PERCENT:
        print(f"less than {MINIMUM_PERCENT} %: a test is missing, or code that nothing uses is there")
        return 1
    return 0


sys.exit(main())
