# SPDX-License-Identifier: Apache-2.0
"""libtrace/examples and the tutorial: each program compiles without a warning, and prints what is said of it."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

EXAMPLES = os.path.join(harness.SOURCE, "libtrace", "examples")
LIB = os.environ.get("LIBTRACE_LIB") or os.path.join(os.path.dirname(harness.BIN), "lib")
SANITIZE = os.environ.get("LIBTRACE_SANITIZE", "none")
SANITIZE_FLAGS = [] if SANITIZE == "none" else [f"-fsanitize={SANITIZE}"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
# What an example needs beside libtrace-c; h2o's .pc names none of what its headers and library need.
MODULES = {"libuv": ["libuv"], "curl_client": ["libcurl"], "h2o_server": ["libh2o-evloop", "openssl", "zlib"]}
LINES_MAX = 40  # of code: without comments, empty lines and those of a brace alone

SOURCES = sorted(glob.glob(os.path.join(EXAMPLES, "*.c")) + glob.glob(os.path.join(EXAMPLES, "*.cpp")))


def name_of(source):
    return os.path.splitext(os.path.basename(source))[0]


def read(path):
    with open(path) as file:
        return file.read()


def pkg_config(*words):
    env = {**os.environ, "PKG_CONFIG_PATH": f"{LIB}/pkgconfig:{os.environ.get('PKG_CONFIG_PATH', '')}"}
    done = subprocess.run(["pkg-config", *words], capture_output=True, text=True, env=env)
    return done.stdout.split() if done.returncode == 0 else None


def compiler(name):
    return shutil.which(name) or shutil.which(f"{name}-14")


def compile_example(source, compilers, folder, *more):
    """None, or why it cannot be tried; raises what the compiler printed."""
    command = compiler(compilers[source.endswith(".cpp")])
    theirs = pkg_config("--cflags", "--libs", *MODULES[name_of(source)]) if name_of(source) in MODULES else []
    if not command or theirs is None:
        return f"no {compilers}" if not command else f"no {MODULES[name_of(source)]}"
    theirs = [flag.replace("-I", "-isystem", 1) if flag.startswith("-I") else flag for flag in theirs]
    standard = "-std=c++11" if source.endswith(".cpp") else "-std=gnu11"
    done = subprocess.run([command, standard, *STRICT, source, "-o", os.path.join(folder, name_of(source)), *more,
                           *pkg_config("--cflags", "--libs", "libtrace-c"), *theirs, "-pthread", "-lm", f"-Wl,-rpath,{LIB}"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), f"{source}: {done.stderr}"
    return None


def promised(source):
    """The command of the first comment and what it prints."""
    comment = re.search(r"/\* " + os.path.basename(source) + r" - .*?\*/", read(source), re.DOTALL)[0]
    command, *printed = re.findall(r"(?m)^ \*\t(.*)$", comment)
    assert command.startswith("$ "), f"{source} has no command"
    return command[2:], printed


def comparable(lines, command):
    """Traces, in any order, and other lines, without durations and ids, but for those of the command."""
    traces, others = [], []
    for line in lines:
        line = re.sub(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{32}\b", lambda m: m[0] if m[0] in command else "ID", line)
        line = re.sub(r"  \d+\.\d+ (us|ms|s)\b", "  TIME", line)
        if line.startswith("trace "):
            traces.append([line])
        elif "  TIME" in line or line.lstrip().startswith("- exception"):
            traces[-1].append(line)
        else:
            others.append(line)
    return others, sorted(traces)


def count_traces(lines):
    return len({line for line in lines if line.startswith("trace ")})


class Examples(unittest.TestCase):
    def compile_all(self, compilers):
        missing = set()
        with tempfile.TemporaryDirectory() as folder:
            for source in SOURCES:
                missing.add(compile_example(source, compilers, folder))
        if missing != {None}:
            self.skipTest(f"not all were compiled: {missing - {None}}")

    @unittest.skipIf(harness.SANITIZED, "the same without sanitizers")
    def test_gcc_compiles_each_without_a_warning(self):
        self.compile_all(("gcc", "g++"))

    @unittest.skipIf(harness.SANITIZED, "the same without sanitizers")
    def test_clang_compiles_each_without_a_warning(self):
        self.compile_all(("clang", "clang++"))

    def check_output(self, command, printed, folder):
        done = subprocess.run(command, shell=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=30 * harness.SLOWNESS, env={**os.environ, "OTEL_TRACES_EXPORTER": "console"})
        lines = done.stdout.splitlines()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(comparable(lines, command), comparable(printed, command), done.stdout)
        self.assertEqual(count_traces(lines), count_traces(printed), done.stdout)

    def run_example(self, source):
        command, printed = promised(source)
        with tempfile.TemporaryDirectory() as folder:
            for each in re.findall(r"\./(\w+)", command):
                path = next(path for path in SOURCES if name_of(path) == each)
                missing = compile_example(path, ("gcc", "g++"), folder, *SANITIZE_FLAGS)
                if missing:
                    self.skipTest(missing)
            self.check_output(command, printed, folder)

    def test_the_programs_of_the_tutorial_print_what_it_says(self):
        found = re.findall(r"^```(c|text)\n(.*?)^```", read(os.path.join(harness.SOURCE, "libtrace", "tutorial.md")), re.S | re.M)
        self.assertEqual([kind for kind, _ in found], ["c", "text"] * (len(found) // 2))
        for (_, program), (_, text) in zip(found[::2], found[1::2]):
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                command, *printed = text.splitlines()
                with open(os.path.join(folder, "shop.c"), "w") as file:
                    file.write(program)
                for compilers in (("clang", "clang++"), ("gcc", "g++"))[harness.SANITIZED:]:
                    compile_example(os.path.join(folder, "shop.c"), compilers, folder, *SANITIZE_FLAGS)
                self.check_output(command[2:], printed, folder)

    def test_each_is_short(self):
        for source in SOURCES:
            code = re.sub(r"/\*.*?\*/", "", read(source), flags=re.DOTALL)
            lines = [line for line in code.splitlines() if line.strip(" \t{};")]
            self.assertLessEqual(len(lines), LINES_MAX, source)

    def test_the_readme_lists_each(self):
        listed = re.findall(r"\[(\w+\.c(?:pp)?)\]\((\1)\)", read(os.path.join(EXAMPLES, "README.md")))
        self.assertEqual(sorted(name for name, _ in listed), [os.path.basename(source) for source in SOURCES])


for each in SOURCES:
    setattr(Examples, f"test_{name_of(each)}_prints_what_its_comment_says", lambda self, each=each: self.run_example(each))

if __name__ == "__main__":
    harness.main()
