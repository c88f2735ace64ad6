# SPDX-License-Identifier: Apache-2.0
"""`make compare`: what it counts as right, and that all of ours is, with few requests."""
import contextlib
import io
import os
import re
import subprocess
import sys
import unittest
from collections import Counter
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "integration")]
import harness  # noqa: E402
import compare  # noqa: E402
import gateways  # noqa: E402
from parents import Verdict, client_span_id, judge  # noqa: E402
from spans import Span  # noqa: E402

COMPARE = [sys.executable, os.path.join(HERE, "compare.py")]


def span(service, kind, name, span_id, parent, attributes=None):
    return Span(service, name, kind, attributes or {}, 0, "", "t", span_id, parent, 0, 1, [], [], {}, {}, 0, "")


def request(number, client_parent=None):
    """The four spans of a request; with the SERVER span that its CLIENT span has as its parent."""
    return [span("api-gateway", "SERVER", "GET /checkout", f"s{number}", client_span_id(number),
                 {"url.query": f"qty={number}"}),
            span("api-gateway", "CLIENT", "POST", f"c{number}", client_parent or f"s{number}"),
            span("order-service", "SERVER", "POST /orders", f"o{number}", f"c{number}"),
            span("order-service", "INTERNAL", "insert_order_record", f"i{number}", f"o{number}", {"order.qty": number})]


class Judge(unittest.TestCase):
    def test_requests_whose_spans_hang_together_are_all_right(self):
        self.assertEqual(judge(request(1) + request(2), [1, 2]), Verdict(6, 6, 2, []))

    def test_client_spans_that_are_swapped_are_wrong_though_each_has_a_parent(self):
        verdict = judge(request(1, "s2") + request(2, "s1"), [1, 2])
        self.assertEqual((verdict.expected, verdict.right), (6, 4))
        self.assertEqual(verdict.wrong, ["request 1: its CLIENT span's parent is request 2's SERVER span",
                                         "request 2: its CLIENT span's parent is request 1's SERVER span"])

    def test_a_server_span_without_the_client_s_context_is_wrong(self):
        spans = request(1)
        spans[0] = spans[0]._replace(parent="")
        self.assertEqual(judge(spans, [1]).wrong,
                         ["request 1: its SERVER span's parent is none, not the client's span"])

    def test_an_order_whose_parent_is_the_gateway_s_server_span_lacks_its_client_span(self):
        spans = request(1)
        spans[2] = spans[2]._replace(parent="s1")
        self.assertEqual(judge(spans, [1]).right, 1)

    def test_spans_that_have_not_come_are_not_right(self):
        spans = request(1)
        for missing, right in ((0, 1), (1, 1), (2, 1), (3, 1)):
            with self.subTest(missing=spans[missing].name):
                self.assertEqual(judge(spans[:missing] + spans[missing + 1:], [1]).right, right)
        self.assertEqual(judge([], [1]).right, 0)


class Outcome(unittest.TestCase):
    @staticmethod
    def row(key="ours", right=3, n_200=1):
        return compare.Row(key, key, 1, Counter({200: n_200, 502: 1 - n_200}), Verdict(3, right, 1, []), None)

    def test_only_all_of_ours_is_success(self):
        not_run = compare.not_run(gateways.ebpf(), "no obi on PATH")
        for rows, is_right in (([self.row(), not_run, self.row("python", 0)], True), ([self.row(right=2)], False),
                               ([self.row(n_200=0)], False), ([compare.not_run(gateways.ours(), "it ended")], False),
                               ([not_run], False)):
            with self.subTest(rows=rows):
                self.assertEqual(compare.ours_is_right(rows), is_right)

    def test_it_is_100_percent_only_if_it_is_all(self):
        self.assertEqual(compare.percent(Verdict(3000, 3000, 1, [])), "100.00 %")
        self.assertEqual(compare.percent(Verdict(300000, 299999, 1, [])), "99.99 %")

    def test_what_cannot_be_run_has_a_line_that_says_why(self):
        with mock.patch.dict(os.environ, {"PATH": "/none"}):
            reason = gateways.ebpf().missing()
        self.assertIn("no obi on PATH", reason)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            compare.print_table([compare.not_run(gateways.ebpf(), reason)], mock.Mock(header_bytes=1, body_bytes=1))
        self.assertIn(f"not run: {reason}", out.getvalue())


def servers():
    """Programs of this build that run, but for relays, which end by themselves once they have sent what they have."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            found.append(os.readlink(f"/proc/{pid}/exe"))
    return [exe for exe in found if exe.startswith(os.path.realpath(harness.BIN) + "/") and not exe.endswith("-relay")]


class Compare(unittest.TestCase):
    ENV = {**os.environ, "LIBTRACE_BIN": harness.BIN}

    def test_ours_is_100_percent_and_nothing_is_left_running(self):
        if not harness.has_own_network:
            self.skipTest("it takes the ports of the machine, which other tests may have")
        done = subprocess.run([*COMPARE, "--only", "ours", "--requests", "1,30"], env=self.ENV, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"ours: .* 1 +1 +3 +3 +100\.00 %\n")
        self.assertRegex(done.stdout, r"\n +30 +\d+ +90 +90 +100\.00 %\n")
        self.assertIn("30 at once", done.stderr)
        self.assertEqual(servers(), [])

    def test_help_lists_the_options(self):
        done = subprocess.run([*COMPARE, "--help"], env=self.ENV, stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertTrue({"--only", "--requests", "--header-bytes", "--body-bytes", "--cache"} <=
                        set(re.findall(r"--[a-z-]+", done.stdout)), done.stdout)


if __name__ == "__main__":
    harness.main()
