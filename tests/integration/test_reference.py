# SPDX-License-Identifier: Apache-2.0
"""The reference that `meson install` makes out of the headers: complete, and without a link that leads nowhere."""
import glob
import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness

SHARE = os.path.join(os.path.dirname(harness.BIN), "share")
HTML = os.path.join(SHARE, "doc", "libtrace-c")
MAN = os.path.join(SHARE, "man", "man3")
SOURCES = os.path.join(harness.SOURCE, "libtrace")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Page(html.parser.HTMLParser):
    """A page's links, and the names that others link to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs["id"]} if "id" in attrs else set()
        self.links += [attrs["href"]] if "href" in attrs else []


def exported():
    return re.findall(r"^\t(lt_\w+);", read(SOURCES, "src", "libtrace-c.map"), re.MULTILINE)


class Reference(unittest.TestCase):
    def setUp(self):
        self.pages = {os.path.basename(path): Page(read(path)) for path in glob.glob(f"{HTML}/*.html")}

    def test_each_header_has_a_page_of_both_kinds(self):
        for path in glob.glob(f"{SOURCES}/include/libtrace/*"):
            page = os.path.basename(path).removesuffix(".h").replace(".", "-")
            self.assertIn(f"{page}.html", self.pages)
            self.assertIn(".SH DESCRIPTION", read(MAN, f"libtrace-{page}.3"))

    def test_each_exported_function_is_found_by_its_name(self):
        anchors = set().union(*(page.ids for page in self.pages.values()))
        self.assertEqual(set(exported()) - anchors, set())
        for function in exported():
            header = re.fullmatch(r"\.so man3/(libtrace-[\w-]+\.3)\n", read(MAN, f"{function}.3"))
            self.assertRegex(read(MAN, header[1]), rf"\b{function}\(", function)

    def test_no_link_of_a_page_is_dead(self):
        n_links = 0
        for name, page in self.pages.items():
            for link in page.links:
                n_links += 1
                target, _, anchor = link.partition("#")
                if ":" in target:
                    self.assertRegex(link, r"^https://[\w.-]+\.\w+/[\w/.~%#?=&@+-]*$", name)
                else:
                    self.assertIn(target, self.pages, name)
                    self.assertIn(anchor, self.pages[target].ids | {""}, f"{name}: {link}")
        self.assertGreater(n_links, len(exported()))

    def test_a_function_that_no_header_declares_ends_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(f"{SOURCES}/include/libtrace", f"{folder}/libtrace")
            with open(f"{folder}/libtrace/context.h", "a") as header:
                header.write("\n/** As lt_nothing(). */\nLT_API void lt_something(void);\n")
            done = subprocess.run([sys.executable, f"{SOURCES}/reference/reference.py", "--html", f"{folder}/html", "--man",
                                   f"{folder}/man", f"{folder}/libtrace"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "reference: no header declares context.h: lt_nothing()\n"))

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_man_formats_each_page_without_a_warning(self):
        for path in glob.glob(f"{MAN}/libtrace-*.3"):
            done = subprocess.run(["groff", "-k", "-ww", "-man", "-Tutf8", path], capture_output=True, text=True)
            self.assertEqual(done.stderr, "", path)
            self.assertIn("SYNOPSIS", re.sub(".\b", "", done.stdout))


if __name__ == "__main__":
    harness.main()
