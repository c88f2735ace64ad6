# SPDX-License-Identifier: Apache-2.0
"""How other projects take the library: pkg-config, CMake, a meson subproject, the archive; what it costs them."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness
from collector import Collector

PREFIX = os.path.dirname(harness.BIN)
LIB = os.environ.get("LIBTRACE_LIB") or os.path.join(PREFIX, "lib")
CC = os.environ.get("LIBTRACE_CC", "cc").split()
SANITIZE = os.environ.get("LIBTRACE_SANITIZE", "none")
STRIPPED_MAX_BYTES = 200_000  # by gcc 12; gcc 16 makes it 203 kB
STRIPPED_MAX_BYTES_NEWER = 210_000

# Prints which libraries are in it after its span was exported.
PROGRAM = r"""
#include <libtrace/sdk.h>
#include <stdio.h>
int main(void)
{
	struct lt_provider *provider;
	if (strcmp(lt_version(), LT_VERSION) || lt_provider_new(NULL, &provider))
		return 1;
	lt_span_end(lt_span_start(lt_tracer_get(provider, "consumer", NULL), "work", NULL));
	int err = lt_provider_flush(provider, 5000);
	FILE *maps = fopen("/proc/self/maps", "r");
	for (char line[4096]; maps && fgets(line, sizeof(line), maps);)
		fputs(line, stdout);
	fclose(maps);
	lt_provider_free(provider);
	return err ? 2 : 0;
}
"""
CMAKE = """
cmake_minimum_required(VERSION 3.13)
project(consumer C)
find_package(libtrace-c {series} CONFIG REQUIRED)
foreach(kind libtrace-c static)
  add_executable(with-${{kind}} consumer.c)
  target_link_libraries(with-${{kind}} libtrace-c::${{kind}})
endforeach()
"""
MESON = """
project('consumer', 'c')
executable('consumer', 'consumer.c', dependencies: dependency('libtrace-c', version: '>=0.1'))
"""
WRAP = """
[wrap-file]
directory = libtrace

[provide]
dependency_names = libtrace-c
"""


def libraries(maps):
    """The names of the libraries that are mapped, without their versions."""
    return {re.match(r"[\w+-]*", os.path.basename(path))[0] for path in re.findall(r"(?m) (/\S*\.so[.\d]*)$", maps)}


def needed(path):
    dynamic = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"NEEDED.*\[(.*)\]", dynamic)


def c_args():
    """The builder's own options: -O2 among them comes after those by which the library is small."""
    path = os.path.join(os.environ.get("MESON_BUILD_ROOT", ""), "meson-info", "intro-buildoptions.json")
    with open(path) as file:
        return next(option["value"] for option in json.load(file) if option["name"] == "c_args")


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("consumer.c", PROGRAM)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def command(self, *words, **env):
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, env={**os.environ, **env})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def compile(self, *flags):
        sanitize = [] if SANITIZE == "none" else [f"-fsanitize={SANITIZE}"]
        self.command(*CC, "consumer.c", "-o", "consumer", *sanitize, *flags, f"-Wl,-rpath,{LIB}")
        return os.path.join(self.folder, "consumer")

    def pkg_config(self, *options):
        return self.command("pkg-config", *options, "libtrace-c", PKG_CONFIG_PATH=f"{LIB}/pkgconfig").split()

    def exports(self, program):
        """Runs it beside a collector, which must get its span; returns the libraries that it had in the end."""
        collector = Collector()
        try:
            done = harness.run([program])
        finally:
            collector.stop()
        self.assertEqual((done.code, done.err, collector.taken), (0, "", ["work"]))
        return libraries(done.out)

    def test_pkg_config_builds_a_program_with_the_shared_library(self):
        program = self.compile(*self.pkg_config("--cflags", "--libs"))
        self.assertIn("libtrace-c.so.0", needed(program))
        self.assertIn("libtrace-c", self.exports(program))

    def test_pkg_config_static_builds_a_program_with_the_archive(self):
        flags = self.pkg_config("--static", "--cflags", "--libs")
        program = self.compile(*[f"{LIB}/libtrace-c.a" if flag == "-ltrace-c" else flag for flag in flags])
        self.assertNotIn("libtrace-c", " ".join(needed(program)))
        self.assertNotIn("libtrace-c", self.exports(program))

    @unittest.skipIf(harness.SANITIZED, "the programs would need the sanitizers' flags")
    @unittest.skipUnless(shutil.which("cmake"), "no cmake")
    def test_find_package_builds_programs_with_either(self):
        series = ".".join(self.pkg_config("--modversion")[0].split(".")[:2])
        self.write("CMakeLists.txt", CMAKE.format(series=series))
        self.command("cmake", "-B", "build", f"-DCMAKE_PREFIX_PATH={PREFIX}", f"-Dlibtrace-c_DIR={LIB}/cmake/libtrace-c")
        self.command("cmake", "--build", "build")
        for name, is_shared in (("with-libtrace-c", True), ("with-static", False)):
            program = os.path.join(self.folder, "build", name)
            self.assertEqual("libtrace-c.so.0" in needed(program), is_shared, name)
            self.exports(program)

    @unittest.skipUnless(shutil.which("cmake"), "no cmake")
    def test_find_package_refuses_another_series(self):
        self.write("CMakeLists.txt", CMAKE.format(series="9.9"))
        done = subprocess.run(["cmake", "-B", "build", f"-Dlibtrace-c_DIR={LIB}/cmake/libtrace-c"], cwd=self.folder,
                              capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("version", done.stderr)

    @unittest.skipIf(harness.SANITIZED, "the same sources are built without sanitizers as well")
    @unittest.skipIf("NIX_BUILD_TOP" in os.environ, "Nix's linker has programs find the installed library first")
    def test_a_meson_subproject_takes_the_library_alone(self):
        self.write("meson.build", MESON)
        self.write("subprojects/libtrace-c.wrap", WRAP)
        inside = os.path.join(self.folder, "subprojects", "libtrace")
        os.mkdir(inside)
        for name in ("meson.build", "meson_options.txt"):
            shutil.copy(os.path.join(harness.SOURCE, name), inside)
        shutil.copytree(os.path.join(harness.SOURCE, "libtrace"), os.path.join(inside, "libtrace"))
        told = self.command("meson", "setup", "build", "--wrap-mode", "nodownload", "-Doptimization=0")
        self.assertNotRegex(told, "(?i)h2o|jansson|openssl")
        self.command("ninja", "-C", "build", "consumer")
        program = os.path.join(self.folder, "build", "consumer")
        self.assertIn(os.path.join(self.folder, "build"), self.command("ldd", program))
        self.exports(program)

    @unittest.skipIf(harness.SANITIZED, "sanitizers make it larger")
    @unittest.skipIf(c_args(), f"built with {' '.join(c_args())}")
    def test_stripped_it_stays_under_200_kb(self):
        stripped = os.path.join(self.folder, "stripped")
        self.command("strip", "-o", stripped, os.path.realpath(os.path.join(LIB, "libtrace-c.so")))
        harness.note(f"libtrace-c.so has {os.path.getsize(stripped):,} bytes without its debugging information")
        version = int(re.match(r"\d+", self.command(*CC, "-dumpversion"))[0])
        self.assertLess(os.path.getsize(stripped), STRIPPED_MAX_BYTES if version <= 12 else STRIPPED_MAX_BYTES_NEWER)

    def test_curl_jansson_and_yaml_are_loaded_only_by_who_uses_them(self):
        others = {"libcurl", "libcurl-gnutls", "libjansson", "libyaml", "libz", "libssl", "libcrypto"}
        program = self.compile(*self.pkg_config("--cflags", "--libs"))
        self.assertEqual(others & set(map(lambda name: name.partition(".")[0], needed(os.path.join(LIB, "libtrace-c.so")))), set())
        for exporter in ("none", "console"):
            done = harness.run([program], env={"OTEL_TRACES_EXPORTER": exporter})
            self.assertEqual((done.code, others & libraries(done.out)), (0, set()), exporter)
        loaded = self.exports(program)
        self.assertIn("libcurl", loaded)
        self.assertEqual({"libjansson", "libyaml"} & loaded, set())


if __name__ == "__main__":
    harness.main()
