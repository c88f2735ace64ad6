# SPDX-License-Identifier: Apache-2.0
"""Libraries that come and go, several libcurls in a process, and the ways round LD_PRELOAD."""
import glob
import os
import shutil
import subprocess
import unittest

import harness
from collector import Collector
from harness import StackTest, http_bytes, run

CASES = os.environ.get("LIBTRACE_CASES", "")
HOST = os.path.join(CASES, "plugin_host")
URL = "http://127.0.0.1:8002/"


def pairs(kind, numbers):
    """PLUGIN NUMBER PLUGIN NUMBER..."""
    return [word for n in numbers for word in (os.path.join(CASES, f"{kind}_{n}.so"), str(n))]


class Plugins(unittest.TestCase):
    def check(self, *arguments, says, env=None):
        plain = run([HOST, *arguments], timeout=120)
        self.assertEqual((plain.code, plain.out, plain.err), (0, says, ""))
        traced = run([HOST, *arguments], traced=True, env={"OTEL_TRACES_EXPORTER": "none", **(env or {})}, timeout=120)
        self.assertEqual(traced[:3], plain[:3])

    def test_10000_loads_and_unloads_at_one_address_are_each_served_by_their_own_libcurl(self):
        n = "10000" if not harness.SANITIZED else "1000"
        self.check("cycles", n, *pairs("plugin", (1, 2)), says="0 wrong, addresses used again\n")

    def test_so_are_those_of_two_threads_at_once(self):
        n = "2000" if not harness.SANITIZED else "200"
        self.check("threads", n, *pairs("plugin", (1, 2)), says="0 wrong\n")

    def test_a_ninth_libcurl_s_calls_pass_through(self):
        self.check("beside", *pairs("plugin", range(1, 11)), says="0 wrong of 30\n")

    def test_dlsym_on_a_handle_leads_to_that_handle_s_libcurl(self):
        self.check("handles", *pairs("fake_curl", range(1, 11)), says="0 wrong of 10\n")

    def test_dlsym_finds_what_there_is_without_the_agent_and_nothing_else(self):
        symbols = run([HOST, "symbols", pairs("fake_curl", (1,))[0]])
        self.assertIn("before curl_easy_perform: none, error", symbols.out)
        self.assertIn("handle curl_easy_perform: found, no error", symbols.out)
        self.assertIn("handle curl_url_set: none, error", symbols.out)
        self.check("symbols", pairs("fake_curl", (1,))[0], says=symbols.out)


class Spans(StackTest):
    """What does not call by its import table is traced all the same."""

    def setUp(self):
        super().setUp()
        self.server = self.serve_raw(8002, http_bytes(200, b"ok"))
        self.collector = Collector()
        self.addCleanup(self.collector.stop)

    def check(self, command, n=1, names=("GET",)):
        """The same with the agent as without, and n spans."""
        plain = run(command)
        self.assertEqual(plain.code, 0, plain)
        self.assertEqual(len(self.server.requests), n)
        traced = run(command, traced=True, env=self.TRACING)
        self.assertEqual(traced[:3], plain[:3])
        self.assertEqual(len(self.server.requests), 2 * n)
        self.assertTrue(all(b"\ntraceparent: 00-" in request for request in self.server.requests[n:]))
        self.assertFalse(any(b"\ntraceparent: " in request for request in self.server.requests[:n]))
        self.assertEqual(sorted(self.collector.taken), sorted(names))

    def test_a_plugin_opened_with_deepbind(self):
        if harness.SANITIZED:
            self.skipTest("AddressSanitizer refuses RTLD_DEEPBIND")
        for plugin in glob.glob(os.path.join(CASES, "plugin_real*.so")):
            with self.subTest(plugin=os.path.basename(plugin)):
                self.server.requests.clear()
                self.collector.taken.clear()
                self.check([HOST, "deep", URL, plugin])

    def test_python_s_ctypes(self):
        self.check(["python3", "-c", f"""
import ctypes
curl = ctypes.CDLL("libcurl.so.4")
curl.curl_easy_init.restype = ctypes.c_void_p
easy = ctypes.c_void_p(curl.curl_easy_init())
assert curl.curl_easy_setopt(easy, 10002, b"{URL}") == 0
assert curl.curl_easy_perform(easy) == 0
curl.curl_easy_cleanup(easy)
"""])

    def need(self, program, *probe):
        if not shutil.which(program) or subprocess.run([program, *probe], capture_output=True).returncode:
            self.skipTest(f"no {program} {' '.join(probe)}")

    def test_ruby_s_ffi(self):
        self.need("ruby", "-e", "require 'ffi'")
        self.check(["ruby", "-e", f"""
require "ffi"
module Curl
  extend FFI::Library
  ffi_lib "libcurl.so.4"
  attach_function :curl_easy_init, [], :pointer
  attach_function :curl_easy_setopt, [:pointer, :int, :varargs], :int
  attach_function :curl_easy_perform, [:pointer], :int
end
easy = Curl.curl_easy_init
Curl.curl_easy_setopt(easy, 10002, :string, "{URL}")
p Curl.curl_easy_perform(easy)
"""])

    def test_php_whose_extensions_are_opened_with_deepbind(self):
        self.need("php", "-r", "curl_init() ?: exit(1);")
        if harness.SANITIZED:
            self.skipTest("AddressSanitizer refuses RTLD_DEEPBIND")
        self.check(["php", "-r", f"""
$c = curl_init("{URL}1");
curl_setopt($c, CURLOPT_RETURNTRANSFER, 1);
echo curl_exec($c);
$d = curl_copy_handle($c);
curl_setopt($d, CURLOPT_URL, "{URL}2");
curl_setopt($d, CURLOPT_CUSTOMREQUEST, "DELETE");
echo curl_exec($d);
curl_reset($c);
curl_setopt($c, CURLOPT_URL, "{URL}3");
curl_setopt($c, CURLOPT_WRITEFUNCTION, function ($c, $text) {{
    $nested = curl_init("{URL}4");
    curl_setopt($nested, CURLOPT_RETURNTRANSFER, 1);
    echo curl_exec($nested);
    return strlen($text);
}});
curl_exec($c);
$multi = curl_multi_init();
curl_setopt($d, CURLOPT_URL, "{URL}5");
curl_multi_add_handle($multi, $d);
do {{ curl_multi_exec($multi, $running); curl_multi_select($multi, 0.1); }} while ($running);
echo curl_multi_getcontent($d);
"""], n=5, names=["GET"] * 3 + ["DELETE"] * 2)


if __name__ == "__main__":
    harness.main()
