# SPDX-License-Identifier: Apache-2.0
"""10,000 requests, 100 of them at once, each with two queries and a call that are made in callbacks: 10,000 traces, and
every parent is right, on one thread and on four (tests/agent/mixed_host.c, which knows nothing of tracing).

LIBTRACE_MIXED=N: so many requests.
"""
import collections
import ctypes.util
import json
import os
import secrets
import selectors
import socket
import tempfile
import unittest

import harness
from databases import POSTGRESQL_PORT, PostgreSQL
from harness import StackTest
from spans import spans_of

PORT = 8002
N = int(os.environ.get("LIBTRACE_MIXED", "2000" if harness.SANITIZED else "10000"))
AT_ONCE = 100
CALLER = "b7ad6b7169203331"
HAS_SQLITE = ctypes.util.find_library("sqlite3")


class Client:
    """N requests on AT_ONCE connections, on one thread."""

    def __init__(self):
        self.traces = [secrets.token_hex(16) for _ in range(N)]
        self.answers = [None] * N
        self.next = 0
        self.selector = selectors.DefaultSelector()

    def send(self, connection):
        if self.next == N:
            self.selector.unregister(connection)
            connection.close()
            return
        i, self.next = self.next, self.next + 1
        connection.sendall(f"GET /work?{i} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n"
                           f"traceparent: 00-{self.traces[i]}-{CALLER}-01\r\n\r\n".encode())
        self.selector.modify(connection, selectors.EVENT_READ, [i, b""])

    def receive(self, connection, state):
        state[1] += connection.recv(4096)
        head, found, body = state[1].partition(b"\r\n\r\n")
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")] if found else []
        if length and len(body) >= int(length[0].split(b":")[1]):
            self.answers[state[0]] = body.decode()
            self.send(connection)

    def run(self):
        for _ in range(AT_ONCE):
            connection = socket.create_connection(("127.0.0.1", PORT))
            self.selector.register(connection, selectors.EVENT_READ, None)
            self.send(connection)
        while self.selector.get_map():
            ready = self.selector.select(60)
            assert ready, f"no answer for a minute: {self.answers.count(None)} of {N} are out"
            for key, _ in ready:
                self.receive(key.fileobj, key.data)


@unittest.skipUnless(HAS_SQLITE, "no libsqlite3")
class Mixed(StackTest):
    @classmethod
    def setUpClass(cls):
        cls.server = None
        if not PostgreSQL.missing():
            cls.server = PostgreSQL()

    @classmethod
    def tearDownClass(cls):
        if cls.server:
            cls.server.remove()

    def spans(self, n_threads):
        conninfo = [f"host={self.server.folder} port={POSTGRESQL_PORT} user=postgres"] if self.server else []
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "spans.jsonl")
            host = self.start([os.environ["LIBTRACE_MIXED_HOST"], str(PORT), str(n_threads), *conninfo], traced=True, env={
                "OTEL_TRACES_EXPORTER": "otlp/file", "OTEL_C_OTLP_FILE": file, "OTEL_BSP_SCHEDULE_DELAY": "200",
                "OTEL_BSP_MAX_QUEUE_SIZE": "65536", "OTEL_C_EXIT_TIMEOUT": "60000"})
            host.wait_ready(PORT, "/upstream?0")
            client = Client()
            client.run()
            self.assertEqual(client.answers, [f"{i}, {i + 1}, {2 * i}" for i in range(N)])
            self.assertEqual(host.stop(), 0, host.output)
            self.assertNotIn("dropped", host.output)
            with open(file) as lines:
                groups = [group for line in lines for group in json.loads(line)["resourceSpans"]]
        found = collections.defaultdict(list)
        for span in spans_of(groups):
            found[span.trace_id].append(span)
        return client.traces, found

    def check(self, n_threads):
        traces, found = self.spans(n_threads)
        first = "libpq" if self.server else "libsqlite3"
        for trace in traces:
            servers = {span.name: span for span in found[trace] if span.kind == "SERVER"}
            clients = [span for span in found[trace] if span.kind == "CLIENT"]
            of = [span.scope["name"].removeprefix("libtrace-agent/") for span in clients]
            self.assertEqual((sorted(servers), sorted(of)),
                             (["GET /upstream", "GET /work"], sorted([first, "libsqlite3", "libcurl"])), trace)
            self.assertEqual(servers["GET /work"].parent, CALLER)
            self.assertEqual({span.parent for span in clients}, {servers["GET /work"].id})
            self.assertEqual(servers["GET /upstream"].parent, clients[of.index("libcurl")].id)
        # Those of being ready, of connecting and of preparing statements are nobody's.
        rest = [span for trace in set(found) - set(traces) for span in found[trace]]
        self.assertLessEqual({span.parent for span in rest}, {""})

    def test_10000_requests_on_one_thread_are_10000_traces_with_every_parent_right(self):
        self.check(1)

    def test_so_they_are_on_four_threads(self):
        self.check(4)


if __name__ == "__main__":
    harness.main()
