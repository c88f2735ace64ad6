#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The version: meson.build has it, and these places repeat it.

version.py            prints it
version.py --set X    writes X into every place: the first step of a release (see CONTRIBUTING.md)
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NUMBER = r"\d+\.\d+\.\d+"
PLACES = (  # the version stands in the middle group
    (r"^meson\.build$", rf"(version: ')({NUMBER})(')"),
    (r"^libtrace/include/libtrace/trace\.h$", rf'(#define LT_VERSION ")({NUMBER})(")'),
    (r"\.1$", rf'(^\.TH \S+ 1 "" "libtrace )({NUMBER})(")'),
    (r"^k8s/.*\.yaml$", rf"(app\.kubernetes\.io/version: )({NUMBER})($)"),
    (r"^services/Containerfile$", rf'(image\.version=")({NUMBER})(")'),
    (r"^(k8s/.*\.(yaml|md)|tests/nix/.*\.sh|services/(Containerfile|compose.*\.yaml))$", rf"(localhost/libtrace/[a-z-]+:)({NUMBER})(\b)"),
)

HEADER = "libtrace/include/libtrace/trace.h"
AS_NUMBER = r"(#define LT_VERSION_NUM )(0x\w+)()"

NOT_OURS = (".sum", ".json", ".lock", "go.mod")  # versions of other programs


def files():
    """All that is kept, whether git is there or not: no build folders, no hidden ones."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f != "result" and not f.startswith((".", "build", "result-", "__")))
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in sorted(names)]
    return found


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def current():
    return re.search(PLACES[0][1], read("meson.build"))[2]


def jaeger():
    """Its own version stands in the manifests as well."""
    return re.search(r"jaegertracing/jaeger:(\S+)", read("k8s/10-jaeger.yaml"))[1]


def as_number(version):
    """As LT_VERSION_NUM has it: a byte for each number."""
    return "0x%02x%02x%02x" % tuple(map(int, version.split(".")))


def strays():
    """Places with another version, and the version in places that are not on the list."""
    wanted, found = current(), []
    if as_number(wanted) != re.search(AS_NUMBER, read(HEADER))[2]:
        found.append(f"{HEADER}: LT_VERSION_NUM")
    for path in files():
        text = read(path)
        for name, pattern in PLACES:
            if re.search(name, path):
                found += [f"{path}: {m[1]}{m[2]}" for m in re.finditer(pattern, text, re.M) if m[2] not in (wanted, jaeger())]
                text = re.sub(pattern, "", text, flags=re.M)
        if path != "CHANGELOG.md" and not path.startswith("tests/bench/peers/") and not path.endswith(NOT_OURS):
            found += [f"{path}: {line.strip()}" for line in text.splitlines()
                      if re.search(rf"(?<!\d)(?<!\d\.){re.escape(wanted)}(?!\.?\d)", line)]
    return found


def set_to(version):
    old_version = re.escape(current())
    for path in files():
        old = text = read(path)
        for name, pattern in PLACES:
            if re.search(name, path):
                text = re.sub(pattern.replace(NUMBER, old_version), rf"\g<1>{version}\g<3>", text, flags=re.M)
        if path == HEADER:
            text = re.sub(AS_NUMBER, rf"\g<1>{as_number(version)}\g<3>", text)
        if text != old:
            with open(os.path.join(ROOT, path), "w", encoding="utf-8") as file:
                file.write(text)


def main():
    if len(sys.argv) == 1:
        print(current())
    elif len(sys.argv) == 3 and sys.argv[1] == "--set" and re.fullmatch(NUMBER, sys.argv[2]):
        set_to(sys.argv[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
