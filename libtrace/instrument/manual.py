# SPDX-License-Identifier: Apache-2.0
"""Fills the launcher's manual page from the hooks' tables: manual.py PAGE TABLE..."""
import re
import sys


def rows(table, macro):
    """The arguments of each row of that macro, without their quotes."""
    for arguments in re.findall(rf"^{macro}\((.*)\)$", table, re.MULTILINE):
        yield [text.strip('"') for text in re.findall(r'"[^"]*"|[^,\s]+', arguments)]


def spans(table):
    return [f"    {what}" if kind == "CONTEXT" else f"    {kind} spans for {what} with {library}"
            for _, kind, library, _, _, what in rows(table, "HOOK")]


def settings(table):
    for _, variable, text, first, *others in rows(table, "HOOK_SETTING"):
        option = variable.removeprefix("OTEL_").lower().replace("_", "\\-")
        words = ' " | "'.join([first, *others])
        yield f'.TP\n.BI \\-\\-{option} " {words}"\n{text[0].upper()}{text[1:]}.\nDefault: {first}'


def main():
    with open(sys.argv[1]) as file:
        page = file.read()
    tables = []
    for path in sys.argv[2:]:
        with open(path) as file:
            tables.append(file.read())
    for place, of in (("@SPANS@\n", spans), ("@SETTINGS@\n", settings)):
        page = page.replace(place, "".join(f"{line}\n" for table in tables for line in of(table)))
    sys.stdout.write(page)


main()
