# SPDX-License-Identifier: Apache-2.0
"""Prints how much of libtrace/src the unit tests execute, by file, and the functions that they never enter; `make coverage`."""
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build-coverage")
SOURCES = os.path.join(ROOT, "libtrace", "src") + os.sep


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def unit_tests():
    """The executables of tests/unit."""
    targets = json.loads(output_of("meson", "introspect", "--targets", BUILD))
    unit = os.path.join(ROOT, "tests", "unit") + os.sep
    return [path for target in targets if target["type"] == "executable" and target["defined_in"].startswith(unit)
            for path in target["filename"]]


def run_all(tests):
    for path in glob.glob(BUILD + "/**/*.gcda", recursive=True):
        os.remove(path)
    subprocess.run(["ninja", "-C", BUILD, "--quiet", *(os.path.relpath(path, BUILD) for path in tests)], check=True)
    for path in tests:
        if not os.path.basename(path).startswith("check_"):
            continue
        done = subprocess.run([path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode:
            print(f"{os.path.basename(path)} fails; what it executed counts")


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
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        output_of("meson", "setup", BUILD, "-Db_coverage=true", "-Doptimization=0")
    run_all(unit_tests())
    n_executed = n_lines = 0
    for path, (lines, functions) in sorted(measure().items()):
        executed = sum(lines.values())
        n_executed, n_lines = n_executed + executed, n_lines + len(lines)
        never = ", ".join(sorted(name for name, entered in functions.items() if not entered))
        print(f"{executed / max(len(lines), 1):6.1%} {len(lines):5} {path}{'   never: ' + never if never else ''}")
    print(f"{n_executed / max(n_lines, 1):6.1%} {n_lines:5} lines of libtrace/src, by the unit tests alone")
    return 0 if n_lines else 1


sys.exit(main())
