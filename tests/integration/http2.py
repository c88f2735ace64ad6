# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 for tests, by hand: what no client would send, and what curl says of what it got.

Source: RFC 9113, RFC 7541, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
"""
import socket
import struct
import subprocess
import tempfile
from collections import namedtuple

import harness

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
END_STREAM, END_HEADERS = 1, 4
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

Frame = namedtuple("Frame", "type flags stream payload")
Answer = namedtuple("Answer", "status headers message")


def message(body, compressed=False):
    """A message with gRPC's prefix."""
    return struct.pack(">BI", compressed, len(body)) + body


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header field that no table is asked for; names and values are shorter than 127 bytes."""
    return b"\x10" + b"".join(bytes([len(text)]) + text.encode() for text in (name, value))


def request_headers(stream, path=TRACES, flags=END_HEADERS, **more):
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
              "content-type": "application/grpc", "te": "trailers", **more}
    return frame(HEADERS, flags, stream, b"".join(literal(*field) for field in fields.items()))


class Connection:
    """A client's side of a connection."""

    def __init__(self, port=harness.Backend.GRPC):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20 * harness.SLOWNESS)
        self.received = b""

    def begin(self):
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0))
        return self

    def send(self, *frames):
        self.socket.sendall(b"".join(frames))

    def read(self):
        """The next frame; None when the server has closed."""
        while len(self.received) < 9 or len(self.received) < 9 + int.from_bytes(self.received[:3], "big"):
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not more:
                return None
            self.received += more
        size = int.from_bytes(self.received[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.received[3:9])
        payload, self.received = self.received[9:9 + size], self.received[9 + size:]
        return Frame(kind, flags, stream, payload)

    def upload(self, stream, body):
        """Sends a request's message as the server's windows allow; returns the frame that ends the answer, or None."""
        window, all_windows, sent = 65535, 65535, 0
        while sent < len(body):
            n = min(16384, window, all_windows, len(body) - sent)
            if n > 0:
                last = END_STREAM if sent + n == len(body) else 0
                self.send(frame(DATA, last, stream, body[sent:sent + n]))
                sent, window, all_windows = sent + n, window - n, all_windows - n
                continue
            found = self.read()
            if found is None or (found.stream == stream and (found.type == RST_STREAM or found.flags & END_STREAM)):
                return found
            if found.type == WINDOW_UPDATE:
                more = struct.unpack(">I", found.payload)[0]
                window, all_windows = (window, all_windows + more) if found.stream == 0 else (window + more, all_windows)
            if found.type == SETTINGS and not found.flags:
                self.send(frame(SETTINGS, 1, 0))
                values = dict(struct.iter_unpack(">HI", found.payload))
                window += values.get(4, 65535) - 65535  # INITIAL_WINDOW_SIZE
        return self.wait_for(lambda f: f.stream == stream and f.flags & END_STREAM)

    def wait_for(self, condition):
        """Reads up to a frame of that kind, and returns it; None when there is none before the end."""
        while True:
            found = self.read()
            if found is None or condition(found):
                return found

    def close(self):
        self.socket.close()


def call(body, path=TRACES, *options, port=harness.Backend.GRPC, headers=()):
    """One request by curl, whose trailers are among the headers."""
    with tempfile.NamedTemporaryFile() as sent, tempfile.NamedTemporaryFile() as got:
        sent.write(body)
        sent.flush()
        fields = [f"-H{name}: {value}" for name, value in
                  {"content-type": "application/grpc", "te": "trailers", **dict(headers)}.items()]
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--http2-prior-knowledge", "--max-time", str(30 * harness.SLOWNESS),
             "-D", got.name, "--data-binary", f"@{sent.name}", *fields, *options, f"http://127.0.0.1:{port}{path}"],
            capture_output=True, check=True)
        lines = got.read().decode().replace("\r", "").split("\n")
    headers = {name.lower(): value.strip() for name, colon, value in (line.partition(":") for line in lines[1:]) if colon}
    return Answer(int(lines[0].split()[1]), headers, done.stdout)
