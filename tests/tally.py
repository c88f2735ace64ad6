# SPDX-License-Identifier: Apache-2.0
"""Reads meson's results (NAME=junit.xml ...), prints what failed and what was skipped and why, and the tally."""
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """(name, "passed" | "failed" | "skipped", text) of every test."""
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            name = case.get("name")
            if suite.get("name") not in (None, case.get("classname"), name):
                name = f"{suite.get('name')}: {name}"
            bad = case.find("failure") if case.find("failure") is not None else case.find("error")
            skipped = case.find("skipped")
            if bad is not None:
                output = suite.findtext("system-out") or case.findtext("system-out") or ""
                errors = suite.findtext("system-err") or case.findtext("system-err") or ""
                yield name, "failed", "\n".join(t for t in (bad.text, bad.get("message"), output, errors) if t)
            elif skipped is not None:
                yield name, "skipped", skipped.text or skipped.get("message") or case.findtext("system-out") or ""
            else:
                yield name, "passed", ""


def main(arguments):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    shown = set()
    for argument in arguments:
        build, path = argument.split("=", 1)
        try:
            found = list(cases(path))
        except (OSError, ElementTree.ParseError) as error:
            found = [("results", "failed", str(error))]
        for name, outcome, text in found:
            counts[outcome] += 1
            if outcome == "skipped":
                print(f"skipped ({build}): {name}: {text.strip()}")
            elif outcome == "failed":
                print(f"FAILED ({build}): {name}")
                if text not in shown:  # one file's output serves all its cases
                    print("    " + text.strip()[-8000:].replace("\n", "\n    "))
                shown.add(text)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or not counts["passed"] else 0


sys.exit(main(sys.argv[1:]))
