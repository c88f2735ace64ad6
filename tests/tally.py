# SPDX-License-Identifier: Apache-2.0
"""Reads meson's logs (BUILD=LOG[,LOG of what ran again] ...; a LOG is a path without .json and .junit.xml), prints what
failed and what was skipped and why, and the tally.  What failed and passed when it ran again counts as passed, and is
named.

tally.py --failed LOG   names the programs that failed
"""
import json
import sys
import xml.etree.ElementTree as ElementTree


class Case:
    def __init__(self, program, name, outcome, text=""):
        self.program, self.name, self.outcome, self.text = program, name, outcome, text
        self.before = ""  # what it printed when it failed at first


def failed_programs(log):
    """{name: its result}, as meson sees it."""
    with open(log + ".json", encoding="utf-8") as lines:
        tests = [json.loads(line) for line in lines]
    return {test["name"]: test["result"] for test in tests if test["result"] in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT")}


def cases(log):
    """Every test.  Of a program that meson calls failed, and that ended before a case of it failed, itself is one."""
    failed, outputs = failed_programs(log), {}
    for suite in ElementTree.parse(log + ".junit.xml").getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            name, is_one_of_many = case.get("name"), case.get("classname") == suite.get("name") and "." in suite.get("name")
            program = suite.get("name").split(".", 1)[1] if is_one_of_many else name
            printed = "\n".join(
                element.findtext(tag) for element in (suite, case) for tag in ("system-out", "system-err")
                if element.findtext(tag)
            )
            outputs[program] = printed
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                failed.pop(program, None)
                yield Case(program, name, "failed", printed)
            elif not is_one_of_many and program in failed:
                yield Case(program, name, "failed", failed.pop(program) + "\n" + printed)
            elif skipped is not None:
                yield Case(program, name, "skipped", skipped.text or skipped.get("message") or case.findtext("system-out") or "")
            else:
                yield Case(program, name, "passed")
    for program, result in failed.items():
        yield Case(program, program, "failed", result + "\n" + outputs.get(program, ""))


def with_second_run(first, second):
    """The second run's cases take the place of those of the same program."""
    texts = {}
    for case in first:
        if case.outcome == "failed":
            texts.setdefault(case.program, {})[case.name] = case.text
    failed_again = {case.program for case in second if case.outcome == "failed"}
    for case in second:
        if case.program not in failed_again and texts.get(case.program):
            before = texts[case.program]
            case.before = before.pop(case.name, "") or before.pop(case.program, "")
    again = {case.program for case in second}
    return [case for case in first if case.program not in again] + second


def indented(text, max_chars):
    return "    " + text.strip()[-max_chars:].replace("\n", "\n    ")


def results(argument):
    first, *second = argument.split(",")
    try:
        found = list(cases(first))
        return with_second_run(found, list(cases(second[0]))) if second else found
    except (OSError, ValueError, ElementTree.ParseError) as error:
        return [Case("results", "results", "failed", str(error))]


def main(arguments):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    shown = set()
    for argument in arguments:
        build, logs = argument.split("=", 1)
        for case in results(logs):
            counts[case.outcome] += 1
            if case.outcome == "skipped":
                print(f"skipped ({build}): {case.name}: {case.text.strip()}")
            elif case.outcome == "failed":
                print(f"FAILED ({build}): {case.name}")
                if case.text not in shown:  # one file's output serves all its cases
                    print(indented(case.text, 8000))
                shown.add(case.text)
            elif case.before:
                print(f"failed at first, passed when it ran again ({build}): {case.program}: {case.name}")
                print(indented(case.before, 2000))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or not counts["passed"] else 0


if sys.argv[1:2] == ["--failed"]:
    for failed_program in failed_programs(sys.argv[2]):
        print(failed_program)
    sys.exit(0)
sys.exit(main(sys.argv[1:]))
