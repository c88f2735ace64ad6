# SPDX-License-Identifier: Apache-2.0
"""shop-load: requests at their times, one trace each, and a summary that is what happened."""
import re
import signal
import threading

import harness
from harness import StackTest, http_bytes, run, tree

PORT = 8007
URL = f"http://127.0.0.1:{PORT}/"


def summary_of(out):
    """{line's beginning: its number}"""
    numbers = {name: int(n) for name, n in re.findall(r"^(.+): (\d+)(?: \(.*\))?$", out, re.MULTILINE)}
    numbers["requests"] = int(re.match(r"\d+", out).group())
    numbers["seconds"] = float(re.search(r" in ([\d.]+) s", out).group(1))
    return numbers


class Shop(StackTest):
    def test_its_summary_counts_what_the_traces_show(self):
        self.start_backend()
        self.start_order("order-service", env={"ORDER_PROCESSING_MS": "20"})
        self.start_gateway()
        load = run(["shop-load", "--rate", "200", "--requests", "40", "--sessions", "4", "--timeout-ms", "60000",
                    f"http://127.0.0.1:{self.GATEWAY}/checkout"], env=self.TRACING, traced=True)
        self.assertEqual((load.code, load.err), (0, ""), load)
        summary = summary_of(load.out)
        self.assertEqual([summary[key] for key in ("requests", "status 200", "traces")], [40, 40, 40], load.out)
        harness.wait_until(lambda: sum(map(len, self.backend.traces("shop-load"))) == 5 * 40, 30, "all spans")
        traces = self.backend.traces("shop-load")
        self.assertEqual(len(traces), 40)
        sessions = []
        for spans in traces:
            self.assertEqual(tree(spans), [[("shop-load", "INTERNAL", "visit"), [
                [("shop-load", "CLIENT", "GET"), [
                    [("api-gateway", "SERVER", "GET /checkout"), [
                        [("api-gateway", "CLIENT", "POST"), [
                            [("order-service", "SERVER", "POST /orders"), []]]]]]]]]]])
            self.assertEqual(spans[0].attributes["user_agent.synthetic.type"], "test")
            self.assertEqual(set(spans[0].attributes), {"user_agent.synthetic.type", "session.id"})
            sessions.append(spans[0].attributes["session.id"])
        self.assertEqual(sorted(sessions), sorted(10 * [f"session-{n}" for n in range(1, 5)]))


class Requests(StackTest):
    def load(self, *arguments, traced=False, url=URL):
        return run(["shop-load", "--timeout-ms", "60000", *arguments, url], traced=traced, env={**self.TRACING})

    def test_the_sessions_id_is_baggage_beside_the_traceparent(self):
        server = self.serve_raw(PORT, http_bytes(200))
        self.start_backend()
        self.assertEqual(self.load("--requests", "4", "--rate", "100", "--sessions", "2", traced=True).code, 0)
        heads = b"".join(server.requests).decode()
        self.assertEqual(sorted(re.findall(r"(?i)^baggage: (.+?)\r$", heads, re.MULTILINE)),
                         2 * ["session.id=session-1"] + 2 * ["session.id=session-2"])
        self.assertEqual(len(set(re.findall(r"(?i)traceparent: 00-(\w{32})-", heads))), 4)

    def test_several_urls_take_turns(self):
        server = self.serve_raw(PORT, http_bytes(200))
        done = run(["shop-load", "--timeout-ms", "60000", "--requests", "5", "--rate", "5", *(URL + path for path in "abc")])
        self.assertEqual(done.code, 0, done)
        self.assertEqual([request.split()[1] for request in server.requests], [b"/a", b"/b", b"/c", b"/a", b"/b"])

    def test_each_status_and_each_error_is_counted(self):
        answers = iter([http_bytes(200), http_bytes(503), http_bytes(404), b"", http_bytes(200)])
        self.serve_raw(PORT, lambda connection, request: connection.sendall(next(answers)))
        self.start_backend()
        done = self.load("--requests", "5", "--rate", "5", traced=True)
        summary = summary_of(done.out)
        self.assertEqual(done.code, 1, done)
        self.assertEqual([summary[key] for key in ("status 200", "status 503", "status 404", "no answer", "traces")],
                         [2, 1, 1, 1, 5], done.out)
        harness.wait_until(lambda: sum(map(len, self.backend.traces("shop-load"))) == 10, 30, "all spans")
        visits = [spans[0] for spans in self.backend.traces("shop-load")]
        self.assertEqual(sorted((visit.status, visit.message) for visit in visits),
                         [(0, ""), (0, ""), (0, ""), (2, ""), (2, "Server returned nothing (no headers, no data)")])

    def test_nobody_listens(self):
        done = self.load("--requests", "3", "--rate", "100")
        self.assertEqual((done.code, done.err), (1, ""))
        self.assertRegex(done.out, r"no answer: 3 \(Couldn't connect to server\)\ntraces: 0\n$")

    def test_a_burst_is_sent_before_its_first_answer(self):
        together = threading.Barrier(5)

        def reply(connection, request):
            together.wait(60)
            connection.sendall(http_bytes(200))

        self.serve_raw(PORT, reply)
        done = self.load("--requests", "10", "--rate", "20", "--burst", "5")
        self.assertEqual(summary_of(done.out)["status 200"], 10, done)

    def test_a_steady_load_takes_its_time(self):
        self.serve_raw(PORT, http_bytes(200))
        done = self.load("--requests", "11", "--rate", "20")
        self.assertGreaterEqual(summary_of(done.out)["seconds"], 0.5, done)

    def test_a_signal_ends_it_with_a_summary_of_what_was_sent(self):
        first, answers = threading.Event(), threading.Event()

        def reply(connection, request):
            first.set()
            answers.wait(60)
            connection.sendall(http_bytes(200))

        self.serve_raw(PORT, reply)
        load = self.start(["shop-load", "--rate", "0.01", "--requests", "2", "--timeout-ms", "600000", URL])
        self.assertTrue(first.wait(60))
        load.signal(signal.SIGINT)
        answers.set()
        self.assertEqual(load.wait(), 0)
        self.assertRegex(load.output, r"(?m)^1 requests in [\s\S]*^status 200: 1$")
        self.forget(load)


class CommandLine(StackTest):
    def test_help_and_version(self):
        self.assertRegex(run(["shop-load", "--help"]).out, "^usage: shop-load")
        self.assertRegex(run(["shop-load", "--version"]).out, r"^shop-load \d+\.\d+\.\d+\n$")

    def test_what_is_wrong_is_named_and_nothing_sent(self):
        for arguments, complaint in (
            ([], "no URL"),
            (1001 * [URL], "more than 1000 URLs"),
            (["--rate", "fast", URL], "--rate cannot be fast"),
            (["--rate", "nan", URL], "--rate cannot be nan"),
            (["--requests", "0", URL], "--requests cannot be 0"),
            (["--requests", "-1", URL], "--requests cannot be -1"),
            (["--sessions", "99999999999999999999", URL], "--sessions cannot be 99999999999999999999"),
            (["--burst"], "--burst needs a value"),
            (["--fast", URL], "unknown option --fast"),
            ([URL, "ftp://localhost/"], "ftp://localhost/ is no http or https URL"),
        ):
            done = run(["shop-load", *arguments])
            self.assertEqual((done.code, done.out, done.err), (2, "", f"shop-load: {complaint}; see --help\n"))


if __name__ == "__main__":
    harness.main()
