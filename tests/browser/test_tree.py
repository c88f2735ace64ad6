# SPDX-License-Identifier: Apache-2.0
"""The page of a trace: its tree, bars, details and keys."""
import json

from browser_test import OTLP, SELECTED, TRACE, UI, BrowserTest  # first: it says where the others are
import harness
import traces


class Tree(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = cls.send(traces.checkout(TRACE, cls.now, slow_ms=1480, fails=True))

    def test_bars_are_where_the_data_says_to_two_pixels(self):
        t = self.send(traces.Trace("ba" * 16, self.now))
        root = t.span("a", "root", 0, 1000)
        wanted = {"root": (0, 1000)}
        for i, (start, length) in enumerate([(0, 10), (123, 456), (500, 0.001), (999, 1), (333.3, 333.3)]):
            t.span("b", f"child {i}", start, length, root)
            wanted[f"child {i}"] = (start, length)
        self.send(t)
        self.open_trace(t.id)
        self.check_bars(wanted, 0, 1000)
        self.browser.drag(".ticks", 0.25, 0.75)
        self.browser.wait_for(".minimap .reset:not([hidden])")
        box = self.browser.box(".ticks")
        shares = [round(box["x"] + share * box["width"]) for share in (0.25, 0.75)]
        low, high = [1000 * (int(x) - box["x"]) / box["width"] for x in shares]
        self.check_bars(wanted, low, high, tolerance_px=4)  # the mouse moves by whole pixels, zoom doubles that

    def check_bars(self, wanted, low, high, tolerance_px=2):
        boxes = self.browser.wait(
            "const rows = [...document.querySelectorAll('.row')]; return rows.length === arguments[0] && rows.map((row) => {"
            "const t = row.querySelector('.track').getBoundingClientRect(); const bar = row.querySelector('.bar');"
            "const b = bar && bar.getBoundingClientRect();"
            "return [row.querySelector('.span-name').innerText, t.left, t.width, b && b.left, b && b.width]})", len(wanted))
        for name, track, width, left, length in boxes:
            start, duration = wanted[name]
            if left is None:
                self.assertTrue(start > high or start + duration < low, name)
                continue
            edge = lambda ms: track + width * (ms - low) / (high - low)  # noqa: E731
            clipped = max(edge(start), track - 0.02 * width)
            self.assertAlmostEqual(left, clipped, delta=tolerance_px, msg=name)
            self.assertAlmostEqual(left + length, max(min(edge(start + duration), track + 1.02 * width), left + 2),
                                   delta=tolerance_px, msg=name)

    def test_branches_collapse_and_levels_are_chosen(self):
        b = self.browser
        self.open_trace(TRACE)
        self.assertEqual(b.count(".row"), self.shop.n)
        b.click("#" + b.js("return document.querySelector('.row').id") + " .toggle")
        b.wait("return document.querySelectorAll('.row').length === 1")
        self.assertEqual(b.text(".row .toggle"), str(self.shop.n - 1))
        b.keys("2")
        b.wait("return document.querySelectorAll('.row').length === 2")
        b.keys("*")
        b.wait("return document.querySelectorAll('.row').length === arguments[0]", self.shop.n)
        b.keys("Home", "Left")
        b.wait("return document.querySelector('.row').getAttribute('aria-expanded') === 'false'")
        b.keys("Right")
        b.wait("return document.querySelector('.row').getAttribute('aria-expanded') === 'true'")

    def test_the_mouse_is_not_needed(self):
        b = self.browser
        self.open_trace(TRACE)
        self.assertEqual(b.js("return document.activeElement.getAttribute('role')"), "tree")
        b.keys("j")
        self.wait_selected("POST /checkout")
        b.keys("Down", "Down")
        self.wait_selected("POST /orders")
        b.keys("Enter")
        b.wait_text(".details h2", "POST /orders")
        self.assertIn("uiFind=", b.path())
        b.keys("e")
        self.wait_selected("insert_order_record")
        b.keys("k")
        b.wait("return !document.querySelector(arguments[0]).innerText.includes('insert_order')", SELECTED)
        self.assertEqual(b.js("return document.activeElement.getAttribute('aria-activedescendant') === document.querySelector(arguments[0]).id",
                              SELECTED), True)
        b.keys("Escape")
        b.wait("return document.querySelector('.details').hidden")
        b.keys("?")
        b.wait("return document.querySelector('dialog').open")
        b.screenshot("keys")
        b.keys("Escape")
        b.wait("return !document.querySelector('dialog').open")

    def test_find_counts_steps_and_hides(self):
        b = self.browser
        self.open_trace(TRACE)
        b.keys("/")
        b.type("postgresql")
        b.wait_text(".find-state", "1 of 2")
        self.wait_selected("SELECT stock")
        b.keys("Enter")
        self.wait_selected("INSERT orders")
        b.click("#only-matches")
        b.wait("return document.querySelectorAll('.row').length < arguments[0]", self.shop.n)
        self.assertEqual(b.count(".row.match"), 2)
        b.click("#find")
        b.keys("Escape", "N")
        b.wait("return document.querySelectorAll('.row').length === arguments[0]", self.shop.n)
        b.keys("/")
        b.type("no such text")
        b.wait_text(".find-state", "none")

    def test_keys_zoom_and_the_minimap_shows_it(self):
        b = self.browser
        self.open_trace(TRACE)
        b.keys("h", "z")
        b.wait_for(".minimap .window:not([hidden])")
        b.wait("const row = document.querySelector(arguments[0]); const [track, bar] = ['.track', '.bar'].map("
               "(name) => row.querySelector(name).getBoundingClientRect().width); return Math.abs(track - bar) <= 2", SELECTED)
        b.keys("0")
        b.wait("return document.querySelector('.minimap .window').hidden")
        b.drag(".strip", 0.2, 0.6)
        b.wait_for(".minimap .window:not([hidden])")
        window, strip = b.box(".minimap .window"), b.box(".strip")
        self.assertAlmostEqual(window["width"] / strip["width"], 0.4, delta=0.01)

    def test_a_link_to_a_span_opens_it_and_an_unknown_one_is_found_as_text(self):
        b = self.browser
        b.open(f"/trace/{TRACE}")
        b.wait_for(".row")
        b.keys("h", "y")
        wanted = b.js("return new URLSearchParams(location.search).get('uiFind')")
        self.open_trace(f"{TRACE}?uiFind={wanted}")
        self.wait_selected("INSERT orders")
        b.wait_text(".details", "INSERT INTO orders")
        self.open_trace(f"{TRACE}?uiFind=card")
        self.wait_selected("card authorization")

    def test_details_have_all_that_was_sent(self):
        b = self.browser
        t = traces.Trace("de" * 16, self.now)
        t.resources["s"] = {"deployment__environment__name": "test"}
        t.span("s", "root", 0, 10, flags=0x301, traceState="vendor=1", droppedAttributesCount=3, droppedEventsCount=4,
               droppedLinksCount=5, attributes=traces.attributes(n=7, yes=True, half=0.5, text="a b"),
               events=[t.event("cache miss", 2, key="k1")], status={"code": 2, "message": "it broke"},
               links=[{"traceId": TRACE, "spanId": "00000000000000aa", "attributes": traces.attributes(why="batch")}])
        request = t.request()
        request["resourceSpans"][0]["scopeSpans"][0]["scope"]["attributes"] = traces.attributes(scope__kind="test")
        self.assertEqual(harness.post_json(OTLP, "/v1/traces", request).status, 200)
        self.open_trace(t.id)
        b.keys("j", "Enter")
        b.wait_for(".details h2")
        text = b.text(".details")
        for part in ("it broke", "n", "7", "int", "yes", "true", "bool", "half", "0.5", "a b", "cache miss", "+2 ms", "k1", "batch",
                     "vendor=1", "0x301", "its parent is remote", "3 attributes dropped", "4 events dropped", "5 links dropped",
                     "s.http", "1.4.0", "scope.kind", "deployment.environment.name", "https://opentelemetry.io/schemas/1.30.0"):
            self.assertIn(part, text)
        self.assertEqual(b.js("return document.querySelector('.event-row > a').getAttribute('href')"),
                         f"/trace/{TRACE}?uiFind=00000000000000aa")

    def test_parents_and_links_lead_there(self):
        b = self.browser
        self.open_trace(TRACE)
        b.keys("End")
        self.wait_selected("send confirmation")
        b.keys("Enter")
        b.wait_text(".event-row > a", "insert_order_record")
        b.click(".event-row > a")
        self.wait_selected("insert_order_record")
        b.click(".facts a")
        self.wait_selected("POST /orders")
        b.wait_text(".details h2", "POST /orders")

    def test_a_trace_is_saved_as_jaeger_and_as_otlp_writes_it(self):
        b = self.browser
        self.open_trace(TRACE)
        b.js("window.saved = []; URL.createObjectURL = (blob) => { window.saved.push(blob); return '#'; }")
        b.click(".menu summary")
        b.click(".menu-list button:nth-of-type(1)")
        b.click(".menu-list button:nth-of-type(2)")
        b.wait("return window.saved.length === 2")
        texts = b.js_async("return Promise.all(window.saved.map((blob) => blob.text()))")
        self.assertEqual([json.loads(text) for text in texts], [json.loads(harness.get(UI, path + TRACE).body)
                                                                 for path in ("/api/v3/traces/", "/api/traces/")])

    def test_a_trace_that_grows_keeps_what_is_open(self):
        b = self.browser
        t = traces.Trace("90" * 16, self.now)
        root = t.span("s", "root", 0, 100)
        first = t.span("s", "first", 1, 50, root)
        t.span("s", "below first", 2, 10, first)
        self.send(t)
        self.open_trace(t.id)
        b.keys("j", "j", "Left", "Enter")
        b.wait_text(".details h2", "first")
        more = traces.Trace(t.id, self.now)
        more.n = 50
        more.span("s", "late", 60, 70, root)
        self.send(more)
        b.wait("return [...document.querySelectorAll('.span-name')].some((e) => e.innerText === 'late')")
        self.assertEqual(self.names(), ["root", "first", "late"])
        self.assertEqual((self.selected(), b.text(".details h2")), ("first", "first"))

    def test_names_stay_readable_at_any_depth(self):
        b = self.browser
        t = self.send(traces.chain("c4" * 16, self.now, 600, name="a name that is to be read"))
        self.open_trace(t.id)
        b.keys("End")
        self.wait_selected("a name that is to be read 599")
        column = b.box(f"{SELECTED} .name")
        name = b.box(f"{SELECTED} .span-name")
        self.assertGreater(name["width"], 0.4 * column["width"])
        self.assertEqual(b.text(f"{SELECTED} .depth"), "600")

    def test_operations_and_flame_graph_lead_to_the_span(self):
        b = self.browser
        self.open_trace(TRACE)
        b.keys("b")
        b.wait_for(".operations:not([hidden]) tbody tr")
        self.assertEqual(b.text(".operations tbody td"), "INSERT orders")  # the greatest part of the critical path
        b.click(".operations tbody button")
        self.wait_selected("INSERT orders")
        b.keys("f")
        b.wait_for(".flame:not([hidden]) .frame")
        self.assertEqual(b.js("return new Set([...document.querySelectorAll('.frame')].map((f) => f.getAttribute('aria-label').split(',')[0])).size"),
                         self.shop.n)
        b.screenshot("flame")

    def test_columns_can_be_resized_by_mouse_and_keys(self):
        b = self.browser
        self.open_trace(TRACE)
        before = b.box(".row .name")["width"]
        box = b.box(".border")
        b.pointer((box["x"], box["y"] + 10), (box["x"] + 60, box["y"] + 10), (box["x"] + 120, box["y"] + 10))
        b.wait("return document.querySelector('.row .name').getBoundingClientRect().width > arguments[0]", before + 100)
        b.js("document.querySelector('.border').focus()")
        b.keys("Left", "Left", "Left", "Left", "Left", "Left")
        b.wait("return document.querySelector('.row .name').getBoundingClientRect().width < arguments[0]", before + 20)
        b.js("sessionStorage.clear()")

    def test_dark_and_light_follow_the_system_or_a_key(self):
        b = self.browser
        self.open_trace(TRACE)
        ground = "return getComputedStyle(document.body).backgroundColor"
        light = b.js(ground)
        b.dark()
        b.wait(f"{ground} !== arguments[0]", light)
        b.screenshot("dark")
        b.keys("d")
        b.wait(f"{ground} === arguments[0]", light)
        b.js("localStorage.clear()")

    def test_390_pixels_are_enough(self):
        b = self.browser
        b.resize(390, 844)
        for path, thing in (("/search", ".result"), (f"/trace/{TRACE}", ".row"), ("/dependencies", ".graph")):
            b.open(path)
            b.wait_for(thing)
            self.assertLessEqual(b.js("return document.documentElement.scrollWidth"), 390, path)
            b.screenshot(f"narrow{path.replace('/', '-')[:9]}")
        self.open_trace(TRACE)
        name = b.box(".row .span-name")
        self.assertGreater(name["width"], 60)
        self.assertGreater(b.box(".row .track")["width"], 300)
        b.js("document.querySelector('.row').click()")
        b.wait_for(".details:not([hidden]) h2")


if __name__ == "__main__":
    harness.main()
