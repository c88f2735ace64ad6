# SPDX-License-Identifier: Apache-2.0
"""What tests of SERVER spans share: a server with and without the agent, what its clients receive, its spans."""
import contextlib
import re
import socket
import struct

import harness
from span_files import SpanFileTest

PORT, OTHER = 8004, 8005
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"traceparent: 00-{TRACE}-{CALLER}-01"
WAIT_S = 60 * harness.SLOWNESS
ADDED = re.compile(rb"(?i)(server-timing: trace;desc|traceresponse)[:=] ?00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\r\n")
DATE = re.compile(rb"(?i)date: [^\r]*\r\n")


def connect(port=PORT):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(WAIT_S)
    return connection


def head(method, path, *headers):
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{PORT}", *headers, "", ""]).encode()


def read_all(connection):
    """What arrives until the other side closes the connection."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(65536):
            data += more
    return data


def read_until(connection, end):
    data = b""
    while end not in data:
        more = connection.recv(1)
        if not more:
            break
        data += more
    return data


def one_request(method, path, *headers, body=b""):
    """The bytes of the answer, on a connection of its own."""
    length = [f"Content-Length: {len(body)}"] if body else []
    with connect() as connection:
        connection.sendall(head(method, path, "Connection: close", *length, *headers) + body)
        return read_all(connection)


def begin_and_leave(*sent, wait_for=b""):
    """Sends it, reads up to wait_for, and resets the connection."""
    with connect() as connection:
        for data in sent:
            connection.sendall(data)
        answer = read_until(connection, wait_for) if wait_for else b""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return answer


def plain(answer):
    """Without what the agent adds, and without the time."""
    return DATE.sub(b"", ADDED.sub(b"", answer))


class ServerTest(SpanFileTest):
    def run_server(self, command, talk, env=None, traced=False, port=PORT, ready="/readyz", lines=0, stop=True, code=0):
        """What talk() returns while it runs, and what it printed: that many lines before it is stopped, unless it stops
        by itself."""
        program = harness.Program(command, env=env, traced=traced, service="server")
        try:
            if ready:
                harness.wait_until(lambda: program.process.poll() is not None or self.listens(port, ready), 60,
                                   f"{command[0]} on port {port}")
            said = talk()
            harness.wait_until(lambda: len(program.lines) >= lines, 60, f"{lines} lines of {program.lines}")
            ended = program.stop() if stop else program.wait(60)
        finally:
            program.kill()
        self.assertEqual(ended, code, program.output)
        self.assertNotIn("Sanitizer", program.output)
        return said, sorted(program.lines)

    @staticmethod
    def listens(port, path):
        return harness.answers(port, path)

    def traced(self, command, talk, env=None, **options):
        """What it returned, what it printed, and the spans in the order in which they began."""
        said, printed = self.run_server(command, talk, {**self.into("spans.jsonl"), **(env or {})}, traced=True, **options)
        return said, printed, self.read("spans.jsonl")

    def same(self, command, talk, env=None, compare=plain, **options):
        """The answers (a list of bytes) and the spans of a server that must do the same with the agent as without."""
        without, printed = self.run_server(command, talk, env, **options)
        answers, printed_with, spans = self.traced(command, talk, env, **options)
        self.assertEqual([compare(answer) for answer in without], [compare(answer) for answer in answers])
        self.assertEqual(printed, printed_with)
        return answers, spans

    def check_one_trace(self, command, other, path, body):
        """curl, a server that calls another by /call?to=, and that one, which answers body to path on port OTHER."""
        other = harness.Program(other, traced=True, service="other", env=self.into("other.jsonl"))
        self.addCleanup(other.kill)
        other.wait_ready(OTHER)

        def talk():
            done = harness.run(["curl", "-sS", f"http://127.0.0.1:{PORT}/call?to=http://127.0.0.1:{OTHER}{path}"],
                               traced=True, service="curl", timeout=60, env=self.into("curl.jsonl"))
            self.assertEqual((done.code, done.out, done.err), (0, body, ""))
            return []

        _, _, spans = self.traced(command, talk, lines=1)
        harness.wait_until(lambda: other.lines, 60, "the end of its request")
        self.assertEqual(other.stop(), 0)
        (root,), (end,) = self.read("curl.jsonl"), self.read("other.jsonl")
        served, called = spans
        self.assertEqual([root.parent, served.parent, called.parent, end.parent], ["", root.id, served.id, called.id])
        self.assertEqual({span.trace_id for span in (root, served, called, end)}, {root.trace_id})

    def check_many_at_once(self, serve, end):
        """200 requests have a span each. serve: runs talk() beside a server and returns its answers and spans; end: of the
        answer to a path."""
        def many(i):
            with connect() as connection:
                for j in range(25):
                    connection.sendall(head("GET", f"/{i}/{j}", PARENT))
                    read_until(connection, end(f"/{i}/{j}").encode())
            return b""

        _, spans = serve(lambda: harness.at_once(8, many))
        self.assertEqual(sorted(span.attributes["url.path"] for span in spans),
                         sorted(f"/{i}/{j}" for i in range(8) for j in range(25)))
        self.assertEqual({(span.parent, span.attributes["http.response.status_code"]) for span in spans}, {(CALLER, 200)})


def ends(spans):
    """Name, status code, error and status of each."""
    return [(span.name, span.attributes.get("http.response.status_code"), span.attributes.get("error.type"), span.status)
            for span in spans]
