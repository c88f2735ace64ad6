# SPDX-License-Identifier: Apache-2.0
"""What every test of the page uses: traceview, a browser before it, and the names of what is on the page."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import harness  # noqa: E402
from browser import Browser, why_not  # noqa: E402

UI, OTLP = 16686, 4318
SEC = 1_000_000_000
TRACE = "5e1f" * 8
SELECTED = ".row[aria-selected=true]"


@unittest.skipIf(why_not(), why_not())
class BrowserTest(unittest.TestCase):
    """One traceview and one browser for all tests of a class."""

    options = ()  # of traceview serve

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Program(["traceview", "serve", *cls.options]).wait_ready(UI)
        cls.browser = Browser(f"http://127.0.0.1:{UI}")
        cls.now = time.time_ns() // SEC * SEC

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        code = cls.server.stop()
        assert code == 0, cls.server.output

    def setUp(self):
        self.browser.resize(1440, 900)
        self.browser.dark(False)
        self.expected_errors = ()

    def tearDown(self):
        errors = [e for e in self.browser.errors() if not any(text in e for text in self.expected_errors)]
        self.assertEqual(errors, [], "on the console")

    @classmethod
    def send(cls, trace):
        answer = harness.post_json(OTLP, "/v1/traces", trace.request())
        assert answer.status == 200, answer
        return trace

    def open_trace(self, path):
        self.browser.open(f"/trace/{path}")
        self.browser.wait_for(".row")

    def selected(self):
        return self.browser.text(f"{SELECTED} .span-name")

    def wait_selected(self, name):
        self.browser.wait_text(f"{SELECTED} .span-name", name)

    def names(self):
        """Names of the rows, in their order on the page."""
        return self.browser.js("return [...document.querySelectorAll('.row')].sort((a, b) => parseFloat(a.style.top) - "
                               "parseFloat(b.style.top)).map((row) => row.querySelector('.span-name').innerText)")
