# SPDX-License-Identifier: Apache-2.0
"""A collector of the test's own: keeps what it receives, and answers as the test configures it."""
import gzip
import json
import socket
import threading
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import harness

Sent = namedtuple("Sent", "path headers body names")  # names of the spans; header names in lower case
Answer = namedtuple("Answer", "status headers body", defaults=({}, b""))
OK = Answer(200)


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def submessages(data, wanted):
    """The length-delimited fields of that number in a protobuf message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            _, at = varint(data, at)
        elif wire == 1:
            at += 8
        elif wire == 5:
            at += 4
        else:
            assert wire == 2, f"wire type {wire}"
            length, at = varint(data, at)
            if key >> 3 == wanted:
                yield data[at:at + length]
            at += length
    assert at == len(data), "a field goes beyond the message"


def names_in_protobuf(body):
    """opentelemetry/proto/trace/v1/trace.proto: resource_spans 1, scope_spans 2, spans 2, name 5."""
    return [name.decode() for resource_spans in submessages(body, 1) for scope_spans in submessages(resource_spans, 2)
            for span in submessages(scope_spans, 2) for name in submessages(span, 5)]


def names_in_json(body):
    return [span.name for span in harness.spans_of(json.loads(body)["resourceSpans"])]


class Collector:
    """Listens on the OTLP port; answer(n, sent) says how the n-th request (from 0) is answered, None: never."""

    def __init__(self, answer=lambda n, sent: OK, port=4318):
        self.sent, self.taken, self.n_connections, self.connections = [], [], 0, []
        self.answer, self.lock, self.stopped = answer, threading.Lock(), threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                with collector.lock:
                    collector.n_connections += 1
                    collector.connections.append(self.request)
                super().setup()

            def do_POST(self):
                collector._take(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self.server = Server(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def _take(self, handler):
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers["content-length"]))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        names = (names_in_json if headers["content-type"] == "application/json" else names_in_protobuf)(body)
        sent = Sent(handler.path, headers, body, names)
        with self.lock:
            n = len(self.sent)
            self.sent.append(sent)
        answer = self.answer(n, sent)
        if answer is None:
            self.stopped.wait()
            handler.close_connection = True
            return
        if 200 <= answer.status < 300:  # noted first: who gets the answer may look at once
            with self.lock:
                self.taken += names
        handler.send_response(answer.status)
        for name, value in {"Content-Length": len(answer.body), **answer.headers}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        with self.lock:
            for connection in self.connections:  # those that are kept do not outlive it
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended
