# SPDX-License-Identifier: Apache-2.0
"""Forks while the first span is exported: no child inherits a libcurl, a TLS library or a linker that is half set up.

LIBTRACE_FORKS: of each kind of program, 80; 1000 where somebody waits for it.
"""
import ctypes
import os
import tempfile
import unittest
from collections import Counter

import harness
from collector import Collector

HOST = os.path.join(os.environ.get("LIBTRACE_CASES", ""), "forks")
PYTHON_HOST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forks_pycurl_host.py")
PYCURL = os.environ.get("LIBTRACE_PYCURL")
N = int(os.environ.get("LIBTRACE_FORKS", "80"))
PER_PROGRAM = 40  # as many as come while libcurl is loaded and the first connection is made
AT_ONCE = {"OTEL_BSP_SCHEDULE_DELAY": "1"}
NAME = b"libcurl.so.4\0"
OTHER_NAME = b"libcurl-xy.4\0"


def path_of_libcurl():
    ctypes.CDLL("libcurl.so.4")
    with open("/proc/self/maps") as maps:
        return next(line.split()[-1] for line in maps if "/libcurl.so.4" in line)


# gcc 12's AddressSanitizer does not guard its allocator against a fork while another thread is in it.
@unittest.skipIf(harness.SANITIZED, "a sanitizer's own locks cross the fork")
class Forks(unittest.TestCase):
    def setUp(self):
        self.collector = Collector()
        self.addCleanup(self.collector.stop)

    def ends(self, command, env, traced=False):
        """How the children of as many programs as it takes ended."""
        ends = Counter()
        while sum(ends.values()) < N:
            finished = harness.run(command, env=env, traced=traced, timeout=60)
            self.assertEqual(finished.code, 0, finished)
            self.assertNotIn("Inconsistency detected", finished.err)
            for line in finished.out.splitlines():
                how, _, n = line.rpartition(" ")
                if how == "parent":
                    self.assertEqual(n, "ok", finished)
                else:
                    ends[how] += int(n)
        return ends

    def expect_well(self, libcurl):
        ends = self.ends([HOST, libcurl, str(PER_PROGRAM)], AT_ONCE)
        self.assertEqual(ends, {"ok": ends["ok"]})
        # Each child's own, and the parent's two.
        self.assertEqual(len(self.collector.taken), ends["ok"] + 2 * ends["ok"] // PER_PROGRAM)

    def test_without_a_libcurl(self):
        self.expect_well("-")

    def test_with_libcurl_loaded(self):
        self.expect_well(path_of_libcurl())

    def test_with_a_libcurl_of_another_name_loaded(self):
        with open(path_of_libcurl(), "rb") as file:
            library = file.read()
        self.assertIn(NAME, library)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "libcurl-other.so")
            with open(path, "wb") as file:
                file.write(library.replace(NAME, OTHER_NAME))
            self.expect_well(path)

    @unittest.skipUnless(PYCURL, "LIBTRACE_PYCURL names no python that has pip's pycurl")
    def test_in_pycurl_as_pip_has_it(self):
        server = harness.RawServer(8080, harness.http_bytes(200, b"ok"))
        self.addCleanup(server.stop)
        self.assertEqual(self.ends([PYCURL, PYTHON_HOST, "8"], AT_ONCE, traced=True).keys(), {"ok"})


if __name__ == "__main__":
    harness.main()
