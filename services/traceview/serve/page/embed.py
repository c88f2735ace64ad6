#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the page's files into a C file that page.h describes: embed.py OUTPUT FILE...

A file is served as /ui/ and its path beside this program.
"""
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def main():
    output, paths = sys.argv[1], sys.argv[2:]
    lines = ["/* Made by page/embed.py. */", '#include "serve/page.h"', ""]
    table = []
    for number, path in enumerate(paths):
        with open(path, "rb") as file:
            data = file.read()
        name = os.path.relpath(os.path.abspath(path), HERE).replace(os.sep, "/")
        kind = TYPES[os.path.splitext(name)[1]]
        tag = hashlib.sha256(data).hexdigest()[:16]
        lines.append(f"static const unsigned char file_{number}[] = {{ /* {name} */")
        for at in range(0, len(data), 20):
            lines.append("\t" + "".join(f"{byte}," for byte in data[at : at + 20]))
        lines.append("};")
        lines.append("")
        table.append(f'\t{{"/ui/{name}", "{kind}", "\\"{tag}\\"", file_{number}, sizeof(file_{number})}},')
    lines.append("const struct page_file page_files[] = {")
    lines += table
    lines.append("\t{0},")
    lines.append("};")
    with open(output, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
