# SPDX-License-Identifier: Apache-2.0
"""Transfers whose ends a program does not read, or reads late: it counts the running ones instead."""
import os
import shutil
import subprocess
import unittest

import harness
from harness import StackTest, http_bytes, run

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HOST = os.path.join(os.environ.get("LIBTRACE_CASES", ""), "curl_ends")
BASE = "http://127.0.0.1:8002"
OK, MISSING, CUT, REFUSED = f"{BASE}/ok", f"{BASE}/missing", f"{BASE}/cut", "http://127.0.0.1:1/"


def reply(connection, request):
    path = request.split()[1]
    if path == b"/cut":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    elif path == b"/never":
        connection.recv(1)
    else:
        connection.sendall(http_bytes(404 if path == b"/missing" else 200, b"body"))


PYCURL = """
import pycurl, sys
multi, easies = pycurl.CurlMulti(), []
for url in sys.argv[1:]:
    easy = pycurl.Curl()
    easy.setopt(easy.URL, url)
    easy.setopt(easy.WRITEFUNCTION, len)
    multi.add_handle(easy)
    easies.append(easy)
while multi.perform()[1]:
    multi.select(1.0)
for easy in easies:
    multi.remove_handle(easy)
"""
PHP = """
$multi = curl_multi_init();
foreach (array_slice($argv, 1) as $url) {
    $easy = curl_init($url);
    curl_setopt($easy, CURLOPT_RETURNTRANSFER, true);
    curl_multi_add_handle($multi, $easy);
    $easies[] = $easy;
}
do {
    curl_multi_exec($multi, $n_running);
    curl_multi_select($multi);
} while ($n_running > 0);
foreach ($easies as $easy)
    curl_multi_remove_handle($multi, $easy);
"""


def succeeds(*command):
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True).returncode == 0


class Ends(StackTest):
    def setUp(self):
        super().setUp()
        self.start_backend()
        self.serve_raw(8002, reply)

    def spans_of_host(self, how, *urls):
        """The spans of a run, by URL; without the agent the program must see the same."""
        command = [HOST, how, *urls]
        plain = run(command)
        traced = run(command, traced=True, env={**self.TRACING, "TRACEPARENT": f"00-{TRACE}-{PARENT}-01"})
        self.assertEqual((plain.code, plain.err), (0, ""))
        self.assertEqual((traced.code, traced.out, traced.err), (plain.code, plain.out, plain.err))
        self.seen = plain.out
        return {span.attributes["url.full"]: span for span in self.backend.trace(TRACE, len(urls))}

    def expect(self, span, status_code, error, status):
        self.assertEqual(span.attributes.get("http.response.status_code"), status_code, span)
        self.assertEqual(span.attributes.get("error.type"), error, span)
        self.assertEqual(span.status, status, span)

    def expect_ends(self, how):
        spans = self.spans_of_host(how, OK, MISSING, CUT, REFUSED)
        self.expect(spans[OK], 200, None, 0)
        self.expect(spans[MISSING], 404, "404", 2)
        self.expect(spans[CUT], 200, "CURLE_PARTIAL_FILE", 2)
        self.expect(spans[REFUSED], None, "CURLE_COULDNT_CONNECT", 2)
        # Each was at its end before the next one began, though the program came to none of them until later.
        for before, after in ((OK, MISSING), (MISSING, CUT), (CUT, REFUSED)):
            self.assertLess(spans[before].end_ns, spans[after].start_ns)

    def test_a_transfer_that_is_removed_unread_has_its_own_end(self):
        self.expect_ends("remove")

    def test_a_transfer_whose_handle_is_freed_unread_has_its_own_end(self):
        self.expect_ends("cleanup")

    def test_a_transfer_whose_multi_handle_is_freed_has_its_own_end(self):
        self.expect_ends("stack")

    def test_messages_are_read_in_their_order_and_count_after_one_is_removed_unread(self):
        self.expect_ends("read")
        self.assertIn(f"read {OK}: 0, 2 left\nread {CUT}: 18, 1 left\nread {REFUSED}: 7, 0 left\nno more: 0 left\n",
                      self.seen)

    def test_a_transfer_that_is_given_up_has_neither_status_nor_error(self):
        spans = self.spans_of_host("give-up", f"{BASE}/never")
        self.expect(spans[f"{BASE}/never"], None, None, 0)

    def test_steps_in_any_order_look_the_same_to_the_program(self):
        for seed in range(4):
            command = [HOST.replace("curl_ends", "curl_random"), str(seed), "5000"]
            plain, traced = run(command), run(command, traced=True, env=self.TRACING)
            self.assertEqual((plain.code, plain.err), (0, ""))
            self.assertEqual((traced.code, traced.out, traced.err), (plain.code, plain.out, plain.err))

    def expect_ends_of(self, *command):
        """Of a program of somebody else's that asks for all of its URLs at once and reads no message."""
        done = run([*command, OK, MISSING, CUT], traced=True,
                   env={**self.TRACING, "TRACEPARENT": f"00-{TRACE}-{PARENT}-01"})
        self.assertEqual((done.code, done.err), (0, ""))
        spans = {span.attributes["url.full"]: span for span in self.backend.trace(TRACE, 3)}
        self.expect(spans[OK], 200, None, 0)
        self.expect(spans[MISSING], 404, "404", 2)
        self.expect(spans[CUT], 200, "CURLE_PARTIAL_FILE", 2)

    def test_pycurl_s_transfers_that_are_removed_unread_have_their_own_ends(self):
        python = next((p for p in ("/usr/bin/python3", "python3") if succeeds(p, "-c", "import pycurl")), None)
        if not python:
            self.skipTest("no pycurl")
        self.expect_ends_of(python, "-c", PYCURL)

    @unittest.skipIf(harness.SANITIZED, "a sanitizer refuses RTLD_DEEPBIND, by which php loads its extensions")
    def test_php_s_transfers_that_are_removed_unread_have_their_own_ends(self):
        if not succeeds("php", "-r", "exit(function_exists('curl_multi_init') ? 0 : 1);"):
            self.skipTest("no php with curl")
        self.expect_ends_of("php", "-r", PHP, "--")


if __name__ == "__main__":
    harness.main()
