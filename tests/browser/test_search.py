# SPDX-License-Identifier: Apache-2.0
"""The page of the search, of an empty store, and of the graph of services."""
import json

from browser_test import OTLP, SEC, TRACE, UI, BrowserTest  # first: it says where the others are
import harness
import traces

SLOW = 320  # of the shop's traces, the one with the slow insert


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


if __name__ == "__main__":
    harness.main()
