# SPDX-License-Identifier: Apache-2.0
"""The sources: one format, one version, no broken links, folders without cycles."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from tap import TapResult  # noqa: E402
import compliance  # noqa: E402
import rooms  # noqa: E402
import version  # noqa: E402

CLANG_FORMAT = "clang-format-14"  # each major version has a layout of its own
# sizeof without brackets, MAX_X, const on a local number.
DIALECT = r"\bsizeof [^(]|#define MAX_\w+|^\t+const (?:int|size_t|bool|long|unsigned|u?int\d+_t) \w+ ="
BANNED = r"\b(?:said|asked|told|the other way|(?:is|are|be|been|was|were) had|\w+\.c - see \w+\.h\.)"
PLACEHOLDERS = r"_x[./]|_NAME\.|^name\.h$|^shop\.c$|^build/|^/"  # of recipes and examples; built; the system's


def sources(*endings):
    return [path for path in version.files() if path.endswith(endings)]


class Style(unittest.TestCase):
    @unittest.skipUnless(shutil.which(CLANG_FORMAT), f"no {CLANG_FORMAT} on PATH")
    def test_make_format_changes_nothing(self):
        done = subprocess.run([CLANG_FORMAT, "--dry-run", "--Werror", *sources(".c", ".h")], cwd=version.ROOT,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[:2000])

    def test_the_version_stands_where_the_release_recipe_writes_it_and_nowhere_else(self):
        self.assertEqual(version.strays(), [])

    def test_every_source_begins_with_its_licence(self):
        bare = [path for path in sources(".c", ".h", ".py", ".sh") if "SPDX-License-Identifier" not in
                version.read(path)[:200]]
        self.assertEqual(bare, [])

    def test_links_in_markdown_lead_somewhere(self):
        broken = []
        for path in sources(".md"):
            text = re.sub(r"^(?: {4}|\t)[^\n]*$|```.*?```", "", version.read(path), flags=re.M | re.S)
            for link in re.findall(r"\]\(([^)\s]+)", text):
                target, _, anchor = link.partition("#")
                if "://" not in link and not (self.exists(path, target) and self.has_heading(path, target, anchor)):
                    broken.append(f"{path}: {link}")
        self.assertEqual(broken, [])

    def test_files_that_markdown_names_exist(self):
        missing = []
        for path in sources(".md"):
            text = re.sub(r"https?://\S+", "", version.read(path))
            named = re.findall(r"(?<![\w/.*<>{}$-])((?:\.\./)*(?:[\w.-]+/)*(?:[\w.-]+\.(?:c|h|S|py|sh)|(?<=/)[\w.-]+"
                               r"\.(?:md|nix|yaml|build|js|map|svg)|[\w-]*[a-z]\.1|(?<=\w/)))(?![\w/({*-])", text)
            missing += [f"{path}: {name}" for name in named if name
                        and not re.search(PLACEHOLDERS, name) and not self.is_somewhere(path, name)]
        self.assertEqual(missing, [])

    def test_c_sources_keep_to_one_dialect(self):
        """The table of CONTRIBUTING.md, as far as a pattern shows it."""
        found = []
        for path in sources(".c", ".h"):
            code = re.sub(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', "", version.read(path), flags=re.S)
            found += [f"{path}: {match[0].strip()}" for match in re.finditer(DIALECT, code, re.M)]
        self.assertEqual(found, [])

    def test_comments_in_c_use_the_field_s_verbs(self):
        """CONTRIBUTING.md, rule 7: code reports, returns and rejects; nothing is said, asked, told or had."""
        found = []
        for path in sources(".c", ".h"):
            comments = re.findall(r"/\*.*?\*/", version.read(path), re.S)
            found += [f"{path}: {word}" for comment in comments for word in re.findall(BANNED, comment, re.I)]
        self.assertEqual(found, [])

    @staticmethod
    def exists(path, link):
        return os.path.exists(os.path.join(version.ROOT, os.path.dirname(path), link)) if link else True

    @staticmethod
    def has_heading(path, link, anchor):
        """Headings become anchors as on GitHub: lower case, blanks as hyphens, no punctuation."""
        page = os.path.normpath(os.path.join(os.path.dirname(path), link)) if link else path
        if not anchor or not page.endswith(".md"):
            return True
        headings = re.findall(r"^#+ (.*)$", version.read(page), re.M)
        return anchor in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]

    @staticmethod
    def is_somewhere(path, name):
        """Paths in text are from the top, from the page's own folder, or end as the file's or folder's path does."""
        folders = {os.path.dirname(other) + "/" for other in version.files()}
        return Style.exists(path, name) or any(("/" + other).endswith("/" + name) for other in (*version.files(), *folders))


class Rooms(unittest.TestCase):
    def test_every_include_in_quotes_leads_to_a_file(self):
        self.assertEqual(rooms.lost(), [])

    def test_no_includes_go_in_a_circle_between_files_or_between_folders(self):
        edges = rooms.graph()
        self.assertGreater(len(edges), 100)
        self.assertEqual(rooms.circles(edges), [])
        self.assertEqual(rooms.circles(rooms.rooms(edges)), [])

    def test_a_circle_is_found(self):
        self.assertEqual(rooms.circles({"a": {"b"}, "b": {"c", "d"}, "c": {"b"}, "d": set()}), ["b -> c", "c -> b"])

    def test_no_folder_has_more_than_25_sources(self):
        self.assertEqual(rooms.crowded(25), {})

    def test_no_file_of_the_library_is_named_as_one_of_the_services(self):
        self.assertEqual(rooms.ambiguous(), [])

    def test_every_folder_of_sources_tells_in_a_line_what_it_is_for(self):
        self.assertEqual(rooms.unexplained(), [])


class Compliance(unittest.TestCase):
    def test_every_row_of_the_specifications_matrix_has_its_tests(self):
        self.assertEqual(compliance.missing(), [])

    def test_headers_document_what_the_matrix_wants_documented(self):
        for header, words in compliance.DOCUMENTED:
            text = version.read(os.path.join("libtrace/include/libtrace", header))
            self.assertIn(words, re.sub(r"\n[ \t]*\*?[ \t]*", " ", text), header)


# Two cases, or what its first argument says; its second says whether it does so in the first run alone.
PROGRAM = """#!/bin/sh
echo "ok 1 - first"
if [ "$2" = always ] || mkdir "$0.$1" 2>/dev/null; then
	[ "$1" != ends ] || exit 2
	[ "$1" != fails ] || { echo "not ok 2 - second"; echo "1..2"; exit 1; }
fi
echo "ok 2 - second"
echo "1..2"
"""


@unittest.skipUnless(shutil.which("meson"), "no meson on PATH")
class Tally(unittest.TestCase):
    def tally(self, when, again):
        """What the tally prints of a meson project, without the programs' output; and its status."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "meson.build"), "w", encoding="utf-8") as build:
                build.write("project('tallied')\n")
                for how in ("passes", "fails", "ends"):
                    build.write(f"test('{how}', find_program('program'), args: ['{how}', '{when}'], protocol: 'tap')\n")
            with open(os.path.join(folder, "program"), "w", encoding="utf-8") as program:
                program.write(PROGRAM)
                os.chmod(program.name, 0o755)
            build, logs = os.path.join(folder, "build"), os.path.join(folder, "build", "meson-logs")
            subprocess.run(["meson", "setup", build, folder], check=True, capture_output=True)
            one_by_one = ["meson", "test", "-C", build, "--num-processes", "1"]  # else the tally's order is theirs
            subprocess.run(one_by_one, capture_output=True, check=False)
            if again:
                subprocess.run([*one_by_one, "--logbase", "again", "fails", "ends"], capture_output=True, check=False)
            done = subprocess.run(
                [sys.executable, os.path.join(version.ROOT, "tests", "tally.py"),
                 f"plain={logs}/testlog" + (f",{logs}/again" if again else "")],
                capture_output=True, text=True, check=False)
        return [line for line in done.stdout.splitlines() if not line.startswith(" ")], done.returncode

    def test_a_program_that_fails_or_ends_early_is_counted_as_failed(self):
        self.assertEqual(self.tally("once", False),
                         (["FAILED (plain): 2 - second", "FAILED (plain): ends", "4 passed, 2 failed, 0 skipped"], 1))

    def test_what_fails_twice_is_counted_as_failed(self):
        self.assertEqual(self.tally("always", True),
                         (["FAILED (plain): 2 - second", "FAILED (plain): ends", "4 passed, 2 failed, 0 skipped"], 1))

    def test_what_passes_when_it_runs_again_is_counted_as_passed_and_named(self):
        self.assertEqual(self.tally("once", True),
                         (["failed at first, passed when it ran again (plain): fails: 2 - second",
                           "failed at first, passed when it ran again (plain): ends: 1 - first",
                           "6 passed, 0 failed, 0 skipped"], 0))


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}")
    result = TapResult()
    suite.run(result)
    sys.exit(result.n_bad > 0)
