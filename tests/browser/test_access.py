# SPDX-License-Identifier: Apache-2.0
"""What axe-core has against each page."""
import os
import unittest

from browser_test import SEC, TRACE, BrowserTest  # first: it says where the others are
import harness
import traces

AXE = os.environ.get("LIBTRACE_AXE", "")


@unittest.skipUnless(os.path.exists(AXE), "needs axe-core: tests/browser/get.sh")
class Access(BrowserTest):
    """What axe-core has against a page: contrast, names, roles, order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(AXE) as file:
            cls.axe = file.read()
        cls.ids = [cls.send(trace).id for trace in traces.shop(30, cls.now - 100 * SEC, slow_at=3)]
        cls.send(traces.checkout(TRACE, cls.now, slow_ms=1480, fails=True))
        t = cls.send(traces.large("1b" * 16, cls.now, n=400))
        cls.large = t.id

    def check(self, name):
        self.browser.js(self.axe)
        result = self.browser.js_async(
            "const r = await axe.run(document, {resultTypes: ['violations']}); return {passes: r.passes.length, violations:"
            " r.violations.flatMap((v) => v.nodes.slice(0, 4).map((n) => `${v.id}: ${n.html.slice(0, 160)}: ${n.failureSummary}`))}")
        self.assertGreater(result["passes"], 10, result)
        self.assertEqual(result["violations"], [], name)

    def check_all(self):
        b = self.browser
        for path, thing in (("/search", ".result"), (f"/trace/{self.ids[3]}...{self.ids[4]}", ".compare"),
                            ("/dependencies", ".graph"), (f"/trace/{self.large}", ".row"), (f"/trace/{TRACE}", ".row")):
            b.open(path)
            b.wait_for(thing)
            self.check(path)
        b.keys("h")
        b.wait_for(".details:not([hidden]) h2")
        self.check("details")
        for key, thing in (("f", ".flame:not([hidden]) .frame"), ("b", ".operations:not([hidden]) tr")):
            b.keys(key)
            b.wait_for(thing)
            self.check(thing)
        b.keys("?")
        b.wait("return document.querySelector('dialog').open")
        self.check("keys")

    def test_axe_has_nothing_against_the_light_pages(self):
        self.check_all()

    def test_axe_has_nothing_against_the_dark_pages(self):
        self.browser.dark()
        self.check_all()

    def test_axe_has_nothing_against_390_pixels(self):
        self.browser.resize(390, 844)
        self.check_all()


if __name__ == "__main__":
    harness.main()
