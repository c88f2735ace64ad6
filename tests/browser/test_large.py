# SPDX-License-Identifier: Apache-2.0
"""Traces of 10,000 spans: how long a person waits."""
from browser_test import SELECTED, BrowserTest  # first: it says where the others are
import harness
import traces


class Large(BrowserTest):
    """10,000 spans."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trace = cls.send(traces.large("1a" * 16, cls.now))

    def test_10000_spans_open_in_a_second_and_few_are_in_the_document(self):
        b = self.browser
        b.open("/search")
        b.wait_for(".result")
        took = []
        for _ in range(3):
            self.open_trace(self.trace.id)
            took.append(b.js("return performance.getEntriesByName('first-rows')[0].startTime"))
        harness.note(f"10,000 spans: first rows after {sorted(round(ms) for ms in took)} ms")
        self.assertLess(min(took), 1000 * harness.SLOWNESS)
        nodes = b.js("return document.querySelectorAll('*').length")
        harness.note(f"10,000 spans: {nodes} elements, {b.count('.row')} rows in the document")
        self.assertLess(nodes, 3000)
        b.screenshot("large")

    def test_10000_spans_scroll_smoothly(self):
        b = self.browser
        self.open_trace(self.trace.id)
        frames = {"rate": 0}
        for _ in range(8):  # the best round: others may share the machine
            frames = max(frames, self.scroll(), key=lambda run: run["rate"])
            if frames["rate"] > 50:
                break
        harness.note(f"scrolling: {frames['rate']:.0f} frames a second, 95 % of them within {frames['p95']:.0f} ms")
        self.assertGreater(frames["top"], 20000)
        self.assertLess(frames["rows"], 120)
        self.assertGreater(frames["rate"], 50 / harness.SLOWNESS)

    def scroll(self):
        """180 frames, each further down than the whole row before."""
        return self.browser.js_async("""
            const scroller = document.querySelector(".scroller");
            scroller.scrollTop = 0;
            const times = [];
            await new Promise((done) => {
                function frame(now) {
                    times.push(now);
                    scroller.scrollTop += 180;
                    times.length < 180 ? requestAnimationFrame(frame) : done();
                }
                requestAnimationFrame(frame);
            });
            const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
            return {rate: 1000 * (times.length - 1) / (times.at(-1) - times[0]), p95: gaps[Math.floor(gaps.length * 0.95)],
                    top: scroller.scrollTop, rows: document.querySelectorAll(".row").length};""")

    def test_9000_levels_and_9000_children_are_shown(self):
        b = self.browser
        deep = self.send(traces.chain("9c" * 16, self.now, 9000)).id
        wide = traces.Trace("9d" * 16, self.now)
        root = wide.span("wide", "root", 0, 1000)
        for i in range(9000):
            wide.span("wide", "child", i * 0.1, 0.1, root)
        self.send(wide)
        for trace, last in ((deep, "step 8999"), (wide.id, "child")):
            self.open_trace(trace)
            b.keys("End")
            self.wait_selected(last)
            b.keys("f")
            b.wait_for(".flame:not([hidden]) .frame")
            self.assertLess(b.count("*"), 6000)
        b.open(f"/trace/{deep}...{wide.id}")
        b.wait_for(".compare tbody tr")

    def test_find_in_10000_spans_is_instant(self):
        b = self.browser
        self.open_trace(self.trace.id)
        took = b.js("""
            const input = document.getElementById("find");
            const find = (text) => {
                const began = performance.now();
                input.value = text;
                input.dispatchEvent(new Event("input"));
                return performance.now() - began;
            };
            const first = find("s");
            // the best of some: others may share the machine
            return [first, ...["service-07 select", "item.id=9999"].map((text) => Math.min(...[1, 2, 3, 4].map(() => find(text))))];""")
        harness.note(f"find in 10,000 spans: {[round(ms) for ms in took]} ms, the first reads all attributes")
        self.assertLess(took[1], 100)
        self.assertLess(took[0], 500)
        b.wait_text(".find-state", "1 of 1")
        b.wait_for(SELECTED)
        self.assertTrue(self.selected())


if __name__ == "__main__":
    harness.main()
