# SPDX-License-Identifier: Apache-2.0
"""The files of `meson install` suffice to use this project."""
import glob
import os
import re
import subprocess
import tempfile
import unittest

import harness
from collector import Collector

PREFIX = os.path.dirname(harness.BIN)
LIB = os.environ.get("LIBTRACE_LIB") or os.path.join(PREFIX, "lib")
INCLUDE = os.path.join(PREFIX, "include", "libtrace")
MUSL = os.path.join(LIB, "libtrace-musl")
CC = os.environ.get("LIBTRACE_CC", "cc").split()

SMALL_PROGRAM = r"""
#include <libtrace/sdk.h>
#include <stdio.h>
int main(void)
{
	struct lt_provider *provider;
	if (lt_provider_new(NULL, &provider))
		return 1;
	struct lt_span *span = lt_span_start(lt_tracer_get(provider, "small", NULL), "work", NULL);
	lt_span_set(span, LT_ATTRS(lt_str("k", "v"), lt_int("n", 1)));
	lt_span_end(span);
	puts(lt_provider_flush(provider, 5000) ? "lost" : "sent");
	lt_provider_free(provider);
	return 0;
}
"""


def exported(library):
    """The symbols that a shared library defines for others."""
    listed = subprocess.run(["nm", "-D", "--defined-only", os.path.join(LIB, library)], capture_output=True, text=True,
                            check=True).stdout
    return {line.split()[2].partition("@")[0] for line in listed.splitlines() if line.split()[1] != "A"}


def without_sanitizers(names):
    return {name for name in names if not name.startswith(("__asan", "__odr_asan", "__ubsan"))}


def read_elf(option, library):
    return subprocess.run(["readelf", option, os.path.join(LIB, library)], capture_output=True, text=True,
                          check=True).stdout


def needed(library):
    return re.findall(r"NEEDED.*\[(.*)\]", read_elf("-dW", library))


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def declared():
    """The functions that the installed headers say are LT_API."""
    names = set()
    for header in glob.glob(os.path.join(INCLUDE, "*.h")):
        with open(header) as file:
            text = without_comments(file.read()).replace("\n#define LT_API", "\n")
        names |= set(re.findall(r"\bLT_API\b[^;{(]*?\b(lt_\w+)\s*\(", text))
    return names


class Build(unittest.TestCase):
    def pkg_config(self, *arguments):
        env = {**os.environ, "PKG_CONFIG_PATH": os.path.join(LIB, "pkgconfig")}
        done = subprocess.run(["pkg-config", *arguments, "libtrace-c"], capture_output=True, text=True, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def compile(self, source, *more):
        """Compiles a program with what pkg-config says alone; returns its path."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "program")
        with open(path + ".c", "w") as file:
            file.write(source)
        flags = self.pkg_config("--cflags", "--libs")
        sanitize = [f"-fsanitize={os.environ['LIBTRACE_SANITIZE']}"] if harness.SANITIZED else []
        done = subprocess.run([*CC, "-Wall", "-Wextra", "-Werror", *more, path + ".c", "-o", path, *sanitize, *flags,
                               f"-Wl,-rpath,{LIB}"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def run_traced(self, path):
        collector = Collector()
        try:
            done = harness.run([path])
        finally:
            collector.stop()
        self.assertEqual(done.code, 0, done)
        return done, collector.taken

    def test_pkg_config_suffices_to_build_a_program_in_every_c_standard_from_11(self):
        for standard in ("c11", "gnu11", "c17"):
            done, taken = self.run_traced(self.compile(SMALL_PROGRAM, f"-std={standard}"))
            self.assertEqual((done.out, done.err, taken[-1]), ("sent\n", "", "work"))

    def test_the_readme_s_example_compiles_and_runs(self):
        try:
            with open(os.path.join(harness.SOURCE, "README.md")) as readme:
                examples = re.findall(r"^```c\n(.*?)^```", readme.read(), re.DOTALL | re.MULTILINE)
        except FileNotFoundError:
            self.skipTest("there is no README.md yet")
        programs = [example for example in examples if "int main(" in example]
        self.assertTrue(programs, "README.md has no example with a main()")
        for program in programs:
            _, taken = self.run_traced(self.compile(program))
            self.assertTrue(taken)

    def test_the_version_is_the_same_everywhere(self):
        (version,) = self.pkg_config("--modversion")
        self.assertEqual(harness.run(["libtrace-instrument", "--version"]).out, f"libtrace-instrument {version}\n")
        with open(os.path.join(INCLUDE, "trace.h")) as header:
            self.assertIn(f'#define LT_VERSION "{version}"', header.read())


def hook_tables():
    """The text of each hook's table."""
    for path in glob.glob(os.path.join(harness.SOURCE, "libtrace", "agent", "hook_*", "table.h")):
        with open(path) as file:
            yield file.read()


class Symbols(unittest.TestCase):
    def test_libtrace_exports_what_its_headers_declare_and_nothing_else(self):
        found = without_sanitizers(exported("libtrace-c.so"))
        self.assertEqual(found, declared())
        self.assertEqual([name for name in found if not name.startswith("lt_")], [])

    def test_every_exported_function_has_the_version_that_the_map_gives_it(self):
        with open(os.path.join(harness.SOURCE, "libtrace", "src", "libtrace-c.map")) as file:
            nodes = re.findall(r"^(LIBTRACE_C_[\d.]+) \{(.*?)^\}", file.read(), re.MULTILINE | re.DOTALL)
        listed = [f"{name}@@{node}" for node, body in nodes for name in re.findall(r"\b(lt_\w+);", body)]
        found = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", os.path.join(LIB, "libtrace-c.so")],
                               capture_output=True, text=True, check=True).stdout
        self.assertEqual(sorted(re.findall(r"\b(lt_\S+)", found)), listed, "sorted, as they are in the map")

    def test_the_agent_exports_only_what_it_wraps(self):
        wrapped = set()
        for table in hook_tables():
            (prefix,) = re.findall(r'^HOOK\(\w+, \w+, "[^"]+", "([^"]*)"', table, re.MULTILINE)
            names = re.findall(r"^HOOK_WRAPS\(\w+, (\w+)\)", table, re.MULTILINE)
            self.assertTrue(names and all(name.startswith(prefix) for name in names), names)
            wrapped |= set(names)
        self.assertEqual(exported("libtrace-agent.so"),
                         wrapped | {"chroot", "dlclose", "dlsym", "dlvsym", "lt_agent_gate"})
        self.assertEqual(without_sanitizers(exported("libtrace-agent-core.so")), {"lt_agent_core"})

    def test_what_is_preloaded_needs_nothing_that_a_dynamic_linker_could_miss(self):
        library = os.path.join(LIB, "libtrace-agent.so")
        self.assertEqual(needed("libtrace-agent.so"), [])
        self.assertEqual(subprocess.run(["nm", "-D", "--undefined-only", library], capture_output=True, text=True,
                                        check=True).stdout.split(), ["w", "dl_iterate_phdr"])
        self.assertNotIn("TLS", read_elf("-lW", "libtrace-agent.so"))

    def test_no_library_needs_more_than_libtrace_and_an_old_c_library(self):
        if harness.SANITIZED:
            self.skipTest("sanitizers bring libraries and newest versions of their own")
        for library in ("libtrace-c.so", "libtrace-c-config.so", "libtrace-agent-core.so"):
            for name in needed(library):
                self.assertRegex(name, r"^(libtrace-c\.so\.0|lib(c|dl|pthread)\.so\.\d|ld-linux-.*)$", library)
            versions = re.findall(r"Name: (\w+_[\d.]+) ", read_elf("-VW", library))
            self.assertTrue(versions)
            for version in versions:
                kind, _, number = version.rpartition("_")
                if kind == "LIBTRACE_C":
                    continue
                self.assertEqual(kind, "GLIBC", library)
                self.assertLessEqual([int(part) for part in number.split(".")], [2, 31],
                                     f"{library} needs {version}: see libtrace/old_glibc.h")

    @unittest.skipUnless(os.path.exists(MUSL), "no musl-gcc when this was built")
    def test_what_is_for_musl_needs_no_other_c_library_and_no_thread_local_memory_of_the_start(self):
        for library, others in (("libtrace-c.so.0", set()), ("libtrace-agent-core.so", {"libtrace-c.so.0"})):
            path = os.path.join(MUSL, library)
            self.assertEqual(set(needed(path)), {"libc.so"} | others)  # any name that begins like this is musl
            self.assertNotIn("GLIBC", read_elf("-VW", path))
            self.assertNotRegex(read_elf("-rW", path), "TPOFF")  # musl refuses it in what is loaded later
            self.assertNotIn("STATIC_TLS", read_elf("-dW", path))
        self.assertEqual(exported(os.path.join(MUSL, "libtrace-agent-core.so")), {"lt_agent_core"})
        self.assertEqual(exported(os.path.join(MUSL, "libtrace-c.so.0")), declared())
        self.assertIn("RUNPATH", read_elf("-dW", os.path.join(MUSL, "libtrace-agent-core.so")))


def installed_elfs():
    """Name -> what `readelf -hlndW` prints, of all programs and libraries of `meson install`."""
    paths = glob.glob(os.path.join(harness.BIN, "*")) + glob.glob(os.path.join(LIB, "**", "*.so*"), recursive=True)
    paths = [path for path in paths if not os.path.islink(path)]
    elfs = {}
    for path in paths:
        with open(path, "rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        name = os.path.relpath(path, LIB if path.startswith(LIB) else harness.BIN)
        elfs[name] = subprocess.run(["readelf", "-hlndsW", path], capture_output=True, text=True, check=True).stdout
    return elfs


@unittest.skipIf(harness.SANITIZED, "a sanitized build is not hardened")
class Hardening(unittest.TestCase):
    GATE = "libtrace-agent.so"

    def setUp(self):
        self.elfs = installed_elfs()
        self.assertIn("api-gateway", self.elfs)
        self.assertIn(self.GATE, self.elfs)

    def lacking(self, pattern, names=None):
        return [name for name in names or self.elfs if not re.search(pattern, self.elfs[name])]

    def imports(self, name):
        return set(re.findall(r"\bUND (\w+)", self.elfs[name]))

    def test_programs_are_position_independent(self):
        self.assertEqual(self.lacking(r"Type: +DYN"), [])
        programs = [name for name in self.elfs if ".so" not in name]
        self.assertEqual(self.lacking(r"FLAGS_1.*\bPIE\b", programs), [])

    def test_no_stack_is_executable(self):
        self.assertEqual(self.lacking(r"GNU_STACK.* RW +0x"), [])

    def test_all_have_full_relro_but_for_the_gate_whose_slots_are_bound_at_run_time(self):
        rest = [name for name in self.elfs if name != self.GATE]
        self.assertEqual(self.lacking("GNU_RELRO", rest), [])
        self.assertEqual(self.lacking(r"\bBIND_NOW\b|FLAGS_1.*\bNOW\b", rest), [])

    def test_stacks_are_protected_where_there_is_a_c_library(self):
        for name in self.elfs:
            with self.subTest(file=name):
                self.assertEqual("__stack_chk_fail" in self.imports(name), name != self.GATE)

    def test_calls_of_the_c_library_are_checked(self):
        for name in ("api-gateway", "order-service", "traceview", "libtrace-instrument"):
            with self.subTest(file=name):
                self.assertTrue([symbol for symbol in self.imports(name) if symbol.endswith("_chk")])

    @unittest.skipUnless(os.uname().machine == "x86_64", "CET is x86's")
    def test_branches_lead_to_where_they_may(self):
        """The linker notes it of an object whose parts all do: Debian 12's crti.o, in all but the gate, does not."""
        starts = subprocess.run([*CC, "-print-file-name=crti.o"], capture_output=True, text=True, check=True).stdout.strip()
        notes = subprocess.run(["readelf", "-n", starts], capture_output=True, text=True, check=True).stdout
        self.assertEqual(self.lacking(r"x86 feature: .*IBT, SHSTK", None if "IBT" in notes else [self.GATE]), [])
        for name in ("libtrace-c.so", "libtrace-agent-core.so"):
            code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", os.path.join(LIB, name)], capture_output=True,
                                  text=True, check=True).stdout
            starts = re.findall(r"<(?:lt|curl|h2o)_\w+>:\n +[0-9a-f]+:\s+(\w+)", code)
            self.assertGreater(starts.count("endbr64"), 10, name)


class Tree(unittest.TestCase):
    def test_no_file_has_a_name_that_another_library_owns(self):
        """libtrace3 (packet traces) of Debian, of version 4 in nixpkgs: what their packages install."""
        theirs = {"libtrace.so", "libtrace.a", "libtrace.h", "libtrace_parallel.h", "buckets.h", "dagformat.h",
                  "daglegacy.h", "deque.h", "erftypes.h", "format_ndag.h", "hash_toeplitz.h", "linked_list.h",
                  "lt_inttypes.h", "message_queue.h", "object_cache.h", "pthread_spinlock.h", "ring_buffer.h",
                  "rt_protocol.h", "simple_circular_buffer.h", "sliding_window.h", "vector.h"}
        ours = set(os.listdir(INCLUDE)) | {*needed("libtrace-agent-core.so")}
        self.assertEqual(theirs & ours, set())
        self.assertIn("Library soname: [libtrace-c.so.0]", read_elf("-dW", "libtrace-c.so"))
        self.assertIn("-ltrace-c", Build.pkg_config(self, "--libs"))

    def test_everything_is_where_it_belongs(self):
        for path in ("bin/api-gateway", "bin/api-gateway-manual", "bin/order-service", "bin/order-service-custom",
                     "bin/order-service-manual", "bin/traceview", "bin/libtrace-instrument", "lib/libtrace-c.so", "lib/libtrace-c-config.so",
                     "lib/libtrace-agent.so", "lib/libtrace-agent-core.so", "lib/pkgconfig/libtrace-c.pc", "include/libtrace/trace.h"):
            self.assertTrue(os.path.exists(os.path.join(PREFIX, path)), path)

    def test_the_man_page_is_there_and_says_what_the_launcher_does(self):
        with open(os.path.join(PREFIX, "share/man/man1/libtrace-instrument.1")) as page:
            text = page.read()
        self.assertIn(".TH", text)
        for word in ("NAME", "SYNOPSIS", "libtrace", "doctor", "service"):
            self.assertIn(word, text)


if __name__ == "__main__":
    harness.main()
