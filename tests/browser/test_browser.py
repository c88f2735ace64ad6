# SPDX-License-Identifier: Apache-2.0
"""traceview's page in a real browser: what a person sees, and what keys and the mouse do."""
import json
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]

import harness  # noqa: E402: it moves into a network of its own
import traces  # noqa: E402
from browser import Browser, why_not  # noqa: E402

UI, OTLP = 16686, 4318
MS = 1_000_000
SEC = 1_000_000_000
TRACE = "5e1f" * 8
SLOW = 320  # of the shop's traces, the one with the slow insert
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


class Empty(BrowserTest):
    def test_an_empty_store_shows_one_command_with_the_real_ports_and_then_the_trace(self):
        b = self.browser
        b.open("/")
        b.wait_text(".empty h1", "No traces yet")
        self.assertIn(f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{OTLP} libtrace-instrument", b.text(".command"))
        self.assertIn("http://127.0.0.1:4317", b.text(".empty")) if harness.HAS_GRPC else None
        b.screenshot("empty")
        self.send(traces.checkout(TRACE, self.now))
        b.wait_text(".result .operation", "POST /checkout")
        self.assertEqual(b.count(".empty"), 0)


class Below(BrowserTest):
    """Below a path prefix, beside a gateway."""

    options = ("--base-path", "/tools/traces", "--gateway", "http://127.0.0.1:8000")

    def test_all_pages_work_below_a_path_prefix(self):
        b = self.browser
        trace = self.send(traces.checkout(TRACE, self.now)).id
        b.open("/tools/traces/search?service=mail")
        b.wait_for(".result")
        b.keys("j", "Enter")
        b.wait_for(".row")
        self.assertEqual(b.path(), f"/tools/traces/trace/{trace}")
        b.keys("h")
        b.wait("return location.search.startsWith('?uiFind=')")
        self.assertEqual(b.js("return new Set([...document.querySelectorAll('a')].map((a) => new URL(a.href).pathname.split('/')[2])).size"), 1)
        b.keys("g")
        b.wait_for(".graph")
        self.assertEqual(b.path(), "/tools/traces/dependencies")

    def test_a_button_sends_a_request_where_the_gateway_is_known(self):
        b = self.browser
        gateway = harness.RawServer(8000, harness.http_bytes(200, b"{}"))
        self.addCleanup(gateway.stop)
        b.open("/tools/traces/search")
        b.wait_for(".empty .send")
        b.click(".empty .send")
        harness.wait_until(lambda: any(request.startswith(b"GET /checkout ") for request in gateway.requests), what="a request")
        b.wait_text("#status", "Sent")


class Search(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = [cls.send(trace).id for trace in traces.shop(500, cls.now - 600 * SEC, slow_at=SLOW)]

    def search(self, query=""):
        self.browser.open(f"/search{query}")
        self.browser.wait_for(".result")

    def durations(self):
        return self.browser.texts(".result .duration strong")

    def set_field(self, name, value):
        self.browser.js("const e = document.querySelector(`.search-form [name=${arguments[0]}]`); e.value = arguments[1];"
                        "e.dispatchEvent(new Event('change', {bubbles: true}))", name, value)

    def test_two_keys_lead_from_500_traces_to_the_slow_insert(self):
        b = self.browser
        self.search()
        b.screenshot("search")
        b.keys("s")
        b.wait("return document.querySelector('.result').dataset.id === arguments[0]", self.ids[SLOW])
        b.keys("j", "Enter")
        b.wait_for(".row")
        self.assertTrue(b.path().startswith(f"/trace/{self.ids[SLOW]}"), b.path())
        b.keys("h")
        self.wait_selected("INSERT orders")
        b.wait_text(".details h2", "INSERT orders")
        b.screenshot("slow-insert")

    def test_the_fields_are_in_the_url_and_kept_when_another_changes(self):
        b = self.browser
        self.search("?service=order-service&minDuration=100ms&lookback=1h&tags=%7B%22http.route%22%3A%22%2Forders%22%7D")
        b.wait("return document.querySelector('[name=service]').value === 'order-service'")
        value = "return document.querySelector(`.search-form [name=${arguments[0]}]`).value"
        self.assertEqual([b.js(value, name) for name in ("minDuration", "lookback", "tags")], ["100ms", "1h", "http.route=/orders"])
        self.set_field("operation", "POST /orders")
        b.wait("return new URLSearchParams(location.search).get('operation') === 'POST /orders'")
        query = b.js("return Object.fromEntries(new URLSearchParams(location.search))")
        self.assertEqual(query, {"service": "order-service", "operation": "POST /orders", "minDuration": "100ms", "lookback": "1h",
                                 "tags": '{"http.route":"/orders"}'})
        self.set_field("minDuration", "1s")
        b.wait("return document.querySelectorAll('.result').length === 1")
        self.assertEqual(b.text("h1.count"), "1 trace")
        b.js("history.back()")
        b.wait("return document.querySelector('[name=minDuration]').value === '100ms'")

    def test_what_is_shown_of_how_many_is_told_and_more_can_be_had(self):
        b = self.browser
        self.search("?minDuration=1ms&service=inventory")
        n = json.loads(harness.get(UI, "/api/traceview/stats").body)["traces"]
        self.assertEqual(b.text("h1.count"), f"100 of {n} shown")
        b.click(".more")
        b.wait_text("h1.count", f"200 of {n} shown")
        self.assertEqual(b.count(".result"), 200)
        self.assertIn("limit=200", b.path())

    def test_results_are_sorted(self):
        self.search("?sort=longest&limit=500")
        values = self.browser.js("return [...document.querySelectorAll('.length')].map((e) => parseFloat(e.style.width))")
        self.assertEqual(len(values), 500)
        self.assertEqual(values, sorted(values, reverse=True))

    def test_a_drag_in_the_plot_selects_and_a_click_opens(self):
        b = self.browser
        self.search()
        point = b.box(f".point[data-id='{self.ids[SLOW]}']")
        x, y = point["x"] + point["width"] / 2, point["y"] + point["height"] / 2
        b.pointer((x - 25, y - 8), (x, y + 10), (x + 25, y + 25))
        b.wait_text(".tools", "1 selected")
        self.assertEqual(b.js("return [...document.querySelectorAll('.result')].map((e) => e.dataset.id)"), [self.ids[SLOW]])
        b.pointer((x, y))
        b.wait("return location.pathname === arguments[0]", f"/trace/{self.ids[SLOW]}")

    def test_an_id_a_traceparent_or_a_url_that_is_pasted_leads_to_the_trace(self):
        b = self.browser
        trace = self.ids[7]
        for text in (trace, f"00-{trace}-00000000000000ff-01", f"http://jaeger.example:16686/trace/{trace}",
                     f'{{"level":"info","trace_id":"{trace}"}}', trace.upper()):
            self.search()
            b.keys("o")
            b.type(text)
            b.keys("Enter")
            b.wait("return location.pathname === arguments[0]", f"/trace/{trace}")

    def test_focus_and_choice_stay_when_new_traces_come(self):
        b = self.browser
        self.search()
        b.keys("j", "j", "x")
        focused = "return document.activeElement.closest('.result').dataset.id"
        before = b.js(focused)
        self.send(traces.checkout("77" * 16, self.now))
        b.wait("return document.querySelector('.result').dataset.id === arguments[0]", "77" * 16)
        self.assertEqual(b.js(focused), before)
        self.assertEqual(b.js("return document.querySelector('.result input:checked').closest('.result').dataset.id"), before)

    def test_two_traces_are_compared(self):
        b = self.browser
        self.search("?sort=longest")
        b.keys("j", "x", "j", "x")
        b.click(".tools a")
        b.wait_for(".compare tbody tr")
        self.assertEqual(b.path(), f"/trace/{self.ids[SLOW]}..." + b.path().split("...")[1])
        row = b.js("return [...document.querySelectorAll('.compare tbody tr')].find((tr) => tr.innerText.includes('INSERT orders')).innerText")
        self.assertIn("−1.3", row)  # B is 1.3 s shorter there
        b.screenshot("compare")

    def test_the_graph_of_services_shows_who_calls_whom(self):
        b = self.browser
        b.open("/dependencies")
        b.wait_for(".graph .edge")
        rows = b.js("return [...document.querySelectorAll('.table tbody tr')].map((tr) => [...tr.cells].map((c) => c.innerText))")
        self.assertIn(["api-gateway", "order-service"], [row[:2] for row in rows])
        b.screenshot("dependencies")


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
        track, bar = b.box(f"{SELECTED} .track"), b.box(f"{SELECTED} .bar")
        self.assertAlmostEqual(track["width"], bar["width"], delta=2)
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
