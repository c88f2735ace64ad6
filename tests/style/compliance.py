# SPDX-License-Identifier: Apache-2.0
"""libtrace/COMPLIANCE.md as a table, and whether the tests that it names are there."""
import functools
import os
import re

import version

PAGE = "libtrace/COMPLIANCE.md"
N_ROWS = 138
# Rows that no test stands behind: the exceptions, and what is optional and not done.
EXCEPTIONS = {55: "JaegerRemoteSampler", 85: "OT Propagator", 86: "OpenCensus", 116: "gRPC", 122: "Concurrent sending",
              129: "gRPC"}
OPTIONAL = {36, 91}
# What the matrix wants documented: a header and words of it.
DOCUMENTED = [("trace.h", "Prefer these to attributes set later"),
              ("trace.h", "A NULL value makes an attribute that is not recorded")]


def rows():
    """[(number, row, opt, how, [tests])]"""
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in version.read(PAGE).splitlines()
             if re.match(r"\| \d+ \|", line)]
    return [(int(n), row, opt, how, re.findall(r"`([^`]+)`", tests)) for n, row, opt, how, tests in cells]


@functools.cache
def names_in(file):
    """The tests in tests/**/FILE.c or .py: functions, cases of libcheck, and beginnings of names that a loop completes."""
    names = set()
    for path in version.files():
        stem, ending = os.path.splitext(os.path.basename(path))
        if path.startswith("tests/") and stem == file and ending in (".c", ".py"):
            text = version.read(path)
            names |= set(re.findall(r"^START_TEST\((\w+)\)|^ +def (test_\w+)\(|\"(test_\w+_)\{|^class (\w+)\(", text, re.M))
    return {name for found in names for name in found if name}


def missing():
    """Rows that are not there or out of turn, and those whose tests are not there."""
    table = rows()
    found = [f"row {n} in place of {i}" for i, (n, *_) in enumerate(table, 1) if n != i]
    if len(table) != N_ROWS:
        found.append(f"{len(table)} rows")
    for n, row, _, how, tests in table:
        for test in tests:
            file, _, name = test.partition(".")
            if name not in names_in(file):
                found.append(f"row {n}, {row}: no test {test}")
        if not tests and not (n in EXCEPTIONS and how.startswith("exception: ") or n in OPTIONAL):
            found.append(f"row {n}, {row}: no test")
    return found
