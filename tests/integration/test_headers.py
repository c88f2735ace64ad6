# SPDX-License-Identifier: Apache-2.0
"""Each public header by itself in each C and C++ that there is a compiler for, without a warning; a C++ program runs."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness

INCLUDE = os.path.join(harness.SOURCE, "libtrace", "include")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", f"-I{INCLUDE}"]
C = {"gcc": "c", "clang": "c", "g++": "c++", "clang++": "c++"}
STANDARDS = {"c": ["c99", "c11", "c17", "c2x"], "c++": ["c++11", "c++14", "c++17", "c++20", "c++2b"]}
HEADERS = sorted(glob.glob(os.path.join(INCLUDE, "libtrace", "*.h*")))


def compiler(name):
    """The one of that name, or with a version behind it as Debian has clang's."""
    return shutil.which(name) or shutil.which(f"{name}-14")


def knows(command, language, standard):
    return subprocess.run([command, f"-std={standard}", "-fsyntax-only", "-x", language, "-"], input="int x;\n",
                          text=True, capture_output=True).returncode == 0


def languages(name):
    """Each standard of a compiler's language; the test is skipped where that is not there."""
    command = compiler(name)
    if not command:
        raise unittest.SkipTest(f"no {name}")
    for standard in STANDARDS[C[name]]:
        if knows(command, C[name], standard):
            yield command, C[name], standard


USE = """
void use(struct lt_span *span);
void use(struct lt_span *span)
{
	LT_SCOPE(span);
	lt_span_set(span, LT_ATTRS(lt_str("a", "b"), lt_bool("c", true)));
}
"""


class Headers(unittest.TestCase):
    def check(self, command, language, standard, headers, rest):
        code = "".join(f"#include <libtrace/{os.path.basename(header)}>\n" for header in headers) + rest
        done = subprocess.run([command, f"-std={standard}", *STRICT, "-fsyntax-only", "-x", language, "-"],
                              input=code, text=True, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), f"{command} {standard} {headers}")

    def compile_all(self, name):
        headers = [h for h in HEADERS if C[name] == "c++" or h.endswith(".h")]
        oldest, *others = languages(name)
        for header in headers:
            self.check(*oldest, [header], "int nothing_else;\n")
        for each in (oldest, *others):
            self.check(*each, headers, USE)
        self.assertTrue(others, "the compiler knows next to no standard")

    def run_program(self, name):
        if os.environ.get("LIBTRACE_SANITIZE", "none") != "none":
            self.skipTest("the library is a sanitized one, which needs its runtime first")
        source = os.path.join(harness.SOURCE, "tests", "integration", "trace_hpp.cpp")
        lib = os.environ["LIBTRACE_LIB"]
        with tempfile.TemporaryDirectory() as folder:
            oldest, *_, newest = languages(name)
            for command, _, standard in (oldest, newest):
                program = os.path.join(folder, standard)
                subprocess.run([command, f"-std={standard}", *STRICT, source, "-o", program, f"-L{lib}", "-ltrace-c",
                                f"-Wl,-rpath,{lib}"], check=True)
                done = subprocess.run([program], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), f"{name} {standard}")


def add_tests(name, is_cpp):
    word = name.replace("++", "pp").replace("gpp", "gxx").replace("clangpp", "clangxx")
    setattr(Headers, f"test_{word}_takes_every_header_without_a_warning", lambda self: self.compile_all(name))
    if is_cpp:
        setattr(Headers, f"test_a_program_with_trace_hpp_by_{word}_records_its_spans",
                lambda self: self.run_program(name))


for each, kind in C.items():
    add_tests(each, kind == "c++")

if __name__ == "__main__":
    sys.exit(harness.main())
