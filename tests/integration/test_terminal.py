# SPDX-License-Identifier: Apache-2.0
"""traceview in the terminal: show, list, tail and check say what is there, within the width that they have."""
import json
import os
import re
import shlex
import shutil
import tempfile
import time
import unicodedata
import unittest

import harness
import otlp
from harness import SOURCE, Backend, StackTest, get, request, run, trace_id, wait_until
from mixture import Mixture, attributes

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
UTF8 = {"LC_ALL": "C.UTF-8"}


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class TerminalTest(StackTest):
    def setUp(self):
        super().setUp()
        self.start_backend()

    def send(self, value):
        answer = request("POST", Backend.OTLP, "/v1/traces", json.dumps(value), {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 200, answer.body)

    def send_chain(self, n, name="level {}"):
        """A trace in which each span is the child of the one before."""
        start = time.time_ns() - 10 ** 9
        spans = [{"traceId": TRACE, "spanId": f"{i + 1:016x}", "parentSpanId": f"{i:016x}" if i else "", "name": name.format(i),
                  "kind": 2, "startTimeUnixNano": str(start + i), "endTimeUnixNano": str(start + 10 ** 6)} for i in range(n)]
        value = otlp.one_span(TRACE)
        value["resourceSpans"][0]["scopeSpans"][0]["spans"] = spans
        self.send(value)

    def show(self, *arguments, env=None, command="show"):
        done = run(["traceview", command, *arguments], env={**UTF8, **(env or {})})
        self.assertEqual((done.code, done.err), (0, ""), done)
        return done.out


class Show(TerminalTest):
    def test_a_pasted_url_or_traceparent_names_the_trace(self):
        self.send(otlp.one_span(TRACE))
        for pasted in (TRACE, f"00-{TRACE}-00f067aa0ba902b7-01", f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01",
                       f"trace;desc=00-{TRACE}-00f067aa0ba902b7-01", f"http://localhost:{Backend.UI}/trace/{TRACE}",
                       f"http://localhost:{Backend.UI}/trace/{TRACE}?uiFind=00f067aa0ba902b7#x",
                       f"http://localhost:{Backend.UI}/api/traces/{TRACE}?raw=true",
                       f"http://localhost:{Backend.UI}/api/v3/traces/{TRACE}",
                       f"http://localhost:{Backend.UI}/search?service=a&traceID={TRACE}&limit=1"):
            env = {"TRACEVIEW_UI_PORT": "1"} if "://" in pasted else {}  # a URL says where, too
            self.assertIn(TRACE, self.show(pasted, env=env), pasted)
        for wrong in ("nonsense", "00-12-34-01", f"{TRACE}0", "http://localhost/", "http://localhost/trace/xyz", "", "/trace/1"):
            done = run(["traceview", "show", wrong])
            self.assertEqual((done.code, done.out), (2, ""), wrong)
            self.assertIn("neither", done.err)

    def test_request_makes_the_trace_that_is_shown(self):
        statuses = [502, 200]
        head = f"Traceresponse: 00-{TRACE}-00f067aa0ba902b7-01"
        server = self.serve_raw(8123, lambda connection, _: connection.sendall(
            harness.http_bytes(statuses.pop(0), b"{}", [head])))
        self.send(otlp.one_span(TRACE))
        url = "http://localhost:8123/checkout"
        self.assertIn(TRACE, self.show("--request", url, "--wait", "10", "--spans", "1"))
        self.assertEqual([request.split()[1] for request in server.requests], [b"/checkout"] * 2)

    def test_a_request_without_a_trace_is_an_error(self):
        for reply, why in ((harness.http_bytes(200), "no header traceresponse"), (harness.http_bytes(404), "HTTP status 404"),
                           (harness.http_bytes(500), "HTTP status 500"), (b"", "the request: ")):
            server = harness.RawServer(8123, reply)
            done = run(["traceview", "show", "--request", "http://localhost:8123/", "--wait", "0"])
            server.stop()
            self.assertEqual((done.code, done.out), (1, ""))
            self.assertIn(why, done.err)
        for wrong in (["--request", ""], ["--request", "http://localhost/", TRACE]):
            self.assertEqual(run(["traceview", "show", *wrong]).code, 2, wrong)

    def test_no_line_is_wider_than_the_width_or_columns_down_to_40(self):
        self.send_chain(30, "\u5bff\u53f8 a long name of a span at level {}")
        for width in (40, 41, 59, 60, 79, 80, 200):
            for out in (self.show(TRACE, "--width", str(width)), self.show(TRACE, env={"COLUMNS": str(width)}),
                        self.show(TRACE, "--attributes", "--events", "--width", str(width)),
                        self.show("--width", str(width), command="list")):
                self.assertLessEqual(max(map(columns, out.splitlines())), width, out)
        for tiny in ("0", "1", "39"):  # 0 says nothing; fewer than 40 are 40
            self.assertGreater(max(map(columns, self.show(TRACE, env={"COLUMNS": tiny}).splitlines())), 35)

    def test_names_stay_readable_however_deep_a_span_is(self):
        self.send_chain(300)
        for width, enough in ((40, 3), (80, 9), (100, 9)):
            lines = self.show(TRACE, "--width", str(width)).splitlines()[-300:]
            for i, line in enumerate(lines):
                self.assertIn(f"level {i}"[:enough], line)
        self.assertRegex(lines[299], r" 29\d\u2026 +\u2514 level 299")  # how many levels are not drawn

    def test_attributes_links_and_events_are_printed_when_asked_for(self):
        self.send(otlp.rich_span(TRACE))
        plain, all_of_it = self.show(TRACE), self.show(TRACE, "--attributes", "--events")
        for line in ("text = v\u00e4lue", "int = -9007199254740993", "yes = true", 'list = ["a","b"]',
                     "link to span b7ad6b7169203331 of trace 0af7651916cd43dd8448eb211c80319c", "at +5 ns  event  e=f"):
            self.assertIn(line, all_of_it)
            self.assertNotIn(line, plain)
        self.assertNotIn("event", self.show(TRACE, "--attributes"))
        self.assertNotIn("text =", self.show(TRACE, "--events"))

    def test_foreign_text_in_attributes_and_events_does_not_reach_the_terminal_as_it_is(self):
        evil = "\x1b]0;owned\x07\x1b[2J\r\n\u202e\x9b31m" + "x" * 100_000
        value = otlp.one_span(TRACE, attributes=attributes({evil: evil}))
        value["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["events"] = [
            {"timeUnixNano": "0", "name": evil, "attributes": attributes({"a": evil, "b": "y" * 3_000_000})}]
        self.send(value)
        out = self.show(TRACE, "--attributes", "--events") + self.show(command="list")
        for character in "\x1b\x07\r\u202e\x9b":
            self.assertNotIn(character, out)


class List(TerminalTest):
    def test_the_newest_are_listed_with_their_root_spans_and_errors(self):
        mixture = Mixture()
        for value in mixture.requests[:60]:
            self.send(value)
        lines = self.show("--limit", "7", command="list").splitlines()
        self.assertEqual(lines[0].split(), ["TRACE", "START", "DURATION", "SPANS", "ERRORS", "ROOT"])
        self.assertEqual([line.split()[0] for line in lines[1:]], mixture.trace_ids["gateway"][:52:-1])
        self.assertRegex(lines[1], r"ms +5 +3 +gateway: GET /checkout$")
        errors = self.show("--errors", "--limit", "60", command="list").splitlines()[1:]
        self.assertEqual(len(errors), 9)
        # As many as there are, also those that are not among the newest.
        self.assertEqual(self.show("--errors", "--limit", "8", command="list").splitlines()[1:], errors[:8])
        self.assertEqual(self.show("--service", "nobody", command="list"), "")

    def test_traces_are_wanted_by_what_one_of_their_spans_has(self):
        def span_of(number, service, name, milliseconds, **attribute):
            return otlp.one_span(f"{number:032x}", name, service, [otlp.text(*pair) for pair in attribute.items()],
                                 spanId=f"{milliseconds:016x}", endTimeUnixNano=str(otlp.START + milliseconds * 1_000_000))

        for span in (span_of(1, "shop", "buy", 100, item="tea"), span_of(1, "store", "insert", 90, item="cup"),
                     span_of(2, "shop", "buy", 2500, item="tea", size="a=b"), span_of(3, "store", "insert", 700, item="tea")):
            self.send(span)
        for wanted, numbers in (
                ([], [1, 2, 3]), (["--operation", "buy"], [1, 2]), (["--tag", "item=tea"], [1, 2, 3]),
                (["--tag", "item=cup"], [1]), (["--tag", "item=tea", "--tag", "size=a=b"], [2]),
                (["--min-duration", "0.7s"], [2, 3]), (["--min-duration", "95ms", "--max-duration", "2s"], [1, 3]),
                (["--service", "store", "--tag", "item=tea"], [3]), (["--operation", "insert", "--tag", "item=tea"], [3]),
                (["--limit", "1", "--operation", "insert"], [1, 3]), (["--tag", "item=pot"], [])):
            with self.subTest(wanted=wanted):
                listed = [int(line.split()[0], 16) for line in self.show(*wanted, command="list").splitlines()[1:]]
                if "--limit" in wanted:
                    self.assertEqual((len(listed), set(listed) <= set(numbers)), (1, True), listed)
                else:
                    self.assertEqual(sorted(listed), numbers)

    def test_wrong_command_lines_say_what_is_wrong(self):
        for arguments, word in ((["list", "x"], "unexpected"), (["list", "--limit", "0"], "0"), (["tail", "--limit", "x"], "x"),
                                (["check"], "missing"), (["check", "/nowhere"], "/nowhere"), (["list", "--nope"], "--nope"),
                                (["check", "-", "--trace", "xyz"], "xyz"), (["list", "--width"], "--width"),
                                (["list", "--width", "1001"], "1001"), (["list", "--color", "red"], "red"),
                                (["list", "--tag", "item"], "item"), (["tail", "--tag", "=tea"], "=tea"),
                                (["list", "--tag", "a=b"] + ["--tag", "item=tea"] * 16, "item=tea"),
                                (["list", "--operation", ""], "not a value"), (["list", "--min-duration", "1"], "1"),
                                (["tail", "--max-duration", "-1s"], "-1s")):
            done = run(["traceview", *arguments])
            self.assertEqual((done.code, done.out), (2, ""), done)
            self.assertIn(word, done.err)
        for command in ("show", "list", "tail", "check"):
            self.assertIn(f"Usage: traceview {command}", run(["traceview", command, "--help"]).out)
            if command != "check":
                done = run(["traceview", command, "--url", "http://127.0.0.1:1"])
                self.assertEqual(done.code, 1)
                self.assertIn("127.0.0.1:1", done.err)


class Tail(TerminalTest):
    def test_new_traces_are_told_once_each_as_they_come_and_old_ones_are_not(self):
        def send(i):
            start = time.time_ns()
            self.send(otlp.one_span(f"{i:032x}", name=f"number {i}", startTimeUnixNano=str(start),
                                    endTimeUnixNano=str(start + 10 ** 6)))
        send(1)
        tail = self.start(["traceview", "tail", "--limit", "2"], env=UTF8)
        wait_until(lambda: "TRACE" in tail.output, what="its header")
        for i in (2, 3):
            send(i)
            wait_until(lambda: f"number {i}" in tail.output, what=f"trace {i}")
        self.assertEqual(tail.wait(), 0)
        self.assertNotIn("number 1", tail.output)
        self.assertEqual(tail.output.count("number"), 2)

    def test_only_those_that_are_wanted_are_told(self):
        tail = self.start(["traceview", "tail", "--limit", "1", "--tag", "item=tea"], env=UTF8)
        wait_until(lambda: "TRACE" in tail.output, what="its header")
        for i, item in ((1, "cup"), (2, "tea")):
            start = time.time_ns()
            self.send(otlp.one_span(f"{i:032x}", f"number {i}", attributes=[otlp.text("item", item)], startTimeUnixNano=str(start),
                                    endTimeUnixNano=str(start)))
        self.assertEqual(tail.wait(), 0)
        self.assertEqual(re.findall(r"number \d", tail.output), ["number 2"])


class Check(TerminalTest):
    CHECKOUT = os.path.join(SOURCE, "tests", "data", "checkout.json")
    ENV = {"CHECK_INVENTORY_MS": "30", "INSERT_ORDER_RECORD_MS": "60"}

    def check(self, expected, code, *arguments):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(expected if isinstance(expected, str) else json.dumps(expected))
            file.flush()
            done = run(["traceview", "check", file.name, "--trace", TRACE, *arguments])
        self.assertEqual(done.code, code, done)
        return done

    def checkout(self):
        self.start_order(env=self.ENV)
        self.start_gateway(env=self.ENV)
        return trace_id(get(self.GATEWAY, "/checkout?item=gadget&qty=3"))

    def check_checkout(self):
        """One file for one checkout, and the checkout as the file says, whatever the backend is."""
        done = run(["traceview", "check", self.CHECKOUT, "--trace", self.checkout(), "--wait", str(10 * harness.SLOWNESS)])
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.out.count("\nok "), 12)

    def test_a_checkout_is_as_its_file_says(self):
        self.check_checkout()

    @unittest.skipUnless(os.path.exists(os.path.join(SOURCE, "README.md")), "no README.md here")
    def test_the_readme_s_commands_show_a_checkout(self):
        trace = self.checkout()
        self.backend.trace(trace, 5)
        with open(os.path.join(SOURCE, "README.md")) as file:
            lines = [line.split("  #")[0].strip() for line in file if line.startswith("traceview ")]
        self.assertEqual([line.split()[1] for line in lines], ["list", "show", "check"])
        for line in lines:
            done = run(["sh", "-c", f"cd {shlex.quote(SOURCE)} && {line}"], env=UTF8)
            self.assertEqual(done.code, 0, done)
            self.assertIn("insert_order_record" if "list" not in line else trace, done.out)

    @unittest.skipUnless(shutil.which("jaeger"), "no jaeger on PATH")
    def test_a_checkout_is_as_its_file_says_in_a_jaeger_too(self):
        self.backend.program.stop()
        self.backend = Backend(self.start(["jaeger"], env={"OTEL_TRACES_SAMPLER": "always_off"}))
        self.check_checkout()

    def test_each_kind_of_expectation_fails_when_it_does_not_hold_and_says_why(self):
        self.send(otlp.rich_span(TRACE))
        name = "r\u00efch"
        holds = [{"name": name}, {"name": {"matches": "^r.*ch$"}, "service": "tester", "kind": "server"},
                 {"name": name, "status": "error", "status_message": "no"}, {"name": name, "events": ["event"]},
                 {"name": name, "attributes": {"text": "v\u00e4lue", "yes": True, "double": 0.5, "list": ["a", "b"]}},
                 {"name": name, "attributes": {"int": -9007199254740993, "double": {"min": 0.5, "max": 0.5}}},
                 {"name": name, "attributes": {"nope": {"exists": False}, "empty": {"exists": True}}},
                 {"name": name, "duration_ms": {"min": 1, "max": 1}}, {"name": name, "count": 1}, {"name": "x", "count": 0},
                 {"name": name, "resource": {"service.name": "tester"}}]
        done = self.check({"spans": holds, "n_spans": 1, "n_errors": {"max": 1}, "services": ["tester"]}, 0)
        self.assertEqual((done.out.count("\nok "), done.out.splitlines()[0]), (len(holds) + 3, f"1..{len(holds) + 3}"))
        fails = [({"name": "x"}, "there is none"), ({"name": name, "kind": "client"}, "there is none"),
                 ({"name": name, "status": "ok"}, 'status is "error", not "ok"'),
                 ({"name": name, "attributes": {"text": "other"}}, 'not "other"'),
                 ({"name": name, "attributes": {"yes": "true"}}, 'yes is true, not "true"'),
                 ({"name": name, "attributes": {"nope": 1}}, "nope is not there"),
                 ({"name": name, "attributes": {"text": {"exists": False}}}, "text is"),
                 ({"name": name, "attributes": {"text": {"min": 1}}}, "text is"),
                 ({"name": name, "attributes": {"double": {"max": 0.4}}}, "double is 0.5"),
                 ({"name": name, "duration_ms": {"max": 0.5}}, "duration_ms is 1"),
                 ({"name": name, "parent": None}, "its parent is missing"), ({"name": name, "parent": "x"}, "its parent is missing"),
                 ({"name": name, "events": ["other"]}, "an event"), ({"name": name, "count": 2}, "count is 1, not 2")]
        for expected, why in fails:
            done = self.check({"spans": [expected]}, 1)
            self.assertIn("not ok 1", done.out)
            self.assertIn(why, done.out)
        for expected in ({"edges": [["x", name]]}, {"n_spans": 2}, {"n_errors": 0}, {"services": ["other"]}, {"services": []},
                         {"duration_ms": {"min": 2}}):
            self.assertIn("not ok 1", self.check(expected, 1).out)
        self.assertIn("no such trace", run(["traceview", "check", self.CHECKOUT, "--trace", "1"]).err)

    def test_a_file_with_anything_unknown_or_of_the_wrong_type_is_refused(self):
        for text, word in (("", "line"), ("[]", "object"), ("{}", "nothing"), ('{"span": []}', "span"), ('{"spans": {}}', "spans"),
                           ('{"spans": [{"nmae": "x"}]}', "nmae"), ('{"spans": [{"status": "bad"}]}', "status"),
                           ('{"spans": [{"kind": 2}]}', "kind"), ('{"spans": [{"attributes": ["x"]}]}', "attributes"),
                           ('{"spans": [{"attributes": {"a": {"matches": "("}}}]}', "regular"),
                           ('{"spans": [{"attributes": {"a": {"like": "x"}}}]}', "like"), ('{"edges": [["a"]]}', "edge"),
                           ('{"spans": [{"attributes": {"a": {}}}]}', "{}"), ('{"n_spans": "5"}', "n_spans"),
                           ('{"n_spans": 1, "n_spans": 2}', "duplicate"), ('{"services": [1]}', "services")):
            done = self.check(text, 2)
            self.assertIn(word, done.err)
            self.assertEqual(done.out, "")


if __name__ == "__main__":
    harness.main()
