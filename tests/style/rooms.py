# SPDX-License-Identifier: Apache-2.0
"""The tree as its includes draw it: a node is a file and its header, an edge an include."""
import collections
import os
import re

import version

TREES = ("libtrace/", "services/")
# Where an include in quotes is looked for, after the file's own folder: as the meson.build files have it.
ROOTS = {
    "libtrace/src/": ("libtrace/src",),
    "libtrace/agent/": ("libtrace/agent", "libtrace/src"),
    "libtrace/instrument/": ("libtrace/agent", "libtrace/src"),
    "libtrace/relay/": ("libtrace/relay", "libtrace/src"),
    "services/": ("services", "services/traceview", "services/common", "services/gateway", "services/order",
                  "services/manual"),
}


def sources():
    return [path for path in version.files() if path.startswith(TREES) and path.endswith((".c", ".h", ".S"))]


def resolve(path, name, is_system):
    """The file that path includes by name; None for those of others."""
    if is_system:
        roots = ["libtrace/include"]
    else:
        roots = [os.path.dirname(path)] + [root for tree, of in ROOTS.items() if path.startswith(tree) for root in of]
    for root in roots:
        found = os.path.normpath(os.path.join(root, name))
        if os.path.exists(os.path.join(version.ROOT, found)):
            return found
    return None


def includes(path):
    """Pairs: a name as it is included, and the file that it leads to."""
    for bracket, name in re.findall(r'^\s*#\s*include\s*(["<])([^">]+)[">]', version.read(path), re.M):
        yield name, resolve(path, name, bracket == "<"), bracket == "<"


def graph():
    edges = collections.defaultdict(set)
    for path in sources():
        node = os.path.splitext(path)[0]
        for _, target, _ in includes(path):
            if target and os.path.splitext(target)[0] != node:
                edges[node].add(os.path.splitext(target)[0])
    return edges


def circles(edges):
    """The edges that are left when nodes that nothing includes, or that include nothing, are taken off in turn."""
    edges = {node: set(targets) for node, targets in edges.items()}
    while True:
        targets = set().union(*edges.values()) if edges else set()
        kept = {node: {t for t in of if t in edges} for node, of in edges.items() if node in targets}
        kept = {node: of for node, of in kept.items() if of}
        if kept == edges:
            return sorted(f"{node} -> {target}" for node, of in edges.items() for target in of)
        edges = kept


def lost():
    """Includes in quotes that lead to no file of the tree."""
    return [f"{path}: {name}" for path in sources() for name, target, is_system in includes(path)
            if not is_system and not target]


def rooms(edges):
    """The same between folders."""
    folders = collections.defaultdict(set)
    for node, targets in edges.items():
        folders[os.path.dirname(node)] |= {os.path.dirname(t) for t in targets} - {os.path.dirname(node)}
    return folders


def crowded(limit):
    folders = collections.Counter(os.path.dirname(path) for path in version.files() if path.endswith(".c"))
    return {folder: n for folder, n in folders.items() if n > limit}


def ambiguous():
    """Names of files that stand on both sides of the wall between the library and its demo."""
    def names(tree):
        return {os.path.splitext(os.path.basename(path))[0] for path in sources()
                if path.startswith(tree) and not path.startswith("libtrace/include/")}
    return sorted(names("libtrace/") & names("services/") - {"main"})


INSTALLED = {"libtrace/include/libtrace": "libtrace/include"}  # whole: nothing else may be in there


def unexplained():
    """Folders of sources that neither a README nor the meson.build's first line explains."""
    folders = {INSTALLED.get(folder, folder) for folder in map(os.path.dirname, sources())}
    paths = set(version.files())
    return sorted(folder for folder in folders if f"{folder}/README.md" not in paths and not (
        f"{folder}/meson.build" in paths and version.read(f"{folder}/meson.build").startswith("# ")))
