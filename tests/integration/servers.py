# SPDX-License-Identifier: Apache-2.0
"""What tests of SERVER spans share: a server with and without the agent, what its clients receive, its spans."""
import contextlib
import json
import os
import re
import socket
import struct
import tempfile
import unittest

import harness
from spans import spans_of

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


class ServerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

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
        env = {"OTEL_TRACES_EXPORTER": "otlp/file", "OTEL_C_OTLP_FILE": self.path("spans.jsonl"), **(env or {})}
        said, printed = self.run_server(command, talk, env, traced=True, **options)
        return said, printed, self.read("spans.jsonl")

    def read(self, name):
        """The spans of a file, which goes."""
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name)) as lines:
            groups = [group for line in lines for group in json.loads(line)["resourceSpans"]]
        os.unlink(self.path(name))
        return sorted(spans_of(groups), key=lambda span: span.start_ns)

    def same(self, command, talk, env=None, compare=plain, **options):
        """The answers (a list of bytes) and the spans of a server that must do the same with the agent as without."""
        without, printed = self.run_server(command, talk, env, **options)
        answers, printed_with, spans = self.traced(command, talk, env, **options)
        self.assertEqual([compare(answer) for answer in without], [compare(answer) for answer in answers])
        self.assertEqual(printed, printed_with)
        return answers, spans


def ends(spans):
    """Name, status code, error and status of each."""
    return [(span.name, span.attributes.get("http.response.status_code"), span.attributes.get("error.type"), span.status)
            for span in spans]
