#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reference out of the public headers: a page each, in HTML and for man (section 3), at `meson install`.

It knows what these headers have and no more of C: a declaration belongs to the comment above it, up to an empty line;
`/* --- title --- */` begins a section.  A name of a function, `lt_x()`, becomes a link; one that no header declares
ends the build.
"""
import argparse
import glob
import html
import os
import re
import sys

STYLE = """body{max-width:64rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;color:#222;background:#fff}
pre{background:#f4f4f4;padding:.6rem;overflow-x:auto;tab-size:4}dt{font-family:monospace}a{color:#05a}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#242424}a{color:#8bf}}"""
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What a declaration declares: a function, a macro, a type.
NAMES = re.compile(r"^(?:[\w*][\w* ,]*?[ *](lt_\w+)\(|#define (LT_\w+)|(?:struct|enum|class) (\w+)\b(?=[^()]*$|[^()]*\{))",
                   re.MULTILINE)


class Entry:
    def __init__(self, text, code):
        self.text, self.code = text, code
        found = NAMES.findall(COMMENT.sub("", code))
        self.functions = [function for function, *_ in found if function]
        self.names = [function or macro or type for function, macro, type in found]


class Header:
    def __init__(self, path):
        self.name = os.path.basename(path)
        self.page = self.name.removesuffix(".h").replace(".", "-")
        with open(path, encoding="utf-8") as file:
            self.version, (intro, *parts) = read(file.read())
        self.title, _, self.intro = intro.partition("\n\n")
        self.title = " ".join(self.title.partition(" - ")[2].split())
        self.parts = parts  # titles of sections, and entries


def plain(comment):
    """A comment's text without its stars."""
    lines = comment.strip().removeprefix("/*").removeprefix("*").removesuffix("*/").splitlines()
    return "\n".join(re.sub(r"^ \* ?", "", line) for line in lines).strip()


def declarations(code):
    """Without bodies of functions and what only compilers read."""
    code = re.sub(r"\b(LT_API|LT_CHECKED|static inline|inline) ?", "", code)
    code = re.sub(r"(?ms)^(\t*)([^\s{}][^\n]*)(?:\n\s+: [^\n]*)?\n\1\{\n.*?^\1\}", r"\1\2;", code)
    code = re.sub(r" : \w+\(.*\);", ";", code)
    return code.strip("\n")


def read(text):
    version = re.search(r'#define LT_VERSION "(.*?)"', text)
    # Nothing for C++ alone, but what C has instead of it.
    text = re.sub(r"(?ms)^#ifdef __cplusplus\n((?!#ifdef).)*?(?:^#else\n(.*?))?^#endif\n", lambda m: m[2] or "", text)
    text = re.sub(r"(?m)^#(ifndef LIBTRACE|define (LIBTRACE|LT_API|LT_CHECKED)|include|if defined|endif).*\n", "", text)
    text = re.sub(r"(?m)^(namespace .*|\} /\* namespace.*)\n", "", text)
    text = re.sub(r"\n\n+(?=[\t}]|private)", "\n", text)
    parts = []
    for block in re.split(r"\n\n+", text.split("\n", 1)[1].strip()):
        # A comment at the left begins the next declaration, with or without an empty line before it.
        for piece in filter(None, re.split(r"(?m)^(?=/\*)", block)):
            comment = COMMENT.match(piece)
            code = declarations(piece[comment.end():] if comment else piece)
            words = plain(comment[0]) if comment else ""
            if not parts:
                parts.append(words)
            elif words.startswith("---"):
                parts.append(words.strip("- "))
            elif not comment and isinstance(parts[-1], Entry) and not parts[-1].text and code:
                parts[-1] = Entry("", parts[-1].code + "\n\n" + code)
            elif words or code:
                parts.append(Entry(words, code))
    return version and version[1], [part for part in parts if isinstance(part, str) or part.text or part.code]


def blocks(text):
    """A text's parts: ("p", words), ("code", lines) where it is indented, ("item", name, words) for @param and @return."""
    for part in re.split(r"\n\s*\n|\n(?=@|Source:|Threads:)|\s(?=@)", text):
        part = part if part.startswith("\t") else re.sub(r"\s*\n\s*", "\n", part.strip())
        item = re.match(r"@(param \w+(?:, \w+)*|return)\s+(.*)", part, re.DOTALL)
        if item:
            yield "item", item[1].removeprefix("param "), item[2]
        elif part.startswith("\t"):
            yield "code", part
        elif part:
            yield "p", part


class Site:
    def __init__(self, paths):
        self.headers = [Header(path) for path in sorted(paths)]
        self.version = next(header.version for header in self.headers if header.version)
        entries = [(header, part) for header in self.headers for part in header.parts if isinstance(part, Entry)]
        # A function and a struct may have the same name; what is declared twice is in the first header.
        self.where = {name: header for header, entry in reversed(entries) for name in entry.names}
        self.where.update({name: header for header, entry in entries for name in entry.functions})
        self.dead = []

    def link(self, words, header):
        """Words as HTML, with links to functions, headers and sources."""
        def target(match):
            name = match[0]
            if name.startswith("http"):
                return f'<a href="{name}">{name}</a>'
            if name.endswith((".h", ".hpp")):
                page = next((other.page for other in self.headers if other.name == name), None)
                return f'<a href="{page}.html">{name}</a>' if page else name
            if name.rstrip("(") not in self.where:
                if name.endswith("("):
                    self.dead.append(f"{header.name}: {name})")
                return name
            return f'<a href="{self.where[name.rstrip("(")].page}.html#{name.rstrip("(")}">{name.rstrip("(")}</a>' \
                + "(" * name.endswith("(")
        return re.sub(r"https?://[^\s,;)&]+[^\s,;.)&]|\b\w+\.h(?:pp)?\b|\b(?:lt_|LT_)\w+\(?", target, html.escape(words))

    def html_text(self, text, header):
        for kind, *words in blocks(text):
            if kind == "item":
                yield f"<dl><dt>{html.escape(words[0])}</dt><dd>{self.link(words[1], header)}</dd></dl>"
            else:
                yield (f"<pre>{html.escape(words[0])}</pre>" if kind == "code" else f"<p>{self.link(words[0], header)}</p>")

    def html_page(self, header):
        yield f"<h1>&lt;libtrace/{header.name}&gt;</h1><p>{html.escape(header.title)}</p>"
        yield from self.html_text(header.intro, header)
        for part in header.parts:
            if isinstance(part, str):
                yield f"<h2>{html.escape(part[0].upper() + part[1:])}</h2>"
                continue
            yield "".join(f'<a id="{name}"></a>' for name in part.names)
            if part.code:
                yield f"<pre>{html.escape(part.code)}</pre>"
            yield from self.html_text(part.text, header)

    def html_index(self):
        yield "<h1>libtrace: the reference</h1><ul>"
        for header in self.headers:
            yield f'<li><a href="{header.page}.html">{header.name}</a>: {html.escape(header.title)}</li>'
        yield "</ul><h2>Functions</h2><p>"
        for name in sorted(name for name in self.where if name.startswith("lt_") and "." not in name):
            yield f'<a href="{self.where[name].page}.html#{name}">{name}</a>'
        yield "</p>"

    def man_page(self, header):
        yield f'.TH LIBTRACE-{header.page.upper()} 3 "" "libtrace {self.version}"\n.ad l\n.nh\n.SH NAME'
        yield f"libtrace-{header.page} \\- {roff(header.title)}"
        yield f".SH SYNOPSIS\n.B #include <libtrace/{header.name}>\n.PP\nLink with \\fI\\-ltrace\\-c\\fP."
        yield ".SH DESCRIPTION"
        yield from man_text(header.intro)
        for part in header.parts:
            if isinstance(part, str):
                yield f".SH {roff(part.upper())}"
                continue
            if part.code:
                yield f".PP\n.EX\n{roff(part.code)}\n.EE"
            yield from man_text(part.text)


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").expandtabs(8)
    return re.sub(r"(?m)^(?=[.'])", r"\\&", text)


def man_text(text):
    for kind, *words in blocks(text):
        if kind == "item":
            yield f".TP\n\\fI{roff(words[0])}\\fP\n{roff(words[1])}"
        else:
            yield f".PP\n.EX\n{roff(words[0])}\n.EE" if kind == "code" else f".PP\n{roff(words[0])}"


def write(folder, name, lines):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    staged = os.environ.get("DESTDIR", "")
    parser.add_argument("--html", required=True, help="folder", type=lambda path: staged + path)
    parser.add_argument("--man", required=True, help="folder of section 3", type=lambda path: staged + path)
    parser.add_argument("headers", help="folder")
    options = parser.parse_args()
    site = Site(glob.glob(os.path.join(options.headers, "*.h*")))
    for header in [None, *site.headers]:
        body = list(site.html_page(header) if header else site.html_index())
        title = f"libtrace/{header.name}" if header else "libtrace"
        write(options.html, f"{header.page if header else 'index'}.html", [
            "<!DOCTYPE html>", '<html lang="en"><meta charset="utf-8">', f"<title>{title}</title><style>{STYLE}</style>",
            '<p><a href="index.html">libtrace</a></p>', *body])
    for header in site.headers:
        write(options.man, f"libtrace-{header.page}.3", site.man_page(header))
    for name, header in site.where.items():
        if name.startswith("lt_"):
            write(options.man, f"{name}.3", [f".so man3/libtrace-{header.page}.3"])
    sys.exit("reference: no header declares " + ", ".join(site.dead) if site.dead else 0)


if __name__ == "__main__":
    main()
