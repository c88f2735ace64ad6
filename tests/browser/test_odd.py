# SPDX-License-Identifier: Apache-2.0
"""Traces that are hostile, wrong or not there."""
from browser_test import BrowserTest  # first: it says where the others are
import harness
import traces


class Odd(BrowserTest):
    def test_hostile_names_are_text(self):
        b = self.browser
        evil = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
        names = [evil, "\u202eevil\u202c \u202ddne", "javascript:window.hacked=1", "x" * 100_000, "", "\x00\x01\x1b[31m", "العربية שלום",
                 "{{constructor.constructor('window.hacked=1')()}}"]
        t = traces.Trace("e1" * 16, self.now)
        root = t.span(evil, evil, 0, 100)
        for i, name in enumerate(names):
            t.span(name or "s", name, i, 10, root, attributes=[traces.attribute(name or "k", name)],
                   events=[t.event(name, i, **{"k": name})], status={"code": 2, "message": name})
        self.send(t)
        for path in ("/search", f"/trace/{t.id}", f"/trace/{t.id}...{t.id}", "/dependencies", f"/search?service={evil}&operation={evil}"):
            b.open(path.replace("<", "%3C").replace(">", "%3E"))
            b.wait_for(".result, .row, .compare tbody tr, .graph, .dependencies-page p, .empty")
            self.assertIsNone(b.js("return window.hacked || null"), path)
            self.assertEqual(b.count("main script, main img"), 0, path)
        self.open_trace(t.id)
        self.assertEqual(b.text(".row .span-name"), evil)
        for _ in names:
            b.keys("j", "Enter", "Escape")
        b.keys("Enter")
        b.wait_for(".details h2")
        self.assertEqual(b.js("return getComputedStyle(document.querySelector('.row .span-name')).unicodeBidi"), "isolate")
        self.assertLess(b.js("return Math.max(...[...document.querySelectorAll('.span-name')].map((e) => e.textContent.length))"), 400)
        b.keys("f")
        b.wait_for(".flame:not([hidden]) .frame")
        b.keys("b")
        b.wait_for(".operations:not([hidden]) tbody tr")
        self.assertIsNone(b.js("return window.hacked || null"))

    def test_clock_skew_is_adjusted_and_told_and_can_be_seen_as_reported(self):
        b = self.browser
        t = traces.Trace("5c" * 16, self.now)
        root = t.span("client", "call", 100, 100, kind=3)
        served = t.span("server", "serve", 20, 60, root, kind=2)
        t.span("server", "work", 30, 10, served)
        self.send(t)
        self.open_trace(t.id)
        b.wait_text(".skew", "clock skew adjusted in 2 spans")
        self.assertEqual(self.names(), ["call", "serve", "work"])
        call, serve = b.box(".row:nth-child(1) .bar"), b.box(".row:nth-child(2) .bar")
        self.assertAlmostEqual(serve["x"] + serve["width"] / 2, call["x"] + call["width"] / 2, delta=2)  # in its middle
        b.keys("j", "j", "Enter")
        b.wait_text(".details", "shown 100 ms later than reported")
        b.click(".skew input")
        b.wait("const [a, b] = [...document.querySelectorAll('.row .bar')].map((e) => e.getBoundingClientRect()); return b.right < a.left")

    def test_what_is_wrong_with_a_trace_is_told(self):
        b = self.browser
        t = traces.Trace("0d" * 16, self.now)
        root = t.span("s", "root", 0, 100)
        t.span("s", "orphan", 10, 10, "00000000000000ff")
        t.span("s", "backwards", 30, -5, root)
        t.span("s", "chicken", 40, 5, "00000000000000e2", id="00000000000000e1")
        t.span("s", "egg", 41, 5, "00000000000000e1", id="00000000000000e2")
        t.span("s", "own parent", 50, 5, "00000000000000e3", id="00000000000000e3")
        t.span("s", "twin a", 60, 5, root, id="00000000000000e4")
        t.span("s", "twin b", 70, 5, root, id="00000000000000e4")
        self.send(t)
        self.open_trace(t.id)
        b.wait("return document.querySelectorAll('.row').length === arguments[0]", t.n)
        warnings = b.js("return Object.fromEntries([...document.querySelectorAll('.row')].map((row) => [row.querySelector('.span-name').innerText,"
                        "(row.querySelector('.warning-text') || {}).title || '']))")
        for name, part in (("orphan", "not in the trace"), ("backwards", "ends before it starts"), ("chicken", "cycle"),
                           ("own parent", "itself"), ("twin a", "2 spans have the id"), ("twin b", "2 spans have the id"), ("root", "")):
            self.assertIn(part, warnings[name], name)
        self.assertEqual(warnings["root"], "")
        self.assertIn("6 warnings", b.text(".trace-facts"))
        b.keys("w")
        b.wait_text(".details .message", "⚠")

    def test_wrong_paths_show_the_page(self):
        b = self.browser
        self.expected_errors = ("404",)
        for path, text in (("/nowhere/at/all", "Nothing here"), ("/trace/00000000000000000000000000000abc", "There is no such trace")):
            b.open(path)
            b.wait_text("main h1", text)
            self.assertEqual(b.count("#top .home"), 1)


if __name__ == "__main__":
    harness.main()
